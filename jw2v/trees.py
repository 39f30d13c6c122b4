"""Binary trees of words, by which hierarchical softmax predicts a word in a few decisions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from jaxtyping import Int8, Int32

from jw2v import _arrays

__all__ = ["Tree", "huffman"]


class Tree(NamedTuple):
    """The path from the root of a binary tree to each of its words.

    Any pair of such arrays will do where a tree is asked for, of NumPy or JAX, and a tree may be
    passed through every transformation of JAX.
    """

    nodes: Int32[np.ndarray, "vocab length"]
    """row numbers of the inner nodes on the path, from the root on; 0 where the path is over"""
    signs: Int8[np.ndarray, "vocab length"]
    """which way the path goes at each: 1 or -1; 0 where the path is over"""


def huffman(counts: npt.ArrayLike) -> Tree:
    """The tree that gives frequent words short paths: no binary tree has fewer decisions in all.

    Definition: while there is more than one, the two lightest nodes become the children of a new
    one, whose count is the sum of theirs. At first there are the words alone; the node that is left
    is the root. The lighter child has the sign 1, the other -1.

    Of equal counts, words come before inner nodes, words with a higher row number before those
    with a lower one, and inner nodes made earlier before those made later. So one tree belongs to
    one array of counts, on every machine, and no tree of as few decisions has a shorter longest
    path. Inner nodes are numbered by falling count, of equal counts those made later first: the
    root is row 0, a node comes after the one it hangs on, and the first rows are those that most
    examples read.

    Args:
        counts: how often each word occurs, one number a word: whole or not, none below 0. Only
            their ratios matter, but for what rounding does to sums of floating-point numbers; those
            of integers are exact.

    Returns:
        A tree of as many words, with one inner node less. The arrays are as wide as the longest
        path: some 25 for a million words of a text. It is the longer the more unlike the counts
        are, at most one less than there are words, where each count is as large as all smaller ones
        together. They take 5 bytes for each word and step.

    Raises:
        ValueError: counts are no numbers, or below 0, or not finite, as their sum must be, too; or
            there are fewer than two words.

    Source: Huffman, A Method for the Construction of Minimum-Redundancy Codes (1952); for word
    vectors Mikolov et al., Distributed Representations of Words and Phrases (2013), section 2.1.

    >>> tree = huffman([5, 3, 1, 1])
    >>> tree.nodes.tolist()
    [[0, 0, 0], [0, 1, 0], [0, 1, 2], [0, 1, 2]]
    >>> tree.signs.tolist()
    [[1, 0, 0], [-1, -1, 0], [-1, 1, -1], [-1, 1, 1]]
    """
    weights = _checked(counts)
    vocab = len(weights)
    # A reversed array, sorted stably: of equal counts, the higher row number comes first.
    order = vocab - 1 - np.argsort(weights[::-1], kind="stable")
    children = _merged(weights[order])
    # Nodes are numbered as they were made: the words in order, then the inner nodes.
    parent, sign = np.zeros(2 * vocab - 1, np.int32), np.zeros(2 * vocab - 1, np.int8)
    rows = np.arange(vocab - 2, -1, -1, dtype=np.int32)
    for column, branch in ((0, 1), (1, -1)):
        parent[children[:, column]], sign[children[:, column]] = rows, branch
    words = np.empty(vocab, np.int64)
    words[order] = np.arange(vocab)
    return _paths(words, parent, sign)


def _checked(counts: npt.ArrayLike) -> np.ndarray:
    """Counts as integers, as which Python adds them exactly, or as float64."""
    try:
        array = np.asarray(counts)
    except ValueError as error:  # ragged
        raise ValueError(
            f"huffman: counts must be an array of numbers; got {repr(counts)[:80]}."
        ) from error
    masked = isinstance(counts, np.ma.MaskedArray)
    if array.ndim != 1 or masked or (array.size and array.dtype.kind not in "iuf"):
        raise ValueError(
            "huffman: counts must be numbers, one for each word: an array of shape [vocab];"
            f" got {'masked ' if masked else ''}dtype {array.dtype} of shape {list(array.shape)}."
        )
    if _arrays.lists_booleans(counts):
        raise ValueError("huffman: counts must be numbers, one for each word; got booleans.")
    if len(array) < 2:
        raise ValueError(
            "huffman: counts must be of two words or more, for one word there is nothing to"
            f" decide; got {len(array)}."
        )
    with np.errstate(over="ignore"):
        weights = array.astype(np.float64)
        total = weights.sum()
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        word = int(np.argmax(wrong))
        raise ValueError(
            "huffman: counts must be finite and not below 0; got"
            f" {array[word]} for word {word}. Give a word that does not occur the count 0."
        )
    if not np.isfinite(total):
        raise ValueError(
            "huffman: counts must have a sum that is a finite float64; got one that overflows."
            " Divide them all by the same number."
        )
    return array if array.dtype.kind in "iu" else weights


def _merged(weights: np.ndarray) -> np.ndarray:
    """The two children of each inner node, the lighter first, of words sorted by rising count.

    Two queues: inner nodes are made by rising count, so that the lightest is always one of the
    first word and the first inner node left. Sums that are rounded rise, too.
    """
    vocab = len(weights)
    counts: list[Any] = weights.tolist() + [0] * (vocab - 1)
    children: list[tuple[int, int]] = []
    word, inner = 0, vocab
    for made in range(vocab, 2 * vocab - 1):
        if word < vocab and (inner == made or counts[word] <= counts[inner]):
            one, word = word, word + 1
        else:
            one, inner = inner, inner + 1
        if word < vocab and (inner == made or counts[word] <= counts[inner]):
            other, word = word, word + 1
        else:
            other, inner = inner, inner + 1
        counts[made] = counts[one] + counts[other]
        children.append((one, other))
    return np.array(children, np.int64)


def _paths(words: np.ndarray, parent: np.ndarray, sign: np.ndarray) -> Tree:
    """The paths to some nodes, given the row of each node's parent and its own sign."""
    root = len(parent) - 1  # made last, with row 0: a node of row r was made as number root - r
    depth = _depths(root - parent.astype(np.int64))[words]
    shape = len(words), int(depth.max())
    nodes, signs = np.zeros(shape, np.int32), np.zeros(shape, np.int8)
    below, at = np.arange(len(words)), words
    for step in range(1, shape[1] + 1):
        # The words whose path is not yet done, from the last step of each to its first.
        left = depth[below] >= step
        below, at = below[left], at[left]
        place = depth[below] - step
        nodes[below, place], signs[below, place] = parent[at], sign[at]
        at = root - parent[at].astype(np.int64)
    return Tree(nodes, signs)


def _depths(above: np.ndarray) -> np.ndarray:
    """How far each node is from the root, which is last and above itself.

    Each round looks twice as far up as the one before.
    """
    root = len(above) - 1
    depth = np.ones(len(above), np.int64)
    depth[root], above = 0, above.copy()
    above[root] = root
    while (above != root).any():
        depth += depth[above]
        above = above[above]
    return depth
