"""From text to its words, in chunks.

Whatever can be is done by Arrow, or once for each distinct word of a chunk.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import itertools
import lzma
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from io import BufferedReader, RawIOBase
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jw2v.choices import Tokens

__all__ = [
    "PACKED",
    "SENTENCE_END",
    "STANDARD_INPUT",
    "AnyPath",
    "Chunk",
    "Tokens",
    "blocks",
    "chunks",
    "named",
    "suffix",
    "to_arrow",
    "to_numpy",
    "unpacked",
]

SENTENCE_END = -1
"""The id that closes each sentence."""

AnyPath: TypeAlias = str | os.PathLike[str]

CHUNK_BYTES = 4 << 20
_LONGEST_WORD = 1 << 20
_BOM = b"\xef\xbb\xbf"
_END = "\0"
"""A line end or a sentence end while words are split; a text with a NUL of its own is refused."""

_NOTHING = -2


class Chunk(NamedTuple):
    """A piece of text."""

    words: pa.Array
    """distinct strings"""
    numbers: npt.NDArray[np.int32]
    """the positions of its tokens among the words, or SENTENCE_END"""


STANDARD_INPUT = "-"
"""The path that means standard input; a file of this name is ``./-``."""

PACKED = (".gz", ".xz", ".bz2", ".zst")
"""Suffixes of packed text."""


def named(path: AnyPath) -> str:
    """What errors call a file.

    >>> named("-"), named("a.txt")
    ('standard input', 'a.txt')
    """
    return "standard input" if path == STANDARD_INPUT else os.fspath(path)


def suffix(path: AnyPath) -> str:
    """The suffix that tells what a file holds, below that of its packing.

    >>> suffix("a.JSONL.gz"), suffix("b.gz"), suffix("c")
    ('.jsonl', '', '')
    """
    root, last = os.path.splitext(os.fspath(path).lower())
    return os.path.splitext(root)[1] if last in PACKED else last


@contextmanager
def unpacked(path: AnyPath) -> Iterator[tuple[Any, Any]]:
    """A file as it lies on disk, and the stream of its unpacked bytes.

    Raises:
        ValueError: the archive is truncated or damaged.
    """
    with _opened(path) as file:
        try:
            with _unpacked(file, path) as stream:
                yield file, stream
        except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError) as error:
            raise _damaged(path, error) from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise _damaged(path, error) from error  # of bz2 and Arrow
        except MemoryError:  # some hundred bytes of .xz may ask for gigabytes
            raise ValueError(
                f"{path}: the archive asks for more memory than there is: pack it anew"
            ) from None


def blocks(path: AnyPath) -> Iterator[tuple[bytes, int]]:
    """The unpacked bytes of a file, and how far into the file on disk they reach."""
    with unpacked(path) as (file, stream):
        done = 0
        while block := stream.read(CHUNK_BYTES):
            done += len(block)
            yield block, file.tell() if file.seekable() else done


def _damaged(path: AnyPath, error: Exception) -> ValueError:
    return ValueError(f"{path}: the archive is truncated or damaged ({error}): pack it anew")


@contextmanager
def _opened(path: AnyPath) -> Iterator[Any]:
    if path != STANDARD_INPUT:
        with open(path, "rb") as file:
            yield file
    elif sys.stdin is None:
        raise ValueError("standard input is closed: send a text to it, or give a file")
    else:
        yield sys.stdin.buffer  # which stays open


def _unpacked(file: Any, path: AnyPath) -> Any:
    suffix = os.path.splitext(path)[1].lower()
    if suffix in PACKED and not file.peek(1):  # to some readers it is an archive of nothing
        raise ValueError(
            f"{path}: the archive is truncated or damaged (it has no bytes): pack it anew"
        )
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=file)
    if suffix == ".xz":
        return BufferedReader(_Streams(file, lambda: lzma.LZMADecompressor(lzma.FORMAT_AUTO), 4))
    if suffix == ".bz2":
        return BufferedReader(_Streams(file, bz2.BZ2Decompressor))
    if suffix == ".zst":
        return pa.CompressedInputStream(file, "zstd")
    return nullcontext(file)


class _Streams(RawIOBase):
    """The streams of an archive one after the other; ``lzma`` and ``bz2`` drop a damaged one.

    Behind each there may be zeros, whose number is a multiple of ``padding``.
    """

    def __init__(
        self, file: BufferedReader, decompressor: Callable[[], Any], padding: int | None = None
    ) -> None:
        self._file, self._decompressor, self._padding = file, decompressor, padding
        self._stream = decompressor()
        self._rest = b""
        """packed bytes that no stream has had"""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = b""
        while not block:
            if self._stream.eof and not self._next():
                return 0
            packed = b""
            if self._stream.needs_input and not (packed := self._rest or self._file.read1()):
                raise EOFError("it ends before its end")
            self._rest = b""
            block = self._stream.decompress(packed, len(buffer))
            if self._stream.eof:
                self._rest = self._stream.unused_data
        buffer[: len(block)] = block
        return len(block)

    def _next(self) -> bool:
        """Begin the next stream, if there is one, behind the padding."""
        padding = 0
        while True:
            here = self._rest.lstrip(b"\0") if self._padding else self._rest
            padding += len(self._rest) - len(here)
            self._rest = here
            if here or not (more := self._file.read1()):
                break
            self._rest = more
        if self._padding and padding % self._padding:
            raise lzma.LZMAError("zeros that are no padding")
        self._stream = self._decompressor() if self._rest else self._stream
        return bool(self._rest)


def chunks(
    text: Iterable[tuple[bytes, int]], name: object, tokens: Tokens
) -> Iterator[tuple[Chunk, int]]:
    """The words of a text that comes in blocks, wherever these are cut.

    Args:
        text: the blocks, each with some position, which is handed on beside the chunks.
        name: of the text, for errors.
        tokens: see :func:`jw2v.reading.corpus.read`.

    Raises:
        ValueError: not text (NUL bytes, invalid UTF-8, an endless word).
    """
    after_line = False
    for pieces, position in _pieces(text, name):
        indices = to_numpy(pieces.indices)
        chunk = _expand(indices, _at_white_space(pieces.dictionary, name))
        if tokens == "words":
            chunk, after_line = _prose(chunk, after_line)
        yield chunk, position


def _pieces(
    text: Iterable[tuple[bytes, int]], name: object
) -> Iterator[tuple[pa.DictionaryArray, int]]:
    """The text cut after white space and before line ends: most pieces hold just one word."""
    rest = b""  # a word that the next block may continue
    offset = 0  # where it lies in the text
    position = 0
    # Two line ends close a sentence, whatever the tokens.
    for block, now in itertools.chain(text, [(b"\n\n", None)]):
        position = position if now is None else now
        block = rest + block
        ends = _ends(block)
        if len(block) - ends[-1] > _LONGEST_WORD:
            start = int(ends[-1])
            ends = np.append(ends, start + _last_white_space(block[start:], name, offset + start))
        cut = int(ends[-1])
        rest = block[cut:]
        if len(rest) > _LONGEST_WORD:
            raise _endless_word(name)
        if cut:
            _decode(block[:cut], name, offset, final=True)
            ends[0] = len(_BOM) if offset == 0 and block.startswith(_BOM) else 0
            pieces = _strings(ends, block)
            yield pieces.dictionary_encode(), position
        offset += cut


def _strings(ends: npt.ArrayLike, block: bytes) -> pa.Array:
    """Parts of a block, uncopied, from each end to the next."""
    offsets = to_arrow(ends)
    buffers = [None, offsets.buffers()[1], pa.py_buffer(block)]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


def _ends(block: bytes) -> npt.NDArray[np.int32]:
    """0, then where each piece ends, as far as ASCII's white space tells."""
    text = np.frombuffer(block, np.uint8)
    last = (text - np.uint8(9) < 5) | (text == 32)
    last[:-1] |= text[1:] == 10
    ends = np.flatnonzero(last)
    found = np.zeros(len(ends) + 1, np.int32)
    np.add(ends, 1, out=found[1:], casting="unsafe")
    return found


def _last_white_space(block: bytes, name: object, offset: int) -> int:
    """Where the last white space of any kind ends, or 0."""
    text = _decode(block, name, offset, final=False)
    found = re.match(r".*\s", text, re.DOTALL)
    return len(found[0].encode()) if found else 0


def _decode(block: bytes, name: object, offset: int, *, final: bool) -> str:
    try:
        text, _ = codecs.utf_8_decode(block, "strict", final)
        bad = block.find(b"\0")
    except UnicodeDecodeError as error:
        bad = block.find(b"\0", 0, error.start)
        bad = error.start if bad < 0 else bad
    if bad >= 0:
        what = "a NUL byte" if block[bad] == 0 else f"byte 0x{block[bad]:02x}, invalid UTF-8"
        raise ValueError(
            f"{name}: {what} at byte {offset + bad:,}: expected text in UTF-8. Convert it first "
            f"(iconv -t UTF-8); packed text is recognised by the suffixes {', '.join(PACKED)}"
        )
    return text


def _endless_word(name: object) -> ValueError:
    return ValueError(
        f"{name}: a word of more than {_LONGEST_WORD:,} bytes: is this text? Words must be "
        f"separated by white space"
    )


def _at_white_space(pieces: pa.Array, name: object) -> pa.ListArray:
    """The words of each piece, and _END for each line end."""
    text = pc.utf8_trim_whitespace(pc.replace_substring(pieces, "\n", f" {_END} "))
    lists = pc.utf8_split_whitespace(text)
    if pc.max(pc.binary_length(lists.values)).as_py() > _LONGEST_WORD:
        raise _endless_word(name)
    return lists


def _into_words(tokens: pa.Array) -> pa.ListArray:
    """The words of each token, then _END where it ends a sentence."""
    text = pc.replace_substring(pc.utf8_lower(tokens), "’", "'")
    text = pc.replace_substring_regex(text, r"""[.!?]["')\]}”»]*$""", f" {_END}")
    text = pc.replace_substring_regex(text, r"[^\pL\pM\pN'\x00]+|''+", " ")
    lists = pc.utf8_split_whitespace(text)
    return pa.ListArray.from_arrays(lists.offsets, pc.utf8_trim(lists.values, "'"))


def _prose(chunk: Chunk, after_line: bool) -> tuple[Chunk, bool]:
    """Words and sentence ends from tokens and line ends; and whether a line end came last.

    Tokens are whole, so that no rule can meet the edge of a chunk, except an empty line: two line
    ends without a token between them.
    """
    line = chunk.numbers == SENTENCE_END
    empty = line & np.concatenate([[after_line], line[:-1]])
    after_line = bool(line[-1]) if len(line) else after_line
    tokens = pa.concat_arrays([chunk.words, _strings([0, 1], _END.encode())])
    numbers = np.where(line, len(chunk.words), chunk.numbers)[~line | empty]
    return _expand(numbers, _into_words(tokens)), after_line


def _expand(indices: npt.NDArray[np.integer], lists: pa.ListArray) -> Chunk:
    """Each index replaced by the words of its list, but for those that are empty."""
    found = lists.values.dictionary_encode()
    is_end = to_numpy(pc.find_substring(found.dictionary, _END)) == 0
    is_word = ~is_end & (to_numpy(pc.binary_length(found.dictionary)) > 0)
    numbers = np.where(is_end, SENTENCE_END, _NOTHING).astype(np.int32)
    numbers[is_word] = np.arange(np.count_nonzero(is_word))
    words = found.dictionary.take(to_arrow(np.flatnonzero(is_word)))

    numbers = numbers[to_numpy(found.indices)]
    if not np.all(np.diff(to_numpy(lists.offsets)) == 1):
        rows = pa.ListArray.from_arrays(lists.offsets, to_arrow(numbers))
        numbers = to_numpy(rows.take(to_arrow(indices)).flatten())
    else:
        numbers = numbers[indices]
    return Chunk(words, numbers[numbers != _NOTHING])


# Arrow's own ways from and to NumPy import pandas where it is installed, as do pyarrow.array and
# pyarrow.scalar: 46 MB, and the time that five million words take.


def to_numpy(numbers: pa.Array) -> npt.NDArray[Any]:
    """Whole numbers of Arrow for NumPy."""
    return np.from_dlpack(numbers)


def to_arrow(numbers: npt.ArrayLike, kind: npt.DTypeLike = np.int32) -> pa.Array:
    """Whole numbers for Arrow, of a kind that NumPy names."""
    array = np.ascontiguousarray(numbers, kind)
    arrow_kind = pa.from_numpy_dtype(array.dtype)
    return pa.Array.from_buffers(arrow_kind, len(array), [None, pa.py_buffer(array)])
