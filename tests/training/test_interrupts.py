"""Ctrl-C in real processes, from the first import to the last write.

Each ends with 130 and a line that says what was kept, at once, and leaves nothing half written.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from jw2v import WordVectors
from jw2v.storage import files
from jw2v.training import interrupts

MOMENTS = int(os.environ.get("JW2V_CTRL_C", "0"))
"""Of the long test. docs/reliability.md says how many there were when it was written."""

# Background jobs, of which tests may be one, ignore Ctrl-C, and so would all that they start.
LAUNCHER = """
import os, signal, sys
signal.signal(signal.SIGINT, getattr(signal, sys.argv[1]))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
IMPORTS = ("-X", "importtime", "-m", "jw2v")
"""Each module is named on standard error when it is imported."""
PROGRAM = "from jw2v.__main__ import main; print('begins', flush=True); main()"
SMALL = ("--dim", 8, "--min-count", 1, "--subsample", 0)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python in a process that takes Ctrl-C as on a terminal."""
    with ExitStack() as started:

        def start(*arguments: object, handler: str = "SIG_DFL") -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", LAUNCHER, handler, *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield start


def wait_for(text: str, lines: Iterator[str]) -> None:
    assert any(text in line for line in lines), f"it ended without {text!r}"


def ends(process: subprocess.Popen[str], number: int = signal.SIGINT) -> str:
    """Send a signal; returns the last line of the process, which must have ended by it."""
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number, (process.returncode, out, err)
    assert "Traceback" not in err
    # The main thread may name one more module before the process ends.
    last = [line for line in err.splitlines() if not line.startswith("import time:")][-1]
    assert last.startswith({signal.SIGINT: "interrupted: ", signal.SIGTERM: "terminated: "}[number])
    return last


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    words = np.random.default_rng(0).integers(300, size=(3000, 100)).astype(str)
    path.write_text("\n".join(map(" ".join, words)), encoding="utf-8")
    return path


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """Large enough that a conversion takes a while."""
    rows = np.random.default_rng(0).normal(size=(20_000, 60)).astype(np.float32)
    WordVectors(tuple(map(str, range(20_000))), rows).save(tmp_path / "large.safetensors")
    return tmp_path / "large.safetensors"


@pytest.mark.parametrize("module", ["typer", "numpy", "pyarrow.lib", "jax._src.core", "optax"])
def test_while_it_imports(start, text: Path, module: str) -> None:
    process = start(*IMPORTS, "train", text, "-o", text.with_name("v.bin"), *SMALL)
    wait_for(f" {module}\n", process.stderr)
    assert "nothing was" in ends(process)
    assert os.listdir(text.parent) == ["text.txt"]


def test_while_it_reads(start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    process = start("-m", "jw2v", "train", tmp_path / "pipe", "-o", tmp_path / "v.bin", *SMALL)
    with open(tmp_path / "pipe", "w", encoding="utf-8") as pipe:
        pipe.write("a rose is a rose\n" * 10_000)
        pipe.flush()
        time.sleep(0.2)
        assert "--checkpoint-dir" in ends(process), "how to keep something the next time"


@pytest.mark.parametrize("seconds", [0, 0.3, 0.6, 1, 1.5, 2])
def test_while_it_starts(start, text: Path, seconds: float) -> None:
    """Most of what follows the summary of the text is XLA, compiling."""
    run = ("train", text, "-o", text.with_name("v.bin"), *SMALL, "--epochs", 1000)
    process = start("-m", "jw2v", *run)
    wait_for("of them different", process.stdout)
    time.sleep(seconds)
    assert "nothing was kept" in ends(process)
    assert os.listdir(text.parent) == ["text.txt"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_checkpoint_is_written_first(start, text: Path, tmp_path: Path, number: int) -> None:
    checkpoints = pytest.importorskip("jw2v.training.checkpoints")
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    folder, out = tmp_path / "run", tmp_path / "v.bin"
    run = ("train", text, "-o", out, *SMALL, "--epochs", 60, "--checkpoint-dir", folder)
    process = start("-m", "jw2v", *run)
    wait_for("training  10%", process.stderr)
    last = ends(process, number)
    assert f" in {folder} keeps what was learnt until then" in last
    assert "--resume" in last
    [step] = os.listdir(folder)
    assert f"checkpoint {step} in" in last
    assert len(checkpoints.load(folder)) == 300
    assert not out.exists()


@pytest.mark.long
def test_the_second_time_it_ends_at_once(start, text: Path, tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    slow = "import time; from jw2v.training.checkpoints import Checkpoints as C"
    slow += "; C.save = lambda *_: time.sleep(100)"
    run = ("train", text, "-o", tmp_path / "v.bin", *SMALL, "--epochs", 1000)
    program = f"{slow}; from jw2v.__main__ import main; main()"
    process = start("-c", program, *run, "--checkpoint-dir", tmp_path / "run")
    wait_for("training  10%", process.stderr)
    process.send_signal(signal.SIGINT)
    wait_for("again ends at once", process.stderr)
    assert "there is no checkpoint in" in ends(process)


@pytest.mark.parametrize(
    ("name", "format"), [("v.txt", ()), ("v.tsv", ()), ("encoder", ("--to", "static-embedding"))]
)
def test_while_it_writes(start, vectors: Path, tmp_path: Path, name: str, format: tuple) -> None:
    place = tmp_path / "there"
    place.mkdir()
    small = tmp_path / "small.safetensors"
    WordVectors(("a", "b"), np.eye(2, dtype=np.float32)).save(small)
    assert start("-m", "jw2v", "convert", small, place / name, *format).wait(timeout=60) == 0
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    process = start("-m", "jw2v", "convert", vectors, place / name, *format)
    while not list(place.glob(".jw2v-*")):
        assert process.poll() is None, "it ended before it could be interrupted"
    assert "nothing was written" in ends(process)
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("command", ["similar", "evaluate", "plot", "sst", "demo", "--help"])
def test_every_command(start, vectors: Path, tmp_path: Path, command: str) -> None:
    """As it imports what it needs."""
    (tmp_path / "pairs.txt").write_text("1 2 3\n", encoding="utf-8")
    words = map(str, range(5000))
    arguments, module = {
        "similar": ((vectors, "1"), "jw2v.vectors"),
        "evaluate": ((vectors, "--pairs", tmp_path / "pairs.txt"), "jw2v.evaluate.questions"),
        "plot": (
            (vectors, *words, "-o", tmp_path / "a.html", "--method", "tsne"),
            "jw2v.pictures.projection",
        ),
        "sst": (("--data", tmp_path, "-o", tmp_path / "sst"), "numpy"),
        "demo": (("-o", tmp_path / "demo"), "numpy"),
        "--help": ((), "typer"),
    }[command]
    process = start(*IMPORTS, command, *arguments)
    wait_for(f" {module}\n", process.stderr)
    assert "nothing was written" in ends(process)


def test_after_all_is_done(start, vectors: Path) -> None:
    """As JAX, say, puts itself away, which may take longer than the question did."""
    slow = (
        "import atexit, time; atexit.register(time.sleep, {});"
        " atexit.register(print, 'ends', flush=True)"
    )
    process = start("-c", f"{slow.format(100)}; {PROGRAM}", "similar", vectors, "1")
    wait_for("ends", process.stdout)
    assert ends(process) == "interrupted: all was done before"
    process = start("-c", f"{slow.format(0)}; {PROGRAM}", "--help")
    assert process.communicate(timeout=60)[0].endswith("ends\n")
    assert process.returncode == 0


def test_what_ignores_it_goes_on(start, vectors: Path) -> None:
    process = start(*IMPORTS, "similar", vectors, "1", handler="SIG_IGN")
    wait_for(" jw2v.vectors\n", process.stderr)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.startswith("1: ")


LIBRARY = """
import signal, sys, jw2v
{before}
text = [[str(i * j % 97) for j in range(60)] for i in range(3000)]
config = jw2v.Config(dim=8, min_count=1, subsample=0, epochs={epochs})
# All that is imported is so by now: there, Python itself may swallow Ctrl-C, and JAX may crash.
jw2v.train([["a", "b"] * 900], jw2v.Config(dim=8, min_count=1, subsample=0))
print("begins", flush=True)
jw2v.train(text, config, checkpoint_dir=sys.argv[1] if len(sys.argv) > 1 else None)
{after}
"""


@pytest.mark.parametrize(
    "seconds", [0.2, *(pytest.param(s, marks=pytest.mark.long) for s in (0.8, 1.6))]
)
def test_a_program_that_trains_ends_as_python_ends(start, seconds: float) -> None:
    """The thread that prepares batches must not be in JAX when the interpreter ends."""
    process = start("-c", LIBRARY.format(before="", epochs=1000, after=""))
    wait_for("begins", process.stdout)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT, err
    assert "KeyboardInterrupt" in err


@pytest.mark.parametrize("checkpoints", [False, pytest.param(True, marks=pytest.mark.long)])
def test_the_handler_of_a_program_stays_in_force(start, tmp_path: Path, checkpoints: bool) -> None:
    if checkpoints:
        pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    own = "signal.signal(signal.SIGINT, lambda *_: print('heard', flush=True))"
    program = LIBRARY.format(before=own, epochs=30, after="print('trained')")
    process = start("-c", program, *[tmp_path / "run"] * checkpoints)
    wait_for("begins", process.stdout)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (0, "heard\ntrained\n"), err


@pytest.fixture
def foreground() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def is_told_and_goes_on(told: list[bool]) -> None:
    with interrupts.interruptible(keeps=True) as interrupted:
        signal.raise_signal(signal.SIGINT)
        told.append(interrupted())


@pytest.mark.usefixtures("foreground")
def test_who_was_told_and_went_on_is_interrupted() -> None:
    told = []
    with pytest.raises(KeyboardInterrupt):
        is_told_and_goes_on(told)
    assert told == [True]


@pytest.mark.usefixtures("foreground")
def test_a_program_that_calls_the_command_line_has_its_signals_back(run) -> None:
    terminated = signal.getsignal(signal.SIGTERM)
    assert run("--help")[0] == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is terminated
    assert signal.set_wakeup_fd(-1) == -1
    with interrupts.guarded(), interrupts.guarded():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_imported_by_half_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jw2v.storage.files", ModuleType("jw2v.storage.files"))
    interrupts.say_at_the_end()
    begin_again = "interrupted: nothing was written; begin again by the same command"
    assert interrupts.last_words() == (begin_again, 130)


def test_two_files_appear_together(tmp_path: Path) -> None:
    paths = tmp_path / "a", tmp_path / "b"
    with pytest.raises(RuntimeError), files.replacing_together(*paths):
        raise RuntimeError
    assert os.listdir(tmp_path) == []
    with files.replacing_together(*paths) as opened:
        for number, file in enumerate(opened):
            file.write(b"%d" % number)
        assert all(name.startswith(".jw2v-") for name in os.listdir(tmp_path))
    assert [path.read_bytes() for path in paths] == [b"0", b"1"]
    assert list(files.written)[-2:] == list(map(str, paths))


@pytest.mark.skipif(not MOMENTS, reason="takes minutes: set JW2V_CTRL_C to how many moments")
def test_at_random_moments(start, text: Path, vectors: Path, tmp_path: Path) -> None:
    rng = random.Random(MOMENTS)
    out = tmp_path / "out"
    (tmp_path / "pairs.txt").write_text("1 2 3\n" * 5000, encoding="utf-8")
    train = ("train", text, "-o", out / "v.tsv", *SMALL, "--epochs", 30)
    commands = [
        train,
        (*train, "--checkpoint-dir", out / "run", "--checkpoint-every", 0.5),
        ("convert", vectors, out / "v.txt"),
        ("convert", vectors, out / "encoder", "--to", "static-embedding"),
        ("plot", vectors, "--top", 900, "-o", out / "map.html", "--method", "tsne"),
        ("evaluate", vectors, "--pairs", tmp_path / "pairs.txt"),
        ("demo", "-o", out),
    ]
    lasts = []
    for number in range(MOMENTS):
        command = commands[number % len(commands)]
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        whole = start("-c", PROGRAM, *command)
        wait_for("begins", whole.stdout)
        begun = time.perf_counter()
        try:
            _, err = whole.communicate(timeout=rng.uniform(0, 12 if "train" in command else 6))
            assert whole.returncode == 0, err
            continue
        except subprocess.TimeoutExpired:
            sent = time.perf_counter()
            lasts.append(ends(whole))
        waited = time.perf_counter() - sent
        print(f"{command[0]} {sent - begun:.2f} s: ended {waited:.2f} s later, {lasts[-1][:90]}")
        assert not list(out.glob(".jw2v-*"))
        assert (out / "v.tsv").exists() == (out / "v.metadata.tsv").exists()
    assert len(lasts) > MOMENTS / 4
