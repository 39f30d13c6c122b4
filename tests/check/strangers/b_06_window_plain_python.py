"""No numpy: lists of lists. Works with anything indexable."""
from math import exp, log, log1p


def dot(a, b):
    s = 0.0
    for x, y in zip(a, b):
        s += x * y
    return s


def sig(x):
    if x >= 0:
        return 1.0 / (1.0 + exp(-x))
    t = exp(x)
    return t / (1.0 + t)


def softplus(x):
    return max(x, 0.0) + log1p(exp(-abs(x)))


def zeros(rows, cols):
    return [[0.0] * cols for _ in range(rows)]


def axpy(row, a, x):
    for i in range(len(row)):
        row[i] += a * x[i]


def py_sg_1(c, outside, V, U, negatives):
    d = len(V[0])
    loss, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    v = V[c]
    for o, negs in zip(outside, negatives):
        s = dot(U[o], v)
        loss += softplus(-s)
        axpy(dV[c], sig(s), U[o])         # !!
        axpy(dU[o], sig(s), v)
        for k in negs:
            s = dot(U[k], v)
            loss += softplus(s)
            axpy(dV[c], sig(s), U[k])
            axpy(dU[k], sig(s), v)
    return loss, dV, dU


def py_sg_2(c, outside, V, U, negatives):
    d = len(V[0])
    loss, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    v = V[c]
    for o, negs in zip(outside, negatives):
        loss += softplus(-dot(U[o], v))
        gp = -sig(dot(U[o], v))
        axpy(dV[c], gp, U[o])
        axpy(dU[o], gp, v)
        for k in negs:
            loss += softplus(dot(U[k], v))
            gn = sig(dot(U[k], v))
            axpy(dV[c], gn, U[k])
            axpy(dU[k], gn, v)
    return loss, dV, dU


def py_sg_3(c, outside, V, U, negatives):
    # without the true word among its negatives
    d = len(V[0])
    loss, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    for o, negs in zip(outside, negatives):
        for w, y in [(o, 1)] + [(k, 0) for k in negs if k != o]:
            s = dot(U[w], V[c])
            loss += softplus(-s) if y else softplus(s)
            g = sig(s) if y == 0 else -sig(-s)
            axpy(dV[c], g, U[w])
            axpy(dU[w], g, V[c])
    return loss, dV, dU


def py_sg_4(c, outside, V, U, negatives):
    d = len(V[0])
    loss, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    for o, negs in zip(outside, negatives):
        K = len(negs)
        for w, y in [(o, 1)] + [(k, 0) for k in negs]:
            s = dot(U[w], V[c])
            loss += (softplus(-s) if y else softplus(s)) / (K + 1)
            g = (sig(s) if y == 0 else -sig(-s)) / (K + 1)
            axpy(dV[c], g, U[w])
            axpy(dU[w], g, V[c])
    return loss, dV, dU


def py_sg_5(c, outside, V, U, negatives):
    d = len(V[0])
    loss, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    for o, negs in zip(outside, negatives):
        for i in range(len(negs)):
            if i == 0:
                s = dot(U[o], V[c])
                loss += softplus(-s)
                axpy(dV[c], -sig(-s), U[o])
                axpy(dU[o], -sig(-s), V[c])
                continue
            k = negs[i - 1]
            s = dot(U[k], V[c])
            loss += softplus(s)
            axpy(dV[c], sig(s), U[k])
            axpy(dU[k], sig(s), V[c])
    return loss, dV, dU


def py_sg_6(c, outside, V, U, negatives):
    """word2vec.c style: neu1e collects the error of the center"""
    d = len(V[0])
    J, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    for j in range(len(outside)):
        neu1e = [0.0] * d
        for w, label in [(outside[j], 1)] + [(t, 0) for t in negatives[j]]:
            f = dot(V[c], U[w])
            J += softplus(f) - label * f
            g = label - sig(f)
            axpy(neu1e, g, U[w])
            axpy(dU[w], g, V[c])
        axpy(dV[c], 1.0, neu1e)
    return J, dV, dU


def py_sg_7(c, outside, V, U, negatives):
    """as in word2vec.c: scores beyond MAX_EXP are cut"""
    MAX_EXP = 6.0
    d = len(V[0])
    J, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    for j in range(len(outside)):
        for w, label in [(outside[j], 1)] + [(t, 0) for t in negatives[j]]:
            f = min(MAX_EXP, max(-MAX_EXP, dot(V[c], U[w])))
            J += softplus(f) - label * f
            g = sig(f) - label
            axpy(dV[c], g, U[w])
            axpy(dU[w], g, V[c])
    return J, dV, dU


def py_sg_8(c, outside, V, U, negatives):
    """word2vec.c the way it really runs: the window predicts the center"""
    d = len(V[0])
    J, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    for j, last_word in enumerate(outside):
        for w, label in [(c, 1)] + [(t, 0) for t in negatives[j]]:
            f = dot(V[last_word], U[w])
            J += softplus(f) - label * f
            g = sig(f) - label
            axpy(dV[last_word], g, U[w])
            axpy(dU[w], g, V[last_word])
    return {"loss": J, "V": dV, "U": dU}


def py_sg_9(c, outside, V, U, negatives):
    loss = 0.0
    for o, negs in zip(outside, negatives):
        loss += softplus(-dot(U[o], V[c]))
        for k in negs:
            loss += softplus(dot(U[k], V[c]))
    return loss / len(outside)


def py_sg_10(c, outside, V, U, negatives):
    loss = 0.0
    todo = {}
    for o, negs in zip(outside, negatives):
        todo.setdefault(int(o), negs)
    for o in todo:
        loss += softplus(-dot(U[o], V[c])) + sum(softplus(dot(U[k], V[c])) for k in todo[o])
    return loss


def py_sg_11(c, outside, V, U, negatives):
    # slope of sigmoid s(1-s) instead of the slope of its log
    d = len(V[0])
    loss, dV, dU = 0.0, zeros(len(V), d), zeros(len(U), d)
    for o, negs in zip(outside, negatives):
        s = dot(U[o], V[c])
        loss += softplus(-s)
        g = -sig(s) * sig(-s)
        axpy(dV[c], g, U[o]); axpy(dU[o], g, V[c])
        for k in negs:
            s = dot(U[k], V[c])
            loss += softplus(s)
            g = sig(s) * sig(-s)
            axpy(dV[c], g, U[k]); axpy(dU[k], g, V[c])
    return loss, (dV, dU)
