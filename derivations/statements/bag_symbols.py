"""The bag of words of statements j1 to j3, its mean and its sum, and a loss that is left open."""

from typing import Any, ClassVar

import sympy as sp
from sympy import KroneckerDelta as Delta
from sympy import sin

from derivations.engine.notation import (
    A_WORD,
    Entry,
    Loss,
    U,
    V,
    centers,
    d,
    declare,
    i,
    index,
    k,
    number,
    o,
    table,
    total,
    unfold,
    w,
    words,
    x,
)
from derivations.engine.notation import bounds as _bounds
from derivations.engine.open_functions import Open
from derivations.statements.skip_gram import q as k_other
from derivations.statements.skip_gram import z as x_other

W = number("W", "how many words a bag has", integer=True, positive=True)
rho = index("rho", (sp.Integer(0), W - 1), "a place in a bag", latex=r"\rho")
bag = table("bag", W, latex="w", meaning=A_WORD, integer=True, nonnegative=True)
_bounds["bag"] = words

for _name in ("at_mean", "at_sum"):
    declare(
        _name,
        "J_o",
        "the loss of $o$, as a function of the vector of a bag and of $U$",
        "expression",
    )


class times_in_bag(Entry):
    """How often a word is in a bag, μ_w = Σ_ρ δ(w, w_ρ)."""

    symbol, meaning = r"\mu", r"$\mu_w$ is how often word $w$ is in a bag"
    unicode = "μ_{}"

    def definition(self) -> sp.Expr:
        return total(Delta(self.args[0], bag[rho]), rho)


class _Vector(Entry):
    """An entry of a vector that a bag stands for."""


class sum_of_bag(_Vector):
    """s_k = Σ_ρ (v_{w_ρ})_k."""

    symbol, unicode = r"\vec{s}", "s⃗[{}]"
    meaning = "the sum of the center vectors of a bag"

    def definition(self) -> sp.Expr:
        return total(centers[bag[rho], self.args[0]], rho)


class mean_of_bag(_Vector):
    """h_k = (1/W) Σ_ρ (v_{w_ρ})_k."""

    symbol, unicode = r"\vec{h}", "h⃗[{}]"
    meaning = "the mean of the center vectors of a bag"

    def definition(self) -> sp.Expr:
        return total(centers[bag[rho], self.args[0]], rho) / W


class _Open(Open):
    """A function of the word seen, of the vector of a bag and of the outside table."""

    vector: ClassVar[type[_Vector]]

    @property
    def free_symbols(self) -> set[sp.Basic]:
        tables = self.vector(i).free_symbols | U[w, i].free_symbols
        return set().union(tables - {i, w}, {o}, *(e.free_symbols for e in self.args))


class Slope(_Open):
    """A derivative of the loss of the seen word, by the entries that its arguments number."""

    symbol = ""
    array: ClassVar[sp.IndexedBase]

    def tabulated(self) -> sp.Expr:
        return self.array[self.args]

    def _by(self) -> list[sp.Expr]:
        return [self.vector(e) for e in self.args]

    def _latex(self, printer: Any) -> str:
        below = r" \, ".join(rf"\partial {printer._print(e)}" for e in self._by())
        order = f"^{len(self._by())}" if len(self._by()) > 1 else ""
        return rf"\frac{{\partial{order} J_o}}{{{below}}}"

    def _sympystr(self, printer: Any) -> str:
        return "∂J_o" + "".join(f"/∂{printer._print(e)}" for e in self._by())


class by_mean_twice(Slope):
    """∂²J_o/∂h_k ∂h_l, where h is the mean."""

    nargs, vector = 2, mean_of_bag
    array = table("bag_hh", d, d, latex=r"\partial^2 J_o / \partial \vec{h} \, \partial \vec{h}")


class by_mean(Slope):
    """∂J_o/∂h_k, where h is the mean."""

    nargs, vector = 1, mean_of_bag
    array = table("bag_h", d, latex=r"\partial J_o / \partial \vec{h}")

    def _eval_derivative(self, by: sp.Expr) -> sp.Expr:
        """The chain rule once more, by center vectors alone."""
        _refuse_index(by)
        if not (isinstance(by, sp.Indexed) and by.base == centers):
            raise ValueError(f"expected an entry of a center vector for a second slope, got {by}")
        slope = sp.diff(mean_of_bag(k_other), by)
        return total(by_mean_twice(*self.args, k_other) * slope, k_other)


class by_sum(Slope):
    """∂J_o/∂s_k, where s is the sum."""

    nargs, vector = 1, sum_of_bag
    array = table("bag_s", d, latex=r"\partial J_o / \partial \vec{s}")


class _ByTable(Slope):
    """∂J_o/∂(u_w)_k."""

    nargs = 2
    array = table("bag_U", V, d, latex=r"\partial J_o / \partial u")

    def _by(self) -> list[sp.Expr]:
        return [U[self.args]]


class by_table_at_mean(_ByTable):
    """∂J_o/∂(u_w)_k, where the vector of the bag is the mean."""

    vector = mean_of_bag


class by_table_at_sum(_ByTable):
    """∂J_o/∂(u_w)_k, where the vector of the bag is the sum."""

    vector = sum_of_bag


def _refuse_index(by: sp.Expr) -> None:
    if {k, k_other, x, rho} & by.free_symbols:
        raise ValueError(f"{by} is named like an index of the chain rule")


class SeenWord(_Open):
    """J_o(h, U), the loss of the seen word; nothing else is known about it."""

    nargs = 0
    by_vector: ClassVar[type[Slope]]
    by_table: ClassVar[type[Slope]]

    def _latex(self, printer: Any) -> str:
        return f"J_o({self.vector.symbol}, U)"

    def _sympystr(self, printer: Any) -> str:
        return f"J_o({self.vector.unicode.partition('[')[0]}, U)"


def _chain_rule(loss: SeenWord, by: sp.Expr) -> sp.Expr:
    """The derivative, over every number the loss depends on."""
    _refuse_index(by)
    through_bag = total(loss.by_vector(k) * sp.diff(loss.vector(k), by), k)
    return through_bag + total(loss.by_table(x, k) * sp.diff(U[x, k], by), k, x)


class at_mean(SeenWord):
    """J_o(h, U) at the mean."""

    vector, by_vector, by_table = mean_of_bag, by_mean, by_table_at_mean
    _eval_derivative = _chain_rule


class at_sum(SeenWord):
    """J_o(s, U) at the sum."""

    vector, by_vector, by_table = sum_of_bag, by_sum, by_table_at_sum
    _eval_derivative = _chain_rule


class mean_loss(Loss):
    """The loss of CBOW by the mean."""

    symbol, name = r"J_{\mathrm{mean}}", "J_mean"
    meaning = "the loss of CBOW where a bag stands for the mean of its words"

    def definition(self) -> sp.Expr:
        return at_mean()


class sum_loss(Loss):
    """The loss of CBOW by the sum."""

    symbol, name = r"J_{\mathrm{sum}}", "J_sum"
    meaning = "the loss of CBOW where a bag stands for the sum of its words"

    def definition(self) -> sp.Expr:
        return at_sum()


def concrete(expr: sp.Expr) -> sp.Expr:
    """Some loss, unlike any of ours, in the place of the open one."""
    some = sp.IndexedBase("some", shape=(d,), real=True)
    score = total(U[o, k_other] * some[k_other], k_other)
    loss = sin(score) + total(U[x_other, k_other] ** 3 * some[k_other] ** 2, k_other, x_other)

    def at(e: Open, *by: sp.Expr) -> sp.Expr:
        slope = sp.diff(loss, *by) if by else loss
        return slope.replace(
            lambda part: isinstance(part, sp.Indexed) and part.base == some,
            lambda part: e.vector(part.indices[0]).definition(),
        )

    def opened(e: Open) -> sp.Expr:
        if isinstance(e, _ByTable):
            return at(e, U[e.args])
        return at(e, *(some[n] for n in e.args))

    return unfold(expr).replace(lambda e: isinstance(e, _Open), opened)
