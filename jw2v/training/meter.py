"""What the losses of the steps add up to, for whoever watches training."""

import time
from collections import deque
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, UInt32

from jw2v import steps
from jw2v.params import Params
from jw2v.progress import Progress, Report

__all__ = ["DivergedError", "Meter", "check_start", "digest", "products_are_finite"]

ADVICE = (
    "Lower learning_rate (or that of your optimizer), step_bound or batch_words. Checkpoints, if"
    " there are any, are from before: a new run can start from them (--start FOLDER)."
)

START = (
    "before anything was learnt. A lower learning rate does not help: the cause is in the tables"
    " that training starts from, in the text or the pairs and their weights, or in the loss itself."
    " Outside vectors start at zero, where for instance a cosine has no gradient (v/‖v‖ at v = 0):"
    " give tables to start from (init=...), or a loss that is finite there."
)

LEAST_FALL = 0.01
"""The share of the first loss by which that of the last epoch is to be less, or it is said."""
MOST_RISE = 0.1
"""The same of a run that starts from tables that may be learnt already: its loss may rise a little,
and that of the first step is known only as well as a step shows it."""
FEW_STEPS = 20
"""Fewer steps in all epochs are warned of."""


class DivergedError(ArithmeticError):
    """The loss is no longer a finite number, or the next one would not be."""


@jax.jit
def products_are_finite(params: Params) -> Bool[Array, ""]:
    """Whether all numbers are finite, and so small that no product of two rows overflows.

    Definition: dim · max |V| · max |U| is finite. NaN and infinity make it NaN or infinite, even
    where the other table is 0.

    >>> tables = Params(V=jnp.ones((2, 3)), U=jnp.zeros((2, 3)))
    >>> infinite = tables._replace(V=tables.V.at[0, 1].set(jnp.inf))
    >>> bool(products_are_finite(tables)), bool(products_are_finite(infinite))
    (True, False)
    """
    largest = [jnp.abs(table).max() for table in params]
    return jnp.isfinite(params.V.shape[1] * largest[0] * largest[1])


def check_start(step: steps.Step, state: steps.TrainState, batch: Any) -> None:
    """See to it that there are a loss and a gradient to begin with.

    Args:
        step: of gradient descent at rate 1, which moves the tables by the gradient.
        state: the first.
        batch: of the first step.

    Raises:
        DivergedError: they are infinite or NaN: no rate would help.
    """
    after, totals = jax.jit(step)(state, batch)
    finite = {
        "loss": np.isfinite(totals.loss),
        "gradient": all(np.isfinite(table).all() for table in after.params),
    }
    if wrong := [name for name, good in finite.items() if not good]:
        raise DivergedError(
            f"training cannot begin: the {' and the '.join(wrong)} of the first step"
            f" {'are' if len(wrong) > 1 else 'is'} infinite or NaN, {START}"
        )


@jax.jit
def digest(vectors: Any) -> UInt32[Array, ""]:
    """A sum of the bits of the vectors that are kept, which tells whether a run has changed any.

    They are an array, or several, as of two tables.

    >>> vectors = jnp.zeros((2, 3))
    >>> bool(digest(vectors) == digest(vectors.at[0, 0].set(1e-9)))
    False
    """
    bits = [jax.lax.bitcast_convert_type(x, jnp.uint32) for x in jax.tree.leaves(vectors)]
    return sum((each.sum(dtype=jnp.uint32) for each in bits), jnp.uint32(0))


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
        self._resumed = 0.0
        self._pending: steps.Totals | None = None
        self.pairs = 0.0
        """so far: the sum of their weights"""
        self.start: float | None = None
        """the mean loss of the first step that has pairs, which is before anything was learnt"""

    def resume(
        self, epoch: int, done: int, losses: list[list[float]], start: float | None = None
    ) -> None:
        """Go on from a checkpoint."""
        self.start = start
        self._epoch, self._done = epoch, min(done, self._chunks)
        self._resumed = self._fraction
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
        losses, pairs = (np.asarray(each, np.float64) for each in self._pending)
        self._pending = None
        if not (finite := np.isfinite(losses)).all():
            first = int(finite.argmin())
            raise DivergedError(
                f"training diverged: the loss is {losses[first]} in epoch {self._epoch + 1},"
                f" step {self._done * len(losses) + first + 1}. {ADVICE}"
            )
        if self.start is None and pairs.any():
            first = int((pairs > 0).argmax())
            self.start = float(losses[first] / pairs[first])
        self._recent.append((float(losses.sum()), float(pairs.sum())))
        self.pairs += float(pairs.sum())
        self._done = min(self._done + 1, self._chunks)
        if self._report is not None:
            self._report(self._progress())

    def check(self, params: Params) -> None:
        """Wait for the last chunk, and see to it that its tables can be gone on with.

        Its losses are those before each step: the last step shows in the tables alone, and so does
        what an optimizer did to words that were not met again.

        Raises:
            DivergedError: they cannot, or a loss is infinite or NaN.
        """
        self.settle()
        if not products_are_finite(params):
            raise DivergedError(
                f"training diverged: vectors are infinite, NaN or too large to multiply after epoch"
                f" {self._epoch + 1}, chunk {self._done}. {ADVICE}"
            )

    def complaint(self, steps: int, *, new: bool) -> str | None:
        """What shows that little was learnt, with the numbers and the cure; None where much was.

        Args:
            steps: of all epochs.
            new: the run started from tables that know nothing, and its loss is to fall.
        """
        loss, pairs = map(sum, zip(*self._recent, strict=True))
        wrong = []
        if self.start is not None and pairs:
            last, most = loss / pairs, -LEAST_FALL if new else MOST_RISE
            if last >= self.start + most * abs(self.start):
                wrong.append(
                    f"the loss was {self.start:.4g} nats a pair in the first step and is"
                    f" {last:.4g} in the last epoch. Where it rose, lower step_bound or"
                    " learning_rate, or window or negatives where they are large; where it hardly"
                    " moved, raise learning_rate or step_bound (or the rate of an optimizer of your"
                    " own), or take more steps"
                )
        if steps < FEW_STEPS:
            wrong.append(f"there were only {steps:,} steps")
        if not wrong:
            return None
        return (
            f"little was learnt: {', and '.join(wrong)}. More epochs, smaller batch_words (a step"
            " is so many words) or more text make more steps."
        )

    def check_learnt(self, first: int, vectors: Any) -> None:
        """See to it that a run from beginning to end has learnt anything at all.

        Args:
            first: the :func:`digest` of the vectors that it would have kept at the start.
            vectors: those that it keeps.

        Raises:
            ValueError: it has not.
        """
        if not self.pairs:
            raise ValueError(
                "nothing was learnt: in all epochs no two words of a sentence came up together."
                " Raise subsample (0 keeps all words) or epochs, or give more text."
            )
        if first == int(digest(vectors)):
            raise ValueError(
                "nothing was learnt: the vectors are as they were at the start, bit for bit: every"
                " step was 0, or too small to change a number of theirs. Raise learning_rate, or"
                " that of your optimizer or schedule, or step_bound, and see whether your loss has"
                " a gradient."
            )

    @property
    def losses(self) -> list[list[float]]:
        """Loss and pairs of as many of the last chunks as make an epoch."""
        return [list(each) for each in self._recent]

    @property
    def learnt(self) -> tuple[list[list[float]], float | None]:
        """What a checkpoint keeps: the losses, and that at the start."""
        return self.losses, self.start

    def _progress(self) -> Progress:
        loss, pairs = map(sum, zip(*self._recent, strict=True))
        fraction = self._fraction
        return Progress(
            epoch=self._epoch + 1,
            epochs=self._epochs,
            fraction=fraction,
            words=round(fraction * self._words),
            seconds=time.perf_counter() - self._began,
            loss=loss / pairs if pairs else None,
            resumed=self._resumed,
        )

    @property
    def _fraction(self) -> float:
        return (self._epoch + self._done / self._chunks) / self._epochs
