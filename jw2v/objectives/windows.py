"""Any loss over windows: a center word and the words around it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from jw2v import _arrays, gradients, losses
from jw2v.feeding.layouts import Windows
from jw2v.objectives import softmax
from jw2v.objectives._tables import check_mask, check_tables, gather, quarter_square
from jw2v.objectives.noise import Noise
from jw2v.objectives.rows import Evaluation, Gradient, Rows
from jw2v.params import Params

__all__ = [
    "any_loss_of_windows",
    "naive_softmax_of_windows",
    "negative_sampling_of_windows",
]


def negative_sampling_of_windows(
    params: Params, batch: Windows, key: PRNGKeyArray, *, noise: Noise, negatives: int
) -> Evaluation:
    """Negative sampling over windows, with K negatives of its own for each pair, none equal to o.

    Definition: Σ_(c,o) J_neg(v_c, o, w_1..w_K, U) (g, i), its gradient in rows (g1, g2).
    """
    _arrays.whole("negative_sampling_of_windows", "negatives", negatives, 1)
    batch, inside = _checked_windows(params, batch)
    drawn = noise.draw_other(key, batch.outside, negatives)
    touched = jnp.concatenate([batch.outside[..., None], drawn], axis=-1)
    v_c, u = gather(params.V, batch.center), gather(params.U, touched)

    def for_all_pairs(of_pair: Callable[..., Any]) -> Any:
        of_window = jax.vmap(of_pair, in_axes=(None, 0, 0))
        return jax.vmap(of_window)(v_c, u[..., 0, :], u[..., 1:, :])

    w = batch.where.astype(v_c.dtype)
    w += _arrays.begin(inside, w)
    g = for_all_pairs(gradients.negative_sampling_rows)
    g_u = jnp.concatenate([g.u_o[..., None, :], g.u_negatives], axis=-2)
    v_bound = _arrays.einsum("bn,bnk->b", w, quarter_square(u))
    u_bound = w * quarter_square(v_c)[:, None]
    gradient = Gradient(
        V=Rows(batch.center, _arrays.einsum("bn,bnd->bd", w, g.v_c), v_bound),
        U=Rows(
            touched,
            w[..., None, None] * g_u,
            jnp.broadcast_to(u_bound[..., None], touched.shape),
        ),
    )
    terms = for_all_pairs(losses.negative_sampling_rows)
    return Evaluation((w * terms).sum(), w.sum(), gradient)


def naive_softmax_of_windows(params: Params, batch: Windows, key: PRNGKeyArray) -> Evaluation:
    """Naive softmax over windows: the outside words of a window share one softmax.

    Definition (b1, d, i): Σ_c Σ_o −log ŷ_o with ŷ = softmax(U v_c), its gradient and the bound on
    its curvature along a step (t7) as :func:`jw2v.softmax.evaluate` finds them, in memory that
    vocab does not change. A word that is the center of several windows has the bound for all.
    """
    del key
    batch, inside = _checked_windows(params, batch)
    C = gather(params.V, batch.center)
    C += _arrays.begin(inside, C)
    found = softmax.evaluate(C, params.U, batch.outside, batch.where, center=batch.center)
    gradient = Gradient(
        V=Rows(batch.center, found.C, found.C_curvature),
        U=Rows(None, found.U, found.U_curvature),
    )
    return Evaluation(found.loss, batch.where.sum().astype(found.loss.dtype), gradient)


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
    unless ``negatives`` is None. The curvature is not known and set to 0.
    """
    batch, inside = _checked_windows(params, batch)
    full, pairs = batch.where.any(-1), batch.where.sum()
    # A pair loss may have no gradient at some words, such as a cosine at a row of zeros. So an
    # empty window, whose loss is never looked at, is a copy of one that is not.
    batch = Windows(*(_only(full, column) for column in batch))
    draws = () if negatives is None else (noise.draw_other(key, batch.outside, negatives),)

    def total(params: Params) -> Float[Array, ""]:
        # Where all windows are empty there is none to copy: no gradient passes, not even NaN.
        V, U = (jnp.where(pairs > 0, x, jax.lax.stop_gradient(x)) for x in params)

        def of_window(c: Array, outside: Array, where: Array, *draws: Array) -> Array:
            return losses.skip_gram(pair_loss, c, outside, V, U, *draws, where=where)

        loss = jnp.where(full, jax.vmap(of_window)(*batch, *draws), 0).sum()
        return _arrays.known(inside, loss, *params)

    loss, gradient = jax.value_and_grad(total)(params)
    return Evaluation(
        loss,
        pairs.astype(loss.dtype),
        Gradient(*(Rows(None, table, jnp.zeros(len(table), table.dtype)) for table in gradient)),
    )


def _checked_windows(params: Params, batch: Windows) -> tuple[Windows, Array | bool]:
    """The batch with all words in the tables, and whether those that count were so before."""
    (V, U), where = map(len, params), batch.where
    name = "windows"
    check_tables(name, params)
    check_mask(name, "outside", batch.outside, "where", where, jnp.bool_)
    there = where.any(-1)
    center = _arrays.index(name, "center", batch.center, V, "batch", where=there)
    outside = _arrays.index(name, "outside", batch.outside, U, "batch", "n", where=where)
    _arrays.same_axis(name, 0, "each window has one center", center=center, outside=outside)
    inside = _arrays.inside(center, V, there) & _arrays.inside(outside, U, where)
    return Windows(jnp.clip(center, 0, V - 1), jnp.clip(outside, 0, U - 1), where), inside


def _only(marked: Array, column: Array) -> Array:
    """A batch with the first marked example in place of those that are not, if there is any."""
    first = jnp.argmax(marked) if len(marked) else 0
    return column[jnp.where(marked, jnp.arange(len(column)), first)] if len(column) else column
