"""Every function under every transformation and configuration of JAX gives the same answer."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export
from jax.flatten_util import ravel_pytree

from functions import CASES, GRADIENTS, LOSSES, SIZES, Case
from tolerances import close

Numbers = tuple[Any, ...]
# What compiles much for each is tried with the others in the long tier.
some = pytest.mark.parametrize(
    "name", [pytest.param(e, marks=[pytest.mark.long] * (n % 3 > 0)) for n, e in enumerate(CASES)]
)


def third(ways: Iterable[str], what: str) -> pytest.MarkDecorator:
    """Every function in every way, of which two thirds are tried in the long tier alone.

    In the others each way is tried with a third of the functions, each function with a third of the
    ways, spread so that neighbours in the table differ.
    """
    every = [
        pytest.param(name, way, marks=[pytest.mark.long] * ((n + m) % 3 > 0), id=f"{name}-{way}")
        for n, name in enumerate(CASES)
        for m, way in enumerate(ways)
    ]
    return pytest.mark.parametrize(("name", what), every)


# Transformations that change no value: each takes a function of arrays and its arguments


def scan(f: Callable[..., Any], args: Numbers) -> Any:
    return jax.lax.scan(lambda carry, _: (carry, f(*carry)), args, None, length=2)[1]


def loop(f: Callable[..., Any], args: Numbers) -> Any:
    start = jax.tree.map(lambda out: jnp.zeros(out.shape, out.dtype), jax.eval_shape(f, *args))
    return jax.lax.while_loop(lambda s: s[0] < 1, lambda s: (s[0] + 1, f(*args)), (0, start))[1]


def cond(f: Callable[..., Any], args: Numbers) -> Any:
    return jax.lax.cond(jnp.array(True), f, f, *args)


def one_by_one(f: Callable[..., Any], args: Numbers) -> Any:
    return jax.lax.map(lambda each: f(*each), jax.tree.map(lambda a: jnp.stack([a, a]), args))


def vmap(f: Callable[..., Any], args: Numbers) -> Any:
    return jax.jit(jax.vmap(f))(*jax.tree.map(lambda a: jnp.stack([a, a]), args))


def of_jaxpr(f: Callable[..., Any], args: Numbers) -> Any:
    closed, shape = jax.make_jaxpr(f, return_shape=True)(*args)
    leaves = jax.core.eval_jaxpr(closed.jaxpr, closed.consts, *args)
    return jax.tree.unflatten(jax.tree.structure(shape), leaves)


def custom_jvp(f: Callable[..., Any], args: Numbers) -> Any:
    @jax.custom_jvp
    def g(*args: Any) -> Any:
        return f(*args)

    g.defjvp(lambda primals, tangents: jax.jvp(f, primals, tangents))
    return jax.jit(g)(*args)


def exported(f: Callable[..., Any], args: Numbers) -> Any:
    return export.export(jax.jit(f))(*args).call(*args)


SAME: dict[str, Callable[[Callable[..., Any], Numbers], Any]] = {
    "jit": lambda f, args: jax.jit(f)(*args),
    "partial": lambda f, args: jax.jit(partial(f, args[0]))(*args[1:]),
    "checkpoint": lambda f, args: jax.jit(jax.checkpoint(f))(*args),
    "scan": scan,
    "while": loop,
    "cond": cond,
    "map": one_by_one,
    "vmap": vmap,
    "jaxpr": of_jaxpr,
    "ahead of time": lambda f, args: jax.jit(f).lower(*args).compile()(*args),
    "export": exported,
    "custom_jvp": custom_jvp,
    "linearize": lambda f, args: jax.linearize(f, *args)[0],
}
REPEATED = {"scan", "map", "vmap"}
"""Those that give the answer twice."""


def same(how: str, f: Callable[..., Any], args: Numbers, expected: Any) -> None:
    found = SAME[how](f, tuple(map(jnp.asarray, args)))
    found = jax.tree.map(lambda twice: twice[1], found) if how in REPEATED else found
    close(found, expected, "reordering", args)


@third(sorted(SAME.keys() - {"linearize"}), "how")
def test_traced_arguments(name: str, how: str) -> None:
    case = CASES[name]
    same(how, case.function, case.args, case.function(*case.args))


@third(SAME, "how")
def test_concrete_row_numbers_in_a_trace(name: str, how: str) -> None:
    """Closed over by a function of the vectors alone, they are checked and used as they are."""
    case = CASES[name]
    held = case._replace(
        args=tuple(a if a.dtype.kind == "f" else jnp.asarray(a) for a in case.args)
    )
    same(how, held.of_reals, case.reals, case.function(*case.args))


# Derivatives, each by several roads. What is differentiated is a loss, or the sum of a closed form


def scalar(case: Case) -> Callable[..., Any]:
    """A number with a derivative, of the real arguments."""

    def total(*reals: Any) -> Any:
        weights = np.linspace(0.5, 1.5, 7, dtype=np.float32)
        leaves = [leaf.ravel() for leaf in jax.tree.leaves(case.of_reals(*reals))]
        return sum((jnp.resize(weights, leaf.shape) * leaf).sum() for leaf in leaves)

    return total


def forward(f: Callable[..., Any], reals: Numbers, wrt: tuple[int, ...]) -> Any:
    return jax.jacfwd(f, wrt)(*reals)


def along_every_axis(f: Callable[..., Any], reals: Numbers, wrt: tuple[int, ...]) -> Any:
    """``jvp`` along one direction after the other."""
    flat, unravel = ravel_pytree(reals)

    def slope(direction: Any) -> Any:
        return jax.jvp(f, reals, unravel(direction))[1]

    return unravel(jax.lax.map(slope, jnp.eye(flat.size, dtype=flat.dtype)))


def pulled_back(f: Callable[..., Any], reals: Numbers, wrt: tuple[int, ...]) -> Any:
    value, back = jax.vjp(f, *reals)
    return back(jnp.ones_like(value))


def linearized(f: Callable[..., Any], reals: Numbers, wrt: tuple[int, ...]) -> Any:
    _, slope = jax.linearize(f, *reals)
    return jax.linear_transpose(slope, *reals)(jnp.float32(1))


ROADS = {
    "grad of jit": lambda f, reals, wrt: jax.grad(jax.jit(f), wrt)(*reals),
    "grad of checkpoint": lambda f, reals, wrt: jax.grad(jax.checkpoint(f), wrt)(*reals),
    "jacrev": lambda f, reals, wrt: jax.jacrev(f, wrt)(*reals),
    "jacfwd": forward,
    "jvp": along_every_axis,
    "vjp": pulled_back,
    "linearize": linearized,
}


@third(ROADS, "road")
def test_the_gradient_by(name: str, road: str) -> None:
    case = CASES[name]
    f, reals, wrt = scalar(case), tuple(map(jnp.asarray, case.reals)), tuple(range(len(case.reals)))
    expected = jax.jit(jax.grad(f, wrt))(*reals)
    found = jax.jit(lambda *reals: ROADS[road](f, reals, wrt))(*reals)
    close(found, expected, "reordering", case.args)


@some
def test_the_hessian_by_two_roads(name: str) -> None:
    case = CASES[name]
    f, wrt = scalar(case), tuple(range(len(case.reals)))
    ways = (
        jax.hessian(f, wrt),
        jax.jacrev(jax.jacfwd(f, wrt), wrt),
        jax.jacfwd(jax.jacfwd(f, wrt), wrt),
    )
    one, *others = (jax.jit(way)(*case.reals) for way in ways)
    for other in others:
        close(other, one, "reordering", case.args)


# Configurations

OPTIONS = {
    "jax_numpy_rank_promotion": "raise",
    "jax_numpy_dtype_promotion": "strict",
    "jax_debug_nans": True,
    "jax_debug_infs": True,
    "jax_enable_checks": True,
    "jax_check_tracer_leaks": True,
    "jax_enable_x64": True,
    "jax_default_matmul_precision": "bfloat16",
}


LONG_OPTIONS = ("jax_check_tracer_leaks", "jax_debug_infs", "jax_enable_checks")


@pytest.fixture
def option(request: pytest.FixtureRequest) -> Iterator[None]:
    before = getattr(jax.config, request.param)
    jax.config.update(request.param, OPTIONS[request.param])
    yield
    jax.config.update(request.param, before)


@pytest.mark.parametrize(
    "option",
    # Looking for leaks compiles everything anew, and takes half of the time of all of these.
    [pytest.param(o, marks=[pytest.mark.long] * (o in LONG_OPTIONS)) for o in OPTIONS],
    indirect=True,
)
@some
def test_under_a_configuration(name: str, option: None) -> None:
    case = CASES[name]
    f, wrt = scalar(case), tuple(range(len(case.reals)))
    eager = case.function(*case.args), jax.grad(f, wrt)(*case.reals)
    compiled = jax.jit(case.function)(*case.args), jax.jit(jax.grad(f, wrt))(*case.reals)
    close(compiled, eager, "reordering", case.args)
    found = {leaf.dtype for leaf in jax.tree.leaves(eager)}
    assert found == {np.dtype(np.float32)}


# Sizes that are symbols, and many devices


@pytest.mark.parametrize(
    "name", [*LOSSES, *(f"gradients.{name}" for name in GRADIENTS), "add_rows"]
)
def test_export_with_symbols_for_sizes(name: str) -> None:
    case = CASES[name]
    symbols = dict(zip(SIZES, export.symbolic_shape(", ".join(SIZES.values())), strict=True))
    abstract = [
        jax.ShapeDtypeStruct(tuple(symbols[size] for size in a.shape), a.dtype) for a in case.args
    ]
    exported = export.export(jax.jit(case.function))(*abstract)
    close(exported.call(*case.args), case.function(*case.args), "reordering", case.args)
    if name in LOSSES:
        slope = jax.grad(case.function, case.real)
        exported = export.export(jax.jit(slope))(*abstract)
        close(exported.call(*case.args), slope(*case.args), "reordering", case.args)


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.long)])
def test_many_devices(step: int) -> None:
    """``pmap``, ``shard_map`` and explicit meshes need devices, and so a process of their own."""
    command = [sys.executable, Path(__file__).with_name("devices.py"), str(step)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.split()[-1] == str(len(list(CASES)[::step]))
