"""Where to put labels so that none covers another, or a point."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["places"]

Floats = npt.NDArray[np.floating[Any]]

# Sixteen directions: to the right, the left, above and below, then between.
_DIRECTIONS = np.array([0, 8, 4, 12, 2, 6, 14, 10, 1, 7, 9, 15, 3, 5, 11, 13]) * np.pi / 8
_RINGS_AT_ONCE = 6


def places(
    points: Floats, sizes: Floats, frame: Floats, radius: float | Floats, lines: float = 30
) -> npt.NDArray[np.float64]:
    """Centers of labels, [n, 2]; NaN for a label that finds no room. Everything is in pixels.

    Definition: each label in turn takes the free place nearest to its point, on rings around it
    up to ``lines`` away, first to the right, the left, above and below. A place is free where the
    label covers no label before it and no point, and lies within the frame.

    Args:
        points: [n, 2], what the labels name; the first get the best places.
        sizes: [n, 2], width and height of each label, with the margin that it should have.
        frame: [4], left, bottom, right and top of the picture.
        radius: how much room a point takes to each side; one for all, or [n].
        lines: how far away from its point a label may be, in heights of a label.

    >>> points, sizes = np.array([[50.0, 50.0], [56.0, 50.0]]), np.array([[20.0, 8.0]] * 2)
    >>> places(points, sizes, np.array([0.0, 0.0, 100.0, 100.0]), radius=2).round(1).tolist()
    [[37.0, 50.0], [69.0, 50.0]]
    """
    radii = np.broadcast_to(np.asarray(radius, np.float64), len(points))
    taken = np.concatenate([points - radii[:, None], points + radii[:, None]], axis=1)
    centers = np.full(points.shape, np.nan)
    height = float(np.median(sizes[:, 1]))
    for i, (point, size) in enumerate(zip(points, sizes, strict=True)):
        for candidates in _rings(point, size, height, float(radii[i]), lines):
            low, high = candidates - size / 2, candidates + size / 2
            free = ((low >= frame[:2]) & (high <= frame[2:])).all(axis=1)
            free &= ~_covered(low, high, taken)
            if free.any():
                best = int(free.argmax())
                centers[i] = candidates[best]
                taken = np.concatenate([taken, [[*low[best], *high[best]]]])
                break
    return centers


def _rings(
    point: Floats, size: Floats, height: float, radius: float, lines: float
) -> Iterator[Floats]:
    """Places for the center of a label, nearest first, some rings at a time."""
    directions = np.stack([np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)], axis=1)
    distances = 1.5 * radius + np.arange(0, lines, 0.5) * height
    for start in range(0, len(distances), _RINGS_AT_ONCE):
        rings = distances[start : start + _RINGS_AT_ONCE, None, None]
        yield point + (directions * (rings + size / 2)).reshape(-1, 2)


def _covered(low: Floats, high: Floats, taken: Floats) -> npt.NDArray[np.bool_]:
    """Whether each box, from ``low`` to ``high``, covers some of any box in ``taken``; [n]."""
    near = ((taken[:, 2:] > low.min(axis=0)) & (taken[:, :2] < high.max(axis=0))).all(axis=1)
    left, bottom, right, top = taken[near].T
    covered = (low[:, :1] < right) & (high[:, :1] > left)
    covered &= (low[:, 1:] < top) & (high[:, 1:] > bottom)
    found: npt.NDArray[np.bool_] = np.any(covered, axis=1)
    return found
