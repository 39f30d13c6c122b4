"""The vocabulary: what is kept, in what order, and what its errors say."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jw2v.reading.vocabulary import UnknownWordError, Vocabulary

TOKENS = st.lists(st.text("abcé'", min_size=1, max_size=3), min_size=1, max_size=60)


@given(TOKENS, st.randoms(use_true_random=False), st.integers(1, 4), st.none() | st.integers(1, 9))
def test_frequent_words_in_one_order_whatever_the_order_of_reading(
    tokens: list[str], random: object, min_count: int, max_vocab: int | None
) -> None:
    counted = Counter(tokens)
    expected = sorted(
        (word for word in counted if counted[word] >= min_count),
        key=lambda word: (-counted[word], word),
    )[:max_vocab]
    shuffled = list(counted)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    counts = [counted[word] for word in shuffled]
    if not expected:
        with pytest.raises(ValueError, match="min_count"):
            Vocabulary.from_counts(shuffled, counts, min_count=min_count, max_vocab=max_vocab)
        return
    vocabulary = Vocabulary.from_counts(shuffled, counts, min_count=min_count, max_vocab=max_vocab)
    assert list(vocabulary.words) == expected
    assert vocabulary.counts.tolist() == [counted[word] for word in expected]
    assert vocabulary.counts.dtype == np.int64
    assert vocabulary.total == sum(counted[word] for word in expected)
    assert [vocabulary.id(word) for word in expected] == list(range(len(expected)))


def test_counts_beyond_the_range_of_int32() -> None:
    vocabulary = Vocabulary.from_counts(["few", "many"], [2**31 + 1, 2**40], min_count=2**31)
    assert vocabulary.words == ("many", "few")
    assert vocabulary.total == 2**40 + 2**31 + 1


def test_it_cannot_be_changed() -> None:
    vocabulary = Vocabulary.from_counts(["a"], [1])
    with pytest.raises(AttributeError):
        vocabulary.words = ("b",)  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        vocabulary.counts[0] = 2


def test_the_counts_of_the_caller_stay_theirs() -> None:
    counts = np.array([3, 5])
    vocabulary = Vocabulary(("b", "a"), counts)
    counts[0] = 9
    assert vocabulary.counts.tolist() == [3, 5]


def test_nothing_frequent_enough_says_what_there_was() -> None:
    with pytest.raises(ValueError, match=r"min_count = 5 .* 7 tokens of 2 .* 'b', occurs 4 times"):
        Vocabulary.from_counts(["a", "b"], [3, 4], min_count=5)
    with pytest.raises(ValueError, match="no words"):
        Vocabulary.from_counts([], [])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("limits", [{"min_count": 0}, {"min_count": 1.5}, {"max_vocab": 0}])
def test_impossible_limits(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Vocabulary.from_counts(["a"], [1], **limits)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("words", "counts", "complaint"),
    [
        (("a", "b"), [1], "one count a word"),
        (("a", "a"), [1, 1], "'a' occurs again"),
        (("a",), [0], "at least 1"),
        (("a",), [1.5], "whole numbers"),
        (("a",), [[1]], "shape"),
    ],
)
def test_words_and_counts_that_do_not_fit(
    words: tuple[str, ...], counts: list[float], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Vocabulary(words, np.array(counts))


def test_an_unknown_word_gets_close_matches() -> None:
    vocabulary = Vocabulary.from_counts(["television", "radio", "paris"], [3, 2, 1])
    with pytest.raises(UnknownWordError) as caught:
        vocabulary["televisoin"]
    assert isinstance(caught.value, KeyError)
    assert "'televisoin'" in str(caught.value)
    assert "Close matches: 'television'." in str(caught.value)
    with pytest.raises(KeyError, match="Close matches: 'paris'"):
        vocabulary.id("PARIS")
    with pytest.raises(KeyError) as no_match:
        vocabulary["xyz"]
    assert "Close" not in str(no_match.value)
    assert "xyz" not in vocabulary


def test_counts_that_int64_does_not_hold() -> None:
    with pytest.raises(ValueError, match=r"counts must be below 2\^63, got 9,223"):
        Vocabulary.from_counts(["a", "b"], np.array([2**63, 3], np.uint64))


def test_a_word_that_comes_twice_though_one_of_them_is_rare() -> None:
    with pytest.raises(ValueError, match="'a' occurs again"):
        Vocabulary.from_counts(["a", "b", "a"], [5, 5, 1], min_count=2)
