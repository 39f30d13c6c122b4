"""Sums of the same terms over different ranges, cut where any of them begins or ends.

Σ_{a=0}^{n} f(a) and Σ_{a=0}^{n−1} f(a) + f(n) become the same, and so do a window and its sides:
Σ_{j=−m}^{m} f(j) and f(0) + Σ_{j=1}^{m} (f(j) + f(−j)). A sum of terms f(a + c) or f(c − a) is
counted among those of f, its range moved or turned round. Nothing is cut unless every range is
known not to end before it begins, and any two of the places are known to be in order.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import sympy as sp

__all__ = ["aligned"]


class _Range(NamedTuple):
    """What a sum covers of the terms of its family: from ``low`` up to, but without, ``end``."""

    low: sp.Expr
    end: sp.Expr


class _Family:
    """Sums whose terms are values of one function."""

    def __init__(self, first: sp.Sum) -> None:
        self.function, (self.index, low, high) = _opened(first)
        self.members = {first: _Range(low, high + 1)}

    def add(self, other: sp.Sum) -> bool:
        """Takes a sum in, if its terms are those of the family, moved or turned round."""
        function, (n, low, high) = _opened(other)
        for sign, shift in self._moves(low, high):
            moved = self.function.subs(self.index, sign * n + shift)
            if sp.expand(moved - function) == 0:
                first, last = (low, high) if sign == 1 else (high, low)
                self.members[other] = _Range(sign * first + shift, sign * last + shift + 1)
                return True
        return False

    def _moves(self, low: sp.Expr, high: sp.Expr) -> Iterator[tuple[int, sp.Expr]]:
        yield from ((1, sp.S.Zero), (-1, sp.S.Zero))
        for first, end in list(self.members.values()):
            yield from ((1, first - low), (1, end - 1 - high))
            yield from ((-1, first + high), (-1, end - 1 + low))

    def pieces(self) -> dict[sp.Sum, sp.Expr]:
        """Each sum as the sum of what it covers of the pieces of all."""
        if len(self.members) == 1 or not all(
            (end - low).is_nonnegative for low, end in self.members.values()
        ):
            return {}
        places = _in_order({place for e in self.members.values() for place in e})
        if places is None:
            return {}
        return {
            member: sp.Add(
                *(
                    self._piece(one, other)
                    for one, other in pairwise(places)
                    if places.index(low) <= places.index(one) < places.index(end)
                )
            )
            for member, (low, end) in self.members.items()
        }

    def _piece(self, low: sp.Expr, end: sp.Expr) -> sp.Expr:
        if end - low == 1:
            return self.function.subs(self.index, low)
        return sp.Sum(self.function, (self.index, low, end - 1))


def aligned(expr: sp.Expr) -> sp.Expr:
    """The expression, with the sums that are not inside another sum cut at the same places."""
    families: list[_Family] = []
    for e in sorted(_outermost(expr), key=str):
        if not any(family.add(e) for family in families):
            families.append(_Family(e))
    pieces = {e: piece for family in families for e, piece in family.pieces().items()}
    return expr.xreplace(pieces)


def _opened(summed: sp.Sum) -> tuple[sp.Expr, sp.Tuple]:
    """What is summed over the outermost index, which is the last of the limits."""
    *inner, outermost = summed.limits
    return sp.Sum(summed.function, *inner) if inner else summed.function, outermost


def _outermost(expr: sp.Expr) -> set[sp.Sum]:
    if isinstance(expr, sp.Sum):
        return {expr}
    return set[sp.Sum]().union(*map(_outermost, expr.args))


def _in_order(places: set[sp.Expr]) -> list[sp.Expr] | None:
    """From the first to the last, or None if that is not known."""
    ordered: list[sp.Expr] = []
    for place in sorted(places, key=str):
        at = 0
        while at < len(ordered) and (place - ordered[at]).is_nonnegative:
            at += 1
        if at < len(ordered) and not all((e - place).is_nonnegative for e in ordered[at:]):
            return None
        ordered.insert(at, place)
    return ordered
