"""Files of other programs: words with spaces, broken words, words twice, and parts of a file."""

import gzip
import pickle
import struct
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jw2v import WordVectors, formats
from jw2v.formats import _text, word2vec_binary
from jw2v.formats._selection import ReadOptions

ROWS = np.arange(8, dtype=np.float32).reshape(4, 2)
PHRASES = ["the", ". . .", "at name@domain.com", "New York"]
LATIN = [word.encode("latin-1") for word in ("the", "café", "señor", "the2")]


def text_of(words: list[bytes], rows: np.ndarray = ROWS, header: bool = False) -> bytes:
    lines = [
        b" ".join([word, *(b"%g" % x for x in row)]) for word, row in zip(words, rows, strict=False)
    ]
    return b"%d %d\n" % rows.shape * header + b"".join(line + b"\n" for line in lines)


def binary_of(words: list[bytes], rows: np.ndarray = ROWS, end: bytes = b"") -> bytes:
    lines = [
        word + b" " + row.astype("<f4").tobytes() + end
        for word, row in zip(words, rows, strict=False)
    ]
    return b"%d %d\n" % rows.shape + b"".join(lines)


KINDS = {"x.txt": lambda words: text_of(words, header=True), "x.glove": text_of, "x.bin": binary_of}
each_kind = pytest.mark.parametrize("name", KINDS)


@pytest.fixture
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_text, word2vec_binary):
        monkeypatch.setattr(module, "BLOCK_BYTES", 7)


def load(path: Path, content: bytes, **options: object) -> WordVectors:
    path.write_bytes(content)
    return WordVectors.load(path, **options)


class TestWordsWithSpaces:
    @pytest.mark.parametrize("first", range(4))
    @pytest.mark.parametrize("header", [False, True])
    def test_text(self, first: int, header: bool, tmp_path: Path) -> None:
        words = PHRASES[first:] + PHRASES[:first]
        found = load(tmp_path / "x.txt", text_of([w.encode() for w in words], ROWS, header))
        assert (list(found.words), found.vectors.tolist()) == (words, ROWS.tolist())

    def test_they_are_read_by_arrow_too(self, tmp_path: Path) -> None:
        with mock.patch.object(_text, "_parse_slowly", side_effect=AssertionError):
            self.test_text(0, True, tmp_path)

    def test_numbers_at_the_end_of_words_are_said(self, tmp_path: Path) -> None:
        words = [b"a", b"Windows 95", b"b", b"c"]
        with pytest.warns(UserWarning, match="word 2, 'Windows 95', ends in a number"):
            assert load(tmp_path / "x.txt", text_of(words)).words[1] == "Windows 95"

    @pytest.mark.parametrize("header", [b"", b"2 2\n"])
    @pytest.mark.parametrize("row", [b" b 1 2\n", b"b  1 2\n", b"b \0c 1 2\n"])
    def test_spaces_at_the_ends_are_no_words(
        self, row: bytes, header: bytes, tmp_path: Path
    ) -> None:
        with pytest.raises(ValueError, match=rf"line {2 + bool(header)}: expected a word, got"):
            load(tmp_path / "x.txt", header + b"a 1 2\n" + row)

    @pytest.mark.parametrize("end", [b"", b"\n"])
    @pytest.mark.parametrize("dim", [12, 25])
    def test_binary(self, dim: int, end: bytes, tmp_path: Path) -> None:
        rng = np.random.default_rng(dim)
        tails = ["", " b", " bc", " . .", " de 1990", " year of", " a b c d e f", " ünter den"]
        words = [f"w{i}{tails[rng.integers(8) * (i % 3 > 0)]}" for i in range(300)]
        rows = rng.normal(0, 0.3, (300, dim)).astype(np.float32)
        content = binary_of([word.encode() for word in words], rows, end)
        for blocks in (8 << 20, 900):
            with mock.patch.object(word2vec_binary, "BLOCK_BYTES", blocks):
                found = load(tmp_path / "x.bin", content)
            assert list(found.words) == words
            assert found.vectors.tobytes() == rows.tobytes()

    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    @pytest.mark.parametrize("name", ["x.txt", "x.bin"])
    def test_of_gensim(self, name: str, tmp_path: Path) -> None:
        theirs = pytest.importorskip("gensim.models").KeyedVectors(10)
        rows = np.random.default_rng(0).normal(size=(4, 10)).astype(np.float32)
        theirs.add_vectors(PHRASES, rows)
        theirs.save_word2vec_format(tmp_path / name, binary=name == "x.bin")
        found = WordVectors.load(tmp_path / name)
        assert list(found.words) == PHRASES
        assert found.vectors.astype(np.float32).tobytes() == rows.tobytes()


class TestBytesOfWords:
    @pytest.mark.parametrize("header", [False, True])
    def test_a_byte_order_mark(self, header: bool, tmp_path: Path) -> None:
        content = b"\xef\xbb\xbf" + text_of([b"the", b"a", b"b", b"c"], ROWS, header)
        assert load(tmp_path / "x.txt", content).words == ("the", "a", "b", "c")

    def test_one_that_would_be_lost_is_not_written(self, tmp_path: Path) -> None:
        vectors = WordVectors(("\ufeffthe", "\ufeffa"), ROWS[:2])
        with pytest.raises(ValueError, match="as the first word: it begins with a byte order mark"):
            vectors.save(tmp_path / "x.glove")
        vectors.save(tmp_path / "x.txt")
        assert WordVectors.load(tmp_path / "x.txt").words == vectors.words

    @each_kind
    @pytest.mark.usefixtures("short_blocks")
    def test_broken_ones(self, name: str, tmp_path: Path) -> None:
        path, content = tmp_path / name, KINDS[name](LATIN)
        with pytest.raises(ValueError, match=r"(line|word) \d.*caf.xe9.*UTF-8.*errors='replace'"):
            load(path, content)
        said = r"2 words not in UTF-8, the first is word 2, b'caf\\xe9', read as 'caf"
        for errors, word in (("replace", "caf\ufffd"), ("ignore", "caf")):
            with pytest.warns(UserWarning, match=said + word[3:]):
                found = load(path, content, errors=errors)
            assert found.words[1] == word
            assert found.vectors.tolist() == ROWS.tolist()
        found = load(path, content, encoding="latin-1")
        assert found.words == ("the", "café", "señor", "the2")

    def test_the_words_of_the_projector(self, tmp_path: Path) -> None:
        WordVectors(("a", "e"), ROWS[:2]).save(tmp_path / "x.tsv")
        (tmp_path / "x.metadata.tsv").write_bytes(b"a\n\xe9\n")
        with pytest.raises(ValueError, match=r"word 2, .* is not UTF-8"):
            WordVectors.load(tmp_path / "x.tsv")
        assert WordVectors.load(tmp_path / "x.tsv", encoding="latin-1").words == ("a", "é")

    @pytest.mark.parametrize("option", [{"encoding": "latin-1"}, {"errors": "replace"}])
    def test_formats_of_unicode(self, option: dict, tmp_path: Path) -> None:
        WordVectors(("a",), ROWS[:1]).save(tmp_path / "x.parquet")
        with pytest.raises(ValueError, match="has its words in UTF-8"):
            WordVectors.load(tmp_path / "x.parquet", **option)


class TestTwice:
    @each_kind
    @pytest.mark.usefixtures("short_blocks")
    def test_the_first_is_kept(self, name: str, tmp_path: Path) -> None:
        path, content = tmp_path / name, KINDS[name]([b"a", b"b", b"a", b"a"])
        with pytest.raises(ValueError, match=r"'a' occurs again, and 2 words .*duplicates='first'"):
            load(path, content)
        with pytest.warns(UserWarning, match="2 words came again, the first of these 'a'"):
            found = load(path, content, duplicates="first")
        assert (found.words, found.vectors.tolist()) == (("a", "b"), ROWS[:2].tolist())


SAVED = [f.name for f in formats.FORMATS]


class TestParts:
    @pytest.fixture(params=SAVED)
    def saved(self, request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
        WordVectors(("a", "b", "c", "d"), ROWS).save(tmp_path / "x", format=request.param)
        return tmp_path / "x", request.param

    @pytest.mark.parametrize(
        ("options", "rows"),
        [
            ({"limit": 1}, [0]),
            ({"limit": 4}, [0, 1, 2, 3]),
            ({"limit": 9}, [0, 1, 2, 3]),
            ({"only": {"d", "b", "x"}}, [1, 3]),
            ({"only": ["a"]}, [0]),
            ({"limit": 3, "only": ["d", "c"]}, [2]),
        ],
    )
    def test_every_format(self, saved: tuple[Path, str], options: dict, rows: list[int]) -> None:
        path, name = saved
        for blocks in (8 << 20, 7):
            with (
                mock.patch.object(_text, "BLOCK_BYTES", blocks),
                mock.patch.object(word2vec_binary, "BLOCK_BYTES", blocks),
            ):
                found = WordVectors.load(path, format=name, **options)
            assert found.words == tuple("abcd"[row] for row in rows)
            assert found.vectors.tolist() == ROWS[rows].tolist()

    def test_none_of_them(self, saved: tuple[Path, str]) -> None:
        path, name = saved
        with pytest.raises(ValueError, match="none of the words asked for is there in its first 2"):
            WordVectors.load(path, format=name, only=["d"], limit=2)

    @pytest.mark.parametrize("options", [{"limit": 2}, {"only": ["a", "new york"]}])
    @pytest.mark.parametrize("name", ["x.txt", "x.bin"])
    @pytest.mark.usefixtures("short_blocks")
    def test_what_follows_is_not_read(self, name: str, options: dict, tmp_path: Path) -> None:
        content = KINDS[name]([b"a", b"new york", b"c", b"d"])
        if name == "x.bin":  # whose numbers tell that a word has a space
            content = binary_of([b"a", b"bb", b"c", b"d"])
            options = options | ({"only": ["a", "bb"]} if "only" in options else {})
        path = tmp_path / name
        path.write_bytes(content[:-4])
        assert len(WordVectors.load(path, **options)) == 2
        with pytest.raises(ValueError, match=r"truncated|line 5: expected 2 numbers, got 0"):
            WordVectors.load(path)

    def test_lines_that_are_passed_over(self, tmp_path: Path) -> None:
        content = b"a 1 2\n\nb 1 x\nnew york 3 4\nnew york city 5 6\n"
        found = load(tmp_path / "x.glove", content, only=["new york city"])
        assert (found.words, found.vectors.tolist()) == (("new york city",), [[5, 6]])
        with pytest.raises(ValueError, match="line 3: expected a number, got b'x'"):
            load(tmp_path / "x.glove", content, only=["b"])

    def test_arrays_of_the_model_are_left_out(self, tmp_path: Path) -> None:
        WordVectors(("a", "b"), np.eye(2), {}, {"theta": np.ones((1, 2))}).save(
            tmp_path / "x.safetensors"
        )
        with pytest.warns(UserWarning, match="theta are left out, since not all rows"):
            assert WordVectors.load(tmp_path / "x.safetensors", limit=1).arrays == {}

    @pytest.mark.parametrize("name", ["x.safetensors", "x.parquet", "x.arrow"])
    def test_counts_are_those_of_the_words_taken(self, name: str, tmp_path: Path) -> None:
        path, words = tmp_path / name, ("a", "b", "c", "d")
        WordVectors(words, np.eye(4), counts=np.array([9, 7, 5, 3])).save(path)
        for options, expected in (
            ({"limit": 3}, [9, 7, 5]),
            ({"only": ["d", "b", "zero"]}, [7, 3]),
            ({"only": ["d", "b"], "limit": 3}, [7]),
            ({"only": ["d", "a"], "duplicates": "first"}, [9, 3]),
            ({"duplicates": "first"}, [9, 7, 5, 3]),
        ):
            found = WordVectors.load(path, **options)
            assert found.counts.tolist() == expected
            assert all(found.vectors.argmax(1) == [words.index(word) for word in found])

    def test_counts_of_words_that_came_again(self, tmp_path: Path) -> None:
        # Such a file is of another program: jw2v writes no word twice.
        schema = pa.schema(
            [
                pa.field("word", pa.large_string()),
                pa.field("vector", pa.list_(pa.float32(), 1)),
                pa.field("count", pa.int64(), nullable=False),
            ]
        )
        columns = [["a", "b", "a", "c"], [[1.0], [2.0], [3.0], [4.0]], [9, 7, 5, 3]]
        pq.write_table(pa.table(columns, schema=schema), tmp_path / "x.parquet")
        with pytest.warns(UserWarning, match="1 word came again"):
            found = WordVectors.load(tmp_path / "x.parquet", duplicates="first")
        assert (found.words, found.counts.tolist()) == (("a", "b", "c"), [9, 7, 3])
        assert found.vectors.ravel().tolist() == [1, 2, 4]


@pytest.mark.usefixtures("unchecked")
class TestOptions:
    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            ({"limit": 0}, "limit must be a whole number of at least 1, got 0"),
            ({"limit": True}, "limit must be"),
            ({"limit": 1.0}, "limit must be"),
            ({"only": "the"}, "only must be a list of words, got 'the'"),
            ({"only": 3}, "only must be a list of words"),
            ({"only": []}, "only must be a list of at least one word"),
            ({"only": [b"a"]}, "only must be a list of at least one word"),
            ({"duplicates": "last"}, "duplicates must be 'refuse' or 'first', got 'last'"),
            ({"errors": "pass"}, "errors must be 'strict' or 'replace' or 'ignore', got 'pass'"),
            ({"encoding": "utf-16"}, "encoding must keep ASCII as it is"),
            ({"encoding": "base64"}, "encoding must be the name of one"),
            ({"encoding": "klingon"}, "encoding must be the name of one"),
            ({"encoding": 8}, "encoding must be the name of one"),
        ],
    )
    def test_bad_ones(self, options: dict, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            ReadOptions(**options)


@pytest.mark.parametrize("name", ["x.txt.gz", "x.bin.gz", "x.kv.gz", "x.model", "x.vec"])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_pickles_are_told_from_vectors(name: str, protocol: int, tmp_path: Path) -> None:
    content = pickle.dumps(ROWS, protocol)
    with pytest.raises(ValueError, match=r"KeyedVectors\.load"):
        load(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content)


def test_short_numbers_are_no_floats(tmp_path: Path) -> None:
    """As binary, "0.1 " is a number of about 1e-19."""
    with pytest.raises(ValueError, match=r"text of word2vec, which is not binary: name it \.txt"):
        load(tmp_path / "x.bin", b"1 2\nthe 0.1 0.2\n" + struct.pack("<f", 1))
