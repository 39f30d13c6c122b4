"""The symbols of every derivation, how they print, and what they abbreviate.

The sizes are symbols, so nothing here has a concrete length: ``V`` words, ``d`` dimensions, ``K``
negatives, ``m`` the window radius. Entries are those of the code's arrays: ``U[w, i]`` is entry
``i`` of the outside vector of word ``w``, a *row* of the table; the papers write the same number
into row ``i`` and *column* ``w`` of their ``U ∈ R^{d×V}``. Indices count from 0.

Every symbol, array and named expression is declared once, with what it means
(:mod:`derivations.engine.symbols`).
"""

import re
from functools import lru_cache
from typing import Any, ClassVar

import sympy as sp

from derivations.engine.symbols import Meaning, declare, functions, number, symbols

__all__ = [
    "Abbreviation",
    "Bounds",
    "Called",
    "Entry",
    "Index",
    "K",
    "Loss",
    "Meaning",
    "Named",
    "RowProduct",
    "U",
    "V",
    "a",
    "bounds",
    "c",
    "centers",
    "d",
    "declare",
    "dims",
    "direction",
    "dot",
    "eta",
    "holds",
    "i",
    "index",
    "indices",
    "j",
    "k",
    "l",
    "latex_names",
    "m",
    "negatives",
    "norm",
    "number",
    "o",
    "one_hot",
    "opened",
    "r",
    "range_of",
    "s",
    "samples",
    "score",
    "scores",
    "sigma",
    "softmax",
    "symbols",
    "table",
    "tables",
    "total",
    "unfold",
    "v_c",
    "w",
    "window",
    "words",
    "x",
]

Bounds = tuple[sp.Expr, sp.Expr]


V = number("V", "how many words there are", integer=True, positive=True)
d = number("d", "how many dimensions a vector has", integer=True, positive=True)
m = number("m", "how far a window reaches to either side", integer=True, positive=True)
K = number("K", "how many negatives are drawn", integer=True, nonnegative=True)

words: Bounds = (sp.Integer(0), V - 1)
dims: Bounds = (sp.Integer(0), d - 1)
samples: Bounds = (sp.Integer(0), K - 1)
window: Bounds = (-m, m)

bounds: dict[str, Bounds] = {}
"""The range every index symbol and every array of indices is in, by name."""


indices: dict[str, "Index"] = {}
"""Every index symbol, by name."""


class Index(sp.Symbol):  # type: ignore[misc]
    """A whole number that lies within known bounds: never equal to a symbol of the same name."""

    within: Bounds


def range_of(entry: sp.Indexed) -> Bounds | None:
    """What the entries of an array of whole numbers lie within: by its name, or by itself."""
    return bounds.get(entry.base.name) or getattr(entry.base, "within", None)


def index(name: str, within: Bounds, meaning: str = "", latex: str = "") -> Index:
    """An index symbol that lies within these bounds, both included."""
    for other in bounds.keys() - tables.keys():  # a sum over the whole range prints no bounds
        if symbols[other].latex == (latex or name) and bounds[other] != within:
            raise ValueError(f"{latex or name} runs over {bounds[other]} already, as {other}")
        if symbols[other].latex == (latex or name) and other != name:
            raise ValueError(f"{latex or name} is the index {other} already")
    declare(name, latex or name, meaning, *within)
    bounds[name] = within
    symbol: Index = Index(name, integer=True, nonnegative=within[0].is_nonnegative or None)
    symbol.within = within
    indices[name] = symbol
    return symbol


def table(
    name: str, *shape: sp.Expr, latex: str = "", meaning: str = "", **assumptions: bool
) -> sp.IndexedBase:
    """An array of real numbers of symbolic shape; ``latex`` is how it prints."""
    declare(name, latex or name, meaning, *shape)
    array = sp.IndexedBase(name, shape=shape, **(assumptions or {"real": True}))
    if tables.setdefault(name, array) != array:
        raise ValueError(f"{name} is declared already, with entries of another kind")
    latex_names[name] = latex or name
    return array


tables: dict[str, sp.IndexedBase] = {}
"""Every array, by name."""

latex_names: dict[str, str] = {}
"""How arrays print in LaTeX, by name."""

A_WORD = "a word; $w_s$ is the one drawn as negative $s$"
i, k, l = (index(name, dims, "a dimension") for name in "ikl")  # noqa: E741
j = index("j", window, "an offset within a window")
w, x = index("w", words, A_WORD), index("wprime", words, "another word", latex="w'")
o = index("o", words, "the outside word that was seen")
c = index("c", words, "the center word")
r, s = (index(name, samples, "the number of a negative") for name in "rs")
a = index("a", (sp.Integer(0), K), r"a column of $U_\pm$")

v_c = table("v_c", d, latex="v_c", meaning="the vector of the center word")
U = table("U", V, d, latex="u", meaning="$u_w$ is the outside vector of word $w$")
centers = table("centers", V, d, latex="v", meaning="$v_w$ is the center vector of word $w$")
negatives = table("negatives", K, latex="w", meaning=A_WORD, integer=True, nonnegative=True)
bounds["negatives"] = words
scores = table("scores", V, latex="z", meaning="$z_w$ is the score of word $w$")

declare("delta", r"\delta", r"$\delta_{a, b}$ is 1 where $a$ is $b$ and 0 elsewhere", "expression")
direction = table("direction", d, latex=r"\xi", meaning="a direction in which a vector moves")
eta = number("eta", "how far a step goes, as a multiple of its direction", r"\eta", real=True)


def total(summand: Any, *over: sp.Symbol) -> sp.Expr:
    """The sum over the whole range of each index; the last index is the outermost sum."""
    for n in over:
        if indices.get(n.name) != n:
            raise ValueError(f"{n} is not the declared index of this name, so it has no range")
        summand = sp.Sum(summand, (n, *bounds[n.name]))
    return sp.sympify(summand)


class Abbreviation(sp.Function):  # type: ignore[misc]
    """A named expression: printed by its name, differentiated and decided by its definition."""

    symbol: ClassVar[str] = ""
    """How its name is written in LaTeX, where it is written with a sign of its own."""
    meaning: ClassVar[str] = ""
    """What the sign means."""

    def __init_subclass__(cls) -> None:
        """Enters it in the table of symbols."""
        functions.append(cls)
        if "symbol" in vars(cls):
            declare(cls.__name__, cls.symbol, cls.meaning, "expression")

    def definition(self) -> sp.Expr:
        """What the name stands for."""
        raise NotImplementedError

    @property
    def free_symbols(self) -> set[sp.Basic]:
        """Those of the definition: SymPy takes what it does not find here for a constant."""
        return set(_free(self))

    def _eval_derivative(self, by: sp.Expr) -> sp.Expr:
        """That of the definition; SymPy would look at the arguments alone."""
        expr = unfold(self.definition())
        if by.free_symbols & {n for e in expr.atoms(sp.Sum) for n in e.variables}:
            raise ValueError(f"{by} has an index of the sums in {self}")
        return sp.diff(expr, by)


@lru_cache(maxsize=10_000)
def _free(named: Abbreviation) -> frozenset[sp.Basic]:
    return frozenset(named.definition().free_symbols)


class Named(Abbreviation):
    """A named expression without arguments: its sign is all that is written of it."""

    nargs = 0
    name: ClassVar[str]
    """How it is written in one line of Unicode."""

    def __init_subclass__(cls) -> None:
        """Refuses a sign, or a name, that stands for another expression already."""
        for sign in (getattr(cls, "symbol", ""), getattr(cls, "name", "")):
            other = _named.setdefault(sign, cls) if sign else cls
            # A file that is run is imported under its own name as well.
            same = cls.__module__ in (other.__module__, "__main__")
            if other.__qualname__ != cls.__qualname__ or not (
                same or other.__module__ == "__main__"
            ):
                raise ValueError(f"{sign} is {other.__name__} already")
        signs = [getattr(cls, e, "") for e in ("symbol", "name")]
        if signs[1] and _letters(signs[0]) != _letters(signs[1]):
            raise ValueError(f"{signs[1]} is not {signs[0]} in one line of Unicode")
        super().__init_subclass__()

    def _latex(self, printer: Any) -> str:
        return self.symbol

    def _sympystr(self, printer: Any) -> str:
        return self.name


def _letters(written: str) -> str:
    """The Latin letters of a sign, and where its brackets begin."""
    return "".join(re.findall("[A-Za-z(]", re.sub(r"\\[A-Za-z]+", "", written)))


_named: dict[str, type[Named]] = {}


class Loss(Named):
    """A loss: ``Derivative(J, v_c[i])`` is written ∂J/∂v_c, and decided by what J stands for."""


@lru_cache(maxsize=10_000)
def unfold(expr: sp.Expr) -> sp.Expr:
    """Replaces every abbreviation by its definition, until none is left.

    SymPy decides cases by what is declared of a symbol, so a sum must bear out what is declared of
    its index before anything is put in the place of a name.

    Raises:
        ValueError: an argument is named like an index that the definition sums over, or an index
            is declared to have a sign that its range does not show.
    """
    _check_indices(expr)
    while expr.has(Abbreviation):
        expr = expr.replace(lambda e: isinstance(e, Abbreviation), opened)
        _check_indices(expr)
    return expr


_SIGNS = ("positive", "nonnegative", "negative", "nonpositive")


def _check_indices(expr: sp.Expr) -> None:
    """Refuses a sum whose range does not show what is declared of its index."""
    for n, low, high in {e for summed in expr.atoms(sp.Sum) for e in summed.limits if len(e) == 3}:
        shown = (low.is_positive, low.is_nonnegative, high.is_negative, high.is_nonpositive)
        declared = {sign: True for sign in _SIGNS if getattr(n, f"is_{sign}")}
        proved = {sign for sign, known in zip(_SIGNS, shown, strict=True) if known}
        whole = sp.Symbol("any", integer=n.is_integer, real=True, **declared)
        if declared.keys() - proved or n.assumptions0 != whole.assumptions0:
            raise ValueError(
                f"{n} runs from {low} to {high}, which does not show what is declared of it: "
                f"{', '.join(declared) or n.assumptions0}; sum over an index of that range"
            )


def opened(named: Abbreviation) -> sp.Expr:
    """What a name stands for; ``ValueError`` if its sums would capture an argument."""
    holes = {sp.Dummy(): e for e in named.args if not isinstance(e, sp.IndexedBase)}
    hidden = {argument: hole for hole, argument in holes.items()}
    plain = named.func(*(hidden.get(e, e) for e in named.args)).definition()
    for e in plain.atoms(sp.Sum):
        inside = e.function.free_symbols.intersection(holes)
        if set(e.variables) & {n for hole in inside for n in holes[hole].free_symbols}:
            raise ValueError(f"{named} is summed over an index of its own argument")
    return named.definition()


class Called(Abbreviation):
    """A function of one number: its sign, and the number in brackets."""

    nargs = 1
    name: ClassVar[str]
    """Its sign in Unicode."""

    def _latex(self, printer: Any, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        return f"{self.symbol}{power}({printer._print(self.args[0])})"

    def _sympystr(self, printer: Any) -> str:
        return f"{self.name}({printer._print(self.args[0])})"


class Entry(Abbreviation):
    """What has an index: its sign, and the index below it."""

    nargs = 1
    unicode: ClassVar[str]
    """How it is written in Unicode, with ``{}`` for the index."""

    def _latex(self, printer: Any, exp: str = "") -> str:
        entry = f"{self.symbol}_{{{printer._print(self.args[0])}}}"
        if not exp:
            return entry
        return rf"\left({entry}\right)^{{{exp}}}" if "^" in self.symbol else f"{entry}^{{{exp}}}"

    def _sympystr(self, printer: Any) -> str:
        return self.unicode.format(printer._print(self.args[0]))


class RowProduct(Abbreviation):
    """The product of a row of a table with a vector."""

    nargs = 1
    factors: ClassVar[tuple[str, str]]
    """The signs of both, in LaTeX."""
    unicode: ClassVar[str]
    """How it is written in Unicode, with ``{}`` for the number of the row."""

    def _latex(self, printer: Any, exp: str = "") -> str:
        row, vector = self.factors
        product = rf"{row}_{{{printer._print(self.args[0])}}}^{{\top}} {vector}"
        return rf"\left({product}\right)^{{{exp}}}" if exp else product

    def _sympystr(self, printer: Any) -> str:
        return self.unicode.format(printer._print(self.args[0]))


class sigma(Called):
    """The logistic function, σ(x) = 1 / (1 + exp(−x))."""

    symbol, meaning, name = r"\sigma", (r"the logistic function"), "σ"

    def definition(self) -> sp.Expr:
        return 1 / (1 + sp.exp(-self.args[0]))


class score(RowProduct):
    """The logit of a word, u_wᵀ v_c."""

    factors, unicode = ("u", "v_c"), "u_{}ᵀv_c"

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * v_c[k], k)


class softmax(Entry):
    """The predicted probability of a word, ŷ_w = exp(u_wᵀ v_c) / Σ_x exp(u_xᵀ v_c)."""

    symbol, meaning = r"\hat{y}", (r"$\hat{y}_w$ is the probability that the model gives word $w$")
    unicode = "ŷ_{}"

    def definition(self) -> sp.Expr:
        return sp.exp(score(self.args[0])) / total(sp.exp(score(x)), x)


class one_hot(Entry):
    """The true distribution, y_w = 1 for w = o and 0 for every other word."""

    unicode = "y_{}"
    symbol, meaning = r"y", (r"$y_w$ is 1 for the word that was seen and 0 for every other")

    def definition(self) -> sp.Expr:
        return sp.KroneckerDelta(self.args[0], o)


class holds(Abbreviation):
    """1 where a relation holds, 0 elsewhere."""

    nargs = 1
    symbol, meaning = r"[\cdot]", "one where the condition holds, zero elsewhere"

    def definition(self) -> sp.Expr:
        (relation,) = self.args
        if isinstance(relation, sp.Ne):
            return 1 - sp.KroneckerDelta(*relation.args)
        return sp.Piecewise((1, relation), (0, True))

    def _latex(self, printer: Any) -> str:
        return f"[{printer._print(self.args[0])}]"

    _sympystr = _latex


class dot(Abbreviation):
    """The product of two vectors, gᵀξ."""

    nargs = 2

    def definition(self) -> sp.Expr:
        one, other = self.args
        return total(one[k] * other[k], k)

    def _latex(self, printer: Any, exp: str = "") -> str:
        one, other = (latex_names[e.name] for e in self.args)
        product = rf"{one}^{{\top}} {other}"
        return rf"\left({product}\right)^{{{exp}}}" if exp else product

    def _sympystr(self, printer: Any) -> str:
        return f"⟨{', '.join(map(printer._print, self.args))}⟩"


class norm(Abbreviation):
    """The length of a vector, ‖g‖."""

    nargs = 1
    symbol, meaning = r"\|\cdot\|", "the length of a vector"

    def definition(self) -> sp.Expr:
        return sp.sqrt(total(self.args[0][k] ** 2, k))

    def _latex(self, printer: Any, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\|{latex_names[self.args[0].name]}\|{power}"

    def _sympystr(self, printer: Any) -> str:
        return f"‖{printer._print(self.args[0])}‖"
