"""Any loss over bags: the words around a word make a vector together, which predicts it."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jw2v import _arrays, losses
from jw2v.feeding.layouts import Bags
from jw2v.objectives import own
from jw2v.objectives._tables import check_mask, check_tables, gather, only
from jw2v.objectives.noise import Noise
from jw2v.objectives.predictions import Predict, known
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
    _arrays.flag("bags", "mean", mean)
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
    unless ``negatives`` is None, and by name ``log_prob`` as over windows. The curvature is not
    known and set to 0.
    """
    batch, inside = checked_bags(params, batch)
    there, words = members(batch), middle(batch)
    words, inside_U = known(words, there.any(-1), params.U.shape[0])
    inside &= inside_U
    pair_loss, draws = own.drawn_for("bags", pair_loss, noise, negatives, key, words, params.U)
    full = there.any(-1).reshape(-1)
    run = jnp.repeat(jnp.arange(len(words)), words.shape[1])
    # A pair loss may have no gradient at h = 0, as a cosine has none. So an empty bag, whose loss
    # is never looked at, is a copy of one that is not.
    words, there, *of_each = (
        only(full, column.reshape(-1, *column.shape[2:])) for column in (words, there, *draws)
    )
    run = only(full, run)

    def total(params: Params) -> Float[Array, ""]:
        # Where all bags are empty there is none to copy: no gradient passes, not even NaN.
        V, U = (jnp.where(full.any(), x, jax.lax.stop_gradient(x)) for x in params)

        def of_bag(o: Array, where: Array, run: Array, *draws: Array) -> Array:
            context = batch.words[run]
            return losses.cbow(pair_loss, o, context, V, U, *draws, where=where, mean=mean)

        loss = _arrays.wide(jnp.where(full, jax.vmap(of_bag)(words, there, run, *of_each), 0)).sum()
        return _arrays.known(inside, loss, *params)

    return own.by_tables(total, params, full.sum(), batch)


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

    def add(distance: Any, times: Array) -> Array:
        columns = batch.words, batch.sentence
        words, sentence = (column == jnp.roll(column, distance, 1) for column in columns)
        same = (words & sentence & (jnp.arange(span) >= distance)).astype(times.dtype)
        more: Array = same + jnp.roll(same, -distance, 1)
        return times + more

    times: Array = jax.lax.fori_loop(1, margins + 1, add, jnp.ones_like(batch.words))
    return times


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
    if not (hasattr(radius, "dtype") and jnp.issubdtype(radius.dtype, jnp.integer)):
        raise ValueError(f"{name}: radius must be an array of integers; got {radius!r}.")
    margins = span - radius.shape[-1] if radius.ndim else -1
    if radius.ndim != 2 or radius.shape[0] != size or margins < 0 or margins % 2:
        raise ValueError(
            f"{name}: radius must hold one number for each word of a run but those of its two"
            f" margins, which are equal; got shape {list(radius.shape)} beside words of shape"
            f" {list(batch.words.shape)}."
        )
    vocab, there = params.V.shape[0], batch.sentence >= 0
    words = _arrays.index(name, "words", batch.words, vocab, "batch", "span", where=there)
    inside = _arrays.inside(words, vocab, there)
    return batch._replace(words=jnp.clip(words, 0, vocab - 1)), inside
