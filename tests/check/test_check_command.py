"""``jw2v check``, run as a user runs it."""

import json
import os
import time
from pathlib import Path

import pytest

RIGHT = """
import numpy as np

def naive_softmax(v_c, o, U):
    z = U @ v_c
    log_p = z - np.logaddexp.reduce(z)
    error = np.exp(log_p) - np.eye(len(U))[o]
    return -log_p[o], error @ U, np.outer(error, v_c)
"""
WRONG = """
import numpy as np

print("what it prints is no result")

def mine(v_c, o, negatives, U):
    return np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).mean()
"""


@pytest.fixture
def mine(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_what_is_right(run, mine) -> None:
    code, out, err = run("check", mine(RIGHT))
    assert (code, err) == (0, "")
    assert out.startswith("naive_softmax: right (the loss, the gradient by v_c, the gradient by U")


def test_what_is_wrong(run, mine) -> None:
    path = mine(WRONG)
    code, out, _ = run("check", path, "--loss", "negative_sampling=mine:mine", "--json")
    [told] = json.loads(out)
    assert code == 1
    assert [each["name"] for each in told["mistakes"]] == ["mean over the negatives"]
    assert told["parts"] == {"loss": False}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module_anywhere\ndef sigmoid(x): return x", "does not import: ModuleNot"),
        ("def sigmoid(x):\n    while True: pass", "took longer than 1.5 seconds"),
        ("import os\ndef sigmoid(x): os._exit(3)", "ended its process with code 3"),
        ("import sys\ndef sigmoid(x): return x\nsys.exit()", "ended its process"),
        ("sigmoid = 1.0", "has no function sigmoid: it has none"),
        ("def sigmoid(x, y): return x", "it raised TypeError"),
        ("def sigmoid(x): raise ValueError('half: \\ud800')", "it raised ValueError: half: ?"),
        ("raise ValueError('\\ud800')\nsigmoid = len", "does not import: ValueError: ?"),
    ],
)
def test_what_cannot_be_checked(run, mine, text: str, said: str) -> None:
    limit = 1.5 if "while" in text else 60
    code, out, _ = run("check", mine(text), "--time-limit", limit)
    assert code == 2
    assert out.startswith("sigmoid: cannot be checked: ")
    assert said in out


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        ("def f(x): return x", (), "has no function of a name that is known"),
        ("def f(x): return x", ("--loss", "f"), "--loss f: 'f' is none of negative_sampling"),
        ("def f(x): return x", ("--loss", "sigmoid=other:f"), "the file is mine, not other"),
        ("def f(x) return x", (), "is no Python that can be read"),
    ],
)
def test_bad_input_is_refused(run, mine, text: str, asked: tuple[str, ...], said: str) -> None:
    code, out, err = run("check", mine(text), *asked)
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_that_is_not_there(run, tmp_path: Path) -> None:
    code, _, err = run("check", tmp_path / "mine.py")
    assert code == 2
    assert "no such file" in err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_processes_that_a_function_leaves_are_ended(run, mine, tmp_path: Path) -> None:
    left = tmp_path / "left"
    text = (
        "import os, time\n"
        "def sigmoid(x):\n"
        "    import numpy as np\n"
        f"    if not os.path.exists({str(left)!r}):\n"
        f"        open({str(left)!r}, 'w').close()\n"
        "        if os.fork() == 0:\n"
        "            time.sleep(60)\n"
        f"            os.remove({str(left)!r})\n"
        "            os._exit(0)\n"
        "    return np.exp(-np.logaddexp(0, -x))\n"
    )
    start = time.monotonic()
    code, out, _ = run("check", mine(text), "--time-limit", 50)
    assert (code, out.split(":")[0]) == (0, "sigmoid")
    assert time.monotonic() - start < 45, "it does not wait for what the function left"
