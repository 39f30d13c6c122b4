"""A text in shards: each is counted and turned into ids by itself, on many machines if need be.

:func:`count_shard`, :func:`merge_counts` and :func:`encode_shard` are pure functions;
:mod:`jw2v.shards.jobs` runs them over many files by an engine, and :func:`read` gives the text back
as :func:`jw2v.train` takes it. docs/scaling.md describes the files.
"""

from typing import TYPE_CHECKING

from jw2v._lazy import attach

if TYPE_CHECKING:
    from jw2v.shards.counting import count_shard, merge_counts
    from jw2v.shards.encoding import encode_shard
    from jw2v.shards.reading import read, read_vocabulary

__all__ = ["count_shard", "encode_shard", "merge_counts", "read", "read_vocabulary"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "count_shard": "jw2v.shards.counting",
        "encode_shard": "jw2v.shards.encoding",
        "merge_counts": "jw2v.shards.counting",
        "read": "jw2v.shards.reading",
        "read_vocabulary": "jw2v.shards.reading",
    },
)
