"""Files and folders that are written whole or not at all."""

import os
import secrets
import shutil
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO, TypeAlias

__all__ = [
    "abandon",
    "check_folder",
    "check_writable",
    "drop_oldest",
    "replaced",
    "replacing",
    "replacing_folder",
    "replacing_together",
    "written",
]

Path: TypeAlias = str | os.PathLike[str]

_LISTING = "jw2v-files.txt"
"""In a folder of ours: the names of all its files, so that what others put there is not lost."""

written: dict[str, None] = {}
"""The files and folders that this process wrote, in order."""
replaced: dict[str, None] = {}
"""Those of them that had been there before."""
_unfinished: set[str] = set()
_moving = threading.RLock()
"""Held while files are begun, take their places, or are given up."""


def abandon() -> None:
    """Remove what is half written, and keep this process from writing more: it is about to end."""
    _moving.acquire()  # for ever
    for path in list(_unfinished):
        _discard(path)


def _discard(path: str) -> None:
    """Remove an unfinished file or folder."""
    _unfinished.discard(path)
    for _ in range(3):  # another thread may just be making files in a folder
        shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        os.unlink(path)


def check_writable(path: Path) -> None:
    """Refuse, by OSError, a path where :func:`replacing` could not put a file."""
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise IsADirectoryError(f"{path} is a folder: expected the name of a file to write")
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(f"{path} is not a regular file: expected the name of a file to write")
    _check_parent(path, os.path.dirname(target))
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise PermissionError(f"cannot write {path}: the file is protected from writing")


def _check_parent(path: Path, folder: str) -> None:
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot write {path}: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"cannot write {path}: no permission to write in {folder}")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file that appears at ``path`` when the block ends well, in one step.

    Until then, and for ever if the block raises, ``path`` keeps what it had, and no temporary file
    is left. A file that is replaced passes on its permissions.
    """
    with replacing_together(path) as (file,):
        yield file


@contextmanager
def replacing_together(*paths: Path) -> Iterator[tuple[BinaryIO, ...]]:
    """As :func:`replacing`, for files that belong together: they appear when all are whole."""
    for path in paths:
        check_writable(path)
    targets = [os.path.realpath(path) for path in paths]
    temporary = [_beside(target, "tmp") for target in targets]
    try:
        with ExitStack() as stack:
            with _moving:
                _unfinished.update(temporary)
                files = tuple(stack.enter_context(open(name, "xb")) for name in temporary)
            for name, target in zip(temporary, targets, strict=True):
                with suppress(FileNotFoundError):
                    os.chmod(name, stat.S_IMODE(os.stat(target).st_mode))
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        with _moving:
            for name, target, path in zip(temporary, targets, paths, strict=True):
                if os.path.exists(target):
                    replaced[os.fspath(path)] = None
                os.replace(name, target)
            _settle(temporary, paths)
    except BaseException as error:
        with _moving:
            for name in temporary:
                _discard(name)
        _raise_named(error, *paths)
        raise


def _beside(target: str, kind: str) -> str:
    return os.path.join(os.path.dirname(target), f".jw2v-{secrets.token_hex(8)}.{kind}")


def _settle(temporary: Iterable[str], paths: Iterable[Path]) -> None:
    _unfinished.difference_update(temporary)
    written.update((os.fspath(path), None) for path in paths)


def _raise_named(error: BaseException, *paths: Path) -> None:
    """If the error is the system's, raise it as one that says what could not be written."""
    if isinstance(error, OSError) and error.errno is not None:
        names = " and ".join(os.fspath(path) for path in paths)
        raise OSError(error.errno, f"cannot write {names}: {error.strerror}") from error


def check_folder(path: Path) -> None:
    """Refuse, by OSError, a path where :func:`replacing_folder` could not put a folder."""
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.path.isdir(target):
        raise NotADirectoryError(f"{path} is a file: expected the name of a folder to write")
    _check_parent(path, os.path.dirname(target))
    if os.path.isdir(target) and (found := _files_in(target)) and found != _listed(target):
        raise FileExistsError(
            f"{path} holds files that jw2v did not write there: choose another folder, or delete it"
        )


@contextmanager
def replacing_folder(path: Path) -> Iterator[str]:
    """A new folder to write files in, which appears at ``path`` when the block ends well.

    Until then, and for ever if the block raises, ``path`` keeps what it had. A folder is replaced
    only if it is empty or holds just what was written this way before.
    """
    check_folder(path)
    target = os.path.realpath(path)
    temporary, old = _beside(target, "tmp"), _beside(target, "old")
    try:
        with _moving:
            _unfinished.add(temporary)
            os.mkdir(temporary)
        yield temporary
        with open(os.path.join(temporary, _LISTING), "w", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in sorted({*_files_in(temporary), _LISTING}))
        for name in _files_in(temporary):
            with open(os.path.join(temporary, name), "rb") as file_:
                os.fsync(file_.fileno())
        with _moving:
            check_folder(path)
            if _files_in(target):
                replaced[os.fspath(path)] = None
            _exchange(temporary, target, old)
            _settle([temporary], [path])
    except BaseException as error:
        with _moving:
            _discard(temporary)
        _raise_named(error, path)
        raise


def _exchange(new: str, target: str, old: str) -> None:
    """Put a folder in the place of another, if there is one, and remove that."""
    if os.path.isdir(target):
        os.rename(target, old)
    try:
        os.rename(new, target)
    except BaseException:
        if os.path.isdir(old):
            os.rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


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


def drop_oldest(folder: Path, most: int) -> None:
    """Delete the oldest files of a folder, until all together have no more bytes than ``most``."""
    found = [(entry.path, entry.stat()) for entry in os.scandir(folder) if entry.is_file()]
    total = sum(status.st_size for _, status in found)
    for path, status in sorted(found, key=lambda each: each[1].st_mtime):
        if total <= most:
            return
        with suppress(FileNotFoundError):  # another process may do the same
            os.unlink(path)
        total -= status.st_size
