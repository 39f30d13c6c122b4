"""From a text to word vectors: the training loop."""

import dataclasses
import json
import math
import time
from collections import deque
from collections.abc import Iterable
from contextlib import nullcontext
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, PRNGKeyArray
from numpy.typing import NDArray

from jw2v import batches, corpus, sampling, steps
from jw2v.config import Config
from jw2v.corpus import Corpus, Source
from jw2v.losses import PairLoss
from jw2v.objectives import (
    Objective,
    any_loss_of_windows,
    naive_softmax_of_windows,
    negative_sampling_of_segments,
    negative_sampling_of_windows,
    weighted,
)
from jw2v.optimizers import curvature_bounded_sgd
from jw2v.params import Params, Which, init, of_words
from jw2v.progress import Progress, Report, training_bar
from jw2v.vectors import WordVectors

__all__ = ["DivergedError", "Plan", "plan", "read", "train"]

SHORTEST_SEGMENT = 32
"""Center words in a segment, which share their negatives; more for windows of more than 8."""
LARGEST_BATCH = {True: 4096, False: 128}
"""Center words in a step at the most, for segments (True) and for windows (False)."""
STEPS_AN_EPOCH = 256
"""Steps in an epoch at the least, before batches are made smaller for a small text."""
SMALLEST_BATCH = 128
CHUNK_STEPS = 64
"""Steps that one call runs on the device."""
ALIGNMENT = 8
"""Tables are padded to a multiple of so many columns: whole vectors of the processor."""

Update = Literal["tables", "rows"]
"""What a step of an optimizer of one's own updates: see :func:`train`."""


class DivergedError(ArithmeticError):
    """The loss is no longer a finite number."""


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


def _segment(config: Config) -> tuple[int, int]:
    """Words in a segment, and the negatives they share.

    Segments are at least four windows long, so that few pairs fall between two of them, and the
    others need weights of at most 4/3. More negatives a pair need more to be shared.
    """
    length = max(SHORTEST_SEGMENT, 16 * math.ceil(4 * config.window / 16))
    return length, 16 * max(1, math.ceil(config.negatives / 5))


def read(text: Source, config: Config, progress: corpus.Progress | None = None) -> Corpus:
    """Read a text with the settings of ``config`` that concern it: see :func:`jw2v.corpus.read`."""
    return corpus.read(
        text,
        tokens=config.tokens,
        min_count=config.min_count,
        max_vocab=config.max_vocab,
        column=config.column,
        progress=progress,
    )


def train(
    text: Source | Corpus,
    config: Config | None = None,
    *,
    pair_loss: PairLoss | None = None,
    optimizer: optax.GradientTransformation | None = None,
    update: Update = "tables",
    schedule: optax.Schedule | None = None,
    progress: Report | bool = False,
) -> WordVectors:
    """Learn a vector for every frequent word of a text.

    By default the loss is negative sampling over runs of text
    (:func:`jw2v.objectives.negative_sampling_of_segments`), each step touches only the rows of the
    words in it, and the step rule is :func:`jw2v.optimizers.curvature_bounded_sgd`. An optimizer of
    your own updates the whole tables in every step, which suits vocabularies of up to some ten
    thousand words, or only rows, if you say so with ``update``.

    Args:
        text: the path of a text file (plain, ``.gz`` or ``.xz``) or of a table (``.parquet``,
            ``.arrow``), several paths, a table in memory, an iterable of sentences, each a sequence
            of tokens, or what :func:`jw2v.corpus.read` made of any of these.
            A text that is already read keeps its vocabulary, whatever ``config`` says about it.
        config: the settings.
        pair_loss: any loss ``(v_c, o, negatives, U) -> scalar``, or with ``config.negatives`` of 0
            ``(v_c, o, U) -> scalar``, in place of ``config.loss``; needs an ``optimizer``.
        optimizer: any optax transformation; its own learning rate holds, not
            ``config.learning_rate``.
        update: what your optimizer updates. ``"tables"``: all words in every step, as the optimizer
            is defined, at a cost that grows with the vocabulary; it sees the gradient of the mean
            loss of a window. ``"rows"``: only the words of the step and their state, over runs of
            text as by default: see :func:`jw2v.steps.lazy_step`. It is the better choice from some
            ten thousand words on, for optimizers that adapt to each row such as ``optax.adagrad``
            and, lazily, ``optax.adam``: they see the gradient of the sum of the losses, since the
            mean would leave next to nothing for a rare word of a large step. The naive softmax has
            a gradient for every outside vector, and a ``pair_loss`` for every row, so that rows
            save little or nothing there.
        schedule: the learning rate as a function of the step number, in place of the fall from
            ``config.learning_rate`` to 0. :func:`plan` tells how many steps there will be.
        progress: True for a progress bar on standard error, or a function to call with a
            :class:`jw2v.Progress` after every chunk of steps.

    Returns:
        The center vectors, or those that ``config.vectors`` names, with the settings as metadata.

    Raises:
        ValueError: impossible settings or an unusable text; the message says what to do.
        DivergedError: the loss became infinite or NaN.

    >>> text = [["cats", "purr"], ["dogs", "bark"]] * 50
    >>> vectors = train(text, Config(dim=4, subsample=0, min_count=1, epochs=1))
    >>> vectors.vectors.shape, sorted(vectors.words)
    ((4, 4), ['bark', 'cats', 'dogs', 'purr'])
    """
    config = Config() if config is None else config
    _check(pair_loss, optimizer, update, schedule)
    with jax.enable_x64(True) if config.dtype == "float64" else nullcontext():
        known = text if isinstance(text, Corpus) else read(text, config)
        with training_bar() if progress is True else nullcontext(progress or None) as report:
            return _train(known, config, pair_loss, optimizer, update, schedule, report)


def _check(
    pair_loss: PairLoss | None,
    optimizer: optax.GradientTransformation | None,
    update: Update,
    schedule: optax.Schedule | None,
) -> None:
    if update not in get_args(Update):
        raise ValueError(f"update must be one of {', '.join(get_args(Update))}; got {update!r}.")
    if pair_loss is not None and optimizer is None:
        raise ValueError(
            "a pair_loss of your own needs an optimizer of your own, for example"
            " optax.adam(1e-3): the default step rule relies on a bound on the curvature,"
            " which is known for the losses of jw2v only."
        )
    if optimizer is not None and schedule is not None:
        raise ValueError(
            "schedule sets the learning rate of the default step rule; give your own optimizer"
            " its schedule directly, as in optax.adam(schedule)."
        )


def _train(
    text: Corpus,
    config: Config,
    pair_loss: PairLoss | None,
    optimizer: optax.GradientTransformation | None,
    update: Update,
    schedule: optax.Schedule | None,
    report: Report | None,
) -> WordVectors:
    counts = text.vocabulary.counts
    if len(counts) < 2:
        raise ValueError(
            f"training needs at least 2 different words, and the vocabulary has {len(counts)}:"
            " lower min_count or give a longer text."
        )
    default = optimizer is None
    by_rows = default or update == "rows"
    segments = by_rows and pair_loss is None and config.loss == "negative-sampling"
    planned = plan(config, counts, segments=segments)
    noise = sampling.noise(counts, config.ns_exponent)
    objective = _objective(config, noise, pair_loss, planned)
    if optimizer is None:
        rate = schedule or optax.linear_schedule(config.learning_rate, 0.0, planned.steps)
        optimizer = curvature_bounded_sgd(rate, config.step_bound)
        step = steps.row_step(objective, optimizer)
    elif by_rows:
        step = steps.lazy_step(objective, optimizer)
    else:
        objective = weighted(objective, 1 / planned.shape.batch)
        step = steps.dense_step(objective, optimizer)
    key_init, key_steps = jax.random.split(jax.random.key(config.seed))
    columns = config.dim + (-config.dim % ALIGNMENT if segments and default else 0)
    params = _start(key_init, len(counts), config.dim, columns, np.dtype(config.dtype))
    state = steps.start(params, optimizer, key_steps)

    run = steps.scan_steps(step)
    meter = _Meter(config, text, planned, report)
    for epoch in range(config.epochs):
        for chunk in batches.ahead(_chunks(text, config, planned, epoch)):
            state, totals = run(state, chunk)
            meter.add(epoch, totals)
    meter.settle()
    metadata = {"config": json.dumps(dataclasses.asdict(config))}
    vectors = np.asarray(_kept(state.params, config.dim, config.vectors))
    return WordVectors(text.vocabulary.words, vectors, metadata)


@partial(jax.jit, static_argnums=(1, 2, 3, 4))
def _start(key: PRNGKeyArray, vocab: int, dim: int, columns: int, dtype: np.dtype[Any]) -> Params:
    """The first tables, with columns of zeros, which stay zero: gradients are sums of rows."""
    params = init(key, vocab, dim, dtype=dtype)
    return Params(*(jnp.pad(table, ((0, 0), (0, columns - dim))) for table in params))


@partial(jax.jit, static_argnums=(1, 2))
def _kept(params: Params, dim: int, which: Which) -> Array:
    """The vectors to keep, without the columns that only pad."""
    return of_words(Params(*(table[:, :dim] for table in params)), which)


def _objective(
    config: Config, noise: sampling.Noise, pair_loss: PairLoss | None, planned: Plan
) -> Objective:
    if pair_loss is not None:
        return partial(
            any_loss_of_windows,
            pair_loss=pair_loss,
            noise=noise,
            negatives=config.negatives or None,
        )
    if config.loss == "naive-softmax":
        return naive_softmax_of_windows
    if planned.segments:
        return partial(
            negative_sampling_of_segments,
            noise=noise,
            window=config.window,
            shrink=config.shrink_window,
            negatives=config.negatives,
            shared=planned.shared,
        )
    return partial(negative_sampling_of_windows, noise=noise, negatives=config.negatives)


def _chunks(text: Corpus, config: Config, planned: Plan, epoch: int) -> Iterable[Any]:
    rng = np.random.default_rng([config.seed, epoch])
    keep = sampling.keep_probability(text.vocabulary.counts, config.subsample)
    texts = batches.subsampled(text.ids, keep, rng)
    if planned.segments:
        return batches.segments(texts, planned.shape, rng)
    return batches.windows(texts, planned.shape, config.window, config.shrink_window, rng)


class _Meter:
    """Reads the totals of each chunk, one chunk late so that the device never waits for it."""

    def __init__(self, config: Config, text: Corpus, planned: Plan, report: Report | None) -> None:
        self.report = report
        self.epochs = config.epochs
        self.words = config.epochs * text.vocabulary.total
        self.chunks = planned.steps // planned.shape.steps // config.epochs
        self.recent: deque[tuple[float, float]] = deque(maxlen=self.chunks)
        self.began = time.perf_counter()
        self.epoch, self.done = 0, 0
        self.pending: steps.Totals | None = None

    def add(self, epoch: int, totals: steps.Totals) -> None:
        self.settle()
        if epoch > self.epoch:
            self.epoch, self.done = epoch, 0
        self.pending = totals

    def settle(self) -> None:
        if self.pending is None:
            return
        loss, pairs = (float(np.asarray(each, np.float64).sum()) for each in self.pending)
        self.pending = None
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss} in epoch {self.epoch + 1}: training diverged."
                " Lower learning_rate (or that of your optimizer), step_bound or batch_words."
            )
        self.recent.append((loss, pairs))
        self.done = min(self.done + 1, self.chunks)
        if self.report is not None:
            self.report(self.progress())

    def progress(self) -> Progress:
        loss, pairs = map(sum, zip(*self.recent, strict=True))
        fraction = (self.epoch + self.done / self.chunks) / self.epochs
        return Progress(
            epoch=self.epoch + 1,
            epochs=self.epochs,
            fraction=fraction,
            words=round(fraction * self.words),
            seconds=time.perf_counter() - self.began,
            loss=loss / max(pairs, 1),
        )
