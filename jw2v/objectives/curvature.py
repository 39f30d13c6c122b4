"""Bounds on the curvature of the naive softmax that hold all along a row's step (t7).

The Hessian of a row changes while the row moves, so a bound on it at the start of a step says
nothing about its end. Two things are known. Some bound G holds everywhere. And where the row has
moved by t, the Hessian has grown by the factor exp(D t) at the most, with D how far a move of 1
shifts a logit: so eˢ L holds within s / D, if L bounds the Hessian at the start. A step of
−(ρ/H) g with ρ ≤ 2 stays within if H ≥ 2 ‖g‖ D / s.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Integer

from jw2v import _arrays

__all__ = ["LARGEST_STEP", "Centers", "Unit", "along_a_step", "of_rows", "unit"]

LARGEST_STEP = 2.0
"""ρ, up to which the bounds hold; beyond it the step need not lower the loss anyway (t4)."""
ROUNDING = 8.0
"""Rounding units of G that are added to L, for all that was rounded, cancelled or vanished in it:
a bound of exactly 0 would let a row go anywhere."""


class Unit(NamedTuple):
    """A unit of length and an origin, in which squares of a table's entries fit."""

    length: Float[Array, ""]
    origin: Float[Array, "dim"]

    def measure(self, rows: Float[Array, "*rows dim"]) -> Float[Array, "*rows dim"]:
        """The rows in this unit, from this origin."""
        return rows / self.length - self.origin.reshape(*[1] * (rows.ndim - 1), -1)

    def squares(self, rows: Float[Array, "*rows dim"]) -> Float[Array, "*rows"]:
        """The squared distance of each row from the origin, in this unit."""
        return jnp.square(self.measure(rows)).sum(-1)

    def area(self, number: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """From squares of this unit to plain numbers; the largest of them where it overflows."""
        return jnp.minimum(number * self.length * self.length, jnp.finfo(number.dtype).max)


def unit(rows: Float[Array, "rows dim"], *, centred: bool = False) -> Unit:
    """The unit of a table's largest entry, with the mean of its rows, or 0, as the origin.

    >>> table = jnp.array([[1e30], [3e30]])
    >>> round(float(unit(table, centred=True).squares(table)[0]), 3)
    0.111
    """
    largest = jnp.abs(rows).max(initial=0)
    length = jnp.where(largest == 0, 1, largest)
    count = jnp.ones(rows.shape[:1], rows.dtype).sum()  # where the size is a symbol, too
    mean = (rows / length).sum(0) / jnp.maximum(1, count)
    return Unit(length, mean if centred else jnp.zeros_like(mean))


def along_a_step(
    local: Float[Array, "*rows"], everywhere: Float[Array, "..."], reach: Float[Array, "*rows"]
) -> Float[Array, "*rows"]:
    """H = min(G, max(eˢ L, ρ ‖g‖ D / s)), of L, G and ‖g‖ D, for an s that makes it small.

    Every s > 0 gives a bound. The two terms are equal at the s with s eˢ = κ, where κ is
    ρ ‖g‖ D / L: this is Winitzki's approximation of it, right to a fiftieth.

    >>> bounds = along_a_step(jnp.ones(2), jnp.full(2, 9.0), jnp.array([0.0, 9.0]))
    >>> [round(bound, 2) for bound in bounds.tolist()]
    [1.0, 8.46]
    """
    info = jnp.finfo(local.dtype)
    local = local + ROUNDING * info.eps * everywhere
    needed = LARGEST_STEP * reach
    κ = jnp.minimum(needed / jnp.where(local > 0, local, 1), info.max)
    log = jnp.log1p(κ)
    s = jnp.maximum(log * (1 - jnp.log1p(log) / (2 + log)), info.tiny)
    return jnp.minimum(everywhere, jnp.maximum(jnp.exp(s) * local, needed / s))


class Centers(NamedTuple):
    """What the bound for every outside vector needs to know of the centers."""

    unit: Unit
    squares: Float[Array, "batch"]
    """n ‖c‖² of each window, in this unit"""
    farthest: Float[Array, ""]
    """the largest of all ‖c‖, in this unit"""

    @classmethod
    def of(cls, C: Float[Array, "batch dim"], n: Float[Array, "batch"]) -> "Centers":
        """From the vectors, and how many outside words each window has."""
        measure = unit(C)
        squares = measure.squares(C)
        farthest = jnp.sqrt(jnp.where(n == 0, 0, squares).max(initial=0))
        return cls(measure, n * squares, farthest)

    def bound(
        self, gradient: Float[Array, "chunk dim"], y_hat: Float[Array, "chunk batch"]
    ) -> Float[Array, "chunk"]:
        """For the outside vectors of a chunk of words."""
        local = _arrays.dot(y_hat * jnp.maximum(0, 1 - y_hat), self.squares)
        length = jnp.sqrt(jnp.square(gradient / self.unit.length).sum(-1))
        return self.unit.area(along_a_step(local, self.squares.sum() / 4, length * self.farthest))


def of_rows(
    gradient: Float[Array, "batch dim"],
    offset: Float[Array, "batch dim"],
    n: Float[Array, "batch"],
    moment: Float[Array, "batch"],
    farthest: Float[Array, ""],
    center: Integer[Array, "batch"] | None,
) -> Float[Array, "batch"]:
    """The bounds for the vectors of the centers, which add up to that of a row where it is shared.

    Args:
        gradient: of the loss, by each vector.
        offset: n (μ − a), with μ the mean of the outside vectors under ŷ.
        n: outside words of each window.
        moment: n Σ_w ŷ_w ‖u_w − a‖².
        farthest: the largest of all ‖u_w − a‖².
        center: what tells which rows are one; None if each is one of its own.

    >>> ones = jnp.ones(2)
    >>> of_rows(ones[:, None], 0 * ones[:, None], ones, ones, ones[0], jnp.array([4, 4]))
    Array([1., 1.], dtype=float32)
    """
    words = jnp.maximum(n, 1)
    square = jnp.square(offset).sum(-1)
    local = jnp.maximum(0, moment - square / words)
    distance = jnp.sqrt(farthest) + jnp.sqrt(square) / words
    total, most = _over_equals(center)
    reach = jnp.sqrt(jnp.square(total(gradient)).sum(-1)) * most(distance)
    return along_a_step(total(local), total(n * farthest), reach) / total(jnp.ones_like(n))


def _over_equals(
    ids: Integer[Array, "batch"] | None,
) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """The sum, and the largest, over all entries of equal ids, for each entry."""
    if ids is None or not ids.shape[0]:
        return lambda values: values, lambda values: values
    size = ids.shape[0]
    _, place = jnp.unique(ids, return_inverse=True, size=size)

    def over(
        reduce: Callable[..., Array], values: Float[Array, "batch *rest"]
    ) -> Float[Array, "batch *rest"]:
        return reduce(values, place, num_segments=size)[place]

    return partial(over, jax.ops.segment_sum), partial(over, jax.ops.segment_max)
