"""What ``python -m derivations`` proves, a statement or a program a job, on up to four cores."""

import os
import time
from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from derivations import failures, statements

__all__ = ["Outcome", "begin"]


class Outcome(NamedTuple):
    """What came of a job."""

    problems: list[str]
    seconds: float
    rows: list[tuple[str, ...]]
    """of a program: one for each of its traces, to print"""


def begin(ids: Iterable[str]) -> tuple[list[Future[Outcome]], list[Future[Outcome]]]:
    """Begins to prove some statements and then every program, each in its order."""
    from derivations.programs.claims import claims  # which imports JAX

    # The longest proof takes a fifth of the time of all: more processes would only take memory.
    pool = ProcessPoolExecutor(min(4, os.cpu_count() or 1), get_context("spawn"))
    proofs = [pool.submit(_statement, id) for id in ids]
    programs = [pool.submit(_program, name) for name in claims()]
    pool.shutdown(wait=False)  # it ends by itself
    return proofs, programs


def _statement(id: str) -> Outcome:
    began = time.perf_counter()
    problems = failures(statements()[id])
    return Outcome(problems, time.perf_counter() - began, [])


def _program(name: str) -> Outcome:
    """Proves that a program is its statement, and tells for which sizes."""
    from derivations.programs.claims import claims
    from derivations.programs.reader import equations

    rows: list[tuple[str, ...]] = []
    problems: list[str] = []
    began = time.perf_counter()
    for claim in claims()[name].variants():
        start = time.perf_counter()
        program = claim.traced()
        found = [f"{claim.name}: {e}" for e in claim.differences(program)]
        problems += found
        rows.append(
            (
                claim.name,
                f"{equations(program)}",
                ", ".join(claim.ids),
                claim.for_every,
                "; ".join(claim.given),
                f"{time.perf_counter() - start:.1f}",
                "NOT PROVED" if found else "proved",
            )
        )
    return Outcome(problems, time.perf_counter() - began, rows)
