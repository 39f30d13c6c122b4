"""What the trainer's step sizes rely on: t1, t2 and t4, beyond the handwritten answers."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import mpmath
import sympy as sp
from sympy import Derivative, Rational, log

from derivations.engine import arrays
from derivations.engine.assumptions import equal
from derivations.engine.evaluation import Values
from derivations.engine.notation import (
    Loss,
    RowProduct,
    bounds,
    d,
    direction,
    eta,
    i,
    index,
    k,
    l,
    number,
    sigma,
    table,
    total,
    unfold,
)
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, Signed, say

real = number("x", "a real number", real=True)
N = number("N", "how many pairs a row takes part in", integer=True, positive=True)
pair = index("pair", (sp.Integer(0), N - 1), "a pair that a row takes part in", latex="p")
row = table("row", d, latex=r"\vec{r}", meaning="a row of either table")
others = table(
    "others",
    N,
    d,
    latex=r"\vec{x}",
    meaning=r"$\vec{x}_p$ is the vector that pair $p$ joins to the row",
)
weights = table("weights", N, latex=r"\omega", meaning="how much a pair counts", positive=True)
labels = table(
    "labels",
    N,
    latex=r"\chi",
    meaning=r"$\chi_p$ is 1 for a word that was seen, 0 for a negative",
    integer=True,
    nonnegative=True,
)
bounds["labels"] = (sp.S.Zero, sp.S.One)
ROW = arrays.vector(r"\vec{r}", "r⃗", d, lambda i: row[i])
XI = arrays.vector(r"\xi", "ξ", d, lambda i: direction[i])


def squared(vector: sp.IndexedBase, *first: sp.Expr) -> sp.Expr:
    """The squared length of a vector, or of a row of a table."""
    return total(vector[(*first, k)] ** 2, k)


def areas(entry: Any, other: sp.IndexedBase = direction) -> sp.Expr:
    """½ Σ_i Σ_l (a_i b_l − a_l b_i)², which is ‖a‖²‖b‖² − (aᵀb)² by Lagrange's identity."""
    return total((entry(i) * other[l] - entry(l) * other[i]) ** 2, l, i) / 2


def along(entry: Any, other: sp.IndexedBase = direction) -> sp.Expr:
    """The product of a vector, given by its entries, with another."""
    return total(entry(k) * other[k], k)


def _quarter() -> Derivation:
    slope = sigma(real) * (1 - sigma(real))
    closed = (sigma(real) - Rational(1, 2)) ** 2
    claim = Claim(
        name="bound",
        left=Rational(1, 4) - Derivative(sigma(real), real),
        steps=(
            Step(Rational(1, 4) - slope, "statement f"),
            Step(closed, "a square, never negative"),
        ),
        wrong={"sign": -closed, "no half": sigma(real) ** 2},
        nonnegative=True,
        too_strong={"a fifth": Rational(1, 5) - slope},
    )
    most = sp.Le(Derivative(sigma(real), real), Rational(1, 4), evaluate=False)
    return Derivation(
        id="t1",
        heading="the slope of the logistic function is at most a quarter",
        functions=("objectives.segments_at",),
        for_trainer=True,
        statement=say("{}.", Proved(claim, most)),
        claims=(claim,),
        loss=sigma(real),
    )


class logit(RowProduct):
    """The logit of a pair, x_pᵀ r."""

    factors, unicode = (r"\vec{x}", r"\vec{r}"), "x_{}ᵀr"

    def definition(self) -> sp.Expr:
        return total(others[self.args[0], k] * row[k], k)


class row_loss(Loss):
    """The loss of a row under negative sampling, with all pairs that it takes part in."""

    symbol, name = r"J_{\mathrm{row}}", "J_row"
    meaning = "the negative-sampling loss of all pairs that a row takes part in"

    def definition(self) -> sp.Expr:
        seen = labels[pair] * log(sigma(logit(pair)))
        negative = (1 - labels[pair]) * log(sigma(-logit(pair)))
        return -total(weights[pair] * (seen + negative), pair)


class moved_row(Loss):
    """The same loss where the row has moved along a direction."""

    symbol, name = r"J_{\mathrm{row}}(\vec{r} + \eta\, \xi)", "J_row(r + η ξ)"
    meaning = "the negative-sampling loss of a row that has moved along a direction"

    def definition(self) -> sp.Expr:
        return unfold(ROW_LOSS).replace(
            lambda e: isinstance(e, sp.Indexed) and e.base == row,
            lambda e: e + eta * direction[e.indices[0]],
        )


ROW_LOSS, MOVED_ROW = row_loss(), moved_row()


def _bend(slope: sp.Expr) -> sp.Expr:
    """Σ_p ω_p σ' (x_pᵀ ξ)²."""
    return total(weights[pair] * slope * along(lambda at: others[pair, at]) ** 2, pair)


def _bound(loss: sp.Expr, at: sp.Expr, name: str, bend: sp.Expr) -> Claim:
    """What is left between the bound and the second derivative along ξ."""
    slope = sigma(at) * (1 - sigma(at))
    limit = total(weights[pair] * squared(others, pair), pair) * squared(direction)
    spare = (sigma(at) - Rational(1, 2)) ** 2 * along(lambda at: others[pair, at]) ** 2
    closed = total(weights[pair] * (spare + areas(lambda at: others[pair, at]) / 4), pair)
    return Claim(
        name=name,
        left=limit / 4 - bend,
        steps=(
            Step(limit / 4 - _bend(slope), "the Hessian, pair by pair"),
            Step(closed, "statement t1, and Lagrange's identity: weighted sums of squares"),
        ),
        wrong={"sign": -closed, "no area": total(weights[pair] * spare, pair)},
        nonnegative=True,
        too_strong={"a fifth": limit / 5 - _bend(slope)},
    )


def _row_curvature() -> Derivation:
    slope = sigma(logit(pair)) * (1 - sigma(logit(pair)))
    hessian = total(weights[pair] * slope * others[pair, i] * others[pair, l], pair)
    first = -total(weights[pair] * (labels[pair] - sigma(logit(pair))) * others[pair, i], pair)
    unweighted = total(slope * others[pair, i] * others[pair, l], pair)
    second = Claim(
        name="Hessian",
        left=Derivative(ROW_LOSS, row[i], row[l]),
        steps=(
            Step(Derivative(first, row[l]), "statement f, in every pair"),
            Step(hessian, "statement f again; the label is gone"),
        ),
        wrong={"sign": -hessian, "unweighted": unweighted},
        axes=(i, l),
    )
    form = total(direction[i] * direction[l] * Derivative(ROW_LOSS, row[i], row[l]), l, i)
    bound = _bound(ROW_LOSS, logit(pair), "bound", form)
    return Derivation(
        id="t2",
        heading="curvature of negative sampling",
        functions=("objectives.segments_at",),
        for_trainer=True,
        statement=say(
            "For {}: {}. Wherever the row is, and for every {}, {}.",
            Defined(ROW_LOSS),
            Proved(second),
            XI,
            Proved(bound, sp.Le(form, bound.left + form, evaluate=False)),
        ),
        claims=(second, bound),
        loss=ROW_LOSS,
        answer=(
            "The row may be that of a center or of an outside word. It is the only one that moves; "
            "two rows of a pair moving together are outside this bound."
        ),
    )


g = table("g", d, meaning="the gradient; any vector, where no more is assumed of it")
M = number("M", "a bound on the bend of the loss, all along a step", positive=True)
step = number("eta", "how far a step goes, as a multiple of its direction", r"\eta", positive=True)
start = number("start", "the loss before a step", r"J_0", real=True)
end = number("end", "the loss after a step", r"J_\eta", real=True)
incline = number("incline", "the slope of the loss along a step, where it begins", "J'", real=True)
bend = number("bend", "the second derivative of the loss somewhere along a step", "J''", real=True)
room = number("room", "by how much a bend stays below its bound", r"\varrho", nonnegative=True)
slack = number("slack", "what a step leaves of 2", r"\tau", nonnegative=True)
LENGTH = squared(g)


def _set_end(values: Values) -> None:
    half = values["eta"] ** 2 * values["bend"] / 2
    values["end"] = values["start"] + values["eta"] * values["incline"] + half


def _set_incline(values: Values) -> None:
    values["incline"] = -sum(values["g"] ** 2)


def _set_bend(values: Values) -> None:
    values["bend"] = values["M"] * sum(values["g"] ** 2) - values["room"]


def _set_bound(values: Values) -> None:
    values["slack"] = min(values["slack"], mpmath.mpf("1.5"))  # a bound is more than 0
    values["M"] = (2 - values["slack"]) / values["eta"]


DOWN = equal(incline, -LENGTH, _set_incline)
BENT = equal(bend, M * LENGTH - room, _set_bend)
TAYLOR = equal(end, start + step * incline + step**2 * bend / 2, _set_end)
SHORT = equal(M, (2 - slack) / step, _set_bound)


def _decrease() -> Claim:
    promised = step * LENGTH - step**2 * M * LENGTH / 2
    closed = step**2 * room / 2
    return Claim(
        name="decrease",
        left=start - end - step * (1 - step * M / 2) * LENGTH,
        steps=(
            Step(-step * incline - step**2 * bend / 2 - promised, say("{}", TAYLOR)),
            Step(closed, say("{} and {}", DOWN, BENT)),
        ),
        wrong={"sign": -closed, "no half": step**2 * room},
        given=(DOWN, BENT, TAYLOR),
        nonnegative=True,
        lemma=True,
        too_strong={"the whole slope": start - end - step * LENGTH},
    )


def _promise() -> Claim:
    closed = slack * step * LENGTH / 2
    return Claim(
        name="promise",
        left=step * (1 - step * M / 2) * LENGTH,
        steps=(Step(closed, say("{}", SHORT)),),
        wrong={"sign": -closed, "no half": slack * step * LENGTH},
        given=(SHORT,),
        nonnegative=True,
        lemma=True,
        too_strong={"as much as the slope": (step * (1 - step * M / 2) - step) * LENGTH},
    )


def _along_a_row() -> tuple[Claim, Claim]:
    """What the lemma needs to know of the loss of a row."""
    there = total(others[pair, k] * (row[k] + eta * direction[k]), k)
    moved = sigma(there) - labels[pair]
    slope = total(weights[pair] * moved * along(lambda at: others[pair, at]), pair)
    first = Claim(
        name="slope",
        left=Derivative(MOVED_ROW, eta),
        steps=(
            Step(slope, "the chain rule, and statement f in every pair"),
            Step(
                along(lambda at: total(weights[pair] * moved * others[pair, at], pair)),
                "the product of the gradient, where the row is now, with the direction",
            ),
        ),
        wrong={"sign": -slope, "the start": slope.subs(eta, 0)},
    )
    second = Derivative(MOVED_ROW, eta, eta)
    return first, _bound(MOVED_ROW, there, "bend", second)


def _step() -> Derivation:
    decrease, promise, (first, second) = _decrease(), _promise(), _along_a_row()
    lowered = sp.Ge(start - end, step * (1 - step * M / 2) * LENGTH, evaluate=False)
    return Derivation(
        id="t4",
        heading="a bounded step descends",
        functions=("optimizers.curvature_bounded_sgd",),
        for_trainer=True,
        statement=say(
            "Let one row move against its gradient {}, all others held, and let no eigenvalue of "
            "its Hessian exceed {} anywhere on the way, so that always {}, where {}. Then, for {}, "
            "since {} and {}, {}. If {}, where {}, this is a decrease: {}.",
            arrays.vector("g", "g", d, lambda i: g[i]),
            M,
            BENT,
            Signed(room),
            Signed(M, step),
            DOWN,
            TAYLOR,
            Proved(decrease, lowered),
            SHORT,
            Signed(slack),
            Proved(promise),
        ),
        claims=(decrease, promise, first, second),
        loss=(ROW_LOSS, MOVED_ROW),
        lemmas=(
            say(
                "Taylor's formula with Lagrange's remainder: {} for the second derivative at some "
                "place between the two ends of the step",
                TAYLOR,
            ),
            "that the slope at the start is the negative square of the gradient is statement b3 "
            "for the naive softmax, and the chain below for negative sampling",
        ),
        answer=say(
            "The trainer bounds the rate of a row so that the rate, multiplied by the bound, is at "
            "most its step bound; below two, what it multiplies is what is left of two. For "
            "negative sampling the last chain bounds the bend wherever the row is; for the naive "
            "softmax statement t7 bounds it along the step. Only one row moves here. In training "
            "all rows of a batch move together, which this does not cover; that a larger step "
            "bound trains well, too, is experience and not proof.",
        ),
        care=(
            "The bound must hold all along the step. One that holds where the step begins promises "
            "nothing: with one center, three words and one dimension the loss may grow by any "
            "factor, such as from twelve to above fifty thousand."
        ),
    )


DERIVATIONS = (_quarter(), _row_curvature(), _step())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
