"""Folders for other libraries: what is in them, and that the libraries find the same vectors."""

import json
import os
import stat
from dataclasses import asdict
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from safetensors.numpy import load_file

from jw2v.config import Config
from jw2v.reading import corpus
from jw2v.storage import files
from jw2v.vectors import export
from jw2v.vectors.words import WordVectors

WORDS = ("the", "king", "agent", "DATE", "don't", "é", "עברית", "[UNK]", "can" * 300)
PROSE = {"config": json.dumps(asdict(Config(tokens="words")))}  # as training writes it

# Other libraries' own affairs.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def made(metadata: dict[str, str] | None = None, dtype: type = np.float32) -> WordVectors:
    rows = np.random.default_rng(0).normal(size=(len(WORDS), 4)).astype(dtype)
    return WordVectors(WORDS, rows, metadata or {})


class TestStaticEmbedding:
    def test_what_is_written(self, tmp_path: Path) -> None:
        vectors = made({"seed": "é"})
        export.static_embedding(vectors, tmp_path / "out")
        table = load_file(tmp_path / "out" / "model.safetensors")["embeddings"]
        model = json.loads((tmp_path / "out" / "tokenizer.json").read_text("utf-8"))["model"]
        assert model["unk_token"] == "[[UNK]]", "a word of that name keeps its vector"
        assert sorted(model["vocab"].values()) == list(range(len(table)))
        assert not table[model["vocab"]["[[UNK]]"]].any()
        for word in WORDS:
            assert table[model["vocab"][word]].tolist() == vectors[word].tolist()
        config = json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))
        assert config["jw2v"] == {"seed": "é"}

    def test_vectors_that_lie_by_columns(self, tmp_path: Path) -> None:
        table = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(3, 2))
        table.flags.writeable = False
        export.static_embedding(WordVectors(("a", "b", "c"), table), tmp_path / "out")
        written = load_file(tmp_path / "out" / "model.safetensors")["embeddings"]
        assert written[1:].tolist() == table.tolist()

    @pytest.mark.usefixtures("unchecked")
    def test_no_such_way_to_tell_words_apart(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="whitespace, words, got 'word'"):
            export.static_embedding(made(), tmp_path / "out", tokens="word")  # type: ignore[arg-type]

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_model2vec_finds_every_word(self, dtype: type, tmp_path: Path) -> None:
        model2vec = pytest.importorskip("model2vec")
        vectors = made(dtype=dtype)
        export.static_embedding(vectors, tmp_path / "out")
        model = model2vec.StaticModel.from_pretrained(tmp_path / "out")
        for word in WORDS:
            assert model.encode(word).tolist() == vectors[word].tolist()
        assert not model.encode("nothing here").any()
        mean = (vectors["the"] + vectors["king"]) / 2
        np.testing.assert_allclose(model.encode("the nothing\tking"), mean, rtol=1e-6)

    @pytest.mark.parametrize("how", [{"tokens": "words"}, {}])
    def test_words_of_prose(self, how: dict, tmp_path: Path) -> None:
        tokenizers = pytest.importorskip("tokenizers")
        export.static_embedding(made({} if how else PROSE), tmp_path / "out", **how)
        tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json"))
        found = tokenizer.encode("The KING’s 'DON’T'—''é''! the-the")
        assert [t if t in WORDS else "?" for t in found.tokens] == [
            "the",
            "?",
            "don't",
            "é",
            "the",
            "the",
        ]

    def test_letters_get_the_lower_case_of_training(self, tmp_path: Path) -> None:
        tokenizers = pytest.importorskip("tokenizers")
        letters = [chr(i) for i in range(0x250) if chr(i).isalpha()] + ["Σ", "ΑΣ", "ẞ", "Ⅷ"]
        known = corpus.read(pa.table({"text": letters}), tokens="words", min_count=1)
        words = known.vocabulary.words
        rows = np.ones((len(words), 1), np.float32)
        export.static_embedding(WordVectors(words, rows), tmp_path / "out", tokens="words")
        tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json"))
        read = [words[i] for i in known.ids if i >= 0]
        assert [tokenizer.encode(letter).tokens for letter in letters] == [[each] for each in read]

    def test_the_dotted_capital_is_one_letter(self, tmp_path: Path) -> None:
        """In training the lower case of İ is i; to others it is an i and a dot above."""
        export.static_embedding(made(PROSE), tmp_path / "out")
        tokenizer = json.loads((tmp_path / "out" / "tokenizer.json").read_text("utf-8"))
        first, second, *_ = tokenizer["normalizer"]["normalizers"]
        assert (first["pattern"], first["content"]) == ({"String": "İ"}, "i")
        assert second == {"type": "Lowercase"}

    def test_sentence_transformers(self, tmp_path: Path) -> None:
        library = pytest.importorskip("sentence_transformers")
        vectors = made(PROSE)
        export.static_embedding(vectors, tmp_path / "out")
        model = library.SentenceTransformer(str(tmp_path / "out"), device="cpu")
        one, both, unknown = model.encode(["the", "The KING", "xyz"])
        assert one.tolist() == vectors["the"].tolist()
        np.testing.assert_allclose(both, (vectors["the"] + vectors["king"]) / 2, rtol=1e-6)
        assert not unknown.any()


class TestSpacy:
    @pytest.fixture
    def spacy(self):
        return pytest.importorskip("spacy")

    def test_it_finds_every_word(self, spacy, tmp_path: Path) -> None:
        vectors = made({"seed": "1"})
        export.spacy(vectors, tmp_path / "out", language="en")
        nlp = spacy.load(tmp_path / "out")
        assert (nlp.lang, nlp.meta["jw2v"]) == ("en", {"seed": "1"})
        for word in WORDS:  # some of them are symbols of spaCy, with ids of their own
            assert nlp.vocab[word].vector.tolist() == vectors[word].tolist()
        assert not nlp.vocab["xyz"].has_vector
        table = spacy.blank("de").vocab.vectors.from_disk(tmp_path / "out" / "vocab")
        assert table["agent"].tolist() == vectors["agent"].tolist()

    def test_lower_case_of_prose(self, spacy, tmp_path: Path) -> None:
        vectors = made(PROSE)
        export.spacy(vectors, tmp_path / "out")
        assert spacy.load(tmp_path / "out")("King")[0].vector.tolist() == vectors["king"].tolist()

    def test_its_own_command_reads_our_text(self, spacy, tmp_path: Path) -> None:
        from spacy.training.initialize import convert_vectors

        vectors, nlp = made(), spacy.blank("en")
        vectors.save(tmp_path / "x.txt")
        convert_vectors(nlp, tmp_path / "x.txt", truncate=0, prune=-1)
        for word in WORDS:
            assert nlp.vocab[word].vector.tolist() == vectors[word].tolist()

    def test_what_it_cannot_hold(self, spacy, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="holds float32, got float64"):
            export.spacy(made(dtype=np.float64), tmp_path / "out")
        with pytest.raises(ValueError, match="no language 'nowhere'"):
            export.spacy(made(), tmp_path / "out", language="nowhere")
        assert os.listdir(tmp_path) == []

    def test_without_spacy(self, tmp_path: Path) -> None:
        with (
            mock.patch.dict("sys.modules", {"spacy": None}),
            pytest.raises(ImportError, match=r"pip install spacy; or .* spacy init vectors"),
        ):
            export.spacy(made(), tmp_path / "out")


def test_words_that_no_text_has(tmp_path: Path) -> None:
    for word in ("New York", ""):
        with pytest.raises(ValueError, match="cannot hold the word"):
            export.static_embedding(WordVectors((word,), np.ones((1, 1))), tmp_path / "out")
    assert os.listdir(tmp_path) == []


class TestFolders:
    @staticmethod
    def write(path: Path, content: str = "new") -> None:
        with files.replacing_folder(path) as inside:
            Path(inside, "sub").mkdir()
            for name in ("a", "sub/b"):
                Path(inside, name).write_text(content)

    def test_they_appear_whole(self, tmp_path: Path) -> None:
        with files.replacing_folder(tmp_path / "out") as inside:
            Path(inside, "a").write_text("half")
            assert not (tmp_path / "out").exists()
        assert (tmp_path / "out" / "a").read_text() == "half"
        assert os.listdir(tmp_path) == ["out"]

    def test_an_empty_one_and_one_of_ours_are_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        self.write(tmp_path / "out", "old")
        self.write(tmp_path / "out")
        assert (tmp_path / "out" / "sub" / "b").read_text() == "new"
        assert os.listdir(tmp_path) == ["out"]

    def test_the_mode_is_that_of_any_folder(self, tmp_path: Path) -> None:
        (tmp_path / "ordinary").mkdir()
        self.write(tmp_path / "out")
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert len(modes) == 1

    @pytest.mark.parametrize("kind", ["theirs", "ours and theirs"])
    def test_others_files_are_not_lost(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "out"
        if kind == "theirs":
            path.mkdir()
        else:
            self.write(path)
        (path / "precious").write_text("x")
        before = sorted(path.rglob("*"))
        for attempt in (self.write, files.check_folder):
            with pytest.raises(FileExistsError, match="did not write there"):
                attempt(path)
        assert sorted(path.rglob("*")) == before
        assert os.listdir(tmp_path) == ["out"]

    @pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt])
    @pytest.mark.parametrize("broken", ["os.fsync", "os.rename"])
    def test_a_failure_leaves_the_old_one(self, failure, broken: str, tmp_path: Path) -> None:
        self.write(tmp_path / "out", "old")
        kind = failure if isinstance(failure, type) else type(failure)
        with mock.patch(broken, side_effect=failure), pytest.raises(kind):
            self.write(tmp_path / "out")
        assert (tmp_path / "out" / "a").read_text() == "old"
        assert os.listdir(tmp_path) == ["out"]

    def test_a_failure_between_the_two_renames(self, tmp_path: Path) -> None:
        self.write(tmp_path / "out", "old")
        rename = os.rename

        def fail_second(source: str, target: str) -> None:
            if source.endswith(".tmp"):
                raise OSError(5, "Input/output error")
            rename(source, target)

        with (
            mock.patch("os.rename", fail_second),
            pytest.raises(OSError, match=r"cannot write .*out: Input/output error"),
        ):
            self.write(tmp_path / "out")
        assert (tmp_path / "out" / "a").read_text() == "old"
        assert os.listdir(tmp_path) == ["out"]

    def test_where_no_folder_can_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for path, kind in (
            (tmp_path / "file", NotADirectoryError),
            (tmp_path / "absent" / "out", FileNotFoundError),
        ):
            with pytest.raises(kind, match=str(path)):
                self.write(path)
        with (
            mock.patch("os.access", return_value=False),
            pytest.raises(PermissionError, match="no permission"),
        ):
            self.write(tmp_path / "out")
        assert os.listdir(tmp_path) == ["file"]
