"""Vector files, told apart by their suffix or by name.

A format is a function ``save(path, words, vectors, metadata)`` and a function ``load(path,
selection)`` that returns ``(words, vectors, metadata)``. Both write or read all that is wanted or
raise; the name of the file is added to their errors here. ``FORMATS`` lists them.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from jw2v.formats import projector, safetensors, tables, word2vec, word2vec_binary
from jw2v.formats._selection import ReadOptions, Selection
from jw2v.formats._shared import GENSIM_HINT, Contents, Path, Vectors, any_word
from jw2v.storage import files

__all__ = [
    "ARRAY_TYPES",
    "FORMATS",
    "Format",
    "ReadOptions",
    "check_contents",
    "check_destination",
    "load",
    "load_arrays",
    "named",
    "save",
]


class Format(NamedTuple):
    """A kind of vector file."""

    name: str
    """what ``format=`` takes"""
    about: str
    """in a few words"""
    suffixes: tuple[str, ...]
    """of its files, lower case; each may be followed by ``.gz`` if ``packed``"""
    save: Callable[[Path, Sequence[str], Vectors, Mapping[str, str]], None]
    load: Callable[[Path, Selection], Contents]
    check: Callable[[Sequence[str], npt.DTypeLike], None] = any_word
    """refuses, by ValueError, words and a type of numbers that it cannot hold"""
    keeps_metadata: bool = False
    unicode: bool = False
    """whether its words are UTF-8 by definition, so that no other encoding can be named"""
    packed: bool = False
    beside: Callable[[Path], str] | None = None
    """the name of a second file that belongs to it"""


FORMATS = (
    Format(
        "safetensors",
        "the format of jw2v, mapped into memory",
        (".safetensors",),
        safetensors.save,
        safetensors.load,
        keeps_metadata=True,
        unicode=True,
    ),
    Format(
        "glove",
        "text of GloVe",
        (".glove", ".glove.txt"),
        word2vec.save_without_header,
        word2vec.load,
        word2vec.check_without_header,
        packed=True,
    ),
    Format(
        "word2vec",
        "text of word2vec and gensim",
        (".txt",),
        word2vec.save,
        word2vec.load,
        word2vec.check,
        packed=True,
    ),
    Format(
        "word2vec-binary",
        "binary of word2vec and gensim",
        (".bin",),
        word2vec_binary.save,
        word2vec_binary.load,
        word2vec_binary.check,
        packed=True,
    ),
    Format(
        "fasttext",
        "text of fastText",
        (".vec",),
        word2vec.save,
        word2vec.load,
        word2vec.check,
        packed=True,
    ),
    Format(
        "projector",
        "the two files of the TensorBoard projector",
        (".tsv",),
        projector.save,
        projector.load,
        projector.check,
        beside=projector.metadata_path,
    ),
    Format(
        "parquet",
        "a table of Parquet",
        (".parquet",),
        tables.save_parquet,
        tables.load_parquet,
        keeps_metadata=True,
        unicode=True,
    ),
    Format(
        "arrow",
        "a table of Arrow",
        (".arrow", ".feather"),
        tables.save_arrow,
        tables.load_arrow,
        keeps_metadata=True,
        unicode=True,
    ),
)
"""The first whose suffix fits is taken."""

ARRAY_TYPES = safetensors.ARRAY_TYPES
"""Of arrays beside words and vectors."""

_ALL = ReadOptions()
_PICKLED = (".kv", ".model", ".pkl", ".pickle", ".wordvectors")


def save(
    path: Path,
    words: Sequence[str],
    vectors: Vectors,
    metadata: Mapping[str, str],
    *,
    arrays: Mapping[str, NDArray[Any]] = MappingProxyType({}),
    format: str | None = None,
) -> None:
    """Write a vector file, whole or not at all.

    Args:
        path: where to.
        words: distinct words.
        vectors: [vocab, dim], float32 or float64, finite.
        metadata: texts by name; formats that cannot hold any leave it out.
        arrays: further ones by name, which the format of jw2v alone can hold. Others leave them
            out, with a warning.
        format: the name of a format; None to go by the suffix.

    Raises:
        ValueError: no format has this name or suffix, or the format cannot hold these words or
            numbers, or there is not one vector for each word.
        OSError: the file cannot be written.
    """
    chosen = named(path, format)
    _refuse_packing(path)
    dtype = vectors.dtype.newbyteorder("=")  # the bytes in the order of this machine
    if dtype not in (np.float32, np.float64) or vectors.shape[:-1] != (len(words),):
        raise ValueError(
            f"{os.fspath(path)}: expected a vector of float32 or float64 for each of"
            f" {len(words):,} words; got {dtype} of shape {vectors.shape}"
        )
    vectors = vectors.astype(dtype, copy=False)
    with _name_in_errors(path):
        if chosen.save is safetensors.save:
            safetensors.save(path, words, vectors, metadata, arrays)
            return
        chosen.save(path, words, vectors, metadata)
    if arrays:
        warnings.warn(
            f"{os.fspath(path)} holds words and vectors alone: a .safetensors file keeps"
            f" {', '.join(arrays)} too",
            stacklevel=3,
        )


def load(path: Path, *, format: str | None = None, options: ReadOptions = _ALL) -> Contents:
    """Read a vector file: words, vectors and metadata.

    Args:
        path: from where.
        format: the name of a format; None to go by the suffix.
        options: which words, and how to read them. What is odd about the file and yet allowed, such
            as words that came again, is said by a warning.

    Raises:
        ValueError: no format has this name or suffix, or the file is not whole or not of that
            format, or it has none of the words asked for.
        OSError: the file is missing or cannot be read.
    """
    chosen = named(path, format)
    if os.path.isdir(path):
        raise IsADirectoryError(f"{os.fspath(path)} is a folder: expected a vector file")
    if not os.path.exists(path):
        raise FileNotFoundError(f"no such file: {os.fspath(path)}")
    selection = Selection(options)
    with _name_in_errors(path):
        if chosen.unicode and not options.plain:
            raise ValueError(
                f"{chosen.about} has its words in UTF-8: encoding and errors are for text and "
                "binary files, so leave them out"
            )
        contents = chosen.load(path, selection)
        if options.only is not None and not selection.words:
            where = "" if options.limit is None else f" in its first {options.limit:,} rows"
            raise ValueError(f"none of the words asked for is there{where}")
    for note in selection.notes():
        warnings.warn(f"{os.fspath(path)}: {note}", stacklevel=3)
    return contents


def load_arrays(path: Path, *, format: str | None = None) -> dict[str, NDArray[Any]]:
    """What a file holds beside words and vectors, of one that :func:`load` has read.

    Raises:
        ValueError: they are not of the types that a model has.
    """
    if named(path, format).load is not safetensors.load:
        return {}
    with _name_in_errors(path):
        return safetensors.load_arrays(path)


def check_destination(path: Path, *, format: str | None = None) -> None:
    """Refuse a path that :func:`save` would refuse: better before training than after."""
    chosen = named(path, format)
    _refuse_packing(path)
    files.check_writable(path)
    if chosen.beside:
        projector.check_name(path)
        files.check_writable(chosen.beside(path))


def check_contents(
    path: Path, words: Sequence[str], dtype: npt.DTypeLike, *, format: str | None = None
) -> None:
    """Refuse words and a type of numbers that :func:`save` would refuse, before training."""
    with _name_in_errors(path):
        named(path, format).check(words, dtype)


def named(path: Path, name: str | None = None) -> Format:
    """The format of a name, or else of the suffix of a path.

    Raises:
        ValueError: there is none.

    >>> named("wiki.vec.gz").name, named("wiki.txt", "glove").name
    ('fasttext', 'glove')
    """
    if name is not None:
        for format in FORMATS:
            if format.name == name:
                return format
        names = ", ".join(format.name for format in FORMATS)
        raise ValueError(f"expected one of the formats {names}, got {name!r}")
    lower = os.path.basename(os.fspath(path)).lower()
    for format in FORMATS:
        if lower.removesuffix(".gz" if format.packed else "").endswith(format.suffixes):
            return format
    suffix = os.path.splitext(lower)[1]
    if lower.removesuffix(".gz").endswith(_PICKLED):
        raise ValueError(f"{os.fspath(path)}: {GENSIM_HINT}")
    known = " or ".join(suffix for format in FORMATS for suffix in format.suffixes)
    raise ValueError(
        f"{os.fspath(path)}: the suffix of a vector file tells its format, unless the format is "
        f"named: expected {known}, got {suffix!r}"
    )


def _refuse_packing(path: Path) -> None:
    if os.fspath(path).lower().endswith(".gz"):
        raise ValueError(f"{os.fspath(path)}: gzip is only read: write it plain, and pack it after")


@contextmanager
def _name_in_errors(path: Path) -> Iterator[None]:
    """Each error says which file it is about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from error
