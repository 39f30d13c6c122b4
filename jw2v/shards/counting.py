"""Words and how often they occur, in tables that are sorted by word, and the sum of such tables."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from jw2v.choices import Tokens
from jw2v.reading import corpus
from jw2v.reading.corpus import Source
from jw2v.reading.text import Chunk, to_arrow

__all__ = ["COUNTS", "count_shard", "merge_counts", "merged", "runs"]

COUNTS = pa.schema([("word", pa.large_string()), ("count", pa.int64())])
"""The columns of a table of counts, and of a vocabulary."""

MOST_ROWS = 1 << 22
"""Words with their counts that are held at a time, some 30 bytes each."""


def count_shard(
    source: Source, *, tokens: Tokens = "whitespace", column: str | None = None
) -> pa.Table:
    """The words of a text and how often they occur, sorted by word.

    Args:
        source: a text, as :func:`jw2v.reading.corpus.read` takes it, as for the next two.
        tokens: how files are split.
        column: that of tables which is the text.

    Returns:
        ``word: large_string, count: int64``, each word once, in the order of their UTF-8 bytes,
        which is that of Python's strings.

    Raises:
        ValueError, OSError: what is given cannot be read as text.

    >>> count_shard([["a", "rose", "is", "a"]]).to_pydict()
    {'word': ['a', 'is', 'rose'], 'count': [2, 1, 1]}
    """
    return merge_counts(*runs(corpus.chunks(source, tokens=tokens, column=column)))


def merge_counts(*counts: pa.Table) -> pa.Table:
    """The sum of several counts, in whatever order: those of all their texts together.

    Args:
        counts: tables as :func:`count_shard` makes them; of none the sum is empty.

    >>> a, b = count_shard([["a", "rose"]]), count_shard([["a", "daisy"]])
    >>> merge_counts(a, b).to_pydict()
    {'word': ['a', 'daisy', 'rose'], 'count': [2, 1, 1]}
    """
    together = pa.concat_tables([COUNTS.empty_table(), *counts])
    summed = together.group_by("word", use_threads=False).aggregate([("count", "sum")])
    ordered = summed.select(["word", "count_sum"]).rename_columns(COUNTS.names).sort_by("word")
    return ordered.combine_chunks()


def runs(chunks: Iterable[Chunk], most: int | None = None) -> Iterator[pa.Table]:
    """The counts of a text, in as many sorted tables as memory needs: their sum is that of all.

    Args:
        chunks: the text.
        most: words with their counts that are held at a time, those of the last chunk apart.
    """
    most = MOST_ROWS if most is None else most
    parts: list[pa.Table] = []
    for chunk in chunks:
        counts = np.bincount(chunk.numbers + 1, minlength=len(chunk.words) + 1)[1:]
        words = chunk.words.cast(pa.large_string())
        parts.append(pa.table([words, to_arrow(counts, np.int64)], COUNTS))
        if sum(part.num_rows for part in parts) > most:
            parts = [merge_counts(*parts)]
            if parts[0].num_rows > most // 2:
                yield parts.pop()
    if parts:
        yield merge_counts(*parts)


def merged(streams: Sequence[Iterator[pa.RecordBatch]]) -> Iterator[pa.Table]:
    """The sum of counts that come in batches, sorted, each word once; a batch of each is held."""
    heads = [(stream, next(stream, None)) for stream in streams]
    while heads := [(stream, head) for stream, head in heads if head is not None]:
        # Up to this word every stream shows all that it has.
        bound = min(head["word"][-1].as_py() for _, head in heads)
        taken = []
        for number, (stream, head) in enumerate(heads):
            words = head["word"]
            cut = bisect_right(range(len(words)), bound, key=lambda i: words[i].as_py())
            taken.append(head.slice(0, cut))
            heads[number] = stream, head.slice(cut) if cut < len(words) else next(stream, None)
        yield merge_counts(pa.Table.from_batches(taken))
