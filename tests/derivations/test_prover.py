"""The prover refuses what is false, undefined or not said, and each for its reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations import Claim, Derivation, Step, failures, statements
from derivations.engine import algebra, arrays, notation
from derivations.engine.assumptions import Assumption, different, positive, wherever
from derivations.engine.domain import undefined
from derivations.engine.evaluation import number
from derivations.engine.notation import (
    K,
    U,
    V,
    d,
    i,
    index,
    j,
    k,
    m,
    negatives,
    o,
    r,
    s,
    sigma,
    softmax,
    table,
    total,
    unfold,
    v_c,
    w,
    x,
)
from derivations.engine.prose import equation, say
from derivations.statements import skip_gram

real = sp.Symbol("a_real_number", real=True)
odd = sp.Symbol("size_of_a_test", integer=True, positive=True)
samples = table("samples_of_a_test", K)
longer = table("longer_by_one", V + 1)
past_the_end = index("n_of_a_test", (sp.Integer(0), V))
window = table("window_of_a_test", 2 * m + 1)
whole = sp.Symbol("n_whole", integer=True)


def sums(f: Callable[[sp.Symbol], sp.Expr], low: sp.Expr | int, high: sp.Expr | int) -> sp.Expr:
    return sp.Sum(f(whole), (whole, low, high))


def claim(left: sp.Expr, *steps: sp.Expr, **options: object) -> Claim:
    chain = tuple(Step(e, "so it is said") for e in steps)
    options = {"wrong": {"twice": 2 * steps[-1] + 1}, "lemma": True, **options}
    return Claim("planted", left, chain, **options)  # type: ignore[arg-type]


def problems(planted: Claim) -> str:
    """What is found, among a headline and a loss that are not at issue."""
    derivation = replace(statements()["b1"], claims=(planted,))
    found = [e for e in failures(derivation) if "planted" in e]
    return "\n".join(found)


# What is true and within the laws is proved


@pytest.mark.parametrize(
    "zero",
    [
        sp.log(1 + sp.exp(real)) - sp.log(1 + sp.exp(-real)) - real,
        sp.log(sigma(real)) - sp.log(sigma(-real)) - real,
        total(longer[past_the_end], past_the_end) - sums(lambda n: longer[n], 0, V - 1) - longer[V],
        total(longer[past_the_end], past_the_end) - sums(lambda n: longer[n], 1, V) - longer[0],
        total(U[w, i], w) - sums(lambda n: U[n, i], 0, V - 2) - U[V - 1, i],
        total(window[j + m], j) - window[m] - sums(lambda n: window[m + n] + window[m - n], 1, m),
        total((1 - Delta(j, 0)) * window[j + m], j)
        - sums(lambda n: window[m + n], 1, m)
        - sums(lambda n: window[m + n], -m, -1),
        sp.log(total(sp.exp(longer[past_the_end]), past_the_end))
        - sp.log(sums(lambda n: sp.exp(longer[n]), 0, V - 1) + sp.exp(longer[V])),
        sums(lambda n: longer[n + 1], 0, V - 1) - sums(lambda n: longer[n], 1, V),
    ],
    ids=str,
)
def test_a_true_equation_is_decided(zero: sp.Expr) -> None:
    assert algebra.is_zero(zero)


# What is false is not


@pytest.mark.parametrize(
    "nonzero",
    [
        sp.log(1 + sp.exp(real)) - sp.log(1 + sp.exp(-real)) + real,
        total(longer[past_the_end], past_the_end) - sums(lambda n: longer[n], 0, V - 1),
        sums(lambda n: samples[n], 0, K - 1)
        - sums(lambda n: samples[n], 0, K - 2)
        - samples[K - 1],
        total(window[j + m], j) - sums(lambda n: window[m + n] + window[m - n], 1, m),
        total(v_c[i], i) - v_c[0],
    ],
    ids=str,
)
def test_what_fails_at_some_size_is_not_decided(nonzero: sp.Expr) -> None:
    """The third: without samples there is no last one to split off."""
    assert not algebra.is_zero(nonzero)


def test_sums_of_sums_capture_no_index() -> None:
    """SymPy writes them as one sum with two limits."""
    cube, height = table("cube_of_a_test", V, d, V), table("heights_of_a_test", V)
    one = total(height[w] * total(cube[x, i, w], i, x), w)
    other = total(height[w] * total(cube[w, i, x], i, x), w)
    assert not algebra.is_zero(one - other)
    short, long = (sp.Sum(U[w, i], (i, 0, d - 1), (w, 0, e)) for e in (V - 1, V + 3))
    assert not algebra.is_zero(short - long)
    assert not algebra.is_positive(sp.Sum(sp.exp(U[w, i]), (i, 0, d - 1), (s, 0, K - 1)))


def test_the_index_of_an_outer_sum_is_not_the_symbol_of_its_name() -> None:
    """SymPy writes sums of sums as one: what is known of w on its own is not known of each w."""
    apart = different(w, o).rewrite
    both = total(total(Delta(w, o) * U[x, i], x), w)
    assert not algebra.is_zero(both, apart)
    beyond = sp.Sum(Delta(x, w) * x, (x, 0, V - 1), (w, 0, V)) - sp.Sum(w, (w, 0, V))
    assert not algebra.is_zero(beyond)
    n = sp.Symbol("w", integer=True)  # w itself is declared not to be negative
    counted = sp.Sum(1, (x, 0, n), (n, -V, V - 1)) - sp.Sum(n + 1, (n, -V, V - 1))
    assert not algebra.is_zero(counted)


def test_the_sign_of_a_symbol_is_not_that_of_an_index_of_its_name() -> None:
    n = sp.Symbol("w", integer=True)
    below = sp.Sum(n, (n, -V, -1))
    assert not algebra.is_nonnegative(below)
    assert not algebra.is_positive(sp.Sum(1, (x, 0, n), (n, -V, -1)))
    with pytest.raises(ValueError, match="does not show what is declared of it: nonnegative"):
        algebra.is_nonnegative(sp.Sum(w, (w, -V, -1)))
    found = problems(claim(2 * below - below, below, nonnegative=True))
    assert "an instance is negative" in found
    assert "does not show that it is never negative" in found


def test_a_sum_under_cases_captures_nothing() -> None:
    def under(other: sp.Symbol) -> sp.Expr:
        inner = sp.Sum(U[w, i] * U[other, i], (w, 0, V - 1))
        return Delta(x, w) * sp.Piecewise((inner, K > 0), (0, True))

    square = sp.Sum(U[w, i] ** 2, (w, 0, V - 1))
    captured = Delta(x, w) * sp.Piecewise((square, K > 0), (0, True))
    assert not algebra.is_zero(under(x) - captured)


def test_a_case_stays_in_the_sum_that_it_is_told_by() -> None:
    """SymPy takes it out of an inner sum, whose index is then free."""

    def above(low: sp.Expr | int, high: sp.Expr) -> sp.Expr:
        n = sp.Symbol("i", integer=True)
        case = sp.Piecewise((1, n > w), (0, True))
        return sp.Sum(case, (n, low, high), (whole, 1, w), (w, 0, V - 1))

    with pytest.raises(ValueError, match="takes a case out of the sum"):
        algebra.is_zero(above(-1, d - 2) - above(-2, d - 3))
    case = sp.Piecewise((v_c[i], i > w), (0, True))
    written = sp.Sum(w * sp.Sum(case, (i, 0, d - 1)), (w, 0, V - 1))
    assert "told by an index of a sum inside it" in " ".join(undefined(written))


UNDEFINED = {
    "an odd length has no middle": (
        sp.Sum(Delta(whole, odd / 2), (whole, 0, odd)),
        "compares what need not be whole",
    ),
    "cases told by a middle": (
        sp.Sum(sp.Piecewise((1, whole <= odd / 2), (0, True)), (whole, 0, odd / 2)),
        "whose index need not be whole",
    ),
    "no samples": (total(v_c[i] / K, s), "denominator that is not shown"),
    "one word": (
        total((1 - Delta(w, o)) * softmax(w) / (1 - softmax(o)), w),
        "denominator that is not shown",
    ),
    "a vector of length 0": (
        total(v_c[i] ** 2 / total(v_c[k] ** 2, k), i),
        "denominator that is not shown",
    ),
    "the log of any number": (sp.log(v_c[i]), "logarithm of what is not shown to be positive"),
    "the root of any number": (sp.sqrt(v_c[i]), "root of what is not shown to be positive"),
    "two words": (sp.Sum(U[whole, i], (whole, 0, 1)), "not shown to be in its range"),
    "the second word": (U[1, i], "not shown to be in its range"),
    "transposed": (U[i, w], "not shown to be in its range"),
    "a sum over too many": (sp.Sum(U[whole, i], (whole, 0, V)), "not shown to be in its range"),
    "an index below the first, inside a delta": (Delta(negatives[s - 1], o), "in its range"),
    "an index below the first, inside an index": (
        U[V - 1 - negatives[s - 1], i],
        "not shown to be in its range",
    ),
    "cases told by a quotient": (sp.Piecewise((1, 1 / K > 0), (0, True)), "denominator"),
    "a sum over a size": (sp.Sum(Delta(x, o), (x, 0, V - 1), (V, 1, K)), "a sum over a size"),
    "an index of the same name twice": (
        sp.Sum(U[x, i], (w, 0, 0), (x, 0, w), (w, 0, V + 5)),
        "not shown to be in its range",
    ),
    "no number": (sp.Symbol("matrix", commutative=False) + 0, "is no number"),
    "a half": (v_c[i / 2], "need not be whole"),
    "a table of two rows": (sp.IndexedBase("U", shape=(2, d))[0, i], "not the declared array"),
    "another table of this name": (sp.IndexedBase("U", shape=(V, d))[w, i], "not the declared"),
    "a symbol named like an index": (
        U[sp.Symbol("w", integer=True, nonnegative=True), i],
        "w names two different things",
    ),
    "no end": (sp.Sum(2 ** -(whole + 1), (whole, 0, sp.oo)), "without end"),
    "cases with a gap": (sp.Piecewise((1, real > 0)), "need not cover everything"),
    "a product": (sp.Product(v_c[i], (i, 0, d - 1)), "nothing that these laws speak of"),
    "infinity": (v_c[i] * sp.oo, "is no number"),
    "a function of which nothing is known": (sp.Function("f")(real), "of which nothing is known"),
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_what_need_not_mean_anything_is_refused(name: str) -> None:
    expr, reason = UNDEFINED[name]
    assert reason in " ".join(undefined(unfold(expr)))
    assert reason in problems(claim(expr, expr + 0, 2 * expr - expr))


def test_an_index_that_need_not_be_whole_ends_no_examination() -> None:
    """Structurally, too: the delta is not collapsed, and the range is not counted."""
    half = sp.Sum(Delta(whole, odd / 2), (whole, 0, odd))
    assert not algebra.is_zero(half - 1)
    with pytest.raises(ValueError, match="an index must be whole"):
        algebra.is_zero(sp.Sum(1, (whole, 0, odd / 2)) - odd / 2 - 1)
    assert "could not be examined" in problems(claim(sp.Sum(1, (whole, 0, odd / 2)), odd / 2 + 1))


def test_a_stated_assumption_makes_a_denominator_good() -> None:
    length = total(v_c[k] ** 2, k)
    left, closed = total(v_c[i] * v_c[i] / length, i), sp.S.One
    planted = claim(left, closed, wrong={"none": sp.S.Zero})
    assert "denominator" in problems(planted)
    assert not problems(replace(planted, given=(positive(length),)))
    assert "denominator" in problems(replace(planted, given=(positive(length - 1),)))


def test_a_derivative_without_a_rule_is_refused() -> None:
    """SymPy's Hessian of the open window loss is 0, silently: nothing is known of its gradient."""
    hessian = sp.Derivative(skip_gram.LOSS, notation.centers[notation.c, i], U[w, k])
    with pytest.raises(ValueError, match="no rule by which it could be differentiated"):
        algebra.differentiate(hessian)
    assert "no rule" in problems(claim(hessian, sp.S.Zero, vanishes=True))


def test_where_cases_change_there_is_no_derivative() -> None:
    step = sp.Piecewise((real, real > 0), (0, True))
    with pytest.raises(ValueError, match="decides between cases"):
        algebra.differentiate(sp.Derivative(step, real))


def test_an_argument_named_like_an_index_of_the_definition_is_refused() -> None:
    class tested(notation.Abbreviation):  # type: ignore[misc]
        nargs = 1

        def definition(self) -> sp.Expr:
            return total(U[self.args[0], k] * v_c[k], k)

    assert unfold(tested(w)).has(U)
    with pytest.raises(ValueError, match="summed over an index of its own argument"):
        unfold(tested(k))


# Assumptions


def test_an_assumption_is_its_relation() -> None:
    """Its words, its rule and its test of an instance are made from the same object."""
    none = different(negatives[s], o, s)
    assert "≠ o for every s" in none.text
    assert none.rewrite(Delta(negatives[r], o)) == 0
    assert none.rewrite(Delta(negatives[r], w)) == Delta(negatives[r], w)
    assert none.holds({"K": 2, "negatives": [1, 2], "o": 0}) is True
    assert none.holds({"K": 2, "negatives": [1, 0], "o": 0}) is False


def test_an_assumption_that_its_instances_do_not_satisfy_is_a_failure() -> None:
    """``impose`` may set what it likes: the relation itself is then tested."""
    zero = wherever(v_c[k], sp.S.Zero, lambda values: None)
    planted = claim(total(v_c[i], i), sp.S.Zero, given=(zero,), wrong={"one": sp.S.One})
    assert "no instance satisfies the assumptions" in problems(planted)


def test_assumptions_that_contradict_each_other_are_a_failure() -> None:
    size = sp.Symbol("another_size", integer=True, positive=True)
    two = Assumption(sp.Lt(odd, size)), Assumption(sp.Lt(size, odd))
    planted = claim(odd - size, sp.S.Zero, given=two, wrong={"one": sp.S.One})
    assert "no instance" in problems(planted) or "examined" in problems(planted)


def test_a_relation_without_a_rule_is_no_assumption() -> None:
    with pytest.raises(ValueError, match="is no relation"):
        Assumption(sp.true)
    with pytest.raises(ValueError, match="is not every index"):
        wherever(U[i, k], sp.S.Zero, lambda values: None)


@pytest.mark.parametrize(
    "relation",
    [
        sp.Implies(sp.Ne(r, s), sp.Eq(negatives[r], negatives[s])),
        sp.Implies(sp.Ne(o, w), sp.Ne(negatives[r], negatives[s])),
        sp.Ne(negatives[s], s),
    ],
    ids=str,
)
def test_a_relation_whose_rule_would_say_something_else_is_refused(relation: sp.Basic) -> None:
    with pytest.raises(ValueError, match="is no relation for which there is a rule"):
        Assumption(relation, (r, s) if isinstance(relation, sp.Implies) else (s,))


def test_an_assumption_about_one_index_is_not_used_for_all() -> None:
    number_of_one = sp.Symbol("number_of_one", real=True)
    one = Assumption(sp.Eq(number_of_one, U[w, i]))
    summed = sp.Sum(number_of_one, (w, 0, V - 1))
    planted = claim(summed, total(U[w, i], w), given=(one,))
    assert "under a sum over one of its indices" in problems(planted)
    left = sp.Sum((U[w, i] + 1) * v_c[k] / U[w, i], (w, 0, V - 1))
    closed = V * v_c[k] + v_c[k] * sp.Sum(1 / U[w, i], (w, 0, V - 1))
    planted = claim(left, closed, given=(Assumption(sp.Ne(U[w, i], 0)),))
    assert "denominator that is not shown" in problems(planted)


def test_no_size_is_beyond_the_instances() -> None:
    """A term that is zero at every size below 5 hides nothing."""
    hidden = K * (K - 1) * (K - 2) * (K - 3) * (K - 4)
    assert "disagrees" in problems(claim(v_c[i] + v_c[k], v_c[i] + v_c[k] + hidden))


def test_a_formula_among_words_must_mean_something() -> None:
    for side, other in (
        (total(v_c[i] / K, s), v_c[i]),
        (total((1 - Delta(w, o)) * softmax(w) / (1 - softmax(o)), w), sp.S.One),
        (total(v_c[i] ** 2 / total(v_c[k] ** 2, k), i), sp.S.One),
    ):
        planted = claim(total(v_c[i], i), 2 * total(v_c[i], i) - total(v_c[i], i))
        step = Step(planted.closed, say("since {}", equation(side, other)))
        assert "need not mean anything" in problems(replace(planted, steps=(step,)))


def test_an_array_is_not_named_like_what_it_is_not() -> None:
    with pytest.raises(ValueError, match="is a term, and no entry of"):
        arrays.vector(r"\hat{y}", "ŷ", V, lambda p: softmax(p) + 1)


def test_an_assumption_that_is_not_needed_is_a_failure() -> None:
    planted = claim(total(v_c[i] * 2, i), 2 * total(v_c[i], i), given=(different(w, o),))
    assert "proved without what it assumes: w ≠ o" in problems(planted)


def test_an_equation_is_used_for_the_entries_it_speaks_of_only() -> None:
    """u_o = 0 says nothing of the other rows."""
    o_is_zero = Assumption(sp.Eq(U[o, i], 0), (i,), lambda values: _clear(values))
    assert algebra.is_zero(total(U[o, k], k), o_is_zero.rewrite)
    assert not algebra.is_zero(total(U[w, k], k), o_is_zero.rewrite)


def _clear(values: dict[str, object]) -> None:
    values["U"][values["o"]] *= 0  # type: ignore[index]


# Instances


def test_every_claim_visits_the_edges() -> None:
    """Wrong at K = 0 alone, at V = 1 alone: seen without the laws, too."""
    for size, least in ((K, 0), (V, 1), (d, 1), (m, 1)):
        spike = Delta(size, least)
        by = {"K": samples, "V": longer, "d": v_c, "m": window}[size.name]
        n = index(f"n_of_{size}", (sp.Integer(0), by.shape[0] - 1))
        left = total(by[n], n)
        assert "disagrees" in problems(claim(left, left + spike))


def test_a_division_by_zero_is_a_failure_that_is_named() -> None:
    left = total(samples[s] / K, s)
    found = problems(claim(left, total(samples[s], s) / K))
    assert "a division by zero at K = 0" in found


def test_a_sum_of_derivatives_is_added_up_term_by_term() -> None:
    import mpmath
    import numpy as np

    left = total(sp.Derivative(total(U[x, i] ** 2, x), U[w, i]), w)
    rows = np.array([[mpmath.mpf(1)], [mpmath.mpf(5)]], dtype=object)
    with mpmath.workdps(30):
        assert abs(number(left, {"U": rows, "V": 2, "d": 1, "i": 0}) - 12) < 1e-20


# The committed statements


@pytest.mark.long
def test_a_claim_for_two_words_is_not_one_for_all() -> None:
    """Each statement with V = 2, d = 1 or K = 1 put in is refused: no size is a number."""
    for id in ("b1", "c", "g1"):
        derivation: Derivation = statements()[id]
        for size, small in ((V, 2), (d, 1), (K, 1)):
            for e in derivation.claims:
                steps = tuple(Step(step.expr.subs(size, small), step.why) for step in e.steps)
                left = unfold(e.left).subs(size, small)
                if left != unfold(e.left):
                    small_claim = replace(e, left=left, steps=steps)
                    assert failures(replace(derivation, claims=(small_claim,)))
