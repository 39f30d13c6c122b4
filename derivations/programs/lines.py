"""The lines of a program: what each operation is, in terms of those before and in the papers.

A program is read as it is for its proof, but that the entries of each operation are given a name,
⟨n⟩ of line n, by which those after it are written. So the lines are made of what the rules say, and
what a name stands for is what is proved. An entry is told in the notation of the statement as well,
where it is shown to be equal to a part of that.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from random import Random
from typing import Any, ClassVar, NamedTuple

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine import evaluation
from derivations.engine.algebra import normal
from derivations.engine.layout import width
from derivations.engine.notation import Abbreviation, Index, indices, opened, unfold
from derivations.engine.printing import latex
from derivations.programs.arrays import Array, Nonnegative, few_values
from derivations.programs.call import Unknown
from derivations.programs.claim import SIZES, Claim
from derivations.programs.proof import as_tests, same
from derivations.programs.reader import CALLS, read

__all__ = ["Line", "Long", "Row", "alike", "rows"]

MOVES = {
    *("broadcast_in_dim", "reshape", "squeeze", "transpose", "copy", "copy_p", "stop_gradient"),
    *("convert_element_type", "optimization_barrier", *CALLS),
}
"""What moves entries, or only runs a program inside it."""
NEAR = 1e-9
"""How near two numbers are for which it is tried to prove that they are the same."""


class Long(Exception):
    """Why the lines of a program cannot be shown."""


class Line(Abbreviation):
    """An entry of what an operation computes."""

    is_number = False  # SymPy takes a function of numbers for one
    number: ClassVar[int] = 0
    primitive: ClassVar[str]
    array: ClassVar[Array]

    def definition(self) -> sp.Expr:
        """As the rule of the operation has it, in the names of those before."""
        if not all(e.is_integer for e in self.args):
            return sp.S.Zero  # in the place of any index: no sum of it is over one of those
        rest = iter(self.args)
        return self.array[tuple(sp.S.Zero if n == 1 else next(rest) for n in self.array.shape)]

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_positive(self) -> bool | None:
        positive: bool | None = self.definition().is_positive
        return positive

    def _latex(self, printer: Any, exp: str = "") -> str:
        below = ",".join(map(printer._print, self.args))
        named = rf"\langle {self.number} \rangle" + (f"_{{{below}}}" if below else "")
        return f"{named}^{{{exp}}}" if exp else named


class Row(NamedTuple):
    """An entry of a line: its name, what it is by the rule, and what it is in the papers."""

    name: Line
    entry: sp.Expr
    known: sp.Expr | None


def rows(claim: Claim) -> tuple[list[Row], list[tuple[sp.Expr, sp.Expr | None]]]:
    """The lines of a program on which its results depend, in their order, and the results."""
    every: list[type[Line]] = []

    def named(equation: Any, x: Array) -> Array:
        if x.kind != "f" or equation.primitive.name in MOVES:
            return x
        rank = sum(size != 1 for size in x.shape)
        told = {"nargs": rank, "array": x, "primitive": _called(equation)}
        kind: type[Line] = type(f"Line{len(every)}", (Line,), told)
        every.append(kind)

        def entry(*at: sp.Expr) -> sp.Expr:
            name = kind(*(e for e, size in zip(at, x.shape, strict=True) if size != 1))
            return _short(name.definition(), name)

        return Array(x.shape, x.kind, entry)

    results = read(claim.traced(), claim.inputs, SIZES, named=named)
    expected = [_with_letters(*result) for result in claim.results]
    ends = [x[at] for x, (at, _) in zip(results, expected, strict=True)]
    entries: dict[type[Line], list[Line]] = {}
    wanted = {type(e) for end in ends for e in end.atoms(Line)}
    for kind in reversed(every):
        if kind in wanted:
            entries[kind] = [kind(*at) for at in _places(kind.array.shape, claim)]
            wanted |= {type(e) for name in entries[kind] for e in name.definition().atoms(Line)}
    papers = any(sp.sympify(value).has(Abbreviation) for _, value in claim.results)
    parts = list(_parts(claim)) if papers else []
    found = []
    for number, kind in enumerate((e for e in every if e in entries), 1):
        kind.number = number
        found += [Row(e, _told(e.definition()), _known(e, parts)) for e in entries[kind]]
    known = {row.name for row in found if row.known is not None}
    return found, [
        (_told(end), value if papers and end not in known and _equal(end, value) else None)
        for end, (_, value) in zip(ends, expected, strict=True)
    ]


def _with_letters(at: tuple[sp.Expr, ...], value: sp.Expr) -> tuple[tuple[sp.Expr, ...], sp.Expr]:
    """A result at letters of the papers, where it is told at places of its own."""
    places = [n for n in at if isinstance(n, sp.Dummy)]
    known = [*reversed(indices.values())]
    letters = {n: e for n in places for e in known if e.within == n.within}
    return tuple(n.xreplace(letters) for n in at), sp.sympify(value).xreplace(letters)


def _told(expr: sp.Expr) -> sp.Expr:
    """An entry as it is printed."""
    return _lettered(expr.replace(lambda e: e.is_Add and e.has(Delta), _as_entry))


def _as_entry(tests: sp.Expr) -> sp.Expr:
    """ε for δ(ε, 1) − δ(ε, −1), where ε is 1, −1 or 0."""
    for e, values in few_values(tests):
        told = (tests.xreplace({e: sp.Integer(value)}) == value for value in values)
        if isinstance(e, sp.Indexed) and all(told):
            return e
    return tests


def _called(equation: Any) -> str:
    """The name of a primitive, or of the function that it calls."""
    inner = getattr(equation.params.get("call_jaxpr"), "jaxpr", None)
    name = getattr(getattr(inner, "debug_info", None), "func_name", None)
    return str(name or equation.primitive.name)


def _short(value: sp.Expr, name: Line) -> sp.Expr:
    """A name for an entry that is more than a number, a name, or one of different cases."""
    if value.has(Delta) and value.has(sp.Sum) and not value.atoms(Line):
        number = normal(value)
        value = number if number.is_number else value
    _, body = value.as_coeff_Mul() if value.as_coeff_Mul()[0] in (1, -1) else (1, value)
    entry = isinstance(body, sp.Indexed) and not isinstance(body.base, Unknown)
    if body.is_number or entry or isinstance(body, Line | sp.Symbol | Delta):
        return value
    if any(_tells_places(e) for e in value.atoms(Nonnegative, Delta)):
        return value
    return name


def _tells_places(test: sp.Expr) -> bool:
    """Whether a test is of the place alone, by which parts of an array are told apart."""
    if test.has(sp.Indexed) or not all(e.is_integer for e in test.args):
        return False
    return isinstance(test, Nonnegative) or any(e.is_number for e in test.args)


def _places(
    shape: Sequence[sp.Expr], claim: Claim, *before: sp.Expr
) -> Iterator[tuple[sp.Expr, ...]]:
    """An index for each axis; 0 and s + 1 for one that has a place more than others."""
    if not shape:
        yield before
        return
    size, *rest = shape
    if size == 1:  # no name has an index for it
        yield from _places(rest, claim, *before)
        return
    used = {n for e in before for n in e.free_symbols}
    for at in _indices_of(size, used, claim):
        yield from _places(rest, claim, *before, at)


def _indices_of(size: sp.Expr, used: set[sp.Basic], claim: Claim) -> list[sp.Expr]:
    given = {x[()] for x in claim.inputs if not x.shape} | used
    told = [n for at, _ in claim.results for n in at if isinstance(n, Index)]
    letters = sorted(indices.values(), key=lambda n: n.name in ("o", "c", "r"))
    for n in [*told, *(e for e in letters if e.name != "a")]:
        if n.within == (0, size - 1) and n not in given:
            return [n]
    if (size - 1) not in SIZES.values():
        raise Long("some axes have no letters")
    return [sp.S.Zero, *(e + 1 for e in _indices_of(size - 1, used, claim))]


def _lettered(expr: sp.Expr) -> sp.Expr:
    """The indices of sums by the letters of their ranges."""
    if isinstance(expr, sp.Sum):
        *inner, (n, low, high) = expr.limits
        term = sp.Sum(expr.function, *inner) if inner else expr.function
        if term.as_coeff_Mul()[0] == -1:
            return -_lettered(sp.Sum(-term, (n, low, high)))
        taken = term.free_symbols | {m for e in term.atoms(sp.Sum) for m in e.variables}
        letters = sorted(
            (e for e in indices.values() if e.within == (low, high) and e not in taken),
            key=lambda e: e.name in ("o", "c", "i", "r"),
        )
        letter = letters[0] if letters else n
        return sp.Sum(_lettered(term.xreplace({n: letter})), (letter, low, high))
    if not expr.args or isinstance(expr, sp.Indexed | Line):
        return expr
    return expr.func(*map(_lettered, expr.args))


def _parts(claim: Claim) -> Iterator[sp.Expr]:
    """What the statements of a claim are made of, the shortest first."""
    found: dict[sp.Expr, None] = {}

    def gather(e: sp.Expr) -> None:
        if e in found or not isinstance(e, sp.Expr):
            return
        found[e] = None
        if isinstance(e, sp.Indexed):
            return
        for inner in e.args:
            gather(inner)
        if isinstance(e, Abbreviation):
            gather(opened(e))

    for _, value in claim.results:
        gather(sp.sympify(value))
    plain = (sp.Symbol, sp.Indexed, sp.Number, sp.IndexedBase, Delta)
    parts = [e for e in found if not isinstance(e, plain)]
    parts += [-e for e in parts if isinstance(e, sp.log)]
    yield from sorted(parts, key=lambda e: width(latex(e)))


def _known(name: Line, parts: Iterable[sp.Expr]) -> sp.Expr | None:
    """A part of a statement that is shown to be the same as an entry, if there is one."""
    value = unfold(name)
    fitting = (_renamed(part, name, value) for part in parts)
    return next((e for e in fitting if e is not None and _equal(value, e)), None)


def _equal(one: sp.Expr, other: sp.Expr) -> bool:
    """Whether it is shown; an instance sorts out most that is not, before a proof is tried."""
    try:
        return alike(one, other) and same(one, other)
    except Exception:  # whatever ends a proof, nothing is proved
        return False


def alike(one: sp.Expr, other: sp.Expr) -> bool:
    """Whether two expressions have one value at an instance."""
    plain = _plain(one), _plain(other)
    values = evaluation.draw(plain, Random(0))
    left, right = (evaluation.number(e, values) for e in plain)
    return bool(abs(left - right) < NEAR)


@cache
def _plain(expr: sp.Expr) -> sp.Expr:
    """As numbers are computed."""
    cases = as_tests(unfold(expr))
    return cases.replace(lambda e: isinstance(e, Nonnegative), lambda e: e.cases())


def _renamed(part: sp.Expr, name: Line, value: sp.Expr) -> sp.Expr | None:
    """A part at the index of an entry, if it is made of the same arrays."""
    opened = unfold(part)
    if _arrays(opened) != _arrays(value):
        return None
    here = {n for e in name.args for n in e.free_symbols if isinstance(n, Index)}
    given = _indices(value) - here
    told = {}
    for n in _indices(opened) - given:
        fitting = [e for e in here if e.within == n.within]
        if len(fitting) != 1:
            return None
        told[n] = fitting[0]
    if len({*told.values()}) != len(told) or {*told.values()} & _bound(part):
        return None
    renamed = part.xreplace(told)
    return renamed if _indices(unfold(renamed)) == _indices(value) else None


def _arrays(expr: sp.Expr) -> set[str]:
    return {e.name for e in expr.atoms(sp.IndexedBase) if not isinstance(e, Unknown)}


def _indices(expr: sp.Expr) -> set[Index]:
    return {e for e in expr.free_symbols if isinstance(e, Index)}


def _bound(expr: sp.Expr) -> set[sp.Basic]:
    return {n for e in expr.atoms(sp.Sum) for n in e.variables}
