"""Reading text: against a naive reading in plain Python, whatever the chunks, and hostile files."""

import gzip
import lzma
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jw2v import columns, corpus
from jw2v.corpus import SENTENCE_END, Corpus, read
from jw2v.text import Chunk

WIKI = Path(__file__).parents[2] / "shared/data/text/wiki8.txt.xz"

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=5)
SENTENCES = st.lists(st.lists(st.sampled_from("abcdé") | WORDS, max_size=8), max_size=12)
# Few enough characters that words repeat, and every one that some rule looks at.
TEXT = st.text("abÉ3’'.!?\")-_ \n\r\t\u3000\x1c", max_size=80)
CHUNKS = st.integers(1, 40)


def naive(sentences: list[list[str]], min_count: int, max_vocab: int | None = None) -> list[int]:
    """What read() must return, for a text that fits in memory."""
    counts = Counter(word for sentence in sentences for word in sentence)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    kept = [word for word in ranked if counts[word] >= min_count][:max_vocab]
    ids = {word: i for i, word in enumerate(kept)}
    encoded = [[ids[word] for word in sentence if word in ids] for sentence in sentences]
    return [i for sentence in encoded if sentence for i in [*sentence, SENTENCE_END]]


def naive_lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.split("\n")]


def naive_prose(text: str) -> list[list[str]]:
    text = text.lower().replace("’", "'")
    text = re.sub(r"""[.!?]["')\]}”»]*(?=\s|$)""", "\n\n", text)
    sentences = re.split(r"\n[^\S\n]*\n", text)
    return [re.findall(r"[^\W_]+(?:'[^\W_]+)*", sentence) for sentence in sentences]


def check(got: Corpus, sentences: list[list[str]], min_count: int) -> None:
    tokens = [word for sentence in sentences for word in sentence]
    assert got.ids.tolist() == naive(sentences, min_count)
    assert got.ids.dtype == np.int32
    assert got.tokens_read == len(tokens)
    counts = Counter(tokens)
    assert got.vocabulary.counts.tolist() == [counts[word] for word in got.vocabulary.words]
    assert got.vocabulary.total == np.count_nonzero(got.ids != SENTENCE_END)


def same(a: Corpus, b: Corpus) -> bool:
    return (
        a.vocabulary.words == b.vocabulary.words
        and a.vocabulary.counts.tolist() == b.vocabulary.counts.tolist()
        and a.ids.tolist() == b.ids.tolist()
        and a.tokens_read == b.tokens_read
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | bytes], Path]:
    """Writes a text file, always the same one."""
    path = tmp_path_factory.mktemp("corpus") / "text.txt"

    def write(content: str | bytes) -> Path:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def refusal(sentences: list[list[str]]) -> str:
    """What the error says when nothing is frequent enough."""
    tokens = [word for sentence in sentences for word in sentence]
    distinct = len(set(tokens))
    return f"min_count = .* {len(tokens)} tokens of {distinct} distinct" if tokens else "no words"


def enough(sentences: list[list[str]], min_count: int) -> bool:
    return bool(naive(sentences, min_count))


class TestAgainstTheNaiveReading:
    @settings(max_examples=200)
    @given(TEXT, CHUNKS, st.integers(1, 3))
    @example("a b\r\n\r\nc", 1, 1)
    @example("\ufeffa b", 1, 1)
    @example("a\ufeff b", 2, 1)
    @example(" \n\n ", 40, 1)
    @example("  a  ", 40, 2)
    def test_white_space(
        self, file: Callable[[str], Path], text: str, chunk: int, min_count: int
    ) -> None:
        sentences = naive_lines(text.removeprefix("\ufeff"))
        with mock.patch("jw2v.text.CHUNK_BYTES", chunk):
            if enough(sentences, min_count):
                check(read(file(text), min_count=min_count), sentences, min_count)
            else:
                with pytest.raises(ValueError, match=refusal(sentences)):
                    read(file(text), min_count=min_count)

    @settings(max_examples=200)
    @given(TEXT, CHUNKS, st.integers(1, 3))
    @example("it's 3.5. ‘No.’ 'tis", 3, 1)
    @example("a\n \nb\nc", 1, 1)
    @example("rock 'n' roll a''b", 4, 1)
    @example("-- . ''", 4, 1)
    def test_prose(
        self, file: Callable[[str], Path], text: str, chunk: int, min_count: int
    ) -> None:
        sentences = naive_prose(text)
        with mock.patch("jw2v.text.CHUNK_BYTES", chunk):
            if enough(sentences, min_count):
                got = read(file(text), tokens="words", min_count=min_count)
                check(got, sentences, min_count)
            else:
                with pytest.raises(ValueError, match=refusal(sentences)):
                    read(file(text), tokens="words", min_count=min_count)

    @settings(max_examples=200)
    @given(SENTENCES, CHUNKS, CHUNKS, st.integers(1, 3))
    def test_sentences_and_a_file_of_the_same_tokens(
        self,
        file: Callable[[str], Path],
        sentences: list[list[str]],
        chunk: int,
        other_chunk: int,
        min_count: int,
    ) -> None:
        if not enough(sentences, min_count):
            with pytest.raises(ValueError, match=refusal(sentences)):
                read(sentences, min_count=min_count)
            return
        with mock.patch("jw2v.text.CHUNK_BYTES", chunk):
            given_lists = read((tuple(sentence) for sentence in sentences), min_count=min_count)
        path = file("\n".join(map(" ".join, sentences)))
        with mock.patch("jw2v.text.CHUNK_BYTES", other_chunk):
            given_file = read(path, min_count=min_count)
        check(given_lists, sentences, min_count)
        assert same(given_lists, given_file)

    def test_the_largest_vocabulary(self) -> None:
        sentences = [["b", "a", "c"], ["b", "c", "c"]]
        got = read(sentences, min_count=1, max_vocab=2)
        assert got.vocabulary.words == ("c", "b")
        assert got.ids.tolist() == naive(sentences, 1, 2) == [1, 0, -1, 1, 0, 0, -1]
        assert got.tokens_read == 6

    def test_prose_by_example(self, file: Callable[[str], Path]) -> None:
        text = 'The dog’s tail\nwagged ("Good!") twice. A well-known\n\nTitle: 3.5'
        got = read(file(text), tokens="words", min_count=1)
        words = [got.vocabulary.words[i] if i >= 0 else "/" for i in got.ids]
        assert " ".join(words) == "the dog's tail wagged good / twice / a well known / title 3 5 /"

    @pytest.mark.skipif(not WIKI.exists(), reason="the shared data is not here")
    def test_real_text(self, file: Callable[[bytes], Path]) -> None:
        with lzma.open(WIKI) as packed:
            text = packed.read(2_000_000)
        with mock.patch("jw2v.text.CHUNK_BYTES", 300_000):
            check(read(file(text)), [text.decode().split()], 5)


class TestFiles:
    @pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".XZ", lzma.compress)])
    def test_packed(
        self, tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes], file: Callable[..., Path]
    ) -> None:
        text = "a b c\na b\n" * 50
        packed = tmp_path / f"text{suffix}"
        packed.write_bytes(pack(text.encode()))
        assert same(read(str(packed)), read(file(text)))

    def test_several_files_do_not_share_a_sentence(self, tmp_path: Path) -> None:
        first, second = tmp_path / "first.txt", tmp_path / "second.txt"
        first.write_text("a b")
        second.write_text("c\n")
        for tokens in ("whitespace", "words"):
            got = read([first, str(second)], tokens=tokens, min_count=1)
            assert got.ids.tolist() == [0, 1, -1, 2, -1]
        assert same(got, read(iter([first, second]), min_count=1))

    def test_progress_counts_the_bytes_on_disk(self, tmp_path: Path) -> None:
        plain, packed = tmp_path / "plain.txt", tmp_path / "packed.xz"
        plain.write_text("a b " * 100)
        packed.write_bytes(lzma.compress(b"a b " * 1000))
        total = plain.stat().st_size + packed.stat().st_size
        seen: list[tuple[int, int]] = []
        with mock.patch("jw2v.text.CHUNK_BYTES", 100):
            read([plain, packed], progress=lambda *now: seen.append(now))
        done = [bytes_done for bytes_done, _ in seen]
        assert done == sorted(done)
        assert {bytes_total for _, bytes_total in seen} == {total}
        assert done[0] == 100
        assert done[-1] == total

    def test_a_pipe(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(b"a b a\nb",))
        writer.start()
        assert read(pipe, min_count=2).ids.tolist() == [0, 1, 0, -1, 1, -1]
        writer.join()

    def test_ids_outlive_the_temporary_file_and_cannot_be_written(self) -> None:
        with mock.patch("tempfile.TemporaryFile", wraps=corpus.tempfile.TemporaryFile) as made:
            ids = read([["a", "b"]], min_count=1).ids
        assert made.call_count == 1
        assert isinstance(ids, np.memmap)
        assert ids.tolist() == [0, 1, -1]
        with pytest.raises(ValueError, match="read-only"):
            ids[0] = 1

    def test_counts_beyond_the_range_of_int32(self) -> None:
        counter = corpus._Counter()
        chunk = Chunk(pa.array(["a", "b"]), np.array([0, 1, 0, SENTENCE_END], np.int32))
        counter.numbers_of(chunk)
        counter.counts *= 2**31
        assert counter.numbers_of(chunk).tolist() == [0, 1, 0, SENTENCE_END]
        words, counts = counter.words_and_counts()
        assert (words, counts.tolist()) == (["a", "b"], [2**32 + 2, 2**31 + 1])


class TestHostileInput:
    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (b"word " * 5 + b"\0", "NUL byte at byte 25"),
            (b"word " * 5 + b"\xff", "byte 0xff, invalid UTF-8 at byte 25"),
            (b"w\xf6rd", "byte 0xf6, invalid UTF-8 at byte 1"),
            ("word wö".encode()[:-1], "byte 0xc3, invalid UTF-8 at byte 6"),
            ("w €".encode()[:-1], "byte 0xe2, invalid UTF-8 at byte 2"),
            ("word".encode("utf-16"), "byte 0xff, invalid UTF-8 at byte 0"),
            (b"\xed\xa0\x80", "byte 0xed, invalid UTF-8 at byte 0"),
            (b"ab \0 \xff", "NUL byte at byte 3"),
        ],
    )
    @pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
    @pytest.mark.parametrize("tokens", ["whitespace", "words"])
    def test_not_text(
        self,
        file: Callable[[bytes], Path],
        content: bytes,
        complaint: str,
        chunk: int,
        tokens: corpus.Tokens,
    ) -> None:
        path = file(content)
        with (
            mock.patch("jw2v.text.CHUNK_BYTES", chunk),
            pytest.raises(ValueError, match=re.escape(f"{path}: ") + ".*" + complaint),
        ):
            read(path, tokens=tokens, min_count=1)

    @pytest.mark.parametrize("around", ["{}", "a {}", "{} a", "a {} a"])
    @pytest.mark.parametrize("chunk", [7, 1000])
    def test_an_endless_word(self, file: Callable[[str], Path], around: str, chunk: int) -> None:
        with (
            mock.patch("jw2v.text.CHUNK_BYTES", chunk),
            mock.patch("jw2v.text._LONGEST_WORD", 20),
        ):
            assert read(file(around.format("é" * 10)), min_count=1).tokens_read
            with pytest.raises(ValueError, match="is this text"):
                read(file(around.format("é" * 10 + "a")), min_count=1)

    @pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
    @pytest.mark.parametrize(
        "damage",
        [
            lambda packed: packed[:-10],
            lambda packed: packed[:5],
            lambda packed: b"plain text",
            lambda packed: packed[:40] + bytes(255 - byte for byte in packed[40:]),
        ],
    )
    def test_a_broken_archive(
        self,
        tmp_path: Path,
        suffix: str,
        pack: Callable[[bytes], bytes],
        damage: Callable[[bytes], bytes],
    ) -> None:
        path = tmp_path / f"broken{suffix}"
        path.write_bytes(damage(pack(np.random.default_rng(0).bytes(3000).hex().encode())))
        with pytest.raises(ValueError, match=r"broken.* truncated or damaged"):
            read(path)

    @pytest.mark.parametrize("suffix", [".txt", ".gz", ".xz"])
    def test_nothing_to_read(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"empty{suffix}"
        pack = {".gz": gzip.compress, ".xz": lzma.compress, ".txt": bytes}[suffix]
        path.write_bytes(pack(b" \n\n "))
        with pytest.raises(ValueError, match=r"no words in .*empty"):
            read(path)
        with pytest.raises(ValueError, match="no words"):
            read([[], []])
        with pytest.raises(ValueError, match="no words"):
            read([])

    def test_nothing_but_punctuation(self, file: Callable[[str], Path]) -> None:
        with pytest.raises(ValueError, match="no words"):
            read(file("... -- '' !"), tokens="words")

    def test_a_folder_and_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError, match="is a folder"):
            read(tmp_path)
        with pytest.raises(FileNotFoundError, match=r"no such file.*line\.split"):
            read(tmp_path / "missing")
        with pytest.raises(FileNotFoundError, match="no such file"):
            read("the text itself, " * 1000)
        with pytest.raises(FileNotFoundError, match="no such file"):
            read(["a sentence, not split", "another"])

    @pytest.mark.usefixtures("unchecked")
    @pytest.mark.parametrize(
        ("source", "complaint"),
        [
            ([["a"], "b c"], "sentence 1 is 'b c'"),
            ([["a"], b"b"], "sentence 1"),
            ([["a"], Path("b")], "sentence 1"),
            ([["a"], 3], "sentence 1 is 3"),
            ([["a", 3]], "sentence 0 .* str"),
            ([["a", None]], "sentence 0 .* str"),
            ([["a", b"c"]], "sentence 0 .* str"),
            ([["a", ""]], "sentence 0 has an empty token"),
            ([["a\0"]], "sentence 0 .* NUL"),
            ([["\ud800"]], "sentence 0 .* surrogates"),
            (b"bytes", "got bytes"),
            (3, "got int"),
            ([os.devnull, ["a"]], "only paths"),
        ],
    )
    def test_what_is_neither_text_nor_sentences(self, source: object, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            read(source, min_count=1)  # type: ignore[arg-type]

    @pytest.mark.usefixtures("unchecked")
    def test_impossible_options_are_refused_before_reading(self) -> None:
        nothing = iter(())
        with pytest.raises(ValueError, match="min_count"):
            read(nothing, min_count=0)
        with pytest.raises(ValueError, match="max_vocab"):
            read(nothing, max_vocab=-1)
        with pytest.raises(ValueError, match="tokens must be one of"):
            read(nothing, tokens="characters")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="already tokens"):
            read([["a"]], tokens="words")

    def test_a_full_disk(self) -> None:
        with (
            open("/dev/full", "wb") as full,
            mock.patch("tempfile.TemporaryFile", return_value=full),
            pytest.raises(OSError, match="TMPDIR"),
        ):
            read([["a"] * 100_000])


# What Arrow calls a list of strings, and a string.
TEXT_TYPES = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int32(), pa.string()),
]
LIST_TYPES = [
    pa.list_(pa.string()),
    pa.large_list(pa.large_string()),
    pa.list_(pa.string_view()),
    pa.list_(pa.dictionary(pa.int16(), pa.string())),
]
NULLS = st.none() | st.lists(st.sampled_from(["a", "b", "c\n", "d e", None]), max_size=5)


def write_parquet(path: Path, table: pa.Table) -> Path:
    pyarrow.parquet.write_table(table, path, row_group_size=5)
    return path


def write_ipc(path: Path, table: pa.Table) -> Path:
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return path


def write_stream(path: Path, table: pa.Table) -> Path:
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return path


WRITERS = [
    pytest.param("parquet", write_parquet, id="parquet"),
    pytest.param("feather", write_ipc, id="file"),
    pytest.param("ARROW", write_stream, id="stream"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


class TestColumns:
    @given(SENTENCES, CHUNKS, st.sampled_from(LIST_TYPES))
    def test_lists_of_tokens(
        self, folder: Path, sentences: list[list[str]], chunk: int, kind: pa.DataType
    ) -> None:
        table = pa.table({"id": range(len(sentences)), "tokens": pa.array(sentences, kind)})
        sources = [
            table,
            table["tokens"],
            table.to_reader(max_chunksize=2),
            write_parquet(folder / "table.parquet", table),
            write_ipc(folder / "table.arrow", table),
            write_stream(folder / "stream.arrow", table),
        ]
        with mock.patch("jw2v.text.CHUNK_BYTES", chunk):
            for source in sources:
                if enough(sentences, 1):
                    check(read(source, min_count=1), sentences, 1)
                else:
                    with pytest.raises(ValueError, match="no words"):
                        read(source, min_count=1)

    @given(st.lists(st.none() | TEXT, max_size=6), CHUNKS, st.sampled_from(TEXT_TYPES))
    @example(["a.", "b", None, "", "c d\n\ne\n", "Mr.\n"], 3, pa.string())
    def test_text_is_split_like_files(
        self, folder: Path, rows: list[str | None], chunk: int, kind: pa.DataType
    ) -> None:
        # A byte order mark belongs to the beginning of a file.
        texts = [row for row in rows if row is not None]
        column = pa.array(rows, pa.string()).cast(kind)
        table = pa.table({"text": column})
        for tokens, naively in ("whitespace", naive_lines), ("words", naive_prose):
            sentences = [sentence for text in texts for sentence in naively(text)]
            sources = [table, write_parquet(folder / "text.parquet", table)]
            with mock.patch("jw2v.text.CHUNK_BYTES", chunk):
                for source in sources:
                    if enough(sentences, 1):
                        check(read(source, tokens=tokens, min_count=1), sentences, 1)
                    else:
                        with pytest.raises(ValueError, match="no words"):
                            read(source, tokens=tokens, min_count=1)

    @given(st.lists(NULLS, max_size=8), CHUNKS)
    def test_nulls_are_skipped(
        self, folder: Path, rows: list[list[str | None] | None], chunk: int
    ) -> None:
        sentences = [[word for word in row if word is not None] for row in rows if row]
        table = pa.table({"tokens": pa.array(rows, pa.list_(pa.string()))})
        with mock.patch("jw2v.text.CHUNK_BYTES", chunk):
            for source in table.slice(1), write_parquet(folder / "nulls.parquet", table.slice(1)):
                rest = sentences[1:] if rows and rows[0] else sentences
                if enough(rest, 1):
                    check(read(source, min_count=1), rest, 1)
                else:
                    with pytest.raises(ValueError, match="no words"):
                        read(source, min_count=1)

    def test_lists_of_a_fixed_size(self) -> None:
        rows = pa.array([["a", "b"], None, ["c", "a"]], pa.list_(pa.string(), 2))
        assert read(pa.table({"pairs": rows}), min_count=1).ids.tolist() == [0, 1, -1, 2, 0, -1]

    @pytest.mark.parametrize(("suffix", "write"), WRITERS)
    def test_files_are_read_in_parts(
        self, tmp_path: Path, suffix: str, write: Callable[[Path, pa.Table], Path]
    ) -> None:
        sentences = [["a", "b", str(number)] for number in range(1000)]
        path = write(tmp_path / f"table.{suffix}", pa.table({"tokens": sentences}))
        seen: list[tuple[int, int]] = []
        with mock.patch("jw2v.text.CHUNK_BYTES", 1000):
            got = read([path, path], min_count=1, progress=lambda *now: seen.append(now))
        check(got, sentences * 2, 1)
        done = [bytes_done for bytes_done, _ in seen]
        assert done == sorted(done)
        assert len(set(done)) > 20
        assert done[-1] <= seen[0][1] == 2 * path.stat().st_size
        assert done[-1] > 1.9 * path.stat().st_size

    def test_one_large_row_group_is_not_read_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "table.parquet"
        rows = pa.array([["word"] * 100] * 1000)
        pyarrow.parquet.write_table(pa.table({"tokens": rows}), path, row_group_size=10**6)
        lengths = []
        with (
            mock.patch("jw2v.text.CHUNK_BYTES", 10_000),
            mock.patch.object(
                columns, "_parts", lambda rows: [lengths.append(len(rows)), rows][1:]
            ),
        ):
            assert read(path).tokens_read == 100_000
        assert sum(lengths) == 1000
        assert max(lengths) <= 10_000 / 800 + 1

    def test_text_and_tables_together(self, tmp_path: Path, file: Callable[[str], Path]) -> None:
        table = write_parquet(tmp_path / "table.parquet", pa.table({"a": ["b"], "text": ["b c"]}))
        got = read([file("a b"), table], min_count=1, column="text")
        assert got.ids.tolist() == [1, 0, -1, 0, 2, -1]

    def test_a_table_of_pandas(self) -> None:
        pandas = pytest.importorskip("pandas")
        table = pandas.DataFrame({"text": ["a b", "a"], "year": [1, 2]})
        assert read(table, min_count=1).ids.tolist() == [0, 1, -1, 0, -1]

    @pytest.mark.parametrize(("suffix", "write"), WRITERS)
    @pytest.mark.parametrize(
        ("table", "column", "complaint"),
        [
            ({"a": ["x"], "b": [["x"]]}, None, r"several columns .*'a' \(string\), 'b' \(list<"),
            ({"a": ["x"], "b": [["x"]]}, "c", r"no column 'c'.*'a' \(string\), 'b' \(list<"),
            ({"a": ["x"], "b": [3]}, "b", "column 'b' is not text.*'b' .int64"),
            ({"a": [[3]], "b": [b"x"]}, None, "no column is text.*'b' .binary"),
            ({"a": [["x", ""]]}, None, "'' is a token"),
            ({"a": [["x"], ["x\0y"]]}, "a", "is a token.* NUL"),
            ({"a": ["x", "x\0y"]}, "a", "NUL byte"),
        ],
    )
    def test_columns_that_are_no_text(
        self,
        tmp_path: Path,
        suffix: str,
        write: Callable[[Path, pa.Table], Path],
        table: dict,
        column: str | None,
        complaint: str,
    ) -> None:
        path = write(tmp_path / f"broken.{suffix}", pa.table(table))
        with pytest.raises(ValueError, match=rf"broken\.{suffix}: .*{complaint}"):
            read(path, column=column, min_count=1)
        with pytest.raises(ValueError, match=f"the Table: .*{complaint}"):
            read(pa.table(table), column=column, min_count=1)

    def test_columns_of_one_name(self) -> None:
        table = pa.table([["x"], ["y"], [1]], ["a", "a", "b"])
        for column in None, "a":
            with pytest.raises(ValueError, match="several columns"):
                read(table, column=column)

    @pytest.mark.parametrize(("suffix", "write"), WRITERS)
    @pytest.mark.parametrize(
        "damage",
        [
            lambda content: content[: len(content) // 2],
            lambda content: content[:5],
            lambda content: b"",
            lambda content: b"just some words\n" * 100,
            lambda content: content[:200] + bytes(255 - b for b in content[200:]),
        ],
    )
    def test_broken_files(
        self,
        tmp_path: Path,
        suffix: str,
        write: Callable[[Path, pa.Table], Path],
        damage: Callable[[bytes], bytes],
    ) -> None:
        words = np.random.default_rng(0).bytes(3000).hex(" ").split()
        path = write(tmp_path / f"broken.{suffix}", pa.table({"tokens": [words] * 20}))
        path.write_bytes(damage(path.read_bytes()))
        with pytest.raises(ValueError, match=rf"broken\.{suffix}"):
            read(path)

    def test_options_that_do_not_fit(self, tmp_path: Path, file: Callable[[str], Path]) -> None:
        tokens = pa.table({"tokens": [["a"]]})
        with pytest.raises(ValueError, match="the Table: lists are already tokens"):
            read(tokens, tokens="words")
        for source in file("a"), [["a"]], [file("a")]:
            with pytest.raises(ValueError, match=r"column='a' is for tables"):
                read(source, column="a")
        with pytest.raises(FileNotFoundError, match="no such file"):
            read(tmp_path / "missing.parquet")


def test_reading_text_does_not_import_pandas(file: Callable[[str], Path]) -> None:
    code = (
        "import sys; from jw2v.corpus import read;"
        "[read(sys.argv[1], min_count=1, tokens=t) for t in ('whitespace', 'words')];"
        "sys.exit('pandas' in sys.modules)"
    )
    path = file("some words.  And\n\nmore of them")
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == 0


def test_white_space_other_than_ascii_separates_however_long_the_text(
    file: Callable[[str], Path],
) -> None:
    with mock.patch("jw2v.text.CHUNK_BYTES", 16), mock.patch("jw2v.text._LONGEST_WORD", 20):
        check(read(file("é\u3000ab\u2003" * 50), min_count=1), [["é", "ab"] * 50], 1)
