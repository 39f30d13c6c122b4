"""Evaluations: against a slow reading of their definitions, and against gensim's."""

import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jw2v import WordVectors, evaluate
from jw2v.evaluate import scores
from jw2v.evaluate.questions import read_analogies, read_pairs
from jw2v.vectors import neighbours

Write = Callable[[str | bytes], Path]
METHODS = ("add", "mul")


@pytest.fixture
def family() -> WordVectors:
    words = ("man", "king", "woman", "queen", "King", "pear", "QUEEN")
    rows = [[0, 1, 0], [1, 1, 0], [0, -1, 0], [1, -1, 0], [1, -1.2, 0], [0, 0, 1], [-1, 0, 0]]
    return WordVectors(words, np.array(rows, np.float32) + np.float32(0.01))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


class TestPairs:
    CONTENT = "man\tking\t3\nMan\tplum\t9\nwoman\tQueen\t5\npear\tman\t1\n"

    def test_the_definition(self, file: Write, family: WordVectors) -> None:
        found = evaluate.word_pairs(family, file(self.CONTENT))
        pairs = [("man", "king"), ("woman", "queen"), ("pear", "man")]
        cosines = [cosine(*family[[a, b]].astype(float)) for a, b in pairs]
        assert (found.name, found.pairs, found.unknown) == ("text.txt", 4, 1)
        assert found.pearson == pytest.approx(np.corrcoef(cosines, [3, 5, 1])[0, 1])
        # The cosines rank 3, 2, 1 and the judgements 2, 3, 1.
        assert found.spearman == pytest.approx(0.5)

    def test_unknown_pairs_may_count(self, file: Write, family: WordVectors) -> None:
        found = evaluate.word_pairs(family, file(self.CONTENT), count_unknown=True)
        assert (found.pairs, found.unknown) == (4, 1)
        # The cosines rank 4, 1 (unknown, 0), 3, 2 and the judgements 2, 4, 3, 1.
        assert found.spearman == pytest.approx(-0.4)

    def test_case_and_restriction(self, file: Write, family: WordVectors) -> None:
        path = file(self.CONTENT)
        assert evaluate.word_pairs(family, path, ignore_case=False).unknown == 2
        assert evaluate.word_pairs(family, path, restrict_vocab=5).unknown == 2
        assert evaluate.word_pairs(family, path, restrict_vocab=None).unknown == 1

    def test_words_with_themselves_are_equally_alike(self, file: Write) -> None:
        """Rounding gives nine cosines for these, which would rank the pairs by chance."""
        rows = np.random.default_rng(0).normal(size=(200, 50)).astype(np.float32)
        vectors = WordVectors(tuple(f"w{i}" for i in range(200)), rows)
        same = "".join(f"w{i}\tW{i}\t{i}\n" for i in range(200))
        assert math.isnan(evaluate.word_pairs(vectors, file(same)).spearman)
        zero = WordVectors(("a", "b", "c"), np.array([[0.0], [2.0], [-1.0]]))
        found = evaluate.word_pairs(zero, file("a\ta\t2\nb\tb\t3\nb\tc\t1\n"))
        assert found.spearman == 1

    def test_nothing_known(self, file: Write, family: WordVectors) -> None:
        found = evaluate.word_pairs(family, file("plum\tfig\t3\nfig\tnut\t2\n"))
        assert math.isnan(found.spearman)
        assert math.isnan(found.pearson)
        assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == {
            "name": "text.txt",
            "spearman": None,
            "pearson": None,
            "pairs": 2,
            "unknown": 2,
        }


class TestAnalogies:
    CONTENT = (
        ": family\nman king woman queen\nman king woman Pear\nman KING plum fig\n"
        ": others\nwoman queen man king\nqueen king woman king\n: none\n"
    )

    @pytest.mark.parametrize("method", METHODS)
    def test_sections_and_totals(self, file: Write, family: WordVectors, method: str) -> None:
        found = evaluate.analogies(family, file(self.CONTENT), method=method)
        counts = [(s.name, s.questions, s.unknown, s.asked, s.correct) for s in found.sections]
        # A word of the question is never the answer, and an answer of none is never right.
        assert counts == [("family", 3, 1, 2, 1), ("others", 2, 0, 2, 1), ("none", 0, 0, 0, 0)]
        assert found.total == evaluate.Section(
            name="total", questions=5, unknown=1, asked=4, correct=2
        )
        assert found.total.accuracy == 0.5
        assert math.isnan(found.sections[2].accuracy)
        written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert written["method"] == method
        assert [s["accuracy"] for s in written["sections"]] == [0.5, 0.5, None]
        assert written["total"]["correct"] == 2

    def test_unknown_questions_may_count(self, file: Write, family: WordVectors) -> None:
        found = evaluate.analogies(family, file(self.CONTENT), count_unknown=True)
        assert (found.total.asked, found.total.correct, found.total.unknown) == (5, 2, 1)

    def test_case(self, file: Write, family: WordVectors) -> None:
        path = file("Man King Woman Queen\n")
        [section] = evaluate.analogies(family, path).sections
        assert section.correct == 1, "King, nearest of all, is a word of the question"
        [section] = evaluate.analogies(family, path, ignore_case=False).sections
        assert section.unknown == 1
        [section] = evaluate.analogies(
            family, file("man king woman queen\n"), ignore_case=False
        ).sections
        assert (section.asked, section.correct) == (1, 0), "here King is another word"

    def test_a_question_that_leaves_no_answer(self, file: Write, family: WordVectors) -> None:
        path = file("man man man man\n")
        assert evaluate.analogies(family, path, restrict_vocab=1).total.correct == 0

    @given(st.lists(st.tuples(*[st.sampled_from("abcdef")] * 4), max_size=20), st.integers(1, 7))
    def test_questions_share_words_in_bounded_memory(self, words: list, most: int) -> None:
        questions = [scores._Asked(0, *four) for four in words]
        groups = list(scores._groups(questions, most))
        assert [question for group in groups for question in group] == questions
        sizes = [len({word for question in group for word in question[1:4]}) for group in groups]
        for group, size in zip(groups, sizes, strict=True):
            assert size <= most or len(group) == 1
        for group, after in pairwise(groups):
            both = {word for question in (*group, after[0]) for word in question[1:4]}
            assert len(both) > most, "a group is as large as can be"

    @given(
        words=st.lists(st.text("abAB", min_size=1, max_size=2), min_size=4, unique=True),
        seed=st.integers(0, 99),
        method=st.sampled_from(METHODS),
        ignore_case=st.booleans(),
        first=st.none() | st.integers(1, 9),
        held=st.integers(1, 40),
    )
    def test_the_definition(
        self, file: Write, words: list, seed: int, method: str, ignore_case: bool, first, held: int
    ) -> None:
        rng = np.random.default_rng(seed)
        vectors = WordVectors(tuple(words), rng.normal(size=(len(words), 2)))
        asked = [rng.choice([*words, "aBA"], 4).tolist() for _ in range(9)]
        path = file("\n".join(map(" ".join, asked)))
        with mock.patch.object(neighbours, "_ANSWERS", held):
            [found] = evaluate.analogies(
                vectors, path, method=method, ignore_case=ignore_case, restrict_vocab=first
            ).sections

        key = str.upper if ignore_case else str
        allowed = vectors.words[:first]
        meant = {key(word): word for word in reversed(allowed)}
        known = [[key(w) for w in q] for q in asked if all(key(w) in meant for w in q)]
        correct = 0
        for a, b, c, d in known:
            first_of_all = vectors[meant[a]] if a in (b, c) else meant[a]
            answers = vectors.analogy(
                first_of_all, meant[b], meant[c], len(words), method=method, restrict_vocab=first
            )
            right = [key(word) for word, _ in answers if key(word) not in (a, b, c)]
            correct += right[:1] == [d]
        assert (found.questions, found.asked, found.correct) == (9, len(known), correct)

    @pytest.mark.usefixtures("unchecked")
    def test_what_is_no_option(self, file: Write, family: WordVectors) -> None:
        path = file("a b c 1")
        with pytest.raises(ValueError, match="'add' or 'mul', got 'max'"):
            evaluate.analogies(family, path, method="max")
        for judge in (evaluate.analogies, evaluate.word_pairs):
            with pytest.raises(ValueError, match="restrict_vocab must be a whole number"):
                judge(
                    family,
                    file("a b 1" if judge is evaluate.word_pairs else "a b c d"),
                    restrict_vocab=0,
                )


def learnt(shared_data: Path) -> WordVectors:
    """Vectors for words of the files that answer some of the questions, and know most."""
    rng = np.random.default_rng(0)
    dim, known = 24, {}

    def unit() -> np.ndarray:
        drawn = rng.normal(size=dim)
        return drawn / np.sqrt(drawn @ drawn)

    for name in ("wordsim353.tsv", "simlex999.txt"):
        for a, b, score in read_pairs(shared_data / "eval" / name):
            first = known.setdefault(a, unit())
            known.setdefault(b, first * score / 10 + unit() * (1 - score / 20))
    for section in read_analogies(shared_data / "eval" / "questions-words.txt"):
        relation = unit()
        for pair in section.analogies:
            for a, b in (pair[:2], pair[2:]):
                known.setdefault(
                    b.lower(), known.setdefault(a.lower(), unit()) + relation + 0.5 * unit()
                )
    words = [word for word in known if rng.random() > 0.03]
    rows = [known[word] for word in words]
    # Words that differ in case only, before and after the first of them.
    for word in rng.choice(words, 60, replace=False).tolist():
        place = int(rng.integers(len(words)))
        words.insert(place, word.title() if word != word.title() else word.upper())
        rows.insert(place, known[word] + 0.3 * unit())
    kept = dict(zip(words, rows, strict=True))
    return WordVectors(tuple(kept), np.array(list(kept.values()), np.float32))


@pytest.fixture(scope="module")
def ours(shared_data: Path) -> WordVectors:
    return learnt(shared_data)


@pytest.fixture(scope="module")
def theirs(ours: WordVectors):
    keyedvectors = pytest.importorskip("gensim.models.keyedvectors")
    theirs = keyedvectors.KeyedVectors(ours.dim)
    theirs.add_vectors(list(ours.words), ours.vectors)
    return theirs


class TestGensimSaysTheSame:
    @pytest.mark.parametrize("name", ["wordsim353.tsv", "simlex999.txt"])
    @pytest.mark.parametrize("restrict", [300_000, 900])
    @pytest.mark.parametrize("ignore_case", [True, False])
    @pytest.mark.parametrize("count_unknown", [True, False])
    def test_pairs(
        self, ours, theirs, shared_data, name, restrict, ignore_case, count_unknown
    ) -> None:
        path = shared_data / "eval" / name
        found = evaluate.word_pairs(
            ours,
            path,
            restrict_vocab=restrict,
            ignore_case=ignore_case,
            count_unknown=count_unknown,
        )
        pearson, spearman, unknown = theirs.evaluate_word_pairs(
            str(path),
            restrict_vocab=restrict,
            case_insensitive=ignore_case,
            dummy4unknown=count_unknown,
        )
        assert found.pearson == pytest.approx(pearson[0], abs=1e-6)
        assert found.spearman == pytest.approx(spearman[0], abs=1e-6)
        assert 100 * found.unknown / found.pairs == pytest.approx(unknown)
        assert 0.1 < found.spearman < 0.95
        assert found.unknown

    @pytest.mark.parametrize(
        ("restrict", "ignore_case", "count_unknown"),
        [(300_000, True, False), (1500, True, True), (300_000, False, False)],
    )
    def test_analogies(
        self, ours, theirs, shared_data, restrict, ignore_case, count_unknown
    ) -> None:
        path = shared_data / "eval" / "questions-words.txt"
        found = evaluate.analogies(
            ours,
            path,
            restrict_vocab=restrict,
            ignore_case=ignore_case,
            count_unknown=count_unknown,
        )
        score, sections = theirs.evaluate_word_analogies(
            str(path),
            restrict_vocab=restrict,
            case_insensitive=ignore_case,
            dummy4unknown=count_unknown,
        )
        assert found.total.accuracy == pytest.approx(score, abs=1e-6)
        expected = [
            (s["section"], len(s["correct"]), len(s["correct"]) + len(s["incorrect"]))
            for s in sections[:-1]
        ]
        assert [(s.name, s.correct, s.asked) for s in found.sections] == expected
        assert 0.1 < found.total.accuracy < 0.95
        assert found.total.unknown


@pytest.mark.parametrize("table", [np.zeros((4, 2)), np.ones((4, 2))])
@pytest.mark.parametrize("method", ["add", "mul"])
def test_of_equal_words_none_is_the_answer(table: np.ndarray, method: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.txt"
    path.write_text(": all\nb c d a\n", encoding="utf-8")
    five = np.concatenate([table, table[:1]])
    found = evaluate.analogies(WordVectors(tuple("abcde"), five), path, method=method)
    assert found.total.accuracy == 0
