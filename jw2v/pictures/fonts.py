"""Which fonts write the words of a picture. matplotlib is imported only when they are asked for."""

import warnings
from collections.abc import Iterable

__all__ = ["families", "warn_of_boxes", "written"]

# Those of these fonts that the machine has stand in for letters that the first does not hold.
_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans Devanagari",
    "Arial Unicode MS",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Nirmala UI",
    "WenQuanYi Zen Hei",
)


def families() -> list[str]:
    """The fonts of this machine to write words with, the first one first."""
    from matplotlib.font_manager import fontManager

    there = set(fontManager.get_font_names())
    return [name for name in _FONTS if name in there]


def written(text: str) -> str:
    r"""A text as it can be written: U+FFFD for halves of characters, as in names that are no UTF-8.

    >>> written("caf\udce9") == "caf\ufffd"
    True
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def warn_of_boxes(texts: Iterable[str]) -> None:
    """Say once which letters no font has, where matplotlib would say it for each of them."""
    from matplotlib.font_manager import findfont, get_font

    letters = {letter for text in texts for letter in written(text) if letter > " "}
    for name in families():
        letters -= set(map(chr, get_font(findfont(name)).get_charmap()))
    if letters:
        warnings.warn(
            f"no font of this machine has {' '.join(sorted(letters)[:20])}: they are drawn as "
            "boxes. Install a font that has them (such as Noto Sans), or write a .html page",
            stacklevel=3,
        )
