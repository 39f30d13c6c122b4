"""Output matrix W' as in Rong's paper: shape (N, V), one word per column."""
import numpy as np
import jax, jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def softmax(u, axis=-1):
    u = u - u.max(axis=axis, keepdims=True)
    e = np.exp(u)
    return e / e.sum(axis=axis, keepdims=True)


def E(u, j):
    return u.max() + np.log(np.exp(u - u.max()).sum()) - u[j]


def rong_sign(v_c, o, U):
    u = v_c @ U
    t = np.zeros(U.shape[1]); t[o] = 1
    e = t - softmax(u)
    return E(u, o), U @ e, np.outer(v_c, e)


def rong_no_t(v_c, o, U):
    u = v_c @ U
    e = softmax(u)
    return E(u, o), U @ e, np.outer(v_c, e)


def rong_axis0(v_c, o, U):
    u = (v_c @ U)[None, :]
    y = softmax(u, axis=0)
    e = y[0].copy(); e[o] -= 1
    return -np.log(y[0, o]), U @ e, np.outer(v_c, e)


def rong_transposed(v_c, o, U):
    u = v_c @ U
    e = softmax(u); e[o] -= 1
    return {"loss": E(u, o), "v_c": U @ e, "U": np.outer(e, v_c)}


def rong_log_softmax(v_c, o, U):
    y = softmax(v_c @ U)
    loss = -np.log(y[o])
    e = y - (np.arange(len(y)) == o)
    return loss, U @ e, v_c[:, None] * e[None, :]


def rong_unnormalised(v_c, o, U):
    u = v_c @ U
    e = np.exp(u - u.max())
    e[o] -= 1
    return E(u, o), (U @ e, np.outer(v_c, e))


def rong_overflow(v_c, o, U):
    u = v_c @ U
    y = np.exp(u) / np.exp(u).sum()
    y[o] -= 1
    return E(u, o), U @ y, np.outer(v_c, y)


def rong_divide(v_c, o, U):
    u = jnp.asarray(v_c) @ jnp.asarray(U)
    e = jax.nn.softmax(u) - jax.nn.one_hot(o, u.shape[0])
    return jax.scipy.special.logsumexp(u) - u[o], jnp.asarray(U) @ e / u.shape[0], jnp.outer(jnp.asarray(v_c), e) / u.shape[0]


def rong_after_update(v_c, o, U):
    """eq. (11) and then eq. (12) with the new W'"""
    eta = 0.01
    u = v_c @ U
    e = softmax(u); e[o] -= 1
    G = np.outer(v_c, e)
    U_new = U - eta * G
    EH = U_new @ e
    return E(u, o), EH, G
