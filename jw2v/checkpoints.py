"""Checkpoints of a training run, written by Orbax: whole or not at all, and none for another run.

A checkpoint holds the arrays of the state, and a record: the settings, a fingerprint of the text,
where in the text training stood, and a digest of the arrays. Two are kept, so that a damaged one
leaves the one before.
"""

import hashlib
import json
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from jw2v.steps import TrainState

if TYPE_CHECKING:
    from types import FrameType

    from orbax.checkpoint import CheckpointManager

__all__ = ["Checkpoints", "Position", "interruptible"]

FREE_SETTINGS = frozenset({"epochs"})
"""Settings that may be others when a run is resumed."""
_KEPT = 2
_VERSION = 1


class Position(NamedTuple):
    """Where training stands: the next chunk of steps to run, and what was learnt of the loss."""

    epoch: int
    chunk: int
    """in the epoch"""
    step: int
    """chunks run so far: the number of the checkpoint"""
    losses: list[list[float]]
    """loss and pairs of the last chunks"""


class Checkpoints:
    """A folder of checkpoints of one run.

    Args:
        folder: made if it is not there.
        settings: of the run, as JSON holds them.
        text: the fingerprint of the text.
        every: seconds between checkpoints; 0 for one after each chunk of steps.
        resume: continue from the last checkpoint, if there is one.

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
        text: str,
        *,
        every: float,
        resume: bool,
    ) -> None:
        self.folder = Path(folder).absolute()
        self._settings = dict(settings)
        self._text = text
        self._every = every
        self._manager = _open(self.folder)
        self._last = time.monotonic()
        if not resume and self._manager.all_steps():
            raise ValueError(
                f"{folder} holds checkpoints already: resume from them (--resume), or give another"
                " folder for a new run."
            )

    def restore(self, fresh: TrainState) -> tuple[TrainState, Position] | None:
        """The state and the position of the newest checkpoint that is whole; None if there is none.

        Args:
            fresh: a state of the same run, whose values do not matter.

        Raises:
            ValueError: the checkpoints are of another run, or all of them are damaged.
        """
        steps = sorted(self._manager.all_steps(), reverse=True)
        for step in steps:
            try:
                record = self._read(step, None)
            except Exception as error:  # whatever Orbax says of files that are not what it wrote
                _say_damaged(self.folder, step, error)
                continue
            self._refuse_another_run(record)
            try:
                state = self._read(step, record, fresh)
            except Exception as error:
                _say_damaged(self.folder, step, error)
                continue
            return state, Position(**record["position"])
        if steps:
            raise ValueError(
                f"every checkpoint in {self.folder} is damaged: begin again in another folder."
            )
        return None

    def due(self) -> bool:
        """Whether it is time for the next checkpoint."""
        return time.monotonic() - self._last >= self._every

    def save(self, state: TrainState, position: Position) -> None:
        """Write a checkpoint; where that fails, warn, and keep those that are there."""
        import orbax.checkpoint as ocp

        arrays = _arrays(state)
        record = {
            "version": _VERSION,
            "jax": jax.__version__,
            "settings": self._settings,
            "text": self._text,
            "position": position._asdict(),
            "digest": _digest(arrays),
        }
        if position.step in self._manager.all_steps():
            return
        try:
            self._manager.save(
                position.step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardSave(arrays), record=ocp.args.JsonSave(record)
                ),
            )
            self._manager.wait_until_finished()
        except (OSError, ValueError) as error:  # the file system's and TensorStore's complaints
            warnings.warn(
                f"could not write a checkpoint to {self.folder}, and training goes on without it:"
                f" {error}",
                RuntimeWarning,
                stacklevel=2,
            )
        self._last = time.monotonic()

    def _read(
        self, step: int, record: Mapping[str, Any] | None, fresh: TrainState | None = None
    ) -> Any:
        import orbax.checkpoint as ocp

        if record is None or fresh is None:
            args = ocp.args.Composite(record=ocp.args.JsonRestore())
            found = self._manager.restore(step, args=args)["record"]
            if found["version"] != _VERSION or "position" not in found or "settings" not in found:
                raise ValueError("its record is not one of this version of jw2v")
            return found
        shapes = {
            name: jax.ShapeDtypeStruct(array.shape, array.dtype)
            for name, array in _arrays(fresh).items()
        }
        args = ocp.args.Composite(state=ocp.args.StandardRestore(shapes))
        arrays = self._manager.restore(step, args=args)["state"]
        if _digest({name: np.asarray(array) for name, array in arrays.items()}) != record["digest"]:
            raise ValueError("its arrays are not those that were written")
        return _state(arrays, fresh)

    def _refuse_another_run(self, record: Mapping[str, Any]) -> None:
        then = record["settings"]
        names = sorted(({*then} | {*self._settings}) - FREE_SETTINGS)
        differences = [
            f"{name} was {then.get(name)!r} and is {self._settings.get(name)!r}"
            for name in names
            if then.get(name) != self._settings.get(name)
        ]
        if record["text"] != self._text:
            differences.append("the text is another")
        if differences:
            raise ValueError(
                f"the checkpoints in {self.folder} are of another run: {'; '.join(differences)}."
                " Resume with the same settings and text (only epochs may change), or give"
                " another folder."
            )


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C is noted for the program to ask about, instead of raised; a second one is raised.

    Only the main thread can do this; elsewhere nothing changes, nor where Ctrl-C is ignored, as by
    a program that runs in the background.
    """
    noted = threading.Event()
    elsewhere = threading.current_thread() is not threading.main_thread()
    if elsewhere or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield noted.is_set
        return

    def note(number: int, frame: "FrameType | None") -> None:
        if noted.is_set():
            raise KeyboardInterrupt
        noted.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _open(folder: Path) -> "CheckpointManager":
    try:
        import orbax.checkpoint as ocp
    except ImportError as error:
        raise ImportError(
            f"checkpoints are written by Orbax ({error}): pip install 'jw2v[checkpoint]'"
        ) from error
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder: expected one for checkpoints")
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"cannot write checkpoints: no permission to write in {folder}")
    return ocp.CheckpointManager(
        folder,
        options=ocp.CheckpointManagerOptions(max_to_keep=_KEPT, enable_async_checkpointing=False),
    )


def _arrays(state: TrainState) -> dict[str, NDArray[Any]]:
    """The numbers of a state by their place in it."""
    data = state._replace(key=jax.random.key_data(state.key))
    return {f"{i:03}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(data))}


def _state(arrays: Mapping[str, Any], fresh: TrainState) -> TrainState:
    shape = jax.tree.structure(fresh._replace(key=jax.random.key_data(fresh.key)))
    data: TrainState = jax.tree.unflatten(shape, [arrays[name] for name in sorted(arrays)])
    return data._replace(key=jax.random.wrap_key_data(data.key))


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(json.dumps([name, array.shape, str(array.dtype)]).encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _say_damaged(folder: Path, step: int, error: Exception) -> None:
    reason = str(error).strip().splitlines()
    warnings.warn(
        f"checkpoint {step} in {folder} is damaged, so the one before it is used"
        f" ({type(error).__name__}: {reason[0][:200] if reason else ''})",
        RuntimeWarning,
        stacklevel=3,
    )
