"""The Stanford Sentiment Treebank picture: word2vec's plain form, repeated with exact settings.

Ten dimensions, windows of random radius around random positions, the mean loss of 50 of them a
step, plain gradient descent: settings of a course assignment rather than of a practitioner, kept so
that the picture can be compared with the written answers (statement ``plot``).
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import optax

from jw2v import steps
from jw2v.catalogue import OUTPUTS, SKIP_GRAM, Settled, output
from jw2v.choices import TREEBANK_STEPS, Loss
from jw2v.feeding import batches
from jw2v.feeding.layouts import Windows
from jw2v.objectives import weighted
from jw2v.objectives.noise import noise as noise_of
from jw2v.params import init, key_of
from jw2v.pictures.projection import pca
from jw2v.reading.vocabulary import Vocabulary
from jw2v.training.interrupts import interruptible
from jw2v.vectors.words import WordVectors

__all__ = [
    "PLOTTED",
    "READINGS",
    "Judgement",
    "Reading",
    "Result",
    "judged",
    "read_sentences",
    "reproduce",
]

FILE = "datasetSentences.txt"
DIM = 10
WINDOW = 5
NEGATIVES = 10
BATCH = 50
LEARNING_RATE = 0.3
ANNEAL_EVERY = 20_000
SUBSAMPLE = 1e-5
SMOOTHING = 0.95
"""share of the old running loss in the new one, at every step"""
_CHUNK = 500

PLOTTED = (
    *("great", "cool", "brilliant", "wonderful", "well", "amazing", "worth", "sweet", "enjoyable"),
    *("boring", "bad", "dumb", "annoying"),
    *("female", "male", "queen", "king", "man", "woman"),
    *("rain", "snow", "hail", "coffee", "tea"),
)
"""The words of the picture."""


class Reading(NamedTuple):
    """Something that the written answers read from the picture."""

    words: tuple[str, ...]
    close: bool
    """what is said: each word is near another of them, or the others do not have the first near"""

    def __str__(self) -> str:
        if self.close:
            return f"{', '.join(self.words)} are close"
        return f"{self.words[0]} is far from {', '.join(self.words[1:])}"


READINGS = (
    Reading(("woman", "female", "man"), close=True),
    Reading(("amazing", "wonderful", "great"), close=True),
    Reading(("tea", "coffee", "sweet"), close=True),
    Reading(("rain", "snow"), close=True),
    Reading(("male", "female", "man"), close=False),
    Reading(("hail", "rain", "snow"), close=False),
)
NEAREST = 5
"""How many of the other plotted words a word has near."""


class StepsDone(NamedTuple):
    """Where the run stands, for a callback."""

    step: int
    steps: int
    running_loss: float
    """nats a window, exponentially averaged over the last twenty steps or so"""


class Result(NamedTuple):
    """What the run made."""

    vectors: WordVectors
    """center and outside vectors side by side, [vocab, 20]"""
    running_loss: float


def read_sentences(folder: str | os.PathLike[str]) -> list[list[str]]:
    """The lower-cased tokens of ``datasetSentences.txt``.

    Raises:
        ValueError: the file is not there or does not look like the treebank's.
    """
    path = Path(folder) / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(
            f"{path} is missing: expected the folder of the Stanford Sentiment Treebank,"
            " which holds datasetSentences.txt."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as UTF-8 text: {error}.") from error
    if "\0" in text:
        raise ValueError(f"{path} has a NUL byte: expected UTF-8 text.")
    lines = text.split("\n")  # not at U+0085 and the like, which may be in a sentence
    if lines[0].split() != ["sentence_index", "sentence"]:
        raise ValueError(
            f"{path} does not begin with 'sentence_index<TAB>sentence', as the treebank's does."
        )
    return [line.lower().split()[1:] for line in lines[1:] if line.strip()]


def reproduce(
    sentences: list[list[str]],
    *,
    loss: Loss = "negative-sampling",
    n_steps: int = TREEBANK_STEPS,
    seed: int = 0,
    progress: Callable[[StepsDone], object] | None = None,
) -> Result:
    """Train on the treebank with the settings of the written answers.

    Source: the settings of statement ``plot``. The learning rate halves every 20,000 steps; a word
    stays with probability min(1, sqrt(1e-5 N / count)); negatives come from counts^0.75 and never
    equal the outside word.
    """
    if "both" not in output(loss).vectors:
        able = [name for name, record in OUTPUTS.items() if "both" in record.vectors]
        raise ValueError(
            f"the picture shows both vectors of a word, and {loss} learns one only: choose"
            f" {' or '.join(able)}."
        )
    counts = Counter(word for sentence in sentences for word in sentence)
    counts["UNK"] += 1
    vocabulary = Vocabulary.from_counts(list(counts), list(counts.values()))
    noise = noise_of(vocabulary.counts, 0.75)
    settled = Settled(
        noise=noise,
        negatives=NEGATIVES,
        shared=0,
        window=WINDOW,
        shrink=True,
        reach=WINDOW,
        arrays={},
    )
    objective = SKIP_GRAM.over(output(loss).predict(settled))
    optimizer = optax.sgd(optax.exponential_decay(LEARNING_RATE, ANNEAL_EVERY, 0.5, staircase=True))
    run = steps.scan_steps(steps.row_step(weighted(objective, 1 / BATCH), optimizer))

    key_init, key_steps = jax.random.split(key_of(seed))
    state = steps.start(init(key_init, len(vocabulary), DIM), optimizer, key_steps)
    running: float | None = None
    done = 0
    with (
        interruptible(keeps=False) as interrupted,
        closing(batches.prefetch(_chunks(sentences, vocabulary, n_steps, seed))) as chunks,
    ):
        for chunk in chunks:
            state, totals = run(state, chunk)
            for step_loss in np.asarray(totals.loss, np.float64) / BATCH:
                running = (
                    SMOOTHING * running + (1 - SMOOTHING) * step_loss
                    if running is not None
                    else step_loss
                )
            if interrupted():
                raise KeyboardInterrupt
            done += len(chunk.center)
            if progress is not None and running is not None:
                progress(StepsDone(done, n_steps, float(running)))
    table = np.concatenate([state.params.V, state.params.U], axis=1)
    settings = {"loss": loss, "dim": DIM, "vectors": "both", "seed": seed}
    vectors = WordVectors(vocabulary.words, table, {"config": json.dumps(settings)})
    return Result(vectors, float(running or np.nan))


class Judgement(NamedTuple):
    """A reading held against trained vectors."""

    reading: Reading
    holds: bool
    nearest: dict[str, tuple[str, ...]]
    """the words of the reading, each with its nearest of the plotted words"""


def judged(vectors: WordVectors) -> list[Judgement]:
    """Which of the readings of the picture hold: by distance in the picture, as the eye judges."""
    coordinates, _ = pca(np.stack([vectors[word] for word in PLOTTED]))

    def nearest_to(word: str) -> tuple[str, ...]:
        away = np.linalg.norm(coordinates - coordinates[PLOTTED.index(word)], axis=1)
        return tuple(PLOTTED[i] for i in np.argsort(away) if PLOTTED[i] != word)[:NEAREST]

    found = []
    for reading in READINGS:
        nearest = {word: nearest_to(word) for word in reading.words}
        if reading.close:
            holds = all(
                any(other in nearest[word] or word in nearest[other] for other in reading.words)
                for word in reading.words
            )
        else:
            far, *expected = reading.words
            holds = all(far not in nearest[word] for word in expected)
        found.append(Judgement(reading, holds, nearest))
    return found


def _chunks(
    sentences: list[list[str]], vocabulary: Vocabulary, n_steps: int, seed: int
) -> Iterator[Windows]:
    """The windows of all steps, with a fresh subsampling of the text for each chunk."""
    rng = np.random.default_rng(seed)
    ids = np.array([vocabulary[word] for sentence in sentences for word in sentence], np.int32)
    numbers = np.arange(len(sentences), dtype=np.int32)
    sentence = np.repeat(numbers, [len(words) for words in sentences])
    keep = np.minimum(1, np.sqrt(SUBSAMPLE * vocabulary.total / vocabulary.counts))
    for first in range(0, n_steps, _CHUNK):
        kept = rng.random(len(ids)) < keep[ids]
        shape = batches.Shape(steps=min(_CHUNK, n_steps - first), batch=BATCH, length=1)
        yield batches.random_windows(batches.Text(ids[kept], sentence[kept]), shape, WINDOW, rng)
