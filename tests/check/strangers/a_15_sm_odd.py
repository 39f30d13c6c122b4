import numpy as np
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)


def softmax(z):
    z = z - z.max()
    return np.exp(z) / np.exp(z).sum()


def nll(z, o):
    m = z.max()
    return np.log(np.sum(np.exp(z - m))) - (z[o] - m)


def o_temperature(v_c, o, U, T=2.0):
    z = U @ v_c / T
    d = softmax(z); d[o] -= 1
    return nll(z, o), d @ U / T, np.outer(d, v_c) / T


def o_exclude_o(v_c, o, U):
    # denominator over the other words
    z = U @ v_c
    rest = np.delete(np.arange(len(U)), o)
    m = z[rest].max()
    loss = m + np.log(np.exp(z[rest] - m).sum()) - z[o]
    d = np.zeros(len(U))
    d[rest] = softmax(z[rest])
    d[o] = -1
    return loss, d @ U, np.outer(d, v_c)


def o_off_by_one(v_c, o, U):
    z = U @ v_c
    d = softmax(z)
    d[o - 1] -= 1        # words are counted from 1
    return nll(z, o), U.T @ d, np.outer(d, v_c)


def o_smooth(v_c, o, U):
    eps, V = 0.1, len(U)
    y = np.full(V, eps / V)
    y[o] += 1 - eps
    z = U @ v_c
    logp = z - z.max() - np.log(np.exp(z - z.max()).sum())
    d = softmax(z) - y
    return -(y * logp).sum(), d @ U, np.outer(d, v_c)


def o_clip_p(v_c, o, U):
    p = np.clip(softmax(U @ v_c), 1e-7, 1 - 1e-7)    # like keras
    d = softmax(U @ v_c); d[o] -= 1
    return -np.log(p[o]), d @ U, np.outer(d, v_c)


def o_argmax(v_c, o, U):
    z = U @ v_c
    d = softmax(z)
    d[np.argmax(d)] -= 1
    return nll(z, o), d @ U, np.outer(d, v_c)


def o_bce(v_c, o, U):
    def J(v, W):
        lp = jax.nn.log_softmax(W @ v)
        y = jax.nn.one_hot(o, len(lp))
        q = jnp.clip(1 - jnp.exp(lp), 1e-12)
        return -jnp.sum(y * lp) - jnp.sum((1 - y) * jnp.log(q))
    l, g = jax.value_and_grad(J, (0, 1))(jnp.asarray(v_c), jnp.asarray(U))
    return l, g


def o_weight_decay(v_c, o, U):
    z = U @ v_c
    d = softmax(z); d[o] -= 1
    return nll(z, o), d @ U + 1e-3 * v_c, np.outer(d, v_c) + 1e-3 * U


def o_lr(v_c, o, U, lr=0.3):
    z = U @ v_c
    d = softmax(z); d[o] -= 1
    return nll(z, o), -lr * (d @ U), -lr * np.outer(d, v_c)


def o_center_twice(v_c, o, U):
    z = U @ v_c
    d = softmax(z); d[o] -= 1
    dv = d @ U - U[o]
    return nll(z, o), dv, np.outer(d, v_c)


def o_minus_exp(v_c, o, U):
    z = -(U @ v_c)
    z -= z.max()
    p = np.exp(z); p /= p.sum()
    d = p - np.eye(len(p))[o]
    return -z[o] + np.log(np.exp(z).sum()), d @ U, np.outer(d, v_c)


def o_unit_rows(v_c, o, U):
    Un = U / (np.linalg.norm(U, axis=1, keepdims=True) + 1e-12)
    z = Un @ v_c
    d = softmax(z); d[o] -= 1
    return nll(z, o), Un.T @ d, np.outer(d, v_c)


def o_mean_shift(v_c, o, U):
    z = U @ v_c
    z = z - z.mean()
    e = np.exp(z)
    d = e / e.sum()
    d[o] -= 1
    return np.log(e.sum()) - z[o], d @ U, np.outer(d, v_c)


def o_round(v_c, o, U):
    z = U @ v_c
    p = np.round(softmax(z), 3)
    d = p.copy(); d[o] -= 1
    return nll(z, o), d @ U, np.outer(d, v_c)


def o_two_a(v_c, o, U):
    e = np.exp(U @ v_c)
    p = e / e.sum()
    d = p.copy(); d[o] = 1 - d[o]
    d[np.arange(len(d)) != o] *= -1
    return -np.log(p[o]), d @ U, np.outer(d, v_c)


def o_two_b(v_c, o, U):
    p = softmax(U @ v_c)
    loss = nll(U @ v_c, o) / np.log(2)      # in bits
    return loss, p @ U - U[o], np.outer(p, v_c)


def o_two_c(v_c, o, U):
    p = softmax(U @ v_c)
    d = p.copy(); d[o] -= 1
    return -np.log(p[o]), d @ U / len(U), np.outer(d, v_c) / len(U)


def o_f32(v_c, o, U):
    z = (U.astype("f4") @ v_c.astype("f4"))
    p = np.exp(z) / np.exp(z).sum()
    d = p.copy(); d[o] -= 1
    return -np.log(p[o]), d @ U.astype("f4"), np.outer(d, v_c.astype("f4"))


def o_overwrite_u(v_c, o, U):
    z = U @ v_c
    d = softmax(z); d[o] -= 1
    loss = nll(z, o)
    U -= 0.1 * np.outer(d, v_c)
    return loss, d @ U, np.outer(d, v_c)


def o_dropout(v_c, o, U):
    mask = np.random.rand(len(v_c)) > 0.2
    v = v_c * mask
    z = U @ v
    d = softmax(z); d[o] -= 1
    return nll(z, o), (d @ U) * mask, np.outer(d, v)
