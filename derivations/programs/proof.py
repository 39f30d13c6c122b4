"""When two expressions that were read are the same: the laws of the engine, and proofs by cases.

What programs do for the sake of digits leaves cases behind, max(x, 0) + log(1 + exp(−|x|)). Cases
whose values are shown to be equal for every x are one, whatever tells them apart. What takes few
values, such as the sign of a way or an entry of a mask, is gone through value by value.
"""

from collections.abc import Iterator
from functools import cache, reduce

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine.algebra import (
    Rewrite,
    differentiate,
    is_nonnegative,
    is_positive,
    is_zero,
    normal,
)
from derivations.engine.notation import unfold
from derivations.programs.arrays import Nonnegative, decided, few_values, put
from derivations.programs.call import First, Some
from derivations.programs.whole import Whole, is_whole_part, row_by_row

__all__ = ["above_zero", "as_tests", "at_least_zero", "same", "without_cases"]


@cache
def without_cases(expr: sp.Expr) -> sp.Expr:
    """The expression without the cases that are shown to be alike."""
    for test in _outside_sums(expr, Nonnegative, Delta):
        yes, no = (expr.xreplace({test: sp.Integer(value)}) for value in (1, 0))
        if isinstance(test, Delta):  # where it is 1, its two numbers are one
            one, other = sorted(test.args, key=lambda e: not isinstance(e, sp.Indexed))
            here = {one: other}
            alike = is_zero(yes.xreplace(here) - no.xreplace(here))
        else:
            alike = is_zero(yes - no)
        if alike:
            return without_cases(no)
    return expr


def at_least_zero(expr: sp.Expr) -> bool:
    """Whether a number is shown not to be negative.

    Beside what is built so: log Σ_n f(n) ≥ log f(p), since a sum of positive numbers is at least
    each of them, and the logarithm grows.
    """
    expr = unfold(expr)
    if is_nonnegative(expr):
        return True
    if not expr.has(sp.log):
        return False
    expr = normal(expr)
    for e in sp.Add.make_args(expr):
        if isinstance(e, sp.log) and isinstance(e.args[0], sp.Sum) and is_positive(e.args[0]):
            *inner, (n, *within) = e.args[0].limits
            term = sp.Sum(e.args[0].function, *inner) if inner else e.args[0].function
            places = _places(expr - e, *within)
            if any(is_zero(expr - e + sp.log(term.xreplace({n: p}))) for p in places):
                return True
    return False


def above_zero(expr: sp.Expr) -> bool:
    """Whether a number is shown to be positive, in each of its cases.

    Where [t ≥ 0] is 0, −t is positive, and so is all that is at least −t.
    """
    if is_positive(expr):
        return True
    for test in _outside_sums(expr, Nonnegative):
        yes, no = (expr.xreplace({test: sp.Integer(value)}) for value in (1, 0))
        return above_zero(yes) and (above_zero(no) or at_least_zero(sp.expand(no + test.args[0])))
    return False


def _places(expr: sp.Expr, low: sp.Expr, high: sp.Expr) -> Iterator[sp.Expr]:
    """The indices and whole numbers in an expression that are shown to lie within a range."""
    bound = {n for e in expr.atoms(sp.Sum) for n in e.variables}
    indices = {at for e in expr.atoms(sp.Indexed) for at in e.indices}
    told = indices | {n for n in expr.atoms(sp.Symbol) if n.is_integer}
    found = sorted(told, key=lambda at: (at not in indices, str(at)))
    free = (at for at in found if not at.free_symbols & bound)
    return (p for p in free if decided(p - low) and decided(high - p))


def same(one: sp.Expr, other: sp.Expr) -> bool:
    """Whether two expressions are shown to be equal for every size and value."""
    if isinstance(other, Whole):
        return is_whole_part(one, other)
    difference = as_tests(unfold(one)) - as_tests(unfold(other))
    difference = row_by_row(_of_some(difference))
    return _vanishes(_alike(_by_values(_weighed(difference))))


def _of_some(expr: sp.Expr) -> sp.Expr:
    """x [some are 1] is x, for a truth x that is one of them: where x is 1, some are."""

    def told(product: sp.Mul) -> sp.Expr:
        powers = [e.as_base_exp() for e in product.args]
        factors = {base for base, power in powers if power.is_Integer and power.is_positive}
        bound = {n for e in product.atoms(sp.Sum) for n in e.variables}
        for e in _somes(product):
            if not e.free_symbols & bound:
                places = _places(sp.Mul(*factors), sp.S.Zero, e.base.last)
                truths = (e.base.along(e.indices, p) for p in places)
                if any(factors.issuperset(sp.Mul.make_args(x)) for x in truths):
                    product = product.xreplace({e: sp.S.One})
        return product

    return expr.replace(lambda e: isinstance(e, sp.Mul) and bool(_somes(e)), told)


def _somes(expr: sp.Expr) -> list[sp.Indexed]:
    found = (e for e in expr.atoms(sp.Indexed) if isinstance(e.base, Some))
    return sorted(found, key=str)


def _weighed(expr: sp.Expr) -> sp.Expr:
    """x f(δ_{0x}) is x f(0): where x is 0, so are both. All that is read is finite."""

    def weighed(product: sp.Mul) -> sp.Expr:
        bound = {n for e in product.atoms(sp.Sum) for n in e.variables}
        factors = [x for x in product.args if isinstance(x, sp.Indexed)]
        told = {Delta(0, x): sp.S.Zero for x in factors if not x.free_symbols & bound}
        return product.xreplace(told)

    return expr.replace(lambda e: isinstance(e, sp.Mul) and e.has(Delta), weighed)


def _alike(expr: sp.Expr) -> sp.Expr:
    """An expression whose tests of equal sums are written alike, and out of sums if they can be."""
    if not any(e.has(sp.Sum) for e in expr.atoms(Nonnegative)):
        return expr
    return normal(differentiate(expr))


def as_tests(expr: sp.Expr) -> sp.Expr:
    """The cases of a statement in the words of a program."""
    expr = expr.replace(sp.Max, lambda *args: _largest(args))
    return expr.replace(sp.Piecewise, lambda *args: _of_cases(args))


def _largest(args: tuple[sp.Expr, ...]) -> sp.Expr:
    number, x = sorted(args, key=lambda e: not e.is_number)
    return number + (x - number) * Nonnegative(x - number)


def _of_cases(cases: tuple[sp.Tuple, ...]) -> sp.Expr:
    (value, told), *rest = cases
    if told == sp.true:
        return value
    here: sp.Expr
    if isinstance(told, sp.Ge | sp.Le):
        here = Nonnegative(told.gts - told.lts)
    elif isinstance(told, sp.Gt | sp.Lt):
        here = 1 - Nonnegative(told.lts - told.gts)
    else:
        here = Delta(*told.args)
    return here * value + (1 - here) * _of_cases(tuple(rest))


def _vanishes(expr: sp.Expr, known: tuple[sp.Expr, ...] = ()) -> bool:
    """Whether an expression is 0 in each case of its tests.

    Args:
        expr: an expression.
        known: whole numbers that are 0 or more in this case.
    """
    if is_zero(expr, _told_of_firsts(expr)):
        return True
    for test in _outside_sums(expr, Nonnegative):
        (t,) = test.args
        cases = ((put(expr, test, value), fact) for value, fact in ((1, t), (0, -t - 1)))
        if t.is_integer:
            return all(_vanishes(_told(e, fact, known), (*known, fact)) for e, fact in cases)
        return all(_vanishes(e, known) for e, _ in cases)
    return False


def _told(expr: sp.Expr, fact: sp.Expr, known: tuple[sp.Expr, ...]) -> sp.Expr:
    """An expression with the tests decided that two known numbers tell, which none tells alone.

    All that is at least their sum is 0 or more.
    """
    for test in _outside_sums(expr, Nonnegative) if known else ():
        (t,) = test.args
        for value, least in ((1, t), (0, -t - 1)):
            if t.is_integer and any(decided(least - fact - e) for e in known):
                expr = expr.xreplace({test: sp.Integer(value)})
    return expr


def _told_of_firsts(expr: sp.Expr) -> Rewrite:
    """What is known of the first entries in an expression."""
    known = expr.atoms(First)
    return lambda e: reduce(lambda e, first: first.told(e), known, e) if known else e


def _outside_sums(expr: sp.Expr, *kinds: type) -> list[sp.Expr]:
    """The tests that do not depend on the index of a sum, and have one answer in all of it."""
    bound = {n for e in expr.atoms(sp.Sum) for n in e.variables}
    found = sorted(expr.atoms(*kinds), key=lambda e: (len(e.atoms(Nonnegative)), str(e)))
    return [e for e in found if not e.free_symbols & bound]


def _by_values(expr: sp.Expr) -> sp.Expr:
    """Σ_v δ_{ev} f(v) for f(e), where e has few values v, under the sum that indexes e."""
    bound = {n for e in expr.atoms(sp.Sum) for n in e.variables}
    for e, values in few_values(expr):
        some = isinstance(e, sp.Indexed) and isinstance(e.base, Some)
        if not (some or isinstance(e, Delta | Nonnegative) or e.free_symbols & bound):
            cases = (Delta(e, v) * _by_values(_put(e, v, expr)) for v in values)
            return sp.Add(*cases)
    return _inside_sums(expr)


def _put(e: sp.Expr, value: int, expr: sp.Expr) -> sp.Expr:
    """An expression where an entry has a value; if it is a truth that holds, some of them does."""
    told = {e: sp.Integer(value)}
    if value == 1 and isinstance(e, sp.Indexed):
        place = e.indices[-1]
        for s in _somes(expr):
            inside = decided(place) and decided(s.base.last - place)
            if inside and s.base.along(s.indices, place) == e:
                told[s] = sp.S.One
    return expr.xreplace(told)


def _inside_sums(expr: sp.Expr) -> sp.Expr:
    if isinstance(expr, sp.Sum):
        *inner, outermost = expr.limits
        summand = sp.Sum(expr.function, *inner) if inner else expr.function
        return sp.Sum(_by_values(summand), outermost)
    if not expr.args or isinstance(expr, sp.Indexed):
        return expr
    return expr.func(*map(_inside_sums, expr.args))
