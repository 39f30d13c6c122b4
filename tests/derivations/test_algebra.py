"""What the engine takes for zero, for a sign and for a name, and what it refuses."""

import pytest
import sympy as sp

from derivations.engine import algebra, notation
from derivations.engine.assumptions import shown_zero
from derivations.engine.notation import U, d, i, k, l, total, v_c, w
from derivations.statements import procrustes, skip_gram
from derivations.statements.procrustes import Q_ROWS, P, Q


def test_an_index_of_a_sum_is_not_differentiated_by() -> None:
    loss = total(U[w, i] ** 2, w, i)
    with pytest.raises(ValueError, match="index of its own sums"):
        algebra.differentiate(sp.Derivative(loss, U[w, i], evaluate=False))
    with pytest.raises(ValueError, match="index of the chain rule"):
        sp.diff(skip_gram.LOSS, U[notation.x, i])


def test_a_name_means_one_thing() -> None:
    with pytest.raises(ValueError, match="U is"):
        notation.table("U", d)


def test_only_sums_have_an_index_of_their_own() -> None:
    with pytest.raises(TypeError, match="only sums"):
        algebra.normal(sp.Product(v_c[i], (i, 0, d - 1)))


def test_nothing_is_zero_beyond_the_laws() -> None:
    n, free = sp.Symbol("n", integer=True), sp.Symbol("size", integer=True)
    ones = sp.Sum(1, (n, 0, free - 1))
    assert not algebra.is_zero(ones - free)  # the size may be negative
    delta = sp.KroneckerDelta
    outside = sp.Symbol("anywhere", integer=True)
    assert algebra.is_zero(total(delta(i, l) * v_c[l], l) - v_c[i])
    assert not algebra.is_zero(total(delta(outside, l) * v_c[l], l) - v_c[outside])
    split = v_c[0] + sp.Sum(v_c[n + 1], (n, 0, d - 2))
    assert not algebra.is_zero(total(v_c[i], i) - split - v_c[0])


def test_signs_are_seen_from_how_an_expression_is_built() -> None:
    assert algebra.is_nonnegative(total(v_c[i] ** 2, i))
    assert not algebra.is_nonnegative(total(v_c[i], i))
    assert not algebra.is_nonnegative(-total(v_c[i] ** 2, i))
    assert algebra.is_positive(total(sp.exp(v_c[i]), i))
    assert not algebra.is_positive(total(v_c[i] ** 2, i))


def test_sums_over_one_range_may_be_exchanged() -> None:
    term = P[i, l] * Q[i, l] * v_c[i]
    assert algebra.is_zero(total(term, i, l) - total(term, l, i))
    assert algebra.is_zero(total(total(P[i, l] * v_c[i], i) ** 2, l) - _square(by_rows=False))
    assert not algebra.is_zero(total(total(P[i, l] * v_c[i], i) ** 2, l) - _square(by_rows=True))
    assert not algebra.is_zero(total(term, i, l) - total(P[l, i] * Q[i, l] * v_c[i], l, i))


def _square(by_rows: bool) -> sp.Expr:
    inner = total(P[i, l] * P[k, l] if not by_rows else P[l, i] * P[l, k], l)
    return total(v_c[i] * v_c[k] * inner, k, i)


def test_what_is_assumed_of_a_sum_is_used_wherever_it_is() -> None:
    def shown(product: sp.Expr) -> bool:
        inside = total(v_c[i] * v_c[k] * total(product, l), i, k)
        return shown_zero(inside - total(v_c[i] ** 2, i), (Q_ROWS,))

    assert shown(Q[k, l] * Q[i, l])
    assert not shown(Q[l, k] * Q[l, i])
    assert not shown(Q[k, l] * P[i, l])
    assert not shown(Q[k, l] * Q[i, l] / (1 + v_c[l] ** 2))
    assert not shown(Q[k, l] ** 2)


def test_no_argument_is_taken_for_an_index_of_the_definition() -> None:
    """Of one of two as well."""
    for at in ((i, procrustes.q), (procrustes.q, i)):
        with pytest.raises(ValueError, match="an index of its own argument"):
            notation.unfold(procrustes.best(*at))
