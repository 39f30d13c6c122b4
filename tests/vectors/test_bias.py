"""The word embedding association test, by hand and by its laws."""

import math
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jw2v.reading.vocabulary import UnknownWordError
from jw2v.vectors import bias
from jw2v.vectors.bias import associations, weat, weat_of_words
from jw2v.vectors.words import WordVectors

pytestmark = pytest.mark.usefixtures("unchecked")

sizes = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4))
seeds = st.integers(0, 2**32 - 1)


def sets(seed: int, n: int, a: int, b: int, dim: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(size, dim)) for size in (n, n, a, b)]


def cosine(u: np.ndarray, v: np.ndarray) -> float:
    return float(u @ v) / math.sqrt(float(u @ u) * float(v @ v))


def test_by_hand_on_four_words() -> None:
    """With A and B along the axes, s(w) = (w₁ − w₂)/‖w‖: here 1, 0.2, −0.2 and −1."""
    X, Y = [[2, 0], [4, 3]], [[3, 4], [0, 5]]
    A, B = [[1, 0]], [[0, 3]]
    np.testing.assert_allclose(associations([*X, *Y], A, B), [1, 0.2, -0.2, -1])
    found = weat(X, Y, A, B)
    assert found.effect == pytest.approx((0.6 - -0.6) / math.sqrt((1 + 0.04 + 0.04 + 1) / 3))
    assert found.statistic == pytest.approx(1.2 - -1.2)
    # Sums of halves: 1.2, 0.8, 0, 0, −0.8, −1.2, of which the first is that of X.
    assert (found.p, found.partitions, found.exact) == (pytest.approx(1 / 6), 6, True)
    second = weat([X[0], Y[0]], [X[1], Y[1]], A, B)
    assert second.p == pytest.approx(2 / 6)
    third = weat([X[0], Y[1]], [X[1], Y[0]], A, B)
    assert (third.p, third.effect) == (pytest.approx(4 / 6), pytest.approx(0, abs=1e-12))


@given(seeds, sizes)
def test_the_definition(seed: int, size: tuple[int, int, int, int]) -> None:
    X, Y, A, B = sets(seed, *size)
    s = [np.mean([cosine(w, a) for a in A]) - np.mean([cosine(w, b) for b in B]) for w in (*X, *Y)]
    n = len(X)
    found = weat(X, Y, A, B)
    everything = [sum(s[i] for i in half) for half in combinations(range(2 * n), n)]
    assert found.partitions == len(everything)
    assert found.p == pytest.approx(np.mean([each >= sum(s[:n]) - 1e-9 for each in everything]))
    if np.ptp(s) > 1e-9:
        d = (np.mean(s[:n]) - np.mean(s[n:])) / np.std(s, ddof=1)
        assert found.effect == pytest.approx(d, rel=1e-6, abs=1e-6)


@given(seeds, sizes, st.integers(1, 10_000))
def test_exchanged(seed: int, size: tuple[int, int, int, int], samples: int) -> None:
    """X for Y, or A for B, changes the sign; both leave all as it was, and so do lengths."""
    X, Y, A, B = sets(seed, *size)
    found = weat(X, Y, A, B)
    assert abs(found.effect) < 2
    for other in (weat(Y, X, A, B), weat(X, Y, B, A)):
        assert other.effect == pytest.approx(-found.effect, abs=1e-7)
        assert other.p + found.p >= 1
    for same in (weat(Y, X, B, A), weat(3 * X, Y / 7, 5 * A, 1e-3 * B)):
        assert same.effect == pytest.approx(found.effect, abs=1e-7)
        assert same.p == pytest.approx(found.p)
    assert 0 < weat(X, Y, A, B, samples=samples).p <= 1


def test_drawn_partitions_come_near_to_all() -> None:
    X, Y, A, B = sets(3, 8, 3, 3, 6)
    X += 0.3 * A.mean(axis=0)
    exact = weat(X, Y, A, B)
    drawn = weat(X, Y, A, B, samples=10_000)
    assert (exact.partitions, exact.exact) == (12870, True)
    assert (drawn.partitions, drawn.exact) == (10_000, False)
    assert 0.01 < exact.p < 0.3, "else this shows nothing"
    assert drawn.p == pytest.approx(exact.p, abs=5 * math.sqrt(exact.p / 10_000))
    assert drawn == weat(X, Y, A, B, samples=10_000)
    assert drawn.p != weat(X, Y, A, B, samples=10_000, seed=1).p
    assert drawn.effect == exact.effect


def test_the_least_p_is_that_of_the_partition_itself() -> None:
    n, axes = 12, np.eye(2)
    found = weat(
        np.repeat(axes[:1], n, 0), np.repeat(axes[1:], n, 0), axes[:1], axes[1:], samples=99
    )
    assert (found.p, found.exact) == (0.01, False)
    assert found.effect == pytest.approx(2 * math.sqrt((2 * n - 1) / (2 * n)))


def test_words_that_are_all_alike_lean_nowhere() -> None:
    rows = np.full((3, 5), 0.1)
    A, B = np.random.default_rng(0).normal(size=(2, 4, 5))
    for found in (weat(rows, 3 * rows, A, B), weat(0 * rows, 0 * rows, rows, -rows)):
        assert (found.effect, found.p) == (0, 1)
        assert found.statistic == pytest.approx(0, abs=1e-12)


def test_partitions_are_tried_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = sets(5, 8, 2, 3, 4)
    expected = weat(*tables)
    monkeypatch.setattr(bias, "_AT_ONCE", 1_000)
    tracemalloc.start()
    found = weat(*tables)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == expected
    assert most < 200_000  # all 12,870 partitions at once take 1.7 MB


def test_huge_and_tiny_vectors() -> None:
    X, Y, A, B = sets(1, 3, 2, 2, 4)
    found, expected = weat(1e300 * X, 1e-300 * Y, 1e200 * A, B), weat(X, Y, A, B)
    assert found.effect == pytest.approx(expected.effect)
    assert found.p == expected.p


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Y": np.ones((3, 2))}, "X and Y must be equally large, got 2 and 3 words"),
        ({"A": np.ones((0, 2))}, "A must hold at least one vector"),
        ({"B": np.ones((2, 3))}, "one dim, got X 2, Y 2, A 2, B 3"),
        ({"X": np.array([[1, np.inf], [1, 1]])}, "X has NaN or infinite"),
        ({"samples": 0}, "samples must be a whole number of at least 1"),
        ({"samples": 10**30}, "samples must be at most 1,000,000,000"),
        ({"seed": None}, "seed must be a whole number of at least 0, got None"),
        ({"seed": 0.5}, "seed must be .* got 0.5"),
        ({"seed": -1}, "seed must be .* got -1"),
        ({"seed": True}, "seed must be .* got True"),
    ],
)
def test_bad_tables(changes: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        weat(**{**{name: np.ones((2, 2)) for name in "XYAB"}, **changes})


class TestWords:
    VECTORS = WordVectors(tuple("abcdefgh"), np.random.default_rng(0).normal(size=(8, 3)))

    def test_the_same_by_their_vectors(self) -> None:
        rows = self.VECTORS.vectors
        found = weat_of_words(self.VECTORS, ["a", "b"], {"c", "d"}, "e", ["f", "g", "h"])
        assert found == weat(rows[:2], rows[2:4], rows[4:5], rows[5:])

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("ab", "bc", "d", "e"), "'b' in both X and Y"),
            (("a", "b", "cd", "dc"), "'c', 'd' in both A and B"),
            (("aa", "bc", "d", "e"), "'a' is in X twice"),
            (("a", "b", "", "e"), "A has no words"),
            (("ab", "c", "d", "e"), "equally large"),
        ],
    )
    def test_bad_sets(self, words: tuple[str, ...], said: str) -> None:
        with pytest.raises(ValueError, match=said):
            weat_of_words(self.VECTORS, *map(list, words))

    def test_unknown_words_are_all_named(self) -> None:
        with pytest.raises(UnknownWordError, match="'x', 'y', 'z'"):
            weat_of_words(self.VECTORS, ["x", "a"], ["b", "y"], ["c"], ["z"])
