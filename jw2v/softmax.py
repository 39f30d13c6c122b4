"""The naive softmax of many windows at once: see :mod:`jw2v.objectives.softmax`."""

from jw2v.objectives.softmax import SharedSoftmax, evaluate, shared_naive_softmax

__all__ = ["SharedSoftmax", "evaluate", "shared_naive_softmax"]
