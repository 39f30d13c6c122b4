"""Asking and judging vectors from the command line, and what all commands have in common."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

import jw2v
from jw2v import WordVectors, cli, evaluate
from jw2v.cli import command, shared

NAMES = ["train", "demo", "similar", "analogy", "info", "evaluate", "sst"]
HEAVY = ("jax", "optax", "pyarrow", "scipy", "matplotlib")
PAIRS = "man\tking\t3\nwoman\tQueen\t5\npear\tman\t1\nplum\tman\t1\n"
ANALOGIES = ": family\nman king woman queen\nman king woman pear\nman king woman plum\n: none\n"


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    words = ("man", "king", "woman", "queen", ":heart:", "[b]pear[/b]", "pear")
    rows = [[0, 1, 0], [1, 1, 0], [0, -1, 0], [1, -1, 0], [0, 0, 1], [0, 0.1, 1], [0, 0.2, 1]]
    path = tmp_path / "v.safetensors"
    WordVectors(words, np.array(rows, np.float32) + np.float32(0.01)).save(path)
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text(PAIRS, encoding="utf-8")
    return path


@pytest.fixture
def analogies(tmp_path: Path) -> Path:
    path = tmp_path / "analogies.txt"
    path.write_text(ANALOGIES, encoding="utf-8")
    return path


def process(
    *arguments: object, program: str = "from jw2v.cli import main; main()", **more: str
) -> subprocess.Popen:
    """The command line in a process of its own, where the annotation check is not."""
    prelude = f"import sys; sys.argv = ['jw2v', *sys.argv[1:]]; {program}"
    return subprocess.Popen(
        [sys.executable, "-c", prelude, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **more},
    )


class TestQuestions:
    def test_similar_for_a_machine(self, run, vectors: Path) -> None:
        code, out, err = run("similar", vectors, "man", "queen", "-n", 2, "--json")
        assert (code, err) == (0, "")
        known = WordVectors.load(vectors)
        assert json.loads(out) == [
            {
                "word": word,
                "neighbours": [
                    {"word": near, "cosine": pytest.approx(cosine, abs=1e-6)}
                    for near, cosine in known.most_similar(word, topn=2)
                ],
            }
            for word in ("man", "queen")
        ]

    def test_words_are_printed_as_they_are(self, run, vectors: Path) -> None:
        code, out, _ = run("similar", vectors, "pear", ":heart:", "-n", 2)
        assert code == 0
        assert out == "pear: [b]pear[/b] 1.00, :heart: 0.98\n:heart:: [b]pear[/b] 1.00, pear 0.98\n"

    def test_control_characters_are_printed_by_number(self, run, tmp_path: Path) -> None:
        words = ("a", "xy", "x\by", "x\ry", "t\tab", "n\nl", "\x1b[31mred", "\x85", "\x7f")
        path = tmp_path / "v.safetensors"
        rows = np.stack([np.full(len(words), 9), np.arange(len(words))], axis=1)
        WordVectors(words, rows.astype(np.float32)).save(path)
        _, out, _ = run("similar", path, "a", "x\by", "-n", 8)
        first, second = out.splitlines()
        shown = {answer.rsplit(" ", 1)[0] for answer in first.removeprefix("a: ").split(", ")}
        codes = [r"x\x08y", r"x\x0dy", r"t\x09ab", r"n\x0al", r"\x1b[31mred", r"\x85", r"\x7f"]
        assert shown == {"xy", *codes}
        assert second.startswith(r"x\x08y: ")
        _, out, _ = run("analogy", path, "a", "x\by", "n\nl", "-n", 1)
        assert out.startswith(r"a is to x\x08y as n\x0al is to: ")
        questions = tmp_path / "q.txt"
        questions.write_text(": \x1b[31mred\na xy a xy\n", encoding="utf-8")
        _, out, _ = run("evaluate", path, "--analogies", questions)
        assert r"\x1b[31mred" in out

    def test_a_restricted_vocabulary(self, run, vectors: Path) -> None:
        _, out, _ = run("similar", vectors, "pear", "--restrict-vocab", 2)
        assert out.startswith("pear: man 0.2")
        assert out.count(",") == 1
        _, out, _ = run("analogy", vectors, "man", "king", "woman", "--restrict-vocab", 5)
        assert out.count(",") == 1

    @pytest.mark.parametrize("method", ["add", "mul"])
    def test_analogy(self, run, vectors: Path, method: str) -> None:
        asked = ("analogy", vectors, "man", "king", "woman", "--method", method)
        known = WordVectors.load(vectors).analogy("man", "king", "woman", method=method)
        code, out, err = run(*asked, "-n", 1)
        assert (code, err) == (0, "")
        assert out == f"man is to king as woman is to: queen {known[0][1]:.2f}\n"
        code, out, _ = run(*asked, "--json")
        assert json.loads(out) == {
            "a": "man",
            "b": "king",
            "c": "woman",
            "method": method,
            "answers": [
                {"word": word, "score": pytest.approx(score, abs=1e-6)} for word, score in known
            ],
        }

    @pytest.mark.parametrize("flags", [(), ("--json",)])
    def test_unknown_words_are_all_named(self, run, vectors: Path, flags: tuple) -> None:
        for asked in (
            ("similar", vectors, "plum", "fig"),
            ("similar", vectors, "man", "+", "plum", "-", "fig"),
            ("analogy", vectors, "man", "plum", "fig"),
        ):
            code, out, err = run(*asked, *flags)
            assert (code, out) == (2, "")
            assert err.startswith("error: ")
            assert "'plum', 'fig'" in err

    @pytest.mark.parametrize("flags", [(), ("--json",), ("--format", "tsv")])
    def test_known_words_are_answered_all_the_same(self, run, vectors: Path, flags: tuple) -> None:
        _, expected, _ = run("similar", vectors, "man", "pear", *flags)
        code, out, err = run("similar", vectors, "man", "plum", "pear", "fig", "plum", *flags)
        assert (code, out) == (2, expected)
        assert err.startswith("error: not in the vocabulary of 7 words: 'plum', 'fig'")

    def test_a_neighbour_a_line(self, run, vectors: Path) -> None:
        known = WordVectors.load(vectors)
        expected = [
            [word, near, pytest.approx(cosine, abs=1e-6)]
            for word in ("man", "pear")
            for near, cosine in known.most_similar(word, topn=3)
        ]
        code, out, err = run("similar", vectors, "man", "pear", "-n", 3, "--format", "tsv")
        assert (code, err) == (0, "")
        cells = [line.split("\t") for line in out.splitlines()]
        assert [[word, near, float(cosine)] for word, near, cosine in cells] == expected
        _, out, _ = run("similar", vectors, "man", "pear", "-n", 3, "--format", "jsonl")
        lines = [json.loads(line) for line in out.splitlines()]
        assert {tuple(line) for line in lines} == {("word", "neighbour", "cosine")}
        assert [[*line.values()] for line in lines] == expected
        _, lines, _ = run("similar", vectors, "man", "--format", "lines")
        assert lines == run("similar", vectors, "man")[1]
        code, out, err = run("similar", vectors, "man", "--json", "--format", "tsv")
        assert (code, out) == (2, "")
        assert "give one of them" in err

    def test_each_neighbour_has_its_line_whatever_the_word_holds(self, run, tmp_path: Path) -> None:
        words = ("a", "t\tab", "n\nl", "n\x85l")
        path = tmp_path / "v.safetensors"
        WordVectors(words, np.eye(4) + 1).save(path)
        _, out, _ = run("similar", path, "a", "--format", "tsv")
        assert [line.split("\t")[1] for line in out.splitlines()] == [
            *(r"t\x09ab", r"n\x0al", r"n\x85l")
        ]
        _, out, _ = run("similar", path, "a", "--format", "jsonl")
        assert [json.loads(line)["neighbour"] for line in out.split("\n")[:-1]] == [*words[1:]]

    def test_a_question_without_a_direction(self, run, tmp_path: Path) -> None:
        path = tmp_path / "v.txt"
        path.write_text("4 2\na 1 0\nb 1 0\nc 0 1\nzero 0 0\n")
        for question, said in ((("a", "-", "b"), "a - b"), (("zero", "c"), "zero")):
            code, out, err = run("similar", path, *question)
            assert code == 0
            assert err == f"warning: the vector of {said} is 0, and so is each of its cosines\n"
            assert out.startswith(f"{said}: ")

    def test_sums_of_words(self, run, vectors: Path) -> None:
        known = WordVectors.load(vectors)
        code, out, err = run(
            *("similar", vectors, "king", "-", "man", "+", "woman", "--format", "tsv")
        )
        assert (code, err) == (0, "")
        cells = [line.split("\t") for line in out.splitlines()]
        assert [near for _, near, _ in cells] == [
            word for word, _ in known.most_similar(["king", "woman"], "man")
        ]
        assert {question for question, _, _ in cells} == {"king - man + woman"}
        _, out, _ = run("similar", vectors, "king", "+", "pear", "-n", 1)
        ((near, cosine),) = known.most_similar(["king", "pear"], topn=1)
        assert out == f"king + pear: {near} {cosine:.2f}\n"
        for asked in (["king", "-", "man", "woman"], ["-", "man"], ["king", "-", "man", "-"]):
            code, out, err = run("similar", vectors, *asked)
            assert (code, out) == (2, "")
            assert "put + or - between every two words" in err
        code, out, err = run("similar", vectors, "king", "-", "king")
        assert (code, out) == (2, "")
        assert "on both sides" in err

    def test_a_sign_may_be_a_word(self, run, tmp_path: Path) -> None:
        path = tmp_path / "v.safetensors"
        WordVectors(("-", "a", "b"), np.eye(3) + 1).save(path)
        assert run("similar", path, "-")[1].startswith("-: a ")
        assert run("similar", path, "-", "a")[1].startswith("-: a ")

    def test_limits(self, run, vectors: Path, tmp_path: Path) -> None:
        known = WordVectors.load(vectors)
        counted = tmp_path / "c.safetensors"
        WordVectors(known.words, known.vectors, counts=np.arange(7)).save(counted)
        _, out, _ = run("similar", counted, "pear", "--min-count", 5)
        assert out == "pear: [b]pear[/b] 1.00\n"
        _, out, _ = run("similar", vectors, "pear", "--min-similarity", 0.5)
        assert out == "pear: [b]pear[/b] 1.00, :heart: 0.98\n"
        code, _, err = run("similar", vectors, "pear", "--min-count", 5)
        assert (code, "no counts" in err) == (2, True)


class TestInfo:
    def test_what_is_told(self, run, vectors: Path, tmp_path: Path) -> None:
        code, out, err = run("info", vectors)
        assert (code, err) == (0, "")
        told = dict(line.split(maxsplit=1) for line in out.splitlines())
        assert (told["words"], told["dim"], told["numbers"]) == ("7", "3", "float32")
        assert told["format"] == "safetensors, the format of jw2v, mapped into memory"
        assert told["norms"] == "0.9901 to 1.428, median 1.016"
        assert told["counts"] == "none are kept"
        assert told["trained"] == "by  nothing is known of it"
        assert told["first"] == "words man, king, woman, queen, :heart:, [b]pear[/b], pear"
        config = {"model": "cbow", "window": 5}
        path = tmp_path / "c.safetensors"
        rows, counts = np.array([[3, 4], [0, 0], [0, 1e200]]), np.array([7000, 5, 3])
        metadata = {"config": json.dumps(config), "own": "x\ty"}
        WordVectors(tuple("abc"), rows, metadata, {"tree": np.ones((2, 1))}, counts).save(path)
        _, out, _ = run("info", path)
        lines = out.splitlines()
        assert "norms       0 to 1e+200, median 5, 1 of 0" in lines
        assert "counts      7,008 in all, 3 to 7,000 a word" in lines
        assert "arrays      tree [2, 1]" in lines
        assert "trained by  model cbow, window 5" in lines
        assert r"own         x\x09y" in lines
        code, out, _ = run("info", path, "--json")
        assert code == 0
        assert json.loads(out) == {
            **{"vectors": str(path), "format": "safetensors", "words": 3, "dim": 2},
            "dtype": "float64",
            "norms": {"smallest": 0, "median": 5, "largest": 1e200, "zero": 1},
            "counts": {"total": 7008, "smallest": 3, "largest": 7000},
            **{"arrays": {"tree": [2, 1]}, "settings": config, "metadata": metadata},
            "first_words": ["a", "b", "c"],
        }

    def test_what_is_no_file_of_vectors(self, run, tmp_path: Path) -> None:
        code, out, err = run("info", tmp_path / "absent.bin")
        assert (code, out) == (2, "")
        assert err.startswith("error: no such file: ")


class TestEvaluate:
    def test_tables(self, run, vectors: Path, pairs: Path, analogies: Path) -> None:
        code, out, err = run("evaluate", vectors, "--pairs", pairs, "--analogies", analogies)
        assert (code, err) == (0, "")
        found = evaluate.word_pairs(WordVectors.load(vectors), pairs)
        assert [line.split() for line in out.splitlines()] == [
            ["pairs", "Spearman", "Pearson", "known", "unknown"],
            ["pairs.tsv", f"{found.spearman:.3f}", f"{found.pearson:.3f}", "3", "1"],
            [],
            ["analogies.txt,", "3CosAdd", "solved", "correct", "asked", "unknown"],
            ["family", "50.0%", "1", "2", "1"],
            ["none", "–", "0", "0", "0"],
            ["total", "50.0%", "1", "2", "1"],
        ]

    def test_several_files_and_all_options_for_a_machine(
        self, run, vectors: Path, pairs: Path, analogies: Path
    ) -> None:
        code, out, _ = run(
            *("evaluate", vectors, "--pairs", pairs, "--analogies", analogies, "--pairs", pairs),
            *("--method", "mul", "--restrict-vocab", 6, "--match-case", "--count-unknown"),
            "--json",
        )
        assert code == 0
        known = WordVectors.load(vectors)
        options = {"restrict_vocab": 6, "ignore_case": False, "count_unknown": True}
        of_pairs = evaluate.word_pairs(known, pairs, **options)
        of_analogies = evaluate.analogies(known, analogies, method="mul", **options)
        assert of_pairs != evaluate.word_pairs(known, pairs)
        assert json.loads(out) == {
            "vectors": str(vectors),
            "words": 7,
            "dim": 3,
            **options,
            "pairs": [of_pairs.to_dict()] * 2,
            "analogies": [of_analogies.to_dict()],
        }

    def test_the_defaults_are_those_of_the_functions(self, run, vectors: Path, pairs: Path) -> None:
        _, out, _ = run("evaluate", vectors, "--pairs", pairs, "--json")
        assert json.loads(out)["restrict_vocab"] == evaluate.RESTRICT_VOCAB

    def test_nothing_is_cut_off_in_a_pipe(self, run, vectors: Path, tmp_path: Path) -> None:
        path = tmp_path / "wide.txt"
        name = "家族 [b]" * 60
        path.write_text(f": {name}\nman king woman queen\n", encoding="utf-8")
        _, out, _ = run("evaluate", vectors, "--analogies", path)
        lines = out.splitlines()
        assert [line[:4] for line in lines] == ["wide", "家族 [", "tota"]
        assert name in lines[1]
        assert len({cell_len(line) for line in lines}) == 1, "the columns stand below each other"

    def test_on_a_terminal(self, run, vectors: Path, pairs: Path, monkeypatch) -> None:
        terminal = Console(force_terminal=True, color_system=None, width=80)
        monkeypatch.setattr(shared, "out", terminal)
        _, out, _ = run("evaluate", vectors, "--pairs", pairs)
        assert "─────" in out
        assert "Spearman" in out

    @pytest.mark.parametrize(
        ("flags", "complaint"),
        [
            ((), "give --pairs FILE, --analogies FILE, or both"),
            (("--pairs", "pairs.tsv", "--analogies", "pairs.tsv"), "pairs.tsv, line 1: expected"),
            (("--pairs", "analogies.txt"), "analogies.txt, line 1: expected two words"),
            (("--pairs", "pairs.tsv", "--method", "add"), "--method is for analogies: give"),
            (("--pairs", "absent.tsv"), "no such file: absent.tsv"),
        ],
    )
    def test_bad_questions_are_one_clear_error(
        self, run, vectors, pairs, analogies, monkeypatch, flags: tuple, complaint: str
    ) -> None:
        monkeypatch.chdir(vectors.parent)
        code, out, err = run("evaluate", vectors, *flags)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
        assert complaint in err
        assert len(err.splitlines()) == 1


class TestManners:
    @pytest.mark.parametrize("name", NAMES)
    def test_help_teaches(self, run, name: str) -> None:
        code, out, _ = run(name, "--help")
        assert code == 0
        assert run(name, "-h") == (0, out, "")
        if name in ("train", "similar", "analogy", "info", "evaluate"):
            assert "Example" in out
            assert f"jw2v {name} " in out
        assert ("--json" in out) == (name in ("similar", "analogy", "info", "evaluate"))

    def test_the_examples_keep_their_lines(self, run) -> None:
        _, out, _ = run("similar", "--help")
        lines = [line.strip() for line in out.splitlines()]
        assert "jw2v similar vectors.safetensors liberty war -n 5" in lines
        assert command.help_of(cli.evaluate.__doc__).count("\njw2v evaluate ") == 3

    def test_the_version(self, run) -> None:
        assert run("--version") == (0, f"jw2v {jw2v.__version__}\n", "")
        code, out, _ = run("-h")
        assert code == 0
        assert out == run("--help")[1]

    def test_help_tells_the_commands_and_the_exit_codes(self, run) -> None:
        code, out, _ = run("--help")
        assert code == 0
        for word in (*NAMES, "Exit codes: 0 done, 1", "2 bad input", "130", "--show-completion"):
            assert word in out

    @pytest.mark.parametrize(
        "asked",
        [
            ("--help",),
            ("--version",),
            ("similar", "v", "man"),
            ("info", "v"),
            ("analogy", "v", "man", "king", "woman", "--method", "mul"),
            ("evaluate", "v", "--pairs", "pairs.tsv", "--analogies", "analogies.txt"),
        ],
        ids=lambda asked: asked[0],
    )
    def test_a_question_is_not_kept_waiting(
        self, vectors: Path, pairs: Path, analogies: Path, asked: tuple
    ) -> None:
        files = {"v": vectors, "pairs.tsv": pairs, "analogies.txt": analogies}
        program = (
            "from jw2v.cli import main\ntry: main()\n"
            f"finally: assert not (found := sys.modules.keys() & set({HEAVY})), found"
        )
        started = process(*(files.get(word, word) for word in asked), program=program)
        out, err = started.communicate(timeout=60)
        assert (started.returncode, err) == (0, "")
        assert out

    @pytest.mark.parametrize("flags", [(), ("--json",), ("--help",)])
    def test_nobody_reads_on(self, vectors: Path, flags: tuple) -> None:
        started = process("similar", vectors, *["man"] * 5000, *flags)
        started.stdout.close()
        err = started.stderr.read()
        started.stderr.close()
        assert (started.wait(timeout=60), err) == (1, "")

    def test_the_shell_completes(self) -> None:
        words = {"COMP_WORDS": "jw2v ev", "COMP_CWORD": "1", "_JW2V_COMPLETE": "complete_bash"}
        out, err = process(**words).communicate(timeout=60)
        assert (out.split(), err) == (["evaluate"], "")
        shell = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
        out, err = process("--show-completion", "bash", **shell).communicate(timeout=60)
        assert "complete -o default -F _jw2v_completion jw2v" in out
        assert err == ""
