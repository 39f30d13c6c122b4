"""word2vec's binary format: after a header line, each word, a space, and its float32 numbers.

As in gensim, no line end follows the numbers; one is read over, as the original program writes it.
A word that is written cannot be empty or hold white space of ASCII; the format holds no metadata.

gensim writes words with spaces too, though it cannot read them back, for nothing tells the space in
a word from that after it but what follows: see :func:`_split_with_care`.
"""

from collections.abc import Mapping, Sequence
from io import BufferedIOBase

import numpy as np
import numpy.typing as npt

from jw2v.formats import _text, fasttext_model
from jw2v.formats._selection import Selection
from jw2v.formats._shared import (
    BLOCK_BYTES,
    FASTTEXT,
    Contents,
    Path,
    RowBlocks,
    Source,
    Vectors,
    check_promise,
    encoded,
    header_of,
    opened,
    replacing,
)
from jw2v.formats.word2vec import NOT_IN_WORDS

__all__ = ["check", "load", "save"]

_LONGEST_WORD = 1 << 20
_MOST_SPACES = 20
"""In a word, that are tried."""
_SURE = 4 * 10
"""Bytes of a vector from which on chance does not make its numbers look like a word's end."""
_HUGE = 1e10
_SPACE = 0x20
"""As the highest byte of a float32 it makes it about 1e-19."""
_TEXT_HINT = "name it {0}, or say format='{1}' (--from {1})"


def check(words: Sequence[str], dtype: npt.DTypeLike) -> None:
    """Refuse, by ValueError, what this format cannot hold."""
    if np.dtype(dtype) != np.float32:
        raise ValueError(
            f"this format holds float32, got {np.dtype(dtype)}: round first (jw2v convert --dtype "
            f"float32), or save as text, safetensors, parquet or arrow"
        )
    encoded(words, *NOT_IN_WORDS)


def save(path: Path, words: Sequence[str], vectors: Vectors, metadata: Mapping[str, str]) -> None:
    """Write words and float32 vectors.

    Raises:
        ValueError: the vectors are float64, or a word is empty, has white space or is not valid
            Unicode.
        OSError: the file cannot be written.
    """
    check((), vectors.dtype)
    held = encoded(words, *NOT_IN_WORDS)
    step = max(1, BLOCK_BYTES // (4 * vectors.shape[1]))
    with replacing(path) as file:
        file.write(b"%d %d\n" % vectors.shape)
        for start in range(0, len(held), step):
            block = np.ascontiguousarray(vectors[start : start + step], "<f4")
            rows = zip(held[start : start + step], block, strict=True)
            file.write(b"".join(part for word, row in rows for part in (word, b" ", row.data)))


def load(path: Source, selection: Selection) -> Contents:
    """Read such a file, or a model of fastText, which has the same suffix.

    Raises:
        ValueError: the file is truncated, damaged, or something else.
        OSError: the file is missing or cannot be read.
    """
    with opened(path) as (stream, most):
        start = stream.read(4)
        if start == FASTTEXT:
            return fasttext_model.load(stream, selection, most)
        header = start if b"\n" in start else start + stream.readline(1000)
        promised = header_of(header)
        if promised is None:
            if fasttext_model.is_old((header + stream.read(56))[:56]):
                raise ValueError(fasttext_model.OLD)
            _refuse_others(header)
            raise ValueError(
                f"expected a first line such as '71291 100', how many vectors and of how many "
                f"numbers, got {header[:40]!r}"
            )
        vocab, dim = promised
        row_bytes = 4 * dim
        rest = _next(stream, BLOCK_BYTES)
        if vocab > 0 and dim > 0 and _is_text(rest.partition(b"\n")[0], dim):
            hint = _TEXT_HINT.format(".txt", "word2vec")
            raise ValueError(f"text of word2vec, which is not binary: {hint}")
        check_promise(vocab, dim, row_bytes + 2, most)
        rows = RowBlocks(dim, np.float32)
        while selection.rows < vocab and not selection.full:
            more = _next(stream, BLOCK_BYTES + row_bytes)
            block = rest + more
            wanted = vocab - selection.rows
            wanted = wanted if selection.room is None else min(wanted, selection.room)
            rest, vectors = _rows(block, wanted, row_bytes, selection, not more)
            rows.append(vectors)
            if not more and selection.rows < vocab and not selection.full:
                raise ValueError(
                    f"the header promises {vocab:,} vectors, but only {selection.rows:,} follow: "
                    f"truncated, or not of this format"
                )
        if not selection.full and (rest + stream.read(1)).strip(b"\n"):
            raise ValueError(f"more follows the {vocab:,} vectors that the header promises")
    return selection.words, rows.whole(), {}


def _refuse_others(header: bytes) -> None:
    """Say of a file without a header what it is, if that can be seen."""
    if _is_text(header):
        hint = _TEXT_HINT.format(".glove.txt", "glove")
        raise ValueError(f"text of GloVe, which is not binary: {hint}")


def _is_text(line: bytes, dim: int | None = None) -> bool:
    return _text.is_row(line, dim) and not _text.CONTROL.search(line)


def _next(stream: BufferedIOBase, size: int) -> bytes:
    """So many bytes or all that are left; memory is taken by what came, not by what was asked."""
    parts = []
    while size > 0 and (part := stream.read(min(size, BLOCK_BYTES))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _rows(
    block: bytes, most: int, row_bytes: int, selection: Selection, last: bool
) -> tuple[bytes, Vectors]:
    """Take the whole rows off a block; returns what is left of it, and the vectors.

    Args:
        block: the bytes.
        most: how many rows to take.
        row_bytes: of the numbers of a row.
        selection: takes the words.
        last: whether the file ends here.
    """
    words, starts, end = _split(block, most, row_bytes)
    vectors = _numbers(block, starts, row_bytes)
    if _is_odd(words, vectors):
        careful = _split_with_care(block, most, row_bytes, last)
        if len(careful[0]) == most or len(words) < most or not last:  # else less than is promised
            words, starts, end = careful
        vectors = _numbers(block, starts, row_bytes)
        if len(vectors) and _has_odd_numbers(vectors) and not _is_utf_8(b"\n".join(words)):
            raise ValueError(
                "some words have spaces or are damaged and some are not UTF-8, so that it cannot be"
                " told where each ends: write the file as text, or without spaces in words"
            )
        if row_bytes < _SURE and any(b" " in word for word in words):
            selection.say(
                "some words have spaces, and with vectors so short it is a guess where each ends:"
                " look at the words"
            )
    left = len(block) - end
    if len(words) < most and left >= _LONGEST_WORD and _next_space(block, end) < 0:
        row = selection.rows + len(words) + 1
        raise ValueError(f"word {row:,} has no end: damaged, or not of this format")
    raw = [word.lstrip(b"\n") for word in words]
    places: Sequence[int] = range(selection.rows + 1, selection.rows + len(words) + 1)
    if selection.options.only is not None:
        wanted = [i for i, word in enumerate(raw) if selection.wants(word)]
        raw, vectors = [raw[i] for i in wanted], vectors[wanted]
        places = [places[i] for i in wanted]
    if b"\0" in b"".join(raw):
        place, bad = next(pair for pair in zip(places, raw, strict=True) if b"\0" in pair[1])
        raise ValueError(
            f"word {place:,}, {bad[:40]!r}, has a NUL byte: damaged, or not of this format"
        )
    kept = selection.take(selection.decode(raw, places), len(words))
    return block[end:], vectors if kept == slice(None) else vectors[kept]


def _next_space(block: bytes, start: int) -> int:
    return block.find(b" ", start, start + _LONGEST_WORD)


def _split(block: bytes, most: int, row_bytes: int) -> tuple[list[bytes], list[int], int]:
    """Rows whose words end at the first space.

    Returns:
        Words, where the numbers of each begin, and where the last row ends.
    """
    words: list[bytes] = []
    starts: list[int] = []
    at = 0
    for _ in range(most):
        space = block.find(b" ", at, at + _LONGEST_WORD)
        end = space + 1 + row_bytes
        if space < 0 or end > len(block):
            break
        words.append(block[at:space])
        starts.append(space + 1)
        at = end
    return words, starts, at


def _numbers(block: bytes, starts: list[int], row_bytes: int) -> Vectors:
    view = memoryview(block)
    joined = b"".join([view[start : start + row_bytes] for start in starts])
    return np.frombuffer(joined, "<f4").reshape(len(starts), row_bytes // 4)


def _is_odd(words: list[bytes], vectors: Vectors) -> bool:
    """Whether some rows look as if a word had been cut at a space within it.

    The rest of such a word is taken for numbers, and the last bytes of the row for the start of the
    next word.
    """
    text = b"".join(words).replace(b"\n", b"")
    if not _is_clean(text):
        return True
    return bool(len(vectors)) and _has_odd_numbers(vectors)


def _has_odd_numbers(vectors: Vectors) -> bool:
    """Whether numbers are far from those of any vector of a word.

    If the rest of a word has a multiple of four bytes, a space is the highest byte of a number.
    Otherwise the bytes of all numbers of the row are mixed up, and they are of all magnitudes.
    """
    ordinary = vectors.min() > -_HUGE and vectors.max() < _HUGE  # False where one is NaN
    return not ordinary or bool((vectors.view("<u4") >> 24 == _SPACE).any())


def _split_with_care(
    block: bytes, most: int, row_bytes: int, last: bool
) -> tuple[list[bytes], list[int], int]:
    """The same, but a word ends at a later space where only then all looks as it should.

    That is: the word is text and ends with no space, its numbers are not odd, and text follows
    them. Where no space is such a one, it is the first.
    """
    words: list[bytes] = []
    starts: list[int] = []
    at = 0
    while len(words) < most:
        chosen, space = -1, at - 1
        for _ in range(_MOST_SPACES):
            space = block.find(b" ", space + 1, at + _LONGEST_WORD)
            end = space + 1 + row_bytes
            if space < 0 or (chosen >= 0 and not _is_clean(block[at:space].lstrip(b"\n"))):
                break
            follows = _next_space(block, end)
            if end > len(block) or (follows < 0 and not last and len(block) - end < _LONGEST_WORD):
                if not last:
                    return words, starts, at  # what follows tells
                break
            if chosen >= 0 and block[space - 1 : space] == b" ":
                continue  # no word ends with a space
            chosen = space if chosen < 0 else chosen
            after = block[end : follows if follows >= 0 else len(block)].lstrip(b"\n")
            fine = _is_clean(after) and bool(after) == (follows >= 0)
            if fine and not _has_odd_numbers(np.frombuffer(block[space + 1 : end], "<f4")):
                chosen = space
                break
        if chosen < 0:
            break
        words.append(block[at:chosen])
        starts.append(chosen + 1)
        at = chosen + 1 + row_bytes
    return words, starts, at


def _is_clean(text: bytes) -> bool:
    """Whether bytes are text without control characters, but for tabs."""
    return _is_utf_8(text) and not (_text.CONTROL.search(text) or b"\n" in text)


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
