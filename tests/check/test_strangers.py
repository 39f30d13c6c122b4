"""Writings by others, who saw neither records nor probes: benchmarks/strangers.py judges them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITINGS = Path(__file__).parent / "strangers"
SLOPES_AT_ZERO = {"relu_grad_1", "relu_grad_2", "relu_grad_3", "relu_grad_7"}
"""Right but for a remark: docs/checking.md says so."""
NAMED = {"even": 177, "odd": 133}
"""As docs/checking.md says, those with a remark among them."""


@pytest.mark.long
@pytest.mark.parametrize("half", ["even", "odd"])
def test_writings_by_others(half: str, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    script = ROOT / "benchmarks" / "strangers.py"
    subprocess.run(
        [sys.executable, script, WRITINGS, "--half", half, "--json", told, "--seconds", "600"],
        env=os.environ | {"JAX_ENABLE_X64": "1", "PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    found = json.loads(told.read_text(encoding="utf-8"))
    right = [each for each in found if not each["writing"]["mistake"]]
    wrong = [each for each in found if each["writing"]["mistake"]]
    listed = [each for each in wrong if each["writing"]["mistake"] != ["unlisted"]]
    assert len(right) > 40
    assert [each for each in right if each["verdict"] != "right"] == []
    assert [each for each in wrong if each["verdict"] == "right"] == []
    in_part = {each["writing"]["function"] for each in wrong if each["part_right"]}
    remarked = {each["writing"]["function"] for each in wrong if each["verdict"] == "remark"}
    assert in_part | remarked <= SLOPES_AT_ZERO
    assert sum(each["verdict"] in ("named", "remark") for each in listed) >= NAMED[half]
