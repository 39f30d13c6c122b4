"""The files that paths stand for: folders, patterns and standard input among them."""

import glob
import os
import reprlib
import warnings
from collections.abc import Iterable

from jw2v.reading import arrow, rows, text
from jw2v.reading.text import AnyPath

__all__ = ["files"]

_TEXTS = (".txt", ".text")
_SHOWN = 3


def files(paths: Iterable[AnyPath]) -> list[AnyPath]:
    """The files to read, in the order of the paths.

    A folder stands for the texts and tables in it and below, which are known by their suffixes; a
    pattern with ``*``, ``?`` or ``[``, where no file has this name, for all that it matches (``**``
    is any folders). Both are read in the order of their names, folder by folder, and each file of
    them once, also where a link leads to it or a folder is matched beside its files.

    Warns:
        UserWarning: a folder has hidden files, links to folders, or files of other kinds, which are
            left out; or several different paths lead to one file, which is then read as often.

    Raises:
        ValueError: a folder has nothing to read, standard input is to be read twice, or what is
            given is no path.
        FileNotFoundError: there is no such file, or a pattern matches none.

    >>> files(["-"])
    ['-']
    """
    found: list[AnyPath] = []
    named_by: dict[str, AnyPath] = {}
    again = 0
    for path in paths:
        if not isinstance(path, str | os.PathLike):
            raise ValueError(f"expected only paths, as the first one is, got {reprlib.repr(path)}")
        for file in _of_one(path):
            found.append(file)
            again += named_by.setdefault(os.path.realpath(file), path) != path
    if found.count(text.STANDARD_INPUT) > 1:
        raise ValueError("standard input (-) can be read only once")
    if again:
        warnings.warn(
            f"{again:,} of {len(found):,} files have been named before by another path: they are"
            " read again, and their words count as often",
            UserWarning,
            stacklevel=2,
        )
    return found


def _once(paths: Iterable[AnyPath]) -> list[AnyPath]:
    """Paths without those that lead to a file that one before leads to."""
    found: dict[str, AnyPath] = {}
    for path in paths:
        found.setdefault(os.path.realpath(path), path)
    return [*found.values()]


def _of_one(path: AnyPath) -> Iterable[AnyPath]:
    name = os.fspath(path)
    if os.path.isdir(path):
        return _in_folder(name)
    if name == text.STANDARD_INPUT:
        return [text.STANDARD_INPUT]
    if os.path.exists(path):
        return [path]
    if not glob.has_magic(name):
        raise FileNotFoundError(f"no such file: {reprlib.repr(name)}")
    matches = sorted(glob.glob(name, recursive=True), key=_parts)
    if not matches:
        raise FileNotFoundError(f"no such file: {reprlib.repr(name)}, a pattern, matches none")
    return _once(file for match in matches for file in _of_one(match))


def _in_folder(folder: str) -> list[AnyPath]:
    found: list[str] = []
    hidden: list[str] = []
    others: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=_raise):
        for name in [*folders, *names]:
            path = os.path.join(parent, name)
            if name.startswith("."):
                hidden.append(path)
            elif name in names and _is_read(path):
                found.append(path)
            elif name in names or os.path.islink(path):
                others.append(path)
        folders[:] = [name for name in folders if not name.startswith(".")]
    left_out = [
        f"{len(paths):,} {what} ({', '.join(sorted(paths, key=_parts)[:_SHOWN])}"
        f"{', …' if len(paths) > _SHOWN else ''})"
        for what, paths in (("hidden", hidden), ("of other kinds", others))
        if paths
    ]
    suffixes = ", ".join((*_TEXTS, *text.PACKED, *arrow.SUFFIXES, *rows.SUFFIXES))
    if not found:
        there = f"; there are {' and '.join(left_out)}" if left_out else ""
        raise ValueError(
            f"{folder} is a folder without a text or table: expected files named {suffixes}{there}."
            f" Give the files themselves, or a pattern such as {os.path.join(folder, '*')!r}"
        )
    if left_out:
        warnings.warn(
            f"of the folder {folder}, {len(found):,} files are read, and left out are"
            f" {' and '.join(left_out)}: a folder stands for its {suffixes}",
            UserWarning,
            stacklevel=2,
        )
    return _once([*sorted(found, key=_parts)])


def _is_read(path: str) -> bool:
    if arrow.is_table(path) or rows.is_rows(path):
        return True
    kind = text.suffix(path)
    return kind in _TEXTS or (not kind and path.lower().endswith(text.PACKED))


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def _raise(error: OSError) -> None:
    raise error
