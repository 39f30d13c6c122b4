"""The three ways to bring an optimizer and the gradient of a batch together."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from jw2v.objectives.rows import Rows, each
from jw2v.params import AnyParams

__all__ = [
    "Apply",
    "begun",
    "by_rows",
    "by_tables",
    "check",
    "lazily",
    "owners",
    "state_shapes",
    "title",
]

Extra: TypeAlias = Mapping[str, Any]
"""What ``update`` gets by name, if it takes it."""
Apply: TypeAlias = Callable[
    [optax.GradientTransformation, AnyParams, optax.OptState, Any, Extra],
    tuple[AnyParams, optax.OptState],
]
"""``(optimizer, params, opt_state, gradient, extra) -> (params, opt_state)``, pure."""

_FAILURES = (TypeError, ValueError, AttributeError, LookupError, NotImplementedError)


def by_tables(
    optimizer: optax.GradientTransformation,
    params: AnyParams,
    opt_state: optax.OptState,
    gradient: Any,
    extra: Extra,
) -> tuple[AnyParams, optax.OptState]:
    """Whole tables: see :func:`jw2v.steps.dense_step`."""
    tables = each(Rows.dense, gradient, params)
    curvature = each(Rows.dense_curvature, gradient, params)
    extra = {**extra, "grad": tables, "curvature": curvature}
    updates, opt_state = _updated(optimizer, tables, opt_state, params, extra)

    def added(rows: Rows, table: Array, more: Array) -> Array:
        return table + jnp.asarray(more, table.dtype)

    return each(added, gradient, params, updates), opt_state


def by_rows(
    optimizer: optax.GradientTransformation,
    params: AnyParams,
    opt_state: optax.OptState,
    gradient: Any,
    extra: Extra,
) -> tuple[AnyParams, optax.OptState]:
    """Entry by entry: see :func:`jw2v.steps.row_step`."""
    rows = each(lambda rows, _: rows.gradient, gradient, params)
    extra = {**extra, "curvature": each(Rows.curvature_of_word, gradient, params)}
    updates, opt_state = _updated(optimizer, rows, opt_state, params, extra)
    return each(Rows.added_to, gradient, params, updates), opt_state


def lazily(
    optimizer: optax.GradientTransformation,
    params: AnyParams,
    opt_state: optax.OptState,
    gradient: Any,
    extra: Extra,
) -> tuple[AnyParams, optax.OptState]:
    """Word by word, with the words' own state: see :func:`jw2v.steps.lazy_step`."""

    def taken(state: Array, rows: Rows | None) -> Array:
        return state if rows is None else rows.taken_from(state)

    def put(state: Array, rows: Rows | None, after: Array) -> Array:
        return after if rows is None else rows.put_in(state, after)

    merged = type(gradient)(*map(Rows.merged, gradient, params))
    leaves = jax.tree.leaves(opt_state)
    form = jax.tree.structure(opt_state)
    rows_of = [None if table is None else merged[table] for table in owners(optimizer, params)]
    rows = each(lambda rows, _: rows.gradient, merged, params)
    curvature = each(lambda rows, _: rows.curvature, merged, params)
    updates, after = _updated(
        optimizer,
        rows,
        jax.tree.unflatten(form, map(taken, leaves, rows_of)),
        each(Rows.taken_from, merged, params),
        {**extra, "grad": rows, "curvature": curvature},
    )
    opt_state = jax.tree.unflatten(form, map(put, leaves, rows_of, jax.tree.leaves(after)))
    return each(partial(Rows.added_to, mode="drop"), merged, params, updates), opt_state


def check(optimizer: Any) -> None:
    """Refuse, by ValueError, what is no optimizer at all."""
    if not (callable(getattr(optimizer, "init", None)) and hasattr(optimizer, "update")):
        raise ValueError(
            "an optimizer must be an optax transformation, such as optax.adam(1e-3); got"
            f" {optimizer!r}."
        )


def begun(optimizer: optax.GradientTransformation, params: AnyParams) -> optax.OptState:
    """The first state of an optimizer, whose arrays are its own.

    Raises:
        ValueError: it is no optimizer, or not for two tables.
    """
    check(optimizer)
    try:
        state = optimizer.init(params)
        if type(state).__name__ == "LookaheadState":
            raise TypeError("its parameters are pairs of fast and slow ones, which tables are not.")
        state = jax.tree.map(jnp.asarray, state)
    except _FAILURES as error:
        raise ValueError(f"the optimizer {title(optimizer)} cannot begin: {error}") from error
    held = {id(table) for table in params}

    def own(array: Array) -> Array:
        """A copy of what is there already, such as a table: no buffer can be donated twice."""
        if id(array) in held:
            return jnp.array(array)
        held.add(id(array))
        return array

    return jax.tree.map(own, state)


def title(optimizer: optax.GradientTransformation) -> str:
    """What an optimizer is called, with its parts: ``chain (scale_by_adam, scale)``."""
    update = optimizer.update
    if inspect.ismethod(update):
        return type(update.__self__).__name__
    names = list(dict.fromkeys(_names(update)))
    if not names:
        return getattr(update, "__qualname__", type(update).__name__)
    return names[0] + (f" ({', '.join(names[1:])})" if names[1:] else "")


def _names(function: Any) -> list[str]:
    """The name of the function that made a function, and those of the functions in its closure."""
    if isinstance(function, tuple | list):
        return [name for each in function for name in _names(each)]
    if not inspect.isfunction(function) or "update" not in function.__name__:
        return []
    cells = inspect.getclosurevars(function).nonlocals.values()
    maker = function.__qualname__.split(".")[0]
    own = [] if maker == "with_extra_args_support" else [maker]  # which only hides another
    return [*own, *(name for cell in cells for name in _names(cell))]


def _updated(
    optimizer: optax.GradientTransformation,
    gradient: AnyParams,
    opt_state: optax.OptState,
    params: AnyParams,
    extra: Extra,
) -> tuple[AnyParams, optax.OptState]:
    """The optimizer's update, with what it takes of ``extra``; updates fit what they are for."""
    taken = inspect.signature(optimizer.update).parameters.values()
    if not any(each.kind is each.VAR_KEYWORD for each in taken):
        extra = {each.name: extra[each.name] for each in taken if each.name in extra}
    try:
        updates, after = optimizer.update(gradient, opt_state, params, **extra)
    except _FAILURES as error:
        raise ValueError(
            f"the optimizer {title(optimizer)} fails: {error} A step gives to update the gradient,"
            " the state, the parameters and, by name,"
            f" {', '.join(sorted(extra)) or 'nothing'}."
        ) from error
    shapes = [tuple(jnp.shape(each)) for each in jax.tree.leaves(updates)]
    expected = [each.shape for each in gradient]
    if shapes != expected:
        raise ValueError(
            f"the optimizer {title(optimizer)} turns gradients of shapes"
            f" {', '.join(map(str, expected))} into updates of shapes"
            f" {', '.join(map(str, shapes)) or 'none'}: it cannot update tables."
        )
    if isinstance(updates, list | tuple) and _fields(updates, params) == params._fields:
        updates = type(params)(*updates)
    return _fitting(optimizer, updates, gradient), _fitting(optimizer, after, opt_state)


def _fields(found: Any, params: AnyParams) -> tuple[str, ...]:
    """What entries are for; without names they come as those of the tables do."""
    names: tuple[str, ...] = getattr(found, "_fields", params._fields)
    return names


def _fitting(optimizer: optax.GradientTransformation, new: Any, old: Any) -> Any:
    """A new tree in the place of an old one, such as a state, with the types that a scan needs.

    What is named otherwise would end in the wrong place, as that of a dict whose keys are sorted.
    """
    came: Any = jax.tree.structure(new)
    expected = jax.tree.structure(old)
    if came != expected:
        raise ValueError(
            f"the optimizer {title(optimizer)} must give back trees like those it gets: expected"
            f" {expected}, got {came}."
        )
    return jax.tree.map(partial(_typed, optimizer), new, old)


def _typed(optimizer: optax.GradientTransformation, new: Any, old: Any) -> Array:
    """Carried through a scan, an array keeps its type; one whose numbers that would change has
    another, as one of another shape is another."""
    new, old = jnp.asarray(new), jnp.asarray(old)
    if new.shape != old.shape or _breadth(new) > _breadth(old):
        raise ValueError(
            f"the optimizer {title(optimizer)} turns an array of dtype {old.dtype} and shape"
            f" {list(old.shape)} into one of dtype {new.dtype} and shape {list(new.shape)}: it must"
            " begin with what it goes on with."
        )
    kept: Array = new if new.dtype == old.dtype else new.astype(old.dtype)
    return kept


def _breadth(array: Array) -> int:
    """0 for booleans, then integers, real numbers and complex ones."""
    kinds = jnp.number, jnp.inexact, jnp.complexfloating
    return sum(jnp.issubdtype(array.dtype, kind) for kind in kinds)


def state_shapes(optimizer: optax.GradientTransformation, params: Any) -> list[Any]:
    """The arrays of an optimizer's state for tables like these, without their numbers."""
    return jax.tree.leaves(jax.eval_shape(optimizer.init, params))


def owners(optimizer: optax.GradientTransformation, params: AnyParams) -> list[int | None]:
    """For each array of the optimizer's state, the table whose rows it holds; None for others.

    Found by making the tables longer: what holds a row for each word grows along its first axis.
    """

    def shapes(*more: int) -> list[tuple[int, ...]]:
        longer: Any = (
            jax.ShapeDtypeStruct((table.shape[0] + n, table.shape[1]), table.dtype)
            for table, n in zip(params, more, strict=True)
        )
        return [leaf.shape for leaf in state_shapes(optimizer, type(params)(*longer))]

    def owner(now: tuple[int, ...], *longer: tuple[int, ...]) -> int | None:
        grown = [table for table, shape in enumerate(longer) if shape != now]
        if not grown:
            return None
        shape = params[grown[0]].shape
        larger = (shape[0] + 1, *now[1:])
        if len(grown) == 1 and (now[:1], longer[grown[0]]) == (shape[:1], larger):
            return grown[0]
        raise ValueError(
            f"the optimizer {title(optimizer)} keeps an array of shape {list(now)} for a table of"
            f" shape {list(shape)}, which has no row for each word."
        )

    one_longer = np.eye(len(params), dtype=int).tolist()
    now, *longer = shapes(*[0] * len(params)), *(shapes(*more) for more in one_longer)
    return [owner(*of_leaf) for of_leaf in zip(now, *longer, strict=True)]
