"""No command writes onto what it reads, however that is spelt, and pipes are read once."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jw2v import WordVectors, formats
from jw2v.cli import places
from jw2v.cli.places import Place
from jw2v.reading import corpus
from jw2v.studies import speeches, treebank
from jw2v.training import checkpoints
from jw2v.vectors import export

SMALL = ("--dim", "4", "--min-count", "1", "--subsample", "0", "--epochs", "1")
TEXT = "cats purr and dogs bark\nbirds sing and dogs bark\n" * 40


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with a text, vectors and a folder for the treebank."""
    monkeypatch.chdir(tmp_path)
    words = ("cats", "purr", "and", "dogs", "bark")
    vectors = WordVectors(words, np.eye(5, 4, dtype=np.float32) + 1)
    vectors.save("v.safetensors")
    vectors.save("pair.tsv")
    vectors.save("plain.txt")
    for name in ("own.txt", "v.metadata.tsv", "words.png", "words.html", "datasetSentences.txt"):
        Path(name).write_text(TEXT, encoding="utf-8")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def refused(run, *arguments: object) -> str:
    """Run a command that must be refused before it does anything; returns the message."""
    before = contents(Path())
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    [line] = err.splitlines()
    assert line.startswith("error: ")
    assert contents(Path()) == before
    return line


SPELT: dict[str, Callable[[], str]] = {
    "as it is": lambda: "own.txt",
    "absolute": lambda: os.path.abspath("own.txt"),
    "with dots": lambda: "../" + os.path.basename(os.getcwd()) + "/own.txt",
    "a symbolic link": lambda: os.symlink("own.txt", "link.txt") or "link.txt",
    "a hard link": lambda: os.link("own.txt", "hard.txt") or "hard.txt",
    "through a linked folder": lambda: os.symlink(".", "folder") or "folder/own.txt",
}


@pytest.mark.parametrize("spelt", SPELT)
@pytest.mark.parametrize("which", ["text", "result"])
def test_the_text_is_not_replaced(run, here: Path, spelt: str, which: str) -> None:
    other = SPELT[spelt]()
    text, result = ("own.txt", other) if which == "result" else (other, "own.txt")
    message = refused(run, "train", text, "-o", result, *SMALL)
    assert f"-o {result} and CORPUS {text} are the same file" in message


START_AND_LOSS = ("-o", "a.bin", "--start", "pair.tsv", "--plot-loss", "pair.tsv")
BOTH = {
    "text and loss": ("train", "words.png", "-o", "a.bin", "--plot-loss", "words.png"),
    "second text": ("train", "v.safetensors", "own.txt", "-o", "own.txt"),
    "text and words of a pair": ("train", "v.metadata.tsv", "-o", "v.tsv"),
    "vectors and loss": ("train", "own.txt", "-o", "a.png.txt", "--plot-loss", "a.png.txt"),
    "start": ("train", "own.txt", "-o", "v.safetensors", "--start", "v.safetensors"),
    "words of start": ("train", "own.txt", "-o", "pair.metadata.tsv", "--start", "pair.tsv"),
    "start, loss": ("train", "own.txt", *START_AND_LOSS),
    "convert": ("convert", "v.safetensors", "v.safetensors"),
    "convert to a pair": ("convert", "v.metadata.tsv", "v.tsv", "--from", "word2vec"),
    "convert from a pair": ("convert", "pair.tsv", "pair.metadata.tsv", "--to", "word2vec"),
    "plot": ("plot", "v.safetensors", "-o", "v.safetensors"),
    "plot the words": ("plot", "v.safetensors", "--words-file", "words.png", "-o", "words.png"),
    "plot a page": ("plot", "v.safetensors", "--words-file", "words.html", "-o", "words.html"),
    "plot a pair": ("plot", "pair.tsv", "-o", "pair.metadata.tsv"),
}


@pytest.mark.parametrize("name", BOTH)
def test_every_command_and_option(run, here: Path, name: str) -> None:
    given = BOTH[name]
    message = refused(run, *given, *(SMALL if given[0] == "train" else ()))
    assert "are the same file" in message


def test_two_results_have_two_names(run, here: Path) -> None:
    for given in (("a.tsv", "a.metadata.tsv"), ("a.txt", "a.txt"), ("a.txt", "A.txt")):
        message = refused(run, "train", "own.txt", "-o", given[0], "--plot-loss", given[1], *SMALL)
        assert "are the same file" in message


@pytest.mark.parametrize("command", ["sst", "demo"])
def test_links_in_the_folder_of_results(run, here: Path, command: str, monkeypatch) -> None:

    text = Path("datasetSentences.txt").absolute()
    monkeypatch.setattr(speeches, "speeches", lambda: [text])
    monkeypatch.setattr(treebank, "read_sentences", lambda _: [["a", "b"]] * 9)
    os.mkdir("results")
    given = ("--data", ".") if command == "sst" else ()
    for name, what in (("vectors.safetensors", "vectors"), ("word_vectors.png", "picture")):
        os.link(text, f"results/{name}")
        message = refused(run, command, *given, "-o", "results")
        assert f"the {what} results/{name} and the text " in message
        os.unlink(f"results/{name}")
    os.mkdir("results/word_vectors.png")
    assert "is a folder" in refused(run, command, *given, "-o", "results")
    assert "is a file" in refused(run, command, *given, "-o", "own.txt")


def test_folders_are_apart_from_files(run, here: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    os.makedirs("run/old")
    text = ("train", "own.txt", "-o")
    for given in (
        (*text, "run/v.bin", "--checkpoint-dir", "run"),
        (*text, "run/old/v.bin", "--checkpoint-dir", "run"),
        (*text, "v.bin", "--checkpoint-dir", "."),
        (*text, "run/v.bin", "--start", "run"),
        (*text, "v.bin", "--start", "run", "--checkpoint-dir", "run/new"),
        (*text, "v.bin", "--start", "run/old", "--checkpoint-dir", "run"),
        (*text, "v.bin", "--plot-loss", "run/a.png", "--checkpoint-dir", "run"),
    ):
        assert " lies in " in refused(run, *given, *SMALL)
    given = (*text, "v.bin", "--start", "run", "--checkpoint-dir", "old/../run")
    os.mkdir("old")
    assert "are the same file" in refused(run, *given, *SMALL)
    export.static_embedding(WordVectors.load("v.safetensors"), "encoder")
    given = ("convert", "encoder/model.safetensors", "encoder", "--to", "static-embedding")
    assert "IN encoder/model.safetensors lies in OUT encoder" in refused(run, *given)


def test_what_is_apart_is_written(run, here: Path) -> None:
    assert run("train", "own.txt", "own.txt", "-o", "v.safetensors", *SMALL)[0] == 0
    assert len(WordVectors.load("v.safetensors")) == 7, "an older result is replaced"
    assert run("convert", "v.safetensors", "V.bin")[0] == 0
    os.symlink("v.safetensors", "link.safetensors")
    assert run("convert", "V.bin", "link.safetensors")[0] == 0
    assert os.path.islink("link.safetensors")


def jw2v(script: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in which ``jw2v`` is the command."""
    function = f'jw2v() {{ "{sys.executable}" -m jw2v "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", function + script], capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("jw2v train /dev/stdin -o own.txt < own.txt", "-o own.txt and CORPUS /dev/stdin"),
        ("jw2v train own.txt -o a.bin >> own.txt", "standard output and CORPUS own.txt"),
        ("jw2v similar plain.txt cats >> plain.txt", "standard output and VECTORS plain.txt"),
        ("jw2v train own.txt -o a.txt > a.txt", "standard output and -o a.txt"),
        ("jw2v similar plain.txt cats 2>> plain.txt", None),
        ("cat own.txt | jw2v train /dev/stdin /dev/fd/0 -o a.bin", "only once"),
    ],
)
def test_redirections(here: Path, script: str, message: str | None) -> None:
    own, plain = Path("own.txt").read_bytes(), Path("plain.txt").read_bytes()
    done = jw2v(script)
    assert done.returncode == 2
    if message:
        assert message in done.stderr
        assert Path("plain.txt").read_bytes() == plain
    assert Path("own.txt").read_bytes() == own
    assert not Path("a.bin").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("jw2v similar plain.txt cats > /dev/full", 2),
        ("jw2v similar plain.txt cats --json > /dev/full", 2),
        ("jw2v evaluate plain.txt --pairs <(echo cats dogs 1) > /dev/full", 2),
        ("jw2v similar --help > /dev/full", 2),
        ("jw2v similar plain.txt cats >&-", 2),
        ("jw2v similar plain.txt nothing 2>&-", 2),
    ],
)
def test_what_cannot_be_said_is_no_success(here: Path, script: str, code: int) -> None:
    done = jw2v(script)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ") or "2>&-" in script


FEW = " ".join(SMALL)


@pytest.mark.parametrize(
    "script",
    [
        f"cat own.txt | jw2v train /dev/stdin -o a.safetensors {FEW}",
        f"jw2v train <(gzip -c own.txt | zcat) -o a.safetensors {FEW}",
        f"mkfifo p.gz; gzip -c own.txt > p.gz & jw2v train p.gz -o a.safetensors {FEW}",
        f"jw2v train own.txt <(cat own.txt) -o a.safetensors {FEW}",
    ],
)
def test_pipes_are_texts_of_unknown_size(here: Path, script: str) -> None:
    done = jw2v(script)
    assert done.returncode == 0, done.stderr
    assert "reading" not in done.stderr, "a share that nobody knows"
    words = 800 if "own.txt <(" in script else 400
    assert f"{words} words, 7 of them different" in done.stdout
    assert len(WordVectors.load("a.safetensors")) == 7


def test_an_empty_pipe_is_no_text(here: Path) -> None:
    done = jw2v(f"true | jw2v train /dev/stdin -o a.safetensors {FEW}")
    assert (done.returncode, "no words in /dev/stdin" in done.stderr) == (2, True), done.stderr


def test_progress_tells_no_total_where_there_is_none(here: Path) -> None:
    def told(*paths: str) -> list[tuple[int, int]]:
        seen: list[tuple[int, int]] = []
        corpus.read(paths, min_count=1, progress=lambda *each: seen.append(each))
        return seen

    size = os.path.getsize("own.txt")
    assert told("own.txt", "own.txt")[-1] == (2 * size, 2 * size)
    assert told("own.txt", "/dev/null")[-1] == (size, 0)


def test_a_text_that_grows_while_it_is_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "_size", lambda _: 10)
    seen: list[tuple[int, int]] = []
    corpus.read("own.txt", min_count=1, progress=lambda *each: seen.append(each))
    assert set(seen) == {(10, 10)}


@pytest.mark.parametrize("format", formats.FORMATS, ids=lambda format: format.name)
def test_vectors_saved_onto_their_own_file(here: Path, format: formats.Format) -> None:
    """From Python this is allowed: even if they are mapped, they are read to the end first."""
    path = "again" + format.suffixes[-1]
    rows = np.random.default_rng(0).normal(size=(3000, 40)).astype(np.float32)
    WordVectors(tuple(map(str, range(3000))), rows).save(path)
    os.symlink(path, link := "link" + format.suffixes[-1])
    if format.beside:
        os.symlink(format.beside(path), format.beside(link))
    for name in (path, link, path):
        loaded = WordVectors.load(path)
        loaded.save(name)
        assert (loaded.vectors == rows).all(), "what is mapped stays as it was"
        assert (WordVectors.load(path).vectors == rows).all()


def test_places_are_told_by_what_they_are(here: Path) -> None:
    places.apart([Place("a", "own.txt")], [Place("b", "Own.txt")])  # that there is not, this there
    with pytest.raises(ValueError, match="b NEW and c new are the same file"):
        places.apart([], [Place("b", "NEW"), Place("c", "new")])
    with pytest.raises(ValueError, match=r"b nowhere/new and c nowhere/\./new are"):
        places.apart([], [Place("b", "nowhere/new"), Place("c", "nowhere/./new")])
    places.apart([Place("a", "own.txt"), Place("b", "own.txt")], [])


OPTIONS = {
    "resume": (("--resume",), "--resume needs --checkpoint-dir"),
    "every": (("--checkpoint-every", "5"), "--checkpoint-every needs --checkpoint-dir"),
    "format": (("-o", "a.nothing"), "'.nothing'"),
    "packed": (("-o", "a.txt.bz2"), "are written plain or as .gz"),
    "no folder": (("-o", "nowhere/a.bin"), "there is no folder"),
    "a folder": (("-o", "there.txt"), "is a folder"),
    "picture": (("--plot-loss", "a.gif"), "'.gif'"),
    "picture nowhere": (("--plot-loss", "nowhere/a.png"), "there is no folder"),
    "checkpoints": (("--checkpoint-dir", "plain.txt"), "plain.txt is not a folder"),
    "checkpoints in a file": (("--checkpoint-dir", "own.txt/run"), "own.txt is not a folder"),
    "start": (("--start", "nowhere.txt"), "no such file: nowhere.txt"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_refused_before_the_text_is_read(run, here: Path, name: str, monkeypatch):
    def read(*_: object, **__: object) -> None:
        raise AssertionError("the text was read")

    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    monkeypatch.setattr(corpus, "read", read)
    os.mkdir("there.txt")
    flags, message = OPTIONS[name]
    output = () if "-o" in flags else ("-o", "a.bin")
    assert message in refused(run, "train", "own.txt", *output, *SMALL, *flags)
    assert not Path("run").exists()


def test_checkpoints_of_another_run_are_refused_before_the_text_is_read(
    run, here: Path, monkeypatch
) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    given = ("train", "own.txt", "-o", "a.bin", *SMALL, "--checkpoint-dir", "run")
    assert run(*given)[0] == 0
    monkeypatch.setattr(checkpoints, "Checkpoints", None)
    assert "run holds checkpoints already: resume from them" in refused(run, *given)


def test_the_summary_tells_old_words_from_new(run, here: Path) -> None:
    _, out, _ = run("train", "own.txt", "-o", "a.safetensors", *SMALL, "--start", "v.safetensors")
    assert "400 words, 7 different ones to learn: 5 that have vectors already, and 2 new" in out
    assert "seen once or more; 0 others keep their vectors" in out
    Path("new.txt").write_text("cats meow\n" * 9 + "cats purr rarely\n", encoding="utf-8")
    settings = (*SMALL[:2], "--min-count", "3", *SMALL[4:])
    given = ("train", "new.txt", "-o", "a.safetensors", *settings)
    _, out, _ = run(*given, "--start", "v.safetensors")
    assert "21 words, 3 different ones to learn: 2 that have vectors already, and 1 new" in out
    assert "seen 3 times or more; 3 others keep their vectors" in out
    _, out, _ = run("train", "own.txt", "-o", "a.safetensors", *SMALL, "--max-vocab", "4")
    assert "4 of them different and the most frequent of those seen once or more" in out
