"""Mutation testing of the proofs: how many small mistakes in the mathematics the prover notices.

    python benchmarks/mutation_proofs.py [--module losses ...] [--sample 60 --seed 0]

Makes the mutants that ``mutation.py`` makes, traces those programs of the claims
(``derivations/programs/claims.py``) that run the statement with the mistake, and proves those that
come out otherwise, until one is refused. Of a mutant it is said that

- it is refused: a program is not proved;
- it does not trace: JAX, or the package, raises an error;
- it is not run: no program runs the statement;
- it is the same program: each is the one that it was, but for steps that no result uses;
- it is the same function: programs differ, and all of them are proved;
- it is too hard: there was no answer in time.

Prints a table, and the mutants of the last two kinds; ``same_functions.txt`` says why they are
equal over the real numbers. A same function without a reason is a doubt about the prover.
``--results`` keeps what was found, so that a second run tries only what is new.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any, NamedTuple

import jax
from exchange import Exchange
from mutants import Mutant
from mutation import ROOT, add_choice, chosen, forked, reasons

import jw2v
from derivations.programs.claim import Claim
from derivations.programs.claims import claims
from derivations.programs.mutants import written

MODULES = "losses", "gradients", "activations", "objectives"
SAME = Path(__file__).with_name("same_functions.txt")
PACKAGE = str(Path(jw2v.__file__).parent)
KINDS = "refused", "does not trace", "not run", "the same program", "the same function", "too hard"


class Base(NamedTuple):
    """What the programs are without any mutant."""

    written: dict[str, str]
    """each, those of its variants included"""
    lines: dict[str, dict[str, list[int]]]
    """of the package, that run while a claim is traced: by claim and file"""

    def runs(self, mutant: Mutant) -> list[str]:
        """The claims that run a statement."""
        statement = range(mutant.lines[0], mutant.lines[1] + 1)
        return [
            name
            for name, lines in self.lines.items()
            if any(line in statement for line in lines.get(mutant.file, ()))
        ]


def base() -> Base:
    """The programs as they are."""
    found = Base({}, {})
    for name, claim in claims().items():
        lines: dict[str, set[int]] = defaultdict(set)

        def trace(frame: Any, event: str, _: Any, lines: Any = lines) -> Any:
            file = frame.f_code.co_filename
            if not file.startswith(PACKAGE):
                return None
            if event == "line":
                lines[str(Path(file).relative_to(Path(PACKAGE).parent))].add(frame.f_lineno)
            return trace

        for variant in list(claim.variants()):
            jax.clear_caches()
            sys.settrace(trace)
            program = variant.traced()
            sys.settrace(None)
            found.written[variant.name] = written(program)
        found.lines[name] = {file: sorted(numbers) for file, numbers in lines.items()}
    return found


def judged(known: Base, names: list[str]) -> str:
    """What comes of the programs of these claims, of the package as it is in this process."""
    jax.clear_caches()
    every = [claims()[name] for name in sorted(names, key=lambda name: len(known.written[name]))]
    changed = []
    try:
        # First for sizes that are symbols, and then for those of 0 and 1 and for numbers
        for some in ([[e] for e in every], map(_others, every)):
            for claim in (e for several in some for e in several):
                program = claim.traced()
                if written(program) != known.written.get(claim.name):
                    for wrong in claim.differences(program):
                        return f"refused: {claim.name}: {wrong}"
                    changed.append(claim.name)
    except Exception as error:  # whatever the package or JAX says of it
        return f"does not trace: {type(error).__name__}: {error}"
    return f"the same function: {', '.join(changed)}" if changed else "the same program"


def _others(claim: Claim) -> list[Claim]:
    return [e for e in claim.variants() if e.name != claim.name]


def tried(mutant: Mutant, exchange: Exchange, known: Base, seconds: float) -> str:
    """What comes of a mutant."""
    planned = exchange.plan(mutant.source)
    if planned is None:
        return _elsewhere(mutant, known, seconds)
    names = known.runs(mutant)
    if not names:
        return "not run"
    with tempfile.NamedTemporaryFile("r") as told:

        def child() -> int:
            for function, code in planned:
                function.__code__ = code
            Path(told.name).write_text(judged(known, names), encoding="utf-8")
            return 0

        forked(child, seconds, 15 * seconds)
        return str(told.read()) or "too hard"


def _elsewhere(mutant: Mutant, known: Base, seconds: float) -> str:
    """The same in a process of its own, of a copy of the package: all claims."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("jw2v", "derivations", "benchmarks"):
            copytree(ROOT / part, Path(folder, part), ignore=ignore_patterns("__pycache__"))
        Path(folder, mutant.file).write_text(mutant.source, encoding="utf-8")
        programs = Path(folder, "programs.json")
        programs.write_text(json.dumps(known))
        script = str(Path(folder, "benchmarks", Path(__file__).name))
        command = [sys.executable, script, "--of", str(programs)]
        try:
            done = subprocess.run(
                command,
                env={"PYTHONPATH": folder},
                capture_output=True,
                text=True,
                timeout=10 * seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "too hard"
    if done.returncode:
        return f"does not trace: {done.stderr.splitlines()[-1]}"
    return done.stdout.splitlines()[-1]


def report(found: list[Mutant], outcomes: dict[str, str]) -> None:
    """Print the table, and the mutants that are the same function."""
    why, counts = reasons(SAME), defaultdict[str, Counter[str]](Counter)
    for mutant in found:
        counts[mutant.file][outcomes[mutant.name].partition(":")[0]] += 1
    counts["all"] = sum(counts.values(), Counter())
    print(f"\nmodule | mutants | {' | '.join(KINDS)}")
    for file, kinds in counts.items():
        print(f"{file} | {sum(kinds.values())} | {' | '.join(str(kinds[e]) for e in KINDS)}")
    for mutant in found:
        if outcomes[mutant.name].startswith(("the same function", "too hard")):
            print(f"\n{outcomes[mutant.name]}\n    {mutant.name}")
            print(f"    {why.get(mutant.name, 'NO REASON KNOWN')}")


def main() -> None:
    """Make the mutants, prove their programs, and print what came of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_choice(parser)
    parser.add_argument("--seconds", type=float, default=60, help="of proofs, a third of the limit")
    parser.add_argument("--results", type=Path, default=Path("mutation_proofs.json"))
    parser.add_argument("--of", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.of:
        print(judged(Base(*json.loads(arguments.of.read_text())), [*claims()]))
        return
    found = chosen(arguments, MODULES)
    print(f"{len(found):,} mutants", flush=True)
    told: list[Any] = []
    with tempfile.NamedTemporaryFile("r") as file:  # in a fork, so that JAX has traced nothing here
        claims()
        path = Path(file.name)
        forked(lambda: path.write_text(json.dumps(base())) * 0, 600, 3600)
        told = json.load(file)
    known, exchanges = Base(*told), dict[str, Exchange]()
    results = arguments.results
    outcomes = json.loads(results.read_text()) if results.is_file() else {}
    for mutant in found:
        if mutant.name not in outcomes:
            if mutant.file not in exchanges:
                exchanges[mutant.file] = Exchange(ROOT, mutant.file)
            outcomes[mutant.name] = tried(mutant, exchanges[mutant.file], known, arguments.seconds)
            results.write_text(json.dumps(outcomes, indent=0, ensure_ascii=False))
            print(outcomes[mutant.name], "|", mutant.name, flush=True)
    report(found, outcomes)


if __name__ == "__main__":
    main()
