"""Disks that are really full or read-only: nothing half written, and what was there stays.

A disk of 1 MiB is mounted for a test, which needs root, and may not be possible in a container. A
limit on the size of a file breaks off a write in the middle anywhere.
"""

import os
import resource
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from jw2v import WordVectors, formats
from jw2v.training import checkpoints
from jw2v.vectors import export

EARLIER = WordVectors(("a", "b"), np.eye(2, dtype=np.float32))
LARGE = WordVectors(
    tuple(map(str, range(20_000))), np.random.default_rng(0).normal(size=(20_000, 40)).astype("f")
)
"""3 MiB in every format."""


def mount(*arguments: object) -> str:
    """What is wrong, or nothing."""
    try:
        done = subprocess.run(
            ["mount", *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False
        )
    except OSError as error:
        return str(error)
    return done.stderr if done.returncode else ""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if wrong := mount("-t", "tmpfs", "-o", "size=1m", "jw2v-test", place):
        pytest.skip(f"a disk of 1 MiB cannot be mounted here: {wrong.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], timeout=30, check=True)


def contents(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def name_of(format: formats.Format) -> str:
    return "some" + format.suffixes[-1]


@pytest.mark.parametrize("format", formats.FORMATS, ids=lambda format: format.name)
class TestSaving:
    def test_to_a_full_disk(self, disk: Path, format: formats.Format) -> None:
        self.fails(disk, format, "No space left on device")

    def test_to_a_read_only_disk(self, disk: Path, format: formats.Format) -> None:
        EARLIER.save(disk / name_of(format), format=format.name)
        assert not mount("-o", "remount,ro", disk)
        self.fails(disk, format, "Read-only file system|no permission to write")

    @staticmethod
    def fails(disk: Path, format: formats.Format, message: str) -> None:
        path = disk / name_of(format)
        if not path.exists():
            EARLIER.save(path, format=format.name)
        before = contents(disk)
        with pytest.raises(OSError, match=f"cannot write .*{path.stem}.*({message})"):
            LARGE.save(path, format=format.name)
        assert contents(disk) == before
        assert WordVectors.load(path, format=format.name).words == EARLIER.words


def test_a_folder_on_a_full_disk(disk: Path) -> None:
    export.static_embedding(EARLIER, disk / "encoder")
    before = contents(disk)
    with pytest.raises(OSError, match=r"cannot write .*encoder: No space left on device"):
        export.static_embedding(LARGE, disk / "encoder")
    assert contents(disk) == before


LIMITED = """
import resource, sys
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), most))
from jw2v.cli import main
main()
"""


def command(
    *arguments: object, temporary: Path | None = None, largest: int = resource.RLIM_INFINITY
) -> tuple[int, str]:
    """Run ``jw2v``; the exit code, and what it said.

    Args:
        arguments: of the command.
        temporary: where temporary files go.
        largest: bytes a file may have; the write that would make it larger fails.
    """
    environment = {**os.environ, "TMPDIR": str(temporary)} if temporary else None
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(largest), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """300,000 tokens, 300 words."""
    path = tmp_path / "text.txt"
    words = np.random.default_rng(0).integers(300, size=(3000, 100)).astype(str)
    path.write_text("\n".join(map(" ".join, words)), encoding="utf-8")
    return path


TRAIN = ("--dim", 256, "--min-count", 1, "--epochs", 1)
"""Each of the two tables has 300 kB."""


def test_no_room_for_the_ids(disk: Path, text: Path, tmp_path: Path) -> None:
    code, said = command("train", text, "-o", tmp_path / "v.bin", *TRAIN, temporary=disk)
    assert code == 2, said
    assert "error: No space left on device: the temporary file of ids, 4 bytes" in said
    assert f"in {disk}; free space there, or set TMPDIR" in said
    assert contents(disk) == {}


def test_checkpoints_on_a_full_disk(disk: Path, text: Path, tmp_path: Path) -> None:
    """There is room for one."""
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    run = (*TRAIN, "--checkpoint-dir", disk / "run", "--checkpoint-every", 0)
    code, said = command("train", text, "-o", tmp_path / "v.safetensors", *run)
    assert code == 0, said
    assert "could not write a checkpoint" in said
    assert "training goes on without it" in said
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as one is given for a checkpoint that is damaged
        assert len(checkpoints.load(disk / "run")) == 300
    assert len(WordVectors.load(tmp_path / "v.safetensors")) == 300
    code, said = command("train", text, "-o", disk / "v.txt", *TRAIN)
    assert code == 2, said
    assert f"error: cannot write {disk / 'v.txt'}: No space left on device" in said
    assert not (disk / "v.txt").exists()


def test_checkpoints_on_a_read_only_disk(disk: Path, text: Path, tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    (disk / "there").mkdir()
    assert not mount("-o", "remount,ro", disk)
    said = "error: cannot write checkpoints: no permission to write in "
    for folder in ("there", "new"):
        run = (*TRAIN, "--checkpoint-dir", disk / folder)
        code, complaint = command("train", text, "-o", tmp_path / "v.safetensors", *run)
        assert (code, complaint.startswith(said)) == (2, True), complaint
    assert not (tmp_path / "v.safetensors").exists()


@pytest.mark.parametrize("format", formats.FORMATS, ids=lambda format: format.name)
def test_a_write_that_fails_in_the_middle(format: formats.Format, tmp_path: Path) -> None:
    LARGE.save(tmp_path / "large.safetensors")
    EARLIER.save(tmp_path / name_of(format), format=format.name)
    before = contents(tmp_path)
    code, said = command(
        "convert",
        *(tmp_path / "large.safetensors", tmp_path / name_of(format), "--to", format.name),
        largest=1 << 20,
    )
    assert code == 2, said
    assert "error: cannot write " in said
    assert contents(tmp_path) == before
