"""Word vectors as a container: rows, parts, sums, equality, and whatever words may be given in."""

import copy
import pickle
from pathlib import Path

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import jw2v
from columns import Series
from jw2v.reading.vocabulary import UnknownWordError
from jw2v.vectors.words import WordVectors

pytestmark = pytest.mark.usefixtures("unchecked")
WORDS = ("king", "queen", "man", "pear")
ROWS = np.array([[1, 2], [3, 4], [5, 6], [7, 8]], np.float32)


@pytest.fixture
def vectors() -> WordVectors:
    arrays = {"theta": np.ones((3, 2))}
    return WordVectors(WORDS, ROWS, {"config": '{"dim": 2, "seed": 1}', "own": "{}"}, arrays)


def test_rows_of_words(vectors: WordVectors) -> None:
    assert list(vectors) == [*WORDS]
    assert [vectors.index(word) for word in vectors] == [0, 1, 2, 3]
    assert vectors.key_to_index == {word: row for row, word in enumerate(WORDS)}
    with pytest.raises(TypeError):
        vectors.key_to_index["plum"] = 4  # type: ignore[index]
    assert vectors.get("man").tolist() == [5, 6]
    assert (vectors.get("plum"), vectors.get("plum", 7)) == (None, 7)
    with pytest.raises(UnknownWordError, match="'plum'"):
        vectors.index("plum")


def test_a_shorter_name_loads(vectors: WordVectors, tmp_path) -> None:
    vectors.save(tmp_path / "v.safetensors")
    assert jw2v.load(tmp_path / "v.safetensors") == vectors
    assert jw2v.load(tmp_path / "v.safetensors", format="safetensors") == vectors


def test_equality_is_of_all_that_is_held(vectors: WordVectors) -> None:
    metadata, arrays = dict(vectors.metadata), dict(vectors.arrays)
    again = WordVectors(WORDS, ROWS.copy(), metadata, {"theta": np.ones((3, 2))})
    assert again == vectors
    assert hash(again) == hash(vectors)
    others = [
        WordVectors(WORDS[::-1], ROWS, metadata, arrays),
        WordVectors(WORDS, ROWS + 1, metadata, arrays),
        WordVectors(WORDS, ROWS.astype(np.float64), metadata, arrays),
        WordVectors(WORDS, ROWS, {}, arrays),
        WordVectors(WORDS, ROWS, metadata),
        WordVectors(WORDS, ROWS, metadata, {"theta": np.zeros((3, 2))}),
    ]
    others += [WordVectors(WORDS, ROWS, metadata, arrays, range(n, n + 4)) for n in (0, 1)]
    assert vectors not in others
    assert others[-1] != others[-2]
    assert vectors != WORDS


@pytest.mark.parametrize("asked", [False, True])
def test_copies_are_equal(vectors: WordVectors, tmp_path, asked: bool) -> None:
    if asked:  # what it has worked out by then is not copied, or still right
        vectors.most_similar("king")
    joblib.dump(vectors, tmp_path / "v.joblib")
    for again in (
        copy.copy(vectors),
        copy.deepcopy(vectors),
        pickle.loads(pickle.dumps(vectors)),
        joblib.load(tmp_path / "v.joblib"),
        joblib.load(tmp_path / "v.joblib", mmap_mode="r"),
    ):
        assert again == vectors
        assert again.most_similar("king") == vectors.most_similar("king")
        assert not again.vectors.flags.writeable
    assert joblib.hash(vectors) == joblib.hash(copy.deepcopy(vectors))


class TestSubset:
    @pytest.mark.parametrize(
        "which",
        [
            ["pear", "king"],
            ("pear", "king"),
            np.array(["pear", "king"]),
            (word for word in ("pear", "king")),
            [3, 0],
            np.array([3, 0], np.uint8),
            slice(None, None, -3),
        ],
    )
    def test_words_or_rows(self, vectors: WordVectors, which: object) -> None:
        found = vectors.subset(which)
        assert found.words == ("pear", "king")
        assert found.vectors.tolist() == [[7, 8], [1, 2]]
        assert (found.metadata, found.arrays) == (vectors.metadata, {})

    def test_booleans(self, vectors: WordVectors) -> None:
        assert vectors.subset([True, False, False, True]).words == ("king", "pear")
        assert vectors.subset(vectors.vectors[:, 0] > 4).words == ("man", "pear")

    def test_all_of_them_keep_what_belongs_to_all(self, vectors: WordVectors) -> None:
        assert vectors.subset(slice(None)) == vectors
        assert vectors.subset("man").words == ("man",)

    @pytest.mark.parametrize(
        ("which", "complaint"),
        [
            ([], "at least one word"),
            (slice(9, None), "at least one word"),
            ([False] * 4, "at least one word"),
            ([0, 0], "'king' occurs again"),
            ([-1], "rows must be from 0 to 3, got -1"),
            ([0, 4], "rows must be from 0 to 3, got 4"),
            ([True, False], "a boolean for each of 4 rows, got 2"),
            ([True, 2], "got both"),
            ({"king"}, r"sorted\(words\)"),
            ([1.0], "a word or a list of words"),
            (3, "a word or a list of words"),
            (np.ma.array([0, 1], mask=[1, 0]), "a word or a list of words"),
        ],
    )
    def test_what_is_no_part(self, vectors: WordVectors, which: object, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            vectors.subset(which)
        with pytest.raises(UnknownWordError, match="'plum', 'fig'"):
            vectors.subset(["king", "plum", "fig"])


class TestSums:
    def test_new_words_come_last(self, vectors: WordVectors) -> None:
        more = vectors.add(["plum", "fig"], [[9, 10], [0.1, 1e-3]])
        assert more.words == (*WORDS, "plum", "fig")
        assert more.vectors.dtype == np.float32
        assert more["plum"].tolist() == [9, 10]
        assert (more.vectors[:4] == ROWS).all()
        assert (more.metadata, more.arrays) == (vectors.metadata, {})
        assert len(vectors) == 4

    @pytest.mark.parametrize(
        ("words", "rows", "complaint"),
        [
            (["king", "fig"], np.ones((2, 2)), r"1 words have a vector in both: 'king'\. Say"),
            (["fig"], np.ones((1, 3)), "expected other WordVectors of dim 2"),
            (["fig"], np.ones(2), "expected one vector"),
            (["fig"], [[1e300, 0]], "'fig'"),
            (["fig"], [["a", "b"]], "vectors must be numbers"),
            ({"fig"}, np.ones((1, 2)), "no order"),
            ("fig", np.ones((3, 2)), "a list of words"),
        ],
    )
    def test_what_is_not_added(
        self, vectors: WordVectors, words: object, rows: object, complaint: str
    ) -> None:
        with pytest.raises(ValueError, match=complaint):
            vectors.add(words, rows)

    def test_two_sets(self, vectors: WordVectors) -> None:
        config = '{"dim": 2, "seed": 2}'
        other = WordVectors(("fig", "queen"), np.array([[1, 1], [0, 0.1]]), {"config": config})
        with pytest.raises(ValueError, match=r"both='first'\) or both='second'"):
            vectors.merged(other)
        first, second = (vectors.merged(other, both=both) for both in ("first", "second"))
        assert first.words == second.words == (*WORDS, "fig")
        assert first.vectors.dtype == np.float64
        assert first["queen"].tolist() == [3, 4]
        assert second["queen"].tolist() == [0, 0.1]
        for found in first, second:
            assert found["fig"].tolist() == [1, 1]
            assert found["pear"].tolist() == [7, 8]
            assert found.metadata == {"config": '{"dim": 2}'}
        with pytest.raises(ValueError, match="both must be one of refuse, first, second"):
            vectors.merged(other, both="third")
        with pytest.raises(ValueError, match="expected other WordVectors"):
            vectors.merged({"fig": [1, 1]})
        with pytest.raises(ValueError, match="side by side"):
            vectors.merged(WordVectors(("a",), np.ones((1, 2)), {"config": '{"vectors": "both"}'}))


def test_words_may_be_given_in_any_order_that_lasts(vectors: WordVectors) -> None:
    asked = ["pear", "king", "man"]
    columns = [
        *(tuple(asked), np.array(asked), np.array(asked, object), dict.fromkeys(asked).keys()),
        *(np.array(asked, np.dtypes.StringDType()), pa.array(asked), pa.chunked_array([asked])),
    ]
    for column in columns:
        assert vectors[column].tolist() == vectors[asked].tolist()
        assert vectors.most_similar(column) == vectors.most_similar(asked)
        assert vectors.most_similar_each(column) == vectors.most_similar_each(asked)
        assert vectors.doesnt_match(column) == vectors.doesnt_match(asked)
        assert vectors.subset(column) == vectors.subset(asked)
    assert vectors[(word for word in asked)].tolist() == vectors[asked].tolist()
    assert vectors.most_similar(iter(asked)) == vectors.most_similar(asked)


def test_columns_of_pandas(vectors: WordVectors) -> None:
    pandas = pytest.importorskip("pandas")
    asked = ["pear", "king", "man"]
    for kind in ("object", "string", "category"):
        column = pandas.Series(asked, index=[5, 1, 3], dtype=kind)
        assert vectors[column].tolist() == vectors[asked].tolist()
        assert vectors.most_similar(column) == vectors.most_similar(asked)
        assert vectors.subset(pandas.Index(column)) == vectors.subset(asked)
    with pytest.raises(ValueError, match="list of words"):
        vectors[pandas.Series(["pear", None])]
    number = pandas.Series([7.0, 8.0])
    assert vectors.similarity(number, "pear") == pytest.approx(1)
    assert vectors.most_similar(number)[0][0] == "pear"


def test_what_has_no_order_or_more_than_words(vectors: WordVectors) -> None:
    for ask in (vectors.__getitem__, vectors.subset, vectors.most_similar_each):
        with pytest.raises(ValueError, match=r"a set has no order: write sorted\(words\)"):
            ask({"king", "man"})
    for ask in (vectors.__getitem__, vectors.most_similar, vectors.most_similar_each):
        with pytest.raises(ValueError, match=r"values of a mapping would not count"):
            ask({"king": 2, "man": 1})


def test_sets_where_no_order_matters(vectors: WordVectors) -> None:
    some, listed = {"king", "man", "pear"}, ["king", "man", "pear"]
    for ask in (
        vectors.most_similar,
        vectors.doesnt_match,
        lambda words: vectors.most_similar("queen", words),
        lambda words: vectors.mean_direction(words).tolist(),
        lambda words: vectors.mean(words).tolist(),
        lambda words: vectors.n_similarity(words, ["queen"]),
        lambda words: vectors.n_similarity(["queen"], words),
        lambda words: vectors.sentence_vectors([words]).tolist(),
    ):
        assert ask(some) == ask(frozenset(some)) == ask(listed)
    with pytest.raises(ValueError, match="a set has no order"):
        vectors.most_similar(some, weights=[1, 2, 3])


def test_a_word_may_be_among_both_of_n_similarity(vectors: WordVectors) -> None:
    assert vectors.n_similarity(["king", "man"], ["man", "king"]) == pytest.approx(1)


def test_notebooks(vectors: WordVectors) -> None:
    words = ["<b>", *(f"word{i}" for i in range(11))]
    shown = WordVectors(tuple(words), np.full((12, 30), 1 / 3))._repr_html_()
    assert "WordVectors(12 words, dim 30, float64)" in shown
    assert "<td>&lt;b&gt;</td>" in shown
    assert "word8" in shown
    assert "word9" not in shown
    assert "and 2 more" in shown
    assert "0.333, …</td>" in shown
    assert "more" not in vectors._repr_html_()
    assert vectors._ipython_key_completions_() == [*WORDS]


class TestCounts:
    @pytest.fixture
    def counted(self, vectors: WordVectors) -> WordVectors:
        return WordVectors(WORDS, ROWS, vectors.metadata, {}, [2**40, 7, 0, 3])

    def test_they_are_kept(self, counted: WordVectors, vectors: WordVectors, tmp_path) -> None:
        assert vectors.counts is None
        assert counted.counts.dtype == np.int64
        assert not counted.counts.flags.writeable
        for suffix in ("safetensors", "parquet", "arrow"):
            for held in (counted, WordVectors(WORDS, ROWS)):
                held.save(tmp_path / f"v.{suffix}")
                assert WordVectors.load(tmp_path / f"v.{suffix}") == held
        counted.save(tmp_path / "v.bin")
        assert WordVectors.load(tmp_path / "v.bin").counts is None
        assert counted.astype(np.float64).counts.tolist() == counted.counts.tolist()
        assert pickle.loads(pickle.dumps(counted)) == counted

    def test_they_go_with_their_words(self, counted: WordVectors, vectors: WordVectors) -> None:
        assert counted.subset(["pear", "king"]).counts.tolist() == [3, 2**40]
        assert counted.add(["plum"], np.ones((1, 2))).counts.tolist() == [2**40, 7, 0, 3, 0]
        assert counted.add(["plum"], np.ones((1, 2)), [5]).counts.tolist() == [2**40, 7, 0, 3, 5]
        other = WordVectors(("plum", "pear"), np.ones((2, 2)), counts=[9, 1])
        found = counted.merged(other, both="first")
        assert found.words == (*WORDS, "plum")
        assert found.counts.tolist() == [2**40, 7, 0, 4, 9]
        assert vectors.merged(other, both="first").counts is None
        with pytest.raises(ValueError, match="these have none"):
            vectors.add(["plum"], np.ones((1, 2)), [5])

    def test_those_of_the_caller_may_change(self) -> None:
        mine = np.arange(4)
        held = WordVectors(WORDS, ROWS, counts=mine)
        mine[:] = 7
        assert held.counts.tolist() == [0, 1, 2, 3]

    @pytest.mark.parametrize(
        ("counts", "complaint"),
        [
            ([1, 2, 3], r"a count for each of 4 words, got counts of shape \(3,\)"),
            ([1, 2, 3, -1], "from 0 to 2.63 - 1, got -1 to 3"),
            (np.array([1, 2, 3, 2**63], np.uint64), "from 0 to"),
            ([1.0, 2, 3, 4], "whole numbers"),
            ([True, 2, 3, 4], "whole numbers"),
            (np.ma.array([1, 2, 3, 4], mask=True), "whole numbers"),
            ({1, 2, 3, 4}, "no order"),
        ],
    )
    def test_what_are_no_counts(self, counts: object, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            WordVectors(WORDS, ROWS, counts=counts)
        with pytest.raises(ValueError, match="not among the arrays"):
            WordVectors(WORDS, ROWS, {}, {"counts": np.arange(4)})

    def test_counts_from_elsewhere(self, tmp_path) -> None:
        plain, path = WordVectors(WORDS, ROWS), tmp_path / "vocab.txt"
        counts = {word: 10 * row for row, word in enumerate(WORDS)}
        path.write_text("".join(f"{w} {n}\n" for w, n in [("</s>", 7), *counts.items()]), "utf-8")
        turned = Series(dict(reversed(counts.items())) | {"more": 3})
        by_place = Series(dict(enumerate(counts.values())))
        with pytest.raises(ValueError, match=r"by word: write .*with_counts\(counts\)"):
            WordVectors(WORDS, plain.vectors, counts=turned)
        for given in (path, str(path), counts | {"more": 3}, [0, 10, 20, 30], turned, by_place):
            counted = plain.with_counts(given)
            assert counted.counts.tolist() == [0, 10, 20, 30]
        assert plain.counts is None
        path.write_text("\n".join(WORDS), "utf-8")
        for given, complaint in (
            (path, "words without counts"),
            ({WORDS[0]: 3}, "3 of 4 words have no count, the first"),
            (dict.fromkeys(WORDS, -1), "from 0 to"),
            (dict.fromkeys(WORDS, 1.5), "whole numbers"),
            ([1, 2, 3], "a count for each of 4 words"),
        ):
            with pytest.raises(ValueError, match=complaint):
                plain.with_counts(given)

    @pytest.mark.parametrize("suffix", ["parquet", "arrow"])
    def test_columns_that_others_wrote(
        self, counted: WordVectors, suffix: str, tmp_path: Path
    ) -> None:
        path = tmp_path / f"v.{suffix}"

        def written(column: pa.Array) -> Path:
            table = whole.set_column(2, "count", column)
            if suffix == "parquet":
                pq.write_table(table, path)
            else:
                with pa.ipc.new_file(path, table.schema) as file:
                    file.write_table(table)
            return path

        counted.save(tmp_path / "v.parquet")
        whole = pq.read_table(tmp_path / "v.parquet")
        for kind in (pa.int64(), pa.int32(), pa.uint64()):  # and without "no nulls", as by pandas
            found = WordVectors.load(written(pa.array([9, 7, 5, 3], kind)))
            assert (found.counts.dtype, found.counts.tolist()) == (np.int64, [9, 7, 5, 3])
        for column, got in (
            (pa.array([1, None, 3, 4]), "a row without one"),
            (pa.array([1, -2, 3, 4]), "a number below 0"),
            (pa.array([1.5] * 4), "double"),
            (pa.array(["a"] * 4), "string"),
        ):
            with pytest.warns(UserWarning, match=f"'count' is left out.* got {got}"):
                assert WordVectors.load(written(column)).counts is None
