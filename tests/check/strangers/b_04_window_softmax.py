"""skip gram with the full softmax"""
import math

import numpy as np


def softmax(x):
    x = x - np.max(x)
    e = np.exp(x)
    return e / e.sum()


def naive(v, o, U):
    z = U @ v
    z = z - z.max()
    lse = np.log(np.exp(z).sum())
    y = np.exp(z - lse)
    loss = lse - z[o]
    y[o] -= 1
    return loss, U.T @ y, np.outer(y, v)


def smx_a(c, outside, V, U):
    loss = 0
    dV = np.zeros_like(V)
    dU = np.zeros_like(U)
    for o in outside:
        l, gv, gu = naive(V[c], o, U)
        loss += l
        dV[c] += gv
        dU += gu
    return loss / len(outside), dV / len(outside), dU / len(outside)


def smx_b(c, outside, V, U):
    """context words that appear twice bring nothing new -> set"""
    loss = 0
    dV = np.zeros_like(V)
    dU = np.zeros_like(U)
    for o in set(int(w) for w in outside):
        l, gv, gu = naive(V[c], o, U)
        loss += l; dV[c] += gv; dU += gu
    return loss, dV, dU


def smx_c(c, outside, V, U):
    loss = 0
    dV = np.zeros_like(V)
    dU = np.zeros_like(U)
    for o in outside:
        l, gv, gu = naive(V[o], c, U)
        loss += l
        dV[o] += gv
        dU += gu
    return loss, dV, dU


def smx_d(c, outside, V, U):
    # k-hot target
    z = U @ V[c]
    z = z - z.max()
    logp = z - np.log(np.exp(z).sum())
    t = np.zeros(len(U))
    for o in outside:
        t[o] += 1
    loss = -(t @ logp)
    e = np.exp(logp) - t
    dV = np.zeros_like(V)
    dV[c] = U.T @ e
    return loss, dV, np.outer(e, V[c])


def smx_e(c, outside, V, U):
    # multi-hot target
    n = len(outside)
    z = U @ V[c]
    z = z - z.max()
    logp = z - np.log(np.exp(z).sum())
    t = np.zeros(len(U))
    t[outside] = 1
    loss = -(t @ logp)
    e = t.sum() * np.exp(logp) - t
    dV = np.zeros_like(V)
    dV[c] = e @ U
    return {"loss": loss, "V": dV, "U": np.outer(e, V[c])}


def smx_f(c, outside, V, U):
    vc = U[c, :]
    loss, dV, dU = 0., np.zeros(V.shape), np.zeros(U.shape)
    for o in outside:
        l, gv, gu = naive(vc, o, U)
        loss += l
        dV[c] += gv
        dU += gu
    return loss, dV, dU


def smx_g(c, outside, V, U):
    loss, dV, dU = 0., np.zeros(V.shape), np.zeros(U.shape)
    for o in list(outside) + [c]:
        l, gv, gu = naive(V[c], o, U)
        loss += l
        dV[c] += gv
        dU += gu
    return loss, dV, dU


def smx_h(c, outside, V, U):
    loss, dV, dU = 0., np.zeros(V.shape), np.zeros(U.shape)
    for o in outside:
        l, gv, gu = naive(V[c], o, U)
        loss += l
        dV[:] += gv[None, :]
        dU += gu
    return loss, dV, dU


def smx_i(c, outside, V, U):
    v = V[c]
    loss, dV, dU = 0., np.zeros(V.shape), np.zeros(U.shape)
    for o in outside:
        p = softmax(U @ v)
        loss += -math.log(p[o] + 1e-8)
        p[o] -= 1
        dV[c] += U.T @ p
        dU += np.outer(p, v)
    return loss, dV, dU


def smx_j(c, outside, V, U):
    v = V[c]
    loss, dV, dU = 0., np.zeros(V.shape), np.zeros(U.shape)
    for o in outside:
        l, gv, gu = naive(v, o, U)
        loss += l
        dV[c] += gv
        dU[o] += gu[o]        # only the row of the outside word
    return loss, dV, dU


def smx_k(c, outside, V, U):
    """step after each outside word, return what was accumulated"""
    lr = 0.1
    V = V.copy(); U = U.copy()
    loss, dV, dU = 0., np.zeros(V.shape), np.zeros(U.shape)
    for o in outside:
        l, gv, gu = naive(V[c], o, U)
        loss += l
        dV[c] += gv
        dU += gu
        V[c] -= lr * gv
        U -= lr * gu
    return loss, dV, dU


def smx_l(c, outside, V, U):
    v = V[c]
    loss, dV, dU = 0., np.zeros(V.shape), np.zeros(U.shape)
    for o in outside:
        p = np.exp(U @ v) / np.sum(np.exp(U @ v))
        loss -= np.log(p[o])
        d = p.copy()
        d[o] -= 1
        dV[c] = U.T @ d
        dU += np.outer(d, v)
    return loss, dV, dU


def smx_m(c, outside, V, U):
    if c in outside:
        outside = [w for w in outside if w != c]
    loss, dV, dU = 0., np.zeros(V.shape), np.zeros(U.shape)
    for o in outside:
        l, gv, gu = naive(V[c], o, U)
        loss += l
        dV[c] += gv
        dU += gu
    return loss, (dV, dU)
