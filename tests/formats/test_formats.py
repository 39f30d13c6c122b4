"""Vector files of all formats: they come back exactly, or what they cannot hold is refused."""

import gc
import gzip
import os
import struct
import time
import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save_file

from jw2v import formats
from jw2v.formats import _shared, _text, tables, word2vec_binary
from jw2v.vectors.words import WordVectors

# Name and a file name; what words a format cannot hold; whether it holds float64 and metadata.
NAMES = {format.name: "some" + format.suffixes[-1] for format in formats.FORMATS}
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
WORDS = {
    "text": ANY.filter(lambda word: word and not set(word) & set("\0\t\n\v\f\r ")),
    "projector": ANY.filter(
        lambda word: (
            word == word.strip("\0\ufeff\x1c\x1d\x1e\x1f\x85").strip() != ""
            and not set(word) & set("\t\n\r")
        )
    ),
}
TEXTS = ("word2vec", "glove", "fasttext", "projector")
each_format = pytest.mark.parametrize("name", NAMES)


NO_MARK = WORDS["text"].filter(lambda word: word[0] != "\ufeff")
"""For GloVe's text, whose first word cannot begin with a byte order mark."""


def words_for(name: str) -> st.SearchStrategy[str]:
    if name in ("safetensors", "parquet", "arrow"):
        return ANY
    return NO_MARK if name == "glove" else WORDS.get(name, WORDS["text"])


@st.composite
def contents(draw: st.DrawFn, name: str) -> tuple[list[str], np.ndarray]:
    words = draw(st.lists(words_for(name), min_size=1, max_size=9, unique=True))
    dtypes = [np.float32] if name == "word2vec-binary" else [np.float32, np.float64]
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    numbers = st.floats(width=dtype.itemsize * 8, allow_nan=False, allow_infinity=False)
    shape = (len(words), draw(st.integers(1, 4)))
    return words, draw(hnp.arrays(dtype, shape, elements=numbers))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("formats")


@pytest.fixture(autouse=True)
def fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """That bytes reach the disk is tested with storage.files; here are thousands of small files."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and slabs of a few bytes, so that small files have many."""
    for module in (_text, word2vec_binary, tables):
        monkeypatch.setattr(module, "BLOCK_BYTES", 7)
    monkeypatch.setattr(_shared, "_SLAB_BYTES", 20)


SMALL = (["king", "é", "\u202eעברית"], np.array([[0.1, -0.0], [1e-45, 3.4e38], [2, 1]], np.float32))


def refused(path: Path, complaint: str, name: str | None = None) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        WordVectors.load(path, format=name)
    assert str(caught.value).startswith(f"{path}: ")


def refused_or_whole(path: Path) -> None:
    complaint = None
    try:
        loaded = WordVectors.load(path)
    except ValueError as error:
        complaint = str(error)
    if complaint is None:
        assert len(loaded.words) == len(loaded.vectors)
        assert np.isfinite(loaded.vectors).all()
    else:
        assert complaint.startswith(f"{path}: ")


class TestRoundTrips:
    @each_format
    @given(data=st.data())
    def test_all_that_a_format_can_hold(self, name: str, data: st.DataObject, folder: Path) -> None:
        self.check(name, *data.draw(contents(name)), folder)

    @pytest.mark.usefixtures("short_blocks")
    @each_format
    @given(data=st.data())
    def test_whatever_the_blocks(self, name: str, data: st.DataObject, folder: Path) -> None:
        self.check(name, *data.draw(contents(name)), folder)

    @each_format
    @pytest.mark.parametrize(
        ("words", "rows"),
        [
            (["5"], [[3]]),
            (["5"], [[-3]]),
            (["0"], [[1e8]]),
            (["0"], [[-1.2e20]]),
            (["\ufeff5", "6"], [[3], [4]]),
            (['"', '"a"', "\\", "'", "#", "nan", "NULL"], np.eye(7)),
            (["word" * 50_000, "b"], [[1, 2], [3, 4]]),
            (["a", "b"], [[0.5, 1], [np.float32(0.1), np.float32(1) / 3]]),
            (["\u2028x", "a\xa0b", "a\x85b", "a\u3000b"], np.eye(4)),
        ],
    )
    def test_what_is_easily_misread(
        self, name: str, words: list[str], rows: list, folder: Path
    ) -> None:
        if name in ("projector", "glove"):
            words = [word.strip("\u2028\ufeff") for word in words]
        for dtype in (np.float32, np.float64)[: 1 if name == "word2vec-binary" else 2]:
            self.check(name, words, np.array(rows, dtype), folder)

    @staticmethod
    def check(name: str, words: list[str], vectors: np.ndarray, folder: Path) -> None:
        path = folder / NAMES[name]
        formats.save(path, words, vectors, {"seed": "é"}, format=name)
        found, numbers, metadata = formats.load(path, format=name)
        assert found == words
        assert numbers.dtype == vectors.dtype
        assert numbers.tobytes() == vectors.tobytes()
        keeps = formats.named(path, name).keeps_metadata
        assert metadata == ({"seed": "é"} if keeps else {})

    @each_format
    def test_layout_of_the_array_does_not_matter(self, name: str, folder: Path) -> None:
        array = np.arange(12, dtype=np.float32).reshape(3, 4).T[::2]
        WordVectors(("a", "b"), array).save(folder / NAMES[name])
        assert WordVectors.load(folder / NAMES[name]).vectors.tolist() == array.tolist()

    @each_format
    def test_the_order_of_bytes_does_not_matter(self, name: str, folder: Path) -> None:
        array = np.arange(6, dtype=np.float32).reshape(2, 3)
        path = folder / NAMES[name]
        formats.save(path, ["a", "b"], array.astype(array.dtype.newbyteorder()), {})
        assert WordVectors.load(path).vectors.tolist() == array.tolist()

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @given(data=st.data())
    def test_numbers_have_no_digit_too_many(
        self, dtype: type, data: st.DataObject, folder: Path
    ) -> None:
        numbers = st.floats(
            width=np.dtype(dtype).itemsize * 8, allow_nan=False, allow_infinity=False
        )
        row = data.draw(hnp.arrays(dtype, (1, 5), elements=numbers))
        formats.save(folder / "x.txt", ["a"], row, {})
        written = (folder / "x.txt").read_text().split()[4:]
        for text, number in zip(written, row[0, 1:], strict=True):
            shortest = np.format_float_scientific(number, trim="-")
            assert digits(text) == digits(shortest)


def digits(number: str) -> str:
    return number.lower().partition("e")[0].replace(".", "").strip("-0")


class TestWhatCannotBeHeld:
    @pytest.mark.parametrize("name", ["word2vec", "word2vec-binary", "glove", "fasttext"])
    @pytest.mark.parametrize("word", ["", " ", "New York", "a\n", "\ta", "a\rb", "a\0"])
    def test_words_with_white_space(self, name: str, word: str, tmp_path: Path) -> None:
        self.check(name, word, "white space", tmp_path)

    @pytest.mark.parametrize("word", ["", " a", "a\u3000", "\ufeffa", "a\tb", "a\nb", "a\rb"])
    def test_words_that_the_projector_trims(self, word: str, tmp_path: Path) -> None:
        self.check("projector", word, "white space at an end|tab or line end", tmp_path)

    @each_format
    def test_words_that_are_not_unicode(self, name: str, tmp_path: Path) -> None:
        self.check(name, "a\ud800", "not valid Unicode", tmp_path)

    @staticmethod
    def check(name: str, word: str, complaint: str, folder: Path) -> None:
        path = folder / NAMES[name]
        with pytest.raises(ValueError, match=complaint) as caught:
            formats.save(path, ["fine", word], np.ones((2, 1), np.float32), {})
        assert str(caught.value).startswith(f"{path}: ")
        assert os.listdir(folder) == []

    @each_format
    @pytest.mark.usefixtures("unchecked")
    def test_other_numbers_and_another_number_of_words(self, name: str, tmp_path: Path) -> None:
        rows = np.ones((2, 3), np.float32)
        for words, vectors in (("ab", rows.astype("g")), ("a", rows), ("abc", rows)):
            with pytest.raises(ValueError, match=r"vector of (float16, )?float32 or float64 for"):
                formats.save(tmp_path / NAMES[name], list(words), vectors, {})
        assert os.listdir(tmp_path) == []

    def test_float64_in_binary(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="holds float32, got float64"):
            WordVectors(("a",), np.ones((1, 1))).save(tmp_path / "x.bin")
        assert os.listdir(tmp_path) == []


class TestDamagedFiles:
    @each_format
    def test_every_truncation_is_refused(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / NAMES[name]
        formats.save(path, *SMALL, {"seed": "1"})
        whole = path.read_bytes()
        for cut in range(len(whole)):
            if name == "glove" and whole[:cut].endswith(b"\n"):
                continue  # a whole file of fewer words: it says nowhere how many there are
            path.write_bytes(whole[:cut])
            if name in ("word2vec", "fasttext") and cut == len(whole) - 1:
                with pytest.warns(UserWarning, match="the last line has no line end; it is read"):
                    assert formats.load(path)[1].tobytes() == SMALL[1].tobytes()
            else:
                refused(path, ".")

    def test_every_truncation_of_the_words_of_the_projector(self, tmp_path: Path) -> None:
        path, labels = tmp_path / "some.tsv", tmp_path / "some.metadata.tsv"
        formats.save(path, *SMALL, {})
        whole = labels.read_bytes()
        for cut in range(len(whole)):
            labels.write_bytes(whole[:cut])
            refused(path, "some.metadata.tsv")
        labels.unlink()
        with pytest.raises(FileNotFoundError, match=r"no such file: .*some\.metadata\.tsv"):
            WordVectors.load(path)

    @each_format
    @given(data=st.data())
    def test_changed_bytes_are_refused_or_give_whole_vectors(
        self, name: str, data: st.DataObject, folder: Path
    ) -> None:
        path = folder / NAMES[name]
        formats.save(path, *SMALL, {"seed": "1"})
        changed = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(changed) - 1))
            changed[at] = data.draw(st.integers(0, 255))
        path.write_bytes(changed)
        refused_or_whole(path)

    @each_format
    @given(content=st.binary(max_size=200))
    @example(content=b"\n")
    @example(content=b" \n")
    @example(content=b"\r\n")
    @example(content=b"1 1")
    @example(content=b"\x1f\x8b")
    def test_any_bytes(self, name: str, content: bytes, folder: Path) -> None:
        path = folder / NAMES[name]
        path.write_bytes(content)
        (folder / "some.metadata.tsv").write_bytes(b"a\n")
        refused_or_whole(path)

    @each_format
    @pytest.mark.parametrize("packed", [False, True])
    def test_empty(self, name: str, packed: bool, folder: Path) -> None:
        path = folder / NAMES[name]
        path.write_bytes(gzip.compress(b"") if packed else b"")
        (folder / "some.metadata.tsv").write_bytes(b"a\n")
        refused(path, ".")

    @each_format
    def test_a_folder_and_no_file(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / NAMES[name]
        with pytest.raises(FileNotFoundError, match=f"no such file: {path}"):
            WordVectors.load(path)
        path.mkdir()
        with pytest.raises(IsADirectoryError, match=f"{path} is a folder"):
            WordVectors.load(path)

    @pytest.mark.parametrize("name", ["word2vec", "word2vec-binary", "fasttext"])
    @pytest.mark.parametrize(
        ("header", "complaint"),
        [
            (b"1000000000000 300\n", "1,000,000,000,000 vectors of 300 numbers, which take"),
            (b"1 1000000000\n", "1 vectors of 1,000,000,000 numbers, which take"),
            (b"9" * 60 + b" " + b"9" * 60 + b"\n", r"1e\+60 vectors"),
            (b"-1 3\n", "at least 1 of each"),
            (b"0 3\n", "at least 1 of each"),
            (b"3 0\n", "at least 1 of each"),
            (b"3 -7\n", "at least 1 of each"),
        ],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_promises_are_refused_before_anything_is_allocated(
        self, name: str, header: bytes, complaint: str, packed: bool, folder: Path
    ) -> None:
        path = folder / NAMES[name]
        content = header + b"a 1 2 3\n" * 100
        path.write_bytes(gzip.compress(content) if packed else content)
        with mock.patch.object(np, "empty", side_effect=AssertionError("allocated")):
            refused(path, complaint)

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (b"2 2\napple 1 2\n", "promises 2 vectors, but 1 rows follow"),
            (b"1 2\na 1 2\nb 1 2\n", "promises 1 vectors, but more rows follow"),
            (b"2 2\na 1 2\na 3 4\n", "'a' occurs again"),
            (b"2 2\na 1 2\nb 1\n", "line 3: expected 2 numbers, got 1"),
            (b"2 2\na 1 2 3\nb 1 2 3\n", "line 2: expected 2 numbers, got 3"),
            (b"2 2\na 1 2\nb 1 x\n", "line 3: expected a number, got b'x'"),
            (b"2 2\na 1 2\nb 1 2X\n", "line 3: expected a number, got b'2X'"),
            (b"2 2\na 1 2\nb 1 1_0\n", "line 3: expected a number"),
            (b"2 2\na 1 2\nb 1 0x1\n", "line 3: expected a number"),
            (b"2 2\na 1 2\nb 1  2\n", "line 3: expected a number, got b''"),
            (b"2 2\na 1 2\nb 1 nan\n", "line 3: expected finite numbers, got nan"),
            (b"2 2\na 1 2\nb -inf 1\n", "line 3: expected finite numbers, got -inf"),
            (b"2 2\na 1 2\nb 1 1e39\n", "line 3: 1e39 is beyond float32"),
            (b"2 2\na 1 2\n\xff 1 2\n", "line 3: the word .* is not UTF-8"),
            (b"2 2\na 1 2\nb\rc 1 2\n", "line 3: expected a word"),
            (b"2 2\na 1 2\nb 1 2\rc 1 2\n", r"line 3: expected a word, got 'b 1 2\\rc'"),
            (b"2 2\na 1 2\n 1 2\n", "line 3: expected a word, got ''"),
            (b"2 2\na 1 2\nb\0 1 2\n", r"line 3: expected a word, got 'b\\x00'"),
            (b"2 2\na 1 2\nb\tc 1 2\n", r"line 3: expected a word, got 'b\\tc'"),
            (b"a 1 2\nb 1 2", "no line end: truncated"),
            (b"3 2\nab 1 2\nab 1 200", "no line end: truncated"),
            (b"1 2\na\t1\t2\n", r"line 2: expected a word .* got fields with tabs between"),
            (b"a,1,2\n", r"line 1: .* with commas between, .* \(sed 's/,/ /g'"),
            (b"a;1;2\n", r"line 1: .* with semicolons between"),
            (b"a\t1\t2\n", r"with tabs between, .* \(sed 's/\\t/ /g'"),
            (
                b"2 2\na " + struct.pack("<2f", 1, 0.1) + b"b " + struct.pack("<2f", 1, 2),
                "--from word2vec-binary",
            ),
            (b"\xba\x16\x4f\x2f" + bytes(40), "a model of fastText"),
            (b"PAR1\x15", "--from parquet"),
            (b"ARROW1\0\0", "--from arrow"),
            (b"x\0\0\0\0\0\0\0{}", "--from safetensors"),
            (b"PK\3\4", "a zip archive: unpack it"),
            (b"\x93NUMPY\1\0", "an array of NumPy, which has no words"),
            (b"cgensim.models.keyedvectors\nKeyedVectors\n", "KeyedVectors.load"),
            (b"2 2\n\n\napple 1 2\nb 1\n", "line 5: expected 2 numbers, got 1"),
            (b"a 1 2\nb 1\n", "line 2: expected 2 numbers, got 1"),
            (b"a\nb\n", "line 1: expected a word and its numbers"),
            (b"<html>\n<body>\n", "line 1: expected a word and its numbers"),
            (b"\x80\x04\x95gensim", "KeyedVectors.load"),
        ],
    )
    @pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
    def test_wrong_text(self, content: bytes, complaint: str, ends: bytes, folder: Path) -> None:
        path = folder / "wrong.txt"
        path.write_bytes(content.replace(b"\n", ends))
        refused(path, complaint)

    @pytest.mark.usefixtures("short_blocks")
    def test_lines_are_counted_over_blocks(self, folder: Path) -> None:
        path = folder / "wrong.txt"
        path.write_bytes(b"".join(b"w%d 1 2\n" % i for i in range(50)) + b"x 1\n")
        refused(path, "line 51: expected 2 numbers, got 1")

    def test_a_line_without_end(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_text, "LONGEST_LINE", 30)
        monkeypatch.setattr(_text, "BLOCK_BYTES", 10)
        path = folder / "wrong.txt"
        path.write_bytes(b"a 1\nb " + b"1" * 50 + b"\n")
        refused(path, "a line of more than 30 bytes")

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (b"a b c\n", "expected a first line such as"),
            (b"a 1 2\n", "text of GloVe, .*--from glove"),
            (b"1 2\na 1 2\n", r"text of word2vec, .*--from word2vec\)"),
            (b"2 3\na 0.123 -1 2e5\nb 1 2 3\n", r"text of word2vec, .*--from word2vec\)"),
            (b"\xba\x16\x4f\x2f" + bytes(40), "truncated: a model of fastText"),
            (b"2 1\na " + bytes(4), "promises 2 vectors"),
            (b"2 1\na " + bytes(4) + b"b 123", "only 1 follow: truncated"),
            (b"1 1\na " + bytes(4) + b"b " + bytes(4), "more follows the 1 vectors"),
            (b"1 1\na " + bytes(4) + b"X", "more follows the 1 vectors"),
            (b"2 1\na " + bytes(4) + b"a " + bytes(4), "'a' occurs again"),
            (b"1 1\n\xff " + bytes(4), "word 1, b'.xff', is not UTF-8"),
            (b"2 1\na " + bytes(4) + b"\0b " + bytes(4), "word 2, .* has a NUL byte"),
            (b"1 1\na " + struct.pack("<f", np.nan), "NaN"),
            (b"1 1\n" + b"a" * (2 << 20), "word 1 has no end"),
            (b"\x80\x04\x95gensim", "KeyedVectors.load"),
        ],
    )
    def test_wrong_binary(self, content: bytes, complaint: str, folder: Path) -> None:
        path = folder / "wrong.bin"
        path.write_bytes(content)
        refused(path, complaint)

    def test_a_number_of_many_digits_takes_no_longer(self, folder: Path) -> None:
        path = folder / "wrong.txt"
        path.write_bytes(b"a " + b"1" * 10**6 + b"x\n")
        start = time.perf_counter()
        refused(path, "line 1: expected a number")
        assert time.perf_counter() - start < 5, "with the square of the digits it takes hours"

    def test_memory_is_taken_by_what_comes(self, folder: Path) -> None:
        """A row of 1 GiB is promised, which this much of gzip could hold, and does not come."""
        path = folder / "wrong.bin.gz"
        noise = np.random.default_rng(0).bytes(2 << 20)
        path.write_bytes(gzip.compress(b"1 %d\na " % (1 << 28) + noise, 1))
        tracemalloc.start()
        refused(path, "promises 1 vectors, but only 0 follow")
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
        tracemalloc.stop()

    def test_gensim_files_are_pickles(self, folder: Path) -> None:
        (folder / "some.kv").write_bytes(b"\x80\x04\x95")
        for ask in (WordVectors.load, formats.check_destination):
            with pytest.raises(ValueError, match=r"some\.kv.*save_word2vec_format"):
                ask(folder / "some.kv")

    def test_truncated_gzip(self, tmp_path: Path) -> None:
        path = tmp_path / "x.txt.gz"
        whole = gzip.compress(b"1 2\na 1 2\n")
        for cut in range(2, len(whole)):
            path.write_bytes(whole[:cut])
            refused(path, "gzip is truncated or damaged|header|row")


class TestForeignFiles:
    @pytest.mark.parametrize(
        "content",
        [
            b"a 1 2.5\nb -3 4e0\n",
            b"2 2\na 1 2.5 \nb -3 4e0 \n",
            b"2 2\r\na 1 2.5\r\nb -3 4e0\r\n",
            b"\xef\xbb\xbf2 2\na 1 2.5\nb -3 4e0\n",
            b"2 2\n\na 1 2.5\n\nb -3 4e0\n\n",
            b"2\t2\na +1. 25E-1\nb -3.0 4\n",
        ],
    )
    @pytest.mark.parametrize("name", ["word2vec", "glove", "fasttext"])
    @pytest.mark.parametrize("packed", [False, True])
    def test_text(self, content: bytes, name: str, packed: bool, folder: Path) -> None:
        path = folder / "foreign"
        path.write_bytes(gzip.compress(content) if packed else content)
        words, vectors, _ = formats.load(path, format=name)
        assert (words, vectors.tolist()) == (["a", "b"], [[1, 2.5], [-3, 4]])
        assert vectors.dtype == np.float32

    @pytest.mark.parametrize("end", [b"", b"\n"])
    def test_binary(self, end: bytes, folder: Path) -> None:
        rows = [word + struct.pack("<2f", 1, 2) + end for word in (b"a ", b"b ")]
        (folder / "x.bin.gz").write_bytes(gzip.compress(b"2 2\n" + b"".join(rows)))
        loaded = WordVectors.load(folder / "x.bin.gz")
        assert (loaded.words, loaded.vectors.tolist()) == (("a", "b"), [[1, 2], [1, 2]])

    @pytest.mark.parametrize(
        ("number", "dtype"),
        [
            ("0.123456789", np.float32),
            ("-12.3456789e-10", np.float32),
            ("0.0000123456789", np.float32),
            ("0.1234567891", np.float64),
            ("-1.2345678912e5", np.float64),
        ],
    )
    def test_many_digits_are_float64(self, number: str, dtype: type, folder: Path) -> None:
        (folder / "x.txt").write_text(f"a 1 {number}\n")
        _, vectors, _ = formats.load(folder / "x.txt")
        assert vectors.dtype == dtype
        assert vectors[0, 1] == dtype(number)

    def test_projector_names(self, tmp_path: Path) -> None:
        (tmp_path / "vectors.tsv").write_text("1\t2\n3\t4\n")
        (tmp_path / "metadata.tsv").write_text("word\tcount\nnew york\t7\nb\t2\n")
        assert WordVectors.load(tmp_path / "vectors.tsv").words == ("new york", "b")
        (tmp_path / "metadata.tsv").write_text("new york\nb\nc\n")
        refused(tmp_path / "vectors.tsv", "2 vectors, but 3 words in .*metadata.tsv")

    def test_tables_of_other_programs(self, folder: Path) -> None:
        words = pa.array(["a", "b"], pa.large_string())
        lists = pa.array([[1, 2], [3, 4]], pa.list_(pa.float64()))
        table = pa.table({"id": [1, 2], "vector": lists, "word": words})
        pq.write_table(table, folder / "x.parquet")
        loaded = WordVectors.load(folder / "x.parquet")
        assert (loaded.words, loaded.vectors.tolist()) == (("a", "b"), [[1, 2], [3, 4]])

    @pytest.mark.parametrize(
        ("columns", "complaint"),
        [
            ({"word": ["a"]}, "a column 'vector' of lists"),
            ({"word": ["a"], "vector": [1.0]}, "a column 'vector' of lists"),
            ({"word": ["a"], "vector": [["x"]]}, "a column 'vector' of lists"),
            ({"word": [1], "vector": [[1.0]]}, "a column 'word' of strings"),
            ({"word": ["a", None], "vector": [[1.0], [2.0]]}, "a word and a vector"),
            ({"word": ["a", "b"], "vector": [[1.0], None]}, "no number missing"),
            ({"word": ["a", "b"], "vector": [[1.0], [None]]}, "no number missing"),
            ({"word": ["a", "b"], "vector": [[1.0], [2.0, 3.0]]}, "of one length"),
            ({"word": ["a", "a"], "vector": [[1.0], [2.0]]}, "'a' occurs again"),
            ({"word": ["a"], "vector": [[float("nan")]]}, "NaN"),
        ],
    )
    @pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
    def test_tables_that_hold_something_else(
        self, columns: dict, complaint: str, suffix: str, folder: Path
    ) -> None:
        path, table = folder / f"wrong{suffix}", pa.table(columns)
        if suffix == ".parquet":
            pq.write_table(table, path)
        else:
            with pa.ipc.new_file(path, table.schema) as writer:
                writer.write_table(table)
        refused(path, complaint)

    def test_empty_tables_and_bad_metadata(self, folder: Path) -> None:
        schema = pa.schema([("word", pa.string()), ("vector", pa.list_(pa.float32()))])
        pq.write_table(schema.empty_table(), folder / "x.parquet")
        refused(folder / "x.parquet", "no rows")
        table = pa.table([["a"], pa.array([[1.0]], pa.list_(pa.float32()))], schema=schema)
        for text, complaint in (
            ("{", "not JSON"),
            ("[" * 100_000, "not JSON"),
            ("[]", "by name"),
            ('{"a": 1}', "by name"),
        ):
            pq.write_table(table.replace_schema_metadata({"jw2v": text}), folder / "x.parquet")
            refused(folder / "x.parquet", complaint)


class TestNames:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("a.safetensors", "safetensors"),
            ("A.TXT", "word2vec"),
            ("a.txt.gz", "word2vec"),
            ("a.glove.txt", "glove"),
            ("a.glove", "glove"),
            ("a.bin", "word2vec-binary"),
            ("cc.en.300.vec.gz", "fasttext"),
            ("a.feather", "arrow"),
        ],
    )
    def test_suffixes(self, path: str, name: str) -> None:
        assert formats.named(path).name == name

    def test_no_such_format(self, tmp_path: Path) -> None:
        for path in ("a.parquet.gz", "a.doc", "a"):
            with pytest.raises(ValueError, match="the suffix of a vector file"):
                formats.named(path)
        with pytest.raises(ValueError, match=r"one of the formats safetensors, .*, got 'excel'"):
            WordVectors.load(tmp_path / "x.txt", format="excel")

    @pytest.mark.parametrize("name", ["x.txt.bz2", "x.bin.zst", "x.glove.bz2"])
    def test_what_is_written_packed(self, name: str, tmp_path: Path) -> None:
        for write in (WordVectors(("a",), np.ones((1, 1))).save, formats.check_destination):
            with pytest.raises(ValueError, match=r"are written plain or as \.gz"):
                write(tmp_path / name)
            with pytest.raises(ValueError, match=r"are written plain or as \.gz"):
                write(tmp_path / "x.gz", format="parquet")
        assert os.listdir(tmp_path) == []

    def test_both_files_of_a_pair_are_checked(self, tmp_path: Path) -> None:
        (tmp_path / "x.metadata.tsv").mkdir()
        for write in (WordVectors(("a",), np.ones((1, 1))).save, formats.check_destination):
            with pytest.raises(IsADirectoryError, match=r"x\.metadata\.tsv"):
                write(tmp_path / "x.tsv")
        assert os.listdir(tmp_path) == ["x.metadata.tsv"]


class TestMapping:
    def test_loading_does_not_copy_the_vectors(self, tmp_path: Path) -> None:
        path = tmp_path / "x.safetensors"
        WordVectors(tuple(SMALL[0]), SMALL[1]).save(path)
        loaded = WordVectors.load(path)
        base: object = loaded.vectors
        while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
            base = base.base
        assert isinstance(base, np.memmap)
        WordVectors(("other",), np.ones((1, 1))).save(path)
        assert loaded.vectors.tobytes() == SMALL[1].tobytes(), "it keeps the file that it mapped"

    def test_vectors_that_lie_badly_are_copied(self, tmp_path: Path) -> None:
        path = tmp_path / "x.safetensors"
        parts = {
            "vectors": np.ones((2, 2), np.float32),
            "words": np.frombuffer(b"ab", np.uint8),
            "word_ends": np.array([1, 2]),
        }
        save_file(parts, path, {"format": "jw2v", "format_version": "1"})
        whole = path.read_bytes()
        header = int.from_bytes(whole[:8], "little")
        path.write_bytes(
            (header + 1).to_bytes(8, "little") + whole[8 : 8 + header] + b" " + whole[8 + header :]
        )
        loaded = WordVectors.load(path)
        assert loaded.vectors.flags.aligned
        assert loaded.vectors.tolist() == [[1, 1], [1, 1]]


# It leaves files open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("words", [["0", "1", "00"], ["0", "00"]])
def test_numbers_of_spaces_are_no_ends_of_words(words: list[str], tmp_path: Path) -> None:
    value = struct.pack("<f", 1.126783e16)  # three spaces and a letter
    path = tmp_path / "v.bin"
    path.write_bytes(b"%d 1\n" % len(words) + b"".join(w.encode() + b" " + value for w in words))
    found, numbers, _ = formats.load(path)
    assert (found, numbers.tobytes()) == (words, value * len(words))


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
class TestGensim:
    @pytest.fixture(autouse=True)
    def closed(self) -> Iterator[None]:
        """gensim leaves files to the garbage collector, which must find them in no other test."""
        yield
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    @pytest.fixture
    def keyed_vectors(self):
        return pytest.importorskip("gensim.models").KeyedVectors

    @pytest.mark.parametrize(
        ("name", "how"),
        [
            ("word2vec", {}),
            ("fasttext", {}),
            ("word2vec-binary", {"binary": True}),
            ("glove", {"no_header": True}),
        ],
    )
    @given(data=st.data())
    def test_it_reads_ours(
        self, keyed_vectors, name: str, how: dict, data: st.DataObject, folder: Path
    ) -> None:
        words, vectors = data.draw(contents(name))
        path = folder / NAMES[name]
        formats.save(path, words, vectors, {})
        read = keyed_vectors.load_word2vec_format(path, datatype=vectors.dtype.type, **how)
        assert read.index_to_key == words
        assert read.vectors.tobytes() == vectors.tobytes()

    @pytest.mark.parametrize(
        ("name", "how"),
        [
            ("word2vec", {}),
            ("word2vec-binary", {"binary": True}),
            ("glove", {"write_header": False}),
        ],
    )
    @given(data=st.data())
    def test_we_read_its(
        self, keyed_vectors, name: str, how: dict, data: st.DataObject, folder: Path
    ) -> None:
        words, vectors = data.draw(contents("word2vec-binary"))
        theirs = keyed_vectors(vectors.shape[1])
        theirs.add_vectors(words, vectors)
        theirs.save_word2vec_format(folder / "theirs", **how)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", UserWarning)
            found, numbers, _ = formats.load(folder / "theirs", format=name)
        if said:  # numbers that could be the ends of words
            assert "it is a guess" in str(said[0].message)
            assert vectors.shape[1] < 10
            return
        assert found == words
        assert numbers.astype(np.float32).tobytes() == vectors.tobytes()
