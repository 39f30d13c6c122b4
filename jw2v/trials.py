"""Trials of optimizers on small tables: whether rows alone give what whole tables would.

A step that looks only at some rows is right for some optimizers and silently wrong for others, and
nothing in an optax transformation says which it is. So it is tried before training.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array
from numpy.typing import NDArray

from jw2v import updates
from jw2v.objectives import Gradient, Rows
from jw2v.optimizers import CurvatureState
from jw2v.params import Params

__all__ = ["of_lazy_step", "of_row_step", "same_state"]

VOCAB, DIM, STEPS = 11, 7, 4
SCALES = (1e-3, 1.0, 1e3)
"""of the gradients that are tried: what clips does so at the largest of them"""
TOLERANCE = 1e-3
"""relative to the largest number of an array; what depends on other rows does so by far more"""
NAMED = ([[1, 4], [1, 6]], [[2, 2], [5, 4]])
"""The rows of each table that the last step of a trial names, some of them twice."""

LATER = {
    "MultiStepsState": "optax.MultiSteps",
    "ApplyEvery": "optax.apply_every",
    "SAMState": "optax.contrib.sam",
    "ScheduleFreeState": "optax.contrib.schedule_free",
    "MechanicState": "optax.contrib.mechanize",
}
"""States of known transformations that move words in later steps than those that name them."""

MOVES_LATER = (
    "it moves words in later steps than those that name them, and would pass over those that are"
    " not named then"
)
FOR_ALL = "from the gradients of some words it learns what holds for all"
ACROSS = "what it does to the words of a batch depends on words that are not in it"


@lru_cache(maxsize=16)
def of_row_step(optimizer: optax.GradientTransformation) -> None:
    """Refuse an optimizer for which transforming entry by entry is not transforming tables.

    Raises:
        ValueError: tables or state differ after a step, for gradients of some size.
    """
    with jax.ensure_compile_time_eval(), jax.enable_x64(True):
        if isinstance(updates.begun(optimizer, _tables()), CurvatureState):
            return  # the rule of this house, which is tested: a run need not wait for a trial
        failure = None
        try:
            ours, theirs = _trial(optimizer, updates.by_rows)(1.0)
        except ValueError as error:
            failure = error
        if failure or not all(map(_alike, ours, theirs)):
            raise ValueError(
                "row_step is only for optimizers that are linear in the gradient and keep no state"
                f" for each word, such as optax.sgd, and {updates.title(optimizer)} is not: use"
                " lazy_step, or dense_step."
            ) from failure


@lru_cache(maxsize=16)
def of_lazy_step(optimizer: optax.GradientTransformation) -> None:
    """Refuse an optimizer that does not give the named words what it would with all others there.

    Tried for gradients of several sizes, after some steps with gradients in all rows: a step that
    names some words must change them and their state as a step with the whole tables does; what the
    optimizer keeps for all words at once must change alike whatever the gradient is; and a word's
    gradient must not move it in later steps alone. Known transformations that move words later are
    refused by name. What an optimizer of one's own does on conditions that no trial meets is not
    found.

    Raises:
        ValueError: the optimizer is such a one; the message names it.
    """
    with jax.ensure_compile_time_eval(), jax.enable_x64(True):
        name = updates.title(optimizer)
        for kind in _kinds(updates.begun(optimizer, _tables())):
            if kind in LATER:
                raise ValueError(_refusal(LATER[kind], MOVES_LATER))
        trial = _trial(optimizer, updates.lazily)
        (ours, theirs), (again, _) = trial(1.0), trial(-3.0)
        owners = [0, 1, *updates.owners(optimizer, _tables())]
        for owner, *changes in zip(owners, ours, theirs, again, strict=True):
            if owner is None:
                if not _alike(changes[0], changes[2]):
                    raise ValueError(_refusal(name, FOR_ALL))
                rows: Any = slice(None)
            else:
                rows = slice(None), np.unique(NAMED[owner])
            if not _alike(changes[0][rows], changes[1][rows]):
                raise ValueError(_refusal(name, ACROSS))
        if _moves_only_later(optimizer):
            raise ValueError(_refusal(name, MOVES_LATER))


def same_state(optimizer: optax.GradientTransformation, params: Params) -> None:
    """Refuse an optimizer that keeps another kind of state for these tables than for those tried.

    Raises:
        ValueError: it does, as ``optax.scale_by_factored_rms`` does from 128 words and columns on.
    """
    tried = [leaf.shape for leaf in updates.state_shapes(optimizer, _tables())]
    real = [leaf.shape for leaf in updates.state_shapes(optimizer, params)]
    size = dict(zip((VOCAB, DIM), params.V.shape, strict=True))
    if [tuple(size.get(n, n) for n in shape) for shape in tried] != real:
        raise ValueError(
            _refusal(
                updates.title(optimizer),
                f"for tables of shape {list(params.V.shape)} its state is more than a row for each"
                " word",
            )
        )


def _refusal(name: str, reason: str) -> str:
    return f"lazy_step cannot run {name}: {reason}. {updates.INSTEAD}."


def _trial(
    optimizer: optax.GradientTransformation, apply: updates.Apply
) -> Callable[[float], tuple[list[Any], list[Any]]]:
    """A function of a factor of the last gradient, that gives changes of the tables and states.

    Each is an array for all scales, by the given way and by tables.
    """

    @jax.jit
    def step(given: Any) -> Any:
        first, gradients, moved, last, extra = given

        def by_tables(before: Any, gradient: Params) -> tuple[Any, None]:
            params, opt_state = before
            rows = Gradient(*(Rows(None, table, jnp.ones(VOCAB)) for table in gradient))
            return updates.by_tables(optimizer, params, opt_state, rows, extra), None

        before = first, updates.begun(optimizer, first)
        (params, opt_state), _ = jax.lax.scan(by_tables, before, gradients)
        # Away from where the state has seen them: distances count as much as gradients.
        params = jax.tree.map(jnp.add, params, moved)
        ends = [
            one(optimizer, params, opt_state, last, extra) for one in (apply, updates.by_tables)
        ]
        return [(jax.tree.map(jnp.subtract, end[0], params), end[1]) for end in ends]

    def trial(factor: float) -> tuple[list[Any], list[Any]]:
        found = [[jax.tree.leaves(end) for end in step(_given(x, factor))] for x in SCALES]
        ours, theirs = zip(*found, strict=True)
        return _stacked(ours), _stacked(theirs)

    return trial


def _stacked(leaves: Sequence[Sequence[Array]]) -> list[Any]:
    """For each leaf, those of all scales, as plain numbers."""
    return [np.stack([_numbers(leaf) for leaf in same]) for same in zip(*leaves, strict=True)]


def _given(scale: float, factor: float) -> Any:
    """Tables, gradients in all rows for some steps, a move, a gradient in some rows, a loss."""
    rng = np.random.default_rng(0)
    tables, moved = (Params(*by * rng.normal(size=(2, VOCAB, DIM))) for by in (1, scale))
    gradients = Params(*scale * rng.normal(size=(2, STEPS, VOCAB, DIM)))
    last: list[Any] = []
    for ids in map(np.array, NAMED):
        rows: Any = scale * factor * rng.normal(size=(*ids.shape, DIM))
        last.append(Rows(jnp.asarray(ids), rows, jnp.ones(ids.shape)))
    return tables, gradients, moved, Gradient(*last), {"value": np.float64(scale)}


def _moves_only_later(optimizer: optax.GradientTransformation) -> bool:
    """Whether there is a word whose gradient moves it only in steps after the one that it is of."""

    @jax.jit
    def moves(strength: Array) -> Params:
        """How each word moves in each step, where word w has a gradient in step w alone."""

        def step(before: Any, now: Array) -> tuple[Any, Params]:
            there = jnp.where(jnp.arange(VOCAB) == now, strength, 0.0)
            rows = Rows(None, jnp.broadcast_to(there[:, None], (VOCAB, DIM)), jnp.ones(VOCAB))
            params, opt_state = before
            gradient, extra = Gradient(rows, rows), {"value": jnp.ones([])}
            after = updates.by_tables(optimizer, params, opt_state, gradient, extra)
            return after, jax.tree.map(jnp.subtract, after[0], params)

        tables = Params(*jnp.ones((2, VOCAB, DIM)))
        first = tables, updates.begun(optimizer, tables)
        return jax.lax.scan(step, first, jnp.arange(2 * VOCAB))[1]

    with_it, without = (jax.tree.map(np.asarray, moves(np.float64(x))) for x in (1.0, 0.0))
    for table, same in zip(with_it, without, strict=True):
        moved = (table != same).any(axis=2)
        # Not of the first step, in which many a schedule is at 0.
        if any(not moved[w, w] and moved[w + 1 :, w].any() for w in range(1, VOCAB)):
            return True
    return False


def _tables() -> Params:
    return Params(*jnp.ones((2, VOCAB, DIM)))


def _kinds(state: Any) -> set[str]:
    """The names of the types in a state, however deep."""
    kinds = set()

    def seen(part: Any) -> bool:
        kinds.add(type(part).__name__)
        return False

    jax.tree.leaves(state, is_leaf=seen)
    return kinds


def _numbers(leaf: Array) -> NDArray[np.float64]:
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return np.asarray(leaf, np.float64)


def _alike(mine: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """For each scale, up to a part of the largest number."""
    for ours, theirs in zip(mine, other, strict=True):
        largest = np.abs(theirs).max(initial=0, where=np.isfinite(theirs))
        if not np.allclose(ours, theirs, rtol=0, atol=TOLERANCE * largest, equal_nan=True):
            return False
    return True
