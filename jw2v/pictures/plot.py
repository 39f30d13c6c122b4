"""Pictures of word vectors and of their training. matplotlib comes with the extra ``plot``."""

import io
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len, set_cell_size

from jw2v.choices import Projector
from jw2v.pictures import fonts, labels, looks
from jw2v.pictures.looks import Theme
from jw2v.pictures.projection import Projection, Stage, choose, project, silent
from jw2v.progress import Progress
from jw2v.storage import files
from jw2v.vectors.words import WordVectors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Picture", "check_destination", "loss_curve", "picture", "require", "save"]

_SUFFIXES = (".png", ".svg", ".pdf")
_MARKERS = dict(zip(looks.SHAPES, "os^D*", strict=True))
_DOT = 5.0  # across, in printer's points
_GROWTH = 1.4  # of the point of the most frequent word over that of the rarest, less 1
_LINES = 3000  # between all points and their labels
_FULL = 400  # words, beyond which points become smaller
_SLOW = 500  # words, whose labels take seconds
_WIDEST = 11.0  # inches, beyond which labels would be too small to read on a screen


@dataclass(frozen=True)
class Picture:
    """A picture of words, which a notebook shows as the value of a cell."""

    figure: "Figure"
    """of matplotlib, to add to; it is not one of pyplot's, so that nothing shows it twice"""
    unlabelled: list[str]
    """words whose labels found no room"""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=100)
        return file.getvalue()


def picture(
    vectors: WordVectors,
    words: Sequence[str],
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    categories: Mapping[str, str] | None = None,
    method: Projector = "pca",
    seed: int = 0,
    dark: bool = False,
    progress: Stage = silent,
    cache: Path | None = None,
) -> Picture:
    """Draw some words in the plane, by default of their first two principal components.

    No label covers another label or a point. The first words get the best places; every word has
    its point, but a word whose label finds no room goes without. Where counts are known, frequent
    words have larger points. The same call draws the same picture, and in a notebook it is shown as
    the value of a cell.

    Args:
        vectors: trained vectors.
        words: at least two words to draw; repeated words are drawn once.
        path: a ``.png``, ``.svg`` or ``.pdf`` file, written whole or not at all; None for none.
        title: above the picture; what is too long for it is cut.
        categories: what kind of word each is; a kind has one colour, named in a legend. Words
            that are not in it are grey.
        method: see :func:`jw2v.pictures.projection.project`, with ``seed``.
        dark: for a dark page instead of a white one.
        progress: is told what is being done, and how much of it is.
        cache: a folder in which layouts are kept for the next call.

    Returns:
        The picture, with matplotlib's figure and the words without a label.

    Raises:
        KeyError: words that have no vector, all of them named.
        ValueError: fewer than two words, too many categories, or another suffix.
        OSError: the file cannot be written.
        ImportError: the extra ``plot``, ``tsne`` or ``umap`` is not installed.
    """
    if path is None:
        require()
    else:
        check_destination(path)
    chosen, rows = choose(vectors, words)
    projection = project(rows, method, seed, progress=progress, cache=cache)
    dots = _dots(vectors, chosen)
    fonts.warn_of_boxes([*chosen, *(categories or {}).values(), title or ""])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        theme = looks.theme(dark)
        progress(f"labels of {len(chosen):,} words", None if len(chosen) > _SLOW else 0.0)
        figure, unlabelled = _map(chosen, projection, categories or {}, title, theme, dots)
        if path is not None:
            save(figure, path)
    return Picture(figure, unlabelled)


def _dots(vectors: WordVectors, words: Sequence[str]) -> npt.NDArray[np.float64]:
    """How large the point of each word is, across: by the logarithm of its count, if known."""
    dot = _DOT * min(1.0, math.sqrt(_FULL / len(words)))
    if vectors.counts is None:
        return np.full(len(words), dot)
    counts = np.array([vectors.counts[vectors.index(word)] for word in words], np.float64)
    sizes = np.log(np.maximum(counts, 1))
    sizes -= sizes.min()
    return dot * (1 + _GROWTH * sizes / (sizes.max() or 1.0))


def loss_curve(
    history: Sequence[Progress],
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    dark: bool = False,
) -> None:
    """Draw how the loss fell while training.

    Args:
        history: what training reported, in order: ``jw2v.train(..., progress=history.append)``.
        path: a ``.png``, ``.svg`` or ``.pdf`` file, written whole or not at all.
        title: above the picture.
        dark: for a dark page instead of a white one.

    Raises:
        ValueError: no loss was reported, or another suffix.
        OSError: the file cannot be written.
        ImportError: the extra ``plot`` is not installed.
    """
    check_destination(path)
    history = [report for report in history if report.loss is not None]
    if not history:
        raise ValueError("a curve needs at least one report of training that has a loss, got none")
    save(_curve(history, title, looks.theme(dark)), path)


def check_destination(path: str | os.PathLike[str]) -> None:
    """Refuse a path that a picture could not be written to: better before training than after.

    Raises:
        ValueError: no picture has this suffix.
        OSError: the file could not be written.
        ImportError: the extra ``plot`` is not installed.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _SUFFIXES:
        raise ValueError(
            f"{os.fspath(path)}: expected a picture in {', '.join(_SUFFIXES)}, got {suffix!r}"
        )
    files.check_writable(path)
    require()


def require() -> Any:
    """The matplotlib module; ImportError, with what to install, where it is missing."""
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            f"pictures need matplotlib ({error}): pip install 'jw2v[plot]'"
        ) from error
    return matplotlib


def save(figure: "Figure", path: str | os.PathLike[str]) -> None:
    """Write a figure of matplotlib, whole or not at all; the same figure makes the same file.

    Raises:
        OSError: the file cannot be written.
    """
    suffix = os.path.splitext(path)[1].lower()
    # Without a salt and a date, every run would write another file. Journals refuse fonts of
    # type 3, which matplotlib embeds by default.
    settings: Any = {"svg.hashsalt": "jw2v", "pdf.fonttype": 42}
    dated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with files.replacing(path) as file, require().rc_context(settings):
        figure.savefig(file, format=suffix[1:], metadata=dated.get(suffix))


def _blank(width: float, height: float, theme: Theme) -> tuple["Figure", "Axes"]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    figure = Figure(figsize=(width, height), dpi=200, layout=layout, facecolor=theme.paper)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=theme.paper)
    axes.margins(0.1)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(theme.faint)
    axes.tick_params(colors=theme.faint, labelsize=8)
    axes.grid(color=theme.grid, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _caption(axes: "Axes", theme: Theme, x: str, y: str, title: str | None) -> None:
    axes.set_xlabel(x, color=theme.ink)
    axes.set_ylabel(y, color=theme.ink)
    if title is not None:
        # An inch holds some seven and a half letters of this size.
        figure = axes.get_figure(root=True)
        assert figure is not None
        room, title = int(7.5 * figure.get_figwidth()), fonts.written(title)
        if cell_len(title) > room:
            title = set_cell_size(title, room - 1).rstrip() + "…"
        style: dict[str, Any] = {"fontsize": 13, "fontfamily": fonts.families()}
        axes.set_title(title, color=theme.ink, pad=12, parse_math=False, **style)


def _map(
    words: list[str],
    projection: Projection,
    categories: Mapping[str, str],
    title: str | None,
    theme: Theme,
    dots: npt.NDArray[np.float64],
) -> tuple["Figure", list[str]]:
    """The picture of words, and the words whose labels found no room."""
    # More words need more room, at the same size of type, as far as a screen can show it.
    side = float(np.clip(1.1 * np.sqrt(len(words)), 6.4, _WIDEST))
    figure, axes = _blank(1.3 * side, side, theme)
    # One unit is as long on both axes, so that distances can be compared.
    axes.set_aspect("equal", adjustable="datalim")
    if not projection.measured:
        axes.tick_params(length=0, labelbottom=False, labelleft=False)
        axes.grid(False)
    _caption(axes, theme, *projection.axes, title)
    _draw_points(axes, words, projection.coordinates, categories, theme, dots)
    return figure, _draw_labels(figure, axes, words, projection.coordinates, theme, dots)


def _draw_points(
    axes: "Axes",
    words: list[str],
    coordinates: npt.NDArray[np.float64],
    categories: Mapping[str, str],
    theme: Theme,
    dots: npt.NDArray[np.float64],
) -> None:
    styles = looks.styles(words, categories)
    kinds = np.array([categories.get(word, "") for word in words])
    plain = np.array([word not in categories for word in words])
    dot: dict[str, Any] = {"edgecolors": theme.paper, "linewidths": 0.6}
    colour = theme.faint if styles else theme.kinds[0]
    x, y = coordinates.T
    axes.scatter(x[plain], y[plain], s=dots[plain] ** 2, color=colour, **dot, zorder=2)
    handles = []
    for kind, style in styles.items():
        dot["color"] = theme.kinds[style.colour]
        dot["marker"] = _MARKERS[looks.SHAPES[style.shape]]
        here = ~plain & (kinds == kind)
        axes.scatter(x[here], y[here], s=dots[here] ** 2, **dot, zorder=2)
        handles.append(axes.scatter([], [], s=36, **dot))
    if styles:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
        legend = axes.legend(
            handles,
            [*map(fonts.written, styles)],
            **place,
            frameon=False,
            fontsize=10,
            handletextpad=0.2,
        )
        for text in legend.get_texts():
            text.set(parse_math=False, color=theme.ink, fontfamily=fonts.families())


def _draw_labels(
    figure: "Figure",
    axes: "Axes",
    words: list[str],
    coordinates: npt.NDArray[np.float64],
    theme: Theme,
    dots: npt.NDArray[np.float64],
) -> list[str]:
    from matplotlib.patheffects import withStroke

    style: dict[str, Any] = {"fontsize": 9.5, "color": theme.ink, "ha": "center", "va": "center"}
    halo = [withStroke(linewidth=2.5, foreground=theme.paper)]
    family = fonts.families()
    texts = [
        axes.text(
            x,
            y,
            fonts.written(word),
            **style,
            fontfamily=family,
            zorder=4,
            parse_math=False,
            path_effects=halo,
        )
        for word, (x, y) in zip(words, coordinates.tolist(), strict=True)
    ]
    for text in texts:
        text.set_in_layout(False)  # a long word must not shrink the axes
    # The layout is settled once, and must not move when the labels do.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    axes.autoscale(False)

    pixels = figure.dpi / 72
    margin = np.array([3, 0.6]) * pixels
    sizes = margin + [text.get_window_extent().size for text in texts]
    points = axes.transData.transform(coordinates)
    frame = np.asarray(axes.get_window_extent().extents)
    # Among many words, a label that is far from its point is not found.
    lines = float(np.clip(_LINES / len(words), 2, 30))
    centers = labels.places(points, sizes, frame, dots / 2 * pixels, lines)
    to_data = axes.transData.inverted().transform
    edges = centers + np.clip(points - centers, -sizes / 2, sizes / 2)
    far = np.linalg.norm(points - edges, axis=1) > 2.5 * _DOT * pixels
    for point, edge in zip(coordinates[far], to_data(edges[far]), strict=True):
        axes.plot(*np.stack([point, edge]).T, color=theme.faint, linewidth=0.4, zorder=1)
    unlabelled = []
    for text, word, place in zip(texts, words, to_data(centers).tolist(), strict=True):
        if math.isnan(place[0]):
            text.remove()
            unlabelled.append(word)
        else:
            text.set_position(place)
    return unlabelled


def _curve(history: Sequence[Progress], title: str | None, theme: Theme) -> "Figure":
    from matplotlib.ticker import MaxNLocator

    figure, axes = _blank(6.4, 4.0, theme)
    epochs = [report.fraction * report.epochs for report in history]
    losses = [report.loss for report in history if report.loss is not None]
    axes.plot(epochs, losses, color=theme.kinds[0], linewidth=1.8)
    axes.plot(epochs[-1:], losses[-1:], "o", color=theme.kinds[0], markersize=_DOT, clip_on=False)
    axes.annotate(
        f"{losses[-1]:.4g}",
        (epochs[-1], losses[-1]),
        xytext=(0, 7),
        textcoords="offset points",
        ha="right",
        color=theme.ink,
        fontsize=9.5,
    )
    axes.set_xlim(0, history[-1].epochs)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _caption(axes, theme, "Epochs", "Loss (nats a pair, running mean)", title)
    return figure
