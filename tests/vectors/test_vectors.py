"""Trained vectors: queries against their definition, files that come back whole or are refused."""

import copy
import errno
import json
import os
import stat
import subprocess
import sys
from array import array
from collections.abc import Callable
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from pickle import dumps, loads
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load_file, save_file

from jw2v import formats
from jw2v.reading.vocabulary import UnknownWordError
from jw2v.storage import files
from jw2v.vectors.words import WordVectors

# Any Unicode that UTF-8 can hold: spaces, line ends, NUL, right to left, and the empty string.
WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
DTYPES = st.sampled_from([np.dtype(np.float32), np.dtype(np.float64)])


@st.composite
def parts(draw: st.DrawFn, largest: float | None = None) -> tuple:
    """What WordVectors is made of; made in the test, as the annotation check draws at random."""
    words = draw(st.lists(WORD, min_size=1, max_size=9, unique=True))
    dtype = draw(DTYPES)
    numbers = st.floats(
        None if largest is None else -largest,
        largest,
        width=dtype.itemsize * 8,
        allow_nan=False,
        allow_infinity=False,
    )
    shape = (len(words), draw(st.integers(1, 4)))
    metadata = draw(st.dictionaries(WORD.filter(lambda key: "format" not in key), WORD, max_size=3))
    return tuple(words), draw(hnp.arrays(dtype, shape, elements=numbers)), metadata


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors") / "some.safetensors"


@pytest.fixture
def small() -> WordVectors:
    words = ("king", "queen", "man", "woman", "pear", "nothing")
    rows = [[1, 1, 0.1], [1, -1, 0.1], [0.1, 1, 0], [0.1, -1, 0], [0, 0.1, 5], [0, 0, 0]]
    return WordVectors(words, np.array(rows, np.float32), {"dim": "3"})


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / length) if length else 0.0


class TestQueries:
    def test_an_analogy(self, small: WordVectors) -> None:
        found = small.most_similar(positive=["king", "woman"], negative="man", topn=2)
        assert found[0][0] == "queen"
        unit = {word: small[word] / np.linalg.norm(small[word]) for word in small.words[:5]}
        mean = (unit["king"] + unit["woman"] - unit["man"]) / 3
        assert found[0][1] == pytest.approx(cosine(mean, small["queen"]), abs=1e-6)

    @given(parts(largest=1e3), st.data())
    def test_most_similar_is_a_sorted_list_of_cosines(
        self, given_parts: tuple, data: st.DataObject
    ) -> None:
        vectors = WordVectors(*given_parts)
        words = st.lists(st.sampled_from(vectors.words), max_size=3)
        positive, negative = data.draw(words), data.draw(words)
        negative = [word for word in negative if word not in positive]
        topn = data.draw(st.integers(1, 12))
        if not positive + negative:
            with pytest.raises(ValueError, match="at least one word"):
                vectors.most_similar(positive, negative)
            return
        wide = vectors.vectors.astype(np.float64)
        scale = np.abs(wide).max(axis=1, keepdims=True)
        unit = wide / np.where(scale, scale, 1)
        unit /= np.where(scale, np.linalg.norm(unit, axis=1, keepdims=True), 1)
        unit_of = dict(zip(vectors.words, unit, strict=True))
        mean = sum(unit_of[w] for w in positive) - sum(unit_of[w] for w in negative)
        if np.linalg.norm(mean) < 1e-3:  # the cosine with a sum that cancels is rounding noise
            return
        found = vectors.most_similar(positive, negative, topn)
        rest = [word for word in vectors.words if word not in positive + negative]
        expected = {word: cosine(unit_of[word], np.asarray(mean)) for word in rest}
        assert len(found) == min(topn, len(rest))
        assert {word for word, _ in found} <= set(rest)
        values = [value for _, value in found]
        best = sorted(expected.values(), reverse=True)[: len(found)]
        np.testing.assert_allclose(values, best, atol=3e-4)
        np.testing.assert_allclose(values, [expected[word] for word, _ in found], atol=3e-4)
        assert values == sorted(values, reverse=True)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("dim", [3, 100])
    def test_words_that_cancel_are_like_no_word(self, dtype: type, dim: int) -> None:
        table = np.random.default_rng(dim).normal(size=(8, dim)).astype(dtype)
        vectors = WordVectors(tuple("abcdefgh"), table)
        for x, y in combinations("abcdefgh", 2):
            for plus, minus in (
                ([x, y], vectors[[y, x]]),
                ([x, -7 * vectors[x]], []),
                ([x, y, x], list(vectors[[x, y, x]])),
            ):
                assert {value for _, value in vectors.most_similar(plus, minus)} == {0}
        near = vectors["a"] + dtype(0.01) * vectors["b"]
        ((word, value), *_) = vectors.most_similar([near], ["a"])
        assert (word, value > 0.5) == ("b", True)

    @given(parts())
    @example((("a", "b"), np.array([[3e38, 3e38], [1e-45, 0]], np.float32), {}))
    def test_cosines_of_huge_tiny_and_zero_vectors(self, given_parts: tuple) -> None:
        vectors = WordVectors(*given_parts)
        for word, row in zip(vectors.words, vectors.vectors, strict=True):
            expected = 1.0 if row.any() else 0.0
            assert vectors.similarity(word, word) == pytest.approx(expected, abs=1e-6)
            assert vectors.similarity(word, row) == pytest.approx(expected, abs=1e-6)

    def test_vectors_and_words_may_be_asked_alike(self, small: WordVectors) -> None:
        by_word = small.most_similar("king", topn=5)
        by_vector = small.most_similar(small["king"] * 7, topn=6)
        assert by_vector[0] == ("king", pytest.approx(1, abs=1e-6))
        assert by_vector[1:] == by_word
        assert small.most_similar([small["king"].tolist()], topn=6) == by_vector
        assert small.most_similar(np.stack([small["king"]]), topn=6) == by_vector
        assert small.similarity("king", small["queen"]) == small.similarity("king", "queen")
        assert small.similarity("king", "nothing") == 0

    def test_equal_cosines_keep_the_order_of_the_words(self) -> None:
        words = tuple(f"word{i}" for i in range(100))
        rows = np.tile([[1, 1], [1, 0.9]], (50, 1))
        found = WordVectors(words, rows).most_similar("word4", topn=60)
        even, odd = list(words[0::2]), list(words[1::2])
        even.remove("word4")
        assert [word for word, _ in found] == even + odd[:11]

    def test_no_cosine_is_beyond_1(self) -> None:
        rows = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
        words = tuple(map(str, range(50)))
        vectors = WordVectors((*words, *(f"{word} again" for word in words)), np.tile(rows, (2, 1)))
        for word in words:
            assert vectors.similarity(word, word) <= 1
            assert vectors.similarity(word, -vectors[word]) >= -1
            assert vectors.most_similar(word, topn=1)[0][1] <= 1

    def test_the_opposite(self, small: WordVectors) -> None:
        (word, value), *_ = small.most_similar(negative=["man"])
        assert (word, value) == ("woman", pytest.approx(-small.similarity("man", "woman")))

    def test_lookup(self, small: WordVectors) -> None:
        assert small["pear"].tolist() == small.vectors[4].tolist()
        assert "pear" in small
        assert "plum" not in small
        assert (len(small), small.dim) == (6, 3)
        assert repr(small) == "WordVectors(6 words, dim 3, float32)"

    @pytest.mark.parametrize(
        ("config", "found"),
        [('{"window": 5}', {"window": 5}), ("{", {}), ("[]", {}), ("3", {}), ("[" * 100_000, {})],
    )
    def test_settings(self, small: WordVectors, config: str, found: dict) -> None:
        assert WordVectors(small.words, small.vectors, {"config": config}).settings == found
        assert small.settings == {}

    def test_it_cannot_be_changed(self, small: WordVectors) -> None:
        with pytest.raises(ValueError, match="read-only"):
            small["king"][0] = 2
        with pytest.raises(AttributeError):
            small.words = ()  # type: ignore[misc]
        with pytest.raises(TypeError):
            small.metadata["dim"] = "4"  # type: ignore[index]

    @pytest.mark.usefixtures("unchecked")
    def test_unknown_words_are_all_named(self, small: WordVectors) -> None:
        with pytest.raises(UnknownWordError, match=r"'quen'.*Close matches: 'queen'"):
            small["quen"]
        with pytest.raises(KeyError, match="'quen', 'plum'"):
            small.most_similar(["king", "quen"], ["plum", "quen"])
        with pytest.raises(KeyError, match="'plum'"):
            small.similarity("king", "plum")

    @pytest.mark.usefixtures("unchecked")
    @pytest.mark.parametrize(
        ("ask", "complaint"),
        [
            (lambda it: it.most_similar(), "at least one word"),
            (lambda it: it.most_similar(["king", "man"], "man"), "'man' is on both sides"),
            (lambda it: it.analogy("man", "king", "man"), "'man' is on both sides"),
            (lambda it: it.analogy("man", "man", "king", method="mul"), "'man' is on both sides"),
            (lambda it: it.most_similar("king", topn=0), "topn"),
            (lambda it: it.most_similar("king", topn=1.5), "topn"),
            (lambda it: it.most_similar([np.ones(4)]), r"vector of 3 numbers, got .*\(4,\)"),
            (lambda it: it.most_similar([1.0, 2.0, 3.0]), r"shape \(\)"),
            (lambda it: it.most_similar([None]), "object"),
            (lambda it: it.most_similar(3), "got 3"),
            (lambda it: it.similarity("king", [np.nan, 0, 0]), "NaN"),
        ],
    )
    def test_what_cannot_be_asked(
        self, small: WordVectors, ask: Callable[[WordVectors], object], complaint: str
    ) -> None:
        with pytest.raises(ValueError, match=complaint):
            ask(small)

    @pytest.mark.usefixtures("unchecked")
    @pytest.mark.parametrize(
        ("words", "vectors", "complaint"),
        [
            (("a", "b"), np.ones((1, 2)), r"2 words, got .* \(1, 2\)"),
            (("a",), np.ones(1), "shape"),
            ((), np.ones((0, 2)), "0 words"),
            (("a",), np.ones((1, 0)), "at least 1 number"),
            (("a", "b", "a"), np.ones((3, 2)), "'a' occurs again"),
            (("a", "b"), np.array([[0], [np.nan]]), "1 of 2 vectors have NaN .* 'b'"),
            (("a",), np.array([[np.inf]]), "infinite"),
            (("a",), np.ones((1, 2), int), "float16, float32 or float64, got int"),
            (("a",), np.ones((1, 2), np.longdouble), "got float128"),
            ((3,), np.ones((1, 2)), "must be a str"),
        ],
    )
    def test_what_are_no_word_vectors(
        self, words: tuple[str, ...], vectors: np.ndarray, complaint: str
    ) -> None:
        with pytest.raises(ValueError, match=complaint):
            WordVectors(words, vectors)

    def test_asking_does_not_import_jax(self) -> None:
        code = (
            "import sys, jw2v.vectors, jw2v.reading.vocabulary, jw2v.reading.corpus, jw2v.formats;"
            "import jw2v.pictures.plot;"
            "sys.exit('jax' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestFiles:
    @given(parts())
    @example((("",), np.zeros((1, 1)), {"": ""}))
    @example((("\0", "a b\n", "\u202eעברית", "e\u0301"), np.eye(4, dtype=np.float32), {}))
    def test_round_trip(self, path: Path, given_parts: tuple) -> None:
        vectors = WordVectors(*given_parts)
        vectors.save(path)
        loaded = WordVectors.load(path)
        assert loaded.words == vectors.words
        assert loaded.vectors.dtype == vectors.vectors.dtype
        assert loaded.vectors.tobytes() == vectors.vectors.tobytes()
        assert loaded.metadata == vectors.metadata

    def test_layout_of_the_array_does_not_matter(self, path: Path) -> None:
        array = np.arange(12.0).reshape(3, 4).T[::2]
        WordVectors(("a", "b"), array).save(path)
        assert WordVectors.load(path).vectors.tolist() == array.tolist()

    def test_the_library_reads_our_files(self, path: Path, small: WordVectors) -> None:
        small.save(path)
        tensors = load_file(path)
        assert tensors["vectors"].tolist() == small.vectors.tolist()
        assert tensors["words"].tobytes().decode() == "".join(small.words)
        assert tensors["word_ends"].tolist() == np.cumsum([len(w) for w in small.words]).tolist()
        header_bytes = int.from_bytes(path.read_bytes()[:8], "little")
        header = json.loads(path.read_bytes()[8 : 8 + header_bytes])
        assert header["__metadata__"] == {"format": "jw2v", "format_version": "1", "dim": "3"}
        assert header_bytes % 8 == 0

    def test_what_the_format_cannot_hold(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        with pytest.raises(ValueError, match="not valid Unicode"):
            WordVectors(("\ud800",), np.ones((1, 1))).save(path)
        with pytest.raises(ValueError, match="must not use the names"):
            WordVectors(("a",), np.ones((1, 1)), {"format": "mine"}).save(path)
        assert os.listdir(path.parent) == []

    def test_the_suffix_tells_the_format(self, tmp_path: Path, small: WordVectors) -> None:
        for name in ("vectors", "vectors.doc"):
            with pytest.raises(ValueError, match=r"expected \.safetensors or .*, got '"):
                small.save(tmp_path / name)
            with pytest.raises(ValueError, match=r"expected \.safetensors or .*, got '"):
                WordVectors.load(tmp_path / name)
            with pytest.raises(ValueError, match=r"expected \.safetensors or .*, got '"):
                formats.check_destination(tmp_path / name)
        assert os.listdir(tmp_path) == []
        small.save(str(tmp_path / "UPPER.SAFETENSORS"))

    def test_a_missing_file_and_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"no such file: .*absent\.safetensors"):
            WordVectors.load(tmp_path / "absent.safetensors")
        folder = tmp_path / "folder.safetensors"
        folder.mkdir()
        with pytest.raises(IsADirectoryError, match="is a folder"):
            WordVectors.load(folder)


class TestDamagedFiles:
    @pytest.fixture
    def whole(self, path: Path) -> bytes:
        WordVectors(("é", "b"), np.eye(2, dtype=np.float32), {"seed": "1"}).save(path)
        return path.read_bytes()

    @settings(max_examples=150)
    @given(data=st.data())
    def test_every_truncation_is_refused(
        self, path: Path, whole: bytes, data: st.DataObject
    ) -> None:
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
        with pytest.raises(ValueError, match=r"some\.safetensors: "):
            WordVectors.load(path)

    @settings(max_examples=300)
    @given(data=st.data())
    def test_a_changed_byte_is_refused_or_gives_whole_vectors(
        self, path: Path, whole: bytes, data: st.DataObject
    ) -> None:
        changed = bytearray(whole)
        changed[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(changed)
        with suppress(ValueError):
            loaded = WordVectors.load(path)
            assert len(loaded.words) == len(loaded.vectors)
            assert np.isfinite(loaded.vectors).all()

    @pytest.mark.parametrize(
        ("changes", "complaint"),
        [
            ({"metadata": {}}, "not one of jw2v"),
            ({"metadata": {"format": "pt"}}, "not one of jw2v"),
            ({"metadata": {"format": "jw2v", "format_version": "2"}}, "version '2'"),
            ({"vectors": None}, "'vectors'.*got None"),
            ({"words": None}, "'words'.*got None"),
            ({"word_ends": None}, "'word_ends'.*got None"),
            ({"vectors": np.ones(2, np.float32)}, r"'vectors'.*\('F32', 1\)"),
            ({"vectors": np.ones((2, 2), np.int32)}, "'vectors'.*I32"),
            ({"vectors": np.ones((3, 2), np.float32)}, "2 words, got"),
            ({"vectors": np.full((2, 2), np.nan, np.float32)}, "NaN"),
            ({"word_ends": np.array([1, 3])}, "the ends of the words"),
            ({"word_ends": np.array([3, 2])}, "the ends of the words"),
            ({"word_ends": np.array([-1, 2])}, "the ends of the words"),
            ({"word_ends": np.array([1, 2], np.int32)}, "'word_ends'.*I32"),
            ({"words": np.array([0xFF, 0x61], np.uint8)}, "not UTF-8"),
            ({"words": np.array([0x61, 0x61], np.uint8)}, "'a' occurs again"),
        ],
    )
    def test_a_file_that_does_not_fit_together(
        self, path: Path, changes: dict[str, object], complaint: str
    ) -> None:
        tensors = {
            "vectors": np.ones((2, 2), np.float32),
            "words": np.frombuffer(b"ab", np.uint8),
            "word_ends": np.array([1, 2]),
            "metadata": {"format": "jw2v", "format_version": "1"},
            **changes,
        }
        metadata = tensors.pop("metadata")
        present = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        path.unlink(missing_ok=True)
        save_file(present, path, metadata)
        with pytest.raises(ValueError, match=rf"some\.safetensors: .*{complaint}"):
            WordVectors.load(path)

    def test_a_header_that_promises_too_much(self, path: Path) -> None:
        size = 10**12 * 300 * 4
        tensor = {"dtype": "F32", "shape": [10**12, 300], "data_offsets": [0, size]}
        header = json.dumps({"vectors": tensor, "__metadata__": {"format": "jw2v"}}).encode()
        for promise in (len(header), 2**63):
            path.write_bytes(promise.to_bytes(8, "little") + header)
            with pytest.raises(ValueError, match="truncated, damaged"):
                WordVectors.load(path)


class TestWritingWholeOrNotAtAll:
    def test_a_failure_leaves_the_old_file(self, tmp_path: Path, small: WordVectors) -> None:
        path = tmp_path / "some.safetensors"
        small.save(path)
        old = path.read_bytes()
        other = WordVectors(("a",), np.ones((1, 1)))
        for broken in ("os.fsync", "os.replace"):
            failure = OSError(errno.ENOSPC, "No space left on device")
            with (
                mock.patch(broken, side_effect=failure),
                pytest.raises(OSError, match=r"cannot write .*some.*No space") as caught,
            ):
                other.save(path)
            assert caught.value.errno == errno.ENOSPC
            with (
                mock.patch(broken, side_effect=KeyboardInterrupt),
                pytest.raises(KeyboardInterrupt),
            ):
                other.save(path)
            assert path.read_bytes() == old
            assert os.listdir(tmp_path) == ["some.safetensors"]

    def test_nothing_is_there_before_the_end(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        with files.replacing(path) as file:
            file.write(b"half")
            assert not path.exists()
        assert path.read_bytes() == b"half"
        assert os.listdir(tmp_path) == ["file"]

    def test_permissions(self, tmp_path: Path) -> None:
        fresh, secret = tmp_path / "fresh", tmp_path / "secret"
        ordinary = tmp_path / "ordinary"
        ordinary.touch()
        secret.touch(mode=0o600)
        for path in (fresh, secret):
            with files.replacing(path) as file:
                file.write(b"x")
        assert fresh.stat().st_mode == ordinary.stat().st_mode
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600

    def test_a_link_is_followed(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        link.symlink_to(target)
        with files.replacing(link) as file:
            file.write(b"x")
        assert link.is_symlink()
        assert target.read_bytes() == b"x"

    def test_a_protected_file_is_not_replaced(self, tmp_path: Path, small: WordVectors) -> None:
        path, words = tmp_path / "x.tsv", tmp_path / "x.metadata.tsv"
        for protected in (path, words):
            protected.write_bytes(b"precious")
            protected.chmod(0o444)

            def access(asked: object, mode: int, protected: Path = protected) -> bool:
                """As it answers all but root."""
                return asked != os.path.realpath(protected) or not mode & os.W_OK

            for write in (small.save, formats.check_destination):
                with (
                    mock.patch("os.access", access),
                    pytest.raises(PermissionError, match=f"{protected.name}: the file is prot"),
                ):
                    write(path)
            assert protected.read_bytes() == b"precious"
            protected.unlink()

    def test_where_no_file_can_be_written(self, tmp_path: Path, small: WordVectors) -> None:
        folder = tmp_path / "folder.safetensors"
        folder.mkdir()
        pipe = tmp_path / "pipe.safetensors"
        os.mkfifo(pipe)
        for path, kind, complaint in (
            (folder, IsADirectoryError, "is a folder"),
            (pipe, OSError, "not a regular file"),
            (tmp_path / "absent/x.safetensors", FileNotFoundError, "no folder .*absent"),
        ):
            for write in (small.save, formats.check_destination):
                with pytest.raises(kind, match=complaint):
                    write(path)
        with (
            mock.patch("os.access", return_value=False),
            pytest.raises(PermissionError, match="no permission"),
        ):
            small.save(tmp_path / "x.safetensors")
        assert sorted(os.listdir(tmp_path)) == ["folder.safetensors", "pipe.safetensors"]


@pytest.mark.usefixtures("unchecked")
def test_words_may_come_from_an_iterator() -> None:
    vectors = WordVectors(("a", "b"), np.eye(2))
    assert vectors[(word for word in "ba")].tolist() == [[0, 1], [1, 0]]
    with pytest.raises(KeyError, match="no such word"):
        vectors[map(str.lower, ["A", "No such word"])]


@pytest.mark.parametrize("metadata", [{"epochs": 5}, {5: "epochs"}, {"config": None}])
@pytest.mark.usefixtures("unchecked")
def test_metadata_that_are_no_texts(metadata: dict) -> None:
    with pytest.raises(ValueError, match=r"metadata must hold texts by name, .*; got"):
        WordVectors(("a",), np.ones((1, 2)), metadata)


def test_vectors_stay_what_they_were(tmp_path: Path) -> None:
    """Also where what they were made of is written on, or is a part of it."""
    whole = np.eye(3)
    of_all, of_some = WordVectors(tuple("abc"), whole), WordVectors(("a", "b"), whole[:2])
    whole[:] = 7
    assert (of_all.vectors == np.eye(3)).all()
    assert (of_some.vectors == np.eye(3)[:2]).all()
    fixed = np.eye(2)
    fixed.flags.writeable = False
    assert np.shares_memory(WordVectors(("a", "b"), fixed).vectors, fixed)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "array", [[1, 2], np.zeros(2, np.uint32), np.array([1.0, np.nan]), np.array(["a"])], ids=repr
)
def test_arrays_that_no_model_has(array: object) -> None:
    with pytest.raises(ValueError, match=r"arrays must hold NumPy arrays|has NaN or infinite"):
        WordVectors(("a",), np.ones((1, 2)), {}, {"theta": array})
    with pytest.raises(ValueError, match="arrays must have texts for names; got 1"):
        WordVectors(("a",), np.ones((1, 2)), {}, {1: np.ones(2)})


def test_arrays_are_kept_whatever_their_order_and_stay_what_they_were(tmp_path: Path) -> None:
    theta = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    vectors = WordVectors(("a", "b"), np.eye(2), {}, {"theta": theta})
    theta[:] = 7
    vectors.save(tmp_path / "a.safetensors")
    found = WordVectors.load(tmp_path / "a.safetensors").arrays["theta"]
    assert found.tolist() == [[0, 1, 2], [3, 4, 5]]
    for one in np.array(3.0), np.ones((0, 2)):
        WordVectors(("a", "b"), np.eye(2), {}, {"one": one}).save(tmp_path / "c.safetensors")
        found = WordVectors.load(tmp_path / "c.safetensors").arrays["one"]
        assert (found.shape, found.tolist()) == (one.shape, one.tolist())
    with pytest.raises(ValueError, match="arrays must not have the names"):
        WordVectors(("a",), np.ones((1, 2)), {}, {"words": theta}).save(tmp_path / "b.safetensors")


class TestWhatIsTakenForOther:
    """What would be read as other words or numbers than are meant."""

    def test_masked_numbers(self, small: WordVectors) -> None:
        rows = np.ma.array(np.eye(2), mask=np.eye(2) > 0)
        with pytest.raises(ValueError, match="masked"):
            WordVectors(("a", "b"), rows)
        with pytest.raises(ValueError, match="'tree'"):
            WordVectors(("a", "b"), np.eye(2), arrays={"tree": rows})
        for vector in (np.ma.array(np.ones(small.dim), mask=True), [True, 1.0, 1.0]):
            with pytest.raises(ValueError, match="expected a word or a vector of 3 numbers"):
                small.most_similar([vector])

    @pytest.mark.usefixtures("unchecked")
    def test_words_in_no_order(self, small: WordVectors) -> None:
        for words in ({"a", "b"}, frozenset("ab"), "ab"):
            with pytest.raises(ValueError, match="list"):
                WordVectors(words, np.eye(2))
        some = set(small.words[:3])
        for ask in (small.__getitem__, small.most_similar_each, small.subset):
            with pytest.raises(ValueError, match="a set has no order"):
                ask(some)
        assert WordVectors(dict.fromkeys("ab"), np.eye(2)).words == ("a", "b")

    @pytest.mark.usefixtures("unchecked")
    def test_words_in_an_array_or_an_iterator(self, small: WordVectors) -> None:
        words = small.words[:3]
        assert small.most_similar(np.array(words)) == small.most_similar(words)
        assert small.doesnt_match(iter(words)) == small.doesnt_match(words)

    @pytest.mark.parametrize("writable", [bytearray, lambda content: array("B", content)])
    def test_a_read_only_view_of_what_others_write(self, writable: Callable) -> None:
        rows = np.eye(2)
        buffer = writable(rows.tobytes())
        views = [np.ndarray((2, 2), float, memoryview(buffer).toreadonly())]
        views.append(np.ndarray((2, 2), float, buffer))
        views[1].flags.writeable = False
        made = [WordVectors(("a", "b"), view, arrays={"tree": view}) for view in views]
        buffer[:8] = writable(np.float64(9).tobytes())
        for vectors in made:
            assert vectors.vectors.tolist() == vectors.arrays["tree"].tolist() == rows.tolist()
        held = np.frombuffer(bytes(rows.tobytes())).reshape(2, 2)
        assert np.shares_memory(WordVectors(("a", "b"), held).vectors, held), "nobody can write"

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: loads(dumps(x))])
    def test_copies(self, copied: Callable) -> None:
        vectors = WordVectors(("a", "b"), np.eye(2), {"k": "v"}, {"tree": np.ones(3)})
        again = copied(vectors)
        assert (again.words, again.metadata) == (vectors.words, vectors.metadata)
        assert again.vectors.tolist() == vectors.vectors.tolist()
        assert again.arrays["tree"].tolist() == [1, 1, 1]
        assert not again.vectors.flags.writeable
