"""Docstrings as Markdown: doctests are code, roles are links, and statements lead to proofs."""

import re
import sys
from pathlib import Path
from typing import Any

from griffe import Alias, Extension, Module, Object

sys.path.insert(0, str(Path(__file__).parent))
import statements

ROLE = re.compile(r":(?:mod|func|class|meth|data|attr):`~?([\w.]+)`")
DOCTEST = re.compile(r"^([ ]*)>>> .*(?:\n(?!\s*$).*)*(?:\n\s*\n\1>>> .*(?:\n(?!\s*$).*)*)*", re.M)


class Docstrings(Extension):
    """Rewrites every docstring of the package once it is loaded."""

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        _walk(pkg)


def _walk(obj: Object) -> None:
    if obj.docstring:
        obj.docstring.value = markdown(obj, obj.docstring.value)
    for member in obj.members.values():
        if not isinstance(member, Alias):
            _walk(member)


def markdown(obj: Object, text: str) -> str:
    """A docstring of this house, which has some reStructuredText, as Markdown."""
    parts, at = [], 0
    for found in DOCTEST.finditer(text):
        indent = found[1]
        parts.append(_prose(obj, text[at : found.start()]))
        parts.append(f"{indent}```pycon\n{found[0]}\n{indent}```")
        at = found.end()
    return "".join([*parts, _prose(obj, text[at:])])


def _prose(obj: Object, text: str) -> str:
    text = ROLE.sub(lambda found: _link(obj, found[1]), text)
    pieces = re.split(r"(``.+?``|(?<![`:])`[^`]+`)", text)
    return "".join(piece if i % 2 else statements.linked(piece) for i, piece in enumerate(pieces))


def _link(obj: Object, name: str) -> str:
    """A link to what a role names, if the site has it; else its name as code."""
    path = name
    if not name.startswith("jw2v"):
        try:
            path = obj.resolve(name.split(".")[0])
        except Exception:
            return f"`{name}`"
        path = ".".join([path, *name.split(".")[1:]])
    return f'<autoref identifier="{path}" optional>`{name}`</autoref>'
