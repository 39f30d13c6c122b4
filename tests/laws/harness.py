"""How a law is kept, and how one is run over the domain of a registered loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from registry import OBJECTIVES, Objective, as_dtype
from strategies import Domain, Sizes

Check = Callable[[Objective, Any], None]


@dataclass(frozen=True)
class Law:
    """A check, the domain it is made over, and the trait of the losses that it is about."""

    check: Check
    domain: Domain
    trait: str | None
    unless: str | None
    batch: int | None
    max_examples: int

    def applies(self, objective: Objective) -> bool:
        about = self.trait is None or self.trait in objective.traits
        return about and self.unless not in objective.traits

    def examples(self, objective: Objective) -> SearchStrategy[Any]:
        def of_sizes(sizes: Sizes) -> SearchStrategy[Any]:
            one = objective.arguments(self.domain, sizes)
            return one if self.batch is None else st.tuples(*[one] * self.batch)

        return self.domain.sizes.flatmap(of_sizes)


LAWS: dict[str, Law] = {}


def law(
    domain: Domain,
    *,
    trait: str | None = None,
    unless: str | None = None,
    batch: int | None = None,
    max_examples: int = 25,
) -> Callable[[Check], Check]:
    """Add a check to ``LAWS``, under its own name."""

    def register(check: Check) -> Check:
        LAWS[check.__name__] = Law(check, domain, trait, unless, batch, max_examples)
        return check

    return register


def hold(name: str, objective: Objective, *, shrink: bool = True) -> None:
    """Raise ``AssertionError`` for an example where an objective breaks a law."""
    law = LAWS[name]

    @regressions(law, objective)
    @settings(
        max_examples=law.max_examples,
        phases=list(Phase) if shrink else [Phase.explicit, Phase.generate],
        report_multiple_bugs=False,
    )
    @given(law.examples(objective))
    def run(args: Any) -> None:
        with jax.enable_x64(law.domain.dtype == np.float64):
            law.check(objective, args)

    run()


def regressions(law: Law, objective: Objective) -> Callable[[Any], Any]:
    """The examples that once broke a law, ahead of those drawn."""

    def decorate(run: Any) -> Any:
        for args in objective.regressions if law.batch is None else ():
            run = example(as_dtype(law.domain.dtype, args))(run)
        return run

    return decorate


def applicable() -> list[tuple[str, Objective]]:
    """Every law with every loss that it is about."""
    return [(name, o) for name, law in LAWS.items() for o in OBJECTIVES if law.applies(o)]
