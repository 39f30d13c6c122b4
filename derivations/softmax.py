"""Cross-entropy and the gradients of the naive-softmax loss: statements a, b1, c and d."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sympy import Derivative, exp, log
from sympy import KroneckerDelta as Delta

from derivations.notation import (
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
from derivations.proof import Claim, Derivation, Step

LOSS = -log(softmax(o))
SIZES = "every V, d ≥ 1"
PARTITION = total(exp(score(x)), x)

y_hat = table("y_hat", V, latex=r"\hat{y}", positive=True)


def _cross_entropy() -> Derivation:
    loss = -total(one_hot(w) * log(y_hat[w]), w)
    claim = Claim(
        name="J",
        label=r"-\sum_w y_w \log \hat{y}_w",
        origin="",
        left=loss,
        steps=(
            Step(-total(Delta(w, o) * log(y_hat[w]), w), "y is the one-hot vector of o"),
            Step(-log(y_hat[o]), "only the term w = o is left"),
        ),
        wrong={
            "sign": log(y_hat[o]),
            "every word counted": -total(log(y_hat[w]), w),
            "no log": -y_hat[o],
        },
    )
    split = Claim(
        name="softmax",
        label=r"-\log \hat{y}_o",
        origin="",
        left=LOSS,
        steps=(
            Step(-log(exp(score(o)) / PARTITION), "definition of the softmax"),
            Step(-score(o) + log(PARTITION), "log of a quotient"),
        ),
        wrong={"sign": score(o) - log(PARTITION), "no partition": -score(o)},
    )
    return Derivation(
        id="a",
        heading="cross-entropy of a one-hot distribution",
        title="−Σ_w y_w log ŷ_w = −log ŷ_o for one-hot y",
        statement=r"$-\sum_w y_w \log \hat{y}_w = -\log \hat{y}_o$ for the one-hot $y$ of $o$.",
        sizes="every V ≥ 1, every positive ŷ",
        claims=(claim, split),
        loss=loss,
        answer="The second chain opens the softmax, which is how b, c and d begin.",
    )


def _center() -> Derivation:
    closed = total((softmax(w) - one_hot(w)) * U[w, i], w)
    claim = Claim(
        name="v_c",
        label=r"\frac{\partial J}{\partial (v_c)_i}",
        left=Derivative(LOSS, v_c[i]),
        steps=(
            Step(
                -Derivative(score(o), v_c[i]) + Derivative(PARTITION, v_c[i]) / PARTITION,
                "log of a quotient, derivative of a log",
            ),
            Step(
                -total(U[o, k] * Delta(i, k), k)
                + total(exp(score(x)) * total(U[x, k] * Delta(i, k), k), x) / PARTITION,
                "derivative of an exponential and of a product: entry i of v_c moves alone",
            ),
            Step(
                -U[o, i] + total(exp(score(x)) * U[x, i], x) / PARTITION,
                "only the terms k = i are left",
            ),
            Step(-U[o, i] + total(softmax(w) * U[w, i], w), "recognise the softmax"),
            Step(closed, "u_o is the sum of all y_w u_w"),
        ),
        wrong={
            "sign": -closed,
            "missing term u_o": total(softmax(w) * U[w, i], w),
            "missing expectation": -U[o, i],
            "transposed": total((softmax(w) - one_hot(w)) * U[i, w], w),
            "unweighted": total((1 - one_hot(w)) * U[w, i], w),
        },
        axes=(i,),
    )
    return Derivation(
        id="b1",
        heading="naive softmax, by the center's vector",
        title="∂J_naive/∂v_c = U(ŷ − y)",
        statement=(
            r"For $J = -\log \hat{y}_o$ with $\hat{y} = \mathrm{softmax}(U^\top v_c)$: "
            r"$\dfrac{\partial J}{\partial v_c} = U(\hat{y} - y) = -u_o + \sum_w \hat{y}_w u_w$."
        ),
        sizes=SIZES,
        claims=(claim,),
        loss=LOSS,
        answer=(
            r"The last line is entry $i$ of $U(\hat{y} - y)$. The $u_w$ are the columns of "
            r"$U \in \mathbb{R}^{d \times V}$; in code they are the rows, and the same vector is "
            r"`(y_hat - y) @ U`."
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
            "entry i of u_w is in the score of w alone",
        ),
        Step(
            -Delta(o, w) * v_c[i] + exp(score(w)) * v_c[i] / PARTITION,
            "only the terms k = i and x = w are left",
        ),
        Step((softmax(w) - one_hot(w)) * v_c[i], "recognise the softmax and the one-hot vector"),
    )


def _outside() -> Derivation:
    closed = (softmax(w) - one_hot(w)) * v_c[i]
    claim = Claim(
        name="u_w",
        label=r"\frac{\partial J}{\partial (u_w)_i}",
        left=Derivative(LOSS, U[w, i]),
        steps=_outside_steps(),
        wrong={
            "sign": -closed,
            "missing term for w = o": softmax(w) * v_c[i],
            "the term of o for every word": (softmax(w) - 1) * v_c[i],
            "the vector of w for that of c": (softmax(w) - one_hot(w)) * U[w, i],
        },
        axes=(w, i),
    )
    true = Claim(
        name="u_o",
        label=r"\frac{\partial J}{\partial (u_o)_i}",
        left=Derivative(LOSS, U[o, i]),
        steps=(
            Step((softmax(o) - one_hot(o)) * v_c[i], "w = o in the formula above"),
            Step((softmax(o) - 1) * v_c[i], "y_o = 1"),
        ),
        wrong={"sign": (1 - softmax(o)) * v_c[i], "missing term": softmax(o) * v_c[i]},
        axes=(i,),
    )
    return Derivation(
        id="c",
        heading="naive softmax, by each outside vector",
        title="∂J_naive/∂u_w = (ŷ_w − y_w) v_c",
        statement=(
            r"$\dfrac{\partial J}{\partial u_w} = (\hat{y}_w - y_w)\, v_c$: "
            r"$(\hat{y}_o - 1)\, v_c$ for $w = o$, $\hat{y}_w v_c$ for every other word."
        ),
        sizes=SIZES,
        claims=(claim, true),
        loss=LOSS,
    )


def _table() -> Derivation:
    claim = Claim(
        name="U",
        label=r"\left(\frac{\partial J}{\partial U}\right)_{iw}",
        left=Derivative(LOSS, U[w, i]),
        steps=(
            *_outside_steps()[:-1],
            Step(
                v_c[i] * (softmax(w) - one_hot(w)),
                "recognise ŷ and y: row i, column w of the outer product of v_c and ŷ − y",
            ),
        ),
        wrong={
            "sign": v_c[i] * (one_hot(w) - softmax(w)),
            "transposed": v_c[w] * (softmax(i) - one_hot(i)),
            "missing term y": v_c[i] * softmax(w),
        },
        axes=(w, i),
    )
    return Derivation(
        id="d",
        heading="naive softmax, by the table",
        title="∂J_naive/∂U = v_c (ŷ − y)ᵀ, [V, d] in code: the transpose",
        statement=(
            r"$\dfrac{\partial J}{\partial U} = v_c (\hat{y} - y)^\top "
            r"\in \mathbb{R}^{d \times V}$, whose columns are the gradients of c."
        ),
        sizes=SIZES,
        claims=(claim,),
        loss=LOSS,
        answer=(
            r"In code the table has one row a word, so its gradient is the transpose, "
            r"$(\hat{y} - y)\, v_c^\top \in \mathbb{R}^{V \times d}$. Taking one for the other "
            "goes unnoticed only where $V = d$, and there the wrong variant is refuted."
        ),
        care="The layout: columns on paper, rows in code.",
    )


DERIVATIONS = (_cross_entropy(), _center(), _outside(), _table())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
