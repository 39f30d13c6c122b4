"""Vectors and matrices as the papers write them, each with what its entries are.

``U @ (y_hat - y)`` is written U(ŷ − y), and its entry ``i`` is Σ_w (u_w)_i (ŷ_w − y_w): one
operator makes both, so a formula in vectors can be held against the entries that were proved.
Vectors are columns. The layout is that of the papers: ``U`` is d×V, where the code has [V, d].
"""

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.notation import U as _U
from derivations.notation import V as _V
from derivations.notation import centers as _centers
from derivations.notation import d, latex_names, one_hot, softmax, total
from derivations.notation import v_c as _v_c
from derivations.printing import latex, parenthesised, text

__all__ = [
    "ZERO",
    "Array",
    "U",
    "matrix",
    "of_entry",
    "summed",
    "u",
    "v",
    "v_c",
    "vector",
    "y",
    "y_hat",
]

NAME, PRODUCT, SIGN, SUM = 4, 3, 2, 1
"""How tightly a formula holds together: a name, a product, a sum sign, or a sum."""


@dataclass(frozen=True)
class Array:
    """A matrix, or a column: how to compute an entry, and how to write the whole."""

    shape: tuple[sp.Expr, sp.Expr]
    entry: Callable[[sp.Expr, sp.Expr], sp.Expr]
    latex: str
    text: str
    binds: int = NAME

    def within(self, binds: int) -> "Array":
        """The same, in brackets where it holds together less than this."""
        if self.binds >= binds:
            return self
        return Array(self.shape, self.entry, parenthesised(self.latex), f"({self.text})")

    def __add__(self, other: "Array") -> "Array":
        return self._sum(other.within(SIGN), "+", "+", 1)

    def __sub__(self, other: "Array") -> "Array":
        return self._sum(other.within(SIGN), "-", "−", -1)

    def _sum(self, other: "Array", latex: str, text: str, sign: int) -> "Array":
        if self.shape != other.shape:
            raise ValueError(f"{self.text} is {self.shape}, {other.text} is {other.shape}")
        return Array(
            self.shape,
            lambda p, q: self.entry(p, q) + sign * other.entry(p, q),
            f"{self.latex} {latex} {other.latex}",
            f"{self.text} {text} {other.text}",
            SUM,
        )

    def __neg__(self) -> "Array":
        inner = self.within(SIGN)
        entry = lambda p, q: -self.entry(p, q)  # noqa: E731
        return Array(self.shape, entry, f"-{inner.latex}", f"−{inner.text}", SUM)

    def __rmul__(self, factor: sp.Expr) -> "Array":
        factor, inner = sp.sympify(factor), self.within(PRODUCT)
        signs = latex(factor), text(factor)
        if factor.is_Add or any(isinstance(e, sp.Sum) for e in sp.Mul.make_args(factor)):
            signs = parenthesised(signs[0]), f"({signs[1]})"
        return Array(
            self.shape,
            lambda p, q: factor * self.entry(p, q),
            rf"{signs[0]}\, {inner.latex}",
            f"{signs[1]} {inner.text}",
            SUM if signs[0].startswith("-") else PRODUCT,
        )

    def __matmul__(self, other: "Array") -> "Array":
        if self.shape[1] != other.shape[0]:
            raise ValueError(f"{self.text} is {self.shape}, {other.text} is {other.shape}")
        left, right, size = self.within(PRODUCT), other.within(NAME), self.shape[1]
        n = sp.Dummy("n", integer=True, nonnegative=True)

        def entry(p: sp.Expr, q: sp.Expr) -> sp.Expr:
            if size == 1:
                return self.entry(p, sp.S.Zero) * other.entry(sp.S.Zero, q)
            return sp.Sum(self.entry(p, n) * other.entry(n, q), (n, 0, size - 1))

        shape = (self.shape[0], other.shape[1])
        gap = "" if right.text.startswith("(") else " "
        return Array(
            shape, entry, f"{left.latex} {right.latex}", f"{left.text}{gap}{right.text}", PRODUCT
        )

    @property
    def T(self) -> "Array":
        """The transpose."""
        inner = self.within(NAME)
        entry = lambda p, q: self.entry(q, p)  # noqa: E731
        return Array(self.shape[::-1], entry, rf"{inner.latex}^{{\top}}", f"{inner.text}ᵀ", NAME)


def vector(latex: str, text: str, size: sp.Expr, entry: Callable[[sp.Expr], sp.Expr]) -> Array:
    """A column with a name."""
    return Array((size, sp.S.One), lambda p, q: entry(p), latex, text)


def matrix(
    latex: str, text: str, shape: tuple[sp.Expr, sp.Expr], entry: Callable[..., sp.Expr]
) -> Array:
    """A matrix with a name."""
    return Array(shape, entry, latex, text)


def summed(term: Array, n: sp.Symbol, but: sp.Expr | None = None) -> Array:
    """The sum of a term over the whole range of an index, all of it or all but one value."""
    inner, weight = term.within(SIGN), sp.S.One if but is None else 1 - Delta(n, but)
    left_out = "" if but is None else rf" \ne {latex(but)}"
    return Array(
        term.shape,
        lambda p, q: total(weight * term.entry(p, q), n),
        rf"\sum_{{{latex(n)}{left_out}}} {inner.latex}",
        f"Σ_{text(n)}{left_out.replace(chr(92) + 'ne', '≠')} {inner.text}",
        SIGN,
    )


def u(word: sp.Expr) -> Array:
    """The outside vector of a word, a column of U."""
    return _row(_U, word)


def v(word: sp.Expr) -> Array:
    """The center vector of a word."""
    return _row(_centers, word)


def _row(table: sp.IndexedBase, row: sp.Expr) -> Array:
    name = latex_names[table.name]
    return vector(rf"{name}_{{{latex(row)}}}", f"{name}_{text(row)}", d, lambda i: table[row, i])


ZERO = vector("0", "0", d, lambda i: sp.S.Zero)
U = matrix("U", "U", (d, _V), lambda i, w: _U[w, i])
v_c = vector("v_c", "v_c", d, lambda i: _v_c[i])
y_hat = vector(r"\hat{y}", "ŷ", _V, softmax)
y = vector("y", "y", _V, one_hot)


def of_entry(entry: sp.Indexed, whole: bool) -> Array:
    """The vector, or the whole table, that an entry belongs to."""
    if entry.base == _v_c:
        return v_c
    if entry.base == _U and whole:
        return U
    if entry.base in (_U, _centers):
        return _row(entry.base, entry.indices[0])
    if len(entry.indices) != 1:
        raise ValueError(f"{entry} is an entry of no vector that has a name")
    name, (size,) = entry.base.name, entry.base.shape
    return vector(latex_names[name], name, size, lambda i: entry.base[i])
