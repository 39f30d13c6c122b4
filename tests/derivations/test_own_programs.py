"""Two functions of someone's own are proved to be the same, or said not to be."""

import jax
import jax.numpy as jnp
import pytest

from derivations.__main__ import main
from derivations.programs.own import Input, differences, function_of, inputs_of

DESCRIBED = "v: d; o: < V; U: V d"


def loss(v, o, U):
    """A sum of decisions, without a factor."""
    return jax.nn.softplus(U @ v).sum() - U[o] @ v


def gradient(v, o, U):
    error = jax.nn.sigmoid(U @ v) - jax.nn.one_hot(o, U.shape[0])
    return error @ U, error[:, None] * v[None]


def of_another_sign(v, o, U):
    error = jax.nn.sigmoid(U @ v) + jax.nn.one_hot(o, U.shape[0])
    return error @ U, error[:, None] * v[None]


def by_rows(v, negatives, U):
    return U[negatives] @ v


def by_columns(v, negatives, U):
    return jnp.einsum("d,dk->k", v, U.T[:, negatives])


def sorted_first(v, o, U):
    return jnp.sort(v)[0]


def run(function, against, inputs=DESCRIBED):
    named = [f"{part}{__name__}:{name}" for part, name in (("", function), against)]
    return main(["--prove", named[0], "--against", named[1], "--inputs", inputs])


def test_a_closed_form_is_proved_against_autodiff(capsys):
    assert run("gradient", ("grad:", "loss")) == 0
    assert "proved for every V, d ≥ 1" in capsys.readouterr().out


def test_a_wrong_sign_is_refused_with_numbers(capsys):
    assert run("of_another_sign", ("grad:", "loss")) == 1
    shown = capsys.readouterr().out
    assert "NOT PROVED" in shown
    assert "for {'V': 1, 'd': 1} entry [0] is" in shown


def test_another_way_to_write_it_is_the_same():
    inputs = inputs_of("v: d; negatives: K < V; U: V d")
    assert not list(differences(by_rows, by_columns, inputs))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (sorted_first, "no rule for the primitive sort"),
        (lambda v, o, U: v, "shapes"),
        (lambda v, o, U: v @ U, "could not be examined"),
    ],
)
def test_what_cannot_be_proved_is_said(function, message):
    (problem,) = differences(function, loss, inputs_of(DESCRIBED))
    assert message in problem


def test_inputs_are_described_in_a_line():
    assert inputs_of("x: ; y1: K d; s: K < V") == [
        Input("x", ()),
        Input("y1", ("K", "d")),
        Input("s", ("K",), "V"),
    ]
    with pytest.raises(ValueError, match="such as v: d"):
        inputs_of("v")


def test_a_function_is_named_by_its_module(capsys):
    with pytest.raises(ValueError, match="is named by package"):
        function_of("loss", [])
    assert main(["--prove", "nowhere:loss", "--against", "nowhere:loss", "--inputs", "v: d"]) == 2
    assert "nowhere" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--prove", "nowhere:loss"])
