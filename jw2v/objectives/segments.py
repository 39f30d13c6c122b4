"""Negative sampling over runs of text, nearly all of whose work is three matrix products."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jw2v import _arrays, activations
from jw2v.feeding import subsampling
from jw2v.feeding.layouts import Segments
from jw2v.objectives._tables import check_mask, check_noise, check_tables, gather, quarter_square
from jw2v.objectives.noise import Noise
from jw2v.objectives.rows import Evaluation, Gradient, Rows, in_halves
from jw2v.params import Params

__all__ = ["negative_sampling_of_segments", "segments_at"]


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
    check_noise("segments", noise, params.U)
    size, length = batch.words.shape
    drawn = noise.draw_spread(key, size, shared)
    dtype = jnp.promote_types(jnp.float32, params.V.dtype)
    weights = jnp.asarray(
        subsampling.pair_weights(length, window, shrink=shrink, reach=reach, dtype=dtype)
    )
    weights += _arrays.begin(inside, weights)

    def of_runs(params: Params, batch: tuple[Segments, Array], key: PRNGKeyArray) -> Evaluation:
        return segments_at(params, batch[0], weights, batch[1], negatives=negatives)

    return in_halves(of_runs)(params, (batch, drawn), key)


def segments_at(
    params: Params,
    batch: Segments,
    weights: Float[Array, "length length"],
    drawn: Int[Array, "batch S"],
    *,
    negatives: _arrays.Size,
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
    drawn = _arrays.index("segments_at", "drawn", drawn, params.U.shape[0], "batch", "S")
    inside &= _arrays.inside(drawn, params.U.shape[0])
    _arrays.same_axis("segments_at", 0, "each run has draws", words=batch.words, drawn=drawn)
    _arrays.whole("segments_at", "negatives", negatives, 0)
    (size, length), shared = batch.words.shape, drawn.shape[1]
    if shared == 0:
        raise ValueError("segments_at: a run needs negatives to share; got none of them.")
    outside = jnp.concatenate([batch.words, drawn], axis=1)
    C, X = gather(params.V, batch.words), gather(params.U, outside)

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
    loss = -_arrays.wide(w * jax.nn.log_sigmoid((2 * y - 1) * z)).sum()
    error = w * (activations.sigmoid(z) - y)
    gradient = Gradient(
        V=Rows(
            batch.words,
            _arrays.einsum("blx,bxd->bld", error, X),
            _arrays.einsum("blx,bx->bl", w, quarter_square(X)),
        ),
        U=Rows(
            outside,
            _arrays.einsum("blx,bld->bxd", error, C),
            _arrays.einsum("blx,bl->bx", w, quarter_square(C)),
        ),
    )
    return Evaluation(loss, _arrays.wide(positive).sum(), gradient)


def _checked_segments(params: Params, batch: Segments) -> tuple[Segments, Array | bool]:
    """The batch with all words in the tables, and whether those that are there were so before."""
    check_tables("segments", params)
    check_mask("segments", "words", batch.words, "sentence", batch.sentence, jnp.integer)
    vocab, there = min(table.shape[0] for table in params), batch.sentence >= 0
    words = _arrays.index("segments", "words", batch.words, vocab, "batch", "length", where=there)
    inside = _arrays.inside(words, vocab, there)
    return batch._replace(words=jnp.clip(words, 0, vocab - 1)), inside
