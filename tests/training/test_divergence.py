"""The guard: training stops at the first number that is not finite, and keeps what was good."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jw2v
from jw2v import Config, steps
from jw2v.params import Params
from jw2v.reading import corpus
from jw2v.reading.corpus import Corpus
from jw2v.reading.vocabulary import Vocabulary
from jw2v.training import checkpoints, meter, planning
from jw2v.training.meter import DivergedError, Meter
from topics import two_topics

# A word that no loss sees is said to be in no pair.
pytestmark = pytest.mark.filterwarnings("ignore:there is little to learn. 1 of")
CONFIG = Config(dim=8, window=2, min_count=1, subsample=0, epochs=2, batch_words=32)
FAR = 1e30
"""A step that makes every later logit overflow, though no number of its own."""


def with_a_word_unseen() -> Corpus:
    """A text whose last word is in the vocabulary, but nowhere in the text."""
    read = corpus.read(two_topics(1000), min_count=1)
    known = read.vocabulary
    vocabulary = Vocabulary((*known.words, "unseen"), np.append(known.counts, 1))
    return Corpus(vocabulary, read.ids, read.tokens_read)


TEXT = with_a_word_unseen()
PLAN = planning.plan(CONFIG, TEXT.vocabulary.counts, layout="windows", fast=False)
CHUNK = PLAN.shape.steps
CHUNKS = PLAN.steps // CHUNK


def spoiled(
    optimizer: optax.GradientTransformation, at: int, change: Callable[[Params], Params]
) -> optax.GradientTransformation:
    """An optimizer whose updates go wrong at one step."""

    def update(updates, state, params=None):
        inner, step = state
        updates, inner = optimizer.update(updates, inner, params)
        wrong = change(updates)
        updates = jax.tree.map(lambda a, b: jnp.where(step == at, a, b), wrong, updates)
        return updates, (inner, step + 1)

    return optax.GradientTransformation(
        lambda params: (optimizer.init(params), jnp.zeros([], jnp.int32)), update
    )


def spoil(table: str, value: float) -> Callable[[Params], Params]:
    """The last row of a table, which no loss ever sees in V."""

    def change(updates: Params) -> Params:
        return updates._replace(**{table: getattr(updates, table).at[-1].set(value)})

    return change


def everywhere(updates: Params) -> Params:
    return jax.tree.map(lambda table: jnp.full_like(table, FAR), updates)


def train(folder: Path | None, optimizer: optax.GradientTransformation, **more) -> jw2v.WordVectors:
    every = None if folder is None else 0
    return jw2v.train(
        TEXT, CONFIG, optimizer=optimizer, checkpoint_dir=folder, checkpoint_every=every, **more
    )


GOOD = optax.sgd(0.1)
LAST = PLAN.steps - 1
WRONG = {
    "NaN, in a row that no loss sees": (CHUNK + 3, spoil("V", np.nan)),
    "infinite, in a row that no loss sees": (CHUNK + 3, spoil("V", np.inf)),
    "NaN, at the last step of a chunk": (2 * CHUNK - 1, spoil("U", np.nan)),
    "too large to multiply, at the last step of a chunk": (2 * CHUNK - 1, everywhere),
    "NaN, at the last step": (LAST, spoil("V", np.nan)),
    "NaN, at the last step, in the table that is not kept": (LAST, spoil("U", np.nan)),
}


@pytest.mark.parametrize(("at", "change"), WRONG.values(), ids=WRONG)
def test_no_vectors_come_of_it(at: int, change: Callable) -> None:
    with pytest.raises(DivergedError, match=r"diverged: .*Lower learning_rate"):
        train(None, spoiled(GOOD, at, change))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[pytest.mark.long] * (kind != "NaN, at the last step"))
        for kind in WRONG
        if "row" not in kind and "table" not in kind
    ],
)
def test_checkpoints_are_from_before(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    at, change = WRONG[kind]
    with pytest.raises(DivergedError, match="Checkpoints, if there are any, are from before"):
        train(tmp_path, spoiled(GOOD, at, change))
    kept = sorted(int(path.name) for path in tmp_path.iterdir() if path.name.isdigit())
    newest = at // CHUNK  # chunks that ended before it
    assert kept == [n for n in (newest - 1, newest) if n > 0]

    def harmless(updates: Params) -> Params:
        return updates

    resumed = train(tmp_path, spoiled(GOOD, at, harmless), resume=True)
    assert (resumed.vectors == train(None, spoiled(GOOD, at, harmless)).vectors).all()


def test_what_no_loss_saw_is_caught_by_the_tables_alone() -> None:
    seen = []
    with pytest.raises(DivergedError, match="vectors are infinite, NaN or too large"):
        train(None, spoiled(GOOD, CHUNK + 3, spoil("V", np.nan)), progress=seen.append)
    assert len(seen) == CHUNKS
    assert np.isfinite([progress.loss for progress in seen]).all()


def test_the_error_names_the_first_step() -> None:
    at = CHUNK + 3
    wrong = jax.tree.map(lambda table: table * np.nan, Params(0.0, 0.0))
    with pytest.raises(DivergedError, match=rf"loss is nan in epoch 1, step {at + 2}\. "):
        train(None, spoiled(GOOD, at, lambda updates: jax.tree.map(jnp.add, updates, wrong)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_loss_among_many(bad: float) -> None:
    watching = Meter(epochs=2, words=100, chunks=2, report=None)
    losses, pairs = np.ones(5, np.float32), np.ones(5, np.float32)
    watching.add(0, steps.Totals(jnp.asarray(losses), jnp.asarray(pairs)))
    losses[2:] = bad, 1, -bad
    watching.add(0, steps.Totals(jnp.asarray(losses), jnp.asarray(pairs)))
    with pytest.raises(DivergedError, match=re.escape(f"loss is {bad} in epoch 1, step 8.")):
        watching.settle()
    assert watching.losses == [[5.0, 5.0]]


@pytest.mark.parametrize("table", ["V", "U"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e38])
def test_tables_whose_products_are_finite(table: str, bad: float) -> None:
    good = Params(jnp.full((5, 3), 1e15), jnp.full((5, 3), -1e15))
    assert meter.products_are_finite(good)
    assert meter.products_are_finite(Params(good.V, jnp.zeros_like(good.U)))
    spoiled = good._replace(**{table: getattr(good, table).at[3, 1].set(bad)})
    assert not meter.products_are_finite(spoiled)


def test_a_new_run_can_start_from_before_the_divergence(tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    with pytest.raises(DivergedError, match=r"can start from them \(--start FOLDER\)"):
        train(tmp_path, spoiled(GOOD, 2 * CHUNK - 1, everywhere))
    before = checkpoints.load(tmp_path)
    assert np.abs(before.vectors).max() < 10
    after = jw2v.train(TEXT, replace(CONFIG, learning_rate=1e-6), start=before)
    assert after.vectors == pytest.approx(before[after.words][:, : CONFIG.dim], abs=1e-3)


def test_the_command_says_so_and_writes_nothing(run: Callable, tmp_path: Path) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "vectors.safetensors"
    text.write_text("\n".join(map(" ".join, two_topics(200))), encoding="utf-8")
    settings = ("--learning-rate", "9", "--step-bound", "1e38", "--min-count", "1")
    settings += ("--subsample", "0")
    code, _, errors = run("train", text, "-o", out, *settings)
    assert code == 2
    assert "error: training diverged: " in errors
    assert "Lower --learning-rate" in errors
    assert "Traceback" not in errors
    assert not out.exists()
