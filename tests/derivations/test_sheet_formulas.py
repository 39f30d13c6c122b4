"""The check of formulas finds them where GitHub does, and fails on what KaTeX refuses."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("formulas", ROOT / ".ci" / "formulas.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found(check: ModuleType, markdown: str) -> list[tuple[int, bool, str]]:
    return [tuple(e)[1:] for e in check.formulas(markdown, "page.md")]


def test_formulas_are_found_by_githubs_conventions(check: ModuleType) -> None:
    markdown = """A $`x_1`$ and $y_2$, `$code$`, \\$5.

```math
z_3 \\text{ with $`no`$ inside}
```

```bash
echo "$HOME$"
```
<details>

  ```math
  w_4
  ```
$$v_5$$
"""
    assert found(check, markdown) == [
        (3, True, "z_3 \\text{ with $`no`$ inside}\n"),
        (12, True, "  w_4\n"),
        (1, False, "x_1"),
        (1, False, "y_2"),
        (15, True, "v_5"),
    ]


@pytest.mark.parametrize(
    ("markdown", "complaint"),
    [
        ("costs $5 and", "a dollar sign"),
        ("$`open", "a dollar sign"),
        ("| $`|x|`$ |", "a bar"),
        (r"| $\|x\|$ |", "a bar"),
    ],
)
def test_what_github_would_not_show_is_refused(
    check: ModuleType, markdown: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=f"page.md:1: {complaint}"):
        found(check, markdown)


def test_every_page_can_be_read(check: ModuleType) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    counts = {e.name: len(found(check, e.read_text(encoding="utf-8"))) for e in pages}
    assert counts["derivations.md"] > 300


def test_without_node_it_is_skipped_and_says_so(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("$`x`$ and $`y`$", encoding="utf-8")
    command = [sys.executable, str(ROOT / ".ci" / "formulas.py"), str(page)]
    run = subprocess.run(
        command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert run.stdout == "skipped: 2 formulas not rendered, there is no node and no npm\n"


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node")
def test_a_formula_that_is_refused_fails(check: ModuleType, tmp_path: Path) -> None:
    """The script alone, with a KaTeX that refuses what the real one does; npm needs a network."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "katex.mjs").write_text(
        "export default { renderToString(tex, options) {"
        "  if (!options.throwOnError) return '';"
        "  if (/text\\{[^}]*_/.test(tex)) throw new Error(`no _ in text`);"
        "  return `<b>${tex}</b>`; } };",
        encoding="utf-8",
    )
    (tmp_path / "formulas.json").write_text(
        '[{"page": "a.md", "line": 3, "display": true, "tex": "x"},'
        ' {"page": "a.md", "line": 9, "display": false, "tex": "\\\\text{r_zw}"}]',
        encoding="utf-8",
    )
    html = tmp_path / "page.html"
    script = ROOT / ".ci" / "formulas.mjs"
    run = subprocess.run(
        ["node", script, tmp_path, tmp_path / "formulas.json", html],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "a.md:9: no _ in text\n")
    assert '<span class="block" title="a.md:3"><b>x</b></span>' in html.read_text(encoding="utf-8")


@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium")
def test_blocks_are_measured(check: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    face = (
        "<style>body { width: 4000px } .block { display: inline-block }</style>"
        '<div><span class="block" title="a.md:1"><p style="width: 900px"></p></span></div>'
        '<div><span class="block" title="a.md:2"><p style="width: 100px"></p></span></div>'
    )
    page.write_text(face, encoding="utf-8")
    with pytest.raises(RuntimeError, match="fonts were not loaded"):
        check.measure(page, browser.find(), tmp_path / "browser")
