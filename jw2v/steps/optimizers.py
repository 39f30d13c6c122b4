"""The step rule of the trainer: gradient descent whose step is bounded by the curvature."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

__all__ = ["CurvatureState", "curvature_bounded_sgd"]


class CurvatureState(NamedTuple):
    """How many updates were made: where the schedule stands."""

    step: Int[Array, ""]


def curvature_bounded_sgd(
    learning_rate: optax.ScalarOrSchedule, step_bound: float | Float[Array, ""]
) -> optax.GradientTransformationExtraArgs:
    """Gradient descent in which row x moves by −min(η, ρ / h_x) g_x.

    η is the learning rate, g_x the gradient summed over the batch, and h_x a bound on the largest
    eigenvalue of the batch's Hessian with respect to the row, which ``update`` takes as the extra
    argument ``curvature``. A batch adds up thousands of terms in the rows of frequent words; there
    the second bound holds, in all other rows the step is the plain ηg of one example at a time.

    If h_x bounds the Hessian all along the step, if no other row moves and if ρ < 2, then the
    batch's loss falls by at least η'(1 − ½ η' h_x) ‖g_x‖² with η' = min(η, ρ / h_x), up to rounding
    (t4). The h_x of :mod:`jw2v.objectives` are such bounds: for negative sampling wherever the row
    goes (t2), for the naive softmax along a step of ρ ≤ 2 (t7). In training all rows of a batch
    move at once, which is not covered; that this works, and that ρ of 2 and more works well, is
    experience, not proof.

    Args:
        learning_rate: η, a number of 0 or more, or an optax schedule, whose numbers are not
            checked.
        step_bound: ρ, above 0.

    Returns:
        A transformation whose ``update`` needs ``curvature``: a tree like the gradients with the
        last axis left out.

    Raises:
        ValueError: a number that is no number, or out of these limits.

    >>> rule = curvature_bounded_sgd(0.5, step_bound=1.0)
    >>> g = jnp.ones((2, 1))
    >>> step, _ = rule.update(g, rule.init(g), curvature=jnp.array([0.1, 10.0]))
    >>> [round(x, 4) for x in step[:, 0].tolist()]
    [-0.5, -0.1]
    """

    if not (_is_traced(step_bound) or (_is_number(step_bound) and step_bound > 0)):
        raise ValueError(f"curvature_bounded_sgd: step_bound must be above 0; got {step_bound!r}.")
    rate_is_known = not (callable(learning_rate) or _is_traced(learning_rate))
    if rate_is_known and not (_is_number(learning_rate) and 0 <= learning_rate < np.inf):
        raise ValueError(
            "curvature_bounded_sgd: learning_rate must be a finite number of 0 or more, or a"
            f" schedule; got {learning_rate!r}."
        )

    def init(params: optax.Params) -> CurvatureState:
        return CurvatureState(jnp.zeros([], jnp.int32))

    def update(
        updates: optax.Updates,
        state: CurvatureState,
        params: optax.Params | None = None,
        *,
        curvature: Any,
        **extra: Any,
    ) -> tuple[optax.Updates, CurvatureState]:
        rate = learning_rate(state.step) if callable(learning_rate) else learning_rate

        def bounded(g: Array, h: Array) -> Array:
            if jnp.shape(h) != jnp.shape(g)[:-1]:
                raise ValueError(
                    "curvature_bounded_sgd: curvature must hold one number for each row of the"
                    f" gradient, of shape {list(jnp.shape(g)[:-1])}; got {list(jnp.shape(h))}."
                )
            # Divided by rather than min(rate, ρ / h), so that h = 0 needs no special case.
            scale = -rate / jnp.maximum(1, rate * h / step_bound)
            return jnp.expand_dims(scale, -1) * g

        bounded_updates = jax.tree.map(bounded, updates, curvature)
        return bounded_updates, CurvatureState(optax.safe_increment(state.step))

    return optax.GradientTransformationExtraArgs(init, update)


def _is_traced(value: Any) -> bool:
    return isinstance(value, jax.core.Tracer)


def _is_number(value: Any) -> bool:
    """One real number, of any type, and no boolean."""
    number = np.asarray(value)
    real = any(jnp.issubdtype(number.dtype, kind) for kind in (jnp.integer, jnp.floating))
    return real and not number.ndim
