"""Rules for programs inside a program: calls, branches that are known, loops that add."""

import itertools
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sympy as sp

from derivations.engine.algebra import fresh
from derivations.programs.arrays import (
    Array,
    Nonnegative,
    Shape,
    Unread,
    constant,
    decided,
    nonnegative,
    total,
)
from derivations.programs.call import (
    Call,
    Carried,
    Entry,
    any_place,
    entry_at,
    finite,
    moment,
    of_step,
    rule,
    unknown,
)
from derivations.programs.proof import same, without_cases

Step = Callable[[Sequence[Array], sp.Expr], list[Array]]
"""What a step of a loop computes, of what is carried and of its place."""


@rule("jit", "pjit", "closed_call")
def _jit(call: Call, *inputs: Array, jaxpr: Any) -> list[Array]:
    return call.read(jaxpr, inputs)


@rule("custom_jvp_call")
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
    anything = [_anything(call, x) for x in inputs]
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
            lambda e: entry_at(given[e.base], e.indices),
        )

    return [
        Array(x.shape, x.kind, lambda *at, result=result: entry(at, result))
        for result, x in enumerate(found)
    ]


def _anything(call: Call, x: Array) -> tuple[Array, sp.IndexedBase | None]:
    """An array of any real numbers of this shape; whole numbers, and a constant, as they are."""
    if x.kind != "f" or (not x.shape and x[()].is_number):
        return x, None
    _real(call, x)
    base = unknown(x.shape)
    return Array(x.shape, "f", lambda *at: base[at or (sp.S.Zero,)]), base


@rule("cond")
def _cond(call: Call, which: Array, *inputs: Array, branches: Any) -> list[Array]:
    chosen = which[()]
    if not chosen.is_Integer:
        raise Unread(f"cond: control flow that depends on data, {chosen}")
    return call.read(branches[int(chosen)], inputs)


@rule("scan")
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
    """A loop over axes: see :func:`_loop`, or :func:`_as_told` if it is said what it carries."""
    del linear, unroll, _split_transpose
    if ft_in is not None:  # since JAX 0.11
        num_consts, num_carry, _ = (len(list(e)) for e in ft_in.unpack())
        if len(list(ft_out.unpack()[0])) != num_carry:
            raise Unread("scan: what it carries is not what it returns")
    constants, carried = inputs[:num_consts], inputs[num_consts : num_consts + num_carry]
    along = inputs[num_consts + num_carry :]

    def step(carried: Sequence[Array], n: sp.Expr) -> list[Array]:
        here = [Array(x.shape[1:], x.kind, lambda *at, x=x: x[(n, *at)]) for x in along]
        return call.read(jaxpr, [*constants, *carried, *here])

    size, told = call.size(length), next(call.loops, None)
    if told is None:
        return _loop(call, step, carried, size, reverse)
    return _as_told(call, step, carried, size, told, reverse)


@rule("while")
def _while(
    call: Call,
    *inputs: Array,
    cond_jaxpr: Any,
    cond_nconsts: int,
    body_jaxpr: Any,
    body_nconsts: int,
) -> list[Array]:
    """A loop as long as a count by 1 is below what stays: ``fori_loop`` of symbolic sizes."""
    first = cond_nconsts + body_nconsts
    given, constants, carried = inputs[:cond_nconsts], inputs[cond_nconsts:first], inputs[first:]

    def step(carried: Sequence[Array], n: sp.Expr) -> list[Array]:
        return call.read(body_jaxpr, [*constants, *carried])

    before = list(map(_anything_carried, carried))
    (below,) = call.read(cond_jaxpr, [*given, *before])
    added = _counts(step(before, sp.S.Zero), before)
    for count, end in itertools.product(added, added):
        turns = carried[end][()] - carried[count][()]
        told = 1 - nonnegative(before[count][()] - before[end][()], True)
        if (added[count], added[end]) == (1, 0) and below[()] == told and decided(turns):
            return _loop(call, step, carried, turns, False)
    raise Unread(f"while: not shown to end after a known number of steps: {below[()]}")


def _real(call: Call, *arrays: Array) -> None:
    """``Unread`` if an array has an infinite entry, for which no real number can stand."""
    for x in arrays:
        if x.kind == "f":
            finite(call, x[tuple(sp.S.Zero if e == 1 else any_place(e) for e in x.shape)])


def _anything_carried(x: Array) -> Array:
    """Any numbers, in the place of what is carried."""
    base = unknown(x.shape, whole=x.kind != "f")
    return Array(x.shape, x.kind, lambda *at: base[at or (sp.S.Zero,)])


def _counts(after: Sequence[Array], before: Sequence[Array]) -> dict[int, sp.Expr]:
    """The whole numbers to which a step adds always the same, and how much it is."""
    added = {
        number: sp.expand(new[()] - old[()])
        for number, (new, old) in enumerate(zip(after, before, strict=False))
        if old.kind == "i" and not old.shape
    }
    return {number: by for number, by in added.items() if by.is_Integer}


def _loop(
    call: Call, step: Step, carried: Sequence[Array], length: sp.Expr, reverse: bool
) -> list[Array]:
    """A loop that adds to what it carries: by induction it ends with the sum of what is added.

    What is added may depend on a count, which is known in each step: by induction it is what it
    began with, and as much more as all steps before have added to it.

    Args:
        call: the equation.
        step: one of them.
        carried: what the loop begins with.
        length: how many steps there are.
        reverse: whether the last comes first. A sum is the same in any order, a count is not.
    """
    anything = list(map(_anything_carried, carried))
    began = moment()

    @cache
    def counts() -> dict[int, sp.Expr]:
        """Of any of all steps: in some of them it might be another number that is added."""
        return {} if reverse else _counts(step(anything, any_place(length)), anything)

    @cache
    def around(n: sp.Expr) -> tuple[list[Array], list[Array]]:
        """What is carried before a step, and what that computes."""
        told = {k: constant(carried[k][()] + n * by, "i") for k, by in counts().items()}
        before = [told.get(number, x) for number, x in enumerate(anything)]
        return before, step(before, n)

    @cache
    def real() -> None:
        """What it begins with is real, and so is what a step leaves if it was."""
        n = any_place(length)
        _real(call, *carried, *around(n)[1][: len(carried)])

    def free(value: sp.Expr, n: sp.Expr) -> sp.Expr:
        real()
        if value.has(*bases):
            raise Unread(f"{call.name}: what is carried is not only added to: {value}")
        return of_step(value, n, began)

    def added(number: int, at: Shape) -> sp.Expr:
        def term(n: sp.Expr) -> sp.Expr:
            before, after = around(n)
            return free(after[number][at] - before[number][at], n)

        return carried[number][at] + total(term, length)

    def entry(number: int) -> Entry:
        if number < len(carried):
            return lambda *at: added(number, at)
        return lambda n, *at: free(around(n)[1][number][at], n)

    bases = _bases(anything)
    return [
        Array(shape, kind, entry(number))
        for number, (shape, kind) in enumerate(zip(call.shapes, call.kinds, strict=True))
    ]


def _bases(anything: Sequence[Array]) -> list[sp.Basic]:
    return [x[(sp.S.Zero,) * len(x.shape)].base for x in anything]


def _as_told(
    call: Call,
    step: Step,
    carried: Sequence[Array],
    length: sp.Expr,
    told: Carried,
    reverse: bool,
) -> list[Array]:
    """A loop of which it is said what it carries: so it begins, and so each step leaves it.

    Args:
        call: the equation.
        step: one of them.
        carried: what the loop begins with.
        length: how many steps there are.
        told: what is carried after so many of them.
        reverse: whether it begins at the last place.
    """
    anything, began = list(map(_anything_carried, carried)), moment()
    if len(told(length)) != len(carried):
        raise Unread(f"scan: {len(carried)} arrays are carried, not {len(told(length))}")

    def after(n: sp.Expr) -> list[Array]:
        """What is carried after n steps: what is said, or anything."""
        said = zip(told(n), anything, strict=True)
        return [other if x is None else x for x, other in said]

    def shown(found: Sequence[Array], n: sp.Expr, what: str) -> None:
        for x, said in zip(found, told(n), strict=True):
            if said is None:
                _real(call, x)  # as anything is
                continue
            at = tuple(sp.S.Zero if e == 1 else any_place(e) for e in x.shape)
            if (x.shape, x.kind) != (said.shape, said.kind):
                raise Unread(f"scan: {x.kind}{x.shape} is carried, not {said.kind}{said.shape}")
            if not same(x[at], said[at]):
                raise Unread(f"scan: {what} is not shown to be what is said, {said[at]}")

    def place(n: sp.Expr) -> sp.Expr:
        return length - 1 - n if reverse else n

    once = cache(lambda n: step(after(n), place(n)))
    shown(carried, sp.S.Zero, "what it begins with")
    n = fresh(sp.Dummy("step", integer=True), sp.S.Zero, length - 1)
    shown(once(n)[: len(carried)], n + 1, "what a step leaves")

    def collected(number: int, at: Shape) -> sp.Expr:
        value = once(place(at[0]))[number][at[1:]]  # to turn a place round twice is to leave it
        if value.has(*_bases(anything)):
            raise Unread(f"scan: nothing is said of what a step depends on: {value}")
        return of_step(value, at[0], began)

    results = [
        Array(shape, kind, lambda *at, number=number: collected(number, at))
        for number, (shape, kind) in enumerate(zip(call.shapes, call.kinds, strict=True))
    ]
    return after(length) + results[len(carried) :]
