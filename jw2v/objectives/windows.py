"""Any loss over windows: a center word and the words around it."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from jw2v import _arrays, losses
from jw2v.feeding.layouts import Windows
from jw2v.objectives import own, predictions
from jw2v.objectives._tables import check_mask, check_tables, gather, only
from jw2v.objectives.noise import Noise
from jw2v.objectives.predictions import Predict
from jw2v.objectives.rows import Evaluation, Gradient, Rows
from jw2v.params import Params

__all__ = [
    "any_loss_of_windows",
    "naive_softmax_of_windows",
    "negative_sampling_of_windows",
    "skip_gram_of_windows",
]


def skip_gram_of_windows(
    params: Params, batch: Windows, key: PRNGKeyArray, *, predict: Predict
) -> Evaluation:
    """Skip-gram by any output loss: the vector of the center predicts each outside word (i)."""
    center, inside = _checked_centers(params, batch)
    C = gather(params.V, center)
    C += _arrays.begin(inside, C)
    found = predict(C, params.U, batch.outside, batch.where, key, center)
    V = Rows(center, found.C, found.curvature)
    return Evaluation(found.loss, found.pairs, Gradient(V=V, U=found.U))


def negative_sampling_of_windows(
    params: Params, batch: Windows, key: PRNGKeyArray, *, noise: Noise, negatives: int
) -> Evaluation:
    """Negative sampling over windows, with K negatives of its own for each pair, none equal to o.

    Definition: Σ_(c,o) J_neg(v_c, o, w_1..w_K, U) (g, i), its gradient in rows (g1, g2).
    """
    _arrays.whole("negative_sampling_of_windows", "negatives", negatives, 1)
    predict = partial(predictions.negative_sampling, noise=noise, negatives=negatives)
    return skip_gram_of_windows(params, batch, key, predict=predict)


def naive_softmax_of_windows(params: Params, batch: Windows, key: PRNGKeyArray) -> Evaluation:
    """Naive softmax over windows: the outside words of a window share one softmax.

    Definition (b1, d, i): Σ_c Σ_o −log ŷ_o with ŷ = softmax(U v_c), its gradient and the bound on
    its curvature along a step (t7) as :func:`jw2v.softmax.evaluate` finds them, in memory that
    vocab does not change. A word that is the center of several windows has the bound for all.
    """
    return skip_gram_of_windows(params, batch, key, predict=predictions.naive_softmax)


def any_loss_of_windows(
    params: Params,
    batch: Windows,
    key: PRNGKeyArray,
    *,
    pair_loss: losses.PairLoss,
    noise: Noise,
    negatives: int | None,
) -> Evaluation:
    """Any pair loss over windows, differentiated by ``jax.grad``.

    Definition (i): Σ_c J_sg with J the pair loss, which receives K negatives for each outside word
    unless ``negatives`` is None, and by name ``log_prob`` where it asks for it: the log-probability
    with which each of them was drawn, [K]. The curvature is not known and set to 0.
    """
    center, inside = _checked_centers(params, batch)
    outside, known_outside = predictions.known(batch.outside, batch.where, params.U.shape[0])
    batch, inside = Windows(center, outside, batch.where), inside & known_outside
    full, pairs = batch.where.any(-1), batch.where.sum()
    # A pair loss may have no gradient at some words, such as a cosine at a row of zeros. So an
    # empty window, whose loss is never looked at, is a copy of one that is not.
    batch = Windows(*(only(full, column) for column in batch))
    pair_loss, draws = own.drawn_for(
        "windows", pair_loss, noise, negatives, key, batch.outside, params.U
    )

    def total(params: Params) -> Float[Array, ""]:
        # Where all windows are empty there is none to copy: no gradient passes, not even NaN.
        V, U = (jnp.where(pairs > 0, x, jax.lax.stop_gradient(x)) for x in params)

        def of_window(c: Array, outside: Array, where: Array, *draws: Array) -> Array:
            return losses.skip_gram(pair_loss, c, outside, V, U, *draws, where=where)

        loss = _arrays.wide(jnp.where(full, jax.vmap(of_window)(*batch, *draws), 0)).sum()
        return _arrays.known(inside, loss, *params)

    return own.by_tables(total, params, pairs, batch)


def _checked_centers(params: Params, batch: Windows) -> tuple[Array, Array | bool]:
    """The centers, all of them in V, and whether those that count were so before."""
    vocab, name = params.V.shape[0], "windows"
    check_tables(name, params)
    check_mask(name, "outside", batch.outside, "where", batch.where, jnp.bool_)
    there = batch.where.any(-1)
    center = _arrays.index(name, "center", batch.center, vocab, "batch", where=there)
    outside = _arrays.index(name, "outside", batch.outside, None, "batch", "n", where=batch.where)
    _arrays.same_axis(name, 0, "each window has one center", center=center, outside=outside)
    return jnp.clip(center, 0, vocab - 1), _arrays.inside(center, vocab, there)
