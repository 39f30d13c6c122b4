"""What does not fit is refused before it is allocated; what is counted is what is allocated."""

import math
from collections.abc import Iterable

import numpy as np
import pytest

import jw2v
from jw2v import Config
from jw2v.feeding import batches
from jw2v.reading.corpus import read
from jw2v.training import footprint, outlook, recipe, starting
from jw2v.training.recipe import Overrides
from topics import two_topics

TEXT = read(two_topics(100), min_count=1)
SETTINGS = [
    Config(dim=6, subsample=0),
    Config(dim=6, subsample=0, window=20, negatives=30, dtype="float64"),
    Config(dim=6, subsample=0, loss="naive-softmax", negatives=10**9),
]


def made(config: Config) -> recipe.Recipe:
    reach = outlook.reach(TEXT, config.window)
    return recipe.recipe(
        config, TEXT.vocabulary.counts, Overrides(None, None, "tables", None), reach
    )


def first(chunks: Iterable) -> int:
    """Bytes of a chunk."""
    return sum(np.asarray(column).nbytes for column in next(iter(chunks)))


@pytest.mark.parametrize("config", SETTINGS)
def test_what_is_counted_is_what_is_allocated(config: Config) -> None:
    how = made(config)
    vocab, planned = len(TEXT.vocabulary), how.planned
    found = footprint.least(how, config, vocab)
    rng = np.random.default_rng(0)
    texts = batches.subsampled(TEXT.ids, np.ones(vocab, np.float32), rng)
    if planned.layout == "segments":
        chunk = first(batches.segments(texts, planned.shape, rng))
    else:
        m, reach = config.window, planned.reach
        chunk = first(batches.windows(texts, planned.shape, m, True, rng, reach=reach))
        chunk -= 4 * planned.shape.words  # the centers
    assert found["chunk"] == chunk
    assert found["tables"] == 2 * vocab * how.width * np.dtype(config.dtype).itemsize
    assert found["step"] > 0


def test_the_memory_there_is() -> None:
    assert footprint.available() > 2**28


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ({"dim": 10**8}, "lower window, negatives, dim or batch_words"),
        ({"window": 10**6}, "lower window, negatives, dim or batch_words"),
        ({}, "there is not so much memory"),
    ],
)
def test_a_run_that_does_not_fit_allocates_nothing(
    settings: dict, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footprint, "available", lambda: 1000.0 if not settings else 2.0**33)
    monkeypatch.setattr(starting, "init", lambda *_, **__: pytest.fail("tables were made"))
    text = [[str(i % 9) for i in range(40_000)]]
    config = Config(min_count=1, subsample=0, **settings)
    with pytest.raises(MemoryError, match=rf"tables of 9 words and dim .* take .* GiB.*{cure}"):
        jw2v.train(text, config)


def test_an_unknown_amount_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "available", lambda: math.inf)
    footprint.check(made(Config(dim=10**9)), Config(dim=10**9), 10**9)
