"""Rules for programs inside a program: calls, branches that are known, loops that add."""

import itertools
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sympy as sp

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
    Entry,
    any_place,
    entry_at,
    moment,
    of_step,
    rule,
    unknown,
)
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
    """A loop over axes: see :func:`_loop`."""
    del linear, unroll, _split_transpose
    if ft_in is not None:  # since JAX 0.11
        num_consts, num_carry, _ = (len(list(e)) for e in ft_in.unpack())
        if len(list(ft_out.unpack()[0])) != num_carry:
            raise Unread("scan: what it carries is not what it returns")
    constants, carried = inputs[:num_consts], inputs[num_consts : num_consts + num_carry]
    along = inputs[num_consts + num_carry :]

    def read(carried: Sequence[Array], n: sp.Expr) -> list[Array]:
        here = [Array(x.shape[1:], x.kind, lambda *at, x=x: x[(n, *at)]) for x in along]
        return call.read(jaxpr, [*constants, *carried, *here])

    return _loop(call, read, carried, call.size(length), reverse)


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

    def read(carried: Sequence[Array], n: sp.Expr) -> list[Array]:
        return call.read(body_jaxpr, [*constants, *carried])

    before = list(map(_anything_carried, carried))
    (below,) = call.read(cond_jaxpr, [*given, *before])
    added = _counts(read(before, sp.S.Zero), before)
    for count, end in itertools.product(added, added):
        turns = carried[end][()] - carried[count][()]
        told = 1 - nonnegative(before[count][()] - before[end][()], True)
        if (added[count], added[end]) == (1, 0) and below[()] == told and decided(turns):
            return _loop(call, read, carried, turns, False)
    raise Unread(f"while: not shown to end after a known number of steps: {below[()]}")


def _anything_carried(x: Array) -> Array:
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
    call: Call,
    read: Callable[[Sequence[Array], sp.Expr], list[Array]],
    carried: Sequence[Array],
    length: sp.Expr,
    reverse: bool,
) -> list[Array]:
    """A loop that adds to what it carries: by induction it ends with the sum of what is added.

    What is added may depend on a count, which is known in each step: by induction it is what it
    began with, and as much more as all steps before have added to it.

    Args:
        call: the equation.
        read: what a step computes of what is carried, and of its number.
        carried: what the loop begins with.
        length: how many steps there are.
        reverse: whether the last comes first. A sum is the same in any order, a count is not.
    """
    anything = list(map(_anything_carried, carried))
    began = moment()

    @cache
    def counts() -> dict[int, sp.Expr]:
        """Of any of all steps: in some of them it might be another number that is added."""
        return {} if reverse else _counts(read(anything, any_place(length)), anything)

    @cache
    def step(n: sp.Expr) -> tuple[list[Array], list[Array]]:
        told = {k: constant(carried[k][()] + n * by, "i") for k, by in counts().items()}
        before = [told.get(number, x) for number, x in enumerate(anything)]
        return before, read(before, n)

    def free(value: sp.Expr, n: sp.Expr) -> sp.Expr:
        if value.has(*bases):
            raise Unread(f"{call.name}: what is carried is not only added to: {value}")
        return of_step(value, n, began)

    def added(number: int, at: Shape) -> sp.Expr:
        def term(n: sp.Expr) -> sp.Expr:
            before, after = step(n)
            return free(after[number][at] - before[number][at], n)

        return carried[number][at] + total(term, length)

    def entry(number: int) -> Entry:
        if number < len(carried):
            return lambda *at: added(number, at)
        return lambda n, *at: free(step(n)[1][number][at], n)

    bases = [x[(sp.S.Zero,) * len(x.shape)].base for x in anything]
    return [
        Array(shape, kind, entry(number))
        for number, (shape, kind) in enumerate(zip(call.shapes, call.kinds, strict=True))
    ]
