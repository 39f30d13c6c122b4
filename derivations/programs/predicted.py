"""The output losses over many vectors at once, each of which predicts some words."""

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations import statements
from derivations.engine import notation
from derivations.engine.notation import K, U, d, i, o, unfold, v_c, w
from derivations.programs.arrays import declared, numbers
from derivations.programs.batches import (
    b,
    draw,
    first,
    no_key,
    of_parts,
    of_vectors,
    over,
    place,
    quarter,
    reader,
    results,
    step,
)
from derivations.programs.claim import B, Claim, L, S
from derivations.programs.objectives import no_numbers, shared, with_shared
from derivations.statements.tree_symbols import H, nodes, theta, ways
from jw2v.objectives import predictions
from jw2v.objectives.noise import Noise
from jw2v.trees import Tree

__all__ = ["claims_of_predictions", "vectors", "words"]

words = declared("words_of_vectors", B, L, within=notation.words)
drawn = declared("draws_of_words", B, L, K, within=notation.words)
weights = declared("weights_of_words", B, L)
vectors = declared("vectors", B, d)

# Vectors as tables of their own: of the words of runs, of their negatives, of the nodes of a path
of_run = declared("vectors_of_runs", B, L, d)
of_word = declared("of_words", B, L, d)
of_draws = declared("of_draws", B, L, K, d)
of_shared = declared("of_shared_draws", B, S, d)
of_nodes = declared("of_nodes", B, L, H, d)

weight = weights[b, first]
pairs = ((), over(weight, (first, L), (b, B)))


def claims_of_predictions() -> Iterator[Claim]:
    """One of each output loss; negative sampling with negatives of each pair, and of a run."""
    yield from (_with_negatives(), _shared(), _naive_softmax(), _hierarchical_softmax())


def _with_negatives() -> Claim:
    """Every pair has negatives of its own."""

    def program(C: Any, U: Any, words: Any, weights: Any, drawn: Any) -> Any:
        found = predictions.with_negatives(C, U, words, weights, no_key(), None, drawn=drawn)
        by_U = of_parts(found.U, np.s_[:, :, 0], np.s_[:, :, 1:])
        return found.loss, found.pairs, found.C, found.curvature, *by_U

    in_tables = reader({of_word: (U, lambda *at: words[at]), of_draws: (U, lambda *at: drawn[at])})
    term = of_vectors(
        unfold(statements()["g1"].losses[0]),
        lambda e: vectors[b, e],
        lambda e: of_word[b, first, e],
        lambda s, e: of_draws[b, first, s, e],
    )
    run, at, one = place(B), place(L), place(K)
    loss, by_vector, by_word, by_draw = results(
        over(weight * term, (first, L), (b, B)),
        [vectors[run, i], of_word[run, at, i], of_draws[run, at, one, i]],
        in_tables,
    )
    squares = quarter(of_word, b, first) + over(quarter(of_draws, b, first, draw), (draw, K))
    of_vector = in_tables(over(weight * squares, (first, L)).xreplace({b: run}))
    of_pair = weights[run, at] * quarter(vectors, run)
    return Claim(
        "objectives.predictions.with_negatives",
        program,
        (numbers(vectors), numbers(U), numbers(words), numbers(weights), numbers(drawn)),
        (
            *(loss, pairs, by_vector, ((run,), of_vector)),
            *(((run, at), words[run, at]), by_word, ((run, at), of_pair)),
            *(((run, at, one), drawn[run, at, one]), by_draw, ((run, at, one), of_pair)),
        ),
        ("g1", "h", "t2"),
    )


def _shared() -> Claim:
    """The vectors of a run share its negatives."""

    def program(C: Any, U: Any, words: Any, weights: Any, drawn: Any, negatives: Any) -> Any:
        class Given(Noise):
            def draw_spread(self, key: Any, runs: Any, S: Any) -> Any:
                return drawn

        guide = jnp.zeros(U.shape[0], jnp.uint32)  # that nothing looks at
        found = predictions.shared_negative_sampling(
            C,
            U,
            words[..., None],
            weights[..., None],
            no_key(),
            None,
            noise=Given(guide, guide.astype(jnp.int32), 0, 0),
            negatives=negatives.shape[0],
            shared=drawn.shape[1],
        )
        length = words.shape[1]
        by_U = of_parts(found.U, np.s_[:, :length], np.s_[:, length:])
        return found.loss, found.pairs, found.C, found.curvature, *by_U

    in_tables = reader(
        {of_word: (U, lambda *at: words[at]), of_shared: (U, lambda *at: shared[at])}
    )
    term = of_vectors(
        with_shared(),
        lambda e: of_run[b, first, e],
        lambda e: of_word[b, first, e],
        lambda s, e: of_shared[b, s, e],
    )
    run, at, one = place(B), place(L), place(S)
    loss, by_vector, by_word, by_draw = results(
        over(weight * term, (first, L), (b, B)),
        [of_run[run, at, i], of_word[run, at, i], of_shared[run, one, i]],
        in_tables,
    )
    squares = quarter(of_word, run, at) + K / S * over(quarter(of_shared, run, draw), (draw, S))
    of_draw = K / S * over(weight * quarter(of_run, b, first), (first, L)).xreplace({b: run})
    here = weights[run, at]
    return Claim(
        "objectives.predictions.shared_negative_sampling",
        program,
        (
            *(numbers(of_run), numbers(U), numbers(words), numbers(weights), numbers(shared)),
            no_numbers,
        ),
        (
            *(loss, pairs, by_vector, ((run, at), in_tables(here * squares))),
            *(((run, at), words[run, at]), by_word, ((run, at), here * quarter(of_run, run, at))),
            *(((run, one), shared[run, one]), by_draw, ((run, one), of_draw)),
        ),
        ("g1", "t2", "t5"),
    )


def _naive_softmax() -> Claim:
    """The words of a vector share one softmax; all words of the vocabulary are taken at once."""

    def program(C: Any, U: Any, words: Any, weights: Any) -> Any:
        found = predictions.naive_softmax(C, U, words, weights, no_key(), None)
        return found.loss, found.pairs, found.C, found.U.gradient

    pair = unfold(statements()["a"]["softmax"].left).replace(
        lambda e: isinstance(e, sp.Indexed) and e.base == v_c, lambda e: vectors[(b, *e.indices)]
    )
    loss = over(weight * pair.xreplace({o: words[b, first]}), (first, L), (b, B))
    found, by_vector, by_table = results(loss, [vectors[place(B), i], U[w, i]])
    return Claim(
        "objectives.predictions.naive_softmax",
        program,
        (numbers(vectors), numbers(U), numbers(words), numbers(weights)),
        (found, pairs, by_vector, by_table),
        ("a", "b1", "d"),
    )


def _hierarchical_softmax() -> Claim:
    """The decisions on the path to each word, by any paths."""

    def program(C: Any, theta: Any, words: Any, weights: Any, nodes: Any, ways: Any) -> Any:
        found = predictions.hierarchical_softmax(
            C, theta, words, weights, no_key(), None, tree=Tree(nodes, ways)
        )
        return found.loss, found.pairs, found.C, found.curvature, *found.U

    in_tables = reader({of_nodes: (theta, lambda run, at, e: nodes[words[run, at], e])})

    def vector(e: sp.Indexed) -> sp.Expr:
        if e.base == v_c:
            return vectors[(b, *e.indices)]
        node, entry = e.indices
        return of_nodes[b, first, node.indices[1], entry]

    pair = unfold(statements()["k1"].losses[0]).replace(
        lambda e: isinstance(e, sp.Indexed) and e.base in (v_c, theta), vector
    )
    run, at, one = place(B), place(L), place(H)
    loss, by_vector, by_node = results(
        over(weight * pair.xreplace({o: words[b, first]}), (first, L), (b, B)),
        [vectors[run, i], of_nodes[run, at, one, i]],
        in_tables,
    )
    decides = weight * (1 - Delta(0, ways[words[b, first], step]))
    of_path = over(decides * quarter(of_nodes, b, first, step), (step, H), (first, L))
    of_node = (decides * quarter(vectors, b)).xreplace({b: run, first: at, step: one})
    return Claim(
        "objectives.predictions.hierarchical_softmax",
        program,
        (
            *(numbers(vectors), numbers(theta), numbers(words), numbers(weights)),
            *(numbers(nodes), numbers(ways)),
        ),
        (
            *(loss, pairs, by_vector, ((run,), in_tables(of_path.xreplace({b: run})))),
            ((run, at, one), nodes[words[run, at], one]),
            *(by_node, ((run, at, one), of_node)),
        ),
        ("k1", "k2", "t2"),
    )
