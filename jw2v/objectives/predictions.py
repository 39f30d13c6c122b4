"""The output losses over many vectors at once, each of which predicts some words.

A composition makes the vectors of a batch, and has back what their table is to learn.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Integer, PRNGKeyArray

from jw2v import _arguments, _arrays, activations, gradients, losses
from jw2v.objectives import own, softmax
from jw2v.objectives._tables import check_noise, gather, quarter_square
from jw2v.objectives.noise import Noise
from jw2v.objectives.rows import Rows
from jw2v.trees import Tree

__all__ = [
    "Predict",
    "Predicted",
    "hierarchical_softmax",
    "naive_softmax",
    "negative_sampling",
    "row_loss_of",
    "shared_negative_sampling",
    "with_negatives",
]


class Predicted(NamedTuple):
    """The loss of some vectors, and its gradients."""

    loss: Float[Array, ""]
    """nats, summed over all pairs of a vector and a word"""
    pairs: Float[Array, ""]
    """how many there were"""
    C: Float[Array, "*batch dim"]
    """the gradient by each vector"""
    curvature: Float[Array, "*batch"]
    """for each vector, a bound on the largest eigenvalue of its Hessian"""
    U: Rows
    """the gradient by the table that predicts"""


Predict: TypeAlias = Callable[
    [Array, Array, Array, Array, PRNGKeyArray, Integer[Array, "*batch"] | None], Predicted
]
"""``(C, U, words, where, key, rows) -> Predicted``.

``C`` are the vectors [*batch, dim], ``words`` what each predicts [*batch, n], ``where`` which of
these count, or how much each does: a weight of 0 or more. ``rows`` are the rows of a table that the
vectors are. It is None where a vector is made of several: its bound then holds however far it
moves.
"""
Weights: TypeAlias = Bool[Array, "*batch n"] | Float[Array, "*batch n"]


def negative_sampling(
    C: Float[Array, "*batch dim"],
    U: Float[Array, "vocab dim"],
    words: Int[Array, "*batch n"],
    where: Weights,
    key: PRNGKeyArray,
    rows: Integer[Array, "*batch"] | None,
    *,
    noise: Noise,
    negatives: int,
) -> Predicted:
    """Negative sampling with K negatives of its own for each pair, none equal to o (g1, g2, t2)."""
    check_noise("negative_sampling", noise, U)
    drawn = noise.draw_other(key, known(words, where, U.shape[0])[0], negatives)
    return with_negatives(C, U, words, where, key, rows, drawn=drawn)


def with_negatives(
    C: Float[Array, "*batch dim"],
    U: Float[Array, "vocab dim"],
    words: Int[Array, "*batch n"],
    where: Weights,
    key: PRNGKeyArray,
    rows: Integer[Array, "*batch"] | None,
    *,
    drawn: Int[Array, "*batch n K"],
) -> Predicted:
    """Negative sampling with given negatives of each pair, which may be o (g1, g2, h, t2)."""
    del key, rows  # the bound holds wherever a row goes
    words, inside = known(words, where, U.shape[0])
    touched = jnp.concatenate([words[..., None], drawn], axis=-1)
    u = gather(U, touched)

    def for_all_pairs(of_pair: Callable[..., Any]) -> Any:
        of_all = jax.vmap(of_pair, in_axes=(None, 0, 0))
        for _ in C.shape[:-1]:
            of_all = jax.vmap(of_all)
        return of_all(C, u[..., 0, :], u[..., 1:, :])

    w = where.astype(C.dtype)
    w += _arrays.begin(inside, w)
    g = for_all_pairs(gradients.negative_sampling_rows)
    g_u = jnp.concatenate([g.u_o[..., None, :], g.u_negatives], axis=-2)
    u_bound = w * quarter_square(C)[..., None]
    return Predicted(
        loss=_arrays.wide(w * for_all_pairs(losses.negative_sampling_rows)).sum(),
        pairs=_arrays.wide(w).sum(),
        C=_arrays.einsum("...n,...nd->...d", w, g.v_c),
        curvature=_arrays.einsum("...n,...nk->...", w, quarter_square(u)),
        U=Rows(
            touched,
            w[..., None, None] * g_u,
            jnp.broadcast_to(u_bound[..., None], touched.shape),
        ),
    )


def row_loss_of(
    C: Float[Array, "*batch dim"],
    U: Float[Array, "vocab dim"],
    words: Int[Array, "*batch n"],
    where: Weights,
    key: PRNGKeyArray,
    rows: Integer[Array, "*batch"] | None,
    *,
    row_loss: own.RowLoss,
    noise: Noise,
    negatives: int | None,
) -> Predicted:
    """Any loss of rows, differentiated by ``jax.grad``: of a vector, a word and its negatives.

    The loss may ask for ``log_prob`` by name, the log-probability with which each of its negatives
    was drawn, [K]. The curvature is not known and set to 0.
    """
    del rows
    words, inside = known(words, where, U.shape[0])
    touched, named = words[..., None], {}
    if negatives is not None:
        check_noise("row_loss", noise, U)
        drawn = noise.draw_other(key, words, negatives)
        touched = jnp.concatenate([touched, drawn], axis=-1)
        if "log_prob" in own.asked(row_loss):
            named["log_prob"] = own.log_prob_of(drawn, words, noise, U)
    w = where.astype(C.dtype)
    found = own.by_rows(
        row_loss,
        w,
        jnp.broadcast_to(C[..., None, :], (*words.shape, C.shape[-1]))
        + _arrays.begin(inside, w)[..., None],
        gather(U, touched),
        named,
        negatives=negatives is not None,
    )
    return Predicted(
        loss=found.loss,
        pairs=_arrays.wide(w).sum(),
        C=found.v.sum(-2),
        curvature=jnp.zeros(C.shape[:-1], C.dtype),
        U=Rows(touched, found.u, jnp.zeros(touched.shape, C.dtype)),
    )


def shared_negative_sampling(
    C: Float[Array, "runs length dim"],
    U: Float[Array, "vocab dim"],
    words: Int[Array, "runs length 1"],
    where: Bool[Array, "runs length 1"] | Float[Array, "runs length 1"],
    key: PRNGKeyArray,
    rows: Integer[Array, "runs length"] | None,
    *,
    noise: Noise,
    negatives: _arrays.Size,
    shared: _arrays.Size,
) -> Predicted:
    """Negative sampling of runs of vectors, each with one word, that share S noise words.

    Definition: Σ_c [−log σ(u_oᵀ c) − (K/S) Σ_s log σ(−u_{w_s}ᵀ c)], which has the expectation of K
    draws for each vector (t5). The draws are spread over the noise by
    :meth:`jw2v.sampling.Noise.draw_spread`, and not compared with o (h).
    """
    del rows
    check_noise("shared_negative_sampling", noise, U)
    _arrays.whole("shared_negative_sampling", "negatives", negatives, 0)
    _arrays.whole("shared_negative_sampling", "shared", shared, 1)
    words, inside = known(words[..., 0], where[..., 0], U.shape[0])
    drawn = noise.draw_spread(key, words.shape[0], shared)
    u, x = gather(U, words), gather(U, drawn)
    w = where[..., 0].astype(C.dtype)
    w += _arrays.begin(inside, w)
    share = w * (negatives / shared)
    z_o = _arrays.einsum("bld,bld->bl", C, u)
    z = _arrays.einsum("bld,bsd->bls", C, x)
    loss = -_arrays.wide(w * jax.nn.log_sigmoid(z_o)).sum()
    loss -= _arrays.wide(share[..., None] * jax.nn.log_sigmoid(-z)).sum()
    error_o = -w * activations.sigmoid(-z_o)
    error = share[..., None] * activations.sigmoid(z)
    square = quarter_square(C)
    of_x = jnp.broadcast_to((share * square).sum(1, keepdims=True), drawn.shape)
    return Predicted(
        loss=loss,
        pairs=_arrays.wide(w).sum(),
        C=error_o[..., None] * u + _arrays.einsum("bls,bsd->bld", error, x),
        curvature=w * quarter_square(u) + share * quarter_square(x).sum(1, keepdims=True),
        U=Rows(
            jnp.concatenate([words, drawn], axis=1),
            jnp.concatenate(
                [error_o[..., None] * C, _arrays.einsum("bls,bld->bsd", error, C)], axis=1
            ),
            jnp.concatenate([w * square, of_x], axis=1),
        ),
    )


def naive_softmax(
    C: Float[Array, "*batch dim"],
    U: Float[Array, "vocab dim"],
    words: Int[Array, "*batch n"],
    where: Weights,
    key: PRNGKeyArray,
    rows: Integer[Array, "*batch"] | None,
) -> Predicted:
    """The naive softmax, which a vector's words share: see :func:`jw2v.softmax.evaluate`."""
    del key
    words, inside = known(words, where, U.shape[0])
    C += _arrays.begin(inside, C)
    batch, n = C.shape[:-1], words.shape[-1]
    found = softmax.evaluate(
        C.reshape(-1, C.shape[-1]),
        U,
        words.reshape(-1, n),
        where.reshape(-1, n),
        center=None if rows is None else rows.reshape(-1),
        along_a_step=rows is not None,
    )
    return Predicted(
        loss=found.loss,
        pairs=where.astype(found.loss.dtype).sum(),
        C=found.C.reshape(C.shape),
        curvature=found.C_curvature.reshape(batch),
        U=Rows(None, found.U, found.U_curvature),
    )


def hierarchical_softmax(
    C: Float[Array, "*batch dim"],
    theta: Float[Array, "nodes dim"],
    words: Int[Array, "*batch n"],
    where: Weights,
    key: PRNGKeyArray,
    rows: Integer[Array, "*batch"] | None,
    *,
    tree: Tree,
) -> Predicted:
    """The hierarchical softmax, by the decisions on the path to each word (k1, k2, t2)."""
    del key, rows  # the bound holds wherever a row goes
    nodes, signs, inside = paths(words, where, tree, theta)
    theta_rows, sign = gather(theta, nodes), signs.astype(C.dtype)
    w = where.astype(C.dtype)
    w += _arrays.begin(inside, w)
    of_step = w[..., None] * (signs != 0)
    z = sign * _arrays.einsum("...nld,...d->...nl", theta_rows, C)
    error = -of_step * sign * activations.sigmoid(-z)
    return Predicted(
        loss=-_arrays.wide(of_step * jax.nn.log_sigmoid(z)).sum(),
        pairs=_arrays.wide(w).sum(),
        C=_arrays.einsum("...nl,...nld->...d", error, theta_rows),
        curvature=_arrays.einsum("...nl,...nl->...", of_step, quarter_square(theta_rows)),
        U=Rows(
            nodes,
            error[..., None] * C[..., None, None, :],
            of_step * quarter_square(C)[..., None, None],
        ),
    )


def known(words: Array, where: Array, vocab: _arrays.Size) -> tuple[Array, Array | bool]:
    """Words that are all in the vocabulary, and whether those that count were so before."""
    where = where != 0
    words = _arrays.index("windows", "outside", words, vocab, "*shape", where=where)
    return jnp.clip(words, 0, vocab - 1), _arrays.inside(words, vocab, where)


def paths(
    words: Array, where: Array, tree: Tree, theta: Array
) -> tuple[Int[Array, "*shape length"], Int[Array, "*shape length"], Array | bool]:
    """Nodes and signs of the path to each word, and whether tree and table have all that count.

    Of a tree that is known all signs are looked at, once: what no path uses must be right, too.
    """
    name, axes = "windows", ("vocab", "length")
    of_words, ways = _arguments.of_tree(name, tree)
    of_words = _arrays.index(name, "tree.nodes", of_words, None, *axes)
    words, inside = known(words, where, of_words.shape[0])
    if isinstance(ways, np.ndarray):
        ways, _ = _arguments.signs_of(name, "tree.signs", ways, *axes)
        signs = gather(ways, words)
    else:
        signs = jnp.where((where != 0)[..., None], gather(ways, words), 0)
        signs, are_signs = _arguments.signs_of(name, "tree.signs", signs, "*shape")
        inside &= are_signs
    nodes = gather(of_words, words)
    counts = (where != 0)[..., None] & (signs != 0)
    nodes = _arrays.index("windows", "tree.nodes", nodes, theta.shape[0], "*shape", where=counts)
    inside &= _arrays.inside(nodes, theta.shape[0], counts)
    return jnp.clip(nodes, 0, theta.shape[0] - 1), signs, inside
