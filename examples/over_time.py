"""Two corpora over time: which words changed their company?

    python examples/over_time.py

Both texts are made here, so that the truth is known. Sentences are of one of three subjects. In the
later text "mouse" and "bug" have gone from the animals to the computers. All other words stayed.
"""

import numpy as np

import jw2v
from jw2v.vectors import spaces

WORDS = {
    "animals": "cat dog horse cow sheep goat pig hen duck fox wolf bear",
    "computers": "screen disk file printer keyboard cable program code chip memory icon log",
    "meals": "bread butter cheese soup salad tea coffee milk sugar apple plum pear",
}
SUBJECTS = {subject: words.split() for subject, words in WORDS.items()}
MOVED = ("mouse", "bug")
CONFIG = jw2v.Config(dim=12, window=4, epochs=10, min_count=1, subsample=0, vectors="mean")


def text(moved_to: str, seed: int, sentences: int = 1500) -> list[list[str]]:
    """Sentences of six words of one subject; the words that move are of one of them."""
    rng = np.random.default_rng(seed)
    words = {name: [*own, *MOVED] if name == moved_to else own for name, own in SUBJECTS.items()}
    subjects = rng.choice([*words], sentences)
    return [rng.choice(words[subject], 6, replace=False).tolist() for subject in subjects]


def compare() -> spaces.Comparison:
    """The nearest eight words of each word, in the earlier text and in the later one."""
    before = jw2v.train(text("animals", seed=1), CONFIG)
    after = jw2v.train(text("computers", seed=2), CONFIG)
    return spaces.compared(before, after, 8)


def main() -> None:
    print("neighbours in both, and the cosine of the two vectors after alignment:")
    for word, shared, cosine, before, after in compare().changed(4):
        print(f"{word}: {shared:.0%}, {cosine:.2f}")
        print(f"    before: {', '.join(before[:4])}")
        print(f"    after:  {', '.join(after[:4])}")


if __name__ == "__main__":
    main()
