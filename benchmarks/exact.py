"""The losses and gradients once more, in mpmath: what float32 is measured against.

Numbers have 700 bits, so that every product and sum of float32 numbers is exact, and what is
rounded at all, exponentials and quotients, is right to 600 bits and more. Arguments are float32
arrays. Each value comes with its scale, the size of what rounding may spoil in it: the sum of the
magnitudes of the terms it is made of, and, to first order, what an error of one unit in those terms
of each logit does to it, which is its condition number times its size.
"""

from typing import Any, NamedTuple

import mpmath
import numpy as np
from numpy.typing import NDArray

mpmath.mp.prec = 700

UNDERFLOW = 2.0**-103
"""What it does to a factor that it comes out below 2^-126 and counts as 0, in units of 2^-23."""

Floats = NDArray[np.float64]
Numbers = Any
"""Of ``mpmath.mpf``, in arrays of objects, of which NumPy's types say nothing."""

number = np.frompyfunc(lambda x: mpmath.mpf(float(x)), 1, 1)
exp = np.frompyfunc(mpmath.exp, 1, 1)
log = np.frompyfunc(mpmath.log, 1, 1)
log1p = np.frompyfunc(mpmath.log1p, 1, 1)
step = np.frompyfunc(lambda x: mpmath.mpf(x > 0), 1, 1)


class Exact(NamedTuple):
    """True values, and the scale of each."""

    value: Numbers
    scale: Floats

    def __add__(self, other: Any) -> "Exact":
        return Exact(self.value + other.value, self.scale + other.scale)


class Pair(NamedTuple):
    """A loss and its gradient with respect to v_c and to the rows of U."""

    loss: Exact
    v_c: Exact
    U: Exact

    def __add__(self, other: Any) -> "Pair":
        return Pair(*(a + b for a, b in zip(self, other, strict=True)))


def floats(numbers: Numbers) -> Floats:
    return np.asarray(numbers).astype(np.float64)


def itself(value: Numbers) -> Exact:
    """A value whose only error is that of rounding it."""
    return Exact(value, np.abs(floats(value)))


def sigmoid(x: Numbers) -> Numbers:
    return 1 / (1 + exp(-x))


def sigmoid_gradient(x: Numbers) -> Numbers:
    return sigmoid(x) * sigmoid(-x)


def softplus(x: Numbers) -> Numbers:
    """−log σ(−x)."""
    return log1p(exp(x))


def cross_entropy(y: Numbers, y_hat: Numbers) -> Numbers:
    return -(y * log(y_hat)).sum()


def logits(C: Numbers, X: Numbers) -> tuple[Numbers, Floats]:
    """C Xᵀ, and how far rounding may move it: Σ|c x|, or 0 for one dimension, where one of the
    factors is 1 here, and the logit exact."""
    z = C @ X.T
    moved = np.abs(floats(C)) @ np.abs(floats(X)).T
    return z, moved * (X.shape[-1] > 1)


def negative_sampling(v_c: Any, u_o: Any, negatives: Any) -> Pair:
    """The rows of U are u_o and the negatives."""
    X, v = number(np.concatenate([u_o[None], negatives])), number(v_c)
    z, moved = logits(v, X)
    sign = np.where(np.arange(len(X)) == 0, 1, -1)
    loss = softplus(-sign * z).sum()
    error = -sign * sigmoid(-sign * z)
    spoilt = UNDERFLOW + np.abs(floats(error)) + floats(sigmoid_gradient(z)) * moved
    return Pair(
        Exact(loss, float(loss) + np.abs(floats(error)) @ moved),
        Exact(error @ X, spoilt @ np.abs(floats(X))),
        Exact(np.outer(error, v), np.outer(spoilt, np.abs(floats(v)))),
    )


def naive_softmax(v_c: Any, o: Any, table: Any) -> Pair:
    """A loss below 1 is a difference of numbers near 1, so that its scale is 1 + J; likewise the
    error of o, ŷ_o − 1."""
    y_hat, spoilt, loss = _softmax(v_c, o, table)
    v, U = number(v_c), number(table)
    others = np.arange(len(U)) != int(o)
    error = np.where(others, y_hat, -y_hat[others].sum())
    return Pair(
        loss,
        Exact(error @ U, spoilt @ np.abs(floats(U))),
        Exact(np.outer(error, v), np.outer(spoilt, np.abs(floats(v)))),
    )


def _softmax(v_c: Any, o: Any, table: Any) -> tuple[Numbers, Floats, Exact]:
    z, moved = logits(number(v_c), number(table))
    below = exp(z - z[int(o)])
    y_hat = below / below.sum()
    others = np.arange(len(z)) != int(o)
    loss = log1p(below[others].sum())
    likely, unlikely = floats(y_hat), floats(1 - y_hat)
    by_others = likely @ moved - likely * moved
    shift = np.minimum(np.abs(floats(z - z.max())), 1e300)
    spoilt = UNDERFLOW + ~others + likely * (1 + shift + unlikely * moved + by_others)
    error = np.where(others, likely, unlikely)
    return y_hat, spoilt, Exact(loss, 1 + float(loss) + error @ moved)


class OfSegment(NamedTuple):
    """A loss, its gradients with respect to the rows of C and X, and their curvatures."""

    loss: Exact
    C: Exact
    X: Exact
    C_curvature: Exact
    X_curvature: Exact


def segment(C: Any, X: Any, weights: Any, positive: Any) -> OfSegment:
    """Σ w softplus(∓z): weighted pairs of centers C with neighbours and negatives X."""
    C, X, w = number(C), number(X), number(weights)
    z, moved = logits(C, X)
    sign = np.where(positive, 1, -1)
    terms = w * softplus(-sign * z)
    error = -sign * sigmoid(-sign * z)
    # Written σ(z) − y, the error of a pair is right to a part of 1, not of itself.
    size = np.abs(floats(error))
    spoilt = floats(w) * (size + positive + floats(sigmoid_gradient(z)) * moved)
    loss = Exact(terms.sum(), (floats(terms) + floats(w) * size * moved).sum())
    return OfSegment(
        loss,
        Exact((w * error) @ X, spoilt @ np.abs(floats(X))),
        Exact((w * error).T @ C, spoilt.T @ np.abs(floats(C))),
        itself(w @ (X**2).sum(1) / 4),
        itself(w.T @ (C**2).sum(1) / 4),
    )


def bounded_step(g: Numbers, h: Numbers, rate: float, bound: float) -> Numbers:
    """−min(η, ρ / h) g."""
    return -np.minimum(number(rate), number(bound) / np.maximum(h, mpmath.mpf(2) ** -200)) * g
