"""One training step as a pure function, and many of them under one ``lax.scan``."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jw2v.objectives.rows import Evaluation, Objective, Rows, checked, each
from jw2v.params import AnyParams
from jw2v.steps import trials, updates

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

    params: AnyParams
    opt_state: optax.OptState
    key: PRNGKeyArray
    step: Int[Array, ""]


class Totals(NamedTuple):
    """Sums over the pairs of each step; their quotient is the mean loss in nats a pair."""

    loss: Float[Array, "*steps"]
    pairs: Float[Array, "*steps"]


Step = Callable[[TrainState, Any], tuple[TrainState, Totals]]
"""``(state, batch) -> (state, totals)``, pure."""


def start(
    params: AnyParams, optimizer: optax.GradientTransformation, key: PRNGKeyArray
) -> TrainState:
    """The state before the first step; ``key`` seeds all that the objective will draw.

    Raises:
        ValueError: the optimizer cannot begin with these tables, or ``key`` is no key.
    """
    try:
        jax.eval_shape(jax.random.fold_in, key, 0)
    except (TypeError, ValueError) as error:
        raise ValueError(f"key must be one key, as jax.random.key makes; got {key!r}.") from error
    again = [any(table is other for other in params[:i]) for i, table in enumerate(params)]
    if any(again):  # no buffer can be donated twice
        tables = (jnp.array(x) if twice else x for x, twice in zip(params, again, strict=True))
        params = type(params)(*tables)
    key = jnp.array(key)  # a copy: the caller's own must outlive the donation of the state
    return TrainState(params, updates.begun(optimizer, params), key, jnp.zeros([], jnp.int32))


def row_step(objective: Objective, optimizer: optax.GradientTransformation) -> Step:
    """A step that touches only the rows that a batch names, at a cost that vocab does not change.

    That is so in 32 bits or more: tables of half precision are added to in float32, all of them.

    The optimizer transforms the rows of the gradient and the results are added into the tables,
    where the rows of one word sum up. That equals :func:`dense_step` for optimizers that are
    linear in the gradient and keep no state for each parameter, such as ``optax.sgd`` and
    :func:`jw2v.optimizers.curvature_bounded_sgd`; ``update`` receives ``value`` and ``curvature``
    as there.

    Raises:
        ValueError: a trial on small tables (:func:`jw2v.steps.trials.of_row_step`) shows that it
            does not equal :func:`dense_step` for this optimizer.
    """
    trials.of_row_step(optimizer)
    return _step(objective, optimizer, updates.by_rows)


def lazy_step(objective: Objective, optimizer: optax.GradientTransformation) -> Step:
    """A step that touches only the rows that a batch names, for optimizers with state of their own.

    The gradient rows of one word are summed, and the optimizer sees them with the rows of the
    parameters and of its own state for the same words; what it returns for a word goes back there.
    So the words of the batch get what :func:`dense_step` would give them, from the same parameters
    and state; all other words keep theirs, whatever the optimizer would have done with a gradient
    of 0. Over many steps this equals :func:`dense_step` for optimizers that do nothing with a
    gradient of 0, such as ``optax.adagrad``, ``optax.sgd``, or either after
    ``optax.clip_by_global_norm``. Momentum, decaying averages and weight decay are lazy: with
    ``optax.adam`` a word's moments decay in the steps that name it, while the correction of their
    bias counts every step, as a schedule does. ``optax.partition`` may give each table an optimizer
    of its own, or none: see :func:`dense_step`.

    The cost of a step does not grow with the tables, but for one whole number a word. ``update``
    receives ``value`` and ``grad`` as in :func:`dense_step`, and both are of the named rows.

    Raises:
        ValueError: what the optimizer does to a word depends on words that the batch does not name
            (``optax.lamb``, ``optax.adafactor``, ``optax.contrib.muon``, noise), or it moves words
            in later steps than those that name them (``optax.MultiSteps``): see
            :func:`jw2v.steps.trials.of_lazy_step`, which tries it on small tables. Or, when the
            step is first traced, its state has no row for each word of the tables.
    """
    trials.of_lazy_step(optimizer)

    def apply(optimizer: Any, params: AnyParams, *given: Any) -> tuple[AnyParams, optax.OptState]:
        trials.same_state(optimizer, params)
        return updates.lazily(optimizer, params, *given)

    return _step(objective, optimizer, apply)


def dense_step(objective: Objective, optimizer: optax.GradientTransformation) -> Step:
    """A step with the gradient of both whole tables, for any optimizer; its cost grows with vocab.

    Optimizers that look at more than the gradient get it by name, if their ``update`` takes it:

    - ``value``, the loss that the gradient is of: the objective's, times its weight, so that after
      :func:`jw2v.objectives.weighted` by 1 / batch both are of the mean; and ``grad``, the gradient
      (``optax.polyak_sgd``, ``optax.contrib.reduce_on_plateau``, ``optax.contrib.momo``);
    - ``value_fn`` and ``obj_fn``, that loss of the same batch as a function of the parameters; its
      derivative is the objective's own gradient (``optax.lbfgs``, line searches,
      ``optax.contrib.sophia``), and ``grad_fn``, that gradient (``optax.contrib.sam``);
    - ``curvature``, the bound on each row's curvature.

    Labels and masks of ``optax.partition``, ``optax.masked`` and ``optax.freeze`` are a
    :class:`jw2v.params.Params`, one for each table: ``optax.partition({"learn": optax.adam(1e-3),
    "keep": optax.set_to_zero()}, Params(V="learn", U="keep"))`` keeps the outside vectors as they
    are.

    Raises:
        ValueError: when the step is first traced, the optimizer fails with these, or does not
            return an update for each number of the tables.
    """
    return _step(objective, optimizer, updates.by_tables, functions=True)


def scan_steps(step: Step, mesh: Mesh | None = None) -> Step:
    """A compiled run of steps, one for each entry of the batches' leading axis.

    The totals come back for every step. The state that goes in is donated: its buffers become
    those of the state that comes out.

    With a mesh, one of :func:`jw2v.meshes.mesh_of`, the state is to lie on it as
    :func:`jw2v.meshes.placed` puts it, and batches as :func:`jw2v.meshes.dealt` does.
    """

    @partial(jax.jit, donate_argnums=0)
    def run(state: TrainState, batches: Any) -> tuple[TrainState, Totals]:
        return jax.lax.scan(step, state, batches)

    def on_mesh(state: TrainState, batches: Any) -> tuple[TrainState, Totals]:
        with jax.set_mesh(mesh):
            after, totals = run(state, batches)
        return after, totals

    return run if mesh is None else on_mesh


def _step(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    apply: updates.Apply,
    *,
    functions: bool = False,
) -> Step:
    objective = checked(objective)

    def step(state: TrainState, batch: Any) -> tuple[TrainState, Totals]:
        key = jax.random.fold_in(state.key, state.step)
        evaluation = objective(state.params, batch, key)
        extra: dict[str, Any] = {"value": evaluation.weight * evaluation.loss}
        if functions:
            extra |= _functions(lambda params: objective(params, batch, key))
        gradient = type(evaluation.gradient)(*map(Rows.gathered, evaluation.gradient))
        params, opt_state = apply(optimizer, state.params, state.opt_state, gradient, extra)
        after = TrainState(params, opt_state, state.key, state.step + 1)
        return after, Totals(evaluation.loss, evaluation.pairs)

    return step


def _functions(evaluate: Callable[[AnyParams], Evaluation]) -> dict[str, Callable[..., Any]]:
    """The loss of a batch, and its gradient, as functions of the parameters."""

    @jax.custom_jvp
    def value(params: AnyParams) -> Array:
        evaluation = evaluate(params)
        return evaluation.weight * evaluation.loss

    def gradient(params: AnyParams, *_: Any) -> AnyParams:
        dense: AnyParams = each(Rows.dense, evaluate(params).gradient, params)
        return dense

    @value.defjvp
    def derivative(params: tuple[AnyParams], along: tuple[AnyParams]) -> tuple[Array, Array]:
        products = jax.tree.map(jnp.vdot, gradient(*params), *along)
        total: Array = jax.tree.reduce(jnp.add, products)
        return value(*params), total

    # Line searches pass on by name what else they were given.
    def value_fn(
        params: AnyParams, *, obj_fn: Any = None, grad_fn: Any = None, curvature: Any = None
    ) -> Array:
        return value(params)

    return {"value_fn": value_fn, "obj_fn": value, "grad_fn": gradient}
