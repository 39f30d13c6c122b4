"""Right functions are right, every known mistake is named, and what cannot be checked is said."""

import json
from itertools import product

import numpy as np
import pytest

import writings
from jw2v import check
from jw2v.check import judging, subjects
from jw2v.check.calling import Outcome
from right import SAMPLING, SOFTMAX, in_columns, sampling_vectorised, softmax_vectorised

# Every mistake is held against every other: the annotation check would take most of the time.
pytestmark = pytest.mark.usefixtures("unchecked")

PAIRS = (subjects.NEGATIVE_SAMPLING, subjects.NAIVE_SOFTMAX)
WINDOW = subjects.skip_grams("naive-softmax")
BAGS = (subjects.bags(), subjects.bags("naive-softmax", mean=False))
ELEMENTWISE = (
    subjects.SIGMOID,
    subjects.SIGMOID_GRADIENT,
    subjects.SIGMOID_GRADIENT_OF_VALUE,
    subjects.RELU_GRADIENT,
)
ALL = (*PAIRS, WINDOW, *BAGS, *ELEMENTWISE)
each_subject = pytest.mark.parametrize("subject", ALL, ids=lambda subject: subject.name)


def judged(subject, pieces, dtype=np.float64, parts=None):
    """What is said of a program with such pieces."""
    asked = [example for example, _ in judging.questions(subject)]
    results = [subject.wrong(pieces, example, dtype) for example in asked]
    kept = [{part: one[part] for part in parts or one} for one in results]
    return judging.judge(subject, [Outcome(one) for one in kept])


def names(report):
    return [each.name for each in report.mistakes]


@each_subject
def test_the_program_without_mistakes_is_right(subject) -> None:
    for example, _ in judging.questions(subject):
        right = judging.expected(subject, example)
        for part, array in subject.wrong({}, example).items():
            np.testing.assert_allclose(array, right[part], rtol=1e-12, atol=1e-12)
    report = judged(subject, {})
    assert report.right
    assert not report.mistakes
    assert not report.unknown


@each_subject
def test_every_mistake_is_named(subject) -> None:
    """The first two ways to make it and the last; benchmarks/fuzz_check.py tries all."""
    own = {each.name for pair in PAIRS for each in pair.mistakes}
    forms = [
        (each, pieces)
        for each in subject.mistakes
        for pieces in (*each.forms[:2], *each.forms[2:][-1:])
        if subject not in (WINDOW, *BAGS) or each.name not in own
    ]
    assert len(forms) > 2
    for each, pieces in forms:
        report = judged(subject, pieces)
        assert (each.name, names(report)) == (each.name, [each.name])
        assert not report.right
        assert not report.unknown
        assert each.says in str(report)


@pytest.mark.parametrize(
    "subject", [*PAIRS, subjects.RELU_GRADIENT], ids=lambda subject: subject.name
)
def test_every_mistake_is_named_in_single_precision(subject) -> None:
    for each in subject.mistakes:
        report = judged(subject, each.forms[0], np.float32)
        assert report.precision == "single"
        assert (each.name, names(report)) == (each.name, [each.name])


@pytest.mark.parametrize("subject", [*PAIRS, *BAGS], ids=lambda subject: subject.name)
def test_mistakes_of_a_subject_have_different_names(subject) -> None:
    listed = [each.name for each in subject.mistakes]
    assert len(listed) == len(set(listed))


def test_mistakes_of_different_parts_are_both_named() -> None:
    subject = subjects.NEGATIVE_SAMPLING
    of_loss, of_v, of_U = "another logarithm", "v_c without u_o", "repeats counted once"
    forms = {each.name: each.forms[0] for each in subject.mistakes}
    report = judged(subject, {**forms[of_loss], **forms[of_v], **forms[of_U]})
    assert set(names(report)) == {of_loss, of_v, of_U}
    assert report.where[of_loss] == ("loss",)
    assert report.where[of_U] == ("U",)


def test_of_two_names_the_one_that_says_less_is_taken() -> None:
    subject = subjects.NAIVE_SOFTMAX
    forms = {each.name: each.forms[0] for each in subject.mistakes}
    both = ("score for the loss", "y forgotten")  # not "not normalised", which has this loss too
    report = judged(subject, forms[both[0]] | forms[both[1]])
    assert set(names(report)) == set(both)


def test_two_mistakes_in_one_part_are_both_named() -> None:
    subject = subjects.NEGATIVE_SAMPLING
    forms = {each.name: each.forms[0] for each in subject.mistakes}
    both = ("sigmoid for its complement", "repeats counted once")
    report = judged(subject, forms[both[0]] | forms[both[1]], parts=("U",))
    assert set(names(report)) == set(both)


@pytest.mark.parametrize("mine", SAMPLING, ids=lambda mine: mine.__name__)
def test_negative_sampling_that_is_right(mine) -> None:
    report = check.negative_sampling(mine, seed=0)
    assert report.right, str(report)


@pytest.mark.parametrize("mine", SOFTMAX, ids=lambda mine: mine.__name__)
def test_softmax_that_is_right(mine) -> None:
    report = check.naive_softmax(mine)
    assert report.right, str(report)


def test_what_functions_are_handed() -> None:
    def of_lists(v_c, o, negatives, U):
        assert type(v_c) is type(negatives) is type(U) is list
        return SAMPLING[0](v_c, o, negatives, U)

    assert check.negative_sampling(of_lists, arrays="list").right
    assert check.negative_sampling(SAMPLING[-1], arrays="jax").precision == "single"
    assert check.negative_sampling(in_columns(sampling_vectorised), layout="columns").right
    transposed = check.negative_sampling(sampling_vectorised, layout="columns")
    assert names(transposed) == ["words in columns"]


class Tensor:
    """An array of another library, which has a gradient to be detached from."""

    def __init__(self, array):
        self.array, self.detached = np.asarray(array), False

    def detach(self):
        self.detached = True
        return self

    def __array__(self, dtype=None, copy=None):
        assert self.detached
        return self.array


def test_single_precision_inside_is_seen() -> None:
    def part_of_it(*arguments):
        loss, by_v, by_U = SAMPLING[3](*arguments)
        return np.float64(loss) * (1 + 1e-9), by_v.astype(float), by_U

    def loss_alone(*arguments):
        return part_of_it(*arguments)[0]

    assert check.negative_sampling(part_of_it).right
    assert names(check.negative_sampling(loss_alone)) == ["digits lost"]
    assert check.relu_gradient(lambda x: 1.0 * (x > 0)).precision == "double"


def test_arrays_of_other_libraries() -> None:
    assert check.naive_softmax(lambda *a: tuple(map(Tensor, softmax_of(*a)))).right


def softmax_of(*arguments):
    loss, (by_v, by_U) = softmax_vectorised(*arguments)
    return loss, by_v, by_U


WRITINGS = [
    (checker, name, number, mine)
    for checker, table in (
        (check.negative_sampling, writings.SAMPLING),
        (check.naive_softmax, writings.SOFTMAX),
    )
    for name, functions in table.items()
    for number, mine in enumerate(functions)
]


@pytest.mark.parametrize(
    ("checker", "name", "mine"),
    [(checker, name, mine) for checker, name, _, mine in WRITINGS],
    ids=[f"{name} {number}" for _, name, number, _ in WRITINGS],
)
def test_the_most_common_mistakes_in_three_styles(checker, name, mine) -> None:
    report = checker(mine)
    assert not report.right
    assert (names(report), report.unknown) == ([name], False), str(report)


def test_there_are_three_writings_of_ten_mistakes() -> None:
    written = [*writings.SAMPLING.values(), *writings.SOFTMAX.values()]
    assert [len(each) for each in written] == [3] * 10


def test_an_unknown_mistake_is_unknown_and_what_is_right_is_said() -> None:
    def mine(v_c, o, negatives, U):
        loss, by_v, by_U = sampling_vectorised(v_c, o, negatives, U)
        return loss, 1.001 * by_v, by_U

    report = check.negative_sampling(mine)
    assert (report.right, report.unknown, report.mistakes) == (False, True, ())
    assert report.parts == {"loss": True, "v_c": False, "U": True}
    assert "unknown (in the gradient by v_c)" in str(report)
    assert "the loss, the gradient by U are right" in str(report)


def test_the_report_shows_a_small_example_and_the_formula() -> None:
    report = check.negative_sampling(writings.SAMPLING["repeats counted once"][0])
    assert report.example.round
    assert report.example.arguments["negatives"].tolist() == [1, 1]
    assert report.formula.statement == "h"
    assert str(report).splitlines()[:1] == ["negative_sampling: not right."]
    assert "U = [[1, 0], [0.5, -1], [0, 0.5]]" in str(report)
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert told["mistakes"][0]["name"] == "repeats counted once"
    assert told["example"]["negatives"] == [1, 1]


def test_infinite_numbers_are_told_as_texts() -> None:
    report = check.naive_softmax(writings.SOFTMAX["log of softmax"][0])
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["results"] == {"loss": "inf"}


def test_one_minus_sigmoid_is_a_remark() -> None:
    report = check.negative_sampling(sampling_vectorised)
    assert report.right
    assert [each.name for each in report.remarks] == ["one minus sigmoid"]
    assert not check.negative_sampling(SAMPLING[0]).remarks


def test_a_slope_at_zero_is_a_remark() -> None:
    assert check.relu_gradient(lambda x: x >= 0).right
    assert check.relu_gradient(lambda x: x >= 0).remarks
    assert not check.relu_gradient(lambda x: x > 0).remarks


def zero(v_c, o, negatives, U):
    return 0.0, 0 * v_c, 0 * U


def random(v_c, o, negatives, U):
    return sampling_vectorised(v_c, o, np.random.default_rng().integers(0, 3, 5), U)


def writes_on_U(v_c, o, negatives, U):
    results = sampling_vectorised(v_c, o, negatives, U)
    U[o] += 1
    return results


@pytest.mark.parametrize(
    ("mine", "name"),
    [
        (zero, "everything is zero"),
        (random, "random draws inside"),
        (writes_on_U, "arguments changed"),
    ],
)
def test_what_only_calling_shows(mine, name) -> None:
    report = check.negative_sampling(mine)
    assert (report.right, names(report), report.unknown) == (False, [name], False)


def test_lists_that_are_written_on() -> None:
    def mine(v_c, o, negatives, U):
        negatives.append(o)
        return 1.0

    assert "arguments changed" in names(check.negative_sampling(mine, arrays="list"))


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (lambda v_c, o, U: 1.0, "TypeError"),
        (lambda *a: None, "it returned None, as a function without a return statement does"),
        (lambda *a: "1.0 nats", "it returned a str"),
        (lambda *a: 1j, "complex128"),
        (lambda *a: {"loss": 1.0, "speed": 2.0}, "the key 'speed'"),
        (lambda *a: np.float16(1), "float16"),
        (lambda *a: (1.0, np.ones((1, 2)), np.ones((3, 2))), "v_c has shape [1, 2]; expected [2]"),
        (lambda *a: (1.0, 2.0, 3.0, 4.0), "it returned 4 results"),
        (lambda *a: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_sentence(mine, said) -> None:
    report = check.negative_sampling(mine)
    assert said in report.trouble
    assert not report.right
    assert "cannot be checked" in str(report)
    assert "v_c = [1, 2]" in str(report)


def test_nan_is_wrong() -> None:
    report = check.naive_softmax(lambda v_c, o, U: np.nan)
    assert (report.right, report.unknown) == (False, False) or report.unknown


def test_what_is_no_function_or_no_pair_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a function; got float"):
        check.sigmoid(1.0)
    with pytest.raises(ValueError, match="pair_loss must be one of negative-sampling"):
        check.cbow(zero, pair_loss="glove")


def test_windows_and_bags() -> None:
    def window(c, outside, V, U):
        loss, by_V, by_U = 0, np.zeros_like(V), np.zeros_like(U)
        for o in outside:
            one, (by_v, table) = softmax_vectorised(V[c], o, U)
            loss, by_U = loss + one, by_U + table
            by_V[c] += by_v
        return loss, by_V, by_U

    def gradients_alone(*arguments):
        return [*window(*arguments)[1:]]  # of one shape: a list of them could be taken for an array

    def bag(o, context, V, U, negatives):
        loss, by_h, by_U = sampling_vectorised(V[context].mean(0), o, negatives, U)
        by_V = np.zeros_like(V)
        np.add.at(by_V, context, by_h)
        return loss, by_V, by_U

    assert check.skip_gram(window, pair_loss="naive-softmax").right
    report = check.skip_gram(gradients_alone, pair_loss="naive-softmax")
    assert (report.right, set(report.parts)) == (True, {"V", "U"})
    assert names(check.cbow(bag)) == ["gradient of the mean not divided"]


@pytest.mark.parametrize("gradient", [*product((False, True), repeat=2)], ids=str)
def test_parts_are_told_apart_by_their_shapes(gradient) -> None:
    def mine(*arguments):
        loss, by_v, by_U = sampling_vectorised(*arguments)
        found = [part for part, wanted in zip((by_v, by_U), gradient, strict=True) if wanted]
        return tuple(found) or loss

    report = check.negative_sampling(mine)
    assert report.right
    wanted = {part for part, given in zip(("v_c", "U"), gradient, strict=True) if given}
    assert set(report.parts) == (wanted or {"loss"})


def cut_softmax(shift):
    def mine(v_c, o, U):
        z = U @ v_c
        odds = np.exp(z - shift(z))
        p = odds / odds.sum()
        loss = shift(z) + np.log(odds.sum()) - z[o]
        p[o] -= 1
        return loss, U.T @ p, np.outer(p, v_c)

    return mine


@pytest.mark.parametrize(
    "shift", [lambda z: max(0, z.max()), lambda z: np.abs(z).max(), lambda z: z[:-1].max()]
)
def test_a_shift_that_is_not_the_largest_score(shift) -> None:
    assert check.naive_softmax(cut_softmax(np.max)).right
    assert not check.naive_softmax(cut_softmax(shift)).right


@pytest.mark.parametrize(
    "draws",
    [
        lambda drawn: drawn[:4],
        lambda drawn: drawn if len(drawn) > 1 else drawn[:0],
        lambda drawn: drawn[: len(drawn) // 2 * 2],
        lambda drawn: [w for i, w in enumerate(drawn) if list(drawn[:i]).count(w) < 2],
    ],
)
def test_what_is_wrong_for_some_numbers_of_negatives(draws) -> None:
    def mine(v_c, o, negatives, U):
        return sampling_vectorised(v_c, o, np.array(draws(negatives), int), U)

    assert not check.negative_sampling(mine).right


@pytest.mark.parametrize("divisor", [lambda words, V: V.shape[1], lambda words, V: 3])
def test_the_length_of_a_vector_is_not_the_number_of_words(divisor) -> None:
    def bag(o, context, V, U, negatives, by=lambda words, V: len(words)):
        n = by(context, V)
        loss, by_h, by_U = sampling_vectorised(V[context].sum(0) / n, o, negatives, U)
        by_V = np.zeros_like(V)
        np.add.at(by_V, context, by_h / n)
        return loss, by_V, by_U

    def window(c, outside, V, U, negatives, first=None):
        loss, by_V, by_U = 0, np.zeros_like(V), np.zeros_like(U)
        for o, drawn in list(zip(outside, negatives, strict=True))[:first]:
            one, by_v, table = sampling_vectorised(V[c], o, drawn, U)
            loss, by_U = loss + one, by_U + table
            by_V[c] += by_v
        return loss, by_V, by_U

    assert check.cbow(bag).right
    assert not check.cbow(lambda *given: bag(*given, by=divisor)).right
    assert check.skip_gram(window).right
    assert not check.skip_gram(lambda *given: window(*given, first=divisor(*given[1:3]))).right


def test_what_is_returned_may_be_written_on_later() -> None:
    held: dict = {}

    def mine(v_c, o, negatives, U):
        loss, by_v, by_U = sampling_vectorised(v_c, o, negatives, U)
        table = held.setdefault(U.shape, np.zeros(U.shape))
        table[:] = by_U
        return loss, by_v, table

    assert check.negative_sampling(mine).right


def test_small_faults_in_single_precision() -> None:
    def mine(v_c, o, U):
        loss, (by_v, by_U) = softmax_vectorised(v_c.astype(np.float32), o, U.astype(np.float32))
        return np.float32(loss), by_v, by_U + np.float32(1e-5)

    assert not check.naive_softmax(mine).right


@pytest.mark.parametrize("nothing", [(), {}])
def test_a_result_without_anything_in_it(nothing) -> None:
    assert "in which there is nothing" in check.negative_sampling(lambda *a: nothing).trouble


def plain(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("of_negatives", "expected"),
    [
        (lambda z: -np.log(plain(z)).sum(), ["negatives as positives"]),
        (lambda z: -np.log(plain(-z)).mean(), ["mean over the negatives", "log of sigmoid"]),
        (lambda z: -np.log(plain(-z[:-1])).sum(), ["last draw lost", "log of sigmoid"]),
        (lambda z: -np.log(1 - plain(z)).sum(), ["log of sigmoid"]),
    ],
)
def test_wrong_formulas_by_the_log_of_the_sigmoid(of_negatives, expected) -> None:
    """As people write them first."""

    def mine(v_c, o, negatives, U):
        return -np.log(plain(U[o] @ v_c)) + of_negatives(U[negatives] @ v_c)

    report = check.negative_sampling(mine)
    assert (names(report), report.unknown) == (expected, False)


def test_without_negatives_a_right_function_may_fail() -> None:
    """It is right, and that is said of it."""

    def stacks(v_c, o, negatives, U):
        rows = np.stack([U[w] for w in negatives])
        return np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, rows @ v_c).sum()

    def gives_up(v_c, o, negatives, U):
        return sampling_vectorised(v_c, o, negatives, U)[0] if len(negatives) else 0.0

    def divides(v_c, o, negatives, U):
        return np.logaddexp(0, -U[o] @ v_c) + np.mean(
            len(negatives) * np.logaddexp(0, U[negatives] @ v_c)
        )

    for mine in (stacks, gives_up, divides):
        report = check.negative_sampling(mine)
        assert (report.right, [each.name for each in report.remarks]) == (True, ["no negatives"])
        assert "but: no negatives. Without negatives it fails" in str(report)
    assert not check.negative_sampling(SAMPLING[0]).remarks
    wrong = check.negative_sampling(writings.SAMPLING["mean over the negatives"][0])
    assert (names(wrong), wrong.remarks) == (["mean over the negatives"], ())


def test_windows_and_bags_without_negatives() -> None:
    def window(c, outside, V, U, negatives, empty=0):
        if not np.size(negatives):
            return empty
        found = zip(outside, negatives, strict=True)
        return sum(sampling_vectorised(V[c], o, drawn, U)[0] for o, drawn in found)

    def bag(o, context, V, U, negatives):
        assert len(negatives)
        return sampling_vectorised(V[context].mean(0), o, negatives, U)[0]

    for report in (check.skip_gram(window), check.cbow(bag)):
        assert (report.right, [each.name for each in report.remarks]) == (True, ["no negatives"])


def in_v_c(by_v):
    """The softmax with another way to the gradient by v_c."""

    def mine(v_c, o, U):
        loss, (_, by_U) = softmax_vectorised(v_c, o, U)
        p = np.exp(U @ v_c - np.logaddexp.reduce(U @ v_c))
        return loss, by_v(U, p, o), by_U

    return mine


def by_loops(U, p, o):
    d = U.shape[1]
    return [sum(U[i][w] * (p[w] - (w == o)) for w in range(len(U))) for i in range(d)]


TRANSPOSED = (
    in_v_c(lambda U, p, o: U @ (p - np.eye(len(U))[o])),
    in_v_c(lambda U, p, o: np.dot(U, p) - U[:, o]),
    in_v_c(by_loops),
    lambda v_c, o, U: {"dv": (np.eye(len(U))[o] - softmax_p(U @ v_c)) @ -U.T},
)


def softmax_p(z):
    return np.exp(z - np.logaddexp.reduce(z))


@pytest.mark.parametrize("mine", TRANSPOSED)
@pytest.mark.parametrize("graded", [False, True])
def test_what_fails_unless_tables_are_square_has_a_name(mine, graded) -> None:
    """32 of the mistakes: U for its transpose, which is silent where V = d."""
    if graded:
        grade = check.grade({"naive_softmax": mine}, {"naive_softmax": {"b1": 1}}, seed=5)
        assert [mark.says for mark in grade.marks] == ["U transposed in v_c"]
        return
    report = check.naive_softmax(mine)
    assert (names(report), report.unknown, report.trouble) == (["U transposed in v_c"], False, "")
    assert report.example.square
    assert report.example.round


def test_windows_and_bags_whose_pair_fails_unless_tables_are_square() -> None:
    def window(c, outside, V, U):
        by_V = np.zeros_like(V)
        for o in outside:
            by_V[c] += TRANSPOSED[0](V[c], o, U)[1]
        return {"V": by_V}

    def bag(o, context, V, U):
        loss, by_h, by_U = TRANSPOSED[1](V[context].mean(0), o, U)
        by_V = np.zeros_like(V)
        np.add.at(by_V, context, np.array(by_h) / len(context))
        return loss, by_V, by_U

    for report in (
        check.skip_gram(window, pair_loss="naive-softmax"),
        check.cbow(bag, pair_loss="naive-softmax"),
    ):
        assert (names(report), report.unknown) == (["U transposed in v_c"], False)


def test_words_in_columns_are_seen() -> None:
    for mine in (sampling_vectorised, SAMPLING[0], lambda *a: sampling_vectorised(*a)[0]):
        report = check.negative_sampling(in_the_other(mine))
        assert names(report) == ["words in columns"], str(report)
    report = check.naive_softmax(in_the_other(softmax_of))
    assert names(report) == ["words in columns"]


def in_the_other(function):
    """The same of a table whose words are columns, whatever it returns."""

    def of(*arguments):
        result = function(*arguments[:-1], arguments[-1].T)
        return (*result[:-1], np.transpose(result[-1])) if isinstance(result, tuple) else result

    return of


def test_what_fails_for_another_reason_is_told_as_before() -> None:
    def mine(v_c, o, U):
        if len(U) != len(v_c):
            raise ValueError("square")
        return softmax_vectorised(v_c, o, U)

    assert check.naive_softmax(mine).trouble == "it raised ValueError: square"


def by_differences(dtype, h):
    def loss(v_c, o, negatives, U):
        return np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).sum()

    def mine(v_c, o, negatives, U):
        v, table = v_c.astype(dtype), U.astype(dtype)
        steps = dtype(h) * np.eye(len(v), dtype=dtype)
        ends = [(loss(v + e, o, negatives, table), loss(v - e, o, negatives, table)) for e in steps]
        return {"dv_c": np.array([(above - below) / dtype(2 * h) for above, below in ends])}

    return mine


def test_differences() -> None:
    """61 of the mistakes: what is said of it on the page."""
    assert check.negative_sampling(by_differences(np.float64, 1e-5)).right
    report = check.negative_sampling(by_differences(np.float32, 1e-3))
    assert (report.right, report.unknown, report.mistakes) == (False, True, ())
