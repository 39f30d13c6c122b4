"""Negative sampling of one pair: its program in pieces, and the mistakes that people make in it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from jw2v.check.records import Array, Mistake, Parts, mistake

__all__ = ["IN_COLUMNS", "MISTAKES", "NONE_DRAWN", "REMARK", "program", "sigmoid", "softplus"]


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(−x)), without overflow."""
    half: Array = np.exp(-np.abs(x))
    return np.where(x < 0, half / (1 + half), 1 / (1 + half)).astype(half.dtype)


def softplus(x: Array) -> Array:
    """log(1 + exp(x)) = −log σ(−x), without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _added(table: Array, o: int, negatives: Array, row: Array, rows: Array) -> Array:
    table[o] += row
    np.add.at(table, negatives, rows)
    return table


def program(
    v_c: Array,
    o: int,
    negatives: Array,
    U: Array,
    *,
    draws: Callable[..., Array] = lambda o, negatives: negatives,
    clip: Callable[..., Array] = lambda z: z,
    term_o: Callable[..., Array] = lambda z: softplus(-z),
    term_k: Callable[..., Array] = softplus,
    total: Callable[..., Array] = lambda t_o, t_k, z_o, z_k: t_o + t_k.sum(),
    unit: Callable[..., Array] = lambda J: J,
    slope_o: Callable[..., Array] = lambda z: -sigmoid(-z),
    slope_k: Callable[..., Array] = lambda z, z_k: sigmoid(z),
    share: Callable[..., Any] = lambda K: (1, 1),
    sign: Callable[..., Any] = lambda: 1,
    by_center: Callable[..., Array] = lambda a, u_o, b, u_k: a * u_o + b @ u_k,
    table: Callable[..., Array] = _added,
    row: Callable[..., Any] = lambda a, b, v_c, u_o, u_k: (a * v_c, np.outer(b, v_c)),
    read: Callable[..., Array] = lambda U: U,
    layout: Callable[..., Array] = lambda G: G,
    step: Callable[..., Array] = lambda U, G: U,
) -> Parts:
    """Loss and gradients; each keyword is a piece that a mistake may replace."""
    U = read(U)
    used = np.asarray(draws(o, negatives), int)
    u_o, u_k = U[o], U[used]
    z_o, z_k = clip(u_o @ v_c), clip(u_k @ v_c)
    of_o, of_k = share(len(used))
    J = total(of_o * term_o(z_o), of_k * term_k(z_k), z_o, z_k)
    a, b = sign() * of_o * slope_o(z_o), sign() * of_k * slope_k(z_k, z_k)
    G = table(np.zeros_like(U), o, used, *row(a, b, v_c, u_o, u_k))
    moved = step(U, G)
    return {"loss": unit(J), "v_c": by_center(a, moved[o], b, moved[used]), "U": layout(G)}


def _unique(o: int, negatives: Array) -> Array:
    return np.unique(negatives)


def _once(table: Array, o: int, negatives: Array, row: Array, rows: Array) -> Array:
    table[o] += row
    table[negatives] += rows
    return table


def _set(table: Array, o: int, negatives: Array, row: Array, rows: Array) -> Array:
    table[o] = row
    table[negatives] = rows
    return table


def _set_o_last(table: Array, o: int, negatives: Array, row: Array, rows: Array) -> Array:
    table[negatives] = rows
    table[o] = row
    return table


def _o_overwrites(table: Array, o: int, negatives: Array, row: Array, rows: Array) -> Array:
    np.add.at(table, negatives, rows)
    table[o] = row
    return table


def _o_alone(table: Array, o: int, negatives: Array, row: Array, rows: Array) -> Array:
    table[o] += row
    return table


def _o_left_out(table: Array, o: int, negatives: Array, row: Array, rows: Array) -> Array:
    np.add.at(table, negatives, rows)
    return table


def _log(p: Array, added: float = 0) -> Array:
    return -np.log(p + p.dtype.type(added))


def _plain_sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _overflowing_sigmoid(x: Array) -> Array:
    return np.exp(x) / (1 + np.exp(x))


def _saturated(bound: float) -> dict[str, Callable[..., Any]]:
    def cut(z: Array) -> Array:
        return np.where(np.abs(z) > bound, np.inf * z, z)

    return {
        "slope_o": lambda z: -sigmoid(-cut(z)),
        "slope_k": lambda z, z_k: sigmoid(cut(z)),
    }


def _clipped(bound: float) -> Callable[[Array], Array]:
    return lambda z: np.clip(z, -bound, bound)


def _flat_beyond(bound: float) -> dict[str, Callable[..., Any]]:
    """Clipped, and differentiated: the slope is 0 where the score was cut off."""

    def flat(z: Array, slope: Array) -> Array:
        return np.where(np.abs(z) >= bound, z * 0, slope)

    return {
        "clip": _clipped(bound),
        "slope_o": lambda z: flat(z, -sigmoid(-z)),
        "slope_k": lambda z, z_k: flat(z, sigmoid(z)),
    }


def _log_of(added: float) -> dict[str, Callable[..., Any]]:
    def slope(p: Array) -> Array:
        return p / (p + p.dtype.type(added))

    return {
        "term_o": lambda z: _log(sigmoid(z), added),
        "term_k": lambda z: _log(sigmoid(-z), added),
        "slope_o": lambda z: -sigmoid(-z) * slope(sigmoid(z)),
        "slope_k": lambda z, z_k: sigmoid(z) * slope(sigmoid(-z)),
    }


def _floored(floor: float) -> dict[str, Callable[..., Any]]:
    return {
        "term_o": lambda z: -np.log(np.maximum(sigmoid(z), floor)),
        "term_k": lambda z: -np.log(np.maximum(sigmoid(-z), floor)),
        "slope_o": lambda z: np.where(sigmoid(z) < floor, z * 0, -sigmoid(-z)),
        "slope_k": lambda z, z_k: np.where(sigmoid(-z) < floor, z * 0, sigmoid(z)),
    }


def _logs_of_sigmoid() -> tuple[dict[str, Callable[..., Any]], ...]:
    """The ways to write a log of σ, of o and of the negatives, some of them by another."""
    of_o: tuple[Callable[..., Array], ...] = (
        lambda z: _log(sigmoid(z)),
        lambda z: np.log(1 + np.exp(-z)),
    )
    of_k: tuple[Callable[..., Array], ...] = (
        lambda z: _log(sigmoid(-z)),
        lambda z: -np.log(1 - sigmoid(z)),
        lambda z: np.log(1 + np.exp(z)),
    )
    usual = [{"term_o": of_o[0], "term_k": of_k[0]}, {"term_o": of_o[0], "term_k": of_k[1]}]
    both = [{"term_o": o, "term_k": k} for o in of_o for k in of_k]
    one = [{"term_o": o} for o in of_o] + [{"term_k": k} for k in of_k]
    # What differentiating such a log gives: 0 times infinity, where σ is 0.
    lost_o = {"slope_o": lambda z: np.where(sigmoid(z) == 0, np.nan, -sigmoid(-z))}
    lost_k = (
        {"slope_k": lambda z, z_k: np.where(sigmoid(-z) == 0, np.nan, sigmoid(z))},
        {"slope_k": lambda z, z_k: np.where(1 - sigmoid(z) == 0, np.nan, sigmoid(z))},
    )
    differentiated: list[dict[str, Callable[..., Any]]] = [
        {**form, **lost_o, **lost} for form, lost in zip(usual, lost_k, strict=True)
    ]
    others = [form for form in both if form not in usual]
    return (*usual, *others, *one, *differentiated)


EPSILONS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30)
"""What people add inside a logarithm."""
BOUNDS = (5, 6, 8, 10, 15, 16, 20, 30, 50, 100, 500, 700)
"""Where people cut logits."""
RATES = (0.001, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1.0)
"""Learning rates that people use."""

LOGARITHMS: tuple[dict[str, Callable[..., Any]], ...] = (
    {"unit": lambda J: J / np.log(2)},
    {"unit": lambda J: J / np.log(10)},
)
_BASES = tuple(zip(LOGARITHMS, (2, 10), strict=True))


def stepped(rate: float) -> dict[str, Callable[..., Any]]:
    """U has made a step of this learning rate already."""
    return {"step": lambda U, G: U - rate * G}


REMARK = mistake(
    "one minus sigmoid",
    "The gradient is 0 where it should be tiny: 1 − σ(x) has lost all digits, and so has"
    " log(1 − σ(x)); write σ(−x).",
    kind="rounding",
)

NONE_DRAWN = mistake(
    "no negatives",
    "Without negatives it fails, or its results are wrong: sums over none of them are 0, and the"
    " term of o is left.",
)

TRANSPOSED = mistake(
    "transposed",
    "∂J/∂U is transposed.",
    {"layout": lambda G: G.T},
    {"layout": lambda G: G.T.reshape(G.shape)},
)

IN_COLUMNS = mistake(
    "words in columns",
    "Words are read as columns of U where they are its rows, or the reverse: the option layout says"
    " which they are.",
    {"read": lambda U: U.T, "layout": lambda G: G.T},
)

MISTAKES: tuple[Mistake, ...] = (
    mistake(
        "signs lost",
        "The rows of the negatives have the wrong sign in ∂J/∂U: the columns of −v_c δᵀ have yet to"
        " be multiplied by the signs [1, −1, …, −1].",
        {"row": lambda a, b, v, u_o, u_k: (a * v, -np.outer(b, v))},
    ),
    mistake(
        "negatives pulled",
        "The negatives are pulled towards the center: their part of the gradient has the wrong"
        " sign.",
        {"slope_k": lambda z, z_k: -sigmoid(z)},
    ),
    mistake(
        "sigmoid for its complement",
        "σ stands where 1 − σ should.",
        {"slope_o": lambda z: -sigmoid(z), "slope_k": lambda z, z_k: sigmoid(-z)},
        {"slope_o": lambda z: -sigmoid(z)},
    ),
    mistake(
        "negatives not reflected",
        "For the negatives, 1 − σ(u_k·v_c) stands where 1 − σ(−u_k·v_c) = σ(u_k·v_c) should.",
        {"slope_k": lambda z, z_k: sigmoid(-z)},
    ),
    mistake(
        "negatives as positives",
        "The negatives are treated as true words: log σ(u_k·v_c) stands where log σ(−u_k·v_c)"
        " should.",
        {"term_k": lambda z: softplus(-z)},
        {"term_k": lambda z: softplus(-z), "slope_k": lambda z, z_k: -sigmoid(-z)},
        # By log(σ(x)), as it is mostly written
        {"term_o": lambda z: _log(sigmoid(z)), "term_k": lambda z: _log(sigmoid(z))},
        {
            "term_o": lambda z: _log(sigmoid(z)),
            "term_k": lambda z: _log(sigmoid(z)),
            "slope_k": lambda z, z_k: -sigmoid(-z),
        },
    ),
    mistake(
        "slope of sigmoid",
        "The derivative of σ stands where that of log σ should: there is a factor σ too many.",
        {
            "slope_o": lambda z: -sigmoid(z) * sigmoid(-z),
            "slope_k": lambda z, z_k: sigmoid(z) * sigmoid(-z),
        },
    ),
    mistake(
        "repeats counted once",
        "A word that was drawn twice gets its row once: `G[negatives] += rows` keeps the last;"
        " use np.add.at, or a loop.",
        {"table": _once},
    ),
    mistake(
        "rows overwritten",
        "Rows of ∂J/∂U overwrite each other, by =, or by += with an array of row numbers: a"
        " repeated word keeps the last, and o among the negatives loses a term; use np.add.at.",
        {"table": _set},
        {"table": _set_o_last},
    ),
    mistake(
        "row o without the push",
        "Where o is among the negatives, its row of ∂J/∂U lacks the term of the negative.",
        {"table": _o_overwrites},
    ),
    mistake(
        "rows of negatives missing",
        "∂J/∂U has only the row of o: the rows of the negatives are missing.",
        {"table": _o_alone},
    ),
    mistake(
        "row o missing",
        "∂J/∂U has only the rows of the negatives: the term of o is missing.",
        {"table": _o_left_out},
    ),
    mistake(
        "o removed from the negatives",
        "Where o is among the negatives it is left out; every draw counts.",
        {"draws": lambda o, negatives: negatives[negatives != o]},
    ),
    mistake(
        "o counted as a negative",
        "The true word o is counted among the negatives as well.",
        {"draws": lambda o, negatives: np.append(negatives, o)},
    ),
    mistake(
        "set of negatives",
        "Each negative counts once, however often it was drawn; a word drawn twice counts twice.",
        {"draws": _unique},
    ),
    mistake(
        "mean over the negatives",
        "The negatives are averaged where they should be added up.",
        {"share": lambda K: (1, 1 / max(K, 1))},
        {"share": lambda K: (1 / max(K, 1), 1 / max(K, 1))},
    ),
    mistake(
        "mean over all terms",
        "The K + 1 terms are averaged where they should be added up.",
        {"share": lambda K: (1 / (K + 1), 1 / (K + 1))},
        {"share": lambda K: (1, 1 / (K + 1))},
    ),
    mistake(
        "K times the sum",
        "The sum over the negatives is multiplied by their number K.",
        {"share": lambda K: (1, K)},
    ),
    mistake(
        "v_c without the negatives",
        "∂J/∂v_c lacks the terms of the negatives.",
        {"by_center": lambda a, u_o, b, u_k: a * u_o},
    ),
    mistake(
        "v_c without u_o",
        "∂J/∂v_c lacks the term of u_o.",
        {"by_center": lambda a, u_o, b, u_k: b @ u_k},
    ),
    mistake(
        "signs twice in v_c",
        "In ∂J/∂v_c the term of the negatives has the wrong sign.",
        {"by_center": lambda a, u_o, b, u_k: a * u_o - b @ u_k},
    ),
    mistake(
        "last draw lost",
        "The last of the negatives is left out.",
        {"draws": lambda o, negatives: negatives[:-1]},
    ),
    mistake(
        "first draw lost",
        "The first of the negatives is left out.",
        {"draws": lambda o, negatives: negatives[1:]},
    ),
    mistake(
        "log sigmoid of a sum",
        "The scores are added up inside log σ; each has a log σ of its own.",
        {
            "total": lambda t_o, t_k, z_o, z_k: t_o + softplus(z_k.sum()),
            "slope_k": lambda z, z_k: np.full_like(z, sigmoid(z_k.sum())),
        },
        {"total": lambda t_o, t_k, z_o, z_k: softplus(z_k.sum() - z_o)},
    ),
    mistake(
        "sigmoid with the wrong sign",
        "σ is computed as 1 / (1 + e^x); it is 1 / (1 + e^(−x)).",
        {
            "term_o": softplus,
            "term_k": lambda z: softplus(-z),
            "slope_o": lambda z: -sigmoid(z),
            "slope_k": lambda z, z_k: sigmoid(-z),
        },
    ),
    mistake(
        "all signs flipped",
        "The sign is that of the log-likelihood, which is to be raised; the loss is its negative.",
        {"sign": lambda: -1},
        {"unit": lambda J: -J},
        {"sign": lambda: -1, "unit": lambda J: -J},
    ),
    mistake(
        "exp overflows",
        "e^x / (1 + e^x) is NaN where e^x overflows.",
        {
            "term_o": lambda z: _log(_overflowing_sigmoid(z)),
            "term_k": lambda z: _log(_overflowing_sigmoid(-z)),
            "slope_o": lambda z: _overflowing_sigmoid(z) - 1,
            "slope_k": lambda z, z_k: _overflowing_sigmoid(z),
        },
        {
            "term_o": lambda z: _log(_overflowing_sigmoid(z)),
            "term_k": lambda z: _log(_overflowing_sigmoid(-z)),
            "slope_o": lambda z: _overflowing_sigmoid(z) - 1,
            "slope_k": lambda z, z_k: 1 - _overflowing_sigmoid(-z),
        },
        {
            "slope_o": lambda z: -_overflowing_sigmoid(-z),
            "slope_k": lambda z, z_k: _overflowing_sigmoid(z),
        },
        kind="rounding",
    ),
    mistake(
        "log of sigmoid",
        "log(σ(x)) is infinite where σ(x) rounds to 0; write −logaddexp(0, −x), or log_sigmoid.",
        *_logs_of_sigmoid(),
        kind="rounding",
    ),
    mistake(
        "number added inside the log",
        "A small number is added inside the logarithm, or its argument is kept from 0, which caps"
        " the loss; use log_sigmoid and add nothing.",
        *map(_log_of, EPSILONS),
        *map(_floored, EPSILONS),
        kind="rounding",
    ),
    mistake(
        "clipped logits",
        "Scores are cut off, as word2vec.c does at ±6; beyond, loss and gradient are wrong.",
        *({"clip": _clipped(bound)} for bound in BOUNDS),
        *map(_saturated, (5, 6)),
        *map(_flat_beyond, BOUNDS),
        kind="rounding",
    ),
    mistake(
        "another logarithm",
        "The logarithm is to base 2 or 10; losses are in nats.",
        *LOGARITHMS,
        *({**form, "sign": lambda by=base: float(1 / np.log(by))} for form, base in _BASES),
    ),
    mistake(
        "u_w for v_c",
        "The rows of ∂J/∂U are multiples of u_w; they are multiples of v_c.",
        {"row": lambda a, b, v, u_o, u_k: (a * u_o, b[:, None] * u_k)},
    ),
    TRANSPOSED,
    mistake(
        "U was stepped first",
        "∂J/∂v_c is taken after U has made its step; both gradients belong to the same point.",
        *map(stepped, RATES),
    ),
)
"""In the order in which they are tried."""
