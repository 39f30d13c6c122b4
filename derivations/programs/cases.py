"""Rules for comparisons, for truths, and for what is chosen by them."""

import sympy as sp

from derivations.programs.arrays import (
    Array,
    Nonnegative,
    Shape,
    Unread,
    choose,
    decided,
    equal,
    nonnegative,
    put,
)
from derivations.programs.call import Call, Entry, entry_at, rule
from derivations.programs.proof import at_least_zero
from derivations.programs.whole import Rest, Whole


def _whole(*arrays: Array) -> bool:
    return all(x.kind != "f" for x in arrays)


def _least(a: sp.Expr, b: sp.Expr, whole: bool) -> sp.Expr:
    """[a ≥ b], where one of them may be infinite."""
    infinite = [e for e in (a, b) if e.is_finite is False]
    if sp.nan in (a, b) or len(infinite) == 2:
        raise Unread(f"{a} and {b} are compared")
    if infinite:
        return sp.Integer(a == sp.oo or b == -sp.oo)
    return nonnegative(a - b, whole)


def _order(a: Array, b: Array, at: Shape) -> sp.Expr:
    return _least(entry_at(a, at), entry_at(b, at), _whole(a, b))


@rule("ge")
def _ge(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: _order(a, b, at)


@rule("le")
def _le(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: _order(b, a, at)


@rule("gt")
def _gt(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: 1 - _order(b, a, at)


@rule("lt")
def _lt(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: 1 - _order(a, b, at)


@rule("eq")
def _eq(call: Call, a: Array, b: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        one, other = entry_at(a, at), entry_at(b, at)
        if sp.nan in (one, other):
            return sp.S.Zero
        infinite = [e for e in (one, other) if e.is_finite is False]
        if infinite:
            return sp.Integer(one == other)
        return equal(one, other, _whole(a, b))

    return entry


@rule("ne")
def _ne(call: Call, a: Array, b: Array) -> Entry:
    same = _eq(call, a, b)
    return lambda *at: 1 - same(*at)


def _truth(call: Call, *arrays: Array) -> None:
    if any(x.kind != "b" for x in arrays):
        raise Unread(f"{call.name} of the bits of numbers")


@rule("not")
def _not(call: Call, a: Array) -> Entry:
    _truth(call, a)
    return lambda *at: 1 - entry_at(a, at)


@rule("and")
def _and(call: Call, a: Array, b: Array) -> Entry:
    if a.kind == b.kind == "u":
        return lambda *at: _lower_bits(call, entry_at(a, at), entry_at(b, at))
    _truth(call, a, b)

    def entry(*at: sp.Expr) -> sp.Expr:
        one, other = entry_at(a, at), entry_at(b, at)
        if isinstance(other, Nonnegative):  # where it does not hold, nothing is asked of the first
            one = put(one, other, 1)
        return choose(one, lambda: other, lambda: sp.S.Zero)

    return entry


def _lower_bits(call: Call, x: sp.Expr, mask: sp.Expr) -> sp.Expr:
    """The lower bits of a number without a sign."""
    if not mask.is_Integer or (mask + 1) & mask:
        raise Unread(f"{call.name} of the bits of {x} and {mask}")
    return Rest(x, mask + 1)


@rule("shift_right_logical")
def _shift(call: Call, x: Array, by: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        places = entry_at(by, at)
        if x.kind != "u" or places not in range(32):
            raise Unread(f"{call.name} of {entry_at(x, at)} by {places}")
        return Whole(entry_at(x, at), 2**places)

    return entry


@rule("rem")
def _rem(call: Call, a: Array, b: Array) -> Entry:
    """What is left of a number between −2 and 2 times another, with the sign of the first."""

    def entry(*at: sp.Expr) -> sp.Expr:
        one, other = entry_at(a, at), entry_at(b, at)
        for size, sign in ((one, 1), (-one, -1)):
            if _whole(a, b) and decided(size) and decided(2 * other - 1 - size):
                return one - sign * other * nonnegative(size - other, True)
        raise Unread(f"{call.name} of {one}, not shown to be between −2 and 2 times {other}")

    return entry


@rule("or")
def _or(call: Call, a: Array, b: Array) -> Entry:
    _truth(call, a, b)
    return lambda *at: choose(entry_at(a, at), lambda: sp.S.One, lambda: entry_at(b, at))


def _largest(a: sp.Expr, b: sp.Expr, whole: bool) -> sp.Expr:
    if whole or sp.S.Zero in (a, b):
        shown = decided if whole else at_least_zero
        for one, other in ((a, b), (b, a)):
            if shown(one - other):
                return one
    if whole and (a.is_positive or b.is_positive):
        return sp.Max(a, b)  # which is positive, whatever the other is
    return choose(_least(a, b, whole), lambda: a, lambda: b)


@rule("max")
def _max(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: _largest(entry_at(a, at), entry_at(b, at), _whole(a, b))


@rule("min")
def _min(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: -_largest(-entry_at(a, at), -entry_at(b, at), _whole(a, b))


@rule("clamp")
def _clamp(call: Call, low: Array, x: Array, high: Array) -> Entry:
    whole = _whole(low, x, high)

    def entry(*at: sp.Expr) -> sp.Expr:
        raised = _largest(entry_at(x, at), entry_at(low, at), whole)
        return -_largest(-raised, -entry_at(high, at), whole)

    return entry


@rule("abs")
def _abs(call: Call, x: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        value = entry_at(x, at)
        if not _whole(x):
            return _largest(value, -value, False)
        return next((e for e in (value, -value) if decided(e)), sp.Abs(value))

    return entry


@rule("sign")
def _sign(call: Call, x: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        value = entry_at(x, at)
        return _least(value, sp.S.Zero, _whole(x)) - _least(-value, sp.S.Zero, _whole(x))

    return entry


@rule("is_finite")
def _is_finite(call: Call, x: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        value = entry_at(x, at)
        return sp.Integer(not (value is sp.nan or value.is_finite is False))

    return entry


@rule("select_n")
def _select(call: Call, which: Array, *cases: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        chosen = entry_at(which, at)
        if chosen.is_Integer:
            return entry_at(cases[int(chosen)], at)
        if len(cases) != 2 or which.kind != "b":
            raise Unread(f"one of {len(cases)} cases by {chosen}")
        return choose(chosen, lambda: entry_at(cases[1], at), lambda: entry_at(cases[0], at))

    return entry
