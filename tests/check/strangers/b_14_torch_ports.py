"""PyTorch losses rewritten for numpy / jax (nn.Embedding -> table lookup, F.logsigmoid -> helper)."""
import numpy as np
import jax
import jax.numpy as jnp


class F:
    @staticmethod
    def logsigmoid(x):
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))

    @staticmethod
    def log_softmax(x, dim=-1):
        m = x.max(axis=dim, keepdims=True)
        return x - m - np.log(np.exp(x - m).sum(axis=dim, keepdims=True))


def sigmoid(x):
    return np.exp(F.logsigmoid(x))


def bmm(a, b):
    return np.einsum("bij,bjk->bik", a, b)


def tp_sgns_loss(v_c, o, negatives, U):
    # oloss = out.bmm(i).logsigmoid().mean(1); nloss = ....sum(1).mean(1); return -(o + n).mean()
    ivectors = v_c[None, :, None]
    ovectors = U[[o]][None]
    nvectors = -U[negatives][None]
    oloss = F.logsigmoid(bmm(ovectors, ivectors).squeeze(-1)).mean(1)
    nloss = F.logsigmoid(bmm(nvectors, ivectors).squeeze(-1)).mean(1)
    return -(oloss + nloss).mean()


def tp_bce(v_c, o, negatives, U):
    # binary_cross_entropy_with_logits, reduction="mean" (the default)
    idx = np.concatenate([[o], negatives])
    logits = U[idx] @ v_c
    target = np.zeros(len(idx)); target[0] = 1
    per = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))
    d = (sigmoid(logits) - target) / len(idx)
    dU = np.zeros_like(U)
    np.add.at(dU, idx, d[:, None] * v_c[None])
    return per.mean(), d @ U[idx], dU


def tp_sum_before_logsigmoid(v_c, o, negatives, U):
    pos = (U[o] * v_c).sum()
    neg = (U[negatives] @ v_c).sum()          # torch.sum(neg, dim=1)
    loss = -(F.logsigmoid(pos) + F.logsigmoid(-neg))
    g = sigmoid(neg)
    dv = -sigmoid(-pos) * U[o] + g * U[negatives].sum(0)
    dU = np.zeros_like(U)
    dU[o] -= sigmoid(-pos) * v_c
    np.add.at(dU, negatives, np.tile(g * v_c, (len(negatives), 1)))
    return loss, dv, dU


def tp_neg_forgotten(v_c, o, negatives, U):
    # emb_neg without .neg()
    loss = lambda v, U: -(jax.nn.log_sigmoid(U[o] @ v) + jax.nn.log_sigmoid(U[negatives] @ v).sum())
    v, U = jnp.asarray(v_c), jnp.asarray(U)
    l, (dv, dU) = jax.value_and_grad(loss, (0, 1))(v, U)
    return {"loss": l, "v_c": dv, "U": dU}


def tp_backward_minus(v_c, o, negatives, U):
    # forgot the minus of "return -torch.mean(loss)"
    f = lambda v, U: jax.nn.log_sigmoid(U[o] @ v) + jax.nn.log_sigmoid(-U[negatives] @ v).sum()
    v, U = jnp.asarray(v_c), jnp.asarray(U)
    l, (dv, dU) = jax.value_and_grad(f, (0, 1))(v, U)
    return l, dv, dU


def tp_embedding_dense(v_c, o, negatives, U):
    # index_put_ with accumulate=False
    idx = np.concatenate([negatives, [o]])
    sign = np.append(-np.ones(len(negatives)), 1)
    x = sign * (U[idx] @ v_c)
    g = -sign * sigmoid(-x)
    dU = np.zeros_like(U)
    dU[idx] = g[:, None] * v_c
    return -F.logsigmoid(x).sum(), g @ U[idx], dU


def tp_clamp(v_c, o, negatives, U):
    pos = np.clip(U[o] @ v_c, -10, 10)
    neg = np.clip(U[negatives] @ v_c, -10, 10)
    loss = -F.logsigmoid(pos) - F.logsigmoid(-neg).sum()
    dv = -sigmoid(-pos) * U[o] + sigmoid(neg) @ U[negatives]
    dU = np.zeros_like(U)
    dU[o] -= sigmoid(-pos) * v_c
    np.add.at(dU, negatives, np.outer(sigmoid(neg), v_c))
    return loss, dv, dU


def tp_cross_entropy_wrong_axis(v_c, o, U):
    # F.cross_entropy(dim=0) over the features
    z = U * v_c                          # (V, d)
    lp = F.log_softmax(z, dim=0)
    loss = -lp[o].sum()
    y = np.exp(lp)
    y[o] -= 1
    return loss, (y * U).sum(0), y * v_c


def tp_nll_of_softmax(v_c, o, U):
    # log_softmax, then exp, then log again "for nll"
    p = np.exp(F.log_softmax(U @ v_c))
    loss = -np.log(p)[o]
    t = np.zeros(len(U)); t[o] = 1
    return loss, U.T @ (p - t), np.outer(p - t, v_c)


def tp_double_softmax(v_c, o, U):
    # nn.CrossEntropyLoss on probabilities (softmax twice)
    def f(v, U):
        return -jax.nn.log_softmax(jax.nn.softmax(U @ v))[o]
    v, U = jnp.asarray(v_c), jnp.asarray(U)
    l, (dv, dU) = jax.value_and_grad(f, (0, 1))(v, U)
    return l, dv, dU


def tp_ce_mean(v_c, o, U):
    lp = F.log_softmax(U @ v_c)
    t = np.zeros(len(U)); t[o] = 1
    loss = -(t * lp).mean()
    d = (np.exp(lp) - t) / len(U)
    return loss, (d @ U, np.outer(d, v_c))


def tp_half(v_c, o, negatives, U):
    """0.5 * (pos_loss + neg_loss)"""
    v, U = jnp.asarray(v_c), jnp.asarray(U)
    f = lambda v, U: 0.5 * (jax.nn.softplus(-U[o] @ v) + jax.nn.softplus(U[negatives] @ v).sum())
    l, (dv, dU) = jax.value_and_grad(f, (0, 1))(v, U)
    return l, dv, dU
