"""SymPy, the closed forms of the code and autodiff say the same."""

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from derivations import evaluate, statements
from derivations.engine.notation import i, l, w
from derivations.engine.open_functions import tabulated
from derivations.statements import curvature
from jw2v import activations, gradients, losses
from strategies import Sizes, double, negatives, row_numbers, some_sizes
from tolerances import close


def proved(id: str, name: str, **values: Any) -> np.ndarray:
    """A proved closed form, evaluated."""
    claim = statements()[id][name]
    return evaluate(claim.closed, values, claim.axes)


@cache
def compiled(
    function: Callable[..., Any],
    transform: Callable[..., Any] | None = None,
    wrt: tuple[int, ...] = (),
) -> Callable[..., Any]:
    """The function, its gradient or its Hessian, compiled once for each shape."""
    return jax.jit(transform(function, wrt) if transform else function)


@cache
def of_window(sums: Callable[..., Any], pair: Callable[..., Any]) -> Callable[..., Any]:
    """A sum over a window as a function of the two tables first."""
    return lambda V, U, c, words, where, *draws: sums(pair, c, words, V, U, *draws, where=where)


@st.composite
def points(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """v_c, o, negatives and U; repeats, o among the negatives, K = 0 and V = 1 among them."""
    sizes, domain = draw(some_sizes()), double(3.0)
    return {
        "v_c": draw(domain.vector(sizes)),
        "o": draw(row_numbers(sizes)),
        "negatives": draw(negatives(domain, sizes, ())),
        "U": draw(domain.table(sizes)),
    }


def point(o: int, negatives: list[int]) -> dict[str, np.ndarray]:
    table = np.linspace(-1.0, 1.5, 15).reshape(5, 3) ** 3
    return {
        "v_c": np.array([0.5, -1.0, 0.25]),
        "o": np.int32(o),
        "negatives": np.array(negatives, np.int32),
        "U": table,
    }


def agree(
    arguments: dict[str, np.ndarray],
    loss: Callable[..., Any],
    gradient: Callable[..., Any],
    wrt: tuple[int, ...],
    *expected: np.ndarray,
) -> None:
    """Autodiff and the closed form of the code are what SymPy says."""
    values = tuple(arguments.values())
    with jax.enable_x64(True):
        close(tuple(compiled(gradient)(*values)), expected, "rounding", values)
        close(compiled(loss, jax.grad, wrt)(*values), expected, "rounding", values)


@given(points())
@settings(max_examples=20)
def test_naive_softmax(at: dict[str, np.ndarray]) -> None:
    at = {name: at[name] for name in ("v_c", "o", "U")}
    center = proved("b1", "v_c", **at)
    for table in (proved("c", "u_w", **at), proved("d", "U", **at)):
        agree(
            at,
            losses.naive_softmax,
            gradients.naive_softmax,
            (0, 2),
            center,
            table,
        )
    with jax.enable_x64(True):
        value = compiled(losses.naive_softmax)(*at.values())
        close(value, proved("a", "softmax", **at), "rounding", tuple(at.values()))
        rows = compiled(gradients.naive_softmax)(*at.values()).U
        close(rows[at["o"]], proved("c", "u_o", **at), "rounding", tuple(at.values()))


@given(points())
@settings(max_examples=20)
@example(point(2, [1, 1, 4, 1]))
@example(point(2, [2, 0, 2, 3]))
@example(point(0, []))
def test_negative_sampling(at: dict[str, np.ndarray]) -> None:
    for id in ("g1", "g2"):
        center, table = proved(id, "v_c", **at), proved("h", "u_w", **at)
        agree(at, losses.negative_sampling, gradients.negative_sampling, (0, 3), center, table)


@given(points())
@settings(max_examples=20)
def test_negative_sampling_rows(at: dict[str, np.ndarray]) -> None:
    """Rows are distinct by their place: the table of rows meets the assumptions of g1 and g2."""
    rows = {"v_c": at["v_c"], "u_o": at["U"][at["o"]], "u_negatives": at["U"][at["negatives"]]}
    distinct = {
        "v_c": at["v_c"],
        "o": 0,
        "negatives": 1 + np.arange(len(at["negatives"])),
        "U": np.concatenate([rows["u_o"][None], rows["u_negatives"]]),
    }
    for id in ("g1", "g2"):
        expected = [proved(id, name, **distinct) for name in ("v_c", "u_o", "u_negatives")]
        agree(
            rows,
            losses.negative_sampling_rows,
            gradients.negative_sampling_rows,
            (0, 1, 2),
            *expected,
        )


@given(st.floats(-30, 30, allow_subnormal=False))
def test_activations(x: float) -> None:
    sigmoid, relu = statements()["f"].losses[0], statements()["e"].loss
    slope = proved("f", "x", x=x)
    step = evaluate(statements()["e"].closed["right of zero"].subs(ACTIVATION, REAL), {"x": x})
    with jax.enable_x64(True):
        for loss, gradient, value, derivative in (
            (activations.sigmoid, gradients.sigmoid, sigmoid, slope),
            (activations.relu, gradients.relu, relu, step),
        ):
            close(loss(x), evaluate(value, {"x": x}), "rounding", (x,))
            close(gradient(x), derivative, "rounding", (x,))
            close(jax.grad(loss)(x), derivative, "rounding", (x,))


ACTIVATION, REAL = sp.Symbol("x", positive=True), sp.Symbol("x", real=True)


def test_the_slope_of_relu_at_0_is_the_proved_one() -> None:
    assert float(gradients.relu(0.0)) == proved("e", "the code, at zero") == 0


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=5), st.data())
@settings(max_examples=20)
def test_cross_entropy(y_hat: list[float], data: st.DataObject) -> None:
    o = data.draw(st.integers(0, len(y_hat) - 1))
    with jax.enable_x64(True):
        value = losses.cross_entropy(np.eye(len(y_hat))[o], np.array(y_hat))
        close(value, proved("a", "J", y_hat=y_hat, o=o), "rounding", (np.array(y_hat),))


@pytest.mark.parametrize("id", ["c", "h"])
@given(st.data())
@settings(max_examples=10)
def test_skip_gram(id: str, data: st.DataObject) -> None:
    """i1, i2 and i3 with the proved gradients of a pair loss in the place of the open one."""
    sizes, domain, m = Sizes(4, 2, 3, 2), double(3.0), 2
    n = 2 * m + 1
    table, centers = data.draw(domain.table(sizes)), data.draw(domain.table(sizes))
    c, words = int(data.draw(row_numbers(sizes))), data.draw(row_numbers(sizes, n))
    draws = [data.draw(negatives(domain, sizes, (n,)))] if id == "h" else []
    pair = [
        {"v_c": centers[c], "o": words[at], "U": table, "negatives": draws[0][at] if draws else []}
        for at in range(n)
    ]
    by_v = np.array([proved("b1" if id == "c" else "g1", "v_c", **e) for e in pair])
    by_U = np.array([proved(id, "u_w", **e) for e in pair])
    by_table = evaluate(tabulated(statements()["i1"].closed["U"]), {"pair_U": by_U, "m": m}, [w, i])
    by_center = np.zeros_like(centers) + float(statements()["i3"].closed["v_w"])
    by_center[c] = evaluate(
        tabulated(statements()["i2"].closed["v_c"]), {"pair_v": by_v, "m": m}, [i]
    )
    name = "naive_softmax" if id == "c" else "negative_sampling"
    loss, gradient = getattr(losses, name), getattr(gradients, name)
    where = np.arange(n) != m
    values = (centers, table, c, words, where, *draws)
    expected = (by_center, by_table)
    with jax.enable_x64(True):
        ours = compiled(of_window(gradients.skip_gram, gradient))(*values)
        close(tuple(ours), expected, "rounding", values)
        auto = compiled(of_window(losses.skip_gram, loss), jax.grad, (0, 1))(*values)
        close(auto, expected, "rounding", values)


@pytest.mark.parametrize(("id", "name"), [("b1", "v_c"), ("d", "U"), ("g2", "v_c"), ("h", "u_w")])
def test_a_changed_formula_parts_from_the_code(id: str, name: str) -> None:
    """The comparison can fail: no wrong variant of a proved form agrees with the code."""
    at = point(2, [2, 0, 2, 3])
    naive = id in ("b1", "d")
    arguments = {e: at[e] for e in at if e != "negatives" or not naive}
    loss = losses.naive_softmax if naive else losses.negative_sampling
    claim = statements()[id][name]
    with jax.enable_x64(True):
        wrt = 0 if claim.name == "v_c" else len(arguments) - 1
        auto = np.asarray(jax.grad(loss, wrt)(*arguments.values()))
    np.testing.assert_allclose(evaluate(claim.closed, arguments, claim.axes), auto, atol=1e-12)
    for variant in (v for wrong, v in claim.wrong.items() if wrong != "transposed"):
        assert np.abs(evaluate(variant, arguments, claim.axes) - auto).max() > 1e-3


def test_evaluate_says_what_is_missing() -> None:
    closed = statements()["b1"].closed["v_c"]
    with pytest.raises(ValueError, match="no values for U, V, o"):
        evaluate(closed, {"v_c": [1.0]}, [i])
    with pytest.raises(ValueError, match=r"d is \d here, \d there"):
        evaluate(closed, {"v_c": [1.0], "U": [[1.0, 2.0]], "o": 0}, [i])


@pytest.mark.parametrize(
    ("id", "claim", "values", "said"),
    [
        ("b1", "v_c", {"o": 2}, "o: expected whole numbers from 0 to 1, got 2"),
        ("b1", "v_c", {"o": -1}, "got -1"),
        ("b1", "v_c", {"o": 0.5}, "got 0.5"),
        ("g1", "v_c", {"o": 0, "negatives": [0, 2]}, "negatives: expected .* got 2"),
        ("e", "right of zero", {"x": -1.0}, "x: -1.0 is not of the sign"),
        ("t2", "Hessian", {"row": [1.0], "others": [[1.0]], "weights": [-1.0]}, "weights: -1.0"),
        ("i2", "v_c", {"m": 1, "pair_v": np.ones((5, 1))}, r"2\*m \+ 1 is 5 here, 3 there"),
    ],
)
def test_evaluate_refuses_what_a_symbol_cannot_be(
    id: str, claim: str, values: dict[str, Any], said: str
) -> None:
    """Another word than those of the table would be none at all, and no error."""
    tables = {"v_c": [1.0], "U": [[1.0], [2.0]]} if id in ("b1", "g1") else {}
    closed = statements()[id].closed[claim]
    with pytest.raises(ValueError, match=said):
        evaluate(tabulated(closed), tables | values, statements()[id][claim].axes)


# What the trainer relies on


@given(points())
@settings(max_examples=10)
def test_curvature_of_naive_softmax(at: dict[str, np.ndarray]) -> None:
    at = {name: at[name] for name in ("v_c", "o", "U")}
    by_v, by_w = (proved("t3", name, **at) for name in ("Hessian, v_c", "Hessian, u_w"))
    values = tuple(at.values())
    with jax.enable_x64(True):
        every = compiled(losses.naive_softmax, jax.hessian, (0, 2))(*values)
        close(every[0][0], by_v, "rounding", values)
        close(np.einsum("wiwl->wil", every[1][1]), by_w, "rounding", values)
    trace = np.trace(by_v)
    assert np.linalg.eigvalsh(by_v).max() <= trace + 1e-12


@given(points())
@settings(max_examples=10)
def test_curvature_of_negative_sampling(at: dict[str, np.ndarray]) -> None:
    """The row is v_c; its pairs are the true word, label 1, and the negatives, label 0."""
    ids = np.concatenate([[at["o"]], at["negatives"]]).astype(int)
    row = {"row": at["v_c"], "others": at["U"][ids], "weights": np.ones(len(ids))}
    hessian = evaluate(statements()["t2"].closed["Hessian"], row, [i, l])
    loss = evaluate(curvature.ROW_LOSS, row | {"labels": np.arange(len(ids)) == 0})
    values = tuple(at.values())
    with jax.enable_x64(True):
        close(compiled(losses.negative_sampling)(*values), loss, "rounding", values)
        every = compiled(losses.negative_sampling, jax.hessian, (0,))(*values)
        close(every[0][0], hessian, "rounding", values)
    assert np.linalg.eigvalsh(hessian).max() <= (row["others"] ** 2).sum() / 4 + 1e-12
