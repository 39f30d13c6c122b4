"""A formula as text, which says what stands at an index of each result of a function.

    formulas = formula (";" formula)*                      one for each result
    formula  = ["[" index "<" value ("," ...)* "]" "->"] value
    value    = number | size | index | input | input "[" value ("," ...)* "]"
             | value ("+" | "-" | "*" | "/") value | value "**" whole number | "-" value
             | function "(" value ("," ...)* ")"
             | "Sum(" value "," range ("," ...)* ")"       the last range is the outermost
             | "Piecewise(" "(" value "," value "<" value ")" "," ... "(" value "," "True" ")" ")"
    range    = index "<" value | "(" index "," first "," last ")"

It is SymPy's notation, but for the ranges ``i < d``, which begin at 0. Nothing of it is run by
Python: it is taken apart node by node, and what is not above is an error that names it. A number is
exact. What a function means is said by the rule of the primitive of that name.
"""

import ast
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import sympy as sp

from derivations.programs.arrays import Array, Unread
from derivations.programs.meanings import Expressions, Meaning, Nothing, Numbers, whole_number

__all__ = ["Formulas"]

OPERATIONS: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
}
COMPARISONS: dict[type, str] = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
FUNCTIONS = {
    **{name: (name, 1) for name in ("exp", "log", "sqrt", "tanh", "abs")},
    **{"Abs": ("abs", 1), "Max": ("max", 2), "Min": ("min", 2)},
    **{"delta": ("eq", 2), "KroneckerDelta": ("eq", 2)},
}
"""The primitive that says what each means, and how many numbers it takes; Max and Min take more."""
RESERVED = {*FUNCTIONS, "Sum", "Piecewise", "float32", "True", "False", "None"}
LARGEST_POWER = 64


class Formulas:
    """What each result of a function is, in the names of its inputs and of their sizes.

    Raises:
        ValueError: something in it is not of the notation, or not known; the message names it.

    >>> sum_of_squares = Formulas("Sum(v[i]**2, i < d)", {"v": 1}, ["d"])
    >>> float(sum_of_squares.numbers({"v": np.array([3.0, 4.0])}, {"d": 2})[0])
    25.0
    """

    def __init__(self, text: str, ranks: Mapping[str, int], sizes: Sequence[str]) -> None:
        if twice := ranks.keys() & {*sizes}:
            raise ValueError(f"a formula cannot tell the input {min(twice)} from the size")
        self.text = " ".join(text.split())
        self.parts = [_Formula(part.strip(), ranks, {*sizes}) for part in self.text.split(";")]
        nothing = dict.fromkeys(sizes)
        try:
            for e in self.parts:  # all of it is gone through, so that all of it is known
                e.shape(nothing, Nothing())
                e.entry(nothing, [None] * len(e.axes), Nothing())
        except RecursionError:
            raise ValueError("the formula is too deep to be read") from None

    def arrays(self, given: Mapping[str, Array], sizes: Mapping[str, sp.Expr]) -> list[Array]:
        """As expressions in an index, for all sizes."""
        of = Expressions(given)
        return [
            Array(
                tuple(map(sp.expand, e.shape(sizes, of))),
                "f",
                lambda *at, e=e: e.entry(sizes, at, of),
            )
            for e in self.parts
        ]

    def numbers(self, given: Mapping[str, Any], sizes: Mapping[str, int]) -> list[Any]:
        """As arrays of numbers, for some sizes."""
        of, found = Numbers(given), []
        here = {name: Fraction(size) for name, size in sizes.items()}
        for e in self.parts:
            values = np.zeros(tuple(map(whole_number, e.shape(here, of))))
            for at in np.ndindex(values.shape):
                values[at] = e.entry(here, [Fraction(n) for n in at], of)
            found.append(values)
        return found


class _Formula:
    """One of them, taken apart."""

    def __init__(self, text: str, ranks: Mapping[str, int], sizes: set[str]) -> None:
        self.text, self.ranks, self.taken = text, ranks, RESERVED.union(ranks, sizes)
        self.written: dict[ast.AST, str] = {}
        before, arrow, body = text.rpartition("->")
        self.axes: list[tuple[str, ast.expr]] = []
        if arrow:
            axes = self._parsed(before)
            if not isinstance(axes, ast.List):
                raise self._unknown(axes, "before -> stand the indices of a result, [w < V, i < d]")
            self.axes = [self._below(e) for e in axes.elts]
        self.body = self._parsed(body)
        for number, (name, _) in enumerate(self.axes):
            self._free(name, dict.fromkeys(e for e, _ in self.axes[:number]))

    def _parsed(self, source: str) -> ast.expr:
        source = source.strip()
        if "#" in source:
            raise ValueError(f"a formula has no comments: {source}")
        try:
            found = ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"this is no formula: {source!r} ({error})") from None
        numbers = (e for e in ast.walk(found) if isinstance(e, ast.Constant))
        self.written |= {e: ast.get_source_segment(source, e) or "" for e in numbers}
        return found

    def shape(self, sizes: Mapping[str, Any], of: Meaning) -> list[Any]:
        return [self.value(size, sizes, of) for _, size in self.axes]

    def entry(self, sizes: Mapping[str, Any], at: Sequence[Any], of: Meaning) -> Any:
        places = zip((name for name, _ in self.axes), at, strict=True)
        return self.value(self.body, {**sizes, **dict(places)}, of)

    def value(self, node: ast.expr, scope: Mapping[str, Any], of: Meaning) -> Any:
        """What a part of it is, where sizes and indices are these."""
        try:
            return self._value(node, scope, of)
        except _Undefined:
            raise
        except Unread as error:
            raise _Undefined(f"{ast.unparse(node)} in the formula: {error}") from None

    def _value(self, node: ast.expr, scope: Mapping[str, Any], of: Meaning) -> Any:
        def values(*nodes: ast.expr) -> list[Any]:
            return [self.value(e, scope, of) for e in nodes]

        match node:
            case ast.Constant():
                return of.number(self._number(node))
            case ast.Name(id=name) if name in scope:
                return scope[name]
            case ast.Name(id=name):
                return self._entry(node, name, [], of)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple(elts=places)):
                return self._entry(node, name, values(*places), of)
            case ast.Subscript(value=ast.Name(id=name), slice=place):
                return self._entry(node, name, values(place), of)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return of.apply("neg", *values(operand))
            case ast.BinOp(left=base, op=ast.Pow(), right=power):
                return self._power(self.value(base, scope, of), self._exponent(power), of)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
                return of.apply(OPERATIONS[type(op)], *values(left, right))
            case ast.Call(func=ast.Name(id="Sum"), args=[body, _, *_], keywords=[]):
                return self._sum(body, node.args[1:], scope, of)
            case ast.Call(func=ast.Name(id="Piecewise"), args=[_, *_], keywords=[]):
                return self._cases(node, node.args, scope, of)
            case ast.Call(func=ast.Name(id="float32"), args=[ast.Constant() as e], keywords=[]):
                return of.number(self._number(e, rounded=True))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
                primitive, takes = FUNCTIONS[name]
                more = primitive in ("max", "min")
                if len(args) != takes and not (more and len(args) > takes):
                    raise self._unknown(node, f"{name} takes {takes} numbers")
                if takes == 1:
                    return of.apply(primitive, *values(*args))
                return reduce(lambda one, other: of.apply(primitive, one, other), values(*args))
            case _:
                raise self._unknown(node, "this is not of the notation")

    def _unknown(self, node: ast.AST, why: str) -> ValueError:
        return ValueError(f"{why}; got {ast.unparse(node)} in {self.text}")

    def _number(self, node: ast.Constant, rounded: bool = False) -> Fraction:
        """Exactly as it is written; a decimal that float32 has not is in no program."""
        if not isinstance(node.value, int | float) or isinstance(node.value, bool):
            raise self._unknown(node, "this is no real number")
        written = self.written[node]
        try:
            exact = Fraction(node.value if isinstance(node.value, int) else written)
            with np.errstate(over="ignore"):
                nearest = Fraction(float(np.float32(node.value)))
        except (ValueError, OverflowError):
            raise self._unknown(node, "this is no number of float32") from None
        if rounded:
            return nearest
        if exact != nearest and not isinstance(node.value, int):
            raise self._unknown(
                node,
                f"programs have no {written} but the float32 next to it: write"
                f" float32({written}) for that, or {exact} for the exact number",
            )
        return exact

    def _entry(self, node: ast.expr, name: str, at: Sequence[Any], of: Meaning) -> Any:
        if name not in self.ranks:
            raise self._unknown(node, f"{name} is no input, no size and no index here")
        if len(at) != self.ranks[name]:
            raise self._unknown(node, f"{name} has {self.ranks[name]} indices")
        return of.entry(name, at)

    def _exponent(self, node: ast.expr) -> int:
        sign, number = 1, node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            sign, number = -1, node.operand
        power = self.written.get(number, "")
        if not power.isdecimal() or int(power) > LARGEST_POWER:
            raise self._unknown(node, f"a power is a whole number of at most {LARGEST_POWER}")
        return sign * int(power)

    def _power(self, base: Any, power: int, of: Meaning) -> Any:
        found = of.number(Fraction(1))
        for _ in range(abs(power)):
            found = of.apply("mul", found, base)
        return found if power >= 0 else of.apply("div", of.number(Fraction(1)), found)

    def _free(self, name: str, scope: Mapping[str, Any]) -> None:
        if name in self.taken or name in scope:
            raise ValueError(f"{name} is something else already, and no index in {self.text}")

    def _below(self, node: ast.expr) -> tuple[str, ast.expr]:
        match node:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Lt()], comparators=[size]):
                return name, size
        raise self._unknown(node, "an index and its range are i < d")

    def _sum(
        self, body: ast.expr, ranges: Sequence[ast.expr], scope: Mapping[str, Any], of: Meaning
    ) -> Any:
        if not ranges:
            return self.value(body, scope, of)
        *inner, outermost = ranges
        match outermost:
            case ast.Tuple(elts=[ast.Name(id=name), low, high]):
                first, last = (self.value(e, scope, of) for e in (low, high))
                size = of.apply("add", of.apply("sub", last, first), of.number(Fraction(1)))
            case ast.Compare():
                name, below = self._below(outermost)
                first, size = of.number(Fraction(0)), self.value(below, scope, of)
            case _:
                raise self._unknown(outermost, "a sum is over i < d, or (i, 0, d - 1)")
        self._free(name, scope)
        return of.total(lambda n: self._sum(body, inner, {**scope, name: n}, of), first, size)

    def _cases(
        self, node: ast.expr, cases: Sequence[ast.expr], scope: Mapping[str, Any], of: Meaning
    ) -> Any:
        match cases:
            case [ast.Tuple(elts=[value, ast.Constant(value=True)])]:
                return self.value(value, scope, of)
            case [
                ast.Tuple(elts=[value, ast.Compare(left=left, ops=[op], comparators=[right])]),
                *rest,
            ] if rest and type(op) in COMPARISONS:
                truth = of.apply(
                    COMPARISONS[type(op)], *(self.value(e, scope, of) for e in (left, right))
                )
                return of.choose(
                    truth,
                    lambda: self.value(value, scope, of),
                    lambda: self._cases(node, rest, scope, of),
                )
        raise self._unknown(node, "a case is (value, comparison), the last of them (value, True)")


class _Undefined(Unread):
    """What a formula says is not shown to mean something, for every size and number."""
