"""No finite argument makes a NaN, and none infinity unless that is the answer, in all of float32.

What can be asked: where Σ|x y| of every product that a result is made of fits in float32, no step
on the way overflows, and the result is finite. A loss that is itself larger than the largest number
rounds to infinity. ``benchmarks/accuracy.py`` measures how accurate the finite results are.
"""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jw2v import activations, gradients, losses, objectives, softmax
from jw2v.params import Params
from jw2v.steps.optimizers import curvature_bounded_sgd
from strategies import arrays

pytestmark = pytest.mark.machine_code

LARGEST = float(np.finfo(np.float32).max)
ROOM = LARGEST * (1 - 1e-5)
"""What sums of a few numbers may reach before their rounding takes them to infinity."""
ONE = np.ones(1, np.float32)

any_float = st.floats(width=32, allow_nan=False, allow_infinity=False)
extremes = st.sampled_from([LARGEST, -LARGEST, LARGEST / 2, 2.0**-126, 2.0**-149, 0.0, 1.0])
numbers = any_float | extremes.map(np.float32).map(float)


def floats(*shape: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float32, shape, numbers)


compiled = cache(jax.jit)


@cache
def slope(loss: Any, wrt: Any = 0) -> Any:
    return jax.jit(jax.grad(loss, wrt))


def finite_where(parts: Any, sizes: Any) -> None:
    """No part is NaN, and each is finite where its size fits in float32."""
    for part, size in zip(jax.tree.leaves(parts), jax.tree.leaves(sizes), strict=True):
        part, size = np.broadcast_arrays(np.asarray(part), size)
        fits = size <= ROOM
        assert np.isfinite(part[fits]).all(), (part, size)


FUNCTIONS = (activations.sigmoid, activations.relu, gradients.sigmoid, gradients.relu)


@pytest.mark.parametrize("function", FUNCTIONS, ids=["σ", "β", "σ'", "β'"])
@given(x=floats(6))
def test_activations_are_finite(function: Any, x: np.ndarray) -> None:
    assert np.isfinite(compiled(function)(x)).all()
    if function in FUNCTIONS[:2]:
        assert np.isfinite(jax.vmap(slope(function))(x)).all()


@given(z=floats(5))
def test_negative_sampling_of_any_logits(z: np.ndarray) -> None:
    args = (ONE, z[:1], z[1:, None])
    exact = np.maximum(0, np.append(-z[0].astype(float), z[1:].astype(float))).sum()
    loss = compiled(losses.negative_sampling_rows)(*args)
    assert loss >= 0
    assert np.isinf(loss) if exact > LARGEST * (1 + 1e-5) else exact > ROOM or np.isfinite(loss)
    total = np.abs(z.astype(float)).sum()
    sizes = (total, np.ones(1), np.ones((4, 1)))
    finite_where(tuple(compiled(gradients.negative_sampling_rows)(*args)), sizes)
    finite_where(slope(losses.negative_sampling_rows, (0, 1, 2))(*args), sizes)


@example(z=np.float32([LARGEST, -LARGEST, -LARGEST]))
@example(z=np.float32([-LARGEST, -LARGEST, 0]))
@given(z=floats(3))
def test_naive_softmax_of_any_logits(z: np.ndarray) -> None:
    table = z[:, None]
    total = np.abs(z.astype(float)).sum()
    for o in range(3):
        exact = z.max().astype(float) - z[o].astype(float)
        loss = compiled(losses.naive_softmax)(ONE, o, table)
        assert loss >= 0
        assert np.isinf(loss) if exact > LARGEST * (1 + 1e-5) else exact > ROOM or loss < np.inf
        sizes = (total, np.ones((3, 1)))
        finite_where(tuple(compiled(gradients.naive_softmax)(ONE, o, table)), sizes)
        finite_where(slope(losses.naive_softmax, (0, 2))(ONE, o, table), sizes)


@pytest.mark.parametrize("chunk", [2, None])
@example(z=np.float32([LARGEST, -LARGEST, -LARGEST]))  # 0 times infinity, in the curvature
@given(z=floats(3))
def test_the_softmax_in_chunks_of_any_logits(chunk: int | None, z: np.ndarray) -> None:
    table, outside, where = z[:, None], np.array([[0, 2]]), np.ones((1, 2), bool)
    found = compiled(EVALUATE[chunk])(ONE[None], table, outside, where)
    total = np.abs(z.astype(float)).sum()
    exact = (z.max().astype(float) - z[[0, 2]].astype(float)).sum()
    squares = 2 * np.square(z.astype(float)).sum()
    finite_where(tuple(found), (exact, 2 * total, np.ones((3, 1)), squares, np.ones(3)))
    assert not np.isnan(found.C_curvature).any()
    finite_where(slope(LOSS[chunk], (0, 1))(ONE[None], table, outside, where), (2 * total, 1.0))


EVALUATE = {chunk: partial(softmax.evaluate, chunk=chunk) for chunk in (2, None)}
LOSS = {chunk: partial(softmax.shared_naive_softmax, chunk=chunk) for chunk in (2, None)}


@pytest.mark.parametrize("name", ["naive_softmax", "negative_sampling_rows"])
@given(v=floats(3), U=floats(4, 3))
def test_vectors_whose_products_fit(name: str, v: np.ndarray, U: np.ndarray) -> None:
    logits = np.abs(U.astype(float)) @ np.abs(v.astype(float))
    # Halved in exponent until every product fits: what the theorem asks of its arguments.
    shrink = np.float32(min(1.0, (ROOM / 8 / max(float(logits.max()), 1.0)) ** 0.5))
    v, U = v * shrink, U * shrink
    args = (v, 1, U) if name == "naive_softmax" else (v, U[0], U[1:])
    total = 2 * np.abs(U.astype(float)).sum(0)
    each = np.abs(v.astype(float))
    sizes = (total, each) if name == "naive_softmax" else (total, each, each)
    wrt = (0, 2) if name == "naive_softmax" else (0, 1, 2)
    loss = compiled(getattr(losses, name))(*args)
    assert 0 <= loss < np.inf
    finite_where(tuple(compiled(getattr(gradients, name))(*args)), sizes)
    finite_where(slope(getattr(losses, name), wrt)(*args), sizes)


@given(
    y=st.sampled_from(tuple(np.eye(3, dtype=np.float32))), y_hat=arrays(np.float32, (3,), numbers)
)
def test_cross_entropy_of_normal_probabilities(y: np.ndarray, y_hat: np.ndarray) -> None:
    y_hat = np.clip(np.abs(y_hat), np.float32(2.0**-126), np.float32(1))
    assert 0 <= compiled(losses.cross_entropy)(y, y_hat) < 88
    assert np.isfinite(slope(losses.cross_entropy, 1)(y, y_hat)).all()


@example(g=np.float32([[LARGEST]]), h=np.float32([LARGEST]))
@given(g=floats(1, 1), h=floats(1).map(np.abs))
def test_the_step_rule(g: np.ndarray, h: np.ndarray) -> None:
    rule = curvature_bounded_sgd(0.025, 2.0)
    for curvature in (h, np.float32([np.inf])):
        g = jnp.asarray(g)
        update, _ = rule.update(g, rule.init(g), curvature=jnp.asarray(curvature))
        assert np.abs(update) <= 0.025 * np.abs(g) * (1 + 1e-6)


@example(C=np.float32([[3e18], [3e18]]), X=np.float32([[1e-20], [3e19]]))
@given(C=floats(2, 1), X=floats(2, 1))
def test_the_curvature_of_pairs_that_do_not_count(C: np.ndarray, X: np.ndarray) -> None:
    """Squares may overflow where products do not: a weight of 0 must leave them out."""
    C, X = np.clip(C, -4e18, 4e18), np.clip(X, -4e19, 4e19)
    params = Params(jnp.asarray(C), jnp.asarray(X))
    batch = objectives.Segments(jnp.array([[0, 1]]), jnp.array([[0, 1]]))  # two sentences
    found = segments(params, batch, jnp.ones((2, 2)), jnp.array([[0]]))
    assert np.isfinite(found.loss)
    for rows in found.gradient:
        assert np.isfinite(rows.gradient).all()
        assert not np.isnan(rows.curvature).any()


segments = jax.jit(partial(objectives.segments_at, negatives=0))
