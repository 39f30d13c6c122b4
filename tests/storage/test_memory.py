"""Memory that is free is given back."""

import subprocess
import sys
from pathlib import Path

import pytest

RESIDENT = """
from pathlib import Path
from jw2v.storage import memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
"""
RELEASE = """
held = [b"x" * 50_000 for _ in range(2000)]
del held[::2]  # holes between what is held do not go back by themselves
before = resident()
memory.release()
print(before - resident())
"""
SHARED = """
import threading
memory.share_pool()
b"x" * 30_000_000  # freed, it teaches the C library to keep what is no larger
ready = threading.Barrier(9)

def burst():
    ready.wait()  # all of them live at the same time
    held = [b"x" * 100_000 for _ in range(50)]
    ready.wait()

threads = [threading.Thread(target=burst) for _ in range(8)]
[thread.start() for thread in threads]
ready.wait()
ready.wait()
before = resident()
[thread.join() for thread in threads]
memory.release()
print(before - resident())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs the /proc of Linux")
@pytest.mark.parametrize(("script", "given_back"), [(RELEASE, 20_000_000), (SHARED, 20_000_000)])
def test_what_was_freed_is_given_back(script: str, given_back: int) -> None:
    command = [sys.executable, "-c", RESIDENT + script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) > given_back
