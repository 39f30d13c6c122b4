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


@jax.jit
def plain_curvature(C: Any, U: Any, outside: Any, where: Any) -> tuple[Any, Any]:
    """The bound as its definition writes it, with every n_w and ŷ_w of every window."""
    w = where.astype(C.dtype)
    counts = (w[..., None] * jax.nn.one_hot(outside, len(U), dtype=C.dtype)).sum(1)
    expected = counts.sum(1, keepdims=True) * jax.nn.softmax(C @ U.T)
    q = jnp.maximum(expected, counts)
    return q @ jnp.square(U).sum(1), q.T @ jnp.square(C).sum(1)


plain = jax.jit(jax.value_and_grad(plain_loss, (0, 1)))
one_word_often = Case(np.eye(2), np.eye(3, 2), np.full((2, 4), 2), np.ones((2, 4), bool), 2)


@example(one_word_often)
@given(cases())
def test_every_part_is_that_of_the_pairs(x64: None, case: Case) -> None:
    loss, gradient = plain(*case.batch)
    curvature = plain_curvature(*case.batch)
    found = compiled(softmax.evaluate, case.chunk)(*case.batch)
    close(found, (loss, *gradient, *curvature), "rounding", case.batch)
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


def test_a_chunk_of_nothing() -> None:
    with pytest.raises(ValueError, match="chunk must be a whole number of at least 1; got 0"):
        softmax.evaluate(v, U2, ids, yes, chunk=0)


@pytest.mark.parametrize("row", [-1, 4])
@pytest.mark.parametrize("chunk", [1, 3, 4])
def test_a_row_outside_is_nan_where_it_cannot_raise(row: int, chunk: int) -> None:
    outside = np.array([[1], [row]])
    found = compiled(softmax.evaluate, chunk)(v, U2, outside, yes)
    _, gradient = autodiff(chunk)(v, U2, outside, yes)
    assert np.isnan(found.loss)
    assert np.isnan(found.U).all()
    assert np.isnan(gradient[0][1]).all()


def test_tables_in_two_precisions(x64: None) -> None:
    batch = (v.astype(np.float32), U2, ids, yes)
    _, gradient = jax.value_and_grad(softmax.shared_naive_softmax, (0, 1))(*batch)
    assert [g.dtype for g in gradient] == [np.float32, np.float64]
