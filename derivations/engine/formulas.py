"""What the formulas among words may say: nothing of their own, or what is proved or decided.

A symbol, a definition or an assumption claims nothing, and need only mean something. An equation or
inequality is decided. What a claim proves (:class:`derivations.engine.prose.Proved`) is held
against the claim: an array at every place, and not only at the claim's own.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sympy as sp

from derivations.engine.algebra import is_nonnegative, is_positive
from derivations.engine.arrays import Array
from derivations.engine.assumptions import Assumption, unclear
from derivations.engine.notation import Index, unfold
from derivations.engine.open_functions import Open
from derivations.engine.prose import Defined, Listed, Proved, Signed, gradient

__all__ = ["Decision", "name_of", "of_formula"]

Decision = Callable[[sp.Expr], bool]
"""Whether an expression is zero, by the laws and perhaps by assumptions."""


def of_formula(
    formula: Any,
    decide: Decision,
    given: tuple[Assumption, ...],
    derivation: Any,
    assumed: bool,
) -> Iterator[str]:
    """Why a formula among words may not stand there.

    ``given`` is what it may lean on to mean something, ``assumed`` whether it is itself assumed.
    """
    if isinstance(formula, Proved):
        yield from _proved(formula, derivation)
    elif isinstance(formula, Defined):
        yield from _unclear(formula, (formula.name,), given)
    elif isinstance(formula, Listed):
        yield from formula.unproved(derivation)
    elif isinstance(formula, Signed) or assumed:
        return
    elif isinstance(formula, Array):
        if not formula.is_name:
            yield f"{formula.text} is a term that nothing checks"
    elif isinstance(formula, sp.Rel):
        yield from _unclear(formula, formula.args, given)
        if not _holds(formula, decide):
            yield f"not shown to hold: {formula}"
    elif not _is_name(formula):
        yield f"{formula} is a term that nothing checks"


def _unclear(formula: Any, parts: tuple[Any, ...], given: tuple[Assumption, ...]) -> Iterator[str]:
    """Why parts of a formula might mean nothing, or follow from a rule that no instance checks."""
    written = getattr(formula, "text", formula)
    for fault in (fault for e in parts for fault in unclear(e, given)):
        yield f"{written} need not mean anything: {fault}"
    if any(e.has(Open) for part in parts for e in unfold(part).atoms(sp.Derivative)):
        yield f"{written} differentiates an open function, by a rule that nothing checks"


def _is_name(formula: Any) -> bool:
    """A symbol, an entry of an array or a named expression, at indices: nothing is claimed."""
    if isinstance(formula, sp.Indexed | sp.Function):
        indices = formula.indices if isinstance(formula, sp.Indexed) else formula.args
        ours = isinstance(formula, sp.Indexed) or name_of(formula)
        return bool(ours) and all(e.is_Symbol or isinstance(e, sp.Indexed) for e in indices)
    return isinstance(formula, sp.Symbol | sp.IndexedBase)


def name_of(e: Any) -> str:
    """What a part of an expression is called in the table; empty if it has no sign of its own."""
    if isinstance(e, sp.Function) and not type(e).__module__.startswith("sympy."):
        return type(e).__name__ if getattr(e, "symbol", "none") else ""
    if isinstance(e, sp.NumberSymbol):  # e and π are signs of other things
        return f"the constant {e}"
    return "" if isinstance(e, sp.Indexed) else getattr(e, "name", "")


def _holds(relation: sp.Rel, decide: Decision) -> bool:
    """Whether an equation or inequality is decided to hold."""
    if isinstance(relation, sp.Eq):
        return decide(relation.lhs - relation.rhs)
    if isinstance(relation, sp.Ge | sp.Le):
        return is_nonnegative(relation.gts - relation.lts)
    if isinstance(relation, sp.Gt | sp.Lt):
        return is_positive(relation.gts - relation.lts)
    return False


def _proved(formula: Proved, derivation: Any) -> Iterator[str]:
    """Why a formula is not what its claim proves."""
    claim, form = formula.claim, formula.form
    if claim not in derivation.claims:
        yield f"{formula.text} is of no claim of this derivation"
        return
    if form is None:
        return
    parts = form.parts if isinstance(form, Array) else form.args
    yield from _unclear(formula, parts, claim.given)
    if isinstance(form, Array):
        gradient(claim.left, form)  # a name and a shape
        same = _everywhere(claim, form)
    elif isinstance(form, sp.Eq):
        ends = (form.lhs - claim.left, form.rhs - claim.closed)
        same = all(map(claim.is_zero, ends))
    else:
        shown = claim.positive if isinstance(form, sp.Gt | sp.Lt) else claim.nonnegative
        same = shown and claim.is_zero(form.gts - form.lts - claim.left)
    if not same:
        yield f"{formula.text} is not what {claim.name!r} proves"


def _everywhere(claim: Any, form: Array) -> bool:
    """Whether an array is the closed form at every place, and not at that of the claim alone.

    The claim must leave its place open: indices that run over the whole axis, of which nothing is
    assumed and on which the loss does not depend. The entry is taken at indices of new names, which
    no sum of the array can capture.
    """
    by = claim.left.variables[0]
    *row, column = zip(by.indices, by.base.shape, strict=True)
    places = [column, *row] if form.shape[1] != 1 else [column]
    taken = {n for e in claim.given for n in e.relation.free_symbols - set(e.for_every)}
    taken |= unfold(claim.left.expr).free_symbols
    new = {}
    for n, size in places:
        if not isinstance(n, Index) or n.within != (0, size - 1) or n in taken or n in new:
            return False
        new[n] = Index(f"any {n.name}", integer=True, nonnegative=True)
        new[n].within = n.within
    p, q = (*new.values(), sp.S.Zero)[:2]
    return bool(claim.is_zero(form.entry(p, q) - unfold(claim.closed).xreplace(new)))
