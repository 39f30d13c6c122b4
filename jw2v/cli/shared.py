"""What the commands share: the two consoles, how results are shown, and options that recur."""

import inspect
import json
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_type_hints

import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand, TyperGroup

from jw2v.cli import hints
from jw2v.config import Config

__all__ = [
    "AsJson",
    "Command",
    "Commands",
    "Seed",
    "Vectors",
    "Voices",
    "check_output",
    "err",
    "flags_of_config",
    "help_of",
    "out",
    "plain_warnings",
    "print_json",
    "print_lines",
    "print_table",
    "shown",
    "with_record",
    "write_out",
]

# Words are shown as they are: ":heart:" is no picture, "[b]" no style. Characters that would move
# the cursor or vanish are shown by their numbers.
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)
_silent = Console(quiet=True)


class Voices(NamedTuple):
    """Where a command says what it does."""

    news: Console = out
    bars: Console = err

    @classmethod
    def of(cls, *, quiet: bool, streamed: bool) -> "Voices":
        """Those of a quiet command, and of one whose results go to standard output."""
        return cls(_silent, _silent) if quiet else cls(err if streamed else out)


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]
Vectors = Annotated[
    str,
    typer.Argument(
        metavar="VECTORS",
        help="File of word vectors, or its address, such as s3://…, by the package fsspec.",
    ),
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same vectors.", min=0)]


class Command(TyperCommand):
    """A command that refuses an option given twice, of which it would take the last.

    It hints at the options that people know from other programs.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = list(args)
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        known = {
            option
            for param in self.get_params(ctx)
            for option in (*param.opts, *param.secondary_opts)
        }
        if said := hints.of_options(given, known, self.name):
            ctx.fail(said)
        try:
            rest = super().parse_args(ctx, args)
        except Exception as error:
            if (param := getattr(error, "param", None)) and hasattr(error, "message"):
                values, _, _ = self.make_parser(ctx).parse_args(args=given)
                error.message = hints.plainly(error.message, values.get(param.name))
            raise
        _, _, order = self.make_parser(ctx).parse_args(args=given)
        for param in {id(param): param for param in order}.values():
            if order.count(param) > 1 and not param.multiple:
                name = "/".join([*param.opts[:1], *param.secondary_opts[:1]])
                ctx.fail(f"{name} is given {order.count(param)} times: give it once")
        return rest


class Commands(TyperGroup):
    """Commands, with hints at those that people know from other programs."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and (said := hints.of_command(args[0])):
            ctx.fail(said)
        return super().resolve_command(ctx, args)


def check_output() -> None:
    """Refuse, by OSError, to say results where nobody can hear them."""
    if sys.stdout is None:
        raise OSError("standard output is closed: send it to a file, or to /dev/null")


def help_of(command: Callable[..., None]) -> str:
    """The docstring of a command for ``--help``: prose is set anew, examples keep their lines."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(
        text if text.startswith("Examples:") else " ".join(text.split()) for text in paragraphs
    )


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
    out.print(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2), soft_wrap=True)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines for a program to read, tabs included, which a console would widen."""
    out.file.write("".join(f"{line}\n" for line in lines))
    out.file.flush()


@contextmanager
def plain_warnings() -> Iterator[None]:
    """What the library warns of, as a line on standard error, without the place in its source."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        err.print(f"warning: {hints.as_flags(str(message))}", soft_wrap=True)

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.simplefilter("default", RuntimeWarning)
        warnings.showwarning = show
        yield


def shown(text: str) -> str:
    r"""A text of a file as it is shown, without characters that vanish or move the cursor.

    >>> print(shown("a\tb"), shown("[b]"))
    a\x09b [b]
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


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


def _metavar(kind: Any) -> str | None:
    """What stands for a value in help: N for whole numbers, X for others, NAME for a word."""
    kinds = get_args(kind) or (kind,)
    if bool in kinds:
        return None
    return "N" if int in kinds else "X" if float in kinds else "NAME"


_LIMITS = {"least": "from {:g}", "above": "above {:g}", "most": "up to {:g}", "below": "below {:g}"}


def _described(metadata: Mapping[str, Any], kind: Any) -> str:
    """The help of a setting, with its limits or its choices."""
    said = str(metadata["help"])
    names = [name for name in get_args(kind) if isinstance(name, str)]
    if not all(repr(name) in said for name in names):
        said += f" One of {', '.join(names)}."
    limits = [
        text.format(metadata["limits"][name])
        for name, text in _LIMITS.items()
        if metadata["limits"].get(name, 2**31) < 2**31
    ]
    return f"{said} ({' and '.join(limits)})" if limits else said


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
                    help=_described(field.metadata, kinds[field.name]),
                    metavar=_metavar(kinds[field.name]),
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
