"""How a law is kept, and how one is run over the domain of a registered loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from registry import SUBJECTS, Subject, as_dtype
from strategies import Domain, Sizes

Check = Callable[[Subject, Any], None]


@dataclass(frozen=True)
class Law:
    """A check, the domain it is made over, and the trait of the losses that it is about."""

    check: Check
    domain: Domain
    trait: str | None
    unless: str | None
    batch: int | None
    max_examples: int

    def applies(self, subject: Subject) -> bool:
        about = self.trait is None or self.trait in subject.traits
        return about and self.unless not in subject.traits

    def examples(self, subject: Subject) -> SearchStrategy[Any]:
        def of_sizes(sizes: Sizes) -> SearchStrategy[Any]:
            one = subject.arguments(self.domain, sizes)
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


def hold(name: str, subject: Subject, *, shrink: bool = True) -> None:
    """Raise ``AssertionError`` for an example where a subject breaks a law."""
    law = LAWS[name]

    @regressions(law, subject)
    @settings(
        max_examples=law.max_examples,
        phases=list(Phase) if shrink else [Phase.explicit, Phase.generate],
        report_multiple_bugs=False,
    )
    @given(law.examples(subject))
    def run(args: Any) -> None:
        with jax.enable_x64(law.domain.dtype == np.float64):
            law.check(subject, args)

    run()


def regressions(law: Law, subject: Subject) -> Callable[[Any], Any]:
    """The examples that once broke a law, ahead of those drawn."""

    def decorate(run: Any) -> Any:
        for args in subject.regressions if law.batch is None else ():
            run = example(as_dtype(law.domain.dtype, args))(run)
        return run

    return decorate


def applicable() -> list[tuple[str, Subject]]:
    """Every law with every loss that it is about."""
    return [(name, s) for name, law in LAWS.items() for s in SUBJECTS if law.applies(s)]
