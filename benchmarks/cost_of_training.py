"""How the cost of training grows with the length of the text and with the vocabulary.

    python benchmarks/cost_of_training.py [--dim 100] [--words 2000000]

Trains with the default settings on words drawn by Zipf's law, once for each length and once for
each vocabulary, and prints seconds and words/s without reading and compilation. Linear in the
length and flat in the vocabulary means: words/s stay the same. What is left of a slope over the
vocabulary is the memory's: rows of a large table are seldom in a cache.
"""

import argparse
import time

import numpy as np

from jw2v import Config, Progress, train
from jw2v.reading.corpus import SENTENCE_END, Corpus
from jw2v.reading.vocabulary import Vocabulary

LENGTHS = (1, 2, 4, 8, 16)
VOCABULARIES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
LINE_WORDS = 1_000


def zipf(words: int, vocab: int) -> Corpus:
    """A text of independent words, the k-th most frequent of which has a share of about 1/k."""
    rng = np.random.default_rng(0)
    share = np.cumsum(1 / np.arange(1, vocab + 1))
    ids = np.searchsorted(share, rng.random(words) * share[-1]).astype(np.int32)
    counts = np.maximum(1, np.bincount(ids, minlength=vocab))
    names = tuple(map(str, range(vocab)))
    ends = np.arange(LINE_WORDS, words + 1, LINE_WORDS)
    return Corpus(Vocabulary(names, counts), np.insert(ids, ends, SENTENCE_END), words)


def measure(words: int, vocab: int, dim: int) -> tuple[float, float]:
    """Seconds to train one epoch after its first chunk of steps, and words/s."""
    seen: list[tuple[float, int]] = []

    def note(progress: Progress) -> None:
        seen.append((time.perf_counter(), progress.words))

    train(zipf(words, vocab), Config(dim=dim, min_count=1, epochs=1), progress=note)
    (start, first), (end, last) = seen[0], seen[-1]
    return end - start, (last - first) / (end - start)


def main() -> None:
    """Measure both series and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--words", type=int, default=2_000_000, help="of the shortest text")
    parser.add_argument("--vocab", type=int, default=100_000, help="where the length varies")
    arguments = parser.parse_args()
    for title, cases in {
        "length": [(n * arguments.words, arguments.vocab) for n in LENGTHS],
        "vocabulary": [(4 * arguments.words, vocab) for vocab in VOCABULARIES],
    }.items():
        print(f"\n{title:<12}{'words':>14}{'vocabulary':>14}{'seconds':>10}{'words/s':>12}")
        for words, vocab in cases:
            seconds, speed = measure(words, vocab, arguments.dim)
            print(f"{'':<12}{words:>14,}{vocab:>14,}{seconds:>10.2f}{speed:>12,.0f}", flush=True)


if __name__ == "__main__":
    main()
