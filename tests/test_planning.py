"""How a text is divided among steps."""

import numpy as np
import pytest

from jw2v import Config
from jw2v.planning import plan, step_bound


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
    planned = plan(config, counts(10**6), segments=True)
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
    planned = plan(Config(subsample=0, epochs=3), counts(words), segments=segments)
    shape = planned.shape
    assert planned.segments == segments
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
    planned = plan(Config(subsample=0), counts(1000), segments=False)
    assert (planned.shape.length, planned.shared) == (1, 0)


@pytest.mark.parametrize(("batch_words", "batch"), [(1, 1), (32, 1), (63, 1), (64, 2), (4096, 128)])
def test_batch_words(batch_words: int, batch: int) -> None:
    config = Config(subsample=0, batch_words=batch_words)
    assert plan(config, counts(10**5), segments=True).shape.batch == batch


@pytest.mark.parametrize(
    ("settings", "bound"),
    [
        ({}, 2),
        ({"window": 2}, 2),
        ({"window": 10, "negatives": 15}, 2 * 11 * 16 / 36),
        ({"window": 10, "negatives": 15, "shrink_window": False}, 2 * 20 * 16 / 36),
        ({"window": 10, "loss": "naive-softmax"}, 2),
        ({"window": 10, "step_bound": 3.5}, 3.5),
    ],
)
def test_step_bound(settings: dict, bound: float) -> None:
    assert step_bound(Config(**settings)) == pytest.approx(bound)
