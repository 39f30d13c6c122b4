"""Rows of numbers as text: written so that they come back exactly, read by Arrow in blocks.

Numbers are written with the fewest digits that give the same number again. A text does not tell
the type of its numbers: they are read as float64 if one in the first row has more than 9
significant digits, which is more than a float32 can need, and as float32 otherwise. The first
number of a float64 table is written with 17 digits, so that ours are always told apart.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import BufferedIOBase
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jw2v.formats._selection import ENCODING_HINT, Selection
from jw2v.formats._shared import BLOCK_BYTES, RowBlocks, Vectors

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CONTROL", "Layout", "first_line", "is_row", "layout_of", "read", "sample", "write"]

LONGEST_LINE = 16 << 20
_MOST_COLUMNS = 20_000
_ENOUGH_FOR_FLOAT32 = 9
_BOM = b"\xef\xbb\xbf"
_SAMPLE_BYTES, _SAMPLE_ROWS = 256 << 10, 20
"""Of the first rows, which tell how all look."""
_BYTES_OF_A_NUMBER = 12
"""About, to choose how many rows to write at a time."""

_NUMBER = re.compile(rb"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f\x7f]")
"""Control characters that are no white space."""
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
    raw: bool = False
    """whether words stay bytes, to be decoded later"""


def write(
    file: BufferedIOBase, words: list[bytes] | None, vectors: Vectors, separator: str
) -> None:
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


def sample(stream: BufferedIOBase) -> bytes:
    """The first rows of a file or more of it, of which the last line may be cut."""
    return first_line(stream) + stream.read(min(_SAMPLE_BYTES, BLOCK_BYTES))


def layout_of(
    rows: bytes, *, separator: bytes, has_words: bool, number: int, dim: int | None = None
) -> Layout:
    """How the rows look, by the first of them.

    A word may have spaces: its numbers are the last ``dim`` fields. Where no header tells ``dim``,
    it is what most of these rows have.

    Args:
        rows: as of :func:`sample`.
        separator: between fields.
        has_words: whether a word comes first.
        number: of the first line, for errors.
        dim: how many numbers a header promises, if there is one.

    Raises:
        ValueError: something else separates the fields, or all rows have more numbers than that.
    """
    lines = rows.split(b"\n")
    if len(lines) > 1:
        del lines[-1]
    numbered = [(i, line) for i, line in enumerate(lines, number) if line.strip(b"\r")]
    del numbered[_SAMPLE_ROWS:]
    if not numbered:
        return Layout(dim or 0, np.float32, separator, has_words)
    first, line = numbered[0]
    fields = _fields(line, separator)[has_words:]
    if len(fields) < (dim or 1):
        _refuse_separator(line, first)
    found = [_numbers_of(line, separator, has_words) for _, line in numbered]
    if dim is None:
        usual = Counter(filter(None, found)).most_common(1)
        dim = usual[0][0] if usual else len(fields)
    elif min(found) > dim:
        raise ValueError(f"line {first:,}: expected {dim:,} numbers, got {found[0]:,}")
    wide = any(_significant_digits(field) > _ENOUGH_FOR_FLOAT32 for field in fields[-dim:])
    return Layout(dim, np.float64 if wide else np.float32, separator, has_words)


def _numbers_of(line: bytes, separator: bytes, has_words: bool) -> int:
    """How many numbers stand at the end of a row."""
    fields = _fields(line, separator)[has_words:]
    return sum(1 for _ in takewhile(_is_number, reversed(fields)))


def _is_number(field: bytes) -> bool:
    return bool(_NUMBER.fullmatch(field) or _NOT_FINITE.fullmatch(field))


def _refuse_separator(line: bytes, number: int) -> None:
    for name, mark in (("tabs", b"\t"), ("commas", b","), ("semicolons", b";")):
        if mark in line:
            raise ValueError(
                f"line {number:,}: expected a word and its numbers with spaces between, got fields "
                f"with {name} between, {line[:40]!r}: put spaces for them (sed 's/"
                f"{mark.decode().replace(chr(9), chr(92) + 't')}/ /g' IN > OUT)"
            )


def is_row(line: bytes, dim: int | None = None) -> bool:
    """Whether a line is a row of text: a word, and so many numbers with spaces between, or any.

    >>> is_row(b"the 0.1 0.2\\n", 2), is_row(b"the \\x00\\x01\\x02\\x03", 2)
    (True, False)
    """
    return _numbers_of(line, b" ", has_words=True) >= (dim or 1)


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
    first: bytes,
    rest: BufferedIOBase,
    layout: Layout,
    number: int,
    most_rows: int | None,
    selection: Selection,
) -> Vectors:
    """Read rows of words and numbers to the end, or as many as are wanted.

    Args:
        first: the first bytes, already taken off.
        rest: what follows them.
        layout: how the rows look.
        number: of the first line, for errors.
        most_rows: how many rows there may be, if that is known.
        selection: takes the words, and says which rows to keep.

    Returns:
        The vectors of the words that the selection took.

    Raises:
        ValueError: a line is not such a row, or has no end, or there are too many.
    """
    options = selection.options
    layout = layout._replace(raw=layout.has_words and not options.plain)
    rows = RowBlocks(layout.dim, layout.dtype)
    for block in _whole_lines(first, rest):
        if not block.endswith(b"\n"):
            if most_rows is None or selection.rows + 1 != most_rows:
                raise ValueError(
                    "the last line has no line end: truncated? If the file is whole, append a line "
                    "end"
                )
            selection.say(
                "the last line has no line end; it is read, since it makes up the "
                f"{most_rows:,} vectors that the header promises"
            )
            block += b"\n"
        lines = block.count(b"\n")
        numbers: Iterable[int] = count(number)
        places: Sequence[int] | None = None
        came = None
        if options.selective:
            block, numbers, places, came = _picked(block, layout, number, selection)
        words, vectors = _parse(block, layout, numbers)
        if places is None:
            places = range(selection.rows + 1, selection.rows + len(vectors) + 1)
        if layout.raw:
            words = selection.decode(words, places)
        _say_numbers_in_words(words, places, selection)
        rows.append(vectors[selection.take(words, len(vectors) if came is None else came)])
        if selection.full:
            break
        if most_rows is not None and selection.rows > most_rows:
            raise ValueError(f"the header promises {most_rows:,} vectors, but more rows follow")
        number += lines
    return rows.whole()


def _picked(
    block: bytes, layout: Layout, number: int, selection: Selection
) -> tuple[bytes, Sequence[int], Sequence[int], int]:
    """The lines of a block that may be wanted.

    Returns:
        These lines, their numbers, the places of their rows from 1 on, and how many rows came by.
    """
    lines = [
        (at, line)
        for at, line in enumerate(block.split(b"\n")[:-1], number)
        if line not in (b"", b"\r")
    ][: selection.room]
    came = len(lines)
    rows = [
        (place, at, line)
        for place, (at, line) in enumerate(lines, selection.rows + 1)
        if not layout.has_words or selection.may_want(line.partition(layout.separator)[0])
    ]
    text = b"".join(line + b"\n" for _, _, line in rows)
    return text, [at for _, at, _ in rows], [place for place, _, _ in rows], came


def _say_numbers_in_words(
    words: Sequence[str], places: Sequence[int], selection: Selection
) -> None:
    """A row with a number too many looks like a word that ends in a number: say that."""
    if " " not in "".join(words):
        return
    for place, word in zip(places, words, strict=True):
        if " " in word and _is_number(word.rpartition(" ")[2].encode()):
            selection.say(
                f"word {place:,}, {word[:40]!r}, ends in a number: where no word has spaces, this "
                "row has too many numbers"
            )
            return


def _whole_lines(first: bytes, rest: BufferedIOBase) -> Iterator[bytes]:
    """Blocks of whole lines, and at the end of the file a last line that may have no end."""
    left = first
    while block := rest.read(BLOCK_BYTES):
        block = left + block
        cut = block.rfind(b"\n") + 1
        left = block[cut:]
        if len(left) > LONGEST_LINE:
            raise _too_long()
        if cut:
            yield block[:cut]
    cut = left.rfind(b"\n") + 1
    if cut:  # the file is what was taken off
        yield left[:cut]
    if left[cut:]:
        yield left[cut:]


def _parse(block: bytes, layout: Layout, numbers: Iterable[int]) -> tuple[Sequence[Any], Vectors]:
    """Words, or their bytes if the layout says so, and vectors; ``numbers`` are of the lines."""
    text = block.replace(b"\r\n", b"\n").replace(layout.separator + b"\n", b"\n")
    # To Arrow \r is a line end and any word will do; and it cannot take so many columns.
    odd = b"\r" in text or (layout.has_words and _NOT_IN_WORDS.search(text))
    if odd or layout.dim > _MOST_COLUMNS:
        return _parse_slowly(block, layout, numbers)
    found = _parse_by_arrow(text, layout)
    if found is None and layout.has_words:
        found = _parse_by_arrow(_bound(text, layout), layout)
        if found is not None:
            space, bond = (b" ", b"\0") if layout.raw else (" ", "\0")
            found = [word.replace(bond, space) for word in found[0]], found[1]
    return found or _parse_slowly(block, layout, numbers)


def _bound(text: bytes, layout: Layout) -> bytes:
    """Rows whose words have NUL where they had spaces, so that they are one field."""
    separator, dim = layout.separator, layout.dim
    lines = text.split(b"\n")
    for i, line in enumerate(lines):
        if line.count(separator) > dim:
            word = line.rsplit(separator, dim)[0]
            if word.strip(separator) == word:
                lines[i] = word.replace(separator, b"\0") + line[len(word) :]
    return b"\n".join(lines)


def _parse_by_arrow(text: bytes, layout: Layout) -> tuple[Sequence[Any], Vectors] | None:
    """The same, but None where Arrow does not take it."""
    import pyarrow as pa
    import pyarrow.csv as csv

    if text.startswith(_BOM):  # Arrow would take it off each block
        text = _BOM + text
    kind = pa.float64() if layout.dtype == np.float64 else pa.float32()
    names = [str(i) for i in range(layout.has_words + layout.dim)]
    types = dict.fromkeys(names, kind)
    if layout.has_words:
        types["0"] = pa.binary() if layout.raw else pa.string()
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
    return None


def _parse_slowly(
    block: bytes, layout: Layout, lines: Iterable[int]
) -> tuple[Sequence[Any], Vectors]:
    """Row by row: says which line is wrong, or reads what is right and yet not Arrow's way."""
    words: list[bytes | str] = []
    numbers = array("d")
    for at, line in zip(lines, block.split(b"\n")[:-1], strict=False):
        if line in (b"", b"\r"):
            continue
        fields = _fields(line, layout.separator)
        try:
            if layout.has_words:
                extra = max(0, len(fields) - 1 - layout.dim)
                word = layout.separator.join(fields[: extra + 1])
                words.append(_word(word, layout))
                del fields[: extra + 1]
            if len(fields) != layout.dim:
                raise ValueError(f"expected {layout.dim:,} numbers, got {len(fields):,}")
            numbers.extend(_float(field, layout.dtype) for field in fields)
        except ValueError as error:
            raise ValueError(f"line {at:,}: {error}") from error
    return words, np.array(numbers, layout.dtype).reshape(-1, layout.dim)


def _word(field: bytes, layout: Layout) -> bytes | str:
    if not field or field.strip(b" ") != field or re.search(rb"[\0\t\n\v\f\r]", field):
        raise ValueError(f"expected a word, got {field[:40].decode(errors='replace')!r}")
    if layout.raw:
        return field
    try:
        return field.decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"the word {field[:40]!r} is not UTF-8 ({error.reason}): {ENCODING_HINT}"
        ) from error


def _float(field: bytes, dtype: npt.DTypeLike) -> float:
    if _NOT_FINITE.fullmatch(field):
        raise ValueError(f"expected finite numbers, got {field.decode()}")
    if not _NUMBER.fullmatch(field):
        raise ValueError(f"expected a number, got {field[:40]!r}")
    value = float(field)
    if abs(value) > float(np.finfo(np.dtype(dtype).type).max):
        raise ValueError(f"{field[:40].decode()} is beyond {np.dtype(dtype)}")
    return value
