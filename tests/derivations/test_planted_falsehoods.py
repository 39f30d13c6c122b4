"""False formulas that the page could print beside true proofs, each refused for its reason."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import mpmath
import pytest
import sympy as sp
from sympy import Derivative

import derivations.__main__ as command
from derivations import Claim, Derivation, Step, failures, statements
from derivations.engine import arrays, labels
from derivations.engine.algebra import differentiate
from derivations.engine.assumptions import Assumption
from derivations.engine.domain import undefined
from derivations.engine.notation import (
    Abbreviation,
    K,
    Loss,
    U,
    V,
    d,
    eta,
    i,
    index,
    k,
    negatives,
    number,
    o,
    one_hot,
    s,
    score,
    scores,
    softmax,
    table,
    total,
    unfold,
    v_c,
    w,
    x,
)
from derivations.engine.printing import latex, text
from derivations.engine.proof import _instance
from derivations.engine.prose import Defined, Proved, Signed, equation, plain, say
from derivations.engine.quantities import every
from derivations.statements.activations import leaky_relu
from derivations.statements.counting import NAIVE, Line, Listing, by_U, by_v, error
from derivations.statements.scores import PRODUCTS
from derivations.statements.softmax import OTHER, y_hat
from derivations.statements.stationary import b

B1, C, D, G1, G3 = (statements()[id] for id in ("b1", "c", "d", "g1", "g3"))
GRADIENT = Proved(B1["v_c"], arrays.U @ (arrays.y_hat - arrays.y))
PUSHED = Proved(C["other words"], softmax(w) * arrays.v_c)


def said(derivation: Derivation, **changes: Any) -> str:
    """What is said of a derivation with some of it replaced, before any claim is proved."""
    planted = replace(derivation, **changes)
    among = (e for claim in planted.claims for e in labels.of_claim(planted, claim))
    return "; ".join([*labels.of_derivation(planted), *labels.undeclared(planted), *among])


def claim(left: sp.Expr, closed: sp.Expr, **options: Any) -> Claim:
    options = {"wrong": {"twice": 2 * closed + 1}, "lemma": True, **options}
    return Claim("planted", left, (Step(closed, "so it is said"),), **options)


def alone(planted: Claim, **changes: Any) -> Derivation:
    return Derivation("z9", "planted", say("{}", Proved(planted)), (planted,), **changes)


# A sign like J_cube stays out of the page's table of symbols


class cube(Loss):
    symbol, meaning, name = "J_cube", "a planted loss", "J_cube"

    def definition(self) -> sp.Expr:
        return total(v_c[k] ** 3, k) / 3


class square(Loss):
    symbol, meaning, name = "J_square", "another planted loss", "J_square"

    def definition(self) -> sp.Expr:
        return total(v_c[k], k) ** 2 / 2


def of_v_c(loss: sp.Expr, closed: sp.Expr, **options: Any) -> Claim:
    return claim(Derivative(loss, v_c[i]), closed, lemma=False, axes=(i,), **options)


# An array is the closed form at every place


def test_a_table_is_not_proved_by_one_of_its_columns() -> None:
    seen = (softmax(o) - 1) * arrays.v_c @ arrays.y.T
    assert "not what 'u_o' proves" in said(C, statement=say("{}", Proved(C["u_o"], seen)))
    others = Proved(C["other words"], arrays.v_c @ arrays.y_hat.T)
    assert "not what 'other words' proves" in said(C, statement=say("If {}: {}", OTHER, others))


def test_an_array_captures_no_index_of_its_claim() -> None:
    for loss, closed, wrong in (
        (cube(), v_c[i] ** 2, v_c[i] * arrays.v_c),
        (square(), total(v_c[k], k), arrays.summed(arrays.v_c, i)),
    ):
        planted = alone(of_v_c(loss, closed), loss=loss)
        assert not failures(planted)
        form = Proved(planted.claims[0], wrong)
        assert "is not what 'planted' proves" in said(planted, statement=say("{}", form))


def test_one_entry_proves_no_vector() -> None:
    first = claim(Derivative(cube(), v_c[0]), v_c[0] ** 2, lemma=False)
    form = Proved(first, v_c[0] * arrays.v_c)
    planted = Derivation("z9", "planted", say("{}", form), (first,), loss=cube())
    assert "is not what 'planted' proves" in said(planted)


# Derivatives


def test_an_entry_moves_what_decides_between_cases() -> None:
    jump = sp.Piecewise((v_c[k] + 1, v_c[k] > 0), (v_c[k], True))
    for term in (jump, leaky_relu(v_c[k])):
        with pytest.raises(ValueError, match="decides between cases"):
            differentiate(Derivative(total(term, k), v_c[i]))


def made_of(one: sp.Expr, other: sp.Expr, *for_every: Any) -> Assumption:
    return Assumption(sp.Eq(one, other, evaluate=False), for_every)


middle = table("middle_of_a_test", V, meaning="what stands between", latex="M_test")


@pytest.mark.parametrize(
    "given",
    [
        (PRODUCTS,),
        (made_of(2 * scores[w], 2 * score(w), w),),
        (made_of(scores[w], middle[w], w), made_of(middle[w], score(w), w)),
    ],
    ids=["defined", "implied", "in two steps"],
)
def test_what_is_assumed_to_move_is_not_held_fixed(given: tuple[Assumption, ...]) -> None:
    """J = Σ (u_wᵀv_c)², of which half the derivative is lost."""
    loss = total(scores[w] * score(w), w)
    planted = claim(Derivative(loss, v_c[i]), total(score(w) * U[w, i], w), given=given)
    assert "holds z fixed, which moves by an assumption" in said(alone(planted))
    held = claim(Derivative(loss, middle[x]), sp.S.Zero, given=(PRODUCTS,))
    assert "an assumption" not in said(alone(held))


# One sign, one thing


def test_a_derivative_does_not_hold_fixed_what_is_written_like_the_softmax() -> None:
    loss = total(y_hat[w] * score(w), w)
    planted = claim(Derivative(loss, v_c[i]), total(y_hat[w] * U[w, i], w))
    assert "written like softmax" in said(alone(planted))


def test_two_ranges_have_two_signs() -> None:
    with pytest.raises(ValueError, match="runs over"):
        index("later_of_a_test", (sp.Integer(1), d - 1), "a dimension", latex="i")


class hidden(Abbreviation):  # type: ignore[misc]
    """The partition is forgotten, and the sign is that of the softmax."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return sp.exp(score(self.args[0]))

    def _latex(self, printer: Any) -> str:
        return rf"\hat{{y}}_{{{printer._print(self.args[0])}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"ŷ_{printer._print(self.args[0])}"


class scaled(hidden):
    """Not at the beginning, either."""

    def _latex(self, printer: Any) -> str:
        return rf"1 \cdot {hidden._latex(self, printer)}"


class renamed(hidden):
    """With a sign of its own, which it does not print."""

    symbol, meaning = "Psi_test", "what a test plants"


@pytest.mark.parametrize("kind", [hidden, scaled, renamed])
def test_a_named_expression_prints_no_sign_of_another(kind: type[Abbreviation]) -> None:
    planted = alone(claim(Derivative(kind(o), v_c[i]), U[o, i] * kind(o)))
    assert "with the sign of another" in said(planted)


def test_an_array_is_called_like_the_entry_at_its_place() -> None:
    with pytest.raises(ValueError, match="is not the entry of U at this place"):
        arrays.matrix("U", "U", (V, d), lambda p, q: U[p, q])
    with pytest.raises(ValueError, match="is not the entry of b at this place"):
        arrays.vector("b", "b", d, lambda p: b[d - 1 - p])


# What is assumed is said


@pytest.mark.parametrize("where", ["answer", "care", "lemmas"])
def test_nothing_proved_is_quoted_without_its_condition(where: str) -> None:
    for words, refused in ((say("{}", PUSHED), True), (say("if {}, {}", OTHER, PUSHED), False)):
        found = said(C, **{where: (words,) if where == "lemmas" else words})
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


# Printing


def test_powers_print_as_powers_of_all_that_is_raised() -> None:
    assert latex((-1) ** K) == "(-1)^K"
    assert text(total(v_c[k], k) ** 2) == "(Σ_k (v_c[k]))**2"
    assert text(score(w) ** 2) == "(u_wᵀv_c)**2"
    assert text(Derivative(cube(), v_c[i]) ** 2) == "(∂J_cube/∂v_c[i])**2"
    assert text(softmax(w) ** 2) == "ŷ_w**2"


def test_an_unproved_page_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = B1["v_c"]
    tripled = replace(right, steps=(*right.steps[:-1], Step(3 * right.closed, "so it is said")))
    planted = {"b1": replace(B1, claims=(tripled,), statement=say("{}", Proved(tripled)))}
    monkeypatch.setattr(command, "statements", lambda: planted)
    monkeypatch.setattr(command, "sheet", lambda *_: "a page")
    page = tmp_path / "page.md"
    assert command.main(["--markdown", str(page)]) == 1
    assert not page.exists()
    monkeypatch.setattr(command, "statements", lambda: {"b1": B1})
    assert command.main(["--markdown", str(page)]) == 0
    assert page.read_text() == "a page"


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
