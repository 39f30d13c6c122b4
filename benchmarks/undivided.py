"""CBOW with the gradient of its mean, and with the one that word2vec.c and gensim take, in turn.

    python benchmarks/undivided.py wiki8.txt.xz --words 1000000 --seeds 0 1 2 \\
        --pairs wordsim353.tsv simlex999.txt --analogies questions-words.txt

The mean of n vectors gives each 1/n of the gradient (j1). Those programs leave the factor out,
which makes the steps of the vectors in a bag n times as long. Both are trained at each of the
learning rates, on the same text by the same program but for that factor.
"""

import argparse
import lzma
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

import jw2v
from jw2v import catalogue, evaluate
from jw2v.feeding.layouts import Bags
from jw2v.objectives import bags, predictions
from jw2v.objectives.rows import Evaluation, Objective
from jw2v.params import Params

SIDES = ("divided", "undivided")
LINE_WORDS = 1_000


def undivided(
    params: Params, batch: Bags, key: Array, *, predict: predictions.Predict
) -> Evaluation:
    """The loss of the mean, and a gradient of V that is n times as large for each bag of n."""
    there = bags.members(batch)
    n = jnp.maximum(1, there.sum(-1)).astype(params.V.dtype)

    def larger(*arguments: Any) -> predictions.Predicted:
        found = predict(*arguments)
        return found._replace(C=n[..., None] * found.C, curvature=n * found.curvature)

    return bags.cbow_of_bags(params, batch, key, predict=larger)


def fast(side: str) -> Callable[[catalogue.Settled], Objective]:
    """The trainer's own way to make the objective of CBOW, with this gradient."""
    of_bags = {"divided": bags.cbow_of_bags, "undivided": undivided}[side]

    def objective(settled: catalogue.Settled) -> Objective:
        noise, negatives, shared, *_ = settled
        predict = partial(
            predictions.shared_negative_sampling, noise=noise, negatives=negatives, shared=shared
        )
        return partial(of_bags, predict=predict)

    return objective


def main() -> None:
    """Train both sides in turn and print the scores of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("text", type=Path, help="text of words between spaces, plain or .xz")
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.025, 0.05, 0.1, 0.2, 0.4])
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--analogies", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    opener = lzma.open if arguments.text.suffix == ".xz" else open
    with opener(arguments.text, "rt", encoding="utf-8") as source:
        words = source.read(12 * arguments.words).split()[: arguments.words]
    text = [words[i : i + LINE_WORDS] for i in range(0, len(words), LINE_WORDS)]
    print(f"jax {jax.__version__}, {len(words):,} words")
    for rate, seed, side in product(arguments.rates, arguments.seeds, SIDES):
        catalogue.FAST = {("cbow", "negative-sampling"): catalogue.Fast("bags", fast(side))}
        config = jw2v.Config(model="cbow", seed=seed, learning_rate=rate)
        losses: list[jw2v.Progress] = []
        vectors = jw2v.train(text, config, progress=losses.append)
        scores = [
            f"{p.stem} {evaluate.word_pairs(vectors, p).spearman:.3f}" for p in arguments.pairs
        ]
        scores += [
            f"{p.stem} {evaluate.analogies(vectors, p).total.accuracy:.3f}"
            for p in arguments.analogies
        ]
        print(
            f"{side:>9} rate {rate} seed {seed} loss {losses[-1].loss:.3f} {'  '.join(scores)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
