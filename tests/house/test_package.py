"""``import jw2v`` is cheap, and whatever is public can be reached from it."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import jw2v

ROOT = Path(jw2v.__file__).parent
MODULES = sorted(
    {path.stem for path in ROOT.glob("*.py")} | {path.parent.name for path in ROOT.glob("*/*.py")}
)
PUBLIC = [name for name in MODULES if not name.startswith("_")]
UNTYPED = {"cli", "demo"}
"""The command line, which lies above the package and is no library."""


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def test_every_public_module_can_be_reached_in_a_fresh_process() -> None:
    """A module may bring others with it, so each is asked for before any other is there."""
    code = f"""
import sys
def fresh():
    for name in [name for name in sys.modules if name.split(".")[0] == "jw2v"]:
        del sys.modules[name]
    import jw2v
    return jw2v
for name in {PUBLIC}:
    assert getattr(fresh(), name) is sys.modules["jw2v." + name], name
print("all")
"""
    assert {"losses", "gradients", "activations", "steps", "formats"} <= set(PUBLIC)
    assert python(code) == "all"


@pytest.mark.parametrize("name", ["losses", "gradients", "evaluate"])
def test_a_module_needs_no_import_of_its_own(name: str) -> None:
    assert python(f"import jw2v; print(jw2v.{name}.__name__)") == f"jw2v.{name}"


def test_the_import_alone_loads_nothing_else() -> None:
    code = "import sys, jw2v; dir(jw2v); print(*sorted({'jax', 'numpy', 'optax'} & {*sys.modules}))"
    assert python(code) == ""


def test_dir_lists_what_is_public() -> None:
    listed = set(dir(jw2v))
    assert {*PUBLIC, *jw2v.__all__} <= listed
    assert not {name for name in MODULES if name.startswith("_")} & (listed - {*vars(jw2v)})


def test_what_is_not_there_is_an_attribute_error() -> None:
    for name in ("loses", "no_such_thing", "_archives"):
        with pytest.raises(AttributeError, match=f"module 'jw2v' has no attribute '{name}'"):
            getattr(jw2v, name)


def test_type_checkers_see_every_public_module() -> None:
    """In ``jw2v/__init__.py``, below TYPE_CHECKING: list a new module there."""
    tree = ast.parse(Path(jw2v.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "jw2v"
        for alias in node.names
    }
    assert seen == set(PUBLIC) - UNTYPED


def signatures() -> Iterator[tuple[str, str]]:
    """What help() shows of every public function, class and method."""
    for found in walk_packages(jw2v.__path__, "jw2v."):
        module = import_module(found.name)
        for name in getattr(module, "__all__", []):
            value = getattr(module, name)
            methods = vars(value) if inspect.isclass(value) else {}
            for inner, each in {"": value, **methods}.items():
                function = getattr(each, "__func__", each)
                if inspect.isfunction(function) and (inner[:1] != "_" or inner[:2] == "__"):
                    yield f"{found.name}.{name} {inner}", str(inspect.signature(function))


def test_signatures_can_be_read() -> None:
    """NumPy's ``ArrayLike`` is spelt in twelve lines: its module postpones its annotations."""
    found = dict(signatures())
    assert found["jw2v.vectors.WordVectors most_similar"].startswith(
        "(self, positive: 'Query' = ()"
    )
    spelt = ("_SupportsArray", "_NestedSequence", "_Buffer")
    assert not [name for name, shown in found.items() if any(part in shown for part in spelt)]
