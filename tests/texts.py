"""Texts for the tests of reading: strategies, and a naive reading to compare with."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from jw2v.reading.corpus import SENTENCE_END, Corpus

WIKI = Path(__file__).parents[2] / "shared/data/text/wiki8.txt.xz"

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=5)
SENTENCES = st.lists(st.lists(st.sampled_from("abcdé") | WORDS, max_size=8), max_size=12)
# Few enough characters that words repeat, and every one that some rule looks at.
TEXT = st.text("abÉ3’'.!?\")-_ \n\r\t\u3000\x1c", max_size=80)
CHUNKS = st.integers(1, 40)


def naive(sentences: list[list[str]], min_count: int, max_vocab: int | None = None) -> list[int]:
    """What read() must return, for a text that fits in memory."""
    counts = Counter(word for sentence in sentences for word in sentence)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    kept = [word for word in ranked if counts[word] >= min_count][:max_vocab]
    ids = {word: i for i, word in enumerate(kept)}
    encoded = [[ids[word] for word in sentence if word in ids] for sentence in sentences]
    return [i for sentence in encoded if sentence for i in [*sentence, SENTENCE_END]]


def naive_lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.split("\n")]


def naive_prose(text: str) -> list[list[str]]:
    text = text.lower().replace("’", "'")
    text = re.sub(r"""[.!?]["')\]}”»]*(?=\s|$)""", "\n\n", text)
    sentences = re.split(r"\n[^\S\n]*\n", text)
    return [re.findall(r"[^\W_]+(?:'[^\W_]+)*", sentence) for sentence in sentences]


def check(got: Corpus, sentences: list[list[str]], min_count: int) -> None:
    tokens = [word for sentence in sentences for word in sentence]
    assert got.ids.tolist() == naive(sentences, min_count)
    assert got.ids.dtype == np.int32
    assert got.tokens_read == len(tokens)
    counts = Counter(tokens)
    assert got.vocabulary.counts.tolist() == [counts[word] for word in got.vocabulary.words]
    assert got.vocabulary.total == np.count_nonzero(got.ids != SENTENCE_END)


def same(a: Corpus, b: Corpus) -> bool:
    return (
        a.vocabulary.words == b.vocabulary.words
        and a.vocabulary.counts.tolist() == b.vocabulary.counts.tolist()
        and a.ids.tolist() == b.ids.tolist()
        and a.tokens_read == b.tokens_read
    )


def refusal(sentences: list[list[str]]) -> str:
    """What the error says when nothing is frequent enough."""
    tokens = [word for sentence in sentences for word in sentence]
    distinct = len(set(tokens))
    return f"min_count = .* {len(tokens)} tokens of {distinct} distinct" if tokens else "no words"


def enough(sentences: list[list[str]], min_count: int) -> bool:
    return bool(naive(sentences, min_count))
