"""``python -m derivations``: proves every statement, shows one, or writes the answer sheet."""

import argparse
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from derivations import Derivation, failures, statements
from derivations.engine.labels import circles
from derivations.engine.printing import text
from derivations.engine.prose import plain
from derivations.engine.sheet import sheet
from derivations.jobs import Outcome, begin


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 if everything asked for is proved, 1 if not, 2 if there is no such statement."""
    parser = argparse.ArgumentParser(
        prog="python -m derivations",
        description=__doc__,
        epilog="It ends with 0 if all is proved, with 1 if not, with 2 if it was not asked right.",
    )
    parser.add_argument("ids", nargs="*", help="statements whose steps to show, such as b1")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="prove, then write the answer sheet"
    )
    parser.add_argument(
        "--programs", action="store_true", help="prove the traced programs of jw2v alone"
    )
    parser.add_argument(
        "--prove",
        metavar="MODULE:FUNCTION",
        help="a function of your own to prove, with --against and --inputs",
    )
    parser.add_argument(
        "--against",
        metavar="MODULE:FUNCTION|FORMULA",
        help="what it is to compute: another function; grad:MODULE:FUNCTION, which is the gradient"
        ' of one; or a formula such as "Sum(U[o, i]*v[i], i < d)"; one of an array begins with its'
        ' indices, "[i < d] -> U[o, i]", and a ; is between those of several results'
        " (docs/programs.md)",
    )
    parser.add_argument(
        "--inputs",
        help='what both take, in their order, with sizes: "v: d; o: < V; U: V d" has a row number o'
        " below V, by which no gradient is taken",
    )
    options = parser.parse_args(arguments)
    if options.ids and options.markdown:
        parser.error("the sheet has every statement: name statements, or give --markdown")
    if options.programs and (options.ids or options.markdown):
        parser.error("--programs proves programs alone: give no statements and no --markdown")
    own = (options.prove, options.against, options.inputs)
    if any(own):
        if not all(own) or options.ids or options.programs or options.markdown:
            parser.error("--prove, --against and --inputs go together, and with nothing else")
        return _prove_own(*own)
    known = statements()
    if unknown := [id for id in options.ids if id not in known]:
        print(f"no statement {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    # Where the output is no terminal, a table must not depend on how wide one would be.
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    if options.ids:
        return _show(console, [known[id] for id in options.ids])
    began = time.perf_counter()
    proofs, programs = begin(() if options.programs else known)
    problems = 0 if options.programs else _told_of_statements(console, known.values(), proofs)
    problems |= _told_of_programs(console, programs)
    console.print(f"{time.perf_counter() - began:.0f} s")
    if options.markdown and not problems:
        from derivations.programs.listing import listings

        page = sheet(known.values(), options.markdown.parent, listings())
        options.markdown.write_text(page, encoding="utf-8")
    return problems


def _told_of_statements(
    console: Console, derivations: Collection[Derivation], proofs: Iterable[Future[Outcome]]
) -> int:
    """Waits until all are proved, and prints what for and how long it took."""
    table = Table("id", "statement", "proved for", "seconds", "")
    problems = []
    with console.status("proving") as status:
        for derivation, proof in zip(derivations, proofs, strict=True):
            status.update(f"proving {derivation.id}: {derivation.title}")
            found = proof.result()
            problems += found.problems
            table.add_row(
                derivation.id,
                Text(derivation.title),
                Text("" if found.problems else _basis(derivation)),
                f"{found.seconds:.1f}",
                "[red]NOT PROVED" if found.problems else "[green]proved",
            )
    problems += circles({e.id: e for e in derivations})
    return _told(console, table, problems, "every statement is proved")


def _told(console: Console, table: Table, problems: list[str], right: str) -> int:
    """Prints a table and the problems, or that there is none; returns 1 if there is."""
    console.print(table)
    for problem in problems:
        console.print(Text(problem, "red"))
    console.print(f"{len(problems)} problems" if problems else right)
    return 1 if problems else 0


def _prove_own(one: str, other: str, described: str) -> int:
    """Proves that a function of someone's own is another, or a formula."""
    from derivations.programs.own import against, differences, function_of, inputs_of

    try:
        inputs = inputs_of(described)
        left, right = function_of(one, inputs), against(other, inputs)
    except (ValueError, ImportError, AttributeError) as error:
        print(error, file=sys.stderr)
        return 2
    found = list(differences(left, right, inputs))
    for problem in found:
        print(problem)
    sizes = sorted({size for e in inputs for size in (*e.sizes, e.below) if size})
    every = f" for every {', '.join(sizes)} ≥ 1" if sizes else ""
    print("NOT PROVED" if found else f"proved{every}: {one} is {other}, over the real numbers")
    return 1 if found else 0


def _told_of_programs(console: Console, proofs: Iterable[Future[Outcome]]) -> int:
    """Waits until the programs are proved, and prints for which sizes."""
    table = Table("program", "equations", "is", "for every", "given", "seconds", "")
    problems = []
    with console.status("reading programs"):
        for proof in proofs:
            found = proof.result()
            problems += found.problems
            for *cells, verdict in found.rows:
                right = verdict == "proved"
                table.add_row(*map(Text, cells), Text(verdict, "green" if right else "red"))
    return _told(console, table, problems, "every program is its statement")


def _show(console: Console, derivations: Iterable[Derivation]) -> int:
    """Prints the steps of some derivations, and whether they are proved."""
    problems = []
    for derivation in derivations:
        console.print(Text(f"{derivation.id}: {derivation.title}", "bold"))
        console.print(Text(f"for {_basis(derivation)}"))
        for claim in derivation.claims:
            console.print()
            given = "; ".join(e.text for e in claim.assumed)
            console.print(Text(f"{claim.name}{f', given: {given}' if given else ''}", "italic"))
            console.print(Text(f"    {text(claim.left)}"))
            for step in claim.steps:
                console.print(Text(f"  = {text(step.expr)}"), Text(f"  {plain(step.why)}", "dim"))
            if claim.nonnegative:
                console.print(Text("  ≥ 0"))
            console.print(Text(f"  refused: {'; '.join((*claim.wrong, *claim.too_strong))}", "dim"))
        found = failures(derivation)
        problems += found
        console.print()
        for problem in found:
            console.print(Text(problem, "red"))
        console.print("[red]NOT PROVED" if found else "[green]proved", end="\n\n")
    return 1 if problems else 0


def _basis(derivation: Derivation) -> str:
    """Sizes and assumptions, for the table."""
    return "; ".join([derivation.sizes, *dict.fromkeys(e.text for e in derivation.assumptions)])


if __name__ == "__main__":
    raise SystemExit(main())
