"""What it costs in quality to take larger steps, as many devices would.

    python benchmarks/large_steps.py wiki8.txt.xz --batch-words 4096 32768 262144 \\
        --pairs wordsim353.tsv --analogies questions-words.txt

Trains on the same text once for each size of a step and prints the loss at the end, words/s and
scores. Large steps of a short text are few: their number is printed too.
"""

import argparse
import lzma
import time
from pathlib import Path
from typing import Any

import jax

import jw2v
from jw2v import evaluate
from jw2v.reading.corpus import Corpus
from jw2v.training import read
from jw2v.training.recipe import Overrides, recipe

LINE_WORDS = 1_000


def text_of(path: Path, words: int | None) -> list[list[str]]:
    """The first words of a text, or all of them, in lines of 1,000."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as source:
        found = source.read(-1 if words is None else 12 * words).split()[:words]
    return [found[i : i + LINE_WORDS] for i in range(0, len(found), LINE_WORDS)]


def figures(corpus: Corpus, config: jw2v.Config, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train, and say how it went."""
    counts = corpus.vocabulary.counts
    planned = recipe(config, counts, Overrides(None, None, "tables", None)).planned
    losses: list[jw2v.Progress] = []
    start = time.perf_counter()
    vectors = jw2v.train(corpus, config, progress=losses.append)
    taken = time.perf_counter() - start
    return {
        "words a step": planned.shape.examples,
        "steps": planned.steps,
        "words/s": corpus.vocabulary.total * config.epochs / taken,
        "loss": losses[-1].loss,
        **{p.stem: evaluate.word_pairs(vectors, p).spearman for p in arguments.pairs},
        **{p.stem: evaluate.analogies(vectors, p).total.accuracy for p in arguments.analogies},
    }


def shown(value: float) -> str:
    """A count, a rate, or a score."""
    return f"{value:,.0f}" if isinstance(value, int) or value >= 100 else f"{value:.3f}"


def main() -> None:
    """Train with each size in turn and print a line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("text", type=Path, help="text of words between spaces, plain or .xz")
    parser.add_argument("--batch-words", type=int, nargs="+", default=[4_096, 32_768, 262_144])
    parser.add_argument("--words", type=int, help="of the text; all of it if not given")
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rates", type=float, nargs="*", help="learning rates; the default alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--analogies", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    of = {"dim": arguments.dim, "epochs": arguments.epochs, "seed": arguments.seed}
    corpus = read(text_of(arguments.text, arguments.words), jw2v.Config(**of))
    print(
        f"jax {jax.__version__}, {corpus.vocabulary.total:,} words with a vector, {of}", flush=True
    )
    for rate in arguments.rates or [None]:
        for words in arguments.batch_words:
            config = jw2v.Config(**of, batch_words=words, learning_rate=rate)
            found = figures(corpus, config, arguments)
            said = "  ".join(f"{name} {shown(value)}" for name, value in found.items())
            print(f"{'' if rate is None else f'rate {rate}  '}{said}", flush=True)


if __name__ == "__main__":
    main()
