"""The map in one HTML file: what it holds, and what a reader finds in a real browser."""

import html
import io
import json
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import browser
from jw2v.pictures import looks
from jw2v.pictures.page import Page, page
from jw2v.vectors.neighbours import nearest
from jw2v.vectors.words import WordVectors

WIDTH, HEIGHT = 1280, 860
# Of what the card on the left and the categories on the right leave free.
MIDDLE = ((300 + WIDTH - 264) / 2, HEIGHT / 2)
HOSTILE = (
    "</script><img src=x onerror=hacked()>",
    "<!--<script>",
    "]]>",
    "\"'&amp;",
    "$data",
    "\u2028\u202e",
    "\ud800",
)
WORDS = (*(f"word{i}" for i in range(120)), *HOSTILE, "Word", "12word", "Größe")
KINDS = {"word0": "first", "word1": "first", HOSTILE[0]: HOSTILE[0], HOSTILE[6]: "broken"}


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    rows = np.random.default_rng(0).normal(size=(len(WORDS), 8)).astype(np.float32)
    return WordVectors(WORDS, rows)


class Skeleton(HTMLParser):
    """The tags of a page, and the text of its elements by id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = dict(attributes).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts[self._inside] = self.texts.get(self._inside, "") + data


def data_of(made: Page | Path) -> dict[str, Any]:
    """What the script of a page reads."""
    text = made.text if isinstance(made, Page) else made.read_text()
    return json.loads(Skeleton(text).texts["data"])


class TestFile:
    @given(st.lists(st.text(), min_size=2, max_size=9, unique=True), st.text())
    @example(list(HOSTILE), HOSTILE[0])
    @example(["a", "b"], "")
    def test_any_word_is_text_and_nothing_else(
        self, tmp_path: Path, words: list[str], name: str
    ) -> None:
        rows = np.random.default_rng(1).normal(size=(len(words), 3))
        path = tmp_path / "map.html"
        title = name.encode("utf-8", "replace").decode()
        drawn, kinds = WordVectors(tuple(words), rows), {words[0]: name}
        page(drawn, words, path, title=title, categories=kinds, method="pca")
        found = Skeleton(path.read_bytes().decode())
        plain = tmp_path / "plain.html"
        page(WordVectors(("a", "b"), np.eye(2)), ["a", "b"], plain, method="pca")
        assert found.tags == Skeleton(plain.read_bytes().decode()).tags
        data = json.loads(found.texts["data"])
        assert data["words"] == words
        assert data["kinds"] == [name]
        assert data["kind"] == [0, *[1] * (len(words) - 1)]

    def test_it_holds_the_neighbours(self, vectors: WordVectors, tmp_path: Path) -> None:
        path = tmp_path / "map.html"
        page(vectors, vectors.words, path, method="pca")
        data = json.loads(Skeleton(path.read_text()).texts["data"])
        rows, cosines = nearest(vectors.vectors, 10)
        assert data["near"] == rows.ravel().tolist()
        np.testing.assert_allclose(data["cosine"], 100 * cosines.ravel(), atol=0.51)
        assert "of the variance" in data["axes"][0]
        assert np.ptp(data["x"]) == 1 or np.ptp(data["y"]) == 1

    def test_neighbours_that_are_not_drawn_are_named(
        self, vectors: WordVectors, tmp_path: Path
    ) -> None:
        data = data_of(page(vectors, ["word7", "word3", "word9"], method="pca"))
        named = [*data["words"], *data["others"]]
        assert len(set(named)) == len(named)
        for i, word in enumerate(data["words"]):
            near = [named[entry] for entry in data["near"][10 * i : 10 * (i + 1)]]
            assert near == [other for other, _ in vectors.most_similar(word, topn=10)]
        assert len(named) == len({*data["words"], *(named[entry] for entry in data["near"])})

    def test_counts(self, vectors: WordVectors) -> None:
        counts = np.arange(len(WORDS), 0, -1)
        counted = WordVectors(WORDS, vectors.vectors, counts=counts)
        drawn = [WORDS[5], WORDS[2]]
        assert data_of(page(counted, drawn))["count"] == [counts[5], counts[2]]
        assert data_of(page(vectors, drawn))["count"] is None

    def test_kinds_are_found_where_none_are_given(self, vectors: WordVectors) -> None:
        found = data_of(page(vectors, WORDS, method="pca"))
        assert found["clusters"]
        assert len(found["kinds"]) == len(WORDS) // 25
        assert all(set(kind.split(", ")) < set(WORDS) for kind in found["kinds"])
        for kinds in ({}, KINDS):
            data = data_of(page(vectors, WORDS, categories=kinds, method="pca"))
            assert not data["clusters"]
            assert len(data["kinds"]) == len(set(kinds.values()))

    def test_a_notebook_shows_it_in_a_frame(self, vectors: WordVectors) -> None:
        made = page(vectors, WORDS[:9])

        class Frame(HTMLParser):
            def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
                assert tag == "iframe"
                self.inside = dict(attributes)["srcdoc"]

        frame = Frame()
        frame.feed(made._repr_html_())
        assert frame.inside == made.text
        assert len(repr(made)) < 100

    def test_it_names_no_other_file(self, vectors: WordVectors, tmp_path: Path) -> None:
        path = tmp_path / "map.html"
        page(vectors, vectors.words[:9], path)
        text = path.read_text()
        assert not re.search(r"https?:|//cdn|\bsrc=|\bhref=|url\(|@import|\bfetch\(", text)
        assert "default-src 'none'" in text

    def test_the_same_call_writes_the_same_file(self, vectors: WordVectors, tmp_path: Path) -> None:
        for name in ("a.html", "b.HTM"):
            page(vectors, vectors.words[:9], tmp_path / name, categories=KINDS)
        assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.HTM").read_bytes()

    def test_equal_vectors(self, tmp_path: Path) -> None:
        page(WordVectors(("a", "b"), np.ones((2, 3))), ["a", "b", "a"], tmp_path / "a.html")

    def test_a_title_that_is_no_text(self, vectors: WordVectors) -> None:
        made = page(vectors, WORDS[:9], title="caf\udce9", method="pca")
        assert Skeleton(made.text).texts["title"].strip() == "caf\ufffd"

    def test_what_cannot_be_written(self, vectors: WordVectors, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"expected a page in \.html, got '\.png'"):
            page(vectors, vectors.words, tmp_path / "a.png")
        with pytest.raises(KeyError, match="'no', 'nor'"):
            page(vectors, ["word1", "no", "nor"], tmp_path / "a.html")
        with pytest.raises(FileNotFoundError, match="no folder"):
            page(vectors, vectors.words, tmp_path / "absent" / "a.html")
        assert os.listdir(tmp_path) == []


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    program = browser.find()
    if program is None:
        pytest.skip(f"needs a browser: none of {', '.join(browser.NAMES)} is on the path")
    folder = tmp_path_factory.mktemp("profile")
    with browser.browser(program, folder, width=WIDTH, height=HEIGHT) as opened:
        yield opened


@pytest.fixture(scope="module")
def written(vectors: WordVectors, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("maps") / "map.html"
    page(vectors, vectors.words, path, title="A <map> & its words", categories=KINDS, method="pca")
    return path


@pytest.fixture
def map(chromium: browser.Page, written: Path) -> Iterator[browser.Page]:
    """The map, just opened; nothing may have gone wrong when the test is over."""
    chromium.open(written)
    yield chromium
    assert chromium.complaints() == []
    [asked] = chromium.requests()
    assert asked.startswith("file://"), "no request but for the file itself"


def with_data(written: Path, path: Path, data: dict[str, Any]) -> Path:
    """The same page with other data: they are text to it, whatever they are."""
    before, after = '<script type="application/json" id="data">', "</script>"
    head, rest = written.read_text().split(before)
    path.write_text(
        head + before + json.dumps(data).replace("<", r"\u003c") + rest[rest.index(after) :]
    )
    return path


def shown(map: browser.Page) -> str:
    """The word on the card."""
    return map.ask("document.querySelector('#card h2')?.textContent ?? ''")


def texts(map: browser.Page, selector: str) -> list[str]:
    return map.ask(f"[...document.querySelectorAll('{selector}')].map(e => e.textContent)")


def click(map: browser.Page, x: float, y: float, modifiers: int = 0) -> None:
    for kind in ("mousePressed", "mouseReleased"):
        map.mouse(kind, x, y, button="left", clickCount=1, modifiers=modifiers)


def press(map: browser.Page, selector: str) -> None:
    map.ask(f"document.querySelector('{selector}').click()")
    map.settle()


def places(map: browser.Page, written: Path) -> dict[str, tuple[float, float]]:
    """Where in the window each word is, while one is chosen: history keeps the view of a choice."""
    map.ask("document.getElementById('map').focus()")
    map.key("Escape")
    back(map)
    view, data = map.ask("history.state.view"), data_of(written)
    return {
        word: (
            (x - view["x"]) * view["scale"] + WIDTH / 2,
            HEIGHT / 2 - (y - view["y"]) * view["scale"],
        )
        for word, x, y in zip(*(data[key] for key in ("words", "x", "y")), strict=True)
    }


def back(map: browser.Page, steps: int = -1) -> None:
    map.ask(f"new Promise((done) => {{ onpopstate = () => done(0); history.go({steps}) }})")
    map.settle()


def find(map: browser.Page, text: str) -> None:
    """Search and take the first match; the word comes to the middle of the window."""
    map.key("/")
    map.type(text)
    map.key("Enter")


def at_the_middle(map: browser.Page, text: str) -> None:
    """Bring a word to the middle of the window without leaving it selected."""
    find(map, text)
    map.ask("document.getElementById('map').focus()")
    map.key("Escape")
    assert shown(map) == ""


def drag(map: browser.Page, dx: float, dy: float) -> None:
    """Move the map, with the mouse pressed in its middle."""
    x, y = MIDDLE
    map.mouse("mousePressed", x, y, button="left", clickCount=1)
    for part in (0.5, 1):
        map.mouse("mouseMoved", x + dx * part, y + dy * part, button="left", buttons=1)
    map.mouse("mouseReleased", x + dx, y + dy, button="left", clickCount=1)


def zoom(map: browser.Page) -> float:
    return float(map.text("#level").rstrip("×"))


def colours(map: browser.Page) -> np.ndarray:
    image = pytest.importorskip("matplotlib.image", reason="needs the extra plot")
    return image.imread(io.BytesIO(map.screenshot()), format="png")[:, :, :3]


def has(pixels: np.ndarray, colour: str) -> bool:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return bool((np.abs(pixels - wanted).max(axis=2) < 0.01).any())


def disc(map: browser.Page, colour: str) -> int:
    """How many pixels around the middle have a colour."""
    x, y = (int(part) for part in MIDDLE)
    pixels = colours(map)[y - 12 : y + 12, x - 12 : x + 12]
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return int((np.abs(pixels - wanted).max(axis=2) < 0.01).sum())


class TestReader:
    def test_pointing_at_a_word_shows_its_neighbours(
        self, map: browser.Page, vectors: WordVectors
    ) -> None:
        at_the_middle(map, "word7")
        map.mouse("mouseMoved", *MIDDLE)
        assert shown(map) == "word7"
        assert map.text("#card p").endswith(" words, by cosine (8 dimensions)")
        names = texts(map, "#card li bdi")
        answers = vectors.most_similar("word7", topn=10)
        assert names == [word for word, _ in answers]
        first = map.ask("document.querySelector('#card li span').textContent")
        assert float(first) == pytest.approx(answers[0][1], abs=0.006)
        map.mouse("mouseMoved", MIDDLE[0], 5)
        assert shown(map) == ""

    def test_a_click_keeps_a_word_and_its_neighbours_lead_on(
        self, map: browser.Page, vectors: WordVectors
    ) -> None:
        at_the_middle(map, "word7")
        click(map, *MIDDLE)
        map.mouse("mouseMoved", MIDDLE[0], 5)
        assert shown(map) == "word7"
        assert map.ask("location.hash") == "#word7"
        press(map, "#card li button")
        assert shown(map) == vectors.most_similar("word7", topn=1)[0][0]

    def test_the_wheel_zooms_about_the_pointer(self, map: browser.Page) -> None:
        at_the_middle(map, "word7")
        drag(map, 90, 40)
        aside = (MIDDLE[0] + 90, MIDDLE[1] + 40)
        before = zoom(map)
        map.mouse("mouseWheel", *aside, deltaX=0, deltaY=-500)
        assert zoom(map) > 1.5 * before
        map.mouse("mouseMoved", *aside)
        assert shown(map) == "word7"
        map.mouse("mouseWheel", *aside, deltaX=0, deltaY=99999)
        assert zoom(map) == 0.4, "there is an end to it"

    def test_dragging_moves_the_map_and_selects_nothing(self, map: browser.Page) -> None:
        at_the_middle(map, "word7")
        drag(map, 90, 40)
        assert map.ask("location.hash") == ""
        map.mouse("mouseMoved", MIDDLE[0] + 90, MIDDLE[1] + 40)
        assert shown(map) == "word7"

    def test_two_fingers_zoom_and_one_taps(self, map: browser.Page) -> None:
        at_the_middle(map, "word7")
        x, y = MIDDLE
        before = zoom(map)
        map.touch("touchStart", (x - 40, y), (x + 40, y))
        for apart in (60, 80, 100, 120):
            map.touch("touchMove", (x - apart, y), (x + apart, y))
        map.touch("touchEnd")
        assert zoom(map) == pytest.approx(3 * before, rel=0.05)
        map.touch("touchStart", (x, y))
        map.touch("touchEnd")
        assert shown(map) == "word7"

    def test_keys_move_and_zoom(self, map: browser.Page) -> None:
        map.ask("document.getElementById('map').focus()")
        map.key("+")
        assert zoom(map) == 1.4
        map.key("-")
        assert zoom(map) == 1
        at_the_middle(map, "word7")
        map.key("ArrowRight", shift=True)
        map.mouse("mouseMoved", MIDDLE[0] - 60, MIDDLE[1])
        assert shown(map) == "word7"
        map.key("0")
        assert zoom(map) == 1

    def test_search_by_keys(self, map: browser.Page) -> None:
        map.key("/")
        map.type("WORD")
        assert texts(map, "#matches li") == ["Word", *(f"word{i}" for i in range(7))]
        assert map.ask("document.activeElement.getAttribute('aria-expanded')") == "true"
        map.key("ArrowDown")
        assert map.ask("document.querySelectorAll('[aria-selected=true]').length") == 1
        marked = "document.getElementById(query.getAttribute('aria-activedescendant')).textContent"
        assert map.ask(marked) == "word0"
        map.key("Enter")
        assert shown(map) == "word0"
        assert map.text("#card p.kind") == "first"
        assert map.ask("matches.hidden")
        map.key("Escape")
        assert (shown(map), map.ask("query.value")) == ("", "")

    def test_a_match_can_be_clicked_though_a_card_is_open(self, map: browser.Page) -> None:
        find(map, "word7")
        map.ask("query.select()")
        map.type("word8")
        box = "matches.querySelector('li:nth-child(3)').getBoundingClientRect()"
        x, y = map.ask(f"[{box}.x + 30, {box}.y + 8]")
        click(map, x, y)
        assert shown(map) == "word81"

    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("2word", ["12word", "Word"]),  # held by it, then a slip
            ("OS", ["Größe"]),
            ("grosze", ["Größe"]),
            ("wrod", ["Word"]),
            ("wo107", ["word107"]),
            ("w107", ["word107"]),
            ("12?", ["not among these words"]),
        ],
    )
    def test_a_search_forgives(self, map: browser.Page, text: str, first: list[str]) -> None:
        map.key("/")
        map.type(text)
        assert texts(map, "#matches li")[: len(first)] == first
        map.key("Enter")
        assert shown(map) == ("" if "?" in text else first[0])

    @pytest.mark.parametrize("word", HOSTILE[:6])
    def test_hostile_words_are_text(self, map: browser.Page, word: str) -> None:
        map.ask("window.hacked = () => { throw new Error('hacked') }, 0")
        find(map, word)
        assert shown(map) == word
        assert map.ask("document.images.length") == 0
        assert map.text("h1") == "A <map> & its words"

    def test_a_category_can_be_switched_off(self, map: browser.Page) -> None:
        assert texts(map, "#legend bdi") == ["first", HOSTILE[0], "broken", "other words"]
        at_the_middle(map, "word0")
        assert has(colours(map), looks.LIGHT.kinds[0])
        press(map, "#legend button")
        map.mouse("mouseMoved", *MIDDLE)
        assert shown(map) != "word0"
        find(map, "word0")
        assert shown(map) == "word0"
        pressed = "document.querySelector('#legend button').getAttribute('aria-pressed')"
        assert map.ask(pressed) == "true", "what is looked for is shown"

    @pytest.mark.parametrize("dark", [False, True])
    def test_light_and_dark(self, map: browser.Page, written: Path, dark: bool) -> None:
        map.open(written, "#word0", dark=dark)
        pixels, theme = colours(map), looks.theme(dark)
        assert pixels.shape == (HEIGHT, WIDTH, 3)
        assert has(pixels[:, 400:1000], theme.paper)
        assert has(pixels[:, 400:1000], theme.kinds[0])
        assert has(pixels[:, 400:1000], theme.ink)

    def test_fifty_thousand_words(
        self, chromium: browser.Page, written: Path, tmp_path: Path
    ) -> None:
        n = 50_000
        places = np.random.default_rng(2).random((2, n)).round(5).tolist()
        data = data_of(written) | {
            "words": [f"w{i}" for i in range(n)],
            **dict(zip("xy", places, strict=True)),
            "kind": [0] * n,
            "near": [(i + 1) % n for i in range(n)],
            "cosine": [50] * n,
        }
        chromium.open(with_data(written, tmp_path / "map.html", data))
        find(chromium, "w49999")
        assert shown(chromium) == "w49999"
        assert chromium.complaints() == []


def pair(map: browser.Page, vectors: WordVectors, one: str, two: str) -> None:
    """That two words are compared: their cosine, and the neighbours that both have."""
    assert texts(map, "#card h2") == [one, two]
    near = {word: dict(vectors.most_similar(word, topn=10)) for word in (one, two)}
    both = [word for word in near[one] if word in near[two]]
    listed = texts(map, "#card h3")
    assert len(listed) == 2 + bool(both)
    assert texts(map, "#card h3:first-of-type + ol bdi")[: len(both) or None] == (
        both or list(near[one])
    )
    said = map.text("#card p.likeness")
    cosine = vectors.similarity(one, two)
    if two in near[one] or one in near[two]:
        assert float(said.split()[-1].replace("−", "-")) == pytest.approx(cosine, abs=0.006)
    else:
        bound = float(said.split("at most ")[1])
        assert bound == pytest.approx(
            min(min(near[one].values()), min(near[two].values())), abs=0.006
        )
        assert cosine <= bound + 0.006


class TestChoice:
    def test_two_words_are_compared(
        self, map: browser.Page, written: Path, vectors: WordVectors
    ) -> None:
        find(map, "word7")
        friend = vectors.most_similar("word7", topn=1)[0][0]
        words = places(map, written)
        map.ask("document.getElementById('other').focus()")
        map.mouse("mouseMoved", *MIDDLE)
        map.mouse("mouseMoved", *words["word9"])
        map.type(friend)
        map.key("Enter")
        pair(map, vectors, "word7", friend)
        assert map.ask("location.hash") == f"#word7&{friend}"
        assert "cosine" in map.text("#said")
        map.ask(
            "{ const pen = CanvasRenderingContext2D.prototype, { fillText } = pen; labels = [];"
            "pen.fillText = function (...at) { labels.push(at[0]); fillText.apply(this, at) } }"
        )
        press(map, "#in")
        labels = map.ask("labels")
        assert {"word7", friend} <= set(labels)
        assert len(set(labels)) == len(labels), "each word once"
        press(map, "#card .off")
        assert texts(map, "#card h2") == [friend]

    def test_a_click_with_shift_compares(
        self, map: browser.Page, written: Path, vectors: WordVectors
    ) -> None:
        find(map, "word7")
        friend = vectors.most_similar("word7", topn=1)[0][0]
        click(map, *places(map, written)[friend], modifiers=browser.SHIFT)
        pair(map, vectors, "word7", friend)

    def test_of_words_far_apart_the_cosine_has_a_bound(
        self, map: browser.Page, vectors: WordVectors
    ) -> None:
        far = vectors.most_similar("word7", topn=len(WORDS))[-1][0]
        find(map, "word7")
        map.ask("query.select()")
        map.type(far)
        map.key("Enter", shift=True)
        pair(map, vectors, "word7", far)

    def test_neighbours_come_into_sight(
        self, map: browser.Page, written: Path, vectors: WordVectors
    ) -> None:
        find(map, "word7")
        where = places(map, written)
        assert where["word7"] == pytest.approx(MIDDLE)
        for word, _ in vectors.most_similar("word7", topn=10):
            x, y = where[word]
            assert 300 < x < WIDTH - 264, word
            assert 0 < y < HEIGHT, word

    def test_back_undoes_a_choice(self, map: browser.Page) -> None:
        find(map, "word7")
        map.ask("document.getElementById('map').focus()")
        map.key("+")
        before = zoom(map)
        find(map, "word8")
        map.key("Escape")
        assert (shown(map), map.ask("location.hash")) == ("", "")
        back(map)
        assert (shown(map), map.ask("location.hash")) == ("word8", "#word8")
        back(map)
        assert (shown(map), map.ask("location.hash")) == ("word7", "#word7")
        assert zoom(map) == before, "as it was seen"
        back(map, +1)
        assert shown(map) == "word8"
        back(map, -2)
        assert shown(map) == ""
        map.ask("new Promise((done) => { onpopstate = () => done(0); location.hash = 'word9' })")
        assert shown(map) == "word9"

    def test_a_file_that_was_written_anew(
        self, chromium: browser.Page, written: Path, tmp_path: Path
    ) -> None:
        path, data = tmp_path / "map.html", data_of(written)
        chromium.open(with_data(written, path, data))
        for word in ("word7", "word8"):
            chromium.ask("document.getElementById('map').focus()")
            find(chromium, word)
        data["words"].reverse()
        with_data(written, path, data)
        chromium.reload()
        assert shown(chromium) == "word8"
        back(chromium)
        assert shown(chromium) == "word7"

    def test_an_address_can_name_words(self, map: browser.Page, written: Path) -> None:
        for address, words in {
            "#word7": ["word7"],
            "#word7&Gr%C3%B6%C3%9Fe": ["word7", "Größe"],
            "#word7&word7": ["word7"],
            "#nobody&word7": ["word7"],
            "#%22'%26amp%3B": [HOSTILE[3]],
            "#%": [],
            "#": [],
        }.items():
            map.open(written, address)
            assert texts(map, "#card h2") == words, address

    def test_a_frame_leaves_the_history_of_its_page_alone(
        self, chromium: browser.Page, written: Path, tmp_path: Path
    ) -> None:
        outer = tmp_path / "outer.html"
        outer.write_text(f'<iframe srcdoc="{html.escape(written.read_text())}"></iframe>')
        chromium.open(outer)
        before = chromium.ask("history.length")
        chromium.ask("frames[0].document.querySelector('#query').focus()")
        chromium.type("word7")
        chromium.key("Enter")
        assert chromium.ask("frames[0].document.querySelector('#card h2').textContent") == "word7"
        assert chromium.ask("history.length") == before
        assert chromium.complaints() == []

    def test_words_of_half_a_character_can_be_chosen(self, map: browser.Page) -> None:
        press(map, "#legend li:nth-child(3) .lone")
        click(map, *MIDDLE)
        assert map.text("#card p.kind") == "broken"
        assert map.ask("location.hash") == "#%EF%BF%BD"


def beside(data: dict[str, Any], at: str, right: int, up: int) -> str:
    """The nearest word in the quarter of the plane on one side of a word."""
    places = np.array([data["x"], data["y"]])
    dx, dy = places - places[:, [data["words"].index(at)]]
    along, across = dx * right + dy * up, np.abs(dx * up - dy * right)
    distance = np.where((along > 0) & (across <= along), np.hypot(dx, dy), np.inf)
    return data["words"][int(distance.argmin())]


class TestKeys:
    def test_arrows_go_to_the_nearest_word_in_their_direction(
        self, map: browser.Page, written: Path
    ) -> None:
        map.open(written, "#word7")
        map.key("Tab")
        assert map.ask("document.activeElement.id") == "map", "the first stop"
        at, path = "word7", ["word7"]
        for key, direction in {
            "ArrowRight": (1, 0),
            "ArrowUp": (0, 1),
            "ArrowLeft": (-1, 0),
            "ArrowDown": (0, -1),
        }.items():
            at = beside(data_of(written), at, *direction)
            path.append(at)
            map.key(key)
            assert shown(map) == at, path
            assert map.text("#said").startswith(f"{at}, nearest: ")
        assert map.ask("location.hash") == "#word7"
        map.key("Enter", shift=True)
        assert texts(map, "#card h2") == ["word7", at]
        map.key("ArrowRight")
        map.key("Escape")
        assert texts(map, "#card h2") == ["word7", at], "one thing after another"
        map.key("Escape")
        assert shown(map) == ""
        map.key("ArrowRight")
        nearest_to_middle = shown(map)
        map.key("Enter")
        assert map.ask("location.hash") == f"#{nearest_to_middle}"

    def test_what_an_arrow_reaches_is_in_sight(self, map: browser.Page) -> None:
        find(map, "word7")
        map.ask("document.getElementById('map').focus()")
        for _ in range(9):
            map.key("+")
        map.key("ArrowRight")
        word = shown(map)
        assert word != "word7"
        map.mouse("mouseMoved", MIDDLE[0], 5)
        map.mouse("mouseMoved", *MIDDLE)
        assert shown(map) == word

    def test_everything_that_keys_reach_has_a_name(self, map: browser.Page, written: Path) -> None:
        map.open(written, "#word7&word8")
        nodes = map.call("Accessibility.getFullAXTree")["nodes"]
        reached = [
            node
            for node in nodes
            if {"name": "focusable", "value": {"type": "booleanOrUndefined", "value": True}}
            in node.get("properties", [])
        ]
        assert len(reached) > 25
        for node in reached:
            assert re.search(r"\w", node["name"]["value"]), node


class TestAlone:
    def test_a_word_and_its_neighbours(self, map: browser.Page, vectors: WordVectors) -> None:
        find(map, "word7")
        assert map.ask("document.getElementById('alone').hidden")
        press(map, "#isolate")
        assert map.text("#alone span") == f"11 of {len(WORDS)} words"
        assert shown(map) == "word7"
        near = {word for word, _ in vectors.most_similar("word7", topn=10)}
        map.ask("document.getElementById('map').focus()")
        reached = set()
        for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown") * 3:
            map.key(key)
            reached.add(shown(map))
        assert reached <= {"word7", *near}
        assert len(reached) > 2
        back(map)
        assert map.ask("document.getElementById('alone').hidden")
        back(map, +1)
        press(map, "#all")
        assert map.ask("document.getElementById('alone').hidden")
        assert zoom(map) == 1
        back(map)
        find(map, next(word for word in WORDS[:120] if word not in {"word7", *near}))
        assert map.ask("document.getElementById('alone').hidden"), "what is looked for is shown"

    def test_a_category(self, map: browser.Page) -> None:
        press(map, "#legend button")
        press(map, "#legend .lone")
        assert map.text("#alone span") == f"2 of {len(WORDS)} words"
        assert texts(map, "#legend [aria-pressed=true] bdi")[0] == "first"
        map.ask("document.getElementById('map').focus()")
        map.key("Escape")
        assert map.ask("document.getElementById('alone').hidden")

    @pytest.mark.parametrize("held", [True, False])
    def test_a_lasso(self, map: browser.Page, written: Path, held: bool) -> None:
        find(map, "word7")
        x, y = MIDDLE
        inside = [
            word
            for word, at in places(map, written).items()
            if abs(at[0] - x) < 60 and abs(at[1] - y) < 60
        ]
        if not held:
            press(map, "#lasso")
        held_key = browser.ALT if held else 0
        map.mouse("mousePressed", x - 60, y - 60, button="left", clickCount=1, modifiers=held_key)
        for dx, dy in ((60, -60), (60, 60), (-60, 60)):
            map.mouse("mouseMoved", x + dx, y + dy, button="left", buttons=1, modifiers=held_key)
        map.mouse("mouseReleased", x - 60, y + 60, button="left", modifiers=held_key)
        assert map.text("#alone span") == f"{len(inside)} of {len(WORDS)} words"
        assert map.ask("document.getElementById('lasso').getAttribute('aria-pressed')") == "false"
        assert shown(map) == "word7"


class TestData:
    """What a page may know besides: words that are not drawn, counts, clusters."""

    def test_neighbours_that_are_not_drawn(
        self, map: browser.Page, written: Path, tmp_path: Path
    ) -> None:
        data = data_of(written)
        data["near"][70] = len(WORDS)  # word7's first
        data["near"][0] = len(WORDS) + 1
        data["others"] = [HOSTILE[0], "elsewhere"]
        map.open(with_data(written, tmp_path / "map.html", data), "#word7")
        assert map.text("#card p").startswith("nearest of all words")
        assert texts(map, "#card li:first-child bdi") == [f"{HOSTILE[0]} (not drawn)"]
        assert map.ask("document.querySelectorAll('#card li button').length") == 9
        assert map.text("#card p.absent") == "not drawn on this map"
        map.ask("document.querySelector('#card li div').click()")
        assert shown(map) == "word7"
        find(map, "word9")
        assert texts(map, "#card .absent") == []

    def test_counts(self, map: browser.Page, written: Path, tmp_path: Path) -> None:
        data = data_of(written)
        data["count"] = [1, 1_000_000, *[0] * (len(WORDS) - 2)]
        path = with_data(written, tmp_path / "map.html", data)
        sizes = {}
        for word, said in (("word0", "occurs once"), ("word1", "occurs 1,000,000 times")):
            map.open(path, f"#{word}")
            assert map.text("#card p.count") == said
            sizes[word] = disc(map, looks.LIGHT.kinds[0])
        assert 1.3 < sizes["word1"] / sizes["word0"] < 4, "gently"

    def test_clusters_say_that_they_are_found(
        self, map: browser.Page, written: Path, tmp_path: Path
    ) -> None:
        assert map.text("#legend").startswith("Categories\nfirst")
        data = data_of(written) | {"clusters": True}
        map.open(with_data(written, tmp_path / "map.html", data))
        assert map.text("#legend").startswith("Clusters\n\nfound automatically")
