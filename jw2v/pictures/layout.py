"""Words in the plane by the graph of their neighbours: t-SNE with sampled repulsion, in JAX."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from jw2v.params import key_of

__all__ = ["lay_out"]

_STEPS = 400
_AT_ONCE = 20  # steps between two reports
_SAMPLE = 128  # points that push all the others in a step
_TOGETHER = 12.0  # attraction in the first step over that in the last ones
_APART = 0.6  # of the way, until when attraction is that strong no more
_CALM = 0.3  # of the way, in which steps shorten to nothing
_MOMENTUM = 0.8
_NEAREST = 0.05  # neighbours attract each other down to this distance
_FEW = 0.6  # and down to this one over √n, where there are few points
_TREMBLE = 1e-3  # while attraction is strong, so that no two points fall into one


def lay_out(
    near: npt.NDArray[np.integer[Any]],
    start: npt.NDArray[np.floating[Any]],
    seed: int = 0,
    progress: Callable[[float], object] = lambda fraction: None,
) -> npt.NDArray[np.float64]:
    """Places in the plane where neighbours are together and all others apart.

    Definition: with yᵢ for the place of i, wᵢⱼ = 1 / (1 + ‖yᵢ − yⱼ‖²), n points and k neighbours of
    each, steps along

        1/2k Σⱼ aᵢⱼ wᵢⱼ (yⱼ − yᵢ) + 1/ρ · n Σⱼ wᵢⱼ² (yᵢ − yⱼ) / Σᵢⱼ wᵢⱼ

    with momentum, where aᵢⱼ = max(0, 1 − r / ‖yᵢ − yⱼ‖) with a small r: a few points that are each
    other's neighbours, and nobody else's, would otherwise fall into one. The first sum is over the
    neighbours of i, and over those whose neighbour i is. The last ones are estimated from 128
    points, drawn in each step. ρ falls from 12 to 1, where this is the descent of t-SNE but for a,
    in which every neighbour has the same share. Until then points tremble a little: two in one
    place would never part.

    Args:
        near: [n, k], row numbers of the neighbours of each point.
        start: [n, 2], where points are at first; its unit does not matter.
        seed: of the draws; the same one gives the same places on one machine.
        progress: is told the fraction of the way, now and then.

    Source: van der Maaten and Hinton, Visualizing Data using t-SNE (2008); Böhm, Berens and Kobak,
    Attraction-Repulsion Spectrum in Neighbor Embeddings (2022).

    >>> pairs = np.array([[1], [0], [3], [2]])
    >>> y = lay_out(pairs, np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]))
    >>> bool(np.linalg.norm(y[0] - y[1]) < np.linalg.norm(y[0] - y[2]))
    True
    """
    places = start / (start.std() or 1.0)
    y, key, rows = jnp.asarray(places, jnp.float32), key_of(seed), jnp.asarray(near)
    speed = jnp.zeros_like(y)
    for first in range(0, _STEPS, _AT_ONCE):
        y, speed = jax.block_until_ready(_some_steps(y, speed, rows, key, first))
        progress((first + _AT_ONCE) / _STEPS)
    return np.asarray(y, np.float64)


@jax.jit
def _some_steps(
    y: jax.Array, speed: jax.Array, near: jax.Array, key: jax.Array, first: jax.Array
) -> tuple[jax.Array, jax.Array]:
    (y, speed), _ = jax.lax.scan(
        partial(_step, near, key), (y, speed), first + jnp.arange(_AT_ONCE)
    )
    return y, speed


def _step(
    near: jax.Array, key: jax.Array, moving: tuple[jax.Array, jax.Array], number: jax.Array
) -> tuple[tuple[jax.Array, jax.Array], None]:
    y, speed = moving
    n, k = near.shape
    way = number / _STEPS
    apart = y[near] - y[:, None]
    squares = (apart**2).sum(-1, keepdims=True)
    least = max(_NEAREST, _FEW / n**0.5)
    held = jnp.maximum(0, 1 - least * jax.lax.rsqrt(squares + _TREMBLE**2))
    pulls = held * apart / (1 + squares)
    pulled = pulls.sum(1) - jnp.zeros_like(y).at[near.ravel()].add(pulls.reshape(-1, 2))
    to_draw, to_tremble = jax.random.split(jax.random.fold_in(key, number))
    drawn = y[jax.random.randint(to_draw, (_SAMPLE,), 0, n)]
    # By coordinate: an axis of two would be last, and slow.
    dx, dy = (y[:, axis, None] - drawn[:, axis] for axis in (0, 1))
    w = 1 / (1 + dx**2 + dy**2)
    pushed = jnp.stack([(w**2 * dx).sum(1), (w**2 * dy).sum(1)], axis=1) * (n / w.sum())
    rho = _TOGETHER ** jnp.maximum(0, 1 - way / _APART)
    speed = _MOMENTUM * speed + pulled / (2 * k) + pushed / rho
    y += jnp.where(way < _APART, _TREMBLE, 0) * jax.random.normal(to_tremble, y.shape)
    return (y + jnp.minimum(1, (1 - way) / _CALM) * speed, speed), None
