"""Files and folders that are written whole or not at all."""

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

__all__ = ["check_folder", "check_writable", "replacing", "replacing_folder"]

_LISTING = "jw2v-files.txt"
"""In a folder of ours: the names of all its files, so that what others put there is not lost."""


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


def check_folder(path: str | os.PathLike[str]) -> None:
    """Refuse, by OSError, a path where :func:`replacing_folder` could not put a folder."""
    target = os.path.realpath(path)
    parent = os.path.dirname(target)
    if os.path.lexists(target) and not os.path.isdir(target):
        raise NotADirectoryError(f"{path} is a file: expected the name of a folder to write")
    if not os.path.isdir(parent):
        raise FileNotFoundError(f"cannot write {path}: there is no folder {parent}; make it first")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(f"cannot write {path}: no permission to write in {parent}")
    if os.path.isdir(target) and (found := _files_in(target)) and found != _listed(target):
        raise FileExistsError(
            f"{path} holds files that jw2v did not write there: choose another folder, or delete it"
        )


@contextmanager
def replacing_folder(path: str | os.PathLike[str]) -> Iterator[str]:
    """A new folder to write files in, which appears at ``path`` when the block ends well.

    Until then, and for ever if the block raises, ``path`` keeps what it had. A folder is replaced
    only if it is empty or holds just what was written this way before.
    """
    check_folder(path)
    target = os.path.realpath(path)
    parent = os.path.dirname(target)
    temporary, old = (
        os.path.join(parent, f".jw2v-{secrets.token_hex(8)}.{kind}") for kind in ("tmp", "old")
    )
    try:
        os.mkdir(temporary)
        yield temporary
        with open(os.path.join(temporary, _LISTING), "w", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in sorted({*_files_in(temporary), _LISTING}))
        for name in _files_in(temporary):
            with open(os.path.join(temporary, name), "rb") as file_:
                os.fsync(file_.fileno())
        check_folder(path)
        if os.path.isdir(target):
            os.rename(target, old)
        try:
            os.rename(temporary, target)
        except BaseException:
            if os.path.isdir(old):
                os.rename(old, target)
            raise
    except BaseException as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, f"cannot write {path}: {error.strerror}") from error
        raise
    finally:
        for folder in (temporary, old):
            shutil.rmtree(folder, ignore_errors=True)


def _files_in(folder: str) -> set[str]:
    """The files of a folder and of those in it, by their path in it."""
    return {
        os.path.relpath(os.path.join(inside, name), folder)
        for inside, _, names in os.walk(folder)
        for name in names
    }


def _listed(folder: str) -> set[str] | None:
    with suppress(OSError, UnicodeDecodeError), open(os.path.join(folder, _LISTING)) as file:
        return set(file.read().splitlines())
    return None
