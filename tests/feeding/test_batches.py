"""Batches hold every kept word once as a center, with exactly its neighbours."""

import threading
from collections import Counter
from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from jw2v.feeding import batches
from jw2v.feeding.layouts import Bags
from jw2v.objectives.bags import members
from jw2v.reading.corpus import SENTENCE_END

sentences = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=9), min_size=1, max_size=12)
shapes = st.builds(
    batches.Shape, steps=st.integers(1, 3), batch=st.integers(1, 3), length=st.integers(1, 4)
)


def as_ids(text: list[list[int]]) -> np.ndarray:
    return np.array([i for words in text for i in [*words, SENTENCE_END]], np.int32)


def everything(text: list[list[int]]) -> Iterator[batches.Text]:
    return batches.subsampled(as_ids(text), np.ones(30, np.float32), np.random.default_rng(0))


def pairs(text: list[list[int]], window: int) -> Counter:
    return Counter(
        (center, words[j])
        for words in text
        for i, center in enumerate(words)
        for j in range(max(0, i - window), min(len(words), i + window + 1))
        if j != i
    )


@given(sentences, shapes, st.integers(0, 9))
def test_segments_hold_the_text_in_runs(
    text: list[list[int]], shape: batches.Shape, seed: int
) -> None:
    runs = []
    for chunk in batches.segments(everything(text), shape, np.random.default_rng(seed)):
        assert chunk.words.shape == (shape.steps, shape.batch, shape.length)
        dealt = (np.swapaxes(column, 0, 1).reshape(-1, shape.length) for column in chunk)
        runs += list(zip(*dealt, strict=True))
    words, sentence = (np.concatenate(column) for column in zip(*runs, strict=True))
    there = np.flatnonzero(sentence >= 0)
    assert there[0] < shape.length
    assert (np.diff(there) == 1).all()
    numbered = [(word, i) for i, words in enumerate(text) for word in words]
    assert list(zip(words[there], sentence[there], strict=True)) == numbered


def test_segments_are_cut_anywhere_with_the_same_probability() -> None:
    length, n = 8, 4000
    shape = batches.Shape(steps=1, batch=1, length=length)
    starts = np.zeros(length, int)
    for seed in range(n):
        chunk = next(batches.segments(everything([[1]]), shape, np.random.default_rng(seed)))
        starts[int(np.argmax(np.asarray(chunk.words)[0, 0]))] += 1
    assert chisquare(starts).pvalue > 1e-4


@given(sentences, shapes, st.integers(1, 4))
def test_windows_hold_all_pairs_of_the_text(
    text: list[list[int]], shape: batches.Shape, window: int
) -> None:
    shape = shape._replace(length=1)
    found = Counter()
    rng = np.random.default_rng(0)
    for chunk in batches.windows(everything(text), shape, window, False, rng):
        assert chunk.outside.shape == (shape.steps, shape.batch, 2 * window)
        center, outside, where = map(np.asarray, chunk)
        for at in zip(*np.nonzero(where), strict=True):
            found[center[at[:2]], outside[at]] += 1
    assert found == pairs(text, window)


@settings(max_examples=20)
@given(sentences, shapes, st.integers(1, 4), st.booleans(), st.integers(0, 9))
def test_bags_hold_the_words_around_each_word(
    text: list[list[int]], shape: batches.Shape, window: int, shrink: bool, seed: int
) -> None:
    """Each word of the text has a bag once, of a radius of up to the window."""
    found = []
    rng = np.random.default_rng(seed)
    for chunk in batches.bags(everything(text), shape, window, shrink, rng):
        assert chunk.radius.shape == (shape.steps, shape.batch, shape.length)
        assert chunk.words.shape[-1] == shape.length + 2 * window
        dealt = (np.swapaxes(c, 0, 1).reshape(-1, c.shape[-1]) for c in chunk)
        for words, sentence, radius in zip(*dealt, strict=True):
            of_run = members(Bags(*map(jnp.asarray, ([words], [sentence], [radius]))))[0]
            for at, members_of in enumerate(np.asarray(of_run)):
                if sentence[window + at] >= 0:
                    bag = [int(word) for word in words[members_of]]
                    found.append((int(words[window + at]), int(radius[at]), bag))
    places = [(words, i) for words in text for i in range(len(words))]
    assert len(found) == len(places)
    for (word, radius, bag), (words, i) in zip(found, places, strict=True):
        assert word == words[i]
        assert 1 <= radius <= window if shrink else radius == window
        assert bag == words[max(0, i - radius) : i] + words[i + 1 : i + 1 + radius]


def test_the_radius_of_a_bag_is_drawn_uniformly() -> None:
    window, n = 4, 20_000
    shape = batches.Shape(steps=1, batch=n // 8, length=8)
    rng = np.random.default_rng(1)
    chunk = next(batches.bags(everything([[0] * n]), shape, window, True, rng))
    assert chisquare(np.bincount(np.ravel(chunk.radius))[1:]).pvalue > 1e-4


def test_the_reach_of_sentences_narrows_the_margins_and_nothing_else() -> None:
    text = [[1, 2, 3], [4, 5, 6], [7, 8, 9]] * 3
    shape = batches.Shape(steps=2, batch=2, length=4)
    whole, short = (
        list(batches.bags(everything(text), shape, 9, True, np.random.default_rng(3), reach=reach))
        for reach in (None, 2)
    )
    assert len(whole) == len(short)
    for a, b in zip(whole, short, strict=True):
        assert (a.radius == b.radius).all()
        assert (a.words[..., 7:-7] == b.words).all()
        assert (a.sentence[..., 7:-7] == b.sentence).all()


def test_a_shrinking_window_reaches_near_words_more_often() -> None:
    window, n = 4, 20_000
    text = [[0] * n]
    shape = batches.Shape(steps=1, batch=n, length=1)
    [chunk] = batches.windows(everything(text), shape, window, True, np.random.default_rng(1))
    reached = np.asarray(chunk.where)[0].sum(0)
    share = np.array([1, 2, 3, 4, 4, 3, 2, 1]) / 4
    assert np.abs(reached - n * share).max() < 5 * np.sqrt(n) + window


@settings(max_examples=20)
@given(sentences, shapes, st.integers(1, 12), st.booleans(), st.integers(0, 9))
def test_places_that_no_sentence_reaches_are_left_out(
    text: list[list[int]], shape: batches.Shape, window: int, shrink: bool, seed: int
) -> None:
    """And nothing else changes: the same radii are drawn from 1..window, however large that is."""
    shape = shape._replace(length=1)
    reach = max(1, min(window, max(map(len, text)) - 1))
    whole, short = (
        list(
            batches.windows(
                everything(text), shape, window, shrink, np.random.default_rng(seed), reach=r
            )
        )
        for r in (None, reach)
    )
    assert len(whole) == len(short)
    for a, b in zip(whole, short, strict=True):
        middle = slice(window - reach, window + reach)
        assert b.outside.shape[-1] == 2 * reach
        assert (a.center == b.center).all()
        assert (a.where[..., middle] == b.where).all()
        assert a.where.sum() == b.where.sum()
        assert (np.asarray(a.outside)[..., middle][b.where] == b.outside[b.where]).all()


def test_words_are_kept_with_their_probability_and_ends_are_not_words() -> None:
    keep = np.array([0.2, 1.0, 0.0], np.float32)
    text = [[0, 1, 2]] * 5000
    [kept] = batches.subsampled(as_ids(text), keep, np.random.default_rng(0))
    counts = np.bincount(kept.words, minlength=3)
    assert counts[1] == 5000
    assert counts[2] == 0
    assert abs(counts[0] - 1000) < 4 * np.sqrt(5000 * 0.2 * 0.8)
    assert np.bincount(kept.sentence[kept.words == 1]).tolist() == [1] * 5000


def test_pieces_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    text = [[i % 7 for i in range(k % 5 + 1)] for k in range(50)]
    [whole] = everything(text)
    monkeypatch.setattr(batches, "_PIECE", 13)
    pieces = [np.concatenate(column) for column in zip(*everything(text), strict=True)]
    assert [column.tolist() for column in pieces] == [column.tolist() for column in whole]


def test_there_may_be_more_sentences_than_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    text = [[i % 10] * 3 for i in range(40)]
    monkeypatch.setattr(batches, "_PIECE", 7)
    monkeypatch.setattr(batches, "_NUMBERS", 4)
    _, sentence = map(np.concatenate, zip(*everything(text), strict=True))
    assert sentence.max() == 3
    assert (np.flatnonzero(np.diff(sentence)) == np.arange(2, 117, 3)).all()


def test_the_words_of_a_step_come_from_all_over_the_chunk() -> None:
    shape = batches.Shape(steps=4, batch=3, length=2)
    text = [list(range(24))]
    texts = batches.subsampled(as_ids(text), np.ones(24, np.float32), np.random.default_rng(0))
    chunk = next(batches.segments(texts, shape, np.random.default_rng(0)))
    offset = int(np.random.default_rng(0).integers(shape.length))
    assert chunk.words[0, :, 1].tolist() == [1 - offset, 9 - offset, 17 - offset]


def drawn_at_random(sentences: list[list[int]], n: int) -> list[np.ndarray]:
    [text] = everything(sentences)
    shape, rng = batches.Shape(steps=1, batch=n, length=1), np.random.default_rng(0)
    return [np.asarray(column[0]) for column in batches.random_windows(text, shape, 5, rng)]


def test_random_windows_are_uniform() -> None:
    # Distinct words, so that every outside word tells its position.
    sentences = [[0], [1, 2], list(range(3, 23))]
    center, outside, where = drawn_at_random(sentences, 60_000)
    # Sentences with more than one word are equally likely, and so are their positions.
    counts = np.bincount(center, minlength=23)
    assert counts[0] == 0
    assert np.abs(counts[1:3] - 15_000).max() < 5 * np.sqrt(15_000)
    assert np.abs(counts[3:] - 1_500).max() < 5 * np.sqrt(1_500)
    # Inside the long sentence the radius is uniform in 1..5: distance k has probability (6 - k)/5.
    middle = center == 12
    distance = np.abs(outside[middle] - 12)[where[middle]]
    share = np.bincount(distance, minlength=6)[1:] / (2 * middle.sum())
    assert share == pytest.approx(np.arange(5, 0, -1) / 5, abs=0.06)
    # No window is empty or leaves its sentence.
    assert where.any(1).all()
    assert set(outside[center == 1][where[center == 1]]) == {2}


def test_the_center_word_is_left_out_of_its_window() -> None:
    center, outside, where = drawn_at_random([[7, 7, 8]], 200)
    assert not (where & (outside == center[:, None])).any()
    assert where.any(1).all()


@pytest.mark.parametrize("sentences", [[[1], [2], [3]], [[4, 4, 4], [5, 5]], [[]]])
def test_a_text_without_pairs_has_no_random_windows(sentences: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="two different words side by side"):
        drawn_at_random(sentences, 10)


def test_prefetch_changes_nothing() -> None:
    assert list(batches.prefetch(iter(range(100)))) == list(range(100))


def test_prefetch_hands_on_errors() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    found = batches.prefetch(broken())
    assert next(found) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(found)


def test_prefetch_ends_its_thread_when_nobody_listens() -> None:
    before = threading.active_count()
    found = batches.prefetch(iter(range(1000)))
    next(found)
    assert threading.active_count() == before + 1
    found.close()
    assert threading.active_count() == before
