"""The gradients of the negative-sampling loss: statements g1 and h."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, log
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.assumptions import different, distinct_negatives
from derivations.engine.notation import (
    Loss,
    U,
    i,
    k,
    negatives,
    o,
    r,
    s,
    score,
    sigma,
    total,
    v_c,
    w,
)
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, say


class negative(Loss):
    """The negative-sampling loss, −log σ(u_oᵀv_c) − Σ_s log σ(−u_{w_s}ᵀv_c)."""

    symbol, meaning = r"J_{\mathrm{neg}}", "the negative-sampling loss"
    name = "J_neg"

    def definition(self) -> sp.Expr:
        return -log(sigma(score(o))) - total(log(sigma(-score(negatives[s]))), s)


LOSS = negative()

DISTINCT = distinct_negatives()
NOT_O = different(negatives[s], o, s)

SLOPE = "the derivative of the log of the logistic function by statement f, and the chain rule"


def _positive(word: sp.Expr) -> sp.Expr:
    """1 − σ(u·v), the weight of a true outside word."""
    return 1 - sigma(score(word))


def _pull(by: sp.Expr) -> sp.Expr:
    """−(1 − σ(u_oᵀ v_c)), the slope of the true word's term, times the slope of its score."""
    return -(_positive(o) * by)


def _negative(word: sp.Expr) -> sp.Expr:
    """1 − σ(−u·v), the weight of a negative."""
    return 1 - sigma(-score(word))


def _center() -> Claim:
    closed = _pull(U[o, i]) + total(_negative(negatives[s]) * U[negatives[s], i], s)
    return Claim(
        name="v_c",
        left=Derivative(LOSS, v_c[i]),
        steps=(
            Step(
                _pull(Derivative(score(o), v_c[i]))
                - total(_negative(negatives[s]) * Derivative(-score(negatives[s]), v_c[i]), s),
                SLOPE,
            ),
            Step(
                _pull(total(U[o, k] * Delta(i, k), k))
                + total(_negative(negatives[s]) * total(U[negatives[s], k] * Delta(i, k), k), s),
                "derivative of a product; the two signs of a negative cancel",
            ),
            Step(closed, "one term of each inner sum is left"),
        ),
        wrong={
            "sign": -closed,
            "sign of the negatives": _pull(U[o, i])
            - total(_negative(negatives[s]) * U[negatives[s], i], s),
            "missing negatives": _pull(U[o, i]),
            "missing positive": closed + _positive(o) * U[o, i],
            "not reflected": _pull(U[o, i])
            + total(_positive(negatives[s]) * U[negatives[s], i], s),
            "transposed": -_positive(o) * U[i, o]
            + total(_negative(negatives[s]) * U[i, negatives[s]], s),
        },
        axes=(i,),
    )


def _true() -> Claim:
    by = U[o, i]
    closed = _pull(v_c[i])
    return Claim(
        name="u_o",
        left=Derivative(LOSS, by),
        steps=(
            Step(
                _pull(v_c[i]) + total(Delta(negatives[s], o) * _negative(negatives[s]) * v_c[i], s),
                say("a score moves with {} only if it is that of {}", arrays.u(o), o),
            ),
            Step(closed, say("{}", NOT_O)),
        ),
        wrong={"sign": -closed, "not reflected": -sigma(score(o)) * v_c[i]},
        axes=(i,),
        given=(NOT_O,),
    )


def _drawn() -> Claim:
    word = negatives[r]
    closed = _negative(word) * v_c[i]
    return Claim(
        name="u_negatives",
        left=Derivative(LOSS, U[word, i]),
        steps=(
            Step(
                _pull(Delta(o, word) * v_c[i])
                + total(Delta(negatives[s], word) * _negative(negatives[s]) * v_c[i], s),
                "a score moves with the vector of its own word",
            ),
            Step(
                total(Delta(s, r) * _negative(negatives[s]) * v_c[i], s),
                say("{}, and no two negatives are the same", NOT_O),
            ),
            Step(closed, say("one term is left, that of {}", r)),
        ),
        wrong={
            "sign": -closed,
            "not reflected": _positive(word) * v_c[i],
            "every negative": total(_negative(negatives[s]) * v_c[i], s) + closed,
        },
        axes=(r, i),
        given=(NOT_O, DISTINCT),
    )


def _gradients() -> Derivation:
    center, true, drawn = _center(), _true(), _drawn()
    word = negatives[r]
    return Derivation(
        id="g1",
        heading="negative sampling, distinct words",
        functions=("gradients.negative_sampling_rows",),
        statement=say(
            "For {}: {}. If {}, {}; if also {}, {}.",
            Defined(LOSS),
            Proved(
                center,
                -(_positive(o) * arrays.u(o))
                + arrays.summed(_negative(negatives[s]) * arrays.u(negatives[s]), s),
            ),
            NOT_O,
            Proved(true, -(_positive(o) * arrays.v_c)),
            DISTINCT,
            Proved(drawn, _negative(word) * arrays.v_c),
        ),
        claims=(center, true, drawn),
        loss=LOSS,
        answer=say(
            "The gradient by {} needs no assumption. The other two hold as written only if "
            "no word is named twice: statement h says what they are otherwise.",
            arrays.v_c,
        ),
        care=say("A word drawn twice, and {} among the negatives.", o),
    )


def _weight(word: sp.Expr) -> sp.Expr:
    """How much of v_c the gradient by a word's vector is: a term each time it is named."""
    pushes = total(Delta(negatives[s], word) * _negative(word), s)
    return -Delta(word, o) * _positive(word) + pushes


def _repeated() -> Derivation:
    closed = _weight(w) * v_c[i]
    once = sp.Min(1, total(Delta(negatives[s], w), s))
    claim = Claim(
        name="u_w",
        left=Derivative(LOSS, U[w, i]),
        steps=(
            Step(
                _pull(Derivative(score(o), U[w, i]))
                + total(_negative(negatives[s]) * Derivative(score(negatives[s]), U[w, i]), s),
                SLOPE,
            ),
            Step(
                _pull(Delta(o, w) * v_c[i])
                + total(Delta(negatives[s], w) * _negative(negatives[s]) * v_c[i], s),
                "a score moves with the vector of its own word",
            ),
            Step(closed, "where a delta is not zero its two words are the same"),
        ),
        wrong={
            "sign": -closed,
            "repeats counted once": (-Delta(w, o) * _positive(w) + once * _negative(w)) * v_c[i],
            "the seen word's own term lost": closed + Delta(w, o) * _positive(w) * v_c[i],
            "the seen word dropped from the negatives": closed
            - Delta(w, o) * total(Delta(negatives[s], w), s) * _negative(w) * v_c[i],
        },
        axes=(w, i),
    )
    return Derivation(
        id="h",
        heading="negative sampling, repeated words",
        functions=("gradients.negative_sampling",),
        statement=say(
            "For any negatives, repeated or not, and {} among them or not: {}.",
            o,
            Proved(claim, _weight(w) * arrays.v_c),
        ),
        claims=(claim,),
        loss=LOSS,
        answer=say(
            "A word that is drawn again receives its term again, and a word that is neither "
            "{} nor drawn receives nothing. If {} is drawn among the negatives both of its "
            "terms add: one pulls it to the center, the other pushes it away. In code this is a "
            "scatter that adds; one that sets would count repeats once.",
            o,
            o,
        ),
        care=say("What happens when {} is among the negatives: both terms add.", o),
    )


GRADIENTS = _gradients()
DERIVATIONS = (GRADIENTS, _repeated())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
