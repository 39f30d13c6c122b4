"""Sums over one range, exchanged: Σ_i Σ_k f(i, k) = Σ_k Σ_i f(i, k), whoever wrote which first.

A product of sums is written as one sum over all their indices, of one product. What is assumed of a
sum, as that Σ_l Q_il Q_kl is δ_ik, then acts whichever of the indices is summed first; and of all
orders of the indices of one range, the first by the alphabet stands for all.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, permutations, product
from math import factorial, prod
from typing import NamedTuple

import sympy as sp

__all__ = ["exchanged", "finished", "height"]

Rewrite = Callable[[sp.Expr], sp.Expr]

MOST = 720
"""Orders of indices that are tried: sums over more indices of one range are left as they are."""
_MARKS = 0xE000
"""Characters that are in no name, from here on."""


class _Term(NamedTuple):
    """A product, summed over indices whose ranges depend on none of them."""

    product: sp.Expr
    limits: tuple[sp.Tuple, ...]

    @property
    def expr(self) -> sp.Expr:
        """The sums, one inside the other."""
        return sp.Sum(self.product, *self.limits) if self.limits else self.product


def finished(f: sp.Expr, n: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Sum:
    """A sum whose index is named by how deep sums are nested, so that equal sums look the same."""
    name = _of_depth(height(f), low.is_nonnegative or None)
    return sp.Sum(f.xreplace({n: name}), (name, low, high))


def height(expr: sp.Expr) -> int:
    """How deep sums are nested."""
    return max((len(e.limits) + height(e.function) for e in expr.atoms(sp.Sum)), default=0)


@cache
def _of_depth(depth: int, nonnegative: bool | None) -> sp.Dummy:
    return sp.Dummy(f"ξ{depth}", integer=True, nonnegative=nonnegative)


def exchanged(expr: sp.Expr, normal: Rewrite, rewrite: Rewrite) -> sp.Expr:
    """An expression in normal form, with indices of one range in an order that is the same for all.

    The indices are no longer summed over: equal sums are equal terms.
    """
    found, left = sp.S.Zero, list(_terms(expr))
    while left:
        term = left.pop()
        told = _rewritten(term, rewrite)
        if told is None:
            found += _in_order(term)
        else:
            left += _terms(normal(told))
    return found


def _terms(expr: sp.Expr) -> Iterator[_Term]:
    """Each term of an expression, its products of sums as one sum."""
    for term in sp.Add.make_args(sp.expand(expr, deep=False)):
        choices = [list(_factor(e)) for e in sp.Mul.make_args(term)]
        for chosen in product(*choices):
            limits = tuple(limit for e in chosen for limit in e.limits)
            yield _Term(sp.Mul(*(e.product for e in chosen)), limits)


def _factor(e: sp.Expr) -> Iterator[_Term]:
    base, power = e.as_base_exp()
    if isinstance(base, sp.Sum) and power.is_Integer and power.is_positive:
        for chosen in product(*(list(_opened(base)) for _ in range(int(power)))):
            limits = tuple(limit for each in chosen for limit in each.limits)
            yield _Term(sp.Mul(*(each.product for each in chosen)), limits)
    else:
        yield _Term(e, ())


def _opened(summed: sp.Sum) -> Iterator[_Term]:
    """A sum, with indices of its own, and what is inside it likewise."""
    names = {n: sp.Dummy(n.name, **n.assumptions0) for n, _, _ in summed.limits}
    limits = tuple(sp.Tuple(names[n], *ends) for n, *ends in summed.limits)
    if any(set(names) & end.free_symbols for _, *ends in summed.limits for end in ends):
        yield _Term(summed, ())
        return
    for inner in _terms(summed.function.xreplace(names)):
        if any(set(names.values()) & e.free_symbols for _, *ends in inner.limits for e in ends):
            inner = _Term(inner.expr, ())
        yield _Term(inner.product, (*inner.limits, *limits))


@cache
def _name(low: sp.Expr, high: sp.Expr, at: int) -> sp.Dummy:
    """The index of all terms that is number ``at`` of its range."""
    return sp.Dummy(f"ξ{at} from {low} to {high}", integer=True)


def _rewritten(term: _Term, rewrite: Rewrite) -> sp.Expr | None:
    """What the assumptions make of a term if one of its sums is taken first; None if nothing."""
    for at, (n, low, high) in enumerate(term.limits):
        outside, inside = term.product.as_independent(n, as_Add=False)
        summed = finished(inside, n, low, high)
        told = rewrite(summed)
        if told != summed:
            rest = (*term.limits[:at], *term.limits[at + 1 :])
            return _Term(outside * told, rest).expr
    return None


def _in_order(term: _Term) -> sp.Expr:
    """The term with its indices named by their ranges, in the first of all orders."""
    ranges = Counter((low, high) for _, low, high in term.limits)
    if prod(map(factorial, ranges.values())) > MOST:
        return term.expr
    of_range = [[n for n, *ends in term.limits if tuple(ends) == each] for each in ranges]
    marks = {n: sp.Symbol(chr(_MARKS + at)) for at, (n, _, _) in enumerate(term.limits)}
    factors = [str(e.xreplace(marks)) for e in sp.Mul.make_args(term.product)]

    def key(order: tuple[sp.Dummy, ...]) -> list[str]:
        """How the factors read where the indices are numbered in this order."""
        numbers = {ord(marks[n].name): f"{at}" for at, n in enumerate(order)}
        return sorted(e.translate(numbers) for e in factors)

    orders = product(*(permutations(indices) for indices in of_range))
    first = min((tuple(chain(*order)) for order in orders), key=key)
    ends = chain(*([each] * number for each, number in ranges.items()))
    return term.product.xreplace(
        {n: _name(*each, at) for at, (n, each) in enumerate(zip(first, ends, strict=True))}
    )
