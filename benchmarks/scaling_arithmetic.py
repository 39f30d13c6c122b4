"""What crosses in a step on a mesh and what a step should take, as arithmetic on stated numbers.

Nothing is measured here and no device is asked. The collectives are those of the default model,
skip-gram with negative sampling: ``tests/training/test_scaling_arithmetic.py`` holds them to the
programs that XLA makes. All times are predictions.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from jw2v.training.planning import LARGEST_BATCH, SHORTEST_SEGMENT
from jw2v.training.recipe import ALIGNMENT

__all__ = [
    "PARTS",
    "Collective",
    "Device",
    "Machine",
    "Mesh",
    "Step",
    "collectives",
    "memory",
    "seconds",
    "words_a_second",
]

BATCH = LARGEST_BATCH[True]
"""Center words in a step, where a text is large."""
NUMBER = 4
"""Bytes of a number, of float32 and int32."""
PARTS = ("start", "gradient", "adding", "links", "latency")
"""What the time of a step is spent on: see :func:`seconds`."""


class Step(NamedTuple):
    """A step of all devices together."""

    dim: int
    words: int = BATCH
    length: int = SHORTEST_SEGMENT
    """center words in a run"""
    shared: int = 16
    """negatives that the words of a run share"""

    @property
    def runs(self) -> int:
        return self.words // self.length

    @property
    def rows(self) -> int:
        """Rows of both tables that the step adds to."""
        return self.runs * (2 * self.length + self.shared)


class Mesh(NamedTuple):
    """How many devices split the examples of a step, and how many the columns of the tables."""

    data: int
    model: int

    @property
    def devices(self) -> int:
        return self.data * self.model

    def columns(self, dim: int) -> int:
        """Columns of each table on a device, those of zeros among them."""
        return (dim + -dim % (ALIGNMENT * self.model)) // self.model

    def refusal(self, step: Step) -> str:
        """Why a step cannot be divided so, if it cannot."""
        if step.runs % self.data:
            return f"{step.runs:,} runs among {self.data:,}"
        return ""


class Collective(NamedTuple):
    """One collective of a compiled step: what each device holds when it is done."""

    kind: str
    axis: str
    arrays: tuple[tuple[str, tuple[int, ...]], ...]
    """their types and shapes"""

    def __str__(self) -> str:
        shown = sorted(f"{kind}[{','.join(map(str, shape))}]" for kind, shape in self.arrays)
        return f"{self.kind} {' '.join(shown)}"

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        width = {"f32": NUMBER, "s32": NUMBER, "pred": 1}
        return sum(width[kind] * math.prod(shape) for kind, shape in self.arrays)

    @property
    def passes(self) -> int:
        """How often the arrays go around: an all-reduce sums them up, then hands the sums out."""
        return 2 if self.kind == "all-reduce" else 1

    def received(self, mesh: Mesh) -> float:
        """Bytes that each device takes in, and sends, on a ring of its axis."""
        n = mesh.data if self.axis == "data" else mesh.model
        return self.passes * self.size * (n - 1) / n


def collectives(step: Step, mesh: Mesh) -> list[Collective]:
    """The collectives of a compiled step."""
    columns, runs = mesh.columns(step.dim), step.runs
    outside = step.length + step.shared
    found = []
    if mesh.model > 1:
        own = runs // mesh.data
        logits_and_norms = ((own, step.length, outside), (own, step.length), (own, outside))
        arrays = tuple(("f32", shape) for shape in logits_and_norms)
        found.append(Collective("all-reduce", "model", arrays))
    if mesh.data > 1:
        arrays = tuple(
            array
            for entries in (step.length, outside)
            for array in (
                ("s32", (runs, entries)),  # ids
                ("f32", (runs, entries)),  # curvature
                ("f32", (runs, entries, columns)),  # rows of the gradient
            )
        )
        found += [Collective("all-gather", "data", (array,)) for array in arrays]
        found.append(Collective("all-reduce", "data", (("f32", ()),) * 2))
        found.append(Collective("all-reduce", "data", (("pred", ()),) * 5))
    return found


class Machine(NamedTuple):
    """Devices in hosts, and what connects them. Rates are of one direction."""

    devices: int
    """in a host"""
    link: float
    """bytes/s into a device from others of its host"""
    net: float
    """bytes/s into a host from others"""
    near: float
    """seconds until a message has reached another device of the host"""
    far: float
    """seconds until it has reached another host"""
    reached: float = 0.8
    """the share of a link's nominal speed that collectives reach: assumed"""


class Device(NamedTuple):
    """What was measured of one device."""

    rates: Mapping[int, float]
    """words/s of steps of :data:`BATCH` words, by dim"""
    adding: Mapping[int, float]
    """the share of such a step that adds rows into the tables, by dim"""
    start: float
    """seconds that a step takes however small it is"""
    feed: float
    """words/s that the host can lay out"""

    def costs(self, columns: int) -> tuple[float, float]:
        """Seconds a word for its gradient, and for adding its rows, with so many columns.

        Between the dims that were measured they lie on a straight line; with fewer columns than
        any of these they are taken to be no lower.

        Raises:
            ValueError: no dim was measured that has so many columns.
        """
        dims = sorted(self.rates)
        held = [Mesh(1, 1).columns(dim) for dim in dims]
        if columns > held[-1]:
            raise ValueError(f"no rate was measured with {columns} columns, only up to {held[-1]}")
        adding = [self.adding[dim] / self.rates[dim] for dim in dims]
        gradient = [
            max(0.0, 1 / self.rates[dim] - add - self.start / BATCH)
            for dim, add in zip(dims, adding, strict=True)
        ]
        return float(np.interp(columns, held, gradient)), float(np.interp(columns, held, adding))


def _crossing(one: Collective, mesh: Mesh, machine: Machine) -> tuple[float, float]:
    """Seconds on the links and seconds of latency that a collective takes.

    Devices are numbered along ``model`` first, so that its groups fill hosts. Within hosts and
    between them the arrays move at the same time, and the slower way counts. A message takes as
    many hops as there are doublings, which is the least.
    """
    here = min(machine.devices, mesh.devices)
    if one.axis == "model":
        members, inside = mesh.model, min(mesh.model, here)
    else:
        members, inside = mesh.data, max(1, here // mesh.model)
    hosts, groups = math.ceil(members / inside), here // inside
    within = one.received(mesh) / machine.link if inside > 1 else 0.0
    between = groups * one.passes * one.size * (hosts - 1) / hosts / machine.net
    hops = math.ceil(math.log2(inside)) * machine.near + math.ceil(math.log2(hosts)) * machine.far
    return max(within, between) / machine.reached, one.passes * hops


def seconds(
    step: Step, mesh: Mesh, device: Device, machine: Machine, *, joined: bool = False
) -> dict[str, float]:
    """What each part of a step should take, one after the other.

    ``start`` is divided by nothing, ``gradient`` by both axes, ``adding`` by ``model`` alone.
    With ``joined`` the collectives of one kind and axis wait for a message once, and not each.
    """
    gradient, adding = device.costs(mesh.columns(step.dim))
    links, waits = 0.0, {}
    for number, one in enumerate(collectives(step, mesh)):
        link, waits[one.kind, one.axis, 0 if joined else number] = _crossing(one, mesh, machine)
        links += link
    spent = (
        device.start,
        step.words / mesh.data * gradient,
        step.words * adding,
        links,
        sum(waits.values()),
    )
    return dict(zip(PARTS, spent, strict=True))


def words_a_second(step: Step, spent: Mapping[str, float], feed: float = math.inf) -> float:
    """The rate of such steps, or of the host where that is the lower one."""
    return min(feed, step.words / sum(spent.values()))


def memory(step: Step, mesh: Mesh, vocab: int) -> dict[str, float]:
    """Bytes on a device that a step cannot do without.

    The tables, the curvature of each word of one of them, and of the step the rows of its gradient
    and the logits, each once.
    """
    columns = mesh.columns(step.dim)
    logits = step.words / mesh.data * (step.length + step.shared) * NUMBER
    return {
        "tables": 2 * vocab * columns * NUMBER,
        "curvature": vocab * NUMBER,
        "step": step.rows * (columns + 2) * NUMBER + logits,
    }
