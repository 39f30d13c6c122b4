"""``jw2v check``: whether functions in a file of one's own are right."""

import ast
from pathlib import Path
from typing import Annotated

import typer

from jw2v.choices import CheckedPair, Handed, Layout
from jw2v.cli.shared import AsJson, out, print_json, shown_lines

__all__ = ["Arrays", "CbowSum", "Laid", "PairLoss", "check"]

PairLoss = Annotated[CheckedPair, typer.Option(help="What windows and bags are made of.")]
CbowSum = Annotated[
    bool, typer.Option("--cbow-sum", help="Bags add their vectors; without it they average.")
]
Laid = Annotated[Layout, typer.Option(help="Whether a word is a row or a column of a table.")]
Arrays = Annotated[
    Handed, typer.Option(help="What the functions are handed: arrays of NumPy or JAX, or lists.")
]


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Python file with your functions.")],
    loss: Annotated[
        list[str] | None,
        typer.Option(
            "--loss",
            metavar="[SUBJECT=][mine:]FUNCTION",
            help="Check this function only; SUBJECT says what it is, where its name does not."
            " May be given several times.",
        ),
    ] = None,
    pair_loss: PairLoss = "negative-sampling",
    cbow_sum: CbowSum = False,
    layout: Laid = "rows",
    arrays: Arrays = "numpy",
    time_limit: Annotated[
        float, typer.Option(metavar="SECONDS", help="For each function.", min=0.1)
    ] = 60.0,
    seed: Annotated[int, typer.Option(help="Of the random examples.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Say whether losses and gradients of your own are right and, if not, which mistake it is.

    Functions are found by name: negative_sampling(v_c, o, negatives, U), naive_softmax(v_c, o, U),
    skip_gram(c, outside, V, U, negatives), cbow(o, context, V, U, negatives), sigmoid(x),
    sigmoid_gradient(x), relu_gradient(x). Each returns a loss, gradients, or both. Also windows:
    window_words(sentence, position, window), which returns words, and window_pairs(sentence,
    window), which returns pairs.

    The file runs in a process of its own, which is no sandbox: check only what you would run.

    Exit codes: 0 all right, 1 something is wrong, 2 something cannot be checked.

    Examples:
    jw2v check mine.py
    jw2v check mine.py --loss mine:negative_sampling
    jw2v check mine.py --loss naive_softmax=my_loss --layout columns
    """
    from jw2v.check.apart import Unusable, outcomes
    from jw2v.check.judging import judge, questions
    from jw2v.check.report import Report
    from jw2v.check.subjects import SUBJECTS, named

    reports = []
    for what, name in _wanted(file, loss or [], tuple(SUBJECTS)):
        subject = named(what, pair_loss, mean=not cbow_sum)
        asked = questions(subject, layout, arrays, seed)
        try:
            came = outcomes(file, name, asked, time_limit=time_limit)
            reports.append(judge(subject, came, seed))
        except Unusable as unusable:
            reports.append(Report(subject.name, trouble=str(unusable)))
    if as_json:
        print_json([report.to_dict() for report in reports])
    else:
        out.print(shown_lines("\n\n".join(map(str, reports))), soft_wrap=True)
    if any(report.trouble for report in reports):
        raise typer.Exit(2)
    if not all(report.right for report in reports):
        raise typer.Exit(1)


def _wanted(file: Path, asked: list[str], known: tuple[str, ...]) -> list[tuple[str, str]]:
    """What is to be checked, and by which function of the file."""
    there = _functions(file)
    if not asked:
        found = [(name, name) for name in known if name in there]
        if not found:
            raise ValueError(
                f"{file} has no function of a name that is known ({', '.join(known)}); say by"
                " --loss SUBJECT=FUNCTION which is which"
            )
        return found
    wanted = []
    for text in asked:
        what, _, name = text.rpartition("=")
        module, _, name = name.rpartition(":")
        if module not in ("", file.stem):
            raise ValueError(f"--loss {text}: the file is {file.stem}, not {module}")
        if (what or name) not in known:
            raise ValueError(
                f"--loss {text}: {what or name!r} is none of {', '.join(known)}; write"
                f" SUBJECT={name}"
            )
        wanted.append((what or name, name))
    return wanted


def _functions(file: Path) -> set[str]:
    """The names that a file defines at its top, without running it."""
    try:
        body = ast.parse(file.read_bytes(), str(file)).body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{file} is no Python that can be read: {error}") from error
    defined = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.Assign):
            defined |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            defined |= {alias.asname or alias.name for alias in node.names}
    return defined
