"""Default training on an accelerator: how near it is to float64 on a processor, how fast, how good.

    python benchmarks/accelerator.py text8 --pairs wordsim353.tsv simlex999.txt \\
        --analogies questions-words.txt --dims 128 300

Each run is a process of its own, with the same text, settings, seed and tables to start from, so
that all sides draw the same. First a part of the text: the distance of the center vectors from
those of float64 on the processor, |V - V64| / |V64| in the norm of Frobenius. Then the whole text:
raw words/s of training, compilation included, and the scores of :mod:`jw2v.evaluate`. Last the time
to add rows into a table: rows of words drawn by Zipf's law, and rows that all go to one word, with
the compiler as it is and with ``FLAG``, which lets NVIDIA's atomic instructions add float32.
"""

import argparse
import json
import lzma
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

SIDES = {"device": "float32", "cpu": "float32", "cpu64": "float64"}
FLAG = "--xla_backend_extra_options=-nvptx-allow-ftz-atomics"
REPEATS = 20


def train(text: str, settings: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Train in this process, save the vectors, and tell speed and scores."""
    import jax
    import jax.numpy as jnp

    from jw2v import Config, evaluate, training
    from jw2v.params import Params

    config = Config(**settings)

    def first(_: Any, shapes: Mapping[str, Any]) -> Params:
        # Uniform numbers of float64 come from other bits: all sides start from these, rounded once.
        V = np.random.default_rng(0).uniform(-0.5, 0.5, shapes["V"]) / config.dim
        V = V.astype(np.float32).astype(config.dtype)
        return Params(jnp.asarray(V), jnp.zeros(shapes["U"], V.dtype))

    corpus = training.read(text, config)
    start = time.perf_counter()
    vectors = training.train(corpus, config, init=first)
    seconds = time.perf_counter() - start
    np.save(arguments.out, vectors.vectors)
    scores = {}
    for path in arguments.pairs:
        scores[path.stem] = evaluate.word_pairs(vectors, path).spearman
    for path in arguments.analogies:
        scores[path.stem] = evaluate.analogies(vectors, path).total.accuracy
    return {
        "on": jax.devices()[0].device_kind,
        "jax": jax.__version__,
        "seconds": seconds,
        "words/s": corpus.vocabulary.total * config.epochs / seconds,
        "scores": scores,
    }


def scatter(dim: int) -> dict[str, Any]:
    """Nanoseconds to add a row into a table, for words as they occur and for one word alone."""
    import jax
    import jax.numpy as jnp

    vocab, rows = 80_000, 1 << 17
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, vocab + 1)
    drawn = {"Zipf": rng.choice(vocab, rows, p=shares / shares.sum()), "one word": np.zeros(rows)}
    updates = jnp.asarray(rng.normal(size=(rows, dim)), jnp.float32)
    add = jax.jit(lambda table, ids, x: table.at[ids].add(x), donate_argnums=0)
    found: dict[str, Any] = {"on": jax.devices()[0].device_kind}
    for name, which in drawn.items():
        ids, table = jnp.asarray(which, jnp.int32), jnp.zeros((vocab, dim), jnp.float32)
        table = jax.block_until_ready(add(table, ids, updates))
        start = time.perf_counter()
        for _ in range(REPEATS):
            table = add(table, ids, updates)
        jax.block_until_ready(table)
        found[name] = (time.perf_counter() - start) / REPEATS / rows * 1e9
    return found


def worker(arguments: argparse.Namespace) -> None:
    """What a process of its own does."""
    task = json.loads(arguments.task)
    if "scatter" in task:
        print(json.dumps(scatter(task["scatter"])))
    else:
        print(json.dumps(train(str(arguments.text), task, arguments)))


def run(task: dict[str, Any], out: Path, given: list[str], side: str, flag: bool) -> dict[str, Any]:
    """A task in a process of its own, on one side."""
    environment = dict(os.environ)
    if side != "device":
        environment["JAX_PLATFORMS"] = "cpu"
    if flag:
        environment["XLA_FLAGS"] = f"{environment.get('XLA_FLAGS', '')} {FLAG}".strip()
    command = [sys.executable, __file__, *given, "--out", str(out), "--task", json.dumps(task)]
    printed = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if printed.returncode:
        raise SystemExit(f"{side} ended with exit code {printed.returncode}: {task}")
    found: dict[str, Any] = json.loads(printed.stdout.splitlines()[-1])
    return found


def part(text: Path, folder: str, words: int | None) -> Path:
    """The first words of a text, or all of it, as a plain file."""
    with (lzma.open if text.suffix == ".xz" else open)(text, "rt", encoding="utf-8") as source:
        held = source.read() if words is None else source.read(words * 12)
    path = Path(folder) / f"{words}.txt"
    path.write_text(" ".join(held.split(" ")[:words]) if words else held, encoding="utf-8")
    return path


def near(arguments: argparse.Namespace, folder: str) -> None:
    """How far the sides are from float64 on a processor, on a part of the text."""
    for words in arguments.words:
        text, vectors = part(arguments.text, folder, words), {}
        for side in reversed(SIDES):
            task = {"dim": arguments.dims[0], "epochs": 1, "dtype": SIDES[side]}
            out = Path(folder) / f"{side}.npy"
            run(task, out, [str(text)], side, arguments.flag)
            vectors[side] = np.load(out).astype(np.float64)
            apart = np.linalg.norm(vectors[side] - vectors["cpu64"])
            apart /= np.linalg.norm(vectors["cpu64"])
            print(f"{words:>12,} words, 1 epoch  {side:<7}{apart:10.1e} from float64", flush=True)


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("text", type=Path, help="text of words between spaces, plain or .xz")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--analogies", type=Path, nargs="*", default=[])
    parser.add_argument("--dims", type=int, nargs="+", default=[128, 300])
    parser.add_argument("--words", type=int, nargs="*", default=[50_000, 1_000_000])
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=["device"])
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON of further settings")
    parser.add_argument("--flag", action="store_true", help=f"train with {FLAG}")
    parser.add_argument("--only", choices=["near", "whole", "scatter"])
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        worker(arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        if arguments.only in (None, "near"):
            near(arguments, folder)
        if arguments.only in (None, "whole"):
            whole(arguments, folder)
        if arguments.only in (None, "scatter"):
            for flag in (False, True):
                task = {"scatter": arguments.dims[0]}
                found = run(task, Path(folder), [str(arguments.text)], "device", flag)
                on = f"{found.pop('on')}, dim {arguments.dims[0]}, flag {'on' if flag else 'off'}"
                print(f"ns to add a row on {on}: {found}", flush=True)


def whole(arguments: argparse.Namespace, folder: str) -> None:
    """Speed and scores on the whole text."""
    text = part(arguments.text, folder, None)
    given = [str(text), "--pairs", *map(str, arguments.pairs)]
    given += ["--analogies", *map(str, arguments.analogies)]
    for dim in arguments.dims:
        for side in arguments.sides:
            task = {"dim": dim, "dtype": SIDES[side], **arguments.settings}
            found = run(task, Path(folder) / "whole.npy", given, side, arguments.flag)
            scores = "  ".join(f"{name} {x:.3f}" for name, x in found["scores"].items())
            print(
                f"dim {dim} {side} ({found['on']}, jax {found['jax']}): {found['seconds']:.1f} s,"
                f" {found['words/s']:,.0f} words/s  {scores}",
                flush=True,
            )


if __name__ == "__main__":
    main()
