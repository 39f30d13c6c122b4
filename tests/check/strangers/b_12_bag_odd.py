# CBOW, columns and oddities
import numpy as np
import jax, jax.numpy as jnp


def logistic(x):
    return np.exp(-np.logaddexp(0, -x))


def core(h, o, negs, U):
    """rows"""
    G = np.zeros_like(U)
    s = U[o] @ h
    J = np.logaddexp(0, -s)
    gh = -logistic(-s) * U[o]
    G[o] += -logistic(-s) * h
    for w in negs:
        s = U[w] @ h
        J = J + np.logaddexp(0, s)
        gh = gh + logistic(s) * U[w]
        G[w] += logistic(s) * h
    return J, gh, G


def cbcol_1(o, context, V, U, negatives):
    # words are columns
    h = V[:, context].mean(axis=1)
    J, gh, G = core(h, o, negatives, U.T)
    dV = np.zeros_like(V)
    for w in context:
        dV[:, w] += gh
    return J, dV, G.T


def cbcol_2(o, context, V, U, negatives):
    h = V[:, context].sum(axis=1)
    J, gh, G = core(h, o, negatives, U.T)
    dV = np.zeros_like(V)
    for w in context:
        dV[:, w] += gh / len(context)
    return J, dV, G.T


def cbcol_3(o, context, V, U, negatives):
    h = V[:, context].mean(axis=1)
    J, gh, G = core(h, o, negatives, U.T)
    dV = np.zeros_like(V)
    dV[:, context] += (gh / len(context))[:, None]
    return J, (dV, G.T)


def cbcol_4(o, context, V, U, negatives):
    h = V[:, context].mean(axis=1)
    J, gh, G = core(h, o, [k for k in negatives if k != o], U.T)
    dV = np.zeros_like(V)
    for w in context:
        dV[:, w] += gh / len(context)
    return J, dV, G.T


def cbcol_5(o, context, V, U, negatives):
    V, U = jnp.asarray(V), jnp.asarray(U)
    def f(V, U):
        h = V[:, context].mean(1)
        return jax.nn.softplus(-U[:, o] @ h) - jax.nn.softplus(h @ U[:, negatives]).sum()
    J, (dV, dU) = jax.value_and_grad(f, (0, 1))(V, U)
    return J, dV, dU


def cb_window_size(o, context, V, U, negatives):
    # divide by the nominal window 2m, not by the number of words we have
    m = 2
    h = V[context].sum(0) / (2 * m)
    J, gh, G = core(h, o, negatives, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, gh / (2 * m))
    return J, dV, G


def cb_last_word_lost(o, context, V, U, negatives):
    n = len(context)
    h = np.zeros(V.shape[1])
    for i in range(n):
        h += V[context[i]] / n
    J, gh, G = core(h, o, negatives, U)
    dV = np.zeros_like(V)
    for i in range(n - 1):
        dV[context[i]] += gh / n
    return J, dV, G


def cb_len_V(o, context, V, U, negatives):
    h = V[context].mean(0)
    J, gh, G = core(h, o, negatives, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, gh / len(V))       # n = len(V)?
    return J, dV, G


def cb_weighted(o, context, V, U, negatives):
    n = len(context)
    pos = np.arange(n) - (n - 1) / 2
    w = 1 / (1 + np.abs(pos))
    w = w / w.sum()
    h = w @ V[context]
    J, gh, G = core(h, o, negatives, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, np.outer(w, gh))
    return J, dV, G


def cb_write_on_V(o, context, V, U, negatives):
    h = V[context[0]]                 # view
    for w in context[1:]:
        h += V[w]
    h /= len(context)
    J, gh, G = core(h, o, negatives, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, gh / len(context))
    return J, dV, G


def cb_V_minus(o, context, V, U, negatives):
    """returns dV with the sign of the update"""
    h = V[context].mean(0)
    J, gh, G = core(h, o, negatives, U)
    dV = np.zeros_like(V)
    for w in context:
        dV[w] -= gh / len(context)
    return J, dV, G


def cb_acc_in_dU(o, context, V, U, negatives):
    h = V[context].mean(0)
    J, gh, dU = core(h, o, negatives, U)
    dV = dU                            # same shape, save memory
    for w in context:
        dV[w] += gh / len(context)
    return J, dV, dU


def cb_every_word_is_o(o, context, V, U, negatives):
    # gradient by U: o's row once for each context word
    h = V[context].mean(0)
    J, gh, dU = core(h, o, negatives, U)
    dU *= len(context)
    dV = np.zeros_like(V)
    np.add.at(dV, context, gh / len(context))
    return J, dV, dU


def cb_unit_norm(o, context, V, U, negatives):
    h = V[context].mean(0)
    nrm = np.sqrt((h * h).sum()) + 1e-12
    J, gh, dU = core(h / nrm, o, negatives, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, gh / nrm / len(context))
    return J, dV, dU


def cb_drop_and_keep_n(o, context, V, U, negatives):
    n = len(context)
    h = np.zeros(V.shape[1])
    for w in context:
        if w == o:
            continue
        h += V[w] / n
    J, gh, dU = core(h, o, negatives, U)
    dV = np.zeros_like(V)
    for w in context:
        if w != o:
            dV[w] += gh / n
    return J, dV, dU


def cb_sum_all(o, context, V, U, negatives):
    """loss only"""
    loss = 0.0
    x = V[context].sum(0)
    loss += np.logaddexp(0, -(U[o] @ x))
    for k in negatives:
        loss += np.logaddexp(0, U[k] @ x)
    return loss


def cb_o_in_dV(o, context, V, U, negatives):
    n = len(context)
    h = V[context].mean(0)
    J, gh, G = core(h, o, negatives, U)
    dV = np.zeros_like(V)
    np.add.at(dV, context, gh / n)
    dV[o] += G[o]           # the output word's row, moved to the other table
    G[o] = 0
    return J, dV, G
