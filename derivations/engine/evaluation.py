"""Numbers for the expressions of the derivations, to as many digits as one likes.

``evaluate`` is for whoever compares a proved formula with a program. The rest draws random
instances of random sizes, and evaluates a derivative as mpmath's numerical derivative of what
stands under it, so that the check of a proof does not lean on SymPy's differentiation.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp

from derivations.engine.notation import bounds, unfold

__all__ = [
    "DIGITS",
    "Values",
    "draw",
    "evaluate",
    "number",
    "of_their_signs",
    "sizes_of",
    "values_of",
]

DIGITS = 50
"""Decimal digits of every check."""

reciprocal = sp.Function("reciprocal")

Values = dict[str, Any]
"""What an instance gives every symbol, by name: ints, mpmath numbers, or object arrays of them."""


def evaluate(
    expr: sp.Expr, values: Mapping[str, Any], axes: Sequence[sp.Symbol] = ()
) -> npt.NDArray[np.float64]:
    """The value of an expression for concrete arrays, in float64, computed with 30 digits.

    Args:
        expr: an expression without derivatives, such as the closed form of a derivation.
        values: numbers and arrays by the name of their symbol, the names of ``jw2v``'s arguments:
            ``v_c``, ``U``, ``o``, ``negatives``. Rows are words. Sizes are read off the arrays.
        axes: the index symbols that number the axes of the result.

    Returns:
        An array with one axis an index symbol.

    Raises:
        ValueError: a value is missing, two arrays disagree about a size, a word or another index is
            not in its range, or a number has a sign that the expression does not speak of.

    >>> from derivations import statements
    >>> from derivations.engine.notation import i
    >>> gradient = statements()["b1"].closed["v_c"]
    >>> evaluate(gradient, {"v_c": [0.0, 0.0], "U": [[1.0, 0.0], [3.0, 8.0]], "o": 0}, [i])
    array([1., 4.])
    """
    exact = {name: _exact(np.asarray(value)) for name, value in values.items()}
    _read_sizes(expr, exact)
    if missing := set(_compile(expr)[0]) - set(exact) - {n.name for n in axes}:
        raise ValueError(
            f"no values for {', '.join(sorted(missing))}; give them, or make them axes"
        )
    shape = [1 + _int(bounds[n.name][1], exact) for n in axes]
    result = np.zeros(shape)
    with mpmath.workdps(30):
        _check_values(expr, exact)
        for position in np.ndindex(*shape):
            here = {n.name: at for n, at in zip(axes, position, strict=True)}
            result[position] = float(number(expr, exact | here))
    return result


def number(expr: sp.Expr, values: Values) -> Any:
    """The value of an expression at one instance; a derivative is taken numerically.

    A sum of derivatives is added up term by term, each with an index of its own.
    """
    numeric = dict(values)
    for e in _sums_of_derivatives(expr):
        stand_in = sp.Symbol(f"sum {len(numeric)}")
        numeric[stand_in.name] = _added_up(e, values)
        expr = expr.xreplace({e: stand_in})
    for derivative in expr.atoms(sp.Derivative):
        stand_in = sp.Symbol(f"derivative {len(numeric)}")
        numeric[stand_in.name] = _derivative(derivative, values)
        expr = expr.xreplace({derivative: stand_in})
    names, function = _compile(expr)
    return mpmath.mpmathify(function(*(numeric[name] for name in names)))


def _sums_of_derivatives(expr: sp.Expr) -> set[sp.Sum]:
    """The outermost sums with a derivative inside."""
    if isinstance(expr, sp.Sum):
        return {expr} if expr.has(sp.Derivative) else set()
    return set[sp.Sum]().union(*map(_sums_of_derivatives, expr.args))


def _added_up(summed: sp.Sum, values: Values) -> Any:
    """A sum over its outermost index, which is the last of its limits."""
    *inner, (n, low, high) = summed.limits
    term = sp.Sum(summed.function, *inner) if inner else summed.function
    first, last = (int(number(e, values)) for e in (low, high))
    return sum(
        (number(term, values | {n.name: at}) for at in range(first, last + 1)), mpmath.mpf(0)
    )


@cache
def _compile(expr: sp.Expr) -> tuple[tuple[str, ...], Callable[..., Any]]:
    """SymPy's lambdify, on mpmath, with the names of the arguments."""
    # Python would divide whole numbers in float64
    expr = unfold(expr).replace(
        lambda e: e.is_Pow and e.base.is_integer and e.exp.is_negative,
        lambda e: reciprocal(e.base) ** -e.exp,
    )
    arguments = {e.name: e for e in expr.free_symbols if not isinstance(e, sp.Indexed)}
    arguments |= {e.name: e for e in expr.atoms(sp.IndexedBase)}
    names = tuple(sorted(arguments))
    modules = [{"reciprocal": lambda n: mpmath.mpf(1) / n}, "mpmath"]
    return names, sp.lambdify([arguments[name] for name in names], expr, modules)


def _derivative(derivative: sp.Derivative, values: Values) -> Any:
    """mpmath's numerical derivative, by entries of arrays or by symbols."""
    places = []
    for by in derivative.variables:
        indices = by.indices if isinstance(by, sp.Indexed) else ()
        name = by.base.name if isinstance(by, sp.Indexed) else by.name
        places.append((name, tuple(int(number(e, values)) for e in indices)))

    def moved(*steps: Any) -> Any:
        point = dict(values)
        for (name, at), step in zip(places, steps, strict=True):
            if at:
                point[name] = point[name].copy()
                point[name][at] += step
            else:
                point[name] = point[name] + step
        return number(derivative.expr, point)

    zeros, orders = (mpmath.mpf(0),) * len(places), (1,) * len(places)
    if len(places) == 1:
        return mpmath.diff(moved, 0)
    return mpmath.diff(moved, zeros, orders)


def sizes_of(exprs: tuple[sp.Expr, ...]) -> dict[str, int]:
    """The least value of each size that an instance of these expressions needs, by name."""
    return {e.name: 0 if e.is_positive is None else 1 for e in _scalars(exprs)[0] if _is_size(e)}


def _is_size(e: sp.Symbol) -> bool:
    return bool(e.is_integer) and e.name not in bounds


@cache
def _scalars(exprs: tuple[sp.Expr, ...]) -> tuple[list[sp.Symbol], list[sp.IndexedBase]]:
    """The symbols and the arrays to which an instance must give values."""
    plain = [unfold(e) for e in exprs]
    plain += [by for e in plain for f in e.atoms(sp.Derivative) for by in f.variables]
    arrays = set[sp.IndexedBase]().union(*(e.atoms(sp.IndexedBase) for e in plain))
    free = set[sp.Basic]().union(*(e.free_symbols for e in plain))
    shapes = {size for e in arrays for size in e.shape}
    symbols = free.union(*(e.free_symbols for e in shapes), *_index_sizes(free | arrays))
    names = {e.name for e in arrays}
    scalars = (e for e in symbols if isinstance(e, sp.Symbol) and e.name not in names)
    return sorted(scalars, key=str), sorted(arrays, key=str)


def draw(
    exprs: tuple[sp.Expr, ...], random: Random, sizes: Mapping[str, int] | None = None
) -> Values:
    """A random instance: sizes of 1 to 4 (K from 0) unless given, indices in range, entries."""
    scalars, arrays = _scalars(exprs)
    values: Values = {
        name: random.randint(least, 4) for name, least in sizes_of(exprs).items()
    } | dict(sizes or {})
    for e in scalars:
        if e.is_integer and e.name in bounds:
            values[e.name] = _word(e.name, values, random)
        elif not e.is_integer:
            values[e.name] = _real(e, random)
    for e in arrays:
        shape = tuple(_int(size, values) for size in e.shape)
        entries = [
            _word(e.name, values, random) if e.name in bounds else _real(e[e.shape], random)
            for _ in range(math.prod(shape))
        ]
        values[e.name] = np.array([*entries, None], dtype=object)[:-1].reshape(shape)
    return values


def of_their_signs(exprs: tuple[sp.Expr, ...], values: Values) -> bool:
    """Whether every number, and every entry of an array, has the sign that is declared of it."""
    scalars, arrays = _scalars(exprs)
    declared = {e.name: e for e in scalars} | {e.name: e[e.shape] for e in arrays}
    return all(_has_sign(n, e) for name, e in declared.items() for n in np.ravel(values[name]))


def _has_sign(value: Any, declared: sp.Expr) -> bool:
    near = mpmath.mpf(10) ** (-0.6 * mpmath.mp.dps)
    return not (
        (declared.is_positive and value <= 0)
        or (declared.is_nonnegative and value < -near)
        or (declared.is_negative and value >= 0)
        or (declared.is_nonpositive and value > near)
    )


def _index_sizes(symbols: Iterable[Any]) -> list[set[sp.Basic]]:
    """The sizes that the ranges of these indices mention."""
    named = [bounds[e.name] for e in symbols if getattr(e, "name", None) in bounds]
    return [e.free_symbols for e in itertools.chain.from_iterable(named)]


def _word(name: str, values: Values, random: Random) -> int:
    """A random index within its range; ``IndexError`` if the range is empty."""
    low, high = (_int(e, values) for e in bounds[name])
    if low > high:
        raise IndexError(f"{name} has no values")
    return random.randint(low, high)


def values_of(n: sp.Symbol, values: Values) -> range:
    """Every value of an index in an instance."""
    low, high = (_int(e, values) for e in bounds[n.name])
    return range(low, high + 1)


def _int(size: sp.Expr, values: Values) -> int:
    """A size, or a bound made of sizes, in an instance."""
    return int(size.subs({e: values[e.name] for e in size.free_symbols}))


def _real(symbol: sp.Expr, random: Random) -> Any:
    """A random real number with all its digits."""
    digits = mpmath.mpf(random.getrandbits(200)) / 2**200
    if symbol.is_positive or symbol.is_negative:
        return (digits + mpmath.mpf(1) / 8) * (1 if symbol.is_positive else -1)
    if symbol.is_nonnegative or symbol.is_nonpositive:
        some = digits if random.random() < 0.75 else mpmath.mpf(0)
        return some if symbol.is_nonnegative else -some
    return 3 * digits - mpmath.mpf(3) / 2


def _exact(array: npt.NDArray[Any]) -> Any:
    """A number or an object array: Python ints as they are, floats as mpmath numbers."""
    convert = int if array.dtype.kind in "iub" else mpmath.mpf
    if not array.ndim:
        return convert(array.item())
    flat = [convert(e) for e in array.ravel().tolist()]
    return np.array([*flat, None], dtype=object)[:-1].reshape(array.shape)


def _read_sizes(expr: sp.Expr, values: Values) -> None:
    """Adds the sizes that the shapes of the arrays tell."""
    named = (e for e in unfold(expr).atoms(sp.IndexedBase) if e.name in values)
    arrays = sorted(named, key=str)
    for array in arrays:
        for size, length in zip(array.shape, np.shape(values[array.name]), strict=True):
            if size.is_Symbol:
                values.setdefault(size.name, length)
    for array in arrays:
        for size, length in zip(array.shape, np.shape(values[array.name]), strict=True):
            known = all(e.name in values for e in size.free_symbols)
            if known and _int(size, values) != length:
                raise ValueError(
                    f"{array.name}: {size} is {length} here, {_int(size, values)} there"
                )


def _check_values(expr: sp.Expr, values: Values) -> None:
    """Refuses a value that the symbol of its name cannot have."""
    scalars, arrays = _scalars((expr,))
    declared = {e.name: e for e in (*expr.atoms(sp.Symbol), *scalars)}
    declared |= {e.name: e[e.shape] for e in arrays}
    for name in sorted(declared.keys() & values.keys()):
        ends = bounds.get(name, ())
        known = ends and all(n.name in values for end in ends for n in end.free_symbols)
        low, high = (_int(end, values) for end in ends) if known else (-math.inf, math.inf)
        for value in np.ravel(values[name]):
            if declared[name].is_integer and not (low <= value <= high and value == int(value)):
                raise ValueError(
                    f"{name}: expected whole numbers from {low} to {high}, got {value}"
                )
            if not _has_sign(value, declared[name]):
                raise ValueError(f"{name}: {value} is not of the sign that is declared of {name}")
