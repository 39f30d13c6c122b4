"""Which readings of the treebank's picture hold, seed by seed, and what its first axis shows.

    python benchmarks/treebank_readings.py FOLDER [--seeds 10]

FOLDER holds ``datasetSentences.txt``. Each seed is trained as by ``jw2v sst``. A reading is judged
as there, by distances in the picture; and again in the picture that the second and the third
principal component make, without the first. "By chance" is how often it holds when the words of the
picture change places at random.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jw2v import WordVectors
from jw2v.studies import treebank

SHUFFLES = 100
"""Rearrangements of each picture."""

Picture = NDArray[np.float64]


def components(vectors: WordVectors) -> tuple[Picture, Picture]:
    """The plotted words on all their principal components, and the share that each explains."""
    rows = np.stack([vectors[word] for word in treebank.PLOTTED]).astype(np.float64)
    left, sizes, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    return left * sizes, sizes**2 / (sizes**2).sum()


def held(picture: Picture) -> NDArray[np.int64]:
    """Which readings hold in a picture, 1 or 0 each."""
    found = treebank.judged(WordVectors(treebank.PLOTTED, picture))
    return np.array([judgement.holds for judgement in found], np.int64)


def main() -> None:
    """Train every seed and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds datasetSentences.txt")
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    sentences = treebank.read_sentences(arguments.folder)
    counts = Counter(word for sentence in sentences for word in sentence)
    rarest = sorted(treebank.PLOTTED, key=lambda word: counts[word])
    print("counts:", ", ".join(f"{word} {counts[word]}" for word in rarest))
    rarity = np.log([counts[word] for word in treebank.PLOTTED])
    random = np.random.default_rng(0)
    sums = np.zeros((3, len(treebank.READINGS)))
    for seed in range(arguments.seeds):
        result = treebank.reproduce(sentences, seed=seed)
        at, shares = components(result.vectors)
        places = [random.permutation(len(at)) for _ in range(SHUFFLES)]
        shuffled = np.mean([held(at[order, :2]) for order in places], axis=0)
        sums += [held(at[:, :2]), held(at[:, 1:3]), shuffled]
        print(
            f"seed {seed}: running loss {result.running_loss:.2f}, "
            f"the first component has {shares[0]:.1%} of the variance, "
            f"its correlation with log count is {abs(np.corrcoef(at[:, 0], rarity)[0, 1]):.3f}",
            flush=True,
        )
    print(f"\nof {arguments.seeds} seeds: in the picture, without the first component, by chance")
    for reading, row in zip(treebank.READINGS, sums.T, strict=True):
        print(f"{row[0]:4.0f} {row[1]:4.0f} {row[2]:6.1f}  {reading}")


if __name__ == "__main__":
    main()
