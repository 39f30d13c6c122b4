"""The files themselves, as other programs will find them: bytes, headers, types, sizes."""

import json
import os
import struct
import threading
from collections.abc import Callable
from io import BytesIO
from itertools import count
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jw2v import formats
from jw2v.formats import _shared, _text, safetensors, tables, word2vec_binary
from jw2v.formats._selection import ReadOptions, Selection
from jw2v.formats._shared import ANY_WORD, RowBlocks, check_promise, encoded, header_of

WORDS = ["a", "é"]
ROWS = [[1, 0.25], [-3, 1e-7]]
VECTORS = np.array(ROWS, np.float32)
MAPPED = "the format of jw2v, mapped into memory"
LETTERS = [chr(code) for code in range(ord("!"), ord("~"))]


def written(path: Path, vectors: np.ndarray = VECTORS) -> bytes:
    formats.save(path, WORDS, vectors, {"seed": "é"})
    return path.read_bytes()


def refused(path: Path, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        formats.load(path)


def test_the_formats() -> None:
    listed = [
        (f.name, f.about, " ".join(f.suffixes), f.packed, f.keeps_metadata, bool(f.beside))
        for f in formats.FORMATS
    ]
    assert listed == [
        ("safetensors", MAPPED, ".safetensors", False, True, False),
        ("glove", "text of GloVe", ".glove .glove.txt", True, False, False),
        ("word2vec", "text of word2vec and gensim", ".txt", True, False, False),
        ("word2vec-binary", "binary of word2vec and gensim", ".bin", True, False, False),
        ("fasttext", "text of fastText", ".vec", True, False, False),
        ("projector", "the two files of the TensorBoard projector", ".tsv", False, False, True),
        ("parquet", "a table of Parquet", ".parquet", False, True, False),
        ("arrow", "a table of Arrow", ".arrow .feather", False, True, False),
    ]


class TestText:
    @pytest.mark.parametrize("suffix", [".txt", ".vec", ".glove"])
    def test_rows(self, suffix: str, tmp_path: Path) -> None:
        header = "" if suffix == ".glove" else "2 2\n"
        whole = written(tmp_path / f"x{suffix}").decode()
        assert whole == header + "a 1.0 0.25\né -3 1e-7\n"

    def test_float64_is_told_by_its_first_number(self, tmp_path: Path) -> None:
        whole = written(tmp_path / "x.txt", np.array(ROWS)).decode()
        assert whole == "2 2\na 1.0000000000000000e+00 0.25\né -3 1e-7\n"

    def test_projector(self, tmp_path: Path) -> None:
        assert written(tmp_path / "x.tsv") == b"1.0\t0.25\n-3\t1e-7\n"
        assert (tmp_path / "x.metadata.tsv").read_text(encoding="utf-8") == "a\né\n"

    def test_as_short_as_a_header_allows(self, tmp_path: Path) -> None:
        """Of so many rows, one more or less could not be as long as that."""
        path, vocab = tmp_path / "x.txt", len(LETTERS)
        body = "".join(f"{letter} 1 2\n" for letter in LETTERS)
        path.write_text(f"{vocab} 2\n{body}")
        words, vectors, _ = formats.load(path)
        assert words == LETTERS
        assert vectors.tolist() == [[1, 2]] * vocab
        path.write_text(f"{vocab + 2} 2\n{body}")
        refused(path, f"which take {6 * (vocab + 2)} bytes or more, but the file has at most 563")


class TestBinary:
    def test_rows(self, tmp_path: Path) -> None:
        rows = (struct.pack("<2f", *row) for row in ROWS)
        expected = b"2 2\na " + next(rows) + "é ".encode() + next(rows)
        assert written(tmp_path / "x.bin") == expected

    def test_as_short_as_a_header_allows(self, tmp_path: Path) -> None:
        path, vocab = tmp_path / "x.bin", len(LETTERS)
        body = b"".join(letter.encode() + b" " + struct.pack("<f", 1) for letter in LETTERS)
        path.write_bytes(b"%d 1\n" % vocab + body)
        words, vectors, _ = formats.load(path)
        assert words == LETTERS
        assert vectors.tolist() == [[1]] * vocab
        path.write_bytes(b"%d 1\n" % (vocab + 2) + body)
        refused(path, f"which take {6 * (vocab + 2)} bytes or more, but the file has at most 563")

    @pytest.mark.parametrize("word", [b"", b"a\tb"])
    def test_words_of_other_programs(self, word: bytes, tmp_path: Path) -> None:
        """Ours are never like that; theirs are read as they are."""
        path = tmp_path / "x.bin"
        path.write_bytes(b"2 1\n" + word + b" \0\0\0\0" + b"\nc \0\0\0\0\n")
        assert formats.load(path)[0] == [word.decode(), "c"]

    @pytest.mark.parametrize(
        ("block", "row_bytes", "left"),
        [
            (b"12345", 4, b"12345"),
            (b"123456", 4, None),
            (b"a \0\0\0\0" + b"12345", 4, b"12345"),
            (b"a \0\0\0\0" + b"123456", 4, None),
            (b" 1234567", 100, b" 1234567"),
        ],
    )
    def test_what_is_left_of_a_block(
        self, block: bytes, row_bytes: int, left: bytes | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(word2vec_binary, "_LONGEST_WORD", 6)
        if left is None:
            with pytest.raises(ValueError, match="has no end"):
                word2vec_binary._rows(block, 9, row_bytes, Selection(ReadOptions()), last=True)
        else:
            rows = word2vec_binary._rows(block, 9, row_bytes, Selection(ReadOptions()), last=True)
            assert rows[0] == left

    @pytest.mark.parametrize("size", [1, 6, 7, 8, 15, 100])
    def test_next(self, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(word2vec_binary, "BLOCK_BYTES", 7)
        whole = bytes(range(60))
        assert word2vec_binary._next(BytesIO(whole), size) == whole[:size]

    @pytest.mark.parametrize("more", [1, 2, 9])
    def test_more_rows_than_promised(
        self, more: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(word2vec_binary, "BLOCK_BYTES", 7)
        path = tmp_path / "x.bin"
        path.write_bytes(b"2 1\n" + b"a \0\0\0\0b \0\0\0\0" + b"c \0\0\0\0" * more)
        refused(path, "more follows the 2 vectors")

    @pytest.mark.parametrize("more", [b"", b"\0" * 20])
    def test_the_longest_word(
        self, more: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(word2vec_binary, "_LONGEST_WORD", 6)
        path = tmp_path / "x.bin"
        path.write_bytes(b"1 1\n12345 " + struct.pack("<f", 1))
        assert formats.load(path)[0] == ["12345"]
        path.write_bytes(b"1 1\n123456 " + struct.pack("<f", 1) + more)
        refused(path, "word 1 has no end")

    def test_a_word_of_a_mebibyte_is_too_long(self, tmp_path: Path) -> None:
        path = tmp_path / "x.bin"
        for length, whole in (((1 << 20) - 1, True), (1 << 20, False)):
            path.write_bytes(b"1 1\n" + b"a" * length + b" " + struct.pack("<f", 1))
            if whole:
                assert len(formats.load(path)[0][0]) == length
            else:
                refused(path, "word 1 has no end")


class TestSafetensors:
    def test_header(self, tmp_path: Path) -> None:
        whole = written(tmp_path / "x.safetensors")
        size = int.from_bytes(whole[:8], "little")
        assert size % 8 == 0
        assert "é".encode() in whole[8 : 8 + size], "as it is, and not as an escape"
        assert json.loads(whole[8 : 8 + size]) == {
            "__metadata__": {"format": "jw2v", "format_version": "1", "seed": "é"},
            "word_ends": {"dtype": "I64", "shape": [2], "data_offsets": [0, 16]},
            "vectors": {"dtype": "F32", "shape": [2, 2], "data_offsets": [16, 32]},
            "words": {"dtype": "U8", "shape": [3], "data_offsets": [32, 35]},
        }
        numbers = struct.pack("<2q", 1, 3) + struct.pack("<4f", *ROWS[0], *ROWS[1])
        assert whole[8 + size :] == numbers + "aé".encode()

    def test_numbers_of_other_machines(self, tmp_path: Path) -> None:
        here = written(tmp_path / "x.safetensors")
        assert written(tmp_path / "y.safetensors", VECTORS.astype(">f4")) == here

    def test_names_of_its_own_are_refused(self, tmp_path: Path) -> None:
        for name in ("format", "format_version"):
            with pytest.raises(ValueError, match=rf"must not use the names \['{name}'\]"):
                formats.save(tmp_path / "x.safetensors", WORDS, VECTORS, {name: "1", "seed": "1"})

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_none(self, dtype: type, tmp_path: Path) -> None:
        path = tmp_path / "x.safetensors"
        formats.save(path, [], np.empty((0, 3), dtype), {})
        words, vectors, _ = formats.load(path)
        assert (words, vectors.shape, vectors.dtype) == ([], (0, 3), dtype)

    @pytest.mark.parametrize(
        ("shape", "offsets", "complaint"),
        [
            ([2, 2], [0, 16], None),
            ([2, 2], [4, 20], "do not fit"),
            ([2, 3], [0, 16], "do not fit"),
            ([2, 3], [0, 24], "do not fit"),
        ],
    )
    def test_a_file_that_was_changed_since_it_was_checked(
        self, shape: list[int], offsets: list[int], complaint: str | None, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.safetensors"
        tensor = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
        header = json.dumps({"vectors": tensor}).encode()
        header += b" " * (-len(header) % 8)
        path.write_bytes(len(header).to_bytes(8, "little") + header + VECTORS.tobytes())
        if complaint is None:
            assert safetensors._mapped(path).tolist() == VECTORS.tolist()
        else:
            with pytest.raises(ValueError, match=complaint):
                safetensors._mapped(path)


class TestTables:
    @pytest.mark.parametrize("number", [pa.float32(), pa.float64()])
    def test_schema(self, number: pa.DataType, tmp_path: Path) -> None:
        vectors = VECTORS.astype(number.to_pandas_dtype())
        for path in (tmp_path / "x.parquet", tmp_path / "x.arrow"):
            written(path, vectors)
        file = pq.ParquetFile(tmp_path / "x.parquet")
        with pa.ipc.open_file(tmp_path / "x.arrow") as reader:
            schemas = file.schema_arrow, reader.schema
        for schema in schemas:
            assert schema.metadata == {b"jw2v": b'{"seed": "\\u00e9"}'}
            assert schema.names == ["word", "vector"]
            assert schema.field("word").type == pa.string()
            vector = schema.field("vector").type
            assert (vector.value_type, vector.list_size) == (number, 2)
            assert not any(field.nullable for field in schema)
        column = file.metadata.row_group(0).column(1)
        assert (column.compression, column.has_dictionary_page) == ("ZSTD", False)

    @pytest.mark.parametrize("name", ["Parquet", "Arrow"])
    def test_what_is_none(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / f"x.{name.lower()}"
        path.write_bytes(b"neither" * 9)
        refused(path, f"truncated, damaged, or not {name}: ")

    @pytest.mark.parametrize("ends", [[0, 3, 2], [0, 10**9, 2], [0, 1, 2]])
    def test_words_that_point_anywhere(self, ends: list[int], tmp_path: Path) -> None:
        offsets = pa.py_buffer(np.array(ends, np.int32))
        words = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"abc")])
        table = pa.record_batch({"word": words, "vector": [[1.0], [2.0]]})
        path = tmp_path / "x.arrow"
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_batch(table)
        if ends == sorted(ends):
            assert formats.load(path)[0] == ["a", "b"]
        else:
            refused(path, "truncated, damaged, or not Arrow: ")

    def test_batches_without_rows(self, tmp_path: Path) -> None:
        one = pa.record_batch({"word": ["a"], "vector": [[1.0]]})
        path = tmp_path / "x.arrow"
        with pa.ipc.new_file(path, one.schema) as writer:
            for batch in (one.slice(0, 0), one, one.slice(0, 0), one):
                writer.write_batch(batch)
        words, vectors, _ = formats.load(path)
        assert (words, vectors.tolist()) == (["a", "a"], [[1], [1]])

    def test_words_of_two_gibibytes_together(self) -> None:
        class Long(bytes):
            """Says that it is as long as it is told."""

            def __len__(self) -> int:
                return int(self.decode())

        schema = tables._schema(VECTORS, {})
        passed = "larger than values array"  # which Arrow says, since they lie
        refused = "expected less than 2 GiB"
        for last, complaint in ((2**30 - 1, passed), (2**30, refused), (2**30 + 1, refused)):
            words = [Long(b"%d" % length) for length in (2**30, last)]
            with pytest.raises(ValueError, match=complaint):
                list(tables._batches(words, VECTORS, schema))


class TestHeaders:
    @pytest.mark.parametrize(
        ("line", "promised"),
        [
            (b"3 100\n", (3, 100)),
            (b"\xef\xbb\xbf \t+3\t -100 \t\r\n", (3, -100)),
            (b"9" * 99 + b" 1\n", (int("9" * 99), 1)),
            (b"9" * 100 + b" 1\n", None),
            (b"1 " + b"9" * 100 + b"\n", None),
            (b"3 100", None),
            (b"3100\n", None),
            (b"3 100 2\n", None),
            (b"3 1.0\n", None),
            (b"the 100\n", None),
        ],
    )
    def test_header_of(self, line: bytes, promised: tuple[int, int] | None) -> None:
        assert header_of(line) == promised

    def test_promises(self) -> None:
        check_promise(1, 1, 10, 10)
        check_promise(3, 1, 10, 30)
        with pytest.raises(ValueError, match=r"promises 3 vectors of 1 numbers, which take 30 "):
            check_promise(3, 1, 10, 29)
        for vocab, dim in ((0, 1), (1, 0), (-1, 5), (5, -1)):
            with pytest.raises(ValueError, match=f"promises {vocab} vectors of {dim} .*at least 1"):
                check_promise(vocab, dim, 10, 1000)

    def test_large_promises_are_named_shortly(self) -> None:
        with pytest.raises(ValueError, match=f"{10**18 - 1:,} vectors of 1 numbers"):
            check_promise(10**18 - 1, 1, 1, 1)
        with pytest.raises(ValueError, match=r"promises 1e\+18 vectors of -1e\+18 numbers"):
            check_promise(10**18, -(10**18), 1, 1)


class TestRowBlocks:
    def test_slabs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_shared, "_SLAB_BYTES", 32)
        rows, one = RowBlocks(2, np.float32), np.ones((1, 2), np.float32)
        with mock.patch.object(np, "concatenate", wraps=np.concatenate) as joined:
            for value in range(11):
                rows.append(one * value)
        assert [len(call.args[0]) for call in joined.call_args_list] == [5, 5]
        whole = rows.whole()
        assert whole.dtype == np.float32
        assert whole.tolist() == [[value, value] for value in range(11)]
        assert rows.whole().shape == (0, 2)


class TestProjector:
    def test_words_of_other_programs(self, tmp_path: Path) -> None:
        path, labels = tmp_path / "vectors.tsv", tmp_path / "metadata.tsv"
        path.write_bytes(b"1\t2\r\n3\t4\r\n")
        for text in ("a b\r\nc\r\n", "word\tn\tm\r\na b\t7\t1\r\nc\t2\t3\r\n"):
            labels.write_bytes(text.encode())
            words, vectors, _ = formats.load(path)
            assert (words, vectors.tolist()) == (["a b", "c"], [[1, 2], [3, 4]])

    def test_lines_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "x.tsv").write_bytes(b"1\t2\n3\n")
        refused(tmp_path / "x.tsv", "line 2: expected 2 numbers, got 1")


class TestEncoded:
    def test_what_is_refused_is_shown(self) -> None:
        for length, shown in ((39, "b" * 39), (40, "b" * 40), (41, "b" * 40 + "…")):
            with pytest.raises(ValueError, match=f"cannot hold the word '{shown}': it has a b"):
                encoded(["a", "b" * length, "bbb"], "b", "has a b")

    def test_all_but_surrogates(self) -> None:
        assert encoded(["", "é\0 \n"], *ANY_WORD) == [b"", b"\xc3\xa9\0 \n"]
        with pytest.raises(ValueError, match=r"the word 'a\\ud800' is not valid Unicode"):
            encoded(["a", "a\ud800"], *ANY_WORD)


class TestPipes:
    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    @pytest.mark.parametrize("suffix", [".txt", ".bin"])
    def test_what_comes_through_a_pipe(self, suffix: str, tmp_path: Path) -> None:
        """Its size is not known, and so a header cannot promise too much."""
        whole = written(tmp_path / f"x{suffix}")
        pipe = tmp_path / f"pipe{suffix}"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(whole,))
        writer.start()
        words, vectors, _ = formats.load(pipe)
        writer.join()
        assert words == WORDS
        assert vectors.tobytes() == VECTORS.tobytes()


class TestReadingText:
    @pytest.mark.parametrize("word", ["a", "\ufeffa", 'a"",\\', "a" * (3 << 20)], ids=len)
    @pytest.mark.parametrize("header", ["", "2 3\n"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", " \n", " \r\n", "\n\n"])
    def test_usual_texts_are_read_by_arrow(
        self, word: str, header: str, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_text, "_MOST_COLUMNS", 3)
        monkeypatch.setattr(_text, "_parse_slowly", mock.Mock(side_effect=AssertionError))
        path = tmp_path / "x.txt"
        path.write_bytes(f"{header}{word} 1 2 3{end}b 4 5 6{end}".encode())
        words, vectors, _ = formats.load(path)
        assert words == [word if header else word.removeprefix("\ufeff"), "b"]
        assert vectors.tolist() == [[1, 2, 3], [4, 5, 6]]
        monkeypatch.setattr(_text, "_MOST_COLUMNS", 2)
        with pytest.raises(AssertionError):
            formats.load(path)

    @pytest.mark.parametrize(
        ("rest", "blocks"),
        [
            (b"", [b"a\n"]),
            (b"b\nc\nd\n", [b"a\nb\nc\nd\n"]),
            (b"b\nccc\ndd\ne\n", [b"a\nb\nccc\n", b"dd\ne\n"]),
            (b"b\nc\n1234567890\n", [b"a\nb\nc\n", b"1234567890\n"]),
            (b"b\nc\n1234567890123\n", [b"a\nb\nc\n", b"1234567890123\n"]),
        ],
    )
    def test_blocks_are_of_whole_lines(
        self, rest: bytes, blocks: list[bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_text, "LONGEST_LINE", 10)
        monkeypatch.setattr(_text, "BLOCK_BYTES", 7)
        assert list(_text._whole_lines(b"a\n", BytesIO(rest))) == blocks

    def test_a_block_that_is_all_of_a_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_text, "LONGEST_LINE", 10)
        monkeypatch.setattr(_text, "BLOCK_BYTES", 7)
        with pytest.raises(ValueError, match="a line of more than 10 bytes"):
            list(_text._whole_lines(b"", BytesIO(b"1" * 14 + b"\n")))

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("parse", [_text._parse, _text._parse_slowly])
    def test_a_block(self, parse: Callable, dtype: type) -> None:
        layout = _text.Layout(2, dtype, b" ", True)
        words, vectors = parse(b"a 1 2\r\n\nb 3 4 \n", layout, count(7))
        assert (words, vectors.tolist()) == (["a", "b"], [[1, 2], [3, 4]])
        assert vectors.dtype == dtype
        words, vectors = parse(b"\r\n\n", layout, count(7))
        assert (words, vectors.shape) == ([], (0, 2))
        with pytest.raises(ValueError, match="line 9: expected 2 numbers, got 1"):
            parse(b"a 1 2\n\nb 3\n", layout, count(7))

    def test_limits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        line = b"1" * ((16 << 20) - 2) + b"\n"
        assert _text.first_line(BytesIO(line)) == line
        with pytest.raises(ValueError, match="a line of more than 16,777,216 bytes"):
            _text.first_line(BytesIO(b"1" + line))
        slowly = mock.Mock(return_value=([], np.empty((0, 1), np.float32)))
        monkeypatch.setattr(_text, "_parse_slowly", slowly)
        for columns in (20_000, 20_001):
            layout = _text.Layout(columns, np.float32, b" ", False)
            _text._parse(b" ".join([b"1"] * columns) + b"\n", layout, [1])
        slowly.assert_called_once()

    @pytest.mark.parametrize(
        ("number", "digits"),
        [
            *((b"0", 0), (b"-0.00e7", 3), (b"7", 1), (b"1200", 2), (b"-1200.0", 2), (b"120.5", 4)),
            *((b"1.50", 3), (b"+.05", 1), (b"-0.0120", 3), (b"1200e-3", 4), (b"1.20E5", 3)),
            *((b"123456789000", 9), (b"1234567890.1", 11), (b"00012", 2)),
        ],
    )
    def test_significant_digits(self, number: bytes, digits: int) -> None:
        assert _text._significant_digits(number) == digits

    @pytest.mark.parametrize("number", [b"1e3", b"1E3", b"+1.e+3", b".1E4", b"10000e-1", b"1000"])
    def test_numbers(self, number: bytes) -> None:
        assert _text._float(number, np.float32) == 1000

    @pytest.mark.parametrize("number", [b"", b".", b"e3", b"1e", b"--1", b"1_000", b"0x1", b"1 "])
    def test_what_is_no_number(self, number: bytes) -> None:
        with pytest.raises(ValueError, match="expected a number"):
            _text._float(number, np.float32)

    @pytest.mark.parametrize("number", [b"nan", b"-NaN", b"+inf", b"Infinity", b"-INF"])
    def test_what_is_not_finite(self, number: bytes) -> None:
        with pytest.raises(ValueError, match="expected finite numbers"):
            _text._float(number, np.float32)

    def test_the_largest_number(self) -> None:
        largest = np.finfo(np.float32).max
        assert _text._float(b"%.16e" % float(largest), np.float32) == largest
        with pytest.raises(ValueError, match="is beyond float32"):
            _text._float(b"%.16e" % float(np.nextafter(float(largest), np.inf)), np.float32)

    @pytest.mark.parametrize("block_bytes", [2, 1000])
    def test_more_rows_than_promised(
        self, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_text, "BLOCK_BYTES", block_bytes)
        path = tmp_path / "x.txt"
        path.write_bytes(b"2 2\na 1 2\nb 1 2\nc 1 2\n")
        refused(path, "promises 2 vectors, but more rows follow")


class TestLongLines:
    def test_the_longest_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_text, "LONGEST_LINE", 30)
        monkeypatch.setattr(_text, "BLOCK_BYTES", 10)
        path = tmp_path / "x.txt"
        for number, whole in ((b"0" * 24 + b"1", True), (b"0" * 40 + b"1", False)):
            path.write_bytes(b"a 1\nb " + number + b"\n")
            if whole:
                assert formats.load(path)[1].tolist() == [[1], [1]]
            else:
                refused(path, "a line of more than 30 bytes")
        path.write_bytes(b"a " + b"0" * 27 + b"\n")
        refused(path, "a line of more than 30 bytes")
        path.write_bytes(b"a " + b"0" * 26 + b"\n")
        assert formats.load(path)[0] == ["a"]


@pytest.mark.parametrize("name", ["a.metadata.tsv", "metadata.tsv"])
def test_vectors_do_not_take_the_place_of_words(name: str, tmp_path: Path) -> None:
    for ask in (
        lambda path: formats.check_destination(path),
        lambda path: formats.save(path, WORDS, VECTORS, {}),
    ):
        with pytest.raises(ValueError, match="is the name of a file of words"):
            ask(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [{"encoding": "latin-1"}, {"errors": "replace"}])
def test_binary_words_with_spaces_and_no_utf_8_are_refused(tmp_path, options) -> None:
    """It cannot be told where they end: rows would be read from the middle of others."""
    words = ["the", "new york", "café", "ice", "tea"]
    numbers = np.random.default_rng(1).normal(scale=0.1, size=(5, 20)).astype("<f4")
    rows = (w.encode("latin-1") + b" " + v.tobytes() for w, v in zip(words, numbers, strict=True))
    (tmp_path / "x.bin").write_bytes(b"5 20\n" + b"".join(rows))
    with pytest.raises(ValueError, match="cannot be told where each ends"):
        formats.load(tmp_path / "x.bin", options=formats.ReadOptions(**options))
