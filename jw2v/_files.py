"""Files that are written whole or not at all."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

__all__ = ["check_writable", "replacing"]


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse, by OSError, a path where :func:`replacing` could not put a file."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise IsADirectoryError(f"{path} is a folder: expected the name of a file to write")
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(f"{path} is not a regular file: expected the name of a file to write")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot write {path}: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"cannot write {path}: no permission to write in {folder}")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A new file that appears at ``path`` when the block ends well, in one step.

    Until then, and for ever if the block raises, ``path`` keeps what it had, and no temporary file
    is left. A file that is replaced passes on its permissions.
    """
    check_writable(path)
    target = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(target), f".jw2v-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            with suppress(FileNotFoundError):
                os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, f"cannot write {path}: {error.strerror}") from error
        raise
