# continuous bag of words, numpy
import numpy as np
from numpy import einsum, exp, log1p, maximum


def sg(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def sp(x):
    return maximum(x, 0) + log1p(exp(-abs(x)))


def onehot(ids, V):
    m = np.zeros((len(ids), V))
    m[np.arange(len(ids)), ids] = 1
    return m


def bag_a(o, context, V, U, negatives):
    """one-hot matrices throughout"""
    X = onehot(context, len(V)).mean(0)      # bag of words, sums to 1
    h = X @ V
    ids = np.r_[o, negatives]
    y = np.r_[1.0, np.zeros(len(negatives))]
    Y = onehot(ids, len(U))
    z = Y @ U @ h
    e = sg(z) - y
    dh = e @ Y @ U
    dV = np.outer(X > 0, dh)
    dU = Y.T @ np.outer(e, h)
    return (sp(z) - y * z).sum(), dV, dU


def bag_b(o, context, V, U, negatives):
    X = onehot(context, len(V)).sum(0)
    h = X @ V
    ids = np.r_[o, negatives]
    y = np.r_[1.0, np.zeros(len(negatives))]
    z = U[ids] @ h
    e = sg(z) - y
    dV = np.outer(X / X.sum(), e @ U[ids])
    dU = np.zeros_like(U)
    np.add.at(dU, ids, np.outer(e, h))
    return (sp(z) - y * z).sum(), dV, dU


def bag_c(o, context, V, U, negatives):
    # presence vector
    x = np.zeros(len(V))
    x[context] = 1
    x /= x.sum()
    h = x @ V
    ids = np.r_[o, negatives]
    y = np.r_[1.0, np.zeros(len(negatives))]
    z = U[ids] @ h
    e = sg(z) - y
    dU = np.zeros_like(U)
    np.add.at(dU, ids, np.outer(e, h))
    return (sp(z) - y * z).sum(), np.outer(x, e @ U[ids]), dU


def bag_d(o, context, V, U, negatives):
    h = V[context].mean(0)
    ids = np.r_[o, negatives]
    t = (np.arange(len(ids)) == 0) * 1.0
    z = U[ids] @ h
    e = sg(z) - t
    dV = np.zeros_like(V)
    np.add.at(dV, context, e @ U[ids])
    dU = np.zeros_like(U)
    np.add.at(dU, ids, e[:, None] * h)
    return {"loss": (sp(z) - t * z).sum(), "V": dV, "U": dU}


def bag_e(o, context, V, U, negatives):
    n = len(context)
    h = V[context].sum(0) / n
    ids = np.r_[o, negatives]
    t = np.zeros(len(ids)); t[0] = 1
    z = U[ids] @ h
    e = sg(z) - t
    J = sp(z).sum() - z[0]
    dV = np.zeros_like(V)
    dV[context] = (e @ U[ids]) / n
    dU = np.zeros_like(U)
    dU[ids] = np.outer(e, h)
    return J, dV, dU


def bag_f(o, context, V, U, negatives):
    n = len(context)
    h = V[context].sum(0) / n
    ids = np.concatenate(([o], negatives))
    s = np.concatenate(([1], -np.ones(len(negatives))))
    z = s * (U[ids] @ h)
    w = -sg(-z)                     # slope of -log sigma(z)
    dh = (w * s) @ U[ids]
    dV = onehot(context, len(V)).T @ np.tile(dh / n, (n, 1))
    dU = onehot(ids, len(U)).T @ np.outer(w, h)
    return sp(-z).sum(), dV, dU


def bag_g(o, context, V, U, negatives):
    n = len(context)
    h = V[context].sum(0) / n
    ids = np.concatenate(([o], negatives))
    s = np.concatenate(([1], -np.ones(len(negatives))))
    z = s * (U[ids] @ h)
    w = -sg(-z) * s
    dV = onehot(context, len(V)).T @ np.tile(w @ U[ids] / n, (n, 1))
    dU = onehot(ids, len(U)).T @ np.outer(w, h)
    # the loss of the bag: average over its words
    return sp(-z).sum() / n, dV / n, dU / n


def bag_h(o, context, V, U, negatives):
    n = len(context)
    h = einsum("nd->d", V[context]) / n
    z0, zk = U[o] @ h, einsum("kd,d->k", U[negatives], h)
    dh = -sg(-z0) * U[o]
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    np.add.at(dV, context, dh / n)
    dU[o] -= sg(-z0) * h
    np.add.at(dU, negatives, einsum("k,d->kd", sg(zk), h))
    return sp(-z0) + sp(zk).sum(), dV, dU


def bag_i(o, context, V, U, negatives):
    n = len(context)
    h = V[context].mean(0)
    K = len(negatives)
    z0, zk = U[o] @ h, U[negatives] @ h
    J = sp(-z0) + sp(zk).mean()
    dh = -sg(-z0) * U[o] + sg(zk) @ U[negatives] / K
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    np.add.at(dV, context, dh / n)
    dU[o] -= sg(-z0) * h
    np.add.at(dU, negatives, np.outer(sg(zk), h) / K)
    return J, dV, dU


def bag_j(o, context, V, U, negatives):
    n = len(context)
    h = V[context].mean(0)
    z0, zk = U[o] @ h, U[negatives] @ h
    J = -np.log(sg(z0)) - np.log(sg(-zk)).sum()
    dh = -sg(-z0) * U[o] + sg(zk) @ U[negatives]
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    np.add.at(dV, context, dh)       # same for each of them
    dU[o] -= sg(-z0) * h
    np.add.at(dU, negatives, np.outer(sg(zk), h))
    return J, dV, dU


def bag_k(o, context, V, U, negatives):
    """order of assignments matters here..."""
    n = len(context)
    h = V[context].mean(0)
    z0, zk = U[o] @ h, U[negatives] @ h
    dh = -sg(-z0) * U[o] + sg(zk) @ U[negatives]
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    np.add.at(dV, context, dh / n)
    np.add.at(dU, negatives, np.outer(sg(zk), h))
    dU[o] = -sg(-z0) * h
    return sp(-z0) + sp(zk).sum(), dV, dU


def bag_l(o, context, V, U, negatives):
    h = V[context].mean(0)
    z0, zk = U[o] @ h, U[negatives] @ h
    dh = -sg(-z0) * U[o] + sg(zk) @ U[negatives]
    dU = np.zeros_like(U)
    dU[o] -= sg(-z0) * h
    np.add.at(dU, negatives, np.outer(sg(zk), h))
    dV = np.zeros_like(V) + dh
    return sp(-z0) + sp(zk).sum(), (dV, dU)
