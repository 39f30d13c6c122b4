"""What is particular to single losses: values, tails, the annotation check and bad input."""

from functools import partial

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import laws
from derivations import evaluate, statements
from jw2v import gradients, losses
from registry import BY_NAME
from strategies import arrays, double, reals, some_sizes
from tolerances import close

SOFTMAX = BY_NAME["naive_softmax"]
distributions = arrays(np.float64, (4,), reals(3)).map(lambda z: np.exp(z) / np.exp(z).sum())


# Values


@given(y_hat=distributions, o=st.integers(0, 3))
def test_cross_entropy_of_a_one_hot_word(x64, y_hat, o):
    y = np.eye(4)[o]
    close(losses.cross_entropy(y, y_hat), -np.log(y_hat[o]), "reordering")
    a = statements()["a"].closed["J"]
    close(losses.cross_entropy(y, y_hat), evaluate(a, {"o": o, "y_hat": y_hat}), "reordering")


@given(y=distributions, y_hat=distributions)
def test_cross_entropy_is_least_at_the_truth(x64, y, y_hat):
    entropy = losses.cross_entropy(y, y)
    assert 0 <= entropy <= losses.cross_entropy(y, y_hat) + 1e-12
    close(jax.grad(losses.cross_entropy, 1)(y, y_hat), -y / y_hat, "rounding", (y / y_hat,))


@pytest.mark.parametrize(
    ("y", "y_hat", "nats"),
    [([1, 0], [1, 0], 0), ([1, 0], [0, 1], np.inf), ([0.5, 0.5], [0, 1], np.inf), ([], [], 0)],
)
def test_cross_entropy_where_something_is_impossible(y, y_hat, nats):
    assert losses.cross_entropy(jnp.array(y, float), jnp.array(y_hat, float)) == nats


def test_the_gradient_of_cross_entropy_where_nothing_was_missed():
    certain = jnp.array([1.0, 0.0])
    assert jax.grad(losses.cross_entropy, 1)(certain, certain).tolist() == [-1, 0]
    assert jax.grad(losses.cross_entropy, 0)(certain, certain).tolist() == [0, 0]


@given(args=some_sizes().flatmap(lambda sizes: SOFTMAX.arguments(double(9), sizes)))
def test_naive_softmax_is_a_cross_entropy(x64, args):
    v_c, o, U = args
    y, y_hat = np.eye(len(U))[o], jax.nn.softmax(U @ v_c)
    loss = laws.compiled(losses.naive_softmax)(*args)
    close(loss, laws.compiled(losses.cross_entropy)(y, y_hat), "rounding", args)


@pytest.mark.parametrize("logit", [-1e4, -80, -20, -1, 0, 1, 20, 80])
def test_the_tail_of_negative_sampling_keeps_its_relative_accuracy(logit):
    x = np.array([logit], np.float32)
    one = np.ones(1, np.float32)
    exact = np.float32(np.logaddexp(0, -np.float64(logit)))
    loss = losses.negative_sampling_rows(x, one, np.zeros((0, 1), np.float32))
    close(loss / exact, np.float32(1), "tail", (x,))


@pytest.mark.parametrize("module", [losses, gradients])
def test_a_window_without_a_mask_counts_every_word(module):
    V = U = np.linspace(-1, 1, 8, dtype=np.float32).reshape(4, 2)
    window = partial(module.skip_gram, module.naive_softmax, 0, np.array([1, 2]), V, U)
    close(window(), window(where=np.ones(2, bool)), "reordering")


@pytest.mark.parametrize("module", [losses, gradients])
def test_a_masked_word_adds_nothing(module):
    V = U = np.linspace(-1, 1, 8, dtype=np.float32).reshape(4, 2)
    window = partial(module.skip_gram, module.naive_softmax, 0)
    masked = window(np.array([1, 2]), V, U, where=np.array([True, False]))
    close(masked, window(np.array([1]), V, U), "reordering")


def test_a_compiled_loss_of_naive_softmax_is_not_negative():
    v_c, U = np.float32([16.949219]), np.float32([[0], [15.949219], [0]])
    assert jax.jit(losses.naive_softmax)(v_c, 1, U) == 0


@pytest.mark.parametrize("module", [losses, gradients])
def test_an_empty_window_is_nothing(module):
    V = U = np.ones((4, 2), np.float32)
    nothing = module.skip_gram(module.naive_softmax, 0, np.array([], int), V, U)
    assert not any(np.any(part) for part in jax.tree.leaves(nothing))


# The annotation check of the tests


@pytest.mark.parametrize("module", [losses, gradients])
@pytest.mark.parametrize(
    ("v_c", "o", "U"),
    [
        (np.ones(3), 0, np.ones((4, 2))),  # two lengths of dim
        (np.ones((1, 2)), 0, np.ones((4, 2))),  # an axis too many
        (np.ones(2), 0.5, np.ones((4, 2))),  # a row number that is none
        (np.ones(2, int), 0, np.ones((4, 2))),  # whole numbers for real ones
    ],
)
def test_the_annotation_check_fires(module, v_c, o, U):
    with pytest.raises(jaxtyping.TypeCheckError, match="naive_softmax"):
        module.naive_softmax(v_c, o, U)


def test_the_annotation_check_holds_results_too():
    def loss_a_word(v_c, o, U):
        return v_c

    with pytest.raises(jaxtyping.TypeCheckError, match="return value"):
        losses.skip_gram(loss_a_word, 0, ids, U, U)


# Bad input: each error names the argument, what was expected and what came

v, U, ids = np.ones(2, np.float32), np.ones((4, 2), np.float32), np.array([1, 2])
draws = np.array([[1, 2, 3], [0, 0, 0]])

WRONG_PAIRS = {
    "a batch of centers": ((U, 0, U), "v_c", "have shape [dim]; got [4, 2]", "use jax.vmap"),
    "a batch of words": ((v, ids, U), "o", "have shape []; got [2]", "use jax.vmap"),
    "a vector for the table": ((v, 0, v), "U", "have shape [vocab, dim]; got [2]"),
    "a transposed table": ((v, 0, U.T), "U of shape (2, 4)", "v_c of shape (2,)", "transpose"),
    "whole numbers": ((ids, 0, U), "v_c", "hold floating-point numbers; got dtype int"),
    "a fraction of a word": ((v, 0.5, U), "o", "hold integers", "got dtype float"),
    "a boolean for a word": ((v, True, U), "o", "hold integers", "got dtype bool"),
    "words for numbers": ((v, "tea", U), "o", "an array of integers; got 'tea'"),
    "ragged rows": ((v, 0, [[1.0, 2.0], [3.0]]), "U", "an array of floating-point numbers; got ["),
    "a row too far": ((v, 4, U), "o", "hold row numbers from 0 to 3; got 4"),
    "a negative row": ((v, -1, U), "o", "hold row numbers from 0 to 3; got -1"),
}
WRONG_SAMPLES = {
    "one negative": ((v, 0, 1, U), "negatives", "have shape [K]; got []"),
    "real negatives": ((v, 0, v, U), "negatives", "hold integers", "got dtype float32"),
    "a negative too far": ((v, 0, ids + 2, U), "negatives", "from 0 to 3; got 4"),
    "a transposed table": ((v, 0, ids, U.T), "U of shape (2, 4)", "v_c of shape (2,)", "transpose"),
}
WRONG_ROWS = {
    "a batch of centers": ((U, v, U), "v_c must have shape [dim]; got [4, 2]"),
    "a batch of words": ((v, U, U), "u_o must have shape [dim]; got [4, 2]"),
    "one negative": ((v, v, v), "u_negatives must have shape [K, dim]; got [2]"),
    "a center of another dim": ((v[:1], v, U), "v_c of shape (1,)"),
    "a word of another dim": ((v, v[:1], U), "u_o of shape (1,)"),
    "negatives of another dim": ((v, v, U[:, :1]), "u_negatives of shape (4, 1)"),
}
WRONG_WINDOWS = {
    "two centers": ((ids, ids, U, U, draws), {}, "c", "have shape []; got [2]"),
    "a center too far": ((4, ids, U, U, draws), {}, "c", "from 0 to 3; got 4"),
    "one outside word": ((0, 1, U, U, draws), {}, "outside", "have shape [n]; got []"),
    "an outside word too far": ((0, ids + 2, U, U, draws), {}, "outside", "from 0 to 3; got 4"),
    "real outside words": ((0, v, U, U, draws), {}, "outside", "hold integers", "dtype float32"),
    "a table of another dim": ((0, ids, U, U[:, :1], draws), {}, "U of shape (4, 1)"),
    "draws for other windows": (
        (0, ids, U, U, draws[:1]),
        {},
        "draws needs one entry for each of the 2 outside words",
        "got shape [1, 3]",
    ),
    "a mask of numbers": (
        (0, ids, U, U, draws),
        {"where": ids},
        "where must be 2 booleans",
        "got dtype int",
    ),
    "a mask of another window": (
        (0, ids, U, U, draws),
        {"where": np.ones(3, bool)},
        "where must be 2 booleans",
        "of shape [3]",
    ),
}


def refuses(function, name, args, options, said):
    with pytest.raises(ValueError, match=f"^{name}: ") as error:
        function(*args, **options)
    for part in said:
        assert part in str(error.value)


@pytest.mark.parametrize("module", [losses, gradients])
@pytest.mark.parametrize(
    ("args", "said"), [(a, s) for a, *s in WRONG_PAIRS.values()], ids=WRONG_PAIRS
)
def test_naive_softmax_refuses(unchecked, module, args, said):
    refuses(module.naive_softmax, "naive_softmax", args, {}, said)


@pytest.mark.parametrize("module", [losses, gradients])
@pytest.mark.parametrize(
    ("args", "said"), [(a, s) for a, *s in WRONG_SAMPLES.values()], ids=WRONG_SAMPLES
)
def test_negative_sampling_refuses(unchecked, module, args, said):
    refuses(module.negative_sampling, "negative_sampling", args, {}, said)


@pytest.mark.parametrize("module", [losses, gradients])
@pytest.mark.parametrize(("args", "said"), WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_negative_sampling_rows_refuses(unchecked, module, args, said):
    refuses(module.negative_sampling_rows, "negative_sampling_rows", args, {}, [said])


@pytest.mark.parametrize("module", [losses, gradients])
@pytest.mark.parametrize(
    ("args", "options", "said"),
    [(a, o, s) for a, o, *s in WRONG_WINDOWS.values()],
    ids=WRONG_WINDOWS,
)
def test_skip_gram_refuses(unchecked, module, args, options, said):
    function = partial(module.skip_gram, module.negative_sampling)
    refuses(function, "skip_gram", args, options, said)


def test_cross_entropy_refuses(unchecked):
    said = ["one entry a word", "y of shape (2,)", "y_hat of shape (3,)"]
    refuses(losses.cross_entropy, "cross_entropy", (v, np.ones(3)), {}, said)
    for args, name in (((U, v), "y"), ((v, U), "y_hat")):
        said = [f"{name} must have shape [vocab]; got [4, 2]"]
        refuses(losses.cross_entropy, "cross_entropy", args, {}, said)


# Compiled code cannot raise: a row number outside the table gives NaN

OUT_OF_RANGE = {
    "o": ("naive_softmax", lambda w: (v, w, U)),
    "o, sampling": ("negative_sampling", lambda w: (v, w, ids, U)),
    "a negative": ("negative_sampling", lambda w: (v, 0, jnp.array([1, w]), U)),
    "c": ("skip_gram", lambda w: (w, ids, U, U, draws)),
    "an outside word": ("skip_gram", lambda w: (0, jnp.array([1, w]), U, U, draws)),
    "a negative of a window": (
        "skip_gram",
        lambda w: (0, ids, U, U, jnp.asarray(draws).at[0, 1].set(w)),
    ),
}


@pytest.mark.parametrize("word", [-1, 4, 10**6])
@pytest.mark.parametrize("module", [losses, gradients])
@pytest.mark.parametrize(("name", "args"), OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_compiled_code_answers_nan(module, name, args, word):
    function = getattr(module, name)
    if name == "skip_gram":
        function = partial(function, module.negative_sampling)
    answers = jax.tree.leaves(jax.jit(lambda w: function(*args(w)))(word))
    assert any(np.isnan(answer).any() for answer in answers)
