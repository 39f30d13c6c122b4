"""How expressions print: in LaTeX for the answer sheet, in one line of Unicode for the terminal."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.pretty_symbology import pretty_symbol
from sympy.printing.printer import Printer
from sympy.printing.str import StrPrinter

from derivations.engine.notation import Abbreviation, Named, bounds, dims, latex_names, symbols
from derivations.engine.symbols import of_signs

__all__ = ["factor", "latex", "outside_brackets", "parenthesised", "text"]


VARIANTS = {
    **{"ell": "ℓ", "varrho": "ϱ", "vartheta": "ϑ", "varpi": "ϖ", "varsigma": "ς"},
    **{"epsilon": "ϵ", "varepsilon": "ε"},
}
"""Letters that SymPy would spell out."""


def latex(expr: sp.Basic) -> str:
    """An expression in LaTeX, sums over a whole range without their bounds."""
    printed = re.sub(r"_\{(\w), (\w)\}", r"_{\1\2}", _Latex().doprint(expr))
    # One letter needs no braces: x_i, not x_{i}
    return re.sub(r"([_^])\{([A-Za-z0-9]|\\[a-z]+)\}(?![A-Za-z])", r"\1\2", printed)


def parenthesised(inside: str) -> str:
    """LaTeX in parentheses about as tall as what they hold, between which a line may end."""
    tall = r"\frac" in inside or r"\sum" in inside or r"\bigl" in inside
    size = "Big" if tall else "big" if "(" in inside else ""
    return rf"\{size}l({inside}\{size}r)" if size else f"({inside})"


def text(expr: sp.Basic) -> str:
    """An expression in one line of Unicode."""
    return str(_Text().doprint(expr))


def factor(expr: sp.Expr) -> tuple[str, str]:
    """How an expression is written with another factor behind it, in LaTeX and in Unicode."""
    written = latex(expr), text(expr)
    if not _reaches_on(expr):
        return written
    return parenthesised(written[0]), f"({written[1]})"


def outside_brackets(written: str) -> str:
    """A formula without what is in brackets of any kind."""
    depth, rest = 0, ""
    for letter in written:
        depth -= letter in ")]}"
        rest += letter * (depth == 0)
        depth += letter in "([{"
    return rest


def _reaches_on(expr: sp.Expr) -> bool:
    """Whether what is written behind an expression would seem to belong to its last part."""
    if expr.is_Mul:
        return any(_reaches_on(e) and not e.is_Add for e in expr.args)
    bare = isinstance(expr, sp.log) and not expr.args[0].is_Add
    return bare or expr.is_Add or isinstance(expr, sp.Sum | sp.Derivative | sp.Piecewise)


def _is_fraction(written: str) -> bool:
    """Whether a formula in LaTeX is one fraction, with nothing beside it."""
    return outside_brackets(written) == r"\frac{}{}"


def _is_product(written: str) -> bool:
    """Whether a named expression is written as several things side by side."""
    marks = r"[_^](?:\\[A-Za-z]+|.)|\\(?:hat|bar|vec|tilde|mathbf|mathrm)"
    bare = re.sub(marks, "", outside_brackets(written))
    return len(re.findall(r"\\[A-Za-z]+|[A-Za-z]", bare)) > 1


def _split(expr: sp.Sum) -> list[tuple[sp.Symbol, tuple[sp.Expr, sp.Expr] | None, list[sp.Expr]]]:
    """The indices of a sum, outermost first: each with its bounds, unless it runs over everything,
    and what it leaves out; and last, under no index, what is summed."""
    signs = []
    body = expr.function
    inner = set[sp.Symbol]()  # the indices of the sums inside, which are not named yet
    for n, low, high in expr.limits:
        whole = bounds.get(n.name) == (low, high)
        left_out = [
            e
            for e in sp.Mul.make_args(body)
            if whole and (at := _excluded(e, n)) is not None and not inner & at.free_symbols
        ]
        inner.add(n)
        body = sp.Mul(*(e for e in sp.Mul.make_args(body) if e not in left_out))
        signs.append((n, None if whole else (low, high), [_excluded(e, n) for e in left_out]))
    return [*reversed(signs), (None, None, [body])]


def _excluded(factor: sp.Expr, n: sp.Symbol) -> sp.Expr | None:
    """The value e of the index that a factor 1 − δ(n, e) leaves out."""
    delta = 1 - factor
    if isinstance(delta, sp.KroneckerDelta) and n in delta.args:
        return delta.args[1] if delta.args[0] == n else delta.args[0]
    return None


def _plain(name: str) -> str:
    """A name in Unicode as it is written in LaTeX: η for eta, w'' for wsecond, ŷ for y_hat.

    Arrays with a name of one letter are called as in code: U, whose rows are written u.
    """
    written = symbols[name].latex if len(name) > 1 and name in symbols else name
    lowered = re.fullmatch(r"(\w)_(\w|\\[a-z]+)", written)
    if lowered and lowered[0] != name:  # J_0, J_\eta
        return f"{lowered[1]}_{_plain(lowered[2])}"
    sign = re.fullmatch(r"\\?([A-Za-z]+'*)(?:\{(\w)\})?", written)
    if sign:  # \mathbf{r} is an r, \hat{y} a y with a hat
        name = (sign[2] or "") + sign[1].removeprefix("mathbf")
    stem = name.rstrip("'")
    plain = VARIANTS.get(stem) or pretty_symbol(stem).replace("′", "'")
    plain += name[len(stem) :]
    return unicodedata.normalize("NFC", plain)


@of_signs
def _remembered(printer: Any, kind: type, expr: sp.Basic) -> str:
    return str(printer()._printed(expr))


class _Ours:
    """Prints what stands in many formulas once, and a difference as one: ŷ − y, not −y + ŷ."""

    def _print(self, expr: Any, **options: Any) -> str:
        if options or not isinstance(expr, sp.Basic):
            return self._printed(expr, **options)
        return _remembered(type(self), type(expr), expr)

    def _printed(self, expr: Any, **options: Any) -> str:
        return str(Printer._print(self, expr, **options))

    def _as_ordered_terms(self, expr: sp.Expr, order: str | None = None) -> list[sp.Expr]:
        terms = Printer._as_ordered_terms(self, expr, order)
        return sorted(terms, key=lambda e: bool(e.could_extract_minus_sign()))


def _rank(factor: sp.Expr) -> tuple[int, int, str]:
    """Where a factor stands: numbers, scalars, functions, differences, vectors, then sums."""
    base = factor.base if factor.is_Pow else factor
    if base.is_Number:
        place = 0
    elif base.is_Symbol or isinstance(base, sp.KroneckerDelta):
        place = 1
    elif isinstance(base, sp.Indexed):
        place = 5 if base.shape and base.shape[-1] == dims[1] + 1 else 2
    elif isinstance(base, sp.log):
        place = 6
    elif isinstance(base, sp.Derivative):
        place = 8
    elif isinstance(base, sp.Sum):
        place = 7 if factor.is_Pow else 9
    else:
        place = 4 if base.is_Add else 3
    latin = base.is_Symbol and len(base.name) == 1
    return place, latin or (len(str(base)) if base.is_Add else 0), str(base)


class _Latex(_Ours, LatexPrinter):  # type: ignore[misc]
    def _factor(self, factor: sp.Expr, among: Sequence[sp.Expr], last: bool = False) -> str:
        printed = str(self._print(factor))
        negative = printed.startswith("-") and factor is not among[0]
        loose = factor.is_Add or negative or (_reaches_on(factor) and not last)
        return parenthesised(printed) if loose else printed

    def _product(self, factors: Sequence[sp.Expr]) -> str:
        """Factors side by side; a dot keeps the digits of two numbers apart."""
        ordered = sorted(factors, key=_rank)
        first, *others = (self._factor(e, ordered, e is ordered[-1]) for e in ordered)
        return first + "".join(rf" \cdot {e}" if e[0].isdigit() else f" {e}" for e in others)

    def _alone(self, factors: Sequence[sp.Expr]) -> str:
        """A product above or below a line, or in a bracket, where a single sum needs no other."""
        return self._product(factors) if len(factors) > 1 else "".join(map(self._print, factors))

    def _print_Add(self, expr: sp.Add, order: str | None = None) -> str:
        first, *others = map(self._print, self._as_ordered_terms(expr, order))
        signed = (f"- {e[1:].lstrip()}" if e.startswith("-") else f"+ {e}" for e in others)
        return " ".join([first, *signed])

    def _print_Mul(self, expr: sp.Mul) -> str:
        if any(e.is_Mul for e in expr.args):  # kept apart on purpose
            return r" \cdot ".join(self._factor(e, expr.args) for e in expr.args)
        number, body = expr.as_coeff_Mul()
        if number.could_extract_minus_sign():
            inside = self._print(-expr)
            return f"-{parenthesised(inside) if (-expr).is_Add else inside}"
        factors = sp.Mul.make_args(body)
        below = [e for e in factors if e.is_Pow and e.exp.could_extract_minus_sign()]
        above = [e for e in factors if e not in below and e != 1]
        below = [1 / e for e in below] + [sp.Integer(number.q)] * (number.q != 1)
        above += [sp.Integer(number.p)] * (number.p != 1)
        if not below:
            return self._alone(above)
        # Vectors and sums stand beside a fraction of scalars
        beside = [e for e in above if _rank(e)[0] >= 5 or (e.is_Add and e.has(sp.Sum))]
        within = [e for e in above if e not in beside]
        if not within and not (number.q != 1 and body.has(sp.Sum)):
            within, beside = beside, []
        top = self._alone(within) if within else "1"
        fraction = rf"\frac{{{top}}}{{{self._print(sp.Mul(*below, evaluate=False))}}}"
        return f"{fraction} {self._product(beside)}" if beside else fraction

    def _print_Pow(self, expr: sp.Pow) -> str:
        base, power = expr.args
        if power == sp.Rational(1, 2):
            return rf"\sqrt{{{self._print(base)}}}"
        if power.could_extract_minus_sign():
            return rf"\frac{{1}}{{{self._print(1 / expr)}}}"
        raised, power = str(self._print(base)), self._print(power)
        simple = base.is_Symbol or base.is_Integer or isinstance(base, Abbreviation | sp.Indexed)
        simple = simple and "^" not in raised and not raised.startswith("-")
        if isinstance(base, Abbreviation):
            simple = simple and not _is_product(raised)
        if isinstance(base, sp.KroneckerDelta) or simple:
            return f"{raised}^{{{power}}}"
        return f"{parenthesised(raised)}^{{{power}}}"

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name = latex_names.get(expr.base.name, expr.base.name)
        if expr.is_integer:  # words: w_s
            return f"{name}_{{{self._indices(expr.indices)}}}"
        *row, entry = expr.indices
        base = f"({name}_{{{self._indices(row)}}})" if row else f"({name})" if "_" in name else name
        return f"{base}_{{{self._print(entry)}}}"

    def _indices(self, indices: Sequence[sp.Expr]) -> str:
        """Side by side where each is one letter."""
        printed = [str(self._print(e)) for e in indices]
        apart = any(len(e) > 1 for e in printed) or sum(e.isdigit() for e in printed) > 1
        return ("," if apart else "").join(printed)

    def _print_Sum(self, expr: sp.Sum) -> str:
        *limits, (_, _, (body,)) = _split(expr)
        signs = []
        for n, ends, left_out in limits:
            index = self._print(n)
            if left_out:
                signs.append(rf"\sum_{{{index} \ne {', '.join(map(self._print, left_out))}}}")
            elif ends is None:
                signs.append(rf"\sum_{{{index}}}")
            else:
                low, high = map(self._print, ends)
                signs.append(rf"\sum_{{{index}={low}}}^{{{high}}}")
        printed = str(self._print(body))
        if body.is_Add or printed.startswith("-"):
            printed = parenthesised(printed)
        return " ".join([*signs, printed])

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        if expr.name in symbols:
            return symbols[expr.name].latex
        return str(super()._print_Symbol(expr, style))

    def _print_KroneckerDelta(self, expr: sp.KroneckerDelta, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        indices = sorted(expr.args, key=lambda e: bool(e.is_Number))
        return rf"\delta_{{{self._indices(indices)}}}{power}"

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        d = "d" if expr.expr.free_symbols == set(expr.variables) else r"\partial"
        below = r" \, ".join(f"{d} {self._print(e)}" for e in expr.variables)
        order = f"^{len(expr.variables)}" if len(expr.variables) > 1 else ""
        body = str(self._print(expr.expr))
        if isinstance(expr.expr, Named):
            return rf"\frac{{{d}{order} {body}}}{{{below}}}"
        if expr.expr.is_Add or expr.expr.is_Mul:
            body = parenthesised(body)
        return rf"\frac{{{d}{order}}}{{{below}}} {body}"

    def _print_log(self, expr: sp.log, exp: str = "") -> str:
        (inside,) = expr.args
        printed = str(self._print(inside))
        if inside.is_Add or (inside.is_Mul and not _is_fraction(printed)):
            printed = parenthesised(printed)
        return rf"\log{f'^{{{exp}}}' if exp else ''} {printed}"

    def _print_ExpBase(self, expr: sp.exp, exp: str = "") -> str:
        return rf"\exp{f'^{{{exp}}}' if exp else ''}{parenthesised(self._print(expr.exp))}"

    def _print_Min(self, expr: sp.Min, exp: str = "") -> str:
        inside = parenthesised(", ".join(map(self._print, expr.args)))
        return rf"\{type(expr).__name__.lower()}{inside}"

    _print_Max = _print_Min


class _Text(_Ours, StrPrinter):  # type: ignore[misc]
    def _printed(self, expr: Any, **options: Any) -> str:
        if isinstance(expr, sp.Indexed):  # SymPy would ask the entry how it prints itself
            return self._entry(expr)
        if isinstance(expr, sp.IndexedBase):
            return _plain(expr.name)
        return super()._printed(expr, **options)

    def parenthesize(self, item: Any, level: int, strict: bool = False) -> str:
        printed = str(super().parenthesize(item, level, strict))
        # A power behind them would seem to be that of their last factor
        open_ended = isinstance(item, sp.Sum | sp.Derivative)
        side_by_side = re.search("[ᵀ ]", outside_brackets(printed))
        open_ended = open_ended or bool(isinstance(item, Abbreviation) and side_by_side)
        return f"({printed})" if open_ended and level >= PRECEDENCE["Pow"] else printed

    def _entry(self, expr: sp.Indexed) -> str:
        if expr.is_integer:  # words: w_s
            name = _plain(expr.base.name)
            return f"{name}_{','.join(map(self._print, expr.indices))}"
        return f"{_plain(expr.base.name)}[{', '.join(self._print(e) for e in expr.indices)}]"

    def _print_Sum(self, expr: sp.Sum) -> str:
        *limits, (_, _, (body,)) = _split(expr)
        signs = []
        for n, ends, left_out in limits:
            within = f"={self._print(ends[0])}..{self._print(ends[1])}" if ends else ""
            without = f"≠{','.join(map(self._print, left_out))}" if left_out else ""
            signs.append(f"Σ_{self._print(n)}{within}{without}")
        return f"{' '.join(signs)} ({self._print(body)})"

    def _print_KroneckerDelta(self, expr: sp.KroneckerDelta) -> str:
        return f"δ({', '.join(map(self._print, expr.args))})"

    def _print_Derivative(self, expr: sp.Derivative) -> Any:
        below = "".join(f"/∂{self._print(e)}" for e in expr.variables)
        if isinstance(expr.expr, Named):
            return f"∂{self._print(expr.expr)}{below}"
        return f"∂{below}({self._print(expr.expr)})"

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return _plain(expr.name)

    def _print_Relational(self, expr: sp.Rel) -> str:
        sign = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}.get(expr.rel_op, expr.rel_op)
        return f"{self._print(expr.lhs)} {sign} {self._print(expr.rhs)}"

    def _print_Implies(self, expr: sp.Implies) -> str:
        return " ⇒ ".join(map(self._print, expr.args))
