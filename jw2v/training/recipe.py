"""What a run is made of: the objective, the optimizer, and the step that joins them."""

import hashlib
import inspect
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, NamedTuple, get_args

import numpy as np
import optax
from jax.sharding import Mesh
from numpy.typing import NDArray

from jw2v import catalogue, steps
from jw2v.choices import Update
from jw2v.config import Config
from jw2v.feeding.edges import LoosePairs
from jw2v.losses import PairLoss
from jw2v.meshes import AXES, size
from jw2v.objectives import Objective, weighted
from jw2v.objectives.noise import Noise
from jw2v.objectives.noise import noise as noise_of
from jw2v.objectives.own import RowLoss, asked
from jw2v.steps import trials, updates
from jw2v.steps.optimizers import curvature_bounded_sgd
from jw2v.training.planning import STEP_BOUND, Plan, plan, plan_of_pairs, settled, step_bound

__all__ = ["ALIGNMENT", "Overrides", "Recipe", "division", "recipe", "recipe_of_pairs"]

ALIGNMENT = 8
"""Tables are padded to a multiple of so many columns: whole vectors of the processor."""
MUCH = 0.1
"""More columns than this share of them, for a mesh to divide them, are warned of."""


class Overrides(NamedTuple):
    """What the caller put in the place of the default loss and step rule."""

    pair_loss: PairLoss | None
    optimizer: optax.GradientTransformation | None
    update: Update
    schedule: optax.Schedule | None
    row_loss: RowLoss | None = None
    noise: Noise | None = None

    @property
    def loss(self) -> Callable[..., object] | None:
        """The loss of the caller's own, of either kind."""
        return self.pair_loss if self.row_loss is None else self.row_loss

    def check(self, config: Config, offered: Collection[str] | None = None) -> None:
        """Refuse, by ValueError, what does not go together.

        Args:
            config: the settings.
            offered: what a loss of the caller's own may ask for by name; if nothing is said, the
                log-probability of negatives, where there are any.
        """
        if self.loss is None:
            chosen = catalogue.output(config.loss)
            chosen.check_negatives(config.negatives)
            chosen.check_vectors(config.vectors)
        if self.update not in get_args(Update):
            raise ValueError(
                f"update must be one of {', '.join(get_args(Update))}; got {self.update!r}."
            )
        if self.pair_loss is not None and self.row_loss is not None:
            raise ValueError("pair_loss and row_loss both say what is learnt: give one of them.")
        if self.noise is not None and not isinstance(self.noise, Noise):
            raise ValueError(
                "noise must be a jw2v.sampling.Noise, as jw2v.sampling.noise makes of counts, or of"
                f" any other weights; got {type(self.noise).__name__}."
            )
        if self.loss is not None and self.optimizer is None:
            raise ValueError(
                "a loss of your own needs an optimizer of your own, for example"
                " optax.adam(1e-3): the default step rule relies on a bound on the curvature,"
                " which is known for the losses of jw2v only."
            )
        if self.loss is not None:
            usual = {"log_prob"} if config.negatives else set[str]()
            self._check_arguments(config.negatives, usual if offered is None else offered)
        if self.optimizer is None:
            return
        if self.schedule is not None:
            raise ValueError(
                "schedule sets the learning rate of the default step rule; give your own optimizer"
                " its schedule directly, as in optax.adam(schedule)."
            )
        updates.check(self.optimizer)
        if self.update == "rows":
            trials.of_lazy_step(self.optimizer)

    def head(self, config: Config, counts: NDArray[Any]) -> catalogue.Head:
        """The table that predicts."""
        if self.loss is not None:
            return catalogue.Head(len(counts), {})
        return catalogue.output(config.loss).head(counts)

    def settings(self) -> dict[str, str]:
        """What of it has a name, for checkpoints: what a function holds cannot be compared."""
        named = {
            "pair_loss": self.pair_loss,
            "row_loss": self.row_loss,
            "schedule": self.schedule,
        }
        found = {
            name: getattr(each, "__qualname__", type(each).__name__)
            for name, each in named.items()
            if each is not None
        }
        if self.optimizer is not None:
            found |= {"optimizer": updates.title(self.optimizer), "update": self.update}
        if self.noise is not None:
            ends = np.asarray(self.noise.ends)
            found["noise"] = hashlib.blake2b(ends.tobytes(), digest_size=16).hexdigest()
        return found

    def fast(self, found: catalogue.Fast | None) -> catalogue.Fast | None:
        """The faster way of a model, where nothing of the caller's own needs the plain one."""
        by_rows = self.optimizer is None or self.update == "rows"
        return found if by_rows and self.loss is None else None

    def plain(self) -> "Overrides":
        """The same with gradient descent at rate 1, which moves tables by the gradient itself."""
        update = "rows" if self.optimizer is None else self.update
        return self._replace(optimizer=optax.sgd(1.0), update=update, schedule=None)

    def noise_of(self, counts: NDArray[Any], exponent: float) -> Noise:
        """What negatives are drawn from."""
        if self.noise is None:
            return noise_of(counts, exponent)
        if len(self.noise.ends) != len(counts):
            raise ValueError(
                f"noise must have one weight for each of the {len(counts):,} rows to draw from, in"
                f" their order; got {len(self.noise.ends):,}."
            )
        return self.noise

    def _check_arguments(self, negatives: int, offered: Collection[str]) -> None:
        """Refuse, by ValueError, a loss that cannot be called as it will be."""
        assert self.loss is not None
        kind = "pair_loss" if self.row_loss is None else "row_loss"
        of_rows, of_tables = ["v_c", "u_o"], ["v_c", "o"]
        if negatives:
            of_rows, of_tables = [*of_rows, "u_negatives"], [*of_tables, "negatives"]
        given = [*of_tables, "U"] if self.row_loss is None else of_rows
        wanted = asked(self.loss)
        if unknown := sorted(wanted - {*offered}):
            raise ValueError(
                f"the {kind} asks by name for {', '.join(unknown)}, and what it can have is"
                f" {', '.join(sorted(offered)) or 'nothing'}."
            )
        try:
            inspect.signature(self.loss).bind(*given, **dict.fromkeys(wanted))
        except TypeError as error:
            raise ValueError(
                f"with negatives={negatives} a {kind} is called with ({', '.join(given)}):"
                f" {error}. One that takes no negatives needs negatives=0, and none that are"
                " given."
            ) from error
        except ValueError:  # it has no signature to look at
            return


class Recipe(NamedTuple):
    """How a run trains."""

    planned: Plan
    optimizer: optax.GradientTransformation
    step: steps.Step
    width: int
    """columns of the tables"""
    head: catalogue.Head


def recipe(
    config: Config,
    counts: NDArray[np.int64],
    overrides: Overrides,
    reach: int | None = None,
    head: catalogue.Head | None = None,
    columns: int = 1,
) -> Recipe:
    """Settle how to train on a text with such counts: see :func:`jw2v.training.train`.

    Words more than ``reach`` apart are never in one sentence; None if that is not known. ``head``
    is that of ``overrides``, if it is made already. ``columns`` devices split those of the tables.
    """
    config = settled(config, counts)
    composed = catalogue.composition(config.model)
    fast = overrides.fast(catalogue.FAST.get((config.model, config.loss)))
    planned = plan(
        config,
        counts,
        layout=composed.layout if fast is None else fast.layout,
        fast=fast is not None,
        reach=reach,
        length=None if fast is None else fast.length,
    )
    bound = step_bound(config, planned.reach)
    head = overrides.head(config, counts) if head is None else head
    objective = _objective(config, counts, overrides, planned, head, composed, fast)
    return _joined(config, overrides, planned, head, objective, bound, columns)


def recipe_of_pairs(
    config: Config,
    found: LoosePairs,
    overrides: Overrides,
    head: catalogue.Head | None = None,
    columns: int = 1,
) -> Recipe:
    """Settle how to train on loose pairs: see :func:`jw2v.train_pairs`."""
    _, counts = found.seen
    composed = catalogue.LOOSE_PAIRS
    fast = overrides.fast(catalogue.FAST_OF_LOOSE_PAIRS.get(config.loss))
    given = found.negatives is not None and overrides.loss is None
    if given:
        fast = None
    planned = plan_of_pairs(config, found.pairs, len(counts), fast=fast is not None)
    bound = STEP_BOUND if config.step_bound is None else config.step_bound
    head = overrides.head(config, counts) if head is None else head
    objective = (
        catalogue.GIVEN_OF_LOOSE_PAIRS[config.loss]
        if given
        else _objective(config, counts, overrides, planned, head, composed, fast)
    )
    return _joined(config, overrides, planned, head, objective, bound, columns)


def division(made: Recipe, config: Config, mesh: Mesh) -> str | None:
    """What a mesh wastes, where that is much.

    Raises:
        ValueError: it does not divide a step.
    """
    shape, (data, model) = made.planned.shape, (size(mesh, axis) for axis in AXES)
    if shape.batch % data:
        what = "examples" if shape.length == 1 else f"runs of {shape.length} words"
        fewer = next(number for number in range(data, 0, -1) if shape.batch % number == 0)
        raise ValueError(
            f"mesh: the {data} devices of its axis data do not divide the {shape.batch:,} {what} of"
            f" a step: {fewer} would, or give another batch_words."
        )
    wasted = made.width / config.dim - 1
    if wasted <= MUCH:
        return None
    return (
        f"mesh: dim {config.dim} is held in {made.width} columns, for {model}"
        f" device{'s' * (model > 1)} to share: {wasted:.0%} more memory and work. A multiple of"
        f" {ALIGNMENT * model} wastes none."
    )


def _joined(
    config: Config,
    overrides: Overrides,
    planned: Plan,
    head: catalogue.Head,
    objective: Objective,
    bound: float,
    columns: int,
) -> Recipe:
    """The objective with its optimizer."""
    if config.dim % columns and not (overrides.optimizer is None and overrides.loss is None):
        raise ValueError(
            f"mesh: the {columns} devices of its axis model do not divide dim {config.dim}, and for"
            " a loss or an optimizer of your own no columns of zeros are added: give a dim that is"
            f" a multiple of {columns}, or another number of devices."
        )
    if overrides.optimizer is None:
        assert config.learning_rate is not None
        rate = overrides.schedule or optax.linear_schedule(config.learning_rate, 0.0, planned.steps)
        optimizer = curvature_bounded_sgd(rate, bound)
        width = config.dim + -config.dim % (columns * (ALIGNMENT if planned.fast else 1))
        return Recipe(planned, optimizer, steps.row_step(objective, optimizer), width, head)
    if overrides.update == "rows":
        step = steps.lazy_step(objective, overrides.optimizer)
    else:
        step = steps.dense_step(
            weighted(objective, 1 / planned.shape.examples), overrides.optimizer
        )
    return Recipe(planned, overrides.optimizer, step, config.dim, head)


def _objective(
    config: Config,
    counts: NDArray[Any],
    overrides: Overrides,
    planned: Plan,
    head: catalogue.Head,
    composed: catalogue.Composition,
    fast: catalogue.Fast | None,
) -> Objective:
    noise = overrides.noise_of(counts, config.ns_exponent)
    drawn = {"noise": noise, "negatives": config.negatives or None}
    if overrides.row_loss is not None:
        return composed.over_rows(row_loss=overrides.row_loss, **drawn)
    if overrides.pair_loss is not None:
        return partial(composed.any_loss, pair_loss=overrides.pair_loss, **drawn)
    settled = catalogue.Settled(
        noise=noise,
        negatives=config.negatives,
        shared=planned.shared,
        window=config.window,
        shrink=config.shrink_window,
        reach=planned.reach,
        arrays=head.arrays,
    )
    if fast is not None:
        return fast.objective(settled)
    return composed.over(catalogue.output(config.loss).predict(settled))
