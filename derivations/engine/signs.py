"""One sign, one thing: what is written alike, and where that would mislead a reader.

Two things are written alike if there are indices at which they print the same: two named
expressions ŷ_w, a vector v_c and row c of a table v, a number z_o and entry o of an array z. Where
both are, a reader takes one for the other; where one moves and the other is held, a derivative is
misread.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import sympy as sp

from derivations.engine.notation import Abbreviation, bounds, indices, tables, unfold
from derivations.engine.open_functions import Open
from derivations.engine.printing import latex, text
from derivations.engine.symbols import functions, of_signs, symbols

__all__ = [
    "base",
    "confused",
    "free",
    "kind_of",
    "nodes",
    "redefined",
    "things",
    "unseen",
    "written",
]

Thing = Any
"""An entry of an array, a number, a named expression or an open function."""


def base(e: Any) -> sp.Basic:
    """A number, or the array of an entry."""
    return e.base if isinstance(e, sp.Indexed) else e


def free(expr: sp.Basic) -> set[sp.Basic]:
    """The numbers and arrays on which an expression depends, seen or unseen."""
    found = map(base, unfold(expr).free_symbols)
    return {e for e in found if isinstance(e, sp.IndexedBase) or e.name not in tables}


def nodes(exprs: Iterable[sp.Basic]) -> set[sp.Basic]:
    """Every part of expressions, and of what the names among them stand for."""
    found, new = set[sp.Basic](), set(exprs)
    while new:
        inside = {e for expr in new for e in sp.preorder_traversal(expr)} - found
        found |= inside
        new = {e.definition() for e in inside if isinstance(e, Abbreviation)}
        new |= {e for f in inside if isinstance(f, Open) for e in f.free_symbols}
    return found


def things(exprs: Iterable[sp.Basic]) -> list[Thing]:
    """What has a sign among the parts of expressions, but for indices."""
    inside = nodes(exprs)
    found = [e for e in inside if isinstance(e, sp.Indexed | Abbreviation | Open)]
    numbers = {e for e in inside if isinstance(e, sp.Symbol) and not isinstance(e, sp.Dummy)}
    found += [e for e in numbers if e.name in symbols and e.name not in {*tables, *bounds}]
    return sorted(found, key=str)


def kind_of(thing: Thing) -> Any:
    """What a thing is one of: its array, its class, or its own name."""
    if isinstance(thing, sp.Indexed):
        return thing.base
    return type(thing) if isinstance(thing, sp.Function) else sp.Symbol(str(thing.name))


def written(thing: Thing, kind: Any) -> Thing:
    """Of what is of another kind, that which is written like this thing, or None."""
    own = thing.indices if isinstance(thing, sp.Indexed) else thing.args
    more = _rank(kind) - len(own)
    if more not in (0, 1) or kind == kind_of(thing):
        return None
    signs = {latex(thing), text(thing)}
    for at in ((*first, *own) for first in (_places() if more else ((),))):
        if not signs.isdisjoint(_print(kind, at)):
            return _at(kind, at)
    return None


@cache
def _rank(kind: Any) -> int:
    """How many arguments or indices it has; −1 if that is open."""
    if isinstance(kind, sp.IndexedBase):
        return len(kind.shape)
    if isinstance(kind, sp.Symbol):
        return 0
    return next(iter(kind.nargs)) if isinstance(kind.nargs, sp.FiniteSet) else -1


def _places() -> list[tuple[sp.Expr]]:
    """Every index that has a sign, and the first numbers."""
    return [(e,) for e in (*indices.values(), *map(sp.Integer, range(3)))]


def _at(kind: Any, at: tuple[sp.Expr, ...]) -> Thing:
    if isinstance(kind, sp.IndexedBase):
        return kind[at]
    return kind if isinstance(kind, sp.Symbol) else kind(*at)


@of_signs
def _print(kind: Any, at: tuple[sp.Expr, ...]) -> tuple[str, ...]:
    """How it is written, on the page and in a terminal; nothing where it has no such sign."""
    try:
        return latex(_at(kind, at)), text(_at(kind, at))
    except (AttributeError, KeyError):
        return ()


def confused(
    exprs: Iterable[sp.Basic], decide: Callable[[sp.Expr], bool], apart: bool = True
) -> Iterator[str]:
    """Different things that are written alike, and are not shown to be equal.

    Of different claims, which are ``apart``, one may be about an array with the sign and the
    meaning of a named expression: what is proved for any values is true of the expression. What is
    refused is refused for some values, so in one claim it stands for nothing else.
    """
    found = things(exprs)
    kinds = dict.fromkeys(map(kind_of, found))
    for thing in found:
        for kind in kinds:
            other = written(thing, kind)
            if other is None or (apart and _any_values(kind_of(thing), kind)):
                continue
            if not decide(thing - other):
                yield f"{latex(thing)} is {_name(kind_of(thing))} here and {_name(kind)} there"


def _name(kind: Any) -> str:
    return str(getattr(kind, "__name__", kind))


def _any_values(*kinds: Any) -> bool:
    """Whether one of two is an array, declared like the named expression that the other is."""
    arrays = [e for e in kinds if isinstance(e, sp.IndexedBase)]
    same = symbols.get(_name(kinds[0])) == symbols.get(_name(kinds[1]))
    return same and len(arrays) == 1


def _run_and_imported(one: type, other: type) -> bool:
    """Whether two are one class of a file that is run, and imported by its name as well."""
    files = {getattr(sys.modules[e.__module__], "__file__", None) for e in (one, other)}
    by_name = {one.__module__, other.__module__} - {"__main__"}
    run = "__main__" in (one.__module__, other.__module__) and len(by_name) == 1
    alike = one.__qualname__ == other.__qualname__
    return run and alike and len({os.path.realpath(f) if f else f for f in files}) == 1


def redefined(exprs: Iterable[sp.Basic], told: set[type]) -> Iterator[str]:
    """What is written like an expression that was named before, if no one says what it is.

    A name without a sign of its own is a way to write a term, which has one meaning.
    """
    for thing in things(exprs):
        if not isinstance(thing, Abbreviation | Open):
            continue
        kind = type(thing)
        if kind in told and kind.__name__ in symbols:
            continue
        for other in (*functions[: functions.index(kind)], *tables.values()):
            same = isinstance(other, type) and (
                (issubclass(kind, Open) and issubclass(other, Open))
                or _run_and_imported(kind, other)
            )
            if same or _any_values(kind, other) or written(thing, other) is None:
                continue
            yield f"{kind.__name__} is written like {_name(other)}, and no headline defines it"


INDEX = re.compile(r"(?<![A-Za-z\\])(?:\\[A-Za-z]+|[A-Za-z])'*(?![A-Za-z_'])")
"""One letter, with its primes."""


def unseen(exprs: Iterable[sp.Basic]) -> Iterator[str]:
    """Sums over an index that is written in the sign of what does not depend on it: v_c, over c."""
    for summed in nodes(exprs):
        if not isinstance(summed, sp.Sum):
            continue
        for n in summed.variables:
            for thing in things([summed.function]):
                told = set[sp.Basic]().union(
                    *(e.free_symbols for e in (unfold(thing), *thing.args))
                )
                if latex(n) in _lowered(thing) and n not in told:
                    yield f"a sum over {n}, on which {latex(thing)} does not depend"


def _lowered(thing: Thing) -> set[str]:
    """The indices that are written at a thing itself, and not within what it is taken of."""
    if thing.has(sp.Sum):
        return set()
    below = re.findall(r"_(\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|\w)", latex(thing))
    return {e for part in below for e in INDEX.findall(part)}
