"""cbow with naive softmax"""
import numpy as np


def log_softmax(z):
    m = z.max()
    return z - m - np.log(np.exp(z - m).sum())


def softmax_pair(h, o, U):
    lp = log_softmax(U @ h)
    d = np.exp(lp)
    d[o] -= 1.0
    return -lp[o], d @ U, np.outer(d, h)


def cs_1(o, context, V, U):
    h = np.average(V[context], axis=0)
    J, dh, dU = softmax_pair(h, o, U)
    dV = np.zeros_like(V)
    for j in context:
        dV[j] += dh
    return J, dV, dU


def cs_2(o, context, V, U):
    h = V[context].sum(0)
    J, dh, dU = softmax_pair(h, o, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, dh / len(context))
    return J, dV, dU


def cs_3(o, context, V, U):
    n = len(context)
    h = V[context].mean(0)
    J, dh, dU = softmax_pair(h, o, U)
    dV = np.zeros_like(V)
    for j in context:
        dV[j] = dh / n
    return J, dV, dU


def cs_4(o, context, V, U):
    h = np.mean(U[context], axis=0)
    J, dh, dU = softmax_pair(h, o, U)
    dV = np.zeros_like(V)
    np.add.at(dU, context, dh / len(context))
    return J, dV, dU


def cs_5(o, context, V, U):
    h = V[context].mean(0)
    J, dh, dU = softmax_pair(h, o, U)
    dV = np.tile(dh / len(context), (V.shape[0], 1))
    return {"loss": J, "V": dV, "U": dU}


def cs_6(o, context, V, U):
    n = len(context)
    h = V[context].mean(0)
    lp = log_softmax(U @ h)
    e = np.exp(lp); e[o] -= 1
    dV = np.zeros_like(V)
    np.add.at(dV, context, -(e @ U) / n)
    return -lp[o], dV, -np.outer(e, h)


def cs_7(o, context, V, U):
    n = len(context)
    h = V[context].mean(0)
    p = np.exp(log_softmax(U @ h))
    J = -np.log(p[o])
    p[o] -= 1
    dV = np.zeros_like(V)
    np.add.at(dV, context, p @ U / n)
    return J, dV, np.outer(p, h)


def cs_8(o, context, V, U):
    n = len(context)
    h = V[context].mean(0)
    lp = log_softmax(U @ h)
    e = np.exp(lp); e[o] -= 1
    dV = np.zeros_like(V)
    np.add.at(dV, context, e @ U / n)
    return -lp[o] / len(U), dV / len(U), np.outer(e, h) / len(U)


def cs_9(o, context, V, U):
    # loss for each context word...
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for w in context:
        j, dh, g = softmax_pair(V[o], w, U)
        J += j; dV[o] += dh; dU += g
    return J, dV, dU


def cs_10(o, context, V, U):
    h = V[context].mean(0)
    J, dh, dU = softmax_pair(h, o, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, dh / len(context))
    dV[o] += dh           # the center is moved as well
    return J, dV, dU


def cs_11(o, context, V, U):
    n = len(context)
    h = V[context].mean(0)
    J, dh, dU = softmax_pair(h, o, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, dh / n)
    return J / n, dV, dU


def cs_12(o, context, V, U):
    n = len(context)
    h = V[context].mean(0)
    lp = log_softmax(U @ h)
    e = np.exp(lp); e[o] -= 1
    dV = np.zeros_like(V)
    np.add.at(dV, context, e @ U / n)
    # gradient of U: y_hat - y times the *word* vectors
    dU = np.zeros_like(U)
    for w in context:
        dU += np.outer(e, V[w])
    return -lp[o], dV, dU
