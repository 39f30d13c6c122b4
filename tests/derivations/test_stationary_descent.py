"""Statements b2 and b3 on the code: where the gradient vanishes, and why to step against it."""

from typing import NamedTuple

import jax
import numpy as np
import pytest

from derivations import evaluate, statements
from derivations.engine.notation import i
from jw2v import gradients, losses
from tolerances import close

SIZES = [(2, 1), (7, 3), (300, 70)]
"""V and d; the last are beyond every small number in the code."""

each_size = pytest.mark.parametrize(("V", "d"), SIZES)


class Point(NamedTuple):
    """Where the loss is looked at."""

    v_c: np.ndarray
    o: np.int32
    U: np.ndarray

    @property
    def y_hat(self) -> np.ndarray:
        scores = np.exp(self.U @ self.v_c)
        return scores / scores.sum()

    @property
    def error(self) -> np.ndarray:
        """ŷ − y."""
        return self.y_hat - np.eye(len(self.U))[self.o]


def anywhere(V: int, d: int, seed: int = 0) -> Point:
    random = np.random.default_rng(seed)
    return Point(random.normal(size=d), np.int32(random.integers(V)), random.normal(size=(V, d)))


def stationary(V: int, d: int) -> Point:
    """ŷ − y in the null space of U, though ŷ is not y.

    The first column of U, and v_c with no other entry, make the scores; the score of o is the mean
    of the others under their own softmax. The other columns are what is left of random ones.
    """
    random = np.random.default_rng(V)
    scores, o = random.normal(size=V), int(random.integers(V))
    others = np.delete(np.arange(V), o)
    weights = np.exp(scores[others])
    scores[o] = weights @ scores[others] / weights.sum()
    v_c = np.zeros(d)
    v_c[0] = 0.5
    U = np.column_stack([scores / v_c[0], random.normal(size=(V, d - 1))])
    error = Point(v_c, np.int32(o), U).error
    U[:, 1:] -= np.outer(error, error @ U[:, 1:]) / (error @ error)
    return Point(v_c, np.int32(o), U)


def both(point: Point) -> tuple[np.ndarray, np.ndarray]:
    """The gradient by v_c, of the code's closed form and by autodiff."""
    with jax.enable_x64(True):
        ours = jax.jit(gradients.naive_softmax)(*point).v_c
        auto = jax.jit(jax.grad(losses.naive_softmax))(*point)
    return np.asarray(ours), np.asarray(auto)


@each_size
def test_the_condition_is_the_gradient(V: int, d: int) -> None:
    point = anywhere(V, d)
    for gradient in both(point):
        close(gradient, point.y_hat @ point.U - point.U[point.o], "rounding", tuple(point))
        close(gradient, point.error @ point.U, "rounding", tuple(point))
    if V < 10:
        claim = statements()["b2"]["condition"]
        expected = evaluate(claim.closed, point._asdict(), [i])
        close(both(point)[0], expected, "rounding", tuple(point))


@each_size
def test_in_the_null_space_the_gradient_is_zero(V: int, d: int) -> None:
    point = stationary(V, d)
    assert point.y_hat[point.o] < 0.9
    for gradient in both(point):
        np.testing.assert_allclose(gradient, 0, atol=1e-12)


@each_size
def test_out_of_the_null_space_it_is_not(V: int, d: int) -> None:
    """The other direction of "if and only if": moved along ŷ − y, U has it in no null space."""
    point = stationary(V, d)
    if d == 1:
        moved = Point(*anywhere(V, d))
    else:  # the scores stay what they are, as v_c is 0 in the column that moves
        U = point.U.copy()
        U[:, 1] += 0.1 * point.error
        moved = point._replace(U=U)
    assert np.linalg.norm(moved.error @ moved.U) > 1e-3
    for gradient in both(moved):
        assert np.linalg.norm(gradient) > 1e-3


@each_size
def test_a_zero_gradient_does_not_need_the_right_prediction(V: int, d: int) -> None:
    """One outside vector for all words; or v_c = 0 and u_o the mean of the other vectors."""
    point = anywhere(V, d)
    same = point._replace(U=np.tile(point.U[0], (V, 1)))
    U = point.U.copy()
    U[point.o] = np.delete(U, point.o, axis=0).mean(axis=0)
    mean = point._replace(v_c=np.zeros(d), U=U)
    for each in (same, mean):
        for gradient in both(each):
            np.testing.assert_allclose(gradient, 0, atol=1e-12)
        with jax.enable_x64(True):
            probability = np.exp(-losses.naive_softmax(*each))
        np.testing.assert_allclose(probability, 1 / V)


@each_size
def test_no_finite_parameters_predict_with_certainty(V: int, d: int) -> None:
    """1 − ŷ_o = ŷ_w + the others > 0, as far as float64 can tell: ŷ_o = exp(−loss)."""
    for seed in range(20):
        point = anywhere(V, d, seed)
        point = point._replace(v_c=point.v_c / np.sqrt(d))
        with jax.enable_x64(True):
            loss = float(losses.naive_softmax(*point))
        least = np.delete(point.y_hat, point.o).max()
        assert -np.expm1(-loss) >= least * (1 - 1e-12) > 0


def along(point: Point, direction: np.ndarray) -> float:
    """The directional derivative, by autodiff forward."""
    with jax.enable_x64(True):
        loss = lambda v: losses.naive_softmax(v, point.o, point.U)  # noqa: E731
        return float(jax.jvp(loss, (point.v_c,), (direction,))[1])


@each_size
def test_the_directional_derivative_is_the_product_with_the_gradient(V: int, d: int) -> None:
    point, direction = anywhere(V, d), np.random.default_rng(1).normal(size=d)
    claim = statements()["b3"]["along a direction"]
    for gradient in both(point):
        expected = evaluate(claim.closed, {"g": gradient, "direction": direction})
        np.testing.assert_allclose(along(point, direction), float(expected), rtol=1e-11)


@each_size
def test_no_unit_direction_is_steeper(V: int, d: int) -> None:
    point = anywhere(V, d)
    gradient = both(point)[0]
    length = np.linalg.norm(gradient)
    random = np.random.default_rng(2).normal(size=(200, d))
    nearly = -gradient / length + 0.1 * random[:50]  # close to the steepest one, too
    directions = np.concatenate([random, nearly])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    with jax.enable_x64(True):
        loss = lambda v: losses.naive_softmax(v, point.o, point.U)  # noqa: E731
        slopes = np.asarray(jax.vmap(lambda e: jax.jvp(loss, (point.v_c,), (e,))[1])(directions))
    np.testing.assert_allclose(along(point, -gradient / length), -length, rtol=1e-11)
    attained = statements()["b3"].closed["attained"]
    np.testing.assert_allclose(float(evaluate(attained, {"g": gradient})), -length)
    assert slopes.min() >= -length * (1 + 1e-12)


@each_size
def test_to_first_order_a_step_decreases_the_loss_by_the_square(V: int, d: int) -> None:
    """What is left after −η‖g‖² shrinks with η²: a quarter for half the step."""
    point = anywhere(V, d)
    gradient = both(point)[0]
    square = -float(evaluate(statements()["b3"].closed["decrease"], {"g": gradient}))
    np.testing.assert_allclose(square, gradient @ gradient)
    left = []
    with jax.enable_x64(True):
        before = float(losses.naive_softmax(*point))
        for eta in (1e-4, 5e-5):
            v_c = point.v_c - eta * gradient
            change = float(losses.naive_softmax(v_c, point.o, point.U)) - before
            assert change < 0
            left.append(change + eta * square)
    assert 0 < left[0] < 0.1 * 1e-4 * square
    np.testing.assert_allclose(left[0] / left[1], 4, rtol=0.02)
