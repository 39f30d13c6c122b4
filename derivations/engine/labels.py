"""What keeps the page from saying what was checked: labels, headlines, reasons.

``of_claim`` and ``of_derivation`` yield everything wrong, in words; :func:`derivations.failures`
refuses what they find. The page prints four kinds of things, and each has its guard.

- What is derived is printed from ``left``. It must be the unevaluated derivative of the named loss,
  or hold one, or the claim must say that it is a lemma.
- Formulas among words are objects: a symbol; a definition; an assumption of the claim; an equation
  or inequality, which is decided; or what a claim proves
  (:class:`derivations.engine.prose.Proved`).
- Words are words: no digit, sign, Greek letter or single letter is among them, nor in the names of
  claims and of what they refuse.
- A statement that a reason names exists, and rests in no way on the one that names it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import sympy as sp

from derivations.engine.algebra import is_nonnegative, is_positive, is_zero
from derivations.engine.arrays import Array
from derivations.engine.assumptions import shown_nonzero, substituted
from derivations.engine.domain import undefined
from derivations.engine.notation import Abbreviation, symbols, unfold
from derivations.engine.printing import text
from derivations.engine.prose import NO_WORD, Defined, Listed, Prose, Proved, Signed, gradient
from derivations.engine.quantities import signed

__all__ = ["circles", "of_claim", "of_derivation", "of_words", "undeclared"]

Decision = Callable[[sp.Expr], bool]
"""Whether an expression is zero, by the laws and perhaps by assumptions."""

MENTION = re.compile(
    r"\b[Ss]tatements? ((?:[a-z]\d?)(?:(?:, | and |, and )[a-z]\d?\b(?! \w*\{))*)\b"
)
"""A reference to other statements: ``statement b1``, ``statements b1 and d``."""
CODE = re.compile(r"`[A-Za-z_]+(?:\.[A-Za-z_]+)*`")
"""A name in the code, such as ``jax.grad``; no formula fits into it."""
SPELT = re.compile(r"\b(?:plus|minus|times|equals|squared|sigma|divided by)\b|\w+\(")
"""Formulas in words, and a name straight before a bracket."""
KEY = re.compile(r"(?:[a-z]+, )?[^\W\d_](?:_\w+)?", re.IGNORECASE)
"""A claim's key, such as ``u_w``: not printed, since what is derived stands in its place."""


def of_words(words: str, where: str) -> Iterator[str]:
    """Formulas that are written among words, where nothing checks them."""
    parts = words.words if isinstance(words, Prose) else (words,)
    for part in parts:
        rest = CODE.sub("", MENTION.sub("", part)).replace("'s ", " ")
        found = dict.fromkeys(e[0] for e in (*NO_WORD.finditer(rest), *SPELT.finditer(rest)))
        if found:
            signs = ", ".join(map(repr, found))
            yield f"{where}: {signs} among words, which nothing checks: {part.strip()!r}"


def mentions(words: str) -> set[str]:
    """The statements that words name."""
    parts = words.words if isinstance(words, Prose) else (words,)
    found = " ".join(e for part in parts for e in MENTION.findall(part))
    return set(re.split(r"\W+|\band\b", found)) - {""}


def of_claim(derivation: Any, claim: Any) -> Iterator[str]:
    """What is wrong with what a claim says it derives, and with its reasons."""
    yield from _left(derivation, claim)
    names = () if KEY.fullmatch(claim.name) else (claim.name,)
    for name in (*names, *claim.wrong, *claim.too_strong):
        yield from of_words(name, "a name")
    for step in claim.steps:
        yield from _prose(step.why, "a reason", claim.is_zero, claim.given, derivation)
    if claim.positive and not is_positive(claim.closed):
        yield "the last step does not show that it is positive"


def of_derivation(derivation: Any) -> Iterator[str]:
    """What is wrong with the words and formulas around the claims of a derivation."""
    for where, words in _texts(derivation).items():
        yield from _prose(words, where, is_zero, derivation.assumptions, derivation)
    formulas = getattr(derivation.statement, "formulas", ())
    proved = [e.claim for e in formulas if isinstance(e, Proved)]
    if not proved:
        yield "the headline states nothing that a claim proves"
    for assumption in dict.fromkeys(e for claim in proved for e in claim.given):
        if assumption not in formulas:
            yield f"the headline does not say that it assumes: {assumption.text}"
    said = {_base(e) for formula in formulas if isinstance(formula, Signed) for e in formula.of}
    for e in signed((), [e.relation for claim in proved for e in claim.given]):
        if _base(e) not in said:
            yield f"the headline does not say which sign it assumes of {text(e)}"


def _base(e: sp.Expr) -> sp.Basic:
    """A number, or the array of an entry."""
    return e.base if isinstance(e, sp.Indexed) else e


def _texts(derivation: Any) -> dict[str, str]:
    """What is said around the claims, by where it stands."""
    texts = {"the heading": derivation.heading, "the headline": derivation.statement}
    texts |= {"the answer": derivation.answer, "the care": derivation.care}
    return texts | {f"lemma {n}": words for n, words in enumerate(derivation.lemmas, 1)}


def _left(derivation: Any, claim: Any) -> Iterator[str]:
    """A claim about the loss differentiates it by its name, and nothing else."""
    if claim.closed == claim.left:
        yield "what is derived is its own closed form"
    known = [(type(e), not e.args) for e in derivation.losses if isinstance(e, Abbreviation)]
    about = False
    for e in sp.preorder_traversal(claim.left):
        if isinstance(e, sp.Derivative):
            about = about or any(isinstance(e.expr, kind) for kind, _ in known)
            if e.expr not in derivation.losses and not any(
                isinstance(e.expr, kind) and not whole for kind, whole in known
            ):
                yield f"it differentiates {e.expr}, which is not the loss"
        elif isinstance(e, Abbreviation) and any(isinstance(e, kind) for kind, _ in known):
            about = True
    if derivation.losses and not about and not claim.lemma:
        yield "what is derived is not about the loss, and no lemma"


def _prose(
    words: str, where: str, decide: Decision, given: Iterable[Any], derivation: Any
) -> Iterator[str]:
    yield from of_words(words, where)
    for formula in getattr(words, "formulas", ()):
        try:
            problem = _formula(formula, decide, tuple(given), derivation)
        except ValueError as error:
            problem = str(error)
        if problem:
            yield f"{where}: {problem}"


def _formula(formula: Any, decide: Decision, given: tuple[Any, ...], derivation: Any) -> str:
    """Why a formula among words may not stand there; empty if it may."""
    if isinstance(formula, Proved):
        return _proved(formula, derivation)
    if isinstance(formula, Defined | Listed | Signed) or formula in given:
        return ""
    if isinstance(formula, Array):
        return "" if formula.is_name else f"{formula.text} is a term that nothing checks"
    if isinstance(formula, sp.Rel):
        for e in formula.args:
            for fault in undefined(
                unfold(e), lambda e: shown_nonzero(substituted(e, given), given)
            ):
                return f"{formula} need not mean anything: {fault}"
        held = _holds(formula, decide)
        return "" if held else f"not shown to hold: {formula}"
    return "" if _is_name(formula) else f"{formula} is a term that nothing checks"


def _is_name(formula: Any) -> bool:
    """A symbol, an entry of an array or a named expression, at indices: nothing is claimed."""
    if isinstance(formula, sp.Indexed | sp.Function):
        indices = formula.indices if isinstance(formula, sp.Indexed) else formula.args
        ours = isinstance(formula, sp.Indexed) or _name(formula)
        return bool(ours) and all(e.is_Symbol or isinstance(e, sp.Indexed) for e in indices)
    return isinstance(formula, sp.Symbol | sp.IndexedBase)


def _holds(relation: sp.Rel, decide: Decision) -> bool:
    """Whether an equation or inequality is decided to hold."""
    if isinstance(relation, sp.Eq):
        return decide(relation.lhs - relation.rhs)
    if isinstance(relation, sp.Ge | sp.Le):
        return is_nonnegative(relation.gts - relation.lts)
    if isinstance(relation, sp.Gt | sp.Lt):
        return is_positive(relation.gts - relation.lts)
    return False


def _proved(formula: Proved, derivation: Any) -> str:
    """Why a formula is not what its claim proves."""
    claim, form = formula.claim, formula.form
    if claim not in derivation.claims:
        return f"{formula.text} is of no claim of this derivation"
    if form is None:
        return ""
    for e in form.args if isinstance(form, sp.Rel) else ():
        for fault in undefined(
            unfold(e), lambda e: shown_nonzero(substituted(e, claim.given), claim.given)
        ):
            return f"{formula.text} need not mean anything: {fault}"
    if isinstance(form, Array):
        gradient(claim.left, form)
        at = claim.left.variables[0].indices
        entry = form.entry(at[-1], at[0] if form.shape[1] != 1 else sp.S.Zero)
        same = claim.is_zero(entry - claim.closed)
    elif isinstance(form, sp.Eq):
        ends = (form.lhs - claim.left, form.rhs - claim.closed)
        same = all(map(claim.is_zero, ends))
    else:
        shown = claim.positive if isinstance(form, sp.Gt | sp.Lt) else claim.nonnegative
        same = shown and claim.is_zero(form.gts - form.lts - claim.left)
    return "" if same else f"{formula.text} is not what {claim.name!r} proves"


def circles(derivations: Mapping[str, Any]) -> Iterator[str]:
    """Statements that are named but do not exist, or that rest on each other."""
    rests = {id: set().union(*map(mentions, _reasons(e))) for id, e in derivations.items()}
    for id, derivation in derivations.items():
        named = rests[id].union(*map(mentions, _texts(derivation).values()))
        for other in sorted(named - set(derivations)):
            yield f"{id} names statement {other}, which does not exist"
        reached, new = set[str](), rests[id]
        while new:
            reached |= new
            new = set[str]().union(*(rests.get(e, set()) for e in new)) - reached
        if id in reached:
            yield f"{id} rests on itself"


def _reasons(derivation: Any) -> list[str]:
    reasons = [step.why for claim in derivation.claims for step in claim.steps]
    return [*reasons, *derivation.lemmas]


def undeclared(derivation: Any) -> Iterator[str]:
    """Symbols that are printed but are not in the table of symbols, or without a meaning there."""
    printed = {where: _expressions(words) for where, words in _texts(derivation).items()}
    for claim in derivation.claims:
        steps = (e for step in claim.steps for e in (step.expr, *_expressions(step.why)))
        printed[claim.name] = [claim.left, claim.opened, *steps]
    for where, exprs in printed.items():
        names = {_name(e) for expr in exprs for e in sp.preorder_traversal(expr)} - {""}
        for name in sorted(names):
            if name not in symbols or not symbols[name].words:
                yield f"{where}: {name} has no meaning in the table of symbols"


def _expressions(words: str) -> list[sp.Basic]:
    """The expressions that prose prints on its own."""
    formulas = getattr(words, "formulas", ())
    plain = [getattr(e, "relation", getattr(e, "form", e)) for e in formulas]
    return [e for e in plain if isinstance(e, sp.Basic)]


def _name(e: Any) -> str:
    """What a part of an expression is called in the table; empty if it has no sign of its own."""
    if isinstance(e, sp.Function) and type(e).__module__.startswith("derivations."):
        return type(e).__name__ if getattr(e, "symbol", "none") else ""
    return "" if isinstance(e, sp.Indexed) else getattr(e, "name", "")
