"""The output losses, one record each: whatever differs between them is read here.

A model is a composition, which makes of the words of an example the vector that predicts, times an
output loss, by which that vector predicts a word. Skip-gram is the composition: the vector of the
center predicts each word of the window (i). An output loss is added by a record in `OUTPUTS`, by
its name in :data:`jw2v.choices.Loss`, and by what the record names; the tests say what is missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal, TypeAlias

from jw2v import gradients, losses
from jw2v.choices import Loss
from jw2v.gradients import PairGradient
from jw2v.losses import PairLoss
from jw2v.objectives.noise import Noise
from jw2v.objectives.rows import Objective
from jw2v.objectives.segments import negative_sampling_of_segments
from jw2v.objectives.windows import naive_softmax_of_windows, negative_sampling_of_windows

__all__ = ["OUTPUTS", "Draws", "Output", "output"]

Draws: TypeAlias = Literal["negatives", "nothing"]


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
    over_windows: Callable[[Noise, int], Objective]
    """``(noise, negatives) ->`` the objective over windows: the generic way"""
    over_segments: Callable[..., Objective] | None = None
    """the fast way over runs of text, where there is one; equal to the other in expectation"""
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
    over_windows=lambda noise, negatives: naive_softmax_of_windows,
)

NEGATIVE_SAMPLING = Output(
    name="negative-sampling",
    description="the true word against a few drawn ones, at a cost that the vocabulary is not in",
    loss=losses.negative_sampling,
    gradient=gradients.negative_sampling,
    statements={"v_c": "g1", "U": "h"},
    draws="negatives",
    over_windows=lambda noise, negatives: partial(
        negative_sampling_of_windows, noise=noise, negatives=negatives
    ),
    over_segments=lambda **settings: partial(negative_sampling_of_segments, **settings),
    terms=lambda negatives: 1 + negatives,
)

OUTPUTS: Mapping[Loss, Output] = MappingProxyType(
    {record.name: record for record in (NEGATIVE_SAMPLING, NAIVE_SOFTMAX)}
)
"""Every output loss by its name."""


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
