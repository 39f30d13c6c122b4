"""Skip-gram by the hierarchical softmax over runs counts each word of a bag, and no other."""

from functools import cache

import pytest
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine.notation import centers
from derivations.programs.arrays import Nonnegative
from derivations.programs.claim import SIZES, L, M
from derivations.programs.claims import claims
from derivations.programs.compositions import radii, sentences, words_of_bags
from derivations.programs.proof import same
from derivations.programs.reader import read
from derivations.programs.whole import Rest, Whole
from derivations.statements.tree_symbols import H, nodes, theta, ways

PAIRS, OF_WORDS, NODES, OF_NODES = 1, 4, 5, 7
"""Which results are the pairs, the bounds of words, the nodes, and their bounds."""


@cache
def results():
    """What the program computes, at the indices of its claim, and what is claimed."""
    claim = claims()["objectives.hierarchical_softmax_of_bags"]
    found = read(claim.traced(), claim.inputs, SIZES)
    return [(x[at], value) for x, (at, value) in zip(found, claim.results, strict=True)]


def entries(change, *tables):
    """Puts other entries for those of some tables."""

    def changed(value):
        return value.replace(
            lambda e: isinstance(e, sp.Indexed) and e.base in tables, lambda e: change(e)
        )

    return changed


def of_distance(e):
    return isinstance(e, Nonnegative) and e.has(sp.Abs) and not e.has(radii)


def told_by(*tables):
    return lambda e: isinstance(e, Delta) and all(e.has(table) for table in tables)


CHANGES = {
    "a word is in its own bag": lambda value: value.replace(of_distance, lambda e: sp.S.Zero),
    "a bag reaches farther": entries(lambda e: e + 1, radii),
    "a bag reaches into other sentences": lambda value: value.replace(
        told_by(sentences), lambda e: sp.S.One
    ),
}
OF_PATHS = {
    "a path that is over goes on": lambda value: value.replace(told_by(ways), lambda e: sp.S.Zero),
    "a path that goes one way is over": lambda value: value.replace(
        told_by(ways), lambda e: Delta(1, e.args[1])
    ),
}
OF_NODES_ALONE = {
    "other nodes": entries(lambda e: nodes[e.indices[0], H - 1 - e.indices[1]], nodes),
    "half of the bound": lambda value: value / 2,
}
OF_WORDS_ALONE = {
    "other words": entries(lambda e: centers[e.indices[0] - 1, e.indices[1]], centers)
}
TRIED = [
    *((number, CHANGES, name) for number in (PAIRS, OF_NODES) for name in CHANGES),
    *((number, OF_PATHS, name) for number in (OF_WORDS, OF_NODES) for name in OF_PATHS),
    *((OF_WORDS, OF_NODES_ALONE, name) for name in OF_NODES_ALONE),
    *((OF_NODES, OF_WORDS_ALONE, name) for name in OF_WORDS_ALONE),
]


@pytest.mark.parametrize("number", [PAIRS, OF_WORDS, NODES, OF_NODES])
def test_pairs_nodes_and_bounds_are_what_is_claimed(number):
    assert same(*results()[number])


@pytest.mark.parametrize(("number", "changes", "name"), TRIED)
def test_other_bags_paths_and_vectors_are_refused(number, changes, name):
    found, value = results()[number]
    other = changes[name](value)
    assert other != value
    assert not same(found, other)


def test_steps_are_numbered_path_by_path():
    found, value = results()[NODES]
    word, step = value.indices
    (of_step,) = (e for e in step.free_symbols if e != H)
    by_steps = nodes[words_of_bags[word.indices[0], M + Rest(of_step, L)], Whole(of_step, L)]
    assert not same(found, by_steps)
    assert not same(results()[OF_WORDS][0], results()[OF_WORDS][1].replace(theta, centers))
