"""Losses of one's own: what they ask for, and their gradients by the rows that they read."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jw2v import _arrays
from jw2v.losses import PairLoss
from jw2v.objectives._tables import check_noise, only
from jw2v.objectives.noise import Noise
from jw2v.objectives.rows import Evaluation, Gradient, Rows
from jw2v.params import Params

__all__ = ["ByRows", "RowLoss", "asked", "by_rows", "by_tables", "drawn_for", "log_prob_of"]

RowLoss: TypeAlias = Callable[..., Any]
"""``(v_c, u_o, u_negatives) -> scalar``, or ``(v_c, u_o) -> scalar``: of the rows alone."""


def asked(loss: Callable[..., Any]) -> frozenset[str]:
    """What a loss asks for by name: its parameters after ``*`` that have no default.

    >>> def loss(v_c, o, negatives, U, *, log_prob, temperature=1.0): ...
    >>> sorted(asked(loss))
    ['log_prob']
    """
    try:
        parameters = inspect.signature(loss).parameters.values()
    except (TypeError, ValueError):  # it has no signature to look at
        return frozenset()
    return frozenset(
        each.name
        for each in parameters
        if each.kind is each.KEYWORD_ONLY and each.default is each.empty
    )


def drawn_for(
    name: str,
    pair_loss: PairLoss,
    noise: Noise,
    negatives: int | None,
    key: PRNGKeyArray,
    words: Int[Array, "*shape"],
    U: Float[Array, "vocab dim"],
) -> tuple[PairLoss, tuple[Array, ...]]:
    """A pair loss that takes draws by position alone, and these for each of its words."""
    if negatives is None:
        return pair_loss, ()
    check_noise(name, noise, U)
    drawn = noise.draw_other(key, words, negatives)
    if "log_prob" not in asked(pair_loss):
        return pair_loss, (drawn,)

    def with_log_prob(v: Array, o: Array, negatives: Array, log_prob: Array, U: Array) -> Any:
        return pair_loss(v, o, negatives, U, log_prob=log_prob)

    return with_log_prob, (drawn, log_prob_of(drawn, words, noise, U))


def log_prob_of(
    drawn: Int[Array, "*shape K"], words: Int[Array, "*shape"], noise: Noise, table: Array
) -> Float[Array, "*shape K"]:
    """The log-probability with which each negative of some words was drawn."""
    dtype = jnp.promote_types(jnp.float32, table.dtype)
    return noise.log_prob(drawn, other=words[..., None]).astype(dtype)


def by_tables(
    total: Callable[[Params], Float[Array, ""]], params: Params, pairs: Array, batch: Any
) -> Evaluation:
    """A loss of whole tables, differentiated by ``jax.grad``; its curvature is not known, and 0.

    It is that of the batch, and so is its gradient, also where devices share the tables and each
    has a batch of its own. Tables of half precision are widened for it.
    """
    tables = (_arrays.varying(_arrays.wide(jnp.asarray(table)), batch) for table in params)
    loss, gradient = jax.value_and_grad(total)(Params(*tables))
    rows = (
        Rows(None, by.astype(table.dtype), jnp.zeros(table.shape[0], table.dtype))
        for by, table in zip(gradient, params, strict=True)
    )
    return Evaluation(loss, pairs.astype(loss.dtype), Gradient(*rows))


class ByRows(NamedTuple):
    """The loss of some pairs, and its gradient by the rows of each."""

    loss: Float[Array, ""]
    v: Float[Array, "*shape dim"]
    u: Float[Array, "*shape rows dim"]


def by_rows(
    row_loss: RowLoss,
    weight: Float[Array, "*shape"],
    v: Float[Array, "*shape dim"],
    u: Float[Array, "*shape rows dim"],
    named: Mapping[str, Array],
    *,
    negatives: bool,
) -> ByRows:
    """A loss of rows, times a weight, summed over pairs and differentiated by ``jax.grad``.

    Rows of half precision are widened for it.

    Args:
        row_loss: the loss of one pair.
        weight: of each pair. What a pair of weight 0 holds does not matter.
        v: its vector that predicts.
        u: the rows of what it predicts: first that of o, then those of the negatives.
        named: what the loss takes by name, one entry for each pair.
        negatives: whether it takes negatives.
    """
    shape, weight = weight.shape, _arrays.wide(weight)
    there = (weight != 0).reshape(-1)
    # The loss may have no gradient at some rows, such as a cosine at zeros. So a pair that does
    # not count, whose loss is never looked at, is a copy of one that does.
    columns = jax.tree.map(
        lambda column: only(there, column.reshape(-1, *column.shape[len(shape) :])),
        (_arrays.wide(v), _arrays.wide(u), dict(named)),
    )

    def of_pair(v: Array, u: Array, named: dict[str, Array]) -> Array:
        rows = (u[0], u[1:]) if negatives else (u[0],)
        return _arrays.scalar("row_loss", row_loss(v, *rows, **named))

    found, gradient = jax.vmap(jax.value_and_grad(of_pair, (0, 1)))(*columns)

    def weighed(values: Array) -> Array:
        axes = (-1,) + (1,) * (values.ndim - 1)
        of_each = weight.reshape(-1).reshape(axes)
        return jnp.where(there.reshape(axes), of_each * values, 0)

    g_v, g_u = (
        weighed(values).reshape(rows.shape).astype(rows.dtype)
        for values, rows in zip(gradient, (v, u), strict=True)
    )
    return ByRows(weighed(found).sum(), g_v, g_u)
