"""What rounding does is tested in the machine code that users get: by a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_laws_of_rounding_hold_for_users(request: pytest.FixtureRequest) -> None:
    plain = request.config.plain_code
    if not plain:
        pytest.skip("all tests are compiled so, those of rounding among them")
    command = [sys.executable, "-m", "pytest", "-q", "--as-users", "-m", "machine_code"]
    inherited = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [*command, "-p", "no:xdist", "tests/laws"],
        cwd=ROOT,
        env=inherited | {"XLA_FLAGS": os.environ["XLA_FLAGS"].replace(plain, "")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= 40
