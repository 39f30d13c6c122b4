"""Vectors that come packed, through open files, and from other machines."""

import bz2
import gzip
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from jw2v import WordVectors, formats

WORDS = ("a", "new", "é")
VECTORS = np.array([[0.1, -2], [3, 1e-7], [0, 5]], np.float32)
SUFFIXES = [format.suffixes[0] for format in formats.FORMATS]
PACKED = [format.suffixes[0] for format in formats.FORMATS if format.packed]


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content).to_pybytes()


each_packing = pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, zstd])


def saved(path: Path) -> bytes:
    WordVectors(WORDS, VECTORS, {"seed": "1"}).save(path)
    return path.read_bytes()


def check(found: WordVectors) -> None:
    assert found.words == WORDS
    assert found.vectors.tobytes() == VECTORS.tobytes()


class TestPacked:
    @each_packing
    @pytest.mark.parametrize("suffix", PACKED)
    def test_what_is_packed_is_read(self, suffix: str, pack: Callable, tmp_path: Path) -> None:
        packed = pack(saved(tmp_path / f"x{suffix}"))
        (tmp_path / f"y{suffix}.bz2").write_bytes(packed)  # the bytes tell the packing
        check(WordVectors.load(tmp_path / f"y{suffix}.bz2"))

    @each_packing
    def test_several_one_after_the_other(self, pack: Callable, tmp_path: Path) -> None:
        whole = saved(tmp_path / "x.txt")
        (tmp_path / "x.txt").write_bytes(pack(whole[:9]) + pack(whole[9:]))
        check(WordVectors.load(tmp_path / "x.txt"))

    @each_packing
    def test_damage(self, pack: Callable, tmp_path: Path) -> None:
        packed = pack(saved(tmp_path / "x.glove"))
        for content in (*(packed[:cut] for cut in range(12, len(packed), 3)), packed + b"junk" * 9):
            (tmp_path / "x.glove").write_bytes(content)
            with pytest.raises(ValueError, match=r"its (gzip|bz2|zstd) is truncated or damaged"):
                WordVectors.load(tmp_path / "x.glove")

    @each_packing
    def test_nothing(self, pack: Callable, tmp_path: Path) -> None:
        for suffix in PACKED:
            (tmp_path / f"x{suffix}").write_bytes(pack(b""))
            with pytest.raises(ValueError, match="expected a"):
                WordVectors.load(tmp_path / f"x{suffix}")

    @pytest.mark.parametrize("suffix", PACKED)
    def test_gzip_is_written(self, suffix: str, tmp_path: Path) -> None:
        plain, packed = saved(tmp_path / f"x{suffix}"), saved(tmp_path / f"x{suffix}.gz")
        assert gzip.decompress(packed) == plain
        assert saved(tmp_path / f"y{suffix}.GZ") == packed, "neither name nor time is in it"
        check(WordVectors.load(tmp_path / f"x{suffix}.gz"))


class TestOpenFiles:
    @pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".tsv"])
    def test_what_is_open(self, suffix: str, tmp_path: Path) -> None:
        content = saved(tmp_path / f"x{suffix}")
        with open(tmp_path / f"x{suffix}", "rb") as file:
            check(WordVectors.load(file))
            assert not file.closed
        memory = io.BytesIO(b"before" + content)
        memory.seek(6)
        found = WordVectors.load(memory, format=formats.named(suffix).name)
        check(found)
        assert dict(found.metadata) == (
            {"seed": "1"} if formats.named(suffix).keeps_metadata else {}
        )

    def test_arrays_of_a_model(self, tmp_path: Path) -> None:
        WordVectors(WORDS, VECTORS, {}, {"theta": np.ones(2)}).save(tmp_path / "x.safetensors")
        with open(tmp_path / "x.safetensors", "rb") as file:
            assert WordVectors.load(file).arrays["theta"].tolist() == [1, 1]

    @pytest.mark.usefixtures("unchecked")
    def test_what_is_no_binary_file(self, tmp_path: Path) -> None:
        saved(tmp_path / "x.txt")
        saved(tmp_path / "x.tsv")
        with (
            open(tmp_path / "x.txt") as text,
            pytest.raises(ValueError, match="open as text: open it as bytes"),
        ):
            WordVectors.load(text)
        with pytest.raises(ValueError, match="the open file: the suffix of a vector file tells"):
            WordVectors.load(io.BytesIO(b"a 1\n"))
        with (
            open(tmp_path / "x.tsv", "rb") as one,
            pytest.raises(ValueError, match="by their path, not from an open file"),
        ):
            WordVectors.load(one)
        with pytest.raises(ValueError, match=r"^the open file: line 1: expected"):
            WordVectors.load(io.BytesIO(b"a\n"), format="word2vec")


class TestAddresses:
    @pytest.mark.parametrize("suffix", [*SUFFIXES, ".bin.gz"])
    def test_by_fsspec(self, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fsspec = pytest.importorskip("fsspec")
        saved(tmp_path / f"x{suffix}")
        for path in tmp_path.iterdir():
            with fsspec.open(f"memory://{path.name}", "wb") as file:
                file.write(path.read_bytes())
        (tmp_path / "copies").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "copies"))
        check(WordVectors.load(f"memory://x{suffix}"))
        assert not [*(tmp_path / "copies").iterdir()]
        with pytest.raises(FileNotFoundError, match="no such file: memory://y"):
            WordVectors.load(f"memory://y{suffix}")

    def test_without_fsspec(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "fsspec", None)
        with pytest.raises(ImportError, match=r"s3://b/x\.bin .* pip install fsspec"):
            WordVectors.load("s3://b/x.bin")

    def test_the_suffix_of_an_address(self) -> None:
        for address in ("https://a.org/x.vec.gz?download=1", "simplecache::s3://b/x.VEC.bz2"):
            assert formats.named(address).name == "fasttext"
        assert not formats.is_url("C:/x.vec")

    def test_they_are_only_read(self) -> None:
        for write in (WordVectors(WORDS, VECTORS).save, formats.check_destination):
            with pytest.raises(ValueError, match="is an address, which is only read"):
                write("s3://b/x.txt")
