"""A program of a user, for ``mypy --strict``: no public name is ``Any``."""

import os
from collections.abc import Sequence
from typing import Any, assert_type

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

import jw2v
from jw2v import Config, Progress, WordVectors, activations, gradients, losses

seen: list[Progress] = []
config = Config(dim=4, min_count=1)
vectors = jw2v.train([["cats", "purr"]], config, progress=seen.append)

assert_type(jw2v.__version__, str)
assert_type(config, Config)
assert_type(config.dim, int)
assert_type(seen[0].loss, float | None)
assert_type(vectors, WordVectors)
assert_type(vectors["cats"], NDArray[np.floating[Any]])
assert_type(vectors.most_similar("cats"), list[tuple[str, float]])
assert_type(vectors.analogy("a", "b", "c"), list[tuple[str, float]])
assert_type(vectors.similarity("a", "b"), float)
assert_type(vectors.doesnt_match(["a", "b", "c"]), str)
assert_type(vectors.words, tuple[str, ...])
assert_type(WordVectors.load("vectors.bin"), WordVectors)

v_c, U = jnp.ones(3), jnp.ones((5, 3))
negatives = jnp.array([0, 1, 1])
assert_type(losses.naive_softmax(v_c, 2, U), Array)
assert_type(losses.negative_sampling(v_c, 2, negatives, U), Array)
assert_type(gradients.negative_sampling(v_c, 2, negatives, U), gradients.PairGradient)
assert_type(gradients.negative_sampling(v_c, 2, negatives, U).U, Array)
assert_type(gradients.add_rows(U, negatives, U[negatives]), Array)
assert_type(gradients.leaky_relu(v_c, 0.1), Array)
assert_type(activations.leaky_relu(v_c, 0.1), Array)


def paths(names: Sequence[str | os.PathLike[str]]) -> WordVectors:
    return jw2v.train(names[0])


config.dim = 5  # type: ignore[misc]  # settings are frozen
jw2v.train("text.txt", update="columns")  # type: ignore[arg-type]  # and wrong ones are seen
