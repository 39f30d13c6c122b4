"""What is found on eight devices that a processor plays: run by test_meshes.py.

    python tests/training/eight_devices.py programs

Each line that it prints is one finding, as JSON: a name and what was found.
"""

import json
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
)
os.environ["JAX_PLATFORMS"] = "cpu"
sys.path[:0] = [str(Path(__file__).parents[2])]

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402
from jax.sharding import NamedSharding  # noqa: E402
from jax.sharding import PartitionSpec as P  # noqa: E402

import jw2v  # noqa: E402
from jw2v import Config, meshes, steps  # noqa: E402
from jw2v.catalogue import OUTPUTS  # noqa: E402
from jw2v.feeding.layouts import Bags, Segments, Windows  # noqa: E402
from jw2v.params import Params  # noqa: E402
from jw2v.storage.archive import Archive  # noqa: E402
from jw2v.training.planning import settled  # noqa: E402
from jw2v.training.recipe import Overrides, Recipe, recipe  # noqa: E402

SHAPES = {"float32": ((1, 8), (8, 1), (2, 4)), "float64": ((2, 4),)}
RNG = np.random.default_rng(0)
WORDS = 60
TEXT = [[f"w{i}" for i in RNG.choice(WORDS, 12, p=np.full(WORDS, 1 / WORDS))] for _ in range(400)]
SMALL = Config(dim=16, min_count=1, epochs=1, batch_words=256, subsample=0)
COLLECTIVE = re.compile(
    r"= (\(.*?\)|\S+) (all-reduce|all-gather|all-to-all|collective-permute|reduce-scatter)"
    r"(?:-start)?\("
)


def mesh_of(data: int, model: int) -> dict[str, int]:
    return {"data": data, "model": model}


def distance(found: Any, expected: Any) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def compiled(config: Config, vocab: int, mesh: Any, overrides: Overrides | None = None) -> Any:
    """A recipe, and its steps compiled for a mesh without any array."""
    on = meshes.mesh_of(mesh)
    counts = 5 + np.arange(vocab, 0, -1) * 3000 // vocab
    config = settled(config, counts)
    none = Overrides(None, None, "tables", None)
    made = recipe(config, counts, overrides or none, columns=meshes.size(on, "model"))

    def begin() -> steps.TrainState:
        params = Params(jnp.zeros((vocab, made.width)), jnp.zeros((made.head.height, made.width)))
        return steps.start(params, made.optimizer, jax.random.key(0))

    shapes = jax.eval_shape(begin)
    state = jax.tree.map(
        lambda leaf, lies: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=lies),
        shapes,
        meshes.place(on, shapes),
    )
    with jax.set_mesh(on):
        run = jax.jit(lambda s, b: jax.lax.scan(made.step, s, b), donate_argnums=0)
        return made, run.lower(state, batches(made, on)).compile()


def batches(made: Recipe, mesh: Any) -> Any:
    """The shapes of two steps."""
    _, batch, length = made.planned.shape
    around = 2 * made.planned.reach

    def of(*shape: int, dtype: Any = np.int32) -> Any:
        lies = NamedSharding(mesh, P(None, "data"))
        return jax.ShapeDtypeStruct((2, batch, *shape), dtype, sharding=lies)

    match made.planned.layout:
        case "segments":
            return Segments(of(length), of(length))
        case "bags":
            return Bags(of(length + around), of(length + around), of(length))
        case _:
            return Windows(of(), of(around), of(around, dtype=np.bool_))


def crossing(program: Any) -> list[str]:
    """The collectives of a program, with what they carry: ``all-gather s32[16,32]``."""
    found = COLLECTIVE.findall(program.as_text())
    shapes = [(kind, re.findall(r"[a-z]+\d*\[[\d,]*\]", carried)) for carried, kind in found]
    return sorted(f"{kind} {' '.join(sorted(carried))}" for kind, carried in shapes)


def models() -> Iterator[tuple[str, Any]]:
    """Models on a mesh of both axes, beside one device."""
    for model, loss in product(("skip-gram", "cbow"), OUTPUTS):
        config = Config(**{**vars(SMALL), "model": model, "loss": loss})
        one = jw2v.train(TEXT, config).vectors
        found = jw2v.train(TEXT, config, mesh=mesh_of(2, 4)).vectors
        yield f"{model} {loss}", distance(found, one)


def many_steps() -> Iterator[tuple[str, Any]]:
    """The default model in float64 over a thousand steps, and in float32 over ten."""
    long = Config(dim=16, min_count=1, epochs=51, batch_words=256, subsample=0, dtype="float64")
    for name, config, text in (("float64", long, TEXT), ("float32", SMALL, TEXT[:200])):
        one = jw2v.train(text, config).vectors
        counts = jw2v.training.read(text, config).vocabulary.counts
        none = Overrides(None, None, "tables", None)
        yield f"steps {name}", recipe(config, counts, none).planned.steps
        for data, model in SHAPES[name]:
            found = jw2v.train(text, config, mesh=mesh_of(data, model)).vectors
            yield f"{name} {data}x{model}", distance(found, one)


def programs() -> Iterator[tuple[str, Any]]:
    """What crosses between devices in a step."""
    config = Config(dim=64, batch_words=512)
    for data, model in SHAPES["float32"]:
        _, program = compiled(config, 3001, mesh_of(data, model))
        yield f"{data}x{model}", crossing(program)
    for model, loss in (
        ("cbow", "negative-sampling"),
        ("skip-gram", "hierarchical-softmax"),
        ("cbow", "hierarchical-softmax"),
    ):
        of = Config(dim=64, batch_words=512, model=model, loss=loss)
        yield f"{model} {loss}", crossing(compiled(of, 3001, mesh_of(2, 4))[1])
    lazy = Overrides(None, optax.adagrad(0.1), "rows", None)
    yield "adagrad", crossing(compiled(config, 3001, mesh_of(2, 4), lazy)[1])


def defaults() -> Iterator[tuple[str, Any]]:
    """What crosses in a step of the size that large texts get, where columns are padded and not."""
    for dim in (100, 512):
        for data, model in SHAPES["float32"]:
            config = Config(dim=dim, batch_words=4096)
            _, program = compiled(config, 3001, mesh_of(data, model))
            yield f"{dim} {data}x{model}", crossing(program)


def large() -> Iterator[tuple[str, Any]]:
    """Ten million words of dim 512, of which nothing is allocated."""
    config = Config(dim=512)
    _, program = compiled(config, 10_000_000, mesh_of(1, 8))
    memory = program.memory_analysis()
    yield "arguments", memory.argument_size_in_bytes
    yield "aliased", memory.alias_size_in_bytes
    yield "temporary", memory.temp_size_in_bytes
    yield "crossing", crossing(program)


def other_ways() -> Iterator[tuple[str, Any]]:
    """Optimizers, pairs, starts and checkpoints."""
    for name, optimizer, update in (
        ("adagrad", optax.adagrad(0.1), "rows"),
        ("adam", optax.adam(0.01), "tables"),
    ):
        given = {"optimizer": optimizer, "update": update}
        one = jw2v.train(TEXT, SMALL, **given).vectors
        found = jw2v.train(TEXT, SMALL, mesh=mesh_of(2, 4), **given).vectors
        yield name, distance(found, one)
    padded = Config(**{**vars(SMALL), "dim": 100})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = jw2v.train(TEXT, padded, mesh=mesh_of(1, 8)).vectors
    yield "padded shape", list(found.shape)
    yield "padded", distance(found, jw2v.train(TEXT, padded).vectors)
    yield "padded said", [str(each.message) for each in said]
    pairs = RNG.integers(0, 40, (2, 4000))
    config = Config(dim=16, epochs=1, batch_words=512)
    one = jw2v.train_pairs(*pairs, config=config)
    found = jw2v.train_pairs(*pairs, config=config, mesh=mesh_of(2, 4))
    yield "pairs", [distance(a, b) for a, b in zip(found, one, strict=True)]
    start = jw2v.train(TEXT, Config(**{**vars(SMALL), "vectors": "both"}))
    one = jw2v.train(TEXT, SMALL, start=start).vectors
    yield "start", distance(jw2v.train(TEXT, SMALL, start=start, mesh=mesh_of(2, 4)).vectors, one)
    own = jax.sharding.Mesh(np.array(jax.devices()).reshape(4, 2), ("model", "data"))
    one = jw2v.train(TEXT, SMALL).vectors
    yield "own mesh", distance(jw2v.train(TEXT, SMALL, mesh=own).vectors, one)


class Stopped(Exception):
    """What ends a run in its middle."""


def checkpoints() -> Iterator[tuple[str, Any]]:
    """A run that is stopped on one mesh goes on on another."""
    config = Config(**{**vars(SMALL), "dim": 20, "epochs": 3})
    one = jw2v.train(TEXT, config).vectors

    def stop(progress: Any) -> None:
        if progress.fraction > 0.5:
            raise Stopped

    ways = {"none": None, "1x8": mesh_of(1, 8), "2x4": mesh_of(2, 4), "4x1": mesh_of(4, 1)}
    for before, after in (("1x8", "none"), ("none", "2x4"), ("2x4", "4x1")):
        with tempfile.TemporaryDirectory() as folder:
            keep = {"checkpoint_dir": folder, "checkpoint_every": 0}
            try:
                jw2v.train(TEXT, config, mesh=ways[before], progress=stop, **keep)
            except Stopped:
                found = jw2v.train(TEXT, config, mesh=ways[after], resume=True, **keep).vectors
                yield f"resumed {before} {after}", distance(found, one)
                newest = Archive(Path(folder), read_only=True).newest(lambda record: None)
                assert newest is not None
                yield f"columns {after}", newest[0]["arrays"]["000"][0][1]


def refused() -> Iterator[tuple[str, Any]]:
    """What is said of meshes that will not do."""

    def of(run: Callable[[], Any]) -> str:
        try:
            run()
        except ValueError as error:
            return str(error)
        return "nothing"

    yield "too many", of(lambda: meshes.mesh_of({"data": 3, "model": 4}))
    yield "data", of(lambda: jw2v.train(TEXT, SMALL, mesh={"data": 3}))
    adam = {"optimizer": optax.adam(0.1)}
    odd = Config(**{**vars(SMALL), "dim": 20})
    yield "model", of(lambda: jw2v.train(TEXT, odd, mesh={"model": 8}, **adam))


def main() -> None:
    for name, found in globals()[sys.argv[1]]():
        print(json.dumps([name, found]), flush=True)


if __name__ == "__main__":
    main()
