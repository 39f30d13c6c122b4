"""The rotation that lays one space onto another: statement q1, orthogonal Procrustes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import mpmath
import numpy as np
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine.assumptions import Assumption
from derivations.engine.evaluation import Values
from derivations.engine.notation import Abbreviation, V, d, dims, i, index, k, l, table, total, w
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, Signed, equation, say

Matrix: TypeAlias = Callable[[sp.Expr, sp.Expr], sp.Expr]
"""The entry of a matrix, at a row and a column."""

q = index("kprime", dims, "a dimension", latex="k'")
A = table("ours", V, d, latex=r"\mathbf{A}", meaning="the vectors of words in one space, in rows")
B = table("theirs", V, d, latex=r"\mathbf{B}", meaning="those of the same words in another space")
Q = table("turn", d, d, latex=r"\mathbf{Q}", meaning="any orthogonal matrix")
P = table("left", d, d, latex=r"\mathbf{P}", meaning="the left singular vectors, in columns")
R = table("right", d, d, latex=r"\mathbf{R}", meaning="the right singular vectors, in columns")
s = table(
    "singular", d, latex=r"\mathbf{s}", meaning="the singular values", real=True, nonnegative=True
)


class best(Abbreviation):
    """An entry of P Rᵀ."""

    nargs = 2
    symbol, meaning = r"\hat{Q}", "the orthogonal matrix that lays one space onto the other"

    def definition(self) -> sp.Expr:
        row, column = self.args
        return total(P[row, q] * R[column, q], q)

    def _latex(self, printer: Any) -> str:
        row, column = map(printer._print, self.args)
        return rf"\hat{{Q}}_{{{row}, {column}}}"

    def _sympystr(self, printer: Any) -> str:
        row, column = map(printer._print, self.args)
        return f"Q̂[{row}, {column}]"


def any_turn(row: sp.Expr, column: sp.Expr) -> sp.Expr:
    """An entry of Q."""
    return Q[row, column]


def distance(turn: Matrix) -> sp.Expr:
    """‖A turn − B‖², by Frobenius."""
    return total((total(A[w, i] * turn(i, l), i) - B[w, l]) ** 2, l, w)


def product(turn: Matrix) -> sp.Expr:
    """The trace of turnᵀ AᵀB."""
    return total(turn(i, l) * total(A[w, i] * B[w, l], w), l, i)


def cosines(turn: Matrix) -> sp.Expr:
    """The trace of turnᵀ P Σ Rᵀ: each singular value times the product of a pair of vectors."""
    return total(s[k] * total(P[i, k] * turn(i, l) * R[l, k], l, i), k)


def _orthogonal(name: str) -> Callable[[Values], None]:
    """Makes the rows of an array orthonormal, as Gram and Schmidt do: one that is so stays."""

    def impose(values: Values) -> None:
        rows: list[Any] = []
        for row in values.get(name, ()):
            for other in rows:
                row = row - (row @ other) * other
            rows.append(row / mpmath.sqrt(row @ row))
        values[name] = np.array(rows, dtype=object)

    return impose


def _decompose(values: Values) -> None:
    n = values["d"]
    M = values["ours"].T @ values["theirs"]
    left, singular, right = mpmath.svd_r(mpmath.matrix(M.tolist()))
    values["left"] = np.array(left.tolist(), dtype=object).reshape(n, n)
    values["right"] = np.array(right.T.tolist(), dtype=object).reshape(n, n)
    values["singular"] = np.array([*singular], dtype=object)


def _orthonormal(e: sp.IndexedBase, rows: bool) -> Assumption:
    summed = total(e[i, l] * e[k, l] if rows else e[l, i] * e[l, k], l)
    return Assumption(equation(summed, Delta(i, k)), (i, k), _orthogonal(e.name))


Q_ROWS, P_ROWS = _orthonormal(Q, rows=True), _orthonormal(P, rows=True)
P_COLUMNS, R_COLUMNS = _orthonormal(P, rows=False), _orthonormal(R, rows=False)
DECOMPOSED = Assumption(
    equation(total(A[w, i] * B[w, l], w), total(P[i, k] * s[k] * R[l, k], k)), (i, l), _decompose
)

SQUARES = total(A[w, i] ** 2, i, w) + total(B[w, i] ** 2, i, w)
SUM = total(s[k], k)
GAP = total(s[k] * total((total(Q[i, l] * P[i, k], i) - R[l, k]) ** 2, l), k)
"""How far Qᵀ takes the left singular vectors from the right ones, each by its singular value."""


def _distance() -> Claim:
    closed = SQUARES - 2 * product(any_turn)
    lengths = total(total(A[w, i] * Q[i, l], i) ** 2, l, w)
    return Claim(
        name="distance",
        left=distance(any_turn),
        steps=(
            Step(
                lengths + total(B[w, i] ** 2, i, w) - 2 * product(any_turn),
                "each square multiplied out, and sums exchanged",
            ),
            Step(closed, say("no vector changes its length: {}", Q_ROWS)),
        ),
        wrong={
            "sign": SQUARES + 2 * product(any_turn),
            "the product counted once": SQUARES - product(any_turn),
            "the spaces exchanged": SQUARES
            - 2 * total(Q[l, i] * total(A[w, i] * B[w, l], w), l, i),
        },
        given=(Q_ROWS,),
    )


def _product() -> Claim:
    exchanged = total(s[k] * total(R[i, k] * Q[i, l] * P[l, k], l, i), k)
    return Claim(
        name="product",
        left=product(any_turn),
        steps=(
            Step(total(Q[i, l] * total(P[i, k] * s[k] * R[l, k], k), l, i), say("{}", DECOMPOSED)),
            Step(cosines(any_turn), "sums exchanged"),
        ),
        wrong={"sign": -cosines(any_turn), "the spaces exchanged": exchanged},
        given=(DECOMPOSED,),
    )


def _bound() -> Claim:
    return Claim(
        name="bound",
        left=SUM - cosines(any_turn),
        steps=(
            Step(
                GAP / 2,
                say(
                    "both vectors of a pair have length one: {}, {} and {}",
                    Q_ROWS,
                    P_COLUMNS,
                    R_COLUMNS,
                ),
            ),
        ),
        wrong={"sign": -GAP / 2, "counted twice": GAP},
        given=(Q_ROWS, P_COLUMNS, R_COLUMNS),
        nonnegative=True,
        too_strong={"half the sum": SUM / 2 - cosines(any_turn)},
    )


def _orthogonal_best() -> Claim:
    return Claim(
        name="orthogonal",
        left=total(best(i, l) * best(k, l), l),
        steps=(
            Step(total(P[i, q] * P[k, q], q), say("{}", R_COLUMNS)),
            Step(Delta(i, k), say("{}", P_ROWS)),
        ),
        wrong={"sign": -Delta(i, k), "all alike": sp.S.One},
        given=(P_ROWS, R_COLUMNS),
    )


TRANSPOSE = "the transpose, which lays the other onto this"
WRONG: dict[str, Matrix] = {
    TRANSPOSE: lambda at, to: total(R[at, q] * P[to, q], q),
    "without a transpose": lambda at, to: total(P[at, q] * R[q, to], q),
    "the singular values left in": lambda at, to: total(P[at, q] * s[q] * R[to, q], q),
}
"""What stands for P Rᵀ by mistake: R Pᵀ, P R and P Σ Rᵀ."""


def _attained() -> Claim:
    return Claim(
        name="attained",
        left=cosines(best),
        steps=(Step(SUM, say("{} and {}", P_COLUMNS, R_COLUMNS)),),
        wrong={name: cosines(turn) for name, turn in WRONG.items()},
        given=(P_COLUMNS, R_COLUMNS),
    )


def _least() -> Claim:
    return Claim(
        name="least",
        left=distance(any_turn) - distance(best),
        steps=(
            Step(2 * SUM - 2 * cosines(any_turn), "the chains above, for both"),
            Step(GAP, "the chain of the bound"),
        ),
        wrong={"sign": -GAP, "half": GAP / 2},
        given=(Q_ROWS, P_ROWS, P_COLUMNS, R_COLUMNS, DECOMPOSED),
        nonnegative=True,
        too_strong={TRANSPOSE: distance(any_turn) - distance(WRONG[TRANSPOSE])},
    )


def _procrustes() -> Derivation:
    orthogonal, least = _orthogonal_best(), _least()
    return Derivation(
        id="q1",
        heading="the rotation that lays one space onto another",
        functions=("vectors.spaces.procrustes",),
        statement=say(
            "Let {}, where {}, {}, {} and {}: a singular value decomposition. Then {} are the "
            "entries of an orthogonal matrix, {}, and no other brings the vectors nearer: for "
            "every {} of which {}, {}.",
            DECOMPOSED,
            Signed(s[k]),
            P_ROWS,
            P_COLUMNS,
            R_COLUMNS,
            Defined(best(i, l)),
            Proved(orthogonal),
            Q,
            Q_ROWS,
            Proved(least),
        ),
        claims=(_distance(), _product(), _bound(), orthogonal, _attained(), least),
        lemmas=(
            "every real matrix has a singular value decomposition: orthogonal matrices of left and "
            "of right singular vectors, and singular values that are not negative",
            "the rows of a square matrix are orthonormal if its columns are, and the other way "
            "round: for each claim, that of the two is assumed which it needs",
        ),
        answer=say(
            "What lies between two orthogonal matrices is the last term of the first chain alone: "
            "a sum over the singular values, each multiplied by the product of two unit vectors. "
            "No such product is above one, and {} makes each of them one.\n\n"
            "Another orthogonal matrix is as good where it takes each left singular vector to the "
            "right one of every singular value that is not zero. So {} is the only one where no "
            "singular value is zero, and one of many elsewhere.",
            best(i, l),
            best(i, l),
        ),
        care="It may reflect. Its transpose lays the second space onto the first.",
    )


DERIVATIONS = (_procrustes(),)

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
