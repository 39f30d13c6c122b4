r"""Formulas laid out on a page: how wide they are, where they break, and where their reasons go.

A page is as wide as GitHub's, with KaTeX's fonts at a text size of 16 px. ``width`` estimates from
KaTeX's metrics how wide a formula is; ``.ci/formulas.py`` measures what came of it in a browser.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from derivations.engine.wording import as_latex

__all__ = ["PAGE", "block", "broken", "chain", "width"]

EM = 19.36
"""Pixels of KaTeX's em: 1.21 times the size of the text around."""
PAGE = 810 / EM
"""Em that a block may take by the estimate; 830 px are allowed."""
NARROWEST = 15
"""Em in which a reason may stand in several lines beside its formula."""

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_&]|\s+|.")
WIDE = dict.fromkeys("mMWw", 0.9) | dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ", 0.74)
WIDE |= dict.fromkeys("ijlrst()[].,;:|!'", 0.39) | dict.fromkeys("0123456789", 0.5)
WIDE |= dict.fromkeys("+-", 1.23) | dict.fromkeys("=<>", 1.34) | {",": 0.45, "/": 0.5}
COMMANDS = {
    **dict.fromkeys(("sum", "prod"), 1.45),
    **dict.fromkeys(("le", "ge", "ne", "to", "in", "preceq", "approx"), 1.34),
    **dict.fromkeys(("cdot", "pm", "times"), 0.8),
    **{"log": 1.45, "exp": 1.55, "max": 1.9, "min": 1.7, "quad": 1.0, "qquad": 2.0, ",": 0.17},
    **{"bigl": 0.08, "bigr": 0.08, "Bigl": 0.22, "Bigr": 0.22, "ldots": 1.35, "dots": 1.35},
    **dict.fromkeys(("left", "right", "hat", "bar", "mathrm", "text", "texttt", "small"), 0.0),
    **{" ": 0.25, "Big": 0.22},
}
FRACTIONS = ("frac", "dfrac", "tfrac")


def width(formula: str) -> float:
    """How wide a formula is on a page, in em, nearly."""
    return sum(size for size, _ in _boxes(TOKEN.findall(formula)))


def _boxes(tokens: list[str]) -> Iterator[tuple[float, str]]:
    """The widths of what stands side by side; takes its tokens off the list."""
    boxes: list[tuple[float, str]] = []
    while tokens:
        token = tokens.pop(0)
        if token == "}":
            break
        if token in "^_":
            # What is above and below stands in one place; below a sum it may be wider than that
            script = _group(tokens) * (0.7 if token in "^_" else 1)
            size, of = boxes.pop() if boxes else (0.0, "")
            large = of.startswith((r"\sum", r"\prod"))
            boxes.append((max(size, script) if large else size + script + 0.05, of))
        elif token == "{":
            boxes.append((sum(size for size, _ in _boxes(tokens)), token))
        elif token[1:] in FRACTIONS:
            scale = 0.7 if token == r"\tfrac" else 1
            boxes.append((scale * max(_group(tokens), _group(tokens)) + 0.24, token))
        elif token == r"\text":
            boxes.append((_words(tokens), token))
        elif token[0] == "\\":
            boxes.append((COMMANDS.get(token[1:], 0.6), token))
        elif not token.isspace() and token != "&":
            boxes.append((WIDE.get(token, 0.55), token))
    yield from boxes


def _group(tokens: list[str]) -> float:
    """The width of what a command takes: a group in braces, or one token."""
    while tokens and tokens[0].isspace():
        tokens.pop(0)
    if tokens and tokens[0] == "{":
        tokens.pop(0)
        return sum(size for size, _ in _boxes(tokens))
    return sum(size for size, _ in _boxes([tokens.pop(0)])) if tokens else 0.0


def _words(tokens: list[str]) -> float:
    """The width of words in upright type."""
    words = ""
    tokens.pop(0)
    while tokens and (token := tokens.pop(0)) != "}":
        words += token
    narrow = sum(e in "fijltIr.,;:'() " for e in words)
    return 0.33 * narrow + 0.52 * (len(words) - narrow) + 0.3 * sum(e in "mwMW" for e in words)


def _depths(formula: str) -> list[tuple[int, int]]:
    """Every place of a sign between two terms, and how many brackets it is in."""
    found, braces, brackets = [], 0, 0
    for match in re.finditer(r"\\left|\\right|\\[{}]|[{}()\[\]]|(?<=\S) [+-] ", formula):
        sign = match[0]
        braces += (sign in ("{", r"\left")) - (sign in ("}", r"\right"))
        brackets += (sign in "([") - (sign in ")]")
        if len(sign) == 3 and braces == 0:
            found.append((match.start(), brackets))
    return found


def broken(formula: str, limit: float) -> list[str]:
    """A formula in lines of at most this width, broken before a sign in as few brackets as can be.

    Raises:
        ValueError: there is no place to break it.
    """
    if width(formula) <= limit:
        return [formula]
    places = _depths(formula)
    for depth in sorted({e for _, e in places}):
        lines, start = [], 0
        allowed = [at for at, e in places if e <= depth]
        while width(formula[start:]) + (1.3 if start else 0) > limit:
            fitting = [at for at in allowed if at > start and width(formula[start:at]) <= limit - 2]
            if not fitting:
                break
            lines.append(formula[start : fitting[-1]])
            start = fitting[-1] + 1
        else:
            indent = r"\quad " * (1 + (depth > 0))
            rest = [*lines, formula[start:]]
            return [rest[0], *(f"{indent}{{}}{e}" for e in rest[1:])]
    raise ValueError(f"{width(formula):.0f} em wide, and no place to break: {formula}")


def chain(start: str, lines: Sequence[tuple[str, str]], ending: str = "") -> str:
    """Equations one below the other, each with its reason beside it if there is room, or below it.

    Args:
        start: what stands left of the first sign of equality.
        lines: formulas in LaTeX, and what makes each equal to the one before, in words.
        ending: a last line, such as that it is never negative.
    """
    reasons = [as_latex(why) for _, why in lines]
    above = width(start) > PAGE / 4
    left = "" if above else start
    rows = [f"&{part}" for part in broken(start, PAGE)] if above else []
    room = PAGE - width(left) - 1.4
    wide = max([width(formula) for formula, _ in lines] + [width(start)] * above)
    beside = room - wide - 2
    if beside < NARROWEST and any(width(reason) > beside for reason in reasons):
        beside = 0
    for (formula, _), reason in zip(lines, reasons, strict=True):
        first, *more = broken(formula, room)
        if beside:
            reason, *rest = _wrapped(reason, beside)
            rows += [f"{left} &= {first} && {reason}".strip(), *(f"&&& {e}" for e in rest)]
        else:
            rows += [f"{left} &= {first}".strip(), *(f"&{e}" for e in more)]
            rows += [rf"&\qquad {part}" for part in _wrapped(reason, room - 2)]
        left = ""
    return block([*rows, *([ending] if ending else [])])


def block(rows: Iterable[str]) -> str:
    """Rows of a formula, aligned at their ``&``."""
    body = " \\\\\n".join(rows)
    return f"```math\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n```"


def _wrapped(reason: str, limit: float) -> list[str]:
    """A reason in as few lines of at most this width as can be, all about as long."""
    lines = _filled(reason, limit)
    for narrower in range(int(limit), 0, -1):
        try:
            again = _filled(reason, narrower)
        except ValueError:
            break
        if len(again) > len(lines):
            break
        lines = again
    return lines


def _filled(reason: str, limit: float) -> list[str]:
    """A reason in lines, each filled to at most this width, broken at spaces of its words."""
    if width(reason) <= limit:
        return [reason]
    spaces = [e for e in re.finditer(" ", reason) if _in_words(reason, e.start())]
    for space in reversed(spaces):
        head = reason[: space.start()] + "}"
        if width(head) <= limit:
            return [head, *_filled(r"\text{" + reason[space.end() :], limit)]
    raise ValueError(f"no place to break: {reason}")


def _in_words(reason: str, at: int) -> bool:
    """Whether a place is among words, not in a formula."""
    words = reason.rfind(r"\text{", 0, at)
    return words >= 0 and "}" not in reason[words:at]
