"""HW2: negative sampling loss, numpy version (submissions 1-11)"""
import numpy as np


def sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def ns_01(v_c, o, negatives, U):
    s_o = U[o] @ v_c
    s_n = U[negatives] @ v_c
    loss = np.logaddexp(0, -s_o) + np.logaddexp(0, s_n).sum()
    dU = np.zeros_like(U)
    dU[o] += (sigmoid(s_o) - 1) * v_c
    np.add.at(dU, negatives, -sigmoid(s_n)[:, None] * v_c)
    dv = (sigmoid(s_o) - 1) * U[o] - sigmoid(s_n) @ U[negatives]
    return loss, dv, dU


def ns_02(v_c, o, negatives, U):
    pos = np.dot(U[o], v_c)
    neg = -np.dot(U[negatives], v_c)
    loss = np.logaddexp(0, -pos) + np.sum(np.logaddexp(0, -neg))
    # d log sigma
    gpos = -sigmoid(pos)
    gneg = sigmoid(neg)
    dv = gpos * U[o] + np.sum(gneg[:, np.newaxis] * U[negatives], axis=0)
    dU = np.zeros(U.shape)
    dU[o] += gpos * v_c
    np.add.at(dU, negatives, np.outer(gneg, v_c))
    return loss, (dv, dU)


def ns_03(v_c, o, negatives, U):
    loss = np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).sum()
    a = 1 - sigmoid(U[o] @ v_c)
    b = 1 - sigmoid(U[negatives] @ v_c)
    dv = -a * U[o] + b @ U[negatives]
    dU = np.zeros_like(U)
    dU[o] -= a * v_c
    for i, k in enumerate(negatives):
        dU[k] += b[i] * v_c
    return {"loss": loss, "v_c": dv, "U": dU}


def ns_04(v_c, o, negatives, U):
    z_o = U[o].dot(v_c)
    z_k = U[negatives].dot(v_c)
    J = np.logaddexp(0, -z_o) + np.logaddexp(0, -z_k).sum()
    d_o = sigmoid(z_o) - 1
    d_k = sigmoid(z_k)
    grad_U = np.zeros_like(U)
    grad_U[o] = d_o * v_c
    np.add.at(grad_U, negatives, d_k[:, None] * v_c[None, :])
    return J, d_o * U[o] + d_k @ U[negatives], grad_U


def ns_05(v_c, o, negatives, U):
    # chain rule: sigma' = sigma (1 - sigma)
    so = sigmoid(U[o] @ v_c)
    sk = sigmoid(-(U[negatives] @ v_c))
    loss = np.logaddexp(0, -(U[o] @ v_c)) + np.logaddexp(0, U[negatives] @ v_c).sum()
    g_o = -so * (1 - so)
    g_k = sk * (1 - sk)
    dv_c = g_o * U[o] + U[negatives].T @ g_k
    dU = np.zeros_like(U)
    dU[o] += g_o * v_c
    np.add.at(dU, negatives, np.outer(g_k, v_c))
    return loss, dv_c, dU


def ns_06(v_c, o, negatives, U):
    u_o, u_k = U[o], U[negatives]
    p, q = sigmoid(u_o @ v_c), sigmoid(u_k @ v_c)
    loss = np.logaddexp(0, -u_o @ v_c) + np.sum(np.logaddexp(0, u_k @ v_c))
    dv = (p - 1) * u_o + (q[:, None] * u_k).sum(0)
    dU = np.zeros_like(U)
    dU[o] += (p - 1) * v_c
    dU[negatives] += q[:, None] * v_c
    return loss, dv, dU


def ns_07(v_c, o, negatives, U):
    u_o, u_k = U[o], U[negatives]
    p, q = sigmoid(u_o @ v_c), sigmoid(u_k @ v_c)
    loss = np.logaddexp(0, -u_o @ v_c) + np.sum(np.logaddexp(0, u_k @ v_c))
    dv = (p - 1) * u_o + q @ u_k
    dU = np.zeros_like(U)
    dU[o] = (p - 1) * v_c
    dU[negatives] = np.outer(q, v_c)
    return loss, dv, dU


def ns_08(v_c, o, negatives, U):
    score = np.dot(U, v_c)
    loss = np.logaddexp(0, -score[o]) + np.logaddexp(0, score[negatives]).sum()
    dU = np.zeros_like(U)
    np.add.at(dU, negatives, np.outer(sigmoid(score[negatives]), v_c))
    dU[o] = (sigmoid(score[o]) - 1) * v_c      # true word
    dv = (sigmoid(score[o]) - 1) * U[o] + sigmoid(score[negatives]) @ U[negatives]
    return loss, (dv, dU)


def ns_09(v_c, o, negatives, U):
    K = len(negatives)
    score = U @ v_c
    loss = np.logaddexp(0, -score[o]) + np.logaddexp(0, score[negatives]).sum() / K
    d = np.zeros(len(U))
    d[o] = sigmoid(score[o]) - 1
    np.add.at(d, negatives, sigmoid(score[negatives]) / K)
    return loss, d @ U, np.outer(d, v_c)


def ns_10(v_c, o, negatives, U):
    po = sigmoid(U[o] @ v_c)
    pk = sigmoid(U[negatives] @ v_c)
    loss = np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).sum()
    gradCenter = (po - 1) * U[o]
    gradOutside = np.zeros(U.shape)
    gradOutside[o] += (po - 1) * v_c
    for j in range(len(negatives)):
        gradOutside[negatives[j]] += pk[j] * v_c
    return loss, gradCenter, gradOutside


def ns_11(v_c, o, negatives, U):
    po = sigmoid(U[o] @ v_c)
    pk = sigmoid(U[negatives] @ v_c)
    loss = np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).sum()
    gradCenter = np.zeros(v_c.shape)
    for j in range(len(negatives)):
        gradCenter += pk[j] * U[negatives[j]]
    gradOutside = np.zeros(U.shape)
    gradOutside[o] += (po - 1) * v_c
    for j in range(len(negatives)):
        gradOutside[negatives[j]] += pk[j] * v_c
    return loss, gradCenter, gradOutside
