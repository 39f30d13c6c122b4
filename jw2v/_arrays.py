"""What the pure functions share: checks at their door, and the reading of rows.

Shapes and dtypes are known even while tracing, so a wrong one always raises. The value of an index
is known only outside ``jax.jit`` and ``jax.vmap``: there a wrong one raises, and inside them it
yields NaN, because compiled code cannot raise and a silent answer would be worse.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

Array = jax.Array


def real(function: str, name: str, value: ArrayLike, *axes: str) -> Array:
    """``value`` as a floating-point array with one axis for each name in ``axes``.

    The name ``*shape`` stands for any number of axes. A whole number written in Python is a
    number too.
    """
    if type(value) is int:
        value = float(value)
    array = _array(function, name, value, axes, "floating-point numbers")
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise ValueError(
            f"{function}: {name} must hold floating-point numbers; got dtype {array.dtype}."
        )
    return array


def index(function: str, name: str, value: ArrayLike, vocab: int | None, *axes: str) -> Array:
    """``value`` as an integer array of row numbers below ``vocab`` (any, where that is None)."""
    array = _array(function, name, value, axes, "integers")
    if not jnp.issubdtype(array.dtype, jnp.integer):
        raise ValueError(
            f"{function}: {name} must hold integers, the row numbers of words;"
            f" got dtype {array.dtype}."
        )
    if vocab is not None and array.size and not isinstance(array, jax.core.Tracer):
        low, high = int(array.min()), int(array.max())
        if low < 0 or high >= vocab:
            raise ValueError(
                f"{function}: {name} must hold row numbers from 0 to {vocab - 1};"
                f" got {low if low < 0 else high}."
            )
    return array


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


def rows(table: Array, index: Array) -> Array:
    """Rows of ``table``; NaN where an index is outside it."""
    return table.at[index].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)


def one_hot(index: Array, like: Array) -> Array:
    """The one-hot vector of a row number, shaped like ``like``; NaN where it is outside."""
    vocab = like.shape[0]
    inside = (index >= 0) & (index < vocab)
    return jnp.where(inside, jax.nn.one_hot(index, vocab, dtype=like.dtype), jnp.nan)


def dot(a: Array, b: Array) -> Array:
    """The matrix product in full precision: some accelerators round float32 factors to 10 bits."""
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)


def squares(vectors: Array) -> Array:
    """‖x‖² of each vector, or the largest number where it overflows: 0 times infinity is NaN."""
    largest = jnp.finfo(vectors.dtype).max
    return jnp.minimum(jnp.square(vectors).sum(-1), largest)


class Window(NamedTuple):
    """The checked arguments of a skip-gram window; masked entries point at row 0."""

    c: Array
    v_c: Array
    outside: Array
    V: Array
    U: Array
    draws: tuple[Array, ...]
    where: Array


def window(
    function: str,
    c: ArrayLike,
    outside: ArrayLike,
    V: ArrayLike,
    U: ArrayLike,
    draws: tuple[ArrayLike, ...],
    where: ArrayLike | None,
) -> Window:
    """Check a window and make what its masked entries hold harmless."""
    V = real(function, "V", V, "vocab", "dim")
    U = real(function, "U", U, "vocab", "dim")
    same_dim(function, V=V, U=U)
    c = index(function, "c", c, V.shape[0])
    outside = index(function, "outside", outside, None, "n")
    n = outside.shape[0]
    mask = jnp.ones(n, bool) if where is None else jnp.asarray(where)
    if mask.dtype != bool or mask.shape != (n,):
        raise ValueError(
            f"{function}: where must be {n} booleans, one for each outside word;"
            f" got dtype {mask.dtype} of shape {list(mask.shape)}."
        )
    outside = index(function, "outside", jnp.where(mask, outside, 0), U.shape[0], "n")
    checked = []
    for draw in map(jnp.asarray, draws):
        if draw.shape[:1] != (n,):
            raise ValueError(
                f"{function}: each array of draws needs one entry for each of the {n} outside"
                f" words along its first axis; got shape {list(draw.shape)}."
            )
        checked.append(jnp.where(mask.reshape(n, *[1] * (draw.ndim - 1)), draw, 0))
    return Window(c, rows(V, c), outside, V, U, tuple(checked), mask)


def _array(
    function: str, name: str, value: ArrayLike, axes: tuple[str, ...], described: str
) -> Array:
    try:
        array = jnp.asarray(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{function}: {name} must be an array of {described}; got {value!r}."
        ) from error
    if axes != ("*shape",) and array.ndim != len(axes):
        raise ValueError(
            f"{function}: {name} must have shape [{', '.join(axes)}]; got {list(array.shape)}."
            " The function takes one example: use jax.vmap for a batch."
        )
    return array
