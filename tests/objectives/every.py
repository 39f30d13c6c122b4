"""Small tables and batches, and every objective of a known loss over them."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jw2v import objectives, sampling
from jw2v.params import Params

VOCAB, DIM, WINDOW, LENGTH, BATCH, SHARED = 7, 3, 2, 4, 2, 3
MARGIN = 2
"""of bags"""


@cache
def noise() -> sampling.Noise:
    """Made when the first test asks, be it in a trace: collecting the tests starts no device."""
    with jax.ensure_compile_time_eval():
        return sampling.noise(np.arange(1, VOCAB + 1), 0.75)


@cache
def key() -> jax.Array:
    with jax.ensure_compile_time_eval():
        return jax.random.key(0)


def tables(rng: np.random.Generator, scale: float = 1.0) -> Params:
    return Params(*jnp.asarray(rng.normal(size=(2, VOCAB, DIM)) * scale))


def some_segments(rng: np.random.Generator) -> objectives.Segments:
    words = rng.integers(0, VOCAB, (BATCH, LENGTH))
    sentence = np.sort(rng.integers(0, 3, (BATCH, LENGTH)))
    sentence[:, rng.integers(LENGTH // 2, LENGTH + 1) :] = -1
    return objectives.Segments(jnp.asarray(words), jnp.asarray(sentence))


def some_windows(rng: np.random.Generator) -> objectives.Windows:
    center = rng.integers(0, VOCAB, BATCH)
    outside = rng.integers(0, VOCAB, (BATCH, 2 * WINDOW))
    return objectives.Windows(*map(jnp.asarray, (center, outside, rng.random(outside.shape) < 0.7)))


def segments_objective(params: Params, batch: Any) -> objectives.Evaluation:
    return objectives.negative_sampling_of_segments(
        params,
        batch,
        key(),
        noise=noise(),
        window=WINDOW,
        shrink=True,
        negatives=4,
        shared=SHARED,
    )


def windows_objective(params: Params, batch: Any) -> objectives.Evaluation:
    return objectives.negative_sampling_of_windows(params, batch, key(), noise=noise(), negatives=2)


def softmax_objective(params: Params, batch: Any) -> objectives.Evaluation:
    return objectives.naive_softmax_of_windows(params, batch, key())


EVERY = {
    "segments": (segments_objective, some_segments),
    "windows": (windows_objective, some_windows),
    "softmax": (softmax_objective, some_windows),
}


def some_bags(rng: np.random.Generator) -> objectives.Bags:
    """Some words twice in a bag, two sentences, some padding."""
    words = rng.integers(0, 4, (BATCH, LENGTH + 2 * MARGIN))
    sentence = np.sort(rng.integers(-1, 2, words.shape))[:, ::-1]
    radius = rng.integers(1, MARGIN + 1, (BATCH, LENGTH))
    return objectives.Bags(*map(jnp.asarray, (words, sentence.copy(), radius)))


def bags_one_by_one(batch: objectives.Bags) -> list[tuple[int, int, int, list[int]]]:
    """(run, place, word, the words of its bag), by the definition."""
    found = []
    words, sentence, radius = map(np.asarray, batch)
    for run in range(BATCH):
        for at in range(MARGIN, MARGIN + LENGTH):
            reach = radius[run, at - MARGIN]
            places = [p for p in range(at - reach, at + reach + 1) if p != at]
            bag = [words[run, p] for p in places if sentence[run, p] == sentence[run, at] >= 0]
            if bag:
                found.append((run, at - MARGIN, words[run, at], bag))
    return found
