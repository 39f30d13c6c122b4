"""The picture of benchmarks/scaling.py: words/s predicted against the number of devices."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaling_arithmetic import BATCH
from scaling_tables import COUNTS, MODES, QUALITY, Preset, best, grown

from jw2v.pictures.looks import LIGHT

DIM = 100
MARKS = dict(zip(MODES, "os^", strict=True))


def curves(axes: Any, preset: Preset, growing: bool) -> None:
    """The three modes, one device times their number, and the host."""
    counts = [2**power for power in range(10)]
    for colour, (mode, mark) in zip(LIGHT.kinds, MARKS.items(), strict=False):
        outcomes = {n: best(preset, grown(DIM, n, growing), mode, n, False) for n in counts}
        found = {n: outcome.rate for n, outcome in outcomes.items() if outcome}
        axes.plot([*found], [*found.values()], marker=mark, markersize=4, color=colour, label=mode)
    one = best(preset, grown(DIM, 1, growing), "data", 1, False)
    assert one is not None
    many = [one.rate * n for n in counts]
    axes.plot(counts, many, color=LIGHT.faint, linestyle=":", label="one device × devices")
    feed = preset.device.feed
    axes.axhline(feed, color=LIGHT.ink, linestyle="--", linewidth=1, label="what the host lays out")


def ticks(growing: bool) -> dict[int, str]:
    """Devices on the axis, with the WordSim-353 of a step that has grown so far, if measured."""
    known = {words // BATCH: f"\n{score:.3f}" for words, (_, score) in QUALITY.items()}
    return {n: f"{n}{known.get(n, '') if growing else ''}" for n in (1, *COUNTS)}


def draw(presets: Mapping[str, Preset], path: Path) -> None:
    """A row for each preset: a step that stays as it is, and one that grows with the devices."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4 * len(presets)), layout="constrained")
    grid = figure.subplots(len(presets), 2, sharey="row", squeeze=False)
    for row, (name, preset) in zip(grid, presets.items(), strict=True):
        for axes, growing in zip(row, (False, True), strict=True):
            curves(axes, preset, growing)
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.set_xticks([*ticks(growing)], [*ticks(growing).values()])
            axes.set_title(
                f"{name.upper()}: {'4,096 words a device' if growing else '4,096 words in all'}"
            )
            axes.grid(alpha=0.3)
            axes.set_xlabel("devices" + (", and WordSim-353 of such a step" if growing else ""))
        row[0].set_ylabel("words/s, predicted")
    grid[0][1].legend(frameon=False, fontsize="small")
    figure.suptitle(f"Predicted words/s by the mesh, d = {DIM}")
    with matplotlib.rc_context({"svg.hashsalt": "jw2v"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {})
