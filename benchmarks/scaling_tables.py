"""The tables of benchmarks/scaling.py, from what scaling_arithmetic.py reckons."""

from collections.abc import Mapping
from typing import NamedTuple

from scaling_arithmetic import (
    BATCH,
    Device,
    Machine,
    Mesh,
    Step,
    collectives,
    memory,
    seconds,
    words_a_second,
)

__all__ = [
    "MODES",
    "Preset",
    "Rows",
    "best",
    "breaking",
    "ceilings",
    "crossing",
    "grown",
    "held",
    "markdown",
    "measured",
    "predicted",
    "quality",
]

DIMS = (100, 300, 512)
COUNTS = (8, 64, 512)
"""Devices of the tables."""
MODES = ("data", "model", "both")
LINKS = {
    "NVLink 4 (a GPU, one way)": 450e9,
    "InfiniBand NDR, 8 ports of 400 Gb/s": 400e9,
    "PCIe 5.0 x16": 63e9,
    "InfiniBand NDR, 1 port": 50e9,
    "Ethernet, 100 Gb/s": 12.5e9,
    "Ethernet, 10 Gb/s": 1.25e9,
}
"""Nominal bytes/s in one direction; sources are in docs/scaling-arithmetic.md."""
QUALITY = {4_096: (2.406, 0.642), 32_768: (2.395, 0.627), 262_144: (2.431, 0.488)}
"""Loss in nats a pair and WordSim-353 by words in a step, measured by a script such as
benchmarks/large_steps.py with jax 0.10.2: 16.9M words of Wikipedia, dim 100, 5 epochs."""


class Preset(NamedTuple):
    """A kind of device, and the hosts that many of them would be in."""

    title: str
    device: Device
    machine: Machine


def splits(mode: str, devices: int) -> list[Mesh]:
    """The meshes of a mode; of both axes all that there are."""
    if mode == "data":
        return [Mesh(devices, 1)]
    if mode == "model":
        return [Mesh(1, devices)]
    # Both axes have two devices or more.
    models = (2**power for power in range(1, devices.bit_length() - 1))
    return [Mesh(devices // model, model) for model in models]


class Outcome(NamedTuple):
    """What is predicted for a mesh."""

    mesh: Mesh
    spent: dict[str, float]
    rate: float
    """words/s of the steps alone"""


def best(preset: Preset, step: Step, mode: str, devices: int, joined: bool) -> Outcome | None:
    """The fastest mesh of a mode, if any divides the step."""
    found = []
    for mesh in splits(mode, devices):
        if not mesh.refusal(step):
            spent = seconds(step, mesh, preset.device, preset.machine, joined=joined)
            found.append(Outcome(mesh, spent, words_a_second(step, spent)))
    return max(found, key=lambda outcome: outcome.rate, default=None)


def grown(dim: int, devices: int, growing: bool) -> Step:
    return Step(dim, BATCH * devices if growing else BATCH)


def measured_dims(preset: Preset) -> list[int]:
    return [dim for dim in DIMS if dim in preset.device.rates]


Rows = list[list[str]]
"""A table, its head first."""


def short(number: float) -> str:
    """Two digits, in thousands, millions or billions."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * size:
            return f"{number / size:.{0 if number >= 9.95 * size else 1}f}{unit}"
    return f"{number:.0f}"


def crossing() -> Rows:
    """Bytes that each device takes in for a word of the step."""
    table = [["mesh, data x model", *(f"d = {dim}" for dim in DIMS)]]
    meshes = [Mesh(n, 1) for n in COUNTS] + [Mesh(1, n) for n in COUNTS]
    meshes += [Mesh(n // 4, 4) for n in COUNTS]
    for mesh in meshes:
        row = [f"{mesh.data} x {mesh.model}"]
        for dim in DIMS:
            step = grown(dim, mesh.data, True)  # one that this mesh divides
            taken = sum(one.received(mesh) for one in collectives(step, mesh)) / step.words
            row.append(f"{taken:,.0f} ({taken * BATCH / 1e6:.2f})")
        table.append(row)
    return table


def measured(presets: Mapping[str, Preset]) -> Rows:
    """What was measured of one device."""
    table = [["", "d", "words/s", "a step, ms", "adding rows", "any step, ms", "host, words/s"]]
    for name, (_, device, _) in presets.items():
        for dim, rate in device.rates.items():
            row = [name, str(dim), short(rate), f"{BATCH / rate * 1e3:.2f}"]
            start = f"{device.start * 1e3:.2f}" if device.start else "–"
            row += [f"{device.adding[dim]:.0%}", start, short(device.feed)]
            table.append(row)
    return table


def predicted(preset: Preset, joined: bool = False) -> Rows:
    """Words/s of each mode, and what takes the most time of a step."""
    kinds = [(mode, growing) for growing in (False, True) for mode in MODES]
    head = [f"{mode}, {'growing' if growing else 'fixed'}" for mode, growing in kinds]
    table = [["d (one device)", "devices", *head]]
    for dim in measured_dims(preset):
        for devices in COUNTS:
            row = [f"{dim} ({short(preset.device.rates[dim])})", str(devices)]
            for mode, growing in kinds:
                found = best(preset, grown(dim, devices, growing), mode, devices, joined)
                row.append(cell(found) if found else "refused")
            table.append(row)
    return table


def cell(found: Outcome) -> str:
    """The rate, the mesh where there is a choice, and the largest part of the step."""
    mesh = f"{found.mesh.data} x {found.mesh.model}, " if min(found.mesh) > 1 else ""
    return f"{short(found.rate)} ({mesh}{max(found.spent, key=found.spent.__getitem__)})"


def breaking(preset: Preset, joined: bool = False) -> Rows:
    """From how many devices on a part takes longer than the gradient, or the host is slower; and
    how many are the fastest."""
    parts = ("start", "adding", "links", "latency")
    table = [["d", "mode", "step", *parts, "feeding", "fastest"]]
    counts = [2**power for power in range(10)]
    for dim in measured_dims(preset):
        for mode, growing in ((m, g) for m in MODES[:2] for g in (False, True)):
            row = [str(dim), mode, "growing" if growing else "fixed"]
            steps = {n: best(preset, grown(dim, n, growing), mode, n, joined) for n in counts}
            found = {n: outcome for n, outcome in steps.items() if outcome}
            for part in parts:
                over = (n for n, o in found.items() if o.spent[part] > o.spent["gradient"])
                row.append(str(next(over, "–")))
            slow = (n for n, o in found.items() if o.rate > preset.device.feed)
            row.append(str(next(slow, "–")))
            row.append(str(max(found, key=lambda n: found[n].rate)))
            table.append(row)
    return table


def ceilings(reached: float = 0.8) -> Rows:
    """Words/s at which a link is full, by what each word brings over it on many devices."""
    table = [["link", *(f"rows, d = {dim}" for dim in DIMS), "logits"]]
    many = 2**16
    for name, speed in LINKS.items():
        row = [name]
        for mesh, dims in ((Mesh(many, 1), DIMS), (Mesh(1, many), DIMS[:1])):
            for dim in dims:
                step = grown(dim, mesh.data, True)
                taken = sum(one.received(mesh) for one in collectives(step, mesh)) / step.words
                row.append(short(reached * speed / taken))
        table.append(row)
    return table


def held() -> Rows:
    """GiB on a device, tables, curvature and one step of 4,096 words together."""
    table = [["words", "d", *(f"model = {n}" for n in (1, 8, 64))]]
    for vocab in (80_000, 1_000_000, 10_000_000):
        for dim in DIMS:
            sizes = [sum(memory(Step(dim), Mesh(1, n), vocab).values()) for n in (1, 8, 64)]
            table.append([f"{vocab:,}", str(dim), *(f"{size / 2**30:.2f}" for size in sizes)])
    return table


def quality() -> Rows:
    """What a step of all devices costs in quality, where it was measured."""
    table = [["devices", "words in a step", "loss, nats", "WordSim-353"]]
    for devices in (1, *COUNTS):
        words = BATCH * devices
        known = QUALITY.get(words)
        scores = [f"{known[0]:.3f}", f"{known[1]:.3f}"] if known else ["not measured"] * 2
        table.append([str(devices), f"{words:,}", *scores])
    return table


def markdown(table: Rows) -> str:
    head, *rows = table
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
