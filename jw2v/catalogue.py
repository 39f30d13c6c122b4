"""Models, one record for each part: whatever differs between them is read here.

A model is a composition, which makes of the words of an example the vector that predicts, times an
output loss, by which that vector predicts a word. A composition is added by a record in
`COMPOSITIONS` and by its name in :data:`jw2v.choices.Model`, an output loss by a record in
`OUTPUTS` and by its name in :data:`jw2v.choices.Loss`; the tests say what is missing. Each works
with each. A pair of the two may have a faster way, in `FAST`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from jw2v import gradients, losses
from jw2v.choices import Loss, Model
from jw2v.feeding.layouts import Layout
from jw2v.gradients import PairGradient
from jw2v.losses import PairLoss
from jw2v.objectives import predictions
from jw2v.objectives.bags import any_loss_of_bags, cbow_of_bags
from jw2v.objectives.noise import Noise
from jw2v.objectives.predictions import Predict
from jw2v.objectives.rows import Objective
from jw2v.objectives.segments import negative_sampling_of_segments
from jw2v.objectives.windows import any_loss_of_windows, skip_gram_of_windows

__all__ = [
    "COMPOSITIONS",
    "FAST",
    "OUTPUTS",
    "Composition",
    "Draws",
    "Fast",
    "Output",
    "Settled",
    "composition",
    "output",
]

Draws: TypeAlias = Literal["negatives", "nothing"]


class Settled(NamedTuple):
    """What is settled of a run when its objective is made."""

    noise: Noise
    negatives: int
    """of each pair"""
    shared: int
    """negatives that the words of a run of text share"""
    window: int
    shrink: bool
    reach: int
    """how far apart words can be and pair"""


@dataclass(frozen=True, kw_only=True)
class Composition:
    """How the words of an example make the vector that predicts."""

    name: Model
    description: str
    """in one line"""
    loss: Callable[..., Any]
    """``(pair_loss, ...) -> scalar``: of one example"""
    gradient: Callable[..., Any]
    """its closed form"""
    statements: tuple[str, ...]
    """the ids of the proofs"""
    layout: Layout
    """of its batches"""
    over: Callable[[Predict], Objective]
    """its objective, by an output loss"""
    any_loss: Callable[..., Any]
    """its objective by a pair loss, negatives and noise of one's own: differentiated by JAX"""


@dataclass(frozen=True, kw_only=True)
class Output:
    """How a vector predicts a word, and what training does with it."""

    name: Loss
    description: str
    """in one line"""
    loss: PairLoss
    """``(v_c, o, *draws, U) -> scalar``"""
    gradient: Callable[..., PairGradient]
    """its closed form"""
    statements: Mapping[str, str]
    """the ids of the proofs, by the part of the gradient"""
    draws: Draws
    """what the loss takes for each pair besides o"""
    predict: Callable[[Settled], Predict]
    """over many vectors at once, in rows"""
    terms: Callable[[int], int] | None = None
    """``negatives ->`` the terms of a pair, where each has a bound of its own on its curvature"""

    def draws_for(self, negatives: int) -> int:
        """How many words are drawn for each pair."""
        return negatives if self.draws == "negatives" else 0

    def check_negatives(self, negatives: int) -> None:
        """Refuse, by ValueError, a loss that needs negatives and has none.

        Nothing would keep vectors apart, and all of them would become alike.
        """
        if self.draws == "negatives" and negatives == 0:
            others = [name for name, other in OUTPUTS.items() if other.draws != "negatives"]
            raise ValueError(
                f"negatives must be at least 1 for {self.name.replace('-', ' ')}, or all vectors"
                f" become alike; got 0. The loss {' or '.join(map(repr, others))} needs none, and"
                " a pair_loss of your own that takes none may have 0."
            )


NAIVE_SOFTMAX = Output(
    name="naive-softmax",
    description="exact: a softmax over the whole vocabulary, whose cost grows with it",
    loss=losses.naive_softmax,
    gradient=gradients.naive_softmax,
    statements={"v_c": "b1", "U": "d"},
    draws="nothing",
    predict=lambda settled: predictions.naive_softmax,
)

NEGATIVE_SAMPLING = Output(
    name="negative-sampling",
    description="the true word against a few drawn ones, at a cost that the vocabulary is not in",
    loss=losses.negative_sampling,
    gradient=gradients.negative_sampling,
    statements={"v_c": "g1", "U": "h"},
    draws="negatives",
    predict=lambda settled: partial(
        predictions.negative_sampling, noise=settled.noise, negatives=settled.negatives
    ),
    terms=lambda negatives: 1 + negatives,
)

OUTPUTS: Mapping[Loss, Output] = MappingProxyType(
    {record.name: record for record in (NEGATIVE_SAMPLING, NAIVE_SOFTMAX)}
)
"""Every output loss by its name."""

SKIP_GRAM = Composition(
    name="skip-gram",
    description="the vector of a word predicts each word around it",
    loss=losses.skip_gram,
    gradient=gradients.skip_gram,
    statements=("i1", "i2", "i3"),
    layout="windows",
    over=lambda predict: partial(skip_gram_of_windows, predict=predict),
    any_loss=any_loss_of_windows,
)

CBOW = Composition(
    name="cbow",
    description="the mean of the vectors around a word predicts it",
    loss=losses.cbow,
    gradient=gradients.cbow,
    statements=("j1", "j3"),
    layout="bags",
    over=lambda predict: partial(cbow_of_bags, predict=predict),
    any_loss=any_loss_of_bags,
)

CBOW_SUM = Composition(
    name="cbow-sum",
    description="the sum of the vectors around a word predicts it",
    loss=partial(losses.cbow, mean=False),
    gradient=partial(gradients.cbow, mean=False),
    statements=("j2", "j3"),
    layout="bags",
    over=lambda predict: partial(cbow_of_bags, predict=predict, mean=False),
    any_loss=partial(any_loss_of_bags, mean=False),
)

COMPOSITIONS: Mapping[Model, Composition] = MappingProxyType(
    {record.name: record for record in (SKIP_GRAM, CBOW, CBOW_SUM)}
)
"""Every composition by its name."""


class Fast(NamedTuple):
    """A faster way for a composition and an output loss: the same in expectation."""

    layout: Layout
    objective: Callable[[Settled], Objective]


def _segments(settled: Settled) -> Objective:
    return partial(negative_sampling_of_segments, **settled._asdict())


def _bags_that_share(record: Composition) -> Callable[[Settled], Objective]:
    def objective(settled: Settled) -> Objective:
        noise, negatives, shared, *_ = settled
        predict = partial(
            predictions.shared_negative_sampling, noise=noise, negatives=negatives, shared=shared
        )
        return record.over(predict)

    return objective


FAST: Mapping[tuple[Model, Loss], Fast] = MappingProxyType(
    {
        ("skip-gram", "negative-sampling"): Fast("segments", _segments),
        ("cbow", "negative-sampling"): Fast("bags", _bags_that_share(CBOW)),
        ("cbow-sum", "negative-sampling"): Fast("bags", _bags_that_share(CBOW_SUM)),
    }
)
"""By the names of both."""


def composition(name: Model) -> Composition:
    """The record of a composition.

    Raises:
        ValueError: there is none of that name.

    >>> composition("cbow").statements
    ('j1', 'j3')
    """
    if name not in COMPOSITIONS:
        raise ValueError(f"model must be one of {', '.join(COMPOSITIONS)}; got {name!r}.")
    return COMPOSITIONS[name]


def output(name: Loss) -> Output:
    """The record of an output loss.

    Raises:
        ValueError: there is none of that name.

    >>> output("naive-softmax").statements["v_c"]
    'b1'
    """
    if name not in OUTPUTS:
        raise ValueError(f"loss must be one of {', '.join(OUTPUTS)}; got {name!r}.")
    return OUTPUTS[name]
