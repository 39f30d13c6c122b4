"""CBOW, whose outside words stand for one vector, their mean or their sum: j1, j2, j3.

Programs differ. word2vec.c, fastText and gensim 4.4 divide the mean and leave its gradient
undivided, as many times too large as there are words (kōan: Irsoy, Benton and Stratos, "Corrected
CBOW performs as well as skip-gram", arXiv 2012.15332); gensim 4.4 divides the gradient of the sum.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, Min
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.notation import Loss, U, centers, d, i, k, l, m, o, total, w, x
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, equation, say
from derivations.statements.bag_symbols import (
    SeenWord,
    Slope,
    W,
    at_mean,
    at_sum,
    bag,
    by_mean,
    by_mean_twice,
    by_sum,
    by_table_at_mean,
    by_table_at_sum,
    concrete,
    mean_loss,
    mean_of_bag,
    rho,
    sum_loss,
    sum_of_bag,
    times_in_bag,
)

MEAN, SUM = mean_loss(), sum_loss()
COUNT = times_in_bag(w)
ONCE = Min(1, COUNT)
SHARE = COUNT / W
OWN = sp.Mul(1, 1 / W, evaluate=False)  # a place's share; as a product it is printed apart
H = arrays.vector(r"\vec{h}", "h⃗", d, lambda i: mean_of_bag(i))
S = arrays.vector(r"\vec{s}", "s⃗", d, lambda i: sum_of_bag(i))
BY_H = arrays.part(H, lambda i, _: by_mean(i))
BY_S = arrays.part(S, lambda i, _: by_sum(i))


def _apart(*factors: sp.Expr) -> sp.Expr:
    """A product whose factors stand side by side on the page."""
    return sp.Mul(*factors, evaluate=False)


def _differentiable(loss: SeenWord, vector: arrays.Array) -> str:
    return say(
        "the chain rule, which is built in and not derived: {} is differentiable in the entries "
        "of {} and {}, and nothing else is known about it",
        loss,
        vector,
        arrays.U,
    )


def _table(loss: Loss, slope: type[Slope], vector: arrays.Array) -> Claim:
    closed = slope(w, i)
    return Claim(
        name="U",
        left=Derivative(loss, U[w, i]),
        steps=(
            Step(
                total(slope(x, k) * Delta(w, x) * Delta(i, k), k, x),
                say("the chain rule, built in; no entry of {} is one of {}", vector, arrays.U),
            ),
            Step(closed, "the term of this entry is left"),
        ),
        wrong={
            "sign": -closed,
            "a mean of the gradient": _apart(OWN, closed),
            "the seen word's row alone": Delta(w, o) * closed,
            "transposed": slope(i, w),
        },
        axes=(w, i),
        concrete=concrete,
    )


def _mean() -> Derivation:
    by, slope = centers[w, i], by_mean(i)
    closed = _apart(SHARE, slope)
    moved = total(Delta(w, bag[rho]), rho) * Delta(i, k) / W
    claim = Claim(
        name="v_w",
        left=Derivative(MEAN, by),
        steps=(
            Step(
                total(by_mean(k) * Derivative(mean_of_bag(k), by), k),
                say("the chain rule, built in; no entry of {} is one of {}", arrays.U, arrays.v(w)),
            ),
            Step(
                total(_apart(by_mean(k), moved), k),
                say("each place of the bag that holds {} moves the mean", w),
            ),
            Step(closed, say("the term of {} is left, and the places are counted", i)),
        ),
        wrong={
            "sign": _apart(-SHARE, slope),
            "the mean divided, its gradient not": COUNT * slope,
            "the size of a whole window": _apart(COUNT / (2 * m), slope),
            "a repeated word counted once": _apart(ONCE / W, slope),
            "every word moved": _apart(OWN, slope),
        },
        axes=(w, i),
        concrete=concrete,
    )
    by_table = _table(MEAN, by_table_at_mean, H)
    return Derivation(
        id="j1",
        heading="a bag of words, by its mean",
        functions=("losses.cbow", "gradients.cbow"),
        statement=say(
            "Let {} words stand for the mean of their center vectors, {}, and {} of them be the "
            "word {}. For {}: {} and {}.",
            W,
            Defined(mean_of_bag(i)),
            Defined(COUNT),
            w,
            Defined(MEAN),
            Proved(claim, SHARE * BY_H),
            Proved(by_table, arrays.part(arrays.U, lambda i, w: by_table_at_mean(w, i))),
        ),
        claims=(claim, by_table),
        loss=MEAN,
        lemmas=(_differentiable(at_mean(), H),),
        answer=say(
            "This is CBOW: the outside words of a window are the bag, their vectors are rows of "
            "the table of center vectors, and {} is the loss of the word {} between them, whose "
            "vector is a row of the outside table. {} is how many words the window has, fewer at "
            "the edges of a text. Each place counts, {}: a word that is there twice moves twice as "
            "far, and one that is not there does not move. Some programs divide the mean but not "
            "its gradient: every word moves too far, by the factor {}, which differs from bag to "
            "bag, so that no one rate makes up for it.",
            at_mean(),
            o,
            W,
            equation(total(COUNT, w), W),
            W,
        ),
    )


def _sum() -> Derivation:
    by, slope = centers[w, i], by_sum(i)
    closed = COUNT * slope
    claim = Claim(
        name="v_w",
        left=Derivative(SUM, by),
        steps=(
            Step(
                total(by_sum(k) * Derivative(sum_of_bag(k), by), k),
                say("the chain rule, built in; no entry of {} is one of {}", arrays.U, arrays.v(w)),
            ),
            Step(
                total(by_sum(k) * total(Delta(w, bag[rho]), rho) * Delta(i, k), k),
                say("each place of the bag that holds {} moves the sum", w),
            ),
            Step(closed, say("the term of {} is left, and the places are counted", i)),
        ),
        wrong={
            "sign": -closed,
            "the gradient divided, the sum not": _apart(SHARE, slope),
            "a repeated word counted once": ONCE * slope,
            "every word moved": slope,
        },
        axes=(w, i),
        concrete=concrete,
    )
    by_table = _table(SUM, by_table_at_sum, S)
    return Derivation(
        id="j2",
        heading="a bag of words, by its sum",
        functions=("losses.cbow", "gradients.cbow"),
        statement=say(
            "Let {} words stand for the sum of their center vectors, {}, and {} of them be the "
            "word {}. For {}: {} and {}.",
            W,
            Defined(sum_of_bag(i)),
            Defined(COUNT),
            w,
            Defined(SUM),
            Proved(claim, COUNT * BY_S),
            Proved(by_table, arrays.part(arrays.U, lambda i, w: by_table_at_sum(w, i))),
        ),
        claims=(claim, by_table),
        loss=SUM,
        lemmas=(_differentiable(at_sum(), S),),
        answer=(
            "What is not divided on the way to the loss is not divided on the way back, as some "
            "programs do. The sum grows with the number of words, and so does what a bag moves in "
            "all."
        ),
    )


def _curvature() -> Derivation:
    slope = by_mean_twice(i, l)
    closed = _apart(SHARE**2, slope)
    claim = Claim(
        name="Hessian",
        left=Derivative(MEAN, centers[w, i], centers[w, l]),
        steps=(
            Step(Derivative(_apart(SHARE, by_mean(i)), centers[w, l]), "statement j1"),
            Step(
                SHARE * total(by_mean_twice(i, k) * Derivative(mean_of_bag(k), centers[w, l]), k),
                "the chain rule once more",
            ),
            Step(closed, "the mean moves as in statement j1"),
        ),
        wrong={
            "sign": _apart(-(SHARE**2), slope),
            "the square of one place's share, added up": _apart(COUNT / W**2, slope),
            "the share instead of its square": _apart(SHARE, slope),
            "one place's share instead of the square": _apart(OWN, slope),
            "a repeated word counted once": _apart(ONCE / W**2, slope),
        },
        axes=(w, i, l),
        concrete=concrete,
    )
    here = Delta(w, bag[rho])
    return Derivation(
        id="j3",
        heading="the curvature of a bag",
        statement=say(
            "Let {} words stand for the mean of their center vectors, {}, and {} of them be the "
            "word {}. For {}: {}.",
            W,
            Defined(mean_of_bag(i)),
            Defined(COUNT),
            w,
            Defined(MEAN),
            Proved(claim),
        ),
        claims=(claim,),
        loss=MEAN,
        lemmas=(
            say(
                "the chain rule, which is built in and not derived: {} is twice differentiable in "
                "the entries of {}, and nothing else is known about it",
                at_mean(),
                H,
            ),
        ),
        answer=say(
            "The factor is the square of a word's share of the bag: a bound on the curvature by "
            "the mean, multiplied by it, is one by the word's own vector. In code it is added up "
            "over the places of a bag, so each place that holds the word carries the share of the "
            "word multiplied by that of the place: {}. With the square of the place's own share it "
            "would come out too small wherever a word repeats, {}, and a step could be longer than "
            "the bound allows.",
            equation(total(_apart(here, COUNT / W**2), rho), COUNT**2 / W**2),
            equation(total(here / W**2, rho), COUNT / W**2),
        ),
    )


DERIVATIONS = (_mean(), _sum(), _curvature())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
