"""Your own training loop, out of the public parts.

    python examples/own_loop.py

Text to ids, windows, an objective, a step, a scan over steps: what `jw2v.train` does, without its
checks, checkpoints and progress. Change any of the lines.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jw2v import WordVectors, losses, objectives, params, sampling, steps
from jw2v.reading import corpus

SENTENCES = [
    ["the", "cat", "chased", "the", "mouse"],
    ["the", "dog", "chased", "the", "cat"],
    ["we", "drink", "hot", "tea"],
    ["we", "drink", "hot", "coffee"],
] * 50
WINDOW, DIM, NEGATIVES, STEPS, BATCH = 2, 8, 5, 400, 32


def windows(sentences: list[list[int]]) -> objectives.Windows:
    """Every word with the words around it, as three arrays."""
    centers, outside, where = [], [], []
    for sentence in sentences:
        for t, word in enumerate(sentence):
            places = [t + j for j in range(-WINDOW, WINDOW + 1) if j]
            inside = [0 <= place < len(sentence) for place in places]
            centers.append(word)
            outside.append([sentence[p] if i else 0 for p, i in zip(places, inside, strict=True)])
            where.append(inside)
    return objectives.Windows(*map(jnp.array, (centers, outside, where)))


def learn(seed: int = 0) -> tuple[WordVectors, np.ndarray]:
    """The vectors, and the mean loss of a pair in each step."""
    text = corpus.read(SENTENCES, min_count=1)
    words, counts = text.vocabulary.words, text.vocabulary.counts
    row = {word: i for i, word in enumerate(words)}
    every = windows([[row[word] for word in sentence] for sentence in SENTENCES])

    objective = partial(
        objectives.any_loss_of_windows,
        pair_loss=losses.negative_sampling,
        noise=sampling.noise(counts, 0.75),
        negatives=NEGATIVES,
    )
    optimizer = optax.adam(1e-2)
    step = steps.dense_step(objectives.weighted(objective, 1 / BATCH), optimizer)

    start, draws = jax.random.split(jax.random.key(seed))
    state = steps.start(params.init(start, len(words), DIM), optimizer, draws)
    chosen = np.random.default_rng(seed).integers(len(every.center), size=(STEPS, BATCH))
    batches = jax.tree.map(lambda column: column[chosen], every)
    state, totals = steps.scan_steps(step)(state, batches)

    mean = (state.params.V + state.params.U) / 2
    return WordVectors(words, np.asarray(mean), counts=counts), np.asarray(
        totals.loss / totals.pairs
    )


def main() -> None:
    vectors, loss = learn()
    for step in (0, 100, STEPS - 1):
        print(f"step {step}: {loss[step]:.2f} nats a pair")
    for word in ("tea", "cat"):
        print(f"{word}: {', '.join(other for other, _ in vectors.most_similar(word, topn=3))}")


if __name__ == "__main__":
    main()
