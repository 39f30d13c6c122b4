"""The command, the files that it runs, and the sheet that it writes."""

import doctest
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import derivations
import derivations.__main__ as command

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "how", [["derivations/statements/activations.py"], ["-m", "derivations.statements.batches"]]
)
def test_each_file_runs_alone(how: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, *how], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "proved" in run.stdout


def test_the_signs_that_a_claim_needs_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["e"]) == 0
    shown = capsys.readouterr().out
    assert "a line, right of zero, given: x > 0\n" in shown
    assert "a line, left of zero, given: x < 0\n" in shown


def test_no_statement_is_named_beside_a_sheet_of_all(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        command.main(["b1", "--markdown", str(tmp_path / "sheet.md")])


@pytest.mark.parametrize("module", [derivations, derivations.engine.evaluation])
def test_the_examples_run(module: Any) -> None:
    assert doctest.testmod(module).failed == 0
