"""Exact against approximate search for the nearest words: recall, speed, time to build, memory.

    python benchmarks/nearest.py --words 100000 --dim 100
    python benchmarks/nearest.py --words 1000000 --dim 300 --like vectors.safetensors

Needs the libraries that are compared (usearch, faiss-cpu, hnswlib); `--only` names some. Vectors
are random, which is the worst case for a graph, or with --like they are vectors of that file, each
turned into DIM dimensions and moved by a random vector of NOISE times its length, as often as makes
WORDS of them. A question is a word of the table, as most are, or the sum of two less a third, both
in equal parts; recall is the part of the ten nearest by exact search that is found, for words
without the word itself. Each library builds in a process of its own with all processors, and is
then asked one question at a time, and many at once. Times are wall time, and processor time of all
threads together, which other programs on the machine change less. Memory is what the process grew
by, the library's own copy of the vectors included.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jw2v.vectors.neighbours import Directions, best, to_unit

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Search = Callable[[Floats], Rows]

FOUND = 11
"""Nearest that are asked for: ten, and the word itself."""
NOISE = 0.7
LINKS = 16
"""Links of a node of a graph, of which its lowest level has twice as many."""
BUILDING = 128
"""Candidates that are looked at for a node when a graph is built."""
EFFORTS = (64, 256, 1024)
"""Candidates that a graph looks at for a question."""
PROBES = (8, 32, 128)
"""Lists that an inverted file looks through for a question."""
TRAINED_BY = 40
"""Vectors for each list of an inverted file by which its middle is found."""
MIB = 2**20


class Result(NamedTuple):
    """How one library did with one effort."""

    library: str
    build: float
    processor: float
    memory: float
    effort: int
    of_words: float
    of_sums: float
    alone: float
    alone_processor: float
    together: float

    def __str__(self) -> str:
        return (
            f"{self.library:<12} build {self.build:6.1f} s, processor {self.processor:6.1f} s"
            f" {self.memory:6.0f} MiB  effort {self.effort:>4}  recall@10 words {self.of_words:.3f}"
            f" sums {self.of_sums:.3f}  a question {self.alone:8.3f} ms, processor"
            f" {self.alone_processor:8.3f} ms; {self.together:8.1f} questions/s together"
        )


def made(words: int, dim: int, like: str | None, seed: int) -> Floats:
    """Vectors of length 1, [words, dim]."""
    rng = np.random.default_rng(seed)
    rows = np.empty((words, dim), np.float32)
    if like is not None:
        from jw2v import load

        real = to_unit(np.asarray(load(like).vectors, np.float32))
        turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0][: real.shape[1]].astype(np.float32)
    for start in range(0, words, 10_000):
        part = rows[start : start + 10_000]
        part[:] = rng.standard_normal(part.shape, np.float32)
        if like is not None:
            part *= NOISE / np.sqrt(dim)
            part += real[np.arange(start, start + len(part)) % len(real)] @ turn
        part[:] = to_unit(part)
    return rows


def asked(rows: Floats, number: int, seed: int) -> Floats:
    """Questions, [number, dim]: words, then sums."""
    chosen = np.random.default_rng(seed).integers(len(rows), size=(3, number))
    words = rows[chosen[0]]
    sums = to_unit(words + rows[chosen[1]] - rows[chosen[2]])
    return np.concatenate([words[: number // 2], sums[number // 2 :]])


def exact(rows: Floats, _: int) -> Iterator[tuple[int, Search]]:
    """The search of jw2v."""
    directions = Directions(rows)

    def search(questions: Floats) -> Rows:
        found = []
        for start in range(0, len(questions), directions.at_once()):
            scores = directions.cosines(questions[start : start + directions.at_once()])
            found += [best(each, FOUND) for each in scores]
        return np.array(found)

    yield 0, search


def of_usearch(rows: Floats, threads: int, dtype: str) -> Iterator[tuple[int, Search]]:
    """A graph of usearch, whose copy of the vectors has numbers of this type."""
    index = import_module("usearch.index").Index(
        ndim=rows.shape[1], metric="ip", dtype=dtype, connectivity=LINKS, expansion_add=BUILDING
    )
    index.add(np.arange(len(rows)), rows, threads=threads)
    for effort in EFFORTS:
        index.expansion_search = effort
        yield (
            effort,
            lambda questions: index.search(questions, FOUND).keys.reshape(len(questions), -1),
        )


def of_hnswlib(rows: Floats, threads: int) -> Iterator[tuple[int, Search]]:
    """A graph of hnswlib."""
    index = import_module("hnswlib").Index("ip", rows.shape[1])
    index.init_index(len(rows), ef_construction=BUILDING, M=LINKS)
    index.add_items(rows, num_threads=threads)
    for effort in EFFORTS:
        index.set_ef(effort)
        yield effort, lambda questions: index.knn_query(questions, FOUND)[0].astype(np.int64)


def of_faiss(rows: Floats, threads: int, kind: str) -> Iterator[tuple[int, Search]]:
    """A graph or an inverted file of faiss, as its factory of indexes names it."""
    faiss = import_module("faiss")
    faiss.omp_set_num_threads(threads)
    index = faiss.index_factory(rows.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    graph = kind.startswith("HNSW")
    if graph:
        index.hnsw.efConstruction = BUILDING
    else:
        index.train(rows[:: max(1, len(rows) // (TRAINED_BY * lists(len(rows))))])
    index.add(rows)
    for effort in EFFORTS if graph else PROBES:
        if graph:
            index.hnsw.efSearch = effort
        else:
            index.nprobe = effort
        yield effort, lambda questions: index.search(questions, FOUND)[1]


def lists(words: int) -> int:
    """Of an inverted file, as faiss recommends."""
    return int(4 * np.sqrt(words))


LIBRARIES: dict[str, Callable[[Floats, int], Iterator[tuple[int, Search]]]] = {
    "exact": exact,
    "usearch-f32": lambda rows, threads: of_usearch(rows, threads, "f32"),
    "usearch-f16": lambda rows, threads: of_usearch(rows, threads, "f16"),
    "hnswlib": of_hnswlib,
    "faiss-hnsw": lambda rows, threads: of_faiss(rows, threads, f"HNSW{LINKS}"),
    "faiss-ivf": lambda rows, threads: of_faiss(rows, threads, f"IVF{lists(len(rows))},Flat"),
}


def measured(library: str, folder: str, threads: int, seconds: float) -> list[Result]:
    """Build and ask, in a process that does nothing else."""
    rows, questions = (np.load(Path(folder, name)) for name in ("rows.npy", "questions.npy"))
    truth = np.load(Path(folder, "truth.npy")) if library != "exact" else None
    before, began, used = resident(), time.perf_counter(), time.process_time()
    results = []
    build = processor = 0.0
    for effort, search in LIBRARIES[library](rows, threads):
        if not build:
            build, processor = time.perf_counter() - began, time.process_time() - used
        memory = (resident() - before) / MIB
        began = time.perf_counter()
        found = search(questions)
        together = len(questions) / (time.perf_counter() - began)
        began, used, alone = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - began < seconds:
            search(questions[alone % len(questions)][None])
            alone += 1
        a_question = 1e3 * (time.perf_counter() - began) / alone
        used = 1e3 * (time.process_time() - used) / alone
        if truth is None:
            truth = found
            np.save(Path(folder, "truth.npy"), truth)
        half = len(questions) // 2
        of_words = recall(found[:half], truth[:half, 1:])
        of_sums = recall(found[half:], truth[half:, :-1])
        results.append(
            Result(
                library,
                build,
                processor,
                memory,
                effort,
                of_words,
                of_sums,
                a_question,
                used,
                together,
            )
        )
        print(results[-1], flush=True)
    return results


def recall(found: Rows, truth: Rows) -> float:
    """The part of the true ones that was found."""
    return float(np.mean([np.isin(t, f).mean() for f, t in zip(found, truth, strict=True)]))


def resident() -> int:
    """Bytes of memory that this process holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def main() -> None:
    """Make vectors, then build and ask with each library."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--like", help="file of real vectors to move at random")
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--only", nargs="*", default=list(LIBRARIES), choices=list(LIBRARIES))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=5.0, help="of asking one at a time")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(f"{args.words:,} x {args.dim}, like {args.like or 'nothing: random'}", flush=True)
    with tempfile.TemporaryDirectory(prefix="jw2v-nearest-") as folder:
        rows = made(args.words, args.dim, args.like, args.seed)
        np.save(Path(folder, "rows.npy"), rows)
        np.save(Path(folder, "questions.npy"), asked(rows, args.questions, args.seed + 1))
        del rows
        for library in dict.fromkeys(["exact", *args.only]):  # truth first
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                pool.submit(measured, library, folder, args.threads, args.seconds).result()


if __name__ == "__main__":
    main()
