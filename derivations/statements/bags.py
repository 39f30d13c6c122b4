"""CBOW, whose outside words stand for one vector, their mean or their sum: j1, j2, j3.

Programs differ. word2vec.c, fastText and gensim 4.4 divide the mean and leave its gradient
undivided, as many times too large as there are words (kōan: Irsoy, Benton and Stratos, "Corrected
CBOW performs as well as skip-gram", arXiv 2012.15332); gensim 4.4 divides the gradient of the sum.
"""

import sys
from pathlib import Path
from typing import Any, ClassVar

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, Min, sin
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.notation import (
    A_WORD,
    Abbreviation,
    Loss,
    U,
    V,
    centers,
    d,
    declare,
    i,
    index,
    k,
    l,
    m,
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
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, equation, say
from derivations.statements.skip_gram import Open
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


class times_in_bag(Abbreviation):
    """How often a word is in a bag, μ_w = Σ_ρ δ(w, w_ρ)."""

    nargs = 1
    symbol, meaning = r"\mu", r"$\mu_w$ is how often word $w$ is in a bag"

    def definition(self) -> sp.Expr:
        return total(Delta(self.args[0], bag[rho]), rho)

    def _latex(self, printer: Any, exp: str = "") -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\mu_{{{printer._print(self.args[0])}}}{power}"

    def _sympystr(self, printer: Any) -> str:
        return f"μ_{printer._print(self.args[0])}"


class _Vector(Abbreviation):
    """An entry of a vector that a bag stands for."""

    nargs = 1
    sign: ClassVar[str]

    def _latex(self, printer: Any) -> str:
        return f"{self.symbol}_{{{printer._print(self.args[0])}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"{self.sign}[{printer._print(self.args[0])}]"


class sum_of_bag(_Vector):
    """s_k = Σ_ρ (v_{w_ρ})_k."""

    symbol, sign = r"\vec{s}", "s⃗"
    meaning = "the sum of the center vectors of a bag"

    def definition(self) -> sp.Expr:
        return total(centers[bag[rho], self.args[0]], rho)


class mean_of_bag(_Vector):
    """h_k = (1/W) Σ_ρ (v_{w_ρ})_k."""

    symbol, sign = r"\vec{h}", "h⃗"
    meaning = "the mean of the center vectors of a bag"

    def definition(self) -> sp.Expr:
        return total(centers[bag[rho], self.args[0]], rho) / W


class _Open(Open):
    """A function that depends on the vector of a bag and on the outside table."""

    vector: ClassVar[type[_Vector]]

    @property
    def free_symbols(self) -> set[sp.Basic]:
        tables = self.vector(i).free_symbols | U[w, i].free_symbols
        return set().union(tables - {i, w}, *(e.free_symbols for e in self.args))


class _Slope(_Open):
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


class by_mean_twice(_Slope):
    """∂²J_o/∂h_k ∂h_l, where h is the mean."""

    nargs, vector = 2, mean_of_bag
    array = table("bag_hh", d, d, latex=r"\partial^2 J_o / \partial \vec{h} \, \partial \vec{h}")


class by_mean(_Slope):
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


class by_sum(_Slope):
    """∂J_o/∂s_k, where s is the sum."""

    nargs, vector = 1, sum_of_bag
    array = table("bag_s", d, latex=r"\partial J_o / \partial \vec{s}")


class _ByTable(_Slope):
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


class _SeenWord(_Open):
    """J_o(h, U), the loss of the seen word; nothing else is known about it."""

    nargs = 0
    by_vector: ClassVar[type[_Slope]]
    by_table: ClassVar[type[_Slope]]

    def _latex(self, printer: Any) -> str:
        return f"J_o({self.vector.symbol}, U)"

    def _sympystr(self, printer: Any) -> str:
        return f"J_o({self.vector.sign}, U)"


def _chain_rule(loss: _SeenWord, by: sp.Expr) -> sp.Expr:
    """The derivative, over every number the loss depends on."""
    _refuse_index(by)
    through_bag = total(loss.by_vector(k) * sp.diff(loss.vector(k), by), k)
    return through_bag + total(loss.by_table(x, k) * sp.diff(U[x, k], by), k, x)


class at_mean(_SeenWord):
    """J_o(h, U) at the mean."""

    vector, by_vector, by_table = mean_of_bag, by_mean, by_table_at_mean
    _eval_derivative = _chain_rule


class at_sum(_SeenWord):
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


MEAN, SUM = mean_loss(), sum_loss()
COUNT = times_in_bag(w)
ONCE = Min(1, COUNT)
SHARE = COUNT / W
OWN = sp.Mul(1, 1 / W, evaluate=False)
H = arrays.vector(r"\vec{h}", "h⃗", d, lambda i: mean_of_bag(i))
S = arrays.vector(r"\vec{s}", "s⃗", d, lambda i: sum_of_bag(i))
BY_H = arrays.part(H, lambda i, _: by_mean(i))
BY_S = arrays.part(S, lambda i, _: by_sum(i))


def _apart(*factors: sp.Expr) -> sp.Expr:
    """A product whose factors stand side by side on the page."""
    return sp.Mul(*factors, evaluate=False)


def _differentiable(loss: _SeenWord, vector: arrays.Array) -> str:
    return say(
        "the chain rule, which is built in and not derived: {} is differentiable in the entries "
        "of {} and {}, and nothing else is known about it",
        loss,
        vector,
        arrays.U,
    )


def _table(loss: Loss, slope: type[_Slope], vector: arrays.Array) -> Claim:
    closed = slope(w, i)
    return Claim(
        name="U",
        left=Derivative(loss, U[w, i]),
        steps=(
            Step(
                total(slope(x, k) * Delta(w, x) * Delta(i, k), k, x),
                say("the chain rule, built in; no entry of {} is one of {}", vector, arrays.U),
            ),
            Step(closed, "the term of this entry is left"),
        ),
        wrong={
            "sign": -closed,
            "a mean of the gradient": _apart(OWN, closed),
            "the seen word's row alone": Delta(w, o) * closed,
            "transposed": slope(i, w),
        },
        axes=(w, i),
        concrete=concrete,
    )


def _mean() -> Derivation:
    by, slope = centers[w, i], by_mean(i)
    closed = _apart(SHARE, slope)
    moved = total(Delta(w, bag[rho]), rho) * Delta(i, k) / W
    claim = Claim(
        name="v_w",
        left=Derivative(MEAN, by),
        steps=(
            Step(
                total(by_mean(k) * Derivative(mean_of_bag(k), by), k),
                say("the chain rule, built in; no entry of {} is one of {}", arrays.U, arrays.v(w)),
            ),
            Step(
                total(_apart(by_mean(k), moved), k),
                say("each place of the bag that holds {} moves the mean", w),
            ),
            Step(closed, say("the term of {} is left, and the places are counted", i)),
        ),
        wrong={
            "sign": _apart(-SHARE, slope),
            "the mean divided, its gradient not": COUNT * slope,
            "the size of a whole window": _apart(COUNT / (2 * m), slope),
            "a repeated word counted once": _apart(ONCE / W, slope),
            "every word moved": _apart(OWN, slope),
        },
        axes=(w, i),
        concrete=concrete,
    )
    by_table = _table(MEAN, by_table_at_mean, H)
    return Derivation(
        id="j1",
        heading="a bag of words, by its mean",
        statement=say(
            "Let {} words stand for the mean of their center vectors, {}, and {} of them be the "
            "word {}. For {}: {} and {}.",
            W,
            Defined(mean_of_bag(i)),
            Defined(COUNT),
            w,
            Defined(MEAN),
            Proved(claim, SHARE * BY_H),
            Proved(by_table, arrays.part(arrays.U, lambda i, w: by_table_at_mean(w, i))),
        ),
        claims=(claim, by_table),
        loss=MEAN,
        lemmas=(_differentiable(at_mean(), H),),
        answer=say(
            "This is CBOW: the outside words of a window are the bag, their vectors are rows of "
            "the table of center vectors, and {} is the loss of the word {} between them, whose "
            "vector is a row of the outside table. {} is how many words the window has, fewer at "
            "the edges of a text. Each place counts, {}: a word that is there twice moves twice as "
            "far, and one that is not there does not move. Some programs divide the mean but not "
            "its gradient: every word moves too far, by the factor {}, which differs from bag to "
            "bag, so that no one rate makes up for it.",
            at_mean(),
            o,
            W,
            equation(total(COUNT, w), W),
            W,
        ),
    )


def _sum() -> Derivation:
    by, slope = centers[w, i], by_sum(i)
    closed = COUNT * slope
    claim = Claim(
        name="v_w",
        left=Derivative(SUM, by),
        steps=(
            Step(
                total(by_sum(k) * Derivative(sum_of_bag(k), by), k),
                say("the chain rule, built in; no entry of {} is one of {}", arrays.U, arrays.v(w)),
            ),
            Step(
                total(by_sum(k) * total(Delta(w, bag[rho]), rho) * Delta(i, k), k),
                say("each place of the bag that holds {} moves the sum", w),
            ),
            Step(closed, say("the term of {} is left, and the places are counted", i)),
        ),
        wrong={
            "sign": -closed,
            "the gradient divided, the sum not": _apart(SHARE, slope),
            "a repeated word counted once": ONCE * slope,
            "every word moved": slope,
        },
        axes=(w, i),
        concrete=concrete,
    )
    by_table = _table(SUM, by_table_at_sum, S)
    return Derivation(
        id="j2",
        heading="a bag of words, by its sum",
        statement=say(
            "Let {} words stand for the sum of their center vectors, {}, and {} of them be the "
            "word {}. For {}: {} and {}.",
            W,
            Defined(sum_of_bag(i)),
            Defined(COUNT),
            w,
            Defined(SUM),
            Proved(claim, COUNT * BY_S),
            Proved(by_table, arrays.part(arrays.U, lambda i, w: by_table_at_sum(w, i))),
        ),
        claims=(claim, by_table),
        loss=SUM,
        lemmas=(_differentiable(at_sum(), S),),
        answer=(
            "What is not divided on the way to the loss is not divided on the way back, as some "
            "programs do. The sum grows with the number of words, and so does what a bag moves in "
            "all."
        ),
    )


def _curvature() -> Derivation:
    slope = by_mean_twice(i, l)
    closed = _apart(SHARE**2, slope)
    claim = Claim(
        name="Hessian",
        left=Derivative(MEAN, centers[w, i], centers[w, l]),
        steps=(
            Step(Derivative(_apart(SHARE, by_mean(i)), centers[w, l]), "statement j1"),
            Step(
                SHARE * total(by_mean_twice(i, k) * Derivative(mean_of_bag(k), centers[w, l]), k),
                "the chain rule once more",
            ),
            Step(closed, "the mean moves as in statement j1"),
        ),
        wrong={
            "sign": _apart(-(SHARE**2), slope),
            "the square of one place's share, added up": _apart(COUNT / W**2, slope),
            "the share instead of its square": _apart(SHARE, slope),
            "one place's share instead of the square": _apart(OWN, slope),
            "a repeated word counted once": _apart(ONCE / W**2, slope),
        },
        axes=(w, i, l),
        concrete=concrete,
    )
    here = Delta(w, bag[rho])
    return Derivation(
        id="j3",
        heading="the curvature of a bag",
        statement=say(
            "Let {} words stand for the mean of their center vectors, {}, and {} of them be the "
            "word {}. For {}: {}.",
            W,
            Defined(mean_of_bag(i)),
            Defined(COUNT),
            w,
            Defined(MEAN),
            Proved(claim),
        ),
        claims=(claim,),
        loss=MEAN,
        lemmas=(
            say(
                "the chain rule, which is built in and not derived: {} is twice differentiable in "
                "the entries of {}, and nothing else is known about it",
                at_mean(),
                H,
            ),
        ),
        answer=say(
            "The factor is the square of a word's share of the bag: a bound on the curvature by "
            "the mean, multiplied by it, is one by the word's own vector. In code it is added up "
            "over the places of a bag, so each place that holds the word carries the share of the "
            "word multiplied by that of the place: {}. With the square of the place's own share it "
            "would come out too small wherever a word repeats, {}, and a step could be longer than "
            "the bound allows.",
            equation(total(_apart(here, COUNT / W**2), rho), COUNT**2 / W**2),
            equation(total(here / W**2, rho), COUNT / W**2),
        ),
    )


DERIVATIONS = (_mean(), _sum(), _curvature())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
