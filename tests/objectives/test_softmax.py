"""The shared softmax in chunks: the plain loss, without an array of batch x vocab."""

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jw2v import gradients, losses, softmax
from strategies import arrays, reals
from tolerances import close


class Case(NamedTuple):
    """A batch of windows, and in what chunks to take the vocabulary."""

    C: np.ndarray
    U: np.ndarray
    outside: np.ndarray
    where: np.ndarray
    chunk: int | None

    @property
    def batch(self) -> tuple[np.ndarray, ...]:
        return self[:4]


SIZES = (
    # vocab, chunk, dim, batch, n: one word; a chunk larger than the vocabulary; chunks of one word;
    # two chunks that divide it; a tail; a loop and a tail; no windows; no outside words
    (1, 1, 1, 2, 3),
    (5, 9, 3, 2, 4),
    (5, None, 3, 2, 4),
    (4, 1, 2, 1, 3),
    (6, 3, 2, 2, 2),
    (7, 4, 3, 3, 5),
    (8, 3, 2, 2, 3),
    (3, 2, 2, 0, 2),
    (3, 2, 1, 2, 0),
)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def cases(draw: Any, dtype: Any = np.float64, bound: float = 10, sizes: Any = SIZES) -> Case:
    vocab, chunk, dim, batch, n = draw(st.sampled_from(sizes))
    values = reals(bound, width=np.dtype(dtype).itemsize * 8)
    return Case(
        draw(arrays(dtype, (batch, dim), values)),
        draw(arrays(dtype, (vocab, dim), values)),
        draw(arrays(np.int32, (batch, n), st.integers(0, vocab - 1))),
        draw(arrays(np.bool_, (batch, n), st.booleans())),
        chunk,
    )


@cache
def compiled(function: Any, chunk: int | None) -> Any:
    return jax.jit(partial(function, chunk=chunk))


@cache
def autodiff(chunk: int | None) -> Any:
    return jax.jit(jax.value_and_grad(partial(softmax.shared_naive_softmax, chunk=chunk), (0, 1)))


def plain_loss(C: Any, U: Any, outside: Any, where: Any) -> Any:
    """The sum of the pure losses, pair by pair."""
    of_window = jax.vmap(losses.naive_softmax, in_axes=(None, 0, None))
    terms = jax.vmap(of_window, in_axes=(0, 0, None))(C, outside, U)
    return jnp.where(where, terms, 0).sum()


@jax.jit
def plain_gradients(C: Any, U: Any, outside: Any, where: Any) -> tuple[Any, Any]:
    """The sum of the closed forms, pair by pair."""
    of_window = jax.vmap(gradients.naive_softmax, in_axes=(None, 0, None))
    g = jax.vmap(of_window, in_axes=(0, 0, None))(C, outside, U)
    return (
        jnp.where(where[..., None], g.v_c, 0).sum(1),
        jnp.where(where[..., None, None], g.U, 0).sum((0, 1)),
    )


@partial(jax.jit, static_argnums=4)
def plain_curvature(C: Any, U: Any, outside: Any, where: Any, exact: bool) -> tuple[Any, Any]:
    """G and L of the bounds as their definitions write them, with every ŷ of every window."""
    n = where.sum(1).astype(C.dtype)
    y_hat = jax.nn.softmax(C @ U.T)
    apart = jnp.square(U[None] - (y_hat @ U)[:, None]).sum(2)
    squares = jnp.square(C).sum(1)
    if exact:
        return n * (y_hat * apart).sum(1), (n[:, None] * y_hat * (1 - y_hat)).T @ squares
    farthest = jnp.square(U - U.mean(0)).sum(1).max()
    return n * farthest, jnp.full(len(U), n @ squares / 4)


plain = jax.jit(jax.value_and_grad(plain_loss, (0, 1)))
one_word_often = Case(np.eye(2), np.eye(3, 2), np.full((2, 4), 2), np.ones((2, 4), bool), 2)


@example(one_word_often)
@given(cases())
def test_every_part_is_that_of_the_pairs(x64: None, case: Case) -> None:
    loss, gradient = plain(*case.batch)
    found = compiled(softmax.evaluate, case.chunk)(*case.batch)
    close(found[:3], (loss, *gradient), "rounding", case.batch)
    curvatures = [plain_curvature(*case.batch, exact) for exact in (True, False)]
    for bound, least, most in zip(found[3:], *curvatures, strict=True):
        room = 1e-9 * (1 + np.asarray(most))
        assert (least - room <= bound).all()
        assert (bound <= most + room).all()
    close((found.C, found.U), plain_gradients(*case.batch), "rounding", case.batch)
    close(autodiff(case.chunk)(*case.batch), (loss, gradient), "rounding", case.batch)
    alone = compiled(softmax.shared_naive_softmax, case.chunk)(*case.batch)
    close(alone, loss, "rounding", case.batch)


@settings(max_examples=5)
@given(
    st.tuples(
        st.integers(1, 9),
        st.integers(1, 11),
        st.integers(1, 4),
        st.integers(1, 3),
        st.integers(1, 4),
    ).flatmap(lambda sizes: cases(sizes=(sizes,)))
)
def test_any_size(x64: None, case: Case) -> None:
    found = compiled(softmax.evaluate, case.chunk)(*case.batch)
    loss, gradient = plain(*case.batch)
    close((found.loss, found.C, found.U), (loss, *gradient), "rounding", case.batch)


@pytest.mark.parametrize("bound", [1e2, 1e4])
@given(data=st.data())
def test_extremes_stay_finite(bound: float, data: Any) -> None:
    case = data.draw(cases(np.float32, bound, SIZES[:6]))
    found = compiled(softmax.evaluate, case.chunk)(*case.batch)
    for part in jax.tree.leaves((found, autodiff(case.chunk)(*case.batch))):
        assert np.isfinite(part).all()
    assert found.loss >= 0
    assert (found.C_curvature >= 0).all()
    assert (found.U_curvature >= 0).all()


def some_case(vocab: int, dim: int, batch: int, n: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    C, U = rng.normal(size=(batch, dim)), rng.normal(size=(vocab, dim))
    return C, U, rng.integers(0, vocab, (batch, n)), rng.random((batch, n)) < 0.7


@pytest.mark.parametrize("chunk", [1, 3, 10, 11])
def test_masked_words_do_not_matter(x64: None, chunk: int) -> None:
    C, U, outside, where = some_case(10, 3, 4, 5)
    expected = compiled(softmax.evaluate, chunk)(C, U, outside, where)
    for row in (-1, 10, np.iinfo(np.int32).max):
        spoiled = np.where(where, outside, row)
        close(compiled(softmax.evaluate, chunk)(C, U, spoiled, where), expected, "reordering")


@pytest.mark.parametrize("chunk", [2, 5])
def test_the_hessian_is_that_of_the_plain_loss(x64: None, chunk: int) -> None:
    batch = some_case(5, 2, 2, 3)
    ours = jax.hessian(partial(softmax.shared_naive_softmax, chunk=chunk), (0, 1))
    theirs = jax.hessian(plain_loss, (0, 1))
    close(jax.jit(ours)(*batch), jax.jit(theirs)(*batch), "rounding", batch)


def test_a_cotangent_scales_and_batches_batch(x64: None) -> None:
    C, U, outside, where = some_case(5, 2, 4, 3)
    loss = partial(softmax.shared_naive_softmax, chunk=2)
    doubled = jax.jit(jax.grad(lambda *batch: -2.0 * loss(*batch), (0, 1)))(C, U, outside, where)
    expected = jax.tree.map(lambda g: -2 * g, plain(C, U, outside, where)[1])
    close(doubled, expected, "rounding", (C, U))
    split = [x.reshape(2, 2, *x.shape[1:]) for x in (C, outside, where)]
    two = jax.jit(jax.vmap(lambda C, *rest: loss(C, U, *rest)))(*split)
    close(two.sum(), plain_loss(C, U, outside, where), "reordering", (C, U))


# Memory


def arrays_within(jaxpr: Any) -> Iterator[int]:
    """The sizes of all that a program computes, inside its loops too."""
    for equation in jaxpr.eqns:
        yield from (out.aval.size for out in equation.outvars if hasattr(out.aval, "size"))
        for value in equation.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                inner = getattr(inner, "jaxpr", inner)
                if hasattr(inner, "eqns"):
                    yield from arrays_within(inner)


VOCAB, DIM, BATCH = 1000, 2, 16
"""So that the tables are smaller than an array of batch x vocab."""


def largest(function: Any) -> int:
    batch = some_case(VOCAB, DIM, BATCH, 5)
    return max(arrays_within(jax.make_jaxpr(function)(*batch).jaxpr))


@pytest.mark.parametrize("chunk", [1, 7, 100, 333])
def test_nothing_is_as_large_as_batch_times_vocab(chunk: int) -> None:
    for function in (
        partial(softmax.evaluate, chunk=chunk),
        jax.grad(partial(softmax.shared_naive_softmax, chunk=chunk), (0, 1)),
    ):
        assert largest(function) <= max(VOCAB * DIM, BATCH * chunk)


def test_what_is_as_large_is_seen() -> None:
    for function in (plain_loss, partial(softmax.evaluate, chunk=VOCAB)):
        assert largest(function) >= VOCAB * BATCH

    @jax.jit
    def hidden(*batch: Any) -> Any:
        return jax.lax.fori_loop(0, 2, lambda _, total: total + plain_loss(*batch), 0.0)

    assert largest(hidden) >= VOCAB * BATCH


def program(vocab: int, chunk: int | None) -> Any:
    return compiled(softmax.evaluate, chunk).lower(*some_case(vocab, DIM, BATCH, 5)).compile()


def test_memory_does_not_grow_with_the_vocabulary() -> None:
    scratch = [program(n, 100).memory_analysis().temp_size_in_bytes for n in (10_050, 100_050)]
    assert scratch[1] < 1.2 * scratch[0] + 4096
    at_once = program(100_050, 100_050).memory_analysis().temp_size_in_bytes
    assert at_once > 10 * scratch[1]


def test_a_single_chunk_is_passed_once() -> None:
    def logits(chunk: int | None) -> int:
        """How often the program takes exponentials of a chunk of logits."""
        text = program(VOCAB, chunk).as_text()
        size = min(chunk or VOCAB, VOCAB)
        return sum(
            f"[{size},{BATCH}]" in line.split(" exponential(")[0]
            for line in text.splitlines()
            if " exponential(" in line
        )

    assert logits(None) == logits(VOCAB + 1) == 1
    assert logits(100) == 2


# Bad input

v, U2, ids, yes = np.ones((2, 3)), np.ones((4, 3)), np.array([[1], [2]]), np.ones((2, 1), bool)

WRONG = {
    "one center": ((v[0], U2, ids, yes), "must have shape [batch, dim]; got [3]"),
    "another dim": ((v, U2[:, :2], ids, yes), "last axis is dim"),
    "another batch": ((v, U2, ids[:1], yes[:1]), "one row for each window"),
    "a row outside": ((v, U2, ids + 2, yes), "row numbers from 0 to 3; got 4"),
    "a row below": ((v, U2, -ids, yes), "row numbers from 0 to 3; got -2"),
    "no booleans": ((v, U2, ids, ids), "where must hold booleans"),
    "another mask": ((v, U2, ids, yes[:, 0]), "where must hold booleans"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("function", [softmax.shared_naive_softmax, softmax.evaluate])
def test_bad_input(unchecked: None, function: Any, name: str) -> None:
    arguments, message = WRONG[name]
    with pytest.raises(ValueError, match=f"^shared_naive_softmax: .*{re.escape(message)}"):
        function(*arguments)


def test_weights_below_0_are_refused_and_lists_are_masks(unchecked: None) -> None:
    given = v[:1], U2, jnp.array([[1]])
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(
            ValueError, match="weights of where must be finite numbers of 0 or more"
        ):
            softmax.evaluate(*given, jnp.array([[wrong]]))
    for function in (softmax.shared_naive_softmax, softmax.evaluate):
        one, other = (function(*given, where) for where in ([[True]], np.array([[True]])))
        assert jax.tree.all(jax.tree.map(np.array_equal, one, other))


def test_a_chunk_of_nothing() -> None:
    with pytest.raises(ValueError, match="chunk must be a whole number of 1 or more; got 0"):
        softmax.evaluate(v, U2, ids, yes, chunk=0)


@pytest.mark.parametrize("row", [-1, 4, 300, 2**31 - 1])
@pytest.mark.parametrize("chunk", [1, 3, 4])
def test_a_row_outside_is_nan_where_it_cannot_raise(row: int, chunk: int) -> None:
    """The loss, the gradient by the center of its window and by every row of U, by both roads."""
    outside = np.array([[1], [row]])
    found = compiled(softmax.evaluate, chunk)(v, U2, outside, yes)
    loss, gradient = autodiff(chunk)(v, U2, outside, yes)
    assert np.isnan(found.loss)
    assert np.isnan(loss)
    for by_C, by_U in (gradient, (found.C, found.U)):
        assert np.isnan(by_U).all()
        assert np.isnan(by_C[1]).all()
        assert np.isfinite(by_C[0]).all()
    assert np.isnan(found.U_curvature).all()
    assert np.isnan(found.C_curvature).tolist() == [False, True]


def test_a_row_outside_spoils_its_own_example_of_a_batch() -> None:
    outside = np.array([[[1]], [[-1]], [[2]]])
    arguments = np.stack([v[:1]] * 3), U2, outside, np.ones((3, 1, 1), bool)
    evaluate = jax.jit(jax.vmap(partial(softmax.evaluate, chunk=3), (0, None, 0, 0)))
    grad = jax.grad(partial(softmax.shared_naive_softmax, chunk=3), (0, 1))
    for found in (evaluate(*arguments), jax.jit(jax.vmap(grad, (0, None, 0, 0)))(*arguments)):
        for part in jax.tree.leaves(found):
            assert np.isnan(part[1]).all()
            assert np.isfinite(part[::2]).all()


# Dtypes of row numbers

LARGE = 300
"""Words: more than a byte can count."""


@pytest.mark.parametrize(
    "dtype",
    [
        *("int8", "int64", "uint64"),
        *(pytest.param(n, marks=pytest.mark.long) for n in ("uint8", "int16", "uint16", "uint32")),
    ],
)
@pytest.mark.parametrize(
    "chunk", [7, *(pytest.param(n, marks=pytest.mark.long) for n in (130, None))]
)
def test_any_whole_numbers_number_the_rows(x64: None, dtype: str, chunk: int | None) -> None:
    C, U, _, _ = some_case(LARGE, 3, 2, 2)
    outside = np.array([[0, 100], [127, 3]])
    where = np.array([[True, True], [True, False]])
    expected = softmax.evaluate(C, U, outside, where, chunk=chunk)
    for function in (softmax.evaluate, compiled(softmax.evaluate, chunk)):
        chunked = {} if function is not softmax.evaluate else {"chunk": chunk}
        found = function(C, U, outside.astype(dtype), where, **chunked)
        close(found, expected, "reordering", (C, U))
    loss, gradient = autodiff(chunk)(C, U, outside.astype(dtype), where)
    close((loss, *gradient), expected[:3], "reordering", (C, U))


@pytest.mark.parametrize("row", [2**31, 2**32 + 1, -(2**32) + 1, 2**63 - 1])
def test_a_row_number_is_not_cut_to_fit(x64: None, row: int) -> None:
    outside = np.array([[1], [row]])
    with pytest.raises(ValueError, match=f"from 0 to 3; got {row}"):
        softmax.evaluate(v, U2, outside, yes)
    assert np.isnan(compiled(softmax.evaluate, None)(v, U2, outside, yes).loss)
    masked = np.array([[True], [False]])
    assert np.isfinite(compiled(softmax.evaluate, None)(v, U2, outside, masked).loss)


# Transformations and configurations


def same_everywhere(chunk: int | None, around: Any = lambda function: function) -> None:
    """The loss, its gradient and the closed form, with and without ``around``."""
    batch = some_case(8, 2, 4, 3)
    for function in (
        partial(softmax.evaluate, chunk=chunk),
        jax.value_and_grad(partial(softmax.shared_naive_softmax, chunk=chunk), (0, 1)),
    ):
        close(around(function)(*batch), function(*batch), "reordering", batch[:2])


@pytest.mark.parametrize("chunk", [pytest.param(None, marks=pytest.mark.long), 3])
@pytest.mark.parametrize(
    "option", [pytest.param("jax_numpy_rank_promotion", marks=pytest.mark.long), "jax_debug_nans"]
)
def test_configurations(x64: None, option: str, chunk: int | None) -> None:
    def strict(function: Any) -> Any:
        def run(*batch: Any) -> Any:
            before = getattr(jax.config, option)
            jax.config.update(option, "raise" if isinstance(before, str) else True)
            try:
                return function(*batch)
            finally:
                jax.config.update(option, before)

        return run

    same_everywhere(chunk, strict)
    same_everywhere(chunk, lambda function: strict(jax.jit(function)))


@pytest.mark.long  # jax_debug_nans, among the configurations, looks for them too
@pytest.mark.parametrize("chunk", [None, 3])
def test_no_nan_where_nothing_is_wrong(x64: None, chunk: int | None) -> None:
    """Vectors of zeros, equal vectors, windows without words: the edges of the roots."""
    flat = np.zeros((2, 2)), np.ones((5, 2)), np.array([[1], [2]]), np.array([[True], [False]])
    with jax.debug_nans(True):
        softmax.evaluate(*flat, chunk=chunk)
        loss = partial(softmax.shared_naive_softmax, chunk=chunk)
        jax.jit(jax.hessian(loss, (0, 1)))(*flat)
        jax.hessian(loss, (0, 1))(*flat)


@pytest.mark.parametrize("chunk", [None, 3])
def test_under_shard_map(x64: None, chunk: int | None) -> None:
    """Windows over the devices, U on each: its gradient is summed over them."""
    mesh = jax.make_mesh((1,), ("x",), axis_types=(jax.sharding.AxisType.Auto,))
    rows, whole = jax.sharding.PartitionSpec("x"), jax.sharding.PartitionSpec()
    batch = some_case(8, 2, 4, 3)
    loss = partial(softmax.shared_naive_softmax, chunk=chunk)

    def summed(*batch: Any) -> Any:
        return jax.lax.psum(loss(*batch), "x")

    specs = {"mesh": mesh, "in_specs": (rows, whole, rows, rows)}
    mapped = jax.shard_map(summed, out_specs=whole, **specs)
    found = jax.jit(jax.value_and_grad(mapped, (0, 1)))(*batch)
    close(found, jax.value_and_grad(loss, (0, 1))(*batch), "reordering", batch[:2])
    inside = jax.shard_map(
        jax.value_and_grad(summed, (0, 1)), out_specs=(whole, (rows, whole)), **specs
    )
    close(jax.jit(inside)(*batch), found, "reordering", batch[:2])
    evaluate = jax.shard_map(
        lambda *batch: softmax.evaluate(*batch, chunk=chunk)[1::2], out_specs=rows, **specs
    )
    expected = softmax.evaluate(*batch, chunk=chunk)[1::2]
    close(jax.jit(evaluate)(*batch), expected, "reordering", batch[:2])


def test_exported_with_sizes_that_are_symbols(x64: None, unchecked: None) -> None:
    from jax import export

    b, n, V, d = export.symbolic_shape("b, n, V, d")
    shapes = [((b, d), float), ((V, d), float), ((b, n), np.int32), ((b, n), bool)]
    arguments = [jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in shapes]
    batch = some_case(8, 2, 4, 3)
    for function in (
        softmax.evaluate,
        jax.value_and_grad(softmax.shared_naive_softmax, (0, 1)),
    ):
        exported = export.export(jax.jit(function))(*arguments)
        C, U, outside, where = batch
        found = exported.call(C, U, outside.astype(np.int32), where)
        close(found, tuple(function(*batch)), "reordering", batch[:2])
    with pytest.raises(ValueError, match="chunk needs a vocabulary whose size is a number"):
        export.export(jax.jit(partial(softmax.evaluate, chunk=3)))(*arguments)


def test_tables_in_two_precisions(x64: None) -> None:
    batch = (v.astype(np.float32), U2, ids, yes)
    _, gradient = jax.value_and_grad(softmax.shared_naive_softmax, (0, 1))(*batch)
    assert [g.dtype for g in gradient] == [np.float32, np.float64]


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16], ids=str)
def test_half_precision_adds_up_many_chunks(dtype):
    """Of its own accord a sum of ones ends at 256 in bfloat16."""
    C, U = jnp.ones((1, 2), dtype), jnp.zeros((3000, 2), dtype)
    batch = jnp.array([[3]]), jnp.array([[True]])
    found, slope = jax.value_and_grad(softmax.shared_naive_softmax)(C, U, *batch, chunk=1)
    assert float(found) == pytest.approx(np.log(3000), rel=1e-5)
    assert slope.dtype == C.dtype
    found = softmax.evaluate(C, U, *batch, chunk=1)
    assert float(found.loss) == pytest.approx(np.log(3000), rel=1e-5)
    np.testing.assert_allclose(found.U[:3], 1 / 3000, rtol=1e-5)
