"""The activation functions: statements e and f, and e2, beyond the handwritten answers."""

import sys
from collections.abc import Callable
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, exp, log

from derivations.engine.notation import Called, number, sigma
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, Signed, equation, say

real = number("x", "a real number", real=True)
positive = number("x", "a real number", positive=True)
negative = number("x", "a real number", negative=True)
slope = number("gamma", "the slope of a line through the origin", r"\gamma", real=True)
leak = number("alpha", "the slope of the leaky ReLU below 0", r"\alpha", real=True)


class relu(Called):
    """The rectified linear unit, β(x) = max(0, x)."""

    symbol, meaning, name = r"\beta", "the rectified linear unit (ReLU)", "β"

    def definition(self) -> sp.Expr:
        return sp.Max(0, self.args[0])


class relu_slope(Called):
    """The derivative of the rectified linear unit as the code returns it, 0 at 0."""

    symbol, name = r"\beta'_{\mathrm{code}}", "β'_code"
    meaning = "what the code returns as the derivative of the ReLU"

    def definition(self) -> sp.Expr:
        return sp.Piecewise((1, self.args[0] > 0), (0, True))


class leaky_relu(Called):
    """The leaky rectified linear unit, x for x ≥ 0 and α x for x < 0."""

    symbol, meaning, name = r"\beta_\alpha", "the leaky ReLU", "β_α"

    def definition(self) -> sp.Expr:
        x = self.args[0]
        return sp.Piecewise((x, x >= 0), (leak * x, True))


class leaky_relu_slope(Called):
    """The derivative of the leaky rectified linear unit as the code returns it, 1 at 0."""

    symbol, name = r"\beta'_{\alpha,\mathrm{code}}", "β'_α,code"
    meaning = "what the code returns as the derivative of the leaky ReLU"

    def definition(self) -> sp.Expr:
        return sp.Piecewise((1, self.args[0] >= 0), (leak, True))


Function = Callable[[sp.Expr], sp.Expr]


def _sides(function: Function, code: Function, below: sp.Expr) -> tuple[Claim, Claim]:
    """The derivative on either side of 0: 1 above, and what is given below."""
    return (
        Claim(
            name="right of zero",
            left=Derivative(function(positive), positive),
            steps=(
                Step(Derivative(positive, positive), "the function is its argument there"),
                Step(sp.S.One, "differentiate"),
                Step(code(positive), "the value that the code returns"),
            ),
            wrong={
                "sign": -sp.S.One,
                "sides swapped": code(-positive),
                "the function for its slope": function(positive),
            },
        ),
        Claim(
            name="left of zero",
            vanishes=below == 0,
            left=Derivative(function(negative), negative),
            steps=(
                Step(below, "a multiple of the argument there"),
                Step(code(negative), "the value that the code returns"),
            ),
            wrong={"sides swapped": code(-negative), "sign": -1 - below},
        ),
    )


def _lines(function: Function, below: sp.Expr) -> tuple[Claim, Claim]:
    """Where a line of slope γ through the origin lies nowhere above the function."""
    return (
        Claim(
            name="a line, right of zero",
            left=function(positive) - function(sp.S.Zero) - slope * positive,
            steps=(
                Step(positive - slope * positive, "the function is its argument there"),
                Step((1 - slope) * positive, "never negative exactly if the first factor is not"),
            ),
            wrong={"sign": (1 + slope) * positive, "the other side": (below - slope) * positive},
        ),
        Claim(
            name="a line, left of zero",
            left=function(negative) - function(sp.S.Zero) - slope * negative,
            steps=(
                Step(below * negative - slope * negative, "a multiple of the argument there"),
                Step(
                    (slope - below) * -negative, "never negative exactly if the slope is not less"
                ),
            ),
            wrong={"sign": (slope - below) * negative, "the other side": (1 - slope) * negative},
        ),
    )


def _code(code: Function, returned: sp.Expr, wrong: dict[str, sp.Expr]) -> Claim:
    """Which of its subgradient the code returns at 0."""
    return Claim(
        name="the code, at zero",
        vanishes=returned == 0,
        lemma=True,
        left=code(sp.S.Zero),
        steps=(Step(returned, "of the subgradient, the code returns this"),),
        wrong=wrong,
    )


SIGN = "a product with a positive factor is negative exactly where the other factor is"


def _relu() -> Derivation:
    above, below = _sides(relu, relu_slope, sp.S.Zero)
    right, left = _lines(relu, sp.S.Zero)
    code = _code(relu_slope, sp.S.Zero, {"one at zero": sp.S.One, "a half at zero": sp.S.Half})
    return Derivation(
        id="e",
        heading="the rectified linear unit",
        functions=("activations.relu", "gradients.relu"),
        statement=say(
            "For {}: if {}, {}; if {}, {}. At zero there is no derivative; the subgradient is all "
            "numbers from zero to one, and {}.",
            Defined(relu(real)),
            Signed(positive),
            Proved(above, equation(above.left, 1)),
            Signed(negative),
            Proved(below, equation(below.left, 0)),
            Proved(code),
        ),
        claims=(above, below, right, left, code),
        loss=relu(real),
        lemmas=(SIGN,),
        answer=say(
            "A number {} is a subgradient at zero if the line of this slope through the origin "
            "lies nowhere above the function. The two chains of a line say when that is so on "
            "either side: together, exactly for the numbers from zero to one. The code returns the "
            "derivative where there is one, and zero at zero, as `jax.grad` does.",
            slope,
        ),
        care="The point zero, where the derivative does not exist.",
    )


def _leaky_relu() -> Derivation:
    above, below = _sides(leaky_relu, leaky_relu_slope, leak)
    right, left = _lines(leaky_relu, leak)
    wrong = {"the slope below": leak, "zero at zero": sp.S.Zero, "the mean of both": (1 + leak) / 2}
    code = _code(leaky_relu_slope, sp.S.One, wrong)
    return Derivation(
        id="e2",
        heading="the leaky rectified linear unit",
        functions=("activations.leaky_relu", "gradients.leaky_relu"),
        statement=say(
            "For {}: if {}, {}; if {}, {}. At zero the subgradient is all numbers from {} to one "
            "(none, if it is more than one), and {}.",
            Defined(leaky_relu(real)),
            Signed(positive),
            Proved(above, equation(above.left, 1)),
            Signed(negative),
            Proved(below, equation(below.left, leak)),
            leak,
            Proved(code),
        ),
        claims=(above, below, right, left, code),
        loss=leaky_relu(real),
        lemmas=(SIGN,),
        answer=(
            "The two chains of a line are read as in statement e, which this is where the slope "
            "below zero is zero. The code returns one at zero, as `jax.grad` of "
            "`jax.nn.leaky_relu` does; for the rectified linear unit it returns zero there. Each "
            "is in its subgradient, this one while the slope below zero is at most one."
        ),
    )


def _slope_of_sigma() -> Claim:
    x, odds = real, exp(-real) / (1 + exp(-real))
    return Claim(
        name="x",
        left=Derivative(sigma(x), x),
        steps=(
            Step(exp(-x) / (1 + exp(-x)) ** 2, "derivative of a quotient"),
            Step(sigma(x) * odds, say("split off one factor {}", sigma(x))),
            Step(sigma(x) * (1 - sigma(x)), say("{}", equation(odds, 1 - sigma(x)))),
        ),
        wrong={
            "sign": -sigma(x) * (1 - sigma(x)),
            "missing factor": 1 - sigma(x),
            "a square": sigma(x) ** 2,
            "fed its own value": sigma(sigma(x)) * (1 - sigma(sigma(x))),
            "its value taken for its argument": x * (1 - x),
        },
    )


def _reflection() -> Claim:
    x = real
    return Claim(
        name="reflection",
        left=sigma(-x),
        steps=(
            Step(1 / (1 + exp(x)), "definition"),
            Step(exp(-x) / (1 + exp(-x)), "above and below the same factor"),
            Step(1 - 1 / (1 + exp(-x)), "add and take away the same above"),
            Step(1 - sigma(x), "definition"),
        ),
        wrong={"sign": sigma(x) - 1, "an even function": sigma(x), "an odd one": -sigma(x)},
    )


def _slope_of_log() -> Claim:
    x = real
    return Claim(
        name="log",
        left=Derivative(log(sigma(x)), x),
        steps=(
            Step(Derivative(sigma(x), x) / sigma(x), "derivative of the log"),
            Step(1 - sigma(x), "put in the first formula"),
        ),
        wrong={
            "sign": sigma(x) - 1,
            "not reflected": sigma(x),
            "the slope without the log": sigma(x) * (1 - sigma(x)),
        },
    )


def _sigmoid() -> Derivation:
    derivative, reflection, of_log = _slope_of_sigma(), _reflection(), _slope_of_log()
    x = real
    return Derivation(
        id="f",
        heading="the logistic function",
        functions=("activations.sigmoid", "gradients.sigmoid"),
        statement=say(
            "For {}: {}, {} and {}.",
            Defined(sigma(x)),
            Proved(derivative),
            Proved(reflection),
            Proved(of_log),
        ),
        claims=(derivative, reflection, of_log),
        loss=(sigma(x), log(sigma(x))),
        answer=say(
            "The code computes the same number by {}, which keeps its digits where {} rounds to "
            "one. Statement g1 rests on the derivative of the log.",
            equation(sigma(x) * (1 - sigma(x)), sigma(x) * sigma(-x)),
            sigma(x),
        ),
    )


DERIVATIONS = (_relu(), _leaky_relu(), _sigmoid())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
