"""What the formats share: opening packed files, promises of headers, blocks of rows, words."""

import gzip
import math
import os
import re
import stat
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedIOBase, BufferedReader, RawIOBase
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from jw2v.formats import _places as places
from jw2v.formats._places import Path, Source
from jw2v.storage import files

__all__ = [
    "ANY_WORD",
    "BLOCK_BYTES",
    "BOM",
    "FASTTEXT",
    "GENSIM_HINT",
    "Contents",
    "Path",
    "RowBlocks",
    "Source",
    "Vectors",
    "any_word",
    "check_promise",
    "encoded",
    "header_of",
    "opened",
    "replacing",
]

Vectors: TypeAlias = npt.NDArray[np.floating[Any]]

Contents: TypeAlias = tuple[list[str], Vectors, dict[str, str]]
"""Words, vectors and metadata."""

BLOCK_BYTES = 8 << 20
"""What is read or written at a time."""

BOM = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8."""

FASTTEXT = (793712314).to_bytes(4, "little")
"""The first bytes of a model of fastText."""

ANY_WORD = (r"(?!)", "")
"""For :func:`encoded`: nothing is forbidden."""

COUNTS = "counts"
"""What is called so among arrays: how often each word occurs."""
GENSIM_HINT = (
    "pickled data, as gensim's save() and others write it, can run code when it is read, and jw2v "
    "does not read it. In gensim: KeyedVectors.load(FILE).save_word2vec_format('vectors.bin', "
    "binary=True)"
)

_NAMED = "a file of {0}, by its first bytes: name it {1}, or say format='{2}' (--from {2})"
_OTHERS = {
    # Of protocols 2 to 5, and of protocol 0, which is text.
    rb"\x80[\x02-\x05]|c[A-Za-z_][\w.]*\r?\n\w+\r?\n": GENSIM_HINT,
    rb"PAR1[^ \w]": _NAMED.format("Parquet", ".parquet", "parquet"),
    rb"ARROW1\x00\x00": _NAMED.format("Arrow", ".arrow", "arrow"),
    rb"(?s).{5}\x00{3}\{": _NAMED.format("safetensors", ".safetensors", "safetensors"),
    rb"PK\x03\x04": "a zip archive: unpack it, and read the file of vectors in it",
    rb"\xfd7zXZ\x00": "packed by xz, which is not read here: unpack it first",
    rb"\x93NUMPY": (
        "an array of NumPy, which has no words: jw2v.WordVectors(words, numpy.load(FILE)) joins it "
        "with its words"
    ),
    rb"\x89HDF\r\n": "a file of HDF5: expected a file of vectors",
}
"""What the first bytes of other files look like, and what to say of them."""

_SLAB_BYTES = 40 << 20
_GZIP_LEVEL = 6
_PACKED = {
    "gzip": rb"\x1f\x8b",
    "bz2": rb"BZh[1-9](1AY&SY|\x17rE8P\x90)",
    "zstd": rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18",
}
"""The first bytes of packed files."""
_MOST_PACKED = 1032
"""How many bytes a byte of gzip can hold at the most."""

_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*([-+]?\d{1,99})[ \t]+([-+]?\d{1,99})[ \t]*\r?\n")


@contextmanager
def opened(source: Source) -> Iterator[tuple[BufferedIOBase, float]]:
    """The bytes of a file, unpacked if it is packed, and how many there can be at the most.

    Raises:
        ValueError: the file is empty, or pickled or the like, or its packing is truncated or
            damaged.
        OSError: the file is missing or cannot be read.
    """
    with places.bytes_of(source) as file:
        start = file.peek(64)
        if not start:
            raise ValueError("the file is empty")
        _refuse_others(start)
        kind = next((kind for kind, mark in _PACKED.items() if re.match(mark, start)), None)
        if kind is None:
            yield file, _size(file)
            return
        try:
            with _unpacked(file, kind) as unpacked:
                _refuse_others(unpacked.peek(64))
                # Of the others, a few bytes can hold any number.
                yield unpacked, _size(file) * _MOST_PACKED if kind == "gzip" else math.inf
        except (EOFError, zlib.error, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise ValueError(f"its {kind} is truncated or damaged ({error})") from error


def _size(file: BufferedIOBase) -> float:
    try:
        status = os.fstat(file.fileno())
    except (OSError, AttributeError):  # no file of the system
        return math.inf
    return status.st_size if stat.S_ISREG(status.st_mode) else math.inf


def _unpacked(file: BufferedReader, kind: str) -> BufferedReader:
    if kind == "gzip":
        return BufferedReader(cast("RawIOBase", gzip.GzipFile(fileobj=file)))
    import pyarrow as pa

    if not pa.Codec.is_available(kind):
        raise ValueError(
            f"packed by {kind}, which this pyarrow cannot unpack: pip install pyarrow, or unpack it"
        )
    # Unlike Python's own it says what is damaged behind the first part of a file.
    return BufferedReader(pa.CompressedInputStream(pa.PythonFile(file, mode="r"), kind))


@contextmanager
def replacing(path: Path) -> Iterator[BufferedIOBase]:
    """A new file that appears when the block ends well, packed if its name ends in ``.gz``."""
    with files.replacing(path) as file:
        if not os.fspath(path).lower().endswith(".gz"):
            yield cast("BufferedIOBase", file)
            return
        # Without a name and a time: the same vectors give the same file.
        with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as packed:
            yield packed


def _refuse_others(start: bytes) -> None:
    """Refuse, by ValueError, files that tell by their first bytes what else they are."""
    for mark, reason in _OTHERS.items():
        if re.match(mark, start):
            raise ValueError(reason)


def header_of(line: bytes) -> tuple[int, int] | None:
    """How many vectors of how many numbers a first line promises, or None if it is no header.

    >>> header_of(b"3 100\\n"), header_of(b"the 0.5\\n")
    ((3, 100), None)
    """
    found = _HEADER.fullmatch(line)
    return (int(found[1]), int(found[2])) if found else None


def check_promise(vocab: int, dim: int, bytes_per_row: int, most: float) -> None:
    """Refuse, by ValueError and before anything is allocated, what cannot be in so few bytes."""
    promised = f"the header promises {_number(vocab)} vectors of {_number(dim)} numbers"
    if vocab < 1 or dim < 1:
        raise ValueError(f"{promised}: expected at least 1 of each")
    if vocab * bytes_per_row > most:
        raise ValueError(
            f"{promised}, which take {_number(vocab * bytes_per_row)} bytes or more, but the file "
            f"has at most {most:,.0f}: truncated, or not of this format"
        )


def _number(value: int) -> str:
    return f"{value:,}" if abs(value) < 10**18 else f"{value:.0e}"


class RowBlocks:
    """Rows that come in blocks, and become one array.

    The array is allocated by what came, and not by what a header promised. Memory stays at its size
    and a slab: each slab is given up when it was copied, and is large enough that C libraries give
    its memory back to the system, which hands out the pages of the array as they are first written.
    """

    def __init__(self, dim: int, dtype: npt.DTypeLike) -> None:
        self._dim, self._dtype = dim, dtype
        self._slabs: list[Vectors] = []
        self._blocks: list[Vectors] = []
        self._bytes = 0

    def append(self, block: Vectors) -> None:
        """Take a block, [any, dim]."""
        self._blocks.append(block)
        self._bytes += block.nbytes
        if self._bytes > _SLAB_BYTES:
            self._slabs.append(np.concatenate(self._blocks))
            self._blocks, self._bytes = [], 0

    def whole(self) -> Vectors:
        """All blocks as one array, once."""
        parts = [*self._slabs, *self._blocks][::-1]
        self._slabs, self._blocks = [], []
        table = np.empty((sum(map(len, parts)), self._dim), self._dtype)
        start = 0
        while parts:
            part = parts.pop()
            table[start : start + len(part)] = part
            start += len(part)
            del part
        return table


def encoded(words: Sequence[str], forbidden: str, reason: str) -> list[bytes]:
    """Words as UTF-8, for a format that cannot hold some of them.

    Args:
        words: the words.
        forbidden: a regular expression, found in each word that cannot be held.
        reason: what such a word is or has, for the error.

    Raises:
        ValueError: a word is forbidden or is not valid Unicode.
    """
    bad = next(filter(re.compile(forbidden).search, words), None)
    if bad is not None:
        raise ValueError(
            f"this format cannot hold the word {_shown(bad)}: it {reason}. The formats "
            f"safetensors, parquet and arrow hold any word"
        )
    try:
        return [word.encode() for word in words]
    except UnicodeEncodeError as error:
        raise ValueError(
            f"the word {_shown(error.object)} is not valid Unicode: {error.reason}"
        ) from error


def any_word(words: Sequence[str], dtype: npt.DTypeLike) -> None:
    """Refuse, by ValueError, words that are not valid Unicode, which no format can hold."""
    encoded(words, *ANY_WORD)


def _shown(word: str) -> str:
    return repr(word if len(word) <= 40 else word[:40] + "…")
