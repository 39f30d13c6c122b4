"""``jw2v grade``: points for submissions, on examples that students do not know."""

import tomllib
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jw2v.cli.check import Arrays, CbowSum, Laid, PairLoss
from jw2v.cli.shared import AsJson, out, print_json, print_table, shown, shown_lines, waiting

if TYPE_CHECKING:
    from jw2v.check.grades import Grade

__all__ = ["grade"]


def grade(
    submissions: Annotated[
        list[Path],
        typer.Argument(
            metavar="SUBMISSION...", help="Python files, or folders with one for each student."
        ),
    ],
    seed: Annotated[
        int,
        typer.Option(help="Of the hidden examples: a number that students do not know.", min=0),
    ],
    loss: Annotated[
        list[str] | None,
        typer.Option(
            "--loss",
            metavar="SUBJECT[=FUNCTION]",
            help="What is graded, such as negative_sampling, and the name of its function, where"
            " that is another. May be given several times.",
        ),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(help="TOML file of points; without it each part is worth one."),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write grades to .json, or to .xml of JUnit. May be given several times.",
        ),
    ] = None,
    pair_loss: PairLoss = "negative-sampling",
    cbow_sum: CbowSum = False,
    layout: Laid = "rows",
    arrays: Arrays = "numpy",
    time_limit: Annotated[
        float, typer.Option(metavar="SECONDS", help="For each function of each student.", min=0.1)
    ] = 60.0,
    show_examples: Annotated[
        bool,
        typer.Option("--show-examples", help="Show the hidden examples on which mistakes appear."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give points for losses and gradients, on hidden examples.

    Functions are those of jw2v check. Of each submission a copy runs in a process of its own, which
    is no sandbox: grade only what you would run. What cannot be used gets 0 points.

    Exit codes: 0 all right, 1 something is wrong, 2 something cannot be graded.

    Examples:
    jw2v grade submissions --loss negative_sampling --seed 8151
    jw2v grade submitted/*/mine.py --points points.toml --seed 8151 -o grades.json
    jw2v grade mine.py --loss naive_softmax=my_loss --seed 8151 -o grades.xml
    """
    from jw2v.check import grading
    from jw2v.check.grades import check_destinations, save_grades
    from jw2v.storage.files import check_writable

    worth, functions = _asked(points, loss or [])
    grading.shares(worth, pair_loss, mean=not cbow_sum)
    check_destinations(*(output or []))
    for path in output or []:
        check_writable(path)
    grades = []
    students = _students(submissions)
    with waiting("grading") as bar:
        for student, file in students:
            grades.append(
                grading.grade(
                    file,
                    worth,
                    seed=seed,
                    functions=functions,
                    student=student,
                    pair_loss=pair_loss,
                    mean=not cbow_sum,
                    layout=layout,
                    arrays=arrays,
                    time_limit=time_limit,
                )
            )
            bar.update(len(grades) / len(students), student)
    if as_json:
        print_json([each.to_dict(show_examples) for each in grades])
    else:
        _print(grades, show_examples)
    save_grades(grades, *(output or []), show_examples=show_examples)
    if any(each.trouble for each in grades):
        raise typer.Exit(2)
    if not all(each.right for each in grades):
        raise typer.Exit(1)


def _asked(points: Path | None, loss: Sequence[str]) -> tuple[Any, dict[str, str]]:
    """What is graded, and how functions are called that are called otherwise."""
    pairs = [(what, name or what) for what, _, name in (text.partition("=") for text in loss)]
    functions = dict(pairs)
    if len(functions) < len(pairs):
        raise ValueError("--loss names a subject twice: name it once")
    if points is None:
        if not functions:
            raise ValueError(
                "say what is graded, by --loss negative_sampling or by a file for --points"
            )
        return list(functions), functions
    try:
        worth = tomllib.loads(points.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{points} is no TOML that can be read: {error}") from error
    if extra := [name for name in functions if name not in worth]:
        raise ValueError(f"--loss {extra[0]}: there are no points for it in {points}")
    return worth, functions


def _students(given: Sequence[Path]) -> list[tuple[str, Path]]:
    """Submissions with the names of their students: what tells their files apart."""
    files: list[Path] = []
    for path in given:
        if path.is_dir():
            found = sorted(each for each in path.glob("*.py") if not each.name.startswith("."))
            if not found:
                raise ValueError(f"{path} has no Python files: name them, such as {path}/*/mine.py")
            files += found
        elif path.exists():
            files.append(path)
        else:
            raise FileNotFoundError(2, "No such file or directory", str(path))
    places = [file.absolute() for file in files]
    if len(set(places)) < len(places):
        raise ValueError("a submission is given twice: give it once")
    names = [*_told_apart([(*place.parts[:-1], place.stem) for place in places])]
    if len(set(names)) < len(names):
        names = [*map(str, places)]
    return list(zip(names, files, strict=True))


def _told_apart(places: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Paths without what all of them begin and end with."""

    def alike(paths: Sequence[tuple[str, ...]]) -> int:
        columns = zip(*paths, strict=False)
        return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))

    first, last = alike(places), alike([place[::-1] for place in places])
    for place in places:
        yield "/".join(place[first : len(place) - last]) or place[-1]


def _print(grades: Sequence["Grade"], show_examples: bool) -> None:
    """A table of students, then what is wrong with whom."""
    from jw2v.check.grades import NOT_RETURNED, number
    from jw2v.check.report import title

    marks = grades[0].marks
    one = len({mark.subject for mark in marks}) == 1
    parts = [mark.part if one else f"{mark.subject} {mark.part}" for mark in marks]
    heads = [f"{part} ({mark.statement})" for part, mark in zip(parts, marks, strict=True)]
    rows = [
        [each.student, *(number(mark.points) for mark in each.marks), number(each.points)]
        for each in grades
    ]
    possible = [number(mark.possible) for mark in marks]
    rows.append(["of", *possible, number(grades[0].possible)])
    print_table(["", *heads, "points"], rows)
    for each in grades:
        for name, report in each.told(show_examples).items():
            if not report.right or report.remarks:
                out.print(f"\n{shown(each.student)}: {shown_lines(str(report))}", soft_wrap=True)
            missing = [m for m in each.marks if m.subject == name and m.says == NOT_RETURNED]
            if missing:
                said = ", ".join(title(mark.part) for mark in missing)
                out.print(f"\n{shown(each.student)}: {name} does not return {said}.")
