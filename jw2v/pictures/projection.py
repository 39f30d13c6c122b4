"""From many dimensions to the two of a picture. t-SNE and UMAP come with extras of that name."""

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from jw2v.choices import Projector
from jw2v.reading.vocabulary import UnknownWordError
from jw2v.vectors.neighbours import Directions, best, to_unit
from jw2v.vectors.words import WordVectors

__all__ = ["Projection", "choose", "nearest", "pca", "project"]

Floats = npt.NDArray[np.floating[Any]]

_BLOCK = 1024  # rows compared at once with all the others
_FEWEST = {"pca": 2, "tsne": 3, "umap": 4}


class Projection(NamedTuple):
    """Words in the plane."""

    coordinates: npt.NDArray[np.float64]
    """[n, 2]"""
    axes: tuple[str, str]
    """what to write along each axis"""
    measured: bool
    """whether lengths along the axes mean anything"""


def choose(vectors: WordVectors, words: Sequence[str]) -> tuple[list[str], Floats]:
    """The different words among ``words``, and their vectors [n, dim].

    Raises:
        KeyError: words that have no vector, all of them named.
        ValueError: fewer than two words.
    """
    if isinstance(words, str):
        raise ValueError(f"expected a list of words to draw, got the str {words!r}")
    chosen = list(dict.fromkeys(words))
    if missing := [word for word in chosen if word not in vectors]:
        raise UnknownWordError(missing, vectors.words)
    if len(chosen) < 2:
        raise ValueError(f"a picture needs at least 2 different words, got {chosen}")
    return chosen, np.stack([vectors[word] for word in chosen])


def project(vectors: Floats, method: Projector = "pca", seed: int = 0) -> Projection:
    """Lay vectors out in the plane.

    Args:
        vectors: [n, dim], n ≥ 2; n ≥ 3 for t-SNE and n ≥ 4 for UMAP.
        method: ``pca`` shows the two directions of most variance; ``tsne`` and ``umap`` keep
            together what is near by cosine, and pay with all larger distances.
        seed: of t-SNE and UMAP; the same seed gives the same picture on one machine.

    Raises:
        ValueError: too few vectors, vectors that are not finite, or another method.
        ImportError: the extra ``tsne`` or ``umap`` is not installed.

    Source: van der Maaten and Hinton, Visualizing Data using t-SNE (2008); McInnes, Healy and
    Melville, UMAP (2018).
    """
    if method not in get_args(Projector):
        raise ValueError(f"method must be one of {', '.join(get_args(Projector))}, got {method!r}")
    _check(vectors, method)
    if method == "pca":
        coordinates, explained = pca(vectors)
        first, second = (f"{share:.1%} of the variance" for share in explained)
        axes = (f"First principal component ({first})", f"Second principal component ({second})")
        return Projection(coordinates, axes, measured=True)
    layout = _tsne if method == "tsne" else _umap
    name = "t-SNE" if method == "tsne" else "UMAP"
    coordinates = np.asarray(layout(_unit_rows(vectors), seed), np.float64)
    return Projection(coordinates, (f"{name}: only nearness has a meaning", ""), measured=False)


def pca(vectors: Floats) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The two directions in which vectors differ most.

    Definition: the first two left singular vectors of the centred vectors, times their singular
    values. The entry of largest size in each direction is positive, so that the picture of the
    same vectors is never mirrored. A direction that does not exist has coordinates 0.

    Args:
        vectors: [n, dim], n ≥ 2.

    Returns:
        Coordinates [n, 2], and the share of the variance that each of the two axes explains, [2].

    >>> coordinates, explained = pca(np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]))
    >>> coordinates.round(6).tolist(), explained.round(6).tolist()
    ([[-5.0, 0.0], [0.0, 0.0], [5.0, 0.0]], [1.0, 0.0])
    """
    _check(vectors, "pca")
    largest = float(np.abs(vectors).max()) or 1.0
    scaled = vectors.astype(np.float64) / largest
    scaled -= scaled.mean(axis=0)
    left, sizes, directions = np.linalg.svd(scaled, full_matrices=False)
    extreme = np.abs(directions).argmax(axis=1)
    signs = np.where(directions[np.arange(len(directions)), extreme] < 0, -1.0, 1.0)
    found = min(2, len(sizes))
    coordinates, explained = np.zeros((len(vectors), 2)), np.zeros(2)
    # Singular values of rounding noise are no directions; + 0.0 turns −0 into 0.
    real = sizes > sizes[0] * max(scaled.shape) * np.finfo(np.float64).eps
    coordinates[:, :found] = (left * (sizes * signs * real) * largest)[:, :found] + 0.0
    if real[0]:
        explained[:found] = ((sizes * real) ** 2 / (sizes**2).sum())[:found]
    return coordinates, explained


def nearest(vectors: Floats, n: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """For each vector the ``n`` other ones of largest cosine, the largest first.

    Args:
        vectors: [m, dim], finite.
        n: below m.

    Returns:
        Their row numbers and cosines, [m, n] both. The cosine with a zero vector counts as 0. Equal
        cosines keep the order of the vectors.

    >>> rows, cosines = nearest(np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 4.0]]), 1)
    >>> rows.ravel().tolist(), cosines.ravel().astype(float).round(4).tolist()
    ([2, 2, 1], [0.6, 0.8, 0.8])
    """
    directions, units = Directions(vectors), to_unit(vectors)
    rows = np.empty((len(units), n), np.intp)
    cosines = np.empty((len(units), n), np.float32)
    for start in range(0, len(units), _BLOCK):
        for row, found in enumerate(directions.cosines(units[start : start + _BLOCK]), start):
            found[row] = -np.inf  # nobody is a neighbour of itself
            rows[row] = best(found, n)
            cosines[row] = found[rows[row]]
    return rows, cosines


def _check(vectors: Floats, method: str) -> None:
    fewest = _FEWEST[method]
    if vectors.ndim != 2 or len(vectors) < fewest or not vectors.shape[1]:
        raise ValueError(
            f"{method} needs at least {fewest} vectors, got an array of shape {vectors.shape}"
        )
    if not np.isfinite(vectors).all():
        raise ValueError(f"{method} needs finite vectors, got NaN or infinite entries")


def _unit_rows(vectors: Floats) -> npt.NDArray[np.float32]:
    """Directions: distances between them grow as cosines fall. A zero vector stays zero.

    Rounded otherwise than by :func:`jw2v.vectors.neighbours.to_unit`: layouts tell last bits apart.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    rows = vectors / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _tsne(rows: npt.NDArray[np.float32], seed: int) -> Floats:
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise _missing("t-SNE", "scikit-learn", "tsne", error) from error
    start = pca(rows)[0]
    # The start of the reference implementation: small, so that early steps can rearrange all.
    start *= 1e-4 / (start[:, 0].std() or 1.0)
    model = TSNE(perplexity=min(30.0, (len(rows) - 1) / 3), init=start.astype(np.float32))
    layout: Floats = model.set_params(random_state=seed).fit_transform(rows)
    return layout


def _umap(rows: npt.NDArray[np.float32], seed: int) -> Floats:
    try:
        from umap import UMAP
    except ImportError as error:
        raise _missing("UMAP", "umap-learn", "umap", error) from error
    # One job, because several would not repeat themselves; a start at random where the spectrum
    # of so few vectors is not enough.
    few = len(rows) < 20
    model = UMAP(
        n_neighbors=min(15, len(rows) - 1),
        init="random" if few else "spectral",
        random_state=seed,
        n_jobs=1,
    )
    layout: Floats = model.fit_transform(rows)
    return layout


def _missing(method: str, package: str, extra: str, error: ImportError) -> ImportError:
    return ImportError(f"{method} needs {package} ({error}): pip install 'jw2v[{extra}]'")
