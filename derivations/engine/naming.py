"""Whether a named expression is written as what it stands for, and with all of its arguments."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import sympy as sp

from derivations.engine.algebra import is_zero
from derivations.engine.notation import Abbreviation, latex_names, tables, unfold
from derivations.engine.printing import latex, text

__all__ = ["hides_an_argument", "read_as_written"]


@cache
def hides_an_argument(named: Any) -> bool:
    """Whether it would be written the same with another argument in some place."""
    for at, argument in enumerate(named.args):
        array = isinstance(argument, sp.IndexedBase)
        other = _another(argument) if array else sp.Symbol("another", integer=True)
        changed = named.func(*named.args[:at], other, *named.args[at + 1 :])
        if latex(changed) == latex(named) or text(changed) == text(named):
            return True
    return False


def _another(array: sp.IndexedBase) -> sp.IndexedBase:
    alike = (e for e in tables.values() if e.shape == array.shape)
    return next(e for e in alike if latex_names[e.name] != latex_names[array.name])


@cache
def read_as_written(named: Abbreviation) -> bool:
    """Whether a name without a sign, such as $u_w^\\top v_c$, is the product that it shows."""
    one, top, other = _bare(latex(named)).partition(r"^\top")
    if not top:
        return False
    n = sp.Dummy("n", integer=True, nonnegative=True)
    for left in _entries(one.strip(), named.args, n):
        for right in _summed(other.strip(), named.args, n):
            (size,) = {e.base.shape[-1] for e in (left, *right)}
            shown = sp.Sum(left * sp.Add(*right), (n, 0, size - 1))
            if is_zero(unfold(named) - shown):
                return True
    return False


def _summed(written: str, args: tuple[Any, ...], n: sp.Symbol) -> Iterator[list[sp.Indexed]]:
    """The entries of the vectors that are written in a bracket, as a sum, or of one."""
    bracket = re.fullmatch(r"\((.*)\)", written)
    parts = bracket[1].split(" + ") if bracket else [written]
    found = [next(_entries(part, args, n), None) for part in parts]
    if None not in found:
        yield found


def _entries(written: str, args: tuple[Any, ...], n: sp.Symbol) -> Iterator[sp.Indexed]:
    """Entry n of the array, or of the row of a table at an argument, that is written so."""
    for array in tables.values():
        name = _bare(latex_names[array.name])
        if len(array.shape) == 1 and name == written:
            yield array[n]
        for at in args if len(array.shape) == 2 else ():
            if f"{name}_{_bare(latex(at))}" == written:
                yield array[at, n]


def _bare(written: str) -> str:
    """LaTeX without its braces."""
    return re.sub("[{}]", "", written)
