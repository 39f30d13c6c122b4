"""Statement q1 on the code: what any orthogonal matrix is worse by than the one that is found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations import evaluate, statements
from jw2v.vectors.spaces import procrustes


def orthogonal(random: np.random.Generator, dim: int) -> np.ndarray:
    return np.linalg.qr(random.normal(size=(dim, dim)))[0]


@given(seed=st.integers(0, 2**32 - 1), words=st.integers(1, 6), dim=st.integers(1, 3))
@settings(max_examples=5, deadline=None)
def test_others_are_worse_by_what_is_proved(seed: int, words: int, dim: int) -> None:
    """Never nearer, and as near at the matrix itself, with fewer words than dims too."""
    random = np.random.default_rng(seed)
    A, B = random.normal(size=(2, words, dim))
    found, other = procrustes(A, B), orthogonal(random, dim)
    left, singular, right = np.linalg.svd(A.T @ B)
    least = np.linalg.norm(A @ found - B) ** 2
    closed = statements()["q1"].closed["least"]
    for turn in (other, found, -found):
        values = {"turn": turn, "left": left, "right": right.T, "singular": singular}
        worse = float(evaluate(closed, values))
        assert worse >= 0
        assert np.linalg.norm(A @ turn - B) ** 2 - least == pytest.approx(worse, abs=1e-9)
        assert worse == pytest.approx(0, abs=1e-9) or turn is not found


def test_no_matrix_by_mistake_is_as_near() -> None:
    A, B = np.random.default_rng(1).normal(size=(2, 9, 3))
    left, singular, right = np.linalg.svd(A.T @ B)
    np.testing.assert_allclose(procrustes(A, B), left @ right, atol=1e-12)
    least = np.linalg.norm(A @ procrustes(A, B) - B)
    for wrong in ((left @ right).T, left @ right.T, procrustes(B, A)):
        assert np.linalg.norm(A @ wrong - B) > least + 0.1
    scaled = left @ np.diag(singular) @ right
    assert np.abs(scaled.T @ scaled - np.eye(3)).max() > 0.1
