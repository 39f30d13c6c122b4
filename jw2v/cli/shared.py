"""What the commands share: the two consoles, how results are shown, and options that recur."""

import inspect
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand

from jw2v.config import Config

__all__ = [
    "AsJson",
    "Command",
    "Output",
    "Seed",
    "Vectors",
    "check_output",
    "err",
    "flags_of_config",
    "help_of",
    "out",
    "plain_warnings",
    "print_json",
    "print_table",
    "shown",
]

# Words are shown as they are: ":heart:" is no picture, "[b]" no style. Characters that would move
# the cursor or vanish are shown by their numbers.
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]
Vectors = Annotated[
    str,
    typer.Argument(
        metavar="VECTORS",
        help="File of word vectors, or its address, such as s3://…, by the package fsspec.",
    ),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="File to write; its suffix tells the format.")
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same vectors.", min=0)]


class Command(TyperCommand):
    """A command that refuses an option given twice, of which it would take the last."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = list(args)
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=given)
            for param in {id(param): param for param in order}.values():
                if order.count(param) > 1 and not param.multiple:
                    name = "/".join([*param.opts[:1], *param.secondary_opts[:1]])
                    ctx.fail(f"{name} is given {order.count(param)} times: give it once")
        return rest


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


def print_json(value: object) -> None:
    """Print a result for a machine."""
    out.print(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2), soft_wrap=True)


@contextmanager
def plain_warnings() -> Iterator[None]:
    """What the library warns of, as a line on standard error, without the place in its source."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        err.print(f"warning: {message}", soft_wrap=True)

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


def flags_of_config(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one flag for each field of `Config`, which reach it as ``config``."""
    hints = get_type_hints(Config)
    flags = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=Annotated[
                hints[field.name],
                typer.Option(help=field.metadata["help"], rich_help_panel=field.metadata["panel"]),
            ],
        )
        for field in fields(Config)
    ]
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "config"]

    def with_flags(**given: Any) -> None:
        config = Config(**{flag.name: given.pop(flag.name) for flag in flags})
        command(**given, config=config)

    with_flags.__name__ = command.__name__
    with_flags.__doc__ = command.__doc__
    with_flags.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
    with_flags.__annotations__ = {p.name: p.annotation for p in [*own, *flags]}
    return with_flags
