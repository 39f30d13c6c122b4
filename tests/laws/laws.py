"""What must hold of every registered loss and its gradient.

A law is a function of a subject and of an example of its arguments that raises
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
    Subject,
    as_dtype,
)
from strategies import any_sizes, double, large_size, single, single_exact, two_sizes
from tolerances import close

__all__ = ["LAWS", "applicable", "autodiff", "both", "compiled", "hold"]

compiled = cache(jax.jit)


def autodiff(subject: Subject) -> Callable[..., Any]:
    return _autodiff(subject.loss, subject.wrt)


@cache
def _autodiff(loss: Callable[..., Any], wrt: tuple[int, ...]) -> Callable[..., Any]:
    return jax.jit(jax.grad(loss, wrt))


@cache
def batched(subject: Subject) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return jax.jit(jax.vmap(subject.loss)), jax.jit(jax.vmap(subject.gradient))


@cache
def central_differences(subject: Subject) -> Callable[..., Any]:
    """The gradient by steps of eps^(1/3) in every coordinate (float64)."""
    step = float(np.finfo(np.float64).eps) ** (1 / 3)

    def gradient(*args: Any) -> Any:
        flat, unravel = ravel_pytree(tuple(args[i] for i in subject.wrt))

        def at(point: Any) -> Any:
            moved = dict(zip(subject.wrt, unravel(point), strict=True))
            return subject.loss(*(moved.get(i, arg) for i, arg in enumerate(args)))

        steps = step * jnp.eye(flat.size)
        return unravel((jax.vmap(at)(flat + steps) - jax.vmap(at)(flat - steps)) / (2 * step))

    return jax.jit(gradient)


def both(subject: Subject, *args: Any) -> tuple[Any, Any]:
    """The loss and its closed-form gradient, compiled."""
    return compiled(subject.loss)(*args), compiled(subject.gradient)(*args)


# Roads to the same gradient


@law(double(100))
def autodiff_is_the_closed_form(subject, args):
    _, gradient = both(subject, *args)
    close(gradient, autodiff(subject)(*args), "rounding", args)


@law(double(3, any_sizes), trait=PAIR, max_examples=5)
def autodiff_is_the_closed_form_at_any_size(subject, args):
    autodiff_is_the_closed_form(subject, args)


@law(double(1, large_size), max_examples=2)
def autodiff_is_the_closed_form_at_a_large_size(subject, args):
    autodiff_is_the_closed_form(subject, args)


@law(double(3))
def differences_are_the_closed_form(subject, args):
    _, gradient = both(subject, *args)
    close(gradient, central_differences(subject)(*args), "differences", args)


@law(double(100), trait=PROVED, max_examples=8)
def proofs_are_the_closed_form(subject, args):
    values = inspect.signature(subject.loss).bind(*args).arguments
    proved = [statements()[statement] for statement, _, _ in subject.proofs]
    closed = [
        evaluate(statement.closed[form], values, [_index(statement[form], n) for n in axes])
        for statement, (_, form, axes) in zip(proved, subject.proofs, strict=True)
    ]
    exact = evaluate(proved[0].loss, values), closed
    close(both(subject, *args), exact, "rounding", args)


def _index(claim: Any, name: str) -> Any:
    return {axis.name: axis for axis in claim.axes}[name]


# Transformations


@law(double(100, two_sizes), max_examples=6)
def compiled_is_eager(subject, args):
    eager = subject.loss(*args), subject.gradient(*args)
    close(both(subject, *args), eager, "reordering", args)


@law(double(100, two_sizes), batch=3, max_examples=12)
def batched_is_a_loop(subject, batch):
    loss, gradient = batched(subject)
    stacked = [np.stack(column) for column in zip(*batch, strict=True)]
    together = loss(*stacked), gradient(*stacked)
    for i, args in enumerate(batch):
        one = jax.tree.map(lambda array, i=i: array[i], together)
        close(one, both(subject, *args), "reordering", args)


@law(double(3), max_examples=6)
def dtypes_and_shapes_are_those_of_the_arguments(subject, args):
    for dtype in (np.float32, np.float64):
        cast = as_dtype(dtype, args)
        loss = jax.eval_shape(subject.loss, *cast)
        assert (loss.dtype, loss.shape) == (dtype, ())
        gradient = jax.eval_shape(subject.gradient, *cast)
        for position, g in zip(subject.wrt, gradient, strict=True):
            assert (g.dtype, g.shape) == (dtype, args[position].shape)


# Stability, where training runs: float32, logits of 1e4 and more


@law(single(100))
def losses_and_gradients_are_finite(subject, args):
    for result in jax.tree.leaves((both(subject, *args), autodiff(subject)(*args))):
        assert np.isfinite(result).all()


@law(single_exact(100), unless=DIVIDED)
def single_precision_is_accurate(subject, args):
    loss, gradient = jax.device_get(both(subject, *args))
    with jax.enable_x64(True):
        exact = jax.device_get(both(subject, *as_dtype(np.float64, args)))
    assert np.isfinite(exact[0])
    scale = np.float32(1 + exact[0])
    close(loss / scale, exact[0] / scale, "exact logits")
    close(gradient, exact[1], "exact logits", args)


@law(single(100))
def losses_are_not_negative(subject, args):
    assert compiled(subject.loss)(*args) >= 0


# Traits


@law(double(10), trait=SHIFT_INVARIANT)
def shifting_every_row_changes_nothing(subject, args):
    *others, U = args
    shifted = (*others, U + args[0] + U[0])
    close(both(subject, *shifted), both(subject, *args), "rounding", shifted)


@law(double(10), trait=SHIFT_INVARIANT)
def row_gradients_sum_to_zero(subject, args):
    gradient = compiled(subject.gradient)(*args)
    close(gradient.U.sum(axis=0), np.zeros_like(args[0]), "rounding", args)


@law(double(10), trait=EXCHANGEABLE)
def the_order_of_draws_does_not_matter(subject, args):
    v_c, o, *draws, U = args
    expected = both(subject, *args)
    for order in (lambda draw: draw[::-1], lambda draw: np.roll(draw, 1, axis=0)):
        reordered = both(subject, v_c, o, *map(order, draws), U)
        close(reordered, expected, "reordering", args)


@law(double(10), trait=EXCHANGEABLE)
def every_draw_adds_its_own_term(subject, args):
    v_c, o, *draws, U = args

    def of(chosen: slice) -> Any:
        return both(subject, v_c, o, *(draw[chosen] for draw in draws), U)

    total = none = of(slice(0))
    for s in range(len(draws[0])):
        total = jax.tree.map(lambda t, one, zero: t + one - zero, total, of(slice(s, s + 1)), none)
    close(of(slice(None)), total, "rounding", args)


@law(double(10), trait=LOCAL)
def rows_that_were_not_drawn_do_not_matter(subject, args):
    _, o, *draws, U = args
    drawn = {int(o), *(int(w) for d in draws if d.dtype.kind == "i" for w in d.ravel())}
    others = np.array([w not in drawn for w in range(len(U))])
    loss, gradient = both(subject, *args)
    assert (np.asarray(gradient.U)[others] == 0).all()
    unread = np.where(others[:, None], np.nan, U)
    close(compiled(subject.loss)(*args[:-1], unread), loss, "reordering", args)


@law(double(10), trait=PATH)
def what_is_not_on_the_path_does_not_matter(subject, args):
    v_c, o, nodes, ways, theta = args
    steps = (np.arange(len(nodes)) == o)[:, None] & (ways != 0)
    others = ~np.isin(np.arange(len(theta)), nodes[steps])
    loss, gradient = both(subject, *args)
    assert (np.asarray(gradient.U)[others] == 0).all()
    unread = np.where(others[:, None], np.nan, theta)
    for row in (-1, len(theta), np.iinfo(np.int32).max):
        elsewhere = np.where(steps, nodes, row).astype(np.int32)
        spoiled = (v_c, o, elsewhere, ways, unread)
        expected = (loss, gradient, gradient)
        found = (*both(subject, *spoiled), autodiff(subject)(*spoiled))
        close(found, expected, "reordering", args)


# Windows (i1, i2, i3), arguments (c, outside, V, U, where, *draws)


def split(subject, args):
    """The arguments, but for those that all pairs share, and these."""
    own = len(args) - subject.shared
    return args[:own], args[own:]


@law(double(10), trait=WINDOW)
def a_window_is_the_sum_of_its_pairs(subject, args):
    (c, outside, V, U, where, *draws), shared = split(subject, args)
    loss, center, table = np.zeros(()), np.zeros_like(V), np.zeros_like(U)
    for j in np.flatnonzero(where):
        drawn = (draw[j] for draw in draws)
        term, gradient = both(subject.pair, V[c], outside[j], *drawn, *shared, U)
        loss, table = loss + term, table + gradient.U
        center[c] += gradient.v_c
    close(both(subject, *args), (loss, (center, table)), "rounding", args)


@law(double(10), trait=WINDOW)
def only_the_center_word_moves(subject, args):
    others = np.arange(len(args[2])) != args[0]
    for gradient in (both(subject, *args)[1], autodiff(subject)(*args)):
        assert (np.asarray(gradient[0])[others] == 0).all()


@law(double(10), trait=WINDOW)
def masked_words_do_not_matter(subject, args):
    (c, outside, V, U, where, *draws), shared = split(subject, args)
    expected = (*both(subject, *args), autodiff(subject)(*args))
    for row in (-1, len(U), np.iinfo(np.int32).max):

        def spoil(array: np.ndarray, row: int = row) -> np.ndarray:
            spoiled = array.copy()
            spoiled[~where] = np.nan if array.dtype.kind == "f" else row
            return spoiled

        spoiled = (c, spoil(outside), V, U, where, *map(spoil, draws), *shared)
        actual = (*both(subject, *spoiled), autodiff(subject)(*spoiled))
        close(actual, expected, "reordering", args)


@law(double(10), trait=WINDOW)
def windows_split_and_add_up(subject, args):
    c, outside, V, U, where, *draws = args
    whole, kept, rest = (
        both(subject, c, outside, V, U, mask, *draws)
        for mask in (np.ones_like(where), where, ~where)
    )
    close(jax.tree.map(jnp.add, kept, rest), whole, "rounding", args)


# Bags (j1, j2), arguments (o, context, V, U, where, *draws)


@law(double(10), trait=BAG)
def a_bag_is_the_pair_of_its_vector(subject, args):
    o, context, V, U, where, *draws = args
    n = max(1, where.sum()) if DIVIDED in subject.traits else 1
    h, center, table = np.zeros_like(V[0]), np.zeros_like(V), np.zeros_like(U)
    for q in context[where]:
        h += V[q] / n
    loss, gradient = both(subject.pair, h, o, *draws, U)
    for q in context[where]:
        center[q] += gradient.v_c / n
    expected = (loss, (center, gradient.U)) if where.any() else (np.zeros(()), (center, table))
    close(both(subject, *args), expected, "rounding", args)


@law(double(10), trait=BAG)
def masked_words_are_not_in_the_bag(subject, args):
    o, context, V, U, where, *draws = args
    expected = (*both(subject, *args), autodiff(subject)(*args))
    for row in (-1, len(V), np.iinfo(np.int32).max):
        spoiled = (o, np.where(where, context, row).astype(np.int32), V, U, where, *draws)
        actual = (*both(subject, *spoiled), autodiff(subject)(*spoiled))
        close(actual, expected, "reordering", args)
