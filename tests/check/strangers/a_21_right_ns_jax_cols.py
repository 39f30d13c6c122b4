import numpy as np
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)


def ok_jax_grad(v_c, o, negatives, U):
    neg = jnp.asarray(negatives)
    J = lambda v, W: -jax.nn.log_sigmoid(W[o] @ v) - jax.nn.log_sigmoid(-W[neg] @ v).sum()
    return jax.value_and_grad(J, (0, 1))(jnp.asarray(v_c), jnp.asarray(U))


def ok_jax_at(v_c, o, negatives, U):
    v, W, neg = jnp.asarray(v_c), jnp.asarray(U), jnp.asarray(negatives)
    s = W @ v
    e = jnp.zeros(len(W)).at[o].add(-jax.nn.sigmoid(-s[o])).at[neg].add(jax.nn.sigmoid(s[neg]))
    return jax.nn.softplus(-s[o]) + jax.nn.softplus(s[neg]).sum(), e @ W, jnp.outer(e, v)


def ok_jax_dict(v_c, o, negatives, U):
    ids = jnp.concatenate([jnp.array([o]), jnp.asarray(negatives)])
    t = (jnp.arange(len(ids)) == 0) * 1.0

    def bce(p):
        z = p["U"][ids] @ p["v_c"]
        return jnp.sum(jax.nn.softplus(z) - t * z)
    l, g = jax.value_and_grad(bce)(dict(v_c=jnp.asarray(v_c), U=jnp.asarray(U)))
    return dict(loss=l, **g)


def ok_jax_vmap(v_c, o, negatives, U):
    v, W = jnp.asarray(v_c), jnp.asarray(U)
    one = lambda w, y: jnp.logaddexp(0.0, -y * (W[w] @ v))
    return one(o, 1) + jax.vmap(lambda k: one(k, -1))(jnp.asarray(negatives)).sum()


def ok_cols(v_c, o, negatives, U):
    s = v_c @ U
    p = np.exp(-np.logaddexp(0, -s))
    dU = np.zeros_like(U)
    np.add.at(dU.T, negatives, np.outer(p[negatives], v_c))
    dU[:, o] -= np.exp(-np.logaddexp(0, s[o])) * v_c
    dv = U[:, negatives] @ p[negatives] - np.exp(-np.logaddexp(0, s[o])) * U[:, o]
    return np.logaddexp(0, np.append(-s[o], s[negatives])).sum(), dv, dU


def ok_cols_loop(v_c, o, negatives, U):
    sig = lambda x: .5 + .5 * np.tanh(.5 * x)
    loss = np.logaddexp(0, -v_c.dot(U[:, o]))
    g = sig(v_c.dot(U[:, o])) - 1
    gv = g * U[:, o]
    gU = np.zeros(U.shape)
    gU[:, o] += g * v_c
    for k in range(len(negatives)):
        n = negatives[k]
        a = v_c.dot(U[:, n])
        loss += np.logaddexp(0, a)
        gv += sig(a) * U[:, n]
        gU[:, n] += sig(a) * v_c
    return loss, (gv, gU)


def ok_cols_jax(v_c, o, negatives, U):
    def f(v, W):
        s = v @ W
        return jnp.logaddexp(0., -s[o]) + jnp.logaddexp(0., s[jnp.asarray(negatives)]).sum()
    l, (a, b) = jax.value_and_grad(f, (0, 1))(jnp.asarray(v_c), jnp.asarray(U))
    return l, a, b
