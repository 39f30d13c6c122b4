"""Valid tables for ``fuzz_targets.py`` to begin with, as jw2v and other programs write them."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["TEXTS", "VECTORS"]


def parquet(table: pa.Table, **options: Any) -> bytes:
    """A table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def arrow(table: pa.Table, stream: bool = False, **options: Any) -> bytes:
    """A table as the bytes of an Arrow file or stream."""
    sink = io.BytesIO()
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with new(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue()


def tables_of_vectors() -> list[pa.Table]:
    """Tables of vectors as other programs write them."""
    rows = [[0.5, 1.0], [2.0, 3.0], [4.0, 5.0]]
    words = ["a", "b", "é"]
    return [
        pa.table({"word": pa.array(words, kind), "vector": pa.array(rows, lists)})
        for kind in (pa.string(), pa.large_string())
        for lists in (
            pa.list_(pa.float32()),
            pa.large_list(pa.float64()),
            pa.list_(pa.float32(), 2),
        )
    ]


def tables_of_text() -> list[pa.Table]:
    """Tables of text: strings, dictionaries and lists, with rows that are missing."""
    rows = ["a rose", None, "is a\n\nrose", ""]
    lists = [["a", "rose"], None, ["is", "a", None], []]
    kinds = (pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string()))
    of_rows = [pa.table({"n": [1, 2, 3, 4], "text": pa.array(rows, kind)}) for kind in kinds]
    return [*of_rows, *(pa.table({"text": pa.array(lists, pa.list_(kind))}) for kind in kinds)]


_ZSTD: dict[str, Any] = {"compression": "zstd"}
VECTORS = {
    "parquet": [parquet(t, **o) for t in tables_of_vectors() for o in ({}, _ZSTD)],
    "arrow": [arrow(t, **o) for t in tables_of_vectors() for o in ({}, _ZSTD)],
}
TEXTS = {
    "parquet": [parquet(t, **o) for t in tables_of_text() for o in ({}, _ZSTD)],
    "arrow": [
        arrow(t, stream, **o)
        for t in tables_of_text()
        for stream in (False, True)
        for o in ({}, _ZSTD)
    ],
}
