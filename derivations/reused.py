"""The same gradients from one reused quantity: statement g2."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations.negative_sampling import DISTINCT, GRADIENTS, LOSS, NOT_O, SIZES
from derivations.notation import (
    Abbreviation,
    U,
    a,
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
from derivations.proof import Claim, Derivation, Step


class chosen(Abbreviation):
    """The word of column a of U_±: o, then the negatives."""

    nargs = 1

    def definition(self) -> sp.Expr:
        column = self.args[0]
        return sp.Piecewise((o, sp.Eq(column, 0)), (negatives[column - 1], True))


class sign(Abbreviation):
    """The sign of column a of U_±: 1, then −1 for every negative."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return 2 * Delta(self.args[0], 0) - 1

    def _latex(self, printer: Any) -> str:
        return rf"\epsilon_{{{printer._print(self.args[0])}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"ε[{printer._print(self.args[0])}]"


class signed(Abbreviation):
    """Row k, column a of U_± = [u_o, −u_{w_1}, …, −u_{w_K}]."""

    nargs = 2

    def definition(self) -> sp.Expr:
        row, column = self.args
        return sign(column) * U[chosen(column), row]

    def _latex(self, printer: Any) -> str:
        row, column = map(printer._print, self.args)
        return rf"(U_\pm)_{{{row}, {column}}}"

    def _sympystr(self, printer: Any) -> str:
        row, column = map(printer._print, self.args)
        return f"U±[{row}, {column}]"


class reused(Abbreviation):
    """δ = 1 − σ(U_±ᵀ v_c), the one quantity all gradients are made of."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return 1 - sigma(total(signed(k, self.args[0]) * v_c[k], k))

    def _latex(self, printer: Any) -> str:
        return rf"\Delta_{{{printer._print(self.args[0])}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"Δ[{printer._print(self.args[0])}]"


def _reused() -> Derivation:
    closed = -total(signed(i, a) * reused(a), a)
    center = Claim(
        name="v_c",
        label=r"\frac{\partial J}{\partial (v_c)_i}",
        left=Derivative(LOSS, v_c[i]),
        steps=(
            Step(GRADIENTS.closed["v_c"], "statement g1"),
            Step(
                -signed(i, 0) * reused(0) - total(signed(i, s + 1) * reused(s + 1), s),
                "column 0 of U± is u_o, column s + 1 is −u of negative s, sign included",
            ),
            Step(closed, "one sum over all columns"),
        ),
        wrong={
            "sign": -closed,
            "sign vector lost": -total(U[chosen(a), i] * reused(a), a),
            "missing column o": -total(signed(i, s + 1) * reused(s + 1), s),
            "not reflected": -total(signed(i, a) * (1 - reused(a)), a),
        },
        axes=(i,),
    )
    outer = -v_c[i] * reused(0)
    true = Claim(
        name="u_o",
        label=r"\frac{\partial J}{\partial (u_o)_i}",
        left=Derivative(LOSS, U[o, i]),
        steps=(
            Step(GRADIENTS.closed["u_o"], "statement g1"),
            Step(outer * sign(0), "column 0 of the outer product −v_c Δᵀ, times its sign 1"),
        ),
        wrong={"sign": -outer, "not reflected": -v_c[i] * (1 - reused(0))},
        axes=(i,),
        given=(NOT_O,),
    )
    outer = -v_c[i] * reused(r + 1)
    drawn = Claim(
        name="u_negatives",
        label=r"\frac{\partial J}{\partial (u_{w_r})_i}",
        left=Derivative(LOSS, U[negatives[r], i]),
        steps=(
            Step(GRADIENTS.closed["u_negatives"], "statement g1"),
            Step(
                outer * sign(r + 1),
                "column r + 1 of the outer product −v_c Δᵀ, times its sign −1",
            ),
        ),
        wrong={"sign vector lost": outer, "column of o": -v_c[i] * reused(0) * sign(r + 1)},
        axes=(r, i),
        given=(NOT_O, DISTINCT),
    )
    return Derivation(
        id="g2",
        heading="negative sampling, one quantity reused",
        title="the same from U± = [u_o, −u_{w_1}, …] and Δ = 1 − σ(U±ᵀ v_c), signs included",
        statement=(
            r"With $U_\pm = [u_o, -u_{w_1}, \dots, -u_{w_K}] \in \mathbb{R}^{d \times (K+1)}$ and "
            r"the one reused quantity $\Delta = 1 - \sigma(U_\pm^\top v_c)$: "
            r"$\dfrac{\partial J}{\partial v_c} = -U_\pm \Delta$, and the columns of "
            r"$-v_c \Delta^\top$, multiplied by the signs $\epsilon = [1, -1, \dots, -1]$, are the "
            r"gradients of $u_o, u_{w_1}, \dots, u_{w_K}$."
        ),
        sizes=SIZES,
        claims=(center, true, drawn),
        loss=LOSS,
        answer=(
            r"Column 0 of $U_\pm$ is that of $o$, column $s + 1$ that of negative $s$ (counted "
            "from 0, as in code). The signs enter twice: in $U_\\pm$, where they come for free, "
            r"and in the outer product, where $\epsilon$ must put them back because "
            r"$u_{w_s}$ is minus a column of $U_\pm$."
        ),
        care=(
            r"The sign correction $\epsilon$ of the outer product: without it every negative "
            "is pulled towards the center instead of pushed away."
        ),
    )


DERIVATIONS = (_reused(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
