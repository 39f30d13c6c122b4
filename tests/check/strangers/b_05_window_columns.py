# A word is a COLUMN here: V, U of shape (d, vocab). (Matlab people.)
import numpy as np
import jax
import jax.numpy as jnp


def sgm(t):
    return np.exp(-np.logaddexp(0, -t))


def col_pair(v, o, neg, U):
    ids = [o] + list(neg)
    y = np.zeros(len(ids)); y[0] = 1
    M = U[:, ids]                     # d x (K+1)
    z = v @ M
    s = np.where(y == 1, z, -z)
    J = np.logaddexp(0, -s).sum()
    g = np.where(y == 1, -sgm(-z), sgm(z))
    dU = np.zeros_like(U)
    for i, w in enumerate(ids):
        dU[:, w] += g[i] * v
    return J, M @ g, dU


def col_1(c, outside, V, U, negatives):
    J = 0; dV = np.zeros_like(V); dU = np.zeros_like(U)
    n = len(outside)
    for i in range(n):
        j, gv, gU = col_pair(V[:, c], outside[i], negatives[i], U)
        J += j / n
        dV[:, c] += gv / n
        dU += gU / n
    return J, dV, dU


def col_2(c, outside, V, U, negatives):
    J = 0; dV = np.zeros_like(V); dU = np.zeros_like(U)
    for i in range(len(outside)):
        j, gv, gU = col_pair(V[:, c], outside[i], negatives[i], U)
        J += j
        dV += gv.reshape(-1, 1)
        dU += gU
    return J, dV, dU


def col_3(c, outside, V, U, negatives):
    J = 0; dV = np.zeros_like(V); dU = np.zeros_like(U)
    for i in range(len(outside)):
        j, gv, gU = col_pair(V[:, c], outside[i], negatives[i], U)
        J += j
        dV[:, c] = gv
        dU += gU
    return J, (dV, dU)


def col_4(c, outside, V, U, negatives):
    J = 0; dV = np.zeros_like(V); dU = np.zeros_like(U)
    for i in range(len(outside)):
        j, gv, gU = col_pair(V[:, c], outside[i], negatives[i], U)
        J += j
        dV[:, outside[i]] += gv
        dU += gU
    return J, dV, dU


def col_5(c, outside, V, U, negatives):
    h = U[:, c]
    J = 0; dV = np.zeros_like(V); dU = np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        j, gv, gU = col_pair(h, o, neg, U)
        J += j
        dU += gU
        dU[:, c] += gv
    return J, dV, dU


def col_6(c, outside, V, U, negatives):
    done = set()
    J = 0; dV = np.zeros_like(V); dU = np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        if o in done:
            continue
        done.add(o)
        j, gv, gU = col_pair(V[:, c], o, neg, U)
        J += j
        dV[:, c] += gv
        dU += gU
    return J, dV, dU


def col_7(c, outside, V, U, negatives):
    """negatives drawn twice for one pair count once"""
    J = 0; dV = np.zeros_like(V); dU = np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        j, gv, gU = col_pair(V[:, c], o, sorted(set(neg)), U)
        J += j
        dV[:, c] += gv
        dU += gU
    return J, dV, dU


def col_8(c, outside, V, U, negatives):
    v = V[:, c]
    P = v @ U[:, outside]                # n
    N = np.tensordot(v, U[:, negatives], 1)   # n x K
    J = np.logaddexp(0, -P).sum() + np.logaddexp(0, N).sum()
    dV = np.zeros_like(V)
    dV[:, c] = -U[:, outside] @ sgm(-P) + np.tensordot(U[:, negatives], sgm(N), 2)
    dU = np.zeros_like(U)
    np.add.at(dU.T, outside, -np.outer(sgm(-P), v))
    np.add.at(dU.T, negatives, -sgm(N)[..., None] * v)
    return J, dV, dU


def col_9(c, outside, V, U, negatives):
    def J(V, U):
        v = V[:, c]
        a = jax.nn.softplus(-v @ U[:, outside])
        b = jax.nn.softplus(v @ U[:, negatives.reshape(-1)])
        # o weighs as much as its negatives
        return a.sum() * negatives.shape[1] + b.sum()
    V, U = jnp.array(V), jnp.array(U)
    g = jax.grad(J, (0, 1))(V, U)
    return J(V, U), g[0], g[1]


def col_10(c, outside, V, U, negatives):
    J = 0; dV = np.zeros_like(V); dU = np.zeros_like(U)
    half = (len(outside) + 1) // 2
    for o, neg in zip(outside[:half], negatives[:half]):
        j, gv, gU = col_pair(V[:, c], o, neg, U)
        J += j
        dV[:, c] += gv
        dU += gU
    return {"loss": J, "V": dV, "U": dU}
