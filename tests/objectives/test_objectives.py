"""What a batch asks of the tables is the sum of the pure losses of its pairs, and its curvature."""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from every import (
    BATCH,
    DIM,
    EVERY,
    LENGTH,
    SHARED,
    VOCAB,
    WINDOW,
    key,
    noise,
    some_segments,
    some_windows,
    tables,
)
from jw2v import gradients, losses, objectives, sampling
from jw2v.objectives import predictions
from jw2v.objectives.rows import in_halves
from jw2v.params import Params

seeds = st.integers(0, 2**32 - 1)
pytestmark = pytest.mark.usefixtures("x64")


def whole(evaluation: objectives.Evaluation, params: Params) -> Params:
    """The gradient as two tables."""
    return evaluation.gradient.each(objectives.Rows.dense, params)


def pairs_of_segments(batch: objectives.Segments) -> list[tuple[int, int, int]]:
    """(segment, place of the center, place of the outside word) of every pair, found one by one."""
    return [
        (b, i, j)
        for b, sentence in enumerate(np.asarray(batch.sentence))
        for i in range(LENGTH)
        for j in range(LENGTH)
        if sentence[i] == sentence[j] >= 0
    ]


@settings(max_examples=10)
@given(seeds)
def test_segments_add_up_the_closed_forms_of_their_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_segments(rng)
    weights = rng.choice([0.0, 0.7, 1.5], (LENGTH, LENGTH))
    drawn = rng.integers(0, VOCAB, (BATCH, SHARED))
    pair_loss, pair_gradient = map(jax.jit, (losses.negative_sampling, gradients.negative_sampling))
    found = objectives.segments_at(
        params, batch, jnp.asarray(weights), jnp.asarray(drawn), negatives=SHARED
    )

    V, U = np.zeros_like(params.V), np.zeros_like(params.U)
    loss = pairs = 0.0
    words = np.asarray(batch.words)
    for b, i, j in pairs_of_segments(batch):
        c, o, weight = words[b, i], words[b, j], weights[i, j]
        arguments = (params.V[c], o, jnp.asarray(drawn[b]), params.U)
        pairs += weight
        loss += weight * float(pair_loss(*arguments))
        g = pair_gradient(*arguments)
        V[c] += weight * g.v_c
        U += weight * g.U
    assert float(found.pairs) == pytest.approx(pairs)
    assert float(found.loss) == pytest.approx(loss, abs=1e-9)
    np.testing.assert_allclose(whole(found, params).V, V, atol=1e-9)
    np.testing.assert_allclose(whole(found, params).U, U, atol=1e-9)


@pytest.mark.parametrize("negatives", [0, 1, 6])
def test_shared_negatives_weigh_as_many_as_were_asked_for(negatives: int) -> None:
    rng = np.random.default_rng(5)
    params, batch = tables(rng), some_segments(rng)
    weights = jnp.asarray(sampling.pair_weights(LENGTH, WINDOW, shrink=True))
    drawn = jnp.asarray(rng.integers(0, VOCAB, (BATCH, SHARED)))

    def loss(negatives: int) -> float:
        found = objectives.segments_at(params, batch, weights, drawn, negatives=negatives)
        return float(found.loss)

    one = loss(1) - loss(0)
    assert one > 0
    assert loss(negatives) == pytest.approx(loss(0) + negatives * one)


@settings(max_examples=10)
@given(seeds)
def test_windows_add_up_the_closed_forms_of_skip_gram(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_windows(rng)
    found = objectives.negative_sampling_of_windows(
        params, batch, key(), noise=noise(), negatives=2
    )
    draws = noise().draw_other(key(), batch.outside, 2)
    check_windows(
        found, params, batch, losses.negative_sampling, gradients.negative_sampling, draws
    )


@settings(max_examples=10)
@given(seeds)
def test_windows_that_share_a_softmax_add_up_the_closed_forms(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_windows(rng)
    found = objectives.naive_softmax_of_windows(params, batch, key())
    check_windows(found, params, batch, losses.naive_softmax, gradients.naive_softmax)


@pytest.mark.parametrize("n", [0, 2])
def test_a_batch_without_a_window_of_any_loss_teaches_nothing(n: int) -> None:
    """Also where the loss has no gradient at word 0: there is no window to look at instead."""
    params = Params(*jnp.zeros((2, 4, 3)))
    none = jnp.zeros((n, 2), int)
    found = objectives.any_loss_of_windows(
        params,
        objectives.Windows(none[:, 0], none, none > 0),
        jax.random.key(0),
        pair_loss=lambda v_c, o, U: jnp.linalg.norm(U[o] - v_c),
        noise=noise(),
        negatives=None,
    )
    assert found.loss == found.pairs == 0
    for rows in found.gradient:
        np.testing.assert_array_equal(rows.gradient, jnp.zeros((4, 3)))


def test_any_loss_may_have_another_dtype_than_the_tables() -> None:
    params = tables(np.random.default_rng(0))
    batch = some_windows(np.random.default_rng(1))
    found = objectives.any_loss_of_windows(
        params,
        batch,
        key(),
        pair_loss=lambda v_c, o, U: losses.naive_softmax(v_c, o, U).astype(jnp.float32),
        noise=noise(),
        negatives=None,
    )
    assert found.loss.dtype == jnp.float32
    assert found.gradient.V.gradient.dtype == jnp.float64
    assert found.gradient.V.gradient.any()


def test_an_empty_window_of_any_loss_teaches_nothing() -> None:
    """Also where the loss has no gradient at word 0, as a cosine has none at a row of zeros."""

    def cosine(v_c: Any, o: Any, U: Any) -> Any:
        return 1 - U[o] @ v_c / jnp.sqrt((v_c @ v_c) * (U[o] @ U[o]))

    rng = np.random.default_rng(0)
    V, U = (jnp.asarray(rng.normal(size=(4, 3)), jnp.float32).at[0].set(0) for _ in range(2))
    batch = objectives.Windows(
        jnp.array([0, 1]), jnp.array([[0, 0], [2, 3]]), jnp.array([[False, False], [True, False]])
    )
    found, alone = (
        objectives.any_loss_of_windows(
            Params(V, U),
            objectives.Windows(*(column[first:] for column in batch)),
            jax.random.key(0),
            pair_loss=cosine,
            noise=noise(),
            negatives=None,
        )
        for first in (0, 1)
    )
    assert found.loss == alone.loss
    assert found.pairs == alone.pairs == 1
    for rows, expected in zip(found.gradient, alone.gradient, strict=True):
        np.testing.assert_array_equal(rows.gradient, expected.gradient)
        assert rows.gradient.any()


@pytest.mark.parametrize("negatives", [None, 2])
def test_any_loss_of_windows_is_differentiated(negatives: int | None) -> None:
    rng = np.random.default_rng(1)
    params, batch = tables(rng), some_windows(rng)
    loss, gradient, draws = losses.naive_softmax, gradients.naive_softmax, ()
    if negatives is not None:
        loss, gradient = losses.negative_sampling, gradients.negative_sampling
        draws = (noise().draw_other(key(), batch.outside, negatives),)
    found = objectives.any_loss_of_windows(
        params, batch, key(), pair_loss=loss, noise=noise(), negatives=negatives
    )
    check_windows(found, params, batch, loss, gradient, *draws)


loss_of_window = jax.jit(losses.skip_gram, static_argnums=0)
gradient_of_window = jax.jit(gradients.skip_gram, static_argnums=0)


def check_windows(
    found: objectives.Evaluation,
    params: Params,
    batch: objectives.Windows,
    pair_loss: Any,
    pair_gradient: Any,
    *draws: jax.Array,
) -> None:
    expected = jax.tree.map(jnp.zeros_like, params)
    loss = 0.0
    for c, outside, where, *draw in zip(*batch, *draws, strict=True):
        window = (c, outside, *params, *draw)
        loss += float(loss_of_window(pair_loss, *window, where=where))
        g = gradient_of_window(pair_gradient, *window, where=where)
        expected = jax.tree.map(jnp.add, expected, Params(*g))
    assert float(found.loss) == pytest.approx(loss, abs=1e-9)
    assert float(found.pairs) == float(batch.where.sum())
    for ours, theirs in zip(whole(found, params), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


@cache
def hessian(name: str) -> Any:
    return jax.jit(jax.hessian(lambda params, batch: EVERY[name][0](params, batch).loss))


@pytest.mark.parametrize("name", EVERY)
def test_the_curvature_bounds_the_hessian_of_every_row(name: str) -> None:
    objective, some_batch = EVERY[name]
    evaluate = jax.jit(lambda params, batch: objective(params, batch))
    tight = 0.0
    for seed in range(15):
        rng = np.random.default_rng(seed)
        params, batch = tables(rng, rng.choice([0.1, 1, 3])), some_batch(rng)
        found = hessian(name)(params, batch)
        bounds = evaluate(params, batch).gradient.each(objectives.Rows.dense_curvature, params)
        for blocks, bound in ((found.V.V, bounds.V), (found.U.U, bounds.U)):
            for word in range(VOCAB):
                largest = np.linalg.eigvalsh(blocks[word, :, word])[-1]
                assert largest <= bound[word] + 1e-9
                if bound[word] > 0:
                    tight = max(tight, largest / float(bound[word]))
    assert tight > 0.4, "a bound that is never nearly reached would not notice a missing factor"


@pytest.mark.parametrize("name", ["segments", "windows"])
def test_the_bound_of_negative_sampling_is_reached(name: str) -> None:
    """σ' is ¼ for logits of 0: where the vectors of the other table are equal, none is lower."""
    objective, some_batch = EVERY[name]
    batch = some_batch(np.random.default_rng(0))
    for table in (0, 1):
        params = Params(*jnp.ones((2, VOCAB, DIM)).at[table].set(0))
        found = hessian(name)(params, batch)[table][table]
        bound = objective(params, batch).gradient.each(objectives.Rows.dense_curvature, params)
        largest = [np.linalg.eigvalsh(found[word, :, word])[-1] for word in range(VOCAB)]
        assert any(largest)
        np.testing.assert_allclose(largest, bound[table], atol=1e-12)


@pytest.mark.parametrize("name", EVERY)
def test_weighted_scales_the_gradient_and_the_curvature(name: str) -> None:
    objective, some_batch = EVERY[name]
    rng = np.random.default_rng(3)
    params, batch = tables(rng), some_batch(rng)
    plain = objective(params, batch)
    found = objectives.weighted(lambda p, b, _: objective(p, b), 0.25)(params, batch, key())
    assert float(found.loss) == float(plain.loss)
    assert float(found.pairs) == float(plain.pairs)
    for ours, theirs in zip(found.gradient, plain.gradient, strict=True):
        np.testing.assert_allclose(ours.gradient, 0.25 * theirs.gradient)
        np.testing.assert_allclose(ours.curvature, 0.25 * theirs.curvature)


@pytest.mark.parametrize("examples", [1, 5])
def test_the_halves_of_a_batch_have_the_same_sums(examples: int) -> None:
    rng = np.random.default_rng(3)
    params, sizes = tables(rng), []
    center = jnp.asarray(rng.integers(0, VOCAB, examples))
    outside = jnp.asarray(rng.integers(0, VOCAB, (examples, 2)))
    batch = objectives.Windows(center, outside, outside != center[:, None])

    def with_one_negative(params: Params, batch: Any, key: Any) -> objectives.Evaluation:
        sizes.append(len(batch.center))
        predict = partial(predictions.with_negatives, drawn=batch.outside[..., None])
        return objectives.skip_gram_of_windows(params, batch, key, predict=predict)

    objective = objectives.weighted(with_one_negative, 0.5)
    each = map(jax.jit, (in_halves(objective), objective))
    found, plain = (evaluate(params, batch, key()) for evaluate in each)
    assert sizes == [(examples + 1) // 2, *([examples // 2] if examples > 1 else []), examples]
    assert found.weight == plain.weight == 0.5
    for ours, theirs in zip(jax.tree.leaves(found), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def any_objective(params: Params, batch: Any) -> objectives.Evaluation:
    return objectives.any_loss_of_windows(
        params, batch, key(), pair_loss=losses.naive_softmax, noise=noise(), negatives=None
    )


WITH_ANY_LOSS = {**EVERY, "any loss": (any_objective, some_windows)}


@pytest.mark.parametrize("name", WITH_ANY_LOSS)
def test_everything_has_the_dtype_of_the_tables(name: str) -> None:
    """Single precision stays single, though the test could hold double."""
    objective, some_batch = WITH_ANY_LOSS[name]
    rng = np.random.default_rng(4)
    params, batch = jax.tree.map(jnp.float32, tables(rng)), some_batch(rng)
    found = jax.eval_shape(objective, params, batch)
    arrays = jax.tree.leaves(found._replace(weight=None))  # that is a number in Python
    real = [x.dtype for x in arrays if jnp.issubdtype(x.dtype, jnp.floating)]
    assert set(real) == {jnp.dtype("float32")}


@pytest.mark.parametrize("shrink", [True, False])
@pytest.mark.parametrize(("m", "length"), [(1, 2), (2, 7), (5, 32)])
def test_pairs_weigh_as_often_as_word2vec_draws_them(shrink: bool, m: int, length: int) -> None:
    """The mean over every offset at which a text can be cut, against that over every radius."""
    # One word a place, and one center that is not 0: the gradient of U shows what each pair weighs.
    n, at = 4 * length, 2 * length
    V = jnp.zeros((n, 1)).at[at].set(1.0)
    evaluate = jax.jit(
        partial(
            objectives.negative_sampling_of_segments,
            Params(V, jnp.zeros_like(V)),
            key=key(),
            noise=sampling.noise(np.ones(n, int), 1.0),
            window=m,
            shrink=shrink,
            negatives=0,
            shared=1,
        )
    )
    found = np.zeros(n)
    for offset in range(length):
        words = np.pad(np.arange(n), (offset, length - offset))
        sentence = np.pad(np.zeros(n, int), (offset, length - offset), constant_values=-1)
        runs = (jnp.asarray(x.reshape(-1, length)) for x in (words, sentence))
        gradient = evaluate(batch=objectives.Segments(*runs)).gradient.U
        found -= 2 * np.asarray(jnp.zeros(n).at[gradient.ids].add(gradient.gradient[..., 0]))
    expected = np.zeros(n)
    radii = range(1, m + 1) if shrink else [m]
    for radius in radii:
        expected[at - radius : at + radius + 1] += 1 / len(radii)
    expected[at] = 0
    np.testing.assert_allclose(found / length, expected, rtol=1e-6)


def test_weights_are_as_precise_as_the_tables() -> None:
    rng = np.random.default_rng(0)
    batch = objectives.Segments(*jnp.zeros((2, 1, 7), int))
    found = EVERY["segments"][0](tables(rng), batch)
    distance = np.arange(1, WINDOW + 1)
    expected = 2 * 7 * ((WINDOW + 1 - distance) / WINDOW).sum()
    assert float(found.pairs) == pytest.approx(expected, rel=1e-15)


def test_a_run_must_hold_a_window() -> None:
    with pytest.raises(ValueError, match="run of 5 words is too short for windows of radius 5"):
        sampling.pair_weights(5, 5, shrink=True)


# Row numbers that the tables do not have


def words_of(batch: Any) -> str:
    return "words" if isinstance(batch, objectives.Segments) else "outside"


BOUNDED = {name: WITH_ANY_LOSS[name] for name in ("segments", "windows", "any loss")}


@pytest.mark.parametrize("word", [-1, VOCAB, 2**31 - 1])
@pytest.mark.parametrize("name", BOUNDED)
def test_words_outside_raise_or_make_all_nan(name: str, word: int) -> None:
    objective, some_batch = BOUNDED[name]
    rng = np.random.default_rng(0)
    params, batch = tables(rng), some_batch(rng)
    if name == "segments":
        batch = batch._replace(sentence=jnp.zeros_like(batch.sentence))
    else:
        batch = batch._replace(where=jnp.ones_like(batch.where))
    field = words_of(batch)
    spoiled = batch._replace(**{field: getattr(batch, field).at[0, 0].set(word)})
    with pytest.raises(ValueError, match=f"{field} must hold row numbers from 0 to 6; got {word}"):
        objective(params, spoiled)
    found = jax.jit(objective)(params, spoiled)
    assert np.isnan(found.loss)
    assert all(np.isnan(rows.gradient).all() for rows in found.gradient)


@pytest.mark.parametrize("name", ["windows", "any loss"])
def test_centers_outside_raise_or_make_all_nan(name: str) -> None:
    objective, some_batch = BOUNDED[name]
    rng = np.random.default_rng(0)
    params, batch = tables(rng), some_batch(rng)
    batch = batch._replace(where=jnp.ones_like(batch.where))
    spoiled = batch._replace(center=batch.center.at[0].set(VOCAB))
    with pytest.raises(ValueError, match=f"center must hold row numbers from 0 to 6; got {VOCAB}"):
        objective(params, spoiled)
    found = jax.jit(objective)(params, spoiled)
    assert all(np.isnan(rows.gradient).all() for rows in found.gradient)


@pytest.mark.parametrize("word", [-1, VOCAB, 2**31 - 1])
@pytest.mark.parametrize("name", BOUNDED)
def test_what_does_not_count_may_lie_outside(name: str, word: int) -> None:
    objective, some_batch = BOUNDED[name]
    rng = np.random.default_rng(0)
    params, batch = tables(rng), some_batch(rng)
    field = words_of(batch)
    there = batch.sentence >= 0 if name == "segments" else batch.where
    words = getattr(batch, field)
    spoiled = batch._replace(**{field: jnp.where(there, words, word)})
    assert (getattr(spoiled, field) != words).any()
    for run in (lambda f: f, jax.jit):
        found, expected = (run(objective)(params, each) for each in (spoiled, batch))
        assert float(found.loss) == pytest.approx(float(expected.loss), rel=1e-12)
        for ours, theirs in zip(whole(found, params), whole(expected, params), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-12)


def some_bags(rng: np.random.Generator) -> objectives.Bags:
    words = jnp.asarray(rng.integers(0, VOCAB, (BATCH, LENGTH + 2)))
    return objectives.Bags(words, jnp.zeros_like(words), jnp.ones((BATCH, LENGTH), int))


def by_noise(noise: sampling.Noise | None) -> dict[str, tuple[Any, Any]]:
    """Every way to draw negatives from some noise."""
    own = {"pair_loss": losses.negative_sampling, "noise": noise, "negatives": 2}
    run = {"window": WINDOW, "shrink": True, "shared": SHARED}
    shared = partial(predictions.shared_negative_sampling, noise=noise, negatives=2, shared=SHARED)
    each = partial(predictions.negative_sampling, noise=noise, negatives=2)
    of_runs = objectives.negative_sampling_of_segments
    return {
        "segments": (partial(of_runs, noise=noise, negatives=2, **run), some_segments),
        "windows": (partial(objectives.skip_gram_of_windows, predict=each), some_windows),
        "bags": (partial(objectives.cbow_of_bags, predict=each), some_bags),
        "bags that share": (partial(objectives.cbow_of_bags, predict=shared), some_bags),
        "any loss of windows": (partial(objectives.any_loss_of_windows, **own), some_windows),
        "any loss of bags": (partial(objectives.any_loss_of_bags, **own), some_bags),
    }


@pytest.mark.parametrize("words", [2, 1000])
@pytest.mark.parametrize("name", by_noise(None))
def test_noise_of_another_table_is_refused(name: str, words: int) -> None:
    """Its rows are not there, or it draws but the first."""
    objective, some_batch = by_noise(sampling.noise(np.ones(words, int), 1.0))[name]
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=rf"noise is of {words} words, and the table .* {VOCAB} r"):
        jax.eval_shape(objective, tables(rng), some_batch(rng), key())


def test_a_pair_loss_that_is_no_scalar_is_refused() -> None:
    def a_vector(v_c: jax.Array, o: jax.Array, U: jax.Array) -> jax.Array:
        return (v_c @ U[o])[None]

    rng = np.random.default_rng(0)
    params, batch = tables(rng), some_windows(rng)
    with pytest.raises(ValueError, match=r"the pair loss must return a scalar.*of shape \[1\]"):
        jax.jit(
            partial(
                objectives.any_loss_of_windows, pair_loss=a_vector, noise=noise(), negatives=None
            )
        )(params, batch, key())


def test_a_run_must_share_negatives() -> None:
    rng = np.random.default_rng(0)
    params, batch, none = tables(rng), some_segments(rng), jnp.zeros((BATCH, 0), int)
    with pytest.raises(ValueError, match="a run needs negatives to share"):
        objectives.segments_at(params, batch, jnp.ones((LENGTH, LENGTH)), none, negatives=2)


# Shapes that would be broadcast


def test_arrays_of_other_shapes_are_refused(unchecked: None) -> None:
    rng = np.random.default_rng(0)
    params, runs, windows = tables(rng), some_segments(rng), some_windows(rng)
    all_weights, drawn = jnp.ones((LENGTH, LENGTH)), jnp.zeros((BATCH, SHARED), int)

    def segments(
        weights: Any = all_weights,
        draws: Any = drawn,
        K: Any = 2,
        tables: Any = params,
        **other: Any,
    ) -> Any:
        batch = runs._replace(**other)
        return objectives.segments_at(tables, batch, weights, draws, negatives=K)

    def of_windows(K: Any = 2, tables: Any = params, **other: Any) -> Any:
        batch = windows._replace(**other)
        return objectives.negative_sampling_of_windows(
            tables, batch, key(), noise=noise(), negatives=K
        )

    segments(), of_windows()
    narrow = params._replace(U=params.U[:, :1])
    for said, call in (
        *(
            ("weights must", partial(segments, all_weights[cut]))
            for cut in (0, (0, 0), None, np.s_[:1, :1], np.s_[:1])
        ),
        ("weights must hold", lambda: segments(all_weights > 0)),
        ("draws", lambda: segments(draws=drawn[:1])),
        ("negatives must be a whole", lambda: segments(K=-1)),
        ("sentence must hold integers", lambda: segments(sentence=runs.sentence[:, :1])),
        ("sentence must hold integers", lambda: segments(sentence=runs.sentence[:1])),
        ("sentence must hold integers", lambda: segments(sentence=runs.sentence * 1.0)),
        ("last axis is dim", lambda: segments(tables=narrow)),
        ("last axis is dim", lambda: of_windows(tables=narrow)),
        ("where must hold booleans", lambda: of_windows(where=windows.where[:, :1])),
        ("where must hold booleans", lambda: of_windows(where=windows.where.astype(int))),
        ("one center", lambda: of_windows(center=windows.center[:1])),
        ("negatives must be a whole number of 1", lambda: of_windows(0)),
        ("negatives must be a whole number of 1", lambda: of_windows(2.0)),
    ):
        for run in (lambda f: f, jax.jit):
            with pytest.raises(ValueError, match=said):
                run(call)()


@pytest.mark.parametrize("word", [-1, VOCAB])
@pytest.mark.parametrize("field", ["center", "outside"])
@pytest.mark.parametrize("name", ["windows", "softmax", "any loss"])
def test_known_words_with_a_traced_mask(name: str, field: str, word: int) -> None:
    """Whether they count is not known, so nobody has looked at them yet."""
    objective, some_batch = WITH_ANY_LOSS[name]
    rng = np.random.default_rng(0)
    params, batch = tables(rng), some_batch(rng)
    spoiled = batch._replace(**{field: getattr(batch, field).at[0].set(word)})

    @jax.jit
    def found(where: jax.Array) -> Any:
        return objective(params, spoiled._replace(where=where))

    for counts in (True, False):
        part = found(jnp.ones_like(batch.where).at[0].set(counts))
        gradient = [rows.gradient for rows in part.gradient]
        assert all((np.isnan if counts else np.isfinite)(x).all() for x in (part.loss, *gradient))


@pytest.mark.parametrize(
    "dtype", [pytest.param(jnp.float16, marks=pytest.mark.long), jnp.bfloat16], ids=str
)
@pytest.mark.parametrize("name", EVERY)
def test_half_precision_adds_up_what_comes_often(name: str, dtype: Any) -> None:
    """Of its own accord a sum of ones ends at 256 in bfloat16."""
    batch = EVERY[name][1](np.random.default_rng(3))
    batch = jax.tree.map(lambda column: jnp.tile(column, (3000, *[1] * (column.ndim - 1))), batch)
    half = jax.tree.map(lambda table: table.astype(dtype), tables(np.random.default_rng(4)))
    found, expected = (
        jax.jit(EVERY[name][0])(params, batch) for params in (half, jax.tree.map(jnp.float32, half))
    )
    rough = 8 * float(jnp.finfo(dtype).eps)
    assert float(found.loss) == pytest.approx(float(expected.loss), rel=rough)
    assert float(found.pairs) == pytest.approx(float(expected.pairs), rel=rough)
    for way in (objectives.Rows.dense, objectives.Rows.dense_curvature, times_one):
        both = (x.gradient.each(way, half) for x in (found, expected))
        for ours, theirs in zip(*both, strict=True):
            largest = np.abs(theirs).max()
            np.testing.assert_allclose(np.float64(ours), np.float64(theirs), atol=rough * largest)


def times_one(rows: objectives.Rows, table: jax.Array) -> jax.Array:
    """As a step by rows adds them."""
    return rows.added_to(jnp.zeros_like(table), rows.gradient)
