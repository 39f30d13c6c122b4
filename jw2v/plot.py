"""Pictures of word vectors. matplotlib comes with the extra ``plot``."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from jw2v import _files
from jw2v.vectors import WordVectors
from jw2v.vocabulary import UnknownWordError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["pca", "picture", "require"]

_SUFFIXES = (".png", ".svg")
# Okabe and Ito's colours, told apart by most colour-blind readers, without the pale yellow.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_INK, _FAINT = "#222222", "#9A9A9A"
_DOT = 5.0  # across, in printer's points


def pca(
    vectors: npt.NDArray[np.floating[Any]],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The two directions in which vectors differ most.

    Definition: the first two left singular vectors of the centred vectors, times their singular
    values. The entry of largest size in each direction is positive, so that the picture of the
    same vectors is never mirrored. A direction that does not exist has coordinates 0.

    Args:
        vectors: [n, dim], n ≥ 2.

    Returns:
        Coordinates [n, 2], and the share of the variance that each of the two axes explains, [2].

    >>> coordinates, explained = pca(np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]))
    >>> coordinates.round(6).tolist(), explained.round(6).tolist()
    ([[-5.0, 0.0], [0.0, 0.0], [5.0, 0.0]], [1.0, 0.0])
    """
    if vectors.ndim != 2 or len(vectors) < 2 or not vectors.shape[1]:
        raise ValueError(f"pca needs at least 2 vectors, got an array of shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("pca needs finite vectors, got NaN or infinite entries")
    largest = float(np.abs(vectors).max()) or 1.0
    scaled = vectors.astype(np.float64) / largest
    scaled -= scaled.mean(axis=0)
    left, sizes, directions = np.linalg.svd(scaled, full_matrices=False)
    extreme = np.abs(directions).argmax(axis=1)
    signs = np.where(directions[np.arange(len(directions)), extreme] < 0, -1.0, 1.0)
    found = min(2, len(sizes))
    coordinates, explained = np.zeros((len(vectors), 2)), np.zeros(2)
    # Singular values of rounding noise are no directions; + 0.0 turns −0 into 0.
    real = sizes > sizes[0] * max(scaled.shape) * np.finfo(np.float64).eps
    coordinates[:, :found] = (left * (sizes * signs * real) * largest)[:, :found] + 0.0
    if real[0]:
        explained[:found] = ((sizes * real) ** 2 / (sizes**2).sum())[:found]
    return coordinates, explained


def picture(
    vectors: WordVectors,
    words: Sequence[str],
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    categories: Mapping[str, str] | None = None,
) -> None:
    """Draw some words in the plane of their first two principal components.

    No label covers another label or a point, unless there is no room at all: then give fewer
    words. The first words get the best places. The same call draws the same picture.

    Args:
        vectors: trained vectors.
        words: at least two words to draw; repeated words are drawn once.
        path: a ``.png`` or ``.svg`` file, written whole or not at all.
        title: above the picture.
        categories: what kind of word each is; a kind has one colour, named in a legend. Words
            that are not in it are grey.

    Raises:
        KeyError: words that have no vector, all of them named.
        ValueError: fewer than two words, or another suffix.
        OSError: the file cannot be written.
        ImportError: the extra ``plot`` is not installed.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _SUFFIXES:
        raise ValueError(
            f"{os.fspath(path)}: expected a picture in {' or '.join(_SUFFIXES)}, got {suffix!r}"
        )
    if isinstance(words, str):
        raise ValueError(f"expected a list of words to draw, got the str {words!r}")
    words = list(dict.fromkeys(words))
    if missing := [word for word in words if word not in vectors]:
        raise UnknownWordError(missing, vectors.words)
    if len(words) < 2:
        raise ValueError(f"a picture needs at least 2 different words, got {words}")
    _files.check_writable(path)
    matplotlib = require()
    figure = _figure(words, *pca(np.stack([vectors[word] for word in words])), categories, title)
    # Without a salt and a date, every run would write another SVG.
    with _files.replacing(path) as file, matplotlib.rc_context({"svg.hashsalt": "jw2v"}):
        date = {"Date": None} if suffix == ".svg" else {}
        figure.savefig(file, format=suffix[1:], metadata=date)


def require() -> Any:
    """The matplotlib module; ImportError, with what to install, where it is missing."""
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            f"pictures need matplotlib ({error}): pip install 'jw2v[plot]'"
        ) from error
    return matplotlib


def _figure(
    words: list[str],
    coordinates: npt.NDArray[np.float64],
    explained: npt.NDArray[np.float64],
    categories: Mapping[str, str] | None,
    title: str | None,
) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # More words need more room, at the same size of type.
    side = float(np.clip(1.1 * np.sqrt(len(words)), 6.4, 20))
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    figure = Figure(figsize=(1.3 * side, side), dpi=200, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    # One unit is as long on both axes, so that distances can be compared.
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.1)
    for side_name in ("top", "right"):
        axes.spines[side_name].set_visible(False)
    for side_name in ("bottom", "left"):
        axes.spines[side_name].set_color(_FAINT)
    axes.tick_params(colors=_FAINT, labelsize=8)
    axes.grid(color="#EDEDED", linewidth=0.6)
    axes.set_axisbelow(True)
    first, second = (f"{share:.1%} of the variance" for share in explained)
    axes.set_xlabel(f"First principal component ({first})", color=_INK)
    axes.set_ylabel(f"Second principal component ({second})", color=_INK)
    if title is not None:
        axes.set_title(title, color=_INK, fontsize=13, pad=12, parse_math=False)
    _draw_points(axes, words, coordinates, categories or {})
    _draw_labels(figure, axes, words, coordinates)
    return figure


def _draw_points(
    axes: "Axes",
    words: list[str],
    coordinates: npt.NDArray[np.float64],
    categories: Mapping[str, str],
) -> None:
    kinds = list(dict.fromkeys(categories[word] for word in words if word in categories))
    palette = {kind: _COLOURS[i % len(_COLOURS)] for i, kind in enumerate(kinds)}
    plain = _FAINT if kinds else _COLOURS[0]
    colours = [palette[categories[word]] if word in categories else plain for word in words]
    axes.scatter(
        coordinates[:, 0],
        coordinates[:, 1],
        s=_DOT**2,
        c=colours,
        edgecolors="white",
        linewidths=0.6,
        zorder=2,
    )
    if kinds:
        handles = [
            axes.scatter([], [], s=36, color=palette[kind], edgecolors="white") for kind in kinds
        ]
        legend = axes.legend(
            handles, kinds, loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=10
        )
        for text in legend.get_texts():
            text.set(parse_math=False, color=_INK)


def _draw_labels(
    figure: "Figure", axes: "Axes", words: list[str], coordinates: npt.NDArray[np.float64]
) -> None:
    from matplotlib.patheffects import withStroke

    style: dict[str, Any] = {"fontsize": 9.5, "color": _INK, "ha": "center", "va": "center"}
    halo = [withStroke(linewidth=2.5, foreground="white")]
    labels = [
        axes.text(x, y, word, **style, zorder=4, parse_math=False, path_effects=halo)
        for word, (x, y) in zip(words, coordinates.tolist(), strict=True)
    ]
    # The layout is settled once, and must not move when the labels do.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    axes.autoscale(False)

    pixels = figure.dpi / 72
    margin = np.array([3, 0.6]) * pixels
    sizes = margin + [label.get_window_extent().size for label in labels]
    points = axes.transData.transform(coordinates)
    frame = np.asarray(axes.get_window_extent().extents)
    centers = _places(points, sizes, frame, _DOT / 2 * pixels)
    to_data = axes.transData.inverted().transform
    edges = centers + np.clip(points - centers, -sizes / 2, sizes / 2)
    far = np.linalg.norm(points - edges, axis=1) > 2.5 * _DOT * pixels
    for label, place in zip(labels, to_data(centers).tolist(), strict=True):
        label.set_position(place)
    for point, edge in zip(coordinates[far], to_data(edges[far]), strict=True):
        axes.plot(*np.stack([point, edge]).T, color=_FAINT, linewidth=0.5, zorder=1)


def _places(
    points: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    frame: npt.NDArray[np.float64],
    radius: float,
) -> npt.NDArray[np.float64]:
    """Where to put the centers of labels, all in pixels.

    Each label in turn takes the free place nearest to its point, on rings around it; first to the
    right, the left, above and below.

    Args:
        points: [n, 2], what the labels name.
        sizes: [n, 2], width and height of each label.
        frame: [4], left, bottom, right, top: labels stay within.
        radius: how much room a point takes to each side.
    """
    eighths = np.array([0, 8, 4, 12, 2, 6, 14, 10, 1, 7, 9, 15, 3, 5, 11, 13]) * np.pi / 8
    height = np.median(sizes[:, 1])
    rings = 1.5 * radius + np.arange(0, 30 * height, height / 2)[:, None]
    directions = np.stack([np.cos(eighths), np.sin(eighths)], axis=1)
    taken = np.concatenate([points - radius, points + radius], axis=1)
    centers = np.empty_like(points)
    for i, (point, size) in enumerate(zip(points, sizes, strict=True)):
        steps = directions * (rings[:, :, None] + size / 2)
        candidates = point + steps.reshape(-1, 2)
        low, high = candidates - size / 2, candidates + size / 2
        overlap = np.minimum(high[:, None], taken[:, 2:]) - np.maximum(low[:, None], taken[:, :2])
        crowd = (overlap > 0).all(axis=2).sum(axis=1)
        outside = ((low < frame[:2]) | (high > frame[2:])).any(axis=1)
        best = int(np.argmin(crowd + len(taken) * outside))
        centers[i] = candidates[best]
        taken = np.concatenate([taken, [[*low[best], *high[best]]]])
    return centers
