"""Files of rows as texts, markup, and the packings that come beside them."""

import bz2
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jw2v.reading.corpus import read
from texts import CHUNKS, TEXT, check, enough, naive_lines, naive_prose, same


def separated(separator: str, texts: list[str | None]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator)
    writer.writerows([["id", "text"], *enumerate(texts)])
    return file.getvalue().encode()


WRITERS: dict[str, Callable[[list[str | None]], bytes]] = {
    "csv": lambda texts: separated(",", texts),
    "tsv": lambda texts: separated("\t", texts),
    "jsonl": lambda texts: "\n".join(json.dumps({"text": text}) for text in texts).encode(),
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "bz2": bz2.compress,
    "zst": lambda content: pa.compress(content, "zstd", asbytes=True),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


def test_quotes_that_swallow_rows_are_said(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text('id\ttext\n1\t"hello there\n2\tfoo bar\n3\tthe end"\n4\tq\n')
    with pytest.warns(UserWarning, match=r"rows.tsv: 1 values begin with a quote .* later row"):
        read(path, column="text", min_count=1)


@pytest.mark.parametrize("suffix", WRITERS)
@settings(max_examples=15)
@given(st.lists(TEXT | st.none(), max_size=5), CHUNKS)
def test_rows_are_split_like_files(
    folder: Path, suffix: str, texts: list[str | None], chunk: int
) -> None:
    path = folder / f"rows.{suffix}"
    path.write_bytes(WRITERS[suffix](texts))
    for tokens, naively in ("whitespace", naive_lines), ("words", naive_prose):
        sentences = [s for text in texts if text is not None for s in naively(text)]
        with mock.patch("jw2v.reading.text.CHUNK_BYTES", chunk):
            if enough(sentences, 1):
                check(read(path, tokens=tokens, column="text", min_count=1), sentences, 1)
            else:
                with pytest.raises(ValueError, match="no words"):
                    read(path, tokens=tokens, column="text", min_count=1)


@pytest.mark.parametrize("packing", PACKED)
def test_packed_rows_and_texts(packing: str, tmp_path: Path) -> None:
    pack, lines = PACKED[packing], ["a rose is", "a rose"] * 9
    plain, rows = tmp_path / f"text.{packing}", tmp_path / f"rows.CSV.{packing}"
    content = "\n".join(lines).encode()
    plain.write_bytes(pack(content[:50]) + pack(content[50:]))
    rows.write_bytes(pack(WRITERS["csv"]([*lines])))
    sentences = [line.split() for line in lines]
    check(read(plain, min_count=1), sentences, 1)
    check(read(rows, column="text", min_count=1), sentences, 1)
    for damaged in plain.read_bytes()[:-3], pack(content) + b"more", b"":
        plain.write_bytes(damaged)
        with pytest.raises(ValueError, match="truncated or damaged"):
            read(plain, min_count=1)


def test_objects_hold_texts_or_tokens(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"text": "new york"}, {"id": 3}, {"text": None}, {"text": ["new york", "is"]}]
    path.write_text("\n\n".join(map(json.dumps, rows)), encoding="utf-8-sig")
    got = read(path, column="text", min_count=1)
    assert got.vocabulary.words == ("is", "new", "new york", "york")
    assert got.ids.tolist() == [1, 3, -1, 2, 0, -1]


MARKUP = r"which column is the text\? Say column= its name.*'id', 'text'.*name"
WRONG = {
    "no column said": ("a.csv", b"id,text\n1,a\n", None, MARKUP),
    "nor of tabs": ("a.tsv", b"id\ttext\n1\ta\n", None, MARKUP),
    "nor of objects": ("a.jsonl", b'{"id": 1, "text": "a"}', None, MARKUP),
    "no such column": ("a.csv", b"id,text\n1,a\n", "txt", "no column 'txt'.*'id', 'text'"),
    "in no object": ("a.jsonl", b'{"id": 1}\n{}', "text", "no column 'text'.*'id'"),
    "two": ("a.csv", b"text,text\n1,a\n", "text", "several columns 'text'"),
    "a longer row": ("a.csv", b"id,text\n1,a\n2,b,c\n", "text", "line 3 .* 3 values: expected 2"),
    "an open quote": ("a.tsv", b'id\ttext\n1\t"a\n2\tb\n', "text", "line 3: .*must end"),
    "a quote within": ("a.csv", b'id,text\n1,"a" b\n', "text", "line 2: .*written twice"),
    "no JSON": ("a.jsonl", b'{"text": "a"}\n{"text"\n', "text", "line 2 is not JSON"),
    "deep": ("a.jsonl", b"[" * 100_000, "text", "line 1 is not JSON"),
    "no object": ("a.jsonl", b'["a"]\n', "text", r"line 1 is \['a'\]: expected a JSON object"),
    "no text": ("a.jsonl", b'{"text": {"a": 1}}\n', "text", "line 1: 'text' is .*: expected a str"),
    "not UTF-8": ("a.csv", b"text\n\xe9\n", "text", "a.csv: .*UTF-8"),
    "half a pair": ("a.jsonl", b'{"text": "\\ud800"}', "text", "surrogates"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_rows(name: str, tmp_path: Path) -> None:
    file, content, column, complaint = WRONG[name]
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(ValueError, match=complaint):
        read(path, column=column, min_count=1)


def test_an_endless_line_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n' + "[" * 200)
    with (
        mock.patch("jw2v.reading.rows._LONGEST", 100),
        pytest.raises(ValueError, match="a line of more than 100 characters"),
    ):
        read(path, column="text", min_count=1)


@pytest.mark.parametrize("name", ["a.html", "a.XML.bz2", "a.json"])
def test_markup_is_said(name: str, tmp_path: Path) -> None:
    path, plain = tmp_path / name, tmp_path / "a.txt"
    content = b"<p>a b</p>"
    plain.write_bytes(content)
    path.write_bytes(bz2.compress(content) if name.endswith("bz2") else content)
    with pytest.warns(UserWarning, match="its markup is learnt as words"):
        assert same(read(path, min_count=1), read(plain, min_count=1))
