"""Vectors and matrices as the papers write them, each with what its entries are.

``U @ (y_hat - y)`` is written U(ŷ − y), and its entry ``i`` is Σ_w (u_w)_i (ŷ_w − y_w): one
operator makes both, so a formula in vectors can be held against the entries that were proved. A
name on its own is that of its entries. Vectors are columns. The layout is that of the papers: ``U``
is d×V, where the code has [V, d].
"""

import re
from collections.abc import Callable

import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations.engine import printing
from derivations.engine.notation import Index, bounds, d, latex_names, one_hot, softmax, total
from derivations.engine.notation import U as _U
from derivations.engine.notation import V as _V
from derivations.engine.notation import centers as _centers
from derivations.engine.notation import v_c as _v_c
from derivations.engine.open_functions import Open
from derivations.engine.printing import latex, parenthesised, text

__all__ = [
    "ZERO",
    "Array",
    "U",
    "matrix",
    "of_entry",
    "part",
    "row",
    "summed",
    "u",
    "v",
    "v_c",
    "vector",
    "y",
    "y_hat",
]

Entry = Callable[[sp.Expr, sp.Expr], sp.Expr]

NAME, PRODUCT, SIGN, SUM = 4, 3, 2, 1
"""How tightly a formula holds together: a name, a product, a sum sign, or a sum."""


class Array:
    """A matrix, or a column: how to compute an entry, and how to write the whole.

    The functions of this module and the operators ``+ - @``, a number ``*`` and ``.T`` make them;
    whoever made one otherwise could write what it is not. ``parts`` are the numbers that were
    multiplied in, and an entry of each name: they are written, and may be gone from the entries, as
    K and 1/K.
    """

    def __init__(
        self,
        shape: tuple[sp.Expr, sp.Expr],
        entry: Entry,
        signs: tuple[str, str],
        binds: int,
        key: object = None,
        parts: tuple[sp.Expr, ...] = (),
    ) -> None:
        if key is not _KEY:
            raise ValueError("arrays are made by vector, matrix, part, and operators")
        self.shape, self.entry, self.binds, self.parts = shape, entry, binds, parts
        self.latex, self.text = signs

    @property
    def is_name(self) -> bool:
        """Whether it is a name on its own, which claims nothing."""
        return self.binds == NAME and not re.search(r"\(|\^|^0$", self.latex)

    def _within(self, binds: int) -> tuple[str, str]:
        """How it is written inside what holds together this much: in brackets, or as it is."""
        if self.binds >= binds:
            return self.latex, self.text
        return parenthesised(self.latex), f"({self.text})"

    def __add__(self, other: "Array") -> "Array":
        return self._sum(other, "+", "+", 1)

    def __sub__(self, other: "Array") -> "Array":
        return self._sum(other, "-", "−", -1)

    def _sum(self, other: "Array", latex: str, text: str, sign: int) -> "Array":
        if self.shape != other.shape:
            raise ValueError(f"{self.text} is {self.shape}, {other.text} is {other.shape}")
        right = other._within(SIGN)
        return _made(
            self.shape,
            lambda p, q: self.entry(p, q) + sign * other.entry(p, q),
            (f"{self.latex} {latex} {right[0]}", f"{self.text} {text} {right[1]}"),
            SUM,
            self.parts + other.parts,
        )

    def __neg__(self) -> "Array":
        inner = self._within(SIGN)
        signs = f"-{inner[0]}", f"−{inner[1]}"
        return _made(self.shape, lambda p, q: -self.entry(p, q), signs, SUM, self.parts)

    def __rmul__(self, factor: sp.Expr) -> "Array":
        factor, inner = sp.sympify(factor), self._within(PRODUCT)
        written = printing.factor(factor)
        return _made(
            self.shape,
            lambda p, q: factor * self.entry(p, q),
            (rf"{written[0]}\, {inner[0]}", f"{written[1]} {inner[1]}"),
            SUM if written[0].startswith("-") else PRODUCT,
            (factor, *self.parts),
        )

    def __matmul__(self, other: "Array") -> "Array":
        if self.shape[1] != other.shape[0]:
            raise ValueError(f"{self.text} is {self.shape}, {other.text} is {other.shape}")
        left, right, size = self._within(PRODUCT), other._within(NAME), self.shape[1]
        n = sp.Dummy("n", integer=True, nonnegative=True)

        def entry(p: sp.Expr, q: sp.Expr) -> sp.Expr:
            if size == 1:
                return self.entry(p, sp.S.Zero) * other.entry(sp.S.Zero, q)
            return sp.Sum(self.entry(p, n) * other.entry(n, q), (n, 0, size - 1))

        gap = "" if right[1].startswith("(") else " "
        signs = f"{left[0]} {right[0]}", f"{left[1]}{gap}{right[1]}"
        parts = self.parts + other.parts
        return _made((self.shape[0], other.shape[1]), entry, signs, PRODUCT, parts)

    @property
    def T(self) -> "Array":
        """The transpose."""
        inner = self._within(NAME)
        signs = rf"{inner[0]}^{{\top}}", f"{inner[1]}ᵀ"
        size = self.shape[::-1]
        return _made(size, lambda p, q: self.entry(q, p), signs, NAME, self.parts)


_KEY = object()


def _made(
    shape: tuple[sp.Expr, sp.Expr],
    entry: Entry,
    signs: tuple[str, str],
    binds: int = NAME,
    parts: tuple[sp.Expr, ...] = (),
) -> Array:
    return Array(shape, entry, signs, binds, _KEY, parts)


def _named(shape: tuple[sp.Expr, sp.Expr], entry: Entry, signs: tuple[str, str]) -> Array:
    """An array with a name, which means something if its entry does at any place."""
    places = []
    for name, size in zip(("row", "column"), shape, strict=True):
        place = Index(f"{name} below {size}", integer=True, nonnegative=True)
        place.within = (sp.S.Zero, size - 1)
        places.append(sp.S.Zero if size == 1 else place)
    return _made(shape, entry, signs, parts=(entry(*places),))


def vector(sign: str, name: str, size: sp.Expr, entry: Callable[[sp.Expr], sp.Expr]) -> Array:
    """A column with a name, in LaTeX and Unicode, which must be that of its entries: ŷ, of ŷ_w."""
    return matrix(sign, name, (size, sp.S.One), lambda p, q: entry(p))


def matrix(sign: str, name: str, shape: tuple[sp.Expr, sp.Expr], entry: Entry) -> Array:
    """A matrix with a name, which must be that of its entries: U, of (u_w)_i."""
    p, q = sp.symbols("p q")
    some = entry(p, q)
    if not isinstance(some, sp.Indexed | sp.Function):
        raise ValueError(f"{text(some)} is a term, and no entry of {name}")
    # The rows of a table are columns on paper
    at, whole = (some.indices, (q, p)) if isinstance(some, sp.Indexed) else (some.args, (p, q))
    if tuple(at) != ((p,) if shape[1] == 1 else whole):
        raise ValueError(f"{text(some)} is not the entry of {name} at this place")
    for given, written in ((sign, latex(some)), (name, text(some))):
        called = written.lstrip("(")
        if shape[1] != 1 and given[:1].isalpha():  # the columns of a matrix U are written u
            called = called[:1].upper() + called[1:]
        rest = called.removeprefix(given)
        if rest == called or (rest and not re.match(r"[)_\[]", rest)):
            raise ValueError(f"{given} is not what its entries {written} are called")
    _check_sizes(shape, some, name)
    return _named(shape, entry, (sign, name))


def _check_sizes(shape: tuple[sp.Expr, sp.Expr], entry: sp.Expr, name: str) -> None:
    """A name is that of the whole array, or of as many entries as some index numbers."""
    whole = entry.base.shape[::-1] if isinstance(entry, sp.Indexed) else ()
    known = whole or [high + 1 for low, high in bounds.values() if low == 0]
    if (whole and shape not in (whole, (*whole, 1))) or not {*shape} <= {*known, 1}:
        raise ValueError(f"{name} is {shape}, which is not the size of what it is called after")


def part(whole: Array, by_entry: Entry) -> Array:
    """The derivative by a whole array of what has a name for that by an entry: ∂J_j/∂U."""
    p, q = sp.symbols("p q")
    signs = []
    if not isinstance(by_entry(p, q), Open):
        raise ValueError(f"{text(by_entry(p, q))} is a term, and no derivative that is left open")
    for show, name in ((latex, whole.latex), (text, whole.text)):
        entry, here = show(by_entry(p, q)), show(whole.entry(p, q))
        if here not in entry:
            raise ValueError(f"{entry} is no derivative by {here}")
        signs.append(entry.replace(here, name))
    return _named(whole.shape, by_entry, (signs[0], signs[1]))


def summed(term: Array, n: sp.Symbol, but: sp.Expr | None = None) -> Array:
    """The sum of a term over the whole range of an index, all of it or all but one value."""
    inner, weight = term._within(SIGN), sp.S.One if but is None else 1 - Delta(n, but)
    left_out = ("", "") if but is None else (rf" \ne {latex(but)}", f"≠{text(but)}")
    return _made(
        term.shape,
        lambda p, q: total(weight * term.entry(p, q), n),
        (
            rf"\sum_{{{latex(n)}{left_out[0]}}} {inner[0]}",
            f"Σ_{text(n)}{left_out[1]} {inner[1]}",
        ),
        SIGN,
        term.parts,
    )


def u(word: sp.Expr) -> Array:
    """The outside vector of a word, a column of U."""
    return row(_U, word)


def v(word: sp.Expr) -> Array:
    """The center vector of a word."""
    return row(_centers, word)


def row(table: sp.IndexedBase, at: sp.Expr) -> Array:
    """A row of a table, which is a column on paper."""
    name = latex_names[table.name]
    signs = rf"{name}_{{{latex(at)}}}", f"{name if name.isalpha() else text(table)}_{text(at)}"
    return _named((d, sp.S.One), lambda i, _: table[at, i], signs)


ZERO = _made((d, sp.S.One), lambda i, _: sp.S.Zero, ("0", "0"))
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
    if len(entry.indices) == 2 and entry.base.shape[1] == d and not whole:
        return row(entry.base, entry.indices[0])
    if len(entry.indices) != 1:
        raise ValueError(f"{entry} is an entry of no vector that has a name")
    (size,) = entry.base.shape
    return vector(latex_names[entry.base.name], text(entry.base), size, lambda i: entry.base[i])
