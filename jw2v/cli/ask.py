"""``jw2v similar`` and ``jw2v analogy``: questions to vectors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from jw2v.choices import Combination
from jw2v.cli.loading import Reading, flags_of_reading
from jw2v.cli.places import apart
from jw2v.cli.shared import AsJson, Vectors, out, print_json, shown

if TYPE_CHECKING:
    from jw2v.vectors.words import Answers, WordVectors

__all__ = ["analogy", "print_neighbours", "similar"]

Topn = Annotated[int, typer.Option("--topn", "-n", metavar="N", help="How many answers.", min=1)]
Restrict = Annotated[
    int | None,
    typer.Option(metavar="N", help="Answer with the first, most frequent, N words only.", min=1),
]


@flags_of_reading
def similar(
    vectors: Vectors,
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Words to ask about.")],
    topn: Topn = 10,
    restrict_vocab: Restrict = None,
    as_json: AsJson = False,
    *,
    reading: Reading,
) -> None:
    """Print the nearest neighbours of words, with their cosines.

    Examples:
    jw2v similar vectors.safetensors liberty war -n 5
    jw2v similar vectors.safetensors liberty --restrict-vocab 20000
    jw2v similar vectors.safetensors liberty war --json
    """
    apart(reading.places("VECTORS", vectors), [])
    known = reading.load(vectors)
    if not as_json:
        print_neighbours(known, words, topn, restrict_vocab)
        return
    answers = known.most_similar_each(words, topn, restrict_vocab=restrict_vocab)
    print_json(
        [
            {"word": word, "neighbours": _scored(each, "cosine")}
            for word, each in zip(words, answers, strict=True)
        ]
    )


@flags_of_reading
def analogy(
    vectors: Vectors,
    a: Annotated[str, typer.Argument(metavar="A", help="A is to B …")],
    b: Annotated[str, typer.Argument(metavar="B", help="… its counterpart …")],
    c: Annotated[str, typer.Argument(metavar="C", help="… as C is to: this is answered.")],
    topn: Topn = 10,
    method: Annotated[
        Combination,
        typer.Option(
            help="3CosAdd sums cosines, 3CosMul multiplies them, so that none outweighs the others."
        ),
    ] = "add",
    restrict_vocab: Restrict = None,
    as_json: AsJson = False,
    *,
    reading: Reading,
) -> None:
    """Print the words that are to C as B is to A, with their scores.

    Examples:
    jw2v analogy vectors.safetensors man king woman
    jw2v analogy vectors.safetensors france paris italy -n 3 --method mul
    jw2v analogy vectors.safetensors good better bad --json
    """
    apart(reading.places("VECTORS", vectors), [])
    answers = reading.load(vectors).analogy(
        a, b, c, topn, method=method, restrict_vocab=restrict_vocab
    )
    if as_json:
        print_json({"a": a, "b": b, "c": c, "method": method, "answers": _scored(answers, "score")})
    else:
        question = f"{shown(a)} is to {shown(b)} as {shown(c)} is to"
        out.print(f"{question}: {_listed(answers)}", soft_wrap=True)


def print_neighbours(
    vectors: "WordVectors", words: Sequence[str], topn: int, restrict_vocab: int | None = None
) -> None:
    """Print a line for each word, with its neighbours and their cosines."""
    answers = vectors.most_similar_each(words, topn, restrict_vocab=restrict_vocab)
    for word, neighbours in zip(words, answers, strict=True):
        out.print(f"{shown(word)}: {_listed(neighbours)}", soft_wrap=True)


def _listed(answers: "Answers") -> str:
    return ", ".join(f"{shown(word)} {score:.2f}" for word, score in answers)


def _scored(answers: "Answers", name: str) -> list[dict[str, object]]:
    return [{"word": word, name: round(score, 6)} for word, score in answers]
