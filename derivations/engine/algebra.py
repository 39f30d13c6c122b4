"""When is an expression zero, for every size of its sums? A normal form and one decision.

Beyond SymPy's own differentiation and rational arithmetic, five laws of finite sums carry every
derivation:

- a sum of terms is the sum of their sums, and factors free of the index leave the sum;
- Σ_a δ_{ab} f(a) = f(b) where b lies in the range of a, and δ_{ab} f(a) = δ_{ab} f(b);
- finite sums may be exchanged, and their indices renamed (those of one range by ``exchange``);
- Σ_{a=0}^{n} f(a) = f(0) + Σ_{a=0}^{n−1} f(a+1), used where f singles out a = 0; and likewise
  Σ_{a=0}^{n} [a ≤ b] f(a) = Σ_{a=0}^{b} f(a), where b is known to lie in −1..n;
- sums of the same terms over other ranges are cut at the same places (``alignment``).

That an index lies in a range is known from its declaration (``notation.bounds``): every word named
is one of the V words, every negative too.

``is_zero`` answers True only for what they make zero; "could not decide" is False.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import reduce

import sympy as sp
from sympy import KroneckerDelta as Delta
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import Application
from sympy.core.relational import Relational

from derivations.engine.alignment import aligned
from derivations.engine.exchange import exchanged, finished, height
from derivations.engine.notation import Bounds, Index, dims, range_of, unfold

__all__ = [
    "Rewrite",
    "differentiate",
    "fresh",
    "is_nonnegative",
    "is_positive",
    "is_zero",
    "normal",
]

Rewrite = Callable[[sp.Expr], sp.Expr]
"""An assumption at work: replaces one side of an equation by the other."""


def differentiate(expr: sp.Expr) -> sp.Expr:
    """Carries out every derivative, by SymPy, on unfolded definitions.

    Differentiating by ``u[w, i]`` under a sum whose own index is called ``w`` would confuse the
    two, silently; such a derivative is refused.
    """
    expr = unfold(expr)
    for derivative in expr.atoms(sp.Derivative):
        inside = {n for e in derivative.expr.atoms(sp.Sum) for n in e.variables}
        if any(inside & wrt.free_symbols for wrt in derivative.variables):
            raise ValueError(f"{derivative} differentiates by an index of its own sums")
    return expr.replace(
        lambda e: isinstance(e, sp.Derivative),
        lambda e: unfold(reduce(_slope, e.variables, e.expr)),
    )


def _slope(expr: sp.Expr, by: sp.Expr) -> sp.Expr:
    """SymPy's derivative, of functions that have a rule for it: of others it may silently be 0."""
    if by.is_integer:
        raise ValueError(f"{by} is whole: nothing is differentiated by it")
    for e in expr.atoms(Application):  # functions, Max and Min
        known = isinstance(e, sp.exp | sp.log | sp.sin | sp.cos | Delta | sp.Piecewise)
        ours = "_eval_derivative" in vars(type(e)) and not type(e).__module__.startswith("sympy.")
        if not (known or ours) and e.free_symbols:  # |x| and max(0, x) have none at 0
            raise ValueError(f"{e} has no rule by which it could be differentiated")
    moving = by.base if isinstance(by, sp.Indexed) else by  # v_k is v_i for one of all k
    told = [e for f in expr.atoms(sp.Piecewise, Delta) for e in f.atoms(Relational, Delta)]
    # What an open function depends on is among its free symbols, and not in it
    if any(moving in {getattr(n, "base", n) for n in e.free_symbols} for e in told):
        raise ValueError(f"{by} decides between cases, where there may be no derivative")
    return sp.diff(expr, by)


def normal(expr: sp.Expr, rewrite: Rewrite = lambda e: e) -> sp.Expr:
    """The normal form of an expression without derivatives or abbreviations."""
    if isinstance(expr, sp.Sum):
        # From the outside in: within, an index is never taken for the symbol of its name
        n, *limits = expr.limits[-1]
        low, high = (normal(e, rewrite) for e in limits)
        index = fresh(n, low, high)
        return _sum(normal(_within(expr, index), rewrite), index, low, high, rewrite)
    if isinstance(expr, ExprWithLimits):
        raise TypeError(f"only sums may have an index of their own, not {expr}")
    if not expr.args or isinstance(expr, sp.Indexed | Delta):
        return rewrite(expr)
    if isinstance(expr, sp.Piecewise):
        return rewrite(sp.Piecewise(*((normal(e, rewrite), told) for e, told in expr.args)))
    expr = expr.func(*(normal(e, rewrite) for e in expr.args))
    if isinstance(expr, sp.log):
        expr = _log(expr.args[0])
    return _expand(rewrite(expr), rewrite)


def _expand(expr: sp.Expr, rewrite: Rewrite) -> sp.Expr:
    """Multiplies out, and lets the deltas of each product do their work."""
    if isinstance(expr, sp.exp):
        return sp.Mul(*map(sp.exp, sp.Add.make_args(expr.args[0])))
    terms = sp.expand(expr, deep=False, log=False, power_exp=False)
    return sp.Add(*(_equate(e, rewrite) for e in sp.Add.make_args(terms)))


def _within(summed: sp.Sum, index: sp.Symbol) -> sp.Expr:
    """What is summed over the outermost index, which is the last of the limits, at this index."""
    *inner, (n, _, _) = summed.limits
    within = (sp.Sum(summed.function, *inner) if inner else summed.function).subs(n, index)
    if n in within.free_symbols:
        raise ValueError(f"{summed} is summed over {n}, on which something depends unseen")
    return within


class _Bound(sp.Dummy):  # type: ignore[misc]
    """The index of a sum, which knows its range."""

    within: Bounds


def fresh(n: sp.Symbol, low: sp.Expr, high: sp.Expr) -> _Bound:
    """A new index for a sum, so that no other can be taken for it."""
    if not (n.is_integer and low.is_integer and high.is_integer):
        raise ValueError(f"an index must be whole: {n} from {low} to {high}")
    index: _Bound = _Bound(n.name, integer=True, nonnegative=low.is_nonnegative or None)
    index.within = low, high
    return index


def _log(positive: sp.Expr) -> sp.Expr:
    """The log of a product of positive factors is the sum of their logs, and log exp x = x."""
    factors = sp.Mul.make_args(positive)
    if not all(map(is_positive, factors)):
        return sp.log(positive)
    return sp.Add(*map(_log_of_factor, factors))


def _log_of_factor(e: sp.Expr) -> sp.Expr:
    if isinstance(e, sp.exp):
        return e.args[0]
    if e.is_Pow:
        return e.exp * _log_of_factor(e.base)
    if not e.is_Add:
        return sp.log(e)
    # 1 + exp(x) = exp(x) (1 + exp(−x)): of all such forms one, so that equal logs look the same.
    forms = [(_powers_of_e(term), e) for term in e.args]
    power, rest = min(
        ((power, sp.expand(e * sp.exp(-power))) for power, e in forms), key=lambda f: str(f[1])
    )
    return power + sp.log(rest)


def _powers_of_e(term: sp.Expr) -> sp.Expr:
    """The exponent of what a term has of exponentials."""
    return sp.Add(*(e.args[0] for e in sp.Mul.make_args(term) if isinstance(e, sp.exp)))


def _equate(term: sp.Expr, rewrite: Rewrite) -> sp.Expr:
    """δ_{ab} f(a) = δ_{ab} f(b): beside a delta, only the simpler of its indices is left."""
    factors = sp.Mul.make_args(term)
    for delta in factors:
        if isinstance(delta, Delta):
            keep, drop = sorted(delta.args, key=lambda e: (not e.is_Symbol, e.is_Dummy, str(e)))
            others = sp.Mul(*(e for e in factors if e != delta))
            if others.has(drop):
                return normal(delta * others.subs(drop, keep), rewrite)
    return term


def _sum(f: sp.Expr, n: sp.Symbol, low: sp.Expr, high: sp.Expr, rewrite: Rewrite) -> sp.Expr:
    """The normal form of Σ_n f, for f in normal form."""
    result = sp.S.Zero
    for term in sp.Add.make_args(f):
        outside, inside = term.as_independent(n, as_Add=False)
        result += outside * _sum_of_product(inside, n, low, high, rewrite)
    return _expand(result, rewrite)


def _sum_of_product(
    f: sp.Expr, n: sp.Symbol, low: sp.Expr, high: sp.Expr, rewrite: Rewrite
) -> sp.Expr:
    if f == 1 and (high - low + 1).is_nonnegative:
        return high - low + 1
    for e, others in _factors(f):
        if isinstance(e, Delta) and (value := _in_range(e, n, low, high)) is not None:
            return normal(others.subs(n, value), rewrite)
        if isinstance(e, sp.Piecewise) and (last := _last(e, n, rewrite)) is not None:
            (one, _), (other, _) = e.args
            near, far = (normal(others * g, rewrite) for g in (one - other, other))
            if (last - low + 1).is_nonnegative and (high - last).is_nonnegative:
                return _sum(near, n, low, last, rewrite) + _sum(far, n, low, high, rewrite)
        if isinstance(e, sp.Sum) and _may_leave(e, n, low, high):
            b, first, last = e.limits[0]
            index = fresh(b, first, last)
            product = normal(others * e.function.subs(b, index), rewrite)
            return _sum(_sum(product, n, low, high, rewrite), index, first, last, rewrite)
    if any({n, low} == set(e.args) for e in f.atoms(Delta)) and (high - low).is_nonnegative:
        rest = normal(f.subs(n, n + 1), rewrite)
        return normal(f.subs(n, low), rewrite) + _sum(rest, n, low, high - 1, rewrite)
    result = finished(f, n, low, high)
    freed = result.free_symbols - f.free_symbols - low.free_symbols - high.free_symbols
    if any(isinstance(e, sp.Dummy) for e in freed):
        raise ValueError(f"SymPy takes a case out of the sum that it is told by: {f}")
    return rewrite(result)


def _last(step: sp.Piecewise, n: sp.Symbol, rewrite: Rewrite) -> sp.Expr | None:
    """Up to which n the first of two cases holds, if it is told by an n ≤ ...."""
    condition = step.args[0].cond
    if len(step.args) != 2 or step.args[1].cond != sp.true:
        return None
    if not isinstance(condition, sp.Ge | sp.Le):
        return None
    room = normal(condition.gts - condition.lts, rewrite)
    last = n + room
    return last if room.coeff(n) == -1 and not last.has(n) and last.is_integer else None


def _factors(product: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """Each factor, a power taken once, and what multiplies it."""
    factors = sp.Mul.make_args(product)
    for at, e in enumerate(factors):
        others = sp.Mul(*factors[:at], *factors[at + 1 :])
        if e.is_Pow and e.exp.is_Integer and e.exp.is_positive:
            yield e.base, others * e.base ** (e.exp - 1)
        else:
            yield e, others


def _in_range(delta: Delta, n: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr | None:
    """The value at which a delta is 1, if it is known to lie within the bounds of the sum."""
    difference = sp.expand(delta.args[0] - delta.args[1])
    slope = difference.coeff(n)
    value = sp.expand(n - difference / slope) if slope in (1, -1) else n
    if value.has(n) or not value.is_integer:
        return None
    known = _known_range(value) == (low, high)
    between = (value - low).is_nonnegative and (high - value).is_nonnegative
    return value if known or between else None


def _known_range(value: sp.Expr) -> Bounds | None:
    """What is declared of an index, or of the entries of an array of indices."""
    if isinstance(value, sp.Indexed):
        return range_of(value)
    return value.within if isinstance(value, Index | _Bound) else None


def _may_leave(inner: sp.Sum, n: sp.Symbol, low: sp.Expr, high: sp.Expr) -> bool:
    """Whether an inner sum is exchanged with that over n.

    Dimensions are to be innermost, and a sum over n that a δ inside ends is to be taken.
    """

    def rank(*limits: sp.Expr) -> tuple[bool, str]:
        return limits != dims, str(limits)

    (_, *limits), *more = inner.limits
    depends = any(e.has(n) for e in limits)
    if more or depends:
        return False
    deltas = (e for e, _ in _factors(inner.function) if isinstance(e, Delta))
    ends = any(_in_range(e, n, low, high) is not None for e in deltas)
    return ends or rank(*limits) > rank(low, high)


def is_zero(expr: sp.Expr, rewrite: Rewrite = lambda e: e) -> bool:
    """Whether the laws above make the expression zero for every size and value."""
    expr = normal(differentiate(expr), rewrite)
    if _vanishes(expr, rewrite):
        return True
    return bool(_numerator(exchanged(expr, lambda e: normal(e, rewrite), rewrite)) == 0)


def _vanishes(expr: sp.Expr, rewrite: Rewrite) -> bool:
    """Zero as a rational function of its sums, or a sum of sums whose joint summand is zero."""
    if _numerator(expr) == 0:
        return True
    if (cut := aligned(expr)) != expr:
        return _vanishes(normal(cut, rewrite), rewrite)
    rest = sp.S.Zero
    joint: defaultdict[tuple[sp.Expr, ...], sp.Expr] = defaultdict(lambda: sp.S.Zero)
    index = sp.Dummy(integer=True)
    for term in sp.Add.make_args(expr):
        sums = [e for e in sp.Mul.make_args(term) if isinstance(e, sp.Sum)]
        if not sums:
            rest += term
            continue
        e = max(sums, key=lambda e: (height(e), str(e)))
        *inner, (n, *limits) = e.limits  # the outermost is last: SymPy writes sums of sums as one
        summand = sp.Sum(e.function, *inner) if inner else e.function
        joint[tuple(limits)] += term / e * summand.xreplace({n: index})
    if not joint or _numerator(rest) != 0:
        return False
    return all(_vanishes(e, rewrite) for e in joint.values())


def _numerator(expr: sp.Expr) -> sp.Expr:
    """The expanded numerator of a rational function in sums, entries, exponentials and logs."""
    names: dict[sp.Expr, sp.Symbol] = {}

    def generator(e: sp.Expr) -> sp.Expr:
        if e.is_Number:
            return e
        if e.is_Add or e.is_Mul:
            return e.func(*map(generator, e.args))
        if e.is_Pow and e.exp.is_Integer:
            return generator(e.base) ** e.exp
        if isinstance(e, sp.exp):
            power, argument = e.args[0].as_coeff_Mul()
            return names.setdefault(sp.exp(argument), sp.Dummy()) ** power
        return names.setdefault(e, sp.Dummy())

    numerator, _ = sp.fraction(sp.together(generator(expr)))
    return sp.expand(numerator)


def _some(n: sp.Symbol, low: sp.Expr) -> sp.Dummy:
    """An index of a sum, of which no more is known than where the sum begins."""
    return sp.Dummy(n.name, integer=n.is_integer, nonnegative=low.is_nonnegative or None)


def is_positive(expr: sp.Expr) -> bool:
    """Whether an expression is built so that it must be positive."""
    expr = unfold(expr)
    if expr.is_Add:
        return all(map(is_nonnegative, expr.args)) and any(map(is_positive, expr.args))
    if isinstance(expr, sp.Sum):
        n, low, high = expr.limits[-1]
        return bool((high - low + 1).is_positive) and is_positive(_within(expr, _some(n, low)))
    if expr.is_Pow:
        return is_positive(expr.base) and bool(expr.exp.is_real)
    if expr.is_Mul:
        return all(map(is_positive, expr.args))
    return bool(expr.is_positive) or (isinstance(expr, sp.exp) and bool(expr.args[0].is_real))


def is_nonnegative(expr: sp.Expr) -> bool:
    """Whether an expression is built so that it cannot be negative: squares and their like."""
    expr = unfold(expr)
    if isinstance(expr, sp.Sum):
        n, low, _ = expr.limits[-1]
        return is_nonnegative(_within(expr, _some(n, low)))
    if expr.is_Add or expr.is_Mul:
        return is_positive(expr) or all(map(is_nonnegative, expr.args))
    square = expr.is_Pow and expr.exp.is_even and _is_real(expr.base)
    return bool(expr.is_nonnegative) or bool(square) or is_positive(expr)


def _is_real(expr: sp.Expr) -> bool:
    """Whether an expression is built from real numbers by operations that stay real."""
    if isinstance(expr, sp.Sum):
        n, low, _ = expr.limits[-1]
        return _is_real(_within(expr, _some(n, low)))
    if expr.is_Pow:
        return _is_real(expr.base) and bool(expr.exp.is_integer)
    if expr.is_Add or expr.is_Mul or isinstance(expr, sp.exp):
        return all(map(_is_real, expr.args))
    return bool(expr.is_real) or isinstance(expr, Delta)
