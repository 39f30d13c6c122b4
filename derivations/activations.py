"""The activation functions: statements e and f, and e2, beyond the handwritten answers."""

import sys
from collections.abc import Callable
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
slope, leak = sp.Symbol("gamma", real=True), sp.Symbol("alpha", real=True)


class _Activation(Abbreviation):
    """A function of one number that prints by its sign."""

    nargs = 1
    signs = ("", "")
    """In LaTeX, and in Unicode."""

    def _latex(self, printer: Any) -> str:
        return f"{self.signs[0]}({printer._print(self.args[0])})"

    def _sympystr(self, printer: Any) -> str:
        return f"{self.signs[1]}({printer._print(self.args[0])})"


class relu(_Activation):
    """The rectified linear unit, β(x) = max(0, x)."""

    signs = (r"\beta", "β")

    def definition(self) -> sp.Expr:
        return sp.Max(0, self.args[0])


class relu_slope(_Activation):
    """The derivative of the rectified linear unit as the code returns it, 0 at 0."""

    signs = (r"\beta'_{\mathrm{code}}", "β'_code")

    def definition(self) -> sp.Expr:
        return sp.Piecewise((1, self.args[0] > 0), (0, True))


class leaky_relu(_Activation):
    """The leaky rectified linear unit, x for x ≥ 0 and α x for x < 0."""

    signs = (r"\beta_\alpha", "β_α")

    def definition(self) -> sp.Expr:
        x = self.args[0]
        return sp.Piecewise((x, x >= 0), (leak * x, True))


class leaky_relu_slope(_Activation):
    """The derivative of the leaky rectified linear unit as the code returns it, 1 at 0."""

    signs = (r"\beta'_{\alpha, \mathrm{code}}", "β'_α,code")

    def definition(self) -> sp.Expr:
        return sp.Piecewise((1, self.args[0] >= 0), (leak, True))


Function = Callable[[sp.Expr], sp.Expr]


def _sides(function: Function, code: Function, below: sp.Expr) -> tuple[Claim, Claim]:
    """The derivative on either side of 0: 1 above, and what is given below."""
    return (
        Claim(
            name="x > 0",
            label=r"\beta'(x)",
            origin="",
            left=Derivative(function(positive), positive),
            steps=(
                Step(Derivative(positive, positive), "the function is x there"),
                Step(sp.S.One, "differentiate"),
                Step(code(positive), "the value the code returns"),
            ),
            wrong={
                "sign": -sp.S.One,
                "sides swapped": code(-positive),
                "the function for its slope": function(positive),
            },
        ),
        Claim(
            name="x < 0",
            vanishes=below == 0,
            label=r"\beta'(x)",
            origin="",
            left=Derivative(function(negative), negative),
            steps=(
                Step(below, "a multiple of x there"),
                Step(code(negative), "the value the code returns"),
            ),
            wrong={"sides swapped": code(-negative), "sign": -1 - below},
        ),
    )


def _lines(function: Function, below: sp.Expr) -> tuple[Claim, Claim]:
    """Where a line of slope γ through the origin lies nowhere above the function."""
    return (
        Claim(
            name="line, x > 0",
            label=r"\beta(x) - \beta(0) - \gamma x",
            origin="",
            left=function(positive) - function(sp.S.Zero) - slope * positive,
            steps=(
                Step(positive - slope * positive, "the function is x there, and 0 at 0"),
                Step((1 - slope) * positive, "never negative exactly if γ ≤ 1"),
            ),
            wrong={"sign": (1 + slope) * positive, "the other side": (below - slope) * positive},
        ),
        Claim(
            name="line, x < 0",
            label=r"\beta(x) - \beta(0) - \gamma x",
            origin="",
            left=function(negative) - function(sp.S.Zero) - slope * negative,
            steps=(
                Step(below * negative - slope * negative, "a multiple of x there, and 0 at 0"),
                Step((slope - below) * -negative, "never negative exactly if γ is no smaller"),
            ),
            wrong={"sign": (slope - below) * negative, "the other side": (1 - slope) * negative},
        ),
    )


def _code(code: Function, returned: sp.Expr, wrong: dict[str, sp.Expr]) -> Claim:
    """Which of its subgradient the code returns at 0."""
    return Claim(
        name="0, the code",
        vanishes=returned == 0,
        label=r"\beta'_{\mathrm{code}}(0)",
        origin="",
        left=code(sp.S.Zero),
        steps=(Step(returned, "what the code returns at 0, one of the subgradient"),),
        wrong=wrong,
    )


SIGN = "a product with a positive factor is negative exactly where the other factor is"


def _relu() -> Derivation:
    return Derivation(
        id="e",
        heading="the rectified linear unit",
        title="β(x) = max(0, x): β'(x) = 0 for x < 0, 1 for x > 0, subgradient [0, 1] at 0",
        statement=(
            r"$\beta(x) = \max(0, x)$ has $\beta'(x) = 0$ for $x < 0$ and $\beta'(x) = 1$ for "
            r"$x > 0$. At $0$ it has no derivative; its subgradient there is $[0, 1]$."
        ),
        sizes="every real x ≠ 0; at 0 the subgradient",
        claims=(
            *_sides(relu, relu_slope, sp.S.Zero),
            *_lines(relu, sp.S.Zero),
            _code(relu_slope, sp.S.Zero, {"one at 0": sp.S.One, "a half at 0": sp.S.Half}),
        ),
        loss=relu(real),
        lemmas=(SIGN,),
        answer=(
            r"A number $\gamma$ is a subgradient at 0 if the line of slope $\gamma$ through the "
            r"origin lies nowhere above $\beta$. The two chains of a line say when that is so on "
            r"either side: together, exactly for $0 \le \gamma \le 1$. What the code returns, "
            r"$\beta'_{\mathrm{code}}$, is the derivative where there is one, and at 0 the "
            "member 0 of the subgradient, as `jax.grad` does."
        ),
        care="The point 0, where the derivative does not exist.",
    )


def _leaky_relu() -> Derivation:
    wrong = {"the slope below": leak, "zero at 0": sp.S.Zero, "the mean of both": (1 + leak) / 2}
    return Derivation(
        id="e2",
        heading="the leaky rectified linear unit",
        title="β_α(x) = x for x ≥ 0, αx for x < 0: slopes 1 and α, subgradient [α, 1] at 0",
        statement=(
            r"$\beta_\alpha(x) = x$ for $x \ge 0$ and $\alpha x$ for $x < 0$ has "
            r"$\beta_\alpha'(x) = \alpha$ for $x < 0$ and $\beta_\alpha'(x) = 1$ for $x > 0$. At "
            r"$0$ it has no derivative unless $\alpha = 1$; its subgradient there is "
            r"$[\alpha, 1]$, which is empty for $\alpha > 1$."
        ),
        sizes="every real x ≠ 0 and every real α; at 0 the subgradient",
        claims=(
            *_sides(leaky_relu, leaky_relu_slope, leak),
            *_lines(leaky_relu, leak),
            _code(leaky_relu_slope, sp.S.One, wrong),
        ),
        loss=leaky_relu(real),
        lemmas=(SIGN,),
        answer=(
            r"As in e, the two chains of a line allow exactly $\alpha \le \gamma \le 1$, and "
            r"$\alpha = 0$ gives e. The code returns 1 at 0, as `jax.grad` of "
            "`jax.nn.leaky_relu` does; for the rectified linear unit it returns 0 there. Either "
            r"lies in its subgradient, this one for $\alpha \le 1$."
        ),
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
        wrong={
            "sign": sigma(x) - 1,
            "not reflected": sigma(x),
            "the slope of σ": sigma(x) * (1 - sigma(x)),
        },
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
            "fed σ(x)": sigma(sigma(x)) * (1 - sigma(sigma(x))),
            "σ(x) taken for x": x * (1 - x),
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


DERIVATIONS = (_relu(), _leaky_relu(), _sigmoid())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
