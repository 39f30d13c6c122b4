"""What a batch of text asks of the tables: its loss, its gradient and its curvature.

A batch comes in one of four layouts. `Windows` is the plain one: a center word and the words
around it, for any loss. `Segments` is the fast one for negative sampling: runs of consecutive
words, each of them a center, with negatives that a run shares, so that nearly all the work is three
matrix products. `Bags` are runs with a margin, in which each word has a bag of the words around it,
which predict it together, as CBOW has it, or one by one. `Edges` are loose pairs, of any things,
each with a weight. All are weighted sums of the pair losses
of :mod:`jw2v.losses`, and the tests hold their gradients to the closed forms of
:mod:`jw2v.gradients`.

Row numbers outside the tables raise ``ValueError`` where an objective is called outside ``jit``;
inside it, as in a training step, they make the loss and the whole gradient NaN. JAX may cut
numbers of more than 32 bits before: see :mod:`jw2v.losses`. What padding and masked entries hold
does not matter. Noise must be of one count for each row of the table of outside vectors, or
``ValueError`` is raised.
"""

from jw2v.feeding.layouts import Bags, Edges, Segments, Windows
from jw2v.objectives.bags import any_loss_of_bags, cbow_of_bags
from jw2v.objectives.edges import (
    any_loss_of_edges,
    given_negatives_of_edges,
    row_loss_of_edges,
    skip_gram_of_edges,
)
from jw2v.objectives.paths import hierarchical_softmax_of_bags
from jw2v.objectives.rows import Evaluation, Gradient, Objective, Rows, weighted
from jw2v.objectives.segments import negative_sampling_of_segments, segments_at
from jw2v.objectives.windows import (
    any_loss_of_windows,
    naive_softmax_of_windows,
    negative_sampling_of_windows,
    skip_gram_of_windows,
)

__all__ = [
    "Bags",
    "Edges",
    "Evaluation",
    "Gradient",
    "Objective",
    "Rows",
    "Segments",
    "Windows",
    "any_loss_of_bags",
    "any_loss_of_edges",
    "any_loss_of_windows",
    "cbow_of_bags",
    "given_negatives_of_edges",
    "hierarchical_softmax_of_bags",
    "naive_softmax_of_windows",
    "negative_sampling_of_segments",
    "negative_sampling_of_windows",
    "row_loss_of_edges",
    "segments_at",
    "skip_gram_of_edges",
    "skip_gram_of_windows",
    "weighted",
]
