"""Mistakes in ways that others wrote them: none of these functions uses a record."""

import math

import numpy as np
import pytest

from jw2v import check
from right import log_sigmoid, sampling_vectorised, sigmoid, softmax_vectorised

pytestmark = pytest.mark.usefixtures("unchecked")


def names(report):
    return [each.name for each in report.mistakes]


def window(c, outside, V, U, negatives):
    loss, by_V, by_U = 0, np.zeros_like(V), np.zeros_like(U)
    for o, drawn in zip(outside, negatives, strict=True):
        one, by_v, table = sampling_vectorised(V[c], o, drawn, U)
        loss, by_U = loss + one, by_U + table
        by_V[c] += by_v
    return loss, by_V, by_U


def bag(o, context, V, U, negatives):
    loss, by_h, by_U = sampling_vectorised(V[context].mean(0), o, negatives, U)
    by_V = np.zeros_like(V)
    np.add.at(by_V, context, by_h / len(context))
    return loss, by_V, by_U


def at_once(of_outside, of_negatives):
    """A window whose rows are written into the table all at once."""

    def mine(c, outside, V, U, negatives):
        loss, by_V, _ = window(c, outside, V, U, negatives)
        table = np.zeros_like(U)
        of_outside(table, outside, (sigmoid(U[outside] @ V[c]) - 1)[:, None] * V[c])
        of_negatives(table, negatives, sigmoid(U[negatives] @ V[c])[..., None] * V[c])
        return loss, by_V, table

    return mine


def once(table, words, rows):
    table[words] += rows


def put(table, words, rows):
    table[words] = rows


@pytest.mark.parametrize(
    ("of_outside", "of_negatives", "name"),
    [
        (once, once, "repeats counted once"),
        (once, np.add.at, "repeats counted once"),
        (np.add.at, once, "repeats counted once"),
        (np.add.at, put, "rows overwritten"),
        (put, put, "rows overwritten"),
    ],
)
def test_windows_that_are_written_at_once(of_outside, of_negatives, name) -> None:
    assert check.skip_gram(at_once(np.add.at, np.add.at)).right
    assert names(check.skip_gram(at_once(of_outside, of_negatives))) == [name]


def set_with_the_first_rows(c, outside, V, U, negatives):
    words = list(set(outside.tolist()))
    return window(c, words, V, U, negatives[: len(words)])


def dict_of_negatives(c, outside, V, U, negatives):
    drawn = dict(zip(outside.tolist(), negatives, strict=True))
    return window(c, list(drawn), V, U, list(drawn.values()))


def with_the_center(c, outside, V, U, negatives):
    return window(c, [c, *outside], V, U, [negatives[0], *negatives])


def left_side(c, outside, V, U, negatives):
    half = len(outside) // 2
    return window(c, outside[:half], V, U, negatives[:half])


@pytest.mark.parametrize(
    ("mine", "name"),
    [
        (set_with_the_first_rows, "set of outside words"),
        (dict_of_negatives, "set of outside words"),
        (with_the_center, "the center's own position included"),
        (left_side, "one side only"),
    ],
)
def test_windows_of_other_words(mine, name) -> None:
    report = check.skip_gram(mine)
    assert (names(report), report.unknown) == ([name], False)


def each_alone(o, context, V, U, negatives):
    loss, by_V, by_U = 0, np.zeros_like(V), np.zeros_like(U)
    for w in context:
        one, by_v, table = sampling_vectorised(V[w], o, negatives, U)
        loss, by_U = loss + one, by_U + table
        by_V[w] += by_v
    return loss, by_V, by_U


def center_predicts(o, context, V, U, negatives):
    return window(o, context, V, U, [negatives] * len(context))


def mean_of(function):
    def mine(o, context, *rest):
        return tuple(each / len(context) for each in function(o, context, *rest))

    return mine


def set_divided_by_all(o, context, V, U, negatives):
    once, n = sorted(set(context.tolist())), len(context)
    loss, by_h, by_U = sampling_vectorised(V[once].sum(0) / n, o, negatives, U)
    by_V = np.zeros_like(V)
    by_V[once] = by_h / n
    return loss, by_V, by_U


def moves_o_too(o, context, V, U, negatives):
    loss, by_V, by_U = bag(o, context, V, U, negatives)
    by_V[o] += sampling_vectorised(V[context].mean(0), o, negatives, U)[1]
    return loss, by_V, by_U


@pytest.mark.parametrize(
    ("mine", "name"),
    [
        (each_alone, "a loss for each context word"),
        (mean_of(each_alone), "a loss for each context word"),
        (center_predicts, "center and outside swapped"),
        (mean_of(center_predicts), "center and outside swapped"),
        (mean_of(bag), "divided by the context"),
        (set_divided_by_all, "set of context words"),
        (moves_o_too, "gradient in the row of o"),
    ],
)
def test_bags(mine, name) -> None:
    assert check.cbow(bag).right
    report = check.cbow(mine)
    assert (names(report), report.unknown) == ([name], False)


def in_bits(v_c, o, negatives, U):
    return tuple(each / math.log(2) for each in sampling_vectorised(v_c, o, negatives, U))


def one_log(v_c, o, negatives, U):
    """Of the negatives alone, beside a loss of o that is right."""
    return -log_sigmoid(U[o] @ v_c) - np.log(1 - sigmoid(U[negatives] @ v_c)).sum()


def quotients(v_c, o, negatives, U):
    up, down = np.exp(U[negatives] @ v_c), np.exp(-U[o] @ v_c)
    by_U = np.zeros_like(U)
    np.add.at(by_U, negatives, np.outer(up / (1 + up), v_c))
    by_U[o] -= down / (1 + down) * v_c
    return up / (1 + up) @ U[negatives] - down / (1 + down) * U[o], by_U


def capped_and_differentiated(v_c, o, negatives, U):
    p, q = sigmoid(U[o] @ v_c), sigmoid(-U[negatives] @ v_c)
    a, b = -p * (1 - p) / (p + 1e-8), q * (1 - q) / (q + 1e-8)
    by_U = np.zeros_like(U)
    np.add.at(by_U, negatives, np.outer(b, v_c))
    by_U[o] += a * v_c
    loss = -np.log(p + 1e-8) - np.log(q + 1e-8).sum()
    return loss, a * U[o] + b @ U[negatives], by_U


@pytest.mark.parametrize(
    ("mine", "name"),
    [
        (in_bits, "another logarithm"),
        (one_log, "log of sigmoid"),
        (quotients, "exp overflows"),
        (capped_and_differentiated, "number added inside the log"),
    ],
)
def test_losses_of_pairs_with_gradients_of_their_own(mine, name) -> None:
    report = check.negative_sampling(mine)
    assert (names(report), report.unknown) == ([name], False)


def entropy(v_c, o, U):
    p = np.exp(U @ v_c - np.logaddexp.reduce(U @ v_c))
    log = np.log(np.maximum(p, 1e-300))
    error = -p * (log - p @ log)
    return -p @ log, error @ U, np.outer(error, v_c)


def fails(v_c, o, U):
    e = [math.exp(z) for z in U @ v_c]
    return -math.log(e[o] / sum(e)), *softmax_vectorised(v_c, o, U)[1]


def fails_and_is_wrong(v_c, o, U):
    return 2 * fails(v_c, o, U)[0]


def test_losses_of_the_softmax() -> None:
    report = check.naive_softmax(entropy)
    assert (names(report), report.unknown) == (["entropy of the prediction"], False)


def test_a_function_that_fails_for_large_scores() -> None:
    report = check.naive_softmax(fails)
    assert names(report) == ["softmax without a shift"]
    assert [each.name for each in report.remarks] == ["fails for large scores"]
    assert "Also: fails for large scores" in str(report)
    assert "OverflowError" in check.naive_softmax(fails_and_is_wrong).trouble


def test_the_sigmoid_of_a_sigmoid() -> None:
    def mine(x):
        s = 1 / (1 + np.exp(-1 / (1 + np.exp(-x))))
        return s * (1 - s)

    assert names(check.sigmoid_gradient(mine)) == ["σ taken twice"]
