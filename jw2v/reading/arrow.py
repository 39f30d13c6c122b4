"""From rows that are sentences to their words, in chunks: lists of tokens, and Arrow's columns."""

import io
import os
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jw2v.choices import Tokens
from jw2v.reading import text
from jw2v.reading.text import SENTENCE_END, AnyPath, Chunk

__all__ = [
    "SUFFIXES",
    "ArrowStream",
    "Batched",
    "Framed",
    "Item",
    "complaints",
    "is_list_of_numbers",
    "is_table",
    "is_text",
    "of_batches",
    "of_file",
    "of_pandas",
    "of_rows",
    "of_sentences",
    "of_stream",
    "rows_of",
]

SUFFIXES = (".parquet", ".arrow", ".feather")
"""Those of tables."""
Item: TypeAlias = str | int | np.integer[Any]
"""A token: a word, or a whole number whose digits are its word."""

_MOST_ROWS = 1 << 16
_ROWS_OF_A_BATCH = 1 << 10


@runtime_checkable
class ArrowStream(Protocol):
    """A table or column in memory, or a stream of batches, that speaks Arrow's C interface.

    pyarrow.Table, RecordBatch, RecordBatchReader and ChunkedArray do, and so do the tables of
    pandas, polars and DuckDB.
    """

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


@runtime_checkable
class Batched(Protocol):
    """A data set that gives Arrow tables: Hugging Face's ``Dataset`` and ``IterableDataset``."""

    def with_format(self, type: str) -> "Batched": ...

    def iter(self, batch_size: int) -> Iterator[pa.Table]: ...


@runtime_checkable
class Framed(Protocol):
    """A series or frame of pandas, whose older ones do not speak Arrow's C interface."""

    iloc: Any
    ndim: int


def is_table(path: AnyPath) -> bool:
    """Whether a file is read as a table, by its suffix."""
    return os.fspath(path).lower().endswith(SUFFIXES)


def of_file(path: AnyPath, tokens: Tokens, column: str | None) -> Iterator[tuple[Chunk, int]]:
    """The words of a column of a file, and how far into the file they reach, roughly.

    Raises:
        ValueError: the file is not what its suffix says, is damaged, or has no such column.
    """
    for rows, position in rows_of(path, column):
        for chunk in _chunks(rows, path, tokens):
            yield chunk, position


def rows_of(path: AnyPath, column: str | None) -> Iterator[tuple[pa.Array, int]]:
    """A column of a file, in batches, and how far into the file they reach, roughly.

    Raises:
        ValueError: as :func:`of_file`.
    """
    size = os.path.getsize(path)
    with complaints(path), pa.OSFile(os.fspath(path)) as file:
        if os.fspath(path).lower().endswith(".parquet"):
            batches = _parquet(file, path, column)
        else:
            batches = _ipc(file, path, column)
        for rows, part in batches:
            rows.validate(full=True)  # a damaged one could point anywhere
            yield rows, int(part * size)


def of_rows(
    batches: Iterable[tuple[pa.Array, int]], name: object, tokens: Tokens
) -> Iterator[tuple[Chunk, int]]:
    """The words of rows, with the position that comes beside them."""
    for rows, position in batches:
        for chunk in _chunks(rows, name, tokens):
            yield chunk, position


def of_stream(stream: ArrowStream, tokens: Tokens, column: str | None) -> Iterator[Chunk]:
    """The words of a column of a table in memory, or of a stream of batches."""
    name = f"the {type(stream).__name__}"
    with complaints(name, "Arrow cannot read it"):
        if len(getattr(stream, "shape", ())) == 1:  # a series, such as one of pandas
            stream = pa.chunked_array(stream)
        if isinstance(stream, pa.ChunkedArray):
            stream = pa.table([stream], ["values"])
        reader = pa.RecordBatchReader.from_stream(stream)
        chosen = _chosen(reader.schema, column, name)
        for batch in reader:
            yield from _chunks(batch.column(chosen), name, tokens)


def of_pandas(frame: Framed) -> pa.Table:
    """A series or frame of pandas as a table."""
    with complaints(f"the {type(frame).__name__}", "Arrow cannot read it"):
        if frame.ndim == 1:
            return pa.table({"values": pa.Array.from_pandas(frame)})
        return pa.Table.from_pandas(frame, preserve_index=False)


def of_batches(batched: Batched, tokens: Tokens, column: str | None) -> Iterator[Chunk]:
    """The words of a column of a data set that gives tables."""
    for table in batched.with_format("arrow").iter(_ROWS_OF_A_BATCH):
        yield from of_stream(table, tokens, column)


_NO_SENTENCE = (str, bytes, os.PathLike, io.IOBase, Mapping, Set)
"""Of a row of a table the names of its columns would be read, of a set words in any order, of a
file whole lines."""


def of_sentences(sentences: Iterable[Iterable[Item]]) -> Iterator[Chunk]:
    """The words of sentences that are lists of tokens, or of whole numbers."""
    tokens: list[str | None] = []
    size = 0
    kinds: set[type] = set()
    for number, sentence in enumerate(sentences):
        wrong = isinstance(sentence, _NO_SENTENCE) or getattr(sentence, "ndim", 1) != 1
        if wrong or not isinstance(sentence, Iterable):
            raise ValueError(
                f"sentence {number} is {reprlib.repr(sentence)}: expected a list of tokens, such "
                f"as line.split()"
            )
        words, joined, kind = _words(list(sentence), number)
        kinds |= {kind} if words else set()
        if len(kinds) > 1:
            raise ValueError(
                f"sentence {number} is of {kind.__name__}, and others are not: 7 and '7' would be"
                " one word. Give tokens of one kind"
            )
        if b"\0" in joined or not all(words):
            raise ValueError(
                f"sentence {number} has an empty token or one with a NUL character: leave them "
                f"out (line.split() does not make any, line.split(' ') does)"
            )
        tokens += words
        tokens.append(None)
        size += len(joined)
        if size >= text.CHUNK_BYTES:
            yield _chunk(tokens)
            tokens, size = [], 0
    yield _chunk(tokens)


def _words(sentence: list[Item], number: int) -> tuple[list[str], bytes, type]:
    """The tokens of a sentence as words, these together, and what they were."""
    words = cast("list[str]", sentence)
    try:
        return words, "".join(words).encode(), str
    except (TypeError, UnicodeEncodeError) as error:
        whole = [isinstance(x, int | np.integer) and not isinstance(x, bool) for x in sentence]
        if all(whole):
            words = [str(int(x)) for x in sentence]
            return words, "".join(words).encode(), int
        raise ValueError(
            f"sentence {number} must be a list of str tokens, or of whole numbers: {error}"
        ) from None


def _chunk(tokens: list[str | None]) -> Chunk:
    found = pa.array(tokens, pa.string()).dictionary_encode()
    return Chunk(found.dictionary, pc.fill_null(found.indices, SENTENCE_END).to_numpy())


@contextmanager
def complaints(
    name: object,
    wrong: str = "damaged, or not the Parquet or Arrow file that its suffix promises",
) -> Iterator[None]:
    """Arrow's errors with the name of what was read; those of the system as they are."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise ValueError(f"{name}: {wrong}: {error}") from error


def _parquet(
    file: pa.NativeFile, name: object, column: str | None
) -> Iterator[tuple[pa.Array, float]]:
    # It takes a while to import, and memory.
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(file) as parquet:
        column = _chosen(parquet.schema_arrow, column, name)
        # A list's values are at a path such as column.list.element.
        paths = [parquet.schema.column(i).path for i in range(len(parquet.schema))]
        leaves = [i for i, path in enumerate(paths) if f"{path}.".startswith(f"{column}.")]
    # With a buffer the pages of a row group are read one by one, and not all together. Words that
    # the file has once stay in a dictionary, so that memory does not grow by their repetition.
    with pyarrow.parquet.ParquetFile(
        file, buffer_size=1 << 20, read_dictionary=[paths[i] for i in leaves]
    ) as parquet:
        done = 0
        for group in range(parquet.num_row_groups):
            most = _rows_at_once(parquet, group, column, leaves)
            for batch in parquet.iter_batches(most, [group], [column]):
                done += len(batch)
                yield batch.column(column), done / max(done, parquet.metadata.num_rows)


def _rows_at_once(
    parquet: "pa.parquet.ParquetFile", group: int, column: str, leaves: list[int]
) -> int:
    """Rows of a group that make a chunk: Parquet counts a repeated word as one small number."""
    # As it begins to read, Arrow refuses a group whose description is damaged; asked for that
    # description alone, it ends the process.
    next(parquet.iter_batches(1, [group], [column]), None)
    described = parquet.metadata.row_group(group)
    parts = map(described.column, leaves)
    size = sum(max(part.total_uncompressed_size, 8 * part.num_values) for part in parts)
    most: int = text.CHUNK_BYTES * described.num_rows // max(1, size)
    return min(max(1, most), _MOST_ROWS)


def _ipc(file: pa.NativeFile, name: object, column: str | None) -> Iterator[tuple[pa.Array, float]]:
    """Both kinds of Arrow file: with an index of its batches at the end, and the mere stream."""
    size = max(1, file.size())
    indexed = file.read(6) == b"ARROW1"
    file.seek(0)
    if indexed:
        reader = pa.ipc.open_file(file)
        chosen = _chosen(reader.schema, column, name)
        for i in range(reader.num_record_batches):
            yield reader.get_batch(i).column(chosen), (i + 1) / reader.num_record_batches
        return
    stream = pa.ipc.open_stream(file)
    chosen = _chosen(stream.schema, column, name)
    for batch in stream:
        yield batch.column(chosen), file.tell() / size


def _chosen(schema: pa.Schema, column: str | None, name: object) -> str:
    suitable = [field.name for field in schema if is_text(field.type) or _is_list(field.type)]
    # Whole numbers may be items, and mostly are not: they are taken where nothing else is there.
    if named := [column] if column is not None else schema.names * (len(schema) == 1):
        suitable += [f.name for f in schema if f.name in named and is_list_of_numbers(f.type)]
    if column is None and len(suitable) == 1:
        column = suitable[0]
    if column in suitable and schema.names.count(column) == 1:
        return str(column)
    if column is None:
        wrong = "several columns may be the text" if suitable else "no column is text"
    elif column not in schema.names:
        wrong = f"no column {column!r}"
    elif column in suitable:
        wrong = f"several columns {column!r}"
    else:
        wrong = f"column {column!r} is not text"
    there = ", ".join(f"{field.name!r} ({field.type})" for field in schema)
    raise ValueError(
        f"{name}: {wrong}. Expected column= the name of a column of strings, or of lists of "
        f"strings or whole numbers. The columns are: {there or 'none'}"
    )


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are strings."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


# Views of lists are left out: Arrow 26 casts a part of one wrongly.
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


def _is_list(kind: pa.DataType) -> bool:
    return any(test(kind) for test in _LISTS) and (
        is_text(kind.value_type) or pa.types.is_null(kind.value_type)
    )


def is_list_of_numbers(kind: pa.DataType) -> bool:
    """Whether values of a type are lists of whole numbers."""
    return any(test(kind) for test in _LISTS) and bool(pa.types.is_integer(kind.value_type))


def _chunks(rows: pa.Array, name: object, tokens: Tokens) -> Iterator[Chunk]:
    """A row is a sentence, or text like that of a file; nulls are as if they were not there."""
    if is_text(rows.type):
        parts = ((_joined(part), 0) for part in _parts(rows))
        yield from (chunk for chunk, _ in text.chunks(parts, name, tokens))
    elif tokens != "whitespace":
        raise ValueError(f"{name}: lists are already tokens: tokens={tokens!r} is for text only")
    else:
        yield from (_encoded(part, name) for part in _parts(rows))


def _parts(rows: pa.Array) -> Iterator[pa.Array]:
    """Runs of rows, about a chunk of memory each, with the words of a dictionary written out."""
    values = rows if is_text(rows.type) else rows.flatten()
    size = rows.nbytes
    if pa.types.is_dictionary(values.type) and len(values.dictionary):
        lengths = pc.binary_length(values.dictionary.cast(pa.large_string()))
        size += len(values) * (pc.max(lengths).as_py() or 0)
    step = max(1, len(rows) * text.CHUNK_BYTES // max(1, size))
    return (rows.slice(start, step) for start in range(0, len(rows), step))


def _joined(rows: pa.Array) -> bytes:
    """Rows of text as text, in which two line ends close each of them."""
    rows = rows.cast(pa.string()).drop_null()  # of views Arrow drops none
    if pc.any(pc.starts_with(rows, "\ufeff")).as_py():  # passed over, as that of a file
        rows = pc.replace_substring_regex(rows, "^\ufeff", "")
    rows = rows.cast(pa.binary())
    together = pa.ListArray.from_arrays(text.to_arrow([0, len(rows)]), rows)
    joined: bytes = pc.binary_join(together, b"\n\n")[0].as_py()
    return joined + b"\n\n"


def _encoded(rows: pa.Array, name: object) -> Chunk:
    rows = rows.cast(pa.large_list(pa.large_string())).drop_null()
    values = rows.flatten()
    ends = np.cumsum(text.to_numpy(pc.list_value_length(rows)))
    if values.null_count:
        before = np.cumsum(np.concatenate([[0], text.to_numpy(values.is_valid().cast(pa.int8()))]))
        values, ends = values.drop_null(), before[ends]
    found = values.dictionary_encode()
    words = found.dictionary
    empty = text.to_numpy(pc.binary_length(words)) == 0
    bad = np.flatnonzero(empty | (text.to_numpy(pc.find_substring(words, "\0")) >= 0))
    if len(bad):
        raise ValueError(
            f"{name}: {words[int(bad[0])].as_py()!r} is a token: leave out those that are empty or "
            f"hold a NUL character"
        )
    return Chunk(words, np.insert(text.to_numpy(found.indices), ends, SENTENCE_END))
