"""How often the checker is wrong: false alarms, mistakes without a name, pairs of mistakes.

    python benchmarks/fuzz_check.py --variants 10000 --seeds 100

- Right variants: negative sampling and the naive softmax, each time written by a random choice of
  ways (order of summation, loops or matrices, precision, layout, what is returned), on random
  examples. Each that is not called right is a false alarm.
- Every way to make every mistake of every subject: each should be named, alone. So should those
  that fail unless there are as many words as numbers in a vector: only such examples tell.
- Every pair of mistakes of which one changes the loss alone and the other a gradient alone: both
  should be named.

The results are those of programs that the checker computes itself; benchmarks/strangers.py measures
writings by others.
"""

import argparse
import collections
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, get_args

import numpy as np

from jw2v.check import judging, subjects
from jw2v.check.calling import Outcome, call
from jw2v.check.records import Mistake, Pieces, Subject
from jw2v.check.report import Report
from jw2v.choices import CheckedPair

Function = Callable[..., Any]


def sampling(rng: np.random.Generator, dtype: Any, loops: bool) -> Function:
    """Negative sampling, written right in one of many ways."""
    complement, counts, stable = rng.random(3) < 0.5

    def mine(v_c: Any, o: int, negatives: Any, U: Any) -> tuple[Any, Any, Any]:
        v, table = v_c.astype(dtype), U.astype(dtype)
        words = rng_order.permutation(len(negatives) + 1)
        listed = [(o, 1), *((int(w), -1) for w in negatives)]
        listed = [listed[number] for number in words]
        if counts and not loops:
            count = np.bincount(negatives, minlength=len(U))
            z = table @ v
            slope = (count * logistic(z)).astype(dtype)
            slope[o] -= logistic(-z[o])
            J = np.logaddexp(dtype(0), -z[o]) + (count * np.logaddexp(dtype(0), z)).sum()
            return dtype(J), slope @ table, np.outer(slope, v)
        J, by_v, by_U = dtype(0), np.zeros_like(v), np.zeros_like(table)
        for word, sign in listed:
            score = dtype(sum(a * b for a, b in zip(table[word], v, strict=True)))
            score = score if loops else table[word] @ v
            x = sign * score
            J += softplus(-x) if stable else np.logaddexp(dtype(0), -x)
            slope = -sign * (1 - logistic(x) if complement else logistic(-x))
            by_v += dtype(slope) * table[word]
            by_U[word] += dtype(slope) * v
        return dtype(J), by_v, by_U

    rng_order = np.random.default_rng(0)
    return mine


def softmax(rng: np.random.Generator, dtype: Any, loops: bool) -> Function:
    """The naive softmax, written right in one of many ways."""
    logs, transposed = rng.random(2) < 0.5

    def mine(v_c: Any, o: int, U: Any) -> tuple[Any, Any, Any]:
        v, table = v_c.astype(dtype), U.astype(dtype)
        z = np.array([u @ v for u in table]) if loops else table @ v
        top = z.max()
        log_p = z - np.logaddexp.reduce(z) if logs else z - top - np.log(np.exp(z - top).sum())
        error = np.exp(log_p)
        error[o] -= 1
        by_v = table.T @ error if transposed else (error[:, None] * table).sum(0)
        return -log_p[o], by_v, error[:, None] * v

    return mine


def logistic(x: Any) -> Any:
    """The logistic function, as most people write it."""
    return 1 / (1 + np.exp(-x))


def softplus(x: Any) -> Any:
    """log(1 + e^x), by cases."""
    return x + np.log1p(np.exp(-x)) if x > 0 else np.log1p(np.exp(x))


def returned(rng: np.random.Generator, function: Function, columns: bool) -> Function:
    """The same function, whose results come in another form or layout."""
    form = rng.integers(5)

    def mine(*arguments: Any) -> Any:
        *rest, U = arguments
        loss, by_v, by_U = function(*rest, U.T if columns else U)
        by_U = by_U.T if columns else by_U
        return (
            (loss, by_v, by_U),
            (loss, (by_v, by_U)),
            {"loss": loss, "grad_v_c": by_v, "dU": by_U},
            loss,
            [float(loss), by_v.tolist(), by_U.tolist()],
        )[form]

    return mine


def false_alarms(variants: int, seeds: int, hidden: bool) -> None:
    """Right functions that are not called right."""
    alarms: collections.Counter[str] = collections.Counter()
    for number in range(variants):
        rng = np.random.default_rng(number)
        subject = (subjects.NEGATIVE_SAMPLING, subjects.NAIVE_SOFTMAX)[number % 2]
        subject = subject.graded if hidden else subject
        dtype = (np.float64, np.float32)[rng.integers(2)]
        loops, columns = rng.random(2) < 0.5
        write = (sampling, softmax)[number % 2]
        mine = returned(rng, write(rng, dtype, bool(loops)), bool(columns))
        seed = int(rng.integers(seeds))
        asked = judging.questions(subject, "columns" if columns else "rows", "numpy", seed)
        outcomes = [call(mine, example.arguments, reading) for example, reading in asked]
        report = judging.judge(subject, outcomes, seed)
        if not report.right:
            alarms[f"{subject.name} {dtype.__name__}: {str(report).splitlines()[:2]}"] += 1
    print(f"right variants: {variants}, false alarms: {sum(alarms.values())}")
    for said, count in alarms.most_common(5):
        print(f"  {count} {said}")


def judged(subject: Subject, pieces: Pieces, dtype: Any = np.float64) -> Report:
    """What is said of a program with such pieces."""
    asked = [example for example, _ in judging.questions(subject)]
    return judging.judge(subject, [Outcome(subject.wrong(pieces, e, dtype)) for e in asked])


def failing(subject: Subject, pieces: Pieces) -> Report:
    """What is said of a program that fails unless tables are square."""
    asked = [example for example, _ in judging.questions(subject)]
    outcomes = [
        Outcome(subject.wrong(pieces, e)) if e.square else Outcome(trouble="it fails")
        for e in asked
    ]
    return judging.judge(subject, outcomes)


def every_subject() -> Iterator[Subject]:
    """All that can be checked."""
    yield subjects.NEGATIVE_SAMPLING
    yield subjects.NAIVE_SOFTMAX
    for name in get_args(CheckedPair):
        yield subjects.skip_grams(name)
        for mean in (True, False):
            yield subjects.bags(name, mean=mean)
    yield subjects.WINDOW_WORDS
    yield subjects.WINDOW_PAIRS
    yield subjects.SIGMOID
    yield subjects.SIGMOID_GRADIENT
    yield subjects.SIGMOID_GRADIENT_OF_VALUE
    yield subjects.RELU_GRADIENT


def names(hidden: bool) -> None:
    """Each way to make each mistake, in both precisions."""
    asked: collections.Counter[str] = collections.Counter()
    fine: collections.Counter[str] = collections.Counter()
    for each_subject in every_subject():
        subject = each_subject.graded if hidden else each_subject
        precisions = (np.float64,) if subject.counted else (np.float64, np.float32)
        for (each, pieces), dtype in product(subject.forms(), precisions):
            found = [one.name for one in judged(subject, pieces, dtype).mistakes]
            asked[each.kind] += 1
            fine[each.kind] += found == [each.name]
            if found != [each.name]:
                print(f"  {subject.name}, {dtype.__name__}: {each.name} is called {found}")
        for each in subject.square:
            found = [one.name for one in failing(subject, each.forms[0]).mistakes]
            asked["square"] += 1
            fine["square"] += found == [each.name]
    for kind, count in asked.items():
        print(f"ways to make a mistake of the kind {kind}: {count}, named alone: {fine[kind]}")


def pairs() -> None:
    """One mistake in the loss alone and another in gradients alone."""
    for subject in (subjects.NEGATIVE_SAMPLING, subjects.NAIVE_SOFTMAX):
        changed = [(each, each.forms[0], changes(subject, each)) for each in subject.mistakes]
        of_loss = [(each, pieces) for each, pieces, parts in changed if parts == {"loss"}]
        of_rest = [
            (each, pieces) for each, pieces, parts in changed if parts and "loss" not in parts
        ]
        count, fine = 0, 0
        for (one, a), (other, b) in product(of_loss, of_rest):
            if a.keys() & b.keys():
                continue
            report = judged(subject, {**a, **b})
            both = {each.name for each in report.mistakes} == {one.name, other.name}
            count, fine = count + 1, fine + both
            if not both:
                found = [each.name for each in report.mistakes]
                print(f"  {subject.name}: {one.name} and {other.name} are called {found}")
        print(f"{subject.name}: pairs of mistakes: {count}, both named: {fine}")


def changes(subject: Subject, each: Mistake) -> set[str]:
    """The parts that a mistake makes wrong."""
    report = judged(subject, each.forms[0])
    return {part for part, right in report.parts.items() if not right}


def main() -> None:
    """Count, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=100, help="of the examples of right variants")
    parser.add_argument("--hidden", action="store_true", help="on the examples of jw2v grade")
    given = parser.parse_args()
    np.seterr(all="ignore")
    names(given.hidden)
    if not given.hidden:
        pairs()
    false_alarms(given.variants, given.seeds, given.hidden)


if __name__ == "__main__":
    main()
