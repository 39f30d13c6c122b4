"""CS224n, torch and Rong notations: right ones"""
import numpy as np
from scipy.special import expit, log_softmax, logsumexp


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def negSamplingLossAndGradient_1(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    labels = np.array([1] + [-1] * len(negSampleWordIndices))
    indices = [outsideWordIdx] + list(negSampleWordIndices)
    vecs = outsideVectors[indices]
    t = labels * (vecs @ centerWordVec)
    loss = np.logaddexp(0, -t).sum()
    delta = -labels * sigmoid(-t)
    gradCenterVec = delta @ vecs
    gradOutsideVecs = np.zeros_like(outsideVectors)
    for k, i in enumerate(indices):
        gradOutsideVecs[i] += delta[k] * centerWordVec
    return loss, gradCenterVec, gradOutsideVecs


def negSamplingLossAndGradient_2(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    un, counts = np.unique(negSampleWordIndices, return_counts=True)
    x = outsideVectors[un] @ centerWordVec
    so = outsideVectors[outsideWordIdx] @ centerWordVec
    loss = np.logaddexp(0, -so) + (counts * np.logaddexp(0, x)).sum()
    w = (counts * sigmoid(x))[:, None]
    gc = -sigmoid(-so) * outsideVectors[outsideWordIdx] + (w * outsideVectors[un]).sum(0)
    gU = np.zeros_like(outsideVectors)
    gU[un] += w * centerWordVec
    gU[outsideWordIdx] += -sigmoid(-so) * centerWordVec
    return loss, (gc, gU)


def rong_ok(v_c, o, negatives, U):
    # eq. 59-61, words in columns
    h = v_c
    E = np.logaddexp(0, -(U[:, o] @ h))
    dW, EH = np.zeros_like(U), np.zeros_like(h)
    for j, t in [(o, 1)] + [(w, 0) for w in negatives]:
        u = U[:, j] @ h
        if not t:
            E += np.logaddexp(0, u)
        e = expit(u) if t == 0 else -expit(-u)
        dW[:, j] += e * h
        EH += e * U[:, j]
    return {"loss": E, "v_c": EH, "U": dW}


def torch_style(v_c, o, negatives, U):
    # F.binary_cross_entropy_with_logits(..., reduction="sum")
    idx = np.concatenate(([o], negatives))
    logits = U[idx] @ v_c
    target = (np.arange(len(idx)) == 0).astype(float)
    loss = np.sum(np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits))))
    g = expit(logits) - target
    dU = np.zeros(U.shape)
    np.add.at(dU, idx, g[:, None] * v_c)
    return loss, g @ U[idx], dU


def naiveSoftmaxLossAndGradient_1(centerWordVec, outsideWordIdx, outsideVectors):
    s = outsideVectors @ centerWordVec
    p = np.exp(s - s.max())
    p = p / p.sum()
    delta = p
    delta[outsideWordIdx] -= 1
    loss = logsumexp(s) - s[outsideWordIdx]
    return loss, outsideVectors.T @ delta, delta[:, None] * centerWordVec[None, :]


def naiveSoftmax_scipy(v_c, o, U):
    lp = log_softmax(U @ v_c)
    e = np.exp(lp) - (np.arange(len(U)) == o)
    return -lp[o], (e @ U, np.outer(e, v_c))


def naiveSoftmax_jacobian(v_c, o, U):
    # chain rule with the full matrix d log p / d z = I - 1 p^T
    z = U @ v_c
    lse = np.logaddexp.reduce(z)
    p = np.exp(z - lse)
    D = np.eye(len(U)) - np.outer(np.ones(len(U)), p)
    e = -D[o]
    return lse - z[o], np.einsum("w,wi->i", e, U), np.einsum("w,i->wi", e, v_c)


def rong_softmax_ok(v_c, o, U):
    u = U.T @ v_c
    m = u.max()
    Z = np.exp(u - m).sum()
    y = np.exp(u - m) / Z
    e = y - np.eye(len(u))[o]
    return m + np.log(Z) - u[o], U @ e, v_c[:, None] * e
