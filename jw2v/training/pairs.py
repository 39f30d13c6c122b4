"""From loose pairs of ids to the two tables that predict one from the other."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np
import optax

from jw2v import catalogue
from jw2v.catalogue import GIVEN_OF_LOOSE_PAIRS as GIVEN
from jw2v.choices import LEARNING_RATES, Update
from jw2v.config import Config
from jw2v.feeding.edges import LoosePairs, loose_pairs
from jw2v.losses import PairLoss
from jw2v.meshes import MODEL, AnyMesh, mesh_of, size, whole
from jw2v.objectives.noise import Noise
from jw2v.objectives.own import RowLoss, asked
from jw2v.params import Params
from jw2v.progress import Report
from jw2v.training import footprint, unused
from jw2v.training.checkpoints import Destination
from jw2v.training.outlook import LittleToLearnWarning
from jw2v.training.recipe import Overrides, recipe_of_pairs
from jw2v.training.running import Run
from jw2v.training.starting import Given, Init

__all__ = ["train_pairs"]

OF_TEXT = {
    **dict.fromkeys(("window", "shrink_window", "subsample"), "pairs have no windows"),
    **dict.fromkeys(("min_count", "max_vocab", "tokens", "column"), "pairs are no text"),
    "model": "each center predicts by itself",
    "vectors": "both tables are returned",
}
"""Settings that say nothing of pairs, with the reason."""
OF_DRAWS = dict.fromkeys(
    ("negatives", "ns_exponent", "noise"), "each pair has its negatives already"
)
"""Those that say nothing where negatives are given."""
FEW_NAMED = 0.5
"""Less than this share of the rows of a table in any pair is warned of."""


def train_pairs(
    center: Any,
    outside: Any = None,
    weight: Any = None,
    *,
    negatives: Any = None,
    columns: Mapping[str, Any] | None = None,
    sizes: tuple[int, int] | None = None,
    noise: Noise | None = None,
    config: Config | None = None,
    init: Init | None = None,
    pair_loss: PairLoss | None = None,
    row_loss: RowLoss | None = None,
    optimizer: optax.GradientTransformation | None = None,
    update: Update = "tables",
    schedule: optax.Schedule | None = None,
    checkpoint_dir: str | os.PathLike[str] | None = None,
    checkpoint_every: float | None = None,
    resume: bool = False,
    mesh: AnyMesh | None = None,
    progress: Report | bool = False,
) -> Params:
    """Learn two tables from pairs of ids: users and items, nodes and neighbours, words of any kind.

    Definition: what is minimised is Σ w J(v_c, o, U) over the pairs (c, o) of weight w, with J the
    loss of ``config`` or one of your own: skip-gram of pairs that no text gave (i). Ids number
    centers and outside things from 0 on, each its own; a graph whose nodes are both has a row for a
    node in each table. By default J is negative sampling, whose negatives are drawn in proportion
    to count^0.75, and 32 pairs of a step share theirs, which has the same expectation (t5). The
    outside thing of a pair may be among them, as everything that is drawn; not so where each pair
    draws its own: with an optimizer over whole tables, or a loss of your own.

    Args:
        center: ids of the centers, [pairs], whole numbers; each is a row of V. Or an iterable of
            batches, in the place of this and the next two: of ``(center, outside)``, ``(center,
            outside, weight)`` or mappings with those names, ``negatives`` and those of columns. It
            is gone through once to count, and once in each epoch, and must be the same each time: a
            list, or an object whose ``__iter__`` begins anew. Pairs are taken in its order, those
            of up to 64 steps at a time, each of which has pairs from all over these. (Arrays are
            shuffled in each epoch.)
        outside: ids of the outside things, [pairs]; each is a row of U.
        weight: of each pair, [pairs], 0 or more; 1 if nothing is said. A pair of weight 2 is two
            pairs to the sum of the losses and to the counts of the noise; one of 0 is left out.
            An optimizer of your own over whole tables sees that sum divided by the number of pairs
            of a step, whatever their weights.
        negatives: ids of outside things, [pairs, K], in the place of those that would be drawn.
        columns: further arrays with one entry for each pair, by name, for a loss of your own.
        sizes: how many centers and how many outside things there are; by default as many as the
            largest id of each wants.
        noise: what negatives are drawn from, of one weight for each outside thing:
            ``jw2v.sampling.noise(weights, 1.0)``.
        config: the settings. ``batch_words`` are pairs here; those of texts and windows say
            nothing.
        init: tables to start from: see :func:`jw2v.train`. The result of another run is one, and
            goes on.
        pair_loss: any loss ``(v_c, o, negatives, U) -> scalar``, or with ``config.negatives`` of 0
            ``(v_c, o, U) -> scalar``; needs an ``optimizer``. Parameters after ``*`` without a
            default ask for more, by name: ``weight`` (the loss is then not multiplied by it),
            ``log_prob``, the log-probability with which each negative was drawn, [K], or a column.
        row_loss: any loss ``(v_c, u_o, u_negatives) -> scalar`` or ``(v_c, u_o) -> scalar`` of the
            rows alone, which may ask in the same way. With ``update="rows"`` a step costs what
            these rows cost, and little more for larger tables: see :func:`jw2v.steps.lazy_step`.
        optimizer: see :func:`jw2v.train`, as for ``update``, ``schedule``, ``checkpoint_dir``,
            ``checkpoint_every``, ``resume``, ``mesh`` and ``progress``, which counts pairs for
            words.

    Returns:
        V, [centers, dim], and U, [outside things, dim], as NumPy arrays. Rows that no pair
        and no negative names are as they started, unless the loss is of all rows of U, as the naive
        softmax is, or an optimizer moves what has no gradient. By hierarchical softmax U has one
        row less, those of the inner nodes of :func:`jw2v.trees.huffman` of the sum of the weights
        of each outside thing, ``numpy.bincount(outside, weight, sizes[1])``.

    Warns:
        UserWarning: a setting changes nothing.
        LittleToLearnWarning: most rows of a table are in no pair, or little was learnt.

    Raises:
        ValueError: these are no pairs, or settings do not go together; the message says what to do.
        DivergedError, MemoryError, KeyboardInterrupt: as :func:`jw2v.train`.

    Source: Levy and Goldberg, Dependency-Based Word Embeddings (2014), who train on pairs of any
    kind; Barkan and Koenigstein, Item2Vec (2016).

    >>> users, items = [0, 0, 1, 1, 2, 2] * 20, [0, 1, 0, 1, 2, 3] * 20
    >>> V, U = train_pairs(users, items, config=Config(dim=4, epochs=20, batch_words=8))
    >>> V.shape, U.shape, bool(V[0] @ U[1] > V[0] @ U[3])
    ((3, 4), (4, 4), True)
    """
    config = Config() if config is None else config
    if not isinstance(config, Config):
        raise ValueError(f"config must be a jw2v.Config, such as Config(dim=50); got {config!r}.")
    with _numbers(config):
        found = loose_pairs(
            center, outside, weight, negatives=negatives, columns=columns, sizes=sizes
        )
    overrides = Overrides(pair_loss, optimizer, update, schedule, row_loss, noise)
    silent = OF_TEXT | ({} if found.negatives is None else OF_DRAWS)
    if found.negatives == config.negatives:
        del silent["negatives"]
    if said := unused.complaint(config, overrides, silent):
        warnings.warn(said, UserWarning, stacklevel=2)
    config = _settled(config, found)
    overrides.check(config, _offered(found, draws=bool(config.negatives)))
    _check_pairs(found, config, overrides, named=sizes is not None)
    devices = None if mesh is None else mesh_of(mesh)
    keep = Destination(checkpoint_dir, checkpoint_every, resume)
    keep.check()
    centers, counts = found.seen
    footprint.check_of_pairs(len(centers), len(counts), config)
    with _numbers(config):
        head = overrides.head(config, counts)
        run = Run(
            config=config,
            overrides=overrides,
            recipe=lambda overrides: recipe_of_pairs(
                config, found, overrides, head, size(devices, MODEL)
            ),
            chunks=lambda planned, epoch: found.chunks(
                planned.shape, np.random.default_rng([config.seed, epoch])
            ),
            words=found.pairs,
            labels=[str(c) for c in range(len(centers))],
            first=None if init is None else Given(init, len(centers), config, head.height),
            learnt_from=found.fingerprint,
            selected=lambda params: params,
            mesh=devices,
        )
        params, little = run.learn(keep, progress)
        if little:
            warnings.warn(little, LittleToLearnWarning, stacklevel=2)
        learnt: Params = jax.tree.map(lambda x: whole(x[:, : config.dim]).copy(), params)
        return learnt


def _numbers(config: Config) -> AbstractContextManager[Any]:
    """Where JAX has numbers as wide as those of the tables."""
    return jax.enable_x64(True) if config.dtype == "float64" else nullcontext()


def _settled(config: Config, found: LoosePairs) -> Config:
    """The settings of a run over pairs."""
    return dataclasses.replace(
        config,
        learning_rate=config.learning_rate or LEARNING_RATES["skip-gram"],
        negatives=config.negatives if found.negatives is None else found.negatives,
        model="skip-gram",
        vectors="center",
    )


def _offered(found: LoosePairs, *, draws: bool) -> set[str]:
    """What a loss of the caller's own may ask for by name."""
    given = {"weight", *found.columns}
    return given | {"log_prob"} if draws and found.negatives is None else given


def _check_pairs(found: LoosePairs, config: Config, overrides: Overrides, *, named: bool) -> None:
    """Refuse, by ValueError, pairs that do not go with the settings, and warn of little in them."""
    wanted = frozenset() if overrides.loss is None else asked(overrides.loss)
    if unread := sorted({*found.columns} - wanted):
        raise ValueError(
            f"no loss asks for the columns {', '.join(unread)}: leave them out, or give a pair_loss"
            " or row_loss that has them among its parameters after *, without a default."
        )
    draws = overrides.loss is not None or catalogue.output(config.loss).draws == "negatives"
    drawn = found.negatives is None and draws and config.negatives
    if drawn and "log_prob" in found.columns:
        raise ValueError(
            "a column log_prob says how negatives were drawn, and those of these pairs are yet to"
            " be drawn: give the negatives, or the column another name."
        )
    if found.negatives is not None and overrides.loss is None and config.loss not in GIVEN:
        raise ValueError(
            f"negatives are given, and the loss {config.loss!r} takes none that are: of those here"
            f" {' and '.join(GIVEN)} does, or a loss of your own."
        )
    centers, counts = found.seen
    if len(counts) < 2:
        raise ValueError("training needs at least 2 different outside things; got 1.")
    if drawn and overrides.noise is not None and overrides.noise.drawable < 2:
        raise ValueError(
            "negatives are others than the outside thing of the pair, and the noise draws one"
            " alone: give more of its weights above 0."
        )
    if drawn and overrides.noise is None and np.count_nonzero(counts) < 2:
        raise ValueError(
            "negatives are drawn among outside things that are in pairs, other than that of the"
            " pair, and there is only one: give more pairs, or negatives of your own."
        )
    if named:
        return
    for table, name, weights in (("V", "center", centers), ("U", "outside", counts)):
        share = np.count_nonzero(weights) / len(weights)
        if share < FEW_NAMED:
            warnings.warn(
                f"of the {len(weights):,} rows of {table}, up to the largest {name} id, only"
                f" {np.count_nonzero(weights):,} are in pairs: number things from 0 on without"
                " gaps, as numpy.unique(..., return_inverse=True) does, or say sizes.",
                LittleToLearnWarning,
                stacklevel=3,
            )
