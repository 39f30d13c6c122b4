import numpy as np
from math import exp, log1p


def sigmoid(x):
    return 0.5 * (1 + np.tanh(x / 2))


def right_logaddexp(v_c, o, negatives, U):
    so, sn = U[o] @ v_c, U[negatives] @ v_c
    dU = np.zeros_like(U)
    dU[o] += (sigmoid(so) - 1) * v_c
    np.add.at(dU, negatives, np.outer(sigmoid(sn), v_c))
    return (np.logaddexp(0, -so) + np.logaddexp(0, sn).sum(),
            (sigmoid(so) - 1) * U[o] + sigmoid(sn) @ U[negatives], dU)


def right_loop_lists(v_c, o, negatives, U):
    def s(x):
        return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))
    d = len(v_c)
    J, gv = 0.0, [0.0] * d
    gU = [[0.0] * d for _ in U]
    for w, y in [(o, 1)] + [(k, 0) for k in negatives]:
        z = sum(U[w][i] * v_c[i] for i in range(d))
        J += max(z, 0) - y * z + log1p(exp(-abs(z)))
        for i in range(d):
            gv[i] += (s(z) - y) * U[w][i]
            gU[w][i] += (s(z) - y) * v_c[i]
    return J, gv, gU


def right_signs(v_c, o, negatives, U):
    ids = np.concatenate(([o], negatives))
    y = -np.ones(len(ids)); y[0] = 1
    m = y * (U[ids] @ v_c)
    g = -y * sigmoid(-m)
    G = np.zeros_like(U)
    for i, gi in zip(ids, g):
        G[i] += gi * v_c
    return {"loss": np.logaddexp(0, -m).sum(), "v_c": U[ids].T @ g, "U": G}


def right_onehot(v_c, o, negatives, U):
    I = np.eye(len(U))[np.r_[o, negatives]]
    t = np.r_[1., np.zeros(len(negatives))]
    z = I @ (U @ v_c)
    e = sigmoid(z) - t
    return (np.maximum(z, 0) - t * z + np.log1p(np.exp(-np.abs(z)))).sum(), (I.T @ e @ U, np.einsum("kw,k,d->wd", I, e, v_c))


def right_bincount(v_c, o, negatives, U):
    n = np.bincount(negatives, minlength=U.shape[0])
    z = U @ v_c
    e = n * sigmoid(z)
    e[o] -= sigmoid(-z[o])
    return np.logaddexp(0, -z[o]) + n @ np.logaddexp(0, z), e @ U, e[:, None] * v_c


def right_loss_only(v_c, o, negatives, U):
    """-log s(x) = max(-x, 0) + log1p(e^-|x|)"""
    x = np.append(-U[negatives] @ v_c, U[o] @ v_c)
    return np.sum(np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x))))


def right_grads_only(v_c, o, negatives, U):
    s = lambda x: 1 / (1 + np.exp(-x))
    dv = -(1 - s(U[o] @ v_c)) * U[o]
    dU = np.zeros(U.shape)
    dU[o] = -(1 - s(U[o] @ v_c)) * v_c
    for k in negatives:
        dv = dv + (1 - s(-U[k] @ v_c)) * U[k]
        dU[k] = dU[k] + (1 - s(-U[k] @ v_c)) * v_c
    return dv, dU


def right_dU_dict(v_c, o, negatives, U):
    rows = {int(o): -sigmoid(-(U[o] @ v_c)) * v_c}
    for k in map(int, negatives):
        rows[k] = rows.get(k, 0) + sigmoid(U[k] @ v_c) * v_c
    G = np.zeros_like(U)
    for w in rows:
        G[w] = rows[w]
    return {"U": G}


class SGNS:
    def __init__(self, U): self.U, self.G = U, np.zeros_like(U)

    def pair(self, v, w, label):
        x = self.U[w] @ v
        g = sigmoid(x) - label
        self.G[w] += g * v
        return np.logaddexp(0, -x if label else x), g * self.U[w]


def right_class(v_c, o, negatives, U):
    m = SGNS(U)
    parts = [m.pair(v_c, o, 1)] + [m.pair(v_c, k, 0) for k in negatives]
    return sum(p[0] for p in parts), sum(p[1] for p in parts), m.G


def right_f32(v_c, o, negatives, U):
    v, W = v_c.astype(np.float32), U.astype(np.float32)
    z = W @ v
    e = np.zeros(len(W), np.float32)
    np.add.at(e, negatives, sigmoid(z[negatives]))
    e[o] -= sigmoid(-z[o])
    return np.logaddexp(np.float32(0), -z[o]) + np.logaddexp(np.float32(0), z[negatives]).sum(), e @ W, np.outer(e, v)
