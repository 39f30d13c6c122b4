"""Functions of one's own: whether they compute the same as another or a formula, for every size."""

import importlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp

from derivations.engine.algebra import fresh
from derivations.engine.notation import Index, bounds, table
from derivations.programs.arrays import Array, Unread, constant, numbers
from derivations.programs.formula import Formulas
from derivations.programs.proof import same
from derivations.programs.reader import read, trace

__all__ = ["Input", "against", "differences", "function_of", "inputs_of"]

Against = Callable[..., Any] | Formulas
"""What a function is to compute: what another does, or what formulas say."""


class Input(NamedTuple):
    """What a function is given: real numbers, or whole numbers from 0 to below a size."""

    name: str
    sizes: tuple[str, ...]
    below: str = ""


def inputs_of(described: str) -> list[Input]:
    """The inputs of a function, as they are described in a line.

    >>> inputs_of("v: d; o: < V; U: V d")[1]
    Input(name='o', sizes=(), below='V')
    """
    found: list[Input] = []
    for part in described.split(";"):
        match = re.fullmatch(r"\s*(\w+)\s*:([\w\s]*)(?:<\s*(\w+))?\s*", part)
        names = part.replace(":", " ").replace("<", " ").split()
        if not match or not all(map(str.isidentifier, names)):
            raise ValueError(
                f"an input is its name and the names of its sizes, such as v: d, or o: < V for row"
                f" numbers; got {part.strip()!r}."
            )
        if unicodedata.normalize("NFKC", part) != part:
            raise ValueError(
                "a name must be in the letters that Python reads it in,"
                f" {unicodedata.normalize('NFKC', part).strip()!r}; got {part.strip()!r}."
            )
        if match[1] in (e.name for e in found):
            raise ValueError(f"each input needs a name of its own; got {match[1]!r} twice.")
        found.append(Input(match[1], tuple(match[2].split()), match[3] or ""))
    return found


def function_of(named: str, inputs: list[Input]) -> Callable[..., Any]:
    """``package.module:function``; ``grad:`` before it is its gradient by all real inputs."""
    gradient, _, path = named.rpartition("grad:")
    module, _, name = path.partition(":")
    if gradient or not name:
        raise ValueError(f"a function is named by package.module:function; got {named!r}.")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    if named == path:
        return function
    return jax.grad(function, tuple(at for at, e in enumerate(inputs) if not e.below))


def against(named: str, inputs: list[Input]) -> Against:
    """A function by its name, in which there is a colon, or formulas."""
    if re.fullmatch(r"[\w.]*(:[\w.]*)+", named):
        return function_of(named, inputs)
    return Formulas(named, {e.name: len(e.sizes) for e in inputs}, _sizes(inputs))


def _sizes(inputs: list[Input]) -> list[str]:
    return sorted({size for e in inputs for size in (*e.sizes, e.below) if size})


def differences(one: Callable[..., Any], other: Against, inputs: list[Input]) -> Iterator[str]:
    """Why a function is not shown to compute what another does, or formulas say; nothing if it is.

    They are read for sizes of 1 and more, and of row numbers it is assumed that they are below
    their size. Python that looks at sizes goes one way while JAX traces it, so that both are run on
    small arrays as well.
    """
    names = _sizes(inputs)
    sizes = {name: sp.Symbol(name, integer=True, positive=True) for name in names}
    scope = jax.export.symbolic_shape(", ".join(names)) if names else ()
    dims = dict(zip(names, scope, strict=True))
    given = [_array(e, sizes) for e in inputs]
    shapes = [_shape(e, dims) for e in inputs]
    try:
        if isinstance(other, Formulas):
            if problem := _unlike(jax.eval_shape(one, *shapes), other):
                yield problem
                return
            others = other.arrays({e.name: x for e, x in zip(inputs, given, strict=True)}, sizes)
        else:
            made, others_made = (_made(f, shapes) for f in (one, other))
            if made != others_made:
                yield f"results {made} and {others_made}"
                return
            others = read(trace(other, *shapes), given, sizes)
        found = read(trace(one, *shapes), given, sizes)
        if [e.shape for e in found] != [e.shape for e in others]:
            yield f"shapes {[e.shape for e in found]} and {[e.shape for e in others]}"
            return
        for number, (left, right) in enumerate(zip(found, others, strict=True)):
            at = tuple(fresh(sp.Dummy("n", integer=True), sp.S.Zero, e - 1) for e in left.shape)
            if not same(left[at], right[at]):
                seen = _seen(one, other, inputs, names) or "no difference was seen on small arrays"
                yield f"result {number} is not shown to be the same; {seen}"
                return
        if seen := _seen(one, other, inputs, names):
            yield (
                f"they are the same for sizes that are symbols, and yet {seen}. Python that looks"
                " at a size, rounding, or numbers past the largest can do that"
            )
    except Unread as error:
        yield str(error)
    except Exception as error:  # whatever ends a proof, nothing is proved
        yield f"it could not be examined: {type(error).__name__}: {error}"


def _unlike(results: Any, formulas: Formulas) -> str:
    """Why formulas, which have no names but their order, cannot be of some results."""
    several = results if isinstance(results, tuple | list) else [results]
    if not all(jax.tree_util.all_leaves([e]) for e in several):
        return "formulas are of one array, or of a tuple of arrays, and not of what holds others"
    if len(several) != len(formulas.parts):
        return f"{len(several)} results, and {len(formulas.parts)} formulas; a ; is between two"
    return ""


def _made(function: Callable[..., Any], shapes: list[Any]) -> Any:
    """How results are put together, and what each is called.

    Two classes that are written alike are one. Where nothing tells what the parts of a class are
    called, it is only like itself.
    """
    results = jax.eval_shape(function, *shapes)
    leaves, structure = jax.tree_util.tree_flatten_with_path(results)
    paths = [path for path, _ in leaves]
    if any(isinstance(key, jax.tree_util.FlattenedIndexKey) for path in paths for key in path):
        return structure
    return str(structure), [jax.tree_util.keystr(path) for path in paths]


def _array(given: Input, sizes: dict[str, sp.Symbol]) -> Array:
    shape = tuple(sizes[size] for size in given.sizes)
    # No name has a bracket, so that different inputs never have one name here
    name = f"{given.name}[{', '.join(given.sizes)}]{' < ' * bool(given.below)}{given.below}"
    if given.below:
        within = sp.S.Zero, sizes[given.below] - 1
        if not shape:
            row = Index(given.name, integer=True, nonnegative=True)
            row.within = within
            return constant(row, "i")
        rows = table(name, *shape, latex="yours", integer=True, nonnegative=True)
        bounds[name] = within
        return numbers(rows)
    if not shape:
        return constant(sp.Symbol(given.name, real=True), "f")
    return numbers(table(name, *shape, latex="yours"))


def _shape(given: Input, dims: dict[str, Any]) -> Any:
    kind = jnp.int32 if given.below else jnp.float32
    return jax.ShapeDtypeStruct(tuple(dims[size] for size in given.sizes), kind)


def _seen(one: Callable[..., Any], other: Against, inputs: list[Input], names: list[str]) -> str:
    """The first difference on the smallest sizes, in words, if there is one."""
    random = np.random.default_rng(0)
    for tried in sorted(product((1, 2, 3), repeat=len(names)), key=sum):
        here = dict(zip(names, tried, strict=True))
        given = []
        for e in inputs:
            shape = tuple(here[size] for size in e.sizes)
            drawn = (
                random.integers(here[e.below], size=shape) if e.below else random.normal(size=shape)
            )
            given.append(jnp.asarray(drawn, jnp.int32 if e.below else jnp.float32))
        if isinstance(other, Formulas):
            named = {e.name: x for e, x in zip(inputs, given, strict=True)}
            others = other.numbers(named, here)
        else:
            others = jax.tree.leaves(other(*given))
        for left, right in zip(jax.tree.leaves(one(*given)), others, strict=True):
            if np.shape(left) != np.shape(right):
                return f"for {here} the shapes are {np.shape(left)} and {np.shape(right)}"
            wrong = ~np.isclose(left, right, rtol=1e-3, atol=1e-4, equal_nan=True)
            if wrong.any():
                at = tuple(int(n) for n in np.argwhere(wrong)[0])
                values = f"{np.asarray(left)[at]:.4g} and {np.asarray(right)[at]:.4g}"
                return f"for {here or 'some numbers'} entry {list(at)} is {values}"
    return ""
