"""Memory that is free but still ours, given back to the system."""

import ctypes
import sys

import pyarrow as pa

__all__ = ["release", "share_pool"]

_M_ARENA_MAX = -8
"""The number of this option in GNU's malloc.h."""


def release() -> None:
    """Give back what Arrow and the C library keep for later.

    After a burst of large arrays in several threads the C library of Linux keeps much of what they
    had, in a pool for each thread, and the next burst, in other threads, does not use it.
    """
    pa.default_memory_pool().release_unused()
    _in_c_library("malloc_trim", 0)


def share_pool() -> None:
    """From now on, let all new threads share one pool of the C library of Linux.

    What is free at the end of a pool is given back from that of the main thread alone: with a pool
    for each thread these ends grow with every burst. This is for all of a process, so it is for
    programs to ask for, and not for the library.
    """
    _in_c_library("mallopt", _M_ARENA_MAX, 1)


def _in_c_library(name: str, *arguments: int) -> None:
    """Call a function that GNU's C library alone has."""
    if sys.platform == "linux":
        function = getattr(ctypes.CDLL(None), name, None)
        if function is not None:
            function(*arguments)
