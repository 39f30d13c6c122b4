"""Signs and names that stand for two things, or that nothing says, each refused for its reason."""

from dataclasses import replace
from typing import Any

import mpmath
import pytest
import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations import Claim, Step, failures, statements
from derivations.engine import arrays
from derivations.engine.assumptions import Assumption
from derivations.engine.domain import undefined
from derivations.engine.naming import read_as_written
from derivations.engine.notation import (
    Abbreviation,
    K,
    Named,
    U,
    V,
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
    norm,
    number,
    o,
    score,
    softmax,
    table,
    total,
    unfold,
    v_c,
    w,
    words,
    x,
)
from derivations.engine.printing import latex, text
from derivations.engine.prose import Proved, Signed, equation, say
from derivations.statements.activations import negative as negative_x
from derivations.statements.activations import positive as positive_x
from derivations.statements.activations import relu
from derivations.statements.bag_symbols import by_mean, mean_of_bag
from derivations.statements.bags import H
from derivations.statements.convexity import score_there
from derivations.statements.softmax import y_hat
from derivations.statements.stationary import b
from derivations.statements.step_symbols import move
from derivations.statements.tree_symbols import decision
from planted import B1, GRADIENT, alone, claim, flat, projected, said

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
