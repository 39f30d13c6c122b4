"""Grading: points for what a submission gets right on examples that nobody knows beforehand."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from jw2v.check.apart import Unusable, outcomes
from jw2v.check.calling import Outcome, Reading, call
from jw2v.check.grades import NOT_RETURNED, Grade, Mark
from jw2v.check.judging import judge, questions
from jw2v.check.records import Example, Subject
from jw2v.check.report import Report
from jw2v.check.subjects import named
from jw2v.choices import CheckedPair, Handed, Layout

__all__ = ["Points", "grade", "shares"]

Points: TypeAlias = Iterable[str] | Mapping[str, float | Mapping[str, float]]
"""Names of subjects, each part of which is worth a point; or by such a name what all its parts are
worth together, or by a part or the id of a statement what that is worth."""
_MOST = 1_000_000
"""Points for one thing."""
Submission: TypeAlias = str | os.PathLike[str] | Mapping[str, Callable[..., Any]]


def grade(
    submission: Submission,
    points: Points | None = None,
    *,
    seed: int,
    functions: Mapping[str, str] | None = None,
    student: str | None = None,
    pair_loss: CheckedPair = "negative-sampling",
    mean: bool = True,
    layout: Layout = "rows",
    arrays: Handed = "numpy",
    time_limit: float = 60.0,
) -> Grade:
    """Give points for what is right on hidden examples.

    Args:
        submission: a Python file, of which a copy is run in processes of its own; or functions by
            the names of subjects, which are called here, without a time limit.
        points: what is graded, and what it is worth: ``["negative_sampling"]``, a point a part;
            ``{"negative_sampling": 3}``, shared equally by its parts; or
            ``{"negative_sampling": {"loss": 1, "U": 2}}``. A part may be named by the id of its
            statement, such as h. Left out, it is the names of the functions.
        seed: of the hidden examples: a number that students do not know.
        functions: by the names of subjects, what the functions of the file are called, where they
            are called otherwise.
        student: whose it is; left out, the name of the file.
        pair_loss: what windows and bags are made of.
        mean: whether bags average their vectors.
        layout: whether a word is a row or a column of a table.
        arrays: what functions are handed.
        time_limit: for each function of a file, in seconds.

    Returns:
        A part gets its points if it is right on every example, and if the function neither draws at
        random nor writes on its arguments. A function that cannot be checked gets none.

    Raises:
        ValueError: the points are not such as above, or the seed is below 0.

    >>> import numpy as np
    >>> def mine(v_c, o, negatives, U):
    ...     return np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).mean()
    >>> print(grade({"negative_sampling": mine}, seed=8151, student="ada"))
    ada: 0 of 3 points
      negative_sampling: the loss (g1): 0 of 1: mean over the negatives
      negative_sampling: the gradient by v_c (g1): 0 of 1: not returned
      negative_sampling: the gradient by U (h): 0 of 1: not returned
    """
    if points is None:
        points = list(submission) if isinstance(submission, Mapping) else []
    worth = shares(points, pair_loss, mean=mean)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0; got {seed!r}.")
    reports, marks = {}, []
    for name, parts in worth.items():
        subject = named(name, pair_loss, mean=mean).graded
        asked = questions(subject, layout, arrays, seed)
        try:
            if isinstance(submission, Mapping):
                reports[name] = judge(subject, _called(submission, name, asked), seed)
            else:
                called = (functions or {}).get(name, name)
                reports[name] = _of_file(subject, submission, called, asked, seed, time_limit)
        except Unusable as unusable:
            reports[name] = Report(name, trouble=str(unusable))
        marks += [_mark(reports[name], name, part, subject, parts[part]) for part in parts]
    file_name = "" if isinstance(submission, Mapping) else Path(submission).stem
    return Grade(student if student is not None else file_name, tuple(marks), reports)


_Asked: TypeAlias = Sequence[tuple[Example, Reading]]


def _called(functions: Mapping[str, Any], name: str, asked: _Asked) -> list[Outcome]:
    function = functions.get(name)
    if not callable(function):
        raise Unusable(f"expected a function {name}; got {type(function).__name__}")
    return [call(function, example.arguments, reading) for example, reading in asked]


def _of_file(
    subject: Subject, file: Any, name: str, asked: _Asked, seed: int, time_limit: float
) -> Report:
    try:
        came = outcomes(Path(file), name, asked, time_limit=time_limit, alone=True)
        return judge(subject, came, seed)
    except Unusable:
        raise
    except Exception as error:
        raise Unusable(
            f"{file} left no results that can be read, as if it wrote where they should be"
        ) from error


def _mark(report: Report, name: str, part: str, subject: Subject, possible: float) -> Mark:
    statement = subject.formulas[part].statement
    if report.trouble:
        return Mark(name, part, statement, 0.0, possible, "cannot be checked", report.trouble)
    procedures = [each.name for each in report.mistakes if each.kind == "procedure"]
    if procedures:
        says = ", ".join(procedures)
    elif part not in report.parts:
        says = NOT_RETURNED
    elif report.parts[part]:
        return Mark(name, part, statement, possible, possible, "right")
    else:
        found = [each.name for each in report.mistakes if part in report.where.get(each.name, ())]
        says = ", ".join(found) or "unknown mistake"
    return Mark(name, part, statement, 0.0, possible, says)


def shares(
    points: Points, pair_loss: CheckedPair = "negative-sampling", *, mean: bool = True
) -> dict[str, dict[str, float]]:
    """What each part of each subject is worth.

    Raises:
        ValueError: a subject, part or statement is not known, a number is below 0 or above a
            million, or there are no points at all.

    >>> shares({"negative_sampling": 6, "naive_softmax": {"b1": 1, "d": 3}})["naive_softmax"]
    {'v_c': 1.0, 'U': 3.0}
    >>> shares({"negative_sampling": 6})
    {'negative_sampling': {'loss': 2.0, 'v_c': 2.0, 'U': 2.0}}
    """
    if isinstance(points, str):
        points = [points]
    given: Any = points if isinstance(points, Mapping) else dict.fromkeys(points)
    worth = {}
    for name, value in given.items():
        subject = named(name, pair_loss, mean=mean)
        if isinstance(value, Mapping):
            worth[name] = _of_parts(name, subject, value)
        else:
            each = 1.0 if value is None else _points(value, name) / len(subject.parts)
            worth[name] = dict.fromkeys(subject.parts, each)
    if not any(value > 0 for parts in worth.values() for value in parts.values()):
        raise ValueError("expected points for something; got none, so that nothing is graded.")
    return worth


def _of_parts(name: str, subject: Subject, given: Mapping[Any, Any]) -> dict[str, float]:
    """Points by part, in the order of the parts; those of a statement are shared by its parts."""
    worth: dict[str, float] = {}
    for key, value in given.items():
        parts = [p for p, formula in subject.formulas.items() if key in (p, formula.statement)]
        if not parts:
            known = [f"{part} ({f.statement})" for part, f in subject.formulas.items()]
            raise ValueError(f"{name} has no part {key!r}: it has {', '.join(known)}.")
        for part in parts:
            if part in worth:
                raise ValueError(f"{name}: {part} has points twice, by {key!r} the second time.")
            worth[part] = _points(value, f"{name}.{key}") / len(parts)
    return {part: worth[part] for part in subject.parts if part in worth}


def _points(value: Any, what: str) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not (good and 0 <= value <= _MOST):  # not nan either
        raise ValueError(f"points of {what} must be a number from 0 to {_MOST:,}; got {value!r}.")
    return float(value)
