"""CBOW (mean of the context vectors), full marks"""
import math

import numpy as np
from numpy import logaddexp, exp


def s(x):
    return exp(-logaddexp(0, -x))


def ok_cb_loop(o, context, V, U, negatives):
    n = len(context)
    h = np.zeros(V.shape[1])
    for w in context:
        h += V[w]
    h /= n
    J = logaddexp(0, -U[o] @ h)
    dh = -s(-U[o] @ h) * U[o]
    dU = np.zeros_like(U)
    dU[o] -= s(-U[o] @ h) * h
    for k in negatives:
        z = U[k] @ h
        J += logaddexp(0, z)
        dh += s(z) * U[k]
        dU[k] += s(z) * h
    dV = np.zeros_like(V)
    for w in context:
        dV[w] += dh / n
    return J, dV, dU


def ok_cb_addat(o, context, V, U, negatives):
    h = V[context].mean(0)
    ids = np.r_[o, negatives]
    sign = np.r_[-1.0, np.ones(len(negatives))]
    z = sign * (U[ids] @ h)
    g = sign * s(z)
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    np.add.at(dV, context, g @ U[ids] / len(context))
    np.add.at(dU, ids, np.outer(g, h))
    return logaddexp(0, z).sum(), dV, dU


def ok_cb_onehot(o, context, V, U, negatives):
    A = np.zeros((len(context), len(V)))
    A[range(len(context)), context] = 1 / len(context)
    x = A.sum(0)
    h = x @ V
    B = np.zeros((1 + len(negatives), len(U)))
    B[0, o] = 1
    B[np.arange(1, len(B)), negatives] = 1
    z = B @ U @ h
    y = np.zeros(len(B)); y[0] = 1
    e = np.where(y == 1, -s(-z), s(z))
    return {"loss": logaddexp(0, np.where(y == 1, -z, z)).sum(), "V": np.outer(x, e @ B @ U), "U": np.outer(B.T @ e, h)}


def ok_cb_counts(o, context, V, U, negatives):
    words, m = np.unique(context, return_counts=True)
    h = (m @ V[words]) / m.sum()
    neg, k = np.unique(negatives, return_counts=True)
    zo, zn = U[o] @ h, U[neg] @ h
    gh = -s(-zo) * U[o] + (k * s(zn)) @ U[neg]
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    dV[words] = np.outer(m / m.sum(), gh)
    dU[neg] = np.outer(k * s(zn), h)
    dU[o] += -s(-zo) * h
    return logaddexp(0, -zo) + k @ logaddexp(0, zn), (dV, dU)


def ok_cb_plain(o, context, V, U, negatives):
    d, n = len(V[0]), len(context)
    h = [sum(V[w][i] for w in context) / n for i in range(d)]
    def soft(x):
        return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))
    def sg(x):
        t = math.exp(-abs(x))
        return (1 if x > 0 else t) / (1 + t)
    J, dh = 0.0, [0.0] * d
    dU = [[0.0] * d for _ in range(len(U))]
    for w, sign in [(o, -1)] + [(k, 1) for k in negatives]:
        z = sign * sum(a * b for a, b in zip(U[w], h))
        J += soft(z)
        for i in range(d):
            dh[i] += sign * sg(z) * U[w][i]
            dU[w][i] += sign * sg(z) * h[i]
    dV = [[0.0] * d for _ in range(len(V))]
    for w in context:
        for i in range(d):
            dV[w][i] += dh[i] / n
    return J, dV, dU


def ok_cb_columns(o, context, V, U, negatives):
    h = V[:, context].mean(1)
    M = U[:, negatives]
    zo, zn = h @ U[:, o], h @ M
    dh = -s(-zo) * U[:, o] + M @ s(zn)
    dV = np.zeros_like(V)
    dU = np.zeros_like(U)
    for w in context:
        dV[:, w] += dh / len(context)
    for k, g in zip(negatives, s(zn)):
        dU[:, k] += g * h
    dU[:, o] -= s(-zo) * h
    return logaddexp(0, -zo) + logaddexp(0, zn).sum(), dV, dU


def ok_cb_one_minus(o, context, V, U, negatives):
    # with 1 - sigmoid as in the slides; loss by a stable log
    n = len(context)
    h = np.average(V[context], axis=0)
    sig = lambda t: 1 / (1 + np.exp(-t))
    zo, zn = U[o] @ h, U[negatives] @ h
    logsig = lambda t: np.minimum(t, 0) - np.log1p(np.exp(-abs(t)))
    J = -logsig(zo) - logsig(-zn).sum()
    dh = -(1 - sig(zo)) * U[o] + (1 - sig(-zn)) @ U[negatives]
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    for w in context:
        dV[w] = dV[w] + dh / n
    dU[o] = dU[o] - (1 - sig(zo)) * h
    for k, t in zip(negatives, zn):
        dU[k] = dU[k] + (1 - sig(-t)) * h
    return J, dV, dU


def ok_cb_loss_only(o, context, V, U, negatives):
    h = np.mean(V[context], 0)
    return logaddexp(0, -(U[o] @ h)) + sum(logaddexp(0, U[k] @ h) for k in negatives)


def ok_cb_float32(o, context, V, U, negatives):
    f = np.float32
    l, a, b = ok_cb_addat(o, context, V.astype(f), U.astype(f), negatives)
    return f(l), a.astype(f), b.astype(f)


def ok_cbs_outer(o, context, V, U):
    h = V[context].mean(0)
    z = U @ h
    lse = z.max() + np.log(exp(z - z.max()).sum())
    e = exp(z - lse)
    e[o] -= 1
    dV = np.zeros_like(V)
    np.add.at(dV, context, (e @ U) / len(context))
    return lse - z[o], dV, np.outer(e, h)


def ok_cbs_loops(o, context, V, U):
    n, d = len(context), V.shape[1]
    h = sum(V[w] for w in context) / n
    z = [float(u @ h) for u in U]
    m = max(z)
    Z = math.fsum(math.exp(t - m) for t in z)
    dV, dU, dh = np.zeros_like(V), np.zeros_like(U), np.zeros(d)
    for w in range(len(U)):
        e = math.exp(z[w] - m) / Z - (1 if w == o else 0)
        dU[w] += e * h
        dh += e * U[w]
    for w in context:
        dV[w] += dh / n
    return m - z[o] + math.log(Z), dV, dU


def ok_cbs_columns(o, context, V, U):
    x = np.bincount(context, minlength=V.shape[1]) / len(context)
    h = V @ x
    z = U.T @ h
    p = exp(z - np.logaddexp.reduce(z))
    y = np.zeros(len(z)); y[o] = 1
    return np.logaddexp.reduce(z) - z[o], (np.outer(U @ (p - y), x), np.outer(h, p - y))
