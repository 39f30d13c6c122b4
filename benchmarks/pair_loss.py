"""What a pair loss costs beside the plain formulation with optax: the ratio of their times.

    python benchmarks/pair_loss.py [--runs 100]

A batch of examples under ``jax.vmap``, each with a center vector, a true word and K negatives of
one table: the loss, and its value and gradient with respect to vectors and table. Beside it the
same logits, gathered once, given to ``optax.sigmoid_binary_cross_entropy``. They run in turns, in
an order drawn anew, so that a machine that slows down slows all; the ratio is the median of those
of the turns. The closed form is measured as :func:`jw2v.gradients.add_rows` adds its rows into a
table. The last line is the check of one array of row numbers outside a trace.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from jw2v import _arrays, gradients, losses

BATCH, VOCAB, DIM, NEGATIVES = 4096, 20_000, 100, 5

Batch = tuple[Array, Array, Array, Array]
Functions = dict[str, Callable[..., Any]]


def some_batch() -> Batch:
    """Vectors, true words, negatives and the table."""
    rng = np.random.default_rng(0)
    return (
        jnp.asarray(rng.normal(size=(BATCH, DIM)), jnp.float32),
        jnp.asarray(rng.integers(0, VOCAB, BATCH), jnp.int32),
        jnp.asarray(rng.integers(0, VOCAB, (BATCH, NEGATIVES)), jnp.int32),
        jnp.asarray(rng.normal(size=(VOCAB, DIM)) / 10, jnp.float32),
    )


def with_optax(v_c: Array, o: Array, negatives: Array, U: Array) -> Array:
    """Negative sampling as one would write it with optax; it checks nothing."""
    z = U[jnp.concatenate([o[None], negatives])] @ v_c
    truth = jnp.where(jnp.arange(len(z)) == 0, 1.0, 0.0)
    loss: Array = optax.sigmoid_binary_cross_entropy(z, truth).sum()
    return loss


def by_rows(v_c: Array, o: Array, negatives: Array, U: Array) -> tuple[Array, Array]:
    """The gradient of the batch in closed form, its rows added into one table."""
    words = jnp.concatenate([o[:, None], negatives], axis=1)
    u = U[words]
    g = jax.vmap(gradients.negative_sampling_rows)(v_c, u[:, 0], u[:, 1:])
    rows = jnp.concatenate([g.u_o[:, None], g.u_negatives], axis=1)
    return g.v_c, gradients.add_rows(jnp.zeros_like(U), words, rows)


def total(loss: Callable[..., Array]) -> Callable[..., Array]:
    """The sum of a loss over a batch."""

    def of_batch(v_c: Array, o: Array, negatives: Array, U: Array) -> Array:
        return jax.vmap(loss, (0, 0, 0, None))(v_c, o, negatives, U).sum()

    return of_batch


def compare(functions: Functions, batch: Batch, runs: int) -> None:
    """Print the times of compiled functions, and their ratio to the first."""
    compiled = {name: jax.jit(function) for name, function in functions.items()}
    times: dict[str, list[float]] = {name: [] for name in functions}
    order = np.random.default_rng(0)
    for turn in range(runs + 3):
        for name in order.permutation(list(compiled)):
            function = compiled[name]
            start = time.perf_counter()
            jax.block_until_ready(function(*batch))
            if turn >= 3:
                times[name].append(time.perf_counter() - start)
    first = np.array(next(iter(times.values())))
    for name, measured in times.items():
        ratio = np.median(np.array(measured) / first)
        print(f"{name:>34}  {np.median(measured) * 1e3:8.2f} ms  {ratio:5.2f}")


def check(runs: int) -> None:
    """Print what looking at row numbers costs outside a trace, beside their reductions in JAX."""
    _, _, negatives, _ = some_batch()

    def microseconds(function: Callable[[], Any]) -> float:
        measured = []
        for _ in range(runs + 3):
            start = time.perf_counter()
            function()
            measured.append(time.perf_counter() - start)
        return float(np.median(measured[3:])) * 1e6

    row = negatives[0]
    ours = microseconds(lambda: _arrays.index("benchmark", "negatives", row, VOCAB, "K"))
    theirs = microseconds(lambda: (int(row.min()), int(row.max())))
    print(f"the check of {NEGATIVES} row numbers: {ours:.0f} µs; two reductions: {theirs:.0f} µs")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100, help="turns (%(default)s)")
    runs = parser.parse_args().runs
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}: batch {BATCH}, {VOCAB} words,")
    print(f"dim {DIM}, {NEGATIVES} negatives; medians of {runs} turns, and the ratio to optax")
    batch = some_batch()
    ours, optaxs = total(losses.negative_sampling), total(with_optax)
    compare({"optax, loss": optaxs, "jw2v, loss": ours}, batch, runs)
    with_gradient: Functions = {
        "optax, value and gradient": jax.value_and_grad(optaxs, (0, 3)),
        "jw2v, value and gradient": jax.value_and_grad(ours, (0, 3)),
        "jw2v, closed form in rows": by_rows,
    }
    compare(with_gradient, batch, runs)
    check(runs)


if __name__ == "__main__":
    main()
