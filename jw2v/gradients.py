"""The gradients of word2vec in closed form, written from the proved statements.

Nothing here is differentiated by a machine and no loss is imported: ``jax.grad`` of
:mod:`jw2v.losses` and these formulas are two independent roads to the same numbers, and the tests
hold them together with the proofs of ``derivations/``. Arguments and errors are those of the loss
of the same name, and each part of a gradient has the dtype of what it belongs to, as that of
``jax.grad`` has. Tables are ``[vocab, dim]``, the transpose of the papers' ``U ∈ R^{d×V}``, so the
gradient of statement d is the transpose of what the papers write.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Integer

from jw2v import _arguments, _arrays, activations

__all__ = [
    "PairGradient",
    "PathGradient",
    "RowGradient",
    "SkipGramGradient",
    "add_rows",
    "cbow",
    "hierarchical_softmax",
    "hierarchical_softmax_rows",
    "leaky_relu",
    "naive_softmax",
    "negative_sampling",
    "negative_sampling_rows",
    "relu",
    "sigmoid",
    "skip_gram",
]


class PairGradient(NamedTuple):
    """Gradient of a pair loss."""

    v_c: Float[Array, "dim"]
    """with respect to the center word's vector"""
    U: Float[Array, "vocab dim"]
    """with respect to the table of outside vectors"""


class RowGradient(NamedTuple):
    """Gradient of negative sampling with respect to the rows it touches."""

    v_c: Float[Array, "dim"]
    u_o: Float[Array, "dim"]
    u_negatives: Float[Array, "K dim"]


class PathGradient(NamedTuple):
    """Gradient of the hierarchical softmax with respect to the rows it touches."""

    v_c: Float[Array, "dim"]
    theta_rows: Float[Array, "length dim"]


class SkipGramGradient(NamedTuple):
    """Gradient of the loss of a window."""

    V: Float[Array, "vocab dim"]
    """with respect to the table of center vectors: zero but for row c"""
    U: Float[Array, "vocab dim"]
    """with respect to the table of outside vectors"""


PairGradientFunction = Callable[..., PairGradient]
"""``(v_c, o, *draws, U) -> PairGradient``: the gradient of a pair loss."""


def sigmoid(x: Float[ArrayLike, "*shape"]) -> Float[Array, "*shape"]:
    """The derivative of the logistic function, elementwise.

    Definition (f): σ'(x) = σ(x)(1 − σ(x)) = σ(x) σ(−x). The second form is computed, since it
    keeps its relative accuracy where σ(x) rounds to 1.

    >>> float(sigmoid(0.0))
    0.25
    """
    x = _arrays.real("sigmoid", "x", x, "*shape")
    return activations.sigmoid(x) * activations.sigmoid(-x)


def relu(x: Float[ArrayLike, "*shape"]) -> Float[Array, "*shape"]:
    """The derivative of the rectified linear unit, elementwise.

    Definition (e): 0 for x < 0, 1 for x > 0. At 0 any number of the subgradient [0, 1] would do;
    0 is returned, as ``jax.grad`` of :func:`jw2v.activations.relu` does.

    >>> relu(jnp.array([-2.0, 0.0, 3.0])).tolist()
    [0.0, 0.0, 1.0]
    """
    x = _arrays.real("relu", "x", x, "*shape")
    return jnp.where(x > 0, jnp.ones_like(x), jnp.zeros_like(x))


def leaky_relu(
    x: Float[ArrayLike, "*shape"], alpha: Float[ArrayLike, ""] = 0.01
) -> Float[Array, "*shape"]:
    """The derivative of the leaky rectified linear unit, elementwise.

    Definition (e2): α for x < 0, 1 for x > 0. At 0, where there is none but for α = 1, 1 is
    returned, as ``jax.grad`` of :func:`jw2v.activations.leaky_relu` does.

    >>> leaky_relu(jnp.array([-2.0, 0.0, 3.0]), 0.25).tolist()
    [0.25, 1.0, 1.0]
    """
    x = _arrays.real("leaky_relu", "x", x, "*shape")
    alpha = _arrays.real("leaky_relu", "alpha", alpha)
    return jnp.where(x >= 0, jnp.ones_like(x), jnp.full_like(x, alpha))


def naive_softmax(
    v_c: Float[ArrayLike, "dim"], o: Integer[ArrayLike, ""], U: Float[ArrayLike, "vocab dim"]
) -> PairGradient:
    """Gradient of :func:`jw2v.losses.naive_softmax`.

    Definition: with ŷ = softmax(Uᵀ v_c) and y the one-hot vector of o,
    ∂J/∂v_c = U(ŷ − y) (b1) and ∂J/∂U = v_c(ŷ − y)ᵀ (d), whose columns are
    ∂J/∂u_w = (ŷ_w − y_w) v_c (c).

    >>> g = naive_softmax(jnp.ones(2), 3, jnp.zeros((4, 2)))
    >>> g.U[:, 0].tolist()
    [0.25, 0.25, 0.25, -0.75]
    """
    v_c, o, U, inside = _arguments.pair("naive_softmax", v_c, o, U)
    y_hat = jax.nn.softmax(_arrays.wide(_arrays.dot(U, v_c)))
    y = jax.nn.one_hot(o, U.shape[0], dtype=y_hat.dtype)
    error = y_hat - y + _arrays.begin(inside, y)
    return PairGradient(
        v_c=_arrays.dot(error, _arrays.wide(U)).astype(v_c.dtype),
        U=(error[:, None] * _arrays.wide(v_c)[None]).astype(U.dtype),
    )


def negative_sampling(
    v_c: Float[ArrayLike, "dim"],
    o: Integer[ArrayLike, ""],
    negatives: Integer[ArrayLike, "K"],
    U: Float[ArrayLike, "vocab dim"],
) -> PairGradient:
    """Gradient of :func:`jw2v.losses.negative_sampling`.

    Definition: the rows of :func:`negative_sampling_rows` (g1), added up in the table (h): a word
    drawn r times receives r times its term, and o among the negatives receives both of its terms.

    The gradient for U is a whole table, nearly all of it zeros. For many examples, or a large
    vocabulary, take :func:`negative_sampling_rows` and :func:`add_rows`, whose cost does not grow
    with the vocabulary.

    >>> g = negative_sampling(jnp.ones(2), 3, jnp.array([0, 1, 1]), jnp.zeros((4, 2)))
    >>> g.U[:, 0].tolist()
    [0.5, 1.0, 0.0, -0.5]
    """
    v_c, words, U, inside = _arguments.samples("negative_sampling", v_c, o, negatives, U)
    center, rows = _reused(v_c, _arrays.rows(U, words))
    return PairGradient(
        v_c=(center + _arrays.begin(inside, center)).astype(v_c.dtype),
        U=_arrays.add(_arrays.begin(inside, U), words, rows.astype(U.dtype)),
    )


def negative_sampling_rows(
    v_c: Float[ArrayLike, "dim"],
    u_o: Float[ArrayLike, "dim"],
    u_negatives: Float[ArrayLike, "K dim"],
) -> RowGradient:
    """Gradient of :func:`jw2v.losses.negative_sampling_rows`.

    Definition (g1, in the form of g2): with U_± = [u_o, −u_{w_1}, …, −u_{w_K}] and the one
    reused quantity δ = 1 − σ(U_±ᵀ v_c) = σ(−U_±ᵀ v_c), ∂J/∂v_c = −U_± δ, and the columns of
    −v_c δᵀ times the signs [1, −1, …, −1] are the gradients of u_o, u_{w_1}, …, u_{w_K}.

    >>> negative_sampling_rows(jnp.ones(1), jnp.zeros(1), jnp.zeros((2, 1))).u_negatives.tolist()
    [[0.5], [0.5]]
    """
    v_c, u_o, u_negatives = _arguments.samples_in_rows(
        "negative_sampling_rows", v_c, u_o, u_negatives
    )
    center, rows = _reused(v_c, jnp.concatenate([u_o[None], u_negatives]))
    return RowGradient(
        v_c=center.astype(v_c.dtype),
        u_o=rows[0].astype(u_o.dtype),
        u_negatives=rows[1:].astype(u_negatives.dtype),
    )


def _reused(v_c: Array, u: Array) -> tuple[Array, Array]:
    """The gradient for v_c and those for the rows u_o, u_{w_1}, …, by the reused quantity of g2."""
    signs = jnp.where(jnp.arange(u.shape[0]) == 0, 1, -1).astype(u.dtype)[:, None]
    signed = signs * u
    delta = activations.sigmoid(-_arrays.dot(signed, v_c))
    return -_arrays.dot(delta, signed), -signs * delta[:, None] * v_c[None]


def hierarchical_softmax(
    v_c: Float[ArrayLike, "dim"],
    o: Integer[ArrayLike, ""],
    tree: tuple[Integer[ArrayLike, "vocab length"], Integer[ArrayLike, "vocab length"]],
    theta: Float[ArrayLike, "nodes dim"],
) -> PairGradient:
    """Gradient of :func:`jw2v.losses.hierarchical_softmax`; ``U`` is that for theta.

    Definition: the rows of :func:`hierarchical_softmax_rows` (k1), added up in the table (k2): a
    node that is on the path receives its term, every other nothing.

    The gradient for theta is a whole table, nearly all of it zeros. For many examples, take
    :func:`hierarchical_softmax_rows` and :func:`add_rows`.

    >>> tree = jnp.array([[0, 1], [0, 1], [0, 0]]), jnp.array([[1, 1], [1, -1], [-1, 0]])
    >>> hierarchical_softmax(jnp.ones(1), 1, tree, jnp.zeros((2, 1))).U.tolist()
    [[-0.5], [0.5]]
    """
    path = _arguments.path("hierarchical_softmax", v_c, o, tree, theta)
    v_c, theta = path.v_c, path.theta
    center, rows = _of_path(v_c, _arrays.rows(theta, path.nodes), path.signs)
    return PairGradient(
        v_c=(center + _arrays.begin(path.inside, center)).astype(v_c.dtype),
        U=_arrays.add(_arrays.begin(path.inside, theta), path.nodes, rows.astype(theta.dtype)),
    )


def hierarchical_softmax_rows(
    v_c: Float[ArrayLike, "dim"],
    theta_rows: Float[ArrayLike, "length dim"],
    signs: Integer[ArrayLike, "length"],
) -> PathGradient:
    """Gradient of :func:`jw2v.losses.hierarchical_softmax_rows`.

    Definition: with δ_l = (1 − σ(ε_l θ_lᵀ v_c)) ε_l, which is 0 where the path is over,
    ∂J/∂v_c = −Σ_l δ_l θ_l (k1) and ∂J/∂θ_l = −δ_l v_c (k2).

    >>> g = hierarchical_softmax_rows(jnp.ones(1), jnp.zeros((3, 1)), jnp.array([1, -1, 0]))
    >>> g.theta_rows[:, 0].tolist()
    [-0.5, 0.5, 0.0]
    """
    v_c, theta_rows, signs, are_signs = _arguments.path_in_rows(
        "hierarchical_softmax_rows", v_c, theta_rows, signs
    )
    center, rows = _of_path(v_c, theta_rows, signs)
    return PathGradient(
        v_c=(center + _arrays.begin(are_signs, center)).astype(v_c.dtype),
        theta_rows=(rows + _arrays.begin(are_signs, rows)).astype(theta_rows.dtype),
    )


def _of_path(v_c: Array, theta: Array, signs: Array) -> tuple[Array, Array]:
    """The gradient for v_c and those for the nodes on a path."""
    kept = jnp.where(signs[:, None] != 0, theta, 0)
    z = _arrays.dot(kept, v_c)
    delta = activations.sigmoid(jnp.where(signs < 0, z, -z)) * signs.astype(z.dtype)
    return -_arrays.dot(delta, kept), -delta[:, None] * v_c[None]


def add_rows(
    table: Float[ArrayLike, "vocab dim"],
    ids: Integer[ArrayLike, "*entries"],
    rows: Float[ArrayLike, "*entries dim"],
) -> Float[Array, "vocab dim"]:
    """A table with rows added into it, such as those of :func:`negative_sampling_rows`.

    Definition (h): row w of the result is row w of ``table`` and the sum of all entries whose id is
    w; each repeat counts.

    Args:
        table: a table of vectors, or of zeros to get its gradient.
        ids: row numbers of words, of any shape: one batch of words, or none.
        rows: one row for each of them.

    Returns:
        A table of the dtype of ``table``. In a compiled program that may reuse ``table``, which is
        then donated or the carry of a loop, only the rows that are named are touched; but a table
        of half precision is added to in float32, all of it. As for the losses, a row number outside
        the table raises, or where it is traced makes the table NaN.

    >>> v_c, o, negatives, U = jnp.ones(2), 3, jnp.array([0, 1, 1]), jnp.zeros((4, 2))
    >>> g = negative_sampling_rows(v_c, U[o], U[negatives])
    >>> table = add_rows(add_rows(jnp.zeros_like(U), o, g.u_o), negatives, g.u_negatives)
    >>> table[:, 0].tolist() == negative_sampling(v_c, o, negatives, U).U[:, 0].tolist()
    True
    """
    name = "add_rows"
    table = _arrays.real(name, "table", table, "vocab", "dim")
    rows = _arrays.real(name, "rows", rows, "*shape")
    ids = _arrays.index(name, "ids", ids, table.shape[0], "*shape")
    if rows.shape != (*ids.shape, table.shape[1]):
        raise ValueError(
            f"{name}: rows must hold one row of dim {table.shape[1]} for each of the ids, of shape"
            f" {list(ids.shape)}; got shape {list(rows.shape)}."
        )
    inside = _arrays.inside(ids, table.shape[0])
    rows = rows.astype(table.dtype)
    if inside is True:
        return _arrays.add(table, ids, rows)
    # Not chosen number by number, which would go through all of the table.
    added: Array = jax.lax.cond(
        inside, _arrays.add, lambda *args: jnp.nan * _arrays.add(*args), table, ids, rows
    )
    return added


def skip_gram(
    pair_gradient: PairGradientFunction,
    c: Integer[ArrayLike, ""],
    outside: Integer[ArrayLike, "n"],
    V: Float[ArrayLike, "vocab dim"],
    U: Float[ArrayLike, "rows dim"],
    *draws: ArrayLike,
    where: Bool[ArrayLike, "n"] | None = None,
    vocab: int | None = None,
) -> SkipGramGradient:
    """Gradient of :func:`jw2v.losses.skip_gram`, from the gradient of its pair loss.

    Definition: ∂J_sg/∂U = Σ_j ∂J_j/∂U (i1), ∂J_sg/∂v_c = Σ_j ∂J_j/∂v_c (i2), and
    ∂J_sg/∂v_w = 0 for w ≠ c (i3).

    Args:
        pair_gradient: ``(v_c, o, *draws, U) -> PairGradient``, such as :func:`naive_softmax`.

    The other arguments are those of the loss. One window word is added at a time, so that memory
    stays that of two tables however many there are.

    >>> V = U = jnp.ones((3, 1))
    >>> g = skip_gram(negative_sampling, 0, jnp.array([1]), V, U, jnp.array([[2]]))
    >>> [round(x, 4) for x in g.V[:, 0].tolist()]
    [0.4621, 0.0, 0.0]
    """
    window = _arguments.window("skip_gram", c, outside, V, U, draws, where, vocab)

    def add(total: PairGradient, term: tuple[Array, ...]) -> tuple[PairGradient, None]:
        counts, o, *draw = term
        gradient = _of_pair("skip_gram", pair_gradient(window.v_c, o, *draw, window.U), total)
        return jax.tree.map(
            lambda t, g: t + jnp.where(counts, g, 0).astype(t.dtype), total, gradient
        ), None

    terms = (window.where, window.outside, *window.draws)
    tables = window.v_c, window.U
    zeros = (_arrays.begin(window.inside, _arrays.wide(x)) for x in tables)
    zeros = (_arrays.varying(x, (tables, terms)) for x in zeros)
    total, _ = jax.lax.scan(add, PairGradient(*zeros), terms)
    V = _arrays.begin(window.inside, window.V)
    return SkipGramGradient(V=_arrays.add(V, window.c, total.v_c), U=total.U.astype(window.U.dtype))


def cbow(
    pair_gradient: PairGradientFunction,
    o: Integer[ArrayLike, ""],
    context: Integer[ArrayLike, "n"],
    V: Float[ArrayLike, "vocab dim"],
    U: Float[ArrayLike, "rows dim"],
    *draws: ArrayLike,
    where: Bool[ArrayLike, "n"] | None = None,
    mean: bool = True,
    vocab: int | None = None,
) -> SkipGramGradient:
    """Gradient of :func:`jw2v.losses.cbow`, from the gradient of its pair loss.

    Definition: ∂J_cbow/∂v_q = (count of q in the context / n) ∂J/∂h (j1), or without the division
    where ``mean`` is False (j2); the gradient by U is that of J at h.

    Args:
        pair_gradient: ``(h, o, *draws, U) -> PairGradient``, such as :func:`naive_softmax`.

    The other arguments are those of the loss.

    >>> V = U = jnp.ones((4, 1))
    >>> g = cbow(negative_sampling, 0, jnp.array([1, 1, 3]), V, U, jnp.array([2]))
    >>> [round(x, 4) for x in (3 * g.V[:, 0]).tolist()]  # twice, never, and once
    [0.0, 0.9242, 0.0, 0.4621]
    """
    bag = _arguments.bag("cbow", o, context, V, U, draws, where, mean=mean, vocab=vocab)
    by_h, by_U = _of_pair(
        "cbow", pair_gradient(bag.h, bag.o, *bag.draws, bag.U), PairGradient(bag.h, bag.U)
    )
    entries = bag.share[:, None] * jnp.where(bag.full, by_h, 0)[None]
    return SkipGramGradient(
        V=_arrays.add(_arrays.begin(bag.inside, bag.V), bag.context, entries.astype(bag.V.dtype)),
        U=_arrays.begin(bag.inside, bag.U) + jnp.where(bag.full, by_U, 0).astype(bag.U.dtype),
    )


def _of_pair(function: str, gradient: Any, like: PairGradient) -> PairGradient:
    """What a pair gradient returned; another shape would be broadcast, and its sum be wrong."""
    shapes = [jnp.shape(part) for part in jax.tree.leaves(gradient)]
    expected = [part.shape for part in like]
    unreal = any(map(jnp.iscomplexobj, jax.tree.leaves(gradient)))
    if not isinstance(gradient, PairGradient) or shapes != expected or unreal:
        raise ValueError(
            f"{function}: the pair gradient must return a PairGradient of shapes [dim] and"
            f" [vocab, dim], here {list(map(list, expected))}; got {type(gradient).__name__} of"
            f" shapes {list(map(list, shapes))}{', complex' if unreal else ''}."
        )
    return gradient
