"""``jw2v count``, ``jw2v vocab``, ``jw2v encode`` and training from what they write."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_shards import write_texts

from jw2v.reading import corpus
from jw2v.shards import reading

FAST = ("--dim", 4, "--epochs", 1, "--subsample", 0, "--min-count", 2)


@pytest.fixture
def encoded(run, tmp_path):
    """Texts, and their ids and vocabulary as the commands make them."""
    paths = write_texts(tmp_path / "texts", 3)
    for arguments in (
        ("count", *paths, "-o", tmp_path / "counts", "--workers", 1),
        ("vocab", tmp_path / "counts", "--min-count", 2, "-o", tmp_path / "vocab.parquet"),
        ("encode", *paths, "--vocab", tmp_path / "vocab.parquet", "-o", tmp_path / "ids"),
    ):
        code, out, err = run(*arguments, *["--workers", 1][: 2 * (arguments[0] == "encode")])
        assert code == 0, err
        assert out.startswith(("counts: ", "vocabulary: ", "ids: "))
    return paths, tmp_path / "ids", tmp_path / "vocab.parquet"


def test_the_commands_give_the_vectors_of_the_text(run, tmp_path, encoded):
    paths, ids, vocab = encoded
    whole = corpus.read(paths, min_count=2)
    assert reading.read(ids, vocab).fingerprint() == whole.fingerprint()
    a, b = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    code, _, err = run("train", ids, "--vocab", vocab, "-o", a, *FAST)
    assert code == 0, err
    assert run("train", *paths, "-o", b, *FAST)[0] == 0
    assert a.read_bytes() == b.read_bytes()
    code, out, _ = run("count", *paths, "-o", tmp_path / "counts", "--workers", 1)
    assert (code, "3 shards, 3 of them there before" in out) == (0, True)


def test_bad_input_is_one_line_and_nothing_is_written(run, tmp_path, encoded):
    paths, ids, vocab = encoded
    target = tmp_path / "vectors.safetensors"
    beyond = tmp_path / "beyond.parquet"
    pq.write_table(pa.table({"ids": [[0, 10**6]]}), beyond)
    other = tmp_path / "other.parquet"
    assert run("vocab", tmp_path / "counts", "--min-count", 3, "-o", other)[0] == 0
    for arguments, said in (
        (("count", tmp_path / "no.txt", "-o", tmp_path / "new"), "no such file"),
        (("count", paths[0], "-o", vocab), "is a file: expected the name of a folder"),
        (("count", "-", "-o", tmp_path / "new"), "standard input is no shard"),
        (("encode", paths[0], "--vocab", tmp_path / "no", "-o", tmp_path / "new"), "no such file"),
        (("vocab", tmp_path / "texts", "-o", target), "has no .parquet files: expected counts"),
        (("train", ids, "-o", target), "these are ids: give with them"),
        (("train", ids, "--vocab", other, "-o", target), "encoded with another vocabulary than"),
        (("train", beyond, "--vocab", vocab, "-o", target), "has the id 1,000,000, and the"),
        (("train", ids / "part-0.txt.parquet", "--vocab", vocab, "-o", target), "are not among"),
    ):
        code, _, err = run(*arguments)
        [line] = [line for line in err.splitlines() if not line.startswith("reading")]
        assert code == 2
        assert line.startswith("error: ")
        assert said in line
        assert not target.exists()
        assert not (tmp_path / "new").exists()
