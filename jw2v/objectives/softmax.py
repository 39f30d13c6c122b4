"""The naive softmax of many windows at once, a chunk of the vocabulary at a time.

The outside words of a window share one softmax, and no array of batch x vocab numbers is ever made:
a first pass over the words keeps the largest logit and the sum of exponentials of each window, a
second one forms the errors of a chunk and multiplies them out. So memory does not grow with the
vocabulary, apart from the tables and their gradients. Where one chunk holds the vocabulary, the
compiler finds that the second pass repeats the first, and computes the logits once.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Integer

from jw2v import _arrays
from jw2v.objectives import curvature

__all__ = ["SharedSoftmax", "evaluate", "shared_naive_softmax"]

ENTRIES = 2**20
"""Logits in a chunk, unless the caller says how many words: 4 MiB of float32. On a CPU, with 128
windows and 100 dimensions, four times as many and a sixteenth of them are a quarter slower."""

Batch = tuple[Array, Array, Array, Array]
"""C, U, outside and where."""
Slopes = tuple[Array, Array, Array, Array, Array]
"""What the second pass adds up."""
Carry = TypeVar("Carry")


class SharedSoftmax(NamedTuple):
    """The loss of a batch of windows, its gradient, and a bound on its curvature."""

    loss: Float[Array, ""]
    """nats, summed over all pairs"""
    C: Float[Array, "batch dim"]
    """gradient with respect to the vectors of the center words"""
    U: Float[Array, "vocab dim"]
    """gradient with respect to the table of outside vectors"""
    C_curvature: Float[Array, "batch"]
    """for each row of C, a bound on the largest eigenvalue of its Hessian all along its step"""
    U_curvature: Float[Array, "vocab"]
    """the same for each row of U"""


def shared_naive_softmax(
    C: Float[ArrayLike, "batch dim"],
    U: Float[ArrayLike, "vocab dim"],
    outside: Integer[ArrayLike, "batch n"],
    where: Bool[ArrayLike, "batch n"],
    *,
    chunk: int | None = None,
) -> Float[Array, ""]:
    """The naive softmax of many windows, differentiated by its closed form.

    Definition (b1, d, i): Σ_b [n_b log Σ_w exp(u_wᵀ c_b) − Σ_j u_{o_bj}ᵀ c_b], which is the sum of
    :func:`jw2v.losses.naive_softmax` over the n_b outside words of each window b. Its gradient is
    not derived by tracing but that of :func:`evaluate`.

    Args:
        C: vectors of the center words, one for each window.
        U: outside vectors, one row a word.
        outside: row numbers of the outside words of each window.
        where: True for the outside words that count. What the masked entries of ``outside`` hold
            does not matter.
        chunk: how many words to take at a time, any number of at least 1; by default as many as
            make a million logits, or all of them where sizes are symbols, as in ``jax.export``.

    Returns:
        Nats, ≥ 0. Finite for logits up to ±1e4 in float32 and beyond. As for the losses, a row
        number outside the table raises, or inside ``jit`` and ``vmap`` makes the loss NaN. For
        vectors of half precision all is computed, and given back, in float32.

    >>> C, U = jnp.ones((1, 2)), jnp.zeros((4, 2))
    >>> outside = jnp.array([[1, 2]])
    >>> round(float(shared_naive_softmax(C, U, outside, outside > 0, chunk=3)), 4)  # 2 log 4
    2.7726
    """
    C, U, outside, where = _checked(C, U, outside, where)
    return _loss(_size(C, U, chunk), C, U, outside, where)


def evaluate(
    C: Float[ArrayLike, "batch dim"],
    U: Float[ArrayLike, "vocab dim"],
    outside: Integer[ArrayLike, "batch n"],
    where: Bool[ArrayLike, "batch n"] | Float[ArrayLike, "batch n"],
    *,
    center: Integer[ArrayLike, "batch"] | None = None,
    along_a_step: bool = True,
    chunk: int | None = None,
) -> SharedSoftmax:
    """:func:`shared_naive_softmax` with its gradient and a bound on its curvature.

    Definition: with ŷ = softmax(U c) for the center vector c of a window, n_w the number of times w
    is in the window and n = Σ_w n_w, the gradients of its pairs add up to Σ_w (n ŷ_w − n_w) u_w for
    c (b1) and to (n ŷ_w − n_w) c for u_w (d). The Hessians are n Cov_ŷ(u) and, over the windows b,
    Σ_b n_b ŷ_bw (1 − ŷ_bw) c_b c_bᵀ (t3). They change while the row moves. The bounds are

        H = min(G, max(eˢ L, 2 ‖g‖ D / s))

    with g the gradient by the row (t7). For c, with μ = Σ_w ŷ_w u_w and a the mean of all u_w:
    G = n max_w ‖u_w − a‖², L = n Σ_w ŷ_w ‖u_w − μ‖² and D = max_w ‖u_w − a‖ + ‖μ − a‖. For u_w:
    G = ¼ Σ_b n_b ‖c_b‖², L = Σ_b n_b ŷ_bw (1 − ŷ_bw) ‖c_b‖² and D = max_b ‖c_b‖. Any s > 0 will
    do; each row has the one for which the two terms are about equal.

    No eigenvalue of a row's Hessian exceeds H on the way from the row to the row moved by −(ρ/H) g,
    up to rounding, if no other row moves and ρ ≤ 2. Of a longer step, or one in another direction,
    nothing is known.

    Args:
        C: as for the loss; so are ``U``, ``outside`` and ``chunk``.
        where: as for the loss, or for each entry of ``outside`` the weight of its pair, 0 or more:
            n_w is then a sum of weights.
        center: integers that say which rows of C are the same row of a table. It moves by the sum
            of their gradients, and the sum of their ``C_curvature`` is its bound. By default every
            row of C is one of its own.
        along_a_step: whether a row of C moves by its own step. If not, as where it is the mean of
            several rows that move, its bound is G, which holds wherever it goes.

    >>> C, U = jnp.ones((1, 2)), jnp.zeros((4, 2))
    >>> evaluate(C, U, jnp.array([[3]]), jnp.array([[True]])).U[:, 0].tolist()
    [0.25, 0.25, 0.25, -0.75]
    """
    C, U, outside, where = batch = _checked(C, U, outside, where, weights=True)
    size = _size(C, U, chunk)
    loss, scale = _normalise(size, *batch)
    of_C, of_U, U_curvature, moment, farthest = _differentiate(size, scale, *batch)
    unit, weight = curvature.unit(U, centred=True), scale.weight
    gradient, outside_rows = of_C / unit.length, unit.measure(_arrays.rows(U, outside))
    offset = gradient + _arrays.einsum("bn,bnd->bd", weight, outside_rows)
    rows = None if center is None else _arrays.labels("evaluate", "center", center, "batch")
    if rows is not None:
        _arrays.same_axis(
            "evaluate", 0, "center has one number for each row of C", C=C, center=rows
        )
    n = weight.sum(-1)
    bound = n * farthest
    if along_a_step:
        bound = curvature.of_rows(gradient, offset, n, moment, farthest, rows)
    return SharedSoftmax(loss, of_C, of_U, unit.area(bound), U_curvature)


class _Scale(NamedTuple):
    """What turns the logits z of a window into ŷ: ŷ = exp(z − peak) / total."""

    peak: Float[Array, "batch"]
    total: Float[Array, "batch"]
    weight: Float[Array, "batch n"]
    """1, or its weight, for an outside word that counts, 0 for the others, NaN where a row does not
    exist"""


def _normalise(
    chunk: _arrays.Size, C: Array, U: Array, outside: Array, where: Array
) -> tuple[Float[Array, ""], _Scale]:
    """The first pass: the loss, and what it takes to know ŷ from a logit."""
    window = jnp.arange(C.shape[0])[:, None]

    def add(
        carry: tuple[Array, Array, Array], start: ArrayLike, size: _arrays.Size
    ) -> tuple[Array, Array, Array]:
        peak, total, logit = carry
        _, z = _logits(C, U, start, size)
        higher = jnp.maximum(peak, z.max(0))
        total = total * jnp.exp(peak - higher) + jnp.exp(z - higher[None]).sum(0)
        here, row = _rows_here(outside, start, size)
        return higher, total, jnp.where(here, z.at[row, window].get(mode="clip"), logit)

    nothing = _full(C, C.shape[:1], -jnp.inf), _full(C, C.shape[:1]), _full(C, outside.shape)
    peak, total, logit = _over_chunks(add, nothing, U.shape[0], chunk)
    # Of its three terms one is a difference of near numbers: it goes first. The sum holds exp(0).
    terms = (peak[:, None] - logit) + jnp.log(total)[:, None]
    known = (outside >= 0) & (outside < U.shape[0])
    there = where != 0
    weight = jnp.where(there, jnp.where(known, where, jnp.nan), 0).astype(C.dtype)
    return jnp.where(there, weight * terms, 0).sum(), _Scale(peak, total, weight)


def _differentiate(
    chunk: _arrays.Size, scale: _Scale, C: Array, U: Array, outside: Array, where: Array
) -> Slopes:
    """The second pass: gradients by C and U, the bounds for U, and how far its rows lie apart.

    The last two are Σ_w n ŷ_w ‖u_w − a‖² for each window and max_w ‖u_w − a‖², in the unit of U.
    """
    window, n = jnp.arange(C.shape[0])[:, None], scale.weight.sum(-1)
    # A bound is not differentiated: its roots have no slope at 0.
    still = jax.lax.stop_gradient
    of_row, of_center = curvature.unit(still(U), centred=True), curvature.Centers.of(still(C), n)

    def add(carry: Slopes, start: ArrayLike, size: _arrays.Size) -> Slopes:
        by_C, by_U, bounds, moment, farthest = carry
        u, z = _logits(C, U, start, size)
        y_hat = jnp.exp(z - scale.peak[None]) / scale.total[None]
        _, row = _rows_here(outside, start, size)
        error = (y_hat * n[None]).at[row, window].add(-scale.weight, mode="drop")
        by_u = _arrays.dot(error, C)
        distances = of_row.squares(still(u))
        return (
            by_C + _arrays.dot(error.T, u),
            _put(by_U, by_u, start),
            _put(bounds, of_center.bound(*still((by_u, y_hat))), start),
            moment + n * _arrays.dot(distances, still(y_hat)),
            jnp.maximum(farthest, distances.max(initial=0)),
        )

    by_C, by_U, bounds, moment = (_full(C, x) for x in (C.shape, U.shape, U.shape[:1], C.shape[:1]))
    return _over_chunks(add, (by_C, by_U, bounds, moment, _full(C, ())), U.shape[0], chunk)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _loss(
    chunk: _arrays.Size, C: Array, U: Array, outside: Array, where: Array
) -> Float[Array, ""]:
    return _normalise(chunk, C, U, outside, where)[0]


def _forward(
    chunk: _arrays.Size, C: Array, U: Array, outside: Array, where: Array
) -> tuple[Float[Array, ""], tuple[Batch, _Scale]]:
    batch = C, U, outside, where
    loss, scale = _normalise(chunk, *batch)
    return loss, (batch, scale)


def _backward(
    chunk: _arrays.Size, residual: tuple[Batch, _Scale], cotangent: Array
) -> tuple[Array, Array, None, None]:
    batch, scale = residual
    of_C, of_U, *_ = _differentiate(chunk, scale, *batch)
    return cotangent * of_C, cotangent * of_U, None, None


_loss.defvjp(_forward, _backward)


def _over_chunks(
    add: Callable[[Carry, ArrayLike, _arrays.Size], Carry],
    carry: Carry,
    vocab: _arrays.Size,
    chunk: _arrays.Size,
) -> Carry:
    """``add(carry, start, size)`` for every chunk; the last may be smaller: nothing is padded."""
    full, rest = divmod(vocab, chunk)
    if full == 1:
        carry = add(carry, 0, chunk)
    elif full:
        carry = jax.lax.fori_loop(0, full, lambda i, carry: add(carry, i * chunk, chunk), carry)
    return add(carry, full * chunk, rest) if rest else carry


def _logits(C: Array, U: Array, start: ArrayLike, size: _arrays.Size) -> tuple[Array, Array]:
    """Rows of U and their logits, [size, batch]: one row a word, as the table lies in memory."""
    u = jax.lax.dynamic_slice_in_dim(U, start, size)
    return u, _arrays.dot(u, C.T)


def _rows_here(outside: Array, start: ArrayLike, size: _arrays.Size) -> tuple[Array, Array]:
    """Which outside words a chunk holds, and their rows in it: ``size``, for those it does not."""
    row = outside - start
    here = (row >= 0) & (row < size)
    return here, jnp.where(here, row, size)


def _put(table: Array, rows: Array, start: ArrayLike) -> Array:
    return jax.lax.dynamic_update_slice_in_dim(table, rows, start, 0)


def _full(like: Array, shape: tuple[_arrays.Size, ...], value: float = 0) -> Array:
    """An array that varies over the mesh axes that ``like`` varies over: a loop's carry must."""
    return jax.lax.full_like(like, value, shape=shape)


def _size(C: Array, U: Array, chunk: int | None) -> _arrays.Size:
    """Words in a chunk: all of them where a size is a symbol, as in ``jax.export``."""
    batch, vocab = C.shape[0], U.shape[0]
    if chunk is None:
        symbolic = not (isinstance(batch, int) and isinstance(vocab, int))
        return vocab if symbolic else max(1, ENTRIES // max(1, batch))
    if not isinstance(vocab, int):
        raise ValueError(
            f"chunk needs a vocabulary whose size is a number; got {vocab}. Leave chunk out: all"
            " words are then taken at once."
        )
    _arrays.whole("shared_naive_softmax", "chunk", chunk, 1)
    return chunk


def _checked(
    C: ArrayLike, U: ArrayLike, outside: ArrayLike, where: ArrayLike, *, weights: bool = False
) -> Batch:
    """The arguments as arrays of one dtype, no half; masked entries point at row 0."""
    name = "shared_naive_softmax"
    C, U = (_arrays.real(name, *named, "dim") for named in (("C", C, "batch"), ("U", U, "vocab")))
    _arrays.same_dim(name, C=C, U=U)
    given = jnp.asarray(where)
    weighs = weights and jnp.issubdtype(given.dtype, jnp.floating)
    there = given != 0 if weighs else where
    outside = _arrays.index(name, "outside", outside, U.shape[0], "batch", "n", where=there)
    _arrays.same_axis(name, 0, "C and outside need one row for each window", C=C, outside=outside)
    where = given
    if not (where.dtype == bool or weighs) or where.shape != outside.shape:
        raise ValueError(
            f"{name}: where must hold booleans{' or weights' * weights}, one for each entry of"
            f" outside; got dtype {where.dtype} of shape {list(where.shape)}."
        )
    if weighs and not _arrays.hidden(where):
        held = np.asarray(where, np.float64)
        if not ((held >= 0) & (held < np.inf)).all():
            raise ValueError(f"{name}: weights of where must be finite numbers of 0 or more.")
    outside = jnp.where(given != 0, outside, 0)
    dtype = jnp.result_type(C, U)
    C, U = (_arrays.wide(table.astype(dtype)) for table in (C, U))
    return _alike(C, U, outside, where)


def _alike(C: Array, U: Array, outside: Array, where: Array) -> Batch:
    """The same arrays, all varying over the mesh axes over which one of them does.

    Within ``shard_map`` a loop's carry must, and the gradient of a table that all devices hold is
    then summed over them by the rule for this, not by ours.
    """
    if not jax.sharding.get_abstract_mesh().manual_axes:
        return C, U, outside, where
    nothing = sum(x.reshape(-1)[:0].sum() for x in (C, U, outside, where))
    C, U, outside, where = (jnp.where(nothing == 0, x, x) for x in (C, U, outside, where))
    return C, U, outside, where
