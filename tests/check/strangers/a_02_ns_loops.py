# word2vec without numpy, plain lists
import math


def sig(x):
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return e / (1 + e)


def softplus(x):
    # log(1+e^x), safe
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def loop_pulled(v_c, o, negatives, U):
    d = len(v_c)
    loss = softplus(-dot(U[o], v_c))
    dv = [(sig(dot(U[o], v_c)) - 1) * U[o][i] for i in range(d)]
    dU = [[0.0] * d for _ in U]
    for i in range(d):
        dU[o][i] += (sig(dot(U[o], v_c)) - 1) * v_c[i]
    for k in negatives:
        s = dot(U[k], v_c)
        loss += softplus(s)
        for i in range(d):
            dv[i] -= sig(s) * U[k][i]
            dU[k][i] -= sig(s) * v_c[i]
    return loss, dv, dU


def loop_assign(v_c, o, negatives, U):
    d = len(v_c)
    s = dot(U[o], v_c)
    g = sig(s) - 1
    loss = softplus(-s)
    dv = [g * x for x in U[o]]
    dU = [[0.0 for _ in range(d)] for _ in range(len(U))]
    dU[o] = [g * x for x in v_c]
    for k in negatives:
        s = dot(U[k], v_c)
        loss += softplus(s)
        g = sig(s)
        dv = [a + g * b for a, b in zip(dv, U[k])]
        dU[k] = [g * x for x in v_c]
    return loss, (dv, dU)


def loop_dict_rows(v_c, o, negatives, U):
    """collect the rows in a dict word -> row, then add them"""
    d = len(v_c)
    so = dot(U[o], v_c)
    loss = softplus(-so)
    dv = [(sig(so) - 1) * x for x in U[o]]
    rows = {}
    for k in negatives:
        k = int(k)
        sk = dot(U[k], v_c)
        loss = loss + softplus(sk)
        rows[k] = [sig(sk) * x for x in v_c]
        for i in range(d):
            dv[i] += sig(sk) * U[k][i]
    dU = [[0.0] * d for _ in U]
    for w, r in rows.items():
        dU[w] = list(r)
    for i in range(d):
        dU[o][i] += (sig(so) - 1) * v_c[i]
    return {"loss": loss, "v_c": dv, "U": dU}


def loop_last_lost(v_c, o, negatives, U):
    d = len(v_c)
    K = len(negatives)
    so = dot(U[o], v_c)
    loss = softplus(-so)
    dv = [(sig(so) - 1) * x for x in U[o]]
    dU = [[0.0] * d for _ in U]
    dU[o] = [(sig(so) - 1) * x for x in v_c]
    for j in range(0, K - 1):
        k = negatives[j]
        sk = dot(U[k], v_c)
        loss += softplus(sk)
        for i in range(d):
            dv[i] += sig(sk) * U[k][i]
            dU[k][i] += sig(sk) * v_c[i]
    return loss, dv, dU


def loop_unique(v_c, o, negatives, U):
    d = len(v_c)
    so = dot(U[o], v_c)
    loss = softplus(-so)
    dv = [(sig(so) - 1) * x for x in U[o]]
    dU = [[0.0] * d for _ in U]
    dU[o] = [(sig(so) - 1) * x for x in v_c]
    for k in set(int(n) for n in negatives):
        sk = dot(U[k], v_c)
        loss += softplus(sk)
        for i in range(d):
            dv[i] += sig(sk) * U[k][i]
            dU[k][i] += sig(sk) * v_c[i]
    return loss, dv, dU


def loop_skip_o(v_c, o, negatives, U):
    d = len(v_c)
    so = dot(U[o], v_c)
    loss = softplus(-so)
    dv = [(sig(so) - 1) * x for x in U[o]]
    dU = [[0.0] * d for _ in U]
    dU[o] = [(sig(so) - 1) * x for x in v_c]
    for k in negatives:
        if k == o:
            continue  # as word2vec.c does
        sk = dot(U[k], v_c)
        loss += softplus(sk)
        for i in range(d):
            dv[i] += sig(sk) * U[k][i]
            dU[k][i] += sig(sk) * v_c[i]
    return loss, dv, dU


def loop_not_reflected(v_c, o, negatives, U):
    d = len(v_c)
    so = dot(U[o], v_c)
    total = softplus(-so)
    grad_v = [0.0] * d
    grad_u = [[0.0] * d for _ in range(len(U))]
    for i in range(d):
        grad_v[i] -= (1 - sig(so)) * U[o][i]
        grad_u[o][i] -= (1 - sig(so)) * v_c[i]
    for k in negatives:
        sk = dot(U[k], v_c)
        total += softplus(sk)
        for i in range(d):
            grad_v[i] += (1 - sig(sk)) * U[k][i]
            grad_u[k][i] += (1 - sig(sk)) * v_c[i]
    return total, grad_v, grad_u


def loop_mean(v_c, o, negatives, U):
    n = len(negatives)
    d = len(v_c)
    so = dot(U[o], v_c)
    total = softplus(-so) + sum(softplus(dot(U[k], v_c)) for k in negatives) / n
    grad_v = [(sig(so) - 1) * x for x in U[o]]
    grad_u = [[0.0] * d for _ in range(len(U))]
    for i in range(d):
        grad_u[o][i] = (sig(so) - 1) * v_c[i]
    for k in negatives:
        g = sig(dot(U[k], v_c)) / n
        for i in range(d):
            grad_v[i] += g * U[k][i]
            grad_u[k][i] += g * v_c[i]
    return total, (grad_v, grad_u)


def loop_first_order(v_c, o, negatives, U):
    """the true word is handled after the noise words"""
    d = len(v_c)
    dv = [0.0] * d
    dU = [[0.0] * d for _ in U]
    loss = 0.0
    for k in negatives:
        s = dot(U[k], v_c)
        loss += softplus(s)
        for i in range(d):
            dv[i] += sig(s) * U[k][i]
            dU[k][i] += sig(s) * v_c[i]
    s = dot(U[o], v_c)
    loss += softplus(-s)
    for i in range(d):
        dv[i] += (sig(s) - 1) * U[o][i]
        dU[o][i] = (sig(s) - 1) * v_c[i]
    return loss, dv, dU


def loop_labels(v_c, o, negatives, U):
    # 1 for the true word, 0 for noise
    d = len(v_c)
    dv = [0.0] * d
    dU = [[0.0] * d for _ in U]
    loss = 0.0
    for w, label in [(o, 1)] + [(k, 0) for k in negatives]:
        s = dot(U[w], v_c)
        loss += softplus(-s) if label == 1 else softplus(s)
        err = label - sig(s)
        for i in range(d):
            dv[i] += err * U[w][i]
            dU[w][i] += err * v_c[i]
    return loss, dv, dU


def loop_k_times(v_c, o, negatives, U):
    d = len(v_c)
    so = dot(U[o], v_c)
    loss = softplus(-so)
    dv = [(sig(so) - 1) * x for x in U[o]]
    dU = [[0.0] * d for _ in U]
    dU[o] = [(sig(so) - 1) * x for x in v_c]
    K = len(negatives)
    for k in negatives:
        sk = dot(U[k], v_c)
        loss += K * softplus(sk)
        for i in range(d):
            dv[i] += K * sig(sk) * U[k][i]
            dU[k][i] += K * sig(sk) * v_c[i]
    return loss, dv, dU
