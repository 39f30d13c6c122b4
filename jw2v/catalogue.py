"""Models, one record for each part: whatever differs between them is read here.

A model is a composition, which makes of the words of an example the vector that predicts, times an
output loss, by which that vector predicts a word. A composition is added by a record in
`COMPOSITIONS` and by its name in :data:`jw2v.choices.Model`, an output loss by a record in
`OUTPUTS` and by its name in :data:`jw2v.choices.Loss`; the tests say what is missing. Each works
with each. A pair of the two may have a faster way, in `FAST`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from numpy.typing import NDArray

from jw2v import gradients, losses, trees
from jw2v.choices import LOSSES, MODELS, Loss, Model, Which
from jw2v.feeding.layouts import Layout
from jw2v.gradients import PairGradient
from jw2v.losses import PairLoss
from jw2v.objectives import predictions
from jw2v.objectives.bags import any_loss_of_bags, cbow_of_bags
from jw2v.objectives.edges import (
    any_loss_of_edges,
    given_negatives_of_edges,
    row_loss_of_edges,
    skip_gram_of_edges,
)
from jw2v.objectives.noise import Noise
from jw2v.objectives.paths import hierarchical_softmax_of_bags
from jw2v.objectives.predictions import Predict
from jw2v.objectives.rows import Objective
from jw2v.objectives.segments import negative_sampling_of_segments
from jw2v.objectives.windows import any_loss_of_windows, skip_gram_of_windows

__all__ = [
    "COMPOSITIONS",
    "FAST",
    "FAST_OF_LOOSE_PAIRS",
    "GIVEN_OF_LOOSE_PAIRS",
    "LOOSE_PAIRS",
    "OUTPUTS",
    "Arrays",
    "Composition",
    "Draws",
    "Fast",
    "Head",
    "Output",
    "Settled",
    "composition",
    "output",
]

Draws: TypeAlias = Literal["negatives", "path", "nothing"]
Arrays: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays by their names."""


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
    arrays: Arrays
    """of the output loss"""


class Head(NamedTuple):
    """The table that predicts, by an output loss over a vocabulary."""

    height: int
    """its rows"""
    arrays: Arrays
    """what the loss makes of the counts; it is saved with the model"""


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
    """its objective by a pair loss of one's own, which JAX differentiates"""
    row_loss: Callable[..., Any] | None = None
    """its objective by a loss of rows of one's own, where that is not ``over`` the prediction"""

    def over_rows(self, **given: Any) -> Objective:
        """Its objective by a loss of rows of one's own, which JAX differentiates."""
        if self.row_loss is not None:
            return partial(self.row_loss, **given)
        return self.over(partial(predictions.row_loss_of, **given))


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
    height: Callable[[int], int] = lambda vocab: vocab
    """``vocab ->`` rows of the table that predicts"""
    vectors: tuple[Which, ...] = get_args(Which)
    """what there is to keep of the two tables"""
    arrays: Callable[[NDArray[Any]], Arrays] = lambda counts: {}
    """``counts ->`` what it makes of them"""

    def head(self, counts: NDArray[Any]) -> Head:
        """The table that predicts words of such counts."""
        return Head(self.height(len(counts)), self.arrays(counts))

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

    def check_vectors(self, vectors: Which) -> None:
        """Refuse, by ValueError, to keep what there is not."""
        if vectors not in self.vectors:
            raise ValueError(
                f"vectors must be {' or '.join(map(repr, self.vectors))} for"
                f" {self.name.replace('-', ' ')}, whose second table has no row for each word; got"
                f" {vectors!r}."
            )


NAIVE_SOFTMAX = Output(
    name="naive-softmax",
    description=LOSSES["naive-softmax"],
    loss=losses.naive_softmax,
    gradient=gradients.naive_softmax,
    statements={"v_c": "b1", "U": "d"},
    draws="nothing",
    predict=lambda settled: predictions.naive_softmax,
)

NEGATIVE_SAMPLING = Output(
    name="negative-sampling",
    description=LOSSES["negative-sampling"],
    loss=losses.negative_sampling,
    gradient=gradients.negative_sampling,
    statements={"v_c": "g1", "U": "h"},
    draws="negatives",
    predict=lambda settled: partial(
        predictions.negative_sampling, noise=settled.noise, negatives=settled.negatives
    ),
    terms=lambda negatives: 1 + negatives,
)


def _tree_of(counts: NDArray[Any]) -> Arrays:
    return trees.huffman(counts)._asdict()


def _tree(settled: Settled) -> trees.Tree:
    return trees.Tree(**settled.arrays)


HIERARCHICAL_SOFTMAX = Output(
    name="hierarchical-softmax",
    description=LOSSES["hierarchical-softmax"],
    loss=losses.hierarchical_softmax,
    gradient=gradients.hierarchical_softmax,
    statements={"v_c": "k1", "U": "k2"},
    draws="path",
    predict=lambda settled: partial(predictions.hierarchical_softmax, tree=_tree(settled)),
    height=lambda vocab: vocab - 1,
    vectors=("center",),
    arrays=_tree_of,
)

OUTPUTS: Mapping[Loss, Output] = MappingProxyType(
    {record.name: record for record in (NEGATIVE_SAMPLING, NAIVE_SOFTMAX, HIERARCHICAL_SOFTMAX)}
)
"""Every output loss by its name."""

SKIP_GRAM = Composition(
    name="skip-gram",
    description=MODELS["skip-gram"],
    loss=losses.skip_gram,
    gradient=gradients.skip_gram,
    statements=("i1", "i2", "i3"),
    layout="windows",
    over=lambda predict: partial(skip_gram_of_windows, predict=predict),
    any_loss=any_loss_of_windows,
)

CBOW = Composition(
    name="cbow",
    description=MODELS["cbow"],
    loss=losses.cbow,
    gradient=gradients.cbow,
    statements=("j1", "j3"),
    layout="bags",
    over=lambda predict: partial(cbow_of_bags, predict=predict),
    any_loss=any_loss_of_bags,
)

CBOW_SUM = Composition(
    name="cbow-sum",
    description=MODELS["cbow-sum"],
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


LOOSE_PAIRS = replace(
    SKIP_GRAM,
    description="a center predicts the one outside thing of its pair, which is no word of a text",
    layout="edges",
    over=lambda predict: partial(skip_gram_of_edges, predict=predict),
    any_loss=any_loss_of_edges,
    row_loss=row_loss_of_edges,
)
"""The composition of :func:`jw2v.train_pairs`: skip-gram, of windows that are pairs already."""


class Fast(NamedTuple):
    """A faster way for a composition and an output loss: the same in expectation."""

    layout: Layout
    objective: Callable[[Settled], Objective]
    length: int | None = None
    """words with a bag in a run of text, or the default"""


def _segments(settled: Settled) -> Objective:
    of_segments = settled._asdict()
    del of_segments["arrays"]
    return partial(negative_sampling_of_segments, **of_segments)


def _bags_of_paths(settled: Settled) -> Objective:
    return partial(hierarchical_softmax_of_bags, tree=_tree(settled))


def _cbow_of_paths(record: Composition) -> Callable[[Settled], Objective]:
    return lambda settled: record.over(HIERARCHICAL_SOFTMAX.predict(settled))


def _that_share(record: Composition) -> Callable[[Settled], Objective]:
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
        ("cbow", "negative-sampling"): Fast("bags", _that_share(CBOW)),
        ("cbow-sum", "negative-sampling"): Fast("bags", _that_share(CBOW_SUM)),
        ("skip-gram", "hierarchical-softmax"): Fast("bags", _bags_of_paths, length=8),
        ("cbow", "hierarchical-softmax"): Fast("bags", _cbow_of_paths(CBOW)),
        ("cbow-sum", "hierarchical-softmax"): Fast("bags", _cbow_of_paths(CBOW_SUM)),
    }
)
"""By the names of both."""
FAST_OF_LOOSE_PAIRS: Mapping[Loss, Fast] = MappingProxyType(
    {"negative-sampling": Fast("edges", _that_share(LOOSE_PAIRS))}
)
"""By the name of the loss."""
GIVEN_OF_LOOSE_PAIRS: Mapping[Loss, Objective] = MappingProxyType(
    {"negative-sampling": given_negatives_of_edges}
)
"""Objectives of pairs that come with their negatives, by the name of the loss."""


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
