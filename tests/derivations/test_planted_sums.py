"""False formulas of arrays and sums, each refused for its reason."""

import re
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from sympy import Derivative
from sympy import KroneckerDelta as Delta

from derivations import Derivation, failures, statements
from derivations.engine import arrays
from derivations.engine.assumptions import Assumption
from derivations.engine.domain import undefined
from derivations.engine.notation import (
    Index,
    K,
    Loss,
    V,
    c,
    centers,
    direction,
    eta,
    holds,
    i,
    j,
    k,
    m,
    o,
    s,
    score,
    softmax,
    total,
    v_c,
    w,
    x,
)
from derivations.engine.prose import Defined, Proved, Signed, equation, say
from derivations.statements.activations import relu
from derivations.statements.bag_symbols import at_mean, by_mean, concrete
from derivations.statements.runs import h
from derivations.statements.skip_gram import pair_loss
from derivations.statements.softmax import OTHER
from planted import B1, C, alone, claim, cube, of_v_c, said

# An array is the closed form at every place


def test_a_table_is_not_proved_by_one_of_its_columns() -> None:
    seen = (softmax(o) - 1) * arrays.v_c @ arrays.y.T
    assert "not what 'u_o' proves" in said(C, statement=say("{}", Proved(C["u_o"], seen)))
    others = Proved(C["other words"], arrays.v_c @ arrays.y_hat.T)
    assert "not what 'other words' proves" in said(C, statement=say("If {}: {}", OTHER, others))


class square(Loss):
    symbol, meaning, name = "J_square", "another planted loss", "J_square"

    def definition(self) -> sp.Expr:
        return total(v_c[k], k) ** 2 / 2


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


class penalised(Loss):
    symbol, meaning, name = "J_penalised", "a planted loss of a bag", "J_penalised"

    def definition(self) -> sp.Expr:
        return at_mean() + total(direction[k] ** 2, k) / 2


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
