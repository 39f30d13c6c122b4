"""Mutation testing: how many small mistakes in the package the tests notice.

    python -m pytest --cov=jw2v --cov-branch --cov-context=test --junitxml=coverage.xml
    python benchmarks/mutation.py [--module losses ...] [--sample 60 --seed 0]

The first command records which test reaches which line, and how long it takes; the second makes
every mutant of each module (``mutants.py``), or a random sample of them, and runs the tests that
reach its statement, those first that have killed before, then those of the module's own file, and
the fastest first, until one fails.
The tests are collected once; each mutant is a fork of that process in which the code of the
module's functions is exchanged (``exchange.py``). Mistakes outside of functions need a process of
their own. A mutant that outlives ``--seconds`` of tests, as recorded, has survived: selection can
miss a kill, but never invent one. A mutant that needs far more processor time than its tests took
is killed too; a kill by a test that fails without any mutant does not count.

Prints a table, and the survivors; ``equivalent_mutants.txt`` says of some why no test can see them.
``--results`` keeps what was found, so that a second run tries only the new, and the survivors for
which there is no reason.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import coverage
import pytest
from _pytest.main import pytest_runtestloop as run_the_items
from exchange import Exchange
from mutants import Mutant, mutants

ROOT = Path(__file__).parents[1]
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.txt")
MODULES = (
    *("losses", "gradients", "activations", "feeding", "objectives", "steps", "formats"),
    *("training/planning", "training/meter", "training/running"),
)
OPTIONS = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:cov"]
WALL_SECONDS = 240


class Reach:
    """Which tests reach a line, and how long each of them takes."""

    def __init__(self, data: str, times: str) -> None:
        self.seconds = dict(_seconds(times))
        self._data = coverage.CoverageData(data)
        self._data.read()
        self._lines: dict[str, dict[int, set[str]]] = {}
        self._kills: Counter[tuple[str, str, str]] = Counter()
        self._misses: Counter[tuple[str, str, str]] = Counter()

    def tests(self, mutant: Mutant, items: dict[str, Any], budget: float) -> list[str]:
        """The tests to run, within a budget of seconds."""
        lines, (first, last) = self._of(mutant.file), mutant.lines
        found = set().union(*(lines.get(line, ()) for line in range(first, last + 1)))
        if not found:  # what runs when a module is imported: all who use the module or its package
            found = set().union(*lines.values()) or self._of_folder(mutant.file)
        found |= items.keys() - self.seconds.keys()  # tests newer than the record
        chosen: list[str] = []
        spent = 0.0
        for name in sorted(found & items.keys(), key=lambda name: self._rank(mutant, name)):
            spent += self.seconds.get(name, 0)
            if spent <= budget or not chosen:
                chosen.append(name)
        return chosen

    def learn(self, mutant: Mutant, tests: list[str], killer: str) -> None:
        """Remember which test killed a mutant, and which before it did not."""
        for name in tests[: tests.index(killer)] if killer else tests:
            self._misses[mutant.file, mutant.where, name] += 1
        self._kills[mutant.file, mutant.where, killer] += 1

    def _rank(self, mutant: Mutant, name: str) -> tuple[int, bool, float]:
        at = mutant.file, mutant.where, name
        own = Path(mutant.file).with_suffix("").parts[1:]
        others = not any(f"/test_{part}" in name for part in own)
        return -self._kills[at], others, self.seconds.get(name, 0) * (1 + self._misses[at])

    def _of(self, file: str) -> dict[int, set[str]]:
        if file not in self._lines:
            contexts = self._data.contexts_by_lineno(str(ROOT / file))
            self._lines[file] = {
                line: {name.partition("|")[0] for name in names if name}
                for line, names in contexts.items()
            }
        return self._lines[file]

    def _of_folder(self, file: str) -> set[str]:
        """The tests that reach any line of the modules beside one."""
        beside = (str(path.relative_to(ROOT)) for path in (ROOT / file).parent.glob("*.py"))
        return set().union(*(found for file in beside for found in self._of(file).values()))


def _seconds(times: str) -> Iterator[tuple[str, float]]:
    """The ids of the tests in a JUnit file, with their seconds."""
    for case in ET.parse(times).iter("testcase"):
        parts = case.attrib["classname"].split(".")
        paths = [(Path(*parts[:n]), parts[n:]) for n in range(len(parts), 0, -1)]
        files = [
            (file, classes)
            for path, classes in paths
            for file in (path.with_suffix(".py"), path / "__init__.py")
            if (ROOT / file).is_file()
        ]
        file, classes = files[0]
        yield "::".join([str(file), *classes, case.attrib["name"]]), float(case.attrib["time"])


class Trials:
    """A plugin of pytest that runs the tests on mutants in place of running them once."""

    def __init__(self, found: list[Mutant], reach: Reach, budget: float, results: Path) -> None:
        self._mutants, self._reach, self._budget = found, reach, budget
        self._results = results
        self.outcomes = json.loads(results.read_text()) if results.is_file() else {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        exchanges: dict[str, Exchange] = {}
        done = {m for m, o in self.outcomes.items() if not o.startswith("survived")}
        done |= self.outcomes.keys() & reasons(EQUIVALENT).keys()
        for mutant in self._mutants:
            if mutant.name not in done:
                if mutant.file not in exchanges:
                    exchanges[mutant.file] = Exchange(ROOT, mutant.file)
                outcome = self._try(mutant, session, items, exchanges[mutant.file])
                self.outcomes[mutant.name] = outcome
                self._keep()
                print(outcome, "|", mutant.name, flush=True)
        self._distrust(session, items)
        return True

    def _keep(self) -> None:
        self._results.write_text(json.dumps(self.outcomes, indent=0, ensure_ascii=False))

    def _distrust(self, session: pytest.Session, items: dict[str, Any]) -> None:
        """No kill counts by a test that fails on the package as it is."""
        killers = {outcome.partition(" by ")[2] for outcome in self.outcomes.values()}
        for test in sorted(killers & items.keys()):
            if forked(partial(self._run, session, items, [test]), self._budget) != "survived":
                print(f"fails without any mutant: {test}")
                self.outcomes = {m: o for m, o in self.outcomes.items() if not o.endswith(test)}
        self._keep()

    @staticmethod
    def _run(session: pytest.Session, items: dict[str, Any], tests: list[str]) -> int:
        session.items[:] = [items[name] for name in tests]
        session.config.pluginmanager.unregister(name="terminalreporter")
        try:
            run_the_items(session)
        except session.Failed:
            return 1
        return int(session.testsfailed > 0)

    def _try(
        self, mutant: Mutant, session: pytest.Session, items: dict[str, Any], exchange: Exchange
    ) -> str:
        tests = self._reach.tests(mutant, items, self._budget)
        if not tests:
            return "survived: no test reaches it"
        planned = exchange.plan(mutant.source)
        if planned is None:
            return _elsewhere(mutant, tests, self._budget)
        with tempfile.NamedTemporaryFile("r") as told:

            def child() -> int:
                for function, code in planned:
                    function.__code__ = code
                session.config.pluginmanager.register(Witness(told.name))
                return self._run(session, items, tests)

            ended = forked(child, self._budget)
            test = told.read()
        self._reach.learn(mutant, tests, test)
        return f"{ended} by {test}" if test else ended


class Witness:
    """Writes down which test failed."""

    def __init__(self, path: str) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            Path(self._path).write_text(report.nodeid)


def forked(child: Callable[[], int], budget: float, wall: float = WALL_SECONDS) -> str:
    """What came of a function in a fork of this process."""
    sys.stdout.flush()
    process = os.fork()
    if not process:
        code = 1
        try:
            os.setsid()
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            _limit(budget)
            code = child()
        finally:
            os._exit(code)
    deadline = time.monotonic() + wall
    while not (ended := os.waitpid(process, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.killpg(process, signal.SIGKILL)
        time.sleep(0.02)
    if os.WIFSIGNALED(ended[1]):
        return "killed: crashed or took too long"
    return "killed" if os.WEXITSTATUS(ended[1]) else "survived"


def _limit(budget: float) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (int(20 + 3 * budget),) * 2)


def _elsewhere(mutant: Mutant, tests: list[str], budget: float) -> str:
    """The same in a process of its own, on a copy of the tree."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("jw2v", "tests", "derivations"):
            copytree(ROOT / part, Path(folder, part), ignore=ignore_patterns("__pycache__"))
        Path(folder, "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
        Path(folder, mutant.file).write_text(mutant.source, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *OPTIONS, *tests],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            preexec_fn=lambda: _limit(budget),
            check=False,
        )
    return "killed, in a process of its own" if done.returncode else "survived"


def reasons(path: Path) -> dict[str, str]:
    """The mutants that a file names, each with why nothing sees it."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if line and not line.startswith("#"):
            name, _, reason = line.rpartition("  # ")
            found[name] = reason
    return found


def report(found: list[Mutant], outcomes: dict[str, str]) -> None:
    """Print the table and the survivors."""
    why = reasons(EQUIVALENT)
    by_file: dict[str, list[str]] = defaultdict(list)
    for mutant in found:
        if mutant.name in outcomes:
            by_file[mutant.file].append(mutant.name)
    by_file["all"] = [name for names in by_file.values() for name in names]
    print("\nmodule | mutants | killed | equivalent | survived | killed, %")
    for file, names in by_file.items():
        alive = [name for name in names if outcomes[name].startswith("survived")]
        known = sum(name in why for name in alive)
        killed = len(names) - len(alive)
        share = 100 * killed / max(1, len(names))
        print(f"{file} | {len(names)} | {killed} | {known} | {len(alive) - known} | {share:.1f}")
    for name in by_file["all"]:
        if outcomes[name].startswith("survived"):
            print(f"\n{outcomes[name]}\n    {name}\n    {why.get(name, 'NO REASON KNOWN')}")


def add_choice(parser: argparse.ArgumentParser) -> None:
    """The options that ``chosen`` reads."""
    parser.add_argument("--module", nargs="*", help="such as losses or formats; all if left out")
    parser.add_argument("--sample", type=int, help="so many mutants of a file, drawn at random")
    parser.add_argument("--seed", type=int, default=0)


def chosen(arguments: argparse.Namespace, modules: Iterable[str] = MODULES) -> list[Mutant]:
    """The mutants of the modules asked for, or a sample of each file's."""
    found = []
    for module in arguments.module or modules:
        path = ROOT / "jw2v" / module
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]:
            name = str(file.relative_to(ROOT))
            found += mutants(ROOT, name, arguments.sample, arguments.seed)
    return found


def main() -> None:
    """Make the mutants, try them, and print what came of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_choice(parser)
    parser.add_argument("--seconds", type=float, default=60, help="of tests for each mutant")
    parser.add_argument("--coverage", default=".coverage")
    parser.add_argument("--times", default="coverage.xml")
    parser.add_argument("--results", type=Path, default=Path("mutation.json"))
    arguments = parser.parse_args()
    found = chosen(arguments)
    print(f"{len(found):,} mutants")
    reach = Reach(arguments.coverage, arguments.times)
    trials = Trials(found, reach, arguments.seconds, arguments.results)
    pytest.main([*OPTIONS, "tests"], plugins=[trials])
    report(found, trials.outcomes)


if __name__ == "__main__":
    main()
