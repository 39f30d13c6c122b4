"""How much each pair of places in a run of text counts.

NumPy computes these numbers, by the lines that are traced with JAX's functions of the same names.
"""

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import sympy as sp

from derivations.engine import notation
from derivations.engine.notation import unfold
from derivations.programs.arrays import Array, Nonnegative
from derivations.programs.batches import place
from derivations.programs.claim import Claim, L, M, S
from derivations.statements.batches import T
from derivations.statements.runs import drawn_weight, fixed_weight
from jw2v.feeding import subsampling

__all__ = ["claims_of_weights"]


def _sized(size: sp.Expr) -> Array:
    """Numbers of which only the size is looked at."""
    return Array((size,), "f", lambda at: sp.S.Zero)


def claims_of_weights() -> Iterator[Claim]:
    """The weights for windows of drawn and of fixed radius, in runs that are longer than these."""

    def both(length: Any, window: Any, reach: Any) -> Any:
        given = length, window, reach
        return [subsampling._weights(jnp, *given, shrink) for shrink in (True, False)]

    def to_the_end(run: Any, window: Any) -> Any:
        return both(run.shape[0], window.shape[0], window.shape[0])

    def to_a_reach(run: Any, reach: Any, more: Any) -> Any:
        return both(run.shape[0], reach.shape[0] + more.shape[0], reach.shape[0])

    run = _sized(L + M)
    yield Claim("sampling.pair_weights", to_the_end, (run, _sized(M)), _results(M), ("t6",))
    yield Claim(
        "sampling.pair_weights, of a shorter reach",
        to_a_reach,
        (run, _sized(M), _sized(S)),
        _results(M + S),
        ("t6",),
    )


def _results(window: sp.Expr) -> tuple[Any, ...]:
    """What t6 says of two places up to M apart, and 0 for others."""
    one, other = place(L + M), place(L + M)
    distance = sp.Abs(one - other)
    near = (1 - Nonnegative(-distance)) * Nonnegative(M - distance)
    told = {T: L + M, notation.m: window}
    return tuple(
        ((one, other), near * unfold(weight(distance)).xreplace(told))
        for weight in (drawn_weight, fixed_weight)
    )
