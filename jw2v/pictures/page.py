"""A map of words as one HTML file that opens offline: hover, search, zoom. No matplotlib needed."""

import base64
import hashlib
import html
import json
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from string import Template
from typing import Any

import numpy as np
import numpy.typing as npt

from jw2v.choices import Projector
from jw2v.pictures import looks
from jw2v.pictures.projection import Projection, choose, nearest, project
from jw2v.storage import files
from jw2v.vectors.words import WordVectors

__all__ = ["page"]

_SUFFIXES = (".html", ".htm")
_SCRIPTS = [
    f"{name}.js" for name in ("scene", "drawing", "labels", "panels", "search", "choice", "hands")
]
_NEIGHBOURS = 10


def page(
    vectors: WordVectors,
    words: Sequence[str],
    path: str | os.PathLike[str],
    *,
    title: str = "Word vectors",
    categories: Mapping[str, str] | None = None,
    method: Projector = "pca",
    seed: int = 0,
) -> None:
    """Write a map of some words that a browser shows, light or dark as its reader prefers.

    The file holds everything it needs. Pointing at a word shows its nearest neighbours among the
    words of the map, by cosine in all dimensions. Words can be compared by twos and shown alone, by
    mouse, fingers or keys; the address names what is chosen. Up to some 50,000 words move smoothly.

    Args:
        vectors: trained vectors.
        words: at least two words to draw; the first have the first claim to a label.
        path: a ``.html`` file, written whole or not at all.
        title: above the map.
        categories: what kind of word each is; a kind has one colour, and can be switched off.
        method: see :func:`jw2v.pictures.projection.project`, with ``seed``.

    Raises:
        KeyError: words that have no vector, all of them named.
        ValueError: fewer than two words, too many categories, or another suffix.
        OSError: the file cannot be written.
        ImportError: the extra ``tsne`` or ``umap`` is not installed.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _SUFFIXES:
        raise ValueError(f"{os.fspath(path)}: expected a page in .html, got {suffix!r}")
    files.check_writable(path)
    chosen, rows = choose(vectors, words)
    data = _data(chosen, rows, project(rows, method, seed), categories or {})
    text = _fill(title, data).encode()
    with files.replacing(path) as file:
        file.write(text)


def _data(
    words: list[str],
    rows: npt.NDArray[np.floating[Any]],
    projection: Projection,
    categories: Mapping[str, str],
) -> dict[str, Any]:
    styles = looks.styles(words, categories)
    kinds = list(styles)
    ids = {kind: i for i, kind in enumerate(kinds)}
    # Without units: the page shows no numbers along its axes.
    places = projection.coordinates - projection.coordinates.min(axis=0)
    x, y = (places / (places.max() or 1.0)).round(5).T
    near, cosines = nearest(rows, min(_NEIGHBOURS, len(words) - 1))
    return {
        "words": words,
        "x": x.tolist(),
        "y": y.tolist(),
        "kinds": kinds,
        "kind": [ids[categories[word]] if word in categories else len(kinds) for word in words],
        "styles": list(styles.values()),
        "shapes": looks.SHAPES,
        "near": near.ravel().tolist(),
        "cosine": (100 * cosines).round().astype(int).ravel().tolist(),  # in hundredths
        "dim": rows.shape[1],
        "axes": projection.axes,
        "measured": projection.measured,
    }


def _fill(title: str, data: dict[str, Any]) -> str:
    folder = resources.files("jw2v.pictures") / "web"
    style = _variables() + (folder / "map.css").read_text(encoding="utf-8")
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    arrows = ("→ ", "↑ ") if data["measured"] else ("", "")
    axes = zip(arrows, data["axes"], strict=True)
    return Template((folder / "map.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        count=f"{len(data['words']):,}",
        axes="".join(f"<span>{arrow}{html.escape(name)}</span>" for arrow, name in axes if name),
        # Nothing but this script and this style may run or load, whatever the words are.
        policy=f"default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src {_hash(script)}; style-src {_hash(style)}",
        style=style,
        script=script,
        data=_inert(data),
    )


def _inert(data: dict[str, Any]) -> str:
    """JSON that no HTML parser mistakes for the end of the script it stands in."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _hash(text: str) -> str:
    """The name of an inline script or style in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _variables() -> str:
    def declare(theme: looks.Theme) -> str:
        kinds = "".join(f"--kind-{i}:{colour};" for i, colour in enumerate(theme.kinds))
        plain = zip(("paper", "ink", "faint", "grid"), theme, strict=False)
        return ":root{" + "".join(f"--{name}:{colour};" for name, colour in plain) + kinds + "}"

    dark = f"@media (prefers-color-scheme: dark){{{declare(looks.DARK)}}}"
    return f"{declare(looks.LIGHT)}\n{dark}\n"
