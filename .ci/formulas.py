"""Every formula of every page renders in KaTeX, and no formula block is wider than a page.

    python .ci/formulas.py README.md docs/*.md

Installs KaTeX into a temporary folder. What needs a program that is not there, Node.js with npm to
render and Chromium to measure, is skipped, and says so.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import browser  # noqa: E402

KATEX = "katex@0.16.22"
WIDEST = 830
"""Pixels that a page of GitHub gives its text, at a size of 16 px."""

FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})[ ]*([\w-]*).*?\n(.*?)^ {0,3}\2[ ]*$", re.M | re.S)
INLINE = re.compile(
    r"\$`(?P<quoted>.+?)`\$"  # GitHub's form in which Markdown touches nothing
    r"|(?P<code>`+)(?!`).+?(?<!`)(?P=code)(?!`)"
    r"|(?<!\\)\$\$(?P<double>.+?)\$\$"
    r"|(?<![\\\w$])\$(?P<plain>[^\s$](?:[^$]*?[^\s$\\])?)\$(?![\w$])",
    re.S,
)


class Formula(NamedTuple):
    """Where a formula is, and what."""

    page: str
    line: int
    display: bool
    tex: str


def formulas(markdown: str, page: str) -> Iterator[Formula]:
    """The formulas of a page, by GitHub's conventions.

    Raises:
        ValueError: a dollar sign that begins or ends no formula, or a formula in a table that has
            a bar, which GitHub takes for the end of the cell.
    """

    def line(position: int) -> int:
        return markdown.count("\n", 0, position) + 1

    for found in FENCE.finditer(markdown):
        if found[3] == "math":
            yield Formula(page, line(found.start()), True, found[4])
    # Blank out the blocks, and keep every position.
    prose = FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), markdown)
    for found in INLINE.finditer(prose):
        tex = found["quoted"] or found["double"] or found["plain"]
        if tex:
            at = Formula(page, line(found.start()), bool(found["double"]), tex)
            start = prose.rfind("\n", 0, found.start()) + 1
            if prose.startswith("|", start) and "|" in tex:
                raise ValueError(f"{page}:{at.line}: a bar ends a table's cell: {tex}")
            yield at
    left = INLINE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), prose)
    if stray := re.search(r"(?<!\\)\$", left):
        raise ValueError(f"{page}:{line(stray.start())}: a dollar sign without its formula")


def measure(page: Path, program: str, folder: Path) -> list[tuple[float, str]]:
    """How wide the blocks of a page are in pixels, the widest first."""
    with browser.browser(program, folder) as tab:
        tab.open(page)
        tab.ask("document.fonts.ready.then(() => 0)")
        loaded = tab.ask("[...document.fonts].some((font) => font.status == 'loaded')")
        if not loaded:
            raise RuntimeError("KaTeX's fonts were not loaded: the widths would be of others")
        blocks = "[...document.querySelectorAll('.block')]"
        widths = tab.ask(f"{blocks}.map((e) => [e.getBoundingClientRect().width, e.title])")
    return sorted(((width, title) for width, title in widths), reverse=True)


def check(pages: list[str], work: Path) -> int:
    """Returns 0 if all is well, or skipped, and 1 if not."""
    found = [e for page in pages for e in formulas(Path(page).read_text(encoding="utf-8"), page)]
    if missing := [name for name in ("node", "npm") if not shutil.which(name)]:
        print(
            f"skipped: {len(found)} formulas not rendered, there is no {' and no '.join(missing)}"
        )
        return 0
    command = ["npm", "install", "--silent", "--no-save", "--prefix", str(work), KATEX]
    subprocess.run(command, check=True, stdout=sys.stderr)
    listed, html = work / "formulas.json", work / "formulas.html"
    listed.write_text(json.dumps([e._asdict() for e in found]), encoding="utf-8")
    katex = work / "node_modules" / "katex"
    script = Path(__file__).with_suffix(".mjs")
    if subprocess.run(["node", script, katex, listed, html]).returncode:
        return 1
    count = f"{len(found)} formulas of {len(pages)} pages rendered"
    program = browser.find()
    if program is None:
        print(f"{count}; skipped: their width was not measured, there is no Chromium")
        return 0
    widths = measure(html, program, work / "browser")
    for width, title in widths:
        if width > WIDEST:
            print(f"{title}: {width:.0f} px wide, more than {WIDEST}")
    print(f"{count}, the widest of {len(widths)} blocks {widths[0][0]:.0f} px")
    return int(widths[0][0] > WIDEST)


def main() -> int:
    """Checks the pages named."""
    if not sys.argv[1:]:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        return check(sys.argv[1:], Path(work))


if __name__ == "__main__":
    raise SystemExit(main())
