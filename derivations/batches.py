"""What the trainer's batches rely on: t5 and t6, beyond the handwritten answers."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp

from derivations.assumptions import equal
from derivations.evaluation import Values
from derivations.notation import Abbreviation, K, V, bounds, index, m, s, table, total, w, x
from derivations.proof import Assumption, Claim, Derivation, Step

T, S = (sp.Symbol(name, integer=True, positive=True) for name in "TS")
t, z = index("t", (sp.Integer(0), T - 1)), index("z", (sp.Integer(0), S - 1))
positives = table("positives", T, latex="P", integer=True, nonnegative=True)
bounds["positives"] = (sp.Integer(0), 2 * m)
noise = table("noise", V, latex="q", positive=True)
pair = sp.Symbol("p", integer=True, nonnegative=True)
strata = table("strata", S, V, latex="r", positive=True)
losses = table("losses", T, V, latex=r"\ell")


def _normalise(values: Values) -> None:
    values["noise"] = values["noise"] / sum(values["noise"])


SUM_ONE = equal(total(noise[w], w), sp.S.One, _normalise)


def _shared() -> Derivation:
    expected = total(noise[w] * losses[t, w], w)
    separate = total(sp.Sum(total(expected, s), (pair, 0, positives[t] - 1)), t)
    closed = total(total(K * positives[t] / S * expected, z), t)
    other = Claim(
        name="one draw",
        label=r"E_{two}",
        left=total(total(noise[x] * noise[w] * losses[t, w], w), x),
        steps=(
            Step(total(noise[x], x) * expected, "what does not depend on x leaves its sum"),
            Step(expected, "the probabilities add up to 1"),
        ),
        wrong={"not a mean": total(losses[t, w], w), "twice": 2 * expected},
        given=(SUM_ONE,),
    )
    claim = Claim(
        name="weights",
        label="E_{separate}",
        left=separate,
        steps=(
            Step(
                total(positives[t] * K * expected, t),
                "K draws for each of the P_t positives of token t",
            ),
            Step(closed, "S shared draws, each with the weight K P_t / S"),
        ),
        wrong={
            "unweighted": total(total(expected, z), t),
            "K forgotten": total(total(positives[t] / S * expected, z), t),
            "one weight for all tokens": total(total(K / S * expected, z), t),
        },
    )
    whole = total(strata[z, w], z)
    spread = Claim(
        name="spread",
        label="E_{spread}",
        left=total(total(K * positives[t] / S * S * total(strata[z, w] * losses[t, w], w), z), t),
        steps=(
            Step(
                total(K * positives[t] * total(whole * losses[t, w], w), t),
                "together the strata hold the noise: q_w = Σ_z r_zw",
            ),
        ),
        wrong={
            "one stratum": total(K * positives[t] / S * total(whole * losses[t, w], w), t),
            "K forgotten": total(positives[t] * total(whole * losses[t, w], w), t),
        },
    )
    return Derivation(
        id="t5",
        heading="shared negatives",
        title="negatives shared by a run, weighted K·P_t/S, keep the expected loss",
        statement=(
            r"Let token $t$ of a run have $P_t$ outside words, each with $K$ negatives of its own. "
            r"If the run shares $S$ negatives instead, each with weight $K P_t / S$ for token $t$, "
            "the expected loss and its expected gradient stay the same."
        ),
        sizes="every V, m, T (tokens), S ≥ 1, K, P_t ≥ 0",
        claims=(other, claim, spread),
        lemmas=(
            "an expectation of a sum is the sum of the expectations, independent terms or not",
            r"all negatives are drawn from one distribution $q$, and none is rejected for being an "
            "outside word",
        ),
        answer=(
            r"$(\ell_t)_w$ is what a negative $w$ adds to the loss of token $t$, or any entry of "
            "its gradient. The first chain is why a draw among many counts as one alone: the "
            "others sum to 1. Only means are the same; shared draws are correlated, so the "
            "variance is not. In the last chain the noise is cut into $S$ strata of equal mass, "
            r"$r_{zw}$ is the part of $q_w$ in stratum $z$, and the $z$-th negative is drawn from "
            r"that stratum alone, with the probabilities $S r_{zw}$: the mean is again the same."
        ),
    )


h, gap = sp.Symbol("h", integer=True, positive=True), sp.Symbol("g", integer=True, nonnegative=True)


class indicator(Abbreviation):
    """1 where the first is at most the second, 0 elsewhere."""

    nargs = 2

    def definition(self) -> sp.Expr:
        return sp.Piecewise((1, sp.Le(*self.args)), (0, True))

    def _latex(self, printer: Any) -> str:
        return r"[{} \le {}]".format(*map(printer._print, self.args))

    def _sympystr(self, printer: Any) -> str:
        return "[{} ≤ {}]".format(*map(printer._print, self.args))


L = sp.Symbol("L", integer=True, positive=True)
rest = sp.Symbol("r", integer=True, positive=True)


NEAR = Assumption(sp.Le(h, m))
ROOM = Assumption(sp.Lt(h, L))
position, radius = index("b", (sp.Integer(0), L - 1)), index("R", (sp.Integer(1), m))


def _distances() -> Derivation:
    run = Claim(
        name="run",
        label=r"P_{run}(h)",
        left=total(indicator(position + h, L - 1) / L, position),
        steps=(
            Step(sp.Sum(1 / L, (position, 0, L - 1 - h)), "the first word is at most at L − 1 − h"),
            Step((L - h) / L, "as many terms as places"),
        ),
        wrong={"one fewer": (L - 1 - h) / L, "every distance": (L - 1) / L},
        given=(ROOM,),
    )
    window = Claim(
        name="window",
        label=r"P_{window}(h)",
        left=total((1 - indicator(radius, h - 1)) / m, radius),
        steps=(
            Step(1 - sp.Sum(1 / m, (radius, 1, h - 1)), "the radii 1 to h − 1 do not reach"),
            Step((m + 1 - h) / m, "as many terms as radii"),
        ),
        wrong={"one fewer": (m - h) / m, "uniform": 1 / m},
        given=(NEAR,),
    )
    weight = (m + 1 - h) / m * L / (L - h)
    weighted = Claim(
        name="weighted",
        label=r"a_h P_{run}(h)",
        left=sp.Mul(weight, run.closed, evaluate=False),
        steps=(Step(window.closed, "the weight is the quotient of the two"),),
        wrong={
            "unweighted": run.closed,
            "inverted": window.closed * ((L - h) / L) ** 2,
            "windows without a run": (m + 1 - h) / m * run.closed,
        },
        given=(NEAR, ROOM),
    )
    return Derivation(
        id="t6",
        heading="runs instead of windows",
        title="pairs in runs of L words, weighted, count as often as the shrinking window pairs",
        statement=(
            r"Cut a text into runs of $L > m$ words at an offset drawn uniformly. Two words at "
            r"distance $h \le m$ share a run with probability $\frac{L - h}{L}$. Under a window "
            r"whose radius is drawn uniformly from $1..m$ they pair with probability "
            r"$\frac{m + 1 - h}{m}$. So a pair that counts "
            r"$a_h = \frac{m + 1 - h}{m} \cdot \frac{L}{L - h}$ times where it shares a run counts "
            "as often as the window pairs it, on average."
        ),
        sizes="every m ≥ 1, 1 ≤ h ≤ m < L",
        claims=(run, window, weighted),
        lemmas=(
            "with a uniform offset, the place $b$ of the first word in its run is uniform on "
            r"$0..L - 1$, and both words are in it exactly if $b + h \le L - 1$",
            "an expectation of a sum is the sum of the expectations, independent terms or not",
        ),
        answer=(
            r"$[\cdot]$ is 1 where the condition holds and 0 elsewhere. No radius is drawn: its "
            "mean is in the weight. A window of fixed radius $m$ pairs all such words, and the "
            r"weight is $\frac{L}{L - h}$."
        ),
    )


DERIVATIONS = (_shared(), _distances())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
