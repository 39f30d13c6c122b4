"""Rows of numbers as text: written so that they come back exactly, read by Arrow in blocks.

Numbers are written with the fewest digits that give the same number again. A text does not tell
the type of its numbers: they are read as float64 if one in the first row has more than 9
significant digits, which is more than a float32 can need, and as float32 otherwise. The first
number of a float64 table is written with 17 digits, so that ours are always told apart.
"""

import re
from array import array
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedIOBase
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from jw2v.formats._shared import BLOCK_BYTES, RowBlocks, Vectors

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Layout", "first_line", "layout_of", "read", "write"]

LONGEST_LINE = 16 << 20
_MOST_COLUMNS = 20_000
_ENOUGH_FOR_FLOAT32 = 9
_BOM = b"\xef\xbb\xbf"
_BYTES_OF_A_NUMBER = 12
"""About, to choose how many rows to write at a time."""

_NUMBER = re.compile(rb"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_NOT_IN_WORDS = re.compile(rb"[\0\t\v\f]")
"""Beside what separates words and rows."""
_NOT_FINITE = re.compile(rb"[-+]?(nan|inf|infinity)", re.IGNORECASE)


class Layout(NamedTuple):
    """How the rows of a text look."""

    dim: int
    """numbers in a row"""
    dtype: npt.DTypeLike
    """their type"""
    separator: bytes
    """the byte between them"""
    has_words: bool
    """whether a word comes before them"""


def write(file: BinaryIO, words: list[bytes] | None, vectors: Vectors, separator: str) -> None:
    """Write rows: the word where there are words, then the numbers, then a line end."""
    step = max(1, BLOCK_BYTES // (_BYTES_OF_A_NUMBER * vectors.shape[1]))
    for start in range(0, len(vectors), step):
        part = slice(start, start + step)
        rows = _lines(None if words is None else words[part], vectors[part], separator)
        if start == 0:
            rows = _tell_type(rows, words, vectors, separator)
        file.write(rows)


def _lines(words: list[bytes] | None, vectors: Vectors, separator: str) -> bytes:
    import pyarrow as pa
    import pyarrow.compute as pc

    n, dim = vectors.shape
    values = np.ascontiguousarray(vectors).ravel()
    kind = pa.float64() if values.dtype.itemsize == 8 else pa.float32()
    numbers = pa.Array.from_buffers(kind, n * dim, [None, pa.py_buffer(values)])
    ends = _int32(np.arange(n + 1) * dim)
    rows = pc.binary_join(pa.ListArray.from_arrays(ends, numbers.cast(pa.string())), separator)
    if words is not None:
        offsets = _int32(np.cumsum([0, *map(len, words)]))
        buffers = [None, offsets.buffers()[1], pa.py_buffer(b"".join(words))]
        first = pa.Array.from_buffers(pa.string(), n, buffers)
        rows = pc.binary_join_element_wise(first, rows, separator)
    whole = pc.binary_join(pa.ListArray.from_arrays(_int32([0, n]), rows), "\n")
    return bytes(whole[0].as_buffer()) + b"\n"


def _int32(numbers: npt.ArrayLike) -> "pa.Array":
    import pyarrow as pa

    array = np.ascontiguousarray(numbers, np.int32)
    return pa.Array.from_buffers(pa.int32(), len(array), [None, pa.py_buffer(array)])


def _tell_type(rows: bytes, words: list[bytes] | None, vectors: Vectors, separator: str) -> bytes:
    """The same rows, but the first number says its type, and that it is no number of a header."""
    start = 0 if words is None else len(words[0]) + len(separator)
    old = re.compile(rb"[^ \t\n]+").match(rows, start)
    assert old is not None
    if vectors.dtype.itemsize == 8:
        number = b"%.16e" % vectors[0, 0]
    else:
        number = old[0] + b".0" * (old[0].lstrip(b"-").isdigit())
    return rows[:start] + number + rows[old.end() :]


def first_line(stream: BufferedIOBase) -> bytes:
    """The next line of a file; ValueError where it has no end in sight."""
    line = stream.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise _too_long()
    return line


def _too_long() -> ValueError:
    return ValueError(f"a line of more than {LONGEST_LINE:,} bytes: not such a text file")


def layout_of(line: bytes, *, separator: bytes, has_words: bool) -> Layout:
    """How the rows look, by the first of them."""
    numbers = _fields(line, separator)[has_words:]
    wide = any(_significant_digits(number) > _ENOUGH_FOR_FLOAT32 for number in numbers)
    return Layout(len(numbers), np.float64 if wide else np.float32, separator, has_words)


def _significant_digits(number: bytes) -> int:
    mantissa, exponent, _ = number.lower().partition(b"e")
    if not exponent:
        # 100000000.0 says no more than 1e8.
        whole, _, fraction = mantissa.partition(b".")
        mantissa = whole + fraction if fraction.strip(b"0") else whole.rstrip(b"0")
    digits = re.sub(rb"[-+.]", b"", mantissa)
    return len(digits.lstrip(b"0") or digits)  # all of those of a 0.000e+00 of ours


def _fields(line: bytes, separator: bytes) -> list[bytes]:
    """A row may end with a separator, as those of word2vec and fastText do."""
    return line.rstrip(b"\r\n").removesuffix(separator).split(separator)


def read(
    first: bytes, rest: BufferedIOBase, layout: Layout, number: int, most_rows: int | None
) -> tuple[list[str], Vectors]:
    """Read rows of words and numbers to the end.

    Args:
        first: the first line, already taken off.
        rest: what follows it.
        layout: how the rows look.
        number: of the first line, for errors.
        most_rows: how many rows there may be, if that is known.

    Raises:
        ValueError: a line is not such a row, or has no end, or there are too many.
    """
    words: list[str] = []
    rows = RowBlocks(layout.dim, layout.dtype)
    count = 0
    for block in _whole_lines(first, rest):
        some, vectors = _parse(block, layout, number)
        words += some
        rows.append(vectors)
        count += len(vectors)
        if most_rows is not None and count > most_rows:
            raise ValueError(f"the header promises {most_rows:,} vectors, but more rows follow")
        number += block.count(b"\n")
    return words, rows.whole()


def _whole_lines(first: bytes, rest: BufferedIOBase) -> Iterator[bytes]:
    left = first
    while block := rest.read(BLOCK_BYTES):
        block = left + block
        cut = block.rfind(b"\n") + 1
        left = block[cut:]
        if len(left) > LONGEST_LINE:
            raise _too_long()
        if cut:
            yield block[:cut]
    if left.endswith(b"\n"):  # the file is one line
        yield left
    elif left:
        raise ValueError(
            "the last line has no line end: truncated? If the file is whole, append a line end"
        )


def _parse(block: bytes, layout: Layout, number: int) -> tuple[list[str], Vectors]:
    import pyarrow as pa
    import pyarrow.csv as csv

    text = block.replace(b"\r\n", b"\n").replace(layout.separator + b"\n", b"\n")
    # To Arrow \r is a line end and any word will do; and it cannot take so many columns.
    odd = b"\r" in text or (layout.has_words and _NOT_IN_WORDS.search(text))
    if odd or layout.dim > _MOST_COLUMNS:
        return _parse_slowly(block, layout, number)
    if text.startswith(_BOM):  # Arrow would take it off each block
        text = _BOM + text
    kind = pa.float64() if layout.dtype == np.float64 else pa.float32()
    names = [str(i) for i in range(layout.has_words + layout.dim)]
    types = dict.fromkeys(names, kind) | ({"0": pa.string()} if layout.has_words else {})
    with suppress(pa.ArrowInvalid):
        table = csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(block_size=len(text), column_names=names),
            csv.ParseOptions(delimiter=layout.separator.decode(), quote_char=False),
            csv.ConvertOptions(column_types=types, null_values=[]),
        )
        words = table.column(0).to_pylist() if layout.has_words else []
        vectors = np.empty((table.num_rows, layout.dim), layout.dtype)
        for i, column in enumerate(table.columns[layout.has_words :]):
            vectors[:, i] = np.from_dlpack(column.combine_chunks())
        if np.isfinite(vectors).all() and all(words):
            return words, vectors
    return _parse_slowly(block, layout, number)


def _parse_slowly(block: bytes, layout: Layout, number: int) -> tuple[list[str], Vectors]:
    """Row by row: says which line is wrong, or reads what is right and yet not Arrow's way."""
    words: list[str] = []
    numbers = array("d")
    for at, line in enumerate(block.split(b"\n")[:-1], number):
        if line in (b"", b"\r"):
            continue
        fields = _fields(line, layout.separator)
        try:
            if layout.has_words:
                words.append(_word(fields.pop(0)))
            if len(fields) != layout.dim:
                raise ValueError(f"expected {layout.dim:,} numbers, got {len(fields):,}")
            numbers.extend(_float(field, layout.dtype) for field in fields)
        except ValueError as error:
            raise ValueError(f"line {at:,}: {error}") from error
    return words, np.array(numbers, layout.dtype).reshape(-1, layout.dim)


def _word(field: bytes) -> str:
    try:
        word = field.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"the word {field[:40]!r} is not UTF-8 ({error.reason})") from error
    if not word or re.search(r"[\0\t\n\v\f\r ]", word):
        raise ValueError(f"expected a word, got {word[:40]!r}")
    return word


def _float(field: bytes, dtype: npt.DTypeLike) -> float:
    if _NOT_FINITE.fullmatch(field):
        raise ValueError(f"expected finite numbers, got {field.decode()}")
    if not _NUMBER.fullmatch(field):
        raise ValueError(f"expected a number, got {field[:40]!r}")
    value = float(field)
    if abs(value) > float(np.finfo(np.dtype(dtype).type).max):
        raise ValueError(f"{field[:40].decode()} is beyond {np.dtype(dtype)}")
    return value
