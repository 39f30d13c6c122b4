"""Memory that is free is given back."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import threading
from pathlib import Path
from jw2v import _memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def burst():
    kept = []
    held = [b"x" * (100_000 + i % 2) for i in range(1000)]
    kept.append(b"x" * 1000)  # above what is freed, so that it does not go back by itself
    del held
    everything.append(kept)

everything = []
thread = threading.Thread(target=burst)
thread.start()
thread.join()
before = resident()
_memory.release()
print(before - resident())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs the /proc of Linux")
def test_what_a_thread_freed_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 50_000_000
