"""What a derivative holds fixed, though it moves by what is assumed, or printed, of it.

A derivative moves the numbers by which it differentiates and what is made of them by definition. A
reader expects of it to move what an assumption makes of them as well, and everything that is
written like what moves.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sympy as sp

from derivations.engine.notation import unfold
from derivations.engine.printing import latex, text
from derivations.engine.signs import base, free, kind_of, nodes, things, written
from derivations.engine.symbols import functions

__all__ = ["held"]

Made = tuple[sp.Basic, tuple[sp.Expr, ...]]
"""A number or an array, and what an equation makes it of."""


def held(exprs: Iterable[sp.Basic], given: Iterable[Any]) -> Iterator[str]:
    """What the derivatives among expressions hold fixed, under these assumptions."""
    equations = [e.relation for e in given if isinstance(e.relation, sp.Eq)]
    made = [pair for e in equations for pair in _made(*e.args)]
    inside = {e for expr in exprs for e in (expr, unfold(expr))}
    for derivative in sorted((e for e in nodes(inside) if isinstance(e, sp.Derivative)), key=str):
        for by in dict.fromkeys(derivative.variables):
            yield from _held_by(by, derivative.expr, made)
            yield from _written_alike(by, derivative.expr)


def _held_by(by: sp.Expr, expr: sp.Expr, made: list[Made]) -> Iterator[str]:
    """What equations move with a number or an entry, or it with them, though it is held."""
    moving = {base(by)}
    within = free(expr) | expr.atoms(sp.IndexedBase)
    for e in sorted((_moved(moving, made) - moving) & within, key=str):
        yield f"a derivative holds {text(e)} fixed, which moves by an assumption"
    for e in sorted((_parts(moving, made) - moving) & within, key=str):
        yield f"a derivative holds {text(e)} fixed, of which an assumption makes what moves"


def _moved(by: set[sp.Basic], made: list[Made]) -> set[sp.Basic]:
    """What moves with some numbers and arrays, by equations that make one thing of others."""
    moved, before = set(by), set[sp.Basic]()
    while moved != before:
        before = set(moved)
        moved |= {e for e, others in made if any(free(other) & before for other in others)}
    return moved


def _parts(by: set[sp.Basic], made: list[Made]) -> set[sp.Basic]:
    """What equations make these numbers and arrays of, of which some must move with them."""
    parts, new = set[sp.Basic](), set(by)
    while new:
        of = set[sp.Basic]().union(*(free(e) for n, others in made if n in new for e in others))
        new = {e for e in of if not _is_whole(e)} - parts
        parts |= new
    return parts


def _is_whole(e: Any) -> bool:
    """Whether it, or each of its entries, is a whole number."""
    return bool((e[e.shape] if isinstance(e, sp.IndexedBase) else e).is_integer)


def _made(*sides: sp.Expr) -> list[Made]:
    """What an equation makes of what: one side of the other, or each of its numbers of the rest."""
    plain = [e for e in sides if isinstance(e, sp.Symbol | sp.Indexed)]
    if plain:
        return [(base(e), tuple(other for other in sides if other != e)) for e in plain]
    return [(n, sides) for n in {n for e in sides for n in free(e)} if not _is_whole(n)]


def _written_alike(by: sp.Expr, expr: sp.Expr) -> Iterator[str]:
    """What does not move with a number or an entry, though what is written like it does."""
    for thing in things([expr]):
        if base(by) in free(thing):
            continue
        others = [e for e in (written(by, kind_of(thing)),) if e is not None]
        alike = [written(thing, kind) for kind in (kind_of(by), *functions)]
        others += [e for e in alike if e is not None and base(by) in free(e)]
        if others:
            names = [getattr(kind_of(e), "__name__", latex(e)) for e in others]
            yield f"a derivative holds {latex(thing)} fixed, which is written like {names[0]}"
