"""What the commands share: the consoles, how results are shown, and options that recur."""

import codecs
import inspect
import io
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from jw2v.cli import hints
from jw2v.config import Config
from jw2v.progress import Bar

__all__ = [
    "AsJson",
    "Seed",
    "Vectors",
    "alarm",
    "check_output",
    "complain",
    "err",
    "flags_of_config",
    "keep_for_results",
    "limits_of",
    "out",
    "plain",
    "plain_warnings",
    "print_json",
    "print_lines",
    "print_table",
    "quieted",
    "shown",
    "shown_lines",
    "to_json",
    "told",
    "waiting",
    "with_record",
    "write_out",
]

# Words are shown as they are: ":heart:" is no picture, "[b]" no style. Characters that would move
# the cursor or vanish are shown by their numbers.
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")
out = Console(highlight=False, markup=False, emoji=False)
"""For results."""
told = Console(highlight=False, markup=False, emoji=False)
"""For what was done, on standard output too; silent under ``--quiet``."""
err = Console(stderr=True, highlight=False, markup=False, emoji=False)
"""For progress and news, on standard error; silent under ``--quiet``."""
alarm = Console(stderr=True, highlight=False, markup=False, emoji=False)
"""For warnings and errors."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]
Vectors = Annotated[
    str,
    typer.Argument(
        metavar="VECTORS",
        help="File of word vectors, or its address, such as s3://…, by the package fsspec.",
    ),
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same vectors.", min=0)]


def check_output() -> None:
    """Refuse, by OSError, to say results where nobody can hear them, and say all that can be said.

    What a stream cannot encode is written otherwise: see :func:`plain`.
    """
    if sys.stdout is None:
        raise OSError("standard output is closed: send it to a file, or to /dev/null")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not _is_raw(stream):
            stream.reconfigure(errors=_OTHERWISE)


_ASCII = {"…": "...", "–": "-", "−": "-", "×": "x", "·": "|", "√": "sqrt ", "ﬁ": "fi"}
"""Of characters in our own texts."""
_OTHERWISE = "jw2v.otherwise"


def _written_otherwise(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_ASCII.get(each) or _escaped(each) for each in text), error.end


codecs.register_error(_OTHERWISE, _written_otherwise)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]


def _is_raw(stream: io.TextIOWrapper) -> bool:
    """Whether it writes the bytes of names that are no UTF-8 as they are."""
    return stream.errors == "surrogateescape" and _is_utf(stream)


def _is_utf(stream: Any) -> bool:
    encoding = getattr(stream, "encoding", None)
    return encoding is None or encoding.lower().startswith("utf")


def plain(text: str) -> str:
    """A text of ours as standard output can say it, before it is set in lines."""
    if _is_utf(out.file):
        return text
    encoding: str = getattr(out.file, "encoding", "utf-8")
    return text.encode(encoding, _OTHERWISE).decode(encoding)


def to_json(value: object, indent: int | None = None) -> str:
    """JSON that standard output can say."""
    return json.dumps(value, ensure_ascii=not _is_utf(out.file), allow_nan=False, indent=indent)


AFTER = 2.0
"""Seconds of work, before a bar is shown."""


def waiting(title: str) -> Bar:
    """A bar for work that may take a moment, of which nothing is shown if it does not."""
    return Bar(title, err, after=AFTER)


@contextmanager
def quieted(quiet: bool) -> Iterator[None]:
    """While a command runs, it says results, warnings and errors only, if it is quiet."""
    told.quiet = err.quiet = quiet
    try:
        yield
    finally:
        told.quiet = err.quiet = False


def complain(error: Exception) -> None:
    """Say what is wrong, in the words of the command line."""
    said: object = error
    if isinstance(error, OSError) and error.strerror:  # without "[Errno 2]"
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        if isinstance(error, FileNotFoundError) and error.filename:
            said = f"no such file: {error.filename}"
    elif type(error) is KeyError and error.args:
        said = error.args[0]
    alarm.print(f"error: {hints.as_flags(str(said))}", soft_wrap=True)


def keep_for_results() -> None:
    """Have standard output carry what Python writes, and nothing else.

    The libraries that join processes write lines of their own to it, between the results.
    """
    before = sys.stdout
    if before is not sys.__stdout__ or not isinstance(before, io.TextIOWrapper):
        return
    before.flush()
    number = before.fileno()
    ours, nowhere = os.dup(number), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
    buffering = 1 if before.line_buffering else -1
    sys.stdout = open(ours, "w", buffering, before.encoding, before.errors)  # noqa: SIM115
    sys.__stdout__ = sys.stdout  # type: ignore[misc]


def write_out(save: Callable[[Path], object]) -> None:
    """Write to standard output what is saved as a file, once it is whole."""
    with tempfile.TemporaryDirectory(prefix="jw2v-") as folder:
        path = Path(folder, "result")
        save(path)
        with open(path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def print_json(value: object) -> None:
    """Print a result for a machine."""
    out.print(to_json(value, indent=2), soft_wrap=True)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines for a program to read, tabs included, which a console would widen."""
    out.file.write("".join(f"{line}\n" for line in lines))
    out.file.flush()


@contextmanager
def plain_warnings() -> Iterator[None]:
    """What the library warns of, as a line on standard error, without the place in its source."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        alarm.print(f"warning: {hints.as_flags(str(message))}", soft_wrap=True)

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.simplefilter("default", RuntimeWarning)
        warnings.showwarning = show
        yield


def shown(text: str) -> str:
    r"""A text of a file as it is shown: characters that vanish, move the cursor or that standard
    output cannot encode are told by their numbers.

    >>> print(shown("a\tb"), shown("[b]"))
    a\x09b [b]
    """
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    encoding = getattr(out.file, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        told = (each.encode(encoding, "ignore").decode(encoding) or _escaped(each) for each in text)
        return "".join(told)
    return text


def shown_lines(text: str) -> str:
    """A text of several lines as it is shown: see :func:`shown`."""
    return "\n".join(map(shown, text.split("\n")))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose first column is of words and the others of numbers.

    Where nobody watches, it has no lines, and nothing is cut off or broken.
    """
    heads, rows = [shown(head) for head in heads], [[shown(cell) for cell in row] for row in rows]
    if out.is_terminal:
        table = Table(box=box.SIMPLE_HEAD)
        for number, head in enumerate(heads):
            table.add_column(head, justify="right" if number else "left")
        for row in rows:
            table.add_row(*row)
        out.print(table)
        return
    widths = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
    for first, *rest in (heads, *rows):
        cells = [first.ljust(len(first) + widths[0] - cell_len(first))]
        cells += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        out.print("  ".join(cells), soft_wrap=True)


_LIMITS = {"least": "from {:g}", "above": "above {:g}", "most": "up to {:g}", "below": "below {:g}"}


def limits_of(**limits: float | None) -> str:
    """What numbers are allowed, in brackets, for help.

    >>> limits_of(least=1, below=10), limits_of(least=None)
    (' (from 1 and below 10)', '')
    """
    given = {name: limit for name, limit in limits.items() if limit is not None}
    said = [text.format(given[name]) for name, text in _LIMITS.items() if name in given]
    return f" ({' and '.join(said)})" if said else ""


def _described(metadata: Mapping[str, Any]) -> str:
    """The help of a setting, with its limits."""
    limits = {name: limit for name, limit in metadata["limits"].items() if limit < 2**31}
    return f"{metadata['help']}{limits_of(**limits)}"


def flags_of_config(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one flag for each field of `Config`, which reach it as ``config``."""
    kinds = get_type_hints(Config)
    flags = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=Annotated[
                kinds[field.name],
                typer.Option(
                    help=_described(field.metadata),
                    rich_help_panel=field.metadata["panel"],
                ),
            ],
        )
        for field in fields(Config)
    ]
    return with_record(command, "config", Config, flags)


def with_record(
    command: Callable[..., None],
    name: str,
    record: Callable[..., Any],
    flags: Sequence[inspect.Parameter],
) -> Callable[..., None]:
    """A command with a flag for each field of a record, which reaches it by its name."""
    own = [p for p in inspect.signature(command).parameters.values() if p.name != name]

    def with_flags(**given: Any) -> None:
        made = record(**{flag.name: given.pop(flag.name) for flag in flags})
        command(**given, **{name: made})

    with_flags.__name__ = command.__name__
    with_flags.__doc__ = command.__doc__
    with_flags.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
    with_flags.__annotations__ = {p.name: p.annotation for p in [*own, *flags]}
    return with_flags
