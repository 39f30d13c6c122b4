"""The pair of files that the TensorBoard projector reads.

``NAME.tsv`` has a row of numbers for each word, with tabs between; ``NAME.metadata.tsv`` has the
word on the line of the same number. ``vectors.tsv`` goes with ``metadata.tsv``, the names of most
tutorials. Neither has a header. The projector trims words and skips empty lines, so that a word
cannot be empty, begin or end with white space, or hold a tab or a line end.
"""

import os
from collections.abc import Mapping, Sequence
from io import BufferedIOBase
from typing import cast

import numpy.typing as npt

from jw2v.formats import _text
from jw2v.formats._selection import ReadOptions, Selection
from jw2v.formats._shared import BOM, Contents, Path, Vectors, encoded, opened
from jw2v.storage import files

__all__ = ["check", "check_name", "load", "metadata_path", "save"]

# What JavaScript trims, and Python's white space: a little more than either.
_EDGES = r"[\s\ufeff\x1c-\x1f\x85\0]"
_NOT_IN_WORDS = (
    rf"\A\Z|\A{_EDGES}|{_EDGES}\Z|[\t\n\r]",
    "is empty, has white space at an end, or has a tab or line end",
)


def metadata_path(path: Path) -> str:
    """Where the words of a table of vectors lie.

    >>> metadata_path("data/wiki.tsv"), metadata_path("data/vectors.tsv")
    ('data/wiki.metadata.tsv', 'data/metadata.tsv')
    """
    path = os.fspath(path)
    name = os.path.basename(path)
    folder = path[: len(path) - len(name)]
    if name == "vectors.tsv":
        return folder + "metadata.tsv"
    return folder + name.removesuffix(".tsv") + ".metadata.tsv"


def check_name(path: Path) -> None:
    """Refuse, by ValueError, vectors where the words of others would lie."""
    name = os.path.basename(path)
    if name == "metadata.tsv" or name.endswith(".metadata.tsv"):
        raise ValueError(f"{name} is the name of a file of words: give that of vectors another")


def check(words: Sequence[str], dtype: npt.DTypeLike) -> None:
    """Refuse, by ValueError, what this format cannot hold."""
    encoded(words, *_NOT_IN_WORDS)


def save(path: Path, words: Sequence[str], vectors: Vectors, metadata: Mapping[str, str]) -> None:
    """Write both files; they take their places, one just after the other, when both are whole.

    Raises:
        ValueError: a word is one that the projector cannot show, or is not valid Unicode.
        OSError: a file cannot be written.
    """
    check_name(path)
    held = encoded(words, *_NOT_IN_WORDS)
    with files.replacing_together(metadata_path(path), path) as (labels, file):
        labels.write(b"\n".join(held) + b"\n")
        _text.write(cast("BufferedIOBase", file), None, vectors, "\t")


def load(path: Path, selection: Selection) -> Contents:
    """Read such a pair. Words with several columns start with a header, and the first one is read.

    Raises:
        ValueError: one of the files is truncated or damaged, or they do not belong together.
        OSError: one of them is missing or cannot be read.
    """
    rows = Selection(ReadOptions(limit=selection.options.limit))
    with opened(path) as (stream, _):
        first = _text.sample(stream)
        layout = _text.layout_of(first, separator=b"\t", has_words=False, number=1)
        if layout.dim < 1:
            raise ValueError("expected numbers with tabs between, got empty lines")
        vectors = _text.read(first, stream, layout, 1, None, rows)
    labels = metadata_path(path)
    try:
        words = _words(labels, selection)
    except FileNotFoundError:
        raise FileNotFoundError(f"no such file: {labels}, the words of {path}") from None
    except ValueError as error:
        raise ValueError(f"its words, {labels}: {error}") from error
    if len(words) != len(vectors) and not (rows.full and len(words) > len(vectors)):
        raise ValueError(f"{len(vectors):,} vectors, but {len(words):,} words in {labels}")
    kept = selection.take(words[: len(vectors)])
    return selection.words, vectors[kept], {}


def _words(path: str, selection: Selection) -> list[str]:
    with opened(path) as (stream, _):
        text = stream.read().removeprefix(BOM)
    if not text.endswith(b"\n"):
        raise ValueError("the last line has no line end: truncated?")
    lines = [line.removesuffix(b"\r") for line in text.split(b"\n")[:-1]]
    if b"\t" in lines[0]:
        lines = [line.partition(b"\t")[0] for line in lines[1:]]
    return selection.decode(lines, range(1, len(lines) + 1))
