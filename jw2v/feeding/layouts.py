"""The layouts of a batch: what the host lays out, and an objective reads."""

from typing import NamedTuple

from jaxtyping import Array, Bool, Int

__all__ = ["Segments", "Windows"]


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
