import math
import numpy as np
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)


def sig_branches(x):
    x = np.asarray(x, float)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sig_loops(x):
    f = lambda t: 1 / (1 + math.exp(-t)) if t > 0 else math.exp(t) / (1 + math.exp(t))
    return np.array([f(t) for t in np.ravel(x)]).reshape(np.shape(x))


def sig_warns(x):
    return 1.0 / (1.0 + np.exp(-np.asarray(x, float)))


def sig_jax(x):
    return jax.nn.sigmoid(jnp.asarray(x, dtype=float))


def sgrad_product(x):
    s = sig_branches(x)
    return s * (1 - s)


def sgrad_even(x):
    e = np.exp(-np.abs(np.asarray(x, float)))
    return e / (1 + e) ** 2


def sgrad_jax(x):
    g = jax.grad(jax.nn.sigmoid)
    return jax.vmap(g)(jnp.ravel(jnp.asarray(x, dtype=float))).reshape(jnp.shape(x))


def sgrad_both_sides(x):
    return sig_branches(x) * sig_branches(-np.asarray(x, float))


def rgrad_where(x):
    return np.where(np.asarray(x) > 0, 1.0, 0.0)


def rgrad_jax(x):
    return jax.vmap(jax.grad(jax.nn.relu))(jnp.ravel(jnp.asarray(x, dtype=float))).reshape(jnp.shape(x))


def rgrad_inplace(x):
    g = np.array(x, dtype=float)
    g[g <= 0] = 0
    g[g > 0] = 1
    return g


def rgrad_bool(x):
    return (np.asarray(x) > 0) * 1
