"""Tables of Parquet and Arrow: a column ``word`` of strings, and ``vector``, a list of numbers.

The lists have one length, and hold float32 or float64. Any word can be held. A column ``count`` of
whole numbers, without nulls, has the counts of the words where they are known. The table's schema
has the metadata as JSON under the name ``jw2v``. Both are files that pandas, polars, DuckDB and
many more can read, and write.
"""

import json
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jw2v.formats._selection import Selection
from jw2v.formats._shared import (
    ANY_WORD,
    BLOCK_BYTES,
    COUNTS,
    Contents,
    Path,
    RowBlocks,
    Vectors,
    encoded,
)
from jw2v.storage import files

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "load_arrow",
    "load_counts_of_arrow",
    "load_counts_of_parquet",
    "load_parquet",
    "save_arrow",
    "save_parquet",
]

Counts: TypeAlias = npt.NDArray[np.int64]
Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

_KEY = b"jw2v"
_COUNT = "count"
"""The column of counts."""


def save_parquet(
    path: Path,
    words: Sequence[str],
    vectors: Vectors,
    metadata: Mapping[str, str],
    arrays: Arrays = MappingProxyType({}),
) -> None:
    """Write a Parquet file.

    Raises:
        ValueError: a word is not valid Unicode.
        OSError: the file cannot be written.
    """
    import pyarrow.parquet as pq

    held, counts = encoded(words, *ANY_WORD), arrays.get(COUNTS)
    schema = _schema(vectors, metadata, counts)
    with (
        files.replacing(path) as file,
        pq.ParquetWriter(file, schema, use_dictionary=False, compression="zstd") as writer,
    ):
        for batch in _batches(held, vectors, schema, counts):
            writer.write_batch(batch)


def save_arrow(
    path: Path,
    words: Sequence[str],
    vectors: Vectors,
    metadata: Mapping[str, str],
    arrays: Arrays = MappingProxyType({}),
) -> None:
    """Write an Arrow IPC file, which can be mapped into memory; raises as for Parquet."""
    import pyarrow as pa

    held, counts = encoded(words, *ANY_WORD), arrays.get(COUNTS)
    schema = _schema(vectors, metadata, counts)
    with files.replacing(path) as file, pa.ipc.new_file(file, schema) as writer:
        for batch in _batches(held, vectors, schema, counts):
            writer.write_batch(batch)


def _schema(
    vectors: Vectors, metadata: Mapping[str, str], counts: Counts | None = None
) -> "pa.Schema":
    import pyarrow as pa

    number = pa.float64() if vectors.dtype.itemsize == 8 else pa.float32()
    fields = [
        pa.field("word", pa.string(), nullable=False),
        pa.field("vector", pa.list_(number, vectors.shape[1]), nullable=False),
    ]
    if counts is not None:
        fields.append(pa.field(_COUNT, pa.int64(), nullable=False))
    return pa.schema(fields, {_KEY: json.dumps(dict(metadata))})


def _batches(
    words: Sequence[bytes], vectors: Vectors, schema: "pa.Schema", counts: Counts | None = None
) -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa

    step = max(1, BLOCK_BYTES // (vectors.itemsize * vectors.shape[1]))
    kind = schema.field("vector").type
    for start in range(0, len(words), step):
        some, block = words[start : start + step], vectors[start : start + step]
        values = np.ascontiguousarray(block).ravel()
        numbers = pa.Array.from_buffers(kind.value_type, len(values), [None, pa.py_buffer(values)])
        ends = np.cumsum([0, *map(len, some)])
        if ends[-1] >= 1 << 31:
            raise ValueError("the words are too long: expected less than 2 GiB in a block of rows")
        buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(some))]
        texts = pa.Array.from_buffers(pa.string(), len(some), buffers)
        lists = pa.FixedSizeListArray.from_arrays(numbers, type=kind)
        more = [] if counts is None else [pa.array(counts[start : start + step])]
        yield pa.record_batch([texts, lists, *more], schema=schema)


def load_parquet(path: Path, selection: Selection) -> Contents:
    """Read a Parquet file.

    Raises:
        ValueError: the file is truncated or damaged, or has no such columns.
        OSError: the file is missing or cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with (
        _complaints("Parquet"),
        pa.OSFile(os.fspath(path)) as source,
        # With a buffer the pages of a row group are read one by one, and not all together.
        pq.ParquetFile(source, buffer_size=1 << 20) as file,
    ):
        dim = _dim_of(file.schema_arrow)
        rows = max(1, BLOCK_BYTES // (8 * (dim or 1000)))
        batches = file.iter_batches(rows, columns=["word", "vector"])
        return _contents(batches, file.schema_arrow, file.metadata.num_rows, selection)


def load_arrow(path: Path, selection: Selection) -> Contents:
    """Read an Arrow IPC file; raises as for Parquet."""
    import pyarrow as pa

    with (
        _complaints("Arrow"),
        pa.memory_map(os.fspath(path)) as source,
        pa.ipc.open_file(source) as file,
    ):
        _dim_of(file.schema)
        batches = (file.get_batch(i) for i in range(file.num_record_batches))
        return _contents(batches, file.schema, None, selection)


def load_counts_of_parquet(path: Path) -> dict[str, Counts]:
    """The counts of a Parquet file that :func:`load_parquet` has read, if it has any."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with (
        _complaints("Parquet"),
        pa.OSFile(os.fspath(path)) as source,
        pq.ParquetFile(source) as file,
    ):
        has = _COUNT in file.schema_arrow.names
        return _counts(file.read([_COUNT])) if has else {}


def load_counts_of_arrow(path: Path) -> dict[str, Counts]:
    """The counts of an Arrow file that :func:`load_arrow` has read, if it has any."""
    import pyarrow as pa

    with (
        _complaints("Arrow"),
        pa.memory_map(os.fspath(path)) as source,
        pa.ipc.open_file(source) as file,
    ):
        has = _COUNT in file.schema.names
        return _counts(file.read_all()) if has else {}


def _counts(table: "pa.Table") -> dict[str, Counts]:
    """A column of counts; one that can be none is left out, which is said."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(_COUNT)
    wrong = None
    if column.null_count:
        wrong = "a row without one"
    elif not pa.types.is_integer(column.type):
        wrong = str(column.type)
    elif len(column) and pc.min_max(column)["min"].as_py() < 0:
        wrong = "a number below 0"
    if wrong:
        warnings.warn(
            f"the column {_COUNT!r} is left out: expected a whole number of 0 or more in each row,"
            f" got {wrong}",
            stacklevel=4,
        )
        return {}
    return {COUNTS: column.cast(pa.int64()).to_numpy().copy()}


@contextmanager
def _complaints(kind: str) -> Iterator[None]:
    """Arrow's errors as one kind of error; those of the system as they are."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, MemoryError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise ValueError(f"truncated, damaged, or not {kind}: {error}") from error


def _dim_of(schema: "pa.Schema") -> int | None:
    """The length of the lists if their type tells it; refuses a table without such columns."""
    import pyarrow.types as types

    found = {field.name: field.type for field in schema}
    word, vector = found.get("word"), found.get("vector")
    texts = (types.is_string, types.is_large_string)
    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    numbers = (types.is_float32, types.is_float64)
    if (
        word is None
        or vector is None
        or len(found) < len(schema)
        or not any(is_it(word) for is_it in texts)
        or not any(is_it(vector) for is_it in lists)
        or not any(is_it(vector.value_type) for is_it in numbers)
    ):
        raise ValueError(
            f"expected a column 'word' of strings and a column 'vector' of lists of float32 or "
            f"float64, got {', '.join(f'{field.name}: {field.type}' for field in schema)}"
        )
    return vector.list_size if types.is_fixed_size_list(vector) else None


def _contents(
    batches: Iterable["pa.RecordBatch"],
    schema: "pa.Schema",
    promised: int | None,
    selection: Selection,
) -> Contents:
    wide = schema.field("vector").type.value_type.bit_width == 64
    rows: RowBlocks | None = None
    dim = 0
    for batch in batches:
        batch = batch.slice(0, selection.room)
        batch.validate(full=True)  # a damaged one could point anywhere
        texts, lists = batch.column("word"), batch.column("vector")
        if not len(batch):
            continue
        block = _block(lists)
        if rows is None:
            dim = block.shape[1]
            rows = RowBlocks(dim, np.float64 if wide else np.float32)
        if texts.null_count or block.shape[1] != dim:
            raise ValueError(f"expected a word and a vector of {dim:,} numbers in each row")
        rows.append(block[selection.take(texts.to_pylist())])
        if selection.full:
            break
    if promised is not None and selection.rows != promised and not selection.full:
        raise ValueError(
            f"damaged: {promised:,} rows are promised, but {selection.rows:,} are there"
        )
    if rows is None:
        raise ValueError("the table has no rows")
    return selection.words, rows.whole(), _metadata(schema)


def _block(lists: "pa.Array") -> Vectors:
    lengths: list[Any] = lists.value_lengths().unique().to_pylist()
    numbers = lists.flatten()
    if lists.null_count or numbers.null_count or len(lengths) != 1:
        raise ValueError("expected vectors of one length, with no number missing")
    values: Vectors = np.from_dlpack(numbers)  # type: ignore[assignment]
    return values.reshape(len(lists), lengths[0])


def _metadata(schema: "pa.Schema") -> dict[str, str]:
    text = (schema.metadata or {}).get(_KEY)
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"damaged: its metadata is not JSON ({error})") from error
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ValueError("damaged: its metadata must be texts by name")
    return found
