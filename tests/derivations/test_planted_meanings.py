"""Formulas that mean nothing somewhere, each refused for its reason."""

from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from sympy import Derivative

from derivations import failures
from derivations.engine import arrays
from derivations.engine.assumptions import positive
from derivations.engine.notation import (
    Abbreviation,
    K,
    Loss,
    U,
    d,
    i,
    k,
    negatives,
    norm,
    one_hot,
    s,
    score,
    softmax,
    total,
    v_c,
    w,
    x,
)
from derivations.engine.prose import Defined, Proved, equation, plain, say
from derivations.statements.counting import NAIVE, Line, Listing, by_U, by_v, error
from planted import B1, G3, GRADIENT, C, alone, claim, said

# Formulas among words mean something


class popular(Abbreviation):  # type: ignore[misc]
    nargs = 1
    symbol, meaning = "Omega_test", "the summed products of a word with all words"

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * U[x, k], k, x)

    def _latex(self, printer: Any) -> str:
        return f"Omega_test({printer._print(self.args[0])})"

    def _sympystr(self, printer: Any) -> str:
        return f"Ω({printer._print(self.args[0])})"


class mean_of_negatives(Loss):
    symbol, meaning, name = "J_none", "a mean of none, too", "J_none"

    def definition(self) -> sp.Expr:
        return total(score(negatives[s]), s) / K


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        (Defined(popular(x)), "summed over an index of its own argument"),
        (Defined(mean_of_negatives()), "need not mean anything"),
        (equation(sp.Float(1) / 3, sp.Rational(1, 3)), "is rounded"),
    ],
)
def test_a_definition_means_something_and_no_number_is_rounded(formula: Any, why: str) -> None:
    assert why in said(B1, answer=say("{}", formula))
    assert not said(B1, answer=say("{}", Defined(popular(w))))


def test_factors_that_cancel_must_mean_something() -> None:
    right = (softmax(w) - one_hot(w)) * arrays.v_c
    for form in (
        K * ((1 / K) * right),
        K * -((1 / K) * right),
        (K * ((1 / K) * right) + right) - right,
    ):
        statement = say("{}", Proved(C["u_w"], form))
        assert "need not mean anything" in said(C, statement=statement), plain(statement)


def test_a_program_is_the_one_that_is_proved_and_counted() -> None:
    flipped = Line(by_v[i], -total(error[w] * U[w, i], w))
    for program, returned, why in (
        ((*NAIVE[:5], flipped, NAIVE[6]), (by_v[i], by_U[w, i]), "no claim proves what"),
        ((*NAIVE[:5], flipped, NAIVE[6]), (by_U[w, i],), "nothing proves what"),
        (NAIVE[:6], (by_v[i],), "no claim counts"),
    ):
        assert why in said(G3, answer=say("{}", Listing(program, returned)))


def test_two_claims_of_one_name_are_refused() -> None:
    twice = (B1["v_c"], replace(B1["v_c"], steps=B1["v_c"].steps[-1:]))
    assert "two claims are called v_c" in said(B1, claims=twice)


# The domain is asked of what is printed, before anything cancels


class length(Loss):
    symbol, meaning, name = "J_length", "the length of the center vector", "J_length"

    def definition(self) -> sp.Expr:
        return norm(v_c)


class share(Abbreviation):  # type: ignore[misc]
    nargs = 0
    symbol, meaning = "Q_share", "the share of each negative"

    def definition(self) -> sp.Expr:
        return 1 / K

    def _latex(self, printer: Any) -> str:
        return "Q_share"

    def _sympystr(self, printer: Any) -> str:
        return "Q"


class shared(share):
    """What it divides by cancels within."""

    symbol, meaning = "Q_shared", "all shares together"

    def definition(self) -> sp.Expr:
        return K * share()


class split(Abbreviation):  # type: ignore[misc]
    nargs = 1
    symbol, meaning = "Q_split", "a vector that is split among the negatives"

    def definition(self) -> sp.Expr:
        return v_c[self.args[0]] / K

    def _latex(self, printer: Any) -> str:
        return f"Q_split_{{{printer._print(self.args[0])}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"Q_{printer._print(self.args[0])}"


DRAWN = total(score(negatives[s]), s)


@pytest.mark.parametrize(
    ("left", "closed"),
    [
        (K * mean_of_negatives(), DRAWN),
        (K * share() * total(score(w), w), total(score(w), w)),
        (shared() * v_c[i], v_c[i]),
        (mean_of_negatives() - mean_of_negatives() / 2 - DRAWN / K / 2 + v_c[i], v_c[i]),
        (norm(v_c) * Derivative(norm(v_c), v_c[i]), v_c[i]),
        (length() * Derivative(length(), v_c[i]), v_c[i]),
        (norm(v_c) ** 2 / norm(v_c) * norm(v_c) * Derivative(length(), v_c[i]), norm(v_c) * v_c[i]),
    ],
    ids=str,
)
def test_what_cancels_must_mean_something(left: sp.Expr, closed: sp.Expr) -> None:
    planted = alone(claim(left, closed))
    assert "denominator that is not shown to be other than 0" in "; ".join(failures(planted))
    answer = say("{}", equation(left, closed))
    assert "need not mean anything" in said(B1, answer=answer)


def test_what_is_shown_to_be_other_than_0_cancels() -> None:
    given = positive(total(v_c[k] ** 2, k))
    right = claim(norm(v_c) * Derivative(norm(v_c), v_c[i]), v_c[i], given=(given,))
    headline = say("If {}: {}", given, Proved(right))
    assert not failures(replace(alone(right, loss=norm(v_c)), statement=headline))
    right = claim(norm(v_c) ** 2, total(v_c[k] ** 2, k))
    assert not failures(alone(right))


def test_a_vector_that_cancels_must_mean_something() -> None:
    Q = arrays.vector("Q_split", "Q", d, split)
    for form in (GRADIENT.form + Q - Q, Q - Q + GRADIENT.form, (Q @ Q.T - Q @ Q.T) @ Q):
        proved = Proved(B1["v_c"], form)
        assert "need not mean anything" in said(B1, statement=say("{}", proved)), form.text
