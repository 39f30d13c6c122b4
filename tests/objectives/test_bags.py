"""CBOW over runs of text is the sum of the pure losses of its bags, with their curvature."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from every import DIM, VOCAB, key, noise, tables
from jw2v import gradients, losses, objectives
from jw2v.feeding.layouts import Bags
from jw2v.objectives import predictions
from jw2v.params import Params

RUNS, LENGTH, MARGIN, NEGATIVES, SHARED = 2, 4, 2, 2, 3
seeds = st.integers(0, 2**32 - 1)
pytestmark = pytest.mark.usefixtures("x64")


def some_bags(rng: np.random.Generator) -> Bags:
    """Some words twice in a bag, two sentences, some padding."""
    words = rng.integers(0, 4, (RUNS, LENGTH + 2 * MARGIN))
    sentence = np.sort(rng.integers(-1, 2, words.shape))[:, ::-1]
    radius = rng.integers(1, MARGIN + 1, (RUNS, LENGTH))
    return Bags(*map(jnp.asarray, (words, sentence.copy(), radius)))


def bags_one_by_one(batch: Bags) -> list[tuple[int, int, int, list[int]]]:
    """(run, place, word, the words of its bag), by the definition."""
    found = []
    words, sentence, radius = map(np.asarray, batch)
    for run in range(RUNS):
        for at in range(MARGIN, MARGIN + LENGTH):
            reach = radius[run, at - MARGIN]
            places = [p for p in range(at - reach, at + reach + 1) if p != at]
            bag = [words[run, p] for p in places if sentence[run, p] == sentence[run, at] >= 0]
            if bag:
                found.append((run, at - MARGIN, words[run, at], bag))
    return found


def check(found: Any, params: Params, batch: Bags, mean: bool, pair: Any, draws: Any) -> None:
    loss, V, U = 0.0, np.zeros(params.V.shape), np.zeros(params.U.shape)
    bags = bags_one_by_one(batch)
    for run, at, o, bag in bags:
        arguments = o, np.array(bag), *params, *draws(run, at)
        loss += float(losses.cbow(pair[0], *arguments, mean=mean))
        g = gradients.cbow(pair[1], *arguments, mean=mean)
        V, U = V + g.V, U + g.U
    dense = found.gradient.each(objectives.Rows.dense, params)
    assert float(found.pairs) == len(bags)
    assert float(found.loss) == pytest.approx(loss, abs=1e-9)
    np.testing.assert_allclose(dense.V, V, atol=1e-9)
    np.testing.assert_allclose(dense.U, U, atol=1e-9)


@settings(max_examples=5)
@given(seeds, st.booleans())
def test_bags_add_up_the_closed_forms_of_cbow(seed: int, mean: bool) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_bags(rng)
    middle = batch.words[:, MARGIN:-MARGIN]
    drawn = noise().draw_other(key(), middle[..., None], NEGATIVES)[:, :, 0]
    sampled = partial(predictions.negative_sampling, noise=noise(), negatives=NEGATIVES)
    for predict, pair, draws in (
        (
            sampled,
            (losses.negative_sampling, gradients.negative_sampling),
            lambda run, at: (drawn[run, at],),
        ),
        (
            predictions.naive_softmax,
            (losses.naive_softmax, gradients.naive_softmax),
            lambda run, at: (),
        ),
    ):
        found = objectives.cbow_of_bags(params, batch, key(), predict=predict, mean=mean)
        check(found, params, batch, mean, pair, draws)
        negatives = NEGATIVES if predict is sampled else None
        by_jax = objectives.any_loss_of_bags(
            params, batch, key(), pair_loss=pair[0], noise=noise(), negatives=negatives, mean=mean
        )
        if predict is not sampled:  # of which the draws are others
            check(by_jax, params, batch, mean, pair, draws)


@settings(max_examples=5)
@given(seeds)
def test_shared_negatives_are_those_of_each_bag_weighed(seed: int) -> None:
    """As many as are shared: then each of them counts once."""
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_bags(rng)
    drawn = noise().draw_spread(key(), RUNS, SHARED)
    predict = partial(
        predictions.shared_negative_sampling, noise=noise(), negatives=SHARED, shared=SHARED
    )
    found = objectives.cbow_of_bags(params, batch, key(), predict=predict)
    pair = losses.negative_sampling, gradients.negative_sampling
    check(found, params, batch, True, pair, lambda run, at: (drawn[run],))


def hessian_of_row(evaluate: Any, params: Params, name: str, row: int) -> jax.Array:
    def moved(by: jax.Array) -> jax.Array:
        there = getattr(params, name).at[row].add(by)
        return evaluate(params._replace(**{name: there})).loss

    return jax.hessian(moved)(jnp.zeros(DIM))


@settings(max_examples=5)
@given(seeds, st.booleans())
def test_the_curvature_bounds_the_hessian_of_every_row(seed: int, mean: bool) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng, 2.0), some_bags(rng)
    for predict in (
        predictions.naive_softmax,
        partial(predictions.negative_sampling, noise=noise(), negatives=NEGATIVES),
        partial(
            predictions.shared_negative_sampling, noise=noise(), negatives=SHARED, shared=SHARED
        ),
    ):
        evaluate = partial(
            objectives.cbow_of_bags, batch=batch, key=key(), predict=predict, mean=mean
        )
        curvature = evaluate(params).gradient.each(objectives.Rows.dense_curvature, params)
        for table, name in enumerate(Params._fields):
            for row in range(VOCAB):
                hessian = hessian_of_row(evaluate, params, name, row)
                largest = float(jnp.linalg.eigvalsh(hessian)[-1])
                assert largest <= float(curvature[table][row]) * (1 + 1e-9) + 1e-12


def test_a_word_twice_in_a_bag_has_four_times_the_curvature() -> None:
    """(times/n)², and neither times/n² nor 1/n²."""
    batch = Bags(*map(jnp.asarray, ([[1, 1, 0, 2, 3]], [[0] * 5], [[2]])))
    V = jnp.asarray(np.random.default_rng(0).normal(size=(VOCAB, DIM)))
    predict = partial(predictions.negative_sampling, noise=noise(), negatives=NEGATIVES)
    found = objectives.cbow_of_bags(Params(V, V), batch, key(), predict=predict)
    of_row = found.gradient.V.dense_curvature(V)
    np.testing.assert_allclose(of_row[1], 4 * of_row[2])
    np.testing.assert_allclose(of_row[2], of_row[3])


@pytest.mark.parametrize("word", [-1, VOCAB])
def test_a_word_that_is_in_no_table(word: int) -> None:
    rng = np.random.default_rng(1)
    params, batch = tables(rng), some_bags(rng)
    where = tuple(np.argwhere(np.asarray(batch.sentence) >= 0)[0])
    batch = batch._replace(words=batch.words.at[where].set(word))
    evaluate = partial(objectives.cbow_of_bags, key=key(), predict=predictions.naive_softmax)
    with pytest.raises(ValueError, match="bags: words must hold row numbers from 0 to 6"):
        evaluate(params, batch)
    found = jax.jit(evaluate)(params, batch)
    dense = found.gradient.each(objectives.Rows.dense, params)
    assert np.isnan(found.loss)
    assert np.isnan(dense.U).all()
    assert np.isnan(found.gradient.V.gradient[where[0]]).all()


@pytest.mark.usefixtures("unchecked")
def test_margins_are_equal() -> None:
    batch = some_bags(np.random.default_rng(0))
    with pytest.raises(ValueError, match="two margins, which are equal"):
        objectives.cbow_of_bags(
            tables(np.random.default_rng(0)),
            batch._replace(radius=batch.radius[:, 1:]),
            key(),
            predict=predictions.naive_softmax,
        )
