"""Rules for programs inside a program: calls, branches that are known, loops that add."""

from functools import cache
from typing import Any

import sympy as sp

from derivations.programs.arrays import (
    Array,
    Nonnegative,
    Shape,
    Unread,
    total,
)
from derivations.programs.call import Call, Entry, entry_at, moment, of_step, rule, unknown
from derivations.programs.proof import without_cases


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
    """A loop that adds to what it carries: by induction it ends with the sum of what is added."""
    del reverse, linear, unroll, _split_transpose  # a sum is the same in any order
    if ft_in is not None:  # since JAX 0.11
        num_consts, num_carry, _ = (len(list(e)) for e in ft_in.unpack())
        if len(list(ft_out.unpack()[0])) != num_carry:
            raise Unread("scan: what it carries is not what it returns")
    constants, carried = inputs[:num_consts], inputs[num_consts : num_consts + num_carry]
    along = inputs[num_consts + num_carry :]
    bases = [unknown(x.shape, whole=x.kind != "f") for x in carried]
    before = [
        Array(x.shape, x.kind, lambda *at, base=base: base[at or (sp.S.Zero,)])
        for x, base in zip(carried, bases, strict=True)
    ]

    began = moment()

    @cache
    def step(n: sp.Expr) -> list[Array]:
        here = [Array(x.shape[1:], x.kind, lambda *at, x=x: x[(n, *at)]) for x in along]
        return call.read(jaxpr, [*constants, *before, *here])

    def free(value: sp.Expr, n: sp.Expr) -> sp.Expr:
        if value.has(*bases):
            raise Unread(f"scan: what is carried is not only added to: {value}")
        return of_step(value, n, began)

    def added(number: int, at: Shape) -> sp.Expr:
        def term(n: sp.Expr) -> sp.Expr:
            return free(step(n)[number][at] - before[number][at], n)

        return carried[number][at] + total(term, call.size(length))

    def entry(number: int) -> Entry:
        if number < num_carry:
            return lambda *at: added(number, at)
        return lambda n, *at: free(step(n)[number][at], n)

    return [
        Array(shape, kind, entry(number))
        for number, (shape, kind) in enumerate(zip(call.shapes, call.kinds, strict=True))
    ]
