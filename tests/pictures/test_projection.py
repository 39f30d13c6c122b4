"""To the plane: principal axes by an independent computation, neighbours kept, nothing silent."""

import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jw2v.choices import Projector
from jw2v.pictures import projection
from jw2v.pictures.projection import pca, project
from jw2v.vectors import neighbours
from jw2v.vectors.neighbours import nearest
from jw2v.vectors.words import WordVectors

MATRICES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(2, 8), st.integers(1, 6)),
    elements=st.floats(-10, 10, allow_subnormal=False),
)
EXTRAS = {"tsne": "sklearn", "umap": "umap"}


class TestPca:
    @given(MATRICES)
    @example(np.ones((3, 2)))
    @example(np.array([[0.0], [1.0]]))
    def test_variances_are_the_largest_eigenvalues_of_the_covariance(
        self, matrix: np.ndarray
    ) -> None:
        coordinates, explained = pca(matrix)
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
        coordinates, _ = pca(matrix)
        np.testing.assert_allclose(pca(matrix[::-1])[0], coordinates[::-1], atol=1e-12)
        direction = np.linalg.lstsq(coordinates, matrix - matrix.mean(axis=0), rcond=None)[0]
        assert (direction[[0, 1], np.abs(direction).argmax(axis=1)] > 0).all()

    def test_one_cloud_in_any_unit(self) -> None:
        matrix = np.random.default_rng(2).normal(size=(5, 3))
        coordinates, explained = pca(matrix)
        for unit in (1e-200, 1e200):
            scaled, same = pca(matrix * unit)
            np.testing.assert_allclose(scaled / unit, coordinates, atol=1e-12)
            np.testing.assert_allclose(same, explained)

    def test_vectors_that_are_all_the_same(self) -> None:
        coordinates, explained = pca(np.full((4, 3), 0.1))
        assert not coordinates.any()
        assert not explained.any()

    @pytest.mark.parametrize("shape", [(1, 3), (0, 3), (3,), (3, 0)])
    def test_too_few_vectors(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="at least 2 vectors"):
            pca(np.ones(shape))

    def test_vectors_that_are_not_finite(self) -> None:
        with pytest.raises(ValueError, match="finite"):
            pca(np.array([[0.0], [np.nan]]))


class TestChoose:
    vectors = WordVectors(("a", "b", "c"), np.arange(6.0).reshape(3, 2))

    def test_each_word_once_in_the_order_given(self) -> None:
        words, rows = projection.choose(self.vectors, ["c", "a", "c"])
        assert words == ["c", "a"]
        assert rows.tolist() == [[4, 5], [0, 1]]

    def test_words_without_a_vector_are_all_named(self) -> None:
        with pytest.raises(KeyError, match="'x', 'y'"):
            projection.choose(self.vectors, ["a", "x", "b", "y"])

    @pytest.mark.usefixtures("unchecked")
    def test_too_little(self) -> None:
        with pytest.raises(ValueError, match="at least 2 different words"):
            projection.choose(self.vectors, ["a", "a"])
        with pytest.raises(ValueError, match="list of words"):
            projection.choose(self.vectors, "a")


class TestNearest:
    @given(MATRICES, st.integers(1, 7), st.integers(1, 4))
    @example(np.zeros((3, 2)), 2, 1)
    @example(np.array([[1e200, 0.0], [1e200, 1e200], [1e-200, 0.0]]), 1, 2)
    def test_as_by_a_loop(self, matrix: np.ndarray, n: int, block: int) -> None:
        n = min(n, len(matrix) - 1)
        with mock.patch.object(neighbours, "_AT_ONCE", block):
            rows, cosines = nearest(matrix, n)
        units = [row / (np.abs(row).max() or 1) for row in matrix]
        units = [unit / (np.linalg.norm(unit) or 1) for unit in units]
        for i, (found, values) in enumerate(zip(rows, cosines, strict=True)):
            others = {j: units[i] @ units[j] for j in range(len(units)) if j != i}
            assert len(set(found.tolist())) == n
            assert i not in found
            np.testing.assert_allclose(values, [others[j] for j in found.tolist()], atol=1e-6)
            best = sorted(others.values(), reverse=True)[:n]
            np.testing.assert_allclose(values, best, atol=1e-6)

    def test_some_rows_and_what_is_told(self) -> None:
        matrix = np.random.default_rng(3).normal(size=(700, 3))
        told: list[float] = []
        all_rows, all_cosines = nearest(matrix, 4, progress=told.append)
        assert told[-1] == 1
        assert told == sorted(told)
        rows, cosines = nearest(matrix, 4, of=[600, 5])
        np.testing.assert_array_equal(rows, all_rows[[600, 5]])
        np.testing.assert_allclose(cosines, all_cosines[[600, 5]], atol=1e-6)

    def test_equal_cosines_keep_their_order(self) -> None:
        matrix = np.ones((300, 2))
        matrix[[7, 250]] = -1
        rows, _ = nearest(matrix, 3, of=[0, 299, 250])
        assert rows.tolist() == [[1, 2, 3], [0, 1, 2], [7, 0, 1]]


class TestProject:
    def test_pca_says_what_its_axes_explain(self) -> None:
        matrix = np.random.default_rng(0).normal(size=(9, 4))
        coordinates, explained = pca(matrix)
        found = project(matrix)
        np.testing.assert_array_equal(found.coordinates, coordinates)
        for axis, share in zip(found.axes, explained, strict=True):
            assert f"{share:.1%} of the variance" in axis
        assert found.measured

    @pytest.mark.parametrize("method", ["graph", *EXTRAS])
    def test_neighbours_stay_together(self, method: str) -> None:
        if method in EXTRAS:
            pytest.importorskip(EXTRAS[method], reason=f"needs the extra {method}")
        rng = np.random.default_rng(0)
        groups = np.repeat(np.arange(4), 15)
        # Lengths differ a hundredfold, and must not matter: nearness is by cosine.
        matrix = (rng.normal(size=(4, 10))[groups] + 0.1 * rng.normal(size=(60, 10))) * 10 ** (
            2 * rng.random((60, 1))
        )
        found = project(matrix, method, seed=3)
        assert found.coordinates.shape == (60, 2)
        assert np.isfinite(found.coordinates).all()
        assert not found.measured
        between = np.linalg.norm(found.coordinates[:, None] - found.coordinates, axis=2)
        np.fill_diagonal(between, np.inf)
        assert (groups[between.argmin(axis=1)] == groups).mean() > 0.95
        again = project(matrix, method, seed=3)
        np.testing.assert_array_equal(again.coordinates, found.coordinates)

    def test_two_hundred_groups_stay_two_hundred(self) -> None:
        rng = np.random.default_rng(0)
        groups = np.repeat(np.arange(200), 8)
        matrix = rng.normal(size=(200, 50))[groups] + 0.3 * rng.normal(size=(len(groups), 50))
        for method, least in (("graph", 0.95), ("pca", 0)):
            places = project(matrix, method).coordinates
            between = np.linalg.norm(places[:, None] - places, axis=2)
            np.fill_diagonal(between, np.inf)
            kept = (groups[between.argmin(axis=1)] == groups).mean()
            assert kept > least
        assert kept < 0.5, "two axes of variance do not do it"

    @pytest.mark.parametrize(("groups", "each"), [(3, 2), (2, 5), (40, 16)])
    def test_groups_without_other_neighbours_do_not_fall_into_a_point(
        self, groups: int, each: int
    ) -> None:
        group = np.repeat(np.arange(groups), each)
        noise = np.random.default_rng(0).normal(size=(len(group), groups))
        places = project(np.eye(groups)[group] + 0.01 * noise, "graph").coordinates
        between = np.linalg.norm(places[:, None] - places, axis=2)
        np.fill_diagonal(between, np.inf)
        to_next = between.min(axis=1) / np.ptp(places, axis=0).max()
        assert np.median(to_next) > 5e-4
        assert to_next.min() > 1e-5, "what a page tells apart"
        assert (group[between.argmin(axis=1)] == group).mean() > 0.95

    def test_another_seed_draws_another_graph(self) -> None:
        matrix = np.random.default_rng(0).normal(size=(20, 4))
        one, other = (project(matrix, "graph", seed).coordinates for seed in (0, 1))
        assert (one != other).any()

    @pytest.mark.parametrize(
        "matrix", [np.ones((7, 3)), np.zeros((5, 2)), np.eye(2), np.eye(3), np.ones((4, 1))]
    )
    def test_a_graph_of_few_or_equal_vectors(self, matrix: np.ndarray) -> None:
        places = project(matrix, "graph").coordinates
        assert places.shape == (len(matrix), 2)
        assert np.isfinite(places).all()

    def test_places_are_kept_by_vectors_method_and_seed(self, tmp_path: Path) -> None:
        matrix = np.random.default_rng(0).normal(size=(9, 4))
        said: list[str] = []

        def places(rows: np.ndarray = matrix, method: Projector = "graph", seed: int = 0):
            said.clear()
            made = project(
                rows, method, seed, progress=lambda stage, _: said.append(stage), cache=tmp_path
            )
            return made.coordinates

        first = places()
        assert said
        np.testing.assert_array_equal(places(), first)
        assert not said, "nothing is made again"
        for other in ({"seed": 1}, {"rows": matrix[::-1]}, {"rows": matrix[:8]}):
            places(**other)
            assert said
        kept = [*tmp_path.iterdir()]
        assert len(kept) == 4
        for path in kept:
            path.write_bytes(path.read_bytes()[:-40])
        np.testing.assert_array_equal(places(), first)
        assert said
        np.testing.assert_array_equal(places(), first)
        assert not said

    @pytest.mark.parametrize(
        ("method", "count"), [("tsne", 3), ("tsne", 5), ("umap", 4), ("umap", 25)]
    )
    def test_few_words(self, method: str, count: int) -> None:
        pytest.importorskip(EXTRAS[method], reason=f"needs the extra {method}")
        matrix = np.random.default_rng(1).normal(size=(count, 6))
        assert np.isfinite(project(matrix, method).coordinates).all()

    @pytest.mark.parametrize("method", EXTRAS)
    def test_without_the_extra(self, method: str) -> None:
        missing = {EXTRAS[method]: None, f"{EXTRAS[method]}.manifold": None}
        with (
            mock.patch.dict(sys.modules, missing),
            pytest.raises(ImportError, match=rf"pip install 'jw2v\[{method}\]'"),
        ):
            project(np.eye(5), method)

    @pytest.mark.usefixtures("unchecked")
    def test_what_cannot_be_projected(self) -> None:
        with pytest.raises(ValueError, match="one of pca, graph, tsne, umap, got 'PCA'"):
            project(np.eye(3), "PCA")
        with pytest.raises(ValueError, match="umap needs at least 4"):
            project(np.eye(3), "umap")
        with pytest.raises(ValueError, match="tsne needs finite"):
            project(np.full((3, 3), np.inf), "tsne")
        with pytest.raises(ValueError, match="graph needs finite"):
            project(np.full((3, 3), np.nan), "graph")
