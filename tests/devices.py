"""Every function on four devices that the CPU plays: run by test_transformations.py.

It prints what differs from one device, and at the end how many functions agreed.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from functions import CASES, Case

DEVICES = 4
Numbers = tuple[Any, ...]


def shard_map(function: Callable[..., Any], args: Numbers, spread: Numbers) -> Any:
    """Each device takes one example; what is not spread is the same on all."""
    mesh = jax.make_mesh((DEVICES,), ("batch",), axis_types=(AxisType.Auto,))

    def one(*args: Any) -> Any:
        one = (a[0] if s else a for a, s in zip(args, spread, strict=True))
        return jax.tree.map(lambda out: out[None], function(*one))

    specs = tuple(P("batch") if s else P() for s in spread)
    of_all = jax.shard_map(one, mesh=mesh, in_specs=specs, out_specs=P("batch"))
    return jax.jit(of_all)(*args)


def explicit(function: Callable[..., Any], args: Numbers, spread: Numbers) -> Any:
    """A batch split over a mesh whose types say so; tables that are not spread are whole."""
    mesh = jax.make_mesh((DEVICES,), ("batch",), axis_types=(AxisType.Explicit,))
    axes = tuple(0 if s else None for s in spread)
    with jax.set_mesh(mesh):
        placed = [
            jax.device_put(a, NamedSharding(mesh, P("batch") if s else P()))
            for a, s in zip(args, spread, strict=True)
        ]
        return jax.jit(jax.vmap(function, axes))(*placed)


def pmap(function: Callable[..., Any], args: Numbers, spread: Numbers) -> Any:
    return jax.pmap(function, in_axes=tuple(0 if s else None for s in spread))(*args)


def slope(case: Case) -> Callable[..., Any]:
    def total(*args: Any) -> Any:
        return sum(leaf.sum() for leaf in jax.tree.leaves(case.function(*args)))

    return jax.grad(total, case.real)


def differing(name: str) -> list[str]:
    """The ways in which a function, or its derivative, differs from that of one device."""
    case, wrong = CASES[name], []
    tables = [a.ndim == 2 and a.dtype.kind == "f" for a in case.args]
    for function in (case.function, slope(case)):
        expected = jax.jit(function)(*case.args)
        for whole in (False, True):
            spread = tuple(not (whole and table) for table in tables)
            args = tuple(
                jnp.stack([a] * DEVICES) if s else jnp.asarray(a)
                for a, s in zip(case.args, spread, strict=True)
            )
            for way in (shard_map, explicit, pmap):
                try:
                    found = way(function, args, spread)
                    for mine, theirs in zip(*map(jax.tree.leaves, (found, expected)), strict=True):
                        np.testing.assert_allclose(mine[DEVICES - 1], theirs, atol=1e-5)
                except Exception as error:  # all of them are wanted, whatever they are
                    wrong.append(f"{name}, {way.__name__}, whole tables: {whole}: {error!r:.600}")
    return wrong


def main() -> None:
    wrong = {name: differing(name) for name in CASES}
    for lines in wrong.values():
        print("\n".join(lines))
    print(sum(not lines for lines in wrong.values()))
    sys.exit(any(wrong.values()))


if __name__ == "__main__":
    main()
