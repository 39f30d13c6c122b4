"""The step rule: bounded by the curvature, and downhill by what t4 promises where it applies."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jw2v.steps.optimizers import curvature_bounded_sgd


@given(st.floats(1e-6, 1e6), st.floats(0, 1e12), st.floats(1e-3, 10))
def test_the_rate_of_a_row_is_the_smaller_of_two(rate: float, h: float, bound: float) -> None:
    rule = curvature_bounded_sgd(rate, bound)
    g = jnp.ones((1, 3))
    update, _ = rule.update(g, rule.init(g), curvature=jnp.array([h]))
    expected = min(rate, bound / h) if h else rate
    assert np.asarray(update) == pytest.approx(-expected, rel=1e-5)


def test_a_schedule_sees_the_step_number() -> None:
    rule = curvature_bounded_sgd(lambda step: 1.0 / (1 + step), 1.0)
    g = jnp.ones((1, 1))
    state = rule.init(g)
    for step in range(3):
        update, state = rule.update(g, state, curvature=jnp.zeros(1))
        assert float(update[0, 0]) == pytest.approx(-1 / (1 + step))


def test_steps_are_counted_in_whole_numbers() -> None:
    assert curvature_bounded_sgd(1.0, 1.0).init(jnp.ones((1, 1))).step.dtype == jnp.int32


def test_the_rows_of_a_gradient_may_have_several_axes() -> None:
    rule = curvature_bounded_sgd(1.0, 1.0)
    g = jnp.ones((2, 3, 1))
    h = jnp.arange(1.0, 7.0).reshape(2, 3)
    update, _ = rule.update(g, rule.init(g), curvature=h)
    np.testing.assert_allclose(update[..., 0], -1 / h, rtol=1e-6)


def test_it_chains_with_other_transformations() -> None:
    rule = optax.chain(optax.clip(0.5), curvature_bounded_sgd(1.0, 1.0))
    g = jnp.full((1, 1), 3.0)
    update, _ = rule.update(g, rule.init(g), curvature=jnp.zeros(1))
    assert float(update[0, 0]) == -0.5


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1.99))
def test_a_row_descends_for_a_bound_below_two(seed: int, bound: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(40, 3)) * 3, rng.choice([-1.0, 1.0], 40)
    row = rng.normal(size=(1, 3))

    def loss(row: np.ndarray) -> float:
        return float(np.logaddexp(0, -y * (x @ row[0])).sum())

    g = (-(y / (1 + np.exp(y * (x @ row[0])))) @ x)[None]
    rule = curvature_bounded_sgd(1e9, bound)
    h = jnp.array([np.square(x).sum() / 4])
    update, _ = rule.update(jnp.asarray(g), rule.init(row), curvature=h)
    promised = bound / float(h[0]) * (1 - bound / 2) * float(np.square(g).sum())
    assert loss(row + np.asarray(update)) <= loss(row) - promised + 1e-5 * (1 + loss(row))


@pytest.mark.parametrize("bound", [0, -1.0, float("nan"), True])
def test_a_step_bound_that_bounds_nothing_is_refused(bound: float, unchecked: None) -> None:
    with pytest.raises(ValueError, match="step_bound must be above 0; got"):
        curvature_bounded_sgd(0.1, step_bound=bound)


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf"), True, "0.1", jnp.ones(2)])
def test_a_rate_that_is_none_is_refused(rate: float, unchecked: None) -> None:
    with pytest.raises(ValueError, match="learning_rate must be a finite number of 0 or more"):
        curvature_bounded_sgd(rate, step_bound=1.0)


@pytest.mark.parametrize("rate", [0, 0.0, np.float16(0.1), jnp.bfloat16(0.1), jnp.ones([])])
def test_rates_of_any_real_type_will_do(rate: float, unchecked: None) -> None:
    curvature_bounded_sgd(rate, step_bound=1.0)


@pytest.mark.parametrize("bound", ["1", None, 1j, np.True_, np.ones(1), np.ones(2)])
def test_a_step_bound_that_is_no_number_is_refused(bound: float, unchecked: None) -> None:
    with pytest.raises(ValueError, match="step_bound must be above 0; got"):
        curvature_bounded_sgd(0.1, step_bound=bound)


@pytest.mark.parametrize("shape", [(), (1,), (5, 1), (5, 3), (3,)])
def test_a_curvature_that_is_not_one_number_a_row(shape: tuple[int, ...]) -> None:
    rule = curvature_bounded_sgd(0.1, 1.0)
    g = jnp.ones((5, 3))
    with pytest.raises(ValueError, match=r"one number for each row .* \[5\]; got"):
        rule.update(g, rule.init(g), curvature=jnp.ones(shape))
