"""An optimizer of your own: any optax transformation of the two tables.

    python examples/own_optimizer.py

This one gives each word a step size of its own, which falls with the squares of its gradients. Its
state is one number a word. With `update="rows"` a step reads and writes only the words of its
batch; jw2v tries the optimizer on small tables first and refuses it by name if that would be wrong.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

import jw2v


class Squares(NamedTuple):
    """What was summed up so far."""

    sums: jw2v.params.Params


def adagrad_of_rows(learning_rate: float) -> optax.GradientTransformation:
    """Adagrad with one step size for each word, not for each number."""

    def init(params):
        return Squares(jax.tree.map(lambda table: jnp.zeros((len(table), 1)), params))

    def update(gradient, state, params=None):
        squares = jax.tree.map(lambda g: (g**2).mean(axis=1, keepdims=True), gradient)
        sums = jax.tree.map(jnp.add, state.sums, squares)
        step = jax.tree.map(lambda g, s: -learning_rate * g / (jnp.sqrt(s) + 1e-8), gradient, sums)
        return step, Squares(sums)

    return optax.GradientTransformation(init, update)


BASKETS = [["bread", "butter"], ["bread", "jam"], ["tea", "milk"], ["tea", "sugar"]] * 100
CONFIG = jw2v.Config(dim=8, min_count=1, vectors="mean")


def learn(optimizer: optax.GradientTransformation) -> jw2v.WordVectors:
    """The words of the baskets; a step touches only its own words."""
    return jw2v.train(BASKETS, CONFIG, optimizer=optimizer, update="rows")


def main() -> None:
    vectors = learn(adagrad_of_rows(0.1))
    for word in ("bread", "tea"):
        near = vectors.most_similar(word, topn=2)
        print(f"{word}: " + ", ".join(f"{other} {cosine:.2f}" for other, cosine in near))
    try:
        learn(optax.lamb(0.1))
    except ValueError as refused:
        print(f"and not by any optimizer: {refused}")


if __name__ == "__main__":
    main()
