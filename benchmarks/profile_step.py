"""Where the time of a training step goes, against what the machine could do.

    python benchmarks/profile_step.py [--dim 100] [--window 5] [--vocab 80000]

Times the default step of negative sampling on words drawn by Zipf's law, then programs that do only
part of it, and sets them against a roofline: the floating-point work at the speed of one large
matrix product plus the rows at the speed of one large gather and one large scatter.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jw2v import Config, sampling, steps
from jw2v.objectives import Segments, negative_sampling_of_segments
from jw2v.params import Params, init
from jw2v.steps.optimizers import curvature_bounded_sgd
from jw2v.training import planning, recipe

STEPS = 8
REPEATS = 5
NEGATIVES = 5


def seconds(run: Callable[..., Any], *arguments: Any) -> float:
    """The best of some runs."""
    jax.block_until_ready(run(*arguments))
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        jax.block_until_ready(run(*arguments))
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Measure the step, its parts and the machine, and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--vocab", type=int, default=80_000)
    arguments = parser.parse_args()
    dim, window, vocab = arguments.dim, arguments.window, arguments.vocab

    rng = np.random.default_rng(0)
    counts = np.maximum(1, 10**7 // np.arange(1, vocab + 1))
    planned = planning.plan(Config(dim=dim, window=window), counts, layout="segments", fast=True)
    batch, length, shared = planned.shape.batch, planned.shape.length, planned.shared
    words = batch * length
    keep = sampling.keep_probability(counts, 1e-4) * counts
    drawn = rng.choice(vocab, (STEPS, batch, length), p=keep / keep.sum())
    text = Segments(jnp.asarray(drawn, jnp.int32), jnp.zeros(drawn.shape, jnp.int32))
    noise = sampling.noise(counts, 0.75)
    columns = dim + -dim % recipe.ALIGNMENT  # as training pads its tables
    params = init(jax.random.key(0), vocab, columns)
    params = Params(params.V, params.V)
    key = jax.random.key(1)

    objective = partial(
        negative_sampling_of_segments,
        noise=noise,
        window=window,
        shrink=True,
        negatives=NEGATIVES,
        shared=shared,
    )
    rule = curvature_bounded_sgd(0.05, 2.0)
    step = steps.row_step(objective, rule)

    def rows(params: Params, batch: Segments) -> tuple[Any, Any, Any, Any]:
        drawn = noise.draw(key, (len(batch.words), shared))
        outside = jnp.concatenate([batch.words, drawn], axis=1)
        return batch.words, outside, params.V[batch.words], params.U[outside]

    def gathers(params: Params, batch: Segments) -> Any:
        _, _, C, X = rows(params, batch)
        return C.sum() + X.sum()

    def logits(params: Params, batch: Segments) -> Any:
        _, _, C, X = rows(params, batch)
        return jnp.square(jnp.einsum("bld,bxd->blx", C, X)).sum()

    def products(params: Params, batch: Segments) -> Any:
        _, _, C, X = rows(params, batch)
        z = jnp.einsum("bld,bxd->blx", C, X)
        by_center = jnp.einsum("blx,bxd->bld", z, X)
        by_outside = jnp.einsum("blx,bld->bxd", z, C)
        # Squared, because the compiler turns the sum of a product into a cheaper product.
        return jnp.square(by_center).sum() + jnp.square(by_outside).sum()

    def part(of_batch: Callable[[Params, Segments], Any]) -> float:
        run = jax.jit(lambda p, b: jax.lax.scan(lambda c, x: (c + of_batch(p, x), None), 0.0, b)[0])
        return seconds(run, params, text) / STEPS

    def whole() -> float:
        scan = steps.scan_steps(step)
        state = steps.start(jax.tree.map(jnp.copy, params), rule, key)

        def run() -> Any:
            nonlocal state  # donated, as in training: no table is copied
            state, totals = scan(state, text)
            return state, totals

        return seconds(run) / STEPS

    def scatters() -> float:
        def body(p: Params, b: Segments) -> tuple[Params, None]:
            centers, outside, C, X = rows(p, b)
            return Params(p.V.at[centers].add(1e-6 * C), p.U.at[outside].add(1e-6 * X)), None

        scan = jax.jit(lambda p, b: jax.lax.scan(body, p, b)[0], donate_argnums=0)
        tables = jax.tree.map(jnp.copy, params)

        def run() -> Any:
            nonlocal tables
            tables = scan(tables, text)
            return tables

        return seconds(run) / STEPS

    touched = words + batch * (length + shared)
    flops = 3 * 2 * words * (length + shared) * dim
    side = jnp.ones((2048, 2048))
    peak = 2 * 2048**3 / seconds(jax.jit(lambda a: a @ a), side)
    a_row = scatters() / touched
    ideal = flops / peak + touched * a_row
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}, dim {dim}, window {window}")
    print(f"a step: {words:,} words, {touched:,} rows, {flops / 1e6:,.0f} Mflop")
    print(f"machine: {peak / 1e9:,.0f} Gflop/s, {a_row * 1e9:.0f} ns to gather and scatter a row")
    for name, taken in {
        "rows in": part(gathers),
        "rows in, logits": part(logits),
        "rows in, three products": part(products),
        "rows in and out": touched * a_row,
        "whole step": whole(),
        "roofline": ideal,
    }.items():
        share = f"{ideal / taken:5.0%} of the roofline" if name == "whole step" else ""
        print(f"{name:<26}{taken * 1e3:8.2f} ms  {taken / words * 1e6:6.3f} µs a word  {share}")


if __name__ == "__main__":
    main()
