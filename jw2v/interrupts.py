"""Ctrl-C, noted rather than raised, so that what is under way can be brought to an end."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["interruptible"]


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
