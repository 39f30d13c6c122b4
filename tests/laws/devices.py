"""Every function on four devices that the CPU plays: run by test_transformations.py.

It prints what differs from one device, and at the end how many functions agreed.
"""

import os
import sys
from collections.abc import Callable
from itertools import chain, product
from pathlib import Path
from typing import Any

os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=4"
)
os.environ["JAX_PLATFORMS"] = "cpu"
sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax.sharding import AxisType, NamedSharding  # noqa: E402
from jax.sharding import PartitionSpec as P  # noqa: E402

from functions import CASES, Case  # noqa: E402

DEVICES = 4
Numbers = tuple[Any, ...]


def shard_map(
    function: Callable[..., Any], args: Numbers, spread: Numbers, axes: AxisType = AxisType.Auto
) -> Any:
    """Each device takes one example; what is not spread is the same on all."""
    mesh = jax.make_mesh((DEVICES,), ("batch",), axis_types=(axes,))

    def one(*args: Any) -> Any:
        one = (a[0] if s else a for a, s in zip(args, spread, strict=True))
        return jax.tree.map(lambda out: out[None], function(*one))

    specs = tuple(P("batch") if s else P() for s in spread)
    of_all = jax.shard_map(one, mesh=mesh, in_specs=specs, out_specs=P("batch"))
    with jax.set_mesh(mesh):
        placed = (
            jax.device_put(a, NamedSharding(mesh, spec))
            for a, spec in zip(args, specs, strict=True)
        )
        return jax.jit(of_all)(*placed)


def explicit(function: Callable[..., Any], args: Numbers, spread: Numbers) -> Any:
    """The same on a mesh whose types say how arrays are split."""
    return shard_map(function, args, spread, AxisType.Explicit)


def pmap(function: Callable[..., Any], args: Numbers, spread: Numbers) -> Any:
    return jax.pmap(function, in_axes=tuple(0 if s else None for s in spread))(*args)


def slope(case: Case) -> Callable[..., Any]:
    def total(*args: Any) -> Any:
        return sum(leaf.sum() for leaf in jax.tree.leaves(case.function(*args)))

    return jax.grad(total, case.real)


def differing(name: str) -> list[str]:
    """The ways in which a function, or its derivative, differs from that of one device."""
    case, wrong = CASES[name], []
    table = [a.ndim == 2 and a.dtype.kind == "f" for a in case.args]
    for function in (case.function, slope(case)):
        expected = jax.tree.leaves(jax.jit(function)(*case.args))
        for whole, way in product((False, True), (shard_map, explicit, pmap)):
            spread = tuple(not (whole and each) for each in table)
            args = tuple(
                jnp.stack([a] * DEVICES) if s else jnp.asarray(a)
                for a, s in zip(case.args, spread, strict=True)
            )
            # The derivative for what all devices share is the sum of theirs.
            shared = function is not case.function and whole and way is not pmap
            times = [DEVICES if shared and table[i] else 1 for i in case.real]
            try:
                found = jax.tree.leaves(jax.device_get(way(function, args, spread)))
                for i, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
                    exact = theirs * times[i] if shared else theirs
                    np.testing.assert_allclose(mine[-1], exact, atol=1e-5)
            except Exception as error:  # all of them are wanted, whatever they are
                wrong.append(f"{name}, {way.__name__}, whole tables: {whole}: {error!r:.600}")
    return wrong


def main() -> None:
    some = list(CASES)[:: int(sys.argv[1])]
    wrong = {name: differing(name) for name in some}
    for line in chain.from_iterable(wrong.values()):
        print(line)
    print(sum(not lines for lines in wrong.values()))
    sys.exit(any(wrong.values()))


if __name__ == "__main__":
    main()
