"""That the naive softmax is convex in v_c: statement s5, beyond the answers; it completes b2."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, exp, log

from derivations.engine import arrays
from derivations.engine.evaluation import Values
from derivations.engine.notation import (
    Entry,
    Loss,
    RowProduct,
    U,
    d,
    i,
    k,
    l,
    o,
    score,
    softmax,
    total,
    v_c,
    w,
    x,
)
from derivations.engine.notation import direction as e
from derivations.engine.proof import Assumption, Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, say
from derivations.statements.softmax import LOSS


class along(RowProduct):
    """u_wᵀ ξ, by how much the score of a word moves."""

    factors, unicode = ("u", r"\xi"), "u_{}ᵀξ"

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * e[k], k)


class score_there(RowProduct):
    """The score of a word at v_c + ξ."""

    factors, unicode = ("u", r"(v_c + \xi)"), "u_{}ᵀ(v_c + ξ)"

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * (v_c[k] + e[k]), k)


class there(Entry):
    """The predicted probability of a word at v_c + ξ."""

    symbol, unicode = r"\hat{y}^{\xi}", "ŷξ_{}"
    meaning = r"$\hat{y}^{\xi}_w$ is the probability of word $w$ at $v_c + \xi$"

    def definition(self) -> sp.Expr:
        return exp(score_there(self.args[0])) / total(exp(score_there(x)), x)


class naive_there(Loss):
    """The naive-softmax loss at v_c + ξ."""

    symbol, name = r"J_{\mathrm{naive}}(v_c + \xi)", "J_naive(v_c + ξ)"
    meaning = r"the naive-softmax loss at $v_c + \xi$"

    def definition(self) -> sp.Expr:
        return -log(there(o))


MOVED = naive_there()
XI = arrays.vector(r"\xi", "ξ", d, lambda i: e[i])
SLOPE = total(softmax(w) * along(w), w) - along(o)
RATIO = there(w) / softmax(w)
DISTANCE = total(softmax(w) * (RATIO - 1 - log(RATIO)), w)
"""The divergence of the two predictions; a term is ≥ 0, since log r ≤ r − 1."""


def _no_gradient(values: Values) -> None:
    """v_c = 0 makes all words equally likely; u_o becomes the mean of the others, and so of all."""
    rows, o = values["U"].copy(), values["o"]
    others = [row for row in range(len(rows)) if row != o]
    if others:
        rows[o] = rows[others].sum(axis=0) / len(others)
    values["U"], values["v_c"] = rows, values["v_c"] * 0


STATIONARY = Assumption(
    sp.Eq(U[o, i], total(softmax(w) * U[w, i], w)), for_every=(i,), impose=_no_gradient
)


def _squares() -> Claim:
    mean = [total(softmax(x) * U[x, at], x) for at in (i, l)]
    covariance = total(softmax(w) * U[w, i] * U[w, l], w) - mean[0] * mean[1]
    expected = total(softmax(w) * along(w), w)
    variance = total(softmax(w) * along(w) ** 2, w) - expected**2
    apart = along(w) - along(x)
    squares = total(softmax(w) * softmax(x) * apart**2, x, w) / 2
    return Claim(
        name="along a direction",
        left=total(e[i] * e[l] * Derivative(LOSS, v_c[i], v_c[l]), l, i),
        steps=(
            Step(total(e[i] * e[l] * covariance, l, i), "the Hessian is the covariance"),
            Step(variance, say("the variance of the products with {}", XI)),
            Step(squares, "half the expected square of the difference of two words drawn alike"),
        ),
        wrong={
            "sign": -squares,
            "every pair twice": 2 * squares,
            "not centred": total(softmax(w) * along(w) ** 2, w),
            "one probability": total(softmax(w) * apart**2, x, w) / 2,
        },
        nonnegative=True,
        too_strong={"the mean taken away twice": variance - expected**2},
    )


def _above_the_tangent() -> Claim:
    logs = total(softmax(w) * (log(softmax(w)) - log(there(w))), w)
    tangent = total(e[i] * Derivative(LOSS, v_c[i]), i)
    return Claim(
        name="above the tangent",
        left=MOVED - LOSS - tangent,
        steps=(
            Step(MOVED - LOSS - SLOPE, "statement b1"),
            Step(
                log(total(exp(score_there(x)), x))
                - log(total(exp(score(x)), x))
                - total(softmax(w) * along(w), w),
                "log of a quotient, twice; the scores of the word that was seen cancel",
            ),
            Step(logs, "the same differences for every word, weighted"),
            Step(DISTANCE, "probabilities add up to one, there as here"),
        ),
        wrong={
            "sign": -DISTANCE,
            "the roles exchanged": total(there(w) * log(RATIO), w),
            "the tangent below": MOVED - LOSS + tangent,
            "without the tangent": MOVED - LOSS,
            "half the squares": total(softmax(w) * (RATIO - 1) ** 2, w) / 2,
        },
    )


def _least() -> Claim:
    return Claim(
        name="least",
        left=MOVED - LOSS,
        steps=(
            Step(MOVED - LOSS - SLOPE, "no slope along any direction"),
            Step(DISTANCE, "the formula above"),
        ),
        wrong={"sign": -DISTANCE, "zero": sp.S.Zero, "a slope left": DISTANCE + along(o)},
        given=(STATIONARY,),
    )


def _convex() -> Derivation:
    squares, above, least = _squares(), _above_the_tangent(), _least()
    return Derivation(
        id="s5",
        heading="the naive softmax is convex in the center's vector",
        statement=say(
            "Along any {} the Hessian by {} is a sum of squares: {}. So the loss is convex in {}; "
            "with {}, it lies above each of its tangents: {}, where no term of the sum is "
            "negative. Where the gradient is zero, {}, no other {} has a smaller loss: {}.",
            XI,
            arrays.v_c,
            Proved(squares, sp.Eq(squares.left, squares.closed, evaluate=False)),
            arrays.v_c,
            Defined(MOVED),
            Proved(above),
            STATIONARY,
            arrays.v_c,
            Proved(least),
        ),
        claims=(squares, above, least),
        loss=(LOSS, MOVED),
        lemmas=("the logarithm of a positive number is at most that number less one",),
        answer=say(
            "The sum that lies between the loss and its tangent is the divergence of the "
            "predictions at both places. By the lemma no term of it is negative, so neither is "
            "what stands left of it, for every {} and every {}: a zero gradient, which statement "
            "b2 describes, is a minimum.",
            arrays.v_c,
            XI,
        ),
    )


DERIVATIONS = (_convex(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
