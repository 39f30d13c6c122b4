"""The programs of the answer sheet, line by line."""

from collections.abc import Iterator
from pathlib import Path

import jax
import sympy as sp

from derivations.engine.layout import PAGE, block, broken, width
from derivations.engine.printing import latex
from derivations.programs.call import Unknown
from derivations.programs.claim import Claim
from derivations.programs.lines import Long, rows
from derivations.programs.losses import any_y, claims_of_losses
from derivations.programs.reader import equations

__all__ = ["listing", "listings"]

ANY = r"\text{any number}"
MOST = 3
"""Lines of a page that an entry may take."""
GAPS = 5
"""Em between the parts of a line, and for its sign of equality."""
MASKED = "where its mask leaves a word out it reads another row, which its entries tell at length"
SIGNS = {any_y: sp.IndexedBase("y", shape=any_y.shape, real=True)}
"""What is written in a sign that the statements have for something else."""
TEXTS = Path(__file__).parents[1]


def listings() -> str:
    """The part of the answer sheet that shows programs, in Markdown."""
    words = (TEXTS / "lines.md").read_text(encoding="utf-8")
    shown = map(_folded, claims_of_losses())
    return "\n".join([words.replace("VERSION", jax.__version__), *shown])


def _folded(claim: Claim) -> str:
    """A program under its name, folded; or why it is not shown."""
    count = equations(claim.traced())
    size = f"{count} operation" + "s" * (count != 1)
    try:
        lines = listing(claim)
    except Long as why:
        return f"`{claim.name}`, {size}, not shown: {why}.\n"
    name = f"<code>{claim.name}</code>, {size} ({', '.join(claim.ids)})"
    return f"<details>\n<summary>{name}</summary>\n\n{lines}\n\n</details>\n"


def listing(claim: Claim) -> str:
    """The lines of a program as a formula block.

    Raises:
        Long: some entry is too long to be read.
    """
    found, ends = rows(claim)
    told = [(latex(e.name), _sides(e.entry, e.known), _typed(e.name.primitive)) for e in found]
    for number, (end, expected) in enumerate(ends, 1):
        name = r"\text{result" + (f" {number}}}" if len(ends) > 1 else "}")
        told.append((name, _sides(end, expected), ""))
    room = PAGE - max(width(e) for e, _, _ in told) - max(width(e) for _, _, e in told) - GAPS
    return block(line for e in told for line in _lines(*e, room))


def _typed(name: str) -> str:
    return rf"\texttt{{{name.replace('_', chr(92) + '_')}}}"


def _sides(entry: sp.Expr, known: sp.Expr | None) -> list[str]:
    """What an entry is by its rule, and in the papers, if that is another formula."""
    if any(isinstance(e, sp.Dummy) for e in entry.free_symbols):
        raise Long(MASKED)
    first = ANY if isinstance(getattr(entry, "base", None), Unknown) else _written(entry)
    return list(dict.fromkeys([first, *([] if known is None else [_written(known)])]))


def _written(expr: sp.Expr) -> str:
    return latex(expr.xreplace(SIGNS))


def _lines(name: str, sides: list[str], primitive: str, room: float) -> Iterator[str]:
    joined = " = ".join(sides)
    for side in [joined] if width(joined) <= room else sides:
        try:
            parts = broken(side, room)
        except ValueError as error:
            raise Long("an entry is wider than a page") from error
        if len(parts) > MOST:
            raise Long(f"an entry takes more than {MOST} lines")
        for number, part in enumerate(parts):
            sign = "&= " if number == 0 else "&"
            yield f"{name} {sign}{part}{' && ' if primitive else ''}{primitive}".strip()
            name = primitive = ""
