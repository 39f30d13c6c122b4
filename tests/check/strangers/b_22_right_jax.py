import jax
import jax.numpy as jnp
from jax.nn import log_sigmoid, logsumexp, one_hot, sigmoid, softplus


def nsl(v, o, negs, U):
    return -log_sigmoid(U[o] @ v) - log_sigmoid(-(U[negs] @ v)).sum()


def J(*a):
    return [jnp.asarray(x) for x in a]


def ok_jx_pair(v_c, o, negatives, U):
    v, U, negatives = J(v_c, U, negatives)
    l, g = jax.value_and_grad(nsl, (0, 3))(v, o, negatives, U)
    return l, g


def ok_jx_window(c, outside, V, U, negatives):
    V, U, outside, negatives = J(V, U, outside, negatives)
    f = lambda V, U: jax.vmap(nsl, (None, 0, 0, None))(V[c], outside, negatives, U).sum()
    l, (a, b) = jax.value_and_grad(f, (0, 1))(V, U)
    return l, a, b


def ok_jx_window_scatter(c, outside, V, U, negatives):
    V, U, outside, negatives = J(V, U, outside, negatives)
    v = V[c]
    zp, zn = U[outside] @ v, U[negatives] @ v
    gp, gn = -sigmoid(-zp), sigmoid(zn)
    dV = jnp.zeros_like(V).at[c].set(gp @ U[outside] + jnp.einsum("nk,nkd->d", gn, U[negatives]))
    dU = jnp.zeros_like(U).at[outside].add(gp[:, None] * v).at[negatives].add(gn[..., None] * v)
    return softplus(-zp).sum() + softplus(zn).sum(), dV, dU


def ok_jx_bag(o, context, V, U, negatives):
    V, U, context, negatives = J(V, U, context, negatives)
    f = lambda V, U: nsl(V[context].mean(0), o, negatives, U)
    l, (a, b) = jax.value_and_grad(f, (0, 1))(V, U)
    return {"loss": l, "V": a, "U": b}


def ok_jx_bag_scatter(o, context, V, U, negatives):
    V, U, context, negatives = J(V, U, context, negatives)
    l, (dh, dU) = jax.value_and_grad(nsl, (0, 3))(V[context].mean(0), o, negatives, U)
    return l, jnp.zeros_like(V).at[context].add(dh / context.shape[0]), dU


def ok_jx_softmax(v_c, o, U):
    v, U = J(v_c, U)
    f = lambda v, U: logsumexp(U @ v) - U[o] @ v
    l, (a, b) = jax.value_and_grad(f, (0, 1))(v, U)
    return l, a, b


def ok_jx_window_softmax(c, outside, V, U):
    V, U, outside = J(V, U, outside)
    def f(V, U):
        z = U @ V[c]
        return (logsumexp(z) - z[outside]).sum()
    l, g = jax.value_and_grad(f, (0, 1))(V, U)
    return l, g


def ok_jx_bag_softmax_onehot(o, context, V, U):
    V, U, context = J(V, U, context)
    X = one_hot(context, V.shape[0], dtype=V.dtype)
    y = one_hot(o, U.shape[0], dtype=U.dtype)
    f = lambda V, U: -(y * jax.nn.log_softmax(U @ (X @ V).mean(0))).sum()
    l, (a, b) = jax.value_and_grad(f, (0, 1))(V, U)
    return l, a, b


def ok_jx_columns(v_c, o, negatives, U):
    v, U, negatives = J(v_c, U, negatives)
    f = lambda v, U: softplus(-(v @ U[:, o])) + softplus(v @ U[:, negatives]).sum()
    l, (a, b) = jax.value_and_grad(f, (0, 1))(v, U)
    return l, a, b
