"""The gradients of a window's loss, for a pair loss that is left open: statements i1, i2, i3."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, sin
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.assumptions import different
from derivations.engine.notation import (
    A_WORD,
    Loss,
    U,
    V,
    c,
    centers,
    d,
    declare,
    dims,
    i,
    index,
    j,
    k,
    m,
    table,
    total,
    unfold,
    w,
    words,
    x,
)
from derivations.engine.notation import bounds as _bounds
from derivations.engine.open_functions import Open
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, say

window_words = table(
    "window_words", 2 * m + 1, latex="w", meaning=A_WORD, integer=True, nonnegative=True
)
_bounds["window_words"] = words
q, z = index("k_other", dims, "a dimension"), index("x_other", words, "another word")


class _Open(Open):
    """A function that depends on the vector of the center word and on the outside table."""

    @property
    def free_symbols(self) -> set[sp.Basic]:
        tables = (centers[c, i], U[w, i])
        return set().union(*(e.free_symbols for e in (*self.args, *tables))) - {i, w}


declare("pair_loss", "J_j", "the loss of a center word and the word at offset $j$", "expression")


class pair_loss(_Open):
    """J(v_c, w_{t+j}, U), the loss of the word at offset j; nothing else is known about it."""

    nargs = 1

    def _eval_derivative(self, by: sp.Expr) -> sp.Expr:
        """The chain rule, over every number the loss depends on."""
        (offset,) = self.args
        if {k, x} & by.free_symbols:
            raise ValueError(f"{by} is named like an index of the chain rule")
        through_center = total(by_center(offset, k) * sp.diff(centers[c, k], by), k)
        through_table = total(by_table(offset, x, k) * sp.diff(U[x, k], by), k, x)
        return through_center + through_table

    def _latex(self, printer: Any) -> str:
        return rf"J_{{{printer._print(self.args[0])}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"J_{printer._print(self.args[0])}"


class by_center(_Open):
    """∂J(v_c, w_{t+j}, U)/∂(v_c)_k, tabulated by j + m and k."""

    nargs = 2
    symbol = ""

    def tabulated(self) -> sp.Expr:
        offset, entry = self.args
        return pair_v[offset + m, entry]

    def _latex(self, printer: Any) -> str:
        offset, entry = self.args
        by = printer._print(centers[c, entry])
        return rf"\frac{{\partial J_{{{printer._print(offset)}}}}}{{\partial {by}}}"

    def _sympystr(self, printer: Any) -> str:
        offset, entry = self.args
        return f"∂J_{printer._print(offset)}/∂{printer._print(centers[c, entry])}"


class by_table(_Open):
    """∂J(v_c, w_{t+j}, U)/∂(u_w)_k, tabulated by j + m, w and k."""

    nargs = 3
    symbol = ""

    def tabulated(self) -> sp.Expr:
        offset, word, entry = self.args
        return pair_U[offset + m, word, entry]

    def _latex(self, printer: Any) -> str:
        offset, word, entry = self.args
        by = printer._print(U[word, entry])
        return rf"\frac{{\partial J_{{{printer._print(offset)}}}}}{{\partial {by}}}"

    def _sympystr(self, printer: Any) -> str:
        offset, word, entry = map(printer._print, self.args)
        return f"∂J_{offset}/∂U[{word}, {entry}]"


def concrete(expr: sp.Expr) -> sp.Expr:
    """Some pair loss, unlike either of ours, in the place of the open one."""

    def loss(offset: sp.Expr) -> sp.Expr:
        score = total(U[window_words[offset + m], q] * centers[c, q], q)
        return sin(score) + total(U[z, q] ** 3 * centers[c, q] ** 2, q, z)

    expr = unfold(expr)
    expr = expr.replace(by_center, lambda n, e: sp.diff(loss(n), centers[c, e]))
    expr = expr.replace(by_table, lambda n, word, e: sp.diff(loss(n), U[word, e]))
    return expr.replace(pair_loss, loss)


pair_v = table("pair_v", 2 * m + 1, d, meaning="the gradients of the pairs of a window")
pair_U = table("pair_U", 2 * m + 1, V, d, meaning="the gradients of the pairs of a window")


def window_sum(term: sp.Expr) -> sp.Expr:
    """Σ_{−m ≤ j ≤ m, j ≠ 0}."""
    return total((1 - Delta(j, 0)) * term, j)


class window_loss(Loss):
    """The loss of a window, the sum of its pairs' losses."""

    symbol, meaning = r"J_{\mathrm{sg}}", "the loss of a window"
    name = "J_sg"

    def definition(self) -> sp.Expr:
        return window_sum(pair_loss(j))


LOSS = window_loss()


OTHER = different(w, c)
V_C, V_W = arrays.v(c), arrays.v(w)
BY_U = arrays.part(arrays.U, lambda i, w: by_table(j, w, i))
BY_V = arrays.part(V_C, lambda i, _: by_center(j, i))
CHAIN_RULE = say(
    "the chain rule, which is built in and not derived: {} is differentiable in the entries of {} "
    "and {}, and nothing else is known about it",
    pair_loss(j),
    V_C,
    arrays.U,
)


def _table() -> Derivation:
    by, closed = U[w, i], window_sum(by_table(j, w, i))
    claim = Claim(
        name="U",
        left=Derivative(LOSS, by),
        steps=(
            Step(window_sum(Derivative(pair_loss(j), by)), "derivative of a sum"),
            Step(
                window_sum(total(by_table(j, x, k) * Delta(w, x) * Delta(i, k), k, x)),
                say("the chain rule, built in; no entry of {} is one of {}", V_C, arrays.U),
            ),
            Step(closed, "the term of this entry is left"),
        ),
        wrong={
            "sign": -closed,
            "the center's own position counted": total(by_table(j, w, i), j),
            "one side of the window": sp.Sum(by_table(j, w, i), (j, 1, m)),
            "transposed": window_sum(by_table(j, i, w)),
        },
        axes=(w, i),
        concrete=concrete,
    )
    return Derivation(
        id="i1",
        heading="a window, by the outside table",
        functions=("gradients.skip_gram",),
        statement=say(
            "For {}: {}.", Defined(LOSS), Proved(claim, arrays.summed(BY_U, j, but=sp.S.Zero))
        ),
        claims=(claim,),
        loss=LOSS,
        lemmas=(CHAIN_RULE,),
        answer=say(
            "{} is the loss of the center word and the word at offset {}, as a function of {} and "
            "{}; the center's own place is left out.",
            pair_loss(j),
            j,
            V_C,
            arrays.U,
        ),
    )


def _center() -> Derivation:
    by, closed = centers[c, i], window_sum(by_center(j, i))
    claim = Claim(
        name="v_c",
        left=Derivative(LOSS, by),
        steps=(
            Step(window_sum(Derivative(pair_loss(j), by)), "derivative of a sum"),
            Step(
                window_sum(total(by_center(j, k) * Delta(i, k), k)),
                say("the chain rule, built in; no entry of {} is one of {}", arrays.U, V_C),
            ),
            Step(closed, say("the term of {} is left", i)),
        ),
        wrong={
            "sign": -closed,
            "the center's own position counted": total(by_center(j, i), j),
            "one side of the window": sp.Sum(by_center(j, i), (j, 1, m)),
        },
        axes=(i,),
        concrete=concrete,
    )
    return Derivation(
        id="i2",
        heading="a window, by the center's vector",
        functions=("gradients.skip_gram",),
        statement=say("{}.", Proved(claim, arrays.summed(BY_V, j, but=sp.S.Zero))),
        claims=(claim,),
        loss=LOSS,
        lemmas=(CHAIN_RULE,),
    )


def _others() -> Derivation:
    by = centers[w, i]
    claim = Claim(
        name="v_w",
        left=Derivative(LOSS, by),
        steps=(
            Step(
                window_sum(total(by_center(j, k) * Delta(c, w) * Delta(i, k), k)),
                say("the chain rule, built in; {} is in it only where it is {}", V_W, V_C),
            ),
            Step(window_sum(by_center(j, i)) * Delta(c, w), say("the term of {} is left", i)),
            Step(sp.S.Zero, say("{}", OTHER)),
        ),
        wrong={"the center's gradient for every word": window_sum(by_center(j, i))},
        axes=(w, i),
        given=(OTHER,),
        concrete=concrete,
    )
    return Derivation(
        id="i3",
        heading="a window, by other center vectors",
        functions=("gradients.skip_gram",),
        statement=say("{} if {}.", Proved(claim, arrays.ZERO), OTHER),
        claims=(claim,),
        loss=LOSS,
        lemmas=(CHAIN_RULE,),
        care=(
            "That the center vectors and the outside vectors are two tables: a word that is "
            "both center and outside word has two vectors, and this is about the first."
        ),
    )


DERIVATIONS = (_table(), _center(), _others())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
