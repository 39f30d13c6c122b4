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
from jw2v import _arrays, activations, gradients, losses
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
    [([1, 0], [0, 1], np.inf), ([0.5, 0.5], [0, 1], np.inf)],
)
def test_cross_entropy_where_something_is_impossible(y, y_hat, nats):
    assert losses.cross_entropy(jnp.array(y, float), jnp.array(y_hat, float)) == nats


@pytest.mark.parametrize("run", [lambda f: f, jax.jit], ids=["eager", "jit"])
def test_a_loss_of_nothing_is_0_and_not_minus_0(run):
    nothing = np.zeros((0, 2), np.float32)
    for found in (
        *(run(losses.cross_entropy)(p, p) for p in (np.zeros(0), np.ones(1), np.array([1.0, 0]))),
        run(losses.naive_softmax)(v, 0, U[:1]),
        run(losses.negative_sampling_rows)(200 * v, v, nothing),
        run(losses.negative_sampling)(200 * v, 0, ids[:0], U),
        run(partial(losses.skip_gram, losses.naive_softmax))(0, ids[:0], U, U),
    ):
        assert found == 0
        assert not np.signbit(found)


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


@pytest.mark.machine_code
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


def test_the_annotation_check_holds_results_too(monkeypatch):
    monkeypatch.setattr(jax.nn, "relu", lambda x: x[None])
    with pytest.raises(jaxtyping.TypeCheckError, match="return value"):
        activations.relu(v)


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
    "a table of no words": ((v, 0, U[:0]), "o must be in a table, and that has no rows"),
    "a row beyond 32 bits": ((v, np.int64(2**32 + 1), U), "o", "from 0 to 3; got 4294967297"),
    "a row beyond 64 bits": ((v, 2**70, U), "o must be an array of integers; got 11805916207"),
    "masked numbers": ((v, np.ma.array(1, mask=True), U), "o must be an array of integers"),
    "masked vectors": ((np.ma.array(v, mask=[0, 1]), 0, U), "v_c must be an array of floating"),
    "masked rows in a list": ((v, 0, [np.ma.array(v, mask=[0, 1])]), "U must be an array of float"),
    "whole tables": ((v, 0, U.astype(int)), "U", "hold floating-point numbers; got dtype int"),
    "complex tables": ((v, 0, U * 1j), "U", "hold floating-point numbers; got dtype complex"),
    "a table of booleans": ((v, 0, U > 0), "U", "hold floating-point numbers; got dtype bool"),
    "a table of objects": ((v, 0, U.astype(object)), "U must be an array of floating-point num"),
    "eight bits": ((v, 0, jnp.asarray(U, jnp.float8_e5m2)), "U", "They need 16 bits or more"),
}
WRONG_SAMPLES = {
    "one negative": ((v, 0, 1, U), "negatives", "have shape [K]; got []"),
    "real negatives": ((v, 0, v, U), "negatives", "hold integers", "got dtype float32"),
    "a negative too far": ((v, 0, ids + 2, U), "negatives", "from 0 to 3; got 4"),
    "a negative beyond 32 bits": ((v, 0, ids + 2**32, U), "negatives", "from 0 to 3; got 42949672"),
    "booleans": ((v, 0, [True, False], U), "negatives", "hold integers", "got booleans"),
    "booleans among numbers": ((v, 0, [True, 2], U), "negatives", "hold integers", "got booleans"),
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
    "draws beyond 32 bits": (
        (0, ids, U, U, draws.astype(np.int64) + 2**32),
        {},
        "draws must fit in dtype int32, or jax_enable_x64 be set",
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


# Row numbers of every dtype

DTYPES = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("run", [lambda f: f, jax.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("dtype", [*DTYPES, jnp.uint4], ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("module", [losses, gradients])
def test_row_numbers_of_any_dtype(module, dtype, run, wide):
    """A vocabulary of more words than eight bits count, which were once added to wrap -1."""
    with jax.enable_x64(wide):
        table = np.linspace(-1, 1, 600, dtype=np.float32).reshape(300, 2)
        for name, words in (("naive_softmax", [7]), ("negative_sampling", [7, [0, 7, 5]])):
            function = partial(getattr(module, name), v)
            found = run(function)(*(np.array(word, dtype) for word in words), table)
            close(found, function(*(np.array(word, np.int32) for word in words), table), "rounding")


@pytest.mark.parametrize("module", [losses, gradients])
def test_an_empty_list_is_no_negatives(unchecked, module):
    close(
        module.negative_sampling(v, 0, [], U),
        module.negative_sampling(v, 0, np.zeros(0, np.int32), U),
        "rounding",
    )
    assert not jax.tree.leaves(module.skip_gram(module.naive_softmax, 0, [], U, U))[0].any()


def test_numbers_and_lists_are_row_numbers(unchecked):
    for negatives in ([0, 1, 1], (0, 1, 1), [jnp.array(0), np.int8(1), 1]):
        close(
            losses.negative_sampling(v, 2, negatives, U),
            losses.negative_sampling(v, np.int64(2), np.array([0, 1, 1]), U),
            "rounding",
        )
    within = jax.jit(lambda w: losses.negative_sampling(v, 2, [w, 1, 1], U))
    close(within(0), losses.negative_sampling(v, 2, np.array([0, 1, 1]), U), "rounding")


@pytest.mark.parametrize("module", [losses, gradients])
def test_tables_beyond_32_bits_are_refused(unchecked, module):
    def of_words(vocab):
        table = jax.ShapeDtypeStruct((vocab, 1), np.float32)
        return jax.eval_shape(lambda U: module.negative_sampling(v[:1], 0, ids, U), table)

    of_words(2**31 - 1)
    with pytest.raises(ValueError, match=r"at most 2\^31 - 1 rows.*got 2147483648 rows"):
        of_words(2**31)


def test_a_row_number_is_looked_at_without_a_trace():
    """No operation of JAX: an array that a trace closes over cannot be read by one."""
    made = jax.make_jaxpr(lambda U: _arrays.index("f", "o", jnp.asarray(ids), 4, "n"))(U)
    assert not made.eqns


# Compiled code cannot raise: a row number outside the table makes everything NaN

OUT_OF_RANGE = {
    "o": ("naive_softmax", (0, 2), lambda w, v, U: (v, w, U)),
    "o, sampling": ("negative_sampling", (0, 3), lambda w, v, U: (v, w, ids, U)),
    "a negative": ("negative_sampling", (0, 3), lambda w, v, U: (v, 0, jnp.stack([1, w]), U)),
    "c": ("skip_gram", (2, 3), lambda w, V, U: (w, ids, V, U, draws)),
    "an outside word": (
        "skip_gram",
        (2, 3),
        lambda w, V, U: (0, jnp.stack([1, w]), V, U, draws),
    ),
}


def of(module, name):
    function = getattr(module, name)
    return partial(function, module.negative_sampling) if name == "skip_gram" else function


def answers(name, wrt, args):
    """The loss, its gradient and its Hessian by ``jax.grad``, and the closed form."""
    loss, closed = (of(module, name) for module in (losses, gradients))

    def of_word(w, first, U):
        at = args(w, first, U)
        forward = jax.jacfwd(loss, wrt)(*at)
        return jax.value_and_grad(loss, wrt)(*at), forward, jax.hessian(loss, wrt)(*at), closed(*at)

    return jax.jit(of_word)


@pytest.mark.parametrize("word", [-1, 4, 10**6, -(2**31)])
@pytest.mark.parametrize(("name", "wrt", "args"), OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_compiled_code_answers_nan_everywhere(name, wrt, args, word):
    found = answers(name, wrt, args)
    first = U if name == "skip_gram" else v
    assert all(np.isnan(part).all() for part in jax.tree.leaves(found(word, first, U)))
    assert all(np.isfinite(part).all() for part in jax.tree.leaves(found(3, first, U)))


@pytest.mark.parametrize(("name", "wrt", "args"), OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_only_the_example_that_is_outside_is_nan(name, wrt, args):
    first = U if name == "skip_gram" else v
    found = jax.vmap(answers(name, wrt, args), (0, None, None))(jnp.array([1, -1, 3]), first, U)
    for part in jax.tree.leaves(found):
        assert np.isnan(part[1]).all()
        assert np.isfinite(part[jnp.array([0, 2])]).all()


def test_a_negative_outside_makes_a_window_nan():
    spoiled = jax.jit(lambda w: jnp.asarray(draws).at[0, 1].set(w))(-1)
    window = partial(losses.skip_gram, losses.negative_sampling, 0, ids, U)
    closed = gradients.skip_gram(gradients.negative_sampling, 0, ids, U, U, spoiled)
    assert np.isnan(window(U, spoiled))
    assert np.isnan(jax.grad(window)(U, spoiled)).all()
    assert np.isnan(closed.U).all()


def test_row_numbers_of_64_bits_are_not_cut_short(x64):
    found = jax.jit(jax.grad(losses.negative_sampling, 3))(v, jnp.int64(2**32 + 1), ids, U)
    assert np.isnan(found).all()


# What masked entries hold does not matter


@pytest.mark.parametrize("run", [lambda f: f, jax.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("first", [0, 1])
def test_masked_entries_may_hold_anything(run, first):
    """Also where a pair loss is not finite for them, or for word 0."""

    def distance(v_c, o, weight, U):
        return jnp.log(weight) * jnp.sqrt(jnp.sum((v_c - U[o]) ** 2))

    table = jnp.arange(8.0).reshape(4, 2)
    where = np.arange(2) == first
    for word, weight in ((-1, np.nan), (9, 0.0), (0, -1.0)):
        outside, weights = np.where(where, 2, word), np.where(where, 2.0, weight)

        def loss(V, U, outside=outside, weights=weights):
            return losses.skip_gram(distance, 0, outside, V, U, weights, where=where)

        found = run(jax.value_and_grad(loss, (0, 1)))(table, table)
        alone = jax.grad(lambda V, U: distance(V[0], 2, 2.0, U), (0, 1))(table, table)
        close(found, (distance(table[0], 2, 2.0, table), alone), "reordering", (table,))


def test_draws_may_be_keys_and_masks_may_hide_them():
    def noisy(v_c, o, key, U):
        return U[o] @ v_c + jax.random.normal(key)

    keys = jax.random.split(jax.random.key(0), 2)
    found = losses.skip_gram(noisy, 0, ids, U, U, keys, where=np.array([False, True]))
    close(found, noisy(U[0], ids[1], keys[1], U), "reordering")


# A pair loss returns one number


@pytest.mark.parametrize(
    ("wrong", "came"),
    [
        (lambda v_c, o, U: (v_c @ U[o])[None], "float32 of shape [1]"),
        (lambda v_c, o, U: v_c * U[o], "float32 of shape [2]"),
        (lambda v_c, o, U: o, "int32 of shape []"),
        (lambda v_c, o, U: v_c @ U[o] > 0, "bool of shape []"),
    ],
)
@pytest.mark.parametrize("n", [0, 2])
def test_a_pair_loss_that_is_no_scalar_is_refused(wrong, came, n):
    for window in (losses.skip_gram, jax.jit(losses.skip_gram, static_argnums=0)):
        said = ["the pair loss must return a scalar", came]
        refuses(window, "skip_gram", (wrong, 0, ids[:n], U, U), {}, said)


def test_a_pair_loss_that_returns_nothing_is_refused(unchecked):
    refuses(losses.skip_gram, "skip_gram", (lambda *_: None, 0, ids, U, U), {}, ["the pair loss"])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda v_c, o, U: gradients.PairGradient(v_c, U[:1]),
        lambda v_c, o, U: gradients.PairGradient(v_c[:1], U),
        lambda v_c, o, U: gradients.PairGradient(v_c @ v_c, U),
        lambda v_c, o, U: gradients.PairGradient(1j * v_c, U),
        lambda v_c, o, U: (v_c, U),
        lambda v_c, o, U: gradients.negative_sampling_rows(v_c, U[o], U[:2]),
        lambda v_c, o, U: None,
    ],
)
def test_a_pair_gradient_of_other_shapes_is_refused(wrong):
    said = ["must return a PairGradient of shapes [dim] and [vocab, dim], here [[2], [4, 2]]"]
    refuses(gradients.skip_gram, "skip_gram", (wrong, 0, ids, U, U), {}, said)


# Numbers that are known, under a mask that is not


def product(v_c, o, U):
    return U[o] @ v_c


def of_product(v_c, o, U):
    return gradients.PairGradient(U[o], jnp.zeros_like(U).at[o].add(v_c))


@pytest.mark.parametrize("kind", [jnp.array, np.array, list], ids=["jax", "numpy", "list"])
@pytest.mark.parametrize("word", [-1, 4])
def test_known_numbers_under_a_traced_mask(unchecked, word, kind):
    outside = kind([1, word])

    def found(where):
        loss = partial(losses.skip_gram, product, 0, outside, where=where)
        closed = gradients.skip_gram(of_product, 0, outside, U, U, where=where)
        return jax.value_and_grad(loss, (0, 1))(U, U), closed

    both, first = jnp.ones(2, bool), jnp.array([True, False])
    for run in (jax.jit, lambda f: lambda x: jax.tree.map(lambda y: y[0], jax.vmap(f)(x[None]))):
        assert all(np.isnan(part).all() for part in jax.tree.leaves(run(found)(both)))
        assert all(np.isfinite(part).all() for part in jax.tree.leaves(run(found)(first)))


def test_draws_that_do_not_fit_are_refused_under_a_traced_mask(unchecked):
    wide = np.array([[1], [2**32 + 1]])

    def window(where):
        return losses.skip_gram(losses.negative_sampling, 0, ids[:2], U, U, wide, where=where)

    with pytest.raises(ValueError, match="draws must fit in dtype int32"):
        jax.jit(window)(jnp.ones(2, bool))
    assert np.isfinite(window(np.array([True, False])))


@pytest.mark.parametrize("kind", [bool, np.bool_, np.array, jnp.array])
def test_a_boolean_in_a_list_is_no_row_number(unchecked, kind):
    with pytest.raises(ValueError, match=r"negatives must hold integers.* got booleans"):
        losses.negative_sampling(v, 0, [kind(True), 2], U)
