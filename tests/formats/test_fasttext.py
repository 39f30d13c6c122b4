"""Models of fastText, written here as its source writes them."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from jw2v import WordVectors

WORDS = ["</s>", "a", "ß", "日本", "café", "liberty"]
DIM, BUCKETS = 3, 11


def hash_of(gram: bytes) -> int:
    h = 2166136261
    for byte in gram:
        h = ((h ^ (byte - 256 if byte > 127 else byte) % 2**32) * 16777619) % 2**32
    return h


def grams_of(word: str, shortest: int, longest: int) -> list[str]:
    marked = f"<{word}>"
    return [
        marked[start : start + length]
        for start in range(len(marked))
        for length in range(shortest, longest + 1)
        if word != "</s>" and start + length <= len(marked)
        if marked[start : start + length] not in "<>"
    ]


def model_of(
    table: np.ndarray, lengths: tuple[int, int], words: list[str] = WORDS, pruned: int = -1, **more
) -> bytes:
    settings = (DIM, 5, 5, 1, 5, 1, 2, more.get("kind", 2), BUCKETS, *lengths, 100, 1e-4)
    labels = more.get("labels", [])
    start = struct.pack("<2i", 793712314, more.get("version", 12)) + struct.pack("<12id", *settings)
    start += struct.pack("<3i2q", len(words + labels), len(words), len(labels), 99, pruned)
    for i, word in enumerate(words + labels):
        start += word.encode() + b"\0" + struct.pack("<qb", 7, i >= len(words))
    start += struct.pack("<?2q", more.get("quantised", False), *table.shape)
    return start + table.astype("<f4").tobytes() + b"\0" + struct.pack("<2q", 0, DIM)


TABLE = np.random.default_rng(0).normal(size=(len(WORDS) + BUCKETS, DIM)).astype(np.float32)


def composed(lengths: tuple[int, int]) -> np.ndarray:
    rows = []
    for i, word in enumerate(WORDS):
        hashes = [hash_of(gram.encode()) for gram in grams_of(word, *lengths)]
        rows.append(TABLE[[i, *(len(WORDS) + h % BUCKETS for h in hashes)]].mean(axis=0))
    return np.array(rows)


@pytest.mark.parametrize("lengths", [(3, 6), (1, 2), (2, 2), (0, 0)])
@pytest.mark.parametrize("packed", [False, True])
def test_words_have_the_mean_of_their_rows(
    lengths: tuple[int, int], packed: bool, tmp_path: Path
) -> None:
    content = model_of(TABLE, lengths, labels=["__label__x"])
    (tmp_path / "x.bin").write_bytes(gzip.compress(content) if packed else content)
    found = WordVectors.load(tmp_path / "x.bin")
    assert list(found.words) == WORDS
    np.testing.assert_allclose(found.vectors, composed(lengths), atol=1e-6)
    some = WordVectors.load(tmp_path / "x.bin", limit=5, only=["café", "a", "liberty"])
    assert some.words == ("a", "café")
    assert some.vectors.tobytes() == found.vectors[[1, 4]].tobytes()


def test_gensim_agrees(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("gensim.models.fasttext")
    words = WORDS[1:]  # to gensim </s> is a word as others
    content = model_of(TABLE[1:], (3, 6), words)
    output = content[: -struct.calcsize("<2q")] + struct.pack("<2q", len(words), DIM)
    (tmp_path / "x.bin").write_bytes(output + bytes(4 * DIM * len(words)))
    theirs = fasttext.load_facebook_vectors(str(tmp_path / "x.bin"))
    ours = WordVectors.load(tmp_path / "x.bin")
    np.testing.assert_allclose(ours.vectors, theirs[list(ours.words)], atol=1e-6)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (model_of(TABLE, (3, 6), quantised=True), "a quantised model of fastText"),
        (model_of(TABLE, (3, 6), pruned=0), "a quantised model of fastText"),
        (model_of(TABLE, (3, 6), version=13), "version 13, but up to 12"),
        (model_of(TABLE[:-1], (3, 6)), "a table of at least 17 rows of 3 numbers, got 16"),
        (model_of(TABLE, (3, 6))[8:], "a model of fastText before 2017"),
    ],
)
def test_what_is_refused(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(content)
    with pytest.raises(ValueError, match=complaint):
        WordVectors.load(tmp_path / "x.bin")
    with pytest.raises(ValueError, match="a quantised model of fastText"):
        WordVectors.load(tmp_path / "x.ftz")


@pytest.mark.parametrize("packed", [False, True])
def test_truncation(packed: bool, tmp_path: Path) -> None:
    whole = model_of(TABLE, (3, 6))[: -1 - struct.calcsize("<2q")]
    for cut in range(4, len(whole), 7):
        content = gzip.compress(whole[:cut]) if packed else whole[:cut]
        (tmp_path / "x.bin").write_bytes(content)
        with pytest.raises(ValueError, match="truncated"):
            WordVectors.load(tmp_path / "x.bin")
