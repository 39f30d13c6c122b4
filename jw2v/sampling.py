"""Which words are drawn: subsampling of frequent words, and the noise of negative sampling.

See :mod:`jw2v.feeding.subsampling` and :mod:`jw2v.objectives.noise`.
"""

from jw2v.feeding.subsampling import keep_probability, pair_weights
from jw2v.objectives.noise import Noise, noise

__all__ = ["Noise", "keep_probability", "noise", "pair_weights"]
