"""Every example runs as it stands, and what it prints is so."""

import re
import runpy
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import laws
import registry
from derivations.__main__ import main as prove
from harness import LAWS
from jw2v import load
from jw2v.gradients import PairGradient
from strategies import negatives

EXAMPLES = Path(__file__).parents[2] / "examples"
Run = Callable[..., str]


@pytest.fixture
def example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs an example as a program, in an empty folder; returns what it prints."""

    def run(name: str, *arguments: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    return run


def neighbours(printed: str, word: str) -> list[str]:
    """The words of the line ``word: other 0.9, another 0.8``."""
    [line] = re.findall(rf"^{word}: (.*)$", printed, flags=re.MULTILINE)
    return re.findall(r"[^\W\d_][\w']*", line)


def test_every_example_is_tested():
    tested = set(re.findall(r'example\("(\w+\.py)"', Path(__file__).read_text(encoding="utf-8")))
    assert tested == {file.name for file in EXAMPLES.glob("*.py")}


def test_your_text(example: Run):
    printed = example("your_text.py")
    assert {"list", "lists"} & {*neighbours(printed, "tuple")}
    assert {"complex", "decimal", "floating", "integer"} & {*neighbours(printed, "float")}
    vectors = load("text.safetensors")
    assert printed.startswith(f"{len(vectors)} words")


def test_baskets(example: Run):
    ours, popularity = map(int, re.findall(r"(\d+)%", example("baskets.py")))
    assert ours > 2 * popularity > 0


def test_graph(example: Run):
    pytest.importorskip("networkx", reason="needs networkx: install the extra examples")
    printed = example("graph.py")
    right, members = map(int, re.findall(r"(\d+) of (\d+) members", printed)[0])
    assert members == 34
    assert right >= 32
    assert "Mr. Hi: 0, " in printed


@pytest.mark.usefixtures("unchecked")
def test_own_loss(example: Run):
    printed = example("own_loss.py")
    assert {*neighbours(printed, "bread")} == {"butter", "jam"}
    assert {*neighbours(printed, "tea")} == {"milk", "sugar"}


own = runpy.run_path(str(EXAMPLES / "own_loss.py"))
SQUARED, *_ = registry.pair_loss(
    own["loss"],
    lambda *given: PairGradient(*own["gradient"](*given)),
    name="squared",
    draws=(negatives,),
    traits=(registry.EXCHANGEABLE, registry.LOCAL),
)
APPLICABLE = [name for name, law in LAWS.items() if law.applies(SQUARED)]
IN_LONG = {
    "autodiff_is_the_closed_form_at_any_size",
    "autodiff_is_the_closed_form_at_a_large_size",
    "batched_is_a_loop",
    "compiled_is_eager",
}


@pytest.mark.parametrize(
    "law",
    [pytest.param(law, marks=[pytest.mark.long] * (law in IN_LONG)) for law in APPLICABLE],
)
def test_own_loss_keeps_every_law(law: str):
    assert len(APPLICABLE) > 10
    laws.hold(law, SQUARED)


def test_a_wrong_gradient_of_it_breaks_a_law():
    def wrong(v_c, o, negatives, U):
        right = SQUARED.gradient(v_c, o, negatives, U)
        return right._replace(U=-right.U)

    with pytest.raises(AssertionError):
        laws.hold("autodiff_is_the_closed_form", replace(SQUARED, gradient=wrong), shrink=False)


@pytest.mark.long
def test_the_proof_of_own_loss(monkeypatch: pytest.MonkeyPatch, capsys):
    [command] = re.findall(r"python -m derivations (.*?)\n\n", own["__doc__"], re.DOTALL)
    monkeypatch.syspath_prepend(EXAMPLES)
    assert prove(shlex.split(command)) == 0
    assert "proved for every" in capsys.readouterr().out


def test_own_optimizer(example: Run):
    printed = example("own_optimizer.py")
    assert {*neighbours(printed, "bread")} == {"butter", "jam"}
    assert {*neighbours(printed, "tea")} == {"milk", "sugar"}
    assert re.search(r"and not by any optimizer: .*update='tables'", printed)


def test_own_loop(example: Run):
    printed = example("own_loop.py")
    first, _, last = map(float, re.findall(r": ([\d.]+) nats", printed))
    assert first == pytest.approx(4.16, abs=0.01)  # 6 log 2: tables of zeros know nothing
    assert last < 2
    assert neighbours(printed, "tea")[0] == "coffee"


def test_over_time(example: Run):
    printed = example("over_time.py")
    shared = {word: int(part) for word, part in re.findall(r"^(\w+): (\d+)%", printed, re.M)}
    assert [*shared][:2] == ["mouse", "bug"] or [*shared][:2] == ["bug", "mouse"]
    moved, stayed = [*shared.values()][:2], [*shared.values()][2:]
    assert max(moved) < min(stayed)
