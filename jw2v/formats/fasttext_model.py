"""fastText's own binary, a model: the vectors of its words.

The vector of a word is the mean of its own row and of the rows of its character n-grams, which are
shared: the row of an n-gram is found by a hash. The words are read; n-grams, and so the vectors of
words that the model has not, are left out. Quantised models (``.ftz``) are refused.

Source: Bojanowski et al., Enriching Word Vectors with Subword Information (2017), and the program:
``args.cc``, ``dictionary.cc``, ``matrix.cc``.
"""

import os
import stat
import struct
from collections.abc import Sequence
from io import BufferedIOBase, FileIO
from typing import Any

import numpy as np
import numpy.typing as npt

from jw2v.formats._selection import Selection
from jw2v.formats._shared import BLOCK_BYTES, Contents, RowBlocks, Vectors

__all__ = ["OLD", "QUANTISED", "is_old", "load", "ngrams"]

QUANTISED = (
    "a quantised model of fastText (.ftz), whose vectors are rounded to codes: it is not read; use "
    "the .bin or .vec file it was made of, or fastText's print-word-vectors"
)
OLD = (
    "a model of fastText before 2017, which has no version: it is not read; use the .vec file "
    "beside it, or in gensim: load_facebook_vectors(FILE).save_word2vec_format('vectors.bin', "
    "binary=True)"
)
_NEWEST = 12
_WHOLE = -1
"""Where the number of n-grams that were kept stands, if none was cut."""
_SUPERVISED = 3
_END = b"</s>"
"""The end of a line, which has no n-grams."""
_LONGEST_WORD = 1 << 20
_BEHIND_A_WORD = 10
"""Bytes: NUL, an int64, an int8."""
_PIECE = 1 << 16
_ROWS_OF_A_WORD = 20
"""About, with those of its n-grams."""
_SHORT = "truncated: the table of the model is shorter than it says"


def is_old(start: bytes) -> bool:
    """Whether a file begins as a model does that says neither what it is nor its version.

    >>> is_old(struct.pack("<12id", 100, 5, 5, 1, 5, 1, 2, 2, 2000000, 3, 6, 100, 1e-4))
    True
    >>> is_old(b"71291 100\\nthe 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0 1.1 1.2 1.3 1.4")
    False
    """
    if len(start) < 56:
        return False
    dim, _, _, _, _, _, loss, model, _, shortest, longest, _, share = struct.unpack(
        "<12id", start[:56]
    )
    kinds = loss in (1, 2, 3) and model in (1, 2, 3)
    return kinds and 0 < dim < 1 << 16 and 0 <= shortest < 100 > longest >= 0 <= share <= 1


class _Ahead:
    """A stream, and what was read of it too early."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self.stream, self.rest = stream, b""

    def read(self, size: int) -> bytes:
        """So many bytes, or all that are left."""
        if size > len(self.rest):
            self.rest += self.stream.read(size - len(self.rest))
        content, self.rest = self.rest[:size], self.rest[size:]
        return content

    def numbers(self, form: str) -> tuple[Any, ...]:
        """Numbers, as :mod:`struct` names their types."""
        content = self.read(struct.calcsize("<" + form))
        if len(content) < struct.calcsize("<" + form):
            raise ValueError("truncated: a model of fastText that ends too soon")
        return struct.unpack("<" + form, content)

    def words(self, size: int) -> list[bytes]:
        """Words, each with a NUL behind it, how often it came, and what it is."""
        words: list[bytes] = []
        at = 0
        while len(words) < size:
            end = self.rest.find(b"\0", at)
            if end >= 0 and end + _BEHIND_A_WORD <= len(self.rest):
                words.append(self.rest[at:end])
                at = end + _BEHIND_A_WORD
                continue
            if len(self.rest) - at > _LONGEST_WORD:
                raise ValueError(f"word {len(words) + 1:,} of the model has no end: damaged")
            more = self.stream.read(_PIECE)
            if not more:
                raise ValueError(
                    f"truncated: {size:,} words are promised, but only {len(words):,} follow"
                )
            self.rest, at = self.rest[at:] + more, 0
        self.rest = self.rest[at:]
        return words

    def table(self, rows: int, dim: int) -> Vectors:
        """A table of float32, mapped where it lies in a file, and read from elsewhere."""
        size = 4 * rows * dim
        raw = getattr(self.stream, "raw", None)
        if isinstance(raw, FileIO) and stat.S_ISREG((found := os.fstat(raw.fileno())).st_mode):
            start = self.stream.tell() - len(self.rest)
            if start + size > found.st_size:
                raise ValueError(_SHORT)
            return np.memmap(raw, "<f4", "r", start, (rows, dim)).view(np.ndarray)
        blocks = RowBlocks(dim, np.float32)
        while rows:
            some = min(rows, max(1, BLOCK_BYTES // (4 * dim)))
            content = self.read(4 * some * dim)
            if len(content) < 4 * some * dim:
                raise ValueError(_SHORT)
            blocks.append(np.frombuffer(content, "<f4").reshape(some, dim))
            rows -= some
        return blocks.whole()


def load(stream: BufferedIOBase, selection: Selection, most: float) -> Contents:
    """Read a model, behind its first four bytes; ``most`` is how many bytes the file can have.

    Raises:
        ValueError: the file is truncated or damaged, quantised, or of a newer version.
    """
    file = _Ahead(stream)
    version, *args = file.numbers("13i")
    if version > _NEWEST:
        raise ValueError(
            f"a model of fastText's version {version}, but up to {_NEWEST} is read: write its "
            "vectors with fastText's print-word-vectors"
        )
    dim, _, _, _, _, _, _, model, buckets, shortest, longest, _ = args
    file.numbers("d")
    if version == 11 and model == _SUPERVISED:  # as fastText does
        longest = 0
    size, vocab, labels, _, pruned = file.numbers("3i2q")
    if not (dim > 0 and 0 < vocab <= size == vocab + labels and 10 * size <= most):
        raise ValueError(
            f"truncated or damaged: a model of fastText of {vocab:,} words and {labels:,} labels, "
            f"{size:,} in all, and of {dim:,} numbers"
        )
    words = file.words(size)[:vocab]
    if pruned != _WHOLE or file.numbers("?")[0]:
        raise ValueError(QUANTISED)
    rows, columns = file.numbers("2q")
    expected = vocab + (buckets if longest > 0 else 0)
    if columns != dim or rows < expected or 4 * rows * dim > most or (longest > 0 >= buckets):
        raise ValueError(
            f"truncated or damaged: expected a table of at least {expected:,} rows of {dim:,} "
            f"numbers, got {rows:,} of {columns:,}"
        )
    table = file.table(rows, dim)
    words = words[: selection.room]
    wanted = [i for i, word in enumerate(words) if selection.wants(word)]
    decoded = selection.decode([words[i] for i in wanted], [i + 1 for i in wanted])
    kept = selection.take(decoded, len(words))
    places = wanted if isinstance(kept, slice) else [wanted[i] for i in kept]
    vectors = RowBlocks(dim, np.float32)
    step = max(1, BLOCK_BYTES // (4 * dim * _ROWS_OF_A_WORD))
    for start in range(0, len(places), step):
        some = places[start : start + step]
        owners, grams = ngrams([words[i] for i in some], shortest, longest)
        sums = table[some]
        np.add.at(sums, owners, table[vocab + grams % np.uint32(buckets or 1)])
        counts = 1 + np.bincount(owners, minlength=len(some))
        vectors.append(sums / counts.astype(np.float32)[:, None])
    return selection.words, vectors.whole(), {}


def ngrams(
    words: Sequence[bytes], shortest: int, longest: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
    """The character n-grams of words, as fastText hashes them.

    Definition: a word is put between ``<`` and ``>``. Its n-grams are its runs of ``shortest`` to
    ``longest`` characters, which are those of UTF-8, but for ``<`` and ``>`` alone. Their hash is
    FNV-1a, in which a byte of 128 or more counts as negative: h = (h ⊕ byte − 256) · 16777619
    modulo 2³². ``</s>`` has none.

    Returns:
        For each n-gram the place of its word, and its hash.

    >>> owners, hashes = ngrams([b"a"], 2, 3)
    >>> owners.tolist(), [hex(number) for number in hashes.tolist()]
    ([0, 0, 0], ['0x68f6dc6e', '0x1124a756', '0x8c9cd1f0'])
    """
    marked = [b"" if word == _END else b"<" + word + b">" for word in words]
    text = np.frombuffer(b"".join(marked), np.int8).astype(np.int32).view(np.uint32)
    ends = np.cumsum([len(word) for word in marked])
    of_word = np.repeat(np.arange(len(words)), np.diff(ends, prepend=0))
    begins = (text & 0xC0) != 0x80
    first = np.flatnonzero(begins)  # where characters begin
    last = np.append(first[1:], len(text))  # and where they end
    number = len(first)
    owner = of_word[first]
    alone = np.zeros(number, bool)  # the marks at both ends
    if number:
        alone[np.flatnonzero(np.diff(owner, prepend=-1))] = True
        alone[np.flatnonzero(np.diff(owner, append=-1))] = True
    hashes = np.full(number, 2166136261, np.uint32)
    at = np.arange(number)  # the starts whose runs do not leave their words
    found_owners, found = [], []
    for length in range(1, longest + 1):
        at = at[at + length - 1 < number]
        at = at[owner[at + length - 1] == owner[at]]
        character = at + length - 1
        for byte in range(4):
            place = first[character] + byte
            inside = place < last[character]
            changed = (hashes[at[inside]] ^ text[place[inside]]) * np.uint32(16777619)
            hashes[at[inside]] = changed
        if length >= shortest:
            some = at[~alone[at]] if length == 1 else at
            found_owners.append(owner[some])
            found.append(hashes[some])
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    return np.concatenate(found_owners), np.concatenate(found)
