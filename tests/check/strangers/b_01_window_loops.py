"""Homework 3, skip-gram. Submissions, one function each. Helpers were given out in class."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def nll(x):
    """-log(sigmoid(x)) without trouble"""
    return np.logaddexp(0, -x)


def neg_pair(v, o, neg, U):
    gU = np.zeros_like(U)
    s = sigmoid(U[o] @ v)
    J = nll(U[o] @ v)
    gv = -sigmoid(-U[o] @ v) * U[o]
    gU[o] += -sigmoid(-U[o] @ v) * v
    for k in neg:
        t = sigmoid(U[k] @ v)
        J += nll(-U[k] @ v)
        gv = gv + t * U[k]
        gU[k] += t * v
    return J, gv, gU


def student_anna_sg(c, outside, V, U, negatives):
    loss = 0.0
    dV = np.zeros_like(V)
    dU = np.zeros_like(U)
    for j in range(len(outside)):
        l, gc, gU = neg_pair(V[c], outside[j], negatives[j], U)
        loss += l
        dV[c] += gc
        dU += gU
    # average over the window
    m = len(outside)
    return loss / m, dV / m, dU / m


def student_ben_sg(c, outside, V, U, negatives):
    loss = 0.0
    dV = np.zeros(V.shape)
    dU = np.zeros(U.shape)
    for o, neg in zip(outside, negatives):
        l, gc, gU = neg_pair(V[c], o, neg, U)
        loss += l
        dV[c] = gc
        dU += gU
    return loss, dV, dU


def student_carla_sg(c, outside, V, U, negatives):
    loss, dV, dU = 0.0, np.zeros(V.shape), np.zeros(U.shape)
    for o, neg in zip(outside, negatives):
        l, gc, gU = neg_pair(V[c], o, neg, U)
        loss += l
        dV += gc
        dU += gU
    return loss, (dV, dU)


def student_dmitri_sg(c, outside, V, U, negatives):
    loss, dV, dU = 0.0, np.zeros(V.shape), np.zeros(U.shape)
    for i, o in enumerate(outside):
        l, gc, gU = neg_pair(V[c], o, negatives[i], U)
        loss += l
        dV[o] += gc          # update the word
        dU += gU
    return loss, dV, dU


def student_elif_sg(c, outside, V, U, negatives):
    total = 0.0
    gradV = np.zeros_like(V)
    gradU = np.zeros_like(U)
    for i, o in enumerate(set(outside)):
        l, gc, gU = neg_pair(V[c], o, negatives[i], U)
        total += l
        gradV[c] += gc
        gradU += gU
    return {"loss": total, "V": gradV, "U": gradU}


def student_farid_sg(c, outside, V, U, negatives):
    loss = 0.
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        if o == c:
            continue        # don't predict yourself
        l, gc, gU = neg_pair(V[c], o, neg, U)
        loss += l
        dV[c] += gc
        dU += gU
    return loss, dV, dU


def student_gio_sg(c, outside, V, U, negatives):
    loss = 0.
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    centerVec = U[c]
    for o, neg in zip(outside, negatives):
        l, gc, gU = neg_pair(centerVec, o, neg, U)
        loss += l
        dV[c] += gc
        dU += gU
    return loss, dV, dU


def student_hana_sg(c, outside, V, U, negatives):
    # for every word of the window predict the center
    loss = 0.
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        l, go, gU = neg_pair(V[o], c, neg, U)
        loss += l
        dV[o] += go
        dU += gU
    return loss, dV, dU


def student_ivo_sg(c, outside, V, U, negatives):
    losses = []
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        l, gc, gU = neg_pair(V[c], o, neg, U)
        losses.append(l)
        dV[c] += gc
        dU += gU
    return np.mean(losses), dV, dU


def student_jo_sg(c, outside, V, U, negatives):
    v = V[c]
    loss = 0.
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        K = len(neg)
        so = U[o].dot(v)
        sn = U[neg].dot(v)
        loss += nll(so) + nll(-sn).sum() / K
        eo = -sigmoid(-so)
        en = sigmoid(sn) / K
        dV[c] += eo * U[o] + en @ U[neg]
        dU[o] += eo * v
        for k, e in zip(neg, en):
            dU[k] += e * v
    return loss, dV, dU


def student_katya_sg(c, outside, V, U, negatives):
    """center word counts as a word of the window too (offset 0)"""
    loss = 0.
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    words = list(outside)
    mid = len(words) // 2
    words.insert(mid, c)
    negs = list(negatives)
    negs.insert(mid, negatives[0])
    for o, neg in zip(words, negs):
        l, gc, gU = neg_pair(V[c], o, neg, U)
        loss += l
        dV[c] += gc
        dU += gU
    return loss, dV, dU


def student_lars_sg(c, outside, V, U, negatives):
    loss = 0.
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    n = len(outside)
    for i in range(n - 1):
        l, gc, gU = neg_pair(V[c], outside[i], negatives[i], U)
        loss += l
        dV[c] += gc
        dU += gU
    return loss, dV, dU
