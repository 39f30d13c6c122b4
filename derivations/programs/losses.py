"""The losses of ``jw2v``, what autodiff makes of them, and the gradients in closed form."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import sympy as sp

from derivations import statements
from derivations.engine import notation
from derivations.engine.algebra import differentiate, fresh
from derivations.engine.notation import (
    U,
    c,
    centers,
    i,
    negatives,
    o,
    one_hot,
    r,
    total,
    unfold,
    v_c,
    w,
)
from derivations.programs.arrays import Array, constant, declared, numbers
from derivations.programs.claim import Claim, Result
from derivations.statements.activations import leak, leaky_relu_slope, real, relu_slope
from derivations.statements.bag_symbols import W, bag, mean_of_bag, rho, sum_of_bag
from derivations.statements.softmax import y_hat
from derivations.statements.tree_symbols import H, nodes, theta, ways
from derivations.statements.tree_symbols import n as node
from jw2v import activations, gradients, losses

__all__ = ["claims_of_losses"]


def _number(x: sp.Expr) -> Array:
    return constant(x, "i" if x.is_integer else "f")


any_y = declared("any_y", notation.V)
draws = declared("draws", W, notation.K, within=notation.words)
counts = declared("counts", W, within=(sp.S.Zero, sp.S.One))


def _of(
    name: str,
    program: Callable[..., Any],
    closed: Callable[..., Any] | None,
    by: tuple[int, ...],
    *,
    inputs: tuple[Array, ...],
    loss: sp.Expr,
    slopes: tuple[Result, ...],
    ids: tuple[str, ...],
) -> Iterator[Claim]:
    """A loss, its derivative by JAX, and its gradient in closed form."""
    yield Claim(f"losses.{name}", program, inputs, (((), loss),), ids)
    yield Claim(f"jax.grad(losses.{name})", jax.grad(program, by), inputs, slopes, ids)
    if closed is not None:
        yield Claim(f"gradients.{name}", closed, inputs, slopes, ids)


def _slopes(loss: sp.Expr, *entries: sp.Expr) -> tuple[Result, ...]:
    """What SymPy makes of the derivatives of a loss."""
    return tuple((tuple(e.indices), differentiate(sp.Derivative(loss, e))) for e in entries)


def _pairs() -> Iterator[Claim]:
    """The losses of a pair of words."""
    proved = statements()
    general = proved["a"]["J"].left.replace(one_hot, lambda word: any_y[word])
    yield from _of(
        "cross_entropy",
        losses.cross_entropy,
        None,
        (0, 1),
        inputs=(numbers(any_y), numbers(y_hat)),
        loss=general,
        slopes=_slopes(general, any_y[notation.x], y_hat[notation.x]),
        ids=("a",),
    )
    v, outside, word = numbers(v_c), numbers(U), _number(o)
    yield from _of(
        "naive_softmax",
        losses.naive_softmax,
        gradients.naive_softmax,
        (0, 2),
        inputs=(v, word, outside),
        loss=proved["a"]["softmax"].left,
        slopes=(((i,), proved["b1"].closed["v_c"]), ((w, i), proved["d"].closed["U"])),
        ids=("a", "b1", "d"),
    )
    yield from _of(
        "negative_sampling",
        losses.negative_sampling,
        gradients.negative_sampling,
        (0, 3),
        inputs=(v, word, numbers(negatives), outside),
        loss=proved["g1"].losses[0],
        slopes=(((i,), proved["g1"].closed["v_c"]), ((w, i), proved["h"].closed["u_w"])),
        ids=("g1", "h"),
    )
    row = Array((notation.d,), "f", lambda at: U[o, at])
    rows = Array((notation.K, notation.d), "f", lambda s, at: U[negatives[s], at])
    by_rows = proved["g1"].closed
    yield from _of(
        "negative_sampling_rows",
        losses.negative_sampling_rows,
        gradients.negative_sampling_rows,
        (0, 1, 2),
        inputs=(v, row, rows),
        loss=proved["g1"].losses[0],
        slopes=(
            ((i,), by_rows["v_c"]),
            ((i,), by_rows["u_o"]),
            ((r, i), by_rows["u_negatives"]),
        ),
        ids=("g1", "g2"),
    )

    def added(v: Any, word: Any, drawn: Any, table: Any) -> Any:
        """The rows of negative sampling, added up by add_rows."""
        slopes = gradients.negative_sampling_rows(v, table[word], table[drawn])
        found = gradients.add_rows(jnp.zeros_like(table), word, slopes.u_o)
        return gradients.add_rows(found, drawn, slopes.u_negatives)

    yield Claim(
        "gradients.add_rows, of negative sampling",
        added,
        (v, word, numbers(negatives), outside),
        (((w, i), proved["h"].closed["u_w"]),),
        ("h",),
    )


def _trees() -> Iterator[Claim]:
    """The hierarchical softmax."""
    proved = statements()
    word, v = _number(o), numbers(v_c)
    by_center, by_node = proved["k1"].closed["v_c"], proved["k2"].closed["theta"]
    loss = proved["k1"].losses[0]
    yield from _of(
        "hierarchical_softmax",
        lambda v, o, nodes, ways, theta: losses.hierarchical_softmax(v, o, (nodes, ways), theta),
        lambda v, o, nodes, ways, theta: gradients.hierarchical_softmax(v, o, (nodes, ways), theta),
        (0, 4),
        inputs=(v, word, numbers(nodes), numbers(ways), numbers(theta)),
        loss=loss,
        slopes=(((i,), by_center), ((node, i), by_node)),
        ids=("k1", "k2"),
    )
    # Rows are a table of their own, in which the nodes of a path are its steps
    at = fresh(sp.Dummy("e", integer=True), sp.S.Zero, H - 1)

    def on_rows(expr: sp.Expr) -> sp.Expr:
        return unfold(expr).replace(
            lambda x: isinstance(x, sp.Indexed) and x.base == nodes, lambda x: x.indices[1]
        )

    yield from _of(
        "hierarchical_softmax_rows",
        losses.hierarchical_softmax_rows,
        gradients.hierarchical_softmax_rows,
        (0, 1),
        inputs=(
            v,
            Array((H, notation.d), "f", lambda e, k: theta[e, k]),
            Array((H,), "i", lambda e: ways[o, e]),
        ),
        loss=on_rows(loss),
        slopes=(((i,), on_rows(by_center)), ((at, i), on_rows(by_node).xreplace({node: at}))),
        ids=("k1", "k2"),
    )


def _sums() -> Iterator[Claim]:
    """Windows and bags, whose losses are those of pairs."""
    proved = statements()
    of_pairs: dict[str, Any] = {
        "naive_softmax": (proved["a"]["softmax"].left, ()),
        "negative_sampling": (proved["g1"].losses[0], (draws,)),
    }
    for pair, (loss, drawn) in of_pairs.items():
        one = getattr(losses, pair), getattr(gradients, pair)

        def of_window(entry: sp.Expr) -> sp.Expr:
            return _put(entry, bag[rho], lambda k: centers[c, k], lambda s: draws[rho, s])

        summed = total(counts[rho] * of_window(loss), rho)

        def window(function: Any, pair_function: Any) -> Any:
            def program(c: Any, outside: Any, V: Any, U: Any, where: Any, *draws: Any) -> Any:
                return function(pair_function, c, outside, V, U, *draws, where=where)

            return program

        yield from _of(
            f"skip_gram, {pair}",
            window(losses.skip_gram, one[0]),
            window(gradients.skip_gram, one[1]),
            (2, 3),
            inputs=(
                _number(c),
                numbers(bag),
                numbers(centers),
                numbers(U),
                Array((W,), "b", lambda at: counts[at]),
                *map(numbers, drawn),
            ),
            loss=summed,
            slopes=_slopes(summed, centers[w, i], U[w, i]),
            ids=("i1", "i2", "i3"),
        )
        for kind, vector, id in (("mean", mean_of_bag, "j1"), ("sum", sum_of_bag, "j2")):
            of_bag = _put(loss, o, vector, lambda s: negatives[s])

            def bagged(function: Any, pair_function: Any, mean: bool) -> Any:
                def program(o: Any, context: Any, V: Any, U: Any, *draws: Any) -> Any:
                    return function(pair_function, o, context, V, U, *draws, mean=mean)

                return program

            yield from _of(
                f"cbow, {pair}, {kind}",
                bagged(losses.cbow, one[0], kind == "mean"),
                bagged(gradients.cbow, one[1], kind == "mean"),
                (2, 3),
                inputs=(
                    _number(o),
                    numbers(bag),
                    numbers(centers),
                    numbers(U),
                    *([numbers(negatives)] if drawn else []),
                ),
                loss=of_bag,
                slopes=_slopes(of_bag, centers[w, i], U[w, i]),
                ids=(id,),
            )


def _put(loss: sp.Expr, word: sp.Expr, vector: Any, negative: Any) -> sp.Expr:
    """A loss of a pair with another word, vector and negatives in it."""

    def put(e: sp.Indexed) -> sp.Expr:
        return vector(*e.indices) if e.base == v_c else negative(*e.indices)

    moved = unfold(loss).replace(
        lambda e: isinstance(e, sp.Indexed) and e.base in (v_c, negatives), put
    )
    return unfold(moved.xreplace({o: word}))


def _functions() -> Iterator[Claim]:
    """The functions of one number."""
    number, proved = constant(real, "f"), statements()
    slope = constant(leak, "f")
    told: tuple[tuple[str, tuple[Array, ...], sp.Expr, sp.Expr, str], ...] = (
        ("sigmoid", (number,), proved["f"].losses[0], proved["f"].closed["x"], "f"),
        ("relu", (number,), proved["e"].losses[0], relu_slope(real), "e"),
        ("leaky_relu", (number, slope), proved["e2"].losses[0], leaky_relu_slope(real), "e2"),
    )
    for name, inputs, value, derivative, id in told:
        function, closed = getattr(activations, name), getattr(gradients, name)
        yield Claim(f"activations.{name}", function, inputs, (((), value),), (id,))
        for kind, program in (
            (f"jax.grad(activations.{name})", jax.grad(function)),
            (f"gradients.{name}", closed),
        ):
            yield Claim(kind, program, inputs, (((), derivative),), (id,))


def claims_of_losses() -> Iterator[Claim]:
    """Functions of a number, losses of pairs, paths, windows and bags."""
    for part in (_functions, _pairs, _trees, _sums):
        yield from part()
