"""Why a step goes against the gradient: statement b3."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from typing import ClassVar

import mpmath
import sympy as sp
from sympy import Derivative

from derivations.engine import arrays
from derivations.engine.assumptions import equal, positive, wherever
from derivations.engine.evaluation import Values
from derivations.engine.notation import (
    Loss,
    U,
    d,
    direction,
    dot,
    eta,
    i,
    k,
    l,
    norm,
    o,
    one_hot,
    softmax,
    table,
    total,
    unfold,
    v_c,
    w,
)
from derivations.engine.proof import Assumption, Claim, Derivation, Step
from derivations.engine.prose import Proved, equation, say
from derivations.statements.softmax import LOSS

g = table("g", d, meaning="the gradient; any vector, where no more is assumed of it")
XI = arrays.vector(r"\xi", "ξ", d, lambda i: direction[i])
MOVED = arrays.v_c + eta * XI


class moved(Loss):
    """The naive-softmax loss at a center vector that has moved along a direction."""

    symbol: ClassVar[str] = rf"{LOSS.symbol}({MOVED.latex})"
    meaning = "the naive-softmax loss where the center's vector has moved"
    name = f"{LOSS.name}({MOVED.text})"

    def definition(self) -> sp.Expr:
        return unfold(LOSS).replace(
            lambda e: isinstance(e, sp.Indexed) and e.base == v_c,
            lambda e: MOVED.entry(e.indices[0], sp.S.Zero),
        )


LOSS_MOVED = moved()
GRADIENT = total((softmax(w) - one_hot(w)) * U[w, i], w)


def _set_zero(values: Values) -> bool:
    values["eta"] = mpmath.mpf(0)
    return True


def _unit_length(values: Values) -> None:
    if "direction" in values:
        values["direction"] = values["direction"] / mpmath.sqrt(sum(values["direction"] ** 2))


def _set_gradient(values: Values) -> None:
    """Statement b1."""
    scores = values["U"] @ values["v_c"]
    weights = [mpmath.exp(z) for z in scores]
    error = [weight / sum(weights) - (row == values["o"]) for row, weight in enumerate(weights)]
    values["g"] = values["U"].T @ error


def _downhill(values: Values) -> None:
    _set_gradient(values)
    values["direction"] = -values["g"]


START = Assumption(sp.Eq(eta, 0), (), _set_zero)
UNIT = equal(total(direction[k] ** 2, k), sp.S.One, _unit_length)
IS_GRADIENT = wherever(g[i], GRADIENT, _set_gradient)
DOWNHILL = wherever(direction[i], -GRADIENT, _downhill)
NOT_ZERO = positive(total(g[k] ** 2, k))


def _directional() -> Claim:
    closed = dot(g, direction)
    along = total(total((softmax(w) - one_hot(w)) * U[w, i], w) * direction[i], i)
    expected = total(softmax(w) * total(U[w, k] * direction[k], k), w)
    return Claim(
        name="along a direction",
        left=Derivative(LOSS_MOVED, eta),
        steps=(
            Step(
                -total(U[o, k] * direction[k], k) + expected,
                say("every score moves by the product of its vector with {}", XI),
            ),
            Step(along, say("{}", equation(U[o, i], total(one_hot(w) * U[w, i], w)))),
            Step(closed, say("{}", IS_GRADIENT)),
        ),
        wrong={"sign": -closed, "the vector of the seen word forgotten": expected},
        given=(START, IS_GRADIENT),
    )


def _cauchy_schwarz() -> Claim:
    square, product = norm(g) ** 2, dot(g, direction)
    area = total((g[i] * direction[l] - g[l] * direction[i]) ** 2, l, i) / 2
    return Claim(
        name="no unit direction is steeper",
        left=square - product**2,
        steps=(
            Step(square * norm(direction) ** 2 - product**2, say("{}", UNIT)),
            Step(area, "Lagrange's identity: a sum of squares"),
        ),
        wrong={"sign": -area, "counted twice": 2 * area},
        given=(UNIT,),
        lemma=True,
        nonnegative=True,
        too_strong={"half the length": square / 4 - product**2},
    )


def _attained() -> tuple[Claim, Claim]:
    return (
        Claim(
            name="attained",
            left=total(g[i] * (-g[i] / norm(g)), i),
            steps=(
                Step(-total(g[i] ** 2, i) / norm(g), "the length leaves the sum"),
                Step(-norm(g), "a square over its root"),
            ),
            wrong={"sign": norm(g), "not normalised": -(norm(g) ** 2)},
            given=(NOT_ZERO,),
            lemma=True,
        ),
        Claim(
            name="unit length",
            left=total((-g[i] / norm(g)) ** 2, i),
            steps=(Step(sp.S.One, "the square of the length leaves the sum"),),
            wrong={"not normalised": norm(g) ** 2},
            given=(NOT_ZERO,),
            lemma=True,
        ),
    )


def _decrease() -> Claim:
    return Claim(
        name="decrease",
        left=Derivative(LOSS_MOVED, eta),
        steps=(
            Step(total(GRADIENT * direction[i], i), "the derivative along a direction"),
            Step(-total(GRADIENT**2, i), say("{}", DOWNHILL)),
            Step(-(norm(g) ** 2), say("{}", IS_GRADIENT)),
        ),
        wrong={"sign": norm(g) ** 2, "not a square": -norm(g), "a sum": -total(GRADIENT, i)},
        given=(START, DOWNHILL, IS_GRADIENT),
    )


def _steepest() -> Derivation:
    along, bound, (attained, unit), decrease = (
        _directional(),
        _cauchy_schwarz(),
        _attained(),
        _decrease(),
    )
    steepest = sp.Le(dot(g, direction) ** 2, norm(g) ** 2, evaluate=False)
    return Derivation(
        id="b3",
        heading="why to step against it",
        statement=say(
            "Let {}. Along a direction the loss changes, at {}, at the rate {}. If {}, {}: no unit "
            "direction descends faster than the length of {}. If {}, the direction against {} "
            "does, since {} and {}. For {}, {}.",
            IS_GRADIENT,
            START,
            Proved(along),
            UNIT,
            Proved(bound, steepest),
            g,
            NOT_ZERO,
            g,
            Proved(unit),
            Proved(attained),
            DOWNHILL,
            Proved(decrease),
        ),
        claims=(along, bound, attained, unit, decrease),
        loss=(LOSS, LOSS_MOVED),
        lemmas=("a number is no further from zero than the root of any bound of its square",),
        answer=say(
            "The third and fourth chain show a unit direction that descends as fast as the second "
            "allows. Subtracting a multiple of the gradient therefore moves {} towards the seen "
            "outside vector and away from the expected one, in the direction in which the loss "
            "falls fastest, for steps so small that the first order decides.",
            arrays.v_c,
        ),
        care=(
            "The comparison with every other unit direction, without which a step descends but "
            "is not shown to be the steepest; and that this holds to first order only."
        ),
    )


DERIVATIONS = (_steepest(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
