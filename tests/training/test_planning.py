"""How a text is divided among steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jw2v import Config
from jw2v.sampling import keep_probability, pair_weights
from jw2v.training.planning import MOST_STEPS, plan, settled, step_bound

LAYOUT = {True: "segments", False: "windows"}


def counts(words: int) -> np.ndarray:
    return np.array([words // 2, words - words // 2])


@pytest.mark.parametrize(
    ("window", "negatives", "length", "shared"),
    [
        *((1, 1, 32, 16), (5, 5, 32, 16), (8, 6, 32, 32), (9, 10, 48, 32), (12, 11, 48, 48)),
        *((13, 15, 64, 48), (16, 16, 64, 64), (17, 5, 80, 16)),
    ],
)
def test_segments(window: int, negatives: int, length: int, shared: int) -> None:
    config = Config(window=window, negatives=negatives, subsample=0)
    planned = plan(config, counts(10**6), layout="segments", fast=True)
    assert (planned.shape.length, planned.shared) == (length, shared)


@pytest.mark.parametrize(
    ("words", "segments", "a_step"),
    [
        (1000, True, 128),
        (256 * 128, True, 128),
        (256 * 1024, True, 1024),
        (256 * 4096, True, 4096),
        (10**8, True, 4096),
        (1000, False, 128),
        (10**8, False, 128),
    ],
)
def test_words_of_a_step(words: int, segments: bool, a_step: int) -> None:
    planned = plan(
        Config(subsample=0, epochs=3), counts(words), layout=LAYOUT[segments], fast=segments
    )
    shape = planned.shape
    assert planned.fast == segments
    assert shape.batch * shape.length == a_step
    assert planned.kept == words
    chunks, rest = divmod(planned.steps, 3 * shape.steps)
    assert rest == 0
    assert chunks * shape.words >= words
    assert shape.steps <= 64
    # No more padding than a step in a chunk, and what chance and the cut need.
    slack = 4 * words**0.5 + shape.length + chunks * a_step
    assert chunks * shape.words <= words + slack
    assert (chunks - 1) * 64 * a_step <= words + slack, "as few chunks as can be"


def test_windows_are_single_words() -> None:
    planned = plan(Config(subsample=0), counts(1000), layout="windows", fast=False)
    assert (planned.shape.length, planned.shared) == (1, 0)


@pytest.mark.parametrize(("batch_words", "batch"), [(1, 1), (32, 1), (63, 1), (64, 2), (4096, 128)])
def test_batch_words(batch_words: int, batch: int) -> None:
    config = Config(subsample=0, batch_words=batch_words)
    assert plan(config, counts(10**5), layout="segments", fast=True).shape.batch == batch


@pytest.mark.parametrize(
    ("settings", "bound"),
    [
        ({}, 2),
        ({"window": 2}, 2),
        ({"window": 10, "negatives": 15}, 2 * 11 * 16 / 36),
        ({"window": 10, "negatives": 15, "shrink_window": False}, 2 * 11 * 16 / 36),
        ({"window": 9, "negatives": 14}, 2 * 10 * 15 / 36),
        ({"window": 10, "shrink_window": False}, 2 * 20 * 6 / 36),
        ({"window": 50}, 2 * 20 * 6 / 36),
        ({"window": 10**6}, 2 * 20 * 6 / 36),
        ({"negatives": 1000}, 2 * 11 * 16 / 36),
        ({"window": 100, "negatives": 100}, 2 * 11 * 16 / 36),
        ({"window": 10, "loss": "naive-softmax"}, 2),
        ({"window": 10, "step_bound": 3.5}, 3.5),
    ],
)
def test_step_bound(settings: dict, bound: float) -> None:
    assert step_bound(Config(**settings)) == pytest.approx(bound)


@pytest.mark.parametrize(
    ("vocab", "words", "threshold"),
    [
        *((2, 10, 0.5), (6, 800, 1 / 6), (5_000, 10**8, 2e-4), (9_000, 90_000, 8.33e-4)),
        *((20_000, 10**6, 2.5e-4), (20_000, 4 * 10**6, 1.25e-4), (20_000, 7 * 10**6, 1e-4)),
        *((80_000, 17 * 10**6, 1e-4), (10**5, 10**9, 1e-4)),
    ],
)
def test_the_default_threshold(vocab: int, words: int, threshold: float) -> None:
    counts = np.ones(vocab, int)
    counts[0] = words - vocab + 1
    assert settled(Config(), counts).subsample == pytest.approx(threshold, rel=1e-3)
    assert settled(Config(subsample=0.01), counts).subsample == 0.01
    assert settled(Config(subsample=0), counts).subsample == 0
    kept = (counts * keep_probability(counts, threshold)).sum()
    assert plan(Config(), counts, layout="segments", fast=True).kept == pytest.approx(
        kept, rel=1e-3
    )


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=50))
def test_by_default_no_word_of_average_share_is_thinned_out(counts: list[int]) -> None:
    """Nor one of up to 2.6 times that: √(t/f) + t/f is 1 at f = φ² t."""
    each = np.array(counts)
    threshold = settled(Config(), each).subsample
    assert threshold is not None
    keep = keep_probability(each, threshold)
    golden = ((1 + 5**0.5) / 2) ** 2
    share = each / each.sum() * len(each)
    assert (keep[share < golden * (1 - 1e-6)] == 1).all()
    assert (keep[share > golden * (1 + 1e-6)] < 1).all()


FAR = 2**31 - 1


@pytest.mark.parametrize("window", [3, 1000, 10**5, FAR])
@pytest.mark.parametrize("segments", [True, False])
def test_a_window_far_beyond_its_sentences_costs_nothing(window: int, segments: bool) -> None:
    narrow, wide = (
        plan(
            Config(subsample=0, window=m),
            counts(10**5),
            layout=LAYOUT[segments],
            fast=segments,
            reach=2,
        )
        for m in (2, window)
    )
    assert narrow == wide
    assert wide.reach == 2
    weights = pair_weights(32, window, shrink=True, reach=2)
    for h in (1, 2):
        expected = (window + 1 - h) / window * 32 / (32 - h)
        assert weights.diagonal(h) == pytest.approx(expected, rel=1e-7), "m is what it was"
    assert not np.triu(weights, 3).any()


@pytest.mark.parametrize("reach", [5, 6, 1000])
def test_a_window_within_its_sentences_is_as_it_was(reach: int) -> None:
    config = Config(subsample=0)
    planned = plan(config, counts(10**5), layout="segments", fast=True, reach=reach)
    assert planned == plan(config, counts(10**5), layout="segments", fast=True)
    assert step_bound(config, reach) == step_bound(config)
    assert (pair_weights(32, 5, shrink=True, reach=reach) == pair_weights(32, 5, shrink=True)).all()


@pytest.mark.parametrize(("shrink", "pairs"), [(True, 2 * (1 + 0.99)), (False, 4)])
def test_only_terms_that_there_are_raise_the_step_bound(shrink: bool, pairs: float) -> None:
    config = Config(window=100, negatives=20, shrink_window=shrink)
    assert step_bound(config, 2) == pytest.approx(2 * pairs * 21 / 36)


@pytest.mark.parametrize("segments", [True, False])
def test_no_step_is_larger_than_the_text(segments: bool) -> None:
    config = Config(subsample=0, batch_words=FAR)
    shape = plan(config, counts(3000), layout=LAYOUT[segments], fast=segments).shape
    assert 3000 <= shape.words <= 3500
    assert (
        plan(config, counts(10), layout=LAYOUT[segments], fast=segments).shape.batch * shape.length
        <= 128
    )


@pytest.mark.parametrize(("words", "shared"), [(2, 256), (300, 304), (10**5, 10**5)])
def test_a_run_shares_no_more_negatives_than_there_are_words(words: int, shared: int) -> None:
    config = Config(subsample=0, negatives=FAR)
    assert plan(config, np.full(words, 9), layout="segments", fast=True).shared == shared
    assert plan(Config(negatives=15), np.full(2, 10**5), layout="segments", fast=True).shared == 48


def test_steps_that_cannot_be_counted_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2,147,483,647 epochs of .*lower epochs"):
        plan(Config(epochs=FAR), counts(10**5), layout="segments", fast=True)
    planned = plan(Config(epochs=10**6, subsample=0), counts(10**5), layout="segments", fast=True)
    assert 10**8 < planned.steps < MOST_STEPS
