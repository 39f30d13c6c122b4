"""``jw2v train`` and ``jw2v demo``: from text to vectors."""

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jw2v.choices import CHECKPOINT_EVERY, FileFormat
from jw2v.cli.ask import print_neighbours
from jw2v.cli.places import Place, apart, of_vectors, results_in
from jw2v.cli.shared import (
    Seed,
    alarm,
    err,
    flags_of_config,
    keep_for_results,
    plain_warnings,
    told,
    waiting,
    write_out,
)
from jw2v.config import Config
from jw2v.progress import Bar, Progress, training_bar
from jw2v.training import interrupts

if TYPE_CHECKING:
    from jw2v.reading.corpus import Corpus
    from jw2v.reading.text import AnyPath
    from jw2v.vectors.words import WordVectors

__all__ = ["demo", "train"]

_STANDARD_OUTPUT = Path("-")


@flags_of_config
def train(
    corpus: Annotated[
        list[Path],
        typer.Argument(
            metavar="CORPUS",
            help="Texts, plain, .gz, .xz, .bz2 or .zst, or tables, .parquet, .arrow, .jsonl, .csv"
            " or .tsv; folders of these; patterns; - for standard input.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File to write; its suffix tells the format. - for standard output.",
        ),
    ],
    config: Config,
    to: Annotated[
        FileFormat | None,
        typer.Option(
            help="Format of -o -.",
            show_default="word2vec",
        ),
    ] = None,
    vocab: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Words that get a vector, and no others: one a line, or a word and its count, to"
            " which --min-count and --max-vocab then apply. Or the .parquet file of a vocabulary,"
            " with which CORPUS may be the ids of jw2v encode.",
            rich_help_panel="Text",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Words that get a vector however rare they are, one a line.",
            rich_help_panel="Text",
        ),
    ] = None,
    stop: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Words to leave out, one a line.", rich_help_panel="Text"
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Vectors to go on from: a file, or a folder of checkpoints. Words that CORPUS does"
            " not have keep theirs. --dim must be theirs.",
        ),
    ] = None,
    plot_loss: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw how the loss fell: .png, .svg or .pdf. Needs the extra plot."
        ),
    ] = None,
    checkpoint_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Folder to write checkpoints to. Needs the extra checkpoint."
        ),
    ] = None,
    checkpoint_every: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Seconds between checkpoints.",
            min=0,
            show_default=str(CHECKPOINT_EVERY),
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint, if there is one.")
    ] = False,
    mesh: Annotated[
        str | None,
        typer.Option(
            metavar="AXES",
            help="Devices that share the work: data=2,model=4 divides the examples of a step in"
            " two, and the columns of the tables in four.",
            rich_help_panel="Devices",
        ),
    ] = None,
    coordinator: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Where the processes of a run meet: the machine of process 0, and a free port"
            " there. Each is started by the same command with its own --process-id.",
            rich_help_panel="Devices",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(help="How many processes there are.", min=1, rich_help_panel="Devices"),
    ] = None,
    process_id: Annotated[
        int | None,
        typer.Option(
            help="Which of them this is. 0 writes and speaks for all.",
            min=0,
            rich_help_panel="Devices",
        ),
    ] = None,
) -> None:
    """Learn word vectors from text.

    Examples:
    jw2v train reviews.txt -o reviews.safetensors --tokens words
    jw2v train wiki.txt.xz -o wiki.bin --dim 200 --epochs 3
    jw2v train wiki.txt.xz -o wiki.bin --checkpoint-dir wiki.checkpoints --resume
    jw2v train today.txt -o now.safetensors --start before.safetensors
    jw2v train reviews.csv -o reviews.safetensors --column text --tokens words
    xz -dc wiki.txt.xz | jw2v train - -o - | gzip > wiki.txt.gz

    jw2v train wiki.txt.xz -o wiki.bin --mesh data=2,model=4

    A run with checkpoints that was interrupted, killed or ended by a power cut goes on with
    --resume, and ends with the same vectors as one that was not.
    """
    if checkpoint_dir is None and (resume or checkpoint_every is not None):
        raise ValueError(
            f"{'--resume' if resume else '--checkpoint-every'} needs --checkpoint-dir, the folder"
            " of the checkpoints"
        )
    devices = None if mesh is None else _mesh(mesh)
    first = _join(coordinator, processes, process_id)
    from jw2v.pictures import plot
    from jw2v.reading import sources
    from jw2v.reading.chosen import read_words
    from jw2v.shards import reading as shards
    from jw2v.shards import tables

    interrupts.say_at_the_end(partial(_kept, checkpoint_dir))
    streamed = output == _STANDARD_OUTPUT
    if to is not None and not streamed:
        raise ValueError("--to is the format of -o -: the suffix of a file tells its own")
    of_ids = (
        vocab is not None and vocab.suffix == ".parquet" and shards.are_ids(corpus, foreign=True)
    )
    with plain_warnings():
        texts = tables.files(corpus, "ids") if of_ids else sources.files(corpus)
    lists = {"vocab": vocab, "keep": keep, "stop": stop}
    words = {
        name: path if name == "vocab" and path.suffix == ".parquet" else read_words(path)
        for name, path in lists.items()
        if path is not None
    }
    read = [Place(f"--{name}", path) for name, path in lists.items() if path is not None]
    read += _texts_read(corpus, texts)
    _check_places(read, None if streamed else output, start, plot_loss, checkpoint_dir)
    if plot_loss is not None:
        plot.check_destination(plot_loss)
    if checkpoint_dir is not None:
        from jw2v.training import checkpoints

        checkpoints.check_folder(checkpoint_dir, resume=resume)
    history: list[Progress] = []
    news = err if streamed else told
    _train(
        texts,
        output,
        config,
        history,
        to=(to or "word2vec") if streamed else None,
        words=words,
        start=start,
        checkpoint_dir=checkpoint_dir,
        checkpoint_every=checkpoint_every,
        resume=resume,
        mesh=devices,
        first=first,
    )
    if plot_loss is not None and first:
        if history:
            plot.loss_curve(history, plot_loss, title=f"Training of {output.stem}")
            news.print(f"loss: {plot_loss}", soft_wrap=True)
        else:
            news.print(
                f"{plot_loss} is not drawn: the run had ended before, and its checkpoints keep no"
                " curve",
                soft_wrap=True,
            )
    if coordinator is not None:
        from jw2v.training import processes as together

        together.leave()


def _mesh(given: str) -> dict[str, int]:
    """What ``--mesh`` says."""
    axes: dict[str, int] = {}
    for each in given.split(","):
        name, equals, number = each.strip().partition("=")
        if not (equals and number.isdecimal() and name not in axes):
            raise ValueError(
                "--mesh must say how many devices each of data and model has, such as"
                f" data=2,model=4; got {given!r}"
            )
        axes[name] = int(number)
    return axes


def _join(coordinator: str | None, number: int | None, own: int | None) -> bool:
    """Join the other processes of a run, if there are any; whether this is the first of them."""
    given = {"--coordinator": coordinator, "--processes": number, "--process-id": own}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return True
    if coordinator is None or number is None or own is None:
        raise ValueError(
            f"several processes need {', '.join(given)}, and {' and '.join(missing)}"
            f" {'is' if len(missing) == 1 else 'are'} missing"
        )
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1") == "1":  # JAX's: XLA's warnings too
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    keep_for_results()
    from jw2v.training import processes

    processes.join(processes.Processes(coordinator, number, own))
    if own:
        told.quiet = err.quiet = True
    return own == 0


def _texts_read(corpus: Sequence[Path], texts: Sequence["AnyPath"]) -> list[Place]:
    read = [Place("CORPUS", path, folder=True) for path in corpus if path.is_dir()]
    read += [Place("CORPUS", text) for text in texts if text != "-"]
    if "-" in texts and sys.stdin is not None:
        read.append(Place("standard input", 0))
    return read


def _check_places(
    read: list[Place],
    output: Path | None,
    start: Path | None,
    plot_loss: Path | None,
    checkpoint_dir: Path | None,
) -> None:
    if start is not None and not start.is_dir():
        read += of_vectors("--start", start)
    elif start is not None:
        read.append(Place("--start", start, folder=True))
    written = [] if output is None else [*of_vectors("-o", output)]
    if plot_loss is not None:
        written.append(Place("--plot-loss", plot_loss))
    if checkpoint_dir is not None:
        written.append(Place("--checkpoint-dir", checkpoint_dir, folder=True))
    apart(read, written)


def demo(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Folder to write to; made if it is not there."
        ),
    ] = Path("jw2v-demo"),
    seed: Seed = 0,
) -> None:
    """Learn from two centuries of State of the Union addresses, in about half a minute."""
    from jw2v.pictures import plot
    from jw2v.studies import speeches

    plot.require()
    texts = speeches.speeches()
    path, picture = results_in(output, [Place("the text", text) for text in texts])
    config = replace(speeches.CONFIG, seed=seed)
    vectors = _train(texts, path, config, [])
    print_neighbours(vectors, speeches.ASKED, topn=6)
    words = [word for category in speeches.PLOTTED.values() for word in category]
    plot.picture(
        vectors,
        words,
        picture,
        title="State of the Union addresses, 1790–2020",
        categories={w: name for name, members in speeches.PLOTTED.items() for w in members},
    )
    told.print(f"picture: {picture}", soft_wrap=True)
    told.print(f"ask more: jw2v similar {path} liberty", soft_wrap=True)


def _train(
    texts: Sequence["AnyPath"],
    output: Path,
    config: Config,
    history: list[Progress],
    *,
    to: FileFormat | None = None,
    words: Mapping[str, Any] = MappingProxyType({}),
    start: Path | None = None,
    first: bool = True,
    **others: Any,
) -> "WordVectors":
    """Train and write; ``to`` is the format for standard output, None to write a file.

    Of several processes the first alone writes.
    """
    from jw2v import catalogue, formats, training
    from jw2v.storage import memory
    from jw2v.training import outlook, planning

    path, news = (output, told) if to is None else (Path("standard output"), err)
    memory.share_pool()
    chosen = catalogue.output(config.loss)
    chosen.check_negatives(config.negatives)
    chosen.check_vectors(config.vectors)
    kind = formats.named(path, to)
    if to is None:
        formats.check_destination(path)
    elif kind.beside:
        streams = ", ".join(each.name for each in formats.FORMATS if not each.beside)
        raise ValueError(f"-o - is one stream, and {to} is two files: --to takes {streams}")
    if chosen.draws == "path" and kind.name != "safetensors":
        alarm.print(
            f"note: {path} will hold words and vectors alone: a .safetensors file keeps the tree"
            " and the vectors of its nodes too",
            soft_wrap=True,
        )
    if config.vectors == "both" and not kind.keeps_metadata:
        alarm.print(
            f"note: {path} will not tell that it holds both vectors of a word, and --start would"
            " take them for one: .safetensors, .parquet and .arrow tell",
            soft_wrap=True,
        )
    earlier = None if start is None else _earlier(start)
    with Bar("reading", err) as bar:

        def show_reading(done: int, total: int) -> None:
            bar.update(done / total if total else None, "" if total else f"{done / 1e6:,.1f} MB")

        with plain_warnings():
            read = training.read(texts, config, start=earlier, **words, progress=show_reading)
    _check_contents(path, to, read, config, earlier)
    news.print(_summary(read, config, earlier, words), soft_wrap=True)
    settled = planning.settled(config, read.vocabulary.counts)
    found = outlook.outlook(read, settled)
    news.print(
        f"subsample {settled.subsample:.3g} keeps {found.kept / max(1, found.words):.0%} of the"
        f" {found.words:,} words that have a vector,"
        f" with {found.pairs:.1f} pairs a word",
        soft_wrap=True,
    )
    with training_bar(err) as show:

        def report(progress: Progress) -> None:
            show(progress)
            history.append(progress)

        with plain_warnings():
            vectors = training.train(read, config, start=earlier, progress=report, **others)
    if not first:
        return vectors
    with plain_warnings(), waiting("writing"):
        if to is None:
            vectors.save(path)
        else:
            write_out(partial(vectors.save, format=to))
    held = f"{len(vectors):,} words, dim {vectors.dim}"
    news.print(f"vectors: {path} ({held})", soft_wrap=True)
    return vectors


def _check_contents(
    path: Path,
    to: FileFormat | None,
    read: "Corpus",
    config: Config,
    earlier: "WordVectors | None",
) -> None:
    """Refuse, before the work, a file whose format could not hold what will be learnt."""
    import numpy as np

    from jw2v import formats

    words, dtype = read.vocabulary.words, np.dtype(config.dtype)
    formats.check_contents(path, words, dtype, format=to)
    rest = [] if earlier is None else [w for w in earlier.words if w not in read.vocabulary]
    if earlier is not None and rest:  # they come after, and the wider type is kept
        formats.check_contents(path, rest, np.result_type(dtype, earlier.vectors), format=to)


def _summary(
    read: "Corpus", config: Config, earlier: "WordVectors | None", chosen: Collection[str]
) -> str:
    """What was read, and which of it is learnt."""
    words = read.vocabulary.words
    least = config.min_count
    seen = f"seen {least} times or more" if least > 1 else "seen once or more"
    if config.max_vocab is not None and len(words) == config.max_vocab:
        seen = f"the most frequent of those {seen}"
    if "vocab" in chosen:
        seen = "in --vocab"
    if "keep" in chosen:
        seen += " or in --keep"
    if earlier is None:
        return f"{read.tokens_read:,} words, {len(words):,} of them different and {seen}"
    known = sum(word in earlier for word in words)
    return (
        f"{read.tokens_read:,} words, {len(words):,} different ones to learn: {known:,} that have"
        f" vectors already, and {len(words) - known:,} new ones, {seen};"
        f" {len(earlier) - known:,} others keep their vectors"
    )


def _kept(checkpoint_dir: Path | None) -> str:
    """What there is if the run ends now."""
    if checkpoint_dir is None:
        return "nothing was kept; begin again with --checkpoint-dir FOLDER to keep what is learnt"
    numbers = []
    with suppress(OSError):
        numbers = [int(name) for name in os.listdir(checkpoint_dir) if name.isdecimal()]
    if not numbers:
        return f"nothing was kept, since there is no checkpoint in {checkpoint_dir} yet"
    return (
        f"checkpoint {max(numbers)} in {checkpoint_dir} keeps what was learnt until then; the same"
        " command with --resume goes on from it"
    )


def _earlier(start: Path) -> "WordVectors":
    from jw2v.training import checkpoints
    from jw2v.vectors.words import WordVectors

    with plain_warnings(), waiting("reading --start"):
        return checkpoints.load(start) if start.is_dir() else WordVectors.load(start)
