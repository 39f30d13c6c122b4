"""What one training step does to the tables, where a batch may name a word any number of times."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import optax
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine import notation
from derivations.engine.notation import U, V, centers, d, eta, i, w
from derivations.programs.arrays import Array, constant, declared, numbers
from derivations.programs.batches import over, place
from derivations.programs.claim import B, Claim, L, N, Result, S
from derivations.programs.whole import Rest, Whole
from jw2v import steps
from jw2v.objectives.rows import Evaluation, Gradient, Rows
from jw2v.optimizers import curvature_bounded_sgd
from jw2v.params import Params

__all__ = ["claims_of_steps"]

rho = sp.Symbol("rho", positive=True)

# What an objective may return: for entries of two axes by V, and of one by U
of_V = declared("ids_of_V", B, L, within=notation.words), declared("rows_of_V", B, L, d)
of_U = declared("ids_of_U", S, within=notation.words), declared("rows_of_U", S, d)
bends_of_V, bends_of_U = declared("bends_of_V", B, L), declared("bends_of_U", S)


def claims_of_steps() -> Iterator[Claim]:
    """The rule of the trainer, entry by entry and on whole tables."""
    given = (*of_V, bends_of_V, *of_U, bends_of_U)
    for name in ("row_step", "dense_step"):

        def program(V: Any, U: Any, rate: Any, bound: Any, *entries: Any, name: str = name) -> Any:
            by_V, by_U = Rows(*entries[:3]), Rows(*entries[3:])
            zero, key = jnp.zeros([]), jax.random.key(0)  # nothing is drawn
            found = Evaluation(zero, zero, Gradient(by_V, by_U))
            optimizer = curvature_bounded_sgd(rate, bound)
            state = steps.start(Params(V, U), optimizer, key)
            step = getattr(steps, name)(lambda params, batch, key: found, optimizer)
            return step(state, None)[0].params

        yield Claim(
            f"steps.{name}",
            program,
            (
                numbers(centers),
                numbers(U),
                constant(eta, "f"),
                constant(rho, "f"),
                *map(numbers, given),
            ),
            (_moved(centers, *of_V, bends_of_V), _moved(U, *of_U, bends_of_U)),
            ("t2", "t4"),
        )
    yield from (_lazy_step(), _scan_steps())


def _lazy_step() -> Claim:
    """Gradient descent of one length, in which a word's entries are put together before it."""
    # Its length is a part of its state, which a trace may leave open
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=1.0)

    def program(V: Any, U: Any, rate: Any, *entries: Any) -> Any:
        by_V, by_U = Rows(*entries[:3]), Rows(*entries[3:])
        zero = jnp.zeros([])
        found = Evaluation(zero, zero, Gradient(by_V, by_U))
        state = steps.start(Params(V, U), optimizer, jax.random.key(0))
        state.opt_state.hyperparams["learning_rate"] = rate
        step = steps.lazy_step(lambda params, batch, key: found, optimizer)
        return step(state, None)[0].params

    def moved(table: sp.IndexedBase, ids: sp.IndexedBase, rows: sp.IndexedBase) -> Result:
        """Each row moves by −η times the sum over the entries that name it, counted row by row."""
        n = sp.Dummy("n", integer=True, nonnegative=True)
        at = (n,) if len(ids.shape) == 1 else (Whole(n, L), Rest(n, L))
        named = Delta(ids[at], w) * rows[(*at, i)]
        return (w, i), table[w, i] - eta * over(named, (n, sp.Mul(*ids.shape)))

    return Claim(
        "steps.lazy_step",
        program,
        (
            *(numbers(centers), numbers(U), constant(eta, "f")),
            *map(numbers, (*of_V, bends_of_V, *of_U, bends_of_U)),
        ),
        (moved(centers, *of_V), moved(U, *of_U)),
    )


def _scan_steps() -> Claim:
    """The tables after N steps are those of the rule N times, each time of the tables before it.

    Each step has a batch of its own; of ``row_step``, by the rule of the trainer.
    """
    ids_of_V = declared("ids_of_V_of_steps", N, B, L, within=notation.words)
    ids_of_U = declared("ids_of_U_of_steps", N, S, within=notation.words)
    by_V = ids_of_V, declared("rows_of_V_of_steps", N, B, L, d)
    by_U = ids_of_U, declared("rows_of_U_of_steps", N, S, d)
    bends = declared("bends_of_V_of_steps", N, B, L), declared("bends_of_U_of_steps", N, S)
    totals = declared("losses_of_steps", N), declared("pairs_of_steps", N)
    after = declared("V_after", N + 1, V, d), declared("U_after", N + 1, V, d)

    def program(V: Any, U: Any, rate: Any, bound: Any, *batches: Any) -> Any:
        def objective(params: Any, batch: Any, key: Any) -> Evaluation:
            loss, pairs, *entries = batch
            return Evaluation(loss, pairs, Gradient(Rows(*entries[:3]), Rows(*entries[3:])))

        optimizer = curvature_bounded_sgd(rate, bound)
        state = steps.start(Params(V, U), optimizer, jax.random.key(0))
        run = steps.scan_steps(steps.row_step(objective, optimizer))
        state, found = run(state, batches)
        return *state.params, *found

    def carried(n: sp.Expr) -> list[Array | None]:
        """The tables, and how many steps the optimizer and the state have counted."""
        tables = (centers, by_V, bends[0]), (U, by_U, bends[1])
        found: list[Array | None] = []
        for (begins, by, bend), later in zip(tables, after, strict=True):
            before = n - 1
            if n == 0:
                entry = begins[w, i]
            elif isinstance(before, sp.Dummy):  # after one step more
                entry = _moved(later, *by, bend, before)[1]
            else:
                entry = later[n, w, i]
            found.append(Array((V, d), "f", lambda *at, e=entry: _at(e, *at)))
        return [*found, None, None]

    step = place(N)
    return Claim(
        "steps.scan_steps",
        program,
        (
            *(numbers(centers), numbers(U), constant(eta, "f"), constant(rho, "f")),
            *map(numbers, (*totals, *by_V, bends[0], *by_U, bends[1])),
        ),
        (
            *(((w, i), later[N, w, i]) for later in after),
            *(((step,), column[step]) for column in totals),
        ),
        ("t2", "t4"),
        (carried,),
    )


def _at(value: sp.Expr, row: sp.Expr, entry: sp.Expr) -> sp.Expr:
    return value.xreplace({w: row, i: entry})


def _moved(
    table: sp.IndexedBase,
    ids: sp.IndexedBase,
    rows: sp.IndexedBase,
    bends: sp.IndexedBase,
    *step: sp.Expr,
) -> Result:
    """A table whose row w has moved by −min(η, ρ / h_w) g_w, or −η g_w where h_w is 0.

    g_w and h_w are sums over all entries that name w, of one of several steps if there are some.
    """
    sizes = ids.shape[len(step) :]
    inner = tuple(sp.Dummy("n", integer=True, nonnegative=True) for _ in sizes)
    at = (*step, *inner)
    here = Delta(ids[at], w)
    places = tuple(zip(inner, sizes, strict=True))
    bend = over(here * bends[at], *places)
    length = sp.Piecewise((eta, sp.Le(eta * bend / rho, 1)), (rho / bend, True))
    return (w, i), table[(*step, w, i)] - length * over(here * rows[(*at, i)], *places)
