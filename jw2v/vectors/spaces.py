"""Two spaces of vectors: one laid onto the other, and the words whose neighbours changed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from typing import NamedTuple, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from jw2v.reading.vocabulary import UnknownWordError, check_count
from jw2v.vectors import given
from jw2v.vectors.given import Vector
from jw2v.vectors.neighbours import nearest, to_unit
from jw2v.vectors.words import WordVectors

__all__ = ["Change", "Comparison", "aligned", "compared", "procrustes"]

Floats: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.intp]

_BLOCK = 2**22
"""Numbers of a table that are rotated at one time."""


def procrustes(A: npt.ArrayLike, B: npt.ArrayLike) -> Floats:
    """The orthogonal matrix that lays the rows of A onto those of B, [dim, dim], in float64.

    Definition: Q = argmin ‖A Q − B‖ in the Frobenius norm over QᵀQ = I, which is P Rᵀ for the
    singular value decomposition AᵀB = P Σ Rᵀ (q1). It is a rotation, with a reflection or without.

    Where AᵀB has no full rank, as with fewer rows than dims, Q is one of many that are as good:
    what it does to directions of which A and B say nothing is arbitrary.

    Args:
        A: [n, dim].
        B: [n, dim], row by row what A is to be laid onto.

    Raises:
        ValueError: the shapes differ, or there are no numbers, or some are not finite.

    Source: Schönemann, A generalized solution of the orthogonal Procrustes problem (1966).

    >>> procrustes([[1, 0], [0, 2]], [[0, 1], [-2, 0]]).tolist()
    [[0.0, 1.0], [-1.0, 0.0]]
    """
    return _procrustes(A, B)[0]


def aligned(
    ours: WordVectors,
    theirs: WordVectors,
    anchors: Iterable[str] | None = None,
    *,
    center: bool = False,
    unit: bool = True,
) -> WordVectors:
    """Our vectors, rotated so that anchors lie as near as can be to their vectors in another space.

    Definition: v Q for each vector v of ours, with Q of :func:`procrustes` over the anchors. It is
    a rotation and nothing else: lengths, and cosines within ours, stay as they are.

    Args:
        ours: what is rotated.
        theirs: vectors of the same dim, that stay as they are.
        anchors: words that mean the same in both; all that are in both unless given.
        center: find Q by the anchors less their mean.
        unit: find Q by the anchors at length 1, so that each counts alike.

    Returns:
        All words of ours, with the type of their numbers, metadata and counts, without
        :attr:`~jw2v.WordVectors.arrays`, which are of the space before.

    Raises:
        KeyError: anchors that have no vector in one of the two, all of them named.
        ValueError: the dims differ, there are fewer anchors than dims (with ``center`` one more is
            needed), or one of the two holds center and outside vectors side by side, which would be
            mixed.

    Warns:
        UserWarning: the anchors do not determine Q, since they all lie in fewer dimensions.

    >>> theirs = WordVectors(("ice", "tea"), np.array([[0.0, 1.0], [-2.0, 0.0]]))
    >>> ours = WordVectors(("tea", "ice", "pot"), np.array([[0.0, 1.0], [3.0, 0.0], [1.0, 1.0]]))
    >>> aligned(ours, theirs)["pot"].tolist()
    [-1.0, 1.0]
    """
    if ours.dim != theirs.dim:
        raise ValueError(
            "vectors of different dims cannot be laid onto each other: expected one dim, got"
            f" {ours.dim} and {theirs.dim}"
        )
    for which, vectors in (("first", ours), ("second", theirs)):
        if vectors.settings.get("vectors") == "both":
            raise ValueError(
                f"a rotation would mix the center and outside vectors that the {which} of the two"
                " holds side by side (vectors='both'): take one of them, such as"
                " WordVectors(vectors.words, vectors.vectors[:, :vectors.dim // 2])"
            )
    words = _common(ours, theirs)
    if anchors is not None:
        words = list(dict.fromkeys(given.some_words(anchors)))
        lacking = [[word for word in words if word not in each] for each in (ours, theirs)]
        if any(lacking):
            raise _UnknownAnchorError(*lacking)
    A, B = ours[words], theirs[words]
    needed = ours.dim + bool(center)
    if len(words) < needed:
        what = "words in both" if anchors is None else "anchors"
        raise ValueError(
            f"to rotate {ours.dim} dimensions takes at least {needed:,} {what}, got {len(words):,}:"
            " fewer leave open how"
        )
    Q, rank = _procrustes(*(_prepared(rows, center, unit) for rows in (A, B)))
    if rank < ours.dim:
        warnings.warn(_undetermined(f"{len(words):,} anchors", rank, ours.dim), stacklevel=2)
    return WordVectors(ours.words, _rotated(ours.vectors, Q), ours.metadata, counts=ours.counts)


class Change(NamedTuple):
    """A word in two spaces."""

    word: str
    shared: float
    """which part of its nearest neighbours it has in both, 0 to 1"""
    cosine: float | None
    """of its two vectors, after one space is rotated onto the other; None where none can be"""
    ours: tuple[str, ...]
    """its neighbours in the first, nearest first"""
    theirs: tuple[str, ...]
    """its neighbours in the second"""


@dataclass(frozen=True, eq=False)
class Comparison:
    """The words that two spaces have in common, and where each lies among them."""

    words: tuple[str, ...]
    ours: Rows
    """the nearest neighbours of each word in the first, [common, k], as numbers of words"""
    theirs: Rows
    """the nearest neighbours in the second, [common, k]"""
    cosines: Floats | None
    """of the two vectors of each word after alignment, [common]"""

    @property
    def shared(self) -> Floats:
        """Which part of its nearest neighbours each word has in both, [common]."""
        both = [
            np.intersect1d(*each, assume_unique=True).size
            for each in zip(self.ours, self.theirs, strict=True)
        ]
        found: Floats = np.array(both, np.float64) / self.ours.shape[1]
        return found

    def changed(self, topn: int = 20) -> list[Change]:
        """The words that share the smallest part of their neighbours, those first.

        Of equal parts the one with the smaller cosine comes first.
        """
        check_count("topn", topn)
        shared, cosines = self.shared, self.cosines
        order = np.lexsort((shared if cosines is None else cosines, shared))[:topn]
        return [
            Change(
                self.words[row],
                float(shared[row]),
                None if cosines is None else float(cosines[row]),
                *(tuple(self.words[n] for n in near[row]) for near in (self.ours, self.theirs)),
            )
            for row in order
        ]


def compared(
    ours: WordVectors, theirs: WordVectors, k: int = 10, *, min_count: int | None = None
) -> Comparison:
    """The k nearest neighbours of each common word, in two spaces, and the cosine of its vectors.

    Neighbours are common words, by cosine in their own space, which needs no alignment: the dims
    may differ. The cosines are those after :func:`aligned` over all common words. There are none
    where the dims differ, or there are fewer common words than dims. The time grows with the square
    of the number of common words.

    Rare words change most from run to run, whatever they mean: compare with vectors of another
    seed, and leave them out.

    Args:
        ours: one space.
        theirs: the other.
        k: how many neighbours.
        min_count: leave out the words that occur less often in one of the two, by their counts.

    Raises:
        ValueError: k is not a whole number from 1 to one less than there are common words, or
            min_count is given and one of the two has no counts.

    Warns:
        UserWarning: the common words do not determine the rotation, since they all lie in fewer
            dimensions: the cosines are those of one of many.

    >>> one = WordVectors(("ice", "tea", "pot"), np.array([[1.0, 0], [1, 0.1], [0, 1]]))
    >>> other = WordVectors(("pot", "tea", "ice"), np.array([[0, 1], [0.1, 1], [1.0, 0]]))
    >>> compared(one, other, k=1).shared.tolist()
    [1.0, 0.0, 1.0]
    """
    check_count("k", k)
    words = _common(ours, theirs)
    if min_count is not None:
        check_count("min_count", min_count)
        often = [{*_frequent(vectors, min_count)} for vectors in (ours, theirs)]
        words = [word for word in words if all(word in each for each in often)]
    if k >= len(words):
        raise ValueError(
            f"{k:,} neighbours need more than {k:,} words in both, got {len(words):,}"
            + (": take a smaller k" if len(words) > 1 else "")
        )
    here, there = ours.subset(words), theirs.subset(words)
    cosines = None
    if ours.dim == theirs.dim <= len(words):
        A, B = (_prepared(each.vectors, center=False, unit=True) for each in (here, there))
        Q, rank = _procrustes(A, B)
        cosines = np.clip(np.einsum("ij,ij->i", A @ Q, B), -1, 1)
        if rank < ours.dim:
            said = _undetermined(f"{len(words):,} words in both", rank, ours.dim)
            warnings.warn(f"{said}, and so are the cosines", stacklevel=2)
    near, far = (nearest(each.vectors, k)[0] for each in (here, there))
    return Comparison(here.words, near, far, cosines)


class _UnknownAnchorError(UnknownWordError):
    """Anchors that have no vector in the first of two spaces, or in the second."""

    def __init__(self, *lacking: Sequence[str]) -> None:
        super().__init__(list(dict.fromkeys(chain.from_iterable(lacking))), ())
        self._lacking = lacking

    def __str__(self) -> str:
        said = [
            f"in the {which} of the two {', '.join(map(repr, words))}"
            for which, words in zip(("first", "second"), self._lacking, strict=True)
            if words
        ]
        return f"anchors must have a vector in both; not found: {'; '.join(said)}"


def _undetermined(what: str, rank: int, dim: int) -> str:
    return (
        f"the {what} determine the rotation in {rank} of {dim} dimensions: in the others it is one"
        " of many"
    )


def _common(ours: WordVectors, theirs: WordVectors) -> list[str]:
    return [word for word in ours.words if word in theirs]


def _frequent(vectors: WordVectors, min_count: int) -> Iterable[str]:
    if vectors.counts is None:
        raise ValueError(
            "min_count needs to know how often each word occurs, and one of the two has no counts:"
            " read the first words only, such as limit=20000, if the most frequent come first"
        )
    return compress(vectors.words, vectors.counts >= min_count)


def _procrustes(A: npt.ArrayLike, B: npt.ArrayLike) -> tuple[Floats, int]:
    """Q, and the rank of AᵀB."""
    A, B = given.table_of("A", A), given.table_of("B", B)
    if A.shape != B.shape:
        raise ValueError(
            f"A and B must have one shape, row for row, got {list(A.shape)} and {list(B.shape)}"
        )
    A, B = (rows / (np.abs(rows).max() or 1) for rows in (A, B))  # squares of huge ones overflow
    P, sigma, R_t = np.linalg.svd(A.T @ B)
    rank = np.count_nonzero(sigma > sigma[0] * max(A.shape) * np.finfo(np.float64).eps)
    return P @ R_t, int(rank)


def _prepared(rows: Vector, center: bool, unit: bool) -> Floats:
    """Rows in float64, at length 1, and less their mean."""
    wide: Floats = rows.astype(np.float64)
    if unit:
        wide = cast("Floats", to_unit(wide))
    elif center:
        wide /= np.abs(wide).max() or 1  # the mean of huge ones overflows
    return wide - wide.mean(axis=0) if center else wide


def _rotated(rows: Vector, Q: Floats) -> Vector:
    found = np.empty_like(rows)
    step = max(1, _BLOCK // rows.shape[1])
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        with np.errstate(over="ignore", invalid="ignore"):
            found[part] = rows[part].astype(np.float64) @ Q
    return found
