"""The gradients of a window's loss, for a pair loss that is left open: statements i1, i2, i3."""

import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative, sin
from sympy import KroneckerDelta as Delta

from derivations.assumptions import different
from derivations.notation import (
    U,
    V,
    c,
    centers,
    d,
    dims,
    i,
    index,
    j,
    k,
    m,
    table,
    total,
    w,
    words,
    x,
)
from derivations.notation import bounds as _bounds
from derivations.proof import Claim, Derivation, Step

SIZES = "every V, d, m ≥ 1"

window_words = table("window_words", 2 * m + 1, latex="w", integer=True, nonnegative=True)
_bounds["window_words"] = words
q, z = index("k_other", dims), index("x_other", words)


class _Open(sp.Function):  # type: ignore[misc]
    """A function that depends on the vector of the center word and on the outside table."""

    is_real = True

    @property
    def free_symbols(self) -> set[sp.Basic]:
        tables = (centers[c, i], U[w, i])
        return set().union(*(e.free_symbols for e in (*self.args, *tables))) - {i, w}


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
    """∂J(v_c, w_{t+j}, U)/∂(v_c)_k."""

    nargs = 2

    def _latex(self, printer: Any) -> str:
        offset, entry = map(printer._print, self.args)
        return rf"\frac{{\partial J_{{{offset}}}}}{{\partial (v_c)_{{{entry}}}}}"

    def _sympystr(self, printer: Any) -> str:
        offset, entry = map(printer._print, self.args)
        return f"∂J_{offset}/∂v_c[{entry}]"


class by_table(_Open):
    """∂J(v_c, w_{t+j}, U)/∂(u_w)_k."""

    nargs = 3

    def _latex(self, printer: Any) -> str:
        offset, word, entry = map(printer._print, self.args)
        return rf"\frac{{\partial J_{{{offset}}}}}{{\partial (u_{{{word}}})_{{{entry}}}}}"

    def _sympystr(self, printer: Any) -> str:
        offset, word, entry = map(printer._print, self.args)
        return f"∂J_{offset}/∂U[{word}, {entry}]"


def concrete(expr: sp.Expr) -> sp.Expr:
    """Some pair loss, unlike either of ours, in the place of the open one."""

    def loss(offset: sp.Expr) -> sp.Expr:
        score = total(U[window_words[offset + m], q] * centers[c, q], q)
        return sin(score) + total(U[z, q] ** 3 * centers[c, q] ** 2, q, z)

    expr = expr.replace(by_center, lambda n, e: sp.diff(loss(n), centers[c, e]))
    expr = expr.replace(by_table, lambda n, word, e: sp.diff(loss(n), U[word, e]))
    return expr.replace(pair_loss, loss)


pair_v, pair_U = table("pair_v", 2 * m + 1, d), table("pair_U", 2 * m + 1, V, d)


def tabulated(expr: sp.Expr) -> sp.Expr:
    """Reads the gradients of the open pair loss from arrays, whose first axis counts from −m.

    ``pair_v[j + m, k]`` is ∂J_j/∂(v_c)_k and ``pair_U[j + m, w, k]`` is ∂J_j/∂(u_w)_k, so that
    the closed forms of i1 and i2 can be evaluated for any pair loss.
    """
    expr = expr.replace(by_center, lambda offset, e: pair_v[offset + m, e])
    return expr.replace(by_table, lambda offset, word, e: pair_U[offset + m, word, e])


def window_sum(term: sp.Expr) -> sp.Expr:
    """Σ_{−m ≤ j ≤ m, j ≠ 0}."""
    return total((1 - Delta(j, 0)) * term, j)


LOSS = window_sum(pair_loss(j))


def _table() -> Derivation:
    by, closed = U[w, i], window_sum(by_table(j, w, i))
    claim = Claim(
        name="U",
        label=r"\left(\frac{\partial J_{sg}}{\partial U}\right)_{iw}",
        left=Derivative(LOSS, by),
        steps=(
            Step(window_sum(Derivative(pair_loss(j), by)), "derivative of a sum"),
            Step(
                window_sum(total(by_table(j, x, k) * Delta(w, x) * Delta(i, k), k, x)),
                "chain rule: no entry of v_c is an entry of U",
            ),
            Step(closed, "only the term of this entry is left"),
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
        title="∂J_sg/∂U = Σ_j ∂J(v_c, w_{t+j}, U)/∂U",
        statement=(
            r"For $J_{sg} = \sum_{-m \le j \le m,\, j \ne 0} J(v_c, w_{t+j}, U)$: "
            r"$\dfrac{\partial J_{sg}}{\partial U} = "
            r"\sum_j \dfrac{\partial J(v_c, w_{t+j}, U)}{\partial U}$."
        ),
        sizes=SIZES,
        claims=(claim,),
        loss=LOSS,
        lemmas=(CHAIN_RULE,),
        answer=r"$J_j$ is short for $J(v_c, w_{t+j}, U)$; the factor $1 - \delta_{j0}$ leaves "
        r"out $j = 0$.",
    )


CHAIN_RULE = (
    "the pair loss is differentiable in the entries of $v_c$ and $U$, so the chain rule "
    "applies; nothing else is known about it"
)


def _center() -> Derivation:
    by, closed = centers[c, i], window_sum(by_center(j, i))
    claim = Claim(
        name="v_c",
        label=r"\frac{\partial J_{sg}}{\partial (v_c)_i}",
        left=Derivative(LOSS, by),
        steps=(
            Step(window_sum(Derivative(pair_loss(j), by)), "derivative of a sum"),
            Step(
                window_sum(total(by_center(j, k) * Delta(i, k), k)),
                "chain rule: no entry of U is an entry of v_c",
            ),
            Step(closed, "only the term k = i is left"),
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
        title="∂J_sg/∂v_c = Σ_j ∂J(v_c, w_{t+j}, U)/∂v_c",
        statement=(
            r"$\dfrac{\partial J_{sg}}{\partial v_c} = "
            r"\sum_j \dfrac{\partial J(v_c, w_{t+j}, U)}{\partial v_c}$."
        ),
        sizes=SIZES,
        claims=(claim,),
        loss=LOSS,
        lemmas=(CHAIN_RULE,),
    )


def _others() -> Derivation:
    by = centers[w, i]
    claim = Claim(
        name="v_w",
        label=r"\frac{\partial J_{sg}}{\partial (v_w)_i}",
        left=Derivative(LOSS, by),
        steps=(
            Step(
                window_sum(total(by_center(j, k) * Delta(c, w) * Delta(i, k), k)),
                "chain rule: v_w is in the loss only where it is v_c",
            ),
            Step(window_sum(by_center(j, i)) * Delta(c, w), "only the term k = i is left"),
            Step(sp.S.Zero, "w is not c"),
        ),
        wrong={"the gradient of v_c for every word": window_sum(by_center(j, i))},
        axes=(w, i),
        given=(different(w, c),),
        concrete=concrete,
    )
    return Derivation(
        id="i3",
        heading="a window, by other center vectors",
        title="∂J_sg/∂v_w = 0 for w ≠ c",
        statement=r"$\dfrac{\partial J_{sg}}{\partial v_w} = 0$ for $w \ne c$.",
        sizes=SIZES,
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
