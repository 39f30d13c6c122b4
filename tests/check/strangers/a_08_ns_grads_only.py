import numpy as np
import jax
import jax.numpy as jnp
jax.config.update("jax_enable_x64", True)


def sg(x):
    return np.exp(-np.logaddexp(0.0, -x))


def grads_pos_exp(v_c, o, negatives, U):
    # sigmoid with the wrong sign in the exponent
    s = lambda x: np.exp(-np.logaddexp(0.0, x))
    go = s(U[o] @ v_c) - 1
    gk = s(U[negatives] @ v_c)
    dU = np.zeros_like(U)
    dU[o] += go * v_c
    np.add.at(dU, negatives, np.outer(gk, v_c))
    return go * U[o] + gk @ U[negatives], dU


def grads_flip(v_c, o, negatives, U):
    go = 1 - sg(U[o] @ v_c)
    gk = sg(U[negatives] @ v_c)
    dU = np.zeros_like(U)
    dU[o] += go * v_c
    np.add.at(dU, negatives, -np.outer(gk, v_c))
    return go * U[o] - gk @ U[negatives], dU


def grads_dict_mean(v_c, o, negatives, U):
    s = U @ v_c
    K = negatives.shape[0]
    g = {"v_c": -sg(-s[o]) * U[o] + (sg(s[negatives])[:, None] * U[negatives]).mean(axis=0),
         "U": np.zeros_like(U)}
    g["U"][o] -= sg(-s[o]) * v_c
    np.add.at(g["U"], negatives, np.outer(sg(s[negatives]), v_c) / K)
    return g


def grad_v_only_noneg(v_c, o, negatives, U):
    return {"v_c": -sg(-(U[o] @ v_c)) * U[o]}


def grad_v_only_noo(v_c, o, negatives, U):
    return {"v_c": sg(U[negatives] @ v_c) @ U[negatives]}


def grad_U_only_fancy(v_c, o, negatives, U):
    G = np.zeros_like(U)
    G[o] += (sg(U[o] @ v_c) - 1) * v_c
    G[negatives] += sg(U[negatives] @ v_c).reshape(-1, 1) * v_c
    return {"U": G}


def grad_U_skip_o(v_c, o, negatives, U):
    G = np.zeros_like(U)
    G[o] = (sg(U[o] @ v_c) - 1) * v_c
    for k in negatives:
        if k != o:
            G[k] += sg(U[k] @ v_c) * v_c
    return {"U": G}


def grads_sum_over_set(v_c, o, negatives, U):
    neg = np.unique(negatives)
    e = np.zeros(len(U))
    e[neg] = sg(U[neg] @ v_c)
    e[o] += sg(U[o] @ v_c) - 1
    return e @ U, np.outer(e, v_c)


def grads_jax_set_both(v_c, o, negatives, U):
    U, v = jnp.asarray(U), jnp.asarray(v_c)
    s = U @ v
    e = jnp.zeros(U.shape[0]).at[o].set(-jax.nn.sigmoid(-s[o]))
    e = e.at[jnp.asarray(negatives)].set(jax.nn.sigmoid(s[jnp.asarray(negatives)]))
    dU = e[:, None] * v
    dv = -jax.nn.sigmoid(-s[o]) * U[o] + jax.nn.sigmoid(s[jnp.asarray(negatives)]) @ U[jnp.asarray(negatives)]
    return {"v_c": dv, "U": dU}


def grads_clip(v_c, o, negatives, U):
    """exactly as word2vec.c, without the lr"""
    f = U @ v_c
    e = np.zeros(len(U))
    for w, label in [(o, 1)] + [(k, 0) for k in negatives]:
        if f[w] > 6:
            g = label - 1
        elif f[w] < -6:
            g = label - 0
        else:
            g = label - sg(f[w])
        e[w] -= g
    return e @ U, np.outer(e, v_c)


def grads_zero(v_c, o, negatives, U):
    # backward pass through a copy ...
    dv = np.zeros_like(v_c)
    dU = np.zeros_like(U)
    for w, t in zip(np.r_[o, negatives], [1] + [0] * len(negatives)):
        row = dU[w].copy()
        row += (sg(U[w] @ v_c) - t) * v_c
        acc = dv.copy()
        acc += (sg(U[w] @ v_c) - t) * U[w]
    return dv, dU


def grads_of_logsigmoid_sum(v_c, o, negatives, U):
    so = U[o] @ v_c
    t = (U[negatives] @ v_c).sum()
    dU = np.zeros_like(U)
    dU[o] -= sg(-so) * v_c
    for k in negatives:
        dU[k] += sg(t) * v_c
    return -sg(-so) * U[o] + sg(t) * U[negatives].sum(axis=0), dU


def grads_naive_divide(v_c, o, negatives, U):
    # d/ds log(1+e^s) = e^s / (1+e^s)
    s = U @ v_c
    e = np.zeros(len(U))
    e[o] = -np.exp(-s[o]) / (1 + np.exp(-s[o]))
    for k in negatives:
        e[k] += np.exp(s[k]) / (1 + np.exp(s[k]))
    return e @ U, np.outer(e, v_c)
