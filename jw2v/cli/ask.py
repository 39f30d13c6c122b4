"""``jw2v similar``: questions to vectors."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jw2v.cli.shared import out

if TYPE_CHECKING:
    from jw2v.vectors import WordVectors

__all__ = ["print_neighbours", "similar"]


def similar(
    vectors: Annotated[Path, typer.Argument(help="File that jw2v train wrote.")],
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Words to ask about.")],
    topn: Annotated[int, typer.Option("--topn", "-n", help="Neighbours of each.", min=1)] = 10,
) -> None:
    """Print the nearest neighbours of words.

    Example: jw2v similar vectors.safetensors liberty war -n 5
    """
    from jw2v.vectors import WordVectors

    print_neighbours(WordVectors.load(vectors), words, topn)


def print_neighbours(vectors: "WordVectors", words: Sequence[str], topn: int) -> None:
    """Print a line for each word, with its neighbours and their cosines."""
    answers = [(word, vectors.most_similar(word, topn=topn)) for word in words]
    for word, neighbours in answers:
        listed = ", ".join(f"{neighbour} {cosine:.2f}" for neighbour, cosine in neighbours)
        out.print(f"{word}: {listed}", soft_wrap=True)
