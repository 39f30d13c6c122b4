"""The binary tree of statements k1 to k3: the paths to its words, its inner nodes, decisions."""

import sympy as sp
from sympy import log

from derivations.engine.notation import (
    Entry,
    Loss,
    RowProduct,
    V,
    d,
    holds,
    index,
    k,
    number,
    o,
    sigma,
    table,
    total,
    v_c,
)
from derivations.engine.notation import bounds as _bounds

Q = number("Q", "how many inner nodes a tree has", integer=True, positive=True)
H = number("H", "how many steps the longest path of a tree has", integer=True, nonnegative=True)
e = index("e", (sp.Integer(0), H - 1), "a step of a path, from the root on")
n = index("nprime", (sp.Integer(0), Q - 1), "any inner node", latex="n'")
nodes = table(
    "nodes",
    V,
    H,
    latex="n",
    meaning="$n_{we}$ is the inner node at step $e$ of the path to word $w$",
    integer=True,
    nonnegative=True,
)
ways = table(
    "ways",
    V,
    H,
    latex=r"\varepsilon",
    meaning=r"$\varepsilon_{we}$ is the way that the path to word $w$ goes at step $e$, 1 or -1; 0 "
    "where the path is over",
    integer=True,
)
theta = table(
    "theta", Q, d, latex=r"\theta", meaning=r"$\theta_{n'}$ is the vector of inner node $n'$"
)
_bounds["nodes"] = (sp.Integer(0), Q - 1)
_bounds["ways"] = (sp.Integer(-1), sp.Integer(1))


class decision(RowProduct):
    """The logit of an inner node, θ_nᵀ v_c."""

    factors, unicode = (r"\theta", "v_c"), "θ_{}ᵀv_c"

    def definition(self) -> sp.Expr:
        return total(theta[self.args[0], k] * v_c[k], k)


def goes_on(way: sp.Expr) -> sp.Expr:
    """1 where a path goes either way, 0 where it is over."""
    return holds(sp.Ne(way, 0))


def logit(word: sp.Expr) -> sp.Expr:
    """ε θᵀ v_c at a step of the path to a word: large where the path is likely to go its way."""
    return ways[word, e] * decision(nodes[word, e])


def steps(word: sp.Expr) -> sp.Expr:
    """The logs of the probabilities of all decisions on the path to a word."""
    return total(goes_on(ways[word, e]) * log(sigma(logit(word))), e)


class tree_loss(Loss):
    """The hierarchical softmax, −Σ_e [ε_{oe} ≠ 0] log σ(ε_{oe} θ_{n_{oe}}ᵀ v_c)."""

    symbol, name = r"J_{\mathrm{tree}}", "J_tree"
    meaning = "the loss of the hierarchical softmax"

    def definition(self) -> sp.Expr:
        return -steps(o)


class on_the_tree(Entry):
    """The probability of a word: the product of those of the decisions on its path."""

    symbol, meaning = "P", "$P_w$ is the probability that a tree gives word $w$"
    unicode = "P_{}"

    def definition(self) -> sp.Expr:
        return sp.exp(steps(self.args[0]))
