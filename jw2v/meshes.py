"""How tables and batches lie on many devices, and where their parts come together.

A mesh has two axes. ``model`` splits the columns of both tables, and of whatever an optimizer holds
of them: each device has so many numbers of every word. ``data`` splits the examples of a step; all
its devices hold the same tables and make the same update.

A step is one program for all devices, which XLA divides by how its arrays lie. Two places decide
what crosses between them: products over columns, whose sums over ``model`` XLA adds, and the rows
of the gradient, which :func:`gathered` brings to every device of ``data`` before they are added to
the tables. Everything that is drawn is drawn for the whole step, so that a mesh changes nothing but
the order in which numbers are added up.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import Array
from numpy.typing import NDArray

__all__ = [
    "AXES",
    "AnyMesh",
    "dealt",
    "fetched",
    "gathered",
    "in_use",
    "mesh_of",
    "place",
    "placed",
    "size",
    "whole",
]

DATA, MODEL = "data", "model"
AXES = (DATA, MODEL)
"""The axes of a mesh, in their order."""

AnyMesh: TypeAlias = Mesh | Mapping[str, int]
"""A mesh with axes ``data`` and ``model``, or how many devices each is to have."""


def mesh_of(given: Any) -> Mesh:
    """A mesh of both axes, of the first devices where only numbers are given: `AnyMesh`.

    Raises:
        ValueError: axes of other names, numbers below 1, or more devices than there are.

    >>> mesh_of({"data": 1}).shape == {"data": 1, "model": 1}
    True
    """
    if isinstance(given, Mesh):
        _check_names(given.axis_names)
        names, grid = given.axis_names, given.devices
        for name in AXES:
            if name not in names:
                names, grid = (*names, name), grid[..., None]
        grid = np.transpose(grid, [names.index(name) for name in AXES])
        return Mesh(grid, AXES, axis_types=(AxisType.Auto,) * 2)
    if not isinstance(given, Mapping):
        raise ValueError(
            "mesh must be how many devices split each of data and model, such as {'data': 2,"
            f" 'model': 4}}, or a jax.sharding.Mesh; got {given!r}."
        )
    _check_names(given)
    for name, number in given.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(
                f"mesh: {name} must be a whole number of devices, at least 1; got {number!r}."
            )
    shape = [given.get(name, 1) for name in AXES]
    devices, wanted = jax.devices(), int(np.prod(shape))
    if wanted > len(devices):
        few = f"there {'is' if len(devices) == 1 else 'are'} {len(devices)}"
        raise ValueError(
            f"mesh: {shape[0]} x {shape[1]} (data x model) needs {wanted} devices, and {few}"
            f" ({devices[0].platform}).{_MORE if devices[0].platform == 'cpu' else ''}"
        )
    chosen = np.array(devices[:wanted], dtype=object).reshape(shape)
    return Mesh(chosen, AXES, axis_types=(AxisType.Auto,) * 2)


_MORE = (
    " A processor plays several, to try a mesh out, if XLA_FLAGS has"
    " --xla_force_host_platform_device_count=N before JAX starts."
)


def _check_names(names: Any) -> None:
    if strange := [name for name in names if name not in AXES]:
        raise ValueError(
            f"mesh: its axes are {' and '.join(AXES)}; got {', '.join(map(repr, strange))}."
        )


def size(mesh: Mesh | None, axis: str) -> int:
    """How many devices an axis has: 1 without a mesh."""
    return 1 if mesh is None else int(mesh.shape[axis])


def place(mesh: Mesh, shapes: Any) -> Any:
    """How the arrays of a state lie: a tree of shardings.

    Those of two axes or more have a column for each of the tables, and are split there; all others
    are on every device.
    """
    columns = mesh.shape[MODEL]

    def of(array: Any) -> NamedSharding:
        split = array.ndim >= 2 and array.shape[-1] % columns == 0
        return NamedSharding(mesh, P(*(None,) * (array.ndim - 1), MODEL) if split else P())

    return jax.tree.map(of, shapes)


def placed(mesh: Mesh, state: Any) -> Any:
    """A state where it is to lie: see :func:`place`."""

    def put(array: Any, sharding: NamedSharding) -> Any:
        if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(put(jax.random.key_data(array), sharding))
        if isinstance(array, Array) and sharding.is_fully_addressable:
            return jax.device_put(array, sharding)
        return _of_host(np.asarray(array), sharding)

    return jax.tree.map(put, state, place(mesh, state))


def dealt(mesh: Mesh, chunk: Any) -> Any:
    """The batches of many steps, [steps, batch, ...], each split over ``data``."""
    spread = NamedSharding(mesh, P(None, DATA))
    return jax.tree.map(lambda column: _of_host(np.asarray(column), spread), chunk)


def _of_host(array: NDArray[Any], sharding: NamedSharding) -> Array:
    """An array of which this process puts its own parts where they belong."""
    made: Array = jax.make_array_from_callback(array.shape, sharding, lambda part: array[part])
    return made


def whole(array: Any) -> NDArray[Any]:
    """All of an array in the memory of this process, wherever its parts are.

    Where there are several processes, all must ask for it.
    """
    if isinstance(array, Array) and not array.is_fully_addressable:
        if not array.is_fully_replicated:
            from jax.experimental import multihost_utils

            return np.asarray(multihost_utils.process_allgather(array, tiled=True))
        array = array.addressable_data(0)
    return np.asarray(array)


def fetched(state: Any) -> Any:
    """A state in the memory of this process: see :func:`whole`."""

    def get(array: Any) -> Any:
        if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(jnp.asarray(whole(jax.random.key_data(array))))
        return whole(array)

    return jax.tree.map(get, state)


def in_use() -> bool:
    """Whether what is traced now is for several devices of a mesh of :func:`mesh_of`."""
    mesh = jax.sharding.get_abstract_mesh()
    ours = mesh.axis_names == AXES and set(mesh.axis_types) == {AxisType.Auto}
    return ours and mesh.size > 1


def gathered(values: Array, *, entries: int, columns: int = 0) -> Array:
    """Values of entries, on every device of ``data``; columns stay split over ``model``.

    Without a mesh, or on one of a single device, nothing is done.

    Args:
        entries: how many axes the entries have; the first is of examples.
        columns: 1 where the last axis is of columns.
    """
    if not in_use():
        return values
    lies = P(*(None,) * entries, *(MODEL,) * columns)
    everywhere: Array = jax.lax.with_sharding_constraint(values, lies)
    return everywhere
