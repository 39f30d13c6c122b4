"""What a command reads and what it writes lie apart: no result takes the place of anything else."""

import os
import stat
import sys
import unicodedata
from collections.abc import Hashable, Iterable, Iterator
from itertools import combinations, permutations, product
from pathlib import Path
from typing import NamedTuple

__all__ = ["Place", "apart", "of_vectors", "results_in"]


class Place(NamedTuple):
    """A file or folder of a command."""

    name: str
    """what the user calls it, such as ``-o``"""
    path: str | os.PathLike[str] | int
    """or the number of an open file"""
    folder: bool = False
    """a folder that is read or written as a whole"""

    def __str__(self) -> str:
        return self.name if isinstance(self.path, int) else f"{self.name} {os.fspath(self.path)}"


def of_vectors(name: str, path: str | Path, format: str | None = None) -> Iterator[Place]:
    """The file of vectors, and the second one that some formats have."""
    from jw2v import formats

    yield Place(name, path)
    if beside := formats.named(path, format).beside:
        yield Place(f"the words of {name},", beside(path))


def apart(read: Iterable[Place], written: Iterable[Place]) -> None:
    """Refuse, by ValueError, to write onto what is read or written already, however it is spelt.

    A folder that is read or written as a whole is apart from all that lies in it. What can be read
    only once, such as a pipe, may be read once.
    """
    read, written = list(read), list(written)
    streams = list(_streams())
    for result, other in (
        *product([*written, *streams], read),
        *combinations(written, 2),
        *product(streams, written),
    ):
        if _same(result, other):
            raise ValueError(
                f"{result} and {other} are the same file: nothing is written onto what a command"
                " reads, or writes otherwise; give another name"
            )
    for inner, outer in (
        *product(written, read),
        *product(read, written),
        *permutations(written, 2),
    ):
        if outer.folder and _inside(inner, outer):
            raise ValueError(f"{inner} lies in {outer}: choose places that are apart")
    for one, other in combinations(read, 2):
        if _same(one, other) and not _lasts(one):
            raise ValueError(f"{one} and {other} are the same pipe, which can be read only once")


def results_in(folder: Path, read: Iterable[Place]) -> tuple[Path, Path]:
    """A folder, which is made, and where in it vectors and a picture can be written."""
    from jw2v import formats
    from jw2v.pictures import plot

    vectors, picture = folder / "vectors.safetensors", folder / "word_vectors.png"
    apart(read, [Place("the vectors", vectors), Place("the picture", picture)])
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file: expected the name of a folder to write")
    folder.mkdir(parents=True, exist_ok=True)
    formats.check_destination(vectors)
    plot.check_destination(picture)
    return vectors, picture


def _streams() -> Iterator[Place]:
    """Standard output and standard error, where they go to a file."""
    for name, stream in (("standard output", sys.__stdout__), ("standard error", sys.__stderr__)):
        if stream is not None and stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            yield Place(name, stream.fileno())


def _same(one: Place, other: Place) -> bool:
    return _identity(one.path) == _identity(other.path)


def _inside(inner: Place, outer: Place) -> bool:
    if isinstance(inner.path, int):
        return False
    parents = Path(os.path.realpath(inner.path)).parents
    return _identity(outer.path) in map(_identity, parents)


def _identity(path: str | os.PathLike[str] | int) -> Hashable:
    """Equal for all spellings of a path: links, ``..``, and cases where these do not matter.

    Names of files that are not there yet count as equal if they differ in case only: no system is
    asked whether it tells them apart.
    """
    if not isinstance(path, int):
        path = os.path.realpath(path)  # where files are written: "nowhere/../file" is "file" there
    try:
        found = os.stat(path)
    except OSError:
        assert not isinstance(path, int)
        folder, name = os.path.split(path)
        name = unicodedata.normalize("NFC", name).casefold()
        return (_identity(folder) if os.path.isdir(folder) else folder), name
    return found.st_dev, found.st_ino


def _lasts(place: Place) -> bool:
    try:
        mode = os.stat(place.path).st_mode
    except OSError:
        return True
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)
