"""``jw2v train`` and ``jw2v demo``: from text to vectors."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jw2v.cli.ask import print_neighbours
from jw2v.cli.shared import Output, Seed, err, flags_of_config, out, plain_warnings
from jw2v.config import Config
from jw2v.progress import Bar, Progress, training_bar

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
    start: Annotated[
        Path | None,
        typer.Option(
            help="Vectors to go on from: a file, or a folder of checkpoints. Words that CORPUS does"
            " not have keep theirs. --dim must be theirs."
        ),
    ] = None,
    plot_loss: Annotated[
        Path | None,
        typer.Option(help="Draw how the loss fell: .png, .svg or .pdf. Needs the extra plot."),
    ] = None,
    checkpoint_dir: Annotated[
        Path | None,
        typer.Option(help="Folder to write checkpoints to. Needs the extra checkpoint."),
    ] = None,
    checkpoint_every: Annotated[
        float, typer.Option(help="Seconds between checkpoints.", min=0)
    ] = 600,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint, if there is one.")
    ] = False,
) -> None:
    """Learn word vectors from text.

    Examples:
    jw2v train reviews.txt -o reviews.safetensors --tokens words
    jw2v train wiki.txt.xz -o wiki.bin --dim 200 --epochs 3
    jw2v train wiki.txt.xz -o wiki.bin --checkpoint-dir wiki.checkpoints --resume
    jw2v train today.txt -o now.safetensors --start before.safetensors

    A run with checkpoints that was interrupted, killed or ended by a power cut goes on with
    --resume, and ends with the same vectors as one that was not.
    """
    from jw2v import plot

    if plot_loss is not None:
        plot.require()
        plot.check_destination(plot_loss)
    history: list[Progress] = []
    _train(
        corpus,
        output,
        config,
        history,
        start=start,
        checkpoint_dir=checkpoint_dir,
        checkpoint_every=checkpoint_every,
        resume=resume,
    )
    if plot_loss is not None:
        plot.loss_curve(history, plot_loss, title=output.stem)
        out.print(f"loss: {plot_loss}")


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
    vectors = _train(texts, path, replace(demo.CONFIG, seed=seed), [])
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


def _train(
    texts: Sequence[Path],
    path: Path,
    config: Config,
    history: list[Progress],
    start: Path | None = None,
    **checkpoints: Any,
) -> "WordVectors":
    from jw2v import _memory, formats, outlook, planning, training

    _memory.share_pool()
    config.check_negatives()
    formats.check_destination(path)
    earlier = None if start is None else _earlier(start)
    with Bar("reading", err) as bar:
        read = training.read(
            texts,
            config,
            start=earlier,
            progress=lambda done, total: bar.update(done / max(total, 1), ""),
        )
    out.print(
        f"{read.tokens_read:,} words, {len(read.vocabulary):,} of them different"
        f" and seen {config.min_count} times or more"
    )
    settled = planning.settled(config, read.vocabulary.counts)
    found = outlook.outlook(read, settled)
    out.print(
        f"subsample {settled.subsample:.3g} keeps {found.kept / max(1, found.words):.0%} of them,"
        f" with {found.pairs:.1f} pairs a word"
    )
    with training_bar(err) as show:

        def report(progress: Progress) -> None:
            show(progress)
            history.append(progress)

        with plain_warnings():
            vectors = training.train(read, config, start=earlier, progress=report, **checkpoints)
    vectors.save(path)
    out.print(f"vectors: {path} ({len(vectors):,} words, dim {vectors.dim})")
    return vectors


def _earlier(start: Path) -> "WordVectors":
    from jw2v import checkpoints
    from jw2v.vectors import WordVectors

    return checkpoints.load(start) if start.is_dir() else WordVectors.load(start)
