"""Any loss over loose pairs: a center and one outside word, which no text put beside each other."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from jw2v import _arrays
from jw2v.feeding.layouts import Edges
from jw2v.losses import PairLoss
from jw2v.objectives import own, predictions
from jw2v.objectives._tables import check_noise, check_tables, gather, only
from jw2v.objectives.noise import Noise
from jw2v.objectives.own import RowLoss
from jw2v.objectives.predictions import Predict
from jw2v.objectives.rows import Evaluation, Gradient, Rows
from jw2v.params import Params

__all__ = [
    "any_loss_of_edges",
    "given_negatives_of_edges",
    "row_loss_of_edges",
    "skip_gram_of_edges",
]


def skip_gram_of_edges(
    params: Params, batch: Edges, key: PRNGKeyArray, *, predict: Predict
) -> Evaluation:
    """Loose pairs by any output loss: each center predicts its outside word.

    Definition: Σ w J(v_c, o, U) over the pairs (c, o) of weight w: windows of one word (i). V and U
    may have rows of different things.
    """
    # How many outside things there are is for the output loss to know: a tree has one node less.
    batch, inside = _checked(params, batch, outside=None)
    C = gather(params.V, batch.center)
    C += _arrays.begin(inside, C)
    words, weight = batch.outside[..., None], batch.weight[..., None].astype(C.dtype)
    found = predict(C, params.U, words, weight, key, batch.center)
    V = Rows(batch.center, found.C, found.curvature)
    return Evaluation(found.loss, found.pairs, Gradient(V=V, U=found.U))


def given_negatives_of_edges(params: Params, batch: Edges, key: PRNGKeyArray) -> Evaluation:
    """Negative sampling of loose pairs that come with their negatives (g1, g2, h)."""
    if batch.negatives is None:
        raise ValueError("edges: the batch has no negatives.")
    predict = partial(predictions.with_negatives, drawn=batch.negatives[..., None, :])
    return skip_gram_of_edges(params, batch, key, predict=predict)


def any_loss_of_edges(
    params: Params,
    batch: Edges,
    key: PRNGKeyArray,
    *,
    pair_loss: PairLoss,
    noise: Noise,
    negatives: int | None,
) -> Evaluation:
    """Any pair loss over loose pairs, differentiated by ``jax.grad``.

    Definition: Σ w J(v_c, o, U), or Σ J where J asks for the weight itself. J receives the
    negatives of its pair, or K that are drawn, unless ``negatives`` is None; and by name what it
    asks for (:func:`jw2v.objectives.own.asked`): ``weight``, ``log_prob``, the log-probability with
    which each negative was drawn, [K], and columns of the batch. The curvature is not known and set
    to 0.
    """
    batch, inside = _checked(params, batch, outside=params.U.shape[0])
    there = (batch.weight != 0).reshape(-1)
    drawn, named, weight = _given(pair_loss, params, batch, key, noise, negatives)
    axes = batch.center.ndim
    center, outside, draws, of_each = jax.tree.map(
        lambda column: only(there, column.reshape(-1, *column.shape[axes:])),
        (batch.center, batch.outside, () if drawn is None else (drawn,), dict(named)),
    )

    def total(params: Params) -> Array:
        # Where no pair counts there is none to copy: no gradient passes, not even NaN.
        V, U = (jnp.where(there.any(), x, jax.lax.stop_gradient(x)) for x in params)

        def of_pair(c: Array, o: Array, draws: tuple[Array, ...], named: dict[str, Array]) -> Array:
            loss = pair_loss(_arrays.rows(V, c), o, *draws, U, **named)
            return _arrays.scalar("pair_loss", loss)

        found = jax.vmap(of_pair)(center, outside, draws, of_each)
        loss = jnp.where(there, weight.reshape(-1) * found, 0).sum()
        return _arrays.known(inside, loss, *params)

    return own.by_tables(total, params, batch.weight.sum(), batch)


def row_loss_of_edges(
    params: Params,
    batch: Edges,
    key: PRNGKeyArray,
    *,
    row_loss: RowLoss,
    noise: Noise,
    negatives: int | None,
) -> Evaluation:
    """Any loss of rows over loose pairs: :func:`any_loss_of_edges` at the cost of these rows."""
    batch, inside = _checked(params, batch, outside=params.U.shape[0])
    drawn, named, weight = _given(row_loss, params, batch, key, noise, negatives)
    touched = batch.outside[..., None]
    if drawn is not None:
        touched = jnp.concatenate([touched, drawn], axis=-1)
    C = gather(params.V, batch.center)
    C += _arrays.begin(inside, C)
    found = own.by_rows(
        row_loss,
        weight.astype(_arrays.wide(C).dtype) * (batch.weight != 0),
        C,
        gather(params.U, touched),
        named,
        negatives=drawn is not None,
    )
    return Evaluation(
        found.loss,
        batch.weight.sum().astype(found.loss.dtype),
        Gradient(
            V=Rows(batch.center, found.v, jnp.zeros(batch.center.shape, C.dtype)),
            U=Rows(touched, found.u, jnp.zeros(touched.shape, C.dtype)),
        ),
    )


def _given(
    loss: Any,
    params: Params,
    batch: Edges,
    key: PRNGKeyArray,
    noise: Noise,
    negatives: int | None,
) -> tuple[Array | None, Mapping[str, Array], Array]:
    """Negatives of each pair, what its loss takes by name, and what it is multiplied by."""
    wanted, drawn = own.asked(loss), batch.negatives
    named = {name: column for name, column in batch.columns.items() if name in wanted}
    if drawn is None and negatives is not None:
        check_noise("edges", noise, params.U)
        drawn = noise.draw_other(key, batch.outside, negatives)
        if "log_prob" in wanted:
            named["log_prob"] = own.log_prob_of(drawn, batch.outside, noise, params.U)
    if "weight" in wanted:
        named["weight"] = batch.weight
        return drawn, named, jnp.ones_like(batch.weight)
    return drawn, named, batch.weight


def _checked(params: Params, batch: Edges, *, outside: int | None) -> tuple[Edges, Array | bool]:
    """The batch with all ids in their tables, and whether those that count were so before.

    ``outside`` is how many there are of those; None where that is not known here.
    """
    check_tables("edges", params)
    shape, there = jnp.shape(batch.center), batch.weight != 0
    n = len(shape)
    axes = {"outside": n, "weight": n, "negatives": n + 1}
    named = {**batch.columns, **{name: getattr(batch, name) for name in axes}}
    for name, came in ((name, jnp.shape(x)) for name, x in named.items() if x is not None):
        if came[:n] != shape or len(came) != axes.get(name, len(came)):
            raise ValueError(
                f"edges: {name} must have one entry for each center, of shape {list(shape)}; got"
                f" shape {list(came)}."
            )
    inside: Array | bool = True
    found = {}
    limits = {"center": params.V.shape[0], "outside": outside, "negatives": params.U.shape[0]}
    for name, vocab in limits.items():
        ids = getattr(batch, name)
        if ids is None:
            continue
        ids = _arrays.index("edges", name, ids, vocab, "*shape", where=there)
        if vocab is None:
            found[name] = ids
            continue
        counts = there.reshape(*shape, *(1,) * (ids.ndim - len(shape)))
        inside &= _arrays.inside(ids, vocab, counts)
        found[name] = jnp.clip(ids, 0, vocab - 1)
    return Edges(weight=batch.weight, columns=batch.columns, **found), inside
