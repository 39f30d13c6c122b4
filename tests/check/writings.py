"""The most common mistakes, each written in three ways that have nothing of the records."""

import numpy as np

from right import log_sigmoid, sampling_by_loops, sigmoid, softmax_vectorised

SAMPLING: dict[str, list] = {}
SOFTMAX: dict[str, list] = {}


def writes(where, name):
    def register(function):
        where.setdefault(name, []).append(function)
        return function

    return register


def signed(v_c, o, negatives, U):
    words = np.array([o, *negatives])
    signs = np.array([1] + [-1] * len(negatives))
    return words, signs, signs[:, None] * np.asarray(U)[words]


def scattered(U, words, rows):
    table = np.zeros(np.shape(U))
    np.add.at(table, words, rows)
    return table


# Signs lost: g2 without its last step.


@writes(SAMPLING, "signs lost")
def _(v_c, o, negatives, U):
    words, _, pm = signed(v_c, o, negatives, U)
    delta = 1 - sigmoid(pm @ v_c)
    return (
        -log_sigmoid(pm @ v_c).sum(),
        -pm.T @ delta,
        scattered(U, words, -np.outer(delta, v_c)),
    )


@writes(SAMPLING, "signs lost")
def _(v_c, o, negatives, U):
    loss, by_v, _ = sampling_by_loops(v_c, o, negatives, U)
    by_U = np.zeros_like(U)
    by_U[o] -= sigmoid(-U[o] @ v_c) * v_c
    for w in negatives:
        by_U[w] -= (1 - sigmoid(-U[w] @ v_c)) * v_c
    return loss, by_v, by_U


@writes(SAMPLING, "signs lost")
def _(v_c, o, negatives, U):
    words, _, pm = signed(v_c, o, negatives, U)
    slopes = sigmoid(pm @ v_c) - 1
    one_hots = np.eye(len(U))[words]
    return {"U": (one_hots * slopes[:, None]).T @ np.tile(v_c, (len(words), 1))}


# Negatives pulled.


@writes(SAMPLING, "negatives pulled")
def _(v_c, o, negatives, U):
    loss, by_v, by_U = 0, np.zeros_like(v_c), np.zeros_like(U)
    for word in [o, *negatives]:
        score = U[word] @ v_c
        loss -= log_sigmoid(score if word is o else -score)
        slope = sigmoid(score) - 1 if word is o else -sigmoid(score)
        by_v += slope * U[word]
        by_U[word] += slope * v_c
    return loss, by_v, by_U


@writes(SAMPLING, "negatives pulled")
def _(v_c, o, negatives, U):
    a = sigmoid(U[o] @ v_c) - 1
    b = 1 - sigmoid(-U[negatives] @ v_c)
    by_U = scattered(U, negatives, -b[:, None] * v_c)
    by_U[o] += a * v_c
    return a * U[o] - b @ U[negatives], by_U


@writes(SAMPLING, "negatives pulled")
def _(v_c, o, negatives, U):
    words = np.array([o, *negatives])
    f = sigmoid(U[words] @ v_c)
    g = np.where(np.arange(len(words)) == 0, f - 1, -f)
    loss, *_ = sampling_by_loops(v_c, o, negatives, U)
    return loss, g @ U[words], scattered(U, words, np.outer(g, v_c))


# Sigmoid for its complement.


@writes(SAMPLING, "sigmoid for its complement")
def _(v_c, o, negatives, U):
    words, signs, pm = signed(v_c, o, negatives, U)
    delta = sigmoid(pm @ v_c)
    loss, *_ = sampling_by_loops(v_c, o, negatives, U)
    return loss, -delta @ pm, scattered(U, words, -np.outer(signs * delta, v_c))


@writes(SAMPLING, "sigmoid for its complement")
def _(v_c, o, negatives, U):
    by_v = -sigmoid(U[o] @ v_c) * U[o]
    by_U = np.zeros_like(U)
    by_U[o] = -sigmoid(U[o] @ v_c) * v_c
    for w in negatives:
        by_v = by_v + sigmoid(-U[w] @ v_c) * U[w]
        by_U[w] += sigmoid(-U[w] @ v_c) * v_c
    return sampling_by_loops(v_c, o, negatives, U)[0], (by_v, by_U)


@writes(SAMPLING, "sigmoid for its complement")
def _(v_c, o, negatives, U):
    by_U = np.einsum("s,i->si", 1 - sigmoid(U[negatives] @ v_c), v_c)
    by_U = scattered(U, negatives, by_U)
    by_U[o] += (sigmoid(-U[o] @ v_c) - 1) * v_c
    return {"dU": by_U}


# Repeats counted once.


@writes(SAMPLING, "repeats counted once")
def _(v_c, o, negatives, U):
    loss, by_v, _ = sampling_by_loops(v_c, o, negatives, U)
    by_U = np.zeros_like(U)
    by_U[o] += (sigmoid(U[o] @ v_c) - 1) * v_c
    by_U[negatives] += np.outer(sigmoid(U[negatives] @ v_c), v_c)
    return loss, by_v, by_U


@writes(SAMPLING, "repeats counted once")
def _(v_c, o, negatives, U):
    by_U = np.zeros_like(U)
    for w in set(negatives.tolist()):
        by_U[w] = sigmoid(U[w] @ v_c) * v_c
    by_U[o] -= sigmoid(-U[o] @ v_c) * v_c
    return {"U": by_U}


@writes(SAMPLING, "repeats counted once")
def _(v_c, o, negatives, U):
    drawn = np.isin(np.arange(len(U)), negatives)
    slope = drawn * sigmoid(U @ v_c) - (np.arange(len(U)) == o) * sigmoid(-U[o] @ v_c)
    return sampling_by_loops(v_c, o, negatives, U)[:2], np.outer(slope, v_c)


# Set of negatives.


@writes(SAMPLING, "set of negatives")
def _(v_c, o, negatives, U):
    return sampling_by_loops(v_c, o, sorted(set(negatives.tolist())), U)


@writes(SAMPLING, "set of negatives")
def _(v_c, o, negatives, U):
    once = np.unique(negatives)
    return -log_sigmoid(U[o] @ v_c) - log_sigmoid(-U[once] @ v_c).sum()


@writes(SAMPLING, "set of negatives")
def _(v_c, o, negatives, U):
    once = list(dict.fromkeys(negatives.tolist()))
    loss, by_v, by_U = sampling_by_loops(v_c, o, once, U)
    return {"loss": loss, "dv_c": by_v, "dU": by_U}


# Mean over the negatives.


@writes(SAMPLING, "mean over the negatives")
def _(v_c, o, negatives, U):
    return -log_sigmoid(U[o] @ v_c) - log_sigmoid(-U[negatives] @ v_c).mean()


@writes(SAMPLING, "mean over the negatives")
def _(v_c, o, negatives, U):
    a, b = sigmoid(U[o] @ v_c) - 1, sigmoid(U[negatives] @ v_c) / len(negatives)
    by_U = scattered(U, negatives, np.outer(b, v_c))
    by_U[o] += a * v_c
    loss = np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).mean()
    return loss, a * U[o] + b @ U[negatives], by_U


@writes(SAMPLING, "mean over the negatives")
def _(v_c, o, negatives, U):
    by_v = (sigmoid(U[o] @ v_c) - 1) * U[o]
    return by_v + np.mean([sigmoid(U[w] @ v_c) * U[w] for w in negatives], axis=0)


# y minus y_hat, y forgotten, only the row of o, and a loss that is rounded away.


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


@writes(SOFTMAX, "y minus y_hat")
def _(v_c, o, U):
    error = -softmax(U @ v_c)
    error[o] += 1
    return softmax_vectorised(v_c, o, U)[0], error @ U, np.outer(error, v_c)


@writes(SOFTMAX, "y minus y_hat")
def _(v_c, o, U):
    loss, (by_v, by_U) = softmax_vectorised(v_c, o, U)
    return {"J": loss, "grad_v_c": -by_v, "grad_U": -by_U}


@writes(SOFTMAX, "y minus y_hat")
def _(v_c, o, U):
    p = softmax(U @ v_c)
    return U[o] - sum(p[w] * U[w] for w in range(len(U)))


@writes(SOFTMAX, "y forgotten")
def _(v_c, o, U):
    loss, (by_v, _) = softmax_vectorised(v_c, o, U)
    return loss, by_v, np.outer(softmax(U @ v_c), v_c)


@writes(SOFTMAX, "y forgotten")
def _(v_c, o, U):
    p = softmax(U @ v_c)
    return p @ U, [[p[w] * x for x in v_c] for w in range(len(U))]


@writes(SOFTMAX, "y forgotten")
def _(v_c, o, U):
    return {"dv": U.T @ softmax(U @ v_c)}


@writes(SOFTMAX, "only the row of o")
def _(v_c, o, U):
    loss, (by_v, by_U) = softmax_vectorised(v_c, o, U)
    table = np.zeros_like(U)
    table[o] = by_U[o]
    return loss, by_v, table


@writes(SOFTMAX, "only the row of o")
def _(v_c, o, U):
    table = np.zeros_like(U)
    table[o] += (softmax(U @ v_c)[o] - 1) * v_c
    return {"dU": table}


@writes(SOFTMAX, "only the row of o")
def _(v_c, o, U):
    error = np.zeros(len(U))
    error[o] = softmax(U @ v_c)[o] - 1
    return error @ U, np.outer(error, v_c)


@writes(SOFTMAX, "log of softmax")
def _(v_c, o, U):
    return -np.log(softmax(U @ v_c)[o])


@writes(SOFTMAX, "log of softmax")
def _(v_c, o, U):
    y = np.eye(len(U))[o]
    with np.errstate(all="ignore"):
        return -np.log(softmax(U @ v_c)[y == 1]).sum(), *softmax_vectorised(v_c, o, U)[1]


@writes(SOFTMAX, "log of softmax")
def _(v_c, o, U):
    z = (U @ v_c).astype(np.float32)
    return -np.log(softmax(z))[o]
