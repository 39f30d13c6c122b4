"""Grading: points for what is right on hidden examples, whatever else a submission does."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import writings
from jw2v import check
from jw2v.check import judging, subjects
from jw2v.check.calling import Outcome
from jw2v.check.grading import shares
from right import sampling_vectorised, softmax_vectorised

pytestmark = pytest.mark.usefixtures("unchecked")

SEED = 8151
SUBJECTS = (*(make() for make in subjects.SUBJECTS.values()), subjects.bags(mean=False))
each_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)


def told(example):
    return {name: np.asarray(value).tolist() for name, value in example.arguments.items()}


@each_subject
def test_hidden_examples_are_other_ones(subject) -> None:
    own = [told(each) for seed in (0, SEED) for each in subject.examples(seed)]
    hidden = [told(each) for each in subject.hidden(SEED)]
    assert len(hidden) >= len(subject.examples(SEED)) - 1
    assert not any(each in own for each in hidden)
    assert hidden == [told(each) for each in subject.hidden(SEED)]
    others = [told(each) for each in subject.hidden(SEED + 1)]
    assert not any(each in others for each in hidden)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@each_subject
def test_what_is_right_is_right_on_hidden_examples(subject, dtype) -> None:
    graded = subject.graded
    for seed in range(SEED, SEED + 5):
        asked = [example for example, _ in judging.questions(graded, seed=seed)]
        outcomes = [Outcome(subject.wrong({}, example, dtype)) for example in asked]
        assert judging.judge(graded, outcomes, seed).right


@pytest.mark.parametrize("subject", SUBJECTS[:2], ids=lambda subject: subject.name)
def test_mistakes_are_named_on_hidden_examples(subject) -> None:
    graded = subject.graded
    asked = [example for example, _ in judging.questions(graded, seed=SEED)]
    for each in subject.mistakes:
        outcomes = [Outcome(subject.wrong(each.forms[0], example)) for example in asked]
        report = judging.judge(graded, outcomes, SEED)
        assert (each.name, [one.name for one in report.mistakes]) == (each.name, [each.name])


def test_what_knows_the_examples_of_check_gets_nothing() -> None:
    known = [told(e) for seed in (0, SEED) for e in subjects.NAIVE_SOFTMAX.examples(seed)]

    def mine(v_c, o, U):
        right = softmax_vectorised(v_c, o, U)
        given = {"v_c": v_c.tolist(), "o": o, "U": U.tolist()}
        return right if given in known else (0.5, (v_c, U))

    assert check.naive_softmax(mine).right
    assert check.grade({"naive_softmax": mine}, seed=SEED).points == 0


def test_points_of_what_is_right_and_wrong() -> None:
    functions = {
        "negative_sampling": writings.SAMPLING["repeats counted once"][0],
        "naive_softmax": softmax_vectorised,
        "sigmoid": None,
    }
    points = {"negative_sampling": {"g1": 3, "h": 2}, "naive_softmax": {"U": 4}, "sigmoid": 5}
    grade = check.grade(functions, points, seed=SEED, student="ada")
    assert (grade.points, grade.possible, grade.right) == (7, 14, False)
    assert grade.mark("negative_sampling", "v_c").points == 1.5
    assert grade.mark("negative_sampling", "U").says == "repeats counted once"
    assert grade.mark("sigmoid", "value").trouble == "expected a function sigmoid; got NoneType"
    assert grade.trouble == grade.mark("sigmoid", "value").trouble
    assert "ada: 7 of 14 points\n" in str(grade)
    assert "sigmoid cannot be checked: expected a function sigmoid" in str(grade)
    with pytest.raises(KeyError, match="no points for v_c of naive_softmax"):
        grade.mark("naive_softmax", "v_c")


def test_a_part_that_is_not_returned_gets_nothing() -> None:
    grade = check.grade({"negative_sampling": lambda *a: sampling_vectorised(*a)[0]}, seed=SEED)
    assert str(grade).startswith("1 of 3 points\n")
    assert [(mark.points, mark.says) for mark in grade.marks] == [
        (1, "right"),
        (0, "not returned"),
        (0, "not returned"),
    ]


def writes_on_U(v_c, o, negatives, U):
    results = sampling_vectorised(v_c, o, negatives, U)
    U[o] += 1
    return results


def test_what_writes_on_its_arguments_gets_nothing() -> None:
    grade = check.grade({"negative_sampling": writes_on_U}, seed=SEED)
    assert {(mark.points, mark.says) for mark in grade.marks} == {(0, "arguments changed")}


def test_what_writes_on_its_arguments_without_negatives_alone_gets_nothing() -> None:
    def mine(v_c, o, negatives, U):
        found = sampling_vectorised(v_c, o, negatives, U)
        U *= 1 if len(negatives) else 2
        return found

    assert check.grade({"negative_sampling": mine}, seed=SEED).points == 0


def test_one_that_asks_to_end_the_process_gets_nothing() -> None:
    grade = check.grade({"sigmoid": lambda x: sys.exit(3)}, seed=SEED)
    assert (grade.points, grade.trouble) == (0, "it raised SystemExit: 3")


def test_an_unknown_mistake_is_one() -> None:
    def mine(v_c, o, negatives, U):
        loss, by_v, by_U = sampling_vectorised(v_c, o, negatives, U)
        return loss, 1.001 * by_v, by_U

    grade = check.grade({"negative_sampling": mine}, seed=SEED)
    assert [mark.says for mark in grade.marks] == ["right", "unknown mistake", "right"]


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ({"glove": 1}, "'glove' is none of negative_sampling"),
        ({"sigmoid": -1}, "points of sigmoid must be a number from 0 to 1,000,000; got -1"),
        ({"sigmoid": 1e308}, "got 1e.308"),
        ({"sigmoid": 10**400}, "got 1000"),
        ({"sigmoid": float("nan")}, "got nan"),
        ({"sigmoid": True}, "got True"),
        ({"sigmoid": "1"}, "got '1'"),
        ({"naive_softmax": {"W": 1}}, "no part 'W': it has loss .a., v_c .b1., U .d."),
        ({"negative_sampling": {"loss": 1, "g1": 1}}, "loss has points twice, by 'g1'"),
        ({"sigmoid": 0}, "nothing is graded"),
        ([], "nothing is graded"),
    ],
)
def test_points_that_are_refused(points, said) -> None:
    with pytest.raises(ValueError, match=said):
        check.grade({"sigmoid": abs}, points, seed=SEED)


@pytest.mark.parametrize("seed", [-1, 1.5, True, None])
def test_seeds_that_are_refused(seed) -> None:
    with pytest.raises(ValueError, match="seed must be a whole number"):
        check.grade({"sigmoid": abs}, seed=seed)


def test_a_point_a_part_by_default() -> None:
    assert shares("cbow") == {"cbow": {"loss": 1, "V": 1, "U": 1}}
    assert shares({"cbow": {"j1": 3}}) == {"cbow": {"loss": 1, "V": 1, "U": 1}}
    assert shares({"skip_gram": {"U": 0, "i2": 2}}) == {"skip_gram": {"V": 2, "U": 0}}
    assert shares({"cbow": {"j2": 3}}, mean=False) == {"cbow": {"loss": 1, "V": 1, "U": 1}}


@pytest.fixture
def grades():
    wrong = writings.SAMPLING["repeats counted once"][0]
    fails = {"negative_sampling": lambda *a: 1 / 0}
    return [
        check.grade({"negative_sampling": wrong}, seed=SEED, student="b\x00\ud800<ob"),
        check.grade(fails, seed=SEED, student="eve"),
    ]


def test_grades_as_json(grades, tmp_path: Path) -> None:
    check.save_grades(grades, tmp_path / "a.json", tmp_path / "a.xml")
    bob, eve = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert (bob["student"], bob["points"], bob["possible"]) == ("b\x00\ud800<ob", 2, 3)
    assert [mark["statement"] for mark in bob["marks"]] == ["g1", "g1", "h"]
    report = bob["reports"]["negative_sampling"]
    assert report["mistakes"][0]["name"] == "repeats counted once"
    assert (report["example"], report["results"], report["expected"]) == (None, {}, {})
    assert "ZeroDivisionError" in eve["marks"][0]["trouble"]
    check.save_grades(grades, tmp_path / "b.json", show_examples=True)
    shown, _ = json.loads((tmp_path / "b.json").read_text("utf-8"))
    assert shown["reports"]["negative_sampling"]["example"]["U"]


def test_grades_as_junit(grades, tmp_path: Path) -> None:
    check.save_grades(grades, tmp_path / "a.xml")
    bob, eve = ElementTree.parse(tmp_path / "a.xml").getroot()
    assert bob.attrib == {"name": "b\\x00\\xd800<ob", "tests": "3", "failures": "1", "errors": "0"}
    assert (eve.get("failures"), eve.get("errors")) == ("0", "3")
    cases = bob.findall("testcase")
    assert [case.get("name") for case in cases][2] == "the gradient by U (h)"
    assert [case.find("failure") is not None for case in cases] == [False, False, True]
    assert cases[2].find("failure").get("message") == "repeats counted once"
    assert bob.find("properties")[0].attrib == {"name": "points", "value": "2.0"}
    assert "division by zero" in eve.find("testcase/error").text
    assert "For example" not in ElementTree.tostring(bob, "unicode")


def test_grades_are_written_whole_or_not_at_all(grades, tmp_path: Path) -> None:
    (tmp_path / "a.xml").mkdir()
    with pytest.raises(IsADirectoryError):
        check.save_grades(grades, tmp_path / "a.json", tmp_path / "a.xml")
    assert [each.name for each in tmp_path.iterdir()] == ["a.xml"]
    with pytest.raises(ValueError, match=r"written to \.json or \.xml"):
        check.save_grades(grades, tmp_path / "a.csv")
    with pytest.raises(ValueError, match="two files of grades have one name"):
        check.save_grades(grades, tmp_path / "b.json", tmp_path / "." / "b.json")
