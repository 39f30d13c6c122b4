"""Rules for programs inside a program: calls, branches that are known, loops that add."""

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
            lambda e: entry_at(given[e.base], e.indices),
        )

    return [
        Array(x.shape, x.kind, lambda *at, result=result: entry(at, result))
        for result, x in enumerate(found)
    ]


def _anything(x: Array) -> tuple[Array, sp.IndexedBase | None]:
    """An array of any real numbers of this shape; whole numbers, and a constant, as they are."""
    if x.kind != "f" or (not x.shape and x[()].is_number):
        return x, None
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
    """A loop that adds to what it carries: by induction it ends with the sum of what is added.

    If it is said what it carries after so many steps, that is proved by induction instead.
    """
    del linear, unroll, _split_transpose
    if ft_in is not None:  # since JAX 0.11
        num_consts, num_carry, _ = (len(list(e)) for e in ft_in.unpack())
        if len(list(ft_out.unpack()[0])) != num_carry:
            raise Unread("scan: what it carries is not what it returns")
    constants, carried = inputs[:num_consts], inputs[num_consts : num_consts + num_carry]
    along = inputs[num_consts + num_carry :]

    def step(place: sp.Expr, before: Sequence[Array]) -> list[Array]:
        """What the step computes that stands at a place of what is gone along."""
        here = [Array(x.shape[1:], x.kind, lambda *at, x=x: x[(place, *at)]) for x in along]
        return call.read(jaxpr, [*constants, *before, *here])

    size, told = call.size(length), next(call.loops, None)
    if told is None:
        return _adding(call, carried, step, size)  # a sum is the same in any order
    turned = reverse and (lambda n: size - 1 - n)
    return _as_told(call, carried, step, size, told, turned or (lambda n: n))


Step = Callable[[sp.Expr, Sequence[Array]], list[Array]]


def _unknown_like(arrays: Sequence[Array]) -> tuple[list[sp.IndexedBase], list[Array]]:
    bases = [unknown(x.shape, whole=x.kind != "f") for x in arrays]
    return bases, [
        Array(x.shape, x.kind, lambda *at, base=base: base[at or (sp.S.Zero,)])
        for x, base in zip(arrays, bases, strict=True)
    ]


def _adding(call: Call, carried: Sequence[Array], step: Step, size: sp.Expr) -> list[Array]:
    bases, before = _unknown_like(carried)
    began = moment()
    once = cache(lambda n: step(n, before))

    def free(value: sp.Expr, n: sp.Expr) -> sp.Expr:
        if value.has(*bases):
            raise Unread(f"scan: what is carried is not only added to: {value}")
        return of_step(value, n, began)

    def added(number: int, at: Shape) -> sp.Expr:
        def term(n: sp.Expr) -> sp.Expr:
            return free(once(n)[number][at] - before[number][at], n)

        return carried[number][at] + total(term, size)

    def entry(number: int) -> Entry:
        if number < len(carried):
            return lambda *at: added(number, at)
        return lambda n, *at: free(once(n)[number][at], n)

    return [
        Array(shape, kind, entry(number))
        for number, (shape, kind) in enumerate(zip(call.shapes, call.kinds, strict=True))
    ]


def _as_told(
    call: Call,
    carried: Sequence[Array],
    step: Step,
    size: sp.Expr,
    told: Carried,
    place: Callable[[sp.Expr], sp.Expr],
) -> list[Array]:
    """A loop of which it is said what it carries: so it begins, and so each step leaves it.

    Args:
        call: the loop.
        carried: what it begins with.
        step: what a step computes, at its place and of what is carried.
        size: how many steps there are.
        told: what is carried after so many steps.
        place: that of a step.
    """
    bases, anything = _unknown_like(carried)
    began = moment()
    if len(told(size)) != len(carried):
        raise Unread(f"scan: {len(carried)} arrays are carried, not {len(told(size))}")

    def after(n: sp.Expr) -> list[Array]:
        """What is carried after n steps: what is said, or anything."""
        said = zip(told(n), anything, strict=True)
        return [other if x is None else x for x, other in said]

    def shown(found: Sequence[Array], n: sp.Expr, what: str) -> None:
        for x, said in zip(found, told(n), strict=True):
            at = tuple(sp.S.Zero if e == 1 else any_place(e) for e in x.shape)
            if said is None:
                if x.kind == "f":
                    finite(call, x[at])  # as anything is
                continue
            if (x.shape, x.kind) != (said.shape, said.kind):
                raise Unread(f"scan: {x.kind}{x.shape} is carried, not {said.kind}{said.shape}")
            if not same(x[at], said[at]):
                raise Unread(f"scan: {what} is not shown to be what is said, {said[at]}")

    once = cache(lambda n: step(place(n), after(n)))
    shown(carried, sp.S.Zero, "what it begins with")
    n = fresh(sp.Dummy("step", integer=True), sp.S.Zero, size - 1)
    shown(once(n)[: len(carried)], n + 1, "what a step leaves")
    last = [other if x is None else x for x, other in zip(told(size), anything, strict=True)]

    def collected(number: int, at: Shape) -> sp.Expr:
        value = once(place(at[0]))[number][at[1:]]  # to turn a place round twice is to leave it
        if value.has(*bases):
            raise Unread(f"scan: nothing is said of what a step depends on: {value}")
        return of_step(value, at[0], began)

    return (
        last
        + [
            Array(shape, kind, lambda *at, number=number: collected(number, at))
            for number, (shape, kind) in enumerate(zip(call.shapes, call.kinds, strict=True))
        ][len(carried) :]
    )
