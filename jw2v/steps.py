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

__all__ = [
    "Step",
    "Totals",
    "TrainState",
    "dense_step",
    "lazy_step",
    "row_step",
    "scan_steps",
    "start",
]


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
    key = jnp.array(key)  # a copy: the caller's own must outlive the donation of the state
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


def lazy_step(objective: Objective, optimizer: optax.GradientTransformation) -> Step:
    """A step that touches only the rows that a batch names, for optimizers with state of their own.

    The gradient rows of one word are summed, and the optimizer sees them with the rows of the
    parameters and of its own state for the same words; what it returns for a word goes back there.
    All other words keep parameters and state, whatever the optimizer would have done with a
    gradient of 0. So this equals :func:`dense_step` for optimizers that do nothing with a gradient
    of 0, such as ``optax.adagrad``, ``optax.sgd``, or either after ``optax.clip_by_global_norm``.
    Momentum, decaying averages and weight decay are lazy: with ``optax.adam`` a word's moments
    decay in the steps that name it, while the correction of their bias counts every step.

    A word's state must lie in its row of a table, as that of most optimizers does; the step raises
    ``ValueError`` for others, such as ``optax.adafactor``. The cost of a step does not grow with
    the tables, but for one whole number a word.
    """

    def transform(state: TrainState, gradient: Gradient) -> tuple[Params, optax.OptState]:
        merged = Gradient(_merged(gradient.V, state.params.V), _merged(gradient.U, state.params.U))
        owners = _owners(optimizer, state, merged)
        updates, opt_state = optimizer.update(
            _each(lambda rows, _: rows.gradient, merged, state.params),
            jax.tree.map(_take, state.opt_state, owners),
            _each(lambda rows, table: _take(table, rows), merged, state.params),
            curvature=_each(lambda rows, _: rows.curvature, merged, state.params),
        )
        opt_state = jax.tree.map(_put, state.opt_state, owners, opt_state)
        return _each(partial(_add_rows, mode="drop"), merged, state.params, updates), opt_state

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


def _add_rows(
    rows: Rows, table: Array, updates: Array, *, mode: str = "promise_in_bounds"
) -> Array:
    if rows.ids is None:
        return table + updates
    return table.at[rows.ids].add(updates, mode=mode)


def _merged(rows: Rows, table: Array) -> Rows:
    """One entry a word: its first holds the sum, the others 0 and a row number past the table."""
    if rows.ids is None:
        return rows
    axes = rows.ids.ndim
    ids = rows.ids.reshape(-1)
    entry = jnp.arange(len(ids), dtype=jnp.int32)
    unseen = jnp.full(len(table), len(ids), jnp.int32)
    first = unseen.at[ids].min(entry, mode="promise_in_bounds")[ids]

    def summed(values: Array) -> Array:
        values = values.reshape(len(ids), *values.shape[axes:])
        return jnp.zeros_like(values).at[first].add(values, mode="promise_in_bounds")

    only = jnp.where(first == entry, ids, len(table))
    return Rows(only, summed(rows.gradient), summed(rows.curvature))


def _owners(
    optimizer: optax.GradientTransformation, state: TrainState, merged: Gradient
) -> optax.OptState:
    """For each array of the optimizer's state, the `Rows` it is for; None for what is not rows."""

    def owner(stored: Array, rows: Rows, table: Array) -> Rows:
        if stored.shape[:1] != table.shape[:1]:
            raise ValueError(
                f"this optimizer keeps an array of shape {list(stored.shape)} for a table of shape"
                f" {list(table.shape)}, which has no row for each word: update the whole tables"
                " with dense_step, or train(..., update='tables')."
            )
        return rows

    return optax.tree_utils.tree_map_params(
        optimizer,
        owner,
        state.opt_state,
        _each(lambda rows: rows, merged),
        state.params,
        transform_non_params=lambda _: None,
    )


def _take(table: Array, rows: Rows | None) -> Array:
    if rows is None or rows.ids is None:
        return table
    return table.at[rows.ids].get(mode="fill", fill_value=0)


def _put(table: Array, rows: Rows | None, values: Array) -> Array:
    if rows is None or rows.ids is None:
        return values
    return table.at[rows.ids].set(values, mode="drop")
