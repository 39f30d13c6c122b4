"""How good vectors are: their cosines against human judgements, and analogies that they solve.

No questions come with jw2v. Word pairs in the format read here: WordSim-353 (Finkelstein et al.,
Placing Search in Context, 2002) and SimLex-999 (Hill et al., 2015), as the files
``wordsim353.tsv`` and ``simlex999.txt`` among the test data of gensim; MEN (Bruni et al., 2014).
Analogies: ``questions-words.txt``, which came with word2vec (Mikolov et al., Efficient Estimation
of Word Representations in Vector Space, 2013) and is among the test data of gensim too.

With the same options the figures are those of gensim's ``evaluate_word_pairs`` and
``evaluate_word_analogies``, which are also its defaults.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from jw2v.choices import RESTRICT_VOCAB, Combination
from jw2v.evaluate.correlation import pearson, spearman
from jw2v.evaluate.questions import read_analogies, read_pairs
from jw2v.reading.vocabulary import check_count
from jw2v.vectors.neighbours import three_cos, to_unit
from jw2v.vectors.words import WordVectors

__all__ = ["RESTRICT_VOCAB", "Analogies", "Pairs", "Section", "analogies", "word_pairs"]


Path: TypeAlias = str | os.PathLike[str]
Numbers: TypeAlias = npt.NDArray[np.float64]
RowsOfWords: TypeAlias = Mapping[str, Sequence[int]]


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """How cosines agree with judgements of word pairs."""

    name: str
    """of the file"""
    spearman: float
    """correlation of the ranks; NaN where fewer than two different values are left"""
    pearson: float
    """correlation of the values; NaN likewise"""
    pairs: int
    """in the file"""
    unknown: int
    """of them with a word that has no vector"""

    def to_dict(self) -> dict[str, Any]:
        """For JSON: a correlation that does not exist is None."""
        return {key: _or_none(value) for key, value in asdict(self).items()}


@dataclass(frozen=True, kw_only=True)
class Section:
    """How many questions of a section were answered well."""

    name: str
    questions: int
    """in the file"""
    unknown: int
    """of them with a word that has no vector"""
    asked: int
    """of them that count: the known ones, or all"""
    correct: int

    @property
    def accuracy(self) -> float:
        """Correct answers of those asked, 0 to 1; NaN if none was asked."""
        return self.correct / self.asked if self.asked else math.nan

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the accuracy of no questions is None."""
        return {**asdict(self), "accuracy": _or_none(self.accuracy)}


@dataclass(frozen=True, kw_only=True)
class Analogies:
    """How many analogies were solved, section by section."""

    name: str
    """of the file"""
    method: Combination
    sections: tuple[Section, ...]

    @property
    def total(self) -> Section:
        """All sections together."""
        counts = ("questions", "unknown", "asked", "correct")
        sums = {name: sum(getattr(s, name) for s in self.sections) for name in counts}
        return Section(name="total", **sums)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "method": self.method,
            "sections": [section.to_dict() for section in self.sections],
            "total": self.total.to_dict(),
        }


def word_pairs(
    vectors: WordVectors,
    path: Path,
    *,
    restrict_vocab: int | None = RESTRICT_VOCAB,
    ignore_case: bool = True,
    count_unknown: bool = False,
) -> Pairs:
    """How the cosines of word pairs correlate with the scores that people gave them.

    Args:
        vectors: what to judge.
        path: a file of pairs, see :func:`jw2v.evaluate.questions.read_pairs`.
        restrict_vocab: know the first, most frequent, so many words only; None for all.
        ignore_case: compare words in upper case; of words that differ in case only, the first, most
            frequent, stands for all.
        count_unknown: a pair with an unknown word has cosine 0, where it is left out otherwise.

    Raises:
        ValueError: the file is not one of pairs; the message names the line.
        OSError: the file is missing or cannot be read.
    """
    key = _key(ignore_case)
    pairs = [(key(a), key(b), score) for a, b, score in read_pairs(path)]
    rows = _rows(vectors, (word for a, b, _ in pairs for word in (a, b)), restrict_vocab, key)
    known = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
    both = [(rows[a][0], rows[b][0]) for a, b, _ in known]
    cosines, judged = _cosines(vectors, both), [score for _, _, score in known]
    if count_unknown:
        judged += [score for a, b, score in pairs if not (a in rows and b in rows)]
        cosines = np.append(cosines, np.zeros(len(judged) - len(cosines)))
    return Pairs(
        name=os.path.basename(path),
        spearman=spearman(judged, cosines),
        pearson=pearson(judged, cosines),
        pairs=len(pairs),
        unknown=len(pairs) - len(known),
    )


def analogies(
    vectors: WordVectors,
    path: Path,
    *,
    method: Combination = "add",
    restrict_vocab: int | None = RESTRICT_VOCAB,
    ignore_case: bool = True,
    count_unknown: bool = False,
    progress: Callable[[float], object] | None = None,
) -> Analogies:
    """How many analogies a : b = c : d the vectors solve: d must be the best of all known words.

    The words a, b and c are no answers, nor are those that differ from them in case only if case is
    ignored. (gensim looks through the five best words, and gives up where all of them are such.)

    Args:
        vectors: what to judge.
        path: a file of analogies, see :func:`jw2v.evaluate.questions.read_analogies`.
        method: ``"add"``, 3CosAdd, or ``"mul"``, 3CosMul: see
            :func:`jw2v.vectors.neighbours.three_cos`.
        restrict_vocab: know the first, most frequent, so many words only; None for all.
        ignore_case: compare words in upper case; of words that differ in case only, the first, most
            frequent, is the one asked, and all of them are right or wrong together.
        count_unknown: a question with an unknown word is answered wrongly, where it is left out
            otherwise.
        progress: is told, now and then, which part is done, from 0 to 1.

    Raises:
        ValueError: the file is not one of analogies; the message names the line. No such method.
        OSError: the file is missing or cannot be read.
    """
    if method not in get_args(Combination):
        raise ValueError(f"method must be 'add' or 'mul', got {method!r}")
    key = _key(ignore_case)
    sections = read_analogies(path)
    asked = [
        _Asked(number, *map(key, words))
        for number, section in enumerate(sections)
        for words in section.analogies
    ]
    rows = _rows(
        vectors, (word for question in asked for word in question[1:]), restrict_vocab, key
    )
    known = [question for question in asked if all(word in rows for word in question[1:])]
    tally = {name: np.zeros(len(sections), int) for name in ("questions", "known", "correct")}
    for question in asked:
        tally["questions"][question.section] += 1
    answered = _answered(vectors, known, rows, method, restrict_vocab)
    for done, (question, correct) in enumerate(answered, 1):
        tally["known"][question.section] += 1
        tally["correct"][question.section] += correct
        if progress is not None and (done % 100 == 0 or done == len(known)):
            progress(done / len(known))
    return Analogies(
        name=os.path.basename(path),
        method=method,
        sections=tuple(
            Section(
                name=section.section,
                questions=questions,
                unknown=questions - known,
                asked=questions if count_unknown else known,
                correct=correct,
            )
            for section, questions, known, correct in zip(
                sections, *(counts.tolist() for counts in tally.values()), strict=True
            )
        ),
    )


class _Asked(NamedTuple):
    section: int
    a: str
    b: str
    c: str
    d: str


def _answered(
    vectors: WordVectors,
    questions: Iterable[_Asked],
    rows: RowsOfWords,
    method: Combination,
    restrict_vocab: int | None,
) -> Iterator[tuple[_Asked, bool]]:
    """Each question, and whether it was answered well.

    Questions share words: the cosines of a word with all others are computed once for a group of
    questions, and a group is as large as bounded memory allows.
    """
    for group in _groups(questions, vectors.directions.at_once(restrict_vocab)):
        words = list(dict.fromkeys(word for question in group for word in question[1:4]))
        units = to_unit(vectors.vectors[[rows[word][0] for word in words]])
        cosines = dict(zip(words, vectors.directions.cosines(units, restrict_vocab), strict=True))
        for question in group:
            _, a, b, c, d = question
            scores = three_cos(cosines[a], cosines[b], cosines[c], method)
            scores[[row for word in (a, b, c) for row in rows[word]]] = -np.inf
            # Of equal ones, as of vectors that are all zero, none is the answer.
            found = np.flatnonzero(scores == scores.max())
            yield question, d not in (a, b, c) and set(found.tolist()) <= {*rows[d]}
        del cosines  # before the next ones, which are as many


def _groups(questions: Iterable[_Asked], most: int) -> Iterator[list[_Asked]]:
    """Runs of questions that ask about at most so many words, or else of one question."""
    group: list[_Asked] = []
    words: set[str] = set()
    for question in questions:
        new = {*question[1:4]} - words
        if group and len(words) + len(new) > most:
            yield group
            group, words, new = [], set(), {*question[1:4]}
        group.append(question)
        words |= new
    if group:
        yield group


def _key(ignore_case: bool) -> Callable[[str], str]:
    return str.upper if ignore_case else str


def _rows(
    vectors: WordVectors,
    words: Iterable[str],
    restrict_vocab: int | None,
    key: Callable[[str], str],
) -> RowsOfWords:
    """The rows that each of the words may mean, first the most frequent; only of known words."""
    if restrict_vocab is not None:
        check_count("restrict_vocab", restrict_vocab)
    needed = set(words)
    rows: dict[str, list[int]] = {}
    for row, word in enumerate(vectors.words[:restrict_vocab]):
        if (known := key(word)) in needed:
            rows.setdefault(known, []).append(row)
    return rows


def _cosines(vectors: WordVectors, pairs: Sequence[tuple[int, int]]) -> Numbers:
    """The cosines of rows with rows. In float64, since ranks notice the last digits."""
    rows = np.array(pairs, np.intp).reshape(-1, 2).T
    one, other = (to_unit(vectors.vectors[side].astype(np.float64)) for side in rows)
    cosines: Numbers = np.einsum("ij,ij->i", one, other)
    # Of a row with itself, 1 to the last digit, or the ranks of such pairs would be of rounding.
    return np.where((rows[0] == rows[1]) & (cosines > 0), 1, cosines)


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
