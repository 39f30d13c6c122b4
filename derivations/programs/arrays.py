"""Arrays of a program: a shape, and what stands at an index, as an expression in that index.

Truth is a number here, 1 or 0. What tells cases apart is decided from the ranges of indices
wherever they show it; what they leave open stays in the expression, as δ_{ab} or as [t ≥ 0]
(:class:`Nonnegative`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine.algebra import fresh
from derivations.engine.domain import extreme
from derivations.engine.notation import bounds, range_of, table

__all__ = [
    "Array",
    "Nonnegative",
    "Unread",
    "always",
    "choose",
    "constant",
    "decided",
    "declared",
    "equal",
    "few_values",
    "nonnegative",
    "numbers",
    "put",
    "require",
    "total",
]

Shape = tuple[sp.Expr, ...]


FEW = 8
"""How many values are gone through at most."""


class Unread(Exception):
    """A program, or a part of one, of which the rules do not say what it computes."""


@dataclass(frozen=True, eq=False)
class Array:
    """What is at each index, as an expression in the index."""

    shape: Shape
    kind: str
    """``f`` for real numbers, ``i`` for whole ones, ``u`` for those without a sign, which end at
    the largest of 32 bits, ``b`` for truth, 1 or 0."""
    entry: Callable[..., sp.Expr]
    _known: dict[Shape, sp.Expr] = field(default_factory=dict)

    def __getitem__(self, at: Shape) -> sp.Expr:
        """The entry at an index, one expression an axis."""
        if len(at) != len(self.shape):
            raise Unread(f"{len(at)} indices for an array of {len(self.shape)} axes")
        if at not in self._known:
            self._known[at] = sp.sympify(self.entry(*at))
        return self._known[at]


def constant(value: sp.Expr, kind: str) -> Array:
    """A number, as an array without axes."""
    return Array((), kind, lambda: value)


def numbers(known: sp.IndexedBase) -> Array:
    """The array of a declared table of numbers, or of row numbers."""
    kind = "i" if known[known.shape].is_integer else "f"
    return Array(tuple(known.shape), kind, lambda *at: known[at])


def declared(name: str, *shape: sp.Expr, within: Any = None, **kind: Any) -> sp.IndexedBase:
    """A table that no statement names; of whole numbers in a range, if one is given.

    What it is called leaves its name free for the statements.
    """
    name = f"input_{name}"
    if within is None:
        return table(name, *shape, **kind)
    if bounds.setdefault(name, within) != within:
        raise ValueError(f"{name} is declared already, within other bounds")
    return table(name, *shape, integer=True, nonnegative=within[0].is_nonnegative)


class Nonnegative(sp.Function):  # type: ignore[misc]
    """[t ≥ 0]: 1 where it holds, 0 elsewhere."""

    nargs = 1
    is_integer = True
    is_nonnegative = True

    @classmethod
    def eval(cls, t: sp.Expr) -> sp.Expr | None:
        """What is known by the sign of a number, and of its multiples one."""
        if t.is_nonnegative or t.is_negative:
            return sp.Integer(bool(t.is_nonnegative))
        factor, rest = t.as_coeff_Mul()
        return None if abs(factor) == 1 else cls(sp.sign(factor) * rest)

    def _latex(self, printer: Any, exp: str = "") -> str:
        return rf"[{printer._print(self.args[0])} \ge 0]" + (f"^{{{exp}}}" if exp else "")

    def cases(self) -> sp.Expr:
        """The same in cases, as numbers are computed."""
        return sp.Piecewise((1, self.args[0] >= 0), (0, True))


def few_values(expr: sp.Expr) -> Iterator[tuple[sp.Expr, range]]:
    """The parts of an expression that can take few values only, with these values."""
    atoms = expr.atoms(sp.Symbol, sp.Indexed, Delta, Nonnegative)
    for e in sorted(atoms, key=lambda e: (len(e.atoms(Nonnegative)), str(e))):
        if isinstance(e, Delta | Nonnegative):
            yield e, range(2)
            continue
        within = range_of(e) if isinstance(e, sp.Indexed) else None
        low, high = getattr(e, "within", within) or (sp.S.Zero, sp.oo)
        known = low.is_Integer and high.is_Integer and not isinstance(e, sp.Dummy)
        if known and high - low < FEW:
            yield e, range(int(low), int(high) + 1)


def decided(t: sp.Expr) -> bool | None:
    """Whether a whole number is at least 0, for every value of what it is made of."""
    t = sp.expand(t)
    if _of_sizes(extreme(t, {}, 0)).is_nonnegative:
        return True
    if _of_sizes(extreme(t, {}, 1)).is_negative:
        return False
    bound = _bound(t)
    # Where |x| is taken off, t must be so for both x and −x: these cases come first
    for e in sorted(t.atoms(sp.Abs), key=lambda e: (not t.coeff(e).is_negative, str(e))):
        if not e.free_symbols & bound:
            return _of_distance(t, e)
    for e, values in few_values(t):
        if e.free_symbols & bound:  # it may be another in each term of a sum
            continue
        answers = {_decided(put(t, e, value), e, value) for value in values}
        return answers.pop() if len(answers) == 1 else None
    return None


def _of_sizes(t: sp.Expr) -> sp.Expr:
    """The same, each size written as 1 and what is more of it, where no sign is seen at once."""
    if t.is_nonnegative or t.is_negative or not t.is_Add:
        return t
    sizes = [e for e in t.free_symbols if e.is_integer and e.is_positive]
    return sp.expand(t.xreplace({e: 1 + _more(e) for e in sizes}))


@cache
def _more(size: sp.Symbol) -> sp.Symbol:
    return sp.Dummy(size.name, integer=True, nonnegative=True)


def _of_distance(t: sp.Expr, e: sp.Abs) -> bool | None:
    """The same where |x| is in it, which is x or −x, and the larger of the two."""
    answers = [decided(t.xreplace({e: x})) for x in (e.args[0], -e.args[0])]
    if answers[0] == answers[1]:
        return answers[0]
    slope = t.coeff(e)
    if slope.is_number and not (t - slope * e).has(e) and bool(slope > 0) in answers:
        return bool(slope > 0)
    return None


def _bound(expr: sp.Expr) -> set[sp.Basic]:
    """The indices of sums in an expression."""
    return {n for e in expr.atoms(sp.Sum) for n in e.variables}


def _decided(t: sp.Expr, e: sp.Expr, value: int) -> bool | None:
    """The same where something has a value; if that is a test, what it says is known.

    Where s is at least 0, so is all that is at least s; all that is below −s is below 0.
    """
    answer = decided(t)
    if answer is not None or not isinstance(e, Nonnegative) or not e.args[0].is_integer:
        return answer
    known = e.args[0] if value else -e.args[0] - 1
    if decided(t - known):
        return True
    return False if decided(-t - known - 1) else None


def put(expr: sp.Expr, e: sp.Expr, value: int) -> sp.Expr:
    """An expression where a part has a value; if that is a test, it may tell others."""
    found = expr.xreplace({e: sp.Integer(value)})
    if not isinstance(e, Nonnegative):
        return found
    bound = _bound(found)
    tests = (u for u in found.atoms(Nonnegative) if u.args[0].is_integer)
    others = [u for u in tests if not u.free_symbols & bound]
    answers = {u: _decided(sp.expand(u.args[0]), e, value) for u in others}
    return found.xreplace({u: sp.Integer(a) for u, a in answers.items() if a is not None})


def always(truth: sp.Expr) -> sp.Expr:
    """A truth that is the same for all of the few values of what it is made of, or as it was."""
    tests = (Delta, Nonnegative)
    for e, values in sorted(few_values(truth), key=lambda test: isinstance(test[0], tests)):
        if not any(inner.has(*tests) for inner in e.args if isinstance(e, tests)):
            found = {always(truth.xreplace({e: sp.Integer(value)})) for value in values}
            return found.pop() if len(found) == 1 else truth
    return truth


def nonnegative(t: sp.Expr, whole: bool) -> sp.Expr:
    """[t ≥ 0], decided where it can be."""
    answer = decided(t) if whole else None
    return Nonnegative(t) if answer is None else sp.Integer(answer)


def equal(a: sp.Expr, b: sp.Expr, whole: bool) -> sp.Expr:
    """δ_{ab}, decided where it can be."""
    difference = sp.expand(a - b)
    if difference == 0:
        return sp.S.One
    if whole and any(decided(e - 1) for e in (difference, -difference)):
        return sp.S.Zero
    return sp.S.Zero if difference.is_nonzero else Delta(a, b)


def require(truth: sp.Expr, what: str) -> None:
    """``Unread`` unless something is shown to be so."""
    if truth != 1:
        raise Unread(f"not shown: {what}")


def choose(truth: sp.Expr, yes: Callable[[], sp.Expr], no: Callable[[], sp.Expr]) -> sp.Expr:
    """One of two numbers: only the one that is taken is read, where that is known."""
    if truth in (0, 1):
        return yes() if truth == 1 else no()
    one, other = yes(), no()
    if one == other:
        return one
    for e in (one, other):
        if e.is_finite is False or e is sp.nan:
            raise Unread(f"{e} is chosen unless {truth} is shown")
    return truth * one + (1 - truth) * other


def total(term: Callable[[sp.Expr], Any], size: sp.Expr, name: str = "n") -> sp.Expr:
    """The sum of a term over an axis, cut where its cases change."""
    return _over(term, sp.S.Zero, sp.expand(size), name)


def _over(term: Callable[[sp.Expr], Any], low: sp.Expr, size: sp.Expr, name: str) -> sp.Expr:
    """The sum over ``size`` places from ``low`` on."""
    if size == 0:
        return sp.S.Zero
    if size == 1:
        return term(low)
    n = fresh(sp.Dummy(name, integer=True), sp.S.Zero, size - 1)
    summand = sp.sympify(term(low + n))
    if not summand.has(n):
        return size * summand
    for first in _changes(summand, n, size):
        rest = sp.expand(size - first)
        return _over(term, low, first, name) + _over(term, sp.expand(low + first), rest, name)
    return sp.Sum(summand, (n, 0, size - 1))


def _changes(summand: sp.Expr, n: sp.Symbol, size: sp.Expr) -> Iterator[sp.Expr]:
    """How many places come before the cases of a summand change."""
    for test in sorted(summand.atoms(Delta, Nonnegative), key=str):
        t = sp.expand(test.args[0] - test.args[1] if isinstance(test, Delta) else test.args[0])
        slope = t.coeff(n)
        place = sp.expand(n - t / slope) if slope in (1, -1) else n
        if place.has(n) or not place.is_integer:
            continue
        if isinstance(test, Delta):  # only an end of the axis is cut off
            firsts = [place + 1] if place == 0 else [place] if sp.expand(size - place) == 1 else []
        else:
            firsts = [place] if slope == 1 else [place + 1]
        for first in map(sp.expand, firsts):
            if decided(first - 1) and decided(size - first):
                yield first
