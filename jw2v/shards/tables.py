"""The Parquet files of a text in shards: counts, a vocabulary, ids. docs/scaling.md describes them.

The metadata of a file has, under the name ``jw2v``, a JSON object that says what it was made from.
A file of another program has none, and is read all the same.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jw2v.reading import arrow
from jw2v.reading.text import AnyPath, to_arrow, to_numpy
from jw2v.shards.counting import COUNTS
from jw2v.shards.encoding import IDS
from jw2v.storage.files import replacing

__all__ = [
    "SUFFIX",
    "VERSION",
    "Kind",
    "Made",
    "counts_in",
    "files",
    "ids_in",
    "made",
    "named",
    "spill",
    "write",
]

Kind: TypeAlias = Literal["counts", "vocabulary", "ids"]
Made: TypeAlias = Mapping[str, Any]
"""What a file of ours was made from, as JSON holds it."""

SUFFIX = ".parquet"
VERSION = 1
"""Of the files, and of how texts are split: it rises when either changes."""
_KEY = b"jw2v"
_SAID: Mapping[Kind, tuple[str, ...]] = {
    "counts": ("tokens", "column", "source"),
    "vocabulary": ("tokens", "column", "min_count", "max_vocab", "source", "shards"),
    "ids": ("tokens", "column", "source", "vocabulary", "tokens_read"),
}
"""What our metadata tells of each kind."""
_SCHEMAS: Mapping[Kind, pa.Schema] = {"counts": COUNTS, "vocabulary": COUNTS, "ids": IDS}
_GROUP_BYTES = 32 << 20
_BATCH_ROWS = 1 << 14
_MOST_OFTEN = 1 << 48
"""A larger count is no count; sums of this many do not leave int64."""


def write(
    path: AnyPath,
    kind: Kind,
    batches: Iterable[pa.Table | pa.RecordBatch],
    say: Callable[[], Made],
) -> None:
    """Write a file, whole or not at all; ``say`` is asked what it was made from in the end."""
    with replacing(path) as file, _writer(file, kind) as writer:
        for table in _groups(batches):
            writer.write_table(table)
        said = {"kind": kind, "version": VERSION, **say()}
        writer.add_key_value_metadata({_KEY: json.dumps(said)})


def spill(path: AnyPath, counts: Iterable[pa.Table]) -> None:
    """Write counts to a temporary file."""
    with _writer(path, "counts") as writer:
        for table in _groups(counts):
            writer.write_table(table)


def _writer(sink: Any, kind: Kind) -> "pa.parquet.ParquetWriter":
    import pyarrow.parquet

    return pyarrow.parquet.ParquetWriter(sink, _SCHEMAS[kind], compression="zstd")


def _groups(batches: Iterable[pa.Table | pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches together, as many as make a row group."""
    held: list[pa.Table] = []
    for batch in batches:
        held.append(batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch]))
        if sum(table.nbytes for table in held) >= _GROUP_BYTES:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def made(path: AnyPath, kind: Kind | None = None) -> Made | None:
    """What a file was made from; None if it is not ours.

    Raises:
        ValueError: it is a file of ours, but of another kind, or damaged.
    """
    import pyarrow.parquet

    with arrow.complaints(path), pyarrow.parquet.ParquetFile(path) as file:
        text = (file.metadata.metadata or {}).get(_KEY)
    if text is None:
        return None
    try:
        found = json.loads(text)
        there = found.get("kind")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path}: damaged: its metadata is no JSON object ({error})") from None
    if there not in _SCHEMAS:  # such as a file of vectors
        return None
    if found.get("version") != VERSION:
        raise ValueError(
            f"{path} is of version {found.get('version')!r} of these files, and this jw2v makes"
            f" {VERSION}: make it again"
        )
    if missing := [name for name in _SAID[there] if name not in found]:
        raise ValueError(f"{path}: damaged: its metadata lacks {', '.join(missing)}: make it again")
    if kind not in (there, None):
        raise ValueError(f"{path} holds {there}: expected {kind}")
    return dict(found)


def files(paths: AnyPath | Iterable[AnyPath], kind: Kind) -> list[str]:
    """The files that paths stand for: of a folder its ``.parquet`` ones, by name without that.

    So the ids of a folder come in the order of its texts.

    Raises:
        ValueError: a folder has none, or there is no path.
        FileNotFoundError: there is no such file.
    """
    given: list[AnyPath] = [paths] if isinstance(paths, str | os.PathLike) else [*paths]
    found: list[str] = []
    for path in [os.fspath(each) for each in given]:
        if not os.path.isdir(path):
            if not os.path.exists(path):
                raise FileNotFoundError(f"no such file: {path!r}")
            found.append(path)
            continue
        names = [name for name in os.listdir(path) if name.endswith(SUFFIX) and name[0] != "."]
        if not names:
            raise ValueError(f"{path} has no {SUFFIX} files: expected {kind}, a file a shard")
        found += (os.path.join(path, name) for name in sorted(names, key=named))
    if not found:
        raise ValueError(f"expected files of {kind}, or a folder of them; got none")
    return found


def named(path: AnyPath) -> str:
    """The shard that a file is of.

    >>> named("counts/part-1.txt.parquet")
    'part-1.txt'
    """
    return os.path.basename(path).removesuffix(SUFFIX)


def counts_in(
    path: AnyPath, kind: Kind = "counts", rows: int = _BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """The rows of a file of counts, sorted by word, or of a vocabulary.

    Raises:
        ValueError: it is damaged, or not such a file: the message says why.
    """
    import pyarrow.parquet

    last: tuple[Any, ...] | None = None
    with arrow.complaints(path), pa.OSFile(os.fspath(path)) as opened:
        # With a buffer the pages of a row group are read one by one, and not all together.
        file = pyarrow.parquet.ParquetFile(opened, buffer_size=1 << 20)
        for name in COUNTS.names:
            if file.schema_arrow.names.count(name) != 1:
                raise ValueError(_unfit(path, kind, file.schema_arrow))
        for batch in file.iter_batches(rows, columns=COUNTS.names):
            batch.validate(full=True)  # a damaged one could point anywhere
            batch = _as_counts(batch, path, kind, file.schema_arrow)
            if len(batch):
                last = _in_order(batch, last, path, kind)
                yield batch


def _unfit(path: AnyPath, kind: Kind, schema: pa.Schema) -> str:
    wanted = ", ".join(f"{field.name}: {field.type}" for field in _SCHEMAS[kind])
    there = ", ".join(f"{field.name}: {field.type}" for field in schema)
    return f"{path} does not hold {kind}: expected the columns {wanted}; they are {there or 'none'}"


def _as_counts(
    batch: pa.RecordBatch, path: AnyPath, kind: Kind, schema: pa.Schema
) -> pa.RecordBatch:
    words, counts = (batch.column(name) for name in COUNTS.names)
    if not (arrow.is_text(words.type) and pa.types.is_integer(counts.type)):
        raise ValueError(_unfit(path, kind, schema))
    if words.null_count or counts.null_count:
        raise ValueError(f"{path}: a word or a count is null: leave such rows out")
    words = words.cast(pa.large_string())
    if pc.min(pc.binary_length(words)).as_py() == 0:
        raise ValueError(f"{path}: a word is empty: leave it out")
    limits = pc.min_max(counts).as_py()
    if len(counts) and not (limits["min"] >= 1 and limits["max"] <= _MOST_OFTEN):
        wrong = limits["min"] if limits["min"] < 1 else limits["max"]
        raise ValueError(f"{path}: {wrong} is no count: expected whole numbers of 1 or more")
    return pa.record_batch([words, counts.cast(pa.int64())], schema=COUNTS)


def _in_order(
    batch: pa.RecordBatch, last: tuple[Any, ...] | None, path: AnyPath, kind: Kind
) -> tuple[Any, ...]:
    """Refuse rows that are not in the order of their kind, and return the last one."""
    words, counts = batch.columns
    rising = pc.less(words[:-1], words[1:])
    if kind == "vocabulary":
        before, after = counts[:-1], counts[1:]
        rising = pc.or_(pc.greater(before, after), pc.and_(pc.equal(before, after), rising))
    first, end = (
        (words[i].as_py(),) if kind == "counts" else (-counts[i].as_py(), words[i].as_py())
        for i in (0, len(batch) - 1)
    )
    if not pc.all(rising, min_count=0).as_py() or (last is not None and last >= first):
        order = "word" if kind == "counts" else "falling count, then word"
        raise ValueError(
            f"{path}: the rows are not sorted by {order}, with each word once: sort them, by the"
            " bytes of UTF-8"
        )
    return end


def ids_in(path: AnyPath) -> Iterator[tuple[pa.ListArray, int]]:
    """The sentences of a file of ids, in batches, and how far into the file they reach, roughly.

    Raises:
        ValueError: it is damaged, or not such a file: the message says why.
    """
    if not os.fspath(path).endswith(SUFFIX):
        raise ValueError(f"{path} is not named {SUFFIX}: expected a file of ids")
    for rows, position in arrow.rows_of(path, "ids"):
        if not arrow.is_list_of_numbers(rows.type):
            raise ValueError(_unfit(path, "ids", pa.schema([("ids", rows.type)])))
        values = rows.flatten()
        if rows.null_count or values.null_count:
            raise ValueError(f"{path}: a sentence or an id is null: leave it out")
        limits = pc.min_max(values).as_py()
        if len(values) and not (limits["min"] >= 0 and limits["max"] < 2**31):
            wrong = limits["min"] if limits["min"] < 0 else limits["max"]
            raise ValueError(f"{path}: {wrong} is no id: expected the number of a row, from 0")
        ends = np.cumsum(to_numpy(pc.list_value_length(rows)))
        offsets = to_arrow(np.concatenate([[0], ends]))
        yield pa.ListArray.from_arrays(offsets, values.cast(pa.int32())), position
