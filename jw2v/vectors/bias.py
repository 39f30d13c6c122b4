"""Whether two sets of words lean to different sides: the word embedding association test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain, combinations, islice
from typing import NamedTuple, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from jw2v.reading.vocabulary import check_count
from jw2v.vectors import given
from jw2v.vectors.neighbours import to_unit
from jw2v.vectors.table import Table

__all__ = ["Association", "associations", "weat", "weat_of_words"]

Floats: TypeAlias = npt.NDArray[np.float64]

_SAMPLES = 100_000
"""Partitions at most of which all are tried, and those that are drawn where there are more."""
_MOST = 10**9
"""Partitions that can be asked for: they take minutes."""
_AT_ONCE = 2**20
"""Numbers that are tried or shuffled at one time."""


class Association(NamedTuple):
    """What the test says."""

    effect: float
    """d: above 0 where X leans to A and Y to B; its magnitude is below 2"""
    statistic: float
    """Σ s over X − Σ s over Y, with s of :func:`associations`"""
    p: float
    """how probable so strong a lean is where the words of X and Y are dealt out by chance"""
    partitions: int
    """on which p rests"""
    exact: bool
    """whether these are all partitions; else they are drawn"""


def associations(words: npt.ArrayLike, A: npt.ArrayLike, B: npt.ArrayLike) -> Floats:
    """How much closer vectors are to those of A than to those of B, [n], from -2 to 2.

    Definition: s(w, A, B) = mean over a of cos(w, a) − mean over b of cos(w, b). The cosine with a
    zero vector counts as 0.

    Args:
        words: [n, dim].
        A: [of any number, dim].
        B: likewise.

    Raises:
        ValueError: one is no table of finite numbers, or they have several dims.

    >>> associations([[1, 0], [1, 1]], [[2, 0]], [[0, 3]]).round(3).tolist()
    [1.0, 0.0]
    """
    rows, of_a, of_b = _units(words=words, A=A, B=B)
    found: Floats = rows @ of_a.mean(axis=0) - rows @ of_b.mean(axis=0)
    return found


def weat(
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    A: npt.ArrayLike,
    B: npt.ArrayLike,
    *,
    samples: int = _SAMPLES,
    seed: int = 0,
) -> Association:
    """The word embedding association test: does X lean to A, and Y to B?

    Definition: with s of :func:`associations`, d = (mean s over X − mean s over Y) / (standard
    deviation of s over both, with n − 1), and 0 where s is the same for all. p is the share of
    the partitions of X and Y into two sets of equal size for which Σ s over the first − Σ s over
    the second is no less than for X and Y. The partition into X and Y is one of them, so that p is
    never 0; the paper counts what is strictly more, which leaves it out.

    All partitions are tried where they are at most ``samples``: for 100,000 up to 9 words a set.
    Else so many are drawn by ``seed``, and p = (1 + how many are no less) / (1 + samples).

    Args:
        X: [n, dim], one set of target words.
        Y: [n, dim], the other.
        A: [of any number, dim], one set of attributes.
        B: likewise, the other.
        samples: how many partitions, up to 10⁹.
        seed: of the draws; it changes nothing where all are tried.

    Raises:
        ValueError: a set is empty, X and Y are not equally large, the dims differ, a number is not
            finite, or samples or seed is out of range.

    Source: Caliskan, Bryson and Narayanan, Semantics derived automatically from language corpora
    contain human-like biases (2017). The share of draws: Phipson and Smyth, Permutation P-values
    Should Never Be Zero (2010).

    >>> found = weat([[1, 0], [4, 1]], [[0, 1], [1, 3]], A=[[1, 0]], B=[[0, 1]])
    >>> round(found.effect, 3), round(found.statistic, 3), round(found.p, 3)
    (1.701, 3.36, 0.167)
    >>> found.partitions, found.exact
    (6, True)
    """
    check_count("samples", samples)
    if samples > _MOST:
        raise ValueError(f"samples must be at most {_MOST:,}, got {samples:,}")
    if isinstance(seed, bool) or not (isinstance(seed, int | np.integer) and seed >= 0):
        raise ValueError(f"seed must be a whole number of at least 0, got {seed!r}")
    of_x, of_y, of_a, of_b = _units(X=X, Y=Y, A=A, B=B)
    n = len(of_x)
    if n != len(of_y):
        raise ValueError(
            f"X and Y must be equally large, got {n:,} and {len(of_y):,} words: p is over the"
            " partitions of both into halves"
        )
    s = associations(np.concatenate([of_x, of_y]), of_a, of_b)
    least = s[:n].sum() - 16 * np.finfo(np.float64).eps * n  # of which rounding may take so much
    partitions = math.comb(2 * n, n)
    if exact := partitions <= samples:
        p = _tried(s, least) / partitions
    else:
        partitions = samples
        p = (1 + _drawn(s, least, samples, seed)) / (1 + samples)
    statistic = float(s[:n].sum() - s[n:].sum())
    return Association(_effect(s[:n], s[n:]), statistic, p, partitions, exact)


def weat_of_words(
    vectors: Table,
    X: Iterable[str],
    Y: Iterable[str],
    A: Iterable[str],
    B: Iterable[str],
    *,
    samples: int = _SAMPLES,
    seed: int = 0,
) -> Association:
    """:func:`weat` of words, by their vectors.

    Raises:
        KeyError: words that have no vector, all of them named.
        ValueError: a set is empty, a word is in a set twice, in X and Y, or in A and B, or X and Y
            are not equally large.

    >>> rows = np.array([[2.0, 1.0], [1.0, 2.0], [1.0, 0.0], [0.0, 1.0]])
    >>> vectors = Table(("rose", "wasp", "good", "bad"), rows)
    >>> weat_of_words(vectors, ["rose"], ["wasp"], ["good"], ["bad"]).p
    0.5
    """
    sets = {
        name: given.some_words(words) for name, words in {"X": X, "Y": Y, "A": A, "B": B}.items()
    }
    for name, words in sets.items():
        if not words:
            raise ValueError(f"{name} has no words: expected at least one")
    for one, other in (("X", "Y"), ("A", "B")):
        _refuse_twice(one, sets[one])
        _refuse_twice(other, sets[other])
        if both := [word for word in sets[one] if word in sets[other]]:
            raise ValueError(
                f"{', '.join(map(repr, both))} in both {one} and {other}: expected sets that are"
                " apart"
            )
    rows = vectors[[*chain.from_iterable(sets.values())]]
    ends = np.cumsum([len(words) for words in sets.values()])[:-1]
    return weat(*np.split(rows, ends), samples=samples, seed=seed)


def _units(**tables: npt.ArrayLike) -> list[Floats]:
    """Tables with rows of length 1, of one dim."""
    found = {name: given.table_of(name, rows) for name, rows in tables.items()}
    if len({rows.shape[1] for rows in found.values()}) > 1:
        dims = ", ".join(f"{name} {rows.shape[1]}" for name, rows in found.items())
        raise ValueError(f"all vectors must have one dim, got {dims}")
    return [cast("Floats", to_unit(rows)) for rows in found.values()]


def _effect(s_x: Floats, s_y: Floats) -> float:
    s = np.concatenate([s_x, s_y])
    if np.ptp(s) <= 16 * np.finfo(np.float64).eps:  # what rounding leaves of equal ones
        return 0.0
    return float((s_x.mean() - s_y.mean()) / s.std(ddof=1))


def _tried(s: Floats, least: float) -> int:
    """For how many of all partitions the first half adds up to no less."""
    n, found = len(s) // 2, 0
    halves, step = combinations(range(len(s)), n), max(1, _AT_ONCE // n)
    while len(rows := np.fromiter(chain.from_iterable(islice(halves, step)), np.intp)):
        found += int(np.count_nonzero(s[rows.reshape(-1, n)].sum(axis=1) >= least))
    return found


def _drawn(s: Floats, least: float, samples: int, seed: int) -> int:
    """For how many partitions that are drawn the first half adds up to no less."""
    rng = np.random.default_rng(seed)
    step, found = max(1, _AT_ONCE // len(s)), 0
    for start in range(0, samples, step):
        dealt = rng.permuted(np.tile(s, (min(step, samples - start), 1)), axis=1)
        found += int(np.count_nonzero(dealt[:, : len(s) // 2].sum(axis=1) >= least))
    return found


def _refuse_twice(name: str, words: Sequence[str]) -> None:
    if len({*words}) < len(words):
        twice = next(word for i, word in enumerate(words) if word in words[:i])
        raise ValueError(f"{twice!r} is in {name} twice: expected each word once")
