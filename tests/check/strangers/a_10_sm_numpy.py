import numpy as np


def softmax(x):
    x = x - np.max(x)
    e = np.exp(x)
    return e / e.sum()


def logsumexp(x):
    m = x.max()
    return m + np.log(np.exp(x - m).sum())


def sm_01(v_c, o, U):
    s = U @ v_c
    y_hat = softmax(s)
    y = np.zeros(len(U)); y[o] = 1
    delta = y - y_hat
    return logsumexp(s) - s[o], U.T @ delta, np.outer(delta, v_c)


def sm_02(v_c, o, U):
    s = U @ v_c
    y_hat = softmax(s)
    loss = logsumexp(s) - s[o]
    gradCenterVec = -U[o] + y_hat @ U
    gradOutsideVecs = np.outer(y_hat, v_c)
    return loss, gradCenterVec, gradOutsideVecs


def sm_03(v_c, o, U):
    s = U @ v_c
    p = np.exp(s) / np.sum(np.exp(s))
    d = p.copy()
    d[o] -= 1
    return -np.log(p[o]), U.T @ d, np.outer(d, v_c)


def sm_04(v_c, o, U):
    p = softmax(U @ v_c)
    loss = -np.log(p[o])
    d = p.copy()
    d[o] -= 1
    return loss, d @ U, d[:, None] * v_c


def sm_05(v_c, o, U):
    p = softmax(U @ v_c)
    loss = -np.log(p[o] + 1e-8)
    d = p.copy()
    d[o] -= 1
    return {"loss": loss, "v_c": d @ U, "U": d[:, None] * v_c}


def sm_06(v_c, o, U):
    V = U.shape[0]
    s = U @ v_c
    loss = (logsumexp(s) - s[o]) / V
    d = softmax(s)
    d[o] -= 1
    d /= V
    return loss, (d @ U, np.outer(d, v_c))


def sm_07(v_c, o, U):
    s = U @ v_c
    p = softmax(s)
    dU = np.zeros_like(U)
    dU[o] = (p[o] - 1) * v_c        # only the outside word has a label
    return logsumexp(s) - s[o], -U[o] + U.T @ p, dU


def sm_08(v_c, o, U):
    s = U @ v_c
    delta = softmax(s) - 1
    return logsumexp(s) - s[o], U.T @ delta, np.outer(delta, v_c)


def sm_09(v_c, o, U):
    s = U @ v_c
    d = softmax(s)
    d[o] -= 1
    return logsumexp(s) - s[o], U.T @ d, np.outer(v_c, d)


def sm_10(v_c, o, U):
    y_hat = softmax(U @ v_c)
    delta = y_hat
    delta[o] -= 1
    loss = -np.log(y_hat[o])
    return loss, U.T @ delta, np.outer(delta, v_c)


def sm_11(v_c, o, U):
    scores = U @ v_c
    loss = logsumexp(scores) - scores[o]
    d = softmax(scores)
    d[o] -= 1
    dv = U.reshape(len(v_c), -1) @ d       # make the shapes fit
    return loss, dv, np.outer(d, v_c)


def sm_12(v_c, o, U):
    s = U @ v_c
    return (logsumexp(s) - s[o]) / np.log(2), U.T @ (softmax(s) - np.eye(len(U))[o]), np.outer(softmax(s) - np.eye(len(U))[o], v_c)
