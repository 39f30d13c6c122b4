"""Ctrl-C: noted by training, which raises it between steps; for a command, its end at any moment.

Python raises ``KeyboardInterrupt`` wherever it happens to be: in a callback of JAX, which swallows
it, or while a thread is in JAX, which then outlives the interpreter and crashes. So :func:`guarded`
raises nothing. A thread hears of the signal, removes what is half written, says what was kept and
ends the process, unless the command asks by :func:`interruptible` to be told and to end by itself.
"""

import atexit
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from types import FrameType

__all__ = [
    "LOST",
    "LostError",
    "give_up",
    "guard",
    "guarded",
    "interruptible",
    "joined",
    "last_words",
    "leave",
    "raised",
    "say_at_the_end",
]

_SIGNALS: dict[int, str] = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
LOST = 75
"""The exit code of a process that lost another: the same command may go on, with --resume."""
_SHOW_CURSOR = "\x1b[?25h\n"
"""For a terminal on which a bar is under way."""


class LostError(ConnectionError):
    """Another process of the run has ended, or does not answer."""


def _nothing() -> str:
    return "nothing was written; begin again by the same command"


_kept: Callable[[], str] = _nothing
_farewell: Callable[[], None] | None = None
"""What tells the other processes of a run that this one fails."""
_left: int | None = None
"""The exit code of a process that is leaving."""


@contextmanager
def interruptible(*, keeps: bool) -> Iterator[Callable[[], bool]]:
    """Ctrl-C is noted for the program to ask about, instead of raised; a second one is raised.

    A program that was told so by the time it leaves the block and goes on gets a
    ``KeyboardInterrupt``. Only the main thread can do this; elsewhere nothing changes, nor where
    Ctrl-C is ignored, as by a program that runs in the background, or has a handler of its own.
    In a guarded command the process ends at once while there is nothing to keep: unless ``keeps``
    is true, and the program has asked before.
    """
    if _Guard.active is not None:
        yield from _Guard.active.interruptible(keeps)
        return
    noted = threading.Event()
    if not _is_ours(signal.SIGINT):
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
    if noted.is_set():
        raise KeyboardInterrupt


@contextmanager
def guarded() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the process, with exit code 130 or 143 and a line of last words.

    This is for a process that does nothing else: the command line. Within another guard, in another
    thread than the main one, and where the program has a handler of its own, nothing changes.
    """
    guard = _Guard.start()
    try:
        yield
    finally:
        if guard is not None:
            guard.close()


def guard() -> None:
    """As :func:`guarded`, from now until the process ends."""
    _Guard.start()


@contextmanager
def raised() -> Iterator[None]:
    """In a guarded command, Ctrl-C and SIGTERM raise ``KeyboardInterrupt`` until the block ends.

    This is for a prompt: whoever reads a line puts the terminal right on the way out.
    """
    if _Guard.active is None:
        yield
    else:
        with _Guard.active.resting():
            yield


def leave(code: int) -> None:
    """End the process with an exit code: as Python does, but Ctrl-C is heard to the end.

    While Python takes itself apart, no handler runs, and Ctrl-C would kill it. A process that has
    joined others and fails tells them, and does not part from them in order, which JAX would wait
    for.
    """
    global _left
    _left = code
    say_at_the_end(lambda: "all was done before")
    if code and _farewell:
        _farewell()
    else:
        atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:  # nobody takes what was said
            code = code or 1
    os._exit(code)


def joined(farewell: Callable[[], None] | None) -> None:
    """Note what tells the processes that this one has joined that it fails, or None for none."""
    global _farewell
    _farewell = farewell


def say_at_the_end(kept: Callable[[], str] = _nothing) -> None:
    """Set what :func:`last_words` say was kept, where no file was written yet."""
    global _kept
    _kept = kept


def give_up(reason: str, code: int) -> NoReturn:
    """End the process at once, from any thread, with a line that says why and what was kept."""
    if _left is not None:  # it ends already, and has said why
        os._exit(_left)
    try:
        _of_files("abandon", lambda: None)()
        _say(f"{reason}: {_kept()}")
    finally:
        os._exit(code)


def last_words() -> tuple[str, int]:
    """What was kept and how to go on, in a line, and the exit code."""
    number = (_Guard.active.heard if _Guard.active else 0) or signal.SIGINT
    written = ", ".join(_of_files("written", ()))
    kept = f"whole and kept: {written}" if written else _kept()
    return f"{_SIGNALS[number]}: {kept}", 128 + number


def _of_files(name: str, otherwise: Any) -> Any:
    """Something of :mod:`jw2v.storage.files`; until that is imported, nothing is written."""
    return getattr(sys.modules.get("jw2v.storage.files"), name, otherwise)


def _is_ours(number: int) -> bool:
    """Whether a signal does what Python makes it do, and this thread may change that."""
    defaults = (signal.default_int_handler, signal.SIG_DFL)
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and signal.getsignal(number) in defaults


class _Guard:
    """The signals of a process, heard by a thread, whatever the main thread is doing."""

    active: "_Guard | None" = None

    @classmethod
    def start(cls) -> "_Guard | None":
        """A new one, if there is none and signals may be taken; else None."""
        if cls.active is None and _is_ours(signal.SIGINT) and hasattr(os, "set_blocking"):
            cls.active = cls()
            return cls.active
        return None

    def __init__(self) -> None:
        self.heard = 0
        self._asked = False
        self._ending = threading.Lock()
        self._pipe, tell = os.pipe()
        os.set_blocking(tell, False)
        self._tell = tell
        self._fd_before = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
        # The handler does nothing: what counts is the number that is written to the pipe.
        self._before = {
            number: signal.signal(number, lambda *_: None)
            for number in _SIGNALS
            if _is_ours(number)
        }
        self._thread = threading.Thread(target=self._listen, name="jw2v signals", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Undo it; where an end is under way, wait for that."""
        with self._ending:
            _Guard.active = None
            for number, handler in self._before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self._fd_before)
            os.close(self._tell)
        self._thread.join()
        os.close(self._pipe)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Hear nothing, and raise what comes."""

        def note(number: int, frame: "FrameType | None") -> None:
            self.heard = number
            raise KeyboardInterrupt

        signal.set_wakeup_fd(-1)
        before = {number: signal.signal(number, note) for number in self._before}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)

    def interruptible(self, keeps: bool) -> Iterator[Callable[[], bool]]:
        """For a program that ends by itself: see :func:`interruptible`."""
        try:
            yield self._ask if keeps else bool
        finally:
            self._asked = False
        if self.heard:
            raise KeyboardInterrupt

    def _ask(self) -> bool:
        self._asked = True
        return bool(self.heard)

    def _listen(self) -> None:
        while number := os.read(self._pipe, 1):
            if number[0] in self._before:
                self._hear(number[0])

    def _hear(self, number: int) -> None:
        first, self.heard = not self.heard, number
        if first and self._asked:
            _say(f"{_SIGNALS[number]}: ends when it has written a checkpoint; again ends at once")
            return
        self._ending.acquire()  # for ever
        try:
            _of_files("abandon", lambda: None)()
            _say(last_words()[0])
        finally:
            os._exit(128 + number)


def _say(line: str) -> None:
    """Write to standard error, past all buffers, and not if nobody takes it."""
    if sys.__stderr__ is None:  # closed: its number may be that of another file
        return
    with suppress(OSError, ValueError):
        descriptor = sys.__stderr__.fileno()
        before = _SHOW_CURSOR if os.isatty(descriptor) else ""
        if select.select([], [descriptor], [], 1)[1]:
            os.write(descriptor, f"{before}{line}\n".encode(errors="backslashreplace"))
