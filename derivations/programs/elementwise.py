"""Rules for functions of one number, or of several that stand at the same place."""

from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.engine.algebra import is_nonnegative, is_positive
from derivations.programs.arrays import (
    Array,
    Unread,
    decided,
    equal,
)
from derivations.programs.call import RULES, Call, Entry, entry_at, finite, rule
from derivations.programs.proof import above_zero


def _elementwise(name: str, function: Callable[..., sp.Expr]) -> None:
    """A rule for a function of numbers, none of which is infinite.

    But for what a running maximum begins with: −∞ less a number is −∞, whose exponential is 0.
    """

    def of_numbers(call: Call, *inputs: Array) -> Entry:
        def entry(*at: sp.Expr) -> sp.Expr:
            values = [entry_at(x, at) for x in inputs]
            if values[0] == -sp.oo and name in ("sub", "exp"):
                finite(call, *values[1:])
                return -sp.oo if name == "sub" else sp.S.Zero
            finite(call, *values)
            return function(*values)

        return entry

    RULES[name] = of_numbers


def _positive(x: sp.Expr) -> sp.Expr:
    if not is_positive(x):
        raise Unread(f"the logarithm of what is not shown to be positive: {x}")
    return sp.log(x)


def _root(x: sp.Expr) -> sp.Expr:
    if not is_nonnegative(x):
        raise Unread(f"the root of what is not shown to be 0 or more: {x}")
    return sp.sqrt(x)


def _reciprocal(x: sp.Expr) -> sp.Expr:
    whole = x.is_integer and (decided(x - 1) or decided(-x - 1))
    if not (above_zero(x) or above_zero(-x) or x.is_nonzero or whole):
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


@rule("div")
def _div(call: Call, a: Array, b: Array) -> Entry:
    if a.kind != "f":
        raise Unread("a quotient of whole numbers is rounded")

    def entry(*at: sp.Expr) -> sp.Expr:
        one, other = entry_at(a, at), entry_at(b, at)
        finite(call, one, other)
        return one * _reciprocal(other)

    return entry


@rule("integer_pow")
def _integer_pow(call: Call, x: Array, *, y: int) -> Entry:
    def entry(*at: sp.Expr) -> sp.Expr:
        base = entry_at(x, at)
        finite(call, base)
        return base**y if y >= 0 else _reciprocal(base) ** -y

    return entry


@rule("optimization_barrier")
def _barrier(call: Call, *inputs: Array) -> list[Array]:
    return list(inputs)


@rule("convert_element_type")
def _convert(call: Call, x: Array, *, new_dtype: Any) -> Entry:
    if call.kinds[0] == "b" and x.kind != "b":
        return lambda *at: 1 - equal(entry_at(x, at), sp.S.Zero, x.kind != "f")
    if call.kinds[0] in ("i", "u") and x.kind == "f":
        raise Unread("a real number made whole is rounded")
    if call.kinds[0] == "i" and x.kind == "u":
        raise Unread("a number without a sign may be above the largest with one")
    return lambda *at: entry_at(x, at)
