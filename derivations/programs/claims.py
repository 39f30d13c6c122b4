"""Every program of ``jw2v`` that is read, and what it is proved to be."""

from functools import cache

from derivations.programs.claim import Claim
from derivations.programs.losses import claims_of_losses
from derivations.programs.objectives import claims_of_objectives

__all__ = ["claims"]


@cache
def claims() -> dict[str, Claim]:
    """The claims, by the names of their programs."""
    return {claim.name: claim for claim in (*claims_of_losses(), *claims_of_objectives())}
