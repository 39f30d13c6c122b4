"""Which words of a file are read, and how its bytes become words."""

import codecs
import reprlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, get_args

from jw2v.choices import Duplicates, Errors

__all__ = ["ENCODING_HINT", "ReadOptions", "Selection"]

ENCODING_HINT = (
    "errors='replace' or 'ignore' (--errors) reads such words nevertheless, encoding='latin-1' "
    "(--encoding) or the like says that the file is in another encoding"
)
_ASCII = bytes(range(128))


@dataclass(frozen=True)
class ReadOptions:
    """How a file of vectors is read.

    Attributes:
        limit: look at the first so many rows only; None for all.
        only: of these, take these words only; None for all. Reading stops when each was found.
        duplicates: ``"refuse"`` a word that comes again, or keep the ``"first"`` of its vectors.
        encoding: of the words; one that keeps ASCII as it is, for formats whose words are bytes.
        errors: of words that are not of the encoding: ``"strict"`` refuses them, ``"replace"`` puts
            U+FFFD for what is wrong in them, ``"ignore"`` leaves it out.

    Raises:
        ValueError: an option is of another kind, or there is no such choice or encoding.

    >>> ReadOptions(limit=10).selective, ReadOptions().selective
    (True, False)
    >>> ReadOptions(encoding="utf-16")
    Traceback (most recent call last):
        ...
    ValueError: encoding must keep ASCII as it is, as utf-8 and latin-1 do; got 'utf-16'
    """

    limit: int | None = None
    only: Iterable[str] | None = None
    duplicates: Duplicates = "refuse"
    encoding: str = "utf-8"
    errors: Errors = "strict"

    def __post_init__(self) -> None:
        limit: Any = self.limit
        whole = isinstance(limit, int) and not isinstance(limit, bool)
        if limit is not None and (not whole or limit < 1):
            raise ValueError(f"limit must be a whole number of at least 1, got {limit!r}")
        if self.only is not None:
            object.__setattr__(self, "only", _words_of(self.only))
        for name, choices in (("duplicates", get_args(Duplicates)), ("errors", get_args(Errors))):
            if getattr(self, name) not in choices:
                expected = " or ".join(map(repr, choices))
                raise ValueError(f"{name} must be {expected}, got {getattr(self, name)!r}")
        try:
            known = codecs.lookup(self.encoding)
            keeps_ascii = _ASCII.decode(known.name) == _ASCII.decode("ascii")
        except (LookupError, TypeError, ValueError):
            raise ValueError(
                f"encoding must be the name of one, such as utf-8 or latin-1; got {self.encoding!r}"
            ) from None
        if not keeps_ascii:
            raise ValueError(
                f"encoding must keep ASCII as it is, as utf-8 and latin-1 do; got {self.encoding!r}"
            )
        # A byte order mark is taken off in any case, and belongs to no word.
        name = "utf-8" if known.name == "utf-8-sig" else known.name
        object.__setattr__(self, "encoding", name)

    @property
    def selective(self) -> bool:
        """Whether some rows may be passed over."""
        return self.limit is not None or self.only is not None

    @property
    def plain(self) -> bool:
        """Whether words are UTF-8, or else refused."""
        return self.encoding == "utf-8" and self.errors == "strict"


def _words_of(only: Any) -> frozenset[str]:
    if isinstance(only, str) or not isinstance(only, Iterable):
        raise ValueError(f"only must be a list of words, got {only!r}")
    words = list(only)
    if not words or not all(isinstance(word, str) for word in words):
        raise ValueError(f"only must be a list of at least one word, got {reprlib.repr(words)}")
    return frozenset(words)


class Selection:
    """The words of a file that are taken as its rows come by, and what is to be said of them.

    >>> selection = Selection(ReadOptions(duplicates="first"))
    >>> selection.take(["a", "b", "a"]), selection.words
    ([0, 1], ['a', 'b'])
    >>> selection.notes()
    ["1 word came again, the first of these 'a': only the first vector of each is kept"]
    """

    def __init__(self, options: ReadOptions) -> None:
        only: Any = options.only
        self.options = options
        self.words: list[str] = []
        """those taken"""
        self.rows = 0
        """that came by"""
        self._only: frozenset[str] | None = only
        self._missing = set(only or ())
        self._raw = {raw for word in only or () if (raw := self._encoded(word)) is not None}
        self._starts = {raw.partition(b" ")[0] for raw in self._raw}
        self._known: set[str] = set()
        self._taken: list[int] = []
        self._again, self._first_again = 0, ""
        self._broken, self._first_broken = 0, ""
        self._notes: list[str] = []

    def _encoded(self, word: str) -> bytes | None:
        try:
            return word.encode(self.options.encoding)
        except UnicodeEncodeError:  # then no file of this encoding has it
            return None

    @property
    def full(self) -> bool:
        """Whether no further row is wanted."""
        return self.room == 0 or (self._only is not None and not self._missing)

    @property
    def room(self) -> int | None:
        """How many further rows may be looked at; None for all."""
        return None if self.options.limit is None else max(0, self.options.limit - self.rows)

    def wants(self, raw: bytes) -> bool:
        """Whether a word is one of those to take, by its bytes."""
        if self._only is None:
            return True
        if self.options.errors == "strict":
            return raw in self._raw
        return raw.decode(self.options.encoding, self.options.errors) in self._only

    def may_want(self, start: bytes) -> bool:
        """Whether a word is one of those to take, by what stands before its first space."""
        if self._only is None or self.options.errors != "strict":
            return True
        return start in self._starts

    def decode(self, raw: Sequence[bytes], rows: Sequence[int]) -> list[str]:
        """Words from their bytes; ``rows`` are their places, from 1 on, for what is said of them.

        Raises:
            ValueError: a word is not of the encoding, and errors are strict.
        """
        with suppress(UnicodeDecodeError):
            return [word.decode(self.options.encoding) for word in raw]
        words = []
        for row, word in zip(rows, raw, strict=True):
            try:
                words.append(word.decode(self.options.encoding))
            except UnicodeDecodeError as error:
                if self.options.errors == "strict":
                    raise ValueError(
                        f"word {row:,}, {word[:40]!r}, is not {self.options.encoding.upper()} "
                        f"({error.reason}): {ENCODING_HINT}"
                    ) from error
                words.append(word.decode(self.options.encoding, self.options.errors))
                self._broken += 1
                self._first_broken = self._first_broken or (
                    f"word {row:,}, {word[:40]!r}, read as {words[-1][:40]!r}"
                )
        return words

    def take(self, words: Sequence[str], came: int | None = None) -> slice | list[int]:
        """Which of some words to keep, which become part of :attr:`words`.

        Args:
            words: in the order of the file; with a limit no more than there is :attr:`room` for.
            came: how many rows came by with them, if some were passed over already.
        """
        before = self.rows
        self.rows += len(words) if came is None else came
        first = self.options.duplicates == "first"
        if self._only is None and not first:
            self.words += words
            return slice(None)
        kept = []
        for place, word in enumerate(words):
            if self._only is not None and word not in self._only:
                continue
            if first and word in self._known:
                self._again += 1
                self._first_again = self._first_again or word
                continue
            kept.append(place)
            if first:
                self._known.add(word)
        found = [words[place] for place in kept]
        self._missing.difference_update(found)
        self.words += found
        if came is None:
            self._taken += [before + place for place in kept]
        return kept

    @property
    def taken(self) -> slice | list[int]:
        """The rows of :attr:`words`, counted from 0, where no row was passed over before.

        >>> selection = Selection(ReadOptions(only=["b", "d"]))
        >>> selection.take(["a", "b"]), selection.take(["c", "d"]), selection.taken
        ([1], [1], [1, 3])
        """
        if self._only is None and self.options.duplicates != "first":
            return slice(len(self.words))
        return self._taken

    @property
    def whole(self) -> bool:
        """Whether all rows that came by were taken, and none was left to come."""
        return not (self.options.selective or self._again)

    def say(self, note: str) -> None:
        """Remember something to be said of the file when it was read."""
        if note not in self._notes:
            self._notes.append(note)

    def notes(self) -> list[str]:
        """What is to be said of the file."""
        notes = list(self._notes)
        if self._broken:
            notes.append(
                f"{_count(self._broken)} not in {self.options.encoding.upper()}, the first is "
                f"{self._first_broken}"
            )
        if self._again:
            notes.append(
                f"{_count(self._again)} came again, the first of these {self._first_again!r}: "
                "only the first vector of each is kept"
            )
        return notes


def _count(n: int) -> str:
    return f"{n:,} word{'s' * (n > 1)}"
