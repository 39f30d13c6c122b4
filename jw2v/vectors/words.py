"""Trained word vectors, and what can be asked of them. Asking needs no JAX."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import IOBase
from types import MappingProxyType
from typing import IO, Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from jw2v import formats
from jw2v.choices import Combination, Duplicates, Errors
from jw2v.reading.vocabulary import UnknownWordError, check_count
from jw2v.vectors.neighbours import Directions, best, finite_rows, three_cos, to_unit

__all__ = ["Answers", "Query", "WordVectors"]

Vector: TypeAlias = npt.NDArray[np.floating[Any]]

Query: TypeAlias = npt.ArrayLike | Iterable[npt.ArrayLike]
"""A word, a vector, or a list of words and vectors."""

Answers: TypeAlias = list[tuple[str, float]]
"""Words and their scores, best first."""


@dataclass(frozen=True, eq=False, repr=False)
class WordVectors:
    """Words and their vectors; the vector of a word is the row at its position.

    Attributes:
        words: distinct words, the most frequent first as trained.
        vectors: [vocab, dim], float32 or float64, finite.
        metadata: how they were trained, as text.
        arrays: further arrays of the model, by name, that are no vectors of words. A model of
            hierarchical softmax has ``nodes`` and ``signs``, the tree of its first words (see
            :class:`jw2v.trees.Tree`), and ``theta``, the vectors of the tree's inner nodes.

    Raises:
        ValueError: the shapes or types do not fit, a word occurs twice, or a vector is not finite.

    >>> vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], np.float32)
    >>> word_vectors = WordVectors(("king", "queen", "pear"), vectors)
    >>> word_vectors["pear"].tolist(), "plum" in word_vectors, len(word_vectors), word_vectors.dim
    ([0.0, 1.0], False, 3, 2)
    >>> [word for word, cosine in word_vectors.most_similar("king", topn=2)]
    ['queen', 'pear']
    >>> word_vectors[["pear", "king"]].tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    >>> word_vectors.doesnt_match(["king", "queen", "pear"])
    'pear'
    """

    words: tuple[str, ...]
    vectors: Vector
    metadata: Mapping[str, str] = field(default_factory=dict)
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given: Any = self.words
        if isinstance(given, str):
            raise ValueError(f"words must be a list of words, got the text {given[:80]!r}")
        words = tuple(_in_order(given))
        if isinstance(self.vectors, np.ma.MaskedArray):
            raise ValueError("vectors must be plain numbers, got a masked array")
        vectors = np.asarray(self.vectors).view()
        if not all(isinstance(word, str) for word in words):
            raise ValueError("every word must be a str")
        if vectors.dtype not in (np.float32, np.float64):
            raise ValueError(f"vectors must be float32 or float64, got {vectors.dtype}")
        if vectors.ndim != 2 or not vectors.size or len(vectors) != len(words):
            raise ValueError(
                f"expected one vector of at least 1 number for each of {len(words):,} words, got "
                f"an array of shape {vectors.shape}"
            )
        if not (finite := finite_rows(vectors)).all():
            raise ValueError(
                f"{np.count_nonzero(~finite):,} of {len(words):,} vectors have NaN or infinite "
                f"entries, the first that of {words[int(finite.argmin())]!r}"
            )
        said = [*self.metadata.keys(), *self.metadata.values()]
        if others := [each for each in said if not isinstance(each, str)]:
            raise ValueError(
                f"metadata must hold texts by name, such as json.dumps makes; got {others[0]!r}"
            )
        if _may_change(vectors):
            vectors = vectors.copy()
        vectors.flags.writeable = False
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))
        arrays = {name: _checked_array(name, array) for name, array in self.arrays.items()}
        object.__setattr__(self, "arrays", MappingProxyType(arrays))
        if len(self._rows) < len(words):
            twice = next(word for i, word in enumerate(words) if self._rows[word] != i)
            raise ValueError(f"every word may have one vector, but {twice!r} occurs again")

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return int(self.vectors.shape[1])

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the run that learnt them, by name; empty where ``metadata`` has none.

        >>> vectors = WordVectors(("ice",), np.ones((1, 2)), {"config": '{"window": 5}'})
        >>> vectors.settings
        {'window': 5}
        """
        try:
            found = json.loads(self.metadata.get("config", "{}"))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy, which know no read-only mapping."""
        return type(self), (self.words, self.vectors, dict(self.metadata), dict(self.arrays))

    def __repr__(self) -> str:
        return f"WordVectors({len(self):,} words, dim {self.dim}, {self.vectors.dtype})"

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._rows

    def __getitem__(self, words: str | Sequence[str]) -> Vector:
        """The vector of a word, [dim], or a copy of those of several words, [n, dim].

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: something else than words; rows by number are in :attr:`vectors`.
        """
        if isinstance(words, str):
            return cast("Vector", self.vectors[self._rows_of([words])[0]])
        return self.vectors[np.array(self._rows_of(words), np.intp)]

    def most_similar(
        self,
        positive: Query = (),
        negative: Query = (),
        topn: int = 10,
        *,
        restrict_vocab: int | None = None,
    ) -> Answers:
        """The words nearest to the mean of some words, by cosine.

        Definition: the words w with the largest cos(u, v_w) for u the mean of +v/‖v‖ over
        ``positive`` and −v/‖v‖ over ``negative``. Words of the question are not among the answers.
        The cosine with a zero vector counts as 0, and so does that with words that cancel. Equal
        cosines keep the order of the words.

        Args:
            positive: a word, a vector, or a list of them.
            negative: likewise.
            topn: how many words to return; fewer if there are not as many.
            restrict_vocab: answer with the first, most frequent, so many words only.

        Raises:
            KeyError: words that have no vector.
            ValueError: nothing was asked, or a vector has the wrong shape.

        Source: Mikolov et al., Linguistic Regularities in Continuous Space Word Representations
        (2013).
        """
        _check_limits(topn, restrict_vocab)
        plus, minus = _items(positive), _items(negative)
        if not plus and not minus:
            raise ValueError("most_similar needs at least one word or vector to compare with")
        units = self._units([*plus, *minus])
        units[len(plus) :] *= -1
        mean = to_unit(_mean(units))
        cosines = self.directions.cosines(mean, restrict_vocab)[0]
        return self._answers(cosines, [*plus, *minus], topn)

    def most_similar_each(
        self, queries: Query, topn: int = 10, *, restrict_vocab: int | None = None
    ) -> list[Answers]:
        """The words nearest to each of many words or vectors: a list for each, in their order.

        The same as :meth:`most_similar` of each alone, up to rounding, but faster.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: a vector has the wrong shape.

        >>> numbers = WordVectors(("one", "two", "six"), np.array([[1.0, 2], [2, 2], [3, 0]]))
        >>> [[word for word, _ in each] for each in numbers.most_similar_each(["one", "six"], 1)]
        [['two'], ['two']]
        """
        _check_limits(topn, restrict_vocab)
        items = _items(_in_order(queries))
        units, at_once = self._units(items), self.directions.at_once(restrict_vocab)
        found = []
        for start in range(0, len(items), at_once):
            part = slice(start, start + at_once)
            cosines = self.directions.cosines(units[part], restrict_vocab)
            for scores, item in zip(cosines, items[part], strict=True):
                found.append(self._answers(scores, [item], topn))
        return found

    def analogy(
        self,
        a: npt.ArrayLike,
        b: npt.ArrayLike,
        c: npt.ArrayLike,
        topn: int = 10,
        *,
        method: Combination = "add",
        restrict_vocab: int | None = None,
    ) -> Answers:
        """The words that are to c as b is to a, with their scores.

        Args:
            a: a word or a vector: man is to king as woman is to …
            b: likewise.
            c: likewise.
            topn: how many words to return.
            method: ``"add"``, 3CosAdd, which is :meth:`most_similar` of ``[b, c]`` and not ``a``,
                with its cosines as scores; or ``"mul"``, 3CosMul, in which no one of the three
                words outweighs the others: see :func:`jw2v.vectors.neighbours.three_cos`.
            restrict_vocab: answer with the first, most frequent, so many words only.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: there is no such method, or a vector has the wrong shape.
        """
        if method == "add":
            return self.most_similar([b, c], [a], topn, restrict_vocab=restrict_vocab)
        _check_limits(topn, restrict_vocab)
        to_a, to_b, to_c = self.directions.cosines(self._units([a, b, c]), restrict_vocab)
        return self._answers(three_cos(to_a, to_b, to_c, method), [a, b, c], topn)

    def doesnt_match(self, words: Sequence[str]) -> str:
        """The word that is the odd one out.

        Definition: the word whose vector has the smallest cosine with the mean of v/‖v‖ over all of
        the words; of equals the first.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: fewer than 3 words.
        """
        words = [words] if isinstance(words, str) else list(_in_order(words))
        if len(words) < 3:
            raise ValueError(f"expected a list of at least 3 words, got {words!r}")
        units = to_unit(self[words].astype(np.float64))
        return words[int((units @ units.mean(axis=0)).argmin())]

    def similarity(self, a: npt.ArrayLike, b: npt.ArrayLike) -> float:
        """The cosine between two words or vectors: −1 to 1, and 0 where one of them is zero."""
        one, other = self._units([a, b])
        return float(np.clip(one @ other, -1, 1))

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> None:
        """Write a file in the format of its suffix, or a named one, whole or not at all.

        ``.safetensors`` keeps everything; :data:`jw2v.formats.FORMATS` lists the others, which
        keep words and vectors, and warn if there are :attr:`arrays` that they leave out.

        Raises:
            ValueError: there is no such format, or it cannot hold these words or numbers.
            OSError: the file cannot be written.
        """
        formats.save(
            path, self.words, self.vectors, self.metadata, arrays=self.arrays, format=format
        )

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] | IO[bytes] | IOBase,
        *,
        format: str | None = None,
        limit: int | None = None,
        only: Iterable[str] | None = None,
        duplicates: Duplicates = "refuse",
        encoding: str = "utf-8",
        errors: Errors = "strict",
    ) -> "WordVectors":
        """Read a file that :meth:`save` or another program wrote.

        Args:
            path: from where; an open binary file, or an address such as ``s3://bucket/x.bin``,
                which needs the package fsspec. Text and binary may be packed as ``.gz``, ``.bz2``
                or ``.zst``.
            format: the name of a format; None to go by the suffix.
            limit: look at the first so many words only.
            only: take these words only; those that the file lacks are left out. Further
                :attr:`arrays` of the model are left out too, as with a limit.
            duplicates: ``"refuse"`` a file with a word twice, or keep the ``"first"`` vector of
                each and warn of how many came again.
            encoding: of the words of text and binary files, such as ``"latin-1"``.
            errors: ``"strict"`` refuses words that are not of the encoding, ``"replace"`` puts
                U+FFFD for what is wrong in them, ``"ignore"`` leaves it out; both warn of how many
                words these were.

        Raises:
            ValueError: there is no such format, or the file is not whole, or holds something else.
            OSError: the file is missing or cannot be read.
            ImportError: fsspec is needed and not installed.

        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w", suffix=".glove.txt") as file:
        ...     _ = file.write("ice 1 0\\nnew york 0 1\\ntea 1 1\\n")
        ...     file.flush()
        ...     WordVectors.load(file.name, limit=2).words
        ('ice', 'new york')
        """
        options = formats.ReadOptions(limit, only, duplicates, encoding, errors)
        found, arrays = formats.load_model(path, format=format, options=options)
        words, vectors, metadata = found
        _freeze(vectors)  # nobody else has it: it need not be copied
        for array in arrays.values():
            _freeze(array)
        try:
            return cls(tuple(words), vectors, metadata, arrays)
        except ValueError as error:
            again = len(words) - len(set(words))
            hint = f", and {again:,} words do in all: duplicates='first' (--duplicates first) keeps"
            hint += " the first vector of each"
            name = formats.name_of(path)
            raise ValueError(f"{name}: {error}{hint if again else ''}") from error

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def directions(self) -> Directions:
        """What answers questions: the lengths of the vectors, found when the first is asked."""
        return Directions(self.vectors)

    def _refuse_unknown(self, words: Iterable[str]) -> None:
        if missing := [word for word in dict.fromkeys(words) if word not in self._rows]:
            raise UnknownWordError(missing, self.words)

    def _rows_of(self, words: Sequence[str]) -> list[int]:
        if not isinstance(words, Iterable):
            raise ValueError(f"expected a word or a list of words, got {words!r}")
        words = list(_in_order(words))
        if not all(isinstance(word, str) for word in words):
            raise ValueError(f"expected a word or a list of words, got {words!r}")
        self._refuse_unknown(words)
        return [self._rows[word] for word in words]

    def _answers(self, scores: Vector, asked: Sequence[npt.ArrayLike], topn: int) -> Answers:
        """The best words but those asked about; ``scores`` are written over."""
        rows = {self._rows[item] for item in asked if isinstance(item, str)}
        within = [row for row in rows if row < len(scores)]
        scores[within] = -np.inf
        found = best(scores, min(topn, len(scores) - len(within)))
        return [(self.words[row], float(scores[row])) for row in found]

    def _units(self, items: Sequence[npt.ArrayLike]) -> Vector:
        """Words and vectors as vectors of length 1, [n, dim], of the type of the table."""
        self._refuse_unknown(item for item in items if isinstance(item, str))
        units = np.empty((len(items), self.dim), self.vectors.dtype)
        for unit, item in zip(units, items, strict=True):
            vector = self[item] if isinstance(item, str) else self._checked(item)
            unit[:] = to_unit(vector[None])[0]
        return units

    def _checked(self, item: npt.ArrayLike) -> Vector:
        vector = np.asarray(item)
        if isinstance(item, np.ma.MaskedArray) or _has_booleans(item):
            raise ValueError(f"expected a word or a vector of {self.dim} numbers, got {item!r}")
        if vector.shape != (self.dim,) or vector.dtype.kind not in "fiu":
            raise ValueError(
                f"expected a word or a vector of {self.dim} numbers, got an array of shape "
                f"{vector.shape} and type {vector.dtype}"
            )
        if not np.isfinite(vector).all():
            raise ValueError("a vector to compare with has NaN or infinite entries")
        # Not narrowed before it has length 1: what float64 holds, float32 may not.
        return cast("Vector", vector.astype(np.result_type(vector, self.vectors)))


def _may_change(array: npt.NDArray[Any]) -> bool:
    """Whether somebody else can write where an array lies."""
    while isinstance(base := array.base, np.ndarray):
        if base.flags.writeable:
            return True
        array = base
    try:
        buffer = memoryview(cast("Any", base))
        return not memoryview(buffer.obj).readonly  # of which base may be a read-only view
    except TypeError:  # memory of the array's own, or of JAX, which writes on none
        return False


def _in_order(given: Any) -> Any:
    """What is no set: from run to run, its words would come in another order."""
    if isinstance(given, set | frozenset):
        raise ValueError(f"expected a list, for a set has no order; got {given!r}")
    return given


def _mean(units: Vector) -> Vector:
    """The mean of some rows of length 1: 0 where they cancel, of which rounding leaves a little."""
    mean: Vector = units.mean(axis=0, keepdims=True)
    left = 4 * np.finfo(units.dtype).eps
    return mean if np.linalg.norm(mean) > left else np.zeros_like(mean)


def _has_booleans(vector: Any) -> bool:
    return isinstance(vector, list | tuple) and any(isinstance(x, bool | np.bool_) for x in vector)


def _checked_array(name: str, array: Any) -> npt.NDArray[Any]:
    """An array of a model beside its vectors, which nobody can change."""
    plain = isinstance(array, np.ndarray) and not isinstance(array, np.ma.MaskedArray)
    if not isinstance(name, str):
        raise ValueError(f"arrays must have texts for names; got {name!r}")
    if not (plain and array.dtype in formats.ARRAY_TYPES):
        raise ValueError(
            f"arrays must hold NumPy arrays of {', '.join(map(str, formats.ARRAY_TYPES))}; got for"
            f" {name!r} {getattr(array, 'dtype', type(array).__name__)}"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"the array {name!r} has NaN or infinite entries")
    view = array.view()
    held = np.array(array) if _may_change(view) else view
    held.flags.writeable = False
    return held


def _freeze(array: npt.NDArray[Any]) -> None:
    part: Any = array
    while isinstance(part, np.ndarray):
        part.flags.writeable = False
        part = part.base


def _check_limits(topn: int, restrict_vocab: int | None) -> None:
    check_count("topn", topn)
    if restrict_vocab is not None:
        check_count("restrict_vocab", restrict_vocab)


def _items(query: Query) -> list[npt.ArrayLike]:
    of_words = getattr(getattr(query, "dtype", None), "kind", None) == "U"
    if isinstance(query, str) or (getattr(query, "ndim", None) == 1 and not of_words):
        return [cast("npt.ArrayLike", query)]
    if not isinstance(query, Iterable) or getattr(query, "ndim", None) == 0:
        raise ValueError(f"expected a word, a vector or a list of them, got {query!r}")
    return list(query)
