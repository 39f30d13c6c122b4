"""The same gradients from one reused quantity: statement g2."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.notation import (
    Abbreviation,
    Entry,
    K,
    U,
    a,
    d,
    i,
    k,
    negatives,
    o,
    r,
    s,
    sigma,
    total,
    v_c,
)
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, equation, say
from derivations.statements.negative_sampling import DISTINCT, GRADIENTS, LOSS, NOT_O


class chosen(Entry):
    """The word of column a of U_±: o, then the negatives."""

    symbol, meaning = r"\bar{w}", r"$\bar{w}_a$ is the word of column $a$ of $U_\pm$"
    unicode = "w̄[{}]"

    def definition(self) -> sp.Expr:
        column = self.args[0]
        return sp.Piecewise((o, sp.Eq(column, 0)), (negatives[column - 1], True))


class sign(Entry):
    """The sign of column a of U_±: 1, then −1 for every negative."""

    symbol, meaning = r"\epsilon", r"$\epsilon_a$ is the sign of column $a$ of $U_\pm$"
    unicode = "ϵ[{}]"

    def definition(self) -> sp.Expr:
        return 2 * Delta(self.args[0], 0) - 1


class signed(Abbreviation):
    """Row k, column a of U_± = [u_o, −u_{w_1}, …, −u_{w_K}]."""

    nargs = 2
    symbol = r"U_\pm"
    meaning = "the vector of $o$ and, each with its sign changed, those of the negatives"

    def definition(self) -> sp.Expr:
        row, column = self.args
        return sign(column) * U[chosen(column), row]

    def _latex(self, printer: Any) -> str:
        row, column = map(printer._print, self.args)
        return rf"(U_\pm)_{{{row}, {column}}}"

    def _sympystr(self, printer: Any) -> str:
        row, column = map(printer._print, self.args)
        return f"U±[{row}, {column}]"


class reused(Entry):
    """Δ = 1 − σ(U_±ᵀ v_c), the one quantity all gradients are made of."""

    symbol, meaning = r"\Delta", "the one quantity that all gradients of g2 are made of"
    unicode = "Δ[{}]"

    def definition(self) -> sp.Expr:
        return 1 - sigma(total(signed(k, self.args[0]) * v_c[k], k))


FIRST = equation(signed(i, 0), U[o, i])
LATER = equation(signed(i, s + 1), -U[negatives[s], i])
U_SIGNED = arrays.matrix(r"U_\pm", "U±", (d, K + 1), signed)
DELTA = arrays.vector(r"\Delta", "Δ", K + 1, reused)


def _center() -> Claim:
    closed = -total(signed(i, a) * reused(a), a)
    return Claim(
        name="v_c",
        left=Derivative(LOSS, v_c[i]),
        steps=(
            Step(GRADIENTS.closed["v_c"], "statement g1"),
            Step(
                -signed(i, 0) * reused(0) - total(signed(i, s + 1) * reused(s + 1), s),
                say("{}, {}", FIRST, LATER),
            ),
            Step(closed, "one sum over all columns"),
        ),
        wrong={
            "sign": -closed,
            "sign vector lost": -total(U[chosen(a), i] * reused(a), a),
            "missing column of the seen word": -total(signed(i, s + 1) * reused(s + 1), s),
            "not reflected": -total(signed(i, a) * (1 - reused(a)), a),
        },
        axes=(i,),
    )


def _true() -> Claim:
    outer = -v_c[i] * reused(0)
    return Claim(
        name="u_o",
        left=Derivative(LOSS, U[o, i]),
        steps=(
            Step(GRADIENTS.closed["u_o"], "statement g1"),
            Step(outer * sign(0), say("{}", equation(sign(0), 1))),
        ),
        wrong={"sign": -outer, "not reflected": -v_c[i] * (1 - reused(0))},
        axes=(i,),
        given=(NOT_O,),
    )


def _drawn() -> Claim:
    outer = -v_c[i] * reused(r + 1)
    return Claim(
        name="u_negatives",
        left=Derivative(LOSS, U[negatives[r], i]),
        steps=(
            Step(GRADIENTS.closed["u_negatives"], "statement g1"),
            Step(outer * sign(r + 1), say("{}", equation(sign(r + 1), -1))),
        ),
        wrong={
            "sign vector lost": outer,
            "column of the seen word": -v_c[i] * reused(0) * sign(r + 1),
        },
        axes=(r, i),
        given=(NOT_O, DISTINCT),
    )


def _reused() -> Derivation:
    center, true, drawn = _center(), _true(), _drawn()
    return Derivation(
        id="g2",
        heading="negative sampling, one quantity reused",
        functions=("gradients.negative_sampling_rows",),
        statement=say(
            "Let {} have the columns {} and {}, and let {}. Then {}; if {}, {}, and if also {}, "
            "{}: the columns of the outer product, multiplied by their signs.",
            U_SIGNED,
            FIRST,
            LATER,
            Defined(reused(a)),
            Proved(center, -(U_SIGNED @ DELTA)),
            NOT_O,
            Proved(true, -(sign(0) * reused(0)) * arrays.v_c),
            DISTINCT,
            Proved(drawn, -(sign(r + 1) * reused(r + 1)) * arrays.v_c),
        ),
        claims=(center, true, drawn),
        loss=LOSS,
        answer=say(
            "The first column of {} is that of {}, and those of the negatives follow. The signs "
            "enter twice: in {}, where they come for free, and in the outer product, where {} must "
            "put them back, because a negative enters with its sign changed.",
            U_SIGNED,
            o,
            U_SIGNED,
            sign(a),
        ),
        care=say(
            "The sign correction {} of the outer product: without it every negative "
            "is pulled towards the center instead of pushed away.",
            sign(a),
        ),
    )


DERIVATIONS = (_reused(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
