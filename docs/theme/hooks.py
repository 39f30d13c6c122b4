"""What MkDocs does for this site beside its plugins: pages from the root, links, folds."""

import posixpath
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import commands
import mathml
import statements
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
FROM_ROOT = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Pages that lie outside docs/, and what they are called on the site."""

LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#|/)([^)\s#]+)")
FENCE = re.compile(r"^( *)(`{3,}|~{3,})[^\n]*\n.*?^\1\2[ ]*$", re.M | re.S)
CODE = re.compile(r"\$`.+?`\$|(`+)(?!`).+?(?<!`)\1(?!`)|^#.*$|^    .*$|<[^>]+>", re.M)
PAIR = re.compile(
    r'^```python title="(?!jw2v)[^"]+"\n.*?^```\n\s*^```python title="jw2v"\n.*?^```$', re.M | re.S
)
REFUSED = re.compile(r"^(\*Refused\*, .*?):\n\n(```math\n.*?^```)$", re.M | re.S)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    docs = Path(config.docs_dir)
    config.nav = [each for item in config.nav for each in _expanded(item, docs)]
    config.markdown_extensions.append(mathml.Formulas())
    config.mdx_configs.setdefault("pymdownx.superfences", {})["custom_fences"] = [
        {"name": "math", "class": "math", "format": mathml.fence}
    ]
    config.mdx_configs["toc"]["slugify"] = lambda text, _: statements.slug(text)
    return config


def _expanded(item: Any, docs: Path) -> list[Any]:
    """An entry of the navigation with the pages that its patterns match, if any do."""
    if isinstance(item, str):
        found = sorted(docs.glob(item)) if "*" in item else [docs / item]
        return [path.relative_to(docs).as_posix() for path in found]
    [(title, inside)] = item.items()
    if isinstance(inside, str) and "*" not in inside:
        return [item]
    entries = [inside] if isinstance(inside, str) else inside
    pages = [page for each in entries for page in _expanded(each, docs)]
    return [{title: pages}] if pages else []


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for origin, name in FROM_ROOT.items():
        text = (ROOT / origin).read_text("utf-8")
        files.append(File.generated(config, name, content=_with_links(text, PurePosixPath(), name)))
    pages = [(PurePosixPath(), (ROOT / origin).read_text("utf-8")) for origin in FROM_ROOT]
    pages += [
        (PurePosixPath("docs", file.src_uri).parent, file.content_string)
        for file in files.documentation_pages()
        if file.src_uri not in FROM_ROOT.values()
    ]
    targets = {target for folder, text in pages for target in _targets(text, folder)}
    sources = {source for source in map(_outside, targets) if source}
    for source in sorted(sources):
        text = (ROOT / source).read_text("utf-8")
        files.append(File.generated(config, f"source/{source}.txt", content=text))
    return files


def _targets(text: str, folder: PurePosixPath) -> list[str]:
    """What the links of a page lead to, as paths from the root."""
    return [posixpath.normpath(str(folder / found)) for found in LINK.findall(text)]


def _outside(target: str) -> str | None:
    """A file of the repository that is no page and no picture of the site."""
    inside = target.startswith("docs/") or target in FROM_ROOT
    return target if not inside and (ROOT / target).is_file() else None


def _with_links(text: str, folder: PurePosixPath, name: str) -> str:
    """Links between files of the repository as links between pages of the site."""
    here = posixpath.dirname(name)

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(str(folder / found[1]))
        if target in FROM_ROOT:
            target = FROM_ROOT[target]
        elif target.startswith("docs/"):
            target = target.removeprefix("docs/")
        elif _outside(target):
            target = f"source/{target}.txt"
        else:
            return found[1]
        return posixpath.relpath(target, here or ".")

    return LINK.sub(link, text)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    name = page.file.src_uri
    if name not in FROM_ROOT.values():
        markdown = _with_links(markdown, PurePosixPath("docs", name).parent, name)
    if name == "cli.md":
        markdown = markdown.replace("<!-- commands -->", commands.page())
    markdown = markdown.replace("```{code-cell} python", "```python")
    markdown = PAIR.sub(r'<div class="beside" markdown="1">\n\n\g<0>\n\n</div>', markdown)
    if name == "derivations.md":
        fold = r'<details class="refused" markdown="1"><summary markdown="span">\1</summary>'
        markdown = REFUSED.sub(rf"{fold}\n\n\2\n\n</details>", markdown)
    markdown = markdown.replace("<details>", '<details markdown="1">')
    markdown = markdown.replace("<summary>", '<summary markdown="span">')
    return _apart(markdown, FENCE, lambda prose: _apart(prose, CODE, statements.linked))


def on_page_content(html: str, **_: Any) -> str:
    """A heading of a table without words is none."""
    return re.sub(r"<th([^>]*)>\s*</th>", r"<td\1></td>", html)


def _apart(text: str, code: re.Pattern[str], change: Callable[[str], str]) -> str:
    """The text with all changed but what the pattern finds."""
    parts, at = [], 0
    for found in code.finditer(text):
        parts += [change(text[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*parts, change(text[at:])])
