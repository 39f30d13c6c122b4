"""Numbers of one name that are declared to have different signs: x > 0 and x < 0.

They print alike, so whatever speaks of one must say which: a claim is about one of them, and among
words its sign stands before it.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import sympy as sp

from derivations.engine.assumptions import Assumption
from derivations.engine.notation import bounds, tables
from derivations.engine.printing import text
from derivations.engine.prose import Signed
from derivations.engine.quantities import signed
from derivations.engine.signs import nodes

__all__ = ["numbers", "of_one_claim", "unsaid_signs"]


def numbers(exprs: Iterable[sp.Basic]) -> set[sp.Symbol]:
    """The numbers that expressions are written with, and those of what they stand for."""
    return set[sp.Symbol]().union(*map(_numbers, exprs))


@cache
def _numbers(expr: sp.Basic) -> frozenset[sp.Symbol]:
    found = {e for e in nodes([expr]) if isinstance(e, sp.Symbol) and not isinstance(e, sp.Dummy)}
    return frozenset(e for e in found if e.name not in {*bounds, *tables})


def of_one_claim(exprs: Iterable[sp.Basic]) -> Iterator[str]:
    """Two numbers of one name in one claim."""
    names = [text(e) for e in sorted(numbers(exprs), key=str)]
    for name in dict.fromkeys(e for e in names if names.count(e) > 1):
        yield f"{name} is of two signs, which print alike, in one claim"


def unsaid_signs(
    said: Sequence[tuple[Any, int, list[sp.Basic]]], everything: Iterable[sp.Basic]
) -> Iterator[str]:
    """Where words do not say of which of several numbers of one name a formula is.

    Args:
        said: each formula of a text, the sentence in which it stands, and what it prints.
        everything: all that the claims and texts of the derivation print.
    """
    everything = list(everything)
    known = numbers(everything)
    for at, (formula, sentence, printed) in enumerate(said):
        if isinstance(formula, Signed):
            for e in formula.of:
                if isinstance(e, sp.Symbol) and e not in known:
                    yield f"says a sign of a {text(e)} that no formula is about: {formula.text}"
            continue
        given = isinstance(formula, Assumption)  # which claims nothing
        before = [(e, where) for e, where, _ in said[:at] if isinstance(e, Signed)]
        told = {text(n): (n, where) for signs, where in before for n in signs.of}
        for n in sorted(numbers(printed), key=str):
            twins = {e for e in known if text(e) == text(n) and e != n}
            other, where = told.get(text(n), (n, sentence))
            if other != n and (signed([n]) or where == sentence):
                yield f"says a sign of {text(n)} that is not the one its formula is proved for"
            elif twins and other == n and text(n) not in told and signed([n]) and not given:
                yield f"does not say beside a formula which sign {text(n)} has"
