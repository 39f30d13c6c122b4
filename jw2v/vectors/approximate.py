"""Approximate search for the nearest words, in large tables many times as fast as the exact one.

It needs the extra ``search``, which brings faiss. The words are divided into lists of neighbours,
and a question looks through the lists that are nearest to it: an inverted file.
``benchmarks/nearest.py`` measures it beside others and the exact search.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from jw2v.formats import safetensors
from jw2v.reading.vocabulary import check_count
from jw2v.storage import files
from jw2v.storage.fingerprints import fingerprint
from jw2v.vectors import given
from jw2v.vectors.given import Query
from jw2v.vectors.neighbours import to_unit
from jw2v.vectors.words import Answers, WordVectors

__all__ = ["Index"]

Path: TypeAlias = str | os.PathLike[str]

_FORMAT = "jw2v index 1"
_BLOCK = 100_000
"""Vectors that are put into an index at one time."""
_LEARNT_FROM = 40
"""Vectors for each list, from which the middle of it is learnt."""
_EFFORT = 0.1


class Index:
    """Words in lists of neighbours, for approximate search.

    It holds a copy of the vectors, at length 1 and in float32. The same vectors give the same
    index, up to rounding. Cosines are in float32: words as near as rounding can be in another order
    than by exact search, or on the other side of ``topn`` or ``min_similarity``.

    Raises:
        ImportError: faiss is not installed.

    >>> vectors = WordVectors(("ice", "tea", "pot"), np.array([[0.0, 2], [3, 4], [1, 0]]))
    >>> index = Index(vectors)  # doctest: +SKIP
    >>> index.most_similar("ice", topn=1)  # doctest: +SKIP
    [('tea', 0.800000011920929)]
    """

    def __init__(self, vectors: WordVectors) -> None:
        faiss = _faiss()
        self.vectors = vectors
        words = len(vectors)
        lists = max(1, min(int(4 * np.sqrt(words)), words // _LEARNT_FROM))
        index = faiss.index_factory(vectors.dim, f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
        index.cp.min_points_per_centroid = 1  # of which faiss would warn for a small table
        index.train(_units(vectors.vectors[:: max(1, words // (_LEARNT_FROM * lists))]))
        for start in range(0, words, _BLOCK):
            index.add(_units(vectors.vectors[start : start + _BLOCK]))
        self._index = index

    def __repr__(self) -> str:
        return f"Index of {self.vectors!r} in {self._index.nlist:,} lists"

    def most_similar(
        self,
        positive: Query = (),
        negative: Query = (),
        topn: int = 10,
        *,
        weights: npt.ArrayLike | None = None,
        exclude: Iterable[str] = (),
        min_similarity: float | None = None,
        effort: float = _EFFORT,
    ) -> Answers:
        """Nearly the words nearest to the mean of some words, by cosine in float32.

        As :meth:`jw2v.WordVectors.most_similar`, but a word may be missed. Words to choose among
        are another index: ``Index(vectors.subset(words))``.

        Args:
            positive: a word, a vector, or a list of them.
            negative: likewise.
            topn: how many words to return; there may be fewer with little effort.
            weights: of 0 or more, one for each of ``positive`` and then of ``negative``.
            exclude: do not answer with these words; some may have no vector.
            min_similarity: answer with words of at least this cosine, −1 to 1.
            effort: the part of all lists to look through, above 0 to 1, which is all. More takes
                longer and finds more.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: nothing was asked, a word is on both sides, a vector has the wrong shape, or
                a limit is none.
        """
        plus, minus = given.sides_of(positive, negative, weights)
        unit = self.vectors.mean_direction(plus, minus, weights)
        asked = [[*plus, *minus]]
        return self._answers(unit[None], asked, topn, exclude, min_similarity, effort)[0]

    def most_similar_each(
        self,
        queries: Query,
        topn: int = 10,
        *,
        exclude: Iterable[str] = (),
        min_similarity: float | None = None,
        effort: float = _EFFORT,
    ) -> list[Answers]:
        """Nearly the words nearest to each of many words or vectors: a list for each.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: a vector has the wrong shape, or a limit is none.
        """
        items = given.items_of(queries)
        self.vectors[[item for item in items if isinstance(item, str)]]  # all have vectors
        units = np.array([self.vectors.mean_direction([item]) for item in items], np.float32)
        asked = [[item] for item in items]
        units = units.reshape(-1, self.vectors.dim)
        return self._answers(units, asked, topn, exclude, min_similarity, effort)

    def save(self, path: Path) -> None:
        """Write the index, whole or not at all: a file beside that of the vectors.

        It holds a digest of the vectors, and its own. The file is in the format safetensors, of
        which faiss reads one tensor: as with faiss itself, load what you trust.

        Raises:
            OSError: the file cannot be written.
        """
        held: npt.NDArray[np.uint8] = _faiss().serialize_index(self._index)
        said = {"format": _FORMAT, "of": _digest(self.vectors), "digest": fingerprint([held])}
        with files.replacing(path) as file:
            safetensors.write(file, {"index": held}, said)

    @classmethod
    def load(cls, path: Path, vectors: WordVectors) -> Index:
        """Read an index that :meth:`save` wrote, of these vectors.

        Raises:
            ValueError: it is of other vectors, damaged, or no index.
            OSError: the file is missing or cannot be read.
            ImportError: faiss is not installed.
        """
        faiss = _faiss()
        if os.path.isdir(path):
            raise IsADirectoryError(f"{path}: a folder: expected a file that Index.save wrote")
        try:
            with safe_open(path, framework="numpy") as file:
                said = dict(file.metadata() or {})
                if said.get("format") != _FORMAT:
                    raise ValueError(
                        f"{path}: expected an index that Index.save wrote, got a file of format"
                        f" {said.get('format')!r}"
                    )
                held = file.get_tensor("index")
        except SafetensorError as error:
            raise ValueError(f"{path}: truncated, damaged, or no index ({error})") from error
        if said.get("of") != _digest(vectors):
            raise ValueError(
                f"{path}: an index of other words or vectors than these {vectors!r}: load those, or"
                " make an index of these: Index(vectors)"
            )
        if said.get("digest") != fingerprint([held]):
            raise ValueError(f"{path}: damaged: make it again: Index(vectors)")
        try:
            read = faiss.deserialize_index(held)
        except (AssertionError, RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: damaged, or no index that faiss reads ({error})") from error
        shape = (getattr(read, "ntotal", None), getattr(read, "d", None))
        if not isinstance(read, faiss.IndexIVF) or shape != vectors.vectors.shape:
            raise ValueError(
                f"{path}: expected lists of {len(vectors):,} vectors of dim {vectors.dim}, got"
                f" {type(read).__name__} of shape {shape}: make it again: Index(vectors)"
            )
        index = cls.__new__(cls)
        index.vectors = vectors
        index._index = read
        return index

    def _answers(
        self,
        units: npt.NDArray[Any],
        asked: Sequence[Sequence[npt.ArrayLike]],
        topn: int,
        exclude: Iterable[str],
        min_similarity: float | None,
        effort: float,
    ) -> list[Answers]:
        check_count("topn", topn)
        least, words = given.cosine_of(min_similarity), self.vectors.words
        real = isinstance(effort, int | float | np.integer | np.floating)
        if isinstance(effort, bool) or not (real and 0 < effort <= 1):
            raise ValueError(f"effort must be above 0, up to 1, got {effort!r}")
        barred = {*given.some_words(exclude)}
        outs = [barred | {item for item in each if isinstance(item, str)} for each in asked]
        number = min(int(topn) + max(map(len, outs), default=0), len(words))
        lists = max(1, round(float(effort) * self._index.nlist))
        params = _faiss().SearchParametersIVF(nprobe=lists)
        cosines, rows = self._index.search(
            np.ascontiguousarray(units, np.float32), number, params=params
        )
        found = []
        for out, scores, places in zip(outs, np.clip(cosines, -1, 1), rows, strict=True):
            near = [
                (float(score), row)
                for row, score in zip(places.tolist(), scores, strict=True)
                if row >= 0 and score >= least and words[row] not in out
            ]
            near.sort(key=lambda each: (-each[0], each[1]))
            found.append([(words[row], score) for score, row in near[:topn]])
        return found


def _units(rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(to_unit(rows), np.float32)


def _digest(vectors: WordVectors) -> str:
    rows, words = vectors.vectors, vectors.words
    lengths = np.array([len(word) for word in words], np.int64)
    return fingerprint([str(rows.dtype), str(rows.shape), lengths, *words, rows])


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise ImportError("approximate search needs faiss: pip install 'jw2v[search]'") from error
    return faiss
