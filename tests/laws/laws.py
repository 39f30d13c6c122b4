"""What must hold of every registered loss and its gradient.

A law is a function of an objective and of an example of its arguments that raises
``AssertionError`` where it is broken. ``LAWS`` holds them all, ``hold`` runs one over its domain:
the losses are tested by it, and so are the laws, on mutants that they must reject.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from derivations import evaluate, statements
from harness import LAWS, applicable, hold, law
from registry import (
    BAG,
    DIVIDED,
    EXCHANGEABLE,
    LOCAL,
    PAIR,
    PATH,
    PROVED,
    SHIFT_INVARIANT,
    WINDOW,
    Objective,
    as_dtype,
)
from strategies import any_sizes, double, large_size, single, single_exact, two_sizes
from tolerances import close

__all__ = ["LAWS", "applicable", "autodiff", "both", "compiled", "hold"]

compiled = cache(jax.jit)


def autodiff(objective: Objective) -> Callable[..., Any]:
    return _autodiff(objective.loss, objective.wrt)


@cache
def _autodiff(loss: Callable[..., Any], wrt: tuple[int, ...]) -> Callable[..., Any]:
    return jax.jit(jax.grad(loss, wrt))


@cache
def batched(objective: Objective) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return jax.jit(jax.vmap(objective.loss)), jax.jit(jax.vmap(objective.gradient))


@cache
def central_differences(objective: Objective) -> Callable[..., Any]:
    """The gradient by steps of eps^(1/3) in every coordinate (float64)."""
    step = float(np.finfo(np.float64).eps) ** (1 / 3)

    def gradient(*args: Any) -> Any:
        flat, unravel = ravel_pytree(tuple(args[i] for i in objective.wrt))

        def at(point: Any) -> Any:
            moved = dict(zip(objective.wrt, unravel(point), strict=True))
            return objective.loss(*(moved.get(i, arg) for i, arg in enumerate(args)))

        steps = step * jnp.eye(flat.size)
        return unravel((jax.vmap(at)(flat + steps) - jax.vmap(at)(flat - steps)) / (2 * step))

    return jax.jit(gradient)


def both(objective: Objective, *args: Any) -> tuple[Any, Any]:
    """The loss and its closed-form gradient, compiled."""
    return compiled(objective.loss)(*args), compiled(objective.gradient)(*args)


# Roads to the same gradient


@law(double(100))
def autodiff_is_the_closed_form(objective, args):
    _, gradient = both(objective, *args)
    close(gradient, autodiff(objective)(*args), "rounding", args)


@law(double(3, any_sizes), trait=PAIR, max_examples=5)
def autodiff_is_the_closed_form_at_any_size(objective, args):
    autodiff_is_the_closed_form(objective, args)


@law(double(1, large_size), max_examples=2)
def autodiff_is_the_closed_form_at_a_large_size(objective, args):
    autodiff_is_the_closed_form(objective, args)


@law(double(3))
def differences_are_the_closed_form(objective, args):
    _, gradient = both(objective, *args)
    close(gradient, central_differences(objective)(*args), "differences", args)


@law(double(100), trait=PROVED, max_examples=8)
def proofs_are_the_closed_form(objective, args):
    values = inspect.signature(objective.loss).bind(*args).arguments
    proved = [statements()[statement] for statement, _, _ in objective.proofs]
    closed = [
        evaluate(statement.closed[form], values, [_index(statement[form], n) for n in axes])
        for statement, (_, form, axes) in zip(proved, objective.proofs, strict=True)
    ]
    exact = evaluate(proved[0].loss, values), closed
    close(both(objective, *args), exact, "rounding", args)


def _index(claim: Any, name: str) -> Any:
    return {axis.name: axis for axis in claim.axes}[name]


# Transformations


@law(double(100, two_sizes), max_examples=6)
def compiled_is_eager(objective, args):
    eager = objective.loss(*args), objective.gradient(*args)
    close(both(objective, *args), eager, "reordering", args)


@law(double(100, two_sizes), batch=3, max_examples=12)
def batched_is_a_loop(objective, batch):
    loss, gradient = batched(objective)
    stacked = [np.stack(column) for column in zip(*batch, strict=True)]
    together = loss(*stacked), gradient(*stacked)
    for i, args in enumerate(batch):
        one = jax.tree.map(lambda array, i=i: array[i], together)
        close(one, both(objective, *args), "reordering", args)


@law(double(3), max_examples=6)
def dtypes_and_shapes_are_those_of_the_arguments(objective, args):
    for dtype in (np.float32, np.float64):
        cast = as_dtype(dtype, args)
        loss = jax.eval_shape(objective.loss, *cast)
        assert (loss.dtype, loss.shape) == (dtype, ())
        gradient = jax.eval_shape(objective.gradient, *cast)
        for position, g in zip(objective.wrt, gradient, strict=True):
            assert (g.dtype, g.shape) == (dtype, args[position].shape)


# Stability, where training runs: float32, logits of 1e4 and more


@law(single(100))
def losses_and_gradients_are_finite(objective, args):
    for result in jax.tree.leaves((both(objective, *args), autodiff(objective)(*args))):
        assert np.isfinite(result).all()


@law(single_exact(100), unless=DIVIDED)
def single_precision_is_accurate(objective, args):
    loss, gradient = jax.device_get(both(objective, *args))
    with jax.enable_x64(True):
        exact = jax.device_get(both(objective, *as_dtype(np.float64, args)))
    assert np.isfinite(exact[0])
    scale = np.float32(1 + exact[0])
    close(loss / scale, exact[0] / scale, "exact logits")
    close(gradient, exact[1], "exact logits", args)


@law(single(100))
def losses_are_not_negative(objective, args):
    assert compiled(objective.loss)(*args) >= 0


# Traits


@law(double(10), trait=SHIFT_INVARIANT)
def shifting_every_row_changes_nothing(objective, args):
    *others, U = args
    shifted = (*others, U + args[0] + U[0])
    close(both(objective, *shifted), both(objective, *args), "rounding", shifted)


@law(double(10), trait=SHIFT_INVARIANT)
def row_gradients_sum_to_zero(objective, args):
    gradient = compiled(objective.gradient)(*args)
    close(gradient.U.sum(axis=0), np.zeros_like(args[0]), "rounding", args)


@law(double(10), trait=EXCHANGEABLE)
def the_order_of_draws_does_not_matter(objective, args):
    v_c, o, *draws, U = args
    expected = both(objective, *args)
    for order in (lambda draw: draw[::-1], lambda draw: np.roll(draw, 1, axis=0)):
        reordered = both(objective, v_c, o, *map(order, draws), U)
        close(reordered, expected, "reordering", args)


@law(double(10), trait=EXCHANGEABLE)
def every_draw_adds_its_own_term(objective, args):
    v_c, o, *draws, U = args

    def of(chosen: slice) -> Any:
        return both(objective, v_c, o, *(draw[chosen] for draw in draws), U)

    total = none = of(slice(0))
    for s in range(len(draws[0])):
        total = jax.tree.map(lambda t, one, zero: t + one - zero, total, of(slice(s, s + 1)), none)
    close(of(slice(None)), total, "rounding", args)


@law(double(10), trait=LOCAL)
def rows_that_were_not_drawn_do_not_matter(objective, args):
    _, o, *draws, U = args
    drawn = {int(o), *(int(w) for d in draws if d.dtype.kind == "i" for w in d.ravel())}
    others = np.array([w not in drawn for w in range(len(U))])
    loss, gradient = both(objective, *args)
    assert (np.asarray(gradient.U)[others] == 0).all()
    unread = np.where(others[:, None], np.nan, U)
    close(compiled(objective.loss)(*args[:-1], unread), loss, "reordering", args)


@law(double(10), trait=PATH)
def what_is_not_on_the_path_does_not_matter(objective, args):
    v_c, o, nodes, ways, theta = args
    steps = (np.arange(len(nodes)) == o)[:, None] & (ways != 0)
    others = ~np.isin(np.arange(len(theta)), nodes[steps])
    loss, gradient = both(objective, *args)
    assert (np.asarray(gradient.U)[others] == 0).all()
    unread = np.where(others[:, None], np.nan, theta)
    for row in (-1, len(theta), np.iinfo(np.int32).max):
        elsewhere = np.where(steps, nodes, row).astype(np.int32)
        spoiled = (v_c, o, elsewhere, ways, unread)
        expected = (loss, gradient, gradient)
        found = (*both(objective, *spoiled), autodiff(objective)(*spoiled))
        close(found, expected, "reordering", args)


# Windows (i1, i2, i3), arguments (c, outside, V, U, where, *draws)


def split(objective, args):
    """The arguments, but for those that all pairs share, and these."""
    own = len(args) - objective.shared
    return args[:own], args[own:]


@law(double(10), trait=WINDOW)
def a_window_is_the_sum_of_its_pairs(objective, args):
    (c, outside, V, U, where, *draws), shared = split(objective, args)
    loss, center, table = np.zeros(()), np.zeros_like(V), np.zeros_like(U)
    for j in np.flatnonzero(where):
        drawn = (draw[j] for draw in draws)
        term, gradient = both(objective.pair, V[c], outside[j], *drawn, *shared, U)
        loss, table = loss + term, table + gradient.U
        center[c] += gradient.v_c
    close(both(objective, *args), (loss, (center, table)), "rounding", args)


@law(double(10), trait=WINDOW)
def only_the_center_word_moves(objective, args):
    others = np.arange(len(args[2])) != args[0]
    for gradient in (both(objective, *args)[1], autodiff(objective)(*args)):
        assert (np.asarray(gradient[0])[others] == 0).all()


@law(double(10), trait=WINDOW)
def masked_words_do_not_matter(objective, args):
    (c, outside, V, U, where, *draws), shared = split(objective, args)
    expected = (*both(objective, *args), autodiff(objective)(*args))
    for row in (-1, len(U), np.iinfo(np.int32).max):

        def spoil(array: np.ndarray, row: int = row) -> np.ndarray:
            spoiled = array.copy()
            spoiled[~where] = np.nan if array.dtype.kind == "f" else row
            return spoiled

        spoiled = (c, spoil(outside), V, U, where, *map(spoil, draws), *shared)
        actual = (*both(objective, *spoiled), autodiff(objective)(*spoiled))
        close(actual, expected, "reordering", args)


@law(double(10), trait=WINDOW)
def windows_split_and_add_up(objective, args):
    c, outside, V, U, where, *draws = args
    whole, kept, rest = (
        both(objective, c, outside, V, U, mask, *draws)
        for mask in (np.ones_like(where), where, ~where)
    )
    close(jax.tree.map(jnp.add, kept, rest), whole, "rounding", args)


# Bags (j1, j2), arguments (o, context, V, U, where, *draws)


@law(double(10), trait=BAG)
def a_bag_is_the_pair_of_its_vector(objective, args):
    o, context, V, U, where, *draws = args
    n = max(1, where.sum()) if DIVIDED in objective.traits else 1
    h, center, table = np.zeros_like(V[0]), np.zeros_like(V), np.zeros_like(U)
    for q in context[where]:
        h += V[q] / n
    loss, gradient = both(objective.pair, h, o, *draws, U)
    for q in context[where]:
        center[q] += gradient.v_c / n
    expected = (loss, (center, gradient.U)) if where.any() else (np.zeros(()), (center, table))
    close(both(objective, *args), expected, "rounding", args)


@law(double(10), trait=BAG)
def masked_words_are_not_in_the_bag(objective, args):
    o, context, V, U, where, *draws = args
    expected = (*both(objective, *args), autodiff(objective)(*args))
    for row in (-1, len(V), np.iinfo(np.int32).max):
        spoiled = (o, np.where(where, context, row).astype(np.int32), V, U, where, *draws)
        actual = (*both(objective, *spoiled), autodiff(objective)(*spoiled))
        close(actual, expected, "reordering", args)
