"""Bags at their edges: empty ones, words that are not there, what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jw2v import gradients, losses

V, U = (np.random.default_rng(seed).normal(size=(5, 3)).astype(np.float32) for seed in (0, 1))
CONTEXT = np.array([1, 4, 4], np.int32)


def bag(o, context, V, U, **more):
    return losses.cbow(losses.naive_softmax, o, context, V, U, **more)


def bag_gradient(o, context, V, U, **more):
    return gradients.cbow(gradients.naive_softmax, o, context, V, U, **more)


@pytest.mark.parametrize("context", [np.zeros(0, np.int32), CONTEXT])
@pytest.mark.parametrize("mean", [True, False])
def test_an_empty_bag_teaches_nothing(context: np.ndarray, mean: bool) -> None:
    none = np.zeros(len(context), bool)
    assert bag(2, context, V, U, where=none, mean=mean) == 0
    by_autodiff = jax.grad(lambda V, U: bag(2, context, V, U, where=none, mean=mean), (0, 1))(V, U)
    for gradient in (by_autodiff, bag_gradient(2, context, V, U, where=none, mean=mean)):
        for table in gradient:
            np.testing.assert_array_equal(table, np.zeros_like(U))


def test_a_repeated_word_counts_twice() -> None:
    mean = bag_gradient(2, CONTEXT, V, U).V
    np.testing.assert_allclose(mean[4], 2 * mean[1], rtol=1e-6)
    total = bag_gradient(2, CONTEXT, V, U, mean=False).V
    np.testing.assert_allclose(total[4], 2 * total[1], rtol=1e-6)
    h = V[CONTEXT].sum(0)
    expected = losses.naive_softmax(h, 2, U)
    np.testing.assert_allclose(bag(2, CONTEXT, V, U, mean=False), expected, rtol=1e-6)


@pytest.mark.parametrize(("o", "context"), [(5, CONTEXT), (-1, CONTEXT), (2, CONTEXT - 2)])
def test_words_that_are_not_there(o: int, context: np.ndarray) -> None:
    for function in (bag, bag_gradient):
        with pytest.raises(ValueError, match="must hold row numbers from 0 to 4; got"):
            function(o, context, V, U)
    given = jnp.int32(o), jnp.asarray(context)
    loss, by_autodiff = jax.jit(jax.value_and_grad(bag, (2, 3)))(*given, V, U)
    assert np.isnan(loss)
    for table in (*by_autodiff, *jax.jit(bag_gradient)(*given, V, U)):
        assert np.isnan(table).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"context": 1}, "context must have shape"),
        ({"context": [0.5]}, "context must hold integers"),
        ({"V": V[:, :2]}, "the last axis is dim"),
        ({"where": [True]}, "where must be 3 booleans, one for each word of the context"),
        ({"mean": "sum"}, "mean must be True or False; got 'sum'"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_is_refused(change: dict, said: str) -> None:
    given = {"o": 2, "context": CONTEXT, "V": V, "U": U, "where": np.ones(3, bool)} | change
    for function in (bag, bag_gradient):
        with pytest.raises(ValueError, match=f"cbow: {said}"):
            function(**given)


def test_a_pair_loss_that_is_no_scalar_is_refused() -> None:
    with pytest.raises(ValueError, match="cbow: the pair loss must return a scalar"):
        losses.cbow(lambda h, o, U: h, 2, CONTEXT, V, U)
    with pytest.raises(ValueError, match="cbow: the pair gradient must return a PairGradient"):
        gradients.cbow(lambda h, o, U: (h, U), 2, CONTEXT, V, U)


def test_draws_that_jax_would_cut_short_are_refused() -> None:
    with pytest.raises(ValueError, match="cbow: draws must fit in dtype int32"):
        losses.cbow(lambda h, o, k, U: U[k].sum(), 2, CONTEXT, V, U, np.array([2**32 + 1]))


def test_more_words_than_half_precision_can_count() -> None:
    ones, apart = np.ones((2, 1), np.float16), 2 * np.eye(2, 1, dtype=np.float16)
    context = np.zeros(70_000, np.int32)
    assert bag(0, context, ones, apart) == pytest.approx(0.127, abs=1e-2)
    assert bag_gradient(0, context, ones, apart).V[0] < 0
