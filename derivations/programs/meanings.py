"""What the parts of a formula are: expressions, or numbers, or nothing at all."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import sympy as sp

from derivations.programs.arrays import Array, Unread, choose, constant, decided, total
from derivations.programs.rules import Call, apply

__all__ = ["Expressions", "Meaning", "Nothing", "Numbers", "whole_number"]


class Meaning(Protocol):
    """What the parts of a formula are: expressions, or numbers."""

    def number(self, value: Fraction) -> Any: ...

    def entry(self, name: str, at: Sequence[Any]) -> Any: ...

    def apply(self, primitive: str, *values: Any) -> Any: ...

    def total(self, term: Callable[[Any], Any], first: Any, size: Any) -> Any: ...

    def choose(self, truth: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any: ...


class Nothing:
    """Nothing is computed, so that all of a formula is gone through."""

    def number(self, value: Fraction) -> None: ...

    def entry(self, name: str, at: Sequence[Any]) -> None: ...

    def apply(self, primitive: str, *values: Any) -> None: ...

    def total(self, term: Callable[[Any], Any], first: Any, size: Any) -> None:
        term(None)

    def choose(self, truth: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> None:
        yes()
        no()


class Expressions:
    """Expressions of SymPy, each shown to mean something for every size and number."""

    def __init__(self, given: Mapping[str, Array]) -> None:
        self.given = given

    def number(self, value: Fraction) -> sp.Expr:
        return sp.Rational(value.numerator, value.denominator)

    def entry(self, name: str, at: Sequence[sp.Expr]) -> sp.Expr:
        array = self.given[name]
        for e, size in zip(at, array.shape, strict=True):
            if not (e.is_integer and decided(e) and decided(size - 1 - e)):
                raise Unread(f"not shown to be whole and from 0 to {size - 1}: the index {e}")
        return array[tuple(at)]

    def apply(self, primitive: str, *values: sp.Expr) -> sp.Expr:
        whole = primitive != "div" and all(e.is_integer for e in values)
        kind = "i" if whole else "f"
        call = Call(primitive, ((),), (kind,), sp.sympify, _no_program)
        (found,) = apply(call, [constant(e, kind) for e in values], {})
        return found[()]

    def total(self, term: Callable[[Any], Any], first: sp.Expr, size: sp.Expr) -> sp.Expr:
        if not (first.is_integer and size.is_integer and decided(size)):
            raise Unread(f"not shown to be whole, and 0 or more: the number of terms, {size}")
        return total(lambda n: term(first + n), size)

    def choose(self, truth: sp.Expr, yes: Callable[[], Any], no: Callable[[], Any]) -> sp.Expr:
        return choose(truth, yes, no)


def _no_program(program: Any, inputs: Sequence[Array]) -> list[Array]:
    raise Unread("a formula has no program inside it")


PYTHON: dict[str, Callable[..., Any]] = {
    **{"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv},
    **{"neg": operator.neg, "abs": abs, "max": max, "min": min},
    **{"exp": math.exp, "log": math.log, "sqrt": math.sqrt, "tanh": math.tanh},
    **{"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge},
    **{"eq": lambda a, b: Fraction(a == b), "ne": operator.ne},
}


class Numbers:
    """Python's numbers: fractions as long as they are exact."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = {name: np.asarray(e) for name, e in given.items()}

    def number(self, value: Fraction) -> Fraction:
        return value

    def entry(self, name: str, at: Sequence[Any]) -> Any:
        array, places = self.given[name], tuple(map(whole_number, at))
        if not all(0 <= e < size for e, size in zip(places, array.shape, strict=True)):
            raise Unread(f"{name} of the shape {array.shape} has no entry {list(places)}")
        value = array[places]
        return Fraction(int(value)) if array.dtype.kind == "i" else float(value)

    def apply(self, primitive: str, *values: Any) -> Any:
        return PYTHON[primitive](*values)

    def total(self, term: Callable[[Any], Any], first: Any, size: Any) -> Any:
        if whole_number(size) < 0:
            raise Unread(f"a sum of {size} terms")
        return sum((term(first + n) for n in range(whole_number(size))), Fraction(0))

    def choose(self, truth: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        return yes() if truth else no()


def whole_number(number: Any) -> int:
    if number != int(number):
        raise Unread(f"{number} is not whole")
    return int(number)
