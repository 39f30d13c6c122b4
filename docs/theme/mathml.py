"""Formulas in TeX become MathML when the site is built: a page needs no script to show them.

Two forms are read, those of GitHub: ``$`x`$`` within a line, and a fenced block of the language
``math``. A chain of equations, each with its reason, becomes a list of steps that fold.
"""

import html
import re
from typing import Any
from xml.etree.ElementTree import fromstring

import statements
from latex2mathml.converter import convert
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from pymdownx.superfences import SuperFencesException

LONG = 40
INLINE = r"\$`(?P<quoted>.+?)`\$"
PLAIN = r"(?<![\\\w$])\$(?P<plain>[^\s$`](?:[^$\n]*?[^\s$\\])?)\$(?![\w$])"
ALIGNED = re.compile(r"\\begin\{aligned\}(.*)\\end\{aligned\}", re.S)
RELATION = re.compile(r"(=|<|>|\\leq|\\geq|\\le|\\ge|\\approx|\\to)(?![A-Za-z])")
PRIME = re.compile(r"<msup><mi>([^<]+)</mi><mi>&#x02032;</mi></msup>")
WORDS = re.compile(r"\\text\{([^{}]*)\}")


SPACE = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def mathml(tex: str, *, block: bool = False) -> str:
    """One formula.

    Raises:
        ValueError: a command that is not known, or a formula that does not end.
    """
    try:
        found = convert(tex, display="block" if block else "inline")
        fromstring(found)
    except Exception as error:
        raise ValueError(f"no formula: {tex}") from error
    found = found.replace(r"\_", "_")  # of \texttt
    if "\\" in found:
        raise ValueError(f"a command is not known: {tex}")
    # A prime as a superscript of its own is hard to see in fonts without mathematics.
    found = PRIME.sub(r"<mi>\1′</mi>", found)
    # Words of a formula are no words to search for.
    return found.replace("<math", "<math data-search-exclude", 1)


def boxed(math: str) -> str:
    """A block that scrolls where it is wider than the page."""
    return f'<div class="formula">{math}</div>'


def table(rows: list[list[str]]) -> str:
    """Lines of formulas, in cells below each other."""
    lines = []
    for row in rows:
        cells = [mathml(cell) if cell.strip() else "" for cell in row]
        inner = [cell[cell.find(">") + 1 : -len("</math>")] for cell in cells]
        lines.append(f"<mtr>{''.join(f'<mtd>{each}</mtd>' for each in inner)}</mtr>")
    return (
        f'<math data-search-exclude {SPACE} display="block"><mtable displaystyle="true">'
        f"{''.join(lines)}</mtable></math>"
    )


def inline(tex: str) -> str:
    """A formula within a line; browsers break none, so that a long one scrolls by itself."""
    return mathml(tex) if len(tex) <= LONG else f'<span class="long">{mathml(tex)}</span>'


def block(tex: str) -> str:
    """A fenced block: a chain of steps, lines below each other, or one formula."""
    tex = tex.strip()
    if found := ALIGNED.fullmatch(tex):
        return steps_of(found[1]) or boxed(table(rows_of(found[1])))
    return boxed(mathml(tex, block=True))


def rows_of(aligned: str) -> list[list[str]]:
    """The cells of each row; of ``a &= b && c`` these are ``a``, ``= b``, nothing and ``c``."""
    return [re.split(r"(?<!\\)&", row.strip()) for row in re.split(r"\\\\\n", aligned.strip())]


def reason_of(row: list[str]) -> str:
    """What a row says of itself in words, or nothing."""
    if len(row) == 4:
        return row[3].strip()
    cell = row[1].strip()
    return cell.removeprefix(r"\qquad").strip() if cell.startswith(r"\qquad") else ""


def steps_of(aligned: str) -> str | None:
    """A chain, step by step, each with its reason; None where the rows are no chain."""
    rows = rows_of(aligned)
    if any(len(row) not in (2, 4) or r"\texttt" in row[-1] for row in rows):
        return None
    begins = [i for i, row in enumerate(rows) if RELATION.match(row[1].strip())]
    if not begins or not any(map(reason_of, rows)):
        return None
    head = [rows[0][0]] if rows[0][0].strip() else [row[1] for row in rows[: begins[0]]]
    given = mathml(head[0], block=True) if len(head) == 1 else table([[line] for line in head])
    said = []
    for first, after in zip(begins, [*begins[1:], len(rows)], strict=True):
        step = rows[first:after]
        reasons = " ".join(filter(None, map(reason_of, step)))
        cells = [row[1].strip() for row in step]
        lines = [cell for cell in cells if cell and not cell.startswith(r"\qquad")]
        said.append(_step(lines, reasons))
    return f'<div class="chain">{boxed(given)}{"".join(said)}</div>'


def _step(lines: list[str], reason: str) -> str:
    one = len(lines) == 1
    formula = boxed(mathml(lines[0], block=True) if one else table([[line] for line in lines]))
    if not reason:
        return formula
    return f'<details class="step" open><summary>{in_words(reason)}</summary>{formula}</details>'


def in_words(reason: str) -> str:
    """Words with formulas among them, as text with MathML."""
    parts = []
    for i, part in enumerate(WORDS.split(reason)):
        if i % 2:
            parts.append(statements.anchored(html.escape(part, quote=False)))
        else:
            parts.append(inline(part.strip()) if part.strip() else part)
    return " ".join("".join(parts).split())


class _Inline(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:
        return self.md.htmlStash.store(inline(m[1])), m.start(0), m.end(0)


class Formulas(Extension):
    """Formulas within lines, before Markdown sees their underscores and backticks."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.inlinePatterns.register(_Inline(INLINE, md), "formula", 200)
        md.inlinePatterns.register(_Inline(PLAIN, md), "formula in dollars", 185)


def fence(source: str, *_: Any, **__: Any) -> str:
    """What pymdownx.superfences calls for a block of the language ``math``.

    Raises:
        SuperFencesException: what is wrong with it; of other errors it would show the source.
    """
    try:
        return block(source)
    except ValueError as error:
        raise SuperFencesException(str(error)) from error
