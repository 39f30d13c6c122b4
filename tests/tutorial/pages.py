"""A page whose code is run: cells are its blocks of Python, what they print stands below them.

    python tests/tutorial/pages.py docs/tutorial/*.md

writes below each cell what it prints now.
"""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

__all__ = ["CELL", "agree", "run"]

CELL = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<printed>.*?)```\n)?", re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?")


def run(page: str, name: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each cell, in order and in one namespace, and what it prints."""
    namespace: dict = {"__name__": name}
    for cell in CELL.finditer(page):
        line = page.count("\n", 0, cell.start("code"))
        with redirect_stdout(io.StringIO()) as printed:
            exec(compile("\n" * line + cell["code"], name, "exec"), namespace)
        yield cell, printed.getvalue()


def agree(shown: str, printed: str) -> bool:
    """Whether the words are the same, and each number to one unit of its last digit shown.

    Machines and versions of JAX differ in digits that are not shown, which may be rounded either
    way.
    """
    if NUMBER.sub("#", shown).split() != NUMBER.sub("#", printed).split():
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(a == b or _near(a.replace(",", ""), b.replace(",", "")) for a, b in pairs)


def _near(a: str, b: str) -> bool:
    digits, _, power = a.partition("e")
    places = len(digits.partition(".")[2])
    if not places and not power:
        return False  # whole numbers are counts
    return abs(float(a) - float(b)) <= 1.001 * 10.0 ** (int(power or 0) - places)


def rewritten(page: str, name: str) -> str:
    """The page with what its cells print now."""
    parts, end = [], 0
    for cell, printed in run(page, name):
        parts += [page[end : cell.start()], f"```python\n{cell['code']}```\n"]
        parts += [f"\n```text\n{printed}```\n"] if printed else []
        end = cell.end()
    return "".join([*parts, page[end:]])


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        page = path.read_text(encoding="utf-8")
        path.write_text(rewritten(page, path.name), encoding="utf-8")
