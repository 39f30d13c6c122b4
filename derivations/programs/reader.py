"""Closed jaxprs, which are the programs that JAX compiles, read equation by equation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
import sympy as sp
from jax.extend.core import Literal

from derivations.programs.arrays import Array, Unread
from derivations.programs.call import Carried
from derivations.programs.rules import Call, apply
from derivations.programs.whole import held

__all__ = ["Sizes", "equations", "primitives", "read", "trace"]

Sizes = Mapping[str, sp.Expr]
"""What each symbolic size of a trace is called here.

Or a number, that stands for a size in the program wherever it stands: what is proved of any size
is true of this one.
"""


KEYS = "k"
"""The kind of arrays of keys, from which numbers are drawn."""


def trace(function: Callable[..., Any], *arguments: Any) -> Any:
    """The closed jaxpr of a function, for arguments of these shapes."""
    return jax.jit(function).trace(*arguments).jaxpr


Named = Callable[[Any, Array], Array]
"""What stands for a result of an equation in those after it."""

CALLS = ("jit", "pjit", "closed_call")
"""The primitives that only run the program inside them."""


def _as_it_is(equation: Any, x: Array) -> Array:
    return x


def read(
    program: Any,
    inputs: Sequence[Array],
    sizes: Sizes,
    loops: Iterable[Carried] = (),
    named: Named = _as_it_is,
) -> list[Array]:
    """What a closed jaxpr computes of these inputs.

    Args:
        program: it.
        inputs: as they are given to it.
        sizes: what they are called.
        loops: what each of its loops is said to carry, in their order, which is then proved; those
            of which nothing is said only add.

    Raises:
        Unread: no rule says what a part of it is; the message names it.
    """
    loops = iter(loops)
    inner = getattr(program, "jaxpr", program)  # some programs inside are not closed
    if len(inputs) != len(inner.invars):
        raise Unread(f"the program has {len(inner.invars)} inputs, and {len(inputs)} are given")
    constants = zip(inner.constvars, getattr(program, "consts", ()), strict=True)
    known = {variable: _constant(value, sizes) for variable, value in constants}
    for variable, value in zip(inner.invars, inputs, strict=True):
        shape = _shape(variable.aval, sizes)
        if value.shape != shape or value.kind != _kind(variable.aval):
            raise Unread(f"an input of {variable.aval} is given as {value.kind}{value.shape}")
        known[variable] = held(value, variable.aval.dtype)

    def get(atom: Any) -> Array:
        return _constant(atom.val, sizes) if isinstance(atom, Literal) else known[atom]

    for equation in _used(inner):
        results = [e.aval for e in equation.outvars]
        if results and all(_kind(e) == KEYS for e in results):
            known |= {e: _keys(e.aval, sizes) for e in equation.outvars}
            continue
        within = named if equation.primitive.name in CALLS else _as_it_is
        call = Call(
            equation.primitive.name,
            tuple(_shape(e, sizes) for e in results),
            tuple(map(_kind, results)),
            lambda dim: _size(dim, sizes),
            partial(read, sizes=sizes, loops=loops, named=within),
            loops,
        )
        found = apply(call, [get(e) for e in equation.invars], equation.params)
        for variable, value in zip(equation.outvars, found, strict=True):
            known[variable] = named(equation, held(value, variable.aval.dtype))
    return [get(e) for e in inner.outvars]


def _used(program: Any) -> list[Any]:
    """The equations on which a result depends, or that do more than compute."""
    needed, found = set(map(_variable, program.outvars)), []
    for e in reversed(program.eqns):
        if e.effects or needed & {*e.outvars}:
            needed |= set(map(_variable, e.invars))
            found.append(e)
    return found[::-1]


def equations(program: Any) -> int:
    """How many equations a program has, those of the programs inside it included."""
    inner = getattr(program, "jaxpr", program)
    return sum(1 + sum(map(equations, inside(e.params))) for e in inner.eqns)


def primitives(program: Any) -> list[Any]:
    """The names of the primitives of a program, in order, those of programs inside it included.

    Left out is what a trace for numbers has no step for: what makes a number of a symbolic size,
    and the factor 1 and the summand 0 of what counts from 0 by 1.
    """
    inner = getattr(program, "jaxpr", program)
    sizes = {e.outvars[0] for e in inner.eqns if e.primitive.name == "dim_as_value"}
    found: list[Any] = []
    for e in inner.eqns:
        counts = found[-1:] == [("iota",)] and e.primitive.name in ("mul", "add")
        if not counts and not sizes & {*e.outvars, *map(_variable, e.invars)}:
            found.append((e.primitive.name, *map(primitives, inside(e.params))))
    return found


def _variable(atom: Any) -> Any:
    return None if isinstance(atom, Literal) else atom


def inside(parameters: Mapping[str, Any]) -> list[Any]:
    """The programs among the parameters of an equation, but for the rule that tells how to add."""
    found = []
    for name, value in parameters.items():
        several = value if isinstance(value, tuple | list) else (value,)
        if name != "update_jaxpr":
            found += [e for e in several if hasattr(e, "eqns") or hasattr(e, "jaxpr")]
    return found


def _keys(aval: Any, sizes: Sizes) -> Array:
    """Keys, which may be made and handed on, but of which nothing is known."""

    def entry(*at: sp.Expr) -> sp.Expr:
        raise Unread(f"an array of {aval.dtype}")

    return Array(_shape(aval, sizes), KEYS, entry)


def _kind(aval: Any) -> str:
    """Of the numbers of an array; those without a sign are of 32 bits."""
    if jax.numpy.issubdtype(aval.dtype, jax.dtypes.prng_key):
        return KEYS
    kind = "f" if aval.dtype.name == "bfloat16" else aval.dtype.kind
    if kind not in "fib" and aval.dtype.name != "uint32":
        raise Unread(f"an array of {aval.dtype}")
    return str(kind)


def _shape(aval: Any, sizes: Sizes) -> tuple[sp.Expr, ...]:
    return tuple(_size(dim, sizes) for dim in aval.shape)


def _size(dim: Any, sizes: Sizes) -> sp.Expr:
    """A size of JAX, a number or a symbolic one such as K + 1."""
    if not jax.export.is_symbolic_dim(dim):
        return sizes.get(str(int(dim)), sp.Integer(int(dim)))
    size = sp.sympify(str(dim), locals=dict(sizes))
    if unknown := size.free_symbols - {n for e in sizes.values() for n in e.free_symbols}:
        raise Unread(f"the size {dim}: nothing says what {', '.join(map(str, unknown))} is")
    if size.atoms(sp.Function):
        raise Unread(f"the size {dim}")
    return sp.expand(size)


def _constant(value: Any, sizes: Sizes) -> Array:
    """An array of numbers that stand in the program."""
    array = np.asarray(value)
    kind = _kind(array)

    def entry(*at: sp.Expr) -> sp.Expr:
        if array.size and (array == array.flat[0]).all():
            number = _number(array.flat[0])
            whole = kind == "f" and number.is_Integer  # of a formula, no size
            return number if whole else sizes.get(str(number), number)
        if not all(e.is_Integer for e in at):
            raise Unread(f"entry {at} of a constant array")
        return _number(array[tuple(map(int, at))])

    return Array(tuple(map(sp.Integer, array.shape)), kind, entry)


def _number(value: Any) -> sp.Expr:
    """A number that a program writes down, exactly."""
    if np.isnan(value):
        return sp.nan
    if np.isinf(value):
        return sp.oo if value > 0 else -sp.oo
    return sp.Rational(float(value)) if np.asarray(value).dtype.kind != "i" else sp.Integer(value)
