"""Text as word2vec and fastText (``.vec``) write it, and as GloVe does.

A row is a word and its numbers with spaces between. word2vec's text starts with a line of how many
vectors there are, and of how many numbers; GloVe's has no such line. A word cannot be empty or hold
white space of ASCII; the text holds neither metadata nor, unless it has many digits, float64.
"""

from collections.abc import Mapping, Sequence

import numpy.typing as npt

from jw2v.formats import _text
from jw2v.formats._shared import (
    Contents,
    Path,
    Vectors,
    check_promise,
    encoded,
    header_of,
    opened,
)
from jw2v.storage import files

__all__ = ["NOT_IN_WORDS", "check", "load", "save", "save_without_header"]

NOT_IN_WORDS = (r"^$|[\0\t\n\v\f\r ]", "is empty or has white space or NUL")


def check(words: Sequence[str], dtype: npt.DTypeLike) -> None:
    """Refuse, by ValueError, what this format cannot hold."""
    encoded(words, *NOT_IN_WORDS)


def save(path: Path, words: Sequence[str], vectors: Vectors, metadata: Mapping[str, str]) -> None:
    """Write word2vec's text, with its header.

    Raises:
        ValueError: a word is empty, has white space or is not valid Unicode.
        OSError: the file cannot be written.
    """
    _save(path, words, vectors, b"%d %d\n" % vectors.shape)


def save_without_header(
    path: Path, words: Sequence[str], vectors: Vectors, metadata: Mapping[str, str]
) -> None:
    """Write GloVe's text; raises as :func:`save` does."""
    _save(path, words, vectors, b"")


def _save(path: Path, words: Sequence[str], vectors: Vectors, header: bytes) -> None:
    held = encoded(words, *NOT_IN_WORDS)
    with files.replacing(path) as file:
        file.write(header)
        _text.write(file, held, vectors, " ")


def load(path: Path) -> Contents:
    """Read such a text, plain or in gzip, with or without a header.

    Raises:
        ValueError: truncated (where that can be seen), damaged, or something else; a line that is
            wrong is named by its number.
        OSError: the file is missing or cannot be read.
    """
    with opened(path) as (stream, most):
        first = _text.first_line(stream)
        promised = header_of(first)
        if promised:
            vocab, dim = promised
            # The shortest row: a letter, and a space and a digit for each number, and a line end.
            check_promise(vocab, dim, 2 * dim + 2, most)
            first = _text.first_line(stream)
        layout = _text.layout_of(first, separator=b" ", has_words=True)
        if promised:
            layout = layout._replace(dim=dim)
        elif layout.dim < 1:
            raise ValueError(f"line 1: expected a word and its numbers, got {first[:40]!r}")
        words, vectors = _text.read(
            first, stream, layout, 2 if promised else 1, vocab if promised else None
        )
    if promised and len(words) != vocab:
        raise ValueError(
            f"the header promises {vocab:,} vectors, but {len(words):,} rows follow: truncated, or "
            f"a wrong header"
        )
    return words, vectors, {}
