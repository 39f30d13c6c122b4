"""The naive softmax as a function of its scores: statements s1 and s2, beyond the answers."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative, exp, log
from sympy import KroneckerDelta as Delta

from derivations.assumptions import wherever
from derivations.evaluation import Values
from derivations.notation import (
    Abbreviation,
    V,
    index,
    o,
    one_hot,
    score,
    softmax,
    table,
    total,
    w,
    words,
    x,
)
from derivations.proof import Claim, Derivation, Step

SIZES = "every V ≥ 1"

z, other = table("scores", V, latex="z"), index("wsecond", words)
PARTITION = total(exp(z[other]), other)


class predicted(Abbreviation):
    """The softmax of any scores, ŷ_w = exp(z_w) / Σ_w exp(z_w)."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return exp(z[self.args[0]]) / PARTITION

    def _latex(self, printer: Any, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\hat{{y}}_{{{printer._print(self.args[0])}}}{power}"

    def _sympystr(self, printer: Any) -> str:
        return f"ŷ_{printer._print(self.args[0])}"


LOSS = -log(predicted(o))


def _set_scores(values: Values) -> None:
    values["scores"] = values["U"] @ values["v_c"]


PRODUCTS = wherever("z_w = u_wᵀ v_c", z[w], score(w), _set_scores)


def _slope() -> Claim:
    closed = predicted(w) - one_hot(w)
    squared_error = total(2 * (predicted(x) - one_hot(x)) * predicted(x) * Delta(w, x), x)
    squared_error -= total(2 * (predicted(x) - one_hot(x)) * predicted(x) * predicted(w), x)
    return Claim(
        name="z_w",
        label=r"\frac{\partial J}{\partial z_w}",
        left=Derivative(LOSS, z[w]),
        steps=(
            Step(
                -Derivative(z[o], z[w]) + Derivative(PARTITION, z[w]) / PARTITION,
                "log of a quotient, derivative of a log",
            ),
            Step(
                -Delta(o, w) + total(exp(z[other]) * Delta(other, w), other) / PARTITION,
                "each score moves alone",
            ),
            Step(-Delta(o, w) + exp(z[w]) / PARTITION, "only one term of the sum is left"),
            Step(closed, "recognise the softmax and the one-hot vector"),
        ),
        wrong={
            "sign": -closed,
            "y forgotten": predicted(w),
            "1 taken from every word": predicted(w) - 1,
            "only the word o": (predicted(w) - 1) * one_hot(w),
            "not normalised": exp(z[w]) - one_hot(w),
            "partition function constant": -one_hot(w),
            "divided by V": closed / V,
            "a logarithm to base 2": closed / log(2),
            "the slope of a squared error": squared_error,
        },
        axes=(w,),
    )


def _of_products() -> Claim:
    return Claim(
        name="ŷ",
        label=r"\hat{y}_w",
        left=predicted(w),
        steps=(
            Step(exp(score(w)) / total(exp(score(x)), x), "put in the scores"),
            Step(softmax(w), "the softmax of Uᵀ v_c"),
        ),
        wrong={"not normalised": exp(score(w)), "the mean of all": sp.S.One / V},
        axes=(w,),
        given=(PRODUCTS,),
    )


def _by_scores() -> Derivation:
    return Derivation(
        id="s1",
        heading="naive softmax, by its scores",
        title="∂J_naive/∂z_w = ŷ_w − y_w",
        statement=(
            r"As a function of the scores $z_w$, $J = -\log \hat{y}_o$ with $\hat{y}_w = "
            r"\exp(z_w) / \sum_{w} \exp(z_{w})$ has "
            r"$\dfrac{\partial J}{\partial z_w} = \hat{y}_w - y_w$."
        ),
        sizes=SIZES,
        claims=(_slope(), _of_products()),
        loss=LOSS,
        answer=(
            r"With $z_w = u_w^\top v_c$ this $\hat{y}$ is that of b and c, which are this one "
            r"slope times that of the score: $u_w$ and $v_c$."
        ),
    )


def _jacobian() -> Claim:
    closed = predicted(w) * (Delta(w, x) - predicted(x))
    return Claim(
        name="ŷ_w",
        label=r"\frac{\partial \hat{y}_w}{\partial z_x}",
        left=Derivative(predicted(w), z[x]),
        steps=(
            Step(
                Derivative(exp(z[w]), z[x]) / PARTITION
                - exp(z[w]) * Derivative(PARTITION, z[x]) / PARTITION**2,
                "derivative of a quotient",
            ),
            Step(
                exp(z[w]) * Delta(w, x) / PARTITION - exp(z[w]) * exp(z[x]) / PARTITION**2,
                "each score moves alone",
            ),
            Step(closed, "recognise the softmax"),
        ),
        wrong={
            "sign": -closed,
            "the diagonal alone": closed * Delta(w, x),
            "the diagonal everywhere": predicted(w) * (1 - predicted(w)),
            "partition function constant": predicted(w) * Delta(w, x),
            "no own probability": Delta(w, x) - predicted(x),
            "no one on the diagonal": -predicted(w) * predicted(x),
        },
        axes=(w, x),
    )


def _symmetric() -> Claim:
    one, two = Derivative(predicted(w), z[x]), Derivative(predicted(x), z[w])
    return Claim(
        name="symmetric",
        label=r"\frac{\partial \hat{y}_w}{\partial z_x} - \frac{\partial \hat{y}_x}{\partial z_w}",
        left=one - two,
        steps=(
            Step(
                predicted(w) * (Delta(w, x) - predicted(x))
                - predicted(x) * (Delta(x, w) - predicted(w)),
                "the chain above, twice",
            ),
            Step(sp.S.Zero, "the same words in another order"),
        ),
        wrong={"twice": 2 * predicted(w) * (Delta(w, x) - predicted(x))},
        vanishes=True,
    )


def _rows() -> Claim:
    closed = total(predicted(w) * (Delta(w, x) - predicted(x)), x)
    return Claim(
        name="rows",
        label=r"\sum_x \hat{y}_w (\delta_{w, x} - \hat{y}_x)",
        origin="",
        left=closed,
        steps=(
            Step(predicted(w) - predicted(w) * total(predicted(x), x), "only one delta is 1"),
            Step(sp.S.Zero, "probabilities add up to 1"),
        ),
        wrong={"the diagonal alone": predicted(w) * (1 - predicted(w)), "own": predicted(w)},
        axes=(w,),
        vanishes=True,
    )


def _softmax() -> Derivation:
    return Derivation(
        id="s2",
        heading="the softmax's Jacobian",
        title="∂ŷ_w/∂z_x = ŷ_w (δ_wx − ŷ_x)",
        statement=(
            r"$\dfrac{\partial \hat{y}_w}{\partial z_x} = \hat{y}_w (\delta_{w, x} - \hat{y}_x)$: "
            r"$\hat{y}_w (1 - \hat{y}_w)$ on the diagonal, $-\hat{y}_w \hat{y}_x$ beside it."
        ),
        sizes=SIZES,
        claims=(_jacobian(), _symmetric(), _rows()),
        loss=predicted(w),
        answer=(
            "The matrix is symmetric, and its rows sum to 0: the same number added to all scores "
            "changes no probability."
        ),
    )


DERIVATIONS = (_by_scores(), _softmax())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
