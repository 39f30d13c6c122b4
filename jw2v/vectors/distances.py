"""How far two sentences are apart: the least way on which the words of one become the other's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jw2v.vectors.given import Vector

__all__ = ["moved", "transport"]

Floats: TypeAlias = npt.NDArray[np.float64]

_TOLERANCE = 1e-10
"""The least that HiGHS accepts; below it takes its own 1e-7."""


def moved(first: Sequence[int], second: Sequence[int], vectors: Vector) -> float:
    """The Word Mover's Distance between two lists of rows, not empty: see :func:`transport`.

    Definition: :func:`transport` between the rows of the one and of the other, each repeat of a row
    weighing 1/n of n, at the Euclidean distances between their vectors. What both have in a row
    stays there, for no way round is shorter. It is found to 1e-9 of the longest way.

    Args:
        first: numbers of rows.
        second: likewise.
        vectors: [vocab, dim].

    Source: Kusner et al., From Word Embeddings To Document Distances (2015).

    >>> moved([0, 1], [0, 2], np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]))
    2.0
    """
    n, m = len(first), len(second)
    more = Counter({row: count * m for row, count in Counter(first).items()})
    more.subtract({row: count * n for row, count in Counter(second).items()})
    given = {row: count for row, count in more.items() if count > 0}
    taken = {row: -count for row, count in more.items() if count < 0}
    if not given:
        return 0.0
    here, there = (np.array(vectors[list(rows)], np.float64) for rows in (given, taken))
    largest = max(np.abs(here).max(), np.abs(there).max()) or 1.0  # huge ones would overflow
    here, there = here / largest, there / largest
    ways = np.stack([np.linalg.norm(there - vector, axis=1) for vector in here])
    goods, needs = (np.array(list(rows.values())) / (n * m) for rows in (given, taken))
    return float(largest * transport(goods, needs, ways))


def transport(goods: Floats, needs: Floats, costs: Floats) -> float:
    """What it costs at least to bring all goods to where they are needed.

    Definition: min Σ T_ij c_ij over T ≥ 0 with row sums ``goods`` and column sums ``needs``. It is
    found as a linear program, by SciPy's HiGHS, to 1e-9 of the highest cost of goods that
    add up to 1.

    Args:
        goods: [n], above 0.
        needs: [m], above 0, of the same sum.
        costs: [n, m], 0 or more.

    Raises:
        ArithmeticError: no answer was found.

    >>> transport(np.array([0.5, 0.5]), np.array([0.25, 0.75]), np.array([[1.0, 4.0], [2.0, 3.0]]))
    2.75
    """
    from scipy import sparse
    from scipy.optimize import linprog

    n, m = costs.shape
    highest = costs.max() or 1.0
    by_row = sparse.kron(sparse.eye_array(n), np.ones((1, m)))
    by_column = sparse.kron(np.ones((1, n)), sparse.eye_array(m))
    found: Any = linprog(
        costs.ravel() / highest,
        A_eq=sparse.vstack([by_row, by_column], format="csc"),
        b_eq=np.concatenate([goods, needs]),
        method="highs-ds",
        options={f"{kind}_feasibility_tolerance": _TOLERANCE for kind in ("dual", "primal")},
    )
    if not found.success:
        raise ArithmeticError(f"no least cost was found ({found.message})")
    return float(found.fun * highest)
