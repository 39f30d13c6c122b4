"""Training from tables of one's own: what is taken, what is refused, and what resuming asks."""

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jw2v
from jw2v import params
from jw2v.catalogue import Head
from jw2v.params import Params
from jw2v.reading import corpus
from jw2v.training.meter import DivergedError
from jw2v.training.starting import Given, tables
from stopping import StopError, stop_after
from topics import CONFIG, contrast, two_topics

SHAPES = {"V": (8, 8), "U": (8, 8)}
SHORT = replace(CONFIG, epochs=1)


def normal(key: jax.Array, shapes: dict[str, tuple[int, int]]) -> Params:
    keys = jax.random.split(key, 2)
    drawn = (jax.random.normal(*each) / 4 for each in zip(keys, shapes.values(), strict=True))
    return Params(*drawn)


def cosine(v_c: jax.Array, o: jax.Array, negatives: jax.Array, U: jax.Array) -> jax.Array:
    """Pull the outside word's direction in, and those of the negatives to a right angle."""

    def unit(x: jax.Array) -> jax.Array:
        return x / jnp.linalg.norm(x)

    return 1 - unit(U[o]) @ unit(v_c) + jnp.square(jax.vmap(unit)(U[negatives]) @ unit(v_c)).sum()


OWN = {"pair_loss": cosine, "optimizer": optax.adam(0.02)}


def test_a_cosine_needs_a_start_away_from_zero_and_the_error_says_so() -> None:
    with pytest.raises(DivergedError) as raised:
        jw2v.train(two_topics(), CONFIG, **OWN)
    message = str(raised.value)
    for part in ("cannot begin", "gradient", "first step", "init=", "does not help"):
        assert part in message
    assert "Lower learning_rate" not in message
    assert contrast(jw2v.train(two_topics(), CONFIG, init=normal, **OWN)) > 0.5


def test_a_finite_loss_without_a_gradient_is_told_as_well() -> None:
    def length(v_c: jax.Array, o: jax.Array, negatives: jax.Array, U: jax.Array) -> jax.Array:
        return jnp.linalg.norm(U[o]) + v_c @ v_c

    with pytest.raises(DivergedError, match="cannot begin: the gradient of the first step is inf"):
        jw2v.train(two_topics(), SHORT, pair_loss=length, optimizer=optax.sgd(0.1))


def test_a_rate_too_large_is_not_blamed_on_the_start() -> None:
    for more in ({}, {"init": normal}):
        with pytest.raises(DivergedError, match=r"training diverged: .*Lower learning_rate"):
            jw2v.train(two_topics(), SHORT, optimizer=optax.sgd(1e30), **more)


def test_tables_too_large_to_multiply_are_no_start() -> None:
    big = {name: np.full(shape, 1e30, np.float32) for name, shape in SHAPES.items()}
    with pytest.raises(DivergedError, match="cannot begin: the loss"):
        jw2v.train(two_topics(), SHORT, init=big)


def test_the_usual_start_as_an_init_changes_nothing() -> None:
    def usual(key: jax.Array, shapes: dict[str, tuple[int, int]]) -> Params:
        return params.init(key, *shapes["V"])

    ours = jw2v.train(two_topics(), SHORT, init=usual)
    assert (ours.vectors == jw2v.train(two_topics(), SHORT).vectors).all()


def test_rows_are_in_the_order_of_the_vocabulary() -> None:
    """Also where the tables have columns that only pad."""
    config = replace(CONFIG, dim=5, epochs=1, learning_rate=1e-4)
    read = corpus.read(two_topics(), min_count=1)
    rng = np.random.default_rng(0)
    given = Params(*rng.normal(size=(2, 8, 5)).astype(np.float32))
    both = jw2v.train(read, replace(config, vectors="both"), init=given)
    assert both.words == read.vocabulary.words
    np.testing.assert_allclose(both.vectors, np.hstack(given), atol=0.1)
    config = replace(config, learning_rate=None)
    kept = jw2v.train(read, config, init=lambda key, shapes: given._asdict(), **OWN)
    assert kept.vectors.shape == (8, 5)


def test_padding_is_of_zeros() -> None:
    config = replace(CONFIG, dim=5)
    given = Given(normal, 8, config)
    V, U = tables(jax.random.key(0), tuple("abcdefgh"), config, 8, given, Head(8, {}))
    assert V.shape == U.shape == (8, 8)
    assert not V[:, 5:].any()
    assert not U[:, 5:].any()
    assert U[:, :5].all()


def test_numbers_are_those_of_the_run() -> None:
    wide = {name: np.full(shape, 0.1) for name, shape in SHAPES.items()}
    narrow = {name: jnp.full(shape, 0.1, jnp.bfloat16) for name, shape in SHAPES.items()}
    for given in (wide, narrow):
        assert jw2v.train(two_topics(), SHORT, init=given).vectors.dtype == np.float32
        config = replace(SHORT, dtype="float64")
        assert jw2v.train(two_topics(), config, init=given).vectors.dtype == np.float64


ONES = {name: np.ones(shape) for name, shape in SHAPES.items()}
WRONG = [
    ({"V": ONES["V"]}, "with the tables V and U.*got .'V'"),
    ([1, 2], "with the tables V and U.*got list"),
    (lambda key, shapes: None, "with the tables V and U.*got NoneType"),
    (ONES | {"U": np.ones((8, 9))}, r"table U of shape \[8, 8\].*got \[8, 9\]"),
    (ONES | {"V": np.ones((7, 8))}, r"table V of shape \[8, 8\].*got \[7, 8\]"),
    (ONES | {"V": np.ones((8, 8), int)}, "floating point for V; got int64"),
    (ONES | {"V": np.ones((8, 8), complex)}, "floating point for V; got complex128"),
    (ONES | {"U": np.full((8, 8), np.nan)}, "for U that are not finite as float32"),
    (ONES | {"U": np.full((8, 8), 1e39)}, "for U that are not finite as float32"),
    (ONES | {"V": [[1.0], [1.0, 2.0]]}, "for V what is no table"),
    (ONES | {"V": np.ma.array(ONES["V"], mask=True)}, "for V what is no table: some .* masked"),
]


@pytest.mark.parametrize(("init", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_no_start_is_refused(init: object, message: str, unchecked: None) -> None:
    with pytest.raises(ValueError, match=f"init .*{message}"):
        jw2v.train(two_topics(), SHORT, init=init)


def test_start_and_init_are_not_both_taken() -> None:
    old = jw2v.train(two_topics(20), SHORT)
    with pytest.raises(ValueError, match="start and init both"):
        jw2v.train(two_topics(20), SHORT, start=old, init=normal)


def test_a_resumed_run_needs_the_same_init(tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    folder = {"checkpoint_dir": tmp_path / "run", "checkpoint_every": 0}
    with pytest.raises(StopError):
        jw2v.train(two_topics(), CONFIG, init=normal, progress=stop_after(3), **folder)
    for other in (None, lambda key, shapes: params.init(key, *shapes["V"])):
        with pytest.raises(ValueError, match=r"init was '[0-9a-f]+' and is"):
            jw2v.train(two_topics(), CONFIG, init=other, resume=True, **folder)
    resumed = jw2v.train(two_topics(), CONFIG, init=normal, resume=True, **folder)
    assert (resumed.vectors == jw2v.train(two_topics(), CONFIG, init=normal).vectors).all()
