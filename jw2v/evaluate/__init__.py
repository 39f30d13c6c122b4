"""How good vectors are: see :mod:`jw2v.evaluate.scores`."""

from jw2v.evaluate.scores import (
    RESTRICT_VOCAB,
    Analogies,
    Pairs,
    Section,
    analogies,
    word_pairs,
)

__all__ = ["RESTRICT_VOCAB", "Analogies", "Pairs", "Section", "analogies", "word_pairs"]
