"""Where the naive-softmax gradient by v_c vanishes: statement b2."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations.assumptions import different, wherever
from derivations.evaluation import Values
from derivations.notation import (
    U,
    V,
    d,
    i,
    k,
    o,
    one_hot,
    softmax,
    table,
    total,
    v_c,
    w,
    x,
)
from derivations.proof import Assumption, Claim, Derivation, Step
from derivations.softmax import LOSS, SIZES

p = table("p", V)
b = table("common", d, latex="b")

GRADIENT = Derivative(LOSS, v_c[i])
CONDITION = total(softmax(w) * U[w, i], w) - U[o, i]
LABEL = r"\frac{\partial J}{\partial (v_c)_i}"


def _one_hot(values: Values) -> None:
    values["p"] = values["p"] * 0
    values["p"][values["o"]] = 1


def _all_equal(values: Values) -> None:
    values["U"] = values["U"].copy()
    values["U"][:] = values.setdefault("common", values["U"][0].copy())


def _at_zero(values: Values) -> None:
    values["v_c"] = values["v_c"] * 0


def _mean_of_others(values: Values) -> bool:
    rows, o = values["U"].copy(), values["o"]
    others = [row for row in range(len(rows)) if row != o]
    if others:
        rows[o] = rows[others].sum(axis=0) / len(others)
    values["U"] = rows
    return True


EQUAL = wherever(U[w, k], b[k], _all_equal)
CENTER_ZERO = wherever(v_c[k], sp.S.Zero, _at_zero)
MEAN = Assumption(sp.Eq(U[o, i], total(U[x, i], x) / V), (i,), _mean_of_others)
CERTAIN = wherever(p[w], Delta(w, o), _one_hot)


def _condition() -> Claim:
    closed = total((softmax(w) - one_hot(w)) * U[w, i], w)
    return Claim(
        name="condition",
        label=LABEL,
        left=GRADIENT,
        steps=(
            Step(CONDITION, "statement b1: zero exactly if the expected outside vector is u_o"),
            Step(closed, "entry i of U(ŷ − y): zero exactly if ŷ − y is in the null space of U"),
        ),
        wrong={"sign": -closed, "missing term u_o": CONDITION + U[o, i]},
        axes=(i,),
    )


def _sufficient() -> Claim:
    return Claim(
        name="sufficient",
        label=r"\sum_w \hat{y}_w (u_w)_i - (u_o)_i",
        left=total(p[w] * U[w, i], w) - U[o, i],
        steps=(
            Step(total(Delta(w, o) * U[w, i], w) - U[o, i], "ŷ = y"),
            Step(sp.S.Zero, "only the term w = o is left"),
        ),
        wrong={"twice u_o": -U[o, i]},
        given=(CERTAIN,),
    )


def _counterexamples() -> tuple[Claim, ...]:
    return (
        Claim(
            name="not necessary, one vector",
            label=LABEL,
            left=GRADIENT,
            steps=(
                Step(CONDITION, "statement b1"),
                Step(total(softmax(w) * b[i], w) - b[i], "every outside vector is b"),
                Step(sp.S.Zero, "the probabilities add up to 1"),
            ),
            wrong={"b left": b[i]},
            given=(EQUAL,),
        ),
        Claim(
            name="one vector, probability",
            label=r"\hat{y}_o",
            origin="",
            left=softmax(o),
            steps=(Step(1 / V, "V equal scores"),),
            wrong={"certain": sp.S.One},
            given=(EQUAL,),
        ),
        Claim(
            name="not necessary, mean",
            label=LABEL,
            left=GRADIENT,
            steps=(
                Step(CONDITION, "statement b1"),
                Step(total(U[w, i], w) / V - U[o, i], "v_c = 0 makes all scores 0"),
                Step(sp.S.Zero, "u_o is the mean"),
            ),
            wrong={"u_o left": U[o, i]},
            given=(CENTER_ZERO, MEAN),
        ),
        Claim(
            name="mean, probability",
            label=r"\hat{y}_o",
            origin="",
            left=softmax(o),
            steps=(Step(1 / V, "V scores of 0"),),
            wrong={"certain": sp.S.One},
            given=(CENTER_ZERO,),
        ),
    )


def _unreachable() -> Claim:
    neither = (1 - Delta(x, o)) * (1 - Delta(x, w))
    return Claim(
        name="never certain",
        label=r"1 - \hat{y}_o - \hat{y}_w",
        origin="",
        left=1 - softmax(o) - softmax(w),
        steps=(
            Step(total(softmax(x), x) - softmax(o) - softmax(w), "probabilities add up to 1"),
            Step(total(neither * softmax(x), x), "leave out o and w"),
            Step(total(neither**2 * softmax(x), x), "a factor 0 or 1 is its own square"),
        ),
        wrong={
            "w not left out": total((1 - Delta(x, o)) * softmax(x), x),
            "sign": -total(neither * softmax(x), x),
        },
        given=(different(w, o),),
        nonnegative=True,
        too_strong={"twice the probability of w": 1 - softmax(o) - 2 * softmax(w)},
    )


def _stationary() -> Derivation:
    return Derivation(
        id="b2",
        heading="where that gradient is zero",
        title="∂J_naive/∂v_c = 0 iff Σ_w ŷ_w u_w = u_o; ŷ = y suffices, is not necessary",
        statement=(
            r"$\dfrac{\partial J}{\partial v_c} = 0$ if and only if $\sum_w \hat{y}_w u_w = u_o$, "
            r"that is, $\hat{y} - y$ lies in the null space of $U$."
        ),
        sizes=SIZES,
        claims=(_condition(), _sufficient(), *_counterexamples(), _unreachable()),
        loss=LOSS,
        answer=(
            "The gradient is the expected outside vector under the model's distribution, less "
            "the outside vector that was seen; it vanishes when the two agree.\n\n"
            r"$\hat{y} = y$ is enough. It is not needed: where all outside vectors are the same, "
            r"or where $v_c = 0$ and $u_o$ is the mean of the others (and so of all), the gradient "
            r"is zero while $\hat{y}_o = 1/V$. Nor can it be reached: for any other word $w$, "
            r"$\hat{y}_o \le 1 - \hat{y}_w < 1$, because an exponential is positive. With two or "
            r"more words, finite parameters only approach $\hat{y} = y$."
        ),
        care=(
            "The condition. The answer says: zero when the model predicts $o$ with probability 1, "
            "which is sufficient, and out of reach of finite parameters."
        ),
    )


DERIVATIONS = (_stationary(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
