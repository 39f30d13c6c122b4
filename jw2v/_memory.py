"""Memory that is free but still ours, given back to the system."""

import ctypes
import sys

import pyarrow as pa

__all__ = ["release"]


def release() -> None:
    """Give back what Arrow and the C library keep for later.

    After a burst of large arrays in several threads the C library of Linux keeps much of what they
    had, in a pool for each thread, and the next burst, in other threads, does not use it.
    """
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # GNU's C library alone has it
        if trim is not None:
            trim(0)
