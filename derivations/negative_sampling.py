"""The gradients of the negative-sampling loss: statements g1 and h."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sympy as sp
from sympy import Derivative, log
from sympy import KroneckerDelta as Delta

from derivations.assumptions import different, distinct_negatives
from derivations.notation import (
    U,
    i,
    k,
    negatives,
    o,
    r,
    s,
    score,
    sigma,
    total,
    v_c,
    w,
)
from derivations.proof import Claim, Derivation, Step

LOSS = -log(sigma(score(o))) - total(log(sigma(-score(negatives[s]))), s)
SIZES = "every V, d ≥ 1, K ≥ 0"

DISTINCT = distinct_negatives()
NOT_O = different(negatives[s], o, s)


def _positive(word: sp.Expr) -> sp.Expr:
    """1 − σ(u·v), the weight of a true outside word."""
    return 1 - sigma(score(word))


def _pull(by: sp.Expr) -> sp.Expr:
    """−(1 − σ(u_oᵀ v_c)), the slope of the true word's term, times the slope of its score."""
    return -(_positive(o) * by)


def _negative(word: sp.Expr) -> sp.Expr:
    """1 − σ(−u·v), the weight of a negative."""
    return 1 - sigma(-score(word))


def _center() -> Claim:
    closed = _pull(U[o, i]) + total(_negative(negatives[s]) * U[negatives[s], i], s)
    return Claim(
        name="v_c",
        label=r"\frac{\partial J}{\partial (v_c)_i}",
        left=Derivative(LOSS, v_c[i]),
        steps=(
            Step(
                _pull(Derivative(score(o), v_c[i]))
                - total(_negative(negatives[s]) * Derivative(-score(negatives[s]), v_c[i]), s),
                "the derivative of log σ is 1 − σ (statement f), and the chain rule",
            ),
            Step(
                _pull(total(U[o, k] * Delta(i, k), k))
                + total(_negative(negatives[s]) * total(U[negatives[s], k] * Delta(i, k), k), s),
                "derivative of a product; the two signs of a negative cancel",
            ),
            Step(closed, "only the terms k = i are left"),
        ),
        wrong={
            "sign": -closed,
            "sign of the negatives": _pull(U[o, i])
            - total(_negative(negatives[s]) * U[negatives[s], i], s),
            "missing negatives": _pull(U[o, i]),
            "missing positive": closed + _positive(o) * U[o, i],
            "not reflected": _pull(U[o, i])
            + total(_positive(negatives[s]) * U[negatives[s], i], s),
            "transposed": -_positive(o) * U[i, o]
            + total(_negative(negatives[s]) * U[i, negatives[s]], s),
        },
        axes=(i,),
    )


def _true() -> Claim:
    by = U[o, i]
    closed = _pull(v_c[i])
    return Claim(
        name="u_o",
        label=r"\frac{\partial J}{\partial (u_o)_i}",
        left=Derivative(LOSS, by),
        steps=(
            Step(
                _pull(v_c[i]) + total(Delta(negatives[s], o) * _negative(negatives[s]) * v_c[i], s),
                "a score moves with u_o only if it is that of o",
            ),
            Step(closed, "none of the negatives is o"),
        ),
        wrong={"sign": -closed, "not reflected": -sigma(score(o)) * v_c[i]},
        axes=(i,),
        given=(NOT_O,),
    )


def _drawn() -> Claim:
    word = negatives[r]
    closed = _negative(word) * v_c[i]
    return Claim(
        name="u_negatives",
        label=r"\frac{\partial J}{\partial (u_{w_r})_i}",
        left=Derivative(LOSS, U[word, i]),
        steps=(
            Step(
                _pull(Delta(o, word) * v_c[i])
                + total(Delta(negatives[s], word) * _negative(negatives[s]) * v_c[i], s),
                "a score moves with the vector of its own word",
            ),
            Step(
                total(Delta(s, r) * _negative(negatives[s]) * v_c[i], s),
                "none of the negatives is o, and no two of them are the same",
            ),
            Step(closed, "only the term s = r is left"),
        ),
        wrong={
            "sign": -closed,
            "not reflected": _positive(word) * v_c[i],
            "every negative": total(_negative(negatives[s]) * v_c[i], s) + closed,
        },
        axes=(r, i),
        given=(NOT_O, DISTINCT),
    )


def _gradients() -> Derivation:
    return Derivation(
        id="g1",
        heading="negative sampling, distinct words",
        title="∂J_neg/∂v_c, ∂J_neg/∂u_o, ∂J_neg/∂u_{w_s} for distinct negatives",
        statement=(
            r"For $J = -\log \sigma(u_o^\top v_c) - \sum_s \log \sigma(-u_{w_s}^\top v_c)$: "
            r"$\dfrac{\partial J}{\partial v_c} = -(1 - \sigma(u_o^\top v_c))\, u_o + "
            r"\sum_s (1 - \sigma(-u_{w_s}^\top v_c))\, u_{w_s}$, "
            r"$\dfrac{\partial J}{\partial u_o} = -(1 - \sigma(u_o^\top v_c))\, v_c$ and "
            r"$\dfrac{\partial J}{\partial u_{w_s}} = (1 - \sigma(-u_{w_s}^\top v_c))\, v_c$."
        ),
        sizes=SIZES,
        claims=(_center(), _true(), _drawn()),
        loss=LOSS,
        answer=(
            "The gradient by $v_c$ needs no assumption. The other two hold as written only if "
            "no word is named twice: statement h says what they are otherwise."
        ),
        care="A word drawn twice, and $o$ among the negatives.",
    )


def _repeated() -> Derivation:
    closed = (-Delta(w, o) * _positive(w) + total(Delta(negatives[s], w) * _negative(w), s)) * v_c[
        i
    ]
    once = sp.Min(1, total(Delta(negatives[s], w), s))
    claim = Claim(
        name="u_w",
        label=r"\frac{\partial J}{\partial (u_w)_i}",
        left=Derivative(LOSS, U[w, i]),
        steps=(
            Step(
                _pull(Derivative(score(o), U[w, i]))
                + total(_negative(negatives[s]) * Derivative(score(negatives[s]), U[w, i]), s),
                "the derivative of log σ is 1 − σ (statement f), and the chain rule",
            ),
            Step(
                _pull(Delta(o, w) * v_c[i])
                + total(Delta(negatives[s], w) * _negative(negatives[s]) * v_c[i], s),
                "a score moves with the vector of its own word; k = i is left",
            ),
            Step(closed, "where δ is 1 the two words are the same"),
        ),
        wrong={
            "sign": -closed,
            "repeats counted once": (-Delta(w, o) * _positive(w) + once * _negative(w)) * v_c[i],
            "o's own term lost": closed + Delta(w, o) * _positive(w) * v_c[i],
            "o dropped from the negatives": closed
            - Delta(w, o) * total(Delta(negatives[s], w), s) * _negative(w) * v_c[i],
        },
        axes=(w, i),
    )
    return Derivation(
        id="h",
        heading="negative sampling, repeated words",
        title="∂J_neg/∂u_w without distinctness: every repeat counts, o's two terms add",
        statement=(
            r"For any negatives, repeated or not: $\dfrac{\partial J}{\partial u_w} = "
            r"\sum_{s:\, w_s = w} (1 - \sigma(-u_w^\top v_c))\, v_c$ for $w \ne o$; for $w = o$ "
            r"the term $-(1 - \sigma(u_o^\top v_c))\, v_c$ is added."
        ),
        sizes=SIZES,
        claims=(claim,),
        loss=LOSS,
        answer=(
            "A word drawn three times receives three times the term, and a word that is neither "
            "$o$ nor drawn receives nothing. If $o$ is drawn among the negatives both of its "
            "terms add: one pulls it to the center, the other pushes it away. In code this is a "
            "scatter that *adds*; one that *sets* would count repeats once."
        ),
        care="What happens when some $w_s = o$: both terms add.",
    )


GRADIENTS = _gradients()
DERIVATIONS = (GRADIENTS, _repeated())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
