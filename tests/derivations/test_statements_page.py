"""The page prints what was checked: labels, headlines, reasons, symbols; and plants that fail."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from derivations import Claim, Derivation, Step, statements
from derivations.engine import arrays, labels, notation
from derivations.engine.notation import U, V, i, o, one_hot, softmax, total, v_c, w, x
from derivations.engine.overview import overview
from derivations.engine.printing import text
from derivations.engine.prose import Defined, Proved, Signed, equation, plain, say
from derivations.engine.quantities import every, signed
from derivations.engine.sheet import sheet
from derivations.statements import descent
from derivations.statements.negative_sampling import NOT_O
from derivations.statements.softmax import LOSS
from derivations.statements.step_symbols import excess

DOCS = Path(__file__).parents[2] / "docs"


def found(derivation: Derivation) -> list[str]:
    """Everything that the page would say without a check."""
    problems = [e for claim in derivation.claims for e in labels.of_claim(derivation, claim)]
    return [*problems, *labels.of_derivation(derivation), *labels.undeclared(derivation)]


# `python -m derivations` checks all.
@pytest.mark.parametrize(
    "id",
    [
        pytest.param(e, marks=[pytest.mark.long] * (e not in ("a", "e", "f", "i1")))
        for e in statements()
    ],
)
def test_the_page_says_what_was_checked(id: str) -> None:
    assert found(statements()[id]) == []


def test_no_statement_rests_on_itself() -> None:
    assert list(labels.circles(statements())) == []


# Plants

B1 = statements()["b1"]
V_C = B1["v_c"]


def with_claim(claim: Claim, derivation: Derivation = B1) -> str:
    """What is said of a derivation with one claim put in the place of another of its name."""
    claims = [claim if e.name == claim.name else e for e in derivation.claims]
    changed = replace(derivation, claims=tuple(claims))
    return "; ".join(labels.of_claim(changed, claim))


@pytest.mark.parametrize(
    ("left", "why"),
    [
        (V_C.closed, "its own closed form"),
        (V_C.steps[0].expr, "not about the loss"),
        (V_C.steps[1].expr, "not about the loss"),
        (sp.Derivative(2 * LOSS, v_c[i]), "which is not the loss"),
        (sp.Derivative(-LOSS, v_c[i]), "which is not the loss"),
        (sp.Derivative(LOSS.definition(), v_c[i]), "which is not the loss"),
        (V_C.left + sp.Derivative(softmax(w), v_c[i]), "which is not the loss"),
    ],
)
def test_what_is_derived_is_the_derivative_of_the_loss(left: sp.Expr, why: str) -> None:
    assert why in with_claim(replace(V_C, left=left))


def test_a_label_is_what_is_derived() -> None:
    """Nobody types it, so it cannot say anything else."""
    assert V_C.label == r"\frac{\partial J_{\mathrm{naive}}}{\partial (v_c)_i}"
    assert r"2 J_{\mathrm{naive}}" in replace(V_C, left=sp.Derivative(2 * LOSS, v_c[i])).label
    assert V_C.opened == sp.Derivative(LOSS.definition(), v_c[i])


def test_a_captured_index_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="index of the sums"):
        sp.diff(LOSS, U[x, i])
    assert sp.diff(LOSS, v_c[i]) != 0
    assert sp.diff(softmax(w), v_c[i]) != 0


def headline(*formulas: Any, words: str = "{}", derivation: Derivation = B1) -> str:
    changed = replace(derivation, statement=say(words, *formulas))
    return "; ".join(labels.of_derivation(changed))


RIGHT = arrays.U @ (arrays.y_hat - arrays.y)


def test_a_headline_is_held_against_its_claim() -> None:
    assert headline(Proved(V_C, RIGHT)) == ""
    wrong: list[arrays.Array] = [
        arrays.U @ (arrays.y - arrays.y_hat),
        -RIGHT,
        2 * RIGHT,
        RIGHT + arrays.u(o),
        arrays.U @ arrays.y_hat,
        arrays.summed(softmax(w) * arrays.u(w), w) - arrays.u(w),
        arrays.summed(softmax(w) * arrays.u(w), w, but=o) - arrays.u(o),
        arrays.v_c,
    ]
    for form in wrong:
        assert "is not what 'v_c' proves" in headline(Proved(V_C, form)), form.text


@pytest.mark.parametrize(
    "form",
    [
        arrays.v_c @ arrays.y_hat.T,
        arrays.v_c @ (arrays.y - arrays.y_hat).T,
        -(arrays.v_c @ (arrays.y_hat - arrays.y).T),
        arrays.U,
    ],
)
def test_the_layout_of_a_table_is_held(form: arrays.Array) -> None:
    table = statements()["d"]
    assert "is not what 'U' proves" in headline(Proved(table["U"], form), derivation=table)
    with pytest.raises(ValueError, match="is"):  # transposed
        headline(Proved(table["U"], form.T), derivation=table)


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("The gradient is U(y − ŷ).", "among words"),
        ("The gradient.", "states nothing"),
        (say("{} is {}", Proved(V_C), RIGHT), "a term that nothing checks"),
        (say("{} and {}", Proved(V_C), 1 - softmax(w)), "a term that nothing checks"),
        (say("{} and {}", Proved(V_C), equation(softmax(w), 1)), "not shown to hold"),
        (say("{} and {}", Proved(V_C), RIGHT.T), "is a term that nothing checks"),
        (say("{} and {}", Proved(V_C), arrays.ZERO), "is a term that nothing checks"),
        (say("{} and {}", Proved(V_C), NOT_O), "is a term that nothing checks"),
        (say("{}", Proved(statements()["c"]["u_w"])), "no claim of this derivation"),
        (say("{}", Proved(replace(V_C, axes=()))), "no claim of this derivation"),
        (say("{}, for 3 words", Proved(V_C)), "among words"),
    ],
)
def test_planted_headlines(statement: str, why: str) -> None:
    assert why in "; ".join(labels.of_derivation(replace(B1, statement=statement)))


def test_a_headline_says_what_it_assumes() -> None:
    g1 = statements()["g1"]
    said = headline(Proved(g1["u_o"]), derivation=g1)
    assert "does not say that it assumes" in said
    assert headline(NOT_O, Proved(g1["u_o"]), words="{}: {}", derivation=g1) == ""


@pytest.mark.parametrize("id", ["t4", "t5", "t7"])
def test_a_headline_says_which_signs_it_assumes(id: str) -> None:
    derivation = statements()[id]
    formulas = [e for e in derivation.statement.formulas if not isinstance(e, Signed)]
    unsigned = replace(derivation, statement=say("{}, " * len(formulas), *formulas))
    assert any("which sign it assumes" in e for e in labels.of_derivation(unsigned))
    with pytest.raises(ValueError, match="of one sign"):
        Signed(v_c[i])


@pytest.mark.parametrize("name", ["∂J/∂v_c = U(y − ŷ)", "true is: U(y − ŷ)", "the 2nd", "u_o, 2"])
def test_planted_names(name: str) -> None:
    assert "a name: " in with_claim(replace(V_C, name=name))
    assert "a name: " in with_claim(replace(V_C, wrong={name: -V_C.closed}))
    assert "a name: " in with_claim(replace(V_C, too_strong={name: -V_C.closed}))
    assert with_claim(replace(V_C, name="Hessian, v_c")) == ""


def test_inequalities_are_held_against_signs() -> None:
    b2, b3 = statements()["b2"], statements()["b3"]
    never, bound = b2["never certain"], b3["no unit direction is steeper"]
    less: Callable[..., sp.Rel] = sp.Lt

    def said(derivation: Derivation, claim: Claim, form: sp.Rel) -> str:
        given = say("{}, " * len(claim.given) + "{}", *claim.given, Proved(claim, form))
        return "; ".join(labels.of_derivation(replace(derivation, statement=given)))

    assert said(b2, never, less(softmax(o), 1, evaluate=False)) == ""
    assert said(b2, never, less(1, softmax(o), evaluate=False))
    assert said(b2, never, less(softmax(o), sp.S.Half, evaluate=False))
    product, square = notation.dot(descent.g, notation.direction), notation.norm(descent.g)
    assert said(b3, bound, sp.Le(product**2, square**2, evaluate=False)) == ""
    assert said(b3, bound, sp.Lt(product**2, square**2, evaluate=False))  # equality is possible
    assert said(b3, bound, sp.Le(product**2, square**2 / 2, evaluate=False))
    assert "positive" in with_claim(replace(bound, positive=True), b3)


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("the sum is U(ŷ − y)", "among words"),
        ("the slope is 2", "among words"),
        ("the slope of sigma", "among words"),
        ("one minus the probability", "among words"),
        ("the terms where k is i", "among words"),
        ("by x_i", "among words"),
        ("so $y$", "among words"),
        ("so `U y minus U yhat`", "among words"),
        ("so Uerr(yhat-ytrue)", "among words"),
        (say("{}", equation(U[o, i], total(softmax(w) * U[w, i], w))), "not shown to hold"),
        (say("{}", equation(one_hot(w), 1)), "not shown to hold"),
        (say("{}", sp.Ge(v_c[i], 0, evaluate=False)), "not shown to hold"),
        (say("{}", sp.Eq(sp.Integer(1), 2)), "nothing checks"),
        (say("{}", sp.Integer(2)), "nothing checks"),
        (say("add up to {}", sp.exp(v_c[i])), "nothing checks"),
    ],
)
def test_planted_reasons(why: str, said: str) -> None:
    steps = (*V_C.steps[:-1], Step(V_C.closed, why))
    assert said in with_claim(replace(V_C, steps=steps))


@pytest.mark.parametrize(
    "why",
    [
        "the derivative of a log, by statement f",
        "statements b1, c and d: the rest's sum",
        "as `jax.grad` does",
        say("{} moves alone, a term of {}", v_c[i], softmax(w)),
        say("{}", equation(U[o, i], total(one_hot(w) * U[w, i], w))),
        say("{}", Defined(softmax(w))),
    ],
)
def test_honest_reasons(why: str) -> None:
    steps = (*V_C.steps[:-1], Step(V_C.closed, why))
    assert with_claim(replace(V_C, steps=steps)) == ""


def test_an_equation_may_use_what_its_claim_assumes_and_no_other() -> None:
    derivation = statements()["c"]
    other = derivation["other words"]
    assert with_claim(other, derivation) == ""
    assert "not shown to hold" in with_claim(replace(other, given=()), derivation)


def test_circles_are_found() -> None:
    b1 = replace(B1, lemmas=("statement c",))
    c = replace(statements()["c"], lemmas=("statements b1 and d",))
    d = replace(statements()["d"], lemmas=("statement q7",))
    said = "; ".join(labels.circles({"b1": b1, "c": c, "d": d}))
    assert "b1 rests on itself" in said
    assert "c rests on itself" in said
    assert "d names statement q7, which does not exist" in said
    assert "d rests" not in said


# What is read off the claims


def test_sizes_are_those_of_the_claims() -> None:
    sizes = {
        id: statements()[id].sizes for id in ("a", "b1", "e", "g1", "i1", "j1", "b3", "t4", "t7")
    }
    assert sizes == {
        "a": "every V, d ≥ 1, ŷ > 0",
        "b1": "every V, d ≥ 1",
        "g1": "every V, d ≥ 1, K ≥ 0",
        "i1": "every V, d, m ≥ 1",
        "j1": "every V, W, d ≥ 1",
        "b3": "every V, d ≥ 1",
        "e": "every x > 0 or < 0, γ",
        "t4": "every N, d ≥ 1, ϱ, τ ≥ 0, M, η, ω > 0, J_0",
        "t7": "every V, d ≥ 1, Υ, Θ, ϑ, L, Φ, Γ, t, τ, ϖ, G ≥ 0, M, η, F, ς > 0",
    }


def test_every_sign_that_is_declared_is_printed() -> None:
    """Of numbers and of arrays, whatever the sign: in the section, the table and the claim."""
    least, most = sp.Symbol("least", nonnegative=True), sp.Symbol("most", nonpositive=True)
    entry = excess[w]
    relation = sp.Eq(least, most + entry, evaluate=False)
    said = {Signed(e).latex for e in signed((), [relation])}
    assert said == {r"\Theta_w \ge 0", r"least \ge 0", r"most \le 0"}
    assert every([entry], [relation]) == "every V ≥ 1, Θ, least ≥ 0, most ≤ 0"
    table, section = overview([statements()["t7"]]), sheet([statements()["t7"]], DOCS)
    assert r"<br>if $\Phi_w \ge 0$" in table
    assert r"$`\Upsilon_w \ge 0`$; $`\varsigma > 0`$):*" in section
    assert r"(given: $`L = \exp(t) - t - 1`$; $`L \ge 0`$; $`t \ge 0`$)" in section


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("room", "ϱ"),
        ("start", "J_0"),
        ("end", "J_η"),
        ("bend", "J''"),
        ("farthest", "F"),
        ("gap", "ϑ"),
        ("spare", "ϖ"),
        ("shift", "ς"),
        ("excess", "Θ"),
        ("below", "Υ"),
        ("v_c", "v_c"),
        ("added", "ℓ"),
    ],
)
def test_a_name_prints_as_its_sign(name: str, sign: str) -> None:
    assert text(sp.Symbol(name)) == sign


def test_titles_are_plain() -> None:
    assert B1.title.endswith("∂J_naive/∂v_c = −u_o + Σ_w ŷ_w u_w.")
    assert not any("$" in plain(statements()[id].title) for id in statements())
    assert statements()["g1"]["u_negatives"].caption.startswith("$")
    assert statements()["b2"]["sufficient"].caption == "sufficient"


# One sign, one meaning


def test_a_name_and_a_sign_mean_one_thing() -> None:
    with pytest.raises(ValueError, match=r"v_c is \(V,\) here"):
        notation.table("v_c", V)
    with pytest.raises(ValueError, match="means 'a run'"):
        notation.number("another", "a run", "w")
    with pytest.raises(ValueError, match="eta is"):
        notation.number("eta", "a share", r"\eta")
    for sign in ("R^2", "f'", "f''"):  # of an array R, and of an array f
        with pytest.raises(ValueError, match="reads like"):
            notation.number("planted", "something else", sign)
    with pytest.raises(ValueError, match="reads like"):  # an array's, with the same meaning
        notation.number("planted", notation.symbols["excess"].words, r"\Theta")
    assert "planted" not in notation.symbols
    with pytest.raises(ValueError, match="sigma is"):
        type("sigma", (notation.Abbreviation,), {"symbol": "S", "meaning": "another"})


def test_every_sign_has_one_meaning() -> None:
    meanings: dict[str, set[str]] = {}
    for meaning in notation.symbols.values():
        meanings.setdefault(meaning.latex, set()).add(meaning.words)
    clashes = {latex: e for latex, e in meanings.items() if len(e - {""}) > 1}
    assert clashes == {}


def test_a_symbol_without_a_meaning_is_found() -> None:
    stray = sp.Symbol("stray", real=True)
    claim = replace(V_C, left=V_C.left + stray * notation.U[notation.o, i])
    said = list(labels.undeclared(replace(B1, claims=(claim,))))
    assert said == ["v_c: stray has no meaning in the table of symbols"]


def test_the_table_says_under_what_a_formula_holds() -> None:
    c, e = (overview([statements()[id]]) for id in ("c", "e"))
    other = next(line for line in c.splitlines() if r"= \hat{y}_w\, v_c$" in line)
    assert r"<br>if $w \neq o$" in other
    assert "<br>if $x > 0$" in e
    assert "<br>if $x < 0$" in e
