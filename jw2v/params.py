"""The two tables of word2vec, and how they start."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, PRNGKeyArray

__all__ = ["Params", "init"]


class Params(NamedTuple):
    """The two tables, or a pair of updates to them."""

    V: Float[Array, "vocab dim"]
    """center vectors, one row a word"""
    U: Float[Array, "vocab dim"]
    """outside vectors, one row a word"""


def init(key: PRNGKeyArray, vocab: int, dim: int, *, dtype: DTypeLike = jnp.float32) -> Params:
    """Center vectors uniform in ±0.5/dim, outside vectors zero, as word2vec.c starts them.

    With U = 0 every logit is 0: the first loss of negative sampling is (K + 1) log 2 nats a pair,
    that of the naive softmax log vocab, whatever the key.

    >>> params = init(jax.random.key(0), vocab=5, dim=2)
    >>> params.V.shape, float(jnp.abs(params.V).max()) <= 0.25, float(params.U.sum())
    ((5, 2), True, 0.0)
    """
    V = jax.random.uniform(key, (vocab, dim), dtype, -0.5 / dim, 0.5 / dim)
    return Params(V=V, U=jnp.zeros((vocab, dim), dtype))
