"""Hierarchical softmax over text is the sum of its pure losses, with their curvature."""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from every import DIM, VOCAB, bags_one_by_one, key, some_bags
from jw2v import gradients, losses, objectives
from jw2v.feeding.layouts import Bags, Windows
from jw2v.objectives import predictions
from jw2v.params import Params
from jw2v.trees import Tree, huffman

seeds = st.integers(0, 2**32 - 1)
pytestmark = pytest.mark.usefixtures("x64")


@cache
def tree() -> Tree:
    """Paths of one to five steps."""
    return huffman([13, 8, 5, 3, 2, 1, 1])


def tables(rng: np.random.Generator, scale: float = 1.0) -> Params:
    """One node less than there are words."""
    V, theta = (scale * rng.normal(size=(n, DIM)) for n in (VOCAB, VOCAB - 1))
    return Params(jnp.asarray(V), jnp.asarray(theta))


@cache
def predict() -> predictions.Predict:
    return partial(predictions.hierarchical_softmax, tree=tree())


@jax.jit
def pair(v_c: jax.Array, o: jax.Array, theta: jax.Array) -> Any:
    arguments = v_c, o, tuple(map(jnp.asarray, tree())), theta
    return losses.hierarchical_softmax(*arguments), gradients.hierarchical_softmax(*arguments)


@jax.jit
def paths(params: Params, batch: Bags) -> Any:
    return objectives.hierarchical_softmax_of_bags(params, batch, key(), tree=tree())


@jax.jit
def cbow(params: Params, batch: Bags) -> Any:
    return objectives.cbow_of_bags(params, batch, key(), predict=predict())


@jax.jit
def skip_gram(params: Params, batch: Windows) -> Any:
    return objectives.skip_gram_of_windows(params, batch, key(), predict=predict())


def check(found: Any, params: Params, pairs: list[tuple[Any, int, dict[int, float]]]) -> None:
    """``pairs`` are a vector, the word it predicts, and the rows of V that it is made of."""
    loss, V, theta = 0.0, np.zeros(params.V.shape), np.zeros(params.U.shape)
    for vector, o, made_of in pairs:
        of_pair, g = pair(vector, o, params.U)
        loss, theta = loss + float(of_pair), theta + g.U
        for row, share in made_of.items():
            V[row] += share * np.asarray(g.v_c)
    dense = found.gradient.each(objectives.Rows.dense, params)
    assert float(found.loss) == pytest.approx(loss, abs=1e-9)
    np.testing.assert_allclose(dense.V, V, atol=1e-9)
    np.testing.assert_allclose(dense.U, theta, atol=1e-9)


@settings(max_examples=5)
@given(seeds)
def test_each_word_of_a_bag_predicts_its_middle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_bags(rng)
    found = paths(params, batch)
    pairs = [
        (params.V[q], o, {q: 1.0}) for _, _, o, bag in bags_one_by_one(batch) for q in map(int, bag)
    ]
    assert float(found.pairs) == len(pairs)
    check(found, params, pairs)


@settings(max_examples=5)
@given(seeds)
def test_the_mean_of_a_bag_predicts_its_middle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_bags(rng)
    found = cbow(params, batch)
    pairs = []
    for _, _, o, bag in bags_one_by_one(batch):
        made_of = {int(q): float(np.mean(bag == q)) for q in bag}
        pairs.append((np.mean([params.V[q] for q in bag], axis=0), o, made_of))
    check(found, params, pairs)


@settings(max_examples=5)
@given(seeds)
def test_a_center_predicts_each_word_of_its_window(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params = tables(rng)
    center, outside = rng.integers(0, VOCAB, 3), rng.integers(0, VOCAB, (3, 4))
    where = rng.random((3, 4)) < 0.6
    batch = Windows(*map(jnp.asarray, (center, outside, where)))
    found = skip_gram(params, batch)
    check(
        found,
        params,
        [
            (params.V[c], int(o), {int(c): 1.0})
            for c, words, there in zip(center, outside, where, strict=True)
            for o in words[there]
        ],
    )


@partial(jax.jit, static_argnames="evaluate")
def hessians_and_bounds(params: Params, evaluate: Any) -> Any:
    """For each table, the Hessian of every row, and the bound on it."""

    def of_row(name: str, row: jax.Array) -> jax.Array:
        def moved(by: jax.Array) -> jax.Array:
            there = getattr(params, name).at[row].add(by)
            return evaluate(params._replace(**{name: there})).loss

        return jax.hessian(moved)(jnp.zeros(DIM))

    hessians = [
        jax.vmap(partial(of_row, name))(jnp.arange(len(table)))
        for name, table in params._asdict().items()
    ]
    return hessians, evaluate(params).gradient.each(objectives.Rows.dense_curvature, params)


def test_the_curvature_bounds_the_hessian_of_every_row() -> None:
    rng = np.random.default_rng(3)
    params, batch = tables(rng, 2.0), some_bags(rng)
    for evaluate in (
        partial(objectives.hierarchical_softmax_of_bags, batch=batch, key=key(), tree=tree()),
        partial(objectives.cbow_of_bags, batch=batch, key=key(), predict=predict()),
    ):
        for hessians, bounds in zip(*hessians_and_bounds(params, evaluate), strict=True):
            largest = np.linalg.eigvalsh(hessians)[:, -1]
            assert largest.max() > 0.1
            assert (largest <= np.asarray(bounds) * (1 + 1e-9) + 1e-12).all()


def test_a_table_that_is_too_short_for_the_tree() -> None:
    V, theta = tables(np.random.default_rng(0))
    batch = Bags(*map(jnp.asarray, ([[1, 2, 6, 3, 1]], [[0] * 5], [[2]])))
    for evaluate in (
        partial(objectives.hierarchical_softmax_of_bags, key=key(), tree=tree()),
        partial(objectives.cbow_of_bags, key=key(), predict=predict()),
    ):
        with pytest.raises(ValueError, match=r"tree\.nodes must hold row numbers from 0 to 1; got"):
            evaluate(Params(V, theta[:2]), batch)
        assert np.isnan(jax.jit(evaluate)(Params(V, theta[:2]), batch).loss)


@pytest.mark.usefixtures("unchecked")
def test_a_sign_that_is_none() -> None:
    batch = Bags(*map(jnp.asarray, ([[1, 2, 6, 3, 1]], [[0] * 5], [[2]])))
    nodes, signs = tree()
    params = tables(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"tree\.signs must hold 1 and -1, .* got -2"):
        objectives.hierarchical_softmax_of_bags(params, batch, key(), tree=(nodes, -2 * abs(signs)))


@pytest.mark.parametrize("word", [-1, VOCAB])
def test_a_word_that_the_tree_does_not_have(word: int) -> None:
    batch = Bags(*map(jnp.asarray, ([[1, 2, word, 3, 1]], [[0] * 5], [[2]])))
    params = tables(np.random.default_rng(0))
    evaluate = partial(objectives.hierarchical_softmax_of_bags, key=key(), tree=tree())
    with pytest.raises(ValueError, match=f"must hold row numbers from 0 to {VOCAB - 1}; got"):
        evaluate(params, batch)
    found = jax.jit(evaluate)(params, batch)
    assert np.isnan(found.loss)
    assert all(np.isnan(rows.gradient).all() for rows in found.gradient)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda nodes, signs: (nodes, signs / 2), "must hold integers, 1, -1 or 0"),
        (lambda nodes, signs: (nodes, signs > 0), "must hold integers, 1, -1 or 0"),
        (lambda nodes, signs: (nodes, np.where(signs < 0, -128, signs)), "got -128"),
        (lambda nodes, signs: (nodes, signs.astype(np.int64) + 2**32), "got 429496729"),
        (lambda nodes, signs: (nodes, signs[:, :1]), "must have one shape"),
        (lambda nodes, signs: (nodes, signs[:2]), "must have one shape"),
        (lambda nodes, signs: (nodes[:, :1], signs), "must have one shape"),
        (lambda nodes, signs: (nodes + 0.5, signs), "must hold integers, the row numbers"),
        (lambda nodes, signs: (nodes.astype(np.int64) + 2**32, signs), "must hold row numbers"),
        (lambda nodes, signs: (nodes,), "must be two arrays"),
    ],
)
def test_arrays_that_are_no_tree(wrong: Any, complaint: str) -> None:
    nodes, signs = tree()
    no_tree = wrong(np.array(nodes), np.array(signs))
    params = tables(np.random.default_rng(0))
    bags = Bags(*map(jnp.asarray, ([[1, 2, 6, 3, 1]], [[0] * 5], [[2]])))
    windows = Windows(*map(jnp.asarray, ([1], [[2, 6]], [[True, True]])))
    predict = partial(predictions.hierarchical_softmax, tree=no_tree)
    with pytest.raises(ValueError, match=complaint):
        objectives.hierarchical_softmax_of_bags(params, bags, key(), tree=no_tree)
    with pytest.raises(ValueError, match=complaint):
        objectives.skip_gram_of_windows(params, windows, key(), predict=predict)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("sign", [-128, 2])
def test_a_traced_sign_that_is_none(sign: int) -> None:
    nodes, signs = map(jnp.asarray, tree())
    params = tables(np.random.default_rng(0))
    batch = Windows(*map(jnp.asarray, ([1], [[2, 6]], [[True, True]])))

    @jax.jit
    def loss(signs: jax.Array) -> jax.Array:
        predict = partial(predictions.hierarchical_softmax, tree=(nodes, signs))
        return objectives.skip_gram_of_windows(params, batch, key(), predict=predict).loss

    assert np.isfinite(loss(signs))
    assert np.isfinite(loss(signs.at[0].set(sign))), "of a word that nobody predicts"
    assert np.isnan(loss(jnp.where(signs < 0, jnp.int8(sign), signs)))
