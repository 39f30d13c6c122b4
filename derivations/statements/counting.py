"""How many operations the gradients take: statement g3."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, exp

from derivations.engine import arrays
from derivations.engine.assumptions import different
from derivations.engine.notation import (
    K,
    Named,
    U,
    V,
    a,
    d,
    i,
    k,
    latex_names,
    negatives,
    o,
    one_hot,
    r,
    s,
    scores,
    softmax,
    table,
    total,
    v_c,
    w,
    x,
)
from derivations.engine.printing import latex, text
from derivations.engine.proof import Assumption, Claim, Derivation, Step
from derivations.engine.prose import Listed, Proved, say
from derivations.statements.negative_sampling import DISTINCT, NOT_O
from derivations.statements.negative_sampling import LOSS as NEGATIVE_LOSS
from derivations.statements.reused import reused, sign, signed
from derivations.statements.softmax import LOSS as NAIVE_LOSS
from derivations.statements.softmax import OTHER


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


y = table("true", V, latex="y", meaning=one_hot.meaning)
f = table("exponentials", V, latex="f", meaning="$f_w$ is the exponential of the score of word $w$")
Z = table("partition", 1, latex="Z", meaning="the sum of these exponentials")
error = table("error", V, latex="D", meaning="$D_w$ is the predicted less the true probability")
RETURNED = "what a program returns"
by_v = table("by_v", d, latex=rf"\partial {NAIVE_LOSS.symbol} / \partial v_c", meaning=RETURNED)
by_U = table("by_U", V, d, latex=rf"\partial {NAIVE_LOSS.symbol} / \partial u", meaning=RETURNED)

NAIVE: Program = (
    Line(y[w], one_hot(w)),
    Line(scores[w], total(U[w, k] * v_c[k], k)),
    Line(f[w], exp(scores[w])),
    Line(Z[0], total(f[x], x)),
    Line(error[w], f[w] / Z[0] - y[w]),
    Line(by_v[i], total(error[w] * U[w, i], w)),
    Line(by_U[w, i], error[w] * v_c[i]),
)
"""Statements b1 and d."""

signs = table("signs", K + 1, latex=r"\epsilon", meaning=sign.meaning)
q = table("slopes", K + 1, latex=r"\Delta", meaning=reused.meaning)
t = table("signed_scores", K + 1, latex=r"\zeta", meaning="the scores of the columns of $U_\\pm$")
h = table("weights_of_rows", K + 1, latex=r"\kappa", meaning="how far each row moves along $v_c$")
columns = table("columns", K + 1, d, latex="C", meaning=r"the columns of $U_\pm$, as rows")
by_center = table(
    "by_center", d, latex=rf"\partial {NEGATIVE_LOSS.symbol} / \partial v_c", meaning=RETURNED
)
by_columns = table(
    "by_columns", K + 1, d, latex=rf"\partial {NEGATIVE_LOSS.symbol} / \partial u", meaning=RETURNED
)

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


class naive_cost(Named):
    """Operations that the program of the naive softmax takes."""

    symbol, meaning = r"N_{\mathrm{naive}}", "operations of the program for the naive softmax"
    name = "N_naive"

    def definition(self) -> sp.Expr:
        return cost(NAIVE)


class negative_cost(Named):
    """Operations that the program of negative sampling takes."""

    symbol, meaning = r"N_{\mathrm{neg}}", "operations of the program for negative sampling"
    name = "N_neg"

    def definition(self) -> sp.Expr:
        return cost(NEGATIVE)


def _costs(
    name: str,
    count: Named,
    program: Program,
    words: sp.Expr,
    polynomial: Callable[[sp.Expr], sp.Expr],
) -> Claim:
    """Each line's operations in turn, and their sum, a polynomial in the number of words."""
    lines = (e for e in (sp.factor(line.operations.doit()) for line in program) if e != 0)
    return Claim(
        name=f"{name}, operations",
        left=count,
        steps=(
            Step(
                sp.Add(*lines, evaluate=False),
                "line by line, the operations of an entry for each of its entries",
            ),
            Step(polynomial(words), "collect"),
        ),
        wrong={
            "no table": polynomial(words) - words * d,
            "one word fewer": polynomial(words - 1),
        },
        lemma=True,
    )


def _computes(loss: sp.Expr, program: Program) -> Callable[..., Claim]:
    """That a program's entry is a gradient of the loss."""

    def claim(name: str, by: sp.Expr, entry: sp.Indexed, *given: Assumption) -> Claim:
        result = inlined(program, entry)
        return Claim(
            name=name,
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
        naive("softmax, v_c", v_c[i], by_v[i]),
        naive("softmax, u_w", U[w, i], by_U[w, i]),
        negative("negatives, v_c", v_c[i], by_center[i]),
        negative("negatives, u_o", U[o, i], by_columns[0, i], NOT_O),
        negative("negatives, u_w", drawn, by_columns[r + 1, i], NOT_O, DISTINCT),
    )


UNDRAWN = different(w, negatives[s], s)


def _touched() -> tuple[Claim, Claim]:
    return (
        Claim(
            name="every word",
            left=Derivative(NAIVE_LOSS, U[w, i]),
            steps=(Step(softmax(w) * v_c[i], "statement c"),),
            wrong={"untouched": sp.S.Zero},
            given=(OTHER,),
        ),
        Claim(
            name="no other word",
            left=Derivative(NEGATIVE_LOSS, U[w, i]),
            steps=(Step(sp.S.Zero, "statement h: no term is left"),),
            wrong={"as for the softmax": softmax(w) * v_c[i]},
            given=(OTHER, UNDRAWN),
        ),
    )


def _cheap() -> Derivation:
    softmax_cost = _costs("softmax", naive_cost(), NAIVE, V, lambda n: n * (5 * d + 3) - d - 1)
    negatives_cost = _costs(
        "negatives", negative_cost(), NEGATIVE, K + 1, lambda n: n * (5 * d + 4) - d
    )
    every, others = _touched()
    return Derivation(
        id="g3",
        heading="why negative sampling is cheap",
        folded=(
            *("softmax, v_c", "softmax, u_w"),
            *("negatives, v_c", "negatives, u_o", "negatives, u_w"),
        ),
        figure=("cost.svg", "Time of both losses' gradients against the vocabulary"),
        statement=say(
            "The naive softmax takes {} operations, negative sampling {}. The first touches every "
            "word: if {}, {}. The second touches the word that was seen and the negatives: if "
            "moreover {}, {}.",
            Proved(softmax_cost),
            Proved(negatives_cost),
            OTHER,
            Proved(every, softmax(w) * arrays.v_c),
            UNDRAWN,
            Proved(others, arrays.ZERO),
        ),
        claims=(*_programs(), softmax_cost, negatives_cost, every, others),
        loss=(NAIVE_LOSS, NEGATIVE_LOSS),
        lemmas=(
            "an operation is one addition, subtraction, multiplication, division or "
            "exponential; reading a number and changing its sign are free",
        ),
        answer=say(
            "The count is that of two programs, the straightforward ones for statements b1, d "
            "and g2; the first five chains prove that they compute the gradients.\n\n"
            "Naive softmax:\n\n{}\n\nNegative sampling:\n\n{}\n\n"
            "Both are five operations for each dimension of each word they touch, and a few "
            "more. The first count grows in proportion to {}, which does not occur in the second.",
            Listing(NAIVE, (by_v[i], by_U[w, i])),
            Listing(NEGATIVE, (by_center[i], by_columns[0, i], by_columns[r + 1, i])),
            V,
        ),
        care=(
            "The counts themselves, and the measurement. Drawing the negatives is not counted "
            "on either side; it depends on the sampler, not on the loss."
        ),
    )


def _is_gradient(entry: sp.Indexed, claim: Claim) -> bool:
    """Whether an entry is written as what a claim derives."""
    if not (isinstance(claim.left, Derivative) and isinstance(claim.left.expr, Named)):
        return False
    by = latex_names[claim.left.variables[0].base.name]
    written = rf"\partial {claim.left.expr.symbol} / \partial {by}"
    return bool(latex_names[entry.base.name] == written)


@dataclass(frozen=True)
class Listing(Listed):
    """The lines of a program, what they loop over and what they cost."""

    program: Program
    returned: tuple[sp.Indexed, ...]
    """Entries of all that it returns, which are proved to be gradients."""

    def unproved(self, derivation: Derivation) -> Iterator[str]:
        """What it returns must be gradients by claims, and its operations those that one counts."""
        read = {e.base for line in self.program for e in line.expr.atoms(sp.Indexed)}
        for line in self.program:
            if line.entry.base not in read.union(e.base for e in self.returned):
                yield f"nothing proves what the program returns in {text(line.entry)}"
        for entry in self.returned:
            computed = inlined(self.program, entry)
            if not any(_is_gradient(entry, e) and e.closed == computed for e in derivation.claims):
                yield f"no claim proves what the program computes for {text(entry)}"
        counted = [e.left.definition() for e in derivation.claims if isinstance(e.left, Named)]
        if cost(self.program) not in counted:
            yield "no claim counts the operations of the program"

    @property
    def markdown(self) -> str:
        """A table."""
        rows = [
            f"| ${latex(e.entry)} = {latex(e.expr)}$ "
            f"| {', '.join(f'${latex(n)}$' for n in e.indices)} "
            f"| ${latex(sp.factor(e.operations.doit()))}$ |"
            for e in self.program
            if latex(e.entry) != latex(e.expr)
        ]
        return "\n".join(["| entry | for each | operations |", "|---|---|---|", *rows])

    @property
    def text(self) -> str:
        """The lines alone."""
        return "; ".join(f"{text(e.entry)} = {text(e.expr)}" for e in self.program)


DERIVATIONS = (_cheap(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
