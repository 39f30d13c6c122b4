"""``jw2v evaluate``: how good vectors are."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jw2v.choices import RESTRICT_VOCAB, Combination
from jw2v.cli.loading import Reading, flags_of_reading
from jw2v.cli.places import Place, apart
from jw2v.cli.shared import AsJson, Vectors, out, print_json, print_table, waiting

if TYPE_CHECKING:
    from jw2v.evaluate.scores import Analogies, Pairs

__all__ = ["evaluate"]

_DEFAULT_METHOD: Combination = "add"


@flags_of_reading
def evaluate(
    vectors: Vectors,
    pairs: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Word pairs: two words and a score a line, by tabs, spaces or commas apart, or the"
            " columns of SimLex-999. May be given several times.",
        ),
    ] = None,
    analogies: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Analogies: four words a line, sections begin with a colon."
            " May be given several times.",
        ),
    ] = None,
    method: Annotated[
        Combination | None,
        typer.Option(
            help="How analogies are scored: 3CosAdd or 3CosMul.", show_default=_DEFAULT_METHOD
        ),
    ] = None,
    restrict_vocab: Annotated[
        int, typer.Option(metavar="N", help="Know the first, most frequent, N words only.", min=1)
    ] = RESTRICT_VOCAB,
    ignore_case: Annotated[
        bool,
        typer.Option(
            "--ignore-case/--match-case",
            help="Of words that differ in case only, the most frequent stands for all.",
        ),
    ] = True,
    count_unknown: Annotated[
        bool,
        typer.Option(
            "--count-unknown",
            help="Questions with unknown words count as cosine 0, or as wrong;"
            " without it they are left out.",
        ),
    ] = False,
    as_json: AsJson = False,
    *,
    reading: Reading,
) -> None:
    """Judge vectors by word pairs that people scored, and by analogies.

    Pairs give Spearman's and Pearson's correlation of the cosines with the scores, analogies the
    share solved. The defaults are gensim's, and so are the figures.

    No questions come with jw2v. WordSim-353, SimLex-999 and the analogies of word2vec are among
    the test data of gensim: wordsim353.tsv, simlex999.txt and questions-words.txt. The files of
    their authors, SimLex-999.txt and combined.csv, and those of MEN are read as well.

    Examples:
    jw2v evaluate en.safetensors --pairs wordsim353.tsv --pairs simlex999.txt
    jw2v evaluate en.safetensors --analogies questions-words.txt --method mul
    jw2v evaluate en.safetensors --pairs wordsim353.tsv --json
    """
    from jw2v import evaluate

    if not pairs and not analogies:
        raise ValueError("nothing to ask: give --pairs FILE, --analogies FILE, or both")
    if method is not None and not analogies:
        raise ValueError("--method is for analogies: give --analogies FILE too, or leave it out")
    asked = (("--pairs", pairs or ()), ("--analogies", analogies or ()))
    questions = [Place(name, path) for name, paths in asked for path in paths]
    apart([*reading.places("VECTORS", vectors), *questions], [])
    known = reading.load(vectors)
    options: dict[str, Any] = {
        "restrict_vocab": restrict_vocab,
        "ignore_case": ignore_case,
        "count_unknown": count_unknown,
    }
    of_pairs, of_analogies = [], []
    options_of_analogies = {**options, "method": method or _DEFAULT_METHOD}
    for path in pairs or ():
        with waiting(f"asking {path.name}"):
            of_pairs.append(evaluate.word_pairs(known, path, **options))
    for path in analogies or ():
        with waiting(f"asking {path.name}") as bar:
            of_analogies.append(
                evaluate.analogies(
                    known, path, **options_of_analogies, progress=lambda done: bar.update(done, "")
                )
            )
    if as_json:
        print_json(
            {
                "vectors": str(vectors),
                "words": len(known),
                "dim": known.dim,
                **options,
                "pairs": [result.to_dict() for result in of_pairs],
                "analogies": [result.to_dict() for result in of_analogies],
            }
        )
        return
    if of_pairs:
        _print_pairs(of_pairs)
    for number, result in enumerate(of_analogies):
        if of_pairs or number:
            out.print()
        _print_analogies(result)


def _print_pairs(results: "list[Pairs]") -> None:
    print_table(
        ["pairs", "Spearman", "Pearson", "known", "unknown"],
        [
            [
                result.name,
                _shown(result.spearman, ".3f"),
                _shown(result.pearson, ".3f"),
                f"{result.pairs - result.unknown:,}",
                f"{result.unknown:,}",
            ]
            for result in results
        ],
    )


def _print_analogies(result: "Analogies") -> None:
    names = {"add": "3CosAdd", "mul": "3CosMul"}
    print_table(
        [f"{result.name}, {names[result.method]}", "solved", "correct", "asked", "unknown"],
        [
            [
                section.name,
                _shown(section.accuracy, ".1%"),
                *(f"{count:,}" for count in (section.correct, section.asked, section.unknown)),
            ]
            for section in (*result.sections, result.total)
        ],
    )


def _shown(value: float, format: str) -> str:
    return "–" if math.isnan(value) else f"{value:{format}}"
