"""What the commands share: the two consoles, and options that recur."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from rich.console import Console

from jw2v.config import Config

__all__ = ["Output", "Seed", "err", "flags_of_config", "out"]

out = Console(highlight=False, markup=False)
err = Console(stderr=True, highlight=False, markup=False)

Output = Annotated[Path, typer.Option("--output", "-o", help="File to write, .safetensors.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same vectors.", min=0)]


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
                typer.Option(help=field.metadata["help"], rich_help_panel="Settings"),
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
