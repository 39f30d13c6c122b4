"""What the README shows works as it stands."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from jw2v import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORDS = ["king", "queen", "man", "woman", "cheap", "comfortable"]


@pytest.mark.usefixtures("unchecked")
def test_the_python_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    text = "\n".join(" ".join(rng.permutation(WORDS)) + "." for _ in range(100))
    Path("reviews.txt").write_text(text, encoding="utf-8")
    pairs = "".join(f"{a}\t{b}\t{i}\n" for i, (a, b) in enumerate(pairwise(WORDS)))
    Path("wordsim353.tsv").write_text(pairs, encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) >= 3
    namespace: dict = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
    assert Path("reviews.safetensors").is_file()


def test_ci_runs_the_test_command_of_the_readme() -> None:
    [command] = re.findall(r"^ {4}(python3 -m venv .* -m pytest)$", README, flags=re.MULTILINE)
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
