# ---- odd ones from this year's hand-ins (skip-gram) ----
import numpy as np
import jax
import jax.numpy as jnp


def _sig(x):
    return 1.0 / (1.0 + np.exp(-x))


def _pair(v, o, neg, U):
    zo = float(U[o] @ v)
    zn = U[neg] @ v
    J = np.logaddexp(0, -zo) + np.logaddexp(0, zn).sum()
    gv = -_sig(-zo) * U[o] + _sig(zn) @ U[neg]
    gU = np.zeros_like(U)
    gU[o] -= _sig(-zo) * v
    np.add.at(gU, neg, np.outer(_sig(zn), v))
    return J, gv, gU


def odd_divide_one(c, outside, V, U, negatives):
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        j, a, b = _pair(V[c], o, neg, U)
        J += j; dV[c] += a; dU += b
    dU /= len(outside)
    return J, dV, dU


def odd_first_lost(c, outside, V, U, negatives):
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for i in range(1, len(outside)):
        j, a, b = _pair(V[c], outside[i], negatives[i], U)
        J += j; dV[c] += a; dU += b
    return J, dV, dU


def odd_first_negatives(c, outside, V, U, negatives):
    """one set of negatives is enough for a window"""
    negs = negatives[0]
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for o in outside:
        j, a, b = _pair(V[c], o, negs, U)
        J += j; dV[c] += a; dU += b
    return J, dV, dU


def odd_negatives_once(c, outside, V, U, negatives):
    # the noise term once for the window: sum over outside of positives, plus the negatives of row 0
    v = V[c]
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for o in outside:
        z = U[o] @ v
        J += np.logaddexp(0, -z)
        dV[c] -= _sig(-z) * U[o]
        dU[o] -= _sig(-z) * v
    for k in negatives[0]:
        z = U[k] @ v
        J += np.logaddexp(0, z)
        dV[c] += _sig(z) * U[k]
        dU[k] += _sig(z) * v
    return J, dV, dU


def odd_start_from_V(c, outside, V, U, negatives):
    J = 0.0
    dV, dU = V.copy(), np.zeros_like(U)       # same shape as V
    for o, neg in zip(outside, negatives):
        j, a, b = _pair(V[c], o, neg, U)
        J += j; dV[c] += a; dU += b
    return J, dV, dU


def odd_in_place_sgd(c, outside, V, U, negatives):
    """online update: every pair sees the tables as the last one left them"""
    lr = 0.05
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        j, a, b = _pair(V[c], o, neg, U)
        J += j; dV[c] += a; dU += b
        V[c] -= lr * a
        U -= lr * b
    return J, dV, dU


def odd_view_accumulates(c, outside, V, U, negatives):
    # oops: g is a view on V's row
    J, dU = 0, np.zeros_like(U)
    dV = np.zeros_like(V)
    v = V[c].copy()
    g = U[outside[0]]
    g *= 0
    for o, neg in zip(outside, negatives):
        j, a, b = _pair(v, o, neg, U)
        J += j
        g += a
        dU += b
    dV[c] = g
    return J, dV, dU


def odd_distance_weight(c, outside, V, U, negatives):
    n = len(outside)
    half = n // 2
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for i, (o, neg) in enumerate(zip(outside, negatives)):
        dist = half - i if i < half else i - half + 1
        j, a, b = _pair(V[c], o, neg, U)
        J += j / dist; dV[c] += a / dist; dU += b / dist
    return J, dV, dU


def odd_sign_in_dV(c, outside, V, U, negatives):
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        j, a, b = _pair(V[c], o, neg, U)
        J += j; dV[c] -= a; dU += b
    return J, dV, dU


def odd_n_times(c, outside, V, U, negatives):
    # loss of the window inside the loop
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        j, a, b = _pair(V[c], o, neg, U)
        J += j; dV[c] += a; dU += b
    J *= len(outside)
    return J, dV, dU


def odd_divide_by_K(c, outside, V, U, negatives):
    # len() of the wrong thing
    n = len(negatives[0])
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        j, a, b = _pair(V[c], o, neg, U)
        J += j / n; dV[c] += a / n; dU += b / n
    return J, dV, dU


def odd_last_loss(c, outside, V, U, negatives):
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    for o, neg in zip(outside, negatives):
        J, a, b = _pair(V[c], o, neg, U)
        dV[c] += a; dU += b
    return J, dV, dU


def odd_l2(c, outside, V, U, negatives):
    def f(V, U):
        v = V[c]
        a = jax.nn.softplus(-(U[outside] @ v)).sum() + jax.nn.softplus(U[negatives] @ v).sum()
        return a + 0.5 * 1e-2 * (v @ v)            # weight decay
    V, U = jnp.asarray(V), jnp.asarray(U)
    J, (dV, dU) = jax.value_and_grad(f, argnums=(0, 1))(V, U)
    return J, dV, dU


def odd_dU_of_last(c, outside, V, U, negatives):
    J, dV = 0, np.zeros_like(V)
    for o, neg in zip(outside, negatives):
        j, a, b = _pair(V[c], o, neg, U)
        J += j
        dV[c] += a
        dU = b
    return J, dV, dU


def odd_mean_vector(c, outside, V, U, negatives):
    """skip-gram, but the window is averaged first (like a CBOW the other way round)"""
    v = V[c]
    u = U[outside].mean(0)
    n = len(outside)
    z = u @ v
    zn = (U[negatives] @ v)
    J = n * np.logaddexp(0, -z) + np.logaddexp(0, zn).sum()
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    dV[c] = -n * _sig(-z) * u + np.einsum("nk,nkd->d", _sig(zn), U[negatives])
    np.add.at(dU, outside, np.tile(-_sig(-z) * v, (n, 1)))
    np.add.at(dU, negatives, _sig(zn)[:, :, None] * v)
    return J, dV, dU


def odd_rows_as_bag(c, outside, V, U, negatives):
    # window of 1 works...
    J, dV, dU = 0, np.zeros_like(V), np.zeros_like(U)
    allneg = np.concatenate(list(negatives))
    for o in outside:
        j, a, b = _pair(V[c], o, allneg, U)     # every outside word gets all negatives
        J += j; dV[c] += a; dU += b
    return J, dV, dU
