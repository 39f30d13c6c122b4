import math
import numpy as np
import jax, jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def loss_a(v_c, o, negatives, U):
    return -np.log(sigmoid(U[o] @ v_c)) - np.sum(np.log(sigmoid(-U[negatives] @ v_c)))


def loss_b(v_c, o, negatives, U):
    l = np.logaddexp(0, -np.dot(U[o], v_c))
    for k in negatives:
        l += np.logaddexp(0, -np.dot(U[k], v_c))
    return l


def loss_c(v_c, o, negatives, U):
    l = np.log1p(np.exp(-np.dot(U[o], v_c)))
    for k in negatives:
        l += np.log1p(np.exp(np.dot(U[k], v_c)))
    return l


def loss_d(v_c, o, negatives, U):
    x = np.concatenate([[U[o] @ v_c], -U[negatives] @ v_c])
    return np.logaddexp(0, -x).mean()


def loss_e(v_c, o, negatives, U):
    z = U @ v_c
    return np.logaddexp(0, -z[o]) + np.logaddexp(0, z[negatives[:-1]]).sum()


def loss_f(v_c, o, negatives, U):
    eps = 1e-8
    z = U @ v_c
    return float(-np.log(sigmoid(z[o]) + eps) - np.log(sigmoid(-z[negatives]) + eps).sum())


def loss_g(v_c, o, negatives, U):
    z = U @ v_c
    return np.logaddexp2(0, -z[o] / np.log(2)) + np.logaddexp2(0, z[negatives] / np.log(2)).sum()


def loss_h(v_c, o, negatives, U):
    ids = [o] + list(negatives)
    z = jnp.asarray(U)[jnp.array(ids)] @ jnp.asarray(v_c)
    return jax.nn.softplus(-z[0]) + jax.nn.softplus(z).sum()


def loss_i(v_c, o, negatives, U):
    # product inside the log
    z = U @ v_c
    return np.logaddexp(0, -z[o]) + np.logaddexp(0, np.sum(z[negatives]))


def loss_j(v_c, o, negatives, U):
    s = lambda w: sum(float(a) * float(b) for a, b in zip(U[w], v_c))
    out = math.log(1 + math.exp(-s(o)))
    for k in negatives:
        out += math.log(1 + math.exp(s(k)))
    return out


def loss_k(v_c, o, negatives, U):
    z = np.clip(U @ v_c, -6, 6)
    return -np.log(sigmoid(z[o])) - np.log(sigmoid(-z[negatives])).sum()


def loss_l(v_c, o, negatives, U):
    z = U @ v_c
    return len(negatives) * np.logaddexp(0, z[negatives]).sum() + np.logaddexp(0, -z[o])


def loss_m(v_c, o, negatives, U):
    """float32 to be fast on GPU"""
    z = (U.astype(np.float32) @ v_c.astype(np.float32))
    s = lambda x: 1 / (1 + np.exp(-x))
    return -np.log(s(z[o])) - np.log(1 - s(z[negatives])).sum()


def loss_n(v_c, o, negatives, U):
    # P(D=0|w,c) = 1 - P(D=1|w,c)
    p = sigmoid(U @ v_c)
    return -(np.log(p[o]) + np.log(1 - p[negatives]).mean())


def loss_o(v_c, o, negatives, U):
    z = U @ v_c
    return -np.logaddexp(0, -z[o]) - np.logaddexp(0, z[negatives]).sum()
