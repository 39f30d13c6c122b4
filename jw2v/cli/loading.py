"""Options of every command that reads a file of vectors, and the reading itself."""

import inspect
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jw2v.choices import Duplicates, Errors
from jw2v.cli.places import Place, of_vectors
from jw2v.cli.shared import alarm, plain_warnings, waiting, with_record

if TYPE_CHECKING:
    from jw2v.vectors.words import WordVectors

__all__ = ["Reading", "flags_of_reading", "words_of_lines"]

_PANEL = "Reading vectors"


@dataclass(frozen=True)
class Reading:
    """How to read a file of vectors: the options of the command line."""

    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Read the first N words only.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    only: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Read these words only: a UTF-8 file with one a line.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    duplicates: Annotated[
        Duplicates,
        typer.Option(
            help="Refuse a file with a word twice, or keep the first vector of each.",
            rich_help_panel=_PANEL,
        ),
    ] = "refuse"
    encoding: Annotated[
        str,
        typer.Option(
            help="Of the words of text and binary files, such as latin-1.", rich_help_panel=_PANEL
        ),
    ] = "utf-8"
    errors: Annotated[
        Errors,
        typer.Option(
            help="Words that are not of the encoding: refuse them, put U+FFFD for what is wrong in "
            "them, or leave that out.",
            rich_help_panel=_PANEL,
        ),
    ] = "strict"

    def places(self, name: str, path: str, format: str | None = None) -> Iterator[Place]:
        """What is read: the file of vectors, one that belongs to it, and that of ``--only``."""
        yield from of_vectors(name, path, format)
        if self.only is not None:
            yield Place("--only", self.only)

    def load(self, path: str, format: str | None = None) -> "WordVectors":
        """Read the vectors; what is odd about the file is said on standard error."""
        from jw2v.vectors.words import WordVectors

        only = None if self.only is None else words_of_lines(self.only)
        with plain_warnings(), _watched(path, format) as source:
            vectors = WordVectors.load(
                source,
                format=format,
                limit=self.limit,
                only=only,
                duplicates=self.duplicates,
                encoding=self.encoding,
                errors=self.errors,
            )
        if only is not None and (absent := [word for word in only if word not in vectors]):
            alarm.print(
                f"{len(absent):,} of the {len(only):,} words of {self.only} are not in {path}, "
                f"the first is {absent[0]!r}",
                soft_wrap=True,
            )
        return vectors


class _Watched(io.FileIO):
    """A file that tells which part of it was read."""

    def __init__(self, path: str, tell: Callable[[float, str], None]) -> None:
        super().__init__(path)
        self._size = max(1, os.path.getsize(path))
        self._tell = tell

    def readinto(self, buffer: Any) -> int | None:
        read = super().readinto(buffer)
        self._tell(min(1.0, self.tell() / self._size), "")
        return read


@contextmanager
def _watched(path: str, format: str | None) -> Iterator[str | io.FileIO]:
    """A file with a bar that shows how much of it was read, where it is read from front to back."""
    from jw2v import formats

    with waiting(f"reading {os.path.basename(path)}") as bar:
        if os.path.isfile(path) and formats.named(path, format).packed:
            with _Watched(path, bar.update) as file:
                yield file
        else:
            yield path


def words_of_lines(path: Path) -> list[str]:
    """The distinct words of a file that has one a line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileNotFoundError(f"no such file: {path}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: {error}") from error
    words = [word for line in text.split("\n") if (word := line.removesuffix("\r"))]
    if not words:
        raise ValueError(f"{path} has no words: expected one a line")
    return [*dict.fromkeys(words)]


def flags_of_reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags of `Reading`, which reach it as ``reading``."""
    flags = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(Reading).parameters.values()
    ]
    return with_record(command, "reading", Reading, flags)
