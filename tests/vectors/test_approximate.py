"""Approximate search: with all effort it is the exact one; an index is of its vectors alone."""

import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from jw2v.reading.vocabulary import UnknownWordError
from jw2v.storage.fingerprints import fingerprint
from jw2v.vectors import approximate
from jw2v.vectors.approximate import Index
from jw2v.vectors.words import WordVectors

pytestmark = pytest.mark.usefixtures("unchecked")


def some(words: int = 2_000, seed: int = 0) -> WordVectors:
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(words // 50, 12))
    rows = np.repeat(middles, 50, axis=0) + 0.7 * rng.normal(size=(words, 12))
    rows[7] = 0
    return WordVectors(tuple(f"w{i}" for i in range(words)), rows.astype(np.float32))


def test_without_faiss_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"pip install 'jw2v\[search\]'"):
        Index(some(50))


class TestWithFaiss:
    @pytest.fixture(autouse=True)
    def _faiss(self) -> None:
        pytest.importorskip("faiss")

    def test_all_effort_finds_what_exact_search_finds(self) -> None:
        vectors = some()
        index = Index(vectors)
        own = vectors["w3"] + vectors["w4"]
        for question in (
            {"positive": "w3", "topn": 25},
            {"positive": ["w3", "w60"], "negative": ["w9"], "weights": [2, 1, 1]},
            {"positive": own, "exclude": ["w3", "no word", "w12"], "topn": 5},
            {"positive": ["w3", own], "min_similarity": 0.9, "topn": 300},
        ):
            found = index.most_similar(**question, effort=1)
            expected = vectors.most_similar(**question)
            assert [word for word, _ in found] == [word for word, _ in expected]
            scores = [[score for _, score in each] for each in (found, expected)]
            np.testing.assert_allclose(*scores, atol=1e-6)
        each = index.most_similar_each(["w5", own], topn=4, effort=1)
        assert each == [index.most_similar(item, topn=4, effort=1) for item in ("w5", own)]
        assert index.most_similar_each([]) == []
        assert {word for word, _ in index.most_similar("w3", topn=9999, effort=1)} == {
            word for word in vectors if word != "w3"
        }
        assert index.most_similar("w7", topn=3)[0][1] == 0

    def test_a_tenth_of_the_effort_finds_most(self) -> None:
        vectors = some()
        index, asked = Index(vectors), [f"w{i}" for i in range(10, 110)]
        found, exact = index.most_similar_each(asked), vectors.most_similar_each(asked)
        hits = [len(dict(a).keys() & dict(b).keys()) for a, b in zip(found, exact, strict=True)]
        assert np.mean(hits) > 9
        least = index.most_similar_each(asked, effort=1e-9)
        assert sum(map(len, least)) < sum(map(len, found))

    @pytest.mark.parametrize("words", [50, 100, 150])
    @pytest.mark.parametrize("dtype", ["float16", "float64"])
    def test_small_tables_of_every_type(self, words: int, dtype: str) -> None:
        vectors = some(words).astype(dtype)
        (best, *_), (expected, *_) = (
            Index(vectors).most_similar("w1", effort=1),
            vectors.most_similar("w1"),
        )
        assert best[0] == expected[0]

    def test_equal_cosines_come_by_row(self) -> None:
        rows = np.tile([[1.0, 0.0]], (6, 1))
        rows[3] = [1, 1]
        index = Index(WordVectors(tuple("abcdef"), rows))
        found = [word for word, _ in index.most_similar([np.array([1.0, 0.0])], effort=1)]
        assert found == list("abcefd")

    def test_numbers_of_numpy(self) -> None:
        index = Index(some(200))
        expected = index.most_similar("w1", topn=3, effort=1)
        for one in (np.int64(1), np.float32(1)):
            assert index.most_similar("w1", topn=np.int64(3), effort=one) == expected
        half = index.most_similar("w1", effort=0.5)
        assert index.most_similar("w1", effort=np.float32(0.5)) == half

    def test_few_words_make_no_noise(self, capfd: pytest.CaptureFixture[str]) -> None:
        Index(some(50).subset(slice(30)))
        assert capfd.readouterr() == ("", "")

    def test_bad_questions(self) -> None:
        index = Index(some(100))
        with pytest.raises(UnknownWordError, match="'quen', 'plum'"):
            index.most_similar_each(["w1", "quen", "plum"])
        for question, complaint in (
            ({}, "at least one word"),
            ({"positive": "w1", "negative": "w1"}, "on both sides"),
            ({"positive": "w1", "effort": 0}, "effort must be above 0, up to 1, got 0"),
            ({"positive": "w1", "effort": 2}, "effort must be"),
            ({"positive": "w1", "effort": float("nan")}, "effort must be"),
            ({"positive": "w1", "effort": np.float32("nan")}, "effort must be"),
            ({"positive": "w1", "effort": True}, "effort must be"),
            ({"positive": "w1", "topn": 0}, "topn must be"),
            ({"positive": "w1", "min_similarity": 2}, "min_similarity must be"),
            ({"positive": [1.0, 2.0]}, "expected a word or a vector"),
        ):
            with pytest.raises(ValueError, match=complaint):
                index.most_similar(**question)

    def test_an_index_is_saved_and_is_of_its_vectors_alone(self, tmp_path: Path) -> None:
        vectors, path = some(200), tmp_path / "some.index"
        index = Index(vectors)
        index.save(path)
        vectors.save(tmp_path / "some.safetensors")
        again = WordVectors.load(tmp_path / "some.safetensors")
        loaded = Index.load(path, again)
        assert loaded.most_similar("w1") == index.most_similar("w1")
        assert repr(loaded) == "Index of WordVectors(200 words, dim 12, float32) in 5 lists"
        rows = vectors.vectors.copy()
        rows[3, 3] += 1
        for others in (
            WordVectors(vectors.words, rows),
            WordVectors(vectors.words[::-1], vectors.vectors),
            vectors.subset(slice(199)),
        ):
            with pytest.raises(ValueError, match="an index of other words or vectors"):
                Index.load(path, others)
        with pytest.raises(ValueError, match="expected an index that Index"):
            Index.load(tmp_path / "some.safetensors", vectors)
        with pytest.raises(FileNotFoundError):
            Index.load(tmp_path / "none.index", vectors)
        whole = path.read_bytes()
        for bad, complaint in (
            (whole[:-9], "truncated, damaged, or no index"),
            (b"words", "truncated, damaged, or no index"),
            (whole[:-1] + bytes([whole[-1] ^ 1]), "damaged: make it again"),
        ):
            path.write_bytes(bad)
            with pytest.raises(ValueError, match=complaint):
                Index.load(path, vectors)
        save_file({"rows": np.ones(3)}, path, {"format": "jw2v index 1"})
        with pytest.raises(ValueError, match="truncated, damaged, or no index"):
            Index.load(path, vectors)

    def test_an_index_of_as_many_bytes_is_of_others(self, tmp_path: Path) -> None:
        path = tmp_path / "one.index"
        Index(WordVectors(("a\0b",), np.ones((1, 4)))).save(path)
        with pytest.raises(ValueError, match="an index of other words or vectors"):
            Index.load(path, WordVectors(("a", "b"), np.ones((2, 2))))
        with pytest.raises(IsADirectoryError, match="a folder: expected a file"):
            Index.load(tmp_path, some(50))

    def test_a_file_that_says_so_and_holds_no_such_index(self, tmp_path: Path) -> None:
        path, vectors = tmp_path / "some.index", some(50)
        smaller = Index(vectors.subset(slice(40)))._index
        faiss = approximate._faiss()
        flat = faiss.IndexFlatIP(12)
        for held, complaint in (
            (np.zeros(9, np.uint8), "no index that faiss reads"),
            (np.ones((3, 3), np.float32), "no index that faiss reads"),
            (np.ones(3, np.float32), "no index that faiss reads"),
            (faiss.serialize_index(flat), "expected lists of 50 vectors of dim 12, got IndexFlat"),
            (faiss.serialize_index(smaller), r"of shape \(40, 12\): make it again"),
        ):
            of = approximate._digest(vectors)
            said = {"format": "jw2v index 1", "of": of, "digest": fingerprint([held])}
            save_file({"index": held}, path, said)
            with pytest.raises(ValueError, match=complaint):
                Index.load(path, vectors)
