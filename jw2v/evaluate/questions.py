"""Files of questions that vectors are judged by: word pairs with scores, and analogies."""

import math
import os
import re
import reprlib
import warnings
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

__all__ = ["Pair", "Questions", "read_analogies", "read_pairs"]

Path: TypeAlias = str | os.PathLike[str]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""As other programs write them: float() takes 1_0, too."""
_LIKE_A_NUMBER = re.compile(r"[+-.,]*\d|[+-]?(nan|inf)", re.ASCII | re.IGNORECASE)
_SCORES = {"simlex999", "human (mean)"}
"""Headings of the scores of SimLex-999 and WordSim-353."""
_MOST_COLUMNS = 100
_TAGGED = re.compile(r".+-[nvja]")
"""A word of MEN with its part of speech."""


_BATS = (
    "BATS has pairs a and b1/b2/b3, and jw2v reads questions of four words: for each two lines of "
    "a file, a and b1 of one and a and b1 of the other make one"
)


class Pair(NamedTuple):
    """Two words and how alike people found them."""

    a: str
    b: str
    score: float


class Questions(NamedTuple):
    """A section of analogies: a is to b as c is to d."""

    section: str
    analogies: list[tuple[str, str, str, str]]


def read_pairs(path: Path) -> list[Pair]:
    """Read word pairs: on each line two words and a number, with tabs, spaces or commas between.

    Empty lines and lines that begin with ``#`` are passed over, and so is a heading: a first line
    whose third field is a word. One that names a column of scores, as those of SimLex-999
    (``SimLex999``) and WordSim-353 (``Human (mean)``) do, may have further columns. Where each word
    ends in its part of speech, such as ``sun-n`` in the lemmas of MEN, that is left out.

    Warns:
        UserWarning: parts of speech were left out.

    Raises:
        ValueError: the file has no pairs, or something else; the message names the line.
        OSError: the file is missing or cannot be read.
    """
    pairs = []
    separator, columns, column = None, 3, 2
    for count, (place, line) in enumerate(_lines(path)):
        if not count:
            separator = _separator_of(line)
            heads = [each.strip().lower() for each in line.split(separator, _MOST_COLUMNS)]
            if named := [i for i, head in enumerate(heads) if head in _SCORES and i > 1]:
                columns, column = len(heads), named[0]
                if not all("word" in head for head in heads[:2]):
                    raise ValueError(
                        f"{place}: expected the two words in the first two columns, got the columns"
                        f" {', '.join(heads[:10])}"
                    )
        # Into no more than are needed to see that there are too many.
        between = "\t" if separator is None and "\t" in line else separator
        fields = [field.strip() for field in line.split(between, columns)]
        if len(fields) != columns or not all(fields[:3]):
            raise ValueError(
                f"{place}: expected two words and a number, by tabs, spaces or commas apart, got "
                f"{reprlib.repr(line)}"
            )
        if (score := _number(fields[column])) is not None:
            pairs.append(Pair(fields[0], fields[1], score))
        elif count or _LIKE_A_NUMBER.match(fields[column]):
            raise ValueError(
                f"{place}: expected a finite number after two words, got "
                f"{reprlib.repr(fields[column])}"
            )
    if not pairs:
        raise ValueError(
            f"{os.fspath(path)}: no word pairs: expected two words and a number a line"
        )
    if all(_TAGGED.fullmatch(word) for pair in pairs for word in pair[:2]):
        a, b, _ = pairs[0]
        warnings.warn(
            f"{os.fspath(path)}: every word ends in a part of speech (-n, -v, -j, -a), which is"
            f" left out: {a!r} is {a[:-2]!r}, {b!r} is {b[:-2]!r}",
            UserWarning,
            stacklevel=2,
        )
        return [Pair(a[:-2], b[:-2], score) for a, b, score in pairs]
    return pairs


def _separator_of(first: str) -> str | None:
    """What is between the fields, by the first line; None for white space."""
    if "\t" in first or first.count(",") < 2:
        return None
    spaced = first.split(None, 3)
    return None if len(spaced) == 3 and _number(spaced[2]) is not None else ","


def read_analogies(path: Path) -> list[Questions]:
    """Read analogies: on each line four words; lines such as ``: family`` begin a section.

    Four words are a question though the first begins with a colon, such as ``:) happy :( sad``.
    Empty lines and lines that begin with ``#`` are passed over. Questions before the first section
    belong to one without a name.

    Raises:
        ValueError: the file has no questions, or something else; the message names the line.
        OSError: the file is missing or cannot be read.
    """
    sections: list[Questions] = []
    for place, line in _lines(path):
        words = line.split(maxsplit=4)
        if line.startswith(":") and (words[0].strip(":") == "" or len(words) != 4):
            sections.append(Questions(line.lstrip(": ").strip(), []))
            continue
        if not sections:
            sections.append(Questions("", []))
        if len(words) == 2 and "\t" in line:
            raise ValueError(f"{place}: two words by a tab apart, {reprlib.repr(line)}: {_BATS}")
        if len(words) != 4:
            raise ValueError(
                f"{place}: expected four words, or ': ' and the name of a section, got "
                f"{reprlib.repr(line)}"
            )
        sections[-1].analogies.append((words[0], words[1], words[2], words[3]))
    if not any(section.analogies for section in sections):
        raise ValueError(f"{os.fspath(path)}: no analogies: expected four words a line")
    return sections


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines that say something, each with its place for a message."""
    if os.path.isdir(path):
        raise IsADirectoryError(
            f"{os.fspath(path)} is a folder: expected a file of questions. If it is BATS: {_BATS}"
        )
    try:
        with open(path, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        raise FileNotFoundError(f"no such file: {os.fspath(path)}") from None
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        place = f"{os.fspath(path)}, line {number:,}"
        try:
            line = raw.decode().strip()
        except UnicodeDecodeError as error:
            raise ValueError(f"{place}: expected UTF-8 text ({error})") from error
        if "\0" in line:
            raise ValueError(f"{place}: expected UTF-8 text, got a NUL byte")
        if line and not line.startswith("#"):
            yield place, line


def _number(text: str) -> float | None:
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return number if math.isfinite(number) else None
