from math import exp, log, log10


def dot(a, b):
    t = 0.0
    for i in range(len(a)):
        t += a[i] * b[i]
    return t


def probs(scores):
    m = max(scores)
    es = [exp(s - m) for s in scores]
    Z = sum(es)
    return [e / Z for e in es]


def lse(scores):
    m = max(scores)
    return m + log(sum(exp(s - m) for s in scores))


def sml_wrong_direction(v_c, o, U):
    V, d = len(U), len(v_c)
    sc = [dot(u, v_c) for u in U]
    p = probs(sc)
    dv, dU = [0.0] * d, []
    for w in range(V):
        err = (1.0 if w == o else 0.0) - p[w]
        dU.append([err * x for x in v_c])
        for i in range(d):
            dv[i] += err * U[w][i]
    return lse(sc) - sc[o], dv, dU


def sml_forgot_label(v_c, o, U):
    V, d = len(U), len(v_c)
    sc = [dot(u, v_c) for u in U]
    p = probs(sc)
    dv = [sum(p[w] * U[w][i] for w in range(V)) for i in range(d)]
    dU = [[p[w] * x for x in v_c] for w in range(V)]
    return lse(sc) - sc[o], dv, dU


def sml_no_shift(v_c, o, U):
    import numpy as np
    d = len(v_c)
    es = [np.exp(dot(u, v_c)) for u in U]
    Z = sum(es)
    dv = [-U[o][i] + sum(es[w] / Z * U[w][i] for w in range(len(U))) for i in range(d)]
    dU = [[(es[w] / Z - (w == o)) * v_c[i] for i in range(d)] for w in range(len(U))]
    return np.log(Z) - dot(U[o], v_c), dv, dU


def sml_mean(v_c, o, U):
    V, d = len(U), len(v_c)
    sc = [dot(u, v_c) for u in U]
    p = probs(sc)
    loss = lse(sc) - sc[o]
    dv = [0] * d
    dU = [[0] * d for _ in range(V)]
    for w in range(V):
        g = (p[w] - (1 if w == o else 0)) / V
        for i in range(d):
            dv[i] += g * U[w][i]
            dU[w][i] += g * v_c[i]
    return loss, (dv, dU)


def sml_only_o(v_c, o, U):
    V, d = len(U), len(v_c)
    sc = [dot(u, v_c) for u in U]
    p = probs(sc)
    g = p[o] - 1
    dv = [g * U[o][i] for i in range(d)]
    dU = [[g * v_c[i] if w == o else 0.0 for i in range(d)] for w in range(V)]
    return lse(sc) - sc[o], dv, dU


def sml_skip_last(v_c, o, U):
    V, d = len(U), len(v_c)
    sc = [dot(u, v_c) for u in U]
    p = probs(sc)
    dv = [-x for x in U[o]]
    dU = [[0.0] * d for _ in range(V)]
    for w in range(V - 1):
        for i in range(d):
            dv[i] += p[w] * U[w][i]
            dU[w][i] += p[w] * v_c[i]
    for i in range(d):
        dU[o][i] -= v_c[i]
    return lse(sc) - sc[o], dv, dU


def sml_else(v_c, o, U):
    """if w == o: p-1 ... else: p"""
    V, d = len(U), len(v_c)
    sc = [dot(u, v_c) for u in U]
    p = probs(sc)
    dv, dU = [0.0] * d, [[0.0] * d for _ in range(V)]
    for w in range(V):
        if w == o:
            for i in range(d):
                dU[w][i] = (p[w] - 1) * v_c[i]
                dv[i] += (p[w] - 1) * U[w][i]
        else:
            for i in range(d):
                dU[w][i] = p[w] * U[w][i]
                dv[i] += p[w] * U[w][i]
    return {"loss": lse(sc) - sc[o], "v_c": dv, "U": dU}


def sml_log10(v_c, o, U):
    sc = [dot(u, v_c) for u in U]
    m = max(sc)
    return m / log(10) + log10(sum(exp(s - m) for s in sc)) - sc[o] / log(10)


def sml_shift_lost(v_c, o, U):
    sc = [dot(u, v_c) for u in U]
    m = max(sc)
    Z = 0.0
    for s in sc:
        Z += exp(s - m)
    return log(Z) - sc[o]


def sml_math_overflow(v_c, o, U):
    return -dot(U[o], v_c) + log(sum([exp(dot(u, v_c)) for u in U]))
