"""CBOW hand-ins.  h = mean of the context vectors, then negative sampling against U."""
import numpy as np


def sigmoid(x):
    return np.where(x > 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def ns(h, o, negatives, U):
    """given: loss, gradient by h, gradient by U"""
    dU = np.zeros_like(U)
    z = U[o] @ h
    J = np.logaddexp(0, -z)
    dh = -sigmoid(-z) * U[o]
    dU[o] += -sigmoid(-z) * h
    for k in negatives:
        z = U[k] @ h
        J += np.logaddexp(0, z)
        dh += sigmoid(z) * U[k]
        dU[k] += sigmoid(z) * h
    return J, dh, dU


def student_anna_cbow(o, context, V, U, negatives):
    h = np.mean([V[w] for w in context], axis=0)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    for w in context:
        dV[w] += dh
    return J, dV, dU


def student_ben_cbow(o, context, V, U, negatives):
    h = np.zeros(V.shape[1])
    for w in context:
        h += V[w]
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    for w in context:
        dV[w] += dh / len(context)
    return J, dV, dU


def student_carla_cbow(o, context, V, U, negatives):
    h = V[context].mean(axis=0)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    dV[context] += dh / len(context)
    return J, dV, dU


def student_dmitri_cbow(o, context, V, U, negatives):
    ctx = set(context)
    h = sum(V[w] for w in ctx) / len(ctx)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    for w in ctx:
        dV[w] += dh / len(ctx)
    return J, dV, dU


def student_elif_cbow(o, context, V, U, negatives):
    ctx = set(context)
    h = sum(V[w] for w in ctx) / len(context)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    for w in ctx:
        dV[w] += dh / len(context)
    return J, dV, dU


def student_farid_cbow(o, context, V, U, negatives):
    h = U[context].mean(axis=0)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    for w in context:
        dV[w] += dh / len(context)
    return J, dV, dU


def student_gio_cbow(o, context, V, U, negatives):
    ctx = [w for w in context if w != o] or list(context)
    h = V[ctx].mean(axis=0)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    for w in ctx:
        dV[w] += dh / len(ctx)
    return J, dV, dU


def student_hana_cbow(o, context, V, U, negatives):
    h = V[context].mean(axis=0)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    dV += dh / len(context)
    return J, dV, dU


def student_ivo_cbow(o, context, V, U, negatives):
    h = V[context].mean(axis=0)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    dV[o] += dh            # the center word moves
    return J, dV, dU


def student_jo_cbow(o, context, V, U, negatives):
    """swapped: center vector against each context word"""
    J = 0.
    dV, dU = np.zeros_like(V), np.zeros_like(U)
    for w in context:
        j, dh, g = ns(V[o], w, negatives, U)
        J += j / len(context)
        dV[o] += dh / len(context)
        dU += g / len(context)
    return J, dV, dU


def student_katya_cbow(o, context, V, U, negatives):
    J, dV, dU = 0., np.zeros_like(V), np.zeros_like(U)
    n = len(context)
    for w in context:
        j, dh, g = ns(V[w], o, negatives, U)    # average of the losses instead of the vectors
        J += j / n
        dV[w] += dh / n
        dU += g / n
    return J, dV, dU


def student_lars_cbow(o, context, V, U, negatives):
    bag = list(context) + [o]
    h = V[bag].mean(0)
    J, dh, dU = ns(h, o, negatives, U)
    dV = np.zeros_like(V)
    np.add.at(dV, bag, dh / len(bag))
    return {"loss": J, "V": dV, "U": dU}
