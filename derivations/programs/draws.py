"""The arithmetic of draws: which number a draw looks up, over whole numbers."""

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import sympy as sp

from derivations.engine.algebra import fresh
from derivations.engine.notation import Index
from derivations.programs.arrays import Array, constant, declared, numbers
from derivations.programs.claim import B, Claim, S
from derivations.programs.whole import LARGEST, Whole
from jw2v.objectives import noise

__all__ = ["claims_of_draws"]


def _number(name: str, low: sp.Expr, high: sp.Expr) -> Index:
    number = Index(name, integer=True, nonnegative=True)
    number.within = low, high
    return number


def _unsigned(*values: sp.Expr) -> tuple[Array, ...]:
    return tuple(constant(e, "u") for e in values)


shift = declared("shifts", S, within=(sp.S.Zero, B - 1))
wanted = declared("wanted", B, within=(sp.S.Zero, B - 1))


def claims_of_draws() -> Iterator[Claim]:
    """A number below a limit, the numbers beside those of a word, and the strata of runs."""
    limit, bits = (_number(name, sp.S.Zero, LARGEST) for name in ("limit", "bits"))
    yield Claim(
        "sampling, a number below a limit",
        noise._below,
        _unsigned(limit, bits),
        (((), Whole(limit * bits, LARGEST + 1)),),
    )
    others = _number("owned by others", sp.S.One, LARGEST)
    share = _number("owned", sp.S.Zero, LARGEST - others)
    first, number = _number("first", sp.S.Zero, others), _number("drawn", sp.S.Zero, others - 1)
    yield Claim(
        "sampling.Noise.draw_other, its numbers",
        _beside,
        _unsigned(number, first, share),
        (((), number), ((), sp.S.One)),
    )
    group, place = (fresh(sp.Dummy("n", integer=True), sp.S.Zero, size - 1) for size in (S, B))
    at = place, group
    yield Claim(
        "sampling.Noise.draw_spread, its strata",
        _strata,
        (numbers(shift), numbers(wanted)),
        ((at, group * B + wanted[place]), (at, sp.S.One)),
        ("t5",),
    )


def _beside(drawn: Any, first: Any, owned: Any) -> Any:
    """Which draw a number comes from, and whether others than the word own it.

    There are as many draws as numbers that others own, so that each of these comes from one draw.
    """
    found = noise._beside(drawn, first, owned)
    return found - jnp.where(found < first, 0, owned), (found < first) | (found >= first + owned)


def _strata(shift: Any, wanted: Any) -> Any:
    """The stratum of the run that is to draw one of a group, and whether all are of their group."""
    (runs,), groups = wanted.shape, jnp.arange(shift.shape[0])
    stratum = noise._strata(shift, runs)
    run = (wanted[:, None] + runs - shift) % runs
    inside = (groups * runs <= stratum) & (stratum < (groups + 1) * runs)
    return stratum[run, groups], inside
