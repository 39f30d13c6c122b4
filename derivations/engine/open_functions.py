"""Functions that a statement leaves open, and the tables of numbers that stand for them."""

import sympy as sp

from derivations.engine.symbols import functions

__all__ = ["Open", "tabulated"]


class Open(sp.Function):  # type: ignore[misc]
    """A real function of which nothing is known but what it depends on."""

    is_real = True

    def __init_subclass__(cls) -> None:
        """Enters it among all functions."""
        functions.append(cls)

    def tabulated(self) -> sp.Expr:
        """What it is read from where numbers are wanted: an entry of an array."""
        return self


def tabulated(expr: sp.Expr) -> sp.Expr:
    """Reads every open function from the array that stands for it.

    So the closed forms can be evaluated whatever the function is.
    """
    return expr.replace(lambda e: isinstance(e, Open), lambda e: e.tabulated())
