"""What a run is made of: the objective, the optimizer, and the step that joins them."""

import inspect
from functools import partial
from typing import NamedTuple, get_args

import numpy as np
import optax
from numpy.typing import NDArray

from jw2v import catalogue, steps
from jw2v.choices import Update
from jw2v.config import Config
from jw2v.losses import PairLoss
from jw2v.objectives import Objective, weighted
from jw2v.objectives.noise import Noise
from jw2v.objectives.noise import noise as noise_of
from jw2v.steps import trials, updates
from jw2v.steps.optimizers import curvature_bounded_sgd
from jw2v.training.planning import Plan, plan, settled, step_bound

__all__ = ["ALIGNMENT", "Own", "Recipe", "recipe"]

ALIGNMENT = 8
"""Tables are padded to a multiple of so many columns: whole vectors of the processor."""


class Own(NamedTuple):
    """What the caller put in the place of the default loss and step rule."""

    pair_loss: PairLoss | None
    optimizer: optax.GradientTransformation | None
    update: Update
    schedule: optax.Schedule | None

    def check(self, config: Config) -> None:
        """Refuse, by ValueError, what does not go together."""
        if self.pair_loss is None:
            chosen = catalogue.output(config.loss)
            chosen.check_negatives(config.negatives)
            chosen.check_vectors(config.vectors)
        if self.update not in get_args(Update):
            raise ValueError(
                f"update must be one of {', '.join(get_args(Update))}; got {self.update!r}."
            )
        if self.pair_loss is not None and self.optimizer is None:
            raise ValueError(
                "a pair_loss of your own needs an optimizer of your own, for example"
                " optax.adam(1e-3): the default step rule relies on a bound on the curvature,"
                " which is known for the losses of jw2v only."
            )
        if self.pair_loss is not None:
            _check_arguments(self.pair_loss, config.negatives)
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

    def head(self, config: Config, counts: NDArray[np.int64]) -> catalogue.Head:
        """The table that predicts."""
        if self.pair_loss is not None:
            return catalogue.Head(len(counts), {})
        return catalogue.output(config.loss).head(counts)

    def settings(self) -> dict[str, str]:
        """What of it has a name, for checkpoints: what a function holds cannot be compared."""
        named = {"pair_loss": self.pair_loss, "schedule": self.schedule}
        found = {
            name: getattr(each, "__qualname__", type(each).__name__)
            for name, each in named.items()
            if each is not None
        }
        if self.optimizer is not None:
            found |= {"optimizer": updates.title(self.optimizer), "update": self.update}
        return found

    def plain(self) -> "Own":
        """The same with gradient descent at rate 1, which moves tables by the gradient itself."""
        update = "rows" if self.optimizer is None else self.update
        return self._replace(optimizer=optax.sgd(1.0), update=update, schedule=None)


def _check_arguments(pair_loss: PairLoss, negatives: int) -> None:
    """Refuse, by ValueError, a pair loss that cannot be called as it will be."""
    given = ("v_c", "o", "negatives", "U") if negatives else ("v_c", "o", "U")
    try:
        inspect.signature(pair_loss).bind(*given)
    except TypeError as error:
        raise ValueError(
            f"with negatives={negatives} a pair_loss is called with ({', '.join(given)}):"
            f" {error}. One that takes no negatives needs negatives=0."
        ) from error
    except ValueError:  # it has no signature to look at
        return


class Recipe(NamedTuple):
    """How a run trains."""

    planned: Plan
    optimizer: optax.GradientTransformation
    step: steps.Step
    columns: int
    """of the tables"""
    head: catalogue.Head


def recipe(
    config: Config,
    counts: NDArray[np.int64],
    own: Own,
    reach: int | None = None,
    head: catalogue.Head | None = None,
) -> Recipe:
    """Settle how to train on a text with such counts: see :func:`jw2v.training.train`.

    Words more than ``reach`` apart are never in one sentence; None if that is not known. ``head``
    is that of ``own``, if it is made already.
    """
    config = settled(config, counts)
    default = own.optimizer is None
    by_rows = default or own.update == "rows"
    fast = catalogue.FAST.get((config.model, config.loss))
    if own.pair_loss is not None or not by_rows:
        fast = None
    layout = catalogue.composition(config.model).layout if fast is None else fast.layout
    length = None if fast is None else fast.length
    planned = plan(config, counts, layout=layout, fast=fast is not None, reach=reach, length=length)
    head = own.head(config, counts) if head is None else head
    noise = noise_of(counts, config.ns_exponent)
    objective = _objective(config, noise, own.pair_loss, planned, head)
    if own.optimizer is None:
        assert config.learning_rate is not None
        rate = own.schedule or optax.linear_schedule(config.learning_rate, 0.0, planned.steps)
        optimizer = curvature_bounded_sgd(rate, step_bound(config, planned.reach))
        columns = config.dim + (-config.dim % ALIGNMENT if fast else 0)
        return Recipe(planned, optimizer, steps.row_step(objective, optimizer), columns, head)
    if by_rows:
        step = steps.lazy_step(objective, own.optimizer)
    else:
        step = steps.dense_step(weighted(objective, 1 / planned.shape.examples), own.optimizer)
    return Recipe(planned, own.optimizer, step, config.dim, head)


def _objective(
    config: Config,
    noise: Noise,
    pair_loss: PairLoss | None,
    planned: Plan,
    head: catalogue.Head,
) -> Objective:
    composed = catalogue.composition(config.model)
    if pair_loss is not None:
        own: Objective = partial(
            composed.any_loss, pair_loss=pair_loss, noise=noise, negatives=config.negatives or None
        )
        return own
    settled = catalogue.Settled(
        noise=noise,
        negatives=config.negatives,
        shared=planned.shared,
        window=config.window,
        shrink=config.shrink_window,
        reach=planned.reach,
        arrays=head.arrays,
    )
    if planned.fast:
        return catalogue.FAST[config.model, config.loss].objective(settled)
    return composed.over(catalogue.output(config.loss).predict(settled))
