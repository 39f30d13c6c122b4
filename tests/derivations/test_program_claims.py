"""The programs of jw2v are their statements, and programs that differ in a step are refused."""

import dataclasses

import jax
import jax.extend.core
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
from jax import export

from derivations.engine import notation
from derivations.engine.algebra import fresh
from derivations.engine.notation import bounds
from derivations.programs.arrays import Nonnegative, declared, numbers
from derivations.programs.claim import SIZES, Claim, L
from derivations.programs.claims import claims
from derivations.programs.mutants import mutants, of_axes, written
from derivations.programs.proof import at_least_zero, same, without_cases
from derivations.programs.reader import equations, primitives
from derivations.statements import tree_symbols

SHORT = (
    "jax.grad(activations.relu)",
    "gradients.leaky_relu",
    "losses.cross_entropy",
    "losses.naive_softmax",
    "gradients.naive_softmax",
    "losses.negative_sampling",
    "gradients.negative_sampling",
    "losses.hierarchical_softmax_rows",
    "gradients.skip_gram, naive_softmax",
)
"""Some of each kind. ``python -m derivations`` proves all."""


@pytest.mark.parametrize("name", SHORT)
def test_a_program_is_its_statement(name):
    claim = claims()[name]
    assert not list(claim.differences(claim.traced()))


@pytest.mark.long
def test_every_program_is_its_statement():
    for claim in (e for every in claims().values() for e in every.variants()):
        assert not list(claim.differences(claim.traced())), claim.name


@pytest.mark.parametrize("name", ["losses.negative_sampling", "losses.hierarchical_softmax"])
def test_no_negatives_and_no_decisions_are_traced_apart(name):
    claim = claims()[name]
    size = notation.K if "K" in claim.sizes else tree_symbols.H
    none = claim.at(size, 0)
    assert size.name not in none.sizes
    assert not list(none.differences(none.traced()))


def test_of_one_word_jax_writes_another_program():
    claim = claims()["jax.grad(losses.naive_softmax)"]
    names = [e.name for e in claim.variants()]
    assert f"{claim.name}, V = 1" in names
    one = claim.at(notation.V, 1)
    assert not list(one.differences(one.traced()))


@pytest.mark.parametrize("name", ["losses.naive_softmax", "gradients.negative_sampling"])
def test_a_program_for_numbers_has_the_same_steps(name):
    claim = claims()[name]
    numbers, symbols = claim.for_numbers().traced(), claim.traced()
    assert primitives(numbers) == primitives(symbols)
    assert equations(numbers) < equations(symbols)


def test_a_program_for_numbers_that_has_others_is_proved_too():
    claim = claims()["gradients.negative_sampling_rows"]
    names = [e.name for e in claim.variants()]
    assert f"{claim.name}, d = 53, K = 31" in names
    numbers = claim.for_numbers()
    assert not list(numbers.differences(numbers.traced()))


def test_a_program_is_not_another_statement():
    claim = claims()["gradients.naive_softmax"]
    (center, by_center), (row, by_row) = claim.results
    for results in (
        ((center, -by_center), (row, by_row)),
        ((center, by_center), (row, 2 * by_row)),
        ((center, by_center), (row, by_row.xreplace({notation.w: notation.o}))),
        ((row, by_row), (center, by_center)),
        ((center, by_center),),
    ):
        other = dataclasses.replace(claim, results=results)
        assert list(other.differences(claim.traced()))


def instance(claim, rng, sizes):
    """Concrete inputs of a claim's program."""
    given = []
    for x in claim.inputs:
        shape = tuple(int(e.xreplace(sizes)) for e in x.shape)
        places = tuple(sp.Symbol(f"at{axis}", integer=True) for axis in range(len(shape)))
        entry = x[places]
        if x.kind == "f":
            given.append(jnp.asarray(rng.uniform(0.1, 1.5, shape), jnp.float32))
            continue
        free = 0, 2  # of numbers that no claim assumes anything of
        known = isinstance(entry, sp.Indexed)
        within = bounds.get(entry.base.name, free) if known else entry.within
        low, high = (int(sp.sympify(e).xreplace(sizes)) for e in within)
        numbers = rng.integers(low, high + 1, shape)
        given.append(jnp.asarray(numbers, bool if x.kind == "b" else jnp.int32))
    return given


def compiled(claim, program):
    """A program for sizes of any kind, to be called."""
    run = jax.extend.core.jaxpr_as_fun(program)
    return export.export(jax.jit(lambda *inputs: run(*inputs)))(*claim.shapes()).call


def tried(name):
    """How many mutants of a program are refused; the others compute what it computes.

    Those that change a step that no result uses are the program itself.
    """
    claim = claims()[name]
    program = claim.traced()
    right, refused, alike = compiled(claim, program), 0, []
    for words, mutant in mutants(program):
        if written(mutant) == written(program):
            continue
        if any(claim.differences(mutant)):
            refused += 1
            continue
        alike.append(words)
        wrong = compiled(claim, mutant)
        for number, drawn in enumerate(
            ((4, 3, 2, 3, 3, 3, 2, 3, 1, 2), (3, 2, 4, 2, 2, 4, 3, 2, 2, 3))
        ):
            sizes = dict(zip(SIZES.values(), map(sp.Integer, drawn), strict=True))
            given = instance(claim, np.random.default_rng(number), sizes)
            for one, other in zip(right(*given), wrong(*given), strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4, err_msg=words)
    return refused, alike


@pytest.mark.parametrize(
    ("name", "refused", "alike"),
    [
        ("activations.sigmoid", 3, 0),
        ("gradients.relu", 13, 0),
        ("activations.leaky_relu", 19, 0),
    ],
)
def test_wrong_programs_are_refused(name, refused, alike):
    found, others = tried(name)
    assert (found, len(others)) == (refused, alike), others


@pytest.mark.parametrize("name", ["gradients.negative_sampling", "losses.hierarchical_softmax"])
def test_another_axis_is_refused_or_does_not_fit(name):
    claim = claims()[name]
    found = [program for _, program in of_axes(claim.traced())]
    fit = [program for program in found if program is not None]
    assert len(found) > 2 * len(fit) > 0
    assert all(any(claim.differences(program)) for program in fit)


def test_another_axis_is_refused_where_it_has_the_same_size():
    square = declared("square_tried", L, L)
    at, n = (fresh(sp.Dummy("a", integer=True), sp.S.Zero, L - 1) for _ in range(2))
    summed = sp.Sum(square[at, n], (n, 0, L - 1))
    claim = Claim("rows", lambda x: x.sum(1), (numbers(square),), (((at,), summed),))
    program = claim.traced()
    assert not list(claim.differences(program))
    ((_, columns),) = of_axes(program)
    assert list(claim.differences(columns))


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "losses.naive_softmax",
        "jax.grad(losses.naive_softmax)",
        "gradients.naive_softmax",
        "losses.negative_sampling",
        "gradients.negative_sampling",
        "steps.row_step",
        "steps.dense_step",
        "sampling.Noise.draw_spread, its strata",
        "objectives.skip_gram_of_windows",
        "objectives.cbow_of_bags, sum",
    ],
)
def test_what_is_not_refused_is_the_same_function(name):
    refused, alike = tried(name)
    print(f"{name}: {refused} mutants refused, {len(alike)} the same function")
    assert refused > 40


x, w = notation.scores[notation.o], notation.w
above = Nonnegative(x)


def test_the_logarithm_of_a_sum_is_one_in_both_of_its_cases():
    stable = x * above + sp.log(1 + sp.exp(-(2 * above - 1) * x))
    assert without_cases(stable) == sp.log(1 + sp.exp(x))
    assert without_cases(stable + above).has(Nonnegative)


def test_cases_that_differ_stay():
    assert without_cases(x * above) == x * above


def test_each_term_of_a_sum_has_cases_of_its_own():
    """All of them at once may be alike, and some of them not."""
    here = notation.scores[notation.w]
    mean = notation.total(notation.scores[notation.x], notation.x) / notation.V
    centred = notation.total(Nonnegative(here) * (here - mean), w)
    assert same(centred.xreplace({Nonnegative(here): sp.S.One}), sp.S.Zero)
    assert without_cases(centred) == centred
    assert not same(centred, sp.S.Zero)


def test_a_largest_number_cancels():
    largest = sp.Symbol("largest", real=True)
    summed = sp.log(notation.total(sp.exp(notation.scores[notation.x] - largest), notation.x))
    loss = sp.log(notation.total(sp.exp(notation.scores[notation.x]), notation.x)) - x
    assert same(summed - (x - largest), loss)
    assert not same(summed - x, loss)


def test_a_loss_of_the_softmax_is_not_negative():
    total = notation.total(sp.exp(notation.scores[notation.x]), notation.x)
    assert at_least_zero(sp.log(total) - x)
    assert not at_least_zero(sp.log(total))
    assert not at_least_zero(sp.log(total) - 2 * x)
    assert not at_least_zero(x - sp.log(total))
