"""The page of the command line, from the commands themselves: it cannot say what they do not."""

import re
from typing import Any

from typer.main import get_command

from jw2v.cli import app

__all__ = ["page"]


def page() -> str:
    """Every command with its help, as Markdown."""
    commands = get_command(app)
    parts = [_described(commands.help)]
    parts += [_table(commands.params, "Option")]
    for name, command in commands.commands.items():
        parts += [f"## jw2v {name}", f"    {_usage(name, command)}", _described(command.help)]
        for panel, params in _panels(command.params).items():
            parts.append(_table(params, panel))
    return "\n\n".join(filter(None, parts))


def _usage(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    shown = [p.metavar + ("..." if p.nargs == -1 else "") for p in arguments]
    needed = [
        f"{p.opts[-1]} {p.metavar}"
        for p in command.params
        if p.param_type_name == "option" and p.required
    ]
    return " ".join(["jw2v", name, *shown, *needed, "[OPTIONS]"])


def _panels(params: list[Any]) -> dict[str, list[Any]]:
    panels: dict[str, list[Any]] = {}
    for param in params:
        name = "Argument" if param.param_type_name == "argument" else param.rich_help_panel
        panels.setdefault(name or "Option", []).append(param)
    return panels


def _described(text: str) -> str:
    """Paragraphs, and examples as code."""
    said = []
    for paragraph in text.split("\n\n"):
        first, *lines = paragraph.split("\n")
        if first == "Examples:":
            said.append("\n".join(f"    {line}" for line in lines))
        else:
            said.append(_escaped(" ".join(paragraph.split())))
    return "\n\n".join(said)


def _table(params: list[Any], title: str) -> str:
    rows = [f"| {title} | | by default |", "|---|---|---|"]
    for param in params:
        if param.param_type_name == "argument":
            name = f"`{param.metavar}`"
        else:
            flags = [*param.opts, *param.secondary_opts]
            value = f" {param.metavar}" if param.metavar else ""
            name = ", ".join(f"`{flag}{value}`" for flag in flags)
        rows.append(f"| {name} | {_escaped(param.help or '')} | {_default(param)} |")
    return "\n".join(rows)


def _default(param: Any) -> str:
    if param.required:
        return "must be given"
    shown = param.show_default
    if isinstance(shown, str):
        return f"`{shown}`"
    if getattr(param, "is_flag", False) or param.default in (None, (), []):
        return ""
    return f"`{param.default}`"


def _escaped(text: str) -> str:
    """Text in which Markdown finds nothing to do; flags and names in quotes are code."""
    text = re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", text)
    return re.sub(r"(?<![\w-])(--?[a-z][\w-]*)", r"`\1`", text)
