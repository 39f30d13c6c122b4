"""The table of symbols: each name and each sign has one meaning, in all files.

Whoever declares a name, or a way to write one, that means something else already gets an error.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

import sympy as sp

__all__ = [
    "Meaning",
    "declare",
    "expressions",
    "functions",
    "number",
    "of_signs",
    "symbols",
    "whole",
]


@dataclass(frozen=True)
class Meaning:
    """How a symbol is written, and what it means, in Markdown."""

    latex: str
    words: str


symbols: dict[str, Meaning] = {}
"""Every declared symbol, array and named expression, by name."""

whole: dict[str, bool] = {}
"""Whether each declared number is whole: how many there are of something."""

functions: list[Any] = []
"""Every kind of named expression and of open function, in the order of their declaration."""

_kinds: dict[str, tuple[Any, ...]] = {}

_LETTER = r"(?:\\(?:hat|tilde|vec|bar|mathbf|mathrm)\{\w\}|\\[A-Za-z]+|[A-Za-z]+)"
_MARK = r"'*(?:[_^](?:\w+|\\[A-Za-z]+|\{(?:[^{}\s]|\{[^{}\s]*\})*\}))*"
_SLOPE = rf"\\partial(?:\^2)? {_LETTER}{_MARK} /(?: \\partial {_LETTER}{_MARK}(?: \\,)?)+"
SIGN = re.compile(rf"{_LETTER}{_MARK}|{_SLOPE}")
"""How numbers and arrays may be called: by a letter with its marks, or as a program's result."""


SAYS = re.compile(
    r"[=<>≤≥≠≈]|\\(?:leq?|geq?|neq?|approx|log|exp|frac|sum|prod|sqrt|nabla)(?![A-Za-z])"
)
"""What the words of a meaning do not hold: formulas that say something, or compute."""


F = TypeVar("F", bound=Callable[..., Any])


def of_signs(function: F) -> F:
    """What depends on the signs alone: it is remembered until one more is declared."""
    remembered = lru_cache(maxsize=100_000)(function)
    _forget.append(remembered.cache_clear)
    return cast(F, remembered)


_forget: list[Callable[[], None]] = []


def declare(name: str, latex: str, words: str, *kind: Any) -> None:
    """Enters a symbol in the table; ``ValueError`` if the name or the sign means something else."""
    if re.search(r"[=<>]|\\(?:le|ge|ne|approx)\b", latex):
        raise ValueError(f"{latex} says something, and is no name")
    if SAYS.search(words) or any(re.search(r"\d", e) for e in words.split("$")[1::2]):
        raise ValueError(f"{words!r} says more of {latex} than what it means, which nothing checks")
    if kind != ("expression",) and not SIGN.fullmatch(latex):
        raise ValueError(f"{latex} is a term, and no name")
    if _kinds.get(name, kind) != kind:
        raise ValueError(f"{name} is {kind} here and {_kinds[name]} elsewhere")
    known = symbols.get(name, Meaning(latex, words))
    if known.latex != latex or (words and known.words not in ("", words)):
        raise ValueError(f"{name} is {latex}, {words!r} here and {known} elsewhere")
    others = {e.words for e in symbols.values() if e.latex == latex and e.words}
    if words and others - {words}:
        raise ValueError(f"{latex} means {words!r} here and {others - {words}} elsewhere")
    for other, meaning in symbols.items():
        if other != name and not _may_stand_beside((latex, kind), (meaning.latex, _kinds[other])):
            raise ValueError(f"{latex} ({name}) reads like {meaning.latex} ({other})")
    _kinds[name], symbols[name] = kind, Meaning(latex, words or known.words)
    for forget in _forget:
        forget()


def _may_stand_beside(one: tuple[str, Any], other: tuple[str, Any]) -> bool:
    """Whether two signs may be on one page.

    A number has a sign of its own; with a prime or a power it is not that of something else, since
    it would look like what is made of it.
    """
    if ("number",) not in (one[1], other[1]):
        return True
    plain = [re.sub(r"('+|\^\d)$", "", latex) for latex, _ in (one, other)]
    return plain[0] != plain[1] or (one[0] != other[0] and one[1] == other[1])


def expressions() -> list[str]:
    """The names of the declared expressions, which stand for something."""
    return [name for name, kind in _kinds.items() if kind == ("expression",)]


def number(name: str, words: str, latex: str = "", /, **assumptions: bool) -> sp.Symbol:
    """A number: a size, or a quantity that is no entry of an array."""
    declare(name, latex or name, words, "number")
    is_whole = bool(assumptions.get("integer"))
    if whole.setdefault(name, is_whole) != is_whole:
        raise ValueError(f"{name} is a whole number in one place, and any real number in another")
    return sp.Symbol(name, **assumptions)
