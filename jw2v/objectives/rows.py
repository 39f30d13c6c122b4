"""What a batch asks of the tables: its loss, its gradient in rows, and their curvature."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jw2v import _arrays, meshes
from jw2v.params import AnyParams, Params

__all__ = [
    "Evaluation",
    "Gradient",
    "Objective",
    "Rows",
    "checked",
    "each",
    "in_halves",
    "weighted",
]


class Rows(NamedTuple):
    """The gradient with respect to one table, in rows.

    Entry i belongs to row ``ids[i]``; entries of equal ids add up. Without ``ids`` there is one
    entry for each row of the table, in order.

    The ids are row numbers of the table, from 0 on: none counts from its end. A training step
    refuses arrays of other shapes, and of ids that lie outside it makes NaN: see :func:`checked`.
    """

    ids: Int[Array, "*entries"] | None
    gradient: Float[Array, "*entries dim"]
    curvature: Float[Array, "*entries"]
    """a bound on the largest eigenvalue of the Hessian with respect to the row"""

    def dense(self, table: Array) -> Array:
        """The gradient of a whole table."""
        return self._total(self.gradient, jnp.zeros_like(table))

    def dense_curvature(self, table: Array) -> Array:
        """The curvature of every row of a table."""
        return self._total(self.curvature, _arrays.wide(jnp.zeros(table.shape[0], table.dtype)))

    def curvature_of_word(self, table: Array) -> Array:
        """For each entry, the curvature summed over all entries of its row."""
        total = self.dense_curvature(table)
        return total if self.ids is None else total[self.ids]

    def added_to(self, table: Array, updates: Array, *, mode: str = "promise_in_bounds") -> Array:
        """A table with an update added for each entry."""
        updates = jnp.asarray(updates, table.dtype)
        return table + updates if self.ids is None else _added(table, self.ids, updates, mode)

    def taken_from(self, table: Array) -> Array:
        """The rows of a table that the entries name; 0 for those past its end."""
        return table if self.ids is None else table.at[self.ids].get(mode="fill", fill_value=0)

    def put_in(self, table: Array, rows: Array) -> Array:
        """A table with rows in the place of those that the entries name."""
        return rows if self.ids is None else table.at[self.ids].set(rows, mode="drop")

    def merged(self, table: Array) -> "Rows":
        """One entry a row: its first holds the sum, the others 0 and an id past the table."""
        if self.ids is None:
            return self
        axes = self.ids.ndim
        ids = self.ids.reshape(-1)
        (entries,) = ids.shape
        entry = jnp.arange(entries, dtype=jnp.int32)
        unseen = jnp.full(table.shape[0], entries, jnp.int32)
        first = unseen.at[ids].min(entry, mode="promise_in_bounds")[ids]

        def summed(values: Array) -> Array:
            values = values.reshape(entries, *values.shape[axes:])
            return _added(jnp.zeros_like(values), first, values)

        only = jnp.where(first == entry, ids, table.shape[0])
        return Rows(only, summed(self.gradient), summed(_arrays.wide(self.curvature)))

    def gathered(self) -> "Rows":
        """The same, on every device that has these columns: see :mod:`jw2v.meshes`."""
        entries = 1 if self.ids is None else self.ids.ndim
        return Rows(
            None if self.ids is None else meshes.gathered(self.ids, entries=entries),
            meshes.gathered(self.gradient, entries=entries, columns=1),
            meshes.gathered(self.curvature, entries=entries),
        )

    def times(self, weight: Any) -> "Rows":
        """The rows of a loss that is so many times as large."""
        return Rows(self.ids, weight * self.gradient, weight * self.curvature)

    def _total(self, values: Array, zeros: Array) -> Array:
        if self.ids is None:
            return values
        return _added(zeros, self.ids, values)


def _added(table: Array, ids: Array, values: Array, mode: str = "promise_in_bounds") -> Array:
    """A table with values added into it; half precision is added up in float32."""
    total = _arrays.wide(table).at[ids].add(_arrays.wide(values), mode=mode)
    return total.astype(table.dtype)


class Gradient(NamedTuple):
    """The gradient with respect to each table."""

    V: Rows
    U: Rows

    def each(self, function: Callable[..., Any], *others: Params) -> Params:
        """``function(rows, *tables)`` for each table: its rows, and what ``others`` hold for it."""
        return Params(*map(function, self, *others))


def each(function: Callable[..., Any], gradient: Any, params: AnyParams, *others: Any) -> AnyParams:
    """``function(rows, table, *others)`` for each table, by its name."""
    return type(params)(*map(function, gradient, params, *others))


class Evaluation(NamedTuple):
    """A batch at given parameters."""

    loss: Float[Array, ""]
    """nats, summed over all pairs"""
    pairs: Float[Array, ""]
    """how many (center, outside) pairs there were, or the sum of their weights"""
    gradient: Gradient
    """the gradient of that sum, times the weight: for other tables than V and U a tuple of other
    names, which are theirs"""
    weight: Float[Array, ""] | float = 1.0
    """of the sum in the gradient, such as 1 / batch for the gradient of a mean"""


Objective = Callable[[AnyParams, Any, PRNGKeyArray], Evaluation]
"""``(params, batch, key) -> Evaluation``: the key is for what the objective draws.

An objective of one's own may have other tables than V and U, as many as it likes, each with a
height of its own: in a ``NamedTuple``, beside a gradient with the same names.
"""


def weighted(objective: Objective, weight: float) -> Objective:
    """The objective times a weight: 1 / batch makes a sum over windows their mean.

    Only the gradient and its curvature are weighted; the loss and the pairs are still the sums, and
    :attr:`Evaluation.weight` tells them from what the gradient is of.
    """

    def evaluate(params: AnyParams, batch: Any, key: PRNGKeyArray) -> Evaluation:
        evaluation = objective(params, batch, key)
        gradient = type(evaluation.gradient)(*(rows.times(weight) for rows in evaluation.gradient))
        return evaluation._replace(gradient=gradient, weight=weight * evaluation.weight)

    return evaluate


def in_halves(objective: Objective) -> Objective:
    """The same objective, of the two halves of a batch.

    XLA works on both at the same time: a small product of matrices alone keeps only one core of a
    processor busy. (On a mesh of devices the batch stays whole: each has a part of it already.) The
    objective must be a sum over the examples of a batch, of which there is at least one, must draw
    nothing, and must name the rows of its gradient by ids.
    """

    def evaluate(params: AnyParams, batch: Any, key: PRNGKeyArray) -> Evaluation:
        if meshes.in_use():
            return objective(params, batch, key)
        columns, tree = jax.tree.flatten(batch)
        halves = zip(*(jnp.array_split(column, 2) for column in columns), strict=True)
        found = [
            objective(params, jax.tree.unflatten(tree, half), key)
            for half in halves
            if half[0].shape[0]
        ]
        losses, pairs, gradients, _ = zip(*found, strict=True)
        return found[0]._replace(
            loss=jnp.stack(losses).sum(),
            pairs=jnp.stack(pairs).sum(),
            gradient=jax.tree.map(lambda *entries: jnp.concatenate(entries), *gradients),
        )

    return evaluate


def checked(objective: Objective) -> Objective:
    """The objective, held to what :class:`Rows` says of itself.

    Raises:
        ValueError: where it is called, arrays are of shapes that do not fit each other and the
            tables, or the loss, the pairs or the weight is no single number, or ids are known to
            lie outside. Of ids that are traced, one outside makes the loss and all rows of the
            gradient NaN.
    """

    def evaluate(params: AnyParams, batch: Any, key: PRNGKeyArray) -> Evaluation:
        found = objective(params, batch, key)
        if not isinstance(found, Evaluation):
            raise ValueError(
                "an objective must return a jw2v.objectives.Evaluation; got"
                f" {type(found).__name__}."
            )
        for what in ("loss", "pairs", "weight"):
            if shape := jnp.shape(getattr(found, what)):
                raise ValueError(f"an objective's {what} must be one number; got shape {shape}.")
        inside: Array | bool = True
        every = []
        if found.gradient._fields != params._fields:
            raise ValueError(
                f"an objective's gradient must be of the tables {', '.join(params._fields)}; got"
                f" {', '.join(found.gradient._fields)}."
            )
        for name, rows, table in zip(params._fields, found.gradient, params, strict=True):
            _check_shapes(name, rows, table)
            if rows.ids is not None:
                vocab = table.shape[0]
                what = f"the ids of the gradient by {name}"
                ids = _arrays.index("an objective", what, rows.ids, vocab, "*shape")
                inside &= _arrays.inside(ids, vocab)
                rows = rows._replace(ids=jnp.clip(ids, 0, vocab - 1))
            every.append(rows)
        gradient = type(found.gradient)(*(_known(inside, rows) for rows in every))
        loss = found.loss if inside is True else jnp.where(inside, found.loss, jnp.nan)
        return found._replace(loss=loss, gradient=gradient)

    return evaluate


def _known(inside: Array | bool, rows: Rows) -> Rows:
    """Rows, of NaN unless all ids were ``inside``."""
    if inside is True:
        return rows
    return Rows(rows.ids, *(jnp.where(inside, values, jnp.nan) for values in rows[1:]))


def _check_shapes(name: str, rows: Rows, table: Array) -> None:
    """Refuse what would be broadcast over entries or rows."""
    entries = table.shape[:1] if rows.ids is None else jnp.shape(rows.ids)
    for what, found, expected in (
        ("gradient", rows.gradient, (*entries, table.shape[1])),
        ("curvature", rows.curvature, entries),
    ):
        if jnp.shape(found) != expected:
            of = "row of the table" if rows.ids is None else "id"
            raise ValueError(
                f"an objective's {what} by {name} must have one entry for each {of}, of shape"
                f" {list(expected)}; got {list(jnp.shape(found))}."
            )
