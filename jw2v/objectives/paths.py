"""Hierarchical softmax over runs of text: the path to a word is read once for all around it."""

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from jw2v import _arrays, activations
from jw2v.feeding.layouts import Bags
from jw2v.objectives._tables import gather, quarter_square
from jw2v.objectives.bags import checked_bags, members, middle
from jw2v.objectives.predictions import paths
from jw2v.objectives.rows import Evaluation, Gradient, Rows
from jw2v.params import Params
from jw2v.trees import Tree

__all__ = ["hierarchical_softmax_of_bags"]


def hierarchical_softmax_of_bags(
    params: Params, batch: Bags, key: PRNGKeyArray, *, tree: Tree
) -> Evaluation:
    """Skip-gram by the hierarchical softmax: each word of a bag predicts the word in the middle.

    Definition: −Σ_(c,o) Σ_l log σ(ε_l θ_{n_l}ᵀ v_c) over the words o that have a bag and the words
    c of it (i, k1), n_l and ε_l the steps of the path to o. The window is that of the word that is
    predicted, as word2vec.c has it: its radius is drawn as that of the other would be, so that each
    pair counts as often.

    In the logits z of all steps of the paths of a run's middle (rows l) and all words of the run
    (columns c), with w = 1 where c is in the bag of the word of l, the gradients are those of k1
    and k2, (−w ε σ(−ε z))ᵀ Θ and (−w ε σ(−ε z)) C. ¼ wᵀ ‖θ‖² and ¼ w ‖v_c‖² bound the curvature of
    each row (t2).
    """
    del key
    batch, inside = checked_bags(params, batch)
    there, o = members(batch), middle(batch)
    nodes, signs, known = paths(o, there.any(-1), tree, params.U)
    size, _, length = nodes.shape
    nodes, signs = nodes.reshape(size, -1), signs.reshape(size, -1, 1)
    C, theta = gather(params.V, batch.words), gather(params.U, nodes)

    w = jnp.repeat(there.astype(C.dtype), length, axis=1) * (signs != 0)
    w += _arrays.begin(inside & known, w)
    sign = signs.astype(C.dtype)
    z = sign * _arrays.einsum("bld,bsd->bls", theta, C)
    error = -w * sign * activations.sigmoid(-z)
    gradient = Gradient(
        V=Rows(
            batch.words,
            _arrays.einsum("bls,bld->bsd", error, theta),
            _arrays.einsum("bls,bl->bs", w, quarter_square(theta)),
        ),
        U=Rows(
            nodes,
            _arrays.einsum("bls,bsd->bld", error, C),
            _arrays.einsum("bls,bs->bl", w, quarter_square(C)),
        ),
    )
    loss = -_arrays.wide(w * jax.nn.log_sigmoid(z)).sum()
    return Evaluation(loss, there.sum().astype(loss.dtype), gradient)
