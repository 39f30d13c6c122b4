"""The naive softmax under several bounds on its curvature: what each teaches, and how fast.

    python benchmarks/softmax_bounds.py sst FOLDER
    python benchmarks/softmax_bounds.py text wiki8.txt.xz --words 1000000 \\
        --pairs wordsim353.tsv simlex999.txt --analogies questions-words.txt

Each run trains by the default step rule and settings, in this process and one after the other, with

- ``step``: the bound of jw2v, which holds all along a step;
- a number: the same with this s for all rows, in place of one for each;
- ``everywhere``: G alone, which holds wherever the row goes;
- ``start``: L alone, which holds where the step begins;
- ``local``: Σ_w q_w ‖u_w‖² and q_w ‖c‖² with q_w = max(n ŷ_w, n_w), which jw2v had before.

The first three are proved (t7), the last two are not: under them a row's own step may raise the
loss. ``local`` is worked out apart, so its words/s say nothing. Words/s include compilation.
"""

import argparse
import lzma
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
from jax import Array

from jw2v import Config, evaluate, objectives, training
from jw2v.objectives import curvature as _curvature
from jw2v.params import Params
from jw2v.progress import Progress
from jw2v.studies import treebank
from jw2v.training import recipe

LINE_WORDS = 1_000
RESTRICT_VOCAB = 30_000
Bound = Callable[[Array, Array, Array], Array]


def fixed(s: float) -> Bound:
    """The bound along a step with one s for all rows."""

    def bound(local: Array, everywhere: Array, reach: Array) -> Array:
        local = local + _curvature.ROUNDING * jnp.finfo(local.dtype).eps * everywhere
        moved = _curvature.LARGEST_STEP * reach / s
        return jnp.minimum(everywhere, jnp.maximum(jnp.exp(s) * local, moved))

    return bound


BOUNDS: dict[str, Bound] = {
    "step": _curvature.along_a_step,
    "everywhere": lambda local, everywhere, reach: jnp.broadcast_to(everywhere, local.shape),
    "start": lambda local, everywhere, reach: local,
}


def local_objective(params: Params, batch: objectives.Windows, key: Array) -> objectives.Evaluation:
    """The objective with the bound that jw2v had before."""
    found = objectives.naive_softmax_of_windows(params, batch, key)
    C, V = params.V[batch.center], len(params.U)
    row = jnp.arange(len(C))[:, None]
    counts = jnp.zeros((len(C), V), C.dtype).at[row, batch.outside].add(batch.where)
    q = jnp.maximum(counts.sum(1, keepdims=True) * jax.nn.softmax(C @ params.U.T), counts)
    by_V, by_U = found.gradient
    return found._replace(
        gradient=objectives.Gradient(
            by_V._replace(curvature=q @ jnp.square(params.U).sum(1)),
            by_U._replace(curvature=q.T @ jnp.square(C).sum(1)),
        )
    )


@contextmanager
def bounded_by(name: str) -> Iterator[None]:
    """Training by another bound."""
    if name == "local":
        with mock.patch.object(recipe, "naive_softmax_of_windows", local_objective):
            yield
        return
    bound = BOUNDS[name] if name in BOUNDS else fixed(float(name))
    with mock.patch.object(_curvature, "along_a_step", bound):
        yield


def run(sentences: Any, config: Config, files: argparse.Namespace) -> dict[str, Any]:
    """One training: the loss of each epoch, words/s, scores."""
    text = training.read(sentences, config)
    loss: dict[int, float | None] = {}

    def report(progress: Progress) -> None:
        loss[progress.epoch] = progress.loss

    start = time.perf_counter()
    vectors = training.train(text, config, progress=report)
    seconds = time.perf_counter() - start
    scores = [evaluate.word_pairs(vectors, file).spearman for file in files.pairs]
    for file in files.analogies:
        judged = evaluate.analogies(vectors, file, restrict_vocab=RESTRICT_VOCAB)
        scores.append(judged.total.accuracy)
    speed = text.vocabulary.total * config.epochs / seconds
    return {"loss": list(loss.values()), "words/s": speed, "scores": scores}


def lines(text: Path, words: int) -> list[list[str]]:
    """The first words of a text, in lines of a thousand."""
    opener = lzma.open if text.suffix == ".xz" else open
    with opener(text, "rt", encoding="utf-8") as file:
        read = file.read(12 * words).split()[:words]
    rest = iter(read)
    return list(iter(lambda: list(islice(rest, LINE_WORDS)), []))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["sst", "text"])
    parser.add_argument("source", type=Path)
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--bounds", nargs="+", default=["step", "local"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--pairs", nargs="*", type=Path, default=[])
    parser.add_argument("--analogies", nargs="*", type=Path, default=[])
    parser.add_argument("--dim", type=int, default=Config.dim)
    parser.add_argument("--epochs", type=int, default=Config.epochs)
    parser.add_argument("--min-count", type=int, default=Config.min_count)
    parser.add_argument("--subsample", type=float)
    parser.add_argument("--learning-rate", type=float, default=Config.learning_rate)
    parser.add_argument("--step-bound", type=float)
    arguments = parser.parse_args()
    read = (
        treebank.read_sentences if arguments.kind == "sst" else lambda p: lines(p, arguments.words)
    )
    sentences = read(arguments.source)
    named = ("dim", "epochs", "min_count", "subsample", "learning_rate", "step_bound")
    settings = {name: getattr(arguments, name) for name in named}
    for seed in arguments.seeds:
        for name in arguments.bounds:
            with bounded_by(name):
                config = Config(loss="naive-softmax", seed=seed, **settings)
                found = run(sentences, config, arguments)
            losses = " ".join(f"{loss:.4f}" for loss in found["loss"])
            scores = " ".join(f"{score:.3f}" for score in found["scores"])
            print(
                f"{name:>10} seed {seed}  {found['words/s']:8,.0f} words/s"
                f"  loss {losses}  scores {scores}",
                flush=True,
            )


if __name__ == "__main__":
    main()
