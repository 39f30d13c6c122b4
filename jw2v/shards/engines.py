"""What runs a function over many shards: processes of this machine, Ray or Dask.

An engine is a function that yields the number of each item with what came of it, as they end. A
shard that fails does not end the others: its exception is yielded in the place of a result.
"""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import connection, get_context, parent_process
from typing import Any, TypeAlias, TypeVar

from jw2v.choices import Engine
from jw2v.storage import files

__all__ = ["Run", "dask", "named", "processes", "ray", "serial", "tried"]

T = TypeVar("T")
R = TypeVar("R")

TRIES = 3


Run: TypeAlias = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[tuple[int, Any]]]
"""An engine. What it runs and gives is pickled, so functions must be of a module."""
Found: TypeAlias = Iterator[tuple[int, R | Exception]]


def serial(function: Callable[[T], R], items: Sequence[T]) -> Found[R]:
    """One after the other, in this process.

    >>> list(serial(abs, [-1, 2]))
    [(0, 1), (1, 2)]
    """
    for number, item in enumerate(items):
        try:
            yield number, function(item)
        except Exception as error:
            yield number, error


def processes(
    function: Callable[[T], R], items: Sequence[T], workers: int | None = None
) -> Found[R]:
    """In processes of this machine, one a core if ``workers`` is left open.

    They are started anew, so a script that calls this keeps its own work below
    ``if __name__ == "__main__":``. A process that is killed, as for want of memory, fails the
    shards that were under way; the others go on in new ones. None outlives this one.
    """
    workers = min(_cores() if workers is None else workers, len(items))
    waiting = dict(enumerate(items))
    while waiting:
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin)
        running: dict[Future[R], int] = {}
        try:
            # No more are handed over than are under way: of a killed process, only these fail.
            while waiting or running:
                while waiting and len(running) < workers:
                    number = next(iter(waiting))
                    running[pool.submit(function, waiting[number])] = number
                    del waiting[number]
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                broken = [each for each in ended if _is_broken(each.exception())]
                for future in ended:
                    yield running.pop(future), _outcome(future)
                if broken:
                    yield from ((number, _outcome(each)) for each, number in running.items())
                    break
        except BrokenProcessPool:  # as the next was to be handed over
            waiting[number] = items[number]
            yield from ((number, _killed()) for number in running.values())
        finally:
            _end(pool)


def _begin() -> None:
    """In a new process: it ends with its parent, and leaves nothing half written."""

    def end(*_: object) -> None:
        files.abandon()
        os._exit(143)

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            connection.wait([parent.sentinel])
            end()

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal, meant for the parent
    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=watch, daemon=True).start()


def _end(pool: ProcessPoolExecutor) -> None:
    """End a pool at once: what it still does is wanted by nobody."""
    for process in [*(getattr(pool, "_processes", None) or {}).values()]:
        process.terminate()
    pool.shutdown(cancel_futures=True)


def _is_broken(error: BaseException | None) -> bool:
    return isinstance(error, BrokenProcessPool)


def _killed() -> Exception:
    return RuntimeError("the process that worked on it was killed: for want of memory, perhaps")


def _outcome(future: Future[Any]) -> Any:
    """The result of a future that has ended, or is about to, or its error."""
    error = future.exception()
    if _is_broken(error):
        return _killed()
    if isinstance(error, Exception):
        return error
    return future.result()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ray(function: Callable[[T], R], items: Sequence[T]) -> Found[R]:
    """As tasks of Ray: on the cluster that ``RAY_ADDRESS`` names, or on this machine.

    Raises:
        ImportError: Ray is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise ImportError(f"the engine ray ({error}): pip install 'jw2v[ray]'") from error

    ours = not ray.is_initialized()
    if ours:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level="error")
    try:
        # Tried again by us, who say so.
        task = ray.remote(max_retries=0)(_call)
        running = {task.remote(function, item): number for number, item in enumerate(items)}
        while running:
            [ended], _ = ray.wait([*running])
            number = running.pop(ended)
            try:
                yield number, ray.get(ended)
            except ray.exceptions.RayTaskError as error:
                yield number, error.cause
            except ray.exceptions.RayError as error:
                yield number, error
    finally:
        if ours:
            ray.shutdown()


def _call(function: Callable[[T], R], item: T) -> R:
    return function(item)  # a function of its own, which Ray asks for and a partial is not


def dask(function: Callable[[T], R], items: Sequence[T]) -> Found[R]:
    """As tasks of Dask: of the client that there is, of the scheduler that
    ``DASK_SCHEDULER_ADDRESS`` names, or on this machine.

    Raises:
        ImportError: Dask's ``distributed`` is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise ImportError(f"the engine dask ({error}): pip install 'jw2v[dask]'") from error

    try:
        client, ours = distributed.default_client(), False
    except ValueError:
        client, ours = distributed.Client(**_local(distributed)), True
    try:
        futures = client.map(function, items, pure=False, retries=0)
        numbers = {future: number for number, future in enumerate(futures)}
        for future in distributed.as_completed(futures):
            try:
                yield numbers[future], future.result()
            except Exception as error:
                yield numbers[future], error
    finally:
        if ours:
            client.close()


def _local(distributed: Any) -> Mapping[str, Any]:
    """How a client finds its workers: by Dask's own settings, or as processes that it starts."""
    import dask

    if dask.config.get("scheduler-address", None):
        return {}
    return {"n_workers": _cores(), "threads_per_worker": 1, "dashboard_address": None}


def named(engine: Engine | Run, workers: int | None = None) -> Run:
    """An engine by its name; one's own, such as :func:`serial`, is handed back.

    Args:
        engine: the name, or a function.
        workers: processes, for the engine of this name.

    Raises:
        ValueError: there is no such engine, or the number of workers is of another.
    """
    if workers is not None and (engine != "processes" or workers < 1):
        raise ValueError(
            f"workers={workers!r} is the number of processes, at least 1, of the engine processes"
        )
    if callable(engine):
        return engine
    if engine == "processes":
        return serial if workers == 1 else partial(processes, workers=workers)
    known: dict[str, Run] = {"ray": ray, "dask": dask}
    if engine not in known:
        raise ValueError(f"engine must be processes, ray or dask; got {engine!r}")
    return known[engine]


def tried(
    run: Run,
    function: Callable[[T], R],
    items: Sequence[T],
    name: Callable[[T], str],
    progress: Callable[[int], object] | None = None,
) -> list[R]:
    """The results of a function of items, each tried again if it fails.

    Args:
        run: the engine.
        function: what to do with each.
        items: shards, of which some may fail.
        name: what errors call an item.
        progress: told the number of each item that is done.

    Warns:
        UserWarning: an item failed, and is tried again.

    Raises:
        ValueError: some failed time and again; the others are done.
    """
    found: dict[int, R] = {}
    failed: dict[int, Exception] = {}
    waiting = [*range(len(items))]
    for tries in range(1, TRIES + 1):
        failed = {}
        for place, outcome in run(function, [items[number] for number in waiting]):
            number = waiting[place]
            if isinstance(outcome, Exception):
                failed[number] = outcome
                if tries < TRIES:
                    warnings.warn(
                        f"{name(items[number])} failed and is tried again: {_said(outcome)}",
                        UserWarning,
                        stacklevel=2,
                    )
                continue
            found[number] = outcome
            if progress is not None:
                progress(number)
        waiting = sorted(failed)
        if not waiting:
            return [found[number] for number in range(len(items))]
    each = "; ".join(f"{name(items[number])}: {_said(error)}" for number, error in failed.items())
    raise ValueError(
        f"{len(failed):,} of {len(items):,} shards failed, {TRIES} times each: {each}."
        f" {len(found):,} are finished and kept: mend those that failed, and give the same command"
        " again"
    )


def _said(error: Exception) -> str:
    said = str(error)
    if isinstance(error, OSError) and error.strerror:  # without "[Errno 2]"
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    lines = said.strip().splitlines() or [type(error).__name__]
    return lines[0]
