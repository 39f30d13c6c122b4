"""What a derivation is, and what it takes to accept one.

A derivation is a list of claims. A claim starts from what the loss defines, usually an unevaluated
derivative, and walks in named steps to the closed form. It is accepted when

- the difference of every step to the one before is structurally zero
  (:mod:`derivations.engine.algebra`), where "could not decide" is a failure;
- what is derived is not zero, so that a derivative that silently came out as 0 is caught; if it is
  zero by an assumption, it is not zero without it;
- every wrong variant is refused, and refuted by an instance;
- everything written is defined for every size (:mod:`derivations.engine.domain`);
- each assumption is used: without it something above is not shown;
- both ends, and the derivatives between, agree on instances of the smallest sizes, alone and
  together, and on random ones, in 50 digits and with numerical derivatives.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from random import Random

import mpmath
import sympy as sp

from derivations.engine import labels
from derivations.engine.algebra import differentiate, is_nonnegative
from derivations.engine.assumptions import (
    Assumption,
    rewritten,
    satisfied,
    shown_zero,
    unclear,
)
from derivations.engine.evaluation import DIGITS, Values, draw, number, sizes_of, values_of
from derivations.engine.notation import Named, unfold
from derivations.engine.open_functions import Open
from derivations.engine.printing import latex, text
from derivations.engine.prose import NO_WORD, Proved, Signed, plain
from derivations.engine.quantities import every, signed
from derivations.engine.signs import free, nodes

__all__ = ["Assumption", "Claim", "Derivation", "Step", "failures", "same"]

INSTANCES = 3
"""Random instances on which both ends of a claim are compared, beside those of the least sizes."""
DRAWS = 100
"""How often an instance is drawn until one satisfies the assumptions."""
TRIES = 60
"""Random instances among which a wrong variant must be found out."""
MOST = 2
"""Formulas that the table shows of a statement without a gradient."""


def same(expr: sp.Expr) -> sp.Expr:
    """The rewrite, or stand-in, that changes nothing."""
    return expr


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
    def written(self) -> tuple[sp.Expr, ...]:
        """What is derived, and every step."""
        return (self.left, *(step.expr for step in self.steps))

    @property
    def assumed(self) -> tuple[Assumption | Signed, ...]:
        """All that it takes for granted: its assumptions, and the signs of numbers and arrays."""
        relations = [e.relation for e in self.given]
        return (*self.given, *map(Signed, signed(self.written, relations)))

    @property
    def opened(self) -> sp.Expr:
        """``left`` with the definition of what has a name in its place."""
        return self.left.replace(lambda e: isinstance(e, Named), lambda e: e.definition())

    @property
    def closed(self) -> sp.Expr:
        """What ``left`` is proved equal to."""
        return self.steps[-1].expr

    def rewrite(self, expr: sp.Expr) -> sp.Expr:
        """Applies the assumptions to one node of an expression."""
        return rewritten(expr, self.given)

    def is_zero(self, expr: sp.Expr) -> bool:
        """Whether an expression is zero by the laws and the assumptions."""
        return shown_zero(expr, self.given)


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
    functions: tuple[str, ...] = ()
    """What computes it in ``jw2v``, or rests on it; each names its id."""
    for_trainer: bool = False
    """Whether it is one that the trainer relies on, beside the questions that are answered."""
    folded: tuple[str, ...] = ()
    """Claims that a reader opens only if in doubt."""
    figure: tuple[str, str] = ("", "")
    """The file and the title of a picture under it, shown where the file is there."""

    @property
    def title(self) -> str:
        """The statement in one line of Unicode."""
        return plain(self.statement)

    @property
    def sizes(self) -> str:
        """The symbols for all of whose values it is proved."""
        written = (e for claim in self.claims for e in claim.written)
        return every(written, [e.relation for e in self.assumptions])

    @property
    def tabled(self) -> tuple[Claim, ...]:
        """What the table at the top shows: the gradients of the headline, or else its first."""
        formulas = getattr(self.statement, "formulas", ())
        stated = [e.claim for e in formulas if isinstance(e, Proved)] or self.claims
        once = tuple({claim.name: claim for claim in stated}.values())
        return tuple(e for e in once if e.axes) or once[:MOST]

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


def failures(derivation: Derivation) -> list[str]:
    """Everything that keeps a derivation from being accepted, in words; empty if it is proved."""
    return [*_around(derivation)] + [
        f"{derivation.id}, {claim.name}: {problem}"
        for claim in derivation.claims
        for problem in _examined(derivation, claim, Random(f"{derivation.id} {claim.name}"))
    ]


def _around(derivation: Derivation) -> Iterator[str]:
    """What the page would say around the claims that they do not show."""
    try:
        for problem in (*labels.of_derivation(derivation), *labels.undeclared(derivation)):
            yield f"{derivation.id}: {problem}"
    except Exception as error:  # whatever ends an examination, nothing is proved
        yield f"{derivation.id}: it could not be examined: {type(error).__name__}: {error}"


def _examined(derivation: Derivation, claim: Claim, random: Random) -> Iterator[str]:
    try:
        yield from labels.of_claim(derivation, claim)
        yield from _structural_problems(claim)
        yield from _stand_ins(claim)
        yield from _open_rules(claim)
        yield from _unneeded(claim)
        yield from _zero_problems(claim, random)
        yield from _wrong_problems(claim, random)
        yield from _instance_problems(claim, random)
        yield from _empty(claim, random)
    except Exception as error:  # whatever ends an examination, the claim is not proved
        yield f"it could not be examined: {type(error).__name__}: {error}"


def _structural_problems(claim: Claim) -> Iterator[str]:
    """What the laws do not show, for all sizes at once."""
    for expr in claim.written:
        yield from _undefined(claim, expr)
    before = claim.left
    for step in claim.steps:
        if not claim.is_zero(before - step.expr):
            yield f"not shown to be equal to the step before: {step.why}"
        before = step.expr
    if claim.nonnegative and not is_nonnegative(claim.closed):
        yield "the last step does not show that it is never negative"


def _undefined(claim: Claim, expr: sp.Expr) -> Iterator[str]:
    """What of an expression, and of its derivative, might mean nothing."""
    forms = [expr, differentiate(expr)] if unfold(expr).has(sp.Derivative) else [expr]
    yield from dict.fromkeys(fault for e in forms for fault in unclear(e, claim.given))


def _unneeded(claim: Claim) -> Iterator[str]:
    """Each assumption must be missed if it is left out: the proof needs it, if not the truth."""
    for assumption in claim.given:
        rest = tuple(e for e in claim.given if e is not assumption)
        if not any(_structural_problems(replace(claim, given=rest))):
            yield f"proved without what it assumes: {assumption.text}"


def _stand_ins(claim: Claim) -> Iterator[str]:
    """What takes the place of an open function moves as it does, and takes no other place."""
    if claim.concrete is same:
        return
    for e in sorted(nodes((*claim.written, *claim.wrong.values())), key=str):
        if isinstance(e, sp.Expr) and not isinstance(e, sp.IndexedBase):
            concrete = unfold(claim.concrete(e))
            if isinstance(e, Open) and (fixed := free(e) - free(concrete)):
                names = ", ".join(sorted(map(str, fixed)))
                yield f"what stands for {text(e)} in instances does not depend on {names}"
            if not unfold(e).has(Open) and concrete != unfold(e):
                yield f"{text(e)} is open in no way, and {text(concrete)} in instances"


def _open_rules(claim: Claim) -> Iterator[str]:
    """An open function is not told by its own slope, and has one by all that it depends on."""
    derivatives = {e for e in nodes(claim.written) if isinstance(e, sp.Derivative)}
    for e in sorted(derivatives, key=str):
        for function in sorted(unfold(e.expr).atoms(Open), key=str):
            seen: set[type] = set()
            slope: sp.Expr = function
            for by in e.variables:
                seen |= {type(each) for each in slope.atoms(Open)}
                needed = by in slope.free_symbols
                slope = sp.diff(slope, by).doit()
                found = {type(each) for each in slope.atoms(Open)}
                if seen & found or (needed and not found):
                    yield (
                        f"{text(function)} is open, and its rule is that of some functions alone:"
                        f" its slope is {text(slope)}"
                    )
                    break


def _zero_problems(claim: Claim, random: Random) -> Iterator[str]:
    """What is derived is not zero; or it is only because of what is assumed."""
    if not claim.is_zero(claim.closed):
        if all(map(_negligible, _instances(claim, claim.left, random))):
            yield "the derivative is zero in every instance"
    elif not claim.given and not claim.vanishes:
        yield "the derivative vanished"


def _wrong_problems(claim: Claim, random: Random) -> Iterator[str]:
    if not claim.wrong:
        yield "no wrong variant to refuse"
    for name, variant in claim.wrong.items():
        if claim.is_zero(claim.left - variant):
            yield f"a wrong variant was accepted: {name}"
        elif all(map(_negligible, _instances(claim, claim.left - variant, random))):
            yield f"a wrong variant was not refuted by any instance: {name}"
    for name, variant in claim.too_strong.items():
        values = _instances(claim, variant, random)
        if not any(value < 0 and not _negligible(value) for value in values):
            yield f"too strong a bound, not refuted: {name}"


def _instance_problems(claim: Claim, random: Random) -> Iterator[str]:
    """Both ends, and the derivatives between, agree at the smallest sizes and at larger ones."""
    found = 0
    inner = [step.expr for step in claim.steps[:-1] if unfold(step.expr).has(sp.Derivative)]
    for sizes in (*_small_sizes(claim), *({} for _ in range(INSTANCES)), _large_sizes(claim)):
        values = _instance(claim, random, sizes, *inner)
        if values is None:
            continue
        found += 1
        where = ", ".join(f"{name} = {size}" for name, size in sizes.items()) or "a random instance"
        try:
            with mpmath.workdps(DIGITS):
                left = number(claim.concrete(claim.left), values)
                others = [number(claim.concrete(e), values) for e in (*inner, claim.closed)]
        except ZeroDivisionError:
            yield f"a division by zero at {where}"
            continue
        for difference in (e - left for e in others):
            if not _negligible(difference):
                yield f"an instance disagrees, by {mpmath.nstr(difference, 5)}, at {where}"
        if claim.nonnegative and left < 0 and not _negligible(left):
            yield f"an instance is negative, {mpmath.nstr(left, 5)}, at {where}"
    if not found:
        yield "no instance satisfies the assumptions"


def _empty(claim: Claim, random: Random) -> Iterator[str]:
    """What is assumed for every index holds somewhere for more than one: not for none alone."""
    indices = {n for e in claim.given for n in e.for_every}
    if not indices:
        return
    few = {e.name for n in indices for end in n.within for e in end.free_symbols}
    names = sizes_of(_ends(claim))
    for least, most in ((2, 4), (2, 2), (3, 3), (4, 4)):
        sizes = {name: least if name in few else most for name in names}
        for values in (_instance(claim, random, sizes) for _ in range(2)):
            if values and all(len(values_of(n, values)) > 1 for n in indices):
                return
    yield "no instance satisfies the assumptions where each of their indices has two values"


def _small_sizes(claim: Claim) -> Iterator[dict[str, int]]:
    """Every combination of the two least values of each size: 0 and 1, or 1 and 2."""
    least = sizes_of(_ends(claim))
    for more in product((0, 1), repeat=len(least)):
        yield {name: low + e for (name, low), e in zip(least.items(), more, strict=True)}


def _large_sizes(claim: Claim) -> dict[str, int]:
    """Sizes beyond those of the other instances, each its own, even and odd."""
    return {name: 5 + at % 3 for at, name in enumerate(sizes_of(_ends(claim)))}


def _ends(claim: Claim) -> tuple[sp.Expr, ...]:
    """What an instance of a claim must give values to."""
    # What is assumed for every s needs no s, of which there may be none
    sides = (side.subs(dict.fromkeys(e.for_every, 0)) for e in claim.given for side in e.sides)
    return (*map(claim.concrete, (claim.left, claim.closed)), *sides)


def _instances(claim: Claim, expr: sp.Expr, random: Random) -> Iterator[mpmath.mpf]:
    """Values of an expression at random instances that satisfy the assumptions."""
    for _ in range(TRIES):
        values = _instance(claim, random, {}, expr)
        if values is not None:
            try:
                with mpmath.workdps(DIGITS):
                    yield number(claim.concrete(expr), values)
            except (IndexError, ZeroDivisionError):  # a variant that is wrong may not be defined
                continue


def _instance(
    claim: Claim, random: Random, sizes: Mapping[str, int], *others: sp.Expr
) -> Values | None:
    """An instance that satisfies the assumptions, of these sizes; None if none was found."""
    exprs = (*_ends(claim), *map(claim.concrete, others))
    with mpmath.workdps(DIGITS):
        for _ in range(DRAWS):
            try:
                values = draw(exprs, random, sizes)
            except IndexError:  # an index without values
                if sizes:
                    return None
                continue
            if satisfied(claim.given, exprs, values):
                return values
    return None


def _negligible(value: mpmath.mpf) -> bool:
    return bool(abs(value) < mpmath.mpf(10) ** (20 - DIGITS))
