"""Which subsampling suits which size of text: jw2v, and gensim beside it, on stretches of one text.

    pip install -c constraints.txt '.[bench]'
    python benchmarks/subsample.py wiki.txt.xz --words 60000 --seeds 0 1 2 3 --reference all.bin \\
        --pairs wordsim353.tsv simlex999.txt --analogies questions-words.txt --results runs.jsonl

Seed s learns the s-th stretch of so many words of the text, so that both the words and the draws
change, cut into lines of 1,000 words as `versus_gensim.py` cuts it and judged as there. Of a short
text these know few words. So vectors that were learnt from far more may be a reference: the score
is the rank correlation of cosines with theirs, over 20,000 pairs of words drawn from the stretch.
Every run adds a line to the results. The table shows means over the seeds, and on how many of them
jw2v's mean score was above gensim's with the same settings.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import versus_gensim
from versus_gensim import SIDES

PAIRS = 40_000
"""Drawn, of which half are left out as the same the other way round."""
Scores = dict[str, float]
Results = dict[tuple[float, str], dict[int, Scores]]


def stretches(lines: Path, words: int) -> Iterator[list[str]]:
    """The lines of the text in stretches of so many words, whole ones only."""
    with lines.open(encoding="utf-8") as text:
        count = words // versus_gensim.LINE_WORDS
        while len(stretch := list(islice(text, count))) == count:
            yield stretch


def stretch(lines: Path, words: int, number: int) -> list[str]:
    """One stretch of the text; a text of one only gives it to every seed."""
    found = list(islice(stretches(lines, words), number + 1))
    if not found:
        return lines.read_text(encoding="utf-8").splitlines(keepends=True)
    return found[number % len(found)]


def measure(lines: Path, folder: Path, arguments: argparse.Namespace) -> Results:
    """All runs, in turn."""
    results: Results = defaultdict(dict)
    train = {"jw2v": versus_gensim.train_jw2v, "gensim": versus_gensim.train_gensim}
    for seed in arguments.seeds:
        text, out = folder / "text.txt", str(folder / "vectors.safetensors")
        text.write_text("".join(stretch(lines, arguments.words, seed)), encoding="utf-8")
        pairs = [*arguments.pairs]
        if arguments.reference:
            pairs.append(folder / "reference.tsv")
            write_pairs(text, arguments.reference, pairs[-1])
        for threshold in arguments.thresholds:
            for side in arguments.sides:
                train[side](str(text), out, settings_of(arguments, threshold, seed))
                scores = versus_gensim.quality(side, out, pairs, arguments.analogies)
                results[threshold, side][seed] = scores
                record(arguments, threshold, side, seed, scores)
    return results


def write_pairs(text: Path, reference: Path, path: Path) -> None:
    """Pairs of words of a text that come five times, with their cosines in the reference."""
    from jw2v import WordVectors
    from jw2v.reading import corpus

    known = WordVectors.load(reference)
    words = [w for w in corpus.read(text, min_count=5).vocabulary.words if w in known]
    drawn = np.random.default_rng(0).integers(len(words), size=(PAIRS, 2))
    pairs = {(words[i], words[j]) for i, j in drawn.tolist() if i < j}
    rows = [f"{a}\t{b}\t{known.similarity(a, b)}\n" for a, b in sorted(pairs)]
    path.write_text("".join(rows), encoding="utf-8")


def settings_of(arguments: argparse.Namespace, threshold: float, seed: int) -> dict[str, Any]:
    """The settings of one run, as jw2v names them."""
    return {
        "dim": 100,
        "window": 5,
        "shrink_window": not arguments.fixed_window,
        "negatives": 5,
        "subsample": threshold,
        "min_count": 5,
        "epochs": arguments.epochs,
        "seed": seed,
    }


def record(
    arguments: argparse.Namespace, threshold: float, side: str, seed: int, scores: Scores
) -> None:
    """Print the scores of a run, and add a line to the results."""
    line: dict[str, Any] = {"words": arguments.words, "fixed window": arguments.fixed_window}
    line |= {"subsample": threshold, "side": side, "seed": seed} | scores
    print(json.dumps(line), flush=True)
    if arguments.results:
        with arguments.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def table(results: Results) -> None:
    """Mean scores of each threshold and side, and the seeds on which jw2v was ahead."""
    for (threshold, side), by_seed in sorted(results.items()):
        scores = list(by_seed.values())
        means = "  ".join(f"{name} {mean(s[name] for s in scores):.3f}" for name in scores[0])
        print(f"{threshold:<8g}{side:>7}  {means}{ahead(results, threshold, side)}")


def ahead(results: Results, threshold: float, side: str) -> str:
    """On how many seeds the mean score was above gensim's."""
    theirs = results.get((threshold, "gensim"), {})
    if side == "gensim" or not theirs:
        return ""
    ours = results[threshold, side]
    won = sum(mean(ours[seed].values()) > mean(theirs[seed].values()) for seed in ours)
    return f"  ahead on {won} of {len(ours)}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("text", type=Path, help="text of words between spaces, plain or .xz")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--analogies", type=Path, nargs="*", default=[])
    parser.add_argument("--reference", type=Path, help="vectors learnt from far more text")
    parser.add_argument("--words", type=int, required=True, help="length of a stretch")
    parser.add_argument("--thresholds", type=float, nargs="+", default=[1e-3, 3e-4, 1e-4])
    parser.add_argument("--fixed-window", action="store_true", help="no radius is drawn")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SIDES)
    parser.add_argument("--results", type=Path, help="file to add a line to for every run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = versus_gensim.cut(arguments.text, folder)
        table(measure(lines, Path(folder), arguments))


if __name__ == "__main__":
    main()
