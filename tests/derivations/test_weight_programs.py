"""The weights of pairs in runs of text are those of t6, and no others."""

import dataclasses

import jax.numpy as jnp
import pytest
import sympy as sp

from derivations.engine.algebra import fresh
from derivations.programs.arrays import Array, Unread, constant, decided
from derivations.programs.claim import L, M, S
from derivations.programs.claims import claims
from derivations.programs.reader import read, trace

NAMES = ("sampling.pair_weights", "sampling.pair_weights, of a shorter reach")
n = sp.Symbol("n", integer=True, nonnegative=True)


def place(size):
    return fresh(sp.Dummy("a", integer=True), sp.S.Zero, size - 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_are_those_of_t6_and_not_like_them(name):
    claim = claims()[name]
    program = claim.traced()
    assert not list(claim.differences(program))
    (at, drawn), (_, fixed) = claim.results
    distance = sp.Abs(at[0] - at[1])
    wrong = (
        2 * drawn,
        fixed,
        drawn * (L + M - distance) / (L + M),  # no run is taken into account
        drawn + (claim.results[0][1] - drawn.xreplace({M: M + 1})),  # a place farther
        drawn.xreplace({distance: at[0] - at[1]}),
    )
    for value in wrong:
        other = dataclasses.replace(claim, results=((at, value), claim.results[1]))
        assert len(list(other.differences(program))) == 1, value
    for value in (2 * fixed, drawn, fixed.xreplace({L: L + 1})):
        other = dataclasses.replace(claim, results=(claim.results[0], (at, value)))
        assert len(list(other.differences(program))) == 1, value


def test_a_reach_is_not_the_window():
    claim = claims()[NAMES[1]]
    results = tuple((at, value.xreplace({S: sp.S.Zero})) for at, value in claim.results)
    other = dataclasses.replace(claim, results=results)
    assert len(list(other.differences(claim.traced()))) == 1  # a fixed radius is not looked at


def test_a_distance_is_below_the_length_of_its_axis_and_of_no_shorter_one():
    one, other = place(L), place(L)
    distance = sp.Abs(one - other)
    assert decided(L - 1 - distance) is True
    assert decided(distance - L) is False
    assert decided(L - 2 - distance) is None
    assert decided(distance - 1) is None
    assert decided(L - 1 - sp.Abs(one + other)) is None
    third = place(L)
    farther = sp.Abs(one - third) + sp.Abs(third - other) - distance
    assert decided(farther) is True
    assert decided(-farther) is None
    assert decided(farther - 1) is None
    assert decided(sp.Abs(one - third) - distance) is None
    assert decided(sp.Abs(one) ** 2 - distance) is None
    over_places = sp.Sum(L - 1 - sp.Abs(n - other), (n, 0, L - 1))
    assert decided(over_places) is None


def test_a_quotient_by_a_whole_number_is_read_where_that_is_never_0():
    def by_distance(one, other, room):
        return 1 / (room - jnp.abs(one - other)).astype(jnp.float32)

    one, other = place(L), place(L)
    program = trace(by_distance, jnp.int32(0), jnp.int32(0), jnp.int32(0))

    def quotient(room):
        inputs = [constant(e, "i") for e in (one, other, room)]
        return read(program, inputs, {})[0][()]

    assert quotient(L) == 1 / (L - sp.Abs(one - other))
    for room in (L - 1, sp.S.Zero):
        with pytest.raises(Unread, match="denominator"):
            quotient(room)
    real = Array((), "f", lambda: sp.Symbol("x", real=True) + 1)
    with pytest.raises(Unread, match="denominator"):
        read(trace(lambda x: 1 / x, jnp.float32(0)), [real], {})[0][()]


def test_a_size_is_at_least_1():
    assert decided(L + 2 * M - 3) is True
    assert decided(L + 2 * M - 4) is None
    assert decided(2 - L - 2 * M) is False
    assert decided(L - M) is None
    any_number = sp.Symbol("any_number", integer=True, nonnegative=True)
    assert decided(L + any_number - 2) is None
