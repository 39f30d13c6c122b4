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
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jw2v import Config, sampling, steps
from jw2v.objectives import Segments, negative_sampling_of_segments
from jw2v.objectives.noise import Noise
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


class Work(NamedTuple):
    """What is timed: some batches of text, and the tables that they go through."""

    text: Segments
    """[STEPS, batch, length]"""
    noise: Noise
    shared: int
    """negatives that the words of a run share"""
    params: Params
    key: jax.Array

    def rows(self, params: Params, batch: Segments) -> tuple[Any, Any, Any, Any]:
        """The words of a batch, those and the drawn ones, and the rows of both."""
        drawn = self.noise.draw(self.key, (len(batch.words), self.shared))
        outside = jnp.concatenate([batch.words, drawn], axis=1)
        return batch.words, outside, params.V[batch.words], params.U[outside]


def prepared(dim: int, window: int, vocab: int) -> Work:
    """Words drawn by Zipf's law, thinned out and in batches as training plans them."""
    rng = np.random.default_rng(0)
    counts = np.maximum(1, 10**7 // np.arange(1, vocab + 1))
    planned = planning.plan(Config(dim=dim, window=window), counts, layout="segments", fast=True)
    batch, length = planned.shape.batch, planned.shape.length
    keep = sampling.keep_probability(counts, 1e-4) * counts
    drawn = rng.choice(vocab, (STEPS, batch, length), p=keep / keep.sum())
    text = Segments(jnp.asarray(drawn, jnp.int32), jnp.zeros(drawn.shape, jnp.int32))
    width = dim + -dim % recipe.ALIGNMENT  # as training pads its tables
    V = init(jax.random.key(0), vocab, width).V
    noise = sampling.noise(counts, 0.75)
    return Work(text, noise, planned.shared, Params(V, V), jax.random.key(1))


def gathers(work: Work, params: Params, batch: Segments) -> Any:
    """The rows in."""
    _, _, C, X = work.rows(params, batch)
    return C.sum() + X.sum()


def logits(work: Work, params: Params, batch: Segments) -> Any:
    """The rows in, and the first of the three products."""
    _, _, C, X = work.rows(params, batch)
    return jnp.square(jnp.einsum("bld,bxd->blx", C, X)).sum()


def products(work: Work, params: Params, batch: Segments) -> Any:
    """The rows in, and all products of a step."""
    _, _, C, X = work.rows(params, batch)
    z = jnp.einsum("bld,bxd->blx", C, X)
    by_center = jnp.einsum("blx,bxd->bld", z, X)
    by_outside = jnp.einsum("blx,bld->bxd", z, C)
    # Squared, because the compiler turns the sum of a product into a cheaper product.
    return jnp.square(by_center).sum() + jnp.square(by_outside).sum()


def part(work: Work, of_batch: Callable[[Work, Params, Segments], Any]) -> float:
    """Seconds a step of a program that changes no table."""
    one = partial(of_batch, work)
    run = jax.jit(lambda p, b: jax.lax.scan(lambda c, x: (c + one(p, x), None), 0.0, b)[0])
    return seconds(run, work.params, work.text) / STEPS


def donated(run: Callable[[Any], Any], state: Any) -> float:
    """Seconds a step of what goes on from where it stopped, as in training: no table is copied."""

    def again() -> Any:
        nonlocal state
        state = run(state)
        return state

    return seconds(again) / STEPS


def whole(work: Work, window: int) -> float:
    """Seconds a step, by all that a step does."""
    objective = partial(
        negative_sampling_of_segments,
        noise=work.noise,
        window=window,
        shrink=True,
        negatives=NEGATIVES,
        shared=work.shared,
    )
    rule = curvature_bounded_sgd(0.05, 2.0)
    scan = steps.scan_steps(steps.row_step(objective, rule))
    state = steps.start(jax.tree.map(jnp.copy, work.params), rule, work.key)
    return donated(lambda state: scan(state, work.text)[0], state)


def scatters(work: Work) -> float:
    """Seconds a step, by rows in and out."""

    def body(p: Params, b: Segments) -> tuple[Params, None]:
        centers, outside, C, X = work.rows(p, b)
        return Params(p.V.at[centers].add(1e-6 * C), p.U.at[outside].add(1e-6 * X)), None

    scan = jax.jit(lambda p, b: jax.lax.scan(body, p, b)[0], donate_argnums=0)
    return donated(lambda p: scan(p, work.text), jax.tree.map(jnp.copy, work.params))


def main() -> None:
    """Measure the step, its parts and the machine, and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--vocab", type=int, default=80_000)
    arguments = parser.parse_args()
    dim, window = arguments.dim, arguments.window

    work = prepared(dim, window, arguments.vocab)
    _, batch, length = work.text.words.shape
    words, touched = batch * length, batch * (2 * length + work.shared)
    flops = 3 * 2 * words * (length + work.shared) * dim
    peak = 2 * 2048**3 / seconds(jax.jit(lambda a: a @ a), jnp.ones((2048, 2048)))
    in_and_out = scatters(work)
    a_row = in_and_out / touched
    ideal = flops / peak + in_and_out
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}, dim {dim}, window {window}")
    print(f"a step: {words:,} words, {touched:,} rows, {flops / 1e6:,.0f} Mflop")
    print(f"machine: {peak / 1e9:,.0f} Gflop/s, {a_row * 1e9:.0f} ns to gather and scatter a row")
    for name, taken in {
        "rows in": part(work, gathers),
        "rows in, logits": part(work, logits),
        "rows in, three products": part(work, products),
        "rows in and out": in_and_out,
        "whole step": whole(work, window),
        "roofline": ideal,
    }.items():
        share = f"{ideal / taken:5.0%} of the roofline" if name == "whole step" else ""
        print(f"{name:<26}{taken * 1e3:8.2f} ms  {taken / words * 1e6:6.3f} µs a word  {share}")


if __name__ == "__main__":
    main()
