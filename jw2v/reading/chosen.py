"""Words that a caller chooses: a vocabulary, words to keep, and words to leave out."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jw2v.reading.vocabulary import Vocabulary, check_limits

__all__ = ["Chosen", "Words", "read_words", "words_of"]

Words: TypeAlias = Iterable[str] | Mapping[str, int] | Vocabulary
"""Words, or words with their counts."""

_LINE_END = "</s>"
"""What word2vec.c counts the ends of lines as."""
_COUNTED = re.compile(r"(.*\S)\s+(\d{1,18})")


def words_of(name: str, given: Words) -> dict[str, int | None]:
    """Words that a caller gave, with their counts where there are any.

    Args:
        name: what the caller gave them as, for errors.
        given: the words; a mapping or vocabulary has counts.

    Raises:
        ValueError: they are no words, or a count is no whole number.

    >>> words_of("keep", ["a", "b"]), words_of("vocab", {"a": 3})
    ({'a': None, 'b': None}, {'a': 3})
    """
    if isinstance(given, Vocabulary):
        return dict(zip(given.words, given.counts.tolist(), strict=True))
    if isinstance(given, str | bytes | PathLike) or not isinstance(given, Iterable):
        raise ValueError(
            f"{name} must be words, such as ['king', 'queen']; got {reprlib.repr(given)}. Those of"
            " a file are jw2v.reading.chosen.read_words(path)"
        )
    counts = given if isinstance(given, Mapping) else dict.fromkeys(given)
    for word, count in counts.items():
        if not isinstance(word, str):
            raise ValueError(f"{name} must be words, such as ['king', 'queen']; got {word!r}")
        whole = isinstance(count, int | np.integer) and not isinstance(count, bool) and count >= 0
        if isinstance(given, Mapping) and not whole:
            raise ValueError(f"{name}: the count of {word!r} must be a whole number; got {count!r}")
    return dict(counts)


@dataclass(frozen=True)
class Chosen:
    """Which words of a text get a vector: see :func:`jw2v.reading.corpus.read`."""

    min_count: int
    max_vocab: int | None
    only: frozenset[str] | None
    """the words of a given vocabulary, for which the limits have been seen to"""
    keep: frozenset[str]
    stop: frozenset[str]

    @classmethod
    def of(
        cls,
        min_count: int,
        max_vocab: int | None,
        vocab: Words | None,
        keep: Iterable[str],
        stop: Iterable[str],
    ) -> Chosen:
        """The choice by what a caller gave.

        Raises:
            ValueError: it is impossible; the message says why.
        """
        check_limits(min_count, max_vocab)
        kept, stopped = (
            frozenset(words_of(name, words)) for name, words in (("keep", keep), ("stop", stop))
        )
        if both := sorted(kept & stopped):
            raise ValueError(f"{_some(both)} cannot be both words to keep and stop words")
        if vocab is None:
            return cls(min_count, max_vocab, None, kept, stopped)
        given = words_of("vocab", vocab)
        counts = [count for count in given.values() if count is not None]
        if counts:
            limited = Vocabulary.from_counts(
                [*given], counts, min_count=min_count, max_vocab=max_vocab
            )
            given = dict.fromkeys(limited.words)
        elif max_vocab is not None:
            raise ValueError(
                "max_vocab takes the most frequent words of vocab, which has no counts: give them,"
                " or leave max_vocab out"
            )
        if not given:
            raise ValueError("vocab must be words, such as ['king', 'queen']; got none")
        return cls(1, None, frozenset(given), kept, stopped)

    def vocabulary(
        self, words: Sequence[str], counts: npt.ArrayLike, known: Container[str]
    ) -> Vocabulary:
        """The words of a text that are chosen, and those that are known."""
        return Vocabulary.from_counts(
            words,
            counts,
            min_count=self.min_count,
            max_vocab=self.max_vocab,
            known=known,
            keep=self.keep,
            stop=self.stop,
            only=self.only,
        )

    def complaint(self, found: Vocabulary, text: Container[str]) -> str | None:
        """What a caller gave that the text does not have; None where there is nothing to say."""
        wanted = sorted((self.only or frozenset()) | self.keep)
        missing = [word for word in wanted if word not in text and word != _LINE_END]
        wrong = []
        if missing:
            wrong.append(
                f"{len(missing):,} of the {len(wanted):,} words of vocab and keep do not occur in"
                f" the text and get no vector: {_some(missing)}"
            )
        if self.stop and not any(word in text for word in self.stop):
            wrong.append(f"no stop word occurs in the text: {_some(sorted(self.stop))}")
        if not wrong:
            return None
        return f"{'; '.join(wrong)}. tokens='words' makes lower case of a text, and not of these"


def _some(words: Sequence[str]) -> str:
    return ", ".join(map(repr, words[:3])) + ", …" * (len(words) > 3)


def read_words(path: str | PathLike[str]) -> list[str] | dict[str, int]:
    """The words of a file, one a line, with their counts where each line ends with one.

    That is what word2vec.c writes by ``-save-vocab``: a word, a space or tab, and its count.

    Raises:
        ValueError: there is no word, one is counted twice, some have a count and some not, or the
            file is not text in UTF-8.
        OSError: the file cannot be read.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = {number: line.strip() for number, line in enumerate(file, 1)}
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: {error}: expected words in UTF-8, one a line") from None
    lines = {number: line for number, line in lines.items() if line}
    found = {number: _COUNTED.fullmatch(line) for number, line in lines.items()}
    if not lines:
        raise ValueError(f"{path}: no words: expected one a line, or a word and its count")
    if not any(found.values()):
        return list(dict.fromkeys(lines.values()))
    counts: dict[str, int] = {}
    for number, match in found.items():
        if match is None:
            raise ValueError(
                f"{path}: line {number} is {reprlib.repr(lines[number])}: expected a word and its"
                " count, as on other lines, or words alone on all of them"
            )
        if match[1] in counts:
            raise ValueError(f"{path}: line {number}: {match[1]!r} is counted again")
        counts[match[1]] = int(match[2])
    return counts
