"""A map of words as one HTML file that opens offline: hover, search, zoom. No matplotlib needed."""

import base64
import hashlib
import html
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from jw2v.choices import Projector
from jw2v.pictures import clusters, fonts, looks
from jw2v.pictures.projection import Projection, Stage, choose, project, silent
from jw2v.storage import files, kept
from jw2v.storage.fingerprints import fingerprint
from jw2v.vectors.neighbours import nearest, to_unit
from jw2v.vectors.words import WordVectors

__all__ = ["Page", "page"]

_SUFFIXES = (".html", ".htm")
_SCRIPTS = [
    f"{name}.js" for name in ("scene", "drawing", "labels", "panels", "search", "choice", "hands")
]
_NEIGHBOURS = 10


@dataclass(frozen=True)
class Page:
    """A page, which a notebook shows where it was made, in a frame of its own."""

    text: str = field(repr=False)
    """of the whole file"""

    def _repr_html_(self) -> str:
        whole = html.escape(self.text)
        return (
            f'<iframe srcdoc="{whole}" title="map of words" width="100%" height="640" '
            'style="border: 0"></iframe>'
        )


def page(
    vectors: WordVectors,
    words: Sequence[str],
    path: str | os.PathLike[str] | None = None,
    *,
    title: str = "Word vectors",
    categories: Mapping[str, str] | None = None,
    method: Projector = "graph",
    seed: int = 0,
    progress: Stage = silent,
    cache: Path | None = None,
) -> Page:
    """Write a map of some words that a browser shows, light or dark as its reader prefers.

    The file holds everything it needs. Pointing at a word shows its nearest neighbours among all
    words that have a vector, by cosine in all dimensions. Where counts are known, frequent words
    have larger points. Words can be compared by twos and shown alone, by mouse, fingers or keys.
    The address names what is chosen. Up to some 50,000 words move smoothly. In a notebook, the map
    is shown as the value of a cell.

    Args:
        vectors: trained vectors.
        words: at least two words to draw; the first have the first claim to a label.
        path: a ``.html`` file, written whole or not at all; None for a notebook alone.
        title: above the map.
        categories: what kind of word each is; a kind has one colour, and can be switched off. None
            for kinds found and named by :func:`jw2v.pictures.clusters.named`, ``{}`` for no kinds.
        method: see :func:`jw2v.pictures.projection.project`, with ``seed``.
        progress: is told what is being done, and how much of it is.
        cache: a folder in which layouts and neighbours are kept for the next call.

    Raises:
        KeyError: words that have no vector, all of them named.
        ValueError: fewer than two words, too many categories, or another suffix.
        OSError: the file cannot be written.
        ImportError: the extra ``tsne`` or ``umap`` is not installed.
    """
    if path is not None:
        suffix = os.path.splitext(path)[1].lower()
        if suffix not in _SUFFIXES:
            raise ValueError(f"{os.fspath(path)}: expected a page in .html, got {suffix!r}")
        files.check_writable(path)
    chosen, rows = choose(vectors, words)
    projection = project(rows, method, seed, progress=progress, cache=cache)
    kinds = clusters.named(chosen, rows) if categories is None else categories
    data = {
        **_places(projection),
        **_kinds(chosen, kinds, automatic=categories is None),
        **_neighbours(vectors, chosen, progress, cache),
        "words": chosen,
        "count": None if vectors.counts is None else _counts(vectors, chosen),
        "dim": rows.shape[1],
    }
    made = Page(_fill(title, data))
    if path is not None:
        with files.replacing(path) as file:
            file.write(made.text.encode())
    return made


def _places(projection: Projection) -> dict[str, Any]:
    # Without units: the page shows no numbers along its axes.
    places = projection.coordinates - projection.coordinates.min(axis=0)
    x, y = (places / (places.max() or 1.0)).round(5).T
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "axes": projection.axes,
        "measured": projection.measured,
    }


def _kinds(words: list[str], categories: Mapping[str, str], *, automatic: bool) -> dict[str, Any]:
    styles = looks.styles(words, categories)
    kinds = list(styles)
    ids = {kind: i for i, kind in enumerate(kinds)}
    return {
        "kinds": kinds,
        "kind": [ids[categories[word]] if word in categories else len(kinds) for word in words],
        "styles": list(styles.values()),
        "shapes": looks.SHAPES,
        "clusters": automatic and bool(kinds),
    }


def _neighbours(
    vectors: WordVectors, words: list[str], progress: Stage, cache: Path | None
) -> dict[str, Any]:
    """Of each word, among all; those that are not drawn are named apart, and count on."""
    drawn = np.array([vectors.index(word) for word in words])
    n = min(_NEIGHBOURS, len(vectors) - 1)

    def make() -> kept.Arrays:
        title = f"neighbours among {len(vectors):,} words"
        rows = to_unit(vectors.vectors).astype(np.float32, copy=False)
        found = nearest(rows, n, of=drawn, progress=lambda done: progress(title, done))
        return dict(zip(("near", "cosines"), found, strict=True))

    def fits(found: kept.Arrays) -> bool:
        near, cosines = found["near"], found["cosines"]
        shape = (len(words), n)
        return near.shape == cosines.shape == shape and bool(
            ((near >= 0) & (near < len(vectors)) & (np.abs(cosines) <= 1)).all()
        )

    shape, type = str(vectors.vectors.shape), str(vectors.vectors.dtype)
    digest = fingerprint(["near", str(n), shape, type, vectors.vectors, drawn])
    found = kept.arrays(cache, digest, make, fits)
    near, cosines = found["near"], found["cosines"]
    others = np.setdiff1d(near, drawn)
    place = np.zeros(len(vectors), np.intp)
    place[others] = np.arange(len(words), len(words) + len(others))
    place[drawn] = np.arange(len(words))
    return {
        "near": place[near].ravel().tolist(),
        "cosine": (100 * cosines).round().astype(int).ravel().tolist(),  # in hundredths
        "others": [vectors.words[row] for row in others],
    }


def _counts(vectors: WordVectors, words: list[str]) -> list[int]:
    assert vectors.counts is not None
    return [int(vectors.counts[vectors.index(word)]) for word in words]


def _fill(title: str, data: dict[str, Any]) -> str:
    folder = resources.files("jw2v.pictures") / "web"
    style = _variables() + (folder / "map.css").read_text(encoding="utf-8")
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    arrows = ("→ ", "↑ ") if data["measured"] else ("", "")
    axes = zip(arrows, data["axes"], strict=True)
    return Template((folder / "map.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(fonts.written(title)),
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
