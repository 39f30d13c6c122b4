"""Draws: the frequencies are those that the statements promise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from jw2v import Config, planning, sampling

COUNTS = np.array([500, 120, 60, 60, 20, 5, 5, 1])
N = 200_000
LEAST_P = 1e-4
"""Draws are seeded, so a test that passes keeps passing; a wrong law fails by far more."""


def frequencies(ids: jax.Array) -> np.ndarray:
    return np.bincount(np.asarray(ids).ravel(), minlength=len(COUNTS))


@pytest.mark.parametrize("exponent", [0.75, 1.0, 0.0, -0.5])
def test_noise_is_in_proportion_to_counts_to_the_exponent(exponent: float) -> None:
    share = COUNTS**exponent / (COUNTS**exponent).sum()
    drawn = sampling.noise(COUNTS, exponent).draw(jax.random.key(1), (N,))
    assert chisquare(frequencies(drawn), share * N).pvalue > LEAST_P


def test_a_wrong_exponent_would_be_seen() -> None:
    share = COUNTS**0.7 / (COUNTS**0.7).sum()
    drawn = sampling.noise(COUNTS, 0.75).draw(jax.random.key(1), (N,))
    assert chisquare(frequencies(drawn), share * N).pvalue < LEAST_P


@pytest.mark.parametrize(("runs", "S"), [(1, 4), (5, 16), (1000, 3)])
def test_spread_draws_are_expected_as_often_as_independent_ones(runs: int, S: int) -> None:
    noise = sampling.noise(COUNTS, 0.75)
    share = COUNTS**0.75 / (COUNTS**0.75).sum()
    times = N // (runs * S)
    every = jax.lax.map(
        lambda key: noise.draw_spread(key, runs, S), jax.random.split(jax.random.key(3), times)
    )
    every = np.asarray(every)
    assert every.shape == (times, runs, S)
    for run in (0, runs - 1):
        # One step is even by design; a chi-square over many is smaller than of independent draws.
        assert chisquare(frequencies(every[:, run]), share * times * S).pvalue > LEAST_P
    for step in every[:20]:
        assert np.abs(frequencies(step) - share * runs * S).max() < 2


@pytest.mark.parametrize("S", [1, 2, 8])
def test_every_run_draws_from_every_part_of_the_noise(S: int) -> None:
    noise = sampling.noise(np.ones(64, int), 1.0)
    drawn = np.asarray(noise.draw_spread(jax.random.key(4), 50, S))
    parts = drawn * S // 64
    assert (parts == np.arange(S)).all()
    # Within its part a run's words come from anywhere.
    assert len(np.unique(drawn[:, 0])) > 64 // S // 2


@pytest.mark.parametrize("o", range(len(COUNTS)))
def test_draw_other_is_the_noise_without_o(o: int) -> None:
    share = COUNTS**0.75
    share[o] = 0
    noise = sampling.noise(COUNTS, 0.75)
    drawn = frequencies(noise.draw_other(jax.random.key(2), jnp.full(N // 10, o), 10))
    assert drawn[o] == 0
    others = np.arange(len(COUNTS)) != o
    assert chisquare(drawn[others], (share / share.sum() * N)[others]).pvalue > LEAST_P


@pytest.mark.parametrize("vocab", [1, 2, 7, 200])
@settings(max_examples=15)
@given(data=st.data(), exponent=st.floats(-1, 2))
def test_the_guide_finds_the_owner_of_every_number(
    vocab: int, data: st.DataObject, exponent: float
) -> None:
    counts = data.draw(st.lists(st.integers(1, 10**12), min_size=vocab, max_size=vocab))
    noise = sampling.noise(np.array(counts), exponent)
    ends = np.asarray(noise.ends)
    borders = np.concatenate([[0], ends[:-1], ends - 1, ends[:-1] // 2]).astype(np.uint32)
    owners = np.asarray(noise._owner(jnp.asarray(borders)))
    assert owners.tolist() == np.searchsorted(ends, borders, side="right").tolist()


def test_a_large_vocabulary_keeps_the_share_of_its_rarest_words() -> None:
    counts = np.maximum(1, 10**7 // np.arange(1, 1_000_001))
    ends = np.asarray(sampling.noise(counts, 0.75).ends).astype(np.int64)
    share = counts**0.75 / (counts**0.75).sum()
    np.testing.assert_allclose(np.diff(ends, prepend=0) / ends[-1], share, rtol=2e-2)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_below_is_the_high_half_of_the_product(limit: int, bits: int) -> None:
    found = sampling._below(jnp.uint32(limit), jnp.uint32(bits))
    assert int(found) == (limit * bits) >> 32


def test_keep_probability() -> None:
    counts = np.array([900, 90, 10])
    ratio = 1e-2 / np.array([0.9, 0.09, 0.01])
    expected = np.minimum(1, np.sqrt(ratio) + ratio)
    assert sampling.keep_probability(counts, 1e-2) == pytest.approx(expected)
    assert sampling.keep_probability(counts, 0).tolist() == [1, 1, 1]


def test_counts_beyond_the_range_of_int32() -> None:
    counts = np.array([2**40, 2**33, 2**33])
    assert sampling.keep_probability(counts, 0.01) == pytest.approx(
        sampling.keep_probability(counts >> 30, 0.01)
    )
    ends = np.asarray(sampling.noise(counts, 1.0).ends, np.int64)
    assert np.diff(ends, prepend=0) == pytest.approx(counts / counts.sum() * 2**31, abs=1)
    planned = planning.plan(Config(subsample=0), counts, segments=True)
    words = planned.shape.batch * planned.shape.length
    assert planned.steps * words == pytest.approx(5 * counts.sum(), rel=1e-3)
    assert planned.kept == counts.sum()
