"""How far two roads to the same number may part: one table, each entry with its reason."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np


@dataclass(frozen=True)
class Tolerance:
    """|difference| ≤ factor · eps^order · reach^power · terms.

    ``eps`` is the rounding unit of the dtype compared, ``reach`` is 1 + the largest magnitude among
    the arguments and ``terms`` the number of entries of the largest argument.
    """

    factor: float
    order: float
    power: int
    reason: str

    def bound(self, dtype: np.dtype, arguments: tuple[np.ndarray, ...]) -> float:
        reals = [a for a in map(np.asarray, arguments) if a.dtype.kind == "f" and a.size]
        reach = 1 + max((float(np.abs(a[np.isfinite(a)]).max(initial=0)) for a in reals), default=0)
        terms = max((np.size(a) for a in arguments), default=1)
        unit = float(np.finfo(dtype).eps)
        return self.factor * unit**self.order * reach**self.power * max(terms, 1)


TOLERANCES = {
    "rounding": Tolerance(
        4, 1, 3, "logits are rounded sums of products, and gradients multiply them by a vector"
    ),
    "exact logits": Tolerance(
        4, 1, 1, "whole numbers: logits are exact, and what is rounded is at most a vector's size"
    ),
    "reordering": Tolerance(
        4, 1, 3, "compiled or batched, the same sums are taken in another order"
    ),
    "differences": Tolerance(
        8, 2 / 3, 3, "a step of eps^(1/3) leaves eps^(2/3) of truncation and as much of rounding"
    ),
    "tail": Tolerance(
        4, 1, 1, "exp(-x) has the relative error of x, |x| half units, whatever computes it"
    ),
}


def close(
    actual: Any, expected: Any, tolerance: str, arguments: tuple[np.ndarray, ...] = ()
) -> None:
    """Assert that two results, or tuples of them, agree; NaN agrees with nothing."""
    mine, theirs = jax.tree.leaves(actual), jax.tree.leaves(expected)
    assert len(mine) == len(theirs), f"{len(mine)} arrays against {len(theirs)}"
    for a, b in zip(mine, theirs, strict=True):
        bound = TOLERANCES[tolerance].bound(a.dtype, arguments)
        np.testing.assert_allclose(a, b, rtol=0, atol=bound, equal_nan=False, err_msg=tolerance)
