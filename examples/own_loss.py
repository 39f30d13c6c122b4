"""A loss of your own: ten lines, proved, held to every law, and trained by.

    python examples/own_loss.py
    PYTHONPATH=.:examples python -m derivations --prove own_loss:gradient \
        --against grad:own_loss:loss --inputs "v_c: d; o: < V; negatives: K < V; U: V d"

The second command proves for every size that `gradient` is the gradient of `loss`.
tests/examples/test_examples.py gives both to the laws that hold for jw2v's own losses.
"""

import jax.numpy as jnp
import optax

import jw2v


def loss(v_c, o, negatives, U):
    """The squared error of scores that should be 1 for the seen word and 0 for the drawn ones."""
    return (1 - U[o] @ v_c) ** 2 + ((U[negatives] @ v_c) ** 2).sum()


def gradient(v_c, o, negatives, U):
    """Its gradient, by v_c and by U; a word that was drawn twice counts twice."""
    pull, push = -2 * (1 - U[o] @ v_c), 2 * (U[negatives] @ v_c)
    dU = jnp.zeros_like(U).at[o].add(pull * v_c).at[negatives].add(push[:, None] * v_c)
    return pull * U[o] + push @ U[negatives], dU


BASKETS = [["bread", "butter"], ["bread", "jam"], ["tea", "milk"], ["tea", "sugar"]] * 100
CONFIG = jw2v.Config(dim=8, min_count=1, vectors="mean")


def learn() -> jw2v.WordVectors:
    """The words of the baskets, by this loss and Adam."""
    return jw2v.train(BASKETS, CONFIG, pair_loss=loss, optimizer=optax.adam(1e-2))


def main() -> None:
    vectors = learn()
    for word in ("bread", "tea"):
        near = vectors.most_similar(word, topn=2)
        print(f"{word}: " + ", ".join(f"{other} {cosine:.2f}" for other, cosine in near))


if __name__ == "__main__":
    main()
