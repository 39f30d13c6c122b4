"""Several processes on one machine, by the command line: together, killed, stalled, at odds."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import jw2v
from jw2v import Config
from jw2v.cli import app
from jw2v.training.interrupts import LOST
from jw2v.training.processes import PATIENCE, Processes
from topics import two_topics

pytest.importorskip("orbax.checkpoint", reason="the extra checkpoint is not installed")

CONFIG = Config(dim=8, min_count=1, subsample=0, epochs=2000, batch_words=512)
FLAGS = ["--dim=8", "--min-count=1", "--subsample=0", "--batch-words=512"]
TIMEOUT = 300


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@contextmanager
def together(texts: list[Path], *flags: str) -> Iterator[list[subprocess.Popen[str]]]:
    """A process for each text, all of one run, each with two devices; none outlives the block."""
    meeting = ["--coordinator", f"127.0.0.1:{free_port()}", "--processes", str(len(texts))]
    environment = os.environ | {
        "XLA_FLAGS": f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=2",
        "JAX_PLATFORMS": "cpu",
    }
    command = [sys.executable, "-W", "ignore", "-m", "jw2v", "train"]
    started = []
    try:
        for number, text in enumerate(texts):
            whole = [*command, text, *FLAGS, *meeting, "--process-id", str(number), *flags]
            started.append(
                subprocess.Popen(
                    whole,
                    env=environment,
                    cwd=text.parent,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                assert stream is not None
                stream.close()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code of a process, and what it said on standard error."""
    _, said = process.communicate(timeout=TIMEOUT)
    return process.returncode, said


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def written(path: Path, tokens: int = 3000) -> Path:
    path.write_text("\n".join(" ".join(line) for line in two_topics(tokens)), encoding="utf-8")
    return path


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def test_one_is_killed_and_another_number_goes_on(tmp_path: Path) -> None:
    """Two processes learn what one does; when one is lost the other ends, and one alone goes on."""
    text, kept = written(tmp_path / "text.txt"), tmp_path / "kept"
    flags = ["-o", "out.safetensors", "--mesh", "data=2,model=2", "--checkpoint-dir", str(kept)]
    with together([text, text], "--epochs=2000", "--checkpoint-every=0", *flags) as (first, second):
        until(lambda: first.poll() is not None or {"2", "3"} & {p.name for p in kept.glob("?")})
        second.kill()
        code, said = ended(first)
    assert code == LOST, said
    line = said.strip().splitlines()[-1]
    assert line.startswith(
        "process 1 of 2 has ended or does not answer, and process 0 ends too: checkpoint"
    )
    assert line.endswith("the same command with --resume goes on from it")
    assert not (tmp_path / "out.safetensors").exists()

    chunks = 0

    def stop(progress: jw2v.Progress) -> None:
        nonlocal chunks
        chunks += 1
        if progress.fraction * CONFIG.epochs >= resumed + 2:
            raise KeyboardInterrupt

    newest = max(int(path.name) for path in kept.iterdir() if path.name.isdecimal())
    resumed = newest  # a chunk is an epoch here
    by_itself = tmp_path / "alone"
    for folder in (kept, by_itself):
        with pytest.raises(KeyboardInterrupt):
            jw2v.train(
                str(text),
                CONFIG,
                checkpoint_dir=folder,
                checkpoint_every=0,
                resume=True,
                progress=stop,
            )
    assert chunks >= resumed + 4
    one, other = (jw2v.training.checkpoints.load(folder) for folder in (kept, by_itself))
    assert one.words == other.words
    assert distance(one.vectors, other.vectors) < 1e-5


def test_two_learn_what_one_does(tmp_path: Path) -> None:
    text = written(tmp_path / "text.txt")
    flags = ["--epochs=3", "-o", "out.safetensors", "--mesh", "data=2,model=2"]
    with together([text, text], *flags) as both:
        found = [ended(process) for process in both]
    assert [code for code, _ in found] == [0, 0], found
    one = jw2v.train(str(text), Config(**{**vars(CONFIG), "epochs": 3}))
    two = jw2v.load(tmp_path / "out.safetensors")
    assert two.words == one.words
    assert distance(two.vectors, one.vectors) < 1e-5


def test_standard_output_carries_results_alone(tmp_path: Path) -> None:
    """What the libraries that join processes write there goes nowhere."""
    text = written(tmp_path / "text.txt")
    flags = ["--epochs=1", "-o", "-", "--mesh", "data=4", "--quiet"]
    with together([text, text], *flags) as both:
        found = [process.communicate(timeout=TIMEOUT) for process in both]
    (vectors, said), other = found
    assert other == ("", "")
    assert said == ""
    (tmp_path / "out.txt").write_text(vectors, encoding="utf-8")
    assert jw2v.load(tmp_path / "out.txt").vectors.shape[1] == CONFIG.dim


@pytest.mark.parametrize("which", [0, pytest.param(1, marks=pytest.mark.long)])
def test_ctrl_c_to_one_ends_all_alike(tmp_path: Path, which: int) -> None:
    text, kept = written(tmp_path / "text.txt"), tmp_path / "kept"
    flags = ["--epochs=20000", "-o", "out.safetensors", "--mesh", "data=2,model=2"]
    keeps = ["--checkpoint-dir", str(kept), "--checkpoint-every=0"]
    with together([text, text], *flags, *keeps) as both:
        until(lambda: any(path.name.isdecimal() for path in kept.glob("*")))
        both[which].send_signal(signal.SIGINT)
        found = [ended(process) for process in both]
    for code, said in found:
        assert code == 130, found
        assert said.strip().splitlines()[-1].startswith("interrupted: checkpoint ")


def test_one_that_comes_twice_harms_no_run(tmp_path: Path) -> None:
    text, kept = written(tmp_path / "text.txt"), tmp_path / "kept"
    flags = ["--epochs=20000", "-o", "out.safetensors", "--mesh", "data=2,model=2"]
    keeps = ["--checkpoint-dir", str(kept), "--checkpoint-every=0"]
    with together([text, text], *flags, *keeps) as both:
        until(lambda: any(path.name.isdecimal() for path in kept.glob("*")))
        for number, said in ((1, "process 1 of 2 is there already: give each an id"), (0, "port ")):
            whole = [*map(str, both[1].args), "--process-id", str(number)]  # type: ignore[union-attr]
            del whole[(given := whole.index("--process-id")) : given + 2]
            again = subprocess.run(
                whole, cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
            assert again.returncode == 2, again.stderr
            assert again.stderr.startswith(f"error: {said}")
        before = {path.name for path in kept.glob("*")}
        until(lambda: {path.name for path in kept.glob("*")} != before)
        assert [process.poll() for process in both] == [None, None]


def test_what_is_wrong_with_all_is_said_by_all(tmp_path: Path) -> None:
    text = written(tmp_path / "text.txt")
    with together([text, text], "--quiet", "-o", "out.safetensors") as both:
        found = [ended(process) for process in both]
    assert [code for code, _ in found] == [2, 2], found
    for _, said in found:
        assert said.startswith("error: mesh: 2 processes train together")
        assert len(said.splitlines()) == 1


@pytest.mark.parametrize("which", [0, pytest.param(1, marks=pytest.mark.long)])
def test_what_is_wrong_with_one_ends_all(tmp_path: Path, which: int) -> None:
    texts = [written(tmp_path / "text.txt")] * 2
    texts[which] = tmp_path / "none.txt"
    flags = ["--epochs=3", "-o", "out.safetensors", "--mesh", "data=2,model=2"]
    with together(texts, *flags) as both:
        found = [ended(process) for process in both]
    code, said = found[which]
    assert code == 2
    assert said.startswith("error: no such file")
    code, said = found[1 - which]
    assert code == LOST
    assert (
        f"process {which} of 2 has ended with an error of its own, and process {1 - which} ends too"
        in said.splitlines()[-1]
    )


def test_two_texts_are_no_run(tmp_path: Path) -> None:
    texts = [written(tmp_path / "a.txt"), written(tmp_path / "b.txt", 2000)]
    flags = ["--epochs=3", "-o", "out.safetensors", "--mesh", "data=2,model=2"]
    with together(texts, *flags) as both:
        found = [ended(process) for process in both]
    for code, said in found:
        assert code == 2
        assert said.strip().splitlines()[-1] == (
            "error: the processes of this run differ in text: give all of them the same command,"
            " but for --process-id."
        )
    assert not (tmp_path / "out.safetensors").exists()


@pytest.mark.long
@pytest.mark.parametrize("which", [0, 1])
def test_one_that_stands_still_is_not_waited_for(tmp_path: Path, which: int) -> None:
    text, kept = written(tmp_path / "text.txt"), tmp_path / "kept"
    flags = ["--epochs=20000", "-o", "out.safetensors", "--mesh", "data=2,model=2"]
    keeps = ["--checkpoint-dir", str(kept), "--checkpoint-every=0"]
    with together([text, text], *flags, *keeps) as both:
        until(lambda: any(path.name.isdecimal() for path in kept.glob("*")))
        both[which].send_signal(signal.SIGSTOP)
        began = time.monotonic()
        code, said = ended(both[1 - which])
    assert code == LOST, said
    assert time.monotonic() - began < 2 * PATIENCE
    assert said.strip().splitlines()[-1].startswith(f"process {which} of 2 has ended or does not")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Processes("host", 2, 0), "HOST:PORT"),
        (Processes(":80", 2, 0), "HOST:PORT"),
        (Processes("host:0", 2, 0), "HOST:PORT"),
        (Processes("host:70000", 2, 0), "HOST:PORT"),
        (Processes("host:80", 2, 2), "from 0 to 1 where there are 2 processes; got 2"),
        (Processes("host:80", 0, 0), "got 0"),
    ],
)
def test_no_process(given: Processes, said: str) -> None:
    with pytest.raises(ValueError, match="must be") as error:
        given.check()
    assert said in str(error.value)


def refusal(*flags: str) -> str:
    done = CliRunner().invoke(app, ["train", "none.txt", "-o", "out.safetensors", *flags])
    assert isinstance(done.exception, ValueError), done
    return str(done.exception)


@pytest.mark.parametrize("mesh", ["2", "data", "data=", "data=two", "data=1,data=1", "data=-1", ""])
def test_a_mesh_is_axes_and_numbers(mesh: str) -> None:
    assert refusal("--mesh", mesh) == (
        "--mesh must say how many devices each of data and model has, such as data=2,model=4;"
        f" got {mesh!r}"
    )


def test_processes_need_all_three() -> None:
    assert refusal("--coordinator", "localhost:80", "--processes", "2") == (
        "several processes need --coordinator, --processes, --process-id, and --process-id is"
        " missing"
    )


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("", 0)) as door:
        port = door.getsockname()[1]
        flags = ["--coordinator", f"localhost:{port}", "--processes", "2", "--process-id", "0"]
        said = refusal(*flags)
    assert said.startswith(f"port {port} of localhost is taken (Address already in use)")
    assert said.endswith("Give all processes another port.")
