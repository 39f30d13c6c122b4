"""How fast many devices should be, reckoned from the rates of one and the speed of links.

    python benchmarks/scaling.py [--preset cpu] [--rates 100=8e5 --adding 100=.2 --net 1.25e9 ...]
    python benchmarks/scaling.py --page docs/scaling-arithmetic.md --figure docs/scaling.svg

Prints what crosses in a step, and words/s predicted for each mesh, with a step that stays as large
as it is and with one that grows with the devices. Nothing is measured: benchmarks/step_rates.py
measures one device and prints what to give here. With --page the tables of that page are written
anew, of all presets, and with --figure the predictions are drawn.
"""

import argparse
import math
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from scaling_arithmetic import BATCH, Device, Machine, Step
from scaling_tables import (
    Preset,
    Rows,
    breaking,
    ceilings,
    crossing,
    held,
    markdown,
    measured,
    predicted,
    quality,
)

PRESETS = {
    "cpu": Preset(
        "2 cores of an AMD EPYC, jax 0.10.2; 100-Gb Ethernet between them",
        # benchmarks/step_rates.py, the least of 15 repetitions, other work on the machine.
        Device(
            rates={16: 2.06e6, 64: 1.17e6, 100: 8.36e5, 300: 3.42e5, 512: 1.88e5},
            adding={16: 0.14, 64: 0.15, 100: 0.16, 300: 0.21, 512: 0.20},
            start=2.3e-4,
            feed=2.61e7,
        ),
        Machine(devices=1, link=math.inf, net=12.5e9, near=0.0, far=30e-6),
    ),
    "h100": Preset(
        "H100, jax 0.11.2; 8 in a host by NVLink, 8 ports of InfiniBand NDR between hosts",
        # docs/accelerators.md: .11 to .16 ms a step, 1.2 ns to add a row of 128 numbers, and 45 ms
        # of the host for 63 steps. What starting a step takes was not measured.
        Device(
            rates={100: BATCH / 0.135e-3},
            adding={100: Step(100).rows * 1.2e-9 / 0.135e-3},
            start=0.0,
            feed=63 * BATCH / 45e-3,
        ),
        Machine(devices=8, link=450e9, net=400e9, near=5e-6, far=10e-6),
    ),
}


def tables() -> Iterator[tuple[str, Rows]]:
    """All tables of the page, by name."""
    yield "crossing", crossing()
    yield "ceilings", ceilings()
    yield "measured", measured(PRESETS)
    for name, preset in PRESETS.items():
        yield f"predicted {name}", predicted(preset)
        yield f"breaking {name}", breaking(preset)
    yield "quality", quality()
    yield "memory", held()


def filled(page: str) -> str:
    """A page with its tables as they are now: each stands below a comment with its name."""

    def put(table: Rows, found: re.Match[str]) -> str:
        return f"{found[1]}\n{markdown(table)}\n"

    for name, table in tables():
        mark = rf"(<!-- scaling\.py: {re.escape(name)} -->\n)(?:\n?\|.*\n)*"
        page, places = re.subn(mark, partial(put, table), page)
        if places != 1:
            raise SystemExit(f"the page must have one place for {name!r}; it has {places}")
    return page


def pairs(given: list[str]) -> dict[int, float]:
    """``["100=8e5"]`` as numbers by dim."""
    try:
        return {int(dim): float(value) for dim, value in (each.split("=") for each in given)}
    except ValueError as error:
        raise SystemExit(f"expected numbers by dim, such as 100=8.4e5 300=3.4e5: {error}") from None


def own(arguments: argparse.Namespace) -> Preset:
    """A preset with what was given in place of its numbers."""
    title, device, machine = PRESETS[arguments.preset]
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    for name in ("rates", "adding"):
        if name in given:
            given[name] = pairs(given[name])
    device = device._replace(**{k: v for k, v in given.items() if k in Device._fields})
    machine = machine._replace(**{k: v for k, v in given.items() if k in Machine._fields})
    if device.rates.keys() != device.adding.keys():
        raise SystemExit("--rates and --adding must be of the same dims, each with a number")
    numbers = (*device.rates.values(), device.feed, *machine[:3], machine.reached)
    if min(numbers) <= 0 or min(*machine[3:5], device.start, *device.adding.values()) < 0:
        raise SystemExit("rates and speeds must be above 0; shares, starts and latencies not below")
    if max(device.adding.values()) >= 1 or machine.reached > 1:
        raise SystemExit("--adding must be shares below 1, and --reached a share of at most 1")
    changed = sorted(given.keys() & {*Device._fields, *Machine._fields})
    return Preset(f"{title}{'; given: ' if changed else ''}{', '.join(changed)}", device, machine)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--preset", choices=PRESETS, default="cpu", help="numbers to begin with")
    made.add_argument("--rates", nargs="+", metavar="DIM=WORDS/S", help="of one device")
    made.add_argument("--adding", nargs="+", metavar="DIM=SHARE", help="of a step that adds rows")
    made.add_argument("--start", type=float, help="seconds that any step takes")
    made.add_argument("--feed", type=float, help="words/s that the host lays out")
    made.add_argument("--devices", type=int, help="in a host")
    made.add_argument("--link", type=float, help="bytes/s into a device from its host's others")
    made.add_argument("--net", type=float, help="bytes/s into a host")
    made.add_argument("--near", type=float, help="seconds of latency within a host")
    made.add_argument("--far", type=float, help="seconds of latency between hosts")
    made.add_argument("--reached", type=float, help="share of a link's speed; .8 is assumed")
    made.add_argument("--joined", action="store_true", help="one latency a kind of collective")
    made.add_argument("--page", type=Path, help="write the tables of this page, of all presets")
    made.add_argument("--figure", type=Path, help="draw all presets into this file")
    return made


def main() -> None:
    """Reckon and print, or write the page and its picture."""
    arguments = parser().parse_args()
    if arguments.page or arguments.figure:
        if arguments.page:
            page = filled(arguments.page.read_text(encoding="utf-8"))
            arguments.page.write_text(page, encoding="utf-8")
        if arguments.figure:
            from scaling_figure import draw

            draw(PRESETS, arguments.figure)
        return
    preset = own(arguments)
    print(f"{preset.title}\n{preset.device}\n{preset.machine}")
    print(f"assumed: collectives reach {preset.machine.reached:.0%} of a link's speed, and nothing")
    print("of a step happens at the same time as they. The host's --feed limits all meshes alike.")
    for title, table in {
        "bytes that each device takes in for a word (MB for a step of 4,096)": crossing(),
        "words/s predicted, without the host (mesh, largest part of a step)": predicted(
            preset, arguments.joined
        ),
        "devices from which on a part takes longer than the gradient": breaking(
            preset, arguments.joined
        ),
        "measured quality of larger steps": quality(),
    }.items():
        print(f"\n{title}\n{markdown(table)}")


if __name__ == "__main__":
    main()
