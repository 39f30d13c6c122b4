"""Parquet and Arrow tables as texts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jw2v.reading import arrow
from jw2v.reading.corpus import read
from texts import (
    CHUNKS,
    SENTENCES,
    TEXT,
    check,
    enough,
    naive_lines,
    naive_prose,
)

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


def spy(rows: pa.Array, lengths: list[int], parts=arrow._parts) -> Iterator[pa.Array]:
    """The parts of rows, whose lengths are noted."""
    for part in parts(rows):
        lengths.append(len(part))
        yield part


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
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk):
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
            with mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk):
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
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk):
            for source in table.slice(1), write_parquet(folder / "nulls.parquet", table.slice(1)):
                rest = sentences[1:] if rows and rows[0] else sentences
                if enough(rest, 1):
                    check(read(source, min_count=1), rest, 1)
                else:
                    with pytest.raises(ValueError, match="no words"):
                        read(source, min_count=1)

    @pytest.mark.parametrize("kind", [*TEXT_TYPES, *LIST_TYPES], ids=str)
    def test_nulls_are_skipped_in_columns_of_every_type(self, kind: pa.DataType) -> None:
        rows = ["a", None, "b"] if kind in TEXT_TYPES else [["a", None], None, ["b"]]
        table = pa.table({"column": pa.array(rows, kind)})
        assert read(table, min_count=1).ids.tolist() == [0, -1, 1, -1]

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
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", 1000):
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
            mock.patch("jw2v.reading.text.CHUNK_BYTES", 10_000),
            mock.patch.object(arrow, "_parts", lambda rows: [lengths.append(len(rows)), rows][1:]),
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

    @pytest.mark.parametrize("dtype", ["str", "object"])
    def test_a_series_of_pandas(self, dtype: str) -> None:
        pandas = pytest.importorskip("pandas")
        series = pandas.Series(["a b", None, "a"], dtype=dtype)
        assert read(series, min_count=1).ids.tolist() == [0, 1, -1, 0, -1]
        lists = pandas.Series([["a", "b"], ["a"]], name="text")
        assert read(lists, min_count=1).ids.tolist() == [0, 1, -1, 0, -1]
        with pytest.raises(ValueError, match=r"no column is text.*'values' \(int64\)"):
            read(pandas.Series([1, 2]), min_count=1)

    @pytest.mark.parametrize("column", ["a", "a.list", "a.list.element", "b.c"])
    @pytest.mark.parametrize(("suffix", "write"), WRITERS)
    def test_columns_with_names_like_paths(
        self, tmp_path: Path, suffix: str, write: Callable[[Path, pa.Table], Path], column: str
    ) -> None:
        """By the path of a column Parquet finds others too: those of the parts of a list."""
        texts = {"a": [["of a"]], "b": [{"c": "x"}], "a.list": ["y"], "a.list.element": ["z"]}
        table = pa.table({**texts, "b.c": ["u"]})
        got = read(write(tmp_path / f"paths.{suffix}", table), min_count=1, column=column)
        words = {"a": "of a", "a.list": "y", "a.list.element": "z", "b.c": "u"}
        assert got.vocabulary.words == (words[column],)

    def test_a_mark_of_utf8_is_passed_over_in_each_row(self) -> None:
        """A row is read as a file is: programs of Windows begin texts with it."""
        rows = ["\ufeffa b", "c \ufeffa", "\ufeffa", None]
        got = read(pa.table({"text": rows}), min_count=1)
        assert got.vocabulary.words == ("a", "b", "c", "\ufeffa")
        assert got.ids.tolist() == [0, 1, -1, 2, 3, -1, 0, -1]

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
    def test_columns_of_one_name_of_which_one_is_text(
        self, tmp_path: Path, suffix: str, write: Callable
    ) -> None:
        path = write(tmp_path / f"twice.{suffix}", pa.table([["x"], [1]], ["", ""]))
        with pytest.raises(ValueError, match="several columns ''"):
            read(path)

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

    @pytest.mark.parametrize("write", [write_ipc, write_stream])
    @pytest.mark.parametrize("end", [-6_000_000, 100, 1 << 30])
    def test_offsets_that_point_elsewhere(self, tmp_path: Path, write: Callable, end: int) -> None:
        """Followed without a check they end the process."""
        table = pa.table({"tokens": [["a", "rose"], ["is"], ["a", "rose", "!"]]})
        path = write(tmp_path / "broken.arrow", table)
        offsets = np.array([0, 2, 3, 6], "<i4").tobytes()
        content = path.read_bytes()
        assert content.count(offsets) == 1
        path.write_bytes(content.replace(offsets, np.array([0, 2, end, 6], "<i4").tobytes()))
        with pytest.raises(ValueError, match=r"broken\.arrow: damaged"):
            read(path, min_count=1)

    def test_a_description_that_does_not_fit(self, tmp_path: Path) -> None:
        """Arrow ends the process when it is asked for this one."""
        path = write_parquet(tmp_path / "broken.parquet", pa.table({"tokens": [["a"], None]}))
        optional, required = b"\x25\x02", b"\x25\x00"
        content = path.read_bytes()
        assert content.count(optional) == 1
        path.write_bytes(content.replace(optional, required))
        with pytest.raises(ValueError, match=r"broken\.parquet: damaged"):
            read(path, min_count=1)

    @pytest.mark.parametrize(("suffix", "write"), WRITERS)
    @pytest.mark.parametrize("lists", [False, True])
    def test_what_is_repeated_is_not_written_out_at_once(
        self, tmp_path: Path, suffix: str, write: Callable, lists: bool
    ) -> None:
        """A file may have a long word once and say that it occurs a million times."""
        words = pa.DictionaryArray.from_arrays(np.zeros(300, np.int32), ["long" * 50 + " b"])
        rows = pa.ListArray.from_arrays(np.arange(301, dtype=np.int32), words) if lists else words
        path = write(tmp_path / f"table.{suffix}", pa.table({"text": rows}))
        seen = []
        with (
            mock.patch("jw2v.reading.text.CHUNK_BYTES", 10_000),
            mock.patch.object(arrow, "_parts", lambda rows: spy(rows, seen)),
        ):
            assert read(path, min_count=1).tokens_read == (300 if lists else 600)
        assert sum(seen) == 300
        assert max(seen) <= 10_000 / 200

    def test_options_that_do_not_fit(self, tmp_path: Path, file: Callable[[str], Path]) -> None:
        tokens = pa.table({"tokens": [["a"]]})
        with pytest.raises(ValueError, match="the Table: lists are already tokens"):
            read(tokens, tokens="words")
        for source in file("a"), [["a"]], [file("a")]:
            with pytest.raises(ValueError, match=r"column='a' is for tables"):
                read(source, column="a")
        with pytest.raises(FileNotFoundError, match="no such file"):
            read(tmp_path / "missing.parquet")
