#!/usr/bin/env python
"""CS224n a2: negSamplingLossAndGradient, adapted to (v_c, o, negatives, U)"""
import numpy as np


def sigmoid(x):
    s = 1 / (1 + np.exp(-x))
    return s


def logsigmoid(x):
    return -np.logaddexp(0, -x)


def negSampling_s01(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    indices = [outsideWordIdx] + list(negSampleWordIndices)
    gradOutsideVecs = np.zeros_like(outsideVectors)
    u_o = outsideVectors[outsideWordIdx]
    U_k = outsideVectors[negSampleWordIndices]
    loss = -np.log(sigmoid(u_o @ centerWordVec)) - np.sum(np.log(sigmoid(-U_k @ centerWordVec)))
    gradCenterVec = (sigmoid(u_o @ centerWordVec) - 1) * u_o + np.sum((1 - sigmoid(-U_k @ centerWordVec))[:, None] * U_k, axis=0)
    gradOutsideVecs[outsideWordIdx] += (sigmoid(u_o @ centerWordVec) - 1) * centerWordVec
    for k in negSampleWordIndices:
        gradOutsideVecs[k] += (1 - sigmoid(-outsideVectors[k] @ centerWordVec)) * centerWordVec
    return loss, gradCenterVec, gradOutsideVecs


def negSampling_s02(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    u_o = outsideVectors[outsideWordIdx]
    U_k = outsideVectors[negSampleWordIndices]
    loss = -logsigmoid(u_o @ centerWordVec) - logsigmoid(-U_k @ centerWordVec).sum()
    gradCenterVec = -sigmoid(-u_o @ centerWordVec) * u_o + sigmoid(U_k @ centerWordVec) @ U_k
    gradOutsideVecs = np.zeros_like(outsideVectors)
    gradOutsideVecs[outsideWordIdx] = -sigmoid(-u_o @ centerWordVec) * centerWordVec
    gradOutsideVecs[negSampleWordIndices] += np.outer(sigmoid(U_k @ centerWordVec), centerWordVec)
    return loss, gradCenterVec, gradOutsideVecs


def negSampling_s03(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    gradCenterVec = np.zeros(centerWordVec.shape)
    gradOutsideVecs = np.zeros(outsideVectors.shape)
    loss = 0.0
    z = sigmoid(np.dot(outsideVectors[outsideWordIdx], centerWordVec))
    loss += np.logaddexp(0, -outsideVectors[outsideWordIdx] @ centerWordVec)
    gradOutsideVecs[outsideWordIdx] += centerWordVec * (z - 1.0)
    gradCenterVec += outsideVectors[outsideWordIdx] * (z - 1.0)
    for samp in negSampleWordIndices:
        z = sigmoid(np.dot(outsideVectors[samp], centerWordVec))
        loss += np.logaddexp(0, outsideVectors[samp] @ centerWordVec)
        gradOutsideVecs[samp] += centerWordVec * (z - 1.0)
        gradCenterVec += outsideVectors[samp] * (z - 1.0)
    return loss, gradCenterVec, gradOutsideVecs


def negSampling_s04(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    labels = np.array([1] + [-1 for k in range(len(negSampleWordIndices))])
    indices = [outsideWordIdx] + list(negSampleWordIndices)
    vecs = outsideVectors[indices, :]
    t = labels * (vecs @ centerWordVec)
    loss = -np.sum(logsigmoid(t))
    delta = labels * -sigmoid(-t)
    gradCenterVec = delta.reshape((1, -1)).dot(vecs).flatten()
    gradOutsideVecs = np.zeros_like(outsideVectors)
    gradtemp = -sigmoid(-t).reshape((-1, 1)).dot(centerWordVec.reshape(1, -1))
    for k in range(len(indices)):
        gradOutsideVecs[indices[k]] += gradtemp[k, :]
    return loss, gradCenterVec, gradOutsideVecs


def negSampling_s05(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    negs = [k for k in negSampleWordIndices if k != outsideWordIdx]   # getNegativeSamples should do that
    u_o = outsideVectors[outsideWordIdx]
    a = sigmoid(-u_o @ centerWordVec)
    loss = -logsigmoid(u_o @ centerWordVec)
    gc = -a * u_o
    gU = np.zeros_like(outsideVectors)
    gU[outsideWordIdx] -= a * centerWordVec
    for k in negs:
        s = outsideVectors[k] @ centerWordVec
        loss -= logsigmoid(-s)
        gc += sigmoid(s) * outsideVectors[k]
        gU[k] += sigmoid(s) * centerWordVec
    return loss, gc, gU


def negSampling_s06(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    # unique + counts, forgot the counts in the loss
    uniq, cnt = np.unique(negSampleWordIndices, return_counts=True)
    s = outsideVectors[uniq] @ centerWordVec
    so = outsideVectors[outsideWordIdx] @ centerWordVec
    loss = -logsigmoid(so) - logsigmoid(-s).sum()
    w = cnt * sigmoid(s)
    gc = -sigmoid(-so) * outsideVectors[outsideWordIdx] + w @ outsideVectors[uniq]
    gU = np.zeros_like(outsideVectors)
    gU[uniq] = np.outer(w, centerWordVec)
    gU[outsideWordIdx] += -sigmoid(-so) * centerWordVec
    return loss, gc, gU


def negSampling_s07(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    so = outsideVectors[outsideWordIdx] @ centerWordVec
    sk = outsideVectors[negSampleWordIndices] @ centerWordVec
    loss = -logsigmoid(so) - logsigmoid(-sk).sum()
    gradCenter = sigmoid(sk) @ outsideVectors[negSampleWordIndices]
    gradCenter = -sigmoid(-so) * outsideVectors[outsideWordIdx]    # += was meant
    gU = np.zeros_like(outsideVectors)
    np.add.at(gU, negSampleWordIndices, np.outer(sigmoid(sk), centerWordVec))
    gU[outsideWordIdx] -= sigmoid(-so) * centerWordVec
    return loss, gradCenter, gU


def negSampling_s08(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    so = outsideVectors[outsideWordIdx] @ centerWordVec
    sk = outsideVectors[negSampleWordIndices] @ centerWordVec
    loss = -logsigmoid(so) - logsigmoid(sk).sum()
    gradCenter = -sigmoid(-so) * outsideVectors[outsideWordIdx] + sigmoid(sk) @ outsideVectors[negSampleWordIndices]
    gU = np.zeros_like(outsideVectors)
    np.add.at(gU, negSampleWordIndices, np.outer(sigmoid(sk), centerWordVec))
    gU[outsideWordIdx] -= sigmoid(-so) * centerWordVec
    return loss, gradCenter, gU


def negSampling_s09(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    def sig(x):
        return 1 / (1 + np.exp(x))
    so = outsideVectors[outsideWordIdx] @ centerWordVec
    sk = outsideVectors[negSampleWordIndices] @ centerWordVec
    loss = np.logaddexp(0, so) + np.logaddexp(0, -sk).sum()
    gradCenter = (sig(so) - 1) * outsideVectors[outsideWordIdx] + sig(sk) @ outsideVectors[negSampleWordIndices]
    gU = np.zeros_like(outsideVectors)
    np.add.at(gU, negSampleWordIndices, np.outer(sig(sk), centerWordVec))
    gU[outsideWordIdx] += (sig(so) - 1) * centerWordVec
    return loss, gradCenter, gU


def negSampling_s10(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    K = len(negSampleWordIndices)
    so = outsideVectors[outsideWordIdx] @ centerWordVec
    sk = outsideVectors[negSampleWordIndices] @ centerWordVec
    loss = -logsigmoid(so) - K * logsigmoid(-sk).sum()
    gc = -sigmoid(-so) * outsideVectors[outsideWordIdx] + K * (sigmoid(sk) @ outsideVectors[negSampleWordIndices])
    gU = np.zeros_like(outsideVectors)
    np.add.at(gU, negSampleWordIndices, K * np.outer(sigmoid(sk), centerWordVec))
    gU[outsideWordIdx] -= sigmoid(-so) * centerWordVec
    return loss, gc, gU


def negSampling_s11(centerWordVec, outsideWordIdx, negSampleWordIndices, outsideVectors):
    gradCenterVec = np.zeros_like(centerWordVec)
    gradOutsideVecs = np.zeros_like(outsideVectors)
    loss = np.logaddexp(0, -outsideVectors[outsideWordIdx] @ centerWordVec)
    p = sigmoid(outsideVectors[outsideWordIdx] @ centerWordVec) - 1
    gradCenterVec += p * outsideVectors[outsideWordIdx]
    gradOutsideVecs[outsideWordIdx] += p * centerWordVec
    for k in negSampleWordIndices:
        x = outsideVectors[k] @ centerWordVec
        loss += np.logaddexp(0, x)
        p = 1 - sigmoid(-x)
        gradCenterVec += p * outsideVectors[k]
        gradOutsideVecs[k] = p * centerWordVec
    return loss, gradCenterVec, gradOutsideVecs
