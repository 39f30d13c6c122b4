"""Every program of ``jw2v`` that is read, and what it is proved to be."""

from functools import cache

from derivations.programs.claim import Claim
from derivations.programs.compositions import claims_of_compositions
from derivations.programs.draws import claims_of_draws
from derivations.programs.edges import claims_of_edges
from derivations.programs.halves import claims_of_halves
from derivations.programs.losses import claims_of_losses
from derivations.programs.objectives import claims_of_objectives
from derivations.programs.paths import claims_of_paths
from derivations.programs.predicted import claims_of_predictions
from derivations.programs.steps import claims_of_steps
from derivations.programs.weights import claims_of_weights

__all__ = ["claims"]


@cache
def claims() -> dict[str, Claim]:
    """The claims, by the names of their programs."""
    parts = (
        claims_of_losses,
        claims_of_objectives,
        claims_of_predictions,
        claims_of_compositions,
        claims_of_edges,
        claims_of_paths,
        claims_of_halves,
        claims_of_steps,
        claims_of_draws,
        claims_of_weights,
    )
    return {claim.name: claim for part in parts for claim in part()}
