"""Whole numbers of 32 bits: their upper and lower parts, and whether they fit."""

from typing import Any

import jax.numpy as jnp
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine.algebra import fresh
from derivations.engine.notation import range_of
from derivations.programs.arrays import Array, Nonnegative, Unread, decided

__all__ = ["LARGEST", "Rest", "Whole", "held", "is_whole_part", "row_by_row"]

LARGEST = sp.Integer(2**32 - 1)
"""of the numbers that have no sign, which begin again at 0 above it"""


class Whole(sp.Function):  # type: ignore[misc]
    """The whole part of x / m, for whole x and positive whole m."""

    nargs = 2
    is_integer = True

    @classmethod
    def eval(cls, x: sp.Expr, m: sp.Expr) -> sp.Expr | None:
        """Of numbers, and where m is 1."""
        if m == 1 and x.is_integer:
            return x
        return x // m if x.is_Integer and m.is_Integer else None


class Rest(sp.Function):  # type: ignore[misc]
    """What is left of x: x − m · Whole(x, m), from 0 to m − 1."""

    nargs = 2
    is_integer = True
    is_nonnegative = True

    @classmethod
    def eval(cls, x: sp.Expr, m: sp.Expr) -> sp.Expr | None:
        """Of numbers, and where m is 1."""
        if m == 1 and x.is_integer:
            return sp.S.Zero
        return x % m if x.is_Integer and m.is_Integer else None


def held(x: Array, dtype: Any) -> Array:
    """An array whose whole numbers are shown to fit: none begins again at the other end.

    Those of 32 bits and more that have a sign are taken to fit.
    """
    if x.kind not in ("i", "u") or (x.kind == "i" and jnp.iinfo(dtype).bits >= 32):
        return x
    least, most = map(sp.Integer, (int(jnp.iinfo(dtype).min), int(jnp.iinfo(dtype).max)))

    def entry(*at: sp.Expr) -> sp.Expr:
        value = x[at]
        if not _fits(value - least, most - least):
            raise Unread(f"not shown to be from {least} to {most}: {value}")
        return value

    return Array(x.shape, x.kind, entry)


def is_whole_part(value: sp.Expr, of: Whole) -> bool:
    """Whether a whole number is the whole part of x / m: whether x − m · value is in 0 … m − 1."""
    x, m = of.args
    rest = (x - m * value).replace(
        lambda e: isinstance(e, Whole), lambda e: (e.args[0] - Rest(*e.args)) / e.args[1]
    )
    return bool(value.is_integer and m.is_Integer) and _fits(sp.expand(rest), m - 1)


def row_by_row(expr: sp.Expr) -> sp.Expr:
    """Σ_n f(whole part of n / m, rest of it), over k m numbers n, is Σ_l Σ_e f(l, e): row by row.

    Where one of the sums asks for the number n itself, all of them stay as they are.
    """
    found = expr.replace(lambda e: isinstance(e, sp.Sum) and e.has(Rest), _rows)
    asked = (n for e in found.atoms(sp.Sum) for n in e.variables if _sizes(e, n))
    return found if next(asked, None) is None else expr


def _rows(summed: sp.Sum) -> sp.Expr:
    """One of the sums, of each index that is looked at by its row and its place in it alone."""
    limits: list[tuple[sp.Expr, ...]] = []
    function = summed.function
    for n, low, high in summed.limits:
        sizes, numbers = _sizes(summed, n), sp.expand(high + 1)
        m = sizes.pop() if len(sizes) == 1 else sp.S.One
        if low == 0 and numbers.is_Mul and m in numbers.args and m.is_nonnegative:
            row, place = (
                fresh(sp.Dummy("n", integer=True), sp.S.Zero, size - 1) for size in (numbers / m, m)
            )
            apart = function.xreplace({Whole(n, m): row, Rest(n, m): place})
            others = (e for _, *ends in summed.limits for e in ends)
            if not any(e.has(n) for e in (apart, *others)):
                function = apart
                limits += [(place, 0, m - 1), (row, 0, numbers / m - 1)]
                continue
        limits.append((n, low, high))
    return sp.Sum(function, *limits)


def _sizes(summed: sp.Sum, n: sp.Expr) -> set[sp.Expr]:
    """The sizes of the rows in which an index is looked up."""
    parts = summed.function.atoms(Whole, Rest)
    return {e.args[1] for e in parts if e.args[0] == n}


def _fits(value: sp.Expr, largest: sp.Expr) -> bool:
    """Whether a number is shown to be from 0 to a largest."""
    low, high = _span(value)
    if low >= 0 and high <= largest:
        return True
    return value.is_integer is True and bool(decided(value) and decided(largest - value))


def _span(e: sp.Expr) -> tuple[Any, Any]:
    """Between which numbers something lies: infinite ones, where that is not known."""
    if e.is_Rational:
        return e, e
    if e.is_Add:
        lows, highs = zip(*map(_span, e.args), strict=True)
        return sum(lows), sum(highs)
    if e.is_Mul:
        return _product([_span(factor) for factor in e.args])
    if isinstance(e, Rest):
        return sp.S.Zero, e.args[1] - 1
    if isinstance(e, Whole):
        low, high = _span(e.args[0])
        return sp.floor(low / e.args[1]), sp.floor(high / e.args[1])
    if isinstance(e, Delta | Nonnegative):
        return sp.S.Zero, sp.S.One
    within = range_of(e) if isinstance(e, sp.Indexed) else getattr(e, "within", None)
    low, high = within or (-sp.oo, sp.oo)
    return (low, high) if low.is_number and high.is_number else (-sp.oo, sp.oo)


def _product(spans: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    low, high = spans[0]
    for least, most in spans[1:]:
        if not all(e.is_finite for e in (low, high, least, most)):
            return -sp.oo, sp.oo
        ends = [a * b for a in (low, high) for b in (least, most)]
        low, high = min(ends), max(ends)
    return low, high
