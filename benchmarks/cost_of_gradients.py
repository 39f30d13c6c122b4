"""What statement g3 promises, measured: the time of one gradient against the vocabulary size.

    python benchmarks/cost_of_gradients.py [--figure docs/cost.svg]

Naive softmax touches all V words, negative sampling K + 1 of them. Each gradient is added into a
table of V rows, as a training step adds it, for examples one after the other in one compiled loop.
The slope is that of log time over log V from 10,000 words on: 1 is proportional, 0 is independent.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from jw2v import gradients

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
DIM = 100
NEGATIVES = 10
REPEATS = 5
LOSSES = ("naive softmax", "negative sampling")

Tables = tuple[Array, Array, Array]


def add_naive_softmax(total: Array, U: Array, example: Tables) -> Array:
    """Add a gradient with respect to U, all V rows of it."""
    v_c, o, _ = example
    return total + gradients.naive_softmax(v_c, o, U).U


def add_negative_sampling(total: Array, U: Array, example: Tables) -> Array:
    """Add a gradient with respect to U, the K + 1 rows of it that are not zero."""
    v_c, o, negatives = example
    g = gradients.negative_sampling_rows(v_c, U[o], U[negatives])
    return total.at[o].add(g.u_o).at[negatives].add(g.u_negatives)


def seconds(add: Callable[[Array, Array, Tables], Array], vocab: int, examples: int) -> float:
    """The time of one gradient: the best of some runs over many examples."""
    rng = np.random.default_rng(0)
    U = jnp.asarray(rng.normal(size=(vocab, DIM)), jnp.float32)
    batch = (
        jnp.asarray(rng.normal(size=(examples, DIM)), jnp.float32),
        jnp.asarray(rng.integers(0, vocab, examples)),
        jnp.asarray(rng.integers(0, vocab, (examples, NEGATIVES))),
    )

    def body(total: Array, example: Tables) -> tuple[Array, None]:
        return add(total, U, example), None

    run = jax.jit(lambda total, batch: jax.lax.scan(body, total, batch)[0], donate_argnums=0)
    total = jax.block_until_ready(run(jnp.zeros_like(U), batch))
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        total = jax.block_until_ready(run(total, batch))
        times.append(time.perf_counter() - start)
    return min(times) / examples


def slope(times: list[float]) -> float:
    """The exponent p of time ~ V^p from 10,000 words on."""
    large = [i for i, vocab in enumerate(SIZES) if vocab >= 10_000]
    return float(
        np.polyfit(np.log([SIZES[i] for i in large]), np.log([times[i] for i in large]), 1)[0]
    )


def draw(measured: dict[str, list[float]], path: Path) -> None:
    """Both curves on logarithmic axes."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for (name, times), marker in zip(measured.items(), "os", strict=True):
        label = f"{name}, slope {slope(times):.2f}"
        axes.loglog(SIZES, np.array(times) * 1e6, marker=marker, label=label)
    axes.set_xlabel("words in the vocabulary, V")
    axes.set_ylabel("time of a gradient, µs")
    axes.set_title(f"Cost of a gradient: d = {DIM}, K = {NEGATIVES}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    with matplotlib.rc_context({"svg.hashsalt": "jw2v"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {})


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", type=Path, help="write the curves to this file")
    arguments = parser.parse_args()
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}, d = {DIM}, K = {NEGATIVES}")
    print(f"{'V':>9}  {LOSSES[0]:>16}  {LOSSES[1]:>18}  ratio")
    measured: dict[str, list[float]] = {name: [] for name in LOSSES}
    for vocab in SIZES:
        naive = seconds(add_naive_softmax, vocab, examples=max(4, 200_000 // vocab))
        negative = seconds(add_negative_sampling, vocab, examples=2_000)
        measured[LOSSES[0]].append(naive)
        measured[LOSSES[1]].append(negative)
        print(
            f"{vocab:>9,}  {naive * 1e6:>13,.1f} µs  {negative * 1e6:>15,.1f} µs"
            f"  {naive / negative:,.1f}"
        )
    print(f"{'slope':>9}  {slope(measured[LOSSES[0]]):>16.2f}  {slope(measured[LOSSES[1]]):>18.2f}")
    if arguments.figure:
        draw(measured, arguments.figure)
        print(f"wrote {arguments.figure}")


if __name__ == "__main__":
    main()
