"""The symbols of every derivation, how they print, and what they abbreviate.

The sizes are symbols, so nothing here has a concrete length: ``V`` words, ``d`` dimensions, ``K``
negatives, ``m`` the window radius. Entries are those of the code's arrays: ``U[w, i]`` is entry
``i`` of the outside vector of word ``w``, a *row* of the table; the papers write the same number
into row ``i`` and *column* ``w`` of their ``U ∈ R^{d×V}``. Indices count from 0.
"""

from typing import Any

import sympy as sp

__all__ = [
    "Abbreviation",
    "Bounds",
    "Index",
    "K",
    "U",
    "V",
    "a",
    "bounds",
    "c",
    "centers",
    "d",
    "declared",
    "dims",
    "i",
    "index",
    "j",
    "k",
    "l",
    "latex_names",
    "m",
    "negatives",
    "o",
    "one_hot",
    "r",
    "s",
    "samples",
    "score",
    "sigma",
    "softmax",
    "table",
    "total",
    "unfold",
    "v_c",
    "w",
    "window",
    "words",
    "x",
]

Bounds = tuple[sp.Expr, sp.Expr]


def _size(name: str, **assumptions: bool) -> sp.Symbol:
    return sp.Symbol(name, integer=True, **(assumptions or {"positive": True}))


V, d, m = _size("V"), _size("d"), _size("m")
K = _size("K", nonnegative=True)

words: Bounds = (sp.Integer(0), V - 1)
dims: Bounds = (sp.Integer(0), d - 1)
samples: Bounds = (sp.Integer(0), K - 1)
window: Bounds = (-m, m)

bounds: dict[str, Bounds] = {}
"""The range every index symbol and every array of indices is in, by name."""


def _name(name: str, meaning: tuple[sp.Expr, ...]) -> None:
    """Names are looked up, so each may mean one thing only, in all files."""
    if _meanings.setdefault(name, meaning) != meaning:
        raise ValueError(f"{name} is {meaning} here and {_meanings[name]} elsewhere")


_meanings: dict[str, tuple[sp.Expr, ...]] = {}


class Index(sp.Symbol):  # type: ignore[misc]
    """A whole number that lies within known bounds: never equal to a symbol of the same name."""

    within: Bounds


def index(name: str, within: Bounds) -> Index:
    """An index symbol that lies within these bounds, both included."""
    _name(name, within)
    bounds[name] = within
    symbol: Index = Index(name, integer=True, nonnegative=within[0].is_nonnegative or None)
    symbol.within = within
    return symbol


def table(name: str, *shape: sp.Expr, latex: str = "", **assumptions: bool) -> sp.IndexedBase:
    """An array of real numbers of symbolic shape; ``latex`` is how it prints."""
    _name(name, shape)
    latex_names[name] = latex or name
    declared[name] = sp.IndexedBase(name, shape=shape, **(assumptions or {"real": True}))
    return declared[name]


declared: dict[str, sp.IndexedBase] = {}
"""Every array, by name."""

latex_names: dict[str, str] = {}
"""How arrays print in LaTeX, by name."""

i, k, l = index("i", dims), index("k", dims), index("l", dims)  # noqa: E741
j = index("j", window)
w, x, o, c = index("w", words), index("x", words), index("o", words), index("c", words)
r, s = index("r", samples), index("s", samples)
a = index("a", (sp.Integer(0), K))

v_c = table("v_c", d, latex="v_c")
U = table("U", V, d, latex="u")
centers = table("centers", V, d, latex="v")
negatives = table("negatives", K, latex="w", integer=True, nonnegative=True)
bounds["negatives"] = words


def total(summand: Any, *indices: sp.Symbol) -> sp.Expr:
    """The sum over the whole range of each index; the last index is the outermost sum."""
    for n in indices:
        summand = sp.Sum(summand, (n, *bounds[n.name]))
    return sp.sympify(summand)


class Abbreviation(sp.Function):  # type: ignore[misc]
    """A named expression: printed by its name, differentiated and decided by its definition."""

    def definition(self) -> sp.Expr:
        """What the name stands for."""
        raise NotImplementedError

    @property
    def free_symbols(self) -> set[sp.Basic]:
        """Those of the definition: SymPy takes what it does not find here for a constant."""
        return set(self.definition().free_symbols)


def unfold(expr: sp.Expr) -> sp.Expr:
    """Replaces every abbreviation by its definition, until none is left.

    Raises:
        ValueError: an argument is named like an index that the definition sums over.
    """
    while expr.has(Abbreviation):
        expr = expr.replace(lambda e: isinstance(e, Abbreviation), _opened)
    return expr


def _opened(named: Abbreviation) -> sp.Expr:
    holes = {sp.Dummy(): argument for argument in named.args}
    plain = named.func(*holes).definition()
    for e in plain.atoms(sp.Sum):
        inside = e.function.free_symbols.intersection(holes)
        if set(e.variables).intersection(*(holes[n].free_symbols for n in inside)) and inside:
            raise ValueError(f"{named} is summed over an index of its own argument")
    return named.definition()


class sigma(Abbreviation):
    """The logistic function, σ(x) = 1 / (1 + exp(−x))."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return 1 / (1 + sp.exp(-self.args[0]))

    def _latex(self, printer: Any, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\sigma{power}({printer._print(self.args[0])})"

    def _sympystr(self, printer: Any) -> str:
        return f"σ({printer._print(self.args[0])})"


class score(Abbreviation):
    """The logit of a word, u_wᵀ v_c."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * v_c[k], k)

    def _latex(self, printer: Any) -> str:
        return rf"u_{{{printer._print(self.args[0])}}}^{{\top}} v_c"

    def _sympystr(self, printer: Any) -> str:
        return f"u_{printer._print(self.args[0])}ᵀv_c"


class softmax(Abbreviation):
    """The predicted probability of a word, ŷ_w = exp(u_wᵀ v_c) / Σ_x exp(u_xᵀ v_c)."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return sp.exp(score(self.args[0])) / total(sp.exp(score(x)), x)

    def _latex(self, printer: Any, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\hat{{y}}_{{{printer._print(self.args[0])}}}{power}"

    def _sympystr(self, printer: Any) -> str:
        return f"ŷ_{printer._print(self.args[0])}"


class one_hot(Abbreviation):
    """The true distribution, y_w = 1 for w = o and 0 for every other word."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return sp.KroneckerDelta(self.args[0], o)

    def _latex(self, printer: Any, exp: str = "") -> str:
        return f"y_{{{printer._print(self.args[0])}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"y_{printer._print(self.args[0])}"
