"""How compositions make the vectors of a batch, whatever these predict and by whatever loss.

The output loss stays open: its gradient by each vector, its loss and its bounds are inputs. What is
proved is which vectors it is asked for, and what the rows of the tables are given of its answer:
the chain rule, whatever the loss is.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine import notation
from derivations.engine.notation import U, V, centers, d, i, w
from derivations.programs.arrays import Array, Nonnegative, constant, declared, nonnegative, numbers
from derivations.programs.batches import b, draw, first, no_key, over, place
from derivations.programs.claim import B, Claim, L, M
from derivations.programs.predicted import words
from jw2v.feeding.layouts import Bags, Windows
from jw2v.objectives import bags, windows
from jw2v.objectives.predictions import Predicted
from jw2v.objectives.rows import Rows
from jw2v.params import Params

__all__ = [
    "SPAN",
    "answer",
    "asking",
    "bound",
    "by_window",
    "claims_of_compositions",
    "member",
    "passed",
    "radii",
    "sentences",
    "words_of_bags",
]

SPAN = L + 2 * M
"""Words of a run with a margin of M on both sides."""

centers_of_windows = declared("centers_of_windows", B, within=notation.words)
there = declared("there", B, L, within=(sp.S.Zero, sp.S.One))
words_of_bags = declared("words_of_bags", B, SPAN, within=notation.words)
sentences = declared("sentences_of_bags", B, SPAN, integer=True)
radii = declared("radii", B, L, integer=True)
radii_within = declared("radii_within", B, L, within=(sp.S.Zero, M))
of_span = declared("vectors_of_bags", B, SPAN, d)

# What the output loss answers
loss, pairs = sp.symbols("loss_of_batch pairs_of_batch", real=True)
by_window = declared("slope_of_window", B, d)
by_bag = declared("slope_of_bag", B, L, d)
by_table = declared("slope_of_table", V, d)
bound = declared("bound_of_window", B)
bound_of_bag = declared("bound_of_bag", B, L)

answer = (constant(loss, "f"), constant(pairs, "f"))
passed = (((), loss), ((), pairs))


def claims_of_compositions() -> Iterator[Claim]:
    """Skip-gram, and CBOW by the mean and by the sum."""
    yield _skip_gram()
    yield from (_bags(mean) for mean in (True, False))
    yield _never_less()


def asking(
    composition: Callable[..., Any], params: Params, batch: Any, answer: Sequence[Any]
) -> tuple[Sequence[Any], Sequence[Any]]:
    """What a composition asks of the output loss, and what it hands on of an answer."""
    loss, pairs, by_C, bound, by_U = answer
    asked: list[Any] = []

    def predict(C: Any, U: Any, words: Any, where: Any, key: Any, rows: Any) -> Predicted:
        asked.extend((C, U, words, where, rows))
        return Predicted(loss, pairs, by_C, bound, Rows(None, by_U, by_U[:, 0]))

    found = composition(params, batch, no_key(), predict=predict)
    return asked, (found.loss, found.pairs, *found.gradient.V, found.gradient.U.gradient)


def _skip_gram() -> Claim:
    """A window asks for the vector of its center, whose row is given what is answered for it."""

    def program(V: Any, U: Any, center: Any, outside: Any, where: Any, *answer: Any) -> Any:
        asked, found = asking(
            windows.skip_gram_of_windows, Params(V, U), Windows(center, outside, where), answer
        )
        return *asked, *found

    run, at = place(B), place(L)
    center = ((run,), centers_of_windows[run])
    return Claim(
        "objectives.skip_gram_of_windows",
        program,
        (
            *(numbers(centers), numbers(U), numbers(centers_of_windows), numbers(words)),
            *(Array((B, L), "b", lambda *at: there[at]), *answer),
            *(numbers(by_window), numbers(bound), numbers(by_table)),
        ),
        (
            ((run, i), centers[centers_of_windows[run], i]),
            ((w, i), U[w, i]),
            ((run, at), words[run, at]),
            *(((run, at), there[run, at]), center, *passed),
            *(center, ((run, i), by_window[run, i]), ((run,), bound[run])),
            ((w, i), by_table[w, i]),
        ),
        ("i1",),
    )


def member(at: sp.Expr) -> sp.Expr:
    """Whether a word is in the bag: in its sentence, within its radius, not the word itself."""
    distance, sentence = sp.Abs(at - first - M), sentences[b, first + M]
    near = Nonnegative(radii[b, first] - distance) * (1 - Nonnegative(-distance))
    return near * Delta(sentences[b, at], sentence) * Nonnegative(sentence)


def _bags(mean: bool) -> Claim:
    """A bag asks for the mean or the sum of its vectors, to which what is answered is handed on."""

    def program(V: Any, U: Any, words: Any, sentence: Any, radius: Any, *answer: Any) -> Any:
        (C, U, middle, where, _), found = asking(
            partial(bags.cbow_of_bags, mean=mean),
            Params(V, U),
            Bags(words, sentence, radius),
            answer,
        )
        return C, U, middle[..., 0], where[..., 0], *found

    n = over(member(draw), (draw, SPAN))
    divided = sp.Max(1, n) if mean else sp.S.One
    bag = over(member(draw) / divided * of_span[b, draw, i], (draw, SPAN))

    def in_tables(expr: sp.Expr) -> sp.Expr:
        return expr.replace(
            lambda e: isinstance(e, sp.Indexed) and e.base == of_span,
            lambda e: centers[words_of_bags[e.indices[:2]], e.indices[2]],
        )

    run, at, span = place(B), place(L), place(SPAN)
    here = {b: run, first: at}
    # The chain rule: what is answered for a bag, times how the bag moves with a word
    moves = member(span) / divided
    handed_on = over(moves * by_bag[b, first, i], (first, L)).xreplace({b: run})
    shares = over(moves / divided * bound_of_bag[b, first], (first, L)).xreplace({b: run})
    sides = _twin(run, span, span - draw - 1) + _twin(run, span, span + draw + 1)
    times = 1 + over(sides, (draw, 2 * M))
    return Claim(
        f"objectives.cbow_of_bags, {'mean' if mean else 'sum'}",
        program,
        (
            *(numbers(centers), numbers(U), numbers(words_of_bags)),
            *(numbers(sentences), numbers(radii), *answer),
            *(numbers(by_bag), numbers(bound_of_bag), numbers(by_table)),
        ),
        (
            ((run, at, i), in_tables(bag).xreplace(here)),
            ((w, i), U[w, i]),
            ((run, at), words_of_bags[run, at + M]),
            *(((run, at), 1 - Nonnegative(-n).xreplace(here)), *passed),
            *(((run, span), words_of_bags[run, span]), ((run, span, i), handed_on)),
            ((run, span), times * shares),
            ((w, i), by_table[w, i]),
        ),
        ("j1", "j3") if mean else ("j2",),
    )


def _twin(run: sp.Expr, one: sp.Expr, other: sp.Expr) -> sp.Expr:
    """Whether two places hold one word in one sentence, of which the other may be beyond a run."""
    inside = nonnegative(other, True) * nonnegative(SPAN - 1 - other, True)
    told = ((table[run, one], table[run, other]) for table in (words_of_bags, sentences))
    return inside * sp.Mul(*(Delta(*pair) for pair in told))


def _never_less() -> Claim:
    """Two places of one bag are twins if they hold one word, so that no bag has it more often."""

    def program(words: Any, sentence: Any, radius: Any) -> Any:
        there = bags.members(Bags(words, sentence, radius))
        place = jnp.arange(words.shape[1])
        near = jnp.abs(place[:, None] - place) <= words.shape[1] - radius.shape[1]
        together = near & (sentence[:, :, None] == sentence[:, None, :])
        return there[..., :, None] & there[..., None, :] & ~together[:, None]

    at = place(B), place(L), place(SPAN), place(SPAN)
    return Claim(
        "objectives.cbow_of_bags, two words of one bag",
        program,
        (numbers(words_of_bags), numbers(sentences), numbers(radii_within)),
        ((at, sp.S.Zero),),
        ("j3",),
    )
