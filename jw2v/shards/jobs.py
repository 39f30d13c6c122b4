"""Whole jobs over the shards of a text: to count them, to make the vocabulary, to encode them.

Shards are worked on by an engine, each into a file of its own. What is there already, of the same
source and settings, is kept, so that the same call again does what is left.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa

from jw2v.choices import Engine, Tokens
from jw2v.reading import corpus, sources
from jw2v.reading.chosen import Chosen, Words
from jw2v.reading.text import SENTENCE_END, STANDARD_INPUT, AnyPath, Chunk, to_arrow, to_numpy
from jw2v.reading.vocabulary import Vocabulary
from jw2v.shards import engines, tables
from jw2v.shards.counting import COUNTS, merged, runs
from jw2v.shards.encoding import encoded
from jw2v.shards.engines import Run
from jw2v.shards.reading import Known, known, same_settings
from jw2v.storage.fingerprints import fingerprint

__all__ = ["Done", "Report", "count", "encode", "make_vocabulary"]

Report = Callable[[int, int], object]
"""``(done, all)``: bytes of shards."""

TOGETHER = 64
"""Files that are merged at a time: each is open, and has a batch in memory."""
_PIECE = 1 << 22


@dataclass(frozen=True)
class Done:
    """A shard that is counted or encoded."""

    path: str
    """the file that is there now"""
    kept: bool
    """whether it was there before"""
    source: str
    """the digest of the text"""
    warnings: tuple[str, ...] = ()
    """what was said of the text"""


def count(
    source: AnyPath | Iterable[AnyPath],
    folder: AnyPath,
    *,
    tokens: Tokens = "whitespace",
    column: str | None = None,
    engine: Engine | Run = "processes",
    workers: int | None = None,
    most: int | None = None,
    progress: Report | None = None,
) -> list[Done]:
    """Count the words of each text into a file of its own in a folder.

    A text with more distinct words than ``most`` is counted in runs, which are merged: they lie in
    a temporary folder until then.

    Args:
        source: texts, as :func:`jw2v.reading.corpus.read` takes them, each a shard.
        folder: where the counts are written, as ``NAME.parquet``; made if it is not there.
        tokens: how texts are split.
        column: that of tables which is the text.
        engine: what works on the shards: see :mod:`jw2v.shards.engines`.
        workers: processes; None for one a core.
        most: distinct words that a process holds at a time, some 30 bytes each; 4 million by
            default.
        progress: called after each shard.

    Warns:
        UserWarning: what reading a text warns of; a shard failed, and is tried again.

    Raises:
        ValueError: two texts have one name, or some failed time and again; the others are done.
        OSError: a text is missing, or the folder cannot be made.
        ImportError: the engine is not installed.

    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = Path(folder, "a.txt")
    ...     _ = text.write_text("a rose is a rose")
    ...     done = count(text, Path(folder, "counts"), workers=1)
    ...     Path(done[0].path).name, done[0].kept
    ('a.txt.parquet', False)
    """
    run = engines.named(engine, workers)
    shards = _shards(source, column)
    task = partial(
        _count,
        folder=os.path.abspath(folder),
        tokens=tokens,
        column=column,
        most=most,
    )
    return _over(run, task, shards, folder, progress)


def encode(
    source: AnyPath | Iterable[AnyPath],
    vocab: AnyPath,
    folder: AnyPath,
    *,
    tokens: Tokens | None = None,
    column: str | None = None,
    engine: Engine | Run = "processes",
    workers: int | None = None,
    progress: Report | None = None,
) -> list[Done]:
    """Write the ids of each text into a file of its own in a folder.

    Args:
        source, folder, engine, workers, progress: as of :func:`count`.
        vocab: the Parquet file of the vocabulary, which each worker reads.
        tokens: how texts are split; None for as they were counted, which our vocabularies tell, and
            at white space if this one does not.
        column: that of tables which is the text; None for that which was counted.

    Warns:
        UserWarning: as of :func:`count`; or a text is not one of those that were counted.

    Raises:
        ValueError: as of :func:`count`; or the vocabulary was counted with other settings.
        OSError, ImportError: as of :func:`count`.
    """
    run = engines.named(engine, workers)
    words = known(vocab)
    made = {} if words.made is None else words.made
    for name, given in (("tokens", tokens), ("column", column)):
        if given is not None and made.get(name, given) not in (given, None):
            raise ValueError(
                f"{name}={given!r} is not how the texts of {vocab} were counted, which is"
                f" {name}={made[name]!r}: leave it out, or count them anew"
            )
    column = column or made.get("column")
    tokens = tokens or made.get("tokens") or "whitespace"
    shards = _shards(source, column)
    task = partial(
        _encode,
        folder=os.path.abspath(folder),
        tokens=tokens,
        column=column,
        vocab=os.path.abspath(vocab),
        digest=words.digest,
    )
    done = _over(run, task, shards, folder, progress)
    if made.get("shards") is not None:
        counted = {digest for _, digest in made["shards"]}
        if others := [tables.named(each.path) for each in done if each.source not in counted]:
            warnings.warn(
                f"{len(others):,} of {len(done):,} texts, such as {others[0]}, are not those that"
                f" {vocab} was counted from, or have changed: training will refuse them",
                UserWarning,
                stacklevel=2,
            )
    return done


def make_vocabulary(
    counts: AnyPath | Iterable[AnyPath],
    output: AnyPath,
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    vocab: Words | None = None,
    keep: Iterable[str] = (),
    stop: Iterable[str] = (),
    engine: Engine | Run = "processes",
    workers: int | None = None,
) -> Vocabulary:
    """Merge counts into the vocabulary of all their texts, and write it.

    Batches of the files are merged, so that their distinct words need not fit into memory, only
    those that are chosen. Of more than 64 files an engine merges 64 at a time first.

    Args:
        counts: Parquet files of ``word: large_string, count: int64``, sorted by word, each once; or
            a folder of them.
        output: the Parquet file to write.
        min_count, max_vocab, vocab, keep, stop: as of :func:`jw2v.reading.corpus.read`.
        engine, workers: as of :func:`count`.

    Warns:
        UserWarning: a word of ``vocab`` or ``keep`` does not occur, or none of ``stop`` does.

    Raises:
        ValueError: a file is not of counts, they were counted with different settings, or no word
            is frequent enough.
        OSError: a file cannot be read or written.
        ImportError: the engine is not installed.
    """
    run = engines.named(engine, workers)
    chosen = Chosen.of(min_count, max_vocab, vocab, keep, stop)
    paths = tables.files(counts, "counts")
    made = {path: tables.made(path, "counts") for path in paths}
    settings = same_settings(made)
    shards = sorted([tables.named(path), each["source"]] for path, each in made.items() if each)
    whole = len(shards) == len(paths)
    with tempfile.TemporaryDirectory(
        prefix=".jw2v-", dir=os.path.dirname(os.path.abspath(output))
    ) as folder:
        found = _chosen(chosen, _sum(run, paths, folder))
    source = fingerprint(digest for _, digest in sorted(shards, key=lambda each: each[1]))
    table = pa.table(
        [pa.array(found.words, pa.large_string()), to_arrow(found.counts, np.int64)], COUNTS
    )
    tables.write(
        output,
        "vocabulary",
        [table],
        lambda: {
            "tokens": None,
            "column": None,
            **settings,
            "min_count": min_count,
            "max_vocab": max_vocab,
            "source": source if whole else None,
            "shards": shards if whole else None,
        },
    )
    return found


def _sum(run: Run, paths: list[str], folder: str) -> Iterator[pa.Table]:
    """The sum of files of counts, in batches; files of sums in between lie in ``folder``."""
    level = 0
    while len(paths) > TOGETHER:
        groups = [paths[i : i + TOGETHER] for i in range(0, len(paths), TOGETHER)]
        targets = [os.path.join(folder, f"{level}-{i}.parquet") for i in range(len(groups))]
        items = [
            ([*map(os.path.abspath, group)], target)
            for group, target in zip(groups, targets, strict=True)
        ]
        engines.tried(run, _merge, items, lambda item: f"the sum of {item[0][0]} and others")
        paths, level = targets, level + 1
    return merged([tables.counts_in(path) for path in paths])


def _merge(item: tuple[list[str], str]) -> None:
    paths, target = item
    tables.spill(target, merged([*map(tables.counts_in, paths)]))


def _chosen(chosen: Chosen, batches: Iterable[pa.Table]) -> Vocabulary:
    """The words that are chosen, of all that are counted."""
    words: list[str] = []
    counts: list[np.ndarray[Any, Any]] = []
    wanted = {*(chosen.only or ()), *chosen.keep, *chosen.stop}
    seen: set[str] = set()
    tokens = distinct = 0
    top = (0, "")
    for batch in batches:
        here = to_numpy(batch["count"].combine_chunks())
        tokens, distinct = tokens + int(here.sum()), distinct + len(here)
        often = here >= chosen.min_count
        if wanted:
            found = [*map(wanted.__contains__, batch["word"].to_pylist())]
            named = np.flatnonzero(found)
            seen |= {*batch["word"].take(to_arrow(named)).to_pylist()}
            often = np.asarray(found) if chosen.only is not None else often | found
        rows = np.flatnonzero(often)
        words += batch["word"].take(to_arrow(rows)).to_pylist()
        counts.append(here[rows])
        first = int(here.argmax())
        top = max(top, (int(here[first]), batch["word"][first].as_py()))
    if not distinct:
        raise ValueError("no words in the counts: expected those of a text with at least one word")
    if not words:
        raise ValueError(
            f"no word occurs at least min_count = {chosen.min_count:,} times: {tokens:,} tokens of"
            f" {distinct:,} distinct words were counted, and the most frequent, {top[1]!r}, occurs"
            f" {top[0]:,} times. Give more text, or lower min_count"
            if chosen.only is None
            else "no word of the text is in the vocabulary that was given: are both split alike"
            f" (tokens), in the same case? The most frequent is {top[1]!r}"
        )
    vocabulary = chosen.vocabulary(words, np.concatenate(counts), known=())
    if said := chosen.complaint(vocabulary, seen):
        warnings.warn(said, UserWarning, stacklevel=3)
    return vocabulary


def _shards(source: AnyPath | Iterable[AnyPath], column: str | None) -> list[str]:
    """The files of texts, each of which is a shard, by the names that their results will have."""
    paths = [source] if isinstance(source, str | os.PathLike) else source
    found = [os.fspath(path) for path in sources.files(paths)]
    if STANDARD_INPUT in found:
        raise ValueError("standard input is no shard: give files, which can be read again")
    if not found:
        raise ValueError("expected texts, each of which is a shard; got none")
    if column is not None and not any(map(corpus.has_columns, found)):
        raise ValueError(f"column={column!r} is for tables, and there is none in what is to read")
    named: dict[str, str] = {}
    for path in found:
        other = named.setdefault(os.path.basename(path), path)
        if other is not path:
            raise ValueError(
                f"{other} and {path} have the same name, by which their results are kept: name"
                " them differently, or give them one by one with folders of their own"
            )
    return found


def _over(
    run: Run,
    task: Callable[[str], Done],
    shards: list[str],
    folder: AnyPath,
    progress: Report | None,
) -> list[Done]:
    """A task of each shard, with the largest first: the last ones then end together."""
    os.makedirs(folder, exist_ok=True)
    sizes = {path: os.path.getsize(path) for path in shards}
    order = sorted(shards, key=lambda path: -sizes[path])
    done = 0

    def report(number: int) -> None:
        nonlocal done
        done += sizes[order[number]]
        if progress is not None:
            progress(done, sum(sizes.values()))

    absolute = [*map(os.path.abspath, order)]
    results = engines.tried(run, task, absolute, os.path.basename, report)
    for said in dict.fromkeys(said for each in results for said in each.warnings):
        warnings.warn(said, UserWarning, stacklevel=3)
    by_path = dict(zip(order, results, strict=True))
    return [by_path[path] for path in shards]


def _count(
    shard: str, *, folder: str, tokens: Tokens, column: str | None, most: int | None
) -> Done:
    source = _digest(shard)
    made = {"tokens": tokens, "column": column, "source": source}
    target = os.path.join(folder, os.path.basename(shard) + tables.SUFFIX)
    if _is_there(target, "counts", made):
        return Done(target, True, source)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        parts = runs(_chunks(shard, tokens, column), most)
        with tempfile.TemporaryDirectory(prefix="jw2v-") as spilled:
            tables.write(target, "counts", _spilled(parts, spilled), lambda: made)
    return Done(target, False, source, _messages(said))


def _spilled(parts: Iterator[pa.Table], folder: str) -> Iterator[pa.Table]:
    """The sum of runs of counts: of more than one, by files in a folder."""
    paths: list[str] = []
    held = next(parts, None)
    for part in parts:
        paths.append(_spill(held, folder, len(paths)))
        held = part
    if not paths:
        yield from [] if held is None else [held]
        return
    paths.append(_spill(held, folder, len(paths)))
    del held
    yield from _sum(engines.serial, paths, folder)


def _spill(part: pa.Table, folder: str, number: int) -> str:
    path = os.path.join(folder, f"run-{number}.parquet")
    tables.spill(path, [part])
    return path


def _encode(
    shard: str,
    *,
    folder: str,
    tokens: Tokens,
    column: str | None,
    vocab: str,
    digest: str,
) -> Done:
    source = _digest(shard)
    made = {"tokens": tokens, "column": column, "source": source, "vocabulary": digest}
    target = os.path.join(folder, os.path.basename(shard) + tables.SUFFIX)
    if _is_there(target, "ids", made):
        return Done(target, True, source)
    words = _known(vocab, os.stat(vocab).st_mtime_ns)
    if words.digest != digest:
        raise ValueError(f"{vocab} has changed: give the same command again")
    tokens_read = 0

    def noted(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        nonlocal tokens_read
        for chunk in chunks:
            tokens_read += int(np.count_nonzero(chunk.numbers != SENTENCE_END))
            yield chunk

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        tables.write(
            target,
            "ids",
            encoded(noted(_chunks(shard, tokens, column)), words.vocabulary),
            lambda: {**made, "tokens_read": tokens_read},
        )
    return Done(target, False, source, _messages(said))


@lru_cache(maxsize=1)
def _known(vocab: str, changed: int) -> Known:
    """A vocabulary, read once by each process."""
    return known(vocab)


def _chunks(shard: str, tokens: Tokens, column: str | None) -> Iterator[Chunk]:
    column = column if corpus.has_columns(shard) else None
    return corpus.chunks(shard, tokens=tokens, column=column)


def _digest(path: str) -> str:
    """Of the bytes of a file, as it lies on the disk."""
    with open(path, "rb") as file:
        return fingerprint(iter(lambda: file.read(_PIECE), b""))


def _is_there(path: str, kind: tables.Kind, made: tables.Made) -> bool:
    """Whether a file is whole and was made from just this."""
    try:
        there = tables.made(path, kind)
    except (ValueError, OSError):
        return False
    return there is not None and all(there[name] == value for name, value in made.items())


def _messages(said: Iterable[warnings.WarningMessage]) -> tuple[str, ...]:
    return tuple(str(each.message) for each in said)
