"""What a batch of text asks of the tables: its loss, its gradient and its curvature.

A batch comes in one of two layouts. `Windows` is the plain one: a center word and the words around
it, for any loss. `Segments` is the fast one for negative sampling: runs of consecutive words, each
of them a center, with negatives that a run shares, so that nearly all the work is three matrix
products. Both are weighted sums of the pair losses of :mod:`jw2v.losses`, and the tests hold their
gradients to the closed forms of :mod:`jw2v.gradients`.

Row numbers outside the tables raise ``ValueError`` where an objective is called outside ``jit``;
inside it, as in a training step, they make the loss and the whole gradient NaN. What padding and
masked entries hold does not matter.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jw2v import _arrays, activations, gradients, losses, sampling, softmax
from jw2v.params import Params
from jw2v.sampling import Noise

__all__ = [
    "Evaluation",
    "Gradient",
    "Rows",
    "Segments",
    "Windows",
    "any_loss_of_windows",
    "naive_softmax_of_windows",
    "negative_sampling_of_segments",
    "negative_sampling_of_windows",
    "segments_at",
    "weighted",
]


class Windows(NamedTuple):
    """Windows side by side; ``where`` marks the outside words that are there."""

    center: Int[Array, "batch"]
    outside: Int[Array, "batch n"]
    where: Bool[Array, "batch n"]


class Segments(NamedTuple):
    """Runs of consecutive words, each of them a center whose outside words are in its run.

    ``sentence`` tells sentences apart: words pair only where it is equal, and a negative number
    marks padding.
    """

    words: Int[Array, "batch length"]
    sentence: Int[Array, "batch length"]


class Rows(NamedTuple):
    """The gradient with respect to one table, in rows.

    Entry i belongs to row ``ids[i]``; entries of equal ids add up. Without ``ids`` there is one
    entry for each row of the table, in order.
    """

    ids: Int[Array, "*entries"] | None
    gradient: Float[Array, "*entries dim"]
    curvature: Float[Array, "*entries"]
    """a bound on the largest eigenvalue of the Hessian with respect to the row"""


class Gradient(NamedTuple):
    """The gradient with respect to each table."""

    V: Rows
    U: Rows


class Evaluation(NamedTuple):
    """A batch at given parameters."""

    loss: Float[Array, ""]
    """nats, summed over all pairs"""
    pairs: Float[Array, ""]
    """how many (center, outside) pairs there were, or the sum of their weights"""
    gradient: Gradient
    """the gradient of that sum, times the weight"""
    weight: Float[Array, ""] | float = 1.0
    """of the sum in the gradient, such as 1 / batch for the gradient of a mean"""


Objective = Callable[[Params, Any, PRNGKeyArray], Evaluation]
"""``(params, batch, key) -> Evaluation``: the key is for what the objective draws."""


def weighted(objective: Objective, weight: float) -> Objective:
    """The objective times a weight: 1 / batch makes a sum over windows their mean.

    Only the gradient and its curvature are weighted; the loss and the pairs are still the sums, and
    :attr:`Evaluation.weight` tells them from what the gradient is of.
    """

    def scaled(rows: Rows) -> Rows:
        return Rows(rows.ids, weight * rows.gradient, weight * rows.curvature)

    def evaluate(params: Params, batch: Any, key: PRNGKeyArray) -> Evaluation:
        evaluation = objective(params, batch, key)
        V, U = evaluation.gradient
        gradient = Gradient(scaled(V), scaled(U))
        return evaluation._replace(gradient=gradient, weight=weight * evaluation.weight)

    return evaluate


def negative_sampling_of_segments(
    params: Params,
    batch: Segments,
    key: PRNGKeyArray,
    *,
    noise: Noise,
    window: int,
    shrink: bool,
    negatives: int,
    shared: int,
    reach: int | None = None,
) -> Evaluation:
    """Negative sampling over runs of text that share their negatives.

    Definition: :func:`segments_at` with S noise words for each segment, spread over the noise by
    :meth:`jw2v.sampling.Noise.draw_spread`. They are not compared with the outside words: where one
    is drawn, both of its terms count (h).
    """
    batch, inside = _checked_segments(params, batch)
    size, length = batch.words.shape
    drawn = noise.draw_spread(key, size, shared)
    weights = jnp.asarray(sampling.pair_weights(length, window, shrink=shrink, reach=reach))
    weights += _arrays.begin(inside, weights)
    return _together(
        segments_at(params, Segments(*columns), weights, drawn, negatives=negatives)
        for *columns, drawn in zip(*(_parts(column) for column in (*batch, drawn)), strict=True)
    )


def segments_at(
    params: Params,
    batch: Segments,
    weights: Float[Array, "length length"],
    drawn: Int[Array, "batch S"],
    *,
    negatives: int,
) -> Evaluation:
    """Negative sampling over runs of text, for given weights of pairs and shared negatives.

    Definition: Σ_(c,o) a_co [−log σ(u_oᵀ v_c) − (K/S) Σ_s log σ(−u_{w_s}ᵀ v_c)] over the pairs of
    words in one segment and one sentence, with a_co from ``weights`` by their places in the
    segment. The weights of :func:`jw2v.sampling.pair_weights` make the expectation over where the
    text is cut that of word2vec's windows (t6), and K/S makes the expectation over the S negatives
    of a segment that of K negatives drawn for each pair (t5).

    In the logits z = C Xᵀ, with the centers' vectors as rows of C and those of their neighbours and
    of the negatives as rows of X, w the weights, and y = 1 for neighbours and 0 for negatives, the
    gradients of g1 are (w ∘ (σ(z) − y)) X and (w ∘ (σ(z) − y))ᵀ C. Since σ' ≤ 1/4 (t1), ¼ w ‖x‖²
    and ¼ wᵀ ‖c‖² bound the curvature of each row (t2).
    """
    batch, inside = _checked_segments(params, batch)
    drawn = _arrays.index("segments_at", "drawn", drawn, len(params.U), "batch", "S")
    inside &= _arrays.inside(drawn, len(params.U))
    _arrays.same_axis("segments_at", 0, "each run has draws", words=batch.words, drawn=drawn)
    _arrays.whole("segments_at", "negatives", negatives, 0)
    (size, length), shared = batch.words.shape, drawn.shape[1]
    if shared == 0:
        raise ValueError("segments_at: a run needs negatives to share; got none of them.")
    outside = jnp.concatenate([batch.words, drawn], axis=1)
    C, X = _gather(params.V, batch.words), _gather(params.U, outside)

    there = batch.sentence >= 0
    together = batch.sentence[:, :, None] == batch.sentence[:, None, :]
    together &= there[:, :, None]
    weights = _arrays.real("segments_at", "weights", weights, "length", "length").astype(C.dtype)
    if weights.shape != (length, length):
        raise ValueError(
            f"segments_at: weights must be one for each two of the {length} places of a run, of"
            f" shape {[length, length]}; got shape {list(weights.shape)}."
        )
    positive = jnp.where(together, weights + _arrays.begin(inside, weights), 0)
    negative = positive.sum(-1, keepdims=True) * (negatives / shared)
    w = jnp.concatenate([positive, jnp.broadcast_to(negative, (size, length, shared))], axis=-1)
    y = (jnp.arange(length + shared) < length).astype(C.dtype)

    z = _arrays.einsum("bld,bxd->blx", C, X)
    loss = -(w * jax.nn.log_sigmoid((2 * y - 1) * z)).sum()
    error = w * (activations.sigmoid(z) - y)
    gradient = Gradient(
        V=Rows(
            batch.words,
            _arrays.einsum("blx,bxd->bld", error, X),
            _arrays.einsum("blx,bx->bl", w, _quarter_square(X)),
        ),
        U=Rows(
            outside,
            _arrays.einsum("blx,bld->bxd", error, C),
            _arrays.einsum("blx,bl->bx", w, _quarter_square(C)),
        ),
    )
    return Evaluation(loss, positive.sum(), gradient)


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
    v_c, u = _gather(params.V, batch.center), _gather(params.U, touched)

    def for_all_pairs(of_pair: Callable[..., Any]) -> Any:
        of_window = jax.vmap(of_pair, in_axes=(None, 0, 0))
        return jax.vmap(of_window)(v_c, u[..., 0, :], u[..., 1:, :])

    w = batch.where.astype(v_c.dtype)
    w += _arrays.begin(inside, w)
    g = for_all_pairs(gradients.negative_sampling_rows)
    g_u = jnp.concatenate([g.u_o[..., None, :], g.u_negatives], axis=-2)
    v_bound = _arrays.einsum("bn,bnk->b", w, _quarter_square(u))
    u_bound = w * _quarter_square(v_c)[:, None]
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
    C = _gather(params.V, batch.center)
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
        def of_window(c: Array, outside: Array, where: Array, *draws: Array) -> Array:
            return losses.skip_gram(pair_loss, c, outside, params.V, params.U, *draws, where=where)

        loss = jnp.where(full, jax.vmap(of_window)(*batch, *draws), 0).sum()
        return _arrays.known(inside, loss, *params)

    loss, gradient = jax.value_and_grad(total)(params)
    return Evaluation(
        loss,
        pairs.astype(loss.dtype),
        Gradient(*(Rows(None, table, jnp.zeros(len(table), table.dtype)) for table in gradient)),
    )


def _checked_segments(params: Params, batch: Segments) -> tuple[Segments, Array | bool]:
    """The batch with all words in the tables, and whether those that are there were so before."""
    _check_tables("segments", params)
    _check_mask("segments", "words", batch.words, "sentence", batch.sentence, jnp.integer)
    vocab, there = min(map(len, params)), batch.sentence >= 0
    words = _arrays.index("segments", "words", batch.words, vocab, "batch", "length", where=there)
    inside = _arrays.inside(words, vocab, there)
    return batch._replace(words=jnp.clip(words, 0, vocab - 1)), inside


def _checked_windows(params: Params, batch: Windows) -> tuple[Windows, Array | bool]:
    """The batch with all words in the tables, and whether those that count were so before."""
    (V, U), where = map(len, params), batch.where
    name = "windows"
    _check_tables(name, params)
    _check_mask(name, "outside", batch.outside, "where", where, jnp.bool_)
    there = where.any(-1)
    center = _arrays.index(name, "center", batch.center, V, "batch", where=there)
    outside = _arrays.index(name, "outside", batch.outside, U, "batch", "n", where=where)
    _arrays.same_axis(name, 0, "each window has one center", center=center, outside=outside)
    inside = _arrays.inside(center, V, there) & _arrays.inside(outside, U, where)
    return Windows(jnp.clip(center, 0, V - 1), jnp.clip(outside, 0, U - 1), where), inside


def _check_tables(name: str, params: Params) -> None:
    """Refuse tables that are none, or of different dimension, which products would broadcast."""
    V, U = (_arrays.real(name, "the table", table, "vocab", "dim") for table in params)
    _arrays.same_dim(name, V=V, U=U)


def _check_mask(name: str, of: str, entries: Any, what: str, mask: Any, kind: Any) -> None:
    """Refuse what does not say of each entry whether it counts: it would be broadcast."""
    shapes, dtype = (jnp.shape(mask), jnp.shape(entries)), jnp.result_type(mask)
    if shapes[0] != shapes[1] or not jnp.issubdtype(dtype, kind):
        kinds = "booleans" if kind is jnp.bool_ else "integers"
        raise ValueError(
            f"{name}: {what} must hold {kinds}, one for each of {of}, of shape {list(shapes[1])};"
            f" got dtype {dtype} of shape {list(shapes[0])}."
        )


def _only(marked: Array, column: Array) -> Array:
    """A batch with the first marked example in place of those that are not, if there is any."""
    first = jnp.argmax(marked)
    return column[jnp.where(marked, jnp.arange(len(column)), first)] if len(column) else column


def _parts(column: Array) -> list[Array]:
    """A batch in two halves, which XLA works on at the same time: a small product alone keeps only
    one core of a processor busy."""
    return [part for part in jnp.array_split(column, 2) if len(part)]


def _together(parts: Iterable[Evaluation]) -> Evaluation:
    """The evaluation of a batch from those of its parts."""
    losses, pairs, gradients, _ = zip(*parts, strict=True)
    return Evaluation(
        jnp.stack(losses).sum(),
        jnp.stack(pairs).sum(),
        jax.tree.map(lambda *entries: jnp.concatenate(entries), *gradients),
    )


def _gather(table: Array, ids: Array) -> Array:
    return table.at[ids].get(mode="promise_in_bounds")


def _quarter_square(vectors: Array) -> Array:
    return _arrays.squares(vectors) / 4
