"""How a text is divided among steps: large steps are fast, small ones learn more."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jw2v import batches, sampling
from jw2v.config import Config

__all__ = ["Plan", "plan", "step_bound"]

SHORTEST_SEGMENT = 32
"""Center words in a segment, which share their negatives; more for windows of more than 8."""
LARGEST_BATCH = {True: 4096, False: 128}
"""Center words in a step at the most, for segments (True) and for windows (False)."""
STEPS_AN_EPOCH = 256
"""Steps in an epoch at the least, before batches are made smaller for a small text."""
SMALLEST_BATCH = 128
STEP_BOUND = 2.0
"""The step bound for a center of so many terms: at the edge of what t4 proves."""
TERMS = 36
"""Terms of a center in a window of 5 with 5 negatives: 6 pairs on average, 6 terms each."""
CHUNK_STEPS = 64
"""Steps that one call runs on the device."""


class Plan(NamedTuple):
    """How a text is divided among steps; the totals are expectations over the subsampling."""

    segments: bool
    """runs of text with shared negatives, or else single windows"""
    shape: batches.Shape
    shared: int
    """negatives that the words of a segment share"""
    kept: float
    """words an epoch that survive subsampling"""
    steps: int
    """steps in all epochs"""


def plan(config: Config, counts: NDArray[np.int64], *, segments: bool) -> Plan:
    """Decide the size of a step and of a chunk.

    Large steps are fast and small ones learn more, so a step is as large as leaves at least
    ``STEPS_AN_EPOCH`` of them to an epoch, within bounds.
    """
    kept = float((counts * sampling.keep_probability(counts, config.subsample)).sum())
    length, shared = _segment(config) if segments else (1, 0)
    words = config.batch_words
    if words is None:
        words = int(np.clip(kept / STEPS_AN_EPOCH, SMALLEST_BATCH, LARGEST_BATCH[segments]))
    batch = max(1, words // length)
    # A little more than expected, so that a lucky draw does not need another, empty chunk; and the
    # offset at which segments are cut.
    most = kept + 4 * math.sqrt(kept) + length
    chunks = math.ceil(most / (CHUNK_STEPS * batch * length))
    a_chunk = math.ceil(most / (chunks * batch * length))
    shape = batches.Shape(steps=a_chunk, batch=batch, length=length)
    return Plan(segments, shape, shared, kept, config.epochs * chunks * a_chunk)


def step_bound(config: Config) -> float:
    """The step bound, where the settings leave it open.

    The bound on the curvature gives every term ¼, though most negatives are far from it, and a
    center of more terms would hardly move. So the bound grows with their number. This is
    experience, not proof: with dim 300, windows of 10 and 15 negatives, 2 learns far less than
    gensim, and 8 to 16 more.
    """
    if config.step_bound is not None:
        return config.step_bound
    if config.loss == "naive-softmax":
        return STEP_BOUND
    pairs = config.window + 1 if config.shrink_window else 2 * config.window
    return STEP_BOUND * max(1.0, pairs * (1 + config.negatives) / TERMS)


def _segment(config: Config) -> tuple[int, int]:
    """Words in a segment, and the negatives they share.

    Segments are at least four windows long, so that few pairs fall between two of them, and the
    others need weights of at most 4/3. More negatives a pair need more to be shared.
    """
    length = max(SHORTEST_SEGMENT, 16 * math.ceil(4 * config.window / 16))
    return length, 16 * max(1, math.ceil(config.negatives / 5))
