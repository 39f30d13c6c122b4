"""Examples for grading: of the kinds that ``jw2v check`` uses, with numbers that nobody knows.

The checker's own examples are read by anybody, the round ones for every seed. Here words, numbers,
scores and sizes are drawn, by a seed that the teacher keeps.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from jw2v.check.records import Array, Example

__all__ = ["numbers", "pairs", "words"]

_STREAM = 62  # beside the seed: other numbers than the checker's own, with the same seed


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng([_STREAM, seed])


def _quarters(rng: np.random.Generator, low: float, high: float, size: Any = None) -> Array:
    """Multiples of ¼, both ends among them."""
    return rng.integers(round(4 * low), round(4 * high) + 1, size) / 4


def _center(rng: np.random.Generator, size: int = 2) -> Array:
    """A vector of which each number divides every sum of quarters exactly."""
    return rng.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0], size, replace=False)


def _with_scores(rng: np.random.Generator, v: Array, scores: Sequence[float]) -> Array:
    """Rows whose products with v are these scores, exact in single precision too."""
    wanted = np.array(scores)
    of_each = (len(wanted), len(v) - 1)
    first = _quarters(rng, -1, 1, of_each) * np.maximum(1, np.abs(wanted) // 4)[:, None]
    return np.column_stack([first, (wanted - first @ v[:-1]) / v[-1]])


def _small(rng: np.random.Generator) -> list[float]:
    """Three scores, each another, none of them 0."""
    low, high = _quarters(rng, 0.5, 1), _quarters(rng, 1.25, 2)
    return [low, -high, _quarters(rng, 0.5, 2) + 0.125]


def _large(rng: np.random.Generator) -> list[float]:
    return [-_quarters(rng, 7.5, 8.5), _quarters(rng, 8.75, 9.5), _quarters(rng, 1.5, 2.5)]


def _huge(rng: np.random.Generator) -> list[float]:
    return [-_quarters(rng, 950, 1050), _quarters(rng, 950, 1050), _quarters(rng, 1, 3)]


def _low(rng: np.random.Generator) -> list[float]:
    """Far below 0, and far from each other."""
    return [-_quarters(rng, middle - 10, middle + 10) for middle in (1000, 900, 950)]


def _last(rng: np.random.Generator) -> list[float]:
    """The last is the largest by far."""
    first, second = -_quarters(rng, 90, 110), _quarters(rng, 75, 85)
    return [first, second, _quarters(rng, 950, 1050)]


def _sizes(rng: np.random.Generator) -> tuple[int, int]:
    """Of a table: some words, and fewer numbers in a vector."""
    return int(rng.integers(6, 10)), int(rng.integers(2, 6))


def _far(rng: np.random.Generator, U: Array, v: Array) -> Array:
    """Rows moved along v so that their scores lie between 8 and 20, of both signs."""
    wanted = rng.uniform(8, 20, len(U)) * rng.permutation(np.where(np.arange(len(U)) % 2, 1, -1))
    return U + np.outer((wanted - U @ v) / (v @ v), v)


def pairs(seed: int, draws: bool) -> tuple[Example, ...]:
    """For a pair loss, with negatives if it draws them."""
    rng = _generator(seed)
    found: list[Example] = []

    def add(v_c: Array, o: Any, U: Array, negatives: Any, round: bool = False) -> None:
        drawn = {"negatives": np.array(negatives)} if draws else {}
        found.append(Example({"v_c": v_c, "o": int(o), **drawn, "U": U}, round))

    def exact(
        scores: Sequence[float], o: int, negatives: Sequence[int], mixed: bool = True, d: int = 2
    ) -> None:
        v = _center(rng, d)
        order = rng.permutation(3) if mixed else np.arange(3)
        U = np.empty((3, d))
        U[order] = _with_scores(rng, v, scores)
        add(v, order[o], U, order[negatives], True)

    for o, negatives in ((0, [1, 2]), (0, [1, 1]), (0, [0, 1]), (0, [1]), (2, [1, 1, 1])):
        exact(_small(rng), o, negatives)
    exact(_large(rng), 0, [1, 2])
    exact(_huge(rng), 0, [1, 2])
    exact(_huge(rng), 1, [0, 2])
    exact(_low(rng), 0, [1, 2])
    exact(_last(rng), 1, [2, 0], False)

    V, d = _sizes(rng)
    v, U = rng.normal(size=d) + 0.3, rng.normal(size=(V, d))
    a, b, c, e, f = rng.permutation(V)[:5]
    large, opposite = _far(rng, U, v), _far(rng, U, v)
    add(v, a, U, [b, c, e, f])
    add(v, a, U, [b, c, c, b])
    add(v, a, U, [b, a, c, a])
    add(v, a, large, [b, c, e, f])
    add(v, b, opposite, [a, c, c, e])
    w, W = rng.normal(size=5), rng.normal(size=(int(rng.integers(10, 13)), 5))
    few = rng.integers(0, len(W), int(rng.integers(6, 10)))
    add(w, len(W) - 1, W, few)
    add(w, few[0], W, [*few[1:4], few[1], few[1]])
    add(w, 4, W[:5], [0, 3, 2])
    add(v[:1], 0, U[:, :1], [V - 1])
    # As many words as numbers in a vector.
    exact(_small(rng), 0, [1, 1], d=3)
    exact(_small(rng), 1, [0, 2], d=3)
    size = int(rng.integers(3, 6))
    T, t = rng.normal(size=(size, size)), rng.normal(size=size)
    add(t, size - 1, T, [0, size - 1, 0])
    add(t, 0, 3 * T, [size - 1, 0])
    return tuple(found)


def words(seed: int, draws: bool, center: str, around: str) -> tuple[Example, ...]:
    """For windows (``around`` is "outside") and bags ("context")."""
    rng = _generator(seed)
    found: list[Example] = []
    bags = around == "context"

    def add(
        word: Any, others: Any, V: Array, U: Array, negatives: Any, round: bool = False
    ) -> None:
        drawn = {"negatives": np.array(negatives[0] if bags else negatives)} if draws else {}
        given = {center: int(word), around: np.array(others), "V": V, "U": U}
        found.append(Example(given | drawn, round))

    def exact(scores: Sequence[float], word: int, others: Sequence[int], alike: bool) -> None:
        v, order = _center(rng), rng.permutation(3)
        V = np.tile(v, (3, 1)) if alike else _quarters(rng, -1, 2, (3, 2))
        V[order[word]] = v
        U = np.empty((3, 2))
        U[order] = _with_scores(rng, v, scores)
        rows = [[1, 2], [2, 1]] if alike and word == 0 else [[0, 2], [2, 0], [2, 2]]
        add(order[word], order[others], V, U, order[rows[: len(others)]], True)

    for others in ([1, 2], [1, 1], [1, 2, 1], [0, 1]):
        exact(_small(rng), 0, others, False)
    exact(_large(rng), 0, [1, 2], True)
    exact(_huge(rng), 0, [2, 0], True)
    exact(_huge(rng), 1, [2, 2], True)

    size, d = _sizes(rng)
    V, U = rng.normal(size=(size, d)) + 0.3, rng.normal(size=(size, d))
    a, b, c, e, f = rng.permutation(size)[:5]
    drawn = [[e, e, a, f]] if bags else [[b, c, e, f], [c, c, a, e], [f, a, b, b]]
    for word, others in ((a, [b, c, e]), (a, [b, c, b]), (a, [b, a, c])):
        add(word, others, V, U, drawn)
    add(b, [f, c, a], V, 3 * U, drawn)
    add(a, [f, f, f], V, 3 * U, drawn)
    # As many words in a window as numbers in a vector would hide one taken for the other.
    size, d = size + 3, d + 1
    T, X = rng.normal(size=(2, size, d))
    for n, K in ((1, 3), (d + 1, 1), (d + 2, int(rng.integers(4, 7)))):
        word, *others = rng.permutation(size)[: n + 1]
        if n == d + 1:
            others = [others[0], word, others[0], *others[3:], others[0]][:n]
        add(word, others, T, X, rng.integers(0, size, (n, K)))
    for others in ([d - 1, d - 1], [0, d - 2, 0]):  # as many words as numbers in a vector
        add(0, others, T[:d], X[:d], rng.integers(0, d, (len(others), 2)))
        add(1, others, T[:d], 2 * X[:d], rng.integers(0, d, (len(others), 2)))
    return tuple(found)


def numbers(seed: int, given: Sequence[float]) -> tuple[Example, ...]:
    """For a function of each number: near the given ones, and others of their range."""
    rng = _generator(seed)
    moved = [x * (1 + (1 if abs(x) > 1 else -1) * rng.integers(1, 8) / 16) for x in given]
    low, high = max(min(given), -4), min(max(given), 4)
    shape = rng.integers(2, 5, 2)
    return (
        Example({"x": np.array(rng.permutation(moved))}, True),
        Example({"x": rng.uniform(low, high, shape)}),
    )
