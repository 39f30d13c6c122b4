"""``jw2v plot``, run as a user runs it."""

from pathlib import Path
from typing import get_args

import numpy as np
import platformdirs
import pytest

from jw2v import WordVectors
from jw2v.choices import Projector
from jw2v.pictures import page, plot, projection

WORDS = tuple(f"word{i}" for i in range(90))
SUFFIXES = (".png", ".svg", ".pdf", ".html")


@pytest.fixture(autouse=True)
def caches(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of the user's folder for what is kept."""
    folder = tmp_path_factory.mktemp("caches")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: folder)
    return folder


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "letters.safetensors"
    rows = np.random.default_rng(0).normal(size=(len(WORDS), 5)).astype(np.float32)
    WordVectors(WORDS, rows).save(path)
    return path


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict]]:
    """What is asked of the functions that draw, which draw nothing."""
    seen: list[tuple[list[str], dict]] = []

    def draw(
        _vectors: WordVectors, words: list[str], _path: Path, **options: object
    ) -> plot.Picture:
        assert callable(options.pop("progress"))
        assert options.pop("cache").name == "layouts"
        seen.append((words, options))
        return plot.Picture(None, words[:1])

    monkeypatch.setattr(plot, "picture", draw)
    monkeypatch.setattr(page, "page", draw)
    return seen


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_it_writes(run, vectors: Path, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra plot")
    path = tmp_path / f"drawn{suffix}"
    code, out, err = run("plot", vectors, "word1", "word2", "word3", "-o", path)
    assert (code, err) == (0, "")
    assert out.endswith(f"{path} (3 words)\n")
    assert path.stat().st_size > 1000


def test_words_come_from_everywhere(run, vectors: Path, tmp_path: Path, drawn) -> None:
    listed = tmp_path / "words.txt"
    listed.write_text("\ufeffword5\n\n word6\tthree \r\nword1\n", encoding="utf-8")
    code, out, err = run(
        "plot", vectors, "word9", "word8", "-o", tmp_path / "a.svg", "--words-file", listed,
        "--category", "one=word1,word2", "--category", "two=word3", "--top", "2",
        "--method", "umap", "--seed", "4", "--title", "All of them", "--dark",
    )  # fmt: skip
    assert code == 0
    [(words, options)] = drawn
    given = "word9 word8 word1 word2 word3 word5 word6 word1 word0 word1"
    assert words == given.split()
    kinds = {"word1": "one", "word2": "one", "word3": "two", "word6": "three"}
    assert options == {
        "title": "All of them",
        "categories": kinds,
        "method": "umap",
        "seed": 4,
        "dark": True,
    }
    assert "(8 words)" in out
    assert "no room to label 1 of the words" in err


def test_without_words_a_map_is_of_the_most_frequent(
    run, vectors: Path, tmp_path: Path, drawn
) -> None:
    code, _, err = run("plot", vectors, "-o", tmp_path / "a.html")
    assert (code, err) == (0, "no words are given: drawing the first 90 of 90 words\n")
    words, options = drawn.pop()
    assert words == list(WORDS)
    assert options["method"] == "graph"
    assert options["categories"] is None
    assert options["title"] == "Word vectors of letters: 90 words"
    assert run("plot", vectors, "-o", tmp_path / "a.html", "--title", "")[0] == 0
    assert drawn.pop()[1]["title"] == ""


def test_without_words_a_picture_is_of_typical_ones(run, tmp_path: Path, drawn) -> None:
    words = tuple(f"word{i}" for i in range(600))
    rows = np.random.default_rng(0).normal(size=(20, 30)).repeat(30, axis=0)
    rows += 0.1 * np.random.default_rng(1).normal(size=rows.shape)
    path = tmp_path / f"{'v' * 50}.safetensors"
    WordVectors(words, rows[np.random.default_rng(2).permutation(600)]).save(path)
    code, _, err = run("plot", path, "-o", tmp_path / "a.png")
    assert code == 0
    assert err.startswith("no words are given: drawing 60 typical words of 12 groups")
    chosen, options = drawn.pop()
    assert len(set(chosen)) == 60
    assert not set(chosen) & set(words[:60]), "not the most frequent ones"
    assert len(set(options["categories"].values())) == 12
    assert options["title"] == f"Word vectors of {'v' * 20}…{'v' * 19}: 60 words"


def test_the_second_time_the_layout_is_there(
    run, vectors: Path, tmp_path: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("plot", vectors, "-o", tmp_path / "a.html")[0] == 0
    assert len([*(caches / "layouts").iterdir()]) == 2
    monkeypatch.setattr(projection, "nearest", None)
    monkeypatch.setattr(page, "nearest", None)
    assert run("plot", vectors, "-o", tmp_path / "b.html")[0] == 0
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_every_method_is_offered(run) -> None:
    code, out, _ = run("plot", "--help")
    assert code == 0
    assert f"One of {', '.join(get_args(Projector))}." in " ".join(out.replace("│", "").split())


BAD = {
    "unknown words": (("wordl", "word1", "nothing"), "'wordl', 'nothing'"),
    "one word": (("word1",), "at least 2 different words"),
    "no name": (("--category", "=word1"), "--category needs a name"),
    "no words": (("--category", "pets=,"), "as in --category pets=cat,dog; got 'pets=,'"),
    "two categories": (("--category", "a=word1", "--category", "b=word1"), "'a' and 'b'"),
    "no list": (("--words-file", "nowhere.txt"), "nowhere.txt"),
    "another suffix": (("-o", "picture.bmp"), "'.bmp'"),
    "a seed of pca": (("--seed", "4"), "--seed is of graph, tsne and umap"),
    "a dark page": (("-o", "page.html", "--dark"), "leave out --dark"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_error(
    run, vectors: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, message = BAD[name]
    output = () if "-o" in arguments else ("-o", "a.svg")
    code, out, err = run("plot", vectors, *output, *arguments)
    assert (code, out) == (2, "")
    [line] = err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert list(tmp_path.iterdir()) == [vectors]


def test_a_list_that_is_not_text(run, vectors: Path, tmp_path: Path) -> None:
    listed = tmp_path / "words.txt"
    listed.write_bytes(b"caf\xe9")
    code, _, err = run("plot", vectors, "-o", tmp_path / "a.svg", "--words-file", listed)
    assert (code, "not UTF-8" in err) == (2, True)


def test_a_list_without_words(run, vectors: Path, tmp_path: Path) -> None:
    listed = tmp_path / "words.txt"
    listed.write_text(" \tpets\n\n")
    code, _, err = run("plot", vectors, "-o", tmp_path / "a.svg", "--words-file", listed)
    assert (code, err) == (2, f"error: {listed}: no words: expected one a line\n")
