"""How a text is divided among steps: large steps are fast, small ones learn more."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jw2v.catalogue import output
from jw2v.choices import LEARNING_RATES
from jw2v.config import Config
from jw2v.feeding import batches, subsampling
from jw2v.feeding.layouts import Layout

__all__ = ["Plan", "plan", "plan_of_pairs", "settled", "step_bound"]

SHORTEST_SEGMENT = 32
"""Center words in a segment, which share their negatives; more for windows of more than 8."""
LARGEST_BATCH = {True: 4096, False: 128}
"""Center words in a step at the most: the fast way of a model, and any other."""
BAGS = 32
"""Words with a bag in a run of text."""
PAIRS = 8
"""Loose pairs in a step at the most, for each center word that there would be of a text, which has
about as many pairs."""
STEPS_AN_EPOCH = 256
"""Steps in an epoch at the least, before batches are made smaller for a small text."""
SMALLEST_BATCH = 128
STEP_BOUND = 2.0
"""The step bound for a center of so many terms. It is the edge of t4: a row that moves alone cannot
raise the loss, and below 2 it lowers it."""
TERMS = 36
"""Terms of a center in a window of 5 with 5 negatives: 6 pairs on average, 6 terms each."""
MOST_PAIRS, MOST_TERMS = 20, 11 * 16
"""What raises the step bound at the most: the pairs of a center in a fixed window of 10, and its
terms in a window of 10 with 15 negatives, so that no bound is above 9.8: see docs/choosing.md."""
CHUNK_STEPS = 64
"""Steps that one call runs on the device."""
MOST_STEPS = 2**31 - 1
"""Steps of a run at the most: they are counted in 32 bits."""
MOST_SHARED = 256
"""Negatives that a segment shares at the most, or as many as there are words, if these are more."""
SUBSAMPLE = 1e-4
"""The threshold of subsampling for large texts."""
SMALL_TEXT = 0.25
"""That for small ones, times the root of their number of words: see docs/choosing.md."""


class Plan(NamedTuple):
    """How a text is divided among steps; the totals are expectations over the subsampling."""

    layout: Layout
    """of the batches"""
    fast: bool
    """by the fast way of the model"""
    shape: batches.Shape
    shared: int
    """negatives that the words of a segment share"""
    kept: float
    """words an epoch that survive subsampling"""
    steps: int
    """steps in all epochs"""
    reach: int
    """how far apart words can be and pair: the window, or the longest sentence if it is shorter"""


def settled(config: Config, counts: NDArray[np.int64]) -> Config:
    """The settings with the learning rate and the subsampling that suit, where they are open.

    Definition: the rate is that of the model in :data:`jw2v.choices.LEARNING_RATES`, the threshold
    t = max(1e-4, ¼/√n, 1/V) for a text of n words, V of them different. The second is measured: see
    docs/choosing.md. A share of 1/V is that of an average word, and thinning begins at φ² of it, so
    that the few words of baskets stay, whatever their number.

    >>> prose, baskets = np.append(990_000, np.ones(10_000, int)), np.full(6, 100)
    >>> f"{settled(Config(), prose).subsample:.5f} {settled(Config(), baskets).subsample:.5f}"
    '0.00025 0.16667'
    >>> settled(Config(model="cbow"), prose).learning_rate
    0.2
    """
    rate, threshold = config.learning_rate, config.subsample
    if rate is None:
        rate = LEARNING_RATES[config.model]
    if threshold is None:
        # One word alone would make it 1; training refuses that with a message of its own.
        of_vocabulary = 1 / max(2, len(counts))
        threshold = max(SUBSAMPLE, SMALL_TEXT / math.sqrt(counts.sum()), of_vocabulary)
    return replace(config, learning_rate=rate, subsample=threshold)


def plan(
    config: Config,
    counts: NDArray[np.int64],
    *,
    layout: Layout,
    fast: bool,
    reach: int | None = None,
    length: int | None = None,
) -> Plan:
    """Decide the size of a step and of a chunk.

    Large steps are fast and small ones learn more, so a step is as large as leaves at least
    ``STEPS_AN_EPOCH`` of them to an epoch, within bounds. No step is larger than the text, or
    than 128 words where that is smaller. Steps are counted for a luckier draw of the subsampling
    than is expected. In steps of a single word up to a sixth of them may not come, of a text of
    some hundred words, and the learning rate then ends as far above 0.

    Args:
        config: the settings.
        counts: how often each word occurs.
        layout: of the batches.
        fast: whether steps may be large, as those of a model's fast way.
        reach: how far apart two words of a sentence can be, if that is less than the window:
            places that no sentence fills take neither time nor memory.
        length: words with a bag in a run of text, where a model has its own.

    Raises:
        ValueError: more steps than can be counted.
    """
    threshold = settled(config, counts).subsample
    assert threshold is not None
    kept = float((counts * subsampling.keep_probability(counts, threshold)).sum())
    reach = config.window if reach is None else max(1, min(reach, config.window))
    usual, shared = _run(config, reach, len(counts), layout)
    length = usual if length is None else length
    # A little more than expected, so that a lucky draw does not need another, empty chunk; and the
    # offset at which segments are cut.
    most = kept + 4 * math.sqrt(kept) + length
    words = int(np.clip(kept / STEPS_AN_EPOCH, SMALLEST_BATCH, LARGEST_BATCH[fast]))
    shape, steps = _divided(config, most, words, length)
    return Plan(layout, fast, shape, shared, kept, steps, reach)


def plan_of_pairs(config: Config, pairs: int, vocab: int, *, fast: bool) -> Plan:
    """Decide the size of a step and of a chunk of loose pairs: see :func:`plan`.

    ``batch_words`` of the settings are pairs here. Steps are as large as one another, so that few
    places are left empty: where pairs are few, they are a little smaller than said.

    Args:
        config: the settings.
        pairs: in an epoch.
        vocab: different outside things.
        fast: whether pairs share their negatives.

    Raises:
        ValueError: more steps than can be counted.
    """
    usual = int(np.clip(pairs / STEPS_AN_EPOCH, SMALLEST_BATCH, PAIRS * LARGEST_BATCH[fast]))
    length, shared = 1, 0
    if fast:
        length, shared = min(BAGS, config.batch_words or BAGS), _shared(config, vocab)
    shape, steps = _divided(config, pairs, usual, length)
    shape = shape._replace(batch=math.ceil(pairs / (steps // config.epochs * length)))
    return Plan("edges", fast, shape, shared, pairs, steps, 1)


def _divided(config: Config, most: float, usual: int, length: int) -> tuple[batches.Shape, int]:
    """The shape of a chunk, and the steps of all epochs, of so many examples in an epoch."""
    words = usual if config.batch_words is None else config.batch_words
    whole = length * math.ceil(most / length)
    batch = max(1, min(words, max(SMALLEST_BATCH, whole)) // length)
    chunks = math.ceil(most / (CHUNK_STEPS * batch * length))
    a_chunk = math.ceil(most / (chunks * batch * length))
    steps = config.epochs * chunks * a_chunk
    if steps > MOST_STEPS:
        raise ValueError(
            f"{config.epochs:,} epochs of {chunks * a_chunk:,} steps are {steps:,} steps, and at"
            f" most {MOST_STEPS:,} can be counted: lower epochs, or raise batch_words."
        )
    return batches.Shape(steps=a_chunk, batch=batch, length=length), steps


def step_bound(config: Config, reach: int | None = None) -> float:
    """The step bound, where the settings leave it open.

    The bound on the curvature gives every term ¼, though most negatives are far from it, and a
    center of more terms would hardly move. So the bound grows with their number. This is
    experience, not proof: with dim 300, windows of 10 and 15 negatives, 2 learns far less than
    gensim, and 8 to 16 more. It ends there: in windows of 50 and more a bound that went on growing
    made vectors worse than untrained ones. Terms are counted only as far as sentences ``reach``.
    """
    if config.step_bound is not None:
        return config.step_bound
    terms_of_pair = output(config.loss).terms
    if terms_of_pair is None or config.model != "skip-gram":
        return STEP_BOUND
    m = config.window
    far = m if reach is None else min(reach, m)
    # The sum of 2 (m + 1 − h) / m over the distances h up to the farthest, which m makes m + 1.
    pairs = far * (2 * m + 1 - far) / m if config.shrink_window else 2 * far
    terms = min(min(pairs, MOST_PAIRS) * terms_of_pair(config.negatives), MOST_TERMS)
    return STEP_BOUND * max(1.0, terms / TERMS)


def _run(config: Config, reach: int, vocab: int, layout: Layout) -> tuple[int, int]:
    """Words in a run of text, and the negatives they share.

    Segments are at least four windows long, so that few pairs fall between two of them, and the
    others need weights of at most 4/3. More negatives a pair need more to be shared, but no more
    than there are words to be spread over: any number of them has the same expectation (t5).
    """
    if layout == "windows":
        return 1, 0
    shared = _shared(config, vocab)
    if layout == "bags":
        return BAGS, shared
    return max(SHORTEST_SEGMENT, 16 * math.ceil(4 * reach / 16)), shared


def _shared(config: Config, vocab: int) -> int:
    """Negatives that the words of a run share."""
    shared = 16 * max(1, math.ceil(config.negatives / 5))
    return min(shared, max(MOST_SHARED, 16 * math.ceil(vocab / 16)))
