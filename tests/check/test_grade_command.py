"""``jw2v grade``, run as a teacher runs it."""

import json
import sys
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
WRONG = RIGHT.replace("error @ U", "-error @ U")
SOFTMAX = ("--loss", "naive_softmax", "--seed", 8151)
SIGMOID = ("--loss", "sigmoid", "--seed", 8151)
FINE = "import numpy as np\ndef sigmoid(x): return np.exp(-np.logaddexp(0, -x))\n"


@pytest.fixture
def submitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write the files of students, in a folder."""
    monkeypatch.chdir(tmp_path)

    def write(**files: str) -> Path:
        folder = tmp_path / "submitted"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
        return folder

    return write


def test_a_table_of_students(run, submitted) -> None:
    code, out, _ = run("grade", submitted(ada=RIGHT, bob=WRONG), *SOFTMAX)
    assert code == 1
    assert [line.split() for line in out.splitlines()[:4]] == [
        ["loss", "(a)", "v_c", "(b1)", "U", "(d)", "points"],
        ["ada", "1", "1", "1", "3"],
        ["bob", "1", "0", "1", "2"],
        ["of", "1", "1", "1", "3"],
    ]
    assert "bob: naive_softmax: not right." in out
    assert "y minus y_hat (in the gradient by v_c)" in out
    assert "For example, with" not in out
    assert "ada: naive" not in out


def test_hidden_examples_are_shown_if_asked_for(run, submitted) -> None:
    code, out, _ = run("grade", submitted(bob=WRONG), *SOFTMAX, "--show-examples")
    assert code == 1
    assert "For example, with\n    v_c = [" in out


def test_all_right(run, submitted) -> None:
    folder = submitted(ada=RIGHT)
    code, out, _ = run("grade", folder / "ada.py", *SOFTMAX, "--json")
    [ada] = json.loads(out)
    assert (code, ada["student"], ada["points"]) == (0, "ada", 3)


def test_texts_of_submissions_do_not_move_the_cursor(run, submitted) -> None:
    folder = submitted(bob="def sigmoid(x): raise ValueError('\\x1b[2Kbob 1')")
    for command in (("grade", folder / "bob.py", *SIGMOID), ("check", folder / "bob.py")):
        _, out, _ = run(*command)
        assert "\x1b" not in out
        assert "\\x1b[2Kbob 1" in out


def test_remarks_are_said(run, submitted) -> None:
    folder = submitted(ada="def relu_gradient(x): return (x >= 0) * 1.0")
    code, out, _ = run("grade", folder / "ada.py", "--loss", "relu_gradient", "--seed", 1)
    assert code == 0
    assert "but: another slope at 0" in out


def test_points_and_files(run, submitted, tmp_path: Path) -> None:
    points = tmp_path / "points.toml"
    points.write_text("sigmoid = 1\n[naive_softmax]\na = 1.5\nU = 2\n", encoding="utf-8")
    mine = WRONG.replace("def naive_softmax", "def mine")
    given = ("--points", points, "--seed", 1, "--loss", "naive_softmax=mine")
    code, out, _ = run("grade", submitted(bob=mine), *given, "-o", "g.json", "-o", "g.xml")
    assert code == 2
    heads, bob, of = (line.split() for line in out.splitlines()[:3])
    assert "naive_softmax U (d)" in " ".join(heads)
    assert (bob, of) == (["bob", "0", "1.5", "2", "3.5"], ["of", "1", "1.5", "2", "4.5"])
    assert "has no function sigmoid: it has mine" in out
    assert json.loads(Path("g.json").read_text("utf-8"))[0]["points"] == 3.5
    assert Path("g.xml").read_text("utf-8").startswith("<?xml")


BAD = {
    "imports": ("import no_such_module_anywhere", "does not import: ModuleNotFoundError"),
    "endless": ("def sigmoid(x):\n    while True: pass", "took longer than 3 seconds"),
    "ends": ("import os\ndef sigmoid(x): os._exit(3)", "ended its process with code 3"),
    "arity": ("def sigmoid(x, y): return x", "it raised TypeError"),
    "shape": ("def sigmoid(x): return [1.0]", "value has shape [1]; expected [7]"),
    "kind": ("def sigmoid(x): return object()", "expected real numbers"),
    "nothing": ("def sigmoid(x): pass", "it returned None"),
    "syntax": ("def sigmoid(x) return x", "does not import: SyntaxError"),
    "absent": ("def other(x): return x", "has no function sigmoid: it has other"),
    "forges": (
        "import os\nopen('../answer.json', 'w').write('[]')\nos._exit(0)",
        "left no results that can be read",
    ),
}
WRITES = "with open('much', 'wb') as f:\n    for _ in range(65): f.write(bytes(2**20))\n"
PRINTS = "import sys\nfor _ in range(65): print('x' * 2**20, file=sys.stderr)\n"


def test_nothing_ends_the_grading_of_others(run, submitted) -> None:
    texts = {name: text for name, (text, _) in BAD.items()}
    folder = submitted(**texts, zoe=FINE)
    (folder / "gone.py").symlink_to(folder / "nowhere")
    (folder / "bytes.py").write_bytes(b"\x00\xff")
    code, out, _ = run("grade", folder, *SIGMOID, "--time-limit", 3)
    assert code == 2
    rows = dict(line.rsplit(maxsplit=2)[::2] for line in out.splitlines()[1 : len(BAD) + 4])
    assert rows == dict.fromkeys([*BAD, "gone", "bytes"], "0") | {"zoe": "1"}
    for name, (_, said) in (BAD | {"gone": ("", "be read: No such file")}).items():
        [line] = [each for each in out.splitlines() if each.startswith(f"{name}: sigmoid: cannot")]
        assert said in line


@pytest.mark.skipif(sys.platform == "win32", reason="the system holds files to no size")
@pytest.mark.parametrize("much", [WRITES, PRINTS], ids=["writes", "prints"])
def test_what_writes_without_end_is_stopped(run, submitted, tmp_path: Path, much: str) -> None:
    code, out, _ = run("grade", submitted(ann=much + FINE), *SIGMOID)
    assert code == 2
    assert "does not import: OSError" in out
    assert "File too large" in out


def test_a_submission_is_alone(run, submitted, tmp_path: Path) -> None:
    copies = "from zoe import sigmoid"
    notes = "open('notes', 'w').write('kept')\nprint('x' * 10**6)\n" + FINE
    folder = submitted(bob=copies, notes=notes, zoe=FINE)
    code, out, _ = run("grade", folder, *SIGMOID)
    assert code == 2
    assert "No module named 'zoe'" in out
    assert [line.split()[-1] for line in out.splitlines()[1:4]] == ["0", "1", "1"]
    assert sorted(each.name for each in folder.iterdir()) == ["bob.py", "notes.py", "zoe.py"]
    assert [each.name for each in tmp_path.iterdir()] == ["submitted"]


def test_students_by_their_folders(run, submitted) -> None:
    folder = submitted()
    for name in ("ada", "bob"):
        (folder / name).mkdir()
        (folder / name / "mine.py").write_text(FINE, encoding="utf-8")
    files = [folder / name / "mine.py" for name in ("ada", "bob")]
    code, out, _ = run("grade", *files, *SIGMOID, "--json")
    assert code == 0
    assert [each["student"] for each in json.loads(out)] == ["ada", "bob"]
    code, _, err = run("grade", files[0], files[0], *SIGMOID)
    assert (code, "a submission is given twice" in err) == (2, True)
    code, _, err = run("grade", folder, *SIGMOID)
    assert (code, "has no Python files: name them, such as" in err) == (2, True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--seed", 1), "say what is graded, by --loss negative_sampling or by"),
        (("--loss", "glove", "--seed", 1), "'glove' is none of negative_sampling"),
        (("--loss", "sigmoid"), "Missing option '--seed'"),
        ((*SIGMOID, "--loss", "sigmoid=f"), "--loss names a subject twice"),
        ((*SIGMOID, "-o", "grades.csv"), "written to .json or .xml"),
        ((*SIGMOID, "-o", "no/grades.xml"), "there is no folder"),
        ((*SIGMOID, "--points", "no.toml"), "no such file: no.toml"),
        (("--seed", 1, "--points", "bad.toml"), "bad.toml is no TOML that can be read"),
        ((*SIGMOID, "--points", "good.toml"), "--loss sigmoid: there are no points for it"),
    ],
)
def test_bad_input_is_refused(run, submitted, given: tuple[str, ...], said: str) -> None:
    folder = submitted(ada=FINE)
    Path("bad.toml").write_bytes(b"sigmoid = \xff")
    Path("good.toml").write_text("cbow = 3", encoding="utf-8")
    code, out, err = run("grade", folder, *given)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())


def test_a_submission_that_is_not_there(run, tmp_path: Path) -> None:
    code, _, err = run("grade", tmp_path / "mine.py", *SIGMOID)
    assert (code, "no such file" in err) == (2, True)
