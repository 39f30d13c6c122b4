"""The arithmetic of draws, over whole numbers: what is proved of it, and what is refused."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from derivations.engine import notation
from derivations.programs import draws
from derivations.programs.arrays import Nonnegative, decided, put
from derivations.programs.claims import claims
from derivations.programs.proof import same
from derivations.programs.whole import LARGEST, Rest, Whole, is_whole_part
from jw2v.objectives import noise

BELOW, OTHER, SPREAD = (
    "sampling, a number below a limit",
    "sampling.Noise.draw_other, its numbers",
    "sampling.Noise.draw_spread, its strata",
)


@pytest.mark.parametrize("name", [BELOW, OTHER, SPREAD])
def test_a_draw_is_what_is_told_of_it(name):
    for claim in claims()[name].variants():
        assert not list(claim.differences(claim.traced())), claim.name


def refused(name, program):
    anew = lambda *given: program(*given)  # noqa: E731, JAX keeps what it traced of a function
    claim = dataclasses.replace(claims()[name], program=anew)
    return list(claim.differences(claim.traced()))


def product(limit, bits, shift=16, carry=0xFFFF, low=0xFFFF):
    """The high half of a product, put together as the noise does."""
    high, low = bits >> 16, bits & low
    limit_high, limit_low = limit >> 16, limit & 0xFFFF
    middle = high * limit_low + (low * limit_low >> 16)
    carried = low * limit_high + (middle & carry)
    return high * limit_high + (middle >> shift) + (carried >> 16)


def test_a_product_is_no_other_whole_part():
    assert not refused(BELOW, product)
    for wrong in (
        lambda limit, bits: product(limit, bits, shift=15),
        lambda limit, bits: product(limit, bits, carry=0x7FFF),
        lambda limit, bits: product(limit, bits, low=0xFF),
        lambda limit, bits: (limit >> 16) * (bits >> 16),
        lambda limit, bits: product(limit, bits) + 1,
        lambda limit, bits: limit * bits,
    ):
        assert refused(BELOW, wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda number, start, share: jnp.where(number <= start, number, number + share),
        lambda number, start, share: jnp.where(number > start, number, number + share),
        lambda number, start, share: jnp.where(number < start, number, number + share + 1),
        lambda number, start, share: number + share,
        lambda number, start, share: number,
    ],
)
def test_other_numbers_are_refused(monkeypatch, wrong):
    monkeypatch.setattr(noise, "_beside", wrong)
    assert refused(OTHER, draws._beside)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda shift, runs: jnp.arange(shift.shape[0]) * runs + jnp.arange(runs)[:, None] + shift,
        lambda shift, runs: (jnp.arange(runs)[:, None] + shift) % runs,
        lambda shift, runs: (
            jnp.arange(shift.shape[0]) * runs + shift + 0 * jnp.arange(runs)[:, None]
        ),
        lambda shift, runs: (
            jnp.arange(shift.shape[0]) * runs + (2 * jnp.arange(runs)[:, None] + shift) % runs
        ),
    ],
)
def test_other_strata_are_refused(monkeypatch, wrong):
    monkeypatch.setattr(noise, "_strata", wrong)
    assert refused(SPREAD, draws._strata)


def test_every_number_of_others_comes_from_one_draw():
    """The same by trying all, for the numbers of a word at any place."""
    for total, first, owned in ((7, 2, 3), (5, 0, 4), (6, 5, 1), (4, 2, 0)):
        given = (jnp.asarray(e, jnp.uint32) for e in (np.arange(total - owned), first, owned))
        found = noise._beside(*given).tolist()
        assert found == [n for n in range(total) if not first <= n < first + owned]


a, b = (draws._number(name, sp.S.Zero, LARGEST) for name in ("some a", "some b"))


def test_whole_parts():
    assert is_whole_part(Whole(a, 8), Whole(a, 8))
    assert is_whole_part(Whole(Whole(a, 4), 2), Whole(a, 8))
    assert is_whole_part((a - Rest(a, 8)) / 8, Whole(a, 8)) is False  # not seen to be whole
    assert not is_whole_part(Whole(a, 4), Whole(a, 8))
    assert not is_whole_part(Whole(a, 8) + 1, Whole(a, 8))
    assert not is_whole_part(Whole(a, 8) + Whole(b, 8), Whole(a + b, 8))  # a carry is lost
    assert same(Whole(Whole(a, 4), 2), Whole(a, 8))
    assert (Whole(sp.Integer(29), 8), Rest(sp.Integer(29), 8)) == (3, 5)
    assert (Whole(a, 1), Rest(a, 1)) == (a, 0)


def test_a_test_tells_others():
    here = Nonnegative(a - b)
    for value, other, told in (
        (1, a - b + 2, 1),
        (1, b - a - 1, 0),
        (0, a - b - 3, 0),
        (0, b - a - 1, 1),
    ):
        assert put(Nonnegative(other), here, value) == told
    for value, other in ((1, a - b - 1), (0, a - b + 1), (1, b - a), (0, b - a - 2)):
        assert put(Nonnegative(other), here, value) == Nonnegative(other)
    assert decided(here * (a - b) + (1 - here) * (b - a)) is True
    assert decided(here * (a - b - 1) + (1 - here) * (b - a)) is None
    assert decided(here) is True
    assert decided(here - 1) is None


def test_a_test_tells_nothing_of_the_terms_of_a_sum():
    """Their index may run further than what is declared of a symbol of its name."""
    w, size = notation.w, notation.V
    summed = sp.Sum(Nonnegative(size - 1 - w), (w, 0, size + 5))
    assert put(summed + Nonnegative(a - b), Nonnegative(a - b), 1) == summed + 1
    assert put(Nonnegative(size - 1 - w), Nonnegative(a - b), 1) == 1
