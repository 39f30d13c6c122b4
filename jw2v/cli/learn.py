"""``jw2v train`` and ``jw2v demo``: from text to vectors."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jw2v.cli.ask import print_neighbours
from jw2v.cli.shared import Output, Seed, err, flags_of_config, out
from jw2v.config import Config
from jw2v.progress import Bar, training_bar

if TYPE_CHECKING:
    from jw2v.vectors import WordVectors

__all__ = ["demo", "train"]


@flags_of_config
def train(
    corpus: Annotated[
        list[Path],
        typer.Argument(help="Text files, plain, .gz or .xz, or tables, .parquet or .arrow."),
    ],
    output: Output,
    config: Config,
) -> None:
    """Learn word vectors from text.

    Examples:
    jw2v train reviews.txt -o reviews.safetensors --tokens words
    jw2v train wiki.txt.xz -o wiki.bin --dim 200 --epochs 3
    """
    _train(corpus, output, config)


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to write to; made if it is not there.")
    ] = Path("jw2v-demo"),
    seed: Seed = 0,
) -> None:
    """Learn from two centuries of State of the Union addresses, in about a minute."""
    from jw2v import demo, plot

    plot.require()
    texts = demo.speeches()
    output.mkdir(parents=True, exist_ok=True)
    path = output / "vectors.safetensors"
    vectors = _train(texts, path, replace(demo.CONFIG, seed=seed))
    print_neighbours(vectors, demo.ASKED, topn=6)
    picture = output / "word_vectors.png"
    words = [word for category in demo.PLOTTED.values() for word in category]
    plot.picture(
        vectors,
        words,
        picture,
        title="State of the Union addresses, 1790–2020",
        categories={w: name for name, members in demo.PLOTTED.items() for w in members},
    )
    out.print(f"picture: {picture}")
    out.print(f"ask more: jw2v similar {path} liberty")


def _train(texts: Sequence[Path], path: Path, config: Config) -> "WordVectors":
    from jw2v import formats, training

    formats.check_destination(path)
    with Bar("reading", err) as bar:
        read = training.read(
            texts, config, progress=lambda done, total: bar.update(done / max(total, 1), "")
        )
    out.print(
        f"{read.tokens_read:,} words, {len(read.vocabulary):,} of them different"
        f" and seen {config.min_count} times or more"
    )
    with training_bar(err) as report:
        vectors = training.train(read, config, progress=report)
    vectors.save(path)
    out.print(f"vectors: {path} ({len(vectors):,} words, dim {vectors.dim})")
    return vectors
