"""From many dimensions to the two of a picture. t-SNE and UMAP come with extras of that name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from jw2v.choices import Projector
from jw2v.reading.vocabulary import UnknownWordError
from jw2v.storage import kept
from jw2v.storage.fingerprints import fingerprint
from jw2v.vectors.neighbours import nearest, to_unit
from jw2v.vectors.words import WordVectors

__all__ = ["Projection", "Stage", "choose", "pca", "project", "silent"]

Floats = npt.NDArray[np.floating[Any]]

Stage: TypeAlias = Callable[[str, float | None], object]
"""Is told what is being done, and which fraction of it is; None where nobody knows."""

_NEIGHBOURS = 15  # of each word in the graph
_FEWEST = {"pca": 2, "graph": 2, "tsne": 3, "umap": 4}
_NAMES = {"graph": "neighbour graph", "tsne": "t-SNE", "umap": "UMAP"}
_MADE = "1"
"""Changes when other places are made of the same vectors, so that kept ones are made anew."""


def silent(stage: str, fraction: float | None) -> None:
    """Tells nobody."""


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


def project(
    vectors: Floats,
    method: Projector = "pca",
    seed: int = 0,
    *,
    progress: Stage = silent,
    cache: Path | None = None,
) -> Projection:
    """Lay vectors out in the plane.

    Args:
        vectors: [n, dim], n ≥ 2; n ≥ 3 for t-SNE and n ≥ 4 for UMAP.
        method: ``pca`` shows the two directions of most variance. The others keep together what is
            near by cosine, and pay with all larger distances: ``graph``
            (:func:`jw2v.pictures.layout.lay_out`), ``tsne`` and ``umap``.
        seed: of all but PCA; the same seed gives the same picture on one machine.
        progress: is told how far it is.
        cache: a folder in which places are kept, and found by the next call for the same vectors,
            method and seed. PCA needs none.

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
    rows = _unit_rows(vectors)
    layout = {"graph": _graph, "tsne": _tsne, "umap": _umap}[method]

    def make() -> kept.Arrays:
        return {"places": np.asarray(layout(rows, seed, progress), np.float64)}

    def fits(found: kept.Arrays) -> bool:
        places = found["places"]
        return places.shape == (len(rows), 2) and bool(np.isfinite(places).all())

    digest = fingerprint(["places", _MADE, method, str(seed), str(rows.shape), rows])
    coordinates = kept.arrays(cache, digest, make, fits)["places"]
    name = "Neighbour graph" if method == "graph" else _NAMES[method]
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


def _graph(rows: npt.NDArray[np.float32], seed: int, progress: Stage) -> Floats:
    # Here, since JAX takes long to import.
    from jw2v.pictures.layout import lay_out

    n = len(rows)
    k = max(1, min(_NEIGHBOURS, (n - 1) // 3))
    near, _ = nearest(
        to_unit(rows).astype(np.float32),
        k,
        progress=lambda done: progress(f"neighbours of {n:,} words", done),
    )
    title = f"{_NAMES['graph']} of {n:,} words"
    return lay_out(near, _two_axes(rows), seed, lambda done: progress(title, done))


def _two_axes(rows: npt.NDArray[np.float32]) -> Floats:
    """What :func:`pca` finds, in less time and with less care."""
    centred = rows - rows.mean(axis=0)
    axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))[1][:, :-3:-1]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    places = np.zeros((len(rows), 2))
    places[:, : axes.shape[1]] = centred @ axes
    return places


def _tsne(rows: npt.NDArray[np.float32], seed: int, progress: Stage) -> Floats:
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise _missing("t-SNE", "scikit-learn", "tsne", error) from error
    start = pca(rows)[0]
    # The start of the reference implementation: small, so that early steps can rearrange all.
    start *= 1e-4 / (start[:, 0].std() or 1.0)
    model = TSNE(perplexity=min(30.0, (len(rows) - 1) / 3), init=start.astype(np.float32))
    progress(f"{_NAMES['tsne']} of {len(rows):,} words", None)
    layout: Floats = model.set_params(random_state=seed).fit_transform(rows)
    return layout


def _umap(rows: npt.NDArray[np.float32], seed: int, progress: Stage) -> Floats:
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
    progress(f"{_NAMES['umap']} of {len(rows):,} words", None)
    layout: Floats = model.fit_transform(rows)
    return layout


def _missing(method: str, package: str, extra: str, error: ImportError) -> ImportError:
    return ImportError(f"{method} needs {package} ({error}): pip install 'jw2v[{extra}]'")
