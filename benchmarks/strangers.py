"""How often the checker names mistakes of writings by others, who saw neither records nor probes.

    JAX_ENABLE_X64=1 python benchmarks/strangers.py tests/check/strangers --half odd --misses

The folder holds Python files and ``index.jsonl``, a line a function: its file, name and subject,
its mistakes by their numbers in the list that the writers had ("unlisted", where the list has
none), ``also`` for other numbers that fit, and the parts that are wrong. A line without mistakes is
of a right function. The writers assumed double precision of JAX, which the variable above gives
them.

What is counted of a wrong function:

- named: each wrong part has a name, all names are accepted for its numbers, and each number has one
- partly: an accepted name was given, but another too, or a part or one of two mistakes has none
- otherwise: only names that are not accepted
- unknown: no name, and the report says so; of an unlisted mistake this is the answer wanted
- remark: called right, with a remark that names it
- right: called right; so is a function of which a part alone is (the column "part right")
- unusable: nothing could be called
"""

import argparse
import collections
import hashlib
import importlib.util
import json
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import numpy as np
from mistake_numbers import NAMES, SAME_IN

from jw2v import check
from jw2v.check.report import Report

UNLISTED = "unlisted"


@dataclass(frozen=True)
class Writing:
    """A line of the index."""

    file: str
    function: str
    subject: str
    layout: str
    mistake: list[str]
    note: str
    pair_loss: str = ""
    also: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def half(self) -> str:
        """Which half it belongs to, by a rule that knows nothing of what is in it."""
        digest = hashlib.sha256(f"{self.file}:{self.function}".encode()).digest()
        return "odd" if digest[-1] % 2 else "even"

    def accepted(self, part: str) -> set[str]:
        """The names that are right for a part."""
        numbers = [*self.mistake, *self.also]
        return {
            name
            for number in numbers
            for name in (*NAMES.get(number, ()), *SAME_IN.get((number, part), ()))
        }


@dataclass(frozen=True)
class Result:
    """What the checker said of a writing."""

    writing: Writing
    verdict: str
    part_right: bool
    names: list[str]
    said: str


def read(folder: Path) -> list[Writing]:
    """The index of a folder."""
    lines = (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()
    return [Writing(**json.loads(line)) for line in lines]


def load(path: Path) -> ModuleType:
    """A file of writings as a module."""
    specification = importlib.util.spec_from_file_location(f"strangers_{path.stem}", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def checked(writing: Writing, function: Callable[..., Any], seconds: int) -> Report:
    """What the checker says; a call that does not end in time raises in the function."""
    how: dict[str, Any] = {}
    if writing.subject in ("negative_sampling", "naive_softmax", "skip_gram", "cbow"):
        how["layout"] = writing.layout
    if writing.pair_loss:
        how["pair_loss"] = writing.pair_loss

    def stop(*_: Any) -> None:
        raise TimeoutError(f"it took longer than {seconds} seconds")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        report: Report = getattr(check, writing.subject)(function, **how)
    finally:
        signal.alarm(0)
    return report


def judged(writing: Writing, report: Report) -> Result:
    """What a report is worth, given what is wrong."""
    wrong = [part for part, right in report.parts.items() if not right]
    missed = bool(set(writing.parts) & {part for part, right in report.parts.items() if right})
    names = [each.name for each in (*report.mistakes, *(report.remarks if report.right else ()))]
    return Result(writing, _verdict(writing, report, wrong), missed, names, str(report))


def _verdict(writing: Writing, report: Report, wrong: list[str]) -> str:
    if report.trouble:
        return "unusable"
    everywhere = set().union(*(writing.accepted(part) for part in (*wrong, "")))
    if report.right:
        remarked = {each.name for each in report.remarks} & everywhere
        return "remark" if remarked and writing.mistake else "right"
    if not writing.mistake:
        return "false alarm"
    names = {each.name for each in report.mistakes}
    if not names:
        return "unknown"
    if writing.mistake == [UNLISTED] and not names & everywhere:
        return "otherwise"
    return _of_names(writing, report, wrong, names)


def _of_names(writing: Writing, report: Report, wrong: list[str], names: set[str]) -> str:
    given = {part: {n for n, parts in report.where.items() if part in parts} for part in wrong}
    by_calling = names - set(report.where)  # what only calling shows is of no part
    fits = {part: given[part] & writing.accepted(part) for part in wrong}
    good = by_calling & writing.accepted("")
    if not good and not any(fits.values()):
        return "otherwise"
    all_good = by_calling <= good and all(fits[part] == given[part] for part in wrong)
    complete = bool(good) or (all(fits.values()) and not report.unknown)
    covered = all(
        names & {n for part in (*wrong, "") for n in _of_number(number, part)}
        for number in ([] if writing.also else writing.mistake)
    )
    return "named" if all_good and complete and covered else "partly"


def _of_number(number: str, part: str) -> Iterable[str]:
    return (*NAMES.get(number, ()), *SAME_IN.get((number, part), ()))


def measured(folder: Path, half: str, seconds: int) -> list[Result]:
    """Every writing of a half, or of all."""
    modules: dict[str, ModuleType] = {}
    found = []
    for writing in read(folder):
        if half not in ("all", writing.half):
            continue
        if writing.file not in modules:
            modules[writing.file] = load(folder / writing.file)
        function = getattr(modules[writing.file], writing.function)
        found.append(judged(writing, checked(writing, function, seconds)))
    return found


def kind(writing: Writing) -> str:
    """The row of the table that a writing is counted in."""
    if not writing.mistake:
        return "right"
    if writing.mistake == [UNLISTED]:
        return "not in the list"
    return "two mistakes" if len(writing.mistake) > 1 else writing.subject


VERDICTS = ("named", "remark", "partly", "otherwise", "unknown", "right", "false alarm", "unusable")


def table(results: Iterable[Result], row: Callable[[Writing], str]) -> dict[str, dict[str, int]]:
    """Counts of verdicts by row."""
    counts: dict[str, collections.Counter[str]] = {}
    for each in results:
        counter = counts.setdefault(row(each.writing), collections.Counter())
        counter[each.verdict] += 1
        counter["part right"] += each.part_right and each.verdict != "right"
        counter["all"] += 1
    columns = (*VERDICTS, "part right", "all")
    return {name: {c: counts[name][c] for c in columns} for name in counts}


def show(counts: Mapping[str, Mapping[str, int]]) -> None:
    """Print a table."""
    columns = (*VERDICTS, "part right", "all")
    print(f"{'':20}" + "".join(f"{c:>12}" for c in columns))
    for name, row in counts.items():
        print(f"{name:20}" + "".join(f"{row[c] or '':>12}" for c in columns))


def is_miss(each: Result) -> bool:
    """Whether the checker said something else than was wanted."""
    if not each.writing.mistake:
        return each.verdict != "right"
    unlisted = each.writing.mistake == [UNLISTED]
    return each.part_right or each.verdict not in ("named", "remark", "unknown" * unlisted)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("even", "odd", "all"), default="all")
    parser.add_argument("--seconds", type=int, default=60, help="that one writing may take")
    parser.add_argument("--misses", action="store_true", help="print what was not named")
    parser.add_argument("--json", type=Path, help="where to write all results")
    given = parser.parse_args()
    if not jax.config.read("jax_enable_x64"):
        sys.exit("the writings assume double precision of JAX: set JAX_ENABLE_X64=1")
    np.seterr(all="ignore")
    results = measured(given.folder, given.half, given.seconds)
    show(table(results, kind))
    print()
    show(table([each for each in results if each.writing.mistake], lambda w: "+".join(w.mistake)))
    for each in results if given.misses else ():
        if is_miss(each):
            w = each.writing
            print(f"\n{w.file}:{w.function} {w.subject} {'+'.join(w.mistake)}: {w.note}")
            print(f"  wrong: {list(w.parts)}; {each.verdict}: {each.names}")
            print("  " + "\n  ".join(each.said.split("For example, with")[0].splitlines()))
    if given.json:
        text = json.dumps([asdict(each) for each in results], indent=1, ensure_ascii=False)
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
