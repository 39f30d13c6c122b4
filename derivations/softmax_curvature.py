"""The curvature of the naive softmax: t3, beyond the handwritten answers."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations.assumptions import equal, wherever
from derivations.curvature import areas, e, squared
from derivations.evaluation import Values
from derivations.notation import U, V, d, i, k, l, softmax, table, total, v_c, w, x
from derivations.proof import Claim, Derivation, Step
from derivations.softmax import LOSS as NAIVE_LOSS
from derivations.softmax import SIZES

p, mean = table("p", V, positive=True), table("mean", d, latex=r"\mu")


def _mean(values: Values) -> None:
    values["mean"] = values["U"].T @ values["p"]


def _probabilities(values: Values) -> None:
    values["p"] = values["p"] / sum(values["p"])


SUM_ONE = equal(total(p[w], w), sp.S.One, _probabilities)
MU = wherever(mean[k], total(p[w] * U[w, k], w), _mean)


def _softmax_curvature() -> Derivation:
    expected = [total(softmax(x) * U[x, at], x) for at in (i, l)]
    covariance = total(softmax(w) * U[w, i] * U[w, l], w) - expected[0] * expected[1]
    center = Claim(
        name="Hessian, v_c",
        label=r"\frac{\partial^2 J}{\partial (v_c)_i \partial (v_c)_l}",
        left=Derivative(NAIVE_LOSS, v_c[i], v_c[l]),
        steps=(
            Step(Derivative(expected[0], v_c[l]), "statement b1; u_o is constant"),
            Step(
                total(softmax(w) * (U[w, l] - expected[1]) * U[w, i], w),
                "the slope of ŷ_w is ŷ_w (u_w − Σ_x ŷ_x u_x)",
            ),
            Step(covariance, "the covariance of the outside vectors under ŷ"),
        ),
        wrong={"sign": -covariance, "not centred": total(softmax(w) * U[w, i] * U[w, l], w)},
        axes=(i, l),
    )
    closed = softmax(w) * (1 - softmax(w)) * v_c[i] * v_c[l]
    outside = Claim(
        name="Hessian, u_w",
        label=r"\frac{\partial^2 J}{\partial (u_w)_i \partial (u_w)_l}",
        left=Derivative(NAIVE_LOSS, U[w, i], U[w, l]),
        steps=(
            Step(Derivative(softmax(w) * v_c[i], U[w, l]), "statement c; y_w is constant"),
            Step(closed, "the slope of ŷ_w in its own score is ŷ_w (1 − ŷ_w)"),
        ),
        wrong={"sign": -closed, "missing factor": softmax(w) * v_c[i] * v_c[l]},
        axes=(w, i, l),
    )
    return Derivation(
        id="t3",
        heading="curvature of the naive softmax",
        title="naive softmax: Hessian by v_c is Cov_ŷ(u) ≤ its trace; by u_w, ŷ_w(1−ŷ_w) v_c v_cᵀ",
        statement=(
            r"The Hessian of the naive-softmax loss by $v_c$ is the covariance of the $u_w$ under "
            r"$\hat{y}$, bounded by its trace $\sum_w \hat{y}_w \|u_w\|^2 - "
            r"\|\sum_w \hat{y}_w u_w\|^2$; by $u_w$ it is $\hat{y}_w (1 - \hat{y}_w)\, v_c "
            r"v_c^\top$, bounded by $\hat{y}_w (1 - \hat{y}_w) \|v_c\|^2$."
        ),
        sizes=SIZES,
        claims=(center, _trace(), outside, _rank_one()),
        loss=NAIVE_LOSS,
        answer=r"The second chain holds for any probabilities $p$; with $p = \hat{y}$ it is about "
        "the first.",
    )


def _trace() -> Claim:
    along, mean_along = total(U[w, k] * e[k], k), total(mean[k] * e[k], k)
    trace = total(p[w] * squared(U, w), w) - squared(mean)
    form = total(p[w] * along**2, w) - mean_along**2
    closed = total(p[w] * areas(lambda at: U[w, at] - mean[at]), w)
    return Claim(
        name="trace",
        label=r"\mathrm{tr}\,\mathrm{Cov}(u)\, \|e\|^2 - e^\top \mathrm{Cov}(u)\, e",
        left=trace * squared(e) - form,
        steps=(
            Step(
                total(
                    p[w]
                    * (
                        total((U[w, k] - mean[k]) ** 2, k) * squared(e)
                        - total((U[w, k] - mean[k]) * e[k], k) ** 2
                    ),
                    w,
                ),
                "variances about the mean",
            ),
            Step(closed, "Lagrange's identity, word by word"),
        ),
        wrong={"sign": -closed, "not centred": total(p[w] * areas(lambda at: U[w, at]), w)},
        given=(SUM_ONE, MU),
        nonnegative=True,
        too_strong={"half": trace * squared(e) / 2 - form},
    )


def _rank_one() -> Claim:
    product = total(v_c[k] * e[k], k)
    closed = softmax(w) * total((1 - Delta(x, w)) ** 2 * softmax(x), x)
    closed *= areas(lambda at: v_c[at])
    spread = softmax(w) * (1 - softmax(w))
    return Claim(
        name="bound, u_w",
        label=r"\hat{y}_w (1 - \hat{y}_w) \left(\|v_c\|^2 \|e\|^2 - (v_c^\top e)^2\right)",
        origin="",
        left=spread * (squared(v_c) * squared(e) - product**2),
        steps=(
            Step(spread * areas(lambda at: v_c[at]), "Lagrange's identity"),
            Step(closed, "1 − ŷ_w is the probability of the other words"),
        ),
        wrong={"sign": -closed, "no spread": areas(lambda at: v_c[at])},
        nonnegative=True,
        too_strong={"half": spread * (squared(v_c) * squared(e) / 2 - product**2)},
    )


DERIVATIONS = (_softmax_curvature(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
