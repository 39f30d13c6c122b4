"""Assumptions that are not said or not needed, and false refusals, each found for its reason."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import mpmath
import pytest
import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations import Derivation, Step, failures
from derivations.engine import arrays
from derivations.engine.assumptions import Assumption, positive
from derivations.engine.domain import undefined
from derivations.engine.notation import (
    K,
    U,
    V,
    d,
    eta,
    i,
    index,
    k,
    negatives,
    norm,
    number,
    o,
    one_hot,
    r,
    s,
    score,
    softmax,
    table,
    total,
    unfold,
    v_c,
    w,
    x,
)
from derivations.engine.proof import _instance
from derivations.engine.prose import Proved, Signed, equation, say
from derivations.engine.quantities import every
from derivations.engine.variants import instances
from derivations.statements.activations import positive as positive_x
from derivations.statements.activations import relu
from derivations.statements.softmax import OTHER, y_hat
from planted import B1, G1, C, D, alone, claim, said

# What is assumed is said


PUSHED = Proved(C["other words"], softmax(w) * arrays.v_c)


@pytest.mark.parametrize("where", ["answer", "care", "lemmas"])
def test_nothing_proved_is_quoted_without_its_condition(where: str) -> None:
    for told, refused in ((say("{}", PUSHED), True), (say("if {}, {}", OTHER, PUSHED), False)):
        found = said(C, **{where: (told,) if where == "lemmas" else told})
        assert ("does not say that it assumes: w ≠ o" in found) is refused


def test_a_reason_assumes_no_more_than_its_claim() -> None:
    whole = C["u_w"]
    last = Step(whole.closed, say("since {}", PUSHED))
    claims = (replace(whole, steps=(*whole.steps, last)), *(e for e in C.claims if e != whole))
    found = said(C, claims=claims, statement=say("If {}: {}", OTHER, PUSHED))
    assert "a reason does not say that it assumes: w ≠ o" in found


@pytest.mark.parametrize(
    ("derivation", "axes"), [(B1, ()), (B1, (w, i)), (D, (i, w)), (D, (w, w)), (D, (i,))]
)
def test_the_axes_are_those_of_the_code(derivation: Derivation, axes: tuple[sp.Symbol]) -> None:
    planted = replace(derivation.claims[0], axes=axes)
    form = next(e.form for e in derivation.statement.formulas if isinstance(e, Proved))
    statement = say("{}", Proved(planted, form))
    assert "are not its axes" in said(derivation, claims=(planted,), statement=statement)


@pytest.mark.parametrize(
    "expr",
    [
        number("rho_of_a_test", "planted", "rho_test", real=True, nonzero=True),
        table("nonzero_of_a_test", d, real=True, nonzero=True)[i],
        sp.Symbol("even_of_a_test", integer=True, even=True),
        sp.Symbol("eta", real=True, nonzero=True),
    ],
    ids=str,
)
def test_nothing_is_declared_that_no_page_says(expr: sp.Expr) -> None:
    assert "nothing says what is declared" in " ".join(undefined(expr * total(v_c[k] / expr, k)))
    assert not list(undefined(eta * v_c[i]))


def test_every_sign_of_a_name_is_said() -> None:
    above, below = sp.Symbol("t", positive=True), sp.Symbol("t", negative=True)
    assert every([above, below, sp.Symbol("t", real=True)]) == "every t > 0 or < 0"
    assert every([sp.Symbol("t", negative=True, integer=True)]) == "every t < 0"


def test_no_instance_has_a_sign_that_is_not_declared() -> None:
    above = number("above_of_a_test", "planted", "P_test", positive=True)
    real = number("real_of_a_test", "planted", "Q_test", real=True)

    def impose(values: dict[str, Any]) -> None:
        values[above.name] = -((values[real.name] - 1) ** 2) - 1

    given = Assumption(sp.Eq(above, 2 * real - real**2 - 2), (), impose)
    left = (real - 1) ** 2 / above + 1 / above
    planted = claim(left, sp.Integer(-1), given=(given,), wrong={"one": sp.S.One})
    statement = say("If {}, where {}: {}", given, Signed(above), Proved(planted))
    found = failures(Derivation("z9", "planted", statement, (planted,)))
    assert "no instance satisfies the assumptions" in "; ".join(found)


def test_an_assumption_holds_after_all_are_imposed() -> None:
    one, other = (number(f"{e}_of_a_test", "planted", f"{e}_test", real=True) for e in "fg")

    def put(name: str, value: int) -> Callable[[dict[str, Any]], None]:
        return lambda values: values.update({name: value})

    given = (
        Assumption(sp.Eq(one, 1), (), put(one.name, 1)),
        Assumption(sp.Eq(other, 2), (), lambda values: values.update({one.name: 0, other.name: 2})),
    )
    assert _instance(claim(one + other, sp.Integer(3), given=given), Random(0), {}) is None


# Checks do what is said of them


def test_what_is_assumed_for_every_negative_is_visited_without_one() -> None:
    values = _instance(G1["u_o"], Random(0), {"V": 2, "d": 1, "K": 0})
    assert values is not None
    assert values["K"] == 0


def test_an_index_told_by_cases_may_hold_an_entry() -> None:
    a = index("a", (sp.Integer(0), K))
    drawn = sp.Piecewise((o, sp.Eq(a, 0)), (negatives[a - 1], True))
    below = sp.Piecewise((o, sp.Eq(a, K)), (negatives[a - 1], True))
    assert not list(undefined(U[drawn, i]))
    assert "not shown to be in its range" in " ".join(undefined(U[below, i]))


def test_maxima_mean_something() -> None:
    assert not list(undefined(unfold(sp.Max(0, v_c[i]))))


def test_the_loss_may_grow_by_any_factor_where_a_bound_holds_at_the_start_alone() -> None:
    """One step by the reciprocal of the curvature at the start; see the care of t4."""
    with mpmath.workdps(50):
        grown = [_before_and_after(mpmath.mpf(e)) for e in (3, 4, 5)]
        assert abs(grown[0][0] - 12) < 1e-3
        assert grown[0][1] > 50_000
        factors = [after / before for before, after in grown]
        assert [e > 10**n for e, n in zip(factors, (3, 6, 10), strict=True)] == [True] * 3


def _before_and_after(far: Any) -> tuple[Any, Any]:
    outside, center = (mpmath.mpf(0), mpmath.mpf(1), -far), -far - 1

    def loss(at: Any) -> Any:
        return mpmath.log(sum(mpmath.exp(e * at) for e in outside))

    weights = [mpmath.exp(e * center) for e in outside]
    mean, squares = (
        sum(p * e**n for p, e in zip(weights, outside, strict=True)) / sum(weights) for n in (1, 2)
    )
    return loss(center), loss(center - mean / (squares - mean**2))


# What is assumed for every index says nothing where there is none


def test_an_assumption_for_every_index_is_about_each() -> None:
    one = number("one_of_a_test", "planted", "Q_one", real=True)
    entries = table("entries_of_a_test", K, latex="Q_entries", meaning="planted")
    for relation, indices in (
        (sp.Eq(one, entries[s]), (s,)),
        (sp.Eq(one * one, entries[s]), (s,)),
        (sp.Gt(one, 0), (s,)),
        (sp.Gt(one, entries[s]), (s,)),
        (sp.Ne(o, w), (s,)),
        (sp.Ne(negatives[s], o), (s, i)),
        (sp.Eq(one * total(Delta(r, s), r), 3), (s,)),
        (sp.Eq(one + entries[s] - total(entries[r] * Delta(r, s), r), 0), (s,)),
        (sp.Gt(one * total(Delta(r, s), r), 0), (s,)),
    ):
        with pytest.raises(ValueError, match="for every index, of which there may be none"):
            Assumption(relation, indices)
    for relation, indices in ((sp.Eq(entries[s], one), (s,)), (sp.Ne(negatives[s], o), (s,))):
        assert "for every s" in Assumption(relation, indices).text


# What is assumed holds somewhere


def test_an_assumption_for_every_index_holds_where_there_are_some() -> None:
    unlike = Assumption(sp.Ne(negatives[r], negatives[s]), (r, s))  # r = s included
    left = total(Delta(negatives[r], negatives[s]), r, s) + eta
    planted = claim(left, eta, given=(unlike,))
    found = failures(replace(alone(planted), statement=say("If {}: {}", unlike, Proved(planted))))
    assert "where each of their indices has two values" in "; ".join(found)


def test_a_text_says_what_makes_its_formulas_mean_something() -> None:
    given = positive(total(v_c[k] ** 2, k))
    right = claim(norm(v_c) * Derivative(norm(v_c), v_c[i]), v_c[i], given=(given,))
    headline = say("If {}: {}", given, Proved(right))
    planted = replace(alone(right, loss=norm(v_c)), statement=headline)
    ratio = equation(total(v_c[k] ** 2, k) / norm(v_c) ** 2, 1)
    assert "need not mean anything" in said(planted, answer=say("For every vector, {}", ratio))
    assert not said(planted, answer=say("If {}, {}", given, ratio))


# What is refused is refused, and where the claim is made


def test_an_instance_that_refutes_is_one_of_the_claim() -> None:
    below = number("below_of_a_test", "planted", "Q_below", nonpositive=True)
    one = claim(eta * (below - 1) ** 2, eta * (below**2 - 2 * below + 1))
    assert all(at.values[below.name] <= 0 for at in instances(one, "z9"))

    draws = iter(range(100_000))
    first, second = (number(f"{e}_of_a_test", "planted", f"Q_{e}", real=True) for e in ("p", "q"))
    given = (
        Assumption(sp.Eq(first, 1), (), lambda values: values.update({first.name: 1})),
        Assumption(
            sp.Eq(second, 2),
            (),
            lambda values: values.update({first.name: 1 + (next(draws) % 9 < 8), second.name: 2}),
        ),
    )
    shown = instances(claim(first + second * eta, 1 + 2 * eta, given=given), "z9")
    assert all(at.values[first.name] == 1 for at in shown)


def test_nothing_right_is_refused_in_the_sign_of_something_else() -> None:
    right = total((y_hat[w] - one_hot(w)) * U[w, i], w)
    planted = replace(B1["v_c"], wrong={"as it is": right})
    assert "ŷ is in what is refused, and not in what is proved" in said(
        B1, claims=(planted,), statement=say("{}", Proved(planted))
    )
    both = eta * total(y_hat[w], w)
    planted = claim(both + both, 2 * both, wrong={"one": 2 * eta * total(softmax(w), w)})
    assert "softmax here and y_hat there" in said(alone(planted))
    planted = claim(eta * 2 - eta, eta, wrong={"one": number("unsaid_of_a_test", "", real=True)})
    assert "unsaid_of_a_test has no meaning in the table" in said(alone(planted))


# What is refused is not true


def test_nothing_right_is_refused_for_a_number_of_another_sign() -> None:
    """What is printed as refused would be the same formula, at a number it is not about."""
    rectified_x = relu(sp.Symbol("x", real=True))
    left = sp.Add(rectified_x * (V + 1), -rectified_x, evaluate=False)
    planted = claim(left, V * rectified_x, wrong={"as it is": V * relu(positive_x)})
    assert "x is of two signs" in said(alone(planted))


def test_a_bound_that_is_met_is_not_too_strong() -> None:
    """Its value is 0, and what is computed of it a little less."""
    squares = total(score(w) ** 2, w)
    left = total(score(w) * total(U[w, k] * v_c[k], k), w)
    for met in (
        total(softmax(w), w) - 1,
        eta * softmax(w) - eta * softmax(w) * total(softmax(x), x),
    ):
        planted = claim(left, squares, nonnegative=True, too_strong={"one less": met})
        assert "too strong a bound, not refuted" in "; ".join(failures(alone(planted)))
