"""What JAX compiled is kept for the next command, in a folder of the user's."""

import os
from pathlib import Path

import platformdirs
import pytest

from jw2v.cli import compiled
from jw2v.storage.files import drop_oldest


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder for caches, and an environment in which none is named."""
    for name in (compiled.FOLDER, compiled.SHORTEST):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "caches" / "jw2v"
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: folder)
    return folder / "compiled"


def test_a_folder_of_the_users_is_named(cache: Path) -> None:
    compiled.keep()
    assert os.environ[compiled.FOLDER] == str(cache)
    assert cache.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_named_is_left(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled.FOLDER, "elsewhere")
    compiled.keep()
    assert os.environ[compiled.FOLDER] == "elsewhere"
    assert not cache.exists()


def test_without_a_folder_nothing_is_kept(cache: Path) -> None:
    cache.parent.parent.write_text("a file in its place", encoding="utf-8")
    compiled.keep()
    assert compiled.FOLDER not in os.environ


def test_the_oldest_go_first(tmp_path: Path) -> None:
    for age, name in enumerate("dcba"):
        (tmp_path / name).write_bytes(b"12345")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    drop_oldest(tmp_path, 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "d"]
