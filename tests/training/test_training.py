"""The trainer: learns, repeats itself exactly, takes any loss and optimizer, says what is wrong."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jw2v
from jw2v import Config, losses, sampling, training
from jw2v.choices import Loss, Model
from jw2v.feeding.layouts import Layout
from jw2v.reading import corpus
from jw2v.training import planning
from topics import CONFIG, contrast, two_topics

CBOW = replace(CONFIG, model="cbow")
TREE = replace(CONFIG, loss="hierarchical-softmax")


@pytest.mark.parametrize(
    ("config", "arguments"),
    [
        (CONFIG, {}),
        (replace(CONFIG, shrink_window=False), {}),
        (replace(CONFIG, loss="naive-softmax"), {}),
        (replace(CONFIG, dtype="float64"), {}),
        (CONFIG, {"optimizer": optax.adam(0.02)}),
        (CONFIG, {"optimizer": optax.adam(0.02), "update": "rows"}),
        (CONFIG, {"optimizer": optax.adagrad(0.05), "update": "rows"}),
        (CONFIG, {"schedule": optax.constant_schedule(0.02)}),
        (replace(CONFIG, loss="naive-softmax"), {"optimizer": optax.adagrad(0.1)}),
        (
            replace(CONFIG, loss="naive-softmax"),
            {"optimizer": optax.adagrad(0.1), "update": "rows"},
        ),
        (CONFIG, {"pair_loss": losses.negative_sampling, "optimizer": optax.adam(0.02)}),
        (
            replace(CONFIG, negatives=0),
            {"pair_loss": losses.naive_softmax, "optimizer": optax.adam(0.02)},
        ),
        (CBOW, {}),
        (replace(CBOW, model="cbow-sum", loss="naive-softmax"), {}),
        (CBOW, {"pair_loss": losses.negative_sampling, "optimizer": optax.adam(0.02)}),
        (TREE, {}),
        (replace(TREE, model="cbow"), {"optimizer": optax.adagrad(0.1), "update": "rows"}),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                (replace(CBOW, model="cbow-sum"), {}),
                (replace(CBOW, loss="naive-softmax"), {}),
                (replace(CBOW, shrink_window=False), {}),
                (CBOW, {"optimizer": optax.adam(0.02)}),
                (CBOW, {"optimizer": optax.adagrad(0.05), "update": "rows"}),
                (
                    replace(CBOW, model="cbow-sum", negatives=0),
                    {"pair_loss": losses.naive_softmax, "optimizer": optax.adam(0.02)},
                ),
                (replace(TREE, model="cbow"), {}),
                (replace(TREE, model="cbow-sum"), {}),
                (TREE, {"optimizer": optax.adam(0.02)}),
            )
        ),
    ],
    ids=lambda value: None,
)
def test_every_way_of_training_finds_the_topics(config: Config, arguments: dict) -> None:
    seen = []
    vectors = jw2v.train(two_topics(), config, progress=seen.append, **arguments)
    assert vectors.vectors.dtype == config.dtype
    assert vectors.vectors.shape == (8, 8)
    assert contrast(vectors) > 0.5
    assert seen[-1].loss < 0.9 * seen[0].loss
    assert seen[-1].fraction == 1
    assert [p.fraction for p in seen] == sorted(p.fraction for p in seen)


def test_a_loss_of_ones_own() -> None:
    def squared(v_c: jax.Array, o: jax.Array, negatives: jax.Array, U: jax.Array) -> jax.Array:
        return (1 - U[o] @ v_c) ** 2 + ((U[negatives] @ v_c) ** 2).sum()

    vectors = jw2v.train(two_topics(), CONFIG, pair_loss=squared, optimizer=optax.adam(0.02))
    assert contrast(vectors) > 0.5


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        *(("skip-gram", loss) for loss in get_args(Loss)),
        ("cbow", "negative-sampling"),
        *(
            pytest.param(model, loss, marks=pytest.mark.long)
            for model in ("cbow", "cbow-sum")
            for loss in get_args(Loss)
            if (model, loss) != ("cbow", "negative-sampling")
        ),
    ],
)
def test_the_same_seed_gives_the_same_bits(model: Model, loss: Loss, tmp_path: Path) -> None:
    text, config = two_topics(), replace(CONFIG, loss=loss, model=model, subsample=0.1)
    once = jw2v.train(text, config)
    file = tmp_path / "text.txt"
    file.write_text("\n".join(map(" ".join, text)), encoding="utf-8")
    for again in (jw2v.train(text, config), jw2v.train(file, config)):
        assert again.words == once.words
        assert again.vectors.tobytes() == once.vectors.tobytes()
    other = jw2v.train(text, replace(config, seed=1))
    assert other.vectors.tobytes() != once.vectors.tobytes()


def test_a_bar_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    jw2v.train(two_topics(20), CONFIG, progress=True)
    out, err = capsys.readouterr()
    assert (out, "words/s" in err) == ("", True)


def test_vectors_remember_their_settings() -> None:
    vectors = jw2v.train(two_topics(20), CONFIG)
    settled = replace(CONFIG, learning_rate=0.05)
    assert Config(**json.loads(vectors.metadata["config"])) == settled


def test_a_corpus_that_was_read_before() -> None:
    read = corpus.read(two_topics(), min_count=1)
    assert jw2v.train(read, CONFIG).words == read.vocabulary.words


@pytest.mark.parametrize("n", [1, 7, 5_000, 1_000_000, 10**9])
@pytest.mark.parametrize("layout", get_args(Layout))
def test_the_plan_covers_the_text(n: int, layout: Layout) -> None:
    counts = np.array([n, max(1, n // 3), 1])
    config = Config(epochs=3, subsample=1e-2)
    planned = planning.plan(config, counts, layout=layout, fast=layout != "windows")
    kept = (counts * sampling.keep_probability(counts, config.subsample)).sum()
    a_epoch = planned.steps / config.epochs * planned.shape.examples
    assert a_epoch >= kept
    if n >= 1_000_000:
        assert a_epoch <= 1.1 * kept


@pytest.mark.parametrize(
    ("settings", "bound"),
    [
        ({}, 2.0),
        ({"window": 2, "negatives": 1}, 2.0),
        ({"negatives": 11}, 4.0),
        ({"window": 10, "negatives": 15}, 2 * 11 * 16 / 36),
        ({"shrink_window": False}, 2 * 10 * 6 / 36),
        ({"loss": "naive-softmax", "negatives": 50}, 2.0),
        ({"step_bound": 0.5, "negatives": 50}, 0.5),
    ],
)
def test_the_step_bound_grows_with_the_terms_of_a_center(settings: dict, bound: float) -> None:
    assert planning.step_bound(Config(**settings)) == pytest.approx(bound)


@pytest.mark.parametrize(
    ("text", "message"),
    [([], "no words"), ([["a"] * 9], "at least 2 different words"), ([["a", "b"]], "min_count")],
)
def test_useless_texts(text: list[list[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        jw2v.train(text, Config(min_count=2 if len(text) and len(text[0]) == 2 else 1))


def test_empty_places_of_a_small_text_count_in_the_mean_loss_of_a_window() -> None:
    text = [["a", "b"]] * 10  # 20 windows of one pair, in steps that have 128 places
    vectors = jw2v.train(
        text,
        Config(dim=1, min_count=1, subsample=0, negatives=0, epochs=1, vectors="outside"),
        pair_loss=lambda v_c, o, U: U[o, 0],
        optimizer=optax.sgd(1.0),
    )
    np.testing.assert_allclose(vectors.vectors, -10 / 128, rtol=1e-5)


def test_a_loss_of_ones_own_needs_an_optimizer() -> None:
    with pytest.raises(ValueError, match=r"optax\.adam"):
        jw2v.train(two_topics(), CONFIG, pair_loss=losses.naive_softmax)


def test_an_optimizer_has_its_own_schedule() -> None:
    with pytest.raises(ValueError, match="schedule"):
        jw2v.train(
            two_topics(),
            CONFIG,
            optimizer=optax.adam(0.1),
            schedule=optax.constant_schedule(0.1),
        )


def test_what_to_update(unchecked: None) -> None:
    with pytest.raises(ValueError, match="update must be one of tables, rows; got 'columns'"):
        jw2v.train(two_topics(), CONFIG, optimizer=optax.adam(0.1), update="columns")


@pytest.mark.parametrize("negatives", [0, 5])
def test_a_pair_loss_that_takes_other_arguments_is_refused(negatives: int) -> None:
    pair_loss = losses.naive_softmax if negatives else losses.negative_sampling
    config = replace(CONFIG, negatives=negatives)
    with pytest.raises(ValueError, match=rf"with negatives={negatives} a pair_loss is called with"):
        jw2v.train(two_topics(), config, pair_loss=pair_loss, optimizer=optax.adam(0.1))


def test_divergence_is_reported() -> None:
    with pytest.raises(training.DivergedError, match="learning_rate"):
        jw2v.train(two_topics(), CONFIG, optimizer=optax.sgd(1e30))


def test_large_steps_do_not_diverge() -> None:
    config = replace(CONFIG, learning_rate=9.0, batch_words=4096)
    assert np.isfinite(jw2v.train(two_topics(), config).vectors).all()


def test_tables_that_do_not_fit_are_refused() -> None:
    config = replace(CONFIG, dim=10**9)
    with pytest.raises(MemoryError, match=r"of 3,000 words and dim 1,000,000,000 take .* GiB"):
        jw2v.train([list(map(str, range(3000)))] * 2, config)


def test_nothing_is_left_in_double_precision() -> None:
    jw2v.train(two_topics(20), replace(CONFIG, dtype="float64", epochs=1))
    assert jnp.ones(1).dtype == jnp.float32


def test_which_vectors_to_keep() -> None:
    def kept(which: str) -> np.ndarray:
        return jw2v.train(two_topics(20), replace(CONFIG, epochs=1, vectors=which)).vectors

    center, outside = kept("center"), kept("outside")
    assert center.shape == outside.shape
    assert (center != outside).any()
    assert (kept("both") == np.concatenate([center, outside], axis=1)).all()
    np.testing.assert_allclose(kept("mean"), (center + outside) / 2, rtol=1e-6)


def test_what_a_tree_has_not_cannot_be_kept(unchecked: None) -> None:
    for vectors in ("outside", "both", "mean"):
        with pytest.raises(ValueError, match=f"vectors must be 'center' for .*; got '{vectors}'"):
            jw2v.train(two_topics(20), replace(TREE, vectors=vectors))


def test_the_tree_is_saved_with_the_model(tmp_path: Path) -> None:
    """What it says of a word can be asked of what was saved, and adds up to 1."""
    learnt = jw2v.train(two_topics(), replace(TREE, epochs=12))
    learnt.save(tmp_path / "tree.safetensors")
    found = jw2v.WordVectors.load(tmp_path / "tree.safetensors")
    assert {name: found.arrays[name].tobytes() for name in found.arrays} == {
        name: np.asarray(array).tobytes() for name, array in learnt.arrays.items()
    }
    tree = found.arrays["nodes"], found.arrays["signs"]
    of_all = jax.vmap(losses.hierarchical_softmax, (None, 0, None, None))
    nats = of_all(found["cat"], jnp.arange(8), tuple(map(jnp.asarray, tree)), found.arrays["theta"])
    p = dict(zip(found.words, np.exp(-np.asarray(nats)), strict=True))
    assert sum(p.values()) == pytest.approx(1, abs=1e-5)
    assert p["purr"] > 2 * p["tea"]
    with pytest.warns(UserWarning, match="words and vectors alone: .* keeps nodes, signs, theta"):
        learnt.save(tmp_path / "words.bin")
    assert jw2v.WordVectors.load(tmp_path / "words.bin").arrays == {}


SCRIPT = """
import hashlib, os, sys
import numpy as np
if sys.argv[1] == "1":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before jax counts the processors
from jw2v import Config, train
rng = np.random.default_rng(0)
text = [[str(i) for i in rng.zipf(1.3, 50) % 5000] for _ in range(800)]
vectors = train(text, Config(dim=100, min_count=1, epochs=1, batch_words=4096)).vectors
print(len(os.sched_getaffinity(0)), hashlib.sha256(vectors.tobytes()).hexdigest())
"""


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two processors, and a system that lets a process choose among them",
)
def test_the_number_of_threads_does_not_show() -> None:
    (one, first), (many, second) = run_script("1"), run_script("all")
    assert one == "1" != many
    assert first == second


def test_whether_compiled_code_or_the_ids_come_from_a_file_does_not_show(tmp_path: Path) -> None:
    """JAX can keep what it compiled for the next process; ids are mapped from a file."""
    cache = {"JAX_ENABLE_COMPILATION_CACHE": "true", "JAX_COMPILATION_CACHE_DIR": str(tmp_path)}
    cache |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    fresh = run_script("all")
    assert run_script("all", **cache) == fresh
    assert (written := sorted(tmp_path.iterdir()))
    assert run_script("all", **cache) == fresh
    assert sorted(tmp_path.iterdir()) == written

    mapped = corpus.read(two_topics(), min_count=1)
    held = replace(mapped, ids=np.array(mapped.ids))
    ours, theirs = (jw2v.train(text, CONFIG).vectors for text in (mapped, held))
    assert (ours == theirs).all()


def run_script(threads: str, **environment: str) -> list[str]:
    command = [sys.executable, "-c", SCRIPT, threads]
    environment = {**os.environ, "JAX_ENABLE_COMPILATION_CACHE": "false", **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.split()


def test_settings_that_a_text_was_read_with_are_those_that_are_saved(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("The Cats purr. Dogs bark.\n\n" * 40, encoding="utf-8")
    read = corpus.read(path, tokens="words", min_count=1)
    arguments = {"pair_loss": losses.negative_sampling, "optimizer": optax.adam(0.02)}
    vectors = jw2v.train(read, replace(CONFIG, min_count=5, epochs=1), **arguments)
    assert vectors.settings["tokens"] == "words"
    assert vectors.settings["min_count"] == 1
    own = json.loads(vectors.metadata["own"])
    assert own["pair_loss"] == "negative_sampling"
    assert "adam" in own["optimizer"]
    assert "own" not in jw2v.train(read, CONFIG).metadata
