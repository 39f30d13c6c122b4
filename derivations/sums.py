"""What the gradients of the naive softmax sum to: statements s3 and s4, beyond the answers."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative, exp, log

from derivations.algebra import differentiate
from derivations.notation import U, d, i, k, o, one_hot, score, softmax, table, total, v_c, w, x
from derivations.proof import Claim, Derivation, Step
from derivations.softmax import LOSS, SIZES

e, factor = table("e", d), sp.Symbol("lambda", real=True)

OUTSIDE = Derivative(LOSS, U[w, i])
CENTER = Derivative(LOSS, v_c[i])
ERROR = softmax(w) - one_hot(w)
"""ŷ_w − y_w, the slope of the loss by a word's score (s1)."""


def _of_scores(logit: sp.Expr) -> sp.Expr:
    """The loss if this, an expression in x, is the score of word x."""
    return -log(exp(logit.subs(x, o)) / total(exp(logit), x))


def _sum() -> Claim:
    return Claim(
        name="sum",
        label=r"\sum_w \frac{\partial J}{\partial (u_w)_i}",
        left=total(OUTSIDE, w),
        steps=(
            Step(total(ERROR * v_c[i], w), "statement c"),
            Step((total(softmax(w), w) - 1) * v_c[i], "one entry of y is 1, the others are 0"),
            Step(sp.S.Zero, "probabilities add up to 1"),
        ),
        wrong={
            "not normalised": (total(exp(score(w)), w) - 1) * v_c[i],
            "y forgotten": v_c[i],
            "1 taken from every word": total((softmax(w) - 1) * v_c[i], w),
        },
        axes=(i,),
        vanishes=True,
        concrete=differentiate,
    )


def _shift() -> Claim:
    moved = total((U[x, k] + e[k]) * v_c[k], k)
    common = total(e[k] * v_c[k], k)
    return Claim(
        name="shift",
        label=r"J(v_c, u_1 + e, \dots, u_V + e) - J(v_c, u_1, \dots, u_V)",
        left=_of_scores(moved) - LOSS,
        steps=(
            Step(_of_scores(score(x) + common) - LOSS, "every score moves by eᵀv_c"),
            Step(sp.S.Zero, "a factor of all exponentials cancels"),
        ),
        wrong={
            "the score of o alone": -common,
            "not normalised": common,
        },
        vanishes=True,
    )


def _no_sum() -> Derivation:
    return Derivation(
        id="s3",
        heading="the outside gradients add up to zero",
        title="Σ_w ∂J_naive/∂u_w = 0",
        statement=r"$\sum_w \dfrac{\partial J}{\partial u_w} = 0$.",
        sizes=SIZES,
        claims=(_sum(), _shift()),
        loss=LOSS,
        answer=(
            "The second chain says why: the same vector $e$ added to all outside vectors changes "
            "no probability, so the loss has no slope that way. A step of plain gradient descent "
            "therefore leaves the mean of the outside vectors where it was. The sum tells a "
            "gradient of the softmax from one that was not normalised."
        ),
    )


def _products() -> Claim:
    return Claim(
        name="products",
        label=r"\sum_w \sum_i (u_w)_i \frac{\partial J}{\partial (u_w)_i}",
        left=total(U[w, i] * OUTSIDE, i, w),
        steps=(
            Step(total(U[w, i] * ERROR * v_c[i], i, w), "statement c"),
            Step(total(v_c[i] * total(ERROR * U[w, i], w), i), "the sums exchanged"),
            Step(total(v_c[i] * CENTER, i), "statement b1"),
        ),
        wrong={
            "sign": -total(v_c[i] * CENTER, i),
            "the word o alone": total(U[o, i] * Derivative(LOSS, U[o, i]), i),
            "zero": sp.S.Zero,
            "y forgotten": total(v_c[i] * total(softmax(w) * U[w, i], w), i),
            "the lengths of the gradients": total(CENTER**2, i),
        },
        concrete=differentiate,
    )


def _scaling() -> Claim:
    table_scaled = total(factor * U[x, k] * v_c[k], k)
    center_scaled = total(U[x, k] * (factor * v_c[k]), k)
    return Claim(
        name="scaling",
        label=r"J(v_c, \lambda U) - J(\lambda v_c, U)",
        left=_of_scores(table_scaled) - _of_scores(center_scaled),
        steps=(Step(sp.S.Zero, "either way every score is multiplied by λ"),),
        wrong={
            "only one of them": _of_scores(table_scaled) - LOSS,
            "both": _of_scores(factor * table_scaled) - LOSS,
        },
        vanishes=True,
    )


def _equal_products() -> Derivation:
    return Derivation(
        id="s4",
        heading="outside and center gradients against their vectors",
        title="Σ_w u_w·∂J_naive/∂u_w = v_c·∂J_naive/∂v_c",
        statement=(
            r"$\sum_w u_w^\top \dfrac{\partial J}{\partial u_w} = "
            r"v_c^\top \dfrac{\partial J}{\partial v_c}$."
        ),
        sizes=SIZES,
        claims=(_products(), _scaling()),
        loss=LOSS,
        answer=(
            r"The second chain says why: longer outside vectors or a longer $v_c$ are the same to "
            r"the scores, so the loss has the same slope by either length."
        ),
    )


DERIVATIONS = (_no_sum(), _equal_products())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
