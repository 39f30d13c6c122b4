"""Whoever reads a printed formula by the usual precedence reads the expression it is of."""

import re
from random import Random

import pytest
import sympy as sp

from derivations.engine.notation import K, eta, r, scores, w
from derivations.engine.printing import latex

SIGNS = {"K": 2, r"\eta": 3}
"""What the names in the formulas are worth; an entry is worth its indices."""


class Reader:
    """Reads a formula: a sum sign, a log or a derivative takes in all of the product behind it."""

    def __init__(self, written: str) -> None:
        plain = re.sub(r"\\[bB]igg?[lr]|\\left|\\right|\\[,:;]|~", "", written)
        self.tokens = re.findall(r"\\[A-Za-z]+|\d+|\S", plain)
        self.bound: dict[str, int] = {}

    def read(self) -> sp.Expr:
        value = self.terms()
        assert not self.tokens, self.tokens
        return value

    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, *expected: str) -> str:
        assert not expected or self.next() in expected, (expected, self.tokens)
        return self.tokens.pop(0)

    def terms(self) -> sp.Expr:
        value = sp.S.Zero
        sign = self.take() if self.next() in "+-" and self.next() else "+"
        while True:
            value += (1 if sign == "+" else -1) * self.product()
            if self.next() not in ("+", "-"):
                return value
            sign = self.take()

    def product(self) -> sp.Expr:
        value = self.factor()
        while self.next() and self.next() not in ("+", "-", ")", "}", "="):
            assert self.next() != "-"
            if self.next() == r"\cdot":
                self.take()
            else:
                assert not self.next().isdigit(), "digits side by side"
            value *= self.factor()
        return value

    def factor(self) -> sp.Expr:
        if self.next() == r"\sum":
            return self.sum()
        if self.next() == r"\log":
            self.take()
            if self.next() == "^":
                power = self.mark()
                return sp.log(self.argument()) ** power
            return sp.log(self.argument())
        base = self.base()
        return base ** self.mark() if self.next() == "^" else base

    def argument(self) -> sp.Expr:
        return self.factor() if self.next() == "(" else self.product()

    def mark(self) -> sp.Expr:
        """What is raised, or lowered: one sign, or a group."""
        self.take("^", "_")
        if self.next() == "{":
            return self.group()
        token = self.take()
        return sp.Integer(token) if token.isdigit() else self.name(token)

    def group(self) -> sp.Expr:
        self.take("{")
        value = self.terms()
        self.take("}")
        return value

    def base(self) -> sp.Expr:
        token = self.take()
        if token == "(":
            value = self.terms()
            self.take(")")
            return self.lowered(value)
        if token == r"\frac":
            return self.group() / self.group()
        if token == r"\sqrt":
            return sp.sqrt(self.group())
        if token == r"\exp":
            assert self.next() == "("
            return sp.exp(self.base())
        return sp.Integer(token) if token.isdigit() else self.lowered(self.name(token))

    def lowered(self, value: sp.Expr) -> sp.Expr:
        return value + self.mark() if self.next() == "_" else value

    def name(self, token: str) -> sp.Expr:
        return sp.Integer(self.bound.get(token, SIGNS.get(token, 5 if token == "z" else 7)))

    def sum(self) -> sp.Expr:
        """The same tokens once for each value of the index."""
        self.take(r"\sum")
        self.take("_")
        braced = self.next() == "{" and bool(self.take())
        n, first, last = self.take(), 0, 1
        if braced and self.next() == "=":
            self.take()
            first = int(self.terms())
        if braced:
            self.take("}")
        if self.next() == "^":
            last = int(self.mark())
        value, start = sp.S.Zero, list(self.tokens)
        for at in range(first, last + 1):
            self.tokens, self.bound[n] = list(start), at
            value += self.product()
        del self.bound[n]
        return value


def value_of(expr: sp.Expr, bound: dict[sp.Symbol, int]) -> sp.Expr:
    """What an expression is worth by its parts."""
    if isinstance(expr, sp.Sum):
        n, low, high = expr.limits[-1]
        first, last = (int(value_of(e, bound)) for e in (low, high))
        terms = (value_of(expr.function, {**bound, n: at}) for at in range(first, last + 1))
        return sum(terms, sp.S.Zero)
    if isinstance(expr, sp.Indexed):
        return 5 + value_of(expr.indices[0], bound)
    if expr.is_Symbol:
        return sp.Integer(bound.get(expr, {K: 2, eta: 3}.get(expr, 7)))
    return expr.func(*(value_of(e, bound) for e in expr.args)) if expr.args else expr


LEAVES = (eta, K, scores[w], sp.Integer(2), -sp.S.One, sp.Rational(1, 3), 3**K, 2**K)


def grown(random: Random, depth: int, inside: bool = False) -> sp.Expr:
    """A random expression; within a sum, of its index."""
    if not depth:
        return random.choice((*LEAVES, *((scores[r],) * 3 if inside else ())))
    kind = random.choice(("+", "+", "*", "*", "/", "^", "sum", "log", "exp"))
    one, other = (grown(random, depth - 1, inside) for _ in range(2))
    if kind == "sum" and not inside:
        of = grown(random, depth - 1, inside=True)
        high = random.choice((K - 1, K))
        return sp.Sum(of * scores[r], (r, 0, high))
    made = {"+": one + other, "*": one * other, "^": one**2, "log": sp.log(one**2 * eta / 7)}
    return made.get(kind, one * sp.exp(scores[w] / 9) if kind == "exp" else one / (other**2 + 1))


@pytest.mark.parametrize("seed", range(8))
def test_a_formula_reads_as_the_expression_it_is_of(seed: int) -> None:
    random = Random(seed)
    for _ in range(25):
        expr = grown(random, 3)
        meant = sp.N(value_of(expr, {}), 20)
        if not meant.is_finite:
            continue
        written = latex(expr)
        read = sp.N(Reader(written).read(), 20)
        assert abs(read - meant) <= 1e-9 * (1 + abs(meant)), (expr, written)
