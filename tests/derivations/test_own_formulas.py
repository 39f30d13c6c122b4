"""A function of someone's own is proved to be a formula, and no formula is taken for another."""

import re
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from derivations.__main__ import main
from derivations.programs import own
from derivations.programs.formula import Formulas
from derivations.programs.own import against, differences, inputs_of

TABLES = "v: d; o: < V; U: V d"
SCORE = "Sum(U[w, i]*v[i], (i, 0, d - 1))"
LOSS = f"log(Sum(exp({SCORE}), (w, 0, V - 1))) - Sum(U[o, i]*v[i], (i, 0, d - 1))"
ERROR = "(exp(Sum(U[w, k]*v[k], k < d))/Sum(exp(Sum(U[x, k]*v[k], k < d)), x < V) - delta(w, o))"
BY_U = f"[w < V, i < d] -> {ERROR}*v[i]"
BY_BOTH = f"[i < d] -> Sum({ERROR}*U[w, i], w < V); {BY_U}"


def loss(v, o, U):
    return jax.nn.logsumexp(U @ v) - U[o] @ v


def problems(function, formula, inputs=TABLES):
    given = inputs_of(inputs)
    return list(differences(function, against(formula, given), given))


def refused(function, formula, inputs, message):
    (problem,) = problems(function, formula, inputs)
    assert message in problem


def test_the_command_proves_a_formula(capsys):
    named = f"{__name__}:loss"
    assert main(["--prove", named, "--against", LOSS, "--inputs", TABLES]) == 0
    assert f"proved for every V, d ≥ 1: {named} is log(Sum(" in capsys.readouterr().out
    wrong = LOSS.replace(" - Sum", " + Sum")
    assert main(["--prove", named, "--against", wrong, "--inputs", TABLES]) == 1
    assert "for {'V': 1, 'd': 1} entry [] is" in capsys.readouterr().out
    assert main(["--prove", named, "--against", "v[j]", "--inputs", TABLES]) == 2
    assert "j is no input, no size and no index" in capsys.readouterr().err


def test_autodiff_is_proved_to_be_a_formula():
    given = inputs_of(TABLES)
    gradient = own.function_of(f"grad:{__name__}:loss", given)
    assert not list(differences(gradient, against(BY_BOTH, given), given))


class Slopes(NamedTuple):
    first: object
    second: object


@pytest.mark.parametrize(
    ("function", "formula", "inputs"),
    [
        (lambda x: x[1:].sum(), "Sum(x[i], (i, 1, n - 1))", "x: n"),
        (lambda x: x[::-1], "[i < n] -> x[n - 1 - i]", "x: n"),
        (lambda A: A.T @ A, "[i < m, j < m] -> Sum(A[k, i]*A[k, j], k < n)", "A: n m"),
        (lambda A: A.sum(), "Sum(A[i, j], (j, 0, m - 1), (i, 0, n - 1))", "A: n m"),
        (lambda x: jnp.maximum(x, 0), "Max(x, 0)", "x: "),
        (lambda x: jax.nn.softplus(-x), "log(1 + exp(-x))", "x: "),
        (lambda x: jnp.where(x >= 0, 1.0, 0.5 * x), "Piecewise((1, x >= 0), (x/2, True))", "x: "),
        (lambda x: 0.1 * x, "float32(0.1)*x", "x: "),
        (lambda x: x / 8 - 2 * x, "0.125*x - 2e0*x", "x: "),
        (lambda x: Slopes(x, x**2), "x; x*x", "x: "),
        (lambda x: 1 / (1 + x**2), "(1 + x**2)**-1", "x: "),
        (lambda x, o: o * x / 2, "o/2*x", "x: ; o: < n"),
        (lambda x, s: x[s] * 2, "[k < K] -> 2*x[s[k]]", "x: n; s: K < n"),
        (lambda x: jnp.abs(x).sum(), "Sum(Abs(x[i]), i < n)", "x: n"),
        (lambda x: jnp.minimum(x, 0.0) - 1, "Min(x, 0) - 1**2", "x: "),
        (lambda x: jnp.tanh(x), "tanh(x)", "x: "),
        (lambda x: jnp.sqrt(1 + x**2), "sqrt(1 + x**2)", "x: "),
    ],
)
def test_what_is_the_same_is_proved(function, formula, inputs):
    assert not problems(function, formula, inputs)


@pytest.mark.parametrize(
    ("function", "formula", "inputs"),
    [
        (lambda x: x.sum(), "Sum(x[i], (i, 1, n - 1))", "x: n"),
        (lambda x: x[1:].sum(), "Sum(x[i], (i, 0, n - 1))", "x: n"),
        (lambda x: x[1:].sum(), "Sum(x[i], (i, 0, n - 2))", "x: n"),
        (lambda A: A, "[i < n, j < n] -> A[j, i]", "A: n n"),
        (lambda A: A @ A, "[i < n, j < n] -> Sum(A[i, k]*A[j, k], k < n)", "A: n n"),
        (lambda x: x - x.mean(), "[i < n] -> x[i] - Sum(x[k], k < n)", "x: n"),
        (lambda x: x / 3, "x/2", "x: "),
        (lambda x: 0.1 * x, "x/10", "x: "),
        (lambda x: -(x**2), "(-x)**2", "x: "),
        (lambda x: x**2, "2*x", "x: "),
        (lambda x, o: x[o], "Sum((1 - delta(o, i))*x[i], i < n)", "x: n; o: < n"),
        (lambda x: jnp.where(x > 0, 1.0, 0.0), "Piecewise((1, x >= 0), (0, True))", "x: "),
        (lambda x: jnp.maximum(x, 0), "Min(x, 0)", "x: "),
        (lambda v, U: v, "[i < d] -> Sum(U[w, i], w < V)", "v: d; U: V d"),
    ],
)
def test_another_formula_is_refused(function, formula, inputs):
    refused(function, formula, inputs, "not shown to be the same")


@pytest.mark.parametrize(
    ("function", "formula", "inputs"),
    [
        # SymPy counts the terms of a sum that ends before it begins below 0
        (lambda x: x.shape[0] - 2.0 + 0 * x.sum(), "Sum(1, (i, 3, n))", "x: n"),
        (lambda x: x.sum(), "Sum(x[i], (i, 2, n - 1))", "x: n"),
        (lambda x: x.sum(), "Sum(x[i], i < n/2)", "x: n"),
        (lambda x: x.sum(), "Sum(x[i], (i, 0, n))", "x: n"),
        (lambda x: x.sum(), "Sum(x[i], (i, -1, n - 1))", "x: n"),
        (lambda x: x[-1], "x[-1]", "x: n"),
        (lambda x: x[0], "x[1]", "x: n"),
        (lambda x, o: x[o], "x[o/2]", "x: n; o: < n"),
        (lambda x, o: x[o], "x[o + 1]", "x: n; o: < n"),
        (lambda x, y: x[0], "x[y]", "x: n; y: "),
        (lambda U: U, "[w < V, i < d] -> U[i, w]", "U: V d"),
        (lambda x: 1.0 + 0 * x, "x/x", "x: "),
        (lambda x: 0 * x, "0/x", "x: "),
        (lambda x: x, "x**-1", "x: "),
        (lambda x: 0 * x, "0*log(x)", "x: "),
        (lambda x: x, "exp(log(x))", "x: "),
        (lambda x: x, "sqrt(x)**2", "x: "),
        (lambda x: 0 * x, "0*sqrt(-1 - x**2)", "x: "),
        (lambda x: x, "Piecewise((x, x > 0), (x*log(x)/log(x), True))", "x: "),
        (lambda n: 0.0 * n.sum(), "0/(k - 1)", "n: k"),
    ],
)
def test_what_may_mean_nothing_is_refused(function, formula, inputs):
    refused(function, formula, inputs, "not shown")  # whatever small arrays would say


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (f"[i < d, w < V] -> {ERROR}*v[i]", "shapes"),
        ("0", "shapes"),
        ("[i < d] -> 0", "shapes"),
        (f"{BY_U}; {BY_U}", "1 results, and 2 formulas"),
    ],
)
def test_a_formula_claims_the_shape(formula, message):
    refused(lambda v, o, U: U, formula, TABLES, message)


def test_a_dictionary_has_no_order_that_formulas_could_follow():
    refused(lambda x: {"b": x, "a": 2 * x}, "x; 2*x", "x: ", "and not of what holds others")
    refused(lambda x: ((x, x), 2 * x), "x; x; 2*x", "x: ", "and not of what holds others")


def test_what_python_decides_by_a_size_is_seen():
    def centred_but_one(x):
        return x if x.shape[0] == 1 else x - x.mean()

    formula = "[i < n] -> x[i] - Sum(x[k], k < n)/n"
    refused(centred_but_one, formula, "x: n", "the same for sizes that are symbols")


def test_a_formula_is_tried_on_numbers_whatever_the_proof_says(monkeypatch):
    monkeypatch.setattr(own, "same", lambda one, other: True)
    refused(lambda x: x.sum(), "Sum(x[i], (i, 1, n - 1))", "x: n", "and yet for {'n': 1}")


def test_a_formula_is_read_as_it_is_computed():
    given = {"x": np.array([3.0, -2.0, 0.5]), "o": np.array(2), "A": np.eye(3)[[1, 0, 2]]}

    def value(formula):
        return Formulas(formula, {"x": 1, "o": 0, "A": 2}, ["n"]).numbers(given, {"n": 3})

    assert value("x[0] - x[1] - x[2]")[0] == 4.5
    assert value("-x[1]**2")[0] == -4
    assert value("2/4*o")[0] == 1
    assert value("Sum(x[i]*(1 + 9*j), (j, 0, i), (i, 0, o))")[0] == 3 - 2 * 11 + 0.5 * 30
    assert value("Max(x[0], 7, o) + Min(x[0], 7, o)")[0] == 9
    assert value("Sum(1, (i, 1, 0))")[0] == 0
    assert value("[i < n, j < 2] -> A[i, j]; [k < n - 1] -> delta(k, 1)")[0].tolist() == [
        [0, 1],
        [1, 0],
        [0, 0],
    ]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("Sum(Sum(v[i], i < d), i < d)", "i is something else already"),
        ("[i < d] -> Sum(v[i], i < d)", "i is something else already"),
        ("[i < d, i < d] -> v[i]", "i is something else already"),
        ("[v < d] -> 1", "v is something else already"),
        ("Sum(v[o], o < d)", "o is something else already"),
        ("Sum(1, V < d)", "V is something else already"),
        ("Sum(1, exp < d)", "exp is something else already"),
        ("Sum(v[i], i < d) + v[i]", "i is no input"),
        ("Sum(v[i], (i, 0, i))", "i is no input"),
        ("Sum(v[i], (i, 0, j), (i, 0, d - 1))", "j is no input"),
        ("Sum(v[i])", "not of the notation"),
        ("Sum(v[i], i)", "a sum is over"),
        ("Sum(v[i], (i, d))", "a sum is over"),
        ("Sum(v[i], i <= d)", "an index and its range"),
        ("Sum(v[i], 0 < i < d)", "an index and its range"),
        ("v", "v has 1 indices"),
        ("v[0, 0]", "v has 1 indices"),
        ("U[0][0]", "not of the notation"),
        ("o[0]", "o has 0 indices"),
        ("d[0]", "d is no input"),
        ("v[0:1]", "not of the notation"),
        ("x", "x is no input"),
        ("pi", "pi is no input"),
        ("exp", "exp is no input"),
        ("sin(o)", "not of the notation"),
        ("exp(o, o)", "exp takes 1"),
        ("delta(o)", "delta takes 2"),
        ("Max(o)", "Max takes 2"),
        ("exp(x=o)", "not of the notation"),
        ("exp(*v)", "not of the notation"),
        ("o // 2", "not of the notation"),
        ("o % 2", "not of the notation"),
        ("o ^ 2", "not of the notation"),
        ("U @ v", "not of the notation"),
        ("o ** o", "a power is a whole number"),
        ("o ** 0.5", "a power is a whole number"),
        ("9**9**9", "a power is a whole number"),
        ("o ** True", "a power is a whole number"),
        ("o < 1", "not of the notation"),
        ("o and o", "not of the notation"),
        ("o if o else o", "not of the notation"),
        ("Piecewise((o, o > 0))", "the last of them"),
        ("Piecewise((o, 0 < o < 2), (o, True))", "the last of them"),
        ("Piecewise((o, True), (o, True))", "the last of them"),
        ("Piecewise((o, o > 0), (o, 1))", "the last of them"),
        ("0.1*o", "write float32(0.1) for that, or 1/10"),
        ("0.5000000000000000000001*o", "programs have no"),
        ("1e-400", "programs have no"),
        ("1e400", "no number of float32"),
        ("float32(o)", "not of the notation"),
        ("1j", "no real number"),
        ("True", "no real number"),
        ("'o'", "no real number"),
        ("o # - 1", "no comments"),
        ("o;", "no formula"),
        ("", "no formula"),
        ("o o", "no formula"),
        ("d -> o", "before ->"),
        ("[d] -> o", "an index and its range"),
        ("-".join("o" * 5000), "formula"),
        ("(" * 500 + "o" + ")" * 500, "no formula"),
        ("o.real", "not of the notation"),
        ("().__class__", "not of the notation"),
        ("(lambda: o)()", "not of the notation"),
        ("[o for _ in o]", "not of the notation"),
        ("(x := o)", "not of the notation"),
        ("f'{o}'", "not of the notation"),
    ],
)
def test_what_is_not_of_the_notation_is_named(formula, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Formulas(formula, {"v": 1, "o": 0, "U": 2}, ["V", "d"])


def test_nothing_of_a_formula_is_run(tmp_path: Path):
    there = tmp_path / "there"
    for call in (
        f"open({str(there)!r}, 'w')",
        f"__import__('pathlib').Path({str(there)!r}).touch()",
    ):
        with pytest.raises(ValueError, match="not of the notation"):
            against(call, inputs_of(TABLES))
    assert not there.exists()


def test_a_name_of_two_things_is_refused():
    with pytest.raises(ValueError, match="cannot tell the input V from the size"):
        against("V", inputs_of("V: V d"))
