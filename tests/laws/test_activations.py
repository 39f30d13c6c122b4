"""The activation functions and their derivatives (statements e and f)."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import evaluate, statements
from jw2v import activations, gradients
from strategies import arrays, reals
from tolerances import close

LEAKY, LEAKY_SLOPE = (partial(m.leaky_relu, alpha=0.25) for m in (activations, gradients))
FUNCTIONS = {
    "σ": activations.sigmoid,
    "β": activations.relu,
    "leaky": LEAKY,
    "σ'": gradients.sigmoid,
    "β'": gradients.relu,
    "leaky'": LEAKY_SLOPE,
}
PAIRS = (
    pytest.param(activations.sigmoid, gradients.sigmoid, id="sigmoid"),
    pytest.param(activations.relu, gradients.relu, id="relu"),
    pytest.param(LEAKY, LEAKY_SLOPE, id="leaky relu"),
)
each = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
some_reals = arrays(np.float64, (7,), reals(1e4))


@pytest.mark.parametrize(("function", "derivative"), PAIRS)
@given(x=some_reals)
def test_the_derivative_is_autodiff(x64, function, derivative, x):
    close(derivative(x), jax.vmap(jax.grad(function))(x), "reordering")


@given(x=some_reals)
def test_sigmoid_reflects(x64, x):
    close(activations.sigmoid(-x), 1 - activations.sigmoid(x), "reordering")


@given(x=reals(100.0))
def test_the_proof_of_the_derivative_of_sigmoid(x64, x):
    close(gradients.sigmoid(x), evaluate(statements()["f"].closed["x"], {"x": x}), "reordering")


def tails_are_accurate(derivative):
    """Where σ(x) rounds to 1, its derivative keeps its relative accuracy."""
    x = np.linspace(-80, 80, 1001, dtype=np.float32)
    small = np.exp(-np.abs(x.astype(np.float64)))
    exact = small / (1 + small) ** 2
    close(derivative(x) / exact.astype(np.float32), np.ones_like(x), "tail", (x,))


def test_tails_are_accurate():
    tails_are_accurate(gradients.sigmoid)


def test_tails_of_the_first_form_are_not():
    def first_form(x):
        return activations.sigmoid(x) * (1 - activations.sigmoid(x))

    with pytest.raises(AssertionError):
        tails_are_accurate(first_form)


@pytest.mark.parametrize(
    ("x", "value", "slope"), [(-2.5, 0, 0), (0.0, 0, 0), (-0.0, 0, 0), (1e-30, 1e-30, 1), (3, 3, 1)]
)
def test_relu(x, value, slope):
    x = jnp.float32(x)
    assert activations.relu(x) == jnp.float32(value)
    assert gradients.relu(x) == jax.grad(activations.relu)(x) == slope


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0, 2.0, -1.0])
@pytest.mark.parametrize("x", [-2.5, -1e-30, -0.0, 0.0, 1e-30, 3.0])
def test_leaky_relu(x, alpha):
    x = jnp.float32(x)
    assert activations.leaky_relu(x, alpha) == (x if x >= 0 else alpha * x)
    slope = gradients.leaky_relu(x, alpha)
    assert slope == (1 if x >= 0 else alpha) == jax.grad(activations.leaky_relu)(x, alpha)
    assert slope == jax.grad(jax.nn.leaky_relu)(x, alpha)
    assert activations.leaky_relu(x, alpha) == jax.nn.leaky_relu(x, alpha)


def test_leaky_relu_has_the_dtype_of_its_argument(unchecked):
    for function in (activations.leaky_relu, gradients.leaky_relu):
        assert function(jnp.ones(2, jnp.bfloat16), np.float32(0.1)).dtype == jnp.bfloat16
        with pytest.raises(ValueError, match=r"alpha must have shape \[\]; got \[2\]"):
            function(jnp.ones(2), jnp.ones(2))


@each
@given(
    x=st.sampled_from([(), (0,), (3,), (2, 3)]).flatmap(lambda s: arrays(np.float64, s, reals(9)))
)
def test_shapes_dtypes_and_transformations(x64, function, x):
    for dtype in (np.float32, np.float64):
        y = function(x.astype(dtype))
        assert (y.shape, y.dtype) == (x.shape, dtype)
        close(jax.jit(function)(x.astype(dtype)), y, "reordering")


@each
@pytest.mark.parametrize("x", [1e4, -1e4, np.finfo(np.float32).max, -np.finfo(np.float32).max])
def test_finite_at_the_extremes(function, x):
    assert np.isfinite(function(jnp.float32(x)))


@each
@pytest.mark.parametrize("x", [True, np.arange(2), "many"])
def test_other_dtypes_are_refused(unchecked, function, x):
    with pytest.raises(ValueError, match=r"x must .* floating-point numbers; got"):
        function(x)


@each
def test_whole_numbers_in_python_are_numbers(unchecked, function):
    assert function(-3) == function(-3.0)


@pytest.mark.parametrize("x", [[True, 0.5], 10**400], ids=["booleans", "huge"])
def test_what_is_no_floating_point_number(x, unchecked):
    for function in (activations.relu, gradients.sigmoid):
        with pytest.raises(
            ValueError, match=r"x must (hold|be an array of) floating-point numbers"
        ):
            function(x)
