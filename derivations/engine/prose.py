"""Words with formulas among them, whose formulas are objects that were checked.

A headline, a reason or an answer is either words alone, in which no formula can be written, or
``Prose``: words with holes, and what fills each. What may fill one makes no claim of its own (a
symbol), or is what its author cannot change (a definition, an assumption), or is tied to a claim
(:class:`Proved`), or is an equation or an inequality that is decided on its own
(:mod:`derivations.engine.labels`).

>>> from derivations.engine.notation import softmax, w
>>> say("the slope of {}", softmax(w))
'the slope of $\\\\hat{y}_w$'
>>> say("the slope of {}", softmax(w)).text
'the slope of ŷ_w'
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from derivations.engine.arrays import Array, of_entry
from derivations.engine.notation import Abbreviation, Loss
from derivations.engine.printing import latex, text

__all__ = [
    "NO_WORD",
    "Defined",
    "Listed",
    "Prose",
    "Proved",
    "Signed",
    "equation",
    "gradient",
    "plain",
    "say",
]

NO_WORD = re.compile(r"[^A-Za-z\s.,;:()'’“”\"-]|\b[b-zB-HJ-Z]\b|(?<![A-Za-z])-|-(?![A-Za-z])")
"""What no words hold: signs, a dash but for a hyphen, digits, other alphabets, single letters."""
HOLE, TABLE = "\0", ".\n"
APART = re.compile(rf"(?:\A|[A-Za-z,.:;]\s+){HOLE}(?=[,.:;]?(?:\s+[A-Za-z{HOLE}]|\s*\Z))")
"""A formula that stands apart: words or a mark that ends a part of a sentence, then a space."""


class Prose(str):
    """Words with formulas; as a string it is Markdown, ``text`` is one line for a terminal."""

    words: tuple[str, ...]
    formulas: tuple[Any, ...]
    text: str

    def __new__(cls, words: str, *formulas: Any) -> "Prose":
        """Puts the formulas into the holes ``{}``, in turn."""
        parts = words.split("{}")
        if len(parts) != len(formulas) + 1:
            raise ValueError(f"{len(parts) - 1} holes, {len(formulas)} formulas: {words}")
        holes = [TABLE if isinstance(e, Listed) else HOLE for e in formulas]
        whole = _join(parts, holes)
        if len(APART.findall(whole)) != whole.count(HOLE):
            raise ValueError(f"a formula reads as one with what stands beside it: {words}")
        written = [(_markdown(e), _text(e)) for e in formulas]
        self = super().__new__(cls, _join(parts, [e for e, _ in written]))
        self.words, self.formulas = tuple(parts), formulas
        self.text = _join(parts, [e for _, e in written])
        return self


def say(words: str, *formulas: Any) -> Prose:
    """Words with a formula in the place of each ``{}``."""
    return Prose(words, *formulas)


def equation(left: Any, right: Any) -> sp.Eq:
    """An equation as it stands; ``sp.Eq`` would try to decide it."""
    return sp.Eq(sp.sympify(left), sp.sympify(right), evaluate=False)


def plain(words: str) -> str:
    """One line of Unicode, of words or prose."""
    return words.text if isinstance(words, Prose) else words


def _join(parts: list[str], formulas: list[str]) -> str:
    return "".join(a + b for a, b in zip(parts, [*formulas, ""], strict=True))


@dataclass(frozen=True)
class Defined:
    """What a name stands for, by its definition."""

    name: Abbreviation

    @property
    def latex(self) -> str:
        """``name = definition``."""
        return f"{latex(self.name)} = {latex(self.name.definition())}"

    @property
    def text(self) -> str:
        """The same for the terminal."""
        return f"{text(self.name)} = {text(self.name.definition())}"


@dataclass(frozen=True)
class Proved:
    """What a claim proves: as it stands, or in another form that is checked against it.

    A form is a vector or a matrix, whose entries must be the closed form, and then what stands
    left of it is made from what the claim differentiates; an equation of the claim's two ends; or
    an inequality, whose sides must differ by the claim's left side, shown to have that sign.
    """

    claim: Any
    form: Array | sp.Rel | None = None

    @property
    def latex(self) -> str:
        """The formula in LaTeX."""
        if isinstance(self.form, Array):
            return f"{gradient(self.claim.left, self.form)[0]} = {self.form.latex}"
        return latex(self._relation if self.form is None else self.form)

    @property
    def text(self) -> str:
        """The formula in one line of Unicode."""
        if isinstance(self.form, Array):
            return f"{gradient(self.claim.left, self.form)[1]} = {self.form.text}"
        return text(self._relation if self.form is None else self.form)

    @property
    def _relation(self) -> sp.Rel:
        """What the claim says as it stands; SymPy must not decide it."""
        left, closed, zero = self.claim.left, self.claim.closed, sp.S.Zero
        if self.claim.positive:
            return sp.Gt(left, zero, evaluate=False)
        if self.claim.nonnegative:
            return sp.Ge(left, zero, evaluate=False)
        return sp.Eq(left, closed, evaluate=False)


class Signed:
    """Numbers, or entries of arrays, that are declared to be of one sign: all > 0, or all ≤ 0."""

    def __init__(self, *of: sp.Expr) -> None:
        signs = {_sign(e) if isinstance(e, sp.Symbol | sp.Indexed) else "" for e in of}
        if len(signs) != 1 or "" in signs:
            raise ValueError(f"expected numbers of one sign, all >= 0 or all > 0, got {of}")
        self.of, (self._sign,) = of, signs

    @property
    def latex(self) -> str:
        """The numbers and their sign."""
        sign = {"≥": r"\ge", "≤": r"\le"}.get(self._sign, self._sign)
        return f"{', '.join(map(latex, self.of))} {sign} 0"

    @property
    def text(self) -> str:
        """The same for the terminal."""
        return f"{', '.join(map(text, self.of))} {self._sign} 0"


def _sign(e: sp.Expr) -> str:
    """How a number is declared to compare with 0; empty if it may be on either side."""
    signs = {">": e.is_positive, "<": e.is_negative, "≥": e.is_nonnegative, "≤": e.is_nonpositive}
    return next((sign for sign, holds in signs.items() if holds), "")


class Listed:
    """A table whose cells are printed from expressions."""

    def unproved(self, derivation: Any) -> Iterator[str]:
        """What of it is not proved by this derivation."""
        raise NotImplementedError

    @property
    def markdown(self) -> str:
        """For the page."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """For the terminal."""
        raise NotImplementedError


def gradient(left: sp.Expr, form: Array) -> tuple[str, str]:
    """How the gradient whose entry this derivative is is written, in LaTeX and in Unicode."""
    if not isinstance(left, sp.Derivative) or len(left.variables) != 1:
        raise ValueError(f"{left} is no first derivative, so no vector is its gradient")
    by = of_entry(left.variables[0], whole=form.shape[1] != 1)
    if by.shape != form.shape:
        raise ValueError(f"{form.text} is {form.shape}, {by.text} is {by.shape}")
    above = latex(left.expr), text(left.expr)
    if not isinstance(left.expr, Loss):
        raise ValueError(f"{left.expr} has no name")
    return rf"\frac{{\partial {above[0]}}}{{\partial {by.latex}}}", f"∂{above[1]}/∂{by.text}"


def _markdown(formula: Any) -> str:
    return formula.markdown if isinstance(formula, Listed) else f"${_latex(formula)}$"


def _latex(formula: Any) -> str:
    """How a formula is written; an assumption is written as its relation."""
    return getattr(formula, "latex", None) or latex(getattr(formula, "relation", formula))


def _text(formula: Any) -> str:
    return getattr(formula, "text", None) or text(getattr(formula, "relation", formula))
