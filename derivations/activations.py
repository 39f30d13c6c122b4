"""The two activation functions: statements e and f."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative, exp

from derivations.notation import Abbreviation, sigma
from derivations.proof import Claim, Derivation, Step

real = sp.Symbol("x", real=True)
positive = sp.Symbol("x", positive=True)
negative = sp.Symbol("x", negative=True)
slope = sp.Symbol("g", real=True)


class relu(Abbreviation):
    """The rectified linear unit, β(x) = max(0, x)."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return sp.Max(0, self.args[0])

    def _latex(self, printer: Any) -> str:
        return rf"\beta({printer._print(self.args[0])})"

    def _sympystr(self, printer: Any) -> str:
        return f"β({printer._print(self.args[0])})"


class relu_slope(Abbreviation):
    """The derivative of the rectified linear unit as the code returns it, 0 at 0."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return sp.Piecewise((1, self.args[0] > 0), (0, True))

    def _latex(self, printer: Any) -> str:
        return rf"b({printer._print(self.args[0])})"

    def _sympystr(self, printer: Any) -> str:
        return f"b({printer._print(self.args[0])})"


def _relu() -> Derivation:
    right = Claim(
        name="x > 0",
        label=r"\beta'(x), \quad x > 0",
        origin="",
        left=Derivative(relu(positive), positive),
        steps=(
            Step(Derivative(positive, positive), "the larger of 0 and x is x"),
            Step(sp.S.One, "differentiate"),
            Step(relu_slope(positive), "the value the code returns"),
        ),
        wrong={"sign": -relu_slope(positive), "sides swapped": relu_slope(-positive)},
    )
    left = Claim(
        name="x < 0",
        vanishes=True,
        label=r"\beta'(x), \quad x < 0",
        origin="",
        left=Derivative(relu(negative), negative),
        steps=(
            Step(sp.S.Zero, "the larger of 0 and x is 0, a constant"),
            Step(relu_slope(negative), "the value the code returns"),
        ),
        wrong={"sides swapped": relu_slope(-negative)},
    )
    above = Claim(
        name="0, from the right",
        label=r"\beta(x) - \beta(0) - g x, \quad x > 0",
        origin="",
        left=relu(positive) - relu(0) - slope * positive,
        steps=(
            Step(positive - slope * positive, "β(x) = x and β(0) = 0"),
            Step((1 - slope) * positive, "never negative exactly if g ≤ 1"),
        ),
        wrong={"sign": (1 + slope) * positive},
    )
    below = Claim(
        name="0, from the left",
        label=r"\beta(-x) - \beta(0) - g \cdot (-x), \quad x > 0",
        origin="",
        left=relu(-positive) - relu(0) + slope * positive,
        steps=(Step(slope * positive, "β(−x) = β(0) = 0; never negative exactly if g ≥ 0"),),
        wrong={"sign": -slope * positive},
    )
    code = Claim(
        name="0, the code",
        vanishes=True,
        label="b(0)",
        origin="",
        left=relu_slope(0),
        steps=(Step(sp.S.Zero, "the code returns 0 at 0, which lies in [0, 1]"),),
        wrong={"one at 0": sp.S.One, "a half at 0": sp.S.Half},
    )
    return Derivation(
        id="e",
        heading="the rectified linear unit",
        title="β(x) = max(0, x): β'(x) = 0 for x < 0, 1 for x > 0, subgradient [0, 1] at 0",
        statement=(
            r"$\beta(x) = \max(0, x)$ has $\beta'(x) = 0$ for $x < 0$ and $\beta'(x) = 1$ for "
            r"$x > 0$. At $0$ it has no derivative; its subgradient there is $[0, 1]$."
        ),
        sizes="every real x ≠ 0; at 0 the subgradient",
        claims=(right, left, above, below, code),
        loss=relu(real),
        answer=(
            "A number $g$ is a subgradient at 0 if the line of slope $g$ through the origin lies "
            r"nowhere above $\beta$. The two lines *from the right* and *from the left* say when "
            r"that is so on either side: together, exactly for $0 \le g \le 1$. The code "
            "returns the member 0, as `jax.grad` does."
        ),
        care="The point 0, where the derivative does not exist.",
    )


def _sigmoid() -> Derivation:
    x = real
    log_slope = Claim(
        name="log",
        label=r"\frac{d}{dx} \log \sigma(x)",
        origin="",
        left=Derivative(sp.log(sigma(x)), x),
        steps=(
            Step(Derivative(sigma(x), x) / sigma(x), "derivative of the log"),
            Step(1 - sigma(x), "put in the derivative of σ"),
        ),
        wrong={"sign": sigma(x) - 1, "not reflected": sigma(x)},
    )
    reflection = Claim(
        name="reflection",
        label=r"\sigma(-x)",
        origin="",
        left=sigma(-x),
        steps=(
            Step(1 / (1 + exp(x)), "definition"),
            Step(exp(-x) / (1 + exp(-x)), "multiply above and below by exp(−x)"),
            Step(1 - 1 / (1 + exp(-x)), "add and take away 1 above"),
            Step(1 - sigma(x), "definition"),
        ),
        wrong={"sign": sigma(x) - 1, "an even function": sigma(x), "an odd one": -sigma(x)},
    )
    slope_claim = Claim(
        name="x",
        label=r"\sigma'(x)",
        origin="",
        left=Derivative(sigma(x), x),
        steps=(
            Step(exp(-x) / (1 + exp(-x)) ** 2, "derivative of a quotient"),
            Step(sigma(x) * (exp(-x) / (1 + exp(-x))), "split off one factor σ(x)"),
            Step(sigma(x) * (1 - sigma(x)), "the other factor is 1 − σ(x)"),
        ),
        wrong={
            "sign": -sigma(x) * (1 - sigma(x)),
            "missing factor": 1 - sigma(x),
            "squared": sigma(x) ** 2,
        },
    )
    return Derivation(
        id="f",
        heading="the logistic function",
        title="σ'(x) = σ(x)(1 − σ(x)), σ(−x) = 1 − σ(x)",
        statement=(
            r"$\sigma(x) = \dfrac{1}{1 + e^{-x}}$ has $\sigma'(x) = \sigma(x)(1 - \sigma(x))$ and "
            r"$\sigma(-x) = 1 - \sigma(x)$."
        ),
        sizes="every real x",
        claims=(slope_claim, reflection, log_slope),
        loss=sigma(x),
        answer=(
            "The code computes the same number as $\\sigma(x)\\,\\sigma(-x)$, which keeps its "
            "digits where $\\sigma(x)$ rounds to 1. Statement g rests on the derivative of the log."
        ),
    )


DERIVATIONS = (_relu(), _sigmoid())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
