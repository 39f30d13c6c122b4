"""CBOW over runs of text is the sum of the pure losses of its bags, with their curvature."""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from every import (
    DIM,
    MARGIN,
    VOCAB,
    bags_one_by_one,
    key,
    noise,
    some_bags,
    tables,
)
from jw2v import gradients, losses, objectives, sampling
from jw2v.feeding.layouts import Bags
from jw2v.objectives import bags, predictions
from jw2v.objectives.predictions import Predict
from jw2v.params import Params

NEGATIVES, SHARED, RUNS = 2, 3, 2
seeds = st.integers(0, 2**32 - 1)
pytestmark = pytest.mark.usefixtures("x64")


@cache
def sampled() -> Predict:
    return partial(predictions.negative_sampling, noise=noise(), negatives=NEGATIVES)


@cache
def that_share() -> Predict:
    """As many negatives as are shared: then each of them counts once."""
    return partial(
        predictions.shared_negative_sampling, noise=noise(), negatives=SHARED, shared=SHARED
    )


@partial(jax.jit, static_argnames=("predict", "mean"))
def cbow(params: Params, batch: Bags, predict: Predict, mean: bool = True) -> Any:
    return objectives.cbow_of_bags(params, batch, key(), predict=predict, mean=mean)


@partial(jax.jit, static_argnames=("pair_loss", "negatives", "mean"))
def by_jax(params: Params, batch: Bags, pair_loss: Any, negatives: int | None, mean: bool) -> Any:
    return objectives.any_loss_of_bags(
        params, batch, key(), pair_loss=pair_loss, noise=noise(), negatives=negatives, mean=mean
    )


@partial(jax.jit, static_argnames=("pair", "mean"))
def one_bag(pair: Any, mean: bool, where: jax.Array, *arguments: Any) -> Any:
    """By the pure functions; compiled once, whatever the size of the bag."""
    loss, gradient = pair
    return (
        losses.cbow(loss, *arguments, where=where, mean=mean),
        gradients.cbow(gradient, *arguments, where=where, mean=mean),
    )


def check(found: Any, params: Params, batch: Bags, mean: bool, pair: Any, draws: Any) -> None:
    loss, V, U = 0.0, np.zeros(params.V.shape), np.zeros(params.U.shape)
    bags = bags_one_by_one(batch)
    for run, at, o, bag in bags:
        where = np.arange(2 * MARGIN) < len(bag)
        context = np.resize(bag, 2 * MARGIN)
        of_bag, g = one_bag(pair, mean, where, o, context, *params, *draws(run, at))
        loss, V, U = loss + float(of_bag), V + g.V, U + g.U
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
    for predict, pair, draws in (
        (
            sampled(),
            (losses.negative_sampling, gradients.negative_sampling),
            lambda run, at: (drawn[run, at],),
        ),
        (
            predictions.naive_softmax,
            (losses.naive_softmax, gradients.naive_softmax),
            lambda run, at: (),
        ),
    ):
        found = cbow(params, batch, predict, mean)
        check(found, params, batch, mean, pair, draws)
        negatives = NEGATIVES if predict is sampled() else None
        found = by_jax(params, batch, pair[0], negatives, mean)
        if predict is not sampled():  # of which the draws are others
            check(found, params, batch, mean, pair, draws)


@settings(max_examples=5)
@given(seeds)
def test_shared_negatives_are_those_of_each_bag_weighed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_bags(rng)
    drawn = noise().draw_spread(key(), RUNS, SHARED)
    found = cbow(params, batch, that_share())
    pair = losses.negative_sampling, gradients.negative_sampling
    check(found, params, batch, True, pair, lambda run, at: (drawn[run],))


@partial(jax.jit, static_argnames=("predict", "mean"))
def hessians_and_bounds(params: Params, batch: Bags, predict: Any, mean: bool) -> Any:
    """For each table, the Hessian of every row, and the bound on it."""

    def evaluate(params: Params) -> Any:
        return cbow(params, batch, predict, mean)

    def of_row(name: str, row: jax.Array) -> jax.Array:
        def moved(by: jax.Array) -> jax.Array:
            there = getattr(params, name).at[row].add(by)
            return evaluate(params._replace(**{name: there})).loss

        return jax.hessian(moved)(jnp.zeros(DIM))

    hessians = [jax.vmap(partial(of_row, name))(jnp.arange(VOCAB)) for name in Params._fields]
    return hessians, evaluate(params).gradient.each(objectives.Rows.dense_curvature, params)


@settings(max_examples=5)
@given(seeds, st.booleans())
def test_the_curvature_bounds_the_hessian_of_every_row(seed: int, mean: bool) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng, 2.0), some_bags(rng)
    for predict in (predictions.naive_softmax, sampled(), that_share()):
        for hessians, bounds in zip(
            *hessians_and_bounds(params, batch, predict, mean), strict=True
        ):
            largest = np.linalg.eigvalsh(hessians)[:, -1]
            assert (largest <= np.asarray(bounds) * (1 + 1e-9) + 1e-12).all()


def test_a_word_twice_in_a_bag_has_four_times_the_curvature() -> None:
    """(times/n)², and neither times/n² nor 1/n²."""
    batch = Bags(*map(jnp.asarray, ([[1, 1, 0, 2, 3]], [[0] * 5], [[2]])))
    V = jnp.asarray(np.random.default_rng(0).normal(size=(VOCAB, DIM)))
    found = cbow(Params(V, V), batch, sampled())
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


@pytest.mark.parametrize("mean", [True, False])
def test_an_empty_bag_of_any_loss_teaches_nothing(mean: bool) -> None:
    """Also where the loss has no gradient at h = 0, as a cosine has none."""

    def cosine(h: Any, o: Any, U: Any) -> Any:
        return 1 - U[o] @ h / jnp.sqrt((h @ h) * (U[o] @ U[o]))

    params = tables(np.random.default_rng(0))
    words = jnp.array([[1, 2, 3, 4], [5, 5, 5, 5]])
    batch = Bags(words, jnp.array([[0, 0, 0, 1], [1, 2, -1, -1]]), jnp.array([[1, 1], [1, 1]]))
    found = by_jax(params, batch, cosine, None, mean)
    assert float(found.pairs) == 2
    full = Bags(words[:1], jnp.array([[0, 0, 0, 1]]), jnp.array([[1, 1]]))
    alone = by_jax(params, full, cosine, None, mean)
    assert float(found.loss) == pytest.approx(float(alone.loss))
    for ours, theirs in zip(found.gradient, alone.gradient, strict=True):
        np.testing.assert_allclose(ours.gradient, theirs.gradient, atol=1e-12)
    none = by_jax(params, full._replace(sentence=jnp.arange(4)[None]), cosine, None, mean)
    assert float(none.loss) == 0
    assert not any(np.asarray(rows.gradient).any() for rows in none.gradient)


@settings(max_examples=20)
@given(seeds, st.integers(0, 3))
def test_how_often_a_word_can_be_in_one_bag(seed: int, margin: int) -> None:
    rng = np.random.default_rng(seed)
    span = 3 + 2 * margin
    words, sentence = rng.integers(0, 3, (2, span)), np.sort(rng.integers(0, 2, (2, span)))
    batch = Bags(*map(jnp.asarray, (words, sentence, np.ones((2, 3), int))))
    expected = [
        [
            sum(
                words[run, p] == words[run, q] and sentence[run, p] == sentence[run, q]
                for q in range(max(0, p - 2 * margin), min(span, p + 2 * margin + 1))
            )
            for p in range(span)
        ]
        for run in range(2)
    ]
    assert bags._most_times(batch).tolist() == expected


def test_the_memory_of_a_step_is_linear_in_the_window() -> None:
    span = 2000
    batch = Bags(*(jnp.zeros((4, n), jnp.int32) for n in (span, span, 10)))
    compiled = jax.jit(bags._most_times).lower(batch).compile()
    assert compiled.memory_analysis().temp_size_in_bytes < 100 * 4 * span


@pytest.mark.usefixtures("unchecked")
def test_settings_that_are_none() -> None:
    params, batch = tables(np.random.default_rng(0)), some_bags(np.random.default_rng(1))
    with pytest.raises(ValueError, match="mean must be True or False; got 'no'"):
        bags.cbow_of_bags(params, batch, key(), predict=sampled(), mean="no")  # type: ignore[arg-type]
    for negatives, shared in ((-3, 2), (2.5, 2), (2, 0)):
        predict: Any = partial(
            predictions.shared_negative_sampling, noise=noise(), negatives=negatives, shared=shared
        )
        with pytest.raises(ValueError, match="must be a whole number of"):
            bags.cbow_of_bags(params, batch, key(), predict=predict)
    halves = batch._replace(radius=batch.radius / 2)
    with pytest.raises(ValueError, match="radius must be an array of integers"):
        bags.cbow_of_bags(params, halves, key(), predict=sampled())


@pytest.mark.usefixtures("unchecked")
def test_padding_beyond_the_words_that_are_predicted() -> None:
    """Where fewer words are predicted than there are vectors."""
    V, U = tables(np.random.default_rng(0))
    batch = Bags(*map(jnp.asarray, ([[6, 0, 1, 6, 4]], [[0, 0, 0, -1, -1]], [[1, 1, 1]])))
    few = sampling.noise(np.ones(3, np.int64), 1.0)
    of = partial(bags.any_loss_of_bags, pair_loss=losses.negative_sampling, noise=few, negatives=2)
    params = Params(V, U[:3])
    assert of(params, batch, key()).loss == jax.jit(of)(params, batch, key()).loss
    with pytest.raises(ValueError, match="must hold row numbers from 0 to 2; got 6"):
        of(params, batch._replace(sentence=jnp.zeros((1, 5), int)), key())
