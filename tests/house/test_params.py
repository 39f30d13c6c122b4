"""What is kept of the two tables."""

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jw2v
from jw2v.params import Params, init, key_of, of_words

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
    with pytest.raises(ValueError, match=r"one row for each word; got \[3, 2\] and \[2, 2\]"):
        of_words(Params(jnp.asarray(V), jnp.asarray(U[:2])), "both")


@pytest.mark.parametrize("wide", [False, True])
def test_all_bits_of_a_seed_count(wide: bool) -> None:
    with jax.enable_x64(wide):
        for seed in (0, 7, 2**31, 2**32 - 1):
            assert key_of(seed) == jax.random.key(seed)
        keys = [jax.random.key_data(key_of(seed)).tolist() for seed in (2**32 + 3, 2**63 - 1)]
    assert keys == [[1, 3], [2**31 - 1, 2**32 - 1]]


def test_seeds_beyond_32_bits_start_from_tables_of_their_own() -> None:
    given: list[object] = []

    def init(key: jax.Array, shapes: object) -> object:
        given.append(jax.random.key_data(key).tolist())
        raise RuntimeError

    for seed in (5, 2**32 + 5):
        with pytest.raises(RuntimeError):
            jw2v.train([["a", "b"]] * 9, jw2v.Config(seed=seed, min_count=1), init=init)  # type: ignore[arg-type]
    assert given[0] != given[1]


def test_no_key_is_made_of_a_seed_elsewhere() -> None:
    """There the bits beyond 32 would be dropped."""
    files = Path(jw2v.__file__).parent.rglob("*.py")
    made = {
        file.stem
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"random\.(key|PRNGKey)\(", line)
        and not line.lstrip().startswith((">>>", "..."))
    }
    assert made == {"params"}


@pytest.mark.usefixtures("unchecked")
def test_seeds_of_the_other_half_of_64_bits_and_beyond() -> None:
    keys = [jax.random.key_data(key_of(seed)).tolist() for seed in (2**63, 2**64 - 1, -1)]
    assert keys == [[2**31, 0], [2**32 - 1] * 2, [2**32 - 1] * 2]
    for seed in (2**64, -(2**63) - 1):
        with pytest.raises(ValueError, match="64 bits at the most"):
            key_of(seed)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("shape", [(3, 0), (3, -1), (-1, 3), (3.0, 2), (True, 2)])
def test_tables_that_cannot_be(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must be a whole number of"):
        init(key_of(0), *shape)
