"""Cosines with every row of a table, in memory that does not grow with its width.

The products are numpy's. Importing JAX and compiling for a new shape takes longer than the answers
to most questions: a query of a million vectors of 300 numbers is one pass over memory either way.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jw2v.choices import Combination

__all__ = [
    "Directions",
    "best",
    "finite_rows",
    "lengths",
    "nearest",
    "three_cos",
    "to_unit",
    "wide",
]

Vector: TypeAlias = npt.NDArray[np.floating[Any]]

_BLOCK = 2**22
"""Numbers of the table that are checked, or scaled, at one time."""
_ANSWERS = 2**26
"""Cosines that are held at one time."""
_AT_ONCE = 256
"""Rows that are compared with all the others at one time."""
_GROUP = 64
"""Columns of which only the largest is looked at first."""
_ORDINARY = (2.0**-40, 2.0**40)
"""Lengths of rows whose squares and products float32 holds, without loss and without end."""
_EPSILON = 1e-6
"""Keeps 3CosMul from dividing by 0."""


class Directions:
    """Where the rows of a table point.

    Beside the table, which is not copied, each row has its length. The length of a row that is so
    long or so short that its squares overflow or vanish has two factors: the row is divided by the
    first, its largest entry, when it is used.

    >>> directions = Directions(np.array([[3.0, 4.0], [0.0, 0.0], [1e-300, 0.0]]))
    >>> directions.cosines(to_unit(np.array([[1.0, 0.0]]))).round(3).tolist()
    [[0.6, 0.0, 1.0]]
    """

    def __init__(self, rows: Vector) -> None:
        self._rows = rows
        self._dtype = wide(rows[:0]).dtype
        self._largest = np.ones(len(rows), self._dtype)
        self._inverse = np.empty(len(rows), self._dtype)
        for part in _parts(rows):
            block = wide(rows[part])
            with np.errstate(over="ignore", under="ignore"):
                length = _lengths(block)
            shortest, longest = _ORDINARY
            odd = ~((length > shortest) & (length < longest))
            if odd.any():
                largest = _largest(block[odd])
                self._largest[part][odd] = largest
                length[odd] = _lengths(block[odd] / largest[:, None])
            self._inverse[part] = np.divide(1, length, out=np.zeros_like(length), where=length > 0)

    def cosines(self, units: Vector, first: int | None = None) -> Vector:
        """The cosines of some vectors with the rows; 0 with a row of zeros.

        Args:
            units: [n, dim], of length 1 or 0, of the type of the table, or float32 for float16.
            first: how many rows, from the first on; None for all.

        Returns:
            [n, rows], writable.
        """
        rows = self._rows[:first]
        found = np.empty((len(units), len(rows)), self._dtype)
        for part in _parts(rows):
            block, largest = wide(rows[part]), self._largest[part][: len(rows[part])]
            if (largest != 1).any():
                block = block / largest[:, None]
            np.matmul(units, block.T, out=found[:, part])
        found *= self._inverse[: len(rows)]
        return np.clip(found, -1, 1, out=found)

    def at_once(self, first: int | None = None) -> int:
        """How many vectors to ask :meth:`cosines` about at one time, to bound the memory."""
        return max(1, _ANSWERS // len(self._rows[:first]))


def best(scores: Vector, n: int) -> list[int]:
    """The places of the n largest scores, largest first; equal scores keep their order.

    >>> best(np.array([0.1, 0.7, 0.2, 0.7]), 3)
    [1, 3, 2]
    """
    if n < 1:
        return []
    least = np.partition(scores, -n)[-n]
    candidates = np.flatnonzero(scores >= least)
    order = np.argsort(-scores[candidates], kind="stable")[:n]
    return [int(place) for place in candidates[order]]


def nearest(
    vectors: Vector,
    n: int,
    *,
    of: Sequence[int] | npt.NDArray[np.intp] | None = None,
    progress: Callable[[float], object] = lambda fraction: None,
) -> tuple[npt.NDArray[np.intp], Vector]:
    """For each vector the ``n`` other ones of largest cosine, the largest first.

    All pairs are compared, by numbers as wide as those of the vectors, or float32 for float16.

    Args:
        vectors: [m, dim], finite.
        n: below m.
        of: the rows to find them for; None for all.
        progress: is told which fraction is done, now and then.

    Returns:
        Their row numbers and cosines, [m, n] both, or [len(of), n]. The cosine with a zero vector
        counts as 0. Equal cosines keep the order of the vectors.

    >>> rows, cosines = nearest(np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 4.0]]), 1)
    >>> rows.ravel().tolist(), cosines.ravel().astype(float).round(4).tolist()
    ([2, 2, 1], [0.6, 0.8, 0.8])
    """
    asked = np.arange(len(vectors)) if of is None else np.asarray(of, np.intp)
    units = to_unit(vectors)
    block = np.empty((min(_AT_ONCE, len(asked)), len(units)), units.dtype)  # new memory costs time
    rows = np.empty((len(asked), n), np.intp)
    cosines = np.empty((len(asked), n), units.dtype)
    for start in range(0, len(asked), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        found = block[: len(asked[part])]
        np.matmul(units[asked[part]], units.T, out=found)
        found[np.arange(len(found)), asked[part]] = -np.inf  # nobody is a neighbour of itself
        rows[part], cosines[part] = _best_of_each(found, n)
        progress(min(1.0, (start + _AT_ONCE) / len(asked)))
    return rows, np.clip(cosines, -1, 1, out=cosines)


def _best_of_each(scores: Vector, n: int) -> tuple[npt.NDArray[np.intp], Vector]:
    """The columns of the n largest scores of each row, and these; of equals the first.

    The n largest lie within the n groups of columns that have the largest largest ones.
    """
    whole = scores.shape[1] // _GROUP * _GROUP
    groups = scores[:, :whole].reshape(len(scores), -1, _GROUP)
    order = np.argsort(-groups.max(axis=2), axis=1, kind="stable")
    chosen = np.sort(order[:, :n], axis=1)[:, :, None] * _GROUP + np.arange(_GROUP)
    rest = np.broadcast_to(
        np.arange(whole, scores.shape[1]), (len(scores), scores.shape[1] - whole)
    )
    columns = np.concatenate([chosen.reshape(len(scores), -1), rest], axis=1)
    candidates = np.take_along_axis(scores, columns, axis=1)
    order = np.argsort(-candidates, axis=1, kind="stable")[:, :n]
    return np.take_along_axis(columns, order, 1), np.take_along_axis(candidates, order, 1)


def three_cos(a: Vector, b: Vector, c: Vector, method: Combination) -> Vector:
    """Scores of words as the fourth of an analogy, from their cosines with the other three.

    Definition: with cosines of d with a, b and c, and x' = (1 + x)/2,
    3CosAdd is b − a + c, and 3CosMul is b' c' / (a' + ε), ε = 1e-6.

    Raises:
        ValueError: there is no such method.

    Source: Levy and Goldberg, Linguistic Regularities in Sparse and Explicit Word Representations
    (2014).

    >>> a, b, c = np.array([[0.5], [0.5], [1.0]])
    >>> three_cos(a, b, c, "add").tolist(), three_cos(a, b, c, "mul").round(3).tolist()
    ([1.0], [1.0])
    """
    if method == "add":
        return b - a + c
    if method == "mul":
        scores: Vector = (1 + b) * (1 + c) / (2 * (1 + a) + 4 * _EPSILON)
        return scores
    raise ValueError(f"method must be 'add' or 'mul', got {method!r}")


def finite_rows(rows: Vector) -> npt.NDArray[np.bool_]:
    """Which rows have neither NaN nor infinite entries, [vocab]."""
    return np.concatenate([np.isfinite(rows[part]).all(axis=1) for part in _parts(rows)])


def lengths(rows: Vector) -> npt.NDArray[np.float64]:
    """‖v‖ of each row, [vocab], in float64; infinite only where float64 does not hold it.

    >>> lengths(np.array([[3.0, 4.0], [0.0, 0.0]], np.float16)).tolist()
    [5.0, 0.0]
    """
    found = np.empty(len(rows), np.float64)
    for part in _parts(rows):
        block = rows[part].astype(np.float64)
        largest = _largest(block)
        with np.errstate(over="ignore"):
            found[part] = largest * _lengths(block / largest[:, None])
    return found


def to_unit(rows: Vector) -> Vector:
    """Rows of length 1, and zero rows as they are; huge and tiny rows do not lose their length."""
    rows = wide(rows)
    units: Vector = rows / _largest(rows)[:, None]
    length = _lengths(units)[:, None]
    units /= np.where(length > 0, length, 1)
    return units


def wide(rows: Vector) -> Vector:
    """float16 as float32, since its squares end at 65504, and all else as it is."""
    return rows.astype(np.float32) if rows.dtype.itemsize < 4 else rows


def _parts(rows: Vector) -> Iterator[slice]:
    step = max(1, _BLOCK // rows.shape[1])
    return (slice(start, start + step) for start in range(0, len(rows), step))


def _lengths(rows: Vector) -> Vector:
    lengths: Vector = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return lengths


def _largest(rows: Vector) -> Vector:
    """The largest magnitude in each row, 1 where there is nothing but zeros."""
    largest = np.maximum(rows.max(axis=1), -rows.min(axis=1))
    return np.where(largest > 0, largest, 1)
