"""A text of two topics, whose words training should tell apart."""

import numpy as np

import jw2v
from jw2v import Config

TOPICS = (("cat", "dog", "purr", "bark"), ("tea", "cup", "milk", "pour"))
CONFIG = Config(dim=8, window=2, min_count=1, subsample=0, epochs=6, negatives=2)


def two_topics(n: int = 300, seed: int = 0) -> list[list[str]]:
    """Sentences of one topic each, so that words of a topic should end up close."""
    rng = np.random.default_rng(seed)
    return [rng.choice(TOPICS[rng.integers(2)], 6).tolist() for _ in range(n)]


def contrast(vectors: jw2v.WordVectors) -> float:
    """Mean cosine within topics less that across them."""
    a, b = TOPICS
    within = [vectors.similarity(x, y) for t in TOPICS for x in t for y in t if x < y]
    across = [vectors.similarity(x, y) for x in a for y in b]
    return float(np.mean(within) - np.mean(across))
