"""Trained word vectors, and what can be asked of them. Asking needs no JAX."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from jw2v import formats
from jw2v.vocabulary import UnknownWordError

__all__ = ["Query", "WordVectors"]

Vector: TypeAlias = npt.NDArray[np.floating[Any]]

Query: TypeAlias = npt.ArrayLike | Iterable[npt.ArrayLike]
"""A word, a vector, or a list of words and vectors."""


@dataclass(frozen=True, eq=False, repr=False)
class WordVectors:
    """Words and their vectors; the vector of a word is the row at its position.

    Attributes:
        words: distinct words, the most frequent first as trained.
        vectors: [vocab, dim], float32 or float64, finite.
        metadata: how they were trained, as text.

    Raises:
        ValueError: the shapes or types do not fit, a word occurs twice, or a vector is not finite.

    >>> vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], np.float32)
    >>> word_vectors = WordVectors(("king", "queen", "pear"), vectors)
    >>> word_vectors["pear"].tolist(), "plum" in word_vectors, len(word_vectors), word_vectors.dim
    ([0.0, 1.0], False, 3, 2)
    >>> [word for word, cosine in word_vectors.most_similar("king", topn=2)]
    ['queen', 'pear']
    """

    words: tuple[str, ...]
    vectors: Vector
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        words, vectors = tuple(self.words), np.asarray(self.vectors).view()
        if not all(isinstance(word, str) for word in words):
            raise ValueError("every word must be a str")
        if vectors.dtype not in (np.float32, np.float64):
            raise ValueError(f"vectors must be float32 or float64, got {vectors.dtype}")
        if vectors.ndim != 2 or not vectors.size or len(vectors) != len(words):
            raise ValueError(
                f"expected one vector of at least 1 number for each of {len(words):,} words, got "
                f"an array of shape {vectors.shape}"
            )
        if not (finite := _finite_rows(vectors)).all():
            raise ValueError(
                f"{np.count_nonzero(~finite):,} of {len(words):,} vectors have NaN or infinite "
                f"entries, the first that of {words[int(finite.argmin())]!r}"
            )
        vectors.flags.writeable = False
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))
        if len(self._rows) < len(words):
            twice = next(word for i, word in enumerate(words) if self._rows[word] != i)
            raise ValueError(f"every word may have one vector, but {twice!r} occurs again")

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return int(self.vectors.shape[1])

    def __repr__(self) -> str:
        return f"WordVectors({len(self):,} words, dim {self.dim}, {self.vectors.dtype})"

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._rows

    def __getitem__(self, word: str) -> Vector:
        self._refuse_unknown([word])
        return cast("Vector", self.vectors[self._rows[word]])

    def most_similar(
        self, positive: Query = (), negative: Query = (), topn: int = 10
    ) -> list[tuple[str, float]]:
        """The words nearest to the mean of some words, by cosine.

        Definition: the words w with the largest cos(u, v_w) for u the mean of +v/‖v‖ over
        ``positive`` and −v/‖v‖ over ``negative``. Words of the question are not among the answers.
        The cosine with a zero vector counts as 0. Equal cosines keep the order of the words.

        Args:
            positive: a word, a vector, or a list of them.
            negative: likewise.
            topn: how many words to return; fewer if there are not as many.

        Raises:
            KeyError: words that have no vector.
            ValueError: nothing was asked, or a vector has the wrong shape.

        Source: Mikolov et al., Linguistic Regularities in Continuous Space Word Representations
        (2013).
        """
        if isinstance(topn, bool) or not isinstance(topn, int | np.integer) or topn < 1:
            raise ValueError(f"topn must be a whole number of at least 1, got {topn!r}")
        plus, minus = _items(positive), _items(negative)
        if not plus and not minus:
            raise ValueError("most_similar needs at least one word or vector to compare with")
        words = [item for item in plus + minus if isinstance(item, str)]
        self._refuse_unknown(words)
        units = [self._unit(item) for item in plus] + [-self._unit(item) for item in minus]
        cosines = self._units @ _to_unit(np.mean(units, axis=0, keepdims=True))[0]
        cosines = np.clip(cosines, -1, 1)
        asked = [self._rows[word] for word in words]
        cosines[asked] = -np.inf
        topn = min(topn, len(self) - len(set(asked)))
        if not topn:
            return []
        least = np.partition(cosines, -topn)[-topn]
        candidates = np.flatnonzero(cosines >= least)
        best = candidates[np.argsort(-cosines[candidates], kind="stable")][:topn]
        return [(self.words[i], float(cosines[i])) for i in best.tolist()]

    def similarity(self, a: npt.ArrayLike, b: npt.ArrayLike) -> float:
        """The cosine between two words or vectors: −1 to 1, and 0 where one of them is zero."""
        self._refuse_unknown([item for item in (a, b) if isinstance(item, str)])
        return float(np.clip(self._unit(a) @ self._unit(b), -1, 1))

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> None:
        """Write a file in the format of its suffix, or a named one, whole or not at all.

        ``.safetensors`` keeps everything; :data:`jw2v.formats.FORMATS` lists the others.

        Raises:
            ValueError: there is no such format, or it cannot hold these words or numbers.
            OSError: the file cannot be written.
        """
        formats.save(path, self.words, self.vectors, self.metadata, format=format)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, format: str | None = None) -> "WordVectors":
        """Read a file that :meth:`save` or another program wrote.

        Raises:
            ValueError: there is no such format, or the file is not whole, or holds something else.
            OSError: the file is missing or cannot be read.
        """
        words, vectors, metadata = formats.load(path, format=format)
        try:
            return cls(tuple(words), vectors, metadata)
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from error

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def _units(self) -> Vector:
        return _to_unit(self.vectors)

    def _refuse_unknown(self, words: Sequence[str]) -> None:
        if missing := [word for word in dict.fromkeys(words) if word not in self._rows]:
            raise UnknownWordError(missing, self.words)

    def _unit(self, item: npt.ArrayLike) -> Vector:
        if isinstance(item, str):
            return cast("Vector", self._units[self._rows[item]])
        vector = np.asarray(item)
        if vector.shape != (self.dim,) or vector.dtype.kind not in "fiu":
            raise ValueError(
                f"expected a word or a vector of {self.dim} numbers, got an array of shape "
                f"{vector.shape} and type {vector.dtype}"
            )
        if not np.isfinite(vector).all():
            raise ValueError("a vector to compare with has NaN or infinite entries")
        return cast("Vector", _to_unit(vector[None].astype(self.vectors.dtype))[0])


def _finite_rows(vectors: Vector) -> npt.NDArray[np.bool_]:
    """Which rows have finite entries only, a block at a time: the table may be a mapped file."""
    rows = np.ones(len(vectors), bool)
    step = max(1, (1 << 22) // vectors.shape[1])
    for start in range(0, len(vectors), step):
        rows[start : start + step] = np.isfinite(vectors[start : start + step]).all(axis=1)
    return rows


def _items(query: Query) -> list[npt.ArrayLike]:
    if isinstance(query, str) or getattr(query, "ndim", None) == 1:
        return [cast("npt.ArrayLike", query)]
    if not isinstance(query, Iterable):
        raise ValueError(f"expected a word, a vector or a list of them, got {query!r}")
    return list(query)


def _to_unit(rows: Vector) -> Vector:
    """Rows of length 1, and zero rows as they are; huge and tiny rows do not lose their length."""
    largest = np.maximum(rows.max(axis=1), -rows.min(axis=1))[:, None]
    units: Vector = rows / np.where(largest > 0, largest, 1)
    length = np.sqrt(np.einsum("ij,ij->i", units, units))[:, None]
    units /= np.where(length > 0, length, 1)
    return units
