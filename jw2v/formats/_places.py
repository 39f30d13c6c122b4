"""Where files of vectors come from: paths, open files, and addresses of other machines."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, IOBase, TextIOBase
from typing import IO, Any, TypeAlias

__all__ = ["Path", "Source", "bytes_of", "check", "is_url", "local", "name_of", "suffixed"]

Path: TypeAlias = str | os.PathLike[str]

Source: TypeAlias = Path | IO[bytes] | IOBase
"""A path, an address such as ``s3://bucket/vectors.bin``, or an open binary file."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(://|::)")


def is_url(source: Source) -> bool:
    """Whether a text is an address that fsspec knows, and no path.

    >>> is_url("https://example.org/vectors.txt"), is_url("vectors.txt"), is_url("C:/vectors.txt")
    (True, False, False)
    """
    return isinstance(source, str) and bool(_URL.match(source))


def name_of(source: Source) -> str:
    """What a source is called in messages.

    >>> import io
    >>> name_of("vectors.txt"), name_of(io.BytesIO())
    ('vectors.txt', 'the open file')
    """
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "the open file"


def suffixed(source: Source) -> str:
    """The last part of its name, which has the suffix, in lower case.

    >>> suffixed("https://example.org/Vectors.BIN?download=1")
    'vectors.bin'
    """
    name = name_of(source)
    if is_url(name):
        name = re.split(r"[?#]", name)[0]
    return os.path.basename(name).lower()


def check(source: Source) -> None:
    """Refuse, by OSError, a path where no file is, and by ValueError what is no binary file."""
    if isinstance(source, TextIOBase):
        raise ValueError(
            f"{name_of(source)} is open as text: open it as bytes, as open(path, 'rb') does"
        )
    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "readinto"):
            raise ValueError(f"expected a path, an address or an open binary file, got {source!r}")
    elif not is_url(source):
        if os.path.isdir(source):
            raise IsADirectoryError(f"{os.fspath(source)} is a folder: expected a vector file")
        if not os.path.exists(source):
            raise FileNotFoundError(f"no such file: {os.fspath(source)}")


@contextmanager
def bytes_of(source: Source) -> Iterator[BufferedReader]:
    """The bytes of a source. An open file is left open, behind what was read.

    Raises:
        ImportError: it is an address, and fsspec or what it needs is not installed.
        OSError: it is missing or cannot be read.
    """
    if isinstance(source, os.PathLike) or (isinstance(source, str) and not is_url(source)):
        with open(source, "rb") as file:
            yield file
    elif isinstance(source, str):
        with _remote(source) as file, BufferedReader(file) as reader:
            yield reader
    else:
        stream: Any = source
        reader = BufferedReader(stream)
        try:
            yield reader
        finally:
            with suppress(ValueError):  # it was closed in between
                reader.detach()


@contextmanager
def _remote(url: str) -> Iterator[Any]:
    try:
        import fsspec
    except ImportError as error:
        raise ImportError(
            f"{url} is on another machine, which needs fsspec: pip install fsspec, and what it "
            "needs for this kind of address, such as s3fs for s3://"
        ) from error
    try:
        with fsspec.open(url, "rb") as file:
            yield file
    except FileNotFoundError as error:
        raise FileNotFoundError(f"no such file: {url}") from error


@contextmanager
def local(source: Source) -> Iterator[Path]:
    """The path of a file, or of a copy of what is none, which is there until the block ends."""
    if isinstance(source, str | os.PathLike) and not is_url(source):
        yield source
        return
    # Where a mapped file cannot be removed, as on Windows, it stays.
    with tempfile.TemporaryDirectory(prefix="jw2v-", ignore_cleanup_errors=True) as folder:
        path = os.path.join(folder, "vectors")
        with bytes_of(source) as file, open(path, "wb") as copy:
            shutil.copyfileobj(file, copy)
        yield path
