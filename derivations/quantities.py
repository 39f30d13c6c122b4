"""The sizes and numbers for all of whose values something is proved, read off its formulas."""

from collections.abc import Iterable
from typing import Any

import sympy as sp

from derivations.notation import bounds, latex_names, unfold
from derivations.printing import text

__all__ = ["every"]


def every(exprs: Iterable[sp.Expr], relations: Iterable[sp.Basic] = ()) -> str:
    """For all of which sizes and numbers these expressions are meant, in words.

    What a relation sets equal to something is not counted.
    """
    fixed = {e.lhs for e in relations if isinstance(e, sp.Eq)}
    free = set[Any]()
    for e in map(unfold, exprs):
        arrays = e.atoms(sp.IndexedBase)
        free |= {n for n in e.free_symbols if n.is_Symbol and n.name not in latex_names}
        free |= {n for array in arrays for size in array.shape for n in size.free_symbols}
        free |= {array for array in arrays if array[array.shape].is_positive}
        ranges = (bounds[n.name] for n in free | arrays if n.name in bounds)
        free |= {n for limits in ranges for end in limits for n in end.free_symbols}
    named: dict[str, set[str]] = {}
    for n in sorted(free, key=lambda n: str(n.name)):
        if n.name not in bounds and n not in fixed:
            named.setdefault(text(n), set()).add(_least(n))
    lists: dict[str, list[str]] = {}
    for name, least in named.items():
        lists.setdefault(least.pop() if len(least) == 1 else "", []).append(name)
    order = sorted(lists, key=lambda e: ("≥ 1", "≥ 0", "> 0", "< 0", "").index(e))
    return "every " + ", ".join(f"{', '.join(lists[e])} {e}".strip() for e in order)


def _least(n: Any) -> str:
    """How small it may be."""
    n = n[n.shape] if isinstance(n, sp.IndexedBase) else n
    if n.is_integer:
        return "≥ 1" if n.is_positive else "≥ 0" if n.is_nonnegative else ""
    return "> 0" if n.is_positive else "< 0" if n.is_negative else ""
