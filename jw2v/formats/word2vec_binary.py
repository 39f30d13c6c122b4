"""word2vec's binary format: after a header line, each word, a space, and its float32 numbers.

As in gensim, no line end follows the numbers; one is read over, as the original program writes it.
A word cannot be empty or hold white space of ASCII; the format holds no metadata.
"""

from collections.abc import Mapping, Sequence
from io import BufferedIOBase

import numpy as np
import numpy.typing as npt

from jw2v.formats._shared import (
    BLOCK_BYTES,
    Contents,
    Path,
    RowBlocks,
    Vectors,
    check_promise,
    encoded,
    header_of,
    opened,
)
from jw2v.formats.word2vec import NOT_IN_WORDS
from jw2v.storage import files

__all__ = ["check", "load", "save"]

_LONGEST_WORD = 1 << 20
_FASTTEXT = (793712314).to_bytes(4, "little")


def check(words: Sequence[str], dtype: npt.DTypeLike) -> None:
    """Refuse, by ValueError, what this format cannot hold."""
    if np.dtype(dtype) != np.float32:
        raise ValueError(
            f"this format holds float32, got {np.dtype(dtype)}: round first (jw2v convert --dtype "
            f"float32), or save as text, safetensors, parquet or arrow"
        )
    encoded(words, *NOT_IN_WORDS)


def save(path: Path, words: Sequence[str], vectors: Vectors, metadata: Mapping[str, str]) -> None:
    """Write words and float32 vectors.

    Raises:
        ValueError: the vectors are float64, or a word is empty, has white space or is not valid
            Unicode.
        OSError: the file cannot be written.
    """
    check((), vectors.dtype)
    held = encoded(words, *NOT_IN_WORDS)
    step = max(1, BLOCK_BYTES // (4 * vectors.shape[1]))
    with files.replacing(path) as file:
        file.write(b"%d %d\n" % vectors.shape)
        for start in range(0, len(held), step):
            block = np.ascontiguousarray(vectors[start : start + step], "<f4")
            rows = zip(held[start : start + step], block, strict=True)
            file.write(b"".join(part for word, row in rows for part in (word, b" ", row.data)))


def load(path: Path) -> Contents:
    """Read such a file, plain or in gzip.

    Raises:
        ValueError: the file is truncated, damaged, or something else.
        OSError: the file is missing or cannot be read.
    """
    with opened(path) as (stream, most):
        header = stream.readline(1000)
        promised = header_of(header)
        if promised is None:
            if header.startswith(_FASTTEXT):
                raise ValueError(
                    "a model of fastText, not word2vec's binary format: use the .vec file beside "
                    "it, or write its vectors with fastText's print-word-vectors"
                )
            raise ValueError(
                f"expected a first line such as '71291 100', how many vectors and of how many "
                f"numbers, got {header[:40]!r}"
            )
        vocab, dim = promised
        row_bytes = 4 * dim
        check_promise(vocab, dim, row_bytes + 2, most)
        words: list[str] = []
        rows = RowBlocks(dim, np.float32)
        rest = b""
        while len(words) < vocab:
            more = _next(stream, BLOCK_BYTES + row_bytes)
            rest, block = _rows(rest + more, vocab - len(words), row_bytes, words)
            rows.append(block)
            if not more and len(words) < vocab:
                raise ValueError(
                    f"the header promises {vocab:,} vectors, but only {len(words):,} follow: "
                    f"truncated, or not of this format"
                )
        if (rest + stream.read(1)).strip(b"\n"):
            raise ValueError(f"more follows the {vocab:,} vectors that the header promises")
    return words, rows.whole(), {}


def _next(stream: BufferedIOBase, size: int) -> bytes:
    """So many bytes or all that are left; memory is taken by what came, not by what was asked."""
    parts = []
    while size > 0 and (part := stream.read(min(size, BLOCK_BYTES))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _rows(block: bytes, most: int, row_bytes: int, words: list[str]) -> tuple[bytes, Vectors]:
    """Take the whole rows off a block; returns what is left of it, and the vectors."""
    view = memoryview(block)
    numbers: list[memoryview] = []
    start = space = 0
    for _ in range(most):
        space = block.find(b" ", start, start + _LONGEST_WORD)
        end = space + 1 + row_bytes
        if space < 0 or end > len(block):
            break
        words.append(_word(block[start:space], len(words)))
        numbers.append(view[space + 1 : end])
        start = end
    if space < 0 and len(block) - start >= _LONGEST_WORD:
        raise ValueError(f"word {len(words) + 1:,} has no end: damaged, or not of this format")
    vectors = np.frombuffer(b"".join(numbers), "<f4").reshape(len(numbers), row_bytes // 4)
    return block[start:], vectors


def _word(word: bytes, row: int) -> str:
    if b"\0" in word:
        raise ValueError(
            f"word {row + 1:,}, {word[:40]!r}, has a NUL byte: damaged, or not of this format"
        )
    try:
        return word.lstrip(b"\n").decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"word {row + 1:,}, {word[:40]!r}, is not UTF-8 ({error.reason}): damaged, or not of "
            f"this format"
        ) from error
