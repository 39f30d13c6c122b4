"""Words and print that say what no proof does, each refused for its reason."""

from dataclasses import replace
from pathlib import Path

import pytest
import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

import derivations.__main__ as command
from derivations import Step
from derivations.engine import arrays
from derivations.engine.notation import (
    K,
    Loss,
    U,
    V,
    eta,
    i,
    k,
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
    v_c,
    w,
)
from derivations.engine.printing import latex, text
from derivations.engine.prose import Proved, say
from derivations.programs import listing
from derivations.statements.bag_symbols import at_mean
from planted import B1, GRADIENT, cube, in_this_process, projected, said

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
    monkeypatch.setattr(listing, "listings", list)  # that of all programs takes a minute
    monkeypatch.setattr(command, "begin", in_this_process)
    page = tmp_path / "page.md"
    assert command.main(["--markdown", str(page)]) == 1
    assert not page.exists()
    monkeypatch.setattr(command, "statements", lambda: {"b1": B1})
    assert command.main(["--markdown", str(page)]) == 0
    assert page.read_text() == "a page"
    page.unlink()
    monkeypatch.setattr(command, "_told_of_programs", lambda *_: 1)
    assert command.main(["--markdown", str(page)]) == 1
    assert not page.exists()


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


def test_a_power_of_a_named_product_is_of_all_of_it() -> None:
    assert latex(projected(w) ** 2) == "(u_w v_c)^2"
    assert text(projected(w) ** 2) == "(u_w v_c)**2"
    assert latex(softmax(w) ** 2) == r"\hat{y}_w^2"
    assert latex(at_mean() ** 2).startswith(r"\bigl(J_o")


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


def test_the_title_of_a_figure_says_nothing_unchecked() -> None:
    titled = said(B1, figure=("plot.md", "Since $v_c = 0$, the loss is 0"))
    assert "the title of the figure" in titled
