"""Vectors and matrices of the derivations: what is written is what is computed."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from derivations import evaluate, statements
from derivations.engine import arrays, notation
from derivations.engine.notation import V, d, i, o, softmax, v_c, w
from derivations.engine.prose import Proved, say
from derivations.statements.skip_gram import by_center
from derivations.statements.softmax import LOSS

V_C = statements()["b1"]["v_c"]
RIGHT = arrays.U @ (arrays.y_hat - arrays.y)


def test_arrays_are_what_they_are_written_as() -> None:
    random = np.random.default_rng(0)
    values = {"U": random.normal(size=(4, 3)), "v_c": random.normal(size=3), "o": 1}
    table, vector = values["U"].T, values["v_c"]
    weights = np.exp(table.T @ vector) / np.exp(table.T @ vector).sum()
    true = np.eye(4)[1]
    for array, expected in {
        RIGHT: table @ (weights - true),
        arrays.v_c @ (arrays.y_hat - arrays.y).T: np.outer(vector, weights - true),
        -arrays.U.T @ arrays.v_c: -(table.T @ vector),
        arrays.U @ arrays.U.T @ arrays.v_c: table @ table.T @ vector,
        arrays.y_hat - (arrays.y + arrays.y): weights - 2 * true,
        arrays.summed(softmax(w) * arrays.u(w), w) - arrays.u(o): table @ (weights - true),
        arrays.summed(arrays.u(w), w, but=sp.Integer(2)): table[:, [0, 1, 3]].sum(1),
        softmax(o) * (arrays.v_c + 2 * arrays.u(o)): weights[1] * (vector + 2 * table[:, 1]),
    }.items():
        at = [i if size == d else w for size in array.shape if size != 1]
        entry = array.entry(at[0], at[1] if len(at) > 1 else sp.S.Zero)
        np.testing.assert_allclose(evaluate(entry, values, at), expected, err_msg=array.text)


@pytest.mark.parametrize(
    ("array", "text", "latex"),
    [
        (RIGHT, "U(ŷ − y)", r"U (\hat{y} - y)"),
        (
            arrays.y_hat - (arrays.y - arrays.y_hat),
            "ŷ − (y − ŷ)",
            r"\hat{y} - (y - \hat{y})",
        ),
        (-(arrays.y_hat - arrays.y), "−(ŷ − y)", r"-(\hat{y} - y)"),
        ((arrays.U.T @ arrays.v_c).T, "(Uᵀ v_c)ᵀ", r"(U^{\top} v_c)^{\top}"),
        (arrays.v_c + -arrays.v_c, "v_c + (−v_c)", r"v_c + (-v_c)"),
        (softmax(w) * -arrays.v_c, "ŷ_w (−v_c)", r"\hat{y}_w\, (-v_c)"),
    ],
)
def test_arrays_are_written_with_the_brackets_they_need(
    array: arrays.Array, text: str, latex: str
) -> None:
    assert (array.text, array.latex) == (text, latex)


def test_arrays_of_other_shapes_are_refused() -> None:
    for wrong in (lambda: arrays.y + arrays.v_c, lambda: arrays.U @ arrays.v_c):
        with pytest.raises(ValueError, match="is"):
            wrong()
    with pytest.raises(ValueError, match=r"is \(V, 1\)"):
        say("{}", Proved(V_C, arrays.y))
    with pytest.raises(ValueError, match="no first derivative"):
        say("{}", Proved(replace(V_C, left=V_C.closed), RIGHT))
    with pytest.raises(ValueError, match="has no name"):
        say("{}", Proved(replace(V_C, left=sp.Derivative(2 * LOSS, v_c[i])), RIGHT))
    with pytest.raises(ValueError, match="2 holes, 1 formulas"):
        say("{} {}", w)


def test_nothing_is_written_that_is_not_computed() -> None:
    """A sign of its own choosing is refused where it is made."""
    with pytest.raises(ValueError, match="made by vector"):
        arrays.Array(RIGHT.shape, RIGHT.entry, (r"U(y - \hat{y})", "U(y − ŷ)"), arrays.NAME)
    for sign, name in (
        (r"-\hat{y}", "−ŷ"),
        (r"\hat{y} - y", "ŷ − y"),
        ("y", "y"),
        (r"\hat{y}", "y"),
    ):
        with pytest.raises(ValueError, match="is not what its entries"):
            arrays.vector(sign, name, V, softmax)
    with pytest.raises(ValueError, match="no derivative by"):
        arrays.part(arrays.U, lambda p, q: by_center(notation.j, p))
    with pytest.raises(ValueError, match="says something"):
        notation.number("another", "a run", "y = 0")
    with pytest.raises(ValueError, match="is naive already"):

        class Twice(notation.Loss):
            symbol, meaning, name = LOSS.symbol, LOSS.meaning, "J_twice"

            def definition(self) -> sp.Expr:
                return 2 * LOSS.definition()
