"""Why a step goes against the gradient: statement b3."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mpmath
import sympy as sp
from sympy import Derivative, sqrt

from derivations.assumptions import equal, wherever
from derivations.evaluation import Values
from derivations.notation import U, d, i, k, l, o, one_hot, softmax, table, total, unfold, v_c, w
from derivations.proof import Assumption, Claim, Derivation, Step
from derivations.softmax import LOSS, SIZES

e, g = table("e", d), table("g", d)
eta = sp.Symbol("eta", real=True)


def _moved(direction: sp.IndexedBase) -> sp.Expr:
    """J(v_c + η e), e given by its entries."""
    return unfold(LOSS).replace(
        lambda f: isinstance(f, sp.Indexed) and f.base == v_c,
        lambda f: f + eta * direction[f.indices[0]],
    )


def _set_zero(values: Values) -> bool:
    values["eta"] = mpmath.mpf(0)
    return True


def _unit_length(values: Values) -> None:
    if "e" in values:
        values["e"] = values["e"] / mpmath.sqrt(sum(values["e"] ** 2))


START = Assumption(sp.Eq(eta, 0), (), _set_zero)
UNIT = equal(total(e[k] ** 2, k), sp.S.One, _unit_length)


def _downhill(values: Values) -> None:
    """e = −∂J/∂v_c, from statement b1."""
    scores = values["U"] @ values["v_c"]
    weights = [mpmath.exp(z) for z in scores]
    error = [weight / sum(weights) - (row == values["o"]) for row, weight in enumerate(weights)]
    values["e"] = -(values["U"].T @ error)


DOWNHILL = wherever(e[i], -total((softmax(w) - one_hot(w)) * U[w, i], w), _downhill)


def _directional() -> Claim:
    closed = total(total((softmax(w) - one_hot(w)) * U[w, i], w) * e[i], i)
    return Claim(
        name="along e",
        label=r"\frac{d}{d\eta} J(v_c + \eta e)\Big|_{\eta = 0}",
        left=Derivative(_moved(e), eta),
        steps=(
            Step(
                -total(U[o, k] * e[k], k) + total(softmax(w) * total(U[w, k] * e[k], k), w),
                "chain rule: every score moves by the product of its vector with e",
            ),
            Step(closed, "the product of the gradient g of statement b1 with e"),
        ),
        wrong={
            "sign": -closed,
            "missing term u_o": total(softmax(w) * total(U[w, k] * e[k], k), w),
        },
        given=(START,),
    )


def _cauchy_schwarz() -> Claim:
    square, product = total(g[i] ** 2, i), total(g[i] * e[i], i)
    area = total((g[i] * e[l] - g[l] * e[i]) ** 2, l, i) / 2
    return Claim(
        name="Cauchy–Schwarz",
        label=r"\|g\|^2 - (g^\top e)^2",
        left=square - product**2,
        steps=(
            Step(square * total(e[i] ** 2, i) - product**2, "‖e‖ = 1"),
            Step(area, "Lagrange's identity: a sum of squares"),
        ),
        wrong={"sign": -area, "counted twice": 2 * area},
        given=(UNIT,),
        nonnegative=True,
        too_strong={"half the length": square / 4 - product**2},
    )


def _attained() -> tuple[Claim, Claim]:
    length = sqrt(total(g[k] ** 2, k))
    return (
        Claim(
            name="attained",
            label=r"g^\top \left(-\frac{g}{\|g\|}\right)",
            left=total(g[i] * (-g[i] / length), i),
            steps=(
                Step(-total(g[i] ** 2, i) / length, "the length leaves the sum"),
                Step(-length, "a square over its root"),
            ),
            wrong={"sign": length, "not normalised": -(length**2)},
        ),
        Claim(
            name="unit length",
            label=r"\left\|-\frac{g}{\|g\|}\right\|^2",
            left=total((-g[i] / length) ** 2, i),
            steps=(Step(sp.S.One, "the squared length leaves the sum"),),
            wrong={"not normalised": length**2},
        ),
    )


def _decrease() -> Claim:
    gradient = total((softmax(w) - one_hot(w)) * U[w, i], w)
    return Claim(
        name="decrease",
        label=r"\frac{d}{d\eta} J(v_c - \eta g)\Big|_{\eta = 0}",
        left=Derivative(_moved(e), eta),
        steps=(
            Step(total(gradient * e[i], i), "the derivative along e"),
            Step(-total(gradient**2, i), "e = −g"),
        ),
        wrong={"sign": total(gradient**2, i), "not squared": -total(gradient, i)},
        given=(START, DOWNHILL),
    )


def _steepest() -> Derivation:
    return Derivation(
        id="b3",
        heading="why to step against it",
        title="among unit directions −g/‖g‖ descends steepest; first-order decrease −η‖g‖²",
        statement=(
            r"Among unit directions $e$, $-g/\|g\|$ with $g = \partial J/\partial v_c \ne 0$ "
            r"minimises the directional derivative; a step $-\eta g$ changes $J$ by "
            r"$-\eta \|g\|^2$ to first order."
        ),
        sizes=SIZES,
        claims=(_directional(), _cauchy_schwarz(), *_attained(), _decrease()),
        loss=LOSS,
        lemmas=("a real number whose square is at most $\\|g\\|^2$ lies in $[-\\|g\\|, \\|g\\|]$",),
        answer=(
            r"Along a unit direction the loss changes at the rate $g^\top e$. The second chain "
            r"bounds its square by $\|g\|^2$, so no direction falls faster than $-\|g\|$; the "
            r"third and fourth show a unit direction that reaches it. Subtracting a multiple of "
            "the gradient therefore moves $v_c$ towards the seen outside vector and away from "
            "the expected one, in the direction in which the loss falls fastest, for steps so "
            "small that the first order decides."
        ),
        care=(
            "The comparison with every other unit direction, without which a step descends but "
            "is not shown to be the *steepest*; and that this holds to first order only."
        ),
    )


DERIVATIONS = (_steepest(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
