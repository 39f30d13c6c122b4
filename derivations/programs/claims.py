"""What is proved of the programs of ``jw2v``: each loss, and each gradient, is its statement."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import sympy as sp

from derivations import statements
from derivations.engine import notation
from derivations.engine.algebra import differentiate, fresh
from derivations.engine.notation import (
    Index,
    U,
    bounds,
    c,
    centers,
    i,
    negatives,
    o,
    one_hot,
    r,
    table,
    total,
    unfold,
    v_c,
    w,
)
from derivations.engine.printing import text
from derivations.programs.arrays import Array, Unread, constant, numbers
from derivations.programs.proof import same
from derivations.programs.reader import primitives, read, trace
from derivations.statements.activations import leak, leaky_relu_slope, real, relu_slope
from derivations.statements.bag_symbols import W, bag, mean_of_bag, rho, sum_of_bag
from derivations.statements.softmax import y_hat
from derivations.statements.tree_symbols import H, Q, nodes, theta, ways
from derivations.statements.tree_symbols import n as node
from jw2v import activations, gradients, losses

__all__ = ["Claim", "Result", "claims"]

SIZES = {"V": notation.V, "d": notation.d, "K": notation.K, "W": W, "H": H, "Q": Q}
"""What the symbolic sizes of the traces are called."""
_SCOPE = dict(zip(SIZES, jax.export.symbolic_shape(", ".join(SIZES)), strict=True))
_DIMS = {size: _SCOPE[name] for name, size in SIZES.items()}
_NUMBERS = dict(zip(SIZES.values(), (71, 53, 31, 43, 61, 97), strict=True))
"""Sizes for a trace of numbers, each of which stands for one size alone, as its neighbours do."""
_READ = SIZES | {
    str(number + more): size + more for size, number in _NUMBERS.items() for more in (-1, 0, 1)
}

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
    of_numbers: bool = False
    """Whether the program is the one that JAX writes for some numbers instead of symbols."""

    def shapes(self) -> list[Any]:
        """What the program is traced with."""
        kinds = {"f": jnp.float32, "i": jnp.int32, "b": jnp.bool_}
        sizes: Any = _NUMBERS if self.of_numbers else _DIMS
        return [
            jax.ShapeDtypeStruct(tuple(sizes.get(e) or int(e) for e in x.shape), kinds[x.kind])
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
            if x.kind == "f" and not x.shape:
                continue
            indices = {n.within[1] + 1: n for n in reversed(notation.indices.values())}
            if sp.S.Zero in x.shape:
                continue
            entry = x[tuple(indices.get(size, sp.S.Zero) for size in x.shape)]
            within = bounds.get(getattr(getattr(entry, "base", None), "name", ""))
            within = getattr(entry, "within", within)
            if x.kind == "i" and within:
                found.append(f"{text(within[0])} ≤ {text(entry)} ≤ {text(within[1])}")
            if x.kind == "f" and entry.is_positive:
                found.append(f"{text(entry)} > 0")
        return found

    def traced(self) -> Any:
        """The program for all sizes, as a closed jaxpr."""
        return trace(self.program, *self.shapes())

    def differences(self, program: Any) -> Iterator[str]:
        """What is not shown of a program that may be this one, in words."""
        try:
            found = read(program, self.inputs, _READ if self.of_numbers else SIZES)
            if len(found) != len(self.results):
                yield f"{len(found)} outputs, not {len(self.results)}"
            for array, (at, expected) in zip(found, self.results, strict=True):
                if 0 in array.shape:
                    continue  # it has no entries
                if len(array.shape) != len(at) or any(
                    isinstance(n, Index) and n.within[1] + 1 != size
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
        inputs = tuple(
            Array(
                tuple(e.xreplace({size: sp.Integer(number)}) for e in x.shape),
                x.kind,
                lambda *at, x=x: _put_size(x[at], size, number),
            )
            for x in self.inputs
        )
        results = tuple(
            (
                tuple(_put_size(n, size, number) for n in at),
                _put_size(unfold(value), size, number),
            )
            for at, value in self.results
        )
        name = f"{self.name}, {size} = {number}"
        return replace(self, name=name, inputs=inputs, results=results)

    def for_numbers(self) -> "Claim":
        """The same of the program that JAX writes for numbers."""
        numbers = ", ".join(f"{name} = {_NUMBERS[SIZES[name]]}" for name in self.sizes)
        return replace(self, name=f"{self.name}, {numbers}", of_numbers=True)

    def variants(self) -> Iterator["Claim"]:
        """The claim, of sizes of 0 as well, and of each program that JAX writes differently."""
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


def _put_size(expr: sp.Expr, size: sp.Expr, number: int) -> sp.Expr:
    """An expression where a size is 0 or 1: sums have no or one term, and indices one value."""
    expr = sp.sympify(expr).xreplace({size: sp.Integer(number)})
    expr = expr.replace(lambda e: isinstance(e, sp.Sum), _short)
    if number == 0:
        return expr
    bound = {n for e in expr.atoms(sp.Sum) for n in e.variables}
    for e in expr.atoms(sp.Indexed, Index):
        within = getattr(e, "within", None) or bounds.get(getattr(e, "base", e).name)
        last = within and within[1].xreplace({size: sp.Integer(number)})
        if within and e not in bound and last == within[0]:
            expr = expr.xreplace({e: within[0]})
    return expr


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


def _table(name: str, *shape: sp.Expr, within: Any = None) -> sp.IndexedBase:
    """A table that no statement names; of whole numbers in a range, if one is given."""
    if within is None:
        return table(name, *shape)
    bounds[name] = within
    return table(name, *shape, integer=True, nonnegative=True)


def _number(x: sp.Expr) -> Array:
    return constant(x, "i" if x.is_integer else "f")


any_y = _table("any_y", notation.V)
draws = _table("draws", W, notation.K, within=notation.words)
counts = _table("counts", W, within=(sp.S.Zero, sp.S.One))


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
        "gradients.add_rows",
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
        inputs=(v, word, numbers(nodes), _integers(ways), numbers(theta)),
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


def _integers(table: sp.IndexedBase) -> Array:
    return Array(tuple(table.shape), "i", lambda *at: table[at])


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


@cache
def claims() -> dict[str, Claim]:
    """Every program by its name, and what it is proved to be."""
    parts = (_functions, _pairs, _trees, _sums)
    return {claim.name: claim for part in parts for claim in part()}
