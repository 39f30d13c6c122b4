from functools import partial

import jax
import jax.numpy as jnp
from jax.nn import softplus


def bag_loss(h, o, negs, U):
    return softplus(-jnp.dot(U[o], h)) + jnp.sum(softplus(jnp.dot(U[negs], h)))


def both(f, V, U):
    J, g = jax.value_and_grad(f, argnums=(0, 1))(jnp.asarray(V), jnp.asarray(U))
    return J, g


def jb_sum_then_divide(o, context, V, U, negatives):
    V, U = jnp.asarray(V), jnp.asarray(U)
    h = V[context].sum(axis=0)
    J, (dh, dU) = jax.value_and_grad(bag_loss, argnums=(0, 3))(h, o, negatives, U)
    dV = jnp.zeros_like(V).at[context].add(dh / len(context))
    return J, dV, dU


def jb_not_divided(o, context, V, U, negatives):
    V, U = jnp.asarray(V), jnp.asarray(U)
    h = V[context].mean(axis=0)
    J, (dh, dU) = jax.value_and_grad(bag_loss, argnums=(0, 3))(h, o, negatives, U)
    return J, jnp.zeros_like(V).at[context].add(dh), dU


def jb_at_set(o, context, V, U, negatives):
    V, U = jnp.asarray(V), jnp.asarray(U)
    h = V[context].mean(axis=0)
    J, (dh, dU) = jax.value_and_grad(bag_loss, argnums=(0, 3))(h, o, negatives, U)
    return J, jnp.zeros_like(V).at[context].set(dh / len(context)), dU


def jb_unique(o, context, V, U, negatives):
    ctx = jnp.unique(jnp.asarray(context))
    return both(lambda V, U: bag_loss(V[ctx].mean(0), o, negatives, U), V, U)


def jb_U_context(o, context, V, U, negatives):
    return both(lambda V, U: bag_loss(U[context].mean(0), o, negatives, U), V, U)


def jb_tables_swapped(o, context, V, U, negatives):
    J, (dV, dU) = both(lambda V, U: bag_loss(U[context].mean(0), o, negatives, V), V, U)
    return {"loss": J, "V": dV, "U": dU}


def jb_center_in_bag(o, context, V, U, negatives):
    ctx = jnp.append(jnp.asarray(context), o)
    return both(lambda V, U: bag_loss(V[ctx].mean(0), o, negatives, U), V, U)


def jb_drop_o(o, context, V, U, negatives):
    w = (jnp.asarray(context) != o) * 1.0
    def f(V, U):
        h = (w @ V[context]) / jnp.maximum(w.sum(), 1)
        return bag_loss(h, o, negatives, U)
    return both(f, V, U)


def jb_center_predicts(o, context, V, U, negatives):
    # skip-gram by mistake: mean over the context of the pair losses of (V[o], U[w])
    def f(V, U):
        return jax.vmap(lambda w: bag_loss(V[o], w, negatives, U))(jnp.asarray(context)).mean()
    return both(f, V, U)


def jb_mean_of_losses(o, context, V, U, negatives):
    return both(lambda V, U: jax.vmap(lambda w: bag_loss(V[w], o, negatives, U))(jnp.asarray(context)).mean(), V, U)


def jb_set_negs(o, context, V, U, negatives):
    negs = jnp.array(sorted(set(int(k) for k in negatives)))
    return both(lambda V, U: bag_loss(V[context].mean(0), o, negs, U), V, U)


def jb_all_rows(o, context, V, U, negatives):
    V, U = jnp.asarray(V), jnp.asarray(U)
    J, (dh, dU) = jax.value_and_grad(bag_loss, argnums=(0, 3))(V[context].mean(0), o, negatives, U)
    dV = jnp.broadcast_to(dh / len(context), V.shape)
    return J, dV, dU


def jb_o_extra_negative(o, context, V, U, negatives):
    ids = jnp.concatenate([jnp.array([o]), jnp.asarray(negatives)])
    def f(V, U):
        h = V[context].mean(0)
        z = U[ids] @ h
        return softplus(-z[0]) + softplus(z).sum()
    return both(f, V, U)


def jb_context_twice(o, context, V, U, negatives):
    # dV: mean's 1/n, and again in the scatter
    V, U = jnp.asarray(V), jnp.asarray(U)
    n = len(context)
    J, (dctx, dU) = jax.value_and_grad(lambda W, U: bag_loss(W.mean(0), o, negatives, U), (0, 1))(V[context], U)
    return J, jnp.zeros_like(V).at[context].add(dctx / n), dU
