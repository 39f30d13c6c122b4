"""The format of jw2v: a safetensors file, which can be read in many languages and never runs code.

Tensors: ``vectors`` [vocab, dim], float16, float32 or float64; ``words``, the UTF-8 bytes of all
words one after the other; ``word_ends`` [vocab], int64, where each ends. Words may hold any
character. Tensors of other names are further arrays of the model, such as a tree, and ``counts`` of
the words. The metadata of the file holds ``format``, ``format_version``, and what the caller adds.
Reading maps the vectors into memory, so that only what is asked for is read; a file that is in use
may be replaced, as :func:`save` does, but must not be changed in place.
"""

import json
import math
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from jw2v.formats._selection import Selection
from jw2v.formats._shared import ANY_WORD, Contents, Path, Vectors, encoded
from jw2v.storage import files

__all__ = ["ARRAY_TYPES", "load", "load_arrays", "save", "write"]

_OURS = {"format": "jw2v", "format_version": "1"}
_TENSORS = {"vectors", "words", "word_ends", "__metadata__"}
_DTYPES: dict[str, np.dtype[Any]] = {
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
}
ARRAY_TYPES = tuple(_DTYPES.values())


def save(
    path: Path,
    words: Sequence[str],
    vectors: Vectors,
    metadata: Mapping[str, str],
    arrays: Mapping[str, npt.NDArray[Any]] = MappingProxyType({}),
) -> None:
    """Write words, vectors and further arrays, whole or not at all.

    Raises:
        ValueError: a word or the metadata is not valid Unicode, or metadata uses a name that the
            format needs itself.
        OSError: the file cannot be written.
    """
    if reserved := _OURS.keys() & metadata.keys():
        raise ValueError(f"metadata must not use the names {sorted(reserved)}: the format does")
    if taken := _TENSORS & arrays.keys():
        raise ValueError(f"arrays must not have the names {sorted(taken)}: the format does")
    more = {
        name: np.asarray(array, array.dtype.newbyteorder("<"), order="C")  # one number stays one
        for name, array in arrays.items()
    }
    held = encoded(words, *ANY_WORD)
    # The widest numbers first, so that each tensor is aligned.
    tensors: dict[str, npt.NDArray[Any]] = {
        "word_ends": np.cumsum([len(word) for word in held], dtype="<i8"),
        "vectors": np.ascontiguousarray(vectors, vectors.dtype.newbyteorder("<")),
        "words": np.frombuffer(b"".join(held), "u1"),
    } | more
    tensors = dict(sorted(tensors.items(), key=lambda named: -named[1].dtype.itemsize))
    with files.replacing(path) as file:
        write(file, tensors, {**_OURS, **metadata})


def write(
    file: BinaryIO, tensors: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]
) -> None:
    """Write any tensors; the library's own writer hides I/O errors, and writes for the owner only.

    Args:
        file: where to.
        tensors: contiguous, of the types that this format reads, the widest numbers first.
        metadata: texts by name.
    """
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    names = {dtype: name for name, dtype in _DTYPES.items()}
    start = 0
    for name, tensor in tensors.items():
        end = start + tensor.nbytes
        header[name] = {
            "dtype": names[tensor.dtype],
            "shape": tensor.shape,
            "data_offsets": [start, end],
        }
        start = end
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little"))
    file.write(text)
    for tensor in tensors.values():
        file.write(tensor.data)


def load(path: Path, selection: Selection) -> Contents:
    """Read words and metadata, and map the vectors; those of some words only are copied.

    Raises:
        ValueError: the file is truncated or damaged, or was not written by :func:`save`.
        OSError: the file is missing or cannot be read.
    """
    try:
        # The library checks the whole header, among it that the tensors fill the file exactly.
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            _check_header(file, metadata)
            ends, words = map(file.get_tensor, ("word_ends", "words"))
        found, vectors = _split(words.tobytes(), ends), _mapped(path)
        if len(found) != len(vectors):
            raise ValueError(
                f"damaged: expected a vector for each of {len(found):,} words, got {len(vectors):,}"
            )
        found = found[: selection.room]
        kept = selection.take(found)
        return (
            selection.words,
            vectors[: len(found)][kept],
            {name: value for name, value in metadata.items() if name not in _OURS},
        )
    except SafetensorError as error:
        raise ValueError(f"truncated, damaged, or not a safetensors file ({error})") from error


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Further arrays of a file that :func:`load` has read.

    Raises:
        ValueError: an array is of another type than :func:`save` writes.
    """
    with safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if name not in _TENSORS]  # noqa: SIM118
        for name in names:
            if (dtype := file.get_slice(name).get_dtype()) not in _DTYPES:
                raise ValueError(f"damaged: a tensor {name!r} of type {dtype}")
        return {name: file.get_tensor(name) for name in names}


def _mapped(path: Path) -> Vectors:
    """The vectors where they lie in the file; a copy if they lie there badly."""
    with open(path, "rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        tensor = json.loads(file.read(header_bytes))["vectors"]
        dtype: np.dtype[Any] = _DTYPES[tensor["dtype"]]
        shape: tuple[int, ...] = tuple(tensor["shape"])
        start, end = (8 + header_bytes + offset for offset in tensor["data_offsets"])
        size = os.fstat(file.fileno()).st_size
        if end > size or end - start != math.prod(shape) * dtype.itemsize:
            raise ValueError("damaged: the vectors do not fit the file")
        if start == end:  # nothing cannot be mapped
            return np.zeros(shape, dtype)
        vectors: Vectors = np.memmap(file, dtype, "r", start, shape).view(np.ndarray)
    return vectors if vectors.flags.aligned else vectors.copy()


def _check_header(file: Any, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != _OURS["format"]:
        raise ValueError("a safetensors file, but not one of jw2v: expected format = 'jw2v'")
    if metadata.get("format_version") != _OURS["format_version"]:
        raise ValueError(
            f"version {metadata.get('format_version')!r} of the format, but this jw2v reads "
            f"version {_OURS['format_version']!r}: install a newer one"
        )
    found = {}
    for name in file.keys():  # noqa: SIM118 - not a mapping
        tensor = file.get_slice(name)
        found[name] = (tensor.get_dtype(), len(tensor.get_shape()))
    expected = {
        "word_ends": [("I64", 1)],
        "vectors": [("F16", 2), ("F32", 2), ("F64", 2)],
        "words": [("U8", 1)],
    }
    for name, allowed in expected.items():
        if found.get(name) not in allowed:
            raise ValueError(
                f"damaged: expected a tensor {name!r} of (type, axes) "
                f"{' or '.join(map(str, allowed))}, got {found.get(name)}"
            )


def _split(text: bytes, ends: npt.NDArray[np.int64]) -> list[str]:
    bounds = [0, *ends.tolist()]
    if bounds != sorted(bounds) or bounds[-1] != len(text):
        raise ValueError("damaged: the ends of the words do not fit the words")
    try:
        return [text[start:end].decode() for start, end in pairwise(bounds)]
    except UnicodeDecodeError as error:
        raise ValueError(f"damaged: a word is not UTF-8 ({error})") from error
