"""What the README shows works as it stands."""

import json
import re
import shlex
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

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
WORDS = ["king", "queen", "man", "woman", "cheap", "comfortable"]


@pytest.mark.usefixtures("unchecked")
def test_the_python_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    text = "\n".join(" ".join(rng.permutation(WORDS)) + "." for _ in range(100))
    Path("reviews.txt").write_text(text, encoding="utf-8")
    pairs = "".join(f"{a}\t{b}\t{i}\n" for i, (a, b) in enumerate(pairwise(WORDS)))
    Path("wordsim353.tsv").write_text(pairs, encoding="utf-8")
    assert len(BLOCKS) >= 3
    namespace: dict = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), namespace)
    assert Path("reviews.safetensors").is_file()


@pytest.mark.usefixtures("unchecked")
def test_the_blocks_of_the_everyday_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "everyday.md").read_text(encoding="utf-8")
    words = dict.fromkeys(re.findall(r'"(\w+)"', page))
    rows = np.random.default_rng(0).normal(size=(len(words), 8))
    vectors = jw2v.WordVectors(tuple(words), rows, counts=[200] * len(words))
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        if "approximate" not in block or find_spec("faiss"):
            exec(compile(block, "everyday.md", "exec"), {"vectors": vectors})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("unchecked")
def test_the_baskets_are_learnt(seed: int) -> None:
    [block] = [each for each in BLOCKS if "baskets = " in each]
    namespace: dict = {"jw2v": jw2v}
    exec(compile(block.replace("dim=8", f"dim=8, seed={seed}"), "README.md", "exec"), namespace)
    vectors = namespace["vectors"]
    assert json.loads(vectors.metadata["config"])["seed"] == seed
    for group in ({"bread", "butter", "jam"}, {"tea", "milk", "sugar"}):
        for word in group:
            nearest = [found for found, _ in vectors.most_similar(word, topn=2)]
            assert {word, *nearest} == group


@pytest.mark.usefixtures("unchecked")
def test_the_items_are_learnt() -> None:
    blocks = [each for each in BLOCKS if "train_pairs(" in each]
    namespace: dict = {"jw2v": jw2v, "np": np, "jnp": jnp, "jax": jax, "optax": optax}
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
        V, U = namespace["V"], namespace["U"]
        assert V[0] @ U[1] > V[0] @ U[3]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    [command] = re.findall(r"^ {4}(python3 -m venv .* -m pytest .*)$", README, flags=re.MULTILINE)
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_commands_of_the_readme_parse() -> None:
    shown = re.findall(r"^ {4}(?:.*\.venv/bin/)?(jw2v .*)$", README, flags=re.MULTILINE)
    assert len(shown) >= 3
    commands = get_command(cli.app).commands
    for line in shown:
        _, name, *arguments = shlex.split(re.sub(r"\[(.*?)\]", r"\1", line))
        commands[name].make_context(name, arguments)


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target
