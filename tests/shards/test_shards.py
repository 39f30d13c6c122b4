"""A text in shards is the text that ``read`` reads, by every engine, in any order and number."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jw2v import shards, training
from jw2v.reading import corpus, text
from jw2v.shards import engines, jobs, tables
from jw2v.shards.counting import COUNTS, merged, runs
from texts import SENTENCES, enough

ROSES = [["a", "rose", "is", "a", "rose"], ["a", "daisy", "is", "not"]]
parts_of_a_text = st.lists(SENTENCES, min_size=1, max_size=4)


def together(parts):
    return [sentence for part in parts for sentence in part]


def batches(table: pa.Table, rows: int):
    return iter(table.to_batches(max_chunksize=rows))


@given(parts_of_a_text, st.randoms())
def test_merging_is_associative_and_commutative(parts, random):
    counts = [shards.count_shard(part) for part in parts]
    whole = shards.count_shard(together(parts))
    assert shards.merge_counts(*counts).equals(whole)
    while len(counts) > 1:  # any two, in any order, until one is left
        random.shuffle(counts)
        counts.append(shards.merge_counts(counts.pop(), counts.pop()))
    assert counts[0].equals(whole)
    assert shards.merge_counts(counts[0], COUNTS.empty_table()).equals(whole)


@given(parts_of_a_text, st.integers(1, 3))
def test_merging_streams(parts, rows):
    counts = [shards.count_shard(part) for part in parts]
    found = [*merged([batches(count, rows) for count in counts if count.num_rows])]
    whole = shards.count_shard(together(parts))
    assert pa.concat_tables([COUNTS.empty_table(), *found]).combine_chunks().equals(whole)
    # A batch of each is held, and no more.
    assert all(each.num_rows <= rows * len(counts) for each in found)


@given(SENTENCES, st.integers(1, 4))
def test_runs_are_bounded_and_sum_up(sentences, most):
    chunks = [c for s in sentences for c in corpus.chunks([s], tokens="whitespace", column=None)]
    found = [*runs(chunks, most)]
    largest = max((len(chunk.words) for chunk in chunks), default=0)
    assert all(run.num_rows <= most + largest for run in found)
    assert shards.merge_counts(*found).equals(shards.count_shard(sentences))


@given(parts_of_a_text, st.integers(1, 3), st.none() | st.integers(1, 4))
def test_shards_are_the_text(parts, min_count, max_vocab):
    sentences = together(parts)
    if not enough(sentences, min_count):
        return
    whole = corpus.read(sentences, min_count=min_count, max_vocab=max_vocab)
    counts = shards.merge_counts(*map(shards.count_shard, parts))
    vocabulary = jobs.Vocabulary.from_counts(
        counts["word"].to_pylist(),
        counts["count"].to_numpy(),
        min_count=min_count,
        max_vocab=max_vocab,
    )
    assert vocabulary.words == whole.vocabulary.words
    assert vocabulary.counts.tolist() == whole.vocabulary.counts.tolist()
    rows = [batch["ids"] for part in parts for batch in shards.encode_shard(part, vocabulary)]
    ids = [i for each in rows for sentence in each.to_pylist() for i in [*sentence, -1]]
    assert ids == whole.ids.tolist()


@pytest.mark.parametrize("chunk", [7, 4 << 20])
def test_a_sentence_goes_on_in_the_next_chunk(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(text, "CHUNK_BYTES", chunk)
    path = tmp_path / "a.txt"
    path.write_text("a rose is a rose is a rose\nand a daisy is not")
    whole = corpus.read(path, min_count=2)
    [*rows] = shards.encode_shard(path, whole.vocabulary)
    assert [i for b in rows for s in b["ids"].to_pylist() for i in [*s, -1]] == whole.ids.tolist()


def write_texts(folder: Path, number: int = 5) -> list[Path]:
    """Texts whose words are Zipf's, in prose of several sentences."""
    folder.mkdir()
    rng = np.random.default_rng(number)
    paths = []
    for shard in range(number):
        lines = (" ".join(f"W{i}" for i in rng.zipf(1.5, 20) % 50) for _ in range(30))
        paths.append(folder / f"part-{shard}.txt")
        paths[-1].write_text(".\n".join(lines), encoding="utf-8")
    return paths


def run_all(paths, folder, *, tokens="whitespace", min_count=2, **engine):
    jobs.count(paths, folder / "counts", tokens=tokens, **engine)
    vocab = folder / "vocab.parquet"
    jobs.make_vocabulary(folder / "counts", vocab, min_count=min_count, **engine)
    jobs.encode(paths, vocab, folder / "ids", **engine)
    return folder / "ids", vocab


def same(found: corpus.Corpus, whole: corpus.Corpus) -> None:
    assert found.fingerprint() == whole.fingerprint()
    assert found.tokens_read == whole.tokens_read
    assert dict(found.settings) == dict(whole.settings)


@pytest.mark.parametrize("engine", ["serial", "processes", "ray", "dask"])
def test_every_engine_gives_the_same_text(tmp_path, engine):
    needs = {"ray": "ray", "dask": "distributed"}.get(engine)
    if needs and not importlib.util.find_spec(needs):
        pytest.skip(f"{needs} is not installed: pip install 'jw2v[{engine}]'")
    paths = write_texts(tmp_path / "texts")
    given = {"engine": engine, "workers": 2} if engine == "processes" else {"engine": engine}
    if engine == "serial":
        given = {"workers": 1}
    found = shards.read(*run_all(paths[::-1], tmp_path, tokens="words", **given))
    same(found, corpus.read(paths, tokens="words", min_count=2))


def test_more_words_than_fit_are_spilled_and_more_files_merged(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "TOGETHER", 2)
    monkeypatch.setattr(text, "CHUNK_BYTES", 64)
    spilled = []
    real = tables.spill
    monkeypatch.setattr(tables, "spill", lambda path, t: (spilled.append(path), real(path, t)))
    paths = write_texts(tmp_path / "texts")
    done = jobs.count(paths, tmp_path / "counts", workers=1, most=8)
    assert len(spilled) > 3 * len(paths)
    assert not any(os.path.exists(path) for path in spilled)
    for path, each in zip(paths, done, strict=True):
        assert pq.read_table(each.path).equals(shards.count_shard(path))
    found = jobs.make_vocabulary(tmp_path / "counts", tmp_path / "v.parquet", workers=1)
    assert found.words == corpus.read(paths).vocabulary.words
    assert sorted(p.name for p in tmp_path.iterdir()) == ["counts", "texts", "v.parquet"]


def test_the_files_are_as_documented(tmp_path):
    paths = write_texts(tmp_path / "texts", 2)
    ids, vocab = run_all(paths, tmp_path, workers=1)
    counts = pq.read_table(tmp_path / "counts" / "part-0.txt.parquet")
    assert str(counts.schema) == "word: large_string\ncount: int64"
    assert counts["word"].to_pylist() == sorted(counts["word"].to_pylist())
    words = pq.read_table(vocab).to_pylist()
    assert words == sorted(words, key=lambda row: (-row["count"], row["word"]))
    table = pq.read_table(ids / "part-1.txt.parquet")
    assert table.schema.field("ids").type.value_type == pa.int32()
    made = tables.made(ids / "part-1.txt.parquet", "ids")
    assert made["tokens"] == "whitespace"
    assert made["version"] == tables.VERSION
    assert [["part-1.txt", made["source"]]] == tables.made(vocab, "vocabulary")["shards"][1:]


def test_what_is_there_is_kept_if_text_and_settings_are_the_same(tmp_path):
    paths = write_texts(tmp_path / "texts", 2)
    folder = tmp_path / "counts"
    assert [each.kept for each in jobs.count(paths, folder, workers=1)] == [False, False]
    paths[0].write_text("another text")
    assert [each.kept for each in jobs.count(paths, folder, workers=1)] == [False, True]
    again = jobs.count(paths, folder, tokens="words", workers=1)
    assert [each.kept for each in again] == [False, False]
    (folder / "part-1.txt.parquet").write_bytes(b"half a file")
    again = jobs.count(paths, folder, tokens="words", workers=1)
    assert [each.kept for each in again] == [True, False]


def test_a_shard_that_fails_is_named_and_the_others_are_finished(tmp_path):
    paths = write_texts(tmp_path / "texts", 3)
    paths[1].write_bytes(b"\xff\xfe")
    with (
        pytest.warns(UserWarning, match=r"part-1\.txt failed and is tried again"),
        pytest.raises(ValueError, match=r"1 of 3 shards failed, 3 times each: part-1\.txt: .*UTF"),
    ):
        jobs.count(paths, tmp_path / "counts", workers=1)
    names = ["part-0.txt.parquet", "part-2.txt.parquet"]
    assert sorted(path.name for path in (tmp_path / "counts").iterdir()) == names


def killed_at_first(path: str) -> int:
    if not os.path.exists(path):
        Path(path).touch()
        os._exit(9)
    return os.getpid()


def test_a_process_that_is_killed_fails_its_shards_alone(tmp_path):
    there = tmp_path / "there"
    there.touch()
    items = [str(tmp_path / "not there"), *[str(there)] * 3]
    with pytest.warns(UserWarning, match=r"not there failed and is tried again: .* was killed"):
        found = engines.tried(
            lambda f, i: engines.processes(f, i, 1), killed_at_first, items, os.path.basename
        )
    assert len(found) == 4
    assert os.getpid() not in found


def foreign(folder: Path, ids=None, **columns) -> tuple[Path, Path]:
    """Files as another program writes them: without our metadata, in types of its own."""
    (folder / "ids").mkdir()
    table = pa.table({"ids": pa.array(ids or [[0, 1], [], [0]], pa.large_list(pa.int64()))})
    pq.write_table(table, folder / "ids" / "0.parquet")
    words = {"count": [2, 1], "word": ["a", "rose"], **columns}
    pq.write_table(pa.table(words), folder / "vocab.parquet")
    return folder / "ids", folder / "vocab.parquet"


def test_files_of_other_programs_are_read(tmp_path):
    found = shards.read(*foreign(tmp_path))
    assert found.ids.tolist() == [0, 1, -1, 0, -1]
    assert found.vocabulary.words == ("a", "rose")
    assert (found.tokens_read, found.settings) == (3, {})
    (tmp_path / "counts").mkdir()
    for name in "ab":
        counts = pa.table({"word": ["a", "b"], "count": pa.array([2, 1], pa.uint32())})
        pq.write_table(counts, tmp_path / "counts" / f"{name}.parquet")
    made = jobs.make_vocabulary(tmp_path / "counts", tmp_path / "v.parquet", min_count=3)
    assert (made.words, made.counts.tolist()) == (("a",), [4])
    text = tmp_path / "a.txt"
    text.write_text("a rose\na")
    jobs.encode(text, tmp_path / "vocab.parquet", tmp_path / "ours", workers=1)
    assert shards.read(tmp_path / "ours", tmp_path / "vocab.parquet").ids.tolist() == [
        *[0, 1, -1],
        *[0, -1],
    ]


@pytest.mark.parametrize(
    ("ids", "columns", "said"),
    [
        ([[0, 2]], {}, "0.parquet has the id 2, and the 2 words of"),
        ([[0, -1]], {}, "-1 is no id"),
        ([[0, None]], {}, "an id is null"),
        ([[0, 1]], {}, "counts 2 times 'a', and the ids of 1 files have it 1 times: a shard"),
        (None, {"count": [1, 2]}, "not sorted by falling count, then word"),
        (None, {"count": [0.5, 0.2]}, "expected the columns word: large_string, count: int64"),
        (None, {"count": [2, 0]}, "0 is no count"),
        (None, {"word": ["a", None]}, "a word or a count is null"),
        (None, {"word": ["", "b"]}, "a word is empty"),
        (None, {"word": ["a", "a"]}, "'a' occurs again"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, ids, columns, said):
    with pytest.raises(ValueError, match=said):
        shards.read(*foreign(tmp_path, ids, **columns))


def test_what_does_not_belong_together_is_refused(tmp_path):
    paths = write_texts(tmp_path / "texts", 3)
    ids, vocab = run_all(paths, tmp_path, workers=1)
    with pytest.raises(ValueError, match="these are ids: give with them"):
        training.train(ids)
    with pytest.raises(ValueError, match="holds ids: expected counts"):
        jobs.make_vocabulary(ids, tmp_path / "v.parquet")
    other = tmp_path / "other.parquet"
    jobs.make_vocabulary(tmp_path / "counts", other, min_count=3)
    with pytest.raises(ValueError, match="encoded with another vocabulary than"):
        shards.read(ids, other)
    with pytest.raises(ValueError, match="tokens='words' is not how the texts of"):
        jobs.encode(paths, vocab, tmp_path / "ids", tokens="words")
    part = shards.read(ids / "part-1.txt.parquet", vocab, whole=False)
    assert part.vocabulary.words == shards.read(ids, vocab).vocabulary.words
    (ids / "part-1.txt.parquet").rename(tmp_path / "away")
    with pytest.raises(ValueError, match=r"1 of the 3 shards .* not among the ids: part-1\.txt"):
        shards.read(ids, vocab)
    jobs.count(paths[:1], tmp_path / "counts", tokens="words", workers=1)
    with pytest.raises(ValueError, match=r"tokens='words', .* with tokens='whitespace'"):
        jobs.make_vocabulary(tmp_path / "counts", tmp_path / "v.parquet")
    with pytest.raises(FileNotFoundError, match=r"no such file: '.*part-9\.txt'"):
        jobs.count([*paths, tmp_path / "part-9.txt"], tmp_path / "counts")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "part-0.txt").touch()
    with pytest.raises(ValueError, match="have the same name"):
        jobs.count([paths[0], tmp_path / "b" / "part-0.txt"], tmp_path / "counts")
    paths[0].write_text("another text")
    with pytest.warns(UserWarning, match=r"1 of 3 texts, such as part-0\.txt, are not those"):
        jobs.encode(paths, vocab, tmp_path / "ids", workers=1)
    unsorted = pa.table({"word": ["b", "a"], "count": [1, 1]})
    pq.write_table(unsorted, tmp_path / "unsorted.parquet")
    with pytest.raises(ValueError, match="not sorted by word"):
        jobs.make_vocabulary(tmp_path / "unsorted.parquet", tmp_path / "v.parquet")
    assert not (tmp_path / "v.parquet").exists()


def test_chosen_words_are_those_of_read(tmp_path):
    paths = write_texts(tmp_path / "texts", 2)
    jobs.count(paths, tmp_path / "counts", workers=1)
    for chosen in (
        {"keep": ["W40"], "stop": ["W1"], "min_count": 20},
        {"vocab": ["W1", "W2", "W40"], "keep": ["W7"]},
        {"vocab": {"W1": 9, "W2": 1}, "min_count": 5},
        {"max_vocab": 3, "min_count": 1},
    ):
        found = jobs.make_vocabulary(tmp_path / "counts", tmp_path / "v.parquet", **chosen)
        expected = corpus.read(paths, **chosen).vocabulary
        assert found.words == expected.words
        assert shards.read_vocabulary(tmp_path / "v.parquet").words == expected.words
    with pytest.raises(ValueError, match="no word occurs at least min_count = 9,999 times"):
        jobs.make_vocabulary(tmp_path / "counts", tmp_path / "v.parquet", min_count=9999)


@pytest.mark.usefixtures("unchecked")
def test_engines_that_are_absent_or_unknown_are_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    for engine in ("ray", "dask"):
        with pytest.raises(ImportError, match=rf"pip install 'jw2v\[{engine}\]'"):
            next(iter(engines.named(engine)(abs, [1])))
    with pytest.raises(ValueError, match="must be processes, ray or dask"):
        engines.named("spark")
    with pytest.raises(ValueError, match="workers=2 is the number of processes"):
        engines.named("ray", 2)
