"""What the gradients of the naive softmax add up to: statements s3 and s4, beyond the answers."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, exp, log

from derivations.engine import arrays
from derivations.engine.notation import (
    Loss,
    U,
    d,
    i,
    k,
    number,
    o,
    one_hot,
    score,
    softmax,
    total,
    v_c,
    w,
    x,
)
from derivations.engine.notation import direction as e
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Proved, equation, say
from derivations.statements.softmax import LOSS

factor = number("lambda", "a number by which vectors are multiplied", r"\lambda", real=True)

OUTSIDE = Derivative(LOSS, U[w, i])
CENTER = Derivative(LOSS, v_c[i])
ERROR = softmax(w) - one_hot(w)
"""ŷ_w − y_w, the slope of the loss by a word's score (s1)."""


def _of_scores(logit: sp.Expr) -> sp.Expr:
    """The loss if this, an expression in x, is the score of word x."""
    return -log(exp(logit.subs(x, o)) / total(exp(logit), x))


class shifted(Loss):
    """The loss with the same vector added to every outside vector."""

    symbol, name = r"J_{\mathrm{shifted}}", "J_shifted"
    meaning = r"the naive-softmax loss with $\xi$ added to every outside vector"

    def definition(self) -> sp.Expr:
        return _of_scores(total((U[x, k] + e[k]) * v_c[k], k))


class longer_outside(Loss):
    """The loss with every outside vector multiplied by λ."""

    symbol, name = r"J_{\lambda U}", "J_λU"
    meaning = r"the naive-softmax loss with every outside vector multiplied by $\lambda$"

    def definition(self) -> sp.Expr:
        return _of_scores(total(factor * U[x, k] * v_c[k], k))


class longer_center(Loss):
    """The loss with the center's vector multiplied by λ."""

    symbol, name = r"J_{\lambda v_c}", "J_λv_c"
    meaning = r"the naive-softmax loss with $v_c$ multiplied by $\lambda$"

    def definition(self) -> sp.Expr:
        return _of_scores(total(U[x, k] * (factor * v_c[k]), k))


def _sum() -> Claim:
    return Claim(
        name="sum",
        left=total(OUTSIDE, w),
        steps=(
            Step(total(ERROR * v_c[i], w), "statement c"),
            Step(
                (total(softmax(w), w) - 1) * v_c[i],
                say("{}", equation(total(one_hot(w), w), 1)),
            ),
            Step(sp.S.Zero, "probabilities add up to one"),
        ),
        wrong={
            "not normalised": (total(exp(score(w)), w) - 1) * v_c[i],
            "the truth forgotten": v_c[i],
            "one taken from every word": total((softmax(w) - 1) * v_c[i], w),
        },
        axes=(i,),
        vanishes=True,
    )


def _shift() -> Claim:
    common = total(e[k] * v_c[k], k)
    return Claim(
        name="shift",
        left=shifted() - LOSS,
        steps=(
            Step(_of_scores(score(x) + common) - LOSS, "every score moves by the same number"),
            Step(sp.S.Zero, "a factor of all exponentials cancels"),
        ),
        wrong={"the score of the seen word alone": -common, "not normalised": common},
        vanishes=True,
    )


def _no_sum() -> Derivation:
    added, shift = _sum(), _shift()
    return Derivation(
        id="s3",
        heading="the outside gradients add up to zero",
        statement=say("{}", Proved(added)),
        claims=(added, shift),
        loss=(LOSS, shifted()),
        answer=say(
            "The second chain says why: a vector {} that is added to all outside vectors changes "
            "no probability, so the loss has no slope that way. A step of plain gradient descent "
            "therefore leaves the mean of the outside vectors where it was. The sum tells a "
            "gradient of the softmax from one that was not normalised.",
            arrays.vector(r"\xi", "ξ", d, lambda i: e[i]),
        ),
    )


def _products() -> Claim:
    return Claim(
        name="products",
        left=total(U[w, i] * OUTSIDE, i, w),
        steps=(
            Step(total(U[w, i] * ERROR * v_c[i], i, w), "statement c"),
            Step(total(v_c[i] * total(ERROR * U[w, i], w), i), "the sums exchanged"),
            Step(total(v_c[i] * CENTER, i), "statement b1"),
        ),
        wrong={
            "sign": -total(v_c[i] * CENTER, i),
            "the seen word alone": total(U[o, i] * Derivative(LOSS, U[o, i]), i),
            "zero": sp.S.Zero,
            "the truth forgotten": total(v_c[i] * total(softmax(w) * U[w, i], w), i),
            "the lengths of the gradients": total(CENTER**2, i),
        },
    )


def _scaling() -> Claim:
    return Claim(
        name="scaling",
        left=longer_outside(),
        steps=(
            Step(_of_scores(factor * score(x)), "the factor leaves every score"),
            Step(longer_center(), "and enters it again at the other vector"),
        ),
        wrong={
            "only one of them": LOSS,
            "both": _of_scores(factor**2 * score(x)),
            "the loss is multiplied": factor * LOSS,
        },
    )


def _equal_products() -> Derivation:
    products, scaling = _products(), _scaling()
    return Derivation(
        id="s4",
        heading="outside and center gradients against their vectors",
        statement=say("{}", Proved(products)),
        claims=(products, scaling),
        loss=(LOSS, longer_outside(), longer_center()),
        answer=say(
            "The second chain says why: longer outside vectors or a longer {} are the same to the "
            "scores, so the loss has the same slope by either length.",
            arrays.v_c,
        ),
    )


DERIVATIONS = (_no_sum(), _equal_products())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
