"""Hostile input: whatever a file holds, it is read or refused with a message, in bounded memory.

``benchmarks/fuzz.py`` tries millions of files; here are some of each kind, and what it cannot hit
upon: other encodings, very long lines, many words, scripts, names that climb out of a folder, and
pickles under other names.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import jw2v
from jw2v import Config, WordVectors, evaluate, formats
from jw2v.evaluate import questions
from jw2v.reading import corpus
from jw2v.studies import treebank
from jw2v.training import checkpoints
from jw2v.vectors import export

SCALE = float(os.environ.get("JW2V_HOSTILE", "0.2"))
"""1 for lines of 100 MB and a million words, as docs/reliability.md says."""

KNOWN = WordVectors(("king", "queen", "café", "a"), np.eye(4) + 1)
Read = Callable[[Path], object]


def sentences(path: Path) -> object:
    (path.parent / "datasetSentences.txt").write_bytes(path.read_bytes())
    return treebank.read_sentences(path.parent)


TEXTS: dict[str, tuple[str, Read, str]] = {
    "corpus": (".txt", partial(corpus.read, min_count=1), "café au lait\ncafé\n"),
    "prose": (".txt", partial(corpus.read, min_count=1, tokens="words"), "Café, au lait. Café!\n"),
    "vectors": (".txt", WordVectors.load, "2 2\ncafé 1 2\nthé 3 4\n"),
    "glove": (".glove", WordVectors.load, "café 1 2\nthé 3 4\n"),
    "pairs": (".tsv", partial(evaluate.word_pairs, KNOWN), "café\tking\t3\na\tqueen\t1\n"),
    "analogies": (".txt", partial(evaluate.analogies, KNOWN), ": café\nking queen café a\n"),
    "treebank": (".txt", sentences, "sentence_index\tsentence\n1\tcafé .\n"),
}
each_text = pytest.mark.parametrize("kind", TEXTS)


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table, sink)
    return sink.getvalue()


def arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


TABLES = [
    pa.table({"text": [["a", "rose"], None, ["is", None]]}),
    pa.table({"n": [1, 2], "text": pa.array(["a\nb", "a"]).dictionary_encode()}),
]
packed = partial(pa.compress, codec="zstd", asbytes=True)
COLUMN = partial(corpus.read, min_count=1, column="text")
PACKED: dict[str, tuple[str, Read, list[bytes]]] = {
    "gz": (".gz", partial(corpus.read, min_count=1), [gzip.compress(b"a rose\n" * 9, mtime=0)]),
    "xz": (".xz", partial(corpus.read, min_count=1), [lzma.compress(b"a rose\n" * 9)]),
    "parquet": (".parquet", partial(corpus.read, min_count=1), [*map(parquet, TABLES)]),
    "arrow": (".arrow", partial(corpus.read, min_count=1), [*map(arrow, TABLES)]),
    "bz2": (".bz2", partial(corpus.read, min_count=1), [bz2.compress(b"a rose\n" * 9)]),
    "zst": (".zst", partial(corpus.read, min_count=1), [packed(b"a rose\n" * 9)]),
    "csv": (".csv", COLUMN, [b'n,text\n1,"a ""rose"", is"\n2,a\n']),
    "jsonl": (".jsonl", COLUMN, [b'{"text": "a rose"}\n{"text": ["is", "a"]}\n']),
}
ALL = {
    **{kind: (suffix, read, [text.encode()]) for kind, (suffix, read, text) in TEXTS.items()},
    **PACKED,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


def refused_or_read(read: Read, path: Path) -> None:
    """Nothing but the errors that readers document may come, and no message may be endless."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a file that is odd and can be read
            read(path)
    except (ValueError, OSError) as error:
        assert 0 < len(str(error)) < 2000  # noqa: PT017 - whether it comes is open


class TestAnyFile:
    @pytest.mark.parametrize("kind", ALL)
    @given(data=st.data())
    def test_changed_bytes(self, kind: str, data: st.DataObject, folder: Path) -> None:
        suffix, read, whole = ALL[kind]
        content = bytearray(data.draw(st.sampled_from(whole)))
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content) - 1))
            content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
            content = content or bytearray(1)
        path = folder / f"changed{suffix}"
        path.write_bytes(content)
        refused_or_read(read, path)

    @pytest.mark.parametrize("kind", ALL)
    @given(content=st.binary(max_size=200))
    @example(content=b"")
    @example(content=b"\xef\xbb\xbf")
    @example(content=b"\n" * 100)
    @example(content=b"\x1f\x8b\x08" + bytes(20))
    @example(content=b"\xfd7zXZ\0" + bytes(20))
    @example(content=b"PAR1" + b"\xff" * 8 + b"PAR1")
    @example(content=b"ARROW1\0\0" + b"\xff" * 12 + b"ARROW1")
    def test_any_bytes(self, kind: str, content: bytes, folder: Path) -> None:
        suffix, read, _ = ALL[kind]
        path = folder / f"any{suffix}"
        path.write_bytes(content)
        refused_or_read(read, path)


class TestEncodings:
    @each_text
    def test_utf8_is_read_and_its_mark_passed_over(self, kind: str, tmp_path: Path) -> None:
        suffix, read, text = TEXTS[kind]
        path = tmp_path / f"text{suffix}"
        path.write_bytes(text.encode())
        plain = read(path)
        if kind != "treebank":  # which has none, and is one file
            path.write_bytes(text.encode("utf-8-sig"))
            assert str(read(path)).split("ids=")[0] == str(plain).split("ids=")[0]

    @each_text
    @pytest.mark.parametrize(
        "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1251", "shift_jis"]
    )
    def test_others_are_refused(self, kind: str, encoding: str, tmp_path: Path) -> None:
        suffix, read, text = TEXTS[kind]
        path = tmp_path / f"text{suffix}"
        letter = {"cp1251": "ы", "shift_jis": "語"}.get(encoding, "é")
        path.write_bytes(text.replace("é", letter).encode(encoding))
        with pytest.raises(ValueError, match=r"UTF-8|begin with|expected a (word|number)"):
            read(path)

    @each_text
    def test_nul_bytes_are_refused(self, kind: str, tmp_path: Path) -> None:
        suffix, read, text = TEXTS[kind]
        path = tmp_path / f"text{suffix}"
        path.write_text(text.replace("af", "a\0f"), encoding="utf-8")
        with pytest.raises(ValueError, match=r"NUL byte|expected a word, got 'ca\\x00f"):
            read(path)


MEASURE = """
import json, resource, sys
from functools import partial
from pathlib import Path
from jw2v import WordVectors
from jw2v.evaluate import questions
from jw2v.reading import corpus
readers = {
    "corpus": partial(corpus.read, min_count=1),
    "prose": partial(corpus.read, min_count=1, tokens="words"),
    "vectors": WordVectors.load,
    "pairs": questions.read_pairs,
}
kind, path = sys.argv[1:]
read = readers[kind]
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
small = Path(path).with_name("small" + Path(path).suffix)
for content in (b"1 1\\na 1\\n", b"1 1\\na 1 \\r\\n"):
    small.write_bytes(content)
    try:
        read(small)
    except ValueError:
        pass
before, said = peak(), None
try:
    said = len(getattr(read(Path(path)), "vocabulary", ()))
except ValueError as error:
    said = str(error)
print(json.dumps([said, peak() - before]))
"""


def measured(kind: str, path: Path) -> tuple[object, float]:
    """What a reader says of a file, in a process of its own, and the MiB that it took."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, kind, str(path)],
        capture_output=True,
        check=True,
        timeout=600,
    )
    said, taken = json.loads(done.stdout)
    return said, taken


class TestSize:
    @pytest.mark.parametrize(
        ("kind", "unit", "said", "most"),
        [
            ("corpus", b"some words ", 2, 150),
            ("prose", b"some words ", 2, 150),
            ("corpus", b"\n", "no words in", 150),
            ("corpus", b"word", "a word of more than 1,048,576 bytes", 100),
            ("corpus", "語".encode(), "a word of more than 1,048,576 bytes", 100),
            ("vectors", b"1 ", "a line of more than 16,777,216 bytes", 100),
            ("vectors", b"1", "a line of more than 16,777,216 bytes", 100),
            ("vectors", b"1\r", "a line of more than 16,777,216 bytes", 100),
            ("pairs", b"ab ", "line 1: expected two words and a number", 50 + 600 * SCALE),
        ],
    )
    def test_one_line_of_100_megabytes(
        self, kind: str, unit: bytes, said: object, most: float, tmp_path: Path
    ) -> None:
        path = tmp_path / "line.txt"
        with open(path, "wb") as file:
            for _ in range(round(100 * SCALE)):
                file.write(unit * (1_000_000 // len(unit)))
        found, taken = measured(kind, path)
        assert found == said if isinstance(said, int) else str(said) in str(found)
        assert len(str(found)) < 500 + len(str(path))
        assert taken < most

    def test_a_million_distinct_words(self, tmp_path: Path) -> None:
        names = [f"w{i}" for i in range(round(1_000_000 * SCALE**2))]
        path = tmp_path / "text.txt"
        path.write_text(" ".join(names), encoding="utf-8")
        read = corpus.read(path, min_count=1)
        assert len(read.vocabulary) == len(names)
        assert np.array_equal(np.sort(read.ids), np.arange(-1, len(names)))
        vectors = WordVectors(tuple(names), np.arange(2 * len(names), dtype="f").reshape(-1, 2))
        for format in formats.FORMATS:
            vectors.save(tmp_path / ("v" + format.suffixes[-1]), format=format.name)
            again = WordVectors.load(tmp_path / ("v" + format.suffixes[-1]), format=format.name)
            assert again.words == vectors.words
            assert np.array_equal(again.vectors, vectors.vectors)


SCRIPTS = (
    *("עברית", "مرحبا", "ภาษา", "\u202eabc"),
    *("é", "e\u0301", "n\u0303o", "a\u200db", "👩\u200d👩\u200d👧"),
)
"""From right to left, with marks that combine, joined; two of them look alike and are not."""


@pytest.fixture(scope="module")
def learnt(folder: Path) -> WordVectors:
    """Vectors of these words, learnt from a text of them."""
    path = folder / "scripts.txt"
    path.write_text(f"{' '.join(SCRIPTS)}\n" * 20, encoding="utf-8")
    return jw2v.train(path, Config(dim=3, min_count=1, subsample=0, epochs=1))


class TestScripts:
    def test_words_stay_as_they_are_written(self, learnt: WordVectors) -> None:
        assert sorted(learnt.words) == sorted(SCRIPTS)

    @pytest.mark.parametrize("format", formats.FORMATS, ids=lambda format: format.name)
    def test_from_file_to_command_line(
        self, learnt: WordVectors, format: formats.Format, tmp_path: Path, run: Callable
    ) -> None:
        path = tmp_path / ("v" + format.suffixes[-1])
        learnt.save(path, format=format.name)
        code, out, _ = run("similar", path, *SCRIPTS, "-n", 8)
        assert code == 0
        for line, word in zip(out.splitlines(), SCRIPTS, strict=True):
            asked, _, answers = line.partition(": ")
            assert asked == word
            assert {answer.rpartition(" ")[0] for answer in answers.split(", ")} == {*SCRIPTS} - {
                word
            }
        code, out, _ = run("similar", path, "e\u0301", "--json")
        assert code == 0
        assert json.loads(out)[0]["word"] == "e\u0301"
        assert len(json.loads(out)[0]["neighbours"]) == 8

    @pytest.mark.parametrize("tokens", ["whitespace", "words"])
    def test_prose_keeps_marks(self, tokens: corpus.Tokens, tmp_path: Path) -> None:
        path = tmp_path / "text.txt"
        path.write_text("E\u0301te n\u0303o עִבְרִית\n", encoding="utf-8")
        words = corpus.read(path, min_count=1, tokens=tokens).vocabulary.words
        first = "e\u0301te" if tokens == "words" else "E\u0301te"
        assert set(words) == {first, "n\u0303o", "עִבְרִית"}


CLIMBING = ("../../climbed", "/tmp/climbed", "..", ".", "a/../../b", "C:\\b", "~", "%2e%2e")


class TestNames:
    def test_words_are_never_paths(self, tmp_path: Path) -> None:
        inside = tmp_path / "a" / "b"
        inside.mkdir(parents=True)
        vectors = WordVectors(CLIMBING, np.eye(8, dtype="f"), {"../../climbed": "../../climbed"})
        for format in formats.FORMATS:
            vectors.save(inside / ("v" + format.suffixes[-1]), format=format.name)
        export.static_embedding(vectors, inside / "encoder")
        found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
        expected = {"v" + format.suffixes[-1] for format in formats.FORMATS} | {"v.metadata.tsv"}
        assert {path for path in found if not path.startswith("a/b")} == {"a"}
        assert {path.name for path in inside.iterdir()} == expected | {"encoder"}
        assert all(path.parent == inside / "encoder" for path in (inside / "encoder").rglob("*"))

    @pytest.mark.parametrize("name", CLIMBING)
    def test_columns_are_never_paths(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / "t.parquet"
        path.write_bytes(parquet(pa.table({name: ["a b"], "other": ["c"]})))
        assert corpus.read(path, column=name, min_count=1).tokens_read == 2
        with pytest.raises(ValueError, match="no column"):
            corpus.read(path, column=name + "/", min_count=1)
        assert os.listdir(tmp_path) == ["t.parquet"]

    def test_languages_are_never_paths(self, tmp_path: Path) -> None:
        pytest.importorskip("spacy", reason="needs spaCy")
        for language in ("../x", "os.path", "/tmp", ""):
            with pytest.raises(ValueError, match="no language"):
                export.spacy(KNOWN, tmp_path / "pipeline", language=language)


def bomb(how: str, marker: Path) -> bytes:
    """By hand, what would make a folder where it is unpickled: os.mkdir, called with a name."""
    code = f"cos\nmkdir\n(V{marker}\ntR.".encode()
    if not how.startswith("npy"):
        return (b"" if how == "0" else bytes([0x80, int(how)])) + code
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + code
    if how == "npy":
        return array
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("vectors.npy", array)
    return sink.getvalue()


@pytest.mark.parametrize("how", [*map(str, range(6)), "npy", "npyz"])
class TestPickles:
    @pytest.mark.parametrize("packed", [False, True])
    def test_no_file_is_unpickled(self, how: str, packed: bool, tmp_path: Path) -> None:
        marker = tmp_path / "marker"
        content = bomb(how, marker)
        content = gzip.compress(content) if packed else content
        suffixes = [suffix for format in formats.FORMATS for suffix in format.suffixes]
        for suffix in [*suffixes, ".kv", ".model", ".npy", ".pkl"]:
            path = tmp_path / f"x{suffix}"
            path.write_bytes(content)
            with pytest.raises((ValueError, OSError)):
                WordVectors.load(path)
        for suffix in (".txt", ".gz", ".xz", ".parquet", ".arrow"):
            (tmp_path / f"x{suffix}").write_bytes(content)
            for tokens in ("whitespace", "words"):
                refused_or_read(partial(corpus.read, tokens=tokens), tmp_path / f"x{suffix}")
        for read in (questions.read_pairs, questions.read_analogies, sentences):
            with pytest.raises(ValueError, match=r"."):
                read(path)
        assert not marker.exists()

    def test_no_checkpoint_is_unpickled(self, how: str, tmp_path: Path) -> None:
        pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
        marker = tmp_path / "marker"
        for place in ("record/metadata", "state/_METADATA", "state/manifest.ocdbt"):
            (tmp_path / "run" / "3" / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "run" / "3" / place).write_bytes(bomb(how, marker))
        with pytest.warns(RuntimeWarning), pytest.raises(ValueError, match="every checkpoint"):
            checkpoints.load(tmp_path / "run")
        assert not marker.exists()
