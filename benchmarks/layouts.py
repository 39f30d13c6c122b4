"""How well each layout keeps neighbours, in what time: ``python benchmarks/layouts.py VECTORS``.

Trustworthiness is scikit-learn's, of the 10 nearest words in the plane; for more than 5,000 words
it is that of 2,000 words drawn among them, by the same definition. Layouts whose package is not
installed are left out.
"""

import argparse
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jw2v import WordVectors
from jw2v.pictures.projection import project
from jw2v.vectors.neighbours import to_unit

Floats = npt.NDArray[np.floating[Any]]

NEAREST = 10
EXACT = 5000
DRAWN = 2000
PACKAGES: dict[str, tuple[str, ...]] = {
    "pca": (),
    "graph": (),
    "tsne": ("scikit-learn", "scipy"),
    "umap": ("umap-learn", "pynndescent", "numba", "llvmlite", "scikit-learn", "scipy"),
    "pacmap": ("pacmap", "faiss-cpu", "numba", "llvmlite", "scikit-learn", "scipy"),
}


def of_drawn(units: Floats, places: Floats, drawn: npt.NDArray[np.intp]) -> float:
    """Trustworthiness of some rows: 1 less the ranks beyond 10 of those near in the plane, scaled.

    Source: Venna and Kaski, Neighborhood Preservation in Nonlinear Projection Methods (2001).
    """
    n, excess = len(units), 0
    for row in drawn:
        cosines = units @ units[row]
        apart = ((places - places[row]) ** 2).sum(axis=1)
        cosines[row], apart[row] = -np.inf, np.inf
        ranks = np.empty(n, np.intp)
        ranks[np.argsort(-cosines)] = np.arange(1, n + 1)
        near = np.argpartition(apart, NEAREST)[:NEAREST]
        excess += int(np.maximum(0, ranks[near] - NEAREST).sum())
    return 1 - 2 * excess / (len(drawn) * NEAREST * (2 * n - 3 * NEAREST - 1))


def trustworthiness(units: Floats, places: Floats) -> float:
    """That of all rows where they are few, and else of some."""
    if len(units) > EXACT:
        drawn = np.random.default_rng(0).choice(len(units), DRAWN, replace=False)
        return of_drawn(units, places, drawn)
    from sklearn.manifold import trustworthiness

    return float(trustworthiness(units, places, n_neighbors=NEAREST))


def pacmap(units: Floats) -> Floats:
    """PaCMAP with its own defaults."""
    from pacmap import PaCMAP

    places: Floats = PaCMAP(random_state=0).fit_transform(units)
    return places


def megabytes(packages: tuple[str, ...]) -> float:
    """What packages take on the disk."""
    files = [file for name in packages for file in distribution(name).files or ()]
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vectors")
    parser.add_argument("--words", type=int, nargs="+", default=[5000, 50_000])
    parser.add_argument("--methods", nargs="+", default=list(PACKAGES), choices=list(PACKAGES))
    given = parser.parse_args()
    vectors = WordVectors.load(given.vectors)
    print("| words | layout | trustworthiness | wall, s | CPU, s | packages, MB |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for count in given.words:
        units = to_unit(np.asarray(vectors.vectors[:count])).astype(np.float32)
        for method in given.methods:
            try:
                size = megabytes(PACKAGES[method])
                began, used = time.perf_counter(), time.process_time()
                places = pacmap(units) if method == "pacmap" else project(units, method).coordinates
            except (ImportError, PackageNotFoundError) as error:
                print(f"{method} is left out: {error}")
                continue
            wall, cpu = time.perf_counter() - began, time.process_time() - used
            kept = trustworthiness(units, places)
            print(
                f"| {len(units):,} | {method} | {kept:.3f} | {wall:.0f} | {cpu:.0f} | {size:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
