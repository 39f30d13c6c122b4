"""Words that changed their company between two texts, beside what chance alone changes.

Each text is learnt several times, with another seed each time. Two runs of one text share only a
part of a word's neighbours: that much is the chance of training. Two samples of one kind of text
share less than two runs of one, and show how much less means nothing.
"""

import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, compress, product
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jw2v import training
from jw2v.config import Config
from jw2v.pictures import fonts, looks, plot
from jw2v.reading.corpus import Source
from jw2v.reading.vocabulary import Vocabulary, check_count
from jw2v.vectors.neighbours import to_unit
from jw2v.vectors.spaces import Comparison, compared
from jw2v.vectors.words import WordVectors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Changed", "Changes", "between", "picture"]

Floats: TypeAlias = npt.NDArray[np.float64]

_NAMES = ("before", "after")


class Changed(NamedTuple):
    """A word in two texts."""

    word: str
    shared: float
    """which part of its nearest neighbours it has in both texts, 0 to 1"""
    chance: float
    """which part of them two runs of one text have in common"""
    before: tuple[str, ...]
    """its neighbours in the first text, nearest first"""
    after: tuple[str, ...]
    """its neighbours in the second"""


@dataclass(frozen=True, eq=False)
class Changes:
    """The frequent words of two texts, and what they share."""

    words: tuple[str, ...]
    shared: Floats
    """which part of its nearest neighbours each word has in both texts, [words]"""
    chance: Floats
    """which part of them two runs of one text have in common, [words]"""
    neighbours: Comparison
    """those by the mean cosine of all runs, in both texts"""

    def most(self, topn: int = 10) -> list[Changed]:
        """The words whose ``shared`` lies farthest below ``chance``, those first."""
        check_count("topn", topn)
        order = np.argsort(self.shared - self.chance, kind="stable")[:topn]
        sides = (self.neighbours.ours, self.neighbours.theirs)
        return [
            Changed(
                self.words[row],
                float(self.shared[row]),
                float(self.chance[row]),
                *(tuple(self.words[n] for n in near[row]) for near in sides),
            )
            for row in order
        ]

    def table(self, topn: int = 10, shown: int = 5, names: tuple[str, str] = _NAMES) -> str:
        """The words that changed most and their nearest neighbours, in Markdown."""
        lines = [
            f"| word | {names[0]} | {names[1]} | in both | in two runs of one |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += (
            f"| {each.word} | {', '.join(each.before[:shown])} | {', '.join(each.after[:shown])}"
            f" | {each.shared:.0%} | {each.chance:.0%} |"
            for each in self.most(topn)
        )
        return "\n".join(lines)


def between(
    before: Source,
    after: Source,
    config: Config,
    *,
    seeds: int = 3,
    k: int = 10,
    min_count: int = 50,
) -> Changes:
    """Learn two texts, each with several seeds, and compare the neighbours of their words.

    Definition: ``shared`` is the part of the k nearest neighbours that a word has in both texts,
    the mean over all pairs of runs, one of each text. ``chance`` is that of two runs of one text,
    the mean over all pairs of runs, of the text in which it is smaller. Neighbours are words that
    are frequent in both texts.

    Args:
        before: one text.
        after: the other.
        config: the settings of all, and the first seed.
        seeds: how many times each text is learnt.
        k: how many neighbours.
        min_count: leave out the words that occur less often in one of the two.

    Raises:
        ValueError: there are fewer than two seeds, or not more than k frequent words in both.
    """
    check_count("seeds", seeds)
    if seeds < 2:
        raise ValueError("one seed does not tell change from chance: give seeds of at least 2")
    check_count("k", k)
    check_count("min_count", min_count)
    texts = [training.read(source, config) for source in (before, after)]
    words = _frequent([text.vocabulary for text in texts], min_count)
    if len(words) <= k:
        raise ValueError(
            f"{k:,} neighbours need more than {k:,} words that come {min_count:,} times or more in"
            f" both texts, got {len(words):,}: take a smaller k or min_count, or longer texts"
        )
    runs = [replace(config, seed=config.seed + n) for n in range(seeds)]
    ours, theirs = ([training.train(text, run).subset(words) for run in runs] for text in texts)
    return Changes(
        tuple(words),
        _shared(product(ours, theirs), k),
        np.minimum(*(_shared(combinations(each, 2), k) for each in (ours, theirs))),
        _neighbours(_beside(ours), _beside(theirs), k),
    )


def picture(
    found: Changes,
    path: str | os.PathLike[str] | None = None,
    *,
    topn: int = 12,
    names: tuple[str, str] = _NAMES,
    title: str | None = None,
    dark: bool = False,
) -> plot.Picture:
    """Draw the words that changed most: their neighbours in both texts, and what these share.

    Args:
        found: what :func:`between` found.
        path: a ``.png``, ``.svg`` or ``.pdf`` file, written whole or not at all; None for none.
        topn: how many words.
        names: what the two texts are called.
        title: above the picture.
        dark: for a dark page instead of a white one.

    Raises:
        ValueError: no picture has this suffix.
        OSError: the file cannot be written.
        ImportError: the extra ``plot`` is not installed.
    """
    if path is None:
        plot.require()
    else:
        plot.check_destination(path)
    rows = found.most(topn)
    fonts.warn_of_boxes(word for row in rows for word in (row.word, *row.before, *row.after))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        figure = _drawn(found, rows, names, title, looks.theme(dark))
        if path is not None:
            plot.save(figure, path)
    return plot.Picture(figure, [])


def _frequent(texts: Sequence[Vocabulary], min_count: int) -> list[str]:
    often, also = (compress(each.words, each.counts >= min_count) for each in texts)
    both = {*also}
    return [word for word in often if word in both]


def _beside(runs: Sequence[WordVectors]) -> WordVectors:
    """Vectors whose cosines are the means of those of all runs."""
    return WordVectors(
        runs[0].words, np.concatenate([to_unit(run.vectors) for run in runs], axis=1)
    )


def _shared(pairs: Iterable[tuple[WordVectors, WordVectors]], k: int) -> Floats:
    found: Floats = np.mean([_neighbours(*pair, k).shared for pair in pairs], axis=0)
    return found


def _neighbours(ours: WordVectors, theirs: WordVectors, k: int) -> Comparison:
    with warnings.catch_warnings():  # of the cosines after alignment, which are not asked for
        warnings.filterwarnings("ignore", ".* determine the rotation")
        return compared(ours, theirs, k)


_WORD, _BEFORE, _AFTER, _SHARED, _END = 0.015, 0.13, 0.42, 0.71, 0.975
"""Where the columns of the picture begin, as parts of its width."""
_WIDTH, _ROW, _HEAD, _FOOT = 12.0, 0.36, 1.05, 0.8
"""Inches."""


def _drawn(
    found: Changes,
    rows: Sequence[Changed],
    names: tuple[str, str],
    title: str | None,
    theme: looks.Theme,
) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    height = _HEAD + _ROW * len(rows) + _FOOT
    figure = Figure(figsize=(_WIDTH, height), dpi=200, facecolor=theme.paper)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((_SHARED, _FOOT / height, _END - _SHARED, _ROW * len(rows) / height))
    axes.set(facecolor=theme.paper, xlim=(-0.03, 1.03), ylim=(len(rows) - 0.5, -0.5), yticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=theme.faint, length=0, labelsize=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(axis="x", color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)

    first, second, both = theme.kinds[:3]
    _write(axes, _BEFORE, -1, [f"neighbours {names[0]}"], _AFTER, color=first, weight="bold")
    _write(axes, _AFTER, -1, [f"neighbours {names[1]}"], _SHARED, color=second, weight="bold")
    for y, row in enumerate(rows):
        _write(axes, _WORD, y, [row.word], _BEFORE, color=theme.ink, weight="bold")
        _write(axes, _BEFORE, y, row.before, _AFTER, color=first)
        _write(axes, _AFTER, y, row.after, _SHARED, color=second)

    places = np.arange(len(rows))
    shared, chance = (np.array([row[n] for row in rows]) for n in (1, 2))
    axes.hlines(places, shared, chance, color=theme.faint, linewidth=1.2, zorder=2)
    dots: dict[str, Any] = {"edgecolors": both, "s": 55, "zorder": 3, "clip_on": False}
    axes.scatter(shared, places, color=both, label="both texts", **dots)
    axes.scatter(chance, places, color=theme.paper, label="two runs of one text", **dots)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.03, 1),
        frameon=False,
        fontsize=9.5,
        ncols=2,
        handletextpad=0.1,
        columnspacing=0.8,
        labelcolor=theme.ink,
    )
    axes.set_xlabel(
        f"neighbours in common, of the nearest {found.neighbours.ours.shape[1]}\n"
        f"(all {len(found.words):,} words: {found.shared.mean():.0%} and"
        f" {found.chance.mean():.0%} on average)",
        color=theme.ink,
        fontsize=9.5,
    )
    if title is not None:
        figure.text(
            _WORD,
            1 - 0.3 / height,
            title,
            color=theme.ink,
            fontsize=14,
            va="center",
            parse_math=False,
            fontfamily=fonts.families(),
        )
    return figure


def _write(
    axes: "Axes", x: float, y: float, words: Sequence[str], end: float, **style: Any
) -> None:
    """Words in a row of the picture, as many as there is room for."""
    from matplotlib.transforms import blended_transform_factory

    figure = axes.get_figure(root=True)
    assert figure is not None
    where = blended_transform_factory(figure.transFigure, axes.transData)
    text = axes.text(
        x,
        y,
        "",
        transform=where,
        va="center",
        fontsize=10.5,
        parse_math=False,
        fontfamily=fonts.families(),
        **style,
    )
    room = (end - x - 0.01) * figure.bbox.width
    for n in range(1, len(words) + 1):
        shorter = text.get_text()
        text.set_text(", ".join(words[:n]))
        if n > 1 and text.get_window_extent().width > room:
            text.set_text(shorter)
            break
