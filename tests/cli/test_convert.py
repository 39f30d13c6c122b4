"""``jw2v convert``, run as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from jw2v import WordVectors, formats
from jw2v.cli.convert import FileFormat, FolderFormat
from jw2v.vectors import export

NAMES = [format.name for format in formats.FORMATS]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = np.array([[0.1, 2], [1e-45, -0.0]], np.float32)
    WordVectors(("king", "é"), rows, {"seed": "1"}).save(tmp_path / "in.safetensors")
    return tmp_path / "in.safetensors"


def test_the_names_are_those_of_the_formats() -> None:
    assert list(get_args(FileFormat)) == NAMES
    assert set(get_args(FolderFormat)) == set(export.FOLDERS)


@pytest.mark.parametrize("by_suffix", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_there_and_back(run, source: Path, name: str, by_suffix: bool) -> None:
    chosen = formats.named("", name)
    out = source.with_name("out" + chosen.suffixes[-1] * by_suffix)
    flags = [] if by_suffix else ["--to", name]
    code, printed, err = run("convert", source, out, *flags)
    assert (code, err) == (0, "")
    lost = "" if chosen.keeps_metadata else ", without the settings of training"
    assert printed == f"{out}: 2 words, dim 2, float32, as {chosen.about}{lost}\n"
    back = source.with_name("back.safetensors")
    assert run("convert", out, back, *([] if by_suffix else ["--from", name]))[0] == 0
    before, after = WordVectors.load(source), WordVectors.load(back)
    assert after.words == before.words
    assert after.vectors.tobytes() == before.vectors.tobytes()
    assert dict(after.metadata) == ({"seed": "1"} if chosen.keeps_metadata else {})


def test_folders(run, source: Path) -> None:
    out = source.with_name("encoder")
    code, printed, _ = run("convert", source, out, "--to", "static-embedding")
    assert code == 0
    assert printed.startswith(f"{out}: 2 words, dim 2, float32, as a folder for model2vec")
    assert (out / "tokenizer.json").is_file()
    (out / "mine").touch()
    code, _, err = run("convert", source, out, "--to", "static-embedding")
    assert (code, "did not write there" in err) == (2, True)


def test_types(run, source: Path, tmp_path: Path) -> None:
    wide = tmp_path / "wide.parquet"
    assert run("convert", source, wide, "--dtype", "float64")[0] == 0
    assert WordVectors.load(wide).vectors.dtype == np.float64
    code, _, err = run("convert", wide, tmp_path / "x.bin")
    assert (code, "--dtype float32" in err) == (2, True)
    assert run("convert", wide, tmp_path / "x.bin", "--dtype", "float32")[0] == 0
    WordVectors(("a",), np.full((1, 1), 1e300)).save(wide)
    code, _, err = run("convert", wide, tmp_path / "y.bin", "--dtype", "float32")
    assert (code, "beyond the largest float32" in err) == (2, True)
    assert not (tmp_path / "y.bin").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("absent.txt", "out.bin"), "no such file: absent.txt"),
        (("in.safetensors", "out.doc"), "got '.doc'"),
        (("in.safetensors", "out.txt", "--to", "excel"), "got 'excel'"),
        (("in.safetensors", "absent/out.txt"), "there is no folder"),
        (("in.safetensors", "absent/out", "--to", "spacy"), "there is no folder"),
        (("in.kv", "out.txt"), "save_word2vec_format"),
        ((".", "out.txt", "--from", "word2vec"), ". is a folder"),
        (("in.safetensors", "out.txt", "--from", "word2vec"), "in.safetensors: "),
    ],
)
def test_bad_input_is_one_clear_error(
    run, source: Path, arguments: tuple[str, ...], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    Path("in.kv").touch()
    code, out, err = run("convert", *arguments)
    assert (code, out) == (2, "")
    [line] = err.splitlines()
    assert line.startswith("error: ")
    assert complaint in line
    assert sorted(os.listdir()) == ["in.kv", "in.safetensors"]


def test_what_belongs_to_no_word_is_kept_or_said(run, tmp_path: Path) -> None:
    tree = {"nodes": np.array([[0], [0]], np.int32), "theta": np.ones((1, 2), np.float32)}
    whole, narrow = tmp_path / "whole.safetensors", tmp_path / "narrow.safetensors"
    WordVectors(("a", "b"), np.eye(2), {}, tree).save(whole)
    assert run("convert", whole, narrow, "--dtype", "float32")[0] == 0
    found = WordVectors.load(narrow).arrays
    assert {name: array.tolist() for name, array in found.items()} == {
        name: array.tolist() for name, array in tree.items()
    }
    code, _, errors = run("convert", whole, tmp_path / "words.bin", "--dtype", "float32")
    assert code == 0
    assert "words.bin holds words and vectors alone" in " ".join(errors.split())
    wide = WordVectors(("a", "b"), np.eye(2), {}, {"theta": np.array([1e300])})
    wide.save(tmp_path / "wide.safetensors")
    code, _, errors = run("convert", tmp_path / "wide.safetensors", narrow, "--dtype", "float32")
    assert code == 2
    assert "beyond the largest float32" in " ".join(errors.split())


def test_a_pipe(source: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jw2v", "convert", "/dev/stdin", str(tmp_path / "out.bin")]
    done = subprocess.run(
        [*command, "--from", "word2vec"], input=b"1 2\na 1 2\n", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert WordVectors.load(tmp_path / "out.bin")["a"].tolist() == [1, 2]


def test_half_precision(run, tmp_path: Path) -> None:
    source, target = tmp_path / "wide.safetensors", tmp_path / "half.safetensors"
    vectors = WordVectors(("a", "b"), np.array([[0.1, 2], [3, 4]]), counts=np.array([7, 5]))
    vectors.save(source)
    code, out, _ = run("convert", source, target, "--dtype", "float16")
    assert (code, ", float16, as " in out) == (0, True)
    assert WordVectors.load(target) == vectors.astype(np.float16)
    code, out, err = run("convert", target, tmp_path / "half.bin")
    assert (code, out) == (2, "")
    assert "jw2v convert --dtype float32" in err
    WordVectors(("a",), np.array([[1e-30, 0]])).save(source)
    code, out, err = run("convert", source, target, "--dtype", "float16")
    assert (code, "below the smallest float16" in err) == (2, True)


FOREIGN = "a 1 2\nb\xe9 2 1\nnew york 3 4\na 5 6\n".encode("latin-1")


@pytest.mark.parametrize(
    ("options", "words", "said"),
    [
        (("--limit", "2", "--encoding", "latin-1"), "a bé", ""),
        (("--only", "words.txt"), "new york", "1 of the 2 words of words.txt are not in"),
        (
            ("--errors", "replace", "--duplicates", "first"),
            "a b\ufffd new york",
            "1 word came again",
        ),
        (("--errors", "ignore", "--limit", "3"), "a b new york", "1 word not in UTF-8"),
    ],
)
def test_files_of_other_programs(
    run, tmp_path: Path, options: tuple[str, ...], words: str, said: str, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.glove.txt").write_bytes(FOREIGN)
    Path("words.txt").write_text("new york\nx\n")
    code, _, err = run("convert", "in.glove.txt", "out.arrow", *options)
    assert code == 0
    assert said in err
    assert " ".join(WordVectors.load("out.arrow").words) == words


def test_every_command_reads_them(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.glove.txt").write_bytes(FOREIGN)
    Path("pairs.txt").write_text("a b 1\n")
    for command in (
        ("similar", "in.glove.txt", "a"),
        ("analogy", "in.glove.txt", "a", "b", "c"),
        ("evaluate", "in.glove.txt", "--pairs", "pairs.txt"),
        ("plot", "in.glove.txt", "-o", "x.svg", "a"),
        ("convert", "in.glove.txt", "x.arrow"),
    ):
        code, _, err = run(*command, "--limit", "2", "--only", "absent.txt", "--errors", "ignore")
        assert (code, err) == (2, "error: no such file: absent.txt\n")
    code, out, _ = run("similar", "in.glove.txt", "a", "--limit", "3", "--encoding", "latin-1")
    assert (code, out) == (0, "a: new york 0.98, bé 0.80\n")
    assert sorted(os.listdir()) == ["in.glove.txt", "pairs.txt"]


def test_addresses(run, source: Path, tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    out = tmp_path / "out.bin.gz"
    assert run("convert", f"file://{source}", out)[0] == 0
    assert run("similar", f"file://{out}", "king")[:2] == (0, "king: é 0.05\n")
    code, _, err = run("similar", f"file://{tmp_path}/absent.bin", "king")
    assert (code, err) == (2, f"error: no such file: file://{tmp_path}/absent.bin\n")
