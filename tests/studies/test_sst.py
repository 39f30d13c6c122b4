"""The treebank run: its windows follow the statement, its loss falls, its readings are judged."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from jw2v import Config, WordVectors
from jw2v.feeding import batches
from jw2v.reading.vocabulary import Vocabulary
from jw2v.studies import treebank
from jw2v.training.starting import Earlier

HEADER = "sentence_index\tsentence\n"


def test_sentences_are_lower_cased_tokens(tmp_path: Path) -> None:
    text = HEADER + "1\tThe Rock is good .\n2\tSo-so\x85\u2028so\n"
    (tmp_path / "datasetSentences.txt").write_text(text, encoding="utf-8")
    assert treebank.read_sentences(tmp_path) == [
        ["the", "rock", "is", "good", "."],
        ["so-so", "so"],
    ]


def test_the_treebank_has_the_types_of_the_statement(shared_data: Path) -> None:
    sentences = treebank.read_sentences(shared_data / "sst")
    assert len({word for words in sentences for word in words} | {"UNK"}) == 19_539


def test_wrong_folders(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"datasetSentences\.txt is missing"):
        treebank.read_sentences(tmp_path)
    (tmp_path / "datasetSentences.txt").write_text("something else\n", encoding="utf-8")
    with pytest.raises(ValueError, match="does not begin with"):
        treebank.read_sentences(tmp_path)
    (tmp_path / "datasetSentences.txt").write_text(HEADER + "1\ta\0b\n", encoding="utf-8")
    with pytest.raises(ValueError, match="NUL byte"):
        treebank.read_sentences(tmp_path)


def test_words_are_kept_with_the_probability_of_the_statement(monkeypatch) -> None:
    sentences = [["the"] * 40 + [f"w{i}" for i in range(10)]] * 2000
    counts = Counter(word for words in sentences for word in words)
    vocabulary = Vocabulary.from_counts(list(counts), list(counts.values()))
    kept = []
    windows = batches.random_windows
    monkeypatch.setattr(
        batches,
        "random_windows",
        lambda text, *rest: (kept.append(text.words), windows(text, *rest))[1],
    )
    chunks = list(treebank._chunks(sentences, vocabulary, n_steps=1200, seed=0))
    assert [chunk.center.shape for chunk in chunks] == [(500, 50), (500, 50), (200, 50)]
    # N = 100,000 tokens: sqrt(1e-5 N / count) is sqrt(1 / 80,000) for "the", sqrt(1 / 2000) else.
    for words in kept:
        the = np.count_nonzero(words == vocabulary["the"])
        assert abs(the - 80_000 / np.sqrt(80_000)) < 5 * np.sqrt(283)
        assert abs(len(words) - the - 20_000 / np.sqrt(2_000)) < 5 * np.sqrt(447)


@pytest.mark.parametrize("loss", ["negative-sampling", "naive-softmax"])
def test_a_short_run_lowers_the_loss_and_repeats_itself(loss: str) -> None:
    rng = np.random.default_rng(0)
    sentences = [[f"w{i}" for i in rng.integers(0, 400, 12)] for _ in range(200)]
    seen = []
    once = treebank.reproduce(sentences, loss=loss, n_steps=1000, progress=seen.append)
    assert [p.step for p in seen] == [500, 1000]
    assert once.vectors.vectors.shape == (len({w for s in sentences for w in s} | {"UNK"}), 20)
    assert once.running_loss < seen[0].running_loss
    again = treebank.reproduce(sentences, loss=loss, n_steps=1000)
    assert again.vectors.vectors.tobytes() == once.vectors.vectors.tobytes()
    assert again.running_loss == once.running_loss
    # They say that they are both, so that training goes on from each as what it is.
    assert once.vectors.settings["vectors"] == "both"
    Earlier(once.vectors, Config(dim=treebank.DIM))


def test_a_loss_with_one_vector_a_word_has_no_picture() -> None:
    with pytest.raises(ValueError, match="choose negative-sampling or naive-softmax"):
        treebank.reproduce([["a", "b"]], loss="hierarchical-softmax", n_steps=1)


def test_readings_are_judged_by_the_picture() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(size=(len(treebank.PLOTTED), 2)).astype(np.float32)
    at = {word: i for i, word in enumerate(treebank.PLOTTED)}
    corners = {"woman": (90, 90), "amazing": (-90, 90), "tea": (90, -90), "rain": (-90, -90)}
    for reading in treebank.READINGS[:4]:
        for k, word in enumerate(reading.words):
            table[at[word]] = np.add(corners[reading.words[0]], k / 10)
    table[at["male"]], table[at["hail"]] = (0, 1), (1, 0)
    found = treebank.judged(WordVectors(treebank.PLOTTED, table))
    assert [judgement.holds for judgement in found] == [True] * 6
    table[at["hail"]] = table[at["rain"]] + 0.1
    table[at["coffee"]] = 0
    table[at["sweet"]] = -1
    found = {str(e.reading): e.holds for e in treebank.judged(WordVectors(treebank.PLOTTED, table))}
    assert found["hail is far from rain, snow"] is False
    assert found["tea, coffee, sweet are close"] is False
    assert found["rain, snow are close"] is True
