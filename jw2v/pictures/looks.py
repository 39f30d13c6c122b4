"""How pictures look: ways to lay words out, and colours for a light page and for a dark one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

__all__ = ["DARK", "LIGHT", "SHAPES", "Style", "Theme", "styles", "theme"]


class Theme(NamedTuple):
    """The colours of one page, each as ``#rrggbb``."""

    paper: str
    """behind everything"""
    ink: str
    """of words"""
    faint: str
    """of what must not compete with words: numbers on the axes, points of no category"""
    grid: str
    """of lines that are barely there"""
    kinds: tuple[str, ...]
    """of categories, in this order"""


# Okabe and Ito's colours, told apart by most colour-blind readers. Each page leaves out the one
# that sinks into it: the pale yellow, and the deep blue.
LIGHT = Theme(
    paper="#FFFFFF",
    ink="#222222",
    faint="#6B6B6B",
    grid="#EDEDED",
    kinds=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"),
)
DARK = Theme(
    paper="#15181C",
    ink="#E8E6E3",
    faint="#9AA0A6",
    grid="#262B31",
    kinds=("#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#F0E442"),
)
SHAPES = ("circle", "square", "triangle", "diamond", "star")
"""Each is used with all colours before the next one."""


class Style(NamedTuple):
    """How the points of a category look."""

    colour: int
    """a position in ``Theme.kinds``"""
    shape: int
    """a position in ``SHAPES``"""


def theme(dark: bool) -> Theme:
    """The colours of a dark page, or of a light one."""
    return DARK if dark else LIGHT


def styles(words: Sequence[str], categories: Mapping[str, str]) -> dict[str, Style]:
    """A look for each category of these words, in order of appearance; no two are the same.

    Raises:
        ValueError: there are more categories than looks.

    >>> styles(["dog", "oak", "cat"], {"dog": "animals", "cat": "animals", "oak": "trees"})
    {'animals': Style(colour=0, shape=0), 'trees': Style(colour=1, shape=0)}
    """
    kinds = list(dict.fromkeys(categories[word] for word in words if word in categories))
    most = len(LIGHT.kinds) * len(SHAPES)
    if len(kinds) > most:
        raise ValueError(
            f"at most {most} categories can be told apart in a picture, got {len(kinds):,}"
        )
    return {kind: Style(*divmod(i, len(LIGHT.kinds))[::-1]) for i, kind in enumerate(kinds)}
