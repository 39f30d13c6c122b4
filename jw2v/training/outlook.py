"""What a text offers to learn under given settings, said before training begins."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jw2v.config import Config
from jw2v.feeding import batches, subsampling
from jw2v.reading.corpus import SENTENCE_END, Corpus

__all__ = ["LittleToLearnWarning", "Outlook", "complaint", "outlook", "reach"]

FEW_KEPT = 0.1
"""Subsampling that keeps less than this share of the words is warned of."""
FEW_KNOWN = 0.5
"""A vocabulary that leaves less than this share of the words of the text is warned of."""
FEW_PAIRS = 1.0
"""Fewer pairs a kept word than this are warned of; prose has about 1 + window."""
FEW_ALONE = 0.01
"""More than this share of the vocabulary in no pair at all is warned of."""
SAMPLED = 8
"""Pieces of a long text to count pairs in."""
PIECE = 1 << 18

ONE_LINE = (
    "words pair only within a sentence, which is a line, a list or a row (tokens='words' finds"
    " those of prose): join what belongs together, or lower min_count if that leaves single words"
)


class LittleToLearnWarning(UserWarning):
    """The text and the settings leave training little to learn from, or it learnt little."""


class Outlook(NamedTuple):
    """What an epoch offers."""

    words: int
    """of the text that have a vector"""
    kept: float
    """of these, as many as are expected to survive subsampling"""
    pairs: float
    """in the windows, for each word that survives; of a long text, in eight parts of it"""


def outlook(text: Corpus, config: Config) -> Outlook:
    """Foretell what there is to learn.

    Pairs are counted in up to eight pieces of the text, a quarter of a million words each, thinned
    out once as training does it: whatever the size of the text, this takes about a tenth of a
    second. Only where these have no pair is all of the text looked at.

    Args:
        text: what will be learnt from.
        config: the settings, with the threshold of subsampling settled.

    Raises:
        ValueError: nothing would be learnt: not one pair is expected in all epochs.
    """
    assert config.subsample is not None
    counts = text.vocabulary.counts
    if len(counts) < 2:
        raise ValueError(
            f"training needs at least 2 different words, and the vocabulary has {len(counts)}:"
            " lower min_count or give a longer text."
        )
    keep = subsampling.keep_probability(counts, config.subsample)
    kept = float((counts * keep).sum())
    pairs = _pairs_a_word(text, config, keep)
    found = Outlook(text.vocabulary.total, kept, pairs)
    if not pairs and 2 * config.epochs * _followers(text.ids, keep) < 1:
        raise ValueError(f"nothing would be learnt: {_what_is_wrong(text, config, found)}.")
    return found


def complaint(text: Corpus, config: Config, found: Outlook) -> str | None:
    """What leaves little to learn, with the numbers and the cure; None where there is enough.

    All of the text is looked at once, at about 200 million words a second.
    """
    wrong = []
    if found.words < FEW_KNOWN * text.tokens_read:
        wrong.append(
            f"the vocabulary knows {found.words:,} of the {text.tokens_read:,} words of the text"
            f" ({100 * found.words / text.tokens_read:.2g}%): lower min_count, or raise max_vocab,"
            " to learn the others too"
        )
    if found.kept < FEW_KEPT * found.words or found.pairs < FEW_PAIRS:
        wrong.append(_what_is_wrong(text, config, found))
    alone = [text.vocabulary.words[word] for word in np.flatnonzero(~_paired(text))]
    if len(alone) > FEW_ALONE * len(text.vocabulary):
        wrong.append(
            f"{len(alone):,} of the {len(text.vocabulary):,} words of the vocabulary"
            f" ({100 * len(alone) / len(text.vocabulary):.2g}%) are in no pair and keep the vectors"
            f" that they begin with, such as {', '.join(map(repr, alone[:3]))}, for {ONE_LINE}"
        )
    return f"there is little to learn: {'; '.join(wrong)}." if wrong else None


def reach(text: Corpus, window: int) -> int:
    """How far apart two words of a sentence can be, within a window: 0 in sentences of one word.

    The text is read as far as its first sentence that is longer than the window.
    """
    longest, last, start = 0, -1, 0
    for piece in batches.pieces(text.ids):
        ends = np.flatnonzero(piece == SENTENCE_END) + start
        start += len(piece)
        lengths = np.diff(ends, prepend=last) - 1
        last = int(ends[-1]) if len(ends) else last
        longest = max(longest, int(lengths.max(initial=0)), start - 1 - last)
        if longest > window:
            break
    return max(0, min(window, longest - 1))


def _what_is_wrong(text: Corpus, config: Config, found: Outlook) -> str:
    words, kept, pairs = found
    of_all = _pairs_a_word(text, config, np.ones(len(text.vocabulary), np.float32))
    wrong = []
    if of_all < FEW_PAIRS:
        wrong.append(f"the text has {of_all:.2g} pairs a word, and {ONE_LINE}")
    if of_all >= FEW_PAIRS or kept < FEW_KEPT * words:
        wrong.append(
            f"subsample={config.subsample:.3g} keeps {kept:,.0f} of {words:,} words"
            f" ({100 * kept / max(1, words):.2g}%), with {pairs:.2g} pairs each: raise it, set it"
            " to 0 to keep all words, or leave it to the default"
        )
    return "; ".join(wrong)


def _pairs_a_word(text: Corpus, config: Config, keep: NDArray[np.float32]) -> float:
    """Pairs for each word that a draw of the subsampling leaves, in some pieces of the text."""
    rng = np.random.default_rng(config.seed)
    words = pairs = 0.0
    for piece in _some_pieces(text.ids):
        for part in batches.subsampled(piece, keep, rng):
            if len(part.sentence):
                lengths = np.bincount(part.sentence - part.sentence[0])
                words += len(part.sentence)
                pairs += _pairs(lengths[lengths > 0], config)
    return pairs / max(1.0, words)


def _pairs(lengths: NDArray[np.int64], config: Config) -> float:
    """Expected pairs in sentences of n words each.

    Definition: Σ_n Σ_h 2 (n − h) a_h over the distances h up to r = min(m, n − 1), with a_h the
    probability (m + 1 − h)/m that a window reaches so far, or 1 where its radius is not drawn.
    """
    n, m = lengths.astype(np.float64), config.window
    r = np.minimum(m, n - 1)
    sum_h, sum_hh = r * (r + 1) / 2, r * (r + 1) * (2 * r + 1) / 6
    if not config.shrink_window:
        return float(2 * (n * r - sum_h).sum())
    return float(2 * (n * (m + 1) * r - (n + m + 1) * sum_h + sum_hh).sum() / m)


def _paired(text: Corpus) -> NDArray[np.bool_]:
    """Which words of the vocabulary are beside another somewhere, so that any window pairs them."""
    paired = np.zeros(len(text.vocabulary) + 1, bool)  # the last is what SENTENCE_END finds
    last = SENTENCE_END
    for piece in batches.pieces(text.ids):
        ids = np.append(np.int32(last), piece)  # whose neighbour is in this piece
        word = ids != SENTENCE_END
        beside = np.append(False, word[:-1])
        beside[:-1] |= word[1:]
        paired[ids[beside]] = True
        last = piece[-1]
    return paired[:-1]


def _followers(ids: NDArray[np.int32], keep: NDArray[np.float32]) -> float:
    """How many words are expected to be kept after another of their sentence.

    Definition: Σ E[(N − 1)⁺] = Σ (Σ_i p_i − 1 + Π_i (1 − p_i)) over the sentences, N the words of
    one that are kept, each with its p_i. A sentence that two pieces share counts as two.
    """
    followers = 0.0
    for piece in batches.pieces(ids):
        ends = piece == SENTENCE_END
        p = np.where(ends, 0, keep[piece].astype(np.float64))
        starts = np.flatnonzero(np.concatenate([[True], ends[:-1]]))
        of_each = np.add.reduceat(p, starts) - 1 + np.multiply.reduceat(1 - p, starts)
        followers += float(np.maximum(0, of_each).sum())
    return followers


def _some_pieces(ids: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """All of a text, or pieces spread evenly over a long one."""
    number = min(SAMPLED, -(-len(ids) // PIECE))
    for start in np.linspace(0, max(0, len(ids) - PIECE), number, dtype=np.int64):
        yield ids[start : start + PIECE]
