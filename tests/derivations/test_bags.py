"""CBOW: j1, j2 and j3 are what autodiff says of bags, and what programs do otherwise is not."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from derivations import evaluate, statements
from derivations.engine import algebra
from derivations.engine.notation import U, centers, i, k, l, w, x
from derivations.engine.open_functions import tabulated
from derivations.engine.variants import instances
from derivations.statements import bag_symbols, bags
from jw2v import gradients, losses
from strategies import double, negatives, row_numbers, some_sizes
from tolerances import close

Point = dict[str, Any]
VECTORS: dict[str, Callable[..., Any]] = {"mean": jnp.mean, "sum": jnp.sum}
IDS = {"mean": "j1", "sum": "j2"}


@st.composite
def points(draw: st.DrawFn) -> Point:
    """Two tables, a bag of one to five words, repeats among them, a seen word and negatives."""
    sizes, domain = draw(some_sizes()), double(2.0)
    return {
        "centers": draw(domain.table(sizes)),
        "U": draw(domain.table(sizes)),
        "bag": draw(row_numbers(sizes, draw(st.integers(1, 5)))),
        "o": draw(row_numbers(sizes)),
        "negatives": draw(negatives(domain, sizes, ())),
    }


def point(*bag: int) -> Point:
    table = np.linspace(-1.0, 1.5, 12).reshape(4, 3) ** 3
    return {
        "centers": table[::-1] / 2,
        "U": table,
        "bag": np.array(bag, np.int32),
        "o": np.int32(2),
        "negatives": np.array([1, 2, 1], np.int32),
    }


def of_bag(at: Point, how: str, pair: str) -> Callable[..., Any]:
    """The loss of a bag as a function of both tables, from the library's loss of a pair."""
    draws = [at["negatives"]] if pair == "negative_sampling" else []

    def loss(centers: Any, table: Any) -> Any:
        vector = VECTORS[how](centers[at["bag"]], axis=0)
        return getattr(losses, pair)(vector, at["o"], *draws, table)

    return loss


def of_vector(at: Point, how: str, pair: str) -> tuple[Any, Any]:
    """The closed gradients by the vector of the bag, and by the outside table."""
    draws = [at["negatives"]] if pair == "negative_sampling" else []
    vector = VECTORS[how](jnp.asarray(at["centers"])[at["bag"]], axis=0)
    return tuple(getattr(gradients, pair)(vector, at["o"], *draws, at["U"]))


def proved(id: str, name: str, **values: Any) -> np.ndarray:
    claim = statements()[id][name]
    return evaluate(tabulated(claim.closed), values, claim.axes)


@pytest.mark.parametrize("pair", ["naive_softmax", "negative_sampling"])
@pytest.mark.parametrize("how", VECTORS)
@given(at=points())
@settings(max_examples=4)
@example(at=point(1, 3, 1, 1))
@example(at=point(0))
def test_the_gradients_of_a_bag(x64, how: str, pair: str, at: Point) -> None:
    by_vector, by_table = map(np.asarray, of_vector(at, how, pair))
    named, vocab = {"mean": "bag_h", "sum": "bag_s"}[how], len(at["U"])
    expected = (
        proved(IDS[how], "v_w", **{named: by_vector, "bag": at["bag"], "V": vocab}),
        proved(IDS[how], "U", bag_U=by_table),
    )
    auto = jax.grad(of_bag(at, how, pair), (0, 1))(at["centers"], at["U"])
    close(auto, expected, "rounding", (at["centers"], at["U"]))


@given(at=points())
@settings(max_examples=4)
@example(at=point(1, 3, 1, 1))
def test_the_curvature_of_a_bag(x64, at: Point) -> None:
    """And as code has it: each place carries a share of what its word has in all."""
    loss = of_bag(at, "mean", "negative_sampling")
    every = jax.hessian(loss)(jnp.asarray(at["centers"]), at["U"])
    auto = np.einsum("wiwl->wil", np.asarray(every))
    vector = jnp.asarray(at["centers"])[at["bag"]].mean(axis=0)
    bend = jax.hessian(losses.negative_sampling)(vector, at["o"], at["negatives"], at["U"])
    sizes = {"bag": at["bag"], "V": len(at["U"])}
    close(auto, proved("j3", "Hessian", bag_hh=np.asarray(bend), **sizes), "rounding", (at["U"],))
    counts = np.bincount(at["bag"], minlength=len(at["U"]))
    weights = np.zeros(len(counts))
    np.add.at(weights, at["bag"], counts[at["bag"]] / len(at["bag"]) ** 2)
    np.testing.assert_allclose(weights[:, None, None] * bend, auto, rtol=1e-9, atol=1e-12)


def test_what_programs_do_otherwise_is_no_gradient(x64) -> None:
    """The two that are in use: by the mean as many times too large, by the sum too small."""
    at = point(1, 3, 1, 1)
    for how, wrong, factor in (
        ("mean", "the mean divided, its gradient not", 4),
        ("sum", "the gradient divided, the sum not", 1 / 4),
    ):
        claim = statements()[IDS[how]]["v_w"]
        slope = np.asarray(of_vector(at, how, "naive_softmax")[0])
        values = {"bag_h": slope, "bag_s": slope, "bag": at["bag"], "V": 4}
        used = evaluate(tabulated(claim.wrong[wrong]), values, claim.axes)
        auto = jax.grad(of_bag(at, how, "naive_softmax"))(at["centers"], at["U"])
        np.testing.assert_allclose(used, factor * np.asarray(auto), rtol=1e-12)


# The open loss


def test_an_index_of_the_chain_rule_is_refused() -> None:
    for by in (U[x, i], centers[w, k], centers[x, i]):
        with pytest.raises(ValueError, match="index of the chain rule"):
            algebra.differentiate(sp.Derivative(bags.MEAN, by))
    with pytest.raises(ValueError, match="index of the chain rule"):
        sp.diff(bag_symbols.by_mean(i), centers[w, k])


def test_a_second_slope_is_by_center_vectors_alone() -> None:
    for by in (U[w, i], sp.Symbol("t", real=True)):
        with pytest.raises(ValueError, match="expected an entry of a center vector"):
            bag_symbols.by_mean(i)._eval_derivative(by)
    with pytest.raises(ValueError, match="no rule"):
        algebra.differentiate(sp.Derivative(bags.SUM, centers[w, i], centers[w, l]))


def test_the_mean_and_the_sum_are_two_losses() -> None:
    """Where a proof took one for the other, it would fail."""
    mean, total = (sp.Derivative(e, centers[w, i]) for e in (bags.MEAN, bags.SUM))
    assert not algebra.is_zero(mean - total)
    assert not algebra.is_zero(bag_symbols.by_mean(i) - bag_symbols.by_sum(i))
    table = bag_symbols.by_table_at_mean(w, i) - bag_symbols.by_table_at_sum(w, i)
    assert not algebra.is_zero(table)


def test_the_shown_curvature_is_one() -> None:
    """A second derivative is symmetric; so must be the numbers that stand for it."""
    claim = statements()["j3"]["Hessian"]
    for at in instances(claim, "j3"):
        shown = at.values["bag_hh"]
        assert (shown == shown.T).all()


def test_a_bag_has_a_word() -> None:
    assert bag_symbols.W.is_positive
    assert bag_symbols.bag.shape == (bag_symbols.W,)
