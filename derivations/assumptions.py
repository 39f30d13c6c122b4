"""The kinds of assumptions that claims rest on."""

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.algebra import normal
from derivations.evaluation import Values
from derivations.notation import negatives, r, s, unfold
from derivations.proof import Assumption

__all__ = ["different", "distinct_negatives", "equal", "wherever"]


def different(words: str, one: sp.Expr, other: sp.Expr) -> Assumption:
    """Two words are not the same; ``negatives[s]`` stands for each of the negatives."""

    def rewrite(expr: sp.Expr) -> sp.Expr:
        if isinstance(expr, Delta):
            (p, q) = expr.args
            if (_is(p, one) and _is(q, other)) or (_is(p, other) and _is(q, one)):
                return sp.S.Zero
        return expr

    def impose(values: Values) -> bool:
        return _all(one, values).isdisjoint(_all(other, values))

    return Assumption(words, sp.Ne(one, other), rewrite, impose)


def distinct_negatives(words: str) -> Assumption:
    """No word is drawn twice."""

    def rewrite(expr: sp.Expr) -> sp.Expr:
        if isinstance(expr, Delta) and all(_is(e, negatives[s]) for e in expr.args):
            return Delta(*(e.indices[0] for e in expr.args))
        return expr

    def impose(values: Values) -> bool:
        drawn = values["negatives"].tolist()
        return len(set(drawn)) == len(drawn)

    relation = sp.Implies(sp.Ne(r, s), sp.Ne(negatives[r], negatives[s]))
    return Assumption(words, relation, rewrite, impose)


def equal(words: str, left: sp.Expr, right: sp.Expr, impose: Callable[[Values], Any]) -> Assumption:
    """An equation, used from left to right; ``impose`` changes an instance so that it holds."""
    found = normal(left)

    def holds(values: Values) -> bool:
        impose(values)
        return True

    return Assumption(words, sp.Eq(left, right), lambda e: right if e == found else e, holds)


def wherever(
    words: str, left: sp.Indexed, right: sp.Expr, impose: Callable[[Values], Any]
) -> Assumption:
    """An equation for every entry of an array, whose indices are those of ``left``."""
    closed = normal(unfold(right))  # its sums cannot capture an index of the entry

    def rewrite(expr: sp.Expr) -> sp.Expr:
        if isinstance(expr, sp.Indexed) and expr.base == left.base:
            return closed.subs(dict(zip(left.indices, expr.indices, strict=True)))
        return expr

    def holds(values: Values) -> bool:
        impose(values)
        return True

    return Assumption(words, sp.Eq(left, right), rewrite, holds)


def _is(expr: sp.Expr, pattern: sp.Expr) -> bool:
    """Whether this is the pattern, or any entry of the same array."""
    if isinstance(pattern, sp.Indexed):
        return isinstance(expr, sp.Indexed) and expr.base == pattern.base
    return bool(expr == pattern)


def _all(word: sp.Expr, values: Values) -> set[int]:
    """The words that a symbol, or any entry of an array of words, is in an instance."""
    if isinstance(word, sp.Indexed):
        return set(values[word.base.name].tolist())
    return {values[word.name]}
