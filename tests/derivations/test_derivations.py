"""SymPy, the closed forms and autodiff say the same, and the proofs can fail."""

import doctest
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

import derivations
import derivations.__main__ as command
from derivations import Claim, Derivation, Step, evaluate, failures, statements
from derivations.engine import algebra, notation, proof
from derivations.engine.notation import U, V, c, centers, d, i, l, total, v_c, w
from derivations.engine.open_functions import tabulated
from derivations.engine.sheet import sheet
from derivations.statements import counting, curvature, skip_gram
from jw2v import activations, gradients, losses
from strategies import Sizes, double, negatives, row_numbers, some_sizes
from tolerances import close

ROOT = Path(__file__).parents[2]
IDS = ["a", "b1", "b2", "b3", "c", "d", "e", "e2", "f", "g1", "g2", "g3", "h", "i1", "i2", "i3"]
IDS += ["j1", "j2", "j3", "k1", "k2", "k3", "s1", "s2", "s3", "s4", "s5"]
TRAINER = ["t1", "t2", "t3", "t4", "t5", "t6", "t7"]


# The proofs


def test_every_statement_has_a_derivation() -> None:
    assert list(statements()) == IDS + TRAINER
    assert [id for id, e in statements().items() if e.for_trainer] == TRAINER


@pytest.mark.parametrize("id", IDS + TRAINER)
def test_it_is_proved(id: str) -> None:
    assert failures(statements()[id]) == []


@pytest.mark.parametrize("id", IDS + TRAINER)
def test_sizes_are_symbols(id: str) -> None:
    """No claim stands for a small size only: the sizes it mentions are free."""
    assert statements()[id].claims
    for claim in statements()[id].claims:
        limits = {e for s in claim.left.atoms(sp.Sum) for e in s.limits[0][1:]}
        assert all(e.free_symbols or e in (0, 1) for e in limits)


@pytest.mark.parametrize("id", IDS + TRAINER)
def test_wrong_variants_are_refused(id: str) -> None:
    for claim in statements()[id].claims:
        assert claim.wrong
        for variant in claim.wrong.values():
            assert not algebra.is_zero(claim.left - variant, claim.rewrite)


def tampered(derivation: Derivation, claim: Claim, closed: sp.Expr) -> Derivation:
    """The derivation with another last step in one of its claims."""
    steps = (*claim.steps[:-1], Step(closed, claim.steps[-1].why))
    claims = [replace(e, steps=steps) if e is claim else e for e in derivation.claims]
    return replace(derivation, claims=tuple(claims))


@pytest.mark.parametrize("id", IDS + TRAINER)
def test_a_tampered_formula_is_not_proved(id: str) -> None:
    derivation = statements()[id]
    claim = derivation.claims[0]
    first = replace(derivation, claims=(claim,))
    assert failures(tampered(first, claim, next(iter(claim.wrong.values()))))


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
    assert refuted(planted) == ["b1, v_w: proved without what it assumes: w ≠ c"]


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


# The engine


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


# The command


def test_the_command_fails_if_one_is_not_proved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    f = statements()["f"]
    broken = tampered(f, f["x"], f["x"].wrong["sign"])
    assert command.main(["f"]) == 0
    monkeypatch.setattr(command, "statements", lambda: {"e": statements()["e"], "f": broken})
    assert command.main(["f"]) == 1
    assert command.main([]) == 1
    assert "NOT PROVED" in capsys.readouterr().out
    assert command.main(["nonsense"]) == 2
    assert "there are e, f" in capsys.readouterr().err


@pytest.mark.parametrize(
    "how", [["derivations/statements/activations.py"], ["-m", "derivations.statements.batches"]]
)
def test_each_file_runs_alone(how: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, *how], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "proved" in run.stdout


def test_the_sheet_is_current() -> None:
    folder = ROOT / "docs"
    committed = (folder / "derivations.md").read_text(encoding="utf-8")
    written = sheet(statements().values(), folder)
    assert written == committed, "run: python -m derivations --markdown docs/derivations.md"
    assert all(f"## {id} · " in committed for id in [*IDS, "plot", *TRAINER])


@pytest.mark.parametrize("module", [derivations, derivations.engine.evaluation])
def test_the_examples_run(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


# One chain: the proved closed forms, the code's closed forms, autodiff


def proved(id: str, name: str, **values: Any) -> np.ndarray:
    """A proved closed form, evaluated."""
    claim = statements()[id][name]
    return evaluate(claim.closed, values, claim.axes)


@cache
def compiled(
    function: Callable[..., Any],
    transform: Callable[..., Any] | None = None,
    wrt: tuple[int, ...] = (),
) -> Callable[..., Any]:
    """The function, its gradient or its Hessian, compiled once for each shape."""
    return jax.jit(transform(function, wrt) if transform else function)


@cache
def of_window(sums: Callable[..., Any], pair: Callable[..., Any]) -> Callable[..., Any]:
    """A sum over a window as a function of the two tables first."""
    return lambda V, U, c, words, where, *draws: sums(pair, c, words, V, U, *draws, where=where)


@st.composite
def points(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """v_c, o, negatives and U; repeats, o among the negatives, K = 0 and V = 1 among them."""
    sizes, domain = draw(some_sizes()), double(3.0)
    return {
        "v_c": draw(domain.vector(sizes)),
        "o": draw(row_numbers(sizes)),
        "negatives": draw(negatives(domain, sizes, ())),
        "U": draw(domain.table(sizes)),
    }


def point(o: int, negatives: list[int]) -> dict[str, np.ndarray]:
    table = np.linspace(-1.0, 1.5, 15).reshape(5, 3) ** 3
    return {
        "v_c": np.array([0.5, -1.0, 0.25]),
        "o": np.int32(o),
        "negatives": np.array(negatives, np.int32),
        "U": table,
    }


def agree(
    arguments: dict[str, np.ndarray],
    loss: Callable[..., Any],
    gradient: Callable[..., Any],
    wrt: tuple[int, ...],
    *expected: np.ndarray,
) -> None:
    """Autodiff and the closed form of the code are what SymPy says."""
    values = tuple(arguments.values())
    with jax.enable_x64(True):
        close(tuple(compiled(gradient)(*values)), expected, "rounding", values)
        close(compiled(loss, jax.grad, wrt)(*values), expected, "rounding", values)


@given(points())
@settings(max_examples=20)
def test_naive_softmax(at: dict[str, np.ndarray]) -> None:
    at = {name: at[name] for name in ("v_c", "o", "U")}
    center = proved("b1", "v_c", **at)
    for table in (proved("c", "u_w", **at), proved("d", "U", **at)):
        agree(
            at,
            losses.naive_softmax,
            gradients.naive_softmax,
            (0, 2),
            center,
            table,
        )
    with jax.enable_x64(True):
        value = compiled(losses.naive_softmax)(*at.values())
        close(value, proved("a", "softmax", **at), "rounding", tuple(at.values()))
        rows = compiled(gradients.naive_softmax)(*at.values()).U
        close(rows[at["o"]], proved("c", "u_o", **at), "rounding", tuple(at.values()))


@given(points())
@settings(max_examples=20)
@example(point(2, [1, 1, 4, 1]))
@example(point(2, [2, 0, 2, 3]))
@example(point(0, []))
def test_negative_sampling(at: dict[str, np.ndarray]) -> None:
    for id in ("g1", "g2"):
        center, table = proved(id, "v_c", **at), proved("h", "u_w", **at)
        agree(at, losses.negative_sampling, gradients.negative_sampling, (0, 3), center, table)


@given(points())
@settings(max_examples=20)
def test_negative_sampling_rows(at: dict[str, np.ndarray]) -> None:
    """Rows are distinct by their place: the table of rows meets the assumptions of g1 and g2."""
    rows = {"v_c": at["v_c"], "u_o": at["U"][at["o"]], "u_negatives": at["U"][at["negatives"]]}
    distinct = {
        "v_c": at["v_c"],
        "o": 0,
        "negatives": 1 + np.arange(len(at["negatives"])),
        "U": np.concatenate([rows["u_o"][None], rows["u_negatives"]]),
    }
    for id in ("g1", "g2"):
        expected = [proved(id, name, **distinct) for name in ("v_c", "u_o", "u_negatives")]
        agree(
            rows,
            losses.negative_sampling_rows,
            gradients.negative_sampling_rows,
            (0, 1, 2),
            *expected,
        )


@given(st.floats(-30, 30, allow_subnormal=False))
def test_activations(x: float) -> None:
    sigmoid, relu = statements()["f"].losses[0], statements()["e"].loss
    slope = proved("f", "x", x=x)
    step = evaluate(statements()["e"].closed["right of zero"].subs(ACTIVATION, REAL), {"x": x})
    with jax.enable_x64(True):
        for loss, gradient, value, derivative in (
            (activations.sigmoid, gradients.sigmoid, sigmoid, slope),
            (activations.relu, gradients.relu, relu, step),
        ):
            close(loss(x), evaluate(value, {"x": x}), "rounding", (x,))
            close(gradient(x), derivative, "rounding", (x,))
            close(jax.grad(loss)(x), derivative, "rounding", (x,))


ACTIVATION, REAL = sp.Symbol("x", positive=True), sp.Symbol("x", real=True)


def test_the_slope_of_relu_at_0_is_the_proved_one() -> None:
    assert float(gradients.relu(0.0)) == proved("e", "the code, at zero") == 0


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=5), st.data())
@settings(max_examples=20)
def test_cross_entropy(y_hat: list[float], data: st.DataObject) -> None:
    o = data.draw(st.integers(0, len(y_hat) - 1))
    with jax.enable_x64(True):
        value = losses.cross_entropy(np.eye(len(y_hat))[o], np.array(y_hat))
        close(value, proved("a", "J", y_hat=y_hat, o=o), "rounding", (np.array(y_hat),))


@pytest.mark.parametrize("id", ["c", "h"])
@given(st.data())
@settings(max_examples=10)
def test_skip_gram(id: str, data: st.DataObject) -> None:
    """i1, i2 and i3 with the proved gradients of a pair loss in the place of the open one."""
    sizes, domain, m = Sizes(4, 2, 3, 2), double(3.0), 2
    n = 2 * m + 1
    table, centers = data.draw(domain.table(sizes)), data.draw(domain.table(sizes))
    c, words = int(data.draw(row_numbers(sizes))), data.draw(row_numbers(sizes, n))
    draws = [data.draw(negatives(domain, sizes, (n,)))] if id == "h" else []
    pair = [
        {"v_c": centers[c], "o": words[at], "U": table, "negatives": draws[0][at] if draws else []}
        for at in range(n)
    ]
    by_v = np.array([proved("b1" if id == "c" else "g1", "v_c", **e) for e in pair])
    by_U = np.array([proved(id, "u_w", **e) for e in pair])
    by_table = evaluate(tabulated(statements()["i1"].closed["U"]), {"pair_U": by_U, "m": m}, [w, i])
    by_center = np.zeros_like(centers) + float(statements()["i3"].closed["v_w"])
    by_center[c] = evaluate(
        tabulated(statements()["i2"].closed["v_c"]), {"pair_v": by_v, "m": m}, [i]
    )
    name = "naive_softmax" if id == "c" else "negative_sampling"
    loss, gradient = getattr(losses, name), getattr(gradients, name)
    where = np.arange(n) != m
    values = (centers, table, c, words, where, *draws)
    expected = (by_center, by_table)
    with jax.enable_x64(True):
        ours = compiled(of_window(gradients.skip_gram, gradient))(*values)
        close(tuple(ours), expected, "rounding", values)
        auto = compiled(of_window(losses.skip_gram, loss), jax.grad, (0, 1))(*values)
        close(auto, expected, "rounding", values)


@pytest.mark.parametrize(("id", "name"), [("b1", "v_c"), ("d", "U"), ("g2", "v_c"), ("h", "u_w")])
def test_a_changed_formula_parts_from_the_code(id: str, name: str) -> None:
    """The comparison can fail: no wrong variant of a proved form agrees with the code."""
    at = point(2, [2, 0, 2, 3])
    naive = id in ("b1", "d")
    arguments = {e: at[e] for e in at if e != "negatives" or not naive}
    loss = losses.naive_softmax if naive else losses.negative_sampling
    claim = statements()[id][name]
    with jax.enable_x64(True):
        wrt = 0 if claim.name == "v_c" else len(arguments) - 1
        auto = np.asarray(jax.grad(loss, wrt)(*arguments.values()))
    np.testing.assert_allclose(evaluate(claim.closed, arguments, claim.axes), auto, atol=1e-12)
    for variant in (v for wrong, v in claim.wrong.items() if wrong != "transposed"):
        assert np.abs(evaluate(variant, arguments, claim.axes) - auto).max() > 1e-3


def test_evaluate_says_what_is_missing() -> None:
    closed = statements()["b1"].closed["v_c"]
    with pytest.raises(ValueError, match="no values for U, V, o"):
        evaluate(closed, {"v_c": [1.0]}, [i])
    with pytest.raises(ValueError, match=r"d is \d here, \d there"):
        evaluate(closed, {"v_c": [1.0], "U": [[1.0, 2.0]], "o": 0}, [i])


# What the trainer relies on


@given(points())
@settings(max_examples=10)
def test_curvature_of_naive_softmax(at: dict[str, np.ndarray]) -> None:
    at = {name: at[name] for name in ("v_c", "o", "U")}
    by_v, by_w = (proved("t3", name, **at) for name in ("Hessian, v_c", "Hessian, u_w"))
    values = tuple(at.values())
    with jax.enable_x64(True):
        every = compiled(losses.naive_softmax, jax.hessian, (0, 2))(*values)
        close(every[0][0], by_v, "rounding", values)
        close(np.einsum("wiwl->wil", every[1][1]), by_w, "rounding", values)
    trace = np.trace(by_v)
    assert np.linalg.eigvalsh(by_v).max() <= trace + 1e-12


@given(points())
@settings(max_examples=10)
def test_curvature_of_negative_sampling(at: dict[str, np.ndarray]) -> None:
    """The row is v_c; its pairs are the true word, label 1, and the negatives, label 0."""
    ids = np.concatenate([[at["o"]], at["negatives"]]).astype(int)
    row = {"row": at["v_c"], "others": at["U"][ids], "weights": np.ones(len(ids))}
    hessian = evaluate(statements()["t2"].closed["Hessian"], row, [i, l])
    loss = evaluate(curvature.ROW_LOSS, row | {"labels": np.arange(len(ids)) == 0})
    values = tuple(at.values())
    with jax.enable_x64(True):
        close(compiled(losses.negative_sampling)(*values), loss, "rounding", values)
        every = compiled(losses.negative_sampling, jax.hessian, (0,))(*values)
        close(every[0][0], hessian, "rounding", values)
    assert np.linalg.eigvalsh(hessian).max() <= (row["others"] ** 2).sum() / 4 + 1e-12


class Counted(float):
    """A number that counts the operations it takes part in; a change of sign is none."""

    operations = 0

    @classmethod
    def count(cls, value: float) -> "Counted":
        cls.operations += 1
        return cls(value)

    def __add__(self, other: float) -> "Counted":
        return self.count(float(self) + float(other))

    def __radd__(self, other: float) -> "Counted":
        # sum() starts from the integer 0
        return self if isinstance(other, int) and other == 0 else self + other

    def __mul__(self, other: float) -> "Counted":
        return self.count(float(self) * float(other))

    def __rsub__(self, other: float) -> "Counted":
        return self.count(float(other) - float(self))

    def __sub__(self, other: float) -> "Counted":
        return self.count(float(self) - float(other))

    def __truediv__(self, other: float) -> "Counted":
        return self.count(float(self) / float(other))

    def __rtruediv__(self, other: float) -> "Counted":
        return self.count(float(other) / float(self))

    def __neg__(self) -> "Counted":
        return Counted(-float(self))

    __rmul__ = __mul__


def execute(program: counting.Program, values: dict[str, Any]) -> None:
    """Runs a program on counted numbers, adding what it computes to the values."""
    functions = [{"exp": lambda x: Counted.count(np.exp(float(x)))}, "math"]
    sizes = {e: values[e.name] for e in (V, d, notation.K)}
    for line in program:
        expr = notation.unfold(line.expr)
        names = {e.name: e for e in expr.free_symbols if not isinstance(e, sp.Indexed)}
        names |= {e.name: e for e in expr.atoms(sp.IndexedBase)}
        run = sp.lambdify(list(names.values()), expr, functions)
        shape = tuple(int(e.subs(sizes)) for e in line.entry.base.shape)
        result, before = np.empty(shape, dtype=object), Counted.operations
        for place in np.ndindex(shape):
            here = values | {str(e): at for e, at in zip(line.entry.indices, place, strict=True)}
            result[place] = Counted(run(*(here[name] for name in names)))
        if isinstance(line.expr, notation.Abbreviation):  # reads; its signs are products here
            Counted.operations = before
        values[line.entry.base.name] = result


@pytest.mark.parametrize(("V_", "d_", "K_"), [(1, 1, 0), (4, 3, 2), (7, 2, 5)])
def test_the_operations_are_counted_right(V_: int, d_: int, K_: int) -> None:
    """g3: the programs run on numbers that count, and compute the gradients of the code."""
    random = np.random.default_rng(0)
    v, table = random.normal(size=d_), random.normal(size=(V_, d_))
    drawn, o = random.integers(V_, size=K_), 0
    counted = np.vectorize(Counted, otypes=[object])
    sizes = {"V": V_, "d": d_, "K": K_}
    start = sizes | {"v_c": counted(v), "U": counted(table), "o": o, "negatives": drawn}
    with jax.enable_x64(True):
        naive = gradients.naive_softmax(v, o, table)
        negative = gradients.negative_sampling_rows(v, table[o], table[drawn])
    rows = np.concatenate([np.asarray(negative.u_o)[None], negative.u_negatives])
    g3 = statements()["g3"]
    for name, program, wanted in (
        ("softmax", counting.NAIVE, {"by_v": naive.v_c, "by_U": naive.U}),
        ("negatives", counting.NEGATIVE, {"by_center": negative.v_c, "by_columns": rows}),
    ):
        values, Counted.operations = dict(start), 0
        execute(program, values)
        formula = g3.closed[f"{name}, operations"]
        assert Counted.operations == evaluate(formula, sizes)
        for entry, expected in wanted.items():
            np.testing.assert_allclose(values[entry].astype(float), expected, atol=1e-12)
