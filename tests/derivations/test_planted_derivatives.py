"""False derivatives, of what does not move or has none, each refused for its reason."""

from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations import Step, failures, statements
from derivations.engine import arrays
from derivations.engine.algebra import differentiate
from derivations.engine.assumptions import Assumption
from derivations.engine.notation import (
    Entry,
    Loss,
    RowProduct,
    U,
    V,
    centers,
    eta,
    i,
    k,
    number,
    o,
    one_hot,
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
from derivations.engine.prose import Defined, Proved, equation, say
from derivations.statements.activations import leaky_relu
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
from derivations.statements.scores import PRODUCTS, predicted
from derivations.statements.softmax import y_hat
from planted import B1, J1, S1, alone, claim, flat, like_cosh, like_exp, of_v_c, said

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


# The rule of an open function


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


@pytest.mark.parametrize(
    ("function", "stands", "order"), [(like_exp, sp.exp, 1), (like_cosh, sp.cosh, 2)]
)
def test_an_open_function_has_no_slope_of_its_own_kind(
    function: Any, stands: Any, order: int
) -> None:
    """What stands for it may fulfil the rule: others do not."""
    left, closed = Derivative(function(eta), (eta, order)), function(eta)
    own = claim(left, closed, concrete=lambda e: unfold(e).replace(function, stands))
    found = failures(alone(own, loss=function(eta)))
    assert "its rule is that of some functions alone" in "; ".join(found)
