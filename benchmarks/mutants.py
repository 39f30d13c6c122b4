"""Small mistakes in a source file, by the operators of mutmut: what benchmarks/mutation.py tries.

An operator takes a node of the syntax and gives it back with one thing wrong: ``+`` for ``-``, a
number one larger, ``<`` for ``<=``, a ternary that takes one branch only, an option left out, and
so on. Two operators are not used: None for what is assigned, and arguments other than options and
the last left out or None, since Python itself refuses nearly all of that. Not mutated, since no
behaviour is lost: annotations, casts and the names made for them, docstrings, ``__all__``, imports
for type checkers, and the wording of errors and warnings (of which the strings that a function
gives to the checks of ``_arrays`` and ``_arguments`` are part).
"""

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

__all__ = ["Mutant", "mutants"]

CRUDE = (mutators.operator_assignment, mutators.operator_arg_removal)
OPERATORS: list[tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]] = [
    *((kind, operator) for kind, operator in mutators.mutation_operators if operator not in CRUDE),
    (cst.Call, lambda call: _arguments(call)),
]
DOCSTRING = m.SimpleStatementLine([m.Expr(m.SimpleString())])
FOR_CHECKERS = m.If(test=m.Name("TYPE_CHECKING"))
WARNING = m.Call(func=m.Attribute(m.Name("warnings"), m.Name("warn")))
NAMES = m.Assign([m.AssignTarget(m.Name("__all__"))])
TYPE_VARIABLE = m.Assign(value=m.Call(func=m.Name("TypeVar")))
ALIAS = m.Assign(value=m.Subscript(m.OneOf(m.Name("Callable"), m.Name("tuple"), m.Name("dict"))))
NAMED_FOR_READERS = m.OneOf(
    m.Call(func=m.Attribute(m.OneOf(m.Name("_arguments"), m.Name("_arrays")))),
    m.Call(func=m.Name("cast")),
    m.Assign([m.AssignTarget(m.Name("name"))]),
)
NOT_BEHAVIOUR = m.OneOf(
    *(m.Annotation(), m.Raise(), m.FormattedString(), m.Import(), m.ImportFrom()),
    *(DOCSTRING, FOR_CHECKERS, WARNING, NAMES, TYPE_VARIABLE, ALIAS),
)


class Mutant(NamedTuple):
    """A module with one thing wrong."""

    file: str
    """the module, relative to the root of the repository"""
    where: str
    """the function or class that the mistake is in; empty at the level of the module"""
    lines: tuple[int, int]
    """the first and the last line of the statement that the mistake is in"""
    change: str
    """what is there => what is there now"""
    source: str
    """the whole module, the mistake included"""

    @property
    def name(self) -> str:
        """What tells it from others, wherever in the file it stands."""
        return f"{self.file} {self.where}: {self.change}"


Site = tuple[cst.CSTNode, str, tuple[int, int]]
"""A node, the function it is in, and the lines of its statement."""


class _Sites(cst.CSTVisitor):
    """The nodes that an operator may change, each with its statement and its function."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Site] = []
        self._names: list[str] = []
        self._statements: list[tuple[int, int]] = [(1, 1)]
        self._wording: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if m.matches(node, NOT_BEHAVIOUR):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.append(node.name.value)
        if isinstance(node, cst.BaseStatement):
            self._statements.append(self._lines(node))
        if m.matches(node, NAMED_FOR_READERS):
            self._wording += m.findall(node, m.SimpleString())
        if node not in self._wording:
            self.found.append((node, ".".join(self._names), self._statements[-1]))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if m.matches(original_node, NOT_BEHAVIOUR):
            return
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._names.pop()
        if isinstance(original_node, cst.BaseStatement):
            self._statements.pop()

    def _lines(self, statement: cst.BaseStatement) -> tuple[int, int]:
        """The lines of a statement; of one with a body, those before the body."""
        place: Any = self.get_metadata(PositionProvider, statement)
        body: Any = getattr(statement, "body", None)
        if not isinstance(body, cst.BaseSuite):
            return place.start.line, place.end.line
        inside: Any = self.get_metadata(PositionProvider, body)
        return place.start.line, max(place.start.line, inside.start.line - 1)


def mutants(root: Path, file: str, sample: int | None = None, seed: int = 0) -> list[Mutant]:
    """The mutants of a module, or a random sample of them."""
    wrapper = MetadataWrapper(cst.parse_module((root / file).read_text(encoding="utf-8")))
    sites = _Sites()
    wrapper.visit(sites)
    original = wrapper.module
    found = [(site, new) for site in sites.found for new in _changed(site[0])]
    if sample is not None and sample < len(found):
        found = random.Random(seed).sample(found, sample)

    def mutant(site: Site, new: cst.CSTNode) -> Mutant:
        node, where, lines = site
        changed = original.deep_replace(node, new)
        assert isinstance(changed, cst.Module)
        source = changed.code
        return Mutant(file, where, lines, _change(original.code, source), source)

    return [mutant(*one) for one in found]


def _changed(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in OPERATORS:
        if isinstance(node, kind):
            yield from operator(node)


def _arguments(call: cst.Call) -> Iterator[cst.Call]:
    """A call without one of its options or its last argument, or with None for an option."""
    for i, argument in enumerate(call.args):
        before, after = call.args[:i], call.args[i + 1 :]
        if argument.keyword or (i and not after):
            yield call.with_changes(args=[*before, *after])
        if argument.keyword and not m.matches(argument.value, m.Name("None")):
            none = argument.with_changes(value=cst.Name("None"))
            yield call.with_changes(args=[*before, none, *after])


def _change(before: str, after: str) -> str:
    """The lines that differ, in one."""
    old, new = before.splitlines(), after.splitlines()
    start = next(i for i in range(len(old)) if old[i] != new[i : i + 1][0])
    shortest = min(len(old), len(new)) - start
    same = next((i for i in range(shortest) if old[~i] != new[~i]), shortest)
    texts = (" ".join(map(str.strip, text[start : len(text) - same])) for text in (old, new))
    return " => ".join(texts)
