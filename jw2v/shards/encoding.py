"""A text as the ids of its words, a sentence a row, and such rows as they are trained on."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jw2v.choices import Tokens
from jw2v.reading import corpus
from jw2v.reading.corpus import SENTENCE_END, Source
from jw2v.reading.text import Chunk, to_arrow, to_numpy
from jw2v.reading.vocabulary import Vocabulary

__all__ = ["IDS", "encode_shard", "encoded", "joined"]

IDS = pa.schema([("ids", pa.list_(pa.int32()))])
"""The column of a text as ids."""

_DROPPED = -2
_LONGEST = 2**31 - 1


def encode_shard(
    source: Source,
    vocabulary: Vocabulary,
    *,
    tokens: Tokens = "whitespace",
    column: str | None = None,
) -> Iterator[pa.RecordBatch]:
    """A text as ids, a sentence a row, in batches.

    Words that the vocabulary does not have are dropped, and so are sentences without a word: these
    are the ids of :func:`jw2v.reading.corpus.read`.

    Args:
        source: a text, as :func:`jw2v.reading.corpus.read` takes it, as for the last two.
        vocabulary: the words that have an id.
        tokens: how files are split.
        column: that of tables which is the text.

    Returns:
        Batches of ``ids: list<int32>``, for instance for ``pyarrow.Table.from_batches``.

    Raises:
        ValueError, OSError: what is given cannot be read as text.

    >>> vocabulary = Vocabulary(("a", "rose"), np.array([3, 2]))
    >>> [batch] = encode_shard([["a", "rose", "is", "a", "rose"], ["is"], ["a"]], vocabulary)
    >>> batch["ids"].to_pylist()
    [[0, 1, 0, 1], [0]]
    """
    return encoded(corpus.chunks(source, tokens=tokens, column=column), vocabulary)


def encoded(chunks: Iterable[Chunk], vocabulary: Vocabulary) -> Iterator[pa.RecordBatch]:
    """As :func:`encode_shard`, of a text that is split already."""
    rest: list[npt.NDArray[np.int32]] = []  # of a sentence that the next chunk may continue
    for chunk in chunks:
        found = vocabulary.ids(chunk.words.to_pylist(), missing=_DROPPED)
        # The last row is what SENTENCE_END, -1, looks up.
        ids = np.append(found, np.int32(SENTENCE_END))[chunk.numbers]
        ids = ids[ids != _DROPPED]
        ends = np.flatnonzero(ids == SENTENCE_END)
        if not len(ends):
            rest.append(ids)
            continue
        cut = int(ends[-1]) + 1
        whole = np.concatenate([*rest, ids[:cut]])
        rest = [ids[cut:]]
        if len(whole) > _LONGEST:
            raise ValueError(
                f"a sentence of more than {_LONGEST:,} words: expected lines, or tokens='words'"
            )
        if len(rows := _rows(whole)):
            yield pa.record_batch([rows], schema=IDS)


def _rows(ids: npt.NDArray[np.int32]) -> pa.ListArray:
    """The sentences of ids in which SENTENCE_END closes each, without those that are empty."""
    lengths = np.diff(np.flatnonzero(ids == SENTENCE_END), prepend=-1) - 1
    offsets = np.concatenate([[0], np.cumsum(lengths[lengths > 0])])
    return pa.ListArray.from_arrays(to_arrow(offsets), to_arrow(ids[ids != SENTENCE_END]))


def joined(rows: pa.ListArray) -> npt.NDArray[np.int32]:
    """Rows of ids as one array, in which SENTENCE_END closes each that is not empty.

    >>> joined(pa.array([[0, 1], [], [2]], pa.list_(pa.int32()))).tolist()
    [0, 1, -1, 2, -1]
    """
    offsets = to_numpy(rows.offsets)
    ends = offsets[1:][np.diff(offsets) > 0] - offsets[0]
    found: npt.NDArray[np.int32] = np.insert(to_numpy(rows.flatten()), ends, SENTENCE_END)
    return found
