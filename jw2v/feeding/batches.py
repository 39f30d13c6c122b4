"""From ids to batches on the host: subsampling, then runs of text or windows, in chunks.

A chunk holds the batches of many steps, so that one call runs them all on the device. Chunks of
one epoch have the same shape; the last is padded. Everything random comes from the generator that
is passed in, so that the same seed gives the same chunks, whoever asks and however fast.
"""

import mmap
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from numpy.typing import NDArray

from jw2v.feeding.layouts import Bags, Segments, Windows
from jw2v.reading.corpus import SENTENCE_END

__all__ = [
    "Shape",
    "Text",
    "bags",
    "pieces",
    "prefetch",
    "random_windows",
    "segments",
    "subsampled",
    "windows",
]

_PIECE = 1 << 18
_PADDING = -1
_NUMBERS = 1 << 30
"""So many sentences have numbers of their own; only neighbours are ever compared."""

T = TypeVar("T")


class Shape(NamedTuple):
    """How many center words a chunk holds: steps x batch x length."""

    steps: int
    """steps in a chunk"""
    batch: int
    """examples in a step"""
    length: int
    """center words in an example: 1 for windows"""

    @property
    def examples(self) -> int:
        """Center words in a step."""
        return self.batch * self.length

    @property
    def words(self) -> int:
        """Center words in a chunk."""
        return self.steps * self.batch * self.length


class Text(NamedTuple):
    """Consecutive words, each with the number of its sentence."""

    words: NDArray[np.int32]
    sentence: NDArray[np.int32]


def subsampled(
    ids: NDArray[np.int32], keep: NDArray[np.float32], rng: np.random.Generator
) -> Iterator[Text]:
    """The words that survive subsampling, piece by piece.

    Args:
        ids: word ids with SENTENCE_END after each sentence.
        keep: for each word, the probability that an occurrence stays in the text.
        rng: draws which.
    """
    sentences = 0
    for piece in pieces(ids):
        ends = piece == SENTENCE_END
        sentence = np.cumsum(ends, dtype=np.int32) + np.int32(sentences)
        sentence %= _NUMBERS
        sentences = int(sentence[-1])
        kept = (rng.random(len(piece), dtype=np.float32) < keep[piece]) & ~ends
        yield Text(piece[kept], sentence[kept])


def pieces(ids: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """The ids a piece at a time; those of a mapped file do not stay in memory."""
    mapped = getattr(ids, "_mmap", None)
    for start in range(0, len(ids), _PIECE):
        yield ids[start : start + _PIECE]
        if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)


def segments(texts: Iterable[Text], shape: Shape, rng: np.random.Generator) -> Iterator[Segments]:
    """Chunks of runs of text, cut at an offset drawn uniformly.

    Every word is a center once. The runs of one step come from all over the chunk, because
    neighbours repeat each other's words and a step gains from different ones.
    """

    def dealt(column: NDArray[np.int32]) -> Array:
        runs = column.reshape(shape.batch, shape.steps, shape.length)
        return jnp.asarray(np.ascontiguousarray(runs.swapaxes(0, 1)))

    offset = int(rng.integers(shape.length))
    for words, sentence in _stretches(texts, shape.words, before=offset):
        yield Segments(dealt(words), dealt(sentence))


def windows(
    texts: Iterable[Text],
    shape: Shape,
    window: int,
    shrink: bool,
    rng: np.random.Generator,
    *,
    reach: int | None = None,
) -> Iterator[Windows]:
    """Chunks of windows of radius ``window``, or of a radius drawn from 1..window for each.

    Every word is a center once, and the windows of one step come from all over the chunk. Where no
    two words of a sentence are more than ``reach`` apart, places beyond it are left out: they are
    empty whatever the radius, which is still drawn from 1..window.
    """
    reach = window if reach is None else min(reach, window)
    offsets = np.delete(np.arange(-reach, reach + 1), reach)
    centers = np.arange(shape.words).reshape(shape.batch, shape.steps).T + reach
    for words, sentence in _stretches(texts, shape.words, before=reach, after=reach):
        smallest = 1 if shrink else window
        radius = rng.integers(smallest, window, size=(*centers.shape, 1), endpoint=True)
        around = centers[..., None] + offsets
        inside = sentence[centers][..., None]
        where = (np.abs(offsets) <= radius) & (sentence[around] == inside) & (inside != _PADDING)
        yield Windows(*map(jnp.asarray, (words[centers], words[around], where)))


def random_windows(text: Text, shape: Shape, window: int, rng: np.random.Generator) -> Windows:
    """A chunk of windows around random words, with radii drawn from 1..``window``.

    Each is around a uniform position of a uniform sentence of those that have more than one word.
    Words equal to the center are left out, and a window of which nothing is left is drawn again.

    Raises:
        ValueError: no sentence has two different words side by side, so that no window has a pair.
    """
    words, sentence = text
    if not ((np.diff(words) != 0) & (np.diff(sentence) == 0)).any():
        raise ValueError(
            "no window has a pair of words: expected a sentence with two different words side by"
            f" side; got {len(words)} words after subsampling and none. Give more text."
        )
    starts = np.flatnonzero(np.diff(sentence, prepend=-1))
    ends = np.append(starts[1:], len(words))
    long_enough = ends - starts > 1
    starts, ends = starts[long_enough], ends[long_enough]
    offsets = np.delete(np.arange(-window, window + 1), window)

    def draw(n: int) -> list[NDArray[Any]]:
        which = rng.integers(len(starts), size=n)
        low, high = starts[which, None], ends[which, None]
        center = rng.integers(low, high)
        radius = rng.integers(1, window, size=(n, 1), endpoint=True)
        around = center + offsets
        inside = (around >= low) & (around < high) & (np.abs(offsets) <= radius)
        outside = words[np.where(inside, around, center)]
        return [words[center[:, 0]], outside, inside & (outside != words[center])]

    drawn = draw(shape.words)
    while len(empty := np.flatnonzero(~drawn[2].any(1))):
        for column, again in zip(drawn, draw(len(empty)), strict=True):
            column[empty] = again
    of_each = (shape.steps, shape.batch)
    return Windows(*(jnp.asarray(x.reshape(*of_each, *x.shape[1:])) for x in drawn))


def bags(
    texts: Iterable[Text],
    shape: Shape,
    window: int,
    shrink: bool,
    rng: np.random.Generator,
    *,
    reach: int | None = None,
) -> Iterator[Bags]:
    """Chunks of runs of text, cut at an offset drawn uniformly, each with its surroundings.

    Every word has a bag once, of radius ``window`` or of one drawn from 1..window. The runs of one
    step come from all over the chunk. ``reach`` is as for :func:`windows`.
    """
    reach = window if reach is None else min(reach, window)
    starts = np.arange(shape.batch * shape.steps) * shape.length
    runs = starts.reshape(shape.batch, shape.steps).T[..., None]
    places = runs + np.arange(shape.length + 2 * reach)
    smallest = 1 if shrink else window
    offset = int(rng.integers(shape.length))
    for words, sentence in _stretches(texts, shape.words, before=reach + offset, after=reach):
        of_each = (shape.steps, shape.batch, shape.length)
        radius = rng.integers(smallest, window, size=of_each, endpoint=True, dtype=np.int32)
        yield Bags(*map(jnp.asarray, (words[places], sentence[places], radius)))


def prefetch(chunks: Iterable[T], depth: int = 2) -> Generator[T, None, None]:
    """The same chunks, made by a thread that runs up to ``depth`` of them ahead.

    Its numbers are as wide as the caller's: ``jax.enable_x64`` holds for one thread alone.
    """
    wide = jnp.result_type(float) == np.float64
    made: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(depth)
    stop = threading.Event()

    def put(item: tuple[T] | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                made.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def make() -> None:
        try:
            with jax.enable_x64(wide):
                for chunk in chunks:
                    if not put((chunk,)):
                        return
            put(None)
        except BaseException as error:  # handed to the consumer, who raises it
            put(error)

    thread = threading.Thread(target=make, name="jw2v batches", daemon=True)
    thread.start()
    try:
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        stop.set()
        thread.join()


def _stretches(texts: Iterable[Text], size: int, *, before: int, after: int = 0) -> Iterator[Text]:
    """The text in stretches of ``size`` words, each with what is around it.

    The first stretch begins with ``before`` words of padding. Each goes on for ``after`` words of
    the next, which begins with its last ``after`` words: with as many before as after, every word
    of the text has its neighbours on both sides. The last stretch is filled up with padding.
    """
    whole = size + 2 * after
    held = Text(np.zeros(before, np.int32), np.full(before, _PADDING, np.int32))
    for text in texts:
        held = Text(*map(np.concatenate, zip(held, text, strict=True)))
        while len(held.words) >= whole:
            yield Text(*(column[:whole] for column in held))
            held = Text(*(column[size:] for column in held))
    while len(held.words) > after:
        missing = max(0, whole - len(held.words))
        words = np.pad(held.words, (0, missing))[:whole]
        sentence = np.pad(held.sentence, (0, missing), constant_values=_PADDING)
        yield Text(words, sentence[:whole])
        held = Text(*(column[size:] for column in held))
