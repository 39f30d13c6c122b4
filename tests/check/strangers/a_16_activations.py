import math
import numpy as np
import jax
import jax.numpy as jnp
jax.config.update("jax_enable_x64", True)


def good_sigmoid(x):
    x = np.asarray(x, dtype=float)
    return np.exp(-np.logaddexp(0, -x))


# ---- relu'
def relu_grad_1(x):
    return (np.asarray(x) >= 0).astype(float)


def relu_grad_2(x):
    return np.heaviside(np.asarray(x, dtype=float), 0.5)


def relu_grad_3(x):
    # 0.5*(1+sign)
    return 0.5 * (1 + np.sign(np.asarray(x)))


def relu_grad_4(x):
    x = np.asarray(x)
    return np.maximum(x, 0)


def relu_grad_5(x):
    x = np.asarray(x, float)
    return np.where(x > 0, 1.0, 0.01)


def relu_grad_6(x):
    g = np.array(x, dtype=float)
    g[g > 0] = 1
    return g


def relu_grad_7(x):
    f = lambda t: jnp.where(t < 0, 0.0, t)
    return jax.vmap(jax.grad(f))(jnp.ravel(jnp.asarray(x, dtype=float))).reshape(jnp.shape(x))


# ---- sigma'
def sg_x_for_s(x):
    """x is the output of the sigmoid already"""
    x = np.asarray(x, float)
    return x * (1 - x)


def sg_twice(x):
    s = good_sigmoid(good_sigmoid(x))
    return s * (1 - s)


def sg_log_slope(x):
    return 1 - good_sigmoid(x)


def sg_sign(x):
    s = good_sigmoid(x)
    return s * (s - 1)


def sg_square(x):
    s = good_sigmoid(x)
    return s - s ** 3


def sg_quotient(x):
    x = np.asarray(x, float)
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


def sg_tanh(x):
    return 1 - np.tanh(x) ** 2


def sg_jax_naive(x):
    g = jax.grad(lambda t: 1 / (1 + jnp.exp(-t)))
    return np.array([g(float(t)) for t in np.ravel(x)]).reshape(np.shape(x))


# ---- sigma
def s_plus(x):
    x = np.asarray(x, float)
    return np.exp(-np.logaddexp(0, x))


def s_exp_quot(x):
    x = np.asarray(x, float)
    return np.exp(x) / (np.exp(x) + 1)


def s_clip(x):
    return good_sigmoid(np.clip(x, -6, 6))


def s_tanh(x):
    return 0.5 * (1 + np.tanh(np.asarray(x)))


def s_halves(x):
    """stable: two branches"""
    out = []
    for t in np.ravel(x):
        if t >= 0:
            out.append(1 / (1 + math.exp(-t)))
        else:
            out.append(1 / (1 + math.exp(t)))
    return np.array(out).reshape(np.shape(x))


def s_hard(x):
    return np.clip(0.2 * np.asarray(x) + 0.5, 0, 1)


def s_log(x):
    return -np.logaddexp(0, -np.asarray(x))
