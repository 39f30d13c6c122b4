"""The losses, gradients and step rules of jw2v in float32, beside their true values."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import exact
import jax
import jax.numpy as jnp
import numpy as np
from exact import Exact, number
from numpy.typing import NDArray

from jw2v import activations, gradients, losses, softmax
from jw2v.objectives import Segments, segments_at
from jw2v.params import Params
from jw2v.steps.optimizers import curvature_bounded_sgd

Array = NDArray[Any]
Rng = np.random.Generator
Results = list[tuple[Any, Exact]]
"""What came out in float32, beside what is true."""

Case = tuple[str, str, Results, Array | None]
"""The function, its arguments in words, its results, and its argument where it has one."""

LARGEST = float(np.finfo(np.float32).max)
TINY = 2.0**-126
EPS = 2.0**-23
ENDS = (0, 2.0**-149, TINY, 1, 17, 88, 104, LARGEST / 2, LARGEST)


def between(low: float, high: float) -> Callable[[Rng, tuple[int, ...]], Array]:
    """Magnitudes whose logarithms are uniform, with random signs."""

    def draw(rng: Rng, shape: tuple[int, ...]) -> Array:
        size = np.minimum(np.exp2(rng.uniform(np.log2(low), np.log2(high), shape)), LARGEST)
        return signed(rng, size)

    return draw


def ends(rng: Rng, shape: tuple[int, ...]) -> Array:
    return signed(rng, rng.choice(ENDS, shape))


def signed(rng: Rng, size: Array) -> Array:
    signs: Array = rng.choice([-1, 1], size.shape)
    return (size * signs).astype(np.float32)


REGIMES = {
    "subnormal": between(2.0**-149, TINY),
    "1e-38 to 1e-3": between(TINY, 1e-3),
    "1e-3 to 10": between(1e-3, 10),
    "10 to 100": between(10, 100),
    "100 to 3e38": between(100, LARGEST),
    "1e-45 to 3e38": between(2.0**-149, LARGEST),
    "the ends": ends,
}
LOGITS = {"1": 1.0, "30": 30.0, "1e4": 1e4, "1e36": 1e36}
DIMS = (10, 300)


def rule(rate: float, bound: float, g: Array, h: Array) -> Any:
    """What the default optimizer adds to a row."""
    optimizer = curvature_bounded_sgd(rate, bound)
    update, _ = optimizer.update(g[:, None], optimizer.init(g), curvature=h)
    return jnp.asarray(update)[:, 0]


def elementwise() -> dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    """Functions of one number, and their true values."""
    nothing = jnp.zeros((0, 1))
    one = jnp.ones(1)

    def log_sigmoid(x: Any) -> Any:
        return losses.negative_sampling_rows(jnp.reshape(x, 1), one, nothing)

    def each_grad(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return jax.vmap(jax.grad(function))

    return {
        "sigmoid": (activations.sigmoid, exact.sigmoid),
        "sigmoid gradient": (gradients.sigmoid, exact.sigmoid_gradient),
        "sigmoid jax.grad": (each_grad(activations.sigmoid), exact.sigmoid_gradient),
        "relu": (activations.relu, lambda x: x * exact.step(x)),
        "relu gradient": (gradients.relu, exact.step),
        "relu jax.grad": (each_grad(activations.relu), exact.step),
        "-log sigmoid": (jax.vmap(log_sigmoid), lambda x: exact.softplus(-x)),
        "-log sigmoid jax.grad": (each_grad(log_sigmoid), lambda x: -exact.sigmoid(-x)),
    }


def scalars(rng: Rng, points: int) -> Iterator[Case]:
    """Functions of one number, and of a gradient and a curvature."""
    for name, (function, true) in elementwise().items():
        for regime, draw in REGIMES.items():
            x = draw(rng, (points,))
            yield name, regime, [(jax.jit(function)(x), exact.itself(true(number(x))))], x
    for regime, draw in REGIMES.items():
        g, h = draw(rng, (points,)), abs(draw(rng, (points,)))
        step = exact.itself(exact.bounded_step(number(g), number(h), 0.025, 2.0))
        got = jax.jit(partial(rule, 0.025, 2.0))(g, h)
        yield "curvature_bounded_sgd", f"g, h {regime}", [(got, step)], h


def entropies(rng: Rng, points: int) -> Iterator[Case]:
    """Cross-entropy of probabilities of any size."""
    loss = jax.jit(jax.vmap(losses.cross_entropy))
    grad = jax.jit(jax.vmap(jax.grad(losses.cross_entropy, 1)))
    y = rng.dirichlet(np.ones(5), points).astype(np.float32)
    for regime, low, high in (("subnormal", 2.0**-149, TINY), ("normal", TINY, 1.0)):
        y_hat = abs(between(low, high)(rng, y.shape))
        true = map(exact.cross_entropy, number(y), number(y_hat))
        pairs = [(one, exact.itself(t)) for one, t in zip(loss(y, y_hat), true, strict=True)]
        yield "cross_entropy", f"ŷ {regime}", pairs, None
        slope = exact.itself(-number(y) / number(y_hat))
        yield "cross_entropy jax.grad", f"ŷ {regime}", [(grad(y, y_hat), slope)], None


class PairLoss(NamedTuple):
    """A loss, its closed form, the arguments it is differentiated by, and its true values."""

    loss: Callable[..., Any]
    gradient: Callable[..., Any]
    wrt: tuple[int, ...]
    true: Callable[..., exact.Pair]
    arguments: Callable[[Array, Array], tuple[Any, ...]]
    """from v_c and a table whose first row is that of the outside word"""


PAIR_LOSSES = {
    "negative_sampling": PairLoss(
        losses.negative_sampling_rows,
        gradients.negative_sampling_rows,
        (0, 1, 2),
        exact.negative_sampling,
        lambda v_c, U: (v_c, U[0], U[1:]),
    ),
    "naive_softmax": PairLoss(
        losses.naive_softmax,
        gradients.naive_softmax,
        (0, 2),
        exact.naive_softmax,
        lambda v_c, U: (v_c, np.int32(0), U),
    ),
}


def pair_losses(inputs: str, examples: list[tuple[Array, Array]]) -> Iterator[Case]:
    """Loss, closed form and ``jax.grad`` of both pair losses, for (v_c, U) of one shape."""
    for name, (loss, gradient, wrt, true, arguments) in PAIR_LOSSES.items():
        cases = [arguments(v_c, U) for v_c, U in examples]
        exacts = [true(*case) for case in cases]
        slopes = {"gradient": jax.jit(gradient), "jax.grad": jax.jit(jax.grad(loss, wrt))}
        value = jax.jit(loss)
        got = [(value(*case), pair.loss) for case, pair in zip(cases, exacts, strict=True)]
        yield name, inputs, got, None
        for road, slope in slopes.items():
            pairs = []
            for case, pair in zip(cases, exacts, strict=True):
                v_c, *rows = slope(*case)
                pairs += [(v_c, pair.v_c), (np.vstack(rows), pair.U)]
            yield f"{name} {road}", inputs, pairs, None


def shared(inputs: str, examples: list[tuple[Array, Array]]) -> Iterator[Case]:
    """The chunked softmax of a window of three outside words, two of them the same."""
    outside = np.array([0, 2, 2])
    window = outside[None], np.ones((1, 3), bool)
    chunk = max(1, len(examples[0][1]) // 3)
    evaluate = jax.jit(partial(softmax.evaluate, chunk=chunk))
    loss = partial(softmax.shared_naive_softmax, chunk=chunk)
    grad = jax.jit(jax.grad(loss, (0, 1)))
    lists: tuple[Results, ...] = [], [], []
    of_loss, closed, by_grad = lists
    for v_c, U in examples:
        first, second, third = (exact.naive_softmax(v_c, o, U) for o in outside)
        pair = first + second + third
        found, slope = evaluate(v_c[None], U, *window), grad(v_c[None], U, *window)
        of_loss.append((found.loss, pair.loss))
        closed += [(found.C, pair.v_c), (found.U, pair.U)]
        by_grad += [(slope[0], pair.v_c), (slope[1], pair.U)]
    named = {
        "softmax in chunks": of_loss,
        "softmax in chunks gradient": closed,
        "softmax in chunks jax.grad": by_grad,
    }
    for name, pairs in named.items():
        yield name, inputs, pairs, None


def segments(inputs: str, rng: Rng, dim: int, size: float) -> Iterator[Case]:
    """What training minimises by default: a run of 8 words, all pairs, with 16 negatives."""
    length, shared = 8, 16
    vectors = vectors_of(rng, dim, size, (2, length + shared))
    words, drawn = np.arange(length), np.arange(length, length + shared)
    weights = np.float32(rng.uniform(0, 1, (length, length)))
    batch = Segments(jnp.asarray(words[None]), jnp.zeros((1, length), jnp.int32))
    evaluate = jax.jit(partial(segments_at, negatives=5))
    found = evaluate(Params(*map(jnp.asarray, vectors)), batch, weights, drawn[None])
    positive = np.arange(length + shared) < length
    # The weight of a negative is rounded before it is used: that is no error of the formula's.
    negative = np.float32(weights.sum(1, keepdims=True)) * np.float32(5 / 16)
    w = np.hstack([weights, np.broadcast_to(negative, (length, shared))])
    true = exact.segment(vectors[0][:length], vectors[1], w, positive)
    V, U = found.gradient
    named = {
        "segments": [(found.loss, true.loss)],
        "segments gradient": [(V.gradient, true.C), (U.gradient, true.X)],
        "segments curvature": [(V.curvature, true.C_curvature), (U.curvature, true.X_curvature)],
    }
    for name, pairs in named.items():
        yield name, inputs, pairs, None


def vectors_of(rng: Rng, dim: int, size: float, shape: tuple[int, ...]) -> Array:
    """Random vectors whose products have the standard deviation ``size``."""
    return rng.normal(0, (size / dim**0.5) ** 0.5, (*shape, dim)).astype(np.float32)


def all_cases(points: int) -> Iterator[Case]:
    """The table."""
    rng = np.random.default_rng(0)
    yield from scalars(rng, points)
    yield from entropies(rng, points)
    one = np.ones(1, np.float32)
    for words in (6, 100):
        for regime, draw in REGIMES.items():
            examples = [(one, draw(rng, (words, 1))) for _ in range(max(2, points // (10 * words)))]
            inputs = f"{words} logits, {regime}"
            yield from pair_losses(inputs, examples)
            yield from shared(inputs, examples)
    for dim in DIMS:
        for name, size in LOGITS.items():
            inputs = f"dim {dim}, logits of {name}"
            tables = [vectors_of(rng, dim, size, (21,)) for _ in range(max(2, points // 200))]
            examples = [(table[0], table[1:]) for table in tables]
            yield from pair_losses(inputs, examples)
            yield from shared(inputs, examples)
            yield from segments(inputs, rng, dim, size)
