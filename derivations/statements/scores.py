"""The naive softmax as a function of its scores: statements s1 and s2, beyond the answers."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, exp, log
from sympy import KroneckerDelta as Delta

from derivations.engine.assumptions import different, wherever
from derivations.engine.evaluation import Values
from derivations.engine.notation import (
    Entry,
    Loss,
    V,
    index,
    o,
    one_hot,
    score,
    scores,
    softmax,
    total,
    w,
    words,
    x,
)
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, equation, say
from derivations.statements.softmax import LOSS as OF_VECTORS
from derivations.statements.softmax import naive

third = index("wsecond", words, "a third word", latex="w''")
PARTITION = total(exp(scores[third]), third)


class predicted(Entry):
    """The softmax of any scores, ŷ_w = exp(z_w) / Σ_w'' exp(z_w'')."""

    symbol, meaning, unicode = softmax.symbol, softmax.meaning, softmax.unicode

    def definition(self) -> sp.Expr:
        return exp(scores[self.args[0]]) / PARTITION


class naive_of_scores(Loss):
    """The naive-softmax loss as a function of its scores."""

    symbol, name = rf"{naive.symbol}(z)", f"{naive.name}(z)"
    meaning = "the naive-softmax loss of any scores"

    def definition(self) -> sp.Expr:
        return -log(predicted(o))


LOSS = naive_of_scores()


def _set_scores(values: Values) -> None:
    values["scores"] = values["U"] @ values["v_c"]


PRODUCTS = wherever(scores[w], score(w), _set_scores)


def _slope() -> Claim:
    closed = predicted(w) - one_hot(w)
    errors = 2 * (predicted(x) - one_hot(x))
    squared_error = total(errors * predicted(x) * (Delta(w, x) - predicted(w)), x)
    return Claim(
        name="z_w",
        left=Derivative(LOSS, scores[w]),
        steps=(
            Step(
                -Derivative(scores[o], scores[w]) + Derivative(PARTITION, scores[w]) / PARTITION,
                "log of a quotient, derivative of a log",
            ),
            Step(
                -Delta(o, w) + total(exp(scores[third]) * Delta(third, w), third) / PARTITION,
                "each score moves alone",
            ),
            Step(-Delta(o, w) + exp(scores[w]) / PARTITION, "one term of the sum is left"),
            Step(closed, "recognise the softmax and the one-hot vector"),
        ),
        wrong={
            "sign": -closed,
            "the truth forgotten": predicted(w),
            "one taken from every word": predicted(w) - 1,
            "only the seen word": (predicted(w) - 1) * one_hot(w),
            "not normalised": exp(scores[w]) - one_hot(w),
            "partition function constant": -one_hot(w),
            "a mean over words": closed / V,
            "a logarithm to base two": closed / log(2),
            "the slope of a square error": squared_error,
        },
        axes=(w,),
    )


def _of_products() -> Claim:
    return Claim(
        name="the loss of the vectors",
        left=LOSS,
        steps=(
            Step(
                -log(exp(score(o)) / total(exp(score(x)), x)),
                say("{}", equation(scores[w], score(w))),
            ),
            Step(OF_VECTORS, "the softmax of statement a"),
        ),
        wrong={"not normalised": -score(o), "sign": -OF_VECTORS},
        given=(PRODUCTS,),
    )


def _by_scores() -> Derivation:
    slope, vectors = _slope(), _of_products()
    return Derivation(
        id="s1",
        heading="naive softmax, by its scores",
        statement=say("For {} and {}: {}.", Defined(LOSS), Defined(predicted(w)), Proved(slope)),
        claims=(slope, vectors),
        loss=LOSS,
        answer=say(
            "Where {}, this is the loss of statements b1 and c, whose gradients are the products "
            "of this slope and those of the score.",
            PRODUCTS,
        ),
    )


def _jacobian() -> Claim:
    closed = predicted(w) * (Delta(w, x) - predicted(x))
    own, other = exp(scores[w]), exp(scores[x])
    return Claim(
        name="ŷ_w",
        left=Derivative(predicted(w), scores[x]),
        steps=(
            Step(
                Derivative(own, scores[x]) / PARTITION
                - own * Derivative(PARTITION, scores[x]) / PARTITION**2,
                "derivative of a quotient",
            ),
            Step(
                own * Delta(w, x) / PARTITION - own * other / PARTITION**2,
                "each score moves alone",
            ),
            Step(closed, "recognise the softmax"),
        ),
        wrong={
            "sign": -closed,
            "the diagonal alone": closed * Delta(w, x),
            "the diagonal everywhere": predicted(w) * (1 - predicted(w)),
            "partition function constant": predicted(w) * Delta(w, x),
            "the slope of its log": Delta(w, x) - predicted(x),
            "no one on the diagonal": -predicted(w) * predicted(x),
        },
        axes=(w, x),
    )


def _cases(closed: sp.Expr) -> tuple[Claim, Claim]:
    other = different(w, x)
    return (
        Claim(
            name="diagonal",
            left=Derivative(predicted(w), scores[w]),
            steps=(Step(closed.subs(x, w), "the first formula, whose delta is one"),),
            wrong={"beside it": -(predicted(w) ** 2), "sign": predicted(w) * (predicted(w) - 1)},
            axes=(w,),
        ),
        Claim(
            name="beside it",
            left=Derivative(predicted(w), scores[x]),
            steps=(
                Step(closed, "the first formula"),
                Step(-predicted(w) * predicted(x), "the delta is zero"),
            ),
            wrong={
                "untouched": sp.S.Zero,
                "sign": predicted(w) * predicted(x),
                "as on the diagonal": predicted(w) * (1 - predicted(w)),
            },
            axes=(w, x),
            given=(other,),
        ),
    )


def _symmetric() -> Claim:
    one, two = Derivative(predicted(w), scores[x]), Derivative(predicted(x), scores[w])
    return Claim(
        name="symmetric",
        left=one - two,
        steps=(
            Step(
                predicted(w) * (Delta(w, x) - predicted(x))
                - predicted(x) * (Delta(x, w) - predicted(w)),
                "the first formula, twice",
            ),
            Step(sp.S.Zero, "the same products in another order"),
        ),
        wrong={"twice": 2 * predicted(w) * (Delta(w, x) - predicted(x))},
        axes=(w, x),
        vanishes=True,
    )


def _rows() -> Claim:
    return Claim(
        name="rows",
        left=total(Derivative(predicted(w), scores[x]), x),
        steps=(
            Step(
                total(predicted(w) * (Delta(w, x) - predicted(x)), x),
                "the first formula",
            ),
            Step(predicted(w) - predicted(w) * total(predicted(x), x), "one delta is left"),
            Step(sp.S.Zero, "probabilities add up to one"),
        ),
        wrong={
            "the diagonal alone": predicted(w) * (1 - predicted(w)),
            "partition function constant": predicted(w),
        },
        axes=(w,),
        vanishes=True,
    )


def _softmax() -> Derivation:
    jacobian, symmetric, rows = _jacobian(), _symmetric(), _rows()
    diagonal, beside = _cases(jacobian.closed)
    return Derivation(
        id="s2",
        heading="the softmax's Jacobian",
        statement=say(
            "For {}: {}; on the diagonal {}; beside it, where {}, {}.",
            Defined(predicted(w)),
            Proved(jacobian),
            Proved(diagonal),
            beside.given[0],
            Proved(beside),
        ),
        claims=(jacobian, diagonal, beside, symmetric, rows),
        loss=predicted(w),
        answer=(
            "The matrix is symmetric, and its rows sum to zero: the same number added to all "
            "scores changes no probability."
        ),
    )


DERIVATIONS = (_by_scores(), _softmax())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
