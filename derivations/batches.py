"""What the trainer's batches rely on: t5 and t6, beyond the handwritten answers."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp

from derivations.assumptions import wherever
from derivations.evaluation import Values
from derivations.notation import Abbreviation, K, V, index, m, s, table, total, w
from derivations.proof import Assumption, Claim, Derivation, Step


def _size(name: str) -> sp.Symbol:
    return sp.Symbol(name, integer=True, positive=True)


def _numbers(name: str, size: sp.Expr) -> sp.Symbol:
    return index(name, (sp.Integer(0), size - 1))


T, S, B, A = map(_size, ("T", "S", "B", "A"))
"""Words in a run, negatives that it shares, runs in a batch, outcomes of some draws."""
t, neighbour = _numbers("t", T), _numbers("tprime", T)
shared, stratum, outcome = _numbers("nu", S), _numbers("kappa", B), _numbers("iota", A)

noise = table("noise", V, latex="q", nonnegative=True)
losses = table("losses", T, V, latex=r"\ell")
weights = table("pair_weights", T, T, latex=r"\omega", nonnegative=True)
strata = table("strata", S, B, V, latex=r"\pi", nonnegative=True)
joint = table("joint", A, V, latex=r"\Pi", nonnegative=True)
past = table("past", A, latex=r"\Psi", nonnegative=True)
so_far = table("so_far", A, latex=r"\Lambda")


def _add_up_rows(values: Values) -> None:
    values["past"] = values["joint"].sum(axis=1)


def _add_up_columns(values: Values) -> None:
    values["noise"] = values["joint"].sum(axis=0)


def _add_up_strata(values: Values) -> None:
    runs = values["strata"].shape[1]
    values["noise"] = values["strata"].sum(axis=(0, 1)) / (values["S"] * runs)


PAST = wherever(
    "Ψ_ι is the probability of outcome ι, whatever comes next",
    past[outcome],
    total(joint[outcome, w], w),
    _add_up_rows,
)
NEXT = wherever(
    "q_w is the probability that w comes next, whatever came before",
    noise[w],
    total(joint[outcome, w], outcome),
    _add_up_columns,
)
STRATA = wherever(
    "the strata divide the noise into S B parts of one size",
    noise[w],
    total(strata[shared, stratum, w], stratum, shared) / (S * B),
    _add_up_strata,
)

MEAN = total(noise[w] * losses[t, w], w)
PAIRS = total(weights[t, neighbour], neighbour)
EXPECTED = total(K * PAIRS * MEAN, t)


def _one_more() -> Claim:
    closed = total(past[outcome] * so_far[outcome], outcome) + MEAN
    return Claim(
        name="one more draw",
        label=r"E(\Lambda + \ell_t)",
        left=total(joint[outcome, w] * (so_far[outcome] + losses[t, w]), w, outcome),
        steps=(
            Step(
                total(total(joint[outcome, w], w) * so_far[outcome], outcome)
                + total(total(joint[outcome, w], outcome) * losses[t, w], w),
                "the order of the sums does not matter",
            ),
            Step(closed, "each term with the probabilities of its own draws"),
        ),
        wrong={
            "what came before is lost": MEAN,
            "the last draw is lost": closed - MEAN,
            "not a mean": closed - MEAN + total(losses[t, w], w),
            "twice": 2 * closed,
        },
        given=(PAST, NEXT),
    )


def _own() -> Claim:
    return Claim(
        name="own negatives",
        label=r"E_{\mathrm{own}}",
        left=total(total(weights[t, neighbour] * total(MEAN, s), neighbour), t),
        steps=(
            Step(
                total(total(weights[t, neighbour] * K * MEAN, neighbour), t), "K draws of one mean"
            ),
            Step(EXPECTED, "what does not depend on the neighbor leaves its sum"),
        ),
        wrong={
            "K forgotten": total(PAIRS * MEAN, t),
            "a mean over K + 1": EXPECTED / (K + 1),
            "unweighted": total(K * T * MEAN, t),
        },
    )


def _shared_draws(name: str, sign: str, mean: sp.Expr, *steps: Step, **more: Any) -> Claim:
    """The expected loss of S shared negatives, each with this expected loss at a place t."""
    return Claim(
        name=name,
        label=rf"E_{{\mathrm{{{sign}}}}}",
        left=total(total(K / S * PAIRS * mean, t), shared),
        steps=(*steps, Step(EXPECTED, "the same as with negatives of its own for each pair")),
        **more,
    )


def _shared() -> tuple[Claim, Claim]:
    weight = K / S * PAIRS
    part = total(strata[shared, stratum, w] * losses[t, w], w)
    first = total(strata[shared, 0, w] * losses[t, w], w)
    return (
        _shared_draws(
            "shared negatives",
            "shared",
            MEAN,
            Step(total(S * weight * MEAN, t), "S draws of one mean"),
            wrong={
                "unweighted": total(total(MEAN, t), shared),
                "K forgotten": total(total(PAIRS / S * MEAN, t), shared),
                "S forgotten": total(total(K * PAIRS * MEAN, t), shared),
                "one weight for all places": total(total(K / S * MEAN, t), shared),
                "the last draw is lost": EXPECTED * (S - 1) / S,
            },
        ),
        _shared_draws(
            "spread negatives",
            "spread",
            total(part / B, stratum),
            Step(
                total(K * PAIRS * total(total(part, stratum), shared) / (S * B), t),
                "the order of the sums does not matter",
            ),
            wrong={
                "always the first stratum of a group": total(total(weight * first, t), shared),
                "a word from every stratum": EXPECTED * B,
                "K forgotten": total(PAIRS * MEAN, t),
                "S forgotten": EXPECTED * S,
            },
            given=(STRATA,),
        ),
    )


def _shared_negatives() -> Derivation:
    return Derivation(
        id="t5",
        heading="shared negatives",
        title="negatives shared by a run, weighted K/S for each pair, keep the expected loss",
        statement=(
            r"In a run of $T$ words let the words at places $t$ and $t'$ be a pair of weight "
            r"$\omega_{t t'} \ge 0$ (0: no pair), each pair with $K$ negatives of its own. If the "
            r"run shares $S$ negatives instead, each with weight "
            r"$\tfrac{K}{S} \sum_{t'} \omega_{t t'}$ for the word at $t$, the expected loss and "
            "its expected gradient stay the same, whether the $S$ are drawn independently or "
            "spread over the noise."
        ),
        sizes="every V, T, S, B ≥ 1 (runs in a batch), K ≥ 0",
        claims=(_one_more(), _own(), *_shared()),
        lemmas=(
            "induction over the draws, whose step is the first chain",
            r"adding one number modulo $B$ permutes $0..B - 1$, so that with a uniform shift each "
            "stratum of a group is as likely as any other",
        ),
        answer=(
            r"$(\ell_t)_w$ is what a negative $w$ adds to the loss of the word at $t$, or to any "
            r"entry of its gradient, and $q$ is the noise. *One more draw:* the draws before, with "
            r"outcomes $\iota$, have added $\Lambda_\iota$, and with probability $\Pi_{\iota w}$ "
            r"they come out as $\iota$ and $w$ comes next. The expectation grows by that of the "
            "one draw, whether it depends on those before or not; so the expectation of any number "
            "of draws is the sum of their own, which is where the other chains start. *Spread:* "
            r"the noise is cut into $S B$ strata of one size, $S$ groups of $B$; negative $\nu$ of "
            r"a run comes from any stratum $\kappa$ of group $\nu$, all equally likely, and "
            r"$(\pi_{\nu \kappa})_w$ is the probability of $w$ in that stratum. Only means are the "
            "same: draws that are shared are correlated, so the variance is not. No draw is "
            "rejected for being an outside word (h)."
        ),
    )


h = sp.Symbol("h", integer=True, positive=True)
gap = sp.Symbol("gap", integer=True, nonnegative=True)
room = sp.Symbol("room", integer=True, positive=True)
radius = index("R", (sp.Integer(1), m))


class indicator(Abbreviation):
    """1 where the first is at most the second, 0 elsewhere."""

    nargs = 2

    def definition(self) -> sp.Expr:
        return sp.Piecewise((1, sp.Le(*self.args)), (0, True))

    def _latex(self, printer: Any) -> str:
        return r"[{} \le {}]".format(*map(printer._print, self.args))

    def _sympystr(self, printer: Any) -> str:
        return "[{} ≤ {}]".format(*map(printer._print, self.args))


NEAR = Assumption(
    "h ≤ m",
    sp.Le(h, m),
    lambda f: h + gap if f == m else f,
    lambda values: bool(values["h"] <= values["m"]),
)
ROOM = Assumption(
    "h < T",
    sp.Lt(h, T),
    lambda f: h + room if f == T else f,
    lambda values: bool(values["h"] < values["T"]),
)

TOGETHER = total(indicator(t + h, T - 1) / T, t)
"""The probability that two words at distance h share a run."""
PAIRED = total((1 - indicator(radius, h - 1)) / m, radius)
"""The probability that a window of random radius pairs them."""


def _probabilities() -> tuple[Claim, Claim]:
    return (
        Claim(
            name="run",
            label=r"P_{\mathrm{run}}(h)",
            left=TOGETHER,
            steps=(
                Step(sp.Sum(1 / T, (t, 0, T - 1 - h)), "the first word is at most at T − 1 − h"),
                Step((T - h) / T, "as many terms as places"),
            ),
            wrong={"one fewer": (T - 1 - h) / T, "every distance": (T - 1) / T},
            given=(ROOM,),
        ),
        Claim(
            name="window",
            label=r"P_{\mathrm{window}}(h)",
            left=PAIRED,
            steps=(
                Step(1 - sp.Sum(1 / m, (radius, 1, h - 1)), "the radii 1 to h − 1 do not reach"),
                Step((m + 1 - h) / m, "as many terms as radii"),
            ),
            wrong={"one fewer": (m - h) / m, "uniform": 1 / m},
            given=(NEAR,),
        ),
    )


def _weighted() -> tuple[Claim, Claim]:
    shrunk, fixed = (m + 1 - h) / m * T / (T - h), T / (T - h)
    return (
        Claim(
            name="weighted, drawn radius",
            label=r"\omega_h P_{\mathrm{run}}(h)",
            left=sp.Mul(shrunk, TOGETHER, evaluate=False),
            steps=(
                Step(shrunk * (T - h) / T, "the first chain"),
                Step((m + 1 - h) / m, "the probability of the window"),
                Step(PAIRED, "the second chain"),
            ),
            wrong={
                "unweighted": (T - h) / T,
                "inverted": (m + 1 - h) / m * ((T - h) / T) ** 2,
                "windows without a run": (m + 1 - h) / m * (T - h) / T,
                "one place too few": (m + 1 - h) / m * (T - h - 1) / (T - h),
            },
            given=(ROOM, NEAR),
        ),
        Claim(
            name="weighted, fixed radius",
            label=r"\omega_h P_{\mathrm{run}}(h)",
            left=sp.Mul(fixed, TOGETHER, evaluate=False),
            steps=(
                Step(fixed * (T - h) / T, "the first chain"),
                Step(sp.S.One, "a window of fixed radius pairs all such words"),
            ),
            wrong={"unweighted": (T - h) / T, "the weight of a drawn radius": (m + 1 - h) / m},
            given=(ROOM,),
        ),
    )


def _distances() -> Derivation:
    return Derivation(
        id="t6",
        heading="runs instead of windows",
        title="pairs in runs of T words, weighted, count as often as the shrinking window pairs",
        statement=(
            r"Cut a text into runs of $T > m$ words at an offset drawn uniformly. Two words at "
            r"distance $h \le m$ share a run with probability $\frac{T - h}{T}$. Under a window "
            r"whose radius is drawn uniformly from $1..m$ they pair with probability "
            r"$\frac{m + 1 - h}{m}$. So a pair that counts "
            r"$\omega_h = \frac{m + 1 - h}{m} \cdot \frac{T}{T - h}$ times where it shares a run "
            "counts as often as the window pairs it, on average; under a window of fixed radius "
            r"$m$ it is $\omega_h = \frac{T}{T - h}$."
        ),
        sizes="every m ≥ 1, 1 ≤ h ≤ m < T",
        claims=(*_probabilities(), *_weighted()),
        lemmas=(
            "with a uniform offset, the place $t$ of the first word in its run is uniform on "
            r"$0..T - 1$, and both words are in it exactly if $t + h \le T - 1$",
        ),
        answer=(
            r"$[\cdot]$ is 1 where the condition holds and 0 elsewhere. No radius is drawn: its "
            "mean is in the weight."
        ),
    )


DERIVATIONS = (_shared_negatives(), _distances())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
