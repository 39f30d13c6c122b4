"""Objectives of a step, which are weighted sums of losses, and their gradients."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations import statements
from derivations.engine import notation
from derivations.engine.algebra import differentiate, fresh
from derivations.engine.notation import K, U, centers, d, i, o, table, unfold, v_c
from derivations.programs.arrays import Array, Nonnegative, numbers
from derivations.programs.claim import B, Claim, L, Result, S, put_size
from derivations.programs.losses import declared
from jw2v.feeding.layouts import Segments
from jw2v.objectives import predictions, segments
from jw2v.params import Params

__all__ = ["claims_of_objectives"]

TIMES = 2
"""K/S, how often each shared negative counts: it is a number that the program writes down."""

runs = declared("runs", B, L, within=notation.words)
shared = declared("shared_draws", B, S, within=notation.words)
sentence = table("sentence", B, L, integer=True)
pair_weights = table("pair_weights", L, L)
drawn = declared("drawn", B, L, K, within=notation.words)
vectors = table("vectors", B, d)
weights_of_words = table("weights_of_words", B, L)

# The vectors of a run and of its negatives, and the weights of its pairs, as tables of their own
of_run = table("of_run", B, L, d)
of_outside = table("of_outside", B, L, d)
of_negatives = table("of_negatives", B, S, d)
of_draws = table("of_draws", B, L, K, d)
weight_of_pair = table("weight_of_pair", B, L, L)

b, first, second = (
    sp.Symbol(name, integer=True, nonnegative=True) for name in ("run", "first", "second")
)


def claims_of_objectives() -> Iterator[Claim]:
    """Runs of text whose pairs share negatives, and pairs with negatives of their own."""
    yield from (_of_segments(), _of_pairs())


def _of_segments() -> Claim:
    """The loss of some runs, and its gradients by the vectors of their words and negatives."""

    def program(V: Any, U: Any, words: Any, sentence: Any, weights: Any, drawn: Any) -> Any:
        batch, (_, shared) = Segments(words, sentence), drawn.shape
        found = segments.segments_at(Params(V, U), batch, weights, drawn, negatives=TIMES * shared)
        by_U, length = found.gradient.U.gradient, words.shape[1]
        return found.loss, found.gradient.V.gradient, by_U[:, :length], by_U[:, length:]

    places = [_place(size) for size in (B, L, S)]
    by = [each[places[0], place, i] for each, place in _tables(*places)]
    return Claim(
        "objectives.segments_at",
        program,
        (
            numbers(centers),
            numbers(U),
            numbers(runs),
            Array((B, L), "i", lambda run, at: sentence[run, at]),
            numbers(pair_weights),
            numbers(shared),
        ),
        _results(_loss(), by, _in_tables),
        ("g1", "t5"),
    ).for_numbers()


def _of_pairs() -> Claim:
    """Vectors that each predict some words, and every pair has negatives of its own."""
    key = jax.random.key(0)  # nothing is drawn

    def program(C: Any, U: Any, words: Any, weights: Any, drawn: Any) -> Any:
        found = predictions.with_negatives(C, U, words, weights, key, None, drawn=drawn)
        by_U = found.U.gradient
        return found.loss, found.C, by_U[:, :, 0], by_U[:, :, 1:]

    def vector(e: sp.Indexed) -> sp.Expr:
        if e.base == v_c:
            return vectors[(b, *e.indices)]
        word, entry = e.indices
        if word == o:
            return of_outside[b, first, entry]
        return of_draws[b, first, word.indices[0], entry]

    def in_tables(expr: sp.Expr) -> sp.Expr:
        ids = {of_outside: runs, of_draws: drawn}
        return expr.replace(
            lambda e: isinstance(e, sp.Indexed) and e.base in ids,
            lambda e: U[ids[e.base][e.indices[:-1]], e.indices[-1]],
        )

    pair = unfold(statements()["g1"].losses[0])
    term = weights_of_words[b, first] * pair.replace(
        lambda e: isinstance(e, sp.Indexed) and e.base in (U, v_c), vector
    )
    loss = sp.Sum(sp.Sum(term, (first, 0, L - 1)), (b, 0, B - 1))
    run, place, draw = (_place(size) for size in (B, L, K))
    by = [vectors[run, i], of_outside[run, place, i], of_draws[run, place, draw, i]]
    return Claim(
        "objectives.predictions.with_negatives",
        program,
        (
            numbers(vectors),
            numbers(U),
            numbers(runs),
            numbers(weights_of_words),
            numbers(drawn),
        ),
        _results(loss, by, in_tables),
        ("g1", "h"),
    ).for_numbers()


def _results(
    loss: sp.Expr, by: list[sp.Expr], in_tables: Callable[[sp.Expr], sp.Expr]
) -> tuple[Result, ...]:
    """A loss and its derivatives, by vectors that are then read from the tables."""
    slopes = ((tuple(e.indices), differentiate(sp.Derivative(loss, e))) for e in by)
    return ((), in_tables(loss)), *((at, in_tables(slope)) for at, slope in slopes)


def _place(size: sp.Expr) -> sp.Expr:
    return fresh(sp.Dummy("a", integer=True), sp.S.Zero, size - 1)


def _tables(run: sp.Expr, place: sp.Expr, drawn: sp.Expr) -> list[tuple[sp.IndexedBase, sp.Expr]]:
    return [(of_run, place), (of_outside, place), (of_negatives, drawn)]


def _loss() -> sp.Expr:
    """The weighted sum of the losses of pairs, each with its share of the negatives of its run."""
    pair = unfold(statements()["g1"].losses[0])
    positive = put_size(pair, K, 0)
    term = weight_of_pair[b, first, second] * (positive + TIMES * (pair - positive))

    def vector(e: sp.Indexed) -> sp.Expr:
        if e.base == v_c:
            return of_run[(b, first, *e.indices)]
        word, entry = e.indices
        if word == o:
            return of_outside[b, second, entry]
        return of_negatives[b, word.indices[0], entry]

    term = term.replace(lambda e: isinstance(e, sp.Indexed) and e.base in (U, v_c), vector)
    for n, size in ((second, L), (first, L), (b, B)):
        term = sp.Sum(term, (n, 0, size - 1))
    return term.xreplace({K: S})


def _in_tables(expr: sp.Expr) -> sp.Expr:
    """The vectors and weights as they are read: rows of the tables, pairs of one sentence."""

    def read(e: sp.Indexed) -> sp.Expr:
        run, *at = e.indices
        if e.base == weight_of_pair:
            one, other = sentence[run, at[0]], sentence[run, at[1]]
            return pair_weights[tuple(at)] * Delta(one, other) * Nonnegative(one)
        table, ids = rows[e.base]
        return table[ids[run, at[0]], at[1]]

    rows = {of_run: (centers, runs), of_outside: (U, runs), of_negatives: (U, shared)}
    return expr.replace(
        lambda e: isinstance(e, sp.Indexed) and e.base in (*rows, weight_of_pair), read
    )
