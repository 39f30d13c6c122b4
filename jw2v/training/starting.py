"""The tables that training starts from, and the vectors that are kept of them in the end."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from jw2v import _arrays
from jw2v.catalogue import Head
from jw2v.choices import Which
from jw2v.config import Config
from jw2v.params import Params, init, key_of, of_words
from jw2v.storage.fingerprints import fingerprint
from jw2v.vectors.given import Vector
from jw2v.vectors.words import WordVectors

__all__ = ["NODES", "Earlier", "Given", "Init", "selected", "tables"]

Tables: TypeAlias = Params | Mapping[str, Any]
Init: TypeAlias = Tables | Callable[[PRNGKeyArray, Mapping[str, tuple[int, int]]], Tables]
"""Tables to start from, or ``(key, {"V": (vocab, dim), "U": (vocab, dim)}) -> tables``."""

NODES = "theta"
"""What the vectors of the inner nodes of a tree are called beside it."""
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
        given: object = vectors
        if not isinstance(given, WordVectors):
            path = repr(given) if isinstance(given, str) else "path"
            raise ValueError(
                f"start must be vectors, such as WordVectors.load({path}) or, of a folder of"
                f" checkpoints, checkpoints.load({path}); got {given!r}."
            )
        self._vectors = vectors
        self._both = vectors.settings.get("vectors") == "both"
        self._dim = config.dim
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
        held = self._vectors
        return fingerprint(chain(held.words, [held.vectors], held.arrays.values()))

    def others(self, words: Sequence[str]) -> list[str]:
        """The words that a text does not have."""
        learnt = frozenset(words)
        return [word for word in self._vectors.words if word not in learnt]

    def complaint(self, words: Sequence[str], head: Head) -> str | None:
        """What is not gone on from though it could seem so; None where there is nothing."""
        if not head.arrays or self._nodes(words, head) is not None:
            return None
        before = "another tree" if self._vectors.arrays else "no tree"
        return (
            f"the words go on from their vectors, but these were learnt with {before}: the nodes of"
            " the tree of this text start at zero."
        )

    def put_in(self, params: Params, words: Sequence[str], head: Head) -> Params:
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
        center, outside = self._tables(self._vectors[[words[row] for row in rows]])
        V, U = _with_rows(params.V, center, np.array(rows)), params.U
        if head.arrays:
            nodes = self._nodes(words, head)
            return Params(V, U if nodes is None else _with_rows(U, nodes, np.arange(len(U))))
        return Params(V, _with_rows(U, outside, np.array(rows)) if self._both else U)

    def _nodes(self, words: Sequence[str], head: Head) -> Vector | None:
        """The vectors of the nodes of a tree, where they were learnt for this one."""
        earlier = dict(self._vectors.arrays)
        nodes = earlier.pop(NODES, None)
        same = (
            nodes is not None
            and earlier.keys() == head.arrays.keys()
            and all(np.array_equal(earlier[name], array) for name, array in head.arrays.items())
            and self._vectors.words[: len(words)] == tuple(words)
            and nodes.shape == (head.height, self._dim)
        )
        return nodes if same else None

    def appended_to(
        self, words: Sequence[str], vectors: Vector, which: Which
    ) -> tuple[tuple[str, ...], Vector]:
        """What was learnt, and after it the earlier vectors of all other words, as they were."""
        rest = self.others(words)
        if not rest:
            return tuple(words), vectors
        earlier = self._vectors[rest]
        if self._both or which == "both":
            with jax.enable_x64(True):  # of the type that they have
                tables = Params(*map(jnp.asarray, self._tables(earlier)))
                earlier = np.asarray(of_words(tables, which))
        return (*words, *rest), np.concatenate([vectors, earlier])  # in the wider of their types

    def _tables(self, rows: Vector) -> tuple[Vector, Vector]:
        """Center and outside vectors of rows, with all their digits."""
        if self._both:
            center, outside = np.split(rows, 2, axis=1)
            return center, outside
        return rows, np.zeros_like(rows)


class Given:
    """Tables of the caller's own, from which training starts.

    Args:
        init: a `Params` or a mapping of its names, each table with one row a word in the order of
            the vocabulary; or a function that makes them of a key, the one of the usual start, and
            the shapes by name.
        vocab: words of the vocabulary.
        config: the settings of the run.
        height: rows of U; one a word, or what the loss wants.

    Raises:
        ValueError: a table is missing, of another shape, no table of real numbers, or not finite as
            ``config.dtype`` holds it.

    >>> ones = Given(lambda key, shapes: {k: np.ones(shapes[k]) for k in shapes}, 3, Config(dim=2))
    >>> ones.padded(4).U.tolist()[0]
    [1.0, 1.0, 0.0, 0.0]
    """

    def __init__(self, init: Init, vocab: int, config: Config, height: int | None = None) -> None:
        shapes = {"V": (vocab, config.dim), "U": (vocab if height is None else height, config.dim)}
        if callable(init):
            init = init(jax.random.split(key_of(config.seed))[0], dict(shapes))
        made = init._asdict() if isinstance(init, Params) else init
        if not isinstance(made, Mapping) or made.keys() != shapes.keys():
            got = sorted(map(str, made)) if isinstance(made, Mapping) else type(made).__name__
            raise ValueError(
                "init must be a Params or a mapping with the tables V and U, or a function (key,"
                f" shapes) that returns one; got {got}."
            )
        dtype = np.dtype(config.dtype)
        self._tables = Params(*(_checked(name, made[name], shapes[name], dtype) for name in shapes))

    def fingerprint(self) -> str:
        """A digest of the tables."""
        return fingerprint(self._tables)

    def padded(self, width: int) -> Params:
        """The tables with zeros in columns up to so many."""
        more = ((0, 0), (0, width - self._tables.V.shape[1]))
        return Params(*(jnp.pad(table, more) for table in self._tables))


def _checked(name: str, table: Any, shape: tuple[int, int], dtype: np.dtype[Any]) -> Any:
    """One of the tables given, as numbers of the run."""
    try:
        if _arrays.masks(table):
            raise TypeError("some numbers are masked")
        table = np.asarray(table)
    except (TypeError, ValueError) as error:
        raise ValueError(f"init gives for {name} what is no table: {error}") from error
    if table.shape != shape:
        raise ValueError(
            f"init must give a table {name} of shape {list(shape)}, a row for each word of the"
            f" vocabulary (of U: for each that the loss has) and a column for each of dim; got"
            f" {list(table.shape)}."
        )
    if not jnp.issubdtype(table.dtype, jnp.floating):
        raise ValueError(
            f"init must give real numbers of floating point for {name}; got {table.dtype}."
        )
    with np.errstate(over="ignore"):
        numbers = table.astype(dtype)
    if not np.isfinite(numbers).all():
        raise ValueError(f"init gives numbers for {name} that are not finite as {dtype}.")
    return numbers


def tables(
    key: PRNGKeyArray,
    words: Sequence[str],
    config: Config,
    width: int,
    start: Earlier | Given | None,
    head: Head,
) -> Params:
    """The first tables, [vocab, width] and [head.height, width].

    Columns past ``config.dim`` are of zeros and stay zero: gradients are sums of rows.
    """
    if isinstance(start, Given):
        return start.padded(width)
    dtype = np.dtype(config.dtype)
    V = _padded(key, len(words), config.dim, width, dtype)
    params = Params(V, jnp.zeros((head.height, width), dtype))
    return params if start is None else start.put_in(params, words, head)


@partial(jax.jit, static_argnums=(1, 2))
def selected(params: Params, dim: int, which: Which) -> Array:
    """The vectors to keep, without the columns that only pad."""
    return of_words(Params(*(table[:, :dim] for table in params)), which)


@partial(jax.jit, static_argnums=(1, 2, 3, 4))
def _padded(key: PRNGKeyArray, vocab: int, dim: int, width: int, dtype: np.dtype[Any]) -> Array:
    """Center vectors, drawn block by block: drawing needs several times what it makes."""
    block = min(vocab, BLOCK)

    def put(i: Array, V: Array) -> Array:
        key_of_block = key if block == vocab else jax.random.fold_in(key, i)
        rows = init(key_of_block, block, dim, dtype=dtype).V
        return jax.lax.dynamic_update_slice(V, rows, (jnp.minimum(i * block, vocab - block), 0))

    zeros = jnp.zeros((vocab, width), dtype)
    drawn: Array = jax.lax.fori_loop(0, -(-vocab // block), put, zeros)
    return drawn


@jax.jit
def _with_rows(table: Array, values: Array, rows: Array) -> Array:
    return table.at[rows, : values.shape[1]].set(values.astype(table.dtype))
