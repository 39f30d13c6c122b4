"""Several processes that train together, each with devices of its own.

JAX joins them (``jax.distributed``), and a mesh spans the devices of all. Every process runs the
same program on the same text. What one alone could decide is decided for all, by :func:`any_of` and
:func:`of_first`, or they would wait for each other for ever.

A process that is killed, or stands still, would be waited for as long: :mod:`jw2v.training.watch`
sees to that.
"""

import json
import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from jw2v.training import interrupts
from jw2v.training.interrupts import LostError
from jw2v.training.watch import BEAT, JOINING, PATIENCE, Watch

__all__ = ["Processes", "is_first", "join", "leave"]


class Processes(NamedTuple):
    """Where the processes of a run meet, how many they are, and which of them this is."""

    coordinator: str
    """``HOST:PORT`` of the first, which all others can reach"""
    number: int
    id: int
    """from 0 on; 0 runs where the coordinator is"""

    def check(self) -> None:
        """Refuse, by ValueError, what cannot be."""
        host, _, port = self.coordinator.rpartition(":")
        if not (host and port.isdecimal() and 0 < int(port) < 2**16):
            raise ValueError(
                "coordinator must be HOST:PORT of the first process, such as 10.0.0.1:1234; got"
                f" {self.coordinator!r}."
            )
        if self.number < 1 or not 0 <= self.id < self.number:
            raise ValueError(
                f"process_id must be from 0 to {max(0, self.number - 1)} where there are"
                f" {self.number} processes; got {self.id}."
            )


def join(given: Processes) -> None:
    """Join the others, before anything else is asked of JAX.

    Raises:
        ValueError: there can be no such process, one of its number is there already, or the port
            is taken.
        LostError: the others did not come.
    """
    global _watch
    given.check()
    host, _, port = given.coordinator.rpartition(":")
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_cpu_collective_timeout" not in flags:  # else a process that hangs is waited for
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_collective_timeout_seconds={PATIENCE:.0f}"
    jax.config.update("jax_enable_recoverability", True)  # or XLA aborts all when one is lost
    jax.config.update("jax_enable_preemption_service", False)  # it would keep SIGTERM to itself
    watch = Watch(host, int(port), given.number, given.id)
    interrupts.joined(watch.fail)
    try:
        jax.distributed.initialize(
            f"{host}:{watch.port}",
            given.number,
            given.id,
            initialization_timeout=int(JOINING),
            heartbeat_timeout_seconds=int(2 * PATIENCE),
            shutdown_timeout_seconds=int(BEAT),
        )
    except RuntimeError as error:
        raise LostError(
            f"process {given.id} of {given.number} and the others could not be joined:"
            f" {_first_line(error)}"
        ) from error
    _watch = watch


def part() -> None:
    """Say that all end now, as they have agreed: the end of another is then no loss."""
    if _watch is not None:
        _watch.part()


def leave() -> None:
    """Part from the others, when all is done."""
    global _watch
    if _watch is None:
        return
    watch, _watch = _watch, None
    watch.part()
    watch.wait(PATIENCE)
    jax.distributed.shutdown()
    watch.close()
    interrupts.joined(None)


def hear() -> None:
    """Give what watches the others time to find out which of them was lost, and to end this one."""
    time.sleep(2 * BEAT)


def are_several() -> bool:
    """Whether other processes take part."""
    return bool(jax.process_count() > 1)


def is_first() -> bool:
    """Whether this process is the one that writes and speaks for all."""
    return bool(jax.process_index() == 0)


def meet() -> None:
    """Wait until all processes are here, however long one of them works."""
    if _watch is not None:
        _watch.meet()
    elif are_several():
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices("jw2v")


def any_of(*here: bool) -> tuple[bool, ...]:
    """Of each of some conditions, whether it holds in any process."""
    if not are_several():
        return here
    from jax.experimental import multihost_utils

    everywhere = multihost_utils.process_allgather(np.array(here))
    return tuple(bool(found) for found in everywhere.any(0))


def of_first(find: Callable[[], Any]) -> Any:
    """What the first process finds, which JSON can hold, in all of them; or its ValueError."""
    if not are_several():
        return find()
    found: dict[str, Any] = {}
    if is_first():
        try:
            found = {"found": find()}
        except (ValueError, OSError, ImportError) as error:
            found = {"error": str(error)}
    meet()
    said = json.dumps(found).encode()
    size = int(broadcast(np.array(len(said)), jax.ShapeDtypeStruct((), np.int32)))
    bytes_ = np.frombuffer(said, np.uint8) if is_first() else None
    told = json.loads(broadcast(bytes_, jax.ShapeDtypeStruct((size,), np.uint8)).tobytes())
    if "error" in told:
        raise ValueError(told["error"])
    return told["found"]


def broadcast(tree: Any, shapes: Any) -> Any:
    """Arrays that the first process has, in all of them; the others give their shapes alone."""
    from jax.experimental import multihost_utils

    if tree is None or not is_first():
        tree = jax.tree.map(lambda shape: np.zeros(shape.shape, shape.dtype), shapes)
    return jax.tree.map(np.asarray, multihost_utils.broadcast_one_to_all(tree))


def check_alike(what: dict[str, str]) -> None:
    """Refuse, by ValueError in every process, that they do not all do the same.

    Args:
        what: a digest for each name.
    """
    if not are_several():
        return
    from jax.experimental import multihost_utils

    meet()
    digests = np.array([list(bytes.fromhex(digest)[:8]) for digest in what.values()], np.uint8)
    everywhere = multihost_utils.process_allgather(digests)
    differ = (everywhere != everywhere[0]).any(axis=(0, 2))
    if differ.any():
        names = [name for name, other in zip(what, differ, strict=True) if other]
        raise ValueError(
            f"the processes of this run differ in {' and '.join(names)}: give all of them the same"
            " command, but for --process-id."
        )


_watch: Watch | None = None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]
