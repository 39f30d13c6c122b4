"""Words together: means, sentences, weighted questions, the word between others."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from columns import Series
from jw2v.reading.vocabulary import UnknownWordError
from jw2v.vectors import composing
from jw2v.vectors.words import WordVectors

pytestmark = pytest.mark.usefixtures("unchecked")
WORDS = tuple("abcdef")
NAN = float("nan")


def some(dtype: type = np.float64, dim: int = 4, **more: object) -> WordVectors:
    rows = np.random.default_rng(1).normal(size=(len(WORDS), dim)).astype(np.float16)
    rows[5] = 0
    return WordVectors(WORDS, rows.astype(dtype), **more)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / length) if length else 0.0


each_type = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])


class TestMeans:
    @each_type
    def test_the_definition(self, dtype: type) -> None:
        vectors = some(dtype)
        a, b, c = vectors[["a", "b", "c"]].astype(np.float64)
        found = vectors.mean(["a", "b", "c"])
        assert found.dtype == np.promote_types(dtype, np.float32)
        np.testing.assert_allclose(found, (a + b + c) / 3, rtol=1e-6)
        np.testing.assert_allclose(vectors.mean(["a", "b"], [3, -1]), (3 * a - b) / 4, rtol=1e-6)
        units = [v / np.linalg.norm(v) for v in (a, b)]
        np.testing.assert_allclose(vectors.mean(["a", b], unit=True), sum(units) / 2, rtol=1e-6)
        assert vectors.mean("a").tolist() == a.tolist()
        np.testing.assert_allclose(vectors.mean([a, b, c]), found, rtol=1e-6)

    def test_huge_numbers_do_not_overflow_and_words_that_cancel_are_0(self) -> None:
        vectors = WordVectors(("a", "b"), np.array([[1e308, 1e308], [-1e308, 1e308]]))
        assert vectors.mean(["a", "b"]).tolist() == [0, 1e308]
        assert vectors.mean(["a", "b"], [1e308, 1e308]).tolist() == [0, 1e308]
        x, y = np.random.default_rng(0).normal(size=(2, 50))
        several = WordVectors(("x", "y", "z"), np.stack([x, y, -x - y]) * 0.1)
        assert not several.mean(["x", "y", "z"]).any()
        assert several.n_similarity(["x", "y", "z"], "x") == 0
        assert several.mean(["x", "y", "z"], [1, 1, 1 + 1e-9]).any()
        tenth = some()
        assert not tenth.mean(["a", -tenth["a"] / 3], [1, 3]).any()
        assert not tenth.mean("f").any()

    @pytest.mark.parametrize(
        ("items", "weights", "complaint"),
        [
            ([], None, "at least one word"),
            (["a", "b"], [1], r"a weight for each of 2 words or vectors, got .* \(1,\)"),
            (["a", "b"], 2.0, "shape"),
            (["a", "b"], [1, NAN], "finite"),
            (["a", "b"], [1, np.inf], "finite"),
            (["a", "b"], [0, 0], "differ from 0"),
            (["a", "b"], [True, False], "weights must be numbers"),
            (["a", "b"], ["1", "2"], "weights must be numbers"),
            (["a", "b"], {1, 2}, "no order"),
            (["a", "b"], np.ma.array([1, 2], mask=[0, 1]), "weights must be numbers"),
            ({"a", "b"}, [1, 2], "no order"),
            ({"a": 2.0}, None, "values of a mapping"),
            ([[1, 2, 3, NAN]], None, "NaN"),
            ([np.ones(3)], None, "a vector of 4 numbers"),
        ],
    )
    def test_what_has_no_mean(self, items: object, weights: object, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            some().mean(items, weights)
        with pytest.raises(UnknownWordError, match="'x', 'y'"):
            some().mean(["x", "a", "y"])

    @each_type
    def test_n_similarity(self, dtype: type) -> None:
        vectors = some(dtype)
        a, b, c, d = vectors[[*"abcd"]].astype(np.float64)
        expected = cosine(a + b, (c + d) / 2)
        assert vectors.n_similarity(["a", "b"], ["c", "d"]) == pytest.approx(expected, abs=1e-6)
        assert vectors.n_similarity("a", ["b"]) == pytest.approx(vectors.similarity("a", "b"))
        assert vectors.n_similarity(["a", "b"], "f") == 0
        assert vectors.n_similarity(["a", "b"], ["b", "a"]) == pytest.approx(1, abs=1e-6)
        assert vectors.n_similarity(["a", "b"], ["b", "a"]) <= 1
        for pair in (([], "a"), ("a", [])):
            with pytest.raises(ValueError, match="at least one word"):
                vectors.n_similarity(*pair)


class TestWeightedQuestions:
    @given(st.lists(st.floats(0, 100), min_size=3, max_size=3))
    def test_the_definition(self, weights: list[float]) -> None:
        vectors = some()
        units = {w: vectors[w] / (np.linalg.norm(vectors[w]) or 1) for w in WORDS}
        if not any(weights):
            with pytest.raises(ValueError, match="differ from 0"):
                vectors.most_similar(["a", "b"], "c", weights=weights)
            return
        x, y, z = np.array(weights) / max(weights)
        u = x * units["a"] + y * units["b"] - z * units["c"]
        found = dict(vectors.most_similar(["a", "b"], "c", weights=weights))
        assert found.keys() == {"d", "e", "f"}
        for word, value in found.items():
            assert value == pytest.approx(cosine(u, units[word]), abs=1e-9)

    @each_type
    def test_equal_weights_are_none_and_one_alone_is_that_word(self, dtype: type) -> None:
        vectors = some(dtype)
        plain = vectors.most_similar(["a", "b"], ["c"])
        for weights in ([2, 2, 2], (0.1, 0.1, 0.1), np.full(3, 1e300)):
            found = vectors.most_similar(["a", "b"], ["c"], weights=weights)
            assert [w for w, _ in found] == [w for w, _ in plain]
            np.testing.assert_allclose([v for _, v in found], [v for _, v in plain], atol=1e-6)
        alone = dict(vectors.most_similar("a"))
        for word, value in vectors.most_similar(["a", "b"], weights=[1, 0]):
            assert value == pytest.approx(alone[word], abs=1e-6)

    @pytest.mark.parametrize(
        ("weights", "complaint"),
        [
            ([1, 2], "each of 3 words"),
            ([1, 2, -1], "goes into `negative`"),
            ([1, NAN, 1], "finite"),
        ],
    )
    def test_what_are_no_weights(self, weights: list, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            some().most_similar(["a", "b"], ["c"], weights=weights)


@each_type
def test_all_similarities_of_a_word(dtype: type) -> None:
    vectors = some(dtype)
    expected = [vectors.similarity("b", word) for word in WORDS]
    np.testing.assert_allclose(vectors.similarities("b"), expected, atol=1e-6)
    np.testing.assert_allclose(vectors.similarities(vectors["b"] * 2), expected, atol=1e-6)
    found = vectors.similarities("b", ["f", "a", "a"])
    np.testing.assert_allclose(found, [0, expected[0], expected[0]], atol=1e-6)
    assert vectors.similarities("b", []).shape == (0,)
    assert not vectors.similarities("f").any()
    assert np.abs(vectors.similarities("b")).max() <= 1
    with pytest.raises(UnknownWordError, match="'x'"):
        vectors.similarities("b", ["a", "x"])


class TestSentences:
    COUNTS = np.array([60, 20, 10, 5, 4, 1])

    @each_type
    def test_smooth_inverse_frequency(self, dtype: type) -> None:
        vectors = some(dtype, counts=self.COUNTS)
        a, b, c = vectors[["a", "b", "c"]].astype(np.float64)
        found = vectors.sentence_vectors([["a", "b", "a"], ["c"]], sif=0.1)
        assert found.dtype == np.promote_types(dtype, np.float32)
        expected = (2 * a * 0.1 / (0.1 + 0.6) + b * 0.1 / (0.1 + 0.2)) / 3, c * 0.1 / (0.1 + 0.1)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        plain = vectors.sentence_vectors([["a", "b", "a"], ["c"]])
        np.testing.assert_allclose(plain, [(2 * a + b) / 3, c], rtol=1e-6)
        given_p = some(dtype).sentence_vectors(
            iter([("a", "b", "a"), np.array(["c"])]), sif=0.1, frequencies=self.COUNTS / 100
        )
        np.testing.assert_allclose(given_p, found, rtol=1e-6)

    def test_frequencies_by_word(self) -> None:
        shares = dict(zip(WORDS, self.COUNTS / 100, strict=True))
        turned = dict(reversed(shares.items())) | {"more": 0.5}
        sentences = [["a", "b", "a"], ["c"]]
        expected = some().sentence_vectors(sentences, sif=0.1, frequencies=[*shares.values()])
        for by_word in (turned, Series(turned)):
            found = some().sentence_vectors(sentences, sif=0.1, frequencies=by_word)
            np.testing.assert_array_equal(found, expected)
        with pytest.raises(ValueError, match="5 of 6 words have no frequency, the first 'b'"):
            some().sentence_vectors(sentences, sif=0.1, frequencies=Series({"a": 0.1}))

    def test_words_that_have_no_vector(self) -> None:
        vectors = some(counts=self.COUNTS)
        sentences = [["a", "x", "b"], ["y"], [], ["c"]]
        with pytest.raises(UnknownWordError, match="'x', 'y'"):
            vectors.sentence_vectors(sentences)
        with pytest.raises(ValueError, match="sentence 1 is empty"):
            vectors.sentence_vectors([["a"], []])
        found = vectors.sentence_vectors(sentences, unknown="skip", sif=0.1)
        known = vectors.sentence_vectors([["a", "b"], ["c"]], sif=0.1)
        np.testing.assert_array_equal(found[[0, 3]], known)
        assert not found[[1, 2]].any()
        assert vectors.sentence_vectors([]).shape == (0, 4)

    @pytest.mark.parametrize(
        ("sentences", "options", "complaint"),
        [
            ("a b", {}, "sentences, each a list of words"),
            (["a b"], {}, "a list of words, got 'a b'"),
            (["a", "b"], {}, "a list of words, got 'a'"),
            ({("a", "b")}, {}, "no order"),
            ([["a"]], {"unknown": "zero"}, "'raise' or 'skip'"),
            ([["a"]], {"sif": 1e-3}, "have no counts"),
            ([["a"]], {"frequencies": np.ones(6)}, "change nothing without sif"),
            ([["a"]], {"sif": 0, "frequencies": np.ones(6) / 6}, "above 0"),
            ([["a"]], {"sif": NAN, "frequencies": np.ones(6) / 6}, "above 0"),
            ([["a"]], {"sif": True, "frequencies": np.ones(6) / 6}, "above 0"),
            ([["a"]], {"sif": 1e-3, "frequencies": np.ones(5) / 5}, "each of 6 words"),
            ([["a"]], {"sif": 1e-3, "frequencies": [60, 20, 10, 5, 4, 1]}, "divide counts"),
            ([["a"]], {"sif": 1e-3, "frequencies": [NAN] * 6}, "from 0 to 1"),
        ],
    )
    def test_what_are_no_sentences(self, sentences: object, options: dict, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            some().sentence_vectors(sentences, **options)


class TestTheWordBetween:
    @staticmethod
    def both(dtype: type = np.float64, **settings: str) -> WordVectors:
        config = json.dumps({"vectors": "both", **settings})
        return some(dtype, dim=6, metadata={"config": config})

    @each_type
    @pytest.mark.parametrize("model", ["skip-gram", "cbow", "cbow-sum"])
    def test_the_definition(self, dtype: type, model: str) -> None:
        vectors = self.both(dtype, model=model)
        V, U = np.split(vectors.vectors.astype(np.float64), 2, axis=1)
        h = V[0] + V[1] if model == "cbow-sum" else (V[0] + V[1]) / 2
        odds = np.exp(U @ h)
        found = vectors.predict_word(["a", "b"], topn=9)
        assert [word for word, _ in found] == [WORDS[i] for i in np.argsort(-odds, kind="stable")]
        p = dict(zip(WORDS, odds / odds.sum(), strict=True))
        for word, value in found:
            assert value == pytest.approx(p[word], abs=1e-9)
        assert vectors.predict_word(["a", "b"], topn=2) == found[:2]
        assert vectors.predict_word("a") == vectors.predict_word(["a"])

    def test_where_nothing_can_be_predicted(self) -> None:
        for vectors in (some(), some(metadata={"config": '{"vectors": "center"}'})):
            with pytest.raises(ValueError, match="train with vectors='both'"):
                vectors.predict_word(["a"])
        own = some(metadata={"config": '{"vectors": "both"}', "own": '{"pair_loss": "f"}'})
        with pytest.raises(ValueError, match="a pair_loss of one's own"):
            own.predict_word(["a"])
        with pytest.raises(ValueError, match="at least one word around"):
            self.both().predict_word([])
        with pytest.raises(UnknownWordError, match="'x'"):
            self.both().predict_word(["a", "x"])
        with pytest.raises(ValueError, match="topn"):
            self.both().predict_word(["a"], topn=0)

    @given(hnp.arrays(np.float64, (4, 3), elements=st.floats(-1e100, 1e100)))
    def test_it_adds_up_whatever_the_size(self, U: np.ndarray) -> None:
        p = composing.predicted(U[:2], U, "cbow")
        assert p.sum() == pytest.approx(1)
        assert (p >= 0).all()

    def test_products_without_end_are_refused(self) -> None:
        with pytest.raises(ValueError, match="too large for a prediction"):
            composing.predicted(np.full((1, 2), 1e200), np.full((3, 2), 1e200), "cbow")


def test_what_was_learnt_by_a_loss_of_ones_own_stays_so_when_merged() -> None:
    """Else words would be predicted by a softmax that nobody trained."""
    both = {"config": '{"vectors": "both", "model": "cbow"}'}
    one, other = (
        WordVectors((word,), np.ones((1, 4)), {**both, "own": f'{{"pair_loss": "{word}"}}'})
        for word in "ab"
    )
    for vectors in (one, one.merged(other)):
        with pytest.raises(ValueError, match="own"):
            vectors.predict_word(["a"])
