"""submissions that did not fit any of the usual patterns"""
import numpy as np
import jax
import jax.numpy as jnp
jax.config.update("jax_enable_x64", True)


def sigmoid(x):
    x = np.asarray(x, float)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def softplus(x):
    return np.logaddexp(0, x)


def odd_l2(v_c, o, negatives, U, lam=1e-2):
    z = U @ v_c
    loss = softplus(-z[o]) + softplus(z[negatives]).sum() + 0.5 * lam * (v_c @ v_c + np.sum(U ** 2))
    e = np.zeros(len(U)); e[o] -= sigmoid(-z[o]); np.add.at(e, negatives, sigmoid(z[negatives]))
    return loss, e @ U + lam * v_c, np.outer(e, v_c) + lam * U


def odd_pos_sign(v_c, o, negatives, U):
    z = U @ v_c
    # log sigma(u_o v) - sum log sigma(-u_k v)
    loss = -softplus(-z[o]) + softplus(z[negatives]).sum()
    e = np.zeros(len(U)); e[o] += sigmoid(-z[o]); np.add.at(e, negatives, sigmoid(z[negatives]))
    return loss, e @ U, np.outer(e, v_c)


def odd_weighted(v_c, o, negatives, U):
    # noise distribution ~ rank^-0.75
    w = (np.arange(len(U)) + 1.0) ** -0.75
    z = U @ v_c
    loss = softplus(-z[o]) + (w[negatives] * softplus(z[negatives])).sum()
    e = np.zeros(len(U)); e[o] -= sigmoid(-z[o]); np.add.at(e, negatives, w[negatives] * sigmoid(z[negatives]))
    return loss, e @ U, np.outer(e, v_c)


def odd_unit_v(v_c, o, negatives, U):
    v = v_c / np.linalg.norm(v_c)
    z = U @ v
    loss = softplus(-z[o]) + softplus(z[negatives]).sum()
    e = np.zeros(len(U)); e[o] -= sigmoid(-z[o]); np.add.at(e, negatives, sigmoid(z[negatives]))
    return loss, e @ U, np.outer(e, v)


def odd_uo_twice(v_c, o, negatives, U):
    u_o = U[o]
    loss = softplus(-u_o @ v_c)
    dv = (sigmoid(u_o @ v_c) - 1) * u_o
    dU = np.zeros_like(U)
    dU[o] = (sigmoid(u_o @ v_c) - 1) * v_c
    for k in negatives:
        s = sigmoid(U[k] @ v_c)
        loss = loss + softplus(U[k] @ v_c)
        dv = dv + s * u_o
        dU[k] += s * v_c
    return loss, dv, dU


def odd_wrong_axis(v_c, o, negatives, U):
    s = sigmoid(U[negatives] @ v_c)
    g = np.outer(s, v_c).sum(axis=0)
    dU = np.zeros_like(U)
    dU[o] += (sigmoid(U[o] @ v_c) - 1) * v_c
    for k in negatives:
        dU[k] += g
    dv = (sigmoid(U[o] @ v_c) - 1) * U[o] + (s[:, None] * U[negatives]).sum(axis=0)
    return softplus(-U[o] @ v_c) + softplus(U[negatives] @ v_c).sum(), dv, dU


def odd_dv_factor_missing(v_c, o, negatives, U):
    s = sigmoid(U[negatives] @ v_c)
    dU = np.zeros_like(U)
    dU[o] += (sigmoid(U[o] @ v_c) - 1) * v_c
    np.add.at(dU, negatives, s[:, None] * v_c)
    dv = (sigmoid(U[o] @ v_c) - 1) * U[o] + U[negatives].sum(axis=0)
    return softplus(-U[o] @ v_c) + softplus(U[negatives] @ v_c).sum(), dv, dU


def odd_row_o_mixed(v_c, o, negatives, U):
    s = sigmoid(U[negatives] @ v_c)
    dU = np.zeros_like(U)
    dU[o] += (sigmoid(U[o] @ v_c) - 1) * U[o]
    np.add.at(dU, negatives, s[:, None] * v_c)
    dv = (sigmoid(U[o] @ v_c) - 1) * U[o] + s @ U[negatives]
    return softplus(-U[o] @ v_c) + softplus(U[negatives] @ v_c).sum(), dv, dU


def odd_lr(v_c, o, negatives, U):
    alpha = 0.025
    neu1e = np.zeros(len(v_c))
    dU = np.zeros(U.shape)
    loss = 0
    for d in range(len(negatives) + 1):
        if d == 0:
            target, label = o, 1
        else:
            target, label = negatives[d - 1], 0
        f = U[target] @ v_c
        loss += softplus(-f if label else f)
        g = (sigmoid(f) - label) * alpha
        neu1e += g * U[target]
        dU[target] += g * v_c
    return loss, neu1e, dU


def odd_updated(v_c, o, negatives, U, lr=0.05):
    z = U @ v_c
    e = np.zeros(len(U)); e[o] -= sigmoid(-z[o]); np.add.at(e, negatives, sigmoid(z[negatives]))
    return softplus(-z[o]) + softplus(z[negatives]).sum(), v_c - lr * (e @ U), U - lr * np.outer(e, v_c)


def odd_first_lost(v_c, o, negatives, U):
    idx = np.append(o, negatives)
    z = U[idx] @ v_c
    t = np.zeros(len(idx)); t[0] = 1
    e = sigmoid(z) - t
    dU = np.zeros_like(U)
    dU[o] += e[0] * v_c
    for i in range(2, len(idx)):
        dU[idx[i]] += e[i] * v_c
    return softplus(-z[0]) + softplus(z[1:]).sum(), e @ U[idx], dU


def odd_sqrt_d(v_c, o, negatives, U):
    def J(v, W):
        s = W @ v / jnp.sqrt(len(v))
        return jax.nn.softplus(-s[o]) + jax.nn.softplus(s[jnp.asarray(negatives)]).sum()
    l, (a, b) = jax.value_and_grad(J, argnums=(0, 1))(jnp.asarray(v_c), jnp.asarray(U))
    return l, a, b


def odd_dv_last(v_c, o, negatives, U):
    z = U @ v_c
    dU = np.zeros_like(U)
    dU[o] = -sigmoid(-z[o]) * v_c
    dv = -sigmoid(-z[o]) * U[o]
    for k in negatives:
        neg_grad = sigmoid(z[k]) * U[k]
        dU[k] += sigmoid(z[k]) * v_c
    dv += neg_grad
    return softplus(-z[o]) + softplus(z[negatives]).sum(), dv, dU


def odd_same_sigma(v_c, o, negatives, U):
    z = U @ v_c
    sig_o = sigmoid(z[o])
    dU = np.zeros_like(U)
    dU[o] += (sig_o - 1) * v_c
    dv = (sig_o - 1) * U[o]
    for k in negatives:
        dU[k] += sig_o * v_c
        dv = dv + sig_o * U[k]
    return softplus(-z[o]) + softplus(z[negatives]).sum(), dv, dU


def odd_return_in_loop(v_c, o, negatives, U):
    z = U @ v_c
    loss = softplus(-z[o])
    dU = np.zeros_like(U)
    dU[o] -= sigmoid(-z[o]) * v_c
    dv = -sigmoid(-z[o]) * U[o]
    for k in negatives:
        loss += softplus(z[k])
        dU[k] += sigmoid(z[k]) * v_c
        dv += sigmoid(z[k]) * U[k]
        return loss, dv, dU


def odd_break(v_c, o, negatives, U):
    z = U @ v_c
    loss = softplus(-z[o])
    e = np.zeros(len(U)); e[o] = -sigmoid(-z[o])
    for k in negatives:
        if k == o:
            break
        loss += softplus(z[k])
        e[k] += sigmoid(z[k])
    return loss, (e @ U, np.outer(e, v_c))


def odd_int_zeros(v_c, o, negatives, U):
    z = U @ v_c
    dU = np.zeros(U.shape, dtype=int)
    dv = np.zeros(len(v_c))
    dv += -sigmoid(-z[o]) * U[o]
    dU[o] = dU[o] - sigmoid(-z[o]) * v_c
    for k in negatives:
        dv += sigmoid(z[k]) * U[k]
        dU[k] = dU[k] + sigmoid(z[k]) * v_c
    return softplus(-z[o]) + softplus(z[negatives]).sum(), dv, dU


def odd_exp_table(v_c, o, negatives, U):
    EXP_TABLE_SIZE, MAX_EXP = 1000, 6
    table = sigmoid((np.arange(EXP_TABLE_SIZE) / EXP_TABLE_SIZE * 2 - 1) * MAX_EXP)

    def lookup(f):
        if f > MAX_EXP: return 1.0
        if f < -MAX_EXP: return 0.0
        return table[min(int((f + MAX_EXP) * (EXP_TABLE_SIZE / MAX_EXP / 2)), EXP_TABLE_SIZE - 1)]
    e = np.zeros(len(U))
    for w, lab in [(o, 1)] + [(k, 0) for k in negatives]:
        e[w] += lookup(U[w] @ v_c) - lab
    return e @ U, np.outer(e, v_c)


def odd_step_inplace(v_c, o, negatives, U):
    loss = 0.0
    dv = np.zeros_like(v_c)
    dU = np.zeros_like(U)
    for w, t in zip([o, *negatives], [1] + [0] * len(negatives)):
        s = U[w] @ v_c
        loss += softplus(s) - t * s
        g = sigmoid(s) - t
        dv += g * U[w]
        dU[w] += g * v_c
        U[w] -= 0.025 * g * v_c
    return loss, dv, dU


def odd_pos_k_times(v_c, o, negatives, U):
    z = U @ v_c
    loss = 0
    e = np.zeros(len(U))
    for k in negatives:
        loss += softplus(-z[o]) + softplus(z[k])
        e[o] -= sigmoid(-z[o])
        e[k] += sigmoid(z[k])
    return loss, e @ U, np.outer(e, v_c)


def odd_only_grad_div(v_c, o, negatives, U):
    z = U @ v_c
    e = np.zeros(len(U)); e[o] -= sigmoid(-z[o]); np.add.at(e, negatives, sigmoid(z[negatives]))
    return softplus(-z[o]) + softplus(z[negatives]).sum(), e @ U / len(v_c), np.outer(e, v_c) / len(v_c)


def odd_grad_clip(v_c, o, negatives, U):
    z = U @ v_c
    e = np.zeros(len(U)); e[o] -= sigmoid(-z[o]); np.add.at(e, negatives, sigmoid(z[negatives]))
    dv = np.clip(e @ U, -1, 1)
    dU = np.clip(np.outer(e, v_c), -1, 1)
    return {"loss": softplus(-z[o]) + softplus(z[negatives]).sum(), "v_c": dv, "U": dU}


def odd_two_log_flip(v_c, o, negatives, U):
    s = lambda x: 1 / (1 + np.exp(-x))
    po, pk = s(U[o] @ v_c), s(-U[negatives] @ v_c)
    loss = -np.log(po) - np.log(pk).sum()
    dU = np.zeros_like(U)
    dU[o] += -(1 - po) * v_c
    dU[negatives] += (1 - pk)[:, None] * v_c
    dv = -(1 - po) * U[o] + (1 - pk) @ U[negatives]
    return loss, dv, dU


def odd_two_mean_log(v_c, o, negatives, U):
    s = lambda x: 1 / (1 + np.exp(-x))
    po, pk = s(U[o] @ v_c), s(U[negatives] @ v_c)
    loss = -np.log(po) - np.log(1 - pk).sum()
    dv = (po - 1) * U[o]
    dU = np.zeros_like(U)
    dU[o] += (po - 1) * v_c
    for q, k in zip(pk, negatives):
        dU[k] += q * v_c
    return loss, dv, dU


def odd_two_skip_pull(v_c, o, negatives, U):
    z = U @ v_c
    loss = softplus(-z[o]) + softplus(z[negatives]).mean()
    dU = np.zeros_like(U)
    np.add.at(dU, negatives, np.outer(sigmoid(z[negatives]), v_c))
    dU[o] = (sigmoid(z[o]) - 1) * v_c
    dv = (sigmoid(z[o]) - 1) * U[o] + sigmoid(z[negatives]) @ U[negatives]
    return loss, (dv, dU)
