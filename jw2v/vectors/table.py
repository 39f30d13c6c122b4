"""Words and their vectors as a table that cannot be changed: its rows, parts, sums and files."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import IOBase
from types import MappingProxyType
from typing import IO, Any, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt

from jw2v import formats
from jw2v.choices import Duplicates, Errors
from jw2v.reading.chosen import read_words
from jw2v.reading.vocabulary import UnknownWordError
from jw2v.vectors import given, merging
from jw2v.vectors.given import Vector
from jw2v.vectors.merging import Wins, same
from jw2v.vectors.neighbours import finite_rows

__all__ = ["Table"]

Path: TypeAlias = str | os.PathLike[str]
Default = TypeVar("Default")
Own = TypeVar("Own", bound="Table")

_TYPES = (np.float16, np.float32, np.float64)
_NAMES = "float16, float32 or float64"
_SHOWN = 10
"""Words and numbers of a vector that a notebook shows."""


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Words and their vectors, without the questions: see :class:`jw2v.WordVectors`.

    >>> table = Table(("ice", "tea"), np.eye(2))
    >>> table["tea"].tolist(), table.index("tea"), list(table)
    ([0.0, 1.0], 1, ['ice', 'tea'])
    """

    words: tuple[str, ...]
    vectors: Vector
    metadata: Mapping[str, str] = field(default_factory=dict)
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    counts: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        listed: Any = self.words
        if isinstance(listed, str):
            raise ValueError(f"words must be a list of words, got the text {listed[:80]!r}")
        words = tuple(given.in_order(listed))
        if isinstance(self.vectors, np.ma.MaskedArray):
            raise ValueError("vectors must be plain numbers, got a masked array")
        vectors = np.asarray(self.vectors).view()
        if not all(isinstance(word, str) for word in words):
            raise ValueError("every word must be a str")
        if vectors.dtype not in _TYPES:
            raise ValueError(f"vectors must be {_NAMES}, got {vectors.dtype}")
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
        if given.may_change(vectors):
            vectors = vectors.copy()
        vectors.flags.writeable = False
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))
        arrays = {
            name: given.array_of_a_model(name, array, formats.ARRAY_TYPES)
            for name, array in self.arrays.items()
        }
        object.__setattr__(self, "arrays", MappingProxyType(arrays))
        if formats.COUNTS in arrays:
            raise ValueError("counts are given as `counts`, not among the arrays")
        if self.counts is not None:
            object.__setattr__(self, "counts", given.counts_of(self.counts, len(words)))
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

        >>> vectors = Table(("ice",), np.ones((1, 2)), {"config": '{"window": 5}'})
        >>> vectors.settings
        {'window': 5}
        """
        return merging.settings_of(self.metadata)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy, which know no read-only mapping."""
        metadata, arrays = dict(self.metadata), dict(self.arrays)
        return type(self), (self.words, self.vectors, metadata, arrays, self.counts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} words, dim {self.dim}, {self.vectors.dtype})"

    def _repr_html_(self) -> str:
        """A small table of the first words, for notebooks."""
        head = "<tr><th>row</th><th>word</th><th>vector</th></tr>"
        lines = [
            f"<tr><td>{row}</td><td>{html.escape(word)}</td><td>{_numbers(vector)}</td></tr>"
            for row, (word, vector) in enumerate(
                zip(self.words[:_SHOWN], self.vectors, strict=False)
            )
        ]
        more = [f"<p>and {len(self) - _SHOWN:,} more</p>"] if len(self) > _SHOWN else []
        title = f"<p>{html.escape(repr(self))}</p>"
        return "\n".join([title, "<table>", head, *lines, "</table>", *more])

    def _ipython_key_completions_(self) -> list[str]:
        """What a notebook proposes between brackets."""
        return list(self.words)

    def __eq__(self, other: object) -> bool:
        """Whether all that is held is equal: words in their order, numbers, their type, the rest.

        Nearly equal numbers, or the same words in another order, are others.
        """
        if not isinstance(other, Table):
            return NotImplemented
        return (
            self.words == other.words
            and same(self.vectors, other.vectors)
            and self.metadata == other.metadata
            and self._all_arrays.keys() == other._all_arrays.keys()
            and all(same(array, other._all_arrays[k]) for k, array in self._all_arrays.items())
        )

    def __hash__(self) -> int:
        """Of the words and the shape of the vectors: no number is looked at."""
        return hash((self.words, self.vectors.shape, self.vectors.dtype))

    def __iter__(self) -> Iterator[str]:
        """The words, in their order."""
        return iter(self.words)

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
            return cast("Vector", self.vectors[self.index(words)])
        return self.vectors[np.array(self._rows_of(words), np.intp)]

    def get(self, word: str, default: Default | None = None) -> Vector | Default | None:
        """The vector of a word, or something else for a word that has none.

        >>> Table(("ice",), np.ones((1, 2))).get("tea") is None
        True
        """
        row = self._rows.get(word)
        return default if row is None else cast("Vector", self.vectors[row])

    def index(self, word: str) -> int:
        """The row of a word: that of its vector in :attr:`vectors`, and of the word in `words`.

        Raises:
            KeyError: the word has no vector.
        """
        return self._rows_of([word])[0]

    @property
    def key_to_index(self) -> Mapping[str, int]:
        """The row of each word; it cannot be written on."""
        return MappingProxyType(self._rows)

    def subset(self: Own, which: Any) -> Own:
        """Some of the words with their vectors, in the order in which they are named.

        Args:
            which: a list of words; or rows: a slice, a list of their numbers, or a boolean for each
                row.

        Returns:
            New vectors, with the same metadata. :attr:`arrays` are left out, since they are of all
            words in their order, unless all stay where they are.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: nothing is left, a word is named twice, or there is no such row.

        >>> vectors = Table(("ice", "tea", "pot"), np.eye(3))
        >>> vectors.subset(["pot", "ice"]).words, vectors.subset(slice(2)).words
        (('pot', 'ice'), ('ice', 'tea'))
        """
        rows = self._chosen([which] if isinstance(which, str) else which)
        if not len(rows):
            raise ValueError("a subset must have at least one word, got none")
        whole = np.array_equal(rows, np.arange(len(self)))
        words = tuple(self.words[row] for row in rows.tolist())
        arrays = self.arrays if whole else {}
        counts = None if self.counts is None else self.counts[rows]
        return type(self)(words, self.vectors[rows], self.metadata, arrays, counts)

    def add(
        self: Own, words: Sequence[str], vectors: npt.ArrayLike, counts: npt.ArrayLike | None = None
    ) -> Own:
        """These words and new ones after them; the new numbers are rounded to the type of these.

        Args:
            words: the new words.
            vectors: a vector for each.
            counts: how often each occurs in the text; 0 unless told, if these words have counts.

        Raises:
            ValueError: a word is there already, or the vectors do not fit: see :meth:`merged`.

        >>> Table(("ice",), np.zeros((1, 2))).add(["tea"], [[1, 2]])["tea"].tolist()
        [1.0, 2.0]
        """
        rows = np.asarray(vectors)
        if isinstance(vectors, np.ma.MaskedArray) or rows.dtype.kind not in "fiu":
            raise ValueError(f"vectors must be numbers, got {rows.dtype}")
        with np.errstate(over="ignore"):
            rows = rows.astype(self.vectors.dtype)
        words = tuple(given.words_of(words))
        if counts is None and self.counts is not None:
            counts = np.zeros(len(words), np.int64)
        if counts is not None and self.counts is None:
            raise ValueError("the new words have counts, and these have none: give none")
        held = None if counts is None else given.counts_of(counts, len(words))
        return self.merged(type(self)(words, rows, self.metadata, counts=held))

    def with_counts(self: Own, counts: Path | Mapping[str, int] | npt.ArrayLike) -> Own:
        """The same, with how often each word occurs in the text.

        Args:
            counts: a number for each word, in their order; or a mapping from words to numbers, such
                as a Series of pandas with words for its index, or a file of a word and its number a
                line, as word2vec.c writes by ``-save-vocab``, which may have more words.

        Raises:
            ValueError: a word has no count, or counts are not whole numbers of 0 or more.
            OSError: the file cannot be read.

        >>> vectors = Table(("ice", "tea"), np.eye(2))
        >>> vectors.with_counts({"</s>": 9, "tea": 5, "ice": 7}).counts.tolist()
        [7, 5]
        """
        if isinstance(counts, str | os.PathLike):
            found = read_words(counts)
            if not isinstance(found, dict):
                raise ValueError(f"{counts}: words without counts: expected a word and its count")
            counts = found
        listed = given.for_words(counts, self.words, "count", "counts")
        return replace(self, counts=given.counts_of(listed, len(self)))

    def astype(self: Own, dtype: npt.DTypeLike) -> Own:
        """The same with numbers rounded, or widened, to float16, float32 or float64.

        Raises:
            ValueError: a number is beyond the largest of that type, or all those of a vector round
                to 0. It is no such type.

        >>> Table(("ice",), np.array([[0.1, 70.0]])).astype("float16")["ice"].tolist()
        [0.0999755859375, 70.0]
        """
        if np.dtype(dtype) not in _TYPES:
            raise ValueError(f"vectors must be {_NAMES}, got {np.dtype(dtype)}")
        with np.errstate(over="ignore", under="ignore"):
            rows = self.vectors.astype(dtype)
        for what, there in (
            ("numbers beyond the largest", ~finite_rows(rows)),
            ("nothing but numbers below the smallest", self.vectors.any(1) & ~rows.any(1)),
        ):
            if there.any():
                word = self.words[int(there.argmax())]
                raise ValueError(
                    f"{np.count_nonzero(there):,} of {len(self):,} vectors have {what}"
                    f" {rows.dtype}, the first that of {word!r}: take a wider type"
                )
        return replace(self, vectors=rows)

    def merged(self: Own, other: Table, *, both: Wins = "refuse") -> Own:
        """These words, and after them those that only the other vectors have.

        Vectors that were learnt apart point in unrelated directions: their cosines with each other
        mean nothing unless they were laid onto each other before.

        Args:
            other: vectors of the same length.
            both: which vector a word has that is in both: that of the ``"first"``, these, or of the
                ``"second"``. By default such words are refused.

        Returns:
            New vectors, of the wider type, with the metadata and settings on which both agree, and
            without :attr:`arrays`. The counts of a word in both add up; there are none unless both
            have some.

        Raises:
            ValueError: the lengths differ, words are in both and nothing says which counts, or only
                one of the two has center and outside vectors side by side.

        >>> ice, tea = (Table((word,), np.ones((1, 2))) for word in ("ice", "tea"))
        >>> ice.merged(tea).words
        ('ice', 'tea')
        """
        if not isinstance(other, Table) or other.dim != self.dim:
            raise ValueError(f"expected other WordVectors of dim {self.dim}, got {other!r}")
        if (self.settings.get("vectors") == "both") != (other.settings.get("vectors") == "both"):
            raise ValueError(
                "one holds center and outside vectors side by side (vectors='both'), and the other"
                " does not: expected both or neither"
            )
        words, rows = merging.merged_rows(self.words, other.words, both)
        vectors = np.concatenate([self.vectors, other.vectors])[rows]
        counts = merging.added(words, (self.words, self.counts), (other.words, other.counts))
        metadata = merging.agreed(self.metadata, other.metadata)
        return type(self)(words, vectors, metadata, counts=counts)

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> None:
        """Write a file in the format of its suffix, or a named one, whole or not at all.

        ``.safetensors`` keeps everything; :data:`jw2v.formats.FORMATS` lists the others, which
        keep words and vectors, tables :attr:`counts` too, and warn if there are :attr:`arrays` that
        they leave out.

        Raises:
            ValueError: there is no such format, or it cannot hold these words or numbers.
            OSError: the file cannot be written.
        """
        formats.save(
            path, self.words, self.vectors, self.metadata, arrays=self._all_arrays, format=format
        )

    @classmethod
    def load(
        cls: type[Own],
        path: str | os.PathLike[str] | IO[bytes] | IOBase,
        *,
        format: str | None = None,
        limit: int | None = None,
        only: Iterable[str] | None = None,
        duplicates: Duplicates = "refuse",
        encoding: str = "utf-8",
        errors: Errors = "strict",
    ) -> Own:
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
        ...     Table.load(file.name, limit=2).words
        ('ice', 'new york')
        """
        options = formats.ReadOptions(limit, only, duplicates, encoding, errors)
        found, arrays = formats.load_model(path, format=format, options=options)
        words, vectors, metadata = found
        given.freeze(vectors)  # nobody else has it: it need not be copied
        for array in arrays.values():
            given.freeze(array)
        try:
            counts = arrays.pop(formats.COUNTS, None)
            return cls(tuple(words), vectors, metadata, arrays, counts)
        except ValueError as error:
            again = len(words) - len(set(words))
            hint = f", and {again:,} words do in all: duplicates='first' (--duplicates first) keeps"
            hint += " the first vector of each"
            name = formats.name_of(path)
            raise ValueError(f"{name}: {error}{hint if again else ''}") from error

    @property
    def _all_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As a file has them."""
        return {**self.arrays, **({} if self.counts is None else {formats.COUNTS: self.counts})}

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    def _refuse_unknown(self, words: Iterable[str]) -> None:
        if missing := [word for word in dict.fromkeys(words) if word not in self._rows]:
            raise UnknownWordError(missing, self.words)

    def _rows_of(self, words: Sequence[str]) -> list[int]:
        words = given.words_of(words)
        self._refuse_unknown(words)
        return [self._rows[word] for word in words]

    def _chosen(self, which: Any) -> npt.NDArray[np.intp]:
        """The rows of words, or those of a slice, of numbers or of booleans."""
        if isinstance(which, slice):
            return np.arange(len(self))[which]
        rows = given.rows_of(which, len(self))
        return np.array(self._rows_of(which), np.intp) if rows is None else rows


def _numbers(vector: Vector) -> str:
    """The first numbers of a vector as they are shown."""
    more = ", …" * (len(vector) > _SHOWN)
    return ", ".join(f"{number:.3g}" for number in vector[:_SHOWN].tolist()) + more
