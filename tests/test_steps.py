"""Steps: touching rows equals touching tables, scanning equals looping, any optimizer works."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jw2v import steps
from jw2v.optimizers import curvature_bounded_sgd
from test_objectives import EVERY, tables

RULES = {
    "sgd": optax.sgd(0.3),
    "sgd on a schedule": optax.sgd(optax.linear_schedule(0.3, 0.0, 5)),
    "curvature-bounded": curvature_bounded_sgd(0.3, 0.5),
}
KEY = jax.random.key(4)


def some_batches(name: str, n: int) -> list:
    return [EVERY[name][1](np.random.default_rng(seed)) for seed in range(n)]


def run(make_step, name: str, optimizer, n: int = 4):
    """Steps one after the other, without a scan."""
    step = jax.jit(make_step(lambda p, b, _: EVERY[name][0](p, b), optimizer))
    state = steps.start(tables(np.random.default_rng(9)), optimizer, KEY)
    total = []
    for batch in some_batches(name, n):
        state, totals = step(state, batch)
        total.append(float(totals.loss))
    return state, total


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("rule", RULES)
def test_rows_equal_tables(name: str, rule: str) -> None:
    by_rows, loss = run(steps.row_step, name, RULES[rule])
    by_tables, same_loss = run(steps.dense_step, name, RULES[rule])
    assert loss == pytest.approx(same_loss)
    for ours, theirs in zip(by_rows.params, by_tables.params, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-10)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("make_step", [steps.row_step, steps.dense_step])
def test_a_scan_equals_a_loop(name: str, make_step) -> None:
    rule = RULES["curvature-bounded"]
    state, loss = run(make_step, name, rule)
    scanned = steps.scan_steps(make_step(lambda p, b, _: EVERY[name][0](p, b), rule))
    start = steps.start(tables(np.random.default_rng(9)), rule, KEY)
    stacked = jax.tree.map(lambda *batches: jnp.stack(batches), *some_batches(name, 4))
    end, totals = scanned(start, stacked)
    assert totals.loss.tolist() == pytest.approx(loss, rel=1e-5)
    assert int(end.step) == 4
    for ours, theirs in zip(end.params, state.params, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_state_is_donated() -> None:
    rule = RULES["sgd"]
    scanned = steps.scan_steps(steps.row_step(lambda p, b, _: EVERY["windows"][0](p, b), rule))
    start = steps.start(tables(np.random.default_rng(9)), rule, KEY)
    scanned(start, jax.tree.map(lambda x: x[None], some_batches("windows", 1)[0]))
    assert start.params.U.is_deleted()


@pytest.mark.parametrize(
    "optimizer",
    [optax.adam(0.05), optax.adagrad(0.1), optax.chain(optax.clip(1.0), optax.sgd(0.02))],
    ids=["adam", "adagrad", "clipped sgd"],
)
@pytest.mark.parametrize("name", EVERY)
def test_any_optimizer_lowers_the_loss(name: str, optimizer) -> None:
    step = jax.jit(steps.dense_step(lambda p, b, _: EVERY[name][0](p, b), optimizer))
    state = steps.start(tables(np.random.default_rng(9)), optimizer, KEY)
    batch = some_batches(name, 1)[0]
    losses = []
    for _ in range(60):
        state, totals = step(state, batch)
        losses.append(float(totals.loss))
    assert losses[-1] < 0.7 * losses[0]


def test_each_step_draws_with_a_key_of_its_own() -> None:
    seen = []
    step = steps.row_step(
        lambda p, b, key: (seen.append(key), EVERY["windows"][0](p, b))[1], RULES["sgd"]
    )
    state = steps.start(tables(np.random.default_rng(9)), RULES["sgd"], KEY)
    for batch in some_batches("windows", 3):
        state, _ = step(state, batch)
    assert len({tuple(jax.random.key_data(key).tolist()) for key in seen}) == 3
