"""Which occurrences of a word are kept, and how much each pair in a run of text counts."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import DTypeLike, NDArray

from jw2v import _arrays

__all__ = ["checked_counts", "is_number", "keep_probability", "pair_weights"]


def keep_probability(counts: NDArray[Any], threshold: float) -> NDArray[np.float32]:
    """The probability with which one occurrence of each word stays in the text.

    Definition: min(1, sqrt(t/f) + t/f) with f the word's share of all tokens, as word2vec.c and
    gensim compute it. A threshold of 0 keeps everything.

    Args:
        counts: how often each word was seen, or its share: numbers of any size. A word that was
            not seen is kept.
        threshold: t, a share of the text.

    Raises:
        ValueError: counts or a threshold that are negative or not finite, or a sum of counts out of
            the range of float64.

    >>> [f"{p:.3f}" for p in keep_probability(np.array([98, 2]), 0.02)]
    ['0.163', '1.000']
    """
    numbers = checked_counts("keep_probability", counts)
    if not (is_number(threshold) and 0 <= threshold < np.inf):
        raise ValueError(
            "keep_probability: threshold must be a share of the text, 0 or more;"
            f" got {threshold!r}."
        )
    if threshold == 0:
        return np.ones(len(numbers), np.float32)
    seen = numbers > 0
    with np.errstate(over="ignore"):
        total = numbers.sum()
        # So that no product of small numbers vanishes.
        ratio = threshold * (total / np.where(seen, numbers, 1))
    if not total < np.inf:
        raise ValueError(
            "keep_probability: counts must have a sum in the range of float64; got inf."
        )
    keep = np.where(seen, np.minimum(1, np.sqrt(ratio) + ratio), 1)
    return keep.astype(np.float32)


def pair_weights(
    length: int,
    window: int,
    *,
    shrink: bool,
    reach: int | None = None,
    dtype: DTypeLike = np.float32,
) -> NDArray[np.floating[Any]]:
    """How much each pair of places in a run of text counts, so that runs stand for windows.

    Definition (t6): a text is cut into runs of L words, at an offset drawn uniformly. Two words at
    distance h share a run with probability (L − h)/L; under word2vec's window, whose radius is
    drawn uniformly from 1..m, they pair with probability (m + 1 − h)/m. The quotient of the two is
    the weight, so that each pair counts as often as word2vec draws it, on average, without drawing
    any radius. Without ``shrink`` the radius is m, and the weight L/(L − h).

    Args:
        length: L, more than ``window``, or than ``reach`` where that is given.
        window: m.
        shrink: whether the radius of a window is drawn.
        reach: where no two words of a sentence are farther apart than this, a run need not hold
            more; m by default.
        dtype: what they are rounded to. For tables in float64, take that.

    Returns:
        [L, L]: 0 on the diagonal and for words more than m, or than ``reach``, apart.

    Raises:
        ValueError: a run that is too short, numbers that are not whole or too small, or a dtype of
            whole numbers.

    >>> pair_weights(5, 1, shrink=True)[0].tolist()
    [0.0, 1.25, 0.0, 0.0, 0.0]
    """
    _arrays.whole("pair_weights", "length", length, 1)
    _arrays.whole("pair_weights", "window", window, 1)
    if reach is not None:
        _arrays.whole("pair_weights", "reach", reach, 0)
    _arrays.flag("pair_weights", "shrink", shrink)
    if not jnp.issubdtype(np.dtype(dtype), jnp.floating):
        raise ValueError(
            f"pair_weights: dtype must be of floating-point numbers, for weights are no whole ones;"
            f" got {np.dtype(dtype)}."
        )
    reach = window if reach is None else min(reach, window)
    if length <= reach:
        raise ValueError(f"a run of {length} words is too short for windows of radius {reach}")
    weights: NDArray[np.floating[Any]] = _weights(np, length, window, reach, shrink)
    return weights.astype(dtype)


def _weights(
    xp: Any, length: _arrays.Size, window: _arrays.Size, reach: _arrays.Size, shrink: bool
) -> Any:
    """The weights of pairs up to ``reach`` apart, by NumPy or by ``jax.numpy``."""
    places = xp.arange(length)
    distance = xp.abs(places[:, None] - places)
    drawn = (window + 1 - distance) / window if shrink else xp.ones(distance.shape)
    weights = drawn * length / (length - distance)
    return xp.where((distance > 0) & (distance <= reach), weights, 0)


def checked_counts(function: str, counts: NDArray[Any]) -> NDArray[np.float64]:
    """Counts in float64, in which their sums cannot wrap around."""
    if isinstance(counts, np.ma.MaskedArray):
        raise ValueError(f"{function}: counts must be one number for each word; some are masked.")
    booleans, counts = _arrays.lists_booleans(counts), np.asarray(counts)
    if booleans or counts.ndim != 1 or counts.dtype.kind not in "iuf":
        raise ValueError(
            f"{function}: counts must be one number for each word{', and no boolean' * booleans};"
            f" got dtype {counts.dtype} of shape {list(counts.shape)}."
        )
    with np.errstate(over="ignore"):
        held = counts.astype(np.float64)
    wrong = counts[~((held >= 0) & (held < np.inf))]
    if wrong.size:
        raise ValueError(f"{function}: counts must be finite numbers of 0 or more; got {wrong[0]}.")
    return held


def is_number(value: Any) -> bool:
    """One real number, and no boolean."""
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf"
