"""Vector files, told apart by their suffix or by name.

A format is a function ``save(path, words, vectors, metadata)`` and a function ``load(path,
selection)`` that returns ``(words, vectors, metadata)``. Both write or read all that is wanted or
raise; the name of the file is added to their errors here. ``FORMATS`` lists them.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from jw2v.formats import _places as places
from jw2v.formats import fasttext_model, projector, safetensors, tables, word2vec, word2vec_binary
from jw2v.formats._places import Source, is_url, name_of
from jw2v.formats._selection import ReadOptions, Selection
from jw2v.formats._shared import COUNTS, GENSIM_HINT, Contents, Path, Vectors, any_word
from jw2v.storage import files

__all__ = [
    "ARRAY_TYPES",
    "COUNTS",
    "FORMATS",
    "Format",
    "ReadOptions",
    "check_contents",
    "check_destination",
    "is_url",
    "load",
    "load_model",
    "name_of",
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
    """of its files, lower case; each may be followed by ``.gz``, ``.bz2`` or ``.zst`` if ``packed``
    """
    save: Callable[..., None]
    """(path, words, vectors, metadata), and arrays by name if it can load any"""
    load: Callable[[Any, Selection], Contents]
    check: Callable[[Sequence[str], npt.DTypeLike], None] = any_word
    """refuses, by ValueError, words and a type of numbers that it cannot hold"""
    keeps_metadata: bool = False
    numbers: tuple[str, ...] = ("float32", "float64")
    """the types that it can write"""
    unicode: bool = False
    """whether its words are UTF-8 by definition, so that no other encoding can be named"""
    packed: bool = False
    """whether it is read from any stream of bytes, packed or not, and written packed as ``.gz``"""
    load_arrays: Callable[[Path], dict[str, NDArray[Any]]] | None = None
    """of a file that it has loaded, what there is beside words and vectors"""
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
        numbers=("float16", "float32", "float64"),
        load_arrays=safetensors.load_arrays,
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
        load_arrays=tables.load_counts_of_parquet,
        unicode=True,
    ),
    Format(
        "arrow",
        "a table of Arrow",
        (".arrow", ".feather"),
        tables.save_arrow,
        tables.load_arrow,
        keeps_metadata=True,
        load_arrays=tables.load_counts_of_arrow,
        unicode=True,
    ),
)
"""The first whose suffix fits is taken."""

ARRAY_TYPES = safetensors.ARRAY_TYPES
"""Of arrays beside words and vectors."""

_ALL = ReadOptions()
_PACKINGS = (".gz", ".bz2", ".zst")
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
        vectors: [vocab, dim], float32 or float64, finite; ``.safetensors`` holds float16 too.
        metadata: texts by name; formats that cannot hold any leave it out.
        arrays: further ones by name, which the format of jw2v alone can hold. Others leave them
            out, with a warning; but of ``counts``, int64 and one for each word, tables make a
            column, and nothing is said where they are left out.
        format: the name of a format; None to go by the suffix.

    Raises:
        ValueError: no format has this name or suffix, or the format cannot hold these words or
            numbers, or there is not one vector for each word.
        OSError: the file cannot be written.
    """
    chosen = named(path, format)
    _refuse_packing(path, chosen)
    dtype = vectors.dtype.newbyteorder("=")  # the bytes in the order of this machine
    if str(dtype) not in chosen.numbers or vectors.shape[:-1] != (len(words),):
        *others, widest = chosen.numbers
        widen = dtype == np.float16 and "float16" not in chosen.numbers
        raise ValueError(
            f"{os.fspath(path)}: expected a vector of {', '.join(others)} or {widest} for each of"
            f" {len(words):,} words; got {dtype} of shape {vectors.shape}"
            + ": widen them (vectors.astype('float32'), jw2v convert --dtype float32)"
            * widen
        )
    vectors = vectors.astype(dtype, copy=False)
    with _name_in_errors(path):
        if chosen.load_arrays is not None:
            chosen.save(path, words, vectors, metadata, arrays)
        else:
            chosen.save(path, words, vectors, metadata)
    lost = [name for name in arrays if name != COUNTS]
    if lost and chosen.save is not safetensors.save:
        warnings.warn(
            f"{os.fspath(path)} holds words and vectors alone: a .safetensors file keeps"
            f" {', '.join(lost)} too",
            stacklevel=3,
        )


def load(path: Source, *, format: str | None = None, options: ReadOptions = _ALL) -> Contents:
    """Read a vector file: words, vectors and metadata.

    Args:
        path: from where; an address such as ``s3://bucket/x.bin``, if fsspec is installed, or an
            open binary file.
        format: the name of a format; None to go by the suffix.
        options: which words, and how to read them. What is odd about the file and yet allowed, such
            as words that came again, is said by a warning.

    Raises:
        ValueError: no format has this name or suffix, or the file is not whole or not of that
            format, or it has none of the words asked for.
        OSError: the file is missing or cannot be read.
        ImportError: fsspec is needed and not installed.
    """
    return load_model(path, format=format, options=options)[0]


def load_model(
    path: Source, *, format: str | None = None, options: ReadOptions = _ALL
) -> tuple[Contents, dict[str, NDArray[Any]]]:
    """The same, and what the file holds beside words and vectors where all of these are wanted.

    Raises:
        ValueError: as :func:`load`, or further arrays are not of the types that a model has.
        OSError: as :func:`load`.
    """
    chosen = named(path, format)
    places.check(path)
    selection = Selection(options)
    arrays: dict[str, NDArray[Any]] = {}
    with _name_in_errors(path), ExitStack() as stack:
        if chosen.unicode and not options.plain:
            raise ValueError(
                f"{chosen.about} has its words in UTF-8: encoding and errors are for text and "
                "binary files, so leave them out"
            )
        if chosen.beside and not isinstance(path, str | os.PathLike):
            raise ValueError(f"{chosen.about} are read by their path, not from an open file")
        near: Any = path
        if not (chosen.packed or chosen.beside):
            near = stack.enter_context(places.local(path))
        contents = chosen.load(near, selection)
        if options.only is not None and not selection.words:
            where = "" if options.limit is None else f" in its first {options.limit:,} rows"
            raise ValueError(f"none of the words asked for is there{where}")
        if chosen.load_arrays is not None:
            arrays = chosen.load_arrays(near)
        if not selection.whole:
            arrays = _of_rows(arrays, selection)
    for note in selection.notes():
        warnings.warn(f"{name_of(path)}: {note}", stacklevel=3)
    return contents, arrays


def _of_rows(arrays: dict[str, NDArray[Any]], selection: Selection) -> dict[str, NDArray[Any]]:
    """The counts of the rows that were taken. Other arrays are of the model as a whole."""
    counts = arrays.pop(COUNTS, None)
    if arrays:
        selection.say(f"{', '.join(arrays)} are left out, since not all rows are taken")
    if counts is None:
        return {}
    try:
        return {COUNTS: counts[selection.taken]}
    except IndexError:
        raise ValueError("damaged: a count is missing") from None


def check_destination(path: Path, *, format: str | None = None) -> None:
    """Refuse a path that :func:`save` would refuse: better before training than after."""
    chosen = named(path, format)
    _refuse_packing(path, chosen)
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


def named(path: Source, name: str | None = None) -> Format:
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
    lower = places.suffixed(path)
    plain = lower.removesuffix(next(filter(lower.endswith, _PACKINGS), ""))
    for format in FORMATS:
        if (plain if format.packed else lower).endswith(format.suffixes):
            return format
    if plain.endswith(_PICKLED):
        raise ValueError(f"{name_of(path)}: {GENSIM_HINT}")
    if plain.endswith(".ftz"):
        raise ValueError(f"{name_of(path)}: {fasttext_model.QUANTISED}")
    known = " or ".join(suffix for format in FORMATS for suffix in format.suffixes)
    raise ValueError(
        f"{name_of(path)}: the suffix of a vector file tells its format, unless the format "
        f"is named: expected {known}, got {os.path.splitext(lower)[1]!r}"
    )


def _refuse_packing(path: Path, chosen: Format) -> None:
    name = os.fspath(path).lower()
    packing = next(filter(name.endswith, _PACKINGS), None)
    if packing and not (chosen.packed and packing == ".gz"):
        raise ValueError(
            f"{os.fspath(path)}: text and binary are written plain or as .gz, other formats plain: "
            "pack it after"
        )
    if is_url(path):
        raise ValueError(f"{path} is an address, which is only read: write a file, and copy it")


@contextmanager
def _name_in_errors(path: Source) -> Iterator[None]:
    """Each error says which file it is about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name_of(path)}: {error}") from error
