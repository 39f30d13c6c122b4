"""Correlations against scipy's."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from jw2v.evaluate.correlation import average_ranks, pearson, spearman

stats = pytest.importorskip("scipy.stats")

# Few different numbers, so that ties are common; and any.
NUMBERS = st.integers(-3, 3).map(float) | st.floats(-1e3, 1e3).map(lambda x: round(x, 3))
LISTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=30)


@given(LISTS)
@example([(1.0, 2.0), (1.0, 1.0), (2.0, 5.0), (3.0, 5.0)])
def test_scipy_says_the_same(pairs: list) -> None:
    x, y = map(list, zip(*pairs, strict=True))
    assume(len(set(x)) > 1 < len(set(y)))
    assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)


@given(st.lists(NUMBERS, max_size=30))
def test_ranks(x: list) -> None:
    assert average_ranks(x).tolist() == stats.rankdata(x).tolist()


@given(LISTS)
def test_ranks_know_order_only(pairs: list) -> None:
    x, y = map(np.array, zip(*pairs, strict=True))
    assert spearman(x, y) == spearman(np.arctan(x / 1e3), y**3) or math.isnan(spearman(x, y))


@pytest.mark.parametrize("scale", [1e-300, 1e300, 1.7e308])
def test_huge_and_tiny_numbers(scale: float) -> None:
    x = np.array([1, -1, 0.5, 0.25])
    y = np.array([1.0, 2, 3, 3])
    assert pearson(scale * x, y) == pytest.approx(pearson(x, y))


@pytest.mark.parametrize(("x", "y"), [([], []), ([1], [2]), ([0.1] * 3, [1, 2, 3])])
def test_what_does_not_vary_has_no_correlation(x: list, y: list) -> None:
    for correlation in (pearson, spearman):
        assert math.isnan(correlation(x, y))
        assert math.isnan(correlation(y, x))


@pytest.mark.parametrize(
    ("x", "y", "complaint"),
    [
        ([1, 2], [1, 2, 3], "one length, got 2 and 3"),
        ([1, math.nan], [1, 2], "finite"),
        ([1, 2], [1, math.inf], "finite"),
        ([[1, 2]], [[1, 2]], "list of finite numbers"),
    ],
)
def test_what_cannot_be_compared(x: list, y: list, complaint: str) -> None:
    for correlation in (pearson, spearman):
        with pytest.raises(ValueError, match=complaint):
            correlation(x, y)


def test_numbers_that_are_nearly_equal() -> None:
    eps = 2.0**-52
    assert pearson([1, 1 + eps, 1 + 2 * eps], [0, 1, 2]) == pytest.approx(1, abs=1e-12)
    assert pearson([1e300, 2e300, 4e300], [1, 2, 4]) == pytest.approx(1, abs=1e-12)
    assert pearson([-5e-324, 0, 5e-324], [1, 2, 3]) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("x", [["1", "2"], [True, False]])
def test_what_is_no_number_has_no_correlation(x: list) -> None:
    with pytest.raises(ValueError, match="expected a list of numbers"):
        pearson(x, [1, 2])


@pytest.mark.parametrize(
    "x", [[True, 2.0, 3.0], np.ma.array([1.0, 2, 99], mask=[0, 0, 1])], ids=str
)
def test_what_would_be_taken_for_numbers(x: list) -> None:
    for function in (
        average_ranks,
        lambda x: pearson(x, [1, 2, 3]),
        lambda x: spearman([1, 2, 3], x),
    ):
        with pytest.raises(ValueError, match="expected a list of numbers"):
            function(x)


@pytest.mark.parametrize("start", [2**53, -(2**53) - 3, 2**63 - 3, -(2**63)])
def test_whole_numbers_that_no_float_tells_apart(start: int) -> None:
    x = [start, start + 2, start + 1]
    assert average_ranks(x).tolist() == [1, 3, 2]
    assert pearson(x, [0, 2, 1]) == pytest.approx(1)
    assert spearman(x, [0, 2, 1]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("x", "ranks"),
    [
        ([-1, 2**63, 2**63 + 1], [1, 2, 3]),
        ([2**53, 2**53 + 1, 0.5], [2, 3, 1]),
        ([np.int64(2**53), np.int64(2**53 + 1), np.float32(0.5), 0.5], [3, 4, 1.5, 1.5]),
        (np.array([2**60, 1], np.longdouble) + np.array([1, 2**60], np.longdouble), [1.5, 1.5]),
        (np.array([2**60, 2**60], np.longdouble) + np.array([1, 0], np.longdouble), [2, 1]),
    ],
)
def test_numbers_that_float64_takes_for_one_keep_their_order(x: Any, ranks: list[float]) -> None:
    if np.finfo(np.longdouble).nmant <= 53 and not isinstance(x, list):
        pytest.skip("numpy.longdouble is float64 here")
    assert average_ranks(x).tolist() == ranks
