"""Vocabularies that are given, words to keep, and words to leave out."""

from collections import Counter
from pathlib import Path

import pytest

from jw2v.reading.chosen import read_words, words_of
from jw2v.reading.corpus import read
from jw2v.reading.vocabulary import Vocabulary

TEXT = [["the", "a", "the", "b"], ["the", "c", "a", "the"], ["d", "b", "the"]]
"""the 5, a 2, b 2, c 1, d 1"""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"keep": ["d", "a"], "min_count": 5}, ("the", "a", "d")),
        ({"keep": ["d"], "min_count": 1, "max_vocab": 3}, ("the", "a", "d")),
        ({"keep": ["c", "d"], "min_count": 1, "max_vocab": 2}, ("c", "d")),
        ({"keep": ["c", "d"], "min_count": 1, "max_vocab": 1}, ("c", "d")),
        ({"keep": ["the"], "min_count": 2, "max_vocab": 2}, ("the", "a")),
        ({"stop": ["the", "z"], "min_count": 2}, ("a", "b")),
        ({"stop": ["the"], "min_count": 1, "max_vocab": 3}, ("a", "b", "c")),
        ({"stop": ["a"], "known": ["a", "d"], "min_count": 2}, ("the", "b", "d")),
        ({"vocab": ["d", "a"], "min_count": 5}, ("a", "d")),
        ({"vocab": ["d", "a"], "known": ["c"]}, ("a", "d")),
        ({"vocab": ["d", "a"], "keep": ["c"], "stop": ["d"]}, ("a", "c")),
        ({"vocab": {"d": 9, "a": 5, "b": 4}}, ("a", "d")),
        ({"vocab": {"d": 9, "a": 5, "b": 4}, "max_vocab": 1}, ("d",)),
        ({"vocab": Counter(d=3, b=1), "min_count": 1}, ("b", "d")),
        ({"vocab": Vocabulary.from_counts(["d", "b"], [3, 2]), "min_count": 3}, ("d",)),
    ],
)
def test_which_words_get_a_vector(given: dict, words: tuple[str, ...]) -> None:
    got = read(TEXT, **given)
    assert got.vocabulary.words == words
    counts = Counter(word for sentence in TEXT for word in sentence)
    assert got.vocabulary.counts.tolist() == [counts[word] for word in words]
    left = [[word for word in sentence if word in words] for sentence in TEXT]
    assert got.tokens_read == 11
    ids = [i for s in left if s for i in [*map(words.index, s), -1]]
    assert got.ids.tolist() == ids


def test_what_the_text_does_not_have_is_said() -> None:
    with pytest.warns(UserWarning, match=r"2 of the 3 words of vocab and keep .*: 'x', 'y'\. tok"):
        read(TEXT, vocab=["a", "x"], keep=["y"], min_count=1)
    with pytest.warns(UserWarning, match="no stop word occurs in the text: 'The'"):
        read(TEXT, stop=["The"], min_count=1)
    read(TEXT, vocab=["a", "</s>"])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"keep": "the"}, r"keep must be words.*got 'the'\. .*read_words\(path\)"),
        ({"stop": Path("stop.txt")}, "stop must be words"),
        ({"vocab": 3}, "vocab must be words"),
        ({"vocab": ["a", "b"], "max_vocab": 1}, "max_vocab takes .* which has no counts"),
        ({"vocab": []}, "vocab must be words.*got none"),
        ({"keep": [1]}, "keep must be words.*got 1"),
        ({"vocab": {"a": 1.5}}, "vocab: the count of 'a' must be a whole number; got 1.5"),
        ({"vocab": {"a": 1}}, "at least min_count = 5 times"),
        ({"keep": ["a", "b"], "stop": ["b"]}, "'b' cannot be both"),
        ({"vocab": ["x", "y"]}, "no word of the text is in the vocabulary.*'the', 'a', 'b'"),
        ({"stop": ["the"], "min_count": 5}, "every word that is frequent enough is a stop word"),
    ],
)
def test_choices_that_leave_nothing_or_are_none(given: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(TEXT, **given)


def test_words_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("\ufeffnew york\r\nthe\n\nthe\n 1984 b\n", encoding="utf-8")
    assert read_words(path) == ["new york", "the", "1984 b"]
    path.write_text("</s> 0\nnew york\t7\n12 3\n")
    assert read_words(path) == {"</s>": 0, "new york": 7, "12": 3}
    assert words_of("vocab", read_words(path)) == {"</s>": 0, "new york": 7, "12": 3}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n", "no words"),
        (b"a 1\nb\n", "line 2 is 'b': expected a word and its count"),
        (b"a 1\n\na 2\n", "line 3: 'a' is counted again"),
        (b"\xff", "UTF-8"),
    ],
)
def test_files_that_hold_no_words(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"words.txt: .*{said}"):
        read_words(path)
