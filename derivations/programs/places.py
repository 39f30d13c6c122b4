"""Rules for what moves entries: which entry of an input stands at an index of the result."""

from collections.abc import Sequence
from typing import Any

import sympy as sp
from jax.lax import GatherScatterMode, ScatterDimensionNumbers
from sympy import KroneckerDelta as Delta

from derivations.programs.arrays import (
    Array,
    Nonnegative,
    Shape,
    Unread,
    choose,
    decided,
    equal,
    few_values,
    nonnegative,
    put,
    require,
)
from derivations.programs.call import Call, Entry, any_place, firsts, rule, totals
from derivations.programs.whole import Rest, Whole


@rule("broadcast_in_dim")
def _broadcast(call: Call, x: Array, *sizes: Array, shape: Any, broadcast_dimensions: Any) -> Entry:
    del shape, sizes  # that of the result

    def entry(*at: sp.Expr) -> sp.Expr:
        places = zip(broadcast_dimensions, x.shape, strict=True)
        return x[tuple(sp.S.Zero if size == 1 else at[axis] for axis, size in places)]

    return entry


@rule("reshape")
def _reshape(call: Call, x: Array, *, new_sizes: Any, dimensions: Any) -> Entry:
    del new_sizes
    old, new = ([(at, e) for at, e in enumerate(f) if e != 1] for f in (x.shape, call.shapes[0]))
    groups: list[tuple[list[int], int]] = []
    """which axes become one"""
    for axis, size in new:
        rows = [old.pop(0)] if old else []
        if old and rows[0][1] != size:
            rows.append(old.pop(0))
        if sp.expand(sp.Mul(*(e for _, e in rows)) - size) != 0:
            raise Unread(f"reshape of {x.shape} to {call.shapes[0]}")
        groups.append(([at for at, _ in rows], axis))
    if dimensions is not None or old:
        raise Unread(f"reshape of {x.shape} to {call.shapes[0]}")

    def entry(*at: sp.Expr) -> sp.Expr:
        place = [sp.S.Zero] * len(x.shape)
        for axes, axis in groups:
            *first, last = axes
            place[last] = at[axis]
            if first:  # counted row by row
                size = x.shape[last]
                place[first[0]], place[last] = Whole(at[axis], size), Rest(at[axis], size)
        return x[tuple(place)]

    return entry


@rule("squeeze")
def _squeeze(call: Call, x: Array, *, dimensions: Any) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        rest = iter(at)
        axes = range(len(x.shape))
        return x[tuple(sp.S.Zero if axis in dimensions else next(rest) for axis in axes)]

    return entry


@rule("transpose")
def _transpose(call: Call, x: Array, *, permutation: Any) -> Entry:
    return lambda *at: x[tuple(at[permutation.index(axis)] for axis in range(len(at)))]


@rule("rev")
def _rev(call: Call, x: Array, *, dimensions: Any) -> Entry:
    return lambda *at: x[
        tuple(x.shape[axis] - 1 - e if axis in dimensions else e for axis, e in enumerate(at))
    ]


@rule("slice")
def _slice(call: Call, x: Array, *, start_indices: Any, limit_indices: Any, strides: Any) -> Entry:
    del limit_indices  # the shape of the result
    steps = [1] * len(x.shape) if strides is None else strides
    first = [call.size(e) for e in start_indices]
    return lambda *at: x[
        tuple(low + e * call.size(by) for low, e, by in zip(first, at, steps, strict=True))
    ]


@rule("split")
def _split(call: Call, x: Array, *, sizes: Any, axis: int) -> list[Array]:
    parts, first = [], sp.S.Zero
    for size, shape, kind in zip(sizes, call.shapes, call.kinds, strict=True):

        def entry(*at: sp.Expr, first: sp.Expr = first) -> sp.Expr:
            return x[(*at[:axis], sp.expand(first + at[axis]), *at[axis + 1 :])]

        parts.append(Array(shape, kind, entry))
        first += call.size(size)
    return parts


@rule("dynamic_slice")
def _dynamic_slice(call: Call, x: Array, *starts: Array, slice_sizes: Any) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        first = _starts(call, [e[()] for e in starts], x.shape, map(call.size, slice_sizes))
        return x[tuple(low + e for low, e in zip(first, at, strict=True))]

    return entry


@rule("dynamic_update_slice")
def _dynamic_update_slice(call: Call, x: Array, update: Array, *starts: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        first = _starts(call, [e[()] for e in starts], x.shape, update.shape)
        inside, place = _window(at, first, x.shape, update.shape)
        return choose(inside, lambda: update[place], lambda: x[at])

    return entry


def _starts(call: Call, starts: Sequence[sp.Expr], shape: Shape, sizes: Any) -> Sequence[sp.Expr]:
    """Where windows begin, if all of each is in the array: nothing has to be moved inside."""
    for start, length, size in zip(starts, shape, sizes, strict=True):
        require(nonnegative(start, True), f"{call.name} begins at {start}, which is 0 or more")
        last = length - size
        require(nonnegative(last - start, True), f"{call.name} begins at {start}, at most {last}")
    return starts


def _window(
    at: Shape, first: Sequence[sp.Expr], shape: Shape, sizes: Shape
) -> tuple[sp.Expr, Shape]:
    """Whether a place is in a window of an array, and where in it."""
    inside, place = sp.S.One, []
    for e, low, length, size in zip(at, first, shape, sizes, strict=True):
        if size == 1:
            within = decided(low) and decided(length - 1 - low)
            inside *= equal(e, low, True) if within else _is_at(e, low)
            place.append(sp.S.Zero)
            continue
        if size != length:  # else all of the axis is in the window
            inside *= nonnegative(e - low, True) * nonnegative(low + size - 1 - e, True)
        place.append(e - low)
    return inside, tuple(place)


def _is_at(place: sp.Expr, low: sp.Expr) -> sp.Expr:
    """Whether a window of size 1, which may be outside, is at a place: in each of its cases."""
    bound = {n for e in low.atoms(sp.Sum) for n in e.variables}
    for test, _ in few_values(low):
        if isinstance(test, Delta | Nonnegative) and not test.free_symbols & bound:
            yes, no = (_is_at(place, put(low, test, value)) for value in (1, 0))
            return test * yes + (1 - test) * no
    return equal(place, low, True)


@rule("concatenate")
def _concatenate(call: Call, *parts: Array, dimension: int) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        return _joined(list(parts), dimension, at)

    return entry


def _joined(parts: list[Array], axis: int, at: Shape) -> sp.Expr:
    first, *rest = parts
    if not rest:
        return first[at]
    length = first.shape[axis]
    later = (*at[:axis], sp.expand(at[axis] - length), *at[axis + 1 :])
    here = nonnegative(length - 1 - at[axis], True)
    # What has one place is read at that place
    place = (*at[:axis], sp.S.Zero if length == 1 else at[axis], *at[axis + 1 :])
    return choose(here, lambda: first[place], lambda: _joined(rest, axis, later))


@rule("stack")
def _stack(call: Call, *parts: Array, axis: int) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        return _stacked(parts, 0, at[axis], (*at[:axis], *at[axis + 1 :]))

    return entry


def _stacked(parts: Sequence[Array], first: int, which: sp.Expr, place: Shape) -> sp.Expr:
    if first == len(parts) - 1:
        return parts[first][place]
    here = equal(which, sp.Integer(first), True)
    return choose(
        here, lambda: parts[first][place], lambda: _stacked(parts, first + 1, which, place)
    )


@rule("unstack")
def _unstack(call: Call, x: Array, *, axis: int) -> list[Array]:
    def entry(number: int, at: Shape) -> sp.Expr:
        return x[(*at[:axis], sp.Integer(number), *at[axis:])]

    parts = zip(call.shapes, call.kinds, strict=True)
    return [
        Array(shape, kind, lambda *at, number=number: entry(number, at))
        for number, (shape, kind) in enumerate(parts)
    ]


@rule("pad")
def _pad(call: Call, x: Array, value: Array, *, padding_config: Any) -> Entry:
    edges = [tuple(map(call.size, e)) for e in padding_config]
    if any(low.is_negative or high.is_negative or inner != 0 for low, high, inner in edges):
        raise Unread(f"pad: nothing is known of a padding_config such as {padding_config}")

    def entry(*at: sp.Expr) -> sp.Expr:
        place = tuple(e - low for e, (low, _, _) in zip(at, edges, strict=True))
        inside = sp.S.One
        for e, length in zip(place, x.shape, strict=True):
            inside *= nonnegative(e, True) * nonnegative(length - 1 - e, True)
        return choose(inside, lambda: x[place], lambda: value[()])

    return entry


@rule("iota")
def _iota(call: Call, *sizes: Array, dimension: int, shape: Any) -> Entry:
    del shape, sizes  # that of the result
    return lambda *at: at[dimension]


@rule("dim_as_value")
def _dim_as_value(call: Call, *, dim: Any) -> Entry:
    return lambda: call.size(dim)


@rule("gather")
def _gather(
    call: Call,
    table: Array,
    index: Array,
    *,
    dimension_numbers: Any,
    slice_sizes: Any,
    mode: Any,
    unique_indices: Any,
) -> Entry:
    del mode, unique_indices  # no index is out of range, and to read twice does no harm
    numbers = dimension_numbers
    sizes = tuple(map(call.size, slice_sizes))
    dropped = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
    kept = [axis for axis in range(len(table.shape)) if axis not in dropped]

    def entry(*at: sp.Expr) -> sp.Expr:
        batch = tuple(e for axis, e in enumerate(at) if axis not in numbers.offset_dims)
        offset = dict(zip(kept, (at[axis] for axis in numbers.offset_dims), strict=True))
        first = _first(call, numbers.start_index_map, index, batch, table.shape, sizes)
        place = [low + offset.get(axis, 0) for axis, low in enumerate(first)]
        batching = numbers.operand_batching_dims, numbers.start_indices_batching_dims
        for axis, along in zip(*batching, strict=True):
            place[axis] = batch[along]
        return table[tuple(place)]

    return entry


def _first(
    call: Call,
    axes: Sequence[int],
    index: Array,
    batch: Shape,
    shape: Shape,
    sizes: Shape,
    dropped: bool = False,
) -> list[sp.Expr]:
    """Where the window of one index begins, which the last axis of the indices tells.

    Where those that are out of range are dropped, one of size 1 is then at no place.
    """
    first = [sp.S.Zero] * len(shape)
    for at, axis in enumerate(axes):
        first[axis] = index[(*batch, sp.Integer(at))]
        if not (dropped and sizes[axis] == 1):
            _starts(call, [first[axis]], (shape[axis],), (sizes[axis],))
    return first


@rule("scatter-add")
def _scatter_add(
    call: Call,
    table: Array,
    index: Array,
    updates: Array,
    *,
    dimension_numbers: Any,
    mode: Any,
    unique_indices: bool,
    update_jaxpr: Any,
    update_consts: Any,
) -> Entry:
    del update_jaxpr, update_consts  # what is done is to add
    dropped_outside = mode == GatherScatterMode.FILL_OR_DROP  # else no index is out of range
    numbers = dimension_numbers
    dropped = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    kept = [axis for axis in range(len(table.shape)) if axis not in dropped]
    window = dict(zip(kept, numbers.update_window_dims, strict=True))
    sizes = tuple(
        updates.shape[window[axis]] if axis in window else sp.S.One
        for axis in range(len(table.shape))
    )
    along = [axis for axis in range(len(updates.shape)) if axis not in numbers.update_window_dims]
    if unique_indices and any(updates.shape[axis] != 1 for axis in along):
        raise Unread("scatter-add: nothing is known of unique_indices=True")
    batching = dict(
        zip(numbers.scatter_indices_batching_dims, numbers.operand_batching_dims, strict=True)
    )

    def entry(*at: sp.Expr) -> sp.Expr:
        def term(batch: Shape) -> sp.Expr:
            axes = numbers.scatter_dims_to_operand_dims
            first = _first(call, axes, index, batch, table.shape, sizes, dropped_outside)
            for axis in batching.values():
                first[axis] = at[axis]
            inside, place = _window(at, first, table.shape, sizes)
            where = dict(zip(along, batch, strict=True))
            where |= {window[axis]: e for axis, e in enumerate(place) if axis in window}
            read = tuple(where[axis] for axis in range(len(updates.shape)))
            return choose(inside, lambda: updates[read], lambda: sp.S.Zero)

        fixed = {axis: at[other] for axis, other in batching.items()}
        return table[at] + totals(term, [updates.shape[e] for e in along], fixed)

    return entry


ENTRY_BY_ENTRY = ScatterDimensionNumbers((), (0,), (0,))


@rule("scatter-min")
def _scatter_min(
    call: Call,
    table: Array,
    index: Array,
    updates: Array,
    *,
    dimension_numbers: Any,
    mode: Any,
    unique_indices: Any,
    update_jaxpr: Any,
    update_consts: Any,
) -> Entry:
    """The first entry that names a row, for the rows that entries name: of no other it is read."""
    del unique_indices, update_jaxpr, update_consts
    n = sp.Dummy("n", integer=True, nonnegative=True)
    if dimension_numbers != ENTRY_BY_ENTRY:
        raise Unread(f"{call.name} of what is more than one entry, by {dimension_numbers}")
    if len(table.shape) != 1 or len(updates.shape) != 1 or updates[(n,)] != n:
        raise Unread(f"{call.name} of other numbers than those that count entries from 0")
    named = Array(updates.shape, index.kind, lambda e: index[(e, sp.S.Zero)])
    if mode != GatherScatterMode.FILL_OR_DROP:  # else what is out of range names no row
        _starts(call, [named[(any_place(updates.shape[0]),)]], table.shape, (sp.S.One,))
    first, last = firsts(named), updates.shape[0] - 1

    def entry(row: sp.Expr) -> sp.Expr:
        require(nonnegative(table[(row,)] - last, True), f"{call.name} begins above all entries")
        for e in sp.preorder_traversal(row):
            if e.is_integer and named[(e,)] == row and decided(e) and decided(last - e):
                return first[e]
        raise Unread(f"{call.name} at a row that no entry is shown to name: {row}")

    return entry
