"""Checks the site that mkdocs built, as a reader has it who is not on the network.

    python .ci/site.py build/site

Links and their anchors lead somewhere, nothing is fetched from elsewhere, every formula was
rendered, and the reference lists what is public. A browser then opens the main kinds of page,
narrow and wide, light and dark, searches, and has axe look at them. What needs Chromium or npm is
skipped where these are not there, and says so.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import browser  # noqa: E402

AXE = "axe-core@4.14.1"
KINDS = (
    "index.html",
    "start.html",
    "from-gensim.html",
    "choosing.html",
    "cli.html",
    "api/vectors.html",
    "derivations.html",
)
"""One page of each kind."""
LARGE = "derivations.html"
"""With thousands of formulas: axe takes too long over it."""
VIEWS = ((360, False), (800, False), (1440, False), (1440, True))
"""Widths, and whether the page is dark. Axe looks at the narrowest and at the dark one."""
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""What a browser asks for by itself. A link to a page elsewhere is for the reader to follow."""


class Page(HTMLParser):
    """What a page refers to, what can be referred to in it, and what is left of formulas."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.formulas = 0
        self.unrendered: list[str] = []
        self._code = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        self._code += tag in ("code", "script", "style", "pre")
        self.formulas += tag == "math"
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in FETCHED and FETCHED[tag] in given and given.get("rel") != "canonical":
            self.fetched.append(given[FETCHED[tag]])

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "script", "style", "pre")

    def handle_data(self, data: str) -> None:
        pattern = r"\\begin\{" if self._code else r"\$`|`\$|\\[a-zA-Z]{3,}"
        if found := re.search(pattern, data):
            self.unrendered.append(data[max(0, found.start() - 20) : found.end() + 20])


class Site(NamedTuple):
    """A folder and its pages."""

    folder: Path
    pages: dict[Path, Page]


def elsewhere(address: str) -> bool:
    """Whether a browser would need a network for it."""
    return urlsplit(address).scheme not in ("", "data") or address.startswith("//")


def links(site: Site) -> list[str]:
    """Links that lead nowhere, and what would be fetched from elsewhere."""
    wrong = []
    for path, page in site.pages.items():
        name = path.relative_to(site.folder)
        wrong += [f"{name}: fetches {each}" for each in page.fetched if elsewhere(each)]
        for address in [*page.links, *page.fetched]:
            if not elsewhere(address) and path.name != "404.html":
                wrong += [f"{name}: {said}" for said in missing(site, path, address)]
    for style in site.folder.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        asked = re.findall(r"url\(\s*['\"]?([^'\")]+)", text)
        wrong += [f"{style.name}: fetches {each}" for each in asked if elsewhere(each)]
    return wrong


def missing(site: Site, path: Path, address: str) -> list[str]:
    """What an address within the site names and is not there."""
    parts = urlsplit(address)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return [f"{address} is not there"]
    known = target not in site.pages or unquote(parts.fragment) in site.pages[target].ids
    return [] if known or not parts.fragment else [f"{address} has no such anchor"]


def formulas(site: Site) -> list[str]:
    """Formulas that stand on a page as they were written."""
    wrong = [
        f"{path.relative_to(site.folder)}: not rendered: {text!r}"
        for path, page in site.pages.items()
        for text in page.unrendered
        if path.name != "changes.html"
    ]
    if not site.pages[site.folder / "derivations.html"].formulas:
        wrong.append("derivations.html has no formulas")
    return wrong


def inventory(site: Site) -> dict[str, str]:
    """The names that the reference lists, and what each is; not those that only lead to another."""
    content = (site.folder / "objects.inv").read_bytes()
    lines = zlib.decompress(content.split(b"\n", 4)[4]).decode().splitlines()
    entries = [line.split(" ")[:3] for line in lines]
    return {name: kind for name, kind, priority in entries if priority == "1"}


def reference(site: Site) -> list[str]:
    """What is public and not listed, and what is listed and not public."""
    sys.path.insert(0, str(ROOT))
    found = inventory(site)
    modules = {name for name, kind in found.items() if kind == "py:module"}
    loaded = {name: import_module(name) for name in modules}
    public = {
        f"{name}.{each}": getattr(module, each)
        for name, module in loaded.items()
        for each in module.__all__
    }
    listed = {name for name in public if name in found}
    shown = {id(public[name]) for name in listed}
    wrong = [f"{name} is public and not listed" for name in public if id(public[name]) not in shown]
    inside = {name for name in found if name.rpartition(".")[0] in modules and name not in modules}
    return wrong + [f"{name} is listed and not in __all__" for name in inside - set(public)]


def looked_at(site: Site, program: str, work: Path) -> list[str]:
    """What a browser complains of, and what axe does."""
    wrong, axe = [], None
    if shutil.which("npm"):
        command = ["npm", "install", "--silent", "--no-save", "--prefix", str(work), AXE]
        subprocess.run(command, check=True, stdout=sys.stderr)
        axe = (work / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    else:
        print("skipped: axe, for there is no npm")
    with browser.browser(program, work / "browser") as tab:
        for page in KINDS:
            for width, dark in VIEWS:
                tab.call(
                    "Emulation.setDeviceMetricsOverride",
                    width=width,
                    height=900,
                    deviceScaleFactor=1,
                    mobile=False,
                )
                where = f"{page}, {width} px, {'dark' if dark else 'light'}"
                tab.open(site.folder / page, dark=dark)
                asked = [each for each in tab.requests() if not each.startswith(("file:", "data:"))]
                wrong += [f"{where}: asks for {each}" for each in asked]
                wrong += [f"{where}: {each['params']}" for each in tab.complaints()]
                wide = tab.ask("document.documentElement.scrollWidth")
                if wide > width:
                    wrong.append(f"{where}: {wide} px wide")
                if axe and page != LARGE and (dark or width == 360):
                    tab.ask(f"{axe}; 0")
                    wrong += [f"{where}: {each}" for each in violations(tab)]
        wrong += searched(tab, site)
    return wrong


def violations(tab: browser.Page) -> list[str]:
    """What axe finds, with the first element of each."""
    found = tab.ask(
        "axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map((v) =>"
        " [v.id, v.nodes.length, v.nodes[0].target.join(' ')]))"
    )
    return [f"axe: {name}, {count} times, as in {where}" for name, count, where in found]


def searched(tab: browser.Page, site: Site) -> list[str]:
    """A word is found, with no server."""
    tab.open(site.folder / "start.html")
    tab.ask("document.querySelector('.md-search__input').focus()")
    tab.type("hierarchical softmax")
    tab.ask("document.activeElement.dispatchEvent(new Event('keyup'))")
    results = "document.querySelectorAll('.md-search-result__item').length"
    waited = (
        f"new Promise((done) => {{ let n = 0; const look = () => {results} || n++ > 100"
        f" ? done({results}) : setTimeout(look, 50); look(); }})"
    )
    return [] if tab.ask(waited) else ["start.html: the search finds nothing"]


def main() -> int:
    """Checks the folder named."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]).resolve()
    site = Site(folder, {path: Page(path) for path in sorted(folder.rglob("*.html"))})
    wrong = [*links(site), *formulas(site), *reference(site)]
    count = sum(page.formulas for page in site.pages.values())
    said = f"{len(site.pages)} pages, {count:,} formulas, {len(inventory(site)):,} names"
    if program := browser.find():
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            wrong += looked_at(site, program, Path(work))
    else:
        print("skipped: no page was looked at, there is no Chromium")
    for each, times in Counter(wrong).items():
        print(each, f"({times} times)" if times > 1 else "")
    print(said)
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
