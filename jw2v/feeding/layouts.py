"""The layouts of a batch: what the host lays out, and an objective reads."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from jaxtyping import Array, Bool, Float, Int

__all__ = ["Bags", "Edges", "Layout", "Segments", "Windows"]

Layout: TypeAlias = Literal["windows", "segments", "bags", "edges"]


class Windows(NamedTuple):
    """Windows side by side; ``where`` marks the outside words that are there."""

    center: Int[Array, "batch"]
    outside: Int[Array, "batch n"]
    where: Bool[Array, "batch n"]


class Segments(NamedTuple):
    """Runs of consecutive words, each of them a center whose outside words are in its run.

    ``sentence`` tells sentences apart: words pair only where it is equal, and a negative number
    marks padding.
    """

    words: Int[Array, "batch length"]
    sentence: Int[Array, "batch length"]


class Bags(NamedTuple):
    """Runs of consecutive words with a margin: each word but those of the margin has a bag.

    The bag of a word holds the words of its sentence that are no farther than its ``radius``, but
    not the word itself. ``span`` is ``length`` and a margin on both sides, as wide as the largest
    radius that counts. A negative number of ``sentence`` marks padding.
    """

    words: Int[Array, "batch span"]
    sentence: Int[Array, "batch span"]
    radius: Int[Array, "batch length"]


class Edges(NamedTuple):
    """Loose pairs, each a center and one outside word, in any shape."""

    center: Int[Array, "*shape"]
    outside: Int[Array, "*shape"]
    weight: Float[Array, "*shape"]
    """of each pair; what one of weight 0 holds does not matter"""
    negatives: Int[Array, "*shape K"] | None = None
    """of each pair, where they are given"""
    columns: Mapping[str, Array] = {}
    """what else is known of a pair, by name, each [*shape, ...]"""
