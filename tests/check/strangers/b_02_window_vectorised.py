# skip-gram for one window, numpy without loops (as far as possible)
import numpy as np
from numpy import einsum, logaddexp


def sig(z):
    z = np.asarray(z, float)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def sg_vec_01(c, outside, V, U, negatives):
    v = V[c]
    pos = U[outside] @ v                     # (n,)
    neg = U[negatives] @ v                   # (n,K)
    loss = logaddexp(0, -pos).mean() + logaddexp(0, neg).sum(1).mean()
    a, b = -sig(-pos), sig(neg)
    dV = np.zeros_like(V)
    dV[c] = a @ U[outside] + einsum("nk,nkd->d", b, U[negatives])
    dU = np.zeros_like(U)
    np.add.at(dU, outside, np.outer(a, v))
    np.add.at(dU, negatives, b[..., None] * v)
    n = len(outside)
    return loss, dV / n, dU / n


def sg_vec_02(c, outside, V, U, negatives):
    v = V[c]
    pos, neg = U[outside] @ v, U[negatives] @ v
    loss = logaddexp(0, -pos).sum() + logaddexp(0, neg).sum()
    a, b = -sig(-pos), sig(neg)
    # one gradient per pair
    per_pair = a[:, None] * U[outside] + einsum("nk,nkd->nd", b, U[negatives])
    dV = np.zeros_like(V)
    dV[[c] * len(outside)] += per_pair
    dU = np.zeros_like(U)
    np.add.at(dU, outside, np.outer(a, v))
    np.add.at(dU, negatives, b[..., None] * v)
    return loss, dV, dU


def sg_vec_03(c, outside, V, U, negatives):
    v = V[c]
    pos, neg = U[outside] @ v, U[negatives] @ v
    a, b = -sig(-pos), sig(neg)
    dV = np.tile(a @ U[outside] + einsum("nk,nkd->d", b, U[negatives]), (len(V), 1))
    dU = np.zeros_like(U)
    np.add.at(dU, outside, np.outer(a, v))
    np.add.at(dU, negatives, b[..., None] * v)
    return {"loss": logaddexp(0, -pos).sum() + logaddexp(0, neg).sum(), "V": dV, "U": dU}


def sg_vec_04(c, outside, V, U, negatives):
    v = V[c]
    pos, neg = U[outside] @ v, U[negatives] @ v
    a, b = -sig(-pos), sig(neg)
    dV = np.zeros_like(V)
    dV[c] = a @ U[outside] + einsum("nk,nkd->d", b, U[negatives])
    dU = np.zeros_like(U)
    dU[outside] += np.outer(a, v)
    dU[negatives] += b[..., None] * v
    return logaddexp(0, -pos).sum() + logaddexp(0, neg).sum(), dV, dU


def sg_vec_05(c, outside, V, U, negatives):
    v = V[c]
    pos, neg = U[outside] @ v, U[negatives] @ v
    a, b = -sig(-pos), sig(neg)
    dV = np.zeros_like(V)
    dV[c] = a @ U[outside]           # the negatives are constants here
    dU = np.zeros_like(U)
    np.add.at(dU, outside, np.outer(a, v))
    np.add.at(dU, negatives.ravel(), np.outer(b.ravel(), v))
    return logaddexp(0, -pos).sum() + logaddexp(0, neg).sum(), dV, dU


def sg_vec_06(c, outside, V, U, negatives):
    v = V[c]
    words, first = np.unique(outside, return_index=True)
    negs = negatives[first]
    pos, neg = U[words] @ v, U[negs] @ v
    a, b = -sig(-pos), sig(neg)
    dV = np.zeros_like(V)
    dV[c] = a @ U[words] + einsum("nk,nkd->d", b, U[negs])
    dU = np.zeros_like(U)
    np.add.at(dU, words, np.outer(a, v))
    np.add.at(dU, negs, b[..., None] * v)
    return logaddexp(0, -pos).sum() + logaddexp(0, neg).sum(), dV, dU


def sg_vec_07(c, outside, V, U, negatives):
    keep = np.asarray(outside) != c
    outside = np.asarray(outside)[keep]
    negatives = np.asarray(negatives)[keep]
    v = V[c]
    pos, neg = U[outside] @ v, U[negatives] @ v
    a, b = -sig(-pos), sig(neg)
    dV = np.zeros_like(V)
    dV[c] = a @ U[outside] + einsum("nk,nkd->d", b, U[negatives])
    dU = np.zeros_like(U)
    np.add.at(dU, outside, np.outer(a, v))
    np.add.at(dU, negatives, b[..., None] * v)
    return logaddexp(0, -pos).sum() + logaddexp(0, neg).sum(), dV, dU


def sg_vec_08(c, outside, V, U, negatives):
    vo = V[outside]                                    # (n,d)  input vectors
    uc = U[c]
    pos = vo @ uc
    neg = einsum("nkd,nd->nk", U[negatives], vo)
    loss = logaddexp(0, -pos).sum() + logaddexp(0, neg).sum()
    a, b = -sig(-pos), sig(neg)
    dV = np.zeros_like(V)
    np.add.at(dV, outside, a[:, None] * uc + einsum("nk,nkd->nd", b, U[negatives]))
    dU = np.zeros_like(U)
    dU[c] += a @ vo
    np.add.at(dU, negatives, einsum("nk,nd->nkd", b, vo))
    return loss, dV, dU


def sg_vec_09(c, outside, V, U, negatives):
    v = V[c]
    pos, neg = U[outside] @ v, U[negatives] @ v
    a, b = -sig(-pos), sig(neg)
    dV = np.zeros_like(V)
    dV[c] += a @ U[outside] + einsum("nk,nkd->d", b, U[negatives])
    np.add.at(dV, outside, np.outer(a, v))       # outside words
    dU = np.zeros_like(U)
    np.add.at(dU, negatives, b[..., None] * v)   # noise words
    return logaddexp(0, -pos).sum() + logaddexp(0, neg).sum(), dV, dU


def sg_vec_10(c, outside, V, U, negatives):
    v = V[c]
    z = np.concatenate([U[outside] @ v, -(U[negatives] @ v).ravel()])
    g = -sig(-z)                                 # d nll / dz, for all of them
    ids = np.concatenate([outside, np.ravel(negatives)])
    dV = np.zeros_like(V)
    dV[c] = g @ U[ids]
    dU = np.zeros_like(U)
    np.add.at(dU, ids, np.outer(g, v))
    return np.logaddexp(0, -z).sum(), dV, dU


def sg_vec_11(c, outside, V, U, negatives):
    # everything in float32, it's faster
    V32, U32 = V.astype(np.float32), U.astype(np.float32)
    v = V32[c]
    pos, neg = U32[outside] @ v, U32[negatives] @ v
    loss = np.logaddexp(np.float32(0), -pos).sum() + np.logaddexp(np.float32(0), neg).sum()
    a = -sig(-pos).astype(np.float32)
    b = sig(neg).astype(np.float32)
    n = np.float32(len(outside))
    dV = np.zeros_like(V32)
    dV[c] = (a @ U32[outside] + einsum("nk,nkd->d", b, U32[negatives])) / n
    dU = np.zeros_like(U32)
    np.add.at(dU, outside, np.outer(a, v))
    np.add.at(dU, negatives, b[..., None] * v)
    return loss, dV, dU


def sg_vec_12(c, outside, V, U, negatives):
    v = V[c]
    pos, neg = U[outside] @ v, U[negatives] @ v
    a, b = sig(pos) - 1, sig(neg)
    loss = -np.log(sig(pos)).sum() - np.log(sig(-neg)).sum()
    dV = np.zeros_like(V)
    dV[c] = a @ U[outside] + einsum("nk,nkd->d", b, U[negatives])
    dU = np.zeros_like(U)
    dU[outside] = np.outer(a, v)
    for i in range(len(outside)):
        for k in range(negatives.shape[1]):
            dU[negatives[i, k]] += b[i, k] * v
    return loss, dV, dU
