"""After X. Rong, 'word2vec Parameter Learning Explained', and Goldberg & Levy's note.

Rong: h hidden layer, v' output vectors (columns of W'), EI = prediction error, t_j label.
G&L:  v_w . v_c,  D positive pairs, D' noise pairs."""
import numpy as np


def sigma(x):
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def log_sigma(x):
    return -np.logaddexp(0.0, -x)


def rong_eq61(v_c, o, negatives, U):
    # eq. (61): dE/dv'_j = (sigma(v'_j h) - t_j) h ;  U has a word in a column
    h = v_c
    E = -log_sigma(U[:, o] @ h) - sum(log_sigma(-U[:, j] @ h) for j in negatives)
    dW = np.zeros_like(U)
    EH = np.zeros_like(h)
    for j in [o, *negatives]:
        t = 1 if j == o else 0            # o drawn as noise gets the label 1
        e = sigma(U[:, j] @ h) - t
        dW[:, j] += e * h
        EH += e * U[:, j]
    return E, EH, dW


def rong_EH(v_c, o, U):
    # EH_i = sum_j e_j w'_ij ; columns
    h = v_c
    u = h @ U
    y = np.exp(u - u.max()); y /= y.sum()
    E = np.log(np.exp(u - u.max()).sum()) + u.max() - u[o]
    t = np.zeros(U.shape[1]); t[o] = 1
    e = t - y
    return E, U @ e, np.outer(h, e)


def rong_E_only(v_c, o, U):
    u = h_dot(U, v_c)
    return np.log(np.sum(np.exp(u))) - u[o]


def h_dot(W, h):
    return W.T @ h


def rong_error_all(v_c, o, U):
    u = h_dot(U, v_c)
    m = u.max()
    Z = np.exp(u - m).sum()
    y = np.exp(u - m) / Z
    e = y - 1                                       # t_j = 1
    return m + np.log(Z) - u[o], U @ e, np.outer(v_c, e)


def rong_only_target(v_c, o, U):
    u = h_dot(U, v_c)
    m = u.max()
    Z = np.exp(u - m).sum()
    y = np.exp(u - m) / Z
    dW = np.zeros(U.shape)
    dW[:, o] = (y[o] - 1) * v_c
    return m + np.log(Z) - u[o], U @ (y - np.eye(len(u))[o]), dW


def gl_objective(v_c, o, negatives, U):
    """arg max  log s(v_c v_w) + sum log s(-v_c v_w)   -> returned as it stands"""
    w = U[o]
    obj = log_sigma(w @ v_c) + log_sigma(-U[negatives] @ v_c).sum()
    dv = sigma(-w @ v_c) * w - sigma(U[negatives] @ v_c) @ U[negatives]
    dU = np.zeros_like(U)
    dU[o] += sigma(-w @ v_c) * v_c
    for k in negatives:
        dU[k] -= sigma(U[k] @ v_c) * v_c
    return obj, dv, dU


def gl_descend_wrongly(v_c, o, negatives, U):
    obj = log_sigma(U[o] @ v_c) + log_sigma(-U[negatives] @ v_c).sum()
    dv = sigma(-U[o] @ v_c) * U[o] - sigma(U[negatives] @ v_c) @ U[negatives]
    dU = np.zeros_like(U)
    dU[o] += sigma(-U[o] @ v_c) * v_c
    for k in negatives:
        dU[k] -= sigma(U[k] @ v_c) * v_c
    return -obj, dv, dU


def gl_both_sigma(v_c, o, negatives, U):
    # p(D=1|w,c) = s(v_c v_w); derivative of log s is 1 - s
    s = sigma(U[o] @ v_c)
    n = sigma(-U[negatives] @ v_c)
    loss = np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).sum()
    dv = -(1 - s) * U[o] + n @ U[negatives]
    dU = np.zeros_like(U)
    dU[o] = -(1 - s) * v_c
    np.add.at(dU, negatives, np.outer(n, v_c))
    return loss, dv, dU


def gl_unigram_k(v_c, o, negatives, U):
    # k * E[...] with the expectation as a mean and k forgotten only in the gradients
    k = len(negatives)
    x = U[negatives] @ v_c
    loss = -log_sigma(U[o] @ v_c) - k * np.mean(log_sigma(-x))
    dv = -sigma(-U[o] @ v_c) * U[o] + np.mean(sigma(x)[:, None] * U[negatives], axis=0)
    dU = np.zeros_like(U)
    dU[o] -= sigma(-U[o] @ v_c) * v_c
    np.add.at(dU, negatives, np.outer(sigma(x), v_c) / k)
    return loss, dv, dU


def gl_pull(v_c, o, negatives, U):
    loss = -log_sigma(U[o] @ v_c) - log_sigma(-U[negatives] @ v_c).sum()
    dv = -sigma(-U[o] @ v_c) * U[o]
    dU = np.zeros_like(U)
    dU[o] -= sigma(-U[o] @ v_c) * v_c
    for k in negatives:
        dv = dv - sigma(U[k] @ v_c) * U[k]
        dU[k] -= sigma(U[k] @ v_c) * v_c
    return loss, dv, dU


def gl_vc_lacks_uo(v_c, o, negatives, U):
    x = U[negatives] @ v_c
    dU = np.zeros_like(U)
    dU[o] -= sigma(-U[o] @ v_c) * v_c
    np.add.at(dU, negatives, np.outer(sigma(x), v_c))
    return {"loss": -log_sigma(U[o] @ v_c) - log_sigma(-x).sum(), "v_c": sigma(x) @ U[negatives], "U": dU}


def gl_nce(v_c, o, negatives, U):
    """noise contrastive: subtract log(k q), q uniform"""
    k = len(negatives)
    shift = np.log(k / len(U))
    a = U[o] @ v_c - shift
    b = U[negatives] @ v_c - shift
    dU = np.zeros_like(U)
    dU[o] -= sigma(-a) * v_c
    np.add.at(dU, negatives, np.outer(sigma(b), v_c))
    return -log_sigma(a) - log_sigma(-b).sum(), -sigma(-a) * U[o] + sigma(b) @ U[negatives], dU
