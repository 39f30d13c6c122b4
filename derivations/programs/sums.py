"""Rules for sums along axes, and for the largest entry, which may be any number."""

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from derivations.engine.algebra import fresh
from derivations.programs.arrays import (
    Array,
    Shape,
    Unread,
    always,
    some,
)
from derivations.programs.call import Call, Entry, finite, rule, totals, unknown


def _totals(term: Callable[..., sp.Expr], sizes: Sequence[sp.Expr]) -> sp.Expr:
    """The sum over several axes, the last innermost."""
    return totals(lambda batch: term(*batch), sizes, {})


def _whole_index(axes: Sequence[int], summed: Shape, rest: Shape) -> Shape:
    """An index made of those along some axes and those along the others."""
    others = iter(rest)
    along = dict(zip(axes, summed, strict=True))
    rank = len(summed) + len(rest)
    return tuple(along[axis] if axis in along else next(others) for axis in range(rank))


@rule("reduce_sum")
def _reduce_sum(call: Call, x: Array, *, axes: Any) -> Entry:
    axes = [int(axis) for axis in axes]

    def entry(*at: sp.Expr) -> sp.Expr:
        def term(*summed: sp.Expr) -> sp.Expr:
            value = x[_whole_index(axes, summed, at)]
            finite(call, value)
            return value

        return _totals(term, [x.shape[axis] for axis in axes])

    return entry


@rule("dot_general")
def _dot_general(call: Call, a: Array, b: Array, *, dimension_numbers: Any) -> Entry:
    (contract_a, contract_b), (batch_a, batch_b) = dimension_numbers
    free_a = len(a.shape) - len(contract_a) - len(batch_a)

    def entry(*at: sp.Expr) -> sp.Expr:
        batch, free = at[: len(batch_a)], at[len(batch_a) :]

        def term(*summed: sp.Expr) -> sp.Expr:
            one = _whole_index((*batch_a, *contract_a), (*batch, *summed), free[:free_a])
            other = _whole_index((*batch_b, *contract_b), (*batch, *summed), free[free_a:])
            finite(call, a[one], b[other])
            return a[one] * b[other]

        return _totals(term, [a.shape[axis] for axis in contract_a])

    return entry


@rule("reduce_max", "reduce_min")
def _reduce_extreme(call: Call, x: Array, *, axes: Any) -> Entry:
    """Any number, for all that is proved: no proof may rest on which of the numbers it is."""
    if x.kind != "f" or any(x.shape[axis] == 0 for axis in axes):
        raise Unread(f"{call.name} of whole numbers, or of none")
    base = unknown(call.shapes[0])
    return lambda *at: base[at or (sp.S.Zero,)]


@rule("reduce_and", "reduce_or")
def _reduce_truth(call: Call, x: Array, *, axes: Any) -> Entry:
    """Decided where entries are alike at any index; of nothing, all hold and none does."""
    axes = [int(axis) for axis in axes]

    def entry(*at: sp.Expr) -> sp.Expr:
        if any(x.shape[axis] == 0 for axis in axes):
            return sp.Integer(call.name == "reduce_and")
        places = tuple(_any_place(x.shape[axis]) for axis in axes)
        value = always(x[_whole_index(axes, places, at)])
        if value in (0, 1) or not places:
            return value
        if call.name == "reduce_or" and len(x.shape) == 1:
            return some(x)
        raise Unread(f"{call.name} of what is not the same at every index: {value}")

    return entry


def _any_place(size: sp.Expr) -> sp.Expr:
    return fresh(sp.Dummy("n", integer=True), sp.S.Zero, size - 1)


@rule("argmax", "argmin")
def _place(call: Call, x: Array, *, axes: Any) -> Entry:
    """Any place, for all that is proved."""
    del axes
    if len(x.shape) != 1 or x.shape[0] == 0:
        raise Unread(f"{call.name} along one of several axes, or of nothing")
    place = _any_place(x.shape[0])
    return lambda: place
