"""The domains: what the functions of jw2v may be called with, as Hypothesis strategies."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.strategies import SearchStrategy

from jw2v.trees import huffman

Values = SearchStrategy[float]


class Sizes(NamedTuple):
    """How large the arrays of an example are."""

    vocab: int
    dim: int
    negatives: int
    window: int


COMPILED = (
    Sizes(vocab=1, dim=1, negatives=3, window=2),
    Sizes(vocab=3, dim=1, negatives=0, window=0),
    Sizes(vocab=5, dim=3, negatives=4, window=3),
)
"""A new size is compiled anew, a thousand times as long as running it: most laws meet only these,
the edges (one word, one dimension, no negatives, an empty window) and one inside."""


LARGE = Sizes(vocab=300, dim=70, negatives=200, window=40)
"""Beyond every number in the code, and beyond what eight signed bits hold."""


def some_sizes() -> SearchStrategy[Sizes]:
    """The edges, and one inside."""
    return st.sampled_from(COMPILED)


def two_sizes() -> SearchStrategy[Sizes]:
    """The emptiest and the fullest, for laws that cannot keep what they compiled."""
    return st.sampled_from(COMPILED[1:])


def large_size() -> SearchStrategy[Sizes]:
    """One size that is not small."""
    return st.just(LARGE)


def any_sizes() -> SearchStrategy[Sizes]:
    """Any small size."""
    return st.builds(
        Sizes,
        vocab=st.integers(1, 6),
        dim=st.integers(1, 5),
        negatives=st.integers(0, 6),
        window=st.integers(0, 5),
    )


def reals(bound: float, width: int = 64) -> Values:
    """Finite floating-point numbers of magnitude ≤ bound: ordinary, zero, tiny and the bound."""
    ordinary = st.floats(-bound, bound, width=width, allow_subnormal=False)
    return ordinary | st.sampled_from([0.0, 2.0**-100, -(2.0**-100), float(bound), -float(bound)])


def whole_numbers(bound: int) -> Values:
    """Whole numbers as floats: their products and sums are exact, up to 2^24 in float32."""
    return st.integers(-bound, bound).map(float)


def arrays(
    dtype: type[np.generic], shape: tuple[int, ...], values: SearchStrategy
) -> SearchStrategy[np.ndarray]:
    """Arrays whose every entry is drawn on its own."""
    return hnp.arrays(dtype, shape, elements=values, fill=st.nothing())


def seeded(make: Callable[[np.random.Generator], np.ndarray]) -> SearchStrategy[np.ndarray]:
    """Large arrays, of a seed: to draw each entry on its own would take too long."""
    return st.integers(0, 2**32 - 1).map(lambda seed: make(np.random.default_rng(seed)))


def row_numbers(sizes: Sizes, *shape: int) -> SearchStrategy[np.ndarray]:
    """Row numbers of words. With few words, repeats and collisions come by themselves."""
    if sizes == LARGE:
        return seeded(lambda rng: rng.integers(0, sizes.vocab, shape, np.int32))
    return arrays(np.int32, shape, st.integers(0, sizes.vocab - 1))


Paths = tuple[np.ndarray, np.ndarray]


class Domain(NamedTuple):
    """What an example's arrays are made of; a registered loss says which arrays it takes."""

    dtype: type[np.floating]
    values: Values
    sizes: SearchStrategy[Sizes]

    def vector(self, sizes: Sizes) -> SearchStrategy[np.ndarray]:
        return self.array(sizes, sizes.dim)

    def table(self, sizes: Sizes) -> SearchStrategy[np.ndarray]:
        return self.array(sizes, sizes.vocab, sizes.dim)

    def rows(self, sizes: Sizes) -> SearchStrategy[np.ndarray]:
        return self.array(sizes, sizes.negatives, sizes.dim)

    def array(self, sizes: Sizes, *shape: int) -> SearchStrategy[np.ndarray]:
        if sizes == LARGE:
            return seeded(lambda rng: rng.uniform(-1, 1, shape).astype(self.dtype))
        return arrays(self.dtype, shape, self.values)


Draw = Callable[[Domain, Sizes, tuple[int, ...]], SearchStrategy[np.ndarray]]
"""How one of a pair loss's draws is drawn, with the given leading axes."""


def negatives(domain: Domain, sizes: Sizes, leading: tuple[int, ...]) -> SearchStrategy[np.ndarray]:
    """Row numbers of sampled words: repeats, and the outside word among them, are allowed."""
    return row_numbers(sizes, *leading, sizes.negatives)


def signs(sizes: Sizes, *shape: int) -> SearchStrategy[np.ndarray]:
    """1, -1, and 0 where there is no step."""
    if sizes == LARGE:
        return seeded(lambda rng: rng.integers(-1, 2, shape).astype(np.int8))
    return arrays(np.int8, shape, st.integers(-1, 1))


def paths(domain: Domain, sizes: Sizes) -> SearchStrategy[Paths]:
    """The nodes and the ways of any paths, one a word: trees, and what is no tree.

    Steps are missing at any place, and nodes come twice.
    """
    shape = (sizes.vocab, sizes.negatives)
    return st.tuples(row_numbers(sizes, *shape), signs(sizes, *shape)) | trees(sizes)


def trees(sizes: Sizes) -> SearchStrategy[Paths]:
    """Huffman's trees of some counts, in arrays as wide as those of any paths."""
    shape = (sizes.vocab, sizes.negatives)

    def padded(counts: list[int]) -> Paths:
        nodes, ways = np.zeros(shape, np.int32), np.zeros(shape, np.int8)
        for into, array in zip((nodes, ways), huffman(np.array(counts)), strict=True):
            into[:, : array.shape[1]] = array[:, : shape[1]]
        return nodes, ways

    if sizes.vocab < 2:
        return st.nothing()
    counts = st.lists(st.integers(0, 9), min_size=sizes.vocab, max_size=sizes.vocab)
    return counts.map(padded)


def weights(domain: Domain, sizes: Sizes, leading: tuple[int, ...]) -> SearchStrategy[np.ndarray]:
    """One number ≥ 0 for each outside word."""
    return arrays(domain.dtype, leading, domain.values.map(abs))


def double(bound: float, sizes: Callable[[], SearchStrategy[Sizes]] = some_sizes) -> Domain:
    """float64 of magnitude ≤ bound: where equalities are checked."""
    return Domain(np.float64, reals(bound), sizes())


def single(bound: float) -> Domain:
    """float32 of magnitude ≤ bound: where stability is checked."""
    return Domain(np.float32, reals(bound, width=32), some_sizes())


def single_exact(bound: int) -> Domain:
    """float32 whole numbers: logits are exact, so what differs is the formula's own rounding."""
    return Domain(np.float32, whole_numbers(bound), some_sizes())
