"""Trained word vectors, and what can be asked of them. Asking needs no JAX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias, cast, get_args

import numpy as np
import numpy.typing as npt

from jw2v.choices import Combination, Model
from jw2v.reading.vocabulary import check_count
from jw2v.vectors import composing, distances, given, merging
from jw2v.vectors.composing import Unknown
from jw2v.vectors.given import Query, Vector
from jw2v.vectors.neighbours import Directions, best, three_cos, to_unit, wide
from jw2v.vectors.table import Table

__all__ = ["Answers", "WordVectors", "load"]

Answers: TypeAlias = list[tuple[str, float]]
"""Words and their scores, best first."""


class Limits(NamedTuple):
    """Which words may answer a question, and how many."""

    topn: int
    allowed: npt.NDArray[np.bool_]
    """of the first words; no others may"""
    least: float
    """score that an answer must have"""


@dataclass(frozen=True, eq=False, repr=False)
class WordVectors(Table):
    """Words and their vectors; the vector of a word is the row at its position.

    Attributes:
        words: distinct words, the most frequent first as trained.
        vectors: [vocab, dim], float16, float32 or float64, finite. Questions about float16 are
            answered in float32.
        metadata: how they were trained, as text.
        arrays: further arrays of the model, by name, that are no vectors of words. A model of
            hierarchical softmax has ``nodes`` and ``signs``, the tree of its first words (see
            :class:`jw2v.trees.Tree`), and ``theta``, the vectors of the tree's inner nodes.
        counts: how often each word occurs in the text, [vocab], int64; None where nobody knows.
            Training gives them, and ``.safetensors``, ``.parquet`` and ``.arrow`` keep them; from
            elsewhere they come by :meth:`with_counts`.

    Raises:
        ValueError: the shapes or types do not fit, a word occurs twice, or a vector is not finite.

    >>> vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], np.float32)
    >>> word_vectors = WordVectors(("king", "queen", "pear"), vectors)
    >>> word_vectors["pear"].tolist(), "plum" in word_vectors, len(word_vectors), word_vectors.dim
    ([0.0, 1.0], False, 3, 2)
    >>> [word for word, cosine in word_vectors.most_similar("king", topn=2)]
    ['queen', 'pear']
    >>> word_vectors[["pear", "king"]].tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    >>> word_vectors.doesnt_match(["king", "queen", "pear"])
    'pear'
    """

    def most_similar(
        self,
        positive: Query = (),
        negative: Query = (),
        topn: int = 10,
        *,
        weights: npt.ArrayLike | None = None,
        restrict_vocab: int | None = None,
        min_count: int | None = None,
        among: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        min_similarity: float | None = None,
    ) -> Answers:
        """The words nearest to the mean of some words, by cosine.

        Definition: the words w with the largest cos(u, v_w) for u the weighted mean of +v/‖v‖ over
        ``positive`` and −v/‖v‖ over ``negative``. Words of the question are not among the answers.
        The cosine with a zero vector counts as 0, and so does that with vectors that cancel. Equal
        cosines keep the order of the words.

        Args:
            positive: a word, a vector, or a list of them; a set only without weights.
            negative: likewise.
            topn: how many words to return; fewer if there are not as many.
            weights: of 0 or more, one for each of ``positive`` and then of ``negative``; all alike
                unless given.
            restrict_vocab: answer with the first, most frequent, so many words only.
            min_count: answer with words that occur at least so often, by :attr:`counts`.
            among: answer with these words only.
            exclude: do not answer with these words; some may have no vector.
            min_similarity: answer with words of at least this cosine, −1 to 1.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: nothing was asked, a word is on both sides, a vector has the wrong shape, or
                a limit is none.

        Source: Mikolov et al., Linguistic Regularities in Continuous Space Word Representations
        (2013).
        """
        limits = self._limits(topn, restrict_vocab, min_count, among, exclude, min_similarity)
        plus, minus = given.sides_of(positive, negative, weights)
        unit = self.mean_direction(plus, minus, weights)
        cosines = self.directions.cosines(unit[None], len(limits.allowed))[0]
        return self._answers(cosines, [*plus, *minus], limits)

    def mean_direction(
        self, positive: Query = (), negative: Query = (), weights: npt.ArrayLike | None = None
    ) -> Vector:
        """What :meth:`most_similar` compares with, of length 1, [dim]; 0 where vectors cancel.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: as :meth:`most_similar`.

        >>> WordVectors(("ice", "tea"), np.eye(2)).mean_direction("ice", "tea").round(3).tolist()
        [0.707, -0.707]
        """
        plus, minus = given.sides_of(positive, negative, weights)
        if not plus and not minus:
            raise ValueError("most_similar needs at least one word or vector to compare with")
        units = self._units([*plus, *minus])
        _refuse_both_sides(plus, minus)
        units[len(plus) :] *= -1
        shares = given.weights_of(weights, len(units), signed=False)
        unit: Vector = to_unit(_mean(units, None if weights is None else shares))[0]
        return unit

    def most_similar_each(
        self,
        queries: Query,
        topn: int = 10,
        *,
        restrict_vocab: int | None = None,
        min_count: int | None = None,
        among: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        min_similarity: float | None = None,
    ) -> list[Answers]:
        """The words nearest to each of many words or vectors: a list for each, in their order.

        The same as :meth:`most_similar` of each alone, up to rounding, but faster.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: a vector has the wrong shape, or a limit is none.

        >>> numbers = WordVectors(("one", "two", "six"), np.array([[1.0, 2], [2, 2], [3, 0]]))
        >>> [[word for word, _ in each] for each in numbers.most_similar_each(["one", "six"], 1)]
        [['two'], ['two']]
        """
        limits = self._limits(topn, restrict_vocab, min_count, among, exclude, min_similarity)
        first = len(limits.allowed)
        items = given.items_of(queries)
        units, at_once = self._units(items), self.directions.at_once(first)
        found = []
        for start in range(0, len(items), at_once):
            part = slice(start, start + at_once)
            cosines = self.directions.cosines(units[part], first)
            for scores, item in zip(cosines, items[part], strict=True):
                found.append(self._answers(scores, [item], limits))
        return found

    def analogy(
        self,
        a: npt.ArrayLike,
        b: npt.ArrayLike,
        c: npt.ArrayLike,
        topn: int = 10,
        *,
        method: Combination = "add",
        restrict_vocab: int | None = None,
        min_count: int | None = None,
        among: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
    ) -> Answers:
        """The words that are to c as b is to a, with their scores.

        Args:
            a: a word or a vector: man is to king as woman is to …
            b: likewise.
            c: likewise.
            topn: how many words to return.
            method: ``"add"``, 3CosAdd, which is :meth:`most_similar` of ``[b, c]`` and not ``a``,
                with its cosines as scores; or ``"mul"``, 3CosMul, in which no one of the three
                words outweighs the others: see :func:`jw2v.vectors.neighbours.three_cos`.
            restrict_vocab: answer with the first, most frequent, so many words only.
            min_count: answer with words that occur at least so often, by :attr:`counts`.
            among: answer with these words only.
            exclude: do not answer with these words; some may have no vector.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: a is also b or c, there is no such method, a vector has the wrong shape, or
                a limit is none.
        """
        if method == "add":
            return self.most_similar(
                [b, c],
                [a],
                topn,
                restrict_vocab=restrict_vocab,
                min_count=min_count,
                among=among,
                exclude=exclude,
            )
        limits = self._limits(topn, restrict_vocab, min_count, among, exclude)
        units = self._units([a, b, c])
        _refuse_both_sides([b, c], [a])
        to_a, to_b, to_c = self.directions.cosines(units, len(limits.allowed))
        return self._answers(three_cos(to_a, to_b, to_c, method), [a, b, c], limits)

    def doesnt_match(self, words: Sequence[str]) -> str:
        """The word that is the odd one out.

        Definition: the word whose vector has the smallest cosine with the mean of v/‖v‖ over all of
        the words; of equals the first.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: fewer than 3 words.
        """
        words = [words] if isinstance(words, str) else given.words_of(given.settled(words))
        if len(words) < 3:
            raise ValueError(f"expected a list of at least 3 words, got {words!r}")
        units = to_unit(self[words].astype(np.float64))
        return words[int((units @ units.mean(axis=0)).argmin())]

    def similarity(self, a: npt.ArrayLike, b: npt.ArrayLike) -> float:
        """The cosine between two words or vectors: −1 to 1, and 0 where one of them is zero."""
        one, other = self._units([a, b])
        return float(np.clip(one @ other, -1, 1))

    def similarities(self, item: npt.ArrayLike, words: Sequence[str] | None = None) -> Vector:
        """The cosines of a word or a vector with all words, [vocab], or with some, [n].

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: a vector has the wrong shape.

        >>> vectors = WordVectors(("ice", "tea", "pot"), np.array([[0.0, 2], [3, 4], [1, 0]]))
        >>> vectors.similarities("tea").tolist(), vectors.similarities("tea", ["pot"]).tolist()
        ([0.8, 1.0, 0.6], [0.6])
        """
        unit = self._units([item])
        if words is None:
            return cast("Vector", self.directions.cosines(unit)[0])
        units = to_unit(self[given.words_of(words)])
        return cast("Vector", np.clip(units @ unit[0], -1, 1))

    def n_similarity(self, some: Query, others: Query) -> float:
        """The cosine between the :meth:`mean` of some words and that of others.

        It is 0 where a mean is 0. Words and vectors count as they are, not as of length 1. A word
        may be among both, for here nothing is subtracted.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: there are none, or a vector has the wrong shape.
        """
        return self.similarity(self.mean(some), self.mean(others))

    def mean(
        self, items: Query, weights: npt.ArrayLike | None = None, *, unit: bool = False
    ) -> Vector:
        """The weighted mean of words and vectors, [dim].

        Definition: Σ wᵢ vᵢ / Σ |wᵢ|, or with ``unit`` of v/‖v‖; 0 where they cancel.

        Args:
            items: a word, a vector, or a list of them.
            weights: one for each; negative ones subtract. All alike unless given.
            unit: take vectors at length 1, as :meth:`most_similar` does.

        Returns:
            Numbers of the widest type among the vectors, at least float32.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: there are no words, a vector has the wrong shape, or weights are not one
                finite number for each, or all 0.

        >>> vectors = WordVectors(("ice", "tea"), np.array([[0.0, 2.0], [4.0, 0.0]]))
        >>> vectors.mean(["ice", "tea"]).tolist(), vectors.mean(["ice", "tea"], [3, -1]).tolist()
        ([2.0, 1.0], [-1.0, 1.5])
        """
        listed = given.items_of(items if weights is not None else given.settled(items))
        if not listed:
            raise ValueError("a mean needs at least one word or vector")
        vectors = self._vectors_of(listed)
        dtype = np.result_type(np.float32, *vectors)
        rows = to_unit(np.array(vectors, np.float64)) if unit else vectors
        return composing.mean(rows, given.weights_of(weights, len(rows))).astype(dtype)

    def sentence_vectors(
        self,
        sentences: Iterable[Sequence[str]],
        *,
        unknown: Unknown = "raise",
        sif: float | None = None,
        frequencies: Mapping[str, float] | npt.ArrayLike | None = None,
    ) -> Vector:
        """The mean of the vectors of each sentence, [n, dim], with frequent words counting less.

        Definition: 1/n Σ c(w) v_w over the n words of a sentence that count, with c(w) =
        a/(a + p(w)) for ``sif`` = a, and c(w) = 1 without it. (The paper then takes off the first
        principal component of all sentences.)

        Args:
            sentences: each a list of words, split as the text of training was.
            unknown: ``"raise"`` for words that have no vector, or ``"skip"`` them. A sentence of
                which nothing is left then has the zero vector, whose cosine with all others is 0.
            sif: a, such as 1e-3; None for plain means.
            frequencies: p(w) of each word, [vocab], or by word; unless given, its part of the
                :attr:`counts` that there are, so that other words (:meth:`subset`) have others.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: a sentence is empty or a text that is not split, ``sif`` is not above 0, or
                nothing says how frequent words are.

        Source: Arora et al., A Simple but Tough-to-Beat Baseline for Sentence Embeddings (2017).

        >>> vectors = WordVectors(("the", "tea"), np.eye(2), counts=np.array([999, 1]))
        >>> vectors.sentence_vectors([["the", "tea"], ["tea"]], sif=1e-3).round(4).tolist()
        [[0.0005, 0.25], [0.0, 0.5]]
        """
        _check_unknown(unknown)
        if frequencies is not None and sif is None:
            raise ValueError("frequencies change nothing without sif: give it too, such as 1e-3")
        if isinstance(sentences, str):
            raise ValueError(f"expected sentences, each a list of words, got {sentences[:80]!r}")
        weights = np.ones(len(self))
        if sif is not None:
            p = composing.frequencies_of(frequencies, self.counts, self.words)
            weights = composing.smooth_inverse_frequency(p, sif)
        listed = [given.words_of(given.settled(words)) for words in given.in_order(sentences)]
        if unknown == "raise":
            self._refuse_unknown(word for words in listed for word in words)
            if [] in listed:
                raise ValueError(
                    f"sentence {listed.index([])} is empty: leave it out, or give unknown='skip',"
                    " by which its vector is zero"
                )
        found = np.zeros((len(listed), self.dim), wide(self.vectors[:0]).dtype)
        for vector, words in zip(found, listed, strict=True):
            if rows := [self._rows[word] for word in words if word in self._rows]:
                vector[:] = composing.mean(self.vectors[rows], weights[rows] / len(rows))
        return found

    def word_movers_distance(
        self,
        first: Sequence[str],
        second: Sequence[str],
        *,
        unknown: Unknown = "raise",
        unit: bool = True,
    ) -> float:
        """How far the words of a sentence are, at least, from those of another: 0 or more.

        Definition: :func:`jw2v.vectors.distances.moved`: each word of a sentence of n weighs 1/n
        and is moved to words of the other, as far as their vectors are apart. Their order does not
        count. It is found to 1e-9 of the longest way between two words.

        Args:
            first: a list of words, split as the text of training was.
            second: likewise.
            unknown: ``"raise"`` for words that have no vector, or ``"skip"`` them. A sentence of
                which nothing is left is infinitely far from all others.
            unit: take vectors at length 1, as gensim does by default; False for vectors as they
                are, as in the paper.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: a sentence is empty or a text that is not split.

        Source: Kusner et al., From Word Embeddings To Document Distances (2015).

        >>> vectors = WordVectors(("ice", "tea", "pot"), np.array([[0.0, 2], [3, 4], [1, 0]]))
        >>> round(vectors.word_movers_distance(["ice", "tea"], ["tea", "pot"]), 4)
        0.7071
        """
        _check_unknown(unknown)
        sentences = [given.words_of(given.settled(words)) for words in (first, second)]
        if unknown == "raise":
            self._refuse_unknown(word for words in sentences for word in words)
            if [] in sentences:
                raise ValueError(
                    "a sentence is empty: it is no distance from anything; leave it out, or give"
                    " unknown='skip', by which it is infinitely far"
                )
        rows = [[self._rows[word] for word in words if word in self._rows] for words in sentences]
        if [] in rows:
            return np.inf
        used = sorted({*rows[0], *rows[1]})
        vectors = self.vectors[used].astype(np.float64)
        place = {row: i for i, row in enumerate(used)}
        one, other = ([place[row] for row in each] for each in rows)
        return distances.moved(one, other, to_unit(vectors) if unit else vectors)

    def predict_word(self, context: Sequence[str], topn: int = 10) -> Answers:
        """The words most probable between some others, with their probabilities.

        See :func:`jw2v.vectors.composing.predicted`. Words of the context may be among them.

        Raises:
            KeyError: words that have no vector, all of them named.
            ValueError: the context is empty, or there are no outside vectors: they are kept by
                training with ``vectors="both"``.
        """
        check_count("topn", topn)
        settings, (dim, odd) = self.settings, divmod(self.dim, 2)
        if settings.get("vectors") != "both" or odd:
            raise ValueError(
                "a word is predicted by the center vectors of others and its own outside vector;"
                " these have one vector a word, or do not say that they have both: train with"
                " vectors='both' (jw2v train --vectors both), and save as .safetensors, .parquet or"
                " .arrow"
            )
        replaced = {*settings, *merging.settings_of(self.metadata, "own")}
        if own := {"pair_loss", "row_loss"} & replaced:
            raise ValueError(
                f"these were learnt by a {own.pop()} of one's own, of which nothing says what it"
                " predicts: jw2v.vectors.composing.predicted is the softmax of products"
            )
        words = self[[context] if isinstance(context, str) else context]
        if not len(words):
            raise ValueError("expected at least one word around the one to predict, got none")
        model = cast("Model", settings.get("model", "skip-gram"))
        p = composing.predicted(words[:, :dim], self.vectors[:, dim:], model)
        return [(self.words[row], float(p[row])) for row in best(p, min(topn, len(p)))]

    @cached_property
    def directions(self) -> Directions:
        """What answers questions: the lengths of the vectors, found when the first is asked."""
        return Directions(self.vectors)

    def _limits(
        self,
        topn: int,
        restrict_vocab: int | None,
        min_count: int | None,
        among: Iterable[str] | None,
        exclude: Iterable[str],
        min_similarity: float | None = None,
    ) -> Limits:
        check_count("topn", topn)
        if restrict_vocab is not None:
            check_count("restrict_vocab", restrict_vocab)
        allowed = np.ones(len(self), bool)
        if min_count is not None:
            check_count("min_count", min_count)
            if self.counts is None:
                raise ValueError(
                    "min_count needs to know how often each word occurs, and these vectors have no"
                    " counts: take restrict_vocab, if the most frequent words come first"
                )
            allowed &= self.counts >= min_count
        if among is not None:
            chosen = self._rows_of(given.some_words(among))
            allowed[np.setdiff1d(np.arange(len(self)), chosen)] = False
        barred = [self._rows[w] for w in given.some_words(exclude) if w in self._rows]
        allowed[barred] = False
        return Limits(topn, allowed[:restrict_vocab], given.cosine_of(min_similarity))

    def _answers(self, scores: Vector, asked: Sequence[npt.ArrayLike], limits: Limits) -> Answers:
        """The best words but those asked about; ``scores`` are written over."""
        rows = {self._rows[item] for item in asked if isinstance(item, str)}
        within = [row for row in rows if row < len(scores)]
        available = np.count_nonzero(limits.allowed) - np.count_nonzero(limits.allowed[within])
        scores[~limits.allowed] = -np.inf
        scores[within] = -np.inf
        found = best(scores, min(limits.topn, int(available)))
        answers = [(self.words[row], float(scores[row])) for row in found]
        return [answer for answer in answers if answer[1] >= limits.least]

    def _vectors_of(self, items: Sequence[npt.ArrayLike]) -> list[Vector]:
        """Words and vectors as vectors, of the type that each has."""
        self._refuse_unknown(item for item in items if isinstance(item, str))
        return [
            self[item] if isinstance(item, str) else given.vector_of(item, self.dim)
            for item in items
        ]

    def _units(self, items: Sequence[npt.ArrayLike]) -> Vector:
        """Words and vectors as vectors of length 1, [n, dim], as :attr:`directions` takes them."""
        vectors = self._vectors_of(items)
        units = np.empty((len(items), self.dim), wide(self.vectors[:0]).dtype)
        for unit, vector in zip(units, vectors, strict=True):
            # Not narrowed before it has length 1: what float64 holds, float32 may not.
            vector = vector.astype(np.result_type(vector, self.vectors))
            unit[:] = to_unit(vector[None])[0]
        return units


load = WordVectors.load
"""Read a file of word vectors: :meth:`WordVectors.load`, by a shorter name."""


def _check_unknown(unknown: str) -> None:
    if unknown not in get_args(Unknown):
        raise ValueError(f"unknown must be 'raise' or 'skip', got {unknown!r}")


def _mean(units: Vector, weights: npt.NDArray[np.float64] | None) -> Vector:
    """The mean of some rows of length 1: 0 where they cancel, of which rounding leaves a little."""
    if weights is None:
        mean: Vector = units.mean(axis=0, keepdims=True)
    else:
        mean = weights.astype(units.dtype)[None] @ units
    left = 4 * np.finfo(units.dtype).eps
    return mean if np.linalg.norm(mean) > left else np.zeros_like(mean)


def _refuse_both_sides(plus: Sequence[npt.ArrayLike], minus: Sequence[npt.ArrayLike]) -> None:
    added = [item for item in plus if isinstance(item, str)]
    if both := [item for item in minus if isinstance(item, str) and item in added]:
        raise ValueError(
            f"{both[0]!r} is on both sides of the question, where it cancels: leave it out of both"
        )
