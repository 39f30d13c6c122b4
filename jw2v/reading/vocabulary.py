"""The words that get a vector, most frequent first, with their counts."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "UnknownWordError",
    "Vocabulary",
    "check_count",
    "check_limits",
]

_SEARCHED_FOR_CLOSE_MATCHES = 20_000


_NAMED = 20
"""Unknown words that an error names."""


class UnknownWordError(KeyError):
    """Words that the vocabulary does not hold.

    The message names close matches. Looking for them takes a moment, so it is done when the message
    is read: code that only catches the error pays nothing.
    """

    def __init__(self, missing: Sequence[str], words: Sequence[str]) -> None:
        super().__init__(*missing)
        self.missing = tuple(missing)
        self._words = words

    def __str__(self) -> str:
        shown = self.missing[:_NAMED]
        names = ", ".join(map(repr, shown))
        if len(self.missing) > _NAMED:
            names += f" and {len(self.missing) - _NAMED:,} more"
        close = dict.fromkeys(match for word in shown for match in self._close_matches(word))
        hint = f" Close matches: {', '.join(map(repr, close))}." if close else ""
        return (
            f"not in the vocabulary of {len(self._words):,} words: {names}.{hint} "
            f"Words rarer than min_count in the training text have no vector; "
            f"ask `word in ...` first, or train with a lower min_count."
        )

    def _close_matches(self, word: str) -> list[str]:
        lower = [word.lower()] if word.lower() in self._words else []
        frequent = self._words[:_SEARCHED_FOR_CLOSE_MATCHES]
        return lower + difflib.get_close_matches(word, frequent, n=3, cutoff=0.75)


def check_count(name: str, value: int) -> None:
    """Refuse, by ValueError, what is no whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")


def check_limits(min_count: int, max_vocab: int | None) -> None:
    """Refuse limits of a vocabulary that are not whole numbers of at least 1, by ValueError."""
    check_count("min_count", min_count)
    if max_vocab is not None:
        check_count("max_vocab", max_vocab)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words and their counts; the id of a word is its position.

    :meth:`from_counts` sorts by count, most frequent first, and equal counts by word, so that ids
    do not depend on the order of reading. A vocabulary made directly keeps the order it is given.

    Attributes:
        words: distinct words.
        counts: how often each occurs, [vocab], int64.

    >>> vocabulary = Vocabulary.from_counts(["a", "the", "of"], [2, 7, 2])
    >>> vocabulary.words
    ('the', 'a', 'of')
    >>> vocabulary["of"], "on" in vocabulary, len(vocabulary), vocabulary.total
    (2, False, 3, 11)
    """

    words: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        words, counts = tuple(self.words), _whole_numbers(self.counts)
        if counts.shape != (len(words),):
            raise ValueError(
                f"expected one count a word: got {len(words):,} words and counts of shape "
                f"{counts.shape}"
            )
        if len(words) and counts.min() < 1:
            raise ValueError(f"every count must be at least 1, got {counts.min():,}")
        counts.flags.writeable = False
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "counts", counts)
        _refuse_duplicates(words, self._ids)

    @classmethod
    def from_counts(
        cls,
        words: Sequence[str],
        counts: npt.ArrayLike,
        *,
        min_count: int = 1,
        max_vocab: int | None = None,
        known: Container[str] = (),
        keep: Container[str] = (),
        stop: Container[str] = (),
        only: Container[str] | None = None,
    ) -> Vocabulary:
        """Keep the frequent words, most frequent first.

        Args:
            words: distinct words, in any order.
            counts: how often each occurs.
            min_count: rarer words are left out.
            max_vocab: at most this many words, the most frequent ones; None for no limit.
            known: words that are kept however rare they are, unless ``max_vocab`` leaves them out.
            keep: words that are kept whatever ``min_count``, ``max_vocab`` and ``only`` say.
            stop: words that are left out, whatever else.
            only: those of which all are kept, and no others; None for all words.

        Raises:
            ValueError: no word is left, one that is kept occurs again, or words and counts do not
                fit together.
        """
        check_limits(min_count, max_vocab)
        counts = _whole_numbers(counts)
        if counts.shape != (len(words),):
            raise ValueError(
                f"expected one count a word: got {len(words):,} words and counts of shape "
                f"{counts.shape}"
            )
        often = counts >= min_count
        if known:
            often |= _among(words, known)
        if only is not None:
            often &= _among(words, only)
        always = _among(words, keep) if keep else np.zeros(len(words), bool)
        frequent = often | always
        often = frequent & ~_among(words, stop) if stop else frequent
        kept = np.flatnonzero(often)
        if not len(kept):
            raise ValueError(
                _nothing_left(words, counts, min_count)
                if only is None and not frequent.any()
                else _nothing_wanted(words, counts, stopped=bool(frequent.any()))
            )
        by_word = np.array(sorted(kept.tolist(), key=words.__getitem__))
        order = by_word[np.argsort(-counts[by_word], kind="stable")]
        if max_vocab is not None and max_vocab < len(order):
            rest = ~always[order]
            rest &= rest.cumsum() > max_vocab - np.count_nonzero(~rest)
            order = order[~rest]
        found = cls(tuple(words[i] for i in order.tolist()), counts[order])
        # Also where it was left out the second time; without a set of all words, which may be many.
        if sum(map(found.__contains__, words)) > len(found):
            times = Counter(filter(found.__contains__, words))
            raise _occurs_again(max(times, key=times.__getitem__))
        return found

    @property
    def total(self) -> int:
        """How many tokens of the text are in the vocabulary."""
        return int(self.counts.sum())

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def __getitem__(self, word: str) -> int:
        try:
            return self._ids[word]
        except KeyError:
            raise UnknownWordError([word], self.words) from None

    def id(self, word: str) -> int:
        """The id of a word, which is its row in the tables; UnknownWordError if it has none."""
        return self[word]

    def ids(self, words: Iterable[str], missing: int) -> npt.NDArray[np.int32]:
        """The ids of many words, and ``missing`` for those that have none.

        >>> Vocabulary(("the", "of"), np.array([7, 2])).ids(["of", "on"], missing=-2)
        array([ 1, -2], dtype=int32)
        """
        return np.fromiter((self._ids.get(word, missing) for word in words), np.int32)

    @cached_property
    def _ids(self) -> Mapping[str, int]:
        return {word: i for i, word in enumerate(self.words)}


def _among(words: Sequence[str], chosen: Container[str]) -> npt.NDArray[np.bool_]:
    return np.fromiter((word in chosen for word in words), bool, len(words))


def _whole_numbers(counts: npt.ArrayLike) -> npt.NDArray[np.int64]:
    array: npt.NDArray[Any] = np.asarray(counts)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"counts must be whole numbers, got dtype {array.dtype}")
    if array.size and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"counts must be below 2^63, got {array.max():,}")
    return array.astype(np.int64)


def _refuse_duplicates(words: Sequence[str], ids: Mapping[str, int]) -> None:
    if len(ids) < len(words):
        raise _occurs_again(next(word for i, word in enumerate(words) if ids[word] != i))


def _occurs_again(word: str) -> ValueError:
    return ValueError(f"every word may occur once in a vocabulary, but {word!r} occurs again")


def _nothing_wanted(words: Sequence[str], counts: npt.NDArray[np.int64], *, stopped: bool) -> str:
    top = ", ".join(repr(words[i]) for i in np.argsort(-counts, kind="stable")[:3])
    if stopped:
        return f"every word that is frequent enough is a stop word, such as {top}: leave fewer out"
    return (
        f"no word of the text is in the vocabulary that was given: are both split alike (tokens),"
        f" in the same case? The most frequent are {top}"
    )


def _nothing_left(words: Sequence[str], counts: npt.NDArray[np.int64], min_count: int) -> str:
    if not len(words):
        return "no words: expected a text with at least one word. Check what was read"
    top = int(counts.argmax())
    return (
        f"no word occurs at least min_count = {min_count:,} times: {int(counts.sum()):,} tokens of "
        f"{len(words):,} distinct words were read, and the most frequent, {words[top]!r}, occurs "
        f"{int(counts[top]):,} times. Give more text, or lower min_count"
    )
