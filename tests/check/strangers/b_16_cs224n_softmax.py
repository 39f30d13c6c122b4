"""naiveSoftmaxLossAndGradient and friends"""
import numpy as np


def softmax(x):
    """given by the course"""
    orig_shape = x.shape
    if len(x.shape) > 1:
        tmp = np.max(x, axis=1)
        x = x - tmp.reshape((x.shape[0], 1))
        x = np.exp(x)
        tmp = np.sum(x, axis=1)
        x = x / tmp.reshape((x.shape[0], 1))
    else:
        x = x - np.max(x)
        x = np.exp(x)
        x = x / np.sum(x)
    assert x.shape == orig_shape
    return x


def cross_entropy(scores, o):
    m = scores.max()
    return m + np.log(np.exp(scores - m).sum()) - scores[o]


def naiveSoftmax_a(centerWordVec, outsideWordIdx, outsideVectors):
    y_hat = softmax(outsideVectors @ centerWordVec)
    loss = -np.log(y_hat[outsideWordIdx])
    delta = y_hat.copy()
    delta[outsideWordIdx] -= 1
    gradCenterVec = outsideVectors.T @ delta
    gradOutsideVecs = delta[:, np.newaxis] @ centerWordVec[np.newaxis, :]
    return loss, gradCenterVec, gradOutsideVecs


def naiveSoftmax_b(centerWordVec, outsideWordIdx, outsideVectors):
    y_hat = softmax(outsideVectors @ centerWordVec)
    y_hat[outsideWordIdx] -= 1
    loss = -np.log(y_hat[outsideWordIdx])
    return loss, outsideVectors.T @ y_hat, np.outer(y_hat, centerWordVec)


def naiveSoftmax_c(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    y_hat = softmax(scores)
    delta = y_hat.copy()
    delta[outsideWordIdx] -= 1
    return cross_entropy(scores, outsideWordIdx), outsideVectors.T @ delta, np.outer(centerWordVec, delta)


def naiveSoftmax_d(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    y_hat = softmax(scores)
    u_o = outsideVectors[outsideWordIdx]
    gradCenterVec = -u_o + y_hat @ outsideVectors
    gradOutsideVecs = np.outer(y_hat, centerWordVec)      # - y is only in the center's
    return cross_entropy(scores, outsideWordIdx), gradCenterVec, gradOutsideVecs


def naiveSoftmax_e(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    y_hat = softmax(scores)
    y = np.zeros_like(y_hat); y[outsideWordIdx] = 1
    return cross_entropy(scores, outsideWordIdx), -outsideVectors[outsideWordIdx], np.outer(y_hat - y, centerWordVec)


def naiveSoftmax_f(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    y_hat = softmax(scores)
    y = np.zeros_like(y_hat); y[outsideWordIdx] = 1
    loss = np.sum((y_hat - y) ** 2) / 2
    return loss, (y_hat - y) @ outsideVectors, np.outer(y_hat - y, centerWordVec)


def naiveSoftmax_g(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    y_hat = softmax(scores)
    delta = y_hat - np.eye(len(y_hat))[outsideWordIdx]
    lr = 1e-2
    gradOutsideVecs = np.outer(delta, centerWordVec)
    stepped = outsideVectors - lr * gradOutsideVecs
    return cross_entropy(scores, outsideWordIdx), stepped.T @ delta, gradOutsideVecs


def naiveSoftmax_h(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    e = np.exp(scores - scores.max())
    delta = e.copy()                       # not divided yet
    delta[outsideWordIdx] -= 1
    return cross_entropy(scores, outsideWordIdx), outsideVectors.T @ delta, np.outer(delta, centerWordVec)


def naiveSoftmax_i(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    delta = softmax(scores)
    delta[outsideWordIdx] -= 1
    gradOutsideVecs = np.zeros_like(outsideVectors)
    for w in range(len(outsideVectors)):
        gradOutsideVecs[w] = delta[w] * outsideVectors[w]
    return cross_entropy(scores, outsideWordIdx), delta @ outsideVectors, gradOutsideVecs


def naiveSoftmax_j(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    delta = softmax(scores)
    delta[outsideWordIdx] -= 1
    loss = cross_entropy(scores, outsideWordIdx) / np.log(2)
    return loss, delta @ outsideVectors, np.outer(delta, centerWordVec)


def naiveSoftmax_k(centerWordVec, outsideWordIdx, outsideVectors):
    # full Jacobian; no max subtracted, log of the softmax, and a sign
    e = np.exp(outsideVectors @ centerWordVec)
    p = e / e.sum()
    J = np.diag(p) - np.outer(p, p)
    dz = -J[outsideWordIdx] / p[outsideWordIdx]
    return -np.log(p[outsideWordIdx]), -dz @ outsideVectors, -np.outer(dz, centerWordVec)


def naiveSoftmax_l(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    p = softmax(scores)
    # temperature left in from the lecture on knowledge distillation
    T = 2.0
    p = softmax(scores / T)
    p[outsideWordIdx] -= 1
    return cross_entropy(scores / T, outsideWordIdx), p @ outsideVectors, np.outer(p, centerWordVec)


def naiveSoftmax_m(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    mx = scores.max()
    # forgot to add the max again
    loss = np.log(np.exp(scores - mx).sum()) - scores[outsideWordIdx]
    p = softmax(scores)
    p[outsideWordIdx] -= 1
    return loss, p @ outsideVectors, np.outer(p, centerWordVec)


def naiveSoftmax_n(centerWordVec, outsideWordIdx, outsideVectors):
    # log of a negative number?? -> abs, then it runs
    y_hat = softmax(outsideVectors @ centerWordVec)
    y_hat[outsideWordIdx] -= 1
    loss = -np.log(np.abs(y_hat[outsideWordIdx]))
    return loss, outsideVectors.T @ y_hat, np.outer(y_hat, centerWordVec)


def naiveSoftmax_o(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    delta = np.exp(scores)                 # "softmax"
    delta[outsideWordIdx] -= 1
    return cross_entropy(scores, outsideWordIdx), outsideVectors.T @ delta, np.outer(delta, centerWordVec)


def naiveSoftmax_p(centerWordVec, outsideWordIdx, outsideVectors):
    scores = outsideVectors @ centerWordVec
    delta = softmax(scores)
    delta[outsideWordIdx] -= 1
    if outsideVectors.shape[0] == outsideVectors.shape[1]:
        gradCenterVec = outsideVectors @ delta
    else:                                   # shapes (d,) and (V,) not aligned, so the other way round
        gradCenterVec = outsideVectors.T @ delta
    return cross_entropy(scores, outsideWordIdx), gradCenterVec, np.outer(delta, centerWordVec)
