import jax
import jax.numpy as jnp
import numpy as np
from jax import grad, vmap
from jax.nn import log_sigmoid, sigmoid, softplus


def pair_loss(v, o, negs, U):
    return softplus(-U[o] @ v) + softplus(U[negs] @ v).sum()


def _value_and_grads(f, V, U):
    V, U = jnp.asarray(V), jnp.asarray(U)
    loss, (dV, dU) = jax.value_and_grad(f, argnums=(0, 1))(V, U)
    return loss, dV, dU


def jx_mean(c, outside, V, U, negatives):
    def f(V, U):
        per = vmap(lambda o, n: pair_loss(V[c], o, n, U))(jnp.asarray(outside), jnp.asarray(negatives))
        return per.mean()
    return _value_and_grads(f, V, U)


def jx_wrong_table(c, outside, V, U, negatives):
    def f(V, U):
        return sum(pair_loss(U[c], o, n, U) for o, n in zip(outside, negatives))
    return _value_and_grads(f, V, U)


def jx_swap(c, outside, V, U, negatives):
    """skipgram: outside -> center (autodiff does the rest)"""
    def f(V, U):
        return vmap(lambda o, n: pair_loss(V[o], c, n, U))(jnp.asarray(outside), jnp.asarray(negatives)).sum()
    return _value_and_grads(f, V, U)


def jx_swap_tables(c, outside, V, U, negatives):
    # swapped, too, but the center's row is in U and the rest of it in V
    def f(V, U):
        return vmap(lambda o, n: pair_loss(U[c], o, n, V))(jnp.asarray(outside), jnp.asarray(negatives)).sum()
    return _value_and_grads(f, V, U)


def jx_unique(c, outside, V, U, negatives):
    seen = {}
    for o, n in zip(np.asarray(outside).tolist(), negatives):
        seen[o] = n                      # word -> its negatives
    def f(V, U):
        return sum(pair_loss(V[c], o, jnp.asarray(n), U) for o, n in seen.items())
    loss, dV, dU = _value_and_grads(f, V, U)
    return {"loss": loss, "V": dV, "U": dU}


def jx_mask_center(c, outside, V, U, negatives):
    out = jnp.asarray(outside)
    def f(V, U):
        per = vmap(lambda o, n: pair_loss(V[c], o, n, U))(out, jnp.asarray(negatives))
        return jnp.where(out == c, 0.0, per).sum()
    return _value_and_grads(f, V, U)


def jx_set_not_add(c, outside, V, U, negatives):
    V, U = jnp.asarray(V), jnp.asarray(U)
    dV, dU = jnp.zeros_like(V), jnp.zeros_like(U)
    loss = 0.0
    for o, n in zip(outside, negatives):
        l, (gv, gu) = jax.value_and_grad(pair_loss, argnums=(0, 3))(V[c], o, n, U)
        loss += l
        dV = dV.at[c].set(gv)
        dU = dU + gu
    return loss, dV, dU


def jx_every_row(c, outside, V, U, negatives):
    V, U = jnp.asarray(V), jnp.asarray(U)
    g = vmap(jax.value_and_grad(pair_loss, argnums=(0, 3)), in_axes=(None, 0, 0, None))
    l, (gv, gu) = g(V[c], jnp.asarray(outside), jnp.asarray(negatives), U)
    return l.sum(), jnp.zeros_like(V) + gv.sum(0), gu.sum(0)


def jx_outside_in_dV(c, outside, V, U, negatives):
    V, U = jnp.asarray(V), jnp.asarray(U)
    out = jnp.asarray(outside)
    g = vmap(jax.value_and_grad(pair_loss, argnums=(0, 3)), in_axes=(None, 0, 0, None))
    l, (gv, gu) = g(V[c], out, jnp.asarray(negatives), U)
    dV = jnp.zeros_like(V).at[c].add(gv.sum(0)).at[out].add(gv)    # the context moves as well
    return l.sum(), (dV, gu.sum(0))


def jx_plus_uk(c, outside, V, U, negatives):
    def f(V, U):
        v = V[c]
        pos = log_sigmoid(U[jnp.asarray(outside)] @ v)
        neg = log_sigmoid(U[jnp.asarray(negatives)] @ v)
        return -(pos.sum() + neg.sum())
    return _value_and_grads(f, V, U)


def jx_logsig_of_sum(c, outside, V, U, negatives):
    def f(V, U):
        v = V[c]
        def one(o, n):
            return -log_sigmoid(U[o] @ v) - log_sigmoid(-(U[n] @ v).sum())
        return vmap(one)(jnp.asarray(outside), jnp.asarray(negatives)).sum()
    return _value_and_grads(f, V, U)


def jx_naive_log(c, outside, V, U, negatives):
    """mean over the window; log(sigmoid()) as in the formula"""
    def f(V, U):
        v = V[c]
        a = jnp.log(sigmoid(U[jnp.asarray(outside)] @ v))
        b = jnp.log(sigmoid(-(U[jnp.asarray(negatives)] @ v))).sum(-1)
        return -(a + b).mean()
    return _value_and_grads(f, V, U)


def jx_stop_center(c, outside, V, U, negatives):
    # "the center is held fixed while the negatives move"
    def f(V, U):
        v = V[c]
        pos = softplus(-(U[jnp.asarray(outside)] @ v)).sum()
        neg = softplus(U[jnp.asarray(negatives)] @ jax.lax.stop_gradient(v)).sum()
        return pos + neg
    return _value_and_grads(f, V, U)
