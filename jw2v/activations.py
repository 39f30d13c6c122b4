"""The activation functions: that behind the gradients, and two rectifiers (statements e and f)."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from jw2v import _arrays

__all__ = ["leaky_relu", "relu", "sigmoid"]


def sigmoid(x: Float[ArrayLike, "*shape"]) -> Float[Array, "*shape"]:
    """The logistic function, elementwise.

    Definition (f): σ(x) = 1 / (1 + exp(−x)), so that σ(−x) = 1 − σ(x).

    Args:
        x: real numbers of any shape.

    Returns:
        Values in [0, 1], of the shape and dtype of ``x``; no finite ``x`` overflows.

    >>> float(sigmoid(0.0))
    0.5
    """
    return jax.nn.sigmoid(_arrays.real("sigmoid", "x", x, "*shape"))


def relu(x: Float[ArrayLike, "*shape"]) -> Float[Array, "*shape"]:
    """The rectified linear unit, elementwise.

    Definition (e): β(x) = max(0, x). At 0, where β has no derivative, both ``jax.grad`` and
    :func:`jw2v.gradients.relu` return 0, an element of the subgradient [0, 1].

    Args:
        x: real numbers of any shape.

    Returns:
        Values ≥ 0, of the shape and dtype of ``x``.

    >>> [float(relu(x)) for x in (-2.0, 0.0, 3.0)]
    [0.0, 0.0, 3.0]
    """
    return jax.nn.relu(_arrays.real("relu", "x", x, "*shape"))


def leaky_relu(
    x: Float[ArrayLike, "*shape"], alpha: Float[ArrayLike, ""] = 0.01
) -> Float[Array, "*shape"]:
    """The leaky rectified linear unit, elementwise.

    Definition (e2): x for x > 0, αx for x < 0, and 0 at 0. There, where it has no derivative but
    for α = 1, both ``jax.grad`` and :func:`jw2v.gradients.leaky_relu` return 1, an element of the
    subgradient [α, 1] for α < 1.

    Args:
        x: real numbers of any shape.
        alpha: the slope of the negative side, a number.

    Returns:
        Values of the shape and dtype of ``x``.

    >>> [float(leaky_relu(x, 0.25)) for x in (-2.0, 0.0, 3.0)]
    [-0.5, 0.0, 3.0]
    """
    x = _arrays.real("leaky_relu", "x", x, "*shape")
    alpha = _arrays.real("leaky_relu", "alpha", alpha)
    return jnp.where(x >= 0, x, alpha.astype(x.dtype) * x)
