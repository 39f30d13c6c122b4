"""The losses of word2vec: one example in, one scalar in nats out.

Tables are ``[vocab, dim]``, one row a word; the papers write the same ``U`` with one *column* a
word, so their ``Uᵀ v_c`` is ``U @ v_c`` here. ``v_c`` is the vector of the center word, ``u_w`` the
outside vector of word ``w``, ``o`` the row number of the true outside word.

No argument that is finite in the dtype of the computation makes a NaN of a loss, and none infinity
but a loss that is itself too large for the dtype, as long as Σ|u_i v_i| of every logit is in its
range. On a CPU, XLA takes subnormal numbers, those below 1.2e-38 in float32, for 0.
``benchmarks/accuracy.py`` measures the errors.

Every function is pure and works under every transformation of JAX, forward and reverse, in float32
and float64; half precision works too, with its few digits: what repeats is added up in float32,
but for the rows that a pair loss of one's own reads by itself, as by ``U[o]``: those JAX adds up.
Wrong shapes and dtypes raise ``ValueError``. So does a row number outside the table, −1 among them,
where its value is known: as a number, a list, or an array that no transformation has traced. Where
``jit`` or ``vmap`` traced it, the loss is NaN, and so is every number of its gradient by vectors
and tables (of V, for a draw of :func:`skip_gram`, the row c alone). Row numbers may have any dtype
of integers. Unless ``jax_enable_x64`` is set, JAX cuts those of more than 32 bits where they enter
``jit``, ``vmap`` or ``lax.scan``, and ``jnp.asarray``, before any function here sees them: 2^32 + 1
is word 1 there.

On a mesh with explicit axes JAX refuses to gather what is split over them, for it cannot tell how
to split what comes out: call the functions inside ``jax.shard_map``, where all of them work.
Arguments of different dtypes are promoted, unless ``jax_numpy_dtype_promotion`` is strict.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Integer

from jw2v import _arguments, _arrays

__all__ = [
    "cbow",
    "cross_entropy",
    "hierarchical_softmax",
    "hierarchical_softmax_rows",
    "naive_softmax",
    "negative_sampling",
    "negative_sampling_rows",
    "skip_gram",
]

PairLoss = Callable[..., Float[Array, ""]]
"""``(v_c, o, *draws, U) -> scalar``: the loss of one center word and one outside word."""


def cross_entropy(
    y: Float[ArrayLike, "vocab"], y_hat: Float[ArrayLike, "vocab"]
) -> Float[Array, ""]:
    """Cross-entropy of a predicted distribution against the true one.

    Definition (a): −Σ_w y_w log ŷ_w, which for a one-hot y is −log ŷ_o. A term with y_w = 0 is 0,
    also where ŷ_w = 0.

    Args:
        y: true probabilities.
        y_hat: predicted probabilities.

    Returns:
        Nats, ≥ 0; infinite where something true was given probability 0, or one so small that it
        is subnormal.

    >>> round(float(cross_entropy(jnp.array([0.0, 1.0]), jnp.array([0.5, 0.5]))), 4)
    0.6931
    """
    name = "cross_entropy"
    y = _arrays.real(name, "y", y, "vocab")
    y_hat = _arrays.real(name, "y_hat", y_hat, "vocab")
    _arrays.same_axis(name, 0, "y and y_hat must have one entry a word", y=y, y_hat=y_hat)
    # A true 0 that was given 0 has the value 0 and the gradient 0, where 0/0 would be NaN.
    given = jnp.where((y == 0) & (y_hat == 0), 1, y_hat)
    return 0 - jax.scipy.special.xlogy(y, given).sum()  # the negative of 0 would be -0


def naive_softmax(
    v_c: Float[ArrayLike, "dim"], o: Integer[ArrayLike, ""], U: Float[ArrayLike, "vocab dim"]
) -> Float[Array, ""]:
    """Cross-entropy of the softmax over the whole vocabulary, for one outside word.

    Definition (a–d): J = −log ŷ_o with ŷ = softmax(Uᵀ v_c).

    Args:
        v_c: vector of the center word.
        o: row number of the outside word.
        U: outside vectors, one row a word.

    Returns:
        Nats, ≥ 0. Finite for logits up to ±1e4 in float32 and beyond.

    Source: Mikolov et al., Efficient Estimation of Word Representations in Vector Space (2013).

    >>> U = jnp.zeros((4, 2))
    >>> round(float(naive_softmax(jnp.ones(2), 3, U)), 4)  # log 4: every word equally likely
    1.3863
    """
    v_c, o, U, inside = _arguments.pair("naive_softmax", v_c, o, U)
    z = _arrays.dot(U, v_c)
    loss = 0 - _arrays.rows(jax.nn.log_softmax(_arrays.wide(z)), o).astype(z.dtype)
    # Compiled for dim 1, multiply and subtract are fused into one rounding, and a loss of 0 may
    # come out as -eps/2: 0 again, with the gradient untouched.
    loss -= jax.lax.stop_gradient(jnp.minimum(loss, 0))
    return _arrays.known(inside, loss, z)


def negative_sampling(
    v_c: Float[ArrayLike, "dim"],
    o: Integer[ArrayLike, ""],
    negatives: Integer[ArrayLike, "K"],
    U: Float[ArrayLike, "vocab dim"],
) -> Float[Array, ""]:
    """Binary cross-entropy of one true outside word against K sampled ones.

    Definition (g, h): J = −log σ(u_oᵀ v_c) − Σ_s log σ(−u_{w_s}ᵀ v_c). Every sample counts, so a
    word drawn twice counts twice, and ``o`` drawn among the negatives has both terms.

    Args:
        v_c: vector of the center word.
        o: row number of the outside word.
        negatives: row numbers of the K sampled words; K may be 0.
        U: outside vectors, one row a word.

    Returns:
        Nats, ≥ 0. Finite for logits up to ±1e4 in float32 and beyond.

    Source: Mikolov et al., Distributed Representations of Words and Phrases (2013), equation 4.

    >>> U = jnp.zeros((4, 2))
    >>> loss = negative_sampling(jnp.ones(2), 3, jnp.array([0, 1, 1]), U)
    >>> round(float(loss), 4)  # four decisions of log 2 each
    2.7726
    """
    v_c, words, U, inside = _arguments.samples("negative_sampling", v_c, o, negatives, U)
    z = _arrays.dot(_arrays.rows(U, words), v_c)
    signed = jnp.where(jnp.arange(words.shape[0]) == 0, z, -z)
    loss = 0 - jax.nn.log_sigmoid(signed).sum()
    return _arrays.known(inside, loss, z, U)


def negative_sampling_rows(
    v_c: Float[ArrayLike, "dim"],
    u_o: Float[ArrayLike, "dim"],
    u_negatives: Float[ArrayLike, "K dim"],
) -> Float[Array, ""]:
    """:func:`negative_sampling` from the rows it touches, as a trainer gathers them.

    Definition (g): J = −log σ(u_oᵀ v_c) − Σ_s log σ(−u_{w_s}ᵀ v_c).

    Args:
        v_c: vector of the center word.
        u_o: outside vector of the true outside word.
        u_negatives: outside vectors of the K sampled words.

    Returns:
        Nats, ≥ 0.

    >>> round(float(negative_sampling_rows(jnp.ones(2), jnp.ones(2), -jnp.ones((1, 2)))), 4)
    0.2539
    """
    v_c, u_o, u_negatives = _arguments.samples_in_rows(
        "negative_sampling_rows", v_c, u_o, u_negatives
    )
    positive = jax.nn.log_sigmoid(_arrays.dot(u_o, v_c))
    negative = jax.nn.log_sigmoid(-_arrays.dot(u_negatives, v_c))
    return -positive - negative.sum()


def hierarchical_softmax(
    v_c: Float[ArrayLike, "dim"],
    o: Integer[ArrayLike, ""],
    tree: tuple[Integer[ArrayLike, "vocab length"], Integer[ArrayLike, "vocab length"]],
    theta: Float[ArrayLike, "nodes dim"],
) -> Float[Array, ""]:
    """−log P(o) where a word is found by decisions, one at each node on its path down a tree.

    Definition (k1, k2): J = −Σ_l log σ(ε_l θ_{n_l}ᵀ v_c), where n_l are the inner nodes on the path
    to o and ε_l = ±1 the ways it goes. On every binary tree the probabilities exp(−J) of all words
    add up to 1 (k3).

    Args:
        v_c: vector of the center word.
        o: row number of the outside word, in the tree.
        tree: nodes and signs of the path to each word, as of :func:`jw2v.trees.huffman`. Where a
            sign is 0 the path is over, and it does not matter which node is beside it. Nothing is
            checked but the path to o: it may visit a node twice, and the tree need be none.
        theta: vectors of the inner nodes, one row a node: one less than there are words, or more,
            which stay unread. :func:`skip_gram` and :func:`cbow`, in whose pair loss the tree is
            closed over, are told the number of words by ``vocab``.

    Returns:
        Nats, ≥ 0. Finite for logits up to ±1e4 in float32 and beyond. What is wrong on the path to
        o, a node without a row or a sign that is none of 1, -1 and 0, raises or makes NaN as a row
        number outside a table does.

    Source: Morin and Bengio, Hierarchical Probabilistic Neural Network Language Model (2005);
    Mikolov et al., Distributed Representations of Words and Phrases (2013), equation 3.

    >>> from jw2v.trees import huffman
    >>> tree, theta = huffman([5, 3, 1, 1]), jnp.zeros((3, 2))
    >>> [round(float(hierarchical_softmax(jnp.ones(2), o, tree, theta)), 4) for o in (0, 1, 3)]
    [0.6931, 1.3863, 2.0794]
    """
    path = _arguments.path("hierarchical_softmax", v_c, o, tree, theta)
    v_c, theta = path.v_c, path.theta
    loss = _of_path(v_c, _arrays.rows(theta, path.nodes), path.signs)
    return _arrays.known(path.inside, loss, v_c, theta)


def hierarchical_softmax_rows(
    v_c: Float[ArrayLike, "dim"],
    theta_rows: Float[ArrayLike, "length dim"],
    signs: Integer[ArrayLike, "length"],
) -> Float[Array, ""]:
    """:func:`hierarchical_softmax` from the rows it touches, as a trainer gathers them.

    Definition (k1, k2): J = −Σ_l log σ(ε_l θ_lᵀ v_c), over all l with ε_l ≠ 0.

    Args:
        v_c: vector of the center word.
        theta_rows: vectors of the nodes on the path. What they hold where the sign is 0 does not
            matter.
        signs: 1 or -1 for the ways the path goes, 0 where it is over.

    Returns:
        Nats, ≥ 0.

    >>> rows, signs = jnp.array([[1.0, 1.0], [jnp.nan, 0.0]]), jnp.array([1, 0])
    >>> round(float(hierarchical_softmax_rows(jnp.ones(2), rows, signs)), 4)
    0.1269
    """
    v_c, theta_rows, signs, are_signs = _arguments.path_in_rows(
        "hierarchical_softmax_rows", v_c, theta_rows, signs
    )
    return _arrays.known(are_signs, _of_path(v_c, theta_rows, signs), v_c, theta_rows)


def _of_path(v_c: Array, theta: Array, signs: Array) -> Array:
    """The loss of the decisions along a path."""
    counts = signs != 0
    z = _arrays.dot(jnp.where(counts[:, None], theta, 0), v_c)
    terms = jax.nn.log_sigmoid(jnp.where(signs < 0, -z, z))
    return 0 - jnp.where(counts, terms, 0).sum()


def skip_gram(
    pair_loss: PairLoss,
    c: Integer[ArrayLike, ""],
    outside: Integer[ArrayLike, "n"],
    V: Float[ArrayLike, "vocab dim"],
    U: Float[ArrayLike, "rows dim"],
    *draws: ArrayLike,
    where: Bool[ArrayLike, "n"] | None = None,
    vocab: int | None = None,
) -> Float[Array, ""]:
    """The loss of one window: the sum of a pair loss over the words around a center word.

    Definition (i): J_sg = Σ_j J(v_c, w_{t+j}, U), for any pair loss J.

    Args:
        pair_loss: ``(v_c, o, *draws, U) -> scalar``, such as :func:`naive_softmax` or
            :func:`negative_sampling`. What is no scalar raises ``ValueError``.
        c: row number of the center word.
        outside: row numbers of the n outside words; n may be 0.
        V: center vectors, one row a word.
        U: outside vectors, one row a word.
        *draws: further arrays for the pair loss, each with leading axis n: entry j goes with
            outside word j. For :func:`negative_sampling`, the negatives, of shape [n, K].
        where: True for the outside words that count. What the masked entries of ``outside`` and
            of the draws hold does not matter.
        vocab: how many words there are to predict, where these are not the rows of U: those of
            :func:`hierarchical_softmax` are the nodes of its tree.

    Returns:
        Nats: 0 for an empty window.

    Source: Mikolov et al., Distributed Representations of Words and Phrases (2013), equation 1.

    >>> V = U = jnp.zeros((4, 2))
    >>> round(float(skip_gram(naive_softmax, 0, jnp.array([1, 2]), V, U)), 4)  # 2 log 4
    2.7726
    """
    window = _arguments.window("skip_gram", c, outside, V, U, draws, where, vocab)

    def term(o: Array, *draw: Array) -> Float[Array, ""]:
        return _arrays.scalar("skip_gram", pair_loss(window.v_c, o, *draw, window.U))

    terms = jax.vmap(term)(window.outside, *window.draws)
    loss = jnp.where(window.where, terms, 0).sum()
    return _arrays.known(window.inside, loss, window.V, window.U)


def cbow(
    pair_loss: PairLoss,
    o: Integer[ArrayLike, ""],
    context: Integer[ArrayLike, "n"],
    V: Float[ArrayLike, "vocab dim"],
    U: Float[ArrayLike, "rows dim"],
    *draws: ArrayLike,
    where: Bool[ArrayLike, "n"] | None = None,
    mean: bool = True,
    vocab: int | None = None,
) -> Float[Array, ""]:
    """The loss of one bag of words: the words around a word predict it together.

    Definition (j1, j2): J_cbow = J(h, o, U) for any pair loss J, with h = (1/n) Σ_b v_{w_b} over
    the n words of the context that count, or h = Σ_b v_{w_b} where ``mean`` is False.

    Args:
        pair_loss: ``(h, o, *draws, U) -> scalar``, such as :func:`naive_softmax` or
            :func:`negative_sampling`. What is no scalar raises ``ValueError``.
        o: row number of the word in the middle, in U.
        context: row numbers of the n words around it, in V. A word that is there twice counts
            twice. n may be 0.
        V: vectors of the words around, one row a word.
        U: outside vectors, one row a word: those that are predicted.
        *draws: further arrays for the pair loss, as it takes them: for :func:`negative_sampling`
            the negatives, of shape [K].
        where: True for the words of the context that count. What the masked entries of ``context``
            hold does not matter.
        mean: whether their vectors are averaged or added.
        vocab: as for :func:`skip_gram`.

    Returns:
        Nats: 0 where no word counts. The pair loss is evaluated at h = 0 even then, and its
        gradient must be finite there.

    Source: Mikolov et al., Efficient Estimation of Word Representations in Vector Space (2013).

    >>> V = U = jnp.zeros((4, 2))
    >>> round(float(cbow(naive_softmax, 0, jnp.array([1, 2]), V, U)), 4)  # log 4
    1.3863
    """
    bag = _arguments.bag("cbow", o, context, V, U, draws, where, mean=mean, vocab=vocab)
    loss = _arrays.scalar("cbow", pair_loss(bag.h, bag.o, *bag.draws, bag.U))
    return _arrays.known(bag.inside, jnp.where(bag.full, loss, 0), bag.V, bag.U)
