"""A run that would learn nothing is refused, one that would learn little says so, and why."""

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import jw2v
from jw2v import Config, losses, steps, training
from jw2v.feeding import batches
from jw2v.progress import Progress, training_bar
from jw2v.reading import corpus
from jw2v.reading.corpus import SENTENCE_END, Corpus
from jw2v.reading.vocabulary import Vocabulary
from jw2v.training import checkpoints, outlook, planning
from jw2v.training.meter import Meter, digest
from topics import two_topics

SMALL = Config(dim=4, min_count=1, epochs=1)
PAIRS = [["bread", "butter"], ["tea", "milk"]] * 100
ALONE = [["bread"], ["tea"], ["milk"]] * 50
lengths_of = st.lists(st.integers(1, 12), min_size=1, max_size=8)


def of_lengths(lengths: list[int], end: bool = True) -> Corpus:
    """A text of sentences so long, of two words."""
    ids = [i for n in lengths for i in [*(k % 2 for k in range(n)), SENTENCE_END]]
    counts = np.bincount([i for i in ids if i >= 0], minlength=2)
    vocabulary = Vocabulary(("a", "b"), np.maximum(1, counts))
    return Corpus(vocabulary, np.array(ids if end else ids[:-1], np.int32), sum(lengths))


def foretold(text: Corpus, config: Config) -> outlook.Outlook:
    return outlook.outlook(text, planning.settled(config, text.vocabulary.counts))


@given(lengths_of, st.integers(1, 15), st.booleans())
def test_pairs_are_counted(lengths: list[int], window: int, shrink: bool) -> None:
    config = Config(window=window, shrink_window=shrink)
    expected = sum(
        (window + 1 - abs(i - j)) / window if shrink else 1
        for n in lengths
        for i, j in product(range(n), repeat=2)
        if 0 < abs(i - j) <= window
    )
    assert outlook._pairs(np.array(lengths), config) == pytest.approx(expected)


@given(lengths_of, st.integers(1, 15))
def test_they_are_those_of_the_batches(lengths: list[int], window: int) -> None:
    text, config = of_lengths(lengths), Config(window=window, shrink_window=False, subsample=0)
    rng = np.random.default_rng(0)
    shape = batches.Shape(steps=2, batch=3, length=1)
    words = batches.subsampled(text.ids, np.ones(2, np.float32), rng)
    found = sum(float(c.where.sum()) for c in batches.windows(words, shape, window, False, rng))
    if found:
        assert foretold(text, config).pairs == pytest.approx(found / sum(lengths))


@given(st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=1, max_size=4), st.booleans())
def test_followers_are_expected_exactly(p: list[float], twice: bool) -> None:
    expected = 0.0
    for kept in product([False, True], repeat=len(p)):
        chance = np.prod([x if k else 1 - x for x, k in zip(p, kept, strict=True)])
        expected += chance * max(0, sum(kept) - 1)
    ids = np.array([*range(len(p)), SENTENCE_END] * (1 + twice), np.int32)
    found = outlook._followers(ids, np.array(p, np.float32))
    assert found == pytest.approx((1 + twice) * expected, abs=1e-6)


@given(lengths_of, st.integers(1, 15), st.integers(1, 9), st.booleans())
def test_reach(lengths: list[int], window: int, piece: int, end: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "_PIECE", piece)
        found = outlook.reach(of_lengths(lengths, end), window)
    assert found == min(window, max(lengths) - 1)


def test_a_long_sentence_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    pieces = batches.pieces

    def watched(ids: np.ndarray):
        for piece in pieces(ids):
            seen.append(piece)
            yield piece

    monkeypatch.setattr(batches, "_PIECE", 10)
    monkeypatch.setattr(batches, "pieces", watched)
    assert outlook.reach(of_lengths([25] * 10), 5) == 5
    assert len(seen) == 1


def test_a_long_text_is_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "PIECE", 40)
    text = of_lengths([1] * 1000 + [3] * 1000)
    looked_at = list(outlook._some_pieces(text.ids))
    assert [len(piece) for piece in looked_at] == [40] * outlook.SAMPLED
    assert 0.1 < foretold(text, replace(SMALL, subsample=0)).pairs < 3


def test_what_the_parts_do_not_show_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "PIECE", 4)
    rare = of_lengths([*[1] * 100, 2, *[1] * 100])
    assert foretold(rare, replace(SMALL, subsample=0)).pairs == 0
    with pytest.raises(ValueError, match="nothing would be learnt"):
        foretold(of_lengths([1] * 200), replace(SMALL, subsample=0))


NOTHING = {
    "sentences of one word": (ALONE, SMALL, r"0 pairs a word.*join what belongs together"),
    "naive softmax": (ALONE, replace(SMALL, loss="naive-softmax"), "0 pairs a word"),
    "one frequent word a sentence": (
        [[w, f"rare{i}"] for i in range(50) for w in "ab"],
        replace(SMALL, min_count=5),
        "lower min_count",
    ),
    "all thinned out": (PAIRS, replace(SMALL, subsample=1e-9), r"keeps 0 of 400 words .*raise it"),
    "no word next to another": (
        PAIRS[:8],
        replace(SMALL, subsample=1e-4),
        r"subsample=0\.0001 keeps 0 of 16 words \(2%\), with 0 pairs each: raise it",
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_to_learn_is_refused_before_training(name: str) -> None:
    text, config, message = NOTHING[name]
    seen = []
    with pytest.raises(ValueError, match=f"nothing would be learnt: .*{message}"):
        jw2v.train(text, config, progress=seen.append)
    assert seen == []


def test_a_text_without_ids() -> None:
    vocabulary = Vocabulary(("a", "b"), np.array([1, 1]))
    empty = Corpus(vocabulary, np.array([], np.int32), 2)
    with pytest.raises(ValueError, match="nothing would be learnt"):
        jw2v.train(empty, SMALL)


LITTLE = {
    "few words kept": (
        [["a", "b", "c", "d", "e", "f"] * 20] * 20,
        replace(SMALL, subsample=1e-4),
        r"subsample=0\.0001 keeps 60 of 2,400 words \(2\.5%\), with .* pairs each: raise it, set it"
        r" to 0 to keep all words, or leave it to the default",
    ),
    "few pairs": ([*ALONE, ["bread", "tea"]], SMALL, r"has 0\.013 pairs a word, and words pair"),
    "few pairs of the words kept": (PAIRS, replace(SMALL, subsample=0.05), "keeps 259 of 400"),
}


@pytest.mark.parametrize("name", LITTLE)
def test_little_to_learn_is_said_before_training(name: str) -> None:
    text, config, message = LITTLE[name]
    known = corpus.read(text, min_count=1)
    with pytest.warns(training.LittleToLearnWarning, match="there is little to learn: ") as seen:
        jw2v.train(known, replace(config, epochs=25))
    [warning] = [each for each in seen if "there is little" in str(each.message)]
    home = Path(jw2v.__file__).parent
    assert home not in Path(warning.filename).parents, "it points at who called"
    assert re.search(message, str(warning.message)), str(warning.message)


def test_a_vocabulary_that_drops_most_of_the_text_is_said() -> None:
    """The summary alone would not show it: each number in it is right."""
    text = [[f"word{i}", *("cat", "dog", "fish")] for i in range(1200)]
    rare = [[f"rare{i}" for i in range(k, k + 5)] for k in range(0, 6000, 5)]
    said = r"knows 3,600 of the 10,800 words .*\(33%\)"
    with pytest.warns(outlook.LittleToLearnWarning, match=said):
        jw2v.train(text + rare, Config(dim=4, epochs=1, subsample=0))


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1), st.integers(1, 9))
def test_words_that_pair(sentences: list[list[int]], piece: int) -> None:
    ids = [i for sentence in sentences for i in [*sentence, SENTENCE_END]]
    text = Corpus(Vocabulary(tuple("abcdefghij"), np.ones(10, int)), np.array(ids, np.int32), 9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "_PIECE", piece)
        found = outlook._paired(text)
    expected = {word for sentence in sentences if len(sentence) > 1 for word in sentence}
    assert set(np.flatnonzero(found)) == expected


@pytest.mark.parametrize(("alone", "said"), [(1, False), (2, True)])
def test_words_that_never_pair_are_said(alone: int, said: bool) -> None:
    """From one in a hundred on: they keep their random vectors."""
    text = [[f"w{i}" for i in range(k, k + 5)] for k in range(0, 100, 5)] * 2
    known = corpus.read([*text, *([f"alone{i}"] for i in range(alone))], min_count=1)
    config = planning.settled(SMALL, known.vocabulary.counts)
    complaint = outlook.complaint(known, config, outlook.outlook(known, config))
    expected = "2 of the 102 words of the vocabulary (2%) are in no pair and keep the vectors that"
    assert (complaint is not None) == said
    assert not said or f"{expected} they begin with, such as 'alone0', 'alone1', for" in complaint


@pytest.mark.parametrize("text", [PAIRS, two_topics(50)])
def test_enough_to_learn_is_passed_over_in_silence(text: list[list[str]]) -> None:
    known = corpus.read(text, min_count=1)
    config = planning.settled(SMALL, known.vocabulary.counts)
    found = outlook.outlook(known, config)
    assert found.kept > 0.9 * found.words
    assert outlook.complaint(known, config, found) is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"schedule": lambda step: 0.0 * step},
        {"optimizer": optax.sgd(0.0)},
        {"optimizer": optax.set_to_zero(), "update": "rows"},
    ],
    ids=["schedule", "learning rate", "no updates"],
)
def test_a_run_that_changed_nothing_is_no_success(arguments: dict) -> None:
    with pytest.raises(ValueError, match=r"nothing was learnt: .* as they were at the start"):
        jw2v.train(two_topics(20), SMALL, **arguments)


def test_a_run_without_a_pair_is_no_success() -> None:
    meter = Meter(epochs=1, words=2, chunks=1, report=None)
    meter.add(0, steps.Totals(jnp.zeros(2), jnp.zeros(2)))
    meter.settle()
    before, after = jnp.full((2, 2), 1.0), jnp.full((2, 2), 2.0)
    with pytest.raises(ValueError, match="nothing was learnt: in all epochs no two words"):
        meter.check_learnt(int(digest(before)), after)
    meter.add(0, steps.Totals(jnp.ones(2), jnp.ones(2)))
    meter.settle()
    meter.check_learnt(int(digest(before)), after)
    with pytest.raises(ValueError, match="as they were at the start"):
        meter.check_learnt(int(digest(after)), after)


def complaints(text: list[list[str]], config: Config, **arguments: Any) -> list[str]:
    """Of what was learnt, after training."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        jw2v.train(text, config, **arguments)
    return [str(each.message) for each in seen if "little was learnt" in str(each.message)]


class TestLittleLearnt:
    """What training warns of in the end: there was enough to learn, and it was not."""

    config = replace(SMALL, epochs=5, subsample=0)

    def test_a_loss_that_fell_is_passed_over_in_silence(self) -> None:
        assert complaints(two_topics(200), self.config) == []

    def test_a_loss_that_stays_is_said_with_the_numbers(self) -> None:
        config = replace(self.config, learning_rate=1e-4)
        [message] = complaints(two_topics(200), config)
        assert "was 4.159 nats a pair in the first step and is 4.15" in message
        assert "raise learning_rate or step_bound" in message

    def test_a_loss_that_rises_is_said(self) -> None:
        text = [[f"w{(7 * i + j) % 50}" for j in range(200)] for i in range(10)]
        config = replace(self.config, window=100, step_bound=1e4, learning_rate=1.0)
        [message] = complaints(text, config)
        assert "Where it rose, lower step_bound or learning_rate" in message

    def test_few_steps_are_said(self) -> None:
        [message] = complaints(two_topics(200), replace(self.config, batch_words=10**6))
        assert "there were only 5 steps" in message

    def test_a_run_that_changed_only_what_is_not_kept_is_no_success(self) -> None:
        with pytest.raises(ValueError, match=r"nothing was learnt: .* bit for bit"):
            jw2v.train(two_topics(20), replace(self.config, learning_rate=1e-8))
        assert complaints(two_topics(200), replace(self.config, step_bound=1e-8))

    def test_a_loss_without_center_vectors_is_no_success(self) -> None:
        def outside_only(v: Any, o: Any, negatives: Any, U: Any) -> Any:
            return (1 - U[o].sum()) ** 2

        own = {"pair_loss": outside_only, "optimizer": optax.sgd(0.1)}
        with pytest.raises(ValueError, match=r"nothing was learnt: .* bit for bit"):
            jw2v.train(two_topics(20), self.config, **own)
        jw2v.train(two_topics(20), replace(self.config, vectors="outside"), **own)

    def test_a_resumed_run_knows_how_it_began(self, tmp_path: Path) -> None:
        pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
        config = replace(self.config, learning_rate=1e-4)
        once = complaints(two_topics(200), config, checkpoint_dir=tmp_path)
        assert len(once) == 1
        assert complaints(two_topics(200), config, checkpoint_dir=tmp_path, resume=True) == once


class TestNegatives:
    without = replace(SMALL, negatives=0)

    def test_none_is_refused_before_the_text_is_read(self, run: Callable, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"negatives must be at least 1 .*; got 0"):
            jw2v.train(tmp_path / "nowhere.txt", self.without)
        with pytest.raises(ValueError, match="negatives must be at least 1"):
            jw2v.train(PAIRS, self.without, optimizer=optax.adam(0.1))
        (tmp_path / "empty.txt").touch()  # which would be refused for what it holds
        empty = ("train", tmp_path / "empty.txt", "-o", tmp_path / "v.bin")
        code, _, err = run(*empty, "--negatives", 0)
        assert code == 2
        assert "negatives must be at least 1" in err

    def test_where_none_are_drawn_there_may_be_none(self) -> None:
        jw2v.train(PAIRS, replace(self.without, loss="naive-softmax"))
        jw2v.train(PAIRS, self.without, pair_loss=losses.naive_softmax, optimizer=optax.adam(0.1))


class TestCommand:
    def learn(self, run: Callable, folder: Path, text: list[list[str]], *flags: object) -> tuple:
        path = folder / "text.txt"
        path.write_text("\n".join(map(" ".join, text)), encoding="utf-8")
        settings = ("--dim", 4, "--min-count", 1, "--epochs", 25)
        return run("train", path, "-o", folder / "v.safetensors", *settings, *flags)

    def test_it_says_what_is_kept(self, run: Callable, tmp_path: Path) -> None:
        code, out, err = self.learn(run, tmp_path, PAIRS)
        assert code == 0
        assert (
            "subsample 0.25 keeps 100% of the 400 words that have a vector, with 1.0 pairs a word"
            in out.splitlines()
        )
        assert "warning" not in err
        vectors = jw2v.WordVectors.load(tmp_path / "v.safetensors")
        assert vectors.settings["subsample"] == 0.25

    def test_a_warning_is_one_plain_line(self, run: Callable, tmp_path: Path) -> None:
        code, _, err = self.learn(run, tmp_path, [*ALONE, ["bread", "tea"]])
        assert code == 0
        [line] = [line for line in err.splitlines() if "little to learn" in line]
        assert line.startswith("warning: there is little to learn: the text has 0.013 pairs a word")

    def test_nothing_to_learn_is_bad_input(self, run: Callable, tmp_path: Path) -> None:
        code, _, err = self.learn(run, tmp_path, ALONE)
        assert code == 2
        assert "error: nothing would be learnt: " in err
        assert "training" not in err
        assert not (tmp_path / "v.safetensors").exists()


def test_a_checkpoint_keeps_the_threshold_that_was_used(tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    once = jw2v.train(PAIRS, SMALL, checkpoint_dir=tmp_path)
    assert checkpoints.load(tmp_path).settings["subsample"] == 0.25
    for config in (SMALL, replace(SMALL, subsample=0.25)):
        again = jw2v.train(PAIRS, config, checkpoint_dir=tmp_path, resume=True)
        assert (again.vectors == once.vectors).all()
    with pytest.raises(ValueError, match=r"subsample was 0\.25 and is 0\.1"):
        jw2v.train(PAIRS, replace(SMALL, subsample=0.1), checkpoint_dir=tmp_path, resume=True)


def test_no_loss_is_shown_as_none(tmp_path: Path) -> None:
    file = io.StringIO()
    nothing = Progress(epoch=1, epochs=1, fraction=0.5, words=9, seconds=1.0, loss=None)
    with training_bar(Console(file=file, width=100)) as report:
        report(nothing)
        report(nothing._replace(fraction=1.0, loss=1.25))
    first, second = file.getvalue().splitlines()
    assert "no loss yet" in first
    assert "loss 1.250 nats/pair" in second
    plot = pytest.importorskip("jw2v.pictures.plot")
    with pytest.raises(ValueError, match="at least one report"):
        plot.loss_curve([nothing], tmp_path / "loss.svg")
    plot.loss_curve([nothing, nothing._replace(fraction=1.0, loss=1.25)], tmp_path / "loss.svg")
