"""An equation of a program, and the table of rules that say what its primitive computes."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from derivations.engine.algebra import fresh
from derivations.engine.notation import Bounds
from derivations.programs.arrays import Array, Shape, Unread, total

__all__ = [
    "RULES",
    "Call",
    "Carried",
    "Entry",
    "First",
    "Some",
    "Unknown",
    "any_place",
    "apply",
    "entry_at",
    "finite",
    "firsts",
    "moment",
    "of_step",
    "rule",
    "some",
    "totals",
    "unknown",
]

Entry = Callable[..., Any]
Size = Callable[[Any], sp.Expr]
Carried = Callable[[sp.Expr], Sequence[Array | None]]
"""What a loop is said to carry after so many steps; None, of which nothing is said."""


@dataclass(frozen=True)
class Call:
    """One equation of a program, and what a rule may ask of its surroundings."""

    name: str
    shapes: tuple[Shape, ...]
    """of its results"""
    kinds: tuple[str, ...]
    size: Size
    """what a size of JAX is as an expression"""
    read: Callable[[Any, Sequence[Array]], list[Array]]
    """what a program inside it computes of these inputs"""
    loops: Iterator[Carried] = field(default_factory=lambda: iter(()))
    """what is said of the loops to come"""


RULES: dict[str, Callable[..., Any]] = {}
"""By the name of the primitive: ``(call, *inputs, **parameters)``, to the entries of its result."""

HARMLESS = {
    "accuracy",
    "compiler_options_kvs",
    "ctx_mesh",
    "donated_invars",
    "dtype",
    "fill_value",
    "in_layouts",
    "in_shardings",
    "index_dtype",
    "indices_are_sorted",
    "inline",
    "keep_unused",
    "name",
    "out_dtype",
    "out_layouts",
    "out_sharding",
    "out_shardings",
    "precision",
    "preferred_element_type",
    "sharding",
    "weak_type",
}
"""Parameters that tell how something is computed, or with how many digits; or a name.

What fills the places of indices that are out of range is among them: none is.
"""


def apply(call: Call, inputs: Sequence[Array], parameters: dict[str, Any]) -> list[Array]:
    """What an equation computes.

    Raises:
        Unread: there is no rule for the primitive, or for one of its parameters.
    """
    if call.name not in RULES:
        raise Unread(f"there is no rule for the primitive {call.name}")
    found_rule = RULES[call.name]
    known = inspect.getfullargspec(found_rule).kwonlyargs
    if unknown := parameters.keys() - set(known) - HARMLESS:
        raise Unread(f"{call.name}: nothing is known of its parameter {', '.join(sorted(unknown))}")
    given = {name: parameters[name] for name in known if name in parameters}
    found = found_rule(call, *inputs, **given)
    if isinstance(found, list):
        return found
    return [Array(call.shapes[0], call.kinds[0], found)]


def rule(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def enter(rule: Callable[..., Any]) -> Callable[..., Any]:
        RULES.update(dict.fromkeys(names, rule))
        return rule

    return enter


def entry_at(x: Array, at: Shape) -> sp.Expr:
    """An entry, where what has one place along an axis, or has no axes, stands beside any array."""
    if not x.shape:
        return x[()]
    return x[tuple(sp.S.Zero if size == 1 else e for e, size in zip(at, x.shape, strict=True))]


def finite(call: Call, *values: sp.Expr) -> None:
    for e in values:
        if e is sp.nan or e.is_finite is False:
            raise Unread(f"{call.name} of {e}")


def totals(
    term: Callable[[Shape], sp.Expr], sizes: Sequence[sp.Expr], fixed: Mapping[int, sp.Expr]
) -> sp.Expr:
    """The sum over all batch indices, but for those that are fixed."""

    def rest(*before: sp.Expr) -> sp.Expr:
        axis = len(before)
        if axis == len(sizes):
            return term(before)
        if axis in fixed:
            return rest(*before, fixed[axis])
        return total(lambda n: rest(*before, n), sizes[axis])

    return rest()


class Unknown(sp.IndexedBase):  # type: ignore[misc]
    """Any numbers."""

    @property
    def moment(self) -> int:
        """When it was made."""
        return int(self.name.removeprefix("unknown").partition("_")[0])


class First(sp.IndexedBase):  # type: ignore[misc]
    """The first of all entries that name what an entry names, by the number of that entry."""

    of: Array
    """what each entry names"""
    within: Bounds
    """the numbers of all entries"""

    @property
    def moment(self) -> int:
        """When it was made."""
        return int(self.name.removeprefix("first"))

    def told(self, expr: sp.Expr) -> sp.Expr:
        """An expression that knows: the first entry names the same, and is its own first."""
        for e in (e for e in expr.atoms(sp.Indexed) if e.base == self):
            (entry,) = e.indices
            same = {self.of[(e,)]: self.of[(entry,)], self[e]: e}
            expr = expr.xreplace(same)
        return expr


def firsts(of: Array) -> First:
    """A table of first entries, of those that are named by an array with one axis."""
    (size,) = of.shape
    found = First(f"first{moment()}", shape=(size,), integer=True, nonnegative=True)
    found.of = of
    found.within = sp.S.Zero, size - 1
    return found


class Some(sp.IndexedBase):  # type: ignore[misc]
    """[some entry along an axis of truths is 1], by the place on the other axes."""

    of: Array
    """the truths"""
    axis: int
    within: Bounds

    @property
    def moment(self) -> int:
        """When it was made."""
        return int(self.name.removeprefix("some"))

    @property
    def last(self) -> sp.Expr:
        """The last place on the axis."""
        return self.of.shape[self.axis] - 1

    def along(self, at: Sequence[sp.Expr], place: sp.Expr) -> sp.Expr:
        """One of the truths of which it is told whether some hold."""
        others = at[: len(self.of.shape) - 1]
        return self.of[(*others[: self.axis], place, *others[self.axis :])]


def some(of: Array, axis: int) -> Some:
    """Whether some of the truths along an axis hold: at 0, where there is no other axis."""
    found = Some(f"some{moment()}", integer=True, nonnegative=True)
    found.of, found.axis = of, axis
    found.within = sp.S.Zero, sp.S.One
    return found


_PLACE = "place"


def moment() -> int:
    """A number that is larger than those of all unknown numbers and places made before."""
    return int(sp.Dummy().dummy_index)


def unknown(shape: Shape, whole: bool = False) -> sp.IndexedBase:
    """A table of any numbers, for an array of this shape: at 0, where it has no axes."""
    name = f"unknown{moment()}"
    return Unknown(name, shape=shape or (sp.S.One,), real=True, integer=whole or None)


def any_place(size: sp.Expr) -> sp.Expr:
    """A place of an axis, such as that of the largest entry: nothing says which."""
    return fresh(sp.Dummy(_PLACE, integer=True), sp.S.Zero, size - 1)


def of_step(value: sp.Expr, step: sp.Expr, began: int) -> sp.Expr:
    """What one step of a loop computes, where unknown numbers are other ones in each step.

    Args:
        value: as it was read.
        step: its number.
        began: the moment before the loop was read. What is older is the same in all steps.

    Raises:
        Unread: it depends on a place, which nothing indexes; or on which entry is the first, or
            whether some entry is true.
    """
    if any(e.moment > began for e in value.atoms(First, Some)):
        raise Unread(f"scan: a first or some entry, that may be another in each step: {value}")
    for e in value.atoms(sp.Dummy):
        if e.name == _PLACE and e.dummy_index > began:
            raise Unread(f"scan: a place, that may be another in each step: {value}")

    def other(e: sp.Indexed) -> sp.Expr:
        table = Unknown(f"{e.base.name}_of_step", real=True, integer=e.is_integer)
        return table[(step, *e.indices)]

    return value.replace(
        lambda e: (
            isinstance(e, sp.Indexed) and isinstance(e.base, Unknown) and e.base.moment > began
        ),
        other,
    )
