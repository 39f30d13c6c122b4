"""The bound on the softmax's curvature holds all along a row's step, and so the step descends."""

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jw2v import objectives, softmax
from jw2v.objectives.rows import Rows
from jw2v.params import Params
from jw2v.steps.optimizers import curvature_bounded_sgd

pytestmark = pytest.mark.usefixtures("x64")

STEP_BOUNDS = (0.5, 1.0, 1.5, 1.9, 1.99)
SIZES = (
    # vocab, dim, batch, n: one word, two, a line, a plane; more words than a byte can count
    (1, 1, 2, 2),
    (2, 1, 1, 1),
    (3, 1, 3, 1),
    (5, 2, 4, 3),
    (12, 4, 3, 6),
    (300, 3, 4, 2),
)


class Batch(NamedTuple):
    """Tables, and windows whose centers may be the same word."""

    V: np.ndarray
    U: np.ndarray
    center: np.ndarray
    outside: np.ndarray
    where: np.ndarray

    @property
    def windows(self) -> objectives.Windows:
        return objectives.Windows(*map(jnp.asarray, self[2:]))

    @property
    def n(self) -> np.ndarray:
        return self.where.sum(1)

    def y_hat(self) -> np.ndarray:
        z = self.V[self.center] @ self.U.T
        z = np.exp(z - z.max(1, keepdims=True))
        return z / z.sum(1, keepdims=True)

    def loss(self) -> float:
        z = self.V[self.center] @ self.U.T
        peak = z.max(1, keepdims=True)
        sums = (peak + np.log(np.exp(z - peak).sum(1, keepdims=True))) * np.ones(self.where.shape)
        return float((sums - np.take_along_axis(z, self.outside, 1))[self.where].sum())

    def largest_eigenvalue(self, table: str, row: int) -> float:
        """Of the Hessian by one row: t3, and not the code's own second derivative."""
        y_hat, C = self.y_hat(), self.V[self.center]
        if table == "U":
            spread = self.n * y_hat[:, row] * (1 - y_hat[:, row])
            hessian = np.einsum("b,bi,bj->ij", spread, C, C)
        else:
            hessian = np.zeros((self.U.shape[1],) * 2)
            for b in np.flatnonzero(self.center == row):
                u = self.U - y_hat[b] @ self.U
                hessian += self.n[b] * np.einsum("w,wi,wj->ij", y_hat[b], u, u)
        return float(np.linalg.eigvalsh(hessian)[-1])

    def moved(self, table: str, row: int, by: np.ndarray) -> "Batch":
        rows = np.array(getattr(self, table))
        rows[row] += by
        return self._replace(**{table: rows})


def some_batch(
    seed: int, size: tuple[int, ...], V_scale: float = 1.0, U_scale: float = 1.0, outlier: float = 1
) -> Batch:
    """``outlier`` lengthens one outside vector."""
    vocab, dim, batch, n = size
    rng = np.random.default_rng(seed)
    V, U = V_scale * rng.normal(size=(vocab, dim)), U_scale * rng.normal(size=(vocab, dim))
    U[rng.integers(vocab)] *= outlier
    center = rng.integers(0, min(vocab, 2), batch)
    return Batch(V, U, center, rng.integers(0, vocab, (batch, n)), rng.random((batch, n)) < 0.8)


scales = st.sampled_from([1e-3, 0.1, 1.0, 3.0, 30.0, 1e3])
batches = st.builds(
    some_batch, st.integers(0, 2**32 - 1), st.sampled_from(SIZES), scales, scales, scales
)
ONE = np.ones((1, 1), bool)
FAR = Batch(np.ones((1, 1)), np.array([[0.0], [1], [-10]]), np.array([0]), np.array([[0]]), ONE)
"""Where a bound that holds at the start alone, .732, lets ρ = 1.5 raise the loss to 4.98."""


@cache
def objective() -> Any:
    return jax.jit(
        lambda params, windows: objectives.naive_softmax_of_windows(
            params, windows, jax.random.key(0)
        )
    )


def tables(batch: Batch) -> tuple[Params, Params]:
    """The gradient and the curvature by every row of both tables."""
    params = Params(jnp.asarray(batch.V), jnp.asarray(batch.U))
    gradient = objective()(params, batch.windows).gradient
    each = (gradient.each(f, params) for f in (Rows.dense, Rows.dense_curvature))
    gradient, curvature = each
    return gradient, curvature


def here(found: Params, table: str, row: int) -> np.ndarray:
    return np.asarray(getattr(found, table)[row])


def touched(batch: Batch) -> list[tuple[str, int]]:
    """Rows of both tables; of a large one, those of the batch and some others."""
    outside = range(len(batch.U)) if len(batch.U) < 20 else [*np.unique(batch.outside), 7, 299]
    return [("V", row) for row in np.unique(batch.center)] + [("U", row) for row in outside]


def rounding(batch: Batch) -> float:
    """What a loss may be wrong by: rounding units of the logits it is the difference of."""
    z = np.abs(batch.V[batch.center]) @ np.abs(batch.U).T
    return 1e-14 * float(batch.n @ (1 + z.max(1)))


@example(batch=FAR)
@example(batch=some_batch(1, (2, 1, 1, 1), 1e3, 1e3))  # a softmax that is certain, and wrong
@settings(max_examples=60)
@given(batch=batches)
def test_the_step_of_every_row_descends_by_what_t4_promises(batch: Batch) -> None:
    loss = batch.loss()
    gradient, curvature = tables(batch)
    for bound in STEP_BOUNDS:
        rule = curvature_bounded_sgd(1e12, bound)
        update, _ = rule.update(gradient, rule.init(gradient), curvature=curvature)
        for table, row in touched(batch):
            g, h = here(gradient, table, row), here(curvature, table, row)
            step = np.asarray(getattr(update, table)[row])
            after = batch.moved(table, row, step)
            promised = bound / h * (1 - bound / 2) * float(g @ g) if g.any() else 0.0
            allowed = rounding(batch) + rounding(after)
            assert after.loss() <= loss - promised + allowed, (table, row, bound)


@example(batch=FAR)
@settings(max_examples=40)
@given(batch=batches)
def test_no_eigenvalue_exceeds_the_bound_anywhere_on_the_way(batch: Batch) -> None:
    gradient, curvature = tables(batch)
    for table, row in touched(batch):
        g, h = here(gradient, table, row), here(curvature, table, row)
        others = getattr(batch, {"V": "U", "U": "V"}[table])
        slack = 1e-9 * h + 1e-12 * batch.n.sum() * np.square(others).sum()
        for part in np.linspace(0, 1, 9):
            there = batch.moved(table, row, -part * 2.0 / h * g if g.any() else 0 * g)
            largest = there.largest_eigenvalue(table, row)
            assert largest <= h + slack, (table, row, part)


def test_what_held_at_the_start_alone_did_not_descend() -> None:
    """The laws above can fail: they do with the bound at the start of the step."""
    start = FAR.largest_eigenvalue("V", 0)
    _, curvature = tables(FAR)
    gradient, _ = tables(FAR)
    after = FAR.moved("V", 0, -1.5 / start * gradient.V[0])
    assert after.loss() > FAR.loss() + 3
    assert curvature.V[0] > start


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_is_not_much_larger_than_it_must_be(seed: int) -> None:
    """Never above the one that holds everywhere, and near the Hessian for a row at rest."""
    batch = some_batch(seed, (12, 4, 3, 6), outlier=30.0)
    _, curvature = tables(batch)
    C = batch.V[batch.center]
    far = np.square(batch.U - batch.U.mean(0)).sum(1).max()
    for row in np.unique(batch.center):
        assert curvature.V[row] <= batch.n[batch.center == row].sum() * far * (1 + 1e-12)
    everywhere = batch.n @ np.square(C).sum(1) / 4
    assert curvature.U.max() <= everywhere * (1 + 1e-12)
    assert curvature.U.min() < 0.9 * everywhere


def test_a_row_without_gradient_has_the_bound_of_where_it_is() -> None:
    """s is 0 there: two words in each window, as likely as they are frequent."""
    U = np.array([[1.0, 0], [-1, 0]])
    found = softmax.evaluate(np.array([[0.0, 1]]), U, np.array([[0, 1]]), np.ones((1, 2), bool))
    assert not np.asarray(found.C).any()
    assert not np.asarray(found.U).any()
    np.testing.assert_allclose(found.C_curvature, 2)
    np.testing.assert_allclose(found.U_curvature, 0.5)


def test_windows_of_one_center_share_the_bound_of_one_window_with_the_words_of_all() -> None:
    """Each alone would let the row go where the bound of the other does not hold."""
    batch = some_batch(3, (12, 4, 3, 6), 0.5)
    C = batch.V[[0, 0, 1]]
    center = np.array([5, 5, 2])
    shared = softmax.evaluate(C, batch.U, batch.outside, batch.where, center=center).C_curvature
    outside, where = (np.stack([np.append(*x[:2]), np.append(x[2], 0 * x[2])]) for x in batch[3:])
    merged = softmax.evaluate(C[1:], batch.U, outside, where.astype(bool)).C_curvature
    np.testing.assert_allclose(shared, np.asarray(merged)[[0, 0, 1]] / [2, 2, 1])
    alone = softmax.evaluate(C, batch.U, batch.outside, batch.where).C_curvature
    assert not np.allclose(alone[:2].sum(), merged[0])


@pytest.mark.parametrize("others", [[-7, -7, -5], [2**41, 2**41, 2**40]])
def test_any_integers_tell_centers_apart(others: list[int]) -> None:
    batch = some_batch(3, (12, 4, 3, 6), 0.5)
    given = batch.V[[0, 0, 1]], batch.U, batch.outside, batch.where
    expected = softmax.evaluate(*given, center=np.array([5, 5, 2])).C_curvature
    found = softmax.evaluate(*given, center=np.array(others)).C_curvature
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("centers", [0, 1, 2, 4])
def test_each_window_has_one_center(centers: int, unchecked: None) -> None:
    batch = some_batch(3, (12, 4, 3, 6), 0.5)
    given = batch.V[[0, 0, 1]], batch.U, batch.outside, batch.where
    with pytest.raises(ValueError, match="center has one number for each row of C"):
        softmax.evaluate(*given, center=np.arange(centers))


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e3, 1e18, 1e30])
def test_the_bound_is_finite_at_any_scale(scale: float) -> None:
    rng = np.random.default_rng(0)
    C, U = (np.float32(rng.normal(size=shape)) for shape in ((2, 3), (6, 3)))
    for c, u in ((C * np.float32(scale), U / np.float32(scale)), (C / 8, U * np.float32(scale))):
        found = softmax.evaluate(c, u, np.array([[1], [5]]), np.ones((2, 1), bool))
        for part in (found.C_curvature, found.U_curvature):
            assert part.dtype == np.float32
            assert np.isfinite(part).all()
            assert (np.asarray(part) >= 0).all()


@settings(max_examples=20)
@given(batch=batches)
def test_single_precision_descends_up_to_rounding(batch: Batch) -> None:
    batch = batch._replace(V=batch.V.clip(-3, 3), U=batch.U.clip(-3, 3))
    single = Params(jnp.float32(batch.V), jnp.float32(batch.U))
    gradient = objective()(single, batch.windows).gradient
    g, h = (gradient.each(f, single) for f in (Rows.dense, Rows.dense_curvature))
    for table, row in touched(batch):
        slope, bound = np.float64(here(g, table, row)), np.float64(here(h, table, row))
        if slope.any():
            after = batch.moved(table, row, -1.9 / bound * slope)
            assert after.loss() <= batch.loss() + 1e-6 * (1 + batch.n.sum() + batch.loss())


def test_the_weight_of_an_objective_leaves_the_step_alone() -> None:
    batch = some_batch(0, (5, 2, 4, 3))
    params = Params(jnp.asarray(batch.V), jnp.asarray(batch.U))

    def plain(params: Params, windows: Any, _: Any) -> objectives.Evaluation:
        return objective()(params, windows)

    found = [
        objectives.weighted(plain, weight)(params, batch.windows, jax.random.key(0)).gradient.U
        for weight in (1.0, 0.02)
    ]
    one, other = (rows.gradient / rows.curvature[:, None] for rows in found)
    np.testing.assert_allclose(one, other)
