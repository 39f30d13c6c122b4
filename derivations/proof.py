"""What a derivation is, and what it takes to accept one.

A derivation is a list of claims. A claim starts from what the loss defines, usually an unevaluated
derivative, and walks in named steps to the closed form. It is accepted when

- the difference of every step to the one before is structurally zero (:mod:`derivations.algebra`),
  where "could not decide" is a failure;
- what is derived is not zero, so that a derivative that silently came out as 0 is caught; if it is
  zero by an assumption, it is not zero without it;
- every wrong variant is refused, and refuted by an instance;
- both ends agree on random instances of random sizes, in 50 digits and with numerical derivatives.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import mpmath
import sympy as sp

from derivations.algebra import Rewrite, is_nonnegative, is_zero
from derivations.evaluation import DIGITS, Values, draw, number
from derivations.notation import Named
from derivations.printing import latex
from derivations.prose import NO_WORD, plain
from derivations.quantities import every

__all__ = ["Assumption", "Claim", "Derivation", "Step", "failures", "same"]

INSTANCES = 3
"""Random instances on which both ends of a claim are compared."""
TRIES = 60
"""Random instances among which a wrong variant must be found out."""


def same(expr: sp.Expr) -> sp.Expr:
    """The rewrite, or stand-in, that changes nothing."""
    return expr


@dataclass(frozen=True)
class Assumption:
    """Something a claim rests on: in words, as a SymPy object, and at work."""

    words: str
    relation: sp.Basic
    rewrite: Rewrite = same
    """Replaces, anywhere in an expression, what the assumption makes equal."""
    impose: Callable[[Values], bool] = lambda values: True
    """Makes an instance satisfy the assumption; False where only another draw can."""


@dataclass(frozen=True)
class Step:
    """An expression, and what made it of the one before: words, or prose whose formulas hold."""

    expr: sp.Expr
    why: str


@dataclass(frozen=True)
class Claim:
    """``left`` equals each of its steps in turn; the last of them is the closed form."""

    name: str
    """Its key in the derivation, and what the closed form is: ``v_c`` for the gradient by v_c."""
    left: sp.Expr
    steps: tuple[Step, ...]
    wrong: Mapping[str, sp.Expr]
    """Variants of the closed form that must be refused, by what is wrong with them."""
    axes: tuple[sp.Symbol, ...] = ()
    """The index symbols that number the axes of the closed form, in the order of the code."""
    given: tuple[Assumption, ...] = ()
    vanishes: bool = False
    """Whether the claim is that ``left`` is 0, with nothing assumed."""
    lemma: bool = False
    """Whether ``left`` is about something else than the derivation's loss."""
    nonnegative: bool = False
    """Whether the closed form shows, by its build, that ``left`` ≥ 0."""
    positive: bool = False
    """Whether it shows that ``left`` > 0."""
    too_strong: Mapping[str, sp.Expr] = field(default_factory=dict)
    """Variants of ``left`` of which it is *not* true that they are ≥ 0."""
    concrete: Callable[[sp.Expr], sp.Expr] = same
    """Puts something concrete in the place of what the claim leaves open, for its instances."""

    @property
    def label(self) -> str:
        """``left`` in LaTeX: what the page says is derived."""
        return latex(self.left)

    @property
    def caption(self) -> str:
        """What the page calls it: its name if that is words, else what is derived; Markdown."""
        return f"${self.label}$" if NO_WORD.search(self.name) else self.name

    @property
    def opened(self) -> sp.Expr:
        """``left`` with the definition of what has a name in its place."""
        return self.left.replace(lambda e: isinstance(e, Named), lambda e: e.definition())

    @property
    def closed(self) -> sp.Expr:
        """What ``left`` is proved equal to."""
        return self.steps[-1].expr

    def rewrite(self, expr: sp.Expr) -> sp.Expr:
        """Applies the assumptions."""
        for assumption in self.given:
            expr = assumption.rewrite(expr)
        return expr

    def is_zero(self, expr: sp.Expr) -> bool:
        """Whether an expression is zero by the laws and the assumptions."""
        return is_zero(expr, self.rewrite)


@dataclass(frozen=True)
class Derivation:
    """A statement of the project, and the claims that prove it."""

    id: str
    heading: str
    """What it is about, in a few words."""
    statement: str
    """What it states, in prose whose formulas are tied to its claims; Markdown."""
    claims: tuple[Claim, ...]
    loss: sp.Expr | tuple[sp.Expr, ...] | None = None
    """What is differentiated: the named loss, or several."""
    lemmas: tuple[str, ...] = ()
    """What is used from outside SymPy, in words or prose."""
    answer: str = ""
    """What answers a question in words, in words or prose."""
    care: str = ""
    """What the handwritten answer left out, in words or prose."""

    @property
    def title(self) -> str:
        """The statement in one line of Unicode."""
        return plain(self.statement)

    @property
    def sizes(self) -> str:
        """The symbols for all of whose values it is proved."""
        ends = (e for claim in self.claims for e in (claim.left, claim.closed))
        return every(ends, [e.relation for e in self.assumptions])

    @property
    def losses(self) -> tuple[sp.Expr, ...]:
        """What is differentiated."""
        return self.loss if isinstance(self.loss, tuple) else (self.loss,) if self.loss else ()

    def __getitem__(self, name: str) -> Claim:
        """The claim of this name."""
        return {claim.name: claim for claim in self.claims}[name]

    @property
    def closed(self) -> dict[str, sp.Expr]:
        """The proved closed form of every claim."""
        return {claim.name: claim.closed for claim in self.claims}

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What any of its claims rests on, each once."""
        return tuple(dict.fromkeys(e for claim in self.claims for e in claim.given))


def _without(cls: type, *names: str) -> None:
    """Lets files that still pass these free texts pass them, unread. Delete once none does."""
    init = cls.__init__

    def ignoring(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **{key: e for key, e in kwargs.items() if key not in names})

    cls.__init__ = ignoring  # type: ignore[misc]


_without(Claim, "label", "origin")
_without(Derivation, "title", "sizes")


def failures(derivation: Derivation) -> list[str]:
    """Everything that keeps a derivation from being accepted, in words; empty if it is proved."""
    return [
        f"{derivation.id}, {claim.name}: {problem}"
        for claim in derivation.claims
        for problem in _problems(claim, Random(f"{derivation.id} {claim.name}"))
    ]


def _problems(claim: Claim, random: Random) -> Iterator[str]:
    before = claim.left
    for step in claim.steps:
        if not is_zero(before - step.expr, claim.rewrite):
            yield f"not shown to be equal to the step before: {step.why}"
        before = step.expr
    yield from _zero_problems(claim, random)
    yield from _wrong_problems(claim, random)
    if claim.nonnegative:
        if not is_nonnegative(claim.closed):
            yield "the last step does not show that it is never negative"
        for name, variant in claim.too_strong.items():
            if not any(value < 0 for value in _instances(claim, variant, random)):
                yield f"too strong a bound, not refuted: {name}"
    for _, value in zip(range(INSTANCES), _differences(claim, claim.closed, random), strict=False):
        if not _negligible(value):
            yield f"an instance disagrees, by {mpmath.nstr(value, 5)}"


def _zero_problems(claim: Claim, random: Random) -> Iterator[str]:
    """What is derived is not zero; or it is only because of what is assumed."""
    if not is_zero(claim.closed, claim.rewrite):
        if all(map(_negligible, _instances(claim, claim.left, random))):
            yield "the derivative is zero in every instance"
    elif not claim.given:
        if not claim.vanishes:
            yield "the derivative vanished"
    else:
        free = (claim.left for _ in range(TRIES))
        if all(_negligible(_value(claim, e, random, impose=False)) for e in free):
            yield "zero even without its assumptions"


def _wrong_problems(claim: Claim, random: Random) -> Iterator[str]:
    if not claim.wrong:
        yield "no wrong variant to refuse"
    for name, variant in claim.wrong.items():
        if is_zero(claim.left - variant, claim.rewrite):
            yield f"a wrong variant was accepted: {name}"
        elif all(map(_negligible, _differences(claim, variant, random))):
            yield f"a wrong variant was not refuted by any instance: {name}"


def _differences(claim: Claim, closed: sp.Expr, random: Random) -> Iterator[mpmath.mpf]:
    """Differences of the claim's left side and this, instance by instance."""
    return _instances(claim, claim.left - closed, random)


def _instances(claim: Claim, expr: sp.Expr, random: Random) -> Iterator[mpmath.mpf]:
    return (_value(claim, expr, random) for _ in range(TRIES))


def _value(claim: Claim, expr: sp.Expr, random: Random, impose: bool = True) -> mpmath.mpf:
    """The value of an expression at a random instance that satisfies the assumptions."""
    expr, *ends = map(claim.concrete, (expr, claim.left, claim.closed))
    with mpmath.workdps(DIGITS):
        for _ in range(1000):
            try:
                values = draw([expr, *ends], random)
                if not impose or all(e.impose(values) for e in claim.given):
                    return number(expr, values)
            except IndexError:  # an index without values, or a transposed variant off its table
                continue
    raise ValueError(f"no instance satisfies the assumptions of {claim.name}")


def _negligible(value: mpmath.mpf) -> bool:
    return bool(abs(value) < mpmath.mpf(10) ** (20 - DIGITS))
