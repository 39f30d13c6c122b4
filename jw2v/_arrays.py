"""What the pure functions share: checks of arrays at their door, and the reading of rows.

Shapes and dtypes are known even while tracing, so a wrong one always raises. The value of an index
is known where it is a number, a list, a NumPy array or a JAX array that no trace has made. There a
row number outside the table raises. NumPy looks at it, so that this works inside a trace too; on a
GPU it is a copy to the host. Elsewhere the loss and every number of its gradient become NaN, since
compiled code cannot raise and a silent answer would be worse.
"""

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

Array = jax.Array
Size: TypeAlias = Any
"""A whole number, or a symbol for one, as ``jax.export`` makes them."""

_WIDEST = 2**31 - 1
"""Row numbers are held in 32 bits, signed."""


def real(function: str, name: str, value: ArrayLike, *axes: str) -> Array:
    """``value`` as a floating-point array with one axis for each name in ``axes``.

    The name ``*shape`` stands for any number of axes. A whole number written in Python is a
    number too.
    """
    if type(value) is int and abs(value) < 2**1023:  # what float64 holds
        value = float(value)
    array: Array = to_array(function, name, value, "floating-point numbers")
    if lists_booleans(value):
        raise ValueError(f"{function}: {name} must hold floating-point numbers; got booleans.")
    _has_axes(function, name, array, axes)
    if not jnp.issubdtype(array.dtype, jnp.floating) or array.dtype.itemsize < 2:
        raise ValueError(
            f"{function}: {name} must hold floating-point numbers; got dtype {array.dtype}."
            " They need 16 bits or more."
        )
    return array


def scalar(function: str, loss: Any) -> Array:
    """What a pair loss returned: one number, since a sum of others would be of something else."""
    found: Array = to_array(function, "the pair loss", loss, "floating-point numbers")
    if found.ndim or not jnp.issubdtype(found.dtype, jnp.floating):
        raise ValueError(
            f"{function}: the pair loss must return a scalar, a floating-point number for one"
            f" outside word; got dtype {found.dtype} of shape {list(found.shape)}."
        )
    return found


def index(
    function: str,
    name: str,
    value: ArrayLike,
    vocab: Size,
    *axes: str,
    where: ArrayLike | None = None,
) -> Array:
    """``value`` as row numbers, of dtype int32, below ``vocab`` (any, where that is None).

    Any dtype of integers will do, and an empty list. What is outside is refused where it is known;
    :func:`inside` tells it where it is not. What the entries hold that ``where`` masks does not
    matter. Under ``jax.export`` ``vocab`` may be a symbol.
    """
    array = integers(function, name, value, "the row numbers of words", axes)
    if isinstance(vocab, int) and vocab > _WIDEST:
        raise ValueError(
            f"{function}: a table may have at most 2^31 - 1 rows, since row numbers have 32 bits;"
            f" got {vocab} rows."
        )
    if not isinstance(array, np.ndarray):
        traced: Array = _narrow(array, jnp)
        return traced
    counted = that_count(function, array, where)
    _refuse_outside(function, name, counted, vocab)
    if isinstance(value, jax.Array) and value.dtype == np.int32:
        return value
    return jnp.asarray(_narrow(array, np))


def labels(function: str, name: str, value: ArrayLike, *axes: str) -> Array:
    """``value`` as integers that tell equal from different, and order, but are no row numbers.

    So they may be negative or have more than 32 bits.
    """
    array = integers(function, name, value, "equal ones for what is the same", axes)
    if isinstance(array, np.ndarray):
        return jnp.asarray(np.unique(array, return_inverse=True)[1].astype(np.int32))
    traced: Array = array
    return traced


def inside(index: Array, vocab: Size, where: ArrayLike | None = None) -> Array | bool:
    """Whether a table has all row numbers that count, of an array from :func:`index`.

    True where :func:`index` looked at them itself, which takes a mask that it could read too.
    """
    if not hidden(index) and not hidden(where):
        return True
    found: Array = (index >= 0) & (index < vocab)
    return (found if where is None else found | ~jnp.asarray(where)).all()


def known(inside: Array | bool, loss: Array, *params: Array) -> Array:
    """``loss``, or NaN unless all row numbers were ``inside``.

    NaN are then also all its derivatives with respect to ``params``, for the rows too that were
    never read. Otherwise they stay what they are and cost the same: the transpose of the sums below
    is one number, 0 or NaN, with which a table of gradients begins.
    """
    return loss if inside is True else _known(inside, loss, *params)


@jax.custom_jvp
def _known(inside: Array, loss: Array, *params: Array) -> Array:
    return jnp.where(inside, loss, jnp.nan)


def _known_jvp(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Array, Array]:
    inside, loss, *params = primals
    zero = jnp.zeros_like(loss)
    slope, *others = (
        zero if isinstance(t, jax.custom_derivatives.SymbolicZero) else t.sum().astype(loss.dtype)
        for t in tangents[1:]
    )
    # Selected, and multiplied by a 0 that is NaN, with all of its derivatives, unless inside. To
    # multiply is not enough: 0 times an infinite tangent must not count.
    unknown = _known(inside, zero, *params) * sum(others, zero)
    return _known(*primals), jnp.where(inside, slope, unknown)


_known.defjvp(_known_jvp, symbolic_zeros=True)


def begin(inside: Array | bool, like: Array) -> Array:
    """Zeros to add to, or NaN unless all row numbers were ``inside``."""
    zeros = jnp.zeros_like(like)
    return zeros if inside is True else jnp.where(inside, zeros, jnp.nan)


def varying(value: Array, others: Any) -> Array:
    """``value``, varying along every axis of ``jax.shard_map`` along which others do.

    A loop must begin with the type it ends with, and zeros vary along no axis.
    """
    never = jnp.zeros((), bool)
    for other in jax.tree.leaves(others):
        never |= (other[:0] == other[:0]).any()
    return jnp.where(never, 0, value)


def whole(function: str, name: str, value: Any, least: int) -> None:
    """Refuse what is no whole number of at least ``least``; a symbol for a size may be any."""
    number = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not jax.export.is_symbolic_dim(value) and not (number and value >= least):
        raise ValueError(
            f"{function}: {name} must be a whole number of {least} or more; got {value!r}."
        )


def flag(function: str, name: str, value: Any) -> None:
    """Refuse what is neither True nor False: a word such as "no" would count as True."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{function}: {name} must be True or False; got {value!r}.")


def lists_booleans(value: Any) -> bool:
    """Whether booleans are among the numbers of a list: as an array, all are numbers."""
    written: list[Any] = jax.tree.leaves(value) if isinstance(value, list | tuple) else []
    return any(np.dtype(bool) == getattr(x, "dtype", type(x)) for x in written)


def masks(value: Any) -> bool:
    """Whether an array, or one in a list, may hide numbers: as a plain array, it shows them."""
    return any(isinstance(leaf, np.ma.MaskedArray) for leaf in jax.tree.leaves(value))


def same_axis(function: str, axis: int, meaning: str, **arrays: Array) -> None:
    """Refuse arrays whose ``axis`` differs in length."""
    if len({array.shape[axis] for array in arrays.values()}) > 1:
        came = ", ".join(f"{name} of shape {array.shape}" for name, array in arrays.items())
        raise ValueError(f"{function}: {meaning}; got {came}.")


def same_dim(function: str, **arrays: Array) -> None:
    """Refuse vectors and tables of different dimension."""
    same_axis(
        function,
        -1,
        "the last axis is dim, the same for every vector and table"
        " (a table has shape [vocab, dim], one row a word: transpose a [dim, vocab] one)",
        **arrays,
    )


def wide(array: Array) -> Array:
    """Half precision in 32 bits, and all else as it is: in bfloat16, a sum of ones ends at 256."""
    half = jnp.issubdtype(array.dtype, jnp.floating) and array.dtype.itemsize < 4
    return array.astype(jnp.float32) if half else array


def rows(table: Array, index: Array) -> Array:
    """Rows of ``table``; some row where an index is outside: see :func:`known`.

    Half precision is made wide before, so that the derivative adds up wide rows.
    """
    found = wide(table).at[index].get(mode="clip", wrap_negative_indices=False)
    return found.astype(table.dtype)


def add(table: Array, index: Array, rows: Array) -> Array:
    """``table`` with rows added into it, where equal indices add up."""
    total = wide(table).at[index].add(wide(rows), mode="drop", wrap_negative_indices=False)
    return total.astype(table.dtype)


def dot(a: Array, b: Array) -> Array:
    """The matrix product in full precision: some accelerators round float32 factors to 10 bits."""
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)


def einsum(subscripts: str, *factors: Array) -> Array:
    """``jnp.einsum``, in full precision as :func:`dot`."""
    return jnp.einsum(subscripts, *factors, precision=jax.lax.Precision.HIGHEST)


def squares(vectors: Array) -> Array:
    """‖x‖² of each vector, or the largest number where it overflows: 0 times infinity is NaN."""
    largest = jnp.finfo(vectors.dtype).max
    return jnp.minimum(jnp.square(vectors).sum(-1), largest)


def on_host(function: str, name: str, value: ArrayLike, described: str) -> np.ndarray | None:
    """A value as NumPy sees it; None where it is traced, or lies on other hosts."""
    as_array = getattr(value, "__jax_array__", None)
    value = as_array() if callable(as_array) else value
    if hidden(value):
        return None
    host: np.ndarray = to_array(function, name, value, described, np)
    return host


def hidden(value: Any) -> bool:
    """Whether the numbers of a value, or of a part of it, are traced or lie on other hosts."""
    return any(
        isinstance(leaf, jax.core.Tracer)
        or (isinstance(leaf, jax.Array) and not leaf.is_fully_addressable)
        for leaf in jax.tree.leaves(value)
    )


def that_count(function: str, array: np.ndarray, where: ArrayLike | None) -> np.ndarray:
    """The entries that count, as far as that is known; a wrong mask is refused elsewhere."""
    if where is None:
        return array
    mask = on_host(function, "where", where, "booleans")
    known = mask is not None and mask.dtype == bool and mask.shape == array.shape[: mask.ndim]
    return array[mask] if known else array[:0]


def _refuse_outside(function: str, name: str, row_numbers: np.ndarray, vocab: Size) -> None:
    if vocab is None or not row_numbers.size:
        return
    if isinstance(vocab, int) and not vocab:
        raise ValueError(f"{function}: {name} must be in a table, and that has no rows.")
    low, high = int(row_numbers.min()), int(row_numbers.max())
    if low < 0 or (isinstance(vocab, int) and high >= vocab):
        raise ValueError(
            f"{function}: {name} must hold row numbers from 0 to {vocab - 1};"
            f" got {low if low < 0 else high}."
        )


def _narrow(row_numbers: Any, xp: Any) -> Any:
    """Row numbers as int32, with -1 for those that do not fit: no table has such a row."""
    if row_numbers.dtype.itemsize < 4 or row_numbers.dtype == np.int32:
        return row_numbers.astype(np.int32)
    fits = (row_numbers >= 0) & (row_numbers <= _WIDEST)
    return xp.where(fits, xp.where(fits, row_numbers, 0).astype(np.int32), -1)


def integers(
    function: str, name: str, value: ArrayLike, meaning: str, axes: tuple[str, ...]
) -> Any:
    """``value`` as an array of integers, of NumPy where it is known."""
    host = on_host(function, name, value, "integers")
    array = to_array(function, name, value, "integers") if host is None else host
    listed = isinstance(value, list | tuple)
    if listed and not jax.tree.leaves(value):
        array = array.astype(np.int32)
    _has_axes(function, name, array, axes)
    booleans = lists_booleans(value)
    if booleans or not jnp.issubdtype(array.dtype, jnp.integer):
        raise ValueError(
            f"{function}: {name} must hold integers, {meaning};"
            f" got {'booleans' if booleans else f'dtype {array.dtype}'}."
        )
    return array


def to_array(function: str, name: str, value: ArrayLike, described: str, xp: Any = jnp) -> Any:
    try:
        if masks(value):
            raise TypeError("some numbers are masked")
        array = xp.asarray(value)
        if xp is np and array.dtype.kind in "OSUMm":
            raise TypeError("no numbers that JAX knows")
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(
            f"{function}: {name} must be an array of {described}; got {repr(value)[:80]}."
        ) from error
    return array


def _has_axes(function: str, name: str, array: Any, axes: tuple[str, ...]) -> None:
    if axes != ("*shape",) and array.ndim != len(axes):
        raise ValueError(
            f"{function}: {name} must have shape [{', '.join(axes)}]; got {list(array.shape)}."
            " The function takes one example: use jax.vmap for a batch."
        )
