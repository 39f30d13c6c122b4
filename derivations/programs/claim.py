"""What is claimed of one program: that each of its outputs is what a statement says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp

from derivations.engine import notation
from derivations.engine.algebra import fresh
from derivations.engine.notation import bounds, range_of, unfold
from derivations.engine.printing import text
from derivations.programs.arrays import Array, Unread
from derivations.programs.call import Carried
from derivations.programs.proof import same
from derivations.programs.reader import primitives, read, trace
from derivations.statements.bag_symbols import W
from derivations.statements.tree_symbols import H, Q

__all__ = ["SIZES", "B", "Claim", "L", "M", "N", "Result", "S", "put_size"]

B, L, M, N, S = sp.symbols("B L M N S", integer=True, positive=True)
SIZES = {"V": notation.V, "d": notation.d, "K": notation.K, "W": W, "H": H, "Q": Q} | {
    "B": B,
    "L": L,
    "M": M,
    "S": S,
    "N": N,
}
"""What the symbolic sizes of the traces are called."""
_SCOPE = dict(zip(SIZES, jax.export.symbolic_shape(", ".join(SIZES)), strict=True))
_DIMS = {size: _SCOPE[name] for name, size in SIZES.items()}
_NUMBERS = dict(zip(SIZES.values(), (71, 53, 31, 43, 61, 97, 13, 17, 37, 23, 47), strict=True))
"""Sizes for a trace of numbers, each of which stands for one size alone, as its neighbours do."""
_READ = {
    str(number + more): size + more for size, number in _NUMBERS.items() for more in (-1, 0, 1)
}
_READ[str(_NUMBERS[L] + _NUMBERS[S])] = L + S
_READ[str(2 * _NUMBERS[M])] = 2 * M
_READ[str(2 * (_NUMBERS[L] + 2 * _NUMBERS[M]))] = 2 * (L + 2 * M)
_READ |= {str(_NUMBERS[L] * _NUMBERS[e]): L * e for e in (B, H)}
_READ |= {str(_NUMBERS[L] + 2 * _NUMBERS[M] + more): L + 2 * M + more for more in (-1, 0, 1)}
_READ[str(sp.Rational(float(np.float32(_NUMBERS[notation.K] / _NUMBERS[S]))))] = notation.K / S

Result = tuple[tuple[sp.Expr, ...], sp.Expr]
"""The index of an output, and what stands there by the statement."""


@dataclass(frozen=True)
class Claim:
    """A program, of which every output is what a statement says."""

    name: str
    """of the function, as it is imported"""
    program: Callable[..., Any]
    inputs: tuple[Array, ...]
    results: tuple[Result, ...]
    ids: tuple[str, ...] = ()
    """of the statements"""
    loops: tuple[Carried, ...] = ()
    """what its loops carry, if they do more than add"""
    of_numbers: bool = False
    """Whether the program is the one that JAX writes for some numbers instead of symbols."""

    def shapes(self) -> list[Any]:
        """What the program is traced with."""
        kinds = {"f": jnp.float32, "i": jnp.int32, "u": jnp.uint32, "b": jnp.bool_}
        sizes: Any = _NUMBERS if self.of_numbers else _DIMS
        return [
            jax.ShapeDtypeStruct(tuple(_put(sizes, e) for e in x.shape), kinds[x.kind])
            for x in self.inputs
        ]

    @property
    def sizes(self) -> list[str]:
        """The sizes of its inputs, for all of which it is proved, from 1 on."""
        found = {e for x in self.inputs for size in x.shape for e in size.free_symbols}
        return [name for name, size in SIZES.items() if size in found]

    @property
    def given(self) -> list[str]:
        """What is assumed of its inputs: that row numbers are of rows, and signs are signs."""
        found = []
        for x in self.inputs:
            indices = {n.within[1] + 1: n for n in reversed(notation.indices.values())}
            if sp.S.Zero in x.shape:
                continue
            entry = x[tuple(indices.get(size, notation.i) for size in x.shape)]
            within = bounds.get(getattr(getattr(entry, "base", None), "name", ""))
            within = getattr(entry, "within", within)
            if x.kind in ("i", "u") and within:
                known = all(size in indices for size in x.shape)
                name = text(entry) if known else f"entries of {entry.base.name}"
                found.append(f"{text(within[0])} ≤ {name} ≤ {text(within[1])}")
            if x.kind == "f" and entry.is_positive:
                found.append(f"{text(entry)} > 0")
        return found

    def traced(self) -> Any:
        """The program for all sizes, as a closed jaxpr."""
        return trace(self.program, *self.shapes())

    def differences(self, program: Any) -> Iterator[str]:
        """What is not shown of a program that may be this one, in words."""
        try:
            found = read(program, self.inputs, _READ if self.of_numbers else SIZES, self.loops)
            if len(found) != len(self.results):
                yield f"{len(found)} outputs, not {len(self.results)}"
            for array, (at, expected) in zip(found, self.results, strict=True):
                if 0 in array.shape:
                    continue  # it has no entries
                if len(array.shape) != len(at) or any(
                    hasattr(n, "within") and n.within[1] + 1 != size
                    for n, size in zip(at, array.shape, strict=True)
                ):
                    yield f"an output of shape {array.shape}"
                elif not same(array[at], expected):
                    yield f"not shown to be {expected}"
        except Unread as error:
            yield str(error)
        except Exception as error:  # whatever ends a proof, nothing is proved
            yield f"it could not be examined: {type(error).__name__}: {error}"

    def at(self, size: sp.Expr, number: int) -> "Claim":
        """The same where a size is 0 or 1, of which JAX may write another program."""

        def put(x: Array) -> Array:
            shape = tuple(e.xreplace({size: sp.Integer(number)}) for e in x.shape)
            return Array(shape, x.kind, lambda *at: put_size(x[at], size, number))

        def put_in(told: Carried) -> Carried:
            return lambda n: [x and put(x) for x in told(n)]

        results = tuple(
            (tuple(put_size(n, size, number) for n in at), put_size(unfold(value), size, number))
            for at, value in map(_renewed(size, number), self.results)
        )
        name = f"{self.name}, {size} = {number}"
        inputs, loops = tuple(map(put, self.inputs)), tuple(map(put_in, self.loops))
        return replace(self, name=name, inputs=inputs, results=results, loops=loops)

    def for_numbers(self) -> "Claim":
        """The same of the program that JAX writes for numbers."""
        numbers = ", ".join(f"{name} = {_NUMBERS[SIZES[name]]}" for name in self.sizes)
        return replace(self, name=f"{self.name}, {numbers}", of_numbers=True)

    @property
    def for_every(self) -> str:
        """For which sizes it is proved."""
        if self.of_numbers:
            return "these numbers"
        return f"{', '.join(self.sizes)} ≥ 1" if self.sizes else "number"

    def variants(self) -> Iterator["Claim"]:
        """The claim, of sizes of 0 as well, and of each program that JAX writes differently."""
        if self.of_numbers:
            yield self
            return
        found, numbers = [self], self.for_numbers()
        if primitives(numbers.traced()) != primitives(self.traced()):
            found.append(numbers)
        for name in self.sizes:
            none = name in ("K", "H") or (name == "W" and "skip_gram" in self.name)
            found += [self.at(SIZES[name], 0)] if none else []
            one = self.at(SIZES[name], 1)
            if primitives(one.traced()) != primitives(self.traced()):
                found.append(one)
        yield from found


def _put(sizes: Mapping[sp.Expr, Any], size: sp.Expr) -> Any:
    """A size such as L + 2 M, with those of a trace in it."""
    names = sorted(size.free_symbols, key=str)
    return sp.lambdify(names, size)(*(sizes[name] for name in names))


def put_size(expr: sp.Expr, size: sp.Expr, number: int) -> sp.Expr:
    """An expression where a size is 0 or 1: sums have no or one term, and indices one value."""
    expr = sp.sympify(expr).xreplace({size: sp.Integer(number)})
    expr = expr.replace(lambda e: isinstance(e, sp.Sum), _short)
    if number == 0:
        return expr
    bound = {n for e in expr.atoms(sp.Sum) for n in e.variables}
    # Entries first: they are found by their indices, which are put in after them
    parts = expr.atoms(sp.Indexed, sp.Symbol)
    for e in sorted(parts, key=lambda e: not isinstance(e, sp.Indexed)):
        indexed = isinstance(e, sp.Indexed)
        within = range_of(e) if indexed else getattr(e, "within", None)
        last = within and within[1].xreplace({size: sp.Integer(number)})
        if within and e not in bound and last == within[0]:
            expr = expr.xreplace({e: within[0]})
    return expr


def _renewed(size: sp.Expr, number: int) -> Callable[[Result], Result]:
    """Puts places of the new range for those of axes whose size changes."""

    def renew(result: Result) -> Result:
        at, value = result
        told: dict[sp.Expr, sp.Expr] = {}
        for n in at:
            if isinstance(n, sp.Dummy):
                low, high = (e.xreplace({size: sp.Integer(number)}) for e in n.within)
                if (low, high) != n.within and low != high:
                    told[n] = fresh(n, low, high)
        return tuple(n.xreplace(told) for n in at), value.xreplace(told)

    return renew


def _short(summed: sp.Sum) -> sp.Expr:
    """A sum, without those of its sums that have no term, or one."""
    term = summed.function
    left: list[tuple[sp.Expr, ...]] = []
    for n, low, high in summed.limits:
        if low - high == 1:
            return sp.S.Zero
        if low == high:
            term = sp.Sum(term, *left).subs(n, low) if left else term.subs(n, low)
            left = []
        else:
            left.append((n, low, high))
    return sp.Sum(term, *left) if left else term
