"""Pictures: the axes by an independent computation, labels that do not overlap, whole files."""

import itertools
import os
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jw2v import plot
from jw2v.vectors import WordVectors

matplotlib = pytest.importorskip("matplotlib", reason="needs the extra plot")

MATRICES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(2, 8), st.integers(1, 6)),
    elements=st.floats(-10, 10, allow_subnormal=False),
)


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    words = tuple(f"word{i}" for i in range(40))
    return WordVectors(words, np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32))


class TestPca:
    @given(MATRICES)
    @example(np.ones((3, 2)))
    @example(np.array([[0.0], [1.0]]))
    def test_variances_are_the_largest_eigenvalues_of_the_covariance(
        self, matrix: np.ndarray
    ) -> None:
        coordinates, explained = plot.pca(matrix)
        assert coordinates.shape == (len(matrix), 2)
        centered = matrix - matrix.mean(axis=0)
        eigenvalues = np.sort(np.linalg.eigvalsh(centered.T @ centered))[::-1]
        largest = np.concatenate([eigenvalues, [0.0]])[:2]
        scale = 1e-9 * (1 + np.abs(matrix).max() ** 2)
        np.testing.assert_allclose((coordinates**2).sum(axis=0), largest, atol=scale)
        np.testing.assert_allclose(coordinates.mean(axis=0), 0, atol=scale)
        assert abs(coordinates[:, 0] @ coordinates[:, 1]) <= scale
        if eigenvalues.sum() > 1e-3:
            np.testing.assert_allclose(explained, largest / eigenvalues.sum(), atol=1e-6)
        assert np.isfinite(explained).all()

    def test_the_same_vectors_are_never_mirrored(self) -> None:
        matrix = np.random.default_rng(1).normal(size=(9, 4))
        coordinates, _ = plot.pca(matrix)
        np.testing.assert_allclose(plot.pca(matrix[::-1])[0], coordinates[::-1], atol=1e-12)
        direction = np.linalg.lstsq(coordinates, matrix - matrix.mean(axis=0), rcond=None)[0]
        assert (direction[[0, 1], np.abs(direction).argmax(axis=1)] > 0).all()

    def test_one_cloud_in_any_unit(self) -> None:
        matrix = np.random.default_rng(2).normal(size=(5, 3))
        coordinates, explained = plot.pca(matrix)
        for unit in (1e-200, 1e200):
            scaled, same = plot.pca(matrix * unit)
            np.testing.assert_allclose(scaled / unit, coordinates, atol=1e-12)
            np.testing.assert_allclose(same, explained)

    def test_vectors_that_are_all_the_same(self) -> None:
        coordinates, explained = plot.pca(np.full((4, 3), 0.1))
        assert not coordinates.any()
        assert not explained.any()

    @pytest.mark.parametrize("shape", [(1, 3), (0, 3), (3,), (3, 0)])
    def test_too_few_vectors(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="at least 2 vectors"):
            plot.pca(np.ones(shape))

    def test_vectors_that_are_not_finite(self) -> None:
        with pytest.raises(ValueError, match="finite"):
            plot.pca(np.array([[0.0], [np.nan]]))


def overlaps(coordinates: np.ndarray) -> tuple[int, int, int]:
    """Labels over labels, labels over points, and labels outside the axes."""
    words = [f"word{i}" for i in range(len(coordinates))]
    figure = plot._figure(words, coordinates, np.array([0.5, 0.2]), None, None)
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
        with pytest.raises(ValueError, match=r"expected a picture in \.png or \.svg, got '\.bmp'"):
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
