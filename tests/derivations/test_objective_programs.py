"""The objectives of a batch are what the statements say, and no other sums."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import pytest
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine import notation
from derivations.engine.algebra import fresh, is_zero
from derivations.engine.notation import U, V, bounds, w
from derivations.programs import halves
from derivations.programs.arrays import Nonnegative, always, declared, numbers
from derivations.programs.claim import SIZES, L, M, put_size
from derivations.programs.claims import claims
from derivations.programs.compositions import bound_of_bag, radii, sentences, words_of_bags
from derivations.programs.edges import weights as weights_of_pairs
from derivations.programs.proof import same
from derivations.programs.reader import read, trace

HALVES = tuple(f"objectives.rows.in_halves, {size}" for size in ("even", "odd", "1 example"))
QUICK = (
    *HALVES,
    "objectives.predictions.naive_softmax",
    "objectives.skip_gram_of_windows",
    "objectives.cbow_of_bags, sum",
    "objectives.cbow_of_bags, two words of one bag",
    "objectives.skip_gram_of_edges",
)
LONG = (
    "objectives.segments_at",
    "objectives.predictions.with_negatives",
    "objectives.predictions.shared_negative_sampling",
    "objectives.predictions.hierarchical_softmax",
    "objectives.cbow_of_bags, mean",
    "objectives.given_negatives_of_edges",
    "objectives.hierarchical_softmax_of_bags",
)
EVERY = [*QUICK, *(pytest.param(name, marks=pytest.mark.long) for name in LONG)]


def test_every_objective_is_tried():
    assert {*QUICK, *LONG} == {name for name in claims() if name.startswith("objectives.")}


@pytest.mark.parametrize("name", EVERY)
def test_each_result_is_what_is_claimed_and_not_twice_that(name):
    claim = claims()[name]
    program = claim.traced()
    assert not list(claim.differences(program))
    for number, (at, value) in enumerate(claim.results):
        results = [*claim.results]
        results[number] = at, 2 * value or sp.S.One
        other = dataclasses.replace(claim, results=tuple(results))
        assert len(list(other.differences(program))) == 1, number


def test_a_pair_of_any_weight_does_not_count_once():
    claim = claims()["objectives.given_negatives_of_edges"]

    def once(value):
        return value.replace(
            lambda e: isinstance(e, sp.Indexed) and e.base == weights_of_pairs, lambda e: sp.S.One
        )

    results = tuple((at, once(value)) for at, value in claim.results)
    weighted = sum(value.has(weights_of_pairs) for _, value in claim.results)
    assert weighted == len(claim.results) - 3  # all but row numbers
    other = dataclasses.replace(claim, results=results)
    assert len(list(other.differences(claim.traced()))) == weighted


def bound_of(claim):
    """Which result is the bound of the words of bags, how often each counts, and for how much."""
    number = next(n for n, (_, value) in enumerate(claim.results) if value.has(bound_of_bag))
    return number, *sorted(claim.results[number][1].args, key=lambda e: e.has(bound_of_bag))


def refuses(claim, number, value):
    results = [*claim.results]
    results[number] = results[number][0], value
    other = dataclasses.replace(claim, results=tuple(results))
    return len(list(other.differences(claim.traced()))) == 1


def test_a_word_counts_as_often_as_it_may_be_in_a_bag():
    claim = claims()["objectives.cbow_of_bags, sum"]
    number, times, shares = bound_of(claim)
    assert not refuses(claim, number, times * shares)
    (summed,) = times.atoms(sp.Sum)
    (at, first, last), sides = summed.limits[0], summed.function
    assert times == 1 + summed
    nearer, elsewhere = sp.Sum(sides, (at, first, last - 1)), sp.Sum(sides, (at, first + 1, last))
    any_word, any_sentence = (
        sp.Sum(
            sides.replace(lambda e, table=table: tells(e, table), lambda e: sp.S.One),
            (at, first, last),
        )
        for table in (words_of_bags, sentences)
    )
    for wrong in (0, nearer, elsewhere, any_word, any_sentence, summed**2):
        assert refuses(claim, number, (1 + wrong) * shares), wrong
    assert refuses(claim, number, summed * shares)


def tells(e, table):
    return isinstance(e, Delta) and e.has(table)


@pytest.mark.long
@pytest.mark.parametrize("power", [0, 1, 3])
def test_a_bound_is_divided_by_the_square_of_the_words_of_a_bag(power):
    claim = claims()["objectives.cbow_of_bags, mean"]
    number, times, shares = bound_of(claim)

    def divided(power):
        return shares.replace(
            lambda e: e.is_Pow and isinstance(e.base, sp.Max), lambda e: e.base**-power
        )

    assert divided(2) == shares
    assert refuses(claim, number, times * divided(power))
    assert refuses(claim, number, divided(2))  # (1 / n)² for each place by itself


def test_a_bag_may_reach_beyond_margins_that_are_narrower_than_its_radius():
    claim = claims()["objectives.cbow_of_bags, two words of one bag"]
    farther = dataclasses.replace(claim, inputs=(*claim.inputs[:2], numbers(radii)))
    assert len(list(farther.differences(claim.traced()))) == 1


def halves_of(batch):
    columns = [jnp.array_split(column, 2) for column in batch]
    return [list(half) for half in zip(*columns, strict=True)]


def both(one, other, **changed):
    """Two evaluations in one, but for what is changed."""
    gradient = jax.tree.map(lambda *e: jnp.concatenate(e), one.gradient, other.gradient)
    return one._replace(
        **{"loss": one.loss + other.loss, "pairs": one.pairs + other.pairs, "gradient": gradient}
        | changed
    )


def right(objective, params, batch, key):
    return both(*(objective(params, half, key) for half in halves_of(batch)))


def half_twice(objective, params, batch, key):
    one, _ = (objective(params, half, key) for half in halves_of(batch))
    return both(one, one)


def half_left_out(objective, params, batch, key):
    one, other = (objective(params, half, key) for half in halves_of(batch))
    return both(one, other, loss=one.loss)


def halves_taken_off(objective, params, batch, key):
    one, other = (objective(params, half, key) for half in halves_of(batch))
    return both(one, other, pairs=one.pairs - other.pairs)


def rows_of_other_ids(objective, params, batch, key):
    one, other = (objective(params, half, key) for half in halves_of(batch))
    found = both(one, other)
    ids = jnp.concatenate([other.gradient.U.ids, one.gradient.U.ids])
    changed = found.gradient._replace(U=found.gradient.U._replace(ids=ids))
    return found._replace(gradient=changed)


def other_tables(objective, params, batch, key):
    one, other = halves_of(batch)
    return both(objective(params, one, key), objective(params._replace(U=2 * params.U), other, key))


@pytest.mark.parametrize("name", HALVES[:2])
@pytest.mark.parametrize(
    "wrong", [half_twice, half_left_out, halves_taken_off, rows_of_other_ids, other_tables]
)
def test_other_halves_are_refused(name, wrong, monkeypatch):
    claim = claims()[name]
    for way, refused in ((right, False), (wrong, True)):
        monkeypatch.setattr(halves, "in_halves", partial(partial, way))
        # A function of its own: JAX remembers what it traced of another
        mine = dataclasses.replace(claim, program=lambda *given: claim.program(*given))
        assert bool(list(mine.differences(mine.traced()))) is refused, way


places = declared("places_tried", L, within=notation.words)
weights = declared("weights_tried", L)
later = declared("later_tried", L, within=(sp.S.One, V))
n = sp.Symbol("n_tried", integer=True, nonnegative=True)


def over(term, size=L, index=n):
    return sp.Sum(term, (index, 0, size - 1))


def test_a_sum_over_rows_ends_where_a_sum_over_places_names_them():
    named = sp.Sum(U[w, notation.i] * over(Delta(w, places[n]) * weights[n]), (w, 0, V - 1))
    assert is_zero(named - over(U[places[n], notation.i] * weights[n]))
    assert not is_zero(named - over(U[places[n], notation.i]))
    past = sp.Sum(U[w, notation.i] * over(Delta(w, later[n]) * weights[n]), (w, 0, V - 1))
    assert not is_zero(past - over(U[later[n], notation.i] * weights[n]))


def test_two_facts_tell_what_none_tells_alone():
    """|a − b| is at most |a − c| + |c − b|, and may be more than either."""
    a, b, c = (fresh(sp.Dummy("a", integer=True), sp.S.Zero, L - 1) for _ in range(3))

    def within(one, other, size):
        return Nonnegative(size - sp.Abs(one - other))

    both = within(a, c, M) * within(c, b, M)
    assert same(both * within(a, b, 2 * M), both)
    assert same(both * (1 - within(a, b, 2 * M)), sp.S.Zero)
    assert not same(both * within(a, b, 2 * M - 1), both)
    assert not same(within(a, c, M) * within(a, b, 2 * M), within(a, c, M))
    far = (1 - within(a, c, M)) * (1 - within(c, b, M))
    assert not same(far * within(a, b, 2 * M), sp.S.Zero)
    for whole in (True, False):  # x < y and y < 0: then x is −2 or less, of whole numbers
        x, y = (sp.Symbol(name, real=True, integer=whole or None) for name in "xy")
        below = (1 - Nonnegative(x - y)) * (1 - Nonnegative(y))
        assert same(below * Nonnegative(-2 - x), below) is whole


def test_what_has_the_factor_0_may_be_anything():
    x, other = weights[n], weights[0]
    some, none = U[places[n], 0], U[0, 0]
    assert same(over(x * ((1 - Delta(0, x)) * some + Delta(0, x) * none)), over(x * some))
    assert not same(over(x * ((1 - Delta(0, other)) * some + Delta(0, other) * none)), x * some)
    assert not same(over((1 - Delta(0, x)) * x + Delta(0, x)), over(x))


def test_a_factor_is_not_an_entry_of_the_same_letter_under_a_sum():
    """The index of the sum is another number than that of the factor."""
    x = weights[n]
    assert not same(x * over(Delta(0, x)), sp.S.Zero)


@pytest.mark.parametrize(
    ("truth", "answer"),
    [
        (Delta(0, weights[0]) + (1 - Delta(0, weights[0])), 1),
        (Delta(0, weights[0]) * Delta(1, weights[0]), None),
        (Delta(1, (1 - Delta(0, weights[0])) * places[0]), None),
        (Nonnegative(weights[0]) * (1 - Nonnegative(weights[0])), 0),
    ],
)
def test_a_truth_is_decided_where_all_cases_agree(truth, answer):
    assert always(truth) == (truth if answer is None else answer)


def read_of(function, *inputs):
    """What a program computes, of inputs of symbolic sizes."""
    dims = dict(zip(SIZES.values(), jax.export.symbolic_shape(", ".join(SIZES)), strict=True))
    kinds = {"f": jnp.float32, "i": jnp.int32}
    shapes = [
        jax.ShapeDtypeStruct(tuple(dims[size] for size in x.shape), kinds[x.kind]) for x in inputs
    ]
    return read(trace(function, *shapes), inputs, SIZES)[0]


def test_a_largest_begins_with_nothing():
    """exp(−∞ − x) is 0, and other sums with an infinite number are not read."""
    found = read_of(lambda x: jnp.exp(-jnp.inf - x) + x, numbers(weights))
    assert found[(n,)] == weights[n]
    for wrong in (lambda x: x - jnp.inf, lambda x: -jnp.inf + x, lambda x: jnp.exp(x + jnp.inf)):
        with pytest.raises(Exception, match="oo"):
            read_of(wrong, numbers(weights))[(n,)]


def test_a_step_that_no_result_uses_is_not_read():
    def unused(x):
        jnp.sort(x)
        return 2 * x

    assert read_of(unused, numbers(weights))[(n,)] == 2 * weights[n]
    with pytest.raises(Exception, match="sort"):
        read_of(lambda x: jnp.sort(x) + x, numbers(weights))


def test_of_whole_numbers_the_larger_and_the_distance_are_told_by_name():
    at = fresh(sp.Dummy("a", integer=True), sp.S.Zero, L - 1)
    larger = read_of(lambda x: jnp.maximum(1, x), numbers(places))[(at,)]
    assert same(larger, sp.Max(1, places[at]))
    assert not same(larger, places[at])
    distance = read_of(lambda x, y: jnp.abs(x - y), numbers(places), numbers(later))[(at,)]
    assert same(distance, sp.Abs(later[at] - places[at]))
    assert not same(distance, later[at] - places[at])


def test_a_place_has_the_range_of_its_axis_where_a_size_is_1():
    claim = claims()["objectives.cbow_of_bags, sum"]
    one = claim.at(M, 1)
    spans = [at[1].within for at, _ in one.results if len(at) > 1 and at[1].name == "a"]
    assert spans.count((0, L + 1)) == 3
    assert put_size(claim.results[0][1], M, 1).free_symbols.isdisjoint({M})


def test_an_index_over_a_part_of_an_axis_is_no_proof_of_all():
    claim = claims()["objectives.skip_gram_of_windows"]
    (at, value), *others = claim.results
    short = fresh(sp.Dummy("a", integer=True), sp.S.Zero, at[0].within[1] - 1)
    less = (short, at[1]), value.xreplace({at[0]: short})
    other = dataclasses.replace(claim, results=(less, *others))
    assert len(list(other.differences(claim.traced()))) == 1


def test_names_of_inputs_keep_to_themselves():
    with pytest.raises(ValueError, match="declared already"):
        declared("places_tried", L, within=(sp.S.Zero, L))
    assert "there" not in bounds
