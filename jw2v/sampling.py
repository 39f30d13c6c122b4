"""Which words are drawn: subsampling of frequent words and the noise of negative sampling."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Int, Integer, PRNGKeyArray, UInt32
from numpy.typing import NDArray

from jw2v import _arrays

__all__ = ["Noise", "keep_probability", "noise", "pair_weights"]

_TOTAL = 2**31


def keep_probability(counts: NDArray[np.int64], threshold: float) -> NDArray[np.float32]:
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
    numbers = _checked("keep_probability", counts)
    if not (_is_number(threshold) and 0 <= threshold < np.inf):
        raise ValueError(
            "keep_probability: threshold must be a share of the text, 0 or more;"
            f" got {threshold!r}."
        )
    if threshold == 0:
        return np.ones(len(numbers), np.float32)
    seen = numbers > 0
    with np.errstate(over="ignore"):
        total = numbers.sum()
        ratio = threshold * total / np.where(seen, numbers, 1)
    if not total < np.inf:
        raise ValueError(
            "keep_probability: counts must have a sum in the range of float64; got inf."
        )
    keep = np.where(seen, np.minimum(1, np.sqrt(ratio) + ratio), 1)
    return keep.astype(np.float32)


def pair_weights(
    length: int, window: int, *, shrink: bool, reach: int | None = None
) -> NDArray[np.float32]:
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

    Returns:
        [L, L]: 0 on the diagonal and for words more than m, or than ``reach``, apart.

    Raises:
        ValueError: a run that is too short, or numbers that are not whole or too small.

    >>> pair_weights(5, 1, shrink=True)[0].tolist()
    [0.0, 1.25, 0.0, 0.0, 0.0]
    """
    _arrays.whole("pair_weights", "length", length, 1)
    _arrays.whole("pair_weights", "window", window, 1)
    if reach is not None:
        _arrays.whole("pair_weights", "reach", reach, 0)
    reach = window if reach is None else min(reach, window)
    if length <= reach:
        raise ValueError(f"a run of {length} words is too short for windows of radius {reach}")
    places = np.arange(length)
    distance = np.abs(places[:, None] - places)
    drawn = (window + 1 - distance) / window if shrink else np.ones(distance.shape)
    weights = drawn * length / (length - distance)
    return np.where((distance > 0) & (distance <= reach), weights, 0).astype(np.float32)


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["ends", "guide"],
    meta_fields=["halvings", "drawable"],
)
@dataclass(frozen=True)
class Noise:
    """A distribution over words, drawn exactly with a few look-ups whatever the vocabulary.

    Word w owns the whole numbers from ``ends[w - 1]`` up to ``ends[w]``; a number drawn uniformly
    below ``ends[-1]`` draws the word that owns it. Whole numbers of 32 bits keep the shares of the
    rarest words right, which sums in float32 would not. ``guide[b]`` is the owner of the first
    number whose leading bits are b, so that the owner of any number lies between two entries of the
    guide, and ``halvings`` bisections always find it.
    """

    ends: UInt32[Array, "vocab"]
    guide: Int[Array, "buckets"]
    halvings: int
    drawable: int
    """how many words have a count above 0: no other is ever drawn"""

    def draw(self, key: PRNGKeyArray, shape: tuple[int, ...]) -> Int[Array, "..."]:
        """Independent words.

        >>> noise(np.array([1, 0, 1]), 1.0).draw(jax.random.key(0), (2, 3)).shape
        (2, 3)
        """
        return self._owner(_below(self.ends[-1], jax.random.bits(key, shape, jnp.uint32)))

    def draw_spread(self, key: PRNGKeyArray, runs: int, S: int) -> Int[Array, "runs S"]:
        """S words for each of some runs, spread over the whole distribution.

        Definition (t5): the numbers are cut into runs · S strata of one size, and each stratum
        draws one word. The s-th word of a run comes from any of the s-th group of strata, all with
        the same probability. So every word is expected in a run as often as among S independent
        draws, and in all runs together it comes as often as expected, give or take 2.

        >>> common = noise(np.array([2, 1, 1]), 1.0)
        >>> jnp.sort(common.draw_spread(jax.random.key(0), 3, 4)).tolist()
        [[0, 0, 1, 2], [0, 0, 1, 2], [0, 0, 1, 2]]
        """
        _arrays.whole("draw_spread", "runs", runs, 0)
        _arrays.whole("draw_spread", "S", S, 0)
        key_shift, key_number = jax.random.split(key)
        shift = jax.random.randint(key_shift, (S,), 0, runs, jnp.int32)
        stratum = jnp.arange(S) * runs + (jnp.arange(runs)[:, None] + shift) % runs
        parts = (np.arange(runs * S, dtype=np.uint64) << np.uint64(32)) // np.uint64(runs * S)
        starts = _below(self.ends[-1], jnp.asarray(parts.astype(np.uint32)))
        starts = jnp.append(starts, self.ends[-1])
        first, end = starts[stratum], starts[stratum + 1]
        bits = jax.random.bits(key_number, stratum.shape, jnp.uint32)
        return self._owner(first + _below(end - first, bits))

    def draw_other(
        self, key: PRNGKeyArray, o: Integer[ArrayLike, "*shape"], K: int
    ) -> Int[Array, "..."]:
        """K independent words for each entry of ``o``, none equal to it.

        Exact without rejection: the numbers of ``o`` are left out and the gap is closed. Whatever
        ``o`` is, the noise must have two words that can be drawn, or ``ValueError`` is raised. A
        row number outside the table raises it too where it is known; where it is traced the words
        drawn for it mean nothing, and the loss that ``o`` gives is NaN.

        >>> o = jnp.array([0, 1])
        >>> noise(np.array([1, 1]), 1.0).draw_other(jax.random.key(0), o, 3).tolist()
        [[1, 1, 1], [0, 0, 0]]
        """
        _arrays.whole("draw_other", "K", K, 0)
        if self.drawable < 2:
            raise ValueError(
                "draw_other: a second word must have a count above 0, or there is none to draw"
                " beside o; the noise draws one word alone."
            )
        o = _arrays.index("draw_other", "o", o, len(self.ends), "*shape")
        end = self.ends[o]
        start = jnp.where(o > 0, self.ends[o - 1], 0)
        share = (end - start)[..., None]
        number = _below(self.ends[-1] - share, jax.random.bits(key, (*o.shape, K), jnp.uint32))
        return self._owner(jnp.where(number < start[..., None], number, number + share))

    def _owner(self, number: UInt32[Array, "*shape"]) -> Int[Array, "*shape"]:
        bucket = number >> (32 - _guide_bits(len(self.guide) - 1))
        first, last = self.guide[bucket], self.guide[bucket + 1]
        for _ in range(self.halvings):
            middle = (first + last) // 2
            later = self.ends[middle] <= number
            first, last = jnp.where(later, middle + 1, first), jnp.where(later, last, middle)
        return first


def noise(counts: NDArray[np.int64], exponent: float) -> Noise:
    """The noise distribution of negative sampling: probabilities in proportion to counts^exponent.

    Source: Mikolov et al., Distributed Representations of Words and Phrases (2013), section 2.2,
    where the exponent is 0.75.

    Args:
        counts: for each word, how often it was seen. A word of count 0 is never drawn, whatever
            the exponent.
        exponent: any finite number.

    Raises:
        ValueError: counts that are negative, not finite or all 0, and an exponent that is no number
            or takes them out of the range of float64.

    >>> common, rare = np.diff(noise(np.array([16, 1]), 0.75).ends, prepend=0)
    >>> round(float(common / rare), 3)
    8.0
    """
    numbers = _checked("noise", counts)
    seen = numbers > 0
    if not seen.any():
        raise ValueError("noise: some word must have a count above 0, or there is none to draw.")
    if not _is_number(exponent):
        raise ValueError(f"noise: exponent must be a number; got {exponent!r}.")
    weights = np.zeros(len(numbers))
    with np.errstate(all="ignore"):
        weights[seen] = numbers[seen] ** exponent
    if not (np.isfinite(exponent) and 0 < weights.sum() < np.inf):
        raise ValueError(
            f"noise: counts^exponent must have a sum in the range of float64; got {weights.sum()}"
            f" with exponent {exponent!r}."
        )
    shares = np.where(seen, np.maximum(1, np.floor(weights / weights.sum() * _TOTAL)), 0)
    ends = np.cumsum(shares).astype(np.uint64)
    bits = _guide_bits(8 * len(ends))
    bounds = np.arange(2**bits + 1, dtype=np.uint64) << np.uint64(32 - bits)
    guide = np.minimum(np.searchsorted(ends, bounds, side="right"), len(ends) - 1)
    halvings = int(np.diff(guide).max()).bit_length()
    return Noise(
        jnp.asarray(ends.astype(np.uint32)),
        jnp.asarray(guide, jnp.int32),
        halvings,
        drawable=int(seen.sum()),
    )


def _checked(function: str, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Counts in float64, in which their sums cannot wrap around."""
    counts = np.asarray(counts)
    if counts.ndim != 1 or counts.dtype.kind not in "iuf":
        raise ValueError(
            f"{function}: counts must be one number for each word;"
            f" got dtype {counts.dtype} of shape {list(counts.shape)}."
        )
    with np.errstate(over="ignore"):
        held = counts.astype(np.float64)
    wrong = counts[~((held >= 0) & (held < np.inf))]
    if wrong.size:
        raise ValueError(f"{function}: counts must be finite numbers of 0 or more; got {wrong[0]}.")
    return held


def _is_number(value: Any) -> bool:
    """One real number, and no boolean."""
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf"


def _guide_bits(buckets: int) -> int:
    return min(22, (buckets - 1).bit_length())


def _below(limit: UInt32[Array, "..."], bits: UInt32[Array, "..."]) -> Array:
    """The whole part of limit x bits / 2^32: uniform below ``limit``, to within 2^-32.

    The 64-bit product is put together from 16-bit halves, since jax has no 64-bit integers by
    default.
    """
    high, low = bits >> 16, bits & 0xFFFF
    limit_high, limit_low = limit >> 16, limit & 0xFFFF
    middle = high * limit_low + (low * limit_low >> 16)
    carried = low * limit_high + (middle & 0xFFFF)
    return high * limit_high + (middle >> 16) + (carried >> 16)
