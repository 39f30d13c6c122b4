"""Every law over every registered loss, and what is particular to single closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

import laws
from jw2v import gradients, losses
from registry import BY_NAME
from strategies import double, some_sizes
from tolerances import close

DOMAIN = double(10)
SAMPLING = BY_NAME["negative_sampling"]


STANDS = {
    "skip_gram of naive_softmax",
    "skip_gram of naive_softmax, in chunks",
    "cbow of negative_sampling by mean",
}
"""A composition is stated for any loss: in the full tier, one of each stands for all."""


IN_SINGLE = {
    "losses_and_gradients_are_finite",
    "losses_are_not_negative",
    "single_precision_is_accurate",
}
"""Laws of what rounding does, in the machine code that users get."""


def marks(law, subject) -> list[pytest.MarkDecorator]:
    """Of a law for a subject: where it is tested."""
    in_long = subject.pair is not None and subject.name not in STANDS
    return [pytest.mark.long] * in_long + [pytest.mark.machine_code] * (str(law) in IN_SINGLE)


@pytest.mark.parametrize(
    ("law", "subject"),
    [
        pytest.param(law, each, marks=marks(law, each), id=f"{law}-{each}")
        for law, each in laws.applicable()
    ],
)
def test_law(law, subject):
    laws.hold(law, subject)


@given(args=some_sizes().flatmap(lambda sizes: SAMPLING.arguments(DOMAIN, sizes)))
def test_the_table_form_is_the_row_form(x64, args):
    v_c, o, negatives, U = args
    g = laws.compiled(gradients.negative_sampling_rows)(v_c, U[o], U[negatives])
    table = np.zeros_like(U)
    table[o] += g.u_o
    np.add.at(table, negatives, g.u_negatives)
    close(laws.compiled(gradients.negative_sampling)(*args), (g.v_c, table), "reordering", args)
    loss = laws.compiled(losses.negative_sampling_rows)(v_c, U[o], U[negatives])
    close(laws.compiled(losses.negative_sampling)(*args), loss, "reordering", args)


def test_the_softmax_gradient_vanishes_without_certainty(x64):
    """Statement b2: equal rows suffice, though ŷ is uniform."""
    g = jax.jit(gradients.naive_softmax)(jnp.ones(2), 1, jnp.full((4, 2), 0.7))
    close(g.v_c, np.zeros(2), "reordering")
    assert abs(g.U).max() > 0.1


def test_a_word_that_is_both_o_and_a_negative_has_both_terms():
    g = jax.jit(gradients.negative_sampling)(
        jnp.ones(1), 0, jnp.array([0, 0, 1]), jnp.zeros((3, 1))
    )
    assert g.U[:, 0].tolist() == [-0.5 + 0.5 + 0.5, 0.5, 0.0]


def test_a_table_of_centers_in_another_precision(x64):
    V, U = np.ones((3, 2), np.float32), np.ones((3, 2))
    g = gradients.skip_gram(gradients.naive_softmax, 0, jnp.array([1, 2]), V, U)
    by_autodiff = jax.grad(losses.skip_gram, (3, 4))(
        losses.naive_softmax, 0, jnp.array([1, 2]), V, U
    )
    assert [a.dtype for a in g] == [a.dtype for a in by_autodiff] == [np.float32, np.float64]
    close(g, by_autodiff, "reordering", (V, U))


MIXED = [
    (np.float32, np.float64),
    (np.float64, np.float32),
    (jnp.bfloat16, np.float32),
    (np.float16, np.float32),
    (np.float16, jnp.bfloat16),
]


@pytest.mark.parametrize(("of_v", "of_U"), MIXED, ids=str)
def test_each_part_has_the_dtype_of_its_argument(x64, of_v, of_U):
    v_c, U = jnp.array([0.5, -1.0], of_v), jnp.linspace(-1, 1, 8).reshape(4, 2).astype(of_U)
    V, o, ids = jnp.stack([v_c] * 4), jnp.array(1), jnp.array([0, 1, 1])
    for closed, auto in (
        (gradients.naive_softmax(v_c, o, U), jax.grad(losses.naive_softmax, (0, 2))(v_c, o, U)),
        (
            gradients.negative_sampling(v_c, o, ids, U),
            jax.grad(losses.negative_sampling, (0, 3))(v_c, o, ids, U),
        ),
        (
            gradients.negative_sampling_rows(v_c, U[0], U.astype(of_v)),
            jax.grad(losses.negative_sampling_rows, (0, 1, 2))(v_c, U[0], U.astype(of_v)),
        ),
        (
            gradients.skip_gram(gradients.naive_softmax, o, ids, V, U),
            jax.grad(losses.skip_gram, (3, 4))(losses.naive_softmax, o, ids, V, U),
        ),
    ):
        assert [part.dtype for part in closed] == [part.dtype for part in auto]
        for ours, theirs in zip(closed, auto, strict=True):
            coarse = max(float(jnp.finfo(d).eps) for d in (of_v, of_U))
            np.testing.assert_allclose(*map(np.float64, (ours, theirs)), atol=8 * coarse)


# Rows added into a table


def test_rows_are_added_as_often_as_they_come():
    table, ids = np.ones((4, 2), np.float32), np.array([[1, 3], [1, 1]])
    rows = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    expected = table.copy()
    np.add.at(expected, ids, rows)
    for add in (gradients.add_rows, jax.jit(gradients.add_rows)):
        close(add(table, ids, rows), expected, "reordering")
    tables = jax.vmap(gradients.add_rows, (None, 0, 0))(table, ids, rows)
    close(tables.sum(0) - table, expected, "reordering", (expected,))
    assert gradients.add_rows(jnp.asarray(table, jnp.bfloat16), ids, rows).dtype == jnp.bfloat16


@pytest.mark.parametrize("row", [-1, 4])
def test_rows_that_no_table_has(row):
    table, rows = np.ones((4, 2), np.float32), np.ones((2, 2), np.float32)
    with pytest.raises(ValueError, match=f"add_rows: ids must hold .* 0 to 3; got {row}"):
        gradients.add_rows(table, np.array([0, row]), rows)
    assert np.isnan(jax.jit(gradients.add_rows)(table, np.array([0, row]), rows)).all()


def test_rows_of_other_shapes_are_refused(unchecked):
    table, ids = np.ones((4, 2), np.float32), np.array([0, 1])
    for rows in (np.ones(2), np.ones((1, 2)), np.ones((2, 1)), np.ones((2, 2, 2))):
        with pytest.raises(ValueError, match=r"one row of dim 2 for each of the ids.*\[2\]; got"):
            gradients.add_rows(table, ids, rows)


@pytest.mark.machine_code
def test_adding_rows_touches_no_other():
    """One scatter in a table whose memory is used again: no pass over all of it."""
    vocab = 10_000
    table, rows = jnp.zeros((vocab, 8)), jnp.ones((3, 8))
    add = jax.jit(gradients.add_rows, donate_argnums=0)
    compiled = add.lower(table, jnp.array([1, 2, 2]), rows).compile()
    assert compiled.memory_analysis().temp_size_in_bytes < vocab * 8
    assert compiled.memory_analysis().alias_size_in_bytes == table.nbytes


# Half precision


@pytest.mark.parametrize(
    "dtype", [jnp.bfloat16, pytest.param(jnp.float16, marks=pytest.mark.long)], ids=str
)
def test_half_precision_adds_up_what_comes_often(dtype):
    """Of its own accord a sum of ones ends at 256 in bfloat16 and at 2,048 in float16."""
    V, U, often = jnp.full((2, 4), 0.5, dtype), jnp.zeros((2, 4), dtype), jnp.ones(5000, int)
    draws, bag = jnp.zeros((5000, 1), int), jnp.zeros(70_000, int)

    def every(V, U):
        window = 0, often, V, U, draws
        pair = V[0], 0, often, U
        return (
            gradients.add_rows(U, often, jnp.ones((5000, 4), U.dtype)),
            gradients.negative_sampling(*pair),
            jax.grad(losses.negative_sampling, (0, 3))(*pair),
            gradients.skip_gram(gradients.negative_sampling, *window),
            jax.grad(losses.skip_gram, (3, 4))(losses.negative_sampling, *window),
            gradients.cbow(gradients.naive_softmax, 0, bag, V, V),
            jax.grad(losses.cbow, (3, 4))(losses.naive_softmax, 0, bag, V, V),
        )

    found, expected = (jax.tree.leaves(every(*tables)) for tables in ((V, U), map(wide, (V, U))))
    assert {x.dtype for x in found} == {jnp.dtype(dtype)}
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(wide(ours), theirs, rtol=4 * float(jnp.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16], ids=str)
def test_a_softmax_of_more_words_than_a_half_can_count(dtype):
    U = jnp.ones((70_000, 2), dtype).at[3].set(0)
    arguments = jnp.ones(2, dtype), 3, U
    unit = float(jnp.finfo(dtype).eps)
    loss, by_autodiff = jax.value_and_grad(losses.naive_softmax, (0, 2))(*arguments)
    assert float(loss) == pytest.approx(2 + np.log(70_000), rel=unit)
    expected = gradients.naive_softmax(wide(arguments[0]), 3, wide(U))
    for found in (by_autodiff, gradients.naive_softmax(*arguments)):
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(wide(ours), theirs, rtol=0.01, atol=1e-7)


def wide(array):
    return array.astype(jnp.float32)
