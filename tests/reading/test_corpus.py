"""Reading text: against a naive reading in plain Python, whatever the chunks, and hostile files."""

import gzip
import io
import lzma
import os
import re
import resource
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

from jw2v.reading import corpus
from jw2v.reading.corpus import SENTENCE_END, read
from jw2v.reading.text import Chunk
from texts import (
    CHUNKS,
    SENTENCES,
    TEXT,
    WIKI,
    check,
    enough,
    naive,
    naive_lines,
    naive_prose,
    refusal,
    same,
)


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
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk):
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
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk):
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
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk):
            given_lists = read((tuple(sentence) for sentence in sentences), min_count=min_count)
        path = file("\n".join(map(" ".join, sentences)))
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", other_chunk):
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
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", 300_000):
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
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", 100):
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
            mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk),
            pytest.raises(ValueError, match=re.escape(f"{path}: ") + ".*" + complaint),
        ):
            read(path, tokens=tokens, min_count=1)

    @pytest.mark.parametrize("around", ["{}", "a {}", "{} a", "a {} a"])
    @pytest.mark.parametrize("chunk", [7, 1000])
    def test_an_endless_word(self, file: Callable[[str], Path], around: str, chunk: int) -> None:
        with (
            mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk),
            mock.patch("jw2v.reading.text._LONGEST_WORD", 20),
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

    @pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
    def test_an_archive_that_asks_for_gigabytes(self, tmp_path: Path) -> None:
        """For a dictionary, in some dozen bytes: it is refused where they are not to be had."""
        path = tmp_path / "greedy.xz"
        filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 4096}]
        packed = lzma.compress(b"a b c\n" * 10, lzma.FORMAT_ALONE, filters=filters)
        path.write_bytes(packed[:1] + (1 << 31).to_bytes(4, "little") + packed[5:])
        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (now + (1 << 30), hard))
        try:
            with pytest.raises(ValueError, match=r"greedy\.xz: the archive asks for more memory"):
                read(path)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

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

    @pytest.mark.parametrize("suffix", [".gz", ".xz", ".GZ"])
    def test_an_archive_without_a_byte_is_truncated(
        self, tmp_path: Path, file: Callable[[str], Path], suffix: str
    ) -> None:
        """Such as a download that never came; an archive of nothing has some bytes."""
        path = tmp_path / f"none{suffix}"
        path.write_bytes(b"")
        with pytest.raises(ValueError, match=r"none\.(gz|GZ|xz): the archive is truncated"):
            read([file("a b"), path])

    def test_nothing_but_punctuation(self, file: Callable[[str], Path]) -> None:
        with pytest.raises(ValueError, match="no words"):
            read(file("... -- '' !"), tokens="words")

    def test_a_folder_and_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="is a folder without a text or table"):
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
            ({("bread", "butter"): 300, ("tea", "milk"): 200}, "in their order, got dict"),
            (Counter(["a.txt"]), "in their order, got Counter"),
            ({("bread", "butter"), ("tea", "milk")}, "in their order, got set"),
            (frozenset(["a.txt"]), "in their order, got frozenset"),
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


def test_reading_text_does_not_import_pandas(file: Callable[[str], Path]) -> None:
    code = (
        "import sys; from jw2v.reading.corpus import read;"
        "[read(sys.argv[1], min_count=1, tokens=t) for t in ('whitespace', 'words')];"
        "sys.exit('pandas' in sys.modules)"
    )
    path = file("some words.  And\n\nmore of them")
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == 0


def test_white_space_other_than_ascii_separates_however_long_the_text(
    file: Callable[[str], Path],
) -> None:
    with (
        mock.patch("jw2v.reading.text.CHUNK_BYTES", 16),
        mock.patch("jw2v.reading.text._LONGEST_WORD", 20),
    ):
        check(read(file("é\u3000ab\u2003" * 50), min_count=1), [["é", "ab"] * 50], 1)


@pytest.mark.parametrize(
    "sentence",
    [
        {"text": "a b", "label": 1},
        {"a", "b"},
        frozenset("ab"),
        io.StringIO("a b"),
        np.array([["a", "b"]]),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_rows_and_sets_are_no_sentences(sentence: object) -> None:
    """Of a row the names of its columns would be learnt, of a set an order that nobody chose."""
    with pytest.raises(ValueError, match="expected a list of tokens"):
        corpus.read([["a", "b"], sentence] * 9, min_count=1)


ONE, TWO = (lzma.compress(text * 40) for text in (b"a b\n", b"c d\n"))


@pytest.mark.parametrize("padding", [0, 4, 1024])
def test_the_streams_of_an_archive_follow_each_other(padding: int, tmp_path: Path) -> None:
    path = tmp_path / "two.txt.xz"
    path.write_bytes(ONE + bytes(padding) + TWO + bytes(padding))
    assert corpus.read(path, min_count=1).tokens_read == 160


@pytest.mark.parametrize(
    "rest", [b"\1" + TWO[1:], TWO[:-3], b"more", bytes(3), bytes(5) + TWO, TWO[:20]], ids=repr
)
def test_what_follows_a_stream_is_not_dropped(rest: bytes, tmp_path: Path) -> None:
    path = tmp_path / "two.txt.xz"
    path.write_bytes(ONE + rest)
    with pytest.raises(ValueError, match="truncated or damaged"):
        corpus.read(path, min_count=1)


def test_a_text_knows_how_it_was_read() -> None:
    settings = {"tokens": "whitespace", "min_count": 2, "max_vocab": 3, "column": None}
    assert corpus.read([["a", "a"]], min_count=2, max_vocab=3).settings == settings
