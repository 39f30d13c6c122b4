"""How expressions print: in LaTeX for the answer sheet, in one line of Unicode for the terminal."""

import re
import unicodedata
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.pretty.pretty_symbology import pretty_symbol
from sympy.printing.printer import Printer
from sympy.printing.str import StrPrinter

from derivations.notation import Loss, bounds, latex_names, symbols

__all__ = ["latex", "text"]


def latex(expr: sp.Basic) -> str:
    """An expression in LaTeX, sums over a whole range without their bounds."""
    return str(_Latex().doprint(expr))


def text(expr: sp.Basic) -> str:
    """An expression in one line of Unicode."""
    return str(_Text().doprint(expr))


def _is_whole(limits: tuple[sp.Expr, ...]) -> bool:
    n, low, high = limits
    return bounds.get(n.name) == (low, high)


def _plain(name: str) -> str:
    """A name in Unicode as it is written in LaTeX: η for eta, w'' for wsecond, ŷ for y_hat.

    Arrays with a name of one letter are called as in code: U, whose rows are written u.
    """
    written = symbols[name].latex if len(name) > 1 and name in symbols else name
    sign = re.fullmatch(r"\\?([A-Za-z]+'*)(?:\{(\w)\})?", written)
    if sign:  # \mathbf{r} is an r, \hat{y} a y with a hat
        name = (sign[2] or "") + sign[1].removeprefix("mathbf")
    plain = pretty_symbol(name).replace("′", "'")
    return unicodedata.normalize("NFC", plain)


class _PositiveFirst:
    """Prints a difference as a difference: ŷ − y, not −y + ŷ."""

    def _as_ordered_terms(self, expr: sp.Expr, order: str | None = None) -> list[sp.Expr]:
        terms = Printer._as_ordered_terms(self, expr, order)
        return sorted(terms, key=lambda e: bool(e.could_extract_minus_sign()))


class _Latex(_PositiveFirst, LatexPrinter):  # type: ignore[misc]
    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name = latex_names.get(expr.base.name, expr.base.name)
        indices = [self._print(e) for e in expr.indices]
        if len(indices) == 2:
            return f"({name}_{{{indices[0]}}})_{{{indices[1]}}}"
        return f"({name})_{{{indices[0]}}}" if "_" in name else f"{name}_{{{indices[0]}}}"

    def _print_Sum(self, expr: sp.Sum) -> str:
        signs = []
        for n, low, high in reversed(expr.limits):
            index = self._print(n)
            if _is_whole((n, low, high)):
                signs.append(rf"\sum_{{{index}}}")
            else:
                signs.append(rf"\sum_{{{index}={self._print(low)}}}^{{{self._print(high)}}}")
        body = self._print(expr.function)
        if expr.function.is_Add:
            body = rf"\left({body}\right)"
        return " ".join([*signs, body])

    def _print_KroneckerDelta(self, expr: sp.KroneckerDelta, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\delta_{{{self._print(expr.args[0])}, {self._print(expr.args[1])}}}{power}"

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        below = " ".join(rf"\partial {self._print(e)}" for e in expr.variables)
        order = f"^{len(expr.variables)}" if len(expr.variables) > 1 else ""
        body = self._print(expr.expr)
        if isinstance(expr.expr, Loss):
            return rf"\frac{{\partial{order} {body}}}{{{below}}}"
        if expr.expr.is_Add or expr.expr.is_Mul:
            body = rf"\left({body}\right)"
        return rf"\frac{{\partial{order}}}{{{below}}} {body}"


class _Text(_PositiveFirst, StrPrinter):  # type: ignore[misc]
    def _print(self, expr: Any, **options: Any) -> str:
        if isinstance(expr, sp.Indexed):  # SymPy would ask the entry how it prints itself
            return self._entry(expr)
        if isinstance(expr, sp.IndexedBase):
            return _plain(expr.name)
        return str(super()._print(expr, **options))

    def _entry(self, expr: sp.Indexed) -> str:
        if expr.is_integer:  # words: w_s
            name = latex_names.get(expr.base.name, expr.base.name)
            return f"{name}_{','.join(map(self._print, expr.indices))}"
        return f"{_plain(expr.base.name)}[{', '.join(self._print(e) for e in expr.indices)}]"

    def _print_Sum(self, expr: sp.Sum) -> str:
        signs = []
        for n, low, high in reversed(expr.limits):
            within = (
                "" if _is_whole((n, low, high)) else f"={self._print(low)}..{self._print(high)}"
            )
            signs.append(f"Σ_{self._print(n)}{within}")
        return f"{' '.join(signs)} ({self._print(expr.function)})"

    def _print_KroneckerDelta(self, expr: sp.KroneckerDelta) -> str:
        return f"δ({', '.join(map(self._print, expr.args))})"

    def _print_Derivative(self, expr: sp.Derivative) -> Any:
        below = "".join(f"/∂{self._print(e)}" for e in expr.variables)
        if isinstance(expr.expr, Loss):
            return f"∂{self._print(expr.expr)}{below}"
        return f"∂{below}({self._print(expr.expr)})"

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return _plain(expr.name)

    def _print_Relational(self, expr: sp.Rel) -> str:
        sign = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}.get(expr.rel_op, expr.rel_op)
        return f"{self._print(expr.lhs)} {sign} {self._print(expr.rhs)}"

    def _print_Implies(self, expr: sp.Implies) -> str:
        return " ⇒ ".join(map(self._print, expr.args))
