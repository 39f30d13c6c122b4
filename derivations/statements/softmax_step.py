"""The naive softmax's curvature, bounded all along a step: t7, beyond the handwritten answers."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, Rational, exp
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.notation import U, direction, i, k, l, softmax, total, v_c, w, x
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, Signed, equation, say
from derivations.statements.convexity import MOVED, there
from derivations.statements.curvature import SHORT, XI, M, areas, slack, squared, step
from derivations.statements.softmax import LOSS
from derivations.statements.softmax_curvature import mean
from derivations.statements.step_symbols import (
    BELOW,
    EXCESS,
    NEARER,
    PULL,
    RISE,
    SHIFT,
    TANGENT,
    Moved,
    below,
    center,
    excess,
    farthest,
    gap,
    lift,
    lowered,
    move,
    nearer,
    pull,
    raised,
    rise,
    shift,
    spare,
    tangent,
    tilt,
)

FORM = total(tilt[i] * tilt[l] * Derivative(MOVED, v_c[i], v_c[l]), l, i)


def _probability() -> Claim:
    partition = total(softmax(x) * exp(move(x)), x)
    closed = softmax(w) * exp(move(w)) / partition
    return Claim(
        name="probability",
        left=there(w),
        steps=(Step(closed, "what all scores have in common cancels"),),
        wrong={"not normalised": softmax(w) * exp(move(w)), "unmoved": softmax(w)},
        axes=(w,),
        lemma=True,
    )


def _jensen() -> Claim:
    closed = total(softmax(x) * excess[x], x)
    return Claim(
        name="partition",
        left=total(softmax(w) * exp(move(w)), w) - 1,
        steps=(
            Step(total(softmax(w) * (exp(move(w)) - 1 - move(w)), w), "the moves have mean zero"),
            Step(closed, say("{}", EXCESS)),
        ),
        wrong={"sign": -closed, "unweighted": total(excess[x], x)},
        given=(EXCESS,),
        nonnegative=True,
        lemma=True,
        too_strong={"twice": total(softmax(w) * exp(move(w)), w) - 2},
    )


def _factor() -> Claim:
    grown = exp(gap) * total(softmax(x) * excess[x], x)
    closed = there(w) * (gap + tangent + grown)
    left = exp(shift) * softmax(w) - there(w)
    return Claim(
        name="factor",
        left=left,
        steps=(
            Step(
                there(w) * (exp(gap) * total(softmax(x) * exp(move(x)), x) - 1),
                say("{}, and the formula above", SHIFT),
            ),
            Step(closed, say("{} and {}", TANGENT, EXCESS)),
        ),
        wrong={"sign": -closed, "no gap": there(w) * grown},
        given=(EXCESS, SHIFT, TANGENT),
        nonnegative=True,
        lemma=True,
        too_strong={"no factor": softmax(w) - there(w)},
    )


def _spread(a: sp.IndexedBase) -> sp.Expr:
    """Σ_w ŷξ_w ‖u_w − a‖² ‖ε‖²."""
    return total(there(w) * total((U[w, k] - a[k]) ** 2, k), w) * squared(tilt)


def _rest(a: sp.IndexedBase) -> sp.Expr:
    """What is left of it above the Hessian: squares."""
    shifted = total(there(w) * total((U[w, k] - a[k]) * tilt[k], k), w)
    return shifted**2 + total(there(w) * areas(lambda at: U[w, at] - a[at], tilt), w)


def _about() -> Claim:
    form = total(there(w) * total(U[w, k] * tilt[k], k) ** 2, w)
    variance = form - total(there(w) * total(U[w, k] * tilt[k], k), w) ** 2
    closed = _rest(center)
    return Claim(
        name="any point",
        left=_spread(center) - FORM,
        steps=(
            Step(_spread(center) - variance, "the Hessian is the covariance: statement t3"),
            Step(closed, "the mean has the least spread; Lagrange's identity, word by word"),
        ),
        wrong={"sign": -closed, "no area": total(there(w) * areas(lambda at: U[w, at], tilt), w)},
        nonnegative=True,
        too_strong={"half": _spread(center) / 2 - FORM},
    )


def _everywhere() -> Claim:
    closed = total(there(w) * nearer[w], w) * squared(tilt) + _rest(center)
    left = farthest * squared(tilt) - FORM
    return Claim(
        name="everywhere",
        left=left,
        steps=(
            Step(farthest * squared(tilt) - _spread(center) + _rest(center), "the claim above"),
            Step(closed, say("the probabilities have the sum one, and {}", NEARER)),
        ),
        wrong={"sign": -closed, "nearer left out": _rest(center)},
        given=(NEARER,),
        nonnegative=True,
        too_strong={"a tenth": farthest * squared(tilt) / 10 - FORM},
    )


def _nearby() -> Claim:
    spread = total(softmax(w) * total((U[w, k] - center[k]) ** 2, k), w)
    left = exp(shift) * spread * squared(tilt) - FORM
    less = total(below[w] * total((U[w, k] - center[k]) ** 2, k), w) * squared(tilt)
    closed = less + _rest(center)
    return Claim(
        name="nearby",
        left=left,
        steps=(
            Step(
                exp(shift) * spread * squared(tilt) - _spread(center) + _rest(center),
                "the same claim",
            ),
            Step(closed, say("{}", BELOW)),
        ),
        wrong={"sign": -closed, "nothing below": _rest(center)},
        given=(BELOW,),
        nonnegative=True,
        too_strong={"a tenth": exp(shift) * spread * squared(tilt) / 10 - FORM},
    )


def _reach() -> Claim:
    closed = areas(lambda at: U[w, at] - mean(at))
    length = total((U[w, k] - mean(k)) ** 2, k)
    return Claim(
        name="reach",
        left=length * squared(direction) - move(w) ** 2,
        steps=(Step(closed, "Lagrange's identity"),),
        wrong={"sign": -closed, "not centred": areas(lambda at: U[w, at])},
        nonnegative=True,
        lemma=True,
        too_strong={"half": length * squared(direction) / 2 - move(w) ** 2},
    )


def _moved_probability(after: type[Moved]) -> Claim:
    """With D the new partition in the old one's place, ŷ(1 − ŷ) becomes ŷ(1 − ŷ)eᵗ/D²."""
    rest = total((1 - Delta(x, w)) ** 2 * softmax(x), x)
    up = after is raised
    ours, others = (softmax(w), rest) if up else (rest, softmax(w))
    partition = others + ours * exp(rise)
    changed = ours * (rise + lift)
    closed = ours * others * exp(rise) * changed * (partition + 1) / partition**2
    return Claim(
        name="risen" if up else "fallen",
        left=exp(rise) * softmax(w) * (1 - softmax(w)) - after(w) * (1 - after(w)),
        steps=(
            Step(
                ours * others * exp(rise) * (1 - 1 / partition**2),
                say("{}, before the step and after it", equation(1 - softmax(w), rest)),
            ),
            Step(closed, say("{}", RISE)),
        ),
        wrong={"sign": -closed, "unmoved": ours * others * changed},
        given=(RISE,),
        nonnegative=True,
        lemma=True,
        too_strong={"no factor": softmax(w) * (1 - softmax(w)) - after(w) * (1 - after(w))},
    )


def _quarter() -> Claim:
    closed = (raised(w) - Rational(1, 2)) ** 2
    return Claim(
        name="a quarter",
        left=Rational(1, 4) - raised(w) * (1 - raised(w)),
        steps=(Step(closed, "a square"),),
        wrong={"sign": -closed, "no half": raised(w) ** 2},
        nonnegative=True,
        lemma=True,
        too_strong={"a fifth": Rational(1, 5) - raised(w) * (1 - raised(w))},
    )


def _within() -> Claim:
    closed = shift * (slack + step * spare) / 2
    return Claim(
        name="within reach",
        left=shift - step * pull,
        steps=(
            Step(shift - step * shift * (M - spare) / 2, say("{}", PULL)),
            Step(closed, say("{}", SHORT)),
        ),
        wrong={"sign": -closed, "nothing to spare": shift * slack / 2},
        given=(SHORT, PULL),
        nonnegative=True,
        lemma=True,
        too_strong={"half the way": shift / 2 - step * pull},
    )


def _along_a_step() -> Derivation:
    every = tuple(claim() for claim in CLAIMS)
    up, down = _moved_probability(raised), _moved_probability(lowered)
    reach, quarter, within = _reach(), _quarter(), _within()
    _, _, factor, _, everywhere, nearby = every
    spread = total(softmax(w) * total((U[w, k] - center[k]) ** 2, k), w)

    def most(claim: Claim, above: sp.Expr, below: sp.Expr) -> Proved:
        return Proved(claim, sp.Le(below, above, evaluate=False))

    between = softmax(w) * (1 - softmax(w))
    return Derivation(
        id="t7",
        heading="the softmax's bound along a step",
        functions=("softmax.evaluate",),
        for_trainer=True,
        statement=say(
            "Let the center's vector move from {} by {}. With {}, where {} and {}: {}. With {}, "
            "{}, {} and {}, where {} and {}: {}; so that for {}, where {}, {}. For the outside "
            "vector of one word, with {}, where {}: {} and {}, where its score has moved by {}. A "
            "step moves no score by more if {} and {}, where {} and {}: {}.",
            arrays.v_c,
            XI,
            NEARER,
            Signed(farthest),
            Signed(nearer[w]),
            most(everywhere, farthest * squared(tilt), FORM),
            EXCESS,
            SHIFT,
            TANGENT,
            Defined(move(w)),
            Signed(shift),
            Signed(gap, tangent, excess[w]),
            most(factor, exp(shift) * softmax(w), there(w)),
            BELOW,
            Signed(below[w]),
            most(nearby, exp(shift) * spread * squared(tilt), FORM),
            RISE,
            Signed(rise, lift),
            most(up, exp(rise) * between, raised(w) * (1 - raised(w))),
            most(down, exp(rise) * between, lowered(w) * (1 - lowered(w))),
            rise,
            SHORT,
            PULL,
            Signed(M, step),
            Signed(slack, spare, pull),
            most(within, shift, step * pull),
        ),
        claims=(*every, reach, up, down, quarter, within),
        loss=(LOSS, MOVED),
        lemmas=(
            say(
                "an exponential is nowhere below its tangent at zero: {} is not negative", excess[w]
            ),
            "the distance of two points is at most the sum of their distances from a third",
        ),
        answer=say(
            "A window's loss by its center has the Hessian above once for each outside word. By an "
            "outside vector it is, wherever that vector is, the probability multiplied by that of "
            "all other words, and by the square of the center's vector along the direction "
            "(statement t3); the last claim but one bounds it for scores however far they move. "
            "The score of a word rises above the mean of all by no more than the length of the "
            "step multiplied by the distance of {} from the mean, which is at most the largest "
            "distance from a fixed point and that of the mean from it together. The second bound "
            "is least about the mean, where the step begins. Windows add up: if all of "
            "them are within reach, the bounds of their sum are the sums of theirs. So a step may "
            "choose the smaller of the two bounds, and of the second any {} for which the bound "
            "on the rate keeps the step within reach. All other rows are held.",
            arrays.u(w),
            shift,
        ),
        care="A bound that holds where a step begins may fail on the way: statement t4 needs more.",
    )


CLAIMS = (_probability, _jensen, _factor, _about, _everywhere, _nearby)
DERIVATIONS = (_along_a_step(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
