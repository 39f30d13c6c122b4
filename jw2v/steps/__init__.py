"""One training step, by any optimizer: see :mod:`jw2v.steps.step`."""

from jw2v.steps.step import (
    Step,
    Totals,
    TrainState,
    dense_step,
    lazy_step,
    row_step,
    scan_steps,
    start,
)

__all__ = [
    "Step",
    "Totals",
    "TrainState",
    "dense_step",
    "lazy_step",
    "row_step",
    "scan_steps",
    "start",
]
