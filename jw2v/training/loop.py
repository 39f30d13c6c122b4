"""From a text to word vectors: the training loop."""

from __future__ import annotations

import dataclasses
import json
import os
import warnings
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any

import jax
import numpy as np
import optax
from numpy.typing import NDArray

from jw2v.choices import Update
from jw2v.config import Config
from jw2v.feeding import batches, subsampling
from jw2v.losses import PairLoss
from jw2v.meshes import MODEL, AnyMesh, mesh_of, size, whole
from jw2v.objectives.noise import Noise
from jw2v.objectives.own import RowLoss
from jw2v.params import Params
from jw2v.progress import Report
from jw2v.reading import corpus
from jw2v.reading.chosen import Words
from jw2v.reading.corpus import Corpus, Source
from jw2v.reading.text import AnyPath
from jw2v.shards import reading as shards
from jw2v.training import planning, unused
from jw2v.training.checkpoints import Destination
from jw2v.training.meter import DivergedError
from jw2v.training.outlook import LittleToLearnWarning, complaint, outlook, reach
from jw2v.training.planning import Plan
from jw2v.training.recipe import Overrides, recipe
from jw2v.training.running import Run
from jw2v.training.starting import NODES, Earlier, Given, Init, selected
from jw2v.vectors.merging import added
from jw2v.vectors.words import WordVectors

__all__ = ["DivergedError", "LittleToLearnWarning", "read", "train"]


def read(
    text: Source,
    config: Config,
    *,
    start: WordVectors | None = None,
    vocab: Words | AnyPath | None = None,
    keep: Iterable[str] = (),
    stop: Iterable[str] = (),
    progress: corpus.ReadReport | None = None,
) -> Corpus:
    """Read a text with the settings of ``config`` that concern it.

    See :func:`jw2v.reading.corpus.read`. Words of ``start`` are kept however rare they are in this
    text, unless ``max_vocab`` leaves them out. ``vocab`` may be the path of a vocabulary in
    Parquet, and with it the text may be ids: see :func:`jw2v.shards.read`.
    """
    if start is not None:
        Earlier(start, config)  # says now what is wrong with it, and not when the text is read
    path = vocab if isinstance(vocab, str | os.PathLike) else None
    if shards.are_ids(text, foreign=path is not None):
        if path is None:
            raise ValueError(
                "these are ids: give with them, as vocab, the path of the Parquet file of their"
                " vocabulary, whose rows they number"
            )
        if keep or stop:
            raise ValueError("keep and stop choose words as a vocabulary is made, and this one is")
        return shards.read(text, path, progress=progress)
    return corpus.read(
        text,
        tokens=config.tokens,
        min_count=config.min_count,
        max_vocab=config.max_vocab,
        column=config.column,
        known=() if start is None else start,
        vocab=shards.read_vocabulary(vocab) if isinstance(vocab, str | os.PathLike) else vocab,
        keep=keep,
        stop=stop,
        progress=progress,
    )


def train(
    text: Source | Corpus,
    config: Config | None = None,
    *,
    vocab: Words | AnyPath | None = None,
    keep: Iterable[str] = (),
    stop: Iterable[str] = (),
    start: WordVectors | None = None,
    init: Init | None = None,
    pair_loss: PairLoss | None = None,
    row_loss: RowLoss | None = None,
    noise: Noise | None = None,
    optimizer: optax.GradientTransformation | None = None,
    update: Update = "tables",
    schedule: optax.Schedule | None = None,
    checkpoint_dir: str | os.PathLike[str] | None = None,
    checkpoint_every: float | None = None,
    resume: bool = False,
    mesh: AnyMesh | None = None,
    progress: Report | bool = False,
) -> WordVectors:
    """Learn a vector for every frequent word of a text.

    By default the loss is negative sampling over runs of text
    (:func:`jw2v.objectives.negative_sampling_of_segments`), each step touches only the rows of the
    words in it, and the step rule is :func:`jw2v.optimizers.curvature_bounded_sgd`. An optimizer of
    your own updates the whole tables in every step, which suits vocabularies of up to some ten
    thousand words, or only rows, if you say so with ``update``.

    Args:
        text: the path of a text file or of a table, several paths, a table in memory, an iterable
            of sentences, each a sequence of tokens, as :func:`jw2v.reading.corpus.read` takes them,
            or what it made of any of these.
            A text that is already read keeps its vocabulary, whatever ``config`` says about it.
            With ``vocab`` also ids, as :func:`jw2v.shards.read` takes them.
        config: the settings.
        vocab: the words that get a vector, and no others: see :func:`jw2v.reading.corpus.read`, as
            for the next two. Or the path of a vocabulary in Parquet, such as ``jw2v vocab`` writes.
        keep: words that get one however rare they are.
        stop: words that are left out.
        start: vectors to go on from, for instance on a new text: saved ones, or what
            :func:`jw2v.training.checkpoints.load` finds in a run that was ended. Words of the text
            that are among them start from their vectors, new ones as in a new run, and those that
            the text does not have keep theirs and come last. ``config.dim`` must be theirs. A run
            with ``vectors="both"`` saves all that there is to go on from, one by hierarchical
            softmax always does, with the tree in ``arrays``; of other vectors see
            :class:`jw2v.training.starting.Earlier`. The state of an optimizer begins anew.
        init: tables to start from in place of the usual ones (V uniform in ±0.5/dim and U zero: see
            :func:`jw2v.params.init`), for instance where a ``pair_loss`` has no gradient at U = 0,
            as a cosine has none: a :class:`jw2v.params.Params` with one row a word, in the order of
            ``corpus.read(...).vocabulary.words``, or a function ``(key, shapes) -> Params`` with
            ``shapes`` of ``{"V": (vocab, dim), "U": (vocab, dim)}``. (Hierarchical softmax has one
            row of U less: those of the inner nodes of its tree.) A run that is resumed must be
            given the same tables, which its checkpoints know by their digest, and goes on from its
            checkpoint.
        pair_loss: any loss ``(v_c, o, negatives, U) -> scalar``, or with ``config.negatives`` of 0
            ``(v_c, o, U) -> scalar``, in place of ``config.loss``; needs an ``optimizer``. If it
            has a parameter ``log_prob`` after ``*``, without a default, it is given the
            log-probability with which each of its negatives was drawn, [K].
        row_loss: any loss ``(v_c, u_o, u_negatives) -> scalar``, or with ``config.negatives`` of 0
            ``(v_c, u_o) -> scalar``, such as :func:`jw2v.losses.negative_sampling_rows`: of the
            rows alone, so that with ``update="rows"`` a step costs what these rows cost, and little
            more for larger vocabularies. Otherwise as ``pair_loss``.
        noise: what negatives are drawn from, in place of count^``config.ns_exponent``: of one
            weight for each word of the vocabulary, in its order, as
            ``jw2v.sampling.noise(weights, 1.0)`` makes it.
        optimizer: any optax transformation of two tables; its own learning rate holds, not
            ``config.learning_rate``. What it is given, and how to keep a table as it is:
            :func:`jw2v.steps.dense_step`. The vectors are the parameters in the end, not what an
            optimizer may hold of them in its state, such as the averages of ``schedule_free``.
        update: what your optimizer updates. ``"tables"``: all words in every step, as the optimizer
            is defined, at a cost that grows with the vocabulary; it sees the gradient of the mean
            loss of a window, in which the places that a small text leaves empty in its steps count
            as windows without a loss. ``"rows"``: only the words of the step and their state, over
            runs of text as by default: see :func:`jw2v.steps.lazy_step`, which says which
            optimizers would be wrong so and are refused. It is the better choice from some ten
            thousand words on, for optimizers that adapt to each row such as ``optax.adagrad``
            and, lazily, ``optax.adam``: they see the gradient of the sum of the losses, since the
            mean would leave next to nothing for a rare word of a large step. The naive softmax has
            a gradient for every outside vector, and a ``pair_loss`` for every row, so that rows
            save little or nothing there; a ``row_loss`` has one for the rows that it is of.
        schedule: the learning rate as a function of the step number, in place of the fall from
            ``config.learning_rate`` to 0. :func:`jw2v.training.planning.plan` tells how many steps
            there will be (with :func:`jw2v.training.outlook.reach`, if a window may be longer than
            sentences).
        checkpoint_dir: a folder to write checkpoints to. Ctrl-C writes one first. A run that was
            ended in whatever way and is resumed gives the same vectors, bit for bit, as one that
            never was.
        checkpoint_every: seconds between checkpoints, 600 if nothing is said; 0 for one after each
            chunk of steps.
        resume: continue from the newest checkpoint in ``checkpoint_dir`` that is whole, or begin
            where there is none. Settings and text must be those of the run, except that ``epochs``
            may be raised: the learning rate then falls to 0 over all of them. Of a loss, an
            optimizer and a schedule of your own the names are compared, and the shapes of the
            state: numbers within them, such as the rate of Adam, you must give as they were.
        mesh: devices that share the work: ``{"data": 2, "model": 4}``, or a mesh with these axes.
            ``model`` splits the columns of the tables, ``data`` the examples of a step. What is
            learnt is the same but for rounding, whatever the mesh: see :mod:`jw2v.meshes`.
        progress: True for a progress bar on standard error, or a function to call with a
            :class:`jw2v.Progress` after every chunk of steps.

    Returns:
        The center vectors, or those that ``config.vectors`` names, with the settings as metadata:
        ``config``, as they were for this text, and ``own``, the names of the loss, optimizer or
        schedule of your own that took the place of some of them. With them are the counts of the
        words in the text, to which those of ``start`` are added if it has some.

    Warns:
        UserWarning: a setting that is not the default changes nothing, such as ``negatives`` with
            a loss that draws none, or ``min_count`` with a text that is read already, or means
            another number: see :mod:`jw2v.training.unused`.
        LittleToLearnWarning: subsampling keeps less than a tenth of the words, or there is less
            than one pair of words to learn from for each that it keeps, or more than a hundredth of
            the vocabulary is in no pair at all. Or after training: the mean loss of the last epoch
            is not even a hundredth less than that of the first step (with ``start`` or ``init``: is
            a tenth more), or there were fewer than 20 steps.

    Raises:
        ValueError: impossible settings, an unusable text, nothing to learn in it, or checkpoints of
            another run; the message says what to do.
        DivergedError: the loss became infinite or NaN, or (seen at each checkpoint and at the end)
            the vectors did. Checkpoints are from before, and a new run can ``start`` from them. Or
            the loss or its gradient was so from the first step on: the message tells the two apart.
        MemoryError: the tables or a step do not fit into memory.
        KeyboardInterrupt: Ctrl-C, after a checkpoint was written.

    >>> text = [["cats", "purr"], ["dogs", "bark"]] * 50
    >>> vectors = train(text, Config(dim=4, subsample=0, min_count=1, epochs=1))
    >>> vectors.vectors.shape, sorted(vectors.words)
    ((4, 4), ['bark', 'cats', 'dogs', 'purr'])
    """
    config = Config() if config is None else config
    if not isinstance(config, Config):
        raise ValueError(
            f"config must be a jw2v.Config, such as {_as_config(config)}; got {config!r}."
        )
    overrides = Overrides(pair_loss, optimizer, update, schedule, row_loss, noise)
    overrides.check(config)
    devices = None if mesh is None else mesh_of(mesh)
    destination = Destination(checkpoint_dir, checkpoint_every, resume)
    if said := unused.complaint(config, overrides):
        warnings.warn(said, UserWarning, stacklevel=2)
    if start is not None and init is not None:
        raise ValueError("start and init both say what training starts from: give one of them.")
    with jax.enable_x64(True) if config.dtype == "float64" else nullcontext():
        earlier = None if start is None else Earlier(start, config)
        destination.check()
        if isinstance(text, Corpus) and (said := unused.of_a_text(config, text.settings)):
            warnings.warn(said, UserWarning, stacklevel=2)
        if isinstance(text, Corpus):
            if vocab is not None or keep or stop:
                raise ValueError(
                    "vocab, keep and stop choose words as a text is read, and this one was read"
                    " before: give them to jw2v.reading.corpus.read"
                )
            known = text
        else:
            known = read(text, config, start=start, vocab=vocab, keep=keep, stop=stop)
        words, counts = known.vocabulary.words, known.vocabulary.counts
        config = planning.settled(dataclasses.replace(config, **known.settings), counts)
        if little := complaint(known, config, outlook(known, config)):
            warnings.warn(little, LittleToLearnWarning, stacklevel=2)
        head = overrides.head(config, counts)
        given = None if init is None else Given(init, len(counts), config, head.height)
        if earlier is not None and (lost := earlier.complaint(words, head)):
            warnings.warn(lost, stacklevel=2)
        longest = reach(known, config.window)
        run = Run(
            config=config,
            overrides=overrides,
            recipe=lambda overrides: recipe(
                config, counts, overrides, longest, head, size(devices, MODEL)
            ),
            chunks=lambda planned, epoch: _chunks(known, config, planned, epoch),
            words=known.vocabulary.total,
            labels=words,
            first=earlier or given,
            learnt_from=known.fingerprint,
            selected=lambda params: selected(params, config.dim, config.vectors),
            mesh=devices,
        )
        if said := unused.too_small(config, run.made.planned):
            warnings.warn(said, UserWarning, stacklevel=2)
        params, little = run.learn(destination, progress)
        vectors = _vectors(run, params, start, counts)
        if little:
            warnings.warn(little, LittleToLearnWarning, stacklevel=2)
        return vectors


def _as_config(given: object) -> str:
    """What to write in its place."""
    names = {field.name for field in dataclasses.fields(Config)}
    if not isinstance(given, Mapping) or not given or not given.keys() <= names:
        return "Config(dim=50)"
    return f"Config({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def _vectors(
    run: Run, params: Params, start: WordVectors | None, counts: NDArray[np.int64]
) -> WordVectors:
    """What is kept of the tables in the end, and how it was learnt."""
    config, words = run.config, tuple(run.labels)
    vectors = whole(selected(params, config.dim, config.vectors))
    if isinstance(run.first, Earlier):
        words, vectors = run.first.appended_to(words, vectors, config.vectors)
    arrays = dict(run.made.head.arrays)
    if arrays:
        arrays[NODES] = whole(params.U[:, : config.dim])
    metadata = {"config": json.dumps(dataclasses.asdict(config))}
    if replaced := run.overrides.settings():
        metadata["own"] = json.dumps(replaced)
    counted = [(run.labels, counts)]
    if start is not None and start.counts is not None:
        counted.append((start.words, start.counts))
    return WordVectors(words, vectors, metadata, arrays, added(words, *counted))


def _chunks(text: Corpus, config: Config, planned: Plan, epoch: int) -> Iterable[Any]:
    rng = np.random.default_rng([config.seed, epoch])
    assert config.subsample is not None
    keep = subsampling.keep_probability(text.vocabulary.counts, config.subsample)
    texts = batches.subsampled(text.ids, keep, rng)
    if planned.layout == "segments":
        return batches.segments(texts, planned.shape, rng)
    around = batches.bags if planned.layout == "bags" else batches.windows
    return around(
        texts,
        planned.shape,
        config.window,
        config.shrink_window,
        rng,
        reach=planned.reach,
    )
