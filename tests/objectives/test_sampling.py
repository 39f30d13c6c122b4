"""Draws: the frequencies are those that the statements promise."""

from dataclasses import FrozenInstanceError
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from jw2v import Config, sampling
from jw2v.objectives.noise import _below
from jw2v.training import planning

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
    found = _below(jnp.uint32(limit), jnp.uint32(bits))
    assert int(found) == (limit * bits) >> 32


class TestDefinitions:
    """Each draw from the same random bits, in Python's own whole numbers.

    They fix which words a seed draws, and so which vectors it gives, from one version to the next.
    """

    @pytest.fixture(autouse=True)
    def given(self) -> None:
        self.noise = sampling.noise(COUNTS, 0.75)
        self.ends = np.asarray(self.noise.ends).tolist()
        self.key = jax.random.key(7)

    def owners(self, numbers: list[int]) -> list[int]:
        return np.searchsorted(self.ends, numbers, side="right").tolist()

    def bits(self, key: jax.Array, shape: tuple[int, ...]) -> list:
        return np.asarray(jax.random.bits(key, shape, jnp.uint32)).tolist()

    def test_noise(self) -> None:
        weights = COUNTS**0.75
        shares = np.maximum(1, np.floor(weights / weights.sum() * 2**31)).astype(int)
        assert np.cumsum(shares).tolist() == self.ends
        # Eight buckets a word, or the next power of two: 64 of 2^26 numbers.
        firsts = np.minimum(np.arange(65) * 2**26, self.ends[-1] - 1).tolist()
        assert self.noise.guide.tolist() == self.owners(firsts)
        assert self.noise.halvings == 2

    @pytest.mark.parametrize(
        ("counts", "guide", "halvings"),
        [([5], 9, 0), ([1, 1], 17, 1), ([1] * 9, 129, 1), ([10**18, 1, 1, 1], 33, 2)],
    )
    def test_guide(self, counts: list[int], guide: int, halvings: int) -> None:
        noise = sampling.noise(np.array(counts), 1.0)
        assert (len(noise.guide), noise.halvings) == (guide, halvings)

    def test_no_word_is_left_without_a_number(self) -> None:
        noise = sampling.noise(np.array([10**18, 1, 1, 1]), 1.0)
        assert np.diff(noise.ends).tolist() == [1, 1, 1]

    @pytest.mark.parametrize("wide", [False, True])
    def test_guide_where_words_begin_with_a_bucket(self, wide: bool) -> None:
        with jax.enable_x64(wide):
            noise = sampling.noise(np.array([1, 1]), 1.0)
        assert noise.guide.tolist() == [0] * 4 + [1] * 13
        assert (noise.guide.dtype, noise.ends.dtype) == (np.int32, np.uint32)

    def test_guide_of_a_large_vocabulary(self) -> None:
        noise = sampling.noise(np.ones(2**19 + 1, int), 1.0)
        assert len(noise.guide) == 2**22 + 1

    @pytest.mark.parametrize("wide", [False, True])
    def test_draw(self, wide: bool) -> None:
        numbers = [self.ends[-1] * bits >> 32 for bits in self.bits(self.key, (300,))]
        with jax.enable_x64(wide):
            drawn = self.noise.draw(self.key, (300,))
        assert drawn.tolist() == self.owners(numbers)

    @pytest.mark.parametrize("wide", [False, True])
    @pytest.mark.parametrize(("runs", "S"), [(1, 1), (5, 3), (3, 5), (16, 16)])
    def test_draw_spread(self, runs: int, S: int, wide: bool) -> None:
        key_shift, key_number = jax.random.split(self.key)
        shift = jax.random.randint(key_shift, (S,), 0, runs).tolist()
        strata = runs * S
        starts = [(k << 32) // strata * self.ends[-1] >> 32 for k in range(strata)]
        starts.append(self.ends[-1])
        bits = self.bits(key_number, (runs, S))
        numbers = [
            starts[k] + ((starts[k + 1] - starts[k]) * bits[i][s] >> 32)
            for i in range(runs)
            for s in range(S)
            for k in [s * runs + (i + shift[s]) % runs]
        ]
        with jax.enable_x64(wide):
            drawn = self.noise.draw_spread(self.key, runs, S)
        assert drawn.shape == (runs, S)
        assert drawn.ravel().tolist() == self.owners(numbers)

    @pytest.mark.parametrize("wide", [False, True])
    def test_draw_other(self, wide: bool) -> None:
        o = np.arange(16) % len(COUNTS)
        bits = self.bits(self.key, (16, 40))
        bounds = [0, *self.ends]
        numbers = []
        for row, word in zip(bits, o.tolist(), strict=True):
            start, end = bounds[word], bounds[word + 1]
            left = [(self.ends[-1] - (end - start)) * each >> 32 for each in row]
            numbers += [n if n < start else n + end - start for n in left]
        with jax.enable_x64(wide):
            drawn = self.noise.draw_other(self.key, jnp.asarray(o, jnp.int32), 40)
        assert drawn.shape == (16, 40)
        assert drawn.ravel().tolist() == self.owners(numbers)

    @pytest.mark.parametrize("o", [0, 1, 2])
    def test_no_bits_draw_o(self, o: int) -> None:
        """Those of the first and the last number, and those around the gap that o leaves."""
        noise = sampling.noise(np.array([1, 2, 10**10]), 1.0)
        bounds = [0, *np.asarray(noise.ends).tolist()]
        left = bounds[-1] - (bounds[o + 1] - bounds[o])
        gap = -(-(bounds[o] << 32) // left)
        for bits in (0, max(gap - 1, 0), min(gap, 2**32 - 1), 2**32 - 1):
            with mock.patch.object(
                jax.random, "bits", return_value=jnp.full((1, 1), bits, "uint32")
            ):
                drawn = noise.draw_other(self.key, jnp.array([o]), 1)
            assert drawn.item() in {0, 1, 2} - {o}

    def test_it_cannot_be_changed(self) -> None:
        with pytest.raises(FrozenInstanceError):
            self.noise.halvings = 1  # type: ignore[misc]


class TestPairWeights:
    @pytest.mark.parametrize("shrink", [False, True])
    @pytest.mark.parametrize(("length", "window"), [(2, 1), (5, 4), (7, 3)])
    def test_definition(self, length: int, window: int, shrink: bool) -> None:
        weights = sampling.pair_weights(length, window, shrink=shrink)
        assert weights.dtype == np.float32
        for i in range(length):
            for j in range(length):
                h = abs(i - j)
                drawn = (window + 1 - h) / window if shrink else 1
                expected = drawn * length / (length - h) if 0 < h <= window else 0
                assert weights[i, j] == np.float32(expected)

    @pytest.mark.parametrize("length", [3, 4])
    def test_a_run_holds_a_window(self, length: int) -> None:
        with pytest.raises(ValueError, match=f"run of {length} words is too short for windows of "):
            sampling.pair_weights(length, 4, shrink=True)


def test_keep_probability_of_the_rarest() -> None:
    kept = sampling.keep_probability(np.array([10**6 - 1, 1, 0]), 1e-7)
    assert kept[1:] == pytest.approx([0.1**0.5 + 0.1, 1])
    assert kept.dtype == np.float32


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
    planned = planning.plan(Config(subsample=0), counts, layout="segments", fast=True)
    words = planned.shape.batch * planned.shape.length
    assert planned.steps * words == pytest.approx(5 * counts.sum(), rel=1e-3)
    assert planned.kept == counts.sum()


# Words that were never seen


SEEN = np.array([0, 5, 0, 0, 3, 1, 0])


@pytest.mark.parametrize("exponent", [0.75, 0.0, -1.0])
def test_a_word_of_count_0_is_never_drawn(exponent: float) -> None:
    noise = sampling.noise(SEEN, exponent)
    drawn = [
        noise.draw(jax.random.key(1), (5000,)),
        noise.draw_spread(jax.random.key(2), 100, 50),
        noise.draw_other(jax.random.key(3), jnp.arange(len(SEEN)), 500),
    ]
    for words in drawn:
        assert set(np.unique(words).tolist()) == {1, 4, 5}
    assert (np.asarray(drawn[2]) != np.arange(len(SEEN))[:, None]).all()
    # Every number that can come up has an owner that was seen, the first and the last among them.
    ends = np.asarray(noise.ends, np.int64)
    borders = np.unique(np.clip(np.concatenate([[0], ends - 1, ends]), 0, ends[-1] - 1))
    owners = np.asarray(noise._owner(jnp.asarray(borders, jnp.uint32)))
    assert owners.tolist() == np.searchsorted(ends, borders, side="right").tolist()
    assert (SEEN[owners] > 0).all()


def test_words_of_count_0_change_no_others_share() -> None:
    with_them, without = sampling.noise(SEEN, 0.75), sampling.noise(SEEN[SEEN > 0], 0.75)
    assert (
        np.diff(with_them.ends, prepend=0)[SEEN > 0].tolist()
        == np.diff(without.ends, prepend=0).tolist()
    )


@pytest.mark.parametrize("counts", [[5], [0, 5, 0]])
def test_draw_other_needs_a_second_word(counts: list[int]) -> None:
    noise = sampling.noise(np.array(counts), 0.75)
    for draw in (noise.draw_other, jax.jit(noise.draw_other, static_argnums=2)):
        with pytest.raises(ValueError, match="draw_other: a second word must have a count above 0"):
            draw(jax.random.key(0), jnp.array([0]), 3)
    assert set(noise.draw(jax.random.key(0), (20,)).tolist()) == {int(np.argmax(counts))}


def test_draw_other_takes_row_numbers_of_any_dtype() -> None:
    noise = sampling.noise(np.arange(1, 301), 0.75)
    expected = noise.draw_other(jax.random.key(0), jnp.arange(100, dtype=jnp.int32), 4)
    for dtype in (np.int8, np.uint8, np.int64):
        found = noise.draw_other(jax.random.key(0), np.arange(100).astype(dtype), 4)
        assert (found == expected).all()
    with pytest.raises(ValueError, match="o must hold row numbers from 0 to 299; got -1"):
        noise.draw_other(jax.random.key(0), np.array([-1]), 4)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([3, -1], "finite numbers of 0 or more; got -1"),
        ([3, np.nan], "finite numbers of 0 or more; got nan"),
        ([3, np.inf], "finite numbers of 0 or more; got inf"),
        ([[3, 1]], r"one number for each word; got dtype int64 of shape \[1, 2\]"),
        ([True, False], "one number for each word; got dtype bool"),
        (["3"], "one number for each word; got dtype <U1"),
    ],
)
def test_wrong_counts_are_refused(unchecked: None, counts: list, said: str) -> None:
    for function in (sampling.noise, sampling.keep_probability):
        with pytest.raises(ValueError, match=f"^{function.__name__}: counts must be {said}"):
            function(np.array(counts), 0.75)


def test_booleans_among_counts_are_refused(unchecked: None) -> None:
    for function in (sampling.noise, sampling.keep_probability):
        with pytest.raises(ValueError, match="one number for each word, and no boolean"):
            function([True, 2, 3], 0.75)  # type: ignore[arg-type]


@pytest.mark.parametrize("counts", [[], [0], [0, 0]])
def test_noise_of_nothing_is_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="noise: some word must have a count above 0"):
        sampling.noise(np.array(counts, int), 0.75)


@pytest.mark.parametrize("exponent", [np.nan, np.inf, 5000.0, -5000.0])
def test_exponents_that_leave_float64_are_refused(exponent: float) -> None:
    with pytest.raises(
        ValueError, match=r"counts\^exponent must have a sum in the range of float64"
    ):
        sampling.noise(np.array([2, 3]), exponent)


def test_numbers_that_lost_their_digits_are_refused() -> None:
    """Of 1e-215 and 2e-215, to the power of 3/2, float64 knows that they are as 1 to 3."""
    with pytest.raises(ValueError, match="in the range of float64; got 1"):
        sampling.noise(np.array([1e-215, 2e-215]), 1.5)


@pytest.mark.parametrize("threshold", [-1e-3, np.nan, np.inf])
def test_wrong_thresholds_are_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="keep_probability: threshold must be a share"):
        sampling.keep_probability(np.array([2, 3]), threshold)


def test_a_window_of_no_radius_is_refused() -> None:
    with pytest.raises(ValueError, match="window must be a whole number of 1 or more; got 0"):
        sampling.pair_weights(3, 0, shrink=True)


# Counts of any dtype, and numbers that are none


@pytest.mark.parametrize(
    ("counts", "plain"),
    [
        ([0.98, 0.02], [98, 2]),
        (np.array([60000, 60000, 10], np.float16), [59968, 59968, 10]),
        ([2**62] * 3 + [1], [2**20] * 3 + [1e-9]),
        (np.array([2**63, 2**63, 5], np.uint64), [1.0, 1.0, 5 / 2**63]),
        ([1e-320, 1e-320, 5e-324], [1.0, 1.0, 5e-324 / 1e-320]),
    ],
)
def test_a_share_is_what_counts(unchecked: None, counts: Any, plain: list[float]) -> None:
    found = sampling.keep_probability(np.array(counts), 0.02)
    assert found == pytest.approx(sampling.keep_probability(np.array(plain), 0.02), rel=1e-3)
    again = sampling.keep_probability(np.array(counts) * 1, 1e-4)
    assert again == pytest.approx(sampling.keep_probability(np.array(plain), 1e-4), rel=1e-3)
    ratio = 0.02 * sum(map(float, plain)) / np.array(plain)
    assert found == pytest.approx(np.minimum(1, np.sqrt(ratio) + ratio), rel=1e-3)


def test_a_sum_beyond_float64_is_refused(unchecked: None) -> None:
    with pytest.raises(ValueError, match="keep_probability: counts must have a sum in the range"):
        sampling.keep_probability(np.array([1e308, 1e308]), 0.02)


@pytest.mark.parametrize("wrong", ["1", 1j, True, None, np.array([1.0, 2.0, 3.0])])
def test_what_is_no_number_is_refused(unchecked: None, wrong: Any) -> None:
    counts = np.array([6, 6, 10])
    with pytest.raises(ValueError, match="noise: exponent must be a number; got"):
        sampling.noise(counts, wrong)
    with pytest.raises(ValueError, match="keep_probability: threshold must be a share"):
        sampling.keep_probability(counts, wrong)


def test_an_exponent_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="in the range of float64"):
        sampling.noise(np.array([1, 1]), np.nan)


def test_sizes_must_be_whole(unchecked: None) -> None:
    def weights(length: Any = 5, window: Any = 2, reach: Any = 2) -> np.ndarray:
        return sampling.pair_weights(length, window, shrink=True, reach=reach)

    assert (weights(np.int64(5), np.int32(2), None) == weights()).all()
    noise, key = sampling.noise(np.array([3, 2, 1]), 0.75), jax.random.key(0)
    for name, call in (
        ("window", lambda: weights(window=2.5)),
        ("window", lambda: weights(window=True)),
        ("length", lambda: weights(5.0)),
        ("reach", lambda: weights(reach=-1)),
        ("reach", lambda: weights(reach=1.5)),
        ("K", lambda: noise.draw_other(key, 1, -1)),
        ("K", lambda: noise.draw_other(key, 1, 2.0)),
        ("S", lambda: noise.draw_spread(key, 2, -1)),
        ("runs", lambda: noise.draw_spread(key, 1.5, 2)),
    ):
        with pytest.raises(ValueError, match=f": {name} must be a whole number of [01] or more"):
            call()


@pytest.mark.usefixtures("unchecked")
def test_weights_and_counts_that_would_be_taken_for_others() -> None:
    with pytest.raises(ValueError, match="shrink must be True or False; got 'no'"):
        sampling.pair_weights(5, 1, shrink="no")  # type: ignore[arg-type]
    for dtype in (int, bool):
        with pytest.raises(ValueError, match="dtype must be of floating-point numbers"):
            sampling.pair_weights(5, 1, shrink=True, dtype=dtype)
    hidden = np.ma.array([1, 2, 3], mask=[False, True, False])
    for function in (sampling.noise, sampling.keep_probability):
        with pytest.raises(ValueError, match="some are masked"):
            function(hidden, 0.5)
