"""Which words of a sentence lie in a window: programs in pieces, and the mistakes made in them.

Results are counted: what comes in which order does not matter, how often does.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jw2v.check.records import Array, Example, Mistake, Parts, mistake

__all__ = [
    "PAIRS",
    "WORDS",
    "all_pairs",
    "around",
    "examples",
    "hidden",
    "pairs_program",
    "right_pairs",
    "right_words",
    "size",
    "words_program",
]


def size(sentence: Array | Sequence[int]) -> int:
    """Words that are counted: those of the sentence, and numbers of its places."""
    return max(len(sentence), int(max(sentence)) + 1)


def right_words(sentence: Array, position: int, window: int) -> tuple[Array]:
    """How often each word is in a window, by the windows that jw2v trains on."""
    return (right_pairs(sentence, window, centers=[position])[0].sum(0),)


def right_pairs(sentence: Array, window: int, centers: Sequence[int] | None = None) -> tuple[Array]:
    """How often each word is in a window of each, by the windows that jw2v trains on."""
    from jw2v.feeding.batches import Shape, Text, windows

    places = np.arange(len(sentence), dtype=np.int32)
    text, shape = Text(places, np.zeros_like(places)), Shape(len(places), 1, 1)
    [chunk] = windows([text], shape, window, False, np.random.default_rng(0))
    table = np.zeros((size(sentence),) * 2)
    center, outside, where = (np.asarray(each).reshape(len(places), -1) for each in chunk)
    for place, others, inside in zip(center[:, 0], outside, where, strict=True):
        if centers is None or place in centers:
            np.add.at(table, (sentence[place], sentence[others[inside]]), 1)
    return (table,)


def _inside(n: int, t: int, places: Sequence[int]) -> list[int]:
    return [place for place in places if 0 <= place < n]


def around(
    sentence: Sequence[int],
    t: int,
    m: int,
    *,
    reach: Callable[[int], tuple[int, int]] = lambda m: (m, m),
    own: Callable[[], bool] = lambda: False,
    at: Callable[[int, int, Sequence[int]], Sequence[int]] = _inside,
    whole: Callable[[], bool] = lambda: False,
    read: Callable[[Sequence[int], int], int] = lambda sentence, place: sentence[place],
    kept: Callable[[int, list[int]], Sequence[int]] = lambda c, words: words,
) -> Sequence[int]:
    """The words around place t; each keyword is a piece that a mistake may replace."""
    n, (left, right) = len(sentence), reach(m)
    if whole() and not left <= t < n - right:
        return []
    places = at(n, t, [t + j for j in range(-left, right + 1) if j != 0 or own()])
    return kept(sentence[t], [read(sentence, place) for place in places])


def words_program(sentence: Array, position: int, window: int, **pieces: Any) -> Parts:
    """The words of one window, counted."""
    found = around(sentence.tolist(), position, window, **pieces)
    return {"words": np.bincount(np.array(found, int), minlength=size(sentence)).astype(float)}


def _every(n: int) -> Sequence[int]:
    return range(n)


def all_pairs(
    sentence: Sequence[int],
    window: int,
    centers: Callable[[int], Sequence[int]] = _every,
    once: Callable[[], bool] = lambda: False,
    **pieces: Any,
) -> list[tuple[int, int]]:
    """All pairs of a center and an outside word of a sentence."""
    found = [
        (sentence[t], word)
        for t in centers(len(sentence))
        for word in around(sentence, t, window, **pieces)
    ]
    return sorted(set(found)) if once() else found


def pairs_program(sentence: Array, window: int, **pieces: Any) -> Parts:
    """The pairs of a sentence, counted."""
    table = np.zeros((size(sentence),) * 2)
    for pair in all_pairs(sentence.tolist(), window, **pieces):
        table[pair] += 1
    return {"pairs": table}


def _wrapped(n: int, t: int, places: Sequence[int]) -> list[int]:
    """A negative index counts from the end, as in Python, if there is such a place."""
    return [place % n for place in places if -n <= place < n]


def _round(n: int, t: int, places: Sequence[int]) -> list[int]:
    return [place % n for place in places]


def _slices(n: int, t: int, places: Sequence[int]) -> list[int]:
    """A slice on either side, of which the left may begin at a negative index."""
    lefts = [place for place in places if place < t]
    before = list(range(n))[min(lefts) : t] if lefts else []
    return before + [place for place in places if t <= place < n]


def _slice(n: int, t: int, places: Sequence[int]) -> list[int]:
    """One slice around t, without what lies where t should."""
    found = list(range(n))[min([*places, t]) : max([*places, t]) + 1]
    middle = t - min([*places, t])
    return found if t in places else [p for i, p in enumerate(found) if i != middle]


def _slice_without(n: int, t: int, places: Sequence[int]) -> list[int]:
    """One slice around t, without t."""
    found = list(range(n))[min([*places, t]) : max([*places, t]) + 1]
    return found if t in places else [p for p in found if p != t]


def _clipped(n: int, t: int, places: Sequence[int]) -> list[int]:
    return [min(max(place, 0), n - 1) for place in places]


def _others(c: int, words: list[int]) -> list[int]:
    return [word for word in words if word != c]


WORDS: tuple[Mistake, ...] = (
    mistake(
        "the center's own position included",
        "The center's own place is in its window: leave out offset 0.",
        {"own": lambda: True},
    ),
    mistake(
        "one side only",
        "The window has one side only: it has as many places on the left as on the right.",
        {"reach": lambda m: (m, 0)},
        {"reach": lambda m: (0, m)},
    ),
    mistake(
        "last offset lost",
        "The window is one place short on one side, as by range(−m, m), which ends at m − 1.",
        {"reach": lambda m: (m, m - 1)},
        {"reach": lambda m: (m - 1, m)},
        {"reach": lambda m: (m - 1, m - 1)},
    ),
    mistake(
        "negative index wraps around",
        "Before the beginning of the sentence a negative index counts from its end: begin at"
        " max(0, t − m).",
        {"at": _wrapped},
        {"at": _slices},
        {"at": _slice},
        {"at": _slice_without},
        {"at": _round},
    ),
    mistake(
        "words at the ends repeated",
        "Places beyond the ends are taken for the first or last word; there is none there.",
        {"at": _clipped},
        {"at": lambda n, t, places: [p for p in _clipped(n, t, places) if p != t or t in places]},
    ),
    mistake(
        "windows at the ends skipped",
        "Near the ends of the sentence there are no windows; they are smaller there.",
        {"whole": lambda: True},
    ),
    mistake(
        "outside words equal to c dropped",
        "Outside words that are the same word as the center are left out; they count.",
        {"kept": _others},
        {"own": lambda: True, "kept": _others},
    ),
    mistake(
        "set of outside words",
        "Each outside word counts once; one that is there twice counts twice.",
        {"kept": lambda c, words: sorted(set(words))},
    ),
    mistake(
        "width for the radius",
        "The window is taken for the number of places on both sides together; it is that of each.",
        {"reach": lambda m: (m // 2, m // 2)},
    ),
    mistake(
        "one place too far",
        "The window is one place too long, on one side or on both.",
        {"reach": lambda m: (m + 1, m + 1)},
        {"reach": lambda m: (m, m + 1)},
        {"reach": lambda m: (m + 1, m)},
    ),
    mistake(
        "positions for words",
        "These are places in the sentence; expected the words that stand there.",
        {"read": lambda sentence, place: place},
    ),
)
"""In the order in which they are tried."""

PAIRS: tuple[Mistake, ...] = (
    *WORDS,
    mistake(
        "pairs once",
        "Each pair counts once; one that is there twice counts twice.",
        {"once": lambda: True},
    ),
    mistake(
        "a center lost",
        "The first or the last word of the sentence is no center; every word is one.",
        {"centers": lambda n: range(n - 1)},
        {"centers": lambda n: range(1, n)},
        {"centers": lambda n: range(1, n - 1)},
    ),
)
"""The same of all pairs of a sentence."""

_FIXED = (
    ([1, 0, 2], 1, 1),
    ([3, 1, 4, 0, 2], 2, 2),
    ([3, 1, 4, 0, 2], 0, 1),
    ([3, 1, 4, 0, 2], 1, 2),
    ([3, 1, 4, 0, 2], 3, 2),
    ([3, 1, 4, 0, 2], 4, 3),
    ([0, 2, 0, 0, 1], 2, 2),
    ([1, 0, 2, 0, 1, 1], 2, 3),
    ([1, 0], 1, 3),
    ([0], 0, 2),
)
"""Sentence, place, window."""


def _made(given: Sequence[Any], one: bool, round: bool) -> list[Example]:
    found, seen = [], set()
    for sentence, position, window in given:
        place = {"position": int(position)} if one else {}
        if (key := (*sentence, *place.values(), -1, window)) not in seen:
            seen.add(key)
            given_to = {"sentence": np.array(sentence), **place, "window": int(window)}
            found.append(Example(given_to, round))
    return found


def _drawn(rng: np.random.Generator) -> list[Any]:
    sentences = [rng.integers(0, 8, n) for n in (4, 6, 9, 12)]
    return [
        (sentence, position, rng.integers(1, 6))
        for sentence in sentences
        for position in (0, len(sentence) // 2, len(sentence) - 1)
    ]


def examples(seed: int, one: bool) -> tuple[Example, ...]:
    """For one window, or for all pairs of a sentence."""
    drawn = _made(_drawn(np.random.default_rng(seed)), one, False)
    return (*_made(_FIXED, one, True), *drawn)


def hidden(seed: int, one: bool) -> tuple[Example, ...]:
    """The same with other words, of a seed that nobody knows."""
    rng = np.random.default_rng([62, seed])
    names = rng.permutation(np.arange(10, 60))
    given = [(names[sentence], t, m) for sentence, t, m in (*_FIXED, *_drawn(rng))]
    order = rng.permutation(len(given))
    return tuple(_made([given[number] for number in order], one, False))
