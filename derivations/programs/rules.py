"""One rule a primitive: what a step of a traced program computes, over the real numbers.

What rounding does is not said here: numbers of any width are real numbers, those of half precision
too, and whole numbers have no largest. Nothing is NaN. A primitive, a parameter or a value that no
rule speaks of is an error that names it, and so is an index that is not shown to be in its array,
a denominator that is not shown to be other than 0, or a logarithm of what is not shown positive.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import sympy as sp

from derivations.engine.algebra import fresh, is_nonnegative, is_positive
from derivations.programs.arrays import (
    Array,
    Nonnegative,
    Shape,
    Unread,
    always,
    choose,
    decided,
    equal,
    nonnegative,
    require,
    some,
    total,
)
from derivations.programs.proof import at_least_zero, without_cases

__all__ = ["RULES", "Call", "apply"]

Entry = Callable[..., Any]
Size = Callable[[Any], sp.Expr]


@dataclass(frozen=True)
class Call:
    """One equation of a program, and what a rule may ask of its surroundings."""

    name: str
    shapes: tuple[Shape, ...]
    """of its results"""
    kinds: tuple[str, ...]
    size: Size
    """what a size of JAX is as an expression"""
    read: Callable[[Any, Sequence[Array]], list[Array]]
    """what a program inside it computes of these inputs"""


RULES: dict[str, Callable[..., Any]] = {}
"""By the name of the primitive: ``(call, *inputs, **parameters)``, to the entries of its result."""

HARMLESS = {
    "accuracy",
    "compiler_options_kvs",
    "ctx_mesh",
    "donated_invars",
    "dtype",
    "fill_value",
    "in_layouts",
    "in_shardings",
    "index_dtype",
    "indices_are_sorted",
    "inline",
    "keep_unused",
    "name",
    "out_dtype",
    "out_layouts",
    "out_sharding",
    "out_shardings",
    "precision",
    "preferred_element_type",
    "sharding",
    "weak_type",
}
"""Parameters that tell how something is computed, or with how many digits; or a name.

What fills the places of indices that are out of range is among them: none is.
"""


def apply(call: Call, inputs: Sequence[Array], parameters: dict[str, Any]) -> list[Array]:
    """What an equation computes.

    Raises:
        Unread: there is no rule for the primitive, or for one of its parameters.
    """
    if call.name not in RULES:
        raise Unread(f"there is no rule for the primitive {call.name}")
    rule = RULES[call.name]
    known = inspect.getfullargspec(rule).kwonlyargs
    if unknown := parameters.keys() - set(known) - HARMLESS:
        raise Unread(f"{call.name}: nothing is known of its parameter {', '.join(sorted(unknown))}")
    given = {name: parameters[name] for name in known if name in parameters}
    found = rule(call, *inputs, **given)
    if isinstance(found, list):
        return found
    return [Array(call.shapes[0], call.kinds[0], found)]


def _rule(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def enter(rule: Callable[..., Any]) -> Callable[..., Any]:
        RULES.update(dict.fromkeys(names, rule))
        return rule

    return enter


# --- number by number ---


def _at(x: Array, at: Shape) -> sp.Expr:
    """An entry, or the number of an array without axes, which stands beside any array."""
    return x[at if x.shape else ()]


def _finite(call: Call, *values: sp.Expr) -> None:
    for e in values:
        if e is sp.nan or e.is_finite is False:
            raise Unread(f"{call.name} of {e}")


def _elementwise(name: str, function: Callable[..., sp.Expr]) -> None:
    """A rule for a function of numbers, none of which is infinite."""

    def rule(call: Call, *inputs: Array) -> Entry:
        def entry(*at: sp.Expr) -> sp.Expr:
            values = [_at(x, at) for x in inputs]
            _finite(call, *values)
            return function(*values)

        return entry

    RULES[name] = rule


def _positive(x: sp.Expr) -> sp.Expr:
    if not is_positive(x):
        raise Unread(f"the logarithm of what is not shown to be positive: {x}")
    return sp.log(x)


def _root(x: sp.Expr) -> sp.Expr:
    if not is_nonnegative(x):
        raise Unread(f"the root of what is not shown to be 0 or more: {x}")
    return sp.sqrt(x)


def _reciprocal(x: sp.Expr) -> sp.Expr:
    if not (is_positive(x) or is_positive(-x) or x.is_nonzero):
        raise Unread(f"a denominator that is not shown to be other than 0: {x}")
    return 1 / x


def _same(x: sp.Expr) -> sp.Expr:
    return x


for _name, _function in {
    "add": lambda a, b: a + b,
    "add_any": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "square": lambda a: a**2,
    "exp": sp.exp,
    "exp2": lambda a: sp.exp(a * sp.log(2)),
    "expm1": lambda a: sp.exp(a) - 1,
    "log": _positive,
    "log1p": lambda a: _positive(1 + a),
    "logistic": lambda a: 1 / (1 + sp.exp(-a)),
    "tanh": lambda a: (1 - sp.exp(-2 * a)) / (1 + sp.exp(-2 * a)),
    "sqrt": _root,
    "rsqrt": lambda a: _reciprocal(_root(a)),
    "stop_gradient": _same,
    "copy": _same,
    "copy_p": _same,
}.items():
    _elementwise(_name, _function)


@_rule("div")
def _div(call: Call, a: Array, b: Array) -> Entry:
    if a.kind != "f":
        raise Unread("a quotient of whole numbers is rounded")

    def entry(*at: sp.Expr) -> sp.Expr:
        one, other = _at(a, at), _at(b, at)
        _finite(call, one, other)
        return one * _reciprocal(other)

    return entry


@_rule("integer_pow")
def _integer_pow(call: Call, x: Array, *, y: int) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        base = _at(x, at)
        _finite(call, base)
        return base**y if y >= 0 else _reciprocal(base) ** -y

    return entry


@_rule("optimization_barrier")
def _barrier(call: Call, *inputs: Array) -> list[Array]:
    return list(inputs)


@_rule("convert_element_type")
def _convert(call: Call, x: Array, *, new_dtype: Any) -> Entry:
    if call.kinds[0] == "b" and x.kind != "b":
        return lambda *at: 1 - equal(_at(x, at), sp.S.Zero, x.kind != "f")
    if call.kinds[0] == "i" and x.kind == "f":
        raise Unread("a real number made whole is rounded")
    return lambda *at: _at(x, at)


# --- what tells cases apart ---


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
    return _least(_at(a, at), _at(b, at), _whole(a, b))


@_rule("ge")
def _ge(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: _order(a, b, at)


@_rule("le")
def _le(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: _order(b, a, at)


@_rule("gt")
def _gt(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: 1 - _order(b, a, at)


@_rule("lt")
def _lt(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: 1 - _order(a, b, at)


@_rule("eq")
def _eq(call: Call, a: Array, b: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        one, other = _at(a, at), _at(b, at)
        if sp.nan in (one, other):
            return sp.S.Zero
        infinite = [e for e in (one, other) if e.is_finite is False]
        if infinite:
            return sp.Integer(one == other)
        return equal(one, other, _whole(a, b))

    return entry


@_rule("ne")
def _ne(call: Call, a: Array, b: Array) -> Entry:
    same = _eq(call, a, b)
    return lambda *at: 1 - same(*at)


def _truth(call: Call, *arrays: Array) -> None:
    if any(x.kind != "b" for x in arrays):
        raise Unread(f"{call.name} of the bits of numbers")


@_rule("not")
def _not(call: Call, a: Array) -> Entry:
    _truth(call, a)
    return lambda *at: 1 - _at(a, at)


@_rule("and")
def _and(call: Call, a: Array, b: Array) -> Entry:
    _truth(call, a, b)
    return lambda *at: choose(_at(a, at), lambda: _at(b, at), lambda: sp.S.Zero)


@_rule("or")
def _or(call: Call, a: Array, b: Array) -> Entry:
    _truth(call, a, b)
    return lambda *at: choose(_at(a, at), lambda: sp.S.One, lambda: _at(b, at))


def _largest(a: sp.Expr, b: sp.Expr, whole: bool) -> sp.Expr:
    if whole or sp.S.Zero in (a, b):
        shown = decided if whole else at_least_zero
        for one, other in ((a, b), (b, a)):
            if shown(one - other):
                return one
    return choose(_least(a, b, whole), lambda: a, lambda: b)


@_rule("max")
def _max(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: _largest(_at(a, at), _at(b, at), _whole(a, b))


@_rule("min")
def _min(call: Call, a: Array, b: Array) -> Entry:
    return lambda *at: -_largest(-_at(a, at), -_at(b, at), _whole(a, b))


@_rule("clamp")
def _clamp(call: Call, low: Array, x: Array, high: Array) -> Entry:
    whole = _whole(low, x, high)

    def entry(*at: sp.Expr) -> sp.Expr:
        raised = _largest(_at(x, at), _at(low, at), whole)
        return -_largest(-raised, -_at(high, at), whole)

    return entry


@_rule("abs")
def _abs(call: Call, x: Array) -> Entry:
    return lambda *at: _largest(_at(x, at), -_at(x, at), _whole(x))


@_rule("sign")
def _sign(call: Call, x: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        value = _at(x, at)
        return _least(value, sp.S.Zero, _whole(x)) - _least(-value, sp.S.Zero, _whole(x))

    return entry


@_rule("is_finite")
def _is_finite(call: Call, x: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        value = _at(x, at)
        return sp.Integer(not (value is sp.nan or value.is_finite is False))

    return entry


@_rule("select_n")
def _select(call: Call, which: Array, *cases: Array) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        chosen = _at(which, at)
        if chosen.is_Integer:
            return _at(cases[int(chosen)], at)
        if len(cases) != 2 or which.kind != "b":
            raise Unread(f"one of {len(cases)} cases by {chosen}")
        return choose(chosen, lambda: _at(cases[1], at), lambda: _at(cases[0], at))

    return entry


# --- where entries stand ---


@_rule("broadcast_in_dim")
def _broadcast(call: Call, x: Array, *sizes: Array, shape: Any, broadcast_dimensions: Any) -> Entry:
    del shape, sizes  # that of the result

    def entry(*at: sp.Expr) -> sp.Expr:
        places = zip(broadcast_dimensions, x.shape, strict=True)
        return x[tuple(sp.S.Zero if size == 1 else at[axis] for axis, size in places)]

    return entry


@_rule("reshape")
def _reshape(call: Call, x: Array, *, new_sizes: Any, dimensions: Any) -> Entry:
    del new_sizes
    wide = [[at for at, size in enumerate(e) if size != 1] for e in (x.shape, call.shapes[0])]
    long = [[e[at] for at in kept] for e, kept in zip((x.shape, call.shapes[0]), wide, strict=True)]
    if dimensions is not None or long[0] != long[1]:
        raise Unread(f"reshape of {x.shape} to {call.shapes[0]}")

    def entry(*at: sp.Expr) -> sp.Expr:
        place = dict(zip(wide[0], (at[axis] for axis in wide[1]), strict=True))
        return x[tuple(place.get(axis, sp.S.Zero) for axis in range(len(x.shape)))]

    return entry


@_rule("squeeze")
def _squeeze(call: Call, x: Array, *, dimensions: Any) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        rest = iter(at)
        axes = range(len(x.shape))
        return x[tuple(sp.S.Zero if axis in dimensions else next(rest) for axis in axes)]

    return entry


@_rule("transpose")
def _transpose(call: Call, x: Array, *, permutation: Any) -> Entry:
    return lambda *at: x[tuple(at[permutation.index(axis)] for axis in range(len(at)))]


@_rule("rev")
def _rev(call: Call, x: Array, *, dimensions: Any) -> Entry:
    return lambda *at: x[
        tuple(x.shape[axis] - 1 - e if axis in dimensions else e for axis, e in enumerate(at))
    ]


@_rule("slice")
def _slice(call: Call, x: Array, *, start_indices: Any, limit_indices: Any, strides: Any) -> Entry:
    del limit_indices  # the shape of the result
    steps = [1] * len(x.shape) if strides is None else strides
    first = [call.size(e) for e in start_indices]
    return lambda *at: x[
        tuple(low + e * call.size(by) for low, e, by in zip(first, at, steps, strict=True))
    ]


@_rule("dynamic_slice")
def _dynamic_slice(call: Call, x: Array, *starts: Array, slice_sizes: Any) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        first = _starts(call, [e[()] for e in starts], x.shape, map(call.size, slice_sizes))
        return x[tuple(low + e for low, e in zip(first, at, strict=True))]

    return entry


@_rule("dynamic_update_slice")
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
            inside *= equal(e, low, True)
            place.append(sp.S.Zero)
            continue
        if size != length:  # else all of the axis is in the window
            inside *= nonnegative(e - low, True) * nonnegative(low + size - 1 - e, True)
        place.append(e - low)
    return inside, tuple(place)


@_rule("concatenate")
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


@_rule("stack")
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


@_rule("pad")
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


@_rule("iota")
def _iota(call: Call, *sizes: Array, dimension: int, shape: Any) -> Entry:
    del shape, sizes  # that of the result
    return lambda *at: at[dimension]


@_rule("dim_as_value")
def _dim_as_value(call: Call, *, dim: Any) -> Entry:
    return lambda: call.size(dim)


@_rule("gather")
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
    call: Call, axes: Sequence[int], index: Array, batch: Shape, shape: Shape, sizes: Shape
) -> list[sp.Expr]:
    """Where the window of one index begins, which the last axis of the indices tells."""
    first = [sp.S.Zero] * len(shape)
    for at, axis in enumerate(axes):
        first[axis] = index[(*batch, sp.Integer(at))]
        _starts(call, [first[axis]], (shape[axis],), (sizes[axis],))
    return first


@_rule("scatter-add")
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
    del mode, update_jaxpr, update_consts  # no index is out of range, and what is done is to add
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
            first = _first(call, axes, index, batch, table.shape, sizes)
            for axis in batching.values():
                first[axis] = at[axis]
            inside, place = _window(at, first, table.shape, sizes)
            where = dict(zip(along, batch, strict=True))
            where |= {window[axis]: e for axis, e in enumerate(place) if axis in window}
            read = tuple(where[axis] for axis in range(len(updates.shape)))
            return choose(inside, lambda: updates[read], lambda: sp.S.Zero)

        fixed = {axis: at[other] for axis, other in batching.items()}
        return table[at] + _over_batches(term, [updates.shape[e] for e in along], fixed)

    return entry


def _over_batches(
    term: Callable[[Shape], sp.Expr], sizes: Sequence[sp.Expr], fixed: dict[int, sp.Expr]
) -> sp.Expr:
    """The sum over all batch indices, but for those that are fixed."""

    def rest(*before: sp.Expr) -> sp.Expr:
        axis = len(before)
        if axis == len(sizes):
            return term(before)
        if axis in fixed:
            return rest(*before, fixed[axis])
        return total(lambda n: rest(*before, n), sizes[axis])

    return rest()


# --- sums, and the like ---


def _totals(term: Callable[..., sp.Expr], sizes: Sequence[sp.Expr]) -> sp.Expr:
    """The sum over several axes, the last innermost."""
    return _over_batches(lambda batch: term(*batch), sizes, {})


def _whole_index(axes: Sequence[int], summed: Shape, rest: Shape) -> Shape:
    """An index made of those along some axes and those along the others."""
    others = iter(rest)
    along = dict(zip(axes, summed, strict=True))
    rank = len(summed) + len(rest)
    return tuple(along[axis] if axis in along else next(others) for axis in range(rank))


@_rule("reduce_sum")
def _reduce_sum(call: Call, x: Array, *, axes: Any) -> Entry:
    axes = [int(axis) for axis in axes]

    def entry(*at: sp.Expr) -> sp.Expr:
        def term(*summed: sp.Expr) -> sp.Expr:
            value = x[_whole_index(axes, summed, at)]
            _finite(call, value)
            return value

        return _totals(term, [x.shape[axis] for axis in axes])

    return entry


@_rule("dot_general")
def _dot_general(call: Call, a: Array, b: Array, *, dimension_numbers: Any) -> Entry:
    (contract_a, contract_b), (batch_a, batch_b) = dimension_numbers
    free_a = len(a.shape) - len(contract_a) - len(batch_a)

    def entry(*at: sp.Expr) -> sp.Expr:
        batch, free = at[: len(batch_a)], at[len(batch_a) :]

        def term(*summed: sp.Expr) -> sp.Expr:
            one = _whole_index((*batch_a, *contract_a), (*batch, *summed), free[:free_a])
            other = _whole_index((*batch_b, *contract_b), (*batch, *summed), free[free_a:])
            _finite(call, a[one], b[other])
            return a[one] * b[other]

        return _totals(term, [a.shape[axis] for axis in contract_a])

    return entry


_fresh = count()


@_rule("reduce_max", "reduce_min")
def _reduce_extreme(call: Call, x: Array, *, axes: Any) -> Entry:
    """Any number, for all that is proved: no proof may rest on which of the numbers it is."""
    if x.kind != "f" or any(x.shape[axis] == 0 for axis in axes):
        raise Unread(f"{call.name} of whole numbers, or of none")
    base = sp.IndexedBase(f"M{next(_fresh)}", shape=call.shapes[0] or (sp.S.One,), real=True)
    return lambda *at: base[at or (sp.S.Zero,)]


@_rule("reduce_and", "reduce_or")
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


@_rule("argmax", "argmin")
def _place(call: Call, x: Array, *, axes: Any) -> Entry:
    """Any place, for all that is proved."""
    del axes
    if len(x.shape) != 1 or x.shape[0] == 0:
        raise Unread(f"{call.name} along one of several axes, or of nothing")
    place = _any_place(x.shape[0])
    return lambda: place


# --- programs inside ---


@_rule("jit", "pjit", "closed_call")
def _jit(call: Call, *inputs: Array, jaxpr: Any) -> list[Array]:
    return call.read(jaxpr, inputs)


@_rule("custom_jvp_call")
def _custom_jvp(
    call: Call,
    *inputs: Array,
    call_jaxpr: Any,
    jvp_jaxpr_fun: Any,
    num_consts: int,
    symbolic_zeros: bool,
) -> list[Array]:
    """What it computes: a trace of a derivative holds, in its place, what its rule made of it.

    It is read for any real numbers as well, of which cases may be shown to be alike.
    """
    del jvp_jaxpr_fun, num_consts, symbolic_zeros
    found = call.read(call_jaxpr, inputs)
    anything = [_anything(x) for x in inputs]
    general = call.read(call_jaxpr, [x for x, _ in anything])

    def entry(at: Shape, result: int) -> sp.Expr:
        value = found[result][at]
        if not value.has(Nonnegative, sp.KroneckerDelta):
            return value
        try:
            short = without_cases(general[result][at])
        except Unread:  # it is read for these numbers alone
            return value
        if short.has(Nonnegative, sp.KroneckerDelta):
            return value
        given = {base: x for (_, base), x in zip(anything, inputs, strict=True) if base}
        return short.replace(
            lambda e: isinstance(e, sp.Indexed) and e.base in given,
            lambda e: _at(given[e.base], e.indices),
        )

    return [
        Array(x.shape, x.kind, lambda *at, result=result: entry(at, result))
        for result, x in enumerate(found)
    ]


def _anything(x: Array) -> tuple[Array, sp.IndexedBase | None]:
    """An array of any real numbers of this shape; whole numbers, and a constant, as they are."""
    if x.kind != "f" or (not x.shape and x[()].is_number):
        return x, None
    base = sp.IndexedBase(f"x{next(_fresh)}", shape=x.shape or (sp.S.One,), real=True)
    return Array(x.shape, "f", lambda *at: base[at or (sp.S.Zero,)]), base


@_rule("cond")
def _cond(call: Call, which: Array, *inputs: Array, branches: Any) -> list[Array]:
    chosen = which[()]
    if not chosen.is_Integer:
        raise Unread(f"cond: control flow that depends on data, {chosen}")
    return call.read(branches[int(chosen)], inputs)


@_rule("scan")
def _scan(
    call: Call,
    *inputs: Array,
    jaxpr: Any,
    length: Any,
    reverse: bool,
    unroll: Any,
    num_consts: int = 0,
    num_carry: int = 0,
    ft_in: Any = None,
    ft_out: Any = None,
    linear: Any = None,
    _split_transpose: bool = False,
) -> list[Array]:
    """A loop that adds to what it carries: by induction it ends with the sum of what is added."""
    del reverse, linear, unroll, _split_transpose  # a sum is the same in any order
    if ft_in is not None:  # since JAX 0.11
        num_consts, num_carry, _ = (len(list(e)) for e in ft_in.unpack())
        if len(list(ft_out.unpack()[0])) != num_carry:
            raise Unread("scan: what it carries is not what it returns")
    constants, carried = inputs[:num_consts], inputs[num_consts : num_consts + num_carry]
    along = inputs[num_consts + num_carry :]
    bases = [
        sp.IndexedBase(
            f"x{next(_fresh)}",
            shape=x.shape or (sp.S.One,),
            real=True,
            integer=x.kind != "f" or None,
        )
        for x in carried
    ]
    before = [
        Array(x.shape, x.kind, lambda *at, base=base: base[at or (sp.S.Zero,)])
        for x, base in zip(carried, bases, strict=True)
    ]

    @cache
    def step(n: sp.Expr) -> list[Array]:
        here = [Array(x.shape[1:], x.kind, lambda *at, x=x: x[(n, *at)]) for x in along]
        return call.read(jaxpr, [*constants, *before, *here])

    def free(value: sp.Expr) -> sp.Expr:
        if value.has(*bases):
            raise Unread(f"scan: what is carried is not only added to: {value}")
        return value

    def added(number: int, at: Shape) -> sp.Expr:
        def term(n: sp.Expr) -> sp.Expr:
            return free(step(n)[number][at] - before[number][at])

        return carried[number][at] + total(term, call.size(length))

    def entry(number: int) -> Entry:
        if number < num_carry:
            return lambda *at: added(number, at)
        return lambda n, *at: free(step(n)[number][at])

    return [
        Array(shape, kind, entry(number))
        for number, (shape, kind) in enumerate(zip(call.shapes, call.kinds, strict=True))
    ]
