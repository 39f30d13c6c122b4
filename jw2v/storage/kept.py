"""Arrays that were computed once, kept in a folder until others need its room."""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jw2v.storage.files import drop_oldest

__all__ = ["LARGEST", "Arrays", "arrays"]

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

LARGEST = 128 * 2**20
"""bytes of arrays in a folder, before those used longest ago are dropped"""


def arrays(
    folder: Path | None, digest: str, make: Callable[[], Arrays], fits: Callable[[Arrays], bool]
) -> Arrays:
    """Arrays of this digest from a folder, or else made now, and kept there for the next time.

    A file that is damaged, or whose arrays do not fit, is replaced. A folder that cannot be written
    keeps nothing, which is no error.

    Args:
        folder: where; None keeps nothing.
        digest: tells what they are made from and how, such as a
            :func:`~jw2v.storage.fingerprints.fingerprint` does.
        make: makes them.
        fits: whether what a file holds could be them.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     for number in (1, 2):
    ...         found = arrays(Path(parent), "a", lambda: {"x": np.array(number)}, lambda _: True)
    ...         print(found["x"])
    1
    1
    """
    if folder is None:
        return make()
    path = folder / f"{digest}.npz"
    # It may not be there, and damage has many names: either way it is made again.
    with suppress(Exception):
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        if fits(found):
            os.utime(path)
            return found
    made = make()
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Not by `files`, which counts what it writes among the results of a command.
        half = path.with_name(f".{secrets.token_hex(8)}")
        try:
            with open(half, "xb") as writing:
                np.savez(writing, allow_pickle=False, **made)
            os.replace(half, path)
        finally:
            half.unlink(missing_ok=True)
        drop_oldest(folder, LARGEST)
    return made
