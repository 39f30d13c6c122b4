import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)


def _vg(loss):
    def f(v_c, o, negatives, U):
        v_c, U = jnp.asarray(v_c), jnp.asarray(U)
        return jax.value_and_grad(loss, argnums=(0, 3))(v_c, o, jnp.asarray(negatives), U)
    return f


def jax_set_rows(v_c, o, negatives, U):
    U, v_c = jnp.asarray(U), jnp.asarray(v_c)
    s_o, s_n = U[o] @ v_c, U[jnp.asarray(negatives)] @ v_c
    loss = jax.nn.softplus(-s_o) + jax.nn.softplus(s_n).sum()
    G = jnp.zeros_like(U)
    G = G.at[jnp.asarray(negatives)].set(jnp.outer(jax.nn.sigmoid(s_n), v_c))
    G = G.at[o].add(-jax.nn.sigmoid(-s_o) * v_c)
    dv = -jax.nn.sigmoid(-s_o) * U[o] + jax.nn.sigmoid(s_n) @ U[jnp.asarray(negatives)]
    return loss, dv, G


def jax_o_set_last(v_c, o, negatives, U):
    neg = jnp.asarray(negatives)
    U, v_c = jnp.asarray(U), jnp.asarray(v_c)
    s = U @ v_c
    y = jax.nn.sigmoid(s)
    G = jnp.zeros(U.shape).at[neg].add(y[neg][:, None] * v_c)
    G = G.at[o].set((y[o] - 1) * v_c)
    dv = (y[o] - 1) * U[o] + jnp.einsum("k,kd->d", y[neg], U[neg])
    loss = -jax.nn.log_sigmoid(s[o]) - jax.nn.log_sigmoid(-s[neg]).sum()
    return {"loss": loss, "v_c": dv, "U": G}


def _mean_loss(v_c, o, negatives, U):
    return -jax.nn.log_sigmoid(U[o] @ v_c) - jnp.mean(jax.nn.log_sigmoid(-U[negatives] @ v_c))


jax_mean = _vg(_mean_loss)


def _sign(v_c, o, negatives, U):
    pos = jax.nn.log_sigmoid(jnp.dot(U[o], v_c))
    neg = jax.nn.log_sigmoid(jnp.dot(U[negatives], v_c))
    return -pos - jnp.sum(neg)


jax_neg_sign_missing = _vg(_sign)


def jax_logsig_of_sum(v_c, o, negatives, U):
    def J(v, W):
        return -jax.nn.log_sigmoid(W[o] @ v) - jax.nn.log_sigmoid(-jnp.sum(W[negatives] @ v))
    l, (dv, dU) = jax.value_and_grad(J, (0, 1))(jnp.array(v_c), jnp.array(U))
    return l, dv, dU


def jax_log_sigmoid_naive(v_c, o, negatives, U):
    def J(v, W):
        pos = jnp.log(jax.nn.sigmoid(W[o] @ v))
        neg = jnp.log(jax.nn.sigmoid(-(W[negatives] @ v)))
        return -(pos + neg.sum())
    l, g = jax.value_and_grad(J, (0, 1))(jnp.array(v_c), jnp.array(U))
    return l, g


def jax_ascent(v_c, o, negatives, U):
    """objective as in the paper (Mikolov 2013 eq. 4)"""
    def obj(params):
        s = params["U"] @ params["v_c"]
        return jax.nn.log_sigmoid(s[o]) + jax.nn.log_sigmoid(-s[jnp.asarray(negatives)]).sum()
    p = {"v_c": jnp.asarray(v_c), "U": jnp.asarray(U)}
    val, g = jax.value_and_grad(obj)(p)
    return {"loss": val, **g}


def jax_bce_mean(v_c, o, negatives, U):
    idx = jnp.concatenate([jnp.array([o]), jnp.asarray(negatives)])
    y = jnp.zeros(len(idx)).at[0].set(1.0)

    def bce(v, W):
        z = W[idx] @ v
        return jnp.mean(jax.nn.softplus(z) - y * z)
    l, (a, b) = jax.value_and_grad(bce, argnums=(0, 1))(jnp.asarray(v_c), jnp.asarray(U))
    return l, a, b


def jax_stop_grad(v_c, o, negatives, U):
    """noise words do not train the center"""
    def J(v, W):
        pos = -jax.nn.log_sigmoid(W[o] @ v)
        neg = -jax.nn.log_sigmoid(-(W[negatives] @ jax.lax.stop_gradient(v))).sum()
        return pos + neg
    l, (dv, dU) = jax.value_and_grad(J, argnums=(0, 1))(jnp.asarray(v_c), jnp.asarray(U))
    return l, dv, dU


def jax_clip6(v_c, o, negatives, U):
    # MAX_EXP = 6
    U, v_c = jnp.asarray(U), jnp.asarray(v_c)
    f = jnp.clip(U @ v_c, -6, 6)
    p = jax.nn.sigmoid(f)
    neg = jnp.asarray(negatives)
    loss = jax.nn.softplus(-f[o]) + jnp.sum(jax.nn.softplus(f[neg]))
    e = jnp.zeros(U.shape[0]).at[o].add(p[o] - 1).at[neg].add(p[neg])
    return loss, e @ U, jnp.outer(e, v_c)


def jax_dedup(v_c, o, negatives, U):
    ks = jnp.unique(jnp.asarray(negatives))
    def J(v, W):
        return jnp.logaddexp(0., -(W[o] @ v)) + jnp.logaddexp(0., W[ks] @ v).sum()
    return jax.value_and_grad(J, argnums=(0, 1))(jnp.asarray(v_c), jnp.asarray(U))


def jax_mask_o(v_c, o, negatives, U):
    negatives = jnp.asarray(negatives)
    keep = (negatives != o)

    def J(v, W):
        s = W[negatives] @ v
        return jnp.logaddexp(0., -(W[o] @ v)) + jnp.sum(jnp.logaddexp(0., s) * keep)
    return jax.value_and_grad(J, argnums=(0, 1))(jnp.asarray(v_c), jnp.asarray(U))
