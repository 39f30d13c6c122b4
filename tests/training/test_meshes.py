"""Training on many devices, which a processor plays in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, Mesh

from jw2v import meshes
from jw2v.choices import LOSSES

TABLE = 3001
"""Rows of the tables whose programs are looked at: no other array is so long."""
DATA = [
    "all-reduce f32[] f32[]",
    "all-reduce pred[] pred[] pred[] pred[] pred[]",
]
"""What the devices of ``data`` add up: loss and pairs, and whether all ids are in the tables."""


def on_eight_devices(what: str) -> dict[str, Any]:
    script = Path(__file__).with_name("eight_devices.py")
    done = subprocess.run(
        [sys.executable, script, what], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-5_000:]
    return dict(map(json.loads, done.stdout.splitlines()))


def test_every_model_learns_the_same() -> None:
    found = on_eight_devices("models")
    assert len(found) == 2 * len(LOSSES)
    assert {name: far for name, far in found.items() if far > 5e-6} == {}


def test_many_steps_stay_near_one_device() -> None:
    found = on_eight_devices("many_steps")
    assert found.pop("steps float64") >= 1000
    assert found.pop("steps float32") >= 10
    assert sorted(found) == ["float32 1x8", "float32 2x4", "float32 8x1", "float64 2x4"]
    limits = {"float64": 1e-6, "float32": 1e-5}
    assert {name: far for name, far in found.items() if far > limits[name.split()[0]]} == {}


def test_only_batches_cross() -> None:
    """Logits and norms between columns, ids and rows of the gradient between parts of a batch."""
    found = on_eight_devices("programs")
    assert found["1x8"] == ["all-reduce f32[16,32,48] f32[16,32] f32[16,48]"]
    assert found["8x1"] == [
        "all-gather f32[16,32,64]",
        "all-gather f32[16,32]",
        "all-gather f32[16,48,64]",
        "all-gather f32[16,48]",
        "all-gather s32[16,32]",
        "all-gather s32[16,48]",
        *DATA,
    ]
    assert found["2x4"] == [
        "all-gather f32[16,32,16]",
        "all-gather f32[16,32]",
        "all-gather f32[16,48,16]",
        "all-gather f32[16,48]",
        "all-gather s32[16,32]",
        "all-gather s32[16,48]",
        "all-reduce f32[8,32,48] f32[8,32] f32[8,48]",
        *DATA,
    ]
    assert len(found) == 7
    for name, collectives in found.items():
        kinds = {each.split()[0] for each in collectives}
        assert kinds <= {"all-gather", "all-reduce"}, name
        assert not [each for each in collectives if f"[{TABLE}" in each], name
        if not name.endswith("1"):  # no row of all its columns
            assert not [each for each in collectives if ",64]" in each], name


def test_tables_of_ten_million_words_are_laid_out() -> None:
    found = on_eight_devices("large")
    assert found["arguments"] + found["temporary"] < 4.9 * 2**30
    assert found["aliased"] > 0.999 * found["arguments"]
    assert len(found["crossing"]) == 1


def test_optimizers_pairs_and_starts() -> None:
    found = on_eight_devices("other_ways")
    assert found.pop("padded shape") == [60, 100]
    (said,) = found.pop("padded said")
    assert said == (
        "mesh: dim 100 is held in 128 columns, for 8 devices to share: 28% more memory and work. A"
        " multiple of 64 wastes none."
    )
    assert max(found.pop("pairs")) < 5e-6
    assert found.keys() == {"adagrad", "adam", "padded", "start", "own mesh"}
    assert {name: far for name, far in found.items() if far > 5e-6} == {}


def test_a_run_goes_on_on_another_mesh() -> None:
    found = on_eight_devices("checkpoints")
    widths = {name: found.pop(name) for name in sorted(found) if name.startswith("columns")}
    assert widths == {"columns 2x4": 32, "columns 4x1": 24, "columns none": 24}
    assert len(found) == 3
    assert {name: far for name, far in found.items() if far > 1e-5} == {}


def test_meshes_that_do_not_divide_are_refused() -> None:
    found = on_eight_devices("refused")
    assert found["too many"].startswith(
        "mesh: 3 x 4 (data x model) needs 12 devices, and there are 8 (cpu). A processor plays"
    )
    assert found["data"] == (
        "mesh: the 3 devices of its axis data do not divide the 8 runs of 32 words of a step: 2"
        " would, or give another batch_words."
    )
    assert found["model"].startswith(
        "mesh: the 8 devices of its axis model do not divide dim 20, and for a loss or an optimizer"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"data": 0}, "data must be a whole number of devices, at least 1; got 0"),
        ({"data": True}, "data must be a whole number of devices, at least 1; got True"),
        ({"data": 1.0}, "data must be a whole number of devices, at least 1; got 1.0"),
        ({"rows": 1}, "its axes are data and model; got 'rows'"),
        ((1, 1), "such as {'data': 2, 'model': 4}, or a jax.sharding.Mesh; got"),
        ({"data": 10_000}, "needs 10000 devices, and there"),
        (Mesh(np.array(jax.devices()[:1]), ("batch",)), "its axes are data and model; got 'batch'"),
    ],
)
def test_no_mesh(given: Any, said: str) -> None:
    with pytest.raises(ValueError, match="mesh") as error:
        meshes.mesh_of(given)
    assert said in str(error.value)


def test_a_mesh_may_name_its_axes_in_any_order() -> None:
    one = np.array(jax.devices()[:1])
    for given in ({}, Mesh(one, ("model",)), Mesh(one.reshape(1, 1), ("model", "data"))):
        mesh = meshes.mesh_of(given)
        assert dict(mesh.shape) == {"data": 1, "model": 1}
        assert set(mesh.axis_types) == {AxisType.Auto}
