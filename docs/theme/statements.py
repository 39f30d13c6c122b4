"""Ids of statements in prose, such as (t6), become links to their proofs."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

DERIVATIONS = Path(__file__).parents[1] / "derivations.md"
ONE = r"(?:[a-k]\d?|[l-t]\d+)\b"
BETWEEN = r"(?:, |–| and )"
MENTION = re.compile(rf"(?<![\w`])(?:\({ONE}|statements? {ONE})(?:{BETWEEN}{ONE})*")


@cache
def anchors() -> dict[str, str]:
    """The heading of each statement, by its id; a family, such as j, leads to its first."""
    found: dict[str, str] = {}
    for name, title in re.findall(r"^## (\w+) · (.*)$", DERIVATIONS.read_text("utf-8"), re.M):
        anchor = slug(f"{name} · {title}")
        found[name] = anchor
        found.setdefault(name[0], anchor)
    return found


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def linked(prose: str) -> str:
    """Markdown with references that mkdocs-autorefs resolves, from any page."""
    return _replaced(prose, lambda name, anchor: f"[{name}][{anchor}]")


def anchored(text: str) -> str:
    """HTML with references that mkdocs-autorefs resolves, from any page."""
    return _replaced(text, lambda name, anchor: f'<autoref identifier="{anchor}">{name}</autoref>')


def _replaced(text: str, link: Callable[[str, str], str]) -> str:
    known = anchors()

    def one(name: re.Match[str]) -> str:
        return link(name[0], known[name[0]]) if name[0] in known else name[0]

    def mention(found: re.Match[str]) -> str:
        text = found[0]
        start = 1 if text[0] == "(" else text.index(" ") + 1
        return text[:start] + re.sub(rf"(?<!\w){ONE}", one, text[start:])

    return MENTION.sub(mention, text)
