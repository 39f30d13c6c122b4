"""What the tests of training share."""

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(scope="module", autouse=True)
def _programs_of_one_file() -> Iterator[None]:
    """JAX keeps what it compiled for each run of training, and no other file trains the same."""
    yield
    jax.clear_caches()
