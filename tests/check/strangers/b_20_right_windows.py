"""skip-gram windows that got full marks"""
import math
from collections import Counter, defaultdict

import numpy as np


def sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def log_sigmoid(x):
    return -np.logaddexp(0, -x)


def pair(v, o, neg, U):
    ids = np.concatenate(([o], neg)).astype(int)
    lab = np.zeros(len(ids)); lab[0] = 1
    z = U[ids] @ v
    e = np.where(lab == 1, -sigmoid(-z), sigmoid(z))
    gU = np.zeros_like(U)
    np.add.at(gU, ids, np.outer(e, v))
    return np.logaddexp(0, np.where(lab == 1, -z, z)).sum(), e @ U[ids], gU


def ok_sg_loop(c, outside, V, U, negatives):
    loss, dV, dU = 0.0, np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        l, gv, gu = pair(V[c], o, neg, U)
        loss += l
        dV[c] += gv
        dU += gu
    return loss, dV, dU


def ok_sg_vectorised(c, outside, V, U, negatives):
    v = V[c]
    a, b = U[outside] @ v, U[negatives] @ v
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    dV[c] = -sigmoid(-a) @ U[outside] + np.einsum("nk,nkd->d", sigmoid(b), U[negatives])
    np.add.at(dU, outside, -sigmoid(-a)[:, None] * v)
    np.add.at(dU, negatives, sigmoid(b)[:, :, None] * v)
    return -log_sigmoid(a).sum() - log_sigmoid(-b).sum(), dV, dU


def ok_sg_bincount(c, outside, V, U, negatives):
    # all ids of the window at once; how often is each word a positive / a negative?
    n = len(U)
    pos = np.bincount(np.asarray(outside), minlength=n)
    neg = np.bincount(np.asarray(negatives).ravel(), minlength=n)
    z = U @ V[c]
    loss = (pos * np.logaddexp(0, -z)).sum() + (neg * np.logaddexp(0, z)).sum()
    e = neg * sigmoid(z) - pos * sigmoid(-z)
    dV = np.zeros_like(V)
    dV[c] = e @ U
    return {"loss": loss, "V": dV, "U": e[:, None] * V[c]}


def ok_sg_onehot(c, outside, V, U, negatives):
    I = np.eye(len(U))
    x = np.eye(len(V))[c]
    Yp = I[outside]
    Yn = I[np.asarray(negatives)].reshape(-1, len(U))
    v = x @ V
    zp, zn = Yp @ (U @ v), Yn @ (U @ v)
    ep, en = -sigmoid(-zp), sigmoid(zn)
    dz = ep @ Yp + en @ Yn
    return np.logaddexp(0, -zp).sum() + np.logaddexp(0, zn).sum(), (np.outer(x, dz @ U), np.outer(dz, v))


def ok_sg_counter(c, outside, V, U, negatives):
    v = V[c]
    cnt = Counter((int(o), +1) for o in outside) + Counter((int(k), -1) for row in negatives for k in row)
    loss, dV, dU = 0.0, np.zeros_like(V), np.zeros_like(U)
    for (w, s), m in cnt.items():
        z = s * (U[w] @ v)
        loss += m * np.logaddexp(0, -z)
        g = -m * s * sigmoid(-z)
        dV[c] += g * U[w]
        dU[w] += g * v
    return loss, dV, dU


def ok_sg_plain(c, outside, V, U, negatives):
    def sp(x):
        return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
    def sg(x):
        return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))
    d = len(V[0])
    loss = 0.0
    dV = [[0.0] * d for _ in V]
    dU = [[0.0] * d for _ in U]
    for o, row in zip(outside, negatives):
        s = sum(U[o][i] * V[c][i] for i in range(d))
        loss += sp(-s)
        for i in range(d):
            dV[c][i] -= sg(-s) * U[o][i]
            dU[o][i] -= sg(-s) * V[c][i]
        for k in row:
            s = sum(U[k][i] * V[c][i] for i in range(d))
            loss += sp(s)
            for i in range(d):
                dV[c][i] += sg(s) * U[k][i]
                dU[k][i] += sg(s) * V[c][i]
    return loss, dV, dU


def ok_sg_columns(c, outside, V, U, negatives):
    # words in columns
    v = V[:, c]
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    J = 0
    for o, neg in zip(outside, negatives):
        z = U[:, o] @ v
        J += np.logaddexp(0, -z)
        dV[:, c] -= sigmoid(-z) * U[:, o]
        dU[:, o] -= sigmoid(-z) * v
        for k in neg:
            z = U[:, k] @ v
            J += np.logaddexp(0, z)
            dV[:, c] += sigmoid(z) * U[:, k]
            dU[:, k] += sigmoid(z) * v
    return J, dV, dU


def ok_sg_columns_T(c, outside, V, U, negatives):
    l, a, b = ok_sg_vectorised(c, outside, V.T, U.T, negatives)
    return l, a.T, b.T


def ok_sg_loss_only(c, outside, V, U, negatives):
    total = 0.
    for j in range(len(outside)):
        total -= log_sigmoid(np.dot(U[outside[j]], V[c]))
        total -= np.sum(log_sigmoid(-np.dot(U[negatives[j]], V[c])))
    return total


def ok_sg_float32(c, outside, V, U, negatives):
    V, U = V.astype(np.float32), U.astype(np.float32)
    l, dV, dU = ok_sg_vectorised(c, outside, V, U, negatives)
    return np.float32(l), dV, dU


def ok_sg_sparse_dict(c, outside, V, U, negatives):
    rows = defaultdict(lambda: np.zeros(U.shape[1]))
    gv = np.zeros(V.shape[1])
    J = 0.
    for i, o in enumerate(outside):
        for w, y in [(o, 1.0)] + [(k, 0.0) for k in negatives[i]]:
            s = float(np.dot(U[w], V[c]))
            J += np.logaddexp(0, s) - s if (y and s < 0) else np.logaddexp(0, -s if y else s)
            g = 1 / (1 + np.exp(-s)) - y
            gv += g * U[w]
            rows[int(w)] += g * V[c]
    dU = np.array([rows[w] for w in range(len(U))])
    dV = np.zeros(V.shape)
    dV[c] = gv
    return J, dV, dU


def softmax_pair(v, o, U):
    z = U @ v
    z = z - np.max(z)
    lse = np.log(np.sum(np.exp(z)))
    y = np.exp(z - lse)
    y[o] -= 1
    return lse - z[o], y @ U, np.outer(y, v)


def ok_sgs_loop(c, outside, V, U):
    loss, dV, dU = 0., np.zeros_like(V), np.zeros_like(U)
    for o in outside:
        l, gv, gU = softmax_pair(V[c], o, U)
        loss += l
        dV[c] += gv
        dU += gU
    return loss, dV, dU


def ok_sgs_khot(c, outside, V, U):
    v = V[c]
    z = U @ v
    m = z.max()
    logp = (z - m) - np.log(np.exp(z - m).sum())
    t = np.bincount(outside, minlength=len(U))
    e = t.sum() * np.exp(logp) - t
    dV = np.zeros(V.shape)
    dV[c] = U.T.dot(e)
    return -sum(logp[o] for o in outside), (dV, np.outer(e, v))


def ok_sgs_columns(c, outside, V, U):
    v = V[:, c]
    z = v @ U
    lse = np.logaddexp.reduce(z)
    P = np.exp(z - lse)
    E = np.tile(P, (len(outside), 1))
    E[np.arange(len(outside)), outside] -= 1
    dV = np.zeros_like(V)
    dV[:, c] = U @ E.sum(0)
    return {"loss": (lse - z[outside]).sum(), "V": dV, "U": np.outer(v, E.sum(axis=0))}
