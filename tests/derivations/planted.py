"""False formulas for the page, beside true proofs, and what is said of them."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy import Derivative

import derivations.__main__ as command
from derivations import Claim, Derivation, Step, failures, statements
from derivations.engine import arrays, labels
from derivations.engine.notation import Abbreviation, Loss, U, declare, i, k, total, v_c
from derivations.engine.open_functions import Open
from derivations.engine.prose import Proved, say
from derivations.jobs import Outcome

B1, C, D, G1, G3, J1, S1 = (statements()[id] for id in ("b1", "c", "d", "g1", "g3", "j1", "s1"))
GRADIENT = Proved(B1["v_c"], arrays.U @ (arrays.y_hat - arrays.y))


def said(derivation: Derivation, **changes: Any) -> str:
    """What is said of a derivation with some of it replaced, before any claim is proved."""
    planted = replace(derivation, **changes)
    among = (e for claim in planted.claims for e in labels.of_claim(planted, claim))
    return "; ".join([*labels.of_derivation(planted), *labels.undeclared(planted), *among])


def in_this_process(ids: Iterable[str]) -> tuple[list[Future[Outcome]], list[Future[Outcome]]]:
    """What ``begin`` gives, of the statements that the command knows here, and of no program."""

    def proved(id: str) -> Future[Outcome]:
        done: Future[Outcome] = Future()
        done.set_result(Outcome(failures(command.statements()[id]), 0.0, []))
        return done

    return [proved(id) for id in ids], []


def claim(left: sp.Expr, closed: sp.Expr, **options: Any) -> Claim:
    options = {"wrong": {"twice": 2 * closed + 1}, "lemma": True, **options}
    return Claim("planted", left, (Step(closed, "so it is said"),), **options)


def alone(planted: Claim, **changes: Any) -> Derivation:
    return Derivation("z9", "planted", say("{}", Proved(planted)), (planted,), **changes)


# A sign like J_cube stays out of the page's table of symbols
class cube(Loss):
    symbol, meaning, name = "J_cube", "a planted loss", "J_cube"

    def definition(self) -> sp.Expr:
        return total(v_c[k] ** 3, k) / 3


def of_v_c(loss: sp.Expr, closed: sp.Expr, **options: Any) -> Claim:
    return claim(Derivative(loss, v_c[i]), closed, lemma=False, axes=(i,), **options)


class projected(Abbreviation):  # type: ignore[misc]
    nargs = 1

    def definition(self) -> sp.Expr:
        return total(U[self.args[0], k] * v_c[k], k)

    def _latex(self, printer: Any) -> str:
        return rf"u_{{{printer._print(self.args[0])}}} v_c"

    def _sympystr(self, printer: Any) -> str:
        return f"u_{printer._print(self.args[0])} v_c"


class flat(Open):
    """Its rule says that it has no slope."""

    nargs = 1
    symbol = ""

    def _eval_derivative(self, by: sp.Expr) -> sp.Expr:
        return sp.S.Zero

    def _latex(self, printer: Any) -> str:
        return f"Q_flat({printer._print(self.args[0])})"

    _sympystr = _latex


class like_exp(flat):
    """Its rule says that it is its own slope."""

    def _eval_derivative(self, by: sp.Expr) -> sp.Expr:
        return self * sp.diff(self.args[0], by)


class like_cosh(flat):
    """Its rule says that it is its own second slope."""

    def _eval_derivative(self, by: sp.Expr) -> sp.Expr:
        return like_sinh(self.args[0]) * sp.diff(self.args[0], by)


class like_sinh(flat):
    """The first slope of that."""

    def _eval_derivative(self, by: sp.Expr) -> sp.Expr:
        return like_cosh(self.args[0]) * sp.diff(self.args[0], by)


declare("flat", "Q_flat", "a function of which nothing is known", "expression")
