"""Rules for sums along axes, and for the largest entry, which may be any number."""

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from derivations.programs.arrays import (
    Array,
    Shape,
    Unread,
    always,
    decided,
)
from derivations.programs.call import Call, Entry, any_place, finite, rule, some, totals, unknown


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
    if "b" in (a.kind, b.kind):
        raise Unread("dot_general of truths, which does not count them")
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
    axes = [int(axis) for axis in axes]
    if x.kind != "f" or not _has_entries(x, axes):
        raise Unread(f"{call.name} of whole numbers, or of what is not shown to be some")
    base = unknown(call.shapes[0])

    def entry(*at: sp.Expr) -> sp.Expr:
        finite(call, _any_entry(x, axes, at))
        return base[at or (sp.S.Zero,)]

    return entry


@rule("reduce_and", "reduce_or")
def _reduce_truth(call: Call, x: Array, *, axes: Any) -> Entry:
    """Decided where entries are alike at any index; of nothing, all hold and none does."""
    if x.kind != "b":
        raise Unread(f"{call.name} of the bits of numbers")
    axes = [int(axis) for axis in axes]
    of_any = some(x, axes[0]) if call.name == "reduce_or" and len(axes) == 1 else None

    def entry(*at: sp.Expr) -> sp.Expr:
        of_nothing = sp.Integer(call.name == "reduce_and")
        if any(x.shape[axis] == 0 for axis in axes):
            return of_nothing
        value = always(_any_entry(x, axes, at))
        if not axes or value == of_nothing or (value in (0, 1) and _has_entries(x, axes)):
            return value
        if of_any is not None:
            return of_any[at or (sp.S.Zero,)]
        raise Unread(f"{call.name} of what is not the same at every index: {value}")

    return entry


def _has_entries(x: Array, axes: Sequence[int]) -> bool:
    """Whether some axes are shown to have a place, for every size."""
    return all(decided(x.shape[axis] - 1) for axis in axes)


def _any_entry(x: Array, axes: Sequence[int], at: Shape) -> sp.Expr:
    """What stands at any place of some axes, which is read also where it is not looked at."""
    return x[_whole_index(axes, tuple(any_place(x.shape[axis]) for axis in axes), at)]


@rule("argmax", "argmin")
def _place(call: Call, x: Array, *, axes: Any) -> Entry:
    """Any place, for all that is proved."""
    axes = [int(axis) for axis in axes]
    if len(x.shape) != 1 or not _has_entries(x, axes):
        raise Unread(f"{call.name} along one of several axes, or of what is not shown to be some")

    def entry() -> sp.Expr:
        finite(call, _any_entry(x, axes, ()))
        return place

    place = any_place(x.shape[0])
    return entry
