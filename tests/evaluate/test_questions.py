"""Files of questions: what is read of them, and which line is to blame."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jw2v.evaluate.questions import Pair, Questions, read_analogies, read_pairs

Write = Callable[[str | bytes], Path]


@pytest.mark.parametrize(
    "content",
    [
        "a\tb\t1.5\nc d\te\t-2\n",
        "# a comment\n# Word 1\tWord 2\tHuman (mean)\n\na\tb\t1.5\r\nc d\te\t-2",
        "\ufeffWord 1\tWord 2\tHuman (mean)\na\tb\t1.5\n \nc d \t e\t-2.0 \n",
    ],
)
def test_pairs(file: Write, content: str) -> None:
    assert read_pairs(file(content)) == [Pair("a", "b", 1.5), Pair("c d", "e", -2.0)]


def test_pairs_with_spaces_between(file: Write) -> None:
    assert read_pairs(file("über  drüber 3e-1\nb c 7")) == [("über", "drüber", 0.3), ("b", "c", 7)]


SIMLEX = (
    "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tconcQ\tAssoc(USF)\tSimAssoc333\tSD(SimLex)\n"
    "old\tnew\tA\t1.58\t2.72\t2.81\t2\t7.25\t1\t0.41\n"
)


@pytest.mark.parametrize(
    ("content", "pair"),
    [
        (SIMLEX, ("old", "new", 1.58)),
        ("Word 1,Word 2,Human (mean)\r\nlove,sex,6.77\r\n", ("love", "sex", 6.77)),
        (
            "Word 1,Word 2,Human (mean),1,2\nJerusalem,Israel,8.46,8,\n",
            ("Jerusalem", "Israel", 8.46),
        ),
        ("love,sex,6.77\n", ("love", "sex", 6.77)),
        ("1,000 1,000 7\n", ("1,000", "1,000", 7)),
        ("a,b c,d 7\n", ("a,b", "c,d", 7)),
        ("sun sunlight 50.000000\n", ("sun", "sunlight", 50)),
    ],
)
def test_the_columns_of_their_authors(
    file: Write, content: str, pair: tuple[str, str, float]
) -> None:
    assert read_pairs(file(content)) == [pair]


def test_parts_of_speech_are_left_out(file: Write) -> None:
    with pytest.warns(UserWarning, match="'automobile-n' is 'automobile'"):
        assert read_pairs(file("automobile-n run-v 50.0\n")) == [("automobile", "run", 50)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a b 7,35\nc d 1\n", "line 1: expected a finite number"),
        ("a b nan\nc d 1\n", "line 1: expected a finite number"),
        ("POS\tword1\tword2\tSimLex999\nA\told\tnew\t1.58\n", "in the first two columns"),
    ],
)
def test_first_lines_that_are_no_heading(file: Write, content: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_pairs(file(content))


def test_words_that_only_look_tagged(file: Write) -> None:
    assert read_pairs(file("hands-on sun 1\nplug-n x-n 2"))[1] == ("plug-n", "x-n", 2)


def test_what_bats_needs_is_named(file: Write, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"line 1: two words by a tab apart.*BATS has pairs"):
        read_analogies(file("album\talbums/records\n"))
    with pytest.raises(IsADirectoryError, match=r"is a folder.*BATS has pairs"):
        read_analogies(tmp_path)


def test_analogies(file: Write) -> None:
    content = ": some words\r\na b c d\n# a comment\n\n :more\n: none\ne\tf  g h\n"
    assert read_analogies(file(content)) == [
        Questions("some words", [("a", "b", "c", "d")]),
        Questions("more", []),
        Questions("none", [("e", "f", "g", "h")]),
    ]
    assert read_analogies(file("a b c d"))[0] == ("", [("a", "b", "c", "d")])


def test_a_question_that_begins_with_a_colon(file: Write) -> None:
    """Four words are a question, as in gensim, unless the colon stands alone."""
    content = ": smileys\n:) happy :( sad\n:( sad\t:D  glad\n:: of four words\n:capital\na b c d"
    assert read_analogies(file(content)) == [
        Questions("smileys", [(":)", "happy", ":(", "sad"), (":(", "sad", ":D", "glad")]),
        Questions("of four words", []),
        Questions("capital", [("a", "b", "c", "d")]),
    ]


@pytest.mark.parametrize(
    ("read", "content", "complaint"),
    [
        (read_pairs, "", "no word pairs"),
        (read_pairs, "a\tb\tscore\n", "no word pairs"),
        (read_pairs, "a\tb\t1\na\tb\n", r"line 2: expected two words and a number.*'a\\tb'"),
        (read_pairs, "#\n\na b c 1\n", "line 3: expected two words"),
        (read_pairs, "a,b,1\na,b\n", "line 2: expected two words"),
        (read_pairs, SIMLEX + "old\tnew\tA\n", "line 3: expected two words"),
        (read_pairs, SIMLEX + SIMLEX, "line 3: expected a finite number.*'SimLex999'"),
        (read_pairs, "a\t\t1\n", "line 1: expected two words"),
        (read_pairs, "a\tb\t1\na\tb\tmuch\n", "line 2: expected a finite number.*'much'"),
        (read_pairs, "a\tb\t1\na\tb\tnan\n", "line 2: expected a finite number"),
        (read_pairs, "a\tb\t1\na\tb\t1e999\n", "line 2: expected a finite number"),
        (read_pairs, b"a\tb\t1\ncaf\xe9\tb\t1\n", "line 2: expected UTF-8"),
        (read_analogies, "", "no analogies"),
        (read_analogies, ": a\n: b\n", "no analogies"),
        (read_analogies, ": a\na b c\n", "line 2: expected four words.*'a b c'"),
        (read_analogies, "a b c d\na b c d e", "line 2: expected four words"),
        (read_analogies, b": \xff\n", "line 1: expected UTF-8"),
        (read_analogies, "a b c d\na b c\0 d\n", "line 2: expected UTF-8 text, got a NUL byte"),
        (read_pairs, "a b 1\n" + "a " * 10**6, "line 2: expected two words.{,99}$"),
        (read_pairs, "a b 1\na b " + "x" * 10**6, "line 2: expected a finite number.{,99}$"),
        (read_analogies, "a " * 10**6, "line 1: expected four words.{,99}$"),
    ],
)
def test_malformed_files(
    file: Write, read: Callable[[Path], object], content: str | bytes, complaint: str
) -> None:
    with pytest.raises(ValueError, match=rf"text\.txt.*{complaint}"):
        read(file(content))


@pytest.mark.parametrize("read", [read_pairs, read_analogies])
def test_no_file(read: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such file: .*absent"):
        read(tmp_path / "absent")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        read(tmp_path)


def test_the_files_that_people_use(shared_data: Path) -> None:
    folder = shared_data / "eval"
    assert len(read_pairs(folder / "wordsim353.tsv")) == 353
    assert len(read_pairs(folder / "simlex999.txt")) == 999
    sections = read_analogies(folder / "questions-words.txt")
    assert (len(sections), sum(len(s.analogies) for s in sections)) == (14, 19_544)


@pytest.mark.parametrize("score", ["1_0", "１", "0x1", "1e1_0"])
def test_numbers_that_only_python_reads(score: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(f"a b 1\na c {score}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read_pairs(path)
