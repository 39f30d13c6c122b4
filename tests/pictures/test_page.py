"""The map in one HTML file: what it holds, and what a reader finds in a real browser."""

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
from jw2v.pictures.projection import nearest
from jw2v.vectors.words import WordVectors

WIDTH, HEIGHT = 1280, 860
MIDDLE = (WIDTH / 2, HEIGHT / 2)
HOSTILE = (
    "</script><img src=x onerror=hacked()>",
    "<!--<script>",
    "]]>",
    "\"'&amp;",
    "$data",
    "\u2028\u202e",
    "\ud800",
)
WORDS = (*(f"word{i}" for i in range(120)), *HOSTILE, "Word", "12word")
KINDS = {"word0": "first", "word1": "first", HOSTILE[0]: HOSTILE[0]}


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


def data_of(made: Page) -> dict[str, Any]:
    """What the script of a page reads."""
    return json.loads(Skeleton(made.text).texts["data"])


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
    assert asked.startswith(written.as_uri()), "no request but for the file itself"


def shown(map: browser.Page) -> str:
    """The word on the card."""
    return map.ask("document.querySelector('#card h2')?.textContent ?? ''")


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


class TestReader:
    def test_pointing_at_a_word_shows_its_neighbours(
        self, map: browser.Page, vectors: WordVectors
    ) -> None:
        at_the_middle(map, "word7")
        map.mouse("mouseMoved", *MIDDLE)
        assert shown(map) == "word7"
        assert map.text("#card p") == "nearest of these words, by cosine (8 dimensions)"
        names = map.ask("[...document.querySelectorAll('#card li bdi')].map(e => e.textContent)")
        answers = vectors.most_similar("word7", topn=10)
        assert names == [word for word, _ in answers]
        first = map.ask("document.querySelector('#card li span').textContent")
        assert float(first) == pytest.approx(answers[0][1], abs=0.006)
        map.mouse("mouseMoved", 640, 5)
        assert shown(map) == ""

    def test_a_click_keeps_a_word_and_its_neighbours_lead_on(
        self, map: browser.Page, vectors: WordVectors
    ) -> None:
        at_the_middle(map, "word7")
        for kind in ("mousePressed", "mouseReleased"):
            map.mouse(kind, *MIDDLE, button="left", clickCount=1)
        map.mouse("mouseMoved", 640, 5)
        assert shown(map) == "word7"
        assert map.ask("location.hash") == "#word7"
        map.ask("document.querySelector('#card li button').click()")
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
        map.key("ArrowRight")
        map.mouse("mouseMoved", MIDDLE[0] - 60, MIDDLE[1])
        assert shown(map) == "word7"
        map.key("0")
        assert zoom(map) == 1

    def test_search_by_keys(self, map: browser.Page) -> None:
        map.key("/")
        map.type("WORD")
        found = map.ask("[...document.querySelectorAll('#matches li')].map(e => e.textContent)")
        assert found == ["Word", *(f"word{i}" for i in range(7))]
        assert map.ask("document.activeElement.getAttribute('aria-expanded')") == "true"
        map.key("ArrowDown")
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
        for kind in ("mousePressed", "mouseReleased"):
            map.mouse(kind, x, y, button="left", clickCount=1)
        assert shown(map) == "word81"

    def test_words_that_hold_what_was_typed_come_last(self, map: browser.Page) -> None:
        map.key("/")
        map.type("2word")
        assert map.text("#matches") == "12word"
        map.type("?")
        assert map.text("#matches") == "not among these words"
        map.key("Enter")
        assert shown(map) == ""

    @pytest.mark.parametrize("word", HOSTILE[:5])
    def test_hostile_words_are_text(self, map: browser.Page, word: str) -> None:
        map.ask("window.hacked = () => { throw new Error('hacked') }, 0")
        find(map, word)
        assert shown(map) == word
        assert map.ask("document.images.length") == 0
        assert map.text("h1") == "A <map> & its words"

    def test_a_category_can_be_switched_off(self, map: browser.Page) -> None:
        names = map.ask("[...document.querySelectorAll('#legend bdi')].map(e => e.textContent)")
        assert names == ["first", HOSTILE[0], "other words"]
        at_the_middle(map, "word0")
        assert has(colours(map), looks.LIGHT.kinds[0])
        map.ask("document.querySelector('#legend button').click()")
        map.mouse("mouseMoved", *MIDDLE)
        assert shown(map) != "word0"
        find(map, "word0")
        assert shown(map) == "word0"
        pressed = "document.querySelector('#legend button').getAttribute('aria-pressed')"
        assert map.ask(pressed) == "true", "what is looked for is shown"

    def test_an_address_can_name_a_word(self, map: browser.Page, written: Path) -> None:
        map.open(written, "#word7")
        assert shown(map) == "word7"
        map.open(written, "#%")
        assert shown(map) == ""

    @pytest.mark.parametrize("dark", [False, True])
    def test_light_and_dark(self, map: browser.Page, written: Path, dark: bool) -> None:
        map.open(written, "#word0", dark=dark)
        pixels, theme = colours(map), looks.theme(dark)
        assert pixels.shape == (HEIGHT, WIDTH, 3)
        assert has(pixels[:, 400:1000], theme.paper)
        assert has(pixels[:, 400:1000], theme.kinds[0])
        assert has(pixels[:, 400:1000], theme.ink)

    def test_twenty_thousand_words(self, chromium: browser.Page, tmp_path: Path) -> None:
        words = tuple(f"w{i}" for i in range(20_000))
        rows = np.random.default_rng(2).normal(size=(len(words), 4)).astype(np.float32)
        page(WordVectors(words, rows), words, tmp_path / "map.html", method="pca")
        chromium.open(tmp_path / "map.html")
        find(chromium, "w19999")
        assert shown(chromium) == "w19999"
        assert chromium.complaints() == []
