"""What makes a function a command: options in one style, ``--quiet``, hints, plain errors."""

import copy
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import ParameterInfo

from jw2v.cli import hints
from jw2v.cli.shared import err, limits_of, plain, quieted
from jw2v.storage import files

__all__ = ["Command", "Commands", "finished", "help_of"]

_METAVARS: Mapping[Any, str] = {int: "N", float: "X", Path: "FILE", str: "NAME"}
_Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say results, warnings and errors only.")
]


def finished(command: Callable[..., None]) -> Callable[..., None]:
    """A function as the command line has it.

    Its options are shown in one style, it has ``--quiet``, and what it replaced is named.
    """
    parameters = [_styled(each) for each in inspect.signature(command).parameters.values()]
    quiet = inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False)
    parameters.append(quiet.replace(annotation=_Quiet))

    def run(quiet: bool, **given: Any) -> None:
        with quieted(quiet):
            try:
                command(**given)
            finally:
                for path in files.replaced:
                    err.print(f"replaced {path}", soft_wrap=True)

    run.__name__ = command.__name__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def help_of(docstring: str | None) -> str:
    """The docstring of a command for ``--help``: prose is set anew, examples keep their lines."""
    paragraphs = inspect.cleandoc(docstring or "").split("\n\n")
    return "\n\n".join(
        text if text.startswith("Examples:") else " ".join(text.split()) for text in paragraphs
    )


def _styled(parameter: inspect.Parameter) -> inspect.Parameter:
    """An option with a word for its value, and what may be given in its help.

    N is a whole number, X another, NAME a word and FILE a file; choices and limits stand in the
    help, where lines can be broken.
    """
    kind, *_ = get_args(parameter.annotation)
    [info] = [each for each in parameter.annotation.__metadata__ if isinstance(each, ParameterInfo)]
    info = copy.copy(info)
    kinds = [each for each in get_args(kind) if each is not NoneType] or [kind]
    if get_origin(kind) is list:
        info.metavar = info.metavar or _METAVARS.get(kinds[0])
    elif choices := _choices(kind):
        info.metavar = info.metavar or "NAME"
        said = info.help or ""
        if not all(repr(name) in said for name in choices):
            info.help = f"{said} One of {', '.join(choices)}.".strip()
    else:
        info.metavar = info.metavar or _METAVARS.get(kinds[0])
    if info.min is not None or info.max is not None:
        info.help = f"{info.help or ''}{limits_of(least=info.min, most=info.max)}"
        info.callback = _check_of(info.min, info.max)
        info.min = info.max = None
    return parameter.replace(annotation=Annotated[kind, info])


def _choices(kind: Any) -> list[str]:
    """The texts of a Literal, or of one that may be left out."""
    if get_origin(kind) is Literal:
        return [*get_args(kind)]
    return [name for each in get_args(kind) for name in _choices(each)]


def _check_of(least: float | None, most: float | None) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        # Not "value < least", which nan is not.
        for limit, said, holds in (
            (least, "at least", least is None or value is None or value >= least),
            (most, "at most", most is None or value is None or value <= most),
        ):
            if not holds:
                raise typer.BadParameter(f"expected {said} {limit:g}, got {value}")
        return value

    return check


def _as_shown(params: list[Any]) -> list[Any]:
    """Parameters with what help can say of them.

    Arguments, and options without a value, show no type beside their name.
    """
    for param in params:
        param.help = plain(param.help or "") or None
        if param.param_type_name == "argument":
            param.display_type_rich = lambda **_: ""
        elif param.is_flag and param.metavar is None:
            param.metavar = ""
    return params


class Command(TyperCommand):
    """A command that refuses an option given twice, of which it would take the last.

    It hints at the options that people know from other programs.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.help = plain(self.help or "")
        super().format_help(ctx, formatter)

    def get_params(self, ctx: Any) -> list[Any]:
        return _as_shown(super().get_params(ctx))

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
            if hasattr(error, "message"):
                value = None
                if param := getattr(error, "param", None):
                    values, _, _ = self.make_parser(ctx).parse_args(args=given)
                    value = values.get(param.name)
                error.message = hints.plainly(error.message, value)
                error.ctx = getattr(error, "ctx", None) or ctx  # type: ignore[attr-defined]
            raise
        _, _, order = self.make_parser(ctx).parse_args(args=given)
        for param in {id(param): param for param in order}.values():
            if order.count(param) > 1 and not param.multiple:
                name = "/".join([*param.opts[:1], *param.secondary_opts[:1]])
                ctx.fail(f"{name} is given {order.count(param)} times: give it once")
        return rest


class Commands(TyperGroup):
    """Commands, with hints at those that people know from other programs."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.help = plain(self.help or "")
        super().format_help(ctx, formatter)

    def get_params(self, ctx: Any) -> list[Any]:
        return _as_shown(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {option for param in self.get_params(ctx) for option in param.opts}
        if args and args[0] not in known and (said := hints.of_first(args[0])):
            ctx.fail(said)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and (said := hints.of_command(args[0])):
            ctx.fail(said)
        return super().resolve_command(ctx, args)
