"""jw2v beside gensim: the same text, the same settings, in turn, with the quality of both.

    pip install -c constraints.txt '.[bench]'
    python benchmarks/versus_gensim.py text8 --pairs wordsim353.tsv simlex999.txt \\
        --analogies questions-words.txt

Each run is a process of its own that reads the text, trains and saves. The text is first cut into
lines of 1,000 words, as word2vec.c cuts it, because gensim drops what a line holds beyond 10,000
words; both sides get those lines. gensim reads them by ``corpus_file``, its fastest way, with one
worker for each core. Words/s count every word of the vocabulary in the text once an epoch, thinned
out or not, and for jw2v include compilation. gensim's evaluator judges both.
"""

import argparse
import json
import lzma
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, get_args

import numpy as np

from jw2v.choices import Model

SIDES = ("jw2v", "gensim")
LINE_WORDS = 1_000
RESTRICT_VOCAB = 30_000


@dataclass(frozen=True)
class Run:
    """What one process reported and used."""

    figures: dict[str, float]
    quality: dict[str, float]


def train_jw2v(text: str, out: str, settings: dict[str, Any]) -> dict[str, float]:
    """Read, train and save with jw2v; seconds of each part."""
    from jw2v import Config, training

    config = Config(**settings)
    start = time.perf_counter()
    corpus = training.read(text, config)
    read = time.perf_counter()
    vectors = training.train(corpus, config)
    trained = time.perf_counter()
    vectors.save(out)
    return {
        "words": corpus.vocabulary.total * config.epochs,
        "read words/s": corpus.tokens_read / (read - start),
        "train words/s": corpus.vocabulary.total * config.epochs / (trained - read),
    }


def train_gensim(text: str, out: str, settings: dict[str, Any]) -> dict[str, float]:
    """Read, train and save with gensim; seconds of each part."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=settings["dim"],
        window=settings["window"],
        shrink_windows=settings.get("shrink_window", True),
        negative=settings["negatives"] if settings["loss"] == "negative-sampling" else 0,
        hs=int(settings["loss"] == "hierarchical-softmax"),
        sample=settings["subsample"],
        min_count=settings["min_count"],
        epochs=settings["epochs"],
        seed=settings["seed"],
        sg=int(settings["model"] == "skip-gram"),
        cbow_mean=int(settings["model"] == "cbow"),
        workers=len(os.sched_getaffinity(0)),
    )
    start = time.perf_counter()
    model.build_vocab(corpus_file=text)
    read = time.perf_counter()
    model.train(
        corpus_file=text,
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=model.epochs,
    )
    trained = time.perf_counter()
    model.wv.save(out)
    total = int(sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key))
    return {
        "words": total * model.epochs,
        "read words/s": int(model.corpus_total_words) / (read - start),
        "train words/s": total * model.epochs / (trained - read),
    }


def quality(side: str, path: str, pairs: list[Path], analogies: list[Path]) -> dict[str, float]:
    """The scores of saved vectors, by gensim's evaluator."""
    from gensim.models import KeyedVectors

    if side == "gensim":
        vectors = KeyedVectors.load(path)
    else:
        from jw2v import WordVectors

        found = WordVectors.load(path)
        vectors = KeyedVectors(found.dim)
        vectors.add_vectors(list(found.words), np.array(found.vectors))
    scores = {file.stem: vectors.evaluate_word_pairs(str(file))[1][0] for file in pairs}
    for file in analogies:
        score, _ = vectors.evaluate_word_analogies(str(file), restrict_vocab=RESTRICT_VOCAB)
        scores[file.stem] = score
    return scores


def run(side: str, text: Path, settings: dict[str, Any], arguments: argparse.Namespace) -> Run:
    """One run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "vectors.safetensors" if side == "jw2v" else "vectors.kv")
        command = [sys.executable, __file__, str(text), "--worker", side]
        command += ["--out", out, "--settings", json.dumps(settings)]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        whole = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{side} ended with exit code {process.returncode}")
        figures: dict[str, float] = json.loads(printed.splitlines()[-1])
        figures["whole words/s"] = figures.pop("words") / whole
        figures["peak MiB"] = usage.ru_maxrss / 1024
        scores = quality(side, out, arguments.pairs, arguments.analogies)
    print(f"{side:>7} seed {settings['seed']}  {_line(figures)}  {_line(scores)}", flush=True)
    return Run(figures, scores)


def _line(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {_number(value)}" for name, value in figures.items())


def _number(value: float) -> str:
    return f"{value:,.0f}" if value > 1000 else f"{value:.3g}"


def cut(text: Path, folder: str) -> Path:
    """The text in lines of 1,000 words."""
    opener = lzma.open if text.suffix == ".xz" else open
    path = Path(folder) / "lines.txt"
    with opener(text, "rt", encoding="utf-8") as source, path.open("w", encoding="utf-8") as lines:
        held: list[str] = []
        rest = ""
        while piece := source.read(1 << 22):
            words = (rest + piece).split(" ")
            rest = words.pop()
            held += words
            while len(held) >= LINE_WORDS:
                lines.write(" ".join(held[:LINE_WORDS]).strip() + "\n")
                del held[:LINE_WORDS]
        lines.write(" ".join([*held, rest]).strip() + "\n")
    return path


def main() -> None:
    """Run both sides in turn, once for each seed, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("text", type=Path, help="text of words between spaces, plain or .xz")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--analogies", type=Path, nargs="*", default=[])
    parser.add_argument("--model", choices=get_args(Model), default="skip-gram")
    losses = ("negative-sampling", "hierarchical-softmax")  # those of gensim
    parser.add_argument("--loss", choices=losses, default=losses[0])
    parser.add_argument("--learning-rate", type=float, help="of jw2v; gensim keeps its default")
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negatives", type=int, default=5)
    parser.add_argument("--subsample", type=float, default=1e-4)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SIDES)
    parser.add_argument("--worker", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        train = {"jw2v": train_jw2v, "gensim": train_gensim}[arguments.worker]
        print(json.dumps(train(str(arguments.text), arguments.out, arguments.settings)))
        return

    training = ("model", "loss", "learning_rate", "negatives", "subsample", "epochs")
    names = (*training, "dim", "window", "min_count")
    settings = {name: getattr(arguments, name) for name in names}
    said = ", ".join(f"{name} {value}" for name, value in settings.items())
    print(f"{said}, {len(os.sched_getaffinity(0))} cores", flush=True)
    runs: dict[str, list[Run]] = {side: [] for side in arguments.sides}
    with tempfile.TemporaryDirectory() as folder:
        lines = cut(arguments.text, folder)
        for seed in arguments.seeds:
            for side in arguments.sides:
                runs[side].append(run(side, lines, {**settings, "seed": seed}, arguments))
    if len(runs) == len(SIDES):
        table(runs)


def table(runs: dict[str, list[Run]]) -> None:
    """The mean of each figure on both sides, and their ratio or difference."""
    ours, theirs = (runs[side] for side in SIDES)
    print(f"\n{'mean of seeds':<20}{SIDES[0]:>14}{SIDES[1]:>14}")
    for name in ours[0].figures:
        a, b = (mean(r.figures[name] for r in side) for side in (ours, theirs))
        print(f"{name:<20}{_number(a):>14}{_number(b):>14}   {a / b:.2f}x")
    for name in ours[0].quality:
        a, b = (mean(r.quality[name] for r in side) for side in (ours, theirs))
        print(f"{name:<20}{_number(a):>14}{_number(b):>14}   {a - b:+.3f}")


if __name__ == "__main__":
    main()
