"""What the objectives of a batch have in common: its symbols, its sums, the bounds of its rows."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import sympy as sp

from derivations.engine.algebra import differentiate, fresh
from derivations.engine.notation import U, o, v_c
from derivations.programs.arrays import Nonnegative
from derivations.programs.claim import Result
from derivations.statements.curvature import squared

__all__ = [
    "b",
    "draw",
    "first",
    "no_key",
    "of_parts",
    "of_vectors",
    "over",
    "place",
    "quarter",
    "reader",
    "results",
    "second",
    "step",
]

LARGEST = sp.Rational(float(np.finfo(np.float32).max))
"""Where a square ends: a bound on the curvature is no larger than float32 has numbers."""

b, first, second, draw, step = (
    sp.Symbol(name, integer=True, nonnegative=True)
    for name in ("run", "first", "second", "draw", "step_of_path")
)


def over(term: sp.Expr, *limits: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
    """The sum over all places, the first of the indices innermost."""
    for n, size in limits:
        term = sp.Sum(term, (n, 0, size - 1))
    return term


def place(size: sp.Expr) -> sp.Expr:
    """Any place of an axis."""
    return fresh(sp.Dummy("a", integer=True), sp.S.Zero, size - 1)


def quarter(vectors: sp.IndexedBase, *at: sp.Expr) -> sp.Expr:
    """What a pair brings to the bound of one vector by another: a quarter of its square (t2)."""
    square = squared(vectors, *at)
    return (LARGEST + (square - LARGEST) * Nonnegative(LARGEST - square)) / 4


def of_vectors(
    pair: sp.Expr,
    center: Callable[[sp.Expr], sp.Expr],
    outside: Callable[[sp.Expr], sp.Expr],
    drawn: Callable[[sp.Expr, sp.Expr], sp.Expr],
) -> sp.Expr:
    """The loss of a pair, of vectors that stand in tables of their own.

    Args:
        pair: as its statement has it.
        center: the vector of the center, by its entry.
        outside: the vector of the outside word.
        drawn: that of a negative, by its number and its entry.
    """

    def vector(e: sp.Indexed) -> sp.Expr:
        if e.base == v_c:
            return center(*e.indices)
        word, entry = e.indices
        return outside(entry) if word == o else drawn(word.indices[0], entry)

    return pair.replace(lambda e: isinstance(e, sp.Indexed) and e.base in (U, v_c), vector)


def reader(
    tables: dict[sp.IndexedBase, tuple[sp.IndexedBase, Callable[..., sp.Expr]]],
) -> Callable[[sp.Expr], sp.Expr]:
    """Reads vectors from the rows of a table, whose numbers are told by their places."""

    def read(e: sp.Indexed) -> sp.Expr:
        rows, number = tables[e.base]
        *at, entry = e.indices
        return rows[number(*at), entry]

    return lambda expr: expr.replace(lambda e: isinstance(e, sp.Indexed) and e.base in tables, read)


def no_key() -> Any:
    """For what asks for a key. Nothing is drawn with it: what is drawn is given."""
    with jax.ensure_compile_time_eval():
        return jax.random.key(0)


def of_parts(rows: Any, *parts: Any) -> list[Any]:
    """Numbers, gradient and curvature of some entries of rows, part by part."""
    return [entries[part] for part in parts for entries in rows]


def results(
    loss: sp.Expr, by: Sequence[sp.Expr], in_tables: Callable[[sp.Expr], sp.Expr] = lambda e: e
) -> tuple[Result, ...]:
    """A loss and its derivatives, by vectors that are then read from the tables."""
    slopes = ((tuple(e.indices), differentiate(sp.Derivative(loss, e))) for e in by)
    return ((), in_tables(loss)), *((at, in_tables(slope)) for at, slope in slopes)
