"""What is kept of the two tables."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jw2v.params import Params, of_words

V, U = np.arange(6.0, dtype=np.float32).reshape(3, 2), np.full((3, 2), 10, np.float32)
KEPT = {"center": V, "outside": U, "mean": (V + U) / 2, "both": np.hstack([V, U])}


@pytest.mark.parametrize("which", KEPT)
def test_what_is_kept(which: str) -> None:
    params = Params(jnp.asarray(V), jnp.asarray(U))
    for of in (of_words, jax.jit(of_words, static_argnums=1)):
        found = of(params, which)
        assert found.dtype == V.dtype
        np.testing.assert_array_equal(found, KEPT[which])


def test_the_mean_of_huge_vectors() -> None:
    huge = jnp.full((1, 1), 3e38)
    assert np.isfinite(of_words(Params(huge, huge), "mean")).all()


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="one of center, outside, both, mean, got 'sum'"):
        of_words(Params(jnp.asarray(V), jnp.asarray(U)), "sum")
