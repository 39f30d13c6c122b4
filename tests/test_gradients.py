"""Every law over every registered loss, and what is particular to single closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

import laws
from jw2v import gradients, losses
from registry import BY_NAME
from strategies import double, some_sizes
from tolerances import close

DOMAIN = double(10)
SAMPLING = BY_NAME["negative_sampling"]


@pytest.mark.parametrize(("law", "objective"), laws.applicable(), ids=str)
def test_law(law, objective):
    laws.hold(law, objective)


@given(args=some_sizes().flatmap(lambda sizes: SAMPLING.arguments(DOMAIN, sizes)))
def test_the_table_form_is_the_row_form(x64, args):
    v_c, o, negatives, U = args
    g = laws.compiled(gradients.negative_sampling_rows)(v_c, U[o], U[negatives])
    table = np.zeros_like(U)
    table[o] += g.u_o
    np.add.at(table, negatives, g.u_negatives)
    close(laws.compiled(gradients.negative_sampling)(*args), (g.v_c, table), "reordering", args)
    loss = laws.compiled(losses.negative_sampling_rows)(v_c, U[o], U[negatives])
    close(laws.compiled(losses.negative_sampling)(*args), loss, "reordering", args)


def test_the_softmax_gradient_vanishes_without_certainty(x64):
    """Statement b2: equal rows suffice, though ŷ is uniform."""
    g = jax.jit(gradients.naive_softmax)(jnp.ones(2), 1, jnp.full((4, 2), 0.7))
    close(g.v_c, np.zeros(2), "reordering")
    assert abs(g.U).max() > 0.1


def test_a_word_that_is_both_o_and_a_negative_has_both_terms():
    g = jax.jit(gradients.negative_sampling)(
        jnp.ones(1), 0, jnp.array([0, 0, 1]), jnp.zeros((3, 1))
    )
    assert g.U[:, 0].tolist() == [-0.5 + 0.5 + 0.5, 0.5, 0.0]


def test_a_table_of_centers_in_another_precision(x64):
    V, U = np.ones((3, 2), np.float32), np.ones((3, 2))
    g = gradients.skip_gram(gradients.naive_softmax, 0, jnp.array([1, 2]), V, U)
    by_autodiff = jax.grad(losses.skip_gram, (3, 4))(
        losses.naive_softmax, 0, jnp.array([1, 2]), V, U
    )
    assert [a.dtype for a in g] == [a.dtype for a in by_autodiff] == [np.float32, np.float64]
    close(g, by_autodiff, "reordering", (V, U))
