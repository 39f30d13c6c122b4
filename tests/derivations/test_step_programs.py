"""What one training step does to the tables: the rule of the trainer, repeats included."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest
import sympy as sp

from derivations.engine import notation
from derivations.programs.arrays import Nonnegative, Unread
from derivations.programs.claims import claims
from derivations.programs.proof import above_zero, same
from derivations.programs.reader import read, trace
from derivations.programs.steps import of_U, rho
from jw2v import steps
from jw2v.objectives.rows import Rows
from jw2v.params import Params

STEPS = ("steps.row_step", "steps.dense_step")


@pytest.mark.parametrize("name", [*STEPS, "steps.lazy_step", "steps.scan_steps"])
def test_a_step_is_its_rule(name):
    claim = claims()[name]
    assert not list(claim.differences(claim.traced()))


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_no_other_rule(name):
    claim = claims()[name]
    program = claim.traced()
    by_V, (at, right) = claim.results
    ids, rows = of_U
    n = sp.Dummy("n", integer=True, nonnegative=True)
    once = sp.Sum(sp.KroneckerDelta(ids[n], notation.w) * rows[n, notation.i] ** 2, (n, 0, 0))
    for wrong in (
        2 * notation.U[notation.w, notation.i] - right,
        right.xreplace({rho: 2 * rho}),
        right.xreplace({notation.eta: 2 * notation.eta}),
        right.replace(sp.Sum, lambda term, limit: sp.Sum(term, (limit[0], 0, limit[2] - 1))),
        right.replace(sp.Piecewise, lambda near, far: near[0]),
        right.replace(sp.Piecewise, lambda near, far: far[0]),
        right + once,
    ):
        other = dataclasses.replace(claim, results=(by_V, (at, wrong)))
        assert list(other.differences(program)), wrong


def stepped(length, curvature):
    """A program that moves a table, by the length of the step of each entry."""

    def program(V, U, rate, bound, ids, rows, bends, *others):
        entries = Rows(ids, rows, bends)
        return entries.added_to(V, length(rate, bound, curvature(entries, V))[..., None] * rows)

    claim = claims()["steps.row_step"]
    mine = dataclasses.replace(claim, program=program, results=claim.results[:1])
    return list(mine.differences(mine.traced()))


def bounded(rate, bound, bend):
    return -rate / jnp.maximum(1, rate * bend / bound)


def test_a_rule_of_ones_own_is_held_to_it():
    assert not stepped(bounded, Rows.curvature_of_word)


@pytest.mark.parametrize(
    ("length", "curvature"),
    [
        (bounded, lambda rows, table: rows.curvature),  # of the entry alone
        (bounded, lambda rows, table: rows.curvature_of_word(table) / 2),
        (lambda rate, bound, bend: -rate + 0 * bend, Rows.curvature_of_word),
        (lambda rate, bound, bend: -rate / (1 + rate * bend**2 / bound), Rows.curvature_of_word),
        (lambda rate, bound, bend: -jnp.minimum(rate, bound / bend), Rows.curvature_of_word),
        (lambda rate, bound, bend: -rate / jnp.maximum(-1, bend), Rows.curvature_of_word),
    ],
)
def test_another_rule_is_refused(length, curvature):
    assert stepped(length, curvature)


def put_together(table, rate, ids, rows):
    """A lazy step: the first entry of a word has the sum, the others are past the table."""
    first, entry = firsts(table, ids)
    summed = jnp.zeros_like(rows).at[first].add(rows)
    only = jnp.where(first == entry, ids, table.shape[0])
    return table.at[only].add(-rate * summed, mode="drop")


def firsts(table, ids):
    (entries,) = ids.shape
    entry = jnp.arange(entries)
    return jnp.full(table.shape[0], entries).at[ids].min(entry)[ids], entry


def first_alone(table, rate, ids, rows):
    first, entry = firsts(table, ids)
    only = jnp.where(first == entry, ids, table.shape[0])
    return table.at[only].add(-rate * rows, mode="drop")


def sum_for_each(table, rate, ids, rows):
    first, _ = firsts(table, ids)
    summed = jnp.zeros_like(rows).at[first].add(rows)
    return table.at[ids].add(-rate * summed[first])


def without_first(table, rate, ids, rows):
    first, entry = firsts(table, ids)
    summed = jnp.zeros_like(rows).at[first].add(rows)
    only = jnp.where(first == entry, table.shape[0], ids)
    return table.at[only].add(-rate * summed, mode="drop")


def of_other_rows(table, rate, ids, rows):
    first, entry = firsts(table, ids)
    summed = jnp.zeros_like(rows).at[first].add(rows)
    only = jnp.where(first == entry, entry, table.shape[0])
    return table.at[only].add(-rate * summed, mode="drop")


def first_of_all(table, rate, ids, rows):
    first, entry = firsts(table, jnp.zeros_like(ids))
    summed = jnp.zeros_like(rows).at[first].add(rows)
    only = jnp.where(first == entry, ids, table.shape[0])
    return table.at[only].add(-rate * summed, mode="drop")


@pytest.mark.parametrize(
    ("step", "refused"),
    [
        (put_together, False),
        (lambda table, rate, ids, rows: table.at[ids].add(-rate * rows), False),
        (first_alone, True),
        (sum_for_each, True),
        (without_first, True),
        (of_other_rows, True),
        (first_of_all, True),
        (lambda *given: given[0] + 2 * (put_together(*given) - given[0]), True),
        (lambda *given: 0.5 * put_together(*given), True),  # all other rows move
    ],
)
def test_a_lazy_step_moves_each_word_once_by_the_sum_of_its_entries(step, refused):
    def program(V, U, rate, *entries):
        ids, rows, _ = entries[3:]
        return step(U, rate, ids, rows)

    claim = claims()["steps.lazy_step"]
    mine = dataclasses.replace(claim, program=program, results=claim.results[1:])
    assert bool(list(mine.differences(mine.traced()))) is refused


def repeated(step):
    return lambda state, batches: jax.lax.scan(step, state, batches)


def turned_round(step):
    return lambda state, batches: jax.lax.scan(step, state, batches, reverse=True)


def tables_exchanged(step):
    def other(state, batch):
        after, totals = step(state, batch)
        return after._replace(params=Params(*after.params[::-1])), totals

    return repeated(other)


def each_batch_twice(step):
    return repeated(lambda state, batch: step(step(state, batch)[0], batch))


def not_carried(step):
    def run(first, batches):
        def other(state, batch):
            after, totals = step(first, batch)
            return after._replace(step=state.step + 1), totals

        return jax.lax.scan(other, first, batches)

    return run


def first_batch_alone(step):
    def run(state, batches):
        others = jax.tree.map(lambda x: jnp.broadcast_to(x[:1], x.shape), batches)
        return jax.lax.scan(step, state, others)

    return run


def last_left_out(step):
    def run(state, batches):
        state, _ = jax.lax.scan(step, state, jax.tree.map(lambda x: x[:-1], batches))
        return state, batches[:2]

    return run


@pytest.mark.parametrize(
    "other",
    [
        turned_round,
        tables_exchanged,
        each_batch_twice,
        not_carried,
        first_batch_alone,
        last_left_out,
    ],
)
def test_steps_that_are_repeated_otherwise_are_refused(other, monkeypatch):
    claim = claims()["steps.scan_steps"]
    for way, refused in ((repeated, False), (other, True)):
        monkeypatch.setattr(steps, "scan_steps", way)
        # A function of its own: JAX remembers what it traced of another
        mine = dataclasses.replace(claim, program=lambda *given: claim.program(*given))
        found = list(mine.differences(mine.traced()))
        assert bool(found) is refused, found
        assert not any("could not be examined" in e for e in found)


x = notation.scores[notation.o]


@pytest.mark.parametrize(
    ("t", "yes", "no", "positive"),
    [
        (1 - x, 1, x, True),
        (1 - x, 1, x - 1, True),
        (1 - x, 1, x - 2, False),
        (1 - x, 1, -x, False),
        (1 - x, 0, x, False),
        (-x, 0, x, False),
        (-1 - x, -1, x, False),
    ],
)
def test_a_number_is_positive_in_each_of_its_cases(t, yes, no, positive):
    holds = Nonnegative(t)
    assert above_zero(holds * yes + (1 - holds) * no) is positive


def test_equal_sums_are_compared_alike():
    one, other = (
        sp.Sum(notation.scores[e], (e, 0, notation.V - 1))
        for e in (sp.Dummy("n", integer=True, nonnegative=True) for _ in range(2))
    )
    assert same(x * Nonnegative(one - 1) ** 2, x * Nonnegative(other - 1))
    assert not same(x * Nonnegative(one - 1) ** 2, x * Nonnegative(other - 2))


def test_a_key_is_an_error_only_where_a_result_uses_it():
    shape, (number,) = jax.ShapeDtypeStruct((), jnp.float32), claims()["steps.row_step"].inputs[2:3]
    unused = trace(lambda x: (jax.random.normal(jax.random.key(0)), 2 * x)[1], shape)
    assert read(unused, [number], {})[0][()] == 2 * number[()]
    used = trace(lambda x: x + jax.random.normal(jax.random.key(0)), shape)
    with pytest.raises(Unread, match="random_bits"):
        read(used, [number], {})
    with pytest.raises(Unread, match="sin"):
        read(trace(lambda x: 0 * jnp.sin(x), shape), [number], {})
