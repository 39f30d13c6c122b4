"""What a batch asks of the tables: its loss, its gradient in rows, and their curvature."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array, Float, Int, PRNGKeyArray

from jw2v.params import Params

__all__ = ["Evaluation", "Gradient", "Objective", "Rows", "weighted"]


class Rows(NamedTuple):
    """The gradient with respect to one table, in rows.

    Entry i belongs to row ``ids[i]``; entries of equal ids add up. Without ``ids`` there is one
    entry for each row of the table, in order.
    """

    ids: Int[Array, "*entries"] | None
    gradient: Float[Array, "*entries dim"]
    curvature: Float[Array, "*entries"]
    """a bound on the largest eigenvalue of the Hessian with respect to the row"""


class Gradient(NamedTuple):
    """The gradient with respect to each table."""

    V: Rows
    U: Rows


class Evaluation(NamedTuple):
    """A batch at given parameters."""

    loss: Float[Array, ""]
    """nats, summed over all pairs"""
    pairs: Float[Array, ""]
    """how many (center, outside) pairs there were, or the sum of their weights"""
    gradient: Gradient
    """the gradient of that sum, times the weight"""
    weight: Float[Array, ""] | float = 1.0
    """of the sum in the gradient, such as 1 / batch for the gradient of a mean"""


Objective = Callable[[Params, Any, PRNGKeyArray], Evaluation]
"""``(params, batch, key) -> Evaluation``: the key is for what the objective draws."""


def weighted(objective: Objective, weight: float) -> Objective:
    """The objective times a weight: 1 / batch makes a sum over windows their mean.

    Only the gradient and its curvature are weighted; the loss and the pairs are still the sums, and
    :attr:`Evaluation.weight` tells them from what the gradient is of.
    """

    def scaled(rows: Rows) -> Rows:
        return Rows(rows.ids, weight * rows.gradient, weight * rows.curvature)

    def evaluate(params: Params, batch: Any, key: PRNGKeyArray) -> Evaluation:
        evaluation = objective(params, batch, key)
        V, U = evaluation.gradient
        gradient = Gradient(scaled(V), scaled(U))
        return evaluation._replace(gradient=gradient, weight=weight * evaluation.weight)

    return evaluate
