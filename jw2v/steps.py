"""One training step as a pure function, and many of them under one ``lax.scan``."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jw2v.objectives import Gradient, Objective, Rows
from jw2v.params import Params

__all__ = ["Totals", "TrainState", "dense_step", "row_step", "scan_steps", "start"]


class TrainState(NamedTuple):
    """Everything the next step depends on, besides its batch."""

    params: Params
    opt_state: optax.OptState
    key: PRNGKeyArray
    step: Int[Array, ""]


class Totals(NamedTuple):
    """Sums over the pairs of each step; their quotient is the mean loss in nats a pair."""

    loss: Float[Array, "*steps"]
    pairs: Float[Array, "*steps"]


Step = Callable[[TrainState, Any], tuple[TrainState, Totals]]
"""``(state, batch) -> (state, totals)``, pure."""


def start(params: Params, optimizer: optax.GradientTransformation, key: PRNGKeyArray) -> TrainState:
    """The state before the first step; ``key`` seeds all that the objective will draw."""
    key = jnp.array(key, copy=True)  # the caller's own must outlive the donation of the state
    return TrainState(params, optimizer.init(params), key, jnp.zeros([], jnp.int32))


def row_step(objective: Objective, optimizer: optax.GradientTransformation) -> Step:
    """A step that touches only the rows that a batch names, at a cost that vocab does not change.

    The optimizer transforms the rows of the gradient and the results are added into the tables,
    where the rows of one word sum up. That equals :func:`dense_step` for optimizers that are
    linear in the gradient and keep no state for each parameter, such as ``optax.sgd`` and
    :func:`jw2v.optimizers.curvature_bounded_sgd`.
    """

    def transform(state: TrainState, gradient: Gradient) -> tuple[Params, optax.OptState]:
        curvature = _each(_curvature_of_word, gradient, state.params)
        rows = _each(lambda rows, _: rows.gradient, gradient, state.params)
        updates, opt_state = optimizer.update(
            rows, state.opt_state, state.params, curvature=curvature
        )
        return _each(_add_rows, gradient, state.params, updates), opt_state

    optimizer = optax.with_extra_args_support(optimizer)
    return _step(objective, transform)


def dense_step(objective: Objective, optimizer: optax.GradientTransformation) -> Step:
    """A step with the gradient of both whole tables, for any optimizer; its cost grows with vocab.

    ``update`` receives the bound on each row's curvature as the extra argument ``curvature``.
    """

    def transform(state: TrainState, gradient: Gradient) -> tuple[Params, optax.OptState]:
        updates, opt_state = optimizer.update(
            _each(_table, gradient, state.params),
            state.opt_state,
            state.params,
            curvature=_each(_curvature_table, gradient, state.params),
        )
        params: Params = optax.apply_updates(state.params, updates)
        return params, opt_state

    optimizer = optax.with_extra_args_support(optimizer)
    return _step(objective, transform)


def scan_steps(step: Step) -> Step:
    """A compiled run of steps, one for each entry of the batches' leading axis.

    The totals come back for every step. The state that goes in is donated: its buffers become
    those of the state that comes out.
    """

    @partial(jax.jit, donate_argnums=0)
    def run(state: TrainState, batches: Any) -> tuple[TrainState, Totals]:
        return jax.lax.scan(step, state, batches)

    return run


def _step(
    objective: Objective,
    transform: Callable[[TrainState, Gradient], tuple[Params, optax.OptState]],
) -> Step:
    def step(state: TrainState, batch: Any) -> tuple[TrainState, Totals]:
        evaluation = objective(state.params, batch, jax.random.fold_in(state.key, state.step))
        params, opt_state = transform(state, evaluation.gradient)
        after = TrainState(params, opt_state, state.key, state.step + 1)
        return after, Totals(evaluation.loss, evaluation.pairs)

    return step


def _each(function: Callable[..., Any], gradient: Gradient, *others: Params) -> Params:
    """Apply a function to the `Rows` of each table and what ``others`` hold for it."""
    V = function(gradient.V, *(other.V for other in others))
    return Params(V, function(gradient.U, *(other.U for other in others)))


def _table(rows: Rows, table: Array) -> Array:
    if rows.ids is None:
        return rows.gradient
    return jnp.zeros_like(table).at[rows.ids].add(rows.gradient, mode="promise_in_bounds")


def _curvature_table(rows: Rows, table: Array) -> Array:
    if rows.ids is None:
        return rows.curvature
    zeros = jnp.zeros(len(table), table.dtype)
    return zeros.at[rows.ids].add(rows.curvature, mode="promise_in_bounds")


def _curvature_of_word(rows: Rows, table: Array) -> Array:
    """For each entry, the curvature summed over all entries of its word."""
    total = _curvature_table(rows, table)
    return total if rows.ids is None else total[rows.ids]


def _add_rows(rows: Rows, table: Array, updates: Array) -> Array:
    if rows.ids is None:
        return table + updates
    return table.at[rows.ids].add(updates, mode="promise_in_bounds")
