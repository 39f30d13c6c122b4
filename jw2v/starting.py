"""The tables that training starts from, and the vectors that are kept of them in the end."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from jw2v.config import Config
from jw2v.params import Params, Which, init, of_words
from jw2v.vectors import Vector, WordVectors

__all__ = ["Earlier", "kept", "tables"]

BLOCK = 1 << 17
"""Rows of a table that are drawn at once."""


class Earlier:
    """Vectors from which training goes on.

    If they were saved as ``"both"``, each word goes on with its center and its outside vector. Else
    they are taken for center vectors, and outside vectors start at zero, as in a new run: they are
    learnt to fit the centers, which hardly move until then.

    Args:
        vectors: of the words so far.
        config: the settings of the run that goes on.

    Raises:
        ValueError: the vectors are not of length ``config.dim``, or twice that for both.
    """

    def __init__(self, vectors: WordVectors, config: Config) -> None:
        self._vectors = vectors
        self._both = vectors.settings.get("vectors") == "both"
        dim, odd = divmod(vectors.dim, 1 + self._both)
        if odd or dim != config.dim:
            both = " (both vectors of a word, side by side)" if self._both else ""
            hint = f"set dim to {dim}" if not odd else "the file is damaged"
            raise ValueError(
                f"training cannot start from vectors of {vectors.dim} numbers{both} with dim"
                f" {config.dim}: {hint}. Files other than .safetensors, .parquet and .arrow do not"
                " tell that they hold both vectors of a word."
            )

    def fingerprint(self) -> str:
        """A digest of the words and vectors."""
        digest = hashlib.blake2b(digest_size=16)
        for word in self._vectors.words:
            digest.update(word.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(np.ascontiguousarray(self._vectors.vectors).view(np.uint8).data)
        return digest.hexdigest()

    def put_in(self, params: Params, words: Sequence[str]) -> Params:
        """Tables in which the words that have earlier vectors start from them.

        Raises:
            ValueError: there is no such word.
        """
        rows = [row for row, word in enumerate(words) if word in self._vectors]
        if not rows:
            raise ValueError(
                f"none of the {len(words):,} words of the text is among the"
                f" {len(self._vectors):,} that training is to start from: are both split alike"
                f" (tokens), in the same case? They are, most frequent first,"
                f" {', '.join(map(repr, words[:3]))} and"
                f" {', '.join(map(repr, self._vectors.words[:3]))}."
            )
        found = self._tables(self._vectors[[words[row] for row in rows]])
        V, U = (_with_rows(*each, np.array(rows)) for each in zip(params, found, strict=True))
        return Params(V, U if self._both else params.U)

    def and_the_rest(
        self, words: Sequence[str], vectors: Vector, which: Which
    ) -> tuple[tuple[str, ...], Vector]:
        """What was learnt, and after it the earlier vectors of all other words, as they were."""
        learnt = frozenset(words)
        rest = [word for word in self._vectors.words if word not in learnt]
        if not rest:
            return tuple(words), vectors
        earlier = np.asarray(of_words(self._tables(self._vectors[rest]), which), vectors.dtype)
        return (*words, *rest), np.concatenate([vectors, earlier])

    def _tables(self, rows: Vector) -> Params:
        """Center and outside vectors of rows."""
        if self._both:
            return Params(*jnp.split(jnp.asarray(rows), 2, axis=1))
        V = jnp.asarray(rows)
        return Params(V, jnp.zeros_like(V))


def tables(
    key: PRNGKeyArray, words: Sequence[str], config: Config, columns: int, start: Earlier | None
) -> Params:
    """The first tables, [vocab, columns].

    Columns past ``config.dim`` are of zeros and stay zero: gradients are sums of rows.
    """
    params = _padded(key, len(words), config.dim, columns, np.dtype(config.dtype))
    return params if start is None else start.put_in(params, words)


@partial(jax.jit, static_argnums=(1, 2))
def kept(params: Params, dim: int, which: Which) -> Array:
    """The vectors to keep, without the columns that only pad."""
    return of_words(Params(*(table[:, :dim] for table in params)), which)


@partial(jax.jit, static_argnums=(1, 2, 3, 4))
def _padded(key: PRNGKeyArray, vocab: int, dim: int, columns: int, dtype: np.dtype[Any]) -> Params:
    """Drawn block by block: what drawing needs beside the table is several times a block."""
    block = min(vocab, BLOCK)

    def put(i: Array, V: Array) -> Array:
        key_of_block = key if block == vocab else jax.random.fold_in(key, i)
        rows = init(key_of_block, block, dim, dtype=dtype).V
        return jax.lax.dynamic_update_slice(V, rows, (jnp.minimum(i * block, vocab - block), 0))

    zeros = jnp.zeros((vocab, columns), dtype)
    return Params(jax.lax.fori_loop(0, -(-vocab // block), put, zeros), zeros)


@jax.jit
def _with_rows(table: Array, values: Array, rows: Array) -> Array:
    return table.at[rows, : values.shape[1]].set(values.astype(table.dtype))
