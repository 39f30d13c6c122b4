"""Every statement is proved for all sizes, and a proof can fail."""

from dataclasses import replace
from random import Random

import pytest
import sympy as sp

import derivations.__main__ as command
from derivations import Claim, Step, failures, statements
from derivations.engine import algebra, notation, proof
from derivations.engine.notation import V, c, centers, d, i, total, w
from planted import in_this_process

IDS = ["a", "b1", "b2", "b3", "c", "d", "e", "e2", "f", "g1", "g2", "g3", "h", "i1", "i2", "i3"]
IDS += ["j1", "j2", "j3", "k1", "k2", "k3", "q1", "s1", "s2", "s3", "s4", "s5"]
TRAINER = ["t1", "t2", "t3", "t4", "t5", "t6", "t7"]


def test_every_statement_has_a_derivation() -> None:
    assert list(statements()) == IDS + TRAINER
    assert [id for id, e in statements().items() if e.for_trainer] == TRAINER


SHORT = {"a", "e", "f", "i1"}
"""Statements proved in a few seconds. `.ci/run` proves all by ``python -m derivations``, which
refuses all wrong variants as well."""

every = pytest.mark.parametrize(
    "id",
    [pytest.param(id, marks=[pytest.mark.long] * (id not in SHORT)) for id in IDS + TRAINER],
)


@every
def test_it_is_proved(id: str) -> None:
    assert failures(statements()[id]) == []


@pytest.mark.parametrize("id", IDS + TRAINER)
def test_sizes_are_symbols(id: str) -> None:
    """No claim stands for a small size only: the sizes it mentions are free."""
    assert statements()[id].claims
    for claim in statements()[id].claims:
        limits = {e for s in claim.left.atoms(sp.Sum) for e in s.limits[0][1:]}
        assert all(e.free_symbols or e in (0, 1) for e in limits)


@every
def test_wrong_variants_are_refused(id: str) -> None:
    for claim in statements()[id].claims:
        assert claim.wrong
        for variant in claim.wrong.values():
            assert not algebra.is_zero(claim.left - variant, claim.rewrite)


def tampered(claim: Claim, closed: sp.Expr) -> Claim:
    """The claim with another last step."""
    return replace(claim, steps=(*claim.steps[:-1], Step(closed, claim.steps[-1].why)))


@every
def test_a_tampered_formula_is_not_proved(id: str) -> None:
    """The laws refuse another last step, whatever else does not fit it."""
    derivation = statements()[id]
    claim = derivation.claims[0]
    wrong = tampered(claim, next(iter(claim.wrong.values())))
    found = proof._examined(derivation, wrong, Random(id))
    assert any("not shown to be equal to the step before" in e for e in found)


def refuted(claim: Claim) -> list[str]:
    """What is wrong with a claim, whatever the headline around it would be."""
    found = failures(replace(statements()["b1"], claims=(claim,)))
    return [e for e in found if e.startswith(f"b1, {claim.name}: ")]


def test_could_not_decide_is_a_failure() -> None:
    x = sp.Symbol("x", real=True)
    true, two = sp.sin(x) ** 2 + sp.cos(x) ** 2, {"two": sp.Integer(2)}
    claim = Claim("x", true, (Step(sp.S.One, "Pythagoras"),), two, lemma=True)
    assert refuted(claim) == ["b1, x: not shown to be equal to the step before: Pythagoras"]


def test_a_claim_without_wrong_variants_is_a_failure() -> None:
    claim = statements()["b1"]["v_c"]
    assert refuted(replace(claim, wrong={})) == ["b1, v_c: no wrong variant to refuse"]
    right = {"the truth": claim.closed}
    assert refuted(replace(claim, wrong=right)) == [
        "b1, v_c: a wrong variant was accepted: the truth"
    ]


def test_a_vanished_derivative_is_a_failure() -> None:
    """Whole-matrix calculus returns 0 without a word: nothing proved with it would be accepted."""
    table, vector = sp.MatrixSymbol("T", V, d), sp.MatrixSymbol("t", d, 1)
    scores = sp.OneMatrix(V, 1).T * (table * vector).applyfunc(sp.exp)
    silent = sp.log(scores[0, 0]).diff(vector)
    assert silent == sp.ZeroMatrix(d, 1)
    lost = replace(statements()["b1"]["v_c"], left=silent[0, 0], steps=(Step(sp.S.Zero, "lost"),))
    assert "b1, v_c: the derivative vanished" in refuted(lost)


def test_an_assumption_that_is_not_needed_is_a_failure() -> None:
    claim = statements()["i3"]["v_w"]
    zero = (1 - total(notation.softmax(notation.x), notation.x)) * (centers[w, i] + centers[c, i])
    steps = (Step(sp.S.Zero, "the probabilities add up to one"),)
    planted = replace(claim, left=zero, steps=steps, wrong={"sign": -centers[w, i]}, lemma=True)
    assert "b1, v_w: proved without what it assumes: w ≠ c" in refuted(planted)


def test_an_assumption_that_is_needed_is_missed() -> None:
    """Without distinctness the gradients of g1 are wrong: h is needed."""
    for name in ("u_o", "u_negatives"):
        assert refuted(replace(statements()["g1"][name], given=()))


def test_instances_alone_find_a_wrong_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second check stands without the first."""
    monkeypatch.setattr(proof, "shown_zero", lambda expr, given: False)
    claim = statements()["b1"]["v_c"]
    assert "disagrees" not in " ".join(refuted(claim))
    for variant in claim.wrong.values():
        broken = replace(claim, steps=(Step(variant, "tampered"),))
        found = " ".join(refuted(broken))
        assert "disagrees" in found or "not shown to be in its range" in found


def test_a_bound_that_is_too_strong_is_a_failure() -> None:
    claim = statements()["t1"]["bound"]
    assert "not refuted: a third" in " ".join(
        refuted(replace(claim, too_strong={"a third": claim.left + sp.Rational(1, 12)}))
    )
    assert "never negative" in " ".join(
        refuted(replace(claim, steps=(Step(claim.steps[0].expr, "not a square"),)))
    )


def test_the_command_fails_if_one_is_not_proved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    f = statements()["f"]
    wrong = tampered(f["x"], f["x"].wrong["sign"])
    broken = replace(f, claims=tuple(wrong if e is f["x"] else e for e in f.claims))
    assert command.main(["f"]) == 0
    monkeypatch.setattr(command, "statements", lambda: {"e": statements()["e"], "f": broken})
    monkeypatch.setattr(command, "begin", in_this_process)
    assert command.main(["f"]) == 1
    assert command.main([]) == 1
    assert "NOT PROVED" in capsys.readouterr().out
    assert command.main(["nonsense"]) == 2
    assert "there are e, f" in capsys.readouterr().err
