"""How the processes of a run find each other, and notice that one of them is lost.

The first listens at the port of the run, and each other one connects to it, says which it is, and
is told when all are there. Only then do they join by JAX, which ends a process that waits in vain,
or that comes twice, by an abort. Their connections stay. Over them all say every few seconds that
they are there, and whoever misses that ends, and says which process was lost and how to go on. A
process that ends for a reason of its own says so before.

A word between processes is one byte; that of a loss is followed by the number of the process that
was lost. Whoever reaches the port can take part, as with JAX itself: it belongs into a network that
others cannot reach.
"""

import json
import os
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jw2v.training import interrupts
from jw2v.training.interrupts import LostError

__all__ = ["BEAT", "JOINING", "PATIENCE", "Watch"]

PATIENCE = 30.0
"""Seconds without a word, after which another process counts as lost."""
BEAT = 2.0
"""Seconds between two words."""
JOINING = 60.0
"""Seconds in which all processes must have started."""
_SAYING = 5.0
"""Seconds in which a process says who it is, or for what reason it ends."""
_AGAIN = 0.2
"""Seconds until a process that finds nobody tries again."""
_LINE = 4096
"""Bytes of a line at most, as processes introduce themselves."""

_HERE, _READY, _GO, _ENDED, _FAILED, _LOST = b".", b"R", b"G", b"E", b"F", b"L"


class Watch:
    """Connections between the first process and each other one.

    Args:
        host: where the first process is.
        port: where it listens.
        number: how many processes there are.
        own: which of them this is, from 0 on.

    Raises:
        ValueError: the port is taken, a process of this number is there already, or the others say
            that they are more or fewer.
        LostError: not all came in time.
    """

    port: int
    """of the first process, free, for JAX to join them"""

    def __init__(self, host: str, port: int, number: int, own: int) -> None:
        self._number, self._own = number, own
        self._at = f"{host}:{port}"
        self._closing = threading.Event()
        self._complete = threading.Event()
        self._arrived = threading.Semaphore(0)
        self._gone = threading.Semaphore(0)
        self._sending = threading.Lock()
        self._peers: dict[int, socket.socket] = {}
        if own == 0:
            self._admit(port)
        else:
            self._call(host, port)
        for peer, connection in self._peers.items():
            connection.settimeout(PATIENCE)
            _start(self._listen, peer, connection)
        _start(self._speak)

    def meet(self) -> None:
        """Wait for all: the others say that they are ready, and the first that it goes on."""
        if self._own == 0:
            for _ in self._peers:
                self._arrived.acquire()
            self._say(_GO)
        else:
            self._say(_READY)
            self._arrived.acquire()

    def part(self) -> None:
        """Say that this process ends, as all have agreed; no end of another is a loss from now."""
        self._closing.set()
        self._say(_ENDED)

    def fail(self) -> None:
        """Say that this process ends for a reason of its own, after which the others end too."""
        if not self._closing.is_set():
            self._closing.set()
            self._say(_FAILED)
        self.wait(_SAYING + BEAT)

    def wait(self, seconds: float) -> None:
        """As the first process, stay until the others are gone: JAX has them need it to the end."""
        if self._own == 0:
            until = time.monotonic() + seconds
            for _ in self._peers:
                self._gone.acquire(timeout=max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Let go of all connections."""
        doors = [self._door] if self._own == 0 else []
        for each in [*self._peers.values(), *doors]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # a close alone would leave its listener
            each.close()

    def _admit(self, port: int) -> None:
        """Let the others in, as the first process."""
        try:
            self._door = socket.create_server(("", port), backlog=self._number)
        except OSError as error:
            raise ValueError(
                f"port {port} of {self._at.rpartition(':')[0]} is taken"
                f" ({os.strerror(error.errno or 0)}): does another run use it, or has another"
                " process the id 0? Give all processes another port."
            ) from error
        _start(self._answer)
        if self._number > 1 and not self._complete.wait(JOINING):
            missing = [each for each in range(1, self._number) if each not in self._peers]
            reason = (
                f"{_named(missing, self._number)} did not come to {self._at} within"
                f" {JOINING:.0f} seconds"
            )
            self._tell({"lost": reason})
            self.close()
            raise LostError(reason)
        self.port = _free_port()
        self._tell({"port": self.port})

    def _answer(self) -> None:
        """Hear whoever comes, for as long as the run lasts: one that comes twice is sent away."""
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:  # closed
                return
            _start(self._introduce, connection)

    def _introduce(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(_SAYING)
            said = _line(connection)
            own, number = said["id"], said["of"]
            if not (isinstance(own, int) and isinstance(number, int)):
                raise ValueError("no whole numbers")
        except (OSError, ValueError, LookupError):  # nobody of ours
            connection.close()
            return
        with self._sending:
            if reason := self._reason_against(own, number):
                with suppress(OSError):
                    _send(connection, {"refused": reason})
                connection.close()
                return
            if own in self._peers:
                self._peers[own].close()
            self._peers[own] = connection
            if len(self._peers) == self._number - 1:
                self._complete.set()

    def _reason_against(self, own: int, number: int) -> str | None:
        if number != self._number:
            return (
                f"process 0 was told of {self._number} processes, and process {own} of {number}:"
                " give all of them the same number."
            )
        if not 0 <= own < number:
            return f"process_id must be from 0 to {number - 1}; got {own}."
        before = self._peers.get(own)
        if own == 0 or (before and (self._complete.is_set() or _is_open(before))):
            return (
                f"process {own} of {number} is there already: give each an id of its own, from 0"
                f" to {number - 1}, and each run a port of its own."
            )
        return None

    def _tell(self, what: dict[str, Any]) -> None:
        with self._sending:
            for connection in self._peers.values():
                with suppress(OSError):
                    _send(connection, what)

    def _call(self, host: str, port: int) -> None:
        """Find the first process."""
        until = time.monotonic() + JOINING
        while True:
            try:
                connection, said = self._asked(host, port)
                break
            except LostError:
                raise
            except OSError as error:
                if time.monotonic() > until:
                    raise LostError(
                        f"process {self._own} of {self._number} did not find process 0 at"
                        f" {self._at} within {JOINING:.0f} seconds ({error})"
                    ) from error
                time.sleep(_AGAIN)
        self.port, self._peers = int(said["port"]), {0: connection}

    def _asked(self, host: str, port: int) -> tuple[socket.socket, dict[str, Any]]:
        """A connection to the first process, and what it says when all are there."""
        connection = socket.create_connection((host, port), timeout=_SAYING)
        try:
            _send(connection, {"id": self._own, "of": self._number})
            connection.settimeout(JOINING + _SAYING)
            try:
                said = _line(connection)
            except ValueError as error:
                raise ValueError(
                    f"what answers at {self._at} is not process 0 of a run: does another program"
                    " use this port? Give all processes another."
                ) from error
            if lost := said.get("lost"):
                raise LostError(lost)
            if "port" not in said:
                raise ValueError(said.get("refused"))
            return connection, said
        except BaseException:
            connection.close()
            raise

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
        ended = False
        while True:
            try:
                word = connection.recv(1)
                which = connection.recv(4, socket.MSG_WAITALL) if word == _LOST else b""
            except OSError:  # no word for so long, or no connection any more
                word = which = b""
            if word in (_READY, _GO):
                self._arrived.release()
            elif word in (_ENDED, _FAILED):
                ended = True
                if word == _FAILED:
                    _start(self._end, peer, "has ended with an error of its own", _SAYING)
            elif which:
                self._end(int.from_bytes(which, "big"), _GONE)
            elif word != _HERE:
                self._gone.release()
                if not ended:
                    self._end(peer, _GONE)
                return

    def _end(self, peer: int, how: str, grace: float = 0.0) -> None:
        """End this process, unless it ends by itself for as good a reason."""
        if self._closing.wait(grace):
            return
        if self._own == 0:  # the others hear of each other from the first alone
            self._say(_LOST + peer.to_bytes(4, "big"), but=peer)
        interrupts.give_up(
            f"process {peer} of {self._number} {how}, and process {self._own} ends too",
            interrupts.LOST,
        )


_GONE = "has ended or does not answer"


def _start(run: Callable[..., None], *given: Any) -> None:
    threading.Thread(target=run, args=given, name="jw2v processes", daemon=True).start()


def _named(which: list[int], number: int) -> str:
    """Processes by their numbers: ``processes 1 and 3 of 4``."""
    *most, last = map(str, which)
    return f"process{'es' if most else ''} {' and '.join([*most, last])} of {number}"


def _free_port() -> int:
    with socket.create_server(("", 0)) as door:
        return int(door.getsockname()[1])


def _is_open(connection: socket.socket) -> bool:
    """Whether a process that has nothing to say is there still."""
    try:
        says, _, _ = select.select([connection], [], [], 0)
        return not says or bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def _send(connection: socket.socket, what: dict[str, Any]) -> None:
    connection.sendall(json.dumps(what).encode() + b"\n")


def _line(connection: socket.socket) -> dict[str, Any]:
    """What another process says in a line, byte for byte: words may follow it.

    Raises:
        OSError: it went away, or says nothing.
        ValueError: it speaks otherwise.
    """
    line = b""
    while not line.endswith(b"\n"):
        if not (byte := connection.recv(1)):
            raise ConnectionError("it closed the connection")
        line += byte
        if len(line) > _LINE:
            raise ValueError("more than a line")
    try:
        said = json.loads(line)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said
