# here U is (d, V): u_w = U[:, w]
import numpy as np
import jax
import jax.numpy as jnp
jax.config.update("jax_enable_x64", True)


def sigmoid(a):
    return np.exp(-np.logaddexp(0, -a))


def cols_fancy(v_c, o, negatives, U):
    so, sn = v_c @ U[:, o], v_c @ U[:, negatives]
    loss = np.logaddexp(0, -so) + np.logaddexp(0, sn).sum()
    dU = np.zeros_like(U)
    dU[:, o] += (sigmoid(so) - 1) * v_c
    dU[:, negatives] += v_c[:, None] * sigmoid(sn)
    dv = (sigmoid(so) - 1) * U[:, o] + U[:, negatives] @ sigmoid(sn)
    return loss, dv, dU


def cols_sign_lost(v_c, o, negatives, U):
    ids = np.r_[o, negatives]
    y = np.r_[1., -np.ones(len(negatives))]
    m = y * (v_c @ U[:, ids])
    w = -sigmoid(-m)
    dU = np.zeros_like(U)
    for j, i in enumerate(ids):
        dU[:, i] += w[j] * v_c
    return np.logaddexp(0, -m).sum(), U[:, ids] @ (w * y), dU


def cols_jax_at(v_c, o, negatives, U):
    U = jnp.asarray(U); v = jnp.asarray(v_c); neg = jnp.asarray(negatives)
    p = jax.nn.sigmoid(v @ U)
    loss = -jax.nn.log_sigmoid(v @ U[:, o]) - jax.nn.log_sigmoid(-(v @ U[:, neg])).sum()
    dU = jnp.zeros_like(U).at[:, o].set((p[o] - 1) * v)
    dU = dU.at[:, neg].set(v[:, None] * p[neg])
    return loss, (p[o] - 1) * U[:, o] + U[:, neg] @ p[neg], dU


def cols_one_minus(v_c, o, negatives, U):
    """sigma where it should be one minus ... """
    s = U.T @ v_c
    loss = np.logaddexp(0, -s[o]) + sum(np.logaddexp(0, s[k]) for k in negatives)
    coef = np.zeros(U.shape[1])
    coef[o] -= sigmoid(s[o])
    for k in negatives:
        coef[k] += sigmoid(-s[k])
    return loss, U @ coef, np.outer(v_c, coef)


def cols_transposed(v_c, o, negatives, U):
    s = U.T @ v_c
    loss = np.logaddexp(0, -s[o]) + sum(np.logaddexp(0, s[k]) for k in negatives)
    coef = np.zeros(U.shape[1])
    coef[o] -= sigmoid(-s[o])
    for k in negatives:
        coef[k] += sigmoid(s[k])
    return loss, U @ coef, np.outer(coef, v_c)


def cols_lacks_uo(v_c, o, negatives, U):
    s = U.T @ v_c
    loss = np.logaddexp(0, -s[o]) + np.logaddexp(0, s[negatives]).sum()
    dU = np.zeros_like(U)
    dU[:, o] = -sigmoid(-s[o]) * v_c
    dv = np.zeros_like(v_c)
    for k in negatives:
        dU[:, k] += sigmoid(s[k]) * v_c
        dv += sigmoid(s[k]) * U[:, k]
    return loss, dv, dU


def cols_kplus1(v_c, o, negatives, U):
    def J(v, W):
        s = v @ W
        t = jnp.concatenate([-s[o][None], s[jnp.asarray(negatives)]])
        return jnp.logaddexp(0, t).mean()
    l, g = jax.value_and_grad(J, (0, 1))(jnp.asarray(v_c), jnp.asarray(U))
    return l, g


def cols_pull(v_c, o, negatives, U):
    coef = np.zeros(U.shape[1])
    s = U.T @ v_c
    coef[o] += sigmoid(s[o]) - 1
    np.subtract.at(coef, negatives, sigmoid(s[negatives]))
    return {"loss": np.logaddexp(0, -s[o]) + np.logaddexp(0, s[negatives]).sum(),
            "v_c": U @ coef, "U": v_c[:, None] * coef}


def cols_loss_log2(v_c, o, negatives, U):
    s = U.T @ v_c
    # bits
    return (np.logaddexp(0, -s[o]) + np.logaddexp(0, s[negatives]).sum()) / np.log(2)
