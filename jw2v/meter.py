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

__all__ = ["DivergedError", "Meter", "check_start", "digest", "sound"]

ADVICE = (
    "Lower learning_rate (or that of your optimizer), step_bound or batch_words. Checkpoints, if"
    " there are any, are from before: a new run can start from them (--start FOLDER)."
)

START = (
    "before anything was learnt. A lower learning rate does not help: the cause is in the tables"
    " that training starts from, in the text, or in the loss itself. Outside vectors start at"
    " zero, where for instance a cosine has no gradient (v/‖v‖ at v = 0): give"
    " train(..., init=...) tables to start from, or a loss that is finite there."
)


class DivergedError(ArithmeticError):
    """The loss is no longer a finite number, or the next one would not be."""


@jax.jit
def sound(params: Params) -> Bool[Array, ""]:
    """Whether all numbers are finite, and so small that no product of two rows overflows.

    Definition: dim · max |V| · max |U| is finite. NaN and infinity make it NaN or infinite, even
    where the other table is 0.

    >>> tables = Params(V=jnp.ones((2, 3)), U=jnp.zeros((2, 3)))
    >>> bool(sound(tables)), bool(sound(tables._replace(V=tables.V.at[0, 1].set(jnp.inf))))
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
def digest(params: Params) -> UInt32[Array, ""]:
    """A sum of the bits of both tables, which tells whether a run has changed anything.

    >>> tables = Params(V=jnp.ones((2, 3)), U=jnp.zeros((2, 3)))
    >>> bool(digest(tables) == digest(tables._replace(U=tables.U.at[0, 0].set(1e-9))))
    False
    """
    bits = [jax.lax.bitcast_convert_type(table, jnp.uint32) for table in params]
    return bits[0].sum(dtype=jnp.uint32) + bits[1].sum(dtype=jnp.uint32)


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
        self.pairs = 0.0
        """so far: the sum of their weights"""

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
        losses, pairs = (np.asarray(each, np.float64) for each in self._pending)
        self._pending = None
        if not (finite := np.isfinite(losses)).all():
            first = int(finite.argmin())
            raise DivergedError(
                f"training diverged: the loss is {losses[first]} in epoch {self._epoch + 1},"
                f" step {self._done * len(losses) + first + 1}. {ADVICE}"
            )
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
        if not sound(params):
            raise DivergedError(
                f"training diverged: vectors are infinite, NaN or too large to multiply after epoch"
                f" {self._epoch + 1}, chunk {self._done}. {ADVICE}"
            )

    def check_learnt(self, first: int, params: Params) -> None:
        """See to it that a run from beginning to end has learnt anything at all.

        Args:
            first: the :func:`digest` of the tables that it began with.
            params: those that it ended with.

        Raises:
            ValueError: it has not.
        """
        if not self.pairs:
            raise ValueError(
                "nothing was learnt: in all epochs no two words of a sentence came up together."
                " Raise subsample (0 keeps all words) or epochs, or give more text."
            )
        if first == int(digest(params)):
            raise ValueError(
                "nothing was learnt: the vectors are as they were at the start, and every step was"
                " 0. Raise learning_rate, or that of your optimizer or schedule, and see whether"
                " your loss has a gradient."
            )

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
            loss=loss / pairs if pairs else None,
        )
