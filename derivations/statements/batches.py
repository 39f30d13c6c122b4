"""What the trainer's shared negatives rely on: t5, beyond the handwritten answers."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp

from derivations.engine.assumptions import wherever
from derivations.engine.evaluation import Values
from derivations.engine.notation import K, Loss, V, index, number, s, table, total, w
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, Signed, say


def _size(name: str, words: str) -> sp.Symbol:
    return number(name, words, integer=True, positive=True)


def _below(size: sp.Expr, name: str, words: str, latex: str) -> sp.Symbol:
    return index(name, (sp.Integer(0), size - 1), words, latex)


T = _size("T", "how many words a run of text has")
S = _size("S", "how many negatives a run shares")
B = _size("B", "how many runs a batch has")
A = _size("A", "how many outcomes some draws have")
place = _below(T, "nu", "a place in a run of text", r"\nu")
neighbor = _below(T, "nuprime", "another place in the run", r"\nu'")
shared = _below(S, "psi", "the number of a shared negative", r"\psi")
stratum = _below(B, "phi", "a stratum of a group", r"\phi")
outcome = _below(A, "iota", "an outcome of some draws", r"\iota")

noise = table(
    "noise", V, latex="q", meaning="$q_w$ is the probability of word $w$ as noise", nonnegative=True
)
added = table(
    "added",
    T,
    V,
    latex=r"\ell",
    meaning="what a negative adds to the loss of a place, or to an entry of its gradient",
)
weights = table(
    "run_weights", T, T, latex=r"\omega", meaning="how much a pair counts", nonnegative=True
)
strata = table(
    "strata",
    S,
    B,
    V,
    latex=r"\pi",
    meaning="the probability of a word in a stratum of a group",
    nonnegative=True,
)
joint = table(
    "joint",
    A,
    V,
    latex=r"\Pi",
    meaning="the probability of an outcome and of the word that is drawn next",
    nonnegative=True,
)
past = table("past", A, latex=r"\Psi", meaning="the probability of an outcome", nonnegative=True)
so_far = table("so_far", A, latex=r"\Lambda", meaning="what some draws have added")


def _add_up_rows(values: Values) -> None:
    values["past"] = values["joint"].sum(axis=1)


def _add_up_columns(values: Values) -> None:
    values["noise"] = values["joint"].sum(axis=0)


def _add_up_strata(values: Values) -> None:
    groups, runs, _ = values["strata"].shape
    values["noise"] = values["strata"].sum(axis=(0, 1)) / (groups * runs)


PAST = wherever(
    past[outcome],
    total(joint[outcome, w], w),
    _add_up_rows,
)
NEXT = wherever(
    noise[w],
    total(joint[outcome, w], outcome),
    _add_up_columns,
)
STRATA = wherever(
    noise[w],
    total(strata[shared, stratum, w], stratum, shared) / (S * B),
    _add_up_strata,
)

MEAN = total(noise[w] * added[place, w], w)
PAIRS = total(weights[place, neighbor], neighbor)
EXPECTED = total(K * PAIRS * MEAN, place)


def _of_shared(mean: sp.Expr) -> sp.Expr:
    """S draws, each with this mean and the weight K/S of a pair."""
    return total(total(K / S * PAIRS * mean, place), shared)


class one_more(Loss):
    """What some draws and one more are expected to add."""

    symbol, name = r"E_{\mathrm{more}}", "E_more"
    meaning = "what some draws and one more are expected to add"

    def definition(self) -> sp.Expr:
        return total(joint[outcome, w] * (so_far[outcome] + added[place, w]), w, outcome)


class own(Loss):
    """The expected loss of K negatives for each pair."""

    symbol, name = r"E_{\mathrm{own}}", "E_own"
    meaning = "the expected loss where each pair has negatives of its own"

    def definition(self) -> sp.Expr:
        return total(total(weights[place, neighbor] * total(MEAN, s), neighbor), place)


class independent(Loss):
    """The expected loss of S negatives that a run shares, drawn independently."""

    symbol, name = r"E_{\mathrm{shared}}", "E_shared"
    meaning = "the expected loss where a run shares independent negatives"

    def definition(self) -> sp.Expr:
        return _of_shared(MEAN)


class spread(Loss):
    """The expected loss of S negatives that a run shares, each from a stratum of its group."""

    symbol, name = r"E_{\mathrm{spread}}", "E_spread"
    meaning = "the expected loss where a run shares negatives that are spread over the noise"

    def definition(self) -> sp.Expr:
        in_stratum = total(strata[shared, stratum, w] * added[place, w], w)
        return _of_shared(total(in_stratum / B, stratum))


def _one_more() -> Claim:
    before = total(past[outcome] * so_far[outcome], outcome)
    return Claim(
        name="one more draw",
        left=one_more(),
        steps=(
            Step(
                total(total(joint[outcome, w], w) * so_far[outcome], outcome)
                + total(total(joint[outcome, w], outcome) * added[place, w], w),
                "the order of the sums does not matter",
            ),
            Step(before + MEAN, "each term with the probabilities of its own draws"),
        ),
        wrong={
            "what came before is lost": MEAN,
            "the last draw is lost": before,
            "not a mean": before + total(added[place, w], w),
            "twice": 2 * (before + MEAN),
        },
        given=(PAST, NEXT),
    )


def _own() -> Claim:
    return Claim(
        name="own negatives",
        left=own(),
        steps=(
            Step(
                total(total(weights[place, neighbor] * K * MEAN, neighbor), place),
                "all draws have one mean",
            ),
            Step(EXPECTED, "what does not depend on the neighbor leaves its sum"),
        ),
        wrong={
            "the number of negatives forgotten": total(PAIRS * MEAN, place),
            "a mean over one more": EXPECTED / (K + 1),
            "unweighted": total(K * T * MEAN, place),
        },
    )


def _independent() -> Claim:
    return Claim(
        name="shared negatives",
        left=independent(),
        steps=(
            Step(total(S * (K / S) * PAIRS * MEAN, place), "all draws have one mean"),
            Step(own(), "the chain of their own negatives, backwards"),
        ),
        wrong={
            "unweighted": total(total(MEAN, place), shared),
            "the number of negatives forgotten": total(total(PAIRS / S * MEAN, place), shared),
            "the number shared forgotten": total(total(K * PAIRS * MEAN, place), shared),
            "one weight for all places": total(total(K / S * MEAN, place), shared),
            "the last draw is lost": EXPECTED * (S - 1) / S,
        },
    )


def _spread() -> Claim:
    part = total(strata[shared, stratum, w] * added[place, w], w)
    first = total(strata[shared, 0, w] * added[place, w], w)
    return Claim(
        name="spread negatives",
        left=spread(),
        steps=(
            Step(
                total(K * PAIRS * total(total(part, stratum), shared) / (S * B), place),
                "the order of the sums does not matter",
            ),
            Step(EXPECTED, "all strata together are the noise"),
            Step(own(), "the chain of their own negatives, backwards"),
        ),
        wrong={
            "always the first stratum of a group": _of_shared(first),
            "a word from every stratum": EXPECTED * B,
            "the number of negatives forgotten": total(PAIRS * MEAN, place),
            "the number shared forgotten": EXPECTED * S,
        },
        given=(STRATA,),
    )


def _shared_negatives() -> Derivation:
    more, alone, together, apart = _one_more(), _own(), _independent(), _spread()
    return Derivation(
        id="t5",
        heading="shared negatives",
        functions=("sampling.Noise.draw_spread", "objectives.segments_at"),
        for_trainer=True,
        statement=say(
            "Let each pair of a run of {} words have {} negatives of its own: {}. If the run "
            "shares {} negatives instead, with the weights in {}, the expected loss and its "
            "expected gradient stay the same: {}. So they do if the shared negatives are spread "
            "over {} strata for each, {}: with {}, where {}, {}.",
            T,
            K,
            Defined(own()),
            S,
            Defined(independent()),
            Proved(together),
            B,
            Defined(spread()),
            STRATA,
            Signed(noise[w], strata[shared, stratum, w]),
            Proved(apart),
        ),
        claims=(more, alone, together, apart),
        loss=(one_more(), own(), independent(), spread()),
        lemmas=(
            "induction over the draws, whose step is the first chain",
            say(
                "adding one number modulo {} permutes the numbers below it, so that with a uniform "
                "shift each stratum of a group is as likely as any other",
                B,
            ),
        ),
        answer=say(
            "The first chain: the draws before come out as {} and the word {} comes next with "
            "the probability {}. The expectation grows by that of the one draw, whether it "
            "depends on those before or not; so the expectation of any number of draws is the sum "
            "of their own, which is where the other chains start. The last chain: the noise is cut "
            "into strata of one size, one group of {} strata for each negative of a run; the "
            "negative {} comes from any stratum {} of its group, all equally likely. Only means "
            "are the same: draws that are shared are correlated, so the variance is not. No draw "
            "is rejected for being an outside word.",
            outcome,
            w,
            joint[outcome, w],
            B,
            shared,
            stratum,
        ),
    )


DERIVATIONS = (_shared_negatives(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
