"""Where the naive-softmax gradient by v_c vanishes: statement b2."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.assumptions import wherever
from derivations.engine.evaluation import Values
from derivations.engine.notation import U, V, d, i, k, o, one_hot, softmax, table, total, v_c, w, x
from derivations.engine.proof import Assumption, Claim, Derivation, Step
from derivations.engine.prose import Proved, equation, say
from derivations.statements.softmax import LOSS, OTHER

supposed = table(
    "supposed", V, latex=r"\tilde{y}", meaning="any numbers in the place of the probabilities"
)
b = table(
    "common", d, latex="b", meaning="the vector that all outside vectors are, if they are one"
)

SUM_ONE = equation(total(softmax(x), x), 1)
GRADIENT = Derivative(LOSS, v_c[i])
CONDITION = total(softmax(w) * U[w, i], w) - U[o, i]


def _one_hot(values: Values) -> None:
    values["supposed"] = values["supposed"] * 0
    values["supposed"][values["o"]] = 1


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
CERTAIN = wherever(supposed[w], Delta(w, o), _one_hot)


def _condition() -> Claim:
    closed = total((softmax(w) - one_hot(w)) * U[w, i], w)
    return Claim(
        name="condition",
        left=GRADIENT,
        steps=(
            Step(CONDITION, "statement b1"),
            Step(closed, say("{}", equation(U[o, i], total(one_hot(w) * U[w, i], w)))),
        ),
        wrong={"sign": -closed, "missing term of the seen word": CONDITION + U[o, i]},
        axes=(i,),
    )


def _sufficient() -> Claim:
    return Claim(
        name="sufficient",
        left=total((supposed[w] - one_hot(w)) * U[w, i], w),
        steps=(
            Step(total((Delta(w, o) - one_hot(w)) * U[w, i], w), say("{}", CERTAIN)),
            Step(sp.S.Zero, "every difference is zero"),
        ),
        wrong={"the vector of the seen word left": U[o, i]},
        axes=(i,),
        given=(CERTAIN,),
        lemma=True,
    )


def _counterexamples() -> tuple[Claim, ...]:
    return (
        Claim(
            name="not necessary, one vector",
            left=GRADIENT,
            steps=(
                Step(CONDITION, "statement b1"),
                Step(total(softmax(w) * b[i], w) - b[i], say("every outside vector is {}", b)),
                Step(sp.S.Zero, say("{}", SUM_ONE)),
            ),
            wrong={"the vector left": b[i]},
            given=(EQUAL,),
        ),
        Claim(
            name="one vector, its probability",
            left=softmax(o),
            steps=(Step(1 / V, "all scores are equal"),),
            wrong={"certain": sp.S.One},
            lemma=True,
            given=(EQUAL,),
        ),
        Claim(
            name="not necessary, mean",
            left=GRADIENT,
            steps=(
                Step(CONDITION, "statement b1"),
                Step(
                    total(U[w, i], w) / V - U[o, i],
                    say("all scores are zero, since {}", CENTER_ZERO),
                ),
                Step(sp.S.Zero, say("{}", MEAN)),
            ),
            wrong={"the seen word's vector left": U[o, i]},
            given=(CENTER_ZERO, MEAN),
        ),
        Claim(
            name="mean, its probability",
            left=softmax(o),
            steps=(Step(1 / V, "all scores are zero"),),
            wrong={"certain": sp.S.One},
            lemma=True,
            given=(CENTER_ZERO,),
        ),
    )


def _unreachable() -> Claim:
    neither = (1 - Delta(x, o)) * (1 - Delta(x, w))
    return Claim(
        name="never certain",
        left=1 - softmax(o),
        steps=(
            Step(total(softmax(x), x) - softmax(o), say("{}", SUM_ONE)),
            Step(
                softmax(w) + total(neither * softmax(x), x),
                say("{} and {} apart from the others", o, w),
            ),
            Step(
                softmax(w) + total(neither**2 * softmax(x), x),
                "a factor that is zero or one is its own square, and every probability is positive",
            ),
        ),
        wrong={
            "the other word counted twice": softmax(w) + total((1 - Delta(x, o)) * softmax(x), x),
            "the seen word not left out": softmax(w) + total((1 - Delta(x, w)) * softmax(x), x),
        },
        given=(OTHER,),
        lemma=True,
        nonnegative=True,
        positive=True,
        too_strong={
            "twice the other's probability": 1 - softmax(o) - 2 * softmax(w),
            "half of it": sp.S.Half - softmax(o),
        },
    )


def _stationary() -> Derivation:
    condition, sufficient, unreachable = _condition(), _sufficient(), _unreachable()
    counterexamples = one, one_at, mean, mean_at = _counterexamples()
    return Derivation(
        id="b2",
        heading="where that gradient is zero",
        statement=say(
            "{}, which is zero if and only if the expected outside vector is {}. Also {}: "
            "zero if and only if the difference lies in the null space of {}.",
            Proved(condition, arrays.summed(softmax(w) * arrays.u(w), w) - arrays.u(o)),
            arrays.u(o),
            Proved(condition, arrays.U @ (arrays.y_hat - arrays.y)),
            arrays.U,
        ),
        claims=(condition, sufficient, *counterexamples, unreachable),
        loss=LOSS,
        answer=say(
            "The gradient is the expected outside vector under the model's distribution, less "
            "the outside vector that was seen; it vanishes when the two agree.\n\n"
            "Probabilities that are one-hot are enough: if {}, {}. Of two or more words they are "
            "not needed: where {}, {} while {}, and where {} and {}, {} while {}. Nor can they "
            "be reached: if there is another word, {}, then {}, because the probability of that "
            "word is positive. With two or more words, finite parameters only approach {}.",
            CERTAIN,
            Proved(sufficient),
            EQUAL,
            Proved(one, arrays.ZERO),
            Proved(one_at),
            CENTER_ZERO,
            MEAN,
            Proved(mean, arrays.ZERO),
            Proved(mean_at),
            OTHER,
            Proved(unreachable, sp.Lt(softmax(o), sp.S.One, evaluate=False)),
            arrays.y,
        ),
        care=say(
            "The condition. The answer says: zero when the model predicts {} with certainty, "
            "which is sufficient, and out of reach of finite parameters.",
            o,
        ),
    )


DERIVATIONS = (_stationary(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
