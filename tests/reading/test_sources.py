"""What stands for a text: folders, patterns, standard input, tables and data sets; and mistakes."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from jw2v.reading.corpus import read
from jw2v.reading.sources import files
from texts import same


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("t/b.txt", "t/a/z.GZ", "t/a/c.csv.zst", "t/a.parquet", "t/[1].txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("a b\n")
    return tmp_path


def test_a_folder_stands_for_its_texts_and_tables(here: Path) -> None:
    sorted_by_folder = ["t/[1].txt", "t/a/c.csv.zst", "t/a/z.GZ", "t/a.parquet", "t/b.txt"]
    assert files(["t"]) == files([Path("t")]) == sorted_by_folder
    assert files(["t/b.txt", "t/a"]) == ["t/b.txt", "t/a/c.csv.zst", "t/a/z.GZ"]


def test_a_file_is_read_as_often_as_it_is_named(here: Path) -> None:
    assert read(["t/b.txt", "t/b.txt"], min_count=1).tokens_read == 4
    for paths in (["t/a/../b.txt", "t/b.txt"], ["t/b.txt", "t"], ["t/[b].txt", "t/b*"]):
        with pytest.warns(UserWarning, match=r"1 of \d files have been named before by another"):
            assert len(files(paths)) == (6 if "t" in paths else 2)


def test_a_folder_or_a_pattern_has_each_file_once(here: Path) -> None:
    everything = files(["t"])
    assert sorted(map(str, files(["t/**"]))) == sorted(map(str, everything))
    Path("t/a/again.txt").symlink_to("../b.txt")
    assert sorted(map(os.path.realpath, files(["t"]))) == sorted(map(os.path.realpath, everything))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (".hidden.txt", r"1 hidden \(t/\.hidden\.txt\)"),
        (".git/a.txt", r"1 hidden \(t/\.git\)"),
        ("README", r"1 of other kinds \(t/README\)"),
        ("a/x.pdf", r"1 of other kinds \(t/a/x\.pdf\)"),
        ("linked", r"1 of other kinds \(t/linked\)"),
    ],
)
def test_what_is_left_out_of_a_folder_is_said(here: Path, name: str, said: str) -> None:
    path = Path("t", name)
    path.parent.mkdir(exist_ok=True)
    path.symlink_to("..") if name == "linked" else path.write_text("x")
    with pytest.warns(UserWarning, match=said):
        assert len(files(["t"])) == 5


def test_a_folder_without_texts(here: Path) -> None:
    Path("none").mkdir()
    with pytest.raises(ValueError, match=r"none is a folder without a text or table: expected"):
        files(["none"])
    Path("none/a.pdf").write_text("x")
    with pytest.raises(ValueError, match=r"1 of other kinds \(none/a\.pdf\).*pattern .*none/\*"):
        read("none")


def test_a_pattern_stands_for_what_it_matches(here: Path) -> None:
    assert files(["t/*.txt"]) == ["t/[1].txt", "t/b.txt"]
    assert files(["t/**/*.*[zG]*"]) == ["t/a/c.csv.zst", "t/a/z.GZ"]
    assert files(["t/?"]) == ["t/a/c.csv.zst", "t/a/z.GZ"], "a folder that it matches"
    assert files(["t/[1].txt"]) == ["t/[1].txt"], "a file of this name comes first"
    with pytest.raises(FileNotFoundError, match=r"no such file: 't/\*\.xz', a pattern"):
        files(["t/*.xz"])


def test_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a b\n\nb c\n")))
    seen: list[tuple[int, int]] = []
    got = read(["t/b.txt", "-"], min_count=1, progress=lambda *at: seen.append(at))
    assert got.ids.tolist() == [1, 0, -1, 1, 0, -1, 0, 2, -1]
    assert {total for _, total in seen} == {0}, "nobody knows how long it is"
    with pytest.raises(ValueError, match="read only once"):
        read(["-", "-"])
    with pytest.raises(ValueError, match="no words in standard input"):
        read("-")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    with pytest.raises(ValueError, match="standard input: byte 0xff"):
        read("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ValueError, match="standard input is closed"):
        read("-")
    Path("-").write_text("a file\n")
    assert read("./-", min_count=1).vocabulary.words == ("a", "file")


TEXTS = ["the king is dead", "long live\nthe king"]
TOKENS = [text.split() for text in TEXTS]


class Set:
    """A data set that gives tables, as those of Hugging Face do."""

    def with_format(self, type: str) -> "Set":
        assert type == "arrow"
        return self

    def iter(self, batch_size: int) -> Iterator[pa.Table]:
        for text in TEXTS:
            yield pa.table({"id": [1], "text": [text], "tokens": [text.split()]})


def test_data_sets_and_generators() -> None:
    assert same(read(Set(), column="tokens", min_count=1), read(TOKENS, min_count=1))
    assert same(read((s for s in TOKENS), min_count=1), read(TOKENS, min_count=1))
    table = pa.table({"text": TEXTS})
    assert same(read(Set(), column="text", min_count=1), read(table, min_count=1))
    with pytest.raises(ValueError, match="several columns may be the text"):
        read(Set())


def test_series_and_frames_of_older_pandas() -> None:
    pandas = pytest.importorskip("pandas")

    class Series(pandas.Series):
        __arrow_c_stream__ = None

    class Frame(pandas.DataFrame):
        __arrow_c_stream__ = None

    table = read(pa.table({"text": TEXTS}), min_count=1)
    for source in (
        *(pandas.Series(TEXTS), pandas.DataFrame({"n": [1, 2], "text": TEXTS})),
        *(Series(TEXTS), Frame({"n": [1, 2], "text": TEXTS})),
    ):
        assert same(read(source, min_count=1), table)
    for source in Series([*TEXTS, 3]), pandas.Series([*TEXTS, 3]):
        with pytest.raises(ValueError, match="the Series: Arrow cannot read it"):
            read(source)


def test_whole_numbers_are_items(tmp_path: Path) -> None:
    items = [[10, 2], [2, -3]]
    words = read([["10", "2"], ["2", "-3"]], min_count=1)
    path = tmp_path / "items.parquet"
    pyarrow.parquet.write_table(pa.table({"id": ["x", "y"], "items": items}), path)
    for source in items, [np.array(each, np.int16) for each in items], pa.table({"items": items}):
        assert same(read(source, min_count=1), words)
    assert same(read(path, column="items", min_count=1), words)
    assert read(path, min_count=1).vocabulary.words == ("x", "y"), "of a table they must be named"


SPLIT = r"\[line\.split\(\) for line in lines\]; texts .* pyarrow\.table\(\{'text': texts\}\)"
MISTAKES = {
    "a text": (TEXTS[0], FileNotFoundError, f"no such file: 'the king is dead'.*{SPLIT}"),
    "texts": (TEXTS, FileNotFoundError, f"no such file: 'the king is dead'.*{SPLIT}"),
    "a question": (["Who? [1]"], FileNotFoundError, f"no such file: 'Who.*{SPLIT}"),
    "a generator": ((text for text in TEXTS), FileNotFoundError, f"'the king is dead'.*{SPLIT}"),
    "lines": (np.array(TEXTS), FileNotFoundError, SPLIT),
    "an open file": (io.StringIO("a b"), ValueError, "an open file.*: give the path.*'-'"),
    "splits": ({"train": TOKENS}, ValueError, "one of its values, such as that of 'train'"),
    "nothing": ({}, ValueError, "Give a list$"),
    "a function": (files, ValueError, "got function: call it"),
    "other numbers": ([["a"], [1]], ValueError, "sentence 1 is of int.*7 and '7'"),
    "booleans": ([[True, False]], ValueError, "sentence 0 must be a list of str tokens, or of"),
    "fractions": ([[1.0]], ValueError, "sentence 0 must be a list of str tokens, or of"),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.usefixtures("unchecked")
def test_mistakes_are_told_what_to_write(name: str) -> None:
    source, kind, said = MISTAKES[name]
    with pytest.raises(kind, match=said):
        read(source, min_count=1)
