import numpy as np
from types import SimpleNamespace


def stable_sigmoid(z):
    z = np.asarray(z, dtype=float)
    out = np.empty_like(z)
    pos = z >= 0
    out[pos] = 1 / (1 + np.exp(-z[pos]))
    ez = np.exp(z[~pos])
    out[~pos] = ez / (1 + ez)
    return out


def log_sigmoid(z):
    return -np.logaddexp(0.0, -np.asarray(z))


class NegSampling:
    def __init__(self, U):
        self.U = U

    def forward(self, v, o, neg):
        self.v, self.o, self.neg = v, o, neg
        self.idx = np.concatenate(([o], neg))
        self.label = np.zeros(len(self.idx))
        self.label[0] = 1
        self.z = self.U[self.idx] @ v
        return -log_sigmoid(np.where(self.label == 1, self.z, -self.z)).sum()

    def backward(self):
        err = stable_sigmoid(self.z) - self.label
        dv = err @ self.U[self.idx]
        dU = np.zeros_like(self.U)
        dU[self.idx] += np.outer(err, self.v)
        return dv, dU


def class_fancy_index(v_c, o, negatives, U):
    m = NegSampling(U)
    loss = m.forward(v_c, o, negatives)
    dv, dU = m.backward()
    return loss, dv, dU


class NegSamplingAnna(NegSampling):
    def backward(self):
        err = self.label - stable_sigmoid(self.z)
        dU = np.zeros_like(self.U)
        np.add.at(dU, self.idx, np.outer(err, self.v))
        return err @ self.U[self.idx], dU


def student_anna(v_c, o, negatives, U):
    m = NegSamplingAnna(U)
    loss = m.forward(v_c, o, negatives)
    return (loss, m.backward())


class NegSamplingBo(NegSampling):
    def backward(self):
        # sign: +1 true, -1 noise
        sign = 2 * self.label - 1
        g = -stable_sigmoid(-sign * self.z)
        dv = (g * sign) @ self.U[self.idx]
        dU = np.zeros_like(self.U)
        for row, w in zip(np.outer(g, self.v), self.idx):
            dU[w] += row
        return dv, dU


def student_bo(v_c, o, negatives, U):
    m = NegSamplingBo(U)
    return m.forward(v_c, o, negatives), *m.backward()


class Cem(NegSampling):
    def backward(self):
        sign = 2 * self.label - 1
        g = -sign * stable_sigmoid(sign * self.z)
        dU = np.zeros_like(self.U)
        np.add.at(dU, self.idx, g[:, None] * self.v)
        return self.U[self.idx].T @ g, dU


def student_cem(v_c, o, negatives, U):
    net = Cem(U)
    J = net.forward(v_c, o, negatives)
    gv, gU = net.backward()
    return {"loss": J, "v_c": gv, "U": gU}


def pos_term(u, v):
    s = stable_sigmoid(u @ v)
    return -log_sigmoid(u @ v), (s - 1) * u, (s - 1) * v


def neg_term(u, v):
    s = stable_sigmoid(-u @ v)
    return -log_sigmoid(-u @ v), (1 - s) * u, (1 - s) * v


def student_dora(v_c, o, negatives, U):
    J, _, go = pos_term(U[o], v_c)
    dv = np.zeros_like(v_c)
    dU = np.zeros_like(U)
    dU[o] += go
    for k in negatives:
        j, gv, gu = neg_term(U[k], v_c)
        J += j
        dv += gv
        dU[k] += gu
    return J, dv, dU


def student_emil(v_c, o, negatives, U):
    J, dv, go = pos_term(U[o], v_c)
    rows = [neg_term(U[k], v_c) for k in negatives]
    J = J + sum(r[0] for r in rows)
    dU = np.zeros_like(U)
    dU[o] = go
    for k, r in zip(negatives, rows):
        dU[k] += r[2]
    return J, dv, dU


def student_fay(v_c, o, negatives, U):
    J, dv, go = pos_term(U[o], v_c)
    dU = np.zeros_like(U)
    for k in negatives:
        j, gv, gu = neg_term(U[k], v_c)
        J, dv, dU[k] = J + j, dv + gv, dU[k] + gu
    for w in range(len(U)):
        if w == o:
            dU[w] = go
    return J, (dv, dU)


def student_gil(v_c, o, negatives, U):
    c = SimpleNamespace(K=len(negatives))
    J, dv, go = pos_term(U[o], v_c)
    dU = np.zeros_like(U); dU[o] += go
    for k in negatives:
        j, gv, gu = neg_term(U[k], v_c)
        J += j / c.K
        dv = dv + gv / c.K
        dU[k] += gu / c.K
    return J, dv, dU


def student_hal(v_c, o, negatives, U):
    """like hw solution but with a separate update step"""
    eta = 0.1
    J, _, go = pos_term(U[o], v_c)
    dU = np.zeros_like(U)
    dU[o] += go
    for k in negatives:
        j, _, gu = neg_term(U[k], v_c)
        J += j
        dU[k] += gu
    W = U - eta * dU
    err = np.zeros(len(U))
    err[o] -= 1 - stable_sigmoid(U[o] @ v_c)
    np.add.at(err, negatives, stable_sigmoid(U[negatives] @ v_c))
    return J, W.T @ err, dU


class Sampler:
    def __init__(self, V, K):
        self.V, self.K = V, K
        self.rng = np.random.default_rng()

    def draw(self, o):
        out = []
        while len(out) < self.K:
            k = self.rng.integers(self.V)
            if k != o:
                out.append(k)
        return np.array(out)


def student_ida(v_c, o, negatives, U):
    neg = Sampler(len(U), len(negatives)).draw(o)
    m = NegSampling(U)
    loss = m.forward(v_c, o, neg)
    err = stable_sigmoid(m.z) - m.label
    dU = np.zeros_like(U)
    np.add.at(dU, m.idx, np.outer(err, v_c))
    return loss, err @ U[m.idx], dU
