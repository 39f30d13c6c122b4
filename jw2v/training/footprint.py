"""What a run needs in memory, and whether it is there, before anything is allocated."""

import math
import os
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh

from jw2v import meshes
from jw2v.catalogue import output
from jw2v.config import Config
from jw2v.training.recipe import Recipe

__all__ = ["available", "check", "check_of_pairs", "least", "too_large"]

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where Linux says how much memory a container may have."""


def least(made: Recipe, config: Config, vocab: int) -> dict[str, int]:
    """Bytes that a run cannot do without: its tables, one step, and one chunk of its batches.

    Of a step only the largest arrays are counted, each once: the logits, and the rows of the
    gradient. What XLA holds beside these makes it several times as much.
    """
    planned, number = made.planned, np.dtype(config.dtype).itemsize
    shape, pairs = planned.shape, 2 * planned.reach
    draws = output(config.loss).draws_for(config.negatives)
    terms = 1 + draws
    if made.head.arrays:  # of a tree, whose paths take the place of drawn words
        terms = made.head.arrays["nodes"].shape[1]
    match planned.layout:
        case "segments":
            outside = shape.length + planned.shared
            logits = shape.examples * outside
            rows = shape.batch * (shape.length + outside) * made.width
            chunk = 2 * 4 * shape.words
        case "bags":
            span, predicted = shape.length + pairs, shape.length * terms
            each = span if config.model == "skip-gram" else 1  # of a bag predicts by itself
            logits = max(shape.examples * span, shape.batch * predicted * each)
            rows = shape.batch * (span + predicted * bool(made.head.arrays)) * made.width
            chunk = 4 * shape.steps * shape.batch * (2 * span + shape.length)
        case "edges":
            outside = terms + planned.shared
            logits = shape.examples * outside
            each = shape.batch * (2 * shape.length + planned.shared) if planned.fast else logits
            rows = each * made.width
            chunk = 3 * 4 * shape.words
        case "windows":
            logits = shape.batch * pairs * terms
            rows = shape.batch * made.width
            chunk = (4 + 1) * shape.words * pairs
    return {
        "tables": (vocab + made.head.height) * made.width * number,
        "step": (logits + rows) * number,
        "chunk": chunk,
    }


def available() -> float:
    """Bytes that the device has in all, used or not; infinite where that cannot be found out."""
    stats = jax.local_devices()[0].memory_stats()
    if stats and "bytes_limit" in stats:
        return float(stats["bytes_limit"])
    found = [math.inf]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
    for path in map(Path, _LIMITS):
        limit = path.read_text(encoding="ascii").strip() if path.is_file() else ""
        found += [float(limit)] if limit.isdigit() else []
    return min(found)


def check(made: Recipe, config: Config, vocab: int, mesh: Mesh | None = None) -> None:
    """Refuse, by MemoryError, a run that needs more memory than there is.

    On a mesh each device has its columns of the tables, and its examples of a step.
    """
    tables, step, chunk = least(made, config, vocab).values()
    data, model = (meshes.size(mesh, axis) for axis in meshes.AXES)
    on_each = tables / model + step / (data * model) + chunk / data
    shared = data * model if jax.devices()[0].platform == "cpu" else 1
    if on_each * shared / jax.process_count() > available():
        raise MemoryError(too_large(made, config, vocab))


def check_of_pairs(centers: int, outside: int, config: Config) -> None:
    """Refuse, by MemoryError, tables of pairs that are too large by themselves.

    That is before anything is made that has a number for each of their rows.
    """
    size = (centers + outside) * config.dim * np.dtype(config.dtype).itemsize
    if size > available():
        raise MemoryError(f"{_of_pairs(centers, outside, config, size)} lower dim or sizes.")


def _of_pairs(centers: int, outside: int, config: Config, size: float, step: float = 0) -> str:
    of_step = f", and a step at least {step / 2**30:,.1f} GiB" if step else ""
    return (
        f"V of {centers:,} rows and U of {outside:,}, of dim {config.dim:,}, take"
        f" {size / 2**30:,.1f} GiB{of_step}; there is not so much memory:"
    )


def too_large(made: Recipe, config: Config, vocab: int) -> str:
    """What takes how much, and which settings make it smaller."""
    if made.planned.layout == "edges":
        size, *rest = least(made, config, vocab).values()
        said = _of_pairs(vocab, made.head.height, config, size, sum(rest))
        cure = "dim or sizes" if size > sum(rest) else "negatives, dim or batch_words"
        return f"{said} lower {cure}."
    tables, step, chunk = (size / 2**30 for size in least(made, config, vocab).values())
    cure = "lower dim, raise min_count or set max_vocab"
    if step + chunk > tables:
        cure = "lower window, negatives, dim or batch_words"
    return (
        f"the two tables of {vocab:,} words and dim {config.dim:,} take {tables:,.1f} GiB, and a"
        f" step at least {step + chunk:,.1f} GiB; there is not so much memory: {cure}."
    )
