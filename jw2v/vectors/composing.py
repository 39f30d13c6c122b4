"""Vectors and predictions of several words together: means, sentences, the word between others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from jw2v.choices import Model
from jw2v.vectors import given
from jw2v.vectors.given import Vector

__all__ = ["Unknown", "frequencies_of", "mean", "predicted", "smooth_inverse_frequency"]

Unknown: TypeAlias = Literal["raise", "skip"]
"""What to do about words of a sentence that have no vector."""
Floats: TypeAlias = npt.NDArray[np.float64]

_BLOCK = 2**22
"""Numbers of a table that are widened at one time."""


def mean(vectors: Vector | Sequence[Vector], weights: Floats) -> Floats:
    """The weighted sum of vectors: 0 where they cancel, of which rounding leaves a little.

    Definition: Σ wᵢ vᵢ, in float64. Weights whose magnitudes add up to 1 make it a mean.

    Args:
        vectors: [n, dim].
        weights: [n].

    >>> mean(np.array([[1.0, 2.0], [3.0, 6.0]]), np.array([0.5, 0.5])).tolist()
    [2.0, 4.0]
    """
    rows = np.array(vectors, np.float64)
    largest = float(np.abs(rows).max()) or 1.0  # without which huge ones overflow
    rows /= largest
    found: Floats = weights @ rows
    left = 4 * np.finfo(np.float64).eps * (np.abs(weights) @ np.linalg.norm(rows, axis=1))
    return found * largest if np.linalg.norm(found) > left else np.zeros_like(found)


def smooth_inverse_frequency(frequencies: Floats, a: float) -> Floats:
    """Weights of words by which frequent ones count less: a / (a + p(w)).

    Args:
        frequencies: p(w), which part of a text each word is, 0 to 1.
        a: above 0; 1e-3 in the paper.

    Raises:
        ValueError: ``a`` is not a finite number above 0.

    Source: Arora et al., A Simple but Tough-to-Beat Baseline for Sentence Embeddings (2017).

    >>> smooth_inverse_frequency(np.array([0.0, 0.001, 0.009]), 1e-3).round(6).tolist()
    [1.0, 0.5, 0.1]
    """
    number = isinstance(a, int | float | np.number) and not isinstance(a, bool)
    if not (number and 0 < a < np.inf):
        raise ValueError(f"sif must be a finite number above 0, such as 1e-3, got {a!r}")
    return a / (a + frequencies)


def frequencies_of(
    frequencies: Mapping[str, float] | npt.ArrayLike | None,
    counts: npt.NDArray[np.int64] | None,
    words: Sequence[str],
) -> Floats:
    """p(w) of each word, as given or else by its count.

    Raises:
        ValueError: neither is known, or what is given is not one number from 0 to 1 for each word,
            in their order or by word.
    """
    if frequencies is None:
        if counts is None or not counts.any():
            raise ValueError(
                "weights by frequency need to know how often each word occurs, and these vectors"
                " have no counts: give frequencies, the part of a text that each word is, or make"
                " WordVectors(words, vectors, counts=...)"
            )
        shares: Floats = counts / counts.sum(dtype=np.float64)
        return shares
    listed = given.for_words(frequencies, words, "frequency", "frequencies")
    found: npt.NDArray[Any] = np.asarray(listed)
    masked = isinstance(frequencies, np.ma.MaskedArray)
    if masked or found.dtype.kind not in "fiu" or found.shape != (len(words),):
        raise ValueError(
            f"expected a frequency for each of {len(words):,} words, in their order, got an array"
            f" of shape {found.shape} and type {found.dtype}"
        )
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError(
            "frequencies are parts of a text, from 0 to 1: divide counts by the length of the text,"
            " or make WordVectors(words, vectors, counts=...)"
        )
    return found.astype(np.float64)


def predicted(context: Vector, U: Vector, model: Model) -> Floats:
    """How probable each word is between some others, [vocab].

    Definition: softmax(U h), where h is the mean of the center vectors of the context, or their sum
    for ``"cbow-sum"``. CBOW by naive softmax learns exactly this. Of skip-gram, which predicts from
    one word at a time, it is the geometric mean of its predictions from each, scaled to add up to
    1; and with negative sampling the numbers rank words, but are no frequencies of a text.

    Args:
        context: [n, dim], the center vectors of the words around.
        U: [vocab, dim], the outside vectors of all words.
        model: what was trained.

    Raises:
        ValueError: a product is beyond the largest float64.

    >>> predicted(np.eye(2), np.array([[0.0, 0.0], [2.0, 2.0]]), "cbow").round(3).tolist()
    [0.119, 0.881]
    """
    n, dim = context.shape
    h = mean(context, np.full(n, 1.0 if model == "cbow-sum" else 1 / n))
    step = max(1, _BLOCK // dim)
    parts = (U[start : start + step].astype(np.float64) for start in range(0, len(U), step))
    with np.errstate(over="ignore", invalid="ignore"):
        logits = np.concatenate([part @ h for part in parts])
    if not np.isfinite(logits).all():
        raise ValueError("the vectors are too large for a prediction: some products are infinite")
    odds: Floats = np.exp(logits - logits.max())
    odds /= odds.sum()
    return odds
