"""The arithmetic of docs/scaling-arithmetic.md: held to the programs, and the page held to it."""

import math
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from test_meshes import on_eight_devices

ROOT = Path(__file__).parents[2]
DEVICE = {"rates": {16: 4e6, 100: 1e6, 512: 2e5}, "adding": {16: 0.1, 100: 0.25, 512: 0.2}}


@pytest.fixture
def scaling() -> Iterator[Any]:
    """The script, which finds its arithmetic and its tables beside it."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield import_module("scaling")
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture
def reckon(scaling: Any) -> Any:
    """The arithmetic."""
    return sys.modules["scaling_arithmetic"]


@pytest.fixture
def device(reckon: Any) -> Any:
    return reckon.Device(**DEVICE, start=2e-4, feed=1e7)


@pytest.fixture
def machine(reckon: Any) -> Any:
    return reckon.Machine(devices=4, link=1e11, net=1e10, near=1e-6, far=1e-5)


def size(shown: str) -> int:
    """Bytes of the arrays of a collective, as a program shows it."""
    arrays = re.findall(r"([a-z]+)(\d*)\[([\d,]*)\]", shown)
    return sum(
        (int(bits) // 8 if bits else 1) * math.prod(int(n) for n in shape.split(",") if n)
        for _, bits, shape in arrays
    )


def test_the_bytes_are_those_of_the_programs(reckon: Any) -> None:
    found = on_eight_devices("defaults")
    assert len(found) == 6
    for name, program in found.items():
        dim, data, model = map(int, re.split("[ x]", name))
        ours = reckon.collectives(reckon.Step(dim), reckon.Mesh(data, model))
        assert sorted(map(str, ours)) == program, name
        assert sum(each.size for each in ours) == sum(map(size, program)) > 1e5, name


def test_one_device_is_as_fast_as_it_was_measured(reckon: Any, device: Any, machine: Any) -> None:
    for dim, rate in device.rates.items():
        spent = reckon.seconds(reckon.Step(dim), reckon.Mesh(1, 1), device, machine)
        assert spent["links"] == spent["latency"] == 0
        assert spent["adding"] == pytest.approx(device.adding[dim] * 4096 / rate)
        assert reckon.words_a_second(reckon.Step(dim), spent) == pytest.approx(rate)


def test_each_part_is_divided_by_what_divides_it(reckon: Any, device: Any, machine: Any) -> None:
    step = reckon.Step(512)
    one, data, model = (
        reckon.seconds(step, mesh, device, machine)
        for mesh in (reckon.Mesh(1, 1), reckon.Mesh(8, 1), reckon.Mesh(1, 32))
    )
    assert data["start"] == model["start"] == one["start"] == 2e-4
    assert data["gradient"] == pytest.approx(one["gradient"] / 8)
    assert data["adding"] == one["adding"]
    of_16 = reckon.seconds(reckon.Step(16), reckon.Mesh(1, 1), device, machine)
    assert [model[part] for part in ("gradient", "adding")] == pytest.approx(
        [of_16[part] for part in ("gradient", "adding")]
    )


def test_links_take_what_crosses_them(reckon: Any, device: Any, machine: Any) -> None:
    """Eight devices in two hosts of four, by hand."""
    step = reckon.Step(512)
    rows = 2.5 * 4096 * (4 * 512 + 8)
    spent = reckon.seconds(step, reckon.Mesh(8, 1), device, machine)
    assert spent["links"] == pytest.approx(rows / 2 / 1e10 / 0.8, rel=1e-3)
    assert spent["latency"] == pytest.approx((6 + 2 * 2) * (2 * 1e-6 + 1e-5))
    joined = reckon.seconds(step, reckon.Mesh(8, 1), device, machine, joined=True)
    assert joined["latency"] == pytest.approx((1 + 2) * (2 * 1e-6 + 1e-5))
    logits = 202 * 4096 / 2
    both = reckon.seconds(step, reckon.Mesh(2, 4), device, machine)
    within, between = 2 * logits * 3 / 4 / 1e11, 2.5 * 4096 * (4 * 512 + 4 * 8) / 2 / 1e10
    assert both["links"] == pytest.approx((within + between) / 0.8, rel=1e-3)


def test_what_cannot_be_reckoned_is_refused(reckon: Any, device: Any) -> None:
    with pytest.raises(ValueError, match="no rate was measured with 520 columns, only up to 512"):
        device.costs(520)
    assert reckon.Mesh(512, 1).refusal(reckon.Step(100)) == "128 runs among 512"
    assert not reckon.Mesh(128, 4).refusal(reckon.Step(100))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--rates", "100"], "expected numbers by dim, such as 100=8.4e5"),
        (["--rates", "64=1e6"], "must be of the same dims"),
        (["--net", "0"], "must be above 0"),
        (["--reached", "1.5"], "a share of at most 1"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(scaling: Any, given: list[str], said: str) -> None:
    with pytest.raises(SystemExit, match=re.escape(said)):
        scaling.own(scaling.parser().parse_args(given))


def test_the_tables_of_the_page_are_those_of_the_script(scaling: Any) -> None:
    """python benchmarks/scaling.py --page docs/scaling-arithmetic.md writes them."""
    page = (ROOT / "docs" / "scaling-arithmetic.md").read_text(encoding="utf-8")
    assert scaling.filled(page) == page
