"""The study of changes finds the one word that changed its company, and draws it."""

from pathlib import Path

import numpy as np
import pytest

from jw2v import Config, WordVectors, training
from jw2v.studies import changes, speeches
from jw2v.vectors.spaces import compared

COMPANIES = (
    ("cat", "dog", "horse", "sheep", "goat", "hen"),
    ("keyboard", "screen", "printer", "cable", "disk", "plug"),
    ("tea", "cup", "milk", "sugar", "spoon", "pot"),
)
CONFIG = Config(dim=8, window=3, min_count=1, subsample=0, epochs=6, seed=3)


def text(mouse: int, seed: int) -> list[list[str]]:
    """Sentences of one company each, with the word mouse in one of them, and a rare word."""
    rng = np.random.default_rng(seed)
    companies = [[*words, "mouse"] if n == mouse else words for n, words in enumerate(COMPANIES)]
    return [*(rng.choice(companies[rng.integers(3)], 6).tolist() for _ in range(400)), ["rare"] * 9]


@pytest.fixture(scope="module")
def found() -> changes.Changes:
    return changes.between(text(0, 1), text(1, 2), CONFIG, seeds=2, k=6, min_count=10)


def test_the_word_that_changed_is_found(found: changes.Changes) -> None:
    first, *others = found.most(len(found.words))
    assert first.word == "mouse"
    assert {*first.before} == {*COMPANIES[0]}
    assert {*first.after} == {*COMPANIES[1]}
    assert (first.shared, first.chance) == (0, 1)
    assert {each.word for each in others} == {word for words in COMPANIES for word in words}
    assert all(each.shared >= 4 / 6 for each in others)
    assert found.table(1, shown=1).splitlines()[2:] == [
        f"| mouse | {first.before[0]} | {first.after[0]} | 0% | 100% |"
    ]


def test_shares_are_means_over_seeds_and_chance_the_smaller_of_both_texts(monkeypatch) -> None:
    """The first text gives the same vectors by every seed, the second others by each."""
    rows = np.random.default_rng(0).normal(size=(4, 20, 3))
    words = tuple(f"w{n:02}" for n in range(20))
    first, *seconds = (WordVectors(words, each) for each in rows)
    runs, seeds = iter([first] * 3 + seconds), []
    monkeypatch.setattr(training, "train", lambda _, run: (seeds.append(run.seed), next(runs))[1])
    found = changes.between([words] * 50, [words] * 50, CONFIG, k=4)
    pairs = ((seconds[0], seconds[1]), (seconds[0], seconds[2]), (seconds[1], seconds[2]))
    chance = np.mean([compared(*pair, 4).shared for pair in pairs], axis=0)
    shared = np.mean([compared(first, each, 4).shared for each in seconds], axis=0)
    assert seeds == [3, 4, 5, 3, 4, 5]
    assert found.words == words
    np.testing.assert_allclose(found.chance, chance)
    np.testing.assert_allclose(found.shared, shared)
    gaps = [each.shared - each.chance for each in found.most(20)]
    assert gaps == sorted(gaps)
    assert gaps[0] < 0
    assert found.neighbours.ours.tolist() == compared(first, first, 4).ours.tolist()


def test_the_picture_shows_words_and_neighbours(found: changes.Changes, tmp_path: Path) -> None:
    names, path = ("long ago", "today"), tmp_path / "changes.png"
    drawn = changes.picture(found, path, topn=3, names=names, title="Mice")
    axes = drawn.figure.axes[0]
    written = {each.get_text() for each in axes.texts}
    assert {"mouse", "neighbours long ago", "neighbours today"} <= written
    before = next(iter(found.most(1))).before
    assert any(each.startswith(before[0]) and each.count(",") >= 2 for each in written)
    shared, chance = (each.get_offsets()[:, 0] for each in axes.collections[1:3])
    assert (shared[0], chance[0]) == (0, 1)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_bad_settings() -> None:
    """They are refused before the work."""
    texts = [["a", "b"] * 20] * 20
    with pytest.raises(ValueError, match="seeds of at least 2"):
        changes.between(texts, texts, CONFIG, seeds=1)
    with pytest.raises(ValueError, match=r"5 neighbours need more than 5 words .* got 2: take"):
        changes.between(texts, texts, CONFIG, seeds=2, k=5)


def test_the_halves_of_the_speeches() -> None:
    before, after = speeches.halves(1913)
    assert [*before, *after] == speeches.speeches()
    assert [before[-1].name[:4], after[0].name[:4]] == ["1912", "1913"]
