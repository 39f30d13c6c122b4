"""Proofs, in SymPy, of everything ``jw2v`` computes, for every size of its tables.

>>> from derivations import statements
>>> b1 = statements()["b1"]
>>> b1.loss, b1.sizes
(J_naive, 'every V, d ≥ 1')
>>> b1.closed["v_c"]
Sum((-y_w + ŷ_w)*U[w, i], (w, 0, V - 1))
>>> statements()["g1"]["u_o"].given[0].relation
Ne(negatives[s], o)
"""

from functools import lru_cache
from importlib import import_module

from derivations.evaluation import evaluate
from derivations.proof import Assumption, Claim, Derivation, Step, failures

__all__ = ["Assumption", "Claim", "Derivation", "Step", "evaluate", "failures", "statements"]

FAMILIES = (
    "softmax",
    "scores",
    "sums",
    "stationary",
    "convexity",
    "descent",
    "activations",
    "negative_sampling",
    "reused",
    "counting",
    "skip_gram",
    "curvature",
    "softmax_curvature",
    "softmax_step",
    "batches",
    "runs",
)
"""The files that hold the derivations."""


@lru_cache(maxsize=1)
def statements() -> dict[str, Derivation]:
    """Every derivation by its id: a to i3, s1 to s5, then t1 to t7, what the trainer relies on."""
    files = (import_module(f"derivations.{name}") for name in FAMILIES)
    found: dict[str, Derivation] = {e.id: e for file in files for e in file.DERIVATIONS}
    return {id: found[id] for id in sorted(found, key=lambda id: (id[0] == "t", id))}
