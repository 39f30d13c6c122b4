"""Refuse a wheel that holds anything but the files of jw2v and its metadata."""

import sys
import tomllib
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def main(path: str) -> None:
    """Compare the names, and what the metadata declares."""
    files = [file for file in Path("jw2v").rglob("*") if file.is_file()]
    ours = {file.as_posix() for file in files if file.parent.name != "__pycache__"}
    with ZipFile(path) as wheel:
        names = set(wheel.namelist())
        [info] = {name.split("/")[0] for name in names if ".dist-info/" in name}
        metadata = message_from_bytes(wheel.read(f"{info}/METADATA"))
    expected = {*ours, *(f"{info}/{name}" for name in METADATA)}
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    if names != expected:
        sys.exit(f"missing: {sorted(expected - names)}; not expected: {sorted(names - expected)}")
    if "jw2v/py.typed" not in names:
        sys.exit("jw2v/py.typed is missing: without it a type checker ignores the annotations")
    if set(metadata.get_all("Provides-Extra") or []) != set(project["optional-dependencies"]):
        sys.exit(f"extras are {metadata.get_all('Provides-Extra')}")
    if metadata["Requires-Python"] != project["requires-python"]:
        sys.exit(f"Requires-Python is {metadata['Requires-Python']}")
    print(f"{Path(path).name}: {len(names)} files, all of them jw2v's or metadata")


if __name__ == "__main__":
    main(sys.argv[1])
