"""``jw2v convert``: vectors from one kind of file to another, and to folders of other libraries."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from jw2v.choices import FileFormat, FolderFormat, Numbers
from jw2v.cli.loading import Reading, flags_of_reading
from jw2v.cli.places import Place, apart, of_vectors
from jw2v.cli.shared import plain_warnings, told, waiting

if TYPE_CHECKING:
    from jw2v.vectors.words import WordVectors

__all__ = ["convert"]

_ANY_LANGUAGE = "xx"


@flags_of_reading
def convert(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="Vector file to read, or its address.")
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="File or folder to write.")],
    source_format: Annotated[
        FileFormat | None,
        typer.Option("--from", help="Format of IN, where its suffix does not tell."),
    ] = None,
    target_format: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="NAME",
            help="Format of OUT, where its suffix does not tell: those of --from, and the folders "
            "static-embedding and spacy.",
        ),
    ] = None,
    dtype: Annotated[
        Numbers | None,
        typer.Option(help="Round or widen the numbers to this type."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            help="Whose tokenizer a spaCy pipeline gets, by its code.", show_default=_ANY_LANGUAGE
        ),
    ] = None,
    *,
    reading: Reading,
) -> None:
    """Write vectors in another format.

    Examples:
    jw2v convert vectors.safetensors vectors.bin
    jw2v convert glove.6B.100d.txt glove.safetensors
    jw2v convert glove.840B.300d.txt common.safetensors --duplicates first
    jw2v convert vectors.safetensors encoder --to static-embedding

    Suffixes tell the format: .safetensors is that of jw2v, .txt and .bin are text and binary of
    word2vec and gensim, .vec is text of fastText, .glove.txt that of GloVe, .tsv with .metadata.tsv
    is for the TensorBoard projector, .parquet and .arrow are tables with the columns word and
    vector. Text and binary are also read packed, as .gz, .bz2 or .zst, and written as .gz. The
    settings of training are kept by .safetensors, .parquet, .arrow and folders.
    """
    if language is not None and target_format != "spacy":
        raise ValueError("--language is for spaCy pipelines: give --to spacy too, or leave it out")
    as_folder = target_format in get_args(FolderFormat)
    apart(
        reading.places("IN", source, source_format),
        [Place("OUT", target, folder=True)]
        if as_folder
        else of_vectors("OUT", target, target_format),
    )
    check = _check_folder if as_folder else _check_file
    check(target, target_format)
    vectors = reading.load(source, source_format)
    if dtype and dtype != vectors.vectors.dtype:
        vectors = _cast(vectors, dtype)
    with waiting(f"writing {target.name}"):
        kind = _save(vectors, target, target_format, language or _ANY_LANGUAGE)
    told.print(
        f"{target}: {len(vectors):,} words, dim {vectors.dim}, {vectors.vectors.dtype}, as {kind}",
        soft_wrap=True,
    )


def _check_folder(target: Path, format: str | None) -> None:
    from jw2v.storage import files

    files.check_folder(target)


def _check_file(target: Path, format: str | None) -> None:
    from jw2v import formats

    formats.check_destination(target, format=format)


def _cast(vectors: "WordVectors", dtype: str) -> "WordVectors":
    import numpy as np

    def cast(array: Any) -> Any:
        with np.errstate(over="ignore"):
            return array.astype(dtype) if array.dtype.kind == "f" else array

    arrays = {name: cast(array) for name, array in vectors.arrays.items()}
    rounded = vectors.astype(dtype)
    try:
        return replace(rounded, arrays=arrays)
    except ValueError as error:
        raise ValueError(f"some numbers are beyond the largest {dtype} ({error})") from error


def _without(vectors: "WordVectors") -> str:
    """What folders for other libraries have no place for."""
    return f", without {', '.join(vectors.arrays)}" if vectors.arrays else ""


def _save(vectors: "WordVectors", target: Path, format: str | None, language: str) -> str:
    """Write them, and say as what."""
    from jw2v import formats
    from jw2v.vectors import export

    if format == "spacy":
        export.spacy(vectors, target, language=language)
        return f"a spaCy pipeline{_without(vectors)}"
    if format == "static-embedding":
        export.static_embedding(vectors, target)
        return f"a folder for model2vec and Sentence Transformers{_without(vectors)}"
    with plain_warnings():
        vectors.save(target, format=format)
    chosen = formats.named(target, format)
    lost = bool(vectors.metadata) and not chosen.keeps_metadata
    return chosen.about + ", without the settings of training" * lost
