"""The gradients of word2vec in closed form, written from the proved statements.

Nothing here is differentiated by a machine and no loss is imported: ``jax.grad`` of
:mod:`jw2v.losses` and these formulas are two independent roads to the same numbers, and the tests
hold them together with the proofs of ``derivations/``. Arguments and errors are those of the loss
of the same name. Tables are ``[vocab, dim]``, the transpose of the papers' ``U ∈ R^{d×V}``, so the
gradient of statement d is the transpose of what the papers write.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int

from jw2v import _arrays, activations

__all__ = [
    "PairGradient",
    "RowGradient",
    "SkipGramGradient",
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


def naive_softmax(
    v_c: Float[ArrayLike, "dim"], o: Int[ArrayLike, ""], U: Float[ArrayLike, "vocab dim"]
) -> PairGradient:
    """Gradient of :func:`jw2v.losses.naive_softmax`.

    Definition: with ŷ = softmax(Uᵀ v_c) and y the one-hot vector of o,
    ∂J/∂v_c = U(ŷ − y) (b1) and ∂J/∂U = v_c(ŷ − y)ᵀ (d), whose columns are
    ∂J/∂u_w = (ŷ_w − y_w) v_c (c).

    >>> g = naive_softmax(jnp.ones(2), 3, jnp.zeros((4, 2)))
    >>> g.U[:, 0].tolist()
    [0.25, 0.25, 0.25, -0.75]
    """
    name = "naive_softmax"
    v_c = _arrays.real(name, "v_c", v_c, "dim")
    U = _arrays.real(name, "U", U, "vocab", "dim")
    _arrays.same_dim(name, v_c=v_c, U=U)
    o = _arrays.index(name, "o", o, U.shape[0])
    y_hat = jax.nn.softmax(_arrays.dot(U, v_c))
    error = y_hat - _arrays.one_hot(o, y_hat)
    return PairGradient(v_c=_arrays.dot(error, U), U=jnp.outer(error, v_c))


def negative_sampling(
    v_c: Float[ArrayLike, "dim"],
    o: Int[ArrayLike, ""],
    negatives: Int[ArrayLike, "K"],
    U: Float[ArrayLike, "vocab dim"],
) -> PairGradient:
    """Gradient of :func:`jw2v.losses.negative_sampling`.

    Definition: the rows of :func:`negative_sampling_rows` (g1), added up in the table (h): a word
    drawn r times receives r times its term, and o among the negatives receives both of its terms.

    >>> g = negative_sampling(jnp.ones(2), 3, jnp.array([0, 1, 1]), jnp.zeros((4, 2)))
    >>> g.U[:, 0].tolist()
    [0.5, 1.0, 0.0, -0.5]
    """
    name = "negative_sampling"
    v_c = _arrays.real(name, "v_c", v_c, "dim")
    U = _arrays.real(name, "U", U, "vocab", "dim")
    _arrays.same_dim(name, v_c=v_c, U=U)
    o = _arrays.index(name, "o", o, U.shape[0])
    negatives = _arrays.index(name, "negatives", negatives, U.shape[0], "K")
    g = negative_sampling_rows(v_c, _arrays.rows(U, o), _arrays.rows(U, negatives))
    table = jnp.zeros(U.shape, g.u_o.dtype).at[o].add(g.u_o).at[negatives].add(g.u_negatives)
    return PairGradient(v_c=g.v_c, U=table)


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
    name = "negative_sampling_rows"
    v_c = _arrays.real(name, "v_c", v_c, "dim")
    u_o = _arrays.real(name, "u_o", u_o, "dim")
    u_negatives = _arrays.real(name, "u_negatives", u_negatives, "K", "dim")
    _arrays.same_dim(name, v_c=v_c, u_o=u_o, u_negatives=u_negatives)
    signed = jnp.concatenate([u_o[None], -u_negatives])
    delta = activations.sigmoid(-_arrays.dot(signed, v_c))
    signs = jnp.where(jnp.arange(delta.size) == 0, 1, -1).astype(delta.dtype)
    rows = jnp.outer(-signs * delta, v_c)
    return RowGradient(v_c=-_arrays.dot(delta, signed), u_o=rows[0], u_negatives=rows[1:])


def skip_gram(
    pair_gradient: PairGradientFunction,
    c: Int[ArrayLike, ""],
    outside: Int[ArrayLike, "n"],
    V: Float[ArrayLike, "vocab dim"],
    U: Float[ArrayLike, "vocab dim"],
    *draws: ArrayLike,
    where: Bool[ArrayLike, "n"] | None = None,
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
    window = _arrays.window("skip_gram", c, outside, V, U, draws, where)

    def add(total: PairGradient, term: tuple[Array, ...]) -> tuple[PairGradient, None]:
        counts, o, *draw = term
        gradient = pair_gradient(window.v_c, o, *draw, window.U)
        return jax.tree.map(
            lambda t, g: t + jnp.where(counts, g, 0).astype(t.dtype), total, gradient
        ), None

    zero = PairGradient(jnp.zeros_like(window.v_c), jnp.zeros_like(window.U))
    terms = (window.where, window.outside, *window.draws)
    total, _ = jax.lax.scan(add, zero, terms)
    return SkipGramGradient(V=jnp.zeros_like(window.V).at[window.c].set(total.v_c), U=total.U)
