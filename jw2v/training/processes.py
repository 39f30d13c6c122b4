"""Several processes that train together, each with devices of its own.

JAX joins them (``jax.distributed``), and a mesh spans the devices of all. Every process runs the
same program on the same text. What one alone could decide is decided for all, by :func:`any_of` and
:func:`of_first`, or they would wait for each other for ever.

A process that is killed, or stands still, would be waited for as long. So each holds a connection
to the first, over which both say every few seconds that they are there (:class:`_Watch`). Whoever
misses that ends, and says which process was lost and how to go on.
"""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import jax
import numpy as np

from jw2v.training import interrupts
from jw2v.training.interrupts import LostError

__all__ = ["Processes", "is_first", "join", "leave"]

PATIENCE = 30.0
"""Seconds without a word, after which another process counts as lost."""
BEAT = 2.0
"""Seconds between two words."""
JOINING = 60
"""Seconds in which all processes must have started."""
_TOKEN = 16

_HERE, _READY, _GO, _ENDED, _LOST = b".", b"R", b"G", b"E", b"L"


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
        ValueError: there can be no such process, or the port is taken.
        LostError: the others did not come.
    """
    global _watch
    given.check()
    host, _, port = given.coordinator.rpartition(":")
    if given.id == 0:
        _check_port(host, int(port))
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_cpu_collective_timeout" not in flags:  # else a process that hangs is waited for
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_collective_timeout_seconds={PATIENCE:.0f}"
    jax.config.update("jax_enable_recoverability", True)  # or XLA aborts all when one is lost
    jax.config.update("jax_enable_preemption_service", False)  # it would keep SIGTERM to itself
    try:
        jax.distributed.initialize(
            given.coordinator,
            given.number,
            given.id,
            initialization_timeout=JOINING,
            heartbeat_timeout_seconds=int(2 * PATIENCE),
            shutdown_timeout_seconds=int(BEAT),
        )
        interrupts.joined(True)
        _watch = _Watch(host, given.number, given.id)
    except (RuntimeError, OSError) as error:
        raise LostError(
            f"process {given.id} of {given.number} and the others did not find each other at"
            f" {given.coordinator} within {JOINING} seconds: {_first_line(error)}"
        ) from error


def leave() -> None:
    """Part from the others, when all is done."""
    global _watch
    if _watch is not None:
        watch, _watch = _watch, None
        watch.close()
        interrupts.joined(False)


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


class _Watch:
    """Connections between the first process and each other one, over which they say they are there.

    A word is one byte; that of a loss is followed by the number of the process that was lost.
    """

    def __init__(self, host: str, number: int, own: int) -> None:
        self._number, self._own = number, own
        self._closing = threading.Event()
        self._arrived = threading.Semaphore(0)
        self._ended = threading.Semaphore(0)
        self._sending = threading.Lock()
        self._peers = self._answered() if own == 0 else {0: self._called(host)}
        for peer, connection in self._peers.items():
            connection.settimeout(PATIENCE)
            self._start(self._listen, peer, connection)
        self._start(self._speak)

    def meet(self) -> None:
        """Wait for all: the others say that they are ready, and the first that it goes on."""
        if self._own == 0:
            for _ in self._peers:
                self._arrived.acquire()
            self._say(_GO)
        else:
            self._say(_READY)
            self._arrived.acquire()

    def close(self) -> None:
        """End well. The first stays until the others are gone, since JAX has them need it."""
        self._closing.set()
        if self._own:
            jax.distributed.shutdown()
        self._say(_ENDED)
        until = time.monotonic() + PATIENCE
        for _ in self._peers:
            self._ended.acquire(timeout=max(0.0, until - time.monotonic()))
        if self._own == 0:
            jax.distributed.shutdown()

    def _answered(self) -> dict[int, socket.socket]:
        """Let the others connect, who know the port and the token from the first alone."""
        token = secrets.token_bytes(_TOKEN)
        with socket.create_server(("", 0), backlog=self._number) as door:
            door.settimeout(JOINING)
            port = door.getsockname()[1]
            _ = broadcast(np.array([port, *token], np.int32), _INTRODUCTION)
            found: dict[int, socket.socket] = {}
            while len(found) < self._number - 1:
                connection, _ = door.accept()
                connection.settimeout(PATIENCE)
                said = connection.recv(_TOKEN + 4, socket.MSG_WAITALL)
                if secrets.compare_digest(said[:_TOKEN], token):
                    found[int.from_bytes(said[_TOKEN:], "big")] = connection
                else:
                    connection.close()
        return found

    def _called(self, host: str) -> socket.socket:
        port, *token = broadcast(None, _INTRODUCTION).tolist()
        connection = socket.create_connection((host, port), timeout=JOINING)
        connection.sendall(bytes(token) + self._own.to_bytes(4, "big"))
        return connection

    def _start(self, run: Callable[..., None], *given: Any) -> None:
        threading.Thread(target=run, args=given, name="jw2v processes", daemon=True).start()

    def _say(self, word: bytes, but: int | None = None) -> None:
        with self._sending:
            for peer, connection in self._peers.items():
                if peer != but:
                    with suppress(OSError):  # its listener finds out
                        connection.sendall(word)

    def _speak(self) -> None:
        while not self._closing.wait(BEAT):
            self._say(_HERE)

    def _listen(self, peer: int, connection: socket.socket) -> None:
        while True:
            try:
                word = connection.recv(1)
                which = connection.recv(4, socket.MSG_WAITALL) if word == _LOST else b""
            except OSError:  # no word for so long, or no connection any more
                word = which = b""
            if word in (_READY, _GO):
                self._arrived.release()
            elif word == _ENDED:
                self._ended.release()
                return
            elif which:
                self._lost(int.from_bytes(which, "big"))
            elif word != _HERE:
                self._lost(peer)

    def _lost(self, peer: int) -> None:
        if self._closing.is_set():
            self._ended.release()
            raise SystemExit  # of this thread
        self._say(_LOST + peer.to_bytes(4, "big"), but=peer)
        interrupts.give_up(
            f"process {peer} of {self._number} has ended or does not answer, and process"
            f" {self._own} ends too",
            interrupts.LOST,
        )


_INTRODUCTION = jax.ShapeDtypeStruct((1 + _TOKEN,), np.int32)
_watch: _Watch | None = None


def _check_port(host: str, port: int) -> None:
    try:
        with socket.socket() as there:
            there.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            there.bind(("", port))
    except OSError as error:
        raise ValueError(
            f"port {port} of {host} is taken ({error.strerror}): does another run use it, or has"
            " another process the id 0? Give all processes another port."
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]
