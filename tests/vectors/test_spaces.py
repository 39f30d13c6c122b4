"""One space laid onto another, and the words whose neighbours changed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jw2v.reading.vocabulary import UnknownWordError
from jw2v.vectors.spaces import aligned, compared, procrustes
from jw2v.vectors.words import WordVectors

pytestmark = pytest.mark.usefixtures("unchecked")

numbers = st.floats(-100, 100, width=32)
shapes = st.tuples(st.integers(1, 8), st.integers(1, 5))
seeds = st.integers(0, 2**32 - 1)


def orthogonal(seed: int, dim: int) -> np.ndarray:
    """One at random, by the Haar measure: half of them reflect."""
    Q, R = np.linalg.qr(np.random.default_rng(seed).normal(size=(dim, dim)))
    return Q * np.sign(np.diag(R))


def residual(A: np.ndarray, B: np.ndarray, Q: np.ndarray) -> float:
    return float(np.linalg.norm(A @ Q - B))


def names(n: int) -> tuple[str, ...]:
    return tuple(f"w{i}" for i in range(n))


def space(n: int = 40, dim: int = 5, seed: int = 1, dtype: type = np.float64) -> WordVectors:
    rows = np.random.default_rng(seed).normal(size=(n, dim)).astype(dtype)
    return WordVectors(names(n), rows, {"seed": "1"}, counts=np.arange(n))


def rotated(vectors: WordVectors, seed: int = 2) -> WordVectors:
    return WordVectors(vectors.words, vectors.vectors @ orthogonal(seed, vectors.dim))


class TestProcrustes:
    @pytest.mark.parametrize("dim", [1, 2, 7])
    @pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
    @pytest.mark.parametrize("seed", range(4))
    def test_a_known_matrix_is_found(self, dim: int, scale: float, seed: int) -> None:
        """Rotations and reflections, from as many rows as dims on."""
        A, Q = np.random.default_rng(seed).normal(size=(dim + 3, dim)), orthogonal(seed, dim)
        np.testing.assert_allclose(procrustes(scale * A, A @ Q), Q, atol=1e-12)
        np.testing.assert_allclose(procrustes(A @ Q, scale * A), Q.T, atol=1e-12)

    @settings(max_examples=30)
    @given(hnp.arrays(np.float64, shapes, elements=numbers), seeds)
    def test_no_other_is_better(self, A: np.ndarray, seed: int) -> None:
        """Also where A has no full rank, as Hypothesis likes it."""
        dim = A.shape[1]
        B = np.random.default_rng(seed).normal(size=A.shape)
        Q = procrustes(A, B)
        np.testing.assert_allclose(Q @ Q.T, np.eye(dim), atol=1e-12)
        found, slack = residual(A, B, Q), 1e-12 * (1 + np.linalg.norm(A))
        others = [orthogonal(seed + i, dim) for i in range(5)]
        nearby = [Q @ np.linalg.qr(np.eye(dim) + 0.01 * (R - R.T))[0] for R in others]
        for other in (*others, *nearby, np.eye(dim), -Q):
            assert found <= residual(A, B, other) + slack

    def test_scipy_finds_the_same(self) -> None:
        linalg = pytest.importorskip("scipy.linalg")
        A, B = np.random.default_rng(0).normal(size=(2, 30, 6))
        np.testing.assert_allclose(
            procrustes(A, B), linalg.orthogonal_procrustes(A, B)[0], atol=1e-12
        )

    def test_without_full_rank_it_is_one_of_many(self) -> None:
        A, B = np.array([[3.0, 0, 0]]), np.array([[0, 3.0, 0]])
        Q = procrustes(A, B)
        np.testing.assert_allclose(A @ Q, B, atol=1e-12)
        other = Q.copy()
        other[1:] = orthogonal(3, 2) @ Q[1:]
        np.testing.assert_allclose(other @ other.T, np.eye(3), atol=1e-12)
        assert residual(A, B, other) == pytest.approx(residual(A, B, Q), abs=1e-12)
        np.testing.assert_allclose(abs(procrustes(np.zeros((2, 2)), np.eye(2))), np.eye(2))

    @pytest.mark.parametrize(
        ("A", "B", "said"),
        [
            (np.ones((3, 2)), np.ones((2, 2)), r"one shape, row for row, got \[3, 2\] and \[2, 2"),
            (np.ones((3, 2)), np.ones((3, 3)), r"got \[3, 2\] and \[3, 3\]"),
            (np.ones((0, 2)), np.ones((0, 2)), "A must hold at least one vector"),
            (np.ones(3), np.ones(3), r"A must hold .* shape \(3,\)"),
            (np.ones((1, 1)), [["a"]], "B must hold .* of numbers"),
            (np.ones((1, 1)), [[True]], "B must hold .* of numbers"),
            (np.ones((1, 1)), np.ma.ones((1, 1)), "B must hold .*, masked"),
            (np.ones((1, 1)), [[np.nan]], "B has NaN"),
        ],
    )
    def test_bad_tables(self, A: object, B: object, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            procrustes(A, B)


class TestAligned:
    @pytest.mark.parametrize("options", [{}, {"unit": False}, {"center": True}])
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_a_rotation_is_undone(self, dtype: type, options: dict) -> None:
        ours = space(dtype=dtype)
        theirs = rotated(ours.astype(np.float64)).subset(slice(None, None, -1)).subset(slice(30))
        found = aligned(ours, theirs, **options)
        assert (found.words, found.vectors.dtype) == (ours.words, dtype)
        assert (dict(found.metadata), found.counts.tolist()) == ({"seed": "1"}, [*range(40)])
        common = list(theirs)
        rounding = 8 * np.finfo(dtype).eps
        np.testing.assert_allclose(found[common], theirs[common], atol=rounding)
        np.testing.assert_allclose(
            np.linalg.norm(found.vectors.astype(float), axis=1),
            np.linalg.norm(ours.vectors.astype(float), axis=1),
            rtol=rounding,
        )

    def test_units_count_alike_and_means_are_left_out(self) -> None:
        ours, theirs = space(), space(seed=3)
        A, B = (each.vectors for each in (ours, theirs))

        def expected(prepare) -> np.ndarray:
            return A @ procrustes(prepare(A), prepare(B))

        def unit(rows: np.ndarray) -> np.ndarray:
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)

        def centered(rows: np.ndarray) -> np.ndarray:
            return rows - rows.mean(axis=0)

        for options, prepare in (
            ({}, unit),
            ({"unit": False}, lambda rows: rows),
            ({"center": True}, lambda rows: centered(unit(rows))),
            ({"center": True, "unit": False}, centered),
        ):
            found = aligned(ours, theirs, **options).vectors
            np.testing.assert_allclose(found, expected(prepare), atol=1e-12)

    def test_anchors(self) -> None:
        ours = space()
        theirs = rotated(ours)
        moved = theirs.vectors.copy()
        moved[:20] = np.random.default_rng(0).normal(size=(20, 5))
        theirs = WordVectors(theirs.words, moved)
        stable = {*theirs.words[20:]}
        exact = aligned(ours, theirs, stable)[sorted(stable)]
        np.testing.assert_allclose(exact, theirs[sorted(stable)], atol=1e-12)
        assert not np.allclose(aligned(ours, theirs)[sorted(stable)], exact, atol=0.01)
        again = aligned(ours, theirs, [*sorted(stable)] * 2)
        np.testing.assert_allclose(again[sorted(stable)], exact, atol=1e-12)

    def test_too_few(self) -> None:
        ours = space()
        theirs = rotated(ours)
        with pytest.raises(ValueError, match="at least 5 anchors, got 4"):
            aligned(ours, theirs, ["w1", "w2", "w3", "w4", "w4"])
        with pytest.raises(ValueError, match="at least 6 anchors, got 5"):
            aligned(ours, theirs, names(5), center=True)
        with pytest.raises(ValueError, match="at least 5 words in both, got 0"):
            aligned(ours, WordVectors(("x",), np.ones((1, 5))))
        np.testing.assert_allclose(
            aligned(ours, theirs, names(5)).vectors, theirs.vectors, atol=1e-9
        )

    def test_anchors_in_fewer_dimensions_are_warned_of(self) -> None:
        flat = space().vectors.copy()
        flat[:, 3:] = 0
        with pytest.warns(UserWarning, match="the 40 anchors determine .* in 3 of 5 dimensions"):
            aligned(WordVectors(names(40), flat), space(seed=3))

    def test_what_cannot_be_aligned(self) -> None:
        ours = space()
        with pytest.raises(ValueError, match="expected one dim, got 5 and 4"):
            aligned(ours, space(dim=4))
        with pytest.raises(UnknownWordError, match="'x', 'y'"):
            aligned(ours, ours, ["w1", "x", "y"])
        said = "in the first of the two 'x'; in the second of the two 'x', 'w35'"
        with pytest.raises(UnknownWordError, match=said) as caught:
            aligned(ours, ours.subset(slice(30)), ["w1", "x", "w35"])
        assert caught.value.missing == ("x", "w35")
        assert "min_count" not in str(caught.value)
        both = WordVectors(names(9), np.eye(9, 4), {"config": '{"vectors": "both"}'})
        plain = WordVectors(names(9), np.eye(9, 4))
        for pair, which in (((both, plain), "first"), ((plain, both), "second")):
            with pytest.raises(ValueError, match=f"{which} of the two .* take one of them"):
                aligned(*pair)

    def test_arrays_of_the_model_are_left_out(self) -> None:
        ours = WordVectors(names(2), np.eye(2), arrays={"theta": np.ones((1, 2))})
        assert dict(aligned(ours, ours).arrays) == {}


class TestCompared:
    @pytest.mark.parametrize("dim", [5, 7])
    def test_neighbours_need_no_alignment(self, dim: int) -> None:
        """A rotated space, in more dimensions too, has the same neighbours."""
        ours = space()
        wide = np.hstack([ours.vectors, np.zeros((40, dim - 5))]) @ orthogonal(4, dim)
        found = compared(ours, WordVectors(ours.words, wide), k=6)
        assert found.shared.tolist() == [1] * 40
        if dim == 5:
            np.testing.assert_allclose(found.cosines, 1)
        else:
            assert found.cosines is None

    def test_the_definition(self) -> None:
        ours, theirs = space(), space(seed=3).subset([f"w{i}" for i in range(35, 4, -1)])
        common = [word for word in ours if word in theirs]
        found = compared(ours, theirs, k=4)
        assert found.words == tuple(common)

        def near(vectors: WordVectors, word: str) -> list[str]:
            return [each for each, _ in vectors.most_similar(word, topn=4, among=common)]

        shared = {w: len({*near(ours, w)} & {*near(theirs, w)}) / 4 for w in common}
        assert dict(zip(common, found.shared.tolist(), strict=True)) == shared
        laid = aligned(ours, theirs)
        cosines = {}
        for word in common:
            a, b = laid[word], theirs[word]
            cosines[word] = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        np.testing.assert_allclose(found.cosines, [*cosines.values()], atol=1e-12)
        order = sorted(common, key=lambda word: (shared[word], cosines[word]))
        changes = found.changed(topn=10)
        assert [change.word for change in changes] == order[:10]
        for change in changes:
            assert change.shared == shared[change.word]
            assert change.cosine == pytest.approx(cosines[change.word])
            assert [*change.ours] == near(ours, change.word)
            assert [*change.theirs] == near(theirs, change.word)

    def test_the_word_that_moved_comes_first(self) -> None:
        """Two groups, and one word that goes from one to the other."""
        rng = np.random.default_rng(0)
        rows = np.repeat(np.eye(5)[:2], 20, axis=0) + 0.05 * rng.normal(size=(40, 5))
        ours = WordVectors(names(40), rows)
        moved = rows.copy()
        moved[7] = rows[30]
        found = compared(ours, rotated(WordVectors(names(40), moved)), k=5)
        change, second = found.changed(topn=2)
        assert (change.word, change.shared) == ("w7", 0)
        assert change.cosine < 0.5 < second.cosine
        assert second.shared > 0

    def test_few_common_words_have_neighbours_but_no_alignment(self) -> None:
        ours = space(n=4)
        found = compared(ours, rotated(ours), k=2)
        assert (found.cosines, found.shared.tolist()) == (None, [1] * 4)
        assert [change.cosine for change in found.changed()] == [None] * 4

    def test_common_words_in_fewer_dimensions_are_warned_of(self) -> None:
        flat = space().vectors.copy()
        flat[:, 3:] = 0
        said = "the 40 words in both determine .* in 3 of 5 dimensions.*so are the cosines"
        with pytest.warns(UserWarning, match=said):
            compared(WordVectors(names(40), flat), space(seed=3))

    def test_bad_numbers(self) -> None:
        ours = space()
        with pytest.raises(ValueError, match="need more than 10 words in both, got 10: take a sm"):
            compared(ours, ours.subset(slice(10)))
        with pytest.raises(ValueError, match=r"need more than 1 words in both, got 0$"):
            compared(ours, WordVectors(("x",), np.ones((1, 5))), k=1)
        for options in ({"k": 0}, {"k": 1.5}, {"min_count": 0}):
            with pytest.raises(ValueError, match="must be a whole number of at least 1"):
                compared(ours, ours, **options)
        with pytest.raises(ValueError, match="topn must be a whole number of at least 1"):
            compared(ours, ours).changed(0)

    def test_rare_words_are_left_out(self) -> None:
        """Those that are rare in one of the two, as neighbours too."""
        ours, theirs = (
            space(),
            WordVectors(names(40), space(seed=3).vectors, counts=[9] * 38 + [1] * 2),
        )
        left = names(38)[5:]
        found = compared(ours, theirs, k=4, min_count=5)
        expected = compared(ours.subset(left), theirs.subset(left), k=4)
        assert found.words == left
        assert found.changed(40) == expected.changed(40)
        with pytest.raises(ValueError, match="one of the two has no counts"):
            compared(ours, rotated(ours), min_count=1)
