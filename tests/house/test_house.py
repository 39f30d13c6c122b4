"""The rules of the house, read off the source: rooms, printing, pickles, docstrings."""

import ast
import graphlib
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from derivations import statements
from jw2v.check import subjects

ROOT = Path(__file__).parents[2] / "jw2v"

FLOORS = (
    {"_arrays", "_lazy", "choices", "meshes"},
    {"_arguments", "config", "params", "progress", "storage", "trees"},
    {"activations", "losses", "reading"},
    {"feeding", "formats", "gradients", "shards"},
    {"objectives", "vectors"},
    {"catalogue", "steps"},
    {"check", "evaluate", "pictures", "training"},
    {"optimizers", "sampling", "softmax", "studies"},
    {""},
    {"cli"},
    {"__main__"},
)
"""The rooms, lower first: one imports from strictly lower floors only, besides itself. ``""`` is
``jw2v`` itself."""

MATHEMATICS = ("activations", "losses", "gradients", "objectives.softmax")
PURE = (*MATHEMATICS, "_arguments", "_arrays", "choices", "objectives.curvature", "params", "trees")
PURE_NEEDS = {
    "__future__",
    "collections",
    "functools",
    "jax",
    "jaxtyping",
    "numpy",
    "types",
    "typing",
}
"""What a pure module may import from outside, to compute; NumPy looks at concrete row numbers."""

MAY_PRINT = {"cli.shared", "training.interrupts", "progress"}
UNLISTED_WORDS = {"plot"}
"""Ids of the statements that are not proved but looked at."""


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in sorted(ROOT.rglob("*.py"))}
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda name: name or "jw2v")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(source: ast.Module) -> set[str]:
    """The dotted names that a source imports; ``from a import b`` gives ``a.b``."""
    found = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "the house writes its imports in full"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(names: set[str]) -> set[str]:
    """The modules of jw2v that the dotted names lie in."""
    inside = [name.partition(".")[2] for name in names if name.split(".")[0] == "jw2v"]
    return {next(module for module in outward(name) if module in MODULES) for name in inside}


def outward(name: str) -> list[str]:
    """``a.b.c``, ``a.b``, ``a`` and the package itself."""
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(len(parts), -1, -1)]


def room(module: str) -> str:
    return module.split(".")[0]


def floor(module: str) -> int:
    found = [i for i, names in enumerate(FLOORS) if room(module) in names]
    assert found, (
        f"jw2v.{room(module)} is a new room: give it its floor in tests/house/test_house.py"
    )
    return found[0]


def imported(module: str) -> set[str]:
    return imports(tree(module))


def upward(module: str, names: set[str]) -> set[str]:
    others = {other for other in modules(names) if room(other) != room(module)}
    return {other for other in others if floor(other) >= floor(module)}


@each_module
def test_imports_run_downward(module):
    assert not upward(module, imported(module))


def test_an_upward_import_is_seen():
    for line in (
        "import jw2v.losses",
        "from jw2v import losses",
        "from jw2v.losses import PairLoss",
    ):
        assert upward("activations", imports(ast.parse(line))) == {"losses"}


def test_no_circles_within_a_room():
    inside = {
        module: {other for other in modules(imported(module)) if room(other) == room(module)}
        for module in MODULES
    }
    order = graphlib.TopologicalSorter({m: others - {m} for m, others in inside.items()})
    assert len([*order.static_order()]) == len(MODULES)


def test_the_engine_knows_no_statement_and_the_library_no_proof():
    proofs = ROOT.parent / "derivations"
    for file in sorted((proofs / "engine").glob("*.py")):
        names = imports(ast.parse(file.read_text(encoding="utf-8")))
        assert not any(name.startswith("derivations.statements") for name in names), file
    for module in MODULES:
        assert not any(name.split(".")[0] == "derivations" for name in imported(module)), module


def test_gradients_know_no_loss():
    assert "losses" not in modules(imported("gradients"))


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_need_only_jax(module):
    outside = {name.split(".")[0] for name in imported(module)} - {"jw2v"}
    assert outside <= PURE_NEEDS
    assert modules(imported(module)) <= set(PURE)


def prints(source: ast.Module) -> bool:
    names = {node.id for node in ast.walk(source) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute)}
    return bool({"print", "Console"} & names or {"stdout", "Console"} & attributes)


@each_module
def test_only_the_command_line_prints(module):
    assert module in MAY_PRINT or not prints(tree(module))


def pickles(source: ast.Module) -> bool:
    """Whether reading a stranger's file could run a stranger's code."""
    modules = {name.split(".")[0] for name in imports(source)}
    allowed = [
        node
        for node in ast.walk(source)
        if isinstance(node, ast.keyword)
        and node.arg == "allow_pickle"
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]
    return bool(
        modules & {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "torch"}
        or allowed
    )


@each_module
def test_nothing_is_pickled(module):
    assert not pickles(tree(module))


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (prints, "print(1)"),
        (prints, "from rich.console import Console\nConsole()"),
        (prints, "sys.stdout.write('x')"),
        (pickles, "import pickle"),
        (pickles, "from torch import load"),
        (pickles, "np.load(f, allow_pickle=True)"),
        (pickles, "np.load(f, allow_pickle=choice)"),
    ],
)
def test_a_breach_is_seen(rule, line):
    assert rule(ast.parse(line))


def public(module: str) -> list[ast.FunctionDef | ast.ClassDef]:
    """The definitions that ``__all__`` names."""
    body = tree(module).body
    listed = [
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    names = set().union(*listed)
    return [
        node
        for node in body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names
    ]


@each_module
def test_every_module_and_every_public_name_is_explained(module):
    assert ast.get_docstring(tree(module)), "no docstring"
    assert [node.name for node in public(module) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", PURE)
def test_pure_functions_have_doctests(module):
    functions = [node for node in public(module) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if ">>> " not in (ast.get_docstring(f) or "")] == []


IDS = set(statements()) | {name[0] for name in statements()} | UNLISTED_WORDS
ONE = r"(?:[a-k]\d?|[l-t]\d+)\b"
BETWEEN = r"(?:, |–| and )"
SEVERAL = rf"{ONE}(?:{BETWEEN}{ONE})*"
MENTION = re.compile(rf"(?<!\w)\(({SEVERAL})|\bstatements? ({SEVERAL})")


def mentioned(text: str) -> set[str]:
    """The statement ids that a docstring names: ``(b1)``, ``(a–d)``, ``statements e and f``."""
    return {name for groups in MENTION.findall(text) for name in re.split(BETWEEN, "".join(groups))}


def docstrings(module: str) -> list[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return [
        ast.get_docstring(node) or ""
        for node in ast.walk(tree(module))
        if isinstance(node, documented)
    ]


@each_module
def test_every_statement_named_exists(module):
    assert set().union(*map(mentioned, docstrings(module))) <= IDS


def test_formulas_that_are_checked_are_of_statements():
    checked = [make() for make in subjects.SUBJECTS.values()]
    assert {f.statement for each in checked for f in each.formulas.values()} <= IDS


@pytest.mark.parametrize("module", MATHEMATICS)
def test_the_mathematics_names_its_statements(module):
    functions = [node for node in public(module) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if not mentioned(ast.get_docstring(f) or "")] == []


def test_statement_ids_are_read():
    text = "Definition (g1, in the form of g2): σ(x) and (d), (a–d); statements e and f, (i9)"
    assert mentioned(text) == {"g1", "d", "a", "e", "f", "i9"}


def lowest(requirements: list[str]) -> set[str]:
    """The lower bounds among requirements, as constraints."""
    bounds = (re.match(r"([\w.-]+) *[>=]= *([\w.]+)", each) for each in requirements)
    return {f"{found[1]}=={found[2]}" for found in bounds if found}


def test_the_lowest_versions_are_those_declared():
    assert lowest(["a>=1.2,<2", "b[c]", "d==3; python_version < '3'"]) == {"a==1.2", "d==3"}
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = lowest(sum(project["optional-dependencies"].values(), project["dependencies"]))
    lines = (ROOT.parent / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if not line.startswith("#")} == declared
    assert len(declared) > 15
