"""The default objective: runs of text whose pairs share negatives."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations import statements
from derivations.engine import notation
from derivations.engine.notation import K, U, centers, d, i, unfold
from derivations.programs.arrays import Array, Nonnegative, declared, numbers
from derivations.programs.batches import (
    b,
    draw,
    first,
    of_parts,
    of_vectors,
    over,
    place,
    quarter,
    results,
    second,
)
from derivations.programs.claim import B, Claim, L, S, put_size
from jw2v.feeding.layouts import Segments
from jw2v.objectives import segments
from jw2v.params import Params

__all__ = ["claims_of_objectives", "no_numbers", "shared", "with_shared"]

runs = declared("runs", B, L, within=notation.words)
shared = declared("shared_draws", B, S, within=notation.words)
sentence = declared("sentence", B, L, integer=True)
pair_weights = declared("pair_weights", L, L)

# The vectors of a run and of its negatives, and the weights of its pairs, as tables of their own
of_run = declared("of_run", B, L, d)
of_outside = declared("of_outside", B, L, d)
of_shared = declared("of_shared", B, S, d)
weight_of_pair = declared("weight_of_pair", B, L, L)

no_numbers = Array((K,), "f", lambda at: sp.S.Zero)
"""Of which only the size is looked at."""


def with_shared() -> sp.Expr:
    """The loss of a pair with its share of the S negatives of a run, K/S times each (t5)."""
    pair = unfold(statements()["g1"].losses[0])
    positive = put_size(pair, K, 0)
    return positive + K / S * (pair - positive).xreplace({K: S})


def claims_of_objectives() -> Iterator[Claim]:
    """The loss of some runs, its gradients by the vectors of words and negatives, the bounds."""

    def program(
        V: Any, U: Any, words: Any, sentence: Any, weights: Any, drawn: Any, negatives: Any
    ) -> Any:
        found = segments.segments_at(
            Params(V, U),
            Segments(words, sentence),
            weights,
            drawn,
            negatives=negatives.shape[0],
        )
        length = words.shape[1]
        by_U = of_parts(found.gradient.U, np.s_[:, :length], np.s_[:, length:])
        return found.loss, found.pairs, *found.gradient.V, *by_U

    term = of_vectors(
        with_shared(),
        lambda e: of_run[b, first, e],
        lambda e: of_outside[b, second, e],
        lambda s, e: of_shared[b, s, e],
    )
    weight = weight_of_pair[b, first, second]
    loss = over(weight * term, (second, L), (first, L), (b, B))
    run, at, drawn = place(B), place(L), place(S)
    found, by_center, by_word, by_draw = results(
        loss, [of_run[run, at, i], of_outside[run, at, i], of_shared[run, drawn, i]], _in_tables
    )
    of_draws = over(quarter(of_shared, b, draw), (draw, S))
    square = weight * quarter(of_run, b, first)
    by_words = over(weight * (quarter(of_outside, b, second) + K / S * of_draws), (second, L))
    here = ((run, at), _in_tables(by_words.xreplace({b: run, first: at})))
    there = ((run, at), _in_tables(over(square, (first, L)).xreplace({b: run, second: at})))
    all_pairs = over(square, (second, L), (first, L)).xreplace({b: run})
    at_draw = ((run, drawn), K / S * _in_tables(all_pairs))
    ids, ids_of_draws = ((run, at), runs[run, at]), ((run, drawn), shared[run, drawn])
    yield Claim(
        "objectives.segments_at",
        program,
        (
            numbers(centers),
            numbers(U),
            numbers(runs),
            numbers(sentence),
            numbers(pair_weights),
            numbers(shared),
            no_numbers,
        ),
        (
            found,
            ((), _in_tables(over(weight, (second, L), (first, L), (b, B)))),
            *(ids, by_center, here),
            *(ids, by_word, there),
            *(ids_of_draws, by_draw, at_draw),
        ),
        ("g1", "t2", "t5"),
    )


def _in_tables(expr: sp.Expr) -> sp.Expr:
    """The vectors and weights as they are read: rows of the tables, pairs of one sentence."""

    def read(e: sp.Indexed) -> sp.Expr:
        run, *at = e.indices
        if e.base == weight_of_pair:
            one, other = sentence[run, at[0]], sentence[run, at[1]]
            return pair_weights[tuple(at)] * Delta(one, other) * Nonnegative(one)
        table, ids = rows[e.base]
        return table[ids[run, at[0]], at[1]]

    rows = {of_run: (centers, runs), of_outside: (U, runs), of_shared: (U, shared)}
    return expr.replace(
        lambda e: isinstance(e, sp.Indexed) and e.base in (*rows, weight_of_pair), read
    )
