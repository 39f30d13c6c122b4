"""``jw2v bias``."""

import json
from pathlib import Path

import numpy as np
import pytest

from jw2v import WordVectors
from jw2v.vectors.bias import weat_of_words

WORDS = ("rose", "lily", "wasp", "flea", "love", "joy", "filth", "death")
SETS = (("rose", "lily"), ("wasp", "flea"), ("love", "joy"), ("filth", "death"))
ASKED = ("--targets", "rose,lily", "wasp, flea", "--attributes", "love,joy", "filth,death")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WordVectors:
    monkeypatch.chdir(tmp_path)
    vectors = WordVectors(WORDS, np.random.default_rng(0).normal(size=(8, 4)))
    vectors.save("v.safetensors")
    return vectors


def test_of_lists_and_of_files(run, here: WordVectors) -> None:
    expected = weat_of_words(here, *map(list, SETS))
    code, out, err = run("bias", "v.safetensors", *ASKED)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"effect d   {expected.effect:.3f}",
        f"statistic  {expected.statistic:.4f}",
        f"p          {expected.p:.3g}, by 6 partitions, all there are",
    ]
    for name, words in zip("xyab", SETS, strict=True):
        Path(f"{name}.txt").write_text("\n".join(words), encoding="utf-8")
    files = ("--targets", "x.txt", "y.txt", "--attributes", "a.txt", "b.txt")
    assert run("bias", "v.safetensors", *files) == (code, out, err)
    _, out, _ = run("bias", "v.safetensors", *ASKED, "--json", "--samples", 5, "--seed", 3)
    drawn = weat_of_words(here, *map(list, SETS), samples=5, seed=3)
    words = dict(zip("XYAB", map(list, SETS), strict=True))
    assert json.loads(out) == {**drawn._asdict(), "words": words}


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (("rose,tulip", "wasp,bee"), "'tulip', 'bee'"),
        (("rose,lily", "wasp,"), "equally large, got 2 and 1 words"),
        (("rose", "wasp,"), "no such file: rose; words themselves are separated by commas"),
        (("rose,lily", "rose,wasp"), "'rose' in both X and Y"),
        ((",", "wasp,"), "X has no words"),
    ],
)
def test_bad_input_is_one_clear_error(run, here, targets: tuple[str, str], said: str) -> None:
    code, out, err = run("bias", "v.safetensors", "--targets", *targets, *ASKED[3:])
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert said in err
