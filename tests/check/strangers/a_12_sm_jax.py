import jax
import jax.numpy as jnp
from jax import grad, value_and_grad
from jax.scipy.special import logsumexp
import numpy as np

jax.config.update("jax_enable_x64", True)


def run_grad(f, v_c, U):
    l, (a, b) = value_and_grad(f, argnums=(0, 1))(jnp.asarray(v_c), jnp.asarray(U))
    return l, a, b


def jsm_unsafe(v_c, o, U):
    def ce(v, W):
        e = jnp.exp(W @ v)
        return -jnp.log(e[o] / e.sum())
    return run_grad(ce, v_c, U)


def jsm_log_of_softmax(v_c, o, U):
    return run_grad(lambda v, W: -jnp.log(jax.nn.softmax(W @ v)[o]), v_c, U)


def jsm_mean_onehot(v_c, o, U):
    y = jax.nn.one_hot(o, len(U))
    return run_grad(lambda v, W: -jnp.mean(y * jax.nn.log_softmax(W @ v)), v_c, U)


def jsm_axis(v_c, o, U):
    def ce(v, W):
        logits = W @ v[:, None]          # (V, 1)
        logp = jax.nn.log_softmax(logits, axis=-1)
        return -logp[o, 0]
    return run_grad(ce, v_c, U)


def jsm_sq(v_c, o, U):
    y = jax.nn.one_hot(o, len(U), dtype=jnp.float64)
    return run_grad(lambda v, W: 0.5 * jnp.sum((jax.nn.softmax(W @ v) - y) ** 2), v_c, U)


def jsm_eps(v_c, o, U):
    def J(p):
        return -jnp.log(jax.nn.softmax(p["U"] @ p["v_c"])[o] + 1e-8)
    p = {"v_c": jnp.asarray(v_c), "U": jnp.asarray(U)}
    l, g = value_and_grad(J)(p)
    return {"loss": l, "v_c": g["v_c"], "U": g["U"]}


def jsm_stop(v_c, o, U):
    # Z does not depend on the parameters (NCE trick)
    def J(v, W):
        s = W @ v
        return jax.lax.stop_gradient(logsumexp(s)) - s[o]
    return run_grad(J, v_c, U)


def jsm_at_set(v_c, o, U):
    v, W = jnp.asarray(v_c), jnp.asarray(U)
    s = W @ v
    p = jax.nn.softmax(s)
    d = p.at[o].set(-1.0)
    return logsumexp(s) - s[o], W.T @ d, jnp.outer(d, v)


def jsm_at_lost(v_c, o, U):
    v, W = jnp.asarray(v_c), jnp.asarray(U)
    s = W @ v
    delta = jax.nn.softmax(s)
    delta.at[o].add(-1.0)
    return logsumexp(s) - s[o], (delta @ W, jnp.einsum("w,d->wd", delta, v))


def jsm_likelihood(v_c, o, U):
    def ll(v, W):
        return jax.nn.log_softmax(W @ v)[o]
    l, (dv, dU) = value_and_grad(ll, (0, 1))(jnp.asarray(v_c), jnp.asarray(U))
    return -l, dv, dU


def jsm_entropy(v_c, o, U):
    def J(v, W):
        lp = jax.nn.log_softmax(W @ v)
        return -jnp.sum(jnp.exp(lp) * lp)
    return run_grad(J, v_c, U)


def jsm_prob(v_c, o, U):
    return run_grad(lambda v, W: 1.0 - jax.nn.softmax(W @ v)[o], v_c, U)
