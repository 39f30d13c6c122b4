"""How well two lists of numbers agree: Pearson's correlation, and Spearman's of their ranks."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["average_ranks", "pearson", "spearman"]

Numbers: TypeAlias = npt.NDArray[np.float64]


def pearson(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Pearson's correlation: −1 to 1, and NaN where one of the lists does not vary.

    Definition: Σ (x − x̄)(y − ȳ) / (‖x − x̄‖ ‖y − ȳ‖).

    Raises:
        ValueError: the lists differ in length, or hold something else than finite numbers.

    >>> pearson([1, 2, 3], [2, 4, 6])
    1.0
    """
    one, other = _numbers(x), _numbers(y)
    if len(one) != len(other):
        raise ValueError(f"expected two lists of one length, got {len(one):,} and {len(other):,}")
    return float(np.clip(_standard(one) @ _standard(other), -1, 1)) if len(one) else math.nan


def spearman(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Spearman's correlation: Pearson's of the ranks, equal numbers sharing their mean rank.

    Raises:
        ValueError: as :func:`pearson`.

    >>> spearman([1, 2, 3, 4], [1, 10, 100, 1000]), round(spearman([1, 1, 2], [3, 5, 8]), 3)
    (1.0, 0.866)
    """
    return pearson(average_ranks(x), average_ranks(y))


def average_ranks(x: npt.ArrayLike) -> Numbers:
    """The place of each number in their order, from 1; equal numbers share the mean of theirs.

    >>> average_ranks([30, 10, 20, 10]).tolist()
    [4.0, 1.5, 3.0, 1.5]
    """
    numbers: npt.NDArray[Any] = _numbers(x)
    if len(numbers):
        numbers = _exact(x)  # which float64 may not tell apart
    _, which, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    means = counts.cumsum() - (counts - 1) / 2
    return np.asarray(means[which], np.float64)


def _exact(x: npt.ArrayLike) -> npt.NDArray[Any]:
    """The same numbers as they are; whole ones and others in one list are compared by Python."""
    given = np.asarray(x)
    if given.dtype.kind != "f" or not isinstance(x, list | tuple):
        return given
    plain = [each.item() if isinstance(each, np.generic) else each for each in x]
    found = np.empty(len(plain), object)
    found[:] = plain
    return found


def _numbers(x: npt.ArrayLike) -> Numbers:
    given = np.asarray(x)
    booleans = isinstance(x, list | tuple) and any(isinstance(each, bool | np.bool_) for each in x)
    masked = isinstance(x, np.ma.MaskedArray)
    if booleans or masked or (given.dtype.kind not in "iuf" and given.size):
        raise ValueError(f"expected a list of numbers, got {x!r}")
    if given.dtype.kind in "iu" and given.size and max(-int(given.min()), int(given.max())) > 2**53:
        # From the smallest on, which no correlation sees: their differences may fit in float64.
        given = given.astype(np.uint64) - np.uint64(int(given.min()) % 2**64)
    numbers = given.astype(np.float64)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise ValueError(f"expected a list of finite numbers, got {x!r}")
    return numbers


def _standard(x: Numbers) -> Numbers:
    """Mean 0 and length 1; NaN where nothing varies, which rounding would hide."""
    if (x == x[0]).all():
        return np.full_like(x, math.nan)
    # Divided first, so that the squares of huge and tiny numbers stay in range.
    scaled = x / np.abs(x).max()
    if np.ptp(scaled) < 2**-10:  # what they differ by is found exactly, before division rounds it
        x = x - x[0]
        scaled = x / np.abs(x).max()
    x = scaled - scaled.mean()
    x = x / np.abs(x).max()
    return x / np.sqrt(x @ x)
