"""Comparing results with the right ones and with those of every known mistake."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from jw2v.check.calling import Outcome, Reading
from jw2v.check.records import Example, Mistake, Parts, Pieces, Subject, mistake
from jw2v.check.report import Report
from jw2v.choices import Handed, Layout

__all__ = ["PROCEDURES", "expected", "judge", "questions"]

Float: TypeAlias = Any
"""numpy.float64 or numpy.float32"""

RANDOM = mistake(
    "random draws inside",
    "Called twice with the same arguments, it gives two results: draw the negatives outside, and"
    " keep nothing between calls.",
    kind="procedure",
)
CHANGES = mistake(
    "arguments changed",
    "It writes on its arguments, which are somebody else's: take a copy.",
    kind="procedure",
)
ZERO = mistake(
    "everything is zero",
    "All results are 0, with which a check of a gradient against differences would pass.",
    kind="procedure",
)
SINGLE = mistake(
    "digits lost",
    "The results are in double precision, but right to six digits only: something inside is in"
    " single precision, or not exact.",
    kind="rounding",
)
FAILS = mistake(
    "fails for large scores",
    "An error is raised where a number is too large or rounds to 0, as by math.exp, math.log and"
    " divisions; nan stands for it here.",
    kind="procedure",
)
_OVERFLOWED = (
    "it raised OverflowError",
    "it raised ZeroDivisionError",
    "it raised ValueError: math domain error",
    "it raised ValueError: expected a positive input",
)
"""How the numbers of Python say that one is too large or too small for them."""
PROCEDURES = (RANDOM, CHANGES, ZERO)
"""Mistakes that no formula shows."""

_FEW = 15
"""Ways to lose accuracy that are tried beside a wrong formula."""
_UNITS: Mapping[Float, float] = {np.float64: 1e-9, np.float32: 2e-6}
"""What results may be off, beside 1, where scores are small. Rounding is a sixteenth of it in
single precision; in double precision, logarithms may lose half of their digits."""


@dataclass(frozen=True)
class Question:
    """An example, with the right results."""

    example: Example
    right: Parts
    reach: float
    """1 and the largest score that its numbers can make, if that may be rounded"""


@lru_cache(maxsize=64)
def _asked(subject: Subject, seed: int) -> tuple[Question, ...]:
    given = (*subject.examples(seed), *(remark.example for remark in subject.remarks))
    return tuple(Question(each, expected(subject, each), _reach(each)) for each in given)


def expected(subject: Subject, example: Example) -> dict[str, NDArray[Any]]:
    """The right results, in double precision, by jw2v's own functions."""
    import jax

    if subject.counted:
        return dict(zip(subject.parts, subject.right(**example.arguments), strict=True))
    with jax.enable_x64(True):
        found = _compiled(subject)(**example.arguments)
        return dict(zip(subject.parts, map(np.asarray, found), strict=True))


@cache
def _compiled(subject: Subject) -> Any:
    import jax

    return jax.jit(subject.right)


def questions(
    subject: Subject, layout: Layout = "rows", arrays: Handed = "numpy", seed: int = 0
) -> list[tuple[Example, Reading]]:
    """What a function is to be called with, in the order in which :func:`judge` wants it."""
    given = (*subject.examples(seed), *(remark.example for remark in subject.remarks))
    handed: Handed = "list" if subject.counted and arrays == "numpy" else arrays
    how = (subject.tables, layout, handed, subject.counted)
    return [(each, Reading(subject.shapes(**each.arguments), *how)) for each in given]


def judge(subject: Subject, outcomes: Sequence[Outcome], seed: int = 0) -> Report:
    """What is to be said of a function that gave these results."""
    asked, main = _asked(subject, seed), len(subject.examples(seed))
    beyond = [main + i for i, remark in enumerate(subject.remarks) if remark.beyond]
    mine: list[dict[str, NDArray[Any]]] = []
    for number, (question, outcome) in enumerate(zip(asked, outcomes, strict=True)):
        results = dict(outcome.parts)
        if trouble := _trouble(subject, question, outcome, mine[0] if mine else results):
            if number not in beyond:
                report = Report(subject.name, trouble=trouble, example=question.example)
                known = _square(subject, asked, outcomes, seed)
                return known or _overflowed(subject, asked, outcomes, seed) or report
            results = {}
        if "loss" in results:
            results["loss"] = results["loss"].reshape(())
        mine.append(results)
    called = [each for number, each in enumerate(outcomes) if number not in beyond]
    parts = tuple(part for part in subject.parts if part in mine[0])
    report = _Judgement(subject, asked[:main], mine[:main], parts, seed).report(
        tuple(
            found
            for found, applies in (
                (RANDOM, not all(outcome.repeats for outcome in called)),
                (CHANGES, any(outcome.changed for outcome in outcomes)),
                (
                    ZERO,
                    not subject.counted
                    and not any(np.any(a) for one in mine for a in one.values()),
                ),
            )
            if applies
        )
    )
    remarks = tuple(
        remark.mistake
        for remark, question, results in zip(
            subject.remarks, asked[main:], mine[main:], strict=True
        )
        if (report.right or not remark.beyond) and remark.applies(results, question.right)
    )
    return replace(report, remarks=remarks)


def _square(
    subject: Subject, asked: Sequence[Question], outcomes: Sequence[Outcome], seed: int
) -> Report | None:
    """What is to be said of a function that fails unless tables are square, if that is known."""
    came = [
        outcome
        for question, outcome in zip(asked[: len(subject.examples(seed))], outcomes, strict=False)
        if question.example.square
    ]
    if not subject.square or any(outcome.trouble for outcome in came):
        return None
    report = judge(subject.squared, came, seed)
    return report if {*report.mistakes} & {*subject.square} else None


def _trouble(subject: Subject, question: Question, outcome: Outcome, first: Parts) -> str:
    """Why nothing can be said of the results of a call, if so."""
    if trouble := outcome.trouble or _misshapen(subject, question, outcome):
        return trouble
    if set(outcome.parts) == set(first):
        return ""
    said = [
        ", ".join(part for part in subject.parts if part in one) for one in (first, outcome.parts)
    ]
    return f"it returned {said[0]} first, and {said[1]} here"


def _overflowed(
    subject: Subject, asked: Sequence[Question], outcomes: Sequence[Outcome], seed: int
) -> Report | None:
    """What is to be said of a function that fails where numbers overflow, if that is known.

    Its loss is taken for no number there, as NumPy would have it.
    """
    first, main = outcomes[0].parts, len(subject.examples(seed))
    failed = [each.trouble.startswith(_OVERFLOWED) for each in outcomes[:main]]
    if "loss" not in first or not any(failed):
        return None
    taken = [
        Outcome({part: question.right[part] for part in first} | {"loss": np.array(np.nan)})
        if number < main and failed[number]
        else outcome
        for number, (question, outcome) in enumerate(zip(asked, outcomes, strict=True))
    ]
    report = judge(subject, taken, seed)
    known = any(each.kind == "rounding" for each in report.mistakes) and not report.unknown
    return replace(report, remarks=(*report.remarks, FAILS)) if known else None


def _misshapen(subject: Subject, question: Question, outcome: Outcome) -> str:
    """What is wrong with the shapes of results; a transposed table is a mistake with a name."""
    for part, array in outcome.parts.items():
        wanted = question.right[part].shape
        right = array.size == 1 if part == "loss" else array.shape == wanted
        transposed = part in subject.tables and array.shape == wanted[::-1]
        if not right and not transposed:
            return f"{part} has shape {list(array.shape)}; expected {list(wanted)}"
    return ""


def _reach(example: Example) -> float:
    if example.round:  # its scores are exact in single precision too
        return 1.0
    arrays = [a for a in example.arguments.values() if getattr(a, "dtype", None) == np.float64]
    if len(arrays) < 2:
        return 1.0
    first, *_, last = arrays
    return 1 + float(np.abs(first @ last.T).max())


def _is_single(arrays: Sequence[NDArray[Any]]) -> bool:
    """Whether numbers are in single precision, whatever they came as."""
    return all(np.array_equal(a, a.astype(np.float32), equal_nan=True) for a in arrays)


_Candidate: TypeAlias = tuple[tuple[Mistake, ...], set[str], int]
"""Mistakes, the parts on which they agree with mine, and how many others they would make wrong."""


class _Known:
    """What programs with mistakes return, computed when it is first asked for."""

    def __init__(self, subject: Subject, examples: Sequence[Example], dtype: Float) -> None:
        self._subject, self._examples, self._dtype = subject, examples, dtype
        self._found: dict[tuple[frozenset[tuple[str, Any]], int], Parts] = {}

    def result(self, pieces: Pieces, number: int) -> Parts:
        """The result for the example of a number."""
        key = frozenset(pieces.items()), number
        if key not in self._found:
            self._found[key] = self._subject.wrong(pieces, self._examples[number], self._dtype)
        return self._found[key]


@lru_cache(maxsize=64)
def _known(subject: Subject, seed: int, dtype: Float) -> _Known:
    return _Known(subject, subject.examples(seed), dtype)


class _Judgement:
    """The comparison of one function with all that is known."""

    def __init__(
        self,
        subject: Subject,
        asked: Sequence[Question],
        mine: Sequence[Parts],
        parts: tuple[str, ...],
        seed: int,
    ) -> None:
        self.subject, self.asked, self.mine, self.parts = subject, asked, mine, parts
        single = any(
            mine[0][part].dtype == np.float32
            or (
                _is_single([one[part] for one in mine])
                and not _is_single([question.right[part] for question in asked])
            )
            for part in parts
        )
        self.dtype: Float = np.float32 if single else np.float64
        self.known = _known(subject, seed, self.dtype)

    def report(self, procedures: tuple[Mistake, ...]) -> Report:
        wrong = self.wrong()
        shown_by_calling = RANDOM in procedures or ZERO in procedures
        named: dict[Mistake, tuple[str, ...]] = {}
        for each, found in () if shown_by_calling else self.named(wrong):
            named[each] = (*named.get(each, ()), *found)
        explained = {part for found in named.values() for part in found}
        unknown = bool(wrong - explained) and not procedures
        if unknown and self.alike_in_single_precision():
            named, unknown = {SINGLE: tuple(part for part in self.parts if part in wrong)}, False
        shown = self.shown(wrong)
        question, results = self.asked[shown], self.mine[shown]
        there = [
            p for p in self.parts if p in wrong and not self.alike(shown, p, question.right[p])
        ]
        return Report(
            self.subject.name,
            right=not wrong and not procedures,
            mistakes=(*procedures, *named),
            where={each.name: found for each, found in named.items()},
            unknown=unknown,
            precision="double" if self.dtype is np.float64 else "single",
            parts={part: part not in wrong for part in self.parts},
            example=question.example if wrong else None,
            results={part: results[part] for part in there},
            expected={part: question.right[part] for part in there},
            formula=self.subject.formulas[there[0]] if there else None,
        )

    def wrong(self) -> set[str]:
        """The parts that differ from the right ones somewhere."""
        return {
            part
            for number, question in enumerate(self.asked)
            for part in self.parts
            if not self.alike(number, part, question.right[part])
        }

    def shown(self, wrong: set[str]) -> int:
        """The first example, and so the smallest, on which something wrong shows."""
        return next(
            (
                number
                for number, question in enumerate(self.asked)
                if any(not self.alike(number, part, question.right[part]) for part in wrong)
            ),
            0,
        )

    def alike_in_single_precision(self) -> bool:
        """Whether all is right but for rounding in single precision."""
        return all(
            self.alike(number, part, question.right[part], np.float32)
            for number, question in enumerate(self.asked)
            for part in self.parts
        )

    def alike(
        self, number: int, part: str, other: NDArray[Any], dtype: Float | None = None
    ) -> bool:
        """Whether my result for an example is this one; what is not finite is alike."""
        mine = self.mine[number][part]
        if mine.shape != other.shape:
            return False
        finite = np.isfinite(other)
        if not np.array_equal(finite, np.isfinite(mine)):
            return False
        size = 1 + float(np.abs(other[finite]).max(initial=0))
        bound = _UNITS[dtype or self.dtype] * size * self.asked[number].reach
        return bool(np.all(np.abs(mine[finite] - other[finite]) <= bound))

    def agreement(self, pieces: Pieces, wrong: set[str]) -> set[str]:
        """The parts that a program with such pieces has as I have them, on all examples.

        Empty where none of them is among the wrong ones.
        """
        agree = set(self.parts)
        for number in range(len(self.asked)):
            found = self.known.result(pieces, number)
            agree = {part for part in agree if self.alike(number, part, found[part])}
            if not agree & wrong:
                return set()
        return agree

    def contradictions(self, pieces: Pieces, agree: set[str]) -> int:
        """How many parts such pieces make wrong otherwise than mine are."""
        return sum(
            any(
                not np.allclose(self.known.result(pieces, number)[part], question.right[part])
                for number, question in enumerate(self.asked)
                if self.known.result(pieces, number)[part].shape == question.right[part].shape
            )
            for part in set(self.parts) - agree
        )

    def named(self, wrong: set[str]) -> Iterator[tuple[Mistake, tuple[str, ...]]]:
        """The mistakes that explain what is wrong, each with the parts that it explains."""
        forms = list(self.subject.forms())
        left = set(wrong)
        for candidates in (self.singles(forms, wrong), self.pairs(forms, left)):
            found = list(candidates)
            while left and found:
                mistakes, agree, _ = max(
                    found, key=lambda each: (len(each[1] & left), len(each[1]), -each[2])
                )
                if not agree & left:
                    break
                for each in mistakes:
                    yield each, tuple(part for part in self.parts if part in agree & left)
                left -= agree
            if not left:
                return

    def singles(
        self, forms: Sequence[tuple[Mistake, Pieces]], wrong: set[str]
    ) -> Iterator[_Candidate]:
        for each, pieces in forms:
            if agree := self.agreement(pieces, wrong):
                yield (each,), agree, self.contradictions(pieces, agree)

    def pairs(
        self, forms: Sequence[tuple[Mistake, Pieces]], left: set[str]
    ) -> Iterator[_Candidate]:
        """Two at once, in different pieces, each in its usual ways of being made.

        Of those that lose accuracy, one is tried beside a wrong formula, if it is made in few ways.
        """
        usual = [
            (each, pieces)
            for each, pieces in forms
            if pieces in each.forms[:2] and (each.kind == "formula" or len(each.forms) <= _FEW)
        ]
        for (one, a), (other, b) in combinations(usual, 2):
            if one is other or a.keys() & b.keys() or "formula" not in (one.kind, other.kind):
                continue
            if agree := self.agreement({**a, **b}, left):
                yield (one, other), agree, self.contradictions({**a, **b}, agree)
