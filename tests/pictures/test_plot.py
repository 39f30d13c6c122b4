"""Pictures: labels that do not overlap, whole files, the same twice, on light and dark pages."""

import itertools
import os
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from jw2v.pictures import looks, plot
from jw2v.pictures.projection import Projection
from jw2v.progress import Progress
from jw2v.vectors.words import WordVectors

matplotlib = pytest.importorskip("matplotlib", reason="needs the extra plot")


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    words = tuple(f"word{i}" for i in range(40))
    return WordVectors(words, np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32))


def overlaps(coordinates: np.ndarray) -> tuple[int, int, int]:
    """Labels over labels, labels over points, and labels outside the axes."""
    words = [f"word{i}" for i in range(len(coordinates))]
    projection = Projection(coordinates, ("first", "second"), measured=True)
    figure, unlabelled = plot._map(
        words, projection, {}, None, looks.LIGHT, np.full(len(words), 5.0)
    )
    assert unlabelled == []
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [label.get_window_extent() for label in axes.texts]
    assert [label.get_text() for label in axes.texts] == words
    points = axes.transData.transform(coordinates)
    inside = axes.get_window_extent()
    return (
        sum(bool(a.overlaps(b)) for a, b in itertools.combinations(boxes, 2)),
        sum(box.contains(*point) for box in boxes for point in points),
        sum(not inside.contains(*corner) for box in boxes for corner in (box.min, box.max)),
    )


class TestPicture:
    @pytest.mark.parametrize("count", [2, 30, 100])
    def test_labels_do_not_overlap(self, count: int) -> None:
        scattered = np.random.default_rng(0).normal(size=(count, 2))
        assert overlaps(scattered) == (0, 0, 0)
        crowded = scattered * 0.01
        crowded[0] = 1
        assert overlaps(crowded) == (0, 0, 0)
        assert overlaps(np.zeros((min(count, 30), 2)))[::2] == (0, 0)

    def test_png(self, vectors: WordVectors, tmp_path: Path) -> None:
        path = tmp_path / "picture.png"
        plot.picture(vectors, vectors.words, str(path), title="All words")
        pixels = matplotlib.image.imread(path)
        assert min(pixels.shape[:2]) > 1000
        assert pixels.std() > 0.01
        assert os.listdir(tmp_path) == ["picture.png"]

    def test_a_label_without_room_is_left_out_and_named(self, tmp_path: Path) -> None:
        words = tuple("w" * 200 + str(i) for i in range(30))
        vectors = WordVectors(words, np.random.default_rng(0).normal(size=(30, 3)))
        unlabelled = plot.picture(vectors, words, tmp_path / "a.png").unlabelled
        assert unlabelled
        assert set(unlabelled) <= set(words)

    def test_texts_that_are_no_text(self, tmp_path: Path) -> None:
        words = ("a\ud800", "b", "c")
        vectors = WordVectors(words, np.random.default_rng(0).normal(size=(3, 3)))
        kinds = {"b": "kind \udcff"}
        made = plot.picture(vectors, words, tmp_path / "a.png", title="caf\udce9", categories=kinds)
        (axes,) = made.figure.axes
        assert axes.get_title() == "caf\ufffd"
        assert "a\ufffd" in [text.get_text() for text in axes.texts]

    def test_a_notebook_shows_it_once(self, vectors: WordVectors) -> None:
        made = plot.picture(vectors, vectors.words[:5])
        assert made._repr_png_().startswith(b"\x89PNG")
        # A figure of pyplot's would be shown again at the end of a cell.
        from matplotlib import pyplot

        assert not pyplot.get_fignums()

    def test_frequent_words_have_larger_points(self, vectors: WordVectors) -> None:
        counted = WordVectors(vectors.words, vectors.vectors, counts=np.arange(400, 0, -10))
        for given, differ in ((counted, True), (vectors, False)):
            (axes,) = plot.picture(given, given.words[:9]).figure.axes
            sizes = axes.collections[0].get_sizes()
            assert (len(set(sizes.tolist())) == 9) is differ
            assert (np.diff(sizes) <= 0).all()

    def test_a_long_title_is_cut(self, vectors: WordVectors) -> None:
        (axes,) = plot.picture(vectors, vectors.words[:5], title="long " * 99).figure.axes
        figure = axes.figure
        figure.draw_without_rendering()
        assert axes.title.get_text().endswith("…")
        assert axes.title.get_window_extent().width < figure.bbox.width
        (axes,) = plot.picture(vectors, vectors.words[:5], title="short").figure.axes
        assert axes.title.get_text() == "short"

    def test_many_words_are_no_smaller_on_a_screen(self) -> None:
        words = tuple(f"word{i}" for i in range(400))
        vectors = WordVectors(words, np.random.default_rng(0).normal(size=(400, 3)))
        figure = plot.picture(vectors, words).figure
        shown = figure.axes[0].texts[0].get_fontsize() / 72 / figure.get_figwidth() * 1280
        assert shown > 11, "pixels, on a screen of 1280"

    def test_pdf_is_always_the_same(self, vectors: WordVectors, tmp_path: Path) -> None:
        for name in ("a.pdf", "b.pdf"):
            plot.picture(vectors, vectors.words[:5], tmp_path / name)
        assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
        assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()

    @pytest.mark.parametrize("dark", [False, True])
    def test_a_page_of_either_kind(self, vectors: WordVectors, tmp_path: Path, dark: bool) -> None:
        kinds = {"word1": "odd"}
        path = tmp_path / "a.png"
        plot.picture(vectors, vectors.words, path, categories=kinds, title="T", dark=dark)
        pixels = matplotlib.image.imread(path)[:, :, :3]
        theme = looks.theme(dark)
        for colour in (theme.paper, theme.ink, theme.kinds[0]):
            distance = np.abs(pixels - matplotlib.colors.to_rgb(colour)).max(axis=2)
            assert (distance < 0.01).any(), colour
        np.testing.assert_allclose(pixels[0, 0], matplotlib.colors.to_rgb(theme.paper), atol=0.01)

    def test_more_categories_than_colours(self, vectors: WordVectors, tmp_path: Path) -> None:
        path = tmp_path / "a.svg"
        kinds = {word: f"kind of {word}" for word in vectors.words[:20]}
        plot.picture(vectors, vectors.words, path, categories=kinds)
        assert all(f"<!-- {kind} -->" in path.read_text() for kind in kinds.values())

    def test_letters_that_no_font_has(self, tmp_path: Path) -> None:
        words = ("\U000f1234", "b", "c")  # for private use: no font agrees on it
        vectors = WordVectors(words, np.eye(3))
        with pytest.warns(UserWarning, match="no font of this machine has \U000f1234: they"):
            plot.picture(vectors, words, tmp_path / "a.png")

    def test_svg_has_the_words_and_is_always_the_same(
        self, vectors: WordVectors, tmp_path: Path
    ) -> None:
        kinds = {"word1": "odd", "word2": "even", "word3": "odd", "absent": "unused"}
        first, second = tmp_path / "first.svg", tmp_path / "second.SVG"
        for path in (first, second):
            plot.picture(vectors, vectors.words[:5], path, title="Words & kinds", categories=kinds)
        text = first.read_text()
        assert text == second.read_text()
        for shown in ("odd", "even", "Words &amp; kinds"):
            assert f"<!-- {shown} -->" in text
        assert "of the variance) -->" in text
        assert "unused" not in text

    def test_any_word_can_be_a_label(self, tmp_path: Path) -> None:
        words = ("$x^", "_under", "a\nb", "%", "\\frac", "{")
        vectors = WordVectors(words, np.random.default_rng(0).normal(size=(6, 3)))
        kinds = dict.fromkeys(words[:3], "$kind_") | {"%": "_kind"}
        plot.picture(vectors, words, tmp_path / "a.png", title="$title_", categories=kinds)

    def test_equal_vectors(self, tmp_path: Path) -> None:
        vectors = WordVectors(("a", "b"), np.ones((2, 3)))
        plot.picture(vectors, ["a", "b", "a"], tmp_path / "a.png")

    def test_pyplot_is_left_alone(self, vectors: WordVectors, tmp_path: Path) -> None:
        before = dict(matplotlib.rcParams)
        plot.picture(vectors, vectors.words[:3], tmp_path / "a.svg")
        assert dict(matplotlib.rcParams) == before

    def test_words_without_a_vector_are_all_named(
        self, vectors: WordVectors, tmp_path: Path
    ) -> None:
        with pytest.raises(KeyError, match="'no', 'nor'"):
            plot.picture(vectors, ["word1", "no", "word2", "nor"], tmp_path / "a.png")

    @pytest.mark.usefixtures("unchecked")
    def test_what_cannot_be_drawn(self, vectors: WordVectors, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="at least 2 different words"):
            plot.picture(vectors, ["word1", "word1"], tmp_path / "a.png")
        with pytest.raises(ValueError, match="list of words"):
            plot.picture(vectors, "word1", tmp_path / "a.png")
        with pytest.raises(ValueError, match=r"expected a picture in \.png.*got '\.bmp'"):
            plot.picture(vectors, vectors.words, tmp_path / "a.bmp")
        with pytest.raises(FileNotFoundError, match="no folder"):
            plot.picture(vectors, vectors.words, tmp_path / "absent" / "a.png")
        assert os.listdir(tmp_path) == []

    def test_a_failure_leaves_the_old_picture(self, vectors: WordVectors, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(b"old")
        failure = RuntimeError("while drawing")
        with (
            mock.patch("matplotlib.figure.Figure.savefig", side_effect=failure),
            pytest.raises(RuntimeError, match="while drawing"),
        ):
            plot.picture(vectors, vectors.words[:3], path)
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["a.png"]

    def test_without_the_extra(self, vectors: WordVectors, tmp_path: Path) -> None:
        with (
            mock.patch.dict(sys.modules, {"matplotlib": None}),
            pytest.raises(ImportError, match=r"pip install 'jw2v\[plot\]'"),
        ):
            plot.picture(vectors, vectors.words[:3], tmp_path / "a.png")


class TestLossCurve:
    history = tuple(Progress(1 + i // 5, 2, (i + 1) / 10, 0, 0.0, 3 - i / 10) for i in range(10))

    @pytest.mark.parametrize("name", ["loss.png", "loss.svg", "loss.pdf"])
    def test_one_file(self, tmp_path: Path, name: str) -> None:
        plot.loss_curve(self.history, tmp_path / name, title="Training", dark=True)
        assert os.listdir(tmp_path) == [name]
        assert (tmp_path / name).stat().st_size > 1000

    def test_the_line_is_the_history(self) -> None:
        (axes,) = plot._curve(self.history, None, looks.LIGHT).axes
        line, end = axes.lines
        np.testing.assert_allclose(line.get_xdata(), np.arange(1, 11) / 5)
        np.testing.assert_allclose(line.get_ydata(), [report.loss for report in self.history])
        assert (end.get_xdata(), end.get_ydata()) == ([2.0], [self.history[-1].loss])
        assert axes.get_xlim() == (0, 2)
        assert axes.texts[0].get_text() == "2.1"

    def test_one_report_is_enough_and_none_is_not(self, tmp_path: Path) -> None:
        plot.loss_curve(self.history[:1], tmp_path / "a.svg")
        with pytest.raises(ValueError, match="at least one report"):
            plot.loss_curve([], tmp_path / "b.svg")
        with pytest.raises(ValueError, match=r"got '\.bmp'"):
            plot.loss_curve(self.history, tmp_path / "b.bmp")
        assert os.listdir(tmp_path) == ["a.svg"]
