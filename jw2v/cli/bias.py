"""``jw2v bias``: what words lean to."""

from pathlib import Path
from typing import Annotated

import typer

from jw2v.cli.loading import Reading, flags_of_reading, words_of_lines
from jw2v.cli.places import Place, apart
from jw2v.cli.shared import AsJson, Vectors, out, print_json

__all__ = ["bias"]

_SETS = "a list with commas, or a UTF-8 file with one word a line"


@flags_of_reading
def bias(
    vectors: Vectors,
    targets: Annotated[
        tuple[str, str],
        typer.Option(metavar="LIST LIST", help=f"X and Y, equally large, each {_SETS}."),
    ],
    attributes: Annotated[
        tuple[str, str],
        typer.Option(metavar="LIST LIST", help=f"A and B, to which they may lean, each {_SETS}."),
    ],
    samples: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="Try all partitions of the targets where they are at most N; else draw N.",
        ),
    ] = 100_000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the draws.")] = 0,
    as_json: AsJson = False,
    *,
    reading: Reading,
) -> None:
    """Test whether the words X lean to A, and the words Y to B.

    Examples:
    jw2v bias words.bin --targets rose,lily wasp,flea --attributes joy,love ill,rot
    jw2v bias words.bin --targets x.txt y.txt --attributes a.txt b.txt --json

    This is the word embedding association test (WEAT). The effect d is above 0 where X leans to A
    and Y to B, and below 2; p is the share of the partitions of X and Y into halves that lean as
    strongly. Words that have no vector are named, with exit code 2. It is one number about the
    words that were chosen: other words give another.
    """
    from jw2v.vectors.bias import weat_of_words

    given = dict(zip("XYAB", (*targets, *attributes), strict=True))
    files = [Place(name, words) for name, words in given.items() if "," not in words]
    apart([*reading.places("VECTORS", vectors), *files], [])
    sets = {name: _words(words) for name, words in given.items()}
    found = weat_of_words(reading.load(vectors), **sets, samples=samples, seed=seed)
    if as_json:
        print_json({**found._asdict(), "words": sets})
        return
    kind = "all there are" if found.exact else "drawn"
    for name, said in {
        "effect d": f"{found.effect:.3f}",
        "statistic": f"{found.statistic:.4f}",
        "p": f"{found.p:.3g}, by {found.partitions:,} partitions, {kind}",
    }.items():
        out.print(f"{name:<10} {said}", soft_wrap=True)


def _words(given: str) -> list[str]:
    if "," in given:
        return [word for part in given.split(",") if (word := part.strip())]
    if not Path(given).exists():
        raise FileNotFoundError(
            f"no such file: {given}; words themselves are separated by commas, and one alone is"
            f" followed by one: {given},"
        )
    return words_of_lines(Path(given))
