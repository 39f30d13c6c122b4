"""That the naive softmax is convex in v_c: statement s5, beyond the answers; it completes b2."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative, exp, log

from derivations.algebra import differentiate, normal
from derivations.evaluation import Values
from derivations.notation import (
    Abbreviation,
    U,
    d,
    i,
    k,
    l,
    o,
    one_hot,
    softmax,
    table,
    total,
    unfold,
    v_c,
    w,
    x,
)
from derivations.proof import Assumption, Claim, Derivation, Step
from derivations.softmax import LOSS, SIZES

e, rest = table("e", d), sp.Symbol("zeta", nonnegative=True)
Distribution = Callable[[sp.Expr], sp.Expr]


class on_the_way(Abbreviation):
    """The predicted probability of a word at v_c + (1 − ζ) e, on the way from v_c + e to v_c."""

    nargs = 1

    def definition(self) -> sp.Expr:
        def scored(word: sp.Expr) -> sp.Expr:
            return exp(total(U[word, k] * (v_c[k] + (1 - rest) * e[k]), k))

        return scored(self.args[0]) / total(scored(x), x)

    def _latex(self, printer: Any, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\hat{{y}}_{{{printer._print(self.args[0])}}}{power}(\zeta)"

    def _sympystr(self, printer: Any) -> str:
        return f"ŷ_{printer._print(self.args[0])}(ζ)"


def _along(word: sp.Expr) -> sp.Expr:
    """u_wᵀ e."""
    return total(U[word, k] * e[k], k)


def _mean(y: Distribution) -> sp.Expr:
    return total(y(w) * _along(w), w)


def _variance(y: Distribution) -> sp.Expr:
    return total(y(w) * _along(w) ** 2, w) - _mean(y) ** 2


def _squares(y: Distribution) -> sp.Expr:
    apart = total((U[w, k] - U[x, k]) * e[k], k)
    return total(y(w) * y(x) * apart**2, x, w) / 2


PATH = -log(on_the_way(o))
SLOPE = _mean(on_the_way) - _along(o)
"""The directional derivative of the loss along e, on the way."""
TANGENT = PATH + rest * SLOPE
"""Where the tangent at the place on the way meets v_c + e; the loss there for ζ = 0."""


def _arrived(expr: sp.Expr, at: int) -> sp.Expr:
    return unfold(expr).subs(rest, at)


def _no_gradient(values: Values) -> bool:
    """v_c = 0 makes all words equally likely; u_o becomes the mean of the others, and so of all."""
    rows, o = values["U"].copy(), values["o"]
    others = [row for row in range(len(rows)) if row != o]
    if others:
        rows[o] = rows[others].sum(axis=0) / len(others)
    values["U"], values["v_c"] = rows, values["v_c"] * 0
    return True


def _expected(expr: sp.Expr) -> sp.Expr:
    if isinstance(expr, sp.Indexed) and expr.base == U and expr.indices[0] == o:
        return normal(unfold(total(softmax(w) * U[w, expr.indices[1]], w)))
    return expr


STATIONARY = Assumption(
    "∂J/∂v_c = 0, that is, u_o = Σ_w ŷ_w u_w (b2)",
    sp.Eq(U[o, i], total(softmax(w) * U[w, i], w)),
    _expected,
    _no_gradient,
)


def _squared() -> Claim:
    mean = [total(softmax(x) * U[x, at], x) for at in (i, l)]
    covariance = total(softmax(w) * U[w, i] * U[w, l], w) - mean[0] * mean[1]
    squares, variance = _squares(softmax), _variance(softmax)
    hessian = Derivative(LOSS, v_c[i], v_c[l])
    return Claim(
        name="Hessian along e",
        label=r"\sum_i \sum_l e_i e_l \frac{\partial^2 J}{\partial (v_c)_i \partial (v_c)_l}",
        left=total(e[i] * e[l] * hessian, l, i),
        steps=(
            Step(
                total(e[i] * e[l] * covariance, l, i), "statement t3: the covariance of the vectors"
            ),
            Step(variance, "the variance of their products with e"),
            Step(squares, "half the expected squared difference of two words drawn from ŷ"),
        ),
        wrong={
            "sign": -squares,
            "every pair twice": 2 * squares,
            "not centred": total(softmax(w) * _along(w) ** 2, w),
            "one probability": total(softmax(w) * (_along(w) - _along(x)) ** 2, x, w) / 2,
        },
        nonnegative=True,
        too_strong={"the mean taken away twice": variance - _mean(softmax) ** 2},
        concrete=differentiate,
    )


def _on_the_way() -> tuple[Claim, Claim]:
    closed = rest * _squares(on_the_way)
    return (
        Claim(
            name="slope on the way",
            label=r"-\frac{d}{d\zeta} J(v_c + (1 - \zeta) e)",
            left=-Derivative(PATH, rest),
            steps=(Step(SLOPE, "every score moves by its vector's product with −e"),),
            wrong={"sign": -SLOPE, "missing term u_o": _mean(on_the_way)},
        ),
        Claim(
            name="tangents",
            label=r"-\Phi'(\zeta)",
            origin="",
            left=-Derivative(TANGENT, rest),
            steps=(
                Step(
                    -Derivative(PATH, rest) - SLOPE - rest * Derivative(SLOPE, rest),
                    "derivative of a product",
                ),
                Step(-rest * Derivative(SLOPE, rest), "the slope on the way"),
                Step(rest * _variance(on_the_way), "the slope of ŷ_w, as in t3"),
                Step(closed, "the squares of the first chain, with ŷ at this place"),
            ),
            wrong={"sign": -closed, "ζ forgotten": _squares(on_the_way)},
            nonnegative=True,
            too_strong={"the mean taken away": closed - rest * _mean(on_the_way) ** 2},
        ),
    )


def _ends() -> tuple[Claim, Claim, Claim]:
    there = -log(exp(_at(o)) / total(exp(_at(x)), x))
    gradient = total((softmax(w) - one_hot(w)) * U[w, i], w)
    here = LOSS + total(gradient * e[i], i)
    return (
        Claim(
            name="tangent at v_c + e",
            label=r"\Phi(0)",
            origin="",
            left=_arrived(TANGENT, 0),
            steps=(Step(there, "J(v_c + e)"),),
            wrong={"at v_c": LOSS},
        ),
        Claim(
            name="tangent at v_c",
            label=r"\Phi(1)",
            origin="",
            left=_arrived(TANGENT, 1),
            steps=(Step(here, "J(v_c) and the gradient of b1"),),
            wrong={"sign": 2 * LOSS - here, "without the gradient": LOSS},
        ),
        Claim(
            name="tangent at v_c, no gradient",
            label=r"\Phi(1)",
            origin="",
            left=_arrived(TANGENT, 1),
            steps=(Step(LOSS, "J(v_c)"),),
            wrong={"u_o left": LOSS - _along(o), "the expectation left": LOSS + _mean(softmax)},
            given=(STATIONARY,),
        ),
    )


def _at(word: sp.Expr) -> sp.Expr:
    """The score of a word at v_c + e."""
    return total(U[word, k] * (v_c[k] + e[k]), k)


def _convex() -> Derivation:
    return Derivation(
        id="s5",
        heading="the naive softmax is convex in the center's vector",
        title="eᵀCov_ŷ(u)e = ½ Σ_w Σ_x ŷ_w ŷ_x ((u_w − u_x)ᵀe)² ≥ 0, so J_naive is convex in v_c",
        statement=(
            r"The Hessian of $J$ by $v_c$ is never negative along any $e$: $e^\top "
            r"\mathrm{Cov}_{\hat{y}}(u)\, e = \tfrac12 \sum_w \sum_x \hat{y}_w \hat{y}_x "
            r"((u_w - u_x)^\top e)^2 \ge 0$. So $J$ is convex in $v_c$: $J(v_c + e) \ge J(v_c) + "
            r"e^\top \dfrac{\partial J}{\partial v_c}$ for every $e$, and where the gradient is "
            r"zero (b2), no other $v_c$ has a smaller loss."
        ),
        sizes=SIZES,
        claims=(_squared(), *_on_the_way(), *_ends()),
        loss=LOSS,
        lemmas=(
            "a function whose derivative is nowhere positive on $[0, 1]$ is at $1$ no larger than "
            "at $0$ (mean value theorem)",
        ),
        answer=(
            r"Walk from $v_c + e$ to $v_c$: with $0 \le \zeta \le 1$ of the way done, the place is "
            r"$v_c + (1 - \zeta) e$, and $\hat{y}(\zeta)$ is the softmax there. The tangent of $J$ "
            r"at that place has at $v_c + e$ the height $\Phi(\zeta) = J(v_c + (1 - \zeta) e) + "
            r"\zeta \sum_k e_k \, \partial J / \partial (v_c)_k$, the gradient taken at that place "
            r"too. By the third chain $\Phi$ never grows, so $\Phi(1) \le \Phi(0)$, and the last "
            r"three say what these are: $J(v_c) + e^\top \partial J/\partial v_c \le J(v_c + e)$, "
            r"and $J(v_c) \le J(v_c + e)$ where the gradient is zero."
        ),
    )


DERIVATIONS = (_convex(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
