"""``jw2v align`` and ``jw2v compare``: two files of vectors beside each other."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jw2v.choices import Listing
from jw2v.cli.loading import Reading, flags_of_reading, words_of_lines
from jw2v.cli.places import Place, apart, of_vectors
from jw2v.cli.shared import out, plain_warnings, print_lines, shown, to_json, told, waiting

if TYPE_CHECKING:
    from jw2v.vectors.spaces import Change, Comparison

__all__ = ["align", "compare"]


@flags_of_reading
def align(
    one: Annotated[
        str, typer.Argument(metavar="ONE", help="Vector file to rotate, or its address.")
    ],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Vectors to lay them onto.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="File to write; its suffix tells the format."),
    ],
    anchors: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Words that mean the same in both, one a line in UTF-8; all words in both"
            " unless given.",
        ),
    ] = None,
    center: Annotated[
        bool, typer.Option("--center", help="Find the rotation by the anchors less their mean.")
    ] = False,
    *,
    reading: Reading,
) -> None:
    """Rotate vectors onto others, so that cosines between the two mean something.

    Examples:
    jw2v align 1900.safetensors 2000.safetensors -o 1900-as-2000.safetensors
    jw2v align today.bin yesterday.bin -o today-aligned.bin --anchors stable.txt

    The words of both, or those of --anchors, come as near to each other as a rotation can bring
    them (orthogonal Procrustes). All words of ONE are written; their lengths, and their cosines
    with each other, stay as they are.
    """
    from jw2v import formats
    from jw2v.vectors.spaces import aligned

    read = [*reading.places("ONE", one), *of_vectors("OTHER", other)]
    if anchors is not None:
        read.append(Place("--anchors", anchors))
    apart(read, of_vectors("-o", output))
    formats.check_destination(output)
    words = None if anchors is None else words_of_lines(anchors)
    ours, theirs = reading.load(one), reading.load(other)
    with plain_warnings():
        found = aligned(ours, theirs, words, center=center)
        found.save(output)
    used = sum(word in theirs for word in ours) if words is None else len(words)
    told.print(f"{output}: {len(found):,} words, rotated by {used:,} anchors", soft_wrap=True)


@flags_of_reading
def compare(
    one: Annotated[str, typer.Argument(metavar="ONE", help="Vector file, or its address.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Another.")],
    topn: Annotated[
        int, typer.Option("--topn", "-n", metavar="N", help="How many words.", min=1)
    ] = 20,
    k: Annotated[
        int,
        typer.Option("--neighbours", "-k", metavar="N", help="How many neighbours of each.", min=1),
    ] = 10,
    min_count: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Leave out words that occur less often in one of the two, by their counts.",
            min=1,
        ),
    ] = None,
    listing: Annotated[
        Listing,
        typer.Option(
            "--format",
            help="lines: a summary, and a line for each word. tsv and jsonl: a line for each word,"
            " with tabs (word, shared, cosine) or as JSON, with its neighbours.",
        ),
    ] = "lines",
    *,
    reading: Reading,
) -> None:
    """Print the words whose neighbours differ most between two files of vectors.

    Examples:
    jw2v compare 1900.safetensors 2000.safetensors
    jw2v compare old.safetensors new.safetensors --min-count 50 --format tsv

    Of the nearest neighbours of a word, among the words in both, some are the same in both: the
    words with the smallest part of such come first, each with this part, with the cosine of its two
    vectors after ONE is rotated onto OTHER (see jw2v align), and with the neighbours that it has in
    one only. The files need not be aligned. The cosine is missing where the dims differ, or there
    are fewer common words than dims. Rare words differ most, whatever they mean: --min-count leaves
    them out, and so does --limit N, which reads the first, most frequent, N words of each.
    """
    from jw2v.vectors.spaces import compared

    apart([*reading.places("ONE", one), *of_vectors("OTHER", other)], [])
    ours, theirs = reading.load(one), reading.load(other)
    with waiting("comparing"), plain_warnings():
        found = compared(ours, theirs, k, min_count=min_count)
        changes = found.changed(topn)
    if listing == "lines":
        out.print(_summary(found), soft_wrap=True)
        for change in changes:
            out.print(_line(change), soft_wrap=True)
    elif listing == "tsv":
        print_lines(
            f"{shown(change.word)}\t{change.shared:.6f}\t{_cosine(change)}" for change in changes
        )
    else:
        print_lines(to_json(_record(change)) for change in changes)


def _summary(found: "Comparison") -> str:
    said = f"{len(found.words):,} words in both share {found.shared.mean():.0%} of their"
    said += f" {found.ours.shape[1]:,} nearest neighbours"
    if found.cosines is None:
        return f"{said}; they cannot be laid onto each other"
    return f"{said}; mean cosine {found.cosines.mean():.2f} after alignment"


def _line(change: "Change") -> str:
    """A word, and the neighbours that it has in one space only."""
    here = [word for word in change.ours if word not in change.theirs]
    there = [word for word in change.theirs if word not in change.ours]
    said = f"{shown(change.word)}: {change.shared:.0%} shared"
    if change.cosine is not None:
        said += f", cosine {change.cosine:.2f}"
    if not here:
        return said
    return f"{said}; only in ONE {_listed(here)}; only in OTHER {_listed(there)}"


def _listed(words: list[str]) -> str:
    return ", ".join(map(shown, words))


def _cosine(change: "Change") -> str:
    return "" if change.cosine is None else f"{change.cosine:.6f}"


def _record(change: "Change") -> dict[str, object]:
    return {
        "word": change.word,
        "shared": round(change.shared, 6),
        "cosine": None if change.cosine is None else round(change.cosine, 6),
        "one": change.ours,
        "other": change.theirs,
    }
