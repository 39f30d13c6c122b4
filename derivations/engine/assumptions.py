"""What claims rest on: relations, from which their words and all their uses follow.

An assumption is one SymPy relation, and nothing beside it that could say something else: it is
printed for the reader, turned into a rule for the proof, and tested on every instance.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product
from typing import Any

import mpmath
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine.algebra import differentiate, is_positive, is_zero, normal
from derivations.engine.domain import undefined
from derivations.engine.evaluation import Values, number, of_their_signs, values_of
from derivations.engine.notation import Index, negatives, r, s, unfold
from derivations.engine.printing import latex, text

__all__ = [
    "Assumption",
    "different",
    "distinct_negatives",
    "equal",
    "positive",
    "satisfied",
    "shown_zero",
    "unclear",
    "wherever",
]

Binding = dict[sp.Expr, sp.Expr]


def _nothing(values: Values) -> None:
    """Leaves an instance as it was drawn."""


@dataclass(frozen=True)
class Assumption:
    """A relation that a claim takes for granted.

    Raises:
        ValueError: a relation of a kind that has no rule.
    """

    relation: sp.Basic
    for_every: tuple[Index, ...] = ()
    """The indices for all of whose values the relation is assumed."""
    impose: Callable[[Values], Any] = _nothing
    """Changes an instance so that the relation may hold; whether it does is then tested."""

    def __post_init__(self) -> None:
        if not isinstance(self.relation, sp.Implies | sp.core.relational.Relational):
            raise ValueError(f"{self.relation} is no relation that could be assumed")
        if isinstance(self.relation, sp.Implies) and not self._tells_apart():
            raise ValueError(f"{self.relation} is no relation for which there is a rule")
        if isinstance(self.relation, sp.Ne) and self.for_every:
            entries = [e for e in self.sides if e.has(*self.for_every)]
            if not all(isinstance(e, sp.Indexed) for e in entries):
                raise ValueError(f"{self.relation} is no relation for which there is a rule")
        if set(self.for_every) - self._looked_for:
            raise ValueError(f"{self.relation} is for every index, of which there may be none")
        for e in self.sides:
            for entry in e.atoms(sp.Indexed):
                for at, size in zip(entry.indices, entry.base.shape, strict=True):
                    if at in self.for_every and at.within != (0, size - 1):
                        raise ValueError(f"{at} is not every index of {entry}")

    @property
    def _looked_for(self) -> set[sp.Basic]:
        """The indices of what the rule looks for: where that is found, each has a value.

        Those that its normal form has: of Σ_r δ_{rs}, which is 1, none is left.
        """
        one, other = self.sides
        if self.substitution:
            return {*self.substitution}
        if isinstance(self.relation, sp.Eq):
            return set(self._pattern[0].free_symbols)
        return set(normal(unfold(one - other)).free_symbols)

    def _tells_apart(self) -> bool:
        """Whether it says that entries at different places differ, as its rule has it."""
        told, then = self.relation.args
        if not (isinstance(told, sp.Ne) and isinstance(then, sp.Ne)):
            return False
        one, other = then.args
        return (
            isinstance(one, sp.Indexed)
            and isinstance(other, sp.Indexed)
            and one.base == other.base
            and {one.indices, other.indices} == {(e,) for e in told.args}
            and set(told.args) == set(self.for_every)
        )

    @property
    def text(self) -> str:
        """The relation in one line of Unicode."""
        every = ", ".join(map(text, self.for_every))
        return text(self.relation) + (f" for every {every}" if every else "")

    @property
    def latex(self) -> str:
        """The relation in LaTeX."""
        every = ", ".join(map(latex, self.for_every))
        return latex(self.relation) + (rf"\text{{ for every }} {every}" if every else "")

    @property
    def sides(self) -> tuple[sp.Expr, ...]:
        """What the relation compares."""
        last = self.relation.args[-1] if isinstance(self.relation, sp.Implies) else self.relation
        return tuple(last.args)

    @cached_property
    def substitution(self) -> Mapping[sp.Symbol, sp.Expr]:
        """What a symbol becomes: m ≥ h makes m a sum of h and something that is not negative."""
        rule = self.relation
        if isinstance(rule, sp.Eq) and _is_plain(rule.lhs):
            return {rule.lhs: rule.rhs}
        if isinstance(rule, sp.Le | sp.Lt | sp.Ge | sp.Gt) and _is_plain(rule.gts):
            whole = rule.gts.is_integer and rule.lts.is_integer
            sign = "positive" if isinstance(rule, sp.Lt | sp.Gt) else "nonnegative"
            return {rule.gts: rule.lts + sp.Dummy(integer=whole or None, real=True, **{sign: True})}
        return {}

    @cached_property
    def _pattern(self) -> tuple[sp.Expr, sp.Expr]:
        """Both sides of an equation in normal form, whose sums capture no index."""
        left, right = (normal(unfold(e)) for e in self.sides)
        return left, right

    def rewrite(self, expr: sp.Expr) -> sp.Expr:
        """Replaces, in one node of an expression, what the relation makes equal."""
        if isinstance(self.relation, sp.Eq) and not self.substitution:
            left, right = self._pattern
            found = self._match(left, expr)
            return expr if found is None else right.xreplace(found)
        if isinstance(expr, Delta) and isinstance(self.relation, sp.Ne | sp.Implies):
            return self._rewrite_delta(expr)
        return expr

    def _rewrite_delta(self, delta: Delta) -> sp.Expr:
        for one, other in (delta.args, delta.args[::-1]):
            found = self._match(self.sides[0], one)
            if found is not None and self._match(self.sides[1], other, found) is not None:
                if isinstance(self.relation, sp.Ne):
                    return sp.S.Zero
                return Delta(*(found[at] for at in self.for_every))
        return delta

    def _match(
        self, pattern: sp.Expr, expr: sp.Expr, found: Binding | None = None
    ) -> Binding | None:
        """The indices by which an expression is of this pattern."""
        found = {} if found is None else found
        if isinstance(pattern, sp.Sum) and isinstance(expr, sp.Sum):
            return self._match_sum(pattern, expr)
        if not (isinstance(pattern, sp.Indexed) and isinstance(expr, sp.Indexed)):
            return found if pattern == expr else None
        if pattern.base != expr.base:
            return None
        for wanted, at in zip(pattern.indices, expr.indices, strict=True):
            if wanted in self.for_every:
                if found.setdefault(wanted, at) != at:
                    return None
            elif wanted != at:
                return None
        return found

    def _match_sum(self, pattern: sp.Sum, expr: sp.Sum) -> Binding | None:
        """The indices by which a sum of products of entries is of this pattern, in any order."""
        wanted, given = (_entries(e.function) for e in (pattern, expr))
        if pattern.limits != expr.limits or len(wanted) != len(given):
            return None
        for order in permutations(given):
            found: Binding | None = {}
            for one, other in zip(wanted, order, strict=True):
                found = None if found is None else self._match(one, other, found)
            if found is not None:
                return found
        return None

    def makes_nonzero(self, expr: sp.Expr) -> bool:
        """Whether the relation says of this expression, in normal form, that it is not 0."""
        if not isinstance(self.relation, sp.Ne | sp.Gt | sp.Lt):
            return False
        one, other = self.sides
        fact = normal(unfold(one - other))
        return bool(fact in (expr, sp.expand(-expr)))

    def holds(self, values: Values) -> bool:
        """Whether an instance, after ``impose``, satisfies the relation."""
        self.impose(values)
        return self.is_true(values)

    def is_true(self, values: Values) -> bool:
        """Whether an instance satisfies the relation as it is."""
        return all(
            bool(_truth(self.relation, values | here))
            for here in _every_value(self.for_every, values)
        )


def _entries(product: sp.Expr) -> list[sp.Expr]:
    """The factors of a product, each as often as it is there."""
    found: list[sp.Expr] = []
    for e in sp.Mul.make_args(product):
        base, power = e.as_base_exp()
        whole = power.is_Integer and power.is_positive
        found += [base] * int(power) if whole else [e]
    return found


def _is_plain(e: sp.Expr) -> bool:
    return bool(e.is_Symbol) and not isinstance(e, Index)


def _every_value(indices: tuple[Index, ...], values: Values) -> Iterator[Values]:
    for at in product(*(values_of(n, values) for n in indices)):
        yield dict(zip((n.name for n in indices), at, strict=True))


def _truth(relation: sp.Basic, values: Values) -> bool:
    if isinstance(relation, sp.Implies):
        return not _truth(relation.args[0], values) or _truth(relation.args[1], values)
    one, other = (number(e, values) for e in relation.args)
    if isinstance(relation, sp.Eq | sp.Ne):
        near = bool(abs(one - other) < mpmath.mpf(10) ** (-0.6 * mpmath.mp.dps))
        return near is isinstance(relation, sp.Eq)
    return bool(relation.func(sp.Float(one, 40), sp.Float(other, 40)))


def different(one: sp.Expr, other: sp.Expr, *for_every: Index) -> Assumption:
    """Two words, or every word of an array and another, are not the same."""
    return Assumption(sp.Ne(one, other), for_every)


def distinct_negatives() -> Assumption:
    """No word is drawn twice."""
    return Assumption(sp.Implies(sp.Ne(r, s), sp.Ne(negatives[r], negatives[s])), (r, s))


def equal(left: sp.Expr, right: sp.Expr, impose: Callable[[Values], Any]) -> Assumption:
    """An equation, used from left to right."""
    return Assumption(sp.Eq(left, right), (), impose)


def wherever(left: sp.Indexed, right: sp.Expr, impose: Callable[[Values], Any]) -> Assumption:
    """An equation for every entry of an array."""
    return Assumption(sp.Eq(left, right), tuple(left.indices), impose)


def positive(expr: sp.Expr) -> Assumption:
    """Something is more than 0, so that one may divide by it."""
    return Assumption(sp.Gt(expr, 0))


def satisfied(given: tuple[Assumption, ...], exprs: tuple[sp.Expr, ...], values: Values) -> bool:
    """Whether an instance of these expressions satisfies all assumptions, once each is imposed.

    What one imposes may undo what another did, or the sign that is declared of a number.
    """
    imposed = all(e.holds(values) for e in given)
    return imposed and all(e.is_true(values) for e in given) and of_their_signs(exprs, values)


def shown_zero(expr: sp.Expr, given: tuple[Assumption, ...]) -> bool:
    """Whether the laws and the assumptions make an expression zero."""
    return is_zero(substituted(differentiate(expr), given), lambda e: rewritten(e, given))


def shown_nonzero(expr: sp.Expr, given: tuple[Assumption, ...]) -> bool:
    """Whether the assumptions show that an expression is other than 0."""
    expr = normal(expr, lambda e: rewritten(e, given))
    return is_positive(expr) or is_positive(-expr) or any(e.makes_nonzero(expr) for e in given)


def unclear(expr: sp.Expr, given: tuple[Assumption, ...]) -> Iterator[str]:
    """Why an expression might mean nothing, under these assumptions."""
    return undefined(expr, lambda e: shown_nonzero(substituted(unfold(e), given), given))


def rewritten(expr: sp.Expr, given: tuple[Assumption, ...]) -> sp.Expr:
    """One node of an expression, with what all assumptions make equal replaced."""
    for assumption in given:
        expr = assumption.rewrite(expr)
    return expr


def substituted(expr: sp.Expr, given: tuple[Assumption, ...]) -> sp.Expr:
    """An expression in which symbols are replaced by what inequalities make of them."""
    for assumption in given * len(given):
        for name, value in assumption.substitution.items():
            bound = {n for e in expr.atoms(sp.Sum) for n in e.variables}
            if expr.has(name) and bound & (value.free_symbols | {name}):
                raise ValueError(f"{assumption.text} is used under a sum over one of its indices")
        expr = expr.xreplace(dict(assumption.substitution))
    return expr
