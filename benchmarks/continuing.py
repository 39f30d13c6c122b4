"""What going on from earlier vectors is worth: a text in two halves, learnt in turn and at once.

    python benchmarks/continuing.py text8 --pairs wordsim353.tsv simlex999.txt \\
        --analogies questions-words.txt

"First" learns the first half alone. "Then both" and "then center" go on from it with the second
half, from both vectors of each word and from the center vectors alone. "At once" learns the whole
text: what going on can reach at best. Words of all runs are judged where all have a vector.
"""

import argparse
import tempfile
from pathlib import Path

from jw2v import Config, WordVectors, evaluate, train


def halves(text: Path, folder: Path) -> tuple[Path, Path]:
    """The text in two files, cut at a space."""
    whole = text.read_bytes()
    middle = whole.index(b" ", len(whole) // 2)
    first, second = folder / "first.txt", folder / "second.txt"
    first.write_bytes(whole[:middle])
    second.write_bytes(whole[middle:])
    return first, second


def of_centers(vectors: WordVectors) -> WordVectors:
    """Only the center vectors of those that hold both."""
    return WordVectors(vectors.words, vectors.vectors[:, : vectors.dim // 2].copy())


def scores(
    vectors: WordVectors, words: list[str], arguments: argparse.Namespace
) -> dict[str, float]:
    """How well some of the words lie."""
    judged = WordVectors(tuple(words), vectors[words])
    found = {p.stem: evaluate.word_pairs(judged, p).spearman for p in arguments.pairs}
    for path in arguments.analogies:
        found[path.stem] = evaluate.analogies(judged, path).total.accuracy
    return found


def main() -> None:
    """Train all four and print how they score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("text", type=Path, help="text of words between spaces, plain")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--analogies", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, second = halves(arguments.text, Path(folder))
        before = train(first, Config(vectors="both"))
        runs = {
            "first": of_centers(before),
            "then both": train(second, Config(), start=before),
            "then center": train(second, Config(), start=of_centers(before)),
            "at once": train([first, second], Config()),
        }
    shared = [word for word in runs["at once"].words if all(word in v for v in runs.values())]
    print(f"{len(shared):,} words that all have")
    for name, vectors in runs.items():
        figures = scores(vectors, shared, arguments)
        line = "  ".join(f"{test} {figure:.3f}" for test, figure in figures.items())
        print(f"{name:<12} {len(vectors):>8,} words  {line}", flush=True)


if __name__ == "__main__":
    main()
