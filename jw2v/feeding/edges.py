"""Loose pairs of ids, checked, counted, and laid out in chunks."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jw2v import _arrays
from jw2v.feeding.batches import Shape
from jw2v.feeding.layouts import Edges

__all__ = ["LoosePairs", "loose_pairs"]

Columns: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays with one entry for each pair, by name; those of jw2v are ``REQUIRED`` and ``OPTIONAL``."""
REQUIRED = ("center", "outside")
OPTIONAL = ("weight", "negatives")
NAMES = (*REQUIRED, *OPTIONAL)
_MOST = 1 << 26
"""Ids from here on need a word of the caller's: each is a row of a table."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LoosePairs:
    """Pairs to learn from, as they were found when they were gone through once."""

    batches: Iterable[Any]
    """of pairs, in any size, the same however often they are gone through"""
    shuffled: bool
    """whether pairs come in a new order in each epoch; else as the batches have them"""
    pairs: int
    """those that count: of a weight above 0"""
    seen: tuple[NDArray[np.float64], NDArray[np.float64]]
    """the sum of the weights of each center and each outside id, up to the largest"""
    described: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]] = field(repr=False)
    """the shape of an entry and the dtype of each column"""

    @property
    def negatives(self) -> int | None:
        """How many come with each pair; None where they are to be drawn."""
        found = self.described.get("negatives")
        return None if found is None else found[0][0]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the further columns."""
        return tuple(name for name in self.described if name not in NAMES)

    def fingerprint(self) -> str:
        """A digest of all pairs: equal for equal ones in the same order, whatever their batches."""
        columns = {name: hashlib.blake2b(digest_size=16) for name in sorted(self.described)}
        for batch in self._again():
            for name, digest in columns.items():
                digest.update(np.ascontiguousarray(batch[name]).view(np.uint8).data)
        # What is shuffled comes in other orders than what is not.
        whole = hashlib.blake2b(f"shuffled {self.shuffled}".encode(), digest_size=16)
        for name, digest in columns.items():
            whole.update(f"{name} {self.described[name]} {digest.hexdigest()}".encode())
        return whole.hexdigest()

    def chunks(self, shape: Shape, rng: np.random.Generator) -> Iterator[Edges]:
        """The pairs of an epoch in chunks, [steps, batch, length]; the last is padded.

        The pairs of one step come from all over the chunk.
        """
        size, held = shape.words, dict[str, NDArray[Any]]()
        for batch in self._in_order(rng):
            held = {
                name: np.concatenate([held[name], column]) if held else column
                for name, column in batch.items()
            }
            while len(held["center"]) >= size:
                yield self._laid_out({name: column[:size] for name, column in held.items()}, shape)
                held = {name: column[size:] for name, column in held.items()}
        if held and len(held["center"]):
            missing = size - len(held["center"])
            yield self._laid_out(
                {
                    name: np.pad(column, ((0, missing), *((0, 0),) * (column.ndim - 1)))
                    for name, column in held.items()
                },
                shape,
            )

    def _in_order(self, rng: np.random.Generator) -> Iterator[Columns]:
        for batch in self._again():
            if not self.shuffled:
                yield batch
                continue
            order = rng.permutation(len(batch["center"]))
            for start in range(0, len(order), 1 << 20):
                rows = order[start : start + (1 << 20)]
                yield {name: column[rows] for name, column in batch.items()}

    def _again(self) -> Iterator[Columns]:
        """The pairs once more, held to be those that were counted."""
        there = 0
        for batch in _checked(self.batches, self.described):
            _check_ids(batch, *map(len, self.seen))
            counts = batch["weight"] > 0
            there += int(counts.sum())
            yield batch if counts.all() else {name: x[counts] for name, x in batch.items()}
        if there != self.pairs:
            raise ValueError(
                "batches must be the same pairs whenever they are gone through: there were"
                f" {self.pairs:,} pairs when they were counted, and are {there:,}. An object whose"
                " __iter__ gives one and the same iterator has none the second time."
            )

    def _laid_out(self, batch: Columns, shape: Shape) -> Edges:
        def dealt(column: NDArray[Any]) -> Any:
            runs = column.reshape(shape.batch, shape.steps, shape.length, *column.shape[1:])
            return jnp.asarray(np.ascontiguousarray(runs.swapaxes(0, 1)))

        found = {name: dealt(column) for name, column in batch.items()}
        named = {name: found.pop(name) for name in NAMES if name in found}
        return Edges(**named, columns=found)


def loose_pairs(
    center: Any,
    outside: Any = None,
    weight: Any = None,
    *,
    negatives: Any = None,
    columns: Mapping[str, Any] | None = None,
    sizes: tuple[int, int] | None = None,
) -> LoosePairs:
    """Check pairs and count them, going through them once: see :func:`jw2v.train_pairs`.

    Args:
        center: ids of centers, [pairs]; or an iterable of batches, and nothing beside it.
        outside: ids of outside things, [pairs].
        weight: of each pair, 0 or more; 1 if nothing is said.
        negatives: ids of outside things, [pairs, K].
        columns: further arrays with one entry for each pair, by name.
        sizes: how many centers and how many outside things there are; if nothing is said, as many
            as the largest id wants.

    Raises:
        ValueError: they are no pairs of ids.

    >>> found = loose_pairs([0, 0, 2], [1, 1, 0], [1.0, 2.0, 0.0])
    >>> found.pairs, [each.tolist() for each in found.seen]
    (2, [[3.0, 0.0, 0.0], [0.0, 3.0]])
    """
    if not isinstance(columns, Mapping | None):
        raise ValueError(
            "columns must be a mapping of names to arrays, such as {'rating': ratings}; got"
            f" {type(columns).__name__}."
        )
    if outside is not None:
        whole = {"center": center, "outside": outside, "weight": weight, "negatives": negatives}
        given = {name: column for name, column in whole.items() if column is not None}
        if taken := sorted({*(columns or {})} & {*NAMES}):
            raise ValueError(f"columns may not be named {', '.join(taken)}, which jw2v has itself.")
        return _counted([given | dict(columns or {})], sizes, shuffled=True)
    if weight is not None or negatives is not None or columns is not None:
        raise ValueError(
            "batches of pairs hold their weights, negatives and columns themselves, by name; got"
            " them beside the batches."
        )
    if not isinstance(center, Iterable) or isinstance(center, Mapping | str | bytes):
        raise ValueError(
            "expected center ids and outside ids, or an iterable of batches of them; got one"
            f" {type(center).__name__}."
        )
    if isinstance(center, Iterator):
        raise ValueError(
            "the batches are gone through once to count them and once in each epoch, and an"
            f" iterator such as this {type(center).__name__} can be gone through only once: give"
            " a list, or an object whose __iter__ begins anew."
        )
    return _counted(center, sizes, shuffled=False)


def _counted(
    batches: Iterable[Any], sizes: tuple[int, int] | None, *, shuffled: bool
) -> LoosePairs:
    centers, outside = _MOST, _MOST
    if sizes is not None:
        centers, outside = _checked_sizes(sizes)
    seen, lengths = [np.zeros(0), np.zeros(0)], [0, 0]
    described: dict[str, Any] = {}
    pairs = 0
    for batch in _checked(batches):
        pairs += int((batch["weight"] > 0).sum())
        described = described or _described(batch)
        _check_ids(batch, centers, outside)
        for table, names in enumerate((("center",), ("outside", "negatives"))):
            there = [int(batch[name].max()) + 1 for name in names if name in batch]
            length = lengths[table] = max(lengths[table], *there)
            if length > len(seen[table]):
                seen[table] = _longer(seen[table], max(length, 2 * len(seen[table])))
            # One pair after the other, however they are batched: the sums are those of all at once.
            np.add.at(seen[table], batch[names[0]], batch["weight"])
    if not pairs:
        raise ValueError("no pairs: expected at least one of a weight above 0.")
    if not all(np.isfinite(each.sum()) for each in seen):
        raise ValueError("the weights of the pairs must have a finite sum.")
    first, second = map(_longer, seen, lengths if sizes is None else (centers, outside))
    return LoosePairs(
        batches=batches, shuffled=shuffled, pairs=pairs, seen=(first, second), described=described
    )


def _check_ids(batch: Columns, centers: int, outside: int) -> None:
    """Refuse ids from those numbers on."""
    for name, size in (("center", centers), ("outside", outside), ("negatives", outside)):
        if name in batch and (most := int(batch[name].max())) >= size:
            raise ValueError(
                f"{name} must hold ids below {size:,}; got {most:,}. Each id is a row of a"
                " table: number things from 0 on without gaps, as numpy.unique(...,"
                " return_inverse=True) does, or say how many there are (sizes)."
            )


def _checked_sizes(sizes: Any) -> tuple[int, int]:
    if not isinstance(sizes, tuple | list) or len(sizes) != 2:
        raise ValueError(
            f"sizes must be two numbers, of centers and of outside things; got {sizes!r}."
        )
    for size in sizes:
        _arrays.whole("sizes", "each", size, 1)
    centers, outside = sizes
    return int(centers), int(outside)


def _longer(counts: NDArray[Any], length: int) -> NDArray[Any]:
    """So many counts: zeros beyond those that there are."""
    longer: NDArray[Any] = np.zeros(length)
    longer[: len(counts)] = counts[:length]
    return longer


def _described(batch: Columns) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    return {name: (column.shape[1:], column.dtype) for name, column in batch.items()}


def _checked(
    batches: Iterable[Any], described: Mapping[str, Any] | None = None
) -> Iterator[Columns]:
    """The pairs of each batch, with their weights."""
    for number, batch in enumerate(batches):
        found = _of_batch(batch, number)
        described = described or _described(found)
        if (now := _described(found)) != described:
            raise ValueError(
                f"all batches must have the same columns; got {_said(described)}, and in batch"
                f" {number} {_said(now)}."
            )
        if len(found["center"]):
            yield found


def _of_batch(batch: Any, number: int) -> dict[str, NDArray[Any]]:
    if not isinstance(batch, Mapping):
        if not (isinstance(batch, tuple | list) and len(batch) in (2, 3)):
            raise ValueError(
                "a batch of pairs must be (center, outside), (center, outside, weight) or a mapping"
                f" with the names {', '.join(NAMES)} and those of columns; batch {number} is a"
                f" {type(batch).__name__}."
            )
        batch = dict(zip(NAMES[:3], batch, strict=False))
    missing = [name for name in REQUIRED if name not in batch]
    if missing:
        raise ValueError(
            f"a batch of pairs must have {' and '.join(REQUIRED)}; batch {number} has"
            f" {', '.join(map(str, batch)) or 'nothing'}."
        )
    found: dict[str, NDArray[Any]] = {}
    for name in REQUIRED:
        found[name] = _ids(name, batch[name], 1)
    n = len(found["center"])
    weight = batch.get("weight")
    found["weight"] = np.ones(n) if weight is None else _weights(weight)
    if "negatives" in batch:
        found["negatives"] = _ids("negatives", batch["negatives"], 2)
        if not found["negatives"].shape[1]:
            raise ValueError("negatives must have at least one for each pair; got none.")
    for name, column in batch.items():
        if name not in NAMES:
            found[name] = _column(name, column)
    for name, column in found.items():
        if len(column) != n:
            raise ValueError(
                f"{name} must have one entry for each pair; got {len(column):,} for {n:,} centers."
            )
    return found


def _ids(name: str, value: Any, axes: int) -> NDArray[np.int32]:
    """Ids of things numbered from 0 on."""
    booleans, ids = _arrays.lists_booleans(value), _as_array(name, value)
    empty = not ids.size and isinstance(value, list | tuple)
    if booleans or ids.ndim != axes or not (ids.dtype.kind in "iu" or empty):
        shape = "[pairs]" if axes == 1 else "[pairs, K]"
        raise ValueError(
            f"{name} must hold whole numbers, the ids of things numbered from 0 on, of shape"
            f" {shape}; got dtype {'bool' if booleans else ids.dtype} of shape {list(ids.shape)}."
            " numpy.unique(names, return_inverse=True) numbers names."
        )
    if ids.size and not (ids.min() >= 0 and ids.max() < 2**31 - 1):
        wrong = ids.min() if ids.min() < 0 else ids.max()
        raise ValueError(f"{name} must hold ids from 0 to 2^31 - 2; got {wrong:,}.")
    return ids.astype(np.int32)


def _weights(value: Any) -> NDArray[np.float64]:
    booleans, weights = _arrays.lists_booleans(value), _as_array("weight", value)
    if booleans or weights.ndim != 1 or weights.dtype.kind not in "iuf":
        raise ValueError(
            "weight must hold one number for each pair; got dtype"
            f" {'bool' if booleans else weights.dtype} of shape {list(weights.shape)}."
        )
    with np.errstate(over="ignore", under="ignore"):
        held = weights.astype(np.float32)
    wrong = weights[~((held >= 0) & (held < np.inf)) | ((held == 0) & (weights != 0))]
    if wrong.size:
        raise ValueError(f"weight must hold numbers of float32, 0 or more; got {wrong[0]}.")
    return weights.astype(np.float64)


def _column(name: Any, value: Any) -> NDArray[Any]:
    if not isinstance(name, str):
        raise ValueError(f"a column must have a name, by which a loss asks for it; got {name!r}.")
    column = _as_array(name, value)
    known = column.dtype.kind in "biuf" and column.dtype.itemsize <= 8
    if not column.ndim or 0 in column.shape[1:] or not known:
        raise ValueError(
            f"the column {name} must hold numbers, one entry for each pair, of 64 bits or less; got"
            f" dtype {column.dtype} of shape {list(column.shape)}."
        )
    column = column.astype(column.dtype.newbyteorder("="), copy=False)
    held = jnp.asarray(column[:0]).dtype
    with np.errstate(over="ignore"):
        kept = column.astype(held)
    whole = column.dtype.kind in "iu"
    if (column != kept if whole else np.isfinite(column) & ~np.isfinite(kept)).any():
        raise ValueError(
            f"the column {name} must fit in dtype {held}, or jax_enable_x64 be set; got"
            f" {column.dtype} beyond it."
        )
    return column


def _as_array(name: str, value: Any) -> NDArray[Any]:
    if _arrays.masks(value):
        raise ValueError(f"{name} must be an array that hides nothing; got a masked array.")
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers: {error}.") from error


def _said(described: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} ({dtype}{list(shape) if shape else ''})"
        for name, (shape, dtype) in described.items()
    )
