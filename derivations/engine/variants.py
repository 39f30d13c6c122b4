"""The wrong formulas that are refused, each with an instance in short numbers that refutes it.

The proofs refute every variant on random instances of 50 digits. A reader would rather see small
ones: sizes as small as can be, entries that are whole or halves, and one instance for all variants
of a claim where there is one.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.engine.assumptions import satisfied
from derivations.engine.evaluation import Values, number
from derivations.engine.layout import PAGE, block, broken, width
from derivations.engine.notation import bounds, latex_names, unfold
from derivations.engine.open_functions import tabulated
from derivations.engine.printing import latex
from derivations.engine.proof import Claim, same
from derivations.engine.wording import as_latex

__all__ = ["Instance", "instances", "refused"]

TRIES = 200
"""Instances that are drawn, of which the shortest are tried first."""
EVALUATED = 40
"""Instances whose numbers are computed, where the first does not refute everything."""
LARGEST = 1000
"""No number of an instance is larger."""
USUAL = {"alpha": ("0.5", "0.25")}
"""Values of numbers that are meant to be small, though nothing is assumed of them."""


@dataclass
class Instance:
    """Numbers for the symbols of a claim, and the variants that they refute."""

    told: list[str]
    """The numbers, in LaTeX."""
    values: Values
    truth: Any
    wrong: dict[str, Any] = field(default_factory=dict)
    """What each variant gives, by its name."""
    too_strong: dict[str, Any] = field(default_factory=dict)
    """How far each bound that is too strong falls below 0."""

    @property
    def length(self) -> int:
        """How much there is to read."""
        return sum(map(len, self.told))

    @property
    def is_short(self) -> bool:
        """Whether all its numbers can be read at a glance."""
        given = (*self.wrong.values(), *self.too_strong.values(), self.truth)
        drawn = (e for array in self.values.values() for e in np.ravel(array))
        return all(abs(e) < LARGEST for e in (*given, *drawn))

    @property
    def refuted(self) -> set[str]:
        """The names of the variants."""
        return {*self.wrong, *self.too_strong}

    def only(self, names: set[str]) -> "Instance":
        """The same, with some of the variants."""
        wrong = {name: e for name, e in self.wrong.items() if name in names}
        too_strong = {name: e for name, e in self.too_strong.items() if name in names}
        return replace(self, wrong=wrong, too_strong=too_strong)


def refused(claim: Claim, id: str) -> str:
    """What is refused beside a claim, in Markdown: formulas, and numbers that refute them."""
    parts = []
    for at in instances(claim, id):
        where = f", at {', '.join(f'${e}$' for e in at.told)}" if at.told else ""
        told = f", where the truth is ${_decimal(at.truth)}$" if at.wrong else ""
        ends = {name: _equals(e) for name, e in at.wrong.items()}
        ends |= {name: f"{_equals(e)} < 0" for name, e in at.too_strong.items()}
        rows = _rows({**claim.wrong, **claim.too_strong}, ends)
        parts.append(f"*Refused*{where}{told}:\n\n{block(rows)}")
    return "\n\n".join(parts)


def instances(claim: Claim, id: str) -> list[Instance]:
    """The shortest instance that refutes all variants, or several, if they are shorter together.

    Raises:
        ValueError: a variant that none refutes.
    """
    names = {*claim.wrong, *claim.too_strong}
    tried: list[Instance] = []
    for told, values in _drawn(claim, Random(f"{id} {claim.name}")):
        if len(tried) > EVALUATED and names == set().union(*(e.refuted for e in tried)):
            break
        at = _refuted(claim, told, values)
        if not at.is_short:
            continue
        tried.append(at)
        given = {_decimal(e) for e in (at.truth, *at.wrong.values())}
        if names == at.refuted and len(given) == 1 + len(at.wrong):
            break
    several, left = [], names
    for at in sorted(tried, key=lambda e: e.length / (len(e.refuted) or 0.01)):
        if new := left & at.refuted:
            several.append(at.only(new))
            left = left - new
    if left:
        raise ValueError(f"{id}, {claim.name}: no short instance refutes {', '.join(left)}")
    whole = [e for e in reversed(tried) if names == e.refuted]
    apart = sum(e.length + 40 for e in several)
    return whole[:1] if whole and whole[0].length < apart else several


def _variants(claim: Claim) -> tuple[sp.Expr, ...]:
    return (*claim.wrong.values(), *claim.too_strong.values())


def _filled(claim: Claim) -> Callable[[sp.Expr], sp.Expr]:
    """What a claim leaves open is read from tables."""
    return same if claim.concrete is same else tabulated


def _drawn(claim: Claim, random: Random) -> list[tuple[list[str], Values]]:
    """Instances that satisfy the assumptions, those with the fewest numbers first."""
    ends = [_filled(claim)(e) for e in (claim.closed, *_variants(claim))]
    shown = _symbols(ends)
    # Assumptions may be about what is in the beginning alone
    drawn = _symbols([*ends, claim.left]) if claim.given else shown
    draw = _Draw(drawn)
    found: dict[str, tuple[list[str], Values]] = {}
    for _ in range(TRIES):
        try:
            values = draw(random)
            with mpmath.workdps(30):
                if not satisfied(claim.given, tuple(drawn), values):
                    continue
        except (IndexError, ZeroDivisionError):
            continue
        told = _described(values, shown)
        found.setdefault("; ".join(told), (told, values))
    return [found[told] for told in sorted(found, key=len)]


class _Draw:
    """Draws sizes up to 4, indices within their bounds, and short numbers for the rest."""

    def __init__(self, symbols: list[Any]) -> None:
        self.arrays = [e for e in symbols if isinstance(e, sp.IndexedBase)]
        numbers = [e for e in symbols if isinstance(e, sp.Symbol)]
        self.indices = [e for e in numbers if e.is_integer and e.name in bounds]
        sizes = [end for e in [*self.indices, *self.arrays] for end in bounds.get(e.name, ())]
        sizes += [n for e in self.arrays for n in e.shape]
        mentioned = set[Any]().union(*(e.free_symbols for e in sizes))
        self.others = sorted({*numbers, *mentioned} - {*self.indices}, key=str)
        self.size = cache(lambda e: sp.lambdify(self.others, e, "math"))

    def __call__(self, random: Random) -> Values:
        """An instance; ``IndexError`` where an index has no values."""
        values: Values = {}
        for e in self.others:
            smallest = 1 if e.is_positive else 0
            values[e.name] = random.randint(smallest, 4) if e.is_integer else _short(e, random)
        sizes = [values[e.name] for e in self.others]

        def drawn(name: str) -> int:
            low, high = (self.size(e)(*sizes) for e in bounds[name])
            if low > high:
                raise IndexError(f"{name} has no values")
            return random.randint(low, high)

        for e in self.indices:
            values[e.name] = drawn(e.name)
        for e in self.arrays:
            shape = tuple(self.size(n)(*sizes) for n in e.shape)
            flat = [
                drawn(e.name) if e.name in bounds else _short(e, random)
                for _ in range(math.prod(shape))
            ]
            values[e.name] = np.array([*flat, None], dtype=object)[:-1].reshape(shape)
        return values


def _short(symbol: Any, random: Random) -> Any:
    """A number that is quickly read, of the sign that the symbol has."""
    at_least_0 = _assumed(symbol, "nonnegative") or getattr(symbol, "name", "") in USUAL
    sign = 1 if at_least_0 else -1 if _assumed(symbol, "nonpositive") else 0
    usual = (1, 1, "0.5", "0.25" if sign else 2)
    size = mpmath.mpf(random.choice(USUAL.get(getattr(symbol, "name", ""), usual)))
    return size * (sign or random.choice((-1, 1)))


def _assumed(symbol: Any, what: str) -> bool:
    return bool(getattr(symbol, f"is_{what}") or symbol.assumptions0.get(what))


def _symbols(exprs: Iterable[sp.Expr]) -> list[Any]:
    """The arrays and numbers that expressions are made of, with those that names are given of."""
    exprs = list(exprs)
    opened = [unfold(e) for e in exprs]
    opened += [by for e in opened for f in e.atoms(sp.Derivative) for by in f.variables]
    arrays = set[Any]().union(*(e.atoms(sp.IndexedBase) for e in opened))
    numbers = set[Any]().union(*(e.free_symbols for e in opened))
    numbers |= {n for e in exprs if not e.has(sp.Sum) for n in e.atoms(sp.Symbol)}
    # An index over which everything is summed has no value, not even that of a derivative's entry
    whole = [e for e in exprs if e.has(sp.Sum)]
    bound = {n for e in whole for f in e.atoms(sp.Sum) for n in f.variables}
    numbers -= bound - set[Any]().union(*(e.free_symbols for e in exprs))
    names = {e.name for e in arrays}
    numbers = {e for e in numbers if isinstance(e, sp.Symbol) and e.name not in names}
    return [*sorted(numbers, key=lambda e: (e.name in bounds, str(e))), *sorted(arrays, key=str)]


def _refuted(claim: Claim, told: list[str], values: Values) -> Instance:
    """What the variants give at an instance, as far as that refutes them."""
    fill = _filled(claim)
    with mpmath.workdps(30):
        truth = number(fill(claim.closed), values)
        found = Instance(told, values, truth)
        for name, variant in claim.wrong.items():
            try:
                given = number(fill(variant), values)
            except (IndexError, ZeroDivisionError):  # off its table
                continue
            if abs(given - truth) > 0.02 * max(1, abs(truth)):
                found.wrong[name] = given
        for name, variant in claim.too_strong.items():
            below = number(fill(variant), values)
            if below < -0.01:
                found.too_strong[name] = below
    return found


def _described(values: Values, symbols: list[Any]) -> list[str]:
    """The values of numbers and arrays, in LaTeX; sizes that an array shows are left out."""
    arrays = [e for e in symbols if isinstance(e, sp.IndexedBase) and values[e.name].size]
    told = set[Any]().union(*(set(e.shape) for e in arrays))
    listed = [
        f"{latex(e)} {_equals(values[e.name])}"
        for e in symbols
        if isinstance(e, sp.Symbol) and e not in told
    ]
    for array in arrays:
        listed += _entries(array, values)
    return listed


def _entries(array: sp.IndexedBase, values: Values) -> Iterator[str]:
    """The rows of an array, or the array where it is one."""
    entries, name = values[array.name], latex_names.get(array.name, array.name)
    if entries.ndim == 1 and array.name in bounds:
        yield from (f"{name}_{n} = {e}" for n, e in enumerate(entries))
    else:
        for at in np.ndindex(entries.shape[:-1]):
            yield f"{_row(array.name, name, at, values)} {_equals(*entries[at])}"


def _row(array: str, name: str, at: tuple[int, ...], values: Values) -> str:
    if array in ("pair_v", "pair_U"):
        by = f"u_{at[1]}" if len(at) > 1 else "v_c"
        return rf"\partial J_{{{at[0] - values['m']}}} / \partial {by}"
    index = ",".join(map(str, at))
    return f"{name}_{{{index}}}" if len(index) > 1 else f"{name}_{index}" if at else name


@cache
def _decimal(value: Any) -> str:
    """A number with three digits, or as a fraction of small numbers."""
    exact = Fraction(str(mpmath.nstr(value, 20))).limit_denominator(12)
    simple = mpmath.mpf(exact.numerator) / exact.denominator
    if abs(value - simple) < 1e-15:
        value = simple  # without what its computation rounded
        if exact.denominator in (3, 6, 7, 9, 11, 12):
            sign = "-" if exact < 0 else ""
            return rf"{sign}\tfrac{{{abs(exact.numerator)}}}{{{exact.denominator}}}"
    return str(mpmath.nstr(mpmath.mpf(value), 3)).removesuffix(".0")


def _equals(*values: Any) -> str:
    """A number, or a vector of several, after the sign that says whether it is rounded."""
    printed = [_decimal(e) for e in values]
    exact = all(
        "frac" in e or abs(mpmath.mpf(e) - value) < 1e-15
        for e, value in zip(printed, values, strict=True)
    )
    vector = printed[0] if len(printed) == 1 else f"({', '.join(printed)})"
    return f"= {vector}" if exact else rf"\approx {vector}"


def _rows(formulas: Mapping[str, sp.Expr], told: Mapping[str, str]) -> list[str]:
    """A line a variant: its name, the formula, what it gives."""
    # In braces a sign at the beginning of a column stands close
    lines = [
        (as_latex(name), re.sub("^-", "{-}", latex(formulas[name])), end)
        for name, end in told.items()
    ]
    wide = [max(map(width, column)) for column in zip(*lines, strict=True)]
    if sum(wide) + 4 <= PAGE:
        return [f"&{name} && {formula} && {end}" for name, formula, end in lines]
    rows = []
    for name, formula, end in lines:
        *first, last = broken(formula, PAGE - 2 - width(end) - 1)
        rows.append(rf"&{name}")
        rows += [rf"&\quad {part}" for part in [*first, f"{last} {end}"]]
    return rows
