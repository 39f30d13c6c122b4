"""Any loss over bags: the words around a word make a vector together, which predicts it."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jw2v import _arrays, losses
from jw2v.feeding.layouts import Bags
from jw2v.objectives._tables import check_mask, check_noise, check_tables, gather
from jw2v.objectives.noise import Noise
from jw2v.objectives.predictions import Predict
from jw2v.objectives.rows import Evaluation, Gradient, Rows
from jw2v.params import Params

__all__ = ["any_loss_of_bags", "cbow_of_bags", "checked_bags", "members", "middle"]


def cbow_of_bags(
    params: Params, batch: Bags, key: PRNGKeyArray, *, predict: Predict, mean: bool = True
) -> Evaluation:
    """CBOW by any output loss: the mean or the sum of the vectors around a word predicts it.

    Definition: Σ_o J(h, o, U) over the words that have a bag, with h = (1/n) Σ_q v_q, or Σ_q v_q,
    over its n words (j1, j2). The gradients by h of a run are multiplied out to those by its words.
    A bag that holds v_q so many times and has a Hessian ≤ H by h gives it the curvature (times/n)²
    H (j3), of which each of these times brings times/n² H. Taken for ``times`` is how often q is
    in its sentence as near as two words of a bag can be: never less, and more only where some bag
    between holds one of them alone. H holds wherever h goes, since the rows of the other words move
    as well.
    """
    batch, inside = checked_bags(params, batch)
    there = members(batch)
    n = there.sum(-1)
    X = gather(params.V, batch.words)
    X += _arrays.begin(inside, X)
    share = (1 / jnp.maximum(1, n) if mean else jnp.ones(n.shape)).astype(X.dtype)
    shares = there * share[..., None]
    found = predict(
        _arrays.einsum("blp,bpd->bld", shares, X),
        params.U,
        middle(batch)[..., None],
        (n > 0)[..., None],
        key,
        None,
    )
    # In two steps, so that no square of a share overflows or vanishes.
    bound = _arrays.einsum("blp,bl->bp", shares, share * found.curvature)
    bound *= _most_times(batch).astype(X.dtype)
    V = Rows(batch.words, _arrays.einsum("blp,bld->bpd", shares, found.C), bound)
    return Evaluation(found.loss, found.pairs, Gradient(V=V, U=found.U))


def any_loss_of_bags(
    params: Params,
    batch: Bags,
    key: PRNGKeyArray,
    *,
    pair_loss: losses.PairLoss,
    noise: Noise,
    negatives: int | None,
    mean: bool = True,
) -> Evaluation:
    """Any pair loss over bags, differentiated by ``jax.grad``.

    Definition (j1, j2): Σ_o J_cbow with J the pair loss, which receives K negatives for each word
    unless ``negatives`` is None. The curvature is not known and set to 0.
    """
    batch, inside = checked_bags(params, batch)
    there, words = members(batch), middle(batch)
    full = there.any(-1)
    draws: tuple[Array, ...] = ()
    if negatives is not None:
        check_noise("bags", noise, params.U)
        draws = (noise.draw_other(key, words, negatives),)

    def total(params: Params) -> Float[Array, ""]:
        def of_bag(o: Array, where: Array, context: Array, *draws: Array) -> Array:
            return losses.cbow(pair_loss, o, context, *params, *draws, where=where, mean=mean)

        of_run = jax.vmap(of_bag, in_axes=(0, 0, None, *[0] * len(draws)))
        found = jax.vmap(of_run)(words, there, batch.words, *draws)
        return _arrays.known(inside, jnp.where(full, found, 0).sum(), *params)

    loss, gradient = jax.value_and_grad(total)(params)
    return Evaluation(
        loss,
        full.sum().astype(loss.dtype),
        Gradient(*(Rows(None, table, jnp.zeros(len(table), table.dtype)) for table in gradient)),
    )


def members(batch: Bags) -> Bool[Array, "batch length span"]:
    """Which words of its run the bag of each word holds."""
    length, span = batch.radius.shape[1], batch.words.shape[1]
    margin = (span - length) // 2
    distance = jnp.abs(jnp.arange(span) - (jnp.arange(length) + margin)[:, None])
    inside = middle(batch._replace(words=batch.sentence))[..., None]
    near = (distance > 0) & (distance <= batch.radius[..., None])
    return near & (batch.sentence[:, None, :] == inside) & (inside >= 0)


def _most_times(batch: Bags) -> Int[Array, "batch span"]:
    """For each word of a run, how often it can be in one bag."""
    span, margins = batch.words.shape[1], batch.words.shape[1] - batch.radius.shape[1]
    near = (jnp.abs(jnp.arange(span)[:, None] - jnp.arange(span)) <= margins)[None]
    for column in (batch.words, batch.sentence):
        near = near & (column[:, :, None] == column[:, None, :])
    return near.sum(-1)


def middle(batch: Bags) -> Array:
    """The words that have a bag."""
    margin = (batch.words.shape[1] - batch.radius.shape[1]) // 2
    return batch.words[:, margin : batch.words.shape[1] - margin]


def checked_bags(params: Params, batch: Bags) -> tuple[Bags, Array | bool]:
    """The batch with all words in V, and whether those that are there were so before."""
    name = "bags"
    check_tables(name, params)
    check_mask(name, "words", batch.words, "sentence", batch.sentence, jnp.integer)
    (size, span), radius = batch.words.shape, batch.radius
    margins = span - radius.shape[-1]
    if radius.ndim != 2 or radius.shape[0] != size or margins < 0 or margins % 2:
        raise ValueError(
            f"{name}: radius must hold one number for each word of a run but those of its two"
            f" margins, which are equal; got shape {list(radius.shape)} beside words of shape"
            f" {list(batch.words.shape)}."
        )
    vocab, there = len(params.V), batch.sentence >= 0
    words = _arrays.index(name, "words", batch.words, vocab, "batch", "span", where=there)
    inside = _arrays.inside(words, vocab, there)
    return batch._replace(words=jnp.clip(words, 0, vocab - 1)), inside
