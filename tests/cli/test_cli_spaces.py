"""``jw2v align`` and ``jw2v compare``."""

import json
from pathlib import Path

import numpy as np
import pytest

from jw2v import WordVectors
from jw2v.vectors import spaces


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two spaces, in which one word has moved."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    words = (*(f"w{i}" for i in range(12)), "t\tab")
    rows = rng.normal(size=(13, 3))
    WordVectors(words, rows).save("one.safetensors")
    moved = rows.copy()
    moved[4] *= -1
    turned = moved @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    WordVectors(words[::-1], turned[::-1]).save("other.safetensors")
    WordVectors(("w1", "w2", "w3"), np.eye(3, 4)).save("wide.safetensors")
    Path("anchors.txt").write_text("".join(f"w{i}\n" for i in range(5, 12)), encoding="utf-8")
    return tmp_path


FILES = ("one.safetensors", "other.safetensors")


def test_align(run, here: Path) -> None:
    code, out, err = run("align", *FILES, "-o", "out.safetensors", "--anchors", "anchors.txt")
    assert (code, err) == (0, "")
    assert out == "out.safetensors: 13 words, rotated by 7 anchors\n"
    found, other = WordVectors.load("out.safetensors"), WordVectors.load(FILES[1])
    still = [word for word in found if word != "w4"]
    np.testing.assert_allclose(found[still], other[still], atol=1e-12)
    np.testing.assert_allclose(found["w4"], -other["w4"], atol=1e-12)
    code, out, _ = run("align", *FILES, "-o", "all.safetensors", "--center")
    assert (code, out) == (0, "all.safetensors: 13 words, rotated by 13 anchors\n")
    one = WordVectors.load(FILES[0])
    assert WordVectors.load("all.safetensors") == spaces.aligned(one, other, center=True)


def test_compare(run, here: Path) -> None:
    one, other = map(WordVectors.load, FILES)
    expected = spaces.compared(one, other, k=4).changed(3)
    code, out, err = run("compare", *FILES, "-n", 3, "-k", 4, "--format", "jsonl")
    assert (code, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == [
        {
            **{"word": change.word, "shared": change.shared},
            "cosine": pytest.approx(change.cosine, abs=1e-6),
            **{"one": [*change.ours], "other": [*change.theirs]},
        }
        for change in expected
    ]
    assert expected[0].word == "w4"
    _, out, _ = run("compare", *FILES, "-n", 13, "-k", 4, "--format", "tsv")
    cells = [line.split("\t") for line in out.splitlines()]
    assert [word for word, _, _ in cells[:3]] == [change.word for change in expected]
    assert {len(row) for row in cells} == {3}
    assert r"t\x09ab" in {row[0] for row in cells}
    code, out, _ = run("compare", *FILES, "-n", 1, "-k", 4)
    summary, line = out.splitlines()
    assert summary.startswith("13 words in both share ")
    assert "% of their 4 nearest neighbours; mean cosine 0." in summary
    assert line.startswith(f"w4: {expected[0].shared:.0%} shared, cosine -")
    first = next(word for word in expected[0].ours if word not in expected[0].theirs)
    assert f"; only in ONE {first}" in line


def test_spaces_of_other_dims_have_no_cosines(run, here: Path) -> None:
    code, out, err = run("compare", FILES[0], "wide.safetensors", "-k", 2)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].endswith("neighbours; they cannot be laid onto each other")
    assert out.splitlines()[1:] == [f"w{i}: 100% shared" for i in (1, 2, 3)]
    _, out, _ = run("compare", FILES[0], "wide.safetensors", "-k", 2, "--format", "tsv", "-n", 1)
    assert out == "w1\t1.000000\t\n"


def test_a_rotation_that_is_not_determined_is_said(run, here: Path) -> None:
    words = tuple(f"w{i}" for i in range(5))
    WordVectors(words, np.eye(5, 3) * [1, 1, 0]).save("flat.safetensors")
    code, _, err = run("align", "flat.safetensors", FILES[0], "-o", "out.safetensors")
    assert (code, err.startswith("warning: the 5 anchors determine the rotation in 2 of")) == (0, 1)


def test_a_comparison_that_is_not_determined_is_said(run, here: Path) -> None:
    WordVectors(tuple(f"w{i}" for i in range(5)), np.eye(5, 3) * [1, 1, 0]).save("flat.safetensors")
    code, _, err = run("compare", "flat.safetensors", FILES[0], "-k", 2)
    assert (code, err.startswith("warning: the 5 words in both determine")) == (0, 1)


OUT = ("-o", "out.safetensors")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("align", "absent.bin", FILES[0], *OUT), "no such file: absent.bin"),
        (("align", FILES[0], "wide.safetensors", *OUT), "expected one dim, got 3 and 4"),
        (("align", *FILES, *OUT, "--only", "few.txt"), "at least 3 words in both, got 2"),
        (("align", *FILES, *OUT, "--anchors", "few.txt"), "at least 3 anchors, got 2"),
        (("align", *FILES, *OUT, "--anchors", "odd.txt"), "'x1', 'x2'"),
        (("align", *FILES, "-o", "out.doc"), "got '.doc'"),
        (("align", *FILES, "-o", FILES[1]), "are the same file"),
        (("align", *FILES, "-o", "few.txt", "--anchors", "few.txt"), "are the same file"),
        (("compare", FILES[0], "absent.bin"), "no such file: absent.bin"),
        (("compare", *FILES, "--min-count", "2"), "error: --min-count needs to know how often"),
        (("compare", *FILES, "--min-count", "2"), "such as --limit 20000, if"),
        (("compare", *FILES, "-k", "13"), "need more than 13 words in both, got 13"),
    ],
)
def test_bad_input_is_one_clear_error(run, here: Path, arguments, complaint: str) -> None:
    Path("few.txt").write_text("w1\nw2\n")
    Path("odd.txt").write_text("w1\nx1\nx2\n")
    before = {path: path.read_bytes() for path in here.iterdir()}
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert complaint in err
    assert {path: path.read_bytes() for path in here.iterdir()} == before
