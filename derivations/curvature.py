"""What the trainer's step sizes rely on: t1, t2 and t4, beyond the handwritten answers."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative, Rational, log

from derivations.evaluation import Values
from derivations.notation import (
    Abbreviation,
    d,
    i,
    index,
    k,
    l,
    sigma,
    table,
    total,
)
from derivations.proof import Assumption, Claim, Derivation, Step

real = sp.Symbol("x", real=True)
P = sp.Symbol("P", integer=True, positive=True)
n = index("n", (sp.Integer(0), P - 1))
row, others = table("row", d, latex="x"), table("others", P, d, latex="x")
weights, labels = table("weights", P, latex=r"\omega", positive=True), table("labels", P, latex="y")
e = table("e", d)


def squared(vector: sp.IndexedBase, *first: sp.Expr) -> sp.Expr:
    """The squared length of a vector, or of a row of a table."""
    return total(vector[(*first, k)] ** 2, k)


def areas(entry: Any) -> sp.Expr:
    """½ Σ_i Σ_l (a_i e_l − a_l e_i)², which is ‖a‖²‖e‖² − (aᵀe)² by Lagrange's identity."""
    return total((entry(i) * e[l] - entry(l) * e[i]) ** 2, l, i) / 2


def _quarter() -> Derivation:
    slope = sigma(real) * (1 - sigma(real))
    closed = (sigma(real) - Rational(1, 2)) ** 2
    claim = Claim(
        name="bound",
        label=r"\tfrac14 - \sigma'(x)",
        origin="",
        left=Rational(1, 4) - Derivative(sigma(real), real),
        steps=(
            Step(Rational(1, 4) - slope, "statement f"),
            Step(closed, "a square: never negative, and 0 at x = 0 alone"),
        ),
        wrong={"sign": -closed, "no half": sigma(real) ** 2},
        nonnegative=True,
        too_strong={"a fifth": Rational(1, 5) - slope},
    )
    return Derivation(
        id="t1",
        heading="the slope of σ is at most a quarter",
        title="σ'(x) ≤ 1/4",
        statement=r"$\sigma'(x) \le \tfrac14$.",
        sizes="every real x",
        claims=(claim,),
        loss=sigma(real),
    )


class logit(Abbreviation):
    """The logit of pair n, x_nᵀ x."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return total(others[self.args[0], k] * row[k], k)

    def _latex(self, printer: Any) -> str:
        return rf"x_{{{printer._print(self.args[0])}}}^{{\top}} x"

    def _sympystr(self, printer: Any) -> str:
        return f"x_{printer._print(self.args[0])}ᵀx"


ROW_LOSS = -total(
    weights[n] * (labels[n] * log(sigma(logit(n))) + (1 - labels[n]) * log(sigma(-logit(n)))), n
)


def _row_curvature() -> Derivation:
    slope = sigma(logit(n)) * (1 - sigma(logit(n)))
    hessian = total(weights[n] * slope * others[n, i] * others[n, l], n)
    first = -total(weights[n] * (labels[n] - sigma(logit(n))) * others[n, i], n)
    second = Claim(
        name="Hessian",
        label=r"\frac{\partial^2 J}{\partial x_i \partial x_l}",
        left=Derivative(ROW_LOSS, row[i], row[l]),
        steps=(
            Step(Derivative(first, row[l]), "statement f: the slope of a term is σ − y"),
            Step(hessian, "statement f again; the label is gone"),
        ),
        wrong={"sign": -hessian, "unweighted": total(slope * others[n, i] * others[n, l], n)},
        axes=(i, l),
    )
    along = total(others[n, k] * e[k], k)
    limit = total(weights[n] * squared(others, n), n) * squared(e)
    spare = (sigma(logit(n)) - Rational(1, 2)) ** 2 * along**2
    closed = total(weights[n] * (spare + areas(lambda at: others[n, at]) / 4), n)
    bound = Claim(
        name="bound",
        label=r"\tfrac14 \sum_n \omega_n \|x_n\|^2 \|e\|^2 - e^\top H e",
        left=limit / 4 - total(total(e[i] * e[l] * hessian, l), i),
        steps=(
            Step(limit / 4 - total(weights[n] * slope * along**2, n), "eᵀHe, pair by pair"),
            Step(closed, "t1 and Lagrange's identity: weighted sums of squares"),
        ),
        wrong={"sign": -closed, "no area": total(weights[n] * spare, n)},
        nonnegative=True,
        too_strong={"a fifth": limit / 5 - total(weights[n] * slope * along**2, n)},
    )
    return Derivation(
        id="t2",
        heading="curvature of negative sampling",
        title="Hessian of one row under negative sampling ≤ ¼ Σ_n ω_n ‖x_n‖²",
        statement=(
            r"Let a row $x$ take part in pairs $n$ with the vectors $x_n$, weights $\omega_n > 0$ "
            r"and labels $y_n$ (1 for a true word, 0 for a negative), $J = -\sum_n \omega_n "
            r"(y_n \log \sigma(x_n^\top x) + (1 - y_n) \log \sigma(-x_n^\top x))$. Its Hessian is "
            r"$H = \sum_n \omega_n \sigma'(x_n^\top x)\, x_n x_n^\top$, and $e^\top H e \le "
            r"\tfrac14 \sum_n \omega_n \|x_n\|^2 \|e\|^2$ for every $e$."
        ),
        sizes="every d, P ≥ 1 (pairs)",
        claims=(second, bound),
        loss=ROW_LOSS,
        answer=(
            "The row may be a center's or an outside word's. It is the only one that moves; two "
            "rows of a pair moving together are outside this bound."
        ),
    )


G, L = sp.Symbol("G", positive=True), sp.Symbol("L", positive=True)
eta, slack = sp.Symbol("eta", positive=True), sp.Symbol("tau", positive=True)


def _set_curvature(values: Values) -> bool:
    values["L"] = (2 - values["tau"]) / values["eta"]
    return bool(values["L"] > 0)


STEP = Assumption(sp.Eq(L, (2 - slack) / eta), (), _set_curvature)


def _step() -> Derivation:
    decrease = eta * G - eta**2 * L * G / 2
    closed = slack * eta * G / 2
    claim = Claim(
        name="decrease",
        label=r"\eta G - \tfrac12 \eta^2 L G",
        origin="",
        left=decrease,
        steps=(
            Step(eta * (1 - eta * L / 2) * G, "factor"),
            Step(closed, "ηL = 2 − τ: positive"),
        ),
        wrong={"sign": -closed, "linear only": eta * G},
        given=(STEP,),
        nonnegative=True,
        too_strong={"τ as large as 2": closed - eta * G},
    )
    return Derivation(
        id="t4",
        heading="a bounded step descends",
        title="a row's step with ηL < 2 decreases its loss by η(1 − ηL/2)‖g‖² or more",
        statement=(
            r"If no eigenvalue of the Hessian by a row exceeds $L$ and all other rows are held, "
            r"a step $-\eta g$ with $\eta L < 2$ decreases the loss by at least "
            r"$\eta (1 - \tfrac12 \eta L) \|g\|^2$."
        ),
        sizes="every η, L > 0 with ηL < 2",
        claims=(claim,),
        lemmas=(
            r"Taylor's formula with remainder: if $\varphi(\eta) = J(x - \eta g)$ has "
            r"$\varphi'(0) = -G$, $G = \|g\|^2$ (b3), and $\varphi'' \le L G$, then "
            r"$\varphi(0) - \varphi(\eta) \ge \eta G - \tfrac12 \eta^2 L G$",
        ),
        answer=(
            r"The trainer divides a row's rate by $\max(1, \eta L / \rho)$ with the $L$ of t2 or "
            r"t3, so that what it steps has $\eta L \le \rho$. With $\rho < 2$ a row's own step "
            r"descends. All rows of a batch move together, which this does not cover; "
            r"that a larger $\rho$ trains well, too, is experience and not proof."
        ),
    )


DERIVATIONS = (_quarter(), _row_curvature(), _step())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
