"""The noise of negative sampling: which words are drawn."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, Integer, PRNGKeyArray, UInt32
from numpy.typing import NDArray

from jw2v import _arrays
from jw2v.feeding.subsampling import checked_counts, is_number

__all__ = ["Noise", "noise"]

_TOTAL = 2**31


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["ends", "guide"],
    meta_fields=["halvings", "drawable"],
)
@dataclass(frozen=True)
class Noise:
    """A distribution over words, drawn with a few look-ups whatever the vocabulary.

    Word w owns the whole numbers from ``ends[w - 1]`` up to ``ends[w]``; a number drawn uniformly
    below ``ends[-1]`` draws the word that owns it. Whole numbers of 32 bits keep the shares of the
    rarest words right, which sums in float32 would not. Of its exact probability p, a word owns the
    whole part of 2^31 p, and at least 1: so its share is right to 1 / (2^31 p) of itself, unless p
    is below 2^-31, where it is too large. ``guide[b]`` is the owner of the first
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
        stratum = _strata(shift, runs)
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

        Exact without rejection: the numbers of ``o`` are left out and the gap is closed, so that
        all others are drawn as often as they own numbers, to within 2^-32. Where nearly all of the
        noise is ``o``, the others own few: beside a word of 10^11 counts, words of 100 and 1 own 2
        and 1 numbers, and are drawn as 2 to 1.

        Whatever ``o`` is, the noise must have two words that can be drawn, or ``ValueError`` is
        raised. A row number outside the table raises it too where it is known; where it is traced
        the words drawn for it mean nothing, and the loss that ``o`` gives is NaN.

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
        o = _arrays.index("draw_other", "o", o, self.ends.shape[0], "*shape")
        end, share = self.ends[o], self._owned(o)
        start, share = end - share, share[..., None]
        number = _below(self.ends[-1] - share, jax.random.bits(key, (*o.shape, K), jnp.uint32))
        return self._owner(_beside(number, start[..., None], share))

    def log_prob(
        self, words: Integer[ArrayLike, "*shape"], *, other: Integer[ArrayLike, "..."] | None = None
    ) -> Float[Array, "*shape"]:
        """The natural logarithm of the probability that each of some words is drawn.

        Definition: log p_w, with p_w the share of the numbers that w owns; with ``other``, the
        probability among the draws of :meth:`draw_other` for that word o: log p_w − log(1 − p_o),
        and −∞ for o itself. A word that is never drawn has −∞.

        A sampled softmax takes it off each logit (the logQ correction), so that its minimum is that
        of the whole softmax: Bengio and Senécal, Adaptive Importance Sampling (2008), section III.

        Args:
            words: row numbers of words.
            other: row numbers that broadcast against them.

        Returns:
            Right to 2e-6, in the widest floating-point numbers that JAX is set to. Row numbers
            outside the vocabulary raise ``ValueError`` where they are known; where they are traced
            they give NaN.

        >>> common = noise(np.array([2, 1, 1]), 1.0)
        >>> jnp.exp(common.log_prob(jnp.array([0, 1]))).round(4).tolist()
        [0.5, 0.25]
        >>> jnp.exp(common.log_prob(jnp.array([0, 1, 2]), other=0)).round(4).tolist()
        [0.0, 0.5, 0.5]
        """
        vocab = self.ends.shape[0]
        words = _arrays.index("log_prob", "words", words, vocab, "*shape")
        inside = _each_inside(words, vocab)
        total = self.ends[-1]
        owned = self._owned(words)
        if other is not None:
            other = _arrays.index("log_prob", "other", other, vocab, "*shape")
            inside &= _each_inside(other, vocab)
            total = total - self._owned(other)
            owned = jnp.where(words == other, 0, owned)
        real = jnp.result_type(float)
        found = jnp.log(owned.astype(real) / total.astype(real))
        return jnp.where(inside, found, jnp.nan)

    def _owned(self, words: Int[Array, "*shape"]) -> UInt32[Array, "*shape"]:
        """How many numbers each word owns."""
        return self.ends[words] - jnp.where(words > 0, self.ends[words - 1], 0)

    def _owner(self, number: UInt32[Array, "*shape"]) -> Int[Array, "*shape"]:
        bucket = number >> (32 - _guide_bits(len(self.guide) - 1))
        first, last = self.guide[bucket], self.guide[bucket + 1]
        for _ in range(self.halvings):
            middle = (first + last) // 2
            later = self.ends[middle] <= number
            first, last = jnp.where(later, middle + 1, first), jnp.where(later, last, middle)
        return first


def noise(counts: NDArray[Any], exponent: float) -> Noise:
    """The noise distribution of negative sampling: probabilities in proportion to counts^exponent.

    Source: Mikolov et al., Distributed Representations of Words and Phrases (2013), section 2.2,
    where the exponent is 0.75.

    Args:
        counts: for each word, how often it was seen, or any other weight. A word of count 0 is
            never drawn, whatever the exponent.
        exponent: any finite number.

    Raises:
        ValueError: counts that are negative, not finite or all 0, and an exponent that is no number
            or takes them out of the range of float64.

    >>> common, rare = np.diff(noise(np.array([16, 1]), 0.75).ends, prepend=0)
    >>> round(float(common / rare), 3)
    8.0
    """
    numbers = checked_counts("noise", counts)
    seen = numbers > 0
    if not seen.any():
        raise ValueError("noise: some word must have a count above 0, or there is none to draw.")
    if not is_number(exponent):
        raise ValueError(f"noise: exponent must be a number; got {exponent!r}.")
    weights = np.zeros(len(numbers))
    with np.errstate(all="ignore"):
        weights[seen] = numbers[seen] ** exponent
    # Below the smallest normal number they would have lost digits.
    if not (np.isfinite(exponent) and np.finfo(float).tiny <= weights.sum() < np.inf):
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


def _each_inside(words: Array, vocab: int) -> Array:
    return (words >= 0) & (words < vocab)


def _guide_bits(buckets: int) -> int:
    return min(22, (buckets - 1).bit_length())


def _strata(shift: Int[Array, "S"], runs: Any) -> Int[Array, "runs S"]:
    """For each run a stratum of each group; each stratum of a group is that of one run."""
    groups = jnp.arange(shift.shape[0]) * runs
    stratum: Array = groups + (jnp.arange(runs)[:, None] + shift) % runs
    return stratum


def _beside(
    number: UInt32[Array, "..."], start: UInt32[Array, "..."], share: UInt32[Array, "..."]
) -> Array:
    """Numbers from 0 on as those beside the ``share`` numbers from ``start`` on, in order."""
    return jnp.where(number < start, number, number + share)


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
