"""Skip-gram by the hierarchical softmax over runs: each word of a bag predicts the middle one."""

from collections.abc import Iterator
from typing import Any

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations import statements
from derivations.engine.algebra import normal
from derivations.engine.notation import centers, d, i, o, unfold, v_c
from derivations.programs.arrays import declared, numbers
from derivations.programs.batches import (
    b,
    draw,
    first,
    no_key,
    over,
    place,
    quarter,
    reader,
    results,
    step,
)
from derivations.programs.claim import B, Claim, L, M
from derivations.programs.compositions import SPAN, member, radii, sentences, words_of_bags
from derivations.programs.whole import Rest, Whole
from derivations.statements.tree_symbols import H, nodes, theta, ways
from jw2v.feeding.layouts import Bags
from jw2v.objectives import paths
from jw2v.params import Params
from jw2v.trees import Tree

__all__ = ["claims_of_paths"]

# As tables of their own: the vectors of the words of runs, those of the nodes of the paths to them,
# and which of these words are in whose bag
of_span = declared("vectors_of_span", B, SPAN, d)
of_nodes = declared("vectors_of_paths", B, L, H, d)
in_bag = declared("in_bag", B, L, SPAN)

counts = in_bag[b, first, draw]
predicted = words_of_bags[b, first + M]


def claims_of_paths() -> Iterator[Claim]:
    """A word of a bag counts once for each step of the path to the word that has the bag."""

    def program(
        V: Any, theta: Any, words: Any, sentence: Any, radius: Any, nodes: Any, ways: Any
    ) -> Any:
        batch, tree = Bags(words, sentence, radius), Tree(nodes, ways)
        found = paths.hierarchical_softmax_of_bags(Params(V, theta), batch, no_key(), tree=tree)
        return found.loss, found.pairs, *found.gradient.V, *found.gradient.U

    def vector(e: sp.Indexed) -> sp.Expr:
        if e.base == v_c:
            return of_span[(b, draw, *e.indices)]
        node, entry = e.indices
        return of_nodes[b, first, node.indices[1], entry]

    pair = unfold(statements()["k1"].losses[0]).replace(
        lambda e: isinstance(e, sp.Indexed) and e.base in (v_c, theta), vector
    )
    run, span, at, one = place(B), place(SPAN), place(L), place(H)
    # Sums are nested as the engine nests them, which takes less time
    loss, by_word, (_, by_node) = results(
        over(counts * pair.xreplace({o: predicted}), (b, B), (draw, SPAN), (first, L)),
        [of_span[run, span, i], of_nodes[run, at, one, i]],
        _in_tables,
    )
    pairs = _in_tables(over(counts, (b, B), (draw, SPAN), (first, L)))
    decides = counts * (1 - Delta(0, ways[predicted, step]))
    of_paths = over(decides * quarter(of_nodes, b, first, step), (step, H), (first, L))
    of_bag = over(decides * quarter(of_span, b, draw), (draw, SPAN))
    here, there = {b: run, draw: span}, {b: run, first: at, step: one}
    # The steps of all paths of a run are numbered path by path
    number = place(L * H)
    counted = {at: Whole(number, H), one: Rest(number, H)}
    of_step = (
        nodes[words_of_bags[run, at + M], one],
        normal(by_node),
        _in_tables(of_bag.xreplace(there)),
    )
    node, by_node, of_node = (e.xreplace(counted) for e in of_step)
    yield Claim(
        "objectives.hierarchical_softmax_of_bags",
        program,
        (
            *(numbers(centers), numbers(theta), numbers(words_of_bags), numbers(sentences)),
            *(numbers(radii), numbers(nodes), numbers(ways)),
        ),
        (
            *(loss, ((), pairs)),
            *(((run, span), words_of_bags[run, span]), by_word),
            ((run, span), _in_tables(of_paths.xreplace(here))),
            *(((run, number), node), ((run, number, i), by_node), ((run, number), of_node)),
        ),
        ("k1", "k2", "t2"),
    )


def _in_tables(expr: sp.Expr) -> sp.Expr:
    """The vectors as they are read from the rows of tables, and bags as they are told."""

    def whether(e: sp.Indexed) -> sp.Expr:
        return member(draw).xreplace(dict(zip((b, first, draw), e.indices, strict=True)))

    def node(run: sp.Expr, at: sp.Expr, e: sp.Expr) -> sp.Expr:
        return nodes[words_of_bags[run, at + M], e]

    rows = reader({of_span: (centers, lambda *at: words_of_bags[at]), of_nodes: (theta, node)})
    return rows(expr).replace(lambda e: isinstance(e, sp.Indexed) and e.base == in_bag, whether)
