"""What the losses of the steps add up to, for whoever watches training."""

import math
import time
from collections import deque

import numpy as np

from jw2v import steps
from jw2v.progress import Progress, Report

__all__ = ["DivergedError", "Meter"]


class DivergedError(ArithmeticError):
    """The loss is no longer a finite number."""


class Meter:
    """Reads the totals of each chunk, one chunk late so that the device never waits for it.

    Args:
        epochs: how many there will be.
        words: of the text, in one epoch.
        chunks: in one epoch, as planned.
        report: called after each chunk.
    """

    def __init__(self, epochs: int, words: int, chunks: int, report: Report | None) -> None:
        self._report = report
        self._epochs = epochs
        self._words = epochs * words
        self._chunks = chunks
        self._recent: deque[tuple[float, float]] = deque(maxlen=chunks)
        self._began = time.perf_counter()
        self._epoch, self._done = 0, 0
        self._pending: steps.Totals | None = None

    def resume(self, epoch: int, done: int, losses: list[list[float]]) -> None:
        """Go on from a checkpoint."""
        self._epoch, self._done = epoch, done
        self._recent.extend((loss, pairs) for loss, pairs in losses)

    def add(self, epoch: int, totals: steps.Totals) -> None:
        """Take the totals of one more chunk."""
        self.settle()
        if epoch > self._epoch:
            self._epoch, self._done = epoch, 0
        self._pending = totals

    def settle(self) -> None:
        """Wait for the last chunk.

        Raises:
            DivergedError: its loss is infinite or NaN.
        """
        if self._pending is None:
            return
        loss, pairs = (float(np.asarray(each, np.float64).sum()) for each in self._pending)
        self._pending = None
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss} in epoch {self._epoch + 1}: training diverged."
                " Lower learning_rate (or that of your optimizer), step_bound or batch_words."
            )
        self._recent.append((loss, pairs))
        self._done = min(self._done + 1, self._chunks)
        if self._report is not None:
            self._report(self._progress())

    @property
    def losses(self) -> list[list[float]]:
        """Loss and pairs of as many of the last chunks as make an epoch."""
        return [list(each) for each in self._recent]

    def _progress(self) -> Progress:
        loss, pairs = map(sum, zip(*self._recent, strict=True))
        fraction = (self._epoch + self._done / self._chunks) / self._epochs
        return Progress(
            epoch=self._epoch + 1,
            epochs=self._epochs,
            fraction=fraction,
            words=round(fraction * self._words),
            seconds=time.perf_counter() - self._began,
            loss=loss / max(pairs, 1),
        )
