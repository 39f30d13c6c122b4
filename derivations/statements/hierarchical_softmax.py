"""The hierarchical softmax, by any paths and on binary trees: statements k1, k2 and k3."""

import sys
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sympy as sp
from sympy import Derivative, Rational, log
from sympy import KroneckerDelta as Delta

from derivations.engine import arrays
from derivations.engine.notation import (
    c,
    direction,
    i,
    k,
    l,
    number,
    o,
    sigma,
    total,
    v_c,
    w,
    x,
)
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.prose import Defined, Proved, say
from derivations.statements.curvature import XI, along, areas, squared
from derivations.statements.tree_symbols import (
    H,
    decision,
    e,
    goes_on,
    logit,
    n,
    nodes,
    on_the_tree,
    steps,
    theta,
    tree_loss,
    ways,
)

LOSS = tree_loss()
WAY, NODE = ways[o, e], nodes[o, e]
FORM = total(direction[i] * direction[l] * Derivative(LOSS, v_c[i], v_c[l]), l, i)
SLOPE = "the derivative of the log of the logistic function by statement f, and the chain rule"
real = number("x", "a real number", real=True)


def _weight(word: sp.Expr = o) -> sp.Expr:
    """1 − σ(ε θᵀ v_c), the probability of the other way."""
    return 1 - sigma(logit(word))


def _center() -> Claim:
    def summed(weight: sp.Expr, node: sp.Expr = NODE) -> sp.Expr:
        return -total(weight * theta[node, i], e)

    closed = summed(_weight() * WAY)
    code = (1 - WAY) / 2
    return Claim(
        name="v_c",
        left=Derivative(LOSS, v_c[i]),
        steps=(
            Step(
                -total(goes_on(WAY) * _weight() * WAY * Derivative(decision(NODE), v_c[i]), e),
                SLOPE,
            ),
            Step(
                -total(goes_on(WAY) * _weight() * WAY * total(theta[NODE, k] * Delta(i, k), k), e),
                "derivative of a product",
            ),
            Step(closed, "one term of each inner sum is left, and none where the path is over"),
        ),
        wrong={
            "sign": -closed,
            "the way forgotten": summed(goes_on(WAY) * _weight()),
            "the way forgotten inside": summed((1 - sigma(decision(NODE))) * WAY),
            "not reflected": summed(sigma(logit(o)) * WAY),
            "the code for the label": summed(goes_on(WAY) * (code - sigma(decision(NODE)))),
            "counted where the path is over": summed(1 - code - sigma(decision(NODE))),
            "the last node alone": summed(Delta(e, H - 1) * _weight() * WAY),
            "the root left out": summed((1 - Delta(e, 0)) * _weight() * WAY),
            "a mean over the path": closed / H,
            "the path of the center word": summed(_weight(c) * ways[c, e], nodes[c, e]),
        },
        axes=(i,),
    )


def _curvature() -> tuple[Claim, Claim]:
    """The Hessian by the center's vector, and statement t2's bound on it."""
    slope = WAY**2 * sigma(logit(o)) * (1 - sigma(logit(o)))
    hessian = total(slope * theta[NODE, i] * theta[NODE, l], e)
    first = -total(_weight() * WAY * theta[NODE, i], e)
    second = Claim(
        name="Hessian",
        left=Derivative(LOSS, v_c[i], v_c[l]),
        steps=(
            Step(Derivative(first, v_c[l]), "the gradient above"),
            Step(hessian, "statement f, at every step"),
        ),
        wrong={
            "sign": -hessian,
            "every step alike": total(WAY**2 * theta[NODE, i] * theta[NODE, l], e),
            "a way left": total(slope * WAY * theta[NODE, i] * theta[NODE, l], e),
        },
        axes=(i, l),
    )
    bend = total(slope * along(lambda at: theta[NODE, at]) ** 2, e)
    limit = total(WAY**2 * squared(theta, NODE), e) * squared(direction)
    spare = (sigma(logit(o)) - Rational(1, 2)) ** 2 * along(lambda at: theta[NODE, at]) ** 2
    closed = total(WAY**2 * (spare + areas(lambda at: theta[NODE, at]) / 4), e)
    bound = Claim(
        name="bound",
        left=limit / 4 - FORM,
        steps=(
            Step(limit / 4 - bend, "the Hessian, step by step"),
            Step(closed, "statement t1, and Lagrange's identity: sums of squares"),
        ),
        wrong={"sign": -closed, "no area": total(WAY**2 * spare, e)},
        nonnegative=True,
        too_strong={"a fifth": limit / 5 - bend},
    )
    return second, bound


def _node() -> Claim:
    here = ways[o, e] * decision(n)
    by = theta[n, i]
    on = Delta(NODE, n)

    def summed(weight: sp.Expr) -> sp.Expr:
        return -total(weight, e) * v_c[i]

    closed = summed(on * (1 - sigma(here)) * WAY)
    return Claim(
        name="theta",
        left=Derivative(LOSS, by),
        steps=(
            Step(
                -total(goes_on(WAY) * _weight() * WAY * Derivative(decision(NODE), by), e),
                SLOPE,
            ),
            Step(
                -total(on * _weight() * WAY * v_c[i], e),
                "the logit of a node moves with its own vector",
            ),
            Step(closed, "where a delta is not zero its two nodes are the same"),
        ),
        wrong={
            "sign": -closed,
            "the way forgotten": summed(on * goes_on(WAY) * (1 - sigma(here))),
            "the way forgotten inside": summed(on * (1 - sigma(decision(n))) * WAY),
            "not reflected": summed(on * sigma(here) * WAY),
            "every node": summed((1 - sigma(here)) * WAY),
            "the last node alone": summed(Delta(e, H - 1) * on * (1 - sigma(here)) * WAY),
            "the root left out": summed((1 - Delta(e, 0)) * on * (1 - sigma(here)) * WAY),
            "a node met again counted once": -sp.Min(1, total(on, e))
            * total(on * (1 - sigma(here)) * WAY, e)
            / sp.Max(1, total(on, e))
            * v_c[i],
            "a mean over the path": closed / H,
        },
        axes=(n, i),
    )


def _by_center() -> Derivation:
    claim, (second, bound) = _center(), _curvature()
    vector = -arrays.summed(_weight() * WAY * arrays.row(theta, NODE), e)
    return Derivation(
        id="k1",
        heading="hierarchical softmax, by the center's vector",
        functions=("losses.hierarchical_softmax", "gradients.hierarchical_softmax"),
        statement=say(
            "For {}: {}. For every {}, {}.",
            Defined(LOSS),
            Proved(claim, vector),
            XI,
            Proved(bound, sp.Le(FORM, bound.left + FORM, evaluate=False)),
        ),
        claims=(claim, second, bound),
        loss=LOSS,
        answer=say(
            "A word is found by decisions, one at each inner node on its path, and {} is the "
            "negative log of the product of their probabilities. A step whose way is zero is none: "
            "paths may end before the longest. The way is a sign here; a program that keeps a bit "
            "for it must say which of the two is which. The bound is that of statement t2, whose "
            "pairs are here the steps of a path. For the vector of a node it holds as it stands: "
            "its pairs are the centers that the node decides for.",
            LOSS,
        ),
    )


def _by_node() -> Derivation:
    claim = _node()
    weight = -total(Delta(NODE, n) * (1 - sigma(WAY * decision(n))) * WAY, e)
    return Derivation(
        id="k2",
        heading="hierarchical softmax, by the vectors of the nodes",
        functions=("losses.hierarchical_softmax", "gradients.hierarchical_softmax"),
        statement=say(
            "For {}, whichever nodes a path names, repeated or not: {}.",
            Defined(LOSS),
            Proved(claim, weight * arrays.v_c),
        ),
        claims=(claim,),
        loss=LOSS,
        answer=(
            "On a tree a path meets a node once, so that one term is left for each of its nodes "
            "and none for any other. In code this is a scatter that adds."
        ),
    )


def _sum_to_one() -> Derivation:
    taken, at = x, decision(n)
    others = total((1 - Delta(w, taken)) * on_the_tree(w), w)
    longer = (steps(taken) + log(sigma(way)) for way in (at, -at))
    grown = sp.Add(others, *(sp.exp(logs, evaluate=False) for logs in longer))
    closed = total(on_the_tree(w), w)
    split = Claim(
        name="one word more",
        left=grown,
        steps=(
            Step(
                others + on_the_tree(taken) * sigma(at) + on_the_tree(taken) * sigma(-at),
                "a longer path multiplies the probability by that of its last decision",
            ),
            Step(others + on_the_tree(taken), "the two ways of a decision, by the chain below"),
            Step(closed, "the term that was left out"),
        ),
        wrong={
            "one way alone": closed - on_the_tree(taken) * sigma(-at),
            "both ways alike": closed + on_the_tree(taken) * (2 * sigma(at) - 1),
            "the word that was there kept": closed + on_the_tree(taken),
        },
        lemma=True,
    )
    ways_of_one = Claim(
        name="both ways",
        left=sigma(real) + sigma(-real),
        steps=(Step(sp.S.One, "the reflection of statement f"),),
        wrong={"both alike": 2 * sigma(real), "an odd function": sp.S.Zero},
        lemma=True,
    )
    seen = Claim(
        name="the loss",
        left=LOSS,
        steps=(Step(-log(on_the_tree(o)), "the negative log of a product"),),
        wrong={"sign": log(on_the_tree(o)), "no log": on_the_tree(o)},
    )
    return Derivation(
        id="k3",
        heading="on a binary tree all probabilities add up to one",
        functions=("losses.hierarchical_softmax",),
        statement=say(
            "For {}, so that {}, and for any word and any node: {}. So a binary tree that "
            "grows keeps the sum of its probabilities, which for a single word is one.",
            Defined(on_the_tree(w)),
            Proved(seen),
            Proved(split),
        ),
        claims=(split, ways_of_one, seen),
        loss=LOSS,
        lemmas=(
            "induction: each binary tree grows from a single word, whose path is empty and whose "
            "probability is therefore one, by steps that each put an inner node in the place of a "
            "word and hang two words on it, the old one and a new one; read backwards, two words "
            "that hang on one node, which a deepest inner node has, are made one",
        ),
        answer=say(
            "The chain is the step of the induction. Its left side is the sum over the words of "
            "the grown tree: the path of {} is one step longer, which goes one way, and the new "
            "word has the same path but for that step, which goes the other. The vectors of the "
            "nodes may be any, also those of other nodes. For paths that make no tree the sum may "
            "be anything.",
            taken,
        ),
    )


DERIVATIONS = (_by_center(), _by_node(), _sum_to_one())

if __name__ == "__main__":
    from derivations.__main__ import main

    raise SystemExit(main([e.id for e in DERIVATIONS]))
