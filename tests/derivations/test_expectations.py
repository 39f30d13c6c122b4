"""What runs of text with shared negatives expect, by trying every draw (statements t5 and t6)."""

import itertools
from collections.abc import Callable
from fractions import Fraction
from math import floor, prod

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from derivations import evaluate, statements
from derivations.engine import notation
from derivations.statements import batches, runs
from jw2v import losses, sampling
from jw2v.objectives import Segments, segments_at
from jw2v.objectives.noise import _below
from jw2v.params import Params

NOISE = np.array([0.5, 0.3, 0.2])
K, S = 2, 3
PAIRS = np.array([[0.0, 1.5, 0.25], [1.5, 0.0, 0.5], [0.25, 0.5, 0.0]])
LOSS = np.random.default_rng(1).normal(size=(3, 3))
"""What each of three words adds to the loss of each of three places of a run."""

CLOSED = ("own negatives", "shared negatives", "spread negatives")


def mean(draws: int, total: Callable[[tuple[int, ...]], float]) -> float:
    """The mean over every outcome of independent draws from the noise."""
    every = itertools.product(range(len(NOISE)), repeat=draws)
    return sum(float(np.prod(NOISE[list(e)])) * total(e) for e in every)


def expected() -> float:
    values = {"noise": NOISE, "added": LOSS, "run_weights": PAIRS, "K": K, "S": S, "B": 1}
    found = {float(evaluate(statements()["t5"].closed[name], values)) for name in CLOSED}
    assert len(found) == 1
    return found.pop()


def test_negatives_of_their_own() -> None:
    own = sum(
        weight * mean(K, lambda e, t=t: LOSS[t, list(e)].sum())
        for (t, _), weight in np.ndenumerate(PAIRS)
    )
    np.testing.assert_allclose(own, expected())


def of_run(drawn: tuple[int, ...]) -> float:
    return float(sum(K / S * PAIRS[t].sum() * LOSS[t, list(drawn)].sum() for t in range(3)))


def test_negatives_shared() -> None:
    np.testing.assert_allclose(mean(S, of_run), expected())


@pytest.mark.parametrize("runs", [1, 2, 4])
def test_negatives_spread(runs: int) -> None:
    """Every shift, and every word of every stratum, as `Noise.draw_spread` takes them."""
    numbers = 60 * S * runs
    owner = np.repeat(np.arange(3), (NOISE * numbers).round().astype(int))
    strata = owner.reshape(S * runs, 60)
    for run in range(runs):
        words = []
        for slot in range(S):
            group = [strata[slot * runs + (run + shift) % runs] for shift in range(runs)]
            words.append(np.bincount(np.concatenate(group), minlength=3) / (60 * runs))
        draws = itertools.product(range(3), repeat=S)
        total = sum(
            prod(chance[w] for chance, w in zip(words, e, strict=True)) * of_run(e) for e in draws
        )
        np.testing.assert_allclose(total, expected())
        # no single slot is drawn from the noise: only all of them together are
        assert np.abs(words[0] - NOISE).max() > 0.1


@pytest.mark.parametrize("runs", range(1, 13))
def test_a_shift_reaches_every_stratum_of_a_group_once(runs: int) -> None:
    for run in range(runs):
        assert sorted((run + shift) % runs for shift in range(runs)) == list(range(runs))


@pytest.mark.parametrize(("runs", "shared"), [(1, 1), (3, 5), (100, 16), (1000, 7)])
def test_strata_are_of_one_size(runs: int, shared: int) -> None:
    """Up to one and a half of some thousands of numbers: they are cut where whole numbers are."""
    end = int(sampling.noise(np.array([500, 120, 60, 1]), 0.75).ends[-1])
    parts = (np.arange(runs * shared, dtype=np.uint64) << np.uint64(32)) // np.uint64(runs * shared)
    starts = _below(jnp.uint32(end), jnp.asarray(parts.astype(np.uint32)))
    sizes = np.diff([*np.asarray(starts).tolist(), end])
    assert sizes.min() > 10_000
    assert np.abs(sizes - end / (runs * shared)).max() <= 1.5


@pytest.mark.parametrize("shared", [1, 2, 3])
def test_the_trainer_expects_what_single_pairs_do(x64, shared: int) -> None:
    """t5 of the code itself: `segments_at` over every draw, against a loss for every pair."""
    random = np.random.default_rng(5)
    V, U = (jnp.asarray(random.normal(size=(3, 2))) for _ in range(2))
    words, weights = np.array([0, 2, 1]), jnp.asarray(PAIRS)
    batch = Segments(jnp.asarray(words[None]), jnp.zeros((1, 3), int))

    def of_draw(drawn: jax.Array) -> jax.Array:
        return segments_at(Params(V, U), batch, weights, drawn[None], negatives=K).loss

    def of_pair(c: jax.Array, o: jax.Array, drawn: jax.Array) -> jax.Array:
        return losses.negative_sampling(V[c], o, drawn, U)

    def over_draws(loss: Callable[..., jax.Array], draws: int, *pair: int) -> float:
        """The mean of a loss over every outcome of the draws."""
        every = np.array(list(itertools.product(range(len(NOISE)), repeat=draws)))
        each = jax.jit(jax.vmap(lambda drawn: loss(*map(jnp.asarray, pair), drawn)))(every)
        return float(NOISE[every].prod(axis=1) @ np.asarray(each))

    single = sum(
        weight * over_draws(of_pair, K, int(words[t]), int(words[other]))
        for (t, other), weight in np.ndenumerate(PAIRS)
        if weight
    )
    np.testing.assert_allclose(over_draws(of_draw, shared), single)


@pytest.mark.parametrize("shrink", [False, True])
@pytest.mark.parametrize(("m", "T"), [(1, 2), (2, 3), (5, 32), (4, 9)])
def test_distances_in_runs(m: int, T: int, shrink: bool) -> None:
    """t6, from what runs and windows are: every offset, every radius, words far from the ends."""
    word, t6 = 10 * T, statements()["t6"]
    weights = sampling.pair_weights(T, m, shrink=shrink)
    for h in range(1, m + 1):
        same = [floor((word + at) / T) == floor((word + h + at) / T) for at in range(T)]
        radii = [h <= radius for radius in (range(1, m + 1) if shrink else [m])]
        run, window = (Fraction(sum(e), len(e)) for e in (same, radii))
        sizes = {notation.m: m, batches.T: T, runs.h: h}
        paired = t6["window" if shrink else "weighted, fixed radius"].closed.subs(sizes)
        assert Fraction(int(paired.p), int(paired.q)) == window
        shared = t6["run"].closed.subs(sizes)
        assert Fraction(int(shared.p), int(shared.q)) == run
        assert weights[0, h] == pytest.approx(float(window / run))
