"""The rates of one device that benchmarks/scaling.py reckons with: a training step alone.

    python benchmarks/step_rates.py [--dims 16 64 100 300 512] [--repeats 15] [--using least]

Times default steps on words drawn by Zipf's law, without reading, compilation or a host that feeds
them, and the part of them that adds rows into the tables, which the devices of ``data`` all do.
Tables of 16 and 64 columns are what a device of ``model`` holds of larger ones. All cases are run
in turn, again and again; the least and the median of each are printed, and what to give to
benchmarks/scaling.py. With ``--played 8`` it is the processor time of steps on eight devices of
``data`` that a processor plays, beside those of one.

The work of the host, which no mesh divides, is timed beside it: to thin a text out and to lay it
out in chunks.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array

from jw2v import Config, meshes, sampling, steps
from jw2v.feeding import batches
from jw2v.feeding.layouts import Segments
from jw2v.objectives import Evaluation, Gradient, Rows
from jw2v.params import init
from jw2v.reading.corpus import SENTENCE_END
from jw2v.training.planning import settled
from jw2v.training.recipe import Overrides, Recipe, recipe

WORDS, FEW = 4096, 512
"""Center words in a step by default, and in a small one that shows what each step costs anyway."""
STEPS = 16
FED, LINE_WORDS = 4_000_000, 1_000
"""Words that the host lays out, and words in a sentence of them."""


class Case(NamedTuple):
    """What is timed: a call, how many steps or words it is, and what they are called."""

    dim: int
    words: int
    what: str
    run: Callable[[], Any]


def planned(dim: int, words: int, counts: Any) -> Recipe:
    """How training would go about it."""
    config = settled(Config(dim=dim, batch_words=words), counts)
    return recipe(config, counts, Overrides(None, None, "tables", None))


def repeated(
    made: Recipe, step: steps.Step, vocab: int, batch: Any, mesh: Mesh | None = None
) -> Callable[[], Any]:
    """A call that goes on with training from where the last one stopped: no table is copied."""
    scan = steps.scan_steps(step, mesh)
    tables = init(jax.random.key(0), vocab, made.width)
    state = steps.start(tables, made.optimizer, jax.random.key(1))
    if mesh is not None:
        state, batch = meshes.placed(mesh, state), meshes.dealt(mesh, batch)

    def again() -> Any:
        nonlocal state
        state, _ = scan(state, batch)
        return jax.block_until_ready(state)

    return again


def drawn(made: Recipe, counts: Any) -> tuple[Array, Array]:
    """The ids of rows of both tables that some steps touch, [steps, entries]."""
    rng = np.random.default_rng(0)
    keep = sampling.keep_probability(counts, 1e-4) * counts
    shape, shared = made.planned.shape, made.planned.shared
    words = rng.choice(len(counts), (STEPS, shape.batch, shape.length), p=keep / keep.sum())
    noise = counts**0.75 / (counts**0.75).sum()
    negatives = rng.choice(len(counts), (STEPS, shape.batch, shared), p=noise)
    outside = np.concatenate([words, negatives], axis=-1)
    return jnp.asarray(words, jnp.int32), jnp.asarray(outside, jnp.int32)


def whole(made: Recipe, counts: Any, mesh: Mesh | None = None) -> Callable[[], Any]:
    """Steps, by all that a step does."""
    words, _ = drawn(made, counts)
    text = Segments(words, jnp.zeros(words.shape, jnp.int32))
    return repeated(made, made.step, len(counts), text, mesh)


def adding(made: Recipe, counts: Any) -> Callable[[], Any]:
    """Steps whose gradient is there already: it is bounded and added into the tables."""

    def there(params: Any, batch: Gradient, key: Array) -> Evaluation:
        return Evaluation(jnp.zeros([]), jnp.ones([]), batch)

    def rows(ids: Array) -> Rows:
        size = jnp.full((*ids.shape, made.width), 1e-6, jnp.float32)
        return Rows(ids, size, jnp.ones(ids.shape, jnp.float32))

    centers, outside = drawn(made, counts)
    step = steps.row_step(there, made.optimizer)
    return repeated(made, step, len(counts), Gradient(rows(centers), rows(outside)))


def feeding(made: Recipe, counts: Any) -> Callable[[], Any]:
    """The work of the host on a text; returns how many words of it stay."""
    rng = np.random.default_rng(0)
    ids = rng.choice(len(counts), FED, p=counts / counts.sum()).astype(np.int32)
    ids = np.insert(ids, np.arange(LINE_WORDS, FED, LINE_WORDS), SENTENCE_END)
    keep = np.asarray(sampling.keep_probability(counts, 1e-4), np.float32)

    def again() -> int:
        texts = batches.subsampled(ids, keep, rng)
        return sum(
            int((chunk.sentence >= 0).sum())
            for chunk in batches.segments(texts, made.planned.shape, rng)
        )

    return again


def cases(dims: list[int], counts: Any) -> list[Case]:
    """All that is timed."""
    found = []
    for dim in dims:
        made = planned(dim, WORDS, counts)
        found.append(Case(dim, WORDS, "step", whole(made, counts)))
        found.append(Case(dim, WORDS, "adding", adding(made, counts)))
    usual = 100 if 100 in dims else dims[0]
    return [*found, Case(usual, FEW, "step", whole(planned(usual, FEW, counts), counts))]


def timed(run: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    run()
    return clock() - start


def played(dim: int, devices: int, counts: Any, repeats: int) -> None:
    """Print the processor time of steps on one device, and on some that a processor plays."""
    made = planned(dim, WORDS, counts)
    least = []
    for mesh in (None, meshes.mesh_of({"data": devices})):
        run = whole(made, counts, mesh)
        run()  # compiles
        least.append(min(timed(run, time.process_time) for _ in range(repeats)) / STEPS)
    one, all_of_them = least
    repeated_share = (all_of_them / one - 1) / (devices - 1)
    print(f"dim {dim}: {one * 1e3:.2f} ms of processor time a step on one device, ", end="")
    print(f"{all_of_them * 1e3:.2f} on {devices}; each repeats {repeated_share:.0%} of a step")


def flags(found: dict[tuple[int, int, str], float], dims: list[int], feed: float) -> str:
    """What benchmarks/scaling.py takes, of seconds a step by dim, words and what was timed."""
    usual = {dim: found[dim, WORDS, "step"] for dim in dims}
    rates = " ".join(f"{dim}={WORDS / taken:.3g}" for dim, taken in usual.items())
    shares = " ".join(
        f"{dim}={found[dim, WORDS, 'adding'] / taken:.2f}" for dim, taken in usual.items()
    )
    [dim] = (dim for dim, words, _ in found if words == FEW)
    a_word = (usual[dim] - found[dim, FEW, "step"]) / (WORDS - FEW)
    begun = max(0.0, found[dim, FEW, "step"] - FEW * a_word)
    return f"--rates {rates} --adding {shares} --start {begun:.2g} --feed {feed:.3g}"


def main() -> None:
    """Time the cases in turn and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dims", type=int, nargs="+", default=[16, 64, 100, 300, 512])
    parser.add_argument("--vocab", type=int, default=80_000)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--played", type=int, metavar="DEVICES", help="see above; needs XLA_FLAGS")
    parser.add_argument("--using", choices=["least", "median"], default="least")
    arguments = parser.parse_args()
    counts = np.maximum(5, 10**7 // np.arange(1, arguments.vocab + 1))
    device = jax.devices()[0]
    print(f"jax {jax.__version__} on {device.device_kind}, {arguments.vocab:,} words", flush=True)
    if arguments.played:
        for dim in arguments.dims:
            played(dim, arguments.played, counts, arguments.repeats)
        return
    of = cases(arguments.dims, counts)
    feed = feeding(planned(100, WORDS, counts), counts)
    for case in of:
        case.run()  # compiles
    taken: list[list[float]] = [[] for _ in of]
    fed = []
    for _ in range(arguments.repeats):
        for case, times in zip(of, taken, strict=True):
            times.append(timed(case.run) / STEPS)
        start = time.perf_counter()
        fed.append(feed() / (time.perf_counter() - start))
    print(f"{'dim':>5}{'words':>7}  {'':<8}{'least':>9}{'median':>9} ms  {'words/s, median':>16}")
    for (dim, words, what, _), times in zip(of, taken, strict=True):
        least, middle = min(times), median(times)
        rate = f"{words / middle:>16,.0f}" if what == "step" else ""
        print(f"{dim:>5}{words:>7}  {what:<8}{least * 1e3:>9.3f}{middle * 1e3:>9.3f}     {rate}")
    print(
        f"the host lays out {max(fed):,.0f} words/s at the most, {median(fed):,.0f} by the median"
    )
    which, best = (min, max(fed)) if arguments.using == "least" else (median, median(fed))
    found = {(dim, n, what): which(t) for (dim, n, what, _), t in zip(of, taken, strict=True)}
    print(f"\n{flags(found, arguments.dims, best)}")


if __name__ == "__main__":
    main()
