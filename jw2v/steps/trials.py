"""Trials of optimizers on small tables: whether rows alone give what whole tables would.

A step that looks only at some rows is right for some optimizers and silently wrong for others, and
nothing in an optax transformation says which it is. So it is tried before training.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial, wraps
from itertools import product
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array
from numpy.typing import NDArray

from jw2v.objectives.rows import Gradient, Rows
from jw2v.params import AnyParams, Params
from jw2v.steps import updates
from jw2v.steps.optimizers import CurvatureState

__all__ = ["of_lazy_step", "of_row_step", "same_state"]

VOCAB, DIM, STEPS = 11, 7, 4
SCALES = (1e-6, 1e-2, 1.0, 1e3)
"""of the tables and gradients that are tried: what clips does so at the largest of them"""
SPREADS = (1.0, 1e12, 1e-12)
"""of the rows that the last step does not name: where they count at all, they count for most"""
CASES = tuple(product(SCALES, SPREADS))
TOLERANCE = 1e-3
"""relative to the largest number of an array; what depends on other rows does so by far more"""
NAMED = ([[1, 4], [1, 6]], [[2, 2], [5, 4]])
"""The rows of each table that the last step of a trial names, some of them twice."""
LATER_ON = (0, *np.unique(np.geomspace(1, 2**30, 95).astype(int)).tolist())
"""How many steps later the last step of a trial is tried, where none before has moved a table: a
schedule may begin with zeros, and what nothing moves is alike whatever the optimizer does."""

LATER = {
    "MultiStepsState": "optax.MultiSteps",
    "ApplyEvery": "optax.apply_every",
    "SAMState": "optax.contrib.sam",
    "ScheduleFreeState": "optax.contrib.schedule_free",
    "MechanicState": "optax.contrib.mechanize",
}
"""States of known transformations that move words in later steps than those that name them."""

INSTEAD = "Update the whole tables with dense_step, or train(..., update='tables')."
MOVES_LATER = (
    "it moves words in later steps than those that name them, and would pass over those that are"
    " not named then"
)
FOR_ALL = "from the gradients of some words it learns what holds for all"
ACROSS = "what it does to the words of a batch depends on words that are not in it"


def _remembered(trial: Callable[[Any], None]) -> Callable[[Any], None]:
    """Made once for each optimizer, where it can be told from others."""
    cached = lru_cache(maxsize=16)(trial)

    @wraps(trial)
    def once(optimizer: Any) -> None:
        try:
            hash(optimizer)
        except TypeError:
            trial(optimizer)
        else:
            cached(optimizer)

    return once


@_remembered
def of_row_step(optimizer: optax.GradientTransformation) -> None:
    """Refuse an optimizer for which transforming entry by entry is not transforming tables.

    Raises:
        ValueError: tables or state differ after a step, for gradients of some size.
    """
    with jax.ensure_compile_time_eval(), jax.enable_x64(True):
        if isinstance(updates.begun(optimizer, _tables()), CurvatureState):
            return  # the rule of this house, which is tested: a run need not wait for a trial
        failure = None
        stages: list[Any] = []
        try:
            stages = list(_stages(_trial(optimizer, updates.by_rows), 1.0))
        except ValueError as error:
            failure = error
        if failure or not all(all(map(_alike, *changes)) for (changes,) in stages):
            raise ValueError(
                "row_step is only for optimizers that are linear in the gradient and keep no state"
                f" for each word, such as optax.sgd, and {updates.title(optimizer)} is not: use"
                " lazy_step, or dense_step."
            ) from failure


@_remembered
def of_lazy_step(optimizer: optax.GradientTransformation) -> None:
    """Refuse an optimizer that does not give the named words what it would with all others there.

    Tried for gradients, tables and states of several sizes, after some steps with gradients in all
    rows, and later on where a table has not moved until then: a step that names some words must
    change them and their state as a step with the whole tables does; what the optimizer keeps for
    all words at once must change alike whatever the gradient is; and a word's gradient must not
    move it in later steps alone. Known transformations that move words later are refused by name.
    What an optimizer does on conditions that no trial meets is not found; one that moves no word in
    any step passes.

    Raises:
        ValueError: the optimizer is such a one; the message names it.
    """
    with jax.ensure_compile_time_eval(), jax.enable_x64(True):
        name = updates.title(optimizer)
        for kind in _kinds(updates.begun(optimizer, _tables())):
            if kind in LATER:
                raise ValueError(_refusal(LATER[kind], MOVES_LATER))
        trial = _trial(optimizer, updates.lazily)
        try:
            stages = list(_stages(trial, 1.0, -3.0))
            owners = [0, 1, *updates.owners(optimizer, _tables())]
        except ValueError as error:
            raise ValueError(f"lazy_step cannot run {name}: {error} {INSTEAD}") from error
        for (ours, theirs), (again, _) in stages:
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


def same_state(optimizer: optax.GradientTransformation, params: AnyParams) -> None:
    """Refuse an optimizer that keeps another kind of state for these tables than for those tried.

    Raises:
        ValueError: it does, as ``optax.scale_by_factored_rms`` does from 128 words and columns on.
    """
    # Of their own, so that a number tells what it counts.
    heights = [VOCAB + i for i in range(len(params))]
    small = type(params)(*(jnp.ones((height, DIM)) for height in heights))
    tried = [leaf.shape for leaf in updates.state_shapes(optimizer, small)]
    real = [leaf.shape for leaf in updates.state_shapes(optimizer, params)]
    sizes = *(table.shape[0] for table in params), params[0].shape[1]
    size = dict(zip((*heights, DIM), sizes, strict=True))
    if [tuple(size.get(n, n) for n in shape) for shape in tried] != real:
        raise ValueError(
            _refusal(
                updates.title(optimizer),
                f"for tables of shape {list(params[0].shape)} its state is more than a row for each"
                " word",
            )
        )


def _refusal(name: str, reason: str) -> str:
    return f"lazy_step cannot run {name}: {reason}. {INSTEAD}"


Changes: TypeAlias = tuple[list[Any], list[Any]]
"""Of the tables and of the state, by the given way and by tables: an array for all cases each."""


def _stages(trial: Callable[..., Changes], *factors: float) -> Iterator[list[Changes]]:
    """The trial with each factor: at once, and later on for a table that has not moved until then.

    Where one case shows that it moves then, all are tried.
    """
    still = np.ones(2, bool)
    for later in LATER_ON:
        if later and not (still & _moved(trial(factors[0], later, CASES[:1]))).any():
            continue
        found = [trial(factor, later) for factor in factors]
        yield found
        still &= ~_moved(found[0])
        if not still.any():
            return


def _moved(changes: Changes) -> NDArray[np.bool_]:
    """Which of the two tables has moved, by tables."""
    return np.array([bool(table.any()) for table in changes[1][:2]])


def _trial(optimizer: optax.GradientTransformation, apply: updates.Apply) -> Callable[..., Changes]:
    """The changes as a function of a factor of the last gradient, and of how much later it is."""

    @jax.jit
    def step(given: Any) -> Any:
        first, gradients, moved, last, extra, spread, later = given

        def by_tables(before: Any, gradient: Params) -> tuple[Any, None]:
            params, opt_state = before
            rows = Gradient(*(Rows(None, table, jnp.ones(VOCAB)) for table in gradient))
            return updates.by_tables(optimizer, params, opt_state, rows, extra), None

        before = first, updates.begun(optimizer, first)
        (params, opt_state), _ = jax.lax.scan(by_tables, before, gradients)
        # Away from where the state has seen them: distances count as much as gradients.
        params = jax.tree.map(jnp.add, params, moved)
        params, opt_state = _apart(optimizer, params, opt_state, spread)
        opt_state = jax.tree.map(partial(_later_on, later), opt_state)
        both = apply, updates.by_tables
        ends = [one(optimizer, params, opt_state, last, extra) for one in both]
        return [(jax.tree.map(jnp.subtract, end[0], params), end[1]) for end in ends]

    def trial(factor: float, later: int, cases: Any = CASES) -> Changes:
        given = [(*_given(scale, factor), spread, np.int64(later)) for scale, spread in cases]
        found = [[jax.tree.leaves(end) for end in step(case)] for case in given]
        ours, theirs = zip(*found, strict=True)
        return _stacked(ours), _stacked(theirs)

    return trial


def _apart(
    optimizer: optax.GradientTransformation, params: Params, opt_state: Any, spread: Array
) -> tuple[Params, Any]:
    """Rows that the last step does not name, and their state, times a factor."""
    owners = updates.owners(optimizer, params)
    leaves = jax.tree.leaves(opt_state)

    def apart(owner: int | None, array: Array) -> Array:
        if owner is None or not jnp.issubdtype(array.dtype, jnp.floating):
            return array
        return array.at[_others(owner)].multiply(spread.astype(array.dtype))

    tables = Params(*(apart(i, table) for i, table in enumerate(params)))
    return tables, jax.tree.unflatten(jax.tree.structure(opt_state), map(apart, owners, leaves))


def _later_on(later: Array, array: Array) -> Array:
    """What an optimizer counts, later on; a setting that it keeps and that is 0 may be 1 then."""
    if array.ndim:
        return array
    if jnp.issubdtype(array.dtype, jnp.integer):
        return (array + later).astype(array.dtype)
    if jnp.issubdtype(array.dtype, jnp.floating):
        return jnp.where((later > 0) & (array == 0), 1, array)
    return array


def _others(table: int) -> NDArray[np.int64]:
    return np.setdiff1d(np.arange(VOCAB), NAMED[table])


def _stacked(leaves: Sequence[Sequence[Array]]) -> list[Any]:
    """For each leaf, those of all cases, as plain numbers."""
    return [np.stack([_numbers(leaf) for leaf in same]) for same in zip(*leaves, strict=True)]


def _given(scale: float, factor: float) -> Any:
    """Tables, gradients in all rows for some steps, a move, a gradient in some rows, a loss."""
    rng = np.random.default_rng(0)
    tables, moved = (Params(*scale * rng.normal(size=(2, VOCAB, DIM))) for _ in range(2))
    gradients = Params(*scale * rng.normal(size=(2, STEPS, VOCAB, DIM)))
    last: list[Any] = []
    for ids in map(np.array, NAMED):
        rows: Any = scale * factor * rng.normal(size=(*ids.shape, DIM))
        last.append(Rows(jnp.asarray(ids), rows, jnp.ones(ids.shape)))
    return tables, gradients, moved, Gradient(*last), {"value": np.float64(scale)}


def _moves_only_later(optimizer: optax.GradientTransformation) -> bool:
    """Whether there is a word whose gradient moves it only in steps after the one that it is of."""

    @jax.jit
    def moves(strength: Array, later: Array) -> Params:
        """How each word moves in each step, where word w has a gradient in step w alone."""

        def step(before: Any, now: Array) -> tuple[Any, Params]:
            there = jnp.where(jnp.arange(VOCAB) == now, strength, 0.0)
            rows = Rows(None, jnp.broadcast_to(there[:, None], (VOCAB, DIM)), jnp.ones(VOCAB))
            params, opt_state = before
            gradient, extra = Gradient(rows, rows), {"value": jnp.ones([])}
            after = updates.by_tables(optimizer, params, opt_state, gradient, extra)
            return after, jax.tree.map(jnp.subtract, after[0], params)

        tables = Params(*jnp.ones((2, VOCAB, DIM)))
        opt_state = updates.begun(optimizer, tables)
        first = tables, jax.tree.map(partial(_later_on, later), opt_state)
        return jax.lax.scan(step, first, jnp.arange(2 * VOCAB))[1]

    def moved(later: int) -> list[Any]:
        """For each table the words that moved in each step."""
        with_it, without = (moves(np.float64(x), np.int64(later)) for x in (1.0, 0.0))
        pairs = zip(with_it, without, strict=True)
        return [np.asarray(table != same).any(axis=2) for table, same in pairs]

    at_once = moved(0)
    if not all(map(np.any, at_once)):
        stages = [moved(later) for later in LATER_ON[::2]]
        # Each table when most of it moves, if it does: a schedule may begin and end with zeros.
        most = [max(of_table, key=np.sum) for of_table in zip(*stages, strict=True)]
        at_once = [now if now.any() else then for now, then in zip(at_once, most, strict=True)]
    for moved_in in at_once:
        # Not of the first step, in which many a schedule is at 0.
        if any(not moved_in[w, w] and moved_in[w + 1 :, w].any() for w in range(1, VOCAB)):
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
    """In each case, up to a part of the largest number."""
    for ours, theirs in zip(mine, other, strict=True):
        largest = np.abs(theirs).max(initial=0, where=np.isfinite(theirs))
        if not np.allclose(ours, theirs, rtol=0, atol=TOLERANCE * largest, equal_nan=True):
            return False
    return True
