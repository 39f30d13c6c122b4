"""How often runs of text pair two words: t6, beyond the handwritten answers."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp

from derivations.engine.notation import Called, holds, index, m, number, total
from derivations.engine.proof import Assumption, Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, say
from derivations.statements.batches import T, place

h = number("h", "how far two words are apart", integer=True, positive=True)
radius = index("R", (sp.Integer(1), m), "the radius of a window, drawn")


class in_run(Called):
    """The probability that two words share a run."""

    symbol, name = r"P_{\mathrm{run}}", "P_run"
    meaning = "the probability that two words at this distance share a run"

    def definition(self) -> sp.Expr:
        return total(holds(sp.Le(place + self.args[0], T - 1)) / T, place)


class in_window(Called):
    """The probability that a window of random radius pairs two words."""

    symbol, name = r"P_{\mathrm{window}}", "P_window"
    meaning = "the probability that a window of drawn radius pairs two words at this distance"

    def definition(self) -> sp.Expr:
        return total((1 - holds(sp.Le(radius, self.args[0] - 1))) / m, radius)


class fixed_weight(Called):
    """How much a pair in a run counts, for windows of fixed radius."""

    symbol, name = r"\omega_{\mathrm{fixed}}", "ω_fixed"
    meaning = "how much a pair at this distance counts, for a window of fixed radius"

    def definition(self) -> sp.Expr:
        return T / (T - self.args[0])


class drawn_weight(Called):
    """How much a pair in a run counts, for windows of drawn radius."""

    symbol, name = r"\omega_{\mathrm{drawn}}", "ω_drawn"
    meaning = "how much a pair at this distance counts, for a window of drawn radius"

    def definition(self) -> sp.Expr:
        return (m + 1 - self.args[0]) / m * (T / (T - self.args[0]))


NEAR, ROOM = Assumption(sp.Le(h, m)), Assumption(sp.Lt(h, T))


def _run() -> Claim:
    return Claim(
        name="run",
        left=in_run(h),
        steps=(
            Step(in_run(h).definition(), "the place of the first word is uniform"),
            Step(sp.Sum(1 / T, (place, 0, T - 1 - h)), "the second word must be in the run, too"),
            Step((T - h) / T, "as many terms as places"),
        ),
        wrong={"one fewer": (T - 1 - h) / T, "every distance": (T - 1) / T},
        given=(ROOM,),
    )


def _window() -> Claim:
    return Claim(
        name="window",
        left=in_window(h),
        steps=(
            Step(in_window(h).definition(), "the radius is uniform"),
            Step(1 - sp.Sum(1 / m, (radius, 1, h - 1)), "a smaller radius does not reach"),
            Step((m + 1 - h) / m, "as many terms as radii"),
        ),
        wrong={"one fewer": (m - h) / m, "uniform": 1 / m},
        given=(NEAR,),
    )


def _drawn() -> Claim:
    return Claim(
        name="weighted, drawn radius",
        left=drawn_weight(h) * in_run(h),
        steps=(
            Step(drawn_weight(h) * (T - h) / T, "the first chain"),
            Step((m + 1 - h) / m, "put in the weight"),
            Step(in_window(h), "the second chain"),
        ),
        wrong={
            "unweighted": in_run(h),
            "inverted": (m + 1 - h) / m * in_run(h) ** 2,
            "windows without a run": (m + 1 - h) / m * in_run(h),
            "one place too few": (m + 1 - h) / m * (T - h - 1) / (T - h),
        },
        given=(ROOM, NEAR),
    )


def _fixed() -> Claim:
    return Claim(
        name="weighted, fixed radius",
        left=fixed_weight(h) * in_run(h),
        steps=(
            Step(fixed_weight(h) * (T - h) / T, "the first chain"),
            Step(sp.S.One, "put in the weight; such a window pairs all these words"),
        ),
        wrong={"unweighted": in_run(h), "the weight of a drawn radius": (m + 1 - h) / m},
        given=(ROOM,),
    )


def _distances() -> Derivation:
    run, window, drawn, fixed = _run(), _window(), _drawn(), _fixed()
    return Derivation(
        id="t6",
        heading="runs instead of windows",
        functions=("sampling.pair_weights",),
        for_trainer=True,
        statement=say(
            "Cut a text into runs of {} words at an offset drawn uniformly. Two words at distance "
            "{}, where {}, share a run with the probability {}. A window whose radius is drawn "
            "uniformly up to {} pairs them, where {}, with the probability {}. So a pair that "
            "counts {} where it shares a run counts as often as such a window pairs it, on "
            "average: {}. Under a window of fixed radius it is {}: {}.",
            T,
            h,
            ROOM,
            Proved(run),
            m,
            NEAR,
            Proved(window),
            Defined(drawn_weight(h)),
            Proved(drawn),
            Defined(fixed_weight(h)),
            Proved(fixed),
        ),
        claims=(run, window, drawn, fixed),
        lemmas=(
            "with a uniform offset, the place of the first word in its run is uniform, and both "
            "words are in it exactly if the place of the second is in the run, too",
        ),
        answer="No radius is drawn: its mean is in the weight.",
    )


DERIVATIONS = (_distances(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
