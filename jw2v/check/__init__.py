"""Whether a function of your own is right and, when not, which mistake it is.

Each function here takes one of yours and says so by a :class:`~jw2v.check.report.Report`. Yours is
never read, only called: on small examples in round numbers and on random ones, and what it returns
is compared with jw2v's own results, whose formulas are proved, and with what a program with each
known mistake returns. ``docs/checking.md`` explains it. :func:`~jw2v.check.grading.grade` gives
points for it: ``docs/grading.md``.
"""

from typing import TYPE_CHECKING

from jw2v._lazy import attach

if TYPE_CHECKING:
    from jw2v.check.functions import (
        cbow,
        naive_softmax,
        negative_sampling,
        relu_gradient,
        sigmoid,
        sigmoid_gradient,
        skip_gram,
        window_pairs,
        window_words,
    )
    from jw2v.check.grades import Grade, Mark, save_grades
    from jw2v.check.grading import grade
    from jw2v.check.report import Report

__all__ = [
    "Grade",
    "Mark",
    "Report",
    "cbow",
    "grade",
    "naive_softmax",
    "negative_sampling",
    "relu_gradient",
    "save_grades",
    "sigmoid",
    "sigmoid_gradient",
    "skip_gram",
    "window_pairs",
    "window_words",
]

_HOMES = {
    "Grade": "jw2v.check.grades",
    "Mark": "jw2v.check.grades",
    "Report": "jw2v.check.report",
    "grade": "jw2v.check.grading",
    "save_grades": "jw2v.check.grades",
}

__getattr__, __dir__ = attach(__name__, dict.fromkeys(__all__, "jw2v.check.functions") | _HOMES)
