"""The two activation functions behind the gradients (statements e and f)."""

import jax
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from jw2v import _arrays

__all__ = ["relu", "sigmoid"]


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
