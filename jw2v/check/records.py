"""What the checker knows of a subject: examples, the right results, mistakes that people make.

A subject has a *program*, which computes its results in NumPy from small exchangeable pieces, such
as "the loss of one negative" or "how rows go into the table". A mistake says which pieces it puts
in the place of the right ones, so that what a program with this mistake returns can be computed for
any arguments, and so that two mistakes in different pieces can be made at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Arguments",
    "Array",
    "Example",
    "Formula",
    "Kind",
    "Mistake",
    "Parts",
    "Pieces",
    "Remark",
    "Subject",
    "mistake",
]

Array: TypeAlias = Any
"""Of NumPy, of real numbers or row numbers; of no axes, also one of its scalars."""
Arguments: TypeAlias = Mapping[str, Any]
"""By their names, in their order: arrays, and row numbers as int."""
Parts: TypeAlias = Mapping[str, Array]
"""Results by their names: ``loss`` and the gradients."""
Pieces: TypeAlias = Mapping[str, Callable[..., Any]]
Kind: TypeAlias = Literal["formula", "rounding", "procedure"]


@dataclass(frozen=True, eq=False)
class Mistake:
    """A mistake that people make.

    >>> from jw2v.check import subjects
    >>> [each.kind for each in subjects.NEGATIVE_SAMPLING.mistakes if each.name == "last draw lost"]
    ['formula']
    """

    name: str
    says: str
    """what is wrong, in a sentence"""
    kind: Kind
    forms: tuple[Pieces, ...] = field(default=(), repr=False)
    """ways to make it, each by the pieces it replaces; none, where only calling can show it"""


def mistake(name: str, says: str, *forms: Pieces, kind: Kind = "formula") -> Mistake:
    """A record of one mistake."""
    return Mistake(name, says, kind, forms)


@dataclass(frozen=True, eq=False)
class Example:
    """Arguments to call a function with."""

    arguments: Arguments
    round: bool = False
    """whether it is small and in round numbers, to be shown to people"""

    @property
    def square(self) -> bool:
        """Whether there are as many words as numbers in a vector."""
        rows, columns = np.shape(self.arguments["U"]) if "U" in self.arguments else (0, 1)
        return bool(rows == columns)

    def rounded(self, dtype: type[np.floating[Any]]) -> dict[str, Any]:
        """The arguments, with real numbers in another precision."""
        return {
            name: value.astype(dtype) if getattr(value, "dtype", None) == np.float64 else value
            for name, value in self.arguments.items()
        }


@dataclass(frozen=True)
class Formula:
    """What a part should be."""

    statement: str
    """its id"""
    text: str


@dataclass(frozen=True)
class Remark:
    """What is said of a function that may be right nevertheless."""

    mistake: Mistake
    example: Example
    applies: Callable[[Parts, Parts], bool] = field(repr=False)
    """``(its results, the right ones) ->`` whether it is said"""
    beyond: bool = False
    """whether the example is beyond what a function must bear: it may fail there, which gives no
    results, and of a function that is wrong anyway nothing is said"""


@dataclass(frozen=True, eq=False, kw_only=True)
class Subject:
    """What can be checked."""

    name: str
    formulas: Mapping[str, Formula]
    """of each part, in the order of the results"""
    right: Callable[..., tuple[Any, ...]] = field(repr=False)
    """jw2v's own results, whose formulas are proved, part by part"""
    program: Callable[..., Parts] = field(repr=False)
    """the same in NumPy, out of pieces"""
    mistakes: tuple[Mistake, ...] = field(repr=False)
    examples: Callable[[int], tuple[Example, ...]] = field(repr=False)
    """``seed ->`` what functions are called with"""
    hidden: Callable[[int], tuple[Example, ...]] = field(repr=False)
    """``seed ->`` the same for grading, of which nothing is known beforehand"""
    shapes: Callable[..., dict[str, tuple[int, ...]]] = field(repr=False)
    """``(**arguments) ->`` the shape of each part"""
    tables: frozenset[str] = frozenset()
    """arguments and gradients that hold a vector a word, in rows or in columns"""
    counted: bool = False
    """whether its one result is a list of words, or of pairs, of which the shape says how many
    there are and whose order does not matter; arrays are then handed as lists"""
    remarks: tuple["Remark", ...] = ()
    square: tuple[Mistake, ...] = field(default=(), repr=False)
    """mistakes that fail unless there are as many words as numbers in a vector"""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the results."""
        return tuple(self.formulas)

    @cached_property
    def graded(self) -> "Subject":
        """The same, called with the hidden examples."""
        return replace(self, examples=self.hidden)

    @cached_property
    def squared(self) -> "Subject":
        """The same with square tables alone, where the mistakes of ``square`` do not fail."""

        def examples(seed: int) -> tuple[Example, ...]:
            return tuple(each for each in self.examples(seed) if each.square)

        mistakes = (*self.square, *self.mistakes)
        return replace(self, mistakes=mistakes, examples=examples, remarks=(), square=())

    def wrong(
        self, pieces: Pieces, example: Example, dtype: type[np.floating[Any]] = np.float64
    ) -> dict[str, NDArray[Any]]:
        """What a program with such pieces returns."""
        with np.errstate(all="ignore"):
            found = self.program(**example.rounded(dtype), **pieces)
        return {part: np.asarray(found[part]) for part in self.parts}

    def forms(self) -> Iterator[tuple[Mistake, Pieces]]:
        """All ways to make all mistakes."""
        for each in self.mistakes:
            for form in each.forms:
                yield each, form
