"""Skip-gram windows and bags of words (CBOW) over any pair loss, and the mistakes made in them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jw2v.check.records import Array, Mistake, Parts, mistake

__all__ = ["BAG", "BY_MEAN", "BY_SUM", "WINDOW", "bag", "window"]


def _in_row_c(table: Array, c: int, words: Array, gradients: Array) -> Array:
    table[c] += gradients.sum(0)
    return table


def window(
    c: int,
    outside: Array,
    V: Array,
    U: Array,
    *draws: Array,
    pair: Callable[..., Parts],
    around: Callable[..., Array] = lambda c, outside: outside,
    kept: Callable[..., Any] = lambda c, outside: range(len(outside)),
    drawn: Callable[..., Any] = lambda used: used,
    vector: Callable[..., Array] = lambda c, o, V, U: V[c],
    word: Callable[..., int] = lambda c, o: o,
    portion: Callable[..., float] = lambda n: 1,
    added: Callable[..., Array] = lambda tables, rows: tables.sum(0),
    place: Callable[..., Array] = _in_row_c,
    **of_pair: Any,
) -> Parts:
    """A window: each keyword is a piece that a mistake may replace, of the pair loss too."""
    outside = around(c, outside)
    used = list(kept(c, outside))

    def pairs(**pieces: Any) -> list[Parts]:
        return [
            pair(
                vector(c, outside[j], V, U),
                word(c, outside[j]),
                *(draw[row] for draw in draws),
                U,
                **pieces,
            )
            for j, row in zip(used, drawn(used), strict=True)
        ]

    def rows() -> list[tuple[Array, ...]]:
        """Of each pair, the words that move in U, o and negatives, and the rows they get."""
        seen: list[tuple[Array, ...]] = []

        def see(table: Array, o: int, negatives: Array, row: Array, others: Array) -> Array:
            seen.append((o, negatives, row, others))
            return table

        pairs(**{**of_pair, "table": see})
        return seen

    found = pairs(**of_pair)
    factor = portion(len(used))
    by_v, by_U = (
        np.array([one[part] for one in found]).reshape(-1, *shape)
        for part, shape in (("v_c", V.shape[1:]), ("U", U.shape))
    )
    return {
        "loss": factor * sum(one["loss"] for one in found),
        "V": place(np.zeros_like(V), c, outside[used], factor * by_v),
        "U": factor * added(by_U, rows),
    }


def _in_outside_rows(table: Array, c: int, words: Array, gradients: Array) -> Array:
    np.add.at(table, words, gradients)
    return table


def _in_both(table: Array, c: int, words: Array, gradients: Array) -> Array:
    return _in_row_c(_in_outside_rows(table, c, words, gradients), c, words, gradients)


def _total_in_both(table: Array, c: int, words: Array, gradients: Array) -> Array:
    np.add.at(table, words, gradients.sum(0))
    return _in_row_c(table, c, words, gradients)


def _last(table: Array, c: int, words: Array, gradients: Array) -> Array:
    table[c] = gradients[-1:].sum(0)
    return table


def _in_every_row(table: Array, c: int, words: Array, gradients: Array) -> Array:
    return table + gradients.sum(0)


def _firsts(words: Array) -> list[int]:
    return sorted(int(i) for i in np.unique(words, return_index=True)[1])


def _lasts(words: Array) -> list[int]:
    return [len(words) - 1 - i for i in _firsts(words[::-1])]


def _of_set(words: Array) -> list[int]:
    """The first place of each word, in the order in which Python's set gives them."""
    listed = words.tolist()
    return [listed.index(word) for word in set(listed)]


def _in_turn(used: list[int]) -> range:
    """The first rows of negatives, one for each word that is left."""
    return range(len(used))


_PREDICTED: Mapping[str, Callable[..., Any]] = {
    "vector": lambda c, o, V, U: V[o],
    "word": lambda c, o: c,
    "place": _in_outside_rows,
}
"""The center is what each of the other words predicts."""


def _with_center(c: int, outside: Array) -> Array:
    return np.append(outside, c)


def _all(c: int, outside: Array) -> range:
    """No word is left out besides: there are no negatives for it."""
    return range(len(outside))


def _first_again(used: list[int]) -> list[int]:
    """The negatives of the first word are those of one more word too."""
    return [*used[:-1], used[0]]


def _last_again(used: list[int]) -> list[int]:
    return [*used[:-1], used[-1] - 1]


WINDOW: tuple[Mistake, ...] = (
    mistake(
        "mean over the window",
        "The window is averaged where its pairs should be added up.",
        {"portion": lambda n: 1 / max(n, 1)},
    ),
    mistake(
        "center and outside swapped",
        "The gradient by V lies in the rows of the outside words, or the outside words predict the"
        " center: it is row c that predicts.",
        {"place": _in_outside_rows},
        _PREDICTED,
    ),
    mistake(
        "last pair only",
        "The gradient of the last pair overwrites those before; add them up.",
        {"place": _last},
        {"place": _last, "added": lambda tables, rows: tables[-1:].sum(0)},
        {"added": lambda tables, rows: tables[-1:].sum(0)},
    ),
    mistake(
        "every row of V filled",
        "Every row of ∂J/∂V is filled; all but row c are 0.",
        {"place": _in_every_row},
    ),
    mistake(
        "outside words moved in V",
        "The rows of the outside words in ∂J/∂V are not 0; only row c moves.",
        {"place": _in_both},
        {"place": _total_in_both},
    ),
    mistake(
        "set of outside words",
        "Each outside word counts once; one that is there twice counts twice.",
        {"kept": lambda c, outside: _firsts(outside)},
        {"kept": lambda c, outside: _lasts(outside)},
        {"kept": lambda c, outside: _firsts(outside), "drawn": _in_turn},
        {"kept": lambda c, outside: _of_set(outside), "drawn": _in_turn},
        {"kept": lambda c, outside: np.unique(outside, return_index=True)[1], "drawn": _in_turn},
    ),
    mistake(
        "outside words equal to c dropped",
        "Outside words that are the same word as the center are left out; they count.",
        {"kept": lambda c, outside: np.flatnonzero(outside != c)},
        {"kept": lambda c, outside: np.flatnonzero(outside != c), "drawn": _in_turn},
    ),
    mistake(
        "last outside word lost",
        "The last word of the window is left out.",
        {"kept": lambda c, outside: range(len(outside) - 1)},
    ),
    mistake(
        "first outside word lost",
        "The first word of the window is left out.",
        {"kept": lambda c, outside: range(1, len(outside))},
    ),
    mistake(
        "the center's own position included",
        "The center is among its own outside words: leave out offset 0.",
        {"around": _with_center, "kept": _all, "drawn": _first_again},
        {"around": _with_center, "kept": _all, "drawn": _last_again},
    ),
    mistake(
        "one side only",
        "The window has one side only: half of its outside words are left out.",
        {"kept": lambda c, outside: range(len(outside) // 2)},
        {"kept": lambda c, outside: range(len(outside) // 2, len(outside))},
        {"kept": lambda c, outside: range((len(outside) + 1) // 2)},
        {"kept": lambda c, outside: range((len(outside) + 1) // 2, len(outside))},
    ),
    mistake(
        "U for the center",
        "The center's vector is taken from U; it is row c of V.",
        {"vector": lambda c, o, V, U: U[c]},
    ),
)
"""In the order in which they are tried, before those of the pair loss."""


def _each(table: Array, o: int, context: Array, row: Array) -> Array:
    np.add.at(table, context, row)
    return table


def bag(
    o: int,
    context: Array,
    V: Array,
    U: Array,
    *draws: Array,
    pair: Callable[..., Parts],
    mean: bool = True,
    kept: Callable[..., Array] = lambda o, context: context,
    number: Callable[..., int] = lambda words, context: len(words),
    table_of: Callable[..., Array] = lambda V, U: V,
    divided: Callable[..., float] | None = None,
    back: Callable[..., float] | None = None,
    place: Callable[..., Array] = _each,
    portion: Callable[..., float] = lambda n: 1,
    pairs: Callable[[], Mapping[str, Any]] | None = None,
    **of_pair: Any,
) -> Parts:
    """A bag: each keyword is a piece that a mistake may replace, of the pair loss too.

    ``pairs`` are pieces of a window that is computed in its stead, of pairs with the same draws.
    """
    words = kept(o, context)
    if pairs is not None:
        repeated = (np.broadcast_to(draw, (len(words), *draw.shape)) for draw in draws)
        return window(o, words, V, U, *repeated, pair=pair, **pairs(), **of_pair)
    n = number(words, context)
    share = (lambda n: 1 / n) if mean else (lambda n: 1)
    forth = (divided or share)(n)
    h = (forth * table_of(V, U)[words].sum(0)).astype(V.dtype)
    found = pair(h, o, *draws, U, **of_pair)
    row = (back or divided or share)(n) * found["v_c"]
    factor = portion(n)
    return {
        "loss": factor * found["loss"],
        "V": place(np.zeros_like(V), o, words, factor * row),
        "U": factor * found["U"],
    }


def _once(table: Array, o: int, context: Array, row: Array) -> Array:
    table[context] += row
    return table


def _row_o(table: Array, o: int, context: Array, row: Array) -> Array:
    table[o] += row
    return table


def _row_o_too(table: Array, o: int, context: Array, row: Array) -> Array:
    return _row_o(_each(table, o, context, row), o, context, row)


def _whole_in_row_o(table: Array, o: int, context: Array, row: Array) -> Array:
    return _row_o(table, o, context, len(context) * row)


def _whole_in_row_o_too(table: Array, o: int, context: Array, row: Array) -> Array:
    return _whole_in_row_o(_each(table, o, context, row), o, context, row)


def _length(words: Array, context: Array) -> int:
    """The number of all words, though some were left out or one came in."""
    return len(context)


def _every(table: Array, o: int, context: Array, row: Array) -> Array:
    return table + row


BY_MEAN: tuple[Mistake, ...] = (
    mistake(
        "gradient of the mean not divided",
        "The vectors are averaged but each gets all of the gradient, as in word2vec.c, fastText and"
        " gensim; it is 1/n of it.",
        {"back": lambda n: 1},
    ),
    mistake(
        "sum for the mean",
        "The vectors are added where they should be averaged.",
        {"divided": lambda n: 1},
        {"divided": lambda n: 1, "back": lambda n: 1 / n},
    ),
)
BY_SUM: tuple[Mistake, ...] = (
    mistake(
        "gradient of the sum divided",
        "The vectors are added but each gets 1/n of the gradient, as in gensim; it is all of it.",
        {"back": lambda n: 1 / n},
    ),
    mistake(
        "mean for the sum",
        "The vectors are averaged where they should be added.",
        {"divided": lambda n: 1 / n},
        {"divided": lambda n: 1 / n, "back": lambda n: 1},
    ),
)
BAG: tuple[Mistake, ...] = (
    mistake(
        "repeated context word once",
        "A word that is twice in the context gets its gradient once: `G[context] += row` keeps one"
        " of them; use np.add.at, or a loop.",
        {"place": _once},
    ),
    mistake(
        "set of context words",
        "Each word of the context counts once; one that is there twice counts twice.",
        {"kept": lambda o, context: np.unique(context)},
        {"kept": lambda o, context: np.unique(context), "number": _length},
    ),
    mistake(
        "o in its own context",
        "The word in the middle is in its own context.",
        {"kept": lambda o, context: np.append(context, o)},
        {"kept": lambda o, context: np.append(context, o), "number": _length},
    ),
    mistake(
        "context words equal to o dropped",
        "Words of the context that are the same word as the one in the middle are left out; they"
        " count.",
        {"kept": lambda o, context: context[context != o]},
        {"kept": lambda o, context: context[context != o], "number": _length},
    ),
    mistake(
        "gradient in the row of o",
        "∂J/∂V has something in the row of the word in the middle; it is the words around that"
        " move.",
        {"place": _row_o},
        {"place": _row_o_too},
        {"place": _whole_in_row_o},
        {"place": _whole_in_row_o_too},
    ),
    mistake(
        "every row of V filled",
        "Every row of ∂J/∂V is filled; only the words of the context move.",
        {"place": _every},
    ),
    mistake(
        "U for the context",
        "The vectors of the context are taken from U; they are rows of V.",
        {"table_of": lambda V, U: U},
    ),
    mistake(
        "divided by the context",
        "The result is divided by the number of words in the context; J is of one word, and only"
        " the vectors of the context are averaged.",
        {"portion": lambda n: 1 / n},
    ),
    mistake(
        "center and outside swapped",
        "The word in the middle predicts those around, as in a skip-gram window; it is the words"
        " around that predict.",
        {"pairs": lambda: {}},
        {"pairs": lambda: {"portion": lambda n: 1 / n}},
    ),
    mistake(
        "a loss for each context word",
        "Each word of the context predicts by itself; one vector of all of them does.",
        {"pairs": lambda: {**_PREDICTED, "portion": lambda n: 1 / n}},
        {"pairs": lambda: _PREDICTED},
    ),
)
"""In the order in which they are tried, before those of the pair loss."""
