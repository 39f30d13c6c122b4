"""``jw2v count``, ``jw2v vocab`` and ``jw2v encode``: a text in shards, before it is trained on."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jw2v.choices import Engine, Tokens
from jw2v.cli.places import Place, apart
from jw2v.cli.shared import err, plain_warnings, told
from jw2v.config import Config
from jw2v.progress import Bar
from jw2v.training import interrupts

if TYPE_CHECKING:
    from jw2v.shards.jobs import Done

__all__ = ["count", "encode", "vocab"]

_PANEL = "Engine"
_Shards = Annotated[
    list[Path],
    typer.Argument(
        metavar="SHARDS",
        help="Texts or tables, as of jw2v train, each a shard; folders of these; patterns.",
    ),
]
_Folder = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="FOLDER", help="Folder to write to; made if it is not there."
    ),
]
_Column = Annotated[
    str | None, typer.Option(help="The column of each table that is the text.", metavar="NAME")
]
_Engine = Annotated[
    Engine,
    typer.Option(
        help="What works on the shards: processes of this machine, Ray or Dask, which are extras.",
        rich_help_panel=_PANEL,
    ),
]
_Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes, of the engine of this name; by default one a core.",
        rich_help_panel=_PANEL,
    ),
]


def count(
    shards: _Shards,
    output: _Folder,
    tokens: Annotated[
        Tokens, typer.Option(help="How texts are split, as of jw2v train.")
    ] = "whitespace",
    column: _Column = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
) -> None:
    """Count the words of each shard of a text into a file of its own.

    Examples:
    jw2v count part-*.txt -o counts/
    jw2v count part-*.txt -o counts/ --tokens words --engine ray

    A shard that was counted before, with these settings, is kept. Next comes jw2v vocab.
    """
    from jw2v.shards import jobs

    _check(shards, output)
    with plain_warnings(), interrupts.raised(), Bar("counting", err) as bar:
        done = jobs.count(
            shards,
            output,
            tokens=tokens,
            column=column,
            engine=engine,
            workers=workers,
            progress=lambda now, total: bar.update(now / max(1, total), ""),
        )
    told.print(f"counts: {output} ({_said(done)})", soft_wrap=True)


def vocab(
    counts: Annotated[
        list[Path],
        typer.Argument(metavar="COUNTS", help="Parquet files of counts, or folders of them."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Parquet file to write.")
    ],
    min_count: Annotated[
        int, typer.Option(min=1, help="Words that occur less often are dropped.")
    ] = Config().min_count,
    max_vocab: Annotated[
        int | None, typer.Option(min=1, help="Most words to keep, the most frequent.")
    ] = None,
    chosen: Annotated[
        Path | None,
        typer.Option(
            "--vocab",
            metavar="FILE",
            help="Words that get an id, and no others: one a line, or a word and its count, to"
            " which --min-count and --max-vocab then apply.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Words that get an id however rare they are, one a line."
        ),
    ] = None,
    stop: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Words to leave out, one a line.")
    ] = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
) -> None:
    """Merge the counts of all shards into the vocabulary of the text.

    Examples:
    jw2v vocab counts/ --min-count 5 -o vocab.parquet

    Next comes jw2v encode.
    """
    from jw2v.reading.chosen import read_words
    from jw2v.shards import jobs
    from jw2v.storage.files import check_writable

    lists = {"vocab": chosen, "keep": keep, "stop": stop}
    words = {name: read_words(path) for name, path in lists.items() if path is not None}
    read = [Place(f"--{name}", path) for name, path in lists.items() if path is not None]
    read += [Place("COUNTS", path, folder=path.is_dir()) for path in counts]
    apart(read, [Place("-o", output)])
    check_writable(output)
    with plain_warnings(), interrupts.raised():
        found = jobs.make_vocabulary(
            counts,
            output,
            min_count=min_count,
            max_vocab=max_vocab,
            engine=engine,
            workers=workers,
            **words,
        )
    told.print(f"vocabulary: {output} ({len(found):,} words)", soft_wrap=True)


def encode(
    shards: _Shards,
    vocab: Annotated[
        Path, typer.Option(metavar="FILE", help="The vocabulary: Parquet, as of jw2v vocab.")
    ],
    output: _Folder,
    tokens: Annotated[
        Tokens | None,
        typer.Option(help="How texts are split; by default as they were counted."),
    ] = None,
    column: _Column = None,
    engine: _Engine = "processes",
    workers: _Workers = None,
) -> None:
    """Write the ids of each shard of a text into a file of its own.

    Examples:
    jw2v encode part-*.txt --vocab vocab.parquet -o ids/
    jw2v train ids/ --vocab vocab.parquet -o vectors.safetensors

    A shard that was encoded before, with this vocabulary, is kept.
    """
    from jw2v.shards import jobs

    _check(shards, output, Place("--vocab", vocab))
    with plain_warnings(), interrupts.raised(), Bar("encoding", err) as bar:
        done = jobs.encode(
            shards,
            vocab,
            output,
            tokens=tokens,
            column=column,
            engine=engine,
            workers=workers,
            progress=lambda now, total: bar.update(now / max(1, total), ""),
        )
    told.print(f"ids: {output} ({_said(done)})", soft_wrap=True)


def _check(shards: Sequence[Path], output: Path, *others: Place) -> None:
    """Refuse, before the work, an output that is no folder or not apart from what is read."""
    read = [Place("SHARDS", path, folder=path.is_dir()) for path in shards]
    apart([*read, *others], [Place("-o", output, folder=True)])
    if output.exists() and not output.is_dir():
        raise NotADirectoryError(f"{output} is a file: expected the name of a folder to write")
    interrupts.say_at_the_end(
        lambda: f"shards that were finished are kept in {output}; the same command does the rest"
    )


def _said(done: "Sequence[Done]") -> str:
    kept = sum(each.kept for each in done)
    return f"{len(done):,} shards" + f", {kept:,} of them there before" * bool(kept)
