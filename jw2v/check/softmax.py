"""The naive softmax of one pair: its program in pieces, and the mistakes that people make in it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from jw2v.check.records import Array, Mistake, Parts, mistake
from jw2v.check.sampling import EPSILONS, LOGARITHMS, RATES, TRANSPOSED, sigmoid, stepped

__all__ = ["MISTAKES", "TABLE_TRANSPOSED", "program"]


def _softmax(z: Array) -> Array:
    e: Array = np.exp(z - z.max())
    return e / e.sum()


def _stable_loss(z: Array, p: Array, o: int) -> Array:
    top = z.max()
    loss: Array = top - z[o] + np.log(np.exp(z - top).sum())
    return loss


def _one_hot(p: Array, o: int) -> Array:
    y = np.zeros_like(p)
    y[o] = 1
    return y


def program(
    v_c: Array,
    o: int,
    U: Array,
    *,
    predict: Callable[..., Array] = _softmax,
    loss: Callable[..., Array] = _stable_loss,
    unit: Callable[..., Array] = lambda J: J,
    error: Callable[..., Array] = lambda p, y: p - y,
    share: Callable[..., Any] = lambda V: 1,
    of_rows: Callable[..., Array] = lambda e, y: e,
    by_center: Callable[..., Array] = lambda e, U, y: e @ U,
    row: Callable[..., Array] = lambda e, v_c, U: np.outer(e, v_c),
    read: Callable[..., Array] = lambda U: U,
    layout: Callable[..., Array] = lambda G: G,
    step: Callable[..., Array] = lambda U, G: U,
) -> Parts:
    """Loss and gradients; each keyword is a piece that a mistake may replace."""
    U = read(U)
    z = U @ v_c
    p = predict(z)
    y = _one_hot(p, o)
    e = share(len(U)) * error(p, y)
    G = row(of_rows(e, y), v_c, U)
    J = share(len(U)) * loss(z, p, o)
    return {"loss": unit(J), "v_c": by_center(e, step(U, G), y), "U": layout(G)}


def _unshifted(z: Array) -> Array:
    e: Array = np.exp(z)
    return e / e.sum()


def _log(p: Array, added: float = 0) -> Array:
    return -np.log(p + p.dtype.type(added))


def _log_of(added: float) -> dict[str, Callable[..., Any]]:
    return {"loss": lambda z, p, o: _log(p[o], added)}


def _capped(added: float) -> dict[str, Callable[..., Any]]:
    """A number added, and differentiated: the gradient fades where ŷ_o is small."""

    def error(p: Array, y: Array) -> Array:
        true = (p * y).sum()
        return (p - y) * true / (true + p.dtype.type(added))

    return {**_log_of(added), "error": error}


def _floored(floor: float) -> dict[str, Callable[..., Any]]:
    return {
        "loss": lambda z, p, o: -np.log(np.maximum(p[o], floor)),
        "error": lambda p, y: (p - y) * ((p * y).sum() >= floor),
    }


def _lost(p: Array, y: Array) -> Array:
    """What differentiating log(softmax) gives: 0 times infinity, where ŷ_o is 0."""
    return p - y if (p * y).sum() else p * np.nan


def _of_entropy(p: Array, y: Array) -> Array:
    log = np.log(np.maximum(p, np.finfo(p.dtype).tiny))
    return -p * (log - p @ log)


def _squared(factor: float, mean: bool = False) -> dict[str, Callable[..., Any]]:
    def scale(p: Array) -> float:
        return factor / (len(p) if mean else 1)

    def error(p: Array, y: Array) -> Array:
        e = p - y
        return 2 * scale(p) * p * (e - p @ e)

    return {
        "loss": lambda z, p, o: scale(p) * ((p - _one_hot(p, o)) ** 2).sum(),
        "error": error,
    }


TABLE_TRANSPOSED = mistake(
    "U transposed in v_c",
    "In ∂J/∂v_c U is transposed: each number is a sum over the words, Σ_w (ŷ_w − y_w) u_w. Where"
    " there are as many words as numbers in a vector nothing fails.",
    {"by_center": lambda e, U, y: U @ e},
)

MISTAKES: tuple[Mistake, ...] = (
    mistake(
        "y minus y_hat",
        "The error has the wrong sign: y − ŷ stands where ŷ − y should.",
        {"error": lambda p, y: y - p},
    ),
    mistake(
        "y forgotten",
        "ŷ stands where ŷ − y should.",
        {"error": lambda p, y: p},
        {"of_rows": lambda e, y: e + y},
        {"by_center": lambda e, U, y: (e + y) @ U},
    ),
    mistake(
        "one subtracted everywhere",
        "1 is subtracted from ŷ for every word; only the true word o has y = 1.",
        {"error": lambda p, y: p - 1},
    ),
    mistake(
        "only the row of o",
        "∂J/∂U has only the row of o; the softmax moves every word.",
        {"of_rows": lambda e, y: e * y},
        {"error": lambda p, y: (p - y) * y},
    ),
    mistake(
        "partition function constant",
        "The gradient of the normalising sum is missing: only the numerator was differentiated.",
        {"error": lambda p, y: -y},
    ),
    mistake(
        "not normalised",
        "exp(z) stands where the softmax should: it is not divided by its sum.",
        {"predict": np.exp, "loss": lambda z, p, o: -z[o]},
        {"predict": lambda z: np.exp(z - z.max()), "loss": lambda z, p, o: z.max() - z[o]},
        {"predict": np.exp},
    ),
    mistake(
        "sigmoid for softmax",
        "σ of each score stands where the softmax of all should.",
        {"predict": sigmoid, "loss": lambda z, p, o: np.logaddexp(z.dtype.type(0), -z[o])},
        {"predict": sigmoid, "loss": lambda z, p, o: -np.log(p[o])},
    ),
    TRANSPOSED,
    mistake(
        "u_w for v_c",
        "The rows of ∂J/∂U are multiples of u_w; they are multiples of v_c.",
        {"row": lambda e, v, U: e[:, None] * U},
    ),
    mistake(
        "divided by the vocabulary",
        "The result is divided by the number of words: J is a sum over words, not a mean.",
        {"share": lambda V: 1 / V},
    ),
    mistake(
        "another logarithm",
        "The logarithm is to base 2 or 10; losses are in nats.",
        *LOGARITHMS,
        *({"share": lambda V, by=base: float(1 / np.log(by))} for base in (2, 10)),
    ),
    mistake(
        "all signs flipped",
        "The sign is that of the log-likelihood, which is to be raised; the loss is its negative.",
        {"unit": lambda J: -J},
        {"unit": lambda J: -J, "error": lambda p, y: y - p},
    ),
    mistake(
        "softmax without a shift",
        "exp(z) overflows: subtract the largest score first.",
        {"predict": _unshifted, "loss": lambda z, p, o: -np.log(p[o])},
        kind="rounding",
    ),
    mistake(
        "log of softmax",
        "log(softmax(z)) is infinite where ŷ_o rounds to 0; write z_o − logsumexp(z).",
        _log_of(0),
        {**_log_of(0), "error": _lost},
        kind="rounding",
    ),
    mistake(
        "number added inside the log",
        "A small number is added inside the logarithm, or its argument is kept from 0, which caps"
        " the loss; use log_softmax and add nothing.",
        *map(_capped, EPSILONS),
        *map(_floored, EPSILONS),
        kind="rounding",
    ),
    mistake(
        "one subtracted before the loss",
        "`y_hat[o] -= 1` comes before the loss, which is then the log of a negative number.",
        {"loss": lambda z, p, o: -np.log(p[o] - 1)},
    ),
    mistake(
        "softmax over the wrong axis",
        "The softmax is taken over an axis of length 1, so that every ŷ_w is 1.",
        {"predict": np.ones_like, "loss": lambda z, p, o: z[o] * 0},
    ),
    mistake(
        "squared error",
        "The squared error of ŷ stands where the cross-entropy should.",
        *(_squared(factor) for factor in (1, 0.5)),
        *(_squared(factor, mean=True) for factor in (1, 0.5)),
    ),
    mistake(
        "probability for its log",
        "The loss is made of ŷ_o where log ŷ_o should stand.",
        {"loss": lambda z, p, o: -p[o]},
        {"loss": lambda z, p, o: 1 - p[o]},
        {"loss": lambda z, p, o: -p[o], "error": lambda p, y: (p - y) * (p * y).sum()},
    ),
    mistake(
        "entropy of the prediction",
        "−Σ ŷ log ŷ stands where −Σ y log ŷ should.",
        {"loss": lambda z, p, o: -(p * np.log(np.maximum(p, np.finfo(p.dtype).tiny))).sum()},
        {"loss": lambda z, p, o: -(p * np.log(p)).sum()},
        {
            "loss": lambda z, p, o: -(p * np.log(np.maximum(p, np.finfo(p.dtype).tiny))).sum(),
            "error": _of_entropy,
        },
    ),
    mistake(
        "log loss of every word",
        "−Σ log ŷ_w over all words stands where −log ŷ_o should.",
        {"loss": lambda z, p, o: sum(_stable_loss(z, p, w) for w in range(len(z)))},
        {"loss": lambda z, p, o: -np.log(p).sum()},
        {
            "loss": lambda z, p, o: sum(_stable_loss(z, p, w) for w in range(len(z))),
            "error": lambda p, y: len(p) * p - 1,
        },
    ),
    mistake(
        "score for the loss",
        "The loss is −u_o·v_c: the log of the normalising sum is missing.",
        {"loss": lambda z, p, o: -z[o]},
    ),
    mistake(
        "U was stepped first",
        "∂J/∂v_c is taken after U has made its step; both gradients belong to the same point.",
        *map(stepped, RATES),
    ),
)
"""In the order in which they are tried."""
