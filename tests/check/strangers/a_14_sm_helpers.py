import numpy as np


def softmax_rows(x):
    """Softmax of each row; x of shape (n, m) or (m,)"""
    if x.ndim > 1:
        x = x - np.max(x, axis=1, keepdims=True)
        return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
    x = x - np.max(x)
    return np.exp(x) / np.sum(np.exp(x))


def safe_nll(s, o):
    return np.logaddexp.reduce(s) - s[o]


def one_hot(i, n):
    return np.eye(n)[i]


class NaiveSoftmax:
    step = 0.1

    def __init__(self, U):
        self.U = U

    def __call__(self, v, o):
        self.v, self.o = v, o
        self.s = self.U @ v
        self.p = softmax_rows(self.s)
        return safe_nll(self.s, o)

    def delta(self):
        return self.p - one_hot(self.o, len(self.U))

    def grads(self):
        d = self.delta()
        return d @ self.U, np.outer(d, self.v)

    def both(self, v, o):
        return self(v, o), self.grads()


class ForgotTarget(NaiveSoftmax):
    def delta(self):
        return self.p


class TimesPrime(NaiveSoftmax):
    # delta rule, times f'
    def delta(self):
        return (self.p - one_hot(self.o, len(self.U))) * self.p * (1 - self.p)


class StepFirst(NaiveSoftmax):
    def grads(self):
        d = self.delta()
        gU = np.outer(d, self.v)
        self.U = self.U - self.step * gU
        return d @ self.U, gU


class Constant(NaiveSoftmax):
    def grads(self):
        gU = np.zeros_like(self.U)
        gU[self.o] = -self.v
        return -self.U[self.o], gU


class MinusOne(NaiveSoftmax):
    def delta(self):
        p = self.p.copy()
        p -= 1
        return p


class ColumnVec(NaiveSoftmax):
    def __call__(self, v, o):
        self.v, self.o = v, o
        self.s = self.U @ v.reshape(-1, 1)
        self.p = softmax_rows(self.s).ravel()
        return safe_nll(self.s.ravel(), o)


class USwap(NaiveSoftmax):
    def grads(self):
        d = self.delta()
        return d @ self.U, d[:, None] * self.U


class Diag(NaiveSoftmax):
    def delta(self):
        # dJ/dp * dp/ds = -y/p * p(1-p), p cancels
        return -one_hot(self.o, len(self.U)) * (1 - self.p)


def cls_forgot(v_c, o, U): return ForgotTarget(U).both(v_c, o)
def cls_prime(v_c, o, U): return TimesPrime(U).both(v_c, o)
def cls_step_first(v_c, o, U): return StepFirst(U).both(v_c, o)
def cls_const(v_c, o, U): return Constant(U).both(v_c, o)
def cls_minus_one(v_c, o, U): return MinusOne(U).both(v_c, o)
def cls_column(v_c, o, U): return ColumnVec(U).both(v_c, o)
def cls_uswap(v_c, o, U): return USwap(U).both(v_c, o)
def cls_diag(v_c, o, U): return Diag(U).both(v_c, o)


def hlp_only_row_o(v_c, o, U):
    m = NaiveSoftmax(U)
    loss = m(v_c, o)
    dv, G = m.grads()
    dU = np.zeros_like(U)
    dU[o] += G[o]
    return {"loss": loss, "v_c": dv, "U": dU}


def hlp_dv_only(v_c, o, U):
    p = softmax_rows(U @ v_c)
    return {"v_c": U[o] - np.einsum("w,wd->d", p, U)}


def hlp_dU_T(v_c, o, U):
    p = softmax_rows(U @ v_c)
    p[o] -= 1
    return {"U": np.dot(v_c[:, None], p[None, :])}


def hlp_nan_alias(v_c, o, U):
    p = softmax_rows(U @ v_c)
    p[o] -= 1
    dv, dU = p @ U, np.outer(p, v_c)
    y = one_hot(o, len(U))
    return -np.sum(y * np.log(p)), dv, dU
