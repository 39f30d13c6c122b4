"""What JAX compiled for a command is kept for the next one, in the cache that JAX has for it."""

import os

import platformdirs

from jw2v.storage.files import drop_oldest

__all__ = ["FOLDER", "keep"]

FOLDER = "JAX_COMPILATION_CACHE_DIR"
"""JAX's own setting, which it reads when it is imported."""
SHORTEST = "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
"""What compiles in less time is not kept."""
LARGEST = 256 * 2**20
"""bytes of compiled programs, before the oldest are dropped"""


def keep() -> None:
    """Name a folder of the user's for JAX's cache, unless one is named; before JAX is imported.

    A program is found again for the same sizes, versions and kind of processor, and gives the same
    numbers. Where no folder can be made, nothing is kept. ``JAX_ENABLE_COMPILATION_CACHE=false``
    turns the cache off.
    """
    if FOLDER in os.environ:
        return
    folder = platformdirs.user_cache_path("jw2v") / "compiled"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        drop_oldest(folder, LARGEST)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        os.environ[FOLDER] = str(folder)
        os.environ.setdefault(SHORTEST, "0.1")
