"""One number for an expression, at sizes and entries that are made up: equal ones have the same."""

import math
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine.notation import bounds
from derivations.programs.arrays import Nonnegative

__all__ = ["at_an_instance"]

SIZE = 2
"""of every axis that has a size of its own"""

_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sp.exp: math.exp,
    sp.log: math.log,
    sp.Abs: abs,
}


def at_an_instance(expr: sp.Expr, here: Mapping[sp.Basic, Any] | None = None) -> Any:
    """The value of an expression without abbreviations and cases, for these indices.

    Raises:
        TypeError: it has a part that is not computed here.
    """
    here = here or {}

    def value(e: sp.Expr) -> Any:
        return at_an_instance(e, here)

    if expr in here:
        return here[expr]
    if expr.is_Rational:
        return int(expr) if expr.is_Integer else float(expr)
    if isinstance(expr, sp.Sum):
        *inner, (n, low, high) = expr.limits
        term = sp.Sum(expr.function, *inner) if inner else expr.function
        places = range(value(low), value(high) + 1)
        return sum(at_an_instance(term, {**here, n: place}) for place in places)
    if isinstance(expr, sp.Indexed):
        name, at = expr.base.name, [value(e) for e in expr.indices]
        return _made_up(f"{name}{at}", bounds.get(name) if expr.is_integer else None, value)
    if isinstance(expr, sp.Symbol):
        within = getattr(expr, "within", None)
        if expr.is_integer and within is None:
            return SIZE
        return _made_up(str(expr), within, value)
    if isinstance(expr, sp.Add | sp.Mul):
        combine = sum if expr.is_Add else math.prod
        return combine([value(e) for e in expr.args])
    if isinstance(expr, sp.Pow):
        return value(expr.base) ** value(expr.exp)
    if isinstance(expr, Delta):
        one, other = map(value, expr.args)
        return int(one == other)
    if isinstance(expr, Nonnegative):
        return int(value(expr.args[0]) >= 0)
    if type(expr) in _FUNCTIONS:
        return _FUNCTIONS[type(expr)](*map(value, expr.args))
    raise TypeError(f"{type(expr).__name__} is not computed here")


def _made_up(name: str, within: Any, value: Any) -> Any:
    """A number that is the same whenever it is asked for by this name."""
    random = Random(name)
    if within is None:
        return random.uniform(0.5, 2)
    return random.randint(*map(value, within))
