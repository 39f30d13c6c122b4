"""Vector files, told apart by their suffix.

A format is a module with two functions: ``save(path, words, vectors, metadata)``, and
``load(path)``, which returns ``(words, vectors, metadata)``.
"""

import os
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from jw2v import _files
from jw2v.formats import safetensors

__all__ = ["check_destination", "load", "save"]

Vectors: TypeAlias = npt.NDArray[np.floating[Any]]

_BY_SUFFIX: dict[str, ModuleType] = {".safetensors": safetensors}


def save(
    path: str | os.PathLike[str],
    words: Sequence[str],
    vectors: Vectors,
    metadata: Mapping[str, str],
) -> None:
    """Write a vector file in the format of its suffix, whole or not at all.

    Raises:
        ValueError: no format has this suffix, or the format cannot hold these words.
        OSError: the file cannot be written.
    """
    _format(path).save(path, words, vectors, metadata)


def load(path: str | os.PathLike[str]) -> tuple[list[str], Vectors, dict[str, str]]:
    """Read a vector file in the format of its suffix.

    Raises:
        ValueError: no format has this suffix, or the file is not whole or not of that format.
        OSError: the file is missing or cannot be read.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder: expected a vector file")
    return cast("tuple[list[str], Vectors, dict[str, str]]", _format(path).load(path))


def check_destination(path: str | os.PathLike[str]) -> None:
    """Refuse a path that :func:`save` would refuse: better before training than after."""
    _format(path)
    _files.check_writable(path)


def _format(path: str | os.PathLike[str]) -> ModuleType:
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _BY_SUFFIX:
        raise ValueError(
            f"{os.fspath(path)}: the suffix of a vector file tells its format: expected "
            f"{' or '.join(_BY_SUFFIX)}, got {suffix!r}"
        )
    return _BY_SUFFIX[suffix]
