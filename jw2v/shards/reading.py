"""A text from the files of its ids and its vocabulary, as training takes it."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt

from jw2v.reading import arrow
from jw2v.reading.corpus import SENTENCE_END, Corpus, ReadReport, append
from jw2v.reading.text import AnyPath, to_numpy
from jw2v.reading.vocabulary import Vocabulary
from jw2v.shards import tables
from jw2v.shards.encoding import joined
from jw2v.shards.tables import Made
from jw2v.storage import memory
from jw2v.storage.fingerprints import fingerprint

__all__ = ["SETTINGS", "Known", "are_ids", "known", "read", "read_vocabulary", "same_settings"]

SETTINGS = ("tokens", "column")
"""What must be the same for all shards of a text."""


class Known(NamedTuple):
    """A vocabulary of a file."""

    vocabulary: Vocabulary
    digest: str
    made: Made | None
    """what it was made from, if we made it"""


def known(path: AnyPath) -> Known:
    """The vocabulary of a file with its digest and what it was made from.

    Raises:
        ValueError: it is no vocabulary, or damaged.
        OSError: it cannot be read.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f"no such file: {os.fspath(path)!r}: expected a vocabulary")
    made = tables.made(path, "vocabulary")
    words: list[str] = []
    counts: list[npt.NDArray[np.int64]] = []
    for batch in tables.counts_in(path, "vocabulary", rows=1 << 18):
        words += batch["word"].to_pylist()
        counts.append(to_numpy(batch["count"]))
    if not words:
        raise ValueError(f"{path} has no words: expected one at least")
    vocabulary = Vocabulary(tuple(words), np.concatenate(counts))
    numbers = vocabulary.counts.astype("<i8")
    return Known(vocabulary, fingerprint([*vocabulary.words, numbers]), made)


def read_vocabulary(path: AnyPath) -> Vocabulary:
    """The vocabulary of a Parquet file: ``word`` and ``count``, by falling count, then word.

    Raises:
        ValueError: it is no such file, or damaged.
        OSError: it cannot be read.
    """
    return known(path).vocabulary


def are_ids(source: Any, *, foreign: bool) -> TypeGuard[AnyPath | Sequence[AnyPath]]:
    """Whether what is to be trained on is ids: one path or several, of Parquet files.

    Args:
        source: what was given.
        foreign: whether files of other programs may be meant, whose numbers could also be items.
    """
    paths = [source] if isinstance(source, str | os.PathLike) else source
    if not isinstance(paths, list | tuple) or not paths:
        return False
    if not all(isinstance(path, str | os.PathLike) for path in paths):
        return False
    try:
        first = tables.files(paths[:1], "ids")[0]
    except (ValueError, OSError):
        return False
    if not first.endswith(tables.SUFFIX) or not os.path.isfile(first):
        return False
    import pyarrow.parquet

    with arrow.complaints(first), pyarrow.parquet.ParquetFile(first) as file:
        schema = file.schema_arrow
    made = tables.made(first)
    if made is not None:
        return bool(made["kind"] == "ids")
    fits: bool = schema.names == ["ids"] and arrow.is_list_of_numbers(schema.field("ids").type)
    return foreign and fits


def read(
    ids: AnyPath | Iterable[AnyPath],
    vocab: AnyPath,
    *,
    whole: bool = True,
    progress: ReadReport | None = None,
) -> Corpus:
    """A text from the files of its ids and of its vocabulary.

    It is that which :func:`jw2v.reading.corpus.read` makes of the texts themselves, in the order of
    the files: equal ids and vocabulary, and so the same vectors, bit for bit. The ids are mapped
    from an unnamed temporary file, as there.

    Args:
        ids: Parquet files of ``ids: list<int32>``, a sentence a row, or a folder of them, which are
            read in the order of their names.
        vocab: a Parquet file of ``word: large_string, count: int64``, whose rows the ids number.
        whole: False if the ids may be a part of the text: the counts are still those of all of it.
        progress: called while files are read, with the bytes done and those of all.

    Raises:
        ValueError: the files are not these, or do not belong together: ids beyond the vocabulary,
            a shard that is missing, other settings of tokens, another vocabulary.
        OSError: a file cannot be read, or there is no space for the temporary file.

    >>> from pathlib import Path
    >>> import pyarrow as pa, pyarrow.parquet as pq
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ids, vocab = Path(folder, "ids.parquet"), Path(folder, "vocab.parquet")
    ...     pq.write_table(pa.table({"word": ["a", "rose"], "count": [2, 1]}), vocab)
    ...     pq.write_table(pa.table({"ids": [[0, 1], [0]]}), ids)
    ...     read(ids, vocab).ids.tolist()
    [0, 1, -1, 0, -1]
    """
    paths = tables.files(ids, "ids")
    words = known(vocab)
    made = [tables.made(path, "ids") for path in paths]
    ours = {path: each for path, each in zip(paths, made, strict=True) if each is not None}
    settings = same_settings({os.fspath(vocab): words.made, **ours})
    for path, each in ours.items():
        if each["vocabulary"] != words.digest:
            raise ValueError(
                f"{path} was encoded with another vocabulary than {vocab}: give that one, or"
                " encode the texts again"
            )
    if whole:
        _refuse_missing(words.made, ours, paths)
    size = len(words.vocabulary)
    counts = np.zeros(size, np.int64)
    with tempfile.TemporaryFile(prefix="jw2v-") as file:
        for path, piece in _pieces(paths, progress):
            here = _counted(piece, size, path, vocab)
            counts[: len(here)] += here
            append(file, piece)
        memory.release()
        if whole:
            _refuse_others(counts, words.vocabulary, paths, vocab)
        if not counts.any():
            raise ValueError(f"no ids in {paths[0]}: expected a sentence at least")
        found = np.memmap(file, np.int32, "r")
    tokens_read = sum(each["tokens_read"] for each in ours.values())
    if len(ours) < len(paths):
        tokens_read = int(counts.sum())
    limits = {name: words.made[name] for name in ("min_count", "max_vocab")} if words.made else {}
    return Corpus(words.vocabulary, found, tokens_read, {**settings, **limits})


def same_settings(files: Mapping[str, Made | None]) -> dict[str, Any]:
    """The settings of tokens of several files; those of other programs tell none.

    Raises:
        ValueError: they differ.
    """
    found: dict[str, Any] = {}
    first = ""
    for path, made in files.items():
        if made is None:
            continue
        here = {name: made[name] for name in SETTINGS if name in made}
        if found and here != found:
            said = (", ".join(f"{k}={v!r}" for k, v in each.items()) for each in (found, here))
            raise ValueError(
                f"{first} was made with {next(said)}, and {path} with {next(said)}: make all shards"
                " with the same settings"
            )
        found, first = found or here, first or path
    return found


def _refuse_missing(made: Made | None, ours: Mapping[str, Made], paths: Sequence[str]) -> None:
    """Say which shards are not there, or are not of the text that was counted."""
    if made is None or made["shards"] is None or len(ours) < len(paths):
        return
    names = {digest: name for name, digest in made["shards"]}
    wanted = Counter(digest for _, digest in made["shards"])
    there = Counter(each["source"] for each in ours.values())
    if missing := sorted(names[digest] for digest in wanted - there):
        some = ", ".join(missing[:3]) + ", …" * (len(missing) > 3)
        raise ValueError(
            f"{len(missing):,} of the {wanted.total():,} shards that were counted are not among the"
            f" ids: {some}: encode them too, as they were when they were counted"
        )
    for path, each in ours.items():
        if each["source"] not in wanted:
            raise ValueError(
                f"{path} is of a text that the vocabulary was not counted from: count it too, or"
                " leave it out"
            )


def _refuse_others(
    counts: npt.NDArray[np.int64], vocabulary: Vocabulary, paths: Sequence[str], vocab: AnyPath
) -> None:
    """Refuse ids that do not occur as often as the vocabulary says."""
    wrong = np.flatnonzero(counts != vocabulary.counts)
    if len(wrong):
        first = int(wrong[0])
        raise ValueError(
            f"{vocab} counts {vocabulary.counts[first]:,} times {vocabulary.words[first]!r}, and"
            f" the ids of {len(paths):,} files have it {counts[first]:,} times: a shard is missing"
            " or comes twice, or the vocabulary is of another text"
        )


def _pieces(
    paths: Sequence[str], progress: ReadReport | None
) -> Iterator[tuple[str, npt.NDArray[np.int32]]]:
    sizes = [os.path.getsize(path) for path in paths]
    done = 0
    for path, size in zip(paths, sizes, strict=True):
        for rows, position in tables.ids_in(path):
            if progress is not None:
                progress(done + position, sum(sizes))
            yield path, joined(rows)
        done += size


def _counted(
    ids: npt.NDArray[np.int32], size: int, path: str, vocab: AnyPath
) -> npt.NDArray[np.int64]:
    """How often each id occurs, up to the largest."""
    if (largest := int(ids.max(initial=0))) >= size:
        raise ValueError(
            f"{path} has the id {largest:,}, and the {size:,} words of {vocab} have those up to"
            f" {size - 1:,}: give the vocabulary that it was encoded with"
        )
    return np.bincount(ids[ids != SENTENCE_END])
