"""Windows of negative sampling whose rows go into ∂J/∂U all at once, and what is lost there."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from jw2v.check import sampling
from jw2v.check.records import Array, Mistake, Pieces

__all__ = ["MISTAKES"]

Write = Callable[[Array, Array, Array], None]
"""``(table, words, rows)``: put rows in their places in a table."""


def _add(table: Array, words: Array, rows: Array) -> None:
    np.add.at(table, words, rows)


def _once(table: Array, words: Array, rows: Array) -> None:
    table[words] += rows


def _set(table: Array, words: Array, rows: Array) -> None:
    table[words] = rows


def _written(of_outside: Write, of_negatives: Write, outside_first: bool = True) -> Pieces:
    """The rows of all outside words are written at once, and so are those of all negatives."""

    def added(tables: Array, rows: Callable[[], list[tuple[Array, ...]]]) -> Array:
        table, seen = np.zeros(tables.shape[1:], tables.dtype), rows()
        if not seen:
            return table
        words, negatives, by_o, by_k = zip(*seen, strict=True)
        parts = [
            (of_outside, np.array(words), np.array(by_o)),
            (of_negatives, np.concatenate(negatives), np.concatenate(by_k)),
        ]
        for write, places, each in parts if outside_first else parts[::-1]:
            write(table, places, each)
        return table

    return {"added": added}


def _also(name: str, *forms: Pieces) -> Mistake:
    """A mistake of the pair loss, with more ways to make it."""
    [known] = (each for each in sampling.MISTAKES if each.name == name)
    return replace(known, forms=(*known.forms, *forms))


MISTAKES: tuple[Mistake, ...] = (
    _also(
        "repeats counted once",
        _written(_once, _once),
        _written(_once, _add),
        _written(_add, _once),
    ),
    _also(
        "rows overwritten",
        _written(_set, _set),
        _written(_set, _set, outside_first=False),
        _written(_add, _set),
        _written(_once, _set),
        _written(_set, _add, outside_first=False),
        _written(_set, _once, outside_first=False),
    ),
)
"""In the place of those of the same names of the pair loss."""
