"""Every loss, registered once: each law of ``laws.py`` then holds it to account.

A record of the catalogue has its call of ``of_record`` in ``OF_RECORDS``, and its skip-gram window
is registered with it; ``test_catalogue.py`` says what a record lacks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from jw2v import catalogue, gradients, losses, softmax
from strategies import Domain, Draw, Sizes, negatives, row_numbers, weights

Arguments = tuple[np.ndarray, ...]

Proof = tuple[str, str, str]
"""A statement of ``derivations``, one of its closed forms, and the indices that number its axes."""


def as_dtype(dtype: type[np.floating], args: Arguments) -> Arguments:
    """The arguments with every float array in another precision."""
    return tuple(a.astype(dtype) if a.dtype.kind == "f" else a for a in args)


@dataclass(frozen=True, eq=False)
class Objective:
    """A loss, its gradient in closed form, and what it may be called with."""

    name: str
    loss: Callable[..., Any]
    gradient: Callable[..., Any]
    wrt: tuple[int, ...]
    """the arguments that the fields of the gradient belong to, in their order"""
    arguments: Callable[[Domain, Sizes], SearchStrategy[Arguments]]
    traits: frozenset[str] = frozenset()
    proofs: tuple[Proof, ...] = ()
    """the proved closed form of each field of the gradient, in their order"""
    regressions: tuple[Arguments, ...] = ()
    """arguments that once broke a law, checked ahead of those drawn"""
    pair: "Objective | None" = field(default=None, repr=False)
    """of a window: the pair loss it sums"""

    def __str__(self) -> str:
        return self.name


PAIR = "a loss of one center word and one outside word"
SHIFT_INVARIANT = "adding the same vector to every row of U changes nothing"
EXCHANGEABLE = "the order of the draws does not matter, and each adds a term of its own"
LOCAL = "only the rows of o and of the draws matter"
PROVED = "its closed form is proved in derivations/, from the same arguments"
WINDOW = "a sum of a pair loss over a window"
BAG = "a pair loss of one vector that words make together"
DIVIDED = "that vector is a mean: it is rounded"


def pair_loss(
    loss: Callable[..., Any],
    gradient: Callable[..., Any],
    *,
    name: str = "",
    draws: tuple[Draw, ...] = (),
    traits: tuple[str, ...] = (),
    proofs: tuple[Proof, ...] = (),
    regressions: tuple[Arguments, ...] = (),
) -> tuple[Objective, ...]:
    """A loss ``(v_c, o, *draws, U)``, the skip-gram window that sums it, and its bags."""

    def arguments(domain: Domain, sizes: Sizes) -> SearchStrategy[Arguments]:
        return st.tuples(
            domain.vector(sizes),
            row_numbers(sizes),
            *(draw(domain, sizes, ()) for draw in draws),
            domain.table(sizes),
        )

    wrt = (0, 2 + len(draws))
    pair = Objective(
        name or loss.__name__,
        loss,
        gradient,
        wrt,
        arguments,
        traits=frozenset({PAIR, *traits} | ({PROVED} if proofs else set())),
        proofs=proofs,
        regressions=regressions,
    )

    def window_arguments(domain: Domain, sizes: Sizes) -> SearchStrategy[Arguments]:
        return st.tuples(
            row_numbers(sizes),
            row_numbers(sizes, sizes.window),
            domain.table(sizes),
            domain.table(sizes),
            st.lists(st.booleans(), min_size=sizes.window, max_size=sizes.window).map(
                lambda mask: np.array(mask, bool)
            ),
            *(draw(domain, sizes, (sizes.window,)) for draw in draws),
        )

    return pair, window(pair, window_arguments), *bags(pair, draws)


def window(
    pair: Objective, arguments: Callable[[Domain, Sizes], SearchStrategy[Arguments]]
) -> Objective:
    """The window of a pair loss, as a loss of ``(c, outside, V, U, where, *draws)``."""

    def loss(c, outside, V, U, where, *draws):
        return losses.skip_gram(pair.loss, c, outside, V, U, *draws, where=where)

    def gradient(c, outside, V, U, where, *draws):
        return gradients.skip_gram(pair.gradient, c, outside, V, U, *draws, where=where)

    return Objective(
        name=f"skip_gram of {pair.name}",
        loss=loss,
        gradient=gradient,
        wrt=(2, 3),
        arguments=arguments,
        traits=frozenset({WINDOW}),
        pair=pair,
    )


def bags(pair: Objective, draws: tuple[Draw, ...]) -> tuple[Objective, ...]:
    """The bags of a pair loss, by mean and by sum, of ``(o, context, V, U, where, *draws)``."""

    def arguments(domain: Domain, sizes: Sizes) -> SearchStrategy[Arguments]:
        return st.tuples(
            row_numbers(sizes),
            row_numbers(sizes, sizes.window),
            domain.table(sizes),
            domain.table(sizes),
            st.lists(st.booleans(), min_size=sizes.window, max_size=sizes.window).map(
                lambda mask: np.array(mask, bool)
            ),
            *(draw(domain, sizes, ()) for draw in draws),
        )

    def of(mean: bool) -> Objective:
        def loss(o, context, V, U, where, *draws):
            return losses.cbow(pair.loss, o, context, V, U, *draws, where=where, mean=mean)

        def gradient(o, context, V, U, where, *draws):
            return gradients.cbow(pair.gradient, o, context, V, U, *draws, where=where, mean=mean)

        return Objective(
            name=f"cbow of {pair.name} by {'mean' if mean else 'sum'}",
            loss=loss,
            gradient=gradient,
            wrt=(2, 3),
            arguments=arguments,
            traits=frozenset({BAG, *([DIVIDED] if mean else [])}),
            pair=pair,
        )

    return of(True), of(False)


def _weighted_distance(v_c, o, weight, U):
    return weight / 2 * jnp.sum((v_c - U[o]) ** 2)


def _weighted_distance_gradient(v_c, o, weight, U):
    pull = weight * (v_c - U[o])
    return gradients.PairGradient(v_c=pull, U=jnp.zeros_like(U).at[o].add(-pull))


def of_record(record: catalogue.Output, proofs: dict[str, tuple[str, str]], **more: Any) -> Any:
    """The laws' view of a record: ``proofs`` are the name and the indices of each closed form."""
    draws = {"negatives": (negatives,), "nothing": ()}[record.draws]
    proved = ((record.statements[part], *proofs[part]) for part in ("v_c", "U"))
    return pair_loss(record.loss, record.gradient, draws=draws, proofs=tuple(proved), **more)


OF_RECORDS = {
    "naive-softmax": of_record(
        catalogue.NAIVE_SOFTMAX,
        {"v_c": ("v_c", "i"), "U": ("U", "wi")},
        traits=(SHIFT_INVARIANT,),
        regressions=(
            # Compiled for one dimension, a loss of 0 came out as -1e-10.
            (np.array([16.949219]), np.array(1, np.int32), np.array([[0.0], [15.949219], [0.0]])),
            # A transposed gradient passed where no example had two dimensions and no zeros.
            (np.array([1.0, -2.0]), np.array(1, np.int32), np.arange(6.0).reshape(3, 2) / 8),
        ),
    ),
    "negative-sampling": of_record(
        catalogue.NEGATIVE_SAMPLING,
        {"v_c": ("v_c", "i"), "U": ("u_w", "wi")},
        traits=(EXCHANGEABLE, LOCAL),
        regressions=(
            # A gradient of the first four draws alone passed where no example had more of them.
            (
                np.array([1.0, -2.0]),
                np.array(0, np.int32),
                np.array([1, 2, 3, 4, 5, 1], np.int32),
                np.arange(12.0).reshape(6, 2) / 8,
            ),
        ),
    ),
}
"""A record of the catalogue each, by its name."""

PAIR_LOSSES = (
    *OF_RECORDS.values(),
    # Not of jw2v: skip-gram is stated for an unspecified loss, so one that nobody thought of, with
    # a draw that is no row number, has to work too.
    pair_loss(
        _weighted_distance,
        _weighted_distance_gradient,
        name="weighted_distance",
        draws=(weights,),
        traits=(LOCAL,),
    ),
)

ROWS = Objective(
    name="negative_sampling_rows",
    loss=losses.negative_sampling_rows,
    gradient=gradients.negative_sampling_rows,
    wrt=(0, 1, 2),
    arguments=lambda domain, sizes: st.tuples(
        domain.vector(sizes), domain.vector(sizes), domain.rows(sizes)
    ),
)


def _shared_softmax(c, outside, V, U, where):
    return softmax.shared_naive_softmax(V[c][None], U, outside[None], where[None], chunk=2)


# The same window by another road, a custom derivative among it: in chunks of two words, so that the
# sizes at hand have one chunk, a chunk and a tail, and a loop and a tail.
SHARED = replace(
    PAIR_LOSSES[0][1], name="skip_gram of naive_softmax, in chunks", loss=_shared_softmax
)

OBJECTIVES: tuple[Objective, ...] = (
    *(pair for pair, *_ in PAIR_LOSSES),
    ROWS,
    *(composed for _, *compositions in PAIR_LOSSES for composed in compositions),
    SHARED,
)
BY_NAME = {objective.name: objective for objective in OBJECTIVES}
