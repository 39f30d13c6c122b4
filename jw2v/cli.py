"""The command line. Results go to standard output, progress and errors to standard error."""

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from rich.console import Console

from jw2v.config import Config, Loss
from jw2v.progress import Bar, training_bar

if TYPE_CHECKING:
    from jw2v.vectors import WordVectors

__all__ = ["main"]

app = typer.Typer(
    name="jw2v",
    help="word2vec in pure JAX: vectors for the words of a text.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, markup=False)
err = Console(stderr=True, highlight=False, markup=False)

Output = Annotated[Path, typer.Option("--output", "-o", help="File to write, .safetensors.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same vectors.", min=0)]


def main() -> None:
    """Run a command. Bad input ends with a message and exit code 2, Ctrl-C with 130."""
    try:
        app()
    except KeyboardInterrupt:
        err.print("interrupted")
        sys.exit(130)
    except (ValueError, KeyError, OSError, ArithmeticError, ImportError) as error:
        message = error.args[0] if type(error) is KeyError and error.args else error
        err.print(f"error: {message}", soft_wrap=True)
        sys.exit(2)


def _flags_of_config(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one flag for each field of `Config`, which reach it as ``config``."""
    hints = get_type_hints(Config)
    flags = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=Annotated[
                hints[field.name],
                typer.Option(help=field.metadata["help"], rich_help_panel="Settings"),
            ],
        )
        for field in fields(Config)
    ]
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "config"]

    def with_flags(**given: Any) -> None:
        config = Config(**{flag.name: given.pop(flag.name) for flag in flags})
        command(**given, config=config)

    with_flags.__name__ = command.__name__
    with_flags.__doc__ = command.__doc__
    with_flags.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
    with_flags.__annotations__ = {p.name: p.annotation for p in [*own, *flags]}
    return with_flags


@app.command()
@_flags_of_config
def train(
    corpus: Annotated[
        list[Path],
        typer.Argument(help="Text files, plain, .gz or .xz, or tables, .parquet or .arrow."),
    ],
    output: Output,
    config: Config,
) -> None:
    """Learn word vectors from text.

    Example: jw2v train reviews.txt -o reviews.safetensors --tokens words --dim 200
    """
    _train(corpus, output, config)


@app.command()
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
    _print_neighbours(vectors, demo.ASKED, topn=6)
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


@app.command()
def similar(
    vectors: Annotated[Path, typer.Argument(help="File that jw2v train wrote.")],
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Words to ask about.")],
    topn: Annotated[int, typer.Option("--topn", "-n", help="Neighbours of each.", min=1)] = 10,
) -> None:
    """Print the nearest neighbours of words.

    Example: jw2v similar vectors.safetensors liberty war -n 5
    """
    from jw2v.vectors import WordVectors

    _print_neighbours(WordVectors.load(vectors), words, topn)


@app.command()
def sst(
    data: Annotated[Path, typer.Option(help="Folder that holds datasetSentences.txt.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to write to; made if it is not there.")
    ],
    loss: Annotated[Loss, typer.Option(help="What to train with.")] = "negative-sampling",
    steps: Annotated[int, typer.Option(help="Steps, of 50 windows each.", min=1)] = 40_000,
    seed: Seed = 0,
) -> None:
    """Repeat the Stanford Sentiment Treebank picture with its exact settings."""
    from jw2v import plot, sst

    plot.require()
    sentences = sst.read_sentences(data)
    output.mkdir(parents=True, exist_ok=True)
    with Bar("training", err) as bar:
        result = sst.reproduce(
            sentences,
            loss=loss,
            n_steps=steps,
            seed=seed,
            progress=lambda p: bar.update(
                p.step / p.steps, f"step {p.step:,}  running loss {p.running_loss:.2f}"
            ),
        )
    result.vectors.save(output / "vectors.safetensors")
    plot.picture(result.vectors, sst.PLOTTED, output / "word_vectors.png")
    out.print(f"final running loss {result.running_loss:.2f} nats a window")
    out.print("readings of the picture, and the words nearest in it:")
    for reading in sst.readings(result.vectors):
        out.print(f"{'holds' if reading.holds else 'does not hold':>13}: {reading.claim}")
        for word, nearest in reading.nearest.items():
            out.print(f"{word:>20}: {', '.join(nearest)}")
    out.print(f"wrote {output / 'vectors.safetensors'} and {output / 'word_vectors.png'}")


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


def _print_neighbours(vectors: "WordVectors", words: Sequence[str], topn: int) -> None:
    answers = [(word, vectors.most_similar(word, topn=topn)) for word in words]
    for word, neighbours in answers:
        listed = ", ".join(f"{neighbour} {cosine:.2f}" for neighbour, cosine in neighbours)
        out.print(f"{word}: {listed}", soft_wrap=True)
