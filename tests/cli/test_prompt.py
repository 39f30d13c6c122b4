"""Questions a line: at a prompt, and from standard input."""

import io
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jw2v import WordVectors
from jw2v.cli import prompt, shared


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    words = ("man", "king", "woman", "queen", "new york")
    rows = [[0, 1, 0], [1, 1, 0], [0, -1, 0], [1, -1, 0], [0, 0.2, 1]]
    path = tmp_path / "v.safetensors"
    WordVectors(words, np.array(rows, np.float32) + np.float32(0.01)).save(path)
    return path


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch):
    def pipe(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    return pipe


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """What somebody types, who ends by Ctrl-D, or by what is raised."""

    def type_(*lines: str, end: type[BaseException] = EOFError) -> list[str]:
        left, marks = list(lines), []

        def read(mark: str) -> str:
            marks.append(mark)
            if not left:
                raise end
            return left.pop(0)

        monkeypatch.setattr(prompt, "on_terminal", lambda: True)
        monkeypatch.setattr("builtins.input", read)
        return marks

    return type_


def test_lines_of_standard_input(run, vectors: Path, piped) -> None:
    piped(b"\xef\xbb\xbfking\r\n\nqueen man\nnew york\nking - man + woman")
    code, out, err = run("similar", vectors, "-n", 1, "--format", "tsv")
    assert (code, err) == (0, "")
    asked = [line.split("\t")[0] for line in out.splitlines()]
    assert asked == ["king", "queen", "man", "new york", "king - man + woman"]
    piped(b"king\nqueen\n")
    _, out, _ = run("similar", vectors, "-n", 1, "--json")
    assert [each["word"] for each in json.loads(out)] == ["king", "queen"]


def test_what_is_wrong_with_a_line_keeps_no_other_from_an_answer(run, vectors, piped) -> None:
    piped(b"plum\nking - king\nking - fig\nplum queen\nman\n")
    code, out, err = run("similar", vectors, "-n", 1)
    assert (code, [line.split(":")[0] for line in out.splitlines()]) == (2, ["queen", "man"])
    both_sides, unknown = err.splitlines()
    assert "'king' is on both sides" in both_sides
    assert unknown.startswith("error: not in the vocabulary of 5 words: 'plum', 'fig'.")
    piped(b"king - king\nman\n")
    assert run("similar", vectors, "-n", 1)[0] == 2
    for nothing, said in ((b" \n", "nothing is asked: give words"), (b"a\n\xff", "line 2 is not")):
        piped(nothing)
        code, _, err = run("similar", vectors)
        assert (code, said in err) == (2, True)


def test_a_prompt_asks_again_and_again(run, vectors: Path, typed, monkeypatch) -> None:
    loads = []
    load = WordVectors.load
    monkeypatch.setattr(WordVectors, "load", lambda *a, **k: loads.append(a) or load(*a, **k))
    typed("king", "kin", " king - man + woman ", "king - king", "new york")
    monkeypatch.delitem(sys.modules, "readline", raising=False)
    code, out, err = run("similar", vectors, "-n", 1)
    assert (code, len(loads)) == (0, 1)
    assert ("readline" in sys.modules) == (find_spec("readline") is not None)
    assert [line.split(":")[0] for line in out.splitlines()] == [
        *("king", "king - man + woman", "new york")
    ]
    assert "Ctrl-D ends" in err
    assert "Close matches: 'king'" in err
    assert "on both sides" in err
    marks = typed("king", "", "queen")
    code, out, err = run("similar", vectors, "-n", 1, "--quiet")
    assert (code, out.split(":")[0], len(marks)) == (0, "king", 2)
    assert "Ctrl-D" not in err


def test_ctrl_c_leaves_the_prompt(run, vectors: Path, typed) -> None:
    typed("king", end=KeyboardInterrupt)
    code, out, err = run("similar", vectors, "-n", 1)
    assert (code, out.split(":")[0]) == (130, "king")
    assert err.endswith("interrupted: what was asked before is answered\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_that_cannot_say_all_characters(
    run, tmp_path: Path, encoding: str, monkeypatch
) -> None:
    words = ("a…b", "日本", "caf\u00e9", "\U0001f600", "t\tab")
    path = tmp_path / "v.safetensors"
    WordVectors(words, np.eye(5, dtype=np.float32) + 1).save(path)
    monkeypatch.setenv("COLUMNS", "80")

    def said(*arguments: object) -> str:
        streams = {name: io.BytesIO() for name in ("stdout", "stderr")}
        for name, stream in streams.items():
            monkeypatch.setattr(f"sys.{name}", io.TextIOWrapper(stream, encoding=encoding))
        assert run(*arguments)[0] in (0, 2)
        return "".join(stream.getvalue().decode(encoding) for stream in streams.values())

    shown = {r"a\u2026b", r"\u65e5\u672c", r"\ud83d\ude00", r"t\x09ab"}
    cafe = "café" if encoding == "latin-1" else r"caf\u00e9"
    lines = said("similar", path, "a…b", "--format", "tsv").splitlines()
    assert {field for line in lines for field in line.split("\t")[:2]} == {*shown, cafe}
    for form in (["--format", "jsonl"], ["--json"]):
        out = said("similar", path, "a…b", *form)
        found = [json.loads(line) for line in out.splitlines()] if form[1:] else json.loads(out)
        assert all(word in str(found) for word in ("a…b", "日本", "café", "\U0001f600"))
    assert r"\u65e5\u672c: " in said("similar", path, "日本")
    assert r"not in the vocabulary of 5 words: '\u65e5'" in said("similar", path, "日")
    for command in ("train", "similar"):
        text = said(command, "-h")
        assert {*map(len, text.splitlines())} <= {0, 80}, "boxes are whole"
        assert "─" not in text
    assert "as s3://...," in text


def test_a_bar_shows_nothing_of_short_work_and_lines_where_nothing_can_be_drawn() -> None:
    def bar(after: float, **terminal: object) -> str:
        file = io.StringIO()
        console = shared.Console(file=file, force_terminal=True, width=80, **terminal)
        with shared.Bar("working", console, after) as it:
            for done in range(1, 5):
                it.update(done / 4, "")
        return file.getvalue()

    assert bar(60.0) == ""
    assert "\x1b[" in bar(0.0)
    dumb = bar(0.0, _environ={"TERM": "dumb"})
    assert [line.split("%")[0] for line in dumb.splitlines()] == [
        *("working  25", "working  50", "working  75", "working 100")
    ]
    assert "\x1b[2K" not in dumb


@pytest.mark.parametrize("suffix", [".txt", ".bin", ".vec.gz"])
def test_reading_evaluating_and_writing_have_bars(
    run, tmp_path: Path, suffix: str, monkeypatch
) -> None:
    monkeypatch.setattr(shared, "AFTER", 0.0)
    path = tmp_path / f"v{suffix}"
    WordVectors(("a", "b", "c", "d"), np.eye(4, dtype=np.float32) + 1).save(path)
    (tmp_path / "q.txt").write_text(": all\na b c d\n")
    asked = ("evaluate", path, "--analogies", tmp_path / "q.txt")
    code, out, err = run(*asked)
    assert code == 0
    assert f"reading v{suffix} 100%" in err
    assert "asking q.txt 100%" in err
    assert run(*asked, "--quiet") == (0, out, "")
    assert "reading" in run("convert", path, tmp_path / "w.safetensors")[2]
    assert WordVectors.load(tmp_path / "w.safetensors") == WordVectors.load(path)
