"""vectorised with label vectors, one-hot matrices and einsum"""
import numpy as np

def sigm(x): return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))

def sp(x): return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def onehot(idx, n):
    M = np.zeros((len(idx), n))
    M[np.arange(len(idx)), idx] = 1
    return M


def multi_hot(v_c, o, negatives, U):
    z = U @ v_c
    n = np.zeros(len(U)); n[negatives] = 1      # which words are negatives
    y = np.zeros(len(U)); y[o] = 1
    loss = y @ sp(-z) + n @ sp(z)
    e = n * sigm(z) - y * sigm(-z)
    return loss, U.T @ e, np.outer(e, v_c)


def onehot_signs(v_c, o, negatives, U):
    I = onehot(np.r_[o, negatives], len(U))
    sgn = np.r_[1, -np.ones(len(negatives))]
    z = sgn * (I @ U @ v_c)
    loss = sp(-z).sum()
    g = -sigm(-z)
    dU = np.einsum("kw,k,d->wd", I, g, v_c)
    dv = np.einsum("kw,k,wd->d", I, g * sgn, U)
    return loss, dv, dU


def einsum_labels_flipped(v_c, o, negatives, U):
    I = onehot(np.r_[o, negatives], len(U))
    t = np.r_[0., np.ones(len(negatives))]      # target: 0 = true pair, 1 = noise
    z = np.einsum("kw,wd,d->k", I, U, v_c)
    e = sigm(z) - (1 - t)
    loss = np.sum(sp(z) - (1 - t) * z)
    e = -e
    return {"loss": loss, "v_c": np.einsum("k,kw,wd->d", e, I, U), "U": np.einsum("k,kw,d->wd", e, I, v_c)}


def einsum_double_o(v_c, o, negatives, U):
    I = onehot(np.r_[o, negatives], len(U))
    t = np.r_[1., np.zeros(len(negatives))]
    z = np.einsum("kw,wd,d->k", I, U, v_c)
    loss = sp(-z[0]) + sp(z).sum()
    e = sigm(z)
    e[0] += sigm(z[0]) - 1
    return loss, np.einsum("k,kw,wd->d", e, I, U), np.einsum("k,kw,d->wd", e, I, v_c)


def stacked_bce(v_c, o, negatives, U):
    ids = np.hstack([[o], negatives]).astype(int)
    t = (np.arange(len(ids)) == 0).astype(float)
    z = U[ids] @ v_c
    bce = t * sp(-z) + (1 - t) * sp(z)
    e = sigm(z) - t
    G = np.zeros_like(U)
    np.add.at(G, ids, np.outer(e, v_c))
    return bce.mean(), e @ U[ids] / len(ids), G / len(ids)


def stacked_bce_slope(v_c, o, negatives, U):
    ids = np.hstack([[o], negatives]).astype(int)
    t = (np.arange(len(ids)) == 0).astype(float)
    z = U[ids] @ v_c
    p = sigm(z)
    e = (p - t) * p * (1 - p)     # delta rule
    e = np.where(t == 1, -p * (1 - p), p * (1 - p))
    G = np.zeros_like(U)
    np.add.at(G, ids, np.outer(e, v_c))
    return (t * sp(-z) + (1 - t) * sp(z)).sum(), (e @ U[ids], G)


def stacked_fancy(v_c, o, negatives, U):
    ids = np.append(negatives, o)
    t = np.zeros(ids.size); t[-1] = 1
    z = U[ids] @ v_c
    e = sigm(z) - t
    G = np.zeros_like(U)
    G[ids] = e[:, None] * v_c
    return np.sum(sp(z) - t * z), e @ U[ids], G


def counts_min1(v_c, o, negatives, U):
    cnt = np.bincount(negatives, minlength=len(U))
    cnt[o] = 0
    z = U @ v_c
    loss = sp(-z[o]) + cnt @ sp(z)
    e = cnt * sigm(z)
    e[o] -= sigm(-z[o])
    return loss, e @ U, e[:, None] * v_c[None, :]


def counts_skip_in_grad(v_c, o, negatives, U):
    cnt = np.bincount(negatives, minlength=len(U))
    z = U @ v_c
    loss = sp(-z[o]) + cnt @ sp(z)
    e = cnt * sigm(z)
    dv = e @ U - sigm(-z[o]) * U[o]
    e[o] = -sigm(-z[o])
    return loss, dv, e[:, None] * v_c[None, :]


def outer_u_for_v(v_c, o, negatives, U):
    ids = np.r_[o, negatives]
    t = np.zeros(len(ids)); t[0] = 1
    z = np.einsum("kd,d->k", U[ids], v_c)
    e = sigm(z) - t
    dv = np.einsum("k,kd->d", e, U[ids])
    dU = np.zeros_like(U)
    np.add.at(dU, ids, np.einsum("k,kd->kd", e, U[ids]))
    return sp(z).sum() - z[0], dv, dU
