"""What the softmax's gradients add up to, and that its loss is convex (statements s1 to s5)."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from derivations import Claim, evaluate, statements
from jw2v import activations, gradients, losses
from strategies import arrays, double, reals, row_numbers, some_sizes
from tolerances import close

OWN = ["e", "e2", "f", "s1", "s2", "s3", "s4", "s5", "t5", "t6"]
CLAIMS = [claim for id in OWN for claim in statements()[id].claims]
ASSUMED = [(claim, at) for claim in CLAIMS for at in range(len(claim.given))]

Point = dict[str, np.ndarray]


@pytest.mark.parametrize(
    ("claim", "at"), ASSUMED, ids=[f"{claim.name}, {at}" for claim, at in ASSUMED]
)
def test_every_assumption_is_needed(claim: Claim, at: int) -> None:
    """Each for itself: without it a step no longer follows."""
    lost = replace(claim, given=(*claim.given[:at], *claim.given[at + 1 :]))
    chain = (claim.left, *(step.expr for step in claim.steps))
    assert all(claim.is_zero(one - other) for one, other in pairwise(chain))
    assert not all(lost.is_zero(one - other) for one, other in pairwise(chain))


# Ties to the code


@st.composite
def points(draw: st.DrawFn) -> Point:
    sizes, domain = draw(some_sizes()), double(3.0)
    return {
        "v_c": draw(domain.vector(sizes)),
        "o": draw(row_numbers(sizes)),
        "U": draw(domain.table(sizes)),
    }


def large_point() -> Point:
    """More words and dimensions than any small number in the code."""
    random, (vocab, dim) = np.random.default_rng(0), (300, 70)
    table = random.normal(size=(vocab, dim)) / 4
    return {"v_c": random.normal(size=dim), "o": np.int32(297), "U": table}


def proved(id: str, name: str, **values: Any) -> np.ndarray:
    claim = statements()[id][name]
    return evaluate(claim.closed, values, claim.axes)


def scores() -> st.SearchStrategy[np.ndarray]:
    return st.sampled_from([1, 2, 5]).flatmap(lambda n: arrays(np.float64, (n,), reals(9.0)))


def of_scores(z: Any, o: int) -> Any:
    """The loss as a function of its scores: each is the only entry of an outside vector."""
    return losses.naive_softmax(jnp.ones(1, z.dtype), o, z[:, None])


@given(z=scores(), data=st.data())
@settings(max_examples=30)
def test_the_slope_by_a_score_is_the_error(x64, z: np.ndarray, data: st.DataObject) -> None:
    o = data.draw(st.integers(0, len(z) - 1))
    expected = proved("s1", "z_w", scores=z, o=o)
    close(jax.grad(of_scores)(jnp.asarray(z), o), expected, "rounding", (z,))
    close(gradients.naive_softmax(np.ones(1), o, z[:, None]).U[:, 0], expected, "rounding", (z,))


@given(z=scores())
@settings(max_examples=30)
def test_the_jacobian_of_the_softmax(x64, z: np.ndarray) -> None:
    expected = proved("s2", "ŷ_w", scores=z)
    close(jax.jacobian(jax.nn.softmax)(jnp.asarray(z)), expected, "rounding", (z,))
    assert np.abs(expected.sum(axis=1)).max() < 1e-14


def test_no_wrong_variant_of_them_is_autodiff(x64) -> None:
    z, o = np.array([0.5, -1.0, 2.0, 0.25]), 1
    for id, name, auto in (
        ("s1", "z_w", jax.grad(of_scores)(jnp.asarray(z), o)),
        ("s2", "ŷ_w", jax.jacobian(jax.nn.softmax)(jnp.asarray(z))),
    ):
        claim = statements()[id][name]
        for variant in claim.wrong.values():
            wrong = evaluate(variant, {"scores": z, "o": o, "V": 4}, claim.axes)
            assert np.abs(wrong - np.asarray(auto)).max() > 1e-3


def both_gradients(at: Point) -> list[gradients.PairGradient]:
    """Ours, and those of autodiff."""
    autodiff = jax.grad(losses.naive_softmax, (0, 2))(*at.values())
    return [gradients.naive_softmax(*at.values()), gradients.PairGradient(*autodiff)]


@given(at=points())
@settings(max_examples=20)
def test_what_the_gradients_add_up_to(x64, at: Point) -> None:
    for g in both_gradients(at):
        values = tuple(at.values())
        close(g.U.sum(axis=0), np.zeros_like(at["v_c"]), "rounding", values)
        close((at["U"] * g.U).sum(), at["v_c"] @ g.v_c, "rounding", values)


def test_what_they_add_up_to_at_a_large_size(x64) -> None:
    at = large_point()
    for g in both_gradients(at):
        np.testing.assert_allclose(g.U.sum(axis=0), 0, atol=1e-13)
        np.testing.assert_allclose((at["U"] * g.U).sum(), at["v_c"] @ g.v_c, atol=1e-12)
        # a wrong sign in a few columns, or in the row of o, is seen by one of the two sums
        for wrong in (g.U.at[:, ::64].multiply(-1), g.U.at[297].multiply(-1)):
            assert abs(float((at["U"] * wrong).sum() - at["v_c"] @ g.v_c)) > 1e-3


def test_gradients_of_negative_sampling_do_not_add_up_to_zero(x64) -> None:
    """s3 is a law of the softmax alone; s4 holds for whatever depends on the scores."""
    at = large_point()
    negatives = np.arange(5, dtype=np.int32)
    g = gradients.negative_sampling(at["v_c"], at["o"], negatives, at["U"])
    assert np.abs(g.U.sum(axis=0)).max() > 0.1
    np.testing.assert_allclose((at["U"] * g.U).sum(), at["v_c"] @ g.v_c, atol=1e-12)


# Convex


@given(at=points(), data=st.data())
@settings(max_examples=20)
def test_the_hessian_along_a_direction(x64, at: Point, data: st.DataObject) -> None:
    e = data.draw(arrays(np.float64, at["v_c"].shape, reals(3.0)))
    expected = proved("s5", "along a direction", **at, direction=e)
    hessian = jax.hessian(losses.naive_softmax)(*at.values())
    close(e @ hessian @ e, expected, "rounding", (*at.values(), e))
    assert expected >= 0


@given(at=points(), data=st.data())
@settings(max_examples=50)
def test_the_loss_lies_above_its_tangents(x64, at: Point, data: st.DataObject) -> None:
    e = data.draw(arrays(np.float64, at["v_c"].shape, reals(3.0)))
    here, there = (losses.naive_softmax(v, at["o"], at["U"]) for v in (at["v_c"], at["v_c"] + e))
    above = there - here - e @ gradients.naive_softmax(*at.values()).v_c
    expected = proved("s5", "above the tangent", **at, direction=e)
    close(above, expected, "rounding", (*at.values(), e))
    assert expected >= 0


def test_a_zero_gradient_is_the_least_loss(x64) -> None:
    """Where u_o is the mean of all, v_c = 0 is the least, though ŷ_o is only 1/V."""
    random = np.random.default_rng(3)
    U = random.normal(size=(7, 3))
    U[2] = np.delete(U, 2, axis=0).mean(axis=0)
    assert np.abs(gradients.naive_softmax(np.zeros(3), 2, U).v_c).max() < 1e-15
    least = losses.naive_softmax(np.zeros(3), 2, U)
    np.testing.assert_allclose(least, np.log(7))
    for size in (1e-3, 0.1, 1, 30):
        for v in random.normal(size=(50, 3)) * size:
            assert losses.naive_softmax(v, 2, U) >= least


# Leaky ReLU


@given(x=st.floats(-30, 30, allow_subnormal=False), leak=st.floats(-2, 1))
@example(0.0, 0.25)
@example(-0.0, 0.25)
def test_leaky_relu(x64, x: float, leak: float) -> None:
    e2 = statements()["e2"]
    name = "right of zero" if x > 0 else "left of zero" if x < 0 else "the code, at zero"
    closed = e2[name].steps[-2].expr if x else e2[name].closed
    slope = float(evaluate(closed, {"alpha": leak}))
    value = evaluate(e2.loss, {"x": x, "alpha": leak})
    for function in (activations.leaky_relu, jax.nn.leaky_relu):
        close(function(jnp.float64(x), leak), value, "rounding", (np.float64(x),))
        assert float(jax.grad(function)(x, leak)) == slope
    assert float(gradients.leaky_relu(x, leak)) == slope


@pytest.mark.parametrize("leak", [-1.0, 0.0, 0.25, 1.0, 2.0])
def test_the_subgradient_of_leaky_relu_at_zero(x64, leak: float) -> None:
    """The lines of these slopes, and of no others, lie nowhere above it."""
    y = np.array([-5.0, -1e-9, 0.0, 1e-9, 5.0])
    for slope in np.linspace(-2, 3, 21):
        below = bool((slope * y <= np.asarray(activations.leaky_relu(y, leak))).all())
        assert below == (leak <= slope <= 1)
