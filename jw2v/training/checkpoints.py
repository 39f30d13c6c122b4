"""Checkpoints of a training run, and none for another run.

A checkpoint holds the arrays of the state and the words, and a record: the settings, a fingerprint
of the text, and where in the text training stood. :mod:`jw2v.storage.archive` writes and checks
them.
"""

import json
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from numbers import Real
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jw2v.choices import CHECKPOINT_EVERY, Which
from jw2v.params import Params, of_words
from jw2v.steps.step import TrainState
from jw2v.storage.archive import Archive, Record, check_destination, shapes
from jw2v.training.starting import NODES
from jw2v.vectors.words import WordVectors

__all__ = [
    "Checkpoints",
    "Destination",
    "Position",
    "check_folder",
    "load",
    "seconds_between",
    "without_key",
]

FREE_SETTINGS = frozenset({"epochs"})
"""Settings that may be others when a run is resumed: more epochs, that is."""
_TABLES = ("000", "001")
"""V and U in a checkpoint: the first leaves of the state."""
_WORDS = ("words", "word_ends")
_GIVEN = "given_"
"""What the names of arrays that training does not change begin with."""


class Position(NamedTuple):
    """Where training stands: the next chunk of steps to run, and what was learnt of the loss."""

    epoch: int
    chunk: int
    """in the epoch"""
    step: int
    """chunks run so far"""
    losses: list[list[float]]
    """loss and pairs of the last chunks"""
    start: float | None = None
    """the loss of the first step; None in checkpoints from before it was kept"""


class Checkpoints:
    """A folder of checkpoints of one run.

    Args:
        folder: made if it is not there.
        settings: of the run, as JSON holds them.
        learnt_from: a digest of the text or the pairs.
        words: of the rows of V.
        arrays: further ones of the model, which training does not change, such as a tree.
        every: seconds between checkpoints; 0 for one after each chunk of steps.
        resume: continue from the last checkpoint, if there is one.
        others: words that keep the vectors that the run started from, and are in no checkpoint.

    Raises:
        ValueError: the folder holds checkpoints and ``resume`` is not set, or they are of another
            run: the message names the differences.
        OSError: the folder cannot be written.
        ImportError: Orbax is not installed.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        settings: Mapping[str, Any],
        learnt_from: str,
        words: Sequence[str],
        *,
        arrays: Mapping[str, Any] = MappingProxyType({}),
        every: float,
        resume: bool,
        others: int = 0,
    ) -> None:
        self._settings = dict(settings)
        self._others = others
        self._given = {f"{_GIVEN}{name}": array for name, array in arrays.items()}
        self._text = learnt_from
        self._words = _encoded(words)
        self._every = every
        check_folder(folder, resume=resume)
        self._archive = Archive(folder)
        self._last = time.monotonic()
        self._kept: int | None = None

    def restore(self, begin: Callable[[], TrainState]) -> tuple[TrainState, Position] | None:
        """The state and the position of the newest checkpoint that is whole; None if there is none.

        Args:
            begin: makes the first state of the run, of which only the shapes are looked at.

        Raises:
            ValueError: the checkpoints are of another run, or all of them are damaged.
        """
        fresh = jax.eval_shape(lambda: without_key(begin()))
        check = partial(self._refuse_another_run, expected=shapes(self._arrays(fresh)))
        found = self._archive.newest(check)
        if found is None:
            return None
        record, arrays = found
        if not all(np.array_equal(arrays[name], array) for name, array in self._given.items()):
            raise ValueError(
                f"the checkpoints in {self._archive.folder} are of another tree: begin again in"
                " another folder."
            )
        leaves = [_fitted(arrays[name], leaf.shape) for name, leaf in _leaves(fresh).items()]
        state: TrainState = jax.tree.unflatten(jax.tree.structure(fresh), leaves)
        state = state._replace(key=jax.random.wrap_key_data(state.key))
        position = Position(**record["position"])
        self._kept = position.step
        return state, position

    def due(self) -> bool:
        """Whether it is time for the next checkpoint."""
        return time.monotonic() - self._last >= self._every

    def save(self, state: TrainState, position: Position) -> None:
        """Write a checkpoint; where that fails, warn, and keep those that are there."""
        if position.step == self._kept:
            return
        record = {
            "settings": self._settings,
            "text": self._text,
            "position": position._asdict(),
            "others": self._others,
        }
        # Above a damaged one, too, from before which training goes on.
        number = max(position.step, *(n + 1 for n in self._archive.numbers()), 0)
        if self._archive.save(number, record, self._arrays(without_key(state))):
            self._kept = position.step
        self._last = time.monotonic()

    def _arrays(self, state: TrainState) -> dict[str, Any]:
        return {**self._words, **self._given, **_leaves(state)}

    def _refuse_another_run(self, record: Record, *, expected: dict[str, Any]) -> None:
        _refuse_strange(record)
        then = record["settings"]
        names = sorted(({*then} | {*self._settings}) - FREE_SETTINGS)
        differences = [
            f"{name} was {then.get(name)!r} and is {self._settings.get(name)!r}"
            for name in names
            if then.get(name) != self._settings.get(name)
        ]
        if self._settings.get("epochs", 0) < then.get("epochs", 0):
            differences.append(
                f"epochs was {then['epochs']} and is {self._settings['epochs']}, so that what was"
                " learnt already would be too much"
            )
        if record["text"] != self._text:
            differences.append("the text is another, or the pairs")
        if not differences and not _fit(record["arrays"], expected, self._settings["dim"]):
            differences.append(
                "the optimizer is another, or the way it updates, or tables have other rows: they"
                " and the state were"
                f" {_listed(record['arrays'])}, and are {_listed(expected)}"
            )
        if differences:
            raise ValueError(
                f"the checkpoints in {self._archive.folder} are of another run:"
                f" {'; '.join(differences)}. Resume with the same settings and text (only epochs"
                " may change, to more), or give another folder."
            )


class Destination(NamedTuple):
    """Where a run keeps its checkpoints, if it does, as the caller says it."""

    folder: str | os.PathLike[str] | None
    every: float | None = None
    """seconds between two; None for the usual"""
    resume: bool = False
    """whether the run goes on from those that are there"""

    def check(self) -> None:
        """Refuse what will not do, before anything is read: as :class:`Checkpoints`, or ValueError.

        Without a folder there is nothing to say of its checkpoints.
        """
        seconds_between(self.every, self.folder)
        if self.folder is not None:
            check_folder(self.folder, resume=self.resume)
        elif self.resume:
            raise ValueError(
                "resume needs checkpoint_dir, the folder of the checkpoints to resume from."
            )


def check_folder(folder: str | os.PathLike[str], *, resume: bool) -> None:
    """Refuse a folder that :class:`Checkpoints` would refuse: better before reading than after.

    Raises:
        ValueError: it holds checkpoints, and ``resume`` is not set.
        OSError: it cannot be written.
        ImportError: Orbax is not installed.
    """
    check_destination(folder)
    if not resume and os.path.isdir(folder) and Archive(folder, read_only=True).numbers():
        raise ValueError(
            f"{folder} holds checkpoints already: resume from them (--resume), or give another"
            " folder for a new run."
        )


def seconds_between(every: Any, folder: str | os.PathLike[str] | None) -> float:
    """How many seconds are to be between checkpoints.

    Raises:
        ValueError: they are said and no folder is, or are no number of 0 or more.
    """
    if every is None:
        return CHECKPOINT_EVERY
    if folder is None:
        raise ValueError(
            "checkpoint_every needs checkpoint_dir, the folder to write checkpoints to."
        )
    number = isinstance(every, Real) and not isinstance(every, bool)
    if not (number and every >= 0):
        raise ValueError(
            f"checkpoint_every must be a number of seconds, 0 or more, or None; got {every!r}."
        )
    return float(every)


def load(folder: str | os.PathLike[str]) -> WordVectors:
    """What the newest checkpoint that is whole had learnt: both vectors of a word, side by side.

    Of a run by hierarchical softmax, which has no second vector of a word: the center vectors, and
    the tree with the vectors of its nodes in :attr:`WordVectors.arrays`. Of a run over loose pairs
    the words are the ids of the centers, and there are both vectors where both tables have as many
    rows.

    The run may have ended in any way and need not be resumed. Training can start from the result:
    see ``start`` of :func:`jw2v.training.train`. What a run did not learn is not in its
    checkpoints: where it started from vectors itself, words that its text lacks are left out.

    Warns:
        RuntimeWarning: words are left out so, or a checkpoint is damaged.

    Raises:
        ValueError: there is no checkpoint, or all of them are damaged.
        OSError: there is no such folder.
        ImportError: Orbax is not installed.
    """
    archive = Archive(folder, read_only=True)
    with jax.enable_x64(True):  # the arrays are as wide as they were written
        found = archive.newest(_refuse_strange)
        if found is None:
            raise ValueError(f"there is no checkpoint in {folder}")
        record, arrays = found
        dim = record["settings"]["dim"]
        tables = Params(*(arrays[name][:, :dim] for name in _TABLES))
        given = {
            name.removeprefix(_GIVEN): np.asarray(array)
            for name, array in arrays.items()
            if name.startswith(_GIVEN)
        }
        both = not given and tables.V.shape == tables.U.shape
        kept: Which = "both" if both else "center"
        if given:
            given[NODES] = np.asarray(tables.U)
        vectors = np.asarray(of_words(tables, kept))
    if others := record.get("others"):
        warnings.warn(
            f"{others:,} words are left out, whose vectors the run of {folder} kept as they were:"
            " they are in what it started from, and in what it saves in the end.",
            RuntimeWarning,
            stacklevel=2,
        )
    settings = {**record["settings"], "vectors": kept}
    return WordVectors(_decoded(arrays), vectors, {"config": json.dumps(settings)}, given)


def without_key(state: TrainState) -> TrainState:
    """The state with the numbers of its key in the place of the key."""
    return state._replace(key=jax.random.key_data(state.key))


def _refuse_strange(record: Record) -> None:
    """Refuse a record that is sealed, and yet is none that a run writes."""
    settings, position, arrays = map(record.get, ("settings", "position", "arrays"))
    if not (
        isinstance(settings, dict)
        and isinstance(settings.get("dim"), int)
        and isinstance(record.get("text"), str)
        and isinstance(record.get("others", 0), int)
        and isinstance(arrays, dict)
        and {*_TABLES, *_WORDS} <= arrays.keys()
        and isinstance(position, dict)
        and _is_position(**position)
    ):
        raise ValueError("a checkpoint that jw2v did not write: begin again in another folder.")


def _is_position(**given: Any) -> bool:
    try:
        *numbers, losses, start = Position(**given)
        pairs = [(float(loss), float(pairs)) for loss, pairs in losses]
        pairs += [(0.0 if start is None else float(start), 0.0)]
    except (TypeError, ValueError):
        return False
    return bool(np.isfinite(pairs).all()) and all(type(n) is int and n >= 0 for n in numbers)


def _leaves(state: TrainState) -> dict[str, Any]:
    """The arrays of a state by their place in it."""
    return {f"{i:03}": leaf for i, leaf in enumerate(jax.tree.leaves(state))}


def _fit(then: Mapping[str, Any], now: Mapping[str, Any], dim: int) -> bool:
    """Whether arrays are of the same shapes and types, but for columns that only pad the tables.

    How many these are depends on the devices that split them.
    """

    def without(arrays: Mapping[str, Any]) -> dict[str, Any]:
        width = arrays[_TABLES[0]][0][-1]
        return {
            name: [[*shape[:-1], dim] if shape[1:] and shape[-1] == width else shape, dtype]
            for name, (shape, dtype) in arrays.items()
        }

    return without(then) == without(now)


def _fitted(array: Any, shape: tuple[int, ...]) -> Any:
    """An array with as many columns of zeros at its end as it is to have."""
    if array.shape == shape:
        return array
    more = shape[-1] - array.shape[-1]
    return jnp.pad(array[..., : shape[-1]], [(0, 0)] * (len(shape) - 1) + [(0, max(0, more))])


def _listed(arrays: Mapping[str, Any]) -> str:
    return ", ".join(f"{dtype}{shape}" for name, (shape, dtype) in arrays.items() if name.isdigit())


def _encoded(words: Sequence[str]) -> dict[str, Any]:
    held = [word.encode("utf-8", "surrogatepass") for word in words]
    return {
        "words": np.frombuffer(b"".join(held), np.uint8),
        # Not int64, which JAX would cut to 32 bits when it reads them back.
        "word_ends": np.cumsum([len(word) for word in held], dtype=np.uint32),
    }


def _decoded(arrays: Mapping[str, Any]) -> tuple[str, ...]:
    held = np.asarray(arrays["words"]).tobytes()
    ends = [0, *np.asarray(arrays["word_ends"]).tolist()]
    return tuple(held[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(ends))
