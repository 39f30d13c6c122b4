"""Loose pairs, each with its weight: what any output loss is asked for, and negatives of each."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from derivations import statements
from derivations.engine import notation
from derivations.engine.notation import K, U, centers, d, i, unfold
from derivations.programs.arrays import declared, numbers
from derivations.programs.batches import (
    b,
    draw,
    no_key,
    of_parts,
    of_vectors,
    over,
    place,
    quarter,
    reader,
    results,
)
from derivations.programs.claim import B, Claim
from derivations.programs.compositions import answer, asking, bound, by_window, passed
from derivations.statements.tree_symbols import Q
from jw2v.feeding.layouts import Edges
from jw2v.objectives import edges
from jw2v.params import Params

__all__ = ["claims_of_edges"]

weights = declared("weights_of_pairs", B)
centers_of_pairs = declared("centers_of_pairs", B, within=notation.words)
outside = declared("outside_of_pairs", B, within=notation.words)
drawn = declared("draws_of_pairs", B, K, within=notation.words)

# What stands outside may be something else than words, and as many as there are
things = declared("things", Q, d)
thing = declared("thing_of_pairs", B, integer=True)
by_things = declared("slope_of_things", Q, d)

# Vectors as tables of their own
of_center = declared("vectors_of_centers", B, d)
of_outside = declared("vectors_of_outside", B, d)
of_draws = declared("vectors_of_draws", B, K, d)


def claims_of_edges() -> Iterator[Claim]:
    """Pairs by any output loss, and by negative sampling where they come with their negatives."""
    yield from (_any_output(), _given_negatives())


def _any_output() -> Claim:
    """A pair asks for the vector of its center, and hands its weight on."""

    def program(V: Any, U: Any, center: Any, outside: Any, weight: Any, *answer: Any) -> Any:
        (C, U, words, where, rows), found = asking(
            edges.skip_gram_of_edges, Params(V, U), Edges(center, outside, weight), answer
        )
        return C, U, words[:, 0], where[:, 0], rows, *found

    pair, row = place(B), place(Q)
    center = ((pair,), centers_of_pairs[pair])
    return Claim(
        "objectives.skip_gram_of_edges",
        program,
        (
            *(numbers(centers), numbers(things), numbers(centers_of_pairs), numbers(thing)),
            *(numbers(weights), *answer, numbers(by_window), numbers(bound), numbers(by_things)),
        ),
        (
            ((pair, i), centers[centers_of_pairs[pair], i]),
            ((row, i), things[row, i]),
            *(((pair,), thing[pair]), ((pair,), weights[pair]), center, *passed),
            *(center, ((pair, i), by_window[pair, i]), ((pair,), bound[pair])),
            ((row, i), by_things[row, i]),
        ),
        ("i1",),
    )


def _given_negatives() -> Claim:
    """Each pair has negatives of its own, and counts as much as its weight."""

    def program(V: Any, U: Any, center: Any, outside: Any, weight: Any, drawn: Any) -> Any:
        batch = Edges(center, outside, weight, drawn)
        found = edges.given_negatives_of_edges(Params(V, U), batch, no_key())
        by_U = of_parts(found.gradient.U, np.s_[:, 0, 0], np.s_[:, 0, 1:])
        return found.loss, found.pairs, *found.gradient.V, *by_U

    in_tables = reader(
        {
            of_center: (centers, lambda *at: centers_of_pairs[at]),
            of_outside: (U, lambda *at: outside[at]),
            of_draws: (U, lambda *at: drawn[at]),
        }
    )
    term = of_vectors(
        unfold(statements()["g1"].losses[0]),
        lambda e: of_center[b, e],
        lambda e: of_outside[b, e],
        lambda s, e: of_draws[b, s, e],
    )
    pair, one = place(B), place(K)
    loss, by_center, by_outside, by_draw = results(
        over(weights[b] * term, (b, B)),
        [of_center[pair, i], of_outside[pair, i], of_draws[pair, one, i]],
        in_tables,
    )
    squares = quarter(of_outside, pair) + over(quarter(of_draws, pair, draw), (draw, K))
    here = in_tables(weights[pair] * quarter(of_center, pair))
    return Claim(
        "objectives.given_negatives_of_edges",
        program,
        (
            *(numbers(centers), numbers(U), numbers(centers_of_pairs), numbers(outside)),
            *(numbers(weights), numbers(drawn)),
        ),
        (
            *(loss, ((), over(weights[b], (b, B)))),
            *(((pair,), centers_of_pairs[pair]), by_center),
            ((pair,), in_tables(weights[pair] * squares)),
            *(((pair,), outside[pair]), by_outside, ((pair,), here)),
            *(((pair, one), drawn[pair, one]), by_draw, ((pair, one), here)),
        ),
        ("g1", "g2", "t2"),
    )
