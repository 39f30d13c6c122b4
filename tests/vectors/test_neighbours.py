"""Questions to vectors, against their definitions in wide arithmetic and gensim's answers."""

import tracemalloc
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jw2v import WordVectors
from jw2v.reading.vocabulary import UnknownWordError
from jw2v.vectors import neighbours
from jw2v.vectors.neighbours import Directions

HUGE_AND_TINY = np.array([[3e38, 3e38], [1, 2], [1e-45, 0], [0, 0], [-1e-38, 3e-38]], np.float32)


def tables(largest: float | None = None) -> st.SearchStrategy[np.ndarray]:
    def of_type(dtype: type[np.floating]) -> st.SearchStrategy[np.ndarray]:
        bounds = {"min_value": None if largest is None else -largest, "max_value": largest}
        numbers = st.floats(
            **bounds, width=8 * dtype().itemsize, allow_nan=False, allow_infinity=False
        )
        return hnp.arrays(dtype, st.tuples(st.integers(1, 9), st.integers(1, 4)), elements=numbers)

    return st.sampled_from([np.float32, np.float64]).flatmap(of_type)


def exact_units(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1 in long double, whose range holds the squares of all of float64."""
    wide = rows.astype(np.longdouble)
    length = np.sqrt((wide**2).sum(axis=1, keepdims=True))
    return wide / np.where(length > 0, length, 1)


def some_vectors(vocab: int = 40, dim: int = 6, seed: int = 0) -> WordVectors:
    rows = np.random.default_rng(seed).normal(size=(vocab, dim)).astype(np.float32)
    return WordVectors(tuple(f"word{i}" for i in range(vocab)), rows)


@pytest.fixture
def small() -> WordVectors:
    words = ("man", "king", "woman", "queen", "pear", "nothing")
    rows = [[0.1, 1, 0], [1, 1, 0.1], [0.1, -1, 0], [1, -1, 0.1], [0, 0.1, 5], [0, 0, 0]]
    return WordVectors(words, np.array(rows, np.float32))


class TestCosines:
    @given(tables(), st.integers(1, 12), st.integers(1, 9))
    @example(HUGE_AND_TINY, 3, 5)
    def test_they_are_the_cosines(self, rows: np.ndarray, block: int, first: int) -> None:
        units = exact_units(rows)
        with mock.patch.object(neighbours, "_BLOCK", block):
            found = Directions(rows).cosines(units.astype(rows.dtype), first)
        expected = (units @ units.T)[:, :first]
        assert found.dtype == rows.dtype
        np.testing.assert_allclose(found, expected.astype(np.float64), atol=1e-6)

    def test_no_second_table(self) -> None:
        rows = np.random.default_rng(0).normal(size=(20_000, 50)).astype(np.float32)
        rows[:2] *= np.float32(1e-30)
        words = tuple(map(str, range(len(rows))))
        with mock.patch.object(neighbours, "_BLOCK", 2**14):
            vectors = WordVectors(words, rows)
            assert "7" in vectors
            tracemalloc.start()
            try:
                vectors.most_similar("7")
                vectors.analogy("1", "2", "3", method="mul")
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert peak < rows.nbytes / 2

    def test_many_questions_are_answered_in_bounded_memory(self) -> None:
        vectors = some_vectors(vocab=1000, dim=2)
        with mock.patch.object(neighbours, "_ANSWERS", 4000):
            vectors.most_similar_each(vectors.words[:1], 1)
            tracemalloc.start()
            try:
                vectors.most_similar_each(vectors.words, 1)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert peak < vectors.vectors.itemsize * len(vectors) ** 2 / 4


class TestManyAtOnce:
    @given(tables(largest=1e3), st.data())
    def test_the_same_as_one_by_one(self, rows: np.ndarray, data: st.DataObject) -> None:
        vectors = WordVectors(tuple(map(str, range(len(rows)))), rows)
        asked = data.draw(st.lists(st.sampled_from(vectors.words), max_size=6))
        topn, first = data.draw(st.integers(1, 11)), data.draw(st.none() | st.integers(1, 11))
        with mock.patch.object(neighbours, "_ANSWERS", data.draw(st.integers(1, 30))):
            found = vectors.most_similar_each(asked, topn, restrict_vocab=first)
        assert len(found) == len(asked)
        for word, answers in zip(asked, found, strict=True):
            alone = vectors.most_similar(word, topn=topn, restrict_vocab=first)
            assert word not in dict(answers)
            values, expected = [v for _, v in answers], [v for _, v in alone]
            np.testing.assert_allclose(values, expected, atol=1e-6)

    def test_words_and_vectors(self, small: WordVectors) -> None:
        by_word, by_vector = small.most_similar_each(["king", small["king"]], topn=6)
        assert [word for word, _ in by_word] == ["man", "pear", "queen", "nothing", "woman"]
        assert by_vector == [("king", pytest.approx(1)), *by_word]
        assert small.most_similar_each(small[["king", "man"]], 1)[1] == [("man", pytest.approx(1))]
        assert small.most_similar_each([]) == []

    def test_lookup(self, small: WordVectors) -> None:
        found = small[["pear", "man", "pear"]]
        np.testing.assert_array_equal(found, small.vectors[[4, 0, 4]])
        found[:] = 7
        assert small["pear"].tolist() == [0, np.float32(0.1), 5], "the copy is the asker's own"
        assert small[[]].shape == (0, 3)
        assert small[small.words].tolist() == small.vectors.tolist()

    @pytest.mark.usefixtures("unchecked")
    def test_all_that_are_missing_are_named(self, small: WordVectors) -> None:
        for ask in (small.__getitem__, small.most_similar_each, small.doesnt_match):
            with pytest.raises(UnknownWordError, match=r"'plum', 'kng'.*Close matches: 'king'"):
                ask(["pear", "plum", "kng", "plum"])
        with pytest.raises(UnknownWordError, match="'a', 'b'"):
            small.analogy("a", "king", "b", method="mul")

    @pytest.mark.usefixtures("unchecked")
    @pytest.mark.parametrize("asked", [0, [0], [["pear"]], None, np.ones(3)])
    def test_what_is_no_word(self, small: WordVectors, asked: object) -> None:
        with pytest.raises(ValueError, match="expected a word or a list of words, got"):
            small[asked]


class TestRestriction:
    def test_only_the_first_words_answer(self, small: WordVectors) -> None:
        def words(answers: list) -> set[str]:
            return {word for word, _ in answers}

        assert words(small.most_similar("pear", restrict_vocab=3)) == {"man", "king", "woman"}
        assert words(small.most_similar("king", restrict_vocab=3)) == {"man", "woman"}
        assert words(small.most_similar_each(["king"], restrict_vocab=3)[0]) == {"man", "woman"}
        assert small.most_similar("man", restrict_vocab=1) == []
        for method in ("add", "mul"):
            answers = small.analogy("pear", "man", "king", method=method, restrict_vocab=3)
            assert words(answers) == {"woman"}
        assert small.most_similar("man", restrict_vocab=99) == small.most_similar("man")

    def test_only_frequent_words_answer(self, small: WordVectors) -> None:
        counts = np.array([5, 1, 3, 2, 9, 0])
        counted = WordVectors(small.words, small.vectors, counts=counts)
        for n in range(1, 10):
            kept = {word for word, count in zip(small.words, counts, strict=True) if count >= n}
            assert {w for w, _ in counted.most_similar("king", min_count=n)} == kept - {"king"}
            assert {w for w, _ in counted.most_similar_each(["queen"], min_count=n)[0]} == kept - {
                "queen"
            }
            for method in ("add", "mul"):
                asked = ("man", "king", "woman")
                answers = counted.analogy(*asked, method=method, min_count=n)
                assert {w for w, _ in answers} == kept - {*asked}
        with pytest.raises(ValueError, match=r"no counts: take restrict_vocab"):
            small.most_similar("king", min_count=2)
        with pytest.raises(ValueError, match="min_count must be a whole number"):
            counted.most_similar("king", min_count=0)

    @pytest.mark.usefixtures("unchecked")
    def test_candidates_and_exclusions(self, small: WordVectors) -> None:
        everything = small.most_similar("king", topn=9)
        for some in (
            ["queen", "pear"],
            {"queen", "pear"},
            np.array(["queen", "pear"]),
            iter(["pear"]),
        ):
            listed = {"pear"} if not hasattr(some, "__len__") else {"queen", "pear"}
            found = small.most_similar("king", among=some)
            assert found == [answer for answer in everything if answer[0] in listed]
        assert small.most_similar("king", topn=1, among=["nothing", "man"])[0][0] == "man"
        assert small.most_similar("king", among="king") == []
        assert small.most_similar("king", among=[]) == []
        found = small.most_similar_each(["king", "pear"], exclude={"man", "no such word"})
        assert [w for w, _ in found[0]] == [w for w, _ in everything if w != "man"]
        assert "man" not in dict(found[1])
        assert dict(small.most_similar("king", exclude="man")).keys() == dict(found[0]).keys()
        both = small.most_similar("king", among=["man", "pear"], exclude=["man"], restrict_vocab=5)
        assert [word for word, _ in both] == ["pear"]
        answers = small.analogy("man", "king", "woman", among=["pear", "queen"], method="mul")
        assert [word for word, _ in answers] == ["queen", "pear"]
        with pytest.raises(UnknownWordError, match="'plum'"):
            small.most_similar("king", among=["plum", "queen"])
        with pytest.raises(ValueError, match="values of a mapping"):
            small.most_similar("king", exclude={"man": 1})

    @pytest.mark.usefixtures("unchecked")
    def test_a_least_cosine(self, small: WordVectors) -> None:
        everything = small.most_similar("king", topn=9)
        for least in (-1, 0, 0.5, everything[1][1], 1):
            kept = [answer for answer in everything if answer[1] >= least]
            assert small.most_similar("king", topn=9, min_similarity=least) == kept
            assert small.most_similar_each(["king"], 9, min_similarity=least)[0] == kept
        for wrong in (1.01, -2, np.nan, True, "0.5"):
            with pytest.raises(ValueError, match="min_similarity must be a cosine"):
                small.most_similar("king", min_similarity=wrong)

    @pytest.mark.usefixtures("unchecked")
    @pytest.mark.parametrize("wrong", [0, -1, 2.0, True, "3"])
    def test_what_is_no_restriction(self, small: WordVectors, wrong: object) -> None:
        for ask in (
            lambda: small.most_similar("man", restrict_vocab=wrong),
            lambda: small.most_similar_each(["man"], restrict_vocab=wrong),
            lambda: small.analogy("man", "king", "woman", restrict_vocab=wrong),
            lambda: small.analogy("man", "king", "woman", method="mul", restrict_vocab=wrong),
        ):
            with pytest.raises(ValueError, match="restrict_vocab must be a whole number"):
                ask()


class TestAnalogies:
    @pytest.mark.parametrize("method", ["add", "mul"])
    def test_man_is_to_king_as_woman_is_to(self, small: WordVectors, method: str) -> None:
        answers = small.analogy("man", "king", "woman", method=method)
        assert answers[0][0] == "queen"
        assert {word for word, _ in answers} == {"queen", "pear", "nothing"}

    @given(tables(largest=1e3), st.data())
    def test_the_definitions(self, rows: np.ndarray, data: st.DataObject) -> None:
        vectors = WordVectors(tuple(map(str, range(len(rows)))), rows)
        a, b, c = (data.draw(st.sampled_from(vectors.words)) for _ in range(3))
        if a in (b, c):
            with pytest.raises(ValueError, match="on both sides"):
                vectors.analogy(a, b, c, method="mul")
            return
        units = exact_units(rows)
        to_a, to_b, to_c = (units @ units[int(word)] for word in (a, b, c))
        scores = ((1 + to_b) / 2) * ((1 + to_c) / 2) / ((1 + to_a) / 2 + 1e-6)
        found = dict(vectors.analogy(a, b, c, topn=len(rows), method="mul"))
        assert found.keys() == set(vectors.words) - {a, b, c}
        for word, score in found.items():
            # A cosine with a of almost −1 divides by almost nothing, where rounding shows.
            if to_a[int(word)] > -0.99:
                assert score == pytest.approx(float(scores[int(word)]), abs=1e-3)
        assert vectors.analogy(a, b, c) == vectors.most_similar([b, c], [a])

    def test_vectors_may_be_asked(self, small: WordVectors) -> None:
        for method in ("add", "mul"):
            answers = small.analogy(small["man"], "king", small["woman"], method=method)
            assert len(answers) == 5
            assert {word for word, _ in answers[:2]} == {"woman", "queen"}, "a vector has no word"

    @pytest.mark.usefixtures("unchecked")
    def test_another_method(self, small: WordVectors) -> None:
        with pytest.raises(ValueError, match="'add' or 'mul', got 'max'"):
            small.analogy("man", "king", "woman", method="max")


class TestOddOneOut:
    def test_the_pear_is_no_monarch(self, small: WordVectors) -> None:
        assert small.doesnt_match(["king", "pear", "man"]) == "pear"
        assert small.doesnt_match(("king", "man", "nothing")) == "nothing"
        assert small.doesnt_match(["king", "queen", "king"]) == "queen"
        assert small.doesnt_match(["king", "king", "king"]) == "king"

    @given(tables())
    @example(HUGE_AND_TINY[:3])
    def test_the_definition(self, rows: np.ndarray) -> None:
        vectors = WordVectors(tuple(map(str, range(len(rows)))), rows)
        if len(rows) < 3:
            return
        units = exact_units(rows)
        central = units @ units.mean(axis=0)
        assert central[int(vectors.doesnt_match(vectors.words))] <= central.min() + 1e-9

    @pytest.mark.usefixtures("unchecked")
    @pytest.mark.parametrize("wrong", [[], ["king", "man"], "king man pear"])
    def test_it_takes_three(self, small: WordVectors, wrong: object) -> None:
        with pytest.raises(ValueError, match="at least 3 words"):
            small.doesnt_match(wrong)


def test_a_vector_that_float32_cannot_hold_keeps_its_direction(small: WordVectors) -> None:
    assert small.similarity("king", [1e300, 1e300, 1e299]) == pytest.approx(1, abs=1e-6)
    assert small.similarity("king", np.array([1e-300, 1e-300, 1e-301])) == pytest.approx(
        1, abs=1e-6
    )


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`")
def test_gensim_answers_alike() -> None:
    keyedvectors = pytest.importorskip("gensim.models.keyedvectors")
    ours = some_vectors(vocab=300)
    theirs = keyedvectors.KeyedVectors(ours.dim)
    theirs.add_vectors(list(ours.words), ours.vectors)
    rng = np.random.default_rng(1)

    def same(answers: list, expected: list) -> None:
        assert [word for word, _ in answers] == [word for word, _ in expected]
        np.testing.assert_allclose([v for _, v in answers], [v for _, v in expected], rtol=1e-4)

    for _ in range(30):
        a, b, c, d = (ours.words[i] for i in rng.choice(300, 4, replace=False))
        same(
            ours.most_similar([a, b], [c], 8, restrict_vocab=200),
            theirs.most_similar([a, b], [c], 8, restrict_vocab=200),
        )
        same(ours.analogy(a, b, c), theirs.most_similar([b, c], [a]))
        same(ours.analogy(a, b, c, method="mul"), theirs.most_similar_cosmul([b, c], [a]))
        assert ours.similarity(a, b) == pytest.approx(theirs.similarity(a, b), abs=1e-6)
        assert ours.doesnt_match([a, b, c, d]) == theirs.doesnt_match([a, b, c, d])
        np.testing.assert_array_equal(ours[[a, b]], theirs[[a, b]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_half_precision_is_answered_as_wider_numbers_are(dtype: type) -> None:
    """Of 600 numbers of about 100, squares add up to far more than float16 holds."""
    rows = np.random.default_rng(0).normal(size=(40, 600)) * 100
    rows[7], rows[8] = 0, 1e-7
    half = WordVectors(tuple(map(str, range(40))), rows.astype(np.float16))
    other = half.astype(dtype)
    assert other.vectors.dtype == dtype
    np.testing.assert_allclose(
        [other.similarity("0", word) for word in other],
        exact_units(half.vectors.astype(np.float64))
        @ exact_units(half.vectors[:1].astype(float))[0],
        atol=1e-6,
    )
    for ask in (
        lambda it: it.most_similar(["0", "1"], ["2"]),
        lambda it: it.most_similar(it["9"] * it.vectors.dtype.type(2)),
        lambda it: it.most_similar_each(["8", "3"])[0],
        lambda it: it.analogy("0", "1", "2", method="mul"),
    ):
        found, expected = ask(other), ask(half)
        assert [word for word, _ in found] == [word for word, _ in expected]
        np.testing.assert_allclose([v for _, v in found], [v for _, v in expected], atol=1e-6)
    assert other.doesnt_match(other.words) == half.doesnt_match(half.words)


def test_numbers_that_a_narrower_type_does_not_hold(small: WordVectors) -> None:
    assert small.astype(np.float64).astype(np.float32) == small
    large = WordVectors(("a", "b"), np.array([[1.0, 1], [1e5, 1]]))
    with pytest.raises(ValueError, match=r"1 of 2 vectors have numbers beyond .* float16.* 'b'"):
        large.astype(np.float16)
    with pytest.raises(ValueError, match=r"1 of 2 vectors have nothing but .* float32.* 'a'"):
        WordVectors(("a", "b"), np.array([[1e-60, 0], [1, 1e-60]])).astype("float32")
    with pytest.raises(ValueError, match="float16, float32 or float64, got int8"):
        small.astype(np.int8)


def test_half_precision_is_kept_or_refused(small: WordVectors, tmp_path) -> None:
    half = small.astype(np.float16)
    half.save(tmp_path / "half.safetensors")
    loaded = WordVectors.load(tmp_path / "half.safetensors")
    assert loaded == half
    assert loaded.vectors.dtype == np.float16
    for name in ("half.bin", "half.parquet", "half.txt"):
        with pytest.raises(ValueError, match=r"got float16 .*: widen them \(vectors.astype"):
            half.save(tmp_path / name)
        half.astype(np.float32).save(tmp_path / name)
        assert WordVectors.load(tmp_path / name).vectors.tolist() == half.vectors.tolist()
