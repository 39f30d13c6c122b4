"""Whether a function of your own is right and, when not, which mistake it is.

Each function here takes one of yours and says so by a :class:`~jw2v.check.report.Report`. Yours is
never read, only called: on small examples in round numbers and on random ones, and what it returns
is compared with jw2v's own results, whose formulas are proved, and with what a program with each
known mistake returns. ``docs/checking.md`` explains it.
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
    )
    from jw2v.check.report import Report

__all__ = [
    "Report",
    "cbow",
    "naive_softmax",
    "negative_sampling",
    "relu_gradient",
    "sigmoid",
    "sigmoid_gradient",
    "skip_gram",
]

__getattr__, __dir__ = attach(
    __name__,
    {name: "jw2v.check.functions" for name in __all__ if name != "Report"}
    | {"Report": "jw2v.check.report"},
)
