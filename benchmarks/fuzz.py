"""Fuzz every reader of files, guided by coverage: only the errors that it documents may come.

    python benchmarks/fuzz.py [--minutes 30] [--only word2vec-text checkpoint] [--keep FOLDER]

Needs the extra ``fuzz``, which is atheris. Each target of ``fuzz_targets.py`` has a process of its
own, in which jw2v is instrumented and the address space is what it was after the valid files and
1 GiB more. A finding is an error that is not documented, one whose message is as long as the file,
a file that is accepted and breaks what must hold, a crash, an input of more than 10 seconds, or one
that takes 256 MiB of memory. The inputs of findings are kept.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

DOCUMENTED = (ValueError, OSError)
SLOW_SECONDS = 10
LONGEST_INPUT = 1 << 13
LONGEST_MESSAGE = 4000
MOST_KIB = 256 << 10
ROOM = 1 << 30
MOST_CRASHES = 5
"""Of a target, before the next one has its turn."""


class Watch:
    """Runs the inputs of one target, judges each and counts."""

    def __init__(self, read: Any, keep: Path) -> None:
        self._read, self._keep = read, keep
        self._written = 0.0
        self.counts: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        self.findings: dict[str, str] = {}
        self.slowest = 0.0
        self.peak = self.base = peak_kib()

    def __call__(self, data: bytes) -> None:
        start = time.perf_counter()
        try:
            self._read(data)
            self.counts["accepted"] += 1
        except DOCUMENTED as error:
            self.counts["refused"] += 1
            self.messages[re.sub(r"\d+", "#", str(error))[:100]] += 1
            if len(str(error)) > LONGEST_MESSAGE:
                self.found(f"{type(error).__name__} of {len(str(error)):,} characters", error, data)
        except Exception as error:
            self.found(f"{type(error).__name__}: {str(error)[:100]}", error, data)
        self.slowest = max(self.slowest, time.perf_counter() - start)
        if (peak := peak_kib()) > self.peak:
            if peak - self.peak > MOST_KIB:
                self.found(f"took {(peak - self.peak) >> 10:,} MiB", None, data)
            self.peak = peak
        self.counts["inputs"] += 1
        if time.monotonic() - self._written > 1:
            self.write()

    def found(self, what: str, error: Exception | None, data: bytes) -> None:
        """Keep the first input of each finding: an error at a place in jw2v."""
        frames = traceback.extract_tb(error.__traceback__) if error else []
        places = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if "jw2v" in f.filename]
        name = f"{type(error).__name__ if error else 'memory'} at {places[-1:] or ['the check']}"
        if name in self.findings:
            return
        path = self._keep / f"finding-{len(list(self._keep.glob('finding-*')))}"
        path.write_bytes(data)
        self.findings[name] = f"{what} at {' '.join(places)}: {path}"
        self.write()

    def write(self) -> None:
        """For the process that waits: libFuzzer ends this one without a farewell."""
        self._written = time.monotonic()
        stats = {
            **self.counts,
            "slowest": self.slowest,
            "MiB": (self.peak - self.base) >> 10,
            "findings": self.findings,
            "messages": self.messages.most_common(40),
        }
        (self._keep / "stats.json").write_text(json.dumps(stats, indent=1))


def peak_kib() -> int:
    """The largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def work(name: str, seconds: int, keep: Path, folder: Path) -> None:
    """Fuzz one target; does not return."""
    import atheris

    with atheris.instrument_imports(include=["jw2v"]):
        from fuzz_targets import TARGETS
    corpus = keep / "corpus"
    corpus.mkdir(exist_ok=True)
    made = TARGETS[name](folder)
    for number, seed in enumerate(made.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
        _tolerant(made.read, seed)
    watch = Watch(made.read, keep)
    _bound_memory()
    options = {
        "max_total_time": seconds,
        "timeout": SLOW_SECONDS,
        "max_len": LONGEST_INPUT,
        "rss_limit_mb": 0,
        "artifact_prefix": f"{keep}/",
        "print_final_stats": 1,
    }
    flags = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], watch)
    atheris.Fuzz()


def _tolerant(read: Any, seed: bytes) -> None:
    """Once before memory is bounded, so that what is imported late counts as there."""
    try:
        read(seed)
    except Exception as error:
        print(f"a seed: {type(error).__name__}: {error}", file=sys.stderr)


def _in_memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _bound_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def fuzz(name: str, seconds: float, folder: Path) -> list[str]:
    """Fuzz a target for some time, again after each crash; prints its row, returns its findings."""
    keep = folder / name
    keep.mkdir(parents=True, exist_ok=True)
    total: Counter[str] = Counter()
    slowest, peak, edges = 0.0, 0, 0
    findings: dict[str, str] = {}
    end = time.monotonic() + seconds
    for _ in range(MOST_CRASHES):
        (keep / "stats.json").unlink(missing_ok=True)
        left = max(1, round(end - time.monotonic()))
        command = [sys.executable, __file__, "--worker", name, str(left), str(keep)]
        # libFuzzer ends its process at once, so that the folder is ours to take away.
        with (
            tempfile.TemporaryDirectory(dir=_in_memory()) as scratch,
            open(keep / "log", "wb") as log,
        ):
            command.append(scratch)
            code = subprocess.run(
                command, stderr=log, stdout=log, timeout=2 * left + 300
            ).returncode
        said = (keep / "log").read_text(errors="replace")
        edges = max([edges, *map(int, re.findall(r"cov: (\d+)", said))])
        if (keep / "stats.json").exists():
            stats = json.loads((keep / "stats.json").read_text())
            total.update({key: stats.get(key, 0) for key in ("inputs", "accepted", "refused")})
            slowest, peak = max(slowest, stats["slowest"]), max(peak, stats["MiB"])
            findings |= stats["findings"]
        artifacts = [p for p in keep.iterdir() if re.match("(crash|timeout|oom|leak)-", p.name)]
        findings |= {path.name: f"{path.name.split('-')[0]}: {path}" for path in artifacts}
        if code == 0:
            break
        if not artifacts:
            findings["end"] = f"ended with {code}: see {keep / 'log'}"
        if time.monotonic() > end - 1:
            break
    row = (total["inputs"], total["accepted"], total["refused"], edges, peak)
    numbers = "".join(f"{number:>11,}" for number in row)
    print(f"{name:<20}{numbers}{slowest:>10.2f}{len(findings):>10}", flush=True)
    return [f"{name}: {finding}" for finding in findings.values()]


def main() -> None:
    """Fuzz all targets in turn and print a table; ends with 1 if anything was found."""
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], int(sys.argv[3]), *map(Path, sys.argv[4:]))
    from fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30, help="in all")
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--keep", type=Path, help="folder of corpora and findings; used again")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="jw2v-fuzz-"))
    heads = ("inputs", "accepted", "refused", "edges", "peak MiB")
    print(f"{'':<20}{''.join(f'{h:>11}' for h in heads)}{'slowest s':>10}{'findings':>10}")
    seconds = 60 * arguments.minutes / len(arguments.only)
    found = [f for name in arguments.only for f in fuzz(name, seconds, folder)]
    print("\n".join(found) or "no findings")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
