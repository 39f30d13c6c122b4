"""``jw2v similar``, ``jw2v analogy`` and ``jw2v info``: questions to vectors."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from jw2v.choices import Combination, Listing
from jw2v.cli import prompt
from jw2v.cli.loading import Reading, flags_of_reading
from jw2v.cli.places import Place, apart
from jw2v.cli.shared import (
    AsJson,
    Vectors,
    alarm,
    complain,
    out,
    print_json,
    print_lines,
    shown,
    to_json,
    waiting,
)

if TYPE_CHECKING:
    from jw2v.vectors.words import Answers, WordVectors

__all__ = ["analogy", "info", "print_neighbours", "similar"]

_Printed: TypeAlias = Listing | Literal["json"]
_FIRST = 10
"""Words that ``info`` names."""

Topn = Annotated[int, typer.Option("--topn", "-n", metavar="N", help="How many answers.", min=1)]
Restrict = Annotated[
    int | None,
    typer.Option(metavar="N", help="Answer with the first, most frequent, N words only.", min=1),
]


MinCount = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Answer with words that occur N times or more, in vectors that keep counts.",
        min=1,
    ),
]


@flags_of_reading
def similar(
    vectors: Vectors,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORD", help="Words to ask about. Without any, lines are: see above."
        ),
    ] = None,
    topn: Topn = 10,
    restrict_vocab: Restrict = None,
    min_count: MinCount = None,
    min_similarity: Annotated[
        float | None,
        typer.Option(metavar="X", help="Answer with cosines of X or more only.", min=-1, max=1),
    ] = None,
    listing: Annotated[
        Listing | None,
        typer.Option(
            "--format",
            help="lines: one for each word that is asked about. tsv and jsonl: one for each"
            " neighbour, with tabs (word, neighbour, cosine) or as JSON, for sort, head and awk. A"
            " tab or line end inside a word is shown as \\x09 or \\x0a; JSON is exact.",
            show_default="lines",
        ),
    ] = None,
    as_json: AsJson = False,
    *,
    reading: Reading,
) -> None:
    """Print the nearest neighbours of words, with their cosines.

    Examples:
    jw2v similar vectors.safetensors liberty war -n 5
    jw2v similar vectors.safetensors king - man + woman
    jw2v similar vectors.safetensors liberty --restrict-vocab 20000
    jw2v similar vectors.safetensors liberty war --format tsv
    jw2v similar vectors.safetensors liberty war --json
    jw2v similar vectors.safetensors
    jw2v similar vectors.safetensors --format tsv < words.txt

    Words with + or - between every two of them are one question. Of several words, those that have
    no vector are named in the end, with exit code 2, and all others are answered.

    Without words, a terminal shows a prompt for one question after the other, until an empty line
    or Ctrl-D. Elsewhere each line of standard input is a question, of words or of a sum.
    """
    from jw2v.reading.vocabulary import UnknownWordError

    if as_json and listing is not None:
        raise ValueError("--json and --format are two ways to print: give one of them")
    from_lines = not words and not prompt.on_terminal()
    standard_input = [Place("standard input", 0)] if from_lines and sys.stdin is not None else []
    apart([*reading.places("VECTORS", vectors), *standard_input], [])
    known = reading.load(vectors)
    limits: dict[str, Any] = {
        "restrict_vocab": restrict_vocab,
        "min_count": min_count,
        "min_similarity": min_similarity,
    }
    ask = partial(_asked, known, topn=topn, limits=limits)
    printed: _Printed = "json" if as_json else listing or "lines"
    if words:
        with waiting("asking"):
            asked, answers, missing = ask(words)
        if asked:
            _print(asked, answers, printed)
    else:
        missing = _converse(known, ask, printed)
    if missing:
        raise UnknownWordError(missing, known.words)


def _warn_of_nothing(question: str) -> None:
    said = f"warning: the vector of {shown(question)} is 0, and so is each of its cosines"
    alarm.print(said, soft_wrap=True)


def _asked(
    known: "WordVectors", words: Sequence[str], topn: int, limits: dict[str, Any]
) -> tuple[list[str], list["Answers"], list[str]]:
    """Questions, their answers, and the words that have no vector."""
    if _is_sum(words):
        plus, minus = _sides(words)
        if not known.mean_direction(plus, minus).any():
            _warn_of_nothing(" ".join(words))
        return [" ".join(words)], [known.most_similar(plus, minus, topn, **limits)], []
    missing = list(dict.fromkeys(word for word in words if word not in known))
    _refuse_half_a_sum(missing)
    asked = [word for word in words if word in known]
    for word in asked:
        if not known[word].any():
            _warn_of_nothing(word)
    return asked, known.most_similar_each(asked, topn, **limits), missing


def _converse(
    known: "WordVectors",
    ask: "Callable[[Sequence[str]], tuple[list[str], list[Answers], list[str]]]",
    printed: "_Printed",
) -> list[str]:
    """Answer line by line; the words that have no vector are returned where nobody types.

    What is wrong with a question is said at once, and the next one is answered.
    """
    from jw2v.reading.vocabulary import UnknownWordError

    typed, failed = prompt.on_terminal(), False
    asked: list[str] = []
    answers: list[Answers] = []
    missing: list[str] = []
    for line in prompt.lines("Type words, or sums such as king - man + woman."):
        try:
            found = ask([line] if line in known else line.split())
        except UnknownWordError as error:  # of a sum
            found = [], [], [*error.missing]
        except ValueError as error:
            complain(error)
            failed = True
            continue
        if typed and found[2]:
            complain(UnknownWordError(found[2], known.words))
        missing += found[2]
        if printed == "json" and not typed:
            asked += found[0]
            answers += found[1]
        elif found[0]:
            _print(*found[:2], printed)
    if typed:
        return []
    if printed == "json":
        _print(asked, answers, printed)
    if failed and not missing:
        raise typer.Exit(2)
    return list(dict.fromkeys(missing))


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


@flags_of_reading
def info(vectors: Vectors, as_json: AsJson = False, *, reading: Reading) -> None:
    """Print what a file of vectors holds, and how they were trained.

    Examples:
    jw2v info vectors.safetensors
    jw2v info vectors.safetensors --json
    """
    from jw2v import formats

    apart(reading.places("VECTORS", vectors), [])
    known = reading.load(vectors)
    found = _described(known)
    if as_json:
        print_json({"vectors": str(vectors), "format": formats.named(vectors).name, **found})
        return
    norms, counts = found["norms"], found["counts"]
    lines = {
        "words": f"{len(known):,}",
        "dim": f"{known.dim:,}",
        "numbers": found["dtype"],
        "format": f"{formats.named(vectors).name}, {formats.named(vectors).about}",
        "norms": f"{norms['smallest']:.4g} to {norms['largest']:.4g}, median {norms['median']:.4g}"
        + f", {norms['zero']:,} of 0" * bool(norms["zero"]),
        "counts": "none are kept"
        if counts is None
        else f"{counts['total']:,} in all, {counts['smallest']:,} to {counts['largest']:,} a word",
        "arrays": ", ".join(f"{name} {shape}" for name, shape in found["arrays"].items()),
        "trained by": ", ".join(f"{name} {value}" for name, value in found["settings"].items())
        or "nothing is known of it",
        **{name: text for name, text in found["metadata"].items() if name != "config"},
        "first words": ", ".join(found["first_words"]),
    }
    for name, text in lines.items():
        if text:
            out.print(f"{shown(name):<11} {shown(text)}", soft_wrap=True)


def _described(known: "WordVectors") -> dict[str, Any]:
    """What is told of vectors, for a machine."""
    import numpy as np

    from jw2v.vectors.neighbours import lengths

    norms, counts = lengths(known.vectors), known.counts
    return {
        "words": len(known),
        "dim": known.dim,
        "dtype": str(known.vectors.dtype),
        "norms": {
            "smallest": float(norms.min()),
            "median": float(np.median(norms)),
            "largest": float(norms.max()),
            "zero": int(np.count_nonzero(norms == 0)),
        },
        "counts": None
        if counts is None
        else {
            "total": sum(counts.tolist()),  # may be beyond 64 bits
            "smallest": int(counts.min()),
            "largest": int(counts.max()),
        },
        "arrays": {name: list(array.shape) for name, array in known.arrays.items()},
        "settings": known.settings,
        "metadata": dict(known.metadata),
        "first_words": list(known.words[:_FIRST]),
    }


def print_neighbours(
    vectors: "WordVectors", words: Sequence[str], topn: int, restrict_vocab: int | None = None
) -> None:
    """Print a line for each word, with its neighbours and their cosines."""
    answers = vectors.most_similar_each(words, topn, restrict_vocab=restrict_vocab)
    _print(words, answers, "lines")


def _print(asked: Sequence[str], answers: Sequence["Answers"], listing: _Printed) -> None:
    """Print the neighbours of words, or of a sum of words."""
    each = list(zip(asked, answers, strict=True))
    if listing == "json":
        found = [{"word": word, "neighbours": _scored(near, "cosine")} for word, near in each]
        print_json(found)
    elif listing == "lines":
        for word, near in each:
            out.print(f"{shown(word)}: {_listed(near)}", soft_wrap=True)
    elif listing == "tsv":
        print_lines(
            f"{shown(word)}\t{shown(other)}\t{cosine:.6f}"
            for word, near in each
            for other, cosine in near
        )
    else:
        print_lines(
            to_json({"word": word, "neighbour": other, "cosine": round(cosine, 6)})
            for word, near in each
            for other, cosine in near
        )


def _is_sum(words: Sequence[str]) -> bool:
    """Whether there is + or - between every two words."""
    return len(words) > 2 and len(words) % 2 == 1 and {*words[1::2]} <= {"+", "-"}


def _sides(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is added and what is subtracted."""
    signed = list(zip(["+", *words[1::2]], words[::2], strict=True))
    plus, minus = ([word for sign, word in signed if sign == side] for side in "+-")
    return plus, minus


def _refuse_half_a_sum(unknown: Sequence[str]) -> None:
    if {"+", "-"} & {*unknown}:
        raise ValueError(
            "to add and subtract, put + or - between every two words, with spaces around it: king -"
            " man + woman"
        )


def _listed(answers: "Answers") -> str:
    return ", ".join(f"{shown(word)} {score:.2f}" for word, score in answers)


def _scored(answers: "Answers", name: str) -> list[dict[str, object]]:
    return [{"word": word, name: round(score, 6)} for word, score in answers]
