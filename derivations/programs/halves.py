"""A batch worked on in two halves, whatever the objective, if it is a sum over examples."""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from derivations.engine import notation
from derivations.engine.notation import U, centers, d, i, w
from derivations.programs.arrays import declared, numbers, total
from derivations.programs.batches import no_key, place
from derivations.programs.claim import B, Claim, L, S
from jw2v.objectives.rows import Evaluation, Gradient, Rows, in_halves
from jw2v.params import Params

__all__ = ["claims_of_halves"]


def claims_of_halves() -> Iterator[Claim]:
    """Of batches of an even number of examples, of an odd one, and of one alone."""
    for name, size in (("even", 2 * B), ("odd", 2 * B + 1), ("1 example", sp.S.One)):
        yield _halves(name, size)


def _halves(name: str, size: sp.Expr) -> Claim:
    """The objective stays open: what it finds of each example is a column of the batch.

    So its loss and its pairs are sums over examples, and the entries of its rows belong to them.
    """
    told = f"_of_{name.split()[-1]}"
    loss, pairs = (declared(e + told, size) for e in ("losses", "counts"))
    rows = []
    for table, entries in (("V", L), ("U", S)):
        ids = declared(f"ids_of_{table}{told}", size, entries, within=notation.words)
        slopes = declared(f"slopes_of_{table}{told}", size, entries, d)
        rows.append((ids, slopes, declared(f"bends_of_{table}{told}", size, entries)))

    def program(V: Any, U: Any, *columns: Any) -> Any:
        asked: list[Any] = []

        def objective(params: Any, batch: Any, key: Any) -> Evaluation:
            asked.extend(params)
            loss, pairs, *entries = batch
            by_V, by_U = Rows(*entries[:3]), Rows(*entries[3:])
            return Evaluation(loss.sum(), pairs.sum(), Gradient(by_V, by_U))

        found = in_halves(objective)(Params(V, U), columns, no_key())
        return *asked, found.loss, found.pairs, *found.gradient.V, *found.gradient.U

    run = place(size)
    tables = ((w, i), centers[w, i]), ((w, i), U[w, i])
    sums = [((), total(column.__getitem__, size)) for column in (loss, pairs)]
    entries = []
    for of_table, count in zip(rows, (L, S), strict=True):
        at = place(count)
        ends = (run, at), (run, at, i), (run, at)
        entries += [(end, column[end]) for end, column in zip(ends, of_table, strict=True)]
    return Claim(
        f"objectives.rows.in_halves, {name}",
        program,
        tuple(map(numbers, (centers, U, loss, pairs, *rows[0], *rows[1]))),
        (*tables * (1 if size == 1 else 2), *sums, *entries),
    )
