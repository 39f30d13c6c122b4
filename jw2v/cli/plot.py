"""``jw2v plot``: pictures of vectors."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import platformdirs
import typer

from jw2v.choices import Projector
from jw2v.cli.loading import Reading, flags_of_reading
from jw2v.cli.places import Place, apart
from jw2v.cli.shared import Vectors, alarm, err, told
from jw2v.progress import stages

__all__ = ["plot"]

_PAGES = (".html", ".htm")
_TOP_OF_PAGES = 5000
_NAME = 40
"""Characters of the name of a file that fit into a title."""


@flags_of_reading
def plot(
    vectors: Vectors,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .png, .svg, .pdf or .html.")
    ],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD", help="Words to draw.")
    ] = None,
    words_file: Annotated[
        Path | None,
        typer.Option(
            help="More words to draw: a UTF-8 file with one a line, and after a tab, if you wish, "
            "its category."
        ),
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WORD,WORD,...",
            help="Words to draw in a colour of their own, with its name. Repeat it for more.",
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Draw this many words from the top of the file too, the most frequent ones. "
            f"Without any words, a .html map has {_TOP_OF_PAGES:,}, and a picture a few words of "
            "each of some groups that belong together.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        Projector | None,
        typer.Option(
            help="pca keeps distances as well as two axes can; graph, tsne and umap keep "
            "neighbours together. The last two need the extra of that name.",
            show_default="graph in .html, else pca",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Above the picture.")] = None,
    dark: Annotated[
        bool, typer.Option("--dark", help="For a dark page. A .html page follows its reader.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(help="Of all but pca: the same seed draws the same.", min=0, show_default="0"),
    ] = None,
    *,
    reading: Reading,
) -> None:
    """Draw words: near ones are alike. A .html file is a map to search and zoom, offline.

    Examples:
    jw2v plot vectors.safetensors king queen man woman -o royals.png
    jw2v plot vectors.safetensors --category pets=cat,dog -o pets.svg
    jw2v plot vectors.safetensors --top 5000 -o map.html
    """
    from jw2v.pictures import clusters, page
    from jw2v.pictures import plot as pictures

    as_page = output.suffix.lower() in _PAGES
    method = method or ("graph" if as_page else "pca")
    if seed is not None and method == "pca":
        raise ValueError("--seed is of graph, tsne and umap: give --method too, or leave it out")
    read = [*reading.places("VECTORS", vectors)]
    if words_file is not None:
        read.append(Place("--words-file", words_file))
    apart(read, [Place("-o", output)])
    if not as_page:
        pictures.check_destination(output)
    elif dark:
        raise ValueError("a .html page is light or dark as its reader prefers: leave out --dark")
    pairs = [*map(_parse, category or ()), *(_read(words_file) if words_file else ())]
    chosen = [*(words or ()), *(word for _, members in pairs for word in members)]
    kinds = _kinds(pairs)
    known = reading.load(vectors)
    if top is None and not chosen:
        kinds = {} if as_page else clusters.typical(known)
        chosen = [*kinds]
        if kinds:
            groups = len(set(kinds.values()))
            said = f"{len(kinds)} typical words of {groups} groups that belong together"
        else:
            top = _TOP_OF_PAGES
            said = f"the first {min(top, len(known)):,} of {len(known):,} words"
        err.print(f"no words are given: drawing {said}", soft_wrap=True)
    chosen += known.words[: top or 0]
    if title is None:
        title = f"Word vectors of {_name(vectors)}: {len(set(chosen)):,} words"
    with stages(err) as progress:
        options: dict[str, Any] = {
            "title": title,
            "method": method,
            "seed": seed or 0,
            "progress": progress,
            "cache": platformdirs.user_cache_path("jw2v") / "layouts",
        }
        if as_page:
            page.page(known, chosen, output, categories=kinds or None, **options)
        else:
            drawn = pictures.picture(known, chosen, output, categories=kinds, dark=dark, **options)
    if not as_page and (unlabelled := drawn.unlabelled):
        said = f"no room to label {len(unlabelled):,} of the words: draw fewer to see all"
        alarm.print(said, soft_wrap=True)
    made = "map" if as_page else "picture"
    told.print(f"{made}: {output} ({len(set(chosen)):,} words)", soft_wrap=True)


def _name(path: str) -> str:
    """What a file is called, without its suffix, and without its middle if it is long."""
    name = Path(path).stem
    return name if len(name) <= _NAME else f"{name[: _NAME // 2]}…{name[-_NAME // 2 + 1 :]}"


def _parse(spec: str) -> tuple[str, list[str]]:
    """``NAME=WORD,WORD`` as a name and its words."""
    name, _, members = spec.partition("=")
    words = [word for word in members.split(",") if word]
    if not name or not words:
        raise ValueError(
            f"--category needs a name and words, as in --category pets=cat,dog; got {spec!r}"
        )
    return name, words


def _read(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The lines of a file of words, each as the name of its category, or nothing, and a word."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: {error}") from error
    found = False
    for line in lines:
        word, _, name = line.partition("\t")
        if word.strip():
            found = True
            yield name.strip(), [word.strip()]
    if not found:
        raise ValueError(f"{path}: no words: expected one a line")


def _kinds(pairs: Iterable[tuple[str, list[str]]]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for name, members in pairs:
        for word in members if name else ():
            if kinds.setdefault(word, name) != name:
                raise ValueError(
                    f"{word!r} is in the categories {kinds[word]!r} and {name!r}: a word has one "
                    "colour, so give it one category"
                )
    return kinds
