"""Right losses and gradients in many ways of writing them."""

from collections.abc import Callable

import jax
import numpy as np

from jw2v import losses


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_sigmoid(x):
    return -np.logaddexp(0, -x)


def sampling_by_loops(v_c, o, negatives, U):
    dim = len(v_c)
    loss, by_v, by_U = 0.0, [0.0] * dim, [[0.0] * dim for _ in U]
    for word, sign in [(o, 1), *((int(w), -1) for w in negatives)]:
        score = sum(float(U[word][i]) * float(v_c[i]) for i in range(dim))
        loss -= float(log_sigmoid(sign * score))
        slope = -sign * float(sigmoid(-sign * score))
        for i in range(dim):
            by_v[i] += slope * float(U[word][i])
            by_U[word][i] += slope * float(v_c[i])
    return loss, by_v, by_U


def sampling_vectorised(v_c, o, negatives, U):
    words = np.append(negatives[::-1], o)  # in another order of summation
    signs = np.where(np.arange(len(words)) < len(negatives), -1, 1)
    signed = signs[:, None] * U[words]
    delta = 1 - sigmoid(signed @ v_c)
    by_U = np.zeros_like(U)
    np.add.at(by_U, words, -np.outer(signs * delta, v_c))
    return -log_sigmoid(signed @ v_c).sum(), -(delta @ signed), by_U


def sampling_by_counts(v_c, o, negatives, U):
    count = np.bincount(negatives, minlength=len(U))
    z = U @ v_c
    slope = count * sigmoid(z)
    slope[o] += sigmoid(z[o]) - 1
    loss = np.logaddexp(0, -z[o]) + count @ np.logaddexp(0, z)
    return {"loss": loss, "grad_v_c": slope @ U, "grad_U": np.outer(slope, v_c)}


def sampling_single(v_c, o, negatives, U):
    return single(sampling_vectorised)(v_c, o, negatives, U)


differentiated = jax.jit(jax.value_and_grad(losses.negative_sampling, argnums=(0, 3)))


def sampling_of_jax(v_c, o, negatives, U):
    """In single precision, of which the loss says nothing."""
    loss, by = differentiated(v_c, o, negatives, U)
    return float(loss), by


def softmax_by_loops(v_c, o, U):
    dim, z = len(v_c), [sum(float(a) * float(b) for a, b in zip(u, v_c, strict=True)) for u in U]
    top = max(z)
    e = [float(np.exp(each - top)) for each in z]
    loss = top + float(np.log(sum(e))) - z[o]
    error = [each / sum(e) - (w == o) for w, each in enumerate(e)]
    by_v = [sum(error[w] * float(U[w][i]) for w in range(len(U))) for i in range(dim)]
    return [loss, by_v, [[each * float(v_c[i]) for i in range(dim)] for each in error]]


def softmax_vectorised(v_c, o, U):
    z = U @ v_c
    log_p = z - np.logaddexp.reduce(z)
    error = np.exp(log_p) - np.eye(len(U))[o]
    return -log_p[o], (U.T @ error, error[:, None] * v_c)


def softmax_single(v_c, o, U):
    return single(softmax_vectorised)(v_c, o, U)


def in_single(a):
    return a.astype(np.float32) if np.ndim(a) and a.dtype.kind == "f" else a


def single(function: Callable) -> Callable:
    """The same in single precision."""

    def of(*arguments):
        return function(*map(in_single, arguments))

    return of


def in_columns(function: Callable) -> Callable:
    """The same of tables whose words are columns."""

    def of(*arguments):
        loss, by_v, by_U = function(*arguments[:-1], arguments[-1].T)
        return loss, by_v, np.transpose(by_U)

    return of


SAMPLING = (
    sampling_by_loops,
    sampling_vectorised,
    sampling_by_counts,
    sampling_single,
    sampling_of_jax,
)
SOFTMAX = (softmax_by_loops, softmax_vectorised, softmax_single)
