"""Plausible mistakes, each with the laws that refuse it: ``test_mutations.py`` sees them do so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jw2v import gradients, losses
from jw2v.activations import sigmoid
from jw2v.gradients import PairGradient, PathGradient, RowGradient, SkipGramGradient
from registry import BY_NAME

SOFTMAX = "naive_softmax"
SAMPLING = "negative_sampling"
ROWS = "negative_sampling_rows"
TREE = "hierarchical_softmax"
PATH_ROWS = "hierarchical_softmax_rows"
WINDOW = "skip_gram of negative_sampling"
BAG = "cbow of negative_sampling by mean"
SUM_BAG = "cbow of negative_sampling by sum"

AUTODIFF = "autodiff_is_the_closed_form"
LARGE = f"{AUTODIFF}_at_a_large_size"
MUTANTS: list[Any] = []


def mutant(
    subject: str, part: str, *broken: str, examples: tuple[Any, ...] = ()
) -> Callable[[Any], Any]:
    """Put a wrong loss or gradient in the place of the right one; name the laws that it breaks.

    ``examples`` are tried before those drawn, where these may miss what is wrong.
    """

    def register(function: Any) -> Any:
        right = BY_NAME[subject]
        regressions = (*right.regressions, *examples)
        wrong = replace(right, regressions=regressions, **{part: function})
        for law in broken:
            case = f"{subject} {part} {function.__name__} - {law}"
            MUTANTS.append(pytest.param(law, wrong, id=case))
        return function

    return register


# Naive softmax


def softmax_gradient(v_c, o, U, *, y_hat=jax.nn.softmax):
    y_hat = y_hat(U @ v_c)
    return y_hat, y_hat - jax.nn.one_hot(o, len(U), dtype=U.dtype)


@mutant(SOFTMAX, "gradient", AUTODIFF, "differences_are_the_closed_form")
@mutant(SOFTMAX, "gradient", "row_gradients_sum_to_zero", "shifting_every_row_changes_nothing")
def forgets_y(v_c, o, U):
    y_hat, _ = softmax_gradient(v_c, o, U)
    return PairGradient(y_hat @ U, jnp.outer(y_hat, v_c))


@mutant(SOFTMAX, "gradient", AUTODIFF)
def flips_the_sign(v_c, o, U):
    return jax.tree.map(jnp.negative, gradients.naive_softmax(v_c, o, U))


@mutant(SOFTMAX, "gradient", AUTODIFF)
def swaps_the_outer_product(v_c, o, U):
    right = gradients.naive_softmax(v_c, o, U)
    return right._replace(U=right.U.T.reshape(U.shape))


@mutant(SOFTMAX, "gradient", AUTODIFF, "dtypes_and_shapes_are_those_of_the_arguments")
def returns_the_transpose(v_c, o, U):
    right = gradients.naive_softmax(v_c, o, U)
    return right._replace(U=right.U.T)


@mutant(SOFTMAX, "gradient", AUTODIFF)
def drops_the_center(v_c, o, U):
    return gradients.naive_softmax(v_c, o, U)._replace(v_c=jnp.zeros_like(v_c))


@mutant(SOFTMAX, "gradient", AUTODIFF, "row_gradients_sum_to_zero")
def moves_only_o(v_c, o, U):
    right = gradients.naive_softmax(v_c, o, U)
    return right._replace(U=jnp.zeros_like(U).at[o].set(right.U[o]))


@mutant(SOFTMAX, "gradient", "losses_and_gradients_are_finite")
def exponentiates_unshifted(v_c, o, U):
    _, error = softmax_gradient(v_c, o, U, y_hat=lambda z: jnp.exp(z) / jnp.exp(z).sum())
    return PairGradient(error @ U, jnp.outer(error, v_c))


@mutant(SOFTMAX, "loss", "losses_and_gradients_are_finite", "single_precision_is_accurate")
def takes_the_logarithm_of_softmax(v_c, o, U):
    return -jnp.log(jax.nn.softmax(U @ v_c)[o])


@mutant(SOFTMAX, "loss", "shifting_every_row_changes_nothing", AUTODIFF)
def normalises_with_one_word_more(v_c, o, U):
    z = U @ v_c
    return jax.nn.logsumexp(jnp.append(z, 0)) - z[o]


@mutant(SOFTMAX, "loss", "single_precision_is_accurate")
def rounds_logits_as_some_accelerators_do(v_c, o, U):
    z = U @ v_c
    z = z.astype(jnp.bfloat16).astype(z.dtype) if z.dtype == jnp.float32 else z
    return -jax.nn.log_softmax(z)[o]


@mutant(SOFTMAX, "loss", "compiled_is_eager")
def knows_when_it_is_traced(v_c, o, U):
    return losses.naive_softmax(v_c, o, U) * (1 if isinstance(U, jax.core.Tracer) else 2)


@mutant(SOFTMAX, "loss", "batched_is_a_loop")
def averages_over_the_batch(v_c, o, U):
    @jax.custom_batching.custom_vmap
    def loss(v_c, o, U):
        return losses.naive_softmax(v_c, o, U)

    @loss.def_vmap
    def over_batch(size, in_batched, *args):
        one = jax.vmap(losses.naive_softmax)(*args)
        return jnp.full(size, one.mean()), True

    return loss(v_c, o, U)


# Negative sampling


@mutant(SAMPLING, "gradient", AUTODIFF, "every_draw_adds_its_own_term")
@mutant(SAMPLING, "gradient", "proofs_are_the_closed_form")
def counts_repeats_once(v_c, o, negatives, U):
    g = gradients.negative_sampling_rows(v_c, U[o], U[negatives])
    table = jnp.zeros_like(U).at[negatives].set(g.u_negatives).at[o].add(g.u_o)
    return PairGradient(g.v_c, table)


@mutant(SAMPLING, "gradient", AUTODIFF)
def overwrites_o_among_the_negatives(v_c, o, negatives, U):
    g = gradients.negative_sampling_rows(v_c, U[o], U[negatives])
    table = jnp.zeros_like(U).at[negatives].add(g.u_negatives).at[o].set(g.u_o)
    return PairGradient(g.v_c, table)


@mutant(SAMPLING, "gradient", AUTODIFF, "the_order_of_draws_does_not_matter")
def drops_the_last_draw(v_c, o, negatives, U):
    return gradients.negative_sampling(v_c, o, negatives[:-1], U)


@mutant(SAMPLING, "gradient", "autodiff_is_the_closed_form_at_any_size")
def reads_four_draws_at_most(v_c, o, negatives, U):
    return gradients.negative_sampling(v_c, o, negatives[:4], U)


def flips_every_64th(array):
    """Columns of the last axis: what no small size has."""
    return jnp.where(jnp.arange(array.shape[-1]) % 64 == 63, -array, array)


@mutant(SOFTMAX, "gradient", LARGE)
def flips_columns_of_the_softmax(v_c, o, U):
    return jax.tree.map(flips_every_64th, gradients.naive_softmax(v_c, o, U))


@mutant(SAMPLING, "gradient", LARGE)
def flips_columns_of_the_table(v_c, o, negatives, U):
    right = gradients.negative_sampling(v_c, o, negatives, U)
    return right._replace(U=flips_every_64th(right.U))


@mutant(SAMPLING, "loss", LARGE)
def flips_columns_of_the_center(v_c, o, negatives, U):
    return losses.negative_sampling(flips_every_64th(v_c), o, negatives, U)


@mutant(SAMPLING, "gradient", LARGE)
def reads_128_draws_at_most(v_c, o, negatives, U):
    return gradients.negative_sampling(v_c, o, negatives[:128], U)


@mutant(SAMPLING, "loss", LARGE)
def holds_row_numbers_in_eight_bits(v_c, o, negatives, U):
    return losses.negative_sampling(v_c, o, negatives % 256, U)


@mutant(SAMPLING, "gradient", "rows_that_were_not_drawn_do_not_matter")
def decays_every_row(v_c, o, negatives, U):
    right = gradients.negative_sampling(v_c, o, negatives, U)
    return right._replace(U=right.U + 1e-20 * U)


@mutant(SAMPLING, "loss", "losses_and_gradients_are_finite")
def takes_the_logarithm_of_sigmoid(v_c, o, negatives, U):
    return -jnp.log(sigmoid(U[o] @ v_c)) - jnp.log(sigmoid(-U[negatives] @ v_c)).sum()


@mutant(SAMPLING, "loss", "losses_are_not_negative", AUTODIFF)
def forgets_the_minus(v_c, o, negatives, U):
    return -losses.negative_sampling(v_c, o, negatives, U)


@mutant(SAMPLING, "loss", AUTODIFF)
def clips_the_logits(v_c, o, negatives, U):
    positive, negative = (jnp.clip(U[w] @ v_c, -6, 6) for w in (o, negatives))
    return -jax.nn.log_sigmoid(positive) - jax.nn.log_sigmoid(-negative).sum()


@mutant(SAMPLING, "loss", "dtypes_and_shapes_are_those_of_the_arguments")
def always_answers_in_float32(v_c, o, negatives, U):
    return losses.negative_sampling(v_c, o, negatives, U).astype(jnp.float32)


# Its rows: the one reused quantity and the signs of g2


def reused(v_c, u_o, u_negatives):
    signed = jnp.concatenate([u_o[None], -u_negatives])
    signs = jnp.ones(len(signed)).at[1:].set(-1)
    return signed, sigmoid(-signed @ v_c), signs


def as_rows(v_c, table):
    return RowGradient(v_c, table[0], table[1:])


@mutant(ROWS, "gradient", AUTODIFF, "differences_are_the_closed_form")
def loses_the_signs_of_the_rows(v_c, u_o, u_negatives):
    signed, delta, _ = reused(v_c, u_o, u_negatives)
    return as_rows(-delta @ signed, jnp.outer(-delta, v_c))


@mutant(ROWS, "gradient", LARGE)
def flips_columns_of_the_rows(v_c, u_o, u_negatives):
    right = gradients.negative_sampling_rows(v_c, u_o, u_negatives)
    return right._replace(u_negatives=flips_every_64th(right.u_negatives))


@mutant(ROWS, "gradient", AUTODIFF)
def applies_the_signs_twice(v_c, u_o, u_negatives):
    signed, delta, signs = reused(v_c, u_o, u_negatives)
    return as_rows(-(signs * delta) @ signed, jnp.outer(-signs * delta, v_c))


@mutant(ROWS, "gradient", AUTODIFF)
def takes_sigma_for_its_complement(v_c, u_o, u_negatives):
    signed, delta, signs = reused(v_c, u_o, u_negatives)
    return as_rows(-(1 - delta) @ signed, jnp.outer(-signs * (1 - delta), v_c))


# The hierarchical softmax, arguments (v_c, o, nodes, ways, theta)

OFF = "what_is_not_on_the_path_does_not_matter"


def on_path(v_c, o, nodes, ways, theta):
    """The logits of the nodes on the path, and the ways it goes, as real numbers."""
    return theta[nodes[o]] @ v_c, ways[o].astype(theta.dtype)


def of_weights(weights, v_c, o, nodes, theta):
    """The gradient whose every step has a weight: what multiplies -θ and -v_c."""
    table = jnp.zeros_like(theta).at[nodes[o]].add(-jnp.outer(weights, v_c))
    return PairGradient(-weights @ theta[nodes[o]], table)


@mutant(TREE, "gradient", AUTODIFF, "differences_are_the_closed_form")
@mutant(TREE, "gradient", "proofs_are_the_closed_form")
def takes_the_code_for_the_label(v_c, o, nodes, ways, theta):
    """word2vec.c's label is 1 less its code."""
    z, e = on_path(v_c, o, nodes, ways, theta)
    return of_weights(jnp.where(e != 0, (1 - e) / 2 - sigmoid(z), 0), v_c, o, nodes, theta)


@mutant(TREE, "gradient", AUTODIFF, "proofs_are_the_closed_form")
def takes_sigma_for_its_complement_on_the_path(v_c, o, nodes, ways, theta):
    z, e = on_path(v_c, o, nodes, ways, theta)
    return of_weights(sigmoid(e * z) * e, v_c, o, nodes, theta)


@mutant(TREE, "gradient", AUTODIFF)
def loses_the_ways_outside(v_c, o, nodes, ways, theta):
    z, e = on_path(v_c, o, nodes, ways, theta)
    return of_weights(jnp.where(e != 0, sigmoid(-e * z), 0), v_c, o, nodes, theta)


@mutant(TREE, "gradient", AUTODIFF)
def loses_the_ways_inside(v_c, o, nodes, ways, theta):
    z, e = on_path(v_c, o, nodes, ways, theta)
    return of_weights(sigmoid(-z) * e, v_c, o, nodes, theta)


@mutant(TREE, "gradient", AUTODIFF)
def loses_the_ways_of_the_nodes_alone(v_c, o, nodes, ways, theta):
    right = gradients.hierarchical_softmax(v_c, o, (nodes, ways), theta)
    return right._replace(U=loses_the_ways_outside(v_c, o, nodes, ways, theta).U)


@mutant(TREE, "gradient", AUTODIFF, OFF)
def learns_where_the_path_is_over(v_c, o, nodes, ways, theta):
    z, e = on_path(v_c, o, nodes, ways, theta)
    return of_weights((1 + e) / 2 - sigmoid(z), v_c, o, nodes, theta)


def shortened(take):
    """The gradient of a part of each path."""

    def gradient(v_c, o, nodes, ways, theta):
        kept = jnp.where(take(jnp.arange(ways.shape[1]), ways.shape[1]), ways, 0)
        return gradients.hierarchical_softmax(v_c, o, (nodes, kept), theta)

    return gradient


@mutant(TREE, "gradient", AUTODIFF)
def takes_the_last_node_alone(*args):
    return shortened(lambda step, length: step == length - 1)(*args)


@mutant(TREE, "gradient", AUTODIFF)
def leaves_out_the_root(*args):
    return shortened(lambda step, length: step > 0)(*args)


@mutant(TREE, "gradient", LARGE)
def reads_forty_steps_at_most(*args):
    """As many as word2vec.c has room for."""
    return shortened(lambda step, length: step < 40)(*args)


@mutant(TREE, "gradient", AUTODIFF)
def averages_over_the_path(v_c, o, nodes, ways, theta):
    right = gradients.hierarchical_softmax(v_c, o, (nodes, ways), theta)
    return jax.tree.map(lambda g: g / jnp.maximum(1, (ways[o] != 0).sum()), right)


@mutant(TREE, "gradient", AUTODIFF)
def sets_the_rows_of_the_nodes(v_c, o, nodes, ways, theta):
    right = gradients.hierarchical_softmax_rows(v_c, theta[nodes[o]], ways[o])
    return PairGradient(right.v_c, jnp.zeros_like(theta).at[nodes[o]].set(right.theta_rows))


@mutant(TREE, "gradient", AUTODIFF)
def takes_the_path_of_another_word(v_c, o, nodes, ways, theta):
    return gradients.hierarchical_softmax(v_c, (o + 1) % len(nodes), (nodes, ways), theta)


@mutant(TREE, "loss", AUTODIFF, "losses_are_not_negative")
def counts_the_logs_for_the_loss(v_c, o, nodes, ways, theta):
    return -losses.hierarchical_softmax(v_c, o, (nodes, ways), theta)


@mutant(TREE, "loss", OFF)
def masks_a_node_too_late(v_c, o, nodes, ways, theta):
    """The gradient by what was read beside a missing step is 0 times NaN."""
    z, e = on_path(v_c, o, nodes, ways, theta)
    return -jnp.where(e != 0, jax.nn.log_sigmoid(e * z), 0).sum()


@mutant(TREE, "loss", "losses_and_gradients_are_finite")
def multiplies_the_probabilities(v_c, o, nodes, ways, theta):
    z, e = on_path(v_c, o, nodes, ways, theta)
    return -jnp.log(jnp.where(e != 0, sigmoid(e * z), 1).prod())


@mutant(PATH_ROWS, "gradient", AUTODIFF)
def loses_the_signs_of_the_path(v_c, theta_rows, signs):
    right = gradients.hierarchical_softmax_rows(v_c, theta_rows, signs)
    return PathGradient(right.v_c, right.theta_rows * signs[:, None])


@mutant("skip_gram of hierarchical_softmax", "gradient", "a_window_is_the_sum_of_its_pairs")
def takes_the_first_path_for_all(c, outside, V, U, where, nodes, ways):
    first = jnp.zeros_like(outside) + (outside[0] if len(outside) else 0)

    def pair(v_c, o, U):
        return gradients.hierarchical_softmax(v_c, o, (nodes, ways), U)

    return gradients.skip_gram(pair, c, first, V, U, where=where)


# Windows, arguments (c, outside, V, U, where, *draws)


def window_gradient(c, outside, V, U, *draws, where):
    return gradients.skip_gram(gradients.negative_sampling, c, outside, V, U, *draws, where=where)


@mutant(WINDOW, "gradient", AUTODIFF, "masked_words_do_not_matter")
@mutant(WINDOW, "gradient", "a_window_is_the_sum_of_its_pairs")
def counts_masked_words(c, outside, V, U, where, *draws):
    return window_gradient(c, outside, V, U, *draws, where=jnp.ones_like(where))


@mutant(WINDOW, "loss", "masked_words_do_not_matter")
def masks_too_late(c, outside, V, U, where, *draws):
    terms = jax.vmap(lambda o, *draw: losses.negative_sampling(V[c], o, *draw, U))(outside, *draws)
    return jnp.where(where, terms, 0).sum()


@mutant(WINDOW, "gradient", AUTODIFF, "a_window_is_the_sum_of_its_pairs")
@mutant(WINDOW, "gradient", "windows_split_and_add_up")
def averages_over_the_window(c, outside, V, U, where, *draws):
    right = window_gradient(c, outside, V, U, *draws, where=where)
    return jax.tree.map(lambda g: g / jnp.maximum(where.sum(), 1), right)


@mutant(WINDOW, "gradient", AUTODIFF, "only_the_center_word_moves")
def moves_every_center(c, outside, V, U, where, *draws):
    right = window_gradient(c, outside, V, U, *draws, where=where)
    return SkipGramGradient(jnp.broadcast_to(right.V[c], V.shape), right.U)


@mutant(WINDOW, "gradient", AUTODIFF, "only_the_center_word_moves")
def moves_the_outside_words_too(c, outside, V, U, where, *draws):
    right = window_gradient(c, outside, V, U, *draws, where=where)
    return right._replace(V=right.V.at[outside].add(right.V[c]))


@mutant(WINDOW, "gradient", AUTODIFF, "a_window_is_the_sum_of_its_pairs")
def keeps_one_side(c, outside, V, U, where, *draws):
    side = where & (jnp.arange(len(where)) < len(where) // 2)
    return window_gradient(c, outside, V, U, *draws, where=side)


@mutant(WINDOW, "gradient", AUTODIFF, "a_window_is_the_sum_of_its_pairs")
def counts_the_center_too(c, outside, V, U, where, *draws):
    right = window_gradient(c, outside, V, U, *draws, where=where)
    if not len(outside):
        return right
    own = gradients.negative_sampling(V[c], c, *(draw[0] for draw in draws), U)
    return SkipGramGradient(right.V.at[c].add(own.v_c), right.U + own.U)


@mutant(WINDOW, "gradient", LARGE)
def stops_after_32_words(c, outside, V, U, where, *draws):
    counted = where & (jnp.arange(len(where)) < 32)
    return window_gradient(c, outside, V, U, *draws, where=counted)


# Bags, arguments (o, context, V, U, where, *draws)


def bag_gradient(o, context, V, U, where, *draws):
    return gradients.cbow(gradients.negative_sampling, o, context, V, U, *draws, where=where)


@mutant(BAG, "gradient", AUTODIFF, "differences_are_the_closed_form")
@mutant(BAG, "gradient", "a_bag_is_the_pair_of_its_vector")
def divides_the_mean_and_not_its_gradient(o, context, V, U, where, *draws):
    """As word2vec.c, fastText and gensim 4.4 do."""
    right = bag_gradient(o, context, V, U, where, *draws)
    return right._replace(V=right.V * jnp.maximum(1, where.sum()))


@mutant(SUM_BAG, "gradient", AUTODIFF, "a_bag_is_the_pair_of_its_vector")
def divides_the_gradient_of_the_sum(o, context, V, U, where, *draws):
    """As gensim 4.4 does."""
    pair = gradients.negative_sampling
    right = gradients.cbow(pair, o, context, V, U, *draws, where=where, mean=False)
    return right._replace(V=right.V / jnp.maximum(1, where.sum()))


REPEATED = (
    np.array(0, np.int32),
    np.array([1, 1, 2], np.int32),
    np.arange(6.0).reshape(3, 2) / 8,
    1 - np.arange(6.0).reshape(3, 2) / 8,
    np.ones(3, bool),
    np.array([2, 1], np.int32),
)
"""A bag with a word twice."""


@mutant(BAG, "gradient", AUTODIFF, "a_bag_is_the_pair_of_its_vector", examples=(REPEATED,))
def counts_a_repeated_word_once(o, context, V, U, where, *draws):
    right = bag_gradient(o, context, V, U, where, *draws)
    count = jnp.zeros(len(V)).at[context].add(where, mode="drop")
    return right._replace(V=right.V / jnp.maximum(1, count)[:, None])


@mutant(BAG, "gradient", AUTODIFF, "a_bag_is_the_pair_of_its_vector")
def divides_the_gradients_once_more(o, context, V, U, where, *draws):
    right = bag_gradient(o, context, V, U, where, *draws)
    return jax.tree.map(lambda g: g / jnp.maximum(1, where.sum()), right)


def mean_of_pairs(center, outside, V, U, where, *draws):
    """The mean of the losses of pairs that have the same draws."""
    pairs = jax.vmap(lambda c, o: losses.negative_sampling(V[c], o, *draws, U))(center, outside)
    return jnp.where(where, pairs, 0).sum() / jnp.maximum(1, where.sum())


@mutant(BAG, "loss", "a_bag_is_the_pair_of_its_vector")
@mutant(BAG, "loss", AUTODIFF)
def lets_the_center_predict_the_context(o, context, V, U, where, *draws):
    center = jnp.broadcast_to(jnp.asarray(o), context.shape)
    return mean_of_pairs(center, context, V, U, where, *draws)


@mutant(BAG, "loss", "a_bag_is_the_pair_of_its_vector")
@mutant(BAG, "loss", AUTODIFF)
def averages_losses_in_place_of_vectors(o, context, V, U, where, *draws):
    true = jnp.broadcast_to(jnp.asarray(o), context.shape)
    return mean_of_pairs(context, true, V, U, where, *draws)


@mutant(BAG, "gradient", AUTODIFF, "a_bag_is_the_pair_of_its_vector")
def moves_the_row_of_o(o, context, V, U, where, *draws):
    right = bag_gradient(o, context, V, U, where, *draws)
    return right._replace(V=right.V.at[o].add(right.V.sum(0)))


@mutant(BAG, "loss", "a_bag_is_the_pair_of_its_vector")
@mutant(BAG, "loss", AUTODIFF)
def divides_by_the_width_of_a_whole_window(o, context, V, U, where, *draws):
    h = jnp.where(where[:, None], V[context], 0).sum(0) / max(1, len(where))
    return jnp.where(where.any(), losses.negative_sampling(h, o, *draws, U), 0)


@mutant(BAG, "loss", "masked_words_are_not_in_the_bag")
def masks_no_word(o, context, V, U, where, *draws):
    return losses.cbow(losses.negative_sampling, o, context, V, U, *draws)
