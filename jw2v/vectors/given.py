"""What is given to vectors, and asked of them: lists of words, vectors, weights, arrays of a model.

What would be taken for something else, or would come in another order in the next run, is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

__all__ = [
    "Query",
    "Vector",
    "array_of_a_model",
    "cosine_of",
    "counts_of",
    "freeze",
    "in_order",
    "items_of",
    "may_change",
    "rows_of",
    "settled",
    "sides_of",
    "some_words",
    "table_of",
    "vector_of",
    "weights_of",
    "words_of",
]

Vector: TypeAlias = npt.NDArray[np.floating[Any]]

Query: TypeAlias = npt.ArrayLike | Iterable[npt.ArrayLike]
"""A word, a vector, or a list of words and vectors."""


def in_order(given: Any) -> Any:
    """What is no set: from run to run, its words would come in another order.

    Raises:
        ValueError: it is one.
    """
    if isinstance(given, set | frozenset):
        raise ValueError(
            f"expected a list, for a set has no order: write sorted(words); got {_short(given)}"
        )
    return given


def settled(given: Any) -> Any:
    """A set in an order that every run repeats, where none matters; all else as it is.

    >>> settled({"tea", "ice"}), settled(["tea", "ice"])
    (['ice', 'tea'], ['tea', 'ice'])
    """
    return sorted(given, key=str) if isinstance(given, set | frozenset) else given


def words_of(given: Any) -> list[str]:
    """The words of a list, an array, a column of a table or a generator.

    Raises:
        ValueError: it is a set, a mapping, whose values would not count, or holds something else.

    >>> words_of(word.lower() for word in ["Ice", "TEA"])
    ['ice', 'tea']
    """
    if not isinstance(given, Iterable):
        raise ValueError(f"expected a word or a list of words, got {_short(given)}")
    words = _listed(given)
    if isinstance(given, str) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"expected a word or a list of words, got {_short(given)}")
    return words


def some_words(given: str | Iterable[str]) -> list[str]:
    """Words whose order does not matter: one, or those of a list or a set."""
    if isinstance(given, str):
        return [given]
    return words_of(settled(given))


def rows_of(which: Any, rows: int) -> npt.NDArray[np.intp] | None:
    """The numbers of rows that a list of numbers, or of a boolean for each row, chooses.

    Returns:
        None where it holds no numbers, and may be of words.

    Raises:
        ValueError: there is no such row, or not one boolean for each.

    >>> rows_of([2, 0], 3).tolist(), rows_of([False, True], 2).tolist(), rows_of(["tea"], 3)
    ([2, 0], [1], None)
    """
    if not (isinstance(which, list | tuple | range) or hasattr(which, "dtype")):
        return None
    try:
        array = np.asarray(which)
    except ValueError:  # lists of several lengths
        return None
    if array.ndim != 1 or array.dtype.kind not in "biu" or isinstance(which, np.ma.MaskedArray):
        return None
    if array.dtype.kind == "b":
        if len(array) != rows:
            raise ValueError(f"expected a boolean for each of {rows:,} rows, got {len(array):,}")
        return np.flatnonzero(array)
    if _has_booleans(which):
        raise ValueError(f"expected numbers of rows or booleans, got both: {_short(which)}")
    if outside := [row for row in array.tolist() if not 0 <= row < rows]:
        raise ValueError(f"rows must be from 0 to {rows - 1:,}, got {outside[0]:,}")
    return array.astype(np.intp)


def items_of(query: Query) -> list[npt.ArrayLike]:
    """The words and vectors of a query.

    Raises:
        ValueError: it is a set, a mapping, or no query at all.

    >>> len(items_of("tea")), len(items_of(np.ones(3))), len(items_of(["tea", np.ones(3)]))
    (1, 1, 2)
    """
    if isinstance(query, str):
        return [query]
    if getattr(query, "ndim", None) == 1 and not _holds_words(query):
        return [cast("npt.ArrayLike", query)]
    if not isinstance(query, Iterable) or getattr(query, "ndim", None) == 0:
        raise ValueError(f"expected a word, a vector or a list of them, got {_short(query)}")
    return _listed(query)


def sides_of(
    positive: Query, negative: Query, weights: npt.ArrayLike | None
) -> tuple[list[npt.ArrayLike], list[npt.ArrayLike]]:
    """What is added in a question, and what subtracted: sets too, unless there are weights."""
    sides = (positive, negative) if weights is not None else map(settled, (positive, negative))
    plus, minus = map(items_of, sides)
    return plus, minus


def vector_of(item: npt.ArrayLike, dim: int) -> Vector:
    """A vector to compare with.

    Raises:
        ValueError: it is none of so many finite numbers.
    """
    if isinstance(item, np.ma.MaskedArray) or _has_booleans(item):
        raise ValueError(f"expected a word or a vector of {dim} numbers, got {item!r}")
    vector = np.asarray(item)
    if vector.shape != (dim,) or vector.dtype.kind not in "fiu":
        raise ValueError(
            f"expected a word or a vector of {dim} numbers, got an array of shape "
            f"{vector.shape} and type {vector.dtype}"
        )
    if not np.isfinite(vector).all():
        raise ValueError("a vector to compare with has NaN or infinite entries")
    return cast("Vector", vector)


def table_of(name: str, rows: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Vectors in rows, in float64.

    Raises:
        ValueError: they are no table of finite numbers, or there are none.
    """
    masked = isinstance(rows, np.ma.MaskedArray)
    found: npt.NDArray[Any] = np.asarray(in_order(rows))
    if masked or found.ndim != 2 or not found.size or found.dtype.kind not in "fiu":
        raise ValueError(
            f"{name} must hold at least one vector of numbers, [n, dim], got an array of shape"
            f" {found.shape} and type {found.dtype}{', masked' * masked}"
        )
    table: npt.NDArray[np.float64] = found.astype(np.float64)
    if not np.isfinite(table).all():
        raise ValueError(f"{name} has NaN or infinite entries")
    return table


def weights_of(
    weights: npt.ArrayLike | None, things: int, *, signed: bool = True
) -> npt.NDArray[np.float64]:
    """A weight for each thing, 1 unless told otherwise, over the sum of their magnitudes.

    Raises:
        ValueError: they are not so many finite numbers, all are 0, or one is below 0 where none
            may be.

    >>> weights_of([1, -3], 2).tolist(), weights_of(None, 2).tolist()
    ([0.25, -0.75], [0.5, 0.5])
    """
    if weights is None:
        return np.full(things, 1 / things)
    masked = isinstance(weights, np.ma.MaskedArray)
    found: npt.NDArray[Any] = np.asarray(in_order(weights))
    if masked or _has_booleans(weights) or found.dtype.kind not in "fiu":
        raise ValueError(f"weights must be numbers, got {_short(weights)}")
    if found.shape != (things,):
        raise ValueError(
            f"expected a weight for each of {things:,} words or vectors, got weights of shape"
            f" {found.shape}"
        )
    numbers: npt.NDArray[np.float64] = found.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("weights must be finite, got NaN or infinite ones")
    if not signed and (numbers < 0).any():
        raise ValueError(
            f"weights must be 0 or more, got {numbers.min()}: what is to be subtracted goes into"
            " `negative`"
        )
    if not numbers.any():
        raise ValueError("at least one weight must differ from 0")
    numbers /= np.abs(numbers).max()
    numbers /= np.abs(numbers).sum()
    return numbers


def cosine_of(least: float | None) -> float:
    """The smallest cosine that counts, −∞ where there is no limit.

    Raises:
        ValueError: it is not a number from −1 to 1.
    """
    if least is None:
        return -np.inf
    number = isinstance(least, int | float | np.number) and not isinstance(least, bool)
    if not (number and -1 <= least <= 1):
        raise ValueError(f"min_similarity must be a cosine, from -1 to 1, got {least!r}")
    return float(least)


def array_of_a_model(name: str, array: Any, types: Sequence[np.dtype[Any]]) -> npt.NDArray[Any]:
    """An array of a model beside its vectors, which nobody can change.

    Raises:
        ValueError: it is no array of these types, or has a name that is no text.
    """
    plain = isinstance(array, np.ndarray) and not isinstance(array, np.ma.MaskedArray)
    if not isinstance(name, str):
        raise ValueError(f"arrays must have texts for names; got {name!r}")
    if not (plain and array.dtype in types):
        raise ValueError(
            f"arrays must hold NumPy arrays of {', '.join(map(str, types))}; got for"
            f" {name!r} {getattr(array, 'dtype', type(array).__name__)}"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"the array {name!r} has NaN or infinite entries")
    view = array.view()
    held = np.array(array) if may_change(view) else view
    held.flags.writeable = False
    return held


def counts_of(counts: npt.ArrayLike, words: int) -> npt.NDArray[np.int64]:
    """How often each word occurs, which nobody can change.

    Raises:
        ValueError: they are not one whole number for each word, from 0 to 2^63 - 1.
    """
    if _by_word(counts) is not None:
        raise ValueError(
            "counts must be numbers in the order of the words, got them by word: write"
            " WordVectors(words, vectors).with_counts(counts)"
        )
    found: npt.NDArray[Any] = np.asarray(in_order(counts))
    masked = isinstance(counts, np.ma.MaskedArray)
    if masked or _has_booleans(counts) or found.dtype.kind not in "iu":
        raise ValueError(f"counts must be whole numbers, got {_short(counts)}")
    if found.shape != (words,):
        raise ValueError(
            f"expected a count for each of {words:,} words, got counts of shape {found.shape}"
        )
    if found.min() < 0 or found.max() > np.iinfo(np.int64).max:
        raise ValueError(
            f"counts must be from 0 to 2^63 - 1, got {found.min():,} to {found.max():,}"
        )
    own = not may_change(found.view()) and not found.flags.writeable
    held: npt.NDArray[np.int64] = found.astype(np.int64, copy=not own)
    held.flags.writeable = False
    return held


def for_words(values: Any, words: Sequence[str], one: str, all_of_them: str) -> Any:
    """Values in the order of words where they are given by word, else as they are.

    Raises:
        ValueError: a word has none, or is there twice.

    >>> for_words({"tea": 5, "ice": 7}, ["ice", "tea"], "count", "counts")
    [7, 5]
    >>> for_words([7, 5], ["ice", "tea"], "count", "counts")
    [7, 5]
    """
    if (named := _by_word(values)) is None:
        return values
    if missing := [word for word in words if word not in named]:
        raise ValueError(
            f"{len(missing):,} of {len(words):,} words have no {one}, the first {missing[0]!r}: are"
            f" these the {all_of_them} of another text? To leave such words out:"
            f" vectors.subset([word for word in vectors if word in {all_of_them}])"
        )
    return [named[word] for word in words]


def may_change(array: npt.NDArray[Any]) -> bool:
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


def freeze(array: npt.NDArray[Any]) -> None:
    """Let nobody write where an array lies."""
    part: Any = array
    while isinstance(part, np.ndarray):
        part.flags.writeable = False
        part = part.base


def _listed(given: Any) -> list[Any]:
    if isinstance(given, Mapping):
        raise ValueError(
            "expected a list, for the values of a mapping would not count: write list(words), and"
            f" give weights by themselves; got {_short(given)}"
        )
    to_pylist = getattr(given, "to_pylist", None)  # of Arrow, whose own items are no str
    return to_pylist() if callable(to_pylist) else list(in_order(given))


def _holds_words(column: Any) -> bool:
    """Whether an array or a column with one axis is one of words, and not a vector."""
    kind = getattr(getattr(column, "dtype", None), "kind", None)
    return kind in ("U", "T") or (kind == "O" and any(isinstance(item, str) for item in column))


def _by_word(given: Any) -> Mapping[str, Any] | None:
    """A mapping, or what has texts for all its keys, such as a Series of pandas; else None."""
    if isinstance(given, Mapping):
        return given
    keys, items = (getattr(given, name, None) for name in ("keys", "items"))
    if not (callable(keys) and callable(items)):
        return None
    named = list(keys())
    if not named or not all(isinstance(key, str) for key in named):
        return None
    found: dict[str, Any] = dict(items())
    if len(found) < len(named):
        twice = next(key for i, key in enumerate(named) if key in named[:i])
        raise ValueError(f"expected a number for each word, got two or more for {twice!r}")
    return found


def _has_booleans(given: Any) -> bool:
    return isinstance(given, list | tuple) and any(isinstance(x, bool | np.bool_) for x in given)


def _short(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 200 else f"{text[:200]}…"
