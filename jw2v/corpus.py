"""From text to word ids, in one pass, never holding the text.

A text is read in chunks. Each chunk is split and dictionary-encoded by Arrow; Python sees only the
distinct words of a chunk. Ids in the order of reading go to a temporary file, and when the counts
are known, one more pass over that file turns them into ids in the order of the vocabulary.
"""

import codecs
import gzip
import itertools
import lzma
import os
import reprlib
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader
from typing import IO, Literal, TypeAlias, cast, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jw2v.vocabulary import Vocabulary, check_limits

__all__ = ["SENTENCE_END", "Corpus", "Progress", "Source", "Tokens", "read"]

SENTENCE_END = -1
"""The id that closes each sentence."""

AnyPath: TypeAlias = str | os.PathLike[str]
Source: TypeAlias = AnyPath | Iterable[AnyPath] | Iterable[Iterable[str]]
"""A text file, several, or sentences that are already lists of tokens."""

Tokens: TypeAlias = Literal["whitespace", "words"]

Progress: TypeAlias = Callable[[int, int], object]
"""``(bytes_done, bytes_total)``, of the files as they lie on disk; a pipe counts as 0 in total."""

_CHUNK_BYTES = 4 << 20
_LONGEST_WORD = 1 << 20
# Valid text holds no NUL, so the token "\0" can stand for a line end, and later a sentence end.
_END = "\0"
_DROPPED = -2


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as ids.

    Attributes:
        vocabulary: the words that were kept.
        ids: [n], int32: the ids of the kept words in the order of the text. SENTENCE_END closes
            each sentence; no sentence is empty. The array is mapped from an unnamed temporary
            file, so it may be larger than memory.
        tokens_read: how many tokens the text has, dropped ones included.
    """

    vocabulary: Vocabulary
    ids: npt.NDArray[np.int32]
    tokens_read: int


def read(
    source: Source,
    *,
    tokens: Tokens = "whitespace",
    min_count: int = 5,
    max_vocab: int | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """Read a text into a vocabulary and ids.

    Rare words are dropped as if the text did not have them: their neighbours become adjacent.

    Args:
        source: the path of a UTF-8 text file (plain, ``.gz`` or ``.xz`` by suffix), several paths,
            or an iterable of sentences, each a sequence of tokens. It is read once.
        tokens: how files are split. ``"whitespace"``: the text is already tokenised, a token is
            what stands between white space, and a line is a sentence. ``"words"``: prose; text is
            lower-cased, a word is a run of letters, marks and digits with inner apostrophes
            (’ is read as '), and everything else separates, so that 3.5 is two words. A sentence
            ends at an empty line, and at ``.``, ``!`` or ``?`` (and closing quotes or brackets)
            before white space, so that "Mr. Smith" is cut too; other line ends are only white
            space. The end of a file ends a sentence.
        min_count: words that occur less often are dropped.
        max_vocab: keep at most this many words, the most frequent; None for no limit.
        progress: called while files are read.

    Raises:
        ValueError: not text (NUL bytes, invalid UTF-8, an endless word), a broken archive, nothing
            to read, or no word frequent enough.
        OSError: a file is missing or cannot be read, or there is no space for the temporary file.

    >>> corpus = read([["a", "rose", "is", "a", "rose"], ["a", "daisy", "is", "not"]], min_count=2)
    >>> corpus.vocabulary.words
    ('a', 'is', 'rose')
    >>> corpus.ids.tolist(), corpus.tokens_read
    ([0, 2, 1, 0, 2, -1, 0, 1, -1], 9)
    """
    if tokens not in get_args(Tokens):
        raise ValueError(f"tokens must be one of {get_args(Tokens)}, got {tokens!r}")
    check_limits(min_count, max_vocab)
    paths, sentences = _files_or_sentences(source)
    encoded: Iterator[pa.DictionaryArray]
    if paths:
        encoded = _file_chunks(paths, progress)
        encoded = _prose(encoded) if tokens == "words" else encoded
    elif tokens != "whitespace":
        raise ValueError(f"sentences are already tokens: tokens={tokens!r} is for files only")
    else:
        encoded = _sentence_chunks(sentences)

    counter = _Counter()
    with tempfile.TemporaryFile(prefix="jw2v-") as file:
        for chunk in encoded:
            _append(file, counter.ids_of(chunk))
        words, counts = counter.words_and_counts()
        if not words:
            where = ", ".join(map(str, paths[:3])) or "the iterable of sentences"
            raise ValueError(f"no words in {where}: expected a text with at least one word")
        vocabulary = Vocabulary.from_counts(words, counts, min_count=min_count, max_vocab=max_vocab)
        ids = _final_ids(file, counter.lookup(vocabulary))
    return Corpus(vocabulary, ids, int(counts.sum()))


class _Counter:
    """Distinct words, numbered in the order of reading, and their counts; number 0 is _END."""

    def __init__(self) -> None:
        self.numbers: defaultdict[str, int] = defaultdict()
        self.numbers.default_factory = self.numbers.__len__
        self.numbers[_END] = 0
        self.counts = np.zeros(1024, np.int64)

    def ids_of(self, chunk: pa.DictionaryArray) -> npt.NDArray[np.int32]:
        """Count the tokens of a chunk and return their numbers."""
        distinct = chunk.dictionary.to_pylist()
        rows = np.fromiter(map(self.numbers.__getitem__, distinct), np.int32, len(distinct))
        if len(self.numbers) > len(self.counts):
            grown = np.zeros(2 * len(self.numbers), np.int64)
            grown[: len(self.counts)] = self.counts
            self.counts = grown
        indices = chunk.indices.to_numpy()
        self.counts[rows] += np.bincount(indices, minlength=len(rows))
        return cast("npt.NDArray[np.int32]", rows[indices])

    def words_and_counts(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        return list(self.numbers)[1:], self.counts[1 : len(self.numbers)]

    def lookup(self, vocabulary: Vocabulary) -> npt.NDArray[np.int32]:
        """From numbers to ids: SENTENCE_END for _END, _DROPPED for words left out."""
        ids = np.full(len(self.numbers), _DROPPED, np.int32)
        ids[0] = SENTENCE_END
        rows = map(self.numbers.__getitem__, vocabulary.words)
        ids[np.fromiter(rows, np.int64, len(vocabulary))] = np.arange(len(vocabulary))
        return ids


def _append(file: IO[bytes], ids: npt.NDArray[np.int32]) -> None:
    try:
        file.write(ids.data)
        file.flush()
    except OSError as error:
        raise OSError(
            error.errno,
            f"{error.strerror}: the temporary file of ids, 4 bytes a token, in "
            f"{tempfile.gettempdir()}; free space there, or set TMPDIR to another folder",
        ) from error


def _final_ids(file: IO[bytes], lookup: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Rewrite a file of numbers as ids, in place: there are never more ids than numbers."""
    # By reading and writing: pages of a map would count as memory of this process.
    step = max(1, _CHUNK_BYTES // 4) * 4
    written = 0
    after_end = True
    for start in itertools.count(0, step):
        file.seek(start)
        block = file.read(step)
        if not block:
            break
        ids = lookup[np.frombuffer(block, np.int32)]
        ids = ids[ids != _DROPPED]
        end = ids == SENTENCE_END
        ids = ids[~(end & np.concatenate([[after_end], end[:-1]]))] if len(ids) else ids
        after_end = bool(end[-1]) if len(end) else after_end
        file.seek(written)
        written += file.write(ids.data)
    file.flush()
    file.truncate(written)
    return np.memmap(file, np.int32, "r")


def _files_or_sentences(source: object) -> tuple[Sequence[AnyPath], Iterable[Iterable[str]]]:
    if isinstance(source, str | os.PathLike):
        return [source], []
    if isinstance(source, bytes) or not isinstance(source, Iterable):
        raise ValueError(
            f"expected a path, several paths, or an iterable of sentences (lists of tokens), "
            f"got {type(source).__name__}"
        )
    items = iter(source)
    first = list(itertools.islice(items, 1))
    everything = itertools.chain(first, items)
    if first and isinstance(first[0], str | os.PathLike):
        return list(cast("Iterable[AnyPath]", everything)), []
    return [], cast("Iterable[Iterable[str]]", everything)


def _sentence_chunks(sentences: Iterable[Iterable[str]]) -> Iterator[pa.DictionaryArray]:
    tokens: list[str] = []
    size = 0
    for number, sentence in enumerate(sentences):
        if isinstance(sentence, str | bytes | os.PathLike) or not isinstance(sentence, Iterable):
            raise ValueError(
                f"sentence {number} is {_short(sentence)}: expected a list of tokens, such as "
                f"line.split()"
            )
        words = list(sentence)
        try:
            text = "".join(words).encode()
        except (TypeError, UnicodeEncodeError) as error:
            raise ValueError(f"sentence {number} must be a list of str tokens: {error}") from None
        if b"\0" in text or not all(words):
            raise ValueError(
                f"sentence {number} has an empty token or one with a NUL character: leave them "
                f"out (line.split() does not make any, line.split(' ') does)"
            )
        tokens += words
        tokens.append(_END)
        size += len(text)
        if size >= _CHUNK_BYTES:
            yield pa.array(tokens, pa.string()).dictionary_encode()
            tokens, size = [], 0
    yield pa.array(tokens, pa.string()).dictionary_encode()


def _file_chunks(
    paths: Sequence[AnyPath], progress: Progress | None
) -> Iterator[pa.DictionaryArray]:
    sizes = [_size(path) for path in paths]
    before = [0, *itertools.accumulate(sizes)]
    for path, start in zip(paths, before, strict=False):
        for chunk, position in _tokens(path):
            if progress is not None:
                progress(start + position, before[-1])
            yield chunk.dictionary_encode()


def _size(path: AnyPath) -> int:
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"expected only paths, as the first one is, got {_short(path)}")
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder: expected a text file, or a list of them")
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"no such file: {_short(os.fspath(path))}. A str, alone or in a list, is the path of a "
            f"text file; sentences are lists of tokens, such as [line.split() for line in lines]"
        )
    return os.path.getsize(path)


def _tokens(path: AnyPath) -> Iterator[tuple[pa.Array, int]]:
    """The tokens of a file between white space, with _END for each line end and two at its end.

    Beside each chunk stands the position in the file on disk.
    """
    tail = b""  # the bytes of a character that is still incomplete
    word = ""  # a word that the next block may continue
    offset = 0  # where tail lies in the text
    position = 0
    for block, position in _blocks(path):
        block = tail + block
        text, used = _decode(block, path, offset, final=False)
        tail = block[used:]
        offset += used
        text = (word + text.replace("\n", f" {_END} ")).lstrip()
        # Arrow makes empty tokens of white space at either end: the dot stands for the next block.
        chunk = pc.utf8_split_whitespace(pa.array([text + "."])).values
        word = chunk[len(chunk) - 1].as_py()[:-1]
        chunk = chunk.slice(0, len(chunk) - 1)
        _refuse_endless_words(chunk, word, path, offset)
        yield chunk, position
    _decode(tail, path, offset, final=True)
    chunk = pa.array([word] * bool(word) + [_END, _END])
    _refuse_endless_words(chunk, "", path, offset)
    yield chunk, position


def _blocks(path: AnyPath) -> Iterator[tuple[bytes, int]]:
    """The unpacked bytes of a file, and how far into the file on disk they reach."""
    with open(path, "rb") as file, _unpacked(file, path) as stream:
        done = 0
        while True:
            try:
                block = stream.read(_CHUNK_BYTES)
            except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError) as error:
                raise ValueError(
                    f"{path}: the archive is truncated or damaged ({error}): pack it anew"
                ) from error
            if not block:
                return
            done += len(block)
            yield block, file.tell() if file.seekable() else done


def _unpacked(file: BufferedReader, path: AnyPath) -> BufferedIOBase:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=file)
    return lzma.LZMAFile(file) if suffix == ".xz" else file


def _decode(block: bytes, path: AnyPath, offset: int, *, final: bool) -> tuple[str, int]:
    try:
        text, used = codecs.utf_8_decode(block, "strict", final)
        bad = block.find(b"\0")
    except UnicodeDecodeError as error:
        bad = block.find(b"\0", 0, error.start)
        bad = error.start if bad < 0 else bad
    if bad >= 0:
        what = "a NUL byte" if block[bad] == 0 else f"byte 0x{block[bad]:02x}, invalid UTF-8"
        raise ValueError(
            f"{path}: {what} at byte {offset + bad:,}: expected text in UTF-8. Convert it first "
            f"(iconv -t UTF-8); packed text is recognised by the suffix .gz or .xz"
        )
    return (text[1:] if offset == 0 and text.startswith("\ufeff") else text), used


def _refuse_endless_words(chunk: pa.Array, word: str, path: AnyPath, offset: int) -> None:
    longest = max(len(word), pc.max(pc.binary_length(chunk)).as_py() or 0)
    if longest > _LONGEST_WORD:
        raise ValueError(
            f"{path}: a word of more than {_LONGEST_WORD:,} bytes before byte {offset:,}: is this "
            f"text? Words must be separated by white space"
        )


def _prose(chunks: Iterable[pa.DictionaryArray]) -> Iterator[pa.DictionaryArray]:
    """Split white-space tokens into words and sentence ends; _END in, a line end, is not one out.

    Each distinct token of a chunk is split once. Tokens are whole, so that no rule can meet the
    edge of a chunk, except an empty line: two line ends without a token between them.
    """
    after_line = False
    for chunk in chunks:
        indices = chunk.indices.to_numpy()
        if not len(indices):
            continue
        line = indices == pc.index(chunk.dictionary, _END).as_py()
        empty = line & np.concatenate([[after_line], line[:-1]])
        after_line = bool(line[-1])

        split = _split(chunk.dictionary)
        words = split.values.dictionary_encode()
        rows = pa.ListArray.from_arrays(split.offsets, words.indices)
        flat = rows.take(pa.array(indices[~line | empty])).flatten().to_numpy()
        yield pa.DictionaryArray.from_arrays(flat, words.dictionary)


def _split(tokens: pa.Array) -> pa.ListArray:
    """The words of each token, then _END where it ends a sentence."""
    text = pc.replace_substring(pc.utf8_lower(tokens), "’", "'")
    text = pc.replace_substring_regex(text, r"""[.!?]["')\]}”»]*$""", f" {_END}")
    text = pc.replace_substring_regex(text, r"[^\pL\pM\pN'\x00]+|''+", " ")
    lists = pc.utf8_split_whitespace(text)
    words = pc.utf8_trim(lists.values, "'")
    kept = pc.not_equal(words, "")
    kept_before = np.concatenate([[0], np.cumsum(kept.to_numpy(zero_copy_only=False))])
    offsets = kept_before[lists.offsets.to_numpy()].astype(np.int32)
    return pa.ListArray.from_arrays(offsets, words.filter(kept))


def _short(value: object) -> str:
    return reprlib.repr(value)
