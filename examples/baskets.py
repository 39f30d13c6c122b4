"""Items from baskets: what goes into a basket with what is in it already?

    python examples/baskets.py

The baskets are made here, so that the truth is known: 300 items of 20 kinds, popular and rare ones.
A basket is for one kind, with some items of any kind in between. The last item of each basket is
held out, and each way to guess it may name ten.
"""

import numpy as np

import jw2v

ITEMS, KINDS, BASKETS, NAMED = 300, 20, 3000, 10
CONFIG = jw2v.Config(dim=16, window=8, shrink_window=False, epochs=10, min_count=1, vectors="both")


def baskets(seed: int = 0) -> list[list[str]]:
    """Baskets of four to eight different items; one item in five is of any kind."""
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, ITEMS + 1)
    kind = np.arange(ITEMS) % KINDS
    found = []
    for _ in range(BASKETS):
        likely = popularity * (kind == rng.integers(KINDS))
        likely = 0.8 * likely / likely.sum() + 0.2 * popularity / popularity.sum()
        found.append([f"item{i}" for i in rng.choice(ITEMS, rng.integers(4, 9), False, likely)])
    return found


def hit_rates(seed: int = 0) -> dict[str, float]:
    """How often the held-out item is among the ten named: by vectors, and by popularity."""
    kept, held_out = zip(*((basket[:-1], basket[-1]) for basket in baskets(seed)), strict=True)
    vectors = jw2v.train(kept, CONFIG)
    V, U = np.split(vectors.vectors, 2, axis=1)
    row = {word: i for i, word in enumerate(vectors.words)}
    hits = {"vectors": 0, "popularity": 0}
    for basket, missing in zip(kept, held_out, strict=True):
        known = [row[item] for item in basket]
        # Each item of the basket predicts, as in training: the log-odds of a pair is u·v, and
        # negatives are drawn by count^0.75, which has to be put back.
        scores = {
            "vectors": U @ V[known].sum(axis=0) + 0.75 * np.log(vectors.counts),
            "popularity": vectors.counts.astype(float),
        }
        for way, score in scores.items():
            score[known] = -np.inf
            best = np.argpartition(-score, NAMED)[:NAMED]
            hits[way] += row.get(missing, -1) in best
    return {way: count / BASKETS for way, count in hits.items()}


def main() -> None:
    for way, rate in hit_rates().items():
        print(f"the held-out item is among ten named by {way}: {rate:.0%}")


if __name__ == "__main__":
    main()
