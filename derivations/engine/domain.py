"""Where an expression means something: what must be shown before it is reasoned about.

For every size and every instance, each index must be whole and in the range of what it counts,
each denominator other than 0, the argument of each logarithm positive, and each root one of a
number that is not negative. ``undefined`` says what is not shown to be so.
"""

from collections.abc import Callable, Iterator, Mapping

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine.algebra import differentiate, is_nonnegative, is_positive
from derivations.engine.notation import (
    Abbreviation,
    Bounds,
    Index,
    bounds,
    indices,
    opened,
    range_of,
    symbols,
    tables,
    unfold,
)
from derivations.engine.open_functions import Open
from derivations.engine.quantities import unsaid
from derivations.engine.symbols import whole

__all__ = ["Nonzero", "extreme", "undefined"]

Nonzero = Callable[[sp.Expr], bool]
"""Whether an expression is assumed to be other than 0."""

Ranges = Mapping[sp.Symbol, Bounds]

FUNCTIONS = (sp.exp, sp.log, sp.Max, sp.Min, sp.sin, sp.cos, Delta, sp.Piecewise, Open)


def undefined(expr: sp.Expr, nonzero: Nonzero = lambda e: False) -> Iterator[str]:
    """Why an expression might mean nothing at some size or value.

    It is asked as it is printed, each name and each derivative on its own, before anything cancels;
    and as a whole, where a name may depend on the index of a sum around it.
    """
    for form in dict.fromkeys((expr, unfold(expr))):
        yield from _names(form)
        yield from _faults(form, {}, nonzero)


def _names(expr: sp.Expr) -> Iterator[str]:
    """Nothing is named like a declared index or array, and no two things alike."""
    named: dict[str, sp.Basic] = {}
    arrays = expr.atoms(sp.IndexedBase)
    for e in sorted(expr.atoms(sp.Symbol), key=str):
        if not e.is_commutative:
            yield f"{e.name} is no number"
        if e.name in {array.name for array in arrays}:
            continue
        if isinstance(e, sp.Dummy):
            yield f"{e.name} is written like an index that was declared, and is none"
            continue
        if named.setdefault(e.name, e) != e or (e.name in bounds and not isinstance(e, Index)):
            yield f"{e.name} names two different things"
        if isinstance(e, Index) and e.name in symbols and indices.get(e.name) != e:
            yield f"{e.name} is not the declared index of this name"
        if e.name in whole and e.name not in bounds and whole[e.name] is not bool(e.is_integer):
            yield f"nothing says whether {e.name} is whole"
        if e.is_integer and e.name not in bounds and not (isinstance(e, Index) or _is_size(e)):
            yield f"{e.name} is whole, and of no sign that a size has"
        if unsaid(e):
            yield f"nothing says what is declared of {e.name}: {e.assumptions0}"
    for array in sorted(arrays, key=str):
        if tables.get(array.name) != array or array.name in named:
            yield f"{array.name} is not the declared array of this name"
        elif not all(size == 1 or size.free_symbols for size in array.shape):
            yield f"{array.name} has a size that is a number: {array.shape}"
        if array[array.shape].is_integer and array.name not in bounds:
            yield f"nothing says in which range the whole entries of {array.name} lie"
        if unsaid(array[array.shape]):
            yield f"nothing says what is declared of the entries of {array.name}"
    for e in sorted(expr.atoms(Abbreviation, Open), key=str):
        kinds = (kind for kind in type(e).mro() if issubclass(kind, Abbreviation | Open))
        told = {name for kind in kinds if kind is not Open for name in vars(kind)}
        if any(name.startswith(("is_", "_eval_is_")) for name in told):
            yield f"nothing says what is declared of {type(e).__name__}"


def _is_size(e: sp.Symbol) -> bool:
    """Whether it is declared like a number of things, of which the page says the least."""
    return bool(e.is_positive or e.is_nonnegative)


def _faults(expr: sp.Expr, ranges: Ranges, nonzero: Nonzero) -> Iterator[str]:
    """The faults of an expression in which these indices run within these ranges."""
    if isinstance(expr, sp.Sum):
        yield from _sum_faults(expr, ranges, nonzero)
        return
    if isinstance(expr, sp.Indexed):
        yield from _entry_faults(expr, ranges)
        return
    if isinstance(expr, sp.Piecewise):
        yield from _case_faults(expr, ranges, nonzero)
        return
    if isinstance(expr, Abbreviation):
        yield from _faults(opened(expr), ranges, nonzero)
        return
    if isinstance(expr, sp.Derivative):
        yield from _faults(differentiate(expr), ranges, nonzero)
    if expr.is_Number:
        if not expr.is_finite:
            yield f"{expr} is no number"
        if expr.is_Float:
            yield f"{expr} is rounded"
    elif expr.is_Pow:
        yield from _power_faults(expr, nonzero)
    elif isinstance(expr, sp.log):
        if not is_positive(expr.args[0]):
            yield f"the logarithm of what is not shown to be positive: {expr.args[0]}"
    elif isinstance(expr, Delta):
        if not all(e.is_integer for e in expr.args):
            yield f"{expr} compares what need not be whole"
        if expr.has(sp.Sum):
            yield f"{expr} compares sums"
    elif isinstance(expr, sp.Function | sp.Max | sp.Min):
        if not isinstance(expr, FUNCTIONS):
            yield f"{expr} is a function of which nothing is known"
    elif not isinstance(expr, sp.Symbol | sp.Add | sp.Mul | sp.Derivative):
        yield f"{type(expr).__name__} is nothing that these laws speak of: {expr}"
    for e in _parts(expr):
        yield from _faults(e, ranges, nonzero)


def _parts(expr: sp.Expr) -> tuple[sp.Expr, ...]:
    if isinstance(expr, sp.Derivative):
        return expr.expr, *expr.variables
    return tuple(expr.args)


def _sum_faults(expr: sp.Sum, ranges: Ranges, nonzero: Nonzero) -> Iterator[str]:
    """The outermost index is the last of the limits; what is assumed of its name is not of it."""
    *inner, limit = expr.limits
    if len(limit) != 3:
        yield f"a sum without bounds: {expr}"
        return
    n, low, high = limit
    if n in _sizes():
        yield f"a sum over a size: {expr}"
    if not (n.is_integer and low.is_integer and high.is_integer):
        yield f"a sum whose index need not be whole: {n} from {low} to {high}"
    if not (low.is_finite is not False and high.is_finite is not False):
        yield f"a sum without end: {n} from {low} to {high}"
    for e in (low, high):
        yield from _faults(e, ranges, nonzero)
    index = sp.Dummy(n.name, integer=n.is_integer, nonnegative=low.is_nonnegative or None)
    summand = sp.Sum(expr.function, *inner) if inner else expr.function
    yield from _faults(summand.subs(n, index), {**ranges, index: (low, high)}, nonzero)


def _sizes() -> set[sp.Basic]:
    """What the declared ranges and shapes are made of."""
    ends = (e for within in bounds.values() for e in within)
    shapes = (e for array in tables.values() for e in array.shape)
    return set[sp.Basic]().union(*(e.free_symbols for e in (*ends, *shapes)))


def _power_faults(expr: sp.Pow, nonzero: Nonzero) -> Iterator[str]:
    base, power = map(unfold, expr.args)
    if not power.is_real:
        yield f"a power that need not be real: {expr}"
    if not power.is_nonnegative and not _is_nonzero(base, nonzero):
        yield f"a denominator that is not shown to be other than 0: {base}"
    if not power.is_integer and not (is_nonnegative(base) or is_positive(base)):
        yield f"a root of what is not shown to be positive: {base}"


def _is_nonzero(expr: sp.Expr, nonzero: Nonzero) -> bool:
    if expr.is_Mul:
        return all(_is_nonzero(e, nonzero) for e in expr.args)
    if expr.is_Pow:
        return _is_nonzero(expr.base, nonzero)
    return is_positive(expr) or is_positive(-expr) or bool(expr.is_nonzero) or nonzero(expr)


def _case_faults(expr: sp.Piecewise, ranges: Ranges, nonzero: Nonzero) -> Iterator[str]:
    """The cases cover everything, and each is defined where it is used."""
    if expr.args[-1].cond != sp.true:
        yield f"cases that need not cover everything: {expr}"
    for (value, condition), inner in zip(expr.args, _cases(expr, ranges), strict=True):
        if condition != sp.true and not isinstance(condition, sp.core.relational.Relational):
            yield f"a case that is told by no comparison: {condition}"
        yield from _faults(value, inner, nonzero)
        if condition.has(sp.Sum):
            yield f"a case that is told by a sum: {condition}"
        inner_indices = {n for e in expr.atoms(sp.Sum) for n in e.variables}
        if inner_indices & condition.free_symbols:  # SymPy may have taken it out of that sum
            yield f"a case that is told by an index of a sum inside it: {condition}"
        for e in condition.args:
            yield from _faults(e, inner, nonzero)


def _cases(expr: sp.Piecewise, ranges: Ranges) -> Iterator[Ranges]:
    """What is known of the ranges in each case: after n = low, n is at least low + 1."""
    left = dict(ranges)
    for _, condition in expr.args:
        yield left
        if isinstance(condition, sp.Eq) and condition.lhs.is_Symbol:
            n = condition.lhs
            low, high = left.get(n, getattr(n, "within", (None, None)))
            if low is not None and low == condition.rhs:
                left = left | {n: (low + 1, high)}


def _entry_faults(expr: sp.Indexed, ranges: Ranges) -> Iterator[str]:
    """Each index is whole and within its axis."""
    for at, size in zip(map(unfold, expr.indices), expr.base.shape, strict=True):
        if not at.is_integer and not isinstance(at, sp.Piecewise):
            yield f"an index that need not be whole: {expr}"
        elif not _within(at, (sp.S.Zero, size - 1), ranges):
            yield f"an index that is not shown to be in its range: {at} of {expr}"
        if at.has(sp.Sum):
            yield f"an index that is a sum: {expr}"
        for inner in () if isinstance(at, sp.Piecewise) else at.atoms(sp.Indexed):
            yield from _entry_faults(inner, ranges)


def _within(at: sp.Expr, within: Bounds, ranges: Ranges) -> bool:
    low, high = within
    if isinstance(at, sp.Piecewise):
        values = [e.expr for e in at.args]
        return all(
            _within(e, within, inner)
            and not any(fault for f in e.atoms(sp.Indexed) for fault in _entry_faults(f, inner))
            for e, inner in zip(values, _cases(at, ranges), strict=True)
        )
    least, most = (extreme(at, ranges, side) for side in (0, 1))
    return bool((least - low).is_nonnegative and (high - most).is_nonnegative)


def extreme(at: sp.Expr, ranges: Ranges, side: int) -> sp.Expr:
    """The least or the largest value of an index made of others, as far as they are known."""
    for _ in range(10):
        moving = [e for e in at.atoms(sp.Symbol, sp.Indexed) if _range(e, ranges)]
        moving = [e for e in moving if not any(f != e and f.has(e) for f in at.atoms(sp.Indexed))]
        if not moving:
            break
        for e in moving:
            slope = at.coeff(e)
            if not slope.is_number or (at - slope * e).has(e):
                return sp.nan  # not linear: nothing is known
            at = sp.expand(at - slope * e + slope * _range(e, ranges)[side ^ bool(slope < 0)])
    return at


def _range(e: sp.Expr, ranges: Ranges) -> Bounds | tuple[()]:
    if e in ranges:
        return ranges[e]
    if isinstance(e, sp.Indexed):
        return range_of(e) or ()
    return getattr(e, "within", ())
