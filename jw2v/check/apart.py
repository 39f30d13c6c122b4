"""A learner's file in a process of its own: arguments go there and results come back as arrays.

Nothing is pickled: arrays travel as ``.npz``, all else as JSON. A process is no sandbox: the file
can do whatever its user may do. It keeps crashes, endless loops and changed libraries out of here.

``python -m jw2v.check.apart FOLDER`` is that process; it needs NumPy, and JAX only where the
learner does.
"""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from jw2v.check.calling import Outcome, Reading, call, one_line
from jw2v.check.records import Example

__all__ = ["Unusable", "outcomes"]


class Unusable(ValueError):
    """A file from which nothing can be called."""


_MOST = 64 * 2**20
"""Bytes of a file that a submission may write, where the system can hold it to that."""


def outcomes(
    file: Path,
    name: str,
    asked: Sequence[tuple[Example, Reading]],
    *,
    time_limit: float,
    alone: bool = False,
) -> list[Outcome]:
    """Call the function of that name in a process of its own.

    With ``alone`` a copy of the file is run, in a folder of its own that is removed afterwards: it
    finds no other files beside it, and leaves none.

    Raises:
        Unusable: the file does not import, has no such function, ends its process, or takes longer
            than ``time_limit`` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="jw2v-check-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        own = _copied(file, place / "alone") if alone else None
        _write_questions(place, own or file, name, asked, _MOST if alone else None)
        _run(place, file, time_limit, own.parent if own else None)
        return _read_outcomes(place, file, len(asked))


def _copied(file: Path, folder: Path) -> Path:
    folder.mkdir()
    try:
        return Path(shutil.copyfile(file, folder / file.name))
    except OSError as error:
        raise Unusable(f"{file} cannot be read: {error.strerror or error}") from error


def _write_questions(
    place: Path,
    file: Path,
    name: str,
    asked: Sequence[tuple[Example, Reading]],
    most: int | None,
) -> None:
    arrays = {
        f"{number}.{argument}": np.asarray(value)
        for number, (example, _) in enumerate(asked)
        for argument, value in example.arguments.items()
    }
    np.savez(place / "arguments.npz", **arrays)  # type: ignore[arg-type]
    readings = [asdict(reading) | {"tables": sorted(reading.tables)} for _, reading in asked]
    question = {"file": str(file.resolve()), "name": name, "readings": readings, "most": most}
    (place / "question.json").write_text(json.dumps(question), encoding="utf-8")


def _run(place: Path, file: Path, time_limit: float, folder: Path | None) -> None:
    environment = os.environ | {"JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu")}
    errors = place / "errors.txt"  # and no pipe, for whose end a process that it leaves would hold
    with open(errors, "wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "jw2v.check.apart", str(place)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        try:
            code = process.wait(time_limit)
        except subprocess.TimeoutExpired as error:
            raise Unusable(
                f"{file} took longer than {time_limit:g} seconds: does it end? --time-limit gives"
                " more"
            ) from error
        finally:
            _end(process)
    if code and not (place / "answer.json").is_file():
        raise Unusable(f"{file} ended its process with code {code}{_last_words(errors)}")


def _last_words(errors: Path) -> str:
    """The last line of what it said, of which there may be a lot."""
    with open(errors, "rb") as file:
        file.seek(max(0, errors.stat().st_size - 10_000))
        said = file.read().decode("utf-8", "replace").strip().splitlines()
    return f": {said[-1][:300]}" if said else ""


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process, with those that it started and left."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _read_outcomes(place: Path, file: Path, wanted: int) -> list[Outcome]:
    if not (place / "answer.json").is_file():
        raise Unusable(f"{file} ended its process before anything could be called")
    answer = json.loads((place / "answer.json").read_text(encoding="utf-8"))
    if "unusable" in answer:
        raise Unusable(f"{file} {answer['unusable']}")
    with np.load(place / "results.npz", allow_pickle=False) as arrays:
        found = []
        for number, told in enumerate(answer["outcomes"]):
            parts = {part: arrays[f"{number}.{part}"] for part in told.pop("parts")}
            found.append(Outcome(parts, **{**told, "changed": tuple(told["changed"])}))
    if len(found) != wanted:
        raise Unusable(f"{file} ended its process before all was called")
    return found


def _answer(place: Path) -> dict[str, Any]:
    question = json.loads((place / "question.json").read_text(encoding="utf-8"))
    file, name = Path(question["file"]), question["name"]
    if question["most"] is not None:
        _hold_files_to(question["most"])
    sys.path.insert(0, str(file.parent))
    specification = importlib.util.spec_from_file_location("checked_file", file)
    if specification is None or specification.loader is None:
        return {"unusable": "is no Python file: its name should end with .py"}
    module = importlib.util.module_from_spec(specification)
    sys.modules[module.__name__] = module
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        return {"unusable": f"does not import: {one_line(error)}"}
    function = getattr(module, name, None)
    if not callable(function):
        there = [each for each, value in vars(module).items() if _is_own(value, module)]
        said = f"it has {', '.join(there)}" if there else "it has none"
        return {"unusable": f"has no function {name}: {said}"}
    told: list[dict[str, Any]] = []
    results: dict[str, Any] = {}
    with np.load(place / "arguments.npz", allow_pickle=False) as arrays:
        for number, reading in enumerate(question["readings"]):
            given = {
                key.partition(".")[2]: arrays[key] if arrays[key].ndim else int(arrays[key])
                for key in arrays
                if key.startswith(f"{number}.")
            }
            reading["tables"] = frozenset(reading["tables"])
            reading["shapes"] = {part: tuple(shape) for part, shape in reading["shapes"].items()}
            outcome = call(function, given, Reading(**reading))
            results |= {f"{number}.{part}": array for part, array in outcome.parts.items()}
            told.append(asdict(outcome) | {"parts": list(outcome.parts)})
    np.savez(place / "results.npz", **results)
    return {"outcomes": told}


def _hold_files_to(most: int) -> None:
    """Let this process write no file of more bytes: to do so is an OSError, which is told."""
    with suppress(ImportError):
        import resource

        _, limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        at_most = most if limit == resource.RLIM_INFINITY else min(most, limit)
        resource.setrlimit(resource.RLIMIT_FSIZE, (at_most, limit))


def _is_own(value: Any, module: Any) -> bool:
    return callable(value) and getattr(value, "__module__", "") == module.__name__


def main(folder: str) -> None:
    """Answer the question that lies in a folder."""
    place = Path(folder)
    answer = _answer(place)
    (place / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
