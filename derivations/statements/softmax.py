"""Cross-entropy and the gradients of the naive-softmax loss: statements a, b1, c and d."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, exp, log
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.assumptions import different
from derivations.engine.notation import (
    Loss,
    U,
    V,
    i,
    k,
    o,
    one_hot,
    score,
    softmax,
    table,
    total,
    v_c,
    w,
    x,
)
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, equation, say


class naive(Loss):
    """The naive-softmax loss, −log ŷ_o."""

    symbol, meaning = r"J_{\mathrm{naive}}", "the naive-softmax loss"
    name = "J_naive"

    def definition(self) -> sp.Expr:
        return -log(softmax(o))


LOSS = naive()
PARTITION = total(exp(score(x)), x)

OTHER = different(w, o)

y_hat = table("y_hat", V, latex=r"\hat{y}", meaning=softmax.meaning, positive=True)


def _cross_entropy() -> Derivation:
    loss = -total(one_hot(w) * log(y_hat[w]), w)
    claim = Claim(
        name="J",
        left=loss,
        steps=(
            Step(-total(Delta(w, o) * log(y_hat[w]), w), say("{} is one-hot", arrays.y)),
            Step(-log(y_hat[o]), say("only the term of {} is left", o)),
        ),
        wrong={
            "sign": log(y_hat[o]),
            "every word counted": -total(log(y_hat[w]), w),
            "no log": -y_hat[o],
        },
    )
    split = Claim(
        name="softmax",
        left=LOSS,
        steps=(
            Step(-log(exp(score(o)) / PARTITION), "the definition of the softmax"),
            Step(-score(o) + log(PARTITION), "log of a quotient"),
        ),
        wrong={"sign": score(o) - log(PARTITION), "no partition": -score(o)},
    )
    return Derivation(
        id="a",
        heading="cross-entropy of a one-hot distribution",
        functions=("losses.cross_entropy", "losses.naive_softmax"),
        statement=say("For the one-hot {} of {}: {}", arrays.y, o, Proved(claim)),
        claims=(claim, split),
        answer="The second chain opens the softmax, which is how statements b1, c and d begin.",
    )


def _center() -> Derivation:
    closed = total((softmax(w) - one_hot(w)) * U[w, i], w)
    claim = Claim(
        name="v_c",
        left=Derivative(LOSS, v_c[i]),
        steps=(
            Step(
                -Derivative(score(o), v_c[i]) + Derivative(PARTITION, v_c[i]) / PARTITION,
                "log of a quotient, derivative of a log",
            ),
            Step(
                -total(U[o, k] * Delta(i, k), k)
                + total(exp(score(x)) * total(U[x, k] * Delta(i, k), k), x) / PARTITION,
                say("derivative of an exponential and of a product: {} moves alone", v_c[i]),
            ),
            Step(
                -U[o, i] + total(exp(score(x)) * U[x, i], x) / PARTITION,
                "one term of each inner sum is left",
            ),
            Step(-U[o, i] + total(softmax(w) * U[w, i], w), "recognise the softmax"),
            Step(closed, say("{}", equation(U[o, i], total(one_hot(w) * U[w, i], w)))),
        ),
        wrong={
            "sign": -closed,
            "missing term of the seen word": total(softmax(w) * U[w, i], w),
            "missing expectation": -U[o, i],
            "transposed": total((softmax(w) - one_hot(w)) * U[i, w], w),
            "unweighted": total((1 - one_hot(w)) * U[w, i], w),
        },
        axes=(i,),
    )
    return Derivation(
        id="b1",
        heading="naive softmax, by the center's vector",
        functions=("gradients.naive_softmax",),
        statement=say(
            "For {}: {}, that is, {}.",
            Defined(LOSS),
            Proved(claim, arrays.U @ (arrays.y_hat - arrays.y)),
            Proved(claim, -arrays.u(o) + arrays.summed(softmax(w) * arrays.u(w), w)),
        ),
        claims=(claim,),
        loss=LOSS,
        answer=say(
            "The vectors {} are the columns of {}; in code they are the rows.",
            arrays.u(w),
            arrays.U,
        ),
    )


def _outside_steps() -> tuple[Step, ...]:
    return (
        Step(
            -Derivative(score(o), U[w, i]) + Derivative(PARTITION, U[w, i]) / PARTITION,
            "log of a quotient, derivative of a log",
        ),
        Step(
            -total(Delta(o, w) * Delta(i, k) * v_c[k], k)
            + total(exp(score(x)) * total(Delta(w, x) * Delta(i, k) * v_c[k], k), x) / PARTITION,
            say("{} is in the score of {} alone", U[w, i], w),
        ),
        Step(
            -Delta(o, w) * v_c[i] + exp(score(w)) * v_c[i] / PARTITION,
            "one term of each sum is left",
        ),
        Step((softmax(w) - one_hot(w)) * v_c[i], "recognise the softmax and the one-hot vector"),
    )


def _outside() -> Derivation:
    closed = (softmax(w) - one_hot(w)) * v_c[i]
    claim = Claim(
        name="u_w",
        left=Derivative(LOSS, U[w, i]),
        steps=_outside_steps(),
        wrong={
            "sign": -closed,
            "missing term for the seen word": softmax(w) * v_c[i],
            "the seen word's term for every word": (softmax(w) - 1) * v_c[i],
            "the outside vector in the center's place": (softmax(w) - one_hot(w)) * U[w, i],
        },
        axes=(w, i),
    )
    true = Claim(
        name="u_o",
        left=Derivative(LOSS, U[o, i]),
        steps=(
            Step((softmax(o) - one_hot(o)) * v_c[i], say("the formula above for {}", o)),
            Step((softmax(o) - 1) * v_c[i], say("{}", equation(one_hot(o), 1))),
        ),
        wrong={"sign": (1 - softmax(o)) * v_c[i], "missing term": softmax(o) * v_c[i]},
        axes=(i,),
    )
    other = Claim(
        name="other words",
        left=Derivative(LOSS, U[w, i]),
        steps=(
            Step(closed, "the first formula"),
            Step(softmax(w) * v_c[i], say("{}", equation(one_hot(w), 0))),
        ),
        wrong={"untouched": sp.S.Zero, "as for the seen word": (softmax(w) - 1) * v_c[i]},
        axes=(w, i),
        given=(OTHER,),
    )
    return Derivation(
        id="c",
        heading="naive softmax, by each outside vector",
        functions=("gradients.naive_softmax",),
        statement=say(
            "{}. For the word that was seen, {}; for any other, {}, {}.",
            Proved(claim, (softmax(w) - one_hot(w)) * arrays.v_c),
            Proved(true, (softmax(o) - 1) * arrays.v_c),
            OTHER,
            Proved(other, softmax(w) * arrays.v_c),
        ),
        claims=(claim, true, other),
        loss=LOSS,
    )


def _table() -> Derivation:
    claim = Claim(
        name="U",
        left=Derivative(LOSS, U[w, i]),
        steps=(
            *_outside_steps()[:-1],
            Step(
                v_c[i] * (softmax(w) - one_hot(w)),
                say("recognise {} and {}", arrays.y_hat, arrays.y),
            ),
        ),
        wrong={
            "sign": v_c[i] * (one_hot(w) - softmax(w)),
            "transposed": v_c[w] * (softmax(i) - one_hot(i)),
            "missing truth": v_c[i] * softmax(w),
        },
        axes=(w, i),
    )
    return Derivation(
        id="d",
        heading="naive softmax, by the table",
        functions=("gradients.naive_softmax",),
        statement=say(
            "{}, in code the transpose. Its columns are the gradients of statement c.",
            Proved(claim, arrays.v_c @ (arrays.y_hat - arrays.y).T),
        ),
        claims=(claim,),
        loss=LOSS,
        answer=(
            "In code the table has one row a word, so its gradient is the transpose. Taking one "
            "for the other goes unnoticed only where there are as many words as dimensions, and "
            "there the wrong variant is refuted."
        ),
        care="The layout: columns on paper, rows in code.",
    )


DERIVATIONS = (_cross_entropy(), _center(), _outside(), _table())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
