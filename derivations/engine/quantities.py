"""The sizes and numbers for all of whose values something is proved, read off its formulas.

What is declared to have a sign is proved for that sign alone, so that is said beside it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from derivations.engine.notation import Index, bounds, latex_names, tables, unfold
from derivations.engine.printing import text

__all__ = ["every", "quantities", "signed", "unsaid"]

SAID = ("real", "integer", "positive", "nonnegative", "negative", "nonpositive")
"""What may be declared of a number: its words say that it is whole, and the page its sign."""
ORDER = ("≥ 1", "≥ 0", "> 0", "< 0", "≤ 0", "")
"""In which order signs are said."""


def unsaid(n: Any) -> bool:
    """Whether more is declared of a number, or of the entries of an array, than the page says."""
    told = {name: True for name in SAID if n.assumptions0.get(name)}
    return bool(n.assumptions0 != sp.Symbol("as told", **told).assumptions0)


def quantities(exprs: Iterable[sp.Expr], relations: Iterable[sp.Basic] = ()) -> set[Any]:
    """The sizes, numbers and arrays of which the page says that a formula is proved for all.

    What a relation sets equal to something is not counted, unless that must have a sign.
    """
    relations = list(relations)
    fixed = {e.lhs for e in relations if isinstance(e, sp.Eq) and not _least(e.lhs)}
    free = set[Any]()
    for e in _forms([*exprs, *relations]):
        arrays = e.atoms(sp.IndexedBase)
        free |= {n for n in e.free_symbols if n.is_Symbol and n.name not in latex_names}
        free |= {n for array in arrays for size in array.shape for n in size.free_symbols}
        free |= {array for array in arrays if array.name not in bounds and _least(array)}
        ranges = (bounds[n.name] for n in free | arrays if n.name in bounds)
        free |= {n for limits in ranges for end in limits for n in end.free_symbols}
    return {n for n in free if n.name not in bounds and n not in fixed}


def every(exprs: Iterable[sp.Expr], relations: Iterable[sp.Basic] = ()) -> str:
    """For all of which sizes and numbers these expressions are meant, in words."""
    named: dict[str, set[str]] = {}
    for n in sorted(quantities(exprs, relations), key=lambda n: str(n.name)):
        named.setdefault(text(n), set()).add(_least(n))
    lists: dict[str, list[str]] = {}
    for name, least in named.items():
        told = " or ".join(sorted(least - {""}, key=ORDER.index))
        lists.setdefault(told, []).append(name)  # one claim may need a sign that another does not
    order = sorted(lists, key=lambda e: ORDER.index(e.split(" or ")[0]))
    return "every " + ", ".join(f"{', '.join(lists[e])} {e}".strip() for e in order)


def _least(n: Any) -> str:
    """How small it may be."""
    n = n[n.shape] if isinstance(n, sp.IndexedBase) else n
    if n.is_integer and n.is_positive:
        return "≥ 1"
    if n.is_positive or n.is_negative:
        return "> 0" if n.is_positive else "< 0"
    return "≥ 0" if n.is_nonnegative else "≤ 0" if n.is_nonpositive else ""


def _sides(e: sp.Basic) -> tuple[sp.Basic, ...]:
    """What a relation compares; anything else is itself."""
    if isinstance(e, sp.Implies):
        return _sides(e.args[-1])
    return e.args if isinstance(e, Relational) else (e,)


def _forms(exprs: Iterable[sp.Basic]) -> Iterator[sp.Expr]:
    """What is written, and with what its names stand for, where numbers may cancel."""
    for side in (side for e in exprs for side in _sides(e)):
        yield from (side, unfold(side))


def signed(exprs: Iterable[sp.Expr], relations: Iterable[sp.Basic] = ()) -> list[sp.Expr]:
    """The numbers, and an entry of each array, that are not whole and must have a sign."""
    found = dict[str, sp.Expr]()
    for e in _forms([*relations, *exprs]):
        numbers = (n for n in e.atoms(sp.Symbol) if n.name not in tables)
        for n in sorted({*numbers, *e.atoms(sp.Indexed)}, key=_order):
            name = n.base.name if isinstance(n, sp.Indexed) else n.name
            if not n.is_integer and _least(n):
                found.setdefault(name, n)
    return sorted(found.values(), key=_order)


def _order(n: sp.Expr) -> tuple[bool, str]:
    """Numbers first; of an array, the entry at an index rather than at a number."""
    plain = isinstance(n, sp.Indexed) and all(isinstance(e, Index) for e in n.indices)
    return isinstance(n, sp.Indexed) and not plain, str(n)
