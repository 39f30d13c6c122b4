"""Every loss, registered once: each law of ``laws.py`` then holds it to account.

An output loss of the catalogue has its call of ``of_record`` in ``OF_RECORDS``, and every
composition of it is registered with it, by the names of ``OF_COMPOSITIONS``; ``test_catalogue.py``
says what a record lacks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from jw2v import catalogue, gradients, losses, softmax
from strategies import Domain, Draw, Sizes, negatives, paths, row_numbers, signs, weights

Arguments = tuple[np.ndarray, ...]

Proof = tuple[str, str, Sequence[str]]
"""A statement of ``derivations``, one of its closed forms, and the indices that number its axes."""


def as_dtype(dtype: type[np.floating], args: Arguments) -> Arguments:
    """The arguments with every float array in another precision."""
    return tuple(a.astype(dtype) if a.dtype.kind == "f" else a for a in args)


@dataclass(frozen=True, eq=False)
class Subject:
    """What laws are about: a loss, its gradient in closed form, and what it may be called with."""

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
    shared: int = 0
    """of a pair loss and of what is made of it: how many of its last draws all pairs share"""
    pair: "Subject | None" = field(default=None, repr=False)
    """of a window: the pair loss it sums"""
    record: catalogue.Output | None = field(default=None, repr=False)
    """of the catalogue"""

    def __str__(self) -> str:
        return self.name


class Shared(NamedTuple):
    """Arrays that all pairs of a window share, such as those of a tree."""

    arrays: int
    """how many"""
    draw: Callable[[Domain, Sizes], SearchStrategy[Arguments]]


NOTHING = Shared(0, lambda domain, sizes: st.just(()))

PAIR = "a loss of one center word and one outside word"
SHIFT_INVARIANT = "adding the same vector to every row of U changes nothing"
EXCHANGEABLE = "the order of the draws does not matter, and each adds a term of its own"
LOCAL = "only the rows of o and of the draws matter"
PROVED = "its closed form is proved in derivations/, from the same arguments"
WINDOW = "a sum of a pair loss over a window"
PATH = "only the steps of the path of o matter, and the rows of their nodes"
BAG = "a pair loss of one vector that words make together"
DIVIDED = "that vector is a mean: it is rounded"


def pair_loss(
    loss: Callable[..., Any],
    gradient: Callable[..., Any],
    *,
    name: str = "",
    draws: tuple[Draw, ...] = (),
    shared: Shared = NOTHING,
    traits: tuple[str, ...] = (),
    proofs: tuple[Proof, ...] = (),
    regressions: tuple[Arguments, ...] = (),
) -> tuple[Subject, ...]:
    """A loss ``(v_c, o, *draws, *shared, U)``, the skip-gram window that sums it, and its bags."""

    def arguments(domain: Domain, sizes: Sizes) -> SearchStrategy[Arguments]:
        return joined(
            st.tuples(
                domain.vector(sizes),
                row_numbers(sizes),
                *(draw(domain, sizes, ()) for draw in draws),
            ),
            shared.draw(domain, sizes),
            st.tuples(domain.table(sizes)),
        )

    wrt = (0, 2 + len(draws) + shared.arrays)
    pair = Subject(
        name or loss.__name__,
        loss,
        gradient,
        wrt,
        arguments,
        traits=frozenset({PAIR, *traits} | ({PROVED} if proofs else set())),
        proofs=proofs,
        regressions=regressions,
        shared=shared.arrays,
    )

    def window_arguments(domain: Domain, sizes: Sizes) -> SearchStrategy[Arguments]:
        return joined(
            words_and_tables(domain, sizes),
            st.tuples(*(draw(domain, sizes, (sizes.window,)) for draw in draws)),
            shared.draw(domain, sizes),
        )

    return pair, window(pair, window_arguments), *bags(pair, draws, shared)


def joined(*parts: SearchStrategy[Arguments]) -> SearchStrategy[Arguments]:
    """The arrays of several strategies, one after the other."""
    return st.tuples(*parts).map(lambda drawn: tuple(chain.from_iterable(drawn)))


def words_and_tables(domain: Domain, sizes: Sizes) -> SearchStrategy[Arguments]:
    """What windows and bags are made of: a word, those around it, two tables and a mask."""
    return st.tuples(
        row_numbers(sizes),
        row_numbers(sizes, sizes.window),
        domain.table(sizes),
        domain.table(sizes),
        st.lists(st.booleans(), min_size=sizes.window, max_size=sizes.window).map(
            lambda mask: np.array(mask, bool)
        ),
    )


def closed_over(function: Callable[..., Any], given: int, draws: tuple[Any, ...]) -> Any:
    """A pair's function that holds the last ``given`` draws, and the draws that are left."""
    if not given:
        return function, draws
    own, held = draws[:-given], draws[-given:]
    return (lambda v_c, o, *rest: function(v_c, o, *rest[:-1], *held, rest[-1])), own


def window(
    pair: Subject, arguments: Callable[[Domain, Sizes], SearchStrategy[Arguments]]
) -> Subject:
    """The window of a pair loss, as a loss of ``(c, outside, V, U, where, *draws)``."""

    def loss(c, outside, V, U, where, *draws):
        of_pair, draws = closed_over(pair.loss, pair.shared, draws)
        return losses.skip_gram(of_pair, c, outside, V, U, *draws, where=where)

    def gradient(c, outside, V, U, where, *draws):
        of_pair, draws = closed_over(pair.gradient, pair.shared, draws)
        return gradients.skip_gram(of_pair, c, outside, V, U, *draws, where=where)

    return Subject(
        name=f"skip_gram of {pair.name}",
        loss=loss,
        gradient=gradient,
        wrt=(2, 3),
        arguments=arguments,
        traits=frozenset({WINDOW}),
        pair=pair,
        shared=pair.shared,
    )


def bags(pair: Subject, draws: tuple[Draw, ...], shared: Shared) -> tuple[Subject, ...]:
    """The bags of a pair loss, by mean and by sum, of ``(o, context, V, U, where, *draws)``."""

    def arguments(domain: Domain, sizes: Sizes) -> SearchStrategy[Arguments]:
        return joined(
            words_and_tables(domain, sizes),
            st.tuples(*(draw(domain, sizes, ()) for draw in draws)),
            shared.draw(domain, sizes),
        )

    def of(mean: bool) -> Subject:
        def loss(o, context, V, U, where, *draws):
            of_pair, draws = closed_over(pair.loss, pair.shared, draws)
            return losses.cbow(of_pair, o, context, V, U, *draws, where=where, mean=mean)

        def gradient(o, context, V, U, where, *draws):
            of_pair, draws = closed_over(pair.gradient, pair.shared, draws)
            return gradients.cbow(of_pair, o, context, V, U, *draws, where=where, mean=mean)

        return Subject(
            name=f"cbow of {pair.name} by {'mean' if mean else 'sum'}",
            loss=loss,
            gradient=gradient,
            wrt=(2, 3),
            arguments=arguments,
            traits=frozenset({BAG, *([DIVIDED] if mean else [])}),
            pair=pair,
            shared=pair.shared,
        )

    return of(True), of(False)


def _weighted_distance(v_c, o, weight, U):
    return weight / 2 * jnp.sum((v_c - U[o]) ** 2)


def _weighted_distance_gradient(v_c, o, weight, U):
    pull = weight * (v_c - U[o])
    return gradients.PairGradient(v_c=pull, U=jnp.zeros_like(U).at[o].add(-pull))


def of_record(
    record: catalogue.Output, proofs: dict[str, tuple[str, Sequence[str]]], **more: Any
) -> Any:
    """The laws' view of a record: ``proofs`` are the name and the indices of each closed form."""
    draws = {"negatives": (negatives,), "nothing": (), "path": ()}[record.draws]
    proved = ((record.statements[part], *proofs[part]) for part in ("v_c", "U"))
    name, functions = record.loss.__name__, (record.loss, record.gradient)
    if record.draws == "path":
        functions = tuple(map(_on_a_tree, functions))
        more |= {"shared": Shared(2, paths)}
    pair, *composed = pair_loss(*functions, name=name, draws=draws, proofs=tuple(proved), **more)
    return replace(pair, record=record), *composed


def _on_a_tree(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a tree, which takes its two arrays one by one as the laws give them."""
    return lambda v_c, o, nodes, ways, theta: function(v_c, o, (nodes, ways), theta)


OF_COMPOSITIONS = {
    "skip-gram": "skip_gram of {}",
    "cbow": "cbow of {} by mean",
    "cbow-sum": "cbow of {} by sum",
}
"""What the laws call a composition of the catalogue by a pair loss."""

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
    "hierarchical-softmax": of_record(
        catalogue.HIERARCHICAL_SOFTMAX,
        {"v_c": ("v_c", ("i",)), "U": ("theta", ("nprime", "i"))},
        traits=(PATH,),
        regressions=(
            # Paths of all kinds: of one node twice, with a step missing, and with none at all.
            *(
                (
                    np.array([1.0, -2.0]),
                    np.array(o, np.int32),
                    np.array([[1, 0, 1], [0, 2, 1], [2, 2, 2]], np.int32),
                    np.array([[1, -1, -1], [-1, 0, 1], [0, 0, 0]], np.int8),
                    np.arange(6.0).reshape(3, 2) / 8,
                )
                for o in range(3)
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

ROWS = Subject(
    name="negative_sampling_rows",
    loss=losses.negative_sampling_rows,
    gradient=gradients.negative_sampling_rows,
    wrt=(0, 1, 2),
    arguments=lambda domain, sizes: st.tuples(
        domain.vector(sizes), domain.vector(sizes), domain.rows(sizes)
    ),
)

PATH_ROWS = Subject(
    name="hierarchical_softmax_rows",
    loss=losses.hierarchical_softmax_rows,
    gradient=gradients.hierarchical_softmax_rows,
    wrt=(0, 1),
    arguments=lambda domain, sizes: st.tuples(
        domain.vector(sizes), domain.rows(sizes), signs(sizes, sizes.negatives)
    ),
)


def _shared_softmax(c, outside, V, U, where):
    return softmax.shared_naive_softmax(V[c][None], U, outside[None], where[None], chunk=2)


# The same window by another road, a custom derivative among it: in chunks of two words, so that the
# sizes at hand have one chunk, a chunk and a tail, and a loop and a tail.
SHARED = replace(
    PAIR_LOSSES[0][1], name="skip_gram of naive_softmax, in chunks", loss=_shared_softmax
)

SUBJECTS: tuple[Subject, ...] = (
    *(pair for pair, *_ in PAIR_LOSSES),
    ROWS,
    PATH_ROWS,
    *(composed for _, *compositions in PAIR_LOSSES for composed in compositions),
    SHARED,
)
BY_NAME = {subject.name: subject for subject in SUBJECTS}
