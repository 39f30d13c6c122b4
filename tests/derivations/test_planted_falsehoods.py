"""False formulas that the page could print beside true proofs, each refused for its reason."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import mpmath
import pytest
import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

import derivations.__main__ as command
from derivations import Claim, Derivation, Step, failures, statements
from derivations.engine import arrays, labels
from derivations.engine.algebra import differentiate
from derivations.engine.assumptions import Assumption, positive
from derivations.engine.domain import undefined
from derivations.engine.naming import read_as_written
from derivations.engine.notation import (
    Abbreviation,
    Entry,
    Index,
    K,
    Loss,
    Named,
    RowProduct,
    U,
    V,
    c,
    centers,
    d,
    declare,
    direction,
    dot,
    eta,
    holds,
    i,
    index,
    j,
    k,
    m,
    negatives,
    norm,
    number,
    o,
    one_hot,
    r,
    s,
    score,
    scores,
    softmax,
    table,
    total,
    unfold,
    v_c,
    w,
    words,
    x,
)
from derivations.engine.open_functions import Open
from derivations.engine.printing import latex, text
from derivations.engine.proof import _instance
from derivations.engine.prose import Defined, Proved, Signed, equation, plain, say
from derivations.engine.quantities import every
from derivations.engine.variants import instances
from derivations.statements.activations import leaky_relu, relu
from derivations.statements.activations import negative as negative_x
from derivations.statements.activations import positive as positive_x
from derivations.statements.bag_symbols import (
    W,
    at_mean,
    by_mean,
    by_table_at_mean,
    by_table_at_sum,
    concrete,
    mean_loss,
    mean_of_bag,
    sum_loss,
    times_in_bag,
)
from derivations.statements.bags import H
from derivations.statements.convexity import score_there
from derivations.statements.counting import NAIVE, Line, Listing, by_U, by_v, error
from derivations.statements.runs import h
from derivations.statements.scores import PRODUCTS, predicted
from derivations.statements.skip_gram import pair_loss
from derivations.statements.softmax import OTHER, y_hat
from derivations.statements.stationary import b
from derivations.statements.step_symbols import move
from derivations.statements.tree_symbols import decision

B1, C, D, G1, G3, J1, S1 = (statements()[id] for id in ("b1", "c", "d", "g1", "g3", "j1", "s1"))
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


# What is written alike is one thing, in a derivative and in a statement


class decayed(Loss):
    symbol, meaning, name = "J_decayed", "a planted loss with all center vectors", "J_decayed"

    def definition(self) -> sp.Expr:
        return -sp.log(softmax(o)) + eta / 2 * total(centers[w, k] ** 2, k, w)


class decayed_outside(Loss):
    symbol, meaning, name = "J_outside", "a planted loss with all outside vectors", "J_outside"

    def definition(self) -> sp.Expr:
        return -sp.log(softmax(o)) + eta / 2 * total(U[w, k] ** 2, k, w)


class expected(Loss):
    symbol, meaning, name = "J_expected", "the expected score of a word", "J_expected"

    def definition(self) -> sp.Expr:
        return total(predicted(w) * score(w), w)


class partitioned(Loss):
    symbol, meaning, name = "J_partitioned", "a planted loss of scores", "J_partitioned"

    def definition(self) -> sp.Expr:
        return sp.log(total(sp.exp(scores[w]), w)) - seen


class penalised(Loss):
    symbol, meaning, name = "J_penalised", "a planted loss of a bag", "J_penalised"

    def definition(self) -> sp.Expr:
        return at_mean() + total(direction[k] ** 2, k) / 2


class guessed(Entry):  # type: ignore[misc]
    """The partition is forgotten; sign and meaning are those of the softmax."""

    symbol, meaning, unicode = softmax.symbol, softmax.meaning, softmax.unicode

    def definition(self) -> sp.Expr:
        return sp.exp(score(self.args[0]))


class squared_score(RowProduct):  # type: ignore[misc]
    """Without a sign of its own, it is written like the score of a word."""

    factors, unicode = score.factors, score.unicode

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * v_c[k] ** 2, k)


seen = number("seen_of_a_test", "", "z_o", real=True)
seen_probability = number("probability_of_a_test", "", r"\hat{y}_o", real=True)
twin = table("twin_of_a_test", V, latex="z", meaning="$z_w$ is the score of word $w$")
ERRORS = arrays.U @ (arrays.y_hat - arrays.y)


def test_a_derivative_moves_a_vector_with_the_table_that_it_is_a_row_of() -> None:
    lost = of_v_c(decayed(), total((softmax(w) - one_hot(w)) * U[w, i], w))
    planted = alone(lost, loss=decayed())
    for statement in (say("{}", Proved(lost)), say("{}", Proved(lost, ERRORS))):
        assert "(v_w)_k fixed, which is written like (v_c)_i" in said(planted, statement=statement)
    by_row = claim(Derivative(decayed(), centers[w, i]), eta * centers[w, i], lemma=False)
    assert "a derivative holds (v_c)_k fixed, which is written like" in said(
        alone(by_row, loss=decayed())
    )
    right = of_v_c(decayed_outside(), total((softmax(w) - one_hot(w)) * U[w, i], w))
    form = Proved(right, ERRORS)
    planted = alone(right, loss=decayed_outside())
    assert not failures(replace(planted, statement=say("{}", form)))


def test_no_center_vector_is_held_while_a_bag_moves() -> None:
    mean = mean_loss()
    lost = of_v_c(mean, sp.S.Zero, vanishes=True, wrong={"one": sp.S.One}, concrete=concrete)
    assert "which is written like (v_c)_i" in said(alone(lost, loss=mean))
    for zero in (mean_of_bag(i), total(centers[w, k] ** 2, w, k), by_mean(k), at_mean()):
        answer = say("{}", equation(Derivative(zero, v_c[i]), 0))
        assert "which is written like (v_c)_i" in said(J1, answer=answer)
    moved = equation(Derivative(mean_of_bag(i), centers[w, i]), times_in_bag(w) / W)
    assert not said(J1, answer=say("{}", moved))


def test_a_number_is_not_written_like_an_entry_that_is_held() -> None:
    lost = claim(Derivative(partitioned(), seen), -sp.S.One, lemma=False, wrong={"one": sp.S.One})
    headline = say("For {}: {}", Defined(partitioned()), Proved(lost))
    found = said(alone(lost, loss=partitioned()), statement=headline)
    assert "z_w fixed, which is written like z_o" in found
    assert "z_o is seen_of_a_test here and scores there" in found
    for zero in (Derivative(scores[w], seen), Derivative(seen, scores[w])):
        assert "which is written like" in said(S1, answer=say("{}", equation(zero, 0)))
    for zero in (Derivative(seen_probability, v_c[i]), Derivative(seen_probability, scores[w])):
        answer = say("{}", equation(zero, 0))
        assert "fixed, which is written like" in said(S1, answer=answer)
    assert not said(S1, answer=say("{}", equation(Derivative(scores[w], scores[o]), Delta(w, o))))


@pytest.mark.parametrize(
    ("held", "moved"),
    [
        (y_hat[w], v_c[i]),
        (predicted(w), v_c[i]),
        (softmax(w), scores[x]),
        (twin[w], scores[x]),
        (scores[w], twin[x]),
    ],
    ids=str,
)
def test_nothing_is_held_that_is_written_like_what_moves(held: sp.Expr, moved: sp.Expr) -> None:
    other = U[w, k] * moved
    lost = equation(Derivative(held * other, moved), held * U[w, k])
    assert "fixed, which is written like" in said(B1, answer=say("{}", lost))
    right = equation(Derivative(other, moved), U[w, k])
    assert not said(B1, answer=say("{}", right))


def test_a_form_in_a_headline_holds_nothing_fixed_either() -> None:
    lost = total(y_hat[w] * U[w, i], w)
    whole = claim(total(y_hat[w] * (U[w, i] + 1), w) - total(y_hat[w], w), lost)
    form = equation(Derivative(total(y_hat[w] * score(w), w), v_c[i]), lost)
    assert "which is written like softmax" in said(
        alone(whole), statement=say("{}", Proved(whole, form))
    )


def test_another_expression_with_a_sign_is_defined_in_the_headline() -> None:
    lost = of_v_c(expected(), total(predicted(w) * U[w, i], w))
    P = arrays.vector(r"\hat{y}", "ŷ", V, predicted)
    planted = alone(lost, loss=expected())
    headline = say("For {}: {}", Defined(expected()), Proved(lost, arrays.U @ P))
    found = said(planted, statement=headline)
    assert "predicted is written like softmax, and no headline defines it" in found
    assert "which is written like softmax" in found
    copied = claim(Derivative(guessed(w), v_c[i]), U[w, i] * guessed(w), axes=(w, i))
    assert "guessed is written like softmax" in said(alone(copied, loss=guessed(w)))
    unsigned = claim(
        Derivative(squared_score(w), v_c[i]), 2 * U[w, i] * v_c[i], axes=(w, i), lemma=False
    )
    planted = alone(unsigned, loss=squared_score(w))
    statement = say("For {}: {}", Defined(squared_score(w)), Proved(unsigned))
    assert "squared_score is written like score" in said(planted, statement=statement)
    S2 = statements()["s2"]
    assert not said(S2)
    assert "predicted is written like" in said(S2, statement=say("{}", Proved(S2.claims[0])))


def test_one_statement_has_one_thing_of_a_sign() -> None:
    mean, other = mean_loss(), sum_loss()
    for at in ((w, i), (x, k)):
        one = claim(Derivative(mean, U[w, i]), by_table_at_mean(w, i), lemma=False)
        two = claim(Derivative(other, U[at]), by_table_at_sum(*at), lemma=False)
        two = replace(two, name="by the sum")
        whole = alone(one, loss=(mean, other))
        both = replace(whole, claims=(one, two), statement=say("{}, {}", Proved(one), Proved(two)))
        assert "is by_table_at_mean here and by_table_at_sum there" in said(both)
    two_vectors = equation(v_c[i] * centers[w, i], centers[w, i] * v_c[i] + 0 * V)
    for statement, formula in ((B1, two_vectors), (J1, arrays.v_c)):
        assert "v_c is v_c here and centers there" not in said(statement)
        assert "is v_c here and centers there" in said(statement, answer=say("{}", formula))
    assert not said(J1, answer=say("{}", arrays.v(o)))
    assert "is twin_of_a_test here and scores there" in said(S1, answer=say("{}", twin[w]))


# Equations that are assumed move what they link


def test_what_is_assumed_among_words_moves_there() -> None:
    lost = equation(
        Derivative(total(scores[w] * score(w), w), v_c[i]), total(scores[w] * U[w, i], w)
    )
    for told in ("Where {}: {}", "Let {}. Then {}"):
        assert "z fixed, which moves by an assumption" in said(S1, answer=say(told, PRODUCTS, lost))
    assert "z fixed, which moves by an assumption" in said(
        S1, answer=say("{} where {}", lost, PRODUCTS)
    )
    assert not said(S1, answer=say("{}. Below, {}", lost, PRODUCTS))
    assert not said(S1, answer=say("{}", lost))


def test_a_derivative_holds_nothing_that_what_moves_is_made_of() -> None:
    loss = total(scores[w] * score(w), w)
    planted = claim(Derivative(loss, scores[x]), scores[x], given=(PRODUCTS,), axes=(x,))
    assert "holds U fixed, of which an assumption makes what moves" in said(alone(planted))
    loss = total(scores[w] ** 2, w)
    right = claim(Derivative(loss, scores[x]), 2 * score(x), given=(PRODUCTS,), axes=(x,))
    headline = say("If {}: {}", PRODUCTS, Proved(right))
    assert not failures(replace(alone(right, loss=loss), statement=headline))


# A sum sees every index that is written


@pytest.mark.parametrize(
    ("id", "formula"),
    [
        ("j1", equation(total(at_mean(), o), V * at_mean())),
        ("j1", equation(total(at_mean() * Delta(o, x), o), at_mean())),
        ("j1", equation(total(by_mean(i), o), V * by_mean(i))),
        ("i1", equation(total(pair_loss(j), c), V * pair_loss(j))),
        ("b1", equation(total(score(w), c), V * score(w))),
        ("b1", equation(total(softmax(w) * v_c[i], c), V * softmax(w) * v_c[i])),
    ],
    ids=str,
)
def test_no_sum_takes_out_what_is_written_with_its_index(id: str, formula: sp.Rel) -> None:
    derivation = statements()[id]
    assert re.search("depends unseen|does not depend", said(derivation, answer=say("{}", formula)))
    right = equation(total(formula.rhs, s), K * formula.rhs)
    assert not said(derivation, answer=say("For {}: {}", Signed(K), right))


def test_an_open_function_moves_with_what_it_depends_on() -> None:
    def impose(values: dict[str, Any]) -> None:
        values["direction"] = values["centers"][values["o"]].copy()

    row = Assumption(sp.Eq(direction[i], centers[o, i]), (i,), impose)
    lost = claim(Derivative(penalised(), direction[i]), direction[i], given=(row,), lemma=False)
    headline = say("If {}, for {}: {}", row, Defined(penalised()), Proved(lost))
    found = said(alone(lost, loss=penalised()), statement=headline)
    assert "a derivative holds v fixed, which moves by an assumption" in found
    right = claim(Derivative(penalised(), direction[i]), direction[i], lemma=False, axes=(i,))
    right = replace(right, concrete=concrete)
    headline = say("For {}: {}", Defined(penalised()), Proved(right))
    assert not failures(replace(alone(right, loss=penalised()), statement=headline))


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


# Nothing is differentiated that has no derivative everywhere


class rectified(Loss):
    symbol, meaning, name = "J_rectified", "the rectified entries, summed", "J_rectified"

    def definition(self) -> sp.Expr:
        return total(sp.Max(0, v_c[k]), k)


real = number("real_number_of_a_test", "planted", "Q_real", real=True)


@pytest.mark.parametrize(
    "term",
    [sp.Max(0, real), sp.Max(0, real) ** 2, sp.Min(1, real), sp.Abs(real), sp.sign(real)],
    ids=str,
)
def test_what_has_a_kink_is_not_differentiated(term: sp.Expr) -> None:
    lost = equation(Derivative(term, real), sp.diff(term, real))
    assert "no rule by which it could be differentiated" in said(B1, answer=say("{}", lost))


def test_a_loss_with_a_kink_has_no_gradient() -> None:
    lost = of_v_c(rectified(), sp.Heaviside(v_c[i]))
    found = "; ".join(failures(alone(lost, loss=rectified())))
    assert "no rule by which it could be differentiated" in found
    jump = claim(sp.Heaviside(v_c[i]) * 2 - sp.Heaviside(v_c[i]), sp.Heaviside(v_c[i]))
    assert "a function of which nothing is known" in "; ".join(failures(alone(jump)))
    largest = sp.Max(0, real)
    assert not failures(alone(claim((largest + 1) ** 2, largest**2 + 2 * largest + 1)))


# Arrays are written as what they are


def test_the_derivative_by_an_array_is_one_name() -> None:
    for entry in (
        lambda i, _: by_mean(i) - by_mean(i) / V,
        lambda i, _: 2 * by_mean(i),
        lambda i, _: sp.exp(mean_of_bag(i)),
        lambda i, _: mean_of_bag(i),
    ):
        with pytest.raises(ValueError, match="is a term, and no derivative"):
            arrays.part(H, entry)
    assert arrays.part(H, lambda i, _: by_mean(i)).is_name


def test_a_vector_is_called_exactly_as_its_entries() -> None:
    for sign, name, kind in ((r"\xi", "ξ", move), (r"\Xi", "Ξ", direction), ("B", "B", b)):
        entry = (lambda p, kind=kind: kind[p]) if isinstance(kind, sp.IndexedBase) else kind
        with pytest.raises(ValueError, match="is not what its entries"):
            arrays.vector(sign, name, d, entry)
    assert arrays.vector(r"\Xi", "Ξ", V, move).is_name
    assert arrays.vector(r"\xi", "ξ", d, lambda p: direction[p]).is_name


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
    ):
        with pytest.raises(ValueError, match="for every index, of which there may be none"):
            Assumption(relation, indices)
    for relation, indices in ((sp.Eq(entries[s], one), (s,)), (sp.Ne(negatives[s], o), (s,))):
        assert "for every s" in Assumption(relation, indices).text


# Signs are said


def test_a_sign_that_a_formula_among_words_needs_is_said() -> None:
    above = number("above_0_of_a_test", "planted", "Q_above", positive=True)
    whole = number("whole_of_a_test", "planted", "Q_whole", positive=True, integer=True)
    squares = total(v_c[k] ** 2, k)
    for formula, sign in (
        (sp.Ge(above * squares, 0, evaluate=False), above),
        (sp.Gt(above, 0, evaluate=False), above),
        (equation(sp.sqrt(above**2 * 4), 2 * above), above),
        (equation(whole * (1 / whole + squares), 1 + whole * squares), whole),
    ):
        assert "does not say which sign it assumes" in said(B1, answer=say("{}", formula))
        step = Step(B1["v_c"].closed, say("since {}", formula))
        steps = (replace(B1["v_c"], steps=(*B1["v_c"].steps, step)),)
        planted = replace(B1, claims=steps, statement=say("{}", Proved(steps[0])))
        assert "a reason does not say which sign it assumes" in said(planted)
        assert not said(B1, answer=say("For {}: {}", Signed(sign), formula))


# A sum bears out what is declared of its index


def indicator(one: sp.Expr | int, other: sp.Expr | int) -> sp.Expr:
    return holds(sp.Le(one, other, evaluate=False))


def test_a_sum_goes_nowhere_that_its_index_is_declared_not_to() -> None:
    for planted in (
        claim(sp.Sum(indicator(0, s), (s, -m, m)), 2 * m + 1),
        claim(sp.Sum(relu(s), (s, -m, m)), sp.Sum(s, (s, -m, m))),
        claim(sp.Sum(indicator(h, 0), (h, 0, m)) + eta, eta),
        claim(eta * V, eta * V + sp.Sum(relu(s) - s, (s, -m, m))),
    ):
        assert "does not show what is declared" in "; ".join(failures(alone(planted)))
    lost = equation(sp.Sum(indicator(0, s), (s, -m, m)), 2 * m + 1)
    assert "does not show what is declared" in said(B1, answer=say("{}", lost))
    assert not failures(alone(claim(sp.Sum(indicator(1, h) + 1, (h, 1, m)), 2 * m)))
    twin = Index("s", integer=True, positive=True)
    with pytest.raises(ValueError, match="not the declared index"):
        total(indicator(1, twin), twin)
    assert "is not the declared index" in "; ".join(undefined(indicator(1, twin)))


# An open function moves with what it depends on, in a condition as well


class stepped(Loss):
    symbol, meaning, name = "J_stepped", "one if the loss of a bag is positive", "J_stepped"

    def definition(self) -> sp.Expr:
        return sp.Piecewise((1, at_mean() > 0), (0, True))


class hinged(Loss):
    symbol, meaning, name = "J_hinged", "the positive part of the loss of a bag", "J_hinged"

    def definition(self) -> sp.Expr:
        return sp.Piecewise((at_mean(), at_mean() > 0), (0, True))


def test_a_case_that_an_open_function_tells_has_no_derivative() -> None:
    slope = sp.Piecewise((by_table_at_mean(w, i), at_mean() > 0), (0, True))
    for loss, closed in ((stepped(), sp.S.Zero), (hinged(), slope)):
        wrong = {"one": sp.S.One}
        lost = claim(Derivative(loss, U[w, i]), closed, wrong=wrong, concrete=concrete)
        found = "; ".join(failures(alone(replace(lost, vanishes=True), loss=loss)))
        assert "decides between cases" in found


# What is printed reads as what it is


def test_a_factor_stands_in_a_bracket_wherever_it_needs_one() -> None:
    total_score = total(scores[w], w)
    assert latex(eta * (total_score + 1) / V) == (
        r"\frac{\eta}{V} \Bigl(\sum_w z_w + 1\Bigr)"  # and not η/V Σ z + 1
    )
    halved = (eta * (total_score + 1) / V) * arrays.v_c
    assert halved.latex == r"\frac{\eta}{V} \Bigl(\sum_w z_w + 1\Bigr)\, v_c"
    slope = Derivative(score(w), v_c[i])
    for factor, closed in ((slope, False), (eta * slope, False), (softmax(w), True), (eta, True)):
        assert (factor * arrays.v_c).latex.startswith((r"\Bigl(", "(")) is not closed
        assert (factor * arrays.v_c).text.startswith("(") is not closed
    assert latex(sp.log(eta * total_score / V)).startswith(r"\log \Bigl(")


def test_digits_of_two_numbers_stand_apart() -> None:
    assert latex(2 * 3**K) == r"2 \cdot 3^K"
    assert latex(2 * 3**K / V) == r"\frac{2 \cdot 3^K}{V}"
    assert latex(table("pairs_of_a_test", K, K, latex="P_pairs")[1, 2]) == "(P_pairs_1)_2"
    assert latex(Delta(w, 1)) == r"\delta_{w1}"


class projected(Abbreviation):  # type: ignore[misc]
    nargs = 1

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * v_c[k], k)

    def _latex(self, printer: Any) -> str:
        return rf"u_{{{printer._print(self.args[0])}}} v_c"

    def _sympystr(self, printer: Any) -> str:
        return f"u_{printer._print(self.args[0])} v_c"


def test_a_power_of_a_named_product_is_of_all_of_it() -> None:
    assert latex(projected(w) ** 2) == "(u_w v_c)^2"
    assert text(projected(w) ** 2) == "(u_w v_c)**2"
    assert latex(softmax(w) ** 2) == r"\hat{y}_w^2"
    assert latex(at_mean() ** 2).startswith(r"\bigl(J_o")


# Numbers of one name and different signs


def test_of_two_numbers_that_print_alike_it_is_said_which_is_meant() -> None:
    E = statements()["e"]
    right, left = equation(relu(positive_x), positive_x), equation(relu(negative_x), 0)
    lost = said(E, answer=say("Everywhere {}, and everywhere {}.", right, left))
    assert "the answer does not say beside a formula which sign x has" in lost
    for told in ("For {}, {}; for {}, {}.", "For {}, {}. For {}, {}."):
        answer = say(told, Signed(positive_x), right, Signed(negative_x), left)
        assert not said(E, answer=answer)
    swapped = say("For {}, {}; for {}, {}.", Signed(negative_x), right, Signed(positive_x), left)
    assert "not the one its formula is proved for" in said(E, answer=swapped)
    late = say("For {}, {}. Also, {}.", Signed(positive_x), right, left)
    assert "not the one its formula is proved for" in said(E, answer=late)
    bare = say("For {}: {} and {}.", *E.statement.formulas[:1], *E.statement.formulas[2:5:2])
    assert "the headline does not say beside a formula" in said(E, statement=bare)


def test_a_sign_that_is_said_is_that_of_the_claim() -> None:
    above = claim(positive_x * Derivative(sp.log(positive_x), positive_x), sp.S.One)
    other = sp.Symbol("x", nonnegative=True)
    planted = alone(above, loss=sp.log(positive_x))
    statement = say("For {}: {}", Signed(other), Proved(above))
    assert "not the one its formula is proved for" in said(planted, statement=statement)
    assert not said(planted, statement=say("For {}: {}", Signed(positive_x), Proved(above)))
    unused = sp.Symbol("eta", positive=True)
    assert "no formula is about" in said(B1, answer=say("For {}, {}", Signed(unused), GRADIENT))


def test_a_claim_is_about_one_number_of_a_name() -> None:
    mixed = claim(relu(positive_x) + relu(negative_x), positive_x)
    assert "x is of two signs" in said(alone(mixed))
    step = Step(mixed.left - relu(negative_x), "so it is said")
    longer = replace(claim(relu(positive_x), positive_x), steps=(step, mixed.steps[0]))
    assert "x is of two signs" not in said(alone(longer))


# A named expression is written as what it is


class own_square(Abbreviation):  # type: ignore[misc]
    """A slip: o for the word itself."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * U[o, k], k)

    def _latex(self, printer: Any) -> str:
        at = printer._print(self.args[0])
        return rf"u_{{{at}}}^{{\top}} u_{{{at}}}"

    def _sympystr(self, printer: Any) -> str:
        at = printer._print(self.args[0])
        return f"u_{at}ᵀu_{at}"


class alike(Abbreviation):  # type: ignore[misc]
    """Its second argument is not printed."""

    nargs = 2
    symbol, meaning = "Q_alike", "how alike two words are"

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * U[self.args[1], k], k)

    def _latex(self, printer: Any) -> str:
        return f"Q_alike({printer._print(self.args[0])})"

    def _sympystr(self, printer: Any) -> str:
        return f"Q_alike({printer._print(self.args[0])})"


def test_a_name_without_a_sign_is_the_product_that_it_shows() -> None:
    planted = equation(own_square(w), own_square(w) * 1)
    assert "which it need not be" in said(B1, answer=say("{}", planted))
    for right in (score(w), dot(direction, direction), score_there(w), decision(o)):
        assert read_as_written(right)
    assert not read_as_written(projected(w))


def test_every_argument_is_printed() -> None:
    for formula in (
        equation(alike(w, o) - alike(w, x), alike(w, o) - alike(w, x) + 0),
        equation(total(alike(w, x), x), total(U[w, k] * total(U[x, k], x), k)),
    ):
        assert "without one of its arguments" in said(B1, answer=say("{}", formula))


def test_a_vector_has_all_entries_of_what_it_is_called_after() -> None:
    for size in (d - 1, V, sp.Integer(2)):
        with pytest.raises(ValueError, match="is not the size of what it is called after"):
            arrays.vector(r"\xi", "ξ", size, lambda p: direction[p])
    with pytest.raises(ValueError, match="is not the size"):
        arrays.vector(r"\hat{y}", "ŷ", V - 1, softmax)
    assert arrays.vector(r"\hat{y}", "ŷ", V, softmax).is_name


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


# One sign of an index, and of what is whole


def test_an_index_has_a_sign_of_its_own() -> None:
    with pytest.raises(ValueError, match="is the index w already"):
        index("again_of_a_test", words, latex="w")
    for at in (sp.Dummy("w", integer=True, nonnegative=True), sp.Dummy("eta", real=True)):
        assert "is written like an index" in "; ".join(undefined(Delta(o, w) * at))
    other = sp.Dummy("w", integer=True, nonnegative=True)
    lost = equation(sp.Sum(Delta(other, w) * eta, (other, 0, V - 1)), eta)
    assert "is written like an index" in said(B1, answer=say("{}", lost))


def test_what_is_whole_is_said_to_be() -> None:
    with pytest.raises(ValueError, match="whole number in one place"):
        number("x", "a real number", integer=True)
    assert "whether x is whole" in "; ".join(undefined(sp.Symbol("x", integer=True) * eta))
    turns = number("turns_of_a_test", "how far a needle turns", "Q_turns", integer=True)
    assert "of no sign that a size has" in "; ".join(undefined(turns * eta))
    entries = table("turned_of_a_test", V, latex="Q_turned", meaning="planted", integer=True)
    assert "in which range the whole entries" in "; ".join(undefined(entries[w] * eta))
    with pytest.raises(ValueError, match="with entries of another kind"):
        table("scores", V, latex="z", meaning="$z_w$ is the score of word $w$", integer=True)


# Words and names say nothing that is not checked


def test_a_meaning_holds_no_formula_that_says_something() -> None:
    for words_ in (
        r"the loss $-\log \hat{y}_o$",
        "a loss, which is at most $0$",
        r"what is $\le \eta$",
        "a number > 0",
    ):
        with pytest.raises(ValueError, match="which nothing checks"):
            number("said_of_a_test", words_, "Q_said", real=True)


def test_a_loss_is_called_alike_on_the_page_and_in_a_terminal() -> None:
    with pytest.raises(ValueError, match="in one line of Unicode"):
        type("odd", (Loss,), {"symbol": "J_odd", "meaning": "planted", "name": "σ(x)"})


def test_two_formulas_do_not_stand_side_by_side() -> None:
    for words_ in ("the gradient is {} {}", "{}{}"):
        with pytest.raises(ValueError, match="reads as one with what stands beside it"):
            say(words_, U[w, i], v_c[i])


def test_a_sum_leaves_out_no_index_that_is_not_named_yet() -> None:
    misplaced = total(sp.Sum((1 - Delta(r, s)) * v_c[i], (s, 0, K - 2)), r)
    assert r"\ne" not in latex(misplaced)
    assert "≠" not in text(misplaced)
    assert latex(total((1 - Delta(r, o)) * v_c[i], r)).startswith(r"\sum_{r \ne o}")


# Words do not compute


BESIDE = """{}-{}|{}*{}|{}({})|{} ({})|{}:{}|{}.{}|{} and -{}|({}){}|{}' is {}|{}. -{}|{}-fold|
{} is {} - a word|{}, `jax.grad` {}""".replace("\n", "")


@pytest.mark.parametrize("words_", BESIDE.split("|"))
def test_a_formula_stands_apart_from_the_words_around_it(words_: str) -> None:
    with pytest.raises(ValueError, match="reads as one with what stands beside it"):
        say(words_, one_hot(w), *[softmax(w)] * (words_.count("{}") - 1))


def test_no_dash_among_words_is_a_minus() -> None:
    with pytest.raises(ValueError, match="reads as one with"):
        say("-{}", GRADIENT)
    for words_ in ("what is left - is right", "half — of it", "a * b", "the other sign -", "–"):
        assert "among words, which nothing checks" in said(B1, answer=words_)
    named = replace(B1["v_c"], wrong={"the other sign -": total(U[w, i], w)})
    assert "'-' among words" in said(B1, claims=(named,), statement=say("{}", Proved(named)))
    assert not said(B1, answer=say("The one-hot {}, {}: {}. Or {}", *[one_hot(w)] * 4))


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


# Letters that SymPy writes


def test_no_constant_is_written_like_a_symbol() -> None:
    """e numbers the steps of a path, and π is a probability."""
    for constant in (sp.E, sp.pi, sp.GoldenRatio):
        right = equation(total(constant * v_c[k], k), constant * total(v_c[k], k))
        assert "the constant" in said(B1, answer=say("{}", right))
        assert "is nothing that these laws speak of" in "; ".join(undefined(constant * eta))
    given = Assumption(sp.Eq(eta, sp.E), (), lambda values: values.update(eta=mpmath.e))
    lost = claim(eta * v_c[i], sp.Symbol("eta", real=True) * v_c[i] + 0 * V, given=(given,))
    assert "the constant E has no meaning" in said(alone(lost))


# The rule of an open function


class flat(Open):
    """Its rule says that it has no slope."""

    nargs = 1
    symbol = ""

    def _eval_derivative(self, by: sp.Expr) -> sp.Expr:
        return sp.S.Zero

    def _latex(self, printer: Any) -> str:
        return f"Q_flat({printer._print(self.args[0])})"

    _sympystr = _latex


declare("flat", "Q_flat", "a function of which nothing is known", "expression")
slope = Derivative(flat(eta), eta)


def test_the_rule_of_an_open_function_is_held_against_instances() -> None:
    lost = equation(slope, 0)
    assert "by a rule that nothing checks" in said(B1, answer=say("{}", lost))
    whole = claim(2 * eta - eta, eta)
    form = Proved(whole, equation(2 * eta - eta + slope, eta))
    assert "by a rule that nothing checks" in said(alone(whole), statement=say("{}", form))

    def some(expr: sp.Expr) -> sp.Expr:
        return unfold(expr).replace(flat, lambda e: sp.sin(e))

    left, closed = eta * (eta + 1), eta**2 + eta
    planted = claim(left, closed, concrete=some)
    steps = (Step(left + slope, "so it is said"), *planted.steps)
    assert not failures(alone(planted))
    assert "an instance disagrees" in "; ".join(failures(alone(replace(planted, steps=steps))))


# A sign that a formula needs is said, also where it cancels


def test_a_sign_is_said_though_names_hide_it() -> None:
    """With x > 0, β(x) is x as soon as it is put in: nothing of x is left."""
    for formula in (
        equation(relu(positive_x), positive_x),
        equation(eta + relu(positive_x) - positive_x, eta),
    ):
        assert "which sign it assumes of x" in said(B1, answer=say("Everywhere, {}", formula))
        assert not said(B1, answer=say("For {}, {}", Signed(positive_x), formula))
    form = Proved(
        whole_step(), equation(eta * (V + 1) - eta + relu(positive_x) - positive_x, V * eta)
    )
    assert "which sign it assumes of x" in said(alone(form.claim), statement=say("{}", form))


def whole_step(*steps: Step) -> Claim:
    planted = claim(sp.Add(eta * (V + 1), -eta, evaluate=False), V * eta)
    return replace(planted, steps=(*steps, *planted.steps))


def test_a_sign_that_a_step_needs_is_one_of_its_claim() -> None:
    planted = whole_step(Step(V * eta + relu(positive_x) - positive_x, "so it is said"))
    assert [e.latex for e in planted.assumed] == ["x > 0"]
    assert alone(planted).sizes == "every V ≥ 1, x > 0, η"


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


# What is declared of a name is said


class above_zero(flat):
    """Nothing says that it is positive."""

    is_positive = True

    def _latex(self, printer: Any) -> str:
        return f"Q_above_zero({printer._print(self.args[0])})"

    _sympystr = _latex


declare("above_zero", "Q_above_zero", "a function of which nothing is known", "expression")


class below_zero(Named):
    symbol, meaning, name = "Q_minus", "a number below zero", "Q_minus"
    is_positive = True

    def definition(self) -> sp.Expr:
        return -K - 1


def test_a_named_expression_has_no_sign_but_by_its_definition() -> None:
    left = sp.Add(2 * (above_zero(eta) + 1), -2, evaluate=False)
    planted = claim(
        left,
        2 * above_zero(eta),
        nonnegative=True,
        concrete=lambda e: unfold(e).replace(above_zero, sp.exp),
    )
    assert "nothing says what is declared of above_zero" in "; ".join(failures(alone(planted)))
    assert "nothing says what is declared of below_zero" in "; ".join(undefined(below_zero() * eta))
    for named in (below_zero(), above_zero(eta), positive_x * sp.exp(eta)):
        with pytest.raises(ValueError, match="expected numbers of one sign"):
            Signed(named)


# What stands for an open function is as open


def test_no_constant_stands_for_an_open_function() -> None:
    still = claim(sp.Add(slope, eta * (V + 1), -eta, evaluate=False), eta * V)
    for stands, why in (
        (lambda e: sp.S.One, "does not depend on eta"),
        (lambda e: sp.sin(v_c[0]), "does not depend on eta"),
        (sp.sin, "an instance disagrees"),
    ):
        planted = replace(still, concrete=lambda e, stands=stands: unfold(e).replace(flat, stands))
        assert why in "; ".join(failures(alone(planted, loss=flat(eta))))
    planted = replace(still, concrete=lambda e: unfold(e).subs(eta, 0).replace(flat, sp.sin))
    assert "is open in no way" in "; ".join(failures(alone(planted, loss=flat(eta))))


# A sign is written around what it is of


class not_below(Abbreviation):  # type: ignore[misc]
    """1 where the first is larger, and written as if it might be equal, too."""

    nargs = 2
    symbol, meaning = holds.symbol, holds.meaning

    def definition(self) -> sp.Expr:
        return 1 - sp.Piecewise((1, sp.Le(*self.args)), (0, True))

    def _latex(self, printer: Any) -> str:
        return r"[{} \ge {}]".format(*map(printer._print, self.args))

    def _sympystr(self, printer: Any) -> str:
        return "[{} ≥ {}]".format(*map(printer._print, self.args))


class added_up(norm):
    """The sum of the entries, written like a length of another kind."""

    symbol, meaning = norm.symbol, norm.meaning

    def definition(self) -> sp.Expr:
        return total(self.args[0][k], k)

    def _latex(self, printer: Any, exp: str = "") -> str:
        return f"{norm._latex(self, printer)}_1"

    def _sympystr(self, printer: Any) -> str:
        return f"{norm._sympystr(self, printer)}_1"


def test_a_sign_around_something_is_written_around_that_alone() -> None:
    for left, closed in (
        (total(not_below(j, 0), j), m),  # and not m + 1
        (2 * added_up(v_c), 2 * total(v_c[k], k)),
    ):
        assert "with the sign of another" in said(alone(claim(left, closed)))
    right = claim(total(1 - holds(sp.Le(j, 0)), j), m)
    assert not failures(alone(right))
    assert (latex(holds(sp.Le(j, 0))), text(holds(sp.Ne(j, 0)))) == (r"[j \leq 0]", "[j ≠ 0]")
