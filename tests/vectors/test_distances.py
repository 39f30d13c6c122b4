"""Word Mover's Distance against its definition, written out, and against gensim."""

from functools import cache
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jw2v.reading.vocabulary import UnknownWordError
from jw2v.vectors import distances
from jw2v.vectors.words import WordVectors

pytestmark = pytest.mark.usefixtures("unchecked")
WORDS = tuple("abcdefgh")
VECTORS = WordVectors(WORDS, np.random.default_rng(3).normal(size=(8, 5)))
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)


def by_every_order(first: list[str], second: list[str], vectors: np.ndarray) -> float:
    """A best plan moves whole words, of sentences repeated until equally long (Birkhoff)."""
    n = np.lcm(len(first), len(second))
    one, other = (vectors[[WORDS.index(w) for w in s] * (n // len(s))] for s in (first, second))
    ways = np.linalg.norm(one[:, None] - other[None], axis=-1)
    return ways[np.arange(n), orders(n)].mean(axis=1).min()


@cache
def orders(n: int) -> np.ndarray:
    return np.array(list(permutations(range(n))))


@settings(max_examples=30)
@given(sentences, sentences, st.booleans())
def test_the_definition(first: list[str], second: list[str], unit: bool) -> None:
    if np.lcm(len(first), len(second)) > 6:  # too many orders
        second = second[:1]
    rows = VECTORS.vectors
    if unit:
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    expected = by_every_order(first, second, rows)
    found = VECTORS.word_movers_distance(first, second, unit=unit)
    assert found == pytest.approx(expected, abs=1e-9)
    assert VECTORS.word_movers_distance(second, first, unit=unit) == pytest.approx(found, abs=1e-9)


def test_gensim_says_the_same() -> None:
    pytest.importorskip("ot")
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 20)).astype(np.float32)
    words = tuple(f"w{i}" for i in range(50))
    vectors, theirs = WordVectors(words, rows), models.KeyedVectors(20)
    theirs.add_vectors(list(words), rows)
    for n, m in ((1, 1), (1, 7), (8, 9), (40, 30)):
        first, second = (rng.choice(words, size).tolist() for size in (n, m))
        for unit in (True, False):
            assert vectors.word_movers_distance(first, second, unit=unit) == pytest.approx(
                theirs.wmdistance(first, second, norm=unit), abs=1e-6
            )
        found = vectors.word_movers_distance([*first, "unheard"], second, unknown="skip")
        assert found == pytest.approx(theirs.wmdistance([*first, "unheard"], second), abs=1e-6)
    nothing = vectors.word_movers_distance(["unheard"], ["w1"], unknown="skip")
    assert nothing == theirs.wmdistance(["unheard"], ["w1"]) == np.inf


def test_what_is_the_same_is_not_apart_and_huge_vectors_are_finitely_far() -> None:
    assert VECTORS.word_movers_distance(["a", "b"], ["b", "a", "a", "b"]) == 0
    huge = WordVectors(("a", "b"), np.array([[1e308, 0], [-0.5e308, 0]]))
    assert huge.word_movers_distance(["a", "b"], ["b"], unit=False) == pytest.approx(0.75e308)
    tiny = WordVectors(("a", "b"), np.array([[1e-300, 0], [0, 0]]))
    assert tiny.word_movers_distance(["a"], ["b"], unit=False) == pytest.approx(1e-300)
    assert VECTORS.word_movers_distance({"a", "b"}, ("b", "a")) == 0
    assert VECTORS.astype("float16").word_movers_distance(["a"], ["b"]) > 0


def test_long_sentences() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(120, 10))
    vectors = WordVectors(tuple(map(str, range(120))), rows)
    one, other = (list(map(str, rng.permutation(60) + start)) for start in (0, 60))
    from scipy.optimize import linear_sum_assignment

    ways = np.linalg.norm(rows[:60][:, None] - rows[60:][None], axis=-1)
    best = ways[linear_sum_assignment(ways)].mean()
    assert vectors.word_movers_distance(one, other, unit=False) == pytest.approx(best, abs=1e-9)


def test_bad_sentences() -> None:
    with pytest.raises(UnknownWordError, match="'plum'"):
        VECTORS.word_movers_distance(["a", "plum"], ["b"])
    for first, unknown, complaint in (
        ([], "raise", "a sentence is empty"),
        ("a b", "raise", "expected a word or a list of words"),
        (["a"], "drop", "unknown must be 'raise' or 'skip'"),
    ):
        with pytest.raises(ValueError, match=complaint):
            VECTORS.word_movers_distance(first, ["b"], unknown=unknown)
    assert VECTORS.word_movers_distance([], ["b"], unknown="skip") == np.inf


def test_no_answer_is_no_silent_one() -> None:
    with pytest.raises(ArithmeticError, match="no least cost"):
        distances.transport(np.array([1.0]), np.array([0.5]), np.ones((1, 1)))


def test_ways_of_very_different_length() -> None:
    """By a tolerance of 1e-7 of the longest way, a plan of 2.3 was taken for the least."""
    rows = np.array([[1e8, 0], [1e8, 1], [0, 0], [0, 3], [0, 0.1], [0, 3.1]])
    vectors = WordVectors(tuple("HIabcd"), rows)
    for sentences in (("Hab", "cdI"), ("cdI", "Hab")):
        found = vectors.word_movers_distance(*map(list, sentences), unit=False)
        assert found == pytest.approx((1 + 0.1 + 0.1) / 3, rel=1e-6)
