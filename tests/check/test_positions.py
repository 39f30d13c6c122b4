"""Windows that learners cut out of sentences: right ones are right, and each mistake is named."""

import json
from collections import Counter, deque

import jax.numpy as jnp
import numpy as np
import pytest

from jw2v import check
from jw2v.check import judging, subjects
from jw2v.check.calling import Outcome

pytestmark = pytest.mark.usefixtures("unchecked")

each_subject = pytest.mark.parametrize(
    "subject",
    [
        subjects.WINDOW_WORDS,
        subjects.WINDOW_WORDS.graded,
        subjects.WINDOW_PAIRS,
        subjects.WINDOW_PAIRS.graded,
    ],
    ids=["words", "hidden words", "pairs", "hidden pairs"],
)


@each_subject
def test_every_way_to_every_mistake_is_named(subject) -> None:
    asked = [example for example, _ in judging.questions(subject)]
    for example in asked:
        right = judging.expected(subject, example)
        for part, counts in subject.wrong({}, example).items():
            np.testing.assert_array_equal(counts, right[part])
    for each, pieces in subject.forms():
        report = judging.judge(subject, [Outcome(subject.wrong(pieces, e)) for e in asked])
        named = [one.name for one in report.mistakes]
        assert (each.name, named, report.unknown) == (each.name, [each.name], False)


def by_a_loop(sentence, position, window):
    found = []
    for j in range(max(0, position - window), min(len(sentence), position + window + 1)):
        found += [sentence[j]] * (j != position)
    return found


def by_slices(sentence, position, window):
    left = sentence[max(0, position - window) : position]
    return left + sentence[position + 1 : position + window + 1]


def from_the_center_out(sentence, position, window):
    for offset in range(1, window + 1):
        for place in (position - offset, position + offset):
            if 0 <= place < len(sentence):
                yield sentence[place]


def by_arrays(sentence, position, window):
    places = np.arange(len(sentence))
    away = np.abs(places - position)
    return np.array(sentence)[(away > 0) & (away <= window)]


@pytest.mark.parametrize("mine", [by_a_loop, by_slices, from_the_center_out, by_arrays])
def test_windows_that_are_right(mine) -> None:
    def pairs(sentence, window):
        for position, center in enumerate(sentence):
            yield from ((center, word) for word in mine(sentence, position, window))

    assert check.window_words(mine).right
    assert check.window_pairs(pairs).right
    assert check.window_pairs(lambda *given: [tuple(reversed(p)) for p in pairs(*given)]).right
    grade = check.grade({"window_words": mine, "window_pairs": pairs}, seed=8151)
    assert (grade.points, grade.possible) == (2, 2)


def test_windows_of_jax() -> None:
    def mine(sentence, position, window):
        away = jnp.abs(jnp.arange(len(sentence)) - position)
        return sentence[(away > 0) & (away <= window)]

    assert check.window_words(mine, arrays="jax").right


WRITINGS: dict[str, list] = {}


def writes(name):
    def register(function):
        WRITINGS.setdefault(name, []).append(function)
        return function

    return register


# 44: the center is in its own window.


@writes("the center's own position included")
def _(sentence, position, window):
    return sentence[max(0, position - window) : position + window + 1]


@writes("the center's own position included")
def _(sentence, position, window):
    return [w for i, w in enumerate(sentence) if abs(i - position) <= window]


@writes("the center's own position included")
def _(sentence, position, window):
    near = deque()
    for j in range(-window, window + 1):
        if 0 <= position + j < len(sentence):
            near.appendleft(sentence[position + j])
    return near


# 45: one side.


@writes("one side only")
def _(sentence, position, window):
    return sentence[position + 1 : position + 1 + window]


@writes("one side only")
def _(sentence, position, window):
    return np.array(sentence)[max(0, position - window) : position]


@writes("one side only")
def _(sentence, position, window):
    return [sentence[position + j] for j in range(1, window + 1) if position + j < len(sentence)]


# 46: range(-m, m).


@writes("last offset lost")
def _(sentence, position, window):
    found = []
    for j in range(-window, window):
        if j != 0 and 0 <= position + j < len(sentence):
            found += [sentence[position + j]]
    return found


@writes("last offset lost")
def _(sentence, position, window):
    start, end = max(0, position - window), min(len(sentence), position + window)
    return [sentence[i] for i in range(start, end) if i != position]


@writes("last offset lost")
def _(sentence, position, window):
    left = sentence[max(0, position - window) : position]
    return left + sentence[position + 1 : position + window]


# 53: a negative index.


@writes("negative index wraps around")
def _(sentence, position, window):
    found = []
    for j in range(position - window, position + window + 1):
        try:
            if j != position:
                found.append(sentence[j])
        except IndexError:
            pass
    return found


@writes("negative index wraps around")
def _(sentence, position, window):
    left = sentence[position - window : position]
    return left + sentence[position + 1 : position + window + 1]


@writes("negative index wraps around")
def _(sentence, position, window):
    places = [j for j in range(position - window, position + window + 1) if j != position]
    return [sentence[j] for j in places if -len(sentence) <= j < len(sentence)]


@writes("negative index wraps around")
def _(sentence, position, window):
    n = len(sentence)
    return [sentence[(position + j) % n] for j in range(-window, window + 1) if j]


# 51 and 52, as they are written with a sentence.


@writes("set of outside words")
def _(sentence, position, window):
    return set(by_slices(sentence, position, window))


@writes("set of outside words")
def _(sentence, position, window):
    return list(dict.fromkeys(by_a_loop(sentence, position, window)))


@writes("outside words equal to c dropped")
def _(sentence, position, window):
    context = sentence[max(0, position - window) : position]
    if position + 1 < len(sentence):
        context += sentence[position + 1 : min(len(sentence), position + window + 1)]
    center = sentence[position]
    return [w for w in context if w != center]


@writes("outside words equal to c dropped")
def _(sentence, position, window):
    near = sentence[max(0, position - window) : position + window + 1]
    return [w for w in near if w != sentence[position]]


@writes("windows at the ends skipped")
def _(sentence, position, window):
    if position < window or position + window >= len(sentence):
        return []
    return by_slices(sentence, position, window)


@writes("positions for words")
def _(sentence, position, window):
    return by_slices(list(range(len(sentence))), position, window)


CASES = [(name, mine) for name, functions in WRITINGS.items() for mine in functions]


@pytest.mark.parametrize(("name", "mine"), CASES, ids=[name for name, _ in CASES])
def test_mistakes_in_several_ways_of_writing(name, mine) -> None:
    report = check.window_words(mine)
    assert ([each.name for each in report.mistakes], report.unknown) == ([name], False), str(report)

    def pairs(sentence, window):
        places = range(len(sentence))
        return [(sentence[i], w) for i in places for w in mine(sentence, i, window)]

    report = check.window_pairs(pairs)
    assert ([each.name for each in report.mistakes], report.unknown) == ([name], False), str(report)


def test_44_to_46_and_53_have_three_writings() -> None:
    names = [name for name, count in Counter(name for name, _ in CASES).items() if count >= 3]
    assert len(names) == 4


def test_two_mistakes_are_both_named() -> None:
    def mine(sentence, position, window):
        places = range(position - window, position + window)
        return [sentence[j] for j in places if 0 <= j < len(sentence)]

    named = {each.name for each in check.window_words(mine).mistakes}
    assert named == {"last offset lost", "the center's own position included"}


def test_words_are_shown_as_a_list() -> None:
    report = check.window_words(lambda sentence, position, window: sentence[:position])
    assert report.unknown or report.mistakes
    assert "    the words should be [1, 2]\n              yours are [1]" in str(report)
    assert "sentence = [1, 0, 2]" in str(report)
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert (told["expected"], told["results"]) == ({"words": [1, 2]}, {"words": [1]})
    report = check.window_pairs(lambda sentence, window: [])
    assert "the pairs should be [[0, 1], [0, 2], [1, 0], [2, 0]]" in str(report)
    assert "everything is zero" not in str(report)


def test_a_sentence_that_is_written_on() -> None:
    def mine(sentence, position, window):
        found = by_slices(sentence, position, window)
        sentence.pop(position)
        return found

    assert [each.name for each in check.window_words(mine).mistakes] == ["arguments changed"]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "it returned None, as a function without a return statement does"),
        (3, "it returned 3; expected a list of words, such as [1, 2]"),
        ("ab", "it returned 'ab'; expected a list of words"),
        ("12", "it returned '12'; expected a list of words"),
        (b"\1\2", "expected a list of words"),
        (["1", "2"], "it returned ['1', '2']; expected a list of words"),
        ([True], "it returned [True]; expected a list of words"),
        ([0.5], "it returned [0.5]; expected a list of words"),
        ([[1, 2]], "it returned [[1, 2]]; expected a list of words"),
        ([[1], [2, 3]], "it returned [[1], [2, 3]]; expected"),
        ({1: 2}, "it returned {1: 2}; expected"),
        ([float("nan")], "it returned [nan]; expected"),
        ([-1], "it returned -1, which is no word of the sentence"),
        ([99], "it returned 99, which is no word of the sentence"),
        ([1e300], "it returned [1e+300]; expected"),
        ([0.5] * 100, "0.5, 0...; expected"),
    ],
)
def test_what_is_no_list_of_words(result, said) -> None:
    report = check.window_words(lambda *given: result)
    assert said in report.trouble
    assert "sentence = [1, 0, 2]" in str(report)


def test_a_generator_that_fails() -> None:
    def mine(sentence, position, window):
        for j in range(max(0, position - window), position + window + 1):
            if j != position:
                yield sentence[j]

    assert "it raised IndexError: list index out of range" in check.window_words(mine).trouble


def test_what_is_no_list_of_pairs() -> None:
    for result in ([1, 2], [(1, 2, 3)], [([1], [2])]):
        report = check.window_pairs(lambda *given, it=result: it)
        assert "expected a list of pairs, such as [(1, 2)]" in report.trouble


def test_a_file_of_windows(run, tmp_path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "def window_words(sentence, position, window):\n"
        "    return sentence[max(0, position - window) : position + window + 1]\n"
        "def window_pairs(sentence, window):\n"
        "    return [(c, o) for i, c in enumerate(sentence) for j, o in enumerate(sentence)\n"
        "            if 0 < abs(i - j) <= window]\n",
        encoding="utf-8",
    )
    code, out, _ = run("check", path)
    assert code == 1
    assert "window_words: not right.\n  the center's own position included (in the words)" in out
    assert "window_pairs: right (the pairs are)." in out
