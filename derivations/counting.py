"""How many operations the gradients take: statement g3."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative, exp

from derivations.assumptions import different
from derivations.negative_sampling import DISTINCT, NOT_O
from derivations.negative_sampling import LOSS as NEGATIVE_LOSS
from derivations.notation import (
    K,
    U,
    V,
    a,
    d,
    i,
    k,
    negatives,
    o,
    one_hot,
    r,
    s,
    softmax,
    table,
    total,
    v_c,
    w,
    x,
)
from derivations.printing import latex
from derivations.proof import Assumption, Claim, Derivation, Step
from derivations.reused import sign, signed
from derivations.softmax import LOSS as NAIVE_LOSS


@dataclass(frozen=True)
class Line:
    """One line of a program: an entry of an array, for every value of its indices."""

    entry: sp.Indexed
    expr: sp.Expr

    @property
    def indices(self) -> tuple[sp.Symbol, ...]:
        """What the line loops over."""
        return tuple(e for e in self.entry.indices if e.is_Symbol)

    @property
    def operations(self) -> sp.Expr:
        """Additions, subtractions, multiplications, divisions and exponentials it takes."""
        return total(operations(self.expr), *self.indices)


Program = tuple[Line, ...]


def operations(expr: sp.Expr) -> sp.Expr:
    """Operations to evaluate an expression once; reading, and changing a sign, are free."""
    if isinstance(expr, sp.Indexed | one_hot | sign | signed) or expr.is_Atom:
        return sp.S.Zero
    if isinstance(expr, sp.Sum):
        n, low, high = expr.limits[0]
        return sp.Sum(operations(expr.function), (n, low, high)) + high - low
    inner = sp.Add(*map(operations, expr.args))
    if isinstance(expr, exp):
        return 1 + inner
    if expr.is_Add or expr.is_Mul:
        return len([e for e in expr.args if e != -1]) - 1 + inner
    if expr.is_Pow and expr.exp == -1:
        return inner if expr.base.is_Indexed else 1 + inner  # a factor 1 / e divides
    raise ValueError(f"what does {expr} cost?")


def cost(program: Program) -> sp.Expr:
    """Operations of all lines."""
    return sp.Add(*(line.operations for line in program))


def inlined(program: Program, entry: sp.Indexed) -> sp.Expr:
    """An entry that the program computes, in terms of what the program is given."""
    result = entry
    for line in reversed(program):
        result = result.replace(
            lambda e, line=line: isinstance(e, sp.Indexed) and e.base == line.entry.base,
            lambda e, line=line: line.expr.subs(
                dict(zip(line.entry.indices, e.indices, strict=True))
            ),
        )
    return result


y, z = table("y", V), table("scores", V, latex="z")
f, error = table("exponentials", V, latex="f"), table("error", V, latex="r")
S = table("partition", 1, latex="S")
by_v = table("by_v", d, latex=r"\partial J / \partial v_c")
by_U = table("by_U", V, d, latex=r"\partial J / \partial u")

NAIVE: Program = (
    Line(y[w], one_hot(w)),
    Line(z[w], total(U[w, k] * v_c[k], k)),
    Line(f[w], exp(z[w])),
    Line(S[0], total(f[x], x)),
    Line(error[w], f[w] / S[0] - y[w]),
    Line(by_v[i], total(error[w] * U[w, i], w)),
    Line(by_U[w, i], error[w] * v_c[i]),
)
"""Statements b1 and d."""

signs, q = table("signs", K + 1, latex=r"\epsilon"), table("reused", K + 1, latex=r"\Delta")
t, h = table("logits", K + 1, latex="t"), table("signed_reused", K + 1, latex="h")
columns = table("columns", K + 1, d, latex="C")
by_center = table("by_center", d, latex=r"\partial J / \partial v_c")
by_columns = table("by_columns", K + 1, d, latex=r"\partial J / \partial u")

NEGATIVE: Program = (
    Line(signs[a], sign(a)),
    Line(columns[a, k], signed(k, a)),
    Line(t[a], total(columns[a, k] * v_c[k], k)),
    Line(q[a], 1 - 1 / (1 + exp(-t[a]))),
    Line(h[a], -signs[a] * q[a]),
    Line(by_center[i], -total(columns[a, i] * q[a], a)),
    Line(by_columns[a, i], h[a] * v_c[i]),
)
"""Statement g2."""


def _costs(
    name: str, program: Program, words: sp.Expr, polynomial: Callable[[sp.Expr], sp.Expr]
) -> Claim:
    """Each line's operations in turn, and their sum, a polynomial in the number of words."""
    lines = (e for e in (sp.factor(line.operations.doit()) for line in program) if e != 0)
    return Claim(
        name=f"{name}, operations",
        label=r"\mathrm{operations}",
        origin="",
        left=cost(program),
        steps=(
            Step(
                sp.Add(*lines, evaluate=False),
                "line by line, an entry's operations times its entries",
            ),
            Step(polynomial(words), "collect"),
        ),
        wrong={
            "no table": polynomial(words) - words * d,
            "one word fewer": polynomial(words - 1),
        },
    )


def _computes(loss: sp.Expr, program: Program) -> Callable[..., Claim]:
    """That a program's entry is a gradient of the loss."""

    def claim(name: str, label: str, by: sp.Expr, entry: sp.Indexed, *given: Assumption) -> Claim:
        result = inlined(program, entry)
        return Claim(
            name=name,
            label=rf"\frac{{\partial J}}{{\partial {label}}}",
            left=Derivative(loss, by),
            steps=(Step(result, "the program, each line put into the next"),),
            wrong={"sign": -result},
            given=given,
        )

    return claim


def _programs() -> tuple[Claim, ...]:
    naive, negative = _computes(NAIVE_LOSS, NAIVE), _computes(NEGATIVE_LOSS, NEGATIVE)
    drawn = U[negatives[r], i]
    return (
        naive("softmax, v_c", "(v_c)_i", v_c[i], by_v[i]),
        naive("softmax, u_w", "(u_w)_i", U[w, i], by_U[w, i]),
        negative("negatives, v_c", "(v_c)_i", v_c[i], by_center[i]),
        negative("negatives, u_o", "(u_o)_i", U[o, i], by_columns[0, i], NOT_O),
        negative("negatives, u_w", "(u_{w_r})_i", drawn, by_columns[r + 1, i], NOT_O, DISTINCT),
    )


def _touched() -> tuple[Claim, Claim]:
    other = different(w, o)
    undrawn = different(w, negatives[s], s)
    return (
        Claim(
            name="softmax, every word",
            label=r"\frac{\partial J_{naive}}{\partial (u_w)_i}",
            left=Derivative(NAIVE_LOSS, U[w, i]),
            steps=(Step(softmax(w) * v_c[i], "statement c: a positive multiple of v_c"),),
            wrong={"untouched": sp.S.Zero},
            given=(other,),
        ),
        Claim(
            name="negatives, other words",
            label=r"\frac{\partial J_{neg}}{\partial (u_w)_i}",
            left=Derivative(NEGATIVE_LOSS, U[w, i]),
            steps=(Step(sp.S.Zero, "statement h: no term is left"),),
            wrong={"as for the softmax": softmax(w) * v_c[i]},
            given=(other, undrawn),
        ),
    )


def _cheap() -> Derivation:
    return Derivation(
        id="g3",
        heading="why negative sampling is cheap",
        title="naive softmax takes V(5d+3) − d − 1 operations, negative sampling (K+1)(5d+4) − d",
        statement=(
            "Negative sampling is cheap because it touches the vectors of $o$ and of the $K$ "
            "negatives, $K + 1$ words at most, where the softmax touches all $V$."
        ),
        sizes="every V, d ≥ 1, K ≥ 0",
        claims=(
            *_programs(),
            _costs("softmax", NAIVE, V, lambda n: n * (5 * d + 3) - d - 1),
            _costs("negatives", NEGATIVE, K + 1, lambda n: n * (5 * d + 4) - d),
            *_touched(),
        ),
        lemmas=(
            "an operation is one addition, subtraction, multiplication, division or "
            "exponential; reading a number and changing its sign are free",
        ),
        answer=(
            "The count is that of two programs, the straightforward ones for statements b1, d "
            "and g2; the first five chains prove that they compute the gradients.\n\n"
            f"Naive softmax:\n\n{_listing(NAIVE)}\n\nNegative sampling:\n\n{_listing(NEGATIVE)}"
            "\n\nBoth are five operations for each dimension of each word they touch, and a few "
            r"more. For large $d$ one gradient costs about $\frac{V}{K+1}$ times the other: "
            "10,000 times for 60,000 words and 5 negatives. The first count grows in proportion "
            "to $V$, in the second $V$ does not occur."
        ),
        care=(
            "The counts themselves, and the measurement. Drawing the negatives is not counted "
            "on either side; it depends on the sampler, not on the loss."
        ),
    )


def _listing(program: Program) -> str:
    """The lines of a program, what they loop over and what they cost, as a Markdown table."""
    rows = [
        f"| ${latex(e.entry)} = {latex(e.expr)}$ | {', '.join(f'${latex(n)}$' for n in e.indices)} "
        f"| ${latex(sp.factor(e.operations.doit()))}$ |"
        for e in program
        if latex(e.entry) != latex(e.expr)
    ]
    return "\n".join(["| entry | for each | operations |", "|---|---|---|", *rows])


DERIVATIONS = (_cheap(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
