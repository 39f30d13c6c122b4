"""The two tables of word2vec, and how they start."""

from typing import Any, NamedTuple, TypeAlias, get_args

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, PRNGKeyArray

from jw2v import _arrays
from jw2v.choices import Which

__all__ = ["AnyParams", "Params", "init", "key_of", "of_words"]


class Params(NamedTuple):
    """The two tables, or a pair of updates to them."""

    V: Float[Array, "vocab dim"]
    """center vectors, one row a word"""
    U: Float[Array, "vocab dim"]
    """outside vectors, one row a word"""


AnyParams: TypeAlias = Any
"""`Params`, or another ``NamedTuple`` of tables, as many as it likes, each with its own height."""


def key_of(seed: int) -> PRNGKeyArray:
    """The key of a seed, all of whose 64 bits count: ``jax.random.key`` drops those beyond 32.

    For a seed from 0 to 2^32 - 1 it is that key. A negative one has the bits of 2^64 more.

    >>> bool(key_of(7) == jax.random.key(7)), bool(key_of(2**32) == key_of(0))
    (True, False)
    """
    if isinstance(seed, int) and not -(2**63) <= seed < 2**64:
        raise ValueError(f"a seed must have 64 bits at the most; got {seed}.")
    if isinstance(seed, int) and seed >= 2**63:
        seed -= 2**64  # the same bits, as jax takes them
    with jax.enable_x64(True):
        return jax.random.key(seed)


def init(key: PRNGKeyArray, vocab: int, dim: int, *, dtype: DTypeLike = jnp.float32) -> Params:
    """Center vectors uniform in ±0.5/dim, outside vectors zero, as word2vec.c starts them.

    With U = 0 every logit is 0: the first loss of negative sampling is (K + 1) log 2 nats a pair,
    that of the naive softmax log vocab, whatever the key.

    >>> params = init(jax.random.key(0), vocab=5, dim=2)
    >>> params.V.shape, float(jnp.abs(params.V).max()) <= 0.25, float(params.U.sum())
    ((5, 2), True, 0.0)
    """
    _arrays.whole("init", "vocab", vocab, 0)
    _arrays.whole("init", "dim", dim, 1)
    V = jax.random.uniform(key, (vocab, dim), dtype, -0.5 / dim, 0.5 / dim)
    return Params(V=V, U=jnp.zeros((vocab, dim), dtype))


def of_words(params: Params, which: Which) -> Float[Array, "vocab width"]:
    """One vector for each word, of the two that training has.

    Definition: ``"center"`` is V, ``"outside"`` U, ``"mean"`` (V + U)/2, and ``"both"`` [V | U]:
    the product of two words is then the sum of those of their centers and of their outsides.
    Columns that only pad the tables are to be cut off before.

    Raises:
        ValueError: there is no such choice, or the tables do not fit each other.

    Source: word2vec keeps V; Pennington et al., GloVe (2014), add the two.

    >>> params = Params(V=jnp.array([[1.0, 2.0]]), U=jnp.array([[3.0, 6.0]]))
    >>> of_words(params, "both").tolist(), of_words(params, "mean").tolist()
    ([[1.0, 2.0, 3.0, 6.0]], [[2.0, 4.0]])
    """
    V, U = params
    match which:
        case "center":
            return V
        case "outside":
            return U
        case "mean" if V.shape != U.shape:
            raise ValueError(
                f"tables must have one shape for the mean of both vectors of a word; got"
                f" {list(V.shape)} and {list(U.shape)}"
            )
        case "mean":
            return V / 2 + U / 2
        case "both" if len(V) != len(U):
            raise ValueError(
                f"tables must have one row for each word; got {list(V.shape)} and {list(U.shape)}"
            )
        case "both":
            return jnp.concatenate([V, U], axis=1)
    raise ValueError(f"which must be one of {', '.join(get_args(Which))}, got {which!r}")
