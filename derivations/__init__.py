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
from pkgutil import iter_modules

from derivations.engine.evaluation import evaluate
from derivations.engine.proof import Assumption, Claim, Derivation, Step, failures

__all__ = ["Assumption", "Claim", "Derivation", "Step", "evaluate", "failures", "statements"]

_room = import_module("derivations.statements")  # whose first import would hide the function below


@lru_cache(maxsize=1)
def statements() -> dict[str, Derivation]:
    """Every derivation by its id: a to s5, then t1 to t7, on which the trainer relies."""
    files = [import_module(f"{_room.__name__}.{m.name}") for m in iter_modules(_room.__path__)]
    every = [e for file in files for e in getattr(file, "DERIVATIONS", ())]
    found: dict[str, Derivation] = {e.id: e for e in every}
    if len(found) < len(every):
        raise ValueError("two statements have one id")
    return {id: found[id] for id in sorted(found, key=lambda id: (found[id].for_trainer, id))}
