"""What the pages show works as it stands: README and docs/, with their code run."""

import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from typer.main import get_command

import jw2v
from jw2v import cli
from jw2v.vectors import export

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {"README": ROOT / "README.md"} | {
    path.relative_to(DOCS).with_suffix("").as_posix(): path for path in sorted(DOCS.rglob("*.md"))
}
WORDS = ["king", "queen", "man", "woman", "cheap", "comfortable"]
OTHERS = {"from-gensim": "gensim", "from-fasttext": "fasttext", "from-spacy": "spacy"}
RUN = ("README", "functions", "own", "formats", "continuing", "reproducing")
"""Pages whose Python is run from top to bottom, beside those that compare with others."""


def text(name: str) -> str:
    return PAGES[name].read_text(encoding="utf-8")


def blocks(name: str, title: str = "") -> list[str]:
    """The Python of a page, or what of it has a title."""
    mark = f' title="{title}"' if title else ""
    return re.findall(rf"^```python{mark}\n(.*?)^```", text(name), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that pages speak of, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    said = "\n".join(" ".join(rng.permutation(WORDS)) + "." for _ in range(100))
    for file in ("reviews.txt", "today.txt"):
        Path(file).write_text(said, encoding="utf-8")
    many = [*WORDS, *(f"w{i}" for i in range(300))]
    for file in ("text.txt", "new.txt"):
        lines = [" ".join(rng.permutation(many)[:20]) for _ in range(300)]
        Path(file).write_text("\n".join(lines), encoding="utf-8")
    rows = rng.normal(size=(len(WORDS), 8)).astype(np.float32)
    vectors = jw2v.WordVectors(tuple(WORDS), rows, counts=[200] * len(WORDS))
    for suffix in ("safetensors", "bin"):
        vectors.save(f"reviews.{suffix}")
    vectors.save("vectors.bin")
    pairs = "".join(f"{a}\t{b}\t{i}\n" for i, (a, b) in enumerate(pairwise(WORDS)))
    for file in ("wordsim353.tsv", "pairs.tsv"):
        Path(file).write_text(pairs, encoding="utf-8")
    questions = ": all\nman king woman queen\nking man queen woman\nman woman king queen\n"
    Path("questions.txt").write_text(questions, encoding="utf-8")


@pytest.mark.usefixtures("unchecked", "files")
@pytest.mark.parametrize("name", RUN)
def test_the_python_of_a_page_runs(name: str) -> None:
    found = blocks(name)
    assert found
    namespace: dict = {}
    for block in found:
        exec(compile(block, f"{name}.md", "exec"), namespace)


@pytest.mark.usefixtures("unchecked")
def test_the_blocks_of_the_everyday_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = dict.fromkeys([*re.findall(r'"(\w+)"', text("everyday")), *WORDS])
    rows = np.random.default_rng(0).normal(size=(len(words), 8))
    vectors = jw2v.WordVectors(tuple(words), rows, counts=[200] * len(words))
    pairs = "".join(f"{a}\t{b}\t{i}\n" for i, (a, b) in enumerate(pairwise(WORDS)))
    Path("wordsim353.tsv").write_text(pairs, encoding="utf-8")
    found = blocks("everyday")
    assert len(found) == 4
    for block in found:
        if "approximate" not in block or find_spec("faiss"):
            exec(compile(block, "everyday.md", "exec"), {"vectors": vectors})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("unchecked")
def test_the_baskets_are_learnt(seed: int) -> None:
    [block] = [each for each in blocks("own") if "baskets = " in each]
    namespace: dict = {"jw2v": jw2v}
    exec(compile(block.replace("dim=8", f"dim=8, seed={seed}"), "own.md", "exec"), namespace)
    vectors = namespace["vectors"]
    assert json.loads(vectors.metadata["config"])["seed"] == seed
    for group in ({"bread", "butter", "jam"}, {"tea", "milk", "sugar"}):
        for word in group:
            nearest = [found for found, _ in vectors.most_similar(word, topn=2)]
            assert {word, *nearest} == group


@pytest.mark.usefixtures("unchecked")
def test_the_items_are_learnt() -> None:
    found = [each for each in blocks("own") if "train_pairs(" in each]
    namespace: dict = {"jw2v": jw2v, "np": np, "jnp": jnp, "jax": jax, "optax": optax}
    assert len(found) == 2
    for block in found:
        exec(compile(block, "own.md", "exec"), namespace)
        V, U = namespace["V"], namespace["U"]
        assert V[0] @ U[1] > V[0] @ U[3]


def test_the_python_of_the_first_page_is_that_of_the_readme() -> None:
    assert blocks("start")
    assert set(blocks("start")) <= set(blocks("README"))


def answer(block: str, namespace: dict) -> object:
    """Run a block; the value of its last line, if that is an expression."""
    body = ast.parse(block).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "page.md", "exec"), namespace)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "page.md", "eval"), namespace)


def plainly(value: object) -> object:
    """A value of any of the libraries, to compare; spaCy rounds to four digits."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plainly(each) for each in value]
    return pytest.approx(value, abs=1e-4) if isinstance(value, float) else value


def prepare(name: str) -> None:
    """The files of another library that its page loads."""
    if name == "from-fasttext":
        if find_spec("fasttext"):
            fasttext = import_module("fasttext")
            model = fasttext.train_unsupervised("text.txt", dim=8, epoch=1, thread=1)
            model.save_model("model.bin")
        else:
            Path("vectors.bin").rename("model.bin")
    if name == "from-spacy" and find_spec("spacy"):
        export.spacy(jw2v.load("vectors.bin"), "pipeline")


@cache
def ours(name: str) -> list[object]:
    """What each of our blocks on a page answers."""
    prepare(name)
    namespace: dict = {}
    return [answer(block, namespace) for block in blocks(name, "jw2v")]


@pytest.mark.usefixtures("unchecked", "files")
@pytest.mark.parametrize("name", OTHERS)
def test_our_side_runs(name: str) -> None:
    assert len([each for each in ours(name) if each is not None]) > 4


@pytest.mark.usefixtures("unchecked", "files")
@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.filterwarnings("ignore")
def test_both_sides_answer_the_same(name: str) -> None:
    other = OTHERS[name]
    if not find_spec(other):
        pytest.skip(f"{other} is not installed, and no dependency of jw2v")
    prepare(name)
    found = re.findall(r'^```python title="(.*?)"\n(.*?)^```', text(name), re.DOTALL | re.MULTILINE)
    theirs: dict = {}
    answers = [answer(block, theirs) for title, block in found if title not in ("jw2v", "both")]
    assert len(answers) == len(ours(name))
    for block, expected, got in zip(blocks(name, "jw2v"), answers, ours(name), strict=True):
        assert got is None or plainly(expected) == plainly(got), block
    for block in blocks(name, "both"):
        answer(block, {})


@cache
def commands() -> dict:
    return get_command(cli.app).commands


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_parse(name: str) -> None:
    shown = re.findall(r"^ {4}(?:[^\n']*\.venv/bin/|.*\| )?(jw2v .*)$", text(name), re.MULTILINE)
    for line in shown:
        _, command, *arguments = shlex.split(re.sub(r"\[(.*?)\]", r"\1", line.split(" | ")[0]))
        if command.startswith("-"):
            assert command in ("--version", "--help")
        else:
            commands()[command].make_context(command, arguments)


def test_pages_show_commands() -> None:
    assert len(re.findall(r"^ {4}jw2v ", text("start"), re.MULTILINE)) >= 10


def test_ci_runs_the_test_command_of_the_readme() -> None:
    pattern = r"^ {4}(python3 -m venv .* -m pytest .*)$"
    [command] = re.findall(pattern, text("README"), flags=re.MULTILINE)
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_readme_is_a_front_page() -> None:
    assert len(text("README").splitlines()) < 120


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """The anchors are checked where the site is built."""
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", text(name)):
        assert (PAGES[name].parent / target).exists(), target


def listed() -> dict[str, set[str]]:
    """The public modules that the reference has, each with the names it shows, if not all."""
    found: dict[str, set[str]] = {}
    for path in sorted((DOCS / "api").glob("*.md")):
        for name, options in re.findall(
            r"^::: (\S+)\n((?: +.*\n)*)", path.read_text("utf-8"), re.MULTILINE
        ):
            assert name not in found, f"{name} is on two pages"
            found[name] = set(re.findall(r"^ +- (\w+)$", options, re.MULTILINE))
    return found


def exported() -> Iterator[tuple[str, str, object]]:
    for module in listed():
        loaded = import_module(module)
        for name in loaded.__all__:
            yield module, name, getattr(loaded, name)


def test_the_reference_lists_what_is_public() -> None:
    """Each name of ``__all__`` is on a page, and once: where not all of them are, the page says
    which, and the others are on the page of another module."""
    shown = listed()
    assert {"jw2v", "jw2v.losses", "jw2v.gradients", "jw2v.vectors"} <= set(shown)
    homes: dict[int, list[str]] = {}
    for module, name, value in exported():
        if not shown[module] or name in shown[module]:
            homes.setdefault(id(value), []).append(f"{module}.{name}")
    named = {(module, name) for module, name, _ in exported()}
    assert {(m, n) for m, names in shown.items() for n in names} <= named
    missing = [f"{m}.{n}" for m, n, value in exported() if id(value) not in homes]
    twice = [names for names in homes.values() if len(names) > 1]
    assert (missing, twice) == ([], [])


def test_the_versions_are_one() -> None:
    [latest, *_] = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    [cited] = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert latest.rstrip(",") == cited == jw2v.__version__


def test_the_page_of_the_command_line_has_every_option() -> None:
    """It is made of the commands when the site is built; here as Markdown."""
    code = "import commands; print(commands.page())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{DOCS / 'theme'}:{ROOT}", "PYTHONIOENCODING": "utf-8"},
    )
    sections = dict(re.findall(r"^## jw2v (\S+)\n(.*?)(?=^## |\Z)", done.stdout, re.M | re.S))
    assert list(sections) == list(commands())
    for name, command in commands().items():
        for param in command.params:
            flags = [param.metavar] if param.param_type_name == "argument" else param.opts
            assert all(f"`{flag}" in sections[name] for flag in flags), (name, param.name)
            shown = re.sub(r"\\(.)", r"\1", sections[name].replace("`", ""))
            assert param.help
            assert param.help in shown
