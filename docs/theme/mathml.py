"""Formulas in TeX become MathML when the site is built: a page needs no script to show them.

Two forms are read, those of GitHub: ``$`x`$`` within a line, and a fenced block of the language
``math``. A chain of equations, each with its reason, becomes a list of steps that fold.
"""

import html
import re
from typing import Any
from xml.etree.ElementTree import fromstring

from latex2mathml.converter import convert
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

LONG = 40
INLINE = r"\$`(?P<quoted>.+?)`\$"
PLAIN = r"(?<![\\\w$])\$(?P<plain>[^\s$`](?:[^$\n]*?[^\s$\\])?)\$(?![\w$])"
ALIGNED = re.compile(r"\\begin\{aligned\}(.*)\\end\{aligned\}", re.S)
RELATION = re.compile(r"(=|<|>|\\leq|\\geq|\\le|\\ge|\\approx|\\to)(?![A-Za-z])")
PRIME = re.compile(r"<msup><mi>([^<]+)</mi><mi>&#x02032;</mi></msup>")
WORDS = re.compile(r"\\text\{([^{}]*)\}")


def mathml(tex: str, *, block: bool = False) -> str:
    """One formula.

    Raises:
        ValueError: a command that is not known, or a formula that does not end.
    """
    try:
        found = convert(tex, display="block" if block else "inline")
    except Exception as error:
        raise ValueError(f"no formula: {tex}") from error
    if left := re.search(r">(\\\w+)<", found):
        raise ValueError(f"{left[1]} is not known: {tex}")
    fromstring(found)  # well-formed, or an error
    # A prime as a superscript of its own is hard to see in fonts without mathematics.
    found = PRIME.sub(r"<mi>\1′</mi>", found)
    # Words of a formula are no words to search for.
    return found.replace("<math", "<math data-search-exclude", 1)


def boxed(math: str) -> str:
    """A block that scrolls where it is wider than the page."""
    return f'<div class="formula">{math}</div>'


def inline(tex: str) -> str:
    """A formula within a line; browsers break none, so that a long one scrolls by itself."""
    return mathml(tex) if len(tex) <= LONG else f'<span class="long">{mathml(tex)}</span>'


def block(tex: str) -> str:
    """A fenced block: a chain of steps, or one formula."""
    tex = tex.strip()
    if (found := ALIGNED.fullmatch(tex)) and (steps := steps_of(found[1])):
        return steps
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
    if not begins or begins[0] > 1 or not any(map(reason_of, rows)):
        return None
    head = rows[0][0].strip() or rows[0][1].strip()
    said = []
    for first, after in zip(begins, [*begins[1:], len(rows)], strict=True):
        step = rows[first:after]
        reasons = " ".join(filter(None, map(reason_of, step)))
        cells = [row[1].strip() for row in step]
        lines = [cell for cell in cells if cell and not cell.startswith(r"\qquad")]
        said.append(_step(lines, reasons))
    return f'<div class="chain">{boxed(mathml(head, block=True))}{"".join(said)}</div>'


def _step(lines: list[str], reason: str) -> str:
    tex = lines[0]
    if len(lines) > 1:
        tex = r"\begin{aligned}&" + r" \\ &".join(lines) + r"\end{aligned}"
    formula = boxed(mathml(tex, block=True))
    if not reason:
        return formula
    return f'<details class="step" open><summary>{in_words(reason)}</summary>{formula}</details>'


def in_words(reason: str) -> str:
    """Words with formulas among them, as text with MathML."""
    parts = []
    for i, part in enumerate(WORDS.split(reason)):
        if i % 2:
            parts.append(html.escape(part))
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
    """What pymdownx.superfences calls for a block of the language ``math``."""
    return block(source)
