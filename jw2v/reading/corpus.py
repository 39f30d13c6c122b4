"""From text to word ids, in one pass, never holding the text.

A text is read in chunks. Each chunk is split and dictionary-encoded by Arrow; Python sees only the
distinct words of a chunk. Ids in the order of reading go to a temporary file, and when the counts
are known, one more pass over that file turns them into ids in the order of the vocabulary.
"""

from __future__ import annotations

import itertools
import os
import reprlib
import stat
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from io import IOBase
from typing import IO, Any, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from jw2v.choices import Tokens
from jw2v.reading import arrow, rows, sources, text
from jw2v.reading.arrow import ArrowStream, Batched, Framed, Item
from jw2v.reading.chosen import Chosen, Words
from jw2v.reading.text import SENTENCE_END, AnyPath, Chunk
from jw2v.reading.vocabulary import Vocabulary
from jw2v.storage import memory
from jw2v.storage.fingerprints import fingerprint

__all__ = [
    "SENTENCE_END",
    "Corpus",
    "ReadReport",
    "Source",
    "Tokens",
    "append",
    "chunks",
    "has_columns",
    "read",
]

Source: TypeAlias = (
    AnyPath | Iterable[AnyPath] | Iterable[Iterable[Item]] | ArrowStream | Batched | Framed
)
"""A file, several, sentences that are already lists of tokens, or a table in memory."""

ReadReport: TypeAlias = Callable[[int, int], object]
"""``(bytes_done, bytes_total)``, of the files as they lie on disk; the total is 0 where it is not
known, as that of a pipe."""

_MARKUP = (".html", ".htm", ".xhtml", ".xml", ".json", ".ipynb", ".rtf")
_DROPPED = -2
_PIECE = 1 << 20


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as ids.

    Attributes:
        vocabulary: the words that were kept.
        ids: [n], int32: the ids of the kept words in the order of the text. SENTENCE_END closes
            each sentence; no sentence is empty. The array is mapped from an unnamed temporary
            file, so it may be larger than memory.
        tokens_read: how many tokens the text has, dropped ones included.
        settings: those of :func:`read` that made it, by name; empty if it was made otherwise.
    """

    vocabulary: Vocabulary
    ids: npt.NDArray[np.int32]
    tokens_read: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """A digest of the words, their counts and the ids: equal for equal texts."""
        words, counts = self.vocabulary.words, self.vocabulary.counts.astype("<i8")
        starts = range(0, len(self.ids), _PIECE)
        ids = (self.ids[start : start + _PIECE].astype("<i4", copy=False) for start in starts)
        return fingerprint(itertools.chain(words, [counts], ids))


def read(
    source: Source,
    *,
    tokens: Tokens = "whitespace",
    min_count: int = 5,
    max_vocab: int | None = None,
    column: str | None = None,
    known: Container[str] = (),
    vocab: Words | None = None,
    keep: Iterable[str] = (),
    stop: Iterable[str] = (),
    progress: ReadReport | None = None,
) -> Corpus:
    """Read a text into a vocabulary and ids.

    Rare words are dropped as if the text did not have them: their neighbours become adjacent.

    Args:
        source: the path of a UTF-8 text file (plain, or packed: ``.gz``, ``.xz``, ``.bz2``,
            ``.zst``) or of a table (``.parquet``; ``.arrow`` or ``.feather``: Arrow's file or
            stream; ``.jsonl``, ``.csv`` or ``.tsv``, also packed); a folder or pattern, which
            stands for its files (:func:`jw2v.reading.sources.files`); ``"-"``, standard input;
            several of these; an iterable of sentences, each a sequence of tokens, or of whole
            numbers such as those of items, whose words are their digits; or a table, column or
            stream of batches in memory (of pyarrow, pandas, polars, Hugging Face's datasets and
            others). It is read once, so that a generator will do.
        tokens: how files are split. ``"whitespace"``: the text is already tokenised, a token is
            what stands between white space, and a line is a sentence. ``"words"``: prose; text is
            lower-cased letter by letter (İ becomes i, and Σ σ at the end of a word too), a word is
            a run of letters, marks and digits with inner apostrophes (’ is read as '), and
            everything else separates, so that 3.5 is two words. A sentence ends at an empty line,
            and at ``.``, ``!`` or ``?`` (and closing quotes or brackets) before white space, so
            that "Mr. Smith" is cut too; other line ends are only white space. The end of a file
            ends a sentence.
        min_count: words that occur less often are dropped.
        max_vocab: keep at most this many words, the most frequent; None for no limit.
        column: the column of each table that is the text; None where only one can be, which
            ``.jsonl``, ``.csv`` and ``.tsv`` do not tell. Its rows are sentences if they are lists
            of tokens; if they are strings, each is split like a file. Nulls, rows or tokens, are
            skipped.
        known: words that are kept however rare they are, such as :class:`jw2v.WordVectors` from
            which training is to start. ``max_vocab`` may leave them out.
        vocab: the words that get a vector, if the text has them, and no others. With counts, as a
            mapping or :class:`Vocabulary`, ``min_count`` and ``max_vocab`` are of these counts;
            without, all stay, however rare they are. What training draws by, and what it thins
            out, are the counts of the text. :func:`jw2v.reading.chosen.read_words` reads a
            file of either.
        keep: words that stay, whatever ``min_count``, ``max_vocab`` and ``vocab`` say.
        stop: words that are dropped, whatever their number.
        progress: called while files are read.

    Warns:
        UserWarning: a file of markup, such as ``.html`` or ``.json``, is read as plain text, or
            files of a folder are left out, a word of ``vocab`` or ``keep`` does not occur, or none
            of ``stop`` does.

    Raises:
        ValueError: not text (NUL bytes, invalid UTF-8, an endless word), a broken archive or table,
            no such column, nothing to read, or no word frequent enough.
        OSError: a file is missing or cannot be read, or there is no space for the temporary file.

    >>> corpus = read([["a", "rose", "is", "a", "rose"], ["a", "daisy", "is", "not"]], min_count=2)
    >>> corpus.vocabulary.words
    ('a', 'is', 'rose')
    >>> corpus.ids.tolist(), corpus.tokens_read
    ([0, 2, 1, 0, 2, -1, 0, 1, -1], 9)
    """
    chosen = Chosen.of(min_count, max_vocab, vocab, keep, stop)
    paths, found = _split(source, tokens, column, progress)
    counter = _Counter()
    with tempfile.TemporaryFile(prefix="jw2v-") as file:
        for chunk in found:
            append(file, counter.numbers_of(chunk))
        memory.release()
        words, counts = counter.words_and_counts()
        if not words:
            where = ", ".join(map(text.named, paths[:3])) or f"the {type(source).__name__}"
            raise ValueError(f"no words in {where}: expected a text with at least one word")
        vocabulary = chosen.vocabulary(words, counts, known)
        ids = _final_ids(file, counter.lookup(vocabulary))
    if said := chosen.complaint(vocabulary, counter.numbers):
        warnings.warn(said, UserWarning, stacklevel=2)
    settings = {
        "tokens": tokens,
        "min_count": min_count,
        "max_vocab": max_vocab,
        "column": column,
    }
    return Corpus(vocabulary, ids, int(counts.sum()), settings)


def chunks(source: Source, *, tokens: Tokens, column: str | None) -> Iterator[Chunk]:
    """The words of a text in its order, in chunks, for what :func:`read` is too much.

    Args and errors are those of :func:`read`. Each sentence is closed by SENTENCE_END, also the
    last; sentences may be empty.

    >>> [chunk] = chunks([["a", "rose", "is", "a"]], tokens="whitespace", column=None)
    >>> chunk.words.to_pylist(), chunk.numbers.tolist()
    (['a', 'rose', 'is'], [0, 1, 2, 0, -1])
    """
    _, found = _split(source, tokens, column, None)
    return found


def _split(
    source: Source, tokens: Tokens, column: str | None, progress: ReadReport | None
) -> tuple[Sequence[AnyPath], Iterator[Chunk]]:
    """The files that a source is, if it is any, and its words."""
    if tokens not in get_args(Tokens):
        raise ValueError(f"tokens must be one of {get_args(Tokens)}, got {tokens!r}")
    paths, rest = _files_or_else(source)
    if column is not None and not (
        any(map(has_columns, paths)) or isinstance(rest, ArrowStream | Batched)
    ):
        raise ValueError(f"column={column!r} is for tables, and there is none in what is to read")
    if paths:
        return paths, _of_files(paths, tokens, column, progress)
    if isinstance(rest, ArrowStream):
        return [], arrow.of_stream(rest, tokens, column)
    if isinstance(rest, Batched):
        return [], arrow.of_batches(rest, tokens, column)
    if tokens != "whitespace":
        raise ValueError(f"sentences are already tokens: tokens={tokens!r} is for text only")
    return [], arrow.of_sentences(rest)


def has_columns(path: AnyPath) -> bool:
    """Whether a file is a table, by its suffix, so that one of its columns is the text.

    >>> has_columns("a.csv.gz"), has_columns("a.txt")
    (True, False)
    """
    return arrow.is_table(path) or rows.is_rows(path)


class _Counter:
    """Distinct words, numbered in the order of reading, and their counts."""

    def __init__(self) -> None:
        self.numbers: defaultdict[str, int] = defaultdict()
        self.numbers.default_factory = self.numbers.__len__
        self.counts = np.zeros(1024, np.int64)

    def numbers_of(self, chunk: Chunk) -> npt.NDArray[np.int32]:
        """Count the tokens of a chunk and return their numbers, and SENTENCE_END as it is."""
        words = chunk.words.to_pylist()
        # The last row is what SENTENCE_END, -1, looks up.
        rows = np.full(len(words) + 1, SENTENCE_END, np.int32)
        rows[:-1] = np.fromiter(map(self.numbers.__getitem__, words), np.int32, len(words))
        if len(self.numbers) > len(self.counts):
            grown = np.zeros(2 * len(self.numbers), np.int64)
            grown[: len(self.counts)] = self.counts
            self.counts = grown
        self.counts[rows[:-1]] += np.bincount(chunk.numbers + 1, minlength=len(rows))[1:]
        return rows[chunk.numbers]

    def words_and_counts(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        return list(self.numbers), self.counts[: len(self.numbers)]

    def lookup(self, vocabulary: Vocabulary) -> npt.NDArray[np.int32]:
        """From numbers to ids; _DROPPED for words left out. The last is what SENTENCE_END finds."""
        ids = np.full(len(self.numbers) + 1, _DROPPED, np.int32)
        ids[SENTENCE_END] = SENTENCE_END
        rows = map(self.numbers.__getitem__, vocabulary.words)
        ids[np.fromiter(rows, np.int64, len(vocabulary))] = np.arange(len(vocabulary))
        return ids


def append(file: IO[bytes], ids: npt.NDArray[np.int32]) -> None:
    """Write ids to a temporary file; OSError says what it is for, and what to do."""
    try:
        file.write(ids.data)
        file.flush()
    except OSError as error:
        raise OSError(
            error.errno,
            f"{error.strerror}: the temporary file of ids, 4 bytes a token, in "
            f"{tempfile.gettempdir()}; free space there, or set TMPDIR to another folder",
        ) from error


def _final_ids(file: IO[bytes], lookup: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Rewrite a file of numbers as ids, in place: there are never more ids than numbers."""
    # By reading and writing: pages of a map would count as memory of this process.
    step = max(1, text.CHUNK_BYTES // 4) * 4
    written = 0
    after_end = True
    for start in itertools.count(0, step):
        file.seek(start)
        block = file.read(step)
        if not block:
            break
        ids = lookup[np.frombuffer(block, np.int32)]
        ids = ids[ids != _DROPPED]
        end = ids == SENTENCE_END
        ids = ids[~(end & np.concatenate([[after_end], end[:-1]]))] if len(ids) else ids
        after_end = bool(end[-1]) if len(end) else after_end
        file.seek(written)
        written += file.write(ids.data)
    file.flush()
    file.truncate(written)
    return np.memmap(file, np.int32, "r")


def _files_or_else(
    source: object,
) -> tuple[Sequence[AnyPath], ArrowStream | Batched | Iterable[Iterable[Item]]]:
    if isinstance(source, str | os.PathLike):
        return _files([source]), []
    if isinstance(source, ArrowStream | Batched):
        return [], source
    if isinstance(source, Framed):
        return [], arrow.of_pandas(source)
    if isinstance(source, Mapping | Set):
        values = ""
        if isinstance(source, Mapping) and source:
            values = f", or one of its values, such as that of {next(iter(source))!r}"
        raise ValueError(
            f"expected texts or sentences in their order, got {type(source).__name__}: of a mapping"
            " the names alone would be read, and of a set each process would read another order."
            f" Give a list{values}"
        )
    if isinstance(source, IOBase):
        raise ValueError(
            f"expected a path, got an open file, {reprlib.repr(source)}: give the path of the file,"
            f" or {text.STANDARD_INPUT!r} for standard input"
        )
    if isinstance(source, bytes) or not isinstance(source, Iterable):
        call = ": call it, and give what it returns" if callable(source) else ""
        raise ValueError(
            f"expected a path, several paths, an iterable of sentences (lists of tokens), or a "
            f"table, got {type(source).__name__}{call}"
        )
    items = iter(source)
    first = list(itertools.islice(items, 1))
    everything = itertools.chain(first, items)
    if first and isinstance(first[0], str | os.PathLike):
        return _files(everything), []
    return [], everything


def _files(paths: Iterable[AnyPath]) -> list[AnyPath]:
    try:
        return sources.files(paths)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error}. A str, alone or in a list, is the path of a file. Sentences are lists of"
            " tokens, such as [line.split() for line in lines]; texts that are to be split as"
            " files are can be given as pyarrow.table({'text': texts})"
        ) from None


def _of_files(
    paths: Sequence[AnyPath], tokens: Tokens, column: str | None, progress: ReadReport | None
) -> Iterator[Chunk]:
    sizes = [_size(path) for path in paths]
    before = [0, *itertools.accumulate(size or 0 for size in sizes)]
    total = 0 if None in sizes else before[-1]
    for path, start in zip(paths, before, strict=False):
        if arrow.is_table(path):
            found = arrow.of_file(path, tokens, column)
        elif rows.is_rows(path):
            found = arrow.of_rows(rows.of_file(path, column), path, tokens)
        else:
            if text.suffix(path) in _MARKUP:
                warnings.warn(_of_markup(path), UserWarning, stacklevel=3)
            found = text.chunks(text.blocks(path), text.named(path), tokens)
        for chunk, position in found:
            if progress is not None:
                done = start + position
                progress(min(done, total) if total else done, total)  # a file may have grown
            yield chunk


def _of_markup(path: AnyPath) -> str:
    return (
        f"{path} is read as plain text: its markup is learnt as words. Take the text out of it"
        " first, into a .txt file, or into a column of a .jsonl, .csv or .parquet file"
    )


def _size(path: AnyPath) -> int | None:
    """The bytes of a file; None for a pipe and the like, which does not tell."""
    if path == text.STANDARD_INPUT:
        return None
    status = os.stat(path)
    return status.st_size if stat.S_ISREG(status.st_mode) else None
