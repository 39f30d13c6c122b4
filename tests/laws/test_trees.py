"""Huffman's tree: fewest decisions, every word at its own end, one tree for one array of counts."""

import heapq
import itertools
import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jw2v.trees import Tree, huffman

some_counts = st.lists(st.integers(0, 50), min_size=2, max_size=40).map(np.array)
any_counts = some_counts | st.lists(
    st.floats(0, 1e300, allow_subnormal=True), min_size=2, max_size=20
).map(np.array)


def lengths(tree: Tree) -> np.ndarray:
    return (tree.signs != 0).sum(axis=1)


def least(counts: np.ndarray) -> float:
    """Σ count · length of the best tree: what is merged is paid again. Neither paths nor ties."""
    heap = counts.tolist()
    heapq.heapify(heap)
    paid = 0
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        heapq.heappush(heap, merged)
        paid += merged
    return paid


def entropy(p: np.ndarray) -> float:
    """In bits."""
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


@given(counts=any_counts)
def test_no_tree_takes_fewer_decisions(counts: np.ndarray) -> None:
    found = (counts * lengths(huffman(counts))).sum()
    np.testing.assert_allclose(found, least(counts), rtol=1e-12)


@cache
def codes(words: int) -> set[tuple[int, ...]]:
    """The lengths of the paths of every binary tree, by another way: a leaf is split in two."""
    if words == 1:
        return {(0,)}
    return {
        tuple(sorted([*code[:at], *code[at + 1 :], code[at] + 1, code[at] + 1]))
        for code in codes(words - 1)
        for at in range(words - 1)
    }


@given(counts=st.lists(st.integers(0, 6), min_size=2, max_size=8).map(np.array))
@example(counts=np.zeros(7, int))
@example(counts=np.array([0, 0, 0, 1, 1]))
@example(counts=np.array([1, 1, 2, 2]))
def test_of_all_best_trees_it_has_the_shortest_longest_path(counts: np.ndarray) -> None:
    falling = sorted(counts.tolist(), reverse=True)
    of_code = {code: sum(map(int.__mul__, falling, code)) for code in codes(len(counts))}
    best = [max(code) for code, decisions in of_code.items() if decisions == min(of_code.values())]
    found = lengths(huffman(counts))
    assert (counts * found).sum() == min(of_code.values())
    assert found.max() == min(best)


@given(counts=any_counts)
@example(counts=np.zeros(5))
@example(counts=np.array([1, 1]))
@example(counts=2.0 ** np.arange(300))
def test_it_is_a_binary_tree(counts: np.ndarray) -> None:
    nodes, signs = tree = huffman(counts)
    assert nodes.shape == signs.shape
    assert (nodes.dtype, signs.dtype) == (np.int32, np.int8)
    assert lengths(tree).max() == nodes.shape[1]
    # Over where it is over, and the fields there are 0.
    assert ((signs != 0) == (np.arange(nodes.shape[1]) < lengths(tree)[:, None])).all()
    assert (nodes[signs == 0] == 0).all()
    ends = {}
    for path, ways in zip(nodes.tolist(), signs.tolist(), strict=True):
        steps = [step for step in zip(path, ways, strict=True) if step[1]]
        assert steps[0][0] == 0
        for here, after in itertools.pairwise([*steps, None]):
            ends.setdefault(here, set()).add("word" if after is None else after[0])
    # Each of the vocab - 1 nodes goes both ways, and each way ends in one place: no path is the
    # beginning of another.
    every = set(itertools.product(range(len(counts) - 1), (1, -1)))
    assert set(ends) == every
    assert all(len(places) == 1 for places in ends.values())
    reached = [place for places in ends.values() for place in places]
    assert reached.count("word") == len(counts)
    inner = [place for place in reached if place != "word"]
    assert sorted(inner) == list(range(1, len(counts) - 1))


@given(counts=some_counts)
def test_nodes_are_numbered_by_falling_count_from_the_root_on(counts: np.ndarray) -> None:
    nodes, signs = huffman(counts)
    weights = np.zeros(len(counts) - 1, int)
    light, heavy = weights.copy(), weights.copy()
    for path, ways, count in zip(nodes, signs, counts, strict=True):
        weights[path[ways != 0]] += count
        light[path[ways == 1]] += count
        heavy[path[ways == -1]] += count
        assert (np.diff(path[ways != 0]) > 0).all()
    assert weights[0] == counts.sum()
    assert (np.diff(weights) <= 0).all()
    assert (light <= heavy).all()


@given(counts=some_counts)
def test_more_frequent_words_have_no_longer_paths(counts: np.ndarray) -> None:
    order = np.argsort(-counts, kind="stable")
    assert (np.diff(lengths(huffman(counts))[order]) >= 0).all()


@given(counts=some_counts)
@example(counts=np.array([0, 10**9]))
def test_it_takes_less_than_a_bit_more_than_the_entropy(counts: np.ndarray) -> None:
    """H ≤ E[L] < H + 1, where every word occurs: a word that never does may lengthen a path."""
    p = (counts + 1) / (counts + 1).sum()
    counts = counts + 1
    mean = (p * lengths(huffman(counts))).sum()
    assert entropy(p) - 1e-9 <= mean < entropy(p) + 1


# Ties


def test_the_rule_for_ties() -> None:
    """Words 3 and 2 first, then 1 and 0, words before the node that is as heavy as they."""
    nodes, signs = huffman([1, 1, 1, 1])
    assert signs.tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert nodes.tolist() == [[0, 1], [0, 1], [0, 2], [0, 2]]
    nodes, signs = huffman([2, 2, 1, 1])
    assert signs.tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert nodes.tolist() == [[0, 1], [0, 1], [0, 2], [0, 2]]


@given(counts=some_counts)
def test_other_dtypes_and_multiples_give_the_same_tree(counts: np.ndarray) -> None:
    expected = huffman(counts)
    for same in (
        *(counts.astype(dtype) for dtype in (np.uint8, np.int16, np.float32, np.float64)),
        counts.tolist(),
        counts * 4,
        counts / 1024,
        counts.astype(np.uint64) * 2**50,  # too large to be added up exactly
    ):
        for mine, theirs in zip(huffman(same), expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_another_process_makes_the_same_tree() -> None:
    counts = np.random.default_rng(0).zipf(1.3, 300) % 50
    script = (
        "import json, sys; from jw2v.trees import huffman;"
        " print(json.dumps([a.tolist() for a in huffman(json.loads(sys.argv[1]))]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, json.dumps(counts.tolist())],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout) == [a.tolist() for a in huffman(counts)]


# Sizes


def test_a_path_may_visit_every_node() -> None:
    nodes, _ = huffman(2.0 ** np.arange(1000))
    assert nodes.shape == (1000, 999)
    np.testing.assert_array_equal(nodes[0], np.arange(999))


def test_a_large_vocabulary() -> None:
    counts = (1e9 / np.arange(1, 200_001)).astype(int)
    tree = huffman(counts)
    assert tree.nodes.shape[1] < 30
    p = counts / counts.sum()
    assert entropy(p) <= (p * lengths(tree)).sum() < entropy(p) + 0.1
    np.testing.assert_allclose((2.0 ** -lengths(tree)).sum(), 1)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_integers_are_added_exactly_whatever_their_sum(dtype: type) -> None:
    counts = np.iinfo(dtype).max // 2 + np.arange(3).astype(dtype)
    assert lengths(huffman(counts)).tolist() == [2, 2, 1]


# Bad input


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([], "of two words or more, for one word there is nothing to decide; got 0"),
        ([3], "of two words or more, for one word there is nothing to decide; got 1"),
        (
            np.int64(3),
            r"one for each word: an array of shape \[vocab\]; got dtype int64 of shape \[\]",
        ),
        ([[1, 2]], r"an array of shape \[vocab\]; got dtype int64 of shape \[1, 2\]"),
        ([[1, 2], [3]], r"an array of numbers; got \[\[1, 2\], \[3\]\]"),
        (["tea", "milk"], "be numbers, one for each word: .*; got dtype <U4"),
        ([True, False], "be numbers, .* got dtype bool"),
        ([True, 2, 3], "be numbers, one for each word; got booleans"),
        ([2, np.True_], "be numbers, one for each word; got booleans"),
        ([1j, 2], "got dtype complex128"),
        ([1, None], "got dtype object"),
        (np.ma.array([1, 2], mask=[0, 1]), "got masked dtype int64"),
        ([1, -2, 3], "finite and not below 0; got -2 for word 1"),
        ([1.0, np.nan], "got nan for word 1"),
        ([np.inf, 1.0], "got inf for word 0"),
        ([1e308, 1e308], "a sum that is a finite float64.* Divide them all by the same number"),
    ],
)
def test_what_is_refused(counts: object, said: str) -> None:
    with pytest.raises(ValueError, match=f"^huffman: counts must .*{said}"):
        huffman(counts)
