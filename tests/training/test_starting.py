"""Training that goes on from earlier vectors: what they were, what is new, what stays untouched."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import jw2v
from jw2v import Config, WordVectors, training
from jw2v.catalogue import Head
from jw2v.cli import app
from jw2v.params import Params
from jw2v.reading import corpus
from jw2v.training import checkpoints
from jw2v.training.starting import Earlier, tables
from stopping import StopError, stop_after
from topics import CONFIG, contrast, two_topics

OLD = two_topics()
NEW = [["cat", "purr", "mew", "mew"], ["tea", "sip", "sip"], ["dog", "mew"]] * 20
UNTOUCHED = ("bark", "cup", "milk", "pour")
"""Words of the old text that the new one does not have."""


@pytest.fixture(scope="module")
def old() -> WordVectors:
    return jw2v.train(OLD, replace(CONFIG, vectors="both"))


@pytest.fixture(scope="module")
def centers() -> WordVectors:
    return jw2v.train(OLD, CONFIG)


def start(words: tuple[str, ...], vectors: WordVectors, config: Config = CONFIG) -> Params:
    earlier = Earlier(vectors, config)
    head = Head(len(words), {})
    return tables(jax.random.key(1), words, config, config.dim + 3, earlier, head)


def test_words_start_from_their_vectors_and_new_ones_as_in_a_new_run(old: WordVectors) -> None:
    words = ("mew", "cat", "tea", "sip")
    V, U = map(np.asarray, start(words, old))
    head = Head(len(words), {})
    fresh = tables(jax.random.key(1), words, CONFIG, CONFIG.dim + 3, None, head)
    dim = CONFIG.dim
    for row, word in enumerate(words):
        if word in old:
            assert (V[row, :dim] == old[word][:dim]).all()
            assert (U[row, :dim] == old[word][dim:]).all()
        else:
            assert (V[row] == fresh.V[row]).all()
            assert not U[row].any()
    assert not V[:, dim:].any()
    assert not U[:, dim:].any()
    assert old["cat"][dim:].any()


def test_one_vector_a_word_starts_the_centers(centers: WordVectors) -> None:
    V, U = map(np.asarray, start(("cat", "mew"), centers))
    assert (V[0, : CONFIG.dim] == centers["cat"]).all()
    assert not U.any()


@pytest.mark.parametrize("which", ["center", "outside", "both", "mean"])
def test_words_that_the_text_does_not_have_keep_their_vectors(old, which: str) -> None:
    after = jw2v.train(NEW, replace(CONFIG, vectors=which), start=old)
    assert set(after.words) == {*old.words, "mew", "sip"}
    assert set(after.words[-4:]) == set(UNTOUCHED)
    V, U = np.split(old[list(UNTOUCHED)], 2, axis=1)
    kept = {"center": V, "outside": U, "both": np.hstack([V, U]), "mean": V / 2 + U / 2}
    assert (after[list(UNTOUCHED)] == kept[which]).all()
    texts = Counter(word for text in (OLD, NEW) for sentence in text for word in sentence)
    assert dict(zip(after, after.counts.tolist(), strict=True)) == texts


@pytest.mark.parametrize("which", ["center", "outside", "mean", "both"])
def test_one_vector_a_word_is_kept_whatever_is_saved(centers: WordVectors, which: str) -> None:
    new = jw2v.train(NEW, replace(CONFIG, vectors=which), start=centers)
    for word in UNTOUCHED:
        assert (new[word][: CONFIG.dim] == centers[word]).all()
        assert not new[word][CONFIG.dim :].any()


def test_what_was_learnt_is_gone_on_from(old: WordVectors) -> None:
    """A rate of next to nothing leaves the old words where they were."""
    after = jw2v.train(NEW, replace(CONFIG, learning_rate=1e-8), start=old)
    dim = CONFIG.dim
    np.testing.assert_allclose(after["cat"], old["cat"][:dim], atol=1e-5)
    moved = jw2v.train(NEW, CONFIG, start=old)
    assert np.abs(moved["cat"] - old["cat"][:dim]).max() > 1e-3


def test_bags_go_on_from_vectors_of_windows(old: WordVectors) -> None:
    """Both have a vector of each kind for every word."""
    config = replace(CONFIG, model="cbow", vectors="both", learning_rate=1e-8)
    after = jw2v.train(NEW, config, start=old)
    for word in old.words:
        np.testing.assert_allclose(after[word], old[word], atol=1e-5)


def test_the_nodes_of_the_same_tree_go_on_and_those_of_another_start_at_zero(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    config = replace(CONFIG, loss="hierarchical-softmax")
    jw2v.train(OLD, config).save(tmp_path / "tree.safetensors")
    before = WordVectors.load(tmp_path / "tree.safetensors")
    slow = replace(config, learning_rate=1e-6)
    after = jw2v.train(OLD, slow, start=before)
    np.testing.assert_allclose(after.arrays["theta"], before.arrays["theta"], atol=1e-3)
    assert abs(before.arrays["theta"]).max() > 0.1
    assert not [w for w in recwarn if "another tree" in str(w.message)]
    slow = replace(config, learning_rate=1e-2, epochs=1)
    with pytest.warns(UserWarning, match="another tree: the nodes .* start at zero"):
        other = jw2v.train(NEW, slow, start=before)
    assert abs(other.arrays["theta"]).max() < abs(before.arrays["theta"]).max() / 5
    np.testing.assert_allclose(other["cat"], before["cat"], atol=0.05)
    assert (other["bark"] == before["bark"]).all()
    with pytest.warns(UserWarning, match="learnt with no tree"):
        jw2v.train(NEW, slow, start=jw2v.train(OLD, replace(CONFIG, vectors="both")))


def test_a_tree_of_the_same_form_for_other_words_is_another(tmp_path: Path) -> None:
    config = replace(CONFIG, loss="hierarchical-softmax")
    before = jw2v.train(OLD, config)
    # A word more in the place of an old one, with its count and in its order.
    last = max(before.words)
    renamed = [[f"{word}_" if word == last else word for word in words] for words in OLD]
    with pytest.warns(UserWarning, match="another tree"):
        after = jw2v.train(renamed, replace(config, epochs=1), start=before)
    assert (after.arrays["nodes"] == before.arrays["nodes"]).all()


@pytest.mark.parametrize("saved", ["old", "centers"])
def test_new_words_find_their_place_among_the_old(saved: str, request) -> None:
    more = [*NEW, *two_topics(30, seed=1)] * 3
    after = jw2v.train(more, CONFIG, start=request.getfixturevalue(saved))
    assert after.similarity("mew", "purr") > after.similarity("mew", "cup")
    assert contrast(after) > 0.5


def test_known_words_are_kept_however_rare(old: WordVectors) -> None:
    text = [["cat", "rare", "mew", "mew", "mew"]]
    read = training.read(text, replace(CONFIG, min_count=3), start=old)
    assert set(read.vocabulary.words) == {"cat", "mew"}
    assert set(corpus.read(text, min_count=3).vocabulary.words) == {"mew"}
    after = jw2v.train(text, replace(CONFIG, min_count=3), start=old)
    assert after.words[:2] == ("mew", "cat")


def test_it_repeats_and_types_change_without_harm(old: WordVectors) -> None:
    again = [jw2v.train(NEW, CONFIG, start=old).vectors for _ in range(2)]
    assert (again[0] == again[1]).all()
    wide = jw2v.train(NEW, replace(CONFIG, dtype="float64", learning_rate=1e-8), start=old)
    assert wide.vectors.dtype == np.float64
    assert wide["bark"].astype(np.float32) == pytest.approx(old["bark"][: CONFIG.dim])
    narrow = jw2v.train(NEW, CONFIG, start=wide)
    assert narrow.vectors.dtype == np.float64
    assert (narrow["bark"] == wide["bark"]).all()
    assert (narrow["cat"] == narrow["cat"].astype(np.float32)).all()


@pytest.mark.parametrize("which", ["both", "center", "mean", "outside"])
def test_other_words_keep_all_digits_of_float64(which: Any) -> None:
    wide = jw2v.train(OLD, replace(CONFIG, vectors="both", dtype="float64", epochs=1))
    after = jw2v.train(NEW, replace(CONFIG, vectors=which, epochs=1), start=wide)
    center, outside = np.split(wide["bark"], 2)
    kept = {"both": wide["bark"], "center": center, "mean": center / 2 + outside / 2}
    assert after.vectors.dtype == np.float64
    assert (after["bark"] == kept.get(which, outside)).all()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (replace(CONFIG, dim=9), r"vectors of 16 numbers \(both.*with dim 9: set dim to 8"),
        (replace(CONFIG, dim=16), "set dim to 8"),
    ],
)
def test_another_dim_is_refused(old: WordVectors, config: Config, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        jw2v.train(NEW, config, start=old)
    with pytest.raises(ValueError, match=message):
        training.read("no such file is looked for", config, start=old)


def test_half_of_an_odd_number_is_refused() -> None:
    metadata = {"config": json.dumps({"vectors": "both"})}
    odd = WordVectors(("cat",), np.ones((1, 17), np.float32), metadata)
    with pytest.raises(ValueError, match="with dim 8: the file is damaged"):
        Earlier(odd, CONFIG)


@pytest.mark.parametrize("config", ["{", "[]", "3"])
def test_metadata_of_others_is_no_harm(config: str) -> None:
    vectors = WordVectors(("cat",), np.ones((1, 8), np.float32), {"config": config})
    assert np.asarray(start(("cat",), vectors).V)[0, :8].tolist() == [1] * 8


def test_a_text_without_a_known_word_is_refused(old: WordVectors) -> None:
    with pytest.raises(ValueError, match="none of the 2 words of the text is among the 8"):
        jw2v.train([["Cat", "Dog"]] * 9, CONFIG, start=old)


def test_a_run_that_was_ended_can_be_started_from(tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    config = replace(CONFIG, dtype="float64")
    folder = tmp_path / "run"
    with pytest.raises(StopError):
        jw2v.train(OLD, config, checkpoint_dir=folder, checkpoint_every=0, progress=stop_after(3))
    found = checkpoints.load(folder)
    assert set(found.words) == {word for line in OLD for word in line}
    assert found.vectors.shape == (8, 2 * CONFIG.dim)
    assert found.vectors.dtype == np.float64
    assert found.vectors.any(axis=1).all()
    after = jw2v.train(NEW, config, start=found)
    assert (after["bark"] == found["bark"][: CONFIG.dim]).all()


def test_a_loaded_checkpoint_is_what_training_had(tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    config = replace(CONFIG, vectors="both", dim=5)
    whole = jw2v.train(OLD, config, checkpoint_dir=tmp_path / "run")
    found = checkpoints.load(tmp_path / "run")
    assert found.words == whole.words
    assert (found.vectors == whole.vectors).all()


def test_words_that_are_in_no_checkpoint_are_said(old: WordVectors, tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    whole = jw2v.train(NEW, CONFIG, start=old, checkpoint_dir=tmp_path / "run")
    with pytest.warns(RuntimeWarning, match="4 words are left out.*in what it started from"):
        found = checkpoints.load(tmp_path / "run")
    assert {*whole.words} - {*found.words} == {*UNTOUCHED}
    jw2v.train(OLD, CONFIG, start=old, checkpoint_dir=tmp_path / "all")
    assert set(checkpoints.load(tmp_path / "all").words) == {*old.words}  # and nothing is said


def test_what_is_no_folder_of_checkpoints_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    with pytest.raises(NotADirectoryError, match="not a folder"):
        checkpoints.load(tmp_path / "none")
    with pytest.raises(ValueError, match="there is no checkpoint in"):
        checkpoints.load(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_resumed_run_needs_the_same_start(old: WordVectors, centers, tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    folder = {"checkpoint_dir": tmp_path / "run", "checkpoint_every": 0}
    with pytest.raises(StopError):
        jw2v.train(NEW, CONFIG, start=old, progress=stop_after(3), **folder)
    for other in (None, centers):
        text = corpus.read(NEW, min_count=1)
        with pytest.raises(ValueError, match=r"start was '[0-9a-f]+' and is"):
            jw2v.train(text, CONFIG, start=other, resume=True, **folder)
    resumed = jw2v.train(NEW, CONFIG, start=old, resume=True, **folder)
    assert (resumed.vectors == jw2v.train(NEW, CONFIG, start=old).vectors).all()


def test_the_command_line_goes_on_from_a_file_and_from_checkpoints(
    old: WordVectors, tmp_path: Path
) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    before, new = tmp_path / "old.safetensors", tmp_path / "new.txt"
    old.save(before)
    new.write_text("\n".join(map(" ".join, NEW)), encoding="utf-8")
    run = tmp_path / "run"
    flags = ["--dim", "8", "--min-count", "1", "--epochs", "1", "--checkpoint-dir", str(run)]
    command = ["train", str(new), "-o", str(tmp_path / "a.safetensors"), *flags]
    result = CliRunner().invoke(app, [*command, "--start", str(before)])
    assert result.exit_code == 0, result.output
    after = WordVectors.load(tmp_path / "a.safetensors")
    assert (after["bark"] == old["bark"][:8]).all()

    command = ["train", str(new), "-o", str(tmp_path / "b.safetensors"), *flags[:-2]]
    result = CliRunner().invoke(app, [*command, "--start", str(run)])
    assert result.exit_code == 0, result.output
    assert f"warning: 4 words are left out, whose vectors the run of {run} kept" in result.stderr
    assert set(WordVectors.load(tmp_path / "b.safetensors").words) == {w for s in NEW for w in s}


def test_settings_that_no_training_wrote(old: WordVectors) -> None:
    for text in ("{", "[]", "[" * 100_000):
        strange = WordVectors(old.words, old.vectors, {"config": text})
        with pytest.raises(ValueError, match="training cannot start from vectors of"):
            Earlier(strange, CONFIG)


@pytest.mark.usefixtures("unchecked")
def test_settings_by_mistake() -> None:
    with pytest.raises(ValueError, match=r"such as Config\(dim=20, tokens='words'\); got \{'dim'"):
        jw2v.train("no such file", {"dim": 20, "tokens": "words"})
    with pytest.raises(ValueError, match=r"such as Config\(dim=50\); got \{'size'"):
        jw2v.train("no such file", {"size": 20})
    with pytest.raises(ValueError, match=r"such as WordVectors\.load\('v\.txt'\) or"):
        jw2v.train("no such file", Config(), start="v.txt")


def test_words_are_chosen_as_a_text_is_read() -> None:
    text = training.read(NEW, Config(min_count=20), keep=["dog"], stop=["tea"])
    assert {"dog", "cat"} < {*text.vocabulary.words}
    assert "tea" not in text.vocabulary
    with pytest.raises(ValueError, match="this one was read before: give them to"):
        jw2v.train(text, stop=["dog"])
