"""What ``fuzz.py`` fuzzes: every reader of files, files to begin with, and what must hold.

A target is a function of an empty folder that returns valid files, as bytes, and a function that
reads any bytes as such a file. The latter raises what the reader raises, and ``AssertionError``
where the reader accepts what it should not.
"""

import dataclasses
import gzip
import json
import lzma
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from unittest import mock

import jax
import numpy as np
from fuzz_tables import TEXTS, VECTORS

from jw2v import evaluate, steps
from jw2v.choices import Tokens
from jw2v.config import Config
from jw2v.params import Params
from jw2v.reading import corpus, text
from jw2v.reading.vocabulary import Vocabulary
from jw2v.steps.optimizers import curvature_bounded_sgd
from jw2v.storage import archive
from jw2v.studies import treebank
from jw2v.training import checkpoints
from jw2v.vectors import export
from jw2v.vectors.words import WordVectors

__all__ = ["TARGETS", "Made", "Target"]


class Made(NamedTuple):
    """A target in its folder."""

    seeds: list[bytes]
    """valid files"""
    read: Callable[[bytes], None]
    """reads any bytes; raises what the reader raises"""


Target: TypeAlias = Callable[[Path], Made]

SMALL = WordVectors(
    ("king", "é", "\u202eעברית"), np.array([[0.1, -0.0], [1e-45, 3e38], [2, 1]], "f")
)
WIDE = WordVectors(("a", "b"), np.array([[0.1, 1 / 3, 7], [-1e300, 2, 1e-9]]), {"config": "{}"})
TEXT = "A rose is a rose.\nIs it?  “Yes,” he’d say.\n\nעברית e\u0301\u3000é\x1cz\r\n".encode()
PAIRS = b"# from a paper\nword1\tword2\tscore\nking\tqueen\t7.5\nking\tpear\t1e0\npear\ta\t2\n"
ANALOGIES = b": family\nking queen pear a\n: other\nking pear queen a\n"
TREEBANK = b"sentence_index\tsentence\n1\tThe Rock is good .\n2\tSo-so\n"


def vectors_of(suffix: str, foreign: Sequence[bytes], folder: Path) -> Made:
    """Files of vectors; ``foreign`` are seeds that jw2v does not write itself."""
    path = folder / f"some{suffix}"
    dtype = np.float32 if suffix == ".bin" else np.float64
    seeds = [*foreign]
    for vectors in (SMALL, WordVectors(WIDE.words, np.sign(WIDE.vectors).astype(dtype))):
        vectors.save(path)
        seeds.append(path.read_bytes())

    def read(data: bytes) -> None:
        path.write_bytes(data)
        check_vectors(WordVectors.load(path), path, folder)

    return Made(seeds, read)


def check_vectors(loaded: WordVectors, path: Path, folder: Path) -> None:
    """What holds for all vectors, and that they come back from the files that can hold them."""
    assert len(loaded.words) == len(set(loaded.words)) == len(loaded.vectors)
    assert loaded.dim > 0
    assert np.isfinite(loaded.vectors).all()
    for again in (folder / "again.safetensors", folder / f"again{path.suffix}"):
        try:
            loaded.save(again)
        except ValueError:  # a format that cannot hold these words
            assert again.suffix != ".safetensors"
            continue
        copy = WordVectors.load(again)
        assert copy.words == loaded.words
        assert copy.vectors.dtype == loaded.vectors.dtype
        assert copy.vectors.tobytes() == loaded.vectors.tobytes()
    if "config" in loaded.metadata:
        export.static_embedding(loaded, folder / "encoder")


def projector(folder: Path) -> Made:
    """The two files of the projector, three zeros between them."""
    path, labels = folder / "some.tsv", folder / "some.metadata.tsv"

    def read(data: bytes) -> None:
        numbers, _, words = data.partition(bytes(3))
        path.write_bytes(numbers)
        labels.write_bytes(words)
        check_vectors(WordVectors.load(path), path, folder)

    return Made(
        [b"1\t2\n3\t4\n" + bytes(3) + words for words in (b"a\nb\n", b"w\tn\na\t1\nb\t2\n")], read
    )


def packed(pack: Callable[[bytes], bytes], inner: Target, folder: Path) -> Made:
    """Files of ``inner`` in an archive: after a first byte of 1 the archive itself, else within."""
    made = inner(folder)
    seeds = [b"\0" + seed for seed in made.seeds] + [b"\1" + pack(seed) for seed in made.seeds]
    return Made(seeds, lambda data: made.read(data[1:] if data[:1] == b"\1" else pack(data[1:])))


def corpus_of(suffix: str, tokens: Tokens, seeds: Sequence[bytes], folder: Path) -> Made:
    """Texts and tables, which must be the same in whatever blocks they are read."""
    path = folder / f"some{suffix}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        found = corpus.read(path, tokens=tokens, min_count=1)
        check_corpus(found)
        with mock.patch.object(text, "CHUNK_BYTES", max(16, len(data) // 16)):
            assert (
                corpus.read(path, tokens=tokens, min_count=1).fingerprint() == found.fingerprint()
            )

    return Made(list(seeds), read)


def check_corpus(found: corpus.Corpus) -> None:
    """Ids are of the vocabulary, counts are those of the ids, no sentence is empty."""
    ends = found.ids == corpus.SENTENCE_END
    words = found.ids[~ends]
    assert len(found.vocabulary) == len(set(found.vocabulary.words))
    assert not any(set(word) & set("\0 \n") or not word for word in found.vocabulary.words)
    assert np.bincount(words).tolist() == found.vocabulary.counts.tolist()
    assert found.tokens_read == found.vocabulary.total == len(words)
    assert ends[-1]
    assert not (ends[1:] & ends[:-1]).any()
    assert not ends[0]


def questions(judge: Callable[[WordVectors, Path], Any], seed: bytes, folder: Path) -> Made:
    """Files of questions, judged by vectors that know their words."""
    path = folder / "questions.txt"
    known = WordVectors(("king", "queen", "pear", "a"), np.eye(4) + 1)

    def read(data: bytes) -> None:
        path.write_bytes(data)
        judge(known, path)

    return Made([seed], read)


def sentences(folder: Path) -> Made:
    """The sentences of the Stanford Sentiment Treebank."""

    def read(data: bytes) -> None:
        (folder / "datasetSentences.txt").write_bytes(data)
        assert all(word for sentence in treebank.read_sentences(folder) for word in sentence)

    return Made([TREEBANK], read)


def settings(folder: Path) -> Made:
    """A ``Config`` of whatever JSON can say."""
    names = {field.name for field in dataclasses.fields(Config)}

    def read(data: bytes) -> None:
        given = json.loads(data)
        if isinstance(given, dict) and given.keys() <= names:
            config = Config(**given)
            assert Config(**json.loads(json.dumps(dataclasses.asdict(config)))) == config

    one_each = [json.dumps({name: value}) for name, value in dataclasses.asdict(Config()).items()]
    some = ["3", "-1", "1e400", "1" + "0" * 400, "true", '"words"', "[1]", "{}", "0.5", "NaN"]
    odd = [f'{{"{name}": {value}}}' for name in sorted(names) for value in some]
    return Made([text.encode() for text in (*one_each, *odd)], read)


def checkpoint(forged: bool, folder: Path) -> Made:
    """A file of a checkpoint: its number, then its bytes; or a record, sealed as if it was ours."""
    place = folder / "run"
    config = dataclasses.asdict(Config(dim=2))
    known = corpus.Corpus(
        Vocabulary(("a", "b", "c"), np.array([3, 2, 1])), np.zeros(6, np.int32), 6
    )
    open_it = partial(
        checkpoints.Checkpoints,
        place,
        config,
        known.fingerprint(),
        known.vocabulary.words,
        every=0,
    )
    zeros = Params(*np.zeros((2, 3, 2), np.float32))
    fresh = steps.start(zeros, curvature_bounded_sgd(0.05, 2.0), jax.random.key(0))
    state = fresh._replace(params=Params(*np.arange(12, dtype="f").reshape(2, 3, 2)))
    position = checkpoints.Position(1, 2, 3, [[0.5, 8.0]])
    open_it(resume=False).save(state, position)
    files = sorted(file for file in place.rglob("*") if file.is_file())
    whole = [file.read_bytes() for file in files]
    record = next(i for i, file in enumerate(files) if file.parts[-2:] == ("record", "metadata"))

    def read(data: bytes) -> None:
        if not data:
            return
        which, content = (record, sealed(data)) if forged else (data[0] % len(files), data[1:])
        files[which].write_bytes(content)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                learnt = checkpoints.load(place)
                found = open_it(resume=True).restore(lambda: fresh)
        finally:
            files[which].parent.mkdir(parents=True, exist_ok=True)
            files[which].write_bytes(whole[which])
        assert forged or learnt.words == ("a", "b", "c")
        if found is not None:
            assert forged or found[1] == position
            for ours, theirs in zip(found[0].params, state.params, strict=True):
                np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))

    if forged:
        return Made([whole[record]], read)
    return Made([bytes([i]) + content for i, content in enumerate(whole)], read)


def sealed(data: bytes) -> bytes:
    """A record with the seal of whatever it says."""
    found = json.loads(data)
    if isinstance(found, dict):
        found.pop("seal", None)
        found["seal"] = archive._seal(found)
    return json.dumps(found).encode()


_XZ = partial(lzma.compress, preset=0)
_GZIP = partial(gzip.compress, mtime=0)
_ROWS = (
    b"2 2\r\na 1 2.5\r\nb -3 4e0\r\n",
    b"\xef\xbb\xbf2 2\na 1 2.5 \n\nb nan 4\n",
    b"a 1 0.12345678912\n",
)


TARGETS: dict[str, Target] = {
    "word2vec-text": partial(vectors_of, ".txt", _ROWS),
    "word2vec-text-gz": partial(packed, _GZIP, partial(vectors_of, ".txt", _ROWS)),
    "glove": partial(vectors_of, ".glove.txt", _ROWS),
    "fasttext": partial(vectors_of, ".vec", _ROWS),
    "word2vec-binary": partial(vectors_of, ".bin", ()),
    "word2vec-binary-gz": partial(packed, _GZIP, partial(vectors_of, ".bin", ())),
    "safetensors": partial(vectors_of, ".safetensors", ()),
    "projector": projector,
    "parquet": partial(vectors_of, ".parquet", VECTORS["parquet"]),
    "arrow": partial(vectors_of, ".arrow", VECTORS["arrow"]),
    "corpus-text": partial(corpus_of, ".txt", "whitespace", (TEXT,)),
    "corpus-prose": partial(corpus_of, ".txt", "words", (TEXT,)),
    "corpus-gz": partial(packed, _GZIP, partial(corpus_of, ".txt.gz", "words", (TEXT,))),
    "corpus-xz": partial(packed, _XZ, partial(corpus_of, ".txt.xz", "words", (TEXT,))),
    "corpus-parquet": partial(corpus_of, ".parquet", "whitespace", TEXTS["parquet"]),
    "corpus-arrow": partial(corpus_of, ".arrow", "whitespace", TEXTS["arrow"]),
    "pairs": partial(questions, evaluate.word_pairs, PAIRS),
    "analogies": partial(questions, evaluate.analogies, ANALOGIES),
    "treebank": sentences,
    "config": settings,
    "checkpoint": partial(checkpoint, False),
    "checkpoint-record": partial(checkpoint, True),
}
"""By name."""
