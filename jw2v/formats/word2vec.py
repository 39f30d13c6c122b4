"""Text as word2vec and fastText (``.vec``) write it, and as GloVe does.

A row is a word and its numbers with spaces between. word2vec's text starts with a line of how many
vectors there are, and of how many numbers; GloVe's has no such line. A word that is written cannot
be empty or hold white space of ASCII, of which most programs make further fields. One that is read
may have spaces inside: its numbers are the last fields. The text holds neither metadata nor, unless
it has many digits, float64.
"""

import codecs
from collections.abc import Mapping, Sequence

import numpy.typing as npt

from jw2v.formats import _text
from jw2v.formats._selection import Selection
from jw2v.formats._shared import (
    BOM,
    FASTTEXT,
    Contents,
    Path,
    Source,
    Vectors,
    check_promise,
    encoded,
    header_of,
    opened,
    replacing,
)

__all__ = [
    "NOT_IN_WORDS",
    "check",
    "check_without_header",
    "load",
    "save",
    "save_without_header",
]

NOT_IN_WORDS = (r"^$|[\0\t\n\v\f\r ]", "is empty or has white space or NUL")
_BINARY_HINT = "name it .bin, or say format='word2vec-binary' (--from word2vec-binary)"


def check(words: Sequence[str], dtype: npt.DTypeLike) -> None:
    """Refuse, by ValueError, what this format cannot hold."""
    encoded(words, *NOT_IN_WORDS)


def check_without_header(words: Sequence[str], dtype: npt.DTypeLike) -> None:
    """The same for GloVe's text, whose first word would lose a byte order mark."""
    check(words, dtype)
    if words and words[0].startswith("\ufeff"):
        raise ValueError(
            f"this format cannot hold {words[0][:40]!r} as the first word: it begins with a byte "
            "order mark, which readers take off the file. Write text with a header (--to word2vec)"
        )


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
    """Write GloVe's text; raises as :func:`save` does, and for a byte order mark at the start."""
    check_without_header(words[:1], vectors.dtype)
    _save(path, words, vectors, b"")


def _save(path: Path, words: Sequence[str], vectors: Vectors, header: bytes) -> None:
    held = encoded(words, *NOT_IN_WORDS)
    with replacing(path) as file:
        file.write(header)
        _text.write(file, held, vectors, " ")


def load(path: Source, selection: Selection) -> Contents:
    """Read such a text, with or without a header.

    Raises:
        ValueError: truncated (where that can be seen), damaged, or something else; a line that is
            wrong is named by its number.
        OSError: the file is missing or cannot be read.
    """
    with opened(path) as (stream, most):
        rows = _text.sample(stream)
        header, end, after = rows.partition(b"\n")
        number, vocab, dim = 1, None, None
        if promised := header_of(header + end):
            number, (vocab, dim) = 2, promised
            # The shortest row: a letter, and a space and a digit for each number, and a line end.
            check_promise(vocab, dim, 2 * dim + 2, most)
            rows = after if b"\n" in after else after + _text.sample(stream)
        rows = rows.removeprefix(BOM) if number == 1 else rows
        first = rows.partition(b"\n")[0]
        _refuse_binary(rows, first, dim)
        layout = _text.layout_of(rows, separator=b" ", has_words=True, number=number, dim=dim)
        if layout.dim < 1:
            raise ValueError(f"line 1: expected a word and its numbers, got {first[:40]!r}")
        vectors = _text.read(rows, stream, layout, number, vocab, selection)
    if vocab is not None and selection.rows != vocab and not selection.full:
        raise ValueError(
            f"the header promises {vocab:,} vectors, but {selection.rows:,} rows follow: truncated,"
            f" or a wrong header"
        )
    return selection.words, vectors, {}


def _refuse_binary(rows: bytes, first: bytes, dim: int | None) -> None:
    """Refuse, by ValueError, rows of word2vec's binary, or a model of fastText."""
    if rows.startswith(FASTTEXT):
        raise ValueError(f"a model of fastText, which is no text: {_BINARY_HINT}")
    if dim is not None and not _text.is_row(first, dim):
        numbers = rows.partition(b" ")[2][: 4 * dim]
        if _text.CONTROL.search(numbers) or not _is_utf8(numbers):
            raise ValueError(f"word2vec's binary, which is no text: {_BINARY_HINT}")


def _is_utf8(text: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text)
    except UnicodeDecodeError:
        return False
    return True
