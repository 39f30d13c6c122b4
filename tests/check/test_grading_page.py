"""What docs/grading.md shows comes out so."""

import ast
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.usefixtures("unchecked")

PAGE = (Path(__file__).parents[2] / "docs" / "grading.md").read_text(encoding="utf-8")
ADA = """import numpy as np


def negative_sampling(v_c, o, negatives, U):
    words = np.append(o, negatives)
    signs = np.where(np.arange(len(words)) < 1, 1, -1)
    x = signs * (U[words] @ v_c)
    slopes = -signs / (1 + np.exp(x))
    G = np.zeros_like(U)
    np.add.at(G, words, np.outer(slopes, v_c))
    return np.logaddexp(0, -x).sum(), slopes @ U[words], G
"""
BOB = ADA.replace("np.add.at(G, words, np.outer(slopes, v_c))", "G[words] += np.outer(slopes, v_c)")
EVE = "def negative_sampling(v_c, U):\n    return 0.0\n"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def function(text: str):
    namespace: dict = {}
    exec(compile(text, "mine.py", "exec"), namespace)
    return namespace["negative_sampling"]


def test_the_table(run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("submissions").mkdir()
    for name, text in (("ada", ADA), ("bob", BOB), ("eve", EVE)):
        Path("submissions", f"{name}.py").write_text(text, encoding="utf-8")
    [command] = re.findall(r"^    jw2v (grade .*)$", PAGE, re.M)
    code, out, _ = run(*command.split())
    assert (code, out) == (2, blocks("text")[0])


def test_the_points(run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("points.toml").write_text(blocks("toml")[0], encoding="utf-8")
    Path("bob.py").write_text(BOB, encoding="utf-8")
    _, out, _ = run("grade", "bob.py", "--points", "points.toml", "--seed", 8151)
    assert out.splitlines()[2].split() == ["of", "1", "1", "1", "1", "1", "2.5", "7.5"]


def test_the_cell_of_nbgrader(capsys: pytest.CaptureFixture[str]) -> None:
    body = ast.parse(blocks('python title="nbgrader"')[0]).body
    namespace = {"negative_sampling": function(BOB)}
    exec(compile(ast.Module(body[:-1], []), "cell", "exec"), namespace)
    assert capsys.readouterr().out == blocks("text")[1]
    assert eval(compile(ast.Expression(body[-1].value), "cell", "eval"), namespace) == 2


def test_the_cases_of_otter(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("otter.test_files")
    module.test_case = lambda **_: lambda case: case  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "otter", ModuleType("otter"))
    monkeypatch.setitem(sys.modules, "otter.test_files", module)
    namespace: dict = {}
    exec(compile(blocks('python title="otter"')[0], "sampling.py", "exec"), namespace)
    for part in ("loss", "v_c"):
        namespace[f"test_{part}"](function(BOB))
    with pytest.raises(AssertionError) as raised:
        namespace["test_U"](function(BOB))
    assert f"AssertionError: {raised.value}\n" == blocks("text")[2]
