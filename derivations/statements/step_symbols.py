"""The symbols of t7, and what a step of the naive softmax is assumed to satisfy."""

from typing import Any, ClassVar

import mpmath
import sympy as sp
from sympy import KroneckerDelta as Delta
from sympy import exp

from derivations.engine.assumptions import equal, wherever
from derivations.engine.evaluation import Values
from derivations.engine.notation import (
    Entry,
    U,
    V,
    d,
    direction,
    k,
    number,
    score,
    softmax,
    table,
    total,
    w,
    x,
)
from derivations.statements.convexity import there
from derivations.statements.curvature import M
from derivations.statements.softmax_curvature import mean

tilt = table("tilt", d, latex=r"\vec{e}", meaning="a direction in which the Hessian is measured")
center = table("point", d, latex=r"\vec{a}", meaning="any point that stays while a row moves")
excess = table(
    "excess",
    V,
    latex=r"\Theta",
    meaning=r"by how much the exponential of $\Xi_w$ exceeds its tangent at zero",
    nonnegative=True,
)
farthest = number("farthest", "the largest squared distance from the point", "F", positive=True)
nearer = table("nearer", V, latex=r"\Phi", meaning="by how much a word is nearer", nonnegative=True)
below = table(
    "below",
    V,
    latex=r"\Upsilon",
    meaning="by how much a probability stays below its bound",
    nonnegative=True,
)
shift = number(
    "shift", "how far a score may rise above the mean of all", r"\varsigma", positive=True
)
gap = number("gap", "how much less than that a score rises", r"\vartheta", nonnegative=True)
tangent = number(
    "tangent",
    r"by how much the exponential of $\vartheta$ exceeds its tangent at zero",
    "G",
    nonnegative=True,
)
rise = number("rise", "how far the score of a word moves", "t", nonnegative=True)
lift = number(
    "lift", "by how much the exponential of $t$ exceeds its tangent at zero", "L", nonnegative=True
)
spare = number(
    "spare", "by how much a bound exceeds what a step needs", r"\varpi", nonnegative=True
)
pull = number(
    "pull",
    "the length of the gradient, multiplied by how far a move of length 1 shifts a score",
    r"\Gamma",
    nonnegative=True,
)


class move(Entry):
    """How far the score of a word moves, above the mean: (u_w − μ)ᵀ ξ."""

    symbol, unicode = r"\Xi", "Ξ_{}"
    meaning = r"$\Xi_w$ is how far the score of word $w$ rises above the mean of all"

    def definition(self) -> sp.Expr:
        return total((U[self.args[0], k] - mean(k)) * direction[k], k)


class Moved(Entry):
    """The probability of a word whose own score has moved by t, up or down."""

    sign: ClassVar[int]
    """1 for up, -1 for down"""

    def definition(self) -> sp.Expr:
        (word,) = self.args
        others = total((1 - Delta(x, word)) ** 2 * exp(score(x)), x)
        return exp(score(word) + self.sign * rise) / (others + exp(score(word) + self.sign * rise))


class raised(Moved):
    """Where the score has risen."""

    symbol, unicode, sign = r"\hat{y}^{+}", "ŷ+_{}", 1
    meaning = (
        r"$\hat{y}^{+}_w$ is the probability of word $w$ where its score alone is higher by $t$"
    )


class lowered(Moved):
    """Where the score has fallen."""

    symbol, unicode, sign = r"\hat{y}^{-}", "ŷ−_{}", -1
    meaning = (
        r"$\hat{y}^{-}_w$ is the probability of word $w$ where its score alone is lower by $t$"
    )


def _at_start(values: Values) -> tuple[Any, Any, Any]:
    """ŷ, μ and every Ξ of an instance."""
    weights = [mpmath.exp(z) for z in values["U"] @ values["v_c"]]
    y_hat = [e / sum(weights) for e in weights]
    middle = values["U"].T @ y_hat
    return y_hat, middle, (values["U"] - middle) @ values["direction"]


def _set_excess(values: Values) -> None:
    moves = _at_start(values)[2]
    values["excess"] = values["excess"] * 0 + [mpmath.exp(t) - 1 - t for t in moves]


def _set_shift(values: Values) -> None:
    rises = _at_start(values)[2][values["w"]]
    values["gap"] = max(values["gap"], mpmath.mpf("0.5") - rises)  # a shift is more than 0
    values["shift"] = rises + values["gap"]


def _set_tangent(values: Values) -> None:
    values["tangent"] = mpmath.exp(values["gap"]) - 1 - values["gap"]


def _set_lift(values: Values) -> None:
    values["lift"] = mpmath.exp(values["rise"]) - 1 - values["rise"]


def _set_nearer(values: Values) -> None:
    distances = ((values["U"] - values["point"]) ** 2).sum(axis=1)
    values["farthest"] = max(values["farthest"], *distances)
    values["nearer"] = values["farthest"] - distances


def _set_below(values: Values) -> None:
    y_hat, _, moves = _at_start(values)
    values["shift"] = max(values["shift"], *map(abs, moves))
    after = [a * mpmath.exp(t) for a, t in zip(y_hat, moves, strict=True)]
    after = [a / sum(after) for a in after]
    bound = mpmath.exp(values["shift"])
    values["below"] = values["below"] * 0 + [
        bound * a - b for a, b in zip(y_hat, after, strict=True)
    ]


def _set_pull(values: Values) -> None:
    values["spare"] = min(values["spare"], values["M"])
    values["pull"] = values["shift"] * (values["M"] - values["spare"]) / 2


EXCESS = wherever(excess[w], exp(move(w)) - 1 - move(w), _set_excess)
SHIFT = equal(shift, move(w) + gap, _set_shift)
TANGENT = equal(tangent, exp(gap) - 1 - gap, _set_tangent)
RISE = equal(lift, exp(rise) - 1 - rise, _set_lift)
NEARER = wherever(nearer[w], farthest - total((U[w, k] - center[k]) ** 2, k), _set_nearer)
BELOW = wherever(below[w], exp(shift) * softmax(w) - there(w), _set_below)
PULL = equal(pull, shift * (M - spare) / 2, _set_pull)
