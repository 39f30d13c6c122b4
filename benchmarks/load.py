"""What jw2v does under load: long texts, long runs, large vocabularies. Linux only.

    python benchmarks/load.py text8 --times 4 --epochs 100 --minutes 60
    python benchmarks/load.py --zipf 100000000 --vocab 5000000 --epochs 1

The first repeats a text; the second draws one, in which each of VOCAB words occurs at least
MIN_COUNT times and the others by Zipf's law. Either is written to a temporary file, and `jw2v
train` reads it, trains, writes a checkpoint every CHECKPOINT_EVERY seconds and saves, in a process
of its own whose memory is read every second from /proc. After MINUTES it gets a Ctrl-C, and what it
had learnt is taken from the checkpoint that it then writes. Printed are the resident memory over
time, of which "anonymous" is the part that is not a file mapped into memory, the peaks, and the
bound that docs/reliability.md states.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

LINE_WORDS = 1_000
PIECE = 1_000_000
ROWS = 20
"""Lines of the table that shows memory over time."""
MIB = 2**20
CTRL_C = 130
"""Exit code of jw2v after Ctrl-C."""


class Sample(NamedTuple):
    """Memory of a process at one time, in MiB."""

    seconds: float
    resident: float
    anonymous: float


def repeated(text: Path, times: int, path: Path) -> None:
    """The text, so many times, each on lines of its own."""
    with path.open("wb") as out:
        for _ in range(times):
            with text.open("rb") as source:
                shutil.copyfileobj(source, out)
            out.write(b"\n")


def drawn(words: int, vocab: int, min_count: int, path: Path) -> None:
    """Independent words: all of them min_count times in a row of permutations, then by Zipf."""
    rng = np.random.default_rng(0)
    share = np.cumsum(1 / np.arange(1, vocab + 1))

    def pieces() -> Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]:
        for _ in range(min_count):
            yield rng.permutation(vocab)
        for start in range(min_count * vocab, words, PIECE):
            size = min(PIECE, words - start)
            yield np.searchsorted(share, rng.random(size) * share[-1])

    with path.open("w", encoding="ascii") as out:
        for ids in pieces():
            for start in range(0, len(ids), LINE_WORDS):
                line = ids[start : start + LINE_WORDS].tolist()
                out.write(" ".join([f"w{number:x}" for number in line]) + "\n")


def sample(pid: int, began: float) -> Sample | None:
    """Memory now; None when the process has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "VmRSS" not in fields:
        return None
    resident, anonymous = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    return Sample(time.monotonic() - began, resident, anonymous)


def watched(command: list[str], minutes: float) -> tuple[list[Sample], bool]:
    """What the memory of a command was each second, and whether it came to its end by itself."""
    began = time.monotonic()
    # A program in the background ignores Ctrl-C, and so would what it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command)
    samples: list[Sample] = []
    interrupted = False
    while process.poll() is None:
        now = sample(process.pid, began)
        if now is not None:
            samples.append(now)
        if not interrupted and time.monotonic() - began > 60 * minutes:
            process.send_signal(signal.SIGINT)
            interrupted = True
        time.sleep(1)
    if process.returncode != (CTRL_C if interrupted else 0):
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}")
    return samples, not interrupted


def bound(vocab: int, dim: int) -> float:
    """The stated bound in MiB: what is there without a word, and what each word may take."""
    return 700 + vocab * (12 * dim + 600) / MIB


def show(samples: list[Sample]) -> None:
    """Memory over time, and the peaks."""
    print(f"\n{'seconds':>10}{'resident MiB':>14}{'anonymous MiB':>15}")
    for part in np.array_split(np.array(samples), min(ROWS, len(samples))):
        seconds, resident, anonymous = part.max(axis=0)
        print(f"{seconds:>10,.0f}{resident:>14,.0f}{anonymous:>15,.0f}")
    _, resident, anonymous = np.array(samples).max(axis=0)
    print(f"{'peak':>10}{resident:>14,.0f}{anonymous:>15,.0f}", flush=True)


def main() -> None:
    """Write the text, train on it under watch, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("text", type=Path, nargs="?", help="text to repeat, plain")
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--zipf", type=int, metavar="WORDS", help="draw so many words instead")
    parser.add_argument("--vocab", type=int, default=5_000_000)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--checkpoint-every", type=float, default=600)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end it after so many")
    parser.add_argument("--keep", type=Path, help="keep the vectors in this file")
    arguments = parser.parse_args()
    if (arguments.text is None) == (arguments.zipf is None):
        parser.error("give either a text to repeat or --zipf WORDS")

    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        if arguments.text is not None:
            repeated(arguments.text, arguments.times, text)
        else:
            drawn(arguments.zipf, arguments.vocab, arguments.min_count, text)
        vectors = arguments.keep or Path(folder) / "vectors.safetensors"
        command = [sys.executable, "-m", "jw2v", "train", str(text), "-o", str(vectors)]
        for flag in ("dim", "epochs", "min_count", "checkpoint_every"):
            command += ["--" + flag.replace("_", "-"), str(getattr(arguments, flag))]
        checkpoints = Path(folder) / "checkpoints"
        samples, whole = watched(
            [*command, "--checkpoint-dir", str(checkpoints)], arguments.minutes
        )
        show(samples)
        from jw2v import WordVectors
        from jw2v.training.checkpoints import load

        learnt = WordVectors.load(vectors) if whole else load(checkpoints)
        vocab, dim = learnt.vectors.shape
        if not whole:
            dim //= 2
            if arguments.keep:
                centers = WordVectors(learnt.words, learnt.vectors[:, :dim].copy())
                centers.save(arguments.keep)
    print(f"{vocab:,} words, dim {dim}: the bound is {bound(vocab, dim):,.0f} MiB")


if __name__ == "__main__":
    main()
