"""Words that belong together, found and named by themselves: k-means of directions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jw2v.vectors.neighbours import to_unit
from jw2v.vectors.words import WordVectors

__all__ = ["k_means", "named", "typical"]

Floats = npt.NDArray[np.floating[Any]]

_ROUNDS = 30
_MOST = 18
"""Clusters of a map: each colour of a page in three shapes."""
_WORDS_EACH = 25
"""Fewer words than these make no cluster of their own."""
_KNOWN = 60
"""The most frequent words of a cluster, of which its name is made."""
_SKIPPED = 200
"""The most frequent words, most of which say how and not what, are no typical ones."""
_LOOKED_AT = 5000
_ALIKE = 0.4
"""Cosine of the middles of groups that show the same."""


def named(words: Sequence[str], vectors: Floats) -> dict[str, str]:
    """A name for each word: three frequent words in the middle of its cluster.

    Clusters are those of :func:`k_means`, up to 18, and the more the more words there are: one for
    25 at most. Too few words for two clusters have no names.

    Args:
        words: the most frequent first.
        vectors: [n, dim], one for each.

    >>> rng, middles = np.random.default_rng(0), np.repeat(np.eye(2), 30, axis=0)
    >>> words = [f"{kind}{i}" for kind in ("ice", "tea") for i in range(30)]
    >>> found = named(words, middles + 0.1 * rng.normal(size=middles.shape))
    >>> [{name[:3] for word, name in found.items() if word[:3] == kind} for kind in ("ice", "tea")]
    [{'ice'}, {'tea'}]
    """
    k = min(_MOST, len(words) // _WORDS_EACH)
    if k < 2:
        return {}
    units = _centred(vectors)
    cluster, middles = k_means(units, k)
    found: dict[str, str] = {}
    for number in np.argsort(-np.bincount(cluster, minlength=k), kind="stable"):
        members = np.flatnonzero(cluster == number)
        if len(members):
            # Rows are by frequency: names are of words that people know.
            known = members[:_KNOWN]
            order = np.argsort(-units[known] @ middles[number], kind="stable")[:3]
            name = ", ".join(words[row] for row in known[order].tolist())
            found |= dict.fromkeys((words[row] for row in members.tolist()), name)
    return found


def typical(vectors: WordVectors, groups: int = 12, each: int = 5) -> dict[str, str]:
    """Words that show what vectors know: a few from each of some tight groups, with its name.

    Definition: of the clusters of the first 5,000 words but the 200 most frequent, those whose most
    frequent words are nearest to their middle, and no two that are alike; of each the words that
    are nearest to its middle.

    Returns:
        The group of each word. Where there are few words, they are the first ones, without groups.

    >>> typical(WordVectors(("ice", "tea"), np.eye(2)))
    {}
    """
    first = min(_SKIPPED, len(vectors) // 10)
    rows = np.arange(first, min(len(vectors), first + _LOOKED_AT))
    k = min(8 * groups, len(rows) // (2 * each))
    if k < groups:
        return {}
    units = _centred(vectors.vectors[rows])
    cluster, middles = k_means(units, k)
    tight: list[tuple[float, int, npt.NDArray[np.intp]]] = []
    for number in range(k):
        members = np.flatnonzero(cluster == number)[: 6 * each]
        if len(members) >= each:
            cosines = units[members] @ middles[number]
            best = np.argsort(-cosines, kind="stable")[:each]
            tight.append((float(cosines[best].mean()), number, members[best]))
    tight.sort(key=lambda group: -group[0])
    taken: list[int] = []
    found: dict[str, str] = {}
    for _, number, members in tight:
        if len(taken) < groups and (middles[taken] @ middles[number] < _ALIKE).all():
            taken.append(number)
            chosen = [vectors.words[row] for row in rows[members]]
            found |= dict.fromkeys(chosen, ", ".join(chosen[:2]))
    return found


def k_means(
    units: Floats, k: int, seed: int = 0
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Clusters of directions by k-means: for the cosine, with far apart ones as the first middles.

    Args:
        units: [n, dim], of length 1 or 0.
        k: up to n.
        seed: of the first middles; the same one gives the same clusters.

    Returns:
        The cluster of each row, [n], and the middles, [k, dim], of length 1 or 0.

    Source: Arthur and Vassilvitskii, k-means++ (2007); Dhillon and Modha, Concept Decompositions
    for Large Sparse Text Data Using Clustering (2001).

    >>> cluster, _ = k_means(np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]]), 2)
    >>> bool(cluster[0] == cluster[2] != cluster[1] == cluster[3])
    True
    """
    rng = np.random.default_rng(seed)
    units = units.astype(np.float32, copy=False)
    chosen = [int(rng.integers(len(units)))]
    far = np.full(len(units), np.inf)
    for _ in range(1, k):
        far = np.minimum(far, np.maximum(0, 1 - units @ units[chosen[-1]]))
        total = far.sum()
        chance = far / total if total > 0 else None
        chosen.append(int(rng.choice(len(units), p=chance)))
    middles = units[chosen]
    cluster = np.zeros(len(units), np.intp)
    for number in range(_ROUNDS):
        new = (units @ middles.T).argmax(axis=1)
        if number and (new == cluster).all():
            break
        cluster = new
        sums = np.zeros_like(middles)
        np.add.at(sums, cluster, units)
        middles = np.where(sums.any(axis=1, keepdims=True), to_unit(sums), middles)
    return cluster, middles


def _centred(vectors: Floats) -> npt.NDArray[np.float32]:
    """Directions from the middle of all: what words have in common tells no two apart."""
    units = to_unit(vectors).astype(np.float32, copy=False)
    return to_unit(units - units.mean(axis=0)).astype(np.float32, copy=False)
