"""Wrong programs: a traced program with one step changed, in every way of a list.

A proof that cannot fail proves nothing. Each of these programs must be refused, or shown to be the
same function, as one is that never takes the branch that was changed.
"""

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.extend.core import Literal
from jax.interpreters import partial_eval

from derivations.programs.reader import inside

__all__ = ["mutants", "of_axes", "written"]

Mutant = tuple[str, Any]
"""What was changed, in words, and the program."""

INSTEAD = {
    lax.add_p: [lax.sub_p],
    lax.sub_p: [lax.add_p],
    lax.mul_p: [lax.add_p],
    lax.div_p: [lax.mul_p],
    lax.max_p: [lax.min_p],
    lax.min_p: [lax.max_p],
    lax.exp_p: [lax.expm1_p],
    lax.log_p: [lax.log1p_p],
    lax.log1p_p: [lax.log_p],
    lax.logistic_p: [lax.tanh_p],
    lax.abs_p: [lax.sign_p],
    lax.eq_p: [lax.ne_p],
    lax.ne_p: [lax.eq_p],
    lax.lt_p: [lax.le_p, lax.gt_p],
    lax.le_p: [lax.lt_p, lax.ge_p],
    lax.gt_p: [lax.ge_p, lax.lt_p],
    lax.ge_p: [lax.gt_p, lax.le_p],
    lax.and_p: [lax.or_p],
    lax.or_p: [lax.and_p],
    lax.reduce_sum_p: [lax.reduce_max_p],
    lax.reduce_max_p: [lax.reduce_min_p, lax.reduce_sum_p],
    lax.reduce_and_p: [lax.reduce_or_p],
    lax.reduce_or_p: [lax.reduce_and_p],
}
"""What is put in the place of a primitive."""

ORDERED = {"sub", "div", "concatenate", "lt", "le", "gt", "ge"}
"""Primitives whose inputs are exchanged, where their shapes allow it; and the cases of select_n."""

_OF_PRODUCTS = ("out_dtype",)
"""Parameters of a product, which are None."""

INDEXED = {"gather": 1, "scatter-add": 1, "dynamic_slice": 1, "dynamic_update_slice": 2}
"""Which input is an index."""


AXES = {
    *("axes", "axis", "broadcast_dimensions", "dimension", "dimension_numbers", "dimensions"),
    "permutation",
}
"""Parameters that are numbers of axes."""


def mutants(program: Any) -> Iterator[Mutant]:
    """Every program that differs from a closed jaxpr, or from one that is not, in one step."""
    inner = getattr(program, "jaxpr", program)
    known = [*inner.constvars, *inner.invars]
    for at, equation in enumerate(inner.eqns):
        for words, changed in _changes(equation, known):
            eqns = [*inner.eqns[:at], *changed, *inner.eqns[at + 1 :]]
            yield words, _with(program, eqns)
        known += equation.outvars
    for at, outvar in enumerate(inner.outvars):
        for other in [e for e in known if _alike(e, outvar) and e is not outvar][-1:]:
            outvars = [*inner.outvars[:at], other, *inner.outvars[at + 1 :]]
            yield "another result", _with(program, inner.eqns, outvars)


def of_axes(program: Any) -> Iterator[Mutant]:
    """Every program with another axis in one step, or None where the shapes do not allow it.

    An axis is put in the place of another, or two of a step are exchanged.
    """
    inner = getattr(program, "jaxpr", program)
    for at, equation in enumerate(inner.eqns):
        for words, changed in _other_axes(equation):
            eqns = [*inner.eqns[:at], *changed, *inner.eqns[at + 1 :]]
            yield words, _with(program, eqns) if changed else None


def written(program: Any) -> str:
    """A closed jaxpr without the steps that no result uses, and the numbers that it holds."""
    wanted = [True] * len(program.jaxpr.outvars)
    used, _ = partial_eval.dce_jaxpr(program.jaxpr, wanted, instantiate=True)
    numbers = [(e.dtype, e.shape, e.tolist()) for e in map(np.asarray, _constants(program))]
    return re.sub(r"0x[0-9a-f]+", "", f"{used} {numbers}")


def _constants(program: Any) -> Iterator[Any]:
    yield from getattr(program, "consts", ())
    for equation in getattr(program, "jaxpr", program).eqns:
        for part in inside(equation.params):
            yield from _constants(part)


def _other_axes(equation: Any) -> Iterator[tuple[str, list[Any]]]:
    most = max((len(e.aval.shape) for e in [*equation.invars, *equation.outvars]), default=0)
    for name in AXES & equation.params.keys():
        axes, tree = jax.tree.flatten(equation.params[name])
        others = [
            [*axes[:at], other, *axes[at + 1 :]]
            for at in range(len(axes))
            for other in range(most)
            if other != axes[at]
        ]
        for one, other in combinations(range(len(axes)), 2):
            if name != "axes" and axes[one] != axes[other]:  # those of a sum have no order
                swapped = [*axes]
                swapped[one], swapped[other] = axes[other], axes[one]
                others.append(swapped)
        for new in others:
            changed = {name: jax.tree.unflatten(tree, new)}
            changed_equation = equation.replace(params=equation.params | changed)
            fits = _fits(changed_equation)
            yield f"{equation.primitive.name}: another axis", [changed_equation] if fits else []
    yield from _inside(equation, of_axes)


def _fits(equation: Any) -> bool:
    """Whether JAX takes a step, and its result has the shape that it had."""
    try:
        found, _ = equation.primitive.abstract_eval(
            *(e.aval for e in equation.invars), **equation.params
        )
    except Exception:  # of many types, by the primitive
        return False
    return bool(found.shape == equation.outvars[0].aval.shape)


def _with(program: Any, eqns: list[Any], outvars: Any = None) -> Any:
    inner = getattr(program, "jaxpr", program)
    changed = inner.replace(eqns=eqns, outvars=outvars or inner.outvars)
    return program.replace(jaxpr=changed) if hasattr(program, "jaxpr") else changed


def _changes(equation: Any, known: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """What is put in the place of one equation."""
    name, inputs = equation.primitive.name, equation.invars
    for primitive in INSTEAD.get(equation.primitive, ()):
        yield f"{name} → {primitive.name}", [_as(equation, primitive)]
    result = equation.outvars[0] if len(equation.outvars) == 1 else None
    given: Any
    for at, given in enumerate(inputs):
        if result is not None and not _programs(equation) and _alike(given, result):
            told = "left out" if len(inputs) == 1 else f"only input {at}"
            yield (
                f"{name}: {told}",
                [equation.replace(primitive=lax.copy_p, invars=[given], params={})],
            )
        if isinstance(given, Literal):
            if not jax.numpy.shape(given.val):
                yield f"{name}: another number", [_put(equation, at, _other(given))]
        else:
            for other in [e for e in known if _alike(e, given) and e is not given][-1:]:
                yield f"{name}: another input {at}", [_put(equation, at, other)]
    pairs = {"select_n": (1, 2)} | dict.fromkeys(ORDERED, (0, 1))
    if name in pairs and len(inputs) > pairs[name][1]:
        one, other = pairs[name]
        alike = inputs[one].aval.shape == inputs[other].aval.shape or name != "concatenate"
        if alike and inputs[one] is not inputs[other]:
            swapped = _put(_put(equation, one, inputs[other]), other, inputs[one])
            yield f"{name}: exchanged", [swapped]
    if name in INDEXED:
        index = inputs[INDEXED[name]]
        first = type(equation.outvars[0])(index.aval)
        zero = Literal(np.asarray(0, index.aval.dtype)[()], _scalar(index.aval))
        to_first = equation.replace(
            primitive=lax.mul_p,
            invars=[index, zero],
            outvars=[first],
            params=dict.fromkeys(_OF_PRODUCTS),
        )
        yield f"{name}: the first place", [to_first, _put(equation, INDEXED[name], first)]
    if name == "scatter-add":
        yield "scatter-add → scatter", [_as(equation, lax.scatter_p)]
    yield from _inside(equation, mutants)


def _inside(
    equation: Any, mutants: Callable[[Any], Iterator[Mutant]]
) -> Iterator[tuple[str, list[Any]]]:
    """The equation with one of the programs inside it changed."""
    for name, value in equation.params.items():
        if name == "update_jaxpr":
            continue
        several = value if isinstance(value, tuple | list) else (value,)
        for at, program in enumerate(several):
            if not inside({name: program}):
                continue
            for words, changed in mutants(program):
                if changed is None:
                    yield words, []
                    continue
                new = (*several[:at], changed, *several[at + 1 :])
                kept = new if isinstance(value, tuple | list) else changed
                yield words, [equation.replace(params=equation.params | {name: kept})]


def _programs(equation: Any) -> bool:
    return bool(inside(equation.params))


def _as(equation: Any, primitive: Any) -> Any:
    """The same equation of another primitive, which takes what it can of the parameters."""
    kept = equation.params
    if primitive in (lax.log_p, lax.log1p_p, lax.exp_p, lax.expm1_p, lax.tanh_p):
        kept = {"accuracy": None}
    elif not primitive.name.startswith(("reduce", "scatter")):
        kept = dict.fromkeys(_OF_PRODUCTS) if primitive is lax.mul_p else {}
    return equation.replace(primitive=primitive, params=kept)


def _put(equation: Any, at: int, value: Any) -> Any:
    invars = [*equation.invars[:at], value, *equation.invars[at + 1 :]]
    return equation.replace(invars=invars)


def _alike(one: Any, other: Any) -> bool:
    a, b = one.aval, other.aval
    return a.shape == b.shape and a.dtype == b.dtype and type(one).__name__ != "DropVar"


def _scalar(aval: Any) -> Any:
    return aval.update(shape=())


def _other(literal: Any) -> Any:
    """Another number in the place of one that a program writes down."""
    value: Any = literal.val
    if isinstance(value, bool | np.bool_):
        changed: Any = not value
    else:
        changed = value + 1 if np.isfinite(value) else 0
    return Literal(np.asarray(changed, literal.aval.dtype)[()], literal.aval)
