"""The curvature of the naive softmax: t3, beyond the handwritten answers."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations.engine.notation import U, direction, i, k, l, one_hot, softmax, total, v_c, w, x
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, equation, say
from derivations.statements.curvature import XI, areas, squared
from derivations.statements.softmax import LOSS


def mean(at: sp.Expr) -> sp.Expr:
    """An entry of Σ_x ŷ_x u_x, the expected outside vector."""
    return total(softmax(x) * U[x, at], x)


def _form(entry: sp.Expr) -> sp.Expr:
    """ξᵀ H ξ."""
    return total(direction[i] * direction[l] * entry, l, i)


def _center() -> Claim:
    covariance = total(softmax(w) * U[w, i] * U[w, l], w) - mean(i) * mean(l)
    return Claim(
        name="Hessian, v_c",
        left=Derivative(LOSS, v_c[i], v_c[l]),
        steps=(
            Step(
                Derivative(mean(i), v_c[l]),
                say("statement b1; {} does not depend on {}", U[w, i], v_c[l]),
            ),
            Step(
                total(softmax(w) * (U[w, l] - mean(l)) * U[w, i], w),
                say(
                    "{}", equation(Derivative(softmax(w), v_c[l]), softmax(w) * (U[w, l] - mean(l)))
                ),
            ),
            Step(covariance, say("the covariance of the outside vectors under {}", softmax(w))),
        ),
        wrong={"sign": -covariance, "not centred": total(softmax(w) * U[w, i] * U[w, l], w)},
        axes=(i, l),
    )


def _trace() -> Claim:
    form = _form(Derivative(LOSS, v_c[i], v_c[l]))

    def centred(at: sp.Expr) -> sp.Expr:
        return U[w, at] - mean(at)

    spread = total(softmax(w) * total(centred(k) ** 2, k), w) * squared(direction)
    variance = total(softmax(w) * total(centred(k) * direction[k], k) ** 2, w)
    closed = total(softmax(w) * areas(centred), w)
    uncentred = total(softmax(w) * areas(lambda at: U[w, at]), w)
    return Claim(
        name="trace",
        left=spread - form,
        steps=(
            Step(spread - variance, "the Hessian is the covariance"),
            Step(closed, "Lagrange's identity, word by word"),
        ),
        wrong={"sign": -closed, "not centred": uncentred},
        nonnegative=True,
        too_strong={"half": spread / 2 - form},
    )


def _outside() -> Claim:
    closed = softmax(w) * (1 - softmax(w)) * v_c[i] * v_c[l]
    return Claim(
        name="Hessian, u_w",
        left=Derivative(LOSS, U[w, i], U[w, l]),
        steps=(
            Step(
                Derivative(softmax(w) * v_c[i], U[w, l]),
                say("statement c; {} and {} do not depend on {}", one_hot(w), v_c[i], U[w, l]),
            ),
            Step(closed, "the slope of a probability in its own score"),
        ),
        wrong={"sign": -closed, "missing factor": softmax(w) * v_c[i] * v_c[l]},
        axes=(w, i, l),
    )


def _rank_one() -> Claim:
    form = _form(Derivative(LOSS, U[w, i], U[w, l]))
    spread = softmax(w) * (1 - softmax(w))
    limit = spread * squared(v_c) * squared(direction)
    rest = total((1 - Delta(x, w)) ** 2 * softmax(x), x)
    closed = softmax(w) * rest * areas(lambda at: v_c[at])
    return Claim(
        name="rank one",
        left=limit - form,
        steps=(
            Step(spread * areas(lambda at: v_c[at]), "Lagrange's identity"),
            Step(closed, say("{}", equation(1 - softmax(w), rest))),
        ),
        wrong={"sign": -closed, "no spread": areas(lambda at: v_c[at])},
        nonnegative=True,
        too_strong={"half": limit / 2 - form},
    )


def _softmax_curvature() -> Derivation:
    center, trace, outside, rank_one = _center(), _trace(), _outside(), _rank_one()
    forms = (center.left, outside.left)
    bounds = (
        Proved(bound, sp.Le(_form(left), bound.left + _form(left), evaluate=False))
        for bound, left in zip((trace, rank_one), forms, strict=True)
    )
    by_center, by_outside = bounds
    return Derivation(
        id="t3",
        heading="curvature of the naive softmax",
        functions=("softmax.evaluate",),
        for_trainer=True,
        statement=say(
            "For {}: {}, the covariance of the outside vectors, and {} for every {}. By the vector "
            "of one outside word, {}, and {}.",
            Defined(LOSS),
            Proved(center),
            by_center,
            XI,
            Proved(outside),
            by_outside,
        ),
        claims=(center, trace, outside, rank_one),
        loss=LOSS,
        answer=(
            "Both change while the row moves: they say what the curvature is, and not what it is "
            "along a step, which is statement t7."
        ),
    )


DERIVATIONS = (_softmax_curvature(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
