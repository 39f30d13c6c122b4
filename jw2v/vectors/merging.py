"""Two sets of word vectors as one, and what is known of how both were trained."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from jw2v.vectors.given import Vector

__all__ = ["Wins", "added", "agreed", "merged_rows", "same", "settings_of"]

Wins: TypeAlias = Literal["refuse", "first", "second"]
"""Whose vector a word has that is in both sets."""


def merged_rows(
    words: Sequence[str], other_words: Sequence[str], both: Wins
) -> tuple[tuple[str, ...], npt.NDArray[np.intp]]:
    """The words of two sets without repeats, and of each its row in the two tables, one below.

    Raises:
        ValueError: words are in both, and ``both`` is ``"refuse"``, or there is no such choice.

    >>> words, rows = merged_rows(["ice", "tea"], ["tea", "pot"], "second")
    >>> words, rows.tolist()
    (('ice', 'tea', 'pot'), [0, 2, 3])
    """
    if both not in get_args(Wins):
        raise ValueError(f"both must be one of {', '.join(get_args(Wins))}, got {both!r}")
    rows = {word: row for row, word in enumerate(words)}
    twice = [word for word in other_words if word in rows]
    if twice and both == "refuse":
        named = ", ".join(map(repr, twice[:5])) + ", …" * (len(twice) > 5)
        raise ValueError(
            f"{len(twice):,} words have a vector in both: {named}. Say which of the two counts:"
            " vectors.merged(other, both='first') or both='second'"
        )
    for row, word in enumerate(other_words, len(words)):
        if word not in rows or both == "second":
            rows[word] = row
    return tuple(rows), np.fromiter(rows.values(), np.intp, len(rows))


def added(
    words: Sequence[str], *counted: tuple[Sequence[str], npt.NDArray[np.int64] | None]
) -> npt.NDArray[np.int64] | None:
    """The counts of words in several texts together; None unless all have been counted.

    >>> added(["ice", "tea"], (["tea"], np.array([5])), (["ice", "tea"], np.array([1, 2]))).tolist()
    [1, 7]
    """
    rows = {word: row for row, word in enumerate(words)}
    total = np.zeros(len(words), np.int64)
    for those, counts in counted:
        if counts is None:
            return None
        total[[rows[word] for word in those]] += counts
    return total


def agreed(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """The metadata that two have in common, of ``config`` the settings that are alike.

    Of ``own``, the losses and optimizers of one's own, those of both stay: they tell that settings
    do not say all.

    >>> agreed({"config": '{"dim": 5, "seed": 1}'}, {"config": '{"dim": 5, "seed": 2}'})
    {'config': '{"dim": 5}'}
    """
    common = {name: text for name, text in one.items() if other.get(name) == text}
    mine, theirs = settings_of(one), settings_of(other)
    if settings := {k: v for k, v in mine.items() if k in theirs and theirs[k] == v}:
        common["config"] = json.dumps(settings)
    if own := settings_of(other, "own") | settings_of(one, "own"):
        common["own"] = json.dumps(own)
    return common


def settings_of(metadata: Mapping[str, str], which: str = "config") -> dict[str, Any]:
    """The settings of a run that metadata tell, by name; empty where they tell none.

    Of the names of losses and optimizers of one's own ``which`` is ``"own"``.
    """
    try:
        found = json.loads(metadata.get(which, "{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def same(one: npt.NDArray[Any] | Vector, other: npt.NDArray[Any] | Vector) -> bool:
    """Whether two arrays hold equal numbers of one type."""
    return one.dtype == other.dtype and np.array_equal(one, other)
