"""Arrays and a record beside them, written by Orbax: whole or not at all, and checked when read.

The archive is a folder of numbered entries. The last two are kept, so that a damaged one leaves the
one before. A damaged one counts as one of the two until others are written.
"""

import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from jw2v.storage import memory
from jw2v.storage.fingerprints import fingerprint

if TYPE_CHECKING:
    from orbax.checkpoint import CheckpointManager

__all__ = ["Archive", "Record", "check_destination", "shapes"]

Record = dict[str, Any]
"""What JSON holds. The archive adds ``version``, ``jax``, ``arrays`` (their shapes) and digests."""

_KEPT = 2
_PIECE_BYTES = 16 << 20
_VERSION = 2
_OURS = {"record", "state", "_CHECKPOINT_METADATA"}
"""What a whole entry has: a damaged one has some of it left."""


class Archive:
    """A folder of numbered entries.

    Args:
        folder: made if it is not there, unless it is only read.
        read_only: nothing will be written.

    Raises:
        OSError: the folder cannot be written, or is not there to be read.
        ImportError: Orbax is not installed.
    """

    def __init__(self, folder: str | os.PathLike[str], *, read_only: bool = False) -> None:
        self.folder = Path(folder).absolute()
        self._manager = _open(self.folder, read_only)

    def numbers(self) -> list[int]:
        """Those that are there, smallest first."""
        return sorted(self._manager.all_steps())

    def save(self, number: int, record: Mapping[str, Any], arrays: Mapping[str, Any]) -> bool:
        """Write an entry; where that fails, warn, and keep those that are there.

        Args:
            number: larger than those that are there, or nothing is written.
            record: what JSON holds.
            arrays: by name.

        Returns:
            Whether it is there now.
        """
        import orbax.checkpoint as ocp

        whole = {
            **record,
            "version": _VERSION,
            "jax": jax.__version__,
            "arrays": shapes(arrays),
            "digest": fingerprint(_parts(arrays)),
        }
        whole["seal"] = _seal(whole)
        if jax.process_count() > 1:  # Orbax takes arrays of JAX for those of all processes
            arrays = {name: np.asarray(array) for name, array in arrays.items()}
        # Arrays of JAX are written from where they are, a piece at a time.
        pieces = {name: ocp.SaveArgs(chunk_byte_size=_PIECE_BYTES) for name in arrays}
        state = ocp.args.StandardSave(dict(arrays), save_args=pieces)
        args = ocp.args.Composite(state=state, record=ocp.args.JsonSave(whole))
        written = False
        try:
            with _quiet():
                started = self._manager.save(number, args=args)
                self._manager.wait_until_finished()
            written = started and number in self.numbers()
            if not written:
                raise ValueError(f"number {number} is not above those that are there")
        except (OSError, ValueError) as error:  # the file system's and TensorStore's complaints
            warnings.warn(
                f"could not write a checkpoint to {self.folder}, and training goes on without it:"
                f" {error}",
                RuntimeWarning,
                stacklevel=3,
            )
        memory.release()
        return written

    def newest(self, check: Callable[[Record], None]) -> tuple[Record, dict[str, Any]] | None:
        """The record and the arrays of the newest entry that is whole; None if there is no entry.

        Args:
            check: raises what it has against a record, before its arrays are read.

        Raises:
            ValueError: every entry is damaged.
        """
        numbers = self.numbers()
        for number in reversed(numbers):
            try:
                record = self._record(number)
            except Exception as error:  # whatever Orbax says of files that are not what it wrote
                self._say_damaged(number, error)
                continue
            check(record)
            try:
                return record, self._arrays(number, record)
            except Exception as error:
                self._say_damaged(number, error)
        if numbers:
            raise ValueError(
                f"every checkpoint in {self.folder} is damaged: begin again in another folder."
            )
        return None

    def _record(self, number: int) -> Record:
        import orbax.checkpoint as ocp

        args = ocp.args.Composite(record=ocp.args.JsonRestore())
        with _quiet():
            record: Record = self._manager.restore(number, args=args)["record"]
        if record["version"] != _VERSION:
            raise ValueError("it was written by another version of jw2v")
        if record.pop("seal") != _seal(record):
            raise ValueError("its record is not what was written")
        return record

    def _arrays(self, number: int, record: Record) -> dict[str, Any]:
        import orbax.checkpoint as ocp

        def expect(shape: list[int], dtype: str) -> Any:
            if jax.process_count() > 1:
                return np.empty(shape, dtype)
            # Not where it lay when it was written: that may have been another kind of device.
            here = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
            return jax.ShapeDtypeStruct(shape, dtype, sharding=here)

        expected = {name: expect(*array) for name, array in record["arrays"].items()}
        args = ocp.args.Composite(state=ocp.args.StandardRestore(expected))
        with _quiet():
            arrays: dict[str, Any] = self._manager.restore(number, args=args)["state"]
        if fingerprint(_parts(arrays)) != record["digest"]:
            raise ValueError("its arrays are not those that were written")
        return arrays

    def _say_damaged(self, number: int, error: Exception) -> None:
        reason = str(error).strip().splitlines()
        warnings.warn(
            f"checkpoint {number} in {self.folder} is damaged, so the one before it is used"
            f" ({type(error).__name__}: {reason[0][:200] if reason else ''})",
            RuntimeWarning,
            stacklevel=4,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what Orbax logs as it works: errors are raised, and the rest is for its authors."""
    logger = logging.getLogger("absl")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def shapes(arrays: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The shape and the type of each array, as JSON holds them."""
    return {name: [list(array.shape), str(array.dtype)] for name, array in arrays.items()}


def check_destination(folder: str | os.PathLike[str]) -> None:
    """Refuse a folder that an :class:`Archive` could not be made in or written to.

    Raises:
        ValueError: it holds folders of others with numbers for names, which Orbax would take for
            old entries, and remove.
        OSError: it is a file, or there is no permission.
        ImportError: Orbax is not installed.
    """
    _orbax()
    if strange := _strangers(Path(folder)):
        raise ValueError(
            f"{strange[0]} is a folder that jw2v did not write, and would be taken for an old"
            " checkpoint, and removed: give a folder for checkpoints alone."
        )
    there = Path(folder).absolute()
    while not os.path.lexists(there):
        there = there.parent
    if not there.is_dir():
        raise NotADirectoryError(f"{there} is not a folder: expected one for checkpoints")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(f"cannot write checkpoints: no permission to write in {there}")


def _strangers(folder: Path) -> list[Path]:
    """Folders of others among the entries."""
    if not folder.is_dir():
        return []
    numbered = (path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir())
    held = ((path, {each.name for each in path.iterdir()}) for path in numbered)
    return sorted(path for path, names in held if names and not names & _OURS)


def _orbax() -> ModuleType:
    try:
        import orbax.checkpoint as ocp
    except ImportError as error:
        raise ImportError(
            f"checkpoints are written by Orbax ({error}): pip install 'jw2v[checkpoint]'"
        ) from error
    module: ModuleType = ocp
    return module


def _open(folder: Path, read_only: bool) -> "CheckpointManager":
    ocp = _orbax()
    if read_only and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder: expected one for checkpoints")
    if not read_only:
        check_destination(folder)
        folder.mkdir(parents=True, exist_ok=True)
    # Not Orbax's read_only, which logs warnings about itself; nothing is written unless saved.
    alone = ocp.options.MultiprocessingOptions()
    if jax.process_count() > 1:  # this process writes or reads by itself, and waits for no other
        own = jax.process_index()
        alone = ocp.options.MultiprocessingOptions(
            primary_host=own, active_processes={own}, barrier_sync_key_prefix=f"jw2v{own}"
        )
    options = ocp.CheckpointManagerOptions(
        max_to_keep=None if read_only else _KEPT,
        create=False,
        enable_async_checkpointing=False,
        multiprocessing_options=alone,
    )
    # One file for each piece: OCDBT, the default, holds all of them in memory until the end.
    handlers = {
        "state": ocp.StandardCheckpointHandler(use_ocdbt=False, multiprocessing_options=alone),
        "record": ocp.JsonCheckpointHandler(multiprocessing_options=alone),
    }
    return ocp.CheckpointManager(folder, options=options, item_handlers=handlers)


def _parts(arrays: Mapping[str, Any]) -> Iterator[Any]:
    """What tells arrays from others: their names, shapes, dtypes and numbers."""
    for name in sorted(arrays):
        array = np.ascontiguousarray(np.asarray(arrays[name]))
        yield json.dumps([name, array.shape, str(array.dtype)]).encode()
        yield array


def _seal(record: Mapping[str, Any]) -> str:
    return fingerprint([json.dumps(record, sort_keys=True).encode()])
