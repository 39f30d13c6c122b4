"""Memory that is free is given back."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from pathlib import Path
from jw2v import _memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

held = [b"x" * 50_000 for _ in range(2000)]
del held[::2]  # holes between what is held do not go back by themselves
before = resident()
_memory.release()
print(before - resident())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs the /proc of Linux")
def test_what_was_freed_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 20_000_000
